//! What bytecode files are: `--explain`.

use std::fs;

use snapbox::str;

use crate::util::{Tree, can_symlink, tree};
use crate::{assert_reports, listed};

/// Files of several interpreters in every state.
fn create_files() -> Tree {
    let tree = tree("__pycache__/gone.cpython-311.pyc");
    for (module, python, tag) in [
        ("m", "cpython-3.12", "cpython-312"),
        ("m", "cpython-3.13", "cpython-313"),
        ("checked", "cpython-3.12", "cpython-312"),
        ("unchecked", "cpython-3.12", "cpython-312"),
        ("k", "pypy-3.9", "pypy39"),
        ("cut", "cpython-3.12", "cpython-312"),
        ("raced", "cpython-3.12", "cpython-312"),
    ] {
        let bytecode = format!("__pycache__/{module}.{tag}.pyc");
        tree.add_compiled(&format!("{module}.py"), python, &bytecode);
    }
    tree.add_compiled("old.py", "cpython-2.7", "old.pyc");
    tree.set_mtime("m.py", 60.0);
    fs::write(tree.file_path("unchecked.py"), "changed").unwrap();
    tree.set_mtime("unchecked.py", 5.0);
    fs::write(tree.file_path("__pycache__/cut.cpython-312.pyc"), "123").unwrap();
    tree.set_mtime("__pycache__/raced.cpython-312.pyc", 0.2);
    tree.set_mtime("raced.py", 0.5);
    tree
}

#[test]
fn every_state_is_explained() {
    let tree = create_files();
    let before = tree.listing();
    let run = tree.pyclean(
        "--explain __pycache__/m.cpython-312.pyc __pycache__/checked.cpython-312.pyc \
         __pycache__/unchecked.cpython-312.pyc __pycache__/k.pypy39.pyc \
         __pycache__/cut.cpython-312.pyc __pycache__/raced.cpython-312.pyc \
         __pycache__/gone.cpython-311.pyc old.pyc",
    );
    run.assert_snapshot(str![[r#"
__pycache__/m.cpython-312.pyc
  interpreter   CPython 3.12
  magic number  3531 (CPython 3.12)
  validation    mtime and size of the source
  recorded      mtime 2020-09-13 12:26:40 UTC, 20 bytes
  source        m.py: mtime 2020-09-13 12:27:40 UTC, 20 bytes
  state         outdated, m.py has a different mtime

__pycache__/checked.cpython-312.pyc
  interpreter   CPython 3.12
  magic number  3531 (CPython 3.12)
  validation    checked hash of the source
  recorded      hash 84836d1340a9b1ec
  source        checked.py: mtime 2020-09-13 12:26:40 UTC, 20 bytes
  state         up to date

__pycache__/unchecked.cpython-312.pyc
  interpreter   CPython 3.12
  magic number  3531 (CPython 3.12)
  validation    unchecked hash of the source: Python never compares it
  recorded      hash 84836d1340a9b1ec
  source        unchecked.py: mtime 2020-09-13 12:26:45 UTC, 7 bytes
  state         outdated, unchecked.py has different contents

__pycache__/k.pypy39.pyc
  interpreter   PyPy 3.9
  magic number  336 (PyPy 3.9)
  validation    mtime and size of the source
  recorded      mtime 2020-09-13 12:26:40 UTC, 20 bytes
  source        k.py: mtime 2020-09-13 12:26:40 UTC, 20 bytes
  state         up to date

__pycache__/cut.cpython-312.pyc
  interpreter   CPython 3.12
  magic number  none
  validation    not known: truncated after 3 bytes
  source        cut.py: mtime 2020-09-13 12:26:40 UTC, 20 bytes
  state         damaged, truncated after 3 bytes

__pycache__/raced.cpython-312.pyc
  interpreter   CPython 3.12
  magic number  3531 (CPython 3.12)
  validation    mtime and size of the source
  recorded      mtime 2020-09-13 12:26:40 UTC, 20 bytes
  written       2020-09-13 12:26:40.2 UTC
  source        raced.py: mtime 2020-09-13 12:26:40.5 UTC, 20 bytes
  state         raced, raced.py was changed after it was compiled, in the same second

__pycache__/gone.cpython-311.pyc
  interpreter   CPython 3.11
  magic number  none
  validation    not known: not bytecode
  source        no gone.py
  state         orphaned, no gone.py

old.pyc
  interpreter   CPython 2.7
  magic number  62211 (CPython 2.7)
  validation    mtime of the source
  recorded      mtime 2020-09-13 12:26:40 UTC
  source        old.py: mtime 2020-09-13 12:26:40 UTC, 20 bytes
  state         up to date
--- exit 0

"#]]);
    assert_eq!(tree.listing(), before);
}

#[test]
fn state_is_the_reason_of_stale() {
    let tree = create_files();
    let stale = listed(&tree, "--stale .");
    let mut found = 0;
    for path in tree.names().lines().filter(|path| path.ends_with(".pyc")) {
        let explained = tree.pyclean(&format!("--explain {path}")).stdout;
        let state = explained.lines().last().unwrap();
        let state = state.strip_prefix("  state         ").unwrap();
        let reason = stale.lines().find_map(|line| line.strip_prefix(path));
        match reason {
            Some(reason) => assert_eq!(reason, format!(": {state}"), "{path}"),
            None => assert_eq!(state, "up to date", "{path}"),
        }
        found += usize::from(reason.is_some());
    }
    assert_eq!(found, stale.lines().count());
}

#[test]
fn what_stale_keeps_is_explained() {
    let tree = tree(
        "shipped/a.pyc m.cpython-312.pyc m.py.cpython-312.pyc.20240101 lib/site-packages/p.pyc \
         lib/site-packages/q.py",
    );
    let run = tree.pyclean(
        "shipped/a.pyc ./m.cpython-312.pyc m.py.cpython-312.pyc.20240101 \
         lib/site-packages/p.pyc --explain",
    );
    run.assert_snapshot(str![[r#"
shipped/a.pyc
  interpreter   not known
  magic number  none
  validation    not known: not bytecode
  source        no a.py
  state         no source, but kept by --stale: it may have been shipped without one, and Python cannot make it again

./m.cpython-312.pyc
  interpreter   CPython 3.12
  magic number  none
  validation    not known: not bytecode
  source        not known
  state         not known, so kept by --stale: the file was moved out of a __pycache__

m.py.cpython-312.pyc.20240101
  interpreter   CPython 3.12
  magic number  none
  validation    not known: not bytecode
  source        no m.py.py
  state         kept by --stale: not bytecode, or written within the last minute

lib/site-packages/p.pyc
  interpreter   not known
  magic number  none
  validation    not known: not bytecode
  source        no p.py
  state         no source, but kept by --stale: it may have been shipped without one, and Python cannot make it again
--- exit 0

"#]]);
}

#[test]
fn bytecode_in_a_cache_in_a_cache_is_orphaned() {
    let tree = tree("");
    let inner = "__pycache__/__pycache__/m.cpython-312.pyc";
    tree.add_compiled("__pycache__/m.py", "cpython-3.12", inner);
    let run = tree.pyclean(&format!("--explain {inner}"));
    let state = "  state         orphaned, no m.py\n";
    assert!(run.stdout.ends_with(state), "{}", run.stdout);
}

#[test]
fn symlink_to_bytecode_is_explained() {
    if !can_symlink() {
        return;
    }
    let tree = create_files();
    tree.add("__pycache__/link.cpython-312.pyc->m.cpython-312.pyc");
    fs::copy(tree.file_path("m.py"), tree.file_path("link.py")).unwrap();
    tree.set_mtime("link.py", 30.0);
    let run = tree.pyclean("--explain __pycache__/link.cpython-312.pyc");
    let state = "  state         outdated, link.py has a different mtime\n";
    assert!(run.stdout.ends_with(state), "{}", run.stdout);
}

#[test]
fn only_bytecode_files_are_explained() {
    let tree = tree("d.py m.pyc d.pyc/ x.txt");
    if can_symlink() {
        tree.add("link.pyc->d.pyc");
        let run = tree.pyclean("link.pyc --explain");
        let message = "error: cannot read link.pyc: not a bytecode file, and not ";
        assert!(run.stderr.starts_with(message), "{}", run.stderr);
        assert_eq!((&*run.stdout, run.code), ("", Some(1)));
    }
    for path in ["x.txt", "d.py", "d.pyc", "."] {
        let run = tree.pyclean(&format!("m.pyc {path} --explain"));
        let message = format!(
            "error: cannot read {path}: not a bytecode file, and not a source that has one\n"
        );
        assert_eq!((run.stderr, run.code), (message, Some(1)));
        assert!(run.stdout.starts_with("m.pyc\n"), "{}", run.stdout);
    }
    let run = tree.pyclean("missing.pyc --explain");
    let message = "error: cannot read missing.pyc: ";
    assert!(run.stderr.starts_with(message), "{}", run.stderr);
    assert_eq!((&*run.stdout, run.code), ("", Some(1)));
    let run = tree.pyclean("--explain");
    assert!(run.stderr.starts_with("error: missing PATH"));
    assert_eq!(run.code, Some(2));
}

#[test]
fn source_leads_to_its_bytecode() {
    let tree = tree(
        "p/m.py p/m.pyc p/n.pyc p/__pycache__/m.cpython-312.pyc \
         p/__pycache__/m.cpython-313.pyc p/__pycache__/m.x.cpython-313.pyc p/new.py notes.txt \
         p/__pycache__/gone.cpython-312.pyc",
    );
    let explained = |source: &str| {
        let text = tree.pyclean(&format!("--explain {source}")).stdout;
        let heads = text.lines().filter(|line| line.starts_with('p'));
        heads.collect::<Vec<_>>().join(", ")
    };
    assert_eq!(explained("p/gone.py"), "p/__pycache__/gone.cpython-312.pyc");
    let paths = "p/__pycache__/m.cpython-312.pyc, p/__pycache__/m.cpython-313.pyc, p/m.pyc";
    assert_eq!(explained("p/m.py"), paths);
    let error = format!("error: p/m.py is a source; its bytecode: {paths}\n");
    tree.pyclean("p/m.py notes.txt").assert("", &error, 2);
    assert_eq!(tree.pyclean("p/new.py").code, Some(0));
    // A shell expands `pyclean *` to sources as well.
    tree.pyclean("-q p/m.py p/m.pyc").assert("", "", 0);
    assert!(tree.path().join("p/m.py").exists() && !tree.path().join("p/m.pyc").exists());
}

#[test]
fn explain_conflicts_with_the_options_of_a_run() {
    let tree = tree("m.pyc");
    let options = "--stale, --no-stale, --python 3.12, --keep-python 3.12, --debris, --erase x, \
                   --folders, --git-clean, --ignore x, --no-default-ignore, --isolated, -x, -n, \
                   --check, --yes, -j 1, -v, -q, -0, --json, --by-project";
    for option in options.split(", ") {
        let arguments = format!("m.pyc --explain {option}");
        let run = assert_reports(&tree, &arguments, 2, "cannot be used with");
        assert_eq!(run.stdout, "", "{option}");
    }
    tree.assert_left("m.pyc");
}

#[cfg(unix)]
#[test]
fn source_is_found_for_the_prefix_and_from_another_directory() {
    use crate::run_command;
    use crate::util::{below_prefix, canonical};
    let tree = create_files();
    let source = format!("  source        {}/m.py", canonical(tree.path()));
    let mut command = tree.command(["--explain", "m.cpython-312.pyc"]);
    let run = run_command(command.current_dir(tree.path().join("__pycache__")));
    assert!(run.stdout.contains(&source), "{}", run.stdout);

    let cached = format!("cache/{}/m.cpython-312.pyc", below_prefix(&tree));
    let bytecode = tree.file_path("__pycache__/m.cpython-312.pyc");
    fs::copy(bytecode, tree.file_path(&cached)).unwrap();
    let mut command = tree.command(["--explain", &cached]);
    let run = run_command(command.env("PYTHONPYCACHEPREFIX", "cache"));
    assert!(run.stdout.contains(&source), "{}", run.stdout);
    let state = "outdated, m.py has a different mtime\n";
    assert!(run.stdout.ends_with(state), "{}", run.stdout);
}

#[cfg(unix)]
#[test]
fn file_that_cannot_be_read_is_a_failure() {
    use crate::permissions::run_with_mode;
    let tree = tree("a.py a.pyc b.py b.pyc");
    let run = run_with_mode(&tree, "a.pyc", 0, "--explain a.pyc b.pyc");
    let error = "error: cannot read a.pyc: Permission denied (os error 13)\n";
    assert_eq!((&*run.stderr, run.code), (error, Some(1)));
    assert!(run.stdout.starts_with("b.pyc\n"), "{}", run.stdout);
}

#[cfg(unix)]
#[test]
fn directory_is_listed_only_for_a_file_without_a_source() {
    use crate::permissions::run_with_mode;
    let tree = tree("closed/a.py closed/a.pyc");
    tree.add_compiled("closed/b.py", "cpython-2.7", "closed/b.pyc");
    fs::remove_file(tree.file_path("closed/b.py")).unwrap();
    let arguments = "--explain closed/a.pyc closed/b.pyc";
    let run = run_with_mode(&tree, "closed", 0o300, arguments);
    let error = "error: cannot read closed: Permission denied (os error 13)\n";
    assert_eq!(run.stderr, error);
    assert!(run.stdout.starts_with("closed/a.pyc\n"), "{}", run.stdout);
}
