//! Counters for what was removed, or would be removed.

use std::ops::AddAssign;

use serde::Serialize;

/// How much was removed: totals are sums of these. The JSON has the same names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct RemovalStats {
    /// Files and symlinks.
    pub(crate) files: u64,
    pub(crate) directories: u64,
    /// Apparent size of the files in bytes.
    pub(crate) bytes: u64,
}

impl RemovalStats {
    pub(crate) fn add_file(&mut self, bytes: u64) {
        self.files += 1;
        self.bytes += bytes;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.directories == 0 && self.files == 0
    }
}

impl AddAssign for RemovalStats {
    fn add_assign(&mut self, other: Self) {
        self.files += other.files;
        self.directories += other.directories;
        self.bytes += other.bytes;
    }
}
