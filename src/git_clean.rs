//! Runs `git clean`.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::io::{self, ErrorKind, Write};
use std::path::{Component, Path};
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context, Result, ensure};

use crate::cli::Cli;
use crate::console::format::escape_path;
use crate::console::message::print_warning;
use crate::failure::{Failure, Operation};
use crate::git::{self, command, git_error, path_from_bytes, run_query};
use crate::interrupt;
use crate::options::Options;
use crate::output::report::Report;
use crate::path::canonicalize;
use crate::rules::default_skips;
use crate::scan::Found;

/// Checks that `git clean` can be run.
///
/// # Errors
///
/// If git is not installed, or an ignored name has no equivalent in git.
pub(crate) fn check(options: &Options) -> Result<()> {
    ensure!(
        git::is_available(),
        "--git-clean requires git, which was not found on PATH"
    );
    keep_patterns(options, &[]).map(drop)
}

/// Runs `git clean` in each PATH that is a directory, unless the run was interrupted. It
/// keeps what a PATH or a project below one ignores, and does not run if that is not known.
pub(crate) fn run(options: &Options, found: &Found, report: &mut Report) {
    for path in options.cli.paths.iter().filter(|path| path.is_dir()) {
        if interrupt::is_requested() {
            return;
        }
        report.flush();
        match run_git_clean(path, options, found) {
            Ok(has_found) => report.found_more |= has_found,
            Err(error) => {
                report.record_failure(&Failure::new(Operation::GitClean, path, error));
            }
        }
    }
}

/// Runs `git clean -dx` in `directory`, on the terminal of this process. Warns if it is not
/// in a repository. Returns whether a dry run found something to remove.
///
/// # Errors
///
/// If git fails or refuses the repository, if the work tree of the repository is elsewhere,
/// or if it is not known what to keep.
fn run_git_clean(directory: &Path, options: &Options, found: &Found) -> io::Result<bool> {
    if found.has_unknown_settings {
        return Err(io::Error::other(
            "it would remove what the settings of a directory below may ignore",
        ));
    }
    let patterns = keep_patterns(options, &found.nested_ignores).map_err(io::Error::other)?;
    if !is_in_worktree(directory)? {
        print_warning(format_args!(
            "{} is not in a git repository; skipping --git-clean",
            escape_path(directory)
        ));
        return Ok(false);
    }
    let mut git = command(directory);
    git.args(["clean", "-dx"]);
    for pattern in patterns {
        git.arg("-e").arg(pattern);
    }
    let cli = &options.cli;
    if cli.is_dry_run() {
        return run_dry_run(git, cli);
    }
    git.arg(match (cli.yes, cli.quiet) {
        (true, true) => "-qf",
        (true, false) => "-f",
        (false, _) => "-i",
    });
    if is_for_program(cli) {
        git.stdout(io::stderr());
    }
    check_status(git.status()?)?;
    Ok(false)
}

/// Whether a program reads stdout, so that the output of git goes to stderr.
fn is_for_program(cli: &Cli) -> bool {
    cli.json || cli.print0
}

fn check_status(status: ExitStatus) -> io::Result<()> {
    if status.success() {
        Ok(())
    } else {
        Err(io::Error::other(status.to_string()))
    }
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

/// Runs `git clean -n`, prints its output unless that is hidden, and checks whether it lists
/// something.
fn run_dry_run(mut git: Command, cli: &Cli) -> io::Result<bool> {
    git.arg("-n").env("LC_ALL", "C").stderr(Stdio::inherit());
    let listed = git.output()?;
    let written = if cli.quiet {
        Ok(())
    } else if is_for_program(cli) {
        io::stderr().write_all(&listed.stdout)
    } else {
        io::stdout().write_all(&listed.stdout)
    };
    if let Err(error) = written
        && error.kind() != ErrorKind::BrokenPipe
    {
        return Err(error);
    }
    check_status(listed.status)?;
    let mut lines = listed.stdout.split(|byte| *byte == b'\n');
    Ok(lines.any(|line| line.starts_with(b"Would remove ")))
}

/// The patterns for `git clean -e`: what is ignored in any PATH, because one PATH may be in
/// another, and in the projects below them.
///
/// # Errors
///
/// If git cannot express one.
fn keep_patterns(options: &Options, nested: &[OsString]) -> Result<BTreeSet<OsString>> {
    let cli = &options.cli;
    let defaults = default_skips().filter(|_| !cli.no_default_ignore);
    let mut words: Vec<&OsStr> = defaults.map(OsStr::new).collect();
    words.extend(cli.ignore.iter().chain(nested).map(OsString::as_os_str));
    let configs = options.configs.iter();
    words.extend(configs.flat_map(|(_, config)| config.ignored_words()));
    let convert = |word| {
        keep_pattern(word).with_context(|| {
            format!("--git-clean does not support the ignored {word:?}: use a plain name")
        })
    };
    words.into_iter().map(convert).collect()
}

/// Converts a value of `--ignore` to a pattern for `git clean -e`. `None` if git cannot
/// express it: only names are supported, with `*` and `?` as the wildcards.
fn keep_pattern(ignored: &OsStr) -> Option<OsString> {
    let parts = Path::new(ignored).components();
    let mut parts = parts.filter(|part| *part != Component::CurDir);
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
