//! What the walk selects: carries out the decisions about entries.

use std::io;
use std::mem;
use std::path::Path;
use std::sync::Arc;

use walkdir::DirEntry;

use super::bytecode::{self, FoundBytecode, Judgement};
use super::classify::{BytecodeDecision, Context, Descent, DirDecision, FoundEntry, WalkMode};
use super::walk::{Job, Step, into_io_error};
use super::{Kept, evidence};
use crate::directory::EntryKind;
use crate::failure::Failure;
use crate::guard::KeepReason;
use crate::path::{name_of, split_name, why_unreachable};
use crate::plan::{Reason, Target, TargetKind};
use crate::pyc::{BytecodeName, Staleness};
use crate::pycache_prefix::source_root;
use crate::roots::Location;
use crate::rules::ignore::EntryPath;
use crate::rules::is_installed;
use crate::rules::topics::PatternId;

/// Targets that a job keeps to itself.
const MAX_OWN_TARGETS: usize = 1 << 12;

impl<'a> Job<'_, 'a> {
    /// Decides about a directory.
    pub(super) fn visit_dir(&mut self, entry: DirEntry) -> Step {
        let relative = self.relative(entry.path());
        let mut debris = None;
        let mut decision = if self.is_boundary(&entry) || self.is_unreachable(&entry) {
            DirDecision::Skip
        } else {
            let in_repository = self.is_in_repository(&entry);
            let found = FoundEntry {
                in_repository,
                ..self.found_entry(&entry, relative, EntryKind::Dir)
            };
            debris = self.proven_debris(found);
            let decision = self.context().classify_dir(found, debris);
            self.note_hinted_debris(&entry, EntryKind::Dir);
            decision
        };
        if let DirDecision::RemoveTree(reason) = decision {
            let is_generic = debris.is_some_and(|pattern| pattern.is_generic());
            match self.select_tree(relative, reason, is_generic) {
                Ok(()) => {
                    self.walk.skip_current_dir();
                    return Step::Continue;
                }
                Err(keep_reason) => {
                    let found = self.found_entry(&entry, relative, EntryKind::Dir);
                    decision = self.context().classify_kept_debris(found);
                    let is_erased = matches!(
                        decision,
                        DirDecision::Enter(Descent {
                            candidate: Some(_),
                            ..
                        })
                    );
                    // What the user selected is reported if it cannot be removed.
                    if !is_erased {
                        self.keep(relative, keep_reason);
                    }
                }
            }
        }
        match decision {
            DirDecision::Enter(descent) => {
                if descent.candidate.is_none() {
                    self.block();
                }
                Step::Descend(entry, descent)
            }
            DirDecision::Skip | DirDecision::RemoveTree(_) => {
                self.block();
                self.walk.skip_current_dir();
                Step::Continue
            }
        }
    }

    /// Whether no path leads to a directory. Unless it is ignored, that is recorded.
    fn is_unreachable(&mut self, entry: &DirEntry) -> bool {
        let why = why_unreachable(name_of(entry)).filter(|_| entry.depth() > 0);
        if let Some(why) = why {
            let relative = self.relative(entry.path());
            let found = self.found_entry(entry, relative, EntryKind::Dir);
            if !self.rules.ignore.is_ignored(found.path) {
                let path = self.root.display_path(relative);
                self.record_failure(path, io::Error::other(why));
            }
        }
        why.is_some()
    }

    /// The debris topic of an entry, if there is evidence for it. What cannot be looked at
    /// is no evidence.
    fn proven_debris(&mut self, entry: FoundEntry<'_>) -> Option<PatternId> {
        let found = self.context().debris_match(entry)?;
        match evidence::is_proven(found.evidence, entry.path.display, entry.kind) {
            Ok(is_proven) => is_proven.then_some(found),
            Err(Failure { path, error, .. }) => {
                self.record_failure(self.root.display_path(self.relative(&path)), error);
                None
            }
        }
    }

    /// Decides about anything but a directory.
    pub(super) fn visit_file(&mut self, entry: &DirEntry, kind: EntryKind) {
        self.note_hinted_debris(entry, kind);
        // Rejects most files before their paths are looked at.
        if entry.depth() > 0 && !self.context().can_select_file(name_of(entry), kind) {
            return self.block();
        }
        let relative = self.relative(entry.path());
        match self.file_reason(entry, relative, kind) {
            Some(reason) => self.select_file(entry, relative, reason),
            None => self.block(),
        }
    }

    /// Why a file is removed, if it is.
    fn file_reason(
        &mut self,
        entry: &DirEntry,
        relative: &Path,
        kind: EntryKind,
    ) -> Option<Reason> {
        let found = self.found_entry(entry, relative, kind);
        let is_in_named_cache =
            found.is_path_argument && matches!(self.initial_mode, WalkMode::FilterCache { .. });
        if is_in_named_cache && self.rules.bytecode.selects_all() {
            return Some(Reason::Bytecode);
        }
        let debris = self.proven_debris(found);
        let decision = self.context().classify_file(found, debris);
        let bytecode = match decision.bytecode {
            BytecodeDecision::Remove => Some(Reason::Bytecode),
            BytecodeDecision::Judge => self.judge(entry, relative, kind),
            BytecodeDecision::Keep => None,
        };
        if bytecode.is_some() {
            return bytecode;
        }
        let reason = decision.otherwise?;
        let guard = &self.scan.guard;
        let canonical = self.root.canonical.join(relative);
        let checked = if reason == Reason::Erased {
            guard.check_erased(&canonical, &self.root.canonical)
        } else {
            guard.check_debris(
                &canonical,
                debris.is_some_and(|pattern| pattern.is_generic()),
            )
        };
        if let Err(keep_reason) = checked {
            self.keep(relative, keep_reason);
            return None;
        }
        Some(reason)
    }

    /// Why bytecode is removed, if it is.
    fn judge(&mut self, entry: &DirEntry, relative: &Path, kind: EntryKind) -> Option<Reason> {
        let name = BytecodeName::parse(name_of(entry))?;
        let in_cache = matches!(self.mode(), WalkMode::FilterCache { .. });
        let canonical = || self.root.canonical.join(relative);
        // A single entry can be written as a name in the current directory.
        let named = (entry.depth() == 0).then(canonical);
        let path = named.as_deref().unwrap_or(entry.path());
        let dir = path.parent()?;
        // Below a PATH in the prefix there can be sources as well; what was compiled beside
        // them has no tag.
        let prefix = self.prefix;
        let prefix = prefix.filter(|prefix| !prefix.is_path_argument || name.tag().is_some());
        let counterpart = prefix.map(|prefix| {
            let parent = relative.parent().unwrap_or(relative);
            let below = parent.strip_prefix(&prefix.relative).unwrap_or(parent);
            prefix.source_dir.join(below)
        });
        let file = FoundBytecode {
            path,
            name,
            source_dir: bytecode::source_dir(&name, dir, in_cache, counterpart.as_deref()),
            in_cache,
            is_installed: !in_cache && is_installed(&canonical()),
            in_prefix: self.prefix.is_some(),
            is_regular: kind == EntryKind::File,
        };
        let judged = bytecode::judge(&self.rules.bytecode, file, &mut self.source_dirs);
        judged
            .map(Judgement::reason)
            .unwrap_or_else(|(path, error)| {
                let path = self.root.display_path(self.relative(&path));
                self.record_failure(path, error);
                None
            })
    }

    fn select_file(&mut self, entry: &DirEntry, relative: &Path, reason: Reason) {
        let size = if self.scan.measure {
            entry.metadata().map(|metadata| metadata.len())
        } else {
            Ok(0)
        };
        let bytes = match size {
            Ok(bytes) => bytes,
            Err(error) => {
                self.block();
                let path = self.root.display_path(relative);
                self.record_failure(path, into_io_error(error));
                return;
            }
        };
        // Below the prefix, Python writes tagged bytecode only. Elsewhere, the bytecode of
        // deleted modules makes a ghost.
        let is_tagged = |name: BytecodeName| name.tag().is_some();
        let counts = if self.prefix.is_some() {
            BytecodeName::parse(name_of(entry)).is_some_and(is_tagged)
        } else {
            reason == Reason::Stale(Staleness::Orphaned)
        };
        if let Some(candidate) = self.candidate()
            && counts
        {
            candidate.note_bytecode();
        }
        let name = name_of(entry).into();
        self.push_target(relative, TargetKind::File(name, bytes), reason);
    }

    /// Selects an entry.
    pub(super) fn push_target(&mut self, path: &Path, kind: TargetKind, reason: Reason) {
        let (parent, _) = split_name(path);
        // The directory that the walk is in holds most targets.
        let shared = self.current_dir().filter(|dir| *dir.path == *parent);
        let dir = shared.map_or_else(|| Location::new(self.root, parent), Arc::clone);
        self.found.targets.push(Target { dir, kind, reason });
        // Handed over before a list is long, so that none is copied at the end.
        if self.found.targets.len() >= MAX_OWN_TARGETS {
            self.scan.add(mem::take(&mut self.found));
        }
    }

    /// Takes note that an entry is kept.
    pub(super) fn keep(&mut self, relative: &Path, reason: KeepReason) {
        self.found.kept.push(Kept {
            path: self.root.display_path(relative),
            reason,
        });
    }

    pub(super) fn context(&self) -> Context<'_> {
        Context {
            mode: self.mode(),
            rules: &self.rules,
            in_prefix: self.prefix.is_some(),
            is_prefix_path: self.prefix.is_some_and(|prefix| prefix.is_path_argument),
        }
    }

    pub(super) fn found_entry<'e>(
        &self,
        entry: &'e DirEntry,
        relative: &'e Path,
        kind: EntryKind,
    ) -> FoundEntry<'e>
    where
        'a: 'e,
    {
        // What is ignored in a source tree is ignored in its counterpart, too.
        let canonical_root = match self.prefix {
            Some(prefix) if prefix.is_path_argument => &prefix.source_dir,
            Some(prefix) => source_root(&prefix.source_dir),
            None => &self.root.canonical,
        };
        FoundEntry {
            path: EntryPath {
                display: entry.path(),
                canonical_root,
                relative,
                aliases: self.root.aliases(relative),
            },
            relative_to_path: self.root.relative_to_path(relative),
            kind,
            is_path_argument: entry.depth() == 0,
            in_repository: false,
        }
    }
}
