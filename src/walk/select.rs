//! What the walk selects: asks for decisions about entries, and checks what only the file system
//! tells.

use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;

use walkdir::DirEntry;

use super::Kept;
use super::check::check_erased;
use super::evidence;
use super::frame::relative;
use super::job::Job;
use crate::decide::{self, DirVerdict, Enter, Entry, FileVerdict, Mode, Tree};
use crate::directory::{self, EntryKind};
use crate::path::{into_io_error, name_of, split_name, why_unreachable};
use crate::place::Place;
use crate::pyc::{BytecodeName, Staleness};
use crate::reason::{KeepReason, Reason};
use crate::roots::{Root, Scope};
use crate::rules::is_vcs_dir;
use crate::rules::topics::{PatternId, Property};

impl Job<'_, '_> {
    /// Decides about a directory.
    pub(super) fn dir_verdict(&mut self, entry: &DirEntry) -> DirVerdict {
        let Some((mode, place)) = self.current() else {
            return DirVerdict::Keep;
        };
        let place = Arc::clone(place);
        let relative = relative(self.root, entry.path());
        let found = self
            .root
            .entry(name_of(entry), entry.path(), relative, EntryKind::Dir);
        if let Some(why) = why_unreachable(found.name) {
            if !place.rules.ignore.is_ignored(found.path) {
                self.record_failure(entry.path(), std::io::Error::other(why));
            }
            return DirVerdict::Keep;
        }
        if self.walk.roots.is_other_root(self.root, relative) {
            // It is walked by itself, but a repository in it keeps the debris around it.
            return match mode {
                Mode::All(Tree::Debris(_)) | Mode::Kept => {
                    DirVerdict::Enter(Enter::new(Mode::Kept, None))
                }
                _ => DirVerdict::Keep,
            };
        }
        if self.is_boundary(entry, relative) {
            return DirVerdict::Keep;
        }
        let debris = self.proven_debris(&found, &place, mode);
        self.note_hinted_debris(&found, &place, mode);
        let mut verdict = decide::decide_dir(&found, &place, mode, debris);
        if let DirVerdict::Enter(Enter {
            mode: Mode::All(Tree::Debris(pattern)),
            ..
        }) = verdict
            && !matches!(mode, Mode::All(_))
            && let Err(reason) = self.check_debris(&found, &place, pattern)
        {
            verdict = self.kept_verdict(entry.path(), &place, mode);
            // What the user selected is reported if it cannot be removed.
            if !matches!(&verdict, DirVerdict::Enter(enter) if enter.removal.is_some()) {
                self.report_kept(relative, reason);
            }
        }
        match &mut verdict {
            DirVerdict::Skip if !is_vcs_dir(found.name) && found.name != "node_modules" => {
                let path = self.root.display_path(relative);
                self.found.skipped.push(path);
            }
            DirVerdict::Enter(enter) => {
                if enter.removal == Some(Reason::Erased)
                    && let Err(reason) = check_erased(self.root, &found, &place)
                {
                    self.report_kept(relative, reason);
                    enter.removal = None;
                }
                if enter.mode == Mode::Towards {
                    return towards_mirror(self.root, relative, enter);
                }
            }
            _ => {}
        }
        verdict
    }

    /// What becomes of the contents of a directory that is called like debris, but kept.
    pub(super) fn kept_verdict(&self, path: &Path, place: &Place, mode: Mode) -> DirVerdict {
        let relative = relative(self.root, path);
        let name = split_name(path).1;
        let entry = self.root.entry(name, path, relative, EntryKind::Dir);
        match decide::decide_dir(&entry, place, mode.without_debris(), None) {
            // What keeps it stays in it.
            DirVerdict::Enter(enter) if enter.removal != Some(Reason::Erased) => {
                DirVerdict::Enter(Enter {
                    removal: None,
                    ..enter
                })
            }
            verdict => verdict,
        }
    }

    /// Whether the walk ends at a directory without entering it: the user named others beside it,
    /// or it is on another file system and the user asked not to leave this one.
    fn is_boundary(&mut self, entry: &DirEntry, relative: &Path) -> bool {
        if !self.root.includes(name_of(entry)) && is_top(relative) {
            return true;
        }
        let Some(expected) = self.root.file_system else {
            return false;
        };
        match directory::file_system_of(entry.path()) {
            Ok(found) => found != Some(expected),
            Err(error) => {
                self.record_failure(entry.path(), error);
                true
            }
        }
    }

    /// The debris topic of an entry, if there is evidence for it. What cannot be looked at
    /// is no evidence.
    fn proven_debris(&mut self, entry: &Entry, place: &Place, mode: Mode) -> Option<PatternId> {
        let found = decide::debris_match(entry, place, mode)?;
        match evidence::is_proven(found.evidence, entry.path.display, entry.kind, place) {
            Ok(true) => Some(found),
            Ok(false) => {
                if self.walk.options.cli.debris.is_some() && self.walk.options.cli.verbose {
                    let path = self.root.display_path(entry.path.relative);
                    let reason = KeepReason::NoEvidence(found);
                    self.found.noted.insert((path, reason), 1);
                }
                None
            }
            Err(failure) => {
                self.record_failure(&failure.path, failure.error);
                None
            }
        }
    }

    /// Takes note of debris that `--debris` would remove. An entry whose evidence cannot be
    /// read is left out: this is only a hint, and nothing is removed because of it.
    fn note_hinted_debris(&mut self, entry: &Entry, place: &Place, mode: Mode) {
        // Nearly all files of debris are hidden.
        let may_be_hinted =
            entry.kind == EntryKind::Dir || entry.name.as_encoded_bytes().first() == Some(&b'.');
        if !place.rules.hints_debris || !may_be_hinted {
            return;
        }
        let Some(found) = decide::hinted_match(entry, place, mode) else {
            return;
        };
        // The contents of a container would have to be read.
        if !found.is_container
            && !found.has(Property::NotSuggested)
            && !self.found.hinted.contains(&found)
            && matches!(
                evidence::is_proven(found.evidence, entry.path.display, entry.kind, place),
                Ok(true)
            )
        {
            self.found.hinted.insert(found);
        }
    }

    /// Decides about anything but a directory.
    pub(super) fn visit_file(&mut self, entry: &DirEntry, kind: EntryKind) {
        let Some((mode, place)) = self.current() else {
            return;
        };
        let name = name_of(entry);
        let can_select = decide::can_select(name, kind, place, mode);
        if !can_select && !place.rules.hints_debris {
            return self.keep_file(entry);
        }
        let (root, place) = (self.root, Arc::clone(place));
        let relative = relative(root, entry.path());
        let found = root.entry(name, entry.path(), relative, kind);
        let is_included = root.includes(name) || !is_top(relative);
        let mut reason = None;
        if is_included {
            self.note_hinted_debris(&found, &place, mode);
            if can_select {
                reason = self.file_reason(&found, &place, mode);
            }
        }
        match reason {
            Some(reason) => self.select_file(entry, name, reason),
            None => self.keep_file(entry),
        }
    }

    /// Why a file is removed, if it is.
    fn file_reason(&mut self, found: &Entry, place: &Place, mode: Mode) -> Option<Reason> {
        let debris = self.proven_debris(found, place, mode);
        let mut reason = match decide::decide_file(found, place, mode, debris) {
            FileVerdict::Keep => return None,
            FileVerdict::Remove(reason) => reason,
            FileVerdict::Judge { otherwise } => {
                self.bytecode_reason(found, place, mode).or(otherwise)?
            }
        };
        let mut checked = match &reason {
            Reason::Erased => check_erased(self.root, found, place),
            Reason::Debris(pattern) if !matches!(mode, Mode::All(_)) => {
                self.check_debris(found, place, *pattern)
            }
            Reason::Bytecode | Reason::Stale(_) => {
                let is_import = reason == Reason::Bytecode
                    && matches!(mode, Mode::Search { .. })
                    && BytecodeName::parse(found.name)
                        .is_some_and(|name| name.tag().is_none() && !name.is_partial_write);
                self.check_bytecode(found, place, is_import)
            }
            _ => Ok(()),
        };
        if checked.is_err() && decide::is_erased(found, place) {
            reason = Reason::Erased;
            checked = check_erased(self.root, found, place);
        }
        match checked {
            Ok(()) => Some(reason),
            Err(reason) => {
                self.report_kept(found.path.relative, reason);
                None
            }
        }
    }

    pub(super) fn select_file(&mut self, entry: &DirEntry, name: &OsStr, reason: Reason) {
        let measures = self.walk.measures;
        let in_prefix = self.root.is_in_prefix();
        let Some(frame) = self.frames.last_mut() else {
            return;
        };
        let is_lost = in_prefix || reason == Reason::Stale(Staleness::Orphaned);
        let size = match &frame.sizes {
            _ if !measures => Ok(0),
            Some(sizes) => sizes.size_of(name),
            None => entry
                .metadata()
                .map(|found| found.len())
                .map_err(into_io_error),
        };
        match size {
            Ok(bytes) => {
                frame.record.lost_bytecode |= is_lost;
                frame.record.push_file(name, bytes, reason);
            }
            // It vanished meanwhile.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => frame.record.kept -= 1,
            Err(error) => {
                frame.record.keep_dir();
                self.record_failure(entry.path(), error);
            }
        }
    }

    fn report_kept(&mut self, relative: &Path, reason: KeepReason) {
        let path = self.root.display_path(relative);
        self.found.kept.push(Kept { path, reason });
    }
}

/// Whether a path is that of an entry of the top directory of a root.
fn is_top(relative: &Path) -> bool {
    relative.components().nth(1).is_none()
}

/// Between the prefix and a mirror, only what leads to one is entered.
fn towards_mirror(root: &Root, relative: &Path, enter: &Enter) -> DirVerdict {
    let Scope::Mirrors(mirrors) = &root.scope else {
        return DirVerdict::Keep;
    };
    if mirrors.contains_key(relative) {
        DirVerdict::Enter(Enter {
            mode: Mode::Search { debris: false },
            ..enter.clone()
        })
    } else if mirrors.keys().any(|mirror| mirror.starts_with(relative)) {
        DirVerdict::Enter(enter.clone())
    } else {
        DirVerdict::Keep
    }
}
