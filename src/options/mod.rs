//! The command line and the settings of each project, settled into what a run does.

mod rules;

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;

use crate::cli::Cli;
use crate::config::{Config, Configs};
use crate::rules::{Rules, default_skips};
use rules::resolve_word;

/// Everything that a run depends on.
#[derive(Debug)]
pub(crate) struct Options {
    /// The PATHs, each with its rules.
    pub(crate) paths: Vec<PathOptions>,
    /// The directory under which Python caches the bytecode of all projects, if any.
    pub(crate) pycache_prefix: Option<PathBuf>,
    /// Whether to stay on the file system of each PATH.
    pub(crate) one_file_system: bool,
    /// How the plan is executed.
    pub(crate) remove: RemoveOptions,
    /// Whether the user must confirm what `--erase` selects.
    pub(crate) confirm_erase: bool,
    /// Whether something to remove is a failure.
    pub(crate) check: bool,
    /// The number of threads, if the user chose one.
    pub(crate) jobs: Option<u16>,
    /// What is printed to stdout.
    pub(crate) format: Format,
    /// Whether projects are reported instead of paths.
    pub(crate) by_project: bool,
    /// Whether the listing and the summary are hidden.
    pub(crate) quiet: bool,
    /// Whether progress may be shown.
    pub(crate) progress: bool,
    /// How `git clean` is run afterwards, if it is.
    pub(crate) git_clean: Option<GitCleanOptions>,
    /// Whether the settings of projects are read.
    pub(crate) reads_settings: bool,
    /// Whether the user is told which settings files apply.
    pub(crate) names_settings: bool,
    /// The settings files that apply to the PATHs.
    pub(crate) configs: Vec<PathBuf>,
}

/// A PATH with its rules.
#[derive(Debug)]
pub(crate) struct PathOptions {
    /// The path as it was written.
    pub(crate) path: PathBuf,
    /// What is removed below it.
    pub(crate) rules: Arc<Rules>,
}

/// How a plan is executed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RemoveOptions {
    /// Whether nothing is removed: the outcome is what the plan says.
    pub(crate) dry_run: bool,
    /// Which paths an outcome lists.
    pub(crate) listing: Listing,
}

/// Which removed paths an outcome lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listing {
    /// None.
    Nothing,
    /// Those of the targets.
    Targets,
    /// Those of the targets and of their contents.
    Entries,
}

/// What is printed to stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// One path a line.
    Lines,
    /// Paths that end with a NUL byte.
    Nul,
    /// JSON Lines.
    Json,
}

/// How `git clean` is run after the removal.
#[derive(Debug)]
pub(crate) struct GitCleanOptions {
    /// The PATHs.
    pub(crate) paths: Vec<PathBuf>,
    /// The names that are ignored in any of them: one PATH may be in another.
    pub(crate) ignored: Vec<OsString>,
    /// How it runs.
    pub(crate) mode: CleanMode,
    /// Where its output goes.
    pub(crate) output: CleanOutput,
}

/// How `git clean` runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CleanMode {
    /// It asks what to remove.
    Interactive,
    /// It lists what it would remove.
    DryRun {
        /// Whether the list is hidden.
        quiet: bool,
    },
    /// It removes without asking.
    Force {
        /// Whether it does not list what it removes.
        quiet: bool,
    },
}

/// The stream to which `git clean` writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CleanOutput {
    /// Stdout.
    Stdout,
    /// Stderr, because a program reads stdout.
    Stderr,
}

impl Options {
    /// Settles the command line, and the settings of the projects around each PATH.
    ///
    /// # Errors
    ///
    /// If a glob is not valid, a settings file cannot be read or parsed, or options cannot
    /// be combined.
    pub(crate) fn resolve(cli: Cli) -> Result<Self> {
        let configs = if cli.isolated {
            Configs::default()
        } else {
            Configs::find(&cli.paths)?
        };
        let ignored: Vec<OsString> = cli
            .ignore
            .iter()
            .flat_map(|word| resolve_word(word))
            .collect();
        let rules = configs
            .all()
            .map(|config| Ok(Arc::new(cli.rules(&ignored, config)?)))
            .collect::<Result<Vec<_>>>()?;
        let git_clean = cli.git_clean.then(|| cli.git_clean_options(&configs));
        let paths = cli
            .paths
            .iter()
            .enumerate()
            .map(|(index, path)| PathOptions {
                path: path.clone(),
                rules: Arc::clone(&rules[configs.index_for(index)]),
            });
        Ok(Self {
            paths: paths.collect(),
            pycache_prefix: cli.pycache_prefix().map(Path::to_path_buf),
            one_file_system: cli.one_file_system,
            remove: RemoveOptions {
                dry_run: cli.is_dry_run(),
                listing: cli.listing(),
            },
            confirm_erase: cli.needs_confirmation(),
            check: cli.check,
            jobs: cli.jobs,
            format: cli.format(),
            by_project: cli.by_project,
            quiet: cli.quiet,
            progress: cli.shows_progress(),
            git_clean,
            reads_settings: !cli.isolated,
            names_settings: cli.shows_settings(),
            configs: configs.files.into_iter().map(|(file, _)| file).collect(),
        })
    }
}

impl Options {
    /// Whether a person reads how much was removed. A program reads it in the JSON.
    pub(crate) fn shows_summary(&self) -> bool {
        !self.quiet && self.format != Format::Json
    }

    /// Whether sizes are part of the output.
    pub(crate) fn shows_sizes(&self) -> bool {
        !self.quiet || self.confirm_erase || self.format == Format::Json
    }
}

impl Cli {
    fn git_clean_options(&self, configs: &Configs) -> GitCleanOptions {
        let defaults = default_skips().filter(|_| !self.no_default_ignore);
        let words = self.ignore.iter().map(OsString::as_os_str);
        let settings = configs.all().flat_map(Config::ignored_words);
        let mut ignored: Vec<OsString> = defaults.map(OsString::from).collect();
        ignored.extend(words.chain(settings).map(OsStr::to_owned));
        GitCleanOptions {
            paths: self.paths.clone(),
            ignored,
            mode: match (self.is_dry_run(), self.yes) {
                (true, _) => CleanMode::DryRun { quiet: self.quiet },
                (false, true) => CleanMode::Force { quiet: self.quiet },
                (false, false) => CleanMode::Interactive,
            },
            output: if self.json || self.print0 {
                CleanOutput::Stderr
            } else {
                CleanOutput::Stdout
            },
        }
    }

    fn listing(&self) -> Listing {
        match (self.verbose, self.is_dry_run()) {
            _ if self.json || self.quiet || self.by_project => Listing::Nothing,
            (true, _) => Listing::Entries,
            (false, true) => Listing::Targets,
            (false, false) => Listing::Nothing,
        }
    }

    fn format(&self) -> Format {
        match (self.json, self.print0) {
            (true, _) => Format::Json,
            (false, true) => Format::Nul,
            (false, false) => Format::Lines,
        }
    }
}
