//! Small functions for paths and for the errors of looking them up.

use std::cmp::Ordering;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{MAIN_SEPARATOR, Path};

/// Whether an error says that there is no such file.
pub(crate) fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// The current directory in place of the empty path, which is the parent of a plain name.
pub(crate) fn or_current_dir(path: &Path) -> &Path {
    if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    }
}

/// Whether a path leads to this canonical path.
pub(crate) fn is_same(path: &Path, canonical: &Path) -> bool {
    fs::canonicalize(path).is_ok_and(|path| path == canonical)
}

/// Splits a relative path into the directory that holds it and its name.
pub(crate) fn split_name(path: &Path) -> (&Path, &OsStr) {
    (
        path.parent().unwrap_or(Path::new("")),
        path.file_name().unwrap_or_default(),
    )
}

/// Whether a path exists, also as a dangling symlink.
///
/// # Errors
///
/// If it cannot be looked up.
pub(crate) fn is_present(path: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if is_absence(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Compares paths by components, so that a directory comes right before its contents.
/// Compares bytes, with the separator below all others: the same order as that of
/// [`Path`], several times faster.
pub(crate) fn path_order(a: &Path, b: &Path) -> Ordering {
    let (a, b) = (
        a.as_os_str().as_encoded_bytes(),
        b.as_os_str().as_encoded_bytes(),
    );
    let shared = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let rank = |byte: &u8| rank(*byte);
    a.get(shared).map(rank).cmp(&b.get(shared).map(rank))
}

/// The rank of a byte in [`path_order`].
pub(crate) fn rank(byte: u8) -> u8 {
    if byte == MAIN_SEPARATOR as u8 {
        0
    } else {
        byte
    }
}
