//! The counterparts of the PATHs under `PYTHONPYCACHEPREFIX`: Python keeps the bytecode
//! of `/project/m.py` in the directory `project` below the prefix (`cache_from_source`
//! in importlib).

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf, Prefix, absolute};
use std::sync::Arc;

use crate::path::{canonicalize, fold_case, is_absence, is_same, without_verbatim};
use crate::rules::Rules;

/// A directory below the prefix, with the bytecode of a source directory.
#[derive(Debug, Clone)]
pub(crate) struct PrefixDir {
    /// The directory relative to the root; empty for the root itself.
    pub(crate) relative: PathBuf,
    /// The directory of the sources.
    pub(crate) source_dir: PathBuf,
    /// Its canonical path.
    pub(crate) canonical_source_dir: PathBuf,
    /// The rules of that directory.
    pub(crate) rules: Arc<Rules>,
    /// Whether the user named it as a PATH.
    pub(crate) is_path_argument: bool,
}

/// Finds the counterparts of directories under the canonical path `prefix`: by the path that
/// the user wrote and by the canonical one, since a program may have been started by either.
///
/// # Errors
///
/// If a path cannot be made absolute, or it cannot be found out whether it has a counterpart.
pub(crate) fn find_dirs<'p>(
    prefix: &Path,
    trees: impl Iterator<Item = (&'p Path, &'p Path, &'p Arc<Rules>)>,
) -> io::Result<Vec<PrefixDir>> {
    let mut sources = BTreeMap::new();
    for (path, canonical, rules) in trees {
        let found = || (canonical.to_path_buf(), Arc::clone(rules));
        sources.insert(canonical.to_path_buf(), found());
        let written = without_dots(&absolute(path)?);
        // If a symlink comes before `..`, this is another directory.
        if is_same(&written, canonical) {
            sources.insert(written, found());
        }
    }
    let counterparts = sources
        .into_iter()
        .map(|(source_dir, (canonical_source_dir, rules))| PrefixDir {
            relative: counterpart(&source_dir),
            source_dir,
            canonical_source_dir,
            rules,
            is_path_argument: false,
        });
    let mut known = HashSet::new();
    let mut dirs = Vec::new();
    for dir in counterparts {
        let path = prefix.join(&dir.relative);
        // Where the file system ignores case, two paths can have the same counterpart. One
        // that is reached through a symlink is not: symlinks are not followed.
        if let Some(canonical) = canonical_dir(&path)?
            && fold_case(canonical.as_os_str()) == fold_case(path.as_os_str())
            && known.insert(canonical)
        {
            dirs.push(dir);
        }
    }
    // A subdirectory follows its parent in the sorted map, and is part of it unless it has
    // rules of its own.
    dirs.dedup_by(|inner, outer| {
        inner.relative.starts_with(&outer.relative) && Arc::ptr_eq(&inner.rules, &outer.rules)
    });
    Ok(dirs)
}

/// The directory of the sources whose bytecode is in a directory below the prefix. `None` if
/// it is not below the prefix, or not known. Both paths are canonical.
pub(crate) fn source_dir_below(prefix: &Path, dir: &Path) -> Option<PathBuf> {
    let (prefix, dir) = (without_verbatim(prefix), without_verbatim(dir));
    source_dir(dir.strip_prefix(prefix).ok()?)
}

/// The canonical path of a directory; `None` if it does not exist, or is not a directory.
fn canonical_dir(path: &Path) -> io::Result<Option<PathBuf>> {
    let find = || {
        let is_dir = fs::symlink_metadata(path)?.is_dir();
        is_dir.then(|| canonicalize(path)).transpose()
    };
    match find() {
        Err(error) if is_absence(&error) => Ok(None),
        found => found,
    }
}

/// The path of a directory below the prefix: without what makes it absolute. On Windows
/// the drive is dropped, but not the names of a server and a share.
fn counterpart(directory: &Path) -> PathBuf {
    let mut counterpart = PathBuf::new();
    for part in directory.components() {
        match part {
            Component::Normal(name) => counterpart.push(name),
            Component::Prefix(prefix) => {
                if let Prefix::UNC(server, share) = prefix.kind() {
                    counterpart.extend([server, share]);
                }
            }
            _ => {}
        }
    }
    counterpart
}

/// The path to which the path of a directory below the prefix is relative, given the
/// directory of its sources.
pub(crate) fn source_root(source_dir: &Path) -> &Path {
    match source_dir.components().next() {
        Some(Component::Prefix(prefix)) if matches!(prefix.kind(), Prefix::UNC(..)) => {
            Path::new(r"\\")
        }
        _ => source_dir.ancestors().last().unwrap_or(source_dir),
    }
}

/// The directory of the sources whose bytecode is at a path below the prefix; `None` if
/// that is not known.
#[cfg(not(windows))]
fn source_dir(relative: &Path) -> Option<PathBuf> {
    Some(Path::new("/").join(relative))
}

/// The directory of the sources whose bytecode is at a path below the prefix; `None` if
/// that is not known: the path does not tell the drive, so only one may have the directory.
#[cfg(windows)]
fn source_dir(relative: &Path) -> Option<PathBuf> {
    let on_drive = |letter| Path::new(&format!(r"{letter}:\")).join(relative);
    let mut dirs = ('A'..='Z').map(on_drive).filter(|dir| dir.is_dir());
    dirs.next().filter(|_| dirs.next().is_none())
}

/// An absolute path without `..`, resolved as text, as a shell does.
fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        if part == Component::ParentDir {
            plain.pop();
        } else {
            plain.push(part);
        }
    }
    plain
}
