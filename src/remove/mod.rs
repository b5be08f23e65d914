//! Executes a plan. This is the only place where anything is removed.
//!
//! Every operation names one entry of an open directory, and each directory was opened by
//! name in the one above it, from the root down and never through a symlink. So whatever
//! is renamed, replaced or linked during the run, nothing outside the root is reached.

mod task;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

use std::ops::Range;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::failure::Failure;
use crate::interrupt;
use crate::options::Listing;
use crate::path::path_order;
use crate::plan::{Plan, Target, TargetKind};
use crate::stats::RemovalStats;
use crate::threads::Threads;
use task::Worker;
#[cfg(unix)]
use unix::{remove_dir, remove_file};
#[cfg(windows)]
use windows::{remove_dir, remove_file};

/// A plan with fewer targets is executed before a thread pool would have started.
const PARALLEL_THRESHOLD: usize = 64;

/// Targets that a thread takes at a time.
const BATCH_LEN: usize = 16;

/// Entries that are removed before their outcomes are reported. Bounded, so that a slow
/// reader of stdout slows down the removal instead of growing the memory.
const MAX_UNREPORTED: usize = 1 << 16;

/// The same if each entry is listed. Fewer, so that little is removed after the reader
/// has closed stdout.
const MAX_UNLISTED: usize = 1 << 10;

/// What became of one target.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// What was removed.
    pub(crate) stats: RemovalStats,
    /// The paths that were removed, as they are shown, in path order.
    pub(crate) removed: Vec<RemovedEntry>,
    /// What could not be removed, and why.
    pub(crate) failures: Vec<Failure>,
}

/// What became of a target of a batch. It is small, because a batch can consist of a
/// million files.
#[derive(Debug)]
enum Completion {
    /// What [`Outcome::planned`] says.
    AsPlanned,
    /// Anything else.
    Other(Box<Outcome>),
}

/// Something that was removed, or would be.
#[derive(Debug)]
pub(crate) struct RemovedEntry {
    /// The path as it is shown.
    pub(crate) path: PathBuf,
    /// Whether it is a directory.
    pub(crate) is_dir: bool,
}

/// Executes `plan` and reports the position and the outcome of each target, in the order of
/// the plan. Ends early if the run is interrupted: targets that were not reached are not
/// reported.
pub(crate) fn execute(
    plan: &Plan,
    dry_run: bool,
    listing: Listing,
    threads: &Threads,
    mut on_outcome: impl FnMut(usize, Outcome),
) {
    let targets = &plan.targets;
    let batches = split_batches(targets, dry_run);
    let pool = if targets.len() < PARALLEL_THRESHOLD {
        None
    } else {
        threads.pool()
    };
    let max_handles = threads.open_files();
    let run = |batch: &Range<usize>| {
        let targets = &targets[batch.clone()];
        if dry_run {
            return preview_batch(targets, listing);
        }
        Worker::new(listing, max_handles).remove_batch(targets)
    };
    let max_unreported = if listing == Listing::Entries {
        MAX_UNLISTED
    } else {
        MAX_UNREPORTED
    };
    let mut rest = &batches[..];
    while !rest.is_empty() && !interrupt::is_requested() {
        let window = first_window(rest, targets, max_unreported);
        rest = &rest[window.len()..];
        let outcomes: Vec<Vec<Option<Completion>>> = match pool {
            Some(pool) => pool.install(|| window.par_iter().map(run).collect()),
            None => window.iter().map(run).collect(),
        };
        for (batch, outcomes) in window.iter().zip(outcomes) {
            for (index, outcome) in batch.clone().zip(outcomes) {
                match outcome {
                    Some(Completion::AsPlanned) => {
                        on_outcome(index, Outcome::planned(&targets[index], listing));
                    }
                    Some(Completion::Other(outcome)) => on_outcome(index, *outcome),
                    None => {}
                }
            }
        }
    }
}

/// What removing the targets would do. `None` is a target that was not reached.
fn preview_batch(targets: &[Target], listing: Listing) -> Vec<Option<Completion>> {
    let preview = |target: &Target| match target.kind {
        TargetKind::Tree(_) => Completion::Other(Box::new(Outcome::planned(target, listing))),
        TargetKind::File(..) | TargetKind::EmptyDir(_) => Completion::AsPlanned,
    };
    let targets = targets.iter();
    targets
        .map(|target| (!interrupt::is_requested()).then(|| preview(target)))
        .collect()
}

/// The first batches, one at least, with at most `max_entries` entries.
fn first_window<'b>(
    batches: &'b [Range<usize>],
    targets: &[Target],
    max_entries: usize,
) -> &'b [Range<usize>] {
    let mut entries = 0;
    let is_full = |batch: &Range<usize>| {
        let counts = targets[batch.clone()].iter().map(Target::entry_count);
        entries += counts.sum::<usize>();
        entries > max_entries
    };
    let end = batches.iter().position(is_full).unwrap_or(batches.len());
    &batches[..end.max(1)]
}

/// Splits targets into batches. Except in a dry run, what is in a directory that is removed
/// once it is empty is in the same batch, so that one thread can remove it first.
fn split_batches(targets: &[Target], dry_run: bool) -> Vec<Range<usize>> {
    let mut batches = Vec::new();
    let mut start = 0;
    // The outermost directory that is removed once it is empty.
    let mut around: Option<(usize, PathBuf)> = None;
    for (index, target) in targets.iter().enumerate() {
        let is_in = |(root, dir): &(usize, PathBuf)| {
            *root == target.dir.root.id && target.dir.path.starts_with(dir)
        };
        if around.as_ref().is_some_and(is_in) {
            continue;
        }
        let is_around = !dry_run && matches!(target.kind, TargetKind::EmptyDir(_));
        around = is_around.then(|| (target.dir.root.id, target.path()));
        if index - start >= BATCH_LEN {
            batches.push(start..index);
            start = index;
        }
    }
    if start < targets.len() {
        batches.push(start..targets.len());
    }
    batches
}

impl Completion {
    fn new(target: &Target, outcome: Outcome) -> Self {
        let is_tree = matches!(target.kind, TargetKind::Tree(_));
        // A single entry was either removed or not.
        if is_tree || outcome.stats.is_empty() {
            Self::Other(Box::new(outcome))
        } else {
            Self::AsPlanned
        }
    }
}

impl Outcome {
    /// What removing a target would do.
    pub(crate) fn planned(target: &Target, listing: Listing) -> Self {
        let mut outcome = Self {
            stats: target.stats(),
            ..Self::default()
        };
        match (listing, &target.kind) {
            (Listing::Nothing, _) => {}
            (Listing::Entries, TargetKind::Tree(tree)) => {
                for (index, dir) in tree.dirs.iter().enumerate() {
                    let path = target.dir.path.join(tree.dir_path(index));
                    for (name, _) in dir.files() {
                        outcome.add(target, &path.join(name), false);
                    }
                    outcome.add(target, &path, true);
                }
                outcome.sort();
            }
            _ => outcome.add(target, &target.path(), target.is_dir()),
        }
        outcome
    }

    fn add(&mut self, target: &Target, relative: &Path, is_dir: bool) {
        self.removed.push(RemovedEntry {
            path: target.dir.root.display_path(relative),
            is_dir,
        });
    }

    fn sort(&mut self) {
        self.removed
            .sort_unstable_by(|a, b| path_order(&a.path, &b.path));
        self.failures.sort_by(|a, b| path_order(&a.path, &b.path));
    }
}
