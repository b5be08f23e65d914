//! Removes entries of an open directory on Windows.
//!
//! An entry is opened by name in the directory and removed by its handle. The functions of
//! the standard library and of `cap-std` remove by path: another process that may write to
//! the directory could make it a junction in the meantime.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::windows::fs::MetadataExt;
use std::os::windows::io::AsRawHandle;

use cap_fs_ext::{FollowSymlinks, OpenOptionsFollowExt};
use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt};
use windows_sys::Win32::Foundation::{
    ERROR_CALL_NOT_IMPLEMENTED, ERROR_INVALID_FUNCTION, ERROR_INVALID_PARAMETER,
    ERROR_NOT_SUPPORTED,
};
use windows_sys::Win32::Storage::FileSystem::{
    DELETE, FILE_ATTRIBUTE_NORMAL, FILE_ATTRIBUTE_READONLY, FILE_BASIC_INFO,
    FILE_DISPOSITION_FLAG_DELETE, FILE_DISPOSITION_FLAG_IGNORE_READONLY_ATTRIBUTE,
    FILE_DISPOSITION_FLAG_POSIX_SEMANTICS, FILE_DISPOSITION_INFO, FILE_DISPOSITION_INFO_EX,
    FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_OPEN_REPARSE_POINT, FILE_INFO_BY_HANDLE_CLASS,
    FILE_WRITE_ATTRIBUTES, FileBasicInfo, FileDispositionInfo, FileDispositionInfoEx,
    SetFileInformationByHandle,
};

use crate::directory::explain_absence;

/// What a file system reports that does not know how to remove as on Unix: FAT, some
/// network shares, and Windows before version 1809.
const UNSUPPORTED: [u32; 4] = [
    ERROR_INVALID_FUNCTION,
    ERROR_NOT_SUPPORTED,
    ERROR_INVALID_PARAMETER,
    ERROR_CALL_NOT_IMPLEMENTED,
];

/// Removes a file, a symlink or a junction, also one that is read-only.
///
/// # Errors
///
/// If there is none of this name, or it cannot be removed.
pub(super) fn remove_file(dir: &Dir, name: &OsStr) -> io::Result<()> {
    let entry = open_entry(dir, name, DELETE)?;
    if entry.metadata()?.is_dir() {
        return Err(ErrorKind::IsADirectory.into());
    }
    remove(dir, name, &entry)
}

/// Removes an empty directory, also one that is read-only.
///
/// # Errors
///
/// If there is none of this name, it is not empty, or it cannot be removed.
pub(super) fn remove_dir(dir: &Dir, name: &OsStr) -> io::Result<()> {
    let entry = open_entry(dir, name, DELETE)?;
    if !entry.metadata()?.is_dir() {
        return Err(ErrorKind::NotADirectory.into());
    }
    remove(dir, name, &entry)
}

/// Opens an entry itself: a symlink or a junction is not followed.
fn open_entry(dir: &Dir, name: &OsStr, access: u32) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options
        .access_mode(access)
        .custom_flags(FILE_FLAG_OPEN_REPARSE_POINT | FILE_FLAG_BACKUP_SEMANTICS)
        .follow(FollowSymlinks::No);
    dir.open_with(name, &options)
        .map(cap_std::fs::File::into_std)
        .map_err(|error| explain_absence(error, name))
}

/// Removes an open entry. With the semantics of POSIX the name is free at once, even if
/// another process has the file open. Otherwise the last process that closes it removes it.
fn remove(dir: &Dir, name: &OsStr, entry: &File) -> io::Result<()> {
    let posix = FILE_DISPOSITION_INFO_EX {
        Flags: FILE_DISPOSITION_FLAG_DELETE
            | FILE_DISPOSITION_FLAG_POSIX_SEMANTICS
            | FILE_DISPOSITION_FLAG_IGNORE_READONLY_ATTRIBUTE,
    };
    let removed = set_information(entry, FileDispositionInfoEx, &posix);
    let is_unsupported = |error: &io::Error| {
        let code = error.raw_os_error().map(i32::cast_unsigned);
        code.is_some_and(|code| UNSUPPORTED.contains(&code))
    };
    if !removed.as_ref().is_err_and(is_unsupported) {
        return removed;
    }
    let on_close = FILE_DISPOSITION_INFO { DeleteFile: true };
    let removed = set_information(entry, FileDispositionInfo, &on_close);
    if removed.is_ok() || !entry.metadata()?.permissions().readonly() {
        return removed;
    }
    // A file that is read-only is removed only without this attribute.
    let writable = open_entry(dir, name, FILE_WRITE_ATTRIBUTES)?;
    let attributes = writable.metadata()?.file_attributes();
    set_attributes(&writable, attributes & !FILE_ATTRIBUTE_READONLY)?;
    let removed = set_information(entry, FileDispositionInfo, &on_close);
    if removed.is_err() {
        set_attributes(&writable, attributes)?;
    }
    removed
}

/// Sets the attributes of an open entry.
fn set_attributes(entry: &File, attributes: u32) -> io::Result<()> {
    // 0 would not change anything, for times and for attributes.
    let information = FILE_BASIC_INFO {
        FileAttributes: if attributes == 0 {
            FILE_ATTRIBUTE_NORMAL
        } else {
            attributes
        },
        ..FILE_BASIC_INFO::default()
    };
    set_information(entry, FileBasicInfo, &information)
}

/// Calls `SetFileInformationByHandle`, for which neither the standard library nor a crate
/// that is used here has a safe function.
fn set_information<T>(
    entry: &File,
    class: FILE_INFO_BY_HANDLE_CLASS,
    information: &T,
) -> io::Result<()> {
    // SAFETY: the handle is open while `entry` is borrowed, and the call reads `information`
    // within its size, before it returns.
    let succeeded = unsafe {
        SetFileInformationByHandle(
            entry.as_raw_handle(),
            class,
            (&raw const *information).cast(),
            size_of::<T>() as u32,
        )
    };
    if succeeded == 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}
