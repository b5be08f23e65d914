//! Named pipes, entries of the wrong type, and names of any bytes.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

use crate::util::tree;
use crate::{assert_finds_nothing, run_command};

#[test]
fn entries_of_the_wrong_type_are_kept() {
    let tree = tree("a/__pycache__ pipe.pyc| dir.pyc/a.py b/__pycache__->../dir.pyc");
    assert_finds_nothing(&tree, ".");
}

#[test]
fn named_pipe_is_not_opened() {
    let tree = tree("__pycache__/x.pyc| y.pyc|");
    let summary = "Removed 1 directory and 1 file (0 B).\n";
    tree.pyclean(". y.pyc").assert("", summary, 0);
    tree.assert_left("y.pyc|");
}

#[test]
fn names_of_any_bytes_are_listed_exactly_and_removed() {
    let tree = tree("");
    let names: [&[u8]; 4] = [
        b"\xff\xfe.pyc",
        b"new\nline.pyc",
        b"\x1b[31mred.pyc",
        b" .pyc",
    ];
    for name in names {
        fs::write(tree.file_path(OsStr::from_bytes(name)), "").unwrap();
    }
    let run = tree.command(["-n0", "."]).output().unwrap();
    let mut listed: Vec<_> = run.stdout.split_inclusive(|byte| *byte == 0).collect();
    listed.sort_unstable();
    let mut expected = names.map(|name| [name, b"\0"].concat());
    expected.sort_unstable();
    assert_eq!(listed, expected);
    assert_eq!(tree.pyclean(".").code, Some(0));
    tree.assert_left("");
}

#[test]
fn ignore_accepts_any_bytes_except_in_a_glob() {
    let tree = tree("a.pyc a.py");
    let [name, glob] = [b"\xff/x.pyc", b"\xff/?.pyc"].map(|path| OsStr::from_bytes(path));
    fs::write(tree.file_path(name), "").unwrap();
    let ignore = |word: &OsStr| run_command(tree.command([".", "-ni"]).arg(word));
    ignore(name).assert("a.pyc\n", "Would remove 1 file (5 B).\n", 0);
    ignore(OsStr::new("?/x.pyc")).assert("a.pyc\n", "Would remove 1 file (5 B).\n", 0);
    let run = ignore(glob);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("must be valid UTF-8"), "{}", run.stderr);
}

#[test]
fn message_escapes_control_characters() {
    let tree = tree("");
    let run = run_command(&mut tree.command([OsStr::from_bytes(b"no\x1b[2J\xff")]));
    let error = "error: no such file or directory: no\\u{1b}[2J\\xff\n";
    run.assert("", error, 2);
}
