//! The debris topics: a table of the leftovers of tools.

use std::ops::Deref;

/// A glob for names at any depth that a tool leaves behind.
#[derive(Debug)]
pub(crate) struct Pattern {
    /// The topic of the tool, or of the kind of tools: a name on the command line.
    pub(crate) topic: &'static str,
    /// The glob. It ends with `/` for a directory; `parent/name/` is a directory in a
    /// directory of that name.
    glob: &'static str,
    /// What proves that such a name is debris.
    pub(crate) evidence: Evidence,
    /// Whether the directory is removed only if nothing but debris was in it. Otherwise it
    /// is removed with its contents.
    pub(crate) is_container: bool,
}

/// A pattern of [`PATTERNS`]. It is small, because a plan may hold a million of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PatternId(u8);

impl PatternId {
    /// All patterns, in the order of the table.
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
    /// Whether it stands for a directory.
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
        TOPICS
            .iter()
            .any(|topic| topic.name == self.topic && topic.has(property))
    }
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
    /// A Python project, or a `.spec` file of PyInstaller, in the same directory. Other tools
    /// have files with this suffix, too: PyInstaller's contain `Analysis(`.
    ProjectOrSpec,
    /// For `build/NAME`, PyInstaller's `NAME.spec` beside `build`.
    Spec,
    /// A Python project, or the settings of coverage, in the same directory.
    Coverage,
    /// A Python project, in the same directory or above its `src`, with a `build` or a `dist`.
    /// Without these, its `*.egg-info` may make a development install work.
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

/// Names that belong to one tool.
const fn named(topic: &'static str, glob: &'static str) -> Pattern {
    generic(topic, glob, Evidence::Name)
}

/// Names that other tools and people use, too.
const fn generic(topic: &'static str, glob: &'static str, evidence: Evidence) -> Pattern {
    Pattern {
        topic,
        glob,
        evidence,
        is_container: false,
    }
}

/// The patterns of all topics, the default ones first. They cover only what its tool creates
/// again.
const PATTERNS: &[Pattern] = &[
    generic("cache", ".cache/", Evidence::Project),
    named("coverage", ".coverage"),
    // Data of parallel runs: host, process and a random part.
    named("coverage", ".coverage.*.*.*"),
    generic("coverage", "coverage.{json,lcov,xml}", Evidence::Coverage),
    generic("coverage", "htmlcov/", Evidence::Coverage),
    named("coverage", "*.py,cover"),
    generic("coverage", "*.cover", Evidence::Source),
    generic("package", "build/bdist.*/", Evidence::ProjectAbove),
    // cx_Freeze and py2exe.
    generic("package", "build/exe.*/", Evidence::ProjectAbove),
    generic("package", "build/lib/", Evidence::ProjectAbove),
    // With extension modules: `lib.linux-x86_64-cpython-312`.
    generic("package", "build/lib.*/", Evidence::ProjectAbove),
    generic("package", "build/scripts-*/", Evidence::ProjectAbove),
    generic("package", "build/temp.*/", Evidence::ProjectAbove),
    Pattern {
        is_container: true,
        ..generic("package", "build/", Evidence::ProjectOrSpec)
    },
    generic("package", "dist/", Evidence::ProjectOrSpec),
    generic("package", "sdist/", Evidence::Project),
    generic("package", "*.egg-info/", Evidence::Built),
    named("package", ".pdm-build/"),
    generic("package", "_skbuild/", Evidence::Project),
    generic("package", "pip-wheel-metadata/", Evidence::Project),
    named("pytest", ".pytest_cache/"),
    named("pytest", "pytestdebug.log"),
    named("ruff", ".ruff_cache/"),
    named("complexipy", ".complexipy_cache/"),
    named("cython", "cython_debug/"),
    named("eggs", ".eggs/"),
    generic("eggs", "*.egg/", Evidence::Egg),
    generic("eggs", "*.egg", Evidence::Egg),
    named("grimp", ".grimp_cache/"),
    named("hypothesis", ".hypothesis/"),
    named("import-linter", ".import_linter_cache/"),
    named("jupyter", ".ipynb_checkpoints/"),
    // Beside it are layouts that a person made, and outputs that people publish.
    named("marimo", "__marimo__/cache/"),
    generic("mutmut", "mutants/", Evidence::Mutants),
    named("mutmut", ".mutmut-cache"),
    named("mypy", ".mypy_cache/"),
    named("mypy", ".dmypy.json"),
    named("nose", "nosetests.xml"),
    named("nox", ".nox/"),
    generic("numba", "*.nb{i,c}", Evidence::Cache),
    named("pybuilder", ".pybuilder/"),
    named("pyre", ".pyre/"),
    named("pyright", ".pyright/"),
    named("pyright", ".pyright-app-cache-*/"),
    named("pyright", ".pyright-stubs-*/"),
    named("pytype", ".pytype/"),
    generic("sphinx", "docs/_build/", Evidence::Sphinx),
    generic("sphinx", "doc/_build/", Evidence::Sphinx),
    named("testmon", ".testmondata"),
    named("testmon", ".testmondata-shm"),
    named("testmon", ".testmondata-wal"),
    named("tox", ".tox/"),
    // After all others, as it matches any name.
    generic("package", "build/*/", Evidence::Spec),
];

/// A tool, or a kind of tools, that `--debris` and the settings can name.
#[derive(Debug)]
pub(crate) struct Topic {
    pub(crate) name: &'static str,
    properties: &'static [Property],
    /// What it covers, for `--help`, in lines that fit beside its name.
    pub(crate) help: &'static str,
}

/// What is special about a topic.
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

/// The name that stands for every topic.
pub(crate) const ALL: &str = "all";

impl Topic {
    /// Whether it has a property.
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn topics_and_patterns_belong_together() {
        let topics: BTreeSet<_> = names().filter(|name| *name != ALL).collect();
        assert_eq!(
            topics,
            PATTERNS.iter().map(|pattern| pattern.topic).collect()
        );
    }
}
