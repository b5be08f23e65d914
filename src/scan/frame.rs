//! The directories that a walk is in.

use std::path::Path;
use std::sync::Arc;

use super::candidate::DirCandidate;
use super::classify::WalkMode;

/// A directory that the walk is in.
pub(super) struct Frame<'a> {
    /// The depth below the start of the job.
    pub(super) depth: usize,
    /// How it is walked.
    pub(super) mode: WalkMode,
    /// The path relative to the root.
    pub(super) path: Arc<Path>,
    /// What it is if it can be removed.
    pub(super) candidate: Option<Arc<DirCandidate<'a>>>,
}

impl<'a> Frame<'a> {
    /// A directory that the walk enters.
    pub(super) fn new(
        depth: usize,
        mode: WalkMode,
        path: Arc<Path>,
        candidate: Option<Arc<DirCandidate<'a>>>,
    ) -> Self {
        Self {
            depth,
            mode,
            path,
            candidate,
        }
    }

    /// Takes note that something in it is kept.
    pub(super) fn block(&self) {
        if let Some(candidate) = &self.candidate {
            candidate.block();
        }
    }
}
