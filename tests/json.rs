//! What a program reads: JSON lines, in every mode.

mod util;

use serde_json::{Value, json};
use util::{Tree, tree};

/// The lines of a run.
fn lines(tree: &Tree, arguments: &str) -> Vec<Value> {
    let run = tree.pyclean(arguments);
    let lines = run.stdout.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().unwrap()
}

/// The lines of a run without what may differ between a dry run and a real one.
fn comparable(tree: &Tree, arguments: &str) -> Vec<Value> {
    let mut lines = lines(tree, arguments);
    for line in &mut lines {
        let line = line.as_object_mut().unwrap();
        line.remove("dry_run");
        line.remove("elapsed_ms");
    }
    lines
}

#[test]
fn the_lines_are_as_documented() {
    let tree = tree(
        "a/__pycache__/m.cpython-312.pyc a/__pycache__/m.cpython-311.pyc b.pyc dist/w.whl tmp/x",
    );
    let mut lines = lines(&tree, ". --json --debris --erase tmp/* tmp/ --yes");
    let summary = lines.last_mut().unwrap();
    assert!(summary["elapsed_ms"].take().is_u64());
    let python = |files, bytes| json!({"files": files, "bytes": bytes});
    assert_eq!(
        lines,
        [
            json!({"type": "begin", "version": env!("CARGO_PKG_VERSION"), "dry_run": false}),
            json!({"type": "remove", "path": {"text": "a/__pycache__"}, "kind": "tree",
                "reason": "bytecode", "topic": null, "files": 2, "directories": 1, "bytes": 62,
                "interpreters": {"CPython 3.11": python(1, 31), "CPython 3.12": python(1, 31)}}),
            json!({"type": "remove", "path": {"text": "b.pyc"}, "kind": "file",
                "reason": "bytecode", "topic": null, "files": 1, "directories": 0, "bytes": 5,
                "interpreters": {"untagged": python(1, 5)}}),
            json!({"type": "remove", "path": {"text": "dist"}, "kind": "tree",
                "reason": "debris", "topic": "package", "files": 1, "directories": 1, "bytes": 10,
                "interpreters": {}}),
            json!({"type": "remove", "path": {"text": "tmp"}, "kind": "directory",
                "reason": "erased", "topic": null, "files": 0, "directories": 1, "bytes": 0,
                "interpreters": {}}),
            json!({"type": "remove", "path": {"text": "tmp/x"}, "kind": "file",
                "reason": "erased", "topic": null, "files": 1, "directories": 0, "bytes": 5,
                "interpreters": {}}),
            json!({"type": "summary", "dry_run": false, "interrupted": false, "files": 5,
                "directories": 3, "bytes": 82, "errors": 0, "elapsed_ms": null,
                "interpreters": {"CPython 3.11": python(1, 31), "CPython 3.12": python(1, 31),
                    "untagged": python(1, 5)}}),
        ]
    );
    tree.assert_left("a/");
}

#[test]
fn a_dry_run_says_what_the_run_then_does_and_totals_are_sums() {
    let tree = tree("a.py .mypy_cache/c dist/w/__pycache__/x.pyc e/f/__pycache__/y.pyc");
    tree.compiled("m.py", "cpython-3.12", "__pycache__/m.cpython-312.pyc");
    tree.compiled("m.py", "cpython-3.11", "__pycache__/m.cpython-311.pyc");
    tree.add("__pycache__/gone.cpython-312.pyc");
    for options in ["--stale", "--keep-python 3.12", "--debris all", "--folders"] {
        let dry = comparable(&tree, &format!("-n . --json {options}"));
        assert!(dry.len() > 2, "{options}: {dry:?}");
        let real = comparable(&tree, &format!(". --json {options}"));
        assert_eq!(dry, real, "{options}");
        let (summary, parts) = real.split_last().unwrap();
        for count in ["files", "directories", "bytes"] {
            let sum: u64 = parts.iter().filter_map(|part| part[count].as_u64()).sum();
            assert_eq!(summary[count], sum, "{options}: {count}");
        }
        if options == "--stale" {
            assert_eq!(real[1]["reason"], "orphaned");
        }
    }
}

#[test]
fn errors_and_what_was_kept_are_told() {
    let tree = tree("dist/.git/HEAD");
    let kept = &lines(&tree, ". --json --debris")[1];
    let expected =
        json!({"type": "keep", "path": {"text": "dist"}, "reason": "a repository of its own"});
    assert_eq!(*kept, expected);
    let run = tree.pyclean(". --json --print0");
    assert_eq!(run.code, Some(2));
}

#[cfg(unix)]
#[test]
fn what_cannot_be_read_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let tree = tree("a/b.pyc");
    let closed =
        |mode| std::fs::set_permissions(tree.path().join("a"), PermissionsExt::from_mode(mode));
    closed(0o000).unwrap();
    let lines = lines(&tree, ". --json");
    closed(0o755).unwrap();
    if !tree.path().join("a/b.pyc").exists() {
        return util::skipped("this user may read everything");
    }
    assert_eq!(lines[1]["type"], "error");
    assert_eq!(lines[1]["attempt"], "read");
    assert_eq!(lines[1]["path"], json!({"text": "a"}));
    assert_eq!(lines.last().unwrap()["errors"], 1);
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_no_text_survives_the_round_trip() {
    use base64::prelude::{BASE64_STANDARD, Engine};
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let tree = tree("");
    let name = b"a\xff\n\"b.pyc";
    std::fs::write(tree.file(OsStr::from_bytes(name)), "").unwrap();
    let line = &lines(&tree, "-n . --json")[1];
    let bytes = line["path"]["bytes"].as_str().unwrap();
    assert_eq!(BASE64_STANDARD.decode(bytes).unwrap(), name);
}

#[test]
fn what_git_says_is_kept_apart() {
    if util::is_absent("git") {
        return;
    }
    let tree = tree("new.txt");
    let git = std::process::Command::new("git")
        .arg("init")
        .arg("-q")
        .current_dir(tree.path())
        .status();
    assert!(git.unwrap().success());
    assert_eq!(lines(&tree, ". --json -g -y").len(), 2);
    assert!(!tree.left().contains("new.txt"));
}
