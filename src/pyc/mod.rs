//! What a Python bytecode file says of itself, and whether it is still the bytecode of its source.
//!
//! [`name`] reads a file name, [`header`] the bytes a file begins with, with the help of the
//! numbers in [`magic`]; [`interpreter`] names who wrote it; [`freshness`] judges it against its
//! source, and [`verdict`] says what came of it. Nothing here walks a tree or deletes a file.

pub mod freshness;
pub mod header;
pub mod interpreter;
pub mod magic;
pub mod name;
pub mod verdict;

pub use freshness::{Opened, Unjudged, is_compiled_from, judge};
pub use header::{Damage, Header, Validation};
pub use interpreter::{Interpreter, InvalidVersion, Version, VersionFilter};
pub use name::{BytecodeName, Extension, Form, module_of};
pub use verdict::{Change, Reason, Staleness, Verdict};
