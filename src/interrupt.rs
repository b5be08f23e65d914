//! Ctrl-C, SIGTERM and SIGHUP. The first signal ends the run after the current
//! operation, a second one ends the process immediately.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};

use crate::console::message::eprint_line;
use crate::exit_status::ExitStatus;

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// Set while the first signal may end the process: the text to print then.
static EXIT_MESSAGE: Mutex<Option<&str>> = Mutex::new(None);

pub(crate) fn install_handler() -> Result<()> {
    let installed = ctrlc::try_set_handler(|| {
        let is_second = REQUESTED.swap(true, Ordering::SeqCst);
        let message = EXIT_MESSAGE.lock().ok().and_then(|message| *message);
        if is_second || message.is_some() {
            exit_interrupted(message.unwrap_or_default());
        }
    });
    match installed {
        // The parent process set one of the signals to be ignored, as `nohup` does. A
        // handler would undo that.
        Err(ctrlc::Error::MultipleHandlers) => Ok(()),
        result => result.context("cannot install the signal handler"),
    }
}

/// Runs `wait`. Meanwhile no operation is in progress, so a signal prints `message` and
/// ends the process immediately.
pub(crate) fn exit_on_signal_during<T>(message: &'static str, wait: impl FnOnce() -> T) -> T {
    set_exit_message(Some(message));
    // The signal may have arrived just before. Either this thread sees the request, or
    // the handler sees the message.
    if REQUESTED.load(Ordering::SeqCst) {
        exit_interrupted(message);
    }
    let result = wait();
    set_exit_message(None);
    result
}

fn set_exit_message(text: Option<&'static str>) {
    *EXIT_MESSAGE.lock().unwrap_or_else(PoisonError::into_inner) = text;
}

fn exit_interrupted(message: &str) -> ! {
    if !message.is_empty() {
        // Below the line of the prompt.
        eprint_line("");
        eprint_line(message);
    }
    ExitStatus::Interrupted.exit()
}

pub(crate) fn request() {
    REQUESTED.store(true, Ordering::Relaxed);
}

pub(crate) fn is_requested() -> bool {
    REQUESTED.load(Ordering::Relaxed)
}
