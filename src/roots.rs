//! The PATHs of the command line, found and opened before anything else happens.
//!
//! Each is opened once, as a directory handle. All removing is done relative to
//! that handle, so that nothing which is renamed or linked anew during the run can
//! lead outside of what was given.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Component, Path, PathBuf, absolute};

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use globset::escape;

use crate::directory::device;
use crate::failure::{Attempt, Failure};
use crate::pyc::BytecodeName;
use crate::rules::{CACHE_DIRECTORY, has_wildcards, plain};

/// A directory in which something is cleaned.
#[derive(Debug)]
pub struct Root {
    /// The directory as the user wrote it: where walking starts and what every
    /// path that is shown begins with.
    pub path: PathBuf,
    /// The same without links, absolute: tells which roots overlap.
    pub real: PathBuf,
    /// The directory itself, open: removal never leaves it.
    pub dir: Dir,
    /// The file system to stay on, if that was asked for.
    pub device: Option<u64>,
    /// What in it is cleaned.
    pub part: Part,
    /// Which settings hold for it: an index.
    pub settings: usize,
}

/// What of a root is cleaned.
#[derive(Debug)]
pub enum Part {
    /// All of it, but for the cache of other projects, where that lies in it.
    Tree {
        /// Where that cache lies below the root.
        except: Option<PathBuf>,
    },
    /// The entries that were named: files that may be cache, and `__pycache__`. By where
    /// they lie below the root, with how each was written: through a link, this may look
    /// like another place.
    Entries(BTreeMap<PathBuf, PathBuf>),
    /// Directories that hold the bytecode of a tree elsewhere.
    Mirrors(Vec<Mirror>),
}

/// Where bytecode lies under `PYTHONPYCACHEPREFIX`: that of `/proj/a.py` in the
/// directory `proj` below the prefix (`cache_from_source` of `importlib`).
#[derive(Debug, Clone)]
pub struct Mirror {
    /// The directory below the root; empty for the root itself.
    pub top: PathBuf,
    /// The directory whose bytecode it holds.
    pub sources: PathBuf,
    /// Which settings hold for it: those of that directory.
    pub settings: usize,
    /// Whether it was given as a PATH itself.
    pub is_path: bool,
}

impl Root {
    /// A path below this root, as it is shown: without the `./` that nobody wrote.
    pub fn shown(&self, path: &Path) -> PathBuf {
        if path.as_os_str().is_empty() {
            self.path.clone()
        } else if self.path == Path::new(".") {
            path.to_path_buf()
        } else {
            self.path.join(path)
        }
    }

    /// The parts of a path below this root that lie below a PATH, each with how that PATH
    /// was written where it is an entry. That of a PATH itself is empty.
    pub fn below_paths<'p>(&self, path: &'p Path) -> Vec<(Option<&Path>, &'p Path)> {
        let Part::Entries(named) = &self.part else {
            return vec![(None, path)];
        };
        let below = |entry: &Path| {
            let written = named.get(entry)?;
            Some((Some(&**written), path.strip_prefix(entry).ok()?))
        };
        path.ancestors().filter_map(below).collect()
    }
}

/// What became of the PATHs.
#[derive(Debug, Default)]
pub struct Roots {
    /// Those that can be cleaned, in the order they were given.
    pub roots: Vec<Root>,
    /// Those that are not there.
    pub missing: Vec<PathBuf>,
    /// Those that are there but cannot be read.
    pub failures: Vec<Failure>,
}

/// Finds and opens what the command line names. A directory is a root, also
/// through a link. A file that looks like cache, and a directory that is itself
/// named `__pycache__`, becomes an entry of the directory it lies in; any other
/// file is passed over. With a `prefix`, the mirrors of the directories below it
/// are one root more.
/// Each path comes with the index of its settings.
pub fn open<'p>(
    paths: impl Iterator<Item = (&'p PathBuf, usize)>,
    prefix: Option<&Path>,
    one_file_system: bool,
) -> Roots {
    let mut opener = Opener {
        one_file_system,
        ..Opener::default()
    };
    let (mut missing, mut failures) = (Vec::new(), Vec::new());
    let mut failed = |path: &Path, error: io::Error| {
        let path = path.to_path_buf();
        failures.push(Failure {
            attempt: Attempt::Read,
            path,
            error,
        });
    };
    for (path, settings) in paths {
        opener.settings = settings;
        match opener.add(path) {
            Ok(()) => {}
            // A link that leads nowhere is there, and does not hold up the others.
            Err(error) if is_absence(&error) && fs::symlink_metadata(path).is_err() => {
                missing.push(path.clone())
            }
            Err(error) => failed(path, error),
        }
    }
    if let Some(prefix) = prefix {
        match opener.add_mirrors(prefix) {
            // Python makes it when it needs it.
            Err(error) if !is_absence(&error) => failed(prefix, error),
            Ok(()) | Err(_) => {}
        }
    }
    Roots {
        roots: opener.roots,
        missing,
        failures,
    }
}

/// What a word of `--ignore` means: as it is written, for what is met anywhere, and where
/// it names a path that is reached through a link or through `..`, as that really is.
pub fn ignored(word: &OsStr) -> Vec<OsString> {
    let path = plain(word);
    // What lies below a glob nobody can look up, nor does a link itself mean what it
    // leads to.
    let is_plain = |part: &Component| !has_wildcards(Path::new(part));
    let plain = path.components().take_while(is_plain).count();
    let parts = path.components().count();
    let looked_up = plain.min(parts.saturating_sub(1));
    let above: PathBuf = path.components().take(looked_up).collect();
    let rest: PathBuf = path.components().skip(looked_up).collect();
    let mut words = vec![word.to_owned()];
    if let Ok(real) = fs::canonicalize(or_current(&above))
        && !real.ends_with(&above)
    {
        let real = match real.to_str() {
            Some(text) if has_wildcards(&real) => escape(text).into(),
            _ => real,
        };
        if above.components().any(|part| part == Component::ParentDir) {
            words.clear();
        }
        words.push(real.join(rest).into());
    }
    words
}

fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

#[derive(Default)]
struct Opener {
    one_file_system: bool,
    /// The settings of the path at hand.
    settings: usize,
    roots: Vec<Root>,
    /// The roots that are walked, as they are written: what is ignored may depend on it.
    trees: HashSet<PathBuf>,
    /// Indices of the roots of single entries.
    bases: HashMap<(PathBuf, usize), usize>,
}

impl Opener {
    fn add(&mut self, path: &Path) -> io::Result<()> {
        let is_link = fs::symlink_metadata(path)?.is_symlink();
        let followed = fs::metadata(path);
        if followed.as_ref().is_ok_and(fs::Metadata::is_dir) {
            let real = fs::canonicalize(path)?;
            if real.file_name() == Some(CACHE_DIRECTORY.as_ref()) {
                return self.add_entry(path, &real, 1);
            }
            if self.trees.insert(path.to_path_buf()) {
                self.add_root(path, real, Part::Tree { except: None })?;
            }
            return Ok(());
        }
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Ok(());
        };
        let parent = fs::canonicalize(or_current(parent))?;
        let real = parent.join(name);
        if let Some(depth) = parent.iter().rev().position(|part| part == CACHE_DIRECTORY) {
            return self.add_entry(path, &real, depth + 2);
        }
        // A link is judged by its own name, wherever it leads, also if that is nowhere.
        let is_file = is_link || followed.as_ref().is_ok_and(fs::Metadata::is_file);
        if is_file && BytecodeName::parse(name).is_some() {
            return self.add_entry(path, &real, 1);
        }
        followed.map(drop)
    }

    /// Adds what lies at `real`, as an entry of the directory `depth` levels up.
    fn add_entry(&mut self, path: &Path, real: &Path, depth: usize) -> io::Result<()> {
        let base = real.ancestors().nth(depth).unwrap_or(real);
        let entry = real.strip_prefix(base).unwrap_or(real).to_path_buf();
        // The base as the user wrote it, if what he wrote is the same place.
        let above = path.ancestors().nth(depth).map(or_current);
        let shown = above
            .filter(|above| path.ends_with(&entry) && is_same(above, base))
            .unwrap_or(base);
        let written = path.to_path_buf();
        let key = (shown.to_path_buf(), self.settings);
        if let Some(&index) = self.bases.get(&key) {
            if let Part::Entries(named) = &mut self.roots[index].part {
                named.entry(entry).or_insert(written);
            }
            return Ok(());
        }
        self.add_root(
            shown,
            base.to_path_buf(),
            Part::Entries(BTreeMap::from([(entry, written)])),
        )?;
        self.bases.insert(key, self.roots.len() - 1);
        Ok(())
    }

    /// Adds the mirrors below `prefix` of all trees: by the path that was written and
    /// by the real one, since a program may have been started by either.
    fn add_mirrors(&mut self, prefix: &Path) -> io::Result<()> {
        let real_prefix = fs::canonicalize(prefix)?;
        let mut sources = BTreeMap::new();
        for root in &mut self.roots {
            let Part::Tree { except } = &mut root.part else {
                continue;
            };
            if let Ok(top) = root.real.strip_prefix(&real_prefix) {
                let sources = Path::new("/").join(top);
                // The mirrors below `/` are the trees themselves.
                if sources != root.real {
                    let (top, settings) = (PathBuf::new(), root.settings);
                    root.part = Part::Mirrors(vec![Mirror {
                        top,
                        sources,
                        settings,
                        is_path: true,
                    }]);
                }
                continue;
            }
            *except = real_prefix
                .strip_prefix(&root.real)
                .ok()
                .map(Path::to_path_buf);
            sources.insert(root.real.clone(), root.settings);
            // Where a link comes before `..`, this is another place.
            let written = without_dots(&absolute(&root.path)?);
            if is_same(&written, &root.real) {
                sources.insert(written, root.settings);
            }
        }
        let mirrors = sources.into_iter().map(|(sources, settings)| Mirror {
            top: mirror_of(&sources),
            sources,
            settings,
            is_path: false,
        });
        let mut mirrors: Vec<_> = mirrors
            .filter(|mirror| {
                fs::symlink_metadata(prefix.join(&mirror.top)).is_ok_and(|at| at.is_dir())
            })
            .collect();
        // What lies in one is part of it. The map was sorted: that follows it.
        mirrors.dedup_by(|inner, outer| inner.top.starts_with(&outer.top));
        if mirrors.is_empty() {
            return Ok(());
        }
        self.add_root(prefix, real_prefix, Part::Mirrors(mirrors))
    }

    fn add_root(&mut self, path: &Path, real: PathBuf, part: Part) -> io::Result<()> {
        let dir = Dir::open_ambient_dir(path, ambient_authority())?;
        let device = if self.one_file_system {
            Some(device(&dir)?)
        } else {
            None
        };
        self.roots.push(Root {
            path: path.to_path_buf(),
            real,
            dir,
            device,
            part,
            settings: self.settings,
        });
        Ok(())
    }
}

/// The parent of a plain name is the empty path, which no call takes.
pub fn or_current(path: &Path) -> &Path {
    if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    }
}

fn is_same(path: &Path, real: &Path) -> bool {
    fs::canonicalize(path).is_ok_and(|path| path == real)
}

/// The path below a prefix at which the bytecode of a directory lies: without what
/// makes the directory absolute, such as a drive.
fn mirror_of(directory: &Path) -> PathBuf {
    let is_name = |part: &Component| matches!(part, Component::Normal(_));
    directory.components().filter(is_name).collect()
}

/// An absolute path without `..`, as a shell would read it.
fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}
