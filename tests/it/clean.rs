//! Which bytecode is removed, and how it is listed and counted.

use std::fs;

use snapbox::str;

use crate::util::{canonical, tree};
use crate::{assert_finds_nothing, assert_listed, assert_run, listed, run_command};

#[test]
fn removes_bytecode_and_nothing_else() {
    let tree = tree(
        "a.py __pycache__/a.cpython-312.pyc __pycache__/notes.txt __pycache__/deep/er/x \
         old.pyc old.pyo Jy$py.class m.pyc.12345 m.pyo.1 ext.pyd ext.so not.pyc.txt \
         m.pyc.12x m.pyc.x m.py.123 pyc classes.class pkg/sub/b.py pkg/sub/__pycache__/b.pyc \
         old.py Jy.py",
    );
    let summary = "Removed 4 directories and 9 files (139 B).\n";
    tree.pyclean(".").assert("", summary, 0);
    tree.assert_left(
        "a.py ext.pyd ext.so not.pyc.txt m.pyc.12x m.pyc.x m.py.123 pyc classes.class pkg/sub/b.py \
         old.py Jy.py",
    );
    assert_finds_nothing(&tree, ".");
}

#[test]
fn dry_run_lists_what_a_run_removes() {
    let entries = "a.py __pycache__/a.pyc __pycache__/sub/b.pyc b/__pycache__/b.pyc b/y.pyc b/y.py \
                   b-c/x.pyc b-c/x.py b.pyc b.py";
    let tree = tree(entries);
    let targets = "__pycache__/\nb/__pycache__/\nb/y.pyc\nb-c/x.pyc\nb.pyc\n";
    let all = "__pycache__/\n__pycache__/a.pyc\n__pycache__/sub/\n__pycache__/sub/b.pyc\n\
               b/__pycache__/\nb/__pycache__/b.pyc\nb/y.pyc\nb-c/x.pyc\nb.pyc\n";
    let summary = "3 directories and 6 files (78 B).\n";
    for (options, listing, code) in [
        ("-n", targets, 0),
        ("--check", targets, 1),
        ("-n0", &targets.replace('\n', "\0"), 0),
        ("-vn", all, 0),
    ] {
        let summary = format!("Would remove {summary}");
        assert_run(&tree, &format!("{options} ."), listing, &summary, code);
        tree.assert_left(entries);
    }
    assert_run(&tree, "-v .", all, &format!("Removed {summary}"), 0);
    assert_finds_nothing(&tree, "--check .");
    tree.add("b.pyc");
    tree.pyclean("-q .").assert("", "", 0);
    tree.assert_left("a.py b/y.py b-c/x.py b.py");
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
fn listing_begins_with_the_path_as_given() {
    let tree = tree("a/__pycache__/x.pyc a/b/y.pyc z.pyc");
    for path in [".", "./"] {
        assert_listed(&tree, path, "a/__pycache__/ a/b/y.pyc z.pyc");
    }
    let absolute = canonical(tree.path()) + "/a";
    for path in ["a", "./a", "a/../a", &absolute] {
        let listing = format!("{path}/__pycache__/ {path}/b/y.pyc");
        assert_listed(&tree, path, &listing);
        assert_listed(&tree, &format!("{path}/"), &listing);
    }
}

#[test]
fn overlapping_paths_are_counted_once() {
    let tree = tree("a/__pycache__/x.pyc a/b/y.pyc a/b/y.py z.pyc z.py venv/v.pyc venv/v.py");
    let all = "a/__pycache__/\na/b/y.pyc\nz.pyc\n";
    let sorted_by_path = "z.pyc\n./a/__pycache__/\n./a/b/y.pyc\n";
    for (paths, listing) in [
        (". .", all),
        (". a/b/y.pyc a/__pycache__/x.pyc", all),
        (". ./a", sorted_by_path),
        (". ./a a .", sorted_by_path),
        ("./a . a", "./a/__pycache__/\n./a/b/y.pyc\nz.pyc\n"),
    ] {
        let summary = "Would remove 1 directory and 3 files (33 B).\n";
        assert_run(&tree, &format!("-n {paths}"), listing, summary, 0);
    }
    // An inner PATH is cleaned although the outer PATH ignores it.
    let summary = "Would remove 1 directory and 4 files (43 B).\n";
    let listing = format!("{all}venv/v.pyc\n");
    tree.pyclean("-n . venv").assert(&listing, summary, 0);
    let summary = "Removed 1 directory and 4 files (43 B).\n";
    tree.pyclean(". a venv .").assert("", summary, 0);
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
        let summary = "Would remove 1 directory and 2 files (26 B).\n";
        assert_run(&tree, arguments, "a/__pycache__/\na/m.pyc\n", summary, 0);
    }
}

#[test]
fn file_given_as_path_follows_the_rules_of_the_walk() {
    let tree = tree("a.py a.pyc k.pyc p/__pycache__/x.nbi p/__pycache__/d/y.txt p/__pycache__/z");
    let stderr = "error: a.py is a source; its bytecode: a.pyc\n";
    tree.pyclean("a.py").assert("", stderr, 2);
    let paths = "a.py a.pyc ./p/__pycache__/x.nbi p/__pycache__/d/y.txt";
    let listing = "a.pyc\n./p/__pycache__/x.nbi\n";
    let summary = "Removed 2 files (24 B).\n";
    assert_run(&tree, &format!("-v {paths}"), listing, summary, 0);
    // A file deeper in a `__pycache__` need not be part of the cache.
    tree.assert_left("a.py k.pyc p/__pycache__/d/y.txt p/__pycache__/z");
}

#[test]
fn file_given_from_within_its_cache_is_removed() {
    let tree = tree("p/__pycache__/x.nbi");
    let cache = tree.path().join("p/__pycache__");
    let run = run_command(tree.command(["x.nbi"]).current_dir(cache));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    tree.assert_left("p/__pycache__/");
}

#[test]
fn path_named_pycache_is_removed_itself() {
    let tree = tree("a/__pycache__/x.pyc a/__pycache__/y.txt a/a.py");
    let summary = "Would remove 1 directory and 2 files (38 B).\n";
    assert_run(&tree, "-n a/__pycache__/", "a/__pycache__/\n", summary, 0);
    let cache = tree.path().join("a/__pycache__");
    let run = run_command(tree.command(["."]).current_dir(cache));
    // Windows does not remove the working directory of a process.
    let (code, left) = if cfg!(windows) {
        (1, "a/a.py a/__pycache__/")
    } else {
        (0, "a/a.py")
    };
    assert_eq!(run.code, Some(code), "{}", run.stderr);
    tree.assert_left(left);
}

#[test]
fn usage_error_removes_nothing() {
    let tree = tree("x.pyc there/y.pyc");
    let error = "error: no such file or directory: missing, x.pyc/y\n";
    assert_run(&tree, "there missing x.pyc x.pyc/y", "", error, 2);
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
    let one = listed(&tree, "-j 1 .");
    for jobs in ["-j 2", "-j 64", ""] {
        assert_eq!(listed(&tree, &format!("{jobs} .")), one, "{jobs}");
    }
    let run = tree.pyclean("-v -j 8 .");
    let directories = run.stdout.lines().filter(|line| line.ends_with('/'));
    assert!(directories.eq(one.lines()));
    assert_eq!(tree.pyclean("--check .").code, Some(0));
}

/// People call copies and notes like this.
#[test]
fn file_whose_name_only_contains_that_of_bytecode_is_kept() {
    let entries = "core.pyc.1.notes thesis.pyc.2024-11-01.doc a.pyc.1.src m.pyc.1c m.pyo.7.js \
                   app.pyc.7.aes";
    let tree = tree(entries);
    assert_finds_nothing(&tree, ".");
    for file in entries.split_whitespace() {
        assert_eq!(tree.pyclean(&format!("-q {file}")).code, Some(0));
    }
    tree.assert_left(entries);
}

#[test]
fn path_can_be_written_in_many_ways() {
    let tree = tree("p/m.pyc p/__pycache__/n.pyc p/.a/o.pyc p/q/r.py");
    let absolute = canonical(tree.path()) + "/p/";
    for path in [
        ".", "./", "..", "p", "p/", "./p", ".//p", "p//", "p/.", "p/./", "p/../p", "p/q/..",
        &absolute,
    ] {
        let directory = if path == ".." { "p" } else { "" };
        let mut command = tree.command(["-n", "--ignore", "none", "--", path]);
        let run = run_command(command.current_dir(tree.path().join(directory)));
        let lines = run.stdout.lines();
        let names: Vec<_> = lines.map(|line| &line[line.len() - 5..]).collect();
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
    assert_listed(&tree, ".", "m.cpython-312.pyc.1234 n.cpython-312.pyc.1234");
}
