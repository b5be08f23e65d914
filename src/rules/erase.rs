//! The globs of `--erase`, relative to each PATH.

use std::path::{Component, Path, PathBuf, is_separator};

use anyhow::{Context, Result, bail, ensure};
use globset::GlobMatcher;

use super::globs::parse_glob;
use super::is_vcs_dir;

#[derive(Debug, Clone, Default)]
pub(crate) struct EraseGlobs(Vec<EraseGlob>);

#[derive(Debug, Clone)]
struct EraseGlob {
    matcher: GlobMatcher,
    /// As in `pathlib`, if it ends with a separator.
    is_dir_only: bool,
    /// How many names of version control directories it writes out. In a path with more of
    /// these, a wildcard matches one.
    vcs_names: usize,
}

impl EraseGlobs {
    /// Parses globs. One that points outside the PATH is an error.
    pub(crate) fn new(globs: &[String]) -> Result<Self> {
        let parse =
            |glob| parse(glob).with_context(|| format!("invalid --erase glob '{glob:.80}'"));
        globs.iter().map(parse).collect::<Result<_>>().map(Self)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a path relative to a PATH is to be erased. The PATH itself never is. A
    /// directory of version control is only if a glob writes out its name.
    pub(crate) fn is_match(&self, path: &Path, is_dir: bool) -> bool {
        !path.as_os_str().is_empty()
            && self.0.iter().any(|glob| {
                (is_dir || !glob.is_dir_only)
                    && glob.matcher.is_match(path)
                    && count_vcs_names(path) <= glob.vcs_names
            })
    }
}

fn parse(glob: &String) -> Result<EraseGlob> {
    let mut path = PathBuf::new();
    for part in Path::new(glob).components() {
        match part {
            Component::Normal(name) => path.push(name),
            Component::CurDir => {}
            _ => bail!("it points outside PATH; use a relative path without '..'"),
        }
    }
    ensure!(!path.as_os_str().is_empty(), "it is empty");
    Ok(EraseGlob {
        matcher: parse_glob("", path.to_str().unwrap_or_default())?.compile_matcher(),
        is_dir_only: glob.ends_with(is_separator),
        vcs_names: count_vcs_names(&path),
    })
}

fn count_vcs_names(path: &Path) -> usize {
    path.iter().filter(|name| is_vcs_dir(name)).count()
}
