//! What a run removes: records of directories in path order, complete before anything is
//! removed. A dry run and a real run use the same plan.

mod record;
mod visit;

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

pub(crate) use record::DirRecord;
pub(crate) use visit::{Item, Visitor};

use crate::path::{SEPARATOR, path_order};
use crate::reason::Reason;
use crate::roots::{Root, Roots, Scope};
use crate::stats::RemovalStats;

/// Everything that is removed.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// The directories, sorted by PATH and then by path.
    pub(crate) dirs: Vec<DirRecord>,
}

impl Plan {
    /// Sorts the records, and finds the directories in which nothing stays. `may_remove` has the
    /// last word about each.
    pub(crate) fn new(
        mut dirs: Vec<DirRecord>,
        roots: &Roots,
        mut may_remove: impl FnMut(&DirRecord) -> bool,
    ) -> Self {
        dirs.sort_unstable_by(|a, b| {
            a.root
                .cmp(&b.root)
                .then_with(|| path_order(&a.path, &b.path))
        });
        find_parents(&mut dirs);
        for index in (0..dirs.len()).rev() {
            let dir = &mut dirs[index];
            let has_lost_enough = !dir.needs_bytecode || dir.lost_bytecode;
            if dir.removal.is_none() || dir.kept > 0 || !has_lost_enough || !may_remove(dir) {
                dir.keep_desktop_files();
                continue;
            }
            dir.is_removed = true;
            let (parent, lost_bytecode) = (dir.parent, dir.lost_bytecode);
            if let Some(parent) = parent {
                let parent = &mut dirs[parent as usize];
                parent.kept -= 1;
                parent.lost_bytecode |= lost_bytecode;
            }
        }
        drop_duplicates(&mut dirs, &roots.list);
        Self { dirs }
    }

    /// Whether nothing is removed.
    pub(crate) fn is_empty(&self) -> bool {
        self.dirs
            .iter()
            .all(|dir| !dir.is_removed && dir.files.is_empty())
    }

    /// What is removed if nothing fails.
    pub(crate) fn stats(&self) -> RemovalStats {
        let mut stats = RemovalStats::default();
        for dir in &self.dirs {
            stats += dir.stats();
        }
        stats
    }

    pub(crate) fn file_count(&self) -> u64 {
        self.dirs.iter().map(|dir| dir.files.len() as u64).sum()
    }

    /// Why a file is removed.
    pub(crate) fn reason_of(&self, dir: usize, file: usize) -> Option<&Reason> {
        self.dirs[dir].files.get(file).map(|file| &file.reason)
    }

    /// The apparent size of a file.
    pub(crate) fn bytes_of(&self, dir: usize, file: usize) -> u64 {
        self.dirs[dir].files.get(file).map_or(0, |file| file.bytes)
    }

    /// Whether something that holds the directory is removed.
    pub(crate) fn is_in_removed(&self, dir: usize) -> bool {
        let parent = self.dirs[dir].parent;
        parent.is_some_and(|parent| self.dirs[parent as usize].is_removed)
    }

    /// The position after the last record in a directory.
    pub(crate) fn end_of(&self, dir: usize) -> usize {
        end_of(&self.dirs, dir)
    }
}

fn end_of(dirs: &[DirRecord], dir: usize) -> usize {
    let top = &dirs[dir];
    let below = dirs[dir + 1..].iter();
    let below = below.take_while(|dir| dir.root == top.root && is_in(&dir.path, &top.path));
    dir + 1 + below.count()
}

/// Notes the record right above each one.
fn find_parents(dirs: &mut [DirRecord]) {
    let mut above: Vec<usize> = Vec::new();
    for index in 0..dirs.len() {
        let dir = &dirs[index];
        while above
            .pop_if(|top| dirs[*top].root != dir.root || !is_in(&dir.path, &dirs[*top].path))
            .is_some()
        {}
        let parent = above.last().copied();
        let parent = parent.filter(|top| dir.path.parent() == Some(&dirs[*top].path));
        dirs[index].parent = parent.map(|parent| parent as u32);
        above.push(index);
    }
}

/// Whether a path is below another one.
fn is_in(path: &Path, dir: &Path) -> bool {
    let (path, dir) = (
        path.as_os_str().as_encoded_bytes(),
        dir.as_os_str().as_encoded_bytes(),
    );
    (dir.is_empty() && !path.is_empty())
        || path
            .strip_prefix(dir)
            .is_some_and(|rest| rest.first() == Some(&SEPARATOR))
}

/// Drops entries that the user named and that were also found below another PATH, where they are
/// listed with what is around them. If only one of the two removes a directory, that one counts.
fn drop_duplicates(dirs: &mut [DirRecord], roots: &[Root]) {
    let is_entries = |root: &Root| matches!(root.scope, Scope::Entries(_));
    if roots.len() < 2 || !roots.iter().any(is_entries) {
        return;
    }
    // The records of the highest PATH come first.
    let mut order: Vec<usize> = (0..dirs.len()).collect();
    order.sort_by_key(|index| {
        let root = &roots[dirs[*index].root];
        (is_entries(root), root.canonical.components().count())
    });
    let mut first_at: HashMap<PathBuf, usize> = HashMap::new();
    for index in order {
        let path = roots[dirs[index].root].canonical.join(&dirs[index].path);
        let first = *first_at.entry(path).or_insert(index);
        if first == index {
            continue;
        }
        if dirs[index].is_removed && !dirs[first].is_removed {
            for dir in first..end_of(dirs, first) {
                dirs[dir].give_up(|_, _| false);
            }
        } else {
            let names = dirs[first].files().map(|(name, _)| name.to_owned());
            let names: HashSet<OsString> = names.collect();
            dirs[index].give_up(|name, _| !names.contains(name));
        }
    }
}
