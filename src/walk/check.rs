//! What only the file system and the index of git tell about an entry that is selected.

use std::path::Path;

use super::frame::relative;
use super::job::Job;
use crate::bytecode::{self, FoundBytecode, Judgement};
use crate::decide::{Entry, Mode};
use crate::git_index::GitIndex;
use crate::path::{split_name, without_verbatim};
use crate::place::Place;
use crate::pyc::{BytecodeName, Form, Source, Staleness};
use crate::reason::{KeepReason, Reason};
use crate::roots::Root;
use crate::rules::topics::PatternId;
use crate::rules::{CACHE_DIR, is_install_dir, is_vcs_dir};

impl Job<'_, '_> {
    /// Why bytecode is removed, if it is.
    pub(super) fn bytecode_reason(
        &mut self,
        entry: &Entry,
        place: &Place,
        mode: Mode,
    ) -> Option<Reason> {
        let Some(name) = BytecodeName::parse(entry.name) else {
            return self.numba_reason(entry, place);
        };
        let in_cache = matches!(mode, Mode::Cache { .. });
        let path = entry.path.display;
        let dir = path.parent()?;
        // Below a PATH under the prefix there can be sources as well; what was compiled beside
        // them has no tag.
        let mirrored = self.root.source_dir(split_name(entry.path.relative).0);
        let mirrored = mirrored.filter(|_| entry.in_mirror || name.tag().is_some());
        let file = FoundBytecode {
            path,
            name,
            source_dir: bytecode::source_dir(&name, dir, in_cache, mirrored.as_deref()),
            in_cache,
            is_installed: !in_cache && self.is_installed(entry),
            in_prefix: mirrored.is_some(),
            kind: entry.kind,
        };
        match bytecode::judge(&place.rules.bytecode, file, &mut self.sources) {
            Ok(judgement) => {
                let (dir, reason) = match judgement {
                    Judgement::Sourceless => (dir, KeepReason::Sourceless),
                    Judgement::UnknownSource => (&*self.root.path, KeepReason::UnknownSource),
                    _ => return judgement.reason(),
                };
                let dir = self.root.display_path(relative(self.root, dir));
                *self.found.noted.entry((dir, reason)).or_default() += 1;
                None
            }
            Err((path, error)) => {
                self.record_failure(&path, error);
                None
            }
        }
    }

    /// Why a file of numba is removed. It is called `MODULE.FUNCTION-LINE.TAG.nbi`, in which
    /// both of the first parts may contain dots.
    fn numba_reason(&mut self, entry: &Entry, place: &Place) -> Option<Reason> {
        let (filter, dir) = (
            &place.rules.bytecode,
            entry.path.display.parent()?.parent()?,
        );
        if !filter.stale || filter.selects_by_interpreter() {
            return None;
        }
        let name = entry.name.to_str()?;
        for (dot, _) in name.match_indices('.') {
            let parts = BytecodeName {
                module: name[..dot].as_ref(),
                form: Form::Untagged,
                is_partial_write: false,
                is_conflict_copy: false,
            };
            match Source::find(&parts, dir) {
                Ok(None) => {}
                Ok(Some(_)) => return None,
                Err((path, error)) => {
                    self.record_failure(&path, error);
                    return None;
                }
            }
        }
        Some(Reason::Stale(Staleness::Orphaned))
    }

    pub(super) fn is_installed(&self, entry: &Entry) -> bool {
        self.root
            .canonical
            .iter()
            .chain(entry.path.relative)
            .any(is_install_dir)
    }

    /// Checks that debris can be removed. Its contents are not looked at.
    pub(super) fn check_debris(
        &mut self,
        entry: &Entry,
        place: &Place,
        pattern: PatternId,
    ) -> Result<(), KeepReason> {
        let canonical = self.root.canonical.join(entry.path.relative);
        let plain = without_verbatim(&canonical);
        for cache in &self.walk.user_caches {
            if plain.starts_with(cache) || cache.starts_with(&plain) {
                return Err(KeepReason::UserCache);
            }
        }
        if place.in_git_dir {
            return Err(KeepReason::InRepository);
        }
        if place.in_other_vcs && pattern.is_generic() {
            return Err(KeepReason::OtherVcs);
        }
        match place.ask_git(&canonical, GitIndex::tracks, &mut self.found.failures)? {
            true => Err(KeepReason::Tracked),
            false => Ok(()),
        }
    }

    /// Checks that bytecode, or another file in a cache, is not a program that git tracks: without
    /// a source, nothing makes it again.
    pub(super) fn check_bytecode(
        &mut self,
        entry: &Entry,
        place: &Place,
        is_sourceless_import: bool,
    ) -> Result<(), KeepReason> {
        let failures = &mut self.found.failures;
        let may_track = place.ask_git(
            Path::new(""),
            |index, _| index.may_track_bytecode(),
            failures,
        );
        if may_track == Ok(false) && !is_sourceless_import {
            return Ok(());
        }
        let relative = entry.path.relative;
        let canonical = self.root.canonical.join(relative);
        let tracked = match may_track {
            Ok(true) => place.ask_git(&canonical, GitIndex::tracks, &mut self.found.failures),
            answer => answer,
        };
        if has_source(&canonical) {
            if tracked == Ok(true) {
                self.found.tracked.push(self.root.display_path(relative));
            }
            return Ok(());
        }
        if tracked? {
            return Err(KeepReason::TrackedProgram);
        }
        if is_sourceless_import {
            let dir = self.root.display_path(split_name(relative).0);
            *self.found.sourceless.entry(dir).or_default() += 1;
        }
        Ok(())
    }
}

/// Checks that what matches `--erase` can be removed: a wildcard does not match the files of a
/// repository. In a directory such as `.git`, a glob writes out its name, but a bare repository
/// can have any name.
pub(super) fn check_erased(root: &Root, entry: &Entry, place: &Place) -> Result<(), KeepReason> {
    let is_written_out = entry.path.relative.iter().any(is_vcs_dir);
    if place.in_git_dir && !is_written_out && !root.in_git_dir {
        return Err(KeepReason::InRepository);
    }
    Ok(())
}

/// Whether the source of a bytecode file exists, for which git can make it again. If that
/// cannot be found out, it does not. Other files of a cache are no programs.
fn has_source(path: &Path) -> bool {
    let name = path.file_name().and_then(BytecodeName::parse);
    let (Some(name), Some(dir)) = (name, path.parent()) else {
        return true;
    };
    let source_dir = dir
        .parent()
        .filter(|_| dir.ends_with(CACHE_DIR))
        .unwrap_or(dir);
    matches!(Source::find(&name, source_dir), Ok(Some(_)))
}
