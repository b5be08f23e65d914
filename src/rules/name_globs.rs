//! Any number of globs for names.

use std::ffi::OsStr;

use anyhow::Result;
use globset::{Candidate, Glob, GlobSet};

/// The length of the globs that are compiled together, in bytes. Tens of thousands of
/// globs are too large for a single set.
const MAX_SET_LEN: usize = 1 << 14;

/// Globs for names, compiled in sets of limited size.
#[derive(Debug, Clone, Default)]
pub(crate) struct NameGlobs(Vec<GlobSet>);

impl NameGlobs {
    /// Compiles globs.
    ///
    /// # Errors
    ///
    /// If a glob was not accepted by [`check_size`](super::path_glob::check_size).
    pub(crate) fn new(globs: &[Glob]) -> Result<Self> {
        let mut sets = Vec::new();
        let mut rest = globs;
        while !rest.is_empty() {
            let mut len = 0;
            let is_over = |glob: &Glob| {
                len += glob.glob().len();
                len > MAX_SET_LEN
            };
            let count = rest.iter().position(is_over).unwrap_or(rest.len()).max(1);
            let (set, others) = rest.split_at(count);
            sets.push(GlobSet::new(set)?);
            rest = others;
        }
        Ok(Self(sets))
    }

    /// Whether a glob matches the name.
    pub(crate) fn is_match(&self, name: &OsStr) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let candidate = Candidate::new(name);
        self.0.iter().any(|set| set.is_match_candidate(&candidate))
    }
}
