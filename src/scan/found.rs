//! What the walk found.

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::classify::WalkMode;
use super::debris_hint::HintedDebris;
use crate::failure::Failure;
use crate::guard::KeepReason;
use crate::plan::{Target, TargetKind};
use crate::pycache_prefix::PrefixDir;
use crate::roots::Location;
use crate::rules::Rules;

/// What the walk found, in no particular order.
#[derive(Debug, Default)]
pub(crate) struct Found<'a> {
    /// What is removed.
    pub(crate) targets: Vec<Target<'a>>,
    /// What was selected, but is kept.
    pub(crate) kept: Vec<Kept>,
    /// What could not be read.
    pub(crate) failures: Vec<Failure>,
    /// Bytecode that is removed although git tracks it.
    pub(crate) tracked: Vec<PathBuf>,
    /// Debris that is kept because no topic was asked for.
    pub(crate) hinted_debris: Vec<HintedDebris<'a>>,
    /// The settings files of projects below the PATHs that apply, in path order.
    pub(crate) nested_settings: Vec<PathBuf>,
    /// Whether the settings of a directory below the PATHs are not known.
    pub(crate) has_unknown_settings: bool,
    /// What the settings of projects below the PATHs ignore.
    pub(crate) nested_ignores: Vec<OsString>,
    /// Directories with an entry that decides about what else is in them.
    pub(super) notes: Vec<Note<'a>>,
    /// Directories that were not read, or not to their end.
    pub(super) unread: Vec<Arc<Location<'a>>>,
}

/// A directory with an entry that decides about what else is in the directory. The walk
/// may meet the entry last, so it is looked at after the walk.
#[derive(Debug)]
pub(super) struct Note<'a> {
    pub(super) kind: NoteKind,
    pub(super) dir: Arc<Location<'a>>,
    pub(super) mode: WalkMode,
    /// The directory under `PYTHONPYCACHEPREFIX` in which it is, if any.
    pub(super) prefix: Option<&'a PrefixDir>,
    /// The rules by which it was walked.
    pub(super) rules: Arc<Rules>,
}

/// The entry of a [`Note`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoteKind {
    /// `pyproject.toml`
    Project,
    /// `.git`
    WorkTree,
}

/// Something that was selected, but is kept.
#[derive(Debug)]
pub(crate) struct Kept {
    /// The path as it is shown to the user.
    pub(crate) path: PathBuf,
    /// Why it is kept.
    pub(crate) reason: KeepReason,
}

impl<'a> Found<'a> {
    pub(super) fn append(&mut self, other: &mut Self) {
        self.targets.append(&mut other.targets);
        self.kept.append(&mut other.kept);
        self.failures.append(&mut other.failures);
        self.tracked.append(&mut other.tracked);
        self.hinted_debris.append(&mut other.hinted_debris);
        self.nested_settings.append(&mut other.nested_settings);
        self.nested_ignores.append(&mut other.nested_ignores);
        self.notes.append(&mut other.notes);
        self.has_unknown_settings |= other.has_unknown_settings;
        self.unread.append(&mut other.unread);
    }

    /// Keeps everything in directories that were not read to their end, and in the
    /// `counterparts` of what was not read: a repository or settings may be in the rest.
    pub(super) fn keep_unread(&mut self, counterparts: &[Arc<Location>]) {
        let unread = self.unread.iter().chain(counterparts);
        let unread: HashSet<_> = unread.map(|dir| (dir.root.id, &*dir.path)).collect();
        if unread.is_empty() {
            return;
        }
        self.has_unknown_settings = true;
        self.targets.retain(|target| {
            let mut above = target.dir.path.ancestors();
            !above.any(|dir| unread.contains(&(target.dir.root.id, dir)))
        });
        let counterparts: Vec<_> = counterparts.iter().map(|dir| dir.canonical()).collect();
        self.block_dirs(counterparts.iter().map(PathBuf::as_path));
    }

    /// Keeps the directories that would have been empty without what is kept at these
    /// canonical paths.
    pub(super) fn block_dirs<'p>(&mut self, kept: impl Iterator<Item = &'p Path>) {
        let blocked: HashSet<&Path> = kept.flat_map(Path::ancestors).collect();
        if blocked.is_empty() {
            return;
        }
        let is_blocked = |target: &mut Target<'a>| {
            matches!(target.kind, TargetKind::EmptyDir(_)) && blocked.contains(&*target.canonical())
        };
        for target in self.targets.extract_if(.., is_blocked) {
            // The user asked for this directory, so say why it is kept.
            if target.is_erased() {
                let (path, reason) = (target.display_path(), KeepReason::NotEmpty);
                self.kept.push(Kept { path, reason });
            }
        }
    }
}
