//! The names that are ignored by default, and `--ignore`.

use crate::util::{canonical, lacks_symlinks, tree};
use crate::{assert_finds_nothing, assert_listed, assert_reports, assert_run, listed, run_command};

#[test]
fn default_ignores_apply_below_a_path_but_not_to_it() {
    let tree = tree(
        ".git/x.pyc .hg/x.pyc .svn/x.pyc .jj/x.pyc .direnv/x.pyc .tox/x.pyc .nox/x.pyc \
         .venv/x.pyc venv/x.pyc .pixi/x.pyc node_modules/x.pyc a/venv/x.pyc a/x.pyc",
    );
    assert_listed(&tree, ".", "a/x.pyc");
    assert_listed(&tree, "venv", "venv/x.pyc");
    let all = listed(&tree, "--no-default-ignore .");
    assert_eq!(all.lines().count(), 13, "{all}");
}

#[test]
fn list_with_commas_is_refused() {
    let tree = tree("a,b/m.pyc b/m.pyc b/m.py");
    let run = assert_reports(&tree, ". -i a,b", 2, "--ignore takes no list with commas");
    assert_eq!(run.stdout, "");
    tree.pyclean("-q . -i a[,]b *.{x,y}");
    tree.assert_left("a,b/m.pyc b/m.py");
}

#[test]
fn ignored_entries_are_neither_searched_nor_removed() {
    let tree = tree("a/x.pyc b/a/x.pyc b/c/x.pyc b/d1/x.pyc d2/x.pyc keep.pyc [x]/y.pyc");
    let b = tree.path().canonicalize().unwrap().join("b");
    for (ignored, listing) in [
        ("a", "[x]/y.pyc b/c/x.pyc b/d1/x.pyc d2/x.pyc keep.pyc"),
        ("a b keep.pyc", "[x]/y.pyc d2/x.pyc"),
        ("a d? [x]", "b/c/x.pyc keep.pyc"),
        ("b/a ./d2/ **/c [x]", "a/x.pyc b/d1/x.pyc keep.pyc"),
        ("*.pyc", ""),
        ("b/*/x.pyc [!b]*", ""),
        (&format!("{} [x]", b.display()), "a/x.pyc d2/x.pyc keep.pyc"),
    ] {
        assert_listed(&tree, &format!(". -i {ignored}"), listing);
    }
}

#[test]
fn ignore_matches_display_path_below_a_path() {
    let tree = tree("p/src/x.pyc p/lib/x.pyc");
    for arguments in ["p -i p/src", "p -i src", "p/src p/lib -i p/src"] {
        assert_listed(&tree, arguments, "p/lib/x.pyc");
    }
}

#[test]
fn ignored_file_in_cache_is_kept() {
    let tree = tree("a/__pycache__/x.pyc a/__pycache__/keep.pyc a/__pycache__/d/y b/__pycache__/z");
    let listing = "a/__pycache__/d/\na/__pycache__/d/y\na/__pycache__/x.pyc\n\
                   b/__pycache__/\nb/__pycache__/z\n";
    let summary = "Removed 2 directories and 3 files (51 B).\n";
    assert_run(&tree, "-v . -i keep.pyc", listing, summary, 0);
    tree.assert_left("a/__pycache__/keep.pyc b/");
    assert_finds_nothing(&tree, "a/__pycache__ -i keep*");
    assert_finds_nothing(&tree, ". -i __pycache__");
    // In a cache that is given twice.
    tree.add("a/__pycache__/d/keep.pyc");
    tree.add("a/__pycache__/b.pyc");
    let arguments = "a/__pycache__ a/__pycache__ -v -i keep.pyc";
    let summary = "Removed 1 file (19 B).\n";
    assert_run(&tree, arguments, "a/__pycache__/b.pyc\n", summary, 0);
    tree.assert_left("a/__pycache__/keep.pyc a/__pycache__/d/keep.pyc b/");
}

#[test]
fn default_ignores_do_not_apply_inside_a_cache() {
    let tree = tree("__pycache__/venv/x __pycache__/.git/y");
    let stderr = "warning: kept __pycache__: nested repository\nNothing to remove.\n";
    assert_run(&tree, ". -i other", "", stderr, 0);
}

#[test]
fn ignore_applies_to_the_first_of_several_paths_with_the_same_target() {
    if lacks_symlinks() {
        return;
    }
    let tree = tree("p/x.pyc p/x.py a/src->../p");
    let summary = "Would remove 1 file (7 B).\n";
    assert_run(&tree, "-n p ./p a/src -i src/*", "p/x.pyc\n", summary, 0);
    assert_finds_nothing(&tree, "-n a/src p ./p -i src/*");
}

#[test]
fn ignore_matches_path_given_through_symlink() {
    if lacks_symlinks() {
        return;
    }
    let tree = tree("p/keep/x.pyc p/a.pyc symlink->p");
    let top = tree.path().display();
    for arguments in [
        format!("p -i {top}/symlink/keep"),
        format!("p -i {top}/symlink/k*p"),
        "p -i symlink/[k]eep/*".to_owned(),
        format!("{top}/p -i symlink/keep"),
    ] {
        let listed = listed(&tree, &arguments);
        assert!(listed.ends_with("p/a.pyc\n"), "{arguments}: {listed}");
        assert!(!listed.contains("keep"), "{arguments}: {listed}");
    }
    assert_listed(&tree, "symlink -i p/keep", "symlink/a.pyc");
    assert_eq!(tree.pyclean("p -i ../gone/*").code, Some(2));
}

#[test]
fn settings_ignore_a_path_through_a_symlink() {
    if lacks_symlinks() {
        return;
    }
    let tree = tree("p/a/data/x.pyc p/a/x.pyc p/symlink->a p/keep/m.pyc p/keep.bak/m.pyc");
    for (word, listing) in [
        ("/symlink/data", "p/a/x.pyc"),
        ("symlink/data", "p/a/x.pyc"),
        ("/symlink/d*", "p/a/x.pyc"),
        ("/symlink/x.pyc", "p/a/data/x.pyc"),
        ("symlink/x{,y}.pyc", "p/a/data/x.pyc"),
    ] {
        println!("{word}");
        // An alternative can be empty.
        tree.write_settings("p", &format!("ignore = ['{word}', 'keep{{,.bak}}']"));
        assert_listed(&tree, "p", listing);
    }
}

/// Runs in a directory of a tree, with `TOP` for its canonical path.
#[test]
fn path_is_ignored_as_it_was_written_or_by_an_absolute_path() {
    let tree = tree("me/build/proj/src/m.pyc");
    let top = canonical(tree.path());
    for (word, directory, path, expected) in [
        ("build", "me/build/proj", ".", false),
        ("build", "me", "build/proj", true),
        ("build", "me", "./build/", true),
        ("me/build", "me/build", "proj", false),
        ("TOP/me/build", "me/build/proj", ".", true),
        ("TOP/*/build", "me/build/proj", ".", true),
        ("b*", "me", "TOP/me/build/proj", true),
        ("b*", "me", "./build/", true),
        ("*", "me/build", ".", false),
        (".*", "me/build", "..", false),
        ("build/proj", "me", "build/proj/src", true),
    ] {
        let mut command = tree.command([&path.replace("TOP", &top), "-n", "-i"]);
        command.arg(word.replace("TOP", &top));
        let run = run_command(command.current_dir(tree.path().join(directory)));
        let is_ignored = run.stderr.contains("note: ignored: ");
        assert_eq!(is_ignored, expected, "{word} {path}: {}", run.stderr);
    }
}

#[test]
fn settings_ignore_paths_below_their_directory() {
    for (word, path, expected) in [
        ("build", ".", false),
        ("build", "build/x", true),
        ("/data", "data", true),
        ("/data", "x/data", false),
        ("/d*", "data/x", true),
        ("/d*", "x/data", false),
        ("x/d*", "y/x/data", true),
    ] {
        let tree = tree(&format!("build/proj/.git/ build/proj/{path}/m.pyc"));
        tree.write_settings("build/proj", &format!("ignore = ['{word}']"));
        let run = tree.pyclean(&format!("-n build/proj/{path}"));
        let is_ignored = run.stderr.contains("note: ignored: ");
        assert_eq!(is_ignored, expected, "{word} {path}: {}", run.stderr);
    }
}
