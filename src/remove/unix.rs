use std::ffi::OsStr;
use std::io;

use rustix::fs::{AtFlags, unlinkat};

use crate::directory::Dir;

/// Removes a file or a symlink.
pub(super) fn remove_file(dir: &Dir, name: &OsStr) -> io::Result<()> {
    Ok(unlinkat(dir, name, AtFlags::empty())?)
}

/// Removes an empty directory.
pub(super) fn remove_dir(dir: &Dir, name: &OsStr) -> io::Result<()> {
    Ok(unlinkat(dir, name, AtFlags::REMOVEDIR)?)
}
