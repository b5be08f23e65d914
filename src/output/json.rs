//! The run as JSON Lines: one object a line, each with its `type`.
//!
//! Paths are `{"text": …}`, or `{"bytes": …}` in base64 if they are not valid UTF-8. Sizes
//! are apparent sizes in bytes.

use std::collections::BTreeSet;
use std::path::Path;

use base64::prelude::{BASE64_STANDARD, Engine};
use serde::{Serialize, Serializer};

use crate::failure::Operation;
use crate::stats::RemovalStats;

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Message<'a> {
    Begin {
        version: &'a str,
        dry_run: bool,
    },
    Remove {
        path: JsonPath<'a>,
        /// `file` (or a symlink) or `directory` (with its contents).
        kind: &'a str,
        reason: &'a str,
        /// The debris topic, if that is the reason.
        topic: Option<&'a str>,
        #[serde(flatten)]
        stats: RemovalStats,
    },
    /// Instead of the lines about what was removed.
    Project {
        path: JsonPath<'a>,
        kinds: &'a BTreeSet<&'static str>,
        #[serde(flatten)]
        stats: RemovalStats,
    },
    Keep {
        path: JsonPath<'a>,
        reason: String,
    },
    Error {
        path: JsonPath<'a>,
        attempt: Operation,
        message: String,
    },
    Summary {
        dry_run: bool,
        interrupted: bool,
        #[serde(flatten)]
        stats: RemovalStats,
        errors: u64,
        elapsed_ms: u64,
    },
}

#[derive(Debug)]
pub(super) struct JsonPath<'a>(pub(super) &'a Path);

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
