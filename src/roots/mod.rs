//! The PATHs of the command line. Each is looked up before anything else happens.

mod mirror;
mod root;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Result, bail};

use crate::console::format::{escape, list_some};
use crate::directory::{self, Dir};
use crate::failure::{Failure, Operation};
use crate::options::Options;
use crate::path::{canonicalize, is_absence, is_no_path, is_same, or_current_dir};
use crate::place::{GIT, Place, SETTINGS};
use crate::rules::{CACHE_DIR, Rules, is_bytecode};
use crate::settings::{self, SettingsFile};

pub(crate) use mirror::Mirror;
pub(crate) use mirror::{mirror_path, source_dir_below};
pub(crate) use root::{Root, Scope};

#[derive(Debug, Default)]
pub(crate) struct Roots {
    /// The roots, in the order of the command line; the mirrors come last.
    pub(crate) list: Vec<Root>,
    /// The PATHs that could not be opened.
    pub(crate) failures: Vec<Failure>,
    pub(crate) ignored: Vec<PathBuf>,
    /// The settings files that apply to PATHs.
    pub(crate) settings: BTreeMap<PathBuf, Arc<SettingsFile>>,
    /// The canonical paths of the roots of whole trees: a walk that meets another root keeps it.
    trees: HashSet<PathBuf>,
    /// The places of PATHs and of the directories above them.
    places: HashMap<PathBuf, Arc<Place>>,
    /// All PATHs that are directories, canonical.
    named: HashSet<PathBuf>,
    /// The roots that are entries of a directory, by that directory.
    entries: HashMap<PathBuf, usize>,
}

impl Roots {
    /// Looks up all PATHs. A directory is a root, also through a symlink. A bytecode file, a
    /// file in a `__pycache__`, and a `__pycache__` directory become an entry of the
    /// directory that holds them; any other file is passed over.
    pub(crate) fn open(options: &Options) -> Result<Self> {
        let mut roots = Self::default();
        let mut missing = Vec::new();
        let paths = &options.cli.paths;
        let dirs = paths.iter().filter(|path| path.is_dir());
        roots.named = dirs.filter_map(|path| canonicalize(path).ok()).collect();
        for path in paths {
            match roots.add_path(path, options) {
                Ok(()) => {}
                // A dangling symlink exists, and does not stop the rest.
                Err(failed) if is_no_path(&failed.error) && path.symlink_metadata().is_err() => {
                    missing.push(path.clone());
                }
                Err(failed) if failed.operation == Operation::ApplySettings => {
                    let (file, error) = (escape(&failed.path), failed.error);
                    bail!("{file}: {error} (use --isolated to ignore this file)");
                }
                Err(failure) => roots.failures.push(failure),
            }
        }
        if !missing.is_empty() {
            let missing = list_some(missing.iter(), usize::MAX);
            // The prefix `\\?\` has no wildcard.
            let has_wildcard = missing.replace(r"\\?\", "").contains(['*', '?']);
            let tip = if cfg!(windows) && has_wildcard {
                "; shells on Windows do not expand wildcards, so name the directory"
            } else {
                ""
            };
            bail!("no such file or directory: {missing}{tip}");
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
        let is_dir = followed.as_ref().is_ok_and(fs::Metadata::is_dir);
        // A symlink to a file is judged by its own name, even if it is dangling. The name of
        // another file is that in its directory: the file system may ignore case.
        let canonical = match (path.parent(), path.file_name()) {
            (Some(dir), Some(name)) if is_symlink && !is_dir => {
                canonicalize(or_current_dir(dir)).map(|dir| dir.join(name))
            }
            _ => canonicalize(path),
        };
        let canonical = canonical.map_err(read)?;
        let name = canonical.file_name().unwrap_or_default();
        if is_dir && name != CACHE_DIR {
            if self.trees.contains(&canonical) {
                return Ok(());
            }
            return self.add_root(path, path, canonical, Scope::Tree, options);
        }
        let in_cache = canonical
            .parent()
            .is_some_and(|dir| dir.ends_with(CACHE_DIR));
        let is_file = is_symlink || followed.as_ref().is_ok_and(fs::Metadata::is_file);
        if is_dir || in_cache || (is_file && is_bytecode(name)) {
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
        if let Some(id) = self.entries.get(parent)
            && let Scope::Entries(names) = &mut self.list[*id].scope
            && !options.rules.ignore.is_root_ignored(path, canonical)
        {
            names.insert(name.to_owned());
            return Ok(());
        }
        // The directory as the user wrote it, unless that is another one.
        let written = path.parent().map(or_current_dir);
        let shown = written.filter(|dir| is_same(dir, parent)).unwrap_or(parent);
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
        let read = |error| Failure::read(path, error);
        let (rules, files) = self.find_rules(&canonical, options)?;
        let named = match &scope {
            Scope::Entries(names) => names.first().map(|name| canonical.join(name)),
            _ => None,
        };
        let named = named.as_deref().unwrap_or(&canonical);
        if rules.ignore.is_root_ignored(path, named) {
            self.ignored.push(path.to_path_buf());
            return Ok(());
        }
        let applied = files.into_iter().map(|file| (file.path.clone(), file));
        self.settings.extend(applied);
        let own = self.find_place(&canonical)?;
        let above = canonical.parent().and_then(|dir| self.places.get(dir));
        let mut above = above.map_or_else(Place::default, |above| Place::clone(above));
        above.rules = Arc::new(rules);
        let mut file_system = None;
        if options.cli.one_file_system {
            file_system = directory::file_system_of(&canonical).map_err(read)?;
        }
        let opened = Dir::open(shown).and_then(|dir| dir.identity());
        match scope {
            Scope::Tree => drop(self.trees.insert(canonical.clone())),
            Scope::Entries(_) => drop(self.entries.insert(canonical.clone(), self.list.len())),
            Scope::Mirrors(_) => {}
        }
        self.list.push(Root {
            id: self.list.len(),
            path: shown.to_path_buf(),
            identity: opened.map_err(read)?,
            file_system,
            scope,
            above: Arc::new(above),
            in_git_dir: own.in_git_dir,
            canonical,
            source_dir: None,
        });
        Ok(())
    }

    fn find_place(&mut self, dir: &Path) -> Result<Arc<Place>, Failure> {
        let mut place = Arc::default();
        let ancestors: Vec<&Path> = dir.ancestors().collect();
        for dir in ancestors.into_iter().rev() {
            place = match self.places.get(dir) {
                Some(known) => Arc::clone(known),
                None => {
                    let found = Place::look_up(&place, dir);
                    Arc::new(found.map_err(|error| Failure::read(dir, error))?)
                }
            };
            self.places.insert(dir.to_path_buf(), Arc::clone(&place));
        }
        Ok(place)
    }

    /// The rules in a directory, and the settings files from which they are: those from the root of
    /// its repository, or from the highest PATH if that is higher, down to it. Other users may own
    /// the directories above.
    fn find_rules(
        &mut self,
        dir: &Path,
        options: &Options,
    ) -> Result<(Rules, Vec<Arc<SettingsFile>>), Failure> {
        // A cache belongs to the directory that holds it.
        let path = dir.parent().filter(|_| dir.ends_with(CACHE_DIR));
        let path = path.unwrap_or(dir);
        let above = path.ancestors().filter(|dir| self.named.contains(*dir));
        let highest = above.last().unwrap_or(path).to_path_buf();
        let mut reached_highest = false;
        let mut files = Vec::new();
        for dir in dir.ancestors() {
            let place = self.find_place(dir)?;
            if place.has_any(SETTINGS) && options.rules.reads_settings {
                files.extend(settings::read(dir, path)?.map(Arc::new));
            }
            reached_highest |= dir == highest;
            if reached_highest && (place.has_any(GIT) || place.repository.is_none()) {
                break;
            }
        }
        files.reverse();
        let mut rules = options.rules.clone();
        for file in &files {
            rules = rules.with_settings(file);
        }
        Ok((rules, files))
    }

    /// Adds the mirrors of all trees under `prefix` as one root.
    fn add_mirrors(&mut self, prefix: &Path, options: &Options) -> Result<(), Failure> {
        let read = |error| Failure::read(prefix, error);
        let canonical = canonicalize(prefix).map_err(read)?;
        for root in &mut self.list {
            if matches!(root.scope, Scope::Tree) {
                // Below the prefix `/`, each tree is its own mirror.
                root.source_dir = source_dir_below(&canonical, &root.canonical)
                    .filter(|source_dir| *source_dir != root.canonical);
            }
        }
        // Other projects have bytecode there, so that a walk that meets it keeps it. If it is a
        // PATH itself, that walk removes everything.
        if self.trees.insert(canonical.clone()) {
            let mirrors = mirror::find(&canonical, &self.list).map_err(read)?;
            if !mirrors.is_empty() {
                self.add_root(prefix, prefix, canonical, Scope::Mirrors(mirrors), options)?;
            }
        }
        Ok(())
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
