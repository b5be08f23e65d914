//! Magic numbers: the first two bytes of a bytecode file, a little-endian number that
//! changes with the bytecode of every interpreter.
//!
//! The numbers of CPython are listed in its `pycore_magic_number.h`. Those of PyPy are
//! the values of `pypy_incremental_magic` on its release branches.

use super::interpreter::{Interpreter, Version};

/// The first number of each CPython from 3.0 to 3.10. Each version ends where the next one begins:
/// no other interpreter used the numbers between.
const CPYTHON_3: [u16; 11] = [
    3000, 3141, 3160, 3190, 3250, 3320, 3360, 3390, 3400, 3420, 3430,
];

/// Since 3.11, Python 3.n has the numbers from 2900 + 50 n.
const RULE_START: u16 = 2900 + 50 * 11;
const RULE_END: u16 = 2900 + 50 * 100;

/// The first number of each CPython from 2.3 to 2.7.
const CPYTHON_2: [u16; 5] = [62011, 62041, 62071, 62151, 62171];

/// The last number of CPython 2.7, for `python -U`. Without `-U` it is 62211.
const CPYTHON_2_LAST: u16 = 62212;
/// PyPy 2.7 uses the number of CPython 2.7 plus 7.
const PYPY_2_7: u16 = 62211 + 7;

/// The first number of each PyPy from 3.2 to 3.12. There was no 3.4.
const PYPY_3: [u16; 11] = [0, 64, 80, 80, 128, 208, 256, 288, 384, 400, 448];
const PYPY_3_END: u16 = 480;

/// RustPython counts down from 2997.
const RUSTPYTHON_START: u16 = 2990;

/// GraalPy uses 21000 + 10 times the version of its bytecode. 21290 serves Python 3.11
/// and 3.12.
const GRAALPY: std::ops::Range<u16> = 21000..22000;

pub(super) const NEWEST: Version = Version::new(3, 15);

/// The magic number at the start of a bytecode file.
pub fn number(bytes: &[u8]) -> Option<u16> {
    match bytes.first_chunk()? {
        &[low, high, b'\r', b'\n'] => Some(u16::from_le_bytes([low, high])),
        _ => None,
    }
}

/// The interpreter that writes this magic number, or `None` if none is known.
pub fn interpreter(magic: u16) -> Option<Interpreter> {
    let version = match magic {
        ..PYPY_3_END => return Some(Interpreter::PyPy(last_from((3, 2), &PYPY_3, magic))),
        PYPY_3_END..RUSTPYTHON_START => return Some(Interpreter::PyPy(None)),
        _ if GRAALPY.contains(&magic) => return Some(Interpreter::GraalPy(None)),
        PYPY_2_7 => return Some(Interpreter::PyPy(Some(Version::new(2, 7)))),
        3000..RULE_START => last_from((3, 0), &CPYTHON_3, magic),
        RULE_START..RULE_END => Some(Version::new(3, ((magic - 2900) / 50) as u8)),
        62011..=CPYTHON_2_LAST => last_from((2, 3), &CPYTHON_2, magic),
        _ => None,
    };
    version.map(Interpreter::CPython)
}

fn last_from((major, minor): (u8, u8), starts: &[u16], magic: u16) -> Option<Version> {
    let at = starts.iter().rposition(|start| *start <= magic)?;
    Some(Version::new(major, minor + at as u8))
}

/// The fields that follow the magic number in a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Layout {
    /// The mtime of the source: Python 2, and 3 before 3.3.
    Mtime,
    /// The mtime and size of the source: since 3.3 alpha 1 (number 3210).
    MtimeAndSize,
    /// Flags, then mtime and size, or a hash (PEP 552): since 3.7 alpha 4 (number 3392).
    Flags,
}

impl Layout {
    /// The layout for a magic number. An unknown one is treated as that of a new interpreter.
    pub fn of(magic: u16) -> Self {
        match magic {
            // PyPy writes the header of the same version of CPython.
            ..64 | 3000..3210 | 62011..=CPYTHON_2_LAST | PYPY_2_7 => Self::Mtime,
            64..208 | 3210..3392 => Self::MtimeAndSize,
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
