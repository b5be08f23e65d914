//! The entries by which a repository or a virtual environment is recognized.

use std::ffi::OsStr;

use crate::directory::EntryKind;
use crate::guard::KeepReason;
use crate::rules::is_vcs_dir;

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
    has_head: bool,
    has_objects: bool,
    has_refs: bool,
}

impl Markers {
    /// Takes note of an entry.
    pub(crate) fn add(&mut self, name: &OsStr, kind: EntryKind) {
        let is = |one: &&str| name == *one;
        let bytes = name.as_encoded_bytes();
        match bytes {
            // Also a file (a submodule or a linked work tree), or a symlink.
            b".git" => self.is_work_tree = true,
            b"HEAD" => self.has_head = true,
            b"objects" => self.has_objects = true,
            b"refs" => self.has_refs = true,
            _ if name == ACTIVATE => self.has_activate = true,
            _ if bytes.starts_with(b"python") => self.has_python = true,
            _ => {}
        }
        self.is_work_tree |=
            (kind == EntryKind::Dir && is_vcs_dir(name)) || FOSSIL_FILES.iter().any(is);
        self.is_environment |= ENVIRONMENT_ENTRIES.iter().any(is);
    }

    /// Why the directory with these entries must not be removed with another one.
    pub(crate) fn reason(self, allow_environments: bool) -> Option<KeepReason> {
        let is_git_dir = self.has_head && self.has_objects && self.has_refs;
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
