//! Decisions about entries, without a file system.

use std::path::Path;

use super::*;
use crate::pyc::Interpreter;
use crate::rules::debris::Debris;
use crate::rules::topics::PatternId;
use crate::rules::{BytecodeFilter, EraseGlobs, IgnoreRules};

const SEARCH: WalkMode = WalkMode::Search { debris: true };

fn entry(path: &str, kind: EntryKind) -> FoundEntry<'_> {
    let path = Path::new(path);
    FoundEntry {
        path: EntryPath {
            display: path,
            canonical_root: Path::new("/root"),
            relative: path,
            aliases: &[],
        },
        relative_to_path: path,
        in_repository: false,
        kind,
        is_path_argument: false,
    }
}

fn context(mode: WalkMode, rules: &Rules) -> Context<'_> {
    Context {
        mode,
        rules,
        in_prefix: false,
        is_prefix_path: false,
    }
}

/// The decision about a directory, if there is evidence that it is debris.
fn dir(mode: WalkMode, rules: &Rules, path: &str) -> DirDecision {
    let entry = entry(path, EntryKind::Dir);
    let context = context(mode, rules);
    context.classify_dir(entry, context.debris_match(entry))
}

fn file(mode: WalkMode, rules: &Rules, path: &str, kind: EntryKind) -> FileDecision {
    let entry = entry(path, kind);
    let context = context(mode, rules);
    context.classify_file(entry, context.debris_match(entry))
}

fn enters(decision: &DirDecision) -> Option<(WalkMode, Option<Reason>)> {
    match decision {
        DirDecision::Enter(Descent { mode, candidate }) => {
            Some((*mode, candidate.map(|candidate| candidate.reason)))
        }
        _ => None,
    }
}

fn all_debris() -> Rules {
    Rules {
        debris: Debris::new(&["all".to_owned()]),
        ..Rules::default()
    }
}

#[test]
fn plain_directories_are_searched_and_kept() {
    let decision = dir(SEARCH, &Rules::default(), "a");
    assert_eq!(enters(&decision), Some((SEARCH, None)));
}

#[test]
fn cache_directory_is_removed_whole_or_filtered() {
    let removed = DirDecision::RemoveTree(Reason::Bytecode);
    assert_eq!(dir(SEARCH, &Rules::default(), "a/__pycache__"), removed);
    let only: Interpreter = "3.12".parse().unwrap();
    let rules = Rules {
        bytecode: BytecodeFilter {
            only: vec![only],
            ..BytecodeFilter::default()
        },
        ..Rules::default()
    };
    let filter = WalkMode::FilterCache { debris: true };
    let decision = dir(SEARCH, &rules, "a/__pycache__");
    assert_eq!(enters(&decision), Some((filter, Some(Reason::Empty))));
    // An interpreter looks for bytecode directly in `__pycache__` only.
    assert_eq!(dir(filter, &rules, "a/__pycache__/b"), DirDecision::Skip);
}

#[test]
fn default_names_are_skipped_unless_erase_can_match_in_them() {
    assert_eq!(dir(SEARCH, &Rules::default(), "venv"), DirDecision::Skip);
    let rules = Rules {
        search_default_skips: true,
        ..Rules::default()
    };
    assert_eq!(enters(&dir(SEARCH, &rules, "venv")), Some((SEARCH, None)));
    let rules = Rules {
        erase: EraseGlobs::new(&["**/*.log".to_owned()]).unwrap(),
        ..Rules::default()
    };
    let decision = dir(SEARCH, &rules, "venv");
    assert_eq!(enters(&decision), Some((WalkMode::EraseOnly, None)));
}

#[test]
fn ignored_entries_are_kept_unless_they_are_a_path() {
    let rules = Rules {
        ignore: IgnoreRules::new(&["keep".into(), "*.pyc".into()]).unwrap(),
        ..Rules::default()
    };
    assert_eq!(dir(SEARCH, &rules, "keep"), DirDecision::Skip);
    let ignored = file(SEARCH, &rules, "m.pyc", EntryKind::File);
    assert_eq!(ignored.bytecode, BytecodeDecision::Keep);
    let named = FoundEntry {
        is_path_argument: true,
        ..entry("m.pyc", EntryKind::File)
    };
    let decision = context(SEARCH, &rules).classify_file(named, None);
    assert_eq!(decision.bytecode, BytecodeDecision::Remove);
}

fn debris(glob: &str) -> Reason {
    let found = PatternId::all().find(|pattern| pattern.path() == glob);
    Reason::Debris(found.unwrap())
}

#[test]
fn debris_is_removed_as_such_but_not_among_installed_packages() {
    let rules = all_debris();
    let removed = |glob| DirDecision::RemoveTree(debris(glob));
    assert_eq!(dir(SEARCH, &rules, "dist"), removed("dist"));
    assert_eq!(dir(SEARCH, &rules, ".tox"), removed(".tox"));
    let sphinx = removed("docs/_build");
    assert_eq!(dir(SEARCH, &rules, "a/docs/_build"), sphinx);
    assert_eq!(enters(&dir(SEARCH, &rules, "_build")), Some((SEARCH, None)));
    let build = dir(SEARCH, &rules, "build");
    assert_eq!(enters(&build), Some((SEARCH, Some(debris("build")))));
    let installed = WalkMode::Search { debris: false };
    assert_eq!(
        enters(&dir(SEARCH, &rules, "site-packages")),
        Some((installed, None))
    );
    assert_eq!(
        enters(&dir(installed, &rules, "dist")),
        Some((installed, None))
    );
}

#[test]
fn debris_without_evidence_is_an_ordinary_directory() {
    let rules = all_debris();
    let dist = entry("dist", EntryKind::Dir);
    let decision = context(SEARCH, &rules).classify_dir(dist, None);
    assert_eq!(enters(&decision), Some((SEARCH, None)));
}

#[test]
fn kept_debris_is_searched_for_bytecode_alone() {
    let rules = Rules {
        folders: true,
        ..all_debris()
    };
    let decision = context(SEARCH, &rules).classify_kept_debris(entry("dist", EntryKind::Dir));
    assert_eq!(
        enters(&decision),
        Some((WalkMode::Search { debris: false }, None))
    );
}

#[test]
fn directories_can_be_removed_when_empty_or_as_ghosts() {
    let folders = Rules {
        folders: true,
        ..Rules::default()
    };
    assert_eq!(
        enters(&dir(SEARCH, &folders, "a")),
        Some((SEARCH, Some(Reason::Empty)))
    );
    let stale = Rules {
        bytecode: BytecodeFilter {
            stale: true,
            ..BytecodeFilter::default()
        },
        ..Rules::default()
    };
    let DirDecision::Enter(Descent { candidate, .. }) = dir(SEARCH, &stale, "a") else {
        panic!("a is entered");
    };
    let ghost = candidate.unwrap();
    assert_eq!(
        (ghost.reason, ghost.needs_bytecode, ghost.is_guarded),
        (Reason::Ghost, true, true)
    );
}

#[test]
fn erase_takes_precedence_over_debris_and_needs_no_guard() {
    let rules = Rules {
        erase: EraseGlobs::new(&["build".to_owned(), "*.log".to_owned()]).unwrap(),
        ..all_debris()
    };
    let DirDecision::Enter(Descent { candidate, .. }) = dir(SEARCH, &rules, "build") else {
        panic!("build is entered");
    };
    let erased = candidate.unwrap();
    assert_eq!((erased.reason, erased.is_guarded), (Reason::Erased, false));
    let log = file(SEARCH, &rules, "a.log", EntryKind::File);
    assert_eq!(log.otherwise, Some(Reason::Erased));
    let in_directory = file(SEARCH, &rules, "b/a.log", EntryKind::File);
    assert_eq!(in_directory.otherwise, None);
}

#[test]
fn bytecode_is_removed_judged_or_kept_by_mode_and_kind() {
    let plain = Rules::default();
    let bytecode = |mode, rules, path, kind| file(mode, rules, path, kind).bytecode;
    for (path, kind, expected) in [
        ("m.pyc", EntryKind::File, BytecodeDecision::Remove),
        ("m.pyc", EntryKind::Symlink, BytecodeDecision::Remove),
        ("m.pyc", EntryKind::Other, BytecodeDecision::Keep),
        ("m.py", EntryKind::File, BytecodeDecision::Keep),
        ("m.pyd", EntryKind::File, BytecodeDecision::Keep),
        // Its contents tell whether it is a partial write.
        ("m.pyc.123", EntryKind::File, BytecodeDecision::Judge),
    ] {
        assert_eq!(
            bytecode(SEARCH, &plain, path, kind),
            expected,
            "{path} {kind:?}"
        );
    }
    let kept = bytecode(WalkMode::EraseOnly, &plain, "m.pyc", EntryKind::File);
    assert_eq!(kept, BytecodeDecision::Keep);
    let stale = Rules {
        bytecode: BytecodeFilter {
            stale: true,
            ..BytecodeFilter::default()
        },
        ..Rules::default()
    };
    let judged = bytecode(SEARCH, &stale, "m.pyc", EntryKind::File);
    assert_eq!(judged, BytecodeDecision::Judge);
}
