//! The settings of a project: `[tool.pyclean]` in its `pyproject.toml`.
//!
//! Settings can only restrict what is removed or add debris topics. So a repository that
//! was just cloned cannot make `pyclean .` remove anything else.

mod settings;

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};

use crate::console::format::escape_path;
use crate::console::message::print_warning;
use crate::failure::{Failure, Operation};
use crate::path::{canonicalize, is_no_path, is_present, or_current_dir};
use crate::regular_file::read_regular_file;
use crate::rules::CACHE_DIR;
pub(crate) use settings::Config;

/// The file that describes a project.
pub(crate) const FILE_NAME: &str = "pyproject.toml";

/// What to do if settings cannot be read.
const ADVICE: &str = "(use --isolated to ignore this file)";

/// A larger file is an error.
const MAX_CONFIG_BYTES: u64 = 1 << 20;

/// Finds the nearest file with settings at or above `path`, up to the root of its
/// repository. Outside a repository only the directory itself counts, because other
/// users may own the directories above. Returns its position in `configs`, the files that
/// apply to other PATHs, to which it is added.
///
/// # Errors
///
/// If a file cannot be read or parsed; the message gives line and column.
pub(crate) fn find_nearest(
    path: &Path,
    configs: &mut Vec<(PathBuf, Config)>,
) -> Result<Option<usize>> {
    let unreadable = |error: io::Error| {
        let shown = escape_path(path);
        anyhow!("cannot look for the settings of {shown}: {error} (--isolated uses none)")
    };
    let Some(start) = start_directory(path).map_err(unreadable)? else {
        return Ok(None);
    };
    let mut root = &*start;
    for above in start.ancestors() {
        let dot_git = above.join(".git");
        if is_present(&dot_git).map_err(unreadable)? && !is_planted(&dot_git, &start) {
            root = above;
            break;
        }
    }
    for directory in start.ancestors().take_while(|dir| dir.starts_with(root)) {
        let file = directory.join(FILE_NAME);
        if let Some(known) = configs.iter().position(|(known, _)| *known == file) {
            return Ok(Some(known));
        }
        let config = read_config(&file, &start).map_err(|failure| as_usage_error(&failure))?;
        if let Some(config) = config {
            configs.push((file, config));
            return Ok(Some(configs.len() - 1));
        }
    }
    Ok(None)
}

/// The directory in which the search for the settings of a PATH starts: the PATH or, if it
/// is not a directory, its parent. A symlink to a file belongs to the project around the
/// symlink. `None` if nothing can be removed there: the PATH does not exist, or its entries
/// cannot be looked up.
fn start_directory(path: &Path) -> io::Result<Option<PathBuf>> {
    let is_hidden =
        |error: &io::Error| is_no_path(error) || error.kind() == ErrorKind::PermissionDenied;
    let is_dir = path.metadata().is_ok_and(|found| found.is_dir());
    let written = if is_dir { Some(path) } else { path.parent() };
    let written = or_current_dir(written.unwrap_or(path));
    let looked_up = path
        .symlink_metadata()
        .and_then(|_| is_present(&written.join(FILE_NAME)));
    match looked_up {
        Err(error) if is_hidden(&error) => Ok(None),
        Err(error) => Err(error),
        Ok(_) => {
            let mut start = canonicalize(written)?;
            // A cache belongs to the directory that holds it.
            if start.ends_with(CACHE_DIR) {
                start.pop();
            }
            Ok(Some(start))
        }
    }
}

/// Whether another user may have put a file in the way of a PATH: it is in a directory that
/// everybody can write to, and belongs neither to the user who runs this, nor to root, nor
/// to the owner of the PATH. Git decides alike whether to trust a repository
/// (`safe.directory`).
#[cfg(unix)]
fn is_planted(file: &Path, path: &Path) -> bool {
    use rustix::process::{geteuid, getuid};
    use std::fs::symlink_metadata;
    use std::os::unix::fs::MetadataExt;
    let Ok(owner) = symlink_metadata(file).map(|metadata| metadata.uid()) else {
        return false;
    };
    let sudo_user = || std::env::var("SUDO_UID").ok()?.parse().ok();
    let is_trusted = owner == 0
        || owner == getuid().as_raw()
        || owner == geteuid().as_raw()
        || sudo_user() == Some(owner)
        || symlink_metadata(path).is_ok_and(|metadata| metadata.uid() == owner);
    let dir = file.parent().unwrap_or(file);
    let is_world_writable = symlink_metadata(dir).is_ok_and(|dir| dir.mode() & 0o002 != 0);
    !is_trusted && is_world_writable
}

/// Windows gives each user a temporary directory.
#[cfg(not(unix))]
fn is_planted(_: &Path, _: &Path) -> bool {
    false
}

/// Reads the settings of a file for a PATH. `None` if it does not exist, has no settings,
/// or may be from another user.
///
/// # Errors
///
/// If it cannot be read, or not be parsed: `line:column: message`.
pub(crate) fn read_config(file: &Path, path: &Path) -> Result<Option<Config>, Failure> {
    let bytes = match read_regular_file(file, MAX_CONFIG_BYTES) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Ok(None),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failure::read(file, error)),
    };
    let config = Config::parse(&bytes).map_err(|error| {
        let error = io::Error::other(error.to_string());
        Failure::new(Operation::ApplySettings, file, error)
    });
    if matches!(config, Ok(None)) || !is_planted(file, path) {
        return config;
    }
    print_warning(format_args!(
        "ignoring the settings in {}: another user owns it, in a world-writable directory",
        escape_path(file)
    ));
    Ok(None)
}

/// The error of a run that depends on a settings file.
fn as_usage_error(failure: &Failure) -> anyhow::Error {
    let (shown, error) = (escape_path(&failure.path), &failure.error);
    if failure.operation == Operation::Read {
        anyhow!("cannot read {shown}: {error} {ADVICE}")
    } else {
        anyhow!("{shown}:{error} {ADVICE}")
    }
}
