//! The intended differences to Python's pyclean.

use std::ffi::OsStr;
use std::path::Path;

use super::tree_spec::{Kind, TreeSpec, ancestors};
use super::{Answer, Call};
use crate::properties::model;

/// An intended difference.
pub struct Exception {
    pub name: &'static str,
    /// What only this program does with the entry.
    outcome: Outcome,
    /// Whether the exception applies to the entry at a path.
    applies_to: fn(&Case, &str) -> bool,
}

impl Exception {
    pub fn explains(&self, case: &Case, outcome: Outcome, path: &str) -> bool {
        self.outcome == outcome && (self.applies_to)(case, path)
    }
}

/// What a program does with an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Removed,
    Kept,
}

/// A call and the tree on which it was tried.
pub struct Case<'a> {
    pub call: &'a Call,
    pub spec: &'a TreeSpec,
}

/// Directories that only this program ignores by default.
const IGNORED_HERE: [&str; 3] = [".jj", ".nox", ".pixi"];

/// Debris of both programs: the topic, and names of directories.
const DIRECTORIES: [(&str, &[&str]); 9] = [
    ("cache", &[".cache"]),
    ("coverage", &["htmlcov"]),
    (
        "package",
        &[
            "build/lib",
            "build/bdist.linux",
            "dist",
            "sdist",
            "x.egg-info",
        ],
    ),
    ("pytest", &[".pytest_cache"]),
    ("ruff", &[".ruff_cache"]),
    ("complexipy", &[".complexipy_cache"]),
    ("jupyter", &[".ipynb_checkpoints"]),
    ("mypy", &[".mypy_cache"]),
    ("pyright", &[".pyright", ".pyright-stubs-1"]),
];

/// The same for files.
const FILES: [(&str, &[&str]); 2] = [
    ("coverage", &[".coverage", "coverage.xml", "coverage.lcov"]),
    ("pytest", &["pytestdebug.log"]),
];

/// Debris of this program alone: the topic, names of directories or files.
const DEBRIS_HERE: [(&str, &[&str]); 9] = [
    ("coverage", &[".coverage.host.123.Xy"]),
    ("mypy", &[".dmypy.json"]),
    ("eggs", &[".eggs", "x.egg"]),
    ("hypothesis", &[".hypothesis"]),
    ("marimo", &["__marimo__/cache"]),
    ("nox", &[".nox"]),
    ("numba", &["f.nbi"]),
    ("sphinx", &["docs/_build"]),
    ("tox", &[".tox"]),
];

const REPOSITORY: &str = "no wildcard matches a version control directory";
const UNANSWERED: &str = "nothing is removed if the user does not answer";

pub const EXCEPTIONS: &[Exception] = &[
    // Left by an interpreter that was killed while it wrote bytecode. The other program
    // knows only names that end with `.pyc` or `.pyo`.
    Exception {
        name: "partial writes are removed",
        outcome: Outcome::Removed,
        applies_to: |case, path| path.ends_with(".pyc.12345") && case.is_searched(path),
    },
    // The bytecode of Jython.
    Exception {
        name: "$py.class is removed",
        outcome: Outcome::Removed,
        applies_to: |case, path| path.ends_with("$py.class") && case.is_searched(path),
    },
    // For `pathlib` a name whose only dot is the first character has no suffix.
    Exception {
        name: "a file called .pyc is removed",
        outcome: Outcome::Removed,
        applies_to: |case, path| name(path) == ".pyc" && case.is_searched(path),
    },
    // The other program looks at the target: it keeps a dangling symlink, and enters a
    // directory.
    Exception {
        name: "symlinks named like bytecode are removed",
        outcome: Outcome::Removed,
        applies_to: |case, path| {
            is_bytecode(path) && case.is_symlink(path) && case.is_searched(path)
        },
    },
    // The other program looks at the target, as above.
    Exception {
        name: "dangling symlinks named like debris files are removed",
        outcome: Outcome::Removed,
        applies_to: |case, path| {
            case.is_dangling(path) && case.is_debris_file(path) && case.is_searched(path)
        },
    },
    // The other program removes the bytecode in it, and the directory only if it is empty
    // then.
    Exception {
        name: "__pycache__ is removed with its contents",
        outcome: Outcome::Removed,
        applies_to: |case, path| {
            ancestors(path).any(|above| name(above) == "__pycache__" && case.is_searched(above))
        },
    },
    // The other program keeps in it what is ignored by default, such as `venv`.
    Exception {
        name: "debris is removed with its contents",
        outcome: Outcome::Removed,
        applies_to: |case, path| {
            let mut debris = case.debris_ancestors(path);
            debris.any(|debris| path[debris.len()..].split('/').any(is_ignored_by_both))
        },
    },
    // For `pathlib` a name without wildcards matches only if the target exists.
    Exception {
        name: "a dangling symlink that --erase names is removed",
        outcome: Outcome::Removed,
        applies_to: |case, path| {
            path == "docs" && case.call.has_argument(path) && case.is_dangling(path)
        },
    },
    // The other program removes it only if it is empty.
    Exception {
        name: ".pyright is removed with its contents",
        outcome: Outcome::Removed,
        applies_to: |case, path| {
            case.debris_ancestors(path)
                .any(|debris| name(debris) == ".pyright")
        },
    },
    // The other program has the topic `tox`, too, but ignores the directory.
    Exception {
        name: "there is more debris",
        outcome: Outcome::Removed,
        applies_to: |case, path| {
            ancestors(path).chain([path]).any(|path| {
                case.is_debris_here(path) && case.is_searched(path) && !is_installed(path)
            })
        },
    },
    // The other program removes `build` and what `--erase` matches in the order of the
    // options, and keeps a directory that becomes empty later.
    Exception {
        name: "directories are removed last",
        outcome: Outcome::Removed,
        applies_to: |case, path| {
            let Some(directory) = path.strip_suffix('/') else {
                return false;
            };
            let is_erased = directory == "tmp" && case.call.line.contains("tmp/ tmp/**/*");
            (case.is_build(directory) && case.is_searched(directory)) || is_erased
        },
    },
    // The other program follows symlinks to directories, also out of the PATH.
    Exception {
        name: "symlinks are not followed",
        outcome: Outcome::Kept,
        applies_to: |case, path| {
            let mut targets = case.spec.entries.values().filter_map(|kind| match kind {
                Kind::Symlink(target) => Some(target),
                _ => None,
            });
            targets.any(|target| ancestors(path).any(|above| above == target))
        },
    },
    // The other program removes the contents of the target, then the symlink.
    Exception {
        name: "a symlink named like a directory of debris is kept",
        outcome: Outcome::Kept,
        applies_to: |case, path| {
            case.is_symlink(path) && (case.is_debris(path) || case.is_build(path))
        },
    },
    Exception {
        name: ".jj, .nox and .pixi are ignored by default, too",
        outcome: Outcome::Kept,
        applies_to: |case, path| {
            let itself = Some(path).filter(|_| case.call.has_argument("--git-clean"));
            ancestors(path)
                .chain(itself)
                .any(|path| IGNORED_HERE.contains(&name(path)))
        },
    },
    // Git does not list a named pipe, but removes it with its directory. A directory that
    // contains an ignored one is not removed.
    Exception {
        name: "a named pipe beside a directory that is ignored here is kept",
        outcome: Outcome::Kept,
        applies_to: |case, path| {
            let mut ignored = case.spec.entries.keys().filter(|entry| {
                ancestors(entry)
                    .chain([entry.as_str()])
                    .any(|path| IGNORED_HERE.contains(&name(path)))
            });
            case.call.has_argument("--git-clean")
                && case.spec.kind(path) == Some(&Kind::Pipe)
                && ignored.any(|entry| ancestors(path).any(|above| is_below(entry, above)))
        },
    },
    // Packages contain directories named `dist`, and need their `*.egg-info`.
    Exception {
        name: "debris in installed packages is kept",
        outcome: Outcome::Kept,
        applies_to: |case, path| {
            let is_debris = |path| case.is_debris(path) || case.is_build(path);
            let mut inside = ancestors(path)
                .chain([path])
                .skip_while(|path| !is_installed(path));
            inside.any(is_debris)
        },
    },
    // A `dist` that was committed is part of the sources.
    Exception {
        name: "tracked debris is kept",
        outcome: Outcome::Kept,
        applies_to: |case, path| {
            let holds_tracked = |debris: &str| {
                let mut tracked = case.spec.tracked.iter();
                tracked.any(|file| file == debris || ancestors(file).any(|above| above == debris))
            };
            let is_erased_by_user = path.starts_with("tmp/") && case.call.has_argument("tmp/**/*");
            let mut around = ancestors(path).chain([path]);
            case.call.in_repository
                && !is_erased_by_user
                && around.any(|path| case.is_debris(path) && holds_tracked(path))
        },
    },
    // A version control directory must be named literally.
    Exception {
        name: REPOSITORY,
        outcome: Outcome::Kept,
        applies_to: |case, path| {
            case.call.has_argument("--erase")
                && (is_in_repository(path) || case.contains_repository(path))
        },
    },
    // The repository may exist nowhere else.
    Exception {
        name: "debris that contains a repository is kept",
        outcome: Outcome::Kept,
        applies_to: |case, path| {
            let mut around = ancestors(path).chain([path.trim_end_matches('/')]);
            around.any(|path| {
                (case.is_debris(path) || case.is_debris_here(path))
                    && case.contains_repository(&format!("{path}/"))
            })
        },
    },
    // Other tools and people use these names, too.
    Exception {
        name: "debris with a generic name is kept without a project beside it",
        outcome: Outcome::Kept,
        applies_to: |case, path| {
            let mut around = ancestors(path).chain([path.trim_end_matches('/')]);
            around.any(|path| {
                let is_debris = case.is_debris(path) || case.is_build(path);
                is_debris && is_generic(path) && !case.has_evidence(path)
            })
        },
    },
    // Only git is asked what it tracks.
    Exception {
        name: "generic debris in a work tree of another version control system is kept",
        outcome: Outcome::Kept,
        applies_to: |case, path| {
            let mut around = ancestors(path).chain([path.trim_end_matches('/')]);
            let is_work_tree = |dir: &str| {
                [".hg", ".svn", ".jj"]
                    .iter()
                    .any(|vcs| case.has_entry(dir, vcs))
            };
            around.any(is_generic) && ancestors(path).chain([""]).any(is_work_tree)
        },
    },
    // The repository may exist nowhere else.
    Exception {
        name: "a __pycache__ that contains a repository is kept",
        outcome: Outcome::Kept,
        applies_to: |case, path| {
            let mut around = ancestors(path).chain([path.trim_end_matches('/')]);
            around.any(|path| {
                name(path) == "__pycache__" && case.contains_repository(&format!("{path}/"))
            })
        },
    },
    // It is a program that was shipped without its source.
    Exception {
        name: "tracked bytecode without a source is kept",
        outcome: Outcome::Kept,
        applies_to: |case, path| {
            let is_program = |file: &&String| is_bytecode(file) && !case.has_source(file);
            let mut programs = case.spec.tracked.iter().filter(is_program);
            case.call.in_repository
                && programs.any(|file| file == path || file.starts_with(path.trim_end_matches('/')))
        },
    },
    // The other program applies it to directories only.
    Exception {
        name: "--ignore applies to files, too",
        outcome: Outcome::Kept,
        applies_to: |case, path| case.ignored_names().any(|ignored| name(path) == ignored),
    },
    // The other program fails as well, but after it has removed the bytecode.
    Exception {
        name: UNANSWERED,
        outcome: Outcome::Kept,
        applies_to: |case, _| case.is_unanswered(),
    },
    // The other program skips all directories in it.
    Exception {
        name: "a PATH is searched whatever its name",
        outcome: Outcome::Removed,
        applies_to: |case, path| {
            case.call.has_argument("venv")
                && path.starts_with("venv/")
                && is_bytecode(path)
                && case.is_searched(path)
        },
    },
    // For `pathlib` braces have no meaning.
    Exception {
        name: "braces are alternatives, which are removed",
        outcome: Outcome::Removed,
        applies_to: |case, path| {
            case.call.has_argument("{x,xy}.txt")
                && ["x.txt", "xy.txt"].contains(&case.relative(path))
        },
    },
    Exception {
        name: "braces are alternatives, and not literal",
        outcome: Outcome::Kept,
        applies_to: |case, path| {
            case.call.has_argument("{x,xy}.txt") && case.relative(path) == "{x,xy}.txt"
        },
    },
    Exception {
        name: "a named pipe is not debris",
        outcome: Outcome::Kept,
        applies_to: |case, path| case.spec.kind(path) == Some(&Kind::Pipe) && case.is_debris(path),
    },
    Exception {
        name: "an empty directory named like a file of debris is kept",
        outcome: Outcome::Kept,
        applies_to: |case, path| path.ends_with('/') && case.is_debris(path.trim_end_matches('/')),
    },
];

/// The name of the exception that explains different exit codes.
pub fn explain_exit_codes(case: &Case, here: i32, there: i32) -> Option<&'static str> {
    match (here, there) {
        (2, 1) if case.is_unanswered() => Some(UNANSWERED),
        // There is nothing to ask if no other entry matches.
        (0, 1) if case.is_unanswered() && case.erases_only_repositories() => Some(REPOSITORY),
        _ => None,
    }
}

impl Case<'_> {
    /// The values of an option that takes all words up to the next option, or `None` if it
    /// is not given.
    fn values(&self, names: [&str; 2]) -> Option<impl Iterator<Item = &'static str> + use<>> {
        let mut arguments = self.call.arguments().into_iter();
        arguments.find(|argument| names.contains(argument))?;
        Some(arguments.take_while(|argument| !argument.starts_with('-')))
    }

    fn ignored_names(&self) -> impl Iterator<Item = &'static str> {
        self.values(["--ignore", "-i"]).into_iter().flatten()
    }

    /// Whether a topic of debris is selected.
    fn has_topic(&self, topic: &str) -> bool {
        let Some(topics) = self.values(["--debris", "-d"]) else {
            return false;
        };
        let topics: Vec<_> = topics.collect();
        (topics.is_empty() && model::is_default_topic(topic))
            || topics.contains(&topic)
            || topics.contains(&"all")
    }

    /// Whether a name is debris for both programs, and its topic is selected.
    fn is_debris(&self, path: &str) -> bool {
        self.is_in(&DIRECTORIES, path) || self.is_debris_file(path)
    }

    /// [`Case::is_debris`] for names of files.
    fn is_debris_file(&self, path: &str) -> bool {
        self.is_in(&FILES, path)
    }

    fn is_in(&self, table: &[(&str, &[&str])], path: &str) -> bool {
        let mut table = table.iter();
        table.any(|(topic, names)| self.has_topic(topic) && is_one_of(path, names))
    }

    /// Whether a name is debris for this program alone, and its topic is selected.
    fn is_debris_here(&self, path: &str) -> bool {
        self.is_in(&DEBRIS_HERE, path)
    }

    /// Whether both programs remove a directory if it is empty.
    fn is_build(&self, path: &str) -> bool {
        name(path) == "build" && self.has_topic("package")
    }

    /// The debris directories that contain a path.
    fn debris_ancestors<'p>(&self, path: &'p str) -> impl Iterator<Item = &'p str> {
        let is_removable = |path: &&str| self.is_searched(path) && !is_installed(path);
        ancestors(path)
            .filter(is_removable)
            .filter(|path| self.is_debris(path))
    }

    /// Whether an entry exists in a directory; `""` is the tree itself.
    fn has_entry(&self, directory: impl AsRef<Path>, name: &str) -> bool {
        let path = directory.as_ref().join(name);
        let mut entries = self.spec.entries.keys();
        entries.any(|entry| Path::new(entry).starts_with(&path))
    }

    fn has_evidence(&self, path: &str) -> bool {
        model::has_evidence(Path::new(path), |directory, name| {
            self.has_entry(directory, name)
        })
    }

    /// Whether a source of a bytecode file exists.
    fn has_source(&self, path: &str) -> bool {
        let (directory, file) = path.rsplit_once('/').unwrap_or(("", path));
        let directory = directory.strip_suffix("__pycache__").unwrap_or(directory);
        let module = file.split('.').next().unwrap_or_default();
        self.has_entry(directory.trim_end_matches('/'), &format!("{module}.py"))
    }

    /// Whether a directory contains a version control directory.
    fn contains_repository(&self, directory: &str) -> bool {
        let mut entries = self.spec.entries.keys();
        entries.any(|entry| entry.starts_with(directory) && is_in_repository(entry))
    }

    fn is_symlink(&self, path: &str) -> bool {
        matches!(self.spec.kind(path), Some(Kind::Symlink(_)))
    }

    /// Whether everything in `tmp` is bytecode or a version control directory, or contains
    /// one.
    fn erases_only_repositories(&self) -> bool {
        let mut entries = self
            .spec
            .entries
            .keys()
            .filter(|path| is_below(path, "tmp"));
        entries.all(|path| {
            let is_repository =
                is_in_repository(path) || self.contains_repository(&format!("{path}/"));
            is_bytecode(path) || is_repository
        })
    }

    /// Whether a path is a symlink that is dangling, or is so for the other program once that
    /// has removed the target.
    fn is_dangling(&self, path: &str) -> bool {
        let Some(Kind::Symlink(target)) = self.spec.kind(path) else {
            return false;
        };
        let is_debris = self.is_debris(target) || self.debris_ancestors(target).next().is_some();
        target == "nowhere" || is_bytecode(target) || is_debris
    }

    /// Whether the user is asked and does not answer.
    fn is_unanswered(&self) -> bool {
        self.call.is_declined() && self.call.answer == Answer::Missing
    }

    /// Whether no directory that contains a path is ignored by default.
    fn is_searched(&self, path: &str) -> bool {
        let is_ignored = |above| model::is_ignored_by_default(OsStr::new(name(above)));
        !ancestors(self.relative(path)).any(is_ignored)
    }

    /// A path relative to the innermost PATH that contains it.
    fn relative<'p>(&self, path: &'p str) -> &'p str {
        let arguments = self.call.arguments().into_iter();
        let roots = arguments.take_while(|argument| !argument.starts_with('-'));
        let below = roots.filter_map(|root| path.strip_prefix(root)?.strip_prefix('/'));
        below.min_by_key(|below| below.len()).unwrap_or(path)
    }
}

/// Whether other tools and people use a name of debris, too.
fn is_generic(path: &str) -> bool {
    const GENERIC: [&str; 10] = [
        ".cache",
        "htmlcov",
        "build",
        "build/lib",
        "build/bdist.linux",
        "dist",
        "sdist",
        "x.egg-info",
        "coverage.xml",
        "coverage.lcov",
    ];
    is_one_of(path, &GENERIC)
}

/// Whether a path is a version control directory or part of one.
fn is_in_repository(path: &str) -> bool {
    let path = path.trim_end_matches('/');
    let mut around = ancestors(path).chain([path]);
    around.any(|path| [".git", ".hg", ".svn", ".jj"].contains(&name(path)))
}

/// Whether a path is inside of a directory.
fn is_below(path: &str, directory: &str) -> bool {
    ancestors(path).any(|above| above == directory)
}

/// Whether a name is bytecode for both programs.
fn is_bytecode(path: &str) -> bool {
    path.ends_with(".pyc") || path.ends_with(".pyo")
}

/// Whether a path is part of installed packages.
fn is_installed(path: &str) -> bool {
    model::is_installed(Path::new(path))
}

/// Whether both programs ignore a name by default.
fn is_ignored_by_both(name: &str) -> bool {
    model::is_ignored_by_default(OsStr::new(name)) && !IGNORED_HERE.contains(&name)
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Whether a path ends with one of these names or relative paths.
fn is_one_of(path: &str, names: &[&str]) -> bool {
    names.iter().any(|name| {
        path.strip_suffix(name)
            .is_some_and(|above| above.is_empty() || above.ends_with('/'))
    })
}
