//! Removes entries of an open directory on Unix.

use std::ffi::OsStr;
use std::io;

use cap_std::fs::Dir;

/// Removes a file or a symlink.
///
/// # Errors
///
/// If there is none of this name, or it cannot be removed.
pub(super) fn remove_file(dir: &Dir, name: &OsStr) -> io::Result<()> {
    dir.remove_file(name)
}

/// Removes an empty directory.
///
/// # Errors
///
/// If there is none of this name, it is not empty, or it cannot be removed.
pub(super) fn remove_dir(dir: &Dir, name: &OsStr) -> io::Result<()> {
    dir.remove_dir(name)
}
