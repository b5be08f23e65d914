//! Notes before a run, and hints after it.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::{IsTerminal, stderr};
use std::path::{Path, PathBuf};

use crate::console::format::{escape, format_command, format_count, list_some};
use crate::console::message::{print_hint, print_note, print_warning};
use crate::interrupt;
use crate::options::Options;
use crate::path::canonicalize;
use crate::reason::KeepReason;
use crate::roots::Roots;
use crate::walk::Found;

const MAX_NAMES: usize = 6;

pub(crate) fn print_notes(options: &Options, roots: &Roots) {
    if roots.are_no_bytecode() {
        let paths = list_some(options.cli.paths.iter(), MAX_NAMES);
        print_warning(format_args!("not a bytecode file: {paths}"));
    }
    if !options.cli.quiet && !roots.ignored.is_empty() {
        let ignored = list_some(roots.ignored.iter(), MAX_NAMES);
        print_note(format_args!("ignored: {ignored}"));
    }
    if !options.cli.shows_settings() {
        return;
    }
    let current_dir = canonicalize(Path::new(".")).unwrap_or_default();
    for file in roots.settings.keys() {
        print_note(format_args!(
            "using settings from {} (--isolated to ignore them)",
            escape(file.strip_prefix(&current_dir).unwrap_or(file))
        ));
    }
}

pub(crate) fn print_nested_settings(options: &Options, files: &BTreeSet<PathBuf>) {
    if options.cli.shows_settings() && !files.is_empty() {
        print_note(format_args!(
            "also using settings from {} (--isolated to ignore them)",
            list_some(files.iter(), MAX_NAMES)
        ));
    }
}

/// Names what the rules keep, and the environments that were skipped, if the user may look for
/// something in these.
pub(crate) fn print_kept(options: &Options, found: &Found, removes_nothing: bool) {
    let cli = &options.cli;
    if cli.quiet || interrupt::is_requested() {
        return;
    }
    let is_asked = cli.verbose || (removes_nothing && stderr().is_terminal() && !cli.json);
    for ((path, reason), count) in &found.noted {
        let path = escape(path);
        let files = format_count(*count, "file", "files");
        match reason {
            KeepReason::UnknownSource => print_note(format_args!(
                "kept in {path}: {files} {reason}; if {path} is a PYTHONPYCACHEPREFIX: \
                 --pycache-prefix {path}"
            )),
            _ if !is_asked => {}
            KeepReason::Sourceless => print_note(format_args!(
                "kept in {path}: {files} {reason}; without --stale, it is removed"
            )),
            _ => print_note(format_args!("kept {path}: {reason}")),
        }
    }
    if is_asked && !found.skipped.is_empty() {
        let paths = found.skipped.iter().take(MAX_NAMES);
        let words = paths.map(|path| path.as_os_str());
        let words = words.chain(cli.words.iter().map(|word| &**word));
        // In an environment, these options could remove what nothing makes again.
        let is_safe = cli.erase.is_empty() && !cli.git_clean;
        let command = format_command("; to clean: pyclean", words);
        let command = command.filter(|_| is_safe).unwrap_or_default();
        let skipped = list_some(found.skipped.iter(), MAX_NAMES);
        print_note(format_args!("skipped {skipped}{command}"));
    }
}

/// Names debris that is kept because the user chose no topic, and the command that previews it.
pub(crate) fn print_debris_hint(options: &Options, found: &Found) {
    let (globs, topics): (BTreeSet<_>, BTreeSet<_>) = found
        .hinted
        .iter()
        .map(|pattern| (pattern.path(), pattern.topic))
        .unzip();
    if globs.is_empty() || interrupt::is_requested() {
        return;
    }
    let words = &options.cli.words;
    // After `--`, `--debris` would be a PATH.
    let can_follow = !words.iter().any(|word| word == "--");
    let typed = words.iter().map(|word| &**word);
    let typed = typed.filter(|word| *word != "-n" && *word != "--dry-run");
    let topics = ["--debris"].into_iter().chain(topics).map(OsStr::new);
    let preview = format_command("; preview: pyclean -n", typed.chain(topics));
    let preview = preview.filter(|_| can_follow).unwrap_or_default();
    let globs = list_some(globs.iter(), MAX_NAMES);
    print_hint(format_args!("also found {globs}{preview}"));
}
