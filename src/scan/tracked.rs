//! Bytecode that git tracks. Without a source it is a shipped program, and is kept; with a
//! source it is removed, but the user is told.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Found, Kept, NoteKind};
use crate::guard::{Guard, KeepReason};
use crate::plan::{Reason, Target, TargetKind};
use crate::pyc::{BytecodeName, Source};
use crate::roots::{Location, Roots};
use crate::rules::CACHE_DIR;

/// Keeps tracked bytecode without a source.
///
/// With `erase_is_confirmed`, what a glob of `--erase` matches is removed all the same: the
/// user asked for it, and will not be asked again.
pub(super) fn keep_programs(
    found: &mut Found,
    roots: &Roots,
    guard: &Guard,
    erase_is_confirmed: bool,
) {
    if !found.targets.iter().any(is_bytecode) {
        return;
    }
    let work_trees = find_work_trees(found, roots, guard);
    if work_trees.is_empty() {
        return;
    }
    let mut kept = Vec::new();
    for target in std::mem::take(&mut found.targets) {
        if is_bytecode(&target) {
            let filter = Filter {
                location: Arc::clone(&target.dir),
                guard,
                work_trees: &work_trees,
                erase_is_confirmed,
            };
            filter.keep_in_target(target, found, &mut kept);
        } else {
            found.targets.push(target);
        }
    }
    found.block_dirs(kept.iter().map(PathBuf::as_path));
}

fn is_bytecode(target: &Target) -> bool {
    matches!(target.reason, Reason::Bytecode | Reason::Stale(_))
}

/// The work trees around the PATHs, and those that the walk met, that may track bytecode.
fn find_work_trees(found: &Found, roots: &Roots, guard: &Guard) -> HashSet<PathBuf> {
    let notes = found.notes.iter();
    let met = notes.filter(|note| note.kind == NoteKind::WorkTree);
    let met = met.map(|note| note.dir.canonical());
    let dirs: HashSet<PathBuf> = roots
        .list
        .iter()
        .map(|root| root.canonical.clone())
        .chain(met)
        .collect();
    dirs.iter()
        .flat_map(|dir| guard.work_trees_with_bytecode(dir))
        .collect()
}

/// Decides about the files of one target.
struct Filter<'f, 'a> {
    /// The directory that holds the target.
    location: Arc<Location<'a>>,
    guard: &'f Guard,
    work_trees: &'f HashSet<PathBuf>,
    erase_is_confirmed: bool,
}

impl<'a> Filter<'_, 'a> {
    /// Adds to `found` what is removed of the target, and to `kept` the canonical paths of
    /// what is not.
    fn keep_in_target(
        &self,
        mut target: Target<'a>,
        found: &mut Found<'a>,
        kept: &mut Vec<PathBuf>,
    ) {
        let Location { root, path: parent } = &*self.location;
        let tree = match &mut target.kind {
            TargetKind::Tree(tree) => tree,
            TargetKind::File(name, _) if self.keep_if_program(parent, name, found, kept) => return,
            TargetKind::File(..) | TargetKind::EmptyDir(_) => return found.targets.push(target),
        };
        let mut is_blocked = vec![false; tree.dirs.len()];
        for index in (0..tree.dirs.len()).rev() {
            let dir = parent.join(tree.dir_path(index));
            let is_complete = tree.dirs[index]
                .retain_files(|name| !self.keep_if_program(&dir, name, found, kept));
            if !is_complete || is_blocked[index] {
                is_blocked[index] = true;
                is_blocked[tree.dirs[index].parent] = true;
            }
        }
        if !is_blocked[0] {
            found.targets.push(target);
            return;
        }
        let tree = std::mem::take(tree);
        let targets = Target::split_tree(root, parent, tree, &is_blocked, target.reason);
        found.targets.extend(targets);
    }

    /// Keeps a file that may be a tracked program. Takes note of it if it is kept or tracked.
    /// Returns whether it is kept.
    fn keep_if_program(
        &self,
        dir: &Path,
        name: &OsStr,
        found: &mut Found<'a>,
        kept: &mut Vec<PathBuf>,
    ) -> bool {
        let root = self.location.root;
        let relative = dir.join(name);
        let canonical = root.canonical.join(&relative);
        if !canonical
            .ancestors()
            .any(|dir| self.work_trees.contains(dir))
        {
            return false;
        }
        let erase = &root.rules.erase;
        if self.erase_is_confirmed && erase.is_match(root.relative_to_path(&relative), false) {
            return false;
        }
        let Err(reason) = self.guard.check_bytecode(&canonical) else {
            return false;
        };
        let path = root.display_path(&relative);
        let is_tracked = reason == KeepReason::Tracked;
        if has_source(&canonical) {
            if is_tracked {
                found.tracked.push(path);
            }
            return false;
        }
        let reason = if is_tracked {
            KeepReason::TrackedProgram
        } else {
            reason
        };
        found.kept.push(Kept { path, reason });
        kept.push(canonical);
        true
    }
}

/// Whether the source of a bytecode file exists, for which git can make it again. If that
/// cannot be found out, it does not. Other files of a cache are no programs.
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
    matches!(Source::find(&name, source_dir), Ok(Some(_)))
}
