//! The lines of the summary about interpreters.

use std::cmp::Reverse;

use crate::console::format::format_files;
use crate::console::message::eprint_line;
use crate::stats::{RemovalStats, interpreter_name};

/// Interpreters that have a line in the summary. Only made-up tags are more.
const MAX_INTERPRETERS: usize = 20;

/// Prints a line for each interpreter, if bytecode of several was removed.
pub(crate) fn print_interpreters(total: &RemovalStats) {
    let interpreters = &total.interpreters;
    if interpreters.keys().flatten().count() < 2 {
        return;
    }
    let mut interpreters: Vec<_> = interpreters.iter().collect();
    interpreters.sort_by_key(|(_, files)| Reverse(files.bytes));
    for (interpreter, files) in interpreters.iter().take(MAX_INTERPRETERS) {
        let name = interpreter_name(interpreter.as_ref());
        let files = format_files(files.files, files.bytes);
        eprint_line(format_args!("  {name}: {files}"));
    }
    if let more @ 1.. = interpreters.len().saturating_sub(MAX_INTERPRETERS) {
        eprint_line(format_args!("  and {more} more"));
    }
}
