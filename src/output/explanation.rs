//! The explanation of a bytecode file, as text.

use std::fmt::{self, Display, Formatter};
use std::path::{Path, PathBuf};

use crate::console::format::escape_path;
use crate::console::timestamp::Timestamp;
use crate::plan::Reason;
use crate::pyc::{
    BytecodeName, Damage, Form, Header, Interpreter, SOURCE_SUFFIXES, Staleness, Validation, magic,
};
use crate::scan::bytecode::Judgement;

/// What is known about a bytecode file.
#[derive(Debug)]
pub(crate) struct Explanation<'a> {
    /// Its path.
    pub(crate) path: &'a Path,
    /// What its name says.
    pub(crate) name: BytecodeName<'a>,
    /// The magic number, if it begins with one.
    pub(crate) magic: Option<u16>,
    /// Its header; `None` if its format has none.
    pub(crate) header: Option<Result<Header, Damage>>,
    /// Its mtime.
    pub(crate) modified: Timestamp,
    /// Its source, if it exists.
    pub(crate) source: Option<SourceFile>,
    /// Whether it is up to date.
    pub(crate) judgement: Judgement,
}

/// The source of a bytecode file.
#[derive(Debug)]
pub(crate) struct SourceFile {
    /// Its path.
    pub(crate) path: PathBuf,
    /// In bytes.
    pub(crate) size: u64,
    /// Its mtime.
    pub(crate) mtime: Timestamp,
}

impl Display for Explanation<'_> {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        writeln!(f, "{}", escape_path(self.path))?;
        for (label, text) in self.rows() {
            writeln!(f, "  {label:<12}  {}", escape_path(Path::new(&text)))?;
        }
        Ok(())
    }
}

impl Explanation<'_> {
    fn rows(&self) -> Vec<(&'static str, String)> {
        let mut rows = vec![("interpreter", self.interpreter())];
        if let Form::Tagged {
            optimization: Some(level),
            ..
        } = self.name.form
        {
            rows.push(("optimization", level.to_owned()));
        }
        if let Some(header) = &self.header {
            rows.push(("magic number", self.magic_number()));
            rows.push(("validation", validation(header)));
            rows.extend(recorded(header).map(|text| ("recorded", text)));
        }
        if self.is_raced() {
            rows.push(("written", self.modified.precise()));
        }
        rows.push(("source", self.source()));
        rows.push(("state", self.state()));
        rows
    }

    fn interpreter(&self) -> String {
        let by_magic = || self.magic.and_then(magic::interpreter);
        let interpreter: Option<Interpreter> = self.name.interpreter().or_else(by_magic);
        interpreter.map_or("not known".to_owned(), |interpreter| {
            interpreter.to_string()
        })
    }

    fn magic_number(&self) -> String {
        match self.magic {
            Some(number) => match magic::interpreter(number) {
                Some(interpreter) => format!("{number} ({interpreter})"),
                None => format!("{number} (not known)"),
            },
            None => "none".to_owned(),
        }
    }

    /// Whether only fractions of a second show that it is stale.
    fn is_raced(&self) -> bool {
        matches!(self.staleness(), Some(Staleness::Raced { .. }))
    }

    fn source(&self) -> String {
        match (&self.source, self.judgement) {
            (Some(SourceFile { path, size, mtime }), _) => {
                let mtime = if self.is_raced() {
                    mtime.precise()
                } else {
                    mtime.to_string()
                };
                format!("{}: mtime {mtime}, {size} bytes", path.display())
            }
            (None, Judgement::UnknownSource) => "not known".to_owned(),
            (None, _) => format!("no {}{}", self.name.module.display(), SOURCE_SUFFIXES[0]),
        }
    }

    fn staleness(&self) -> Option<Staleness> {
        match self.judgement {
            Judgement::Selected(Reason::Stale(staleness)) => Some(staleness),
            _ => None,
        }
    }

    fn state(&self) -> String {
        if let Some(staleness) = self.staleness() {
            return staleness.describe(&self.name);
        }
        match self.judgement {
            Judgement::Installed => {
                "orphaned, but kept by --stale: an installed package may have no sources".to_owned()
            }
            Judgement::Sourceless => {
                "orphaned, but kept by --stale: no source in this directory, so it may have been \
                 shipped without sources"
                    .to_owned()
            }
            Judgement::UnknownSource => {
                "not known, so kept by --stale: the file was moved out of a __pycache__".to_owned()
            }
            Judgement::NotPartialWrite => {
                "kept by --stale: the name is that of a partial write, but not the contents"
                    .to_owned()
            }
            // It was judged by whether it is stale alone.
            Judgement::UpToDate
            | Judgement::OtherInterpreter
            | Judgement::Vanished
            | Judgement::Selected(_) => "up to date".to_owned(),
        }
    }
}

/// How an interpreter detects that the source changed.
fn validation(header: &Result<Header, Damage>) -> String {
    let text = match header {
        Err(damage) => return format!("not known: {damage}"),
        Ok(header) => match header.validation {
            Validation::Timestamp { size: Some(_), .. } => "mtime and size of the source",
            Validation::Timestamp { size: None, .. } => "mtime of the source",
            Validation::Hash { checked: true, .. } => "checked hash of the source",
            Validation::Hash { checked: false, .. } => {
                "unchecked hash of the source: Python never compares it"
            }
        },
    };
    text.to_owned()
}

/// What the header records of the source.
fn recorded(header: &Result<Header, Damage>) -> Option<String> {
    Some(match header.as_ref().ok()?.validation {
        Validation::Timestamp {
            mtime,
            size: Some(size),
        } => format!("mtime {}, {size} bytes", Timestamp::of_seconds(mtime)),
        Validation::Timestamp { mtime, size: None } => {
            format!("mtime {}", Timestamp::of_seconds(mtime))
        }
        Validation::Hash { hash, .. } => {
            let digits = hash.iter().map(|byte| format!("{byte:02x}"));
            format!("hash {}", digits.collect::<String>())
        }
    })
}
