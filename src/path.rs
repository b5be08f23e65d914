//! Small functions for paths and for the errors of looking them up.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use walkdir::DirEntry;

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
        file_name(path).unwrap_or_default(),
    )
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

/// The file name of an entry of a walk: the same as [`DirEntry::file_name`].
pub(crate) fn name_of(entry: &DirEntry) -> &OsStr {
    file_name(entry.path()).unwrap_or_else(|| entry.path().as_os_str())
}

/// A path relative to `base`, from which it was joined: the same as
/// [`Path::strip_prefix`], which parses both paths.
pub(crate) fn strip_base<'p>(path: &'p Path, base: &Path) -> &'p Path {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        let (bytes, base) = (path.as_os_str().as_bytes(), base.as_os_str().as_bytes());
        let dir = base.strip_suffix(b"/").unwrap_or(base);
        if let Some([b'/', relative @ ..]) = bytes.strip_prefix(dir)
            && !base.is_empty()
            && !matches!(relative, [] | [b'/' | b'.', ..])
        {
            return Path::new(OsStr::from_bytes(relative));
        }
    }
    path.strip_prefix(base).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_relative_paths_agree_with_the_standard_library() {
        let parts = [
            "", "/", "a", "/a", "a/", "a/b", "a//b", ".", "..", "./a", "a/.", "a/..", ".a",
        ];
        for base in parts {
            for relative in parts {
                let path = Path::new(base).join(relative);
                assert_eq!(file_name(&path), path.file_name(), "{path:?}");
                let stripped = path.strip_prefix(base).unwrap_or(&path);
                assert_eq!(
                    strip_base(&path, Path::new(base)),
                    stripped,
                    "{path:?} {base}"
                );
            }
        }
    }
}
