//! Judges whether a bytecode file is up to date.

use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::error::JudgeError;
use super::header::{Damage, Header, PROBE_LEN};
use super::interpreter::Interpreter;
use super::magic;
use super::marshal::{MarshalFormat, check_code};
use super::name::{BytecodeName, Form};
use super::source::{self, Source};
use super::verdict::{Staleness, Verdict};

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

/// A shorter file does not contain a whole header (PEP 552).
const MIN_HEADER_LEN: usize = 16;

/// Judges one bytecode file.
///
/// `sources` is the directory of the source: the parent of `__pycache__`, the directory
/// of a legacy file itself, or the counterpart of a directory under
/// `PYTHONPYCACHEPREFIX` (`source_from_cache` of importlib). `open` is called only if
/// the contents matter, which is not the case for an orphan. It should not follow a
/// symlink and should open only a regular file.
///
/// If several reasons apply, the first of these is returned: leftover, orphaned,
/// damaged, outdated, raced; but a damaged code object comes last. A file of Jython can
/// only be orphaned. A hash (PEP 552) is compared only if CPython or PyPy wrote it,
/// because other interpreters compute another one. The code object is checked only if a
/// CPython release wrote it ([`MarshalFormat::of`]).
///
/// A file that has the name of a partial write but not its contents
/// ([`is_partial_write_content`]) is not bytecode, and counts as up to date.
///
/// Two changes of a source cannot be detected: an edit while the source was compiled,
/// if the size stays the same and the mtime is in the same second, but earlier than
/// that of the bytecode; and an edit after which a program restored size and mtime.
///
/// # Errors
///
/// Returns an error if the bytecode or the source cannot be read or looked up, except
/// if the source does not exist. Such a file should be kept.
pub fn judge<R: Read>(
    name: &BytecodeName<'_>,
    sources: &Path,
    open: impl FnOnce() -> io::Result<PycFile<R>>,
) -> Result<Verdict, JudgeError> {
    if name.is_partial_write() {
        return judge_partial_write(open).map_err(JudgeError::Bytecode);
    }
    let Some(source) = Source::find(name, sources, source::stat)? else {
        return Ok(Verdict::Stale(Staleness::Orphaned));
    };
    if name.form == Form::Jython {
        return Ok(Verdict::UpToDate);
    }
    let file = open().map_err(JudgeError::Bytecode)?;
    let modified = file.modified;
    let contents = read_start(file, name).map_err(JudgeError::Bytecode)?;
    let staleness = match Header::parse(&contents.bytes, name.tag()) {
        // Files of this interpreter need not begin with a magic number.
        Err(Damage::NotBytecode) if !has_known_format(name) => None,
        Err(damage) => Some(Staleness::Damaged(damage)),
        Ok(header) => source
            .compare(&header, name, modified)?
            .or_else(|| find_damaged_code(&contents, &header, name).map(Staleness::Damaged)),
    };
    Ok(staleness.map_or(Verdict::UpToDate, Verdict::Stale))
}

/// Finds the source of a bytecode file in a directory, as [`judge`] does. `None` if it does
/// not exist.
///
/// # Errors
///
/// If the source cannot be looked up.
pub fn find_source(name: &BytecodeName<'_>, sources: &Path) -> Result<Option<PathBuf>, JudgeError> {
    let source = Source::find(name, sources, source::stat)?;
    Ok(source.map(Source::into_path))
}

/// Whether the first bytes of a file with the name of a partial write are those of one:
/// a file that is empty, shorter than 16 bytes, or begins with a magic number. `bytes`
/// are the first 16 bytes, or all if the file is shorter.
pub fn is_partial_write_content(bytes: &[u8]) -> bool {
    bytes.len() < MIN_HEADER_LEN || magic::number(bytes).is_some()
}

fn judge_partial_write<R: Read>(
    open: impl FnOnce() -> io::Result<PycFile<R>>,
) -> io::Result<Verdict> {
    let mut bytes = [0; MIN_HEADER_LEN];
    let len = fill(&mut open()?.contents, &mut bytes)?;
    if is_partial_write_content(&bytes[..len]) {
        Ok(Verdict::Stale(Staleness::Leftover))
    } else {
        Ok(Verdict::UpToDate)
    }
}

/// Whether every release of the interpreter in the name writes a magic number first.
fn has_known_format(name: &BytecodeName<'_>) -> bool {
    !matches!(
        name.interpreter(),
        Some(Interpreter::RustPython | Interpreter::Other(_))
    )
}

/// Reads the whole file if its code may be checked, and otherwise the header. Usually
/// this is one system call.
fn read_start<R: Read>(mut file: PycFile<R>, name: &BytecodeName<'_>) -> io::Result<Contents> {
    let is_whole = matches!(name.interpreter(), None | Some(Interpreter::CPython(_)))
        && file.size <= MAX_CHECKED_BYTES;
    let wanted = if is_whole { file.size as usize } else { 0 };
    let mut bytes = vec![0; wanted.max(PROBE_LEN)];
    let len = fill(&mut file.contents, &mut bytes)?;
    bytes.truncate(len);
    Ok(Contents { bytes, is_whole })
}

struct Contents {
    bytes: Vec<u8>,
    /// Whether these are all bytes of the file.
    is_whole: bool,
}

/// The damage of the code after an intact header, if the format of the code is known.
fn find_damaged_code(
    contents: &Contents,
    header: &Header,
    name: &BytecodeName<'_>,
) -> Option<Damage> {
    let by_magic = magic::interpreter(header.magic);
    let has_known_writer = name.interpreter().is_none_or(|by| Some(by) == by_magic);
    let format =
        MarshalFormat::of(header.magic).filter(|_| contents.is_whole && has_known_writer)?;
    check_code(&contents.bytes, header.layout.header_len(), format).err()
}

/// Reads until `bytes` is full or the file ends. Returns the number of bytes.
fn fill(contents: &mut impl Read, bytes: &mut [u8]) -> io::Result<usize> {
    let mut len = 0;
    while len < bytes.len() {
        match contents.read(&mut bytes[len..]) {
            Ok(0) => break,
            Ok(read) => len += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(len)
}
