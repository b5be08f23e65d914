//! Bytecode that git tracks. Without a source it is a shipped program, and is kept; with a
//! source it is removed, but the user is told.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Found, Kept, NoteKind};
use crate::guard::{Guard, KeepReason, Repository};
use crate::plan::{Reason, Target, TargetKind, Tree};
use crate::pyc::BytecodeName;
use crate::roots::{Location, Root, Roots, Scope};
use crate::rules::CACHE_DIR;

/// Repositories that track bytecode.
struct Trackers(Vec<Tracker>);

struct Tracker {
    repository: Arc<Repository>,
    /// Whether it told which files it tracks.
    is_known: bool,
}

/// Whether a file is tracked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Untracked,
    Tracked,
    Unknown,
}

/// Keeps tracked bytecode without a source.
///
/// With `erases`, what a glob of `--erase` matches is removed all the same: the user asked
/// for it, and will not be asked again.
pub(super) fn keep_programs(found: &mut Found, roots: &Roots, guard: &Guard, erases: bool) {
    if !found.targets.iter().any(is_bytecode) {
        return;
    }
    let trackers = Trackers::find(found, roots, guard);
    if trackers.0.is_empty() {
        return;
    }
    let mut kept = Vec::new();
    for target in std::mem::take(&mut found.targets) {
        if is_bytecode(&target) {
            keep_in_target(target, &trackers, erases, found, &mut kept);
        } else {
            found.targets.push(target);
        }
    }
    // The directories that would have been empty are not.
    let mut blocked: HashSet<&Path> = HashSet::new();
    for path in &kept {
        blocked.extend(path.ancestors());
    }
    found.targets.retain(|target| {
        let is_dir = matches!(target.kind, TargetKind::EmptyDir);
        !is_dir || !blocked.contains(&*target.canonical())
    });
}

/// Whether a target is bytecode that the user did not name himself.
fn is_bytecode(target: &Target) -> bool {
    let is_named = matches!(target.dir.root.scope, Scope::Entries(_));
    !is_named && matches!(target.reason, Reason::Bytecode | Reason::Stale(_))
}

/// Adds to `found` what is removed of a target, and to `kept` the canonical paths of what
/// is not.
fn keep_in_target<'a>(
    mut target: Target<'a>,
    trackers: &Trackers,
    erases: bool,
    found: &mut Found<'a>,
    kept: &mut Vec<PathBuf>,
) {
    let Location { root, path: parent } = &*Arc::clone(&target.dir);
    let mut keep = |found: &mut Found, dir: &Path, name: &OsStr| {
        let relative = dir.join(name);
        let is_erased = erases
            && root
                .rules
                .erase
                .is_match(root.relative_to_path(&relative), false);
        let is_kept = !is_erased && trackers.keep_file(root, &relative, found);
        if is_kept {
            kept.push(root.canonical.join(relative));
        }
        is_kept
    };
    let TargetKind::Tree(tree) = &mut target.kind else {
        if !matches!(target.kind, TargetKind::File(_)) || !keep(found, parent, &target.name) {
            found.targets.push(target);
        }
        return;
    };
    let mut is_blocked = vec![false; tree.dirs.len()];
    for index in (0..tree.dirs.len()).rev() {
        let dir = parent.join(tree.dir_path(index));
        let is_complete = tree.dirs[index].retain_files(|name| !keep(found, &dir, name));
        if !is_complete || is_blocked[index] {
            is_blocked[index] = true;
            is_blocked[tree.dirs[index].parent] = true;
        }
    }
    if !is_blocked[0] {
        found.targets.push(target);
        return;
    }
    let tree = std::mem::replace(&mut **tree, Tree::empty());
    let targets = Target::split_tree(root, parent, tree, &is_blocked, target.reason);
    found.targets.extend(targets);
}

/// Whether the source of a bytecode file exists. If that cannot be found out, it does not.
fn has_source(path: &Path) -> bool {
    let name = path.file_name().and_then(BytecodeName::parse);
    let (Some(name), Some(dir)) = (name, path.parent()) else {
        return true;
    };
    let source_dir = if dir.ends_with(CACHE_DIR) {
        dir.parent().unwrap_or(dir)
    } else {
        dir
    };
    let mut suffixes = name.source_suffixes().iter();
    suffixes.any(|suffix| {
        source_dir
            .join(name.source_name(*suffix))
            .symlink_metadata()
            .is_ok()
    })
}

impl Trackers {
    /// Asks the repositories around the PATHs, and those that the walk met.
    fn find(found: &Found, roots: &Roots, guard: &Guard) -> Self {
        let met = found
            .notes
            .iter()
            .filter(|note| note.kind == NoteKind::WorkTree);
        let met = met.map(|note| note.dir.canonical());
        let dirs: HashSet<PathBuf> = roots
            .list
            .iter()
            .map(|root| root.canonical.clone())
            .chain(met)
            .collect();
        let mut known = HashSet::new();
        let mut trackers = Vec::new();
        for dir in dirs {
            let Some(repositories) = guard.repositories_around(&dir) else {
                // Anything in it may be tracked.
                trackers.push(Tracker {
                    repository: Arc::new(Repository::new(&dir)),
                    is_known: false,
                });
                continue;
            };
            for repository in repositories {
                if !known.insert(repository.work_tree().to_path_buf()) {
                    continue;
                }
                let is_known = match repository.tracks_bytecode() {
                    Ok(false) => continue,
                    Ok(true) => true,
                    Err(error) => {
                        guard.record_unanswered(&repository, error);
                        false
                    }
                };
                trackers.push(Tracker {
                    repository,
                    is_known,
                });
            }
        }
        Self(trackers)
    }

    /// Whether a bytecode file is kept. Takes note of it if it is kept or tracked.
    fn keep_file(&self, root: &Root, relative: &Path, found: &mut Found) -> bool {
        let canonical = root.canonical.join(relative);
        let path = root.display_path(relative);
        let reason = match (self.ask(&canonical), has_source(&canonical)) {
            (Answer::Untracked, _) | (Answer::Unknown, true) => return false,
            (Answer::Tracked, true) => {
                found.tracked.push(path);
                return false;
            }
            (Answer::Tracked, false) => KeepReason::TrackedProgram,
            (Answer::Unknown, false) => KeepReason::Unknown,
        };
        found.kept.push(Kept { path, reason });
        true
    }

    fn ask(&self, path: &Path) -> Answer {
        let mut answer = Answer::Untracked;
        for Tracker {
            repository,
            is_known,
        } in &self.0
        {
            if !path.starts_with(repository.work_tree()) {
                continue;
            }
            let is_tracked = repository.tracks_bytecode_file(path);
            match is_tracked {
                Ok(true) if *is_known => return Answer::Tracked,
                Ok(_) if *is_known => {}
                _ => answer = Answer::Unknown,
            }
        }
        answer
    }
}
