//! Vetoes the removal of what only looks like debris or like an empty directory: files
//! that git tracks, repositories, virtual environments, and the caches of users.
//!
//! The walk asks when it meets debris, or leaves a directory that may be removed. If the
//! evidence cannot be read, the answer is a veto, and a failure is recorded.

mod markers;
mod repository;
mod surroundings;

use std::env;
use std::fmt;
use std::io;
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

pub(crate) use markers::Markers;
pub(crate) use repository::Repository;
pub(crate) use surroundings::is_git_dir;
use surroundings::{Surroundings, SurroundingsCache};

use crate::failure::{Failure, Operation};
use crate::path::{canonicalize, without_verbatim};
use crate::rules::is_vcs_dir;

/// Why something that was selected is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum KeepReason {
    /// Git tracks it, or something in it.
    Tracked,
    /// Git tracks it, and it has no source.
    TrackedProgram,
    /// It is in a repository that could not be asked what it tracks.
    Unknown,
    /// It is in the work tree of another version control system than git.
    OtherVcs,
    /// Git tracks it as a submodule.
    Submodule,
    /// It is, or contains, a repository.
    NestedRepository,
    /// It is among the files of a repository itself, such as a branch name.
    InRepository,
    /// It is, or contains, a virtual environment.
    NestedEnvironment,
    /// It is part of a virtual environment.
    InEnvironment,
    /// It is in the cache directory of a user.
    UserCache,
    /// It matches `--erase`, but something in it is kept.
    NotEmpty,
    /// Its contents could not be read.
    Unreadable,
}

impl fmt::Display for KeepReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tracked => "tracked by git",
            Self::TrackedProgram => "tracked by git, without a source",
            Self::Unknown => "git could not determine whether it is tracked",
            Self::OtherVcs => "in a work tree of a version control system other than git",
            Self::Submodule => "a submodule",
            Self::NestedRepository => "nested repository",
            Self::InRepository => "part of a repository",
            Self::NestedEnvironment => "virtual environment",
            Self::InEnvironment => "inside a virtual environment",
            Self::UserCache => "user cache directory",
            Self::NotEmpty => "not empty",
            Self::Unreadable => "cannot be read",
        })
    }
}

/// Answers whether something must be kept. Shared by all threads of the walk.
#[derive(Debug)]
pub(crate) struct Guard {
    surroundings: SurroundingsCache,
    /// The cache directories of the user, canonical.
    user_caches: Vec<PathBuf>,
    failures: Mutex<Vec<Failure>>,
}

impl Guard {
    /// A guard that has not looked at anything yet.
    pub(crate) fn new() -> Self {
        Self {
            surroundings: SurroundingsCache::default(),
            user_caches: user_cache_dirs(),
            failures: Mutex::default(),
        }
    }

    /// Checks that debris at a canonical path can be removed. Its contents are not looked at.
    /// `is_generic` says that its name does not belong to one tool, so that it may be a
    /// part of the project.
    pub(crate) fn check_debris(&self, path: &Path, is_generic: bool) -> Result<(), KeepReason> {
        let plain = without_verbatim(path);
        let is_user_cache = |cache: &PathBuf| {
            let cache = without_verbatim(cache);
            plain.starts_with(&cache) || cache.starts_with(&plain)
        };
        if self.user_caches.iter().any(is_user_cache) {
            return Err(KeepReason::UserCache);
        }
        let surroundings = self.surroundings_of_parent(path)?;
        if surroundings.in_git_dir {
            return Err(KeepReason::InRepository);
        }
        // The `lib` of an environment called `build` is not the result of a build.
        if surroundings.is_environment && path.parent().is_some_and(|dir| dir.ends_with("build")) {
            return Err(KeepReason::InEnvironment);
        }
        if surroundings.in_other_vcs && is_generic {
            return Err(KeepReason::OtherVcs);
        }
        self.ask_repositories(&surroundings, KeepReason::Tracked, |repository| {
            repository.tracks(path)
        })
    }

    /// Checks that what matches `--erase` at a path below a PATH can be removed: a wildcard
    /// does not match the files of a repository. In a directory such as `.git`, a glob writes
    /// out its name, but a bare repository can have any name. Both paths are canonical.
    pub(crate) fn check_erased(&self, path: &Path, root: &Path) -> Result<(), KeepReason> {
        let below = path.strip_prefix(root).unwrap_or(path);
        if below.iter().any(is_vcs_dir) {
            return Ok(());
        }
        if self.surroundings_of_parent(path)?.in_git_dir && !self.surroundings_of(root)?.in_git_dir
        {
            return Err(KeepReason::InRepository);
        }
        Ok(())
    }

    /// Checks that a directory at a canonical path, in which nothing is left, can be removed.
    pub(crate) fn check_empty_dir(&self, path: &Path) -> Result<(), KeepReason> {
        // Nothing is left in it that could make it a repository or an environment itself.
        let surroundings = self.surroundings_of_parent(path)?;
        if surroundings.in_git_dir || path.file_name().is_some_and(is_vcs_dir) {
            return Err(KeepReason::InRepository);
        }
        if surroundings.in_environment {
            return Err(KeepReason::InEnvironment);
        }
        self.ask_repositories(&surroundings, KeepReason::Submodule, |repository| {
            repository.is_submodule(path)
        })
    }

    /// The repositories around a directory at a canonical path, itself included, that may
    /// track bytecode: the paths of their work trees. The directory itself if they cannot be
    /// found out.
    pub(crate) fn work_trees_with_bytecode(&self, directory: &Path) -> Vec<PathBuf> {
        let Ok(surroundings) = self.surroundings_of(directory) else {
            return vec![directory.to_path_buf()];
        };
        let may_track =
            |repository: &&Arc<Repository>| repository.tracks_bytecode().unwrap_or(true);
        let repositories = surroundings.repositories.iter().filter(may_track);
        repositories
            .map(|repository| repository.work_tree().to_path_buf())
            .collect()
    }

    /// Checks that git does not track a bytecode file, or another file in a `__pycache__`.
    pub(crate) fn check_bytecode(&self, path: &Path) -> Result<(), KeepReason> {
        let surroundings = self.surroundings_of_parent(path)?;
        self.ask_repositories(&surroundings, KeepReason::Tracked, |repository| {
            repository.tracks_bytecode_file(path)
        })
    }

    /// Takes what could not be read or asked until now.
    pub(crate) fn take_failures(&self) -> Vec<Failure> {
        let failures = self.failures.lock();
        mem::take(&mut failures.unwrap_or_else(PoisonError::into_inner))
    }

    /// Asks every repository around a path whether it vetoes: it may be tracked by another
    /// than the nearest one, which was created later. One that does not answer is a veto.
    fn ask_repositories(
        &self,
        surroundings: &Surroundings,
        reason: KeepReason,
        is_vetoed: impl Fn(&Repository) -> io::Result<bool>,
    ) -> Result<(), KeepReason> {
        let mut answer = Ok(());
        for (distance, repository) in surroundings.repositories.iter().rev().enumerate() {
            match is_vetoed(repository) {
                Ok(false) => {}
                Ok(true) => return Err(reason),
                Err(_) if distance > 0 && repository.is_passed_by() => {}
                Err(error) => {
                    let work_tree = repository.work_tree();
                    self.record(Failure::new(Operation::AskGit, work_tree, error));
                    answer = Err(KeepReason::Unknown);
                }
            }
        }
        answer
    }

    fn surroundings_of_parent(&self, path: &Path) -> Result<Arc<Surroundings>, KeepReason> {
        self.surroundings_of(path.parent().unwrap_or(path))
    }

    fn surroundings_of(&self, directory: &Path) -> Result<Arc<Surroundings>, KeepReason> {
        self.surroundings.get(directory).map_err(|failure| {
            self.record(failure);
            KeepReason::Unreadable
        })
    }

    /// Records a failure once for each path.
    fn record(&self, failure: Failure) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if !failures.iter().any(|known| known.path == failure.path) {
            failures.push(failure);
        }
    }
}

/// The directories in which the programs of this user keep their caches: those of the
/// XDG base directory specification, of macOS and of Windows.
fn user_cache_dirs() -> Vec<PathBuf> {
    let variable = |name| env::var_os(name).map(PathBuf::from);
    let home = env::home_dir();
    let in_home = |name| home.as_ref().map(|home| home.join(name));
    let dirs = [
        variable("XDG_CACHE_HOME"),
        in_home(".cache"),
        in_home("Library/Caches"),
        variable("LOCALAPPDATA"),
    ];
    let absolute = dirs.into_iter().flatten().filter(|dir| dir.is_absolute());
    absolute
        .map(|dir| canonicalize(&dir).unwrap_or(dir))
        .collect()
}
