//! Everything that a person or a program reads.

pub(crate) mod format;
pub(crate) mod interpreters;
pub(crate) mod json;
mod listing;
pub(crate) mod message;
pub(crate) mod progress;
pub(crate) mod prompt;
pub(crate) mod report;
