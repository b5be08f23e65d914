//! The `pyclean` command: reads the command line, runs, and exits.

use pyclean::{Cli, run};

/// musl's allocator makes threads wait for each other: with it, a static binary took half as
/// long again.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    match run(Cli::from_args()) {
        Ok(status) => status.exit(),
        Err(error) => pyclean::exit_with_error(&error),
    }
}
