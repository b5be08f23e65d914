//! Reads a directory that is to be removed with its contents: what is in it, and whether
//! something in it must be kept.

use std::ffi::OsStr;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use cap_std::fs::Dir;

use crate::directory::{self, EntryKind};
use crate::guard::{KeepReason, Markers};
use crate::open_dirs::{OpenDirs, OpenTreeDirs};
use crate::path::path_order;
use crate::plan::{Tree, TreeDir};
use crate::roots::Root;
use crate::rules::Rules;
use crate::rules::ignore::EntryPath;

/// What decides whether something in a tree is kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TreeReader<'a> {
    /// The root that the tree is below.
    pub(crate) root: &'a Root,
    /// The rules of the tree.
    pub(crate) rules: &'a Rules,
    /// Whether virtual environments can be removed with the tree, as those of tox.
    pub(crate) allow_environments: bool,
    /// Canonical paths of directories in the tree that are walked separately.
    pub(crate) excluded: &'a [&'a Path],
    /// Whether the sizes of files are needed.
    pub(crate) measure: bool,
    /// The number of directories to keep open.
    pub(crate) max_handles: usize,
}

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
    /// Whether it was not read to its end. Nothing proves that its contents, and those of
    /// its subdirectories, are not part of a repository.
    is_unreadable: bool,
    /// Why it is kept with its contents.
    embedded: Option<KeepReason>,
}

impl TreeReader<'_> {
    /// Reads the tree at a path relative to the root.
    ///
    /// # Errors
    ///
    /// If its top directory cannot be opened.
    pub(crate) fn read(&self, relative: &Path) -> io::Result<TreeContents> {
        let top = self.open(relative)?;
        let identity = directory::identity(&top)?;
        let name = relative.file_name().unwrap_or_default();
        let mut reading = Reading {
            reader: self,
            parent: relative.parent().unwrap_or(Path::new("")),
            tree: Tree {
                dirs: vec![TreeDir::new(0, name)],
                identity,
            },
            states: vec![DirState::default()],
            failures: Vec::new(),
        };
        reading.read_all(OpenTreeDirs::new(top, self.max_handles));
        Ok(reading.finish())
    }
}

impl TreeReader<'_> {
    /// Opens the top directory: by its path, as the walk does, or step by step if the
    /// path is too long.
    fn open(&self, relative: &Path) -> io::Result<Dir> {
        match directory::open_path_nofollow(&self.root.path.join(relative)) {
            Err(error) if error.kind() == ErrorKind::InvalidFilename => {
                let mut open = OpenDirs::new(self.root.dir()?, self.max_handles);
                open.open(relative)?.try_clone()
            }
            opened => opened,
        }
    }
}

struct Reading<'a> {
    reader: &'a TreeReader<'a>,
    /// The directory that holds the tree, relative to the root.
    parent: &'a Path,
    tree: Tree,
    states: Vec<DirState>,
    failures: Vec<(PathBuf, io::Error)>,
}

impl Reading<'_> {
    /// Reads the directories depth first. Not by recursion, so that a deep tree needs
    /// no deep stack.
    fn read_all(&mut self, mut open: OpenTreeDirs) {
        let mut waiting = vec![0];
        while let Some(index) = waiting.pop() {
            let first_new = self.tree.dirs.len();
            let read = open
                .open(&self.tree.dirs, index)
                .and_then(|dir| self.read_dir(dir, index));
            match read {
                Ok(()) => waiting.extend(first_new..self.tree.dirs.len()),
                // It vanished meanwhile.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => {
                    self.tree.dirs.truncate(first_new);
                    self.states.truncate(first_new);
                    self.states[index].is_unreadable = true;
                    self.failures.push((self.path_of(index), error));
                }
            }
            self.tree.dirs[index].shrink();
        }
    }

    fn read_dir(&mut self, dir: &Dir, index: usize) -> io::Result<()> {
        if self.is_on_other_file_system(dir)? {
            self.states[index].is_blocked = true;
            return Ok(());
        }
        let mut markers = Markers::default();
        directory::read_dir(dir, self.reader.measure, |entry| {
            markers.add(entry.name, entry.kind);
            if self.is_kept(index, entry.name, entry.kind) {
                self.states[index].is_blocked = true;
            } else if entry.kind == EntryKind::Dir {
                self.tree.dirs.push(TreeDir::new(index, entry.name));
                self.states.push(DirState::default());
            } else {
                self.tree.dirs[index].push_file(entry.name, entry.bytes);
            }
        })?;
        self.note_embedded(index, markers);
        Ok(())
    }

    fn note_embedded(&mut self, index: usize, markers: Markers) {
        let allow_environments = self.reader.allow_environments;
        if let Some(reason) = markers.reason(allow_environments) {
            self.states[index].embedded = Some(reason);
        }
        let dir = &self.tree.dirs[index];
        if !allow_environments && markers.has_environment_programs(&dir.name) {
            self.states[dir.parent].embedded = Some(KeepReason::NestedEnvironment);
        }
    }

    fn is_on_other_file_system(&self, dir: &Dir) -> io::Result<bool> {
        let expected = self.reader.root.file_system;
        Ok(expected.is_some() && directory::file_system(dir)? != expected)
    }

    /// Whether an entry is ignored, or walked separately.
    fn is_kept(&self, dir: usize, name: &OsStr, kind: EntryKind) -> bool {
        let TreeReader {
            root,
            rules,
            excluded,
            ..
        } = self.reader;
        let may_be_excluded = kind == EntryKind::Dir && !excluded.is_empty();
        if rules.ignore.is_empty() && !may_be_excluded {
            return false;
        }
        let relative = self.path_of(dir).join(name);
        let entry = EntryPath {
            display: &root.path.join(&relative),
            canonical_root: &root.canonical,
            relative: &relative,
        };
        (may_be_excluded && excluded.contains(&&*entry.canonical()))
            || rules.ignore.is_ignored(entry)
    }

    fn path_of(&self, index: usize) -> PathBuf {
        self.parent.join(self.tree.dir_path(index))
    }

    /// Leaves out what is kept, and finds the directories that hold it.
    fn finish(mut self) -> TreeContents {
        let mut embedded: Option<(PathBuf, KeepReason)> = None;
        for index in 0..self.states.len() {
            let parent = self.tree.dirs[index].parent;
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
            self.states[index].is_unreadable |= self.states[parent].is_unreadable;
            if self.states[index].embedded.is_some() || self.states[index].is_unreadable {
                self.states[index].is_blocked = true;
                self.tree.dirs[index].clear_files();
            }
        }
        for index in (1..self.states.len()).rev() {
            if self.states[index].is_blocked {
                self.states[self.tree.dirs[index].parent].is_blocked = true;
            }
        }
        TreeContents {
            is_blocked: self.states.iter().map(|state| state.is_blocked).collect(),
            tree: self.tree,
            embedded,
            failures: self.failures,
        }
    }
}
