//! What becomes of an entry: a pure function of the entry and of the directory it was
//! found in. The walk carries the decision out.

use std::ffi::OsStr;
use std::path::Path;

use super::candidate::Candidate;
use crate::directory::EntryKind;
use crate::plan::Reason;
use crate::rules::debris::{self, Debris};
use crate::rules::ignore::EntryPath;
use crate::rules::topics::PatternId;
use crate::rules::{CACHE_DIR, Rules, is_bytecode, is_install_dir};

/// How a directory is walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WalkMode {
    /// Searched for bytecode and, unless it is among installed packages, for debris.
    Search {
        /// Whether debris is searched for.
        debris: bool,
    },
    /// A skipped directory, searched only for what `--erase` selects.
    EraseOnly,
    /// A `__pycache__` directory in which some bytecode is kept.
    FilterCache {
        /// Whether debris is searched for.
        debris: bool,
    },
}

/// An entry that the walk met.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FoundEntry<'a> {
    /// Its path, in the ways a user can write it.
    pub(crate) path: EntryPath<'a>,
    /// Its path relative to the PATH; empty for the PATH itself.
    pub(crate) relative_to_path: &'a Path,
    /// What it is.
    pub(crate) kind: EntryKind,
    /// Whether the user named it as a PATH. Then it is not ignored.
    pub(crate) is_path_argument: bool,
    /// Whether it is part of a repository itself.
    pub(crate) in_repository: bool,
}

/// What the decision about an entry depends on, besides the entry.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context<'a> {
    /// How the directory is walked that holds the entry.
    pub(crate) mode: WalkMode,
    /// The rules of the PATH.
    pub(crate) rules: &'a Rules,
    /// Whether this is a directory under `PYTHONPYCACHEPREFIX`.
    pub(crate) in_prefix: bool,
    /// Whether the user named that directory as a PATH.
    pub(crate) is_prefix_path: bool,
}

/// What becomes of a directory.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum DirDecision {
    /// It is kept, and not entered.
    Skip,
    /// It is removed with its contents, unless they contain something to keep.
    RemoveTree(Reason),
    /// It is entered.
    Enter(Descent),
}

/// How a directory is entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Descent {
    /// How it is walked.
    pub(crate) mode: WalkMode,
    /// Why it is removed if nothing in it is kept; `None` if it is kept anyway.
    pub(crate) candidate: Option<Candidate>,
}

/// What becomes of a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FileDecision {
    /// What is removed as bytecode.
    pub(crate) bytecode: BytecodeDecision,
    /// Why it is removed if it is not removed as bytecode.
    pub(crate) otherwise: Option<Reason>,
}

/// Whether a file is removed as bytecode.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum BytecodeDecision {
    /// It is.
    Remove,
    /// The file must be read.
    Judge,
    /// It is not.
    Keep,
}

impl WalkMode {
    fn searches_debris(self) -> bool {
        matches!(
            self,
            Self::Search { debris: true } | Self::FilterCache { debris: true }
        )
    }

    fn without_debris(self) -> Self {
        match self {
            Self::Search { .. } => Self::Search { debris: false },
            Self::FilterCache { .. } => Self::FilterCache { debris: false },
            Self::EraseOnly => Self::EraseOnly,
        }
    }
}

impl FoundEntry<'_> {
    fn name(&self) -> &OsStr {
        self.path.name()
    }
}

impl Context<'_> {
    /// What becomes of a directory.
    ///
    /// `debris` is what [`Self::debris_match`] found, if there is evidence for it.
    pub(crate) fn classify_dir(
        &self,
        entry: FoundEntry<'_>,
        debris: Option<PatternId>,
    ) -> DirDecision {
        let name = entry.name();
        if !entry.is_path_argument && self.rules.ignore.is_ignored(entry.path) {
            return DirDecision::Skip;
        }
        if let WalkMode::Search { debris } = self.mode
            && name == CACHE_DIR
        {
            return if self.rules.bytecode.selects_all() {
                DirDecision::RemoveTree(Reason::Bytecode)
            } else {
                DirDecision::Enter(Descent {
                    mode: WalkMode::FilterCache { debris },
                    candidate: Some(Candidate::of_bytecode(false)),
                })
            };
        }
        if let Some(found) = debris
            && !found.is_container
        {
            return DirDecision::RemoveTree(Reason::Debris(found));
        }
        self.decide_descent(entry, debris)
    }

    /// What becomes of the contents of a directory that is called like debris, but kept.
    pub(crate) fn classify_kept_debris(&self, entry: FoundEntry<'_>) -> DirDecision {
        let context = Self {
            mode: self.mode.without_debris(),
            ..*self
        };
        match context.decide_descent(entry, None) {
            // It is not empty, whatever becomes of its contents.
            DirDecision::Enter(Descent { mode, candidate }) => DirDecision::Enter(Descent {
                mode,
                candidate: candidate.filter(|candidate| candidate.reason == Reason::Erased),
            }),
            decision => decision,
        }
    }

    fn decide_descent(&self, entry: FoundEntry<'_>, debris: Option<PatternId>) -> DirDecision {
        let name = entry.name();
        let is_searched = matches!(self.mode, WalkMode::Search { .. });
        let is_skipped =
            !is_searched || entry.in_repository || self.rules.is_skipped_by_default(name);
        if is_skipped && self.rules.erase.is_empty() {
            return DirDecision::Skip;
        }
        let mode = if is_skipped {
            WalkMode::EraseOnly
        } else if is_install_dir(name) {
            self.mode.without_debris()
        } else {
            self.mode
        };
        // What the user selected is removed as that, whatever else it is.
        let reason = if self.is_erased(entry) {
            Some(Reason::Erased)
        } else {
            debris.map(Reason::Debris)
        };
        let candidate = reason
            .map(Candidate::when_empty)
            .or_else(|| self.empty_dir_candidate(is_skipped));
        DirDecision::Enter(Descent { mode, candidate })
    }

    fn empty_dir_candidate(&self, is_skipped: bool) -> Option<Candidate> {
        let may_be_emptied = self.rules.folders && (!self.in_prefix || self.is_prefix_path);
        if is_skipped {
            None
        } else if may_be_emptied {
            Some(Candidate::when_empty(Reason::Empty))
        } else if self.in_prefix {
            Some(Candidate::of_bytecode(true))
        } else if self.rules.bytecode.stale {
            Some(Candidate::ghost())
        } else {
            None
        }
    }

    /// Whether a file of this name can be selected, wherever it is.
    pub(crate) fn can_select_file(&self, name: &OsStr, kind: EntryKind) -> bool {
        let is_file = kind.is_file_or_symlink();
        let may_be_bytecode = || self.mode != WalkMode::EraseOnly && is_bytecode(name);
        let may_be_debris = || {
            self.mode.searches_debris()
                && self.rules.debris.find(name, Path::new(""), false).is_some()
        };
        !self.rules.erase.is_empty() || (is_file && (may_be_bytecode() || may_be_debris()))
    }

    /// What becomes of anything but a directory.
    ///
    /// `debris` is what [`Self::debris_match`] found, if there is evidence for it.
    pub(crate) fn classify_file(
        &self,
        entry: FoundEntry<'_>,
        debris: Option<PatternId>,
    ) -> FileDecision {
        let name = entry.name();
        // A FIFO, a socket or a device is no cache, whatever its name.
        let is_file = entry.kind.is_file_or_symlink();
        let may_be_bytecode = is_file && self.mode != WalkMode::EraseOnly && is_bytecode(name);
        let is_erased = self.is_erased(entry);
        let kept = FileDecision {
            bytecode: BytecodeDecision::Keep,
            otherwise: None,
        };
        if !may_be_bytecode && debris.is_none() && !is_erased {
            return kept;
        }
        if !entry.is_path_argument && self.rules.ignore.is_ignored(entry.path) {
            return kept;
        }
        let is_skipped = !entry.is_path_argument && self.rules.is_skipped_by_default(name);
        let bytecode = if !may_be_bytecode || is_skipped {
            BytecodeDecision::Keep
        } else if self.rules.bytecode.selects_all() && !may_be_partial_write(name) {
            BytecodeDecision::Remove
        } else {
            BytecodeDecision::Judge
        };
        let debris = debris.filter(|_| !is_skipped);
        FileDecision {
            bytecode,
            otherwise: if is_erased {
                Some(Reason::Erased)
            } else {
                debris.map(Reason::Debris)
            },
        }
    }

    /// The debris topic that the name of an entry belongs to. Whether the entry is debris
    /// depends on the evidence that the topic asks for.
    pub(crate) fn debris_match(&self, entry: FoundEntry<'_>) -> Option<PatternId> {
        self.match_topics(&self.rules.debris, entry)
    }

    /// The debris topic of an entry that is not ignored, whatever topics the user chose.
    pub(crate) fn hinted_match(&self, entry: FoundEntry<'_>) -> Option<PatternId> {
        let found = self.match_topics(debris::all_topics(), entry)?;
        let is_excluded = entry.is_path_argument || self.rules.ignore.is_ignored(entry.path);
        (!is_excluded).then_some(found)
    }

    fn match_topics(&self, topics: &Debris, entry: FoundEntry<'_>) -> Option<PatternId> {
        if entry.kind == EntryKind::Dir {
            if self.mode != (WalkMode::Search { debris: true }) {
                return None;
            }
            // The name of the PATH itself says nothing: a project called `build` can have
            // a `lib` of its own.
            topics.find(entry.name(), entry.relative_to_path, true)
        } else if entry.kind.is_file_or_symlink() && self.mode.searches_debris() {
            topics.find(entry.name(), entry.relative_to_path, false)
        } else {
            None
        }
    }

    /// Whether `--erase` selects an entry. Its globs are relative to a PATH, which the
    /// counterpart of one is not.
    fn is_erased(&self, entry: FoundEntry<'_>) -> bool {
        let is_dir = entry.kind == EntryKind::Dir;
        (!self.in_prefix || self.is_prefix_path)
            && self.rules.erase.is_match(entry.relative_to_path, is_dir)
    }
}

/// Whether a name of bytecode is that of a partial write: people give copies such names,
/// as in `core.pyc.20240101`.
fn may_be_partial_write(name: &OsStr) -> bool {
    let last = name.as_encoded_bytes().last();
    last.is_some_and(u8::is_ascii_digit)
}

#[cfg(test)]
#[path = "classify_tests.rs"]
mod tests;
