//! Directories on Windows. A handle does not share the right to delete, so that an open
//! directory, and those above it, can be neither renamed nor removed by another process.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use cap_fs_ext::DirExt;
use cap_std::ambient_authority;
use cap_std::fs::Dir;

use super::{Entry, EntryKind, FileSystem};
use crate::path::or_current_dir;

/// Opens the directory at `path`. Symlinks and junctions on the way are followed, one at
/// its end is not.
///
/// # Errors
///
/// If there is no directory at `path`, or it cannot be read.
pub(crate) fn open_path_nofollow(path: &Path) -> io::Result<Dir> {
    let open = |path| Dir::open_ambient_dir(path, ambient_authority());
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => open_dir(&open(or_current_dir(parent))?, name),
        _ => open(path),
    }
}

/// Opens a subdirectory for reading, never through a symlink or a junction.
///
/// # Errors
///
/// If there is no such directory, or it cannot be read.
pub(crate) fn open_dir(parent: &Dir, name: &OsStr) -> io::Result<Dir> {
    parent.open_dir_nofollow(name)
}

/// Reads all entries of a directory. The listing carries their sizes.
///
/// # Errors
///
/// If the directory cannot be read.
pub(crate) fn read_dir(dir: &Dir, _measure: bool, mut visit: impl FnMut(Entry)) -> io::Result<()> {
    for entry in fs::read_dir(system_path(dir)?)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        visit(Entry {
            name: &entry.file_name(),
            kind: EntryKind::from(metadata.file_type()),
            bytes: if metadata.is_dir() { 0 } else { metadata.len() },
        });
    }
    Ok(())
}

/// The path of an open directory in the form that the system takes literally (`\\?\C:\…`):
/// it can have any length, and any name.
///
/// # Errors
///
/// If the system does not tell.
pub(crate) fn system_path(dir: &Dir) -> io::Result<PathBuf> {
    winx::file::get_file_path(&dir.try_clone()?.into_std_file())
}

/// Windows shows a mounted volume as a symlink, and symlinks are not followed.
///
/// # Errors
///
/// Never.
pub(crate) fn file_system(_: &Dir) -> io::Result<Option<FileSystem>> {
    Ok(None)
}

/// Windows shows a mounted volume as a symlink, and symlinks are not followed.
///
/// # Errors
///
/// Never.
pub(crate) fn file_system_of_path(_: &Path) -> io::Result<Option<FileSystem>> {
    Ok(None)
}
