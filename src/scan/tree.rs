//! Reads a directory that is to be removed with its contents: what is in it, and whether
//! something in it must be kept.

use std::ffi::OsStr;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use cap_std::fs::Dir;

use super::Scan;
use crate::directory::{self, EntryKind};
use crate::guard::{KeepReason, Markers};
use crate::open_dirs::{OpenDirs, OpenTreeDirs};
use crate::path::{path_order, split_name};
use crate::plan::{Tree, TreeDir, dir_path};
use crate::roots::Root;
use crate::rules::Rules;
use crate::rules::ignore::EntryPath;

/// What was read.
#[derive(Debug)]
pub(crate) struct TreeContents {
    /// The directories, with the files that can be removed.
    pub(crate) tree: Tree,
    /// Whether each directory holds something that is kept.
    pub(crate) is_blocked: Vec<bool>,
    /// The first repository or environment in path order, relative to the root.
    pub(crate) embedded: Option<(PathBuf, KeepReason)>,
    /// The directories that could not be read, relative to the root.
    pub(crate) failures: Vec<(PathBuf, io::Error)>,
}

/// The state of a directory while the tree is read.
#[derive(Debug, Default, Clone, Copy)]
struct DirState {
    is_blocked: bool,
    /// Whether it is kept with its contents: it is walked separately, or it was not read to
    /// its end, so that nothing proves that they are not part of a repository.
    keeps_contents: bool,
    /// Why it is kept with its contents.
    embedded: Option<KeepReason>,
}

/// The reading of one tree.
pub(crate) struct TreeReader<'r, 'a> {
    scan: &'r Scan<'a>,
    root: &'r Root,
    rules: &'r Rules,
    /// Whether virtual environments can be removed with the tree, as those of tox.
    allow_environments: bool,
    /// The directory that holds the tree, relative to the root.
    parent: &'r Path,
    dirs: Vec<TreeDir>,
    states: Vec<DirState>,
    failures: Vec<(PathBuf, io::Error)>,
}

impl<'r, 'a> TreeReader<'r, 'a> {
    /// Reads the tree at a path relative to a root.
    ///
    /// # Errors
    ///
    /// If its top directory cannot be opened.
    pub(crate) fn read(
        scan: &'r Scan<'a>,
        root: &'r Root,
        rules: &'r Rules,
        relative: &'r Path,
        allow_environments: bool,
    ) -> io::Result<TreeContents> {
        let max_handles = scan.max_open_tree_dirs();
        let top = open_top(root, relative, max_handles)?;
        let (parent, name) = split_name(relative);
        let mut reader = Self {
            scan,
            root,
            rules,
            allow_environments,
            parent,
            dirs: vec![TreeDir::new(0, name)],
            states: vec![DirState::default()],
            failures: Vec::new(),
        };
        reader.read_all(OpenTreeDirs::new(top, max_handles));
        Ok(reader.finish())
    }

    /// Reads the directories depth first. Not by recursion, so that a deep tree needs
    /// no deep stack.
    fn read_all(&mut self, mut open: OpenTreeDirs) {
        let mut waiting = vec![0];
        while let Some(index) = waiting.pop() {
            let first_new = self.dirs.len();
            let read = open
                .open(&self.dirs, index)
                .and_then(|dir| self.read_dir(dir, index));
            match read {
                Ok(()) => waiting.extend(first_new..self.dirs.len()),
                // It vanished meanwhile.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => {
                    self.dirs.truncate(first_new);
                    self.states.truncate(first_new);
                    self.states[index].keeps_contents = true;
                    self.failures.push((self.path_of(index), error));
                }
            }
            self.dirs[index].shrink();
        }
    }

    fn read_dir(&mut self, dir: &Dir, index: usize) -> io::Result<()> {
        self.dirs[index].identity = Some(directory::identity(dir)?);
        if self.is_on_other_file_system(dir)? {
            self.states[index].is_blocked = true;
            return Ok(());
        }
        let mut markers = Markers::default();
        directory::read_dir(dir, self.scan.measure, |entry| {
            markers.add(entry.name, entry.kind);
            if self.is_ignored(index, entry.name) {
                self.states[index].is_blocked = true;
            } else if entry.kind == EntryKind::Dir {
                let state = DirState {
                    keeps_contents: self.is_separate(index, entry.name),
                    ..DirState::default()
                };
                self.dirs.push(TreeDir::new(index, entry.name));
                self.states.push(state);
            } else {
                self.dirs[index].push_file(entry.name, entry.bytes);
            }
        })?;
        self.note_embedded(index, markers);
        Ok(())
    }

    fn note_embedded(&mut self, index: usize, markers: Markers) {
        if let Some(reason) = markers.reason(self.allow_environments) {
            self.states[index].embedded = Some(reason);
        }
        let dir = &self.dirs[index];
        if !self.allow_environments && markers.has_environment_programs(&dir.name) {
            self.states[dir.parent].embedded = Some(KeepReason::NestedEnvironment);
        }
    }

    fn is_on_other_file_system(&self, dir: &Dir) -> io::Result<bool> {
        let expected = self.root.file_system;
        Ok(expected.is_some() && directory::file_system(dir)? != expected)
    }

    fn is_ignored(&self, dir: usize, name: &OsStr) -> bool {
        if self.rules.ignore.is_empty() {
            return false;
        }
        let relative = self.path_of(dir).join(name);
        self.rules.ignore.is_ignored(EntryPath {
            display: &self.root.path.join(&relative),
            canonical_root: &self.root.canonical,
            relative: &relative,
            aliases: self.root.aliases(&relative),
        })
    }

    /// Whether a directory is walked separately.
    fn is_separate(&self, dir: usize, name: &OsStr) -> bool {
        let is_separate = || {
            let relative = self.path_of(dir).join(name);
            self.scan.is_walked_separately(self.root, &relative)
        };
        self.scan.walks_separately() && is_separate()
    }

    fn path_of(&self, index: usize) -> PathBuf {
        self.parent.join(dir_path(&self.dirs, index))
    }

    /// Leaves out what is kept, and finds the directories that hold it.
    fn finish(mut self) -> TreeContents {
        let mut embedded: Option<(PathBuf, KeepReason)> = None;
        for index in 0..self.states.len() {
            let parent = self.dirs[index].parent;
            if let Some(reason) = self.states[index].embedded {
                let path = self.path_of(index);
                // The same one whatever the order in which the system lists them.
                let is_first = |(first, _): &(PathBuf, _)| path_order(&path, first).is_lt();
                if embedded.as_ref().is_none_or(is_first) {
                    embedded = Some((path, reason));
                }
            } else {
                self.states[index].embedded = self.states[parent].embedded;
            }
            self.states[index].keeps_contents |= self.states[parent].keeps_contents;
            if self.states[index].embedded.is_some() || self.states[index].keeps_contents {
                self.states[index].is_blocked = true;
                self.dirs[index].clear_files();
            }
        }
        for index in (1..self.states.len()).rev() {
            if self.states[index].is_blocked {
                self.states[self.dirs[index].parent].is_blocked = true;
            }
        }
        TreeContents {
            is_blocked: self.states.iter().map(|state| state.is_blocked).collect(),
            tree: Tree {
                dirs: self.dirs.into(),
            },
            embedded,
            failures: self.failures,
        }
    }
}

/// Opens the top directory of a tree: by its path, as the walk does, or step by step if the
/// path is too long.
fn open_top(root: &Root, relative: &Path, max_handles: usize) -> io::Result<Dir> {
    match directory::open_path_nofollow(&root.path.join(relative)) {
        Err(error) if error.kind() == ErrorKind::InvalidFilename => {
            let mut open = OpenDirs::new(root.open()?, max_handles);
            open.open(relative)?.try_clone()
        }
        opened => opened,
    }
}
