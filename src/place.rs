//! What is known about a directory before anything in it is decided.
//!
//! `walkdir` sorts each listing by [`rank`], so that the entries that say something about their
//! directory come first. Below a PATH, a [`Place`] is made from these; above it, from lookups.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use walkdir::DirEntry;

use crate::failure::{Failure, Operation};
use crate::git_index::GitIndex;
use crate::path::{file_name, is_absence, is_present, name_of};
use crate::reason::KeepReason;
use crate::rules::ignore::EntryPath;
use crate::rules::{Rules, VCS_DIRS, is_vcs_dir};

/// What the entries of a directory say about it, as bits.
pub(crate) type Markers = u16;

pub(crate) const SETTINGS: Markers = 1;
pub(crate) const PROJECT: Markers = 1 << 1;
pub(crate) const COVERAGE: Markers = 1 << 2;
pub(crate) const SPHINX: Markers = 1 << 3;
pub(crate) const GIT: Markers = 1 << 4;
pub(crate) const OTHER_VCS: Markers = 1 << 5;
/// `pyvenv.cfg` (PEP 405) or `conda-meta`.
pub(crate) const ENVIRONMENT: Markers = 1 << 6;
/// `HEAD`: perhaps a git directory, see [`is_git_dir`].
const HEAD: Markers = 1 << 7;
/// `activate`: in `bin` or `Scripts`, that of an environment that may have no `pyvenv.cfg`.
pub(crate) const ACTIVATE: Markers = 1 << 8;
/// `python*`: in such a directory, the other program that every environment has.
pub(crate) const PYTHON: Markers = 1 << 9;
/// `*.spec`, as of PyInstaller.
pub(crate) const SPEC: Markers = 1 << 10;

/// The names that are looked up in the directories above a PATH, besides [`VCS_DIRS`].
const LOOKED_UP: &str =
    "pyproject.toml setup.py setup.cfg HEAD pyvenv.cfg conda-meta .fslckout _FOSSIL_ conf.py";

/// What an entry of this name says about the directory that holds it; 0 for most.
fn marker(name: &OsStr, is_dir: bool) -> Markers {
    match name.as_encoded_bytes() {
        // Also a file (a submodule, a linked work tree) or a symlink.
        b".git" => GIT,
        b"conda-meta" => ENVIRONMENT,
        // Also a symlink to one.
        [b'.' | b'_' | b'C', ..] if is_vcs_dir(name) => OTHER_VCS,
        // A directory of another name must be walked with the tree that it is in.
        _ if is_dir => 0,
        b"pyproject.toml" => SETTINGS | PROJECT,
        b"setup.py" | b"setup.cfg" => PROJECT,
        b".coveragerc" => COVERAGE,
        b"conf.py" => SPHINX,
        b".fslckout" | b"_FOSSIL_" => OTHER_VCS,
        b"pyvenv.cfg" => ENVIRONMENT,
        b"HEAD" => HEAD,
        b"activate" => ACTIVATE,
        [b'p', b'y', b't', b'h', b'o', b'n', ..] => PYTHON,
        [.., b'.', b's', b'p', b'e', b'c'] => SPEC,
        _ => 0,
    }
}

/// The order of a listing: markers (files first), other files, directories.
pub(crate) fn rank(entry: &DirEntry) -> u8 {
    let is_dir = entry.file_type().is_dir();
    2 * u8::from(marker_of(entry) == 0) + u8::from(is_dir)
}

/// What an entry that the walk met says about the directory that holds it.
pub(crate) fn marker_of(entry: &DirEntry) -> Markers {
    // Each comparison asks for two ranks, and most entries are modules.
    let path = entry.path().as_os_str().as_encoded_bytes();
    let is_module = path.ends_with(b".pyc")
        || (path.ends_with(b".py") && !path.ends_with(b"setup.py") && !path.ends_with(b"conf.py"));
    if is_module {
        0
    } else {
        marker(name_of(entry), entry.file_type().is_dir())
    }
}

/// What is known about a directory.
#[derive(Debug, Clone, Default)]
pub(crate) struct Place {
    pub(crate) markers: Markers,
    pub(crate) markers_above: Markers,
    /// The rules in force: those above, with the settings of this directory.
    pub(crate) rules: Arc<Rules>,
    /// The nearest git work tree at or above it.
    pub(crate) repository: Option<Arc<Repository>>,
    /// As a bare repository is.
    pub(crate) is_git_dir: bool,
    /// Whether it is part of the files of a repository.
    pub(crate) in_git_dir: bool,
    pub(crate) in_environment: bool,
    /// Whether it is in a work tree of a version control system that is not asked what it tracks.
    pub(crate) in_other_vcs: bool,
    /// The project that it belongs to, as it is shown; `None` above all projects.
    pub(crate) project: Option<Arc<Path>>,
}

impl Place {
    /// The place of a directory with these markers, in another place.
    pub(crate) fn enter(above: &Self, dir: EntryPath<'_>, markers: Markers) -> io::Result<Self> {
        let is_work_tree = markers & GIT != 0;
        let is_git_dir = markers & HEAD != 0 && is_git_dir(dir.display)?;
        // A PATH may be a symlink with another name.
        let is_root = dir.relative.as_os_str().is_empty();
        let named = if is_root {
            dir.canonical_root
        } else {
            dir.display
        };
        let is_vcs = is_vcs_dir(file_name(named).unwrap_or_default());
        let mut repository = above.repository.clone();
        if is_work_tree {
            repository = Some(Arc::new(Repository {
                work_tree: dir.canonical(),
                index: OnceLock::new(),
                above: repository,
            }));
        }
        // A work tree is no part of a repository or an environment that holds it.
        let outer = |flag: bool| flag && !is_work_tree;
        Ok(Self {
            markers,
            markers_above: above.markers,
            repository,
            is_git_dir,
            in_git_dir: is_git_dir || is_vcs || outer(above.in_git_dir),
            in_environment: markers & ENVIRONMENT != 0 || outer(above.in_environment),
            in_other_vcs: !is_work_tree && (markers & OTHER_VCS != 0 || above.in_other_vcs),
            ..above.clone()
        })
    }

    /// The place of a directory that is not walked, in another place. Without rules.
    pub(crate) fn look_up(above: &Self, dir: &Path) -> io::Result<Self> {
        let mut markers = 0;
        for name in LOOKED_UP.split(' ').chain(VCS_DIRS) {
            match fs::symlink_metadata(dir.join(name)) {
                Err(error) if is_absence(&error) => {}
                found => markers |= marker(name.as_ref(), found?.is_dir()),
            }
        }
        let entry = EntryPath {
            display: dir,
            canonical_root: dir,
            relative: Path::new(""),
        };
        Self::enter(above, entry, markers)
    }

    pub(crate) fn has_any(&self, markers: Markers) -> bool {
        self.markers & markers != 0
    }

    /// Whether an entry is one of the directories of a git directory whose files are named after
    /// branches and commits, or that hold other git directories (gitrepository-layout(5)).
    pub(crate) fn is_git_internal(&self, name: &OsStr) -> bool {
        self.is_git_dir
            && matches!(
                name.as_encoded_bytes(),
                b"refs" | b"logs" | b"objects" | b"worktrees" | b"modules"
            )
    }

    /// Asks every git repository around a canonical path: it may be tracked by another than the
    /// nearest one, which was created later. Adds a failure for each index that cannot be read.
    pub(crate) fn ask_git(
        &self,
        path: &Path,
        question: impl Fn(&GitIndex, &Path) -> bool,
        failures: &mut Vec<Failure>,
    ) -> Result<bool, KeepReason> {
        let mut answer = Ok(false);
        let mut nearest = self.repository.as_deref();
        while let Some(repository) = nearest {
            let work_tree = &repository.work_tree;
            let index = repository.index.get_or_init(|| {
                let failed = |error| Failure::new(Operation::ReadIndex, work_tree, error);
                let read = GitIndex::read(work_tree).map_err(failed);
                read.map_err(|failure| failures.push(failure)).ok()
            });
            match index {
                Some(index) => {
                    if question(index, path.strip_prefix(work_tree).unwrap_or(path)) {
                        return Ok(true);
                    }
                }
                None => answer = Err(KeepReason::Unknown),
            }
            nearest = repository.above.as_deref();
        }
        answer
    }
}

/// A git work tree, whose index is read if something in it is in question.
#[derive(Debug)]
pub(crate) struct Repository {
    work_tree: PathBuf,
    /// `None` if it cannot be read.
    index: OnceLock<Option<GitIndex>>,
    above: Option<Arc<Self>>,
}

/// Whether a directory with a `HEAD`, which is rare, is a git directory (`is_git_directory` in
/// git's setup.c).
pub(crate) fn is_git_dir(dir: &Path) -> io::Result<bool> {
    Ok(is_present(&dir.join("objects"))? && is_present(&dir.join("refs"))?)
}

/// Whether the programs of an environment are in this directory.
pub(crate) fn has_environment_programs(dir: &Path, markers: Markers) -> bool {
    let is_named = matches!(file_name(dir), Some(name) if name == "bin" || name == "Scripts");
    is_named && markers & ACTIVATE != 0 && markers & PYTHON != 0
}
