//! Debris that is none: what git tracks, what is a repository or part of one, and the
//! cache of a user rather than of a project. Empty directories that are not to be missed.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::erase::{Erase, STORES};
use crate::failure::{Attempt, Failure};
use crate::git;
use crate::plan::{Hollow, Kind, Plan, Target, Why, path_order, settle, without_inner};
use crate::roots::Root;
use crate::rules::CACHE_DIRECTORY;
use crate::scan::Found;

/// What was kept of debris and empty directories.
#[derive(Debug, Default)]
pub struct Kept {
    /// What was kept, by the words of the reason.
    pub by_reason: BTreeMap<&'static str, Vec<Target>>,
    /// Repositories that could not be asked as there is no git. No guard keeps what is in
    /// them.
    pub unguarded: Vec<PathBuf>,
    /// Repositories that could not be asked. Nothing in them goes as debris.
    pub failures: Vec<Failure>,
}

impl Kept {
    /// Takes out of `found` the debris and the empty directories that had better stay, all
    /// but what the user named for erasing.
    pub fn guard(&mut self, found: &mut Found, roots: &[Root], erase: &Erase) {
        let is_candidate = |target: &Target| match target.why {
            Why::Debris(_) => true,
            Why::Empty => !target.path.ends_with(CACHE_DIRECTORY),
            _ => false,
        };
        let hollows = found.hollows.iter().map(|hollow| &hollow.target);
        if !found.targets.iter().chain(hollows).any(is_candidate) {
            return;
        }
        settle(&mut found.hollows);
        let is_emptied = |target: &Target| target.kind == Kind::Emptied;
        let hollows = found.hollows.iter();
        let hollows = hollows.filter(|hollow| hollow.goes() || !is_emptied(&hollow.target));
        let candidates = found
            .targets
            .iter()
            .chain(hollows.map(|hollow| &hollow.target))
            .filter(|target| is_candidate(target));
        // What debris holds is judged with it.
        let mut candidates = without_inner(candidates.cloned().collect());
        let real = |target: &Target| roots[target.root].real.join(&target.path);
        let mut stores = Known::default();
        self.sort_out(&mut candidates, |target| {
            let is_part = !stores.above(&real(target), is_store).is_empty();
            is_part.then_some("part of a repository")
        });
        let (emptied, debris) = candidates.into_iter().partition(is_emptied);
        self.keep_debris(debris, real);
        self.keep_emptied(emptied, real);

        let places = self.targets().map(|kept| (kept.root, &*kept.path));
        let places: HashSet<_> = places.collect();
        let is_kept = |target: &Target| {
            let mut around = target.path.ancestors();
            let is_place = |path: &Path| places.contains(&(target.root, path));
            match target.why {
                Why::Debris(_) => around.any(is_place),
                Why::Empty => is_place(&target.path),
                _ => false,
            }
        };
        // Whether a tree stays is known when it has been searched for what was named.
        found.forget(|target| {
            !is_emptied(target) && is_kept(target) && erase.matches(&target.path, true)
        });
        found.keep(is_kept);
    }

    /// Keeps debris that is no tool's.
    fn keep_debris(&mut self, mut debris: Vec<Target>, real: impl Fn(&Target) -> PathBuf) {
        let homes = cache_homes();
        self.sort_out(&mut debris, |target| {
            let path = real(target);
            let is_of_user = |home: &PathBuf| path.starts_with(home) || home.starts_with(&path);
            let is_cache = homes.iter().any(is_of_user) || is_in_a_home(&path);
            is_cache.then_some("the cache of a user, not of a project")
        });
        // A link goes without what it points to.
        self.sort_out(&mut debris, |target| match target.kind {
            Kind::Tree => life_of_its_own(&real(target), &target.why),
            _ => None,
        });
        let tracked = self.ask(debris.iter().map(&real), git::tracked);
        self.sort_out(&mut debris, |target| match real(target) {
            path if tracked.yes.contains(&path) => Some("tracked by git"),
            path if tracked.unknown.contains(&path) => {
                Some("git cannot tell whether it is tracked")
            }
            _ => None,
        });
    }

    /// Keeps directories that are not empty by chance.
    fn keep_emptied(&mut self, mut emptied: Vec<Target>, real: impl Fn(&Target) -> PathBuf) {
        // Git tracks an empty directory where one is not checked out.
        let submodules = self.ask(emptied.iter().map(&real), |top, paths| {
            match top.join(".gitmodules").exists() {
                true => git::submodules(top, paths),
                false => Ok(HashSet::new()),
            }
        });
        self.sort_out(&mut emptied, |target| match real(target) {
            path if submodules.yes.contains(&path) => Some("a submodule"),
            path if submodules.unknown.contains(&path) => {
                Some("git cannot tell whether it is a submodule")
            }
            _ => None,
        });
    }

    /// Takes note of directories that were named for erasing and are not empty.
    pub fn full(&mut self, found: &mut Found) {
        settle(&mut found.hollows);
        let stays = |hollow: &&Hollow| hollow.target.why == Why::Erased && !hollow.goes();
        let mut full = found.hollows.iter().filter(stays).peekable();
        if full.peek().is_some() {
            let kept = self.by_reason.entry("not empty").or_default();
            kept.extend(full.map(|hollow| hollow.target.clone()));
        }
    }

    /// All that was kept.
    pub fn targets(&self) -> impl Iterator<Item = &Target> {
        self.by_reason.values().flatten()
    }

    /// Without what goes after all, as the user named it for erasing; in path order.
    pub fn without(mut self, plan: &Plan, roots: &[Root]) -> Kept {
        let real = |target: &Target| roots[target.root].real.join(&target.path);
        let erased = plan
            .targets
            .iter()
            .filter(|target| target.why == Why::Erased);
        let erased: HashSet<_> = erased.map(real).collect();
        self.by_reason.retain(|_, targets| {
            targets.retain(|target| !erased.contains(&real(target)));
            targets.sort_by(|a, b| path_order(&a.shown(roots), &b.shown(roots)));
            !targets.is_empty()
        });
        self
    }

    /// Moves here, out of `found`, what there is a `reason` to keep.
    fn sort_out(
        &mut self,
        found: &mut Vec<Target>,
        mut reason: impl FnMut(&Target) -> Option<&'static str>,
    ) {
        found.retain(|target| match reason(target) {
            Some(reason) => {
                let staying = self.by_reason.entry(reason).or_default();
                staying.push(target.clone());
                false
            }
            None => true,
        });
    }

    /// Asks each repository that holds some of `paths` which of them it knows.
    fn ask(
        &mut self,
        paths: impl Iterator<Item = PathBuf>,
        ask: impl Fn(&Path, &HashSet<PathBuf>) -> io::Result<HashSet<PathBuf>>,
    ) -> Answer {
        let mut tops = Known::default();
        let mut repositories: BTreeMap<PathBuf, HashSet<PathBuf>> = BTreeMap::new();
        for path in paths {
            // All of them: one may track what lies in another that was made there later.
            for top in tops.above(&path, |above| above.join(".git").exists()) {
                if let Ok(below) = path.strip_prefix(top) {
                    let paths = repositories.entry(top.to_path_buf()).or_default();
                    paths.insert(below.to_path_buf());
                }
            }
        }
        let mut answer = Answer::default();
        for (top, paths) in repositories {
            let (place, below) = match ask(&top, &paths) {
                Ok(below) => (&mut answer.yes, below),
                // Without git there is no guard, as there is none without a repository.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    if !self.unguarded.contains(&top) {
                        self.unguarded.push(top);
                    }
                    continue;
                }
                Err(error) => {
                    if !self.failures.iter().any(|failure| failure.path == top) {
                        self.failures.push(Failure {
                            attempt: Attempt::Ask,
                            path: top.clone(),
                            error,
                        });
                    }
                    (&mut answer.unknown, paths)
                }
            };
            place.extend(below.into_iter().map(|path| top.join(path)));
        }
        answer
    }
}

/// What the repositories said of paths.
#[derive(Default)]
struct Answer {
    yes: HashSet<PathBuf>,
    /// Those of repositories that could not be asked.
    unknown: HashSet<PathBuf>,
}

/// What is known of directories, as many paths lie in the same ones.
#[derive(Default)]
struct Known(HashMap<PathBuf, bool>);

impl Known {
    /// The directories around `path` that are such a one.
    fn above<'p>(&mut self, path: &'p Path, is_one: impl Fn(&Path) -> bool) -> Vec<&'p Path> {
        let is_known = |above: &&Path| match self.0.get(*above) {
            Some(known) => *known,
            None => *self.0.entry(above.to_path_buf()).or_insert(is_one(above)),
        };
        path.ancestors().skip(1).filter(is_known).collect()
    }
}

/// Whether a directory is where version control keeps a repository.
fn is_store(directory: &Path) -> bool {
    STORES.iter().any(|store| directory.ends_with(store)) || git::is_store(directory)
}

/// Where this user's programs keep their caches (the XDG base directories, and what
/// macOS and Windows have instead).
fn cache_homes() -> Vec<PathBuf> {
    let variable = |name| {
        env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let home = variable("HOME");
    let in_home = |name| home.as_ref().map(|home| home.join(name));
    let homes = [
        variable("XDG_CACHE_HOME"),
        in_home(".cache"),
        in_home("Library/Caches"),
        variable("LOCALAPPDATA"),
    ];
    homes
        .into_iter()
        .flatten()
        .filter_map(|path| fs::canonicalize(path).ok())
        .collect()
}

/// Whether a `.cache` lies in what looks like the home of somebody, who need not be
/// the user that runs this.
fn is_in_a_home(path: &Path) -> bool {
    let marks = [
        ".profile",
        ".bashrc",
        ".zshrc",
        ".bash_history",
        ".local/share",
        ".ssh",
    ];
    // Also by a link that leads nowhere, as where settings are kept elsewhere.
    let is_there = |path: PathBuf| path.symlink_metadata().is_ok();
    let is_home = |directory: &Path| marks.iter().any(|mark| is_there(directory.join(mark)));
    path.ancestors().any(|path| {
        path.file_name().is_some_and(|name| name == ".cache") && path.parent().is_some_and(is_home)
    })
}

/// Why a directory is more than what a tool left behind, if it is: it may have the name of
/// debris and be, or hold, a repository, as where a build is published from a branch of
/// its own, or an environment of Python.
fn life_of_its_own(directory: &Path, why: &Why) -> Option<&'static str> {
    // Environments are what these topics are about, or what a tool keeps in a cache.
    let may_hold_environments = matches!(why, Why::Debris("tox" | "nox" | "cache"));
    let is_environment = |path: &Path| {
        ["pyvenv.cfg", "conda-meta"]
            .iter()
            .any(|mark| path.ends_with(mark))
    };
    let is_store = |path: &Path| {
        STORES.iter().any(|store| path.ends_with(store))
            || (path.ends_with("refs") && path.parent().is_some_and(git::is_store))
    };
    // Where an environment is called `build`, its `lib` looks like debris.
    let above = directory.parent().unwrap_or(directory);
    if above.ends_with("build") && above.join("pyvenv.cfg").exists() {
        return Some("part of an environment");
    }
    let entries = WalkDir::new(directory).follow_root_links(false).into_iter();
    entries.flatten().find_map(|entry| {
        let path = entry.path();
        if is_store(path) {
            Some("a repository of its own")
        } else if is_environment(path) && !may_hold_environments {
            Some("an environment of its own")
        } else {
            None
        }
    })
}
