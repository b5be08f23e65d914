//! Deep trees, few open files, little memory.

use std::fs;
use std::process::Command;

use rustix::fs::{Mode, OFlags, mkdirat, open, openat};

use crate::assert_listed;
use crate::util::{PYCLEAN, Run, Tree, run_successfully, tree};

/// Creates nested directories with a file each. Their paths become longer than the system
/// accepts.
fn create_deep_tree(tree: &Tree, name: &str, levels: usize) {
    fs::create_dir_all(tree.path().join(name)).unwrap();
    let mode = Mode::from_raw_mode(0o755);
    let mut dir = open(tree.path().join(name), OFlags::DIRECTORY, mode).unwrap();
    for _ in 0..levels {
        mkdirat(&dir, "deep", mode).unwrap();
        dir = openat(&dir, "deep", OFlags::DIRECTORY, mode).unwrap();
        openat(&dir, "x.pyc", OFlags::CREATE, mode).unwrap();
    }
}

#[test]
fn tree_deeper_than_the_longest_path_is_reported() {
    let tree = tree("x.pyc");
    create_deep_tree(&tree, "tree", 2_000);
    create_deep_tree(&tree, "__pycache__", 2_000);
    let Run {
        stdout,
        stderr,
        code,
    } = tree.pyclean("-v .");
    assert_eq!(code, Some(1));
    // The first directory that is too deep, and a file beside it.
    assert_eq!(stderr.matches("error: cannot read tree/deep").count(), 2);
    assert!(stderr.contains("error: cannot read __pycache__/deep"));
    assert!(stderr.contains("File name too long"), "{stderr}");
    assert!(stdout.lines().count() > 700 && stdout.ends_with("x.pyc\n"));
    // `TempDir` cannot remove paths of this length.
    let mut remove = Command::new("rm");
    remove
        .arg("-rf")
        .args(["tree", "__pycache__"].map(|name| tree.path().join(name)));
    run_successfully(remove);
}

/// PATHs are opened when they are needed.
#[test]
fn few_open_files_are_enough() {
    for (directories, limit, paths) in [("/b/c/d/e/f/g/h/i/j/k/l/m/n/o", 64, "."), ("", 40, "p*")] {
        let entries = (0..300).map(|i| format!("p{i}{directories}/__pycache__/x.pyc "));
        let tree = tree(&entries.collect::<String>());
        let run = tree.run_script(&format!("ulimit -n {limit}; exec {PYCLEAN} {paths}"));
        assert_eq!(run.code, Some(0), "{paths}: {}", run.stderr);
        let summary = "Removed 300 directories and 300 files (";
        assert!(run.stderr.starts_with(summary), "{}", run.stderr);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn little_memory_is_enough_for_any_number_of_threads() {
    for limit in ["ulimit -v 80000;", ""] {
        for jobs in [1, 64] {
            let tree = tree("__pycache__/");
            let cache = tree.path().join("__pycache__");
            (0..20_000).for_each(|i| drop(fs::File::create(cache.join(i.to_string()))));
            let run = tree.run_script(&format!("{limit} exec {PYCLEAN} -j {jobs} ."));
            let summary = "Removed 1 directory and 20,000 files (0 B).\n";
            run.assert("", summary, 0);
        }
    }
}

#[test]
fn ignore_patterns_have_limits() {
    let tree = tree("x/y/m.pyc keep/m.pyc");
    let names: Vec<_> = (0..9_998).map(|i| format!("'name{i}', ")).collect();
    let globs: Vec<_> = (0..1_000).map(|i| format!("'x/{i}*?', ")).collect();
    let (names, globs) = (names.concat(), globs.concat());
    tree.write_settings("", &format!("ignore = [{names} 'keep']"));
    assert_listed(&tree, ".", "x/y/m.pyc");
    tree.write_settings("", &format!("ignore = [{globs} 'kee*']"));
    assert_listed(&tree, ".", "x/y/m.pyc");
    let long = "?".repeat(900_000);
    let nested = format!("{}a{}", "{".repeat(250), "}".repeat(250));
    for (words, expected) in [
        (
            format!("{names} 'a', 'b', 'c'"),
            "more than 10000 ignore patterns",
        ),
        (globs.repeat(4), "longer than 16384 bytes together"),
        (format!("'{long}'"), "has at most 4096 bytes"),
        (format!("'x/{long}'"), "has at most 4096 bytes"),
        (format!("'x/{nested}'"), "and 32 '{'"),
    ] {
        tree.write_settings("", &format!("ignore = [{words}]"));
        let run = tree.pyclean("-n -q .");
        assert_eq!((run.code, &*run.stdout), (Some(2), ""));
        assert!(run.stderr.contains(expected), "{:.2000}", run.stderr);
        assert!(run.stderr.len() < 1000, "{:.2000}", run.stderr);
    }
    let long = "*".repeat(120_000);
    let run = tree.pyclean(&format!("--isolated -n -q --erase x/{long} -- ."));
    assert_eq!(run.code, Some(2), "{:.200}", run.stderr);
    assert!(run.stderr.len() < 1000, "{:.2000}", run.stderr);
}
