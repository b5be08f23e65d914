//! Random trees of names that matter to either program.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fmt;
use std::fs;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::random_tree::{Entry, Layout, entries};
use crate::util::{Tree, git, tree};

/// Directories without a meaning, or with a meaning for an option alone.
const PLAIN_DIRECTORIES: [&str; 10] = [
    "a", "b", "src", "tmp", "docs", "lib", ".idea", ".vscode", "d.pyc", "home",
];

/// Directories with a meaning for either program.
const KNOWN_DIRECTORIES: [&str; 36] = [
    "__pycache__",
    "__pycache__",
    "__pycache__",
    "build",
    "build",
    "build/lib",
    "build/bdist.linux",
    "dist",
    "dist",
    "sdist",
    "x.egg-info",
    ".cache",
    ".cache",
    ".complexipy_cache",
    ".coverage",
    "htmlcov",
    ".ipynb_checkpoints",
    ".mypy_cache",
    ".pyright",
    ".pyright-stubs-1",
    ".pytest_cache",
    ".ruff_cache",
    ".hypothesis",
    ".eggs",
    "docs/_build",
    "__marimo__/cache",
    ".hg",
    ".tox",
    ".nox",
    ".jj",
    ".pixi",
    ".venv",
    "venv",
    "node_modules",
    "site-packages",
    "dist-packages",
];

const FILES: [&str; 31] = [
    "pyproject.toml",
    "pyproject.toml",
    "setup.py",
    "setup.py",
    "m.py",
    "m.pyc",
    "m.pyo",
    "m.cpython-312.pyc",
    "m.cpython-312.opt-1.pyc",
    "m.pyc.12345",
    "m$py.class",
    "m.pyd",
    "m.pyc.txt",
    "m.PYC",
    ".pyc",
    "kept.pyc",
    "a.log",
    "x.txt",
    "xy.txt",
    ".hidden",
    "[x].txt",
    "{x,xy}.txt",
    ".coverage",
    ".coverage.host.123.Xy",
    "coverage.xml",
    "coverage.lcov",
    "pytestdebug.log",
    ".dmypy.json",
    "f.nbi",
    "x.egg",
    "x.egg-info",
];

/// Directories that exist in every tree, because some calls name them.
const GIVEN_DIRECTORIES: [&str; 4] = ["src", "venv", "tmp/b", "real"];

/// No directory is nested deeper.
const MAX_DEPTH: usize = 5;

/// The contents of a tree.
#[derive(Debug, Clone)]
pub struct TreeSpec {
    /// By relative path.
    pub entries: BTreeMap<String, Kind>,
    /// The files that git tracks, if the tree is a repository.
    pub tracked: BTreeSet<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    Directory,
    File,
    /// The target, relative to the top of the tree.
    Symlink(String),
    Pipe,
}

/// A random file.
#[derive(Debug, Clone, Copy)]
enum FileKind {
    Tracked,
    Untracked,
    Pipe,
}

/// A symlink to the entry with this number, modulo the number of possible targets.
#[derive(Debug, Clone, Copy)]
struct Target(u8);

fn names<K: Clone + fmt::Debug>(
    names: &'static [&'static str],
    kind: impl Strategy<Value = K>,
) -> impl Strategy<Value = (&'static OsStr, K)> {
    (select(names).prop_map(OsStr::new), kind)
}

/// Random trees.
pub fn tree_specs() -> impl Strategy<Value = TreeSpec> {
    let directory = prop_oneof![
        2 => names(&PLAIN_DIRECTORIES, Just(())),
        3 => names(&KNOWN_DIRECTORIES, Just(())),
    ];
    let file_kind = prop_oneof![
        1 => Just(FileKind::Pipe),
        12 => Just(FileKind::Tracked),
        37 => Just(FileKind::Untracked),
    ];
    let target = || any::<u8>().prop_map(Target);
    let symlink = prop_oneof![
        names(&PLAIN_DIRECTORIES, target()),
        names(&KNOWN_DIRECTORIES, target()),
        names(&FILES, target()),
    ];
    let directories = vec(entries(directory), 4..16);
    let files = vec(entries(names(&FILES, file_kind)), 6..32);
    let symlinks = vec(entries(symlink), 0..4);
    (directories, files, symlinks).prop_map(|(directories, files, symlinks)| {
        let mut builder = Builder::new();
        for entry in &directories {
            builder.add(&builder.path(entry), Kind::Directory);
        }
        for entry in &files {
            builder.add_file(entry);
        }
        for entry in &symlinks {
            builder.add_symlink(entry);
        }
        builder.spec
    })
}

struct Builder {
    spec: TreeSpec,
    layout: Layout,
}

impl Builder {
    fn new() -> Self {
        let mut builder = Self {
            spec: TreeSpec {
                entries: BTreeMap::new(),
                tracked: BTreeSet::new(),
            },
            layout: Layout::new(""),
        };
        for path in GIVEN_DIRECTORIES {
            builder.add(path, Kind::Directory);
        }
        builder
    }

    fn path<K>(&self, entry: &Entry<K>) -> String {
        self.layout.path(entry).to_str().unwrap().to_owned()
    }

    /// Adds an entry and its parent directories, unless something is in the way.
    fn add(&mut self, path: &str, kind: Kind) -> bool {
        let entries = &self.spec.entries;
        let mut above = ancestors(path).filter_map(|above| entries.get(above));
        let can_add = !entries.contains_key(path) && above.all(|kind| *kind == Kind::Directory);
        if can_add {
            for above in ancestors(path) {
                self.insert(above, Kind::Directory);
            }
            self.insert(path, kind);
        }
        can_add
    }

    fn insert(&mut self, path: &str, kind: Kind) {
        let can_be_parent = kind == Kind::Directory && path.matches('/').count() < MAX_DEPTH;
        let previous = self.spec.entries.insert(path.to_owned(), kind);
        if can_be_parent && previous.is_none() {
            self.layout.add_directory(path.into());
        }
    }

    fn add_file(&mut self, entry: &Entry<FileKind>) {
        let path = self.path(entry);
        match entry.kind {
            FileKind::Pipe => {
                self.add(&path, Kind::Pipe);
            }
            FileKind::Untracked => {
                self.add(&path, Kind::File);
            }
            FileKind::Tracked => {
                if self.add(&path, Kind::File) {
                    self.spec.tracked.insert(path);
                }
            }
        }
    }

    /// Adds a symlink to a directory or file without symlinks in it. The other program
    /// follows a loop 40 times, and a pair of loops for longer than a test can wait.
    fn add_symlink(&mut self, entry: &Entry<Target>) {
        let path = self.path(entry);
        let is_target = |path: &str| path.starts_with("real") || path.starts_with("venv");
        let paths = self.spec.entries.keys().map(String::as_str);
        let targets: Vec<_> = paths.filter(|path| is_target(path)).collect();
        let Target(number) = entry.kind;
        let target = targets.get(usize::from(number) % (targets.len() + 1));
        let target = (*target.unwrap_or(&"nowhere")).to_owned();
        if !is_target(&path) {
            self.add(&path, Kind::Symlink(target));
        }
    }
}

impl TreeSpec {
    pub fn kind(&self, path: &str) -> Option<&Kind> {
        self.entries.get(path)
    }

    /// Creates the tree, and a repository in it if `is_repository`.
    pub fn create(&self, is_repository: bool) -> Tree {
        let tree = tree(&self.to_string());
        if is_repository {
            git(&tree, ".", &["init", "-q", "--template="]);
            let tracked: Vec<_> = self.tracked.iter().map(String::as_str).collect();
            if !tracked.is_empty() {
                git(&tree, ".", &[&["add", "-f", "--"], &tracked[..]].concat());
            }
        }
        tree
    }

    /// Adds the entries that were removed.
    pub fn restore(&self, tree: &Tree) {
        for (path, kind) in &self.entries {
            if fs::symlink_metadata(tree.path().join(path)).is_err() {
                tree.add(&notation(path, kind));
            }
        }
    }
}

/// In the notation of [`tree`].
impl fmt::Display for TreeSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut entries = self.entries.iter();
        entries.try_for_each(|(path, kind)| write!(f, "{} ", notation(path, kind)))
    }
}

/// One entry in the notation of [`tree`].
fn notation(path: &str, kind: &Kind) -> String {
    match kind {
        Kind::Directory => format!("{path}/"),
        Kind::File => path.to_owned(),
        Kind::Symlink(target) => {
            let to_top = "../".repeat(path.matches('/').count());
            format!("{path}->{to_top}{target}")
        }
        Kind::Pipe => format!("{path}|"),
    }
}

/// The directories that contain a path.
pub fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(end, _)| &path[..end])
}
