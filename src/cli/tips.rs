//! Tips for command lines that are almost right. A tip repeats what was typed, so that it
//! never selects more.

use std::ffi::{OsStr, OsString};
use std::path::{Component, Path, is_separator};

use super::Cli;
use crate::console::format::format_command;
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

const ALWAYS_RECURSIVE: &str = "not needed: directories are always cleaned recursively";

const PATH_FIRST: &str = "--debris, --erase and --ignore take all values that follow them; \
                          put PATH first, or write --ignore=NAME";

/// The tip for an option that does not exist.
pub(super) fn unknown_option(option: &str) -> Option<&'static str> {
    let row = OPTIONS.iter().find(|(typed, _)| *typed == option);
    row.map(|(_, tip)| *tip)
}

/// The tip for a command line without PATH. `words` are its arguments.
pub(super) fn missing_path(cli: &Cli, words: &[OsString]) -> Option<String> {
    if words.is_empty() {
        let tip = "to clean the current directory: pyclean . (preview: pyclean -n .)";
        return Some(tip.to_owned());
    }
    if cli.explain {
        return Some("--explain takes files such as __pycache__/m.cpython-313.pyc".to_owned());
    }
    // An option with many values may have taken the PATH.
    let mut may_be_path = false;
    for at in 1..words.len() {
        if is_option(&words[at - 1]) || is_option(&words[at]) {
            continue;
        }
        if is_dots(&words[at]) {
            return move_to_front(words, &[at]);
        }
        may_be_path |= Path::new(&words[at]).exists();
    }
    if may_be_path {
        return Some(PATH_FIRST.to_owned());
    }
    pyclean([OsStr::new(".")], words.iter().map(OsString::as_os_str))
}

/// The tip for a value of `--debris` that is no topic: the name of debris, or a PATH.
pub(super) fn not_a_topic(value: &str, words: &[OsString]) -> Option<String> {
    let name = value.trim_end_matches(is_separator);
    if let Some(topic) = topic_of(name) {
        return Some(format!("'{name}' belongs to topic '{topic}'"));
    }
    let is_path = value.contains(is_separator) || is_dots(value) || Path::new(value).exists();
    if !is_path {
        return None;
    }
    let Some(start) = words.iter().position(|word| word == value) else {
        return Some(PATH_FIRST.to_owned());
    };
    let end = words[start..].iter().position(|word| is_option(word));
    let end = end.map_or(words.len(), |length| start + length);
    let paths: Vec<_> = (start..end)
        .filter(|&at| !names().any(|topic| words[at] == topic))
        .collect();
    move_to_front(words, &paths)
}

/// The command with the words at `positions` first.
fn move_to_front(words: &[OsString], positions: &[usize]) -> Option<String> {
    let mut others = Vec::new();
    for (at, word) in words.iter().enumerate() {
        if !positions.contains(&at) {
            others.push(word.as_os_str());
        }
    }
    pyclean(positions.iter().map(|&at| words[at].as_os_str()), others)
}

fn pyclean<'a>(
    paths: impl IntoIterator<Item = &'a OsStr>,
    words: impl IntoIterator<Item = &'a OsStr>,
) -> Option<String> {
    format_command(
        [OsStr::new("pyclean")]
            .into_iter()
            .chain(paths)
            .chain(words),
    )
}

fn is_option(word: &OsStr) -> bool {
    word.as_encoded_bytes().starts_with(b"-")
}

/// Whether a word is `.`, `..` or the like, which is not the name of anything.
fn is_dots(word: impl AsRef<OsStr>) -> bool {
    let word = Path::new(&word);
    let mut parts = word.components();
    !word.as_os_str().is_empty()
        && parts.all(|part| matches!(part, Component::CurDir | Component::ParentDir))
}
