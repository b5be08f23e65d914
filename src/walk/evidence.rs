//! Looks for the evidence that a name is debris: names such as `dist` are used by many
//! tools, and by people.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::directory::EntryKind;
use crate::failure::Failure;
use crate::path::{file_name, into_io_error, is_absence, is_present};
use crate::place::{COVERAGE, ENVIRONMENT, PROJECT, Place, SPEC, SPHINX};
use crate::regular_file::{open_regular_file, read_regular_file};
use crate::rules::CACHE_DIR;
use crate::rules::topics::Evidence;

/// The first bytes of a zip archive.
const ZIP: &[u8] = b"PK\x03\x04";

/// A larger `.spec` file is an error.
const MAX_SPEC_BYTES: u64 = 1 << 20;

/// Whether there is evidence that the entry at `path`, in this place, is debris.
///
/// # Errors
///
/// If the evidence cannot be looked at.
pub(super) fn is_proven(
    evidence: Evidence,
    path: &Path,
    kind: EntryKind,
    place: &Place,
) -> Result<bool, Failure> {
    let dir = path.parent().unwrap_or(path);
    match evidence {
        Evidence::Name => Ok(true),
        Evidence::Project => Ok(place.has_any(PROJECT)),
        // The `lib` of an environment called `build` is not the result of a build.
        Evidence::ProjectAbove => Ok(has_project_above(place)
            && !place.has_any(ENVIRONMENT)
            && !look_up(dir.join("bin/activate"))?
            && !look_up(dir.join("Scripts/activate"))?),
        Evidence::ProjectOrSpec => {
            Ok(place.has_any(PROJECT) || (place.has_any(SPEC) && has_spec(dir)?))
        }
        Evidence::Spec => {
            let mut spec = dir
                .with_file_name(file_name(path).unwrap_or_default())
                .into_os_string();
            spec.push(".spec");
            is_spec(Path::new(&spec))
        }
        Evidence::Coverage => Ok(place.has_any(PROJECT | COVERAGE)),
        Evidence::Built => is_built(dir, place),
        Evidence::Sphinx => Ok(place.has_any(SPHINX) || look_up(dir.join("source/conf.py"))?),
        Evidence::Cache => Ok(dir.ends_with(CACHE_DIR)),
        Evidence::Egg if kind == EntryKind::Dir => look_up(path.join("EGG-INFO")),
        Evidence::Egg => Ok(kind == EntryKind::File && is_zip(path)?),
        Evidence::Source => look_up(path.with_extension("py")),
        Evidence::Mutants => Ok(place.has_any(PROJECT) && has_mutants(path)?),
    }
}

fn has_project_above(place: &Place) -> bool {
    place.markers_above & PROJECT != 0
}

/// Whether a project was built whose packages are in `dir`, or in its `src`.
fn is_built(dir: &Path, place: &Place) -> Result<bool, Failure> {
    if place.has_any(PROJECT) && has_results(dir)? {
        return Ok(true);
    }
    let is_src = dir.ends_with("src") && has_project_above(place);
    Ok(is_src && has_results(dir.parent().unwrap_or(dir))?)
}

/// Whether a project has a directory in which its builds end.
fn has_results(project: &Path) -> Result<bool, Failure> {
    Ok(look_up(project.join("build"))? || look_up(project.join("dist"))?)
}

/// Whether a directory has a `.spec` file of PyInstaller.
fn has_spec(dir: &Path) -> Result<bool, Failure> {
    for entry in fs::read_dir(dir).map_err(|error| Failure::read(dir, error))? {
        let path = entry.map_err(|error| Failure::read(dir, error))?.path();
        if path.extension().is_some_and(|suffix| suffix == "spec") && is_spec(&path)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a file was made by PyInstaller: other tools have files with this suffix, too.
fn is_spec(path: &Path) -> Result<bool, Failure> {
    match read_regular_file(path, MAX_SPEC_BYTES) {
        Ok(text) => Ok(text.is_some_and(|text| text.windows(9).any(|word| word == b"Analysis("))),
        Err(error) if is_absence(&error) => Ok(false),
        Err(error) => Err(Failure::read(path, error)),
    }
}

fn is_zip(path: &Path) -> Result<bool, Failure> {
    let read = || {
        let mut start = Vec::new();
        // It may have become a symlink or a FIFO since the walk met it.
        if let Some((file, _)) = open_regular_file(path, false)? {
            file.take(4).read_to_end(&mut start)?;
        }
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

/// Whether there is something at a path, also a dangling symlink.
fn look_up(path: PathBuf) -> Result<bool, Failure> {
    is_present(&path).map_err(|error| Failure::read(path, error))
}
