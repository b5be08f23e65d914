//! Magic numbers: the first two bytes of a bytecode file, a little-endian number that
//! changes with the bytecode of every interpreter.
//!
//! The numbers of CPython are listed in its `pycore_magic_number.h`. Those of PyPy are
//! the values of `pypy_incremental_magic` on its release branches.

use super::interpreter::{Interpreter, Version};

/// The first number of each CPython 3 up to 3.10. Each version ends where the next one
/// begins: no other interpreter used the numbers between.
const CPYTHON_3: &[(u16, Version)] = &[
    (3000, Version::new(3, 0)),
    (3141, Version::new(3, 1)),
    (3160, Version::new(3, 2)),
    (3190, Version::new(3, 3)),
    (3250, Version::new(3, 4)),
    (3320, Version::new(3, 5)),
    (3360, Version::new(3, 6)),
    (3390, Version::new(3, 7)),
    (3400, Version::new(3, 8)),
    (3420, Version::new(3, 9)),
    (3430, Version::new(3, 10)),
];

/// Since 3.11, Python 3.n has the numbers from 2900 + 50 n.
const RULE_START: u16 = 2900 + 50 * 11;
/// The rule is applied up to Python 3.99.
const RULE_END: u16 = 2900 + 50 * 100;

/// The first number of each CPython 2. Versions before 2.3 are not known.
const CPYTHON_2: &[(u16, Version)] = &[
    (62011, Version::new(2, 3)),
    (62041, Version::new(2, 4)),
    (62071, Version::new(2, 5)),
    (62151, Version::new(2, 6)),
    (62171, Version::new(2, 7)),
];

/// The last number of CPython 2.7, for `python -U`. Without `-U` it is 62211.
const CPYTHON_2_LAST: u16 = 62212;
/// PyPy 2.7 uses the number of CPython 2.7 plus 7.
const PYPY_2_7: u16 = 62211 + 7;

/// The first number of each PyPy 3.
const PYPY_3: &[(u16, Version)] = &[
    (0, Version::new(3, 2)),
    (64, Version::new(3, 3)),
    (80, Version::new(3, 5)),
    (128, Version::new(3, 6)),
    (208, Version::new(3, 7)),
    (256, Version::new(3, 8)),
    (288, Version::new(3, 9)),
    (384, Version::new(3, 10)),
    (400, Version::new(3, 11)),
    (448, Version::new(3, 12)),
];
/// PyPy has not assigned the numbers from here on.
const PYPY_3_END: u16 = 480;

/// RustPython counts down from 2997.
const RUSTPYTHON_START: u16 = 2990;

/// GraalPy uses 21000 + 10 times the version of its bytecode. 21290 serves Python 3.11
/// and 3.12.
const GRAALPY: std::ops::Range<u16> = 21000..22000;

/// The newest CPython whose numbers are known.
pub(super) const NEWEST: Version = Version::new(3, 15);

/// The magic number at the start of a bytecode file. `None` if the first four bytes are
/// not a magic number: every interpreter writes `\r\n` after it, so that a file that
/// was copied as text is detected.
pub fn number(bytes: &[u8]) -> Option<u16> {
    match bytes.first_chunk()? {
        &[low, high, b'\r', b'\n'] => Some(u16::from_le_bytes([low, high])),
        _ => None,
    }
}

/// The interpreter that writes this magic number, or `None` if none is known.
pub fn interpreter(magic: u16) -> Option<Interpreter> {
    let version = match magic {
        ..PYPY_3_END => return Some(Interpreter::PyPy(last_from(PYPY_3, magic))),
        PYPY_3_END..RUSTPYTHON_START => return Some(Interpreter::PyPy(None)),
        _ if GRAALPY.contains(&magic) => return Some(Interpreter::GraalPy(None)),
        PYPY_2_7 => return Some(Interpreter::PyPy(Some(Version::new(2, 7)))),
        3000..RULE_START => last_from(CPYTHON_3, magic),
        RULE_START..RULE_END => Some(Version::new(3, ((magic - 2900) / 50) as u8)),
        62011..=CPYTHON_2_LAST => last_from(CPYTHON_2, magic),
        _ => None,
    };
    version.map(Interpreter::CPython)
}

fn last_from(table: &[(u16, Version)], magic: u16) -> Option<Version> {
    let (_, version) = table.iter().rev().find(|(first, _)| *first <= magic)?;
    Some(*version)
}

/// The fields that follow the magic number in a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Layout {
    /// The mtime of the source: Python 2, and 3 before 3.3.
    Mtime,
    /// The mtime and size of the source: since 3.3 alpha 1 (number 3210).
    MtimeAndSize,
    /// Flags, then mtime and size, or a hash (PEP 552): since 3.7 alpha 4 (number
    /// 3392).
    Flags,
}

impl Layout {
    /// The layout of a file with this magic number. An unknown number is treated as
    /// that of a new interpreter.
    pub fn of(magic: u16) -> Self {
        match interpreter(magic) {
            Some(Interpreter::CPython(version)) if version.major < 3 => Self::Mtime,
            Some(Interpreter::CPython(_)) => match magic {
                ..3210 => Self::Mtime,
                3210..3392 => Self::MtimeAndSize,
                3392.. => Self::Flags,
            },
            Some(Interpreter::PyPy(Some(version))) if version < Version::new(3, 3) => Self::Mtime,
            Some(Interpreter::PyPy(Some(version))) if version < Version::new(3, 7) => {
                Self::MtimeAndSize
            }
            _ => Self::Flags,
        }
    }

    /// The length of the header in bytes, including the magic number.
    pub const fn header_len(self) -> usize {
        match self {
            Self::Mtime => 8,
            Self::MtimeAndSize => 12,
            Self::Flags => 16,
        }
    }
}
