//! The directories under `PYTHONPYCACHEPREFIX`, and errors on the way to them.

use crate::util::{below_prefix, lacks_symlinks, tree};
use crate::{assert_finds_nothing, assert_listed};

#[test]
fn counterpart_that_is_also_a_path_is_walked_once() {
    let tree = tree("src/a.py cache/other");
    let cache = format!("cache/{}/src", below_prefix(&tree));
    tree.add(&format!("{cache}/m.cpython-312.pyc"));
    let arguments = format!("src {cache} --pycache-prefix cache");
    assert_listed(&tree, &arguments, &format!("{cache}/m.cpython-312.pyc"));
    let run = tree.pyclean(&arguments);
    assert!(run.stderr.starts_with("Removed 1 file ("), "{}", run.stderr);
    // A PATH is never removed.
    assert!(tree.path().join(&cache).exists());
}

#[cfg(unix)]
#[test]
fn path_is_its_own_counterpart_below_the_root_directory() {
    let tree = tree("p/__pycache__/m.cpython-312.pyc");
    let run = tree.pyclean("p --pycache-prefix /");
    run.assert("", "Removed 1 directory and 1 file (31 B).\n", 0);
    tree.assert_left("p/");
}

#[test]
fn counterpart_behind_a_symlink_is_not_cleaned() {
    if lacks_symlinks() {
        return;
    }
    let tree = tree("src/a.py cache/");
    let below = below_prefix(&tree);
    let (first, rest) = below.split_once('/').unwrap();
    tree.add(&format!("elsewhere/{rest}/src/m.cpython-312.pyc"));
    tree.add(&format!("cache/{first}->../elsewhere"));
    assert_finds_nothing(&tree, "src --pycache-prefix cache");
}

/// The caches of other projects are not exposed by an error.
#[cfg(unix)]
#[test]
fn prefix_in_a_path_is_skipped_if_its_directories_cannot_be_read() {
    use crate::permissions::run_with_mode;
    let tree = tree("");
    let below = below_prefix(&tree);
    let first = below.split('/').next().unwrap();
    tree.add("cache/other/project/m.cpython-312.pyc");
    tree.add(&format!("cache/{first}/x"));
    let closed = format!("cache/{first}");
    let run = run_with_mode(&tree, &closed, 0, "-n . --pycache-prefix cache");
    assert_eq!((&*run.stdout, run.code), ("", Some(1)), "{}", run.stderr);
}

#[test]
fn prefix_in_a_named_cache_is_kept() {
    let tree = tree("p/__pycache__/cache/other/m.cpython-311.pyc p/__pycache__/x.pyc");
    tree.pyclean("p/__pycache__ --pycache-prefix p/__pycache__/cache -q");
    tree.assert_left("p/__pycache__/cache/other/m.cpython-311.pyc");
}

#[test]
fn settings_of_a_path_in_the_prefix_count() {
    let tree = tree("src/a.py");
    let project = format!("cache/{}/src", below_prefix(&tree));
    tree.add(&format!("{project}/sub/keep/m.pyc"));
    tree.add(&format!("{project}/sub/m.pyc"));
    tree.write_settings(&format!("{project}/sub"), "ignore = ['/keep']");
    let arguments = format!("{project} --pycache-prefix cache");
    assert_listed(&tree, &arguments, &format!("{project}/sub/m.pyc"));
}
