//! The forms in which Windows takes, shows and compares paths. On other systems, a path has one
//! form.

use std::borrow::Cow;
use std::ffi::OsStr;
#[cfg(windows)]
use std::fs;
#[cfg(windows)]
use std::io::{self, ErrorKind};
use std::path::{Component, Path, PathBuf, Prefix};

/// Windows drops dots and spaces at the end of the names in a path, so that another entry
/// would be looked at.
const DROPPED_END: &str = "no path of Windows leads to a name that ends with a dot or a space";

/// Windows would look at the device.
const RESERVED_NAME: &str = "its name is reserved for a device of Windows";

/// The canonical path of an entry on a drive whose driver does not tell it, such as some RAM
/// disks: each name is looked up in its directory.
///
/// # Errors
///
/// If a directory cannot be read, or does not list the name, or there is a symlink on the way.
/// Nothing proves then which repositories are around the entry.
#[cfg(windows)]
pub(super) fn canonicalize_by_names(path: &Path) -> io::Result<PathBuf> {
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
pub(crate) fn is_verbatim(path: &Path) -> bool {
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

/// Whether Windows reserves a name for a device, whatever its suffix.
fn is_device(name: &OsStr) -> bool {
    let name = name.to_string_lossy().to_ascii_uppercase();
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    let port = stem.strip_prefix("COM").or(stem.strip_prefix("LPT"));
    let mut number = port.unwrap_or_default().chars();
    let is_digit = |digit: char| digit.is_ascii_digit() || "¹²³".contains(digit);
    matches!(stem, "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$")
        || (number.next().is_some_and(is_digit) && number.next().is_none())
}

#[cfg(all(test, windows))]
mod tests {
    use super::*;

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
