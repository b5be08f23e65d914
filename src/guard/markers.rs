//! The entries by which a repository or a virtual environment is recognized.

use std::ffi::OsStr;

use crate::directory::EntryKind;
use crate::guard::KeepReason;
use crate::rules::is_vcs_dir;

/// The entries of a git directory.
const GIT_DIR_ENTRIES: [&str; 3] = ["HEAD", "objects", "refs"];

/// Files by which Fossil marks a checkout.
pub(crate) const FOSSIL_FILES: [&str; 2] = [".fslckout", "_FOSSIL_"];

/// Entries by which a virtual environment is recognized (PEP 405; conda).
pub(crate) const ENVIRONMENT_ENTRIES: [&str; 2] = ["pyvenv.cfg", "conda-meta"];

/// The directories of an environment that hold its programs.
pub(crate) const PROGRAM_DIRS: [&str; 2] = ["bin", "Scripts"];

/// The script that activates an environment, also one without `pyvenv.cfg`.
pub(crate) const ACTIVATE: &str = "activate";

/// What the entries of one directory say about it.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Markers {
    is_work_tree: bool,
    is_environment: bool,
    has_activate: bool,
    has_python: bool,
    /// How many of [`GIT_DIR_ENTRIES`] there are.
    git_dir_entries: usize,
}

impl Markers {
    /// Takes note of an entry.
    pub(crate) fn add(&mut self, name: &OsStr, kind: EntryKind) {
        let is = |one: &&str| name == *one;
        // `.git` can also be a file (a submodule or a linked work tree), or a symlink.
        self.is_work_tree |= (kind == EntryKind::Dir && is_vcs_dir(name))
            || name == ".git"
            || FOSSIL_FILES.iter().any(is);
        self.is_environment |= ENVIRONMENT_ENTRIES.iter().any(is);
        self.git_dir_entries += usize::from(GIT_DIR_ENTRIES.iter().any(is));
        self.has_activate |= name == ACTIVATE;
        self.has_python |= name.as_encoded_bytes().starts_with(b"python");
    }

    /// Why the directory with these entries must not be removed with another one.
    pub(crate) fn reason(self, allow_environments: bool) -> Option<KeepReason> {
        let is_git_dir = self.git_dir_entries >= GIT_DIR_ENTRIES.len();
        if self.is_work_tree || is_git_dir {
            Some(KeepReason::NestedRepository)
        } else if self.is_environment && !allow_environments {
            Some(KeepReason::NestedEnvironment)
        } else {
            None
        }
    }

    /// Whether these are the programs of a virtual environment.
    pub(crate) fn has_environment_programs(self, directory: &OsStr) -> bool {
        let is_program_dir = PROGRAM_DIRS.iter().any(|name| directory == *name);
        is_program_dir && self.has_activate && self.has_python
    }
}
