//! Small functions for paths and for the errors of looking them up.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Component, MAIN_SEPARATOR, Path, PathBuf, Prefix};

use walkdir::DirEntry;

/// The separator of paths in bytes.
pub(crate) const SEPARATOR: u8 = MAIN_SEPARATOR as u8;

/// Windows drops dots and spaces at the end of the names in a path, so that another entry
/// would be looked at.
const DROPPED_END: &str = "no path of Windows leads to a name that ends with a dot or a space";

/// Windows would look at the device.
const RESERVED_NAME: &str = "its name is reserved for a device of Windows";

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
///
/// # Errors
///
/// If there is nothing at the path, or it cannot be looked up.
pub(crate) fn canonicalize(path: &Path) -> io::Result<PathBuf> {
    match fs::canonicalize(path) {
        #[cfg(windows)]
        Err(error) if !is_no_path(&error) && error.kind() != ErrorKind::PermissionDenied => {
            canonicalize_by_names(path).map_err(|_| error)
        }
        canonical => canonical.map(plain),
    }
}

/// The canonical path of an entry on a drive whose driver does not tell it, such as some RAM
/// disks: each name is looked up in its directory.
///
/// # Errors
///
/// If a directory cannot be read, or does not list the name, or there is a symlink on the way.
/// Nothing proves then which repositories are around the entry.
#[cfg(windows)]
fn canonicalize_by_names(path: &Path) -> io::Result<PathBuf> {
    let mut canonical = PathBuf::new();
    for part in std::path::absolute(path)?.components() {
        let Component::Normal(name) = part else {
            canonical.push(part);
            continue;
        };
        let entry = find_entry(&canonical, name)?;
        if entry.file_type()?.is_symlink() {
            return Err(ErrorKind::Unsupported.into());
        }
        canonical.push(entry.file_name());
    }
    Ok(plain(canonical))
}

/// The entry of a directory to which a name leads: the one with this name, or the only one
/// that differs from it in case alone.
#[cfg(windows)]
fn find_entry(dir: &Path, name: &OsStr) -> io::Result<fs::DirEntry> {
    let folded = fold_case(name);
    let mut found = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_name() == name {
            return Ok(entry);
        }
        if fold_case(&entry.file_name()) == folded {
            found.push(entry);
        }
    }
    let entry = found.pop().ok_or(ErrorKind::NotFound)?;
    if found.is_empty() {
        Ok(entry)
    } else {
        Err(ErrorKind::Unsupported.into())
    }
}

/// Whether a path leads to this canonical path.
pub(crate) fn is_same(path: &Path, canonical: &Path) -> bool {
    canonicalize(path).is_ok_and(|path| path == canonical)
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

/// A path in the form in which it is shown: on Windows with `\` as the only separator, and
/// without the prefix `\\?\`, unless it names another entry then.
pub(crate) fn plain(path: PathBuf) -> PathBuf {
    if is_verbatim(&path) && why_unreachable_path(&path).is_some() {
        path.components().collect()
    } else {
        without_verbatim(&path).into_owned()
    }
}

/// Whether Windows takes the names in a path literally.
fn is_verbatim(path: &Path) -> bool {
    let prefix = path.components().next();
    matches!(prefix, Some(Component::Prefix(prefix)) if prefix.kind().is_verbatim())
}

/// A path with `\` as the only separator, and without the prefix `\\?\`. The standard library
/// adds that prefix where a path is long. Two canonical paths are compared in this form, even
/// if it names another entry.
pub(crate) fn without_verbatim(path: &Path) -> Cow<'_, Path> {
    if !cfg!(windows) {
        return Cow::Borrowed(path);
    }
    let mut plain = PathBuf::new();
    for part in path.components() {
        let Component::Prefix(prefix) = part else {
            plain.push(part);
            continue;
        };
        plain = match prefix.kind() {
            Prefix::Disk(letter) | Prefix::VerbatimDisk(letter) => {
                format!("{}:", char::from(letter)).into()
            }
            Prefix::UNC(server, share) | Prefix::VerbatimUNC(server, share) => {
                let names = [server, share];
                Path::new(r"\\").join(names.join(OsStr::new(r"\")))
            }
            // A device has no other form.
            _ => return Cow::Borrowed(path),
        };
    }
    Cow::Owned(plain)
}

/// A name or a path in the form in which two are compared: Windows ignores case.
pub(crate) fn fold_case(path: &OsStr) -> Cow<'_, OsStr> {
    if !cfg!(windows) {
        return Cow::Borrowed(path);
    }
    Cow::Owned(match path.to_str() {
        Some(text) => text.to_lowercase().into(),
        None => path.to_ascii_lowercase(),
    })
}

/// Why no path leads to an entry of this name, if none does.
pub(crate) fn why_unreachable(name: &OsStr) -> Option<&'static str> {
    if !cfg!(windows) {
        None
    } else if is_device(name) {
        Some(RESERVED_NAME)
    } else {
        let ends_dropped = matches!(name.as_encoded_bytes().last(), Some(b'.' | b' '));
        ends_dropped.then_some(DROPPED_END)
    }
}

/// Why a path leads elsewhere than its names say, if it does unless Windows takes them
/// literally.
fn why_unreachable_path(path: &Path) -> Option<&'static str> {
    path.components().find_map(|part| match part {
        Component::Normal(name) => why_unreachable(name),
        _ => None,
    })
}

/// Parses a path of the command line.
///
/// # Errors
///
/// If it leads elsewhere than its names say.
pub(crate) fn parse_path(path: PathBuf) -> Result<PathBuf, String> {
    let path = plain(path);
    match why_unreachable_path(&path) {
        Some(why) if !is_verbatim(&path) => Err(format!(
            r"{why}; write its absolute path after \\?\, as in \\?\C:\project"
        )),
        _ => Ok(path),
    }
}

/// The error for an entry that cannot be opened because Windows reserves its name.
#[cfg(windows)]
pub(crate) fn reserved_name() -> io::Error {
    io::Error::other(RESERVED_NAME)
}

/// Whether Windows reserves a name for a device, whatever its suffix.
pub(crate) fn is_device(name: &OsStr) -> bool {
    let name = name.to_string_lossy().to_ascii_uppercase();
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    let port = stem.strip_prefix("COM").or(stem.strip_prefix("LPT"));
    let mut number = port.unwrap_or_default().chars();
    let is_digit = |digit: char| digit.is_ascii_digit() || "¹²³".contains(digit);
    matches!(stem, "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$")
        || (number.next().is_some_and(is_digit) && number.next().is_none())
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
    let shared = shared_len(a, b);
    let rank = |byte: &u8| rank(*byte);
    a.get(shared).map(rank).cmp(&b.get(shared).map(rank))
}

/// The number of bytes at the start that are equal.
pub(crate) fn shared_len(a: &[u8], b: &[u8]) -> usize {
    const CHUNK: usize = 16;
    // Most paths of a plan begin with the same directories.
    let chunks = a.chunks_exact(CHUNK).zip(b.chunks_exact(CHUNK));
    let start = CHUNK * chunks.take_while(|(a, b)| a == b).count();
    let rest = a[start..].iter().zip(&b[start..]);
    start + rest.take_while(|(a, b)| a == b).count()
}

/// The rank of a byte in [`path_order`].
pub(crate) fn rank(byte: u8) -> u8 {
    if byte == SEPARATOR { 0 } else { byte }
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

    #[cfg(windows)]
    #[test]
    fn plain_path_has_one_separator_and_no_verbatim_prefix() {
        for (path, expected) in [
            ("a/b", r"a\b"),
            ("./a/", r".\a"),
            (".", "."),
            ("", ""),
            ("C:", "C:"),
            ("C:a/b", r"C:a\b"),
            ("C:/", r"C:\"),
            ("C:/a/b", r"C:\a\b"),
            (r"\\?\C:\a", r"C:\a"),
            (r"\\?\UNC\server\share\a", r"\\server\share\a"),
            ("//server/share/a", r"\\server\share\a"),
            (r"\\?\Volume{0}\a", r"\\?\Volume{0}\a"),
            // Without the prefix, these would be other entries.
            (r"\\?\C:\odd.\a", r"\\?\C:\odd.\a"),
            (r"\\?\C:\a\odd \", r"\\?\C:\a\odd "),
            (r"\\?\UNC\server\share\nul.d", r"\\?\UNC\server\share\nul.d"),
            (r"\\?\C:\.a\com10\con-a", r"C:\.a\com10\con-a"),
            (r"C:\odd.\a", r"C:\odd.\a"),
            (r"/a/b", r"\a\b"),
        ] {
            let plain = plain(path.into()).into_os_string();
            assert_eq!(plain, expected, "{path}");
        }
    }
}
