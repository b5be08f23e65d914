//! Each system call fails once, at every point where the program makes it: nothing but
//! cache goes, the counts are true, the error is named, and the rest is done.
#![cfg(target_os = "linux")]

mod util;

use std::fs;
use std::path::Path;
use std::process::Command;

use util::{PYCLEAN, Run, Tree, is_absent, tree};

/// What the program asks the system for once it is at work.
const CALLS: [&str; 7] = [
    "openat",
    "openat2",
    "getdents64",
    "statx",
    "newfstatat",
    "unlinkat",
    "lseek",
];

const ERRORS: [&str; 7] = [
    "EACCES",
    "EIO",
    "EBUSY",
    "ENOENT",
    "ENOTEMPTY",
    "EMFILE",
    "ENOSPC",
];

const SOURCES: &str = "a/m.py b/m.py b/data.txt c/d/m.py";

fn planted() -> Tree {
    let caches = "a/__pycache__/m.cpython-312.pyc a/__pycache__/sub/x b/__pycache__/m.cpython-312.pyc b/stray.pyc \
                  c/d/__pycache__/m.cpython-312.pyc c/d/__pycache__/n.cpython-312.pyc";
    tree(&format!("{SOURCES} {caches}"))
}

/// Runs the program under strace, which writes what it traces to `log`.
fn traced(tree: &Tree, log: &Path, what: &[&str]) -> Run {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o"]).arg(log).args(what);
    strace
        .args([PYCLEAN, "--isolated", "."])
        .current_dir(tree.path());
    strace.env_remove("PYTHONPYCACHEPREFIX");
    strace.output().unwrap().into()
}

/// For each system call how often it was made before the program was at work, when it
/// found out where the tree is, and how often in all.
fn points(log: &str) -> Vec<(&'static str, usize, usize)> {
    let at_work = log
        .find("O_PATH|O_DIRECTORY")
        .or_else(|| log.find("openat2("));
    let before = &log[..log[..at_work.unwrap()].rfind('\n').map_or(0, |end| end + 1)];
    let count = |text: &str, call: &str| text.matches(&format!(" {call}(")).count();
    CALLS
        .iter()
        .map(|call| (*call, count(before, call), count(log, call)))
        .filter(|(_, before, all)| before < all)
        .collect()
}

#[test]
fn one_fault_anywhere_is_survived() {
    if is_absent("strace") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let filter = format!("trace={}", CALLS.join(","));
    let untroubled = planted();
    let run = traced(&untroubled, &log, &["-e", &filter]);
    if run.code != Some(0) || !run.stderr.starts_with("Removed 4 directories and 6 files") {
        return util::skipped("strace may not trace here");
    }
    let calls = fs::read_to_string(&log).unwrap();
    let mut tried = 0;
    for (call, before, all) in points(&calls) {
        for point in before + 1..=all {
            for error in ERRORS {
                let tree = planted();
                let inject = format!("inject={call}:error={error}:when={point}");
                let run = traced(&tree, &log, &["-e", &inject]);
                check(&tree, &run, error, &format!("{inject}: {}", run.stderr));
                tried += 1;
            }
        }
    }
    println!("{tried} faults in {:?}", points(&calls));
}

/// What holds after any one fault.
fn check(tree: &Tree, run: &Run, error: &str, what: &str) {
    assert!(!what.contains("panicked"), "{what}");
    let left = tree.left();
    for source in SOURCES.split_whitespace() {
        assert!(left.contains(source), "{what}\n{left}");
    }
    let code = run
        .code
        .unwrap_or_else(|| panic!("ended by a signal: {what}"));
    if code == 2 {
        return assert_eq!(left, planted().left(), "{what}");
    }
    // Four directories and six files are cache.
    let directories = 4 - left.matches("__pycache__/\n").count() - left.matches("sub/\n").count();
    let files = 6 - left.matches(".pyc\n").count() - left.matches("sub/x\n").count();
    let plural = |count: usize, one: &str, many: &str| match count {
        1 => format!("1 {one}"),
        _ => format!("{count} {many}"),
    };
    let said = [
        plural(directories, "directory and ", "directories and "),
        plural(files, "file ", "files "),
    ];
    let summary = run.stderr.lines().last().unwrap_or_default();
    if directories > 0 && files > 0 {
        assert!(summary.contains(&said.concat()), "{what}\n{left}");
    }
    if code == 0 {
        // Nothing was wrong that mattered; what is said to be gone need not be removed.
        assert!(
            error == "ENOENT" || (directories, files) == (4, 6),
            "{what}\n{left}"
        );
    } else {
        assert_eq!(code, 1, "{what}");
        assert!(run.stderr.contains("error: cannot "), "{what}");
        // Unless the tree itself could not be read, what the fault did not concern is gone.
        let at_top = run.stderr.contains("cannot read .:");
        assert!(at_top || files >= 3, "{what}\n{left}");
    }
    // And the next run finishes the work.
    assert_eq!(tree.pyclean("--isolated .").code, Some(0), "{what}");
    assert!(!tree.left().contains("pyc"), "{what}");
}
