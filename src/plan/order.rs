//! The order of the targets of a plan.

use std::cmp::Ordering;
use std::path::Path;
use std::sync::Arc;

use super::{Target, TargetKind};
use crate::path::{SEPARATOR, rank, shared_len};

impl Target<'_> {
    /// Sorts by PATH, then by path, without a copy of the paths.
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        let by_path = || {
            if Arc::ptr_eq(&self.dir, &other.dir) {
                return self.name().cmp(other.name());
            }
            let (a, b) = (self.dir.path.as_os_str(), other.dir.path.as_os_str());
            let (a, b) = (a.as_encoded_bytes(), b.as_encoded_bytes());
            let shared = shared_len(a, b);
            match (a.get(shared), b.get(shared)) {
                (Some(a), Some(b)) => rank(*a).cmp(&rank(*b)),
                // One holds the other.
                _ => self.path_ranks(shared).cmp(other.path_ranks(shared)),
            }
        };
        self.dir.root.id.cmp(&other.dir.root.id).then_with(by_path)
    }

    /// The bytes of the path from a position in the parent, with the separator below all
    /// others.
    fn path_ranks(&self, start: usize) -> impl Iterator<Item = u8> {
        let parent = self.dir.path.as_os_str().as_encoded_bytes();
        let separator = (!parent.is_empty()).then_some(SEPARATOR);
        let name = self.name().as_encoded_bytes();
        let bytes = parent[start..].iter().copied().chain(separator);
        bytes.chain(name.iter().copied()).map(rank)
    }

    /// Whether the other target is this one, or is part of this tree.
    pub(super) fn holds(&self, other: &Self) -> bool {
        if self.dir.root.id != other.dir.root.id {
            return false;
        }
        if self.dir.path == other.dir.path {
            return self.name() == other.name();
        }
        matches!(self.kind, TargetKind::Tree(_)) && self.is_above(&other.dir.path)
    }

    /// Whether a path relative to the root is that of this target, or below it.
    fn is_above(&self, path: &Path) -> bool {
        let (parent, path) = (self.dir.path.as_os_str(), path.as_os_str());
        let mut rest = path.as_encoded_bytes();
        if !parent.is_empty() {
            let Some([SEPARATOR, below @ ..]) = rest.strip_prefix(parent.as_encoded_bytes()) else {
                return false;
            };
            rest = below;
        }
        let rest = rest.strip_prefix(self.name().as_encoded_bytes());
        matches!(rest, Some([] | [SEPARATOR, ..]))
    }
}
