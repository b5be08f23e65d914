//! Why something is removed, and why something that was selected is kept.

use std::ffi::OsStr;
use std::fmt;

use crate::pyc::{BytecodeName, Staleness};
use crate::rules::topics::PatternId;

/// Why a file or a directory is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// It is bytecode, or a `__pycache__`.
    Bytecode,
    Stale(Staleness),
    Debris(PatternId),
    Erased,
    /// It is a directory in which nothing is left.
    Empty,
    /// It is a directory in which nothing but orphaned bytecode was left. Python could
    /// still import it as a namespace package (PEP 420).
    Ghost,
}

impl Reason {
    /// The reason in one word, the same in the listing, in JSON and in the documentation.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Bytecode => "bytecode",
            Self::Stale(staleness) => staleness.word(),
            Self::Debris(_) => "debris",
            Self::Erased => "erased",
            Self::Empty => "empty",
            Self::Ghost => "ghost",
        }
    }

    /// The reason with its detail, for an entry of this name.
    pub(crate) fn describe(&self, name: &OsStr) -> String {
        match (self, BytecodeName::parse(name)) {
            (Self::Stale(staleness), Some(name)) => staleness.describe(&name),
            (Self::Debris(found), _) => format!("{} debris", found.topic),
            (Self::Empty, _) => "empty after this run".to_owned(),
            _ => self.word().to_owned(),
        }
    }

    /// What the entry is in one word: bytecode, the debris topic, or what the user selected.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Bytecode | Self::Stale(_) | Self::Ghost => "bytecode",
            Self::Debris(found) => found.topic,
            Self::Erased | Self::Empty => self.word(),
        }
    }
}

/// Why something that was selected is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum KeepReason {
    /// Git tracks it, or something in it.
    Tracked,
    /// Git tracks it, and it has no source.
    TrackedProgram,
    /// It is in a repository of which it cannot be found out what it tracks.
    Unknown,
    /// It is in the work tree of another version control system than git.
    OtherVcs,
    Submodule,
    NestedRepository,
    /// It is among the files of a repository itself, such as a branch name.
    InRepository,
    NestedEnvironment,
    UserCache,
    /// It matches `--erase`, but something in it is kept.
    NotEmpty,
    Unreadable,
    /// Files have no source, and nothing proves that they had one.
    Sourceless,
    /// It is not known where the sources of files are.
    UnknownSource,
    /// It is called like debris.
    NoEvidence(PatternId),
}

impl fmt::Display for KeepReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tracked => "tracked by git",
            Self::TrackedProgram => "tracked by git, without a source",
            Self::Unknown => "it is not known whether git tracks it",
            Self::OtherVcs => "in a work tree of a version control system other than git",
            Self::Submodule => "a submodule",
            Self::NestedRepository => "nested repository",
            Self::InRepository => "part of a repository",
            Self::NestedEnvironment => "virtual environment",
            Self::UserCache => "user cache directory",
            Self::NotEmpty => "not empty",
            Self::Unreadable => "cannot be read",
            Self::Sourceless => "without a source, which may be all there is of a program",
            Self::UnknownSource => "whose source is not known",
            Self::NoEvidence(pattern) => pattern.evidence.missing(),
        })
    }
}
