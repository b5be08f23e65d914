//! Runs `git clean`.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::io::{self, ErrorKind, Write};
use std::path::{Component, Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Result, ensure};

use crate::console::format::escape_path;
use crate::console::message::print_warning;
use crate::failure::{Failure, Operation};
use crate::git::{self, command, git_error, path_from_bytes, run_query};
use crate::interrupt;
use crate::options::{CleanMode, CleanOutput, GitCleanOptions};
use crate::output::report::Report;
use crate::path::canonicalize;
use crate::scan::Found;

/// How a run of `git clean` ended.
#[derive(Debug, Clone, Copy)]
enum CleanOutcome {
    /// It ran.
    Ran {
        /// Its exit status.
        status: ExitStatus,
        /// Whether a dry run found something to remove.
        found: bool,
    },
    /// The directory is not in a repository.
    NotInRepository,
}

/// Checks that `git clean` can be run.
///
/// # Errors
///
/// If git is not installed, or an ignored name has no equivalent in git.
pub(crate) fn check(options: &GitCleanOptions) -> Result<()> {
    ensure!(
        git::is_available(),
        "--git-clean requires git, which was not found on PATH"
    );
    for word in &options.ignored {
        ensure!(keep_pattern(word).is_some(), unsupported(word));
    }
    Ok(())
}

fn unsupported(ignored: &OsStr) -> String {
    format!("--git-clean does not support the ignored {ignored:?}: use a plain name")
}

/// Runs `git clean` in each PATH that is a directory, unless the run was interrupted. It
/// keeps what a PATH or a project below one ignores, and does not run if that is not known.
pub(crate) fn run(options: &GitCleanOptions, found: &Found, report: &mut Report) {
    let ignored = options.ignored.iter().chain(&found.nested_ignores);
    let patterns: Result<BTreeSet<_>, _> = ignored
        .map(|word| keep_pattern(word).ok_or_else(|| io::Error::other(unsupported(word))))
        .collect();
    for path in options.paths.iter().filter(|path| path.is_dir()) {
        if interrupt::is_requested() {
            return;
        }
        report.flush();
        let ran = match &patterns {
            _ if found.has_unknown_settings => Err(io::Error::other(
                "it would remove what the settings of a directory below may ignore",
            )),
            Ok(patterns) => run_git_clean(path, patterns, options),
            Err(error) => Err(io::Error::other(error.to_string())),
        };
        let error = match ran {
            Ok(CleanOutcome::Ran { status, found }) if status.success() => {
                report.note_found(found);
                continue;
            }
            Ok(CleanOutcome::Ran { status, .. }) => io::Error::other(status.to_string()),
            Ok(CleanOutcome::NotInRepository) => {
                print_warning(format_args!(
                    "{} is not in a git repository; skipping --git-clean",
                    escape_path(path)
                ));
                continue;
            }
            Err(error) => error,
        };
        report.record_failure(&Failure {
            operation: Operation::GitClean,
            path: path.clone(),
            error,
        });
    }
}

/// Runs `git clean -dx` in `directory`, on the terminal of this process. `patterns` are
/// patterns of files to keep, made by [`keep_pattern`].
///
/// # Errors
///
/// If git does not run or refuses the repository, or if the work tree of the repository is
/// elsewhere.
fn run_git_clean(
    directory: &Path,
    patterns: &BTreeSet<OsString>,
    options: &GitCleanOptions,
) -> io::Result<CleanOutcome> {
    let GitCleanOptions { mode, output, .. } = *options;
    if !is_in_worktree(directory)? {
        return Ok(CleanOutcome::NotInRepository);
    }
    let mut git = command(directory);
    git.args(["clean", "-dx"]);
    for pattern in patterns {
        git.arg("-e").arg(pattern);
    }
    git.arg(match mode {
        CleanMode::Interactive => "-i",
        CleanMode::DryRun { .. } => "-n",
        CleanMode::Force { quiet: false } => "-f",
        CleanMode::Force { quiet: true } => "-qf",
    });
    if let CleanMode::DryRun { quiet } = mode {
        return run_dry_run(git, output, quiet);
    }
    if output == CleanOutput::Stderr {
        git.stdout(io::stderr());
    }
    let status = git.status()?;
    Ok(CleanOutcome::Ran {
        status,
        found: false,
    })
}

/// Whether a directory is in a work tree.
///
/// # Errors
///
/// If git refuses the repository, or the work tree that it names is elsewhere.
fn is_in_worktree(directory: &Path) -> io::Result<bool> {
    let mut git = command(directory);
    git.args(["rev-parse", "--show-toplevel"]);
    let mut stdout = Vec::new();
    let answer = run_query(git, |bytes| stdout.extend_from_slice(bytes))?;
    if answer.status.success() {
        stdout.pop_if(|byte| *byte == b'\n');
        let root = canonicalize(&path_from_bytes(&stdout))?;
        if canonicalize(directory)?.starts_with(&root) {
            return Ok(true);
        }
        let message = format!("its work tree is {}", escape_path(&root));
        Err(io::Error::other(message))
    } else if answer.stderr.contains("not a git repository") {
        Ok(false)
    } else {
        Err(git_error(&answer.stderr))
    }
}

/// Runs `git clean -n`, prints its output unless `quiet`, and checks whether it lists
/// something.
fn run_dry_run(mut git: Command, output: CleanOutput, quiet: bool) -> io::Result<CleanOutcome> {
    git.env("LC_ALL", "C").stderr(Stdio::inherit());
    let listed = git.output()?;
    let written = match output {
        _ if quiet => Ok(()),
        CleanOutput::Stdout => io::stdout().write_all(&listed.stdout),
        CleanOutput::Stderr => io::stderr().write_all(&listed.stdout),
    };
    if let Err(error) = written
        && error.kind() != ErrorKind::BrokenPipe
    {
        return Err(error);
    }
    let mut lines = listed.stdout.split(|byte| *byte == b'\n');
    Ok(CleanOutcome::Ran {
        status: listed.status,
        found: lines.any(|line| line.starts_with(b"Would remove ")),
    })
}

/// Converts a value of `--ignore` to a pattern for `git clean -e`. `None` if git cannot
/// express it: only names are supported, with `*` and `?` as the wildcards.
fn keep_pattern(ignored: &OsStr) -> Option<OsString> {
    let parts = Path::new(ignored).components();
    let name: PathBuf = parts.filter(|part| *part != Component::CurDir).collect();
    let mut parts = name.components();
    let (Some(Component::Normal(name)), None) = (parts.next(), parts.next()) else {
        return None;
    };
    let is_special = |byte: &u8| b"{}[]\\".contains(byte);
    if name.as_encoded_bytes().iter().any(is_special) {
        return None;
    }
    let mut pattern = OsString::new();
    // Git would take the pattern as an exception to the others.
    if name.as_encoded_bytes().starts_with(b"!") {
        pattern.push("\\");
    }
    pattern.push(name);
    Some(pattern)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_simple_wildcards_become_patterns() {
        for (ignored, pattern) in [
            (".idea", ".idea"),
            ("./keep", "keep"),
            ("keep/", "keep"),
            ("*.o", "*.o"),
            ("dat?", "dat?"),
            ("#a b", "#a b"),
            ("!q", "\\!q"),
        ] {
            let converted = keep_pattern(OsStr::new(ignored));
            assert_eq!(converted, Some(pattern.into()), "{ignored}");
        }
    }

    #[test]
    fn paths_classes_and_alternatives_are_refused() {
        for ignored in [
            "a/b", "**/a", "/a", "../a", "..", ".", "", "[ab]", "a{b,c}", "a]",
        ] {
            assert_eq!(keep_pattern(OsStr::new(ignored)), None, "{ignored}");
        }
        #[cfg(unix)]
        assert_eq!(keep_pattern(OsStr::new("a\\b")), None);
    }
}
