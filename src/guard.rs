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
use crate::plan::{Hollow, Kind, Needs, Plan, Target, Why, path_order, settle, without_inner};
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
    /// Repositories that could not be asked. Nothing in them goes as debris or as empty.
    pub failures: Vec<Failure>,
}

impl Kept {
    /// Takes out of `found` the debris and the empty directories that had better stay, all
    /// but what the user named for erasing.
    pub fn guard(&mut self, found: &mut Found, roots: &[Root], erase: &Erase) {
        let is_debris = |target: &Target| matches!(target.why, Why::Debris(_));
        let is_emptied = |target: &Target| target.kind == Kind::Emptied;
        // Caches and mirrors go with their bytecode, not for being empty.
        let is_candidate = |hollow: &&Hollow| {
            let Hollow { target, needs, .. } = hollow;
            let is_cache = target.path.ends_with(CACHE_DIRECTORY) || *needs != Needs::Nothing;
            is_debris(target) || (target.why == Why::Empty && !is_cache)
        };
        let hollows = &mut found.hollows;
        if !found.targets.iter().any(is_debris) && !hollows.iter().any(|one| is_candidate(&one)) {
            return;
        }
        settle(hollows);
        let hollows = hollows.iter().filter(is_candidate);
        let hollows = hollows.filter(|hollow| hollow.goes() || !is_emptied(&hollow.target));
        let debris = found.targets.iter().filter(|target| is_debris(target));
        let candidates = debris.chain(hollows.map(|hollow| &hollow.target));
        // What debris holds is judged with it.
        let mut candidates = without_inner(candidates.cloned().collect());
        let real = |target: &Target| target.real(roots);
        let mut stores = Nearest::default();
        self.sort_out(&mut candidates, |target| {
            let path = real(target);
            // A work tree is none of what is kept, also if it lies there.
            let says = |above: &Path| match is_store(above) {
                true => Some(true),
                false => git::is_top(above).then_some(false),
            };
            let is_part = stores.of(path.parent()?, says) == Some(true);
            (is_part || (is_emptied(target) && is_store(&path))).then_some("part of a repository")
        });
        let (emptied, debris) = candidates.into_iter().partition(is_emptied);
        self.keep_debris(debris, real);
        self.keep_emptied(emptied, real);

        let places = self.targets();
        let places = places.map(|kept| ((kept.root, &*kept.path), is_emptied(kept)));
        let places: HashMap<_, _> = places.collect();
        let is_kept = |target: &Target| {
            let place = |path: &Path| places.get(&(target.root, path)).copied();
            let is_emptied_place = place(&target.path) == Some(true);
            let is_in_tree = |path: &Path| place(path) == Some(false);
            match target.why {
                Why::Debris(_) => is_emptied_place || target.path.ancestors().any(is_in_tree),
                Why::Empty => is_emptied_place,
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

    /// Takes note of directories that were named for erasing and are not empty, but for
    /// those of which that has been told.
    pub fn full(&mut self, found: &mut Found) {
        settle(&mut found.hollows);
        let told: HashSet<_> = self.targets().map(|kept| (kept.root, &kept.path)).collect();
        let is_full = |hollow: &&Hollow| {
            let Target {
                root, path, why, ..
            } = &hollow.target;
            *why == Why::Erased && !hollow.goes() && !told.contains(&(*root, path))
        };
        let full = found.hollows.iter().filter(is_full);
        let full: Vec<_> = full.map(|hollow| hollow.target.clone()).collect();
        if !full.is_empty() {
            self.by_reason.insert("not empty", full);
        }
    }

    /// All that was kept.
    pub fn targets(&self) -> impl Iterator<Item = &Target> {
        self.by_reason.values().flatten()
    }

    /// Without what goes after all, as the user named it for erasing; in path order.
    pub fn without(mut self, plan: &Plan, roots: &[Root]) -> Kept {
        let real = |target: &Target| target.real(roots);
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

    /// Asks the repositories that hold `paths` which of them they know. All that hold one:
    /// it may be tracked by another than the nearest, which was made there later.
    fn ask(
        &mut self,
        paths: impl Iterator<Item = PathBuf>,
        ask: impl Fn(&Path, &HashSet<PathBuf>) -> io::Result<HashSet<PathBuf>>,
    ) -> Answer {
        let mut tops = Nearest::default();
        let mut nearest_top = |path: &Path| {
            let directory = path.parent()?;
            tops.of(directory, |above| {
                git::is_top(above).then(|| above.to_path_buf())
            })
        };
        let mut repositories: BTreeMap<PathBuf, Held> = BTreeMap::new();
        for path in paths {
            let mut inner: Option<PathBuf> = None;
            while let Some(top) = nearest_top(inner.as_deref().unwrap_or(&path)) {
                let held = repositories.entry(top.clone()).or_default();
                if let Ok(below) = path.strip_prefix(&top) {
                    held.all.insert(below.to_path_buf());
                }
                if inner.is_none() {
                    held.nearest.push(path.clone());
                }
                inner = Some(top);
            }
        }
        let mut answer = Answer::default();
        for (top, Held { all, nearest }) in repositories {
            match ask(&top, &all) {
                Ok(below) => {
                    let paths = below.into_iter().map(|path| top.join(path));
                    answer.yes.extend(paths);
                }
                // What lies in a repository of its own is that one's first of all.
                Err(_) if nearest.is_empty() => {}
                // Without git there is no guard, as there is none without a repository.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    if !self.unguarded.contains(&top) {
                        self.unguarded.push(top);
                    }
                }
                Err(error) => {
                    answer.unknown.extend(nearest);
                    if !self.failures.iter().any(|failure| failure.path == top) {
                        self.failures.push(Failure {
                            attempt: Attempt::Ask,
                            path: top,
                            error,
                        });
                    }
                }
            }
        }
        answer
    }
}

/// Paths that a repository holds.
#[derive(Default)]
struct Held {
    /// Those that it holds at any depth, below its top.
    all: HashSet<PathBuf>,
    /// Those that no other repository in it holds.
    nearest: Vec<PathBuf>,
}

/// What the repositories said of paths.
#[derive(Default)]
struct Answer {
    yes: HashSet<PathBuf>,
    /// Those of repositories that could not be asked.
    unknown: HashSet<PathBuf>,
}

/// What the nearest directory around says, remembered, as many lie in the same ones.
struct Nearest<T>(HashMap<PathBuf, Option<T>>);

impl<T: Clone> Nearest<T> {
    /// What `says` finds of `directory`, or else of the nearest directory above of which
    /// it finds anything.
    fn of(&mut self, directory: &Path, says: impl Fn(&Path) -> Option<T>) -> Option<T> {
        let mut said = None;
        let mut unknown = Vec::new();
        for above in directory.ancestors() {
            if let Some(known) = self.0.get(above) {
                said = known.clone();
                break;
            }
            unknown.push(above);
            said = says(above);
            if said.is_some() {
                break;
            }
        }
        for directory in unknown {
            self.0.insert(directory.to_path_buf(), said.clone());
        }
        said
    }
}

impl<T> Default for Nearest<T> {
    fn default() -> Self {
        Nearest(HashMap::new())
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
