//! Errors, warnings, hints and notes on stderr.

use std::fmt::Display;
use std::io::Write;

const RED: &str = "\x1b[1;31m";
const YELLOW: &str = "\x1b[1;33m";
const CYAN: &str = "\x1b[1;36m";
/// The style of the reason after a path.
pub(crate) const REASON: &str = "\x1b[33m";
/// The style of a summary.
pub(crate) const BOLD: &str = "\x1b[1m";
/// Ends a style.
pub(crate) const RESET: &str = "\x1b[0m";

/// Prints `error: text`.
pub(crate) fn print_error(text: impl Display) {
    eprint_line(format_args!("{RED}error:{RESET} {text}"));
}

/// Prints `warning: text`.
pub(crate) fn print_warning(text: impl Display) {
    eprint_line(format_args!("{YELLOW}warning:{RESET} {text}"));
}

/// Prints `hint: text`.
pub(crate) fn print_hint(text: impl Display) {
    eprint_line(format_args!("{CYAN}hint:{RESET} {text}"));
}

/// Prints `note: text`.
pub(crate) fn print_note(text: impl Display) {
    eprint_line(format_args!("{CYAN}note:{RESET} {text}"));
}

/// Prints a line on stderr. A closed stderr is not an error: there is no other stream to
/// report it on.
pub(crate) fn eprint_line(text: impl Display) {
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}
