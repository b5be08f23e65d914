//! The walk: roots and rules in, targets out. It reads the names and kinds of
//! entries, changes nothing and follows no link.
//!
//! `walkdir` walks. As one walk keeps one core busy, a walk that meets a directory
//! while other threads are short of work leaves it to them and goes on beside it.

use std::io;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::Scope;
use walkdir::{DirEntry, WalkDir};

use crate::failure::{Attempt, Failure};
use crate::interrupt;
use crate::plan::{Kind, Target, path_order};
use crate::progress::Progress;
use crate::roots::Root;
use crate::rules::{CACHE_DIRECTORY, Rules};
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
    /// What could not be read.
    pub failures: Vec<Failure>,
}

/// Walks `roots` once and finds everything that `rules` call cache.
pub fn scan(roots: &[Root], rules: &Rules, threads: &Threads, progress: &Progress) -> Found {
    let scan = Scan {
        roots,
        rules,
        progress,
        waiting: AtomicUsize::new(0),
        enough_waiting: threads.jobs() * ENOUGH_WAITING,
        open_files: threads.open_files().saturating_sub(1).clamp(1, MOST_OPEN),
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
            while !matches!(job.step(), Step::Done) {
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
            job.finish();
        }
    }

    /// A job for each root, and a target for each entry that needs none.
    fn first_jobs(&'a self) -> Vec<Job<'a>> {
        let mut jobs = Vec::new();
        let mut named = Found::default();
        for (index, root) in self.roots.iter().enumerate() {
            let Some(entries) = &root.entries else {
                jobs.push(Job::new(self, index, &root.path, true));
                continue;
            };
            for entry in entries {
                let is_cache = entry == Path::new(CACHE_DIRECTORY);
                if is_cache && self.rules.spares_any() {
                    jobs.push(Job::new(self, index, &root.path.join(entry), false));
                } else {
                    let kind = if is_cache { Kind::Cache } else { Kind::File };
                    named.targets.push(Target {
                        root: index,
                        path: entry.as_path().into(),
                        kind,
                    });
                }
            }
        }
        self.add(named);
        jobs
    }

    fn add(&self, mut found: Found) {
        if let Ok(mut all) = self.found.lock() {
            all.targets.append(&mut found.targets);
            all.failures.append(&mut found.failures);
        }
    }
}

/// The walk of one directory and what lies below it.
struct Job<'a> {
    scan: &'a Scan<'a>,
    root: usize,
    walk: walkdir::IntoIter,
    /// The cache directories that the walk is in, outermost first: those that are
    /// not taken unseen.
    caches: Vec<OpenCache>,
    found: Found,
}

/// A cache directory that is looked into, because something in it may be spared.
struct OpenCache {
    depth: usize,
    path: Box<Path>,
    /// How many targets there were before it.
    before: usize,
    /// Whether something in it stays.
    stays: bool,
}

/// What a job met.
enum Step {
    /// A directory that the walk is about to enter.
    Directory(DirEntry),
    /// Anything else.
    Other,
    /// The end of the walk.
    Done,
}

impl<'a> Job<'a> {
    /// A job that starts at `top`; a link there is followed only where the user
    /// wrote it, not where a directory has become one since it was met.
    fn new(scan: &'a Scan<'a>, root: usize, top: &Path, follow: bool) -> Job<'a> {
        let walk = WalkDir::new(top).follow_root_links(follow);
        Job {
            scan,
            root,
            walk: walk.max_open(scan.open_files).into_iter(),
            caches: Vec::new(),
            found: Found::default(),
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
                    if scan.waiting.load(Ordering::Relaxed) < scan.enough_waiting =>
                {
                    self.walk.skip_current_dir();
                    let job = Job::new(scan, self.root, entry.path(), false);
                    scan.waiting.fetch_add(1, Ordering::Relaxed);
                    scope.spawn(|scope| job.run(scope));
                }
                Step::Directory(_) | Step::Other => {}
            }
        }
    }

    fn finish(mut self) {
        self.leave_caches(0);
        self.scan.add(self.found);
    }

    /// Judges the next entry.
    fn step(&mut self) -> Step {
        let entry = match self.walk.next() {
            _ if interrupt::requested() => return Step::Done,
            None => return Step::Done,
            Some(Ok(entry)) => entry,
            Some(Err(error)) => {
                self.failed(error);
                return Step::Other;
            }
        };
        self.leave_caches(entry.depth());
        let is_top = entry.depth() == 0;
        let is_cache_root = is_top && self.root().entries.is_some();
        if entry.file_type().is_dir() && (!is_top || is_cache_root) {
            self.scan.progress.directory_seen();
            return self.directory(entry);
        }
        if !is_top {
            self.file(&entry);
        }
        Step::Other
    }

    fn directory(&mut self, entry: DirEntry) -> Step {
        let is_cache = entry.file_name() == CACHE_DIRECTORY || !self.caches.is_empty();
        let stays = entry.depth() > 0 && self.ignores(&entry);
        if stays || self.is_elsewhere(&entry) {
            self.something_stays();
        } else if !is_cache {
            return Step::Directory(entry);
        } else if self.scan.rules.spares_any() {
            self.caches.push(OpenCache {
                depth: entry.depth(),
                path: self.below(entry.path()).into(),
                before: self.found.targets.len(),
                stays: false,
            });
            return Step::Other;
        } else {
            self.take(self.below(entry.path()).into(), Kind::Cache);
        }
        self.walk.skip_current_dir();
        Step::Other
    }

    fn file(&mut self, entry: &DirEntry) {
        let kind = entry.file_type();
        let is_cache = !self.caches.is_empty()
            || ((kind.is_file() || kind.is_symlink()) && self.scan.rules.is_bytecode(entry.path()));
        if !is_cache {
            return;
        }
        if self.ignores(entry) {
            self.something_stays();
        } else {
            self.take(self.below(entry.path()).into(), Kind::File);
        }
    }

    /// Leaves the cache directories as deep as `depth` or deeper. One of which
    /// nothing stays goes as a whole.
    fn leave_caches(&mut self, depth: usize) {
        while let Some(cache) = self.caches.pop_if(|cache| cache.depth >= depth) {
            if cache.stays {
                self.something_stays();
            } else {
                self.found.targets.truncate(cache.before);
                self.take(cache.path, Kind::Cache);
            }
        }
    }

    fn something_stays(&mut self) {
        if let Some(cache) = self.caches.last_mut() {
            cache.stays = true;
        }
    }

    fn take(&mut self, path: Box<Path>, kind: Kind) {
        self.found.targets.push(Target {
            root: self.root,
            path,
            kind,
        });
    }

    fn failed(&mut self, error: walkdir::Error) {
        // Nothing is known of what could not be read, so its directories stay.
        self.caches.iter_mut().for_each(|cache| cache.stays = true);
        let path = self
            .root()
            .shown(error.path().map_or(Path::new(""), |path| self.below(path)));
        let error = error
            .into_io_error()
            .unwrap_or_else(|| io::ErrorKind::Other.into());
        // What has vanished meanwhile needs no removing.
        if error.kind() != io::ErrorKind::NotFound {
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

    fn below<'p>(&self, path: &'p Path) -> &'p Path {
        path.strip_prefix(&self.root().path).unwrap_or(path)
    }

    /// Whether an entry is never entered or removed. The names that are ignored by
    /// default say where not to search; in a cache all is cache, whatever its name.
    fn ignores(&self, entry: &DirEntry) -> bool {
        let paths = || {
            [
                entry.path().to_path_buf(),
                self.root().real.join(self.below(entry.path())),
            ]
        };
        if self.caches.is_empty() {
            self.scan.rules.ignores(entry.file_name(), paths)
        } else {
            self.scan.rules.spares(entry.file_name(), paths)
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
