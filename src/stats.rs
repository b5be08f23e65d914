//! Counters for what was removed, or would be removed.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::ops::AddAssign;

use crate::pyc::{BytecodeName, Interpreter};

/// How much was removed: totals are sums of these.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RemovalStats {
    /// Number of directories.
    pub(crate) directories: u64,
    /// Files and symlinks.
    pub(crate) files: FileStats,
    /// The bytecode files among `files` by interpreter; `None` if the name has no tag.
    pub(crate) interpreters: BTreeMap<Option<Interpreter>, FileStats>,
}

/// A number of files and their apparent size.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct FileStats {
    /// Number of files.
    pub(crate) count: u64,
    /// Apparent size in bytes.
    pub(crate) bytes: u64,
}

impl RemovalStats {
    /// Counts a file of this size; its name tells whether it is bytecode.
    pub(crate) fn add_file(&mut self, name: &OsStr, bytes: u64) {
        let file = FileStats { count: 1, bytes };
        self.files += file;
        if let Some(name) = BytecodeName::parse(name) {
            *self.interpreters.entry(name.interpreter()).or_default() += file;
        }
    }

    /// Whether nothing was counted.
    pub(crate) fn is_empty(&self) -> bool {
        self.directories == 0 && self.files.count == 0
    }
}

impl AddAssign for RemovalStats {
    fn add_assign(&mut self, other: Self) {
        self.directories += other.directories;
        self.files += other.files;
        for (interpreter, files) in other.interpreters {
            *self.interpreters.entry(interpreter).or_default() += files;
        }
    }
}

impl AddAssign for FileStats {
    fn add_assign(&mut self, other: Self) {
        self.count += other.count;
        self.bytes += other.bytes;
    }
}
