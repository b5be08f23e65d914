//! The run as JSON Lines: one object a line, each with its `type`.
//!
//! Paths are `{"text": …}`, or `{"bytes": …}` in base64 if they are not valid UTF-8. Sizes
//! are apparent sizes in bytes.

use std::collections::BTreeSet;
use std::path::Path;

use base64::prelude::{BASE64_STANDARD, Engine};
use serde::{Serialize, Serializer};

use crate::failure::Operation;
use crate::plan::{Reason, Target, TargetKind};
use crate::stats::RemovalStats;

/// A line.
#[derive(Debug, Serialize)]
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
        stats: &'a RemovalStats,
    },
    /// What was removed in a project, instead of the lines about what was removed.
    Project {
        /// The path of its directory.
        path: JsonPath<'a>,
        /// What was found, each in one word: `bytecode`, debris topics, `erased`, `empty`.
        kinds: &'a BTreeSet<&'static str>,
        /// What was removed.
        #[serde(flatten)]
        stats: &'a RemovalStats,
    },
    /// Something that was selected is kept.
    Keep {
        /// Its path.
        path: JsonPath<'a>,
        /// Why it is kept.
        reason: String,
    },
    /// Something could not be read or removed.
    Error {
        /// Its path.
        path: JsonPath<'a>,
        /// What was attempted.
        attempt: Operation,
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
        stats: &'a RemovalStats,
        /// The number of errors.
        errors: u64,
        /// The duration of the run in milliseconds.
        elapsed_ms: u64,
    },
}

/// A path.
#[derive(Debug)]
pub(crate) struct JsonPath<'a>(pub(crate) &'a Path);

impl<'a> Message<'a> {
    /// The line for a target of which this was removed.
    pub(crate) fn removed(path: &'a Path, target: &'a Target, stats: &'a RemovalStats) -> Self {
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
            stats,
        }
    }
}

impl Serialize for JsonPath<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.to_str() {
            Some(text) => serializer.collect_map([("text", text)]),
            None => {
                let bytes = self.0.as_os_str().as_encoded_bytes();
                serializer.collect_map([("bytes", BASE64_STANDARD.encode(bytes))])
            }
        }
    }
}
