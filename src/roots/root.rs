//! One root: a directory in which something is removed.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Mirror;
use crate::decide::Entry;
use crate::directory::{self, Dir, DirIdentity, EntryKind, FileSystem};
use crate::place::Place;
use crate::rules::ignore::EntryPath;

#[derive(Debug)]
pub(crate) struct Root {
    /// Its position in the list of roots, which orders the listing.
    pub(crate) id: usize,
    /// The directory as the user wrote it.
    pub(crate) path: PathBuf,
    pub(crate) canonical: PathBuf,
    /// As it was at the start of the run.
    pub(crate) identity: DirIdentity,
    /// The file system to stay on with `--one-file-system`.
    pub(crate) file_system: Option<FileSystem>,
    pub(crate) scope: Scope,
    /// The place that holds it, with the rules in force in the root itself.
    pub(crate) above: Arc<Place>,
    /// Whether it is part of the files of a repository.
    pub(crate) in_git_dir: bool,
    /// The directory of the sources, if the user named a directory under
    /// `PYTHONPYCACHEPREFIX`.
    pub(super) source_dir: Option<PathBuf>,
}

/// The part of a root that is walked.
#[derive(Debug)]
pub(crate) enum Scope {
    /// The whole directory tree.
    Tree,
    /// Some of its entries, which the user named: files, and `__pycache__` directories.
    Entries(BTreeSet<OsString>),
    /// The mirrors of PATHs under `PYTHONPYCACHEPREFIX`, by their relative paths.
    Mirrors(BTreeMap<PathBuf, Mirror>),
}

impl Root {
    /// Opens the directory: removal never leaves it.
    pub(crate) fn open(&self) -> io::Result<Dir> {
        // `a/../b` leads nowhere once `a` is removed.
        let dir = Dir::open(&self.path).or_else(|_| Dir::open(&self.canonical))?;
        if dir.identity()? == self.identity {
            Ok(dir)
        } else {
            Err(directory::changed())
        }
    }

    /// A path below this root as it is shown: without a leading `./`.
    pub(crate) fn display_path(&self, relative: &Path) -> PathBuf {
        if relative.as_os_str().is_empty() {
            // Completion types a separator at the end of a PATH.
            self.path.components().collect()
        } else if self.path == Path::new(".") {
            relative.to_path_buf()
        } else {
            self.path.join(relative)
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

    /// An entry below this root, for a decision. `display` is its path as the walk met it.
    pub(crate) fn entry<'e>(
        &'e self,
        name: &'e OsStr,
        display: &'e Path,
        relative: &'e Path,
        kind: EntryKind,
    ) -> Entry<'e> {
        Entry {
            name,
            path: self.entry_path(display, relative),
            relative_to_path: self.relative_to_path(relative),
            kind,
            in_prefix: self.is_in_prefix(),
            in_mirror: self.is_mirror(),
        }
    }

    /// The path of an entry as `--ignore` compares it: what is ignored in a source tree is ignored
    /// in its mirror, too.
    pub(crate) fn entry_path<'e>(&'e self, display: &'e Path, relative: &'e Path) -> EntryPath<'e> {
        let canonical_root = match &self.scope {
            Scope::Mirrors(mirrors) => mirrors.values().next().map(Mirror::source_root),
            _ => None,
        };
        let canonical_root = canonical_root.unwrap_or(&self.canonical);
        EntryPath {
            display,
            canonical_root,
            relative,
        }
    }

    /// The directory of the sources whose bytecode Python caches in a directory of this root, if
    /// that is under `PYTHONPYCACHEPREFIX`.
    pub(crate) fn source_dir(&self, relative: &Path) -> Option<PathBuf> {
        match &self.scope {
            Scope::Mirrors(mirrors) => relative.ancestors().find_map(|above| {
                let below = relative.strip_prefix(above).ok()?;
                Some(mirrors.get(above)?.source_dir.join(below))
            }),
            _ => Some(self.source_dir.as_ref()?.join(relative)),
        }
    }

    pub(crate) fn is_mirror(&self) -> bool {
        matches!(self.scope, Scope::Mirrors(_))
    }

    /// Python writes bytecode into all of its directories then.
    pub(crate) fn is_in_prefix(&self) -> bool {
        self.is_mirror() || self.source_dir.is_some()
    }

    /// Whether an entry of this name in its top directory is walked.
    pub(crate) fn includes(&self, name: &OsStr) -> bool {
        match &self.scope {
            Scope::Entries(names) => names.contains(name),
            _ => true,
        }
    }
}
