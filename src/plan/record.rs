//! The record of one directory.

use std::ffi::{OsStr, OsString};
use std::mem;
use std::path::{MAIN_SEPARATOR_STR, Path};
use std::sync::Arc;

use crate::decide::Mode;
use crate::directory::DirIdentity;
#[cfg(unix)]
use crate::path::SEPARATOR;
use crate::place::Place;
use crate::reason::Reason;
use crate::stats::RemovalStats;

/// A directory in which something is removed.
#[derive(Debug)]
pub(crate) struct DirRecord {
    /// The position of the root.
    pub(crate) root: usize,
    /// The path relative to the root; empty for the root itself.
    pub(crate) path: Box<Path>,
    /// The directory as it was when it was read. Removal compares it, so that another directory
    /// at the same path is not emptied. `None` in a dry run.
    pub(crate) identity: Option<DirIdentity>,
    /// What was known about it, and how it was walked.
    pub(crate) place: Arc<Place>,
    pub(crate) mode: Mode,
    /// Why the directory itself is removed if nothing in it stays.
    pub(crate) removal: Option<Reason>,
    /// Whether it stays if no bytecode was removed in it.
    pub(super) needs_bytecode: bool,
    pub(crate) lost_bytecode: bool,
    /// The number of entries that stay; until the plan is made, with all directories in it.
    pub(crate) kept: u32,
    /// The names of the files, joined by separators: a string for each would need twice the
    /// memory.
    pub(super) names: OsString,
    pub(super) files: Vec<File>,
    /// The record of the directory that holds it.
    pub(crate) parent: Option<u32>,
    pub(crate) is_removed: bool,
}

/// A file or a symlink that is removed.
#[derive(Debug)]
pub(crate) struct File {
    /// The apparent size.
    pub(crate) bytes: u64,
    pub(crate) reason: Reason,
}

impl File {
    fn is_of_desktop(&self) -> bool {
        matches!(self.reason, Reason::Ghost | Reason::Empty)
    }
}

impl DirRecord {
    /// A directory whose entries are not known yet. Until [`Self::finish`], the place `above` stands
    /// for its own.
    pub(crate) fn new(
        root: usize,
        above: Arc<Place>,
        removal: Option<Reason>,
        needs_bytecode: bool,
    ) -> Self {
        Self {
            root,
            path: Path::new("").into(),
            identity: None,
            place: above,
            mode: Mode::Kept,
            removal,
            needs_bytecode,
            lost_bytecode: false,
            kept: 0,
            names: OsString::new(),
            files: Vec::new(),
            parent: None,
            is_removed: false,
        }
    }

    /// Adds a file, which counted as one that stays.
    pub(crate) fn push_file(&mut self, name: &OsStr, bytes: u64, reason: Reason) {
        if !self.files.is_empty() {
            self.names.push(MAIN_SEPARATOR_STR);
        }
        self.names.push(name);
        self.files.push(File { bytes, reason });
        self.kept -= 1;
    }

    /// A file in it stays, so the directory does.
    pub(crate) fn keep_dir(&mut self) {
        // What the user selected is reported if it cannot be removed.
        if self.removal != Some(Reason::Erased) {
            self.removal = None;
        }
    }

    /// Another record removes the directory, and the files that are not retained.
    pub(super) fn give_up(&mut self, retain: impl Fn(&OsStr, &File) -> bool) {
        self.retain_files(retain);
        self.removal = None;
        self.is_removed = false;
    }

    /// Whether it can be part of a plan.
    pub(crate) fn matters(&self) -> bool {
        self.removal.is_some() || !self.files.is_empty()
    }

    /// Ends the record when the directory was walked.
    pub(crate) fn finish(&mut self, path: &Path, place: Arc<Place>, mode: Mode) {
        // Python may have made an empty cache just now, and is about to write into it.
        let may_be_new = matches!(mode, Mode::Cache { .. }) && self.files.is_empty();
        let is_wanted = place.rules.folders || !place.rules.erase.is_empty();
        if may_be_new && !is_wanted && self.removal == Some(Reason::Empty) {
            self.removal = None;
        }
        self.path = path.into();
        self.place = place;
        self.mode = mode;
        self.names.shrink_to_fit();
        self.files.shrink_to_fit();
    }

    pub(crate) fn file_count(&self) -> usize {
        self.files.len()
    }

    /// The files with their names.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&OsStr, &File)> {
        split_names(&self.names).zip(&self.files)
    }

    /// What is removed if nothing fails.
    pub(crate) fn stats(&self) -> RemovalStats {
        RemovalStats {
            files: self.files.len() as u64,
            directories: self.is_removed.into(),
            bytes: self.files.iter().map(|file| file.bytes).sum(),
        }
    }

    /// Keeps the files that would only be removed with the directory.
    pub(super) fn keep_desktop_files(&mut self) {
        if self.files.iter().any(File::is_of_desktop) {
            self.retain_files(|_, file| !file.is_of_desktop());
        }
    }

    pub(super) fn retain_files(&mut self, retain: impl Fn(&OsStr, &File) -> bool) {
        let (names, files) = (mem::take(&mut self.names), mem::take(&mut self.files));
        for (name, file) in split_names(&names).zip(files) {
            self.kept += 1;
            if retain(name, &file) {
                self.push_file(name, file.bytes, file.reason);
            }
        }
    }
}

/// The names in a text in which they are joined by separators.
#[cfg(unix)]
pub(super) fn split_names(text: &OsStr) -> impl Iterator<Item = &OsStr> {
    use std::os::unix::ffi::OsStrExt;
    text.as_bytes()
        .split(|byte| *byte == SEPARATOR)
        .map(OsStr::from_bytes)
}

/// The names in a text in which they are joined by separators: each is one component of a
/// relative path.
#[cfg(not(unix))]
pub(super) fn split_names(text: &OsStr) -> impl Iterator<Item = &OsStr> {
    Path::new(text).iter()
}
