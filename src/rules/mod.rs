//! What counts as bytecode and debris, and what is skipped: tables of globs, without
//! access to the file system.

pub(crate) mod debris;
pub(crate) mod erase;
pub(crate) mod ignore;
mod name_globs;
pub(crate) mod path_glob;
pub(crate) mod topics;

use std::ffi::OsStr;
use std::path::Path;
use std::sync::LazyLock;

use globset::{Glob, GlobSet, GlobSetBuilder};

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
const OTHER_SKIPS: [&str; 7] = [
    ".direnv",
    ".tox",
    ".nox",
    ".venv",
    "venv",
    ".pixi",
    "node_modules",
];

/// Where version control systems keep repositories.
pub(crate) const VCS_DIRS: [&str; 9] = [
    ".git", ".hg", ".svn", ".jj", ".bzr", "_darcs", ".pijul", ".sl", "CVS",
];

/// Where packages are installed. Their files belong to them, whatever their names.
pub(crate) const INSTALL_DIRS: [&str; 2] = ["site-packages", "dist-packages"];

/// The files that describe a Python project.
pub(crate) const PROJECT_FILES: [&str; 3] = ["pyproject.toml", "setup.py", "setup.cfg"];

/// Everything that decides what is removed below a PATH.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rules {
    /// What the user excluded.
    pub(crate) ignore: IgnoreRules,
    /// Whether [`default_skips`] are searched all the same.
    pub(crate) search_default_skips: bool,
    /// Leftovers of tools.
    pub(crate) debris: Debris,
    /// Whether a hint names leftovers that are kept because no topic was chosen.
    pub(crate) hints_debris: bool,
    /// The globs of `--erase`.
    pub(crate) erase: EraseGlobs,
    /// Whether empty directories are removed.
    pub(crate) folders: bool,
    /// Which bytecode is selected.
    pub(crate) bytecode: BytecodeFilter,
}

/// Which bytecode is selected: a file that meets all conditions.
#[derive(Debug, Clone, Default)]
pub(crate) struct BytecodeFilter {
    /// Only stale bytecode.
    pub(crate) stale: bool,
    /// Only bytecode of these interpreters, if there are any.
    pub(crate) only: Vec<Interpreter>,
    /// No bytecode of these interpreters.
    pub(crate) keep: Vec<Interpreter>,
}

impl Rules {
    /// Whether entries of this name are skipped, unless the user names them as a PATH.
    pub(crate) fn is_skipped_by_default(&self, name: &OsStr) -> bool {
        !self.search_default_skips && default_skips().any(|one| name == one)
    }
}

impl BytecodeFilter {
    /// Whether all bytecode is selected.
    pub(crate) fn selects_all(&self) -> bool {
        !self.stale && !self.selects_by_interpreter()
    }

    /// Whether bytecode is selected by interpreter.
    pub(crate) fn selects_by_interpreter(&self) -> bool {
        !self.only.is_empty() || !self.keep.is_empty()
    }
}

/// Whether a file name is that of bytecode: a glob of [`BYTECODE`] matches it, and all of it
/// is the name of a bytecode file. `core.pyc.1.notes` is not.
pub(crate) fn is_bytecode(name: &OsStr) -> bool {
    static GLOBS: LazyLock<GlobSet> = LazyLock::new(|| {
        let mut globs = GlobSetBuilder::new();
        for glob in BYTECODE {
            // The table is constant, and a test compiles it.
            globs.add(Glob::new(glob).expect("a valid glob"));
        }
        globs.build().expect("valid globs")
    });
    let bytes = name.as_encoded_bytes();
    // Rejects nearly all other names, several times faster than the globs.
    let may_match = |byte: &u8| matches!(byte, b'c' | b'o' | b's' | b'0'..=b'9');
    bytes.last().is_some_and(may_match)
        && bytes.windows(2).any(|pair| pair == b"py")
        && GLOBS.is_match(name)
        && BytecodeName::parse(name).is_some()
}

/// Names that are not searched by default.
pub(crate) fn default_skips() -> impl Iterator<Item = &'static str> {
    VCS_DIRS.into_iter().chain(OTHER_SKIPS)
}

/// Whether a path leads into a directory of installed packages.
pub(crate) fn is_installed(path: &Path) -> bool {
    path.iter().any(is_install_dir)
}

/// Whether a name is that of a directory of installed packages.
pub(crate) fn is_install_dir(name: &OsStr) -> bool {
    is_one_of(&INSTALL_DIRS, name)
}

/// Whether a name is that of a directory in which version control keeps a repository.
pub(crate) fn is_vcs_dir(name: &OsStr) -> bool {
    is_one_of(&VCS_DIRS, name)
}

fn is_one_of(names: &[&str], name: &OsStr) -> bool {
    names.iter().any(|one| name == *one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_names_of_bytecode_match() {
        for (name, expected) in [
            ("m.pyc", true),
            (".pyc", true),
            ("m.cpython-312.opt-2.pyc", true),
            ("m.cpython-33.pyo", true),
            ("m$py.class", true),
            ("m.cpython-312.pyc.140213", true),
            ("m.pyo.1", true),
            ("m.pyc.1a", false),
            ("m.pyc.1c", false),
            ("core.pyc.1.notes", false),
            ("thesis.pyc.2024-11-01.doc", false),
            ("m.pyc.", false),
            ("m.py", false),
            ("m.so", false),
            ("m.pyd", false),
            ("m.class", false),
            ("pyc", false),
        ] {
            assert_eq!(is_bytecode(name.as_ref()), expected, "{name}");
            let parsed = BytecodeName::parse(name.as_ref()).is_some();
            assert_eq!(parsed, expected, "a glob is missing for {name}");
        }
    }
}
