//! Debris that the walk meets although no topic was asked for: a hint names it.

use std::ffi::OsStr;
use std::sync::Arc;

use walkdir::DirEntry;

use super::evidence;
use super::walk::Job;
use crate::directory::EntryKind;
use crate::path::name_of;
use crate::roots::Location;
use crate::rules::topics::{NOT_SUGGESTED, PatternId};

/// A directory with debris.
#[derive(Debug)]
pub(crate) struct HintedDebris<'a> {
    /// The directory.
    pub(super) dir: Arc<Location<'a>>,
    /// What the debris is.
    pub(crate) found: PatternId,
}

impl Job<'_, '_> {
    /// Takes note of debris that `--debris` would remove. An entry whose evidence cannot be
    /// read is left out: this is only a hint, and nothing is removed because of it.
    pub(super) fn note_hinted_debris(&mut self, entry: &DirEntry, kind: EntryKind) {
        if !self.rules.hints_debris || !may_be_hinted(name_of(entry), kind) {
            return;
        }
        let relative = self.relative(entry.path());
        let Some(found) = self
            .context()
            .hinted_match(self.found_entry(entry, relative, kind))
        else {
            return;
        };
        // The contents of a container would have to be read.
        if found.is_container || NOT_SUGGESTED.contains(&found.topic) {
            return;
        }
        let Some(dir) = self.current_dir() else {
            return;
        };
        let is_known = |last: &HintedDebris| Arc::ptr_eq(&last.dir, dir) && last.found == found;
        if self.found.hinted_debris.last().is_some_and(is_known)
            || !matches!(
                evidence::is_proven(found.evidence, entry.path(), kind),
                Ok(true)
            )
        {
            return;
        }
        let debris = HintedDebris {
            dir: Arc::clone(dir),
            found,
        };
        self.found.hinted_debris.push(debris);
    }
}

/// Rejects most files by their first byte: nearly all files of debris are hidden.
fn may_be_hinted(name: &OsStr, kind: EntryKind) -> bool {
    kind == EntryKind::Dir || name.as_encoded_bytes().first() == Some(&b'.')
}
