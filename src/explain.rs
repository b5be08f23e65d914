//! What bytecode files are, and whether they are up to date: `--explain`.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Result, bail};
use jiff::Timestamp;

use crate::bytecode::{self, FoundBytecode, Judgement, KnownSources};
use crate::console::format::{escape, list_some};
use crate::console::message::print_error;
use crate::console::print_all;
use crate::exit_status::ExitStatus;
use crate::path::{canonicalize, is_absence, or_current_dir};
use crate::pyc::header::PROBE_LEN;
use crate::pyc::{
    BytecodeName, Form, Header, Interpreter, SOURCE_SUFFIXES, Source, Staleness, Unreadable,
    Validation, magic,
};
use crate::reason::Reason;
use crate::roots::{mirror_path, source_dir_below};
use crate::rules::{BytecodeFilter, CACHE_DIR, is_installed};

pub(crate) fn run(paths: &[PathBuf], prefix: Option<&Path>) -> Result<ExitStatus> {
    let prefix = prefix.and_then(|prefix| canonicalize(prefix).ok());
    let prefix = prefix.as_deref();
    let mut sources = KnownSources::default();
    let mut status = ExitStatus::Success;
    let mut texts = Vec::new();
    for path in paths {
        let explained = match bytecode_of(path, prefix) {
            Ok(files) if files.is_empty() => vec![explain(path, prefix, &mut sources)],
            Ok(files) => files
                .iter()
                .map(|file| explain(file, prefix, &mut sources))
                .collect(),
            Err(error) => vec![Err((path.clone(), error))],
        };
        for text in explained {
            match text {
                Ok(text) => texts.push(text),
                Err((path, error)) => {
                    print_error(format_args!("cannot read {}: {error}", escape(&path)));
                    status = ExitStatus::Failure;
                }
            }
        }
    }
    print_all(texts.join("\n").as_bytes())?;
    Ok(status)
}

/// Refuses a command line whose PATHs are sources alone: it would do nothing.
///
/// # Errors
///
/// The error names the first source and its bytecode.
pub(crate) fn check_no_source(paths: &[PathBuf], prefix: Option<&Path>) -> Result<()> {
    for path in paths {
        if let Ok(found) = bytecode_of(path, prefix)
            && !found.is_empty()
        {
            let (path, found) = (escape(path), list_some(found.iter(), 3));
            bail!("{path} is a source; its bytecode: {found}");
        }
    }
    Ok(())
}

/// Finds the bytecode files of a source, which may be deleted: beside it, in `__pycache__`, and
/// below `prefix`. There are none if the path is not a source.
fn bytecode_of(source: &Path, prefix: Option<&Path>) -> io::Result<Vec<PathBuf>> {
    let (module, suffix) = (source.file_stem(), source.extension());
    let is_source = SOURCE_SUFFIXES
        .iter()
        .any(|known| suffix == Some(known[1..].as_ref()));
    if !is_source || source.is_dir() {
        return Ok(Vec::new());
    }
    let dir = source.parent().unwrap_or(source);
    let mut dirs = vec![dir.join(CACHE_DIR), dir.to_path_buf()];
    if let Some(prefix) = prefix {
        dirs.push(prefix.join(mirror_path(&canonicalize(or_current_dir(dir))?)));
    }
    let mut found = Vec::new();
    for dir in dirs {
        let entries = match fs::read_dir(or_current_dir(&dir)) {
            Err(error) if is_absence(&error) => continue,
            entries => entries?,
        };
        for entry in entries {
            let path = dir.join(entry?.file_name());
            if parse_name(&path).map(|name| name.module) == module && !path.is_dir() {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn parse_name(path: &Path) -> Option<BytecodeName<'_>> {
    BytecodeName::parse(path.file_name()?)
}

fn explain(
    path: &Path,
    prefix: Option<&Path>,
    sources: &mut KnownSources,
) -> Result<String, Unreadable> {
    let in_file = |error| (path.to_path_buf(), error);
    let is_file = fs::metadata(path).map_err(in_file)?.is_file();
    let Some(name) = parse_name(path).filter(|_| is_file) else {
        let message = "not a bytecode file, and not a source that has one";
        return Err(in_file(io::Error::other(message)));
    };
    let written = path.parent().unwrap_or(path);
    let canonical = canonicalize(or_current_dir(written)).map_err(in_file)?;
    let in_cache = written.ends_with(CACHE_DIR) || canonical.ends_with(CACHE_DIR);
    // In `__pycache__`, the path of a file may be its name alone.
    let dir = if in_cache && !written.ends_with(CACHE_DIR) {
        &canonical
    } else {
        written
    };
    let mirrored = prefix.and_then(|prefix| source_dir_below(prefix, &canonical));
    let file = FoundBytecode {
        path,
        name,
        source_dir: bytecode::source_dir(&name, dir, in_cache, mirrored.as_deref()),
        in_cache,
        is_installed: is_installed(&canonical),
        in_prefix: mirrored.is_some(),
        kind: fs::symlink_metadata(path)
            .map_err(in_file)?
            .file_type()
            .into(),
    };
    let opened = file.open().map_err(in_file)?;
    let mut start = Vec::new();
    let mut contents = opened.contents.take(PROBE_LEN as u64);
    contents.read_to_end(&mut start).map_err(in_file)?;
    let filter = BytecodeFilter {
        stale: true,
        ..BytecodeFilter::default()
    };
    let judgement = bytecode::judge(&filter, file, sources)?;
    let source = file.source_dir.map(|dir| Source::find(&name, dir));
    let source = match source.transpose()?.flatten() {
        Some(source) => format!(
            "{}: mtime {}, {} bytes",
            source.path.display(),
            format_time(source.mtime),
            source.size
        ),
        None if judgement == Judgement::UnknownSource => "not known".to_owned(),
        None => format!("no {}{}", name.module.display(), SOURCE_SUFFIXES[0]),
    };
    let mut rows = explain_header(&name, &start);
    // Only fractions of a second show that it is stale.
    if let Judgement::Selected(Reason::Stale(Staleness::Raced { .. })) = judgement {
        rows.push(("written", format_time(opened.modified)));
    }
    rows.push(("source", source));
    rows.push(("state", judgement.describe(&name)));
    let rows = rows.iter();
    let rows = rows.map(|(label, value)| format!("\n  {label:<12}  {}", escape(value)));
    Ok(format!("{}{}\n", escape(path), rows.collect::<String>()))
}

type Row = (&'static str, String);

fn explain_header(name: &BytecodeName, start: &[u8]) -> Vec<Row> {
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
    if name.has_known_format() {
        let by_magic = or_unknown(by_magic);
        let number = number.map_or("none".into(), |number| format!("{number} ({by_magic})"));
        rows.push(("magic number", number));
        match Header::parse(start, name.tag()) {
            Ok(header) => rows.extend(explain_validation(header.validation)),
            Err(damage) => rows.push(("validation", format!("not known: {damage}"))),
        }
    }
    rows
}

fn or_unknown(by: Option<Interpreter>) -> String {
    by.map_or("not known".into(), |by| by.to_string())
}

fn explain_validation(validation: Validation) -> [Row; 2] {
    let method = match validation {
        Validation::Timestamp { size: None, .. } => "mtime of the source",
        Validation::Timestamp { .. } => "mtime and size of the source",
        Validation::Hash { checked: true, .. } => "checked hash of the source",
        Validation::Hash { .. } => "unchecked hash of the source: Python never compares it",
    };
    let recorded = match validation {
        Validation::Timestamp { mtime, size } => {
            let mtime = format_time(UNIX_EPOCH + Duration::from_secs(mtime.into()));
            let size = size.map_or_else(String::new, |size| format!(", {size} bytes"));
            format!("mtime {mtime}{size}")
        }
        Validation::Hash { hash, .. } => format!("hash {:016x}", u64::from_be_bytes(hash)),
    };
    [("validation", method.to_owned()), ("recorded", recorded)]
}

/// `2020-09-13 12:26:40.25 UTC`, without the fraction if it is zero.
fn format_time(time: SystemTime) -> String {
    Timestamp::try_from(time).map_or("after the year 9999".to_owned(), |time| {
        time.strftime("%Y-%m-%d %H:%M:%S%.f UTC").to_string()
    })
}
