//! Reads Python bytecode files and tells whether they are up to date with their
//! sources.
//!
//! [`BytecodeName`] parses a file name, [`Header`] parses the first bytes of a file
//! with the help of the table in [`magic`], and [`Interpreter`] names the program that
//! wrote the file. [`marshal`] checks the code in a file. [`judge`] compares a bytecode
//! file with its [`Source`] and returns its [`Staleness`]. This module neither walks
//! directories nor removes files.

pub mod header;
mod interpreter;
mod judge;
pub mod magic;
pub mod marshal;
mod name;
mod source;
mod staleness;

pub use header::{Damage, Header, Validation};
pub use interpreter::{Interpreter, Version};
pub use judge::{PycFile, judge};
pub use name::{BytecodeName, Form, SOURCE_SUFFIXES, SourceSuffix};
pub use source::{LastHash, Source, Unreadable};
pub use staleness::{Change, Staleness};
