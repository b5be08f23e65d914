//! Random trees and random options: what the program removes, lists and counts, and its exit
//! code, compared with a model.
//!
//! A case that fails is shrunk and saved beside this file. Later runs try it first.

pub mod model;
mod world;

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};

use proptest::prelude::*;
use proptest::test_runner::{Config, FileFailurePersistence, TestCaseResult};

use crate::util::{PYCLEAN, case_count, random_seed};
use model::{Model, RootPath};
use world::{Case, Focus, Node, Snapshot, World, cases};

/// The result of one run.
struct Run {
    code: Option<i32>,
    /// The paths it listed.
    listed: Vec<Vec<u8>>,
    /// The last line of stderr.
    summary: String,
    stderr: String,
}

/// The number of cases of all tests together.
fn total_cases() -> u32 {
    case_count(2_000, 25_000)
}

fn config(cases: u32) -> Config {
    Config {
        cases,
        rng_seed: random_seed(),
        max_shrink_time: 20_000,
        max_shrink_iters: 3_000,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource(
            "proptest-regressions",
        ))),
        ..Config::default()
    }
}

proptest! {
    #![proptest_config(config(total_cases() / 5))]

    #[test]
    fn bytecode_equals_the_model(case in cases(Focus::Bytecode, 1)) {
        check(&case)?;
    }

    #[test]
    fn debris_equals_the_model(case in cases(Focus::Debris, 1)) {
        check(&case)?;
    }

    #[test]
    fn erase_and_folders_equal_the_model(case in cases(Focus::Erase, 1)) {
        check(&case)?;
    }

    #[test]
    fn stale_bytecode_equals_the_model(case in cases(Focus::Stale, 1)) {
        check(&case)?;
    }

    #[test]
    fn all_options_together_equal_the_model(case in cases(Focus::All, 1)) {
        check(&case)?;
    }
}

proptest! {
    #![proptest_config(config(total_cases() / 200))]

    #[test]
    fn large_tree_with_several_threads_equals_the_model(case in cases(Focus::All, 120)) {
        check(&case)?;
    }
}

/// Compares a dry run, a run and a second run with the model.
fn check(case: &Case) -> TestCaseResult {
    let world = World::new(case);
    let paths = world.paths(case).into_iter();
    let before = world.snapshot();
    let (dangling, roots): (Vec<_>, Vec<_>) = paths
        .map(|path| resolve_root(&world, path))
        .partition(|root| is_dangling(&world, root));
    if !dangling.is_empty() {
        let all = [&roots[..], &dangling].concat();
        let run = run(&world, case, &all, &["-n"]);
        prop_assert_eq!(run.code, Some(1), "{}", run.stderr);
        prop_assert_eq!(&world.snapshot(), &before);
    }
    if is_usage_error(&roots) {
        return Ok(());
    }
    let resolved = world.resolved_words(&case.options);
    let mut model = Model {
        tree: &before,
        options: &case.options,
        settings: &world.settings,
        ignored: &world.ignored(&case.options),
        resolved: &resolved,
        named: &roots,
        roots: roots.clone(),
        prefix: &world.prefix(),
    };
    let is_active = |root: &&RootPath| !model.is_root_ignored(root);
    model.roots = roots.iter().filter(is_active).cloned().collect();
    if case.options.prefix.is_some() {
        model.roots.extend(model.mirrors(Path::new("../cache")));
    }
    let expected = model.expected();
    let dry_run = check_dry_run(&world, case, &roots, &before, &expected)?;

    let removable = model.removable(&expected, &world.locked);
    let is_incomplete = removable.len() < expected.len();
    let real_run = run_without_asking(&world, case, &roots);
    let after = world.snapshot();
    let removed = before.keys().filter(|path| !after.contains_key(*path));
    assert_same("removed", &removable, &removed.cloned().collect())?;
    for (path, node) in &after {
        prop_assert_eq!(Some(node), before.get(path), "{} changed", path.display());
    }
    let code = i32::from(is_incomplete);
    prop_assert_eq!(real_run.code, Some(code), "{}", real_run.stderr);
    if is_incomplete {
        return Ok(());
    }
    prop_assert_eq!(&real_run.listed, &dry_run.listed);
    prop_assert_eq!(&real_run.summary, &summary("Removed", &before, &removable));
    // Where PATHs overlap, one may remove what another ignores, and the next run finds an
    // empty directory. A word of `--ignore` matches less once a symlink in it is removed.
    let has_same_words = world.resolved_words(&case.options) == resolved;
    let has_file = roots.iter().any(|root| !root.is_directory);
    let depends_on_path = case.options.depends_on_path()
        || !world.settings.is_empty()
        || (has_file && case.options.folders);
    if has_same_words && (roots.len() == 1 || !depends_on_path) {
        check_second_run(&world, case, roots, &after, &removable)?;
    }
    Ok(())
}

/// A dry run lists what would be removed, and changes nothing.
fn check_dry_run(
    world: &World,
    case: &Case,
    roots: &[RootPath],
    tree: &Snapshot,
    removed: &BTreeSet<PathBuf>,
) -> Result<Run, TestCaseError> {
    let verbose = run(world, case, roots, &["-n", "-v"]);
    let listed = resolve_listing(world, roots, tree, &verbose.listed)?;
    assert_same("listed with -v", removed, &listed)?;
    prop_assert_eq!(&verbose.summary, &summary("Would remove", tree, removed));
    prop_assert_eq!(verbose.code, Some(0), "{}", verbose.stderr);

    let short = run(world, case, roots, &["--check"]);
    let is_outermost = |path: &&PathBuf| path.ancestors().skip(1).all(|dir| !removed.contains(dir));
    let targets = removed.iter().filter(is_outermost).cloned().collect();
    let listed = resolve_listing(world, roots, tree, &short.listed)?;
    assert_same("listed", &targets, &listed)?;
    prop_assert_eq!(&short.summary, &verbose.summary);
    let code = i32::from(!removed.is_empty());
    prop_assert_eq!(short.code, Some(code), "{}", short.stderr);

    prop_assert_eq!(&world.snapshot(), tree);
    Ok(verbose)
}

/// A second run removes nothing.
fn check_second_run(
    world: &World,
    case: &Case,
    mut roots: Vec<RootPath>,
    tree: &Snapshot,
    removed: &BTreeSet<PathBuf>,
) -> TestCaseResult {
    // A PATH may be removed, or be a symlink whose target is removed.
    let is_unchanged = |root: &RootPath| {
        let path = world.tree().join(&root.written);
        let exists = path.symlink_metadata().is_ok() && !is_dangling(world, root);
        exists && path.is_dir() == root.is_directory
    };
    // A PATH is not removed itself. Its directory can be, once the symlink that made it a
    // PATH is removed.
    let lost_protection = |root: &RootPath| !is_unchanged(root) && root.canonical.is_dir();
    // More is removed once the evidence against that was erased.
    let is_evidence = |path: &PathBuf| {
        let names = ".git pyproject.toml pyvenv.cfg conda-meta m.py n.py build dist";
        names.split(' ').any(|name| path.ends_with(name))
    };
    if roots.iter().any(lost_protection) || removed.iter().any(is_evidence) {
        return Ok(());
    }
    roots.retain(is_unchanged);
    if !is_usage_error(&roots) {
        let run = run_without_asking(world, case, &roots);
        prop_assert_eq!(&run.summary, &summary("Removed", tree, &BTreeSet::new()));
        prop_assert!(run.listed.is_empty());
        prop_assert_eq!(&world.snapshot(), tree);
    }
    Ok(())
}

/// A run that removes without asking.
fn run_without_asking(world: &World, case: &Case, roots: &[RootPath]) -> Run {
    run(world, case, roots, &["-v", "--yes"])
}

/// Resolves a PATH.
fn resolve_root(world: &World, written: PathBuf) -> RootPath {
    let path = world.tree().join(&written);
    let is_directory = path.is_dir();
    let canonical = if is_directory {
        fs::canonicalize(&path).unwrap()
    } else {
        canonicalize_parent(&path)
    };
    // The test must not remove anything else.
    assert!(canonical.starts_with(world.top()), "outside: {written:?}");
    let mut absolute = PathBuf::new();
    for part in path.components() {
        if part == Component::ParentDir {
            absolute.pop();
        } else {
            absolute.push(part);
        }
    }
    RootPath {
        written,
        absolute,
        source: None,
        canonical,
        is_directory,
    }
}

/// Whether there is no PATH, or sources but no bytecode, which has tests of its own.
fn is_usage_error(roots: &[RootPath]) -> bool {
    let is_other = |root: &RootPath| !root.is_directory && !model::is_bytecode(name_of(root));
    let has_source = roots.iter().any(RootPath::is_source);
    roots.is_empty() || (has_source && roots.iter().all(is_other))
}

fn name_of(root: &RootPath) -> &OsStr {
    root.canonical.file_name().unwrap_or_default()
}

/// Whether a PATH is a dangling symlink that is not removed itself.
fn is_dangling(world: &World, root: &RootPath) -> bool {
    let is_bytecode = model::is_bytecode(root.canonical.as_os_str())
        || root.canonical.parent().unwrap().ends_with("__pycache__");
    !is_bytecode && world.tree().join(&root.written).metadata().is_err()
}

/// A path whose parent has no symlink in it.
fn canonicalize_parent(path: &Path) -> PathBuf {
    let parent = fs::canonicalize(path.parent().unwrap()).unwrap();
    parent.join(path.file_name().unwrap())
}

fn run(world: &World, case: &Case, roots: &[RootPath], options: &[&str]) -> Run {
    let mut command = Command::new(PYCLEAN);
    command
        .args(roots.iter().map(|root| &root.written))
        .args(["-0"])
        .args(options)
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

/// The canonical paths of a listing. Fails unless each is listed once, directories alone
/// have a trailing separator, and the paths are sorted.
fn resolve_listing(
    world: &World,
    roots: &[RootPath],
    tree: &Snapshot,
    listed: &[Vec<u8>],
) -> Result<BTreeSet<PathBuf>, TestCaseError> {
    let mut paths = BTreeSet::new();
    let mut lines: Vec<Vec<&[u8]>> = Vec::new();
    for line in listed {
        let path = canonicalize_parent(&world.tree().join(OsStr::from_bytes(line)));
        let is_directory = tree.get(&path) == Some(&Node::Directory);
        prop_assert_eq!(line.ends_with(b"/"), is_directory, "{:?}", path);
        prop_assert!(paths.insert(path), "listed twice: {:?}", line);
        let line = line.strip_suffix(b"/").unwrap_or(line);
        lines.push(line.split(|byte| *byte == b'/').collect());
    }
    // The contents of a directory given as symlink are listed between the entries beside the
    // symlink.
    let is_symlink = |root: &RootPath| root.is_directory && world.is_symlink(&root.written);
    // Sorted by PATH, then by path.
    let descents = lines.windows(2).filter(|pair| pair[0] > pair[1]).count();
    let is_sorted = descents < roots.len() + 1 || roots.iter().any(is_symlink);
    prop_assert!(is_sorted, "not in path order: {:?}", paths);
    Ok(paths)
}

/// The last line of a run that removes these paths.
fn summary(verb: &str, tree: &Snapshot, removed: &BTreeSet<PathBuf>) -> String {
    let nodes = removed.iter().map(|path| &tree[path]);
    let (directories, files): (Vec<_>, Vec<_>) = nodes.partition(|node| **node == Node::Directory);
    let lens = files.iter().map(|node| match node {
        Node::File(text) => text.len(),
        Node::Symlink(target) => target.as_os_str().len(),
        Node::Directory | Node::Pipe => 0,
    });
    let bytes: usize = lens.sum();
    let size = match bytes {
        0..1024 => format!("{bytes} B"),
        _ if bytes < 1 << 20 => format!("{:.1} KiB", bytes as f64 / 1024.0),
        _ => format!("{:.1} MiB", bytes as f64 / 1024.0 / 1024.0),
    };
    let directories = match directories.len() {
        1 => "1 directory".to_owned(),
        count => format!("{} directories", group(count)),
    };
    let files = match files.len() {
        1 => format!("1 file ({size})"),
        count => format!("{} files ({size})", group(count)),
    };
    let mut counts = vec![directories, files];
    counts.retain(|count| !count.starts_with("0 "));
    if counts.is_empty() {
        "Nothing to remove.".to_owned()
    } else {
        format!("{verb} {}.", counts.join(" and "))
    }
}

/// A number with a comma after its thousands.
fn group(number: usize) -> String {
    match (number / 1000, number % 1000) {
        (0, rest) => rest.to_string(),
        (thousands, rest) => format!("{thousands},{rest:03}"),
    }
}

/// Fails with the difference of two sets.
fn assert_same(
    what: &str,
    expected: &BTreeSet<PathBuf>,
    actual: &BTreeSet<PathBuf>,
) -> TestCaseResult {
    let missing: Vec<_> = expected.difference(actual).collect();
    let surplus: Vec<_> = actual.difference(expected).collect();
    prop_assert!(
        missing.is_empty() && surplus.is_empty(),
        "{what}: missing: {missing:?}; unexpected: {surplus:?}"
    );
    Ok(())
}
