//! Directory handles: opening a subdirectory without following a symlink, and reading
//! the entries of an open directory.

use std::ffi::OsStr;
use std::io;
use std::path::Path;

use cap_std::ambient_authority;
use cap_std::fs::Dir;

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

/// Identifies a directory while it is open: device and inode on Unix. Two equal
/// identities are the same directory; without one nothing can be said.
pub(crate) type DirIdentity = Option<(u64, u64)>;

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

/// Opens the directory at `path`. Symlinks on the way are followed, a symlink at its end
/// is not.
///
/// # Errors
///
/// If there is no directory at `path`, or it cannot be read.
#[cfg(not(unix))]
pub(crate) fn open_path_nofollow(path: &Path) -> io::Result<Dir> {
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) if !parent.as_os_str().is_empty() => {
            open_dir(&Dir::open_ambient_dir(parent, ambient_authority())?, name)
        }
        _ => Dir::open_ambient_dir(path, ambient_authority()),
    }
}

/// Opens a subdirectory for reading, never through a symlink.
///
/// # Errors
///
/// If there is no such directory, or it cannot be read.
#[cfg(target_os = "linux")]
pub(crate) fn open_dir(parent: &Dir, name: &OsStr) -> io::Result<Dir> {
    use cap_std::fs::{OpenOptions, OpenOptionsExt};
    use rustix::fs::OFlags;
    // `Dir::open_dir` opens with O_PATH, so that each read would open it once more.
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW;
    let options = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits() as i32)
        .clone();
    let file = parent.open_with(name, &options)?;
    Ok(Dir::from_std_file(file.into_std()))
}

/// Opens a subdirectory for reading, never through a symlink.
///
/// # Errors
///
/// If there is no such directory, or it cannot be read.
#[cfg(not(target_os = "linux"))]
pub(crate) fn open_dir(parent: &Dir, name: &OsStr) -> io::Result<Dir> {
    cap_fs_ext::DirExt::open_dir_nofollow(parent, name)
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

/// Reads all entries of a directory that was just opened. Without `measure`, the sizes may
/// be 0.
///
/// # Errors
///
/// If the directory or the size of an entry cannot be read. What vanished meanwhile is
/// left out.
#[cfg(target_os = "linux")]
pub(crate) fn read_dir(dir: &Dir, measure: bool, mut visit: impl FnMut(Entry)) -> io::Result<()> {
    use rustix::fs::{AtFlags, FileType, RawDir, statat};
    use std::mem::MaybeUninit;
    use std::os::unix::ffi::OsStrExt;

    let mut buffer = [MaybeUninit::uninit(); 1 << 15];
    let mut raw = RawDir::new(dir, &mut buffer);
    while let Some(entry) = raw.next() {
        let entry = entry?;
        let name = OsStr::from_bytes(entry.file_name().to_bytes());
        if name == "." || name == ".." {
            continue;
        }
        let mut kind = entry.file_type();
        let mut bytes = 0;
        // Some file systems do not tell the type here, and none tells the size.
        let needs_stat = measure || kind == FileType::Unknown;
        if needs_stat && kind != FileType::Directory {
            match statat(dir, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) => {
                    kind = FileType::from_raw_mode(stat.st_mode);
                    bytes = stat.st_size.try_into().unwrap_or(0);
                }
                Err(rustix::io::Errno::NOENT) => continue,
                Err(error) => return Err(error.into()),
            }
        }
        visit(Entry {
            name,
            kind: match kind {
                FileType::Directory => EntryKind::Dir,
                FileType::RegularFile => EntryKind::File,
                FileType::Symlink => EntryKind::Symlink,
                _ => EntryKind::Other,
            },
            bytes,
        });
    }
    Ok(())
}

/// Reads all entries of a directory that was just opened. Without `measure`, the sizes may
/// be 0.
///
/// # Errors
///
/// If the directory or the size of an entry cannot be read. What vanished meanwhile is
/// left out.
#[cfg(not(target_os = "linux"))]
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

/// A mounted file system: its device and, if the kernel tells, the mount. Bind mounts of
/// one device differ in the mount alone.
pub(crate) type FileSystem = (u64, u64);

/// The file system of an open directory.
///
/// # Errors
///
/// If the system does not tell.
#[cfg(target_os = "linux")]
pub(crate) fn file_system(dir: &Dir) -> io::Result<Option<FileSystem>> {
    use rustix::fs::AtFlags;
    statx_file_system(dir, Path::new(""), AtFlags::EMPTY_PATH)
}

/// The file system of a directory, without following a symlink.
///
/// # Errors
///
/// If the system does not tell.
#[cfg(target_os = "linux")]
pub(crate) fn file_system_of_path(path: &Path) -> io::Result<Option<FileSystem>> {
    use rustix::fs::{AtFlags, CWD};
    statx_file_system(CWD, path, AtFlags::SYMLINK_NOFOLLOW)
}

#[cfg(target_os = "linux")]
fn statx_file_system(
    dir: impl std::os::fd::AsFd,
    path: &Path,
    flags: rustix::fs::AtFlags,
) -> io::Result<Option<FileSystem>> {
    use rustix::fs::{StatxFlags, makedev, statx};
    let found = statx(dir, path, flags, StatxFlags::MNT_ID)?;
    let device = makedev(found.stx_dev_major, found.stx_dev_minor);
    let is_told = found.stx_mask & StatxFlags::MNT_ID.bits() != 0;
    Ok(Some((device, if is_told { found.stx_mnt_id } else { 0 })))
}

/// The file system of an open directory.
///
/// # Errors
///
/// If the system does not tell.
#[cfg(all(unix, not(target_os = "linux")))]
pub(crate) fn file_system(dir: &Dir) -> io::Result<Option<FileSystem>> {
    Ok(identity(dir)?.map(|(device, _)| (device, 0)))
}

/// The file system of a directory, without following a symlink.
///
/// # Errors
///
/// If the system does not tell.
#[cfg(all(unix, not(target_os = "linux")))]
pub(crate) fn file_system_of_path(path: &Path) -> io::Result<Option<FileSystem>> {
    use std::os::unix::fs::MetadataExt;
    Ok(Some((path.symlink_metadata()?.dev(), 0)))
}

/// Windows shows a mounted volume as a symlink, and symlinks are not followed.
///
/// # Errors
///
/// Never.
#[cfg(not(unix))]
pub(crate) fn file_system(_: &Dir) -> io::Result<Option<FileSystem>> {
    Ok(None)
}

/// Windows shows a mounted volume as a symlink, and symlinks are not followed.
///
/// # Errors
///
/// Never.
#[cfg(not(unix))]
pub(crate) fn file_system_of_path(_: &Path) -> io::Result<Option<FileSystem>> {
    Ok(None)
}

/// The device and inode of an open directory.
///
/// # Errors
///
/// If the system does not tell.
#[cfg(unix)]
pub(crate) fn identity(dir: &Dir) -> io::Result<DirIdentity> {
    use cap_std::fs::MetadataExt;
    let metadata = dir.dir_metadata()?;
    Ok(Some((metadata.dev(), metadata.ino())))
}

/// The identity of an open directory, which this system does not tell cheaply.
///
/// # Errors
///
/// Never.
#[cfg(not(unix))]
pub(crate) fn identity(_: &Dir) -> io::Result<DirIdentity> {
    Ok(None)
}
