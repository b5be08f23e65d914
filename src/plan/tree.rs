//! The contents of a directory that is removed as a whole.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fmt::Write;
use std::iter;
use std::mem;
use std::path::PathBuf;

use crate::directory::DirIdentity;

/// A directory tree: everything that is removed with a directory. It holds names only,
/// as full paths would need quadratic memory in a deep tree.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    /// The directories: the top first, each parent before its subdirectories.
    pub(crate) dirs: Box<[TreeDir]>,
}

/// A directory of a [`Tree`], with its files.
#[derive(Debug)]
pub(crate) struct TreeDir {
    /// The index of the directory that holds it; its own for the top.
    pub(crate) parent: usize,
    /// The file name.
    pub(crate) name: Box<OsStr>,
    /// The directory as it was when it was read; `None` until then. Removal compares it, so
    /// that a directory that was moved to the same path meanwhile is not emptied.
    pub(crate) identity: Option<DirIdentity>,
    /// The name of each file and its apparent size in bytes, all joined by `/`: a separate
    /// string for each name would need twice the memory.
    files: OsString,
}

impl TreeDir {
    /// An empty directory.
    pub(crate) fn new(parent: usize, name: &OsStr) -> Self {
        Self {
            parent,
            name: name.into(),
            identity: None,
            files: OsString::new(),
        }
    }

    /// Adds a file or a symlink.
    pub(crate) fn push_file(&mut self, name: &OsStr, bytes: u64) {
        if self.files.is_empty() {
            // As much as most directories need, so that it is not moved again and again.
            self.files.reserve(512);
        } else {
            self.files.push("/");
        }
        self.files.push(name);
        // A string takes every text.
        let _ = write!(self.files, "/{bytes}");
    }

    /// The number of files, and the directory itself.
    pub(crate) fn entry_count(&self) -> usize {
        // Each file has two parts.
        let separators = memchr::memchr_iter(b'/', self.files.as_encoded_bytes());
        separators.count().div_ceil(2) + 1
    }

    /// Keeps in the list the files for which `keep` is true. Returns whether that is all
    /// of them.
    pub(crate) fn retain_files(&mut self, mut keep: impl FnMut(&OsStr) -> bool) -> bool {
        let files = mem::take(&mut self.files);
        let mut is_complete = true;
        for (name, bytes) in split_files(&files) {
            if keep(name) {
                self.push_file(name, bytes);
            } else {
                is_complete = false;
            }
        }
        self.shrink();
        is_complete
    }

    /// Forgets the files.
    pub(crate) fn clear_files(&mut self) {
        self.files.clear();
    }

    /// Frees the memory that was reserved for more files.
    pub(crate) fn shrink(&mut self) {
        self.files.shrink_to_fit();
    }

    /// The files and symlinks: name and apparent size in bytes.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&OsStr, u64)> {
        split_files(&self.files)
    }
}

/// The files in a text that [`TreeDir::push_file`] wrote, so that each size can be parsed.
fn split_files(text: &OsStr) -> impl Iterator<Item = (&OsStr, u64)> {
    let mut parts = split_parts(text);
    iter::from_fn(move || {
        let (name, bytes) = (parts.next()?, parts.next()?);
        Some((name, bytes.to_str()?.parse().ok()?))
    })
}

/// The parts of a text that are joined by `/`.
#[cfg(unix)]
fn split_parts(text: &OsStr) -> impl Iterator<Item = &OsStr> {
    use std::os::unix::ffi::OsStrExt;
    let parts = text.as_bytes().split(|byte| *byte == b'/');
    parts.map(OsStr::from_bytes)
}

/// The parts of a text that are joined by `/`. A file name is exactly one component of a
/// relative path.
#[cfg(not(unix))]
fn split_parts(text: &OsStr) -> impl Iterator<Item = &OsStr> {
    std::path::Path::new(text).iter()
}

impl Tree {
    /// The path of a directory relative to the directory that holds the tree.
    pub(crate) fn dir_path(&self, index: usize) -> PathBuf {
        dir_path(&self.dirs, index)
    }

    /// Splits the tree into the largest trees without a blocked directory, each with its
    /// path relative to the directory that holds the whole tree.
    pub(crate) fn split(self, is_blocked: &[bool]) -> Vec<(PathBuf, Self)> {
        let is_top = |index: &usize| !is_blocked[*index] && is_blocked[self.dirs[*index].parent];
        let tops = (1..self.dirs.len()).filter(is_top);
        let mut tops: HashMap<_, _> = tops.map(|index| (index, self.dir_path(index))).collect();
        let mut trees: Vec<(PathBuf, Vec<TreeDir>)> = Vec::new();
        // The new place of each directory: its tree, and the index there.
        let mut places = vec![(0, 0); self.dirs.len()];
        for (index, mut dir) in self.dirs.into_iter().enumerate() {
            if is_blocked[index] {
                continue;
            }
            let (mut tree, mut parent) = places[dir.parent];
            if let Some(path) = tops.remove(&index) {
                (tree, parent) = (trees.len(), 0);
                trees.push((path, Vec::new()));
            }
            let dirs = &mut trees[tree].1;
            places[index] = (tree, dirs.len());
            dir.parent = parent;
            dirs.push(dir);
        }
        let trees = trees.into_iter();
        trees
            .map(|(path, dirs)| (path, Self { dirs: dirs.into() }))
            .collect()
    }
}

/// The path of a directory of a tree relative to the directory that holds the tree.
pub(crate) fn dir_path(dirs: &[TreeDir], index: usize) -> PathBuf {
    let mut names = vec![&*dirs[index].name];
    let mut index = index;
    while index > 0 {
        index = dirs[index].parent;
        names.push(&*dirs[index].name);
    }
    names.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_as_they_were_added() {
        let mut dir = TreeDir::new(0, "__pycache__".as_ref());
        assert_eq!(dir.files().count(), 0);
        let files = [("a.pyc", 0), ("7", 1), ("b", u64::MAX)];
        for (name, bytes) in files {
            dir.push_file(name.as_ref(), bytes);
        }
        assert!(
            dir.files()
                .eq(files.map(|(name, bytes)| (name.as_ref(), bytes)))
        );
        assert_eq!(dir.entry_count(), 4);
    }
}
