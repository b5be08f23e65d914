//! What a run prints: paths, projects and JSON on stdout, everything else on stderr.

pub(crate) mod by_project;
pub(crate) mod explanation;
pub(crate) mod hints;
pub(crate) mod interpreters;
pub(crate) mod json;
pub(crate) mod prompt;
pub(crate) mod report;
pub(crate) mod stdout;
