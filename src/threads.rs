//! The thread pool, started when it is first needed: a small tree is cleaned in less time than
//! it takes to start a thread.

use std::sync::OnceLock;

use rayon::{ThreadPool, ThreadPoolBuilder};

/// More threads than this contend for the same file system without a gain.
const MAX_DEFAULT_JOBS: usize = 16;

#[derive(Debug)]
pub(crate) struct Threads {
    jobs: usize,
    pool: OnceLock<Option<ThreadPool>>,
}

impl Threads {
    /// Uses at most `jobs` threads; by default one for each core, up to 16.
    pub(crate) fn new(jobs: Option<u16>) -> Self {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        raise_open_file_limit();
        Self {
            jobs: jobs.map_or_else(|| cores().min(MAX_DEFAULT_JOBS), usize::from),
            pool: OnceLock::new(),
        }
    }

    pub(crate) fn jobs(&self) -> usize {
        self.jobs
    }

    /// The pool, started by the first call. `None` for a single thread, or if the system
    /// refuses to start more: the calling thread then does the work.
    pub(crate) fn pool(&self) -> Option<&ThreadPool> {
        if self.jobs < 2 {
            return None;
        }
        // Nothing here is recursive, and the system may limit the memory of all stacks together.
        let builder = ThreadPoolBuilder::new().stack_size(512 << 10);
        let builder = builder.num_threads(self.jobs);
        self.pool.get_or_init(|| builder.build().ok()).as_ref()
    }
}

/// Raises the soft limit on open files to the hard limit: removal keeps the directories on the
/// way to the current one open.
fn raise_open_file_limit() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit, setrlimit};
        let mut limit = getrlimit(Resource::Nofile);
        limit.current = limit.maximum;
        // If the system refuses it, the limit stays as it was.
        let _ = setrlimit(Resource::Nofile, limit);
    }
}
