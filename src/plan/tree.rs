//! The contents of a directory that is removed as a whole.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
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
    /// The names of the files, joined by `/`: a separate string for each would need
    /// twice the memory.
    names: OsString,
    /// The apparent size of each file, in bytes.
    sizes: Sizes,
}

/// A list of numbers, each in as few bytes as it needs: seven bits a byte, the lowest first,
/// with the highest bit set in all but the last byte (LEB128).
#[derive(Debug, Default)]
struct Sizes {
    encoded: Vec<u8>,
    count: usize,
}

impl TreeDir {
    /// An empty directory.
    pub(crate) fn new(parent: usize, name: &OsStr) -> Self {
        Self {
            parent,
            name: name.into(),
            identity: None,
            names: OsString::new(),
            sizes: Sizes::default(),
        }
    }

    /// Adds a file or a symlink.
    pub(crate) fn push_file(&mut self, name: &OsStr, bytes: u64) {
        if self.sizes.count == 0 {
            // As many as in most directories, so that they are not moved again and again.
            self.names.reserve(512);
            self.sizes.encoded.reserve(32);
        } else {
            self.names.push("/");
        }
        self.names.push(name);
        self.sizes.push(bytes);
    }

    /// The number of files, and the directory itself.
    pub(crate) fn entry_count(&self) -> usize {
        self.sizes.count + 1
    }

    /// Keeps in the list the files for which `keep` is true. Returns whether that is all
    /// of them.
    pub(crate) fn retain_files(&mut self, mut keep: impl FnMut(&OsStr) -> bool) -> bool {
        let mut retained = Self::new(self.parent, &self.name);
        retained.identity = self.identity;
        for (name, bytes) in self.files() {
            if keep(name) {
                retained.push_file(name, bytes);
            }
        }
        let is_complete = retained.sizes.count == self.sizes.count;
        *self = retained;
        is_complete
    }

    /// Forgets the files.
    pub(crate) fn clear_files(&mut self) {
        self.names.clear();
        self.sizes = Sizes::default();
    }

    /// Frees the memory that was reserved for more files.
    pub(crate) fn shrink(&mut self) {
        self.names.shrink_to_fit();
        self.sizes.encoded.shrink_to_fit();
    }

    /// The files and symlinks: name and apparent size in bytes.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&OsStr, u64)> {
        split_names(&self.names).zip(self.sizes.iter())
    }
}

impl Sizes {
    fn push(&mut self, mut size: u64) {
        while size >= 0x80 {
            self.encoded.push(size as u8 | 0x80);
            size >>= 7;
        }
        self.encoded.push(size as u8);
        self.count += 1;
    }

    fn iter(&self) -> impl Iterator<Item = u64> {
        let ends_number = |byte: &u8| byte & 0x80 == 0;
        let numbers = self.encoded.split_inclusive(ends_number);
        numbers.map(|bytes| {
            let digits = bytes.iter().rev();
            digits.fold(0, |size, byte| size << 7 | u64::from(byte & 0x7f))
        })
    }
}

/// The names in a text in which they are joined by `/`.
#[cfg(unix)]
fn split_names(names: &OsStr) -> impl Iterator<Item = &OsStr> {
    use std::os::unix::ffi::OsStrExt;
    let names = names.as_bytes().split(|byte| *byte == b'/');
    names.map(OsStr::from_bytes)
}

/// The names in a text in which they are joined by `/`. A file name is exactly one
/// component of a relative path.
#[cfg(not(unix))]
fn split_names(names: &OsStr) -> impl Iterator<Item = &OsStr> {
    std::path::Path::new(names).iter()
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
    fn sizes_are_read_as_they_were_written() {
        let sizes = [0, 1, 127, 128, 300, 16_383, 16_384, u64::MAX, 7];
        let mut encoded = Sizes::default();
        sizes.iter().for_each(|size| encoded.push(*size));
        assert_eq!(encoded.iter().collect::<Vec<_>>(), sizes);
        assert_eq!(encoded.count, sizes.len());
    }
}
