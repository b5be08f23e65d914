//! Walks the roots in parallel and finds everything that is selected. It changes nothing
//! and follows no symlink but a PATH itself.
//!
//! `walkdir` walks. As one walk keeps one core busy, a walk that meets a directory while
//! few jobs are queued hands it to the thread pool, and otherwise descends itself.

mod boundary;
pub(crate) mod bytecode;
mod candidate;
mod classify;
mod debris_hint;
mod evidence;
mod found;
mod frame;
mod nested;
mod prefix;
mod select;
mod select_tree;
mod tracked;
mod tree;
mod walk;

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rayon::Scope as PoolScope;

use crate::console::progress::Progress;
use crate::guard::{Guard, KeepReason};
use crate::open_dirs::MAX_OPEN_TREE_DIRS;
use crate::options::Options;
use crate::path::{path_order, split_name};
use crate::plan::{Reason, Target, TargetKind};
use crate::roots::{Root, Roots, Scope};
use crate::threads::Threads;
use candidate::DirCandidate;
pub(crate) use debris_hint::HintedDebris;
pub(crate) use found::{Found, Kept};
use found::{Note, NoteKind};
use walk::{Job, Step};

/// Entries after which a walk continues on all threads. A smaller tree is done before a
/// thread pool would have started.
const PARALLEL_THRESHOLD: usize = 1_000;

/// Queued jobs per thread from which on a walk hands over no directory.
const MAX_QUEUED_PER_THREAD: usize = 2;

/// Directories that a walk keeps open. In a deeper one, it reads the outermost directory to
/// the end, into memory, and closes it.
const MAX_OPEN_DIRS: usize = 10;

/// What all jobs of a walk share.
#[derive(Debug)]
struct Scan<'a> {
    roots: &'a Roots,
    guard: Guard,
    threads: &'a Threads,
    progress: &'a Progress,
    /// Whether the sizes of files are needed.
    measure: bool,
    /// Jobs that no thread has begun.
    queued: AtomicUsize,
    found: Mutex<Found<'a>>,
}

/// Walks all roots and finds everything that is selected.
pub(crate) fn run<'a>(
    options: &Options,
    roots: &'a Roots,
    threads: &'a Threads,
    progress: &'a Progress,
) -> Found<'a> {
    let scan = Scan {
        roots,
        guard: Guard::new(),
        threads,
        progress,
        measure: options.cli.shows_sizes(),
        queued: AtomicUsize::new(0),
        found: Mutex::default(),
    };
    scan.run(scan.first_jobs());
    nested::apply_settings(&scan, options);
    progress.finish_scan();
    let unread_counterparts = nested::unread_counterparts(&scan);
    let Scan { found, guard, .. } = scan;
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.keep_unread(&unread_counterparts);
    tracked::keep_programs(&mut found, roots, &guard, !options.cli.needs_confirmation());
    found.failures.sort_by(|a, b| path_order(&a.path, &b.path));
    // Debris that is kept is read twice: as a tree and by the walk.
    found.failures.dedup_by(|a, b| a.path == b.path);
    found.failures.append(&mut guard.take_failures());
    found.nested_settings.sort_by(|a, b| path_order(a, b));
    found.kept.sort_by(|a, b| path_order(&a.path, &b.path));
    found
}

impl<'a> Scan<'a> {
    /// Walks on this thread, and on all of them once it proves worth it.
    fn run<'s>(&'s self, mut jobs: Vec<Job<'s, 'a>>) {
        jobs.reverse();
        let mut steps = 0;
        while let Some(mut job) = jobs.pop() {
            loop {
                match job.step() {
                    Step::Done => break self.add(job.finish()),
                    Step::Descend(entry, descent) => job.descend(&entry, descent),
                    Step::Continue => {}
                }
                steps += 1;
                if steps == PARALLEL_THRESHOLD
                    && let Some(pool) = self.threads.pool()
                {
                    jobs.push(job);
                    self.queued.store(jobs.len(), Ordering::Relaxed);
                    pool.scope(|scope| {
                        for job in jobs.drain(..) {
                            scope.spawn(|scope| self.run_job(job, scope));
                        }
                    });
                    break;
                }
            }
        }
    }

    /// Walks a job to its end, and hands over directories while few jobs are queued.
    fn run_job<'s>(&'s self, mut job: Job<'s, 'a>, scope: &PoolScope<'s>) {
        self.queued.fetch_sub(1, Ordering::Relaxed);
        loop {
            match job.step() {
                Step::Done => return self.add(job.finish()),
                Step::Descend(entry, descent) if !self.queue_is_full() => {
                    let part = job.split_off(&entry, descent);
                    self.queued.fetch_add(1, Ordering::Relaxed);
                    scope.spawn(|scope| self.run_job(part, scope));
                }
                Step::Descend(entry, descent) => job.descend(&entry, descent),
                Step::Continue => {}
            }
        }
    }

    fn queue_is_full(&self) -> bool {
        let max_queued = self.threads.jobs() * MAX_QUEUED_PER_THREAD;
        self.queued.load(Ordering::Relaxed) >= max_queued
    }

    /// The number of directories that a job may keep open.
    fn max_open_dirs(&self) -> usize {
        let available = self.threads.open_files().saturating_sub(2);
        available.clamp(1, MAX_OPEN_DIRS)
    }

    /// The number of directories that a job may keep open besides in a tree.
    fn max_open_tree_dirs(&self) -> usize {
        let available = self.threads.open_files().saturating_sub(2 * MAX_OPEN_DIRS);
        available.clamp(self.max_open_dirs(), MAX_OPEN_TREE_DIRS)
    }

    /// The jobs for everything that the user named.
    fn first_jobs<'s>(&'s self) -> Vec<Job<'s, 'a>> {
        let mut jobs = Vec::new();
        for root in &self.roots.list {
            match &root.scope {
                Scope::Tree => jobs.push(Job::for_root(self, root)),
                Scope::Entries(names) => {
                    jobs.extend(names.keys().map(|name| Job::for_entry(self, root, name)))
                }
                Scope::PrefixDirs(dirs) => jobs.extend(prefix::jobs(self, root, dirs)),
            }
        }
        jobs
    }

    /// Whether a walk can meet a directory that is walked separately. With a single root it
    /// cannot, unless the prefix is inside of it.
    fn walks_separately(&self) -> bool {
        let is_alone = matches!(&self.roots.list[..], [root] if root.is_tree());
        !is_alone || self.roots.walked_separately.len() > 1
    }

    /// Whether a directory that was met is walked separately.
    fn is_walked_separately(&self, root: &Root, relative: &Path) -> bool {
        let others = &self.roots.walked_separately;
        self.walks_separately() && others.contains(&root.canonical.join(relative))
    }

    /// Decides whether to remove a directory in which everything else is decided.
    fn decide(&self, dir: &DirCandidate<'a>, found: &mut Found<'a>) -> bool {
        let reason = dir.candidate.reason;
        let veto = if !dir.is_removable() {
            // The user asked for this directory, so say why it is kept.
            (reason == Reason::Erased).then_some(KeepReason::NotEmpty)
        } else if reason == Reason::Erased {
            let root = &dir.location.root.canonical;
            let checked = self.guard.check_erased(&dir.location.canonical(), root);
            checked.err()
        } else if dir.candidate.is_guarded {
            let checked = self.guard.check_empty_dir(&dir.location.canonical());
            checked.err()
        } else {
            None
        };
        if let Some(reason) = veto {
            let path = dir.location.display_path();
            found.kept.push(Kept { path, reason });
        }
        let is_removed = veto.is_none() && dir.is_removable();
        if is_removed {
            let (parent, name) = split_name(&dir.location.path);
            found.targets.push(Target {
                dir: dir.parent_location(parent),
                kind: TargetKind::EmptyDir(name.into()),
                reason,
            });
        }
        is_removed
    }

    /// Ends the walk of a directory that no job walks.
    fn close_candidate(&self, candidate: Arc<DirCandidate<'a>>) {
        let mut found = Found::default();
        candidate.close(|dir| self.decide(dir, &mut found));
        self.add(found);
    }

    fn add(&self, mut found: Found<'a>) {
        let mut all = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        all.append(&mut found);
    }
}
