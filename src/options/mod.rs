//! The command line and the settings of each project, settled into what a run does.

mod rules;

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;

use crate::cli::Cli;
use crate::config::{self, Config};
use crate::rules::Rules;
use rules::resolve_word;

/// Everything that a run depends on.
#[derive(Debug)]
pub(crate) struct Options {
    /// The command line.
    pub(crate) cli: Cli,
    /// What is removed below each PATH, in the order of the PATHs.
    pub(crate) rules: Vec<Arc<Rules>>,
    /// The settings files that apply to the PATHs, and their settings.
    pub(crate) configs: Vec<(PathBuf, Config)>,
}

/// Which removed paths are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listing {
    /// None.
    Nothing,
    /// Those of the targets.
    Targets,
    /// Those of the targets and of their contents.
    Entries,
}

impl Options {
    /// Settles the command line, and the settings of the projects around each PATH.
    ///
    /// # Errors
    ///
    /// If a glob is not valid, a settings file cannot be read or parsed, or options cannot
    /// be combined.
    pub(crate) fn resolve(cli: Cli) -> Result<Self> {
        let mut configs = Vec::new();
        let find_config = |path: &PathBuf| {
            if cli.isolated {
                Ok(None)
            } else {
                config::find_nearest(path, &mut configs)
            }
        };
        let positions: Vec<_> = cli.paths.iter().map(find_config).collect::<Result<_>>()?;
        let words = cli.ignore.iter();
        let ignored: Vec<OsString> = words.flat_map(|word| resolve_word(word)).collect();
        let make_rules = |config: &Config| Ok(Arc::new(cli.rules(&ignored, config)?));
        let default_rules = make_rules(&Config::default())?;
        let configured = configs.iter().map(|(_, config)| make_rules(config));
        let configured: Vec<_> = configured.collect::<Result<_>>()?;
        let rules = positions
            .into_iter()
            .map(|position| Arc::clone(position.map_or(&default_rules, |at| &configured[at])))
            .collect();
        Ok(Self {
            cli,
            rules,
            configs,
        })
    }
}

impl Cli {
    /// Which removed paths are listed.
    pub(crate) fn listing(&self) -> Listing {
        if self.json || self.quiet || self.by_project {
            Listing::Nothing
        } else if self.verbose {
            Listing::Entries
        } else if self.is_dry_run() {
            Listing::Targets
        } else {
            Listing::Nothing
        }
    }
}
