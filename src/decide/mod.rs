//! What becomes of an entry: pure functions of the entry, of the place that holds it, and of how
//! that place is walked. The walk carries the decisions out.

use std::ffi::OsStr;
use std::path::Path;

use crate::directory::EntryKind;
use crate::place::Place;
use crate::reason::Reason;
use crate::rules::debris::{self, Debris};
use crate::rules::ignore::EntryPath;
use crate::rules::topics::{PatternId, Property};
use crate::rules::{CACHE_DIR, is_bytecode, is_install_dir, is_vcs_dir};

/// How a directory is walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Searched for bytecode and, unless it is among installed packages, for debris.
    Search { debris: bool },
    /// A `__pycache__` in which some bytecode is kept.
    Cache { debris: bool },
    /// Removed with its contents.
    All(Tree),
    /// Kept with its contents, in a tree: only searched for repositories and environments.
    Kept,
    /// A skipped directory, searched only for what `--erase` selects.
    EraseOnly,
    /// Between `PYTHONPYCACHEPREFIX` and a mirror of a PATH.
    Towards,
}

/// What is removed with its contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tree {
    Cache,
    Debris(PatternId),
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry<'a> {
    pub(crate) name: &'a OsStr,
    pub(crate) path: EntryPath<'a>,
    /// Its path relative to the PATH; empty for the PATH itself.
    pub(crate) relative_to_path: &'a Path,
    pub(crate) kind: EntryKind,
    /// Whether it is under `PYTHONPYCACHEPREFIX`.
    pub(crate) in_prefix: bool,
    /// Whether it is in a mirror of a PATH, where only Python writes.
    pub(crate) in_mirror: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum DirVerdict {
    /// It is kept, and not entered.
    Keep,
    /// It is kept, and not entered, because its name is one of the default skips.
    Skip,
    Enter(Enter),
}

/// How a directory is entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Enter {
    pub(crate) mode: Mode,
    /// Why it is removed if nothing in it stays; `None` if it is kept anyway.
    pub(crate) removal: Option<Reason>,
    /// Whether it is kept if no bytecode was removed in it: it exists for something else.
    pub(crate) needs_bytecode: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum FileVerdict {
    Keep,
    Remove(Reason),
    /// The bytecode file must be read. `otherwise` is why it is removed if it is not
    /// removed as bytecode.
    Judge {
        otherwise: Option<Reason>,
    },
}

impl Tree {
    pub(crate) fn reason(self) -> Reason {
        match self {
            Self::Cache => Reason::Bytecode,
            Self::Debris(found) => Reason::Debris(found),
        }
    }
}

impl Mode {
    pub(crate) fn without_debris(self) -> Self {
        match self {
            Self::Search { .. } => Self::Search { debris: false },
            Self::Cache { .. } => Self::Cache { debris: false },
            other => other,
        }
    }

    fn searches_debris(self) -> bool {
        matches!(
            self,
            Self::Search { debris: true } | Self::Cache { debris: true }
        )
    }
}

impl Enter {
    pub(crate) fn new(mode: Mode, removal: Option<Reason>) -> Self {
        Self {
            mode,
            removal,
            needs_bytecode: false,
        }
    }
}

/// Decides about a directory. `debris` is what [`debris_match`] found, if there is evidence for it.
pub(crate) fn decide_dir(
    entry: &Entry,
    place: &Place,
    mode: Mode,
    debris: Option<PatternId>,
) -> DirVerdict {
    let rules = &place.rules;
    let is_ignored = rules.ignore.is_ignored(entry.path);
    match mode {
        // What is ignored can contain a repository, which keeps the debris around it.
        Mode::Kept => return enter(Mode::Kept, None),
        Mode::All(_) if is_ignored => return enter(Mode::Kept, None),
        _ if is_ignored => return DirVerdict::Keep,
        Mode::All(tree) => return enter(mode, Some(tree.reason())),
        Mode::Search { debris } | Mode::Cache { debris }
            if entry.name == CACHE_DIR && rules.removes_bytecode =>
        {
            return if rules.bytecode.selects_all() {
                enter(Mode::All(Tree::Cache), Some(Reason::Bytecode))
            } else {
                enter(Mode::Cache { debris }, Some(Reason::Empty))
            };
        }
        _ => {}
    }
    match debris {
        Some(found) if !found.is_container => {
            enter(Mode::All(Tree::Debris(found)), Some(Reason::Debris(found)))
        }
        _ => decide_descent(entry, place, mode, debris),
    }
}

fn enter(mode: Mode, removal: Option<Reason>) -> DirVerdict {
    DirVerdict::Enter(Enter::new(mode, removal))
}

fn decide_descent(
    entry: &Entry,
    place: &Place,
    mode: Mode,
    debris: Option<PatternId>,
) -> DirVerdict {
    let rules = &place.rules;
    let is_default_skip = mode != Mode::Towards && rules.is_skipped_by_default(entry.name);
    let is_searched = matches!(mode, Mode::Search { .. } | Mode::Towards);
    let is_skipped = !is_searched || is_default_skip || place.is_git_internal(entry.name);
    let may_erase = if is_default_skip {
        rules.erase.contains_name(entry.name)
    } else {
        !rules.erase.is_empty()
    };
    if is_skipped && !may_erase {
        return if is_default_skip {
            DirVerdict::Skip
        } else {
            DirVerdict::Keep
        };
    }
    let mode = if is_skipped {
        Mode::EraseOnly
    } else if is_install_dir(entry.name) {
        mode.without_debris()
    } else {
        mode
    };
    // What the user selected is removed as that, whatever else it is.
    if is_erased(entry, place) {
        return enter(mode, Some(Reason::Erased));
    }
    let is_guarded = place.in_git_dir || is_vcs_dir(entry.name);
    let (removal, needs_bytecode) = if entry.in_mirror && !is_skipped {
        (Some(Reason::Empty), true)
    } else if is_skipped || is_guarded {
        (None, false)
    } else if let Some(found) = debris.filter(|_| !place.in_environment) {
        (Some(Reason::Debris(found)), false)
    } else if rules.folders && !place.in_environment {
        (Some(Reason::Empty), false)
    } else if entry.in_prefix {
        (Some(Reason::Empty), true)
    } else if rules.removes_ghosts && !is_install_dir(entry.name) {
        (Some(Reason::Ghost), true)
    } else {
        (None, false)
    };
    DirVerdict::Enter(Enter {
        mode,
        removal,
        needs_bytecode,
    })
}

/// Whether a file of this name can be selected, whatever its path. Rejects most files.
pub(crate) fn can_select(name: &OsStr, kind: EntryKind, place: &Place, mode: Mode) -> bool {
    let rules = &place.rules;
    if matches!(mode, Mode::Kept | Mode::Towards) {
        return false;
    }
    if matches!(mode, Mode::All(_)) || !rules.erase.is_empty() {
        return true;
    }
    let may_be_bytecode = mode != Mode::EraseOnly && (is_bytecode(name) || is_numba(name, mode));
    kind.is_file_or_symlink()
        && (may_be_bytecode
            || (mode.searches_debris() && rules.debris.find(Path::new(name), false).is_some()))
}

/// Decides about anything but a directory. `debris` is what [`debris_match`] found, if there is
/// evidence for it.
pub(crate) fn decide_file(
    entry: &Entry,
    place: &Place,
    mode: Mode,
    debris: Option<PatternId>,
) -> FileVerdict {
    let rules = &place.rules;
    if rules.ignore.is_ignored(entry.path) {
        return FileVerdict::Keep;
    }
    if let Mode::All(tree) = mode {
        return FileVerdict::Remove(tree.reason());
    }
    let otherwise = if is_erased(entry, place) {
        Some(Reason::Erased)
    } else {
        debris.map(Reason::Debris)
    };
    // A FIFO, a socket or a device is no cache, whatever its name. Python writes no symlinks.
    let is_partial_write = may_be_partial_write(entry.name);
    let is_written = entry.kind == EntryKind::File || !is_partial_write;
    let may_be_bytecode = entry.kind.is_file_or_symlink()
        && is_written
        && mode != Mode::EraseOnly
        && rules.removes_bytecode
        && (is_bytecode(entry.name) || is_numba(entry.name, mode));
    if !may_be_bytecode {
        otherwise.map_or(FileVerdict::Keep, FileVerdict::Remove)
    } else if rules.bytecode.selects_all() && !is_partial_write {
        FileVerdict::Remove(Reason::Bytecode)
    } else {
        FileVerdict::Judge { otherwise }
    }
}

/// Whether a file belongs to a cache of numba, which is judged by its source alone.
fn is_numba(name: &OsStr, mode: Mode) -> bool {
    matches!(mode, Mode::Cache { .. })
        && matches!(name.as_encoded_bytes(), [.., b'.', b'n', b'b', b'i' | b'c'])
}

/// Whether a name of bytecode is that of a partial write: people give copies such names,
/// as in `core.pyc.20240101`.
fn may_be_partial_write(name: &OsStr) -> bool {
    let last = name.as_encoded_bytes().last();
    last.is_some_and(u8::is_ascii_digit)
}

/// The debris topic that the name of an entry belongs to, among those that the user chose.
/// Whether the entry is debris depends on the evidence that the topic asks for.
pub(crate) fn debris_match(entry: &Entry, place: &Place, mode: Mode) -> Option<PatternId> {
    match_topics(&place.rules.debris, entry, mode)
}

/// The debris topic of an entry that is not ignored, whatever topics the user chose.
pub(crate) fn hinted_match(entry: &Entry, place: &Place, mode: Mode) -> Option<PatternId> {
    let found = match_topics(debris::all_topics(), entry, mode)?;
    (!place.rules.ignore.is_ignored(entry.path)).then_some(found)
}

fn match_topics(topics: &Debris, entry: &Entry, mode: Mode) -> Option<PatternId> {
    let is_dir = entry.kind == EntryKind::Dir;
    let may_match = match mode {
        Mode::Search { .. } => is_dir || entry.kind.is_file_or_symlink(),
        Mode::Cache { .. } => entry.kind.is_file_or_symlink(),
        _ => false,
    };
    if !may_match {
        return None;
    }
    // The name of the PATH itself says nothing: a project called `build` can have a `lib` of
    // its own.
    let path = if entry.relative_to_path.as_os_str().is_empty() {
        Path::new(entry.name)
    } else {
        entry.relative_to_path
    };
    let found = topics.find(path, is_dir)?;
    (mode.searches_debris() || found.has(Property::InSitePackages)).then_some(found)
}

/// Whether `--erase` selects an entry. Its globs are relative to a PATH, which a mirror is not.
pub(crate) fn is_erased(entry: &Entry, place: &Place) -> bool {
    let is_dir = entry.kind == EntryKind::Dir;
    !entry.in_mirror && place.rules.erase.is_match(entry.relative_to_path, is_dir)
}

#[cfg(test)]
mod tests;
