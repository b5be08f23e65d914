//! Shell completions. The scripts run `pyclean --generate candidates -- INDEX WORD...`, so
//! that all shells complete what the command line accepts. Another program called `pyclean`
//! rejects this option, so a completion can never start a run that removes files.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io;

use clap::CommandFactory;
use clap_complete::engine::{self, CompletionCandidate};

use super::Cli;

/// The Python versions that shells offer. Others are valid, too.
const COMPLETED_VERSIONS: [&str; 14] = [
    "2.7", "3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.15", "pypy3.9",
    "pypy3.10", "pypy3.11",
];

pub(super) fn list_versions() -> Vec<CompletionCandidate> {
    COMPLETED_VERSIONS.map(CompletionCandidate::new).into()
}

/// The candidates for the word `index` of a command line, one a line, with a tab and a
/// description if there is one. Without candidates, the shell completes file names.
pub(super) fn list_candidates(arguments: impl IntoIterator<Item = OsString>) -> io::Result<String> {
    let mut arguments = arguments.into_iter();
    let index = arguments
        .next()
        .and_then(|index| index.to_str()?.parse().ok());
    let index: usize = index.ok_or_else(|| io::Error::other("the first value is not an index"))?;
    let mut words: Vec<_> = arguments.take(index.saturating_add(1)).collect();
    // The scripts do not pass a word that is not started yet.
    if words.len() == index {
        words.push(OsString::new());
    }
    let word = words.get(index);
    let word = word.ok_or_else(|| io::Error::other("the index is not that of a word"))?;
    // As in other programs, only a hyphen starts the completion of options.
    let has_options = word.as_encoded_bytes().starts_with(b"-");
    let mut text = String::new();
    for candidate in engine::complete(&mut Cli::command(), words, index, None)? {
        let value = candidate.get_value().to_string_lossy();
        if !has_options && value.starts_with('-') {
            continue;
        }
        text.push_str(&value);
        if let Some(help) = candidate.get_help() {
            let help = help.to_string();
            let _ = write!(text, "\t{}", help.lines().next().unwrap_or_default());
        }
        text.push('\n');
    }
    Ok(text)
}
