//! Removes targets on one thread.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use cap_std::fs::Dir;

use super::{Completion, Outcome, remove_dir, remove_file};
use crate::directory::{self, EntryKind};
use crate::failure::{Failure, Operation};
use crate::interrupt;
use crate::open_dirs::{MAX_OPEN_TREE_DIRS, OpenDirs, OpenTreeDirs, open_unchanged};
use crate::options::Listing;
use crate::path::split_name;
use crate::plan::{Target, TargetKind, Tree, TreeDir};
use crate::pyc::BytecodeName;
use crate::roots::Root;
use crate::stats::FileCounter;

/// Removes targets on one thread, and keeps open the directories that they share.
pub(crate) struct Worker {
    listing: Listing,
    /// Open directories below a root, and below the top of a tree.
    max_handles: usize,
    /// The directories that are open below the root of the last target.
    open: Option<(usize, OpenDirs)>,
}

impl Worker {
    /// A worker that may have `open_files` files open.
    pub(crate) fn new(listing: Listing, open_files: usize) -> Self {
        Self {
            listing,
            // Besides these, the top of a tree and the next directory are open.
            max_handles: (open_files.saturating_sub(2) / 2).clamp(1, MAX_OPEN_TREE_DIRS),
            open: None,
        }
    }

    /// Removes a batch from its end, so that the contents of a directory are removed
    /// before the directory. `None` is a target that was not reached.
    pub(crate) fn remove_batch(&mut self, targets: &[Target]) -> Vec<Option<Completion>> {
        let mut outcomes: Vec<_> = targets
            .iter()
            .rev()
            .map(|target| (!interrupt::is_requested()).then(|| self.remove_target(target)))
            .collect();
        outcomes.reverse();
        outcomes
    }

    fn remove_target(&mut self, target: &Target) -> Completion {
        let max_handles = self.max_handles;
        let mut task = Task {
            target,
            listing: self.listing,
            outcome: Outcome::default(),
        };
        let opened = self
            .open_root(target.dir.root)
            .and_then(|open| open.open(&target.dir.path));
        match opened {
            Ok(parent) => task.remove(parent, max_handles),
            Err(error) => task.record_failure(&target.path(), error),
        }
        task.outcome.sort();
        Completion::new(target, task.outcome)
    }

    fn open_root(&mut self, root: &Root) -> io::Result<&mut OpenDirs> {
        let open = match self.open.take() {
            Some((id, open)) if id == root.id => open,
            _ => OpenDirs::new(root.open()?, self.max_handles),
        };
        Ok(&mut self.open.insert((root.id, open)).1)
    }
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Removal {
    Removed,
    /// It vanished meanwhile.
    Absent,
    Failed,
}

/// The removal of one target.
struct Task<'t, 'a> {
    target: &'t Target<'a>,
    listing: Listing,
    outcome: Outcome,
}

impl Task<'_, '_> {
    fn remove(&mut self, parent: &Dir, max_handles: usize) {
        let target = self.target;
        let path = || target.dir.path.to_path_buf();
        match &target.kind {
            TargetKind::File(name, bytes) => {
                if self.remove_file(parent, path, name) == Removal::Removed {
                    self.outcome.stats.add_file(name, *bytes);
                }
            }
            TargetKind::EmptyDir(name) => match remove_dir(parent, name) {
                Ok(()) => self.record_removed_dir(path, name),
                // Something was kept or created in it meanwhile.
                Err(error) if error.kind() == ErrorKind::DirectoryNotEmpty => {}
                Err(error) => self.record_failure(&target.path(), error),
            },
            TargetKind::Tree(tree) => self.remove_tree(parent, tree, max_handles),
        }
    }

    /// Removes a directory tree, the last directory first: a subdirectory comes after the
    /// directory that holds it.
    fn remove_tree(&mut self, parent: &Dir, tree: &Tree, max_handles: usize) {
        let top = match open_unchanged(parent, &tree.dirs[0]) {
            Ok(top) => top,
            Err(error) => return self.record_failure(&self.target.path(), error),
        };
        let mut open = OpenTreeDirs::new(top, max_handles);
        let mut holds_failure = vec![false; tree.dirs.len()];
        let mut counter = FileCounter::default();
        for (index, dir) in tree.dirs.iter().enumerate().rev() {
            if interrupt::is_requested() {
                break;
            }
            let path = || self.target.dir.path.join(tree.dir_path(index));
            let is_emptied = match open.open(&tree.dirs, index) {
                Ok(handle) => {
                    let mut is_emptied = !holds_failure[index];
                    for (name, bytes) in dir.files() {
                        let removal = self.remove_file(handle, path, name);
                        if removal == Removal::Removed {
                            counter.add(name, bytes);
                        }
                        is_emptied &= removal != Removal::Failed;
                    }
                    is_emptied
                }
                Err(error) => {
                    self.record_failure(&path(), error);
                    false
                }
            };
            if !is_emptied || !self.remove_tree_dir(parent, &mut open, tree, index) {
                holds_failure[dir.parent] = true;
            }
        }
        self.outcome.stats += counter.finish();
    }

    /// Removes a directory of a tree that was emptied. What Python wrote into it meanwhile
    /// is removed too, but only once. Returns whether nothing failed.
    fn remove_tree_dir(
        &mut self,
        parent: &Dir,
        open: &mut OpenTreeDirs,
        tree: &Tree,
        index: usize,
    ) -> bool {
        let dir = &tree.dirs[index];
        let try_remove = |open: &mut OpenTreeDirs| {
            let above = if index == 0 {
                open.close();
                parent
            } else {
                open.open(&tree.dirs, dir.parent)?
            };
            remove_dir(above, &dir.name)
        };
        let path = || self.target.dir.path.join(tree.dir_path(index));
        let mut removed = try_remove(open);
        if let Err(error) = &removed
            && error.kind() == ErrorKind::DirectoryNotEmpty
        {
            let reopened = if index == 0 {
                open_unchanged(parent, dir).map(|top| open.restart(top))
            } else {
                Ok(())
            };
            let emptied = reopened
                .and_then(|()| open.open(&tree.dirs, index))
                .and_then(|handle| self.remove_new_bytecode(handle, dir, path));
            removed = emptied.and_then(|is_in_use| {
                try_remove(open).map_err(|error| {
                    if is_in_use && error.kind() == ErrorKind::DirectoryNotEmpty {
                        io::Error::other("a program has a removed file open")
                    } else {
                        error
                    }
                })
            });
        }
        match removed {
            Ok(()) => {
                let above = || split_name(&path()).0.to_path_buf();
                self.record_removed_dir(above, &dir.name);
                true
            }
            Err(error) => {
                let is_absent = error.kind() == ErrorKind::NotFound;
                self.record_failure(&path(), error);
                is_absent
            }
        }
    }

    /// Removes the bytecode that was created since the plan was made. Nothing proves that
    /// other new files are not worth keeping; they keep the directory. `removed` is the
    /// directory as it was planned. Returns whether it still lists a file that was removed:
    /// some file systems of Windows list it until all programs have closed it.
    fn remove_new_bytecode(
        &mut self,
        dir: &Dir,
        removed: &TreeDir,
        path: impl Fn() -> PathBuf + Copy,
    ) -> io::Result<bool> {
        let names = removed.files().map(|(name, _)| name);
        let removed: HashSet<&OsStr> = names.filter(|_| cfg!(windows)).collect();
        let mut is_in_use = false;
        let mut files = Vec::new();
        // Read to the end first: some file systems skip entries if others are removed
        // meanwhile.
        directory::read_dir(&directory::reopen(dir)?, true, |entry| {
            if entry.kind != EntryKind::Dir && BytecodeName::parse(entry.name).is_some() {
                files.push((entry.name.to_owned(), entry.bytes));
            }
        })?;
        for (name, bytes) in files {
            if removed.contains(&*name) {
                // It was counted and listed already. Python may have written it again, so that
                // it can be removed.
                is_in_use = true;
                let _ = remove_file(dir, &name);
            } else if self.remove_file(dir, path, &name) == Removal::Removed {
                self.outcome.stats.add_file(&name, bytes);
            }
        }
        Ok(is_in_use)
    }

    /// Removes a file or a symlink.
    fn remove_file(&mut self, dir: &Dir, path: impl Fn() -> PathBuf, name: &OsStr) -> Removal {
        match remove_file(dir, name) {
            Ok(()) => {
                if self.is_listed(name, false) {
                    self.outcome.add(self.target, &path().join(name), false);
                }
                Removal::Removed
            }
            Err(error) => {
                let is_absent = error.kind() == ErrorKind::NotFound;
                let is_dir = || dir.symlink_metadata(name).is_ok_and(|found| found.is_dir());
                let error = if !is_absent && is_dir() {
                    directory::changed()
                } else {
                    error
                };
                self.record_failure(&path().join(name), error);
                if is_absent {
                    Removal::Absent
                } else {
                    Removal::Failed
                }
            }
        }
    }

    fn record_removed_dir(&mut self, path: impl Fn() -> PathBuf, name: &OsStr) {
        self.outcome.stats.directories += 1;
        if self.is_listed(name, true) {
            self.outcome.add(self.target, &path().join(name), true);
        }
    }

    /// Whether the removal of an entry is listed. A target that is a directory is
    /// removed last.
    fn is_listed(&self, name: &OsStr, is_dir: bool) -> bool {
        match self.listing {
            Listing::Nothing => false,
            Listing::Targets => is_dir == self.target.is_dir() && name == self.target.name(),
            Listing::Entries => true,
        }
    }

    /// Records a failure. What vanished meanwhile needs no removal.
    fn record_failure(&mut self, path: &Path, error: io::Error) {
        if error.kind() != ErrorKind::NotFound {
            let path = self.target.dir.root.display_path(path);
            let failure = Failure::new(Operation::Remove, path, error);
            self.outcome.failures.push(failure);
        }
    }
}
