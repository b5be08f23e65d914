use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, openat, statat};
use rustix::io::Errno;

use super::{DirIdentity, EntryKind, FileSystem};

/// Entries can be removed from a directory that cannot be read, if the system can open it so.
#[cfg(target_os = "linux")]
const ACCESS: OFlags = OFlags::PATH;
#[cfg(not(target_os = "linux"))]
const ACCESS: OFlags = OFlags::RDONLY;

#[derive(Debug)]
pub(crate) struct Dir(File);

impl Dir {
    /// Opens the directory at `path`, through symlinks: the user named it.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        open_dir_at(CWD, path.as_os_str(), ACCESS).map(|dir| Self(dir.into()))
    }

    /// For the sizes of its files, which are read faster by a handle than by their paths.
    pub(crate) fn open_for_sizes(path: &Path) -> Option<Self> {
        let opened = open_dir_at(CWD, path.as_os_str(), ACCESS | OFlags::NOFOLLOW);
        Some(Self(opened.ok()?.into()))
    }

    pub(crate) fn size_of(&self, name: &OsStr) -> io::Result<u64> {
        let stat = statat(self, name, AtFlags::SYMLINK_NOFOLLOW)?;
        Ok(stat.st_size.try_into().unwrap_or(0))
    }

    /// Opens a subdirectory, never through a symlink.
    pub(crate) fn open_dir(&self, name: &OsStr) -> io::Result<Self> {
        open_dir_at(self, name, ACCESS | OFlags::NOFOLLOW).map(|dir| Self(dir.into()))
    }

    pub(crate) fn identity(&self) -> io::Result<DirIdentity> {
        let metadata = self.0.metadata()?;
        Ok((metadata.dev(), metadata.ino()))
    }

    /// Lists the entries anew, with their sizes in bytes. What vanishes meanwhile is left out.
    pub(crate) fn entries(&self) -> io::Result<Vec<(OsString, EntryKind, u64)>> {
        let listing = open_dir_at(self, OsStr::new("."), OFlags::RDONLY)?;
        let mut entries = Vec::new();
        for entry in rustix::fs::Dir::new(listing)? {
            let entry = entry?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name == "." || name == ".." {
                continue;
            }
            match statat(self, name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) => {
                    let kind = FileType::from_raw_mode(stat.st_mode);
                    let kind = EntryKind::of(kind.is_dir(), kind.is_file(), kind.is_symlink());
                    entries.push((name.into(), kind, stat.st_size.try_into().unwrap_or(0)));
                }
                Err(Errno::NOENT) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(entries)
    }
}

impl AsFd for Dir {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

fn open_dir_at(dir: impl AsFd, path: &OsStr, flags: OFlags) -> io::Result<OwnedFd> {
    let flags = flags | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok(openat(dir, path, flags, Mode::empty())?)
}

/// Identifies the directory at `path`, without following a symlink at its end.
pub(crate) fn identity_of(path: &Path) -> io::Result<DirIdentity> {
    let metadata = path.symlink_metadata()?;
    Ok((metadata.dev(), metadata.ino()))
}

/// The file system of the directory at `path`, without following a symlink at its end.
#[cfg(target_os = "linux")]
pub(crate) fn file_system_of(path: &Path) -> io::Result<Option<FileSystem>> {
    use rustix::fs::{StatxFlags, makedev, statx};

    let found = statx(CWD, path, AtFlags::SYMLINK_NOFOLLOW, StatxFlags::MNT_ID)?;
    let device = makedev(found.stx_dev_major, found.stx_dev_minor);
    // Linux before 5.8 does not fill in the mount, which is then 0.
    Ok(Some((device, found.stx_mnt_id)))
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn file_system_of(path: &Path) -> io::Result<Option<FileSystem>> {
    Ok(Some((identity_of(path)?.0, 0)))
}
