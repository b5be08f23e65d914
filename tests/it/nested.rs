//! The settings of projects below a PATH.

use std::fs;

use snapbox::str;

use crate::util::{below_prefix, git, init_repository, is_missing, tree};

#[test]
fn settings_of_a_nested_project_hold_for_its_prefix_directory() {
    let tree = tree("proj/sub/pyproject.toml");
    tree.write_settings("proj/sub", r#"ignore = ["kept.*"]"#);
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
    tree.write_settings("sub", r#"ignore = ["fixtures"]"#);
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
    tree.write_settings("sub", r#"ignore = ["a/b"]"#);
    let run = tree.pyclean(". --git-clean --yes");
    assert!(run.stderr.contains("does not support"), "{}", run.stderr);
    assert_eq!(run.code, Some(1));
    assert!(tree.path().join("sub/fixtures/data").exists());
}

#[test]
fn directories_around_a_project_are_kept_in_a_dry_run_too() {
    let tree = tree("a/b/keep/data a/b/x a/y");
    tree.write_settings("a/b", r#"ignore = ["keep"]"#);
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
    tree.write_settings("sub", r#"ignores = ["x"]"#);
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
    tree.write_settings("a", r#"ignore = ["m.*"]"#);
    tree.write_settings("a/b", r#"ignore = ["n.*"]"#);
    let expected = "a/b/o.pyc\na/n.pyc\n";
    assert_eq!(tree.pyclean("-n .").stdout, expected);
    // The settings between do not matter.
    fs::write(tree.path().join("a/b/c/pyproject.toml"), "[project]\n").unwrap();
    assert_eq!(tree.pyclean("-n .").stdout, expected);
}

#[test]
fn git_clean_does_not_run_if_settings_are_not_known() {
    if is_missing("git") {
        return;
    }
    let tree = tree("p/data/precious p/x.pyc y.pyc");
    tree.write_settings("p", "ignore = [\"data\"]\nstale = 3");
    init_repository(&tree, ".", &["p/pyproject.toml"]);
    let run = tree.pyclean(". --git-clean --yes");
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(
        run.stderr.contains("everything in p is kept"),
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains("git clean failed"), "{}", run.stderr);
    assert_eq!(
        tree.names().matches("\np/").count(),
        5,
        "{}",
        tree.listing()
    );
    assert!(!tree.path().join("y.pyc").exists());
}

#[test]
fn prefix_directory_of_a_project_with_unknown_settings_is_kept() {
    let tree = tree("src/p/in/pyproject.toml");
    tree.write_settings("src/p", r#"stale = "yes""#);
    tree.write_settings("src/p/in", "stale = true");
    let cache = format!("cache/{}/src", below_prefix(&tree));
    for dir in ["", "p/", "p/in/"] {
        tree.add(&format!("{cache}/{dir}m.cpython-312.pyc"));
    }
    let run = tree.pyclean("-n src --pycache-prefix cache");
    assert_eq!(run.stdout, format!("{cache}/m.cpython-312.pyc\n"));
    assert_eq!(run.code, Some(1));
}

#[cfg(unix)]
#[test]
fn prefix_directory_of_an_unreadable_directory_is_kept() {
    use crate::util::{run_as_ordinary_user, set_mode};
    let tree = tree("src/p/m.py src/q/m.py");
    let cache = format!("cache/{}/src", below_prefix(&tree));
    for dir in ["p", "q"] {
        tree.add(&format!("{cache}/{dir}/m.cpython-312.pyc"));
    }
    set_mode(tree.path().join("src/p"), 0);
    let run = run_as_ordinary_user(&tree, "-n src --pycache-prefix cache");
    set_mode(tree.path().join("src/p"), 0o755);
    let listing = format!("{cache}/q/\n{cache}/q/m.cpython-312.pyc\n");
    assert_eq!(run.stdout, listing, "{}", run.stderr);
    assert_eq!(run.code, Some(1));
}

/// Each level is walked once more.
#[test]
fn settings_of_more_than_16_levels_are_refused() {
    let tree = tree("");
    let mut dir = String::new();
    for level in 0..20 {
        dir += "d/";
        tree.write_settings(&dir, &format!("ignore = ['i{level}']"));
        tree.add(&format!("{dir}m.pyc"));
    }
    let run = tree.pyclean("-n .");
    assert_eq!(run.stdout.lines().count(), 16, "{}", run.stderr);
    assert!(
        run.stderr.contains("more than 16 projects around it"),
        "{}",
        run.stderr
    );
    assert_eq!(run.code, Some(1));
}
