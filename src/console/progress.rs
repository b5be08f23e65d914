//! The progress of a long run, on stderr.

use std::env;
use std::io::{self, IsTerminal, Write, stderr};
use std::mem;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anstream::{AutoStream, ColorChoice};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};
use terminal_size::terminal_size_of;

/// A run that ends before this draws nothing.
const DRAW_DELAY: Duration = Duration::from_millis(120);
const TICK: Duration = Duration::from_millis(60);
const DRAWS_PER_SECOND: u8 = 20;

const MAX_WIDTH: u16 = 64;
const MIN_COLUMNS: u16 = 40;

/// A line that counts directories, then a bar for the files that are removed.
#[derive(Debug)]
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Draws only if `is_enabled` and stderr is a terminal that can clear a line.
    pub(crate) fn new(is_enabled: bool) -> Self {
        let is_dumb = cfg!(unix) && env::var_os("TERM").is_none_or(|name| name == "dumb");
        let is_drawn = is_enabled && !is_dumb && stderr().is_terminal() && columns() >= MIN_COLUMNS;
        let target = if is_drawn {
            let line = StderrLine {
                text: Mutex::default(),
                start: Instant::now(),
            };
            ProgressDrawTarget::term_like_with_hz(Box::new(line), DRAWS_PER_SECOND)
        } else {
            ProgressDrawTarget::hidden()
        };
        Self(ProgressBar::with_draw_target(None, target))
    }

    pub(crate) fn start_scan(&self) {
        self.0.set_length(0);
        self.start(if columns() < MAX_WIDTH {
            "{spinner:.cyan} Scanning {human_pos} directories"
        } else {
            "{spinner:.cyan} Scanning {human_pos} directories, {human_len} files found"
        });
    }

    pub(crate) fn start_removal(&self, total_files: u64) {
        self.0.set_length(total_files);
        self.start("Removing {wide_bar:.cyan/dim} {human_pos}/{human_len} files");
    }

    fn start(&self, template: &str) {
        if self.0.is_hidden() {
            return;
        }
        let template = match AutoStream::choice(&stderr()) {
            ColorChoice::Never => template.replace(":.cyan/dim", "").replace(":.cyan", ""),
            _ => template.to_owned(),
        };
        if let Ok(style) = ProgressStyle::with_template(&template) {
            self.0.set_style(style.progress_chars("━╸─"));
            self.0.reset();
            self.0.enable_steady_tick(TICK);
        }
    }

    pub(crate) fn add_scanned_dir(&self) {
        self.0.inc(1);
    }

    /// Counts files to remove. While directories are the position, these are the length.
    pub(crate) fn add_found_files(&self, count: u64) {
        self.0.inc_length(count);
    }

    pub(crate) fn add_removed_file(&self) {
        self.0.inc(1);
    }

    pub(crate) fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        self.0.suspend(write)
    }

    /// Clears the line. Nothing is drawn until the next phase starts.
    pub(crate) fn finish(&self) {
        self.0.finish_and_clear();
    }
}

/// One line of stderr that ends before the last columns. `indicatif` fills the line with
/// spaces. If it were full, the terminal would show `^C` on the next line, so that the next
/// drawing would leave this one on the screen.
#[derive(Debug)]
struct StderrLine {
    text: Mutex<String>,
    start: Instant,
}

impl TermLike for StderrLine {
    fn width(&self) -> u16 {
        columns().saturating_sub(3).min(MAX_WIDTH)
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        let mut line = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        line.push_str(text);
        Ok(())
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.write_str(text)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.write_str("\r\x1b[2K")
    }

    fn flush(&self) -> io::Result<()> {
        let mut line = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        let text = mem::take(&mut *line);
        if self.start.elapsed() < DRAW_DELAY {
            return Ok(());
        }
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

fn columns() -> u16 {
    terminal_size_of(stderr()).map_or(80, |(width, _)| width.0)
}
