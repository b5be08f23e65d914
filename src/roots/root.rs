//! One root, and the directories below it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cap_std::fs::Dir;

use crate::directory::{self, DirIdentity, FileSystem};
use crate::pycache_prefix::PrefixDir;
use crate::rules::Rules;

/// A directory in which something is removed.
#[derive(Debug)]
pub(crate) struct Root {
    /// Its position in the list of roots, which orders the listing.
    pub(crate) id: usize,
    /// The directory as the user wrote it.
    pub(crate) path: PathBuf,
    /// The canonical path: absolute and without symlinks.
    pub(crate) canonical: PathBuf,
    /// The directory as it was at the start of the run.
    pub(super) identity: DirIdentity,
    /// The file system to stay on with `--one-file-system`.
    pub(crate) file_system: Option<FileSystem>,
    /// The part of the directory that is searched.
    pub(crate) scope: Scope,
    /// What is removed.
    pub(crate) rules: Arc<Rules>,
}

/// The part of a root that is searched.
#[derive(Debug)]
pub(crate) enum Scope {
    /// The whole directory tree.
    Tree,
    /// Some of its entries, which the user named: files, and `__pycache__` directories. With
    /// the PATHs as they were given that are other paths than the one that is shown.
    Entries(BTreeMap<OsString, Vec<PathBuf>>),
    /// Directories under `PYTHONPYCACHEPREFIX`.
    PrefixDirs(Vec<PrefixDir>),
}

/// A directory below a root. Shared by everything that was found in it.
#[derive(Debug)]
pub(crate) struct Location<'a> {
    /// The root.
    pub(crate) root: &'a Root,
    /// The path relative to the root; empty for the root itself.
    pub(crate) path: Box<Path>,
}

impl Root {
    /// Opens the directory: removal never leaves it.
    ///
    /// # Errors
    ///
    /// If it cannot be opened, or is another directory than at the start.
    pub(crate) fn open(&self) -> io::Result<Dir> {
        // `a/../b` leads nowhere once `a` is removed.
        let opened = directory::open_root(&self.path);
        let dir = opened.or_else(|_| directory::open_root(&self.canonical))?;
        if directory::identity(&dir)? == self.identity {
            Ok(dir)
        } else {
            Err(directory::changed())
        }
    }

    /// A path below this root as it is shown: without a leading `./`.
    pub(crate) fn display_path(&self, relative: &Path) -> PathBuf {
        if relative.as_os_str().is_empty() {
            self.path.clone()
        } else if self.path == Path::new(".") {
            relative.to_path_buf()
        } else {
            self.path.join(relative)
        }
    }

    /// Whether the whole directory tree is searched.
    pub(crate) fn is_tree(&self) -> bool {
        matches!(self.scope, Scope::Tree)
    }

    /// The PATHs as they were given that lead to the first component of a path below this
    /// root, and are other paths than the one that is shown.
    pub(crate) fn aliases(&self, relative: &Path) -> &[PathBuf] {
        match (&self.scope, relative.iter().next()) {
            (Scope::Entries(names), Some(name)) => names.get(name).map_or(&[], Vec::as_slice),
            _ => &[],
        }
    }

    /// A path below this root relative to the PATH that was given: different for a single
    /// entry, whose own path is empty.
    pub(crate) fn relative_to_path<'p>(&self, relative: &'p Path) -> &'p Path {
        if matches!(self.scope, Scope::Entries(_)) {
            let mut names = relative.components();
            names.next();
            names.as_path()
        } else {
            relative
        }
    }
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
