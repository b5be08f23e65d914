//! What is around a directory: the repositories and environments that hold it.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::markers::{ACTIVATE, ENVIRONMENT_ENTRIES, FOSSIL_FILES, PROGRAM_DIRS};
use super::repository::Repository;
use crate::path::is_present;
use crate::rules::{VCS_DIRS, is_vcs_dir};

/// What is around a directory, the directory itself included.
#[derive(Debug, Default, Clone)]
pub(crate) struct Surroundings {
    /// The git repositories, outermost first.
    pub(crate) repositories: Vec<Arc<Repository>>,
    /// Whether the nearest repository is not one of git. Nothing tells what it tracks.
    pub(crate) in_other_vcs: bool,
    /// Whether it is part of the files of a repository itself.
    pub(crate) in_git_dir: bool,
    /// Whether it is a virtual environment itself.
    pub(crate) is_environment: bool,
    /// Whether it is part of a virtual environment.
    pub(crate) in_environment: bool,
}

/// The surroundings of directories, each looked up once.
#[derive(Debug, Default)]
pub(crate) struct SurroundingsCache(Mutex<HashMap<PathBuf, Arc<Surroundings>>>);

/// A path that could not be looked at.
pub(crate) type Unreadable = (PathBuf, io::Error);

impl SurroundingsCache {
    /// The surroundings of a directory at a canonical path.
    ///
    /// # Errors
    ///
    /// If the directory, or one above it, cannot be looked at.
    pub(crate) fn get(&self, directory: &Path) -> Result<Arc<Surroundings>, Unreadable> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let unknown: Vec<_> = directory
            .ancestors()
            .take_while(|above| !known.contains_key(*above))
            .collect();
        let nearest = unknown
            .last()
            .map_or(Some(directory), |outermost| outermost.parent());
        let mut surroundings = nearest
            .and_then(|above| known.get(above).cloned())
            .unwrap_or_default();
        for directory in unknown.into_iter().rev() {
            surroundings = Arc::new(surroundings.of_subdirectory(directory)?);
            known.insert(directory.to_path_buf(), Arc::clone(&surroundings));
        }
        Ok(surroundings)
    }
}

impl Surroundings {
    /// The surroundings of a directory in a directory with these.
    fn of_subdirectory(&self, directory: &Path) -> Result<Self, Unreadable> {
        let mut surroundings = self.clone();
        if exists(directory, ".git")? {
            surroundings
                .repositories
                .push(Arc::new(Repository::new(directory)));
            // A work tree is no part of a repository or an environment that holds it.
            surroundings.in_git_dir = false;
            surroundings.in_environment = false;
            surroundings.in_other_vcs = false;
        } else {
            surroundings.in_other_vcs |= is_other_work_tree(directory)?;
        }
        surroundings.in_git_dir |=
            directory.file_name().is_some_and(is_vcs_dir) || is_git_dir(directory)?;
        surroundings.is_environment = is_environment(directory)?;
        surroundings.in_environment |= surroundings.is_environment;
        Ok(surroundings)
    }
}

/// Whether a directory is a git directory, as a bare repository is (`is_git_directory`
/// in git's setup.c).
///
/// # Errors
///
/// If an entry of it cannot be looked at.
pub(crate) fn is_git_dir(directory: &Path) -> Result<bool, Unreadable> {
    Ok(exists(directory, "HEAD")? && exists(directory, "objects")? && exists(directory, "refs")?)
}

/// Whether a directory is the work tree of a version control system other than git.
fn is_other_work_tree(directory: &Path) -> Result<bool, Unreadable> {
    for name in VCS_DIRS.iter().chain(&FOSSIL_FILES) {
        if exists(directory, name)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn is_environment(directory: &Path) -> Result<bool, Unreadable> {
    for entry in ENVIRONMENT_ENTRIES {
        if exists(directory, entry)? {
            return Ok(true);
        }
    }
    for programs in PROGRAM_DIRS {
        let programs = directory.join(programs);
        if exists(&programs, ACTIVATE)? {
            for python in ["python", "python3", "python.exe"] {
                if exists(&programs, python)? {
                    return Ok(true);
                }
            }
        }
    }
    Ok(false)
}

/// Whether a directory has an entry of this name, also a dangling symlink.
fn exists(directory: &Path, name: &str) -> Result<bool, Unreadable> {
    let path = directory.join(name);
    is_present(&path).map_err(|error| (path, error))
}
