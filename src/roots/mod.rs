//! The PATHs of the command line. Each is looked up before anything else happens.

mod mirror;
mod root;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use anyhow::{Result, bail};

use crate::console::format::{escape_path, list_paths};
use crate::directory::{self, Dir};
use crate::failure::{Failure, Operation};
use crate::options::Options;
use crate::path::{canonicalize, is_absence, is_no_path, is_same, or_current_dir};
use crate::place::{PathPlace, Place};
use crate::rules::{CACHE_DIR, Rules, is_bytecode};

pub(crate) use mirror::Mirror;
pub(crate) use mirror::source_dir_below;
pub(crate) use root::{Root, Scope};

/// All roots.
#[derive(Debug, Default)]
pub(crate) struct Roots {
    /// The roots, in the order of the command line; the mirrors come last.
    pub(crate) list: Vec<Root>,
    /// The PATHs that could not be opened.
    pub(crate) failures: Vec<Failure>,
    /// The PATHs that are ignored.
    pub(crate) ignored: Vec<PathBuf>,
    /// The settings files that apply to PATHs.
    pub(crate) settings: BTreeSet<PathBuf>,
    /// What these ignore.
    pub(crate) ignored_words: Vec<String>,
    /// The canonical paths of the roots of whole trees: a walk that meets another root keeps it.
    trees: HashSet<PathBuf>,
    /// The places of the directories above PATHs.
    places: HashMap<PathBuf, PathPlace>,
}

impl Roots {
    /// Looks up all PATHs. A directory is a root, also through a symlink. A bytecode file, a
    /// file in a `__pycache__`, and a `__pycache__` directory become an entry of the
    /// directory that holds them; any other file is passed over.
    ///
    /// # Errors
    ///
    /// If a PATH does not exist, or its settings are not valid.
    pub(crate) fn open(options: &Options) -> Result<Self> {
        let mut roots = Self::default();
        let mut missing = Vec::new();
        for path in &options.cli.paths {
            match roots.add_path(path, options) {
                Ok(()) => {}
                // A dangling symlink exists, and does not stop the rest.
                Err(failure)
                    if is_no_path(&failure.error) && fs::symlink_metadata(path).is_err() =>
                {
                    missing.push(path.clone());
                }
                Err(Failure {
                    operation: Operation::ApplySettings,
                    path,
                    error,
                }) => {
                    bail!(
                        "{}: {error} (use --isolated to ignore this file)",
                        escape_path(&path)
                    );
                }
                Err(failure) => roots.failures.push(failure),
            }
        }
        if !missing.is_empty() {
            let tip = wildcard_tip(&missing);
            bail!("no such file or directory: {}{tip}", list_paths(&missing));
        }
        if let Some(prefix) = options.cli.pycache_prefix() {
            match roots.add_mirrors(prefix, options) {
                // Python creates it on demand.
                Err(failure) if !is_absence(&failure.error) => roots.failures.push(failure),
                Ok(()) | Err(_) => {}
            }
        }
        Ok(roots)
    }

    fn add_path(&mut self, path: &Path, options: &Options) -> Result<(), Failure> {
        let read = |error| Failure::read(path, error);
        let is_symlink = fs::symlink_metadata(path).map_err(read)?.is_symlink();
        let followed = fs::metadata(path);
        if followed.as_ref().is_ok_and(fs::Metadata::is_dir) {
            let canonical = canonicalize(path).map_err(read)?;
            if canonical.file_name() == Some(CACHE_DIR.as_ref()) {
                return self.add_entry(path, &canonical, options);
            }
            if self.trees.insert(canonical.clone()) {
                self.add_root(path, path, canonical, Scope::Tree, options)?;
            }
            return Ok(());
        }
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Ok(());
        };
        // A symlink is judged by its own name, even if it is dangling. The name of another file
        // is that in its directory: the file system may ignore case.
        let canonical = if is_symlink {
            canonicalize(or_current_dir(parent))
                .map_err(read)?
                .join(name)
        } else {
            canonicalize(path).map_err(read)?
        };
        let is_file = is_symlink || followed.as_ref().is_ok_and(fs::Metadata::is_file);
        let in_cache = canonical
            .parent()
            .is_some_and(|dir| dir.ends_with(CACHE_DIR));
        if in_cache || (is_file && canonical.file_name().is_some_and(is_bytecode)) {
            return self.add_entry(path, &canonical, options);
        }
        followed.map(drop).map_err(read)
    }

    /// Adds a single entry as part of the directory that holds it.
    fn add_entry(
        &mut self,
        path: &Path,
        canonical: &Path,
        options: &Options,
    ) -> Result<(), Failure> {
        let (Some(parent), Some(name)) = (canonical.parent(), canonical.file_name()) else {
            return Ok(());
        };
        for root in &mut self.list {
            if let Scope::Entries(names) = &mut root.scope
                && root.canonical == parent
                && !options.ignore.is_root_ignored(path, canonical)
            {
                names.insert(name.to_owned());
                return Ok(());
            }
        }
        // The directory as the user wrote it, unless that is another one.
        let written = path
            .parent()
            .map(or_current_dir)
            .filter(|dir| is_same(dir, parent));
        let shown = written.unwrap_or(parent);
        let scope = Scope::Entries(BTreeSet::from([name.to_owned()]));
        self.add_root(path, shown, parent.to_path_buf(), scope, options)
    }

    /// Adds a root for a PATH, unless that is ignored. `shown` is the root as it is shown.
    fn add_root(
        &mut self,
        path: &Path,
        shown: &Path,
        canonical: PathBuf,
        scope: Scope,
        options: &Options,
    ) -> Result<(), Failure> {
        let (above, found) = self.find_place(&canonical, options)?;
        let rules = Arc::new(Rules {
            ignore: Arc::new(
                options
                    .ignore
                    .as_ref()
                    .clone()
                    .and(&found.place.rules.ignore),
            ),
            ..found.place.rules.as_ref().clone()
        });
        let named = match &scope {
            Scope::Entries(names) => names.first().map(|name| canonical.join(name)),
            _ => None,
        };
        if rules
            .ignore
            .is_root_ignored(path, named.as_deref().unwrap_or(&canonical))
        {
            self.ignored.push(path.to_path_buf());
            return Ok(());
        }
        for file in &found.settings {
            if self.settings.insert(file.path.clone()) {
                self.ignored_words
                    .extend(file.ignored_words.iter().cloned());
            }
        }
        let above = Arc::new(Place {
            rules,
            ..above.place.as_ref().clone()
        });
        let dir = Dir::open(shown).map_err(|error| Failure::read(path, error))?;
        let identity = dir.identity().map_err(|error| Failure::read(path, error))?;
        let file_system = if options.cli.one_file_system {
            directory::file_system_of(&canonical).map_err(|error| Failure::read(path, error))?
        } else {
            None
        };
        self.list.push(Root {
            id: self.list.len(),
            path: shown.to_path_buf(),
            canonical,
            identity,
            file_system,
            scope,
            above,
            in_git_dir: found.place.in_git_dir,
            source_dir: None,
        });
        Ok(())
    }

    /// The place that holds a directory, and its own.
    fn find_place(
        &mut self,
        dir: &Path,
        options: &Options,
    ) -> Result<(PathPlace, PathPlace), Failure> {
        // A cache belongs to the directory that holds it.
        let path = dir
            .parent()
            .filter(|_| dir.ends_with(CACHE_DIR))
            .unwrap_or(dir);
        let base = &options.rules;
        let mut found = PathPlace::top(Arc::clone(base));
        let ancestors: Vec<&Path> = dir.ancestors().skip(1).collect();
        for above in ancestors.into_iter().rev() {
            found = match self.places.get(above) {
                Some(known) if above != path => known.clone(),
                _ => found.enter(above, path, base)?,
            };
            if above != path {
                self.places.insert(above.to_path_buf(), found.clone());
            }
        }
        let own = found.enter(dir, path, base)?;
        Ok((found, own))
    }

    /// Adds the mirrors of all trees under `prefix` as one root.
    fn add_mirrors(&mut self, prefix: &Path, options: &Options) -> Result<(), Failure> {
        let read = |error| Failure::read(prefix, error);
        let canonical = canonicalize(prefix).map_err(read)?;
        for root in self
            .list
            .iter_mut()
            .filter(|root| matches!(root.scope, Scope::Tree))
        {
            // Below the prefix `/`, each tree is its own mirror.
            root.source_dir = source_dir_below(&canonical, &root.canonical)
                .filter(|source_dir| *source_dir != root.canonical);
        }
        // Other projects have bytecode there, so that a walk that meets it keeps it. If it is a
        // PATH itself, that walk removes everything.
        if !self.trees.insert(canonical.clone()) {
            return Ok(());
        }
        let trees = self
            .list
            .iter()
            .filter(|root| matches!(root.scope, Scope::Tree));
        let mirrors = mirror::find(&canonical, trees).map_err(read)?;
        if mirrors.is_empty() {
            return Ok(());
        }
        self.add_root(prefix, prefix, canonical, Scope::Mirrors(mirrors), options)
    }

    /// Whether a directory that a walk met is another root.
    pub(crate) fn is_other_root(&self, root: &Root, relative: &Path) -> bool {
        (self.trees.len() > 1 || !matches!(root.scope, Scope::Tree))
            && self.trees.contains(&root.canonical.join(relative))
    }

    /// Whether every PATH is a file that is not bytecode. Besides others, such files are
    /// passed over silently, because a shell expands `pyclean *` to all files.
    pub(crate) fn are_no_bytecode(&self) -> bool {
        self.list.is_empty() && self.failures.is_empty() && self.ignored.is_empty()
    }
}

/// What to do if a PATH with wildcards does not exist.
fn wildcard_tip(missing: &[PathBuf]) -> &'static str {
    // The prefix `\\?\` is no wildcard.
    let mut parts = missing.iter().flat_map(|path| path.components());
    let has_wildcard = parts.any(|part| match part {
        Component::Normal(name) => name.as_encoded_bytes().iter().any(|b| b"*?".contains(b)),
        _ => false,
    });
    if cfg!(windows) && has_wildcard {
        "\n\n  tip: shells on Windows do not expand wildcards; name the directory"
    } else {
        ""
    }
}
