//! What a run must remove: a second implementation of the rules, as simple as possible, that
//! shares no code with the program. A tree is a map from paths to nodes.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use super::world::{BYTECODE, Node, Options, SOURCE, Settings, Snapshot};

/// A PATH of the command line, or its mirror under the prefix.
#[derive(Clone, Debug)]
pub struct RootPath {
    /// As given on the command line.
    pub written: PathBuf,
    /// The same, absolute and without `.` and `..`.
    pub absolute: PathBuf,
    /// Without symlinks, except that a file keeps its own name.
    pub canonical: PathBuf,
    pub is_directory: bool,
    /// The canonical path of the sources, if it is a mirror.
    pub source: Option<PathBuf>,
}

impl RootPath {
    pub fn is_source(&self) -> bool {
        let suffix = self.canonical.extension().unwrap_or_default();
        !self.is_directory && (suffix == "py" || suffix == "pyw")
    }
}

/// Which contents of a directory are removed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Bytecode, and debris if `debris` is set.
    Search { debris: bool },
    /// What `--erase` matches.
    EraseOnly,
    /// Some of the bytecode, in a `__pycache__`.
    FilterCache { debris: bool },
    /// Everything, except repositories, and environments unless `environments` is set.
    RemoveAll { environments: bool },
}

/// The model of one run.
pub struct Model<'a> {
    pub tree: &'a Snapshot,
    pub options: &'a Options,
    /// By directory.
    pub settings: &'a BTreeMap<PathBuf, Settings>,
    pub ignored: &'a [OsString],
    /// For each ignored word with a symlink in it: the target, and the rest of the word.
    pub resolved: &'a [(PathBuf, PathBuf)],
    /// The PATHs that are not ignored, and the mirrors.
    pub roots: Vec<RootPath>,
    /// All PATHs.
    pub named: &'a [RootPath],
    /// The directory that contains the mirrors.
    pub prefix: &'a Path,
}

/// The model of one root.
struct Walk<'a> {
    model: &'a Model<'a>,
    root: &'a RootPath,
    removed: BTreeSet<PathBuf>,
    /// Bytecode for which a directory goes if nothing else is in it.
    lost: BTreeSet<PathBuf>,
}

impl Model<'_> {
    /// The union of what is removed for each PATH. A directory given twice is cleaned once,
    /// under its first name.
    pub fn expected(&self) -> BTreeSet<PathBuf> {
        let mut removed = BTreeSet::new();
        for (index, root) in self.roots.iter().enumerate() {
            let is_same = |other: &RootPath| {
                root.is_directory && other.is_directory && other.canonical == root.canonical
            };
            if self.roots[..index].iter().any(is_same) {
                continue;
            }
            let mut walk = Walk {
                model: self,
                root,
                removed: BTreeSet::new(),
                lost: BTreeSet::new(),
            };
            walk.visit_root();
            removed.extend(walk.removed);
        }
        // Between the prefix and the mirrors, directories in which nothing else is.
        let mirrors = self.roots.iter().filter(|root| root.source.is_some());
        let between = mirrors.flat_map(|mirror| mirror.canonical.ancestors().skip(1));
        let between: BTreeSet<&Path> = between.filter(|dir| self.is_below_prefix(dir)).collect();
        for dir in between.into_iter().rev() {
            if self.entries(dir).iter().all(|path| removed.contains(path)) {
                removed.insert(dir.to_path_buf());
            }
        }
        removed
    }

    fn is_below_prefix(&self, path: &Path) -> bool {
        path.starts_with(self.prefix) && path != self.prefix
    }

    /// The mirrors of the PATHs, without those in other mirrors.
    pub fn mirrors(&self, written_prefix: &Path) -> Vec<RootPath> {
        let mut mirrors = BTreeMap::new();
        let trees = self.roots.iter().filter(|root| root.is_directory);
        for root in trees.filter(|root| name(&root.canonical) != "__pycache__") {
            for source in [&root.canonical, &root.absolute] {
                let relative = source.strip_prefix("/").unwrap();
                let canonical = self.prefix.join(relative);
                if self.is_directory(&canonical) && source.canonicalize().unwrap() == root.canonical
                {
                    let mirror = RootPath {
                        written: written_prefix.join(relative),
                        absolute: PathBuf::new(),
                        canonical: canonical.clone(),
                        is_directory: true,
                        source: Some(source.clone()),
                    };
                    mirrors.entry(canonical).or_insert(mirror);
                }
            }
        }
        let mut outermost: Vec<RootPath> = Vec::new();
        for mirror in mirrors.into_values() {
            let is_inside = |outer: &RootPath| mirror.canonical.starts_with(&outer.canonical);
            if !outermost.iter().any(is_inside) {
                outermost.push(mirror);
            }
        }
        outermost
    }

    /// The expected paths that can be removed: nothing in a `locked` directory, and no
    /// directory that then is not empty.
    pub fn removable(&self, expected: &BTreeSet<PathBuf>, locked: &[PathBuf]) -> BTreeSet<PathBuf> {
        let is_locked = |path: &PathBuf| locked.iter().any(|lock| path.parent() == Some(lock));
        let kept: Vec<&PathBuf> = expected.iter().filter(|path| is_locked(path)).collect();
        let is_kept = |path: &&PathBuf| kept.iter().any(|kept| kept.starts_with(path));
        let removable = expected.iter().filter(|path| !is_kept(path));
        removable.cloned().collect()
    }

    /// Whether a PATH is ignored: as the user wrote it, or by an absolute word or a settings
    /// file above it.
    pub fn is_root_ignored(&self, root: &RootPath) -> bool {
        let written = parts(&root.written);
        let by_name = |word: &OsString| {
            let word = Path::new(word);
            (1..=written.len()).any(|end| ends_with(&written[..end], word))
        };
        let by_path = |path: &Path| {
            let mut words = self.ignored.iter().map(Path::new);
            words.any(|word| word.is_absolute() && ends_with(&parts(path), word))
                || self.is_resolved(path)
                || self.is_ignored_by_settings(root, path, path)
        };
        self.ignored.iter().any(by_name) || root.canonical.ancestors().any(by_path)
    }

    /// The settings of the directories that hold a path, the outermost first: from the root of
    /// the repository of the PATH, or else from the PATH. In a mirror, those of the PATH.
    fn settings(&self, root: &RootPath, path: &Path) -> Vec<(&Path, &Settings)> {
        if let Some(source) = &root.source {
            let path = source.join(path.strip_prefix(&root.canonical).unwrap());
            let trees = self.roots.iter().filter(|root| root.source.is_none());
            let around = trees.filter(|root| path.starts_with(&root.canonical));
            let around = around.filter(|root| path != root.canonical);
            let owner = around.max_by_key(|root| root.canonical.as_os_str().len());
            let owner = owner.unwrap();
            return self.settings(owner, &owner.canonical.join("any"));
        }
        let mut top = &*root.canonical;
        if !root.is_directory || name(top) == "__pycache__" {
            top = top.parent().unwrap();
        }
        if name(top) == "__pycache__" && top != root.canonical {
            top = top.parent().unwrap();
        }
        let top = self
            .named
            .iter()
            .filter(|root| root.is_directory && top.starts_with(&root.canonical))
            .map(|root| &*root.canonical)
            .min()
            .unwrap_or(top);
        let top = top
            .ancestors()
            .find(|dir| self.has(dir, ".git"))
            .unwrap_or(top);
        let dirs = path
            .ancestors()
            .skip(1)
            .take_while(|dir| dir.starts_with(top));
        let found = dirs.filter_map(|dir| self.settings.get_key_value(dir));
        let mut found: Vec<_> = found.map(|(dir, settings)| (&**dir, settings)).collect();
        found.reverse();
        found
    }

    /// Whether settings ignore a path. `source` is that path, or that of the source.
    fn is_ignored_by_settings(&self, root: &RootPath, path: &Path, source: &Path) -> bool {
        let matches_word = |dir: &Path, word: &str| match word.strip_prefix('/') {
            _ if is_behind_symlink(dir, word, source) => true,
            None => ends_with(&parts(source), Path::new(word)),
            Some(word) => {
                let below = source.strip_prefix(dir);
                below.is_ok_and(|below| matches(&parts(Path::new(word)), &parts(below)))
            }
        };
        let mut settings = self.settings(root, path).into_iter();
        settings.any(|(dir, own)| own.ignore.iter().any(|word| matches_word(dir, word)))
    }

    fn is_resolved(&self, path: &Path) -> bool {
        self.resolved.iter().any(|(real, rest)| {
            let below = path.strip_prefix(real);
            below.is_ok_and(|below| below == rest || matches(&parts(rest), &parts(below)))
        })
    }

    /// A directory with the name of a file says nothing about the one that holds it.
    fn has(&self, directory: &Path, name: &str) -> bool {
        let found = self.tree.get(&directory.join(name));
        let is_file = [".py", ".cfg", ".toml"]
            .iter()
            .any(|end| name.ends_with(end));
        found.is_some_and(|found| !is_file || *found != Node::Directory)
    }

    fn is_directory(&self, path: &Path) -> bool {
        self.tree.get(path) == Some(&Node::Directory)
    }

    fn is_environment(&self, path: &Path) -> bool {
        self.has(path, "pyvenv.cfg") || self.has(path, "conda-meta")
    }

    /// Whether a directory is part of an environment, and not of a work tree inside of one.
    fn is_in_environment(&self, path: &Path) -> bool {
        let mut above = path.ancestors();
        let nearest = above.find(|above| self.is_environment(above) || self.has(above, ".git"));
        nearest.is_some_and(|nearest| self.is_environment(nearest))
    }

    /// Whether a path is part of a git directory, and not of a work tree inside of one.
    fn is_in_git_dir(&self, path: &Path) -> bool {
        let mut above = path.ancestors().skip(1);
        let nearest = above.find(|above| name(above) == ".git" || self.has(above, ".git"));
        nearest.is_some_and(|nearest| name(nearest) == ".git")
    }

    fn entries(&self, directory: &Path) -> Vec<PathBuf> {
        let below = self.tree.range(directory.to_path_buf()..);
        let below = below.take_while(|(path, _)| path.starts_with(directory));
        below
            .filter(|(path, _)| path.parent() == Some(directory))
            .map(|(path, _)| path.clone())
            .collect()
    }
}

impl Walk<'_> {
    fn settings(&self, path: &Path) -> Vec<(&Path, &Settings)> {
        self.model.settings(self.root, path)
    }

    fn is_stale_run(&self, path: &Path) -> bool {
        self.model.options.stale || self.settings(path).iter().any(|(_, own)| own.stale)
    }

    /// The interpreters whose bytecode is kept.
    fn kept_pythons(&self, path: &Path) -> Vec<&'static str> {
        let options = self.model.options;
        if !options.python.is_empty() || !options.keep_python.is_empty() {
            return options.keep_python.clone();
        }
        self.settings(path)
            .into_iter()
            .flat_map(|(_, own)| own.keep_python.clone())
            .collect()
    }

    fn has_topic(&self, path: &Path, topic: &str) -> bool {
        let settings = self.settings(path);
        let nearest = settings
            .iter()
            .rev()
            .find_map(|(_, own)| own.debris.as_deref());
        match (self.model.options.debris.as_deref(), nearest) {
            (None, None) => false,
            (Some([]), _) => is_default_topic(topic),
            (Some(topics), _) | (None, Some(topics)) => {
                topics.contains(&topic) || topics.contains(&"all")
            }
        }
    }

    /// Whether only some of the bytecode in the directory of a path is removed.
    fn filters(&self, path: &Path) -> bool {
        !self.model.options.python.is_empty()
            || !self.kept_pythons(path).is_empty()
            || self.is_stale_run(path)
    }

    /// The topic of a path, if it is debris.
    fn debris(&self, path: &Path) -> Option<&'static str> {
        let parent = path.parent().unwrap();
        // The name of the PATH itself does not count.
        let parent_name = if parent == self.root.canonical {
            OsStr::new("")
        } else {
            name(parent)
        };
        let topic = topic(path, parent_name, self.model.is_directory(path))?;
        (self.has_topic(path, topic) && self.has_evidence(path)).then_some(topic)
    }

    fn has_evidence(&self, path: &Path) -> bool {
        let is_part = matches!(name(path).to_str(), Some("lib" | "bdist.linux"));
        let is_of_environment = is_part && self.model.is_environment(path.parent().unwrap());
        !is_of_environment && has_evidence(path, |dir, name| self.model.has(dir, name))
    }

    /// Records what is removed for the root.
    fn visit_root(&mut self) {
        let path = &self.root.canonical;
        let debris = !is_installed(path) && self.root.source.is_none();
        let mode = Mode::Search { debris };
        let parent = path.parent().unwrap();
        if self.root.is_directory && name(path) != "__pycache__" {
            let all = self.visit_contents(path, mode);
            let is_emptied_mirror = all && self.root.source.is_some() && !self.lost.is_empty();
            self.record(path, is_emptied_mirror);
        } else if self.is_ignored(path) {
            // It is named, but the end of its canonical path is ignored.
        } else if self.root.is_directory {
            self.visit_directory(path, mode);
        } else if name(parent) == "__pycache__" && self.filters(path) {
            let is_removed = self.removes_file(path, Mode::FilterCache { debris });
            self.record(path, is_removed);
        } else if name(parent) == "__pycache__" {
            // A cache that is a repository or an environment is kept.
            let is_kept = self.model.has(parent, ".git") || self.model.is_environment(parent);
            self.record(path, !is_kept);
        } else {
            let is_removed = self.is_file_or_symlink(path) && self.is_bytecode_removed(path);
            self.record(path, is_removed);
        }
    }

    fn record(&mut self, path: &Path, is_removed: bool) -> bool {
        if is_removed {
            self.removed.insert(path.to_path_buf());
        }
        is_removed
    }

    /// Records what is removed in a directory. Returns whether that is everything.
    fn visit_contents(&mut self, directory: &Path, mode: Mode) -> bool {
        let mut all = true;
        for path in self.model.entries(directory) {
            all &= !self.is_ignored(&path)
                && if self.model.is_directory(&path) {
                    self.visit_directory(&path, mode)
                } else {
                    let is_removed = self.removes_file(&path, mode);
                    self.record(&path, is_removed)
                };
        }
        all
    }

    /// Records what is removed in a directory, and the directory. `parent_mode` is the mode of
    /// its parent.
    fn visit_directory(&mut self, path: &Path, parent_mode: Mode) -> bool {
        let (options, model) = (self.model.options, self.model);
        // Another PATH is visited by itself, and never removed.
        let mut roots = model.roots.iter().filter(|root| root.is_directory);
        let name = name(path);
        if name != "__pycache__" && roots.any(|root| root.canonical == path) {
            return false;
        }
        let is_environment = model.is_environment(path);
        let is_skipped = matches!(parent_mode, Mode::EraseOnly | Mode::FilterCache { .. })
            || (!options.no_default_ignore && (is_ignored_by_default(name) || is_environment));
        let mut is_removed_if_empty = self.is_erased(path);
        let mut needs_lost = false;
        let mut mode = parent_mode;
        let debris = match parent_mode {
            Mode::Search { debris: true } => self.debris(path),
            _ => None,
        };
        if matches!(parent_mode, Mode::RemoveAll { .. }) {
            is_removed_if_empty = true;
        } else if matches!(parent_mode, Mode::Search { .. }) && name == "__pycache__" {
            is_removed_if_empty = true;
            mode = match parent_mode {
                Mode::Search { debris } if self.filters(path) => Mode::FilterCache { debris },
                _ => Mode::RemoveAll {
                    environments: false,
                },
            };
        } else if let Some(topic) = debris {
            let environments = topic == "tox";
            let is_guarded = self.is_guarded(path, environments);
            is_removed_if_empty |= !is_guarded;
            mode = if !is_guarded {
                Mode::RemoveAll { environments }
            } else if is_skipped {
                Mode::EraseOnly
            } else {
                Mode::Search { debris: false }
            };
        } else if is_skipped {
            mode = Mode::EraseOnly;
        } else {
            let parent = path.parent().unwrap();
            let is_container = parent_mode == (Mode::Search { debris: true })
                && name == "build"
                && self.has_topic(path, "package")
                && self.has_evidence(path);
            let may_be_empty = !model.is_in_environment(parent);
            let is_emptied = may_be_empty && (is_container || options.folders);
            let is_ghost = options.stale && !is_installed(Path::new(name));
            needs_lost =
                !is_removed_if_empty && (self.root.source.is_some() || (is_ghost && !is_emptied));
            is_removed_if_empty |=
                (needs_lost || is_emptied) && !model.is_in_git_dir(path) && name != ".git";
            if is_installed(Path::new(name)) {
                mode = Mode::Search { debris: false };
            }
        }
        // A wildcard does not reach into what is skipped.
        let is_named = |glob: &&str| Path::new(glob).iter().any(|part| part == name);
        let is_skipped_by_name = !options.no_default_ignore && is_ignored_by_default(name);
        if mode == Mode::EraseOnly
            && (is_skipped_by_name || matches!(parent_mode, Mode::Search { .. }))
            && !options.erase.iter().any(is_named)
        {
            return false;
        }
        // A repository or an environment in a cache is kept with its contents.
        if let Mode::RemoveAll { environments } = mode
            && (model.has(path, ".git") || (is_environment && !environments))
        {
            return false;
        }
        let is_emptied = self.visit_contents(path, mode) && is_removed_if_empty;
        let is_file_removed =
            |path: &PathBuf| !model.is_directory(path) && self.removed.contains(path);
        // Python may have made an empty cache just now.
        let may_be_new = matches!(mode, Mode::FilterCache { .. })
            && name == "__pycache__"
            && !model.entries(path).iter().any(is_file_removed);
        let is_emptied =
            is_emptied && (!may_be_new || options.folders || !options.erase.is_empty());
        let has_lost = self.lost.iter().any(|lost| lost.starts_with(path));
        self.record(path, is_emptied && (!needs_lost || has_lost))
    }

    /// Whether an entry that is not a directory is removed. `mode` is that of its parent.
    fn removes_file(&mut self, path: &Path, mode: Mode) -> bool {
        let is_file = self.is_file_or_symlink(path);
        let is_in_cache = name(path.parent().unwrap()) == "__pycache__";
        let is_in_mirror = self.root.source.is_some();
        let (bytecode, debris) = match mode {
            Mode::RemoveAll { .. } => {
                if is_in_mirror {
                    self.lost.insert(path.to_path_buf());
                }
                return true;
            }
            Mode::EraseOnly => (false, false),
            Mode::FilterCache { debris } => (is_in_cache, debris),
            Mode::Search { debris } => (true, debris),
        };
        let is_debris =
            is_file && debris && self.debris(path).is_some() && !self.is_guarded(path, false);
        (is_file && bytecode && self.is_bytecode_removed(path)) || self.is_erased(path) || is_debris
    }

    /// Whether a file is removed as bytecode. A partial write is recognized by its contents:
    /// here, those of a longer file are text.
    fn is_bytecode_removed(&mut self, path: &Path) -> bool {
        let name = name(path);
        let is_partial_write =
            name.as_bytes().ends_with(b"4711") || name.as_bytes().ends_with(b".pyo.0");
        let is_short =
            matches!(&self.model.tree[path], Node::File(contents) if contents.len() < 16);
        let interpreter = interpreter(name);
        let is_in = |versions: &[&str]| {
            versions
                .iter()
                .any(|version| interpreter == Some(tag(version)))
        };
        let (only, keep) = (&self.model.options.python, self.kept_pythons(path));
        // Bytecode without a tag may be of an interpreter to keep.
        let is_selected = (only.is_empty() && keep.is_empty())
            || (interpreter.is_some() && (only.is_empty() || is_in(only)) && !is_in(&keep));
        if !is_bytecode(name) || !is_selected || (is_partial_write && !is_short) {
            return false;
        }
        let stale = self.is_stale_run(path).then(|| self.staleness(path));
        let is_removed = stale.is_none_or(|stale| stale.is_some());
        if is_removed && (self.root.source.is_some() || stale == Some(Some(true))) {
            self.lost.insert(path.to_path_buf());
        }
        is_removed
    }

    /// Whether bytecode is an orphan, if it is stale. Its name has a tag if it is in a cache or
    /// a mirror.
    fn staleness(&self, path: &Path) -> Option<bool> {
        let (parent, file) = (path.parent().unwrap(), name(path).to_str().unwrap());
        let in_cache = name(parent) == "__pycache__";
        let is_tagged = file.contains("cpython");
        let dir = if in_cache {
            parent.parent().unwrap()
        } else {
            parent
        };
        let dir = match &self.root.source {
            Some(source) => source.join(dir.strip_prefix(&self.root.canonical).unwrap()),
            // It was moved from a cache.
            None if is_tagged && !in_cache => return None,
            None => dir.to_path_buf(),
        };
        let source = dir
            .join(file.split('.').next().unwrap())
            .with_extension("py");
        match (self.model.tree.get(&source), &self.model.tree[path]) {
            (Some(Node::File(source)), Node::File(bytecode)) => {
                (source != SOURCE || bytecode != BYTECODE).then_some(false)
            }
            // A program may be shipped without sources.
            _ => (is_tagged || in_cache || self.root.source.is_some()).then_some(true),
        }
    }

    fn is_file_or_symlink(&self, path: &Path) -> bool {
        !matches!(self.model.tree[path], Node::Pipe | Node::Directory)
    }

    /// Whether debris is kept, unless `--erase` matches it.
    fn is_guarded(&self, path: &Path, environments: bool) -> bool {
        let below = self.model.tree.range(path.to_path_buf()..);
        let mut below = below.take_while(|(below, _)| below.starts_with(path));
        self.model.is_in_git_dir(path)
            || below.any(|(below, _)| {
                self.model.has(below, ".git") || (!environments && self.model.is_environment(below))
            })
    }

    fn is_erased(&self, path: &Path) -> bool {
        let below = path.strip_prefix(&self.root.canonical);
        let Some(below) = below.ok().filter(|_| self.root.source.is_none()) else {
            return false;
        };
        let is_directory = self.model.is_directory(path);
        let erases = |glob: &&str| {
            let is_right_type = is_directory || !glob.ends_with('/');
            let (glob, below) = (parts(Path::new(glob)), parts(below));
            is_right_type && matches_outside_skips(&glob, &below)
        };
        self.model.options.erase.iter().any(erases)
    }

    /// Whether `--ignore` matches the name, the end of the display path, or the end of the
    /// canonical path, or whether settings ignore it.
    fn is_ignored(&self, path: &Path) -> bool {
        let below = path.strip_prefix(&self.root.canonical).unwrap();
        let written = self.root.written.join(below);
        let source = match &self.root.source {
            Some(source) => source.join(below),
            None => path.to_path_buf(),
        };
        let by_word = |word: &OsString| {
            let word = Path::new(word);
            ends_with(&parts(&source), word) || ends_with(&parts(&written), word)
        };
        self.model.ignored.iter().any(by_word)
            || self.model.is_resolved(&source)
            || self.model.is_ignored_by_settings(self.root, path, &source)
    }
}

/// Whether a word of settings in `dir` leads to a path through a symlink at its start.
fn is_behind_symlink(dir: &Path, word: &str, path: &Path) -> bool {
    let split = word.trim_start_matches('/').split_once('/');
    split.is_some_and(|(front, rest)| {
        let front = dir.join(front);
        let real = std::fs::canonicalize(&front).ok();
        let real = real.filter(|real| *real != front);
        let below = real.and_then(|real| path.strip_prefix(real).ok());
        below.is_some_and(|below| matches(&parts(Path::new(rest)), &parts(below)))
    })
}

fn name(path: &Path) -> &OsStr {
    path.file_name().unwrap_or_default()
}

fn is_ignored_by_default(name: &OsStr) -> bool {
    const IGNORED: &str = ".git .hg .svn .jj .direnv .tox .nox .venv venv .pixi node_modules";
    IGNORED.split(' ').any(|ignored| name == ignored)
}

fn is_default_topic(topic: &str) -> bool {
    ["cache", "coverage", "package", "pytest", "ruff"].contains(&topic)
}

/// Whether a path is part of installed packages.
fn is_installed(path: &Path) -> bool {
    path.iter()
        .any(|part| part == "site-packages" || part == "dist-packages")
}

/// Whether a name that others than its tool use is proven to be debris. `has` tells whether a
/// directory has an entry with a name.
fn has_evidence(path: &Path, has: impl Fn(&Path, &str) -> bool) -> bool {
    let parent = path.parent().unwrap();
    let is_project =
        |directory: &Path| has(directory, "setup.py") || has(directory, "pyproject.toml");
    let is_built = |directory: &Path| {
        is_project(directory) && (has(directory, "build") || has(directory, "dist"))
    };
    match &*name(path).to_string_lossy() {
        ".cache" | "dist" | "sdist" | "build" | "coverage.xml" | "coverage.lcov" | "htmlcov" => {
            is_project(parent)
        }
        "lib" | "bdist.linux" => is_project(parent.parent().unwrap()),
        name if name.ends_with(".egg-info") => {
            is_built(parent) || (parent.ends_with("src") && is_built(parent.parent().unwrap()))
        }
        // No file here is a zip archive.
        name if name.ends_with(".egg") => has(path, "EGG-INFO"),
        "f.nbi" => parent.ends_with("__pycache__"),
        "_build" => has(parent, "conf.py"),
        _ => true,
    }
}

/// Whether a name is that of bytecode or of a partial write.
pub fn is_bytecode(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let ends = |name: &str| name.ends_with(".pyc") || name.ends_with(".pyo");
    let temporary = name.trim_end_matches(|char: char| char.is_ascii_digit());
    let is_temporary =
        temporary.len() < name.len() && temporary.strip_suffix('.').is_some_and(ends);
    ends(&name) || name.ends_with("$py.class") || is_temporary
}

/// The interpreter in the name of bytecode: `cpython312`, `pypy39`.
fn interpreter(name: &OsStr) -> Option<String> {
    let name = name.to_string_lossy();
    if name.ends_with("$py.class") {
        return Some("jython".to_owned());
    }
    let start = name.find(".cpython-").or(name.find(".pypy"))? + 1;
    let tag = name[start..].replacen('-', "", 1);
    let end = tag.find(|char: char| !char.is_ascii_alphanumeric())?;
    Some(tag[..end].to_owned())
}

/// The result of [`interpreter`] for a version on the command line.
fn tag(version: &str) -> String {
    let digits = version.replace('.', "");
    match version.starts_with("pypy") {
        true => digits,
        false => format!("cpython{digits}"),
    }
}

/// The topic of debris with this name.
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

/// The names in a path.
fn parts(path: &Path) -> Vec<&[u8]> {
    let names = path.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name.as_bytes()),
        _ => None,
    });
    names.collect()
}

/// Whether a value of `--ignore` matches a path, or the end of it.
fn ends_with(path: &[&[u8]], word: &Path) -> bool {
    let (is_absolute, word) = (word.is_absolute(), parts(word));
    let mut starts = match word.len() {
        _ if is_absolute => 0..1,
        1 => path.len().saturating_sub(1)..path.len(),
        _ => 0..path.len(),
    };
    starts.any(|start| path[start..] == word || matches(&word, &path[start..]))
}

/// [`matches`] for `--erase`: a wildcard does not match a name that is skipped by default.
fn matches_outside_skips(glob: &[&[u8]], path: &[&[u8]]) -> bool {
    let is_skip =
        |name: &&[u8]| str::from_utf8(name).is_ok_and(|name| is_ignored_by_default(name.as_ref()));
    let Some(at) = path.iter().position(is_skip) else {
        return matches(glob, path);
    };
    let mut literals = glob
        .iter()
        .enumerate()
        .filter(|(_, part)| **part == path[at]);
    literals.any(|(part, _)| {
        matches_or_both_empty(&glob[..part], &path[..at])
            && matches_outside_skips_or_both_empty(&glob[part + 1..], &path[at + 1..])
    })
}

/// The parts before a literal: `**` can match nothing there.
fn matches_or_both_empty(glob: &[&[u8]], path: &[&[u8]]) -> bool {
    matches(&[glob, &[b"x"]].concat(), &[path, &[b"x"]].concat())
}

fn matches_outside_skips_or_both_empty(glob: &[&[u8]], path: &[&[u8]]) -> bool {
    (glob.is_empty() && path.is_empty()) || matches_outside_skips(glob, path)
}

/// Whether a path matches a glob. `**` matches any number of names, at the end at least one.
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
