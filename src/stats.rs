//! Counters for what was removed, or would be removed.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::ops::AddAssign;

use serde::{Serialize, Serializer};

use crate::pyc::{BytecodeName, Interpreter};

/// How much was removed: totals are sums of these. The JSON has the same names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct RemovalStats {
    /// Number of files and symlinks.
    pub(crate) files: u64,
    /// Number of directories.
    pub(crate) directories: u64,
    /// Apparent size of the files in bytes.
    pub(crate) bytes: u64,
    /// The bytecode files by interpreter; `None` if the name has no tag.
    #[serde(serialize_with = "serialize_by_name")]
    pub(crate) interpreters: BTreeMap<Option<Interpreter>, FileStats>,
}

/// A number of files and their apparent size.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct FileStats {
    /// Number of files.
    pub(crate) files: u64,
    /// Apparent size in bytes.
    pub(crate) bytes: u64,
}

/// The name of the interpreter that wrote bytecode; `untagged` if its name has no tag.
pub(crate) fn interpreter_name(interpreter: Option<&Interpreter>) -> String {
    interpreter.map_or("untagged".to_owned(), ToString::to_string)
}

/// Serializes the interpreters in the order of their names.
fn serialize_by_name<S: Serializer>(
    interpreters: &BTreeMap<Option<Interpreter>, FileStats>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let interpreters = interpreters.iter();
    let by_name = interpreters.map(|(key, files)| (interpreter_name(key.as_ref()), files));
    by_name.collect::<BTreeMap<_, _>>().serialize(serializer)
}

impl RemovalStats {
    /// Counts a file of this size; its name tells whether it is bytecode.
    pub(crate) fn add_file(&mut self, name: &OsStr, bytes: u64) {
        self.add_alike(name, FileStats { files: 1, bytes });
    }

    /// Counts files of the same kind; the name of one of them tells whether they are
    /// bytecode.
    fn add_alike(&mut self, name: &OsStr, files: FileStats) {
        self.files += files.files;
        self.bytes += files.bytes;
        if let Some(name) = BytecodeName::parse(name) {
            *self.interpreters.entry(name.interpreter()).or_default() += files;
        }
    }

    /// Whether nothing was counted.
    pub(crate) fn is_empty(&self) -> bool {
        self.directories == 0 && self.files == 0
    }
}

/// Counts files one after the other. Most names in a directory end alike
/// (`.cpython-312.pyc`), so a name is parsed only if it ends in another way than the one
/// before.
#[derive(Debug, Default)]
pub(crate) struct FileCounter<'n> {
    stats: RemovalStats,
    /// The last files, which are of the same kind, with the name of the first.
    alike: Option<(&'n OsStr, FileStats)>,
}

impl<'n> FileCounter<'n> {
    /// Counts a file of this size.
    pub(crate) fn add(&mut self, name: &'n OsStr, bytes: u64) {
        let file = FileStats { files: 1, bytes };
        match &mut self.alike {
            Some((first, sum)) if is_same_kind(first, name) => *sum += file,
            alike => {
                if let Some((first, sum)) = alike.replace((name, file)) {
                    self.stats.add_alike(first, sum);
                }
            }
        }
    }

    /// What was counted.
    pub(crate) fn finish(mut self) -> RemovalStats {
        if let Some((first, sum)) = self.alike {
            self.stats.add_alike(first, sum);
        }
        self.stats
    }
}

/// Whether two names are bytecode of the same interpreter because they agree from the
/// first dot on, which is all that the parser looks at.
fn is_same_kind(a: &OsStr, b: &OsStr) -> bool {
    let suffix = |name: &'_ OsStr| -> Option<usize> {
        let bytes = name.as_encoded_bytes();
        let is_pyc = bytes.ends_with(b".pyc") || bytes.ends_with(b".pyo");
        memchr::memchr(b'.', bytes).filter(|_| is_pyc)
    };
    match (suffix(a), suffix(b)) {
        (Some(at), Some(bt)) => a.as_encoded_bytes()[at..] == b.as_encoded_bytes()[bt..],
        _ => false,
    }
}

impl AddAssign for RemovalStats {
    fn add_assign(&mut self, other: Self) {
        self.files += other.files;
        self.directories += other.directories;
        self.bytes += other.bytes;
        for (interpreter, files) in other.interpreters {
            *self.interpreters.entry(interpreter).or_default() += files;
        }
    }
}

impl AddAssign for FileStats {
    fn add_assign(&mut self, other: Self) {
        self.files += other.files;
        self.bytes += other.bytes;
    }
}
