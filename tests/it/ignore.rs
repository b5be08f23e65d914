//! The names that are ignored by default, and `--ignore`.

use snapbox::str;

use crate::util::{Run, canonical, lacks_symlinks, tree};

#[test]
fn default_ignores_apply_below_a_path_but_not_to_it() {
    let tree = tree(
        ".git/x.pyc .hg/x.pyc .svn/x.pyc .jj/x.pyc .direnv/x.pyc .tox/x.pyc .nox/x.pyc \
         .venv/x.pyc venv/x.pyc .pixi/x.pyc node_modules/x.pyc a/venv/x.pyc a/x.pyc",
    );
    assert_eq!(tree.pyclean("-n .").stdout, "a/x.pyc\n");
    assert_eq!(tree.pyclean("-n venv").stdout, "venv/x.pyc\n");
    assert_eq!(
        tree.pyclean("-n --no-default-ignore .")
            .stdout
            .lines()
            .count(),
        13
    );
}

#[test]
fn list_with_commas_is_refused() {
    let tree = tree("a,b/m.pyc b/m.pyc b/m.py");
    let run = tree.pyclean(". -i a,b");
    assert!(
        run.stderr.contains("--ignore takes no list with commas"),
        "{}",
        run.stderr
    );
    assert_eq!((&*run.stdout, run.code), ("", Some(2)));
    tree.pyclean("-q . -i a[,]b *.{x,y}");
    tree.assert_left("a,b/m.pyc b/m.py");
}

#[test]
fn ignored_entries_are_neither_searched_nor_removed() {
    let tree = tree("a/x.pyc b/a/x.pyc b/c/x.pyc b/d1/x.pyc d2/x.pyc keep.pyc [x]/y.pyc");
    let listed = |ignore: &str| tree.pyclean(&format!("-n . -i {ignore}")).stdout;
    assert_eq!(
        listed("a"),
        "[x]/y.pyc\nb/c/x.pyc\nb/d1/x.pyc\nd2/x.pyc\nkeep.pyc\n"
    );
    assert_eq!(listed("a b keep.pyc"), "[x]/y.pyc\nd2/x.pyc\n");
    assert_eq!(listed("a d? [x]"), "b/c/x.pyc\nkeep.pyc\n");
    assert_eq!(
        listed("b/a ./d2/ **/c [x]"),
        "a/x.pyc\nb/d1/x.pyc\nkeep.pyc\n"
    );
    assert_eq!(listed("*.pyc"), "");
    assert_eq!(listed("b/*/x.pyc [!b]*"), "");
    let absolute = tree.path().canonicalize().unwrap();
    assert_eq!(
        listed(&format!("{} [x]", absolute.join("b").display())),
        "a/x.pyc\nd2/x.pyc\nkeep.pyc\n"
    );
}

#[test]
fn ignore_matches_display_path_below_a_path() {
    let tree = tree("p/src/x.pyc p/lib/x.pyc");
    assert_eq!(tree.pyclean("-n p -i p/src").stdout, "p/lib/x.pyc\n");
    assert_eq!(tree.pyclean("-n p -i src").stdout, "p/lib/x.pyc\n");
    assert_eq!(
        tree.pyclean("-n p/src p/lib -i p/src").stdout,
        "p/lib/x.pyc\n"
    );
}

#[test]
fn ignored_file_in_cache_is_kept() {
    let tree = tree("a/__pycache__/x.pyc a/__pycache__/keep.pyc a/__pycache__/d/y b/__pycache__/z");
    let run = tree.pyclean("-v . -i keep.pyc");
    run.assert_snapshot(str![[r#"
a/__pycache__/d/
a/__pycache__/d/y
a/__pycache__/x.pyc
b/__pycache__/
b/__pycache__/z
--- stderr
Removed 2 directories and 3 files (51 B).
--- exit 0

"#]]);
    tree.assert_left("a/__pycache__/keep.pyc b/");
    tree.pyclean("a/__pycache__ -i keep*")
        .assert("", "Nothing to remove.\n", 0);
    tree.pyclean(". -i __pycache__")
        .assert("", "Nothing to remove.\n", 0);
    tree.assert_left("a/__pycache__/keep.pyc b/");
}

#[test]
fn default_ignores_do_not_apply_inside_a_cache() {
    let tree = tree("__pycache__/venv/x __pycache__/.git/y");
    let run = tree.pyclean(". -i other");
    run.assert_snapshot(str![[r#"
--- stderr
warning: kept __pycache__: nested repository
Nothing to remove.
--- exit 0

"#]]);
}

#[test]
fn ignored_file_is_kept_in_cache_given_twice() {
    let tree = tree("__pycache__/a/kept.pyc __pycache__/b.pyc");
    tree.pyclean("__pycache__ __pycache__ --ignore kept.pyc -v")
        .assert_snapshot(str![[r#"
__pycache__/b.pyc
--- stderr
Removed 1 file (17 B).
--- exit 0

"#]]);
    tree.assert_left("__pycache__/a/kept.pyc");
}

#[test]
fn ignore_applies_to_the_first_of_several_paths_with_the_same_target() {
    if lacks_symlinks() {
        return;
    }
    let tree = tree("p/x.pyc p/x.py a/src->../p");
    tree.pyclean("-n p ./p a/src -i src/*")
        .assert_snapshot(str![[r#"
p/x.pyc
--- stderr
Would remove 1 file (7 B).
--- exit 0

"#]]);
    tree.pyclean("-n a/src p ./p -i src/*")
        .assert("", "Nothing to remove.\n", 0);
}

#[test]
fn ignore_matches_path_given_through_symlink() {
    if lacks_symlinks() {
        return;
    }
    let tree = tree("p/keep/x.pyc p/a.pyc symlink->p");
    let top = tree.path().display();
    for arguments in [
        format!("-n p -i {top}/symlink/keep"),
        format!("-n p -i {top}/symlink/k*p"),
        "-n p -i symlink/[k]eep/*".to_owned(),
        format!("-n {top}/p -i symlink/keep"),
    ] {
        let listed = tree.pyclean(&arguments).stdout;
        assert!(listed.ends_with("p/a.pyc\n"), "{arguments}: {listed}");
        assert!(!listed.contains("keep"), "{arguments}: {listed}");
    }
    assert_eq!(
        tree.pyclean("-n symlink -i p/keep").stdout,
        "symlink/a.pyc\n"
    );
    assert_eq!(tree.pyclean("p -i ../gone/*").code, Some(2));
}

#[test]
fn leading_separator_in_settings_stands_for_their_directory() {
    let tree = tree("p/data/x.pyc p/a/data/x.pyc p/a/b/x.pyc p/sub/data/x.pyc p/sub/c/data/x.pyc");
    tree.write_settings("p", r#"ignore = ["/data", "/a/b*"]"#);
    tree.write_settings("p/sub", r#"ignore = ["/d*"]"#);
    for path in ["p", "."] {
        let listing = "p/a/data/x.pyc\np/sub/c/data/x.pyc\n";
        assert_eq!(tree.pyclean(&format!("-n {path}")).stdout, listing);
    }
}

#[test]
fn settings_ignore_a_path_through_a_symlink() {
    if lacks_symlinks() {
        return;
    }
    let tree = tree("p/a/data/x.pyc p/a/x.pyc p/symlink->a");
    for word in ["/symlink/data", "symlink/data", "/symlink/d*"] {
        tree.write_settings("p", &format!("ignore = ['{word}']"));
        assert_eq!(tree.pyclean("-n p").stdout, "p/a/x.pyc\n", "{word}");
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
        command.current_dir(tree.path().join(directory));
        let run: Run = command.output().unwrap().into();
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
