//! An operation that failed without ending the run.

use std::io;
use std::path::PathBuf;

/// An operation that failed, with its path and cause.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The operation.
    pub(crate) operation: Operation,
    /// The display path.
    pub(crate) path: PathBuf,
    /// The cause.
    pub(crate) error: io::Error,
}

impl Failure {
    /// An operation on `path` failed.
    pub(crate) fn new(operation: Operation, path: impl Into<PathBuf>, error: io::Error) -> Self {
        Self {
            operation,
            path: path.into(),
            error,
        }
    }

    /// The same failure, reported at another path.
    pub(crate) fn at(self, path: PathBuf) -> Self {
        Self { path, ..self }
    }

    /// Something could not be read.
    pub(crate) fn read(path: impl Into<PathBuf>, error: io::Error) -> Self {
        Self::new(Operation::Read, path, error)
    }
}

/// The kinds of operation that can fail. The JSON has the same words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Operation {
    /// Open, list or measure a file or directory.
    Read,
    /// Apply the settings of a project below a PATH.
    ApplySettings,
    /// Remove a file or directory.
    Remove,
    /// Read the index of a git repository.
    ReadIndex,
    /// Run `git clean`.
    GitClean,
}
