//! The debris topics: a table of the leftovers of tools.

use std::ops::Deref;
use std::sync::LazyLock;

/// A glob for names at any depth that a tool leaves behind.
#[derive(Debug)]
pub(crate) struct Pattern {
    pub(crate) topic: &'static str,
    /// It ends with `/` for a directory; `parent/name/` is in a directory `parent`.
    glob: &'static str,
    pub(crate) evidence: Evidence,
    /// Whether the directory is removed only if nothing but debris was in it.
    pub(crate) is_container: bool,
}

/// A pattern of [`PATTERNS`]. It is small, because a plan may hold a million of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PatternId(u8);

impl PatternId {
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..PATTERNS.len() as u8).map(Self)
    }
}

impl Deref for PatternId {
    type Target = Pattern;

    fn deref(&self) -> &'static Pattern {
        &PATTERNS[usize::from(self.0)]
    }
}

impl Pattern {
    pub(super) fn is_dir(&self) -> bool {
        self.glob.ends_with('/')
    }

    /// Whether its name alone does not prove debris: other things are called like it.
    pub(crate) fn is_generic(&self) -> bool {
        self.evidence != Evidence::Name
    }

    /// The glob without a `/` at its end.
    pub(crate) fn path(&self) -> &'static str {
        self.glob.trim_end_matches('/')
    }

    /// Whether its topic has a property.
    pub(crate) fn has(&self, property: Property) -> bool {
        let topic = TOPICS.iter().find(|topic| topic.name == self.topic);
        topic.is_some_and(|topic| topic.has(property))
    }
}

/// What proves that a name is debris.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Evidence {
    /// The name, which belongs to one tool.
    Name,
    /// `pyproject.toml`, `setup.py` or `setup.cfg`.
    Project,
    ProjectAbove,
    /// Other tools have files with this suffix, too: PyInstaller's contain `Analysis(`.
    ProjectOrSpec,
    /// For `build/NAME`, PyInstaller's `NAME.spec` beside `build`.
    Spec,
    Coverage,
    /// A project, perhaps above its `src`. Without a `build` or a `dist`, its `*.egg-info` may
    /// make a development install work.
    Built,
    /// Also in its `source`.
    Sphinx,
    Cache,
    Egg,
    /// `m.py` for `m.cover`.
    Source,
    /// A project, and a `m.py.meta` beside a `m.py` somewhere in the directory: what mutmut
    /// recorded about its copy of a source.
    Mutants,
}

impl Evidence {
    /// What is missing.
    pub(crate) fn missing(self) -> &'static str {
        match self {
            Self::Name => "",
            Self::Project => "no Python project beside it",
            Self::Mutants => "no Python project beside it, or no records of mutmut in it",
            Self::ProjectAbove => "no Python project in the directory above",
            Self::ProjectOrSpec => "no Python project and no .spec of PyInstaller beside it",
            Self::Spec => "no .spec of PyInstaller with its name",
            Self::Coverage => "no Python project and no .coveragerc beside it",
            Self::Built => "no Python project with a build or dist beside it",
            Self::Sphinx => "no conf.py of Sphinx beside it",
            Self::Cache => "not in a __pycache__",
            Self::Egg => "no EGG-INFO in it, and no zip archive",
            Self::Source => "no source beside it",
        }
    }
}

use Evidence::{Built, Cache, Coverage, Egg, Mutants, Name, Project, ProjectAbove, ProjectOrSpec};
use Evidence::{Source, Spec, Sphinx};

/// Topics, evidence and globs, the default topics first. Only what a tool
/// creates again is in it. The first glob that matches counts.
const TABLE: &[(&str, Evidence, &str)] = &[
    ("cache", Project, ".cache/"),
    // Data of parallel runs: host, process and a random part.
    ("coverage", Name, ".coverage .coverage.*.*.* *.py,cover"),
    ("coverage", Coverage, "coverage.{json,lcov,xml} htmlcov/"),
    ("coverage", Source, "*.cover"),
    // `exe.*` of cx_Freeze and py2exe; `lib.linux-x86_64-cpython-312` with extension modules.
    ("package", ProjectAbove, "build/bdist.*/ build/exe.*/"),
    ("package", ProjectAbove, "build/lib/ build/lib.*/"),
    ("package", ProjectAbove, "build/scripts-*/ build/temp.*/"),
    ("package", ProjectOrSpec, "build/ dist/"),
    ("package", Project, "sdist/ _skbuild/ pip-wheel-metadata/"),
    ("package", Built, "*.egg-info/"),
    ("package", Name, ".pdm-build/"),
    ("pytest", Name, ".pytest_cache/ pytestdebug.log"),
    ("ruff", Name, ".ruff_cache/"),
    ("complexipy", Name, ".complexipy_cache/"),
    ("cython", Name, "cython_debug/"),
    ("eggs", Name, ".eggs/"),
    ("eggs", Egg, "*.egg/ *.egg"),
    ("grimp", Name, ".grimp_cache/"),
    ("hypothesis", Name, ".hypothesis/"),
    ("import-linter", Name, ".import_linter_cache/"),
    ("jupyter", Name, ".ipynb_checkpoints/"),
    // Beside it are layouts that a person made, and outputs that people publish.
    ("marimo", Name, "__marimo__/cache/"),
    ("mutmut", Mutants, "mutants/"),
    ("mutmut", Name, ".mutmut-cache"),
    ("mypy", Name, ".mypy_cache/ .dmypy.json"),
    ("nose", Name, "nosetests.xml"),
    ("nox", Name, ".nox/"),
    ("numba", Cache, "*.nb{i,c}"),
    ("pybuilder", Name, ".pybuilder/"),
    ("pyre", Name, ".pyre/"),
    ("pyright", Name, ".pyright/ .pyright-{app-cache,stubs}-*/"),
    ("pytype", Name, ".pytype/"),
    ("sphinx", Sphinx, "docs/_build/ doc/_build/"),
    ("testmon", Name, ".testmondata .testmondata-{shm,wal}"),
    ("tox", Name, ".tox/"),
    // After all others, as it matches any name.
    ("package", Spec, "build/*/"),
];

static PATTERNS: LazyLock<Vec<Pattern>> = LazyLock::new(|| {
    let mut patterns = Vec::new();
    for &(topic, evidence, globs) in TABLE {
        patterns.extend(globs.split(' ').map(|glob| Pattern {
            topic,
            glob,
            evidence,
            is_container: glob == "build/",
        }));
    }
    patterns
});

/// A tool, or a kind of tools, that `--debris` and the settings can name.
#[derive(Debug)]
pub(crate) struct Topic {
    pub(crate) name: &'static str,
    properties: &'static [Property],
    /// What it covers, for `--help`, in lines that fit beside its name.
    pub(crate) help: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Property {
    /// It is removed if the user names no topic.
    Default,
    /// No hint suggests to remove it: no run makes its results again, or only a long one.
    NotSuggested,
    /// Its directories hold virtual environments that the tool made. Elsewhere, an environment
    /// keeps the debris around it.
    HoldsEnvironments,
    /// It counts among installed packages, too.
    InSitePackages,
}

use Property::{Default, HoldsEnvironments, InSitePackages, NotSuggested};

const fn topic(name: &'static str, properties: &'static [Property], help: &'static str) -> Topic {
    Topic {
        name,
        properties,
        help,
    }
}

/// All topics, the default ones first, and [`ALL`].
pub(crate) const TOPICS: &[Topic] = &[
    topic("cache", &[Default], ".cache"),
    topic(
        "coverage",
        &[Default],
        ".coverage, coverage.{json,lcov,xml},\nhtmlcov, *.py,cover, *.cover",
    ),
    topic(
        "package",
        &[Default],
        "build/{lib,temp,bdist,scripts,exe}*,\ndist, sdist, *.egg-info, .pdm-build,\n\
         _skbuild, pip-wheel-metadata; of\nPyInstaller: build/NAME, dist",
    ),
    topic("pytest", &[Default], ".pytest_cache, pytestdebug.log"),
    topic("ruff", &[Default], ".ruff_cache"),
    topic("complexipy", &[], ".complexipy_cache"),
    topic("cython", &[], "cython_debug"),
    topic("eggs", &[], ".eggs, *.egg"),
    topic("grimp", &[], ".grimp_cache"),
    topic("hypothesis", &[NotSuggested], ".hypothesis"),
    topic("import-linter", &[], ".import_linter_cache"),
    topic("jupyter", &[NotSuggested], ".ipynb_checkpoints"),
    topic("marimo", &[], "__marimo__/cache"),
    topic("mutmut", &[NotSuggested], "mutants, .mutmut-cache"),
    topic("mypy", &[], ".mypy_cache, .dmypy.json"),
    topic("nose", &[], "nosetests.xml"),
    topic("nox", &[NotSuggested, HoldsEnvironments], ".nox"),
    topic("numba", &[InSitePackages], "*.nbi, *.nbc"),
    topic("pybuilder", &[HoldsEnvironments], ".pybuilder"),
    topic("pyre", &[], ".pyre"),
    topic("pyright", &[], ".pyright, .pyright-*"),
    topic("pytype", &[], ".pytype"),
    topic("sphinx", &[], "docs/_build, doc/_build"),
    topic("testmon", &[], ".testmondata"),
    topic("tox", &[NotSuggested, HoldsEnvironments], ".tox"),
    topic(ALL, &[], "all topics"),
];

pub(crate) const ALL: &str = "all";

impl Topic {
    pub(crate) fn has(&self, property: Property) -> bool {
        self.properties.contains(&property)
    }
}

/// The names of all topics, and [`ALL`].
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    TOPICS.iter().map(|topic| topic.name)
}

/// The topic of a pattern, as it is named in the help.
pub(crate) fn topic_of(pattern: &str) -> Option<&'static str> {
    let found = PATTERNS.iter().find(|other| other.path() == pattern);
    found.map(|found| found.topic)
}
