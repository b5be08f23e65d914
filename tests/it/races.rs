//! Trees that something else changes during the run. Each test asserts how often the change
//! succeeded, so that it cannot pass without a race.

use std::fs;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

#[cfg(unix)]
use {
    crate::assert_names,
    crate::util::{Tree, git_command, is_missing, run_successfully},
    std::io::{Read, Write},
    std::path::Path,
};

use crate::util::{Run, tree};

/// Calls `change` over and over until `runs` ends. Returns how often it returned `true`.
fn change_during(change: impl Fn() -> bool + Sync, runs: impl FnOnce()) -> usize {
    let (done, count) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                count.fetch_add(usize::from(change()), Ordering::Relaxed);
            }
        });
        // The changes must also end if a run fails.
        struct Done<'a>(&'a AtomicBool);
        impl Drop for Done<'_> {
            fn drop(&mut self) {
                self.0.store(true, Ordering::Relaxed);
            }
        }
        let _done = Done(&done);
        runs();
    });
    count.into_inner()
}

/// An attacker exchanges a directory of the tree for a symlink to a directory outside.
#[cfg(target_os = "linux")]
#[test]
fn directory_replaced_by_symlink_is_not_followed() {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    let victim = tree("__pycache__/v.pyc sub/__pycache__/v.pyc sub/v.pyc v.pyc d/e/v.pyc");
    let before = victim.listing();
    for directory in ["a", "a/b", "a/b/__pycache__"] {
        let mut exchanges = 0;
        for _ in 0..20 {
            let entries: Vec<_> = (0..20)
                .map(|i| format!("a/b/__pycache__/{i}.pyc a/b/c{i}/__pycache__/x a/b/sub/y{i}.pyc"))
                .collect();
            let tree = tree(&entries.join(" "));
            tree.add(&format!("symlink->{}", victim.path().display()));
            let (directory, symlink) = (tree.path().join(directory), tree.path().join("symlink"));
            let exchange =
                || renameat_with(CWD, &directory, CWD, &symlink, RenameFlags::EXCHANGE).is_ok();
            exchanges += change_during(exchange, || {
                for _ in 0..3 {
                    let code = tree.pyclean("-q .").code;
                    assert!(matches!(code, Some(0 | 1)), "{code:?}");
                }
            });
            assert_eq!(victim.listing(), before);
        }
        // Measured on two busy cores: 110,000. An exchange fails once the directory is
        // removed.
        println!("{directory}: {exchanges} exchanges");
        assert!(exchanges >= 1_000, "{directory}: {exchanges} exchanges");
    }
}

#[test]
fn run_ends_while_a_cache_is_written_to() {
    let tree = tree("__pycache__/a.pyc");
    let write = || {
        let _ = fs::create_dir_all(tree.path().join("__pycache__"));
        fs::write(tree.path().join("__pycache__/new.pyc"), "").is_ok()
    };
    let writes = change_during(write, || {
        for _ in 0..200 {
            let Run { code, stderr, .. } = tree.pyclean(".");
            // Until a file is closed that was removed, Windows may keep its name, and refuse
            // to open it.
            let is_reported = stderr.contains("Directory not empty")
                || stderr.contains("changed during")
                || (cfg!(windows) && stderr.starts_with("error: cannot "));
            assert!(
                code == Some(0) || (code == Some(1) && is_reported),
                "{stderr}"
            );
        }
    });
    assert!(writes >= 200, "{writes} writes");
    assert_eq!(tree.pyclean(".").code, Some(0));
    tree.assert_left("");
}

#[test]
fn cache_that_alternates_between_file_and_directory() {
    let tree = tree("a/keep.py");
    let cache = tree.path().join("a/__pycache__");
    let alternate = || {
        let is_directory = fs::create_dir_all(cache.join("x.pyc/y")).is_ok();
        let _ = fs::remove_dir_all(&cache);
        let is_file = fs::write(&cache, "").is_ok();
        let _ = fs::remove_file(&cache);
        let _ = fs::create_dir(&cache);
        let contains_file = fs::write(cache.join("x.pyc"), "").is_ok();
        let _ = fs::remove_file(cache.join("x.pyc"));
        is_directory && is_file && contains_file
    };
    let changes = change_during(alternate, || {
        for _ in 0..300 {
            let run = tree.pyclean(".");
            assert!(matches!(run.code, Some(0 | 1)), "{}", run.stderr);
            assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
        }
    });
    assert!(changes >= 300, "{changes} changes");
    let _ = fs::remove_file(&cache);
    assert_eq!(tree.pyclean("-q .").code, Some(0));
    tree.assert_left("a/keep.py");
}

/// Directories are added slower than a run removes them, and only up to a limit, so that
/// the test cannot fill the file system if a run does not end.
#[test]
fn run_ends_while_the_tree_grows() {
    const MAX_ADDED: usize = 100_000;
    let tree = tree("seed.pyc");
    let next = AtomicUsize::new(0);
    let grow = || {
        thread::sleep(if cfg!(windows) {
            Duration::from_millis(5)
        } else {
            Duration::from_micros(100)
        });
        let i = next.fetch_add(1, Ordering::Relaxed);
        if i >= MAX_ADDED {
            return false;
        }
        let directory = format!("p{}/d{i}/__pycache__/x", i % 50);
        fs::create_dir_all(tree.path().join(directory)).is_ok()
    };
    let added = change_during(grow, || {
        // On a busy machine, few directories are added during one run.
        let mut runs = 0;
        while runs < 5 || next.load(Ordering::Relaxed) < 100 {
            let code = tree.pyclean("-q .").code;
            assert!(matches!(code, Some(0 | 1)), "{code:?}");
            runs += 1;
        }
    });
    assert!(added >= 50, "{added} directories added");
    assert!(added < MAX_ADDED, "no run ended while the tree grew");
    assert_eq!(tree.pyclean("-q .").code, Some(0));
    assert!(!tree.listing().contains("__pycache__"));
}

/// Two runs remove the same files. What the other run removed first is not an error.
#[test]
fn two_simultaneous_runs_succeed() {
    let entries: Vec<_> = (0..2000)
        .map(|i| format!("p{i}/__pycache__/m.pyc p{i}/n.pyc"))
        .collect();
    let mut overlaps = 0;
    for _ in 0..10 {
        let tree = tree(&entries.join(" "));
        let spawn = || {
            let mut command = tree.command(["."]);
            command.stderr(Stdio::piped()).spawn().unwrap()
        };
        let runs = [spawn(), spawn()].map(|run| Run::from(run.wait_with_output().unwrap()));
        for run in &runs {
            // Windows does not remove a directory that the other run has open.
            let is_in_use = cfg!(windows) && run.stderr.contains("error: cannot ");
            assert!(run.code == Some(0) || is_in_use, "{}", run.stderr);
        }
        if cfg!(windows) {
            assert_eq!(tree.pyclean("-q .").code, Some(0));
        }
        assert_eq!(tree.pyclean("--check .").code, Some(0));
        overlaps += usize::from(runs.iter().all(|run| run.stderr.contains("Removed ")));
        if overlaps == 2 {
            return;
        }
    }
    panic!("in {overlaps} of 10 attempts both runs removed something");
}

/// Runs the program in a tree with these entries, with the PATH `path` and these options. `change`
/// changes the tree between the walk and the removal, while the run waits for an answer.
#[cfg(unix)]
fn change_before_removal(entries: &str, options: &str, change: impl FnOnce(&Path)) -> (Tree, Run) {
    let tree = tree(&format!("path/erased {entries}"));
    let mut command = tree.command(["path", "--erase", "erased"]);
    command.args(options.split_whitespace());
    command.stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let (mut stderr, mut text) = (child.stderr.take().unwrap(), Vec::new());
    while !text.ends_with(b"[y/N] ") {
        let mut byte = [0];
        stderr.read_exact(&mut byte).unwrap();
        text.push(byte[0]);
    }
    change(tree.path());
    child.stdin.take().unwrap().write_all(b"y\n").unwrap();
    stderr.read_to_end(&mut text).unwrap();
    let run = Run {
        stdout: String::new(),
        stderr: String::from_utf8(text).unwrap(),
        code: child.wait().unwrap().code(),
    };
    (tree, run)
}

/// Windows cannot rename a directory that is open.
#[cfg(unix)]
#[test]
fn directory_that_was_replaced_since_it_was_read_is_kept() {
    let entries = "path/m.pyc path/a/m.pyc path/c/__pycache__/m.pyc \
                   other/erased other/m.pyc other/c/__pycache__/m.pyc";
    // Nothing in either directory is removed.
    for (replaced, by, left) in [
        (
            "path",
            "other",
            "path/erased path/m.pyc path/c/__pycache__/m.pyc \
             moved/erased moved/m.pyc moved/a/m.pyc moved/c/__pycache__/m.pyc",
        ),
        (
            "path/a",
            "other",
            "path/a/erased path/a/m.pyc path/a/c/__pycache__/m.pyc moved/m.pyc path/c/",
        ),
        (
            "path/c",
            "other/c",
            "path/c/__pycache__/m.pyc moved/__pycache__/m.pyc path/a/ other/erased other/m.pyc",
        ),
        (
            "path/c/__pycache__",
            "other/c/__pycache__",
            "path/c/__pycache__/m.pyc moved/m.pyc path/a/ other/erased other/m.pyc other/c/",
        ),
    ] {
        let (tree, run) = change_before_removal(entries, "", |tree| {
            fs::rename(tree.join(replaced), tree.join("moved")).unwrap();
            fs::rename(tree.join(by), tree.join(replaced)).unwrap();
        });
        assert_eq!(run.code, Some(1), "{replaced}: {}", run.stderr);
        let error = ": changed during the run\n";
        assert!(run.stderr.contains(error), "{replaced}: {}", run.stderr);
        assert_names(&tree, left);
    }
}

#[cfg(unix)]
#[test]
fn files_that_are_created_before_the_removal_are_kept_unless_they_are_bytecode() {
    let entries = "path/y/__pycache__/old.pyc path/z/__pycache__/old.pyc";
    let notes = "z/__pycache__/notes.txt";
    let (tree, run) = change_before_removal(entries, "", |tree| {
        for name in ["y/__pycache__/new.pyc", "z/__pycache__/new.pyc", notes] {
            fs::write(tree.join("path").join(name), "").unwrap();
        }
    });
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    let error = "cannot remove path/z/__pycache__: ";
    assert!(run.stderr.contains(error), "{}", run.stderr);
    assert_names(&tree, &format!("path/y/ path/{notes}"));
}

/// What is ignored is asked again before new bytecode is removed.
#[cfg(unix)]
#[test]
fn new_bytecode_that_is_ignored_is_kept() {
    let entries = "path/__pycache__/old.pyc";
    let (tree, run) = change_before_removal(entries, "--ignore new.pyc", |tree| {
        fs::write(tree.join("path/__pycache__/new.pyc"), "").unwrap();
        fs::write(tree.join("path/__pycache__/newer.pyc"), "").unwrap();
    });
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert_names(&tree, "path/__pycache__/new.pyc");
}

#[cfg(unix)]
#[test]
fn git_clean_does_not_run_in_another_directory_than_the_one_that_was_read() {
    if is_missing("git") {
        return;
    }
    let entries = "other/erased other/new";
    let (tree, run) = change_before_removal(entries, "--git-clean", |tree| {
        run_successfully(git_command(&tree.join("other"), &["init", "-q"]));
        fs::rename(tree.join("path"), tree.join("moved")).unwrap();
        fs::rename(tree.join("other"), tree.join("path")).unwrap();
    });
    let error = "error: git clean failed in path: changed during the run\n";
    assert!(run.stderr.contains(error), "{}", run.stderr);
    assert!(tree.path().join("path/new").exists() && tree.path().join("path/erased").exists());
}

/// Only what was in the directory when the user was asked is removed.
#[cfg(unix)]
#[test]
fn what_is_put_into_debris_before_the_removal_is_kept() {
    let entries = "path/setup.py path/dist/a path/dist/b/c";
    let (tree, run) = change_before_removal(entries, "--debris package", |tree| {
        fs::create_dir_all(tree.join("path/dist/b/.git/objects")).unwrap();
        fs::write(tree.join("path/dist/b/new.pyc"), "").unwrap();
        fs::rename(tree.join("path/dist/a"), tree.join("path/dist/d")).unwrap();
    });
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    let left = "path/dist/b/.git/objects/ path/dist/b/new.pyc path/dist/d path/setup.py";
    assert_names(&tree, left);
}
