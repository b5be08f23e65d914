//! `--stale`, `--python`, `--keep-python` and `--pycache-prefix`.

mod util;

use std::fs::{self, File};
use std::process::Command;

use util::{Run, Tree, below_prefix, can_symlink, canonical, lacks_symlinks, tree};

const PYC: &str = "__pycache__/m.cpython-312.pyc";

/// Adds a module and its bytecode of CPython 3.12.
fn add_module(tree: &Tree, module: &str) {
    let pyc = format!("__pycache__/{module}.cpython-312.pyc");
    tree.add_compiled(&format!("{module}.py"), "cpython-3.12", &pyc);
}

/// A tree with a compiled module `m` and these entries.
fn module(entries: &str) -> Tree {
    let tree = tree(entries);
    add_module(&tree, "m");
    tree
}

/// Adds a file that Python 2 writes by itself, so that it had a source.
fn add_orphan_of_python_2(tree: &Tree, bytecode: &str) {
    tree.add_compiled("other.py", "cpython-2.7", "m.pyc");
    fs::remove_file(tree.file_path("other.py")).unwrap();
    fs::rename(tree.file_path("m.pyc"), tree.file_path(bytecode)).unwrap();
}

/// Runs the program in a directory of the tree.
fn run_in(tree: &Tree, directory: &str, arguments: &str) -> Run {
    let mut command = tree.command(arguments.split(' '));
    run(command.current_dir(tree.path().join(directory)))
}

fn run(command: &mut Command) -> Run {
    command.output().unwrap().into()
}

/// The names of the tree without these.
fn names_without<'a>(tree: &Tree, removed: impl Iterator<Item = &'a str>) -> String {
    let removed: Vec<_> = removed.collect();
    tree.names()
        .split_inclusive('\n')
        .filter(|line| !removed.contains(&line.trim_end()))
        .collect()
}

/// Fails unless a dry run with `--stale` lists exactly these lines.
#[track_caller]
fn assert_stale(tree: &Tree, listing: &str) {
    assert_eq!(tree.pyclean("-n -v --stale .").stdout, listing);
}

#[test]
fn up_to_date_bytecode_is_kept() {
    let tree = module("__pycache__/m.nbi empty/");
    tree.add_compiled("n.py", "cpython-2.7", "n.pyc");
    tree.add_compiled("k.py", "pypy-3.9", "__pycache__/k.pypy39.pyc");
    let before = tree.listing();
    // The root directory is no prefix.
    for paths in [".", &format!("{PYC} m.py n.pyc"), ". --pycache-prefix /"] {
        let run = tree.pyclean(&format!("--stale {paths}"));
        run.assert("", "Nothing to remove.\n", 0);
    }
    assert_eq!(tree.listing(), before);
}

#[test]
fn each_reason_is_listed() {
    let tree = module("__pycache__/left.cpython-312.pyc.12345");
    let pyc = |module: &str| tree.file_path(format!("__pycache__/{module}.cpython-312.pyc"));
    fs::write(tree.file_path("__pycache__/left.cpython-312.pyc.12345"), "").unwrap();
    tree.set_mtime("__pycache__/left.cpython-312.pyc.12345", 0.0);
    fs::write(tree.file_path("__pycache__/m.cpython-312 (1).pyc"), "").unwrap();
    for module in "corrupt cut edited orphan raced short touched unchecked".split(' ') {
        add_module(&tree, module);
        tree.set_mtime(&format!("__pycache__/{module}.cpython-312.pyc"), 0.3);
    }
    let mut bytes = fs::read(pyc("cut")).unwrap();
    fs::write(pyc("cut"), &bytes[..70]).unwrap();
    fs::write(pyc("short"), &bytes[..7]).unwrap();
    bytes[64..].fill(0);
    fs::write(pyc("corrupt"), bytes).unwrap();
    fs::write(tree.file_path("edited.py"), "longer").unwrap();
    fs::write(tree.file_path("unchecked.py"), "other").unwrap();
    tree.set_mtime("touched.py", 1.0);
    tree.set_mtime("raced.py", 0.7);
    fs::remove_file(tree.file_path("orphan.py")).unwrap();
    let listing = "\
        __pycache__/corrupt.cpython-312.pyc: damaged, corrupt at byte 65\n\
        __pycache__/cut.cpython-312.pyc: damaged, truncated after 70 bytes\n\
        __pycache__/edited.cpython-312.pyc: outdated, edited.py has a different size\n\
        __pycache__/left.cpython-312.pyc.12345: leftover, from an interrupted write\n\
        __pycache__/m.cpython-312 (1).pyc: leftover, conflict copy of a sync tool\n\
        __pycache__/orphan.cpython-312.pyc: orphaned, no orphan.py\n\
        __pycache__/raced.cpython-312.pyc: raced, raced.py was changed after it was compiled, in the same second\n\
        __pycache__/short.cpython-312.pyc: damaged, truncated after 7 bytes\n\
        __pycache__/touched.cpython-312.pyc: outdated, touched.py has a different mtime\n\
        __pycache__/unchecked.cpython-312.pyc: outdated, unchecked.py has different contents\n";
    assert_stale(&tree, listing);
    assert!(!tree.pyclean("-n0 --stale .").stdout.contains(':'));
    let listed = listing.lines().map(|line| line.split_once(": ").unwrap().0);
    let left = names_without(&tree, listed);
    assert_eq!(tree.pyclean("-v --stale .").stdout, listing);
    assert_eq!(tree.names(), left);
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
    let listed = tree.pyclean("-v --stale . -i y.*").stdout;
    assert_eq!(listed, "__pycache__/x.cpython-312.pyc: orphaned, no x.py\n");
    tree.assert_left("__pycache__/y.cpython-312.pyc");
}

#[test]
fn bytecode_that_cannot_be_judged_is_kept_and_reported() {
    let tree = module("");
    add_module(&tree, "unchecked");
    let mut modules = vec!["unchecked"];
    // A source over 2 GiB is not read.
    let source = File::options()
        .append(true)
        .open(tree.file_path("unchecked.py"));
    source.unwrap().set_len(1 << 40).unwrap();
    if cfg!(unix) {
        // A symlink to a path that is too long cannot be followed, not even by root.
        modules.push("m");
        fs::remove_file(tree.file_path("m.py")).unwrap();
        tree.add(&format!("m.py->{}", "m".repeat(300)));
    }
    tree.add("__pycache__/gone.cpython-312.pyc");
    let run = tree.pyclean("-v --stale .");
    let line = "__pycache__/gone.cpython-312.pyc: orphaned, no gone.py\n";
    assert_eq!((&*run.stdout, run.code), (line, Some(1)));
    for module in modules {
        let error = format!("error: cannot read {module}.py: ");
        assert!(run.stderr.contains(&error), "{}", run.stderr);
        let bytecode = format!("__pycache__/{module}.cpython-312.pyc");
        assert!(tree.path().join(bytecode).exists(), "{module}");
    }
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
fn symlinks_are_judged_by_their_targets() {
    if lacks_symlinks() {
        return;
    }
    let tree = module("loop.py->loop.py __pycache__/loop.cpython-312.pyc");
    tree.add("__pycache__/link.cpython-312.pyc->m.cpython-312.pyc");
    fs::copy(tree.file_path("m.py"), tree.file_path("link.py")).unwrap();
    let no_source = "__pycache__/loop.cpython-312.pyc: orphaned, no loop.py\n";
    tree.set_mtime("link.py", 0.0);
    assert_stale(&tree, no_source);
    tree.set_mtime("link.py", 9.0);
    let line = "__pycache__/link.cpython-312.pyc: outdated, link.py has a different mtime\n";
    assert_stale(&tree, &format!("{line}{no_source}"));
    fs::remove_file(tree.file_path("link.py")).unwrap();
    let line = "__pycache__/link.cpython-312.pyc: orphaned, no link.py\n";
    let listed = tree.pyclean("-v --stale .").stdout;
    assert_eq!(listed, format!("{line}{no_source}"));
    assert!(tree.path().join(PYC).exists());
}

#[test]
fn python_and_keep_python_select_bytecode_by_its_interpreter() {
    let tree = module("__pycache__/notes.txt __pycache__/odd.pyc j.py j$py.class");
    for (source, python, bytecode) in [
        ("m.py", "cpython-3.11", "__pycache__/m.cpython-311.pyc"),
        (
            "m.py",
            "cpython-3.11",
            "__pycache__/m.cpython-311.opt-1.pyc",
        ),
        ("m.py", "pypy-3.9", "__pycache__/m.pypy39.pyc"),
        ("m.py", "cpython-2.7", "m.pyc"),
        ("n.py", "cpython-3.9", "n.pyc"),
        // An unknown tag may be part of the module.
        ("k.py3.py", "cpython-2.7", "k.py3.pyc"),
    ] {
        tree.add_compiled(source, python, bytecode);
    }
    let of_311 = "__pycache__/m.cpython-311.opt-1.pyc __pycache__/m.cpython-311.pyc ";
    let pypy39 = "__pycache__/m.pypy39.pyc ";
    let all_but_312 = format!("{of_311}{pypy39}j$py.class k.py3.pyc m.pyc n.pyc ");
    for (options, expected) in [
        ("--python 3.11", of_311),
        ("--python 311", of_311),
        ("--python cpython-311", of_311),
        ("--python CPython3.11", of_311),
        ("--python pypy39", pypy39),
        ("--python 2.7", "k.py3.pyc m.pyc "),
        ("--python 39 --python pypy3.9", &format!("{pypy39}n.pyc ")),
        ("--python 3.9,2.7", "k.py3.pyc m.pyc n.pyc "),
        ("--python 3.6", ""),
        ("--keep-python 3.12", &all_but_312),
        (
            "--keep-python 3.12,pypy39,2.7 --keep-python 39",
            &format!("{of_311}j$py.class "),
        ),
        ("--keep-python 3.12 --python 3.11,3.12", of_311),
    ] {
        let listed = tree.pyclean(&format!("-n {options} .")).stdout;
        assert_eq!(listed.replace('\n', " "), expected, "{options}");
    }
    tree.set_mtime("m.py", 5.0);
    let outdated = "outdated, m.py has a different mtime";
    let listed = tree.pyclean("-n --stale --python 3.12,2.7,3.9 .").stdout;
    assert_eq!(listed, format!("{PYC}: {outdated}\nm.pyc: {outdated}\n"));

    let before = tree.names();
    for option in ["--python", "--keep-python"] {
        let run = tree.pyclean(&format!("{option} 3.x ."));
        assert!(run.stderr.contains("'3.x' is not a Python version"));
        assert_eq!((run.code, tree.names()), (Some(2), before.clone()));
    }
    let left = names_without(&tree, all_but_312.split_whitespace());
    assert_eq!(tree.pyclean("--keep-python 3.12 .").code, Some(0));
    assert_eq!(tree.names(), left);
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
    for dry_run in ["-n ", ""] {
        let run = tree.pyclean(&format!("{dry_run}-v --pycache-prefix cache one"));
        assert_eq!(run.stdout, listing, "{dry_run}");
    }
    assert!(tree.names().contains("two/m.cpython-312.pyc"));
    assert!(!tree.names().contains("one/m.cpython-312.pyc"));
    for prefix in ["cache", "nowhere"] {
        let run = tree.pyclean(&format!("--pycache-prefix {prefix} one"));
        run.assert("", "Nothing to remove.\n", 0);
    }
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
    let mirror = format!("cache/{}/one", below_prefix(&tree));
    tree.add(&format!("{mirror}/uploads/2024/"));
    tree.pyclean("--pycache-prefix cache one -q");
    assert!(tree.names().contains(&format!("{mirror}/uploads/2024/\n")));
    assert!(!tree.names().contains(&format!("{mirror}/pkg/")));
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

#[test]
fn prefix_is_found_for_every_form_of_the_path() {
    let tree = prefixed();
    let between = below_prefix(&tree).split('/').count();
    let mut forms = vec![
        (".", "--pycache-prefix cache ./two/../one", 4),
        (".", "--pycache-prefix cache one/pkg", 2),
        (".", "--pycache-prefix cache one one/pkg", 4),
        (".", "--pycache-prefix ./cache/ one two", 6 + between),
        ("one", "--pycache-prefix ../cache .", 4),
    ];
    if can_symlink() {
        tree.add("link->one");
        forms.push((".", "--pycache-prefix cache link", 4));
    }
    // Windows resolves `..` before it looks for symlinks.
    if cfg!(unix) {
        tree.add("elsewhere/deep/");
        tree.add("elsewhere/one/");
        tree.add("deep->elsewhere/deep");
        forms.push((".", "--pycache-prefix cache deep/../one", 0));
    }
    for (directory, arguments, count) in forms {
        let run = run_in(&tree, directory, &format!("-n -v {arguments}"));
        let result = (run.stdout.lines().count(), run.code);
        assert_eq!(result, (count, Some(0)), "{arguments}: {}", run.stdout);
    }
    // To Python, an empty value means no prefix.
    for (prefix, count) in [("cache", 4), ("", 0)] {
        let mut command = tree.command(["-n", "-v", "one"]);
        let run = run(command.env("PYTHONPYCACHEPREFIX", prefix));
        assert_eq!((run.stdout.lines().count(), run.code), (count, Some(0)));
    }
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
fn bytecode_outside_of_a_cache_is_orphaned_only_if_it_had_a_source() {
    let tree = tree(
        "app/n.py app/m.cpython-312.pyc app/empty.cpython-312.pyc.1234 frozen/lib/b.so \
         lib/p/m.py lib/site-packages/p/m.py",
    );
    tree.add_compiled("cache/m.py", "cpython-3.12", "kept/m.cpython-312.pyc");
    fs::write(tree.file_path("app/m.cpython-312 (1).pyc"), "").unwrap();
    let orphans =
        "app/gone.pyc frozen/lib/a.pyc lib/p/__init__.pyc lib/site-packages/p/__init__.pyc";
    for orphan in orphans.split(' ') {
        add_orphan_of_python_2(&tree, orphan);
    }
    for paths in ["app lib frozen kept", "app lib/site-packages/p lib", "."] {
        let listed = tree.pyclean(&format!("-n --stale {paths}")).stdout;
        let listing = "app/gone.pyc: orphaned, no gone.py\n\
                       lib/p/__init__.pyc: orphaned, no __init__.py\n";
        assert_eq!(listed, listing, "{paths}");
    }
    // Plain cleaning removes what the user asked for.
    let listed = tree.pyclean("-n .").stdout;
    for orphan in orphans.split(' ') {
        assert!(listed.contains(&format!("{orphan}\n")), "{listed}");
    }
}

#[test]
fn program_with_few_sources_is_not_stale() {
    for source in ["config.py", "conftest.py", "__main__.py"] {
        let tree = tree("");
        for module in ["app", "helper"] {
            let own_source = format!("{module}.py");
            tree.add_compiled(&own_source, "cpython-3.12", &format!("{module}.pyc"));
            fs::rename(tree.file_path(own_source), tree.file_path(source)).unwrap();
        }
        assert_stale(&tree, "");
        let explained = tree.pyclean("--explain app.pyc").stdout;
        assert!(explained.contains("state         no source, but kept by --stale: "));
    }
}

#[test]
fn module_that_became_a_package_is_stale() {
    let tree = tree("pkg/__init__.pyc pkg.py m.pyc m/__init__.py n/__init__.pyc n.txt o.pyc o/");
    // Names that are no modules.
    for name in ["m/..pyc", "m/...pyc", "m/.pyc", "__init__.py"] {
        tree.add(name);
    }
    tree.add("site-packages/k.pyc");
    tree.add("site-packages/k/__init__.py");
    let listing = "m.pyc: orphaned, no m.py\n\
                   pkg/: ghost\n\
                   pkg/__init__.pyc: orphaned, no __init__.py\n\
                   site-packages/k.pyc: orphaned, no k.py\n";
    assert_stale(&tree, listing);
    let line = "__init__.pyc: orphaned, no __init__.py\n";
    assert_eq!(run_in(&tree, "pkg", "-n --stale .").stdout, line);
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
