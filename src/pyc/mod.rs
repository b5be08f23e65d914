//! Reads Python bytecode files and tells whether they are up to date with their
//! sources.
//!
//! [`BytecodeName`] parses a file name, [`Header`] parses the first bytes of a file
//! with the help of the table in [`magic`], and [`Interpreter`] names the program that
//! wrote the file. [`marshal`] checks the code in a file. [`judge`] compares a bytecode
//! file with its source and returns a [`Verdict`]. This module neither walks
//! directories nor removes files.

mod error;
pub mod header;
mod interpreter;
mod judge;
pub mod magic;
pub mod marshal;
mod name;
mod source;
mod verdict;

pub use error::JudgeError;
pub use header::{Damage, Header, Validation};
pub use interpreter::{Interpreter, InvalidVersion, Version, VersionFilter};
pub use judge::{PycFile, find_source, is_partial_write_content, judge};
pub use name::{BytecodeName, Extension, Form, SOURCE_SUFFIXES, SourceSuffix};
pub(crate) use source::since_epoch;
pub use verdict::{Change, Staleness, Verdict};
