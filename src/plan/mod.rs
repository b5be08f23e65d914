//! What a run is going to remove: plain data that is complete before anything is
//! removed. A dry run and a real run use the same plan.

mod order;
mod tree;

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(crate) use tree::{Tree, TreeDir, dir_path};

use crate::path::split_name;
use crate::pyc::{BytecodeName, Staleness};
use crate::roots::{Location, Root, Scope};
use crate::rules::CACHE_DIR;
use crate::rules::topics::PatternId;
use crate::stats::{FileCounter, RemovalStats};

/// The things to remove, sorted by PATH and then by path, each once.
#[derive(Debug, Default)]
pub(crate) struct Plan<'a> {
    /// What is removed.
    pub(crate) targets: Vec<Target<'a>>,
}

/// One thing to remove.
#[derive(Debug)]
pub(crate) struct Target<'a> {
    /// The directory that holds it.
    pub(crate) dir: Arc<Location<'a>>,
    /// What it is.
    pub(crate) kind: TargetKind,
    /// Why it is removed.
    pub(crate) reason: Reason,
}

/// What is removed of a target.
#[derive(Debug)]
pub(crate) enum TargetKind {
    /// A file or a symlink of this name, and its apparent size in bytes. The target of a
    /// symlink is kept.
    File(Box<OsStr>, u64),
    /// A directory with its contents.
    Tree(Tree),
    /// A directory of this name that is empty once the other targets are removed. It is
    /// kept if it is not.
    EmptyDir(Box<OsStr>),
}

/// Why a target is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// It is bytecode, or a `__pycache__` directory.
    Bytecode,
    /// It is stale bytecode.
    Stale(Staleness),
    /// A tool left it behind.
    Debris(PatternId),
    /// It matches a glob of `--erase`.
    Erased,
    /// It is a directory in which nothing is left.
    Empty,
    /// It is a directory in which nothing but orphaned bytecode was left. Python could
    /// still import it as a namespace package (PEP 420).
    Ghost,
}

impl Reason {
    /// The reason in one word, the same in the listing, in JSON and in the documentation.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Bytecode => "bytecode",
            Self::Stale(staleness) => staleness.word(),
            Self::Debris(_) => "debris",
            Self::Erased => "erased",
            Self::Empty => "empty",
            Self::Ghost => "ghost",
        }
    }

    /// The reason with its detail, for a target of this name.
    pub(crate) fn describe(&self, name: &OsStr) -> String {
        match (self, BytecodeName::parse(name)) {
            (Self::Stale(staleness), Some(name)) => staleness.describe(&name),
            (Self::Debris(found), _) => format!("{} debris", found.topic),
            (Self::Ghost, _) => "ghost, nothing else is left in it".to_owned(),
            (Self::Empty, _) => "empty after this run".to_owned(),
            _ => self.word().to_owned(),
        }
    }
}

impl<'a> Plan<'a> {
    /// Sorts the targets. A target within a [`TargetKind::Tree`] is part of that tree.
    pub(crate) fn new(mut targets: Vec<Target<'a>>) -> Self {
        targets.sort_unstable_by(Target::compare);
        targets.dedup_by(|next, kept| kept.holds(next));
        drop_duplicate_entries(&mut targets);
        Self { targets }
    }

    /// The targets that were selected by `--erase`.
    pub(crate) fn erased(&self) -> impl Iterator<Item = &Target<'a>> {
        self.targets.iter().filter(|target| target.is_erased())
    }

    /// Drops what was selected by `--erase`, and the directories that would have been
    /// empty without it.
    pub(crate) fn drop_erased(&mut self) {
        let mut blocked = HashSet::new();
        for target in self.erased() {
            let above = target.dir.path.ancestors();
            blocked.extend(above.map(|path| (target.dir.root.id, path.to_path_buf())));
        }
        self.targets.retain(|target| {
            let is_blocked = matches!(target.kind, TargetKind::EmptyDir(_))
                && blocked.contains(&(target.dir.root.id, target.path()));
            !target.is_erased() && !is_blocked
        });
    }
}

impl<'a> Target<'a> {
    /// Splits a tree in which something is kept: the files of the blocked directories, and
    /// the trees without a blocked directory. `parent` is the directory that holds the
    /// tree, relative to the root.
    pub(crate) fn split_tree(
        root: &'a Root,
        parent: &Path,
        tree: Tree,
        is_blocked: &[bool],
        reason: Reason,
    ) -> Vec<Self> {
        let mut targets = Vec::new();
        for (index, dir) in tree.dirs.iter().enumerate() {
            if !is_blocked[index] {
                continue;
            }
            let location = Location::new(root, &parent.join(tree.dir_path(index)));
            targets.extend(dir.files().map(|(name, bytes)| Self {
                dir: Arc::clone(&location),
                kind: TargetKind::File(name.into(), bytes),
                reason,
            }));
        }
        for (path, tree) in tree.split(is_blocked) {
            let path = parent.join(path);
            let (parent, _) = split_name(&path);
            targets.push(Self {
                dir: Location::new(root, parent),
                kind: TargetKind::Tree(tree),
                reason,
            });
        }
        targets
    }
}

impl Target<'_> {
    /// The file name.
    pub(crate) fn name(&self) -> &OsStr {
        match &self.kind {
            TargetKind::File(name, _) | TargetKind::EmptyDir(name) => name,
            TargetKind::Tree(tree) => &tree.dirs[0].name,
        }
    }

    /// The path relative to the root.
    pub(crate) fn path(&self) -> PathBuf {
        self.dir.path.join(self.name())
    }

    /// The path as it is shown to the user.
    pub(crate) fn display_path(&self) -> PathBuf {
        self.dir.root.display_path(&self.path())
    }

    /// The canonical path.
    pub(crate) fn canonical(&self) -> PathBuf {
        self.dir.root.canonical.join(self.path())
    }

    /// Whether it is a directory.
    pub(crate) fn is_dir(&self) -> bool {
        !matches!(self.kind, TargetKind::File(..))
    }

    /// Whether it is stale bytecode.
    pub(crate) fn is_stale(&self) -> bool {
        matches!(self.reason, Reason::Stale(_))
    }

    /// What it is in one word: bytecode, the debris topic, or what the user selected.
    pub(crate) fn kind_word(&self) -> &'static str {
        match self.reason {
            Reason::Bytecode | Reason::Stale(_) | Reason::Ghost => "bytecode",
            Reason::Empty if self.is_bytecode_dir() => "bytecode",
            Reason::Debris(found) => found.topic,
            Reason::Erased | Reason::Empty => self.reason.word(),
        }
    }

    /// Whether it is a directory in which only Python writes.
    fn is_bytecode_dir(&self) -> bool {
        self.name() == CACHE_DIR || matches!(self.dir.root.scope, Scope::PrefixDirs(_))
    }

    /// Whether it was selected by `--erase`.
    pub(crate) fn is_erased(&self) -> bool {
        self.reason == Reason::Erased
    }

    /// The number of files and directories.
    pub(crate) fn entry_count(&self) -> usize {
        match &self.kind {
            TargetKind::File(..) | TargetKind::EmptyDir(_) => 1,
            TargetKind::Tree(tree) => tree.dirs.iter().map(|dir| dir.entry_count()).sum(),
        }
    }

    /// What is removed if nothing fails.
    pub(crate) fn stats(&self) -> RemovalStats {
        let mut stats = RemovalStats::default();
        match &self.kind {
            TargetKind::File(name, bytes) => stats.add_file(name, *bytes),
            TargetKind::EmptyDir(_) => stats.directories = 1,
            TargetKind::Tree(tree) => {
                let mut counter = FileCounter::default();
                for (name, bytes) in tree.dirs.iter().flat_map(TreeDir::files) {
                    counter.add(name, bytes);
                }
                stats = counter.finish();
                stats.directories = tree.dirs.len() as u64;
            }
        }
        stats
    }
}

/// Drops single entries that the user named and that were also found under another PATH.
fn drop_duplicate_entries(targets: &mut Vec<Target>) {
    let is_named = |target: &Target| matches!(target.dir.root.scope, Scope::Entries(_));
    if !targets.iter().any(is_named) {
        return;
    }
    // Whether each path is a whole tree.
    let mut known: HashMap<PathBuf, bool> = HashMap::new();
    let add = |known: &mut HashMap<PathBuf, bool>, target: &Target| {
        let is_tree = matches!(target.kind, TargetKind::Tree(_));
        known.insert(target.canonical(), is_tree);
    };
    for target in targets.iter().filter(|target| !is_named(target)) {
        add(&mut known, target);
    }
    let mut named: Vec<_> = targets.iter().filter(|target| is_named(target)).collect();
    // A tree comes before what is in it. Of two equal targets, the one is kept that was
    // found with the directory that holds it, so that it is removed before that.
    named.sort_by_cached_key(|target| {
        let depth = target.dir.path.components().count();
        (target.canonical(), Reverse(depth))
    });
    let mut doubles = HashSet::new();
    for target in named {
        let path = target.canonical();
        let mut above = path.ancestors().skip(1);
        if known.contains_key(&path) || above.any(|path| known.get(path) == Some(&true)) {
            doubles.insert((target.dir.root.id, target.path()));
        } else {
            add(&mut known, target);
        }
    }
    targets.retain(|target| !doubles.contains(&(target.dir.root.id, target.path())));
}
#[cfg(test)]
mod tests {
    use super::*;

    /// A plan may hold a million targets.
    #[test]
    fn a_target_is_small() {
        assert_eq!(size_of::<Target>(), 48);
    }
}
