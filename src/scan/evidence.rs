//! Looks for the evidence that a name is debris: names such as `dist` are used by many
//! tools, and by people.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::walk::into_io_error;
use crate::directory::EntryKind;
use crate::path::is_present;
use crate::rules::topics::Evidence;
use crate::rules::{CACHE_DIR, PROJECT_FILES};

/// The first bytes of a zip archive.
const ZIP: &[u8] = b"PK\x03\x04";

/// A path that could not be looked at.
type Unreadable = (PathBuf, io::Error);

/// Whether there is evidence that the entry at `path` is debris.
///
/// # Errors
///
/// If the evidence cannot be looked at.
pub(crate) fn is_proven(
    evidence: Evidence,
    path: &Path,
    kind: EntryKind,
) -> Result<bool, Unreadable> {
    let dir = path.parent().unwrap_or(path);
    match evidence {
        Evidence::Name => Ok(true),
        Evidence::Project => is_project(dir),
        Evidence::ProjectAbove => is_project(dir.parent().unwrap_or(dir)),
        Evidence::Coverage => Ok(is_project(dir)? || has_any(dir, &[".coveragerc"])?),
        Evidence::Built => is_built(dir),
        Evidence::Sphinx => has_any(dir, &["conf.py", "source/conf.py"]),
        Evidence::Cache => Ok(dir.ends_with(CACHE_DIR)),
        Evidence::Egg if kind == EntryKind::Dir => has_any(path, &["EGG-INFO"]),
        Evidence::Egg => Ok(kind == EntryKind::File && is_zip(path)?),
        Evidence::Source => look_up(path.with_extension("py")),
        Evidence::Mutants => Ok(is_project(dir)? && has_mutants(path)?),
    }
}

fn is_project(dir: &Path) -> Result<bool, Unreadable> {
    has_any(dir, &PROJECT_FILES)
}

/// Whether a project was built whose packages are in `dir`, or in its `src`.
fn is_built(dir: &Path) -> Result<bool, Unreadable> {
    let project = if is_project(dir)? {
        dir
    } else if let Some(project) = dir.parent().filter(|_| dir.ends_with("src"))
        && is_project(project)?
    {
        project
    } else {
        return Ok(false);
    };
    has_any(project, &["build", "dist"])
}

fn is_zip(path: &Path) -> Result<bool, Unreadable> {
    let read = || {
        let mut start = Vec::new();
        File::open(path)?.take(4).read_to_end(&mut start)?;
        Ok(start == ZIP)
    };
    read().map_err(|error| (path.to_path_buf(), error))
}

/// Whether mutmut made a directory: beside each copy of a source that it changed, it
/// records the results in a file.
fn has_mutants(dir: &Path) -> Result<bool, Unreadable> {
    for entry in WalkDir::new(dir) {
        let entry = entry.map_err(|error| {
            let path = error.path().unwrap_or(dir).to_path_buf();
            (path, into_io_error(error))
        })?;
        let is_record = entry.file_name().as_encoded_bytes().ends_with(b".py.meta");
        if is_record && entry.file_type().is_file() && look_up(entry.path().with_extension(""))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a directory has an entry of one of these names, also a dangling symlink.
fn has_any(dir: &Path, names: &[&str]) -> Result<bool, Unreadable> {
    for name in names {
        if look_up(dir.join(name))? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn look_up(path: PathBuf) -> Result<bool, Unreadable> {
    is_present(&path).map_err(|error| (path, error))
}
