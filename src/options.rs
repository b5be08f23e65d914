//! The command line, settled into what a run does.

use std::sync::Arc;

use anyhow::Result;

use crate::cli::Cli;
use crate::rules::{BytecodeFilter, Debris, EraseGlobs, IgnoreRules, Overrides, Rules};

/// Everything that a run depends on, except the settings of directories.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) cli: Cli,
    /// The rules of the command line, without what it ignores: `--ignore` names what is in a
    /// PATH, and what the user typed of the PATH itself.
    pub(crate) rules: Arc<Rules>,
    /// What `--ignore` names.
    pub(crate) ignore: Arc<IgnoreRules>,
}

/// Which removed paths are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listing {
    Nothing,
    /// Each directory that is removed, without its contents, and each other file.
    Outermost,
    Everything,
}

impl Options {
    /// Settles the command line.
    ///
    /// # Errors
    ///
    /// If a glob is not valid.
    pub(crate) fn new(cli: Cli) -> Result<Self> {
        let rules = Rules {
            ignore: Arc::default(),
            search_default_skips: cli.no_default_ignore,
            debris: cli
                .debris
                .as_ref()
                .map(|topics| Debris::new(topics))
                .unwrap_or_default(),
            hints_debris: cli.shows_debris_hint() && cli.debris.is_none(),
            erase: Arc::new(EraseGlobs::new(&cli.erase)?),
            folders: cli.folders,
            removes_bytecode: !cli.no_bytecode,
            removes_ghosts: cli.stale() == Some(true),
            bytecode: BytecodeFilter {
                stale: cli.stale() == Some(true),
                only: cli.python.clone(),
                keep: cli.keep_python.clone(),
            },
            reads_settings: !cli.isolated,
            overrides: Overrides {
                debris: cli.debris.is_some(),
                stale: cli.stale(),
                python: !cli.python.is_empty() || !cli.keep_python.is_empty(),
            },
        };
        let ignore = IgnoreRules::new(&cli.ignore)?;
        Ok(Self {
            cli,
            rules: Arc::new(rules),
            ignore: Arc::new(ignore),
        })
    }

    /// Which removed paths are listed.
    pub(crate) fn listing(&self) -> Listing {
        let cli = &self.cli;
        if cli.json || cli.quiet || cli.by_project {
            Listing::Nothing
        } else if cli.verbose {
            Listing::Everything
        } else if cli.is_dry_run() {
            Listing::Outermost
        } else {
            Listing::Nothing
        }
    }
}
