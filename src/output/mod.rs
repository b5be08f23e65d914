//! What a run prints: paths, projects and JSON on stdout, everything else on stderr.

#[cfg(unix)]
mod denied;
pub(crate) mod hints;
mod json;
mod listing;
mod projects;
pub(crate) mod prompt;
pub(crate) mod report;
mod stdout;
