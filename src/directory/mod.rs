//! Directory handles, in which entries are named without following a symlink.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

use std::io;

#[cfg(unix)]
pub(crate) use unix::{Dir, file_system_of, identity_of};
#[cfg(windows)]
pub(crate) use windows::{Dir, file_system_of, identity_of};

/// Identifies a directory while it exists: device and inode on Unix, the serial number of the
/// volume and the file index on Windows.
pub(crate) type DirIdentity = (u64, u64);

/// A mounted file system: its device and, on Linux, the mount. Bind mounts of one device differ
/// in the mount alone.
pub(crate) type FileSystem = (u64, u64);

/// The kind of a directory entry. A symlink is never resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EntryKind {
    Dir,
    File,
    /// A symlink, or a junction.
    Symlink,
    /// A FIFO, a socket or a device.
    Other,
}

impl EntryKind {
    /// Whether this can be a cache file: a symlink is removed without its target.
    pub(crate) fn is_file_or_symlink(self) -> bool {
        matches!(self, Self::File | Self::Symlink)
    }

    fn of(is_dir: bool, is_file: bool, is_symlink: bool) -> Self {
        match (is_dir, is_file, is_symlink) {
            (true, _, _) => Self::Dir,
            (_, true, _) => Self::File,
            (_, _, true) => Self::Symlink,
            _ => Self::Other,
        }
    }
}

impl From<std::fs::FileType> for EntryKind {
    fn from(kind: std::fs::FileType) -> Self {
        Self::of(kind.is_dir(), kind.is_file(), kind.is_symlink())
    }
}

/// The error for what is another directory, or another kind of entry, than before.
pub(crate) fn changed() -> io::Error {
    io::Error::other("changed during the run")
}
