//! What a git repository tracks, asked once and only if a path is in question.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::git::{self, PlainIndex};
use crate::path::is_present;
use crate::rules::debris::all_topics;
use crate::rules::{CACHE_DIR, is_bytecode};

/// Every path of bytecode, or of another file in a cache, contains one of these. An index
/// without them tracks none.
const IN_BYTECODE_PATHS: [&str; 4] = [".pyc", ".pyo", "$py.class", "__pycache__/"];

/// A git work tree.
#[derive(Debug)]
pub(crate) struct Repository {
    work_tree: PathBuf,
    index: OnceLock<Result<Option<PlainIndex>, String>>,
    tracked: OnceLock<Result<Tracked, String>>,
}

/// The tracked paths that matter.
#[derive(Debug, Default)]
struct Tracked {
    /// Bytecode and other files of caches, and files whose path contains a name of debris,
    /// with the directories that hold these. In lower case if git ignores case.
    paths: HashSet<PathBuf>,
    /// In the same form.
    submodules: HashSet<PathBuf>,
    has_bytecode: bool,
    ignores_case: bool,
}

impl Repository {
    /// A repository that has not been asked yet.
    pub(crate) fn new(work_tree: &Path) -> Self {
        Self {
            work_tree: work_tree.to_path_buf(),
            index: OnceLock::new(),
            tracked: OnceLock::new(),
        }
    }

    /// The top directory of the work tree.
    pub(crate) fn work_tree(&self) -> &Path {
        &self.work_tree
    }

    /// Whether git tracks debris at a canonical path, or something in it.
    ///
    /// # Errors
    ///
    /// If git does not answer, for instance because the repository belongs to another
    /// user.
    pub(crate) fn tracks(&self, path: &Path) -> io::Result<bool> {
        let relative = self.relative(path);
        let name = relative.file_name().unwrap_or_default();
        let may_track = |index: &PlainIndex| index.may_contain(name.as_encoded_bytes());
        // Most projects track no debris, so that git need not be run. If it does not answer,
        // the index alone can still prove that a path is not tracked.
        let has_answer = matches!(self.tracked.get(), Some(Ok(_)));
        if !has_answer {
            if self.is_passed_by() {
                return Err(io::Error::other("its git directory has no HEAD"));
            }
            if !self.plain_index()?.is_none_or(may_track) {
                return Ok(false);
            }
        }
        Ok(self.tracked()?.contains(relative))
    }

    /// Whether git passes this repository by and looks for another one above: its `.git` is
    /// a directory without a `HEAD`. If that cannot be looked up, git does not.
    pub(crate) fn is_passed_by(&self) -> bool {
        let dot_git = self.work_tree.join(".git");
        dot_git.symlink_metadata().is_ok_and(|found| found.is_dir())
            && is_present(&dot_git.join("HEAD")).is_ok_and(|has_head| !has_head)
    }

    /// Whether git tracks any bytecode, or another file in a `__pycache__`.
    ///
    /// # Errors
    ///
    /// As for [`Repository::tracks`].
    pub(crate) fn tracks_bytecode(&self) -> io::Result<bool> {
        let may_track = |index: &PlainIndex| {
            let mut needles = IN_BYTECODE_PATHS.iter();
            needles.any(|needle| index.may_contain(needle.as_bytes()))
        };
        Ok(self.plain_index()?.is_none_or(may_track) && self.tracked()?.has_bytecode)
    }

    /// Whether git tracks a file of bytecode, or in a cache, at a canonical path.
    ///
    /// # Errors
    ///
    /// As for [`Repository::tracks`].
    pub(crate) fn tracks_bytecode_file(&self, path: &Path) -> io::Result<bool> {
        Ok(self.tracked()?.contains(self.relative(path)))
    }

    /// Whether a canonical path is that of a submodule. Git tracks an empty directory for
    /// one that is not checked out.
    ///
    /// # Errors
    ///
    /// As for [`Repository::tracks`].
    pub(crate) fn is_submodule(&self, path: &Path) -> io::Result<bool> {
        if !self.plain_index()?.is_none_or(PlainIndex::has_submodules) {
            return Ok(false);
        }
        let tracked = self.tracked()?;
        let relative = tracked.normalize(self.relative(path));
        Ok(tracked.submodules.contains(&relative))
    }

    /// The path of what is in the work tree, relative to its top directory.
    fn relative<'p>(&self, path: &'p Path) -> &'p Path {
        path.strip_prefix(&self.work_tree).unwrap_or(path)
    }

    fn plain_index(&self) -> io::Result<Option<&PlainIndex>> {
        let read = || PlainIndex::read(&self.work_tree).map_err(|error| error.to_string());
        copy_error(self.index.get_or_init(read)).map(Option::as_ref)
    }

    fn tracked(&self) -> io::Result<&Tracked> {
        copy_error(self.tracked.get_or_init(|| {
            let mut tracked = Tracked {
                ignores_case: git::ignores_case(&self.work_tree),
                ..Tracked::default()
            };
            let listed = git::list_tracked(&self.work_tree, |entry| tracked.add(entry));
            listed.map(|()| tracked).map_err(|error| error.to_string())
        }))
    }
}

fn copy_error<T>(result: &Result<T, String>) -> io::Result<&T> {
    let result = result.as_ref();
    result.map_err(|error| io::Error::other(error.clone()))
}

impl Tracked {
    fn add(&mut self, entry: git::TrackedEntry) {
        let path = self.normalize(&entry.path);
        if entry.is_submodule {
            self.submodules.insert(path.clone());
        }
        if path.file_name().is_some_and(is_bytecode) || path.iter().any(|name| name == CACHE_DIR) {
            self.has_bytecode = true;
            self.paths.insert(path.clone());
        }
        // The directories of debris, and what they are in: a `build` may be in question
        // because of what it contains.
        if path.iter().any(|name| all_topics().may_match(name)) {
            let named = path.ancestors().filter(|path| path.file_name().is_some());
            self.paths.extend(named.map(Path::to_path_buf));
        }
    }

    fn contains(&self, path: &Path) -> bool {
        self.paths.contains(&self.normalize(path))
    }

    fn normalize(&self, path: &Path) -> PathBuf {
        match path.to_str() {
            Some(text) if self.ignores_case => text.to_lowercase().into(),
            _ => path.to_path_buf(),
        }
    }
}
