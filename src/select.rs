//! Which bytecode goes: all of it, that of some interpreters, or that which misleads.

use std::collections::{HashMap, VecDeque};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use crate::plan::Why;
use crate::pyc::{
    self, BytecodeName, Interpreter, Opened, Staleness, Unjudged, Verdict, VersionFilter, magic,
    module_of,
};

/// What the user asked to have removed of all bytecode. What is named here must all
/// hold.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Only what is not the bytecode of its source.
    pub stale: bool,
    /// Only that of these interpreters, if there are any.
    pub only: Vec<VersionFilter>,
    /// Not that of these.
    pub keep: Vec<VersionFilter>,
}

/// A bytecode file that was met.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// Where it lies.
    pub path: &'a Path,
    /// What its name says.
    pub name: BytecodeName<'a>,
    /// The directory where its source should be.
    pub sources: &'a Path,
    /// Whether it lies in a `__pycache__`, where each file has a tag.
    pub in_cache: bool,
    /// Whether it is a regular file. No other is ever opened.
    pub is_regular: bool,
}

/// What lies beside sources, by the name that a module of it has: among it may be sources
/// that are not called `.py`. Of the directories that were looked at last, as a walk may go
/// to and fro between some.
#[derive(Debug, Default)]
pub struct Siblings(VecDeque<(PathBuf, HashMap<OsString, Vec<OsString>>)>);

/// Directories that are remembered.
const MOST_REMEMBERED: usize = 8;

impl Siblings {
    /// What in `directory` is compiled to bytecode of this module, if it is.
    fn of(&mut self, directory: &Path, module: &OsStr) -> Vec<PathBuf> {
        let known = self.0.iter().position(|(known, _)| known == directory);
        let siblings = known.and_then(|known| self.0.remove(known));
        let siblings = siblings.unwrap_or_else(|| (directory.to_path_buf(), by_module(directory)));
        let names = siblings.1.get(module).into_iter().flatten();
        let paths = names.map(|name| directory.join(name)).collect();
        self.0.truncate(MOST_REMEMBERED - 1);
        self.0.push_front(siblings);
        paths
    }
}

/// The names in a directory, as far as it can be read, by module.
fn by_module(directory: &Path) -> HashMap<OsString, Vec<OsString>> {
    let mut names: HashMap<_, Vec<_>> = HashMap::new();
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let name = entry.file_name();
        names.entry(module_of(&name)).or_default().push(name);
    }
    names
}

impl Selection {
    /// Whether all bytecode goes, so that there is nothing to find out.
    pub fn is_all(&self) -> bool {
        !self.stale && self.only.is_empty() && self.keep.is_empty()
    }

    /// Why a bytecode file goes, if it does.
    ///
    /// # Errors
    ///
    /// When it cannot be judged; then it had better stay. The path is that of the
    /// file that could not be read: this one, or its source.
    pub fn judge(
        &self,
        file: Candidate<'_>,
        siblings: &mut Siblings,
    ) -> Result<Option<Why>, (PathBuf, io::Error)> {
        let result = match self.is_of_asked_interpreter(file) {
            Ok(true) if self.stale => file.judge(siblings),
            Ok(is_asked) => return Ok(is_asked.then_some(Why::Bytecode)),
            Err(error) => Err(Unjudged::Bytecode(error)),
        };
        match result {
            Ok(Verdict::Fresh) => Ok(None),
            Ok(Verdict::Stale(staleness)) => Ok(Some(Why::Stale(Box::new(staleness)))),
            // It has vanished meanwhile, or was never to be opened.
            Err(Unjudged::Bytecode(error)) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(Unjudged::Bytecode(error)) => Err((file.path.to_path_buf(), error)),
            Err(Unjudged::Source(path, error)) => Err((path, error)),
        }
    }

    fn is_of_asked_interpreter(&self, file: Candidate<'_>) -> io::Result<bool> {
        if self.only.is_empty() && self.keep.is_empty() {
            return Ok(true);
        }
        let Some(interpreter) = file.interpreter()? else {
            // Nobody knows whose it is, so it may be that of one to keep.
            return Ok(false);
        };
        let is_in = |filters: &[VersionFilter]| filters.iter().any(|one| one.matches(&interpreter));
        Ok((self.only.is_empty() || is_in(&self.only)) && !is_in(&self.keep))
    }
}

impl Candidate<'_> {
    fn judge(self, siblings: &mut Siblings) -> Result<Verdict, Unjudged> {
        let verdict = pyc::judge(&self.name, self.sources, || self.open())?;
        let is_orphan = matches!(&verdict, Verdict::Stale(Staleness::Orphaned { .. }));
        let has_module = self.in_cache || self.name.tag().is_some();
        if is_orphan
            && has_module
            && let Some(module) = self.name.module_of_any_source()
        {
            let is_source = |source: &PathBuf| {
                let opened = self.open().map_err(Unjudged::Bytecode);
                opened.and_then(|opened| pyc::is_compiled_from(&self.name, source, opened))
            };
            let mut others = siblings.of(self.sources, module).into_iter();
            // What cannot be read is no source that anybody runs.
            if others.any(|source| is_source(&source).unwrap_or(false)) {
                return Ok(Verdict::Fresh);
            }
        }
        Ok(verdict)
    }

    /// Who wrote it: by its name, or by its magic number. Beside sources that is the case
    /// for what is no tag of a known Python, either, but may be part of a module's name.
    fn interpreter(self) -> io::Result<Option<Interpreter>> {
        let by_name = self.name.interpreter();
        if self.in_cache || !matches!(by_name, None | Some(Interpreter::Other(_))) {
            return Ok(by_name);
        }
        let mut bytes = Vec::new();
        self.open()?.contents.take(4).read_to_end(&mut bytes)?;
        let by_magic = magic::number(&bytes).and_then(magic::interpreter);
        Ok(by_magic.or(by_name))
    }

    fn open(self) -> io::Result<Opened<File>> {
        if !self.is_regular {
            return Err(ErrorKind::NotFound.into());
        }
        let mut options = OpenOptions::new();
        options.read(true);
        // Should it have become a link or a pipe since it was met: follow no link,
        // and wait for nobody at the other end.
        #[cfg(unix)]
        {
            use rustix::fs::OFlags;
            use std::os::unix::fs::OpenOptionsExt;
            options.custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits() as i32);
        }
        let contents = options.open(self.path)?;
        let metadata = contents.metadata()?;
        if !Metadata::is_file(&metadata) {
            return Err(ErrorKind::NotFound.into());
        }
        let modified = metadata.modified()?;
        Ok(Opened { contents, modified })
    }
}
