//! Threads, started when there is work for them and not before, and how many files
//! each of them may open.

use std::sync::OnceLock;

use rayon::{ThreadPool, ThreadPoolBuilder};

/// More threads than this only wait for each other: they all change the same
/// file system.
const MOST_BY_DEFAULT: usize = 16;

/// Files that are open whatever the threads do: the standard streams, and what
/// waits for signals.
const ALWAYS_OPEN: usize = 6;

/// A thread that may open fewer files than this at a time cannot work.
const FEWEST_OPEN: usize = 4;

/// The threads of a run. A small tree is done before the first would start.
#[derive(Debug)]
pub struct Threads {
    jobs: usize,
    open_files: usize,
    pool: OnceLock<Option<ThreadPool>>,
}

impl Threads {
    /// At most `jobs` threads, or as many as there are cores, up to 16; fewer where
    /// the system does not let them open enough files beside the `roots` that are
    /// open.
    pub fn new(jobs: Option<u16>, roots: usize) -> Threads {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        let jobs = jobs.map_or_else(|| cores().min(MOST_BY_DEFAULT), usize::from);
        let open_files = raise_open_files().saturating_sub(ALWAYS_OPEN + roots);
        let jobs = jobs.min(open_files / FEWEST_OPEN).max(1);
        Threads {
            jobs,
            open_files: open_files / jobs,
            pool: OnceLock::new(),
        }
    }

    /// How many there may be.
    pub fn jobs(&self) -> usize {
        self.jobs
    }

    /// How many files each may have open at a time.
    pub fn open_files(&self) -> usize {
        self.open_files
    }

    /// The pool, started at the first call. `None` where one thread was asked
    /// for, or the system gives no more: the caller's own thread does the work.
    pub fn pool(&self) -> Option<&ThreadPool> {
        let start = || ThreadPoolBuilder::new().num_threads(self.jobs).build().ok();
        self.pool
            .get_or_init(|| if self.jobs > 1 { start() } else { None })
            .as_ref()
    }
}

/// Lets this process open as many files as it may, and returns how many that is.
#[cfg(unix)]
pub fn raise_open_files() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    let limit = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => maximum,
        Err(_) => current,
    };
    limit.map_or(usize::MAX, |limit| {
        usize::try_from(limit).unwrap_or(usize::MAX)
    })
}

/// Windows sets no limit that matters.
#[cfg(not(unix))]
pub fn raise_open_files() -> usize {
    usize::MAX
}
