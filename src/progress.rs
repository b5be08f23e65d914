//! What a person sees while a long run goes on.

use std::io::{IsTerminal, stderr};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::report::human_size;

/// A run that is done by then draws nothing.
const PATIENCE: Duration = Duration::from_millis(100);

/// Directories seen between two looks at the clock.
const LOOK_EVERY: u64 = 64;

/// A spinner while the tree is walked, then a bar over the targets, on standard
/// error.
#[derive(Debug)]
pub struct Progress {
    /// The start of the run; `None` where nothing is ever drawn.
    since: Option<Instant>,
    directories: AtomicU64,
    spinner: OnceLock<ProgressBar>,
    /// The end of the walk.
    walked: OnceLock<Instant>,
    bar: OnceLock<ProgressBar>,
}

impl Progress {
    /// Progress that is drawn if it is `wanted` and standard error is a terminal.
    pub fn new(wanted: bool) -> Progress {
        Progress {
            since: (wanted && stderr().is_terminal()).then(Instant::now),
            directories: AtomicU64::new(0),
            spinner: OnceLock::new(),
            walked: OnceLock::new(),
            bar: OnceLock::new(),
        }
    }

    /// Tells that the walk met a directory.
    pub fn directory_seen(&self) {
        if self.since.is_none() {
            return;
        }
        let seen = self.directories.fetch_add(1, Ordering::Relaxed) + 1;
        if seen.is_multiple_of(LOOK_EVERY) && self.is_due() {
            self.spinner.get_or_init(spinner).set_position(seen);
        }
    }

    /// Tells that the walk is over.
    pub fn walked(&self) {
        Self::clear(&self.spinner);
        if self.since.is_some() {
            self.walked.get_or_init(Instant::now);
        }
    }

    /// Tells that `done` of `all` targets are done, and how many bytes went with
    /// them.
    pub fn targets_done(&self, done: usize, all: usize, bytes: u64) {
        if self.is_due() {
            let bar = self.bar.get_or_init(|| bar(all as u64));
            let seconds = self
                .walked
                .get()
                .map_or(0.0, |walked| walked.elapsed().as_secs_f64());
            let rate = human_size((bytes as f64 / seconds.max(0.001)) as u64);
            bar.set_message(format!("{}  {rate}/s", human_size(bytes)));
            bar.set_position(done as u64);
        }
    }

    /// Takes away what is drawn while `write` writes to the terminal.
    pub fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        match self.bar.get() {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Takes away what is drawn, for good.
    pub fn finish(&self) {
        Self::clear(&self.spinner);
        Self::clear(&self.bar);
    }

    fn clear(drawn: &OnceLock<ProgressBar>) {
        if let Some(drawn) = drawn.get() {
            drawn.finish_and_clear();
        }
    }

    fn is_due(&self) -> bool {
        self.since.is_some_and(|since| since.elapsed() >= PATIENCE)
    }
}

fn spinner() -> ProgressBar {
    let spinner = ProgressBar::no_length().with_style(style("{spinner} {pos} directories seen"));
    spinner.enable_steady_tick(PATIENCE);
    spinner
}

fn bar(targets: u64) -> ProgressBar {
    let bar = ProgressBar::new(targets)
        .with_style(style("{bar:30} {pos}/{len}  {msg}").progress_chars("=> "));
    bar.enable_steady_tick(PATIENCE);
    bar
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
