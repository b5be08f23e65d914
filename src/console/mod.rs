//! Text for people: formatting, messages on stderr, and progress.

pub(crate) mod format;
pub(crate) mod message;
pub(crate) mod progress;

use std::io::{self, ErrorKind, Write};

/// Writes a text on stdout. A closed pipe is not an error: the reader has seen enough.
pub(crate) fn print_all(text: &[u8]) -> io::Result<()> {
    match io::stdout().write_all(text) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(io::Error::other(format!("cannot write to stdout: {error}")))
        }
        _ => Ok(()),
    }
}
