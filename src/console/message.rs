//! Errors, warnings, hints, notes and the summary on stderr. Each is one line, and only
//! printable text reaches the terminal.

use std::fmt::Display;
use std::io::Write;

use crate::console::format::escape;

const RED: &str = "\x1b[1;31m";
const YELLOW: &str = "\x1b[1;33m";
const CYAN: &str = "\x1b[1;36m";
const BOLD: &str = "\x1b[1m";
/// The style of the reason after a path.
pub(crate) const REASON: &str = "\x1b[33m";
/// The styles of a path: what it is in, and a directory (as `ls` and fd show it).
pub(crate) const DIM: &str = "\x1b[2m";
pub(crate) const DIRECTORY: &str = "\x1b[1;34m";
pub(crate) const RESET: &str = "\x1b[0m";

pub(crate) fn print_error(text: impl Display) {
    print(RED, "error:", format_args!(" {text}"));
}

pub(crate) fn print_warning(text: impl Display) {
    print(YELLOW, "warning:", format_args!(" {text}"));
}

pub(crate) fn print_hint(text: impl Display) {
    print(CYAN, "hint:", format_args!(" {text}"));
}

pub(crate) fn print_note(text: impl Display) {
    print(CYAN, "note:", format_args!(" {text}"));
}

pub(crate) fn print_summary(text: impl Display) {
    print(BOLD, text, "");
}

pub(crate) fn eprint_line(text: impl Display) {
    print("", "", text);
}

/// A closed stderr is not an error: there is no other stream to report it on.
fn print(style: &str, styled: impl Display, text: impl Display) {
    let (styled, text) = (escape(styled.to_string()), escape(text.to_string()));
    let reset = if style.is_empty() { "" } else { RESET };
    let _ = writeln!(anstream::stderr().lock(), "{style}{styled}{reset}{text}");
}
