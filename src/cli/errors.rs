//! Usage errors, and tips for command lines that are almost right. A tip repeats what was
//! typed, so that it never selects more.

use std::ffi::{OsStr, OsString};
use std::path::{Component, Path, is_separator};

use clap::error::{ContextKind, ContextValue, Error, ErrorKind};
use clap::{Arg, CommandFactory, Parser};

use super::Cli;
use crate::console::format::{escape, format_command};
use crate::path::canonicalize;
use crate::place::is_git_dir;
use crate::pyc::Interpreter;
use crate::rules::topics::{names, topic_of};

/// Options of other programs, and what to use here.
const OPTIONS: [(&str, &str); 9] = [
    ("--all", "use '--debris all'"),
    ("--dryrun", "use '--dry-run'"),
    ("--exclude", "use '--ignore'"),
    ("--force", "use '--yes'"),
    ("--list", "use '--dry-run'"),
    ("--preview", "use '--dry-run'"),
    ("--recursive", ALWAYS_RECURSIVE),
    ("-R", ALWAYS_RECURSIVE),
    ("-r", ALWAYS_RECURSIVE),
];

const ALWAYS_RECURSIVE: &str =
    "not needed: directories are always cleaned recursively (-f removes empty ones)";
const PATH_FIRST: &str = "--debris, --erase and --ignore take all values that follow them; \
                          put PATH first, or write --ignore=NAME";

pub(super) fn parse(words: &[OsString]) -> Result<Cli, Error> {
    let program = [OsString::from("pyclean")];
    let error = match Cli::try_parse_from(program.iter().chain(words)) {
        Err(error) if error.use_stderr() => error,
        parsed => return parsed,
    };
    // The error quotes arguments, which may contain control characters. So it is made again
    // from escaped ones.
    let escaped = words.iter().map(|word| escape(word).into());
    let again = Cli::try_parse_from(program.iter().cloned().chain(escaped));
    Err(improve(again.err().unwrap_or(error), words))
}

/// Replaces the tip of clap by a better one.
fn improve(mut error: Error, words: &[OsString]) -> Error {
    let text = |kind| error.get(kind).map(ToString::to_string).unwrap_or_default();
    let argument = text(ContextKind::InvalidArg);
    let value = text(ContextKind::InvalidValue);
    if let Some(option) = words.iter().find_map(|word| long_option(word)) {
        error.remove(ContextKind::SuggestedValue);
        error.remove(ContextKind::Suggested);
        error.insert(ContextKind::SuggestedArg, ContextValue::String(option));
        return error;
    }
    if value.len() < 3 {
        // `-dn` is more often `-d -n` than a part of a topic.
        error.remove(ContextKind::SuggestedValue);
    }
    if error.kind() == ErrorKind::UnknownArgument {
        // The tip to write `-- --all` would make a PATH of an option that is misspelled.
        error.remove(ContextKind::Suggested);
        if let Some((_, tip)) = OPTIONS.iter().find(|(option, _)| *option == argument) {
            error.remove(ContextKind::SuggestedArg);
            let tip = ContextValue::StyledStrs(vec![(*tip).into()]);
            error.insert(ContextKind::Suggested, tip);
        }
    } else if error.kind() == ErrorKind::InvalidValue
        && argument.starts_with("--debris")
        && let Some(tip) = tip_for_topic(&value, words)
    {
        let text = format!("'{value}' is not a debris topic");
        return with_tip(ErrorKind::InvalidValue, &text, Some(tip));
    }
    error
}

/// The option for which a word has one `-` instead of two.
fn long_option(word: &OsStr) -> Option<String> {
    let name = word.to_str()?.strip_prefix('-')?;
    let command = Cli::command();
    let mut options = command.get_arguments().filter_map(Arg::get_long);
    options
        .find(|option| *option == name)
        .map(|option| format!("--{option}"))
}

/// Checks what clap cannot check: options that are valid one by one.
pub(super) fn check(cli: &Cli, words: &[OsString]) -> Result<(), Error> {
    match find_error(cli, words) {
        Some((text, tip)) => Err(with_tip(ErrorKind::MissingRequiredArgument, &text, tip)),
        None => Ok(()),
    }
}

/// An error, and a tip.
fn find_error(cli: &Cli, words: &[OsString]) -> Option<(String, Option<String>)> {
    let mut texts = cli.paths.iter().filter_map(|path| path.to_str());
    // `--python` takes one value, so that a PATH can follow it.
    if !(cli.python.is_empty() && cli.keep_python.is_empty())
        && let Some(version) =
            texts.find(|text| text.parse::<Interpreter>().is_ok() && !Path::new(text).exists())
    {
        let tip = "separate versions with commas: --python 3.11,3.12";
        let text = format!("no such file or directory: {version}");
        return Some((text, Some(tip.to_owned())));
    }
    if cli.paths.is_empty() && cli.generate.is_none() {
        return Some(explain_missing_path(cli, words));
    }
    let needs_yes = !(cli.yes || cli.is_dry_run() || cli.explain);
    let selects_more =
        cli.debris.is_some() || !cli.erase.is_empty() || cli.folders || cli.git_clean;
    let (text, tip) = if cfg!(windows) && words.iter().any(|word| contains(word, '"')) {
        let tip = "a \\ before a closing quote makes both a part of the value: leave it out";
        ("a name of Windows has no '\"'".to_owned(), Some(tip))
    } else if cli.ignore.iter().any(|word| has_comma(word)) {
        let tip = "separate names by spaces, as in --ignore src tests; a comma in a name is [,]";
        ("--ignore takes no list with commas".to_owned(), Some(tip))
    } else if cli.no_bytecode && !selects_more {
        let text = "--no-bytecode requires --debris, --erase, --folders or --git-clean";
        (text.to_owned(), None)
    } else if cli.print0 && !(cli.verbose || cli.is_dry_run()) {
        let text = "--print0 requires --dry-run, --check or --verbose, which list paths";
        (text.to_owned(), None)
    } else if needs_yes
        && let Some(text) = cli.paths.iter().find_map(|path| why_yes_is_needed(path))
    {
        let tip = "name a directory in it, look at it with -n, or use --yes to clean all of it";
        (text, Some(tip))
    } else {
        return None;
    };
    Some((text, tip.map(str::to_owned)))
}

/// Why a PATH is cleaned only with `--yes`: it is often a mistake, such as an empty variable
/// before a `/`, and what is lost cannot be made again.
fn why_yes_is_needed(path: &Path) -> Option<String> {
    let what = if canonicalize(path).is_ok_and(|path| path.parent().is_none()) {
        "the whole file system"
    } else if path.join("HEAD").symlink_metadata().is_ok() && is_git_dir(path).unwrap_or(true) {
        "a git directory, in which anything may be the only copy"
    } else {
        return None;
    };
    Some(format!("{} is {what}", escape(path)))
}

fn contains(word: &OsStr, character: char) -> bool {
    word.to_string_lossy().contains(character)
}

/// Whether a word may be a list with commas, which would ignore nothing.
fn has_comma(word: &OsStr) -> bool {
    contains(word, ',') && !contains(word, '{') && !contains(word, '[')
}

fn with_tip(kind: ErrorKind, text: &str, tip: Option<String>) -> Error {
    let tip = tip.map_or_else(String::new, |tip| format!("\n\n  tip: {tip}"));
    Cli::command().error(kind, format!("{text}{tip}"))
}

fn explain_missing_path(cli: &Cli, words: &[OsString]) -> (String, Option<String>) {
    let mut text = "missing PATH".to_owned();
    if words.is_empty() {
        let tip = "to clean the current directory: pyclean . (preview: pyclean -n .)";
        return (text, Some(tip.to_owned()));
    }
    if cli.explain {
        let tip = "--explain takes files such as m.py and __pycache__/m.cpython-313.pyc";
        return (text, Some(tip.to_owned()));
    }
    // An option with many values may have taken the PATH.
    let (mut option, mut may_be_path) = (0, false);
    for at in 1..words.len() {
        if is_option(&words[at - 1]) {
            option = at - 1;
        } else if is_dots(&words[at]) {
            text += &format!(
                ": '{}' is a value of {}",
                escape(&words[at]),
                escape(&words[option])
            );
            let values = (at..words.len()).take_while(|&at| !is_option(&words[at]));
            let paths: Vec<_> = values
                .filter(|&at| Path::new(&words[at]).exists())
                .collect();
            return (text, move_to_front(words, &paths));
        } else {
            may_be_path |= !is_option(&words[at]) && Path::new(&words[at]).exists();
        }
    }
    if may_be_path {
        return (text, Some(PATH_FIRST.to_owned()));
    }
    (text, format_command("pyclean .", words))
}

/// The tip for a value of `--debris` that is the name of debris, or a PATH.
fn tip_for_topic(value: &str, words: &[OsString]) -> Option<String> {
    let name = value.trim_end_matches(is_separator);
    if let Some(topic) = topic_of(name) {
        return Some(format!("'{name}' belongs to topic '{topic}'"));
    }
    if !value.contains(is_separator) && !is_dots(value) && !Path::new(value).exists() {
        return None;
    }
    let Some(start) = words.iter().position(|word| word == value) else {
        return Some(PATH_FIRST.to_owned());
    };
    let paths: Vec<_> = (start..words.len())
        .take_while(|&at| !is_option(&words[at]))
        .filter(|&at| !names().any(|topic| words[at] == topic))
        .collect();
    move_to_front(words, &paths)
}

/// The command with the words at `positions` first.
fn move_to_front(words: &[OsString], positions: &[usize]) -> Option<String> {
    let mut others: Vec<_> = words.iter().map(Some).collect();
    let paths: Vec<_> = positions.iter().map(|&at| others[at].take()).collect();
    format_command("pyclean", paths.into_iter().chain(others).flatten())
}

fn is_option(word: &OsStr) -> bool {
    word.as_encoded_bytes().starts_with(b"-")
}

/// Whether a word is `.`, `..` or the like, which is not the name of anything.
fn is_dots(word: impl AsRef<OsStr>) -> bool {
    let mut parts = Path::new(&word).components().peekable();
    parts.peek().is_some()
        && parts.all(|part| matches!(part, Component::CurDir | Component::ParentDir))
}
