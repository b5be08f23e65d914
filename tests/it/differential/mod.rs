//! This program compared with release 3.7.0 of the Python package `pyclean`, which it
//! replaces, on copies of random trees. The same must be left, and the exit codes must be
//! equal; [`exceptions`] names every intended difference.
//!
//! The test needs that package, in the Python on the search path or in the one that
//! `PYCLEAN_RIVAL` names.

mod exceptions;
mod rival;
mod tree_spec;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;
use std::io::Write;
use std::process::Stdio;
use std::sync::Mutex;

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use walkdir::WalkDir;

use crate::util::{
    GIT_ENV, Run, Tree, case_count, for_each_in_parallel, is_missing, skipped, tree,
};
use exceptions::{Case, EXCEPTIONS, Outcome};
use rival::Rival;
use tree_spec::{TreeSpec, tree_specs};

/// A way to call either program.
#[derive(Debug, Clone, Copy)]
pub struct Call {
    /// The arguments, separated by spaces.
    line: &'static str,
    /// Whether the tree is a git repository.
    in_repository: bool,
    answer: Answer,
}

/// The user's answer to a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Yes,
    No,
    Missing,
}

impl Answer {
    fn word(self) -> &'static str {
        match self {
            Self::Yes => "y",
            Self::No => "n",
            Self::Missing => "",
        }
    }
}

impl Call {
    const fn new(line: &'static str) -> Self {
        Self {
            line,
            in_repository: false,
            answer: Answer::Missing,
        }
    }

    const fn in_repository(line: &'static str) -> Self {
        Self {
            in_repository: true,
            ..Self::new(line)
        }
    }

    const fn answered(line: &'static str, answer: Answer) -> Self {
        Self {
            answer,
            ..Self::new(line)
        }
    }

    pub fn arguments(&self) -> Vec<&'static str> {
        self.line.split(' ').collect()
    }

    pub fn has_argument(&self, argument: &str) -> bool {
        self.arguments().contains(&argument)
    }

    fn is_dry_run(&self) -> bool {
        self.has_argument("-n")
    }

    /// Whether the user is asked and does not agree.
    fn is_declined(&self) -> bool {
        let has_prompt =
            self.has_argument("--erase") && !self.has_argument("--yes") && !self.is_dry_run();
        has_prompt && self.answer != Answer::Yes
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.in_repository {
            ", in a repository"
        } else {
            ""
        };
        let Self { line, answer, .. } = self;
        write!(f, "pyclean {line} (answer: {answer:?}{place})")
    }
}

/// The calls that are tried on every tree.
const CALLS: &[Call] = &[
    Call::new("."),
    Call::new(". src"),
    Call::new("venv tmp/b"),
    Call::new(". --debris"),
    Call::new(". --debris cache complexipy coverage jupyter mypy package pyright pytest ruff tox"),
    Call::new(". --debris all --folders"),
    Call::new(". -d jupyter"),
    Call::new(". --erase tmp/**/* tmp/ --yes"),
    Call::new(". --erase tmp/ tmp/**/* --yes"),
    Call::new(". src --erase **/*.log a/?.txt {x,xy}.txt [xy].txt b/* venv/**/* --yes"),
    Call::new(". --erase **/a/ **/b/**/* docs --ignore a x.txt --yes"),
    Call::answered(". --erase tmp/**/* tmp/", Answer::Yes),
    Call::answered(". --erase tmp/**/* tmp/ --debris cache", Answer::No),
    Call::answered(". --erase tmp/**/* tmp/", Answer::Missing),
    Call::new(". --folders"),
    Call::new(". --folders --debris package --erase tmp/**/* --yes --ignore .idea docs"),
    Call::new(". --ignore .idea .vscode"),
    Call::new(". --debris package pytest --ignore src/a dist kept.pyc"),
    Call::new(". --git-clean --yes"),
    Call::in_repository(". --ignore .idea .vscode --git-clean --yes"),
    Call::in_repository(". --debris --folders"),
    Call::in_repository(". --debris mypy tox --git-clean --erase tmp/**/* --yes"),
    Call::in_repository(". -n --debris pytest --git-clean"),
    Call::new(". -n --debris mypy --folders --erase **/* --yes"),
    Call::new(". -n"),
    Call::new(". --yes"),
];

/// The numbers of the trees of a short run, and of trees with a rare exception. Every
/// exception occurs on one of these trees.
const FEW_TREES: u64 = 100;
const RARE_TREES: [u64; 4] = [134, 197, 293, 820];

/// The numbers of the trees to try.
fn tree_numbers() -> Vec<u64> {
    case_count(
        (0..FEW_TREES).chain(RARE_TREES).collect(),
        (0..1_000).collect(),
    )
}

#[test]
fn result_equals_that_of_python_pyclean_except_for_the_exceptions() {
    if is_missing("git") || is_rival_missing() {
        return;
    }
    let used = Mutex::new(BTreeSet::new());
    let start = || Rival::start().unwrap();
    check_trees(&tree_numbers(), start, |spec, rival| {
        let pairs = [false, true]
            .map(|is_repository| [spec.create(is_repository), spec.create(is_repository)]);
        let compare = |call: &Call| {
            let [here, there] = &pairs[usize::from(call.in_repository)];
            spec.restore(here);
            spec.restore(there);
            let names = compare(call, spec, here, there, rival)?;
            used.lock().unwrap().extend(names);
            Ok(())
        };
        CALLS.iter().map(compare).collect()
    });
    let used = used.into_inner().unwrap();
    let names = EXCEPTIONS.iter().map(|exception| exception.name);
    let unused: Vec<_> = names.filter(|name| !used.contains(name)).collect();
    assert!(unused.is_empty(), "exceptions without a case: {unused:?}");
}

/// Usage errors of either program: the arguments, and the exit codes of this program and of
/// the other. This program removes nothing in these cases.
const USAGE_ERRORS: [(&str, i32, i32); 9] = [
    ("-q -v .", 2, 2),
    ("--debris .", 2, 2),
    (". --debris dust", 2, 2),
    (". --yes", 2, 2),
    ("--ignore a .", 2, 2),
    // The other program fails after it has removed something.
    (". nowhere", 2, 1),
    (". --erase /x --yes", 2, 1),
    (". --erase ../x --yes", 2, 0),
    // This program accepts a file as PATH.
    ("m.py", 0, 1),
];

#[test]
fn usage_errors_remove_nothing() {
    if is_rival_missing() {
        return;
    }
    let mut rival = Rival::start().unwrap();
    for (line, code_here, code_there) in USAGE_ERRORS {
        let (here, there) = (tree("in/m.py in/m.pyc x"), tree("in/m.py in/m.pyc x"));
        let arguments: Vec<_> = line.split(' ').collect();
        let mut command = here.command(&arguments);
        command.current_dir(here.path().join("in"));
        let status = command.stderr(Stdio::null()).status();
        assert_eq!(status.unwrap().code(), Some(code_here), "{line}");
        here.assert_left("in/m.py in/m.pyc x");
        let code = rival.run(&there.path().join("in"), &arguments, Answer::Missing);
        assert_eq!(code, code_there, "{line}");
    }
}

#[test]
fn dry_run_lists_what_a_run_removes() {
    if is_missing("git") {
        return;
    }
    let numbers = tree_numbers();
    check_trees(
        &numbers[..numbers.len() / 4],
        || (),
        |spec, ()| {
            let trees = [false, true].map(|is_repository| spec.create(is_repository));
            let check = |call: &Call| {
                let tree = &trees[usize::from(call.in_repository)];
                spec.restore(tree);
                check_dry_run(call, tree)
            };
            let calls = CALLS
                .iter()
                .filter(|call| !call.is_dry_run() && !call.is_declined());
            calls.map(check).collect()
        },
    );
}

/// Whether the tests that need Python's pyclean have to be skipped.
fn is_rival_missing() -> bool {
    let rival = Rival::start();
    if let Err(reason) = &rival {
        skipped(reason);
    }
    rival.is_err()
}

/// Checks random trees on all cores. `start` creates what a thread keeps for all of its
/// trees. Each number stands for one tree, always the same. Fails with the trees on which a
/// check failed, shrunk.
fn check_trees<T>(
    numbers: &[u64],
    start: impl Fn() -> T + Sync,
    check: impl Fn(&TreeSpec, &mut T) -> Vec<Result<(), String>> + Sync,
) {
    const MAX_FAILURES: usize = 4;
    let failures = Mutex::new(Vec::new());
    let numbers = numbers
        .iter()
        .take_while(|_| failures.lock().unwrap().len() < MAX_FAILURES);
    let start = || RefCell::new(start());
    for_each_in_parallel(numbers, start, |state, &number| {
        let check = |spec: TreeSpec| {
            let results = check(&spec, &mut state.borrow_mut());
            let failed: Vec<_> = results.into_iter().filter_map(Result::err).collect();
            if failed.is_empty() {
                Ok(())
            } else {
                Err(TestCaseError::fail(failed.join("\n")))
            }
        };
        match runner(number).run(&tree_specs(), check) {
            Ok(()) => {}
            Err(TestError::Fail(reason, spec)) => {
                let failure = format!("\n\ntree {number}, shrunk: {spec}\n{reason}");
                failures.lock().unwrap().push(failure);
            }
            Err(TestError::Abort(reason)) => panic!("{reason}"),
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{}", failures.concat());
}

/// A test runner that generates the tree with this number.
fn runner(number: u64) -> TestRunner {
    let config = Config {
        cases: 1,
        failure_persistence: None,
        max_shrink_time: 20_000,
        max_shrink_iters: 1_000,
        ..Config::default()
    };
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&number.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    TestRunner::new_with_rng(config, rng)
}

/// Runs both programs, each in its copy of a tree. Returns the names of the exceptions that
/// explain the differences.
fn compare(
    call: &Call,
    spec: &TreeSpec,
    here: &Tree,
    there: &Tree,
    rival: &mut Rival,
) -> Result<BTreeSet<&'static str>, String> {
    let before = entries(here);
    let code_here = run(here, call, &[]).code.unwrap_or(-1);
    let code_there = rival.run(there.path(), &call.arguments(), call.answer);
    let (here, there) = (entries(here), entries(there));
    if call.is_dry_run() && (here != before || there != before) {
        return Err(format!("{call}\na dry run changed something"));
    }
    let case = Case { call, spec };
    let (mut names, mut failures) = (BTreeSet::new(), Vec::new());
    if code_here != code_there {
        match exceptions::explain_exit_codes(&case, code_here, code_there) {
            Some(name) => names.extend([name]),
            None => failures.push(format!("exit code {code_here}, of the other {code_there}")),
        }
    }
    let kept = differing_leaves(&here, &there).map(|path| (Outcome::Kept, path));
    let removed = differing_leaves(&there, &here).map(|path| (Outcome::Removed, path));
    for (outcome, path) in kept.chain(removed) {
        let mut exceptions = EXCEPTIONS.iter();
        match exceptions.find(|exception| exception.explains(&case, outcome, path)) {
            Some(exception) => names.extend([exception.name]),
            None => failures.push(format!("{outcome:?} by this program alone: {path}")),
        }
    }
    if failures.is_empty() {
        return Ok(names);
    }
    let failures = failures.join("\n");
    if call.in_repository {
        Err(format!("{call}\ntracked: {:?}\n{failures}", spec.tracked))
    } else {
        Err(format!("{call}\n{failures}"))
    }
}

/// Compares the listings of two dry runs, short and verbose, with the listing of a run and
/// with what that removes.
fn check_dry_run(call: &Call, tree: &Tree) -> Result<(), String> {
    let before = entries(tree);
    let short = Listing::of(&run(tree, call, &["-n"]));
    let dry_run = Listing::of(&run(tree, call, &["-n", "-v"]));
    if entries(tree) != before {
        return Err(format!("{call}\na dry run changed something"));
    }
    let real_run = Listing::of(&run(tree, call, &["-v"]));
    let after = entries(tree);
    let is_removed = |path: &String| before.contains(path) && !after.contains(path);
    let is_listed = |path: &str| {
        [&short, &dry_run, &real_run]
            .iter()
            .all(|listing| listing.covers(path))
    };
    // `git clean` removes directories that become empty, but its dry run does not list
    // them.
    let has_git_clean = call.has_argument("--git-clean");
    let checks = [
        (
            "the listings of the dry run and of the run are equal",
            dry_run.own == real_run.own,
        ),
        (
            "the short listing is part of the verbose listing",
            short.own.iter().all(|path| dry_run.own.contains(path)),
        ),
        (
            "everything that is listed is removed",
            dry_run.own.iter().chain(&dry_run.by_git).all(is_removed),
        ),
        (
            "everything that is removed is listed",
            differing_leaves(&before, &after).all(is_listed),
        ),
        (
            "every directory that is removed is listed",
            has_git_clean || dry_run.own.len() == before.len() - after.len(),
        ),
    ];
    let failed: Vec<_> = checks
        .iter()
        .filter(|(_, holds)| !holds)
        .map(|(check, _)| format!("does not hold: {check}"))
        .collect();
    if failed.is_empty() {
        return Ok(());
    }
    let failed = failed.join("\n");
    Err(format!(
        "{call}\n{failed}\ndry run: {dry_run:?}\nrun: {real_run:?}"
    ))
}

/// What a run lists as removed.
#[derive(Debug)]
struct Listing {
    own: Vec<String>,
    /// The output of `git clean`, which lists a directory without its contents.
    by_git: Vec<String>,
}

impl Listing {
    fn of(run: &Run) -> Self {
        let (mut own, mut by_git) = (Vec::new(), Vec::new());
        for line in run.stdout.lines() {
            let path = line
                .strip_prefix("Would remove ")
                .or(line.strip_prefix("Removing "));
            match path {
                Some(path) => by_git.push(path.to_owned()),
                None => own.push(line.to_owned()),
            }
        }
        Self { own, by_git }
    }

    /// Whether a path or a directory that contains it is listed.
    fn covers(&self, path: &str) -> bool {
        let mut listed = self.own.iter().chain(&self.by_git);
        listed.any(|listed| {
            listed == path || (listed.ends_with('/') && path.starts_with(listed.as_str()))
        })
    }
}

/// The paths that only `one` contains, except directories of which `one` contains more than
/// the directory itself: they differ because their contents differ.
fn differing_leaves<'a>(
    one: &'a BTreeSet<String>,
    other: &'a BTreeSet<String>,
) -> impl Iterator<Item = &'a str> {
    let contains =
        |directory: &str, path: &str| path.len() > directory.len() && path.starts_with(directory);
    let is_leaf = move |path: &&String| {
        !path.ends_with('/') || !one.iter().any(|inner| contains(path, inner))
    };
    one.difference(other).filter(is_leaf).map(String::as_str)
}

/// The paths in a tree without `.git` and its contents. Those of directories end with `/`.
fn entries(tree: &Tree) -> BTreeSet<String> {
    let walk = WalkDir::new(tree.path()).min_depth(1).into_iter();
    let walk = walk.filter_entry(|entry| entry.file_name() != ".git");
    walk.map(|entry| {
        let entry = entry.unwrap();
        let path = entry.path().strip_prefix(tree.path()).unwrap();
        let end = if entry.file_type().is_dir() { "/" } else { "" };
        format!("{}{end}", path.display())
    })
    .collect()
}

/// Runs this program in a tree.
fn run(tree: &Tree, call: &Call, more: &[&str]) -> Run {
    let mut command = tree.command([&call.arguments()[..], more].concat());
    command
        .env("HOME", tree.path().join("home"))
        .env_remove("XDG_CACHE_HOME")
        .envs(GIT_ENV)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    if call.answer != Answer::Missing {
        // The program reads stdin only if it asks.
        let _ = writeln!(stdin, "{}", call.answer.word());
    }
    drop(stdin);
    child.wait_with_output().unwrap().into()
}
