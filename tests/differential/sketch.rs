//! Random trees: of the names that matter to either program, put together at random.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::process::Command;

use crate::util::{Tree, tree};

/// Directories that mean nothing to either program, or only what an option says.
const PLACES: [&str; 10] = [
    "a", "b", "src", "tmp", "docs", "lib", ".idea", ".vscode", "d.pyc", "home",
];

/// Directories that mean something.
const SPECIAL: [&str; 36] = [
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

/// Files.
const FILES: [&str; 28] = [
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
    ".bashrc",
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

/// What a tree shall hold.
pub struct Sketch {
    /// By path.
    pub entries: BTreeMap<String, Kind>,
    /// The files that git tracks, where the tree is a repository.
    pub tracked: BTreeSet<String>,
}

/// What an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    Directory,
    File,
    /// To a path below the top.
    Link(String),
    Pipe,
}

/// A small generator of random numbers (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % end as u64).unwrap()
    }

    fn pick<'a, T: ?Sized>(&mut self, among: &[&'a T]) -> &'a T {
        among[self.below(among.len())]
    }
}

impl Sketch {
    /// The tree of this number.
    pub fn random(seed: u64) -> Sketch {
        let mut random = Random(seed);
        let mut sketch = Sketch {
            entries: BTreeMap::new(),
            tracked: BTreeSet::new(),
        };
        // Some option sets name these.
        for place in ["src", "venv", "tmp/b", "real"] {
            sketch.add(place, Kind::Directory);
        }
        for _ in 0..4 + random.below(12) {
            let name = match random.below(5) {
                0 | 1 => random.pick(&PLACES),
                _ => random.pick(&SPECIAL),
            };
            let path = sketch.somewhere(&mut random, name);
            sketch.add(&path, Kind::Directory);
        }
        for _ in 0..6 + random.below(26) {
            let name = random.pick(&FILES);
            let path = sketch.somewhere(&mut random, name);
            let kind = if random.below(50) == 0 {
                Kind::Pipe
            } else {
                Kind::File
            };
            if kind == Kind::File && random.below(4) == 0 && sketch.can_add(&path) {
                sketch.tracked.insert(path.clone());
            }
            sketch.add(&path, kind);
        }
        for _ in 0..random.below(4) {
            sketch.add_link(&mut random);
        }
        sketch
    }

    /// A name in a random directory that is there.
    fn somewhere(&self, random: &mut Random, name: &str) -> String {
        let is_shallow = |path: &&String| path.matches('/').count() < 5;
        let directories = self
            .entries
            .iter()
            .filter(|(_, kind)| **kind == Kind::Directory);
        let mut directories: Vec<&str> = directories
            .map(|(path, _)| path)
            .filter(is_shallow)
            .map(String::as_str)
            .collect();
        directories.extend(["", "", ""]);
        format!("{}/{name}", random.pick(&directories))
            .trim_start_matches('/')
            .to_owned()
    }

    /// Adds a link. All lead to where no link is: the other program goes round in a loop
    /// forty times, and in two of them for longer than anybody lives.
    fn add_link(&mut self, random: &mut Random) {
        let name = match random.below(3) {
            0 => random.pick(&PLACES),
            1 => random.pick(&SPECIAL),
            _ => random.pick(&FILES),
        };
        let path = self.somewhere(random, name);
        let is_link_free = |path: &str| path.starts_with("real") || path.starts_with("venv");
        let places = self.entries.keys().filter(|path| is_link_free(path));
        let mut targets: Vec<&str> = places.map(String::as_str).collect();
        targets.push("nowhere");
        let target = random.pick(&targets).to_owned();
        if !is_link_free(&path) {
            self.add(&path, Kind::Link(target));
        }
    }

    fn can_add(&self, path: &str) -> bool {
        let mut above = ancestors(path).filter_map(|above| self.entries.get(above));
        !self.entries.contains_key(path) && above.all(|kind| *kind == Kind::Directory)
    }

    /// Adds an entry and the directories it lies in, unless something is in its place.
    fn add(&mut self, path: &str, kind: Kind) {
        if self.can_add(path) {
            for above in ancestors(path) {
                self.entries.insert(above.to_owned(), Kind::Directory);
            }
            self.entries.insert(path.to_owned(), kind);
        }
    }

    /// What lies at a path.
    pub fn kind(&self, path: &str) -> Option<&Kind> {
        self.entries.get(path)
    }

    /// Makes the tree; as a repository, if it shall be one.
    pub fn tree(&self, is_repository: bool) -> Tree {
        let tree = tree(&self.to_string());
        if is_repository {
            let git = |arguments: &[&str]| {
                let mut git = Command::new("git");
                git.args(arguments).current_dir(tree.path());
                assert!(git.envs(crate::GIT).status().unwrap().success());
            };
            git(&["init", "-q", "--template="]);
            let tracked: Vec<_> = self.tracked.iter().map(String::as_str).collect();
            if !tracked.is_empty() {
                git(&[&["add", "-f", "--"], &tracked[..]].concat());
            }
        }
        tree
    }

    /// Adds to the tree what it has lost.
    pub fn restore(&self, tree: &Tree) {
        for (path, kind) in &self.entries {
            if fs::symlink_metadata(tree.path().join(path)).is_err() {
                tree.add(&written(path, kind));
            }
        }
    }
}

/// As [`tree`] takes it.
impl fmt::Display for Sketch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut entries = self.entries.iter();
        entries.try_for_each(|(path, kind)| write!(f, "{} ", written(path, kind)))
    }
}

/// An entry as [`tree`] takes it.
fn written(path: &str, kind: &Kind) -> String {
    match kind {
        Kind::Directory => format!("{path}/"),
        Kind::File => path.to_owned(),
        Kind::Link(target) => format!(
            "{path}->{}{target}",
            "../".repeat(path.matches('/').count())
        ),
        Kind::Pipe => format!("{path}|"),
    }
}

/// The directories that a path lies in.
pub fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(end, _)| &path[..end])
}
