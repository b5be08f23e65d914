//! Random trees as plain data, which proptest can shrink. Each test adds its own names and
//! kinds of entries.

use std::ffi::OsStr;
use std::fmt::Debug;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

/// One entry of a random tree.
#[derive(Debug, Clone)]
pub struct Entry<K> {
    /// The number of the directory that contains it, modulo the number of directories that
    /// were added before it.
    parent: u8,
    pub name: &'static OsStr,
    pub kind: K,
}

/// Random entries, a fifth of them at the top of the tree.
pub fn entries<K: Debug>(
    named: impl Strategy<Value = (&'static OsStr, K)>,
) -> impl Strategy<Value = Entry<K>> {
    let parent = prop_oneof![1 => Just(0), 4 => any::<u8>()];
    (parent, named).prop_map(|(parent, (name, kind))| Entry { parent, name, kind })
}

/// The directories of a random tree while it is created.
pub struct Layout {
    directories: Vec<PathBuf>,
}

impl Layout {
    pub fn new(top: impl AsRef<Path>) -> Self {
        Self {
            directories: vec![top.as_ref().to_path_buf()],
        }
    }

    pub fn add_directory(&mut self, path: PathBuf) {
        self.directories.push(path);
    }

    /// The path of an entry in one of the directories.
    pub fn path<K>(&self, entry: &Entry<K>) -> PathBuf {
        let parent = usize::from(entry.parent) % self.directories.len();
        self.directories[parent].join(entry.name)
    }
}
