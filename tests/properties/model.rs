//! What a run must remove: the promises of the program, said once more, as simply as can
//! be and without its rules. It knows a tree only as a map from paths to what lies there.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use super::world::{Node, Options, Snapshot};

/// A PATH of the command line.
#[derive(Clone, Debug)]
pub struct Named {
    /// As it is written.
    pub written: PathBuf,
    /// Where it lies: of a directory without any link, of all else with its own name.
    pub real: PathBuf,
    pub is_directory: bool,
}

/// What a run is to do.
#[derive(Debug, Default)]
pub struct Expected {
    pub gone: BTreeSet<PathBuf>,
    /// Of these, the directories that go with all they hold.
    pub whole: BTreeSet<PathBuf>,
    /// Whether git must be asked and cannot answer.
    pub unanswered: bool,
}

/// What a directory is to what lies in it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    /// A place where bytecode goes, and debris too or not.
    Searched { debris: bool },
    /// An ignored one: only what is named for erasing goes.
    Ignored,
    /// A `__pycache__` of which only the bytecode of some Pythons goes.
    Sorted { debris: bool },
    /// All goes.
    Taken,
}

/// The model of one run.
pub struct Model<'a> {
    pub tree: &'a Snapshot,
    pub options: &'a Options,
    pub ignored: &'a [OsString],
    /// Of those that go through a link: what that leads to, and the rest of the word.
    pub resolved: &'a [(PathBuf, PathBuf)],
    pub named: &'a [Named],
}

/// The same, in the PATH at hand.
struct Walk<'a> {
    model: &'a Model<'a>,
    named: &'a Named,
    expected: Expected,
}

const IGNORED: &str = ".git .hg .svn .jj .direnv .tox .nox .venv venv .pixi node_modules";

impl Model<'_> {
    /// What goes: the sum of what each PATH lets go.
    pub fn expected(&self) -> Expected {
        let mut sum = Expected::default();
        for named in self.named {
            let mut walk = Walk {
                model: self,
                named,
                expected: Expected::default(),
            };
            walk.named();
            sum.gone.extend(walk.expected.gone);
            sum.whole.extend(walk.expected.whole);
            sum.unanswered |= walk.expected.unanswered;
        }
        sum
    }

    /// Of what goes, that which can: nothing leaves a `locked` directory, and what
    /// holds something stays.
    pub fn possible(&self, gone: &BTreeSet<PathBuf>, locked: &[PathBuf]) -> BTreeSet<PathBuf> {
        let is_stuck = |path: &PathBuf| locked.iter().any(|lock| path.parent() == Some(lock));
        let stuck: Vec<&PathBuf> = gone.iter().filter(|path| is_stuck(path)).collect();
        let stays = |path: &&PathBuf| stuck.iter().any(|stuck| stuck.starts_with(path));
        gone.iter().filter(|path| !stays(path)).cloned().collect()
    }

    fn is_directory(&self, path: &Path) -> bool {
        self.tree.get(path) == Some(&Node::Directory)
    }

    fn entries(&self, directory: &Path) -> Vec<PathBuf> {
        let below = self.tree.range(directory.to_path_buf()..);
        let below = below.take_while(|(path, _)| path.starts_with(directory));
        below
            .filter(|(path, _)| path.parent() == Some(directory))
            .map(|(path, _)| path.clone())
            .collect()
    }

    /// Whether only the bytecode of some Pythons goes.
    fn sorts(&self) -> bool {
        !self.options.python.is_empty() || !self.options.keep_python.is_empty()
    }

    /// Whether bytecode of this name goes.
    fn goes(&self, name: &OsStr) -> bool {
        if !is_bytecode(name) {
            return false;
        }
        let by = written_by(name);
        let is_in = |versions: &[&str]| versions.iter().any(|version| by == Some(tag(version)));
        match self.sorts() {
            false => true,
            // Nobody knows by whom it is. It might be by one to keep.
            true if by.is_none() => false,
            true => {
                (self.options.python.is_empty() || is_in(&self.options.python))
                    && !is_in(&self.options.keep_python)
            }
        }
    }

    fn topic_is_asked(&self, topic: &str) -> bool {
        let default = ["cache", "coverage", "package", "pytest", "ruff"];
        match self.options.debris.as_deref() {
            None => false,
            Some([]) => default.contains(&topic),
            Some(topics) => topics.contains(&topic) || topics.contains(&"all"),
        }
    }
}

impl Walk<'_> {
    fn is_debris(&self, path: &Path) -> bool {
        let parent = path.parent().unwrap();
        // The name of a PATH itself says nothing.
        let parent = if parent == self.named.real {
            OsStr::new("")
        } else {
            name(parent)
        };
        topic(path, parent, self.model.is_directory(path))
            .is_some_and(|topic| self.model.topic_is_asked(topic))
    }

    /// Notes what goes of a PATH.
    fn named(&mut self) {
        let path = &self.named.real;
        let is_in = |name: &str| path.iter().any(|part| part == name);
        let debris = !is_in("site-packages");
        let around = Inside::Searched { debris };
        if self.named.is_directory && name(path) == "__pycache__" {
            self.directory(path, around);
        } else if self.named.is_directory {
            self.inside(path, around);
        } else if path
            .parent()
            .unwrap()
            .iter()
            .any(|part| part == "__pycache__")
        {
            let inside = match self.model.sorts() {
                true => Inside::Sorted { debris },
                false => Inside::Taken,
            };
            let goes = self.file_goes(path, inside);
            self.note(path, goes);
        } else {
            let goes = self.is_file_or_link(path) && self.model.goes(name(path));
            self.note(path, goes);
        }
    }

    fn note(&mut self, path: &Path, goes: bool) -> bool {
        if goes {
            self.expected.gone.insert(path.to_path_buf());
        }
        goes
    }

    /// Whether a directory holds nothing that stays.
    fn inside(&mut self, directory: &Path, inside: Inside) -> bool {
        let mut all = true;
        for path in self.model.entries(directory) {
            all &= !self.is_spared(&path)
                && if self.model.is_directory(&path) {
                    self.directory(&path, inside)
                } else {
                    let goes = self.file_goes(&path, inside);
                    self.note(&path, goes)
                };
        }
        all
    }

    /// Notes what goes in a directory, and whether it goes itself.
    fn directory(&mut self, path: &Path, around: Inside) -> bool {
        let options = self.model.options;
        let name = name(path);
        let is_ignored = matches!(around, Inside::Ignored | Inside::Sorted { .. })
            || (!options.no_default_ignore && IGNORED.split(' ').any(|ignored| name == ignored));
        let is_searched = matches!(around, Inside::Searched { .. });
        let mut goes_when_empty = self.is_erased(path);
        let mut inside = around;
        if around == Inside::Taken {
            goes_when_empty = true;
        } else if is_searched && name == "__pycache__" {
            goes_when_empty = true;
            inside = match around {
                Inside::Searched { debris } if self.model.sorts() => Inside::Sorted { debris },
                _ => Inside::Taken,
            };
        } else if around == (Inside::Searched { debris: true }) && self.is_debris(path) {
            let is_guarded = self.is_guarded(path);
            goes_when_empty |= !is_guarded;
            inside = match is_guarded {
                true if is_ignored => Inside::Ignored,
                true => Inside::Searched { debris: false },
                false => Inside::Taken,
            };
        } else if is_ignored {
            inside = Inside::Ignored;
        } else {
            let is_shell = around == (Inside::Searched { debris: true })
                && name == "build"
                && self.model.topic_is_asked("package");
            let mut named = self.model.named.iter();
            let is_named = named.any(|named| named.is_directory && named.real == path);
            let is_emptied = is_shell || (options.folders && !is_named);
            goes_when_empty |= is_emptied && !self.is_in_store(path) && name != ".git";
            if name == "site-packages" {
                inside = Inside::Searched { debris: false };
            }
        }
        let goes = self.inside(path, inside) && goes_when_empty;
        if goes && inside == Inside::Taken {
            self.expected.whole.insert(path.to_path_buf());
        }
        self.note(path, goes)
    }

    /// Whether what is no directory goes.
    fn file_goes(&mut self, path: &Path, around: Inside) -> bool {
        let is_file = self.is_file_or_link(path);
        let is_in_cache = name(path.parent().unwrap()) == "__pycache__";
        let (is_bytecode, debris) = match around {
            Inside::Taken => return true,
            Inside::Ignored => (false, false),
            Inside::Sorted { debris } => (is_in_cache, debris),
            Inside::Searched { debris } => (true, debris),
        };
        (is_file && is_bytecode && self.model.goes(name(path)))
            || self.is_erased(path)
            || (is_file && debris && self.is_debris(path) && !self.is_guarded(path))
    }

    fn is_file_or_link(&self, path: &Path) -> bool {
        !matches!(self.model.tree[path], Node::Pipe | Node::Directory)
    }

    /// Whether debris stays, unless it is named for erasing.
    fn is_guarded(&mut self, path: &Path) -> bool {
        let tree = self.model.tree;
        let has = |directory: &Path, name| tree.contains_key(&directory.join(name));
        if self.is_in_store(path) {
            return true;
        }
        let mut around = path.ancestors();
        let is_of_user =
            around.any(|path| name(path) == ".cache" && has(path.parent().unwrap(), ".profile"));
        let below = tree.range(path.to_path_buf()..);
        let mut below = below.take_while(|(below, _)| below.starts_with(path));
        let is_repository = below.any(|(below, _)| below.ends_with(".git"));
        // No repository here is a real one: git answers for none.
        let is_doubtful = path.ancestors().skip(1).any(|above| has(above, ".git"));
        let is_asked = !is_of_user && !is_repository;
        self.expected.unanswered |= is_asked && is_doubtful;
        !is_asked || is_doubtful
    }

    /// Whether git keeps this, where it is debris or empty, and it is not in a work tree
    /// that lies there.
    fn is_in_store(&self, path: &Path) -> bool {
        let has_git = |above: &Path| self.model.tree.contains_key(&above.join(".git"));
        let mut above = path.ancestors().skip(1);
        let nearest = above.find(|above| name(above) == ".git" || has_git(above));
        nearest.is_some_and(|nearest| name(nearest) == ".git")
    }

    fn is_erased(&self, path: &Path) -> bool {
        let Ok(below) = path.strip_prefix(&self.named.real) else {
            return false;
        };
        let is_directory = self.model.is_directory(path);
        let is_store = |part: &&[u8]| *part == b".git";
        let erases = |glob: &&str| {
            let is_alike = is_directory || !glob.ends_with('/');
            let (glob, below) = (parts(Path::new(glob)), parts(below));
            // No wildcard stands for a repository.
            let is_meant = !below.iter().any(is_store) || glob.iter().any(is_store);
            is_alike && is_meant && matches(&glob, &below)
        };
        self.model.options.erase.iter().any(erases)
    }

    /// Whether `--ignore` names it: by its name, or by the end of its path as it is
    /// written or as it is.
    fn is_spared(&self, path: &Path) -> bool {
        let below = path.strip_prefix(&self.named.real).unwrap();
        let written = self.named.written.join(below);
        let is_meant = |word: &OsString| {
            let word = Path::new(word);
            let (is_absolute, word) = (word.is_absolute(), parts(word));
            [path, &written].iter().any(|path| {
                let path = parts(path);
                let mut starts = match word.len() {
                    _ if is_absolute => 0..1,
                    1 => path.len() - 1..path.len(),
                    _ => 0..path.len(),
                };
                starts.any(|start| path[start..] == word || matches(&word, &path[start..]))
            })
        };
        let leads_here = |(real, rest): &(PathBuf, PathBuf)| {
            let below = path.strip_prefix(real);
            below.is_ok_and(|below| below == rest || matches(&parts(rest), &parts(below)))
        };
        self.model.ignored.iter().any(is_meant) || self.model.resolved.iter().any(leads_here)
    }
}

fn name(path: &Path) -> &OsStr {
    path.file_name().unwrap_or_default()
}

/// Whether a name is that of bytecode, also of what an interrupted write left.
pub fn is_bytecode(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let ends = |name: &str| name.ends_with(".pyc") || name.ends_with(".pyo");
    let temporary = name.trim_end_matches(|char: char| char.is_ascii_digit());
    let is_temporary =
        temporary.len() < name.len() && temporary.strip_suffix('.').is_some_and(ends);
    ends(&name) || name.ends_with("$py.class") || is_temporary
}

/// Who wrote bytecode, by its name: `cpython312`, `pypy39`.
fn written_by(name: &OsStr) -> Option<String> {
    let name = name.to_string_lossy();
    if name.ends_with("$py.class") {
        return Some("jython".to_owned());
    }
    let start = name.find(".cpython-").or(name.find(".pypy"))? + 1;
    let tag = name[start..].replacen('-', "", 1);
    let end = tag.find(|char: char| !char.is_ascii_alphanumeric())?;
    Some(tag[..end].to_owned())
}

/// What a version that is asked for looks like in a name.
fn tag(version: &str) -> String {
    let digits = version.replace('.', "");
    match version.starts_with("pypy") {
        true => digits,
        false => format!("cpython{digits}"),
    }
}

/// Whose debris something is.
fn topic(path: &Path, parent: &OsStr, is_directory: bool) -> Option<&'static str> {
    let name = name(path).to_string_lossy();
    let is_part = name.starts_with(".coverage.") && name.matches('.').count() > 3;
    let topic = match (is_directory, &*name) {
        (true, ".cache") => "cache",
        (false, ".coverage" | "coverage.xml") | (true, "htmlcov") => "coverage",
        (false, _) if is_part => "coverage",
        (true, "dist") => "package",
        (true, "lib" | "bdist.linux") if parent == "build" => "package",
        (true, name) if name.ends_with(".egg-info") => "package",
        (true, ".pytest_cache") | (false, "pytestdebug.log") => "pytest",
        (_, name) if name.ends_with(".egg") => "eggs",
        (true, ".mypy_cache") => "mypy",
        (false, name) if name.ends_with(".nbi") => "numba",
        (true, "_build") if parent == "docs" => "sphinx",
        (true, ".tox") => "tox",
        _ => return None,
    };
    Some(topic)
}

/// The names that a path is made of.
fn parts(path: &Path) -> Vec<&[u8]> {
    let names = path.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name.as_bytes()),
        _ => None,
    });
    names.collect()
}

/// Whether a path matches a glob; `**` stands for any number of names, but for one at
/// least at the end.
fn matches(glob: &[&[u8]], path: &[&[u8]]) -> bool {
    match (glob, path) {
        ([], []) => true,
        ([b"**"], path) => !path.is_empty(),
        ([b"**", rest @ ..], path) => {
            (0..=path.len()).any(|skipped| matches(rest, &path[skipped..]))
        }
        ([first, glob @ ..], [name, path @ ..]) => name_matches(first, name) && matches(glob, path),
        _ => false,
    }
}

/// Whether a name matches a glob, byte by byte.
fn name_matches(glob: &[u8], name: &[u8]) -> bool {
    match (glob, name) {
        ([], []) => true,
        ([b'*', glob @ ..], name) => {
            (0..=name.len()).any(|skipped| name_matches(glob, &name[skipped..]))
        }
        ([b'?', glob @ ..], [_, name @ ..]) => name_matches(glob, name),
        ([b'[', a, b, b']', glob @ ..], [byte, name @ ..]) => {
            (a == byte || b == byte) && name_matches(glob, name)
        }
        ([char, glob @ ..], [byte, name @ ..]) => char == byte && name_matches(glob, name),
        _ => false,
    }
}
