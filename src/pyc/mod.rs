//! Reads Python bytecode files and tells whether they are up to date with their
//! sources.
//!
//! [`BytecodeName`] parses a file name, [`Header`] the first bytes of a file. [`marshal`]
//! checks the code in a file. [`judge()`] compares a bytecode file with its [`Source`].

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
pub use name::{BytecodeName, Form, SOURCE_SUFFIXES};
pub use source::{LastHash, Source, Unreadable};
pub use staleness::{Change, Staleness};
