//! Asks git which files it tracks.

use std::ffi::OsString;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

mod index;

pub(crate) use index::PlainIndex;

/// A query that prints nothing for this long is stopped.
const QUERY_TIMEOUT: Duration = Duration::from_secs(10);

/// Environment variables that change which repository or which paths git works on. A git
/// hook that runs this program has set some of them.
const LOCATION_VARIABLES: [&str; 10] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_LITERAL_PATHSPECS",
    "GIT_GLOB_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
];

/// Prepares a git command that works on the repository around `directory`. It runs no
/// program that the repository configures and fetches nothing, so the repository need not
/// be trusted.
pub(crate) fn command(directory: &Path) -> Command {
    let mut git = Command::new("git");
    // `current_dir` would make relative entries of PATH find programs in the repository.
    git.arg("-C").arg(directory).arg("--no-pager");
    git.args(["-c", "core.fsmonitor=false", "-c", "core.hooksPath="]);
    git.env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_ALLOW_PROTOCOL", "none");
    for variable in LOCATION_VARIABLES {
        git.env_remove(variable);
    }
    git
}

/// Whether git is installed.
pub(crate) fn is_available() -> bool {
    let mut git = Command::new("git");
    git.arg("--version");
    run_query(git, |_| {}).is_ok_and(|answer| answer.status.success())
}

/// A path that git tracks, relative to the root of the work tree.
#[derive(Debug)]
pub(crate) struct TrackedEntry {
    /// The path.
    pub(crate) path: PathBuf,
    /// Whether it is a submodule. One that is not checked out is an empty directory.
    pub(crate) is_submodule: bool,
}

/// Calls `on_entry` for each path that a work tree tracks.
///
/// # Errors
///
/// If git does not answer, for instance because the repository belongs to another user.
pub(crate) fn list_tracked(
    worktree_root: &Path,
    mut on_entry: impl FnMut(TrackedEntry),
) -> io::Result<()> {
    list_files(worktree_root, &["-z", "--stage"], |record| {
        // `<mode> <object> <stage><tab><path>`
        if let Some(tab) = record.iter().position(|byte| *byte == b'\t') {
            on_entry(TrackedEntry {
                path: path_from_bytes(&record[tab + 1..]),
                is_submodule: record.starts_with(b"160000 "),
            });
        }
    })
}

/// Whether git ignores the case of names in a work tree (`core.ignorecase`). If it cannot
/// be asked, it does.
pub(crate) fn ignores_case(worktree_root: &Path) -> bool {
    let mut git = command(worktree_root);
    git.args([
        "config",
        "--type=bool",
        "--default=false",
        "core.ignorecase",
    ]);
    let mut stdout = Vec::new();
    let answer = run_query(git, |bytes| stdout.extend_from_slice(bytes));
    !answer.is_ok_and(|answer| answer.status.success() && stdout == b"false\n")
}

/// Runs `git ls-files` and calls `on_record` for each NUL-terminated record.
fn list_files(
    worktree_root: &Path,
    arguments: &[&str],
    mut on_record: impl FnMut(&[u8]),
) -> io::Result<()> {
    let mut git = command(worktree_root);
    git.arg("ls-files").args(arguments);
    let mut pending = Vec::new();
    let answer = run_query(git, |chunk| {
        pending.extend_from_slice(chunk);
        let Some(end) = pending.iter().rposition(|byte| *byte == 0) else {
            return;
        };
        pending[..end]
            .split(|byte| *byte == 0)
            .for_each(&mut on_record);
        pending.drain(..=end);
    })?;
    // With a sparse index, git may list only a part, report an error and still succeed.
    let is_complete = answer.status.success() && pending.is_empty();
    if is_complete && find_complaint(&answer.stderr).is_none() {
        Ok(())
    } else {
        Err(git_error(&answer.stderr))
    }
}

/// How a query ended.
pub(crate) struct Answer {
    /// The exit status of git.
    pub(crate) status: ExitStatus,
    /// What git wrote to stderr, in English.
    pub(crate) stderr: String,
}

/// Runs git and calls `on_output` for each part of its stdout. The query is stopped if it
/// prints nothing for [`QUERY_TIMEOUT`].
///
/// # Errors
///
/// If git cannot be started, or does not answer in time.
pub(crate) fn run_query(git: Command, on_output: impl FnMut(&[u8])) -> io::Result<Answer> {
    run_with_timeout(git, QUERY_TIMEOUT, on_output)
}

/// A part of what a process printed.
enum Chunk {
    Stdout(Vec<u8>),
    Stderr(Vec<u8>),
}

fn run_with_timeout(
    mut git: Command,
    timeout: Duration,
    on_output: impl FnMut(&[u8]),
) -> io::Result<Answer> {
    git.env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = git.spawn().map_err(explain_missing)?;
    let (sender, receiver) = sync_channel(16);
    // Both streams are read at the same time: git waits while one of them is full.
    let result = send_chunks(child.stdout.take(), sender.clone(), Chunk::Stdout)
        .and_then(|()| send_chunks(child.stderr.take(), sender, Chunk::Stderr))
        .and_then(|()| receive_chunks(&receiver, timeout, on_output));
    match result {
        Ok(stderr) => Ok(Answer {
            status: child.wait()?,
            stderr: String::from_utf8_lossy(&stderr).into_owned(),
        }),
        Err(error) => {
            stop(&mut child);
            Err(error)
        }
    }
}

fn explain_missing(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::NotFound {
        io::Error::new(error.kind(), "git was not found on PATH")
    } else {
        error
    }
}

/// Receives chunks until both streams are closed. Returns what was written to stderr.
fn receive_chunks(
    receiver: &Receiver<io::Result<Chunk>>,
    timeout: Duration,
    mut on_output: impl FnMut(&[u8]),
) -> io::Result<Vec<u8>> {
    let mut stderr = Vec::new();
    loop {
        match receiver.recv_timeout(timeout) {
            Ok(Ok(Chunk::Stdout(bytes))) => on_output(&bytes),
            Ok(Ok(Chunk::Stderr(bytes))) => stderr.extend(bytes),
            Ok(Err(error)) => return Err(error),
            Err(RecvTimeoutError::Disconnected) => return Ok(stderr),
            Err(RecvTimeoutError::Timeout) => {
                let message = format!("git printed nothing for {} seconds", timeout.as_secs());
                return Err(io::Error::new(io::ErrorKind::TimedOut, message));
            }
        }
    }
}

/// Stops a process without waiting for it: a process that waits for a file system cannot
/// be stopped.
fn stop(child: &mut Child) {
    let _ = child.kill();
    let _ = child.try_wait();
}

/// Starts a thread that sends what a stream yields. The thread is never joined, as it
/// waits for as long as any process holds the stream open.
fn send_chunks(
    stream: Option<impl Read + Send + 'static>,
    sender: SyncSender<io::Result<Chunk>>,
    chunk: fn(Vec<u8>) -> Chunk,
) -> io::Result<()> {
    let Some(mut stream) = stream else {
        return Ok(());
    };
    let send_all = move || {
        let mut buffer = vec![0; 1 << 16];
        loop {
            let read = match stream.read(&mut buffer) {
                Ok(0) => return,
                Ok(count) => Ok(chunk(buffer[..count].to_vec())),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => Err(error),
            };
            let is_last = read.is_err();
            if sender.send(read).is_err() || is_last {
                return;
            }
        }
    };
    thread::Builder::new().spawn(send_all)?;
    Ok(())
}

/// A path as git prints it.
#[cfg(unix)]
pub(crate) fn path_from_bytes(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStringExt;
    OsString::from_vec(bytes.to_vec()).into()
}

/// A path as git prints it.
#[cfg(not(unix))]
pub(crate) fn path_from_bytes(bytes: &[u8]) -> PathBuf {
    OsString::from(String::from_utf8_lossy(bytes).into_owned()).into()
}

/// The message of the first error that git reports.
fn find_complaint(stderr: &str) -> Option<&str> {
    stderr.lines().find_map(|line| {
        line.strip_prefix("fatal: ")
            .or(line.strip_prefix("error: "))
    })
}

/// What git wrote to stderr as an error of one line.
pub(crate) fn git_error(stderr: &str) -> io::Error {
    let line = find_complaint(stderr).or_else(|| stderr.lines().next());
    io::Error::other(line.unwrap_or("git failed").to_owned())
}

#[cfg(all(test, unix))]
mod tests {
    use std::time::Instant;

    use super::*;

    fn run_shell(script: &str, timeout: Duration) -> (io::Result<Answer>, Vec<u8>) {
        let mut shell = Command::new("sh");
        shell.args(["-c", script]);
        let mut stdout = Vec::new();
        let answer = run_with_timeout(shell, timeout, |bytes| stdout.extend(bytes));
        (answer, stdout)
    }

    #[test]
    fn a_query_reads_both_streams_to_their_end() {
        let script = "seq 100000; seq 100000 >&2; echo fatal: reason >&2; exit 3";
        let (answer, stdout) = run_shell(script, QUERY_TIMEOUT);
        let answer = answer.unwrap();
        assert_eq!(answer.status.code(), Some(3));
        assert_eq!(git_error(&answer.stderr).to_string(), "reason");
        assert!(stdout.ends_with(b"\n100000\n"));
    }

    #[test]
    fn a_query_without_output_is_stopped() {
        let start = Instant::now();
        // The second process keeps the streams open after the first is stopped.
        for script in ["sleep 30", "sleep 30 & wait", "echo a; exec sleep 30"] {
            let (answer, _) = run_shell(script, Duration::from_millis(100));
            let error = answer.map(|answer| answer.status).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::TimedOut, "{script}");
        }
        assert!(start.elapsed() < Duration::from_secs(10));
    }
}
