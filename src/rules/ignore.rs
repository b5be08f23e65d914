//! What `--ignore` and the `ignore` setting exclude.

use std::collections::{HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};

use super::name_globs::NameGlobs;
use super::path_glob::{PathGlob, Wildcards, check_size, has_wildcards, name_glob};
use crate::path::{file_name, fold_case, plain};

/// Names, paths and globs that are neither entered nor removed. Names and paths are in the
/// form in which they are compared.
#[derive(Debug, Clone, Default)]
pub(crate) struct IgnoreRules {
    names: HashSet<OsString>,
    name_globs: NameGlobs,
    /// Paths by their file name: absolute, or the end of a path. Looked up instead of
    /// compared one after the other, as there can be a hundred thousand.
    paths: HashMap<OsString, HashSet<PathBuf>>,
    /// The most components that one of `paths` has.
    max_path_len: usize,
    path_globs: Vec<PathGlob>,
    /// The rules of the directories above.
    inherited: Option<Arc<Self>>,
}

/// The path of an entry as a user can write it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EntryPath<'a> {
    /// The path of the entry as it is shown.
    pub(crate) display: &'a Path,
    /// The canonical path of the PATH.
    pub(crate) canonical_root: &'a Path,
    /// The path of the entry below the PATH.
    pub(crate) relative: &'a Path,
    /// The PATHs as they were given that lead to the first component of `relative`, and are
    /// other paths than the one that is shown.
    pub(crate) aliases: &'a [PathBuf],
}

impl EntryPath<'_> {
    /// The file name.
    pub(crate) fn name(&self) -> &OsStr {
        file_name(self.display).unwrap_or_default()
    }

    /// The canonical path.
    pub(crate) fn canonical(&self) -> PathBuf {
        self.canonical_root.join(self.relative)
    }

    /// The paths through `aliases`.
    fn alias_paths(&self) -> impl Iterator<Item = PathBuf> {
        let mut below = self.relative.components();
        below.next();
        let below = below.as_path();
        self.aliases.iter().map(move |alias| alias.join(below))
    }
}

impl IgnoreRules {
    /// Parses what the user wrote. A word without a separator is a name at any depth; one
    /// with a separator is a path, or the end of one. Each is taken literally, so that a
    /// directory called `[x]` can be named, and as a glob if it has wildcards.
    ///
    /// # Errors
    ///
    /// If a word is empty, contains `..`, or is a glob that is not valid or too long.
    pub(crate) fn new(words: &[OsString]) -> Result<Self> {
        let mut rules = Self::default();
        let mut name_globs = Vec::new();
        for word in words {
            let invalid = || format!("invalid --ignore value {word:?}");
            let path = normalize(word);
            ensure!(
                !path.components().any(|part| part == Component::ParentDir),
                "{}: it contains '..'; use the resolved path",
                invalid()
            );
            let Some(name) = path.file_name() else {
                anyhow::bail!("{}: it does not name a file", invalid());
            };
            let is_name = path.as_os_str() == name;
            if has_wildcards(path.as_os_str()) {
                let text = path.to_str().with_context(|| {
                    let why = "globs must be valid UTF-8; use '?' for other bytes";
                    format!("{}: {why}", invalid())
                })?;
                check_size(text)?;
                if is_name {
                    name_globs.push(name_glob(text).with_context(invalid)?);
                } else {
                    let glob = PathGlob::new(text).with_context(invalid)?;
                    let is_absolute = path.is_absolute();
                    rules.path_globs.push(if is_absolute {
                        glob
                    } else {
                        glob.at_any_depth()
                    });
                }
            }
            let name = fold_case(name).into_owned();
            if is_name {
                rules.names.insert(name);
            } else {
                rules.max_path_len = rules.max_path_len.max(path.components().count());
                let path = fold_case(path.as_os_str()).into_owned();
                rules.paths.entry(name).or_default().insert(path.into());
            }
        }
        rules.name_globs = NameGlobs::new(&name_globs)?;
        Ok(rules)
    }

    /// Whether nothing is ignored.
    pub(crate) fn is_empty(&self) -> bool {
        self.names.is_empty()
            && self.paths.is_empty()
            && self.path_globs.is_empty()
            && self.inherited.as_ref().is_none_or(|rules| rules.is_empty())
    }

    /// The same rules, and others.
    pub(crate) fn and(self, others: &Self) -> Self {
        Self {
            inherited: Some(Arc::new(others.clone())),
            ..self
        }
    }

    /// Whether an entry is ignored, by its name, or by its path as it was given or as it
    /// is without symlinks.
    pub(crate) fn is_ignored(&self, entry: EntryPath<'_>) -> bool {
        if self.is_empty() {
            return false;
        }
        let is_path_match = || {
            self.is_path_match(entry.display)
                || self.is_path_match(&entry.canonical())
                || entry.alias_paths().any(|path| self.is_path_match(&path))
        };
        self.is_name_match(entry.name())
            || (self.has_paths() && is_path_match())
            || (self.inherited.as_ref()).is_some_and(|rules| rules.is_ignored(entry))
    }

    fn is_name_match(&self, name: &OsStr) -> bool {
        let name = &*fold_case(name);
        self.names.contains(name) || self.name_globs.is_match(name)
    }

    fn has_paths(&self) -> bool {
        !self.paths.is_empty() || !self.path_globs.is_empty()
    }

    fn is_path_match(&self, path: &Path) -> bool {
        let name = fold_case(file_name(path).unwrap_or_default());
        let ends = self.paths.get(&*name);
        ends.is_some_and(|ends| self.is_end_match(ends, path)) || self.is_path_glob_match(path)
    }

    /// Whether a path ends with one of `ends`.
    fn is_end_match(&self, ends: &HashSet<PathBuf>, path: &Path) -> bool {
        let path = fold_case(path.as_os_str());
        let mut end = Path::new(&path).components();
        for _ in self.max_path_len..end.clone().count() {
            end.next();
        }
        while !end.as_path().as_os_str().is_empty() {
            if ends.contains(end.as_path()) {
                return true;
            }
            end.next();
        }
        false
    }

    fn is_path_glob_match(&self, path: &Path) -> bool {
        let names: Vec<&OsStr> = path.iter().collect();
        let mut globs = self.path_globs.iter();
        globs.any(|glob| glob.matches_names(&names, Wildcards::MatchAll))
    }
}

/// A word of `--ignore` as a path, without `.` components and a trailing separator.
pub(crate) fn normalize(word: &OsStr) -> PathBuf {
    let path = plain(word.into());
    let parts = path.components();
    parts.filter(|part| *part != Component::CurDir).collect()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn path_ends_agree_with_the_standard_library() {
        let words = ["a/c", "b/c", "/a/c", "x/a/c"];
        let rules = |words: &[&str]| {
            let words: Vec<_> = words.iter().map(OsString::from).collect();
            IgnoreRules::new(&words).unwrap()
        };
        let all = rules(&words);
        for path in [
            "a/c", "./a/c", "/a/c", "/b/c", "y/x/a/c", "aa/c", "c", "d/c", "/c",
        ] {
            let path = Path::new(path);
            for word in words {
                let is_end = path.ends_with(word);
                assert_eq!(
                    rules(&[word]).is_path_match(path),
                    is_end,
                    "{path:?} {word}"
                );
            }
            let is_end = words.iter().any(|word| path.ends_with(word));
            assert_eq!(all.is_path_match(path), is_end, "{path:?}");
        }
    }
}
