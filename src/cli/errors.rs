//! Usage errors.

use std::ffi::OsString;
use std::path::Path;

use clap::error::{ContextKind, ContextValue, Error, ErrorKind};
use clap::{Arg, CommandFactory, Parser};

use super::{Cli, tips};
use crate::console::format::escape;
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

/// Parses the arguments of a command line.
pub(super) fn parse(words: &[OsString]) -> Result<Cli, Error> {
    let program = [OsString::from("pyclean")];
    let error = match Cli::try_parse_from(program.iter().chain(words)) {
        Err(error) if error.use_stderr() => error,
        parsed => return parsed,
    };
    // The error quotes arguments, which may contain control characters. So it is made again
    // from escaped ones.
    let escaped = words.iter().map(|word| escape(word).into());
    let error = Cli::try_parse_from(program.iter().cloned().chain(escaped))
        .err()
        .unwrap_or(error);
    Err(improve(error, words))
}

/// Replaces the tip of clap by a better one.
fn improve(mut error: Error, words: &[OsString]) -> Error {
    let text = |kind| error.get(kind).map(ToString::to_string).unwrap_or_default();
    let (argument, value) = (
        text(ContextKind::InvalidArg),
        text(ContextKind::InvalidValue),
    );
    if error.kind() == ErrorKind::UnknownArgument {
        // The tip to write `-- --all` would make a PATH of an option that is misspelled.
        error.remove(ContextKind::Suggested);
        if let Some(tip) = tips::unknown_option(&argument) {
            error.remove(ContextKind::SuggestedArg);
            let tip = ContextValue::StyledStrs(vec![tip.into()]);
            error.insert(ContextKind::Suggested, tip);
        }
    } else if error.kind() == ErrorKind::InvalidValue
        && argument.starts_with("--debris")
        && let Some(tip) = tips::not_a_topic(&value, words)
    {
        let text = format!("'{value}' is not a debris topic");
        return with_tip(ErrorKind::InvalidValue, &text, Some(&tip));
    }
    error
}

/// Checks what clap cannot check: options that are valid one by one.
pub(super) fn check(cli: &Cli, words: &[OsString]) -> Result<(), Error> {
    if let Some(version) = version_as_path(cli) {
        return Err(with_tip(
            ErrorKind::ValueValidation,
            &format!("no such file or directory: {version}"),
            Some("separate versions with commas: --python 3.11,3.12"),
        ));
    }
    let needs_yes = cli.paths.iter().find_map(|path| why_yes_is_needed(path));
    let (text, tip) = if cli.paths.is_empty() && cli.generate.is_none() {
        ("missing PATH", tips::missing_path(cli, words))
    } else if cli.yes && cli.erase.is_empty() && !cli.git_clean && needs_yes.is_none() {
        ("--yes requires --erase or --git-clean", None)
    } else if let Some(reason) = needs_yes
        && !(cli.yes || cli.is_dry_run() || cli.explain)
    {
        let tip = "name a directory in it, look at it with -n, or use --yes to clean all of it";
        (reason, Some(tip.to_owned()))
    } else {
        return Ok(());
    };
    Err(with_tip(
        ErrorKind::MissingRequiredArgument,
        text,
        tip.as_deref(),
    ))
}

/// Why a PATH is cleaned only with `--yes`: it is often a mistake, such as an empty variable
/// before a `/`, and what is lost cannot be made again.
fn why_yes_is_needed(path: &Path) -> Option<&'static str> {
    if canonicalize(path).is_ok_and(|path| path.parent().is_none()) {
        Some("a PATH is the whole file system")
    } else if path.join("HEAD").is_file()
        && path.join("objects").is_dir()
        && path.join("refs").is_dir()
    {
        Some("a PATH is a git directory, in which anything may be the only copy")
    } else {
        None
    }
}

/// A PATH that is a missing file, but a Python version. `--python` takes one value, so that a
/// PATH can follow it.
fn version_as_path(cli: &Cli) -> Option<&str> {
    if cli.python.is_empty() && cli.keep_python.is_empty() {
        return None;
    }
    let mut texts = cli.paths.iter().filter_map(|path| path.to_str());
    texts.find(|text| text.parse::<Interpreter>().is_ok() && !Path::new(text).exists())
}

fn with_tip(kind: ErrorKind, text: &str, tip: Option<&str>) -> Error {
    let tip = tip
        .map(|tip| format!("\n\n  tip: {tip}"))
        .unwrap_or_default();
    Cli::command().error(kind, format!("{text}{tip}"))
}
