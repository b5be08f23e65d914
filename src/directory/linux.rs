//! Directories on Linux: read with `getdents64`, so that a directory is opened once.

use std::ffi::OsStr;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt};
use rustix::fs::{AtFlags, CWD, FileType, OFlags, RawDir, StatxFlags, makedev, statat, statx};

use super::{Entry, EntryKind, FileSystem};

/// Opens a subdirectory for reading, never through a symlink.
///
/// # Errors
///
/// If there is no such directory, or it cannot be read.
pub(crate) fn open_dir(parent: &Dir, name: &OsStr) -> io::Result<Dir> {
    // `Dir::open_dir` opens with O_PATH, so that each read would open it once more.
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW;
    let options = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits() as i32)
        .clone();
    let file = parent.open_with(name, &options)?;
    Ok(Dir::from_std_file(file.into_std()))
}

/// Reads all entries of a directory that was just opened. Without `measure`, the sizes may
/// be 0.
///
/// # Errors
///
/// If the directory or the size of an entry cannot be read. What vanished meanwhile is
/// left out.
pub(crate) fn read_dir(dir: &Dir, measure: bool, mut visit: impl FnMut(Entry)) -> io::Result<()> {
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

/// The file system of an open directory.
///
/// # Errors
///
/// If the system does not tell.
pub(crate) fn file_system(dir: &Dir) -> io::Result<Option<FileSystem>> {
    statx_file_system(dir, Path::new(""), AtFlags::EMPTY_PATH)
}

/// The file system of a directory, without following a symlink.
///
/// # Errors
///
/// If the system does not tell.
pub(crate) fn file_system_of_path(path: &Path) -> io::Result<Option<FileSystem>> {
    statx_file_system(CWD, path, AtFlags::SYMLINK_NOFOLLOW)
}

fn statx_file_system(
    dir: impl AsFd,
    path: &Path,
    flags: AtFlags,
) -> io::Result<Option<FileSystem>> {
    let found = statx(dir, path, flags, StatxFlags::MNT_ID)?;
    let device = makedev(found.stx_dev_major, found.stx_dev_minor);
    let is_told = found.stx_mask & StatxFlags::MNT_ID.bits() != 0;
    Ok(Some((device, if is_told { found.stx_mnt_id } else { 0 })))
}
