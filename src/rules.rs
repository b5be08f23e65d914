//! What counts as cache, and what is never entered: names and globs, no files.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, ensure};
use globset::{GlobSet, GlobSetBuilder};

use crate::debris::Debris;
use crate::erase::Erase;
use crate::glob::glob;

/// The directory that Python keeps bytecode in (PEP 3147).
pub const CACHE_DIRECTORY: &str = "__pycache__";

/// What nobody wants to have searched: the stores of version control, whole
/// environments with packages of their own, and the dependencies of JavaScript.
pub const DEFAULT_IGNORE: [&str; 11] = [
    ".git",
    ".hg",
    ".svn",
    ".jj",
    ".direnv",
    ".tox",
    ".nox",
    ".venv",
    "venv",
    ".pixi",
    "node_modules",
];

/// What counts as cache, and what is never entered or removed.
#[derive(Debug)]
pub struct Rules {
    /// What tools left behind.
    pub debris: Debris,
    /// What the user named for erasing.
    pub erase: Erase,
    /// Whether directories go that are empty.
    pub folders: bool,
    /// Ignored by name alone.
    ignored: HashSet<OsString>,
    /// What else the user asked to ignore.
    spared: Spared,
}

/// What `--ignore` names. It holds inside of what goes with all it holds, too, where
/// the default names, which only say where not to search, do not.
#[derive(Debug, Default)]
struct Spared {
    names: HashSet<OsString>,
    paths: Vec<PathBuf>,
    name_globs: GlobSet,
    path_globs: GlobSet,
}

impl Rules {
    /// Rules for bytecode that ignore what `ignore` names and, with `defaults`, the
    /// [`DEFAULT_IGNORE`] names.
    ///
    /// # Errors
    ///
    /// When one of `ignore` is a glob that cannot be understood.
    pub fn new(ignore: &[OsString], defaults: bool) -> Result<Rules> {
        let defaults = if defaults { &DEFAULT_IGNORE[..] } else { &[] };
        Ok(Rules {
            debris: Debris::default(),
            erase: Erase::default(),
            folders: false,
            ignored: defaults.iter().map(OsString::from).collect(),
            spared: Spared::new(ignore)?,
        })
    }

    /// Whether what has this name is not searched, unless the user names it.
    pub fn ignores(&self, name: &OsStr) -> bool {
        self.ignored.contains(name)
    }

    /// Whether the user asked that what has this name, at a path that `paths` gives in
    /// each of the ways it may be written, be left alone wherever it lies.
    pub fn spares(&self, name: &OsStr, paths: impl FnOnce() -> Vec<PathBuf>) -> bool {
        self.spared.names.contains(name)
            || self.spared.name_globs.is_match(name)
            || (self.spared.has_paths() && paths().iter().any(|path| self.spared.path(path)))
    }

    /// Whether the user asked that anything be left alone.
    pub fn spares_any(&self) -> bool {
        !self.spared.names.is_empty() || self.spared.has_paths()
    }
}

impl Spared {
    /// A word without a separator is a name, at any depth. One with a separator
    /// is a path, or the end of one. Each is taken as it is written, so that a
    /// directory called `[x]` can be named, and as a glob where it can be one.
    fn new(words: &[OsString]) -> Result<Spared> {
        let mut spared = Spared::default();
        let (mut name_globs, mut path_globs) = (GlobSetBuilder::new(), GlobSetBuilder::new());
        for word in words {
            let path = plain(word);
            ensure!(
                !path.components().any(|part| part == Component::ParentDir),
                "cannot ignore {word:?}: it leads up; write the path that it leads to"
            );
            ensure!(
                path.file_name().is_some(),
                "cannot ignore {word:?}: it names nothing"
            );
            let mut parts = path.components();
            let is_name = matches!(
                (parts.next(), parts.next()),
                (Some(Component::Normal(_)), None)
            );
            if has_wildcards(&path) {
                let text = path.to_str().with_context(|| {
                    format!("cannot ignore {word:?}: a glob must be UTF-8; '?' stands for any other byte")
                })?;
                let (set, text) = match is_name {
                    true => (&mut name_globs, text.to_owned()),
                    false if path.is_absolute() => (&mut path_globs, text.to_owned()),
                    false => (&mut path_globs, format!("**/{text}")),
                };
                set.add(glob(&text).with_context(|| format!("cannot ignore {word:?}"))?);
            }
            if is_name {
                spared.names.insert(path.into());
            } else {
                spared.paths.push(path);
            }
        }
        spared.name_globs = name_globs.build()?;
        spared.path_globs = path_globs.build()?;
        Ok(spared)
    }

    fn has_paths(&self) -> bool {
        !self.paths.is_empty() || !self.path_globs.is_empty()
    }

    fn path(&self, path: &Path) -> bool {
        self.paths.iter().any(|end| path.ends_with(end)) || self.path_globs.is_match(path)
    }
}

/// A word of `--ignore` as a path, without `./` at its start and a separator at its end.
pub fn plain(word: &OsStr) -> PathBuf {
    let parts = Path::new(word).components();
    parts.filter(|part| *part != Component::CurDir).collect()
}

/// Whether a path is to be taken as a glob, too.
pub fn has_wildcards(path: &Path) -> bool {
    let mut bytes = path.as_os_str().as_encoded_bytes().iter();
    bytes.any(|byte| b"*?[{".contains(byte))
}
