//! Usage errors, with tips.

use std::path::{Path, PathBuf, is_separator};

use clap::error::{ContextKind, Error, ErrorKind};
use clap::{Arg, CommandFactory};

use super::Cli;
use crate::path::canonicalize;
use crate::pyc::Interpreter;

/// What may be on a command line with `--explain`. The other options are those of a run.
pub(super) const WITH_EXPLAIN: [&str; 6] = [
    "paths",
    "explain",
    "pycache_prefix",
    "color",
    "no_progress",
    "generate",
];

/// Makes an option of a run conflict with `--explain`.
pub(super) fn conflict_with_explain(arg: Arg) -> Arg {
    if WITH_EXPLAIN.contains(&arg.get_id().as_str()) {
        arg
    } else {
        arg.conflicts_with("explain")
    }
}

/// Checks what clap cannot check: options that are valid one by one.
pub(super) fn check(cli: &Cli) -> Result<(), Error> {
    if let Some(error) = version_as_path(cli) {
        return Err(error);
    }
    let text = if cli.paths.is_empty() && cli.generate.is_none() {
        missing_path(cli)
    } else if cli.yes && cli.erase.is_empty() && !cli.git_clean && !cleans_everything(cli) {
        "--yes requires --erase or --git-clean"
    } else if !cli.yes && !cli.is_dry_run() && !cli.explain && cleans_everything(cli) {
        "a PATH is the whole file system\n\n  \
         tip: name a directory in it, or use --yes to clean all of it (preview: pyclean -n /)"
    } else {
        return Ok(());
    };
    Err(Cli::command().error(ErrorKind::MissingRequiredArgument, text))
}

/// Whether a PATH is the top directory of a file system with all that is mounted in it, or of
/// a drive. It is often a mistake, such as an empty variable before a `/`.
fn cleans_everything(cli: &Cli) -> bool {
    let is_top = |path: &PathBuf| canonicalize(path).is_ok_and(|path| path.parent().is_none());
    cli.paths.iter().any(is_top)
}

/// The error for a missing PATH. An option with many values may have taken it.
fn missing_path(cli: &Cli) -> &'static str {
    let has_values = cli.debris.as_ref().is_some_and(|topics| !topics.is_empty());
    if has_values || !cli.erase.is_empty() || !cli.ignore.is_empty() {
        "missing PATH\n\n  \
         tip: --debris, --erase and --ignore take all values that follow them; put PATH \
         first, or write --ignore=NAME"
    } else {
        "missing PATH\n\n  \
         tip: to clean the current directory: pyclean . (preview: pyclean -n .)"
    }
}

/// The error for a PATH that is a missing file, but a Python version. `--python` takes one
/// value, so that a PATH can follow it.
fn version_as_path(cli: &Cli) -> Option<Error> {
    if cli.python.is_empty() && cli.keep_python.is_empty() {
        return None;
    }
    let is_version = |text: &&str| text.parse::<Interpreter>().is_ok();
    let mut texts = cli.paths.iter().filter_map(|path| path.to_str());
    let version = texts.find(|text| is_version(text) && !Path::new(text).exists())?;
    let text = format!(
        "no such file or directory: {version}\n\n  \
         tip: separate versions with commas: --python 3.11,3.12"
    );
    Some(Cli::command().error(ErrorKind::ValueValidation, text))
}

/// Adds a tip to an error of clap if `--debris` took a PATH for a topic, and drops a tip
/// that misleads.
pub(super) fn improve(mut error: Error) -> Error {
    if error.kind() == ErrorKind::UnknownArgument {
        // The tip to write `-- --all` would make a PATH of an option that is misspelled.
        error.remove(ContextKind::Suggested);
        return error;
    }
    let text = |kind| error.get(kind).map(ToString::to_string).unwrap_or_default();
    let is_topic = text(ContextKind::InvalidArg).starts_with("--debris");
    let value = text(ContextKind::InvalidValue);
    let is_path_argument =
        value.contains(is_separator) || value == ".." || Path::new(&value).exists();
    if error.kind() != ErrorKind::InvalidValue || !is_topic || !is_path_argument {
        return error;
    }
    let text = format!(
        "'{value}' is not a debris topic\n\n  \
         tip: --debris takes all values that follow it; put PATH first: \
         pyclean <PATH>... --debris [<TOPIC>...]"
    );
    Cli::command().error(ErrorKind::InvalidValue, text)
}
