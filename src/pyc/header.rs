//! The header of a bytecode file: PEP 552, and the two layouts before it.

use std::fmt;

use super::interpreter::Interpreter;
use super::magic::{self, Layout};

/// The longest header and the shortest code object.
pub const PROBE_LEN: usize = 16 + MIN_CODE_LEN;

/// In every Python, a code object has a type byte and at least four 32-bit numbers.
const MIN_CODE_LEN: usize = 17;

/// The header of a bytecode file. All numbers in it are little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Header {
    /// The magic number, without the `\r\n` after it.
    pub magic: u16,
    /// The fields of the header.
    pub layout: Layout,
    /// How the interpreter detects that the source changed.
    pub validation: Validation,
}

/// What a header records of the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Validation {
    /// The mtime and size of the source when it was compiled.
    Timestamp {
        /// In seconds since 1970, modulo 2³².
        mtime: u32,
        /// In bytes, modulo 2³². `None` in [`Layout::Mtime`].
        size: Option<u32>,
    },
    /// A hash of the source (PEP 552). Only in [`Layout::Flags`].
    Hash {
        /// Whether the interpreter compares the hash when it imports the module.
        checked: bool,
        /// The result of `_imp.source_hash`.
        hash: [u8; 8],
    },
}

/// Why no interpreter can run a bytecode file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Damage {
    /// The file has no bytes.
    Empty,
    /// The file ends too early, after this many bytes.
    Truncated(u32),
    /// The file does not start with a magic number.
    NotBytecode,
    /// This magic number is not one of the interpreter in the name of the file.
    Misnamed(u16),
    /// The header has flags that PEP 552 does not define.
    UnknownFlags(u32),
    /// The header is not followed by a code object.
    NoCode,
    /// The code object cannot be loaded because of the value at this byte of the file.
    Corrupt(u32),
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("empty"),
            Self::Truncated(len) => {
                let noun = if *len == 1 { "byte" } else { "bytes" };
                write!(f, "truncated after {len} {noun}")
            }
            Self::NotBytecode => f.write_str("not bytecode"),
            Self::Misnamed(magic) => match magic::interpreter(*magic) {
                Some(interpreter) => write!(f, "bytecode of {interpreter}"),
                None => f.write_str("unknown magic number"),
            },
            Self::UnknownFlags(flags) => write!(f, "unknown flags {flags:#x}"),
            Self::NoCode => f.write_str("no code after the header"),
            Self::Corrupt(position) => write!(f, "corrupt at byte {position}"),
        }
    }
}

impl std::error::Error for Damage {}

impl Damage {
    pub(super) fn truncated(bytes: &[u8]) -> Self {
        Self::Truncated(u32::try_from(bytes.len()).unwrap_or(u32::MAX))
    }
}

impl Header {
    /// Parses the first bytes of a file: at least [`PROBE_LEN`] bytes, or all if the file is
    /// shorter. `tag` is the cache tag in the name of the file, if it has one.
    pub fn parse(bytes: &[u8], tag: Option<&str>) -> Result<Self, Damage> {
        let truncated = Damage::truncated(bytes);
        let magic = match bytes.len() {
            0 => return Err(Damage::Empty),
            1..4 => return Err(truncated),
            _ => magic::number(bytes).ok_or(Damage::NotBytecode)?,
        };
        let by_magic = magic::interpreter(magic);
        let writer = tag.map(Interpreter::from_tag).or(by_magic.clone());
        // Whether its magic numbers and its code are known.
        let is_known = match writer {
            Some(Interpreter::CPython(version)) => version <= magic::NEWEST,
            Some(Interpreter::PyPy(_)) => true,
            _ => false,
        };
        let agrees = match writer {
            Some(Interpreter::PyPy(_)) => matches!(by_magic, Some(Interpreter::PyPy(_))),
            _ => writer == by_magic,
        };
        if is_known && !agrees {
            return Err(Damage::Misnamed(magic));
        }
        let layout = Layout::of(magic);
        let body = bytes.get(layout.header_len()..).ok_or(truncated)?;
        let first = body.first().ok_or(truncated)?;
        let validation = validation(bytes, layout)?;
        // Since 3.4 mostly with the flag of a reference.
        if is_known && first & 0x7f != b'c' {
            return Err(Damage::NoCode);
        } else if is_known && body.len() < MIN_CODE_LEN {
            return Err(truncated);
        }
        Ok(Self {
            magic,
            layout,
            validation,
        })
    }
}

fn validation(bytes: &[u8], layout: Layout) -> Result<Validation, Damage> {
    let (flags, at) = match layout {
        Layout::Flags => (number(bytes, 4)?, 8),
        _ => (0, 4),
    };
    match flags {
        0 | 2 => Ok(Validation::Timestamp {
            mtime: number(bytes, at)?,
            size: match layout {
                Layout::Mtime => None,
                _ => Some(number(bytes, at + 4)?),
            },
        }),
        1 | 3 => Ok(Validation::Hash {
            checked: flags == 3,
            hash: field(bytes, at)?,
        }),
        _ => Err(Damage::UnknownFlags(flags)),
    }
}

fn number(bytes: &[u8], at: usize) -> Result<u32, Damage> {
    field(bytes, at).map(u32::from_le_bytes)
}

fn field<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N], Damage> {
    let field = bytes.get(at..).and_then(<[u8]>::first_chunk);
    field.copied().ok_or_else(|| Damage::truncated(bytes))
}
