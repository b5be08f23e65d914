//! Ctrl-C: the first ends the run after the operation under way, the second at
//! once.

use std::process::exit;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};

use crate::Exit;

static REQUESTED: AtomicBool = AtomicBool::new(false);
static AT_ONCE: AtomicBool = AtomicBool::new(false);

/// Starts to listen for Ctrl-C.
///
/// # Errors
///
/// When the system does not let a handler be installed.
pub fn listen() -> Result<()> {
    ctrlc::set_handler(|| {
        let is_second = REQUESTED.swap(true, Ordering::SeqCst);
        if is_second || AT_ONCE.load(Ordering::SeqCst) {
            exit(Exit::Interrupted as i32);
        }
    })
    .context("cannot listen for Ctrl-C")
}

/// Runs `wait`, which Ctrl-C ends together with the process, as nothing is under way.
pub fn at_once<T>(wait: impl FnOnce() -> T) -> T {
    AT_ONCE.store(true, Ordering::SeqCst);
    // It may have been pressed right before: one of the two sees what the other stored.
    if REQUESTED.load(Ordering::SeqCst) {
        exit(Exit::Interrupted as i32);
    }
    let result = wait();
    AT_ONCE.store(false, Ordering::SeqCst);
    result
}

/// Asks the run to end, as Ctrl-C does.
pub fn request() {
    REQUESTED.store(true, Ordering::Relaxed);
}

/// Whether the run is to end.
pub fn requested() -> bool {
    REQUESTED.load(Ordering::Relaxed)
}
