//! Usage errors, with tips.

use std::path::Path;

use clap::CommandFactory;
use clap::error::{ContextKind, Error, ErrorKind};

use super::Cli;

/// The options of a run, which `--explain` is not.
pub(super) const NOT_WITH_EXPLAIN: [&str; 21] = [
    "stale",
    "no_stale",
    "python",
    "keep_python",
    "debris",
    "erase",
    "folders",
    "git_clean",
    "ignore",
    "no_default_ignore",
    "isolated",
    "one_file_system",
    "dry_run",
    "check",
    "yes",
    "jobs",
    "verbose",
    "quiet",
    "print0",
    "json",
    "by_project",
];

/// Checks what clap cannot check: options that are valid one by one.
pub(super) fn check(cli: &Cli) -> Result<(), Error> {
    let text = if cli.paths.is_empty() && cli.generate.is_none() {
        missing_path(cli)
    } else if cli.yes && cli.erase.is_empty() && !cli.git_clean {
        "--yes requires --erase or --git-clean"
    } else {
        return Ok(());
    };
    Err(Cli::command().error(ErrorKind::MissingRequiredArgument, text))
}

/// The error for a missing PATH. An option with many values may have taken it.
fn missing_path(cli: &Cli) -> &'static str {
    let has_values = cli.debris.as_ref().is_some_and(|topics| !topics.is_empty());
    if has_values || !cli.erase.is_empty() || !cli.ignore.is_empty() {
        "missing PATH\n\n  \
         tip: --debris, --erase and --ignore take all values that follow them; put PATH \
         first: pyclean <PATH>... [OPTIONS]"
    } else {
        "missing PATH\n\n  \
         tip: to clean the current directory: pyclean . (preview: pyclean -n .)"
    }
}

/// Adds a tip to an error of clap if `--debris` took a PATH for a topic.
pub(super) fn add_tip(error: Error) -> Error {
    let text = |kind| error.get(kind).map(ToString::to_string).unwrap_or_default();
    let is_topic = text(ContextKind::InvalidArg).starts_with("--debris");
    let value = text(ContextKind::InvalidValue);
    if error.kind() != ErrorKind::InvalidValue || !is_topic || !Path::new(&value).exists() {
        return error;
    }
    let text = format!(
        "'{value}' is not a debris topic\n\n  \
         tip: --debris takes all values that follow it; put PATH first: \
         pyclean <PATH>... --debris [<TOPIC>...]"
    );
    Cli::command().error(ErrorKind::InvalidValue, text)
}
