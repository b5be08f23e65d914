//! The error of judging a bytecode file.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// A bytecode file could not be judged. This proves nothing against it.
#[derive(Debug)]
pub enum JudgeError {
    /// The bytecode file could not be opened or read.
    Bytecode(io::Error),
    /// The source at this path could not be looked up or read.
    Source(PathBuf, io::Error),
}

impl fmt::Display for JudgeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytecode(error) => error.fmt(f),
            Self::Source(path, error) => write!(f, "{}: {error}", path.display()),
        }
    }
}

impl std::error::Error for JudgeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Bytecode(error) | Self::Source(_, error) => Some(error),
        }
    }
}
