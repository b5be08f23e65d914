//! The walk: roots and rules in, targets out. It reads the names and kinds of
//! entries, and bytecode where that is to be judged; it changes nothing and follows
//! no link.
//!
//! `walkdir` walks. As one walk keeps one core busy, a walk that meets a directory
//! while other threads are short of work leaves it to them and goes on beside it.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::io;
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::Scope;

use crate::failure::Failure;
use crate::plan::{Hollow, Kind, Needs, Target, Why, path_order};
use crate::progress::Progress;
use crate::roots::{Mirror, Part, Root};
use crate::rules::Rules;
use crate::select::Selection;
use crate::threads::Threads;

mod job;
use job::{Entering, Job, Step, Zone};

/// A tree of fewer entries than this is walked before a pool would have started.
const WORTH_A_POOL: usize = 1_000;

/// Jobs that wait, per thread, from which on a walk gives none away.
const ENOUGH_WAITING: usize = 2;

/// Directories that a walk holds open. What those above them hold it remembers.
const MOST_OPEN: usize = 10;

/// What is looked for.
#[derive(Debug)]
pub struct Settings {
    /// What counts as cache, and what is never entered or removed.
    pub rules: Rules,
    /// Which bytecode goes.
    pub selection: Selection,
}

/// What a walk found, in no order.
#[derive(Debug, Default)]
pub struct Found {
    /// What goes.
    pub targets: Vec<Target>,
    /// Directories that go if nothing in them stays.
    pub hollows: Vec<Hollow>,
    /// What could not be read, in path order for each walk.
    pub failures: Vec<Failure>,
}

/// A walk that may start: what all of its jobs share.
#[derive(Debug)]
pub struct Scan<'a> {
    roots: &'a [Root],
    settings: &'a [Settings],
    threads: &'a Threads,
    progress: &'a Progress,
    /// Where the PATHs lie, but for single entries.
    tops: HashSet<&'a Path>,
    /// Jobs that no thread has begun.
    waiting: AtomicUsize,
    found: Mutex<Found>,
}

impl Found {
    /// Adds what else was found.
    pub fn add(&mut self, mut other: Found) {
        self.targets.append(&mut other.targets);
        self.hollows.append(&mut other.hollows);
        self.failures.append(&mut other.failures);
    }

    /// Takes out targets and hollows as if they had not been found.
    pub fn forget(&mut self, what: impl Fn(&Target) -> bool) {
        self.targets.retain(|target| !what(target));
        self.hollows.retain(|hollow| !what(&hollow.target));
    }

    /// Takes out the targets that `stay`. So do the directories they lie in.
    pub fn keep(&mut self, stay: impl Fn(&Target) -> bool) {
        let mut holds = HashSet::new();
        let mut goes = |target: &Target| {
            let stays = stay(target);
            if stays && let Some(parent) = target.path.parent() {
                holds.insert((target.root, parent.to_path_buf()));
            }
            !stays
        };
        self.targets.retain(&mut goes);
        self.hollows.retain(|hollow| goes(&hollow.target));
        for hollow in &mut self.hollows {
            let Target { root, path, .. } = &hollow.target;
            hollow.stays |= holds.contains(&(*root, path.to_path_buf()));
        }
    }
}

impl<'a> Scan<'a> {
    /// A walk of `roots` by their `settings` that has not begun.
    pub fn new(
        roots: &'a [Root],
        settings: &'a [Settings],
        threads: &'a Threads,
        progress: &'a Progress,
    ) -> Scan<'a> {
        let trees = roots
            .iter()
            // What is named in a directory does not name the directory.
            .filter(|root| !matches!(root.part, Part::Entries(_)));
        Scan {
            roots,
            settings,
            tops: trees.map(|root| root.real.as_path()).collect(),
            threads,
            progress,
            waiting: AtomicUsize::new(0),
            found: Mutex::default(),
        }
    }

    /// Walks all roots and finds everything that goes.
    pub fn everywhere(&self) -> Found {
        self.run(self.first_jobs())
    }

    /// Walks directories that were to go with all they hold and now stay, and finds
    /// what goes of them nevertheless. Nothing in them is debris.
    pub fn below<'t>(&self, kept: impl Iterator<Item = &'t Target>) -> Found {
        let start = |target: &Target| {
            let settings = &self.settings[self.roots[target.root].settings];
            let erased = settings.rules.erase.matches(&target.path, true);
            let name = target.path.file_name().unwrap_or_default();
            Entering {
                // It may be one that is only searched for debris.
                zone: match settings.rules.ignores(name) {
                    true => Zone::Erase,
                    false => Zone::Search { debris: false },
                },
                why: erased.then_some(Why::Erased),
            }
        };
        let jobs = kept.filter(|target| target.kind == Kind::Tree);
        let jobs = jobs.map(|target| {
            let top = self.roots[target.root].path.join(&target.path);
            Job::unfollowed(self, target.root, None, &top, start(target))
        });
        self.run(jobs.collect())
    }

    /// Walks on this thread, and on all of them once it proves worth it.
    fn run<'s>(&'s self, mut jobs: Vec<Job<'s>>) -> Found {
        jobs.reverse();
        let mut steps = 0;
        while let Some(mut job) = jobs.pop() {
            loop {
                match job.step() {
                    Step::Done => break self.add(job.finish()),
                    Step::Directory(entry, entering) => job.enter(&entry, entering),
                    Step::Other => {}
                }
                steps += 1;
                if steps == WORTH_A_POOL
                    && let Some(pool) = self.threads.pool()
                {
                    jobs.push(job);
                    self.waiting.store(jobs.len(), Ordering::Relaxed);
                    pool.scope(|scope| {
                        for job in jobs.drain(..) {
                            scope.spawn(|scope| self.run_job(job, scope));
                        }
                    });
                    break;
                }
            }
        }
        let mut found = self
            .found
            .lock()
            .map(|mut found| mem::take(&mut *found))
            .unwrap_or_default();
        found
            .failures
            .sort_unstable_by(|a, b| path_order(&a.path, &b.path));
        found
    }

    /// Walks a job to its end, and gives directories away while threads are idle.
    fn run_job<'s>(&'s self, mut job: Job<'s>, scope: &Scope<'s>) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        loop {
            match job.step() {
                Step::Done => return self.add(job.finish()),
                Step::Directory(entry, entering)
                    if self.waiting.load(Ordering::Relaxed) < self.enough_waiting() =>
                {
                    let part = job.give_away(&entry, entering);
                    self.waiting.fetch_add(1, Ordering::Relaxed);
                    scope.spawn(|scope| self.run_job(part, scope));
                }
                Step::Directory(entry, entering) => job.enter(&entry, entering),
                Step::Other => {}
            }
        }
    }

    fn enough_waiting(&self) -> usize {
        self.threads.jobs() * ENOUGH_WAITING
    }

    /// Directories that a job may hold open.
    fn open_files(&self) -> usize {
        self.threads
            .open_files()
            .saturating_sub(2)
            .clamp(1, MOST_OPEN)
    }

    /// A job for all that was named.
    fn first_jobs<'s>(&'s self) -> Vec<Job<'s>> {
        let mut jobs = Vec::new();
        for (index, root) in self.roots.iter().enumerate() {
            let search = Entering {
                zone: Zone::of(root),
                why: None,
            };
            match &root.part {
                Part::Tree { .. } => {
                    jobs.push(Job::new(self, index, None, &root.path, Some(search)))
                }
                Part::Entries(named) => jobs.extend(named.keys().map(|entry| {
                    let is_in_cache = entry.parent().is_some_and(|parent| parent != Path::new(""));
                    Job::of_entry(self, index, &root.path.join(entry), is_in_cache)
                })),
                Part::Mirrors(mirrors) => {
                    jobs.extend(mirrors.iter().map(|mirror| {
                        let is_root = mirror.top == Path::new("");
                        let entering = Entering {
                            zone: Zone::of_mirror(mirror, root),
                            why: (!is_root).then_some(Why::Empty),
                        };
                        Job::new(
                            self,
                            index,
                            Some(mirror),
                            &root.path.join(&mirror.top),
                            Some(entering),
                        )
                    }));
                    self.add(Found {
                        hollows: above_mirrors(index, root, mirrors),
                        ..Found::default()
                    });
                }
            }
        }
        jobs
    }

    /// Whether a directory that another root reaches was given as a PATH itself.
    fn is_root(&self, real: impl FnOnce() -> PathBuf) -> bool {
        self.roots.len() > 1 && self.tops.contains(&*real())
    }

    fn add(&self, found: Found) {
        if let Ok(mut all) = self.found.lock() {
            all.add(found);
        }
    }
}

/// The directories between a prefix and the mirrors below it, which go if nothing
/// but mirrors that go was in them.
fn above_mirrors(index: usize, root: &Root, mirrors: &[Mirror]) -> Vec<Hollow> {
    let tops: BTreeSet<&Path> = mirrors.iter().map(|mirror| mirror.top.as_path()).collect();
    let above = tops.iter().flat_map(|top| top.ancestors().skip(1));
    let above: BTreeSet<&Path> = above.filter(|path| *path != Path::new("")).collect();
    let holds_others = |path: &Path| -> io::Result<bool> {
        for entry in fs::read_dir(root.path.join(path))? {
            let entry = path.join(entry?.file_name());
            if !tops.contains(&*entry) && !above.contains(&*entry) {
                return Ok(true);
            }
        }
        Ok(false)
    };
    let hollow = |path: &&Path| Hollow {
        stays: holds_others(path).unwrap_or(true),
        needs: Needs::Bytecode,
        target: Target {
            root: index,
            path: (*path).into(),
            kind: Kind::Emptied,
            why: Why::Empty,
        },
    };
    above.iter().map(hollow).collect()
}
