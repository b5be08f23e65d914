//! Debris that is none: what git tracks, what is a repository itself, and the cache of
//! a user rather than of a project.

use std::collections::{BTreeMap, HashSet};
use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::erase::{Erase, STORES};
use crate::failure::{Attempt, Failure};
use crate::git;
use crate::plan::{Kind, Target, Why, without_inner};
use crate::roots::Root;
use crate::scan::Found;

/// What was kept of the debris.
#[derive(Debug, Default)]
pub struct Kept {
    /// What was kept, by the words of the reason; in path order as it is shown.
    pub by_reason: Vec<(&'static str, Vec<Target>)>,
    /// Repositories that could not be asked as there is no git. No guard keeps what is in
    /// them.
    pub unguarded: Vec<PathBuf>,
    /// Repositories that could not be asked. Nothing in them goes as debris.
    pub failures: Vec<Failure>,
}

/// Takes out of `found` the debris that had better stay, all but what the user named for
/// erasing.
pub fn keep(found: &mut Found, roots: &[Root], erase: &Erase) -> Kept {
    let hollows = found.hollows.iter().map(|hollow| &hollow.target);
    let mut debris: Vec<_> = found
        .targets
        .iter()
        .chain(hollows)
        // A directory that is only emptied goes by what becomes of the rest.
        .filter(|target| matches!(target.why, Why::Debris(_)) && target.kind != Kind::Emptied)
        .cloned()
        .collect();
    // What debris holds is judged with it.
    debris = without_inner(debris);
    let mut kept = Kept::default();
    if debris.is_empty() {
        return kept;
    }
    let real = |target: &Target| roots[target.root].real.join(&target.path);
    let homes = cache_homes();
    kept.sort_out(&mut debris, |target| {
        let path = real(target);
        let is_of_user = |home: &PathBuf| path.starts_with(home) || home.starts_with(&path);
        let is_cache = homes.iter().any(is_of_user) || is_in_a_home(&path);
        is_cache.then_some("the cache of a user, not of a project")
    });
    // A link goes without what it points to.
    kept.sort_out(&mut debris, |target| match target.kind {
        Kind::Tree => life_of_its_own(&real(target), &target.why),
        _ => None,
    });
    let Tracked { tracked, unknown } = kept.tracked(debris.iter().map(real));
    kept.sort_out(&mut debris, |target| match real(target) {
        path if tracked.contains(&path) => Some("tracked by git"),
        path if unknown.contains(&path) => Some("git cannot tell whether it is tracked"),
        _ => None,
    });

    let places: HashSet<_> = kept
        .targets()
        .map(|kept| (kept.root, &*kept.path))
        .collect();
    let is_kept = |target: &Target| {
        let mut around = target.path.ancestors();
        matches!(target.why, Why::Debris(_))
            && around.any(|path| places.contains(&(target.root, path)))
    };
    // Whether that stays is known when it has been searched for what was named.
    found.forget(|target| is_kept(target) && erase.matches(&target.path, true));
    found.keep(is_kept);
    kept
}

impl Kept {
    /// All that was kept.
    pub fn targets(&self) -> impl Iterator<Item = &Target> {
        self.by_reason.iter().flat_map(|(_, targets)| targets)
    }

    /// Moves here, out of `debris`, what there is a `reason` to keep.
    fn sort_out(
        &mut self,
        debris: &mut Vec<Target>,
        reason: impl Fn(&Target) -> Option<&'static str>,
    ) {
        let mut staying = BTreeMap::<_, Vec<_>>::new();
        debris.retain(|target| match reason(target) {
            Some(reason) => {
                staying.entry(reason).or_default().push(target.clone());
                false
            }
            None => true,
        });
        self.by_reason.extend(staying);
    }

    /// Which paths git tracks. Each repository is asked once.
    fn tracked(&mut self, paths: impl Iterator<Item = PathBuf>) -> Tracked {
        let mut repositories: BTreeMap<PathBuf, HashSet<PathBuf>> = BTreeMap::new();
        for path in paths {
            let mut above = path.ancestors().skip(1);
            if let Some(top) = above.find(|above| above.join(".git").exists())
                && let Ok(below) = path.strip_prefix(top)
            {
                let paths = repositories.entry(top.to_path_buf()).or_default();
                paths.insert(below.to_path_buf());
            }
        }
        let mut all = Tracked::default();
        for (top, paths) in repositories {
            let (place, below) = match git::tracked(&top, &paths) {
                Ok(below) => (&mut all.tracked, below),
                // Without git there is no guard, as there is none without a repository.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    self.unguarded.push(top);
                    continue;
                }
                Err(error) => {
                    self.failures.push(Failure {
                        attempt: Attempt::Ask,
                        path: top.clone(),
                        error,
                    });
                    (&mut all.unknown, paths)
                }
            };
            place.extend(below.into_iter().map(|path| top.join(path)));
        }
        all
    }
}

/// What git says of paths.
#[derive(Default)]
struct Tracked {
    tracked: HashSet<PathBuf>,
    /// Those of repositories that could not be asked.
    unknown: HashSet<PathBuf>,
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
