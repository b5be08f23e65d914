//! This program beside the one that it takes the place of: the release 3.7.0 of the Python
//! package `pyclean`, on copies of random trees. What is left must be the same, and the
//! exit code; [`exceptions`] names every difference that is meant.
//!
//! It needs that package: in the Python on the search path, or in that which
//! `PYCLEAN_RIVAL` names. `PYCLEAN_CASES` is the number of trees.
#![cfg(unix)]

#[path = "differential/exceptions.rs"]
mod exceptions;
#[path = "differential/rival.rs"]
mod rival;
#[path = "differential/sketch.rs"]
mod sketch;
mod util;

use std::collections::BTreeSet;
use std::env;
use std::fmt;
use std::io::Write;
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use exceptions::{EXCEPTIONS, Fate, Scene};
use rival::Rival;
use sketch::Sketch;
use util::{Run, Tree, is_absent, tree};
use walkdir::WalkDir;

/// Keeps git to what it does by default.
const GIT: [(&str, &str); 2] = [
    ("GIT_CONFIG_GLOBAL", "/dev/null"),
    ("GIT_CONFIG_NOSYSTEM", "1"),
];

/// A way to call either program.
#[derive(Debug, Clone, Copy)]
pub struct Call {
    /// The arguments, separated by blanks.
    line: &'static str,
    /// Whether the tree is a git repository.
    in_repository: bool,
    answer: Answer,
}

/// What the user says when asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Yes,
    No,
    Nothing,
}

impl Answer {
    fn word(self) -> &'static str {
        match self {
            Answer::Yes => "y",
            Answer::No => "n",
            Answer::Nothing => "",
        }
    }
}

impl Call {
    const fn new(line: &'static str) -> Call {
        Call {
            line,
            in_repository: false,
            answer: Answer::Nothing,
        }
    }

    const fn in_repository(line: &'static str) -> Call {
        Call {
            in_repository: true,
            ..Call::new(line)
        }
    }

    const fn answered(line: &'static str, answer: Answer) -> Call {
        Call {
            answer,
            ..Call::new(line)
        }
    }

    /// The arguments one by one.
    pub fn arguments(&self) -> Vec<&'static str> {
        self.line.split(' ').collect()
    }

    /// Whether the user gave this argument.
    pub fn has(&self, argument: &str) -> bool {
        self.arguments().contains(&argument)
    }

    fn is_dry(&self) -> bool {
        self.has("-n")
    }

    /// Whether the user is asked, and does not say yes.
    fn is_declined(&self) -> bool {
        let asks = self.has("--erase") && !self.has("--yes") && !self.is_dry();
        asks && self.answer != Answer::Yes
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.in_repository {
            ", in a repository"
        } else {
            ""
        };
        write!(
            f,
            "pyclean {} (answer: {:?}{place})",
            self.line, self.answer
        )
    }
}

/// Trees that are made where `PYCLEAN_CASES` does not say how many. They are enough for
/// all exceptions to come up.
const CASES: u64 = 200;

/// The ways that are tried on every tree.
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
    Call::answered(". --erase tmp/**/* tmp/", Answer::Nothing),
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

#[test]
fn it_does_as_the_package_of_this_name_but_where_it_says() {
    if is_absent("git") || Rival::start().is_none() {
        return;
    }
    let used = Mutex::new(BTreeSet::new());
    let start = || Rival::start().unwrap();
    let trees = for_each_tree(CASES, start, |sketch, rival| {
        let pairs = [false, true]
            .map(|is_repository| [sketch.tree(is_repository), sketch.tree(is_repository)]);
        let compare = |call: &Call| {
            let [here, there] = &pairs[usize::from(call.in_repository)];
            sketch.restore(here);
            sketch.restore(there);
            let names = compare(call, sketch, here, there, rival)?;
            used.lock().unwrap().extend(names);
            Ok(())
        };
        CALLS.iter().map(compare).collect()
    });
    let used = used.into_inner().unwrap();
    let names = EXCEPTIONS.iter().map(|exception| exception.name);
    let unused: Vec<_> = names.filter(|name| !used.contains(name)).collect();
    assert!(
        trees < CASES || unused.is_empty(),
        "nothing differs by these: {unused:?}"
    );
}

/// Requests that are wrong to one of the two: the arguments, and the exit codes here and
/// there. What is refused here has touched nothing.
const WRONG: [(&str, i32, i32); 9] = [
    ("-q -v .", 2, 2),
    ("--debris .", 2, 2),
    (". --debris dust", 2, 2),
    (". --yes", 2, 2),
    ("--ignore a .", 2, 2),
    // Theirs goes as far as it gets.
    (". nowhere", 2, 1),
    (". --erase /x --yes", 2, 1),
    (". --erase ../x --yes", 2, 0),
    // A file is judged by its name.
    ("m.py", 0, 1),
];

#[test]
fn wrong_requests_are_refused_before_anything_goes() {
    let Some(mut rival) = Rival::start() else {
        return;
    };
    for (line, code_here, code_there) in WRONG {
        let (here, there) = (tree("in/m.py in/m.pyc x"), tree("in/m.py in/m.pyc x"));
        let arguments: Vec<_> = line.split(' ').collect();
        let mut command = here.command(&arguments);
        let status = command
            .current_dir(here.path().join("in"))
            .stderr(Stdio::null())
            .status();
        assert_eq!(status.unwrap().code(), Some(code_here), "{line}");
        here.assert_left("in/m.py in/m.pyc x");
        let code = rival.run(&there.path().join("in"), &arguments, Answer::Nothing);
        assert_eq!(code, code_there, "{line}");
    }
}

#[test]
fn a_dry_run_changes_nothing_and_says_what_goes() {
    if is_absent("git") {
        return;
    }
    for_each_tree(
        CASES / 4,
        || (),
        |sketch, ()| {
            let trees = [false, true].map(|is_repository| sketch.tree(is_repository));
            let preview = |call: &Call| {
                let tree = &trees[usize::from(call.in_repository)];
                sketch.restore(tree);
                preview(call, tree)
            };
            let calls = CALLS
                .iter()
                .filter(|call| !call.is_dry() && !call.is_declined());
            calls.map(preview).collect()
        },
    );
}

/// Makes random trees on all cores, `by_default` this many, and checks each of them for
/// every call. Fails with what failed. Gives the number of trees.
fn for_each_tree<T>(
    by_default: u64,
    start: impl Fn() -> T + Sync,
    check: impl Fn(&Sketch, &mut T) -> Vec<Result<(), String>> + Sync,
) -> u64 {
    let trees = env::var("PYCLEAN_CASES").map_or(by_default, |trees| trees.parse().unwrap());
    let next = AtomicU64::new(0);
    let failures = Mutex::new(Vec::new());
    let work = || {
        let mut helper = start();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= trees {
                return;
            }
            let sketch = Sketch::random(seed);
            let failed = check(&sketch, &mut helper)
                .into_iter()
                .filter_map(Result::err);
            let failed = failed.map(|failure| format!("tree {seed}: {sketch}\n{failure}"));
            failures.lock().unwrap().extend(failed);
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, |cores| cores.get()) {
            scope.spawn(work);
        }
    });
    let failures = failures.into_inner().unwrap();
    let shown: String = failures
        .iter()
        .take(10)
        .map(|failure| format!("\n\n{failure}"))
        .collect();
    assert!(
        failures.is_empty(),
        "{} failures, of which:{shown}",
        failures.len()
    );
    trees
}

/// Runs both programs, each in its copy of a tree, and gives the names of the exceptions
/// that explain what differs.
fn compare(
    call: &Call,
    sketch: &Sketch,
    here: &Tree,
    there: &Tree,
    rival: &mut Rival,
) -> Result<BTreeSet<&'static str>, String> {
    let before = entries(here);
    let code_here = run(here, call, &[]).code.unwrap_or(-1);
    let code_there = rival.run(there.path(), &call.arguments(), call.answer);
    let (here, there) = (entries(here), entries(there));
    if call.is_dry() && (here != before || there != before) {
        return Err(format!("{call}\na dry run changed something"));
    }
    let scene = Scene { call, sketch };
    let (mut names, mut failures) = (BTreeSet::new(), Vec::new());
    if code_here != code_there {
        match exceptions::code(&scene, code_here, code_there) {
            Some(name) => names.extend([name]),
            None => failures.push(format!("exit code {code_here}, theirs {code_there}")),
        }
    }
    let stays = leaves(&here, &there).map(|path| (Fate::Stays, path));
    let goes = leaves(&there, &here).map(|path| (Fate::Goes, path));
    for (fate, path) in stays.chain(goes) {
        match EXCEPTIONS
            .iter()
            .find(|exception| exception.explains(&scene, fate, path))
        {
            Some(exception) => names.extend([exception.name]),
            None => failures.push(format!("{fate:?} here, not there: {path}")),
        }
    }
    if failures.is_empty() {
        Ok(names)
    } else {
        let tracked = Some(&sketch.tracked).filter(|_| call.in_repository);
        Err(format!(
            "tracked: {tracked:?}\n{call}\n{}",
            failures.join("\n")
        ))
    }
}

/// Runs this program dry, short and verbose, and then for real, and compares what it
/// says with what goes.
fn preview(call: &Call, tree: &Tree) -> Result<(), String> {
    let before = entries(tree);
    let short = Listed::by(&run(tree, call, &["-n"]));
    let preview = Listed::by(&run(tree, call, &["-n", "-v"]));
    if entries(tree) != before {
        return Err(format!("{call}\na dry run changed something"));
    }
    let real = Listed::by(&run(tree, call, &["-v"]));
    let after = entries(tree);
    let is_gone = |path: &String| before.contains(path) && !after.contains(path);
    let is_listed = |path: &str| {
        [&short, &preview, &real]
            .iter()
            .all(|listed| listed.covers(path))
    };
    // Git clears up what it leaves empty, which its own dry run does not foresee.
    let is_by_git = call.has("--git-clean");
    let checks = [
        (
            "the dry run lists other than the real run",
            preview.own == real.own,
        ),
        (
            "the short list has more than the long one",
            short.own.iter().all(|path| preview.own.contains(path)),
        ),
        (
            "something is listed that stays",
            preview.own.iter().chain(&preview.by_git).all(is_gone),
        ),
        (
            "something goes that is not listed",
            leaves(&before, &after).all(is_listed),
        ),
        (
            "a directory goes that is not listed",
            is_by_git || preview.own.len() == before.len() - after.len(),
        ),
    ];
    let failures: Vec<_> = checks
        .iter()
        .filter(|(_, is_right)| !is_right)
        .map(|(failure, _)| *failure)
        .collect();
    if failures.is_empty() {
        Ok(())
    } else {
        Err(format!(
            "{call}\n{}\ndry run: {preview:?}\nreal run: {real:?}",
            failures.join("\n")
        ))
    }
}

/// What a run says that goes.
#[derive(Debug)]
struct Listed {
    own: Vec<String>,
    /// What `git clean` says. It lists a directory without what is in it.
    by_git: Vec<String>,
}

impl Listed {
    fn by(run: &Run) -> Listed {
        let (mut own, mut by_git) = (Vec::new(), Vec::new());
        for line in run.stdout.lines() {
            let by_others = line
                .strip_prefix("Would remove ")
                .or(line.strip_prefix("Removing "));
            match by_others {
                Some(path) => by_git.push(path.to_owned()),
                None => own.push(line.to_owned()),
            }
        }
        Listed { own, by_git }
    }

    /// Whether something was listed, or a directory that it lies in.
    fn covers(&self, path: &str) -> bool {
        let mut listed = self.own.iter().chain(&self.by_git);
        listed.any(|listed| {
            listed == path || (listed.ends_with('/') && path.starts_with(listed.as_str()))
        })
    }
}

/// What only one of two trees holds, without the directories that hold some of it: they
/// cannot but differ.
fn leaves<'a>(
    one: &'a BTreeSet<String>,
    other: &'a BTreeSet<String>,
) -> impl Iterator<Item = &'a str> {
    let holds =
        |directory: &str, path: &str| path.len() > directory.len() && path.starts_with(directory);
    let is_leaf =
        move |path: &&String| !path.ends_with('/') || !one.iter().any(|inner| holds(path, inner));
    one.difference(other).filter(is_leaf).map(String::as_str)
}

/// What a tree holds, but for what is git's: paths, of which those of directories end
/// with `/`.
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
        .env_remove("PYTHONPYCACHEPREFIX")
        .envs(GIT)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    if call.answer != Answer::Nothing {
        // Where nothing is asked, nobody reads it.
        let _ = writeln!(stdin, "{}", call.answer.word());
    }
    drop(stdin);
    child.wait_with_output().unwrap().into()
}
