//! Which Python wrote a bytecode file, and which Pythons a user asks for.

use std::fmt;
use std::str::FromStr;

/// A Python interpreter, as far as its bytecode tells. The order is the one to list them in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Interpreter {
    /// The reference implementation.
    CPython(Version),
    /// PyPy, with the version of Python it implements. Tags before PyPy 7.3 (`pypy3-72`, `pypy-20`)
    /// give PyPy's own version instead, which says nothing of that; only the magic number does.
    PyPy(Option<Version>),
    /// Jython. Its files do not give a version where one can read it.
    Jython,
    /// Any other, by its tag.
    Other(String),
}

/// The version of the language: what bytecode depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The 3 of 3.12.
    pub major: u8,
    /// The 12 of 3.12.
    pub minor: u8,
}

impl Version {
    /// A version from its two numbers.
    pub const fn new(major: u8, minor: u8) -> Self {
        Self { major, minor }
    }

    /// Reads what tags write: `312` is 3.12, `27` is 2.7. Until Python 10, the first digit is the
    /// major version.
    fn from_digits(digits: &str) -> Option<Self> {
        let (major, minor) = digits.split_at_checked(1)?;
        Self::from_parts(major, minor)
    }

    fn from_parts(major: &str, minor: &str) -> Option<Self> {
        // `u8::from_str` would also take a sign.
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(major) || !is_number(minor) {
            return None;
        }
        Some(Self::new(major.parse().ok()?, minor.parse().ok()?))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl Interpreter {
    /// Reads a cache tag (PEP 3147, PEP 421). What follows the version, such as pytest's
    /// `-pytest-8.3.4`, does not make it another interpreter.
    pub fn from_tag(tag: &str) -> Self {
        let version = |rest: &str| {
            let end = rest
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(rest.len());
            Version::from_digits(&rest[..end])
        };
        if let Some(version) = tag.strip_prefix("cpython-").and_then(version) {
            Self::CPython(version)
        } else if let Some(rest) = tag.strip_prefix("pypy") {
            Self::PyPy(version(rest))
        } else {
            Self::Other(tag.to_owned())
        }
    }
}

impl fmt::Display for Interpreter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CPython(version) => write!(f, "CPython {version}"),
            Self::PyPy(Some(version)) => write!(f, "PyPy {version}"),
            Self::PyPy(None) => f.write_str("PyPy"),
            Self::Jython => f.write_str("Jython"),
            Self::Other(tag) => f.write_str(tag),
        }
    }
}

/// One interpreter, as a user asks for it: `3.11`, `311`, `cpython-311`, `pypy3.9`, `pypy39`,
/// `2.7`.
///
/// ```
/// use pyclean::pyc::{Interpreter, VersionFilter};
///
/// let filter: VersionFilter = "3.11".parse().unwrap();
/// assert!(filter.matches(&Interpreter::from_tag("cpython-311-pytest-8.3.4")));
/// assert!(!filter.matches(&Interpreter::from_tag("pypy311")));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VersionFilter(Interpreter);

impl VersionFilter {
    /// Whether bytecode of `interpreter` was asked for.
    pub fn matches(&self, interpreter: &Interpreter) -> bool {
        self.0 == *interpreter
    }
}

impl fmt::Display for VersionFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for VersionFilter {
    type Err = InvalidVersion;

    /// Reads a version with or without its dot, after `cpython`, `pypy` or nothing, which means
    /// CPython. Case and surrounding space do not matter. Only Python 2 and 3 are versions: `13` is
    /// sooner a slip than Python 1.3.
    fn from_str(value: &str) -> Result<Self, Self::Err> {
        let lower = value.trim().to_ascii_lowercase();
        let (is_pypy, rest) = match lower.strip_prefix("pypy") {
            Some(rest) => (true, rest),
            None => (false, lower.strip_prefix("cpython").unwrap_or(&lower)),
        };
        let is_named = rest.len() < lower.len();
        let number = rest.strip_prefix('-').filter(|_| is_named).unwrap_or(rest);
        let version = match number.split_once('.') {
            Some((major, minor)) => Version::from_parts(major, minor),
            None => Version::from_digits(number),
        };
        match version.filter(|version| matches!(version.major, 2 | 3)) {
            Some(version) if is_pypy => Ok(Self(Interpreter::PyPy(Some(version)))),
            Some(version) => Ok(Self(Interpreter::CPython(version))),
            None => Err(InvalidVersion(value.to_owned())),
        }
    }
}

/// A text that is no version of Python.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidVersion(String);

impl fmt::Display for InvalidVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "'{}' is no Python version; write it like 3.11, 311, cpython-311, pypy3.9, pypy39 or 2.7",
            self.0
        )
    }
}

impl std::error::Error for InvalidVersion {}
