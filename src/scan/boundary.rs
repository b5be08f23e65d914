//! The directories that the walk does not enter.

use std::io;

use walkdir::DirEntry;

use super::walk::Job;
use crate::directory;
use crate::guard::is_git_dir;
use crate::path::name_of;
use crate::roots::Location;

impl Job<'_, '_> {
    /// Whether the walk ends at a directory without entering it. If that cannot be found
    /// out, the directory is not entered, and the error is recorded.
    pub(super) fn is_boundary(&mut self, entry: &DirEntry) -> bool {
        let relative = self.relative(entry.path());
        if entry.depth() > 0 && self.scan.is_walked_separately(self.root, relative) {
            return true;
        }
        let is_other = self.or_record(entry, self.is_on_other_file_system(entry));
        if is_other && self.prefix.is_none() {
            let unread = Location::new(self.root, self.relative(entry.path()));
            self.found.unread.push(unread);
        }
        is_other
    }

    /// Whether a directory is part of a repository itself. If that cannot be found out, it
    /// is, and the error is recorded.
    pub(super) fn is_in_repository(&mut self, entry: &DirEntry) -> bool {
        self.or_record(entry, is_git_internal(entry))
    }

    fn or_record(&mut self, entry: &DirEntry, answer: io::Result<bool>) -> bool {
        answer.unwrap_or_else(|error| {
            let path = self.root.display_path(self.relative(entry.path()));
            self.record_failure(path, error);
            true
        })
    }

    /// Whether a directory is on another file system than its root, which the user asked
    /// not to leave.
    fn is_on_other_file_system(&self, entry: &DirEntry) -> io::Result<bool> {
        let expected = self.root.file_system;
        Ok(expected.is_some() && directory::file_system_of_path(entry.path())? != expected)
    }
}

/// Whether a directory is one of those in a git directory whose files are named after branches
/// and commits, or that hold other git directories (gitrepository-layout(5)).
fn is_git_internal(entry: &DirEntry) -> io::Result<bool> {
    let is_named = matches!(
        name_of(entry).as_encoded_bytes(),
        b"refs" | b"logs" | b"objects" | b"worktrees" | b"modules"
    );
    match entry.path().parent() {
        Some(parent) if is_named => is_git_dir(parent),
        _ => Ok(false),
    }
}
