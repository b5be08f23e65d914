//! The source of a bytecode file: finding it, and comparing it with a header.

use std::fs::{self, File};
use std::hash::Hasher;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use siphasher::sip::{SipHasher13, SipHasher24};

use super::header::{Header, Validation};
use super::interpreter::{Interpreter, Version};
use super::magic::{self, Layout};
use super::name::{BytecodeName, SOURCE_SUFFIXES};
use super::staleness::{Change, Staleness};

/// No interpreter compiles a larger source: it counts the bytes in a C `int`.
const MAX_SOURCE_BYTES: u64 = i32::MAX as u64;

/// A path that could not be read or looked up, and why.
pub type Unreadable = (PathBuf, io::Error);

/// The hash of the source that was hashed last, because a large source may have many
/// bytecode files.
#[derive(Clone, Debug, Default)]
pub struct LastHash(Option<(Source, u16, [u8; 8])>);

/// A source that exists, with what an interpreter compares with a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its path.
    pub path: PathBuf,
    /// The size in bytes.
    pub size: u64,
    /// The mtime, as precise as the file system records it.
    pub mtime: SystemTime,
    suffix: &'static &'static str,
}

impl Source {
    /// Finds the source of a bytecode file in a directory, as interpreters do: a source is a
    /// regular file (`_path_isfile` of importlib), or a symlink to one (`_path_stats`).
    pub fn find(name: &BytecodeName<'_>, directory: &Path) -> Result<Option<Self>, Unreadable> {
        for suffix in &SOURCE_SUFFIXES {
            let path = directory.join(name.source_name(suffix));
            let metadata = match fs::metadata(&path) {
                Ok(metadata) if metadata.is_file() => metadata,
                Ok(_) => continue,
                Err(error) if is_absence(&error) => continue,
                Err(error) => return Err((path, error)),
            };
            return match metadata.modified() {
                Err(error) => Err((path, error)),
                Ok(mtime) => Ok(Some(Self {
                    path,
                    size: metadata.len(),
                    mtime,
                    suffix,
                })),
            };
        }
        Ok(None)
    }

    pub(super) fn compare(
        &self,
        header: &Header,
        compiled: SystemTime,
        last_hash: &mut LastHash,
    ) -> io::Result<Option<Staleness>> {
        let suffix = self.suffix;
        let change = match header.validation {
            // `_validate_timestamp_pyc` compares 32 bits, like the field.
            Validation::Timestamp {
                size: Some(size), ..
            } if size != self.size as u32 => Change::Size,
            Validation::Timestamp { mtime, .. }
                if !is_same_mtime(mtime, header.layout, self.mtime) =>
            {
                Change::Mtime
            }
            Validation::Timestamp { .. } if is_race(self.mtime, compiled) => {
                return Ok(Some(Staleness::Raced { suffix }));
            }
            Validation::Timestamp { .. } => return Ok(None),
            Validation::Hash { hash, .. } => match self.hash(header.magic, last_hash)? {
                Some(actual) if actual != hash => Change::Contents,
                _ => return Ok(None),
            },
        };
        Ok(Some(Staleness::Outdated { suffix, change }))
    }

    /// The hash that `_imp.source_hash` of the interpreter returns for this source
    /// (`_validate_hash_pyc`), or `None` if the algorithm is not known.
    fn hash(&self, magic: u16, last: &mut LastHash) -> io::Result<Option<[u8; 8]>> {
        if let Some((source, by, hash)) = &last.0
            && (source, *by) == (self, magic)
        {
            return Ok(Some(*hash));
        }
        // The key is the whole magic number, including `\r\n`.
        let [low, high] = magic.to_le_bytes();
        let key = u64::from(u32::from_le_bytes([low, high, b'\r', b'\n']));
        let hash = match magic::interpreter(magic) {
            Some(Interpreter::CPython(version)) if version >= Version::new(3, 11) => {
                self.hash_with(SipHasher13::new_with_keys(key, 0))?
            }
            // PyPy 3.11 still uses SipHash-2-4.
            Some(Interpreter::CPython(_) | Interpreter::PyPy(_)) => {
                self.hash_with(SipHasher24::new_with_keys(key, 0))?
            }
            _ => return Ok(None),
        };
        last.0 = Some((self.clone(), magic, hash));
        Ok(Some(hash))
    }

    /// Reads the source in pieces, because a source may be large.
    fn hash_with(&self, mut hasher: impl Hasher) -> io::Result<[u8; 8]> {
        if self.size > MAX_SOURCE_BYTES {
            return Err(ErrorKind::FileTooLarge.into());
        }
        // The limit ends the loop on a file that the kernel generates without end.
        let mut file = File::open(&self.path)?.take(self.size);
        let mut buffer = vec![0; 64 * 1024];
        loop {
            match file.read(&mut buffer) {
                Ok(0) => return Ok(hasher.finish().to_le_bytes()),
                Ok(len) => hasher.write(&buffer[..len]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// Whether an error proves that there is no source. A symlink loop does: Python ignores
/// it and imports the bytecode.
pub(super) fn is_absence(error: &io::Error) -> bool {
    /// `ERROR_CANT_RESOLVE_FILENAME`
    #[cfg(windows)]
    const SYMLINK_LOOP: i32 = 1921;
    #[cfg(unix)]
    const SYMLINK_LOOP: i32 = rustix::io::Errno::LOOP.raw_os_error();
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
        || error.raw_os_error() == Some(SYMLINK_LOOP)
}

/// Whether an interpreter considers the mtime in a header to be that of the source. importlib
/// rounds a float towards zero, and until 3.6 did not truncate it to the 32 bits of the field.
/// Python 2 reads the field as a signed number.
fn is_same_mtime(recorded: u32, layout: Layout, source: SystemTime) -> bool {
    let (seconds, nanos) = since_epoch(source);
    let rounded = (seconds as f64 + 1e-9 * f64::from(nanos)) as i64;
    match layout {
        Layout::Mtime => i64::from(recorded as i32) == seconds & 0xffff_ffff,
        Layout::MtimeAndSize => i64::from(recorded) == rounded,
        Layout::Flags => recorded == rounded as u32,
    }
}

/// The time in whole seconds, rounded down, and the remaining nanoseconds.
fn since_epoch(time: SystemTime) -> (i64, u32) {
    const SECOND: i128 = 1_000_000_000;
    let nanos = match time.duration_since(UNIX_EPOCH) {
        Ok(since) => since.as_nanos() as i128,
        Err(error) => -(error.duration().as_nanos() as i128),
    };
    (
        nanos.div_euclid(SECOND) as i64,
        nanos.rem_euclid(SECOND) as u32,
    )
}

/// Whether the source was modified after its bytecode was written, but in the same second
/// (cpython#75953). The file system of the bytecode may record whole seconds.
fn is_race(source: SystemTime, compiled: SystemTime) -> bool {
    let (source_seconds, _) = since_epoch(source);
    let (compiled_seconds, compiled_nanos) = since_epoch(compiled);
    source > compiled && source_seconds == compiled_seconds && compiled_nanos != 0
}
