//! Names of bytecode files: PEP 3147 (tags), PEP 488 (optimization levels), and what came before
//! them.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use super::interpreter::Interpreter;

/// What the name of a bytecode file says. Borrows from the name it was parsed from.
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
    /// The module, that is, the name of its source without `.py`. Dots are part of it. It is empty
    /// for a bare `.pyc`, which no interpreter writes, but which `*.pyc` matches.
    pub module: &'a OsStr,
    /// How the rest of the name is made.
    pub form: Form<'a>,
    /// The digits after `.pyc.`: a temporary of an atomic write that was interrupted before the
    /// file got its real name (CPython's `_write_atomic`, and pytest's).
    pub temporary: Option<&'a str>,
}

/// The three ways in which bytecode files were ever named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form<'a> {
    /// `m.cpython-312.pyc`, `m.cpython-312.opt-2.pyc` (PEP 3147, PEP 488), and pytest's
    /// `m.cpython-312-pytest-8.3.4.pyc`, with a tag that holds dots.
    Tagged {
        /// The cache tag, such as `cpython-312` (PEP 421), with what pytest adds to it.
        tag: &'a str,
        /// What follows `opt-`: `1` and `2` are Python's own, import hooks use words. Never empty.
        optimization: Option<&'a str>,
        /// Which extension it has: `.pyo` is what Python 3.2 to 3.4 wrote under `-O`.
        extension: Extension,
    },
    /// `m.pyc` and `m.pyo`, beside the source: Python 2, `compileall -b`, and distributions without
    /// sources.
    Untagged(Extension),
    /// `m$py.class`, which Jython writes beside the source.
    Jython,
}

/// The two extensions of bytecode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Extension {
    /// `.pyc`
    Pyc,
    /// `.pyo`, optimized bytecode until Python 3.5 (PEP 488).
    Pyo,
}

const JYTHON: &[u8] = b"$py.class";

impl<'a> BytecodeName<'a> {
    /// Reads a file name, without its directory. `None` means that it is no name of a bytecode
    /// file.
    ///
    /// Any name can be given, in any encoding. Nothing is allocated, and a name that is none is
    /// mostly refused for its last byte, so this can be asked of every file of a tree.
    pub fn parse(name: &'a OsStr) -> Option<Self> {
        let bytes = name.as_encoded_bytes();
        match bytes.last()? {
            b'c' | b'o' => Self::parse_finished(bytes, None),
            b's' => Some(Self {
                module: os_str(bytes.strip_suffix(JYTHON)?),
                form: Form::Jython,
                temporary: None,
            }),
            b'0'..=b'9' => {
                let dot = bytes.iter().rposition(|byte| !byte.is_ascii_digit())?;
                let (finished, digits) = (&bytes[..dot], &bytes[dot + 1..]);
                let digits = str::from_utf8(digits).ok()?;
                (bytes[dot] == b'.').then(|| Self::parse_finished(finished, Some(digits)))?
            }
            _ => None,
        }
    }

    fn parse_finished(bytes: &'a [u8], temporary: Option<&'a str>) -> Option<Self> {
        let (stem, extension) = match bytes.split_last_chunk()? {
            (stem, b".pyc") => (stem, Extension::Pyc),
            (stem, b".pyo") => (stem, Extension::Pyo),
            _ => return None,
        };
        let (module, form) = match split_tag(stem) {
            Some((module, tag, optimization)) => {
                let form = Form::Tagged {
                    tag,
                    optimization,
                    extension,
                };
                (module, form)
            }
            None => (stem, Form::Untagged(extension)),
        };
        Some(Self {
            module: os_str(module),
            form,
            temporary,
        })
    }

    /// Whether this is what an interrupted write left behind.
    pub fn is_interrupted(&self) -> bool {
        self.temporary.is_some()
    }

    /// The cache tag, if the name has one.
    pub fn tag(&self) -> Option<&'a str> {
        match self.form {
            Form::Tagged { tag, .. } => Some(tag),
            Form::Untagged(_) | Form::Jython => None,
        }
    }

    /// The interpreter that the name tells of. `None` for a name without a tag, and for the tags of
    /// early PyPys, which do not tell the version of Python: ask [the magic
    /// number](super::magic::interpreter) of the file then.
    pub fn interpreter(&self) -> Option<Interpreter> {
        match self.form {
            Form::Tagged { tag, .. } => {
                Some(Interpreter::from_tag(tag)).filter(|by| *by != Interpreter::PyPy(None))
            }
            Form::Untagged(_) => None,
            Form::Jython => Some(Interpreter::Jython),
        }
    }

    /// The names that the source can have, the one that wins first: `m.py`, then `m.pyw` (which
    /// CPython imports on Windows only, but a tree may have come from there). `source_from_cache`
    /// of importlib knows only the first.
    pub fn sources(&self) -> impl Iterator<Item = OsString> + use<'a> {
        let module = self.module;
        let extensions: &[&str] = match self.form {
            Form::Jython => &[".py"],
            Form::Tagged { .. } | Form::Untagged(_) => &[".py", ".pyw"],
        };
        extensions.iter().map(move |extension| {
            let mut source = module.to_os_string();
            source.push(extension);
            source
        })
    }

    /// What [`module_of`] made of the name of its source, whatever that is called. Of one without
    /// any dot there is none before the tag, either: `toolcpython-312.pyc`.
    pub fn module_of_any_source(&self) -> Option<&'a OsStr> {
        if self.tag().is_some() {
            return Some(self.module);
        }
        let name = self.module.to_str()?;
        let tag = name.rfind("cpython-").or(name.rfind("pypy"))?;
        Some(OsStr::new(&name[..tag]))
    }

    /// Gives back the name that was parsed: the inverse of [`BytecodeName::parse`].
    pub fn to_os_string(&self) -> OsString {
        let mut name = self.module.to_os_string();
        match self.form {
            Form::Tagged {
                tag,
                optimization,
                extension,
            } => {
                name.push(".");
                name.push(tag);
                if let Some(level) = optimization {
                    name.push(".opt-");
                    name.push(level);
                }
                name.push(extension.as_str());
            }
            Form::Untagged(extension) => name.push(extension.as_str()),
            Form::Jython => name.push("$py.class"),
        }
        if let Some(digits) = self.temporary {
            name.push(".");
            name.push(digits);
        }
        name
    }
}

impl Extension {
    /// The extension with its dot.
    pub fn as_str(self) -> &'static str {
        match self {
            Extension::Pyc => ".pyc",
            Extension::Pyo => ".pyo",
        }
    }
}

/// What stands before the tag in the name of the bytecode of a source: all before its last dot, or
/// all but a dot that it begins with (`cache_from_source` of `importlib`).
pub fn module_of(source: &OsStr) -> OsString {
    let path = Path::new(source);
    let hidden = source.to_str().and_then(|name| name.strip_prefix('.'));
    match (path.extension(), hidden) {
        (None, Some(hidden)) => hidden.into(),
        _ => path.file_stem().unwrap_or_default().to_owned(),
    }
}

/// Splits `m.cpython-312.opt-2` into module, tag and optimization.
///
/// The last part that can begin a tag is the tag, as modules may hold dots too. Only pytest's tags
/// hold dots, those of the version; anything else after a tag means that it was none.
fn split_tag(stem: &[u8]) -> Option<(&[u8], &str, Option<&str>)> {
    let (rest, optimization) = split_optimization(stem).unwrap_or((stem, None));
    let mut end = rest.len();
    while let Some(dot) = rest[..end].iter().rposition(|&byte| byte == b'.') {
        if begins_tag(&rest[dot + 1..end]) {
            let tag = str::from_utf8(&rest[dot + 1..])
                .ok()
                .filter(|tag| tag.bytes().all(|byte| byte.is_ascii_graphic()))?;
            return (end == rest.len() || tag.contains("-pytest-")).then_some((
                &rest[..dot],
                tag,
                optimization,
            ));
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

/// Whether `part` looks like the tag of some Python: a word with "py" in it, then a number, perhaps
/// after a hyphen: `cpython-312`, `pypy39`, `pypy3-72`, `graalpy241-311`, `rustpython-01`. What
/// else stands after a dot (`my.script.pyc`) belongs to the module.
fn begins_tag(part: &[u8]) -> bool {
    let word = part
        .iter()
        .take_while(|byte| byte.is_ascii_alphabetic())
        .count();
    let (word, number) = part.split_at(word);
    let number = number.strip_prefix(b"-").unwrap_or(number);
    number.first().is_some_and(u8::is_ascii_digit) && word.windows(2).any(|pair| pair == b"py")
}

/// Makes a part of a name a name again.
fn os_str(module: &[u8]) -> &OsStr {
    // SAFETY: every caller cuts a whole OsStr right before an ASCII byte ('.' or '$'), which is
    // where `from_encoded_bytes_unchecked` allows a cut.
    unsafe { OsStr::from_encoded_bytes_unchecked(module) }
}
