//! The PATHs of the command line, found and opened before anything else happens.
//!
//! Each is opened once, as a directory handle. All removing is done relative to
//! that handle, so that nothing which is renamed or linked anew during the run can
//! lead outside of what was given.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::Dir;

use crate::directory::device;
use crate::failure::{Attempt, Failure};
use crate::rules::{CACHE_DIRECTORY, Rules};

/// A directory that is cleaned, or in which single entries are.
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
    /// The entries of it that were named, where it is not the whole tree: files
    /// that are cache, and `__pycache__` itself.
    pub entries: Option<Vec<PathBuf>>,
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
/// through a link. A file, and a directory that is itself named `__pycache__`,
/// becomes an entry of the directory it lies in where `rules` call it cache, and
/// nothing where they do not.
pub fn open(paths: &[PathBuf], rules: &Rules, one_file_system: bool) -> Roots {
    let mut opener = Opener {
        one_file_system,
        ..Opener::default()
    };
    let (mut missing, mut failures) = (Vec::new(), Vec::new());
    for path in paths {
        if let Err(error) = opener.add(path, rules) {
            use io::ErrorKind::{NotADirectory, NotFound};
            let path = path.clone();
            match error.kind() {
                NotFound | NotADirectory => missing.push(path),
                _ => failures.push(Failure {
                    attempt: Attempt::Read,
                    path,
                    error,
                }),
            }
        }
    }
    Roots {
        roots: opener.roots,
        missing,
        failures,
    }
}

#[derive(Default)]
struct Opener {
    one_file_system: bool,
    roots: Vec<Root>,
    /// Real paths of the roots that are walked.
    trees: HashSet<PathBuf>,
    /// Indices of the roots of single entries.
    bases: HashMap<PathBuf, usize>,
}

impl Opener {
    fn add(&mut self, path: &Path, rules: &Rules) -> io::Result<()> {
        let is_link = fs::symlink_metadata(path)?.is_symlink();
        let followed = fs::metadata(path);
        if followed.as_ref().is_ok_and(fs::Metadata::is_dir) {
            let real = fs::canonicalize(path)?;
            if real.file_name() == Some(CACHE_DIRECTORY.as_ref()) {
                return self.add_entry(path, &real, 1);
            }
            if self.trees.insert(real.clone()) {
                self.add_root(path, real, None)?;
            }
            return Ok(());
        }
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Ok(());
        };
        let parent = fs::canonicalize(or_current(parent))?;
        let real = parent.join(name);
        match parent.iter().rev().position(|part| part == CACHE_DIRECTORY) {
            Some(depth) => self.add_entry(path, &real, depth + 2),
            // A link is judged by its own name, wherever it leads.
            None if (is_link || followed?.is_file()) && rules.is_bytecode(path) => {
                self.add_entry(path, &real, 1)
            }
            None => Ok(()),
        }
    }

    /// Adds what lies at `real`, as an entry of the directory `depth` levels up.
    fn add_entry(&mut self, path: &Path, real: &Path, depth: usize) -> io::Result<()> {
        let base = real.ancestors().nth(depth).unwrap_or(real);
        let entry = real.strip_prefix(base).unwrap_or(real).to_path_buf();
        // The base as the user wrote it, if what he wrote is the same place.
        let written = path.ancestors().nth(depth).map(or_current);
        let shown = written
            .filter(|written| path.ends_with(&entry) && is_same(written, base))
            .unwrap_or(base);
        let index = match self.bases.get(shown) {
            Some(&index) => index,
            None => {
                self.add_root(shown, base.to_path_buf(), Some(Vec::new()))?;
                self.bases.insert(shown.to_path_buf(), self.roots.len() - 1);
                self.roots.len() - 1
            }
        };
        self.roots[index]
            .entries
            .get_or_insert_default()
            .push(entry);
        Ok(())
    }

    fn add_root(
        &mut self,
        path: &Path,
        real: PathBuf,
        entries: Option<Vec<PathBuf>>,
    ) -> io::Result<()> {
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
            entries,
        });
        Ok(())
    }
}

/// The parent of a plain name is the empty path, which no call takes.
fn or_current(path: &Path) -> &Path {
    if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    }
}

fn is_same(path: &Path, real: &Path) -> bool {
    fs::canonicalize(path).is_ok_and(|path| path == real)
}
