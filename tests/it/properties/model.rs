//! What a run must remove: a second implementation of the rules, as simple as possible, that
//! shares no code with the program. A tree is a map from paths to nodes.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use super::world::{Node, Options, Snapshot};

/// A PATH of the command line.
#[derive(Clone, Debug)]
pub struct RootPath {
    /// As given on the command line.
    pub written: PathBuf,
    /// Without symlinks, except that a file keeps its own name.
    pub canonical: PathBuf,
    pub is_directory: bool,
}

/// The expected result of a run.
#[derive(Debug, Default)]
pub struct Expected {
    pub removed: BTreeSet<PathBuf>,
    /// The directories among them that are removed with all of their contents.
    pub whole: BTreeSet<PathBuf>,
    /// Whether git is asked and cannot answer.
    pub is_git_unanswered: bool,
}

/// Which contents of a directory are removed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Bytecode, and debris if `debris` is set.
    Search { debris: bool },
    /// What `--erase` matches.
    EraseOnly,
    /// The bytecode of some interpreters, in a `__pycache__`.
    FilterCache { debris: bool },
    /// Everything.
    RemoveAll,
}

/// The model of one run.
pub struct Model<'a> {
    pub tree: &'a Snapshot,
    pub options: &'a Options,
    pub ignored: &'a [OsString],
    /// For each ignored word with a symlink in it: the target, and the rest of the word.
    pub resolved: &'a [(PathBuf, PathBuf)],
    pub roots: &'a [RootPath],
}

/// The model of one PATH.
struct Walk<'a> {
    model: &'a Model<'a>,
    root: &'a RootPath,
    expected: Expected,
}

impl Model<'_> {
    /// The union of what is removed for each PATH. A directory given twice is cleaned once,
    /// under its first name.
    pub fn expected(&self) -> Expected {
        let mut sum = Expected::default();
        for (index, root) in self.roots.iter().enumerate() {
            let is_same = |other: &RootPath| {
                root.is_directory && other.is_directory && other.canonical == root.canonical
            };
            if self.roots[..index].iter().any(is_same) {
                continue;
            }
            let mut walk = Walk {
                model: self,
                root,
                expected: Expected::default(),
            };
            walk.visit_root();
            sum.removed.extend(walk.expected.removed);
            sum.whole.extend(walk.expected.whole);
            sum.is_git_unanswered |= walk.expected.is_git_unanswered;
        }
        sum
    }

    /// The expected paths that can be removed: nothing in a `locked` directory, and no
    /// directory that then is not empty.
    pub fn removable(&self, expected: &BTreeSet<PathBuf>, locked: &[PathBuf]) -> BTreeSet<PathBuf> {
        let is_locked = |path: &PathBuf| locked.iter().any(|lock| path.parent() == Some(lock));
        let kept: Vec<&PathBuf> = expected.iter().filter(|path| is_locked(path)).collect();
        let is_kept = |path: &&PathBuf| kept.iter().any(|kept| kept.starts_with(path));
        let removable = expected.iter().filter(|path| !is_kept(path));
        removable.cloned().collect()
    }

    fn is_directory(&self, path: &Path) -> bool {
        self.tree.get(path) == Some(&Node::Directory)
    }

    fn entries(&self, directory: &Path) -> Vec<PathBuf> {
        let below = self.tree.range(directory.to_path_buf()..);
        let below = below.take_while(|(path, _)| path.starts_with(directory));
        below
            .filter(|(path, _)| path.parent() == Some(directory))
            .map(|(path, _)| path.clone())
            .collect()
    }

    /// Whether only the bytecode of some interpreters is removed.
    fn filters(&self) -> bool {
        !self.options.python.is_empty() || !self.options.keep_python.is_empty()
    }

    /// Whether a file with this name is removed as bytecode.
    fn is_selected(&self, name: &OsStr) -> bool {
        if !is_bytecode(name) {
            return false;
        }
        let interpreter = interpreter(name);
        let is_in = |versions: &[&str]| {
            versions
                .iter()
                .any(|version| interpreter == Some(tag(version)))
        };
        if !self.filters() {
            return true;
        }
        // Bytecode without a tag may be of an interpreter to keep.
        interpreter.is_some()
            && (self.options.python.is_empty() || is_in(&self.options.python))
            && !is_in(&self.options.keep_python)
    }

    fn has_topic(&self, topic: &str) -> bool {
        match self.options.debris.as_deref() {
            None => false,
            Some([]) => is_default_topic(topic),
            Some(topics) => topics.contains(&topic) || topics.contains(&"all"),
        }
    }
}

impl Walk<'_> {
    fn is_debris(&self, path: &Path) -> bool {
        let parent = path.parent().unwrap();
        // The name of the PATH itself does not count.
        let parent = if parent == self.root.canonical {
            OsStr::new("")
        } else {
            name(parent)
        };
        topic(path, parent, self.model.is_directory(path))
            .is_some_and(|topic| self.model.has_topic(topic))
            && self.has_evidence(path)
    }

    fn has_evidence(&self, path: &Path) -> bool {
        has_evidence(path, |directory, name| {
            self.model.tree.contains_key(&directory.join(name))
        })
    }

    /// Records what is removed for the PATH.
    fn visit_root(&mut self) {
        let path = &self.root.canonical;
        let is_in_cache = name(path.parent().unwrap()) == "__pycache__";
        let debris = !is_installed(path);
        let mode = Mode::Search { debris };
        if self.root.is_directory && name(path) == "__pycache__" {
            self.visit_directory(path, mode);
        } else if self.root.is_directory {
            self.visit_contents(path, mode);
        } else if is_in_cache {
            let mode = if self.model.filters() {
                Mode::FilterCache { debris }
            } else {
                Mode::RemoveAll
            };
            let is_removed = self.removes_file(path, mode);
            self.record(path, is_removed);
        } else {
            let is_removed = self.is_file_or_symlink(path) && self.is_bytecode_removed(path);
            self.record(path, is_removed);
        }
    }

    fn record(&mut self, path: &Path, is_removed: bool) -> bool {
        if is_removed {
            self.expected.removed.insert(path.to_path_buf());
        }
        is_removed
    }

    /// Records what is removed in a directory. Returns whether that is everything.
    fn visit_contents(&mut self, directory: &Path, mode: Mode) -> bool {
        let mut all = true;
        for path in self.model.entries(directory) {
            all &= !self.is_ignored(&path)
                && if self.model.is_directory(&path) {
                    self.visit_directory(&path, mode)
                } else {
                    let is_removed = self.removes_file(&path, mode);
                    self.record(&path, is_removed)
                };
        }
        all
    }

    /// Records what is removed in a directory, and the directory. `parent_mode` is the mode of
    /// its parent.
    fn visit_directory(&mut self, path: &Path, parent_mode: Mode) -> bool {
        // Another PATH is visited by itself, and never removed.
        let mut roots = self.model.roots.iter();
        let is_other_root = |root: &RootPath| {
            root.is_directory && root.canonical == path && name(path) != "__pycache__"
        };
        if roots.any(is_other_root) {
            return false;
        }
        let options = self.model.options;
        let name = name(path);
        let is_ignored = matches!(parent_mode, Mode::EraseOnly | Mode::FilterCache { .. })
            || (!options.no_default_ignore && is_ignored_by_default(name));
        let is_searched = matches!(parent_mode, Mode::Search { .. });
        let mut is_removed_if_empty = self.is_erased(path);
        let mut mode = parent_mode;
        if parent_mode == Mode::RemoveAll {
            is_removed_if_empty = true;
        } else if is_searched && name == "__pycache__" {
            is_removed_if_empty = true;
            mode = match parent_mode {
                Mode::Search { debris } if self.model.filters() => Mode::FilterCache { debris },
                _ => Mode::RemoveAll,
            };
        } else if parent_mode == (Mode::Search { debris: true }) && self.is_debris(path) {
            let is_guarded = self.is_guarded(path);
            is_removed_if_empty |= !is_guarded;
            mode = if !is_guarded {
                Mode::RemoveAll
            } else if is_ignored {
                Mode::EraseOnly
            } else {
                Mode::Search { debris: false }
            };
        } else if is_ignored {
            mode = Mode::EraseOnly;
        } else {
            let is_container = parent_mode == (Mode::Search { debris: true })
                && name == "build"
                && self.model.has_topic("package");
            let is_container = is_container && self.has_evidence(path);
            let is_emptied = is_container || options.folders;
            is_removed_if_empty |= is_emptied && !self.is_in_git_dir(path) && name != ".git";
            if is_installed(Path::new(name)) {
                mode = Mode::Search { debris: false };
            }
        }
        // A repository in a cache is kept with its contents.
        if mode == Mode::RemoveAll && self.model.tree.contains_key(&path.join(".git")) {
            return false;
        }
        let is_removed = self.visit_contents(path, mode) && is_removed_if_empty;
        if is_removed && mode == Mode::RemoveAll {
            self.expected.whole.insert(path.to_path_buf());
        }
        self.record(path, is_removed)
    }

    /// Whether an entry that is not a directory is removed. `mode` is that of its parent.
    fn removes_file(&mut self, path: &Path, mode: Mode) -> bool {
        let is_file = self.is_file_or_symlink(path);
        let is_in_cache = name(path.parent().unwrap()) == "__pycache__";
        let (bytecode, debris) = match mode {
            Mode::RemoveAll => return true,
            Mode::EraseOnly => (false, false),
            Mode::FilterCache { debris } => (is_in_cache, debris),
            Mode::Search { debris } => (true, debris),
        };
        (is_file && bytecode && self.is_bytecode_removed(path))
            || self.is_erased(path)
            || (is_file && debris && self.is_debris(path) && !self.is_guarded(path))
    }

    /// Whether a file is removed as bytecode. A partial write is recognized by its contents:
    /// here, those of a longer file are text.
    fn is_bytecode_removed(&self, path: &Path) -> bool {
        let is_partial_write = path.as_os_str().as_bytes().ends_with(b"4711")
            || path.as_os_str().as_bytes().ends_with(b".pyo.0");
        let is_short =
            matches!(&self.model.tree[path], Node::File(contents) if contents.len() < 16);
        self.model.is_selected(name(path)) && (!is_partial_write || is_short)
    }

    fn is_file_or_symlink(&self, path: &Path) -> bool {
        !matches!(self.model.tree[path], Node::Pipe | Node::Directory)
    }

    /// Whether debris is kept, unless `--erase` matches it.
    fn is_guarded(&mut self, path: &Path) -> bool {
        let tree = self.model.tree;
        let has = |directory: &Path, name| tree.contains_key(&directory.join(name));
        if self.is_in_git_dir(path) {
            return true;
        }
        let below = tree.range(path.to_path_buf()..);
        let mut below = below.take_while(|(below, _)| below.starts_with(path));
        // What is ignored is kept anyway, with the repositories in it.
        let is_read = |below: &Path| {
            let mut around = below.ancestors().skip(1);
            around.all(|above| !above.starts_with(path) || above == path || !self.is_ignored(above))
        };
        let is_repository = below.any(|(below, _)| below.ends_with(".git") && is_read(below));
        // No `.git` here is a valid repository, so git never answers.
        let has_git = path.ancestors().skip(1).any(|above| has(above, ".git"));
        self.expected.is_git_unanswered |= has_git;
        is_repository || has_git
    }

    /// Whether a path is part of a git directory, and not of a work tree inside of one.
    fn is_in_git_dir(&self, path: &Path) -> bool {
        let has_git = |above: &Path| self.model.tree.contains_key(&above.join(".git"));
        let mut above = path.ancestors().skip(1);
        let nearest = above.find(|above| name(above) == ".git" || has_git(above));
        nearest.is_some_and(|nearest| name(nearest) == ".git")
    }

    fn is_erased(&self, path: &Path) -> bool {
        let Ok(below) = path.strip_prefix(&self.root.canonical) else {
            return false;
        };
        let is_directory = self.model.is_directory(path);
        let erases = |glob: &&str| {
            let is_right_type = is_directory || !glob.ends_with('/');
            let (glob, below) = (parts(Path::new(glob)), parts(below));
            is_right_type && matches_outside_git(&glob, &below)
        };
        self.model.options.erase.iter().any(erases)
    }

    /// Whether `--ignore` matches the name, the end of the display path, or the end of the
    /// canonical path.
    fn is_ignored(&self, path: &Path) -> bool {
        let below = path.strip_prefix(&self.root.canonical).unwrap();
        let written = self.root.written.join(below);
        let is_match = |word: &OsString| {
            let word = Path::new(word);
            let (is_absolute, word) = (word.is_absolute(), parts(word));
            [path, &written].iter().any(|path| {
                let path = parts(path);
                let mut starts = match word.len() {
                    _ if is_absolute => 0..1,
                    1 => path.len() - 1..path.len(),
                    _ => 0..path.len(),
                };
                starts.any(|start| path[start..] == word || matches(&word, &path[start..]))
            })
        };
        let is_resolved_match = |(real, rest): &(PathBuf, PathBuf)| {
            let below = path.strip_prefix(real);
            below.is_ok_and(|below| below == rest || matches(&parts(rest), &parts(below)))
        };
        self.model.ignored.iter().any(is_match) || self.model.resolved.iter().any(is_resolved_match)
    }
}

fn name(path: &Path) -> &OsStr {
    path.file_name().unwrap_or_default()
}

pub fn is_ignored_by_default(name: &OsStr) -> bool {
    const IGNORED: &str = ".git .hg .svn .jj .direnv .tox .nox .venv venv .pixi node_modules";
    IGNORED.split(' ').any(|ignored| name == ignored)
}

pub fn is_default_topic(topic: &str) -> bool {
    ["cache", "coverage", "package", "pytest", "ruff"].contains(&topic)
}

/// Whether a path is part of installed packages.
pub fn is_installed(path: &Path) -> bool {
    path.iter()
        .any(|part| part == "site-packages" || part == "dist-packages")
}

/// Whether a name that others than its tool use is proven to be debris. `has` tells whether a
/// directory has an entry with a name.
pub fn has_evidence(path: &Path, has: impl Fn(&Path, &str) -> bool) -> bool {
    let parent = path.parent().unwrap();
    let is_project =
        |directory: &Path| has(directory, "setup.py") || has(directory, "pyproject.toml");
    let is_built = |directory: &Path| {
        is_project(directory) && (has(directory, "build") || has(directory, "dist"))
    };
    match &*name(path).to_string_lossy() {
        ".cache" | "dist" | "sdist" | "build" | "coverage.xml" | "coverage.lcov" | "htmlcov" => {
            is_project(parent)
        }
        "lib" | "bdist.linux" => is_project(parent.parent().unwrap()),
        name if name.ends_with(".egg-info") => {
            is_built(parent) || (parent.ends_with("src") && is_built(parent.parent().unwrap()))
        }
        // No file here is a zip archive.
        name if name.ends_with(".egg") => has(path, "EGG-INFO"),
        "f.nbi" => parent.ends_with("__pycache__"),
        "_build" => has(parent, "conf.py"),
        _ => true,
    }
}

/// Whether a name is that of bytecode or of a partial write.
pub fn is_bytecode(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let ends = |name: &str| name.ends_with(".pyc") || name.ends_with(".pyo");
    let temporary = name.trim_end_matches(|char: char| char.is_ascii_digit());
    let is_temporary =
        temporary.len() < name.len() && temporary.strip_suffix('.').is_some_and(ends);
    ends(&name) || name.ends_with("$py.class") || is_temporary
}

/// The interpreter in the name of bytecode: `cpython312`, `pypy39`.
fn interpreter(name: &OsStr) -> Option<String> {
    let name = name.to_string_lossy();
    if name.ends_with("$py.class") {
        return Some("jython".to_owned());
    }
    let start = name.find(".cpython-").or(name.find(".pypy"))? + 1;
    let tag = name[start..].replacen('-', "", 1);
    let end = tag.find(|char: char| !char.is_ascii_alphanumeric())?;
    Some(tag[..end].to_owned())
}

/// The result of [`interpreter`] for a version on the command line.
fn tag(version: &str) -> String {
    let digits = version.replace('.', "");
    match version.starts_with("pypy") {
        true => digits,
        false => format!("cpython{digits}"),
    }
}

/// The topic of debris with this name.
fn topic(path: &Path, parent: &OsStr, is_directory: bool) -> Option<&'static str> {
    let name = name(path).to_string_lossy();
    let is_part = name.starts_with(".coverage.") && name.matches('.').count() > 3;
    let topic = match (is_directory, &*name) {
        (true, ".cache") => "cache",
        (false, ".coverage" | "coverage.xml") | (true, "htmlcov") => "coverage",
        (false, _) if is_part => "coverage",
        (true, "dist") => "package",
        (true, "lib" | "bdist.linux") if parent == "build" => "package",
        (true, name) if name.ends_with(".egg-info") => "package",
        (true, ".pytest_cache") | (false, "pytestdebug.log") => "pytest",
        (_, name) if name.ends_with(".egg") => "eggs",
        (true, ".mypy_cache") => "mypy",
        (false, name) if name.ends_with(".nbi") => "numba",
        (true, "_build") if parent == "docs" => "sphinx",
        (true, ".tox") => "tox",
        _ => return None,
    };
    Some(topic)
}

/// The names in a path.
fn parts(path: &Path) -> Vec<&[u8]> {
    let names = path.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name.as_bytes()),
        _ => None,
    });
    names.collect()
}

/// [`matches`] for `--erase`: a wildcard does not match a git directory.
fn matches_outside_git(glob: &[&[u8]], path: &[&[u8]]) -> bool {
    let Some(at) = path.iter().position(|name| *name == b".git") else {
        return matches(glob, path);
    };
    let mut literals = glob
        .iter()
        .enumerate()
        .filter(|(_, part)| **part == b".git");
    literals.any(|(part, _)| {
        matches_or_both_empty(&glob[..part], &path[..at])
            && matches_outside_git_or_both_empty(&glob[part + 1..], &path[at + 1..])
    })
}

/// The parts before a literal: `**` can match nothing there.
fn matches_or_both_empty(glob: &[&[u8]], path: &[&[u8]]) -> bool {
    matches(&[glob, &[b"x"]].concat(), &[path, &[b"x"]].concat())
}

fn matches_outside_git_or_both_empty(glob: &[&[u8]], path: &[&[u8]]) -> bool {
    (glob.is_empty() && path.is_empty()) || matches_outside_git(glob, path)
}

/// Whether a path matches a glob. `**` matches any number of names, at the end at least one.
fn matches(glob: &[&[u8]], path: &[&[u8]]) -> bool {
    match (glob, path) {
        ([], []) => true,
        ([b"**"], path) => !path.is_empty(),
        ([b"**", rest @ ..], path) => {
            (0..=path.len()).any(|skipped| matches(rest, &path[skipped..]))
        }
        ([first, glob @ ..], [name, path @ ..]) => name_matches(first, name) && matches(glob, path),
        _ => false,
    }
}

/// Whether a name matches a glob, byte by byte.
fn name_matches(glob: &[u8], name: &[u8]) -> bool {
    match (glob, name) {
        ([], []) => true,
        ([b'*', glob @ ..], name) => {
            (0..=name.len()).any(|skipped| name_matches(glob, &name[skipped..]))
        }
        ([b'?', glob @ ..], [_, name @ ..]) => name_matches(glob, name),
        ([b'[', a, b, b']', glob @ ..], [byte, name @ ..]) => {
            (a == byte || b == byte) && name_matches(glob, name)
        }
        ([char, glob @ ..], [byte, name @ ..]) => char == byte && name_matches(glob, name),
        _ => false,
    }
}
