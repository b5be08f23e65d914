//! Random trees and random options: what the program leaves, lists, counts and answers,
//! against a model of its promises.
//!
//! `PYCLEAN_CASES=100000 cargo test --test properties` tries that many cases. One that
//! fails is shrunk and kept beside this file, to be tried first from then on.
#![cfg(unix)]

#[path = "properties/model.rs"]
mod model;
#[path = "properties/world.rs"]
mod world;

use std::collections::BTreeSet;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use model::{Expected, Model, Named};
use proptest::prelude::*;
use proptest::test_runner::{Config, FileFailurePersistence, TestCaseResult};
use world::{Case, Much, Node, Snapshot, World, cases};

/// Cases that are tried in all, if the environment does not ask for more.
const CASES: u32 = 10_000;

/// One of so many cases has a tree that is worth several threads.
const ONE_IS_LARGE: u32 = 200;

/// What one run said.
struct Run {
    code: Option<i32>,
    /// The paths it listed.
    listed: Vec<Vec<u8>>,
    /// Its last line to the user.
    summary: String,
    stderr: String,
}

/// Runs for its share of all cases.
fn config(share: u32) -> Config {
    let cases = env::var("PYCLEAN_CASES").map_or(CASES, |cases| cases.parse().unwrap());
    Config {
        cases: (cases / share).max(1),
        max_shrink_time: 20_000,
        max_shrink_iters: 3_000,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource(
            "proptest-regressions",
        ))),
        ..Config::default()
    }
}

proptest! {
    #![proptest_config(config(4))]

    #[test]
    fn bytecode(case in cases(Much::Bytecode, 1)) {
        holds(&case)?;
    }

    #[test]
    fn debris(case in cases(Much::Debris, 1)) {
        holds(&case)?;
    }

    #[test]
    fn erased_and_folders(case in cases(Much::Erasing, 1)) {
        holds(&case)?;
    }

    #[test]
    fn all_together(case in cases(Much::All, 1)) {
        holds(&case)?;
    }
}

proptest! {
    #![proptest_config(config(ONE_IS_LARGE))]

    #[test]
    fn by_several_threads(case in cases(Much::All, 120)) {
        holds(&case)?;
    }
}

/// Tries all that is promised of any run on one case.
fn holds(case: &Case) -> TestCaseResult {
    let world = World::new(case);
    let paths = world.paths(case).into_iter();
    let named: Vec<Named> = paths.map(|path| find(&world, path)).collect();
    let before = world.snapshot();
    let (missing, named): (Vec<_>, Vec<_>) =
        named.into_iter().partition(|one| is_missing(&world, one));
    if !missing.is_empty() {
        let all: Vec<_> = named.iter().chain(&missing).cloned().collect();
        let run = run(&world, case, &all, &["-n"]);
        prop_assert_eq!(run.code, Some(1), "{}", run.stderr);
        prop_assert_eq!(&world.snapshot(), &before);
    }
    if named.is_empty() {
        return Ok(());
    }
    let resolved = world.resolved(&case.options);
    let model = Model {
        tree: &before,
        options: &case.options,
        ignored: &world.ignored(&case.options),
        resolved: &resolved,
        named: &named,
    };
    let expected = model.expected();
    let preview = previews(&world, case, &named, &before, &expected)?;

    let gone = model.possible(&expected.gone, &world.locked);
    let is_stuck = gone.len() < expected.gone.len();
    let done = really(&world, case, &named);
    let after = world.snapshot();
    let went = before.keys().filter(|path| !after.contains_key(*path));
    same("went", &gone, &went.cloned().collect())?;
    for (path, node) in &after {
        prop_assert_eq!(Some(node), before.get(path), "{} changed", path.display());
    }
    let code = i32::from(expected.unanswered || is_stuck);
    prop_assert_eq!(done.code, Some(code), "{}", done.stderr);
    if is_stuck {
        return Ok(());
    }
    prop_assert_eq!(&done.listed, &preview.listed);
    prop_assert_eq!(&done.summary, &summary("Removed", &before, &gone));
    // Where PATHs overlap, one may take what another spares, and the next run finds the
    // directory of that empty. A word of `--ignore` loses a meaning with the link that it
    // leads through.
    let means_the_same = world.resolved(&case.options) == resolved;
    let takes_more = named.iter().any(|one| !one.is_directory) && case.options.folders;
    if means_the_same && (named.len() == 1 || !(case.options.narrow() || takes_more)) {
        again(&world, case, named, &after, &gone)?;
    }
    Ok(())
}

/// A preview says what would go, and changes nothing.
fn previews(
    world: &World,
    case: &Case,
    named: &[Named],
    tree: &Snapshot,
    expected: &Expected,
) -> Result<Run, TestCaseError> {
    let Expected {
        gone,
        whole,
        unanswered,
    } = expected;
    let full = run(world, case, named, &["-n", "-v"]);
    same(
        "would go",
        gone,
        &resolved(world, named, tree, &full.listed)?,
    )?;
    prop_assert_eq!(&full.summary, &summary("Would remove", tree, gone));
    prop_assert_eq!(full.code, Some(i32::from(*unanswered)), "{}", full.stderr);

    let brief = run(world, case, named, &["--check"]);
    let is_outermost = |path: &&PathBuf| path.ancestors().skip(1).all(|dir| !whole.contains(dir));
    let targets = gone.iter().filter(is_outermost).cloned().collect();
    same(
        "is listed",
        &targets,
        &resolved(world, named, tree, &brief.listed)?,
    )?;
    prop_assert_eq!(&brief.summary, &full.summary);
    let code = i32::from(*unanswered || !gone.is_empty());
    prop_assert_eq!(brief.code, Some(code), "{}", brief.stderr);

    prop_assert_eq!(&world.snapshot(), tree);
    Ok(full)
}

/// A second run removes nothing.
fn again(
    world: &World,
    case: &Case,
    mut named: Vec<Named>,
    tree: &Snapshot,
    gone: &BTreeSet<PathBuf>,
) -> TestCaseResult {
    // What is gone cannot be named again, and what led to it is another thing now.
    let is_as_it_was = |named: &Named| {
        let path = world.tree().join(&named.written);
        let is_there = path.symlink_metadata().is_ok() && !is_missing(world, named);
        is_there && path.is_dir() == named.is_directory
    };
    // A directory that was named by a link which is gone is one like any other.
    let is_unnamed = |named: &Named| !is_as_it_was(named) && named.real.is_dir();
    // What is guarded stays guarded, unless the guard was erased.
    let is_guard = |path: &PathBuf| path.ends_with(".git") || path.ends_with(".profile");
    if named.iter().any(is_unnamed) || gone.iter().any(is_guard) {
        return Ok(());
    }
    named.retain(is_as_it_was);
    if !named.is_empty() {
        let run = really(world, case, &named);
        prop_assert_eq!(&run.summary, "Nothing to remove.");
        prop_assert!(run.listed.is_empty());
        prop_assert_eq!(&world.snapshot(), tree);
    }
    Ok(())
}

/// A run that removes, without asking.
fn really(world: &World, case: &Case, named: &[Named]) -> Run {
    // Where nothing would be asked, the answer is refused.
    let how: &[&str] = match case.options.erase[..] {
        [] => &["-v"],
        _ => &["-v", "--yes"],
    };
    run(world, case, named, how)
}

/// What a PATH leads to.
fn find(world: &World, written: PathBuf) -> Named {
    let path = world.tree().join(&written);
    let is_directory = path.is_dir();
    let real = match is_directory {
        true => fs::canonicalize(&path).unwrap(),
        false => own_place(&path),
    };
    // Nothing else is ever at stake.
    assert!(real.starts_with(world.top()), "{written:?} leads out");
    Named {
        written,
        real,
        is_directory,
    }
}

/// Whether a PATH is a link that leads nowhere, and is no cache itself.
fn is_missing(world: &World, named: &Named) -> bool {
    let mut above = named.real.ancestors().skip(1);
    let is_cache = model::is_bytecode(named.real.as_os_str())
        || above.any(|path| path.ends_with("__pycache__"));
    !is_cache && world.tree().join(&named.written).metadata().is_err()
}

/// Where something lies itself, without links on the way to it.
fn own_place(path: &Path) -> PathBuf {
    let parent = fs::canonicalize(path.parent().unwrap()).unwrap();
    parent.join(path.file_name().unwrap())
}

fn run(world: &World, case: &Case, named: &[Named], how: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pyclean"));
    command
        .args(named.iter().map(|named| &named.written))
        .args(["-0"])
        .args(how)
        .args(world.arguments(&case.options))
        .current_dir(world.tree())
        .env("HOME", world.top().join("home"))
        .env_remove("XDG_CACHE_HOME")
        .env_remove("PYTHONPYCACHEPREFIX")
        .stdin(Stdio::null());
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    let listed = output.stdout.split(|byte| *byte == 0);
    let mut listed: Vec<Vec<u8>> = listed.map(<[u8]>::to_vec).collect();
    listed.pop();
    Run {
        code: output.status.code(),
        listed,
        summary: stderr.lines().last().unwrap_or_default().to_owned(),
        stderr,
    }
}

/// What a listing names, each once. Directories are marked as such, and nothing else is.
fn resolved(
    world: &World,
    named: &[Named],
    tree: &Snapshot,
    listed: &[Vec<u8>],
) -> Result<BTreeSet<PathBuf>, TestCaseError> {
    let mut paths = BTreeSet::new();
    let mut lines: Vec<Vec<&[u8]>> = Vec::new();
    for line in listed {
        let path = own_place(&world.tree().join(OsStr::from_bytes(line)));
        let is_directory = tree.get(&path) == Some(&Node::Directory);
        prop_assert_eq!(line.ends_with(b"/"), is_directory, "{:?}", path);
        prop_assert!(paths.insert(path), "listed twice: {:?}", line);
        let line = line.strip_suffix(b"/").unwrap_or(line);
        lines.push(line.split(|byte| *byte == b'/').collect());
    }
    // What a link leads to has its path in the middle of where the link lies.
    let is_link = |named: &Named| named.is_directory && world.is_link(&named.written);
    let is_ordered = lines.is_sorted() || named.iter().any(is_link);
    prop_assert!(is_ordered, "not in path order: {:?}", paths);
    Ok(paths)
}

/// The last line of a run that removes these.
fn summary(done: &str, tree: &Snapshot, gone: &BTreeSet<PathBuf>) -> String {
    let (mut directories, mut files, mut bytes) = (0, 0, 0);
    for path in gone {
        match &tree[path] {
            Node::Directory => directories += 1,
            Node::File(_) | Node::Link(_) | Node::Pipe => files += 1,
        }
        bytes += match &tree[path] {
            Node::File(text) => text.len(),
            Node::Link(target) => target.as_os_str().len(),
            Node::Directory | Node::Pipe => 0,
        };
    }
    let size = match bytes {
        0..1024 => format!("{bytes} B"),
        _ if bytes < 1 << 20 => format!("{:.1} KiB", bytes as f64 / 1024.0),
        _ => format!("{:.1} MiB", bytes as f64 / 1024.0 / 1024.0),
    };
    let directories = match directories {
        0 => None,
        1 => Some("1 directory".to_owned()),
        _ => Some(format!("{directories} directories")),
    };
    let files = match files {
        0 => None,
        1 => Some(format!("1 file ({size})")),
        _ => Some(format!("{files} files ({size})")),
    };
    let what: Vec<String> = [directories, files].into_iter().flatten().collect();
    match &what[..] {
        [] => "Nothing to remove.".to_owned(),
        what => format!("{done} {}.", what.join(" and ")),
    }
}

/// Fails with the difference of two sets.
fn same(what: &str, expected: &BTreeSet<PathBuf>, actual: &BTreeSet<PathBuf>) -> TestCaseResult {
    let only = |a: &BTreeSet<PathBuf>, b: &BTreeSet<PathBuf>| -> Vec<OsString> {
        a.difference(b).map(|path| path.into()).collect()
    };
    let (missing, surplus) = (only(expected, actual), only(actual, expected));
    prop_assert!(
        missing.is_empty() && surplus.is_empty(),
        "{what}: not though it should: {missing:?}; though it should not: {surplus:?}"
    );
    Ok(())
}
