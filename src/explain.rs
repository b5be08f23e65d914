//! What bytecode files are, and whether they are up to date: `--explain`.

use std::fmt::Write;
use std::fs;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use jiff::Timestamp;

use crate::bytecode::{self, FoundBytecode, Judgement, KnownSources};
use crate::console::format::{escape, list_some};
use crate::console::message::print_error;
use crate::console::print_all;
use crate::exit_status::ExitStatus;
use crate::path::{canonicalize, is_absence, is_no_path, or_current_dir};
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
    let paths = &with_bytecode_of_sources(paths, prefix.as_deref())?;
    check(paths)?;
    let mut sources = KnownSources::default();
    let mut status = ExitStatus::Success;
    let mut texts = Vec::new();
    for path in paths {
        match explain(path, prefix.as_deref(), &mut sources) {
            Ok(text) => texts.push(text),
            Err((path, error)) => {
                print_error(format_args!("cannot read {}: {error}", escape(&path)));
                status = ExitStatus::Failure;
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
        if let Ok(Some(found)) = bytecode_of(path, prefix)
            && !found.is_empty()
        {
            let (path, found) = (escape(path), list_some(found.iter(), 3));
            bail!("{path} is a source; its bytecode: {found}");
        }
    }
    Ok(())
}

fn with_bytecode_of_sources(paths: &[PathBuf], prefix: Option<&Path>) -> Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for path in paths {
        let found = bytecode_of(path, prefix)
            .with_context(|| format!("cannot read the directory of {}", escape(path)))?;
        match found {
            Some(found) if found.is_empty() => bail!("{} has no bytecode", escape(path)),
            Some(found) => all.extend(found),
            None => all.push(path.clone()),
        }
    }
    Ok(all)
}

/// Finds the bytecode files of a source: beside it, in `__pycache__`, and below `prefix`.
/// `None` if the path is not a source. A source that was deleted is one if it has bytecode.
///
/// # Errors
///
/// If a directory cannot be read.
pub(crate) fn bytecode_of(
    source: &Path,
    prefix: Option<&Path>,
) -> io::Result<Option<Vec<PathBuf>>> {
    let (Some(module), Some(suffix)) = (source.file_stem(), source.extension()) else {
        return Ok(None);
    };
    let is_source = SOURCE_SUFFIXES.iter().any(|known| suffix == &known[1..]);
    if !is_source || source.is_dir() {
        return Ok(None);
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
        let mut paths = entries
            .map(|entry| entry.map(|entry| dir.join(entry.file_name())))
            .collect::<io::Result<Vec<_>>>()?;
        paths.retain(|path| {
            parse_name(path).is_some_and(|name| name.module == module) && !path.is_dir()
        });
        paths.sort();
        found.extend(paths);
    }
    let is_source = !found.is_empty() || source.is_file();
    Ok(is_source.then_some(found))
}

fn check(paths: &[PathBuf]) -> Result<()> {
    let (mut missing, mut others) = (Vec::new(), Vec::new());
    for path in paths {
        if fs::symlink_metadata(path).is_err_and(|error| is_no_path(&error)) {
            missing.push(path);
        } else if parse_name(path).is_none() || fs::metadata(path).is_ok_and(|file| !file.is_file())
        {
            others.push(path);
        }
    }
    if !missing.is_empty() {
        let missing = list_some(missing.iter(), usize::MAX);
        bail!("no such file or directory: {missing}");
    }
    if others.is_empty() {
        return Ok(());
    }
    let tip = match others.iter().find(|path| path.is_dir()) {
        Some(dir) => format!(
            "to list the stale files of a directory: pyclean -n --stale {}",
            escape(dir)
        ),
        None => "--explain takes files such as m.py and __pycache__/m.cpython-313.pyc".to_owned(),
    };
    let others = list_some(others.iter(), usize::MAX);
    bail!("not a bytecode file: {others}; {tip}");
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
    let name = parse_name(path).ok_or_else(|| in_file(ErrorKind::InvalidInput.into()))?;
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
    let mut text = format!("{}\n", escape(path));
    let mut row = |label: &str, value: &str| {
        let _ = writeln!(text, "  {label:<12}  {}", escape(value));
    };
    explain_header(&name, &start, &mut row);
    // Only fractions of a second show that it is stale.
    if let Judgement::Selected(Reason::Stale(Staleness::Raced { .. })) = judgement {
        row("written", &format_time(opened.modified));
    }
    row("source", &source);
    row("state", &judgement.describe(&name));
    Ok(text)
}

fn explain_header(name: &BytecodeName, start: &[u8], row: &mut impl FnMut(&str, &str)) {
    let number = magic::number(start);
    let by_magic = number.and_then(magic::interpreter);
    let interpreter = name.interpreter().or(by_magic.clone());
    row("interpreter", &or_unknown(interpreter));
    if let Form::Tagged {
        optimization: Some(level),
        ..
    } = name.form
    {
        row("optimization", level);
    }
    if !name.has_known_format() {
        return;
    }
    let by_magic = or_unknown(by_magic);
    let number = number.map_or("none".into(), |number| format!("{number} ({by_magic})"));
    row("magic number", &number);
    let (validation, recorded) = match Header::parse(start, name.tag()) {
        Ok(header) => explain_validation(header.validation),
        Err(damage) => return row("validation", &format!("not known: {damage}")),
    };
    row("validation", validation);
    row("recorded", &recorded);
}

fn or_unknown(by: Option<Interpreter>) -> String {
    by.map_or("not known".into(), |by| by.to_string())
}

fn explain_validation(validation: Validation) -> (&'static str, String) {
    match validation {
        Validation::Timestamp { mtime, size } => {
            let mtime = format_time(UNIX_EPOCH + Duration::from_secs(mtime.into()));
            match size {
                Some(size) => (
                    "mtime and size of the source",
                    format!("mtime {mtime}, {size} bytes"),
                ),
                None => ("mtime of the source", format!("mtime {mtime}")),
            }
        }
        Validation::Hash { checked, hash } => {
            let text = if checked {
                "checked hash of the source"
            } else {
                "unchecked hash of the source: Python never compares it"
            };
            (text, format!("hash {:016x}", u64::from_be_bytes(hash)))
        }
    }
}

/// `2020-09-13 12:26:40.25 UTC`, without the fraction if it is zero.
fn format_time(time: SystemTime) -> String {
    Timestamp::try_from(time).map_or("after the year 9999".to_owned(), |time| {
        time.strftime("%Y-%m-%d %H:%M:%S%.f UTC").to_string()
    })
}
