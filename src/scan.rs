//! The walk: roots and rules in, targets out. It reads the names and kinds of
//! entries, and bytecode where that is to be judged; it changes nothing and follows
//! no link.
//!
//! `walkdir` walks. As one walk keeps one core busy, a walk that meets a directory
//! while other threads are short of work leaves it to them and goes on beside it.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::Scope;
use walkdir::{DirEntry, WalkDir};

use crate::failure::{Attempt, Failure};
use crate::interrupt;
use crate::plan::{Hollow, Kind, Target, Why, path_order};
use crate::progress::Progress;
use crate::pyc::BytecodeName;
use crate::roots::{Mirror, Part, Root};
use crate::rules::{CACHE_DIRECTORY, Rules};
use crate::select::{Candidate, Selection};
use crate::threads::Threads;

/// A tree of fewer entries than this is walked before a pool would have started.
const WORTH_A_POOL: usize = 1_000;

/// Jobs that wait, per thread, from which on a walk gives none away.
const ENOUGH_WAITING: usize = 2;

/// Directories that a walk holds open; what is in those above it then remembers.
const MOST_OPEN: usize = 10;

/// What a walk found, in no order.
#[derive(Debug, Default)]
pub struct Found {
    /// What goes.
    pub targets: Vec<Target>,
    /// Directories that go if nothing in them stays.
    pub hollows: Vec<Hollow>,
    /// What could not be read, in path order.
    pub failures: Vec<Failure>,
}

/// Walks `roots` once and finds everything that goes.
pub fn scan(
    roots: &[Root],
    rules: &Rules,
    selection: &Selection,
    threads: &Threads,
    progress: &Progress,
) -> Found {
    let scan = Scan {
        roots,
        rules,
        selection,
        progress,
        waiting: AtomicUsize::new(0),
        enough_waiting: threads.jobs() * ENOUGH_WAITING,
        open_files: threads.open_files().saturating_sub(2).clamp(1, MOST_OPEN),
        found: Mutex::default(),
    };
    scan.run(threads);
    let mut found = scan.found.into_inner().unwrap_or_default();
    found
        .failures
        .sort_unstable_by(|a, b| path_order(&a.path, &b.path));
    found
}

/// What all jobs of a walk share.
struct Scan<'a> {
    roots: &'a [Root],
    rules: &'a Rules,
    selection: &'a Selection,
    progress: &'a Progress,
    /// Jobs that no thread has begun.
    waiting: AtomicUsize,
    enough_waiting: usize,
    open_files: usize,
    found: Mutex<Found>,
}

impl<'a> Scan<'a> {
    /// Walks on this thread, and on all of them once it proves worth it.
    fn run(&'a self, threads: &Threads) {
        let mut jobs = self.first_jobs();
        jobs.reverse();
        let mut steps = 0;
        while let Some(mut job) = jobs.pop() {
            loop {
                match job.step() {
                    Step::Done => break job.finish(),
                    Step::Directory(entry) => job.enter(&entry),
                    Step::Other => {}
                }
                steps += 1;
                if steps == WORTH_A_POOL
                    && let Some(pool) = threads.pool()
                {
                    jobs.push(job);
                    self.waiting.store(jobs.len(), Ordering::Relaxed);
                    return pool.scope(|scope| {
                        for job in jobs {
                            scope.spawn(|scope| job.run(scope));
                        }
                    });
                }
            }
        }
    }

    /// A job for all that was named.
    fn first_jobs(&'a self) -> Vec<Job<'a>> {
        let mut jobs = Vec::new();
        for (index, root) in self.roots.iter().enumerate() {
            match &root.part {
                Part::Tree { .. } => jobs.push(Job::new(self, index, None, &root.path, true)),
                Part::Entries(entries) => jobs.extend(entries.iter().map(|entry| {
                    let mut job = Job::new(self, index, None, &root.path.join(entry), false);
                    let is_inside = entry.parent().is_some_and(|parent| parent != Path::new(""));
                    job.cache = is_inside.then_some(Cache::Around);
                    job
                })),
                Part::Mirrors(mirrors) => {
                    jobs.extend(mirrors.iter().map(|mirror| {
                        let top = root.path.join(&mirror.top);
                        Job::new(self, index, Some(mirror), &top, mirror.top == Path::new(""))
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

    fn add(&self, mut found: Found) {
        if let Ok(mut all) = self.found.lock() {
            all.targets.append(&mut found.targets);
            all.hollows.append(&mut found.hollows);
            all.failures.append(&mut found.failures);
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
        target: Target {
            root: index,
            path: (*path).into(),
            kind: Kind::Emptied,
            why: Why::Empty,
        },
    };
    above.iter().map(hollow).collect()
}

/// The walk of one directory and what lies below it.
struct Job<'a> {
    scan: &'a Scan<'a>,
    root: usize,
    mirror: Option<&'a Mirror>,
    walk: walkdir::IntoIter,
    /// The cache directory that the walk is in, if it is in one.
    cache: Option<Cache>,
    /// The directories that the walk is in and that may go, outermost first.
    open: Vec<Open>,
    found: Found,
}

/// Where a cache directory lies that is looked into.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cache {
    /// Above where the walk began.
    Around,
    /// At this depth of the walk.
    Depth(usize),
}

/// A directory that the walk is in and that may go.
struct Open {
    depth: usize,
    hollow: Hollow,
}

/// What a job met.
enum Step {
    /// A directory that the walk is about to enter: here, or in a job of its own.
    Directory(DirEntry),
    /// Anything else.
    Other,
    /// The end of the walk.
    Done,
}

impl<'a> Job<'a> {
    /// A job that starts at `top`; a link there is followed only where the user
    /// wrote it, not where a directory has become one since it was met.
    fn new(
        scan: &'a Scan<'a>,
        root: usize,
        mirror: Option<&'a Mirror>,
        top: &Path,
        follow: bool,
    ) -> Job<'a> {
        let walk = WalkDir::new(top)
            .follow_root_links(follow)
            .max_open(scan.open_files);
        let (open, found) = Default::default();
        Job {
            scan,
            root,
            mirror,
            walk: walk.into_iter(),
            cache: None,
            open,
            found,
        }
    }

    /// Walks to the end, and gives directories away while threads are idle.
    fn run<'s>(mut self, scope: &Scope<'s>)
    where
        'a: 's,
    {
        let scan = self.scan;
        scan.waiting.fetch_sub(1, Ordering::Relaxed);
        loop {
            match self.step() {
                Step::Done => return self.finish(),
                Step::Directory(entry)
                    if scan.waiting.load(Ordering::Relaxed) < scan.enough_waiting
                        && entry.depth() > 0 =>
                {
                    self.walk.skip_current_dir();
                    let job = Job::new(scan, self.root, self.mirror, entry.path(), false);
                    scan.waiting.fetch_add(1, Ordering::Relaxed);
                    scope.spawn(|scope| job.run(scope));
                }
                Step::Directory(entry) => self.enter(&entry),
                Step::Other => {}
            }
        }
    }

    fn finish(mut self) {
        self.leave(0);
        self.scan.add(self.found);
    }

    /// Judges the next entry.
    fn step(&mut self) -> Step {
        let entry = match self.walk.next() {
            _ if interrupt::requested() => return Step::Done,
            None => return Step::Done,
            Some(Ok(entry)) => entry,
            Some(Err(error)) => {
                self.unread(error);
                return Step::Other;
            }
        };
        self.leave(entry.depth());
        if entry.file_type().is_dir() {
            self.directory(entry)
        } else {
            self.file(&entry);
            Step::Other
        }
    }

    fn directory(&mut self, entry: DirEntry) -> Step {
        self.scan.progress.directory_seen();
        let is_top = entry.depth() == 0;
        let is_cache = entry.file_name() == CACHE_DIRECTORY && !(is_top && self.is_tree());
        let is_all = self.scan.selection.is_all();
        let stays = !is_top && (self.ignores(&entry) || self.is_excepted(&entry));
        if stays || self.is_elsewhere(&entry) {
            self.something_stays();
        } else if is_cache || self.cache.is_some() {
            let looks_in = !is_all || self.scan.rules.spares_any();
            if self.cache.is_some() && !is_all {
                // Bytecode is never so deep in a cache that an interpreter would find
                // it, so it is none that can be judged.
                self.something_stays();
            } else if looks_in {
                self.cache.get_or_insert(Cache::Depth(entry.depth()));
                self.open(&entry, if is_all { Kind::Tree } else { Kind::Emptied });
                return Step::Other;
            } else {
                self.take(&entry, Kind::Tree, Why::Bytecode);
            }
        } else {
            return Step::Directory(entry);
        }
        self.walk.skip_current_dir();
        Step::Other
    }

    /// Enters a directory that is no cache.
    fn enter(&mut self, entry: &DirEntry) {
        if self.mirror.is_some() && !self.below(entry.path()).as_os_str().is_empty() {
            self.open(entry, Kind::Emptied);
        }
    }

    /// Notes that a directory goes if nothing in it stays.
    fn open(&mut self, entry: &DirEntry, kind: Kind) {
        let why = if kind == Kind::Tree {
            Why::Bytecode
        } else {
            Why::Empty
        };
        let target = self.target(entry, kind, why);
        let hollow = Hollow {
            target,
            stays: false,
        };
        self.open.push(Open {
            depth: entry.depth(),
            hollow,
        });
    }

    /// Leaves the directories as deep as `depth` or deeper.
    fn leave(&mut self, depth: usize) {
        while let Some(open) = self.open.pop_if(|open| open.depth >= depth) {
            self.found.hollows.push(open.hollow);
        }
        if matches!(self.cache, Some(Cache::Depth(cache)) if cache >= depth) {
            self.cache = None;
        }
    }

    fn file(&mut self, entry: &DirEntry) {
        match self.judge(entry) {
            Some(why) => self.take(entry, Kind::File, why),
            None => self.something_stays(),
        }
    }

    /// Why a file goes, if it does.
    fn judge(&mut self, entry: &DirEntry) -> Option<Why> {
        let path = entry.path();
        // Of most files the last letter tells that they are none; this is quicker
        // than to cut the name out first.
        let is_bytecode = BytecodeName::parse(path.as_os_str()).is_some();
        let is_all = self.scan.selection.is_all();
        let kind = entry.file_type();
        let may_go = if self.cache.is_some() && is_all {
            true
        } else {
            is_bytecode && (kind.is_file() || kind.is_symlink())
        };
        if !may_go || (self.ignores(entry) && !self.is_named(entry)) {
            return None;
        }
        if is_all {
            return Some(Why::Bytecode);
        }
        let directory = path.parent()?;
        let in_cache = self.cache.is_some();
        let mirrored;
        let sources = match self.mirror {
            _ if in_cache && directory.file_name()? != CACHE_DIRECTORY => return None,
            _ if in_cache => directory.parent()?,
            Some(mirror) => {
                let below = self.below(directory).strip_prefix(&mirror.top).ok()?;
                mirrored = mirror.sources.join(below);
                &mirrored
            }
            None => directory,
        };
        let name = BytecodeName::parse(entry.file_name())?;
        let is_regular = kind.is_file();
        let file = Candidate {
            path,
            name,
            sources,
            in_cache,
            is_regular,
        };
        self.scan
            .selection
            .judge(file)
            .unwrap_or_else(|(path, error)| {
                self.failed(&path, error);
                None
            })
    }

    fn something_stays(&mut self) {
        if let Some(open) = self.open.last_mut() {
            open.hollow.stays = true;
        }
    }

    fn take(&mut self, entry: &DirEntry, kind: Kind, why: Why) {
        let target = self.target(entry, kind, why);
        self.found.targets.push(target);
    }

    fn target(&self, entry: &DirEntry, kind: Kind, why: Why) -> Target {
        Target {
            root: self.root,
            path: self.below(entry.path()).into(),
            kind,
            why,
        }
    }

    fn unread(&mut self, error: walkdir::Error) {
        // Nothing is known of what could not be read, so the directories it lies in
        // stay.
        self.open
            .iter_mut()
            .for_each(|open| open.hollow.stays = true);
        let path = error.path().unwrap_or(&self.root().path).to_path_buf();
        self.failed(
            &path,
            error
                .into_io_error()
                .unwrap_or_else(|| ErrorKind::Other.into()),
        );
    }

    fn failed(&mut self, path: &Path, error: io::Error) {
        // What has vanished meanwhile needs no removing.
        if error.kind() != ErrorKind::NotFound {
            let path = self.root().shown(self.below(path));
            self.found.failures.push(Failure {
                attempt: Attempt::Read,
                path,
                error,
            });
        }
    }

    fn root(&self) -> &'a Root {
        &self.scan.roots[self.root]
    }

    fn is_tree(&self) -> bool {
        matches!(self.root().part, Part::Tree { .. })
    }

    /// Whether the user wrote this very path. What he wrote is never ignored.
    fn is_named(&self, entry: &DirEntry) -> bool {
        entry.depth() == 0 && matches!(self.root().part, Part::Entries(_))
    }

    fn below<'p>(&self, path: &'p Path) -> &'p Path {
        path.strip_prefix(&self.root().path).unwrap_or(path)
    }

    /// Whether an entry is never entered or removed. The names that are ignored by
    /// default say where not to search; in a cache all is cache, whatever its name.
    fn ignores(&self, entry: &DirEntry) -> bool {
        let paths = || {
            let path = entry.path();
            [path.to_path_buf(), self.root().real.join(self.below(path))]
        };
        if self.cache.is_none() {
            self.scan.rules.ignores(entry.file_name(), paths)
        } else {
            self.scan.rules.spares(entry.file_name(), paths)
        }
    }

    /// Whether a directory holds the bytecode of other projects.
    fn is_excepted(&self, entry: &DirEntry) -> bool {
        match &self.root().part {
            Part::Tree {
                except: Some(except),
            } => self.below(entry.path()) == except,
            _ => false,
        }
    }

    /// Whether a directory lies on another file system than its root, and that
    /// matters.
    #[cfg(unix)]
    fn is_elsewhere(&self, entry: &DirEntry) -> bool {
        use std::os::unix::fs::MetadataExt;
        let device = self.root().device;
        device.is_some() && entry.metadata().map(|metadata| metadata.dev()).ok() != device
    }

    /// Windows shows what is mounted as a link, and no link is followed.
    #[cfg(not(unix))]
    fn is_elsewhere(&self, _: &DirEntry) -> bool {
        false
    }
}
