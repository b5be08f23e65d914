//! The forms in which Windows takes, shows and compares paths. On other systems, a path has one
//! form.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf, Prefix};

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

/// Why no path leads to an entry of this name, if none does: Windows drops dots and spaces at the
/// end, and looks at devices.
pub(crate) fn why_unreachable(name: &OsStr) -> Option<&'static str> {
    match name.as_encoded_bytes().last() {
        _ if !cfg!(windows) => None,
        _ if is_device(name) => Some("its name is reserved for a device of Windows"),
        Some(b'.' | b' ') => {
            Some("no path of Windows leads to a name that ends with a dot or a space")
        }
        _ => None,
    }
}

fn why_unreachable_path(path: &Path) -> Option<&'static str> {
    path.components().find_map(|part| match part {
        Component::Normal(name) => why_unreachable(name),
        _ => None,
    })
}

/// Parses a path of the command line. An error if it leads elsewhere than its names say.
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
