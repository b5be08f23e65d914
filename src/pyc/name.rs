//! Names of bytecode files: cache tags (PEP 3147), optimization levels (PEP 488) and
//! the older forms.

use std::ffi::{OsStr, OsString};
use std::fmt;

use super::interpreter::Interpreter;

/// The parts of the name of a bytecode file, borrowed from the parsed name.
///
/// ```
/// use std::ffi::OsStr;
/// use pyclean::pyc::BytecodeName;
///
/// let name = BytecodeName::parse(OsStr::new("m.cpython-312.opt-2.pyc")).unwrap();
/// assert_eq!(name.module, "m");
/// assert_eq!(name.tag(), Some("cpython-312"));
/// assert!(BytecodeName::parse(OsStr::new("m.py")).is_none());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BytecodeName<'a> {
    /// The name of the source without its suffix. It may contain dots. It is empty for
    /// a file called `.pyc`, which no interpreter writes, but which `*.pyc` matches.
    pub module: &'a OsStr,
    /// The form of the rest of the name.
    pub form: Form<'a>,
    /// Whether digits follow, as in `m.cpython-312.pyc.1399`: the temporary file of an
    /// atomic write, which Python renames when it is complete (`_write_atomic` of
    /// importlib; pytest does the same).
    pub is_partial_write: bool,
}

/// The three forms of names of bytecode files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form<'a> {
    /// `m.cpython-312.pyc` (PEP 3147), `m.cpython-312.opt-2.pyc` (PEP 488), and
    /// pytest's `m.cpython-312-pytest-8.3.4.pyc`, whose tag contains dots.
    Tagged {
        /// The cache tag (PEP 421), such as `cpython-312`, with what pytest appends.
        tag: &'a str,
        /// The text after `opt-`, never empty. Python writes `1` and `2`, import hooks
        /// write words.
        optimization: Option<&'a str>,
    },
    /// `m.pyc` and `m.pyo` beside the source: Python 2, `compileall -b`, and
    /// distributions without sources.
    Untagged,
    /// `m$py.class`, which Jython writes beside the source.
    Jython,
}

/// The suffixes that a source may have. If several sources exist, the first one counts.
/// Bytecode of a source with any other suffix counts as orphaned.
///
/// CPython imports `.pyw` on Windows only, but a tree may have been copied from there.
/// The others are the sources of Hy, xonsh and Cython.
pub const SOURCE_SUFFIXES: [&str; 5] = [".py", ".pyw", ".hy", ".xsh", ".pyx"];

/// One of [`SOURCE_SUFFIXES`], by its index: a plan may hold a million of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SourceSuffix(pub(super) u8);

impl fmt::Display for SourceSuffix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(SOURCE_SUFFIXES[usize::from(self.0)])
    }
}

const JYTHON_SUFFIX: &str = "$py.class";

impl<'a> BytecodeName<'a> {
    /// Parses a file name without its directory. Returns `None` if it is not the name
    /// of a bytecode file.
    ///
    /// This allocates nothing, and the last byte rejects most names, so it is cheap
    /// enough for every file of a tree.
    pub fn parse(name: &'a OsStr) -> Option<Self> {
        let bytes = name.as_encoded_bytes();
        match bytes.last()? {
            b'c' | b'o' => Self::parse_complete(bytes, false),
            b's' => Some(Self {
                module: os_str(bytes.strip_suffix(JYTHON_SUFFIX.as_bytes())?)?,
                form: Form::Jython,
                is_partial_write: false,
            }),
            b'0'..=b'9' => {
                let dot = bytes.iter().rposition(|byte| !byte.is_ascii_digit())?;
                if bytes[dot] == b'.' {
                    Self::parse_complete(&bytes[..dot], true)
                } else {
                    None
                }
            }
            _ => None,
        }
    }

    fn parse_complete(bytes: &'a [u8], is_partial_write: bool) -> Option<Self> {
        // Python 3.2 to 3.4 wrote `.pyo` under `-O`.
        let (stem, b".pyc" | b".pyo") = bytes.split_last_chunk()? else {
            return None;
        };
        let (module, form) = match split_tag(stem) {
            Some((module, tag, optimization)) => (module, Form::Tagged { tag, optimization }),
            None => (stem, Form::Untagged),
        };
        Some(Self {
            module: os_str(module)?,
            form,
            is_partial_write,
        })
    }

    /// The cache tag, if the name has one.
    pub fn tag(&self) -> Option<&'a str> {
        match self.form {
            Form::Tagged { tag, .. } => Some(tag),
            Form::Untagged | Form::Jython => None,
        }
    }

    /// The interpreter that the name tells. `None` for a name without a tag, and for
    /// the tags of PyPy before 7.3, which do not tell the version of Python. The magic
    /// number of the file tells it then: [`interpreter`](super::magic::interpreter).
    pub fn interpreter(&self) -> Option<Interpreter> {
        match self.form {
            Form::Tagged { tag, .. } => {
                let interpreter = Interpreter::from_tag(tag);
                Some(interpreter).filter(|by| *by != Interpreter::PyPy(None))
            }
            Form::Untagged => None,
            Form::Jython => Some(Interpreter::Jython),
        }
    }

    /// The suffixes that the source may have, in the order of precedence.
    /// `source_from_cache` of importlib knows only `.py`.
    pub fn source_suffixes(&self) -> &'static [&'static str] {
        match self.form {
            Form::Jython => &SOURCE_SUFFIXES[..1],
            Form::Tagged { .. } | Form::Untagged => &SOURCE_SUFFIXES,
        }
    }

    /// The name of the source with this suffix.
    pub fn source_name(&self, suffix: &str) -> OsString {
        let mut name = self.module.to_os_string();
        name.push(suffix);
        name
    }
}

/// Splits `m.cpython-312.opt-2` into module, tag and optimization level.
///
/// The last part that can start a tag is the tag, because a module may contain dots.
/// Only the tags of pytest contain dots. Anything else after a tag means that the part
/// belongs to the module.
fn split_tag(stem: &[u8]) -> Option<(&[u8], &str, Option<&str>)> {
    let (rest, optimization) = split_optimization(stem).unwrap_or((stem, None));
    let mut end = rest.len();
    while let Some(dot) = rest[..end].iter().rposition(|&byte| byte == b'.') {
        if starts_tag(&rest[dot + 1..end]) {
            let tag = str::from_utf8(&rest[dot + 1..]).ok()?;
            let is_printable = tag.bytes().all(|byte| byte.is_ascii_graphic());
            let is_complete = end == rest.len() || tag.contains("-pytest-");
            return (is_printable && is_complete).then_some((&rest[..dot], tag, optimization));
        }
        end = dot;
    }
    None
}

fn split_optimization(stem: &[u8]) -> Option<(&[u8], Option<&str>)> {
    let dot = stem.iter().rposition(|&byte| byte == b'.')?;
    let level = str::from_utf8(stem[dot + 1..].strip_prefix(b"opt-")?).ok()?;
    let is_level = !level.is_empty() && level.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_level.then_some((&stem[..dot], Some(level)))
}

/// Whether `part` looks like the tag of a Python: a word that contains "py", then a
/// number, perhaps after a hyphen: `cpython-312`, `pypy39`, `pypy3-72`,
/// `graalpy241-311`, `rustpython-01`. Any other part (`my.script.pyc`) belongs to the
/// module.
fn starts_tag(part: &[u8]) -> bool {
    let is_letter = |byte: &&u8| byte.is_ascii_alphabetic();
    let (word, number) = part.split_at(part.iter().take_while(is_letter).count());
    let number = number.strip_prefix(b"-").unwrap_or(number);
    number.first().is_some_and(u8::is_ascii_digit) && word.windows(2).any(|pair| pair == b"py")
}

#[cfg(unix)]
fn os_str(bytes: &[u8]) -> Option<&OsStr> {
    Some(std::os::unix::ffi::OsStrExt::from_bytes(bytes))
}

/// A Windows name that is not valid Unicode is not taken for a bytecode file.
#[cfg(not(unix))]
fn os_str(bytes: &[u8]) -> Option<&OsStr> {
    str::from_utf8(bytes).ok().map(OsStr::new)
}
