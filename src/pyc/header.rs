//! The header of a bytecode file: PEP 552, and the two layouts before it.

use std::fmt;

use super::interpreter::Interpreter;
use super::magic::{self, Layout};

/// The number of bytes that [`Header::parse`] can use: the longest header and the
/// shortest code object.
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
        /// Otherwise it runs the bytecode even if the source has changed.
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
    /// The file starts with this magic number, which is not one of the interpreter in
    /// the name of the file.
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
            Self::Truncated(1) => f.write_str("truncated after 1 byte"),
            Self::Truncated(len) => write!(f, "truncated after {len} bytes"),
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
    /// Parses the first bytes of a file: at least [`PROBE_LEN`] bytes, or all if the
    /// file is shorter. `tag` is the cache tag in the name of the file, if it has one.
    ///
    /// If the magic number is not known, any header that begins with a magic number is
    /// accepted, because a new interpreter may have written it.
    ///
    /// # Errors
    ///
    /// Returns the damage for which every interpreter rejects the file: see
    /// `_classify_pyc` and `_compile_bytecode` of importlib, or `check_compiled_module`
    /// and `load_compiled_module` of Python 2.
    ///
    /// ```
    /// use pyclean::pyc::{Damage, Header};
    ///
    /// let mut python_312 = b"\xcb\r\r\n\0\0\0\0\x39\x30\0\0\x07\0\0\0\xe3".to_vec();
    /// python_312.resize(33, 0);
    /// let tag = Some("cpython-312");
    /// assert_eq!(Header::parse(&python_312, tag).unwrap().magic, 3531);
    /// assert_eq!(Header::parse(&python_312[..7], tag), Err(Damage::Truncated(7)));
    /// ```
    pub fn parse(bytes: &[u8], tag: Option<&str>) -> Result<Self, Damage> {
        let truncated = Damage::truncated(bytes);
        let magic = match bytes.len() {
            0 => return Err(Damage::Empty),
            1..4 => return Err(truncated),
            _ => magic::number(bytes).ok_or(Damage::NotBytecode)?,
        };
        let writer = writer(magic, tag)?;
        let layout = Layout::of(magic);
        let body = bytes.get(layout.header_len()..).ok_or(truncated)?;
        let first = body.first().ok_or(truncated)?;
        let validation = validation(bytes, layout)?;
        let has_marshalled_code = match writer {
            Some(Interpreter::CPython(version)) => version <= magic::NEWEST,
            Some(Interpreter::PyPy(_)) => true,
            _ => false,
        };
        // The type byte is 'c', since 3.4 mostly with the flag of a reference.
        if has_marshalled_code && first & 0x7f != b'c' {
            return Err(Damage::NoCode);
        }
        if has_marshalled_code && body.len() < MIN_CODE_LEN {
            return Err(truncated);
        }
        Ok(Self {
            magic,
            layout,
            validation,
        })
    }
}

/// The interpreter that wrote a file with this magic number and tag, if it is known.
///
/// The tagged version rejects a magic number of another version. If the numbers of a
/// version are not final (future CPythons, and PyPy, which changes its number at any
/// time), any number of the same implementation is accepted.
fn writer(magic: u16, tag: Option<&str>) -> Result<Option<Interpreter>, Damage> {
    let by_magic = magic::interpreter(magic);
    let Some(tagged) = tag.map(Interpreter::from_tag) else {
        return Ok(by_magic);
    };
    let agrees = match (&tagged, &by_magic) {
        (Interpreter::CPython(version), _) if *version > magic::NEWEST => true,
        (Interpreter::CPython(_), by_magic) => by_magic.as_ref() == Some(&tagged),
        (Interpreter::PyPy(_), by_magic) => matches!(by_magic, Some(Interpreter::PyPy(_))),
        _ => true,
    };
    agrees
        .then_some(Some(tagged))
        .ok_or(Damage::Misnamed(magic))
}

fn validation(bytes: &[u8], layout: Layout) -> Result<Validation, Damage> {
    let number = |at| field(bytes, at).map(u32::from_le_bytes);
    let (mtime, size) = match layout {
        Layout::Mtime => (number(4)?, None),
        Layout::MtimeAndSize => (number(4)?, Some(number(8)?)),
        Layout::Flags => (number(8)?, Some(number(12)?)),
    };
    let flags = number(4)?;
    if layout != Layout::Flags {
        return Ok(Validation::Timestamp { mtime, size });
    }
    if flags & !0b11 != 0 {
        return Err(Damage::UnknownFlags(flags));
    }
    if flags & 0b01 == 0 {
        return Ok(Validation::Timestamp { mtime, size });
    }
    Ok(Validation::Hash {
        checked: flags & 0b10 != 0,
        hash: field(bytes, 8)?,
    })
}

fn field<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N], Damage> {
    let field = bytes.get(at..).and_then(<[u8]>::first_chunk);
    field.copied().ok_or_else(|| Damage::truncated(bytes))
}
