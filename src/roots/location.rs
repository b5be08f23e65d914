//! Directories below a root.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Root;

/// A directory below a root. Shared by everything that was found in it.
#[derive(Debug)]
pub(crate) struct Location<'a> {
    /// The root.
    pub(crate) root: &'a Root,
    /// The path relative to the root; empty for the root itself.
    pub(crate) path: Box<Path>,
}

impl<'a> Location<'a> {
    /// The directory at a path relative to a root.
    pub(crate) fn new(root: &'a Root, path: &Path) -> Arc<Self> {
        let path = path.into();
        Arc::new(Self { root, path })
    }

    /// The canonical path.
    pub(crate) fn canonical(&self) -> PathBuf {
        self.root.canonical.join(&self.path)
    }

    /// The path as it is shown.
    pub(crate) fn display_path(&self) -> PathBuf {
        self.root.display_path(&self.path)
    }
}
