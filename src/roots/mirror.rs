//! The mirrors of the PATHs under `PYTHONPYCACHEPREFIX`: Python keeps the bytecode of
//! `/project/m.py` in the directory `project` below the prefix (`cache_from_source` in importlib).

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::iter;
use std::path::{Component, Path, PathBuf, Prefix, absolute};
use std::sync::Arc;

use super::{Root, Scope};
use crate::path::{canonicalize, fold_case, is_absence, is_same, without_verbatim};
use crate::rules::Rules;

/// The directory below the prefix with the bytecode of a PATH.
#[derive(Debug)]
pub(crate) struct Mirror {
    pub(crate) source_dir: PathBuf,
    /// The PATH as it is shown.
    pub(crate) path: Arc<Path>,
    pub(crate) rules: Arc<Rules>,
}

impl Mirror {
    /// The path to which the path of a mirror below the prefix is relative.
    pub(super) fn source_root(&self) -> &Path {
        match self.source_dir.components().next() {
            Some(Component::Prefix(prefix)) if matches!(prefix.kind(), Prefix::UNC(..)) => {
                Path::new(r"\\")
            }
            _ => self.source_dir.ancestors().last().unwrap_or(Path::new("")),
        }
    }
}

/// Finds the mirrors of PATHs under the canonical path `prefix`: by the path that the user wrote
/// and by the canonical one, since a program may have been started by either.
pub(super) fn find(prefix: &Path, roots: &[Root]) -> io::Result<BTreeMap<PathBuf, Mirror>> {
    let mut mirrors = BTreeMap::new();
    for root in roots {
        if !matches!(root.scope, Scope::Tree) {
            continue;
        }
        let written = without_dots(&absolute(&root.path)?);
        // If a symlink comes before `..`, this is another directory.
        let written = Some(written).filter(|written| is_same(written, &root.canonical));
        for source_dir in iter::once(root.canonical.clone()).chain(written) {
            let relative = mirror_path(&source_dir);
            // A directory that is reached through a symlink is no mirror.
            if is_dir_by_names(&prefix.join(&relative))? {
                let mirror = Mirror {
                    source_dir,
                    path: root.display_path(Path::new("")).into(),
                    rules: Arc::clone(&root.above.rules),
                };
                mirrors.entry(relative).or_insert(mirror);
            }
        }
    }
    Ok(mirrors)
}

fn is_dir_by_names(path: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Err(error) if is_absence(&error) => Ok(false),
        found => Ok(found?.is_dir()
            && fold_case(canonicalize(path)?.as_os_str()) == fold_case(path.as_os_str())),
    }
}

/// The path of a directory below the prefix: without what makes it absolute. On Windows
/// the drive is dropped, but not the names of a server and a share.
pub(crate) fn mirror_path(source_dir: &Path) -> PathBuf {
    let mut mirror = PathBuf::new();
    for part in source_dir.components() {
        if let Component::Normal(name) = part {
            mirror.push(name);
        } else if let Component::Prefix(prefix) = part
            && let Prefix::UNC(server, share) = prefix.kind()
        {
            mirror.extend([server, share]);
        }
    }
    mirror
}

/// The directory of the sources whose bytecode is in a directory below the prefix. `None` if
/// it is not below the prefix, or not known. Both paths are canonical.
pub(crate) fn source_dir_below(prefix: &Path, dir: &Path) -> Option<PathBuf> {
    let (prefix, dir) = (without_verbatim(prefix), without_verbatim(dir));
    let relative = dir.strip_prefix(prefix).ok()?;
    if cfg!(windows) {
        // The path does not tell the drive, so only one may have the directory.
        let on_drive = |letter| Path::new(&format!(r"{letter}:\")).join(relative);
        let mut dirs = ('A'..='Z').map(on_drive).filter(|dir| dir.is_dir());
        dirs.next().filter(|_| dirs.next().is_none())
    } else {
        Some(Path::new("/").join(relative))
    }
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
