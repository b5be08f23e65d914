//! Entries are removed by their handles. The functions of the standard library remove by path:
//! another process could make the entry a junction after it was looked at.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::windows::fs::MetadataExt;
use std::os::windows::io::AsRawHandle;

use windows_sys::Win32::Storage::FileSystem::{
    DELETE, FILE_ATTRIBUTE_NORMAL, FILE_BASIC_INFO, FILE_DISPOSITION_FLAG_DELETE,
    FILE_DISPOSITION_FLAG_IGNORE_READONLY_ATTRIBUTE, FILE_DISPOSITION_FLAG_POSIX_SEMANTICS,
    FILE_DISPOSITION_INFO, FILE_DISPOSITION_INFO_EX, FILE_INFO_BY_HANDLE_CLASS,
    FILE_WRITE_ATTRIBUTES, FileBasicInfo, FileDispositionInfo, FileDispositionInfoEx,
    SetFileInformationByHandle,
};

use crate::directory::Dir;

/// Removes a file, a symlink or a junction, also one that is read-only.
pub(super) fn remove_file(dir: &Dir, name: &OsStr) -> io::Result<()> {
    let entry = dir.open_entry(name, DELETE)?;
    if entry.metadata()?.is_dir() {
        return Err(ErrorKind::IsADirectory.into());
    }
    remove(dir, name, &entry)
}

/// Removes an empty directory, also one that is read-only.
pub(super) fn remove_dir(dir: &Dir, name: &OsStr) -> io::Result<()> {
    let entry = dir.open_entry(name, DELETE)?;
    if !entry.metadata()?.is_dir() {
        return Err(ErrorKind::NotADirectory.into());
    }
    remove(dir, name, &entry)
}

fn remove(dir: &Dir, name: &OsStr, entry: &File) -> io::Result<()> {
    // The name is free at once, even if another process has the file open. FAT, some network
    // shares, and Windows before version 1809 do not support this.
    let posix = FILE_DISPOSITION_INFO_EX {
        Flags: FILE_DISPOSITION_FLAG_DELETE
            | FILE_DISPOSITION_FLAG_POSIX_SEMANTICS
            | FILE_DISPOSITION_FLAG_IGNORE_READONLY_ATTRIBUTE,
    };
    if set_information(entry, FileDispositionInfoEx, &posix).is_ok() {
        return Ok(());
    }
    let on_close = FILE_DISPOSITION_INFO { DeleteFile: true };
    let removed = set_information(entry, FileDispositionInfo, &on_close);
    let metadata = entry.metadata()?;
    if removed.is_ok() || !metadata.permissions().readonly() {
        return removed;
    }
    let writable = dir.open_entry(name, FILE_WRITE_ATTRIBUTES)?;
    set_attributes(&writable, FILE_ATTRIBUTE_NORMAL)?;
    let removed = set_information(entry, FileDispositionInfo, &on_close);
    if removed.is_err() {
        set_attributes(&writable, metadata.file_attributes())?;
    }
    removed
}

fn set_attributes(entry: &File, attributes: u32) -> io::Result<()> {
    let information = FILE_BASIC_INFO {
        FileAttributes: attributes,
        ..FILE_BASIC_INFO::default()
    };
    set_information(entry, FileBasicInfo, &information)
}

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
