//! What goes and what stays.

mod util;
use util::tree;

#[test]
fn bytecode_goes_and_all_else_stays() {
    let tree = tree(
        "a.py __pycache__/a.cpython-312.pyc __pycache__/notes.txt __pycache__/deep/er/x \
         old.pyc old.pyo Jy$py.class m.pyc.12345 m.pyo.1 ext.pyd ext.so not.pyc.txt \
         m.pyc.12x m.pyc. m.py.123 pyc classes.class pkg/sub/b.py pkg/sub/__pycache__/b.pyc",
    );
    let run = tree.pyclean(".");
    let told = "  untagged: 5 files (57 B)\n  CPython 3.12: 1 file (29 B)\n  \
                Jython: 1 file (11 B)\nRemoved 4 directories and 9 files (139 B).\n";
    run.assert("", told, 0);
    tree.assert_left(
        "a.py ext.pyd ext.so not.pyc.txt m.pyc.12x m.pyc. m.py.123 pyc classes.class pkg/sub/b.py",
    );
    tree.pyclean(".").assert("", "Nothing to remove.\n", 0);
}

#[test]
fn a_dry_run_lists_what_would_go_and_removes_nothing() {
    let tree = tree("a.py __pycache__/a.pyc b/__pycache__/b.pyc b.pyc b-c/x.pyc b/y.pyc");
    let before = tree.left();
    tree.pyclean("-n .").assert(
        "__pycache__/\nb/__pycache__/\nb/y.pyc\nb-c/x.pyc\nb.pyc\n",
        "Would remove 2 directories and 5 files (57 B).\n",
        0,
    );
    assert_eq!(tree.left(), before);
}

#[test]
fn a_long_option_may_be_cut_short() {
    let tree = tree("a.pyc keep/b.pyc");
    assert_eq!(tree.pyclean("--dry . --ign keep").stdout, "a.pyc\n");
    // Not where it could be any of several.
    let run = tree.pyclean("--no .");
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    tree.assert_left("a.pyc keep/b.pyc");
}

#[test]
fn check_fails_while_there_is_something_to_remove() {
    let tree = tree("a.py __pycache__/a.pyc");
    let run = tree.pyclean("--check .");
    run.assert(
        "__pycache__/\n",
        "Would remove 1 directory and 1 file (17 B).\n",
        1,
    );
    tree.pyclean("-q .").assert("", "", 0);
    tree.pyclean("--check .")
        .assert("", "Nothing to remove.\n", 0);
    tree.assert_left("a.py");
}

#[test]
fn verbose_lists_every_entry() {
    let tree = tree("__pycache__/a.pyc __pycache__/sub/b.pyc x.pyc");
    let all = "__pycache__/\n__pycache__/a.pyc\n__pycache__/sub/\n__pycache__/sub/b.pyc\nx.pyc\n";
    let run = tree.pyclean("-vn .");
    run.assert(all, "Would remove 2 directories and 3 files (43 B).\n", 0);
    let run = tree.pyclean("-v .");
    run.assert(all, "Removed 2 directories and 3 files (43 B).\n", 0);
}

#[cfg(unix)]
#[test]
fn the_summary_names_interpreters_that_are_made_up_but_not_without_end() {
    let tags = (10..34).map(|tag| format!("m.py{tag}.pyc"));
    let tree = tree(&tags.collect::<Vec<_>>().join(" "));
    tree.add("long_name.py9\x1b[31m.pyc");
    let said = tree.pyclean(".").stderr;
    let lines: Vec<_> = said.lines().collect();
    // What no terminal should be sent is no tag.
    assert_eq!(lines[0], "  untagged: 1 file (22 B)");
    assert_eq!(lines[1], "  py10: 1 file (10 B)");
    assert_eq!(lines[20..], ["  and 5 more", "Removed 25 files (262 B)."]);
}

#[test]
fn print0_ends_paths_with_nul() {
    let tree = tree("__pycache__/a.pyc x.pyc");
    assert_eq!(tree.pyclean("-n0 .").stdout, "__pycache__/\0x.pyc\0");
}

#[test]
fn paths_are_shown_as_they_were_written() {
    let tree = tree("a/__pycache__/x.pyc a/b/y.pyc z.pyc");
    assert_eq!(
        tree.pyclean("-n .").stdout,
        "a/__pycache__/\na/b/y.pyc\nz.pyc\n"
    );
    assert_eq!(
        tree.pyclean("-n ./").stdout,
        "a/__pycache__/\na/b/y.pyc\nz.pyc\n"
    );
    assert_eq!(tree.pyclean("-n a").stdout, "a/__pycache__/\na/b/y.pyc\n");
    assert_eq!(
        tree.pyclean("-n ./a/").stdout,
        "./a/__pycache__/\n./a/b/y.pyc\n"
    );
    assert_eq!(
        tree.pyclean("-n a/../a").stdout,
        "a/../a/__pycache__/\na/../a/b/y.pyc\n"
    );
    let absolute = tree.path().join("a");
    let run = tree.pyclean(&format!("-n {}", absolute.display()));
    assert_eq!(
        run.stdout,
        format!("{0}/__pycache__/\n{0}/b/y.pyc\n", absolute.display())
    );
}

#[test]
fn overlapping_roots_count_once() {
    let tree = tree("a/__pycache__/x.pyc a/b/y.pyc z.pyc venv/v.pyc");
    let all = "a/__pycache__/\na/b/y.pyc\nz.pyc\n";
    let total = "Would remove 1 directory and 3 files (33 B).\n";
    tree.pyclean("-n . .").assert(all, total, 0);
    tree.pyclean("-n . ./a").assert(all, total, 0);
    tree.pyclean("-n . a/b/y.pyc a/__pycache__/x.pyc")
        .assert(all, total, 0);
    let first = "./a/__pycache__/\n./a/b/y.pyc\nz.pyc\n";
    tree.pyclean("-n ./a . a").assert(first, total, 0);
    // One that is ignored as part of another is none of it.
    assert_eq!(
        tree.pyclean("-n . venv").stdout,
        format!("{}venv/v.pyc\nz.pyc\n", &all[..25])
    );
    let run = tree.pyclean(". a venv .");
    run.assert("", "Removed 1 directory and 4 files (43 B).\n", 0);
}

#[test]
fn a_file_is_judged_by_the_rules_of_the_walk() {
    let tree = tree("a.py a.pyc k.pyc p/__pycache__/x.nbi p/__pycache__/d/y.txt p/__pycache__/z");
    tree.pyclean("a.py").assert("", "Nothing to remove.\n", 0);
    let run = tree.pyclean("-v a.py a.pyc ./p/__pycache__/x.nbi p/__pycache__/d/y.txt");
    let gone = "./p/__pycache__/x.nbi\na.pyc\np/__pycache__/d/y.txt\n";
    run.assert(gone, "Removed 3 files (45 B).\n", 0);
    tree.assert_left("a.py k.pyc p/__pycache__/d/ p/__pycache__/z");
}

#[test]
fn a_file_in_a_cache_is_cache_also_seen_from_there() {
    let tree = tree("p/__pycache__/x.nbi");
    let run = tree
        .command(["x.nbi"])
        .current_dir(tree.path().join("p/__pycache__"))
        .output();
    assert_eq!(run.unwrap().status.code(), Some(0));
    tree.assert_left("p/__pycache__/");
}

#[test]
fn a_root_named_pycache_goes_itself() {
    let tree = tree("a/__pycache__/x.pyc a/__pycache__/y.txt a/a.py");
    tree.pyclean("-n a/__pycache__/").assert(
        "a/__pycache__/\n",
        "Would remove 1 directory and 2 files (38 B).\n",
        0,
    );
    let inside = tree
        .command(["."])
        .current_dir(tree.path().join("a/__pycache__"))
        .output();
    assert_eq!(inside.unwrap().status.code(), Some(0));
    tree.assert_left("a/a.py");
}

#[test]
fn default_names_are_not_entered_but_a_root_always_is() {
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
fn what_is_ignored_is_neither_entered_nor_removed() {
    let tree = tree("a/x.pyc b/a/x.pyc b/c/x.pyc b/d1/x.pyc d2/x.pyc keep.pyc [x]/y.pyc");
    let gone = |ignore: &str| tree.pyclean(&format!("-nq . -i {ignore}")).stdout;
    assert_eq!(
        gone("a"),
        "[x]/y.pyc\nb/c/x.pyc\nb/d1/x.pyc\nd2/x.pyc\nkeep.pyc\n"
    );
    assert_eq!(gone("a b keep.pyc"), "[x]/y.pyc\nd2/x.pyc\n");
    assert_eq!(gone("a d? [x]"), "b/c/x.pyc\nkeep.pyc\n");
    assert_eq!(
        gone("b/a ./d2/ **/c [x]"),
        "a/x.pyc\nb/d1/x.pyc\nkeep.pyc\n"
    );
    assert_eq!(gone("*.pyc"), "");
    assert_eq!(gone("b/*/x.pyc [!b]*"), "");
    let absolute = tree.path().canonicalize().unwrap();
    assert_eq!(
        gone(&format!("{}/b [x]", absolute.display())),
        "a/x.pyc\nd2/x.pyc\nkeep.pyc\n"
    );
}

#[test]
fn ignored_paths_are_found_from_other_places_too() {
    let tree = tree("p/src/x.pyc p/lib/x.pyc");
    assert_eq!(tree.pyclean("-n p -i p/src").stdout, "p/lib/x.pyc\n");
    assert_eq!(tree.pyclean("-n p -i src").stdout, "p/lib/x.pyc\n");
    assert_eq!(tree.pyclean("-n p/src -i p/src").stdout, "p/src/x.pyc\n");
}

#[test]
fn what_is_ignored_stays_in_a_cache_too() {
    let tree = tree("a/__pycache__/x.pyc a/__pycache__/keep.pyc a/__pycache__/d/y b/__pycache__/z");
    let run = tree.pyclean("-v . -i keep.pyc");
    let gone = "a/__pycache__/d/\na/__pycache__/d/y\na/__pycache__/x.pyc\n\
                b/__pycache__/\nb/__pycache__/z\n";
    run.assert(gone, "Removed 2 directories and 3 files (51 B).\n", 0);
    tree.assert_left("a/__pycache__/keep.pyc b/");
    tree.pyclean("a/__pycache__ -i keep*")
        .assert("", "Nothing to remove.\n", 0);
    tree.pyclean(". -i __pycache__")
        .assert("", "Nothing to remove.\n", 0);
    tree.assert_left("a/__pycache__/keep.pyc b/");
}

#[test]
fn the_names_that_are_not_searched_by_default_are_cache_in_a_cache() {
    let tree = tree("__pycache__/venv/x __pycache__/.git/y");
    let run = tree.pyclean(". -i other");
    run.assert("", "Removed 3 directories and 2 files (36 B).\n", 0);
}

#[test]
fn a_wrong_request_touches_nothing() {
    let tree = tree("x.pyc there/y.pyc");
    let run = tree.pyclean("there gone x.pyc x.pyc/y");
    run.assert("", "error: no such file or directory: gone, x.pyc/y\n", 2);
    for wrong in [
        ". -i [",
        ". -i a/{b",
        ". -i .",
        "--unknown .",
        ". -j 0",
        ". -v -q",
        "",
    ] {
        assert_eq!(tree.pyclean(wrong).code, Some(2), "pyclean {wrong}");
    }
    tree.assert_left("x.pyc there/y.pyc");
}

#[test]
fn any_number_of_threads_does_the_same() {
    let entries: Vec<_> = (0..3000)
        .map(|i| format!("d{}/p{i}/__pycache__/m.pyc", i % 7))
        .collect();
    let tree = tree(&entries.join(" "));
    let one = tree.pyclean("-n -j 1 .");
    for jobs in ["-j 2", "-j 64", ""] {
        assert_eq!(tree.pyclean(&format!("-n {jobs} .")).stdout, one.stdout);
    }
    let run = tree.pyclean("-v -j 8 .");
    assert_eq!(
        run.stdout
            .lines()
            .filter(|line| line.ends_with('/'))
            .collect::<Vec<_>>(),
        { one.stdout.lines().collect::<Vec<_>>() }
    );
    assert_eq!(tree.pyclean("--check .").code, Some(0));
}

#[test]
fn what_is_ignored_stays_in_a_cache_that_is_named_twice() {
    let tree = tree("__pycache__/a/kept.pyc __pycache__/b.pyc");
    tree.pyclean("__pycache__ __pycache__ --ignore kept.pyc -v")
        .assert("__pycache__/b.pyc\n", "Removed 1 file (17 B).\n", 0);
    tree.assert_left("__pycache__/a/kept.pyc");
}

#[test]
#[cfg(unix)]
fn a_path_is_no_other_because_both_lead_to_the_same() {
    let tree = tree("p/x.pyc a/src->../p");
    tree.pyclean("-n a/src p ./p -i src/*")
        .assert("p/x.pyc\n", "Would remove 1 file (7 B).\n", 0);
}

#[test]
#[cfg(unix)]
fn what_is_ignored_in_a_cache_is_so_as_it_is_written() {
    let tree = tree("src/__pycache__/x.pyc a/link->../src/__pycache__");
    tree.pyclean("-n a/link -i a/link/x.pyc")
        .assert("", "Nothing to remove.\n", 0);
}

#[test]
#[cfg(unix)]
fn what_is_ignored_is_found_by_any_way_that_leads_there() {
    let tree = tree("p/keep/x.pyc p/a.pyc link->p");
    let top = tree.path().display();
    for arguments in [
        "-nq p -i p/../p/keep".to_owned(),
        format!("-nq p -i {top}/link/keep"),
        format!("-nq p -i {top}/link/k*p"),
        "-nq p -i link/[k]eep/*".to_owned(),
        format!("-nq {top}/p -i link/keep"),
    ] {
        let gone = tree.pyclean(&arguments).stdout;
        assert!(
            gone.ends_with("p/a.pyc\n") && !gone.contains("keep"),
            "{arguments}: {gone}"
        );
    }
    assert_eq!(tree.pyclean("-nq link -i p/keep").stdout, "link/a.pyc\n");
    tree.pyclean("p -i ../gone/*").assert(
        "",
        "error: cannot ignore \"../gone/*\": it leads up; write the path that it leads to\n",
        2,
    );
}
