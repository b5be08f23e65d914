//! The projects that the targets of a plan belong to: `--by-project`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::path::is_present;
use crate::plan::{Plan, Target, TargetKind};
use crate::pycache_prefix::PrefixDir;
use crate::roots::{Root, Roots, Scope};
use crate::rules::PROJECT_FILES;

/// The projects of a plan. They are found before anything is removed.
#[derive(Debug, Default)]
pub(crate) struct Projects {
    /// The directory of each project as it is shown.
    pub(crate) paths: Vec<PathBuf>,
    /// What could not be looked up.
    pub(crate) failures: Vec<Failure>,
    /// The position in `paths` of the project of each start directory, which is identified
    /// by the position of its root and by its path relative to the root.
    of_dir: HashMap<(usize, Box<Path>), usize>,
}

impl Projects {
    /// Finds the project of each target: the nearest [marked](Finder::is_marked) directory
    /// at or above its [`start_dir`], or else the top-level directory below the PATH. No
    /// project is above the PATH.
    pub(crate) fn find(plan: &Plan, roots: &Roots) -> Self {
        let mut projects = Self::default();
        let mut finder = Finder::default();
        let mut by_canonical_path: HashMap<PathBuf, usize> = HashMap::new();
        for target in &plan.targets {
            let key = (target.dir.root.id, start_dir(target));
            if projects.of_dir.contains_key(&key) {
                continue;
            }
            let (root, dir) = source_dir(target.dir.root, &key.1, roots);
            let project = finder.find(root, &dir);
            let next = projects.paths.len();
            let position = *by_canonical_path
                .entry(root.canonical.join(project))
                .or_insert(next);
            if position == next {
                projects.paths.push(root.display_path(project));
            }
            projects.of_dir.insert(key, position);
        }
        projects.failures = finder.failures;
        projects
    }

    /// The position in `paths` of the project of a target.
    pub(crate) fn position(&self, target: &Target) -> Option<usize> {
        let key = (target.dir.root.id, start_dir(target));
        self.of_dir.get(&key).copied()
    }
}

/// Looks up each directory once.
#[derive(Debug, Default)]
struct Finder {
    /// Whether a directory is marked, by the position of its root and its relative path.
    marked: HashMap<(usize, PathBuf), bool>,
    failures: Vec<Failure>,
}

impl Finder {
    fn find<'d>(&mut self, root: &Root, dir: &'d Path) -> &'d Path {
        for dir in dir.ancestors() {
            let key = (root.id, dir.to_path_buf());
            let is_marked = match self.marked.get(&key) {
                Some(known) => *known,
                None => {
                    let is_marked = self.is_marked(root, dir);
                    self.marked.insert(key, is_marked);
                    is_marked
                }
            };
            if is_marked {
                return dir;
            }
        }
        dir.iter().next().map_or(dir, Path::new)
    }

    /// Whether a directory contains a file that describes a Python project, or a `.git`.
    fn is_marked(&mut self, root: &Root, dir: &Path) -> bool {
        for name in PROJECT_FILES.iter().chain(&[".git"]) {
            let marker = dir.join(name);
            match is_present(&root.path.join(&marker)) {
                Ok(false) => {}
                Ok(true) => return true,
                Err(error) => {
                    let path = root.display_path(&marker);
                    self.failures.push(Failure::read(path, error));
                    return false;
                }
            }
        }
        false
    }
}

/// The directory in which the search for the project of a target starts: the directory that
/// holds it. A directory that is removed because it is empty can be a project itself; other
/// directories, such as the copy of a project in `mutants`, cannot.
fn start_dir(target: &Target) -> Box<Path> {
    match target.kind {
        TargetKind::EmptyDir(_) => target.path().into(),
        TargetKind::File(..) | TargetKind::Tree(_) => target.dir.path.clone(),
    }
}

/// A directory with targets, or the directory of the sources if Python caches bytecode there
/// (`PYTHONPYCACHEPREFIX`), with its root.
fn source_dir<'a>(root: &'a Root, dir: &Path, roots: &'a Roots) -> (&'a Root, PathBuf) {
    match &root.scope {
        Scope::PrefixDirs(dirs) if !dirs.iter().any(|dir| dir.is_path) => {
            // Directories between the prefix and the counterparts belong to no project.
            find_source_dir(dir, dirs, roots).unwrap_or((root, PathBuf::new()))
        }
        _ => (root, dir.to_path_buf()),
    }
}

/// The directory of the sources whose bytecode is in `dir`. It is only used to group what is
/// removed: `None` if it cannot be found.
fn find_source_dir<'a>(
    dir: &Path,
    prefix_dirs: &[PrefixDir],
    roots: &'a Roots,
) -> Option<(&'a Root, PathBuf)> {
    let is_above = |prefix_dir: &&PrefixDir| dir.starts_with(&prefix_dir.relative);
    let prefix_dir = prefix_dirs.iter().find(is_above)?;
    let below = dir.strip_prefix(&prefix_dir.relative).ok()?;
    let source_dir = prefix_dir.canonical_source_dir.join(below);
    let trees = roots.list.iter().filter(|root| root.is_tree());
    let root = trees
        .filter(|root| source_dir.starts_with(&root.canonical))
        .max_by_key(|root| root.canonical.as_os_str().len())?;
    let relative = source_dir.strip_prefix(&root.canonical).ok()?;
    Some((root, relative.to_path_buf()))
}
