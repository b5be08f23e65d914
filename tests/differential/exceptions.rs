//! Where this program differs from Python's pyclean, on purpose.

use crate::sketch::{Kind, Sketch, ancestors};
use crate::{Answer, Call};

/// A difference that is meant.
pub struct Exception {
    pub name: &'static str,
    /// What becomes, here and not there, of what it is about.
    fate: Fate,
    /// Whether it is about what lies at this path.
    is_about: fn(&Scene, &str) -> bool,
}

impl Exception {
    pub fn explains(&self, scene: &Scene, fate: Fate, path: &str) -> bool {
        self.fate == fate && (self.is_about)(scene, path)
    }
}

/// What becomes of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Goes,
    Stays,
}

/// What was done to which tree.
pub struct Scene<'a> {
    pub call: &'a Call,
    pub sketch: &'a Sketch,
}

/// What neither enters by default.
const IGNORED: [&str; 8] = [
    ".direnv",
    ".git",
    ".hg",
    ".svn",
    ".tox",
    ".venv",
    "node_modules",
    "venv",
];

/// What only this program does not enter by default.
const IGNORED_HERE: [&str; 3] = [".jj", ".nox", ".pixi"];

/// Debris of both: topic, whether it is one by default, names of directories.
const DIRECTORIES: [(&str, bool, &[&str]); 9] = [
    ("cache", true, &[".cache"]),
    ("coverage", true, &["htmlcov"]),
    (
        "package",
        true,
        &[
            "build/lib",
            "build/bdist.linux",
            "dist",
            "sdist",
            "x.egg-info",
        ],
    ),
    ("pytest", true, &[".pytest_cache"]),
    ("ruff", true, &[".ruff_cache"]),
    ("complexipy", false, &[".complexipy_cache"]),
    ("jupyter", false, &[".ipynb_checkpoints"]),
    ("mypy", false, &[".mypy_cache"]),
    ("pyright", false, &[".pyright", ".pyright-stubs-1"]),
];

/// Names of debris that is a file.
const FILES: [(&str, bool, &[&str]); 2] = [
    (
        "coverage",
        true,
        &[".coverage", "coverage.xml", "coverage.lcov"],
    ),
    ("pytest", true, &["pytestdebug.log"]),
];

/// Debris of this program alone: topic, names of directories or files.
const MORE: [(&str, &[&str]); 9] = [
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

pub const EXCEPTIONS: &[Exception] = &[
    // What an interpreter left that was killed while writing bytecode. Theirs knows
    // `.pyc` and `.pyo` at the end of a name only.
    Exception {
        name: "interrupted writes go",
        fate: Fate::Goes,
        is_about: |scene, path| path.ends_with(".pyc.12345") && scene.is_searched(path),
    },
    // The bytecode of Jython.
    Exception {
        name: "$py.class goes",
        fate: Fate::Goes,
        is_about: |scene, path| path.ends_with("$py.class") && scene.is_searched(path),
    },
    // To `pathlib` a name that starts with its only dot has no suffix.
    Exception {
        name: "a file called .pyc goes",
        fate: Fate::Goes,
        is_about: |scene, path| name(path) == ".pyc" && scene.is_searched(path),
    },
    // Theirs asks what a link leads to: nothing, and it stays; a directory, and that is
    // entered.
    Exception {
        name: "links named as bytecode go",
        fate: Fate::Goes,
        is_about: |scene, path| is_bytecode(path) && scene.is_link(path) && scene.is_searched(path),
    },
    // Theirs removes the bytecode in it, and then the directory only if that was all.
    Exception {
        name: "__pycache__ goes with all it holds",
        fate: Fate::Goes,
        is_about: |scene, path| {
            ancestors(path).any(|above| name(above) == "__pycache__" && scene.is_searched(above))
        },
    },
    // Theirs spares in it what has a name that is ignored by default, such as `venv`.
    Exception {
        name: "debris goes with all it holds",
        fate: Fate::Goes,
        is_about: |scene, path| {
            let mut debris = scene.debris_around(path);
            debris.any(|debris| {
                path[debris.len()..]
                    .split('/')
                    .any(|part| IGNORED.contains(&part))
            })
        },
    },
    // Theirs removes it only if it is empty.
    Exception {
        name: ".pyright goes with all it holds",
        fate: Fate::Goes,
        is_about: |scene, path| {
            scene
                .debris_around(path)
                .any(|debris| name(debris) == ".pyright")
        },
    },
    // `tox` is among their topics too, but what it covers is ignored.
    Exception {
        name: "there is more debris",
        fate: Fate::Goes,
        is_about: |scene, path| {
            ancestors(path).chain([path]).any(|path| {
                scene.is_more_debris(path) && scene.is_searched(path) && !is_installed(path)
            })
        },
    },
    // Theirs removes `build`, and what is named for erasing, at its turn, when
    // something may be in it that goes later.
    Exception {
        name: "a directory is judged when all else is gone",
        fate: Fate::Goes,
        is_about: |scene, path| {
            let Some(directory) = path.strip_suffix('/') else {
                return false;
            };
            let is_erased = directory == "tmp" && scene.call.line.contains("tmp/ tmp/**/*");
            (scene.is_build(directory) && scene.is_searched(directory)) || is_erased
        },
    },
    // Theirs enters links to directories, and so leaves the PATH.
    Exception {
        name: "links are not followed",
        fate: Fate::Stays,
        is_about: |scene, path| {
            let mut targets = scene.sketch.entries.values().filter_map(|kind| match kind {
                Kind::Link(target) => Some(target),
                _ => None,
            });
            targets.any(|target| ancestors(path).any(|above| above == target))
        },
    },
    // Theirs empties the directory that it leads to, and then removes the link.
    Exception {
        name: "a link named as a directory of debris stays",
        fate: Fate::Stays,
        is_about: |scene, path| {
            scene.is_link(path) && (scene.is_debris(path) || scene.is_build(path))
        },
    },
    Exception {
        name: ".jj, .nox and .pixi are ignored by default, too",
        fate: Fate::Stays,
        is_about: |scene, path| {
            let itself = Some(path).filter(|_| scene.call.has("--git-clean"));
            ancestors(path)
                .chain(itself)
                .any(|path| IGNORED_HERE.contains(&name(path)))
        },
    },
    // Packages ship directories named `dist`, and their `*.egg-info` belongs to them.
    Exception {
        name: "what is installed is no debris",
        fate: Fate::Stays,
        is_about: |scene, path| {
            let is_debris = |path| scene.is_debris(path) || scene.is_build(path);
            let mut inside = ancestors(path)
                .chain([path])
                .skip_while(|path| !is_installed(path));
            inside.any(is_debris)
        },
    },
    // A `dist` that was committed is a source.
    Exception {
        name: "debris that git tracks stays",
        fate: Fate::Stays,
        is_about: |scene, path| {
            let holds_tracked = |debris: &str| {
                let mut tracked = scene.sketch.tracked.iter();
                tracked.any(|file| file == debris || ancestors(file).any(|above| above == debris))
            };
            let is_named = path.starts_with("tmp/") && scene.call.has("tmp/**/*");
            let mut around = ancestors(path).chain([path]);
            scene.call.in_repository
                && !is_named
                && around.any(|path| scene.is_debris(path) && holds_tracked(path))
        },
    },
    // Whoever means the store of a repository writes its name out.
    Exception {
        name: "no wildcard stands for a repository",
        fate: Fate::Stays,
        is_about: |scene, path| {
            scene.call.has("--erase") && (is_in_store(path) || scene.holds_store(path))
        },
    },
    // Who knows whether it can be had again?
    Exception {
        name: "debris that holds a repository stays",
        fate: Fate::Stays,
        is_about: |scene, path| {
            let mut around = ancestors(path).chain([path.trim_end_matches('/')]);
            around.any(|path| {
                (scene.is_debris(path) || scene.is_more_debris(path))
                    && scene.holds_store(&format!("{path}/"))
            })
        },
    },
    // The cache of a user is shared by all of their programs.
    Exception {
        name: "the user's own cache stays",
        fate: Fate::Stays,
        is_about: |scene, path| {
            let is_home = |cache: &str| {
                let home = cache.strip_suffix(".cache").unwrap_or_default();
                home == "home/" || scene.sketch.kind(&format!("{home}.bashrc")).is_some()
            };
            let mut caches = scene
                .debris_around(path)
                .filter(|debris| name(debris) == ".cache");
            caches.any(is_home)
        },
    },
    // Theirs holds it against directories only.
    Exception {
        name: "--ignore is for files as well",
        fate: Fate::Stays,
        is_about: |scene, path| scene.ignores().any(|ignored| name(path) == ignored),
    },
    // Theirs ends with an error there, too, but has removed the bytecode by then.
    Exception {
        name: "nothing goes where nobody answers",
        fate: Fate::Stays,
        is_about: |scene, _| scene.is_unanswered(),
    },
    // Theirs passes by all directories in it.
    Exception {
        name: "a PATH is searched whatever its name",
        fate: Fate::Goes,
        is_about: |scene, path| {
            scene.call.has("venv")
                && path.starts_with("venv/")
                && is_bytecode(path)
                && scene.is_searched(path)
        },
    },
    // To `pathlib` braces mean nothing.
    Exception {
        name: "braces are alternatives, for --erase and --ignore: goes",
        fate: Fate::Goes,
        is_about: |scene, path| {
            scene.call.has("{x,xy}.txt") && ["x.txt", "xy.txt"].contains(&scene.below_root(path))
        },
    },
    Exception {
        name: "braces are alternatives, for --erase and --ignore: stays",
        fate: Fate::Stays,
        is_about: |scene, path| {
            scene.call.has("{x,xy}.txt") && scene.below_root(path) == "{x,xy}.txt"
        },
    },
    Exception {
        name: "a pipe is no debris",
        fate: Fate::Stays,
        is_about: |scene, path| {
            scene.sketch.kind(path) == Some(&Kind::Pipe) && scene.is_debris(path)
        },
    },
    Exception {
        name: "an empty directory named as a file of debris stays",
        fate: Fate::Stays,
        is_about: |scene, path| path.ends_with('/') && scene.is_debris(path.trim_end_matches('/')),
    },
];

/// The name of an intended difference in the exit codes.
pub fn code(scene: &Scene, here: i32, there: i32) -> Option<&'static str> {
    match (here, there) {
        // Theirs has removed the bytecode by then.
        (2, 1) if scene.is_unanswered() => Some("nothing goes where nobody answers"),
        _ => None,
    }
}

impl Scene<'_> {
    /// The values of an option that takes all words up to the next; `None` where it was
    /// not given.
    fn values(&self, names: [&str; 2]) -> Option<impl Iterator<Item = &'static str> + use<>> {
        let mut arguments = self.call.arguments().into_iter();
        arguments.find(|argument| names.contains(argument))?;
        Some(arguments.take_while(|argument| !argument.starts_with('-')))
    }

    fn ignores(&self) -> impl Iterator<Item = &'static str> {
        self.values(["--ignore", "-i"]).into_iter().flatten()
    }

    /// Whether the user asked for a topic of debris.
    fn asks_for(&self, topic: &str, by_default: bool) -> bool {
        let Some(topics) = self.values(["--debris", "-d"]) else {
            return false;
        };
        let topics: Vec<_> = topics.collect();
        (topics.is_empty() && by_default) || topics.contains(&topic) || topics.contains(&"all")
    }

    /// Whether both programs know something as debris, by its name, and the user asked
    /// for it.
    fn is_debris(&self, path: &str) -> bool {
        let mut all = DIRECTORIES.iter().chain(&FILES);
        all.any(|&(topic, by_default, names)| {
            self.asks_for(topic, by_default) && is_one_of(path, names)
        })
    }

    /// Whether only this program knows it as debris.
    fn is_more_debris(&self, path: &str) -> bool {
        MORE.iter().any(|(topic, names)| {
            self.asks_for(topic, *topic == "coverage") && is_one_of(path, names)
        })
    }

    /// Whether something is what both remove if it is empty by then.
    fn is_build(&self, path: &str) -> bool {
        name(path) == "build" && self.asks_for("package", true)
    }

    /// The directories of debris that a path lies in.
    fn debris_around<'p>(&self, path: &'p str) -> impl Iterator<Item = &'p str> {
        let is_judged = |path: &&str| self.is_searched(path) && !is_installed(path);
        ancestors(path)
            .filter(is_judged)
            .filter(|path| self.is_debris(path))
    }

    /// Whether version control keeps something in a directory.
    fn holds_store(&self, directory: &str) -> bool {
        let mut entries = self.sketch.entries.keys();
        entries.any(|entry| entry.starts_with(directory) && is_in_store(entry))
    }

    fn is_link(&self, path: &str) -> bool {
        matches!(self.sketch.kind(path), Some(Kind::Link(_)))
    }

    /// Whether the user is asked, and says nothing.
    fn is_unanswered(&self) -> bool {
        self.call.is_declined() && self.call.answer == Answer::Nothing
    }

    /// Whether a path lies in no directory that is ignored by default.
    fn is_searched(&self, path: &str) -> bool {
        let is_ignored =
            |above: &str| IGNORED.contains(&name(above)) || IGNORED_HERE.contains(&name(above));
        !ancestors(self.below_root(path)).any(is_ignored)
    }

    /// A path as seen from the innermost PATH that it lies in.
    fn below_root<'p>(&self, path: &'p str) -> &'p str {
        let arguments = self.call.arguments().into_iter();
        let roots = arguments.take_while(|argument| !argument.starts_with('-'));
        let below = roots.filter_map(|root| path.strip_prefix(root)?.strip_prefix('/'));
        below.min_by_key(|below| below.len()).unwrap_or(path)
    }
}

/// Whether it lies in what version control keeps, or is that.
fn is_in_store(path: &str) -> bool {
    let path = path.trim_end_matches('/');
    let mut around = ancestors(path).chain([path]);
    around.any(|path| [".git", ".hg", ".svn", ".jj"].contains(&name(path)))
}

/// Whether both take something for bytecode.
fn is_bytecode(path: &str) -> bool {
    path.ends_with(".pyc") || path.ends_with(".pyo")
}

/// Whether it lies among installed packages.
fn is_installed(path: &str) -> bool {
    let is_place = |path: &str| ["site-packages", "dist-packages"].contains(&name(path));
    ancestors(path).chain([path]).any(is_place)
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Whether a path ends with one of these names, or of these with the directory it must
/// lie in.
fn is_one_of(path: &str, names: &[&str]) -> bool {
    names.iter().any(|name| {
        path.strip_suffix(name)
            .is_some_and(|above| above.is_empty() || above.ends_with('/'))
    })
}
