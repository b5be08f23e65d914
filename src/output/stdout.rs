//! Stdout: paths and JSON, for people and for programs.

use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};
use std::path::{MAIN_SEPARATOR, Path, is_separator};

use anstream::ColorChoice;

use super::json::Message;
use crate::cli::Cli;
use crate::console::format::{escape, escape_json, format_size};
use crate::console::message::{DIM, DIRECTORY, REASON, RESET};
use crate::interrupt;

/// Buffered stdout. If it cannot be written, the run ends early.
#[derive(Debug)]
pub(crate) struct Stdout {
    out: BufWriter<StdoutLock<'static>>,
    pub(crate) is_json: bool,
    /// Whether paths end with a NUL byte.
    is_nul: bool,
    pub(crate) is_terminal: bool,
    has_colors: bool,
    /// Why nothing more can be written.
    pub(crate) error: Option<io::Error>,
}

impl Stdout {
    pub(crate) fn new(cli: &Cli) -> Self {
        let out = io::stdout();
        Self {
            is_json: cli.json,
            is_nul: cli.print0,
            is_terminal: out.is_terminal(),
            has_colors: anstream::stdout().current_choice() == ColorChoice::AlwaysAnsi,
            out: BufWriter::with_capacity(1 << 16, out.lock()),
            error: None,
        }
    }

    /// Writes a path: on a terminal in color and after its size, for a program alone. The
    /// reason for its removal follows, unless a program splits the output at NUL bytes.
    pub(crate) fn write_path(
        &mut self,
        path: &Path,
        is_dir: bool,
        size: Option<u64>,
        reason: Option<&str>,
    ) {
        if !self.is_terminal || self.is_nul {
            let mut text = path.as_os_str().as_encoded_bytes().to_vec();
            if is_dir {
                text.push(MAIN_SEPARATOR as u8);
            }
            if let Some(reason) = reason.filter(|_| !self.is_nul) {
                text.extend(format!(": {reason}").bytes());
            }
            text.push(if self.is_nul { b'\0' } else { b'\n' });
            return self.write(|out| out.write_all(&text));
        }
        let has_colors = self.has_colors;
        let paint = |style: &str, text: &str| {
            if has_colors && !text.is_empty() {
                format!("{style}{text}{RESET}")
            } else {
                text.to_owned()
            }
        };
        let path = escape(path);
        let (above, name) = path.split_at(path.rfind(is_separator).map_or(0, |end| end + 1));
        let name = if is_dir {
            paint(DIRECTORY, &format!("{name}{MAIN_SEPARATOR}"))
        } else {
            name.to_owned()
        };
        let size = size.map_or_else(String::new, |size| format!("{:>10}  ", format_size(size)));
        // A reason may name the source.
        let reason = reason.map_or_else(String::new, |text| {
            format!(": {}", paint(REASON, &escape(text)))
        });
        let above = paint(DIM, above);
        self.write(|out| writeln!(out, "{size}{above}{name}{reason}"));
    }

    pub(crate) fn write_json(&mut self, message: &Message) {
        let (is_json, escapes) = (self.is_json, self.is_terminal);
        self.write(|out| {
            if !is_json {
                return Ok(());
            }
            let json = serde_json::to_string(message)?;
            let json = if escapes { escape_json(&json) } else { json };
            writeln!(out, "{json}")
        });
    }

    pub(crate) fn write_text(&mut self, text: &str) {
        self.write(|out| out.write_all(text.as_bytes()));
    }

    pub(crate) fn flush(&mut self) {
        self.write(|out| out.flush());
    }

    fn write(&mut self, write: impl FnOnce(&mut BufWriter<StdoutLock>) -> io::Result<()>) {
        if self.error.is_none()
            && let Err(error) = write(&mut self.out)
        {
            interrupt::request();
            self.error = Some(error);
        }
    }
}
