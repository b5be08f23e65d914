//! Trees, settings and repositories that are made to remove what must be kept, or to take long.

use std::fs;
use std::time::{Duration, Instant};

#[cfg(unix)]
use crate::util::{git, is_missing};
use crate::util::{lacks_symlinks, tree};
use crate::{assert_reports, listed};

/// A marker of a project or a repository can also be the name of a directory.
#[test]
fn directory_with_the_name_of_a_marker_is_part_of_its_tree() {
    for name in ["HEAD", "conf.py", "setup.py", "pyvenv.cfg", ".fslckout"] {
        for repository in [format!("{name}/.git/"), "z/.git/".to_owned()] {
            let entries =
                format!("setup.cfg dist/{repository} dist/{name}/x dist/{name}/y/z dist/a");
            let tree = tree(&entries);
            let before = tree.listing();
            let warning = "warning: kept dist: nested repository\n";
            assert_reports(&tree, ". --debris package", 0, warning);
            assert_eq!(tree.listing(), before, "{name}");
        }
    }
}

#[test]
fn symlink_to_a_repository_keeps_the_debris_around_it() {
    if lacks_symlinks() {
        return;
    }
    for name in [".git", ".hg", ".svn", ".sl"] {
        let tree = tree(&format!(
            "setup.py dist/a/{name}->../../../away dist/a/b dist/c"
        ));
        let before = tree.listing();
        tree.pyclean("-q . --debris package");
        assert_eq!(tree.listing(), before, "{name}");
    }
}

#[test]
fn what_is_ignored_still_proves_an_environment_in_a_cache() {
    let env = "__pycache__/env/bin/activate __pycache__/env/bin/python __pycache__/env/lib/x";
    for words in ["bin", "env/bin", "activate", "bin python"] {
        let tree = tree(&format!("{env} __pycache__/m.pyc"));
        tree.pyclean(&format!("-q . --ignore {words}"));
        tree.assert_left(env);
    }
}

/// Ghosts are directories that no run without `--stale` removes, and settings only keep more.
#[test]
fn settings_remove_no_ghosts() {
    let tree = tree("");
    let bytecode = "gone/__pycache__/m.cpython-312.pyc";
    tree.add_compiled("gone/m.py", "cpython-3.12", bytecode);
    fs::remove_file(tree.path().join("gone/m.py")).unwrap();
    tree.write_settings("", "stale = true");
    let listing = "gone/__pycache__/: orphaned, no m.py\n";
    assert_eq!(listed(&tree, "."), listing);
    assert!(listed(&tree, ". --stale").contains("gone/: ghost"));
}

/// Nothing is known then about what is tracked, so that all of it is kept.
#[cfg(unix)]
#[test]
fn pipe_or_long_path_in_a_repository_is_reported_at_once() {
    let long = "a".repeat(64 << 10);
    let index = [
        b"DIRC\0\0\0\x04\0\0\0\x01",
        &[0; 60][..],
        b"\x0f\xff\0",
        long.as_bytes(),
        &[0; 21],
    ];
    let index = index.concat();
    for (entries, error) in [
        (".git/config|", "config: not a regular file"),
        (".git/index|", "index: not a regular file"),
        (".git|", ".git: not a regular file"),
        (".git/index", "git index is corrupt"),
    ] {
        let tree = tree(&format!("{entries} setup.py dist/a"));
        if entries == ".git/index" {
            fs::write(tree.path().join(entries), &index).unwrap();
        }
        let start = Instant::now();
        assert_reports(&tree, ". --debris package", 1, error);
        assert!(start.elapsed() < Duration::from_secs(5), "{entries}");
        assert!(tree.path().join("dist/a").exists(), "{entries}");
    }
}

/// The settings of each directory are limited, and so is what each file costs.
#[test]
fn many_globs_and_files_take_little_time() {
    let entries: Vec<_> = (0..200).map(|i| format!("a/f{i}.pyc")).collect();
    let tree = tree(&entries.join(" "));
    let globs: Vec<_> = (0..400)
        .map(|i| format!("'*a*b*c*d*e*f*g*h*i{i}?*'"))
        .collect();
    tree.write_settings("", &format!("ignore = [{}]", globs.join(", ")));
    let start = Instant::now();
    let run = tree.pyclean("-n .");
    assert_eq!(run.stdout.lines().count(), 200, "{}", run.stderr);
    assert!(start.elapsed() < Duration::from_secs(10));
}

/// The settings of a repository decide how git prints names.
#[cfg(unix)]
#[test]
fn git_prints_only_printable_names() {
    if is_missing("git") {
        return;
    }
    let tree = tree("");
    git(&tree, ".", &["init", "-q"]);
    git(&tree, ".", &["config", "core.quotePath", "false"]);
    for arguments in [". --git-clean -n", ". --git-clean --yes"] {
        fs::write(tree.path().join("a\u{9b}2J\u{202e}"), "").unwrap();
        let run = tree.pyclean(arguments);
        assert!(run.stdout.contains(r"a\302\233"), "{}", run.stdout);
        assert!(
            !run.stdout.contains(['\u{9b}', '\u{202e}']),
            "{}",
            run.stdout
        );
    }
}
