//! This program compared with release 3.7.0 of the Python package `pyclean`, which it replaces:
//! random trees on which both must remove the same, and a table of the intended differences.
//!
//! The test needs that package, in the Python on the search path or in the one that
//! `PYCLEAN_RIVAL` names.

mod differences;
mod rival;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::process::Stdio;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestCaseResult, TestRunner};

use crate::util::{
    GIT_ENV, Tree, case_count, git, init_repository, is_missing, random_seed, skipped, tree,
};
use differences::{DIFFERENCES, IN_REPOSITORY, PROMPTS};
use rival::Rival;

/// The calls that are tried on every tree.
const CALLS: [&str; 11] = [
    ".",
    ". src",
    ". -n --debris --folders --erase **/* --yes",
    ". --debris",
    ". --debris all --folders",
    ". -d jupyter mypy",
    ". --debris package pytest --ignore a dist",
    // No wildcard of this program reaches into environments and `node_modules`.
    ". --erase tmp/**/* tmp/ **/venv/**/* **/venv/ **/node_modules/**/* **/node_modules/ --yes",
    ". src --erase **/*.log a/?.txt [xy].txt b/*.txt venv/**/* --yes",
    ". --erase **/b/*.txt docs --ignore a x.txt --yes --folders",
    ". --ignore .idea src/a",
];

/// The calls that are tried in a repository.
const CALLS_IN_REPOSITORY: [&str; 3] = [
    ". --debris --folders",
    ". -n --git-clean --debris pytest",
    ". --git-clean --ignore .idea .vscode --yes",
];

const DIRECTORIES: [&str; 8] = ["", "a/", "b/", "a/b/", "src/", "src/a/", "tmp/b/", ".idea/"];

/// What a directory can contain. Every directory has a project file.
const ENTRIES: &str = "__pycache__/m.cpython-312.pyc, __pycache__/m.cpython-312.opt-1.pyc, __pycache__/, \
    m.py, m.pyc, m.pyo, m.cpython-312.pyc, m.pyd, m.pyc.txt, m.PYC, d.pyc/m.pyc, x.txt, \
    xy.txt, [x].txt, a.log, .hidden, pipe|, empty/, docs/x.txt, venv/m.pyc, \
    venv/dist/w.whl, node_modules/__pycache__/m.pyc, .coverage, coverage.xml, \
    htmlcov/index.html, dist/w.whl, sdist/s.tar.gz, build/lib/m.py, build/bdist.linux/b, \
    build/notes.txt, x.egg-info/PKG-INFO dist/w.whl, .pytest_cache/v/c, .ruff_cache/r, \
    .mypy_cache/m, .ipynb_checkpoints/n, .cache/c";

fn random_trees() -> impl Strategy<Value = String> {
    let entries: Vec<_> = ENTRIES.split(", ").collect();
    let entry = (select(&DIRECTORIES[..]), select(entries));
    vec(entry, 4..24).prop_map(|entries| {
        let projects = DIRECTORIES.map(|directory| format!("{directory}pyproject.toml"));
        let entries = entries.into_iter().flat_map(|(directory, entries)| {
            let entries = entries.split(' ');
            entries.map(move |entry| format!("{directory}{entry}"))
        });
        // A pipe can be made only once.
        let entries: BTreeSet<String> = entries.chain(projects).collect();
        Vec::from_iter(entries).join(" ")
    })
}

#[test]
fn both_programs_remove_the_same() {
    let Some(rival) = start_rival().filter(|_| !is_missing("git")) else {
        return;
    };
    let rival = RefCell::new(rival);
    let config = Config {
        cases: case_count(50, 2_000),
        rng_seed: random_seed(),
        failure_persistence: None,
        max_shrink_iters: 300,
        ..Config::default()
    };
    let check = |entries: String| -> TestCaseResult {
        for (calls, is_repository) in [(&CALLS[..], false), (&CALLS_IN_REPOSITORY, true)] {
            for call in calls {
                let [here, there] = [(), ()].map(|()| tree(&entries));
                if is_repository {
                    for tree in [&here, &there] {
                        git(tree, ".", &["init", "-q", "--template="]);
                        git(tree, ".", &["add", "*/pyproject.toml"]);
                    }
                }
                let codes = run_both(&here, &there, call, "", &mut rival.borrow_mut());
                prop_assert_eq!(codes.0, codes.1, "{}", call);
                prop_assert_eq!(differences(&here, &there), "", "{}", call);
            }
        }
        Ok(())
    };
    let mut runner = TestRunner::new(config);
    runner.run(&random_trees(), check).unwrap();
}

#[test]
fn intended_differences() {
    let Some(mut rival) = start_rival().filter(|_| !is_missing("git")) else {
        return;
    };
    let mut failures = Vec::new();
    let mut check = |entries: &str, is_repository, call, answer, expected, expected_codes| {
        let [here, there] = [(), ()].map(|()| tree(entries));
        if is_repository {
            for tree in [&here, &there] {
                init_repository(tree, ".", &["."]);
            }
        }
        let codes = run_both(&here, &there, call, answer, &mut rival);
        let found = differences(&here, &there);
        if (&*found, codes) != (expected, expected_codes) {
            failures.push(format!("pyclean {call} in {entries}: {found} {codes:?}\n"));
        }
    };
    for (table, is_repository) in [(DIFFERENCES, false), (IN_REPOSITORY, true)] {
        let lines = table.lines().map(str::trim);
        for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let fields: Vec<_> = line.split(';').map(str::trim).collect();
            let [entries, call, expected] = fields[..] else {
                panic!("{line}: a difference has three fields");
            };
            check(entries, is_repository, call, "", expected, (0, 0));
        }
    }
    for (_, answer, expected, codes) in PROMPTS {
        let call = ". --erase tmp/*";
        check("m.pyc tmp/x", false, call, answer, expected, codes);
    }
    assert!(failures.is_empty(), "{}", failures.concat());
}

#[test]
fn both_programs_ignore_the_same() {
    const ENTRIES: &str = "foo/bar/m.pyc foo/bar/x foo/bar/baz/deep/m.pyc foo/bar/baz/deep/x \
                           src/foo/bar/models/m.pyc src/foo/bar/models/x bar/foo/m.pyc bar/foo/x \
                           foo/baz/m.pyc foo/baz/x test/.mypy_cache/x test/baz/foo/bar/x";
    let Some(mut rival) = start_rival() else {
        return;
    };
    for ignored in [
        "bar",
        "baz",
        "foo/bar",
        "foo/bar/baz",
        "baz bar",
        "baz foo/bar",
        "none test",
        "foo/none bar/baz",
    ] {
        for call in [
            ".",
            ". --debris mypy",
            ". --folders",
            ". --erase **/x --yes",
            "foo/bar src --erase **/* --yes",
        ] {
            let [here, there] = [(), ()].map(|()| tree(ENTRIES));
            let call = format!("{call} --ignore {ignored}");
            let codes = run_both(&here, &there, &call, "", &mut rival);
            assert_eq!(codes, (0, 0), "{call}");
            // Of a PATH, the other program keeps only what `--erase` matches.
            let found = differences(&here, &there);
            let found = found.replace("+foo/bar/m.pyc", "");
            let found = found.replace("+foo/bar/baz/deep/m.pyc", "");
            assert_eq!(found.trim(), "", "{call}");
        }
    }
}

/// Usage errors of either program: the arguments, and the exit codes of this program and of the
/// other. This program removes nothing in these cases.
const USAGE_ERRORS: [(&str, i32, i32); 8] = [
    ("-q -v .", 2, 2),
    ("--debris .", 2, 2),
    (". --debris dust", 2, 2),
    ("--ignore a .", 2, 2),
    // The other program fails after it has removed something.
    (". nowhere", 2, 1),
    (". --erase /x --yes", 2, 1),
    (". --erase ../x --yes", 2, 0),
    // This program accepts bytecode as PATH.
    ("m.py", 2, 1),
];

#[test]
fn usage_errors_remove_nothing() {
    let Some(mut rival) = start_rival() else {
        return;
    };
    for (call, code_here, code_there) in USAGE_ERRORS {
        let [here, there] = [(), ()].map(|()| tree("m.py m.pyc"));
        let codes = run_both(&here, &there, call, "", &mut rival);
        assert_eq!(codes, (code_here, code_there), "{call}");
        here.assert_left("m.py m.pyc");
    }
}

fn start_rival() -> Option<Rival> {
    Rival::start().map_err(|reason| skipped(&reason)).ok()
}

/// Runs each program in its copy of a tree. Returns their exit codes.
fn run_both(here: &Tree, there: &Tree, call: &str, answer: &str, rival: &mut Rival) -> (i32, i32) {
    let arguments: Vec<_> = call.split(' ').collect();
    let code_there = rival.run(there.path(), &arguments, answer);
    fs::write(here.path().join(".answer"), answer).unwrap();
    let answers = fs::File::open(here.path().join(".answer")).unwrap();
    fs::remove_file(here.path().join(".answer")).unwrap();
    let mut command = here.command(arguments);
    command
        .env("HOME", here.path().join("home"))
        .env_remove("XDG_CACHE_HOME")
        .envs(GIT_ENV)
        .stdin(answers)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    (command.status().unwrap().code().unwrap_or(-1), code_there)
}

/// The paths that only this program removed, each after a `-`, and those that only this program
/// kept, each after a `+`.
fn differences(here: &Tree, there: &Tree) -> String {
    let names = |tree: &Tree| -> BTreeSet<String> {
        let names = tree.names();
        let names = names.lines().filter(|name| !name.starts_with(".git/"));
        names.map(str::to_owned).collect()
    };
    let (here, there) = (names(here), names(there));
    let removed = there.difference(&here).map(|path| format!("-{path}"));
    let kept = here.difference(&there).map(|path| format!("+{path}"));
    removed.chain(kept).collect::<Vec<_>>().join(" ")
}
