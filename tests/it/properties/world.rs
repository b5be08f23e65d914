//! Random trees and command lines as plain data, which proptest can shrink, and the trees
//! on disk.

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

use crate::random_tree::{self, Entry, Layout};
use crate::util::{make_pipe, temp_dir};

/// A tree and a command line.
#[derive(Debug, Clone)]
pub struct Case {
    pub entries: Vec<Entry<Kind>>,
    /// The number of copies of the entries in the tree. Many copies are enough work for
    /// several threads.
    pub copies: usize,
    pub paths: Vec<(Number, Form)>,
    pub options: Options,
}

#[derive(Debug, Clone)]
pub enum Kind {
    Directory,
    /// A directory from which an ordinary user can remove nothing.
    ReadOnly,
    /// A file of this size.
    File(u16),
    Symlink(Target),
    Pipe,
}

/// The target of a symlink.
#[derive(Debug, Clone)]
pub enum Target {
    Here,
    Up,
    Nowhere,
    Outside,
    CacheOutside,
    Entry(Number),
}

/// The number of an entry, modulo the number of entries. The number 0 is the tree.
pub type Number = u8;

/// The form of a PATH.
#[derive(Debug, Clone, Copy)]
pub enum Form {
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
    /// Whether a directory is cleaned differently as a PATH and below another PATH.
    pub fn depends_on_path(&self) -> bool {
        !(self.ignore.is_empty()
            && self.erase.is_empty()
            && self.python.is_empty()
            && self.keep_python.is_empty())
    }
}

/// A value of `--ignore`.
#[derive(Debug, Clone)]
pub enum Word {
    Text(&'static str),
    /// The path of an entry, relative to the working directory.
    Path(Number),
    /// The absolute path of an entry.
    Absolute(Number),
}

/// An entry on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    Directory,
    File(Vec<u8>),
    Symlink(PathBuf),
    Pipe,
}

/// Everything below a directory.
pub type Snapshot = BTreeMap<PathBuf, Node>;

/// A tree on disk, with a second tree beside it that must not change.
pub struct World {
    /// Is removed when the value is dropped.
    _directory: TempDir,
    top: PathBuf,
    /// The tree and everything that was created in it.
    paths: Vec<PathBuf>,
    /// Directories that are read-only for this user.
    pub locked: Vec<PathBuf>,
}

/// Names of bytecode and debris, and similar names.
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
    b"core.pyc.1.notes",
    b"m.pyc.2024-11-01.doc",
    b"a.pyc.1.src",
    b"m.pyc.7 copy.js",
    b"x.pyc.1c",
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
    b"setup.py",
    b"setup.py",
    b"setup.py",
    b"conf.py",
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
    b"EGG-INFO",
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

/// Cases with any options, and often with those of `focus`.
pub fn cases(focus: Focus, copies: usize) -> impl Strategy<Value = Case> {
    let paths = prop_oneof![
        2 => Just(vec![(0, Form::Plain)]),
        3 => vec((prop_oneof![Just(0), any::<u8>()], forms()), 1..4),
    ];
    (vec(entries(), 1..24), paths, options(focus)).prop_map(move |(entries, paths, options)| Case {
        entries,
        copies,
        paths,
        options,
    })
}

/// The options that most cases of a test have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Focus {
    Bytecode,
    Debris,
    Erase,
    All,
}

fn forms() -> impl Strategy<Value = Form> {
    select(&[Form::Plain, Form::Dotted, Form::Absolute][..])
}

fn entries() -> impl Strategy<Value = Entry<Kind>> {
    let (files, directories) = (select(FILES), select(DIRECTORIES));
    let any_name = || prop_oneof![select(FILES), select(DIRECTORIES)];
    let target = prop_oneof![
        Just(Target::Here),
        Just(Target::Up),
        Just(Target::Nowhere),
        Just(Target::Outside),
        Just(Target::CacheOutside),
        any::<u8>().prop_map(Target::Entry),
    ];
    let size = || prop_oneof![9 => 0..40u16, 1 => 0..5000u16];
    let named = prop_oneof![
        42 => (files, size().prop_map(Kind::File)),
        40 => (directories, Just(Kind::Directory)),
        2 => (any_name(), Just(Kind::ReadOnly)),
        3 => (any_name(), Just(Kind::Directory)),
        5 => (any_name(), size().prop_map(Kind::File)),
        5 => (any_name(), target.prop_map(Kind::Symlink)),
        3 => (any_name(), Just(Kind::Pipe)),
    ];
    random_tree::entries(named.prop_map(|(name, kind)| {
        // The model does not know what git does with a `.git` of another kind.
        let kind = if name == b".git" {
            Kind::Directory
        } else {
            kind
        };
        (OsStr::from_bytes(name), kind)
    }))
}

fn options(focus: Focus) -> impl Strategy<Value = Options> {
    let often = move |about| {
        let is_often = focus == about || focus == Focus::All;
        prop::bool::weighted(if is_often { 0.7 } else { 0.05 })
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
    let selection = (
        often(Focus::Debris),
        few(TOPICS),
        often(Focus::Erase),
        few(ERASED),
        often(Focus::Erase),
    );
    let behavior = (any::<bool>(), option::weighted(0.3, 1..9u8));
    let pythons = (
        prop::bool::weighted(0.25),
        few(PYTHONS),
        subsequence(PYTHONS, 0..2),
    );
    (
        words,
        prop::bool::weighted(0.3),
        selection,
        behavior,
        pythons,
    )
        .prop_map(
            |(ignore, no_default_ignore, selection, (one_file_system, jobs), pythons)| {
                let (with_debris, topics, with_erase, erase, folders) = selection;
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
    /// Creates the tree of a case.
    pub fn new(case: &Case) -> Self {
        let directory = temp_dir();
        let top = fs::canonicalize(directory.path()).unwrap();
        let mut world = Self {
            paths: vec![top.join("tree")],
            _directory: directory,
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
            let top = if case.copies == 1 {
                world.tree().to_path_buf()
            } else {
                world.tree().join(copy.to_string())
            };
            fs::create_dir_all(&top).unwrap();
            let mut layout = Layout::new(top);
            for entry in &case.entries {
                let path = layout.path(entry);
                // The first entry with a name counts.
                if fs::symlink_metadata(&path).is_err() {
                    world.create(&path, &entry.kind);
                    if matches!(entry.kind, Kind::Directory | Kind::ReadOnly) {
                        layout.add_directory(path.clone());
                    }
                    world.paths.push(path);
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

    fn create(&mut self, path: &Path, kind: &Kind) {
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
            Kind::Symlink(target) => symlink(self.target(target), path).unwrap(),
            Kind::Pipe => make_pipe(path),
        }
    }

    fn target(&self, target: &Target) -> PathBuf {
        match target {
            Target::Here => ".".into(),
            Target::Up => "..".into(),
            Target::Nowhere => "nowhere".into(),
            Target::Outside => self.top.join("outside"),
            Target::CacheOutside => self.top.join("outside/__pycache__"),
            Target::Entry(number) => self.path(*number).to_path_buf(),
        }
    }

    /// The directory that contains both trees.
    pub fn top(&self) -> &Path {
        &self.top
    }

    /// The tree, which is the working directory.
    pub fn tree(&self) -> &Path {
        &self.paths[0]
    }

    fn path(&self, number: Number) -> &Path {
        &self.paths[usize::from(number) % self.paths.len()]
    }

    /// A path relative to the tree. It does not begin like an option.
    fn relative_path(&self, number: Number) -> PathBuf {
        let path = self.path(number).strip_prefix(self.tree()).unwrap();
        match path.as_os_str().as_bytes().first() {
            None => ".".into(),
            Some(b'-') => Path::new(".").join(path),
            Some(_) => path.to_path_buf(),
        }
    }

    /// The PATHs of a case, as written on the command line.
    pub fn paths(&self, case: &Case) -> Vec<PathBuf> {
        let write = |(number, form): &(Number, Form)| match form {
            Form::Plain => self.relative_path(*number),
            Form::Dotted => Path::new(".").join(self.relative_path(*number)),
            Form::Absolute => self.path(*number).to_path_buf(),
        };
        case.paths.iter().map(write).collect()
    }

    /// Whether a PATH is a symlink.
    pub fn is_symlink(&self, written: &Path) -> bool {
        self.tree().join(written).is_symlink()
    }

    /// The values of `--ignore`.
    pub fn ignored(&self, options: &Options) -> Vec<OsString> {
        let word = |word: &Word| match word {
            Word::Text(text) => text.into(),
            Word::Path(number) => match self.relative_path(*number) {
                path if path == Path::new(".") => "tree".into(),
                path => path.into(),
            },
            Word::Absolute(number) => self.path(*number).into(),
        };
        // A glob that is not UTF-8 is a usage error.
        let is_accepted =
            |word: &OsString| word.to_str().is_some() || !word.as_bytes().contains(&b'[');
        options
            .ignore
            .iter()
            .map(word)
            .filter(is_accepted)
            .collect()
    }

    /// For each value of `--ignore` with a symlink in it: the target, and the rest.
    pub fn resolved_words(&self, options: &Options) -> Vec<(PathBuf, PathBuf)> {
        let resolve = |word: OsString| {
            let parts: Vec<_> = Path::new(&word).components().collect();
            let is_plain = |part: &&Component| {
                let bytes = part.as_os_str().as_bytes();
                !bytes.iter().any(|byte| b"*?[".contains(byte))
            };
            let plain = parts.iter().take_while(is_plain).count();
            let (above, rest) = parts.split_at(plain.min(parts.len() - 1));
            let above: PathBuf = above.iter().collect();
            let real = fs::canonicalize(self.tree().join(&above)).ok()?;
            let is_symlink = real != self.tree().join(&above);
            is_symlink.then(|| (real, rest.iter().collect()))
        };
        self.ignored(options)
            .into_iter()
            .filter_map(resolve)
            .collect()
    }

    /// The options of a case, as written on the command line.
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

    /// Both trees as they are now.
    pub fn snapshot(&self) -> Snapshot {
        let entries = WalkDir::new(&self.top).min_depth(1).into_iter();
        let node = |entry: walkdir::DirEntry| {
            let kind = entry.file_type();
            let node = if kind.is_dir() {
                Node::Directory
            } else if kind.is_symlink() {
                Node::Symlink(fs::read_link(entry.path()).unwrap())
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
    /// Otherwise an ordinary user could not remove the directory.
    fn drop(&mut self) {
        for path in &self.locked {
            let _ = fs::set_permissions(path, Permissions::from_mode(0o755));
        }
    }
}
