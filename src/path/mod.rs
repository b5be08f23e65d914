//! Small functions for paths and for the errors of looking them up.

mod windows;

use std::cmp::Ordering;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use walkdir::DirEntry;

#[cfg(windows)]
pub(crate) use windows::is_verbatim;
pub(crate) use windows::{fold_case, parse_path, plain, why_unreachable, without_verbatim};

pub(crate) const SEPARATOR: u8 = MAIN_SEPARATOR as u8;

/// Whether an error says that there is no such file.
pub(crate) fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// Whether an error says that there is nothing at a path that the user wrote. No entry of
/// Windows has a name with `*`.
pub(crate) fn is_no_path(error: &io::Error) -> bool {
    is_absence(error) || (cfg!(windows) && error.kind() == ErrorKind::InvalidFilename)
}

/// The current directory in place of the empty path, which is the parent of a plain name.
pub(crate) fn or_current_dir(path: &Path) -> &Path {
    if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    }
}

/// The canonical path: absolute and without symlinks. On Windows it is [`plain`], and all
/// canonical paths have this form, whatever their lengths, so that they can be compared.
pub(crate) fn canonicalize(path: &Path) -> io::Result<PathBuf> {
    match fs::canonicalize(path) {
        // Wine has no canonical paths with more than 260 characters.
        #[cfg(windows)]
        Err(error) if !is_no_path(&error) && error.kind() != ErrorKind::PermissionDenied => {
            let path = std::path::absolute(path)?;
            if path.ancestors().any(Path::is_symlink) {
                return Err(error);
            }
            Ok(plain(path))
        }
        canonical => canonical.map(plain),
    }
}

/// Whether a path leads to this canonical path.
pub(crate) fn is_same(path: &Path, canonical: &Path) -> bool {
    canonicalize(path).is_ok_and(|path| path == canonical)
}

/// The error of the system. `walkdir` names the path in the text of its own errors.
pub(crate) fn into_io_error(error: walkdir::Error) -> io::Error {
    error
        .into_io_error()
        .unwrap_or_else(|| ErrorKind::Other.into())
}

/// The directory that holds a relative path, and its name.
pub(crate) fn split_name(path: &Path) -> (&Path, &OsStr) {
    let dir = path.parent().unwrap_or(Path::new(""));
    (dir, file_name(path).unwrap_or_default())
}

/// The last component of a path: the same as [`Path::file_name`], which parses the path
/// and takes ten times as long. The walk needs the name of every entry.
pub(crate) fn file_name(path: &Path) -> Option<&OsStr> {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        let bytes = path.as_os_str().as_bytes();
        let start = memchr::memrchr(b'/', bytes).map_or(0, |separator| separator + 1);
        let name = &bytes[start..];
        if !matches!(name, b"" | b"." | b"..") {
            return Some(OsStr::from_bytes(name));
        }
    }
    path.file_name()
}

/// The same as [`DirEntry::file_name`].
pub(crate) fn name_of(entry: &DirEntry) -> &OsStr {
    file_name(entry.path()).unwrap_or_else(|| entry.path().as_os_str())
}

/// A path relative to `base`, from which it was joined. [`Path::strip_prefix`] parses both.
pub(crate) fn strip_base<'p>(path: &'p Path, base: &Path) -> &'p Path {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        let bytes = path.as_os_str().as_bytes();
        if let Some(relative) = bytes.strip_prefix(base.as_os_str().as_bytes()) {
            let relative = relative.strip_prefix(b"/").unwrap_or(relative);
            return Path::new(OsStr::from_bytes(relative));
        }
    }
    path.strip_prefix(base).unwrap_or(path)
}

/// Whether a path exists, also as a dangling symlink.
pub(crate) fn is_present(path: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Err(error) if is_absence(&error) => Ok(false),
        found => found.map(|_| true),
    }
}

/// The order of [`Path`], in which a directory comes right before its contents: several times
/// faster, by bytes, with the separator below all others.
pub(crate) fn path_order(a: &Path, b: &Path) -> Ordering {
    let (a, b) = (
        a.as_os_str().as_encoded_bytes(),
        b.as_os_str().as_encoded_bytes(),
    );
    let shared = shared_len(a, b);
    a.get(shared).map(rank).cmp(&b.get(shared).map(rank))
}

/// The number of bytes at the start that are equal.
fn shared_len(a: &[u8], b: &[u8]) -> usize {
    const CHUNK: usize = 16;
    // Most paths of a plan begin with the same directories.
    let chunks = a.chunks_exact(CHUNK).zip(b.chunks_exact(CHUNK));
    let start = CHUNK * chunks.take_while(|(a, b)| a == b).count();
    let rest = a[start..].iter().zip(&b[start..]);
    start + rest.take_while(|(a, b)| a == b).count()
}

fn rank(byte: &u8) -> u8 {
    if *byte == SEPARATOR { 0 } else { *byte }
}
