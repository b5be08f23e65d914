//! Debris that is none: what git tracks, what is a repository itself, and the cache of
//! a user rather than of a project.

use std::collections::{BTreeMap, HashSet};
use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::erase::Erase;
use crate::failure::{Attempt, Failure};
use crate::git;
use crate::plan::{Kind, Target, Why, path_order, without_inner};
use crate::roots::Root;
use crate::scan::Found;

/// What was kept of the debris.
#[derive(Debug, Default)]
pub struct Kept {
    /// What was kept, by the words of the reason; in path order as it is shown.
    pub by_reason: Vec<(&'static str, Vec<Target>)>,
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
    kept.sort_out(
        &mut debris,
        "the cache of a user, not of a project",
        |target| {
            let path = real(target);
            let is_of_user = |home: &PathBuf| path.starts_with(home) || home.starts_with(&path);
            homes.iter().any(is_of_user) || is_in_a_home(&path)
        },
    );
    kept.sort_out(&mut debris, "a repository of its own", |target| {
        // A link goes without what it points to.
        target.kind == Kind::Tree && holds_repository(&real(target))
    });
    let (tracked, failures) = tracked(debris.iter().map(real));
    kept.failures = failures;
    kept.sort_out(&mut debris, "tracked by git", |target| {
        tracked.contains(&real(target))
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

    /// Moves here, out of `debris`, what `stays` for this reason.
    fn sort_out(
        &mut self,
        debris: &mut Vec<Target>,
        reason: &'static str,
        stays: impl Fn(&Target) -> bool,
    ) {
        let mut staying: Vec<_> = debris.extract_if(.., |target| stays(target)).collect();
        if !staying.is_empty() {
            staying.sort_unstable_by(|a, b| a.root.cmp(&b.root).then(path_order(&a.path, &b.path)));
            self.by_reason.push((reason, staying));
        }
    }
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
    let is_home = |directory: &Path| marks.iter().any(|mark| directory.join(mark).exists());
    path.file_name().is_some_and(|name| name == ".cache") && path.parent().is_some_and(is_home)
}

/// Whether a directory is a repository or holds one, as where a build is published
/// from a branch of its own.
fn holds_repository(directory: &Path) -> bool {
    let is_repository = |path: &Path| fs::symlink_metadata(path.join(".git")).is_ok();
    let Ok(entries) = fs::read_dir(directory) else {
        return false;
    };
    is_repository(directory)
        || entries.flatten().any(|entry| {
            entry.file_type().is_ok_and(|kind| kind.is_dir()) && is_repository(&entry.path())
        })
}

/// Which paths git tracks, and the repositories that could not be asked: there, all of
/// them are taken for tracked. Each repository is asked once.
fn tracked(paths: impl Iterator<Item = PathBuf>) -> (HashSet<PathBuf>, Vec<Failure>) {
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
    let (mut tracked, mut failures) = (HashSet::new(), Vec::new());
    for (top, paths) in repositories {
        let below = match git::tracked(&top, &paths) {
            Ok(below) => below,
            // Without git there is no guard, as there is none without a repository.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => {
                failures.push(Failure {
                    attempt: Attempt::Ask,
                    path: top.clone(),
                    error,
                });
                paths
            }
        };
        tracked.extend(below.into_iter().map(|path| top.join(path)));
    }
    (tracked, failures)
}
