//! Directory handles: opening a subdirectory without following a symlink, and reading
//! the entries of an open directory.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(all(unix, not(target_os = "linux")))]
mod other_unix;
#[cfg(windows)]
mod windows;

use std::ffi::OsStr;
use std::io;
use std::path::Path;

use cap_fs_ext::MetadataExt;
use cap_std::ambient_authority;
use cap_std::fs::Dir;

#[cfg(target_os = "linux")]
pub(crate) use linux::{file_system, file_system_of_path, open_dir, read_dir};
#[cfg(all(unix, not(target_os = "linux")))]
pub(crate) use other_unix::{file_system, file_system_of_path, open_dir, read_dir};
#[cfg(windows)]
pub(crate) use windows::{
    explain_absence, file_system, file_system_of_path, open_dir, open_path_nofollow, read_dir,
};

/// The kind of a directory entry. A symlink is never resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EntryKind {
    /// A directory.
    Dir,
    /// A regular file.
    File,
    /// A symlink, to anything.
    Symlink,
    /// A FIFO, a socket or a device.
    Other,
}

/// An entry of an open directory.
#[derive(Debug)]
pub(crate) struct Entry<'a> {
    /// The file name.
    pub(crate) name: &'a OsStr,
    /// What it is.
    pub(crate) kind: EntryKind,
    /// Apparent size in bytes; 0 for a directory.
    pub(crate) bytes: u64,
}

/// Identifies a directory while it is open: device and inode on Unix, the serial number of
/// the volume and the index of the file on Windows.
pub(crate) type DirIdentity = (u64, u64);

impl From<std::fs::FileType> for EntryKind {
    fn from(kind: std::fs::FileType) -> Self {
        if kind.is_dir() {
            Self::Dir
        } else if kind.is_file() {
            Self::File
        } else if kind.is_symlink() {
            Self::Symlink
        } else {
            Self::Other
        }
    }
}

impl EntryKind {
    /// Whether this can be a cache file: a regular file, or a symlink, which is removed
    /// without its target.
    pub(crate) fn is_file_or_symlink(self) -> bool {
        matches!(self, Self::File | Self::Symlink)
    }
}

/// Opens the directory at `path`. Symlinks on the way are followed, a symlink at its end
/// is not.
///
/// # Errors
///
/// If there is no directory at `path`, or it cannot be read.
#[cfg(unix)]
pub(crate) fn open_path_nofollow(path: &Path) -> io::Result<Dir> {
    use rustix::fs::{Mode, OFlags, open};
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let handle = open(path, flags, Mode::empty())?;
    Ok(Dir::from_std_file(handle.into()))
}

/// Opens an open directory once more, so that it is read from the start.
///
/// # Errors
///
/// If it cannot be read.
pub(crate) fn reopen(dir: &Dir) -> io::Result<Dir> {
    open_dir(dir, OsStr::new("."))
}

/// Opens the directory at `path` for reading, through any symlinks: the user named it.
///
/// # Errors
///
/// If there is no directory at `path`, or it cannot be read.
pub(crate) fn open_root(path: &Path) -> io::Result<Dir> {
    Dir::open_ambient_dir(path, ambient_authority())
}

/// A mounted file system: its device and, if the kernel tells, the mount. Bind mounts of
/// one device differ in the mount alone.
pub(crate) type FileSystem = (u64, u64);

/// The error for what is another directory, or another kind of entry, than before.
pub(crate) fn changed() -> io::Error {
    io::Error::other("changed during the run")
}

/// The identity of an open directory.
///
/// # Errors
///
/// If the system does not tell.
pub(crate) fn identity(dir: &Dir) -> io::Result<DirIdentity> {
    let metadata = dir.dir_metadata()?;
    Ok((metadata.dev(), metadata.ino()))
}
