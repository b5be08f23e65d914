//! What the tools around Python leave behind, by topic: names and globs, no files.

use std::ffi::OsStr;

use anyhow::Result;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// What one tool, or one kind of tools, leaves behind.
#[derive(Debug, PartialEq, Eq)]
pub struct Topic {
    /// What it is called on the command line.
    pub name: &'static str,
    /// Whether it goes where no topic is named.
    pub default: bool,
    /// What it covers, in words.
    pub covers: &'static str,
    /// Globs for names, at any depth. One that ends with `/` is for directories, which
    /// go with all they hold; `parent/name/` is for those in a directory of that name.
    patterns: &'static [&'static str],
    /// A directory that goes when nothing but what `patterns` name was in it.
    shell: Option<&'static str>,
}

impl Topic {
    const fn new(
        name: &'static str,
        covers: &'static str,
        patterns: &'static [&'static str],
    ) -> Topic {
        Topic {
            name,
            default: false,
            covers,
            patterns,
            shell: None,
        }
    }

    const fn by_default(self) -> Topic {
        Topic {
            default: true,
            ..self
        }
    }
}

/// All topics, those that go by default first. Only what its tool makes again by
/// itself is in here.
pub const TOPICS: &[Topic] = &[
    Topic::new("cache", "caches of various tools: .cache", &[".cache/"]).by_default(),
    Topic::new(
        "coverage",
        "data and reports: .coverage, coverage.xml, htmlcov, ...",
        // Data of parallel runs has host, process and a random part in its name.
        &[
            ".coverage",
            ".coverage.*.*.*",
            "coverage.json",
            "coverage.lcov",
            "coverage.xml",
            "htmlcov/",
        ],
    )
    .by_default(),
    Topic {
        shell: Some("build"),
        ..Topic::new(
            "package",
            "built packages: build/lib, build/bdist.*, dist, sdist, *.egg-info",
            &[
                "build/bdist.*/",
                "build/lib/",
                "dist/",
                "sdist/",
                "*.egg-info/",
            ],
        )
    }
    .by_default(),
    Topic::new(
        "pytest",
        ".pytest_cache, pytestdebug.log",
        &[".pytest_cache/", "pytestdebug.log"],
    )
    .by_default(),
    Topic::new("ruff", ".ruff_cache", &[".ruff_cache/"]).by_default(),
    Topic::new("complexipy", ".complexipy_cache", &[".complexipy_cache/"]),
    Topic::new(
        "eggs",
        "setuptools: .eggs, *.egg",
        &[".eggs/", "*.egg/", "*.egg"],
    ),
    Topic::new("hypothesis", ".hypothesis", &[".hypothesis/"]),
    Topic::new("jupyter", ".ipynb_checkpoints", &[".ipynb_checkpoints/"]),
    Topic::new(
        "marimo",
        "__marimo__/cache, __marimo__/session",
        // Layouts that a person made may lie beside these.
        &["__marimo__/cache/", "__marimo__/session/"],
    ),
    Topic::new(
        "mypy",
        ".mypy_cache, .dmypy.json",
        &[".mypy_cache/", ".dmypy.json"],
    ),
    Topic::new("nox", ".nox", &[".nox/"]),
    Topic::new("numba", "*.nbi, *.nbc", &["*.nbi", "*.nbc"]),
    Topic::new("pyre", ".pyre", &[".pyre/"]),
    Topic::new("pyrefly", ".pyrefly_cache", &[".pyrefly_cache/"]),
    Topic::new(
        "pyright",
        ".pyright, .pyright-app-cache-*, .pyright-stubs-*",
        &[".pyright/", ".pyright-app-cache-*/", ".pyright-stubs-*/"],
    ),
    Topic::new("pytype", ".pytype", &[".pytype/"]),
    Topic::new(
        "sphinx",
        "docs/_build, doc/_build",
        &["docs/_build/", "doc/_build/"],
    ),
    Topic::new("tox", ".tox", &[".tox/"]),
    Topic::new("ty", ".ty_cache", &[".ty_cache/"]),
];

/// The word for every topic.
pub const ALL: &str = "all";

/// The words for all topics.
pub fn names() -> impl Iterator<Item = &'static str> {
    TOPICS.iter().map(|topic| topic.name).chain([ALL])
}

/// The same, with commas between them.
pub fn names_listed() -> String {
    names().collect::<Vec<_>>().join(", ")
}

/// What is installed is no debris, though it may be called so: packages ship
/// directories named `dist`, and their `*.egg-info` belongs to them.
pub const INSTALLED: [&str; 2] = ["site-packages", "dist-packages"];

/// The topics that were asked for, ready to be looked up.
#[derive(Debug, Default)]
pub struct Debris {
    directories: GlobSet,
    files: GlobSet,
    /// What each glob of `directories` stands for.
    of_directories: Vec<Pattern>,
    /// What each glob of `files` stands for.
    of_files: Vec<&'static Topic>,
}

#[derive(Debug)]
struct Pattern {
    topic: &'static Topic,
    /// The name of the directory it must lie in.
    parent: Option<&'static str>,
    goes: Goes,
}

/// How a directory goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goes {
    /// With all it holds.
    Whole,
    /// If nothing in it stays.
    Emptied,
}

impl Debris {
    /// The topics of these names; those by default where there is none.
    ///
    /// # Errors
    ///
    /// When the table holds a glob that is none.
    pub fn new(names: &[String]) -> Result<Debris> {
        let is_asked = |topic: &&Topic| match names {
            [] => topic.default,
            names => names.iter().any(|name| name == topic.name || name == ALL),
        };
        let mut debris = Debris::default();
        let (mut directories, mut files) = (GlobSetBuilder::new(), GlobSetBuilder::new());
        for topic in TOPICS.iter().filter(is_asked) {
            for pattern in topic.patterns {
                let Some(path) = pattern.strip_suffix('/') else {
                    files.add(GlobBuilder::new(pattern).build()?);
                    debris.of_files.push(topic);
                    continue;
                };
                let (parent, name) = path
                    .split_once('/')
                    .map_or((None, path), |(a, b)| (Some(a), b));
                directories.add(GlobBuilder::new(name).build()?);
                debris.of_directories.push(Pattern {
                    topic,
                    parent,
                    goes: Goes::Whole,
                });
            }
            if let Some(shell) = topic.shell {
                directories.add(GlobBuilder::new(shell).build()?);
                debris.of_directories.push(Pattern {
                    topic,
                    parent: None,
                    goes: Goes::Emptied,
                });
            }
        }
        debris.directories = directories.build()?;
        debris.files = files.build()?;
        Ok(debris)
    }

    /// Whether no topic was asked for.
    pub fn is_empty(&self) -> bool {
        self.of_directories.is_empty() && self.of_files.is_empty()
    }

    /// Whose debris a directory is, and how it goes; `parent` is the name of the
    /// directory that it lies in.
    pub fn directory(&self, name: &OsStr, parent: Option<&OsStr>) -> Option<(&'static str, Goes)> {
        let matches = self.directories.matches(name);
        let mut patterns = matches.iter().map(|&index| &self.of_directories[index]);
        let fits = |pattern: &&Pattern| {
            pattern
                .parent
                .is_none_or(|name| parent == Some(name.as_ref()))
        };
        patterns
            .find(fits)
            .map(|pattern| (pattern.topic.name, pattern.goes))
    }

    /// Whose debris a file is.
    pub fn file(&self, name: &OsStr) -> Option<&'static str> {
        let matches = self.files.matches(name);
        matches.first().map(|&index| self.of_files[index].name)
    }
}
