//! The command line, settled into what a run does.

use std::sync::Arc;

use anyhow::Result;

use crate::cli::Cli;
use crate::rules::{BytecodeFilter, Debris, EraseGlobs, IgnoreRules, Overrides, Rules};

/// Everything that a run depends on, except the settings of directories.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) cli: Cli,
    /// The rules of the command line.
    pub(crate) rules: Rules,
}

impl Options {
    pub(crate) fn new(cli: Cli) -> Result<Self> {
        let rules = Rules {
            ignore: Arc::new(IgnoreRules::new(&cli.ignore)?),
            search_default_skips: cli.no_default_ignore,
            debris: cli.debris.as_deref().map(Debris::new).unwrap_or_default(),
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
        Ok(Self { rules, cli })
    }
}
