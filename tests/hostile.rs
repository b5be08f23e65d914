//! Trees that are not kind: links, odd names, missing permissions, and a world that
//! changes during the run.
#![cfg(unix)]

mod util;

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, lchown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use util::{Run, Tree, skipped, tree};
use walkdir::WalkDir;

#[test]
fn links_are_not_followed() {
    let outside = tree("victim/__pycache__/v.pyc victim/v.pyc caches/c.txt");
    let inside = tree("a/x.py a/loop->../a a/up->.. p/a.py");
    let out = outside.path().display();
    inside.add(&format!("out->{out}/victim"));
    inside.add(&format!("p/__pycache__->{out}/caches"));
    inside.add(&format!("a/v.pyc->{out}/victim/v.pyc"));
    inside.add("a/dangling.pyc->nowhere");
    inside.add(&format!("a/directory.pyc->{out}/victim"));
    let run = inside.pyclean("-v .");
    assert_eq!(run.stdout, "a/dangling.pyc\na/directory.pyc\na/v.pyc\n");
    assert_eq!(run.code, Some(0));
    outside.assert_left("victim/__pycache__/v.pyc victim/v.pyc caches/c.txt");
    let out = outside.path().display();
    inside.assert_left(&format!(
        "a/x.py a/loop->../a a/up->.. p/a.py out->{out}/victim p/__pycache__->{out}/caches"
    ));
}

#[test]
fn links_in_a_cache_go_and_their_targets_stay() {
    let tree = tree("keep/k.txt c/__pycache__/l->../../keep c/__pycache__/f->../../keep/k.txt");
    let run = tree.pyclean("-v c");
    assert_eq!(
        run.stdout,
        "c/__pycache__/\nc/__pycache__/f\nc/__pycache__/l\n"
    );
    tree.assert_left("keep/k.txt c/");
}

#[test]
fn a_root_that_is_a_link_is_followed() {
    let tree = tree("real/__pycache__/a.pyc real/b.pyc link->real cache->real/__pycache__");
    assert_eq!(
        tree.pyclean("-n link").stdout,
        "link/__pycache__/\nlink/b.pyc\n"
    );
    assert_eq!(
        tree.pyclean("-nq link real").stdout,
        "link/__pycache__/\nlink/b.pyc\n"
    );
    assert_eq!(tree.pyclean("cache").code, Some(0));
    tree.assert_left("real/b.pyc link->real cache->real/__pycache__");
}

#[test]
fn links_among_the_files_that_are_named() {
    let tree = tree("a.txt x.pyc->a.txt gone.pyc->nowhere broken->nowhere l->a.txt");
    tree.pyclean("-v x.pyc gone.pyc broken l").assert(
        "gone.pyc\nx.pyc\n",
        "error: cannot read broken: No such file or directory (os error 2)\n\
         Removed 2 files (12 B).\n",
        1,
    );
    tree.assert_left("a.txt broken->nowhere l->a.txt");
}

#[test]
fn what_only_looks_like_a_cache_stays() {
    let tree = tree("a/__pycache__ pipe.pyc| dir.pyc/a.py b/__pycache__->../dir.pyc");
    tree.pyclean(".").assert("", "Nothing to remove.\n", 0);
    tree.assert_left("a/__pycache__ pipe.pyc| dir.pyc/a.py b/__pycache__->../dir.pyc");
}

#[test]
fn a_pipe_is_never_opened() {
    let tree = tree("__pycache__/x.pyc| y.pyc|");
    tree.pyclean(". y.pyc")
        .assert("", "Removed 1 directory and 1 file (0 B).\n", 0);
    tree.assert_left("y.pyc|");
}

#[test]
fn names_of_any_bytes_go_byte_for_byte() {
    let tree = tree("");
    let names: [&[u8]; 4] = [
        b"\xff\xfe.pyc",
        b"new\nline.pyc",
        b"\x1b[31mred.pyc",
        b" .pyc",
    ];
    names
        .iter()
        .for_each(|name| fs::write(tree.file(OsStr::from_bytes(name)), "").unwrap());
    let run = tree.command(["-n0", "."]).output().unwrap();
    let mut listed: Vec<_> = run.stdout.split_inclusive(|byte| *byte == 0).collect();
    listed.sort_unstable();
    let mut expected = names.map(|name| [name, b"\0"].concat());
    expected.sort_unstable();
    assert_eq!(listed, expected);
    tree.pyclean(".").assert("", "Removed 4 files (0 B).\n", 0);
    tree.assert_left("");
}

#[test]
fn what_is_ignored_may_be_of_any_bytes_unless_it_is_a_glob() {
    let tree = tree("a.pyc");
    let [name, glob] = [b"\xff/x.pyc", b"\xff/?.pyc"].map(|path| OsStr::from_bytes(path));
    fs::write(tree.file(name), "").unwrap();
    let ignoring = |word: &OsStr| -> Run {
        let arguments = [OsStr::new("."), OsStr::new("-nqi"), word];
        tree.command(arguments).output().unwrap().into()
    };
    ignoring(name).assert("a.pyc\n", "", 0);
    ignoring(OsStr::new("?/x.pyc")).assert("a.pyc\n", "", 0);
    ignoring(glob).assert(
        "",
        "error: cannot ignore \"\\xFF/?.pyc\": a glob must be UTF-8; '?' stands for any other byte\n",
        2,
    );
}

#[test]
fn a_message_shows_odd_names_as_escapes() {
    let tree = tree("");
    let run: Run = tree
        .command([OsStr::from_bytes(b"no\x1b[2J\xff")])
        .output()
        .unwrap()
        .into();
    run.assert(
        "",
        "error: no such file or directory: no\\u{1b}[2J\\xff\n",
        2,
    );
}

/// Runs the program as somebody who may not do everything.
fn as_ordinary_user(tree: &Tree, arguments: &str) -> Run {
    let mut command = tree.command(arguments.split_whitespace());
    if fs::metadata(tree.path()).unwrap().uid() == 0 {
        // The program must be within reach of others, too.
        let program = tree.path().join(".program");
        let copied = Command::new("cp").arg(util::PYCLEAN).arg(&program).status();
        assert!(copied.unwrap().success());
        let nobody = 65534;
        for entry in WalkDir::new(tree.path()) {
            lchown(entry.unwrap().path(), Some(nobody), Some(nobody)).unwrap();
        }
        command = Command::new(&program);
        command
            .args(arguments.split_whitespace())
            .current_dir(tree.path());
        command.uid(nobody).gid(nobody);
    }
    let run = command.output().unwrap().into();
    let _ = fs::remove_file(tree.path().join(".program"));
    run
}

fn allow(path: impl AsRef<Path>, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn what_may_not_be_read_or_written_is_named_and_the_rest_is_done() {
    let tree = tree(
        "a/__pycache__/x.pyc unreadable/x.pyc z/x.pyc unwritable/u.pyc \
         sealed/__pycache__/s.pyc sealed/__pycache__/t.pyc blind/__pycache__/b.pyc",
    );
    let closed = [
        "unreadable",
        "unwritable",
        "sealed/__pycache__",
        "blind/__pycache__",
    ];
    for (name, mode) in closed.iter().zip([0o300, 0o500, 0o500, 0o300]) {
        allow(tree.path().join(name), mode);
    }
    let run = as_ordinary_user(&tree, ".");
    closed
        .iter()
        .for_each(|name| allow(tree.path().join(name), 0o700));
    run.assert(
        "",
        "error: cannot read unreadable: Permission denied (os error 13)\n\
         error: cannot read blind/__pycache__: Permission denied (os error 13)\n\
         error: cannot remove sealed/__pycache__/s.pyc: Permission denied (os error 13)\n\
         error: cannot remove sealed/__pycache__/t.pyc: Permission denied (os error 13)\n\
         error: cannot remove unwritable/u.pyc: Permission denied (os error 13)\n\
         hint: permission was denied; run pyclean as their owner, or with sudo\n\
         Removed 1 directory and 2 files (26 B).\n",
        1,
    );
    tree.assert_left(
        "a/ unreadable/x.pyc z/ unwritable/u.pyc sealed/__pycache__/s.pyc \
         sealed/__pycache__/t.pyc blind/__pycache__/b.pyc",
    );
}

#[test]
fn a_root_that_may_not_be_read_does_not_hold_up_the_others() {
    for root in ["closed/inner", "link"] {
        let tree = tree("closed/inner/x.pyc open/y.pyc link->closed/inner");
        allow(tree.path().join("closed"), 0o000);
        let run = as_ordinary_user(&tree, &format!("-n {root} open"));
        allow(tree.path().join("closed"), 0o700);
        assert_eq!((run.stdout.as_str(), run.code), ("open/y.pyc\n", Some(1)));
        let error = format!("error: cannot read {root}: Permission denied");
        assert!(run.stderr.starts_with(&error), "{}", run.stderr);
    }
}

#[test]
fn a_root_that_is_shown_within_another_does_not_part_that() {
    let tree = tree("a/D/z/ a/D/zz.pyc c/.keep");
    for number in 0..40 {
        tree.add(&format!("c/m{number}.pyc"));
    }
    let preview = tree.pyclean("-n -f a a/D/../../c");
    let run = tree.pyclean("-v -f a a/D/../../c");
    assert_eq!(run.stdout, preview.stdout);
    tree.assert_left("a/ c/.keep");
}

/// Mounts an empty file system, if this user may.
fn mount(at: &Path) -> Option<impl Drop + use<>> {
    struct Mount(std::path::PathBuf);
    impl Drop for Mount {
        fn drop(&mut self) {
            let _ = Command::new("umount").arg(&self.0).status();
        }
    }
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "none"])
        .arg(at)
        .stderr(Stdio::null())
        .status();
    let mounted = mounted.is_ok_and(|status| status.success());
    if !mounted {
        skipped("a file system cannot be mounted here");
    }
    mounted.then(|| Mount(at.to_path_buf()))
}

#[test]
fn other_file_systems_are_left_alone_on_request() {
    let tree = tree("a/x.pyc mnt/ c/__pycache__/sub/ m/__pycache__/");
    let Some(_mnt) = mount(&tree.path().join("mnt")) else {
        return;
    };
    let Some(_sub) = mount(&tree.path().join("c/__pycache__/sub")) else {
        return;
    };
    let Some(_own) = mount(&tree.path().join("m/__pycache__")) else {
        return;
    };
    [
        "mnt/x.pyc",
        "c/__pycache__/x",
        "c/__pycache__/sub/y",
        "m/__pycache__/z",
    ]
    .iter()
    .for_each(|entry| tree.add(entry));
    assert_eq!(tree.pyclean("-nx .").stdout, "a/x.pyc\nc/__pycache__/x\n");
    let run = tree.pyclean("-vx .");
    run.assert("a/x.pyc\nc/__pycache__/x\n", "Removed 2 files (22 B).\n", 0);
    tree.assert_left("a/ mnt/x.pyc c/__pycache__/sub/y m/__pycache__/z");
    // What is mounted cannot go, but what it holds can, if that is wanted.
    let run = tree.pyclean("-v .");
    assert_eq!(
        run.stdout,
        "c/__pycache__/sub/y\nm/__pycache__/z\nmnt/x.pyc\n"
    );
    assert_eq!(run.code, Some(1));
}

/// A directory so deep that its path is longer than the system takes.
fn dig(tree: &Tree, top: &str, levels: usize) {
    use cap_std::ambient_authority;
    use cap_std::fs::Dir;
    fs::create_dir_all(tree.path().join(top)).unwrap();
    let mut dir = Dir::open_ambient_dir(tree.path().join(top), ambient_authority()).unwrap();
    for _ in 0..levels {
        dir.create_dir("deep").unwrap();
        dir = dir.open_dir("deep").unwrap();
        dir.write("x.pyc", "").unwrap();
    }
}

#[test]
fn a_cache_of_any_depth_goes() {
    let tree = tree("");
    dig(&tree, "__pycache__", 2_000);
    let run = tree.pyclean(".");
    run.assert("", "Removed 2001 directories and 2000 files (0 B).\n", 0);
    tree.assert_left("");
}

#[test]
fn a_tree_too_deep_to_be_named_is_reported() {
    let tree = tree("x.pyc");
    dig(&tree, "tree", 2_000);
    let run = tree.pyclean("-v .");
    assert_eq!(run.code, Some(1));
    assert_eq!(
        run.stderr.matches("error: cannot read tree/deep").count(),
        1
    );
    assert!(run.stderr.contains("File name too long"));
    assert!(run.stdout.lines().count() > 700 && run.stdout.ends_with("x.pyc\n"));
    // The folder's own removal names paths, too.
    let rest = Command::new("rm")
        .arg("-rf")
        .arg(tree.path().join("tree"))
        .status()
        .unwrap();
    assert!(rest.success());
}

/// Does `act` over and over until the runs are through.
fn while_running(act: impl Fn() + Sync, runs: impl FnOnce()) {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                act();
            }
        });
        runs();
        done.store(true, Ordering::Relaxed);
    });
}

#[cfg(target_os = "linux")]
#[test]
fn a_directory_that_becomes_a_link_during_the_run_leads_nowhere() {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    let victim = tree("__pycache__/v.pyc sub/__pycache__/v.pyc sub/v.pyc v.pyc d/e/v.pyc");
    let before = victim.left();
    let out = victim.path().display();
    for swapped in ["a", "a/b", "a/b/__pycache__"] {
        for _ in 0..100 {
            let entries: Vec<_> = (0..20)
                .map(|i| format!("a/b/__pycache__/{i}.pyc a/b/c{i}/__pycache__/x a/b/sub/y{i}.pyc"))
                .collect();
            let tree = tree(&entries.join(" "));
            tree.add(&format!("link->{out}"));
            let (one, two) = (tree.path().join(swapped), tree.path().join("link"));
            let swap = || {
                let _ = renameat_with(CWD, &one, CWD, &two, RenameFlags::EXCHANGE);
            };
            while_running(swap, || {
                for _ in 0..3 {
                    let code = tree.pyclean("-q .").code;
                    assert!(matches!(code, Some(0 | 1)), "{code:?}");
                }
            });
            assert_eq!(victim.left(), before);
        }
    }
}

#[test]
fn a_cache_that_is_written_to_meanwhile_ends_the_run_all_the_same() {
    let tree = tree("__pycache__/a.pyc");
    let write = || {
        let _ = fs::create_dir_all(tree.path().join("__pycache__"));
        let _ = fs::write(tree.path().join("__pycache__/new.pyc"), "");
    };
    while_running(write, || {
        for _ in 0..200 {
            let run = tree.pyclean(".");
            let text = &run.stderr;
            let told = text.contains("Directory not empty") || text.contains("changed during");
            assert!(
                run.code == Some(0) || (run.code == Some(1) && told),
                "{text}"
            );
        }
    });
    assert!(matches!(tree.pyclean(".").code, Some(0)));
    tree.assert_left("");
}

#[test]
fn two_runs_at_once_both_succeed() {
    let entries: Vec<_> = (0..2000)
        .map(|i| format!("p{i}/__pycache__/m.pyc p{i}/n.pyc"))
        .collect();
    let tree = tree(&entries.join(" "));
    let runs = [(); 2].map(|()| tree.command(["."]).stderr(Stdio::piped()).spawn().unwrap());
    for run in runs {
        let run: Run = run.wait_with_output().unwrap().into();
        assert_eq!(run.code, Some(0), "{}", run.stderr);
    }
    assert_eq!(tree.pyclean("--check .").code, Some(0));
}

/// More than the pipes and the buffers between two programs hold.
fn a_long_listing() -> Tree {
    let entries: Vec<_> = (0..200)
        .flat_map(|i| (0..50).map(move |j| format!("p{i}/__pycache__/module_{j}.cpython-312.pyc")))
        .collect();
    tree(&entries.join(" "))
}

fn interrupt(child: &std::process::Child) {
    let interrupted = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(interrupted.unwrap().success());
}

#[test]
fn an_interrupted_run_says_what_it_did_and_the_next_finishes_it() {
    for jobs in ["1", "2"] {
        let tree = a_long_listing();
        let mut child = tree
            .command(["-v", "-j", jobs, "."])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        // It has begun, and now waits for a reader.
        stdout.fill_buf().unwrap();
        interrupt(&child);
        thread::sleep(std::time::Duration::from_millis(100));
        let mut listed = String::new();
        stdout.read_to_string(&mut listed).unwrap();
        let run: Run = child.wait_with_output().unwrap().into();
        assert_eq!(run.code, Some(130), "{}", run.stderr);
        let (directories, files): (Vec<_>, Vec<_>) =
            listed.lines().partition(|line| line.ends_with('/'));
        assert!(!files.is_empty() && files.len() < 10_000);
        let count = |number: usize, one: &str, many: &str| {
            format!("{number} {}", if number == 1 { one } else { many })
        };
        let summary = format!(
            "Interrupted: removed {} and {} (",
            count(directories.len(), "directory", "directories"),
            count(files.len(), "file", "files")
        );
        assert!(
            run.stderr.starts_with(&summary),
            "{} is not {summary}",
            run.stderr
        );
        assert!(listed.lines().all(|line| !tree.path().join(line).exists()));
        assert_eq!(tree.pyclean("-q .").code, Some(0));
        assert!(!tree.left().contains("pyc"));
    }
}

#[test]
fn nobody_listening_ends_the_run_quietly() {
    // What was to be removed and was not makes the difference.
    for (mode, code) in [("-v", 1), ("-nv", 0)] {
        let tree = a_long_listing();
        let mut child = tree
            .command([mode, "."])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let run: Run = child.wait_with_output().unwrap().into();
        run.assert("", "", code);
    }
}

#[test]
fn no_standard_error_is_no_failure() {
    let tree = tree("x.pyc");
    let program = format!("{} . gone 2>&-; {} . 2>&-", util::PYCLEAN, util::PYCLEAN);
    let status = Command::new("sh")
        .args(["-c", &program])
        .current_dir(tree.path())
        .status();
    assert_eq!(status.unwrap().code(), Some(0));
    tree.assert_left("");
}

#[test]
fn a_full_disk_under_standard_output_is_an_error() {
    let Ok(full) = fs::OpenOptions::new().write(true).open("/dev/full") else {
        return skipped("this system has no /dev/full");
    };
    let tree = tree("x.pyc");
    let run: Run = tree
        .command(["-n", "."])
        .stdout(full)
        .stderr(Stdio::piped())
        .output()
        .unwrap()
        .into();
    let told = "error: cannot write to standard output: No space left on device (os error 28)\n";
    run.assert("", told, 1);
}

#[test]
fn few_open_files_are_enough() {
    let entries: Vec<_> = (0..300)
        .map(|i| format!("a{i}/b/c/d/e/f/g/h/i/j/k/l/m/n/o/__pycache__/x.pyc"))
        .collect();
    let tree = tree(&entries.join(" "));
    let limited = format!("ulimit -n 16; exec {} .", util::PYCLEAN);
    let run = Command::new("sh")
        .args(["-c", &limited])
        .current_dir(tree.path())
        .output();
    let run: Run = run.unwrap().into();
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(!tree.left().contains("pyc"));
}

#[cfg(target_os = "linux")]
#[test]
fn little_memory_and_any_number_of_threads_are_enough() {
    for limit in ["ulimit -v 60000;", ""] {
        for jobs in [1, 2, 64] {
            let tree = tree("");
            let flat = tree.file("__pycache__/m").parent().unwrap().to_path_buf();
            (0..20_000).for_each(|i| drop(fs::File::create(flat.join(i.to_string()))));
            let limited = format!("{limit} exec {} -j {jobs} .", util::PYCLEAN);
            let mut shell = Command::new("sh");
            shell.args(["-c", &limited]).current_dir(tree.path());
            let run: Run = shell.output().unwrap().into();
            let done = "Removed 1 directory and 20000 files (0 B).\n";
            run.assert("", done, 0);
        }
    }
}

#[test]
fn what_turns_from_a_file_into_a_directory_and_back_is_no_way_out() {
    let tree = tree("a/keep.py");
    let turn = || {
        let _ = fs::create_dir_all(tree.path().join("a/__pycache__/x.pyc/y"));
        let _ = fs::remove_dir_all(tree.path().join("a/__pycache__"));
        let _ = fs::write(tree.path().join("a/__pycache__"), "");
        let _ = fs::remove_file(tree.path().join("a/__pycache__"));
        let _ = fs::create_dir(tree.path().join("a/__pycache__"));
        let _ = fs::write(tree.path().join("a/__pycache__/x.pyc"), "");
        let _ = fs::remove_file(tree.path().join("a/__pycache__/x.pyc"));
    };
    while_running(turn, || {
        for _ in 0..300 {
            let run = tree.pyclean(".");
            assert!(matches!(run.code, Some(0 | 1)), "{}", run.stderr);
            assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
        }
    });
    fs::remove_file(tree.path().join("a/__pycache__")).unwrap_or_default();
    assert_eq!(tree.pyclean("-q .").code, Some(0));
    tree.assert_left("a/keep.py");
}

#[test]
fn a_tree_that_grows_is_walked_to_an_end() {
    let tree = tree("seed.pyc");
    let count = std::sync::atomic::AtomicUsize::new(0);
    let grow = || {
        let i = count.fetch_add(1, Ordering::Relaxed);
        let _ = fs::create_dir_all(tree.path().join(format!("p{}/d{i}/__pycache__/x", i % 50)));
    };
    while_running(grow, || {
        for _ in 0..5 {
            let code = tree.pyclean("-q .").code;
            assert!(matches!(code, Some(0 | 1)), "{code:?}");
        }
    });
    assert_eq!(tree.pyclean("-q .").code, Some(0));
    assert!(!tree.left().contains("__pycache__"));
}

#[test]
fn a_run_that_is_killed_is_finished_by_the_next() {
    for delay in (0..40).map(|step| Duration::from_micros(500 * step)) {
        let entries: Vec<_> = (0..400)
            .map(|i| format!("p{i}/m.py p{i}/__pycache__/m.pyc p{i}/n.pyc"))
            .collect();
        let tree = tree(&entries.join(" "));
        let mut run = tree.command(["-q", "."]).spawn().unwrap();
        thread::sleep(delay);
        run.kill().unwrap();
        run.wait().unwrap();
        assert_eq!(tree.pyclean("-q .").code, Some(0));
        let left: Vec<_> = (0..400).map(|i| format!("p{i}/m.py")).collect();
        tree.assert_left(&left.join(" "));
    }
}
