//! One line per project: `--by-project`.

use std::fs;

use snapbox::str;

use crate::util::{Tree, below_prefix, git, is_missing, tree};
use crate::{assert_finds_nothing, assert_run};

/// Four projects of different sizes, each recognized in another way, and a file in the PATH
/// itself.
fn create_projects() -> Tree {
    let tree = tree(
        "web/pyproject.toml web/app/__pycache__/a.cpython-312.pyc web/.mypy_cache/c \
         web/.pytest_cache/v web/plugin/setup.py web/plugin/__pycache__/p.cpython-312.pyc \
         lib/setup.cfg lib/src/lib/__pycache__/l.cpython-311.pyc \
         scripts/old/deep/x.pyc scripts/old/deep/x.py scripts/new/y.pyc scripts/new/y.py top.pyc \
         top.py lib/src/lib/big.py web/app/big.py clean/setup.py clean/m.py",
    );
    fs::write(tree.file_path("lib/src/lib/big.pyc"), vec![0; 300_000]).unwrap();
    fs::write(tree.file_path("web/app/big.pyc"), vec![0; 3_000]).unwrap();
    tree
}

#[test]
fn projects_are_listed_by_size_with_kinds_and_total() {
    let tree = create_projects();
    let run = tree.pyclean("-n . --by-project --debris all");
    run.assert_snapshot(str![[r#"
293.0 KiB   2 files  lib/: bytecode
  3.0 KiB   4 files  web/: bytecode, mypy, pytest
     40 B   1 file   web/plugin/: bytecode
     39 B   2 files  scripts/: bytecode
      7 B   1 file   ./: bytecode
296.1 KiB  10 files  total
--- stderr
Would remove 5 directories and 10 files (296.1 KiB).
--- exit 0

"#]]);
    // A run that removes reports the same.
    let removed = tree.pyclean(". --by-project --debris all");
    assert_eq!(removed.stdout, run.stdout);
    assert!(!tree.listing().contains("pyc"));
    assert_finds_nothing(&tree, ". --by-project");
}

#[test]
fn check_and_quiet_keep_their_meaning() {
    let tree = create_projects();
    let listing = "293.0 KiB  2 files  lib/: bytecode\n293.0 KiB  2 files  total\n";
    let summary = "Would remove 1 directory and 2 files (293.0 KiB).\n";
    assert_run(&tree, "--check lib --by-project", listing, summary, 1);
    assert_run(&tree, "--check -q lib --by-project", "", "", 1);
    for option in ["-v", "-0"] {
        let run = tree.pyclean(&format!(". --by-project {option}"));
        assert_eq!(run.code, Some(2), "{option}");
    }
}

#[test]
fn json_has_an_object_for_each_project() {
    let tree = create_projects();
    let run = tree.pyclean("-n web --by-project --json --debris mypy");
    let lines: Vec<_> = run.stdout.lines().collect();
    assert_eq!(
        lines[1..lines.len() - 1],
        [
            "{\"type\":\"project\",\"path\":{\"text\":\"web\"},\"kinds\":[\"bytecode\",\"mypy\"],\
             \"files\":3,\"directories\":2,\"bytes\":3054}",
            "{\"type\":\"project\",\"path\":{\"text\":\"web/plugin\"},\"kinds\":[\"bytecode\"],\
             \"files\":1,\"directories\":1,\"bytes\":40}"
        ]
    );
    assert_eq!(run.stderr, "");
}

#[test]
fn project_is_never_above_the_path() {
    if is_missing("git") {
        return;
    }
    let tree = tree("p/a/m.pyc p/a/b/n.pyc p/o.pyc p/q/r.pyc p/q/s/t.pyc pyproject.toml");
    git(&tree, "p/q", &["init", "-q"]);
    let projects = |arguments: &str| {
        let run = tree.pyclean(&format!("-n --by-project {arguments}"));
        let lines = run.stdout.lines().filter(|line| !line.ends_with("total"));
        let paths = lines.map(|line| line.split_whitespace().nth(4).unwrap());
        paths.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(projects("."), "./: p/q/:");
    assert_eq!(projects("p"), "p/a/: p/q/: p/:");
    assert_eq!(projects("p/a"), "p/a/b/: p/a/:");
    assert_eq!(projects("p/a/b/n.pyc"), "p/a/b/:");
    assert_eq!(projects("p/q/s p/q/r.pyc p/q"), "p/q/s/: p/q/:");
}

#[test]
fn settings_of_each_project_apply() {
    let tree = tree("a/m.pyc a/m.py a/keep/n.pyc b/m.pyc b/m.py b/keep/n.pyc b/keep/n.py");
    tree.write_settings("a", "ignore = ['keep']");
    let run = tree.pyclean("-n . --by-project");
    run.assert_snapshot(str![[r#"
19 B  2 files  b/: bytecode
 7 B  1 file   a/: bytecode
26 B  3 files  total
--- stderr
note: also using settings from a/pyproject.toml (--isolated to ignore them)
Would remove 3 files (26 B).
--- exit 0

"#]]);
}

#[test]
fn bytecode_under_the_prefix_belongs_to_the_project_of_its_source() {
    let tree = tree("code/a/setup.py code/a/m.pyc code/a/m.py code/b/c/n.py");
    let below = below_prefix(&tree) + "/code";
    for module in [
        "a/p/m.cpython-312.pyc",
        "b/c/n.cpython-312.pyc",
        "b/gone.cpython-312.pyc",
    ] {
        let path = tree.path().join("cache").join(&below).join(module);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "0123456789").unwrap();
    }
    let run = tree.pyclean("-n code --by-project --pycache-prefix cache");
    let directories = format!("{} directories", below.split('/').count() + 4);
    let top = format!("cache/{}/:", below.split('/').next().unwrap());
    run.redact(directories, "[COUNT] directories")
        .redact(top, "cache/[TOP]/:")
        .assert_snapshot(str![[r#"
30 B  3 files  code/: bytecode, empty
12 B  1 file   code/a/: bytecode
 0 B  0 files  cache/[TOP]/: empty
42 B  4 files  total
--- stderr
Would remove [COUNT] directories and 4 files (42 B).
--- exit 0

"#]]);
}

#[test]
fn erased_files_and_empty_directories_are_kinds() {
    let tree = tree("a/setup.py a/tmp/x a/e/ a/f/ b/tmp/y");
    let run = tree.pyclean("-n . --by-project --folders --erase **/tmp/*");
    run.assert_snapshot(str![[r#"
 7 B  1 file   a/: empty, erased
 7 B  1 file   b/: empty, erased
14 B  2 files  total
--- stderr
Would remove 5 directories and 2 files (14 B).
--- exit 0

"#]]);
}
