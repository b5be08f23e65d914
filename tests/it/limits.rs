//! Deep trees, few open files, little memory.

use std::fs;
use std::process::Command;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use snapbox::str;

use crate::util::{PYCLEAN, Run, Tree, run_successfully, tree};

/// Creates nested directories with a file each. Their paths become longer than the system
/// accepts.
fn create_deep_tree(tree: &Tree, name: &str, levels: usize) {
    fs::create_dir_all(tree.path().join(name)).unwrap();
    let mut dir = Dir::open_ambient_dir(tree.path().join(name), ambient_authority()).unwrap();
    for _ in 0..levels {
        dir.create_dir("deep").unwrap();
        dir = dir.open_dir("deep").unwrap();
        dir.write("x.pyc", "").unwrap();
    }
}

#[test]
fn cache_deeper_than_the_longest_path_is_removed() {
    let tree = tree("");
    create_deep_tree(&tree, "__pycache__", 2_000);
    tree.pyclean(".").assert_snapshot(str![[r#"
--- stderr
Removed 2001 directories and 2000 files (0 B).
--- exit 0

"#]]);
    tree.assert_left("");
}

#[test]
fn tree_deeper_than_the_longest_path_is_reported() {
    let tree = tree("x.pyc");
    create_deep_tree(&tree, "tree", 2_000);
    let Run {
        stdout,
        stderr,
        code,
    } = tree.pyclean("-v .");
    assert_eq!(code, Some(1));
    // The first directory that is too deep, and a file beside it.
    assert_eq!(stderr.matches("error: cannot read tree/deep").count(), 2);
    assert!(stderr.contains("File name too long"), "{stderr}");
    assert!(stdout.lines().count() > 700 && stdout.ends_with("x.pyc\n"));
    // `TempDir` cannot remove paths of this length.
    let mut remove = Command::new("rm");
    remove.arg("-rf").arg(tree.path().join("tree"));
    run_successfully(remove);
}

#[test]
fn sixteen_open_files_are_enough() {
    let entries: Vec<_> = (0..300)
        .map(|i| format!("a{i}/b/c/d/e/f/g/h/i/j/k/l/m/n/o/__pycache__/x.pyc"))
        .collect();
    let tree = tree(&entries.join(" "));
    let run = tree.run_script(&format!("ulimit -n 16; exec {PYCLEAN} ."));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(!tree.listing().contains("pyc"));
}

#[cfg(target_os = "linux")]
#[test]
fn little_memory_is_enough_for_any_number_of_threads() {
    for limit in ["ulimit -v 60000;", ""] {
        for jobs in [1, 64] {
            let tree = tree("__pycache__/");
            let cache = tree.path().join("__pycache__");
            (0..20_000).for_each(|i| drop(fs::File::create(cache.join(i.to_string()))));
            let run = tree.run_script(&format!("{limit} exec {PYCLEAN} -j {jobs} ."));
            run.assert_snapshot(str![[r#"
--- stderr
Removed 1 directory and 20000 files (0 B).
--- exit 0

"#]]);
        }
    }
}

#[test]
fn any_number_of_globs_is_supported() {
    let tree = tree("a/x.pyc keep/x.pyc");
    let globs: Vec<_> = (0..300)
        .map(|i| format!("'{i}*{}?'", "x".repeat(1_500)))
        .collect();
    tree.write_settings("", &format!("ignore = [{}, 'kee*']", globs.join(",")));
    assert_eq!(tree.pyclean("-n .").stdout, "a/x.pyc\n");
}

#[test]
fn one_glob_that_is_too_long_is_an_error() {
    let tree = tree("x/y/m.pyc");
    let assert_refused = |run: &Run| {
        assert_eq!(
            (run.code, &*run.stdout),
            (Some(2), ""),
            "{:.200}",
            run.stderr
        );
        assert!(run.stderr.contains("is too long"), "{:.200}", run.stderr);
        assert!(run.stderr.len() < 1000, "{:.2000}", run.stderr);
    };
    for form in ["", "x/"] {
        let glob = "?".repeat(900_000);
        tree.write_settings("", &format!("ignore = ['{form}{glob}']"));
        assert_refused(&tree.pyclean("-n -q ."));
    }
    let glob = "*".repeat(120_000);
    assert_refused(&tree.pyclean(&format!("--isolated -n -q --erase x/{glob} -- .")));
}

#[test]
fn alternatives_that_are_nested_too_deeply_are_an_error() {
    let tree = tree("x/y/m.pyc");
    let glob = format!("{}a{}", "{".repeat(250), "}".repeat(250));
    let expected = "has more than 100 '{'";
    for option in ["-i", "-e"] {
        let run = tree.pyclean(&format!("-n -q . {option} x/{glob}"));
        assert_eq!(run.code, Some(2), "{}", run.stderr);
        assert!(run.stderr.contains(expected), "{}", run.stderr);
    }
    // The settings of a project below a PATH keep it.
    tree.write_settings("x", &format!("ignore = ['y/{glob}']"));
    let run = tree.pyclean("-q .");
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(run.stderr.contains(expected), "{}", run.stderr);
    assert!(tree.path().join("x/y/m.pyc").exists());
}

/// PATHs are opened when they are needed.
#[test]
fn more_paths_than_open_files_are_cleaned() {
    let entries: Vec<_> = (0..300)
        .map(|i| format!("p{i}/__pycache__/m.pyc"))
        .collect();
    let tree = tree(&entries.join(" "));
    let run = tree.run_script(&format!("ulimit -n 40; {PYCLEAN} p*"));
    let summary = "Removed 300 directories and 300 files (6.3 KiB).\n";
    run.assert("", summary, 0);
}
