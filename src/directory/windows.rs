//! The handle of a directory does not share the right to delete. So a directory that is open, and
//! those above it, can be neither renamed nor replaced, and a path names what is in it.

use std::ffi::{OsStr, OsString};
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::windows::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use windows_sys::Win32::Storage::FileSystem::{
    FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_OPEN_REPARSE_POINT, FILE_LIST_DIRECTORY,
    FILE_READ_ATTRIBUTES, FILE_SHARE_DELETE, FILE_SHARE_READ, FILE_SHARE_WRITE,
};

use super::{DirIdentity, EntryKind, FileSystem};
use crate::path::{canonicalize, is_verbatim};

#[derive(Debug)]
pub(crate) struct Dir {
    handle: File,
    /// Canonical, or as the user wrote it after `\\?\`.
    path: PathBuf,
}

impl Dir {
    /// Opens the directory at `path`, through symlinks: the user named it.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        // Wine drops a dot at the end of a canonical path.
        let canonical = if is_verbatim(path) {
            path.to_path_buf()
        } else {
            // With the prefix `\\?\` the names of devices are ordinary names.
            path.canonicalize().or_else(|_| canonicalize(path))?
        };
        Self::open_canonical(canonical)
    }

    /// The listing of a directory carries the sizes of its files.
    pub(crate) fn open_for_sizes(_: &Path) -> Option<Self> {
        None
    }

    pub(crate) fn size_of(&self, name: &OsStr) -> io::Result<u64> {
        Ok(self.path.join(name).symlink_metadata()?.len())
    }

    /// Opens a subdirectory, never through a symlink or a junction.
    pub(crate) fn open_dir(&self, name: &OsStr) -> io::Result<Self> {
        Self::open_canonical(self.path.join(name))
    }

    fn open_canonical(path: PathBuf) -> io::Result<Self> {
        let access = FILE_LIST_DIRECTORY | FILE_READ_ATTRIBUTES;
        let handle = open(&path, access, FILE_SHARE_READ | FILE_SHARE_WRITE)?;
        if handle.metadata()?.is_dir() {
            Ok(Self { handle, path })
        } else {
            Err(ErrorKind::NotADirectory.into())
        }
    }

    /// Opens an entry itself: a symlink or a junction is not followed.
    pub(crate) fn open_entry(&self, name: &OsStr, access: u32) -> io::Result<File> {
        let share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
        open(&self.path.join(name), access, share)
    }

    pub(crate) fn identity(&self) -> io::Result<DirIdentity> {
        let found = winapi_util::file::information(&self.handle)?;
        Ok((found.volume_serial_number(), found.file_index()))
    }

    /// Lists the entries anew, with their sizes in bytes.
    pub(crate) fn entries(&self) -> io::Result<Vec<(OsString, EntryKind, u64)>> {
        let mut entries = Vec::new();
        for entry in self.path.read_dir()? {
            let entry = entry?;
            let metadata = entry.metadata()?;
            let kind = metadata.file_type().into();
            entries.push((entry.file_name(), kind, metadata.len()));
        }
        Ok(entries)
    }
}

fn open(path: &Path, access: u32, share: u32) -> io::Result<File> {
    OpenOptions::new()
        .access_mode(access)
        .share_mode(share)
        .custom_flags(FILE_FLAG_OPEN_REPARSE_POINT | FILE_FLAG_BACKUP_SEMANTICS)
        .open(path)
}

/// Identifies the directory at `path`, without following a symlink at its end.
pub(crate) fn identity_of(path: &Path) -> io::Result<DirIdentity> {
    Dir::open_canonical(path.to_path_buf())?.identity()
}

/// Unknown. Windows shows a mounted volume as a symlink, and symlinks are not followed.
pub(crate) fn file_system_of(_: &Path) -> io::Result<Option<FileSystem>> {
    Ok(None)
}
