//! The PATHs of the command line. Each is looked up before anything else happens.
//!
//! Everything is removed by name relative to an open PATH, so that a rename or a symlink swap
//! during the run cannot redirect a removal to another place. A PATH is opened when it is
//! needed, as there may be more than a process can keep open, and must then be the directory
//! that it was at the start.

mod root;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use anyhow::{Result, bail};

use crate::console::format::list_paths;
use crate::directory;
use crate::failure::Failure;
use crate::options::Options;
use crate::path::{canonicalize, fold_case, is_absence, is_no_path, is_same, or_current_dir};
use crate::pycache_prefix::{self, PrefixDir, source_dir_below};
use crate::rules::{CACHE_DIR, Rules, is_bytecode};

pub(crate) use root::{Location, Root, Scope};

/// All roots.
#[derive(Debug, Default)]
pub(crate) struct Roots {
    /// The roots, in the order of the command line.
    pub(crate) list: Vec<Root>,
    /// The PATHs that exist but could not be opened.
    pub(crate) failures: Vec<Failure>,
    /// The canonical paths of all directories that are walked by themselves: a walk
    /// that meets one skips it.
    pub(crate) walked_separately: HashSet<PathBuf>,
    /// The position of each root of single entries, by its path and the address of its rules.
    entry_roots: HashMap<(PathBuf, usize), usize>,
}

impl Roots {
    /// Opens all PATHs. A directory is a root, also through a symlink. A bytecode file, a
    /// file in a `__pycache__`, and a `__pycache__` directory become an entry of the
    /// directory that holds them; any other file is passed over. The directories under
    /// `PYTHONPYCACHEPREFIX` form one more root.
    ///
    /// # Errors
    ///
    /// If a PATH does not exist.
    pub(crate) fn open(options: &Options) -> Result<Self> {
        let mut roots = Self::default();
        let mut missing = Vec::new();
        for (path, rules) in options.cli.paths.iter().zip(&options.rules) {
            match roots.add_path(path, rules, options.cli.one_file_system) {
                Ok(()) => {}
                // A dangling symlink exists, and does not stop the rest.
                Err(error) if is_no_path(&error) && fs::symlink_metadata(path).is_err() => {
                    missing.push(path.clone())
                }
                Err(error) => roots.add_failure(path, error),
            }
        }
        if !missing.is_empty() {
            bail!(
                "no such file or directory: {}{}",
                list_paths(&missing),
                wildcard_tip(&missing)
            );
        }
        if let Some(prefix) = options.cli.pycache_prefix() {
            match roots.add_prefix(prefix, options.cli.one_file_system) {
                // Python creates it on demand.
                Err(error) if !is_absence(&error) => roots.add_failure(prefix, error),
                Ok(()) | Err(_) => {}
            }
        }
        Ok(roots)
    }

    fn add_path(
        &mut self,
        path: &Path,
        rules: &Arc<Rules>,
        one_file_system: bool,
    ) -> io::Result<()> {
        let is_symlink = fs::symlink_metadata(path)?.is_symlink();
        let followed = fs::metadata(path);
        if followed.as_ref().is_ok_and(fs::Metadata::is_dir) {
            let canonical = canonicalize(path)?;
            if canonical.file_name() == Some(CACHE_DIR.as_ref()) {
                return self.add_entry(path, &canonical, rules, one_file_system);
            }
            if self.walked_separately.insert(canonical.clone()) {
                self.add_root(path, canonical, Scope::Tree, rules, one_file_system)?;
            }
            return Ok(());
        }
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Ok(());
        };
        // A symlink is judged by its own name, even if it is dangling. The name of another file
        // is that in its directory: the file system may ignore case.
        let canonical = if is_symlink {
            canonicalize(or_current_dir(parent))?.join(name)
        } else {
            canonicalize(path)?
        };
        let (Some(parent), Some(name)) = (canonical.parent(), canonical.file_name()) else {
            return Ok(());
        };
        let is_file = is_symlink || followed.as_ref().is_ok_and(fs::Metadata::is_file);
        let in_cache = parent.file_name() == Some(CACHE_DIR.as_ref());
        if in_cache || (is_file && is_bytecode(name)) {
            return self.add_entry(path, &canonical, rules, one_file_system);
        }
        followed.map(drop)
    }

    /// Adds a single entry as part of the directory that holds it.
    fn add_entry(
        &mut self,
        path: &Path,
        canonical: &Path,
        rules: &Arc<Rules>,
        one_file_system: bool,
    ) -> io::Result<()> {
        let (Some(parent), Some(name)) = (canonical.parent(), canonical.file_name()) else {
            return Ok(());
        };
        // The directory as the user wrote it, unless that is another one.
        let written = path.parent().map(or_current_dir);
        let is_name = |written| fold_case(written) == fold_case(name);
        let written = written
            .filter(|written| path.file_name().is_some_and(is_name) && is_same(written, parent));
        let shown = written.unwrap_or(parent);
        let alias = written.is_none().then(|| path.to_path_buf());
        let key = (shown.to_path_buf(), Arc::as_ptr(rules) as usize);
        if let Some(&position) = self.entry_roots.get(&key) {
            if let Scope::Entries(names) = &mut self.list[position].scope {
                names.entry(name.to_owned()).or_default().extend(alias);
            }
            return Ok(());
        }
        let scope = Scope::Entries(BTreeMap::from([(
            name.to_owned(),
            alias.into_iter().collect(),
        )]));
        self.add_root(shown, parent.to_path_buf(), scope, rules, one_file_system)?;
        self.entry_roots.insert(key, self.list.len() - 1);
        Ok(())
    }

    /// Adds the counterparts of all trees under `prefix` as one root.
    fn add_prefix(&mut self, prefix: &Path, one_file_system: bool) -> io::Result<()> {
        let canonical = canonicalize(prefix)?;
        // Other projects have bytecode there, so that a walk that meets it skips it.
        let is_path_argument = !self.walked_separately.insert(canonical.clone());
        self.scope_paths_in_prefix(&canonical);
        let trees = self.list.iter().filter(|root| root.is_tree());
        let trees = trees.map(|root| (&*root.path, &*root.canonical, &root.rules));
        let mut dirs = pycache_prefix::find_dirs(&canonical, trees)?;
        // A counterpart that is itself a PATH is walked as that.
        dirs.retain(|dir| {
            let path = canonical.join(&dir.relative);
            self.walked_separately.insert(path)
                || (dir.relative.as_os_str().is_empty() && !is_path_argument)
        });
        let Some(rules) = dirs.first().map(|dir| Arc::clone(&dir.rules)) else {
            return Ok(());
        };
        let scope = Scope::PrefixDirs(dirs);
        self.add_root(prefix, canonical, scope, &rules, one_file_system)
    }

    /// Gives each PATH that is itself below the prefix the directory of its sources.
    fn scope_paths_in_prefix(&mut self, prefix: &Path) {
        for root in self.list.iter_mut().filter(|root| root.is_tree()) {
            let Some(source_dir) = source_dir_below(prefix, &root.canonical) else {
                continue;
            };
            // Below the prefix `/`, each tree is its own counterpart.
            if source_dir != root.canonical {
                root.scope = Scope::PrefixDirs(vec![PrefixDir {
                    relative: PathBuf::new(),
                    canonical_source_dir: source_dir.clone(),
                    source_dir,
                    rules: Arc::clone(&root.rules),
                    is_path_argument: true,
                }]);
            }
        }
    }

    fn add_root(
        &mut self,
        path: &Path,
        canonical: PathBuf,
        scope: Scope,
        rules: &Arc<Rules>,
        one_file_system: bool,
    ) -> io::Result<()> {
        let dir = directory::open_root(path)?;
        let file_system = if one_file_system {
            directory::file_system(&dir)?
        } else {
            None
        };
        self.list.push(Root {
            id: self.list.len(),
            path: path.to_path_buf(),
            canonical,
            identity: directory::identity(&dir)?,
            file_system,
            scope,
            rules: Arc::clone(rules),
        });
        Ok(())
    }

    fn add_failure(&mut self, path: &Path, error: io::Error) {
        self.failures.push(Failure::read(path, error));
    }
}

/// What to do if a PATH with wildcards does not exist.
fn wildcard_tip(missing: &[PathBuf]) -> &'static str {
    // The prefix `\\?\` is no wildcard.
    let has_wildcard = |part: Component| match part {
        Component::Normal(name) => name.as_encoded_bytes().iter().any(|b| b"*?".contains(b)),
        _ => false,
    };
    if cfg!(windows)
        && missing
            .iter()
            .any(|path| path.components().any(has_wildcard))
    {
        "\n\n  tip: shells on Windows do not expand wildcards; name the directory"
    } else {
        ""
    }
}
