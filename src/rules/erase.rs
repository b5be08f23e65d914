//! The globs of `--erase`, relative to each PATH.

use std::path::{Component, Path, is_separator};

use anyhow::{Context, Result, ensure};

use super::path_glob::{PathGlob, Wildcards, check_size};

/// What the user asked to erase.
#[derive(Debug, Clone, Default)]
pub(crate) struct EraseGlobs(Vec<EraseGlob>);

#[derive(Debug, Clone)]
struct EraseGlob {
    glob: PathGlob,
    /// Whether it ended with a separator, as for directories in `pathlib`.
    is_dir_only: bool,
}

impl EraseGlobs {
    /// Parses globs.
    ///
    /// # Errors
    ///
    /// If a glob is not valid, is empty or too long, or points outside the PATH.
    pub(crate) fn new(globs: &[String]) -> Result<Self> {
        let parse = |text: &String| {
            check_size(text)?;
            let invalid = || format!("invalid --erase glob '{text}'");
            let is_inside =
                |part: Component| matches!(part, Component::Normal(_) | Component::CurDir);
            ensure!(
                Path::new(text).components().all(is_inside),
                "{}: it points outside PATH; use a relative path without '..'",
                invalid()
            );
            let glob = PathGlob::new(text).with_context(invalid)?;
            ensure!(!glob.is_empty(), "{}: it is empty", invalid());
            Ok(EraseGlob {
                glob,
                is_dir_only: text.ends_with(is_separator),
            })
        };
        Ok(Self(globs.iter().map(parse).collect::<Result<_>>()?))
    }

    /// Whether nothing is to be erased.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a path relative to a PATH is to be erased. The PATH itself never is. A
    /// directory of version control is only if a glob writes out its name.
    pub(crate) fn is_match(&self, path: &Path, is_dir: bool) -> bool {
        let matches = |erase: &EraseGlob| {
            (is_dir || !erase.is_dir_only) && erase.glob.is_match(path, Wildcards::ExceptVcs)
        };
        !path.as_os_str().is_empty() && self.0.iter().any(matches)
    }
}
