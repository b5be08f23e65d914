//! Why a bytecode file is stale, and the words for it.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use super::header::Damage;
use super::name::{BytecodeName, SOURCE_SUFFIXES, SourceSuffix};

/// Why a bytecode file is stale.
///
/// A plan may hold a million of these, so this type is small and owns no memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Staleness {
    /// The source does not exist. Python does not import such a file from
    /// `__pycache__`, but it does import a legacy `m.pyc`.
    Orphaned,
    /// The header does not match the source.
    Outdated {
        /// The suffix of the source that was found.
        suffix: SourceSuffix,
        /// What does not match.
        change: Change,
    },
    /// The header matches, but the source was modified after the bytecode was written,
    /// within the same second and without a change of its size. Interpreters compare
    /// whole seconds, so they run the old code.
    Raced {
        /// The suffix of the source that was found.
        suffix: SourceSuffix,
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
        if let Some(known) = paths.get(&recorded) {
            return Self::Moved(known);
        }
        let recorded = Box::leak(Box::new(recorded));
        paths.insert(recorded);
        Self::Moved(recorded)
    }

    /// The reason in one word, the same in the listing, in JSON and in the
    /// documentation.
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

    /// The reason with its detail, such as `orphaned, no gone.py`, for the bytecode
    /// file that is called `name`.
    ///
    /// ```
    /// use std::ffi::OsStr;
    /// use pyclean::pyc::{BytecodeName, Staleness};
    ///
    /// let name = BytecodeName::parse(OsStr::new("gone.cpython-312.pyc")).unwrap();
    /// assert_eq!(Staleness::Orphaned.describe(&name), "orphaned, no gone.py");
    /// ```
    pub fn describe(&self, name: &BytecodeName<'_>) -> String {
        let module = name.module.display();
        let detail = match self {
            Self::Orphaned => format!("no {module}{}", SOURCE_SUFFIXES[0]),
            Self::Outdated { suffix, change } => format!("{module}{suffix} has {change}"),
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

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Size => "a different size",
            Self::Mtime => "a different mtime",
            Self::Contents => "different contents",
        })
    }
}
