//! Stdout: paths and JSON, for people and for programs.

use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};
use std::path::{MAIN_SEPARATOR, Path};

use anstream::ColorChoice;

use super::json::Message;
use crate::cli::Cli;
use crate::console::format::{escape_json, escape_path};
use crate::console::message::{REASON, RESET};
use crate::interrupt;

/// Buffered stdout. If it cannot be written, the run ends early.
#[derive(Debug)]
pub(crate) struct Stdout {
    out: BufWriter<StdoutLock<'static>>,
    /// Whether it is JSON Lines.
    pub(crate) is_json: bool,
    /// Whether paths end with a NUL byte.
    is_nul: bool,
    /// Whether it is a terminal.
    pub(crate) is_terminal: bool,
    /// Whether it interprets ANSI escape sequences, and colors are wanted.
    has_colors: bool,
    /// Why nothing more can be written.
    error: Option<io::Error>,
}

impl Stdout {
    /// Locks stdout.
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

    /// Why it could not be written, once.
    pub(crate) fn take_error(&mut self) -> Option<io::Error> {
        self.error.take()
    }

    /// Writes a path, and the reason for its removal unless a program splits the output at
    /// NUL bytes.
    pub(crate) fn write_path(&mut self, path: &Path, is_dir: bool, reason: Option<&str>) {
        self.write(|this| this.try_write_path(path, is_dir, reason));
    }

    /// Writes a line of JSON, if that is the format.
    pub(crate) fn write_json(&mut self, message: &Message) {
        if self.is_json {
            self.write(|this| {
                if this.is_terminal {
                    let json = serde_json::to_string(message)?;
                    this.out.write_all(escape_json(&json).as_bytes())?;
                } else {
                    serde_json::to_writer(&mut this.out, message)?;
                }
                this.out.write_all(b"\n")
            });
        }
    }

    /// Writes text without a line end.
    pub(crate) fn write_text(&mut self, text: &str) {
        self.write(|this| this.out.write_all(text.as_bytes()));
    }

    /// Writes out what is buffered.
    pub(crate) fn flush(&mut self) {
        self.write(|this| this.out.flush());
    }

    /// Writes with `write`, unless that failed before.
    fn write(&mut self, write: impl FnOnce(&mut Self) -> io::Result<()>) {
        if self.error.is_none()
            && let Err(error) = write(self)
        {
            interrupt::request();
            self.error = Some(error);
        }
    }

    fn try_write_path(
        &mut self,
        path: &Path,
        is_dir: bool,
        reason: Option<&str>,
    ) -> io::Result<()> {
        let escapes = self.is_terminal && !self.is_nul;
        if escapes {
            write!(self.out, "{}", escape_path(path))?;
        } else {
            self.out.write_all(path.as_os_str().as_encoded_bytes())?;
        }
        if is_dir {
            write!(self.out, "{MAIN_SEPARATOR}")?;
        }
        if let Some(reason) = reason.filter(|_| !self.is_nul) {
            let reason = if escapes {
                // It may name the source.
                escape_path(Path::new(reason))
            } else {
                reason.to_owned()
            };
            if self.has_colors {
                write!(self.out, ": {REASON}{reason}{RESET}")?;
            } else {
                write!(self.out, ": {reason}")?;
            }
        }
        self.out.write_all(if self.is_nul { b"\0" } else { b"\n" })
    }
}
