//! What is kept although it is in something that is removed, and what is not known.

use std::io::ErrorKind;
use std::sync::Arc;

use walkdir::DirEntry;

use super::Kept;
use super::frame::{Frame, holds_environments, relative};
use super::job::Job;
use crate::decide::{DirVerdict, Mode, Tree};
use crate::failure::Failure;
use crate::git_index::GitIndex;
use crate::path::{into_io_error, name_of, split_name};
use crate::place::{self, ENVIRONMENT, GIT, OTHER_VCS};
use crate::reason::{KeepReason, Reason};

impl Job<'_, '_> {
    /// Why the current directory must not be removed with another one.
    pub(super) fn find_embedded(&self) -> Option<KeepReason> {
        let frame = self.frames.last()?;
        if !matches!(frame.mode, Mode::All(_) | Mode::Kept) {
            return None;
        }
        let is_git_dir = frame.place.as_ref().is_some_and(|place| place.is_git_dir);
        if frame.markers & (GIT | OTHER_VCS) != 0 || is_git_dir {
            Some(KeepReason::NestedRepository)
        } else if holds_environments(frame.mode) {
            None
        } else {
            let is_environment = frame.markers & ENVIRONMENT != 0
                || place::has_environment_programs(&frame.path, frame.markers);
            is_environment.then_some(KeepReason::NestedEnvironment)
        }
    }

    pub(super) fn keep_embedded(&mut self, reason: KeepReason) {
        let has_programs = self
            .frames
            .last()
            .is_some_and(|frame| place::has_environment_programs(&frame.path, frame.markers));
        // The programs of an environment are one level below it.
        if reason == KeepReason::NestedEnvironment && has_programs && self.frames.len() > 1 {
            self.drop_frame();
        }
        self.keep_tree(reason);
    }

    /// An environment is skipped by its marker, whatever its name, unless it is a PATH. Returns
    /// whether it is walked.
    pub(super) fn enters_environment(&mut self) -> bool {
        let Some(frame) = self.frames.last_mut() else {
            return false;
        };
        let relative = relative(self.root, &frame.path);
        let rules = &frame.above.rules;
        if frame.markers & ENVIRONMENT == 0
            || relative.as_os_str().is_empty()
            || rules.search_default_skips
            || !matches!(frame.mode, Mode::Search { .. })
        {
            return true;
        }
        self.found.skipped.push(self.root.display_path(relative));
        if !rules.erase.contains_name(split_name(&frame.path).1) {
            self.drop_frame();
            return false;
        }
        frame.mode = Mode::EraseOnly;
        frame.record.keep_dir();
        true
    }

    /// Keeps the debris that the walk is in, but searches it like any directory. In a
    /// `__pycache__`, keeps only the current directory.
    pub(super) fn keep_tree(&mut self, reason: KeepReason) {
        let top = self
            .frames
            .iter()
            .position(|frame| matches!(frame.mode, Mode::All(Tree::Debris(_))));
        if let Some(top) = top {
            self.frames.truncate(top + 1);
        }
        let Some(frame) = self.drop_frame() else {
            return;
        };
        let above = self.frames.last().map(|frame| frame.mode);
        let shown = self.root.display_path(relative(self.root, &frame.path));
        let mut is_erased = false;
        if let (Some(_), Some(mode)) = (top, above)
            && let DirVerdict::Enter(enter) = self.kept_verdict(&frame.path, &frame.above, mode)
        {
            is_erased = enter.removal.is_some();
            self.hand_over(frame.path, enter, frame.above);
        }
        // What the user selected is reported if it cannot be removed.
        if !is_erased {
            self.found.kept.push(Kept {
                path: shown,
                reason,
            });
        }
    }

    /// A file is kept, and so is its directory. What a desktop wrote into a directory that has
    /// nothing but orphaned bytecode goes with it: the plan drops it if the directory is kept.
    pub(super) fn keep_file(&mut self, entry: &DirEntry) {
        let Some(frame) = self.frames.last() else {
            return;
        };
        let removal = frame.record.removal.filter(|reason| match reason {
            Reason::Ghost => true,
            Reason::Empty => matches!(frame.mode, Mode::Cache { .. }),
            _ => false,
        });
        if let Some(reason) = removal
            && is_of_desktop(entry)
            && self.may_lose(entry)
        {
            self.select_file(entry, name_of(entry), reason);
        } else if let Some(frame) = self.frames.last_mut() {
            frame.record.keep_dir();
        }
    }

    /// Whether a file is neither ignored nor tracked by git.
    fn may_lose(&mut self, entry: &DirEntry) -> bool {
        let Some(place) = self.current().map(|(_, place)| Arc::clone(place)) else {
            return false;
        };
        let relative = relative(self.root, entry.path());
        let path = self.root.entry_path(entry.path(), relative);
        let canonical = self.root.canonical.join(relative);
        !place.rules.ignore.is_ignored(path)
            && place.ask_git(&canonical, GitIndex::tracks, &mut self.found.failures) == Ok(false)
    }

    /// Keeps the current directory, of which something is not known; debris as a whole.
    pub(super) fn keep_unknown(&mut self, failure: Failure) -> bool {
        self.found.failures.push(failure);
        if self
            .frames
            .iter()
            .any(|frame| matches!(frame.mode, Mode::All(Tree::Debris(_))))
        {
            self.keep_tree(KeepReason::Unreadable);
        } else {
            self.drop_frame();
        }
        false
    }

    /// Drops what was found in the current directory, and passes over the rest of it. Its
    /// entry counts as one that stays.
    pub(super) fn drop_frame(&mut self) -> Option<Frame> {
        let frame = self.frames.pop()?;
        self.found.dirs.truncate(frame.records_before);
        self.skipped_below = Some(frame.depth);
        Some(frame)
    }

    /// `walkdir` reports a failure to read a directory before its entries: nothing is known
    /// about it, so all of it is kept.
    pub(super) fn keep_unread(&mut self, error: walkdir::Error) {
        if self
            .skipped_below
            .is_some_and(|depth| error.depth() > depth)
        {
            return;
        }
        let Some(frame) = self.frames.last() else {
            return;
        };
        let path = error.path().unwrap_or(&frame.path);
        let path = self.root.display_path(relative(self.root, path));
        let error = into_io_error(error);
        if error.kind() == ErrorKind::NotFound {
            self.drop_frame();
        } else {
            self.found.has_unknown_settings = true;
            self.keep_unknown(Failure::read(path, error));
        }
    }
}

/// Whether a desktop writes such a file into any directory that a person looks at.
fn is_of_desktop(entry: &DirEntry) -> bool {
    let name = name_of(entry).as_encoded_bytes();
    matches!(name, b".DS_Store" | b"Thumbs.db" | b"desktop.ini") && entry.file_type().is_file()
}
