//! The decisions as a table: name of an entry, how the directory is walked, verdict.

use std::ffi::OsString;
use std::sync::Arc;

use super::*;
use crate::rules::{BytecodeFilter, EraseGlobs, IgnoreRules, Rules};

/// What an option changes in the default rules.
fn rules(options: &str) -> Rules {
    let ignored: Vec<OsString> = vec!["ignored".into(), "ignored.pyc".into()];
    let erase = options.contains("erase");
    let erase = erase.then(|| ["**/erased", "venv/tmp"].map(str::to_owned));
    Rules {
        ignore: Arc::new(IgnoreRules::new(&ignored).unwrap()),
        erase: Arc::new(EraseGlobs::new(erase.as_ref().map_or(&[], |globs| globs)).unwrap()),
        debris: Debris::new(&[]),
        folders: options.contains("folders"),
        removes_bytecode: !options.contains("no-bytecode"),
        removes_ghosts: options.contains("stale"),
        bytecode: BytecodeFilter {
            stale: options.contains("stale"),
            ..BytecodeFilter::default()
        },
        ..Rules::default()
    }
}

/// The verdict in one line.
fn verdict(options: &str, mode: Mode, name: &str, kind: EntryKind) -> String {
    let place = Place {
        rules: Arc::new(rules(options)),
        in_git_dir: options.contains("in-git-dir"),
        in_environment: options.contains("in-environment"),
        ..Place::default()
    };
    let entry = Entry {
        name: name.as_ref(),
        path: EntryPath {
            display: Path::new(name),
            canonical_root: Path::new("/top"),
            relative: Path::new(name),
        },
        relative_to_path: Path::new(name),
        kind,
        in_prefix: options.contains("mirror"),
        in_mirror: options.contains("mirror"),
    };
    let debris = debris_match(&entry, &place, mode);
    if kind != EntryKind::Dir {
        return match decide_file(&entry, &place, mode, debris) {
            FileVerdict::Keep => "keep".to_owned(),
            FileVerdict::Remove(reason) => reason.word().to_owned(),
            FileVerdict::Judge { otherwise } => {
                format!("judge {}", otherwise.map_or("", |reason| reason.word()))
            }
        };
    }
    match decide_dir(&entry, &place, mode, debris) {
        DirVerdict::Keep => "keep".to_owned(),
        DirVerdict::Skip => "skip".to_owned(),
        DirVerdict::Enter(enter) => {
            let mode = format!("{:?}", enter.mode);
            let mode = mode.split([' ', '(']).next().unwrap_or_default();
            let removal = enter.removal.map_or("stays", |reason| reason.word());
            format!("{mode} {removal}")
        }
    }
}

const SEARCH: Mode = Mode::Search { debris: true };
const INSTALLED: Mode = Mode::Search { debris: false };
const CACHE: Mode = Mode::Cache { debris: true };
const ALL: Mode = Mode::All(Tree::Cache);

#[test]
fn directories_are_decided_as_in_this_table() {
    for (options, mode, name, expected) in [
        ("", SEARCH, "pkg", "Search stays"),
        ("", SEARCH, "__pycache__", "All bytecode"),
        ("stale", SEARCH, "__pycache__", "Cache empty"),
        ("no-bytecode", SEARCH, "__pycache__", "Search stays"),
        ("", SEARCH, "ignored", "keep"),
        ("", SEARCH, ".venv", "skip"),
        ("", SEARCH, ".git", "skip"),
        ("erase", SEARCH, ".venv", "skip"),
        ("erase", SEARCH, "venv", "EraseOnly stays"),
        ("", SEARCH, ".pytest_cache", "All debris"),
        ("", INSTALLED, ".pytest_cache", "Search stays"),
        ("folders", SEARCH, "pkg", "Search empty"),
        ("folders in-environment", SEARCH, "pkg", "Search stays"),
        ("folders in-git-dir", SEARCH, "pkg", "Search stays"),
        ("stale", SEARCH, "pkg", "Search ghost"),
        ("stale in-environment", SEARCH, "pkg", "Search ghost"),
        ("stale", SEARCH, "site-packages", "Search stays"),
        ("mirror", INSTALLED, "pkg", "Search empty"),
        ("mirror folders", INSTALLED, "pkg", "Search empty"),
        ("erase", SEARCH, "erased", "Search erased"),
        ("erase mirror", INSTALLED, "erased", "Search empty"),
        ("", CACHE, "sub", "keep"),
        ("erase", CACHE, "erased", "EraseOnly erased"),
        ("", ALL, "sub", "All bytecode"),
        ("", ALL, "ignored", "Kept stays"),
        ("", Mode::Kept, "sub", "Kept stays"),
        ("erase", Mode::EraseOnly, "erased", "EraseOnly erased"),
    ] {
        let found = verdict(options, mode, name, EntryKind::Dir);
        assert_eq!(found, expected, "{options} {mode:?} {name}");
    }
}

#[test]
fn files_are_decided_as_in_this_table() {
    let (file, link, other) = (EntryKind::File, EntryKind::Symlink, EntryKind::Other);
    for (options, mode, name, kind, expected) in [
        ("", SEARCH, "m.py", file, "keep"),
        ("", SEARCH, "m.pyc", file, "bytecode"),
        ("", SEARCH, "m.pyc", link, "bytecode"),
        ("", SEARCH, "m.pyc", other, "keep"),
        ("", SEARCH, "m.pyc.123", file, "judge "),
        ("", SEARCH, "ignored.pyc", file, "keep"),
        ("no-bytecode", SEARCH, "m.pyc", file, "keep"),
        ("stale", SEARCH, "m.pyc", file, "judge "),
        ("stale erase", SEARCH, "erased", file, "erased"),
        ("", SEARCH, ".coverage", file, "debris"),
        ("", INSTALLED, ".coverage", file, "keep"),
        ("", ALL, "notes.txt", file, "bytecode"),
        ("", ALL, "notes.txt", other, "bytecode"),
        ("", ALL, "ignored.pyc", file, "keep"),
        ("erase", Mode::EraseOnly, "m.pyc", file, "keep"),
        ("erase", Mode::EraseOnly, "erased", other, "erased"),
    ] {
        let found = verdict(options, mode, name, kind);
        assert_eq!(found, expected, "{options} {mode:?} {name}");
    }
}
