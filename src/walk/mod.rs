//! Walks the roots in parallel and finds everything that is selected. It changes nothing
//! and follows no symlink but a PATH itself.
//!
//! `walkdir` walks. As one walk keeps one core busy, a walk that meets a directory while few
//! jobs are queued hands it to the thread pool, and otherwise descends itself.

mod check;
mod evidence;
mod frame;
mod job;
mod keep;
mod select;

use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use rayon::Scope;

use crate::console::progress::Progress;
use crate::decide::Mode;
use crate::failure::Failure;
use crate::git_index::GitIndex;
use crate::options::Options;
use crate::path::path_order;
use crate::plan::{DirRecord, Plan};
use crate::reason::{KeepReason, Reason};
use crate::roots::Roots;
use crate::rules::topics::PatternId;
use crate::threads::Threads;
use crate::user_caches::user_cache_dirs;
use frame::Start;
use job::Job;

/// Entries after which a walk continues on all threads. A smaller tree is done before a
/// thread pool would have started.
const PARALLEL_THRESHOLD: usize = 1_000;

/// Queued jobs per thread from which on a walk hands over no directory.
const MAX_QUEUED_PER_THREAD: usize = 1;

/// What the walk found, in no particular order until it has ended.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) dirs: Vec<DirRecord>,
    /// What was selected, but is kept.
    pub(crate) kept: Vec<Kept>,
    pub(crate) failures: Vec<Failure>,
    /// Bytecode that is removed although git tracks it.
    pub(crate) tracked: Vec<PathBuf>,
    /// Bytecode that is removed although Python cannot make it again, by directory.
    pub(crate) sourceless: BTreeMap<PathBuf, u64>,
    /// What is kept by the rules, and the number of files.
    pub(crate) noted: BTreeMap<(PathBuf, KeepReason), u64>,
    /// Environments that were skipped.
    pub(crate) skipped: Vec<PathBuf>,
    /// Debris that is kept because no topic was asked for.
    pub(crate) hinted: BTreeSet<PatternId>,
    /// The settings files below the PATHs that apply.
    pub(crate) settings: BTreeSet<PathBuf>,
    /// What these ignore.
    pub(crate) ignored_words: Vec<String>,
    /// Whether the settings of a directory below the PATHs are not known.
    pub(crate) has_unknown_settings: bool,
}

/// Something that was selected, but is kept.
#[derive(Debug)]
pub(crate) struct Kept {
    /// The path as it is shown to the user.
    pub(crate) path: PathBuf,
    pub(crate) reason: KeepReason,
}

/// What all jobs of a walk share.
struct Walk<'a> {
    options: &'a Options,
    roots: &'a Roots,
    threads: &'a Threads,
    progress: &'a Progress,
    /// Whether the sizes of files are needed.
    measures: bool,
    /// The cache directories of the user, canonical.
    user_caches: Vec<PathBuf>,
    /// Jobs that no thread has begun.
    queued: AtomicUsize,
    found: Mutex<Found>,
}

/// Walks all roots and finds everything that is selected.
pub(crate) fn run(
    options: &Options,
    roots: &Roots,
    threads: &Threads,
    progress: &Progress,
) -> Found {
    let walk = Walk {
        options,
        roots,
        threads,
        progress,
        measures: options.cli.shows_sizes(),
        user_caches: user_cache_dirs(),
        queued: AtomicUsize::new(0),
        found: Mutex::default(),
    };
    progress.start_scan();
    walk.run();
    progress.finish();
    let mut found = walk
        .found
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    found.failures.sort_by(|a, b| path_order(&a.path, &b.path));
    // Debris that is kept is read twice.
    found.failures.dedup_by(|a, b| a.path == b.path);
    found.tracked.sort_by(|a, b| path_order(a, b));
    found.skipped.sort_by(|a, b| path_order(a, b));
    found
}

impl<'a> Walk<'a> {
    /// Walks on this thread, and on all of them once it proves worth it.
    fn run(&self) {
        let roots = self.roots.list.iter().rev();
        let mut starts: Vec<Start> = roots.map(Start::of_root).collect();
        let mut steps = 0;
        while let Some(start) = starts.pop() {
            let mut job = Job::new(self, start);
            while job.step(false) {
                steps += 1;
                starts.append(&mut job.handed_over);
                if steps >= PARALLEL_THRESHOLD
                    && let Some(pool) = self.threads.pool()
                {
                    self.queued.store(starts.len() + 1, Ordering::Relaxed);
                    pool.scope(|scope| {
                        for start in starts.drain(..) {
                            scope.spawn(|scope| self.run_job(Job::new(self, start), scope));
                        }
                        scope.spawn(|scope| self.run_job(job, scope));
                    });
                    return;
                }
            }
            starts.append(&mut job.handed_over);
            self.add(job.found);
        }
    }

    /// Walks a job to its end.
    fn run_job<'s>(&'s self, mut job: Job<'s, 'a>, scope: &Scope<'s>) {
        self.queued.fetch_sub(1, Ordering::Relaxed);
        while job.step(!self.queue_is_full()) {
            self.spawn_all(&mut job.handed_over, scope);
        }
        self.spawn_all(&mut job.handed_over, scope);
        self.add(job.found);
    }

    fn spawn_all<'s>(&'s self, starts: &mut Vec<Start>, scope: &Scope<'s>) {
        for start in starts.drain(..) {
            self.queued.fetch_add(1, Ordering::Relaxed);
            scope.spawn(|scope| self.run_job(Job::new(self, start), scope));
        }
    }

    fn queue_is_full(&self) -> bool {
        let max_queued = self.threads.jobs() * MAX_QUEUED_PER_THREAD;
        self.queued.load(Ordering::Relaxed) >= max_queued
    }

    fn add(&self, mut found: Found) {
        let mut all = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        all.append(&mut found);
    }
}

impl Found {
    /// Whether a directory in which nothing stays can be removed. Git tracks an empty directory
    /// for a submodule that is not checked out.
    pub(crate) fn may_remove(&mut self, dir: &DirRecord, roots: &Roots) -> bool {
        let may_be_submodule = match dir.removal {
            Some(Reason::Empty | Reason::Ghost | Reason::Debris(_)) => {
                matches!(dir.mode, Mode::Search { .. })
            }
            _ => false,
        };
        if !may_be_submodule {
            return true;
        }
        let root = &roots.list[dir.root];
        let canonical = root.canonical.join(&dir.path);
        let answer = dir
            .place
            .ask_git(&canonical, GitIndex::is_submodule, &mut self.failures);
        let reason = match answer {
            Ok(false) => return true,
            Ok(true) => KeepReason::Submodule,
            Err(reason) => reason,
        };
        let path = root.display_path(&dir.path);
        self.kept.push(Kept { path, reason });
        false
    }

    /// Reports what the user selected, but in which something stays.
    pub(crate) fn keep_erased(&mut self, plan: &Plan, roots: &Roots) {
        for dir in &plan.dirs {
            if dir.removal == Some(Reason::Erased) && !dir.is_removed {
                let path = roots.list[dir.root].display_path(&dir.path);
                let reason = KeepReason::NotEmpty;
                self.kept.push(Kept { path, reason });
            }
        }
        self.kept.sort_by(|a, b| path_order(&a.path, &b.path));
    }

    fn append(&mut self, other: &mut Self) {
        self.dirs.append(&mut other.dirs);
        self.kept.append(&mut other.kept);
        self.failures.append(&mut other.failures);
        self.tracked.append(&mut other.tracked);
        for (dir, count) in mem::take(&mut other.sourceless) {
            *self.sourceless.entry(dir).or_default() += count;
        }
        for (note, count) in mem::take(&mut other.noted) {
            *self.noted.entry(note).or_default() += count;
        }
        self.skipped.append(&mut other.skipped);
        self.hinted.append(&mut other.hinted);
        self.settings.append(&mut other.settings);
        self.ignored_words.append(&mut other.ignored_words);
        self.has_unknown_settings |= other.has_unknown_settings;
    }
}
