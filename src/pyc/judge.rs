//! Judges whether a bytecode file is up to date.

use std::cell::Cell;
use std::fs;
use std::io::{self, ErrorKind, Read};
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::header::{Header, PROBE_LEN};
use super::interpreter::Interpreter;
use super::magic;
use super::marshal::{MarshalFormat, file_name};
use super::name::BytecodeName;
use super::source::{LastHash, Source, Unreadable, is_absence};
use super::staleness::Staleness;

/// An open bytecode file.
#[derive(Debug)]
pub struct PycFile<R> {
    /// The contents from the first byte.
    pub contents: R,
    /// The size of the file in bytes.
    pub size: u64,
    /// The mtime of the file, as precise as the file system records it.
    pub modified: SystemTime,
}

/// Only the header of a larger file is checked. The largest known file of a real
/// package has 4.9 MB.
const MAX_CHECKED_BYTES: u64 = 16 << 20;

/// A buffer that is kept for the next file: filling a new one with zeros takes a fifth of the time.
const MAX_BUFFER_LEN: usize = 1 << 20;

thread_local! {
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// A shorter file does not contain a whole header (PEP 552).
const MIN_HEADER_LEN: usize = 16;

/// A partial write that was modified later than this ago may be completed.
const MAX_WRITE_TIME: Duration = Duration::from_secs(60);

/// Why the bytecode file at `path` is stale, or `None` if nothing proves it. `sources` is the
/// directory of the source. `open` is called only if the contents matter.
pub fn judge<R: Read>(
    name: &BytecodeName<'_>,
    path: &Path,
    sources: &Path,
    last_hash: &mut LastHash,
    open: impl FnOnce() -> io::Result<PycFile<R>>,
) -> Result<Option<Staleness>, Unreadable> {
    let in_file = |error| (path.to_path_buf(), error);
    if name.is_conflict_copy {
        return Ok(Some(Staleness::Leftover));
    }
    if name.is_partial_write {
        let is_leftover = open().and_then(|mut file| is_interrupted_write(&mut file));
        let is_leftover = is_leftover.map_err(in_file)?;
        return Ok(is_leftover.then_some(Staleness::Leftover));
    }
    let Some(source) = Source::find(name, sources)? else {
        return Ok(Some(Staleness::Orphaned));
    };
    if !name.has_known_format() {
        return Ok(None);
    }
    let mut file = open().map_err(in_file)?;
    // The code is checked in the whole file. Usually this is one system call.
    let is_code_checked = matches!(name.interpreter(), None | Some(Interpreter::CPython(_)))
        && file.size <= MAX_CHECKED_BYTES;
    let wanted = if is_code_checked { file.size } else { 0 };
    let mut buffer = BUFFER.take();
    let len = PROBE_LEN.max(wanted as usize);
    let bytes = read_start(&mut file, len, &mut buffer).map_err(in_file)?;
    let judged = judge_contents(name, bytes, is_code_checked, &file, &source, last_hash);
    if buffer.len() <= MAX_BUFFER_LEN {
        BUFFER.set(buffer);
    }
    judged
}

fn judge_contents<R>(
    name: &BytecodeName<'_>,
    bytes: &[u8],
    is_code_checked: bool,
    file: &PycFile<R>,
    source: &Source,
    last_hash: &mut LastHash,
) -> Result<Option<Staleness>, Unreadable> {
    let interpreter = name.interpreter();
    let header = match Header::parse(bytes, name.tag()) {
        Err(damage) => return Ok(Some(Staleness::Damaged(damage))),
        Ok(header) => header,
    };
    let compared = source.compare(&header, file.modified, last_hash);
    let staleness = compared.map_err(|error| (source.path.clone(), error))?;
    let is_of_tag = interpreter.is_none() || interpreter == magic::interpreter(header.magic);
    let format = MarshalFormat::of(header.magic).filter(|_| is_code_checked && is_of_tag);
    let (None, Some(format)) = (staleness, format) else {
        return Ok(staleness);
    };
    let recorded = match file_name(bytes, header.layout.header_len(), format) {
        Err(damage) => return Ok(Some(Staleness::Damaged(damage))),
        Ok(recorded) => recorded.filter(|_| name.needs_recorded_path()),
    };
    let moved = recorded.filter(|recorded| has_moved(recorded, source));
    Ok(moved.map(|recorded| Staleness::moved(recorded.into())))
}

fn is_interrupted_write<R: Read>(file: &mut PycFile<R>) -> io::Result<bool> {
    let age = SystemTime::now().duration_since(file.modified);
    if age.unwrap_or_default() < MAX_WRITE_TIME {
        return Ok(false);
    }
    let mut buffer = Vec::new();
    let start = read_start(file, MIN_HEADER_LEN, &mut buffer)?;
    Ok(start.len() < MIN_HEADER_LEN || magic::number(start).is_some())
}

/// Whether code was compiled from a file that is not its source. A path that cannot be
/// looked up, or is relative to an unknown directory, proves nothing.
fn has_moved(recorded: &Path, source: &Source) -> bool {
    recorded.is_absolute()
        && match is_same_file(recorded, &source.path) {
            Ok(is_same) => !is_same,
            Err(error) => is_absence(&error) && source.path.exists(),
        }
}

/// Opens neither file: a path from a file that others wrote may be that of a pipe.
#[cfg(unix)]
fn is_same_file(a: &Path, b: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let (a, b) = (fs::metadata(a)?, fs::metadata(b)?);
    Ok((a.dev(), a.ino()) == (b.dev(), b.ino()))
}

#[cfg(windows)]
fn is_same_file(a: &Path, b: &Path) -> io::Result<bool> {
    // To look up a path on a server would connect to it.
    let is_on_server = a.to_str().is_none_or(|a| a.starts_with(['\\', '/']));
    Ok(is_on_server || fs::canonicalize(a)? == fs::canonicalize(b)?)
}

/// Reads the first `len` bytes, or all if there are fewer, into a buffer that only grows.
fn read_start<'b, R: Read>(
    file: &mut PycFile<R>,
    len: usize,
    buffer: &'b mut Vec<u8>,
) -> io::Result<&'b [u8]> {
    buffer.resize(len.max(buffer.len()), 0);
    let mut filled = 0;
    while filled < len {
        match file.contents.read(&mut buffer[filled..len]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(&buffer[..filled])
}
