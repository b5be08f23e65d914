//! The explanation of a bytecode file, as text.

use std::fmt::Write;
use std::path::Path;

use crate::console::format::escape_path;
use crate::console::timestamp::Timestamp;
use crate::plan::Reason;
use crate::pyc::{BytecodeName, Form, Header, Interpreter, Validation, magic};
use crate::scan::bytecode::Judgement;

/// A line of an explanation: a label and a text.
pub(crate) type Row = (&'static str, String);

/// Formats the explanation of the file at `path`.
pub(crate) fn format_rows(path: &Path, rows: &[Row]) -> String {
    let mut explanation = format!("{}\n", escape_path(path));
    for (label, text) in rows {
        let text = escape_path(Path::new(text));
        let _ = writeln!(explanation, "  {label:<12}  {text}");
    }
    explanation
}

/// What a name and the first bytes of the file say.
pub(crate) fn header_rows(name: &BytecodeName, start: &[u8]) -> Vec<Row> {
    let or_unknown = |interpreter: Option<Interpreter>| {
        interpreter.map_or("not known".to_owned(), |known| known.to_string())
    };
    let number = magic::number(start);
    let by_magic = number.and_then(magic::interpreter);
    let interpreter = name.interpreter().or(by_magic.clone());
    let mut rows = vec![("interpreter", or_unknown(interpreter))];
    if let Form::Tagged {
        optimization: Some(level),
        ..
    } = name.form
    {
        rows.push(("optimization", level.to_owned()));
    }
    // Its format has no header.
    if name.form == Form::Jython {
        return rows;
    }
    let with_interpreter = |number| format!("{number} ({})", or_unknown(by_magic));
    let magic_number = number.map_or("none".to_owned(), with_interpreter);
    rows.push(("magic number", magic_number));
    match Header::parse(start, name.tag()) {
        Ok(header) => {
            let (validation, recorded) = describe_validation(header.validation);
            rows.push(("validation", validation.to_owned()));
            rows.push(("recorded", recorded));
        }
        Err(damage) => rows.push(("validation", format!("not known: {damage}"))),
    }
    rows
}

/// How an interpreter detects that the source changed, and what the header records of the
/// source for that.
fn describe_validation(validation: Validation) -> (&'static str, String) {
    match validation {
        Validation::Timestamp {
            mtime,
            size: Some(size),
        } => {
            let recorded = format!("mtime {}, {size} bytes", Timestamp::of_seconds(mtime));
            ("mtime and size of the source", recorded)
        }
        Validation::Timestamp { mtime, size: None } => {
            let recorded = format!("mtime {}", Timestamp::of_seconds(mtime));
            ("mtime of the source", recorded)
        }
        Validation::Hash { checked, hash } => {
            let text = if checked {
                "checked hash of the source"
            } else {
                "unchecked hash of the source: Python never compares it"
            };
            let digits = hash.iter().map(|byte| format!("{byte:02x}"));
            (text, format!("hash {}", digits.collect::<String>()))
        }
    }
}

/// Whether a file of this name is up to date.
pub(crate) fn describe_state(name: &BytecodeName, judgement: Judgement) -> String {
    let text = match judgement {
        Judgement::Selected(Reason::Stale(staleness)) => {
            return staleness.describe(name).to_string();
        }
        Judgement::Installed => {
            "orphaned, but kept by --stale: an installed package may have no sources"
        }
        Judgement::Sourceless => {
            "orphaned, but kept by --stale: no source in this directory, so it may have been \
             shipped without sources"
        }
        Judgement::UnknownSource => {
            "not known, so kept by --stale: the file was moved out of a __pycache__"
        }
        Judgement::NotPartialWrite => {
            "kept by --stale: the name is that of a partial write, but not the contents"
        }
        // It was judged by whether it is stale alone.
        Judgement::UpToDate
        | Judgement::OtherInterpreter
        | Judgement::Vanished
        | Judgement::Selected(_) => "up to date",
    };
    text.to_owned()
}
