//! Names of bytecode files: cache tags (PEP 3147), optimization levels (PEP 488) and
//! the older forms.

use std::ffi::{OsStr, OsString};

use super::interpreter::Interpreter;

/// The parts of the name of a bytecode file, borrowed from the parsed name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BytecodeName<'a> {
    /// The name of the source without its suffix. It may contain dots, or be empty (`.pyc`).
    pub module: &'a OsStr,
    /// The form of the rest of the name.
    pub form: Form<'a>,
    /// Whether digits follow, as in `m.cpython-312.pyc.1399`: the temporary file of an atomic
    /// write (`_write_atomic` of importlib; pytest does the same).
    pub is_partial_write: bool,
    /// Whether a sync tool renamed the file, because two machines wrote it:
    /// `m.cpython-312 (1).pyc`. No interpreter imports it.
    pub is_conflict_copy: bool,
}

/// The three forms of names of bytecode files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form<'a> {
    /// `m.cpython-312.pyc` (PEP 3147), `m.cpython-312.opt-2.pyc` (PEP 488), and
    /// pytest's `m.cpython-312-pytest-8.3.4.pyc`, whose tag contains dots.
    Tagged {
        /// The cache tag (PEP 421), such as `cpython-312`, with what pytest appends.
        tag: &'a str,
        /// The text after `opt-`, never empty.
        optimization: Option<&'a str>,
    },
    /// `m.pyc` and `m.pyo` beside the source.
    Untagged,
    /// `m$py.class`, which Jython writes beside the source.
    Jython,
}

/// The suffixes that a source may have, in the order of precedence: those of Python (CPython
/// imports `.pyw` on Windows only, but a tree may come from there), Hy, xonsh and Cython.
pub static SOURCE_SUFFIXES: [&str; 5] = [".py", ".pyw", ".hy", ".xsh", ".pyx"];

type Parts<'a> = (&'a [u8], &'a str, Option<&'a str>);

impl<'a> BytecodeName<'a> {
    /// Parses a file name without its directory. The last byte rejects most names.
    pub fn parse(name: &'a OsStr) -> Option<Self> {
        let bytes = name.as_encoded_bytes();
        match bytes.last()? {
            b'c' | b'o' => Self::parse_complete(bytes, false),
            b's' => Some(Self {
                module: os_str(bytes.strip_suffix(b"$py.class")?)?,
                form: Form::Jython,
                is_partial_write: false,
                is_conflict_copy: false,
            }),
            b'0'..=b'9' => {
                let dot = bytes.iter().rposition(|byte| !byte.is_ascii_digit())?;
                Self::parse_complete(bytes[..=dot].strip_suffix(b".")?, true)
            }
            _ => None,
        }
    }

    fn parse_complete(bytes: &'a [u8], is_partial_write: bool) -> Option<Self> {
        // Python 3.2 to 3.4 wrote `.pyo` under `-O`.
        let (stem, b".pyc" | b".pyo") = bytes.split_last_chunk()? else {
            return None;
        };
        let split = split_tag(stem);
        let copied = match split {
            Some((_, tag, _)) if !tag.contains("conflict-") => None,
            _ => split_conflict_copy(stem),
        };
        let has_host = split.is_some_and(|(_, tag, _)| has_host(tag));
        let (module, form) = match copied.or(split) {
            Some((module, tag, optimization)) => (module, Form::Tagged { tag, optimization }),
            None => (stem, Form::Untagged),
        };
        Some(Self {
            module: os_str(module)?,
            form,
            is_partial_write,
            is_conflict_copy: copied.is_some() || has_host,
        })
    }

    /// The cache tag, if the name has one.
    pub fn tag(&self) -> Option<&'a str> {
        match self.form {
            Form::Tagged { tag, .. } => Some(tag),
            Form::Untagged | Form::Jython => None,
        }
    }

    /// The interpreter that the name tells. `None` for a name without a tag, and for the tags of
    /// PyPy before 7.3, which do not tell the version of Python.
    pub fn interpreter(&self) -> Option<Interpreter> {
        match self.form {
            Form::Tagged { tag, .. } => {
                let interpreter = Interpreter::from_tag(tag);
                Some(interpreter).filter(|by| *by != Interpreter::PyPy(None))
            }
            Form::Untagged => None,
            Form::Jython => Some(Interpreter::Other("Jython".to_owned())),
        }
    }

    /// Whether the path that the file records matters: pytest before 9.2 wrote it, which does not
    /// correct that path when it loads the file (`_read_pyc`).
    pub fn needs_recorded_path(&self) -> bool {
        let version = self.tag().and_then(|tag| tag.split_once("-pytest-"));
        version.is_some_and(|(_, version)| {
            let mut numbers = version.split('.').map(|number| number.parse::<u32>().ok());
            (numbers.next().flatten(), numbers.next().flatten()) < (Some(9), Some(2))
        })
    }

    /// Whether the format of the file is known: that of CPython, PyPy and GraalPy. Before
    /// 6.2, pytest had headers of its own.
    pub fn has_known_format(&self) -> bool {
        const OLD_PYTEST: [&str; 4] = ["-PYTEST", "-pytest-5.", "-pytest-6.0", "-pytest-6.1"];
        let tag = self.tag().unwrap_or_default();
        !OLD_PYTEST.iter().any(|old| tag.contains(old))
            && !matches!(self.interpreter(), Some(Interpreter::Other(_)))
    }

    /// The name of the source with this suffix.
    pub fn source_name(&self, suffix: &str) -> OsString {
        let mut name = self.module.to_os_string();
        name.push(suffix);
        name
    }
}

/// What comes before the addition of a sync tool: that of Syncthing; of ownCloud before 2.5;
/// and in parentheses, that of Dropbox, Nextcloud, Seafile and others. macOS adds ` 2`.
const CONFLICT_MARKS: [&[u8]; 3] = [b".sync-conflict-", b"_conflict-", b" "];

fn split_conflict_copy(stem: &[u8]) -> Option<Parts<'_>> {
    (0..stem.len())
        .filter(|&at| {
            CONFLICT_MARKS
                .iter()
                .any(|mark| stem[at..].starts_with(mark))
        })
        .find_map(|at| split_tag(&stem[..at]))
}

/// Whether the name of a computer follows a tag: OneDrive adds it. Interpreters and tools
/// write tags in lower case, except pytest before 5.0.
fn has_host(tag: &str) -> bool {
    let is_of_pytest = tag.contains("-pytest-") || tag.ends_with("-PYTEST");
    !is_of_pytest && tag.bytes().any(|byte| byte.is_ascii_uppercase())
}

/// Splits `m.cpython-312.opt-2` into module, tag and optimization level.
fn split_tag(stem: &[u8]) -> Option<Parts<'_>> {
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
/// number, perhaps after a hyphen: `cpython-312`, `pypy39`, `graalpy241-311`.
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
