//! The paths on stdout.

use std::io::{self, IsTerminal, Write};
use std::path::{MAIN_SEPARATOR, Path};

use anstream::ColorChoice;

use super::format::escape_path;
use super::message::{REASON, RESET};
use crate::options::{Format, Options};
use crate::plan::{Plan, Target};
use crate::remove::RemovedEntry;

/// How paths are written.
#[derive(Debug)]
pub(crate) struct Listing {
    format: Format,
    /// Whether stdout is a terminal.
    pub(crate) is_interactive: bool,
    /// Whether to say why each path is removed.
    shows_reasons: bool,
    /// Whether stdout interprets ANSI escape sequences, and colors are wanted.
    has_colors: bool,
}

impl Listing {
    /// The listing of a run.
    pub(crate) fn new(options: &Options, plan: &Plan) -> Self {
        let is_stale = options.paths.iter().any(|path| path.rules.bytecode.stale)
            || plan.targets.iter().any(Target::is_stale);
        Self {
            format: options.format,
            is_interactive: io::stdout().is_terminal(),
            shows_reasons: is_stale && options.format == Format::Lines,
            has_colors: anstream::stdout().current_choice() == ColorChoice::AlwaysAnsi,
        }
    }

    /// Writes the removed paths of a target.
    pub(crate) fn write(
        &self,
        out: &mut impl Write,
        target: &Target,
        removed: &[RemovedEntry],
    ) -> io::Result<()> {
        let escapes = self.is_interactive && self.format == Format::Lines;
        for RemovedEntry { path, is_dir } in removed {
            if escapes {
                write!(out, "{}", escape_path(path))?;
            } else {
                out.write_all(path.as_os_str().as_encoded_bytes())?;
            }
            if *is_dir {
                write!(out, "{MAIN_SEPARATOR}")?;
            }
            if self.shows_reasons {
                self.write_reason(out, target, escapes)?;
            }
            out.write_all(match self.format {
                Format::Nul => b"\0",
                _ => b"\n",
            })?;
        }
        Ok(())
    }

    fn write_reason(&self, out: &mut impl Write, target: &Target, escapes: bool) -> io::Result<()> {
        let mut reason = target.reason.describe(&target.name);
        if escapes {
            // It may name the source.
            reason = escape_path(Path::new(&reason));
        }
        if self.has_colors {
            write!(out, ": {REASON}{reason}{RESET}")
        } else {
            write!(out, ": {reason}")
        }
    }
}
