//! The leftovers of tools, by topic.

use std::ffi::OsStr;
use std::path::Path;
use std::sync::LazyLock;

use anyhow::Result;
use globset::{Glob, GlobSet, GlobSetBuilder};

/// The leftovers of one tool, or of one kind of tools.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Topic {
    /// Its name on the command line.
    pub(crate) name: &'static str,
    /// Whether it is removed if the user names no topic.
    pub(crate) is_default: bool,
    /// What it covers, for `--help`.
    pub(crate) help: &'static str,
    /// What is removed.
    patterns: &'static [Pattern],
}

/// A glob for names at any depth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pattern {
    /// The glob. It ends with `/` for a directory; `parent/name/` is a directory in a
    /// directory of that name.
    glob: &'static str,
    /// What proves that such a name is debris.
    evidence: Evidence,
    /// How a directory is removed.
    kind: DebrisKind,
}

/// What proves that a name is debris.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Evidence {
    /// The name, which belongs to one tool.
    Name,
    /// A Python project in the same directory: `pyproject.toml`, `setup.py` or `setup.cfg`.
    Project,
    /// A Python project in the directory above.
    ProjectAbove,
    /// A Python project, or the settings of coverage, in the same directory.
    Coverage,
    /// A Python project, in the same directory or above its `src`, with a `build` or a
    /// `dist`. Without these, its `*.egg-info` may be what makes a development install
    /// (`setup.py develop`) work.
    Built,
    /// The settings of Sphinx, in the same directory or in its `source`.
    Sphinx,
    /// A `__pycache__` that holds it.
    Cache,
    /// A directory with an `EGG-INFO`, or a zip archive.
    Egg,
}

/// What is removed of debris.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DebrisKind {
    /// A file, or a directory with its contents.
    Whole,
    /// A directory, if nothing but debris was in it.
    Container,
}

/// Names that belong to one tool.
const fn named(glob: &'static str) -> Pattern {
    Pattern {
        glob,
        evidence: Evidence::Name,
        kind: DebrisKind::Whole,
    }
}

/// Names that other tools and people use, too.
const fn generic(glob: &'static str, evidence: Evidence) -> Pattern {
    Pattern {
        evidence,
        ..named(glob)
    }
}

const fn topic(name: &'static str, help: &'static str, patterns: &'static [Pattern]) -> Topic {
    Topic {
        name,
        is_default: false,
        help,
        patterns,
    }
}

const fn default_topic(
    name: &'static str,
    help: &'static str,
    patterns: &'static [Pattern],
) -> Topic {
    Topic {
        is_default: true,
        ..topic(name, help, patterns)
    }
}

/// All topics, the default ones first. They cover only what its tool creates again.
pub(crate) const TOPICS: &[Topic] = &[
    default_topic("cache", ".cache", &[generic(".cache/", Evidence::Project)]),
    default_topic(
        "coverage",
        ".coverage, coverage.{json,lcov,xml}, htmlcov",
        &[
            named(".coverage"),
            // Data of parallel runs: host, process and a random part.
            named(".coverage.*.*.*"),
            generic("coverage.json", Evidence::Coverage),
            generic("coverage.lcov", Evidence::Coverage),
            generic("coverage.xml", Evidence::Coverage),
            generic("htmlcov/", Evidence::Coverage),
        ],
    ),
    default_topic(
        "package",
        "build/lib, build/bdist.*, dist, sdist, *.egg-info",
        &[
            generic("build/bdist.*/", Evidence::ProjectAbove),
            generic("build/lib/", Evidence::ProjectAbove),
            Pattern {
                kind: DebrisKind::Container,
                ..generic("build/", Evidence::Project)
            },
            generic("dist/", Evidence::Project),
            generic("sdist/", Evidence::Project),
            generic("*.egg-info/", Evidence::Built),
        ],
    ),
    default_topic(
        "pytest",
        ".pytest_cache, pytestdebug.log",
        &[named(".pytest_cache/"), named("pytestdebug.log")],
    ),
    default_topic("ruff", ".ruff_cache", &[named(".ruff_cache/")]),
    topic(
        "complexipy",
        ".complexipy_cache",
        &[named(".complexipy_cache/")],
    ),
    topic(
        "eggs",
        ".eggs, *.egg",
        &[
            named(".eggs/"),
            generic("*.egg/", Evidence::Egg),
            generic("*.egg", Evidence::Egg),
        ],
    ),
    topic("hypothesis", ".hypothesis", &[named(".hypothesis/")]),
    topic(
        "jupyter",
        ".ipynb_checkpoints",
        &[named(".ipynb_checkpoints/")],
    ),
    topic(
        "marimo",
        "__marimo__/cache, __marimo__/session",
        // Layouts that a person made can be beside these.
        &[named("__marimo__/cache/"), named("__marimo__/session/")],
    ),
    topic(
        "mypy",
        ".mypy_cache, .dmypy.json",
        &[named(".mypy_cache/"), named(".dmypy.json")],
    ),
    topic("nox", ".nox", &[named(".nox/")]),
    topic(
        "numba",
        "*.nbi, *.nbc",
        &[
            generic("*.nbi", Evidence::Cache),
            generic("*.nbc", Evidence::Cache),
        ],
    ),
    topic("pyre", ".pyre", &[named(".pyre/")]),
    topic("pyrefly", ".pyrefly_cache", &[named(".pyrefly_cache/")]),
    topic(
        "pyright",
        ".pyright, .pyright-app-cache-*, .pyright-stubs-*",
        &[
            named(".pyright/"),
            named(".pyright-app-cache-*/"),
            named(".pyright-stubs-*/"),
        ],
    ),
    topic("pytype", ".pytype", &[named(".pytype/")]),
    topic(
        "sphinx",
        "docs/_build, doc/_build",
        &[
            generic("docs/_build/", Evidence::Sphinx),
            generic("doc/_build/", Evidence::Sphinx),
        ],
    ),
    topic("tox", ".tox", &[named(".tox/")]),
    topic("ty", ".ty_cache", &[named(".ty_cache/")]),
];

/// The name that stands for every topic.
pub(crate) const ALL: &str = "all";

/// The names of all topics, and [`ALL`].
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    TOPICS.iter().map(|topic| topic.name).chain([ALL])
}

/// Whether a name is that of debris of any topic, perhaps in another place.
pub(crate) fn may_be_debris(name: &OsStr) -> bool {
    static ALL_TOPICS: LazyLock<Debris> = LazyLock::new(|| {
        // The table is constant, and a test compiles it.
        Debris::new(&[ALL.to_owned()]).expect("valid globs")
    });
    ALL_TOPICS.dirs.globs.is_match(name) || ALL_TOPICS.files.globs.is_match(name)
}

/// The topics that the user asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Debris {
    dirs: PatternSet,
    files: PatternSet,
}

/// Patterns for names, and the globs that find them.
#[derive(Debug, Clone, Default)]
struct PatternSet {
    globs: GlobSet,
    /// What each glob stands for, with the name of the directory that must hold it.
    patterns: Vec<(Option<&'static str>, Match)>,
}

/// Why a name counts as debris.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Match {
    /// The name of the topic.
    pub(crate) topic: &'static str,
    /// What proves it.
    pub(crate) evidence: Evidence,
    /// What is removed.
    pub(crate) kind: DebrisKind,
}

impl Debris {
    /// The topics of these names; the default ones if there are no names.
    ///
    /// # Errors
    ///
    /// If the table contains an invalid glob.
    pub(crate) fn new(names: &[String]) -> Result<Self> {
        let is_selected = |topic: &&Topic| {
            if names.is_empty() {
                return topic.is_default;
            }
            names.iter().any(|name| name == topic.name || name == ALL)
        };
        let patterns: Vec<_> = TOPICS
            .iter()
            .filter(is_selected)
            .flat_map(|topic| topic.patterns.iter().map(|pattern| (topic.name, *pattern)))
            .collect();
        let (dirs, files) = patterns
            .into_iter()
            .partition::<Vec<_>, _>(|(_, pattern)| pattern.glob.ends_with('/'));
        Ok(Self {
            dirs: PatternSet::new(dirs)?,
            files: PatternSet::new(files)?,
        })
    }

    /// What a directory of this name is. `path` is its path; it decides if a pattern also
    /// names the directory that holds it.
    pub(crate) fn match_dir(&self, name: &OsStr, path: &Path) -> Option<Match> {
        self.dirs.find(name, path)
    }

    /// What a file of this name is.
    pub(crate) fn match_file(&self, name: &OsStr) -> Option<Match> {
        self.files.find(name, Path::new(""))
    }
}

impl PatternSet {
    fn new(patterns: Vec<(&'static str, Pattern)>) -> Result<Self> {
        let mut globs = GlobSetBuilder::new();
        let mut set = Self::default();
        for (topic, pattern) in patterns {
            let path = pattern.glob.trim_end_matches('/');
            let (parent, name) = path
                .split_once('/')
                .map_or((None, path), |(parent, name)| (Some(parent), name));
            globs.add(Glob::new(name)?);
            let found = Match {
                topic,
                evidence: pattern.evidence,
                kind: pattern.kind,
            };
            set.patterns.push((parent, found));
        }
        set.globs = globs.build()?;
        Ok(set)
    }

    fn find(&self, name: &OsStr, path: &Path) -> Option<Match> {
        if self.patterns.is_empty() {
            return None;
        }
        let matches = self.globs.matches(name);
        let mut found = matches.iter().map(|&index| &self.patterns[index]);
        let is_in_place = |(needed, _): &&(Option<&str>, Match)| {
            let parent = || path.parent().and_then(Path::file_name);
            needed.is_none_or(|needed| parent() == Some(needed.as_ref()))
        };
        found.find(is_in_place).map(|(_, found)| *found)
    }
}
