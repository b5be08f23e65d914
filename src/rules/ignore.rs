//! What `--ignore` and the `ignore` setting exclude.

use std::cell::LazyCell;
use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::iter;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use globset::{Glob, GlobSet, escape};

use super::globs::{compile_globs, has_wildcards, parse_glob};
use crate::path::{canonicalize, file_name, fold_case, plain};

/// In a settings file, or on the command line.
const MAX_WORDS: usize = 10_000;

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

/// An entry, by the paths that a user can write.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EntryPath<'a> {
    pub(crate) display: &'a Path,
    pub(crate) canonical_root: &'a Path,
    pub(crate) relative: &'a Path,
}

impl EntryPath<'_> {
    pub(crate) fn canonical(&self) -> PathBuf {
        if self.relative.as_os_str().is_empty() {
            // To join the empty path would add a separator.
            self.canonical_root.to_path_buf()
        } else {
            self.canonical_root.join(self.relative)
        }
    }
}

impl IgnoreRules {
    /// Parses the words of the command line: absolute paths, or ends of paths. A `..` that
    /// cannot be resolved is an error.
    pub(crate) fn new(words: &[OsString]) -> Result<Self> {
        Self::parse(words, None)
    }

    /// Parses the words of a settings file in the canonical directory `dir`, for which a
    /// leading `/` stands, as in `.gitignore`. A `..` is an error,
    /// and so is what TOML made of a backslash.
    pub(crate) fn from_settings(words: &[String], dir: &Path) -> Result<Self> {
        if let Some(word) = words.iter().find(|word| word.contains(char::is_control)) {
            bail!(
                "invalid ignore pattern {word:?}: write / instead of \\, which TOML takes as an escape"
            );
        }
        Self::parse(words, Some(dir))
    }

    fn parse(words: &[impl AsRef<OsStr>], dir: Option<&Path>) -> Result<Self> {
        let mut parsed = Vec::new();
        for word in words.iter().map(AsRef::as_ref) {
            for (front, pattern) in resolve(word, dir) {
                parsed.push(Word::new(&front, &pattern).with_context(|| {
                    format!("invalid ignore pattern '{:.80}'", word.to_string_lossy())
                })?);
            }
            let is_short = parsed.len() <= MAX_WORDS;
            ensure!(is_short, "more than {MAX_WORDS} ignore patterns");
        }
        let (absolute, relative) = parsed.into_iter().partition(|word| word.path.is_absolute());
        Ok(Self {
            dir: dir.map(Path::to_path_buf),
            relative: WordSet::new(relative)?,
            absolute: WordSet::new(absolute)?,
            inherited: None,
        })
    }

    pub(crate) fn and(mut self, inherited: &Arc<Self>) -> Self {
        self.inherited = Some(Arc::clone(inherited));
        self
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
        let parts = written.components();
        let written: PathBuf = parts.filter(|part| *part != Component::CurDir).collect();
        self.levels().any(|rules| match &rules.dir {
            Some(dir) => canonical
                .ancestors()
                .take_while(|path| path.starts_with(dir) && path != dir)
                .any(|path| rules.is_match(path)),
            None => {
                let absolute = &rules.absolute;
                written.ancestors().any(|path| rules.is_match(path))
                    || canonical.ancestors().any(|path| absolute.is_match(path))
            }
        })
    }

    fn is_match(&self, path: &Path) -> bool {
        self.relative.is_match(path) || self.absolute.is_match(path)
    }

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

    fn is_match(&self, path: &Path) -> bool {
        // `.` is no name that a wildcard matches.
        let Some(name) = file_name(path).map(fold_case) else {
            return false;
        };
        let path = fold_case(path.as_os_str());
        let same_name = self.literals.get(&*name);
        same_name.is_some_and(|ends| ends.iter().any(|end| Path::new(&path).ends_with(end)))
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
        let mut glob = None;
        if has_wildcards(pattern.as_os_str()) {
            let mut start = "**/".to_owned();
            if path.is_absolute() {
                start = escape(front.join("").to_str().context(NO_TEXT)?);
            }
            glob = Some(parse_glob(&start, pattern.to_str().context(NO_TEXT)?)?);
        }
        let path = fold_case(path.as_os_str()).into_owned().into();
        Ok(Self { path, glob })
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
    let parts: Vec<_> = pattern.components().collect();
    let split = parts[..parts.len().saturating_sub(1)]
        .iter()
        .take_while(|part| !has_wildcards(part.as_os_str()))
        .count();
    let above = front.join(parts[..split].iter().collect::<PathBuf>());
    if split > 0
        && let Ok(canonical) = canonicalize(&dir.unwrap_or(Path::new("")).join(&above))
        && !canonical.ends_with(&above)
    {
        if dir.is_none() && above.components().any(|part| part == Component::ParentDir) {
            words.clear();
        }
        words.push((canonical, parts[split..].iter().collect()));
    }
    words
}
