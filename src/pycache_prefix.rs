//! The counterparts of the PATHs under `PYTHONPYCACHEPREFIX`: Python keeps the bytecode
//! of `/project/m.py` in the directory `project` below the prefix (`cache_from_source`
//! in importlib).

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf, absolute};
use std::sync::Arc;

use crate::path::is_same;
use crate::rules::Rules;

/// A directory below the prefix, with the bytecode of a source directory.
#[derive(Debug, Clone)]
pub(crate) struct PrefixDir {
    /// The directory relative to the root; empty for the root itself.
    pub(crate) relative: PathBuf,
    /// The directory of the sources.
    pub(crate) source_dir: PathBuf,
    /// The rules of that directory.
    pub(crate) rules: Arc<Rules>,
    /// Whether the user named it as a PATH.
    pub(crate) is_path: bool,
}

/// Finds the counterparts of directories: by the path that the user wrote and by the
/// canonical one, since a program may have been started by either.
///
/// # Errors
///
/// If a path cannot be made absolute.
pub(crate) fn find_dirs<'p>(
    prefix: &Path,
    trees: impl Iterator<Item = (&'p Path, &'p Path, &'p Arc<Rules>)>,
) -> io::Result<Vec<PrefixDir>> {
    let mut sources = BTreeMap::new();
    for (path, canonical, rules) in trees {
        sources.insert(canonical.to_path_buf(), Arc::clone(rules));
        let written = without_dots(&absolute(path)?);
        // If a symlink comes before `..`, this is another directory.
        if is_same(&written, canonical) {
            sources.insert(written, Arc::clone(rules));
        }
    }
    let counterparts = sources.into_iter().map(|(source_dir, rules)| PrefixDir {
        relative: counterpart(&source_dir),
        source_dir,
        rules,
        is_path: false,
    });
    let is_dir = |dir: &PrefixDir| {
        fs::symlink_metadata(prefix.join(&dir.relative)).is_ok_and(|metadata| metadata.is_dir())
    };
    let mut dirs: Vec<_> = counterparts.filter(is_dir).collect();
    // A subdirectory follows its parent in the sorted map, and is part of it.
    dirs.dedup_by(|inner, outer| inner.relative.starts_with(&outer.relative));
    Ok(dirs)
}

/// The directory of the sources whose bytecode is in a directory below the prefix. `None` if
/// it is not below the prefix. Both paths are canonical.
pub(crate) fn source_dir_below(prefix: &Path, dir: &Path) -> Option<PathBuf> {
    let relative = dir.strip_prefix(prefix).ok()?;
    Some(Path::new("/").join(relative))
}

/// The path of a directory below the prefix: without what makes it absolute.
fn counterpart(directory: &Path) -> PathBuf {
    let is_name = |part: &Component| matches!(part, Component::Normal(_));
    directory.components().filter(is_name).collect()
}

/// An absolute path without `..`, resolved as text, as a shell does.
fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}
