//! The rules of a PATH, settled from the command line and the settings of a project.

use std::ffi::{OsStr, OsString};
use std::path::{Component, PathBuf};

use anyhow::Result;
use globset::escape;

use crate::cli::Cli;
use crate::config::Config;
use crate::path::{canonicalize, or_current_dir};
use crate::rules::ignore::normalize;
use crate::rules::path_glob::has_wildcards;
use crate::rules::{BytecodeFilter, Debris, EraseGlobs, IgnoreRules, Rules};

impl Rules {
    /// These rules, narrowed by the settings of a project below the PATH: what it ignores
    /// and keeps is added, unless an option takes precedence. `None` if that changes nothing.
    ///
    /// # Errors
    ///
    /// If an ignored glob is not valid.
    pub(crate) fn narrowed(&self, cli: &Cli, config: &Config) -> Result<Option<Self>> {
        let mut rules = self.clone();
        let words: Vec<_> = config.ignored_words().map(OsStr::to_owned).collect();
        rules.ignore = IgnoreRules::new(&words)?.and(&self.ignore);
        rules.bytecode.stale |= config.stale && cli.stale() != Some(false);
        if cli.python.is_empty() && cli.keep_python.is_empty() {
            let keep = config.keep_python.iter().map(|python| python.0.clone());
            rules.bytecode.keep.extend(keep);
        }
        let is_changed = !words.is_empty()
            || rules.bytecode.stale != self.bytecode.stale
            || rules.bytecode.keep.len() != self.bytecode.keep.len();
        Ok(is_changed.then_some(rules))
    }
}

impl Cli {
    /// What is removed below a PATH with these settings. Options take precedence over
    /// settings, but ignored names add up, so that nothing loses its protection unseen.
    pub(super) fn rules(&self, ignored: &[OsString], config: &Config) -> Result<Rules> {
        let topics = self.debris.as_ref().or(config.debris_topics());
        let mut bytecode = BytecodeFilter {
            stale: self.stale().unwrap_or(config.stale),
            only: self.python.clone(),
            keep: self.keep_python.clone(),
        };
        if !bytecode.selects_by_interpreter() {
            let keep = config.keep_python.iter();
            bytecode.keep = keep.map(|python| python.0.clone()).collect();
        }
        let words: Vec<_> = config
            .ignored_words()
            .chain(ignored.iter().map(OsString::as_os_str))
            .map(OsStr::to_owned)
            .collect();
        Ok(Rules {
            ignore: IgnoreRules::new(&words)?,
            search_default_skips: self.no_default_ignore,
            debris: topics.map(|topics| Debris::new(topics)).unwrap_or_default(),
            hints_debris: self.shows_debris_hint()
                && self.debris.is_none()
                && config.debris.is_none(),
            erase: EraseGlobs::new(&self.erase)?,
            folders: self.folders,
            bytecode,
        })
    }
}

/// Expands a word of `--ignore`: the word itself, plus its canonical path if a symlink or
/// `..` is involved.
pub(super) fn resolve_word(word: &OsStr) -> Vec<OsString> {
    let path = normalize(word);
    // What is below a wildcard cannot be looked up, and a symlink is not its target.
    let is_plain = |part: &Component| !has_wildcards(part.as_os_str());
    let plain = path.components().take_while(is_plain).count();
    let looked_up = plain.min(path.components().count().saturating_sub(1));
    let above: PathBuf = path.components().take(looked_up).collect();
    let rest: PathBuf = path.components().skip(looked_up).collect();
    let mut words = vec![word.to_owned()];
    if let Ok(canonical) = canonicalize(or_current_dir(&above))
        && !canonical.ends_with(&above)
    {
        let canonical = match canonical.to_str() {
            Some(text) if has_wildcards(canonical.as_os_str()) => escape(text).into(),
            _ => canonical,
        };
        if above.components().any(|part| part == Component::ParentDir) {
            words.clear();
        }
        words.push(canonical.join(rest).into());
    }
    words
}
