//! The progress of a long run.

use std::io::{IsTerminal, stderr};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::console::format::format_size;

/// A run that ends before this draws nothing.
const DRAW_DELAY: Duration = Duration::from_millis(100);

/// The walk reads the clock once for this many directories.
const CLOCK_INTERVAL: u64 = 64;

/// A spinner during the walk, then a bar for the targets, on stderr.
#[derive(Debug)]
pub(crate) struct Progress {
    /// The start of the run; `None` if nothing is ever drawn.
    start: Option<Instant>,
    is_dry_run: bool,
    directories: AtomicU64,
    spinner: OnceLock<ProgressBar>,
    scan_end: OnceLock<Instant>,
    bar: OnceLock<ProgressBar>,
}

impl Progress {
    /// Draws only if `is_enabled` and stderr is a terminal.
    pub(crate) fn new(is_enabled: bool, is_dry_run: bool) -> Self {
        Self {
            start: (is_enabled && stderr().is_terminal()).then(Instant::now),
            is_dry_run,
            directories: AtomicU64::new(0),
            spinner: OnceLock::new(),
            scan_end: OnceLock::new(),
            bar: OnceLock::new(),
        }
    }

    /// Counts a directory of the walk.
    pub(crate) fn directory_seen(&self) {
        if self.start.is_none() {
            return;
        }
        let seen = self.directories.fetch_add(1, Ordering::Relaxed) + 1;
        if seen.is_multiple_of(CLOCK_INTERVAL) && self.is_due() {
            self.spinner.get_or_init(new_spinner).set_position(seen);
        }
    }

    /// Ends the walk: clears the spinner, and starts to measure the rate of removal.
    pub(crate) fn finish_scan(&self) {
        clear(&self.spinner);
        if self.start.is_some() {
            self.scan_end.get_or_init(Instant::now);
        }
    }

    /// Shows that `done` of `total` targets are done, with the bytes removed so far.
    pub(crate) fn targets_done(&self, done: usize, total: usize, bytes: u64) {
        if !self.is_due() {
            return;
        }
        let bar = self
            .bar
            .get_or_init(|| new_bar(total as u64, self.is_dry_run));
        let size = format_size(bytes);
        if self.is_dry_run {
            bar.set_message(size);
        } else {
            bar.set_message(format!("{size}  {}/s", format_size(self.rate(bytes))));
        }
        bar.set_position(done as u64);
    }

    /// Hides the bar while `write` writes to the terminal.
    pub(crate) fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        match self.bar.get() {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Clears the spinner and the bar.
    pub(crate) fn finish(&self) {
        clear(&self.spinner);
        clear(&self.bar);
    }

    fn is_due(&self) -> bool {
        self.start
            .is_some_and(|start| start.elapsed() >= DRAW_DELAY)
    }

    /// Bytes per second since the end of the walk.
    fn rate(&self, bytes: u64) -> u64 {
        let elapsed = self.scan_end.get().map(Instant::elapsed);
        let seconds = elapsed.unwrap_or_default().as_secs_f64();
        (bytes as f64 / seconds.max(0.001)) as u64
    }
}

fn clear(drawn: &OnceLock<ProgressBar>) {
    if let Some(drawn) = drawn.get() {
        drawn.finish_and_clear();
    }
}

fn new_spinner() -> ProgressBar {
    let style = style("{spinner} Scanning: {pos} directories");
    let spinner = ProgressBar::no_length().with_style(style);
    spinner.enable_steady_tick(DRAW_DELAY);
    spinner
}

fn new_bar(targets: u64, is_dry_run: bool) -> ProgressBar {
    let template = if is_dry_run {
        "Listing {bar:30} {pos}/{len}  {msg}"
    } else {
        "Removing {bar:30} {pos}/{len}  {msg}"
    };
    let bar = ProgressBar::new(targets).with_style(style(template).progress_chars("=> "));
    bar.enable_steady_tick(DRAW_DELAY);
    bar
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
