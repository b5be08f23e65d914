//! Files and directories that cannot be read or removed.

use snapbox::str;

use crate::util::{Run, Tree, run_as_ordinary_user, set_mode, tree};

/// Runs the program as an ordinary user while an entry of the tree has these permissions.
pub fn run_with_mode(tree: &Tree, entry: &str, mode: u32, arguments: &str) -> Run {
    set_mode(tree.path().join(entry), mode);
    let run = run_as_ordinary_user(tree, arguments);
    set_mode(tree.path().join(entry), 0o755);
    run
}

#[test]
fn source_in_an_unreadable_directory_does_not_hide_other_explanations() {
    let tree = tree("m.pyc unreadable/m.py");
    let run = run_with_mode(&tree, "unreadable", 0, "--explain unreadable/m.py m.pyc");
    let error = "error: cannot read unreadable/m.py: Permission denied (os error 13)\n";
    assert_eq!((&*run.stderr, run.code), (error, Some(1)));
    assert!(run.stdout.starts_with("m.pyc\n"), "{}", run.stdout);
}

#[test]
fn missing_permissions_are_reported_and_the_rest_is_removed() {
    let tree = tree(
        "a/__pycache__/x.pyc unreadable/x.pyc z/x.pyc z/x.py unwritable/u.pyc unwritable/u.py \
         readable/__pycache__/s.pyc readable/__pycache__/t.pyc writable/__pycache__/b.pyc",
    );
    let modes = [
        ("unreadable", 0o300),
        ("unwritable", 0o500),
        ("readable/__pycache__", 0o500),
        ("writable/__pycache__", 0o300),
    ];
    for (name, mode) in modes {
        set_mode(tree.path().join(name), mode);
    }
    let run = run_as_ordinary_user(&tree, ".");
    for (name, _) in modes {
        set_mode(tree.path().join(name), 0o700);
    }
    run.assert_snapshot(str![[r#"
--- stderr
error: cannot read unreadable: Permission denied (os error 13)
error: cannot read writable/__pycache__: Permission denied (os error 13)
error: cannot remove readable/__pycache__/s.pyc: Permission denied (os error 13)
error: cannot remove readable/__pycache__/t.pyc: Permission denied (os error 13)
error: cannot remove unwritable/u.pyc: Permission denied (os error 13)
hint: unreadable cannot be read: chmod u+rx unreadable
Removed 1 directory and 2 files (26 B).
--- exit 1

"#]]);
    tree.assert_left(
        "a/ unreadable/x.pyc z/x.py unwritable/u.pyc unwritable/u.py readable/__pycache__/s.pyc \
         readable/__pycache__/t.pyc writable/__pycache__/b.pyc",
    );
}

#[test]
fn path_that_cannot_be_read_does_not_stop_the_others() {
    for path in ["closed/inner", "symlink"] {
        let tree = tree("closed/inner/x.pyc open/y.pyc symlink->closed/inner");
        let run = run_with_mode(&tree, "closed", 0, &format!("-n {path} open"));
        assert_eq!(run.stdout, "open/y.pyc\n");
        assert_eq!(run.code, Some(1));
        let error = format!("error: cannot read {path}: Permission denied");
        assert!(run.stderr.starts_with(&error), "{}", run.stderr);
    }
}

#[test]
fn debris_that_cannot_be_read_is_kept() {
    let tree = tree("setup.py dist/a/b dist/secret/x a.pyc");
    let run = run_with_mode(&tree, "dist/secret", 0, "-v . --debris");
    assert_eq!(run.code, Some(1));
    for part in ["cannot read dist/secret", "kept dist: cannot be read"] {
        assert!(run.stderr.contains(part), "{}", run.stderr);
    }
    tree.assert_left("setup.py dist/a/b dist/secret/x");
}

#[test]
fn unreadable_path_does_not_end_with_nothing_to_remove() {
    let tree = tree("locked/m.pyc");
    let run = run_with_mode(&tree, "locked", 0, "locked");
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.ends_with("Nothing removed.\n"), "{}", run.stderr);
}
