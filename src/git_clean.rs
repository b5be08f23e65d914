//! Runs `git clean`.

use std::ffi::{OsStr, OsString};
use std::io::{self, ErrorKind, Write};
use std::path::{Component, Path};
use std::process::{Command, ExitStatus, Output, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::cli::Cli;
use crate::console::format::escape;
use crate::console::message::print_warning;
use crate::failure::{Failure, Operation};
use crate::interrupt;
use crate::options::Options;
use crate::output::report::Report;
use crate::path::{canonicalize, is_present};
use crate::roots::{Root, Roots, Scope};
use crate::rules::default_skips;
use crate::walk::Found;

/// Environment variables that change which repository or which paths git works on. A git
/// hook that runs this program has set some of them.
const LOCATION_VARIABLES: &str = "GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_PREFIX GIT_COMMON_DIR \
    GIT_NAMESPACE GIT_LITERAL_PATHSPECS GIT_GLOB_PATHSPECS GIT_NOGLOB_PATHSPECS GIT_ICASE_PATHSPECS";

pub(crate) fn check(options: &Options, roots: &Roots) -> Result<()> {
    let version = Command::new("git").arg("--version").output();
    ensure!(
        version.is_ok_and(|version| version.status.success()),
        "--git-clean requires git, which was not found on PATH"
    );
    keep_patterns(options, roots, &[]).map(drop)
}

/// Runs `git clean` in each PATH that is a directory, unless the run was interrupted. It
/// keeps what settings ignore, and does not run if that is not known.
pub(crate) fn run(options: &Options, roots: &Roots, found: &Found, report: &mut Report) {
    for root in &roots.list {
        if !matches!(root.scope, Scope::Tree) || interrupt::is_requested() {
            continue;
        }
        report.flush();
        match run_git_clean(root, options, roots, found) {
            Ok(None) => {}
            Ok(Some(has_found)) => {
                report.found_more |= has_found;
                report.has_run_git = true;
            }
            Err(error) => {
                report.record_failure(&Failure::new(Operation::GitClean, &root.path, error));
            }
        }
    }
}

/// Runs `git clean -dx` in a PATH, on the terminal of this process. Warns if it is not
/// in a repository, and returns `None`. Otherwise, returns whether a dry run found something to
/// remove.
fn run_git_clean(
    root: &Root,
    options: &Options,
    roots: &Roots,
    found: &Found,
) -> io::Result<Option<bool>> {
    if found.has_unknown_settings {
        let message = "it would remove what the settings of a directory below may ignore";
        return Err(io::Error::other(message));
    }
    let patterns = keep_patterns(options, roots, &found.ignored_words).map_err(io::Error::other)?;
    // It must be the directory that was walked.
    root.open()?;
    if !is_in_work_tree(&root.path)? {
        let path = escape(&root.path);
        print_warning(format_args!(
            "{path} is not in a git repository; git clean did not run"
        ));
        return Ok(None);
    }
    let cli = &options.cli;
    let clean = |mode: &str| {
        let mut git = command(&root.path);
        git.args(["clean", "-dx", mode]);
        for pattern in &patterns {
            git.arg("-e").arg(pattern);
        }
        git
    };
    // Git removes what it can even if it could not read a part of the index.
    let preview = output_of(clean("-n"))?;
    if cli.is_dry_run() {
        return print_preview(&preview.stdout, cli).map(Some);
    }
    let mut git = clean(match (cli.yes, cli.quiet) {
        (true, true) => "-qf",
        (true, false) => "-f",
        (false, _) => "-i",
    });
    if is_for_program(cli) {
        git.stdout(io::stderr());
    }
    let status = run_until_signal(git)?;
    if status.success() || interrupt::is_requested() {
        Ok(Some(false))
    } else {
        Err(io::Error::other(status.to_string()))
    }
}

/// Prepares a git command that works on the repository around `directory`. It runs no
/// program that the repository configures and fetches nothing, so the repository need not
/// be trusted.
fn command(directory: &Path) -> Command {
    let mut git = Command::new("git");
    // `current_dir` would make relative entries of PATH find programs in the repository.
    git.arg("-C").arg(directory).arg("--no-pager");
    git.args(["-c", "core.fsmonitor=false", "-c", "core.hooksPath="]);
    // It prints to the terminal.
    git.args(["-c", "core.quotePath=true"]);
    git.env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_ALLOW_PROTOCOL", "none");
    for variable in LOCATION_VARIABLES.split(' ') {
        git.env_remove(variable);
    }
    git
}

/// Runs git to its end. What it reports is an error, even if it goes on then.
fn output_of(mut git: Command) -> io::Result<Output> {
    git.env("LC_ALL", "C").stdin(Stdio::null());
    let output = interrupt::exit_on_signal_during("", || git.output())?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    let complaint = stderr.lines().find_map(|line| {
        let fatal = line.strip_prefix("fatal: ");
        fatal.or(line.strip_prefix("error: "))
    });
    match complaint {
        None if output.status.success() => Ok(output),
        complaint => Err(io::Error::other(
            complaint.unwrap_or("git failed").to_owned(),
        )),
    }
}

/// Runs git to its end, or to the first signal, which it may not get itself.
fn run_until_signal(mut git: Command) -> io::Result<ExitStatus> {
    let mut child = git.spawn()?;
    while child.try_wait()?.is_none() {
        if interrupt::is_requested() {
            child.kill()?;
        }
        thread::sleep(Duration::from_millis(10));
    }
    child.wait()
}

/// Whether a directory is in a work tree. An error if git names another one than the nearest.
fn is_in_work_tree(directory: &Path) -> io::Result<bool> {
    let mut git = command(directory);
    git.args(["rev-parse", "--is-inside-work-tree", "--show-prefix"]);
    let printed = match output_of(git) {
        Ok(output) => output.stdout,
        Err(error) if error.to_string().starts_with("not a git repository") => return Ok(false),
        Err(error) => return Err(error),
    };
    let depth = printed.iter().filter(|byte| **byte == b'/').count();
    let directory = canonicalize(directory)?;
    let mut inside = directory.ancestors().take(depth);
    // Git passes over a repository that it cannot read, and would remove it.
    if printed.starts_with(b"true")
        && !inside.any(|dir| is_present(&dir.join(".git")).unwrap_or(true))
    {
        return Ok(true);
    }
    Err(io::Error::other("its work tree is another one"))
}

/// Prints what `git clean -n` listed unless that is hidden. Returns whether it lists something.
fn print_preview(listed: &[u8], cli: &Cli) -> io::Result<bool> {
    let written = if cli.quiet {
        Ok(())
    } else if is_for_program(cli) {
        io::stderr().write_all(listed)
    } else {
        io::stdout().write_all(listed)
    };
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error),
        _ => Ok(listed
            .split(|byte| *byte == b'\n')
            .any(|line| line.starts_with(b"Would remove "))),
    }
}

/// Then the output of git goes to stderr.
fn is_for_program(cli: &Cli) -> bool {
    cli.json || cli.print0
}

/// The patterns for `git clean -e`: what is ignored in any PATH, because one PATH may be in
/// another, and by the settings below.
fn keep_patterns(options: &Options, roots: &Roots, below: &[String]) -> Result<Vec<OsString>> {
    let cli = &options.cli;
    let defaults = default_skips().filter(|_| !cli.no_default_ignore);
    let settings = roots.settings.values().flat_map(|file| &file.ignored_words);
    let settings = settings.chain(below).map(OsString::from);
    let words = defaults.map(OsString::from).chain(settings);
    words
        .chain(cli.ignore.iter().cloned())
        .map(|word| {
            keep_pattern(&word).with_context(|| {
                format!("--git-clean does not support the ignored {word:?}: use a plain name")
            })
        })
        .collect()
}

/// Converts a value of `--ignore` to a pattern for `git clean -e`. `None` if git cannot
/// express it: only names are supported, with `*` and `?` as the wildcards.
fn keep_pattern(ignored: &OsStr) -> Option<OsString> {
    let parts = Path::new(ignored).components();
    let mut parts = parts.filter(|part| *part != Component::CurDir);
    let (Some(Component::Normal(name)), None) = (parts.next(), parts.next()) else {
        return None;
    };
    let bytes = name.as_encoded_bytes();
    // Git would take the pattern as an exception to the others.
    let escape = if bytes.starts_with(b"!") { "\\" } else { "" };
    let is_plain = !bytes.iter().any(|byte| b"{}[]\\".contains(byte));
    is_plain.then(|| [OsStr::new(escape), name].into_iter().collect())
}
