//! `--stale`, `--python`, `--keep-python` and `--pycache-prefix`.

mod util;

use std::fs::{self, File};

use util::{Tree, below_prefix, can_symlink, canonical, lacks_symlinks, tree};

const PYC: &str = "__pycache__/m.cpython-312.pyc";

/// A tree with a compiled module `m` and these entries.
fn module(entries: &str) -> Tree {
    let tree = tree(entries);
    tree.add_compiled("m.py", "cpython-3.12", PYC);
    tree
}

/// Fails unless a dry run with `--stale` lists exactly these lines.
#[track_caller]
fn assert_stale(tree: &Tree, listing: &str) {
    assert_eq!(tree.pyclean("-n -v --stale .").stdout, listing);
}

#[test]
fn up_to_date_bytecode_is_kept() {
    let tree = module("__pycache__/m.nbi");
    tree.add_compiled("n.py", "cpython-2.7", "n.pyc");
    tree.add_compiled("k.py", "pypy-3.9", "__pycache__/k.pypy39.pyc");
    let before = tree.listing();
    tree.pyclean("--stale .")
        .assert("", "Nothing to remove.\n", 0);
    tree.pyclean(&format!("--stale {PYC} m.py n.pyc"))
        .assert("", "Nothing to remove.\n", 0);
    assert_eq!(tree.listing(), before);
}

#[test]
fn bytecode_of_a_deleted_module_is_removed() {
    let tree = module("");
    tree.add_compiled(
        "gone.py",
        "cpython-3.12",
        "__pycache__/gone.cpython-312.pyc",
    );
    fs::remove_file(tree.file_path("gone.py")).unwrap();
    let line = "__pycache__/gone.cpython-312.pyc: orphaned, no gone.py\n";
    assert_stale(&tree, line);
    assert_eq!(tree.pyclean("-v --stale .").stdout, line);
    assert_eq!(tree.names(), format!("__pycache__/\n{PYC}\nm.py\n"));
}

#[test]
fn each_reason_is_listed() {
    let tree = module("");
    fs::write(tree.file_path("__pycache__/left.cpython-312.pyc.12345"), "").unwrap();
    tree.set_mtime("__pycache__/left.cpython-312.pyc.12345", 0.0);
    for module in ["cut", "edited", "touched", "raced", "orphan"] {
        let pyc = format!("__pycache__/{module}.cpython-312.pyc");
        tree.add_compiled(&format!("{module}.py"), "cpython-3.12", &pyc);
        tree.set_mtime(&pyc, 0.3);
    }
    tree.add_compiled(
        "unchecked.py",
        "cpython-3.12",
        "__pycache__/unchecked.cpython-312.pyc",
    );
    File::options()
        .append(true)
        .open(tree.file_path("__pycache__/cut.cpython-312.pyc"))
        .unwrap()
        .set_len(7)
        .unwrap();
    fs::write(tree.file_path("edited.py"), "longer").unwrap();
    fs::write(tree.file_path("unchecked.py"), "other").unwrap();
    tree.set_mtime("touched.py", 1.0);
    tree.set_mtime("raced.py", 0.7);
    fs::remove_file(tree.file_path("orphan.py")).unwrap();
    assert_stale(
        &tree,
        "__pycache__/cut.cpython-312.pyc: damaged, truncated after 7 bytes\n\
         __pycache__/edited.cpython-312.pyc: outdated, edited.py has a different size\n\
         __pycache__/left.cpython-312.pyc.12345: leftover, from an interrupted write\n\
         __pycache__/orphan.cpython-312.pyc: orphaned, no orphan.py\n\
         __pycache__/raced.cpython-312.pyc: raced, raced.py was changed after it was compiled, in the same second\n\
         __pycache__/touched.cpython-312.pyc: outdated, touched.py has a different mtime\n\
         __pycache__/unchecked.cpython-312.pyc: outdated, unchecked.py has different contents\n",
    );
    assert!(!tree.pyclean("-n0 --stale .").stdout.contains(':'));
    assert_eq!(tree.pyclean("--stale .").code, Some(0));
    assert!(
        tree.names()
            .starts_with(&format!("__pycache__/\n{PYC}\ncut.py\n"))
    );
    tree.pyclean("--stale --check .")
        .assert("", "Nothing to remove.\n", 0);
}

#[test]
fn cache_that_becomes_empty_is_removed() {
    let tree = module("a/__pycache__/x.cpython-312.pyc a/__pycache__/y.pyc b/__pycache__/ c/d.txt");
    tree.add("e/__pycache__/x.cpython-312.pyc");
    tree.add("e/__pycache__/x.nbi");
    let listing = "a/: ghost\n\
                   a/__pycache__/: empty after this run\n\
                   a/__pycache__/x.cpython-312.pyc: orphaned, no x.py\n\
                   a/__pycache__/y.pyc: orphaned, no y.py\n\
                   e/: ghost\n\
                   e/__pycache__/: empty after this run\n\
                   e/__pycache__/x.cpython-312.pyc: orphaned, no x.py\n\
                   e/__pycache__/x.nbi: orphaned\n";
    assert_stale(&tree, listing);
    let run = tree.pyclean("-v --stale .");
    run.assert(listing, "Removed 4 directories and 4 files (100 B).\n", 0);
    // Python may have made an empty one just now.
    let names = format!("__pycache__/\n{PYC}\nb/\nb/__pycache__/\nc/\nc/d.txt\nm.py\n");
    assert_eq!(tree.names(), names);
    tree.pyclean("--stale --folders .");
    assert!(!tree.path().join("b").exists());
}

#[test]
fn ignored_bytecode_keeps_its_cache() {
    let tree = tree("__pycache__/x.cpython-312.pyc __pycache__/y.cpython-312.pyc");
    let run = tree.pyclean("-v --stale . -i y.*");
    assert_eq!(
        run.stdout,
        "__pycache__/x.cpython-312.pyc: orphaned, no x.py\n"
    );
    tree.assert_left("__pycache__/y.cpython-312.pyc");
}

#[cfg(unix)]
#[test]
fn bytecode_that_cannot_be_judged_is_kept_and_reported() {
    let tree = module("a/b.txt");
    tree.add_compiled("a/m.py", "cpython-3.12", "a/__pycache__/m.cpython-312.pyc");
    fs::remove_file(tree.file_path("a/m.py")).unwrap();
    // A symlink to a path that is too long cannot be followed, not even by root.
    tree.add(&format!("a/m.py->{}", "m".repeat(300)));
    tree.add("__pycache__/gone.cpython-312.pyc");
    let run = tree.pyclean("-v --stale .");
    assert_eq!(
        run.stdout,
        "__pycache__/gone.cpython-312.pyc: orphaned, no gone.py\n"
    );
    assert!(
        run.stderr.starts_with("error: cannot read a/m.py: "),
        "{}",
        run.stderr
    );
    assert_eq!(run.code, Some(1));
    assert!(tree.names().contains("a/__pycache__/m.cpython-312.pyc\n"));
}

#[test]
fn bytecode_that_python_cannot_load_is_removed() {
    let tree = module("");
    let mut bytes = fs::read(tree.file_path(PYC)).unwrap();
    fs::write(tree.file_path(PYC), &bytes[..70]).unwrap();
    let line = format!("{PYC}: damaged, truncated after 70 bytes\n");
    assert_stale(
        &tree,
        &format!("__pycache__/: empty after this run\n{line}"),
    );
    bytes[64..].fill(0);
    fs::write(tree.file_path(PYC), bytes).unwrap();
    let line = format!("{PYC}: damaged, corrupt at byte 65\n");
    assert_stale(
        &tree,
        &format!("__pycache__/: empty after this run\n{line}"),
    );
    assert_eq!(tree.pyclean("--stale .").code, Some(0));
    assert_eq!(tree.names(), "m.py\n");
}

#[test]
fn bytecode_mtime_in_whole_seconds_is_not_raced() {
    let tree = module("");
    tree.set_mtime("m.py", 0.7);
    for (mtime, listing) in [
        (
            0.3,
            format!(
                "__pycache__/: empty after this run\n{PYC}: raced, m.py was changed after it was compiled, in the same second\n"
            ),
        ),
        (0.0, String::new()),
    ] {
        tree.set_mtime(PYC, mtime);
        assert_stale(&tree, &listing);
    }
}

#[test]
fn only_a_partial_write_is_a_leftover() {
    let tree = module("__pycache__/m.cpython-312.pyc.2024");
    assert_stale(&tree, "");
    fs::write(
        tree.file_path("__pycache__/m.cpython-312.pyc.1399"),
        b"\xcb\r\r\n",
    )
    .unwrap();
    assert_stale(&tree, "");
    tree.set_mtime("__pycache__/m.cpython-312.pyc.1399", 0.0);
    let line = "__pycache__/m.cpython-312.pyc.1399: leftover, from an interrupted write\n";
    assert_stale(&tree, line);
}

#[test]
fn symlink_loop_is_not_a_source() {
    if lacks_symlinks() {
        return;
    }
    let tree = tree("m.py->m.py __pycache__/m.cpython-312.pyc");
    assert_stale(
        &tree,
        &format!("__pycache__/: empty after this run\n{PYC}: orphaned, no m.py\n"),
    );
}

#[cfg(unix)]
#[test]
fn only_regular_files_are_opened() {
    let tree = module("pipe.py __pycache__/pipe.cpython-312.pyc| link.py");
    tree.add("__pycache__/link.cpython-312.pyc->pipe.cpython-312.pyc");
    tree.pyclean("--stale .")
        .assert("", "Nothing to remove.\n", 0);
}

#[test]
fn symlink_to_bytecode_is_judged_through_it() {
    if lacks_symlinks() {
        return;
    }
    let tree = module("");
    tree.add("__pycache__/link.cpython-312.pyc->m.cpython-312.pyc");
    fs::copy(tree.file_path("m.py"), tree.file_path("link.py")).unwrap();
    tree.set_mtime("link.py", 0.0);
    assert_stale(&tree, "");
    tree.set_mtime("link.py", 9.0);
    let line = "__pycache__/link.cpython-312.pyc: outdated, link.py has a different mtime\n";
    assert_stale(&tree, line);
    fs::remove_file(tree.file_path("link.py")).unwrap();
    let line = "__pycache__/link.cpython-312.pyc: orphaned, no link.py\n";
    assert_eq!(tree.pyclean("-v --stale .").stdout, line);
    assert!(tree.path().join(PYC).exists());
}

/// A tree with bytecode of many interpreters.
fn many() -> Tree {
    let tree = module("__pycache__/notes.txt __pycache__/odd.pyc j.py j$py.class");
    tree.add_compiled("m.py", "cpython-3.11", "__pycache__/m.cpython-311.pyc");
    tree.add_compiled(
        "m.py",
        "cpython-3.11",
        "__pycache__/m.cpython-311.opt-1.pyc",
    );
    tree.add_compiled("m.py", "pypy-3.9", "__pycache__/m.pypy39.pyc");
    tree.add_compiled("m.py", "cpython-2.7", "m.pyc");
    tree.add_compiled("n.py", "cpython-3.9", "n.pyc");
    tree
}

#[test]
fn python_selects_the_bytecode_of_one_interpreter() {
    let tree = many();
    let gone = |options: &str| tree.pyclean(&format!("-n {options} .")).stdout;
    for version in ["3.11", "311", "cpython-311", "CPython3.11"] {
        let of_311 = "__pycache__/m.cpython-311.opt-1.pyc\n__pycache__/m.cpython-311.pyc\n";
        assert_eq!(gone(&format!("--python {version}")), of_311);
    }
    assert_eq!(gone("--python pypy39"), "__pycache__/m.pypy39.pyc\n");
    assert_eq!(gone("--python 2.7"), "m.pyc\n");
    assert_eq!(
        gone("--python 39 --python pypy3.9"),
        "__pycache__/m.pypy39.pyc\nn.pyc\n"
    );
    assert_eq!(gone("--python 3.9,2.7"), "m.pyc\nn.pyc\n");
    assert_eq!(gone("--python 3.6"), "");
}

#[test]
fn unknown_tag_may_be_part_of_the_module() {
    let tree = module("");
    tree.add_compiled("migrate.py3.py", "cpython-2.7", "migrate.py3.pyc");
    let gone = |options: &str| {
        tree.pyclean(&format!("-n {options} migrate.py3.pyc"))
            .stdout
    };
    assert_eq!(gone("--keep-python 2.7"), "");
    assert_eq!(gone("--python 2.7"), "migrate.py3.pyc\n");
}

#[test]
fn keep_python_keeps_the_bytecode_of_one_interpreter() {
    let tree = many();
    let gone = |options: &str| tree.pyclean(&format!("-n {options} .")).stdout;
    let but_312 = "__pycache__/m.cpython-311.opt-1.pyc\n__pycache__/m.cpython-311.pyc\n\
                   __pycache__/m.pypy39.pyc\nj$py.class\nm.pyc\nn.pyc\n";
    assert_eq!(gone("--keep-python 3.12"), but_312);
    assert_eq!(
        gone("--keep-python 3.12,pypy39,2.7 --keep-python 39"),
        but_312[..66].to_owned() + "j$py.class\n"
    );
    assert_eq!(
        gone("--keep-python 3.12 --python 3.11,3.12"),
        &but_312[..66]
    );
    assert_eq!(tree.pyclean("--keep-python 3.12 .").code, Some(0));
    assert!(tree.path().join(PYC).exists() && tree.path().join("__pycache__/notes.txt").exists());
}

#[test]
fn stale_and_python_must_both_match() {
    let tree = many();
    tree.set_mtime("m.py", 5.0);
    let run = tree.pyclean("-n --stale --python 3.12,2.7,3.9 .");
    assert_eq!(
        run.stdout,
        format!(
            "{PYC}: outdated, m.py has a different mtime\nm.pyc: outdated, m.py has a different mtime\n"
        )
    );
}

#[test]
fn invalid_version_is_a_usage_error() {
    let tree = many();
    let before = tree.listing();
    for wrong in ["x", "3", "3.x", "3.1", "13", "py3.11", ""] {
        let run = tree.command(["--python", wrong, "."]).output().unwrap();
        assert_eq!(run.status.code(), Some(2), "{wrong}");
    }
    assert!(
        tree.pyclean("--keep-python 3.x .")
            .stderr
            .contains("'3.x' is not a Python version")
    );
    assert_eq!(tree.listing(), before);
}

/// Two projects with their bytecode under one prefix.
fn prefixed() -> Tree {
    let tree = tree("");
    let root = below_prefix(&tree);
    for (project, module) in [("one", "m"), ("one", "pkg/m"), ("two", "m")] {
        let source = format!("{project}/{module}.py");
        let pyc = format!("cache/{root}/{project}/{module}.cpython-312.pyc");
        tree.add_compiled(&source, "cpython-3.12", &pyc);
    }
    tree
}

#[test]
fn only_the_bytecode_of_the_path_under_the_prefix_is_removed() {
    let tree = prefixed();
    let root = below_prefix(&tree);
    let listing = format!(
        "cache/{root}/one/\ncache/{root}/one/m.cpython-312.pyc\ncache/{root}/one/pkg/\n\
         cache/{root}/one/pkg/m.cpython-312.pyc\n",
    );
    assert_eq!(
        tree.pyclean("-n -v --pycache-prefix cache one").stdout,
        listing
    );
    assert_eq!(
        tree.pyclean("-v --pycache-prefix cache one").stdout,
        listing
    );
    assert!(tree.names().contains("two/m.cpython-312.pyc"));
    assert!(!tree.names().contains("one/m.cpython-312.pyc"));
    tree.pyclean("--pycache-prefix cache one")
        .assert("", "Nothing to remove.\n", 0);
    tree.pyclean("--pycache-prefix nowhere one")
        .assert("", "Nothing to remove.\n", 0);
    // Parent directories are removed with the last file, but the prefix itself is kept.
    assert_eq!(tree.pyclean("-q --pycache-prefix cache two").code, Some(0));
    assert_eq!(
        tree.names(),
        "cache/\none/\none/m.py\none/pkg/\none/pkg/m.py\ntwo/\ntwo/m.py\n"
    );
}

#[test]
fn only_bytecode_is_removed_under_the_prefix() {
    let tree = tree("one/app.py one/setup.py");
    let root = below_prefix(&tree);
    let pyc = format!(".cache/{root}/one/dist/m.cpython-312.pyc");
    tree.add_compiled("one/dist/m.py", "cpython-3.12", &pyc);
    let run = |arguments: &str| tree.pyclean(&format!("-n -v --pycache-prefix .cache {arguments}"));
    assert_eq!(run("--stale one").stdout, "");
    let debris = "one/dist/: package debris\none/dist/m.py: package debris\n";
    assert_eq!(run("--stale one --debris").stdout, debris);
    assert_eq!(
        run("--keep-python 3.12 one --debris").stdout,
        "one/dist/\none/dist/m.py\n"
    );
    // A glob is relative to the PATH, and the prefix is not a PATH.
    let glob = format!("{root}/**/*");
    assert_eq!(run(&format!("--stale one --erase {glob}")).stdout, "");
    // `--ignore` matches the path of the source.
    let source = canonical(&tree.path().join("one/dist"));
    assert_eq!(run(&format!("one --ignore {source}")).stdout, "");
    assert!(run("one").stdout.contains("/one/dist/m.cpython-312.pyc\n"));
}

#[test]
fn debris_does_not_remove_the_prefix_of_other_projects() {
    for prefix in ["one/.cache/pyc", "one/.cache", "one/__pycache__"] {
        let tree = tree("one/.cache/other one/__pycache__/x.pyc");
        let root = below_prefix(&tree);
        let two = format!("{prefix}/{root}/two/m.cpython-312.pyc");
        tree.add(&two);
        tree.add(&format!("{prefix}/{root}/one/m.cpython-312.pyc"));
        let run = tree.pyclean(&format!("one --debris --pycache-prefix {prefix}"));
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let left = tree.names();
        assert!(left.contains(&two), "{left}");
        assert!(!left.contains("/one/m"), "{left}");
    }
}

#[test]
fn tagged_bytecode_outside_of_a_cache_is_not_judged() {
    let tree = tree("m.cpython-312.pyc n.py empty.cpython-312.pyc.1234");
    add_orphan_of_python_2(&tree, "gone.pyc");
    tree.add_compiled("cache/m.py", "cpython-3.12", "kept/m.cpython-312.pyc");
    let run = tree.pyclean("-n --stale .");
    assert_eq!(run.stdout, "gone.pyc: orphaned, no gone.py\n");
}

#[test]
fn prefix_is_read_from_the_environment() {
    let tree = prefixed();
    let run = |prefix: &str| {
        let mut command = tree.command(["-n", "-v", "one"]);
        let run: util::Run = command
            .env("PYTHONPYCACHEPREFIX", prefix)
            .output()
            .unwrap()
            .into();
        (run.stdout.lines().count(), run.code)
    };
    assert_eq!(run("cache"), (4, Some(0)));
    // To Python, an empty value means no prefix.
    assert_eq!(run(""), (0, Some(0)));
}

/// On Windows, the path of the sources is known only if they exist.
#[cfg(unix)]
#[test]
fn path_under_the_prefix_is_cleaned_like_any_other() {
    let tree = tree("proj/uploads/2024/ proj/old/m.cpython-312.pyc");
    tree.add_compiled("proj/pkg/m.py", "cpython-2.7", "proj/pkg/m.pyc");
    let prefix = tree.path().to_str().unwrap();
    tree.pyclean(&format!("--stale --pycache-prefix {prefix} proj"))
        .assert("", "Removed 1 directory and 1 file (26 B).\n", 0);
    assert_eq!(
        tree.names(),
        util::tree("proj/uploads/2024/ proj/pkg/m.py proj/pkg/m.pyc").names()
    );
    tree.pyclean(&format!("-n --pycache-prefix {prefix} proj --folders"))
        .assert(
            "proj/pkg/m.pyc\nproj/uploads/\n",
            "Would remove 2 directories and 1 file (121 B).\n",
            0,
        );
}

#[test]
fn directory_under_the_prefix_is_removed_only_if_it_had_bytecode() {
    let tree = prefixed();
    let root = below_prefix(&tree);
    let mirror = |name: &str| tree.path().join("cache").join(&root).join("one").join(name);
    fs::create_dir_all(mirror("uploads/2024")).unwrap();
    tree.pyclean("--pycache-prefix cache one -q");
    assert!(mirror("uploads/2024").exists());
    assert!(!mirror("pkg").exists());
}

#[test]
fn git_is_not_asked_about_the_prefix() {
    let tree = prefixed();
    // Git fails in this repository.
    tree.add(".gitmodules");
    tree.add(".git/");
    let run = tree.pyclean("-n --stale --pycache-prefix cache one");
    run.assert("", "Nothing to remove.\n", 0);
    fs::remove_file(tree.file_path("one/pkg/m.py")).unwrap();
    fs::remove_dir(tree.file_path("one/pkg")).unwrap();
    tree.add("one/pkg");
    let run = tree.pyclean("--stale --pycache-prefix cache one");
    run.assert("", "Removed 1 directory and 1 file (125 B).\n", 0);
}

/// Windows resolves `..` before it looks for symlinks.
#[cfg(unix)]
#[test]
fn prefix_uses_the_canonical_path() {
    let tree = prefixed();
    tree.add("elsewhere/deep/");
    tree.add("link->elsewhere/deep");
    tree.add("elsewhere/one/");
    // Without following the symlink, this would be another directory.
    tree.pyclean("-n --pycache-prefix cache link/../one")
        .assert("", "Nothing to remove.\n", 0);
}

#[test]
fn source_suffixes_of_other_languages_are_known() {
    for suffix in ["py", "pyw", "hy", "xsh", "pyx"] {
        let tree = tree("");
        tree.add_compiled(&format!("m.{suffix}"), "cpython-3.12", PYC);
        assert_stale(&tree, "");
        tree.set_mtime(&format!("m.{suffix}"), 2.0);
        let line = format!(
            "__pycache__/: empty after this run\n{PYC}: outdated, m.{suffix} has a different mtime\n"
        );
        assert_stale(&tree, &line);
    }
}

#[test]
fn bytecode_of_a_source_with_another_suffix_is_orphaned() {
    let tree = tree("");
    tree.add_compiled("m.cgi", "cpython-3.12", PYC);
    assert_stale(
        &tree,
        &format!("__pycache__/: empty after this run\n{PYC}: orphaned, no m.py\n"),
    );
}

#[test]
fn installed_bytecode_without_sources_is_kept() {
    let tree = tree("lib/site-packages/p/m.py lib/p/m.py");
    add_orphan_of_python_2(&tree, "lib/site-packages/p/__init__.pyc");
    add_orphan_of_python_2(&tree, "lib/p/__init__.pyc");
    let stale = |path: &str| tree.pyclean(&format!("-n --stale {path}")).stdout;
    let line = "lib/p/__init__.pyc: orphaned, no __init__.py\n";
    assert_eq!(stale("."), line);
    assert_eq!(stale("lib/site-packages/p lib"), line);
    assert_eq!(
        tree.pyclean("-n .").stdout,
        "lib/p/__init__.pyc\nlib/site-packages/p/__init__.pyc\n"
    );
}

#[test]
fn prefix_is_found_for_every_form_of_the_path() {
    let tree = prefixed();
    let lines = |arguments: &str| tree.pyclean(arguments).stdout.lines().count();
    if can_symlink() {
        tree.add("link->one");
        assert_eq!(lines("-n -v --pycache-prefix cache link"), 4);
    }
    assert_eq!(lines("-n -v --pycache-prefix cache ./two/../one"), 4);
    assert_eq!(lines("-n -v --pycache-prefix cache one/pkg"), 2);
    assert_eq!(lines("-n -v --pycache-prefix cache one one/pkg"), 4);
    assert_eq!(
        lines("-n -v --pycache-prefix ./cache/ one two") - 6,
        below_prefix(&tree).split('/').count()
    );
    let inside = tree
        .command(["-n", "-v", "--pycache-prefix", "../cache", "."])
        .current_dir(tree.path().join("one"))
        .output();
    assert_eq!(
        String::from_utf8(inside.unwrap().stdout)
            .unwrap()
            .lines()
            .count(),
        4
    );
}

#[test]
fn bytecode_under_the_prefix_is_compared_with_its_source() {
    let tree = prefixed();
    let root = below_prefix(&tree);
    let stale = |paths: &str| {
        tree.pyclean(&format!("-n -v --stale --pycache-prefix cache {paths}"))
            .stdout
    };
    assert_eq!(stale("one"), "");
    // The same holds if the prefix is in the PATH or is the PATH.
    assert_eq!(stale("."), "");
    assert_eq!(stale("cache"), "");
    fs::remove_file(tree.file_path("one/pkg/m.py")).unwrap();
    let line = format!(
        "cache/{root}/one/pkg/: empty after this run\ncache/{root}/one/pkg/m.cpython-312.pyc: orphaned, no m.py\n"
    );
    assert_eq!(stale("one"), line);
    assert_eq!(stale("."), line);
    // The sources may be on any drive of Windows.
    let line = if cfg!(windows) { "" } else { &line };
    assert_eq!(stale("cache"), line);
    tree.pyclean("-q --stale --pycache-prefix cache one");
    assert!(tree.names().contains("one/m.cpython-312.pyc"));
    assert!(!tree.names().contains("one/pkg/m.cpython-312.pyc"));
}

#[test]
fn root_directory_is_not_a_prefix() {
    let tree = module("empty/");
    tree.add_compiled("n.py", "cpython-2.7", "n.pyc");
    let run = tree.pyclean("--stale --pycache-prefix / .");
    run.assert("", "Nothing to remove.\n", 0);
    assert!(tree.listing().contains("empty/"));
}

#[test]
fn source_over_2_gib_is_not_read() {
    let tree = tree("");
    let bytecode = "__pycache__/unchecked.cpython-312.pyc";
    tree.add_compiled("unchecked.py", "cpython-3.12", bytecode);
    let source = fs::File::options()
        .append(true)
        .open(tree.file_path("unchecked.py"));
    source.unwrap().set_len(1 << 40).unwrap();
    let run = tree.pyclean("--stale .");
    assert!(
        run.stderr.starts_with("error: cannot read unchecked.py: "),
        "{}",
        run.stderr
    );
    assert_eq!(run.code, Some(1));
    assert!(tree.path().join(bytecode).exists());
}

/// Python 2 writes such a file by itself, so it had a source.
fn add_orphan_of_python_2(tree: &Tree, bytecode: &str) {
    tree.add_compiled("other.py", "cpython-2.7", "m.pyc");
    fs::remove_file(tree.file_path("other.py")).unwrap();
    fs::rename(tree.file_path("m.pyc"), tree.file_path(bytecode)).unwrap();
}

#[test]
fn program_with_few_sources_is_not_stale() {
    for source in ["config.py", "conftest.py", "__main__.py"] {
        let tree = tree("");
        for module in ["app", "helper"] {
            tree.add_compiled(
                "m.py",
                "cpython-3.12",
                &format!("{module}/m.cpython-312.pyc"),
            );
            let compiled = tree.file_path(format!("{module}/m.cpython-312.pyc"));
            fs::rename(compiled, tree.file_path(format!("{module}.pyc"))).unwrap();
            fs::remove_dir(tree.file_path(module)).unwrap();
        }
        fs::rename(tree.file_path("m.py"), tree.file_path(source)).unwrap();
        assert_stale(&tree, "");
        let explained = tree.pyclean("--explain app.pyc").stdout;
        assert!(explained.contains("state         no source, but kept by --stale: "));
    }
}

#[test]
fn module_that_became_a_package_is_stale() {
    let tree = tree("pkg/__init__.pyc pkg.py m.pyc m/__init__.py n/__init__.pyc n.txt o.pyc o/");
    // Names that are no modules.
    for name in ["..pyc", "...pyc", ".pyc"] {
        tree.add(&format!("m/{name}"));
    }
    tree.add("__init__.py");
    tree.add("site-packages/k.pyc");
    tree.add("site-packages/k/__init__.py");
    let listing = "m.pyc: orphaned, no m.py\n\
                   pkg/: ghost\n\
                   pkg/__init__.pyc: orphaned, no __init__.py\n\
                   site-packages/k.pyc: orphaned, no k.py\n";
    assert_stale(&tree, listing);
    let run = tree
        .command(["-n", "--stale", "."])
        .current_dir(tree.path().join("pkg"))
        .output();
    let line = "__init__.pyc: orphaned, no __init__.py\n";
    assert_eq!(String::from_utf8(run.unwrap().stdout).unwrap(), line);
}

#[test]
fn program_without_any_source_is_not_stale() {
    let tree = tree("frozen/lib/b.so mixed/m.py");
    add_orphan_of_python_2(&tree, "frozen/lib/a.pyc");
    add_orphan_of_python_2(&tree, "mixed/gone.pyc");
    assert_eq!(
        tree.pyclean("-n . --stale").stdout,
        "mixed/gone.pyc: orphaned, no gone.py\n"
    );
    // Plain cleaning removes what the user asked for.
    assert_eq!(tree.pyclean("-n .").stdout.lines().count(), 2);
}

#[test]
fn conflict_copy_in_a_cache_is_a_leftover() {
    let copies = [
        "m.cpython-312 (1).pyc",
        "m.cpython-312 (HOST's conflicted copy 2024-01-01).pyc",
        "m.cpython-312 2.pyc",
        "m.cpython-312-HOST-PC.pyc",
        "m.cpython-312.sync-conflict-20240101-120000-ABCDEFG.pyc",
        "m.cpython-312_conflict-20240101-120000.pyc",
    ];
    let tree = module("");
    let mut listing = String::new();
    for copy in copies {
        let path = format!("__pycache__/{copy}");
        fs::copy(tree.file_path(PYC), tree.file_path(&path)).unwrap();
        listing += &format!("{path}: leftover, conflict copy of a sync tool\n");
        fs::write(tree.file_path(copy), "").unwrap();
    }
    assert_stale(&tree, &listing);
}

/// Adds a test module `test_m` with bytecode that pytest compiled as `recorded`.
#[cfg(unix)]
fn add_compiled_by_pytest(tree: &Tree, dir: &str, python: &str, recorded: &[u8]) -> String {
    let tag = python.replace('.', "");
    let pyc = format!("{dir}/__pycache__/test_m.{tag}-pytest-8.3.4.pyc");
    let compiled = format!("{dir}/m.{tag}.pyc");
    tree.add_compiled(&format!("{dir}/test_m.py"), python, &compiled);
    let code = fs::read(tree.file_path(&compiled)).unwrap();
    fs::remove_file(tree.file_path(&compiled)).unwrap();
    let at = code
        .windows(5)
        .position(|text| text == b"\x04m.py")
        .unwrap();
    let len = [u8::try_from(recorded.len()).unwrap()];
    let code = [&code[..at], &len, recorded, &code[at + 5..]].concat();
    fs::write(tree.file_path(&pyc), code).unwrap();
    pyc
}

#[cfg(unix)]
#[test]
fn test_that_moved_is_stale() {
    for minor in 7..=15 {
        let tree = tree("new/other.py");
        let old = canonical(tree.path()) + "/old/test_m.py";
        let python = format!("cpython-3.{minor}");
        let pyc = add_compiled_by_pytest(&tree, "new", &python, old.as_bytes());
        let line =
            format!("new/__pycache__/: empty after this run\n{pyc}: moved, compiled as {old}\n");
        assert_stale(&tree, &line);
        // A copy of the test at its old path is another file.
        tree.add("old/test_m.py");
        assert_stale(&tree, &line);
        let explained = tree.pyclean(&format!("--explain {pyc}")).stdout;
        let state = format!("  state         moved, compiled as {old}\n");
        assert!(explained.ends_with(&state), "{explained}");
        // CPython corrects the path itself.
        let by_cpython = pyc.replace("-pytest-8.3.4", "");
        fs::rename(tree.file_path(&pyc), tree.file_path(&by_cpython)).unwrap();
        assert_stale(&tree, "");
    }
}

#[cfg(unix)]
#[test]
fn test_reached_by_another_path_has_not_moved() {
    let tree = tree("");
    let path = canonical(tree.path()) + "/t";
    let compile = |recorded: &str| {
        add_compiled_by_pytest(&tree, "t", "cpython-3.12", recorded.as_bytes());
        assert_eq!(tree.pyclean("-n --stale .").stdout, "", "{recorded}");
    };
    compile(&format!("{path}/test_m.py"));
    compile(&format!("{path}/../t/./test_m.py"));
    tree.add("link->t");
    compile(&format!("{path}/../link/test_m.py"));
    fs::hard_link(tree.file_path("t/test_m.py"), tree.file_path("same.py")).unwrap();
    compile(&format!("{path}/../same.py"));
    for recorded in ["gone/test_m.py", "<string>", "", "C:\\t\\test_m.py"] {
        compile(recorded);
    }
    // A pipe is another file, and is not opened.
    tree.add("pipe|");
    let recorded = format!("{path}/../pipe");
    add_compiled_by_pytest(&tree, "t", "cpython-3.12", recorded.as_bytes());
    let listed = tree.pyclean("-n --stale .").stdout;
    assert!(listed.contains(": moved, compiled as "), "{listed}");
}
