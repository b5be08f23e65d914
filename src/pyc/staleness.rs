//! Why a bytecode file is stale, and the words for it.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use super::header::Damage;
use super::name::{BytecodeName, SOURCE_SUFFIXES};

/// Why a bytecode file is stale. A plan may hold a million of these, so this type is small.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Staleness {
    /// The source does not exist.
    Orphaned,
    /// The header does not match the source.
    Outdated {
        /// The suffix of the source that was found.
        suffix: &'static &'static str,
        /// What does not match.
        change: Change,
    },
    /// The header matches, but the source was modified after the bytecode was written, within the
    /// same second and without a change of its size.
    Raced {
        /// The suffix of the source that was found.
        suffix: &'static &'static str,
    },
    /// No interpreter can run the file.
    Damaged(Damage),
    /// pytest compiled the file from this path, which is not that of the source, and would
    /// not correct it: tracebacks name another file.
    Moved(&'static PathBuf),
    /// The file is a partial write that was interrupted, or a copy that a sync tool made.
    Leftover,
}

/// How a source differs from what the header of its bytecode records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Change {
    /// The size differs. The mtime may differ too.
    Size,
    /// The mtime differs.
    Mtime,
    /// The hash differs.
    Contents,
}

impl Staleness {
    /// Keeps each path until the program ends, because the plan does so too.
    pub(super) fn moved(recorded: PathBuf) -> Self {
        static PATHS: Mutex<BTreeSet<&PathBuf>> = Mutex::new(BTreeSet::new());
        let mut paths = PATHS.lock().unwrap_or_else(PoisonError::into_inner);
        Self::Moved(paths.get(&recorded).copied().unwrap_or_else(|| {
            let recorded = Box::leak(Box::new(recorded));
            paths.insert(recorded);
            recorded
        }))
    }

    /// The reason in one word, the same in the listing, in JSON and in the documentation.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Orphaned => "orphaned",
            Self::Outdated { .. } => "outdated",
            Self::Raced { .. } => "raced",
            Self::Damaged(_) => "damaged",
            Self::Moved(_) => "moved",
            Self::Leftover => "leftover",
        }
    }

    /// The reason with its detail, such as `orphaned, no gone.py`, for a file of this name.
    pub fn describe(&self, name: &BytecodeName<'_>) -> String {
        let module = name.module.display();
        let detail = match self {
            Self::Orphaned => format!("no {module}{}", SOURCE_SUFFIXES[0]),
            Self::Outdated { suffix, change } => {
                let change = match change {
                    Change::Size => "a different size",
                    Change::Mtime => "a different mtime",
                    Change::Contents => "different contents",
                };
                format!("{module}{suffix} has {change}")
            }
            Self::Raced { suffix } => {
                format!("{module}{suffix} was changed after it was compiled, in the same second")
            }
            Self::Damaged(damage) => damage.to_string(),
            Self::Moved(recorded) => format!("compiled as {}", recorded.display()),
            Self::Leftover if name.is_conflict_copy => "conflict copy of a sync tool".to_owned(),
            Self::Leftover => "from an interrupted write".to_owned(),
        };
        format!("{}, {detail}", self.word())
    }
}
