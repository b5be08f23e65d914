//! Executes a plan. This is the only place where anything is removed.
//!
//! Every operation names one entry of an open directory, and each directory was opened by
//! name in the one above it, from the root down and never through a symlink. So whatever
//! is renamed, replaced or linked during the run, nothing outside the root is reached.

mod chain;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;
mod worker;

use std::collections::HashSet;
use std::ops::Range;
use std::path::PathBuf;

use rayon::prelude::*;

use crate::console::progress::Progress;
use crate::failure::Failure;
use crate::interrupt;
use crate::plan::Plan;
use crate::roots::Roots;
use crate::stats::RemovalStats;
use crate::threads::Threads;
#[cfg(unix)]
use unix::{remove_dir, remove_file};
#[cfg(windows)]
use windows::{remove_dir, remove_file};
use worker::Worker;

/// A plan with fewer files is executed before a thread pool would have started.
const PARALLEL_THRESHOLD: u64 = 64;

/// Directories that a thread takes at a time.
const GROUP_LEN: usize = 16;

/// Groups that are removed before they are reported, so that a slow reader of stdout slows down
/// the removal, and little is removed after it has closed stdout.
const WINDOW_LEN: usize = 4;

/// What became of some directories of a plan.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// The directories of the plan that were reached.
    pub(crate) dirs: Range<usize>,
    pub(crate) stats: RemovalStats,
    /// What was not removed: the position of the directory, and that of the file in it.
    pub(crate) missed: HashSet<(usize, Option<usize>)>,
    /// Bytecode that was removed besides, because Python wrote it meanwhile, as it is shown.
    pub(crate) added: Vec<PathBuf>,
    pub(crate) failures: Vec<Failure>,
}

/// Executes `plan`, and reports what became of it in the order of the plan. Ends early if the run is
/// interrupted. With `lists_all`, it reports while it removes.
pub(crate) fn execute(
    plan: &Plan,
    roots: &Roots,
    threads: &Threads,
    progress: &Progress,
    lists_all: bool,
    mut on_outcome: impl FnMut(Outcome),
) {
    let groups = split_groups(plan);
    let total = plan.file_count();
    progress.start_removal(total);
    let pool = threads.pool().filter(|_| total >= PARALLEL_THRESHOLD);
    let run = |group: &Range<usize>| Worker::new(plan, roots, progress).remove(group.clone());
    let window = if lists_all { WINDOW_LEN } else { groups.len() };
    for groups in groups.chunks(window.max(1)) {
        if interrupt::is_requested() {
            return;
        }
        let outcomes: Vec<Outcome> = match pool {
            Some(pool) => pool.install(|| groups.par_iter().map(run).collect()),
            None => groups.iter().map(run).collect(),
        };
        outcomes.into_iter().for_each(&mut on_outcome);
    }
}

/// Splits a plan into groups. What is in a directory that is removed is in the same group, so that
/// one thread can remove it first.
fn split_groups(plan: &Plan) -> Vec<Range<usize>> {
    let mut groups = Vec::new();
    let mut start = 0;
    for index in 0..plan.dirs.len() {
        if index - start >= GROUP_LEN && !plan.is_in_removed(index) {
            groups.push(start..index);
            start = index;
        }
    }
    if start < plan.dirs.len() {
        groups.push(start..plan.dirs.len());
    }
    groups
}

impl Outcome {
    /// What removing everything would do.
    pub(crate) fn planned(plan: &Plan) -> Self {
        Self {
            dirs: 0..plan.dirs.len(),
            stats: plan.stats(),
            ..Self::default()
        }
    }

    /// What was removed of a directory of the plan, without its subdirectories.
    pub(crate) fn stats_of(&self, plan: &Plan, dir: usize) -> RemovalStats {
        let record = &plan.dirs[dir];
        if self.missed.is_empty() && self.dirs.contains(&dir) {
            return record.stats();
        }
        let mut stats = RemovalStats::default();
        for (position, (_, file)) in record.files().enumerate() {
            if self.is_removed(dir, Some(position)) {
                stats.add_file(file.bytes);
            }
        }
        stats.directories = (record.is_removed && self.is_removed(dir, None)).into();
        stats
    }

    /// Whether an item of the plan was removed.
    pub(crate) fn is_removed(&self, dir: usize, file: Option<usize>) -> bool {
        self.dirs.contains(&dir) && !self.missed.contains(&(dir, file))
    }
}
