//! The command line, as clap derives it.

use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anstream::ColorChoice;
use anyhow::Result;
use clap::builder::styling::{AnsiColor, Styles};
use clap::builder::{OsStringValueParser, PossibleValue, TypedValueParser};
use clap::error::{ContextKind, Error, ErrorKind};
use clap::{Arg, Command, CommandFactory, Parser, ValueEnum};
use clap_complete::{Generator, Shell};
use clap_mangen::Man;

use crate::config::{Config, Ignored, Python};
use crate::debris::{ALL, Debris, TOPICS, names_listed};
use crate::erase::Erase;
use crate::git::{CleanMode, Output};
use crate::pyc::VersionFilter;
use crate::remove::{Action, Listing, Order};
use crate::report::{Format, Style};
use crate::rules::{DEFAULT_IGNORE, Rules};
use crate::scan::Settings;
use crate::select::Selection;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// The versions that a shell offers. Others are taken, too.
const USUAL_VERSIONS: [&str; 14] = [
    "2.7", "3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.15", "pypy3.9",
    "pypy3.10", "pypy3.11",
];

const AFTER_HELP: &str = "\
Exit codes:
  0    done; also: nothing to do
  1    something could not be read or removed, or --check found something
  2    the request was wrong; nothing was touched
  130  interrupted; the summary says what was done

First look at what would go:  pyclean --dry-run .";

/// Remove the caches that Python leaves behind
///
/// Bytecode always goes: __pycache__ directories with all they hold, *.pyc, *.pyo,
/// *$py.class, and what interrupted writes left (m.pyc.12345). Nothing else does
/// unless it is asked for. Links are not followed.
#[derive(Debug, Parser)]
#[command(version, styles = STYLES, max_term_width = 80, infer_long_args = true)]
#[command(override_usage = "pyclean [OPTIONS] <PATH>...")]
#[command(after_help = AFTER_HELP)]
pub struct Cli {
    /// Directories to clean, or single files that may be bytecode
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// Only bytecode that misleads: orphaned, outdated, raced, damaged, or left
    /// over from an interrupted write
    #[arg(long, help_heading = "What")]
    pub stale: bool,

    /// Only bytecode of this interpreter, or of several with commas: 3.11,
    /// cpython-311, pypy39, 2.7
    #[arg(
        long,
        value_name = "VERSION",
        value_delimiter = ',',
        value_parser = VersionParser,
        hide_possible_values = true,
        help_heading = "What"
    )]
    pub python: Vec<VersionFilter>,

    /// All bytecode but that of this interpreter, or of several with commas
    #[arg(
        long,
        value_name = "VERSION",
        value_delimiter = ',',
        value_parser = VersionParser,
        hide_possible_values = true,
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
    // The usual parser refuses an empty value, by which Python means none.
    #[arg(value_parser = OsStringValueParser::new().map(PathBuf::from))]
    pub pycache_prefix: Option<PathBuf>,

    /// Leftovers of Python tools too: of these topics, or of the first five
    #[arg(short, long, value_name = "TOPIC", num_args = 0.., value_parser = topics())]
    #[arg(help_heading = "What", hide_short_help = false)]
    pub debris: Option<Vec<String>>,

    /// What matches a glob, relative to each PATH; a directory goes only if it is
    /// empty by then; asks first
    #[arg(short, long, value_name = "GLOB", num_args = 1.., help_heading = "What")]
    pub erase: Vec<String>,

    /// Directories that are empty, or become so
    #[arg(short, long, help_heading = "What")]
    pub folders: bool,

    /// Run git clean -dx afterwards; it asks first
    #[arg(short, long, help_heading = "What")]
    pub git_clean: bool,

    /// Never enter or remove what has this name, path or glob
    #[arg(short, long, value_name = "NAME", num_args = 1.., help_heading = "What")]
    pub ignore: Vec<OsString>,

    /// Enter even .git .hg .svn .jj .direnv .tox .nox .venv venv .pixi
    /// node_modules
    #[arg(long, help_heading = "What")]
    pub no_default_ignore: bool,

    /// Do without [tool.pyclean] in pyproject.toml
    #[arg(long, help_heading = "What")]
    pub isolated: bool,

    /// Stay on the file system of each PATH
    #[arg(short = 'x', long, help_heading = "What", conflicts_with = "git_clean")]
    pub one_file_system: bool,

    /// Show what would go and remove nothing
    #[arg(short = 'n', long, help_heading = "How")]
    pub dry_run: bool,

    /// Like --dry-run, but exit with 1 if anything would go
    #[arg(long, help_heading = "How")]
    pub check: bool,

    /// Do not ask
    #[arg(short, long, help_heading = "How")]
    pub yes: bool,

    /// Threads to use [default: the cores available, at most 16]
    #[arg(short, long, value_name = "N", help_heading = "How")]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=512))]
    pub jobs: Option<u16>,

    /// List every file and directory that goes
    #[arg(short, long, help_heading = "Output", conflicts_with = "quiet")]
    pub verbose: bool,

    /// No summary and no progress, only warnings and errors
    #[arg(short, long, help_heading = "Output")]
    pub quiet: bool,

    /// End each path with a NUL byte instead of a newline
    #[arg(short = '0', long, help_heading = "Output")]
    pub print0: bool,

    /// Print JSON lines: one for each thing that goes, is kept or fails, and a
    /// summary
    #[arg(long, help_heading = "Output", conflicts_with = "print0")]
    pub json: bool,

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

    /// Print the manual page, or completions for a shell
    #[arg(long, value_name = "KIND", help_heading = "Output")]
    pub generate: Option<Generate>,
}

/// What is made of the description of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Generate {
    /// The manual page
    Man,
    /// For bash
    CompleteBash,
    /// For zsh
    CompleteZsh,
    /// For fish
    CompleteFish,
    /// For PowerShell
    CompletePowershell,
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

/// The topics of `--debris`, each with what it covers.
fn topics() -> Vec<PossibleValue> {
    let all = PossibleValue::new(ALL).help("every topic");
    let topics = TOPICS
        .iter()
        .map(|topic| PossibleValue::new(topic.name).help(topic.covers));
    topics.chain([all]).collect()
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
        let cli = Cli::try_parse().unwrap_or_else(|error| explained(error).exit());
        cli.color.apply();
        if let Err((kind, text)) = cli.check_together() {
            Cli::command().error(kind, text).exit()
        }
        cli
    }

    /// What is wrong with options that are right one by one.
    fn check_together(&self) -> Result<(), (ErrorKind, String)> {
        if self.paths.is_empty() && self.generate.is_none() {
            return Err((ErrorKind::MissingRequiredArgument, self.no_path()));
        }
        if self.yes && self.erase.is_empty() && !self.git_clean {
            let text = "--yes only makes sense with --erase or --git-clean: nothing else asks";
            return Err((ErrorKind::MissingRequiredArgument, text.to_owned()));
        }
        Ok(())
    }

    /// What is looked for, where a project has set this. What is given here wins; only
    /// what is ignored adds up, so that nothing loses its protection unseen. `ignore`
    /// holds the words of `--ignore` as `roots::ignored` resolved them: this module looks
    /// at no files.
    ///
    /// # Errors
    ///
    /// When a glob cannot be understood.
    pub fn settings(&self, ignore: &[OsString], config: &Config) -> Result<Settings> {
        let mut rules = Rules::new(&spared(ignore, config), !self.no_default_ignore)?;
        if let Some(topics) = self.debris.as_ref().or(config.debris.0.as_ref()) {
            rules.debris = Debris::new(topics)?;
        }
        rules.erase = Erase::new(&self.erase)?;
        rules.folders = self.folders;
        let mut selection = Selection {
            stale: self.stale || config.stale,
            only: self.python.clone(),
            keep: self.keep_python.clone(),
        };
        if selection.only.is_empty() && selection.keep.is_empty() {
            let keep = config.keep_python.iter().cloned();
            selection.keep = keep.map(|Python(version)| version).collect();
        }
        Ok(Settings { rules, selection })
    }

    /// Where Python keeps bytecode, if that is elsewhere. It takes an empty name for
    /// none.
    pub fn prefix(&self) -> Option<&Path> {
        let prefix = self.pycache_prefix.as_deref();
        prefix.filter(|prefix| !prefix.as_os_str().is_empty())
    }

    /// Whether nothing is removed.
    fn is_preview(&self) -> bool {
        self.dry_run || self.check
    }

    /// What is done with what is found.
    pub fn order(&self) -> Order {
        Order {
            action: if self.is_preview() {
                Action::Measure
            } else {
                Action::Remove
            },
            listing: match (self.verbose, self.is_preview()) {
                _ if self.json => Listing::Nothing,
                (true, _) => Listing::Entries,
                (false, true) => Listing::Targets,
                (false, false) => Listing::Nothing,
            },
        }
    }

    /// Whether the user is to be asked what shall be erased.
    pub fn asks(&self) -> bool {
        !self.erase.is_empty() && !self.yes && !self.is_preview()
    }

    /// How `git clean` goes about it.
    pub fn clean_mode(&self) -> CleanMode {
        match (self.is_preview(), self.yes) {
            (true, _) => CleanMode::DryRun,
            (false, true) => CleanMode::Force { quiet: self.quiet },
            (false, false) => CleanMode::Interactive,
        }
    }

    /// Where what `git clean` says goes.
    pub fn output(&self) -> Output {
        if self.json || self.print0 {
            Output::Apart
        } else {
            Output::Mixed
        }
    }

    /// Whether the user is told what else has a say in what goes.
    pub fn explains(&self) -> bool {
        (self.is_preview() || self.verbose) && !self.quiet
    }

    /// Whether progress may be drawn.
    pub fn draws(&self) -> bool {
        !self.quiet && !self.no_progress && !self.json
    }

    /// All that is ignored, for `git clean`.
    pub fn ignored(&self, ignore: &[OsString], config: &Config) -> Vec<OsString> {
        let defaults = if self.no_default_ignore {
            &[][..]
        } else {
            &DEFAULT_IGNORE
        };
        let defaults = defaults.iter().map(OsString::from);
        defaults.chain(spared(ignore, config)).collect()
    }

    /// How it is told of; with `reasons` where not all bytecode goes for the same one.
    pub fn style(&self, reasons: bool) -> Style {
        Style {
            format: match (self.json, self.print0) {
                (true, _) => Format::Json,
                (false, true) => Format::Nul,
                (false, false) => Format::Lines,
            },
            quiet: self.quiet,
            check: self.check,
            reasons,
        }
    }

    /// Says that no PATH was given, and who swallowed it where that can be told: an
    /// option that takes every word after it leaves none for PATH. A tip leaves a place
    /// for the other options, as without its `--dry-run` a command line removes.
    fn no_path(&self) -> String {
        let ignore: Vec<_> = self.ignore.iter().map(OsString::as_os_str).collect();
        let erase: Vec<_> = self.erase.iter().map(OsStr::new).collect();
        let (option, words) = match (&ignore[..], &erase[..]) {
            ([], []) => {
                return "no PATH was given\n\n  \
                        tip: to clean the current directory: pyclean . [OPTIONS]"
                    .to_owned();
            }
            (words, []) => ("--ignore", words),
            ([], words) => ("--erase", words),
            _ => {
                return "no PATH was given: --ignore and --erase take every word after them\n\n  \
                        tip: write the PATH first: pyclean <PATH>... [OPTIONS]"
                    .to_owned();
            }
        };
        // The last word was meant as the PATH, if there was one before it.
        let (path, words) = match words {
            [words @ .., last] if !words.is_empty() => (*last, words),
            words => (OsStr::new("."), words),
        };
        let words: String = words
            .iter()
            .map(|word| format!(" {}", word.display()))
            .collect();
        format!(
            "no PATH was given: {option} takes every word after it\n\n  \
             tip: write the PATH before {option}, or -- between them: \
             pyclean [OPTIONS] {} {option}{words}",
            path.display(),
        )
    }
}

/// All that the user asked to be left alone.
fn spared(ignore: &[OsString], config: &Config) -> Vec<OsString> {
    let set = config.ignore.iter().map(|Ignored(word)| word);
    ignore.iter().chain(set).cloned().collect()
}

/// An error with a tip, where `--debris` took the PATH for a topic.
fn explained(error: Error) -> Error {
    let text = |kind| error.get(kind).map(ToString::to_string).unwrap_or_default();
    let is_topic = text(ContextKind::InvalidArg).starts_with("--debris");
    let word = text(ContextKind::InvalidValue);
    if error.kind() != ErrorKind::InvalidValue || !is_topic || !Path::new(&word).exists() {
        return error;
    }
    Cli::command().error(
        ErrorKind::InvalidValue,
        format!(
            "'{word}' is no debris topic, and --debris takes every word after it\n\n  \
             topics: {}\n  \
             tip: if it is the PATH, write it before --debris, or -- between them: \
             pyclean [OPTIONS] {word} --debris [<TOPIC>...]",
            names_listed(),
        ),
    )
}

/// Writes the manual page or a completion script.
///
/// # Errors
///
/// When `out` takes no more.
pub fn generate(kind: Generate, out: &mut impl Write) -> io::Result<()> {
    let shell = match kind {
        Generate::Man => return Man::new(Cli::command()).render(out),
        Generate::CompleteBash => Shell::Bash,
        Generate::CompleteZsh => Shell::Zsh,
        Generate::CompleteFish => Shell::Fish,
        Generate::CompletePowershell => Shell::PowerShell,
    };
    let mut command = Cli::command();
    command.set_bin_name("pyclean");
    command.build();
    shell.try_generate(&command, out)
}

/// Reads a version, and offers the usual ones where a shell completes it.
#[derive(Clone)]
struct VersionParser;

impl TypedValueParser for VersionParser {
    type Value = VersionFilter;

    fn parse_ref(
        &self,
        command: &Command,
        arg: Option<&Arg>,
        value: &OsStr,
    ) -> Result<VersionFilter, Error> {
        let parse = |text: &str| text.parse::<VersionFilter>();
        parse.parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue>>> {
        Some(Box::new(USUAL_VERSIONS.iter().map(PossibleValue::new)))
    }
}

#[test]
fn the_command_line_is_sound() {
    Cli::command().debug_assert();
}
