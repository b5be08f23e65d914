//! What is known about a directory before anything in it is decided.
//!
//! `walkdir` sorts each listing by [`rank`], so that the entries that say something about their
//! directory come first. Below a PATH, a [`Place`] is made from these; above it, from lookups.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use walkdir::DirEntry;

use crate::failure::{Failure, Operation};
use crate::git_index::GitIndex;
use crate::path::{file_name, is_present, name_of};
use crate::reason::KeepReason;
use crate::rules::ignore::EntryPath;
use crate::rules::{Rules, VCS_DIRS, is_vcs_dir};
use crate::settings::{self, SettingsFile};

/// What the entries of a directory say about it, as bits.
pub(crate) type Markers = u16;

/// `pyproject.toml`, which may contain settings.
pub(crate) const SETTINGS: Markers = 1;
/// A file that describes a Python project.
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
/// A `*.spec` of PyInstaller.
pub(crate) const SPEC: Markers = 1 << 10;

/// The names that are looked up in the directories above a PATH.
const LOOKED_UP: [&str; 10] = [
    ".git",
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "HEAD",
    "pyvenv.cfg",
    "conda-meta",
    ".fslckout",
    "_FOSSIL_",
    "conf.py",
];

/// What an entry of this name says about the directory that holds it; 0 for most.
pub(crate) fn marker(name: &OsStr, is_dir: bool) -> Markers {
    match name.as_encoded_bytes() {
        b"pyproject.toml" => SETTINGS | PROJECT,
        b"setup.py" | b"setup.cfg" => PROJECT,
        b".coveragerc" => COVERAGE,
        b"conf.py" => SPHINX,
        // Also a file (a submodule, a linked work tree) or a symlink.
        b".git" => GIT,
        b".fslckout" | b"_FOSSIL_" => OTHER_VCS,
        b"pyvenv.cfg" | b"conda-meta" => ENVIRONMENT,
        b"HEAD" => HEAD,
        b"activate" if !is_dir => ACTIVATE,
        [b'p', b'y', b't', b'h', b'o', b'n', ..] if !is_dir => PYTHON,
        [.., b'.', b's', b'p', b'e', b'c'] if !is_dir => SPEC,
        [b'.' | b'_' | b'C', ..] if is_dir && is_vcs_dir(name) => OTHER_VCS,
        _ => 0,
    }
}

/// The order of a listing: markers (files first), other files, directories.
pub(crate) fn rank(entry: &DirEntry) -> u8 {
    let is_dir = entry.file_type().is_dir();
    let is_marker = marker(name_of(entry), is_dir) != 0;
    2 * u8::from(!is_marker) + u8::from(is_dir)
}

/// What is known about a directory.
#[derive(Debug, Clone, Default)]
pub(crate) struct Place {
    pub(crate) markers: Markers,
    /// The markers of the directory that holds it.
    pub(crate) markers_above: Markers,
    /// The rules in force: those above, narrowed by the settings of this directory.
    pub(crate) rules: Arc<Rules>,
    /// The nearest git work tree at or above it.
    pub(crate) repository: Option<Arc<Repository>>,
    /// Whether it is a git directory itself, as a bare repository is.
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
    ///
    /// # Errors
    ///
    /// If what the markers point at cannot be looked up.
    pub(crate) fn enter(above: &Self, dir: EntryPath<'_>, markers: Markers) -> io::Result<Self> {
        let is_work_tree = markers & GIT != 0;
        let is_git_dir = is_git_dir(dir.display, markers)?;
        let is_vcs = is_vcs_dir(file_name(dir.display).unwrap_or_default());
        let repository = if is_work_tree {
            Some(Arc::new(Repository::new(
                dir.canonical(),
                above.repository.clone(),
            )))
        } else {
            above.repository.clone()
        };
        // A work tree is no part of a repository or an environment that holds it.
        let outer = |flag: bool| flag && !is_work_tree;
        Ok(Self {
            markers,
            markers_above: above.markers,
            rules: Arc::clone(&above.rules),
            repository,
            is_git_dir,
            in_git_dir: is_git_dir || is_vcs || outer(above.in_git_dir),
            in_environment: markers & ENVIRONMENT != 0 || outer(above.in_environment),
            in_other_vcs: !is_work_tree && (markers & OTHER_VCS != 0 || above.in_other_vcs),
            project: above.project.clone(),
        })
    }

    pub(crate) fn has_any(&self, markers: Markers) -> bool {
        self.markers & markers != 0
    }

    /// Asks every git repository around a canonical path: it may be tracked by another than the
    /// nearest one, which was created later. Adds the first failure of each to `failures`.
    ///
    /// # Errors
    ///
    /// If one that may say "yes" cannot be read.
    pub(crate) fn ask_git(
        &self,
        path: &Path,
        question: impl Fn(&GitIndex, &Path) -> bool,
        failures: &mut Vec<Failure>,
    ) -> Result<bool, KeepReason> {
        let mut answer = Ok(false);
        let mut nearest = self.repository.as_deref();
        while let Some(repository) = nearest {
            match repository.index() {
                Ok(index) => {
                    let relative = path.strip_prefix(&repository.work_tree).unwrap_or(path);
                    if question(index, relative) {
                        return Ok(true);
                    }
                }
                Err(message) => {
                    answer = Err(KeepReason::Unknown);
                    if !repository.is_reported.swap(true, Ordering::Relaxed) {
                        let error = io::Error::other(message.to_owned());
                        let path = &repository.work_tree;
                        failures.push(Failure::new(Operation::ReadIndex, path, error));
                    }
                }
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
    index: OnceLock<Result<GitIndex, String>>,
    is_reported: AtomicBool,
    above: Option<Arc<Self>>,
}

impl Repository {
    fn new(work_tree: PathBuf, above: Option<Arc<Self>>) -> Self {
        Self {
            work_tree,
            index: OnceLock::new(),
            is_reported: AtomicBool::new(false),
            above,
        }
    }

    fn index(&self) -> Result<&GitIndex, &str> {
        let read = || GitIndex::read(&self.work_tree).map_err(|error| error.to_string());
        self.index
            .get_or_init(read)
            .as_ref()
            .map_err(String::as_str)
    }
}

/// Whether a directory is a git directory (`is_git_directory` in git's setup.c). Looked up only
/// if there is a `HEAD`, which is rare.
pub(crate) fn is_git_dir(dir: &Path, markers: Markers) -> io::Result<bool> {
    Ok(markers & HEAD != 0 && is_present(&dir.join("objects"))? && is_present(&dir.join("refs"))?)
}

/// Whether the programs of an environment are in this directory.
pub(crate) fn has_environment_programs(dir: &Path, markers: Markers) -> bool {
    let is_named = matches!(file_name(dir), Some(name) if name == "bin" || name == "Scripts");
    is_named && markers & ACTIVATE != 0 && markers & PYTHON != 0
}

/// The place of a PATH before it is walked: what is known of the directories above it, and the
/// rules that the settings from the root of its repository down to the PATH itself make.
#[derive(Debug, Clone)]
pub(crate) struct PathPlace {
    pub(crate) place: Arc<Place>,
    /// The settings files that count.
    pub(crate) settings: Vec<Arc<SettingsFile>>,
}

impl PathPlace {
    /// A place in the directory above all others.
    pub(crate) fn top(rules: Arc<Rules>) -> Self {
        let place = Place {
            rules,
            ..Place::default()
        };
        Self {
            place: Arc::new(place),
            settings: Vec::new(),
        }
    }

    /// The place of `dir`, which this place holds, on the way to the PATH `path`. Both are
    /// canonical. `base` are the rules without any settings. Outside a repository, only the
    /// settings of the PATH itself count, because other users may own the directories above.
    ///
    /// # Errors
    ///
    /// If it cannot be looked up, or its settings cannot be read.
    pub(crate) fn enter(
        &self,
        dir: &Path,
        path: &Path,
        base: &Arc<Rules>,
    ) -> Result<Self, Failure> {
        let markers = look_up_markers(dir).map_err(|error| Failure::read(dir, error))?;
        let entry = EntryPath {
            display: dir,
            canonical_root: dir.parent().unwrap_or(dir),
            relative: Path::new(dir.file_name().unwrap_or_default()),
        };
        let mut place =
            Place::enter(&self.place, entry, markers).map_err(|error| Failure::read(dir, error))?;
        let mut settings = self.settings.clone();
        let is_below_path = dir != path && dir.starts_with(path);
        if markers & GIT != 0 || (place.repository.is_none() && !is_below_path) {
            place.rules = Arc::clone(base);
            settings.clear();
        }
        let may_count =
            base.reads_settings && (dir.starts_with(path) || place.repository.is_some());
        if may_count
            && place.has_any(SETTINGS)
            && let Some(file) = settings::read(dir, path)?
        {
            place.rules = Arc::new(place.rules.narrowed(&file));
            settings.push(Arc::new(file));
        }
        Ok(Self {
            place: Arc::new(place),
            settings,
        })
    }
}

fn look_up_markers(dir: &Path) -> io::Result<Markers> {
    let mut markers = 0;
    for name in LOOKED_UP {
        if is_present(&dir.join(name))? {
            markers |= marker(name.as_ref(), false);
        }
    }
    for name in VCS_DIRS {
        if name != ".git" && is_present(&dir.join(name))? {
            markers |= OTHER_VCS;
        }
    }
    Ok(markers)
}
