//! JSON lines: `--json`.

use serde_json::{Value, json};
use snapbox::str;

use crate::util::{Run, Tree, git, is_missing, tree};

/// What a run printed.
fn parse(run: &Run) -> Vec<Value> {
    let lines = run.stdout.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().unwrap()
}

/// What a run prints, without the fields that differ between a dry run and a real run.
fn parse_comparable(tree: &Tree, arguments: &str) -> Vec<Value> {
    let mut lines = parse(&tree.pyclean(arguments));
    for line in &mut lines {
        let line = line.as_object_mut().unwrap();
        line.remove("dry_run");
        line.remove("elapsed_ms");
    }
    lines
}

#[test]
fn lines_have_the_documented_fields() {
    let tree = tree(
        "a/__pycache__/m.cpython-312.pyc a/__pycache__/m.cpython-311.pyc b.pyc dist/w.whl setup.py tmp/x b.py",
    );
    let run = tree.pyclean(". --json --debris --erase tmp/* tmp/ --yes");
    let elapsed = &parse(&run).pop().unwrap()["elapsed_ms"];
    let elapsed = format!("\"elapsed_ms\":{elapsed}");
    run.redact(elapsed, "\"elapsed_ms\":[MILLISECONDS]")
        .redact(env!("CARGO_PKG_VERSION"), "[VERSION]")
        .assert_snapshot(str![[r#"
{"type":"begin","version":"[VERSION]","dry_run":false}
{"type":"remove","path":{"text":"a/__pycache__"},"kind":"directory","reason":"bytecode","topic":null,"files":2,"directories":1,"bytes":62}
{"type":"remove","path":{"text":"b.pyc"},"kind":"file","reason":"bytecode","topic":null,"files":1,"directories":0,"bytes":5}
{"type":"remove","path":{"text":"dist"},"kind":"directory","reason":"debris","topic":"package","files":1,"directories":1,"bytes":10}
{"type":"remove","path":{"text":"tmp"},"kind":"directory","reason":"erased","topic":null,"files":1,"directories":1,"bytes":5}
{"type":"summary","dry_run":false,"interrupted":false,"files":5,"directories":3,"bytes":82,"errors":0,"elapsed_ms":[MILLISECONDS]}
--- exit 0

"#]]);
    tree.assert_left("a/ setup.py b.py");
}

#[test]
fn dry_run_and_run_print_the_same_and_totals_are_sums() {
    let tree =
        tree("a.py .mypy_cache/c dist/w/__pycache__/x.pyc e/f/__pycache__/y.pyc g/h/ setup.py");
    tree.add_compiled("m.py", "cpython-3.12", "__pycache__/m.cpython-312.pyc");
    tree.add_compiled("m.py", "cpython-3.11", "__pycache__/m.cpython-311.pyc");
    tree.add("__pycache__/gone.cpython-312.pyc");
    for options in ["--stale", "--keep-python 3.12", "--debris all", "--folders"] {
        let dry_run = parse_comparable(&tree, &format!("-n . --json {options}"));
        assert!(dry_run.len() > 2, "{options}: {dry_run:?}");
        let run = parse_comparable(&tree, &format!(". --json {options}"));
        assert_eq!(dry_run, run, "{options}");
        let (summary, parts) = run.split_last().unwrap();
        for count in ["files", "directories", "bytes"] {
            let sum: u64 = parts.iter().filter_map(|part| part[count].as_u64()).sum();
            assert_eq!(summary[count], sum, "{options}: {count}");
        }
    }
}

#[test]
fn kept_debris_is_reported() {
    let tree = tree("dist/.git/HEAD setup.py");
    let kept = &parse(&tree.pyclean(". --json --debris"))[1];
    let expected = json!({"type": "keep", "path": {"text": "dist"}, "reason": "nested repository"});
    assert_eq!(*kept, expected);
    let run = tree.pyclean(". --json --print0");
    assert_eq!(run.code, Some(2));
}

#[cfg(unix)]
#[test]
fn read_error_is_reported() {
    use crate::permissions::run_with_mode;
    let tree = tree("a/b.pyc");
    let lines = parse(&run_with_mode(&tree, "a", 0, ". --json"));
    assert!(tree.path().join("a/b.pyc").exists());
    assert_eq!(lines[1]["type"], "error");
    assert_eq!(lines[1]["attempt"], "read");
    assert_eq!(lines[1]["path"], json!({"text": "a"}));
    assert_eq!(lines.last().unwrap()["errors"], 1);
}

#[cfg(target_os = "linux")]
#[test]
fn path_that_is_not_utf8_is_encoded_in_base64() {
    use base64::prelude::{BASE64_STANDARD, Engine};
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let tree = tree("");
    let name = b"a\xff\n\"b.pyc";
    std::fs::write(tree.file_path(OsStr::from_bytes(name)), "").unwrap();
    let line = &parse(&tree.pyclean("-n . --json"))[1];
    let bytes = line["path"]["bytes"].as_str().unwrap();
    assert_eq!(BASE64_STANDARD.decode(bytes).unwrap(), name);
}

#[test]
fn output_of_git_is_not_part_of_stdout() {
    if is_missing("git") {
        return;
    }
    let tree = tree("new.txt");
    git(&tree, ".", &["init", "-q"]);
    assert_eq!(parse(&tree.pyclean(". --json -g -y")).len(), 2);
    assert!(!tree.listing().contains("new.txt"));
}
