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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

    /// The name of the directory that must hold it, if any, and the glob for its name.
    pub(super) fn parent_and_name(&self) -> (Option<&'static str>, &'static str) {
        let path = self.path();
        path.split_once('/')
            .map_or((None, path), |(parent, name)| (Some(parent), name))
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
    generic("coverage", "coverage.json", Evidence::Coverage),
    generic("coverage", "coverage.lcov", Evidence::Coverage),
    generic("coverage", "coverage.xml", Evidence::Coverage),
    generic("coverage", "htmlcov/", Evidence::Coverage),
    named("coverage", "*.py,cover"),
    generic("coverage", "*.cover", Evidence::Source),
    generic("package", "build/bdist.*/", Evidence::ProjectAbove),
    generic("package", "build/lib/", Evidence::ProjectAbove),
    Pattern {
        is_container: true,
        ..generic("package", "build/", Evidence::Project)
    },
    generic("package", "dist/", Evidence::Project),
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
    generic("numba", "*.nbi", Evidence::Cache),
    generic("numba", "*.nbc", Evidence::Cache),
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
];

/// What a topic covers, for `--help`, in lines that fit beside its name.
pub(crate) fn help(topic: &str) -> String {
    let text = match topic {
        "coverage" => ".coverage, coverage.{json,lcov,xml},\nhtmlcov, *.py,cover, *.cover",
        "package" => {
            "build/lib, build/bdist.*, dist, sdist,\n\
             *.egg-info, .pdm-build, _skbuild,\n\
             pip-wheel-metadata"
        }
        "eggs" => ".eggs, *.egg",
        "pyright" => ".pyright, .pyright-app-cache-*,\n.pyright-stubs-*",
        "testmon" => ".testmondata",
        ALL => "all topics",
        _ => {
            let patterns = PATTERNS.iter().filter(|pattern| pattern.topic == topic);
            return patterns.map(Pattern::path).collect::<Vec<_>>().join(", ");
        }
    };
    text.to_owned()
}

/// The topics that are removed if the user names none.
pub(crate) const DEFAULT_TOPICS: [&str; 5] = ["cache", "coverage", "package", "pytest", "ruff"];

/// Topics with results that no run makes again, so that no hint suggests to remove them.
pub(crate) const NOT_SUGGESTED: [&str; 3] = ["hypothesis", "jupyter", "mutmut"];

/// Topics whose directories hold virtual environments that the tool made. Elsewhere, an
/// environment keeps the debris around it.
pub(crate) const HOLD_ENVIRONMENTS: [&str; 3] = ["nox", "pybuilder", "tox"];

/// The name that stands for every topic.
pub(crate) const ALL: &str = "all";

/// The names of all topics, and [`ALL`].
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    let topics = PATTERNS.chunk_by(|a, b| a.topic == b.topic);
    topics.map(|patterns| patterns[0].topic).chain([ALL])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_that_are_named_elsewhere_exist() {
        let listed = DEFAULT_TOPICS.into_iter().chain(NOT_SUGGESTED);
        for name in listed.chain(HOLD_ENVIRONMENTS) {
            assert!(names().any(|topic| topic == name), "{name}");
        }
    }
}
