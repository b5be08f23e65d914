//! The debris topics: a table of the leftovers of tools.

/// The leftovers of one tool, or of one kind of tools.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Topic {
    /// Its name on the command line.
    pub(crate) name: &'static str,
    /// Whether it is removed if the user names no topic.
    pub(crate) is_default: bool,
    /// What it covers, for `--help`, in lines that fit beside the name.
    pub(crate) help: &'static str,
    /// What is removed.
    pub(super) patterns: &'static [Pattern],
}

/// A topic of [`TOPICS`]. It is small, because a plan may hold a million of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TopicId(u8);

impl TopicId {
    /// All topics, in the order of the table.
    pub(crate) fn all() -> impl Iterator<Item = (Self, &'static Topic)> {
        (0..).map(Self).zip(TOPICS)
    }

    /// The name of the topic.
    pub(crate) fn name(self) -> &'static str {
        TOPICS[usize::from(self.0)].name
    }
}

/// A glob for names at any depth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pattern {
    /// The glob. It ends with `/` for a directory; `parent/name/` is a directory in a
    /// directory of that name.
    pub(super) glob: &'static str,
    /// What proves that such a name is debris.
    pub(super) evidence: Evidence,
    /// How a directory is removed.
    pub(super) kind: DebrisKind,
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
    /// The source in the same directory: `m.py` for `m.cover`.
    Source,
    /// A Python project in the same directory, and a `m.py.meta` beside a `m.py` somewhere
    /// in the directory: what mutmut recorded about its copy of a source.
    Mutants,
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
        ".coverage, coverage.{json,lcov,xml},\nhtmlcov, *.py,cover, *.cover",
        &[
            named(".coverage"),
            // Data of parallel runs: host, process and a random part.
            named(".coverage.*.*.*"),
            generic("coverage.json", Evidence::Coverage),
            generic("coverage.lcov", Evidence::Coverage),
            generic("coverage.xml", Evidence::Coverage),
            generic("htmlcov/", Evidence::Coverage),
            named("*.py,cover"),
            generic("*.cover", Evidence::Source),
        ],
    ),
    default_topic(
        "package",
        "build/lib, build/bdist.*, dist, sdist,\n\
         *.egg-info, .pdm-build, _skbuild,\n\
         pip-wheel-metadata",
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
            named(".pdm-build/"),
            generic("_skbuild/", Evidence::Project),
            generic("pip-wheel-metadata/", Evidence::Project),
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
    topic("cython", "cython_debug", &[named("cython_debug/")]),
    topic(
        "eggs",
        ".eggs, *.egg",
        &[
            named(".eggs/"),
            generic("*.egg/", Evidence::Egg),
            generic("*.egg", Evidence::Egg),
        ],
    ),
    topic("grimp", ".grimp_cache", &[named(".grimp_cache/")]),
    topic("hypothesis", ".hypothesis", &[named(".hypothesis/")]),
    topic(
        "import-linter",
        ".import_linter_cache",
        &[named(".import_linter_cache/")],
    ),
    topic(
        "jupyter",
        ".ipynb_checkpoints",
        &[named(".ipynb_checkpoints/")],
    ),
    topic(
        "marimo",
        "__marimo__/cache",
        // Beside it are layouts that a person made, and outputs that people publish.
        &[named("__marimo__/cache/")],
    ),
    topic(
        "mutmut",
        "mutants, .mutmut-cache",
        &[
            generic("mutants/", Evidence::Mutants),
            named(".mutmut-cache"),
        ],
    ),
    topic(
        "mypy",
        ".mypy_cache, .dmypy.json",
        &[named(".mypy_cache/"), named(".dmypy.json")],
    ),
    topic("nose", "nosetests.xml", &[named("nosetests.xml")]),
    topic("nox", ".nox", &[named(".nox/")]),
    topic(
        "numba",
        "*.nbi, *.nbc",
        &[
            generic("*.nbi", Evidence::Cache),
            generic("*.nbc", Evidence::Cache),
        ],
    ),
    topic("pybuilder", ".pybuilder", &[named(".pybuilder/")]),
    topic("pyre", ".pyre", &[named(".pyre/")]),
    topic(
        "pyright",
        ".pyright, .pyright-app-cache-*,\n.pyright-stubs-*",
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
    topic(
        "testmon",
        ".testmondata",
        &[
            named(".testmondata"),
            named(".testmondata-shm"),
            named(".testmondata-wal"),
        ],
    ),
    topic("tox", ".tox", &[named(".tox/")]),
];

/// Topics with results that no run makes again, so that no hint suggests to remove them.
pub(crate) const NOT_SUGGESTED: [&str; 3] = ["hypothesis", "jupyter", "mutmut"];

/// Topics whose directories hold virtual environments that the tool made. Elsewhere, an
/// environment keeps the debris around it.
pub(crate) const HOLD_ENVIRONMENTS: [&str; 3] = ["nox", "pybuilder", "tox"];

/// The name that stands for every topic.
pub(crate) const ALL: &str = "all";

/// The names of all topics, and [`ALL`].
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    TOPICS.iter().map(|topic| topic.name).chain([ALL])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_that_are_named_elsewhere_exist() {
        for name in NOT_SUGGESTED.iter().chain(&HOLD_ENVIRONMENTS) {
            assert!(TOPICS.iter().any(|topic| topic.name == *name), "{name}");
        }
    }
}
