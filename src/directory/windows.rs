//! Directories on Windows, read by their handles. A handle does not share the right to
//! delete, so that an open directory, and those above it, can be neither renamed nor removed
//! by another process.

use std::ffi::{OsStr, OsString};
use std::io::{self, ErrorKind};
use std::mem::offset_of;
use std::os::windows::ffi::OsStringExt;
use std::os::windows::io::AsRawHandle;
use std::path::Path;

use cap_fs_ext::DirExt;
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use windows_sys::Win32::Foundation::{ERROR_FILE_NOT_FOUND, ERROR_NO_MORE_FILES};
use windows_sys::Win32::Storage::FileSystem::{
    FILE_ATTRIBUTE_DIRECTORY, FILE_ATTRIBUTE_REPARSE_POINT, FILE_FULL_DIR_INFO,
    FILE_INFO_BY_HANDLE_CLASS, FileFullDirectoryInfo, FileFullDirectoryRestartInfo,
    GetFileInformationByHandleEx,
};

use super::{Entry, EntryKind, FileSystem};
use crate::path::{is_device, or_current_dir, reserved_name};

/// The length of the buffer for entries.
const BUFFER_LEN: usize = 1 << 16;

/// The bit of a reparse tag that says that the entry stands for another one: a symlink or a
/// junction, but not a file that is stored in a cloud or compressed.
const NAME_SURROGATE: u32 = 0x2000_0000;

/// A buffer for entries, which are aligned to 8 bytes.
#[repr(C, align(8))]
struct ListBuffer([u8; BUFFER_LEN]);

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
    parent
        .open_dir_nofollow(name)
        .map_err(|error| explain_absence(error, name))
}

/// The error for an entry that `cap-std` did not open: it treats an entry with the name of a
/// device as if it did not exist.
pub(crate) fn explain_absence(error: io::Error, name: &OsStr) -> io::Error {
    if error.kind() == ErrorKind::NotFound && is_device(name) {
        reserved_name()
    } else {
        error
    }
}

/// Reads all entries of an open directory. The listing carries their sizes.
///
/// # Errors
///
/// If the directory cannot be read.
pub(crate) fn read_dir(dir: &Dir, _measure: bool, mut visit: impl FnMut(Entry)) -> io::Result<()> {
    let mut buffer = Box::new(ListBuffer([0; BUFFER_LEN]));
    let mut class = FileFullDirectoryRestartInfo;
    while read_entries(dir, class, &mut buffer)? {
        class = FileFullDirectoryInfo;
        let mut rest = &buffer.0[..];
        loop {
            let next = visit_first(rest, &mut visit).ok_or(ErrorKind::InvalidData)?;
            if next == 0 {
                break;
            }
            rest = rest.get(next..).ok_or(ErrorKind::InvalidData)?;
        }
    }
    Ok(())
}

/// Fills a buffer with the next entries. Returns whether there are any.
fn read_entries(
    dir: &Dir,
    class: FILE_INFO_BY_HANDLE_CLASS,
    buffer: &mut ListBuffer,
) -> io::Result<bool> {
    // SAFETY: the handle is open while `dir` is borrowed. The call writes at most the given
    // number of bytes, and the buffer is aligned as the entries are.
    let succeeded = unsafe {
        GetFileInformationByHandleEx(
            dir.as_raw_handle(),
            class,
            buffer.0.as_mut_ptr().cast(),
            BUFFER_LEN as u32,
        )
    };
    if succeeded != 0 {
        return Ok(true);
    }
    let error = io::Error::last_os_error();
    // The top directory of an empty volume has no entries at all.
    const ENDS: [u32; 2] = [ERROR_NO_MORE_FILES, ERROR_FILE_NOT_FOUND];
    match error.raw_os_error().map(i32::cast_unsigned) {
        Some(code) if ENDS.contains(&code) => Ok(false),
        _ => Err(error),
    }
}

/// Visits the first of the entries (`FILE_FULL_DIR_INFO`). Returns the distance to the next
/// one, or 0 at the last one; `None` if the entry is not complete.
fn visit_first(bytes: &[u8], mut visit: impl FnMut(Entry)) -> Option<usize> {
    const NAME: usize = offset_of!(FILE_FULL_DIR_INFO, FileName);
    let number = |at: usize| Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
    let next = number(offset_of!(FILE_FULL_DIR_INFO, NextEntryOffset))?;
    let attributes = number(offset_of!(FILE_FULL_DIR_INFO, FileAttributes))?;
    let name_len = number(offset_of!(FILE_FULL_DIR_INFO, FileNameLength))?;
    // For a reparse point, this field contains its tag (MS-FSCC, FileFullDirectoryInformation).
    let tag = number(offset_of!(FILE_FULL_DIR_INFO, EaSize))?;
    let size = bytes.get(offset_of!(FILE_FULL_DIR_INFO, EndOfFile)..)?;
    let name = bytes.get(NAME..NAME.checked_add(name_len as usize)?)?;
    let units = name.chunks_exact(2);
    let units = units.map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
    let units: Vec<u16> = units.collect();
    let is_reparse_point = attributes & FILE_ATTRIBUTE_REPARSE_POINT != 0;
    let kind = if is_reparse_point && tag & NAME_SURROGATE != 0 {
        EntryKind::Symlink
    } else if attributes & FILE_ATTRIBUTE_DIRECTORY != 0 {
        EntryKind::Dir
    } else {
        EntryKind::File
    };
    let size = u64::from_le_bytes(*size.first_chunk()?);
    let name = OsString::from_wide(&units);
    if name != "." && name != ".." {
        visit(Entry {
            name: &name,
            kind,
            bytes: if kind == EntryKind::Dir { 0 } else { size },
        });
    }
    Some(next as usize)
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
