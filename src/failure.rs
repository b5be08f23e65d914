//! An operation that failed without ending the run.

use std::io;
use std::path::PathBuf;

#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) operation: Operation,
    /// As it is shown.
    pub(crate) path: PathBuf,
    pub(crate) error: io::Error,
}

impl Failure {
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
    Remove,
    ReadIndex,
    GitClean,
}
