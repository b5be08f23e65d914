//! Notes before a run, and hints after it.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::console::format::{escape_path, format_command, list_some};
use crate::console::message::{print_hint, print_note, print_warning};
use crate::interrupt;
use crate::options::Options;
use crate::path::canonicalize;
use crate::roots::Roots;
use crate::walk::Found;

/// Globs or paths that a message names.
const MAX_NAMES: usize = 6;

/// Names the settings files that apply to PATHs, and the PATHs that are ignored.
pub(crate) fn print_notes(options: &Options, roots: &Roots) {
    if roots.are_no_bytecode() {
        let paths = list_some(options.cli.paths.iter(), MAX_NAMES);
        print_warning(format_args!("not a bytecode file: {paths}"));
    }
    if !options.cli.quiet && !roots.ignored.is_empty() {
        print_note(format_args!(
            "ignored: {}",
            list_some(roots.ignored.iter(), MAX_NAMES)
        ));
    }
    if !options.cli.shows_settings() {
        return;
    }
    let current_dir = canonicalize(Path::new(".")).unwrap_or_default();
    for file in &roots.settings {
        print_note(format_args!(
            "using settings from {} (--isolated to ignore them)",
            escape_path(file.strip_prefix(&current_dir).unwrap_or(file))
        ));
    }
}

/// Names the settings files below the PATHs that apply.
pub(crate) fn print_nested_settings(options: &Options, files: &BTreeSet<PathBuf>) {
    if options.cli.shows_settings() && !files.is_empty() {
        print_note(format_args!(
            "also using settings from {} (--isolated to ignore them)",
            list_some(files.iter(), MAX_NAMES)
        ));
    }
}

/// Names debris that is kept because the user chose no topic, and the command that previews it.
pub(crate) fn print_debris_hint(options: &Options, found: &Found) {
    let globs: BTreeSet<_> = found.hinted.iter().map(|pattern| pattern.path()).collect();
    let topics: BTreeSet<_> = found.hinted.iter().map(|pattern| pattern.topic).collect();
    if globs.is_empty() || interrupt::is_requested() {
        return;
    }
    let words = ["pyclean", "-n"].map(OsStr::new).into_iter();
    let paths = options.cli.paths.iter().map(|path| path.as_os_str());
    let topics = ["--debris"].into_iter().chain(topics).map(OsStr::new);
    let command = format_command(words.chain(paths).chain(topics));
    let preview = command.map_or_else(String::new, |command| format!("; preview: {command}"));
    print_hint(format_args!(
        "also found {}{preview}",
        list_some(globs.iter(), MAX_NAMES)
    ));
}
