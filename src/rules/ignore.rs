//! What `--ignore` and the `ignore` setting exclude.

use std::cell::LazyCell;
use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::iter;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use globset::{Glob, GlobSet, escape};

use super::globs::{compile_globs, has_wildcards, parse_glob};
use crate::path::{canonicalize, file_name, fold_case, plain};

/// The most words in a settings file, or on the command line.
const MAX_WORDS: usize = 10_000;

/// What to do about a path that is no text.
const NO_TEXT: &str = "globs must be valid UTF-8; use '?' for other bytes";

/// Names, paths and globs that are neither entered nor removed.
#[derive(Debug, Clone, Default)]
pub(crate) struct IgnoreRules {
    /// The canonical directory of the settings file; `None` for the command line.
    dir: Option<PathBuf>,
    /// Names and relative paths: each is the end of a path, at any depth.
    relative: WordSet,
    absolute: WordSet,
    inherited: Option<Arc<Self>>,
}

/// Names or paths, and the globs among them.
#[derive(Debug, Clone, Default)]
struct WordSet {
    /// By file name, and in the form in which paths are compared.
    literals: HashMap<OsString, Vec<PathBuf>>,
    globs: Vec<GlobSet>,
}

/// A name or a path. It is taken literally, and as a glob if it has wildcards: a directory can
/// be called `[x]`.
struct Word {
    path: PathBuf,
    glob: Option<Glob>,
}

/// The path of an entry as a user can write it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EntryPath<'a> {
    /// The path of the entry as it is shown.
    pub(crate) display: &'a Path,
    /// The canonical path of the PATH.
    pub(crate) canonical_root: &'a Path,
    /// The path of the entry relative to the PATH.
    pub(crate) relative: &'a Path,
}

impl EntryPath<'_> {
    /// The canonical path.
    pub(crate) fn canonical(&self) -> PathBuf {
        if self.relative.as_os_str().is_empty() {
            // To join the empty path would add a separator.
            return self.canonical_root.to_path_buf();
        }
        self.canonical_root.join(self.relative)
    }
}

impl IgnoreRules {
    /// Parses the words of the command line: absolute paths, or ends of paths. A `..` that
    /// cannot be resolved is an error.
    pub(crate) fn new(words: &[OsString]) -> Result<Self> {
        Self::parse(words.iter().map(OsString::as_os_str), None)
    }

    /// Parses the words of a settings file in the canonical directory `dir`, for which a
    /// leading `/` stands, as in `.gitignore`. A `..` is an error.
    pub(crate) fn from_settings(words: &[String], dir: &Path) -> Result<Self> {
        Self::parse(words.iter().map(OsStr::new), Some(dir))
    }

    fn parse<'w>(
        words: impl ExactSizeIterator<Item = &'w OsStr>,
        dir: Option<&Path>,
    ) -> Result<Self> {
        ensure!(
            words.len() <= MAX_WORDS,
            "more than {MAX_WORDS} ignore patterns"
        );
        let mut parsed = Vec::new();
        for word in words {
            for (front, pattern) in resolve(word, dir) {
                parsed.push(Word::new(&front, &pattern).with_context(|| describe(word))?);
            }
        }
        let (absolute, relative): (Vec<_>, Vec<_>) =
            parsed.into_iter().partition(|word| word.path.is_absolute());
        Ok(Self {
            dir: dir.map(Path::to_path_buf),
            relative: WordSet::new(relative)?,
            absolute: WordSet::new(absolute)?,
            inherited: None,
        })
    }

    /// These rules, and those of the directories above.
    pub(crate) fn and(self, inherited: &Arc<Self>) -> Self {
        Self {
            inherited: Some(Arc::clone(inherited)),
            ..self
        }
    }

    /// Whether an entry is ignored, by its path as it is shown or as it is without symlinks.
    pub(crate) fn is_ignored(&self, entry: EntryPath<'_>) -> bool {
        let canonical = LazyCell::new(|| entry.canonical());
        self.levels()
            .filter(|rules| !rules.relative.is_empty() || !rules.absolute.is_empty())
            .any(|rules| rules.is_match(entry.display) || rules.is_match(&canonical))
    }

    /// Whether a PATH is ignored, or a directory above it: on the command line one that the
    /// user wrote, or one with an ignored absolute path; in settings one below their directory.
    pub(crate) fn is_root_ignored(&self, written: &Path, canonical: &Path) -> bool {
        let written: PathBuf = written.components().collect();
        self.levels().any(|rules| {
            let Some(dir) = &rules.dir else {
                return written.ancestors().any(|path| rules.is_match(path))
                    || canonical
                        .ancestors()
                        .any(|path| rules.absolute.is_match(path));
            };
            canonical
                .ancestors()
                .take_while(|path| path.starts_with(dir) && path != dir)
                .any(|path| rules.is_match(path))
        })
    }

    fn is_match(&self, path: &Path) -> bool {
        self.relative.is_match(path) || self.absolute.is_match(path)
    }

    /// These rules and the inherited ones.
    fn levels(&self) -> impl Iterator<Item = &Self> {
        iter::successors(Some(self), |rules| rules.inherited.as_deref())
    }
}

impl WordSet {
    fn new(words: Vec<Word>) -> Result<Self> {
        let mut literals: HashMap<_, Vec<_>> = HashMap::new();
        let mut globs = Vec::new();
        for Word { path, glob } in words {
            let name = path.file_name().unwrap_or_default().to_owned();
            literals.entry(name).or_default().push(path);
            globs.extend(glob);
        }
        Ok(Self {
            literals,
            globs: compile_globs(&globs).context("invalid ignore patterns")?,
        })
    }

    fn is_empty(&self) -> bool {
        self.literals.is_empty()
    }

    /// Whether a path ends with a literal, or matches a glob.
    fn is_match(&self, path: &Path) -> bool {
        // `.` is no name that a wildcard matches.
        let Some(name) = file_name(path).map(fold_case) else {
            return false;
        };
        let path = fold_case(path.as_os_str());
        let mut same_name = self.literals.get(&*name).into_iter().flatten();
        same_name.any(|end| Path::new(&path).ends_with(end))
            || self.globs.iter().any(|set| set.is_match(&path))
    }
}

impl Word {
    /// `pattern` in the directory `front`; at any depth if that is empty.
    fn new(front: &Path, pattern: &Path) -> Result<Self> {
        let path = front.join(pattern);
        ensure!(
            !path.components().any(|part| part == Component::ParentDir),
            "it contains '..'; use the resolved path"
        );
        ensure!(pattern.file_name().is_some(), "it does not name a file");
        let mut word = Self {
            path: fold_case(path.as_os_str()).into_owned().into(),
            glob: None,
        };
        if has_wildcards(pattern.as_os_str()) {
            let start = if word.path.is_absolute() {
                escape(front.join("").to_str().context(NO_TEXT)?)
            } else {
                "**/".to_owned()
            };
            word.glob = Some(parse_glob(&start, pattern.to_str().context(NO_TEXT)?)?);
        }
        Ok(word)
    }
}

/// The directory and the pattern in it for which a word stands: as it is written and, if a
/// symlink or `..` is on the way, resolved.
fn resolve(word: &OsStr, dir: Option<&Path>) -> Vec<(PathBuf, PathBuf)> {
    let path: PathBuf = plain(word.into())
        .components()
        .filter(|part| *part != Component::CurDir)
        .collect();
    let rooted = dir.and_then(|dir| Some((dir, path.strip_prefix("/").ok()?)));
    let (front, pattern) = rooted.unwrap_or((Path::new(""), &path));
    let mut words = vec![(front.to_path_buf(), pattern.to_path_buf())];
    // What is below a wildcard cannot be looked up, and a symlink is not its target.
    let parts = pattern.components();
    let plain = parts
        .clone()
        .take_while(|part| !has_wildcards(part.as_os_str()));
    let split = plain.count().min(parts.clone().count().saturating_sub(1));
    let above = front.join(parts.clone().take(split).collect::<PathBuf>());
    if split > 0
        && let Ok(canonical) = canonicalize(&dir.unwrap_or(Path::new("")).join(&above))
        && !canonical.ends_with(&above)
    {
        if dir.is_none() && above.components().any(|part| part == Component::ParentDir) {
            words.clear();
        }
        words.push((canonical, parts.skip(split).collect()));
    }
    words
}

fn describe(word: &OsStr) -> String {
    format!("invalid ignore pattern '{:.80}'", word.to_string_lossy())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn is_root_ignored(rules: &IgnoreRules, written: &str, canonical: &str) -> bool {
        rules.is_root_ignored(Path::new(written), Path::new(canonical))
    }

    #[test]
    fn path_is_ignored_as_it_was_written_or_by_an_absolute_path() {
        for (word, written, canonical, expected) in [
            ("build", ".", "/home/me/build/proj", false),
            ("build", "build/proj", "/home/me/build/proj", true),
            ("build", "./build/", "/home/me/build", true),
            ("me/build", "proj", "/home/me/build/proj", false),
            ("/home/me/build", ".", "/home/me/build/proj", true),
            ("/home/*/build", ".", "/home/me/build/proj", true),
            ("b*", "/home/me/build/proj", "/home/me/build/proj", true),
            ("b*", "./build/", "/home/me/build", true),
            ("*", ".", "/home/me/build", false),
            (".*", "..", "/home/me", false),
            ("build/proj", "build/proj/src", "/a/build/proj/src", true),
        ] {
            let rules = IgnoreRules::new(&[word.into()]).unwrap();
            let ignored = is_root_ignored(&rules, written, canonical);
            assert_eq!(ignored, expected, "{word} {written}");
        }
    }

    #[test]
    fn settings_ignore_what_is_below_their_directory() {
        for (word, canonical, expected) in [
            ("build", "/home/build/proj", false),
            ("build", "/home/build/proj/build/x", true),
            ("/data", "/home/build/proj/data", true),
            ("/data", "/home/build/proj/x/data", false),
            ("/d*", "/home/build/proj/data/x", true),
            ("/d*", "/home/build/proj/x/data", false),
            ("x/d*", "/home/build/proj/y/x/data", true),
        ] {
            let words = [word.to_owned()];
            let rules = IgnoreRules::from_settings(&words, Path::new("/home/build/proj")).unwrap();
            let rules = IgnoreRules::default().and(&Arc::new(rules));
            let ignored = is_root_ignored(&rules, "build/x", canonical);
            assert_eq!(ignored, expected, "{word} {canonical}");
        }
    }
}
