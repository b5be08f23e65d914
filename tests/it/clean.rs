//! Which bytecode is removed, and how it is listed and counted.

use std::fs;

use snapbox::str;

use crate::util::{Run, canonical, tree, with_slashes};

#[test]
fn removes_bytecode_and_nothing_else() {
    let tree = tree(
        "a.py __pycache__/a.cpython-312.pyc __pycache__/notes.txt __pycache__/deep/er/x \
         old.pyc old.pyo Jy$py.class m.pyc.12345 m.pyo.1 ext.pyd ext.so not.pyc.txt \
         m.pyc.12x m.pyc.x m.py.123 pyc classes.class pkg/sub/b.py pkg/sub/__pycache__/b.pyc \
         old.py Jy.py",
    );
    tree.pyclean(".").assert_snapshot(str![[r#"
--- stderr
Removed 4 directories and 9 files (139 B).
--- exit 0

"#]]);
    tree.assert_left(
        "a.py ext.pyd ext.so not.pyc.txt m.pyc.12x m.pyc.x m.py.123 pyc classes.class pkg/sub/b.py \
         old.py Jy.py",
    );
    tree.pyclean(".").assert("", "Nothing to remove.\n", 0);
}

#[test]
fn dry_run_lists_targets_and_removes_nothing() {
    let tree = tree(
        "a.py __pycache__/a.pyc b/__pycache__/b.pyc b.pyc b.py b-c/x.pyc b-c/x.py b/y.pyc b/y.py",
    );
    let before = tree.listing();
    tree.pyclean("-n .").assert_snapshot(str![[r#"
__pycache__/
b/__pycache__/
b/y.pyc
b-c/x.pyc
b.pyc
--- stderr
Would remove 2 directories and 5 files (57 B).
--- exit 0

"#]]);
    assert_eq!(tree.listing(), before);
}

#[test]
fn long_option_can_be_abbreviated() {
    let tree = tree("a.pyc keep/b.pyc");
    assert_eq!(tree.pyclean("--dry . --ign keep").stdout, "a.pyc\n");
    // An abbreviation of several options is a usage error.
    let run = tree.pyclean("--no .");
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    tree.assert_left("a.pyc keep/b.pyc");
}

#[test]
fn check_exits_with_1_while_bytecode_exists() {
    let tree = tree("a.py __pycache__/a.pyc");
    tree.pyclean("--check .").assert_snapshot(str![[r#"
__pycache__/
--- stderr
Would remove 1 directory and 1 file (17 B).
--- exit 1

"#]]);
    tree.pyclean("-q .").assert("", "", 0);
    tree.pyclean("--check .")
        .assert("", "Nothing to remove.\n", 0);
    tree.assert_left("a.py");
}

#[test]
fn verbose_lists_every_entry() {
    let tree = tree("__pycache__/a.pyc __pycache__/sub/b.pyc x.pyc x.py");
    tree.pyclean("-vn .").assert_snapshot(str![[r#"
__pycache__/
__pycache__/a.pyc
__pycache__/sub/
__pycache__/sub/b.pyc
x.pyc
--- stderr
Would remove 2 directories and 3 files (43 B).
--- exit 0

"#]]);
    tree.pyclean("-v .").assert_snapshot(str![[r#"
__pycache__/
__pycache__/a.pyc
__pycache__/sub/
__pycache__/sub/b.pyc
x.pyc
--- stderr
Removed 2 directories and 3 files (43 B).
--- exit 0

"#]]);
}

#[test]
fn print0_ends_paths_with_nul() {
    let tree = tree("__pycache__/a.pyc x.pyc");
    assert_eq!(tree.pyclean("-n0 .").stdout, "__pycache__/\0x.pyc\0");
}

#[test]
fn listing_begins_with_the_path_as_given() {
    let tree = tree("a/__pycache__/x.pyc a/b/y.pyc z.pyc");
    assert_eq!(
        tree.pyclean("-n .").stdout,
        "a/__pycache__/\na/b/y.pyc\nz.pyc\n"
    );
    assert_eq!(
        tree.pyclean("-n ./").stdout,
        "a/__pycache__/\na/b/y.pyc\nz.pyc\n"
    );
    assert_eq!(tree.pyclean("-n a").stdout, "a/__pycache__/\na/b/y.pyc\n");
    assert_eq!(
        tree.pyclean("-n ./a/").stdout,
        "./a/__pycache__/\n./a/b/y.pyc\n"
    );
    assert_eq!(
        tree.pyclean("-n a/../a").stdout,
        "a/../a/__pycache__/\na/../a/b/y.pyc\n"
    );
    let absolute = tree.path().join("a");
    let run = tree.pyclean(&format!("-n {}", absolute.display()));
    assert_eq!(
        run.stdout,
        with_slashes(format!(
            "{0}/__pycache__/\n{0}/b/y.pyc\n",
            absolute.display()
        ))
    );
}

#[test]
fn overlapping_paths_are_counted_once() {
    let tree = tree("a/__pycache__/x.pyc a/b/y.pyc a/b/y.py z.pyc z.py venv/v.pyc venv/v.py");
    for arguments in ["-n . .", "-n . a/b/y.pyc a/__pycache__/x.pyc"] {
        tree.pyclean(arguments).assert_snapshot(str![[r#"
a/__pycache__/
a/b/y.pyc
z.pyc
--- stderr
Would remove 1 directory and 3 files (33 B).
--- exit 0

"#]]);
    }
    // The listing is sorted by PATH first. A PATH given twice counts once.
    for arguments in ["-n . ./a", "-n . ./a a ."] {
        tree.pyclean(arguments).assert_snapshot(str![[r#"
z.pyc
./a/__pycache__/
./a/b/y.pyc
--- stderr
Would remove 1 directory and 3 files (33 B).
--- exit 0

"#]]);
    }
    tree.pyclean("-n ./a . a").assert_snapshot(str![[r#"
./a/__pycache__/
./a/b/y.pyc
z.pyc
--- stderr
Would remove 1 directory and 3 files (33 B).
--- exit 0

"#]]);
    // An inner PATH is cleaned although the outer PATH ignores it.
    tree.pyclean("-n . venv").assert_snapshot(str![[r#"
a/__pycache__/
a/b/y.pyc
z.pyc
venv/v.pyc
--- stderr
Would remove 1 directory and 4 files (43 B).
--- exit 0

"#]]);
    let run = tree.pyclean(". a venv .");
    run.assert_snapshot(str![[r#"
--- stderr
Removed 1 directory and 4 files (43 B).
--- exit 0

"#]]);
}

#[test]
fn path_inside_another_path_is_never_removed() {
    let tree = tree(
        "a/b/x.pyc a/b/x.py a/__pycache__/inner/y.pyc a/__pycache__/inner/y.py a/__pycache__/z \
         dist/inner/k.txt dist/w tmp/c/d pyproject.toml",
    );
    let arguments = ". a/b a/__pycache__/inner dist/inner tmp/c -v --debris --folders \
                     --erase tmp/**/* tmp/ --yes";
    tree.pyclean(arguments).assert_snapshot(str![[r#"
a/__pycache__/z
dist/w
a/b/x.pyc
a/__pycache__/inner/y.pyc
--- stderr
warning: kept tmp: not empty
Removed 4 files (55 B).
--- exit 0

"#]]);
    tree.assert_left("a/b/x.py a/__pycache__/inner/y.py dist/inner/k.txt tmp/c/d pyproject.toml");
}

#[test]
fn entry_named_as_path_and_found_by_another_path_is_listed_once() {
    let tree = tree("a/__pycache__/x.pyc a/m.pyc a/m.py");
    for arguments in [
        "-n a/m.pyc a",
        "-n a a/m.pyc",
        "-n a/__pycache__ a/m.pyc a",
        "-n a/__pycache__ a a/__pycache__/x.pyc",
    ] {
        tree.pyclean(arguments).assert_snapshot(str![[r#"
a/__pycache__/
a/m.pyc
--- stderr
Would remove 1 directory and 2 files (26 B).
--- exit 0

"#]]);
    }
}

#[test]
fn file_given_as_path_follows_the_rules_of_the_walk() {
    let tree = tree("a.py a.pyc k.pyc p/__pycache__/x.nbi p/__pycache__/d/y.txt p/__pycache__/z");
    let stderr = "error: a.py is a source; its bytecode: a.pyc\n";
    tree.pyclean("a.py").assert("", stderr, 2);
    let run = tree.pyclean("-v a.py a.pyc ./p/__pycache__/x.nbi p/__pycache__/d/y.txt");
    run.assert_snapshot(str![[r#"
a.pyc
./p/__pycache__/x.nbi
--- stderr
Removed 2 files (24 B).
--- exit 0

"#]]);
    // A file deeper in a `__pycache__` need not be part of the cache.
    tree.assert_left("a.py k.pyc p/__pycache__/d/y.txt p/__pycache__/z");
}

#[test]
fn file_given_from_within_its_cache_is_removed() {
    let tree = tree("p/__pycache__/x.nbi");
    let mut command = tree.command(["x.nbi"]);
    command.current_dir(tree.path().join("p/__pycache__"));
    assert_eq!(command.output().unwrap().status.code(), Some(0));
    tree.assert_left("p/__pycache__/");
}

#[test]
fn path_named_pycache_is_removed_itself() {
    let tree = tree("a/__pycache__/x.pyc a/__pycache__/y.txt a/a.py");
    tree.pyclean("-n a/__pycache__/").assert_snapshot(str![[r#"
a/__pycache__/
--- stderr
Would remove 1 directory and 2 files (38 B).
--- exit 0

"#]]);
    let mut command = tree.command(["."]);
    command.current_dir(tree.path().join("a/__pycache__"));
    // Windows does not remove the working directory of a process.
    let (code, left) = if cfg!(windows) {
        (1, "a/a.py a/__pycache__/")
    } else {
        (0, "a/a.py")
    };
    assert_eq!(command.output().unwrap().status.code(), Some(code));
    tree.assert_left(left);
}

#[test]
fn usage_error_removes_nothing() {
    let tree = tree("x.pyc there/y.pyc");
    let run = tree.pyclean("there missing x.pyc x.pyc/y");
    run.assert_snapshot(str![[r#"
--- stderr
error: no such file or directory: missing, x.pyc/y
--- exit 2

"#]]);
    for arguments in [
        ". -i [",
        ". -i a/{b",
        ". -i .",
        "--unknown .",
        ". -j 0",
        ". -v -q",
        "",
    ] {
        let run = tree.pyclean(arguments);
        assert_eq!(run.code, Some(2), "pyclean {arguments}");
    }
    tree.assert_left("x.pyc there/y.pyc");
}

#[test]
fn number_of_threads_does_not_change_the_result() {
    let entries: Vec<_> = (0..3000)
        .map(|i| format!("d{}/p{i}/__pycache__/m.pyc", i % 7))
        .collect();
    let tree = tree(&entries.join(" "));
    let one = tree.pyclean("-n -j 1 .");
    for jobs in ["-j 2", "-j 64", ""] {
        assert_eq!(tree.pyclean(&format!("-n {jobs} .")).stdout, one.stdout);
    }
    let run = tree.pyclean("-v -j 8 .");
    let directories = run.stdout.lines().filter(|line| line.ends_with('/'));
    assert!(directories.eq(one.stdout.lines()));
    assert_eq!(tree.pyclean("--check .").code, Some(0));
}

/// People call copies and notes like this.
#[test]
fn file_whose_name_only_contains_that_of_bytecode_is_kept() {
    let entries = "core.pyc.1.notes thesis.pyc.2024-11-01.doc a.pyc.1.src m.pyc.1c m.pyo.7.js \
                   app.pyc.7.aes";
    let tree = tree(entries);
    tree.pyclean(".").assert("", "Nothing to remove.\n", 0);
    for file in entries.split_whitespace() {
        assert_eq!(tree.pyclean(&format!("-q {file}")).code, Some(0));
    }
    tree.assert_left(entries);
}

#[test]
fn path_can_be_written_in_many_ways() {
    let tree = tree("p/m.pyc p/__pycache__/n.pyc p/.a/o.pyc p/q/r.py");
    for path in [
        ".", "./", "..", "p", "p/", "./p", ".//p", "p//", "p/.", "p/./", "p/../p", "p/q/..", "/",
    ] {
        let mut command = tree.command(["-n", "--ignore", "none"]);
        let path = if path == "/" {
            canonical(tree.path()) + "/p/"
        } else {
            path.to_owned()
        };
        let directory = if path == ".." { "p" } else { "" };
        command
            .current_dir(tree.path().join(directory))
            .args(["--", &path]);
        let run: Run = command.output().unwrap().into();
        let names: Vec<_> = run
            .stdout
            .lines()
            .map(|line| &line[line.len() - 5..])
            .collect();
        assert_eq!(names, ["o.pyc", "he__/", "m.pyc"], "{path}: {}", run.stdout);
    }
}

#[test]
fn copy_that_is_named_like_a_partial_write_is_kept() {
    let tree = tree("");
    let write = |path: &str, bytes: &[u8]| fs::write(tree.path().join(path), bytes).unwrap();
    write("core.pyc.20240101", b"a text that is longer than a header");
    write(
        "m.cpython-312.pyc.1234",
        b"\xcb\r\r\n\0\0\0\0 and the rest of it",
    );
    write("n.cpython-312.pyc.1234", b"");
    assert_eq!(
        tree.pyclean("-n .").stdout,
        "m.cpython-312.pyc.1234\nn.cpython-312.pyc.1234\n"
    );
}
