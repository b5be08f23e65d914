//! Asks git what it tracks, and runs `git clean`.

use std::collections::HashSet;
use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

/// A git in `directory` and its repository. It runs no program which the repository
/// names: whoever cleans a repository need not trust it.
fn git(directory: &Path) -> Command {
    let mut git = Command::new("git");
    git.args(["-c", "core.fsmonitor=false", "-c", "core.hooksPath="]);
    git.current_dir(directory);
    // A hook that runs this has set these. With them git takes any directory for the top
    // of the work tree, where it tracks nothing of what is there.
    for variable in [
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_PREFIX",
        "GIT_COMMON_DIR",
    ] {
        git.env_remove(variable);
    }
    git
}

/// Whether there is a git to run.
pub fn is_available() -> bool {
    let version = Command::new("git")
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    version.is_ok_and(|status| status.success())
}

/// Which of `paths` git tracks, or something in them: paths below the top of the work
/// tree `top`.
///
/// # Errors
///
/// When git does not answer, for instance because the repository belongs to somebody
/// else.
pub fn tracked(top: &Path, paths: &HashSet<PathBuf>) -> io::Result<HashSet<PathBuf>> {
    let mut git = git(top);
    git.args(["ls-files", "-z"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = git.spawn()?;
    let mut tracked = HashSet::new();
    if let Some(stdout) = child.stdout.take() {
        for file in BufReader::new(stdout).split(0) {
            let file = path_of(file?);
            tracked.extend(
                file.ancestors()
                    .filter(|path| paths.contains(*path))
                    .map(PathBuf::from),
            );
        }
    }
    let mut said = String::new();
    if let Some(mut stderr) = child.stderr.take() {
        stderr.read_to_string(&mut said)?;
    }
    if child.wait()?.success() {
        Ok(tracked)
    } else {
        Err(failure(&said))
    }
}

#[cfg(unix)]
fn path_of(bytes: Vec<u8>) -> PathBuf {
    use std::os::unix::ffi::OsStringExt;
    OsString::from_vec(bytes).into()
}

#[cfg(not(unix))]
fn path_of(bytes: Vec<u8>) -> PathBuf {
    String::from_utf8_lossy(&bytes).into_owned().into()
}

/// What git said, in one line.
fn failure(said: &str) -> io::Error {
    let line = said.lines().next().unwrap_or("git failed");
    io::Error::other(line.strip_prefix("fatal: ").unwrap_or(line).to_owned())
}

/// How `git clean` goes about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CleanMode {
    /// It asks what to do.
    Interactive,
    /// It only says what it would do.
    DryRun,
    /// It does it.
    Force,
}

/// What came of `git clean`.
#[derive(Debug, Clone, Copy)]
pub enum Cleaned {
    /// It ran.
    Ran(ExitStatus),
    /// The directory is not in a repository.
    NoRepository,
}

/// Where what `git clean` says goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// To standard output.
    Mixed,
    /// To standard error, as a program reads standard output.
    Apart,
}

/// Runs `git clean -dx` in `directory`, on the terminal of this process.
///
/// # Errors
///
/// When git does not run, or refuses the repository.
pub fn clean(
    directory: &Path,
    ignored: &[OsString],
    mode: CleanMode,
    output: Output,
) -> io::Result<Cleaned> {
    let mut asking = git(directory);
    // What it says is read here, not by the user.
    let asked = asking
        .args(["rev-parse", "--git-dir"])
        .env("LC_ALL", "C")
        .output()?;
    if !asked.status.success() {
        let said = String::from_utf8_lossy(&asked.stderr);
        return if said.contains("not a git repository") {
            Ok(Cleaned::NoRepository)
        } else {
            Err(failure(&said))
        };
    }
    let mut git = git(directory);
    git.args(["clean", "-dx"]);
    for name in ignored {
        git.arg("-e").arg(name);
    }
    git.arg(match mode {
        CleanMode::Interactive => "-i",
        CleanMode::DryRun => "-n",
        CleanMode::Force => "-f",
    });
    if output == Output::Apart {
        git.stdout(io::stderr());
    }
    git.status().map(Cleaned::Ran)
}
