//! Whether a bytecode file is still the bytecode of its source.

use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File};
use std::hash::Hasher;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use siphasher::sip::{SipHasher13, SipHasher24};

use super::header::{Damage, Header, PROBE_LEN, Validation};
use super::interpreter::{Interpreter, Version};
use super::magic::{self, Layout};
use super::name::{BytecodeName, Form};
use super::verdict::{Change, Staleness, Verdict};

/// A file could not be judged, which proves nothing against it.
#[derive(Debug)]
pub enum Unjudged {
    /// The bytecode could not be opened or read.
    Bytecode(io::Error),
    /// The source, at this path, could not be found out about or read.
    Source(PathBuf, io::Error),
}

impl fmt::Display for Unjudged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytecode(error) => error.fmt(f),
            Self::Source(path, error) => write!(f, "{}: {error}", path.display()),
        }
    }
}

impl std::error::Error for Unjudged {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Bytecode(error) | Self::Source(_, error) => Some(error),
        }
    }
}

/// A bytecode file that was opened.
#[derive(Debug)]
pub struct Opened<R> {
    /// Its contents, from the first byte. No more than [`PROBE_LEN`] bytes are read.
    pub contents: R,
    /// When it was last modified, as precisely as the file system knows.
    pub modified: SystemTime,
}

/// Judges one bytecode file.
///
/// `sources` is the directory where its source should be: the parent of `__pycache__`, the
/// directory of a legacy file itself, or what a directory under `PYTHONPYCACHEPREFIX` stands for.
/// `open` is called only if the file must be read: what follows from its name, or from there being
/// no source, needs no proof from inside. It should follow no symbolic link and open nothing but a
/// regular file.
///
/// When several things hold, the one that is said is the first of: leftover, orphaned, damaged,
/// outdated, raced. Of Jython's files nothing is known but whether they are orphaned, and of hashes
/// by interpreters other than CPython and PyPy nothing either (GraalPy's differ); both are fresh.
///
/// The source is looked at as interpreters do: links are followed (`_path_stats`), and what is not
/// a regular file is no source (`_path_isfile`).
///
/// # Errors
///
/// When the bytecode or the source cannot be looked at, except that a source that does not exist is
/// an answer. Such a file should be kept.
pub fn judge<R: Read>(
    name: &BytecodeName<'_>,
    sources: &Path,
    open: impl FnOnce() -> io::Result<Opened<R>>,
) -> Result<Verdict, Unjudged> {
    if name.is_interrupted() {
        return Ok(Verdict::Stale(Staleness::Leftover));
    }
    let Some(source) = Source::find(name, sources)? else {
        let source = name.sources().next().unwrap_or_default();
        return Ok(Verdict::Stale(Staleness::Orphaned { source }));
    };
    if name.form == Form::Jython {
        return Ok(Verdict::Fresh);
    }
    let opened = open().map_err(Unjudged::Bytecode)?;
    let staleness = match probe(opened.contents, name.tag()).map_err(Unjudged::Bytecode)? {
        Err(damage) => Some(Staleness::Damaged(damage)),
        Ok(header) => source.differs_from(&header, name, opened.modified)?,
    };
    Ok(staleness.map_or(Verdict::Fresh, Verdict::Stale))
}

/// Whether a bytecode file is what compiling `source` gave, as far as time and size tell. A source
/// need not be called `.py`: a program may load any file as one (`SourceFileLoader` of `importlib`),
/// and other languages compile to the same bytecode.
///
/// # Errors
///
/// When the bytecode or the source cannot be looked at.
pub fn is_compiled_from<R: Read>(
    name: &BytecodeName<'_>,
    source: &Path,
    opened: Opened<R>,
) -> Result<bool, Unjudged> {
    let Some(source) = Source::at(source.to_path_buf())? else {
        return Ok(false);
    };
    let header = probe(opened.contents, name.tag()).map_err(Unjudged::Bytecode)?;
    match header {
        Ok(header) if matches!(header.validation, Validation::Timestamp { .. }) => {
            let staleness = source.differs_from(&header, name, opened.modified)?;
            Ok(staleness.is_none())
        }
        _ => Ok(false),
    }
}

fn probe(mut contents: impl Read, tag: Option<&str>) -> io::Result<Result<Header, Damage>> {
    let mut bytes = [0; PROBE_LEN];
    let mut len = 0;
    while len < bytes.len() {
        match contents.read(&mut bytes[len..]) {
            Ok(0) => break,
            Ok(read) => len += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Header::parse(&bytes[..len], tag))
}

/// No interpreter compiles more bytes than this (a C `int` counts them).
const LARGEST_SOURCE: u64 = i32::MAX as u64;

struct Source {
    path: PathBuf,
    size: u64,
    modified: SystemTime,
}

impl Source {
    fn find(name: &BytecodeName<'_>, directory: &Path) -> Result<Option<Self>, Unjudged> {
        for name in name.sources() {
            if let Some(source) = Self::at(directory.join(name))? {
                return Ok(Some(source));
            }
        }
        Ok(None)
    }

    fn at(path: PathBuf) -> Result<Option<Self>, Unjudged> {
        let found = fs::metadata(&path).and_then(|metadata| {
            let modified = metadata.modified()?;
            Ok((metadata.is_file(), metadata.len(), modified))
        });
        match found {
            Ok((true, size, modified)) => Ok(Some(Self {
                path,
                size,
                modified,
            })),
            Ok(_) => Ok(None),
            Err(error) if is_absence(&error) => Ok(None),
            Err(error) => Err(Unjudged::Source(path, error)),
        }
    }

    fn name(&self) -> OsString {
        self.path.file_name().unwrap_or_default().to_owned()
    }

    fn differs_from(
        self,
        header: &Header,
        name: &BytecodeName<'_>,
        compiled: SystemTime,
    ) -> Result<Option<Staleness>, Unjudged> {
        let change = match header.validation {
            // The fields have 32 bits, so that is what interpreters compare
            // (`_validate_timestamp_pyc`).
            Validation::Timestamp {
                size: Some(size), ..
            } if size != self.size as u32 => Some(Change::Size),
            Validation::Timestamp { mtime, .. }
                if !is_time_of(mtime, header.layout, self.modified) =>
            {
                Some(Change::Time)
            }
            Validation::Timestamp { .. } if is_race(self.modified, compiled) => {
                return Ok(Some(Staleness::Raced {
                    source: self.name(),
                }));
            }
            Validation::Timestamp { .. } => None,
            Validation::Hash { hash, .. } => {
                let actual = source_hash(&self, header.magic, name);
                let actual = actual.map_err(|error| Unjudged::Source(self.path.clone(), error))?;
                actual
                    .filter(|actual| *actual != hash)
                    .map(|_| Change::Contents)
            }
        };
        Ok(change.map(|change| Staleness::Outdated {
            source: self.name(),
            change,
        }))
    }
}

/// Whether an error says that there is no such file, and not that one cannot know.
fn is_absence(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// Whether an interpreter finds that the time in a header is that of the source.
///
/// Only where times are odd do they differ in how they find out. importlib rounds a float towards
/// zero: a float cannot tell the last hundred nanoseconds of a second from the next second, and
/// before 1970 zero lies ahead. Until 3.6 it forgot that the field has 32 bits. Python 2 takes the
/// seconds of the system, of which it keeps 32 bits, but reads the field as a signed number.
fn is_time_of(mtime: u32, layout: Layout, source: SystemTime) -> bool {
    let (seconds, nanos) = since_epoch(source);
    let rounded = (seconds as f64 + 1e-9 * f64::from(nanos)) as i64;
    match layout {
        Layout::Time => i64::from(mtime as i32) == seconds & 0xffff_ffff,
        Layout::TimeAndSize => i64::from(mtime) == rounded,
        Layout::Flags => mtime == rounded as u32,
    }
}

/// Whole seconds, rounded down, and the nanoseconds that are left.
fn since_epoch(time: SystemTime) -> (i64, u32) {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => (since.as_secs() as i64, since.subsec_nanos()),
        Err(error) => {
            let before = error.duration();
            let seconds = 0i64.saturating_sub_unsigned(before.as_secs());
            match before.subsec_nanos() {
                0 => (seconds, 0),
                nanos => (seconds.saturating_sub(1), 1_000_000_000 - nanos),
            }
        }
    }
}

/// Whether the source was modified after its bytecode was written, in the same second: the edit
/// that a header cannot show. A source from another second that matches its header has a time that
/// was set, not one that came to pass (it may lie in the future), and proves nothing.
fn is_race(source: SystemTime, compiled: SystemTime) -> bool {
    source > compiled && since_epoch(source).0 == since_epoch(compiled).0
}

/// What `_imp.source_hash` of the interpreter gives for a source, or `None` if its way is not
/// known. Reads in pieces, since nobody promises that a source is small.
fn source_hash(
    source: &Source,
    magic: u16,
    name: &BytecodeName<'_>,
) -> io::Result<Option<[u8; 8]>> {
    // The key is the whole magic number, `\r\n` included.
    let key = u64::from(u32::from_le_bytes([
        magic as u8,
        (magic >> 8) as u8,
        b'\r',
        b'\n',
    ]));
    let hash = match name.interpreter().or_else(|| magic::interpreter(magic)) {
        Some(Interpreter::CPython(version)) if version >= Version::new(3, 11) => {
            hash_file(source, SipHasher13::new_with_keys(key, 0))?
        }
        // PyPy has stayed with it, in 3.11 too.
        Some(Interpreter::CPython(_) | Interpreter::PyPy(_)) => {
            hash_file(source, SipHasher24::new_with_keys(key, 0))?
        }
        Some(Interpreter::Jython | Interpreter::Other(_)) | None => return Ok(None),
    };
    Ok(Some(hash))
}

fn hash_file(source: &Source, mut hasher: impl Hasher) -> io::Result<[u8; 8]> {
    if source.size > LARGEST_SOURCE {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    // No more than it says to hold: of what the kernel makes up there may be no end.
    let mut file = File::open(&source.path)?.take(source.size);
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(hasher.finish().to_le_bytes()),
            Ok(len) => hasher.write(&buffer[..len]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
