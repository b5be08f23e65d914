//! The exit status of the process.

/// How a run ended. The number is the exit status of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// Everything selected was removed, or there was nothing to remove.
    Success = 0,
    /// Something could not be read or removed, or `--check` found something.
    Failure = 1,
    /// Usage or configuration error. Nothing was removed.
    Usage = 2,
    /// Interrupted by Ctrl-C or a termination signal.
    Interrupted = 130,
}

impl ExitStatus {
    /// Ends the process with this status.
    pub fn exit(self) -> ! {
        std::process::exit(self as i32)
    }
}
