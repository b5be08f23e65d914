//! The bytes a bytecode file begins with: PEP 552, and the two layouts before it.

use std::fmt;

use super::interpreter::Interpreter;
use super::magic::{self, Layout};

/// How many bytes of a file [`Header::parse`] can make use of: the longest header, and the least of
/// a code object.
pub const PROBE_LEN: usize = 16 + MIN_CODE_LEN;

/// No code object is shorter: it begins with a type byte and at least four 32-bit numbers, in every
/// Python.
const MIN_CODE_LEN: usize = 17;

/// The header of a bytecode file. All numbers in it are little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Header {
    /// The number of the interpreter's bytecode, without the `\r\n` that follows it.
    pub magic: u16,
    /// Which fields there are.
    pub layout: Layout,
    /// How the interpreter finds out whether the source has changed.
    pub validation: Validation,
}

/// What a header remembers of the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Validation {
    /// Its time and size when it was compiled.
    Timestamp {
        /// Seconds since 1970, modulo 2³².
        mtime: u32,
        /// Bytes, modulo 2³². `None` in [`Layout::Time`].
        size: Option<u32>,
    },
    /// A hash of its bytes (PEP 552). Only in [`Layout::Flags`].
    Hash {
        /// Whether the interpreter compares the hash when it imports the module. If not, it runs
        /// the bytecode whatever has become of the source.
        checked: bool,
        /// What `_imp.source_hash` gave.
        hash: [u8; 8],
    },
}

/// Why a file cannot be bytecode that an interpreter would run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Damage {
    /// It has no bytes at all.
    Empty,
    /// It ends within the header, or before there can be a code object, with so many bytes. A file
    /// that is cut off further on is not found out.
    CutOff(usize),
    /// The magic number does not end with `\r\n`, as that of every interpreter does.
    NotBytecode,
    /// The magic number is that of another interpreter than the name tells. `None` is one that
    /// nobody has.
    Misnamed(Option<Interpreter>),
    /// There are flags that PEP 552 does not know.
    UnknownFlags(u32),
    /// What follows the header is not a code object.
    NoCode,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("empty"),
            Self::CutOff(1) => f.write_str("cut off after 1 byte"),
            Self::CutOff(len) => write!(f, "cut off after {len} bytes"),
            Self::NotBytecode => f.write_str("not bytecode"),
            Self::Misnamed(Some(interpreter)) => write!(f, "bytecode of {interpreter}"),
            Self::Misnamed(None) => f.write_str("unknown magic number"),
            Self::UnknownFlags(flags) => write!(f, "unknown flags {flags:#x}"),
            Self::NoCode => f.write_str("no code after the header"),
        }
    }
}

impl std::error::Error for Damage {}

impl Header {
    /// Reads the header from the first bytes of a file, of which it wants [`PROBE_LEN`], or all if
    /// there are fewer. `tag` is the cache tag in the file's name, if it has one.
    ///
    /// Refuses what every interpreter refuses, as `_classify_pyc` and `_compile_bytecode` of
    /// importlib do, or `check_compiled_module` and `load_compiled_module` of Python 2. Where no
    /// interpreter is known, anything that ends its magic number with `\r\n` passes, as a new one
    /// might.
    ///
    /// ```
    /// use pyclean::pyc::{Damage, Header};
    ///
    /// let mut python_312 = b"\xcb\r\r\n\0\0\0\0\x39\x30\0\0\x07\0\0\0\xe3".to_vec();
    /// python_312.resize(33, 0);
    /// assert_eq!(Header::parse(&python_312, Some("cpython-312")).unwrap().magic, 3531);
    /// assert_eq!(Header::parse(&python_312[..7], Some("cpython-312")), Err(Damage::CutOff(7)));
    /// ```
    pub fn parse(bytes: &[u8], tag: Option<&str>) -> Result<Self, Damage> {
        let cut_off = || Damage::CutOff(bytes.len());
        if bytes.is_empty() {
            return Err(Damage::Empty);
        }
        if bytes.len() < 4 {
            return Err(cut_off());
        }
        let magic = magic::number(bytes).ok_or(Damage::NotBytecode)?;
        let writer = writer(magic, tag)?;
        let layout = layout(magic, tag, writer.as_ref());
        let body = bytes.get(layout.header_len()..).ok_or_else(cut_off)?;
        let first = body.first().ok_or_else(cut_off)?;
        let header = Self {
            magic,
            layout,
            validation: validation(bytes, layout)?,
        };
        // All CPythons and PyPys marshal a code object as 'c', most since 3.4 with the flag for a
        // reference.
        let is_settled = match writer {
            Some(Interpreter::CPython(version)) => version <= magic::NEWEST,
            Some(Interpreter::PyPy(_)) => true,
            _ => false,
        };
        if is_settled && first & 0x7f != b'c' {
            return Err(Damage::NoCode);
        }
        if is_settled && body.len() < MIN_CODE_LEN {
            return Err(cut_off());
        }
        Ok(header)
    }

    /// The header as it lies in a file: 8, 12 or 16 bytes. The inverse of [`Header::parse`].
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.layout.header_len());
        bytes.extend(self.magic.to_le_bytes());
        bytes.extend(b"\r\n");
        match self.validation {
            Validation::Timestamp { mtime, size } => {
                if self.layout == Layout::Flags {
                    bytes.extend([0; 4]);
                }
                bytes.extend(mtime.to_le_bytes());
                bytes.extend(size.map(u32::to_le_bytes).into_iter().flatten());
            }
            Validation::Hash { checked, hash } => {
                let flags: u32 = if checked { 0b11 } else { 0b01 };
                bytes.extend(flags.to_le_bytes());
                bytes.extend(hash);
            }
        }
        bytes
    }
}

/// Who wrote a file with this magic number under this tag, `None` if that cannot be known.
///
/// A magic number that is not of the tagged version is refused by that version. Where the numbers
/// are not settled (CPythons yet to come; PyPy, which takes a new one when it likes), those of the
/// implementation will do.
fn writer(magic: u16, tag: Option<&str>) -> Result<Option<Interpreter>, Damage> {
    let by_magic = magic::interpreter(magic);
    let Some(tagged) = tag.map(Interpreter::from_tag) else {
        return Ok(by_magic);
    };
    let fits = match (&tagged, &by_magic) {
        (Interpreter::CPython(version), _) if *version > magic::NEWEST => true,
        (Interpreter::CPython(_), by_magic) => by_magic.as_ref() == Some(&tagged),
        (Interpreter::PyPy(_), by_magic) => matches!(by_magic, Some(Interpreter::PyPy(_))),
        (Interpreter::Jython | Interpreter::Other(_), _) => true,
    };
    if fits {
        Ok(Some(tagged))
    } else {
        Err(Damage::Misnamed(by_magic))
    }
}

fn layout(magic: u16, tag: Option<&str>, writer: Option<&Interpreter>) -> Layout {
    if tag.is_some_and(is_pytest_before_6_2) {
        return Layout::TimeAndSize;
    }
    match writer {
        // It may have taken a number that CPython once had.
        Some(Interpreter::Other(_)) => Layout::Flags,
        _ => Layout::of(magic),
    }
}

/// pytest kept to magic number, time and size whatever Python it ran on, 2.7 and 3.7 alike, until
/// its 6.2 followed PEP 552. Before 5.0 its tag gave no version.
fn is_pytest_before_6_2(tag: &str) -> bool {
    if tag.ends_with("-PYTEST") {
        return true;
    }
    let Some((_, version)) = tag.split_once("-pytest-") else {
        return false;
    };
    let mut numbers = version
        .split('.')
        .map_while(|number| number.parse::<u32>().ok());
    matches!((numbers.next(), numbers.next()), (Some(major), Some(minor)) if (major, minor) < (6, 2))
}

fn validation(bytes: &[u8], layout: Layout) -> Result<Validation, Damage> {
    let cut_off = || Damage::CutOff(bytes.len());
    let field = |at| word(bytes, at).ok_or_else(cut_off);
    let number = |at| field(at).map(u32::from_le_bytes);
    let flags = if layout == Layout::Flags {
        number(4)?
    } else {
        0
    };
    if flags & !0b11 != 0 {
        return Err(Damage::UnknownFlags(flags));
    }
    if flags & 0b01 != 0 {
        let [a, b, c, d] = field(8)?;
        let [e, f, g, h] = field(12)?;
        return Ok(Validation::Hash {
            checked: flags & 0b10 != 0,
            hash: [a, b, c, d, e, f, g, h],
        });
    }
    let (mtime, size) = match layout {
        Layout::Time => (number(4)?, None),
        Layout::TimeAndSize => (number(4)?, Some(number(8)?)),
        Layout::Flags => (number(8)?, Some(number(12)?)),
    };
    Ok(Validation::Timestamp { mtime, size })
}

fn word(bytes: &[u8], at: usize) -> Option<[u8; 4]> {
    bytes.get(at..)?.first_chunk().copied()
}
