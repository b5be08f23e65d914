//! Symlinks in the tree, and symlinks given as PATH.

use std::io;

use snapbox::str;

use crate::assert_listed;
use crate::util::{lacks_symlinks, tree};

#[test]
fn symlinks_are_not_followed() {
    if lacks_symlinks() {
        return;
    }
    let outside = tree("victim/__pycache__/v.pyc victim/v.pyc caches/c.txt");
    let inside = tree("a/x.py a/loop->../a a/up->.. p/a.py a/x.pyc.7->x.py");
    let out = outside.path().display();
    inside.add(&format!("out->{out}/victim"));
    inside.add(&format!("p/__pycache__->{out}/caches"));
    inside.add(&format!("a/v.pyc->{out}/victim/v.pyc"));
    inside.add("a/dangling.pyc->nowhere");
    inside.add(&format!("a/directory.pyc->{out}/victim"));
    let run = inside.pyclean("-v .");
    assert_eq!(run.stdout, "a/dangling.pyc\na/directory.pyc\na/v.pyc\n");
    assert_eq!(run.code, Some(0));
    outside.assert_left("victim/__pycache__/v.pyc victim/v.pyc caches/c.txt");
    inside.assert_left(&format!(
        "a/x.py a/loop->../a a/up->.. p/a.py a/x.pyc.7->x.py out->{out}/victim p/__pycache__->{out}/caches"
    ));
}

#[test]
fn symlinks_in_a_cache_are_removed_and_their_targets_kept() {
    if lacks_symlinks() {
        return;
    }
    let tree = tree("keep/k.txt c/__pycache__/l->../../keep c/__pycache__/f->../../keep/k.txt");
    // On Windows, a symlink has no size.
    tree.pyclean("-v c")
        .redact("(0 B)", "(26 B)")
        .assert_snapshot(str![[r#"
c/__pycache__/
c/__pycache__/f
c/__pycache__/l
--- stderr
Removed 1 directory and 2 files (26 B).
--- exit 0

"#]]);
    tree.assert_left("keep/k.txt c/");
}

#[test]
fn path_given_as_symlink_is_followed() {
    if lacks_symlinks() {
        return;
    }
    let tree = tree("real/__pycache__/a.pyc real/b.pyc symlink->real cache->real/__pycache__");
    for paths in ["symlink", "symlink real"] {
        assert_listed(&tree, paths, "symlink/__pycache__/ symlink/b.pyc");
    }
    assert_eq!(tree.pyclean("cache").code, Some(0));
    tree.assert_left("real/b.pyc symlink->real cache->real/__pycache__");
    assert_eq!(tree.pyclean("symlink").code, Some(0));
    tree.assert_left("real/ symlink->real cache->real/__pycache__");
}

#[test]
fn files_given_as_symlinks_are_removed_by_their_own_name() {
    if lacks_symlinks() {
        return;
    }
    let tree =
        tree("a.txt x.pyc->a.txt x.py dangling.pyc->nowhere dangling.py broken->nowhere l->a.txt");
    tree.pyclean("-v x.pyc dangling.pyc broken l")
        .redact("(0 B)", "(12 B)")
        .redact(io::Error::from_raw_os_error(2), "[NOT FOUND]")
        .assert_snapshot(str![[r#"
dangling.pyc
x.pyc
--- stderr
error: cannot read broken: [NOT FOUND]
Removed 2 files (12 B).
--- exit 1

"#]]);
    tree.assert_left("a.txt x.py dangling.py broken->nowhere l->a.txt");
}
