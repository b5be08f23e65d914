//! What is around a directory: the repositories and environments that hold it.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::markers::{ACTIVATE, ENVIRONMENT_ENTRIES, FOSSIL_FILES, PROGRAM_DIRS};
use super::repository::Repository;
use crate::failure::Failure;
use crate::path::is_absence;
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

impl SurroundingsCache {
    /// The surroundings of a directory at a canonical path.
    ///
    /// # Errors
    ///
    /// If the directory, or one above it, cannot be looked at.
    pub(crate) fn get(&self, directory: &Path) -> Result<Arc<Surroundings>, Failure> {
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
    fn of_subdirectory(&self, directory: &Path) -> Result<Self, Failure> {
        let is_vcs_dir = directory.file_name().is_some_and(is_vcs_dir);
        let mut surroundings = self.clone();
        let Some(dir) = OpenPlace::open(directory)? else {
            surroundings.in_git_dir |= is_vcs_dir;
            surroundings.is_environment = false;
            return Ok(surroundings);
        };
        if dir.has(".git")? {
            surroundings
                .repositories
                .push(Arc::new(Repository::new(directory)));
            // A work tree is no part of a repository or an environment that holds it.
            surroundings.in_git_dir = false;
            surroundings.in_environment = false;
            surroundings.in_other_vcs = false;
        } else {
            let others = VCS_DIRS.iter().chain(&FOSSIL_FILES);
            surroundings.in_other_vcs |= dir.has_any(others)?;
        }
        surroundings.in_git_dir |= is_vcs_dir || dir.is_git_dir()?;
        surroundings.is_environment = dir.is_environment()?;
        surroundings.in_environment |= surroundings.is_environment;
        Ok(surroundings)
    }
}

/// Whether a directory is a git directory, as a bare repository is.
///
/// # Errors
///
/// If an entry of it cannot be looked at.
pub(crate) fn is_git_dir(directory: &Path) -> io::Result<bool> {
    let dir = OpenPlace::open(directory);
    let is_git_dir = dir.and_then(|dir| dir.map_or(Ok(false), |dir| dir.is_git_dir()));
    is_git_dir.map_err(|failure| failure.error)
}

/// A directory in which entries are looked up. It is opened, because the system resolves
/// the path of a deep directory slowly. Opening it this way needs no permission to read it.
struct OpenPlace<'a> {
    path: &'a Path,
    #[cfg(target_os = "linux")]
    handle: rustix::fd::OwnedFd,
}

impl<'a> OpenPlace<'a> {
    /// Opens a directory; `None` if there is none.
    #[cfg(target_os = "linux")]
    fn open(path: &'a Path) -> Result<Option<Self>, Failure> {
        use rustix::fs::{Mode, OFlags, open};
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        match open(path, flags, Mode::empty()).map_err(io::Error::from) {
            Ok(handle) => Ok(Some(Self { path, handle })),
            Err(error) if is_absence(&error) => Ok(None),
            Err(error) => Err(Failure::read(path, error)),
        }
    }

    /// Opens a directory; `None` if there is none.
    #[cfg(not(target_os = "linux"))]
    fn open(path: &'a Path) -> Result<Option<Self>, Failure> {
        Ok(Some(Self { path }))
    }

    /// Whether the directory has an entry of this name, also a dangling symlink.
    fn has(&self, name: &str) -> Result<bool, Failure> {
        #[cfg(target_os = "linux")]
        let found = {
            use rustix::fs::{AtFlags, statat};
            statat(&self.handle, name, AtFlags::SYMLINK_NOFOLLOW).map_err(io::Error::from)
        };
        #[cfg(not(target_os = "linux"))]
        let found = self.path.join(name).symlink_metadata();
        match found {
            Ok(_) => Ok(true),
            Err(error) if is_absence(&error) => Ok(false),
            Err(error) => Err(Failure::read(self.path.join(name), error)),
        }
    }

    fn has_any<'n>(&self, names: impl IntoIterator<Item = &'n &'n str>) -> Result<bool, Failure> {
        for name in names {
            if self.has(name)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether this is a git directory (`is_git_directory` in git's setup.c).
    fn is_git_dir(&self) -> Result<bool, Failure> {
        Ok(self.has("HEAD")? && self.has("objects")? && self.has("refs")?)
    }

    fn is_environment(&self) -> Result<bool, Failure> {
        if self.has_any(&ENVIRONMENT_ENTRIES)? {
            return Ok(true);
        }
        for dir in PROGRAM_DIRS {
            let pythons = ["python", "python3", "python.exe"].map(|name| format!("{dir}/{name}"));
            if self.has(&format!("{dir}/{ACTIVATE}"))?
                && self.has_any(&pythons.each_ref().map(String::as_str))?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
