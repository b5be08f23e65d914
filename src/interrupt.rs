//! Ctrl-C: the first ends the run after the operation under way, the second at
//! once.

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};

use crate::Exit;

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// Starts to listen for Ctrl-C.
///
/// # Errors
///
/// When the system does not let a handler be installed.
pub fn listen() -> Result<()> {
    ctrlc::set_handler(|| {
        if REQUESTED.swap(true, Ordering::Relaxed) {
            std::process::exit(Exit::Interrupted as i32);
        }
    })
    .context("cannot listen for Ctrl-C")
}

/// Asks the run to end, as Ctrl-C does.
pub fn request() {
    REQUESTED.store(true, Ordering::Relaxed);
}

/// Whether the run is to end.
pub fn requested() -> bool {
    REQUESTED.load(Ordering::Relaxed)
}
