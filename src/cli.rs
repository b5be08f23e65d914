//! The command line, as clap derives it.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::slice;

use anstream::ColorChoice;
use clap::builder::styling::{AnsiColor, Styles};
use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, ValueEnum};

use crate::pyc::VersionFilter;
use crate::remove::{Action, Listing, Order};
use crate::report::Style;
use crate::select::Selection;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// Remove Python bytecode: __pycache__ directories with all they hold, *.pyc,
/// *.pyo, *$py.class, and interrupted writes such as m.pyc.12345.
#[derive(Debug, Parser)]
#[command(version, about, styles = STYLES, max_term_width = 80)]
#[command(override_usage = "pyclean [OPTIONS] <PATH>...")]
#[command(after_help = "Start with a look at what would go:  pyclean --dry-run .")]
pub struct Cli {
    /// Directories to clean, or single files to judge by the same rules
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// Only bytecode that misleads: orphaned, outdated, raced, damaged, or left
    /// over from an interrupted write
    #[arg(long, help_heading = "What")]
    pub stale: bool,

    /// Only bytecode of this interpreter: 3.11, cpython-311, pypy39, 2.7
    #[arg(
        long,
        value_name = "VERSION",
        value_delimiter = ',',
        help_heading = "What"
    )]
    pub python: Vec<VersionFilter>,

    /// All bytecode but that of this interpreter
    #[arg(
        long,
        value_name = "VERSION",
        value_delimiter = ',',
        help_heading = "What"
    )]
    pub keep_python: Vec<VersionFilter>,

    /// Also the bytecode of each PATH that is kept under DIR
    #[arg(
        long,
        value_name = "DIR",
        env = "PYTHONPYCACHEPREFIX",
        hide_env_values = true,
        help_heading = "What"
    )]
    pub pycache_prefix: Option<PathBuf>,

    /// Never enter or remove what has this name, path or glob
    #[arg(short, long, value_name = "NAME", num_args = 1.., help_heading = "What")]
    pub ignore: Vec<OsString>,

    /// Enter even .git .hg .svn .jj .direnv .tox .nox .venv venv .pixi
    /// node_modules
    #[arg(long, help_heading = "What")]
    pub no_default_ignore: bool,

    /// Stay on the file system of each PATH
    #[arg(short = 'x', long, help_heading = "What")]
    pub one_file_system: bool,

    /// Show what would go and remove nothing
    #[arg(short = 'n', long, help_heading = "How")]
    pub dry_run: bool,

    /// Like --dry-run, but exit with 1 if anything would go
    #[arg(long, help_heading = "How")]
    pub check: bool,

    /// Threads to use [default: the cores available, at most 16]
    #[arg(short, long, value_name = "N", help_heading = "How",
          value_parser = clap::value_parser!(u16).range(1..=512))]
    pub jobs: Option<u16>,

    /// List every file and directory that goes
    #[arg(short, long, help_heading = "Output", conflicts_with = "quiet")]
    pub verbose: bool,

    /// No summary and no progress, only errors
    #[arg(short, long, help_heading = "Output")]
    pub quiet: bool,

    /// End each path with a NUL byte instead of a newline
    #[arg(short = '0', long, help_heading = "Output")]
    pub print0: bool,

    /// When to use colors
    #[arg(
        long,
        value_name = "WHEN",
        default_value = "auto",
        help_heading = "Output"
    )]
    pub color: Color,

    /// Never draw a progress bar
    #[arg(long, help_heading = "Output")]
    pub no_progress: bool,
}

/// When to use colors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Even into a pipe or a file.
    Always,
    /// Nowhere.
    Never,
}

impl Color {
    fn apply(self) {
        match self {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        }
        .write_global();
    }
}

impl Cli {
    /// Reads the process's arguments. Prints what is wrong with them, or the
    /// help that was asked for, and ends the process, where that is the answer.
    pub fn from_args() -> Cli {
        let cli = Cli::parse();
        cli.color.apply();
        if cli.paths.is_empty() {
            Cli::command()
                .error(ErrorKind::MissingRequiredArgument, cli.no_path())
                .exit()
        }
        cli
    }

    /// What is done with what is found.
    pub fn order(&self) -> Order {
        let preview = self.dry_run || self.check;
        Order {
            action: if preview {
                Action::Measure
            } else {
                Action::Remove
            },
            listing: match (self.verbose, preview) {
                (true, _) => Listing::Entries,
                (false, true) => Listing::Targets,
                (false, false) => Listing::Nothing,
            },
        }
    }

    /// Which bytecode goes.
    pub fn selection(&self) -> Selection {
        Selection {
            stale: self.stale,
            only: self.python.clone(),
            keep: self.keep_python.clone(),
        }
    }

    /// Where Python keeps bytecode, if that is elsewhere. It takes an empty name for
    /// none.
    pub fn prefix(&self) -> Option<&Path> {
        let prefix = self.pycache_prefix.as_deref();
        prefix.filter(|prefix| !prefix.as_os_str().is_empty())
    }

    /// How it is told of.
    pub fn style(&self) -> Style {
        Style {
            print0: self.print0,
            quiet: self.quiet,
            check: self.check,
            reasons: self.stale,
        }
    }

    /// Says that no PATH was given, and who swallowed it where that can be told:
    /// an option that takes every word after it leaves none for PATH.
    fn no_path(&self) -> String {
        let Some((last, names)) = self.ignore.split_last() else {
            return "no PATH was given\n\n  \
                    tip: to clean the current directory: pyclean ."
                .to_owned();
        };
        // The last word was meant as the PATH, if there was one before it.
        let (path, names) = match names {
            [] => (OsStr::new("."), slice::from_ref(last)),
            _ => (last.as_os_str(), names),
        };
        let names: String = names
            .iter()
            .map(|name| format!(" {}", name.display()))
            .collect();
        format!(
            "no PATH was given: --ignore takes every word after it, '{}' too\n\n  \
             tip: write the PATH first: pyclean {} --ignore{names}",
            last.display(),
            path.display(),
        )
    }
}

#[test]
fn the_command_line_is_sound() {
    Cli::command().debug_assert();
}
