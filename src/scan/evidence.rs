//! Looks for the evidence that a name is debris: names such as `dist` are used by many
//! tools, and by people.

use std::io::Read;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::walk::into_io_error;
use crate::directory::EntryKind;
use crate::failure::Failure;
use crate::path::is_present;
use crate::regular_file::open_nonblocking;
use crate::rules::topics::Evidence;
use crate::rules::{CACHE_DIR, PROJECT_FILES};

/// The first bytes of a zip archive.
const ZIP: &[u8] = b"PK\x03\x04";

/// Whether there is evidence that the entry at `path` is debris.
///
/// # Errors
///
/// If the evidence cannot be looked at.
pub(crate) fn is_proven(evidence: Evidence, path: &Path, kind: EntryKind) -> Result<bool, Failure> {
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

fn is_project(dir: &Path) -> Result<bool, Failure> {
    has_any(dir, &PROJECT_FILES)
}

/// Whether a project was built whose packages are in `dir`, or in its `src`.
fn is_built(dir: &Path) -> Result<bool, Failure> {
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

fn is_zip(path: &Path) -> Result<bool, Failure> {
    let read = || {
        let mut start = Vec::new();
        // It may have become a symlink or a FIFO since the walk met it.
        let file = open_nonblocking(path, false)?;
        file.take(4).read_to_end(&mut start)?;
        Ok(start == ZIP)
    };
    read().map_err(|error| Failure::read(path, error))
}

/// Whether mutmut made a directory: beside each copy of a source that it changed, it
/// records the results in a file.
fn has_mutants(dir: &Path) -> Result<bool, Failure> {
    for entry in WalkDir::new(dir) {
        let entry = entry.map_err(|error| {
            let path = error.path().unwrap_or(dir).to_path_buf();
            Failure::read(path, into_io_error(error))
        })?;
        let is_record = entry.file_name().as_encoded_bytes().ends_with(b".py.meta");
        if is_record && entry.file_type().is_file() && look_up(entry.path().with_extension(""))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a directory has an entry of one of these names, also a dangling symlink.
fn has_any(dir: &Path, names: &[&str]) -> Result<bool, Failure> {
    for name in names {
        if look_up(dir.join(name))? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn look_up(path: PathBuf) -> Result<bool, Failure> {
    is_present(&path).map_err(|error| Failure::read(path, error))
}
