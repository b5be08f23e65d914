//! Files that the user selects by globs: `--erase`.

use std::io::Write;
use std::process::Stdio;

use snapbox::str;

use crate::util::{Run, Tree, tree};

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
    let run = tree.pyclean("-n a.cpython-312.pyc __pycache__ --python 3.11 -e * **");
    assert_eq!(run.stdout, "__pycache__/\n__pycache__/b.py\n");
}

#[test]
fn erase_glob_applies_to_each_of_overlapping_paths() {
    let tree = tree("p/__pycache__/m.pyo.0");
    let run =
        tree.pyclean("-n p/__pycache__ p/__pycache__/m.pyo.0 p/__pycache__/ --python 2.7 -e **/*");
    assert_eq!(run.stdout, "p/__pycache__/\np/__pycache__/m.pyo.0\n");
}

#[test]
fn class_in_glob_does_not_match_a_separator() {
    let tree = tree("src/main.py src/pkg/a.py src-old/ src.bak src_keep src/m.pyc srcs/m.pyc");
    let erased = |glob: &str| tree.pyclean(&format!("-n . -e {glob} -i *.pyc")).stdout;
    assert_eq!(erased("src[!_]*"), "src-old/\nsrc.bak\n");
    assert_eq!(erased("src[.-9]*"), "src.bak\n");
    assert_eq!(erased("src[/]main.py"), "");
    let listed = tree.pyclean("-n . -i */src[!_]m.pyc");
    assert_eq!(listed.stdout, "src/m.pyc\nsrcs/m.pyc\n");
}

#[test]
fn wildcard_does_not_match_a_version_control_directory() {
    let tree = tree(".git/refs/a w/.git tmp/.hg/x tmp/b venv/c");
    let erased = |globs: &str| tree.pyclean(&format!("-n . --erase {globs}")).stdout;
    assert_eq!(erased("**/*"), "tmp/b\nvenv/\nvenv/c\n");
    assert_eq!(erased("**/a w/.git"), "w/.git\n");
    assert_eq!(erased(".git/**/*"), ".git/refs/\n.git/refs/a\n");
}

#[test]
fn erase_glob_that_leaves_the_path_is_a_usage_error() {
    for glob in ["../x", "/etc/x", "a/../../x", "[", "."] {
        let tree = tree("x a/x a.pyc");
        let run = tree.pyclean(&format!(". --yes --erase {glob}"));
        assert_eq!(run.code, Some(2), "{glob}: {}", run.stderr);
        assert!(run.stderr.contains(&format!("'{glob}'")), "{}", run.stderr);
        tree.assert_left("x a/x a.pyc");
    }
}

#[test]
fn cache_matched_by_erase_is_listed_without_its_contents() {
    let tree = tree("venv/__pycache__/m.py");
    let run = tree.pyclean("-n . --erase **/*");
    assert_eq!(
        run.stdout,
        "venv/\nvenv/__pycache__/\nvenv/__pycache__/m.py\n"
    );
    // A PATH is not removed, and is not ignored by default.
    let run = tree.pyclean("-n . venv --erase **/*");
    assert_eq!(run.stdout, "venv/__pycache__/\n");
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
    tree.pyclean(". --yes --ignore ignored.log --erase tmp/*.log tmp/ tmp")
        .assert_snapshot(str![[r#"
--- stderr
warning: kept tmp: not empty
Removed 1 file (9 B).
--- exit 0

"#]]);
    tree.assert_left("tmp/a.txt tmp/ignored.log");
}

#[test]
fn erase_asks_for_confirmation() {
    let tree = tree("tmp/a tmp/b a.pyc");
    let unanswered = run_with_answer(&tree, ". -e tmp/** tmp/", "");
    unanswered.assert_snapshot(str![[r#"
--- stderr
  tmp/
  tmp/a
  tmp/b
Erase 1 directory and 2 files (10 B)? Bytecode is removed in any case. [y/N] 
error: no input; nothing was removed. Use --yes to skip the prompt
--- exit 2

"#]]);
    tree.assert_left("tmp/a tmp/b a.pyc");
    let no = run_with_answer(&tree, ". -e tmp/** tmp/", "n\n");
    no.assert_snapshot(str![[r#"
--- stderr
  tmp/
  tmp/a
  tmp/b
Erase 1 directory and 2 files (10 B)? Bytecode is removed in any case. [y/N] Removed 1 file (5 B).
--- exit 0

"#]]);
    tree.assert_left("tmp/a tmp/b");
    let yes = run_with_answer(&tree, ". -e tmp/** tmp/", "Yes\n");
    yes.assert_snapshot(str![[r#"
--- stderr
  tmp/
  tmp/a
  tmp/b
Erase 1 directory and 2 files (10 B)? [y/N] Removed 1 directory and 2 files (10 B).
--- exit 0

"#]]);
    tree.assert_left("");
    let nothing = run_with_answer(&tree, ". -e tmp/** tmp/", "");
    nothing.assert("", "Nothing to remove.\n", 0);
}

#[test]
fn dry_run_does_not_ask() {
    let tree = tree("tmp/a");
    tree.pyclean(". -n -e tmp/*").assert_snapshot(str![[r#"
tmp/a
--- stderr
Would remove 1 file (5 B).
--- exit 0

"#]]);
    tree.pyclean(". --check -e tmp/*").assert_snapshot(str![[r#"
tmp/a
--- stderr
Would remove 1 file (5 B).
--- exit 1

"#]]);
    tree.assert_left("tmp/a");
}

#[test]
fn yes_without_erase_is_a_usage_error() {
    let tree = tree("a.pyc");
    let run = tree.pyclean(". --yes");
    assert_eq!(run.code, Some(2));
    let error = "--yes requires --erase or --git-clean";
    assert!(run.stderr.contains(error), "{}", run.stderr);
    tree.assert_left("a.pyc");
}

/// Windows cannot rename a directory that is open.
#[cfg(unix)]
#[test]
fn path_that_is_replaced_during_the_prompt_is_kept() {
    use std::fs;
    use std::io::{Read, Write};
    use std::process::Stdio;
    let tree = tree("path/x.log path/m.pyc other/x.log other/m.pyc");
    let mut child = tree
        .command(["path", "--erase", "x.log"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stderr = child.stderr.take().unwrap();
    let mut prompt = Vec::new();
    while !prompt.ends_with(b"[y/N] ") {
        let mut byte = [0];
        stderr.read_exact(&mut byte).unwrap();
        prompt.push(byte[0]);
    }
    let path = |name: &str| tree.path().join(name);
    fs::rename(path("path"), path("moved")).unwrap();
    fs::rename(path("other"), path("path")).unwrap();
    child.stdin.take().unwrap().write_all(b"y\n").unwrap();
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let error = "error: cannot remove path/m.pyc: changed during the run\n";
    assert!(rest.contains(error), "{rest}");
    assert_eq!(
        tree.names(),
        "moved/\nmoved/m.pyc\nmoved/x.log\npath/\npath/m.pyc\npath/x.log\n"
    );
}
