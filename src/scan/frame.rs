//! The directories that a walk is in.

use std::sync::Arc;

use super::candidate::DirCandidate;
use super::classify::WalkMode;
use crate::roots::Location;

/// A directory that the walk is in.
pub(super) struct Frame<'a> {
    /// The depth below the start of the job.
    pub(super) depth: usize,
    /// How it is walked.
    pub(super) mode: WalkMode,
    /// The directory.
    pub(super) dir: Arc<Location<'a>>,
    /// What it is if it can be removed.
    pub(super) candidate: Option<Arc<DirCandidate<'a>>>,
}

impl<'a> Frame<'a> {
    /// A directory that the walk enters.
    pub(super) fn new(
        depth: usize,
        mode: WalkMode,
        dir: Arc<Location<'a>>,
        candidate: Option<Arc<DirCandidate<'a>>>,
    ) -> Self {
        Self {
            depth,
            mode,
            dir,
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
