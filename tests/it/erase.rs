//! Files that the user selects by globs: `--erase`.

use std::io::Write;
use std::process::Stdio;

use crate::util::{Run, Tree, tree};
use crate::{assert_listed, assert_reports, assert_run};

/// Runs the program with an answer on stdin.
fn run_with_answer(tree: &Tree, arguments: &str, answer: &str) -> Run {
    let mut command = tree.command(arguments.split_whitespace());
    command.stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // The program reads stdin only if it asks.
    let _ = child.stdin.take().unwrap().write_all(answer.as_bytes());
    child.wait_with_output().unwrap().into()
}

#[test]
fn erase_globs_are_relative_to_each_path() {
    let tree = tree("tmp/a tmp/sub/b tmp/.hidden keep/tmp/c one.txt sub/one.txt venv/tmp/d a.py");
    tree.pyclean(". --erase tmp/**/* tmp/ venv/tmp/* one.txt --yes");
    tree.assert_left("keep/tmp/c sub/one.txt venv/tmp/ a.py");
}

#[test]
fn erase_glob_does_not_match_the_path_itself() {
    let tree = tree("a.cpython-312.pyc __pycache__/b.py");
    let arguments = "a.cpython-312.pyc __pycache__ --python 3.11 -e * **";
    assert_listed(&tree, arguments, "__pycache__/");
}

#[test]
fn erase_glob_applies_to_each_of_overlapping_paths() {
    let tree = tree("p/__pycache__/m.pyo.0");
    let paths = "p/__pycache__ p/__pycache__/m.pyo.0 p/__pycache__/";
    let arguments = format!("{paths} --python 2.7 -e **/*");
    assert_listed(&tree, &arguments, "p/__pycache__/");
}

#[test]
fn class_in_glob_does_not_match_a_separator() {
    let tree = tree("src/main.py src/pkg/a.py src-old/ src.bak src_keep src/m.pyc srcs/m.pyc");
    assert_listed(&tree, ". -e src[!_]* -i *.pyc", "src-old/ src.bak");
    assert_listed(&tree, ". -i */src[!_]m.pyc", "src/m.pyc srcs/m.pyc");
}

#[test]
fn wildcard_does_not_reach_into_what_is_skipped() {
    let tree = tree(".git/refs/a w/.git tmp/.hg/x tmp/b venv/c own/pyvenv.cfg own/d");
    for (globs, erased) in [
        ("**/*", "tmp/b"),
        ("**/b w/.git", "tmp/b w/.git"),
        (".git/**/*", ".git/refs/"),
        ("venv/**/*", "venv/c"),
        ("{x/venv/tmp,x/.git,**/c,**/a}", ""),
        ("own/*", "own/d own/pyvenv.cfg"),
    ] {
        assert_listed(&tree, &format!(". --erase {globs}"), erased);
    }
    // No command is proposed that would erase an environment.
    assert_reports(&tree, "-n . -v --erase *", 0, "note: skipped own, venv\n");
    assert_listed(&tree, "venv --erase *", "venv/c");
}

#[test]
fn erase_glob_that_leaves_the_path_is_a_usage_error() {
    for glob in ["../x", "/etc/x", "a/../../x", "[", "."] {
        let tree = tree("x a/x a.pyc");
        let arguments = format!(". --yes --erase {glob}");
        assert_reports(&tree, &arguments, 2, &format!("'{glob}'"));
        tree.assert_left("x a/x a.pyc");
    }
}

#[test]
fn cache_matched_by_erase_is_listed_without_its_contents() {
    let tree = tree("venv/__pycache__/m.py");
    assert_listed(&tree, ". --erase venv/**/* venv/", "venv/");
    // A PATH is not removed, and is not ignored by default.
    assert_listed(&tree, ". venv --erase **/*", "venv/__pycache__/");
}

#[test]
fn erase_matches_below_a_filtered_cache() {
    let tree = tree("__pycache__/x.log __pycache__/sub/y.log __pycache__/sub/m.pyc");
    let run = tree.pyclean("-n . --stale -e **/*.log");
    assert_eq!(
        run.stdout,
        "__pycache__/sub/y.log: erased\n__pycache__/x.log: erased\n"
    );
}

#[test]
fn erased_directory_that_is_not_empty_is_kept() {
    let tree = tree("tmp/a.log tmp/a.txt tmp/ignored.log");
    let arguments = ". --yes --ignore ignored.log --erase tmp/*.log tmp/ tmp";
    let stderr = "warning: kept tmp: not empty\nRemoved 1 file (9 B).\n";
    assert_run(&tree, arguments, "", stderr, 0);
    tree.assert_left("tmp/a.txt tmp/ignored.log");
}

#[test]
fn erase_asks_for_confirmation() {
    let tree = tree("tmp/a tmp/b a.pyc");
    let no_input = "error: no input; nothing was removed. Use --yes to skip the prompt\n";
    for (answer, end, code) in [
        ("", no_input, 2),
        ("n\n", "Nothing removed.\n", 0),
        ("maybe\n", "Nothing removed.\n", 0),
    ] {
        let run = run_with_answer(&tree, ". -e tmp/** tmp/", answer);
        assert!(run.stderr.contains("  tmp/\n  tmp/a\n"), "{}", run.stderr);
        assert!(run.stderr.contains("? [y/N] "), "{}", run.stderr);
        assert!(run.stderr.ends_with(end), "{}", run.stderr);
        assert_eq!(run.code, Some(code));
        tree.assert_left("tmp/a tmp/b a.pyc");
    }
    let yes = run_with_answer(&tree, ". -e tmp/** tmp/", "Yes\n");
    let summary = "Removed 1 directory and 3 files (15 B).\n";
    assert!(yes.stderr.ends_with(summary), "{}", yes.stderr);
    tree.assert_left("");
    let nothing = run_with_answer(&tree, ". -e tmp/** tmp/", "");
    nothing.assert("", "Nothing to remove.\n", 0);
}

#[test]
fn dry_run_does_not_ask() {
    let tree = tree("tmp/a");
    for (option, code) in [("-n", 0), ("--check", 1)] {
        let arguments = format!(". {option} -e tmp/*");
        let summary = "Would remove 1 file (5 B).\n";
        assert_run(&tree, &arguments, "tmp/a\n", summary, code);
    }
    tree.assert_left("tmp/a");
}

#[test]
fn wildcards_match_within_one_component() {
    for (glob, path, expected) in [
        ("a/*/c", "a/b/c", true),
        ("a/*/c", "a/b/b/c", false),
        ("a?c", "a/c", false),
        ("a[!b]c", "a/c", false),
        ("a[^]-]c", "a/c", false),
        ("a[!-b]c", "axc", true),
        ("a/{b,c}", "a/c", true),
        ("{a/b,c}", "a/b", true),
        ("keep{,.bak}", "keep", true),
        ("**/c", "c", true),
        ("**/c", "a/b/c", true),
        ("a/**", "a", false),
        ("a/**", "a/b/c", true),
        ("a/**/b/**/c", "a/b/b/x/c", true),
        ("a/**/b/**/c", "a/x/c", false),
        ("./a", "a", true),
        ("**/a/**/a/**/a/**/b", "a/a/a/a/a/a/a/a/a/a/c", false),
        ("src[!_]*", "src-old", true),
    ] {
        let run = tree(path).pyclean(&format!("-n -v . -e {glob}"));
        let is_erased = run.stdout.lines().any(|line| line == path);
        assert_eq!((is_erased, run.code), (expected, Some(0)), "{glob} {path}");
        // A relative glob of `--ignore` matches at any depth.
        if expected {
            let run = tree(path).pyclean(&format!("-n -v . -e **/* -i {glob}"));
            let is_ignored = !run.stdout.lines().any(|line| line == path);
            assert_eq!((is_ignored, run.code), (true, Some(0)), "{glob} {path}");
        }
    }
}
