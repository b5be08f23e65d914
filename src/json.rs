//! The run as JSON lines, for programs: one object a line, each with its `type`.
//!
//! Paths are `{"text": …}`, or `{"bytes": …}` in base64 where they are no UTF-8. Sizes
//! are apparent sizes in bytes.

use std::collections::BTreeMap;
use std::path::Path;

use base64::prelude::{BASE64_STANDARD, Engine};
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::failure::Attempt;
use crate::plan::{Amount, Kind, Removal, Why};
use crate::pyc::Interpreter;

/// A line.
#[derive(Debug, serde::Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Message<'a> {
    /// The first line.
    Begin {
        /// The version of this program.
        version: &'a str,
        /// Whether nothing is removed.
        dry_run: bool,
    },
    /// Something went, or would go.
    Remove {
        /// Where it lies.
        path: Text<'a>,
        /// `file` (or a link), `tree` (a directory with all it holds), or `directory` (an
        /// empty one).
        kind: &'a str,
        /// `bytecode`, `orphaned`, `outdated`, `raced`, `damaged`, `leftover`, `debris`,
        /// `erased` or `empty`.
        reason: String,
        /// The debris topic, where that is the reason.
        topic: Option<&'a str>,
        /// How much went with it.
        #[serde(flatten)]
        amounts: Amounts,
    },
    /// Something was kept that was asked for.
    Keep {
        /// Where it lies.
        path: Text<'a>,
        /// Why it was kept, in words.
        reason: &'a str,
    },
    /// Something could not be read or removed.
    Error {
        /// Where it lies.
        path: Text<'a>,
        /// What was tried: `read`, `remove`, `ask-git` or `git-clean`.
        attempt: &'a str,
        /// What the system said.
        message: String,
    },
    /// The last line.
    Summary {
        /// Whether nothing was removed.
        dry_run: bool,
        /// Whether the run was interrupted.
        interrupted: bool,
        /// How much went in all.
        #[serde(flatten)]
        amounts: Amounts,
        /// How many errors there were.
        errors: u64,
        /// How long the run took, in milliseconds.
        elapsed_ms: u64,
    },
}

/// A path.
#[derive(Debug)]
pub struct Text<'a>(pub &'a Path);

/// Counts and sizes.
#[derive(Debug, serde::Serialize)]
pub struct Amounts {
    files: u64,
    directories: u64,
    bytes: u64,
    /// Those of the files that are bytecode, by interpreter.
    interpreters: BTreeMap<String, Bytecode>,
}

#[derive(Debug, serde::Serialize)]
struct Bytecode {
    files: u64,
    bytes: u64,
}

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        match self.0.to_str() {
            Some(text) => map.serialize_entry("text", text)?,
            None => {
                let bytes = self.0.as_os_str().as_encoded_bytes();
                map.serialize_entry("bytes", &BASE64_STANDARD.encode(bytes))?;
            }
        }
        map.end()
    }
}

impl From<&Removal> for Amounts {
    fn from(removal: &Removal) -> Amounts {
        let interpreters = removal.interpreters.iter().map(|(by, amount)| {
            let Amount { count, bytes } = *amount;
            (
                interpreter(by.as_ref()),
                Bytecode {
                    files: count,
                    bytes,
                },
            )
        });
        Amounts {
            files: removal.files.count,
            directories: removal.directories,
            bytes: removal.files.bytes,
            interpreters: interpreters.collect(),
        }
    }
}

/// The word for how a target goes.
pub fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::File => "file",
        Kind::Tree => "tree",
        Kind::Emptied => "directory",
    }
}

/// The word for why a target goes, without its detail.
pub fn reason(why: &Why) -> String {
    match why {
        Why::Stale(staleness) => staleness.reason().to_string(),
        Why::Debris(_) => "debris".to_owned(),
        why => why.to_string(),
    }
}

/// The debris topic of a target.
pub fn topic(why: &Why) -> Option<&'static str> {
    match why {
        Why::Debris(topic) => Some(topic),
        _ => None,
    }
}

/// The words for who wrote bytecode, where its name tells.
pub fn interpreter(interpreter: Option<&Interpreter>) -> String {
    interpreter.map_or("untagged".to_owned(), ToString::to_string)
}

/// The word for what was tried.
pub fn attempt(attempt: Attempt) -> &'static str {
    match attempt {
        Attempt::Read => "read",
        Attempt::Remove => "remove",
        Attempt::Ask => "ask-git",
        Attempt::GitClean => "git-clean",
    }
}
