//! Hints before and after a run.

use std::collections::BTreeSet;

use crate::console::format::{escape_path, list_some};
use crate::console::message::print_hint;
use crate::interrupt;
use crate::options::Options;
use crate::scan::Leftover;

/// Globs that a hint names.
const MAX_NAMES: usize = 6;

/// Names the settings files that apply.
pub(crate) fn print_settings(options: &Options) {
    for file in &options.shown_configs {
        print_hint(format_args!(
            "using settings from {} (--isolated to ignore them)",
            escape_path(file)
        ));
    }
}

/// Names debris that is kept because the user chose no topic, and how to remove it.
pub(crate) fn print_leftovers(leftovers: &[Leftover]) {
    let found = || leftovers.iter().map(|leftover| leftover.found);
    let globs: BTreeSet<_> = found().map(|found| found.glob).collect();
    let topics: BTreeSet<_> = found().map(|found| found.topic.name()).collect();
    if globs.is_empty() || interrupt::is_requested() {
        return;
    }
    let topics: Vec<_> = topics.into_iter().collect();
    print_hint(format_args!(
        "also found {}; remove them with --debris {}",
        list_some(globs.iter(), MAX_NAMES),
        topics.join(" ")
    ));
}
