//! What counts as bytecode and debris, and what is skipped or ignored: tables of globs, which
//! never look at the entries that they match.

pub(crate) mod debris;
pub(crate) mod erase;
mod globs;
pub(crate) mod ignore;
pub(crate) mod topics;

use std::ffi::OsStr;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use globset::GlobSet;

pub(crate) use debris::Debris;
pub(crate) use erase::EraseGlobs;
pub(crate) use ignore::IgnoreRules;

use crate::pyc::{BytecodeName, Interpreter};

/// The directory in which Python keeps bytecode (PEP 3147).
pub(crate) const CACHE_DIR: &str = "__pycache__";

/// The names of bytecode files.
pub(crate) const BYTECODE: [&str; 5] = [
    "*.pyc",
    "*.pyo",
    "*$py.class",
    // Partial writes (`_write_atomic` in importlib adds a number to the name).
    "*.pyc.[0-9]*",
    "*.pyo.[0-9]*",
];

/// Names that are not searched by default, besides [`VCS_DIRS`]: environments, and the
/// dependencies of JavaScript.
const OTHER_SKIPS: &str = ".direnv .tox .nox .venv venv .pixi node_modules";

/// Where version control systems keep repositories.
pub(crate) const VCS_DIRS: [&str; 9] = [
    ".git", ".hg", ".svn", ".jj", ".bzr", "_darcs", ".pijul", ".sl", "CVS",
];

/// Everything that decides what is removed in a directory.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rules {
    pub(crate) ignore: Arc<IgnoreRules>,
    /// Whether [`default_skips`] are searched all the same.
    pub(crate) search_default_skips: bool,
    pub(crate) debris: Debris,
    /// Whether a hint names leftovers that are kept because no topic was chosen.
    pub(crate) hints_debris: bool,
    pub(crate) erase: Arc<EraseGlobs>,
    /// Whether empty directories are removed.
    pub(crate) folders: bool,
    pub(crate) removes_bytecode: bool,
    /// Whether directories are removed in which only orphaned bytecode was left: not if `stale`
    /// is a setting, which may only narrow.
    pub(crate) removes_ghosts: bool,
    pub(crate) bytecode: BytecodeFilter,
    pub(crate) reads_settings: bool,
    pub(crate) overrides: Overrides,
}

/// What the command line decides, so that settings cannot.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Overrides {
    pub(crate) debris: bool,
    pub(crate) stale: Option<bool>,
    pub(crate) python: bool,
}

/// Which bytecode is selected: a file that meets all conditions.
#[derive(Debug, Clone, Default)]
pub(crate) struct BytecodeFilter {
    pub(crate) stale: bool,
    /// Only bytecode of these interpreters, if there are any.
    pub(crate) only: Vec<Interpreter>,
    /// No bytecode of these interpreters.
    pub(crate) keep: Vec<Interpreter>,
}

impl Rules {
    /// Whether entries of this name are skipped, unless the user names them as a PATH.
    pub(crate) fn is_skipped_by_default(&self, name: &OsStr) -> bool {
        !self.search_default_skips && is_default_skip(name)
    }
}

impl BytecodeFilter {
    pub(crate) fn selects_all(&self) -> bool {
        !self.stale && !self.selects_by_interpreter()
    }

    pub(crate) fn selects_by_interpreter(&self) -> bool {
        !self.only.is_empty() || !self.keep.is_empty()
    }
}

/// Whether a file name is that of bytecode: a glob of [`BYTECODE`] matches it, and all of it
/// is the name of a bytecode file. `core.pyc.1.notes` is not.
pub(crate) fn is_bytecode(name: &OsStr) -> bool {
    static GLOBS: LazyLock<GlobSet> = LazyLock::new(|| globs::compile_table(BYTECODE));
    let bytes = name.as_encoded_bytes();
    // Rejects nearly all other names, several times faster than the globs.
    matches!(bytes.last(), Some(b'c' | b'o' | b's' | b'0'..=b'9'))
        && bytes.windows(2).any(|pair| pair == b"py")
        && GLOBS.is_match(name)
        && BytecodeName::parse(name).is_some()
}

fn is_default_skip(name: &OsStr) -> bool {
    default_skips().any(|one| name == one)
}

pub(crate) fn default_skips() -> impl Iterator<Item = &'static str> {
    VCS_DIRS.into_iter().chain(OTHER_SKIPS.split(' '))
}

pub(crate) fn is_installed(path: &Path) -> bool {
    path.iter().any(is_install_dir)
}

/// Where packages are installed. Their files belong to them, whatever their names.
pub(crate) fn is_install_dir(name: &OsStr) -> bool {
    name == "site-packages" || name == "dist-packages"
}

pub(crate) fn is_vcs_dir(name: &OsStr) -> bool {
    VCS_DIRS.iter().any(|dir| name == *dir)
}
