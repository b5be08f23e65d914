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
            let template = "{spinner} Scanning: {pos} directories";
            let spinner = || start_drawing(ProgressBar::no_length(), template);
            self.spinner.get_or_init(spinner).set_position(seen);
        }
    }

    /// Ends the walk: clears the spinner, and starts to measure the rate of removal.
    pub(crate) fn finish_scan(&self) {
        clear(&self.spinner);
        self.scan_end.get_or_init(Instant::now);
    }

    /// Shows that `done` of `total` targets are done, with the bytes removed so far.
    pub(crate) fn targets_done(&self, done: usize, total: usize, bytes: u64) {
        if !self.is_due() {
            return;
        }
        let size = format_size(bytes);
        let (template, message) = if self.is_dry_run {
            ("Listing {bar:30} {pos}/{len}  {msg}", size)
        } else {
            let message = format!("{size}  {}/s", format_size(self.rate(bytes)));
            ("Removing {bar:30} {pos}/{len}  {msg}", message)
        };
        let new_bar = || start_drawing(ProgressBar::new(total as u64), template);
        let bar = self.bar.get_or_init(new_bar);
        bar.set_message(message);
        bar.set_position(done as u64);
    }

    /// Hides the bar while `write` writes to the terminal.
    pub(crate) fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        match self.bar.get() {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Clears the bar.
    pub(crate) fn finish(&self) {
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

/// Draws a bar regularly by a template.
fn start_drawing(bar: ProgressBar, template: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(template);
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = bar.with_style(style.progress_chars("=> "));
    bar.enable_steady_tick(DRAW_DELAY);
    bar
}
