//! The interpreter that wrote a bytecode file.

use std::fmt;
use std::str::FromStr;

/// A Python interpreter, as far as its bytecode identifies it. Lists use this order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Interpreter {
    /// The reference implementation.
    CPython(Version),
    /// PyPy, with the version of Python it implements, which a tag before 7.3 does not tell.
    PyPy(Option<Version>),
    /// GraalPy, with the version of Python it implements, which only the cache tag tells.
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

    /// Parses `311` or `3.11`.
    fn parse(text: &str) -> Option<Self> {
        let (major, rest) = text.split_at_checked(1)?;
        let minor = rest.strip_prefix('.').unwrap_or(rest);
        // `u8::from_str` also accepts a sign.
        let is_number = minor.starts_with(|char: char| char.is_ascii_digit());
        is_number.then_some(Self::new(major.parse().ok()?, minor.parse().ok()?))
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
        if let Some(version) = tag.strip_prefix("cpython-").and_then(first_version) {
            Self::CPython(version)
        } else if let Some(rest) = tag.strip_prefix("pypy") {
            Self::PyPy(first_version(rest))
        } else if let Some(rest) = tag.strip_prefix("graalpy") {
            // `graalpy241-311` is GraalPy 24.1, which implements Python 3.11.
            let version = rest.split_once('-').map(|(_, rest)| rest);
            Self::GraalPy(version.and_then(first_version))
        } else {
            Self::Other(tag.to_owned())
        }
    }
}

fn first_version(text: &str) -> Option<Version> {
    Version::parse(text.split(|c: char| !c.is_ascii_digit()).next()?)
}

impl fmt::Display for Interpreter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CPython(version) => write!(f, "CPython {version}"),
            Self::PyPy(Some(version)) => write!(f, "PyPy {version}"),
            Self::GraalPy(Some(version)) => write!(f, "GraalPy {version}"),
            Self::PyPy(None) => f.write_str("PyPy"),
            Self::GraalPy(None) => f.write_str("GraalPy"),
            Self::Other(tag) => f.write_str(tag),
        }
    }
}

/// An interpreter as a user names it: `3.11`, `311`, `cpython-311`, `pypy3.9`, `pypy39`, `2.7`.
impl FromStr for Interpreter {
    type Err = String;

    /// Only Python 2 and 3 are accepted: `13` is more likely a mistake than Python 1.3, and `3.1`,
    /// which had no `__pycache__`, one for 3.10 or 3.11. A `t` may follow CPython 3.13 and newer,
    /// which has the same cache tag.
    fn from_str(value: &str) -> Result<Self, Self::Err> {
        let text = value.trim().to_ascii_lowercase();
        let is_pypy = text.starts_with("pypy");
        let mut names = ["pypy-", "pypy", "cpython-", "cpython"].iter();
        let number = names.find_map(|name| text.strip_prefix(name));
        let number = number.unwrap_or(&text);
        let free_threaded = number.strip_suffix('t').filter(|_| !is_pypy);
        let version = Version::parse(free_threaded.unwrap_or(number));
        let version = version.filter(|version| match version.major {
            2 => free_threaded.is_none(),
            3 if free_threaded.is_some() => version.minor >= 13,
            3 => version.minor >= 2,
            _ => false,
        });
        match version {
            Some(version) if is_pypy => Ok(Self::PyPy(Some(version))),
            Some(version) => Ok(Self::CPython(version)),
            None => Err(format!(
                "'{value}' is not a Python version; write it like 3.11, 311, cpython-311, pypy3.9, pypy39 or 2.7"
            )),
        }
    }
}
