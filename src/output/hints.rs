//! Notes and warnings before a run, and the hint after it.

use std::collections::BTreeSet;
use std::env;
use std::path::{Path, PathBuf};

use crate::console::format::{escape_path, list_some};
use crate::console::message::{print_hint, print_note, print_warning};
use crate::interrupt;
use crate::options::Options;
use crate::path::canonicalize;
use crate::roots::Roots;
use crate::scan::HintedDebris;

/// Globs or paths that a message names.
const MAX_NAMES: usize = 6;

/// Options that the command of a hint does not repeat, because it removes.
const DRY_RUN: [&str; 3] = ["-n", "--dry-run", "--check"];

/// Names the settings files that apply.
pub(crate) fn print_settings(options: &Options) {
    if !options.cli.shows_settings() {
        return;
    }
    let current_dir = canonicalize(Path::new("."));
    for (file, _) in &options.configs {
        let is_below = |dir| file.strip_prefix(dir).ok();
        let shown = current_dir.as_ref().ok().and_then(is_below);
        print_note(format_args!(
            "using settings from {} (--isolated to ignore them)",
            escape_path(shown.unwrap_or(file))
        ));
    }
}

/// Names the settings files of projects below the PATHs that apply.
pub(crate) fn print_nested_settings(options: &Options, files: &[PathBuf]) {
    if options.cli.shows_settings() && !files.is_empty() {
        print_note(format_args!(
            "also using settings from {} (--isolated to ignore them)",
            list_some(files.iter(), MAX_NAMES)
        ));
    }
}

/// Warns if every PATH is a file that is not bytecode. Besides others, such files are
/// passed over silently, because a shell expands `pyclean *` to all files.
pub(crate) fn warn_of_other_files(options: &Options, roots: &Roots) {
    if roots.list.is_empty() && roots.failures.is_empty() {
        print_warning(format_args!(
            "not a bytecode file: {}",
            list_some(options.cli.paths.iter(), MAX_NAMES)
        ));
    }
}

/// Names debris that is kept because the user chose no topic, and the command that removes
/// it.
pub(crate) fn print_debris_hint(hinted: &[HintedDebris]) {
    let found = || hinted.iter().map(|debris| debris.found);
    let globs: BTreeSet<_> = found().map(|found| found.path()).collect();
    let topics: BTreeSet<_> = found().map(|found| found.topic).collect();
    if globs.is_empty() || interrupt::is_requested() {
        return;
    }
    print_hint(format_args!(
        "also found {}; remove them with: {}",
        list_some(globs.iter(), MAX_NAMES),
        command_with_debris(topics)
    ));
}

/// The command line of this run, without a dry run and with debris topics.
fn command_with_debris(topics: BTreeSet<&str>) -> String {
    let arguments = env::args_os().skip(1);
    let arguments = arguments.map(|argument| escape_path(Path::new(&argument)));
    let mut words: Vec<_> = arguments
        .filter(|word| !DRY_RUN.contains(&&**word))
        .map(|word| quote(&word))
        .collect();
    let end = words.iter().position(|word| word == "--");
    let end = end.unwrap_or(words.len());
    let topics = topics.into_iter().map(str::to_owned);
    words.splice(end..end, ["--debris".to_owned()].into_iter().chain(topics));
    format!("pyclean {}", words.join(" "))
}

/// Quotes a word for a shell if that may be necessary.
fn quote(word: &str) -> String {
    let is_plain = |char: char| {
        char.is_alphanumeric() || "-_./,:=+@%".contains(char) || (cfg!(windows) && char == '\\')
    };
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else if cfg!(windows) {
        format!("\"{word}\"")
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
