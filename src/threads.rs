//! The thread pool, started when it is first needed, and the number of files that each
//! thread may open.

use std::sync::OnceLock;

use rayon::{ThreadPool, ThreadPoolBuilder};

/// More threads than this contend for the same file system without a gain.
const MAX_DEFAULT_JOBS: usize = 16;

/// Descriptors in use whatever the threads do: the standard streams and the signal
/// handler.
const RESERVED_FILES: usize = 6;

/// The fewest files that a thread must be able to open at the same time.
const MIN_OPEN_FILES: usize = 4;

/// The threads of a run.
///
/// A small tree is cleaned in less time than it takes to start a thread, so the pool
/// starts on demand.
#[derive(Debug)]
pub(crate) struct Threads {
    jobs: usize,
    open_files: usize,
    pool: OnceLock<Option<ThreadPool>>,
}

impl Threads {
    /// Uses at most `jobs` threads; by default one for each core, up to 16. Uses fewer
    /// if the limit on open files is too low for them.
    pub(crate) fn new(jobs: Option<u16>) -> Self {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        let jobs = jobs.map_or_else(|| cores().min(MAX_DEFAULT_JOBS), usize::from);
        let open_files = raise_open_file_limit().saturating_sub(RESERVED_FILES);
        let jobs = jobs.min(open_files / MIN_OPEN_FILES).max(1);
        Self {
            jobs,
            open_files: open_files / jobs,
            pool: OnceLock::new(),
        }
    }

    /// The number of threads.
    pub(crate) fn jobs(&self) -> usize {
        self.jobs
    }

    /// The number of files that each thread may have open at the same time.
    pub(crate) fn open_files(&self) -> usize {
        self.open_files
    }

    /// The pool, started by the first call. `None` for a single thread, or if the system
    /// refuses to start more: the calling thread then does the work.
    pub(crate) fn pool(&self) -> Option<&ThreadPool> {
        let start = || {
            if self.jobs > 1 {
                ThreadPoolBuilder::new().num_threads(self.jobs).build().ok()
            } else {
                None
            }
        };
        self.pool.get_or_init(start).as_ref()
    }
}

/// Raises the soft limit on open files to the hard limit, and returns the limit.
#[cfg(unix)]
fn raise_open_file_limit() -> usize {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // If the system refuses it, the limit stays as it was.
    let _ = setrlimit(Resource::Nofile, limit);
    let limit = getrlimit(Resource::Nofile).current;
    limit
        .and_then(|limit| limit.try_into().ok())
        .unwrap_or(usize::MAX)
}

/// Windows has no such limit.
#[cfg(not(unix))]
fn raise_open_file_limit() -> usize {
    usize::MAX
}
