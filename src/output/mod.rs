//! Everything that a person or a program reads.

pub(crate) mod by_project;
pub(crate) mod explanation;
pub(crate) mod format;
pub(crate) mod hints;
pub(crate) mod interpreters;
pub(crate) mod json;
pub(crate) mod message;
pub(crate) mod progress;
pub(crate) mod prompt;
pub(crate) mod report;
pub(crate) mod stdout;
