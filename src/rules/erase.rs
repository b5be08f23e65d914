//! The globs of `--erase`, relative to each PATH.

use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf, is_separator};

use anyhow::{Context, Result, bail, ensure};
use globset::GlobMatcher;

use super::globs::parse_glob;
use super::is_default_skip;

#[derive(Debug, Clone, Default)]
pub(crate) struct EraseGlobs(Vec<EraseGlob>);

#[derive(Debug, Clone)]
struct EraseGlob {
    matcher: GlobMatcher,
    /// As in `pathlib`, if it ends with a separator.
    is_dir_only: bool,
    path: PathBuf,
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

    /// Whether a path relative to a PATH is to be erased. The PATH itself never is. In what is
    /// skipped by default, a glob must write out the name of that directory.
    pub(crate) fn is_match(&self, path: &Path, is_dir: bool) -> bool {
        !path.as_os_str().is_empty()
            && self.0.iter().any(|glob| {
                (is_dir || !glob.is_dir_only)
                    && glob.matcher.is_match(path)
                    && count_skips(path) <= count_skips(&glob.path)
            })
    }

    /// Whether a glob contains this name as it is, without wildcards.
    pub(crate) fn contains_name(&self, name: &OsStr) -> bool {
        self.0
            .iter()
            .any(|glob| glob.path.iter().any(|part| part == name))
    }
}

fn parse(glob: &String) -> Result<EraseGlob> {
    let mut path = PathBuf::new();
    for part in Path::new(glob).components() {
        match part {
            Component::Normal(name) => path.push(name),
            Component::CurDir => {}
            _ => bail!("write it relative to PATH, without '..'"),
        }
    }
    ensure!(!path.as_os_str().is_empty(), "it is empty");
    let matcher = parse_glob("", path.to_str().unwrap_or_default())?.compile_matcher();
    // What is in braces is not written out: another alternative may match.
    if glob.contains('{') {
        path.clear();
    }
    Ok(EraseGlob {
        matcher,
        is_dir_only: glob.ends_with(is_separator),
        path,
    })
}

fn count_skips(path: &Path) -> usize {
    path.iter().filter(|name| is_default_skip(name)).count()
}
