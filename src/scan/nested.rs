//! The settings of projects in directories that the walk met: they narrow what is removed
//! below them, also if the PATH is above.

use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::sync::{Arc, MutexGuard, PoisonError};

use super::classify::WalkMode;
use super::walk::Job;
use super::{Found, Note, NoteKind, Scan};
use crate::cli::Cli;
use crate::config::{self, Config};
use crate::failure::{Failure, Operation};
use crate::options::Options;
use crate::path::is_present;
use crate::pycache_prefix::PrefixDir;
use crate::roots::{Location, Scope};
use crate::rules::Rules;

/// Projects with settings within each other. Each is walked once more.
const MAX_LEVELS: usize = 16;

/// Walks each project with settings of its own once more, by its settings. What was found
/// there before is dropped.
pub(super) fn apply_settings(scan: &Scan<'_>, options: &Options) {
    if options.cli.isolated {
        return;
    }
    let mut known = HashSet::new();
    for level in 0.. {
        // Those in a project that is walked once more are met again, and then its settings
        // hold for them, too.
        let mut projects = take_projects(&mut lock(scan));
        projects.retain(|note| !known.contains(&key(&note.dir)));
        if projects.is_empty() {
            return;
        }
        let mut dropped = Vec::new();
        let mut dropped_keys = HashSet::new();
        let mut jobs = Vec::new();
        let mut failures = Vec::new();
        for note in projects {
            let mut above = note.dir.path.ancestors();
            if above.any(|path| dropped_keys.contains(&(note.dir.root.id, path.into()))) {
                continue;
            }
            known.insert(key(&note.dir));
            let counterparts = counterparts(scan, &note.dir);
            match read_rules(&options.cli, &note, level) {
                Ok(None) => continue,
                Ok(Some((config, rules))) => {
                    note_settings(&mut lock(scan), &note.dir, &config);
                    let rules = Arc::new(rules);
                    jobs.extend(jobs_for_project(scan, &note, &counterparts, &rules));
                }
                Err(failure) => failures.push(failure),
            }
            dropped_keys.insert(key(&note.dir));
            dropped.push(note.dir);
            dropped.extend(counterparts.into_iter().map(|(dir, _)| dir));
        }
        let mut found = lock(scan);
        drop_found(&mut found, &dropped);
        found.has_unknown_settings |= !failures.is_empty();
        found.failures.extend(failures);
        drop(found);
        scan.run(jobs);
    }
}

/// Takes note of the settings of a project that apply.
fn note_settings(found: &mut Found, dir: &Location, config: &Config) {
    let words = config.ignored_words().map(ToOwned::to_owned);
    found.nested_ignores.extend(words);
    let file = dir.path.join(config::FILE_NAME);
    found.nested_settings.push(dir.root.display_path(&file));
}

/// The walks of a project and of its counterparts by its rules.
fn jobs_for_project<'s, 'a>(
    scan: &'s Scan<'a>,
    project: &Note<'a>,
    counterparts: &[(Arc<Location<'a>>, &'a PrefixDir)],
    rules: &Arc<Rules>,
) -> Vec<Job<'s, 'a>> {
    let in_prefix = WalkMode::Search { debris: false };
    let counterparts = counterparts.iter();
    let dirs = counterparts.map(|(dir, prefix)| (dir, in_prefix, Some(*prefix)));
    dirs.chain([(&project.dir, project.mode, project.prefix)])
        .map(|(dir, mode, prefix)| {
            Job::for_project(scan, Arc::clone(dir), mode, prefix, Arc::clone(rules))
        })
        .collect()
}

fn lock<'s, 'a>(scan: &'s Scan<'a>) -> MutexGuard<'s, Found<'a>> {
    scan.found.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Identifies a directory: the position of its root, and its path relative to the root.
type Key = (usize, Box<Path>);

fn key(dir: &Location) -> Key {
    (dir.root.id, dir.path.clone())
}

/// Takes the projects that were met, the outermost first. The settings of a PATH itself were
/// applied from the start.
fn take_projects<'a>(found: &mut Found<'a>) -> Vec<Note<'a>> {
    let is_nested =
        |note: &mut Note| note.kind == NoteKind::Project && !note.dir.path.as_os_str().is_empty();
    let mut projects: Vec<_> = found.notes.extract_if(.., is_nested).collect();
    projects.sort_by_cached_key(|note| note.dir.path.components().count());
    projects
}

/// The settings of a project, and the rules that they make. `None` if they change nothing.
fn read_rules(cli: &Cli, note: &Note, level: usize) -> Result<Option<(Config, Rules)>, Failure> {
    let root = note.dir.root;
    let relative = note.dir.path.join(config::FILE_NAME);
    let shown = root.display_path(&relative);
    let invalid =
        |message: String| Failure::new(Operation::ApplySettings, &shown, io::Error::other(message));
    let config = config::read_config(&root.path.join(&relative), &root.canonical);
    let config =
        config.map_err(|failure| Failure::new(failure.operation, &shown, failure.error))?;
    let Some(config) = config else {
        return Ok(None);
    };
    if level >= MAX_LEVELS {
        let message = format!("there are settings of more than {MAX_LEVELS} projects around it");
        return Err(invalid(message));
    }
    let rules = note.rules.narrowed(cli, &config);
    let rules = rules.map_err(|error| invalid(format!("{error:#}")))?;
    Ok(rules.map(|rules| (config, rules)))
}

/// The counterparts of the directories that were not read, whose settings are not known.
pub(super) fn unread_counterparts<'a>(scan: &Scan<'a>) -> Vec<Arc<Location<'a>>> {
    let unread = lock(scan).unread.clone();
    let counterparts = unread.iter().flat_map(|dir| counterparts(scan, dir));
    counterparts.map(|(dir, _)| dir).collect()
}

/// The counterparts of a directory under `PYTHONPYCACHEPREFIX`.
pub(super) fn counterparts<'a>(
    scan: &Scan<'a>,
    dir: &Location,
) -> Vec<(Arc<Location<'a>>, &'a PrefixDir)> {
    let mut found = Vec::new();
    for root in &scan.roots.list {
        let Scope::PrefixDirs(dirs) = &root.scope else {
            continue;
        };
        for prefix in dirs.iter().filter(|prefix| !prefix.is_path_argument) {
            let canonical = dir.canonical();
            let Ok(below) = canonical.strip_prefix(&prefix.canonical_source_dir) else {
                continue;
            };
            let path = prefix.relative.join(below);
            // What cannot be looked up may have been found before: the walk reports it.
            if is_present(&root.path.join(&path)).unwrap_or(true) {
                found.push((Location::new(root, &path), prefix));
            }
        }
    }
    found
}

/// Drops everything that was found in these directories, and keeps the directories.
fn drop_found(found: &mut Found, dropped: &[Arc<Location>]) {
    if dropped.is_empty() {
        return;
    }
    let keys: HashSet<_> = dropped
        .iter()
        .map(|dir| (dir.root.id, &*dir.path))
        .collect();
    let is_in = |dir: &Location, path: &Path| {
        path.ancestors()
            .any(|path| keys.contains(&(dir.root.id, path)))
    };
    found
        .hinted_debris
        .retain(|debris| !is_in(&debris.dir, &debris.dir.path));
    found.notes.retain(|note| !is_in(&note.dir, &note.dir.path));
    found.unread.retain(|dir| !is_in(dir, &dir.path));
    // What is kept or failed is only known by the path that is shown.
    let shown: HashSet<_> = dropped.iter().map(|dir| dir.display_path()).collect();
    let is_shown_in = |path: &Path| path.ancestors().any(|dir| shown.contains(dir));
    found.kept.retain(|kept| !is_shown_in(&kept.path));
    found.failures.retain(|failure| !is_shown_in(&failure.path));
    let canonical: Vec<_> = dropped.iter().map(|dir| dir.canonical()).collect();
    found.block_dirs(canonical.iter().map(|path| &**path));
    found
        .targets
        .retain(|target| !is_in(&target.dir, &target.path()));
}
