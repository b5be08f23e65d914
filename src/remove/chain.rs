//! The directories from a root down to the last one, kept open while the next ones share them.
//! Each is opened by name in the one above it, never through a symlink.

use std::ffi::OsString;
use std::io;
use std::path::Path;

use crate::directory::Dir;
use crate::roots::Root;

pub(super) struct DirChain<'a> {
    root: &'a Root,
    top: Dir,
    below: Vec<(OsString, Dir)>,
}

impl<'a> DirChain<'a> {
    pub(super) fn new(root: &'a Root) -> io::Result<Self> {
        Ok(Self {
            root,
            top: root.open()?,
            below: Vec::new(),
        })
    }

    pub(super) fn is_of(&self, root: &Root) -> bool {
        self.root.id == root.id
    }

    /// Opens the directory at a path relative to the root, and closes those that are not on
    /// the way: Windows does not remove a directory that is open.
    pub(super) fn open(&mut self, path: &Path) -> io::Result<&Dir> {
        let shared = self.below.iter().zip(path);
        let shared = shared.take_while(|((open, _), name)| open == name).count();
        self.below.truncate(shared);
        for name in path.iter().skip(shared) {
            let dir = self.last().open_dir(name)?;
            self.below.push((name.to_owned(), dir));
        }
        Ok(self.last())
    }

    /// The directory that was opened last.
    pub(super) fn last(&self) -> &Dir {
        self.below.last().map_or(&self.top, |(_, dir)| dir)
    }
}
