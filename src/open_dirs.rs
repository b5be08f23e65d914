//! A chain of open directories, from a root down to the directory that is worked on.
//! Each is opened by name in the one above it, never through a symlink.

use std::ffi::OsString;
use std::io;
use std::path::Path;

use cap_std::fs::Dir;

use crate::directory::{changed, identity, open_dir};
use crate::plan::TreeDir;

/// The most directories to keep open in a tree. In one that is deeper, going back up to a
/// directory that was closed means opening all directories above it once more.
pub(crate) const MAX_OPEN_TREE_DIRS: usize = 1 << 10;

/// The directories between a root and a path, kept open while the paths that follow
/// share them.
pub(crate) struct OpenDirs {
    root: Dir,
    /// The names from the root down to the last path.
    names: Vec<OsString>,
    /// The open directories on that path with their depths, the last of them always.
    handles: Vec<(usize, Dir)>,
    max_handles: usize,
}

impl OpenDirs {
    /// Keeps at most `max_handles` directories open.
    pub(crate) fn new(root: Dir, max_handles: usize) -> Self {
        Self {
            root,
            names: Vec::new(),
            handles: Vec::new(),
            max_handles,
        }
    }

    /// Opens the directory at a path relative to the root.
    ///
    /// # Errors
    ///
    /// If it does not exist, cannot be read, or has a symlink on the way.
    pub(crate) fn open(&mut self, path: &Path) -> io::Result<&Dir> {
        let shared = self.names.iter().zip(path);
        let shared = shared.take_while(|(open, name)| open == name).count();
        self.names.truncate(shared);
        while self.handles.pop_if(|(depth, _)| *depth > shared).is_some() {}
        let depth = self.handles.last().map_or(0, |(depth, _)| *depth);
        for (name, depth) in path.iter().skip(depth).zip(depth + 1..) {
            let dir = open_dir(self.last(), name)?;
            if depth > self.names.len() {
                self.names.push(name.to_owned());
            }
            push_handle(&mut self.handles, depth, dir, self.max_handles);
        }
        Ok(self.last())
    }

    fn last(&self) -> &Dir {
        self.handles.last().map_or(&self.root, |(_, dir)| dir)
    }
}

/// The open directories of a [tree](crate::plan::Tree), found by index: paths would take
/// quadratic time in a deep tree.
pub(crate) struct OpenTreeDirs {
    /// The top of the tree, until it is closed.
    top: Option<Dir>,
    /// Open directories with their indices, each within the one before.
    handles: Vec<(usize, Dir)>,
    max_handles: usize,
}

impl OpenTreeDirs {
    /// Starts at the open top of a tree, and keeps at most `max_handles` directories
    /// open besides.
    pub(crate) fn new(top: Dir, max_handles: usize) -> Self {
        Self {
            top: Some(top),
            handles: Vec::new(),
            max_handles,
        }
    }

    /// Closes all directories, because Windows does not remove a directory that is open.
    pub(crate) fn close(&mut self) {
        self.handles.clear();
        self.top = None;
    }

    /// Starts again at the open top of the tree.
    pub(crate) fn restart(&mut self, top: Dir) {
        self.close();
        self.top = Some(top);
    }

    /// Opens a directory of the tree.
    ///
    /// # Errors
    ///
    /// As for [`OpenDirs::open`], if the tree is closed, and if it is another directory than
    /// the one that was read.
    pub(crate) fn open(&mut self, dirs: &[TreeDir], index: usize) -> io::Result<&Dir> {
        // The directories to open, up to one that is open.
        let mut missing = Vec::new();
        let mut at = index;
        while at > 0 {
            // What has a larger index is not on the way up.
            while self.handles.pop_if(|(open, _)| *open > at).is_some() {}
            if self.handles.last().is_some_and(|(open, _)| *open == at) {
                break;
            }
            missing.push(at);
            at = dirs[at].parent;
        }
        if at == 0 {
            self.handles.clear();
        }
        let top = self.top.as_ref().ok_or(io::ErrorKind::NotFound)?;
        for index in missing.into_iter().rev() {
            let parent = self.handles.last().map_or(top, |(_, dir)| dir);
            let dir = open_unchanged(parent, &dirs[index])?;
            push_handle(&mut self.handles, index, dir, self.max_handles);
        }
        Ok(self.handles.last().map_or(top, |(_, dir)| dir))
    }
}

/// Opens a directory of a tree in the directory that holds it.
///
/// # Errors
///
/// If it does not exist, cannot be read, or is another directory than the one that was read.
pub(crate) fn open_unchanged(parent: &Dir, dir: &TreeDir) -> io::Result<Dir> {
    let opened = open_dir(parent, &dir.name)?;
    match dir.identity {
        Some(expected) if identity(&opened)? != expected => Err(changed()),
        Some(_) | None => Ok(opened),
    }
}

/// Adds a handle. If there are too many, closes the half farthest up: closing one each time
/// would move all others.
fn push_handle(handles: &mut Vec<(usize, Dir)>, key: usize, dir: Dir, max_handles: usize) {
    handles.push((key, dir));
    if handles.len() > max_handles.max(1) {
        handles.drain(..handles.len() / 2);
    }
}
