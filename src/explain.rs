//! What bytecode files are, and whether they are up to date: `--explain`.

use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::console::format::{escape_path, list_paths};
use crate::console::message::print_error;
use crate::console::print_all;
use crate::console::timestamp::Timestamp;
use crate::exit_status::ExitStatus;
use crate::output::explanation::{describe_state, format_rows, header_rows};
use crate::path::{canonicalize, is_no_path, is_same, or_current_dir};
use crate::plan::Reason;
use crate::pyc::header::PROBE_LEN;
use crate::pyc::{BytecodeName, SOURCE_SUFFIXES, Source, Staleness, Unreadable};
use crate::pycache_prefix::source_dir_below;
use crate::rules::{BytecodeFilter, CACHE_DIR, is_installed};
use crate::scan::bytecode::{self, FoundBytecode, Judgement, SourceDirs};

/// Explains bytecode files on stdout. `prefix` is the directory in which Python caches
/// bytecode outside the source tree, if any.
///
/// # Errors
///
/// If a path does not exist, or is not a regular file with the name of bytecode; nothing is
/// printed on stdout.
pub(crate) fn run(paths: &[PathBuf], prefix: Option<&Path>) -> Result<ExitStatus> {
    check(paths)?;
    let prefix = prefix.and_then(|prefix| canonicalize(prefix).ok());
    let mut source_dirs = SourceDirs::default();
    let mut status = ExitStatus::Success;
    let mut texts = Vec::new();
    for path in paths {
        match explain(path, prefix.as_deref(), &mut source_dirs) {
            Ok(explanation) => texts.push(explanation),
            Err((path, error)) => {
                print_error(format_args!("cannot read {}: {error}", escape_path(&path)));
                status = ExitStatus::Failure;
            }
        }
    }
    print_all(texts.join("\n").as_bytes())?;
    Ok(status)
}

/// Checks that all paths are those of bytecode files.
fn check(paths: &[PathBuf]) -> Result<()> {
    let (mut missing, mut others) = (Vec::new(), Vec::new());
    for path in paths {
        match fs::symlink_metadata(path) {
            Err(error) if is_no_path(&error) => missing.push(path.clone()),
            Ok(metadata) if !metadata.is_file() => others.push(path.clone()),
            Ok(_) | Err(_) if parse_name(path).is_none() => others.push(path.clone()),
            Ok(_) | Err(_) => {}
        }
    }
    if !missing.is_empty() {
        bail!("no such file or directory: {}", list_paths(&missing));
    }
    if !others.is_empty() {
        let is_dir = |path: &&PathBuf| path.is_dir() && !path.is_symlink();
        let tip = match others.iter().find(is_dir) {
            Some(dir) => format!(
                "to list the stale files of a directory: pyclean -n --stale {}",
                escape_path(dir)
            ),
            None => "--explain takes files such as __pycache__/m.cpython-313.pyc".to_owned(),
        };
        bail!("not a bytecode file: {}; {tip}", list_paths(&others));
    }
    Ok(())
}

fn parse_name(path: &Path) -> Option<BytecodeName<'_>> {
    BytecodeName::parse(path.file_name()?)
}

fn explain(
    path: &Path,
    prefix: Option<&Path>,
    source_dirs: &mut SourceDirs,
) -> Result<String, Unreadable> {
    let in_file = |error| (path.to_path_buf(), error);
    let canonical = canonicalize(path).map_err(in_file)?;
    let name = parse_name(path).ok_or_else(|| in_file(ErrorKind::InvalidInput.into()))?;
    let dir = canonical.parent().unwrap_or(&canonical);
    let in_cache = dir.ends_with(CACHE_DIR);
    let counterpart = prefix.and_then(|prefix| source_dir_below(prefix, dir));
    let file = FoundBytecode {
        path,
        name,
        source_dir: bytecode::source_dir(&name, dir, in_cache, counterpart.as_deref()),
        in_cache,
        is_installed: !in_cache && is_installed(&canonical),
        in_prefix: counterpart.is_some(),
        is_regular: true,
    };
    let mut start = Vec::new();
    let opened = file.open().map_err(in_file)?;
    let mut contents = opened.contents.take(PROBE_LEN as u64);
    contents.read_to_end(&mut start).map_err(in_file)?;
    let filter = BytecodeFilter {
        stale: true,
        ..BytecodeFilter::default()
    };
    let judgement = bytecode::judge(&filter, file, source_dirs)?;
    if judgement == Judgement::Vanished {
        return Err(in_file(ErrorKind::NotFound.into()));
    }
    let mut rows = header_rows(&name, &start);
    // Only fractions of a second show that it is stale.
    let is_raced = judgement
        .reason()
        .is_some_and(|reason| matches!(reason, Reason::Stale(Staleness::Raced { .. })));
    if is_raced {
        rows.push(("written", Timestamp::new(opened.modified).precise()));
    }
    let source = match file.source_dir {
        Some(dir) => Source::find(&name, dir)?,
        None => None,
    };
    let source = source.map(|source| {
        let mtime = Timestamp::new(source.mtime);
        let mtime = if is_raced {
            mtime.precise()
        } else {
            mtime.to_string()
        };
        let shown = shown_source(&source.path, path);
        format!("{}: mtime {mtime}, {} bytes", shown.display(), source.size)
    });
    let no_source = || match judgement {
        Judgement::UnknownSource => "not known".to_owned(),
        _ => format!("no {}{}", name.module.display(), SOURCE_SUFFIXES[0]),
    };
    rows.push(("source", source.unwrap_or_else(no_source)));
    rows.push(("state", describe_state(&name, judgement)));
    Ok(format_rows(path, &rows))
}

/// The path of a source, written like that of its bytecode file if that is possible.
fn shown_source(source: &Path, path: &Path) -> PathBuf {
    let beside = path.parent();
    let above = beside.filter(|dir| dir.ends_with(CACHE_DIR));
    let above = above.and_then(Path::parent);
    let is_dir_of_source = |dir: &&Path| {
        source
            .parent()
            .is_some_and(|parent| is_same(or_current_dir(dir), parent))
    };
    match above.or(beside).filter(is_dir_of_source) {
        Some(dir) => dir.join(source.file_name().unwrap_or_default()),
        None => source.to_path_buf(),
    }
}
