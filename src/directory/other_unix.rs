//! Directories on macOS and the BSDs.

use std::ffi::OsStr;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use cap_std::fs::Dir;

use super::{Entry, EntryKind, FileSystem, identity};

/// Opens a subdirectory for reading, never through a symlink.
///
/// # Errors
///
/// If there is no such directory, or it cannot be read.
pub(crate) fn open_dir(parent: &Dir, name: &OsStr) -> io::Result<Dir> {
    cap_fs_ext::DirExt::open_dir_nofollow(parent, name)
}

/// Reads all entries of a directory that was just opened.
///
/// # Errors
///
/// If the directory or an entry cannot be read. What vanished meanwhile is left out.
pub(crate) fn read_dir(dir: &Dir, _measure: bool, mut visit: impl FnMut(Entry)) -> io::Result<()> {
    for entry in dir.entries()? {
        let entry = entry?;
        let metadata = match entry.metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            metadata => metadata?,
        };
        let kind = metadata.file_type();
        visit(Entry {
            name: &entry.file_name(),
            kind: if kind.is_dir() {
                EntryKind::Dir
            } else if kind.is_file() {
                EntryKind::File
            } else if kind.is_symlink() {
                EntryKind::Symlink
            } else {
                EntryKind::Other
            },
            bytes: if kind.is_dir() { 0 } else { metadata.len() },
        });
    }
    Ok(())
}

/// The file system of an open directory.
///
/// # Errors
///
/// If the system does not tell.
pub(crate) fn file_system(dir: &Dir) -> io::Result<Option<FileSystem>> {
    Ok(Some((identity(dir)?.0, 0)))
}

/// The file system of a directory, without following a symlink.
///
/// # Errors
///
/// If the system does not tell.
pub(crate) fn file_system_of_path(path: &Path) -> io::Result<Option<FileSystem>> {
    Ok(Some((path.symlink_metadata()?.dev(), 0)))
}
