//! Random trees and random command lines, as plain data that shrinks, and the trees on disk.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Component, Path, PathBuf};

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use tempfile::TempDir;
use walkdir::WalkDir;

/// One tree, and what is asked of the program.
#[derive(Debug, Clone)]
pub struct Case {
    pub entries: Vec<Entry>,
    /// How often the entries are there, side by side: more than once makes work for
    /// several threads.
    pub copies: usize,
    pub paths: Vec<(Place, Writing)>,
    pub options: Options,
}

/// One entry of a tree. It is left out where its name is taken.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Which of the directories before it holds it: a number that wraps around.
    pub parent: u8,
    pub name: &'static OsStr,
    pub kind: Kind,
}

#[derive(Debug, Clone)]
pub enum Kind {
    Directory,
    /// Nothing in it can be removed by an ordinary user.
    ReadOnly,
    /// Of this many bytes.
    File(u16),
    Link(To),
    Pipe,
}

/// Where a link leads.
#[derive(Debug, Clone)]
pub enum To {
    Here,
    Up,
    Nowhere,
    Outside,
    CacheOutside,
    Entry(Place),
}

/// An entry that was made, or the tree: a number that wraps around.
pub type Place = u8;

/// How a PATH is written.
#[derive(Debug, Clone, Copy)]
pub enum Writing {
    Plain,
    Dotted,
    Absolute,
}

/// The options of one run.
#[derive(Debug, Clone, Default)]
pub struct Options {
    pub ignore: Vec<Word>,
    pub no_default_ignore: bool,
    pub debris: Option<Vec<&'static str>>,
    pub erase: Vec<&'static str>,
    pub folders: bool,
    pub one_file_system: bool,
    pub jobs: Option<u8>,
    pub python: Vec<&'static str>,
    pub keep_python: Vec<&'static str>,
}

impl Options {
    /// Whether a PATH means something else than the same directory below another PATH.
    pub fn narrow(&self) -> bool {
        !(self.ignore.is_empty()
            && self.erase.is_empty()
            && self.python.is_empty()
            && self.keep_python.is_empty())
    }
}

/// What `--ignore` is given.
#[derive(Debug, Clone)]
pub enum Word {
    Text(&'static str),
    /// The path of an entry, from the working directory.
    Path(Place),
    /// The path of an entry, from `/`.
    Absolute(Place),
}

/// What lies at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    Directory,
    File(Vec<u8>),
    Link(PathBuf),
    Pipe,
}

/// All that lies below a directory.
pub type Snapshot = BTreeMap<PathBuf, Node>;

/// A tree on disk, with a second one outside of it.
pub struct World {
    /// Goes with the test.
    _folder: TempDir,
    top: PathBuf,
    /// The tree, and all that was made in it.
    places: Vec<PathBuf>,
    /// Directories that were made read-only, if that hinders this user at all.
    pub locked: Vec<PathBuf>,
}

/// Names that the program might take for what goes, and some that it might not.
const FILES: &[&[u8]] = &[
    b"m.py",
    b"m.pyc",
    b"m.pyo",
    b"m$py.class",
    b"m.cpython-311.pyc",
    b"m.cpython-312.pyc",
    b"m.cpython-312.opt-1.pyc",
    b"m.cpython-312-pytest-8.3.4.pyc",
    b"m.cpython-312.pyc.4711",
    b"m.pypy39.pyc",
    b"m.pyo.0",
    b"m.pyc.x",
    b"m.pyc.",
    b"m.pyd",
    b"m.so",
    b"M.PYC",
    b".pyc",
    b"pyc",
    b".coverage",
    b".coverage.host.1.x",
    b".coverage.rc",
    b"coverage.xml",
    b"pytestdebug.log",
    b"f.nbi",
    b".profile",
    b"a.log",
    b"a",
    b"-n.pyc",
    b"with space.pyc",
    b"new\nline.pyc",
    b"\x1b.pyc",
    b"\xff.pyc",
    "\u{e9}.pyc".as_bytes(),
];
const DIRECTORIES: &[&[u8]] = &[
    b"__pycache__",
    b"__pycache__",
    b"__pycache__",
    b"a",
    b"b",
    b"[ab]",
    b"tmp",
    b"src",
    b"venv",
    b".git",
    b"node_modules",
    b"site-packages",
    b"dist",
    b"build",
    b"lib",
    b"bdist.linux",
    b"docs",
    b"_build",
    b"p.egg-info",
    b"p.egg",
    b".cache",
    b".pytest_cache",
    b".mypy_cache",
    b"htmlcov",
    b".tox",
    b"new\nline",
    b"\xfe",
];

const TOPICS: &[&str] = &[
    "cache", "coverage", "package", "pytest", "eggs", "mypy", "numba", "sphinx", "tox", "all",
];
const IGNORED: &[&str] = &[
    "a",
    "./b/",
    "tmp",
    "dist",
    "build",
    "__pycache__",
    ".coverage",
    "m.pyc",
    "m.cpython-312.pyc",
    "*.pyc",
    "m*",
    "?",
    "[ab]",
    "*.cpython-31[12].*",
    "a/b",
    "./a/*",
    "**/b",
    "src/**",
    "a/**/m.*",
    "__pycache__/m.*",
    "*/site-packages/",
    "nothing",
];
const ERASED: &[&str] = &[
    "**",
    "**/*",
    "*",
    "*.log",
    "**/*.log",
    "./a/",
    "a",
    "a/**",
    "tmp/**/*",
    "tmp/",
    "**/m.*",
    "**/?",
    "**/[ab]/*",
    "venv/**/*",
    "**/.git/**",
    "**/dist/",
    "**/__pycache__/*",
    "__pycache__",
    "*/*/*",
    "nothing",
];
const PYTHONS: &[&str] = &["3.11", "3.12", "pypy3.9"];

/// Cases in which each group of options is there or not: with `much` of the one that
/// a test is about.
pub fn cases(much: Much, copies: usize) -> impl Strategy<Value = Case> {
    let paths = prop_oneof![
        2 => Just(vec![(0, Writing::Plain)]),
        3 => vec((prop_oneof![Just(0), any::<u8>()], writings()), 1..4),
    ];
    (vec(entries(), 1..24), paths, options(much)).prop_map(move |(entries, paths, options)| Case {
        entries,
        copies,
        paths,
        options,
    })
}

/// What most cases of a test have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Much {
    Bytecode,
    Debris,
    Erasing,
    All,
}

fn writings() -> impl Strategy<Value = Writing> {
    select(&[Writing::Plain, Writing::Dotted, Writing::Absolute][..])
}

fn entries() -> impl Strategy<Value = Entry> {
    let (files, directories) = (select(FILES), select(DIRECTORIES));
    let any_name = || prop_oneof![select(FILES), select(DIRECTORIES)];
    let to = prop_oneof![
        Just(To::Here),
        Just(To::Up),
        Just(To::Nowhere),
        Just(To::Outside),
        Just(To::CacheOutside),
        any::<u8>().prop_map(To::Entry),
    ];
    let size = || prop_oneof![9 => 0..40u16, 1 => 0..5000u16];
    let named = prop_oneof![
        42 => (files, size().prop_map(Kind::File)),
        40 => (directories, Just(Kind::Directory)),
        2 => (any_name(), Just(Kind::ReadOnly)),
        3 => (any_name(), Just(Kind::Directory)),
        5 => (any_name(), size().prop_map(Kind::File)),
        5 => (any_name(), to.prop_map(Kind::Link)),
        3 => (any_name(), Just(Kind::Pipe)),
    ];
    (any::<u8>(), named).prop_map(|(parent, (name, kind))| Entry {
        parent,
        name: OsStr::from_bytes(name),
        // What git makes of anything else is git's business.
        kind: if name == b".git" {
            Kind::Directory
        } else {
            kind
        },
    })
}

fn options(much: Much) -> impl Strategy<Value = Options> {
    let often = move |about| {
        let often = much == about || much == Much::All;
        prop::bool::weighted(if often { 0.7 } else { 0.05 })
    };
    let few = |from: &'static [&'static str]| subsequence(from, 0..3);
    let words = vec(
        prop_oneof![
            3 => select(IGNORED).prop_map(Word::Text),
            1 => any::<u8>().prop_map(Word::Path),
            1 => any::<u8>().prop_map(Word::Absolute),
        ],
        0..3,
    );
    let what = (
        often(Much::Debris),
        few(TOPICS),
        often(Much::Erasing),
        few(ERASED),
        often(Much::Erasing),
    );
    let how = (any::<bool>(), option::weighted(0.3, 1..9u8));
    let pythons = (
        prop::bool::weighted(0.25),
        few(PYTHONS),
        subsequence(PYTHONS, 0..2),
    );
    (words, prop::bool::weighted(0.3), what, how, pythons).prop_map(
        |(ignore, no_default_ignore, what, (one_file_system, jobs), pythons)| {
            let (with_debris, topics, with_erase, erase, folders) = what;
            let (by_python, python, keep_python) = pythons;
            Options {
                ignore,
                no_default_ignore,
                debris: with_debris.then_some(topics),
                erase: if with_erase { erase } else { Vec::new() },
                folders,
                one_file_system,
                jobs,
                python: if by_python { python } else { Vec::new() },
                keep_python: if by_python { keep_python } else { Vec::new() },
            }
        },
    )
}

impl World {
    /// Makes the tree of a case.
    pub fn new(case: &Case) -> World {
        // In memory where that is possible: a case is mostly making a tree.
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        let folder = folder.unwrap();
        let top = fs::canonicalize(folder.path()).unwrap();
        let mut world = World {
            places: vec![top.join("tree")],
            _folder: folder,
            top,
            locked: Vec::new(),
        };
        fs::create_dir(world.tree()).unwrap();
        for path in ["m.pyc", "__pycache__/m.cpython-312.pyc", "dist/a", "a/b"] {
            let path = world.top.join("outside").join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "outside").unwrap();
        }
        for copy in 0..case.copies {
            let base = match case.copies {
                1 => world.tree().to_path_buf(),
                _ => world.tree().join(copy.to_string()),
            };
            fs::create_dir_all(&base).unwrap();
            let mut directories = vec![base];
            for entry in &case.entries {
                let parent = &directories[entry.parent as usize % directories.len()];
                let path = parent.join(entry.name);
                if fs::symlink_metadata(&path).is_err() {
                    world.make(&path, &entry.kind);
                    if matches!(entry.kind, Kind::Directory | Kind::ReadOnly) {
                        directories.push(path.clone());
                    }
                    world.places.push(path);
                }
            }
        }
        for path in &world.locked {
            fs::set_permissions(path, Permissions::from_mode(0o555)).unwrap();
        }
        if rustix::process::geteuid().is_root() {
            world.locked.clear();
        }
        world
    }

    fn make(&mut self, path: &Path, kind: &Kind) {
        match kind {
            Kind::Directory => fs::create_dir(path).unwrap(),
            Kind::ReadOnly => {
                fs::create_dir(path).unwrap();
                self.locked.push(path.to_path_buf());
            }
            Kind::File(size) => {
                let text = path.as_os_str().as_bytes().iter().cycle();
                let text: Vec<u8> = text.take(*size as usize).copied().collect();
                fs::write(path, text).unwrap();
            }
            Kind::Link(to) => symlink(self.target(to), path).unwrap(),
            Kind::Pipe => make_pipe(path),
        }
    }

    fn target(&self, to: &To) -> PathBuf {
        match to {
            To::Here => ".".into(),
            To::Up => "..".into(),
            To::Nowhere => "nowhere".into(),
            To::Outside => self.top.join("outside"),
            To::CacheOutside => self.top.join("outside/__pycache__"),
            To::Entry(place) => self.place(*place).to_path_buf(),
        }
    }

    /// What holds the tree and what is outside of it.
    pub fn top(&self) -> &Path {
        &self.top
    }

    /// The tree, where the program runs.
    pub fn tree(&self) -> &Path {
        &self.places[0]
    }

    fn place(&self, place: Place) -> &Path {
        &self.places[place as usize % self.places.len()]
    }

    /// The path of a place, from the tree on. It does not begin like an option.
    fn relative(&self, place: Place) -> PathBuf {
        let path = self.place(place).strip_prefix(self.tree()).unwrap();
        match path.as_os_str().as_bytes().first() {
            None => ".".into(),
            Some(b'-') => Path::new(".").join(path),
            Some(_) => path.to_path_buf(),
        }
    }

    /// The PATHs of a case, as they are written.
    pub fn paths(&self, case: &Case) -> Vec<PathBuf> {
        let written = |(place, writing): &(Place, Writing)| match writing {
            Writing::Plain => self.relative(*place),
            Writing::Dotted => Path::new(".").join(self.relative(*place)),
            Writing::Absolute => self.place(*place).to_path_buf(),
        };
        case.paths.iter().map(written).collect()
    }

    /// Whether a PATH is a link.
    pub fn is_link(&self, written: &Path) -> bool {
        self.tree().join(written).is_symlink()
    }

    /// The words that `--ignore` is given.
    pub fn ignored(&self, options: &Options) -> Vec<OsString> {
        let word = |word: &Word| match word {
            Word::Text(text) => text.into(),
            Word::Path(place) => match self.relative(*place) {
                path if path == Path::new(".") => "tree".into(),
                path => path.into(),
            },
            Word::Absolute(place) => self.place(*place).into(),
        };
        // A glob that is no UTF-8 is refused.
        let is_taken =
            |word: &OsString| word.to_str().is_some() || !word.as_bytes().contains(&b'[');
        options.ignore.iter().map(word).filter(is_taken).collect()
    }

    /// Of the words that go through a link: what that leads to, and the rest.
    pub fn resolved(&self, options: &Options) -> Vec<(PathBuf, PathBuf)> {
        let resolved = |word: OsString| {
            let parts: Vec<_> = Path::new(&word).components().collect();
            let is_plain = |part: &&Component| {
                let bytes = part.as_os_str().as_bytes();
                !bytes.iter().any(|byte| b"*?[".contains(byte))
            };
            let plain = parts.iter().take_while(is_plain).count();
            let (above, rest) = parts.split_at(plain.min(parts.len() - 1));
            let above: PathBuf = above.iter().collect();
            let real = fs::canonicalize(self.tree().join(&above)).ok()?;
            let is_link = real != self.tree().join(&above);
            is_link.then(|| (real, rest.iter().collect()))
        };
        self.ignored(options)
            .into_iter()
            .filter_map(resolved)
            .collect()
    }

    /// The options of a case, as they are written.
    pub fn arguments(&self, options: &Options) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = Vec::new();
        let flags = [
            (options.no_default_ignore, "--no-default-ignore"),
            (options.folders, "--folders"),
            (options.one_file_system, "-x"),
        ];
        let flags = flags.iter().filter(|(is_set, _)| *is_set);
        arguments.extend(flags.map(|(_, flag)| flag.into()));
        arguments.extend(options.jobs.map(|jobs| format!("-j{jobs}").into()));
        let pythons = options.python.iter();
        arguments.extend(pythons.map(|version| format!("--python={version}").into()));
        if !options.keep_python.is_empty() {
            arguments.extend(["--keep-python".into(), options.keep_python.join(",").into()]);
        }
        let ignored = self.ignored(options);
        if !ignored.is_empty() {
            arguments.push("--ignore".into());
            arguments.extend(ignored);
        }
        if let Some(topics) = &options.debris {
            arguments.push("--debris".into());
            arguments.extend(topics.iter().map(OsString::from));
        }
        if !options.erase.is_empty() {
            arguments.push("--erase".into());
            arguments.extend(options.erase.iter().map(OsString::from));
        }
        arguments
    }

    /// All that is there now, inside and outside.
    pub fn snapshot(&self) -> Snapshot {
        let entries = WalkDir::new(&self.top).min_depth(1).into_iter();
        let node = |entry: walkdir::DirEntry| {
            let kind = entry.file_type();
            let node = if kind.is_dir() {
                Node::Directory
            } else if kind.is_symlink() {
                Node::Link(fs::read_link(entry.path()).unwrap())
            } else if kind.is_file() {
                Node::File(fs::read(entry.path()).unwrap())
            } else {
                Node::Pipe
            };
            (entry.into_path(), node)
        };
        entries.map(|entry| node(entry.unwrap())).collect()
    }
}

impl Drop for World {
    /// Else an ordinary user could not remove the folder.
    fn drop(&mut self) {
        for path in &self.locked {
            let _ = fs::set_permissions(path, Permissions::from_mode(0o755));
        }
    }
}

#[cfg(target_os = "linux")]
fn make_pipe(path: &Path) {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
}

#[cfg(not(target_os = "linux"))]
fn make_pipe(path: &Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status();
    assert!(made.unwrap().success());
}
