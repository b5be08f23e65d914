//! Random trees and command lines as plain data, which proptest can shrink, and the trees
//! on disk.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Permissions};
use std::mem;
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

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
    Settings(Settings),
    /// The source with which [`BYTECODE`] is up to date.
    Source,
    Bytecode,
    /// A directory from which an ordinary user can remove nothing.
    ReadOnly,
    /// A file of this size.
    File(u16),
    Symlink(Target),
    Pipe,
}

/// The settings in a `pyproject.toml`.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    pub ignore: Vec<&'static str>,
    pub debris: Option<Vec<&'static str>>,
    pub keep_python: Vec<&'static str>,
    pub stale: bool,
}

impl Settings {
    fn to_toml(&self) -> String {
        let Self {
            ignore,
            debris,
            keep_python,
            stale,
        } = self;
        let debris = debris.as_ref();
        let debris = debris.map_or(String::new(), |topics| format!("debris = {topics:?}\n"));
        format!(
            "[tool.pyclean]\nignore = {ignore:?}\nkeep-python = {keep_python:?}\n\
             stale = {stale}\n{debris}"
        )
    }
}

/// A source and its bytecode.
pub const SOURCE: &[u8] = include_bytes!("../../fixtures/pyc/m.py");
pub const BYTECODE: &[u8] =
    include_bytes!("../../fixtures/pyc/cpython-3.12/m.cpython-312.pyc.fixture");

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
    pub stale: bool,
    /// What is in the mirror of the tree under `--pycache-prefix`.
    pub prefix: Option<Vec<Entry<Kind>>>,
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
    /// The settings of directories.
    pub settings: BTreeMap<PathBuf, Settings>,
}

/// Names of bytecode and debris, and similar names.
const FILES: &str = "m.py m.pyc m.pyo m$py.class m.cpython-311.pyc m.cpython-312.pyc \
    m.cpython-312.opt-1.pyc m.cpython-312-pytest-8.3.4.pyc m.cpython-312.pyc.4711 \
    m.pypy39.pyc m.pyo.0 m.pyc.x m.pyc. core.pyc.1.notes m.pyc.2024-11-01.doc \
    a.pyc.1.src x.pyc.1c m.pyd m.so M.PYC .pyc pyc .coverage .coverage.host.1.x \
    .coverage.rc coverage.xml pytestdebug.log f.nbi setup.py setup.py setup.py conf.py \
    pyvenv.cfg a.log a -n.pyc";
const ODD_FILES: [&[u8]; 6] = [
    b"m.pyc.7 copy.js",
    b"with space.pyc",
    b"new\nline.pyc",
    b"\x1b.pyc",
    b"\xff.pyc",
    "\u{e9}.pyc".as_bytes(),
];
const DIRECTORIES: &str = "__pycache__ __pycache__ __pycache__ a b [ab] tmp src venv .git node_modules \
    site-packages dist build lib bdist.linux docs _build p.egg-info p.egg EGG-INFO \
    .cache .pytest_cache .mypy_cache htmlcov .tox conda-meta";

const ODD_DIRECTORIES: [&[u8]; 2] = [b"new\nline", b"\xfe"];

/// Names in a tree that is cleaned with `--stale`, or with a prefix.
const MODULES: &str = "m.cpython-312.pyc m.cpython-312.pyc n.cpython-312.pyc m.pyc";
const PACKAGES: &str = "__pycache__ __pycache__ __pycache__ a b src dist site-packages";

const TOPICS: &str = "cache coverage package pytest eggs mypy numba sphinx tox all";
const IGNORED: &str = "a ./b/ tmp dist build __pycache__ .coverage m.pyc m.cpython-312.pyc *.pyc m* ? \
    [ab] *.cpython-31[12].* a/b ./a/* **/b src/** a/**/m.* __pycache__/m.* \
    */site-packages/ nothing";
const IGNORED_BY_SETTINGS: &str = "a m.* dist .git __pycache__ a/b /a /*/m.pyc /src/** pyvenv.cfg";
const ERASED: &str = "** **/* * *.log **/*.log ./a/ a a/** tmp/**/* tmp/ **/m.* **/? **/[ab]/* venv/**/* \
    **/.git/** **/dist/ **/__pycache__/* __pycache__ */*/* nothing";
const PYTHONS: &str = "3.11 3.12 pypy3.9";

fn words_of(list: &'static str) -> Vec<&'static str> {
    list.split_whitespace().collect()
}

fn one_of(names: &'static str) -> impl Strategy<Value = &'static [u8]> {
    select(words_of(names)).prop_map(str::as_bytes)
}

fn some_of(words: &'static str, count: Range<usize>) -> impl Strategy<Value = Vec<&'static str>> {
    subsequence(words_of(words), count)
}

/// Cases with any options, and often with those of `focus`.
pub fn cases(focus: Focus, copies: usize) -> impl Strategy<Value = Case> {
    let paths = prop_oneof![
        2 => Just(vec![(0, Form::Plain)]),
        3 => vec((prop_oneof![Just(0), any::<u8>()], forms()), 1..4),
    ];
    (vec(entries(focus), 1..24), paths, options(focus)).prop_map(
        move |(entries, paths, options)| Case {
            entries,
            copies,
            paths,
            options,
        },
    )
}

/// The options that most cases of a test have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Focus {
    Bytecode,
    Debris,
    Erase,
    Stale,
    All,
}

fn forms() -> impl Strategy<Value = Form> {
    select(&[Form::Plain, Form::Dotted, Form::Absolute][..])
}

/// Sources and bytecode, in the tree or in its mirror.
fn modules() -> impl Strategy<Value = (&'static [u8], Kind)> {
    let text = || (0..40u16).prop_map(Kind::File);
    let source = prop_oneof![Just(Kind::Source), text()];
    let bytecode = prop_oneof![3 => Just(Kind::Bytecode), 1 => text()];
    prop_oneof![
        4 => (one_of("m.py n.py"), source),
        7 => (one_of(MODULES), bytecode),
        1 => (one_of("a.log"), text()),
        7 => (one_of(PACKAGES), Just(Kind::Directory)),
    ]
}

fn settings(focus: Focus) -> impl Strategy<Value = Kind> {
    let keep_python = some_of(PYTHONS, 0..2);
    (
        some_of(IGNORED_BY_SETTINGS, 0..3),
        option::of(some_of(TOPICS, 0..3)),
        keep_python,
        any::<bool>(),
    )
        .prop_map(move |(ignore, debris, keep_python, stale)| {
            let is_stale = focus == Focus::Stale;
            Kind::Settings(Settings {
                ignore,
                debris,
                keep_python: if is_stale { Vec::new() } else { keep_python },
                stale: stale && is_stale,
            })
        })
}

fn entries(focus: Focus) -> impl Strategy<Value = Entry<Kind>> {
    let named = match focus {
        Focus::Stale => modules().boxed(),
        _ => any_entries().boxed(),
    };
    let named = prop_oneof![
        20 => named,
        1 => (Just(&b"pyproject.toml"[..]), settings(focus)),
    ];
    random_tree::entries(named.prop_map(|(name, kind)| {
        // The model does not know what a `.git` of another kind means.
        let kind = if name == b".git" {
            Kind::Directory
        } else {
            kind
        };
        (OsStr::from_bytes(name), kind)
    }))
}

fn any_entries() -> impl Strategy<Value = (&'static [u8], Kind)> {
    let files = || prop_oneof![34 => one_of(FILES), 6 => select(&ODD_FILES[..])];
    let directories = || prop_oneof![13 => one_of(DIRECTORIES), 1 => select(&ODD_DIRECTORIES[..])];
    let any_name = || prop_oneof![files(), directories()];
    let target = prop_oneof![
        Just(Target::Here),
        Just(Target::Up),
        Just(Target::Nowhere),
        Just(Target::Outside),
        Just(Target::CacheOutside),
        any::<u8>().prop_map(Target::Entry),
    ];
    let size = || prop_oneof![9 => 0..40u16, 1 => 0..5000u16];
    prop_oneof![
        42 => (files(), size().prop_map(Kind::File)),
        40 => (directories(), Just(Kind::Directory)),
        2 => (any_name(), Just(Kind::ReadOnly)),
        3 => (any_name(), Just(Kind::Directory)),
        5 => (any_name(), size().prop_map(Kind::File)),
        5 => (any_name(), target.prop_map(Kind::Symlink)),
        3 => (any_name(), Just(Kind::Pipe)),
    ]
}

fn options(focus: Focus) -> impl Strategy<Value = Options> {
    let often = move |about| {
        let is_often = focus == about || focus == Focus::All;
        prop::bool::weighted(if is_often { 0.7 } else { 0.05 })
    };
    let words = vec(
        prop_oneof![
            3 => select(words_of(IGNORED)).prop_map(Word::Text),
            1 => any::<u8>().prop_map(Word::Path),
            1 => any::<u8>().prop_map(Word::Absolute),
        ],
        0..3,
    );
    let selection = (
        often(Focus::Debris),
        some_of(TOPICS, 0..3),
        often(Focus::Erase),
        some_of(ERASED, 0..3),
        often(Focus::Erase),
    );
    let is_stale = focus == Focus::Stale;
    let has_prefix = is_stale || focus == Focus::All;
    // Python creates no `__pycache__` there, and writes only names with a tag.
    let mirror = modules().prop_filter("of Python", |(name, _)| {
        ![&b"__pycache__"[..], b"m.pyc"].contains(name)
    });
    let mirror = mirror.prop_map(|(name, kind)| (OsStr::from_bytes(name), kind));
    let prefix = vec(random_tree::entries(mirror), 1..12);
    let behavior = (
        any::<bool>(),
        option::weighted(0.3, 1..9u8),
        prop::bool::weighted(if is_stale { 0.8 } else { 0.0 }),
        option::weighted(if has_prefix { 0.3 } else { 0.02 }, prefix),
    );
    let pythons = (
        prop::bool::weighted(if is_stale { 0.0 } else { 0.25 }),
        some_of(PYTHONS, 0..3),
        some_of(PYTHONS, 0..2),
    );
    let no_default_ignore = prop::bool::weighted(0.3);
    let parts = (words, no_default_ignore, selection, behavior, pythons);
    parts.prop_map(
        |(ignore, no_default_ignore, selection, behavior, pythons)| {
            let (with_debris, topics, with_erase, erase, folders) = selection;
            let (one_file_system, jobs, stale, prefix) = behavior;
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
                stale,
                prefix,
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
            settings: BTreeMap::new(),
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
            world.create_entries(top, &case.entries);
        }
        if let Some(entries) = &case.options.prefix {
            let mirror = world.tree().strip_prefix("/").unwrap();
            let mirror = world.prefix().join(mirror);
            let in_tree = mem::take(&mut world.paths);
            world.create_entries(mirror, entries);
            world.paths = in_tree;
        }
        for path in &world.locked {
            fs::set_permissions(path, Permissions::from_mode(0o555)).unwrap();
        }
        if rustix::process::geteuid().is_root() {
            world.locked.clear();
        }
        world
    }

    fn create_entries(&mut self, top: PathBuf, entries: &[Entry<Kind>]) {
        fs::create_dir_all(&top).unwrap();
        let mut layout = Layout::new(top);
        for entry in entries {
            let path = layout.path(entry);
            // The first entry with a name counts. Nothing says what a cache in a cache is, and
            // globs are UTF-8.
            let is_undefined = path.parent().unwrap().ends_with("__pycache__")
                && path.ends_with("__pycache__")
                || matches!(entry.kind, Kind::Settings(_)) && path.to_str().is_none();
            if fs::symlink_metadata(&path).is_err() && !is_undefined {
                self.create(&path, &entry.kind);
                if matches!(entry.kind, Kind::Directory | Kind::ReadOnly) {
                    layout.add_directory(path.clone());
                }
                self.paths.push(path);
            }
        }
    }

    fn create(&mut self, path: &Path, kind: &Kind) {
        match kind {
            Kind::Settings(settings) => {
                fs::write(path, settings.to_toml()).unwrap();
                let dir = path.parent().unwrap().to_path_buf();
                self.settings.insert(dir, settings.clone());
            }
            Kind::Source => {
                fs::write(path, SOURCE).unwrap();
                let file = File::options().append(true).open(path).unwrap();
                let compiled = UNIX_EPOCH + Duration::from_secs(1_600_000_000);
                file.set_modified(compiled).unwrap();
            }
            Kind::Bytecode => fs::write(path, BYTECODE).unwrap(),
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

    /// The prefix of all mirrors.
    pub fn prefix(&self) -> PathBuf {
        self.top.join("cache")
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
                path if path == Path::new(".") => "nothing".into(),
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
            (options.stale, "--stale"),
            (options.prefix.is_some(), "--pycache-prefix=../cache"),
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
