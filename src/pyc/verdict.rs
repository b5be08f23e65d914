//! What can be said of a bytecode file, and the words for it.

use std::ffi::OsString;
use std::fmt;

use super::header::Damage;

/// What there is to say of a bytecode file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is what compiling the source would give, as far as one can tell without compiling it.
    Fresh,
    /// It is not.
    Stale(Staleness),
}

/// Why a bytecode file misleads. Displayed as the reason with its detail: `orphaned, no gone.py`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Staleness {
    /// The source is gone. From `__pycache__` nobody imports such a file; a legacy one still runs.
    Orphaned {
        /// The name the source had, most likely.
        source: OsString,
    },
    /// The header does not match the source.
    Outdated {
        /// The name of the source.
        source: OsString,
        /// What does not match.
        change: Change,
    },
    /// The header matches, yet the source was modified after the bytecode was written, within the
    /// same second and without a change of size. Interpreters compare seconds, so they run the old
    /// code.
    Raced {
        /// The name of the source.
        source: OsString,
    },
    /// It is no bytecode that any interpreter would run.
    Damaged(Damage),
    /// A temporary of a write that never ended.
    Leftover,
}

/// How a source differs from what the header of its bytecode says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Change {
    /// Another size (so it does not matter whether the time differs too).
    Size,
    /// Another time of modification.
    Time,
    /// Another hash.
    Contents,
}

/// The word for a [`Staleness`], without its detail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// [`Staleness::Orphaned`]
    Orphaned,
    /// [`Staleness::Outdated`]
    Outdated,
    /// [`Staleness::Raced`]
    Raced,
    /// [`Staleness::Damaged`]
    Damaged,
    /// [`Staleness::Leftover`]
    Leftover,
}

impl Staleness {
    /// The word for it.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Orphaned { .. } => Reason::Orphaned,
            Self::Outdated { .. } => Reason::Outdated,
            Self::Raced { .. } => Reason::Raced,
            Self::Damaged(_) => Reason::Damaged,
            Self::Leftover => Reason::Leftover,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Orphaned => "orphaned",
            Self::Outdated => "outdated",
            Self::Raced => "raced",
            Self::Damaged => "damaged",
            Self::Leftover => "leftover",
        })
    }
}

impl fmt::Display for Staleness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, ", self.reason())?;
        match self {
            Self::Orphaned { source } => write!(f, "no {}", source.display()),
            Self::Outdated { source, change } => write!(f, "{} has {change}", source.display()),
            Self::Raced { source } => {
                write!(f, "{} was changed after it was compiled", source.display())
            }
            Self::Damaged(damage) => damage.fmt(f),
            Self::Leftover => f.write_str("from an interrupted write"),
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Size => "another size",
            Self::Time => "another time",
            Self::Contents => "other contents",
        })
    }
}
