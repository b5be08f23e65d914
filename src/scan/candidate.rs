//! Directories that are removed if everything in them is removed.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::plan::Reason;
use crate::roots::Location;

/// A directory that is removed if nothing in it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// Why it is removed.
    pub(crate) reason: Reason,
    /// Whether it is kept if no bytecode was removed in it: the directory was created
    /// for something else.
    pub(crate) needs_bytecode: bool,
    /// Whether it may be something else than an empty directory, so that the guard is
    /// asked.
    pub(crate) is_guarded: bool,
}

impl Candidate {
    /// A directory that is removed as soon as it is empty. What the user selected needs
    /// no guard.
    pub(crate) fn when_empty(reason: Reason) -> Self {
        Self {
            reason,
            needs_bytecode: false,
            is_guarded: reason != Reason::Erased,
        }
    }

    /// A package that was deleted: only orphaned bytecode is left in it.
    pub(crate) fn ghost() -> Self {
        Self {
            reason: Reason::Ghost,
            needs_bytecode: true,
            is_guarded: true,
        }
    }

    /// A directory that exists for bytecode alone.
    pub(crate) fn of_bytecode(needs_bytecode: bool) -> Self {
        Self {
            reason: Reason::Empty,
            needs_bytecode,
            is_guarded: false,
        }
    }
}

/// A directory that is removed if everything in it is removed. Shared by the jobs that
/// walk its subdirectories; the last of them to finish decides.
#[derive(Debug)]
pub(crate) struct DirCandidate<'a> {
    /// Where it is.
    pub(crate) location: Arc<Location<'a>>,
    /// On which conditions it is removed.
    pub(crate) candidate: Candidate,
    /// The candidate that holds it.
    parent: Option<Arc<Self>>,
    /// The number of walks and subdirectories that are not decided yet.
    pending: AtomicUsize,
    /// Whether something in it is kept.
    is_blocked: AtomicBool,
    /// Whether bytecode in it is removed.
    lost_bytecode: AtomicBool,
}

impl<'a> DirCandidate<'a> {
    /// A candidate in the directory that is the `parent` candidate. It must be closed
    /// once.
    pub(crate) fn new(
        location: Arc<Location<'a>>,
        candidate: Candidate,
        parent: Option<&Arc<Self>>,
    ) -> Arc<Self> {
        if let Some(parent) = parent {
            parent.pending.fetch_add(1, Ordering::Relaxed);
        }
        Arc::new(Self {
            location,
            candidate,
            parent: parent.map(Arc::clone),
            pending: AtomicUsize::new(1),
            is_blocked: AtomicBool::new(false),
            lost_bytecode: AtomicBool::new(false),
        })
    }

    /// The directory that holds it, whose path is `parent`.
    pub(crate) fn parent_location(&self, parent: &Path) -> Arc<Location<'a>> {
        let shared = self.parent.as_ref().map(|candidate| &candidate.location);
        match shared.filter(|location| *location.path == *parent) {
            Some(location) => Arc::clone(location),
            None => Location::new(self.location.root, parent),
        }
    }

    /// Takes note that something in it is kept.
    pub(crate) fn block(&self) {
        self.is_blocked.store(true, Ordering::Relaxed);
    }

    /// Takes note that bytecode in it is removed.
    pub(crate) fn note_bytecode(&self) {
        self.lost_bytecode.store(true, Ordering::Relaxed);
    }

    /// Whether it is removed, as far as its contents tell.
    pub(crate) fn is_removable(&self) -> bool {
        let has_lost_enough =
            !self.candidate.needs_bytecode || self.lost_bytecode.load(Ordering::Relaxed);
        has_lost_enough && !self.is_blocked.load(Ordering::Relaxed)
    }

    /// Ends the walk of this directory. If nothing in it is pending, asks `decide`
    /// whether it is removed, and tells the parent, which may then be decided as well.
    pub(crate) fn close(self: Arc<Self>, mut decide: impl FnMut(&Self) -> bool) {
        let mut current = Some(self);
        while let Some(dir) = current {
            // Acquires what the other jobs noted before they closed it.
            if dir.pending.fetch_sub(1, Ordering::AcqRel) != 1 {
                return;
            }
            let is_removed = decide(&dir);
            if let Some(parent) = &dir.parent {
                if !is_removed {
                    parent.block();
                } else if dir.lost_bytecode.load(Ordering::Relaxed) {
                    parent.note_bytecode();
                }
            }
            current = dir.parent.clone();
        }
    }
}
