//! The run as JSON Lines: one object a line, each with its `type`.
//!
//! Paths are `{"text": …}`, or `{"bytes": …}` in base64 if they are not valid UTF-8. Sizes
//! are apparent sizes in bytes.

use std::collections::BTreeMap;
use std::path::Path;

use base64::prelude::{BASE64_STANDARD, Engine};
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::failure::Operation;
use crate::plan::{Reason, Target, TargetKind};
use crate::pyc::Interpreter;
use crate::stats::{FileStats, RemovalStats};

/// A line.
#[derive(Debug, serde::Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Message<'a> {
    /// The first line.
    Begin {
        /// The version of this program.
        version: &'a str,
        /// Whether nothing is removed.
        dry_run: bool,
    },
    /// Something was removed, or would be.
    Remove {
        /// Its path.
        path: JsonPath<'a>,
        /// `file` (or a symlink), `tree` (a directory with its contents) or `directory`
        /// (an empty one).
        kind: &'a str,
        /// `bytecode`, `orphaned`, `outdated`, `raced`, `damaged`, `leftover`, `debris`,
        /// `erased`, `empty` or `ghost`.
        reason: &'a str,
        /// The debris topic, if that is the reason.
        topic: Option<&'a str>,
        /// What was removed.
        #[serde(flatten)]
        stats: JsonStats,
    },
    /// What was removed in a project, instead of the lines about what was removed.
    Project {
        /// The path of its directory.
        path: JsonPath<'a>,
        /// What was found, each in one word: `bytecode`, debris topics, `erased`, `empty`.
        kinds: Vec<&'a str>,
        /// What was removed.
        #[serde(flatten)]
        stats: JsonStats,
    },
    /// Something that was selected is kept.
    Keep {
        /// Its path.
        path: JsonPath<'a>,
        /// Why it is kept.
        reason: &'a str,
    },
    /// Something could not be read or removed.
    Error {
        /// Its path.
        path: JsonPath<'a>,
        /// What was attempted: `read`, `apply-settings`, `remove`, `ask-git` or
        /// `git-clean`.
        attempt: &'a str,
        /// The message of the system.
        message: String,
    },
    /// The last line.
    Summary {
        /// Whether nothing was removed.
        dry_run: bool,
        /// Whether the run was interrupted.
        interrupted: bool,
        /// What was removed in total.
        #[serde(flatten)]
        stats: JsonStats,
        /// The number of errors.
        errors: u64,
        /// The duration of the run in milliseconds.
        elapsed_ms: u64,
    },
}

/// A path.
#[derive(Debug)]
pub(crate) struct JsonPath<'a>(pub &'a Path);

/// Counts and sizes.
#[derive(Debug, serde::Serialize)]
pub(crate) struct JsonStats {
    files: u64,
    directories: u64,
    bytes: u64,
    /// The bytecode files by interpreter.
    interpreters: BTreeMap<String, JsonFiles>,
}

#[derive(Debug, serde::Serialize)]
struct JsonFiles {
    files: u64,
    bytes: u64,
}

impl<'a> Message<'a> {
    /// The line for a target of which this was removed.
    pub(crate) fn removed(path: &'a Path, target: &'a Target, stats: &RemovalStats) -> Self {
        Self::Remove {
            path: JsonPath(path),
            kind: match target.kind {
                TargetKind::File(..) => "file",
                TargetKind::Tree(_) => "tree",
                TargetKind::EmptyDir(_) => "directory",
            },
            reason: target.reason.word(),
            topic: match target.reason {
                Reason::Debris(found) => Some(found.topic),
                _ => None,
            },
            stats: stats.into(),
        }
    }
}

impl Serialize for JsonPath<'_> {
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

impl From<&RemovalStats> for JsonStats {
    fn from(stats: &RemovalStats) -> Self {
        let interpreters = stats.interpreters.iter().map(|(interpreter, files)| {
            let FileStats { count, bytes } = *files;
            let files = JsonFiles {
                files: count,
                bytes,
            };
            (interpreter_name(interpreter.as_ref()), files)
        });
        Self {
            files: stats.files.count,
            directories: stats.directories,
            bytes: stats.files.bytes,
            interpreters: interpreters.collect(),
        }
    }
}

/// The name of the interpreter that wrote bytecode; `untagged` if its name has no tag.
pub(crate) fn interpreter_name(interpreter: Option<&Interpreter>) -> String {
    interpreter.map_or("untagged".to_owned(), ToString::to_string)
}

/// The word for an operation.
pub(crate) fn operation_name(operation: Operation) -> &'static str {
    match operation {
        Operation::Read => "read",
        Operation::ApplySettings => "apply-settings",
        Operation::Remove => "remove",
        Operation::AskGit => "ask-git",
        Operation::GitClean => "git-clean",
    }
}
