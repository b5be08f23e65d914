//! The settings of projects below a PATH.

use std::fs;

use snapbox::str;

use crate::util::{below_prefix, git, init_repository, is_missing, tree};

#[test]
fn settings_of_a_nested_project_hold_for_its_prefix_directory() {
    let tree = tree("proj/sub/pyproject.toml");
    let settings = "[tool.pyclean]\nignore = [\"kept.*\"]\n";
    fs::write(tree.path().join("proj/sub/pyproject.toml"), settings).unwrap();
    let cache = format!("cache/{}/proj", below_prefix(&tree));
    for file in ["kept.cpython-312.pyc", "m.cpython-312.pyc"] {
        tree.add(&format!("{cache}/sub/{file}"));
        tree.add(&format!("{cache}/{file}"));
    }
    let listing = format!(
        "{cache}/kept.cpython-312.pyc\n{cache}/m.cpython-312.pyc\n{cache}/sub/m.cpython-312.pyc\n"
    );
    for paths in ["proj", "proj proj/sub"] {
        let run = tree.pyclean(&format!("-n -v {paths} --pycache-prefix cache"));
        assert_eq!(run.stdout, listing, "{paths}: {}", run.stderr);
        let run = tree.pyclean(&format!("-n {paths} --pycache-prefix cache --isolated"));
        assert!(run.stdout.contains("kept.cpython-312.pyc"), "{paths}");
    }
}

#[test]
fn git_clean_keeps_what_a_nested_project_ignores() {
    if is_missing("git") {
        return;
    }
    let tree = tree("sub/fixtures/data sub/other/data sub/pyproject.toml");
    let settings = "[tool.pyclean]\nignore = [\"fixtures\"]\n";
    fs::write(tree.path().join("sub/pyproject.toml"), settings).unwrap();
    init_repository(&tree, ".", &["sub/pyproject.toml"]);
    for paths in [".", ". sub"] {
        let run = tree.pyclean(&format!("-n {paths} --git-clean"));
        assert!(run.stdout.contains("Would remove sub/other/"), "{paths}");
        assert!(!run.stdout.contains("fixtures"), "{paths}: {}", run.stdout);
    }
    tree.pyclean(". --git-clean --yes");
    assert!(tree.path().join("sub/fixtures/data").exists());
    assert!(!tree.path().join("sub/other").exists());
    assert_eq!(
        git(&tree, ".", &["status", "--porcelain"]),
        "?? sub/fixtures/\n"
    );
    // What git cannot express is an error, after the rest was done.
    let settings = "[tool.pyclean]\nignore = [\"a/b\"]\n";
    fs::write(tree.path().join("sub/pyproject.toml"), settings).unwrap();
    let run = tree.pyclean(". --git-clean --yes");
    assert!(run.stderr.contains("does not support"), "{}", run.stderr);
    assert_eq!(run.code, Some(1));
    assert!(tree.path().join("sub/fixtures/data").exists());
}

#[test]
fn directories_around_a_project_are_kept_in_a_dry_run_too() {
    let tree = tree("a/b/keep/data a/b/x a/y");
    let settings = "[tool.pyclean]\nignore = [\"keep\"]\n";
    fs::write(tree.path().join("a/b/pyproject.toml"), settings).unwrap();
    let dry_run = tree.pyclean("-n -y . -e **/*");
    dry_run.assert_snapshot(str![[r#"
a/b/pyproject.toml
a/b/x
a/y
--- stderr
note: also using settings from a/b/pyproject.toml (--isolated to ignore them)
warning: kept a, a/b: not empty
Would remove 3 files (41 B).
--- exit 0

"#]]);
    let run = tree.pyclean("-v -y . -e **/*");
    assert_eq!(run.stdout, dry_run.stdout);
    tree.assert_left("a/b/keep/data");
}

#[test]
fn project_with_invalid_settings_is_kept() {
    let tree = tree("m.pyc sub/m.pyc sub/in/__pycache__/m.pyc");
    let settings = "[tool.pyclean]\nignores = [\"x\"]\n";
    fs::write(tree.path().join("sub/pyproject.toml"), settings).unwrap();
    tree.pyclean(".").assert_snapshot(str![[r#"
--- stderr
error: invalid settings in sub/pyproject.toml; everything in sub is kept: 2:1: unknown key `ignores`, expected one of `ignore`, `debris`, `stale`, `keep-python`; did you mean `ignore`?
Removed 1 file (5 B).
--- exit 1

"#]]);
    assert!(tree.path().join("sub/m.pyc").exists());
    assert!(tree.path().join("sub/in/__pycache__/m.pyc").exists());
}

#[test]
fn projects_in_projects_add_up() {
    let tree = tree("a/m.pyc a/n.pyc a/b/m.pyc a/b/n.pyc a/b/o.pyc a/b/c/m.pyc a/b/c/n.pyc");
    let write = |dir: &str, ignored: &str| {
        let settings = format!("[tool.pyclean]\nignore = [\"{ignored}\"]\n");
        fs::write(tree.path().join(dir).join("pyproject.toml"), settings).unwrap();
    };
    write("a", "m.*");
    write("a/b", "n.*");
    let expected = "a/b/o.pyc\na/n.pyc\n";
    assert_eq!(tree.pyclean("-n .").stdout, expected);
    // The settings between do not matter.
    fs::write(tree.path().join("a/b/c/pyproject.toml"), "[project]\n").unwrap();
    assert_eq!(tree.pyclean("-n .").stdout, expected);
}
