//! The interpreter that wrote a bytecode file.

use std::fmt;
use std::str::FromStr;

/// A Python interpreter, as far as its bytecode identifies it. Lists use this order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Interpreter {
    /// The reference implementation.
    CPython(Version),
    /// PyPy, with the version of Python it implements. The tags of PyPy before 7.3
    /// (`pypy3-72`, `pypy-20`) contain the version of PyPy instead.
    PyPy(Option<Version>),
    /// GraalPy, with the version of Python it implements, which only the cache tag
    /// tells.
    GraalPy(Option<Version>),
    /// Another interpreter, with its cache tag.
    Other(String),
}

/// A version of the Python language.
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

    fn from_digits(digits: &str) -> Option<Self> {
        let (major, minor) = digits.split_at_checked(1)?;
        Self::from_parts(major, minor)
    }

    fn from_parts(major: &str, minor: &str) -> Option<Self> {
        // `u8::from_str` also accepts a sign.
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
    /// Parses a cache tag (PEP 3147, PEP 421). Text after the version, such as the
    /// `-pytest-8.3.4` of pytest, does not matter.
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
        } else if let Some(rest) = tag.strip_prefix("graalpy") {
            // `graalpy241-311` is GraalPy 24.1, which implements Python 3.11.
            Self::GraalPy(rest.split_once('-').and_then(|(_, rest)| version(rest)))
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
            Self::GraalPy(Some(version)) => write!(f, "GraalPy {version}"),
            Self::GraalPy(None) => f.write_str("GraalPy"),
            Self::Other(tag) => f.write_str(tag),
        }
    }
}

/// The first CPython with free-threaded builds (PEP 703).
const FIRST_FREE_THREADED: Version = Version::new(3, 13);

/// An interpreter as a user names it: `3.11`, `311`, `cpython-311`, `pypy3.9`, `pypy39`,
/// `2.7`. A free-threaded build, such as `3.13t`, has the same cache tag as the default
/// build, so both are the same.
///
/// ```
/// use pyclean::pyc::Interpreter;
///
/// let selected = "3.11".parse();
/// assert_eq!(selected, Ok(Interpreter::from_tag("cpython-311-pytest-8.3.4")));
/// assert_ne!(selected, Ok(Interpreter::from_tag("pypy311")));
/// ```
impl FromStr for Interpreter {
    type Err = String;

    /// Parses a version with or without its dot, after `cpython`, `pypy` or nothing,
    /// which means CPython. Case and surrounding space do not matter. Only Python 2 and
    /// 3 are accepted: `13` is more likely a mistake than Python 1.3. A `t` may follow
    /// CPython 3.13 and newer.
    ///
    /// # Errors
    ///
    /// Returns a message if the text is not a version of Python 2 or 3.
    fn from_str(value: &str) -> Result<Self, Self::Err> {
        let lower = value.trim().to_ascii_lowercase();
        let (is_pypy, rest) = match lower.strip_prefix("pypy") {
            Some(rest) => (true, rest),
            None => (false, lower.strip_prefix("cpython").unwrap_or(&lower)),
        };
        let is_named = rest.len() < lower.len();
        let number = rest.strip_prefix('-').filter(|_| is_named).unwrap_or(rest);
        let free_threaded = number.strip_suffix('t').filter(|_| !is_pypy);
        let number = free_threaded.unwrap_or(number);
        let version = match number.split_once('.') {
            Some((major, minor)) => Version::from_parts(major, minor),
            None => Version::from_digits(number),
        };
        let exists = |version: &Version| {
            matches!(version.major, 2 | 3)
                && (free_threaded.is_none() || *version >= FIRST_FREE_THREADED)
        };
        match version.filter(exists) {
            Some(version) if is_pypy => Ok(Self::PyPy(Some(version))),
            Some(version) => Ok(Self::CPython(version)),
            None => Err(format!(
                "'{value}' is not a Python version; write it like 3.11, 311, cpython-311, pypy3.9, pypy39 or 2.7"
            )),
        }
    }
}
