//! The projects that the targets of a plan belong to: `--by-project`.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::iter;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::path::is_present;
use crate::plan::{Plan, Target, TargetKind};
use crate::pycache_prefix::PrefixDir;
use crate::roots::{Root, Roots, Scope};
use crate::rules::PROJECT_FILES;
use crate::stats::RemovalStats;

/// The projects of a plan. They are found before anything is removed.
#[derive(Debug, Default)]
pub(crate) struct Projects {
    /// The projects, in the order of the plan.
    pub(crate) list: Vec<Project>,
    /// The position in `list` of the project of each target.
    of_target: Vec<usize>,
}

/// A project, and what was removed in it.
#[derive(Debug)]
pub(crate) struct Project {
    /// Its directory as it is shown.
    pub(crate) path: PathBuf,
    /// What was removed.
    pub(crate) stats: RemovalStats,
    /// The kinds of what was removed, each in one word.
    pub(crate) kinds: BTreeSet<&'static str>,
}

impl Projects {
    /// Finds the project of each target: the nearest [marked](Finder::is_marked) directory
    /// at or above its [`start_dir`], or else the top-level directory below the PATH. No
    /// project is above the PATH. Adds what could not be looked up to `failures`.
    pub(crate) fn find(plan: &Plan, roots: &Roots, failures: &mut Vec<Failure>) -> Self {
        let mut projects = Self::default();
        let mut finder = Finder::default();
        let mut by_canonical_path: HashMap<PathBuf, usize> = HashMap::new();
        let is_same_dir =
            |a: &Target, b: &Target| a.dir.root.id == b.dir.root.id && start_dir(a) == start_dir(b);
        for targets in plan.targets.chunk_by(is_same_dir) {
            let (root, dir) = source_dir(targets[0].dir.root, &start_dir(&targets[0]), roots);
            let project = finder.find(root, &dir);
            let next = projects.list.len();
            let position = *by_canonical_path
                .entry(root.canonical.join(project))
                .or_insert(next);
            if position == next {
                projects.list.push(Project {
                    path: root.display_path(project),
                    stats: RemovalStats::default(),
                    kinds: BTreeSet::new(),
                });
            }
            let positions = iter::repeat_n(position, targets.len());
            projects.of_target.extend(positions);
        }
        let failed = finder.failures.into_iter();
        failures.extend(failed.map(|(path, error)| Failure::read(path, error)));
        projects
    }

    /// Adds what was removed of the target at this position of the plan.
    pub(crate) fn add(&mut self, index: usize, target: &Target, stats: &RemovalStats) {
        if !stats.is_empty() {
            let project = &mut self.list[self.of_target[index]];
            project.stats += stats.clone();
            project.kinds.insert(target.kind_word());
        }
    }
}

/// Finds marked directories.
#[derive(Debug, Default)]
struct Finder {
    /// The last directory and all above it, the outermost first: the position of the root,
    /// the relative path, and whether it is marked. The plan is in path order, so most
    /// directories are looked up once.
    known: Vec<(usize, PathBuf, bool)>,
    /// What could not be looked up.
    failures: BTreeMap<PathBuf, io::Error>,
}

impl Finder {
    fn find<'d>(&'d mut self, root: &Root, dir: &'d Path) -> &'d Path {
        let is_elsewhere =
            |(id, known, _): &mut (usize, PathBuf, bool)| *id != root.id || !dir.starts_with(known);
        while self.known.pop_if(is_elsewhere).is_some() {}
        let unknown = dir.ancestors().count().saturating_sub(self.known.len());
        let unknown: Vec<_> = dir.ancestors().take(unknown).collect();
        for dir in unknown.into_iter().rev() {
            let is_marked = self.is_marked(root, dir);
            self.known.push((root.id, dir.to_path_buf(), is_marked));
        }
        match self.known.iter().rfind(|(.., is_marked)| *is_marked) {
            Some((_, project, _)) => project,
            None => dir.iter().next().map_or(dir, Path::new),
        }
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
                    self.failures.insert(path, error);
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
fn start_dir<'t>(target: &'t Target) -> Cow<'t, Path> {
    match target.kind {
        TargetKind::EmptyDir(_) => target.path().into(),
        TargetKind::File(..) | TargetKind::Tree(_) => (&*target.dir.path).into(),
    }
}

/// A directory with targets, or the directory of the sources if Python caches bytecode there
/// (`PYTHONPYCACHEPREFIX`), with its root.
fn source_dir<'a>(root: &'a Root, dir: &Path, roots: &'a Roots) -> (&'a Root, PathBuf) {
    match &root.scope {
        Scope::PrefixDirs(dirs) if !dirs.iter().any(|dir| dir.is_path_argument) => {
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
