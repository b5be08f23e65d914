//! Removes directories of a plan on one thread.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::path::Path;

use super::chain::DirChain;
use super::{Outcome, remove_dir, remove_file};
use crate::console::progress::Progress;
use crate::decide::{self, FileVerdict, Mode, Tree};
use crate::directory::{self, Dir, EntryKind};
use crate::failure::{Failure, Operation};
use crate::interrupt;
use crate::path::split_name;
use crate::plan::{DirRecord, Plan};
use crate::pyc::BytecodeName;
use crate::roots::{Root, Roots};

pub(super) struct Worker<'a> {
    plan: &'a Plan,
    roots: &'a Roots,
    progress: &'a Progress,
    chain: Option<DirChain<'a>>,
    outcome: Outcome,
    /// The directories in which something stays that should have been removed.
    blocked: HashSet<usize>,
}

impl<'a> Worker<'a> {
    pub(super) fn new(plan: &'a Plan, roots: &'a Roots, progress: &'a Progress) -> Self {
        Self {
            plan,
            roots,
            progress,
            chain: None,
            outcome: Outcome::default(),
            blocked: HashSet::new(),
        }
    }

    /// Removes directories of the plan from the last one on, so that the contents of a directory
    /// are removed before the directory.
    pub(super) fn remove(mut self, dirs: Range<usize>) -> Outcome {
        let mut reached = dirs.end;
        for index in dirs.clone().rev() {
            if interrupt::is_requested() {
                break;
            }
            reached = index;
            let dir = &self.plan.dirs[index];
            if let Err(error) = self.remove_files(index, dir) {
                self.miss_all(index, dir, error);
            }
            if dir.is_removed && !self.blocked.contains(&index) {
                self.remove_dir(index, dir);
            }
            if dir.is_removed && self.blocked.contains(&index) {
                self.outcome.missed.insert((index, None));
                self.blocked
                    .extend(dir.parent.map(|parent| parent as usize));
            }
        }
        self.outcome.dirs = reached..dirs.end;
        self.outcome.failures.reverse();
        self.outcome
    }

    fn root(&self, dir: &DirRecord) -> &'a Root {
        &self.roots.list[dir.root]
    }

    /// Opens a directory of the plan, which must be the one that was read.
    fn open(&mut self, dir: &DirRecord) -> io::Result<&Dir> {
        let opened = self.open_path(dir, &dir.path)?;
        match dir.identity {
            Some(identity) if opened.identity()? == identity => Ok(opened),
            _ => Err(directory::changed()),
        }
    }

    /// Opens the directory at a path relative to the root of `dir`.
    fn open_path(&mut self, dir: &DirRecord, path: &Path) -> io::Result<&Dir> {
        let root = self.root(dir);
        let chain = match self.chain.take().filter(|chain| chain.is_of(root)) {
            Some(chain) => chain,
            None => DirChain::new(root)?,
        };
        self.chain.insert(chain).open(path)
    }

    fn remove_files(&mut self, index: usize, dir: &DirRecord) -> io::Result<()> {
        if dir.file_count() == 0 {
            return Ok(());
        }
        self.open(dir)?;
        let Some(chain) = self.chain.take() else {
            return Ok(());
        };
        for (position, (name, file)) in dir.files().enumerate() {
            // A directory may have a million files.
            if interrupt::is_requested() {
                self.outcome.missed.insert((index, Some(position)));
                self.blocked.insert(index);
                continue;
            }
            match remove_file(chain.last(), name) {
                Ok(()) => {
                    self.outcome.stats.add_file(file.bytes);
                    self.progress.add_removed_file();
                }
                Err(error) => {
                    self.outcome.missed.insert((index, Some(position)));
                    if error.kind() != ErrorKind::NotFound {
                        self.blocked.insert(index);
                    }
                    self.record_failure(dir, &dir.path.join(name), error);
                }
            }
        }
        self.chain = Some(chain);
        Ok(())
    }

    /// None of the files of a directory can be removed.
    fn miss_all(&mut self, index: usize, dir: &DirRecord, error: io::Error) {
        let files = 0..dir.file_count();
        self.outcome
            .missed
            .extend(files.map(|file| (index, Some(file))));
        self.blocked.insert(index);
        self.record_failure(dir, &dir.path, error);
    }

    /// Removes a directory that was emptied. In a cache, what Python wrote meanwhile is removed
    /// too, but only once.
    fn remove_dir(&mut self, index: usize, dir: &DirRecord) {
        let mut removed = self.try_remove_dir(dir);
        if dir.mode == Mode::All(Tree::Cache)
            && removed
                .as_ref()
                .is_err_and(|error| error.kind() == ErrorKind::DirectoryNotEmpty)
        {
            removed = self.remove_new_bytecode(dir).and_then(|is_in_use| {
                self.try_remove_dir(dir)
                    .map_err(|error| match error.kind() {
                        ErrorKind::DirectoryNotEmpty if is_in_use => {
                            io::Error::other("a program has a removed file open")
                        }
                        _ => error,
                    })
            });
        }
        match removed {
            Ok(()) => self.outcome.stats.directories += 1,
            Err(error) => {
                let is_absent = error.kind() == ErrorKind::NotFound;
                self.record_failure(dir, &dir.path, error);
                if is_absent {
                    self.outcome.missed.insert((index, None));
                } else {
                    self.blocked.insert(index);
                }
            }
        }
    }

    /// Removes the directory at a path if it is empty, even if it is not the one that was read.
    fn try_remove_dir(&mut self, dir: &DirRecord) -> io::Result<()> {
        let (parent, name) = split_name(&dir.path);
        remove_dir(self.open_path(dir, parent)?, name)
    }

    /// Removes the bytecode that was created in a cache since the plan was made. Nothing proves
    /// that other new files are not worth keeping; they keep the directory. Returns whether the
    /// directory still lists a file that was removed: some file systems of Windows list it until
    /// all programs have closed it.
    fn remove_new_bytecode(&mut self, dir: &DirRecord) -> io::Result<bool> {
        let entries = self.open(dir)?.entries()?;
        let removed: HashSet<&OsStr> = dir.files().map(|(name, _)| name).collect();
        let root = self.root(dir);
        let mut is_in_use = false;
        for (name, kind, bytes) in entries {
            let path = root.display_path(&dir.path.join(&name));
            if BytecodeName::parse(&name).is_none() || !is_removable(root, dir, &name, kind, &path)
            {
                continue;
            }
            let handle = self.open_path(dir, &dir.path)?;
            if cfg!(windows) && removed.contains(&*name) {
                // It was counted and listed already. Python may have written it again.
                is_in_use = true;
                let _ = remove_file(handle, &name);
                continue;
            }
            match remove_file(handle, &name) {
                Ok(()) => {
                    self.outcome.stats.add_file(bytes);
                    self.outcome.added.push(path);
                }
                Err(error) => self.record_failure(dir, &dir.path.join(&name), error),
            }
        }
        Ok(is_in_use)
    }

    /// Records a failure. What vanished meanwhile needs no removal.
    fn record_failure(&mut self, dir: &DirRecord, path: &Path, error: io::Error) {
        if error.kind() != ErrorKind::NotFound {
            let path = self.root(dir).display_path(path);
            let failure = Failure::new(Operation::Remove, path, error);
            self.outcome.failures.push(failure);
        }
    }
}

/// Whether a new entry of a cache would have been selected.
fn is_removable(root: &Root, dir: &DirRecord, name: &OsStr, kind: EntryKind, path: &Path) -> bool {
    let relative = dir.path.join(name);
    let entry = root.entry(name, path, &relative, kind);
    kind != EntryKind::Dir
        && matches!(
            decide::decide_file(&entry, &dir.place, dir.mode, None),
            FileVerdict::Remove(_)
        )
}
