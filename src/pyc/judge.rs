//! Judges whether a bytecode file is up to date.

use std::io::{self, ErrorKind, Read};
use std::path::Path;
use std::time::SystemTime;

use super::header::{Damage, Header, PROBE_LEN};
use super::interpreter::Interpreter;
use super::magic;
use super::marshal::{MarshalFormat, check_code};
use super::name::{BytecodeName, Form};
use super::source::{Source, Unreadable};
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

/// A shorter file does not contain a whole header (PEP 552).
const MIN_HEADER_LEN: usize = 16;

/// Judges the bytecode file at `path`: why it is stale, or `None` if nothing proves that
/// it differs from what the source compiles to.
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
/// A file that has the name of a partial write, but neither is empty or shorter than 16
/// bytes nor begins with a magic number, is not bytecode, and counts as up to date.
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
    path: &Path,
    sources: &Path,
    open: impl FnOnce() -> io::Result<PycFile<R>>,
) -> Result<Option<Staleness>, Unreadable> {
    let in_file = |error| (path.to_path_buf(), error);
    if name.is_partial_write {
        let start = open().and_then(|mut file| read_start(&mut file, MIN_HEADER_LEN));
        let start = start.map_err(in_file)?;
        let is_bytecode = start.len() < MIN_HEADER_LEN || magic::number(&start).is_some();
        return Ok(is_bytecode.then_some(Staleness::Leftover));
    }
    let Some(source) = Source::find(name, sources)? else {
        return Ok(Some(Staleness::Orphaned));
    };
    if name.form == Form::Jython {
        return Ok(None);
    }
    let interpreter = name.interpreter();
    let mut file = open().map_err(in_file)?;
    // The code is checked in the whole file. Usually this is one system call.
    let is_code_checked = matches!(interpreter, None | Some(Interpreter::CPython(_)))
        && file.size <= MAX_CHECKED_BYTES;
    let wanted = if is_code_checked {
        file.size as usize
    } else {
        0
    };
    let bytes = read_start(&mut file, wanted.max(PROBE_LEN)).map_err(in_file)?;
    let header = match Header::parse(&bytes, name.tag()) {
        // Not every release of these interpreters writes a magic number first.
        Err(Damage::NotBytecode)
            if matches!(
                interpreter,
                Some(Interpreter::RustPython | Interpreter::Other(_))
            ) =>
        {
            return Ok(None);
        }
        Err(damage) => return Ok(Some(Staleness::Damaged(damage))),
        Ok(header) => header,
    };
    let staleness = source.compare(&header, interpreter.as_ref(), file.modified);
    let staleness = staleness.map_err(|error| (source.path, error))?;
    if staleness.is_some() || !is_code_checked {
        return Ok(staleness);
    }
    Ok(find_damaged_code(&bytes, &header, interpreter).map(Staleness::Damaged))
}

/// The damage of the code after an intact header, if the format of the code is known.
fn find_damaged_code(
    file: &[u8],
    header: &Header,
    interpreter: Option<Interpreter>,
) -> Option<Damage> {
    let by_magic = magic::interpreter(header.magic);
    if interpreter.is_some() && interpreter != by_magic {
        return None;
    }
    let format = MarshalFormat::of(header.magic)?;
    check_code(file, header.layout.header_len(), format).err()
}

/// Reads the first bytes of a file: `len`, or all if it is shorter.
fn read_start<R: Read>(file: &mut PycFile<R>, len: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; len];
    let mut filled = 0;
    while filled < len {
        match file.contents.read(&mut bytes[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}
