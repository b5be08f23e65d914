//! `--one-file-system`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::util::{skipped, tree};
use crate::{assert_listed, assert_run};

/// A mounted file system that is unmounted at the end of the test.
struct Mount(PathBuf);

/// Mounts a file system, as root or with sudo.
fn mount(arguments: &[&str], path: PathBuf) -> Option<Mount> {
    let is_mounted = run_as_root("mount", arguments, &path);
    is_mounted.then_some(Mount(path))
}

fn run_as_root(program: &str, arguments: &[&str], path: &Path) -> bool {
    [vec![program], vec!["sudo", "-n", program]]
        .iter()
        .any(|words| {
            let mut command = Command::new(words[0]);
            command.args(&words[1..]).args(arguments).arg(path);
            let status = command.stderr(Stdio::null()).status();
            status.is_ok_and(|status| status.success())
        })
}

impl Drop for Mount {
    fn drop(&mut self) {
        run_as_root("umount", &[], &self.0);
    }
}

#[test]
fn one_file_system_keeps_mounted_file_systems() {
    let tree = tree("a/x.pyc a/x.py mnt/ c/__pycache__/sub/ m/__pycache__/");
    let mounts = ["mnt", "c/__pycache__/sub", "m/__pycache__"];
    let empty = ["-t", "tmpfs", "-o", "mode=777", "none"];
    let mounts = mounts.map(|path| mount(&empty, tree.path().join(path)));
    if !mounts.iter().all(Option::is_some) {
        return skipped("this user cannot mount a file system");
    }
    for entry in "mnt/x.pyc c/__pycache__/x c/__pycache__/sub/y m/__pycache__/z".split(' ') {
        tree.add(entry);
    }
    assert_listed(&tree, "-x .", "a/x.pyc c/__pycache__/x");
    let summary = "Removed 2 files (22 B).\n";
    assert_run(&tree, "-vx .", "a/x.pyc\nc/__pycache__/x\n", summary, 0);
    tree.assert_left("a/x.py mnt/x.pyc c/__pycache__/sub/y m/__pycache__/z");
    // Without the option the contents of a mounted file system are removed. The directory
    // on which it is mounted cannot be removed.
    let run = tree.pyclean("-v .");
    let listing = "c/__pycache__/sub/y\nm/__pycache__/z\nmnt/x.pyc\n";
    assert_eq!((&*run.stdout, run.code), (listing, Some(1)));
}

#[cfg(target_os = "linux")]
#[test]
fn one_file_system_stops_at_a_bind_mount_of_the_same_device() {
    let tree = tree("a/m.pyc a/mnt/ other/x.pyc");
    let other = tree.path().join("other");
    let bind = ["--bind", other.to_str().unwrap()];
    let Some(_mount) = mount(&bind, tree.path().join("a/mnt")) else {
        return skipped("this user cannot mount a file system");
    };
    assert_listed(&tree, "-x a", "a/m.pyc");
    assert_listed(&tree, "a", "a/m.pyc a/mnt/x.pyc");
}
