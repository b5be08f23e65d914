//! The progress of a long run, on stderr.

use std::env;
use std::io::{self, IsTerminal, Write, stderr};
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anstream::{AutoStream, ColorChoice};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};
use terminal_size::terminal_size_of;

use crate::console::format::format_number;

/// A phase that ends before this draws nothing.
const DRAW_DELAY: Duration = Duration::from_millis(80);
const TICK: Duration = Duration::from_millis(60);

/// The text and a bar of about 30 columns.
const MAX_WIDTH: u16 = 64;
/// The text does not fit on a narrower line.
const MIN_COLUMNS: u16 = 40;

/// A line that counts what is found, then a bar for what is removed. Workers only add to the
/// numbers; a thread draws them.
#[derive(Debug)]
pub(crate) struct Progress {
    /// `None` if nothing is ever drawn.
    shared: Option<Arc<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    directories: AtomicU64,
    /// Found by the scan, or removed.
    files: AtomicU64,
    state: Mutex<State>,
    finished: Condvar,
}

#[derive(Debug, Default)]
struct State {
    phase: Option<Phase>,
    has_ticker: bool,
    is_finished: bool,
}

#[derive(Debug)]
struct Phase {
    bar: ProgressBar,
    start: Instant,
}

impl Progress {
    /// Draws only if `is_enabled` and stderr is a terminal that can clear a line.
    pub(crate) fn new(is_enabled: bool) -> Self {
        let is_dumb = cfg!(unix) && env::var_os("TERM").is_none_or(|name| name == "dumb");
        let is_drawn = is_enabled && !is_dumb && stderr().is_terminal() && columns() >= MIN_COLUMNS;
        Self {
            shared: is_drawn.then(Arc::default),
        }
    }

    /// Begins to show what the scan finds.
    pub(crate) fn start_scan(&self) {
        self.start_phase(None);
    }

    /// Counts what the scan found.
    pub(crate) fn add_scanned(&self, directories: u64, files_found: u64) {
        if let Some(shared) = &self.shared {
            shared.directories.fetch_add(directories, Ordering::Relaxed);
            shared.files.fetch_add(files_found, Ordering::Relaxed);
        }
    }

    /// Clears the line, for a prompt after the scan.
    pub(crate) fn finish_scan(&self) {
        if let Some(shared) = &self.shared {
            shared.lock().clear();
        }
    }

    /// Ends the scan, and begins to show how many of the files are removed.
    pub(crate) fn start_removal(&self, total_files: u64) {
        self.start_phase(Some(total_files));
    }

    /// Counts removed files.
    pub(crate) fn add_removed(&self, files: u64) {
        if let Some(shared) = &self.shared {
            shared.files.fetch_add(files, Ordering::Relaxed);
        }
    }

    /// Hides what is drawn while `write` writes to the terminal. `write` must only
    /// count.
    pub(crate) fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        let bar = self.shared.as_ref().and_then(|shared| {
            let state = shared.lock();
            state.phase.as_ref().map(|phase| phase.bar.clone())
        });
        match bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Clears the line. Nothing is drawn afterwards.
    pub(crate) fn finish(&self) {
        if let Some(shared) = &self.shared {
            let mut state = shared.lock();
            state.is_finished = true;
            state.clear();
            shared.finished.notify_all();
        }
    }

    fn start_phase(&self, total_files: Option<u64>) {
        let Some(shared) = &self.shared else { return };
        let mut state = shared.lock();
        state.clear();
        if state.is_finished {
            return;
        }
        shared.files.store(0, Ordering::Relaxed);
        state.phase = Some(Phase {
            bar: ProgressBar::with_draw_target(total_files, ProgressDrawTarget::hidden()),
            start: Instant::now(),
        });
        if !state.has_ticker {
            let shared = Arc::clone(shared);
            let ticker = thread::Builder::new().spawn(move || shared.draw_regularly());
            // Without the thread nothing is drawn, which does no harm.
            state.has_ticker = ticker.is_ok();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn draw_regularly(&self) {
        let mut state = self.lock();
        while !state.is_finished {
            if let Some(phase) = &state.phase
                && phase.start.elapsed() >= DRAW_DELAY
            {
                self.draw(&phase.bar);
            }
            let waited = self.finished.wait_timeout(state, TICK);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn draw(&self, bar: &ProgressBar) {
        if bar.is_hidden() {
            bar.set_style(style(bar.length()));
            let line = Box::<StderrLine>::default();
            bar.set_draw_target(ProgressDrawTarget::term_like(line));
        }
        let files = self.files.load(Ordering::Relaxed);
        if bar.length().is_none() {
            let directories = self.directories.load(Ordering::Relaxed);
            bar.set_message(format!(
                "Scanning {} directories, {} files found",
                format_number(directories),
                format_number(files)
            ));
        }
        bar.set_position(files);
    }
}

impl State {
    fn clear(&mut self) {
        if let Some(phase) = self.phase.take() {
            phase.bar.finish_and_clear();
        }
    }
}

/// The style of a bar, or of a line without a bar if there is no total.
fn style(total_files: Option<u64>) -> ProgressStyle {
    let has_colors = AutoStream::choice(&stderr()) != ColorChoice::Never;
    let template = match (total_files, has_colors) {
        (Some(_), true) => "Removing {wide_bar:.cyan/dim} {human_pos}/{human_len} files",
        (Some(_), false) => "Removing {wide_bar} {human_pos}/{human_len} files",
        (None, true) => "{spinner:.cyan} {wide_msg}",
        (None, false) => "{spinner} {wide_msg}",
    };
    let style = ProgressStyle::with_template(template);
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    style.progress_chars("━╸━")
}

/// One line of stderr that ends before the last columns. `indicatif` fills the line with
/// spaces. If it were full, the terminal would show `^C` on the next line, so that the next
/// drawing would leave this one on the screen.
#[derive(Debug, Default)]
struct StderrLine {
    text: Mutex<String>,
}

impl StderrLine {
    fn push(&self, text: &str) -> io::Result<()> {
        let mut line = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        line.push_str(text);
        Ok(())
    }
}

impl TermLike for StderrLine {
    fn width(&self) -> u16 {
        columns().saturating_sub(3).min(MAX_WIDTH)
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.push(text)
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.push(text)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.push("\r\x1b[2K")
    }

    fn flush(&self) -> io::Result<()> {
        let mut line = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        let text = mem::take(&mut *line);
        AutoStream::always_ansi(stderr().lock()).write_all(text.as_bytes())
    }

    // There is only one line, and the cursor is moved only between lines.
    fn move_cursor_up(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_down(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_right(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_left(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
}

/// The width of the terminal.
fn columns() -> u16 {
    terminal_size_of(stderr()).map_or(80, |(width, _)| width.0)
}
