//! Magic numbers: the first two bytes of a bytecode file, which change with the bytecode of every
//! interpreter.
//!
//! The numbers of CPython are those listed in its `pycore_magic_number.h`; those of PyPy are the
//! values that `pypy_incremental_magic` had on its release branches.

use super::interpreter::{Interpreter, Version};

/// Where the numbers of each CPython begin. Each version ends where the next begins, as the gaps
/// were never used by anybody else.
const CPYTHON: &[(u16, Version)] = &[
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

/// From 3.11 on there is a rule: Python 3.n has the numbers from 2900 + 50 n.
const RULE_FROM: u16 = 2900 + 50 * 11;
/// The rule is trusted up to Python 3.99.
const RULE_TO: u16 = 2900 + 50 * 100;

/// Where the numbers of each CPython 2 begin.
const CPYTHON_2: &[(u16, Version)] = &[
    (62011, Version::new(2, 3)),
    (62041, Version::new(2, 4)),
    (62071, Version::new(2, 5)),
    (62151, Version::new(2, 6)),
    (62171, Version::new(2, 7)),
];

/// The one number of each CPython before 2.3; `python -U` wrote one more.
const CPYTHON_OLD: &[(u16, Version)] = &[
    (50823, Version::new(2, 0)),
    (60202, Version::new(2, 1)),
    (60717, Version::new(2, 2)),
];

/// CPython 2.7 ends with 62211 (and 62212 under `-U`); PyPy took its number plus 7.
const CPYTHON_2_LAST: u16 = 62212;
const PYPY_2_7: u16 = 62211 + 7;

/// Where the numbers of each PyPy 3 begin; all are below 3000, where CPython's start.
const PYPY: &[(u16, Version)] = &[
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
/// From here on, PyPy has not said yet what a number stands for.
const PYPY_END: u16 = 480;

/// The newest CPython whose numbers are known and not only foreseen.
pub const NEWEST: Version = Version::new(3, 15);

/// The number at the start of a bytecode file, or `None` if the first four bytes are not those of
/// one: every interpreter has `\r\n` follow it, so that a file that was copied as text shows.
pub fn number(bytes: &[u8]) -> Option<u16> {
    match bytes.first_chunk()? {
        &[low, high, b'\r', b'\n'] => Some(u16::from_le_bytes([low, high])),
        _ => None,
    }
}

/// The interpreter that writes `magic`, the number in the first two bytes, or `None` if nobody
/// known does.
pub fn interpreter(magic: u16) -> Option<Interpreter> {
    let version = match magic {
        ..PYPY_END => return Some(Interpreter::PyPy(last_from(PYPY, magic))),
        PYPY_END..3000 => return Some(Interpreter::PyPy(None)),
        PYPY_2_7 => return Some(Interpreter::PyPy(Some(Version::new(2, 7)))),
        RULE_FROM..RULE_TO => Some(Version::new(3, ((magic - 2900) / 50) as u8)),
        3000..RULE_FROM => last_from(CPYTHON, magic),
        62011..=CPYTHON_2_LAST => last_from(CPYTHON_2, magic),
        _ => last_from(CPYTHON_OLD, magic).filter(|_| is_listed(CPYTHON_OLD, magic)),
    };
    version.map(Interpreter::CPython)
}

fn last_from(table: &[(u16, Version)], magic: u16) -> Option<Version> {
    let (_, version) = table.iter().rev().find(|(first, _)| *first <= magic)?;
    Some(*version)
}

fn is_listed(table: &[(u16, Version)], magic: u16) -> bool {
    table
        .iter()
        .any(|(first, _)| magic == *first || magic == first + 1)
}

/// What follows the magic number in the header of a bytecode file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Layout {
    /// Time only: Python 2, and 3 before 3.3.
    Time,
    /// Time and size of the source: from 3.3 alpha 1 (number 3210) on.
    TimeAndSize,
    /// Flags, then time and size, or a hash (PEP 552): from 3.7 alpha 4 (number 3392) on.
    Flags,
}

impl Layout {
    /// The layout of a file by its number. A number that nobody is known to use is taken for that
    /// of a new interpreter.
    pub fn of(magic: u16) -> Self {
        match interpreter(magic) {
            Some(Interpreter::CPython(version)) if version.major < 3 => Self::Time,
            Some(Interpreter::CPython(_)) => match magic {
                ..3210 => Self::Time,
                3210..3392 => Self::TimeAndSize,
                3392.. => Self::Flags,
            },
            Some(Interpreter::PyPy(Some(version))) if version < Version::new(3, 3) => Self::Time,
            Some(Interpreter::PyPy(Some(version))) if version < Version::new(3, 7) => {
                Self::TimeAndSize
            }
            _ => Self::Flags,
        }
    }

    /// The length of the header in bytes, magic number included.
    pub fn header_len(self) -> usize {
        match self {
            Self::Time => 8,
            Self::TimeAndSize => 12,
            Self::Flags => 16,
        }
    }
}
