//! What went wrong on the way, while the run went on.

use std::io;
use std::path::PathBuf;

/// Something that could not be read or removed.
#[derive(Debug)]
pub struct Failure {
    /// What was tried.
    pub attempt: Attempt,
    /// The path, as it is shown to the user.
    pub path: PathBuf,
    /// Why it did not work.
    pub error: io::Error,
}

/// What was tried when something failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// Opening, listing or measuring.
    Read,
    /// Unlinking a file, or removing a directory.
    Remove,
    /// Asking git about the repository.
    Ask,
    /// Running `git clean`.
    GitClean,
}
