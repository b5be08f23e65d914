//! The `pyclean` command: reads the command line, runs, and exits.

use std::process::exit;

use pyclean::cli::Cli;
use pyclean::{Exit, report, run};

/// musl's allocator makes threads wait for each other: with it, a static binary took half as
/// long again.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let status = run(&Cli::from_args()).unwrap_or_else(|error| {
        report::error(format_args!("{error:#}"));
        Exit::Refused
    });
    exit(status as i32);
}
