//! Empty directories: `--folders`.

use crate::assert_listed;
use crate::util::tree;

#[test]
fn directories_that_are_empty_or_become_empty_are_removed() {
    let tree =
        tree("a/b/c/ d/__pycache__/x.pyc e/f.pyc e/g/ keep/k venv/empty/ .git/refs/ h/venv/");
    assert_listed(&tree, ". --folders", "a/ d/ e/");
    tree.pyclean(". --folders");
    tree.assert_left("keep/k venv/empty/ .git/refs/ h/venv/");
    // A PATH itself is never removed.
    tree.add("r/s/");
    tree.pyclean("r r/s --folders");
    tree.assert_left("keep/k venv/empty/ .git/refs/ h/venv/ r/s/");
}

#[test]
fn directory_of_a_file_given_as_path_is_removed() {
    let tree = tree("a/b/m.pyc");
    let run = tree.pyclean("./a/b/m.pyc . --folders -v");
    assert_eq!(run.stdout, "a/\na/b/\na/b/m.pyc\n", "{}", run.stderr);
    tree.assert_left("");
}

#[test]
fn path_displayed_inside_another_does_not_split_its_directories() {
    let tree = tree("a/D/z/ a/D/zz.pyc c/.keep");
    for number in 0..40 {
        tree.add(&format!("c/m{number}.pyc"));
    }
    let dry_run = tree.pyclean("-n -v -f a a/D/../../c");
    let run = tree.pyclean("-v -f a a/D/../../c");
    assert_eq!(run.stdout, dry_run.stdout);
    tree.assert_left("a/ c/.keep");
}
