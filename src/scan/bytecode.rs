//! Which bytecode files are selected by `--stale`, `--python` and `--keep-python`.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use crate::path::{is_absence, or_current_dir};
use crate::plan::Reason;
use crate::pyc::{
    self, BytecodeName, Interpreter, PycFile, SOURCE_SUFFIXES, Staleness, Unreadable, magic,
};
use crate::regular_file::open_nonblocking;
use crate::rules::BytecodeFilter;

/// A bytecode file that the walk met.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FoundBytecode<'a> {
    /// Its path.
    pub(crate) path: &'a Path,
    /// What its name says.
    pub(crate) name: BytecodeName<'a>,
    /// The directory of its source; `None` if that is not known, as for a file that was
    /// moved from a cache.
    pub(crate) source_dir: Option<&'a Path>,
    /// Whether it is in a `__pycache__`, where each name has a tag.
    pub(crate) in_cache: bool,
    /// Whether it is outside of a cache and in an installed package, which may have no sources.
    pub(crate) is_installed: bool,
    /// Whether it is under `PYTHONPYCACHEPREFIX`, where only Python writes.
    pub(crate) in_prefix: bool,
    /// Whether it is a regular file. No other file is opened.
    pub(crate) is_regular: bool,
}

/// What is known about a bytecode file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judgement {
    /// It is selected, for this reason.
    Selected(Reason),
    /// It is up to date.
    UpToDate,
    /// It is of an interpreter that is not selected.
    OtherInterpreter,
    /// It has no source, but is part of an installed package.
    Installed,
    /// It has no source, and its directory contains none at all. It may have been shipped
    /// like that.
    Sourceless,
    /// The place of its source is not known.
    UnknownSource,
    /// It has the name of a partial write, but not the contents.
    NotPartialWrite,
    /// It vanished meanwhile, or is not a regular file.
    Vanished,
}

impl Judgement {
    /// Why the file is selected, if it is.
    pub(crate) fn reason(self) -> Option<Reason> {
        match self {
            Self::Selected(reason) => Some(reason),
            _ => None,
        }
    }
}

/// The sources in directories with orphans, as a directory can contain a million orphans: in
/// the last such directory, and in those that hold it, to which the walk comes back.
#[derive(Debug, Default)]
pub(crate) struct SourceDirs {
    listed: Vec<(PathBuf, Sources)>,
}

/// The sources in a directory.
#[derive(Debug, Default)]
struct Sources {
    /// Their names in lower case: a file system may ignore case.
    names: HashSet<OsString>,
    /// Whether there may be others: there were too many, or the directory could not be read,
    /// which was reported.
    is_incomplete: bool,
}

/// More sources in one directory are looked up one by one.
const MAX_LISTED_SOURCES: usize = 1 << 16;

impl SourceDirs {
    /// Whether a directory contains no source at all, as that of a program that was frozen.
    ///
    /// # Errors
    ///
    /// If it cannot be read. The next call for this directory returns `true`, so that the
    /// error is reported once.
    pub(crate) fn is_sourceless(&mut self, dir: &Path) -> io::Result<bool> {
        if let Err(error) = self.list(dir) {
            let unreadable = Sources {
                is_incomplete: true,
                ..Sources::default()
            };
            self.listed.push((dir.to_path_buf(), unreadable));
            return Err(error);
        }
        let known = self.known(dir);
        Ok(known.is_none_or(|sources| sources.names.is_empty()))
    }

    fn list(&mut self, dir: &Path) -> io::Result<()> {
        if self.known(dir).is_none() {
            self.listed.push((dir.to_path_buf(), list_sources(dir)?));
        }
        Ok(())
    }

    /// Whether a module may have a source in a directory. `false` is a proof: the directory
    /// was listed for another orphan.
    fn may_have_source(&mut self, dir: &Path, name: &BytecodeName) -> bool {
        match self.known(dir) {
            // Some file systems take different texts for the same name.
            Some(sources) if !sources.is_incomplete && name.module.is_ascii() => {
                let module = name.module.to_ascii_lowercase();
                name.source_suffixes().iter().any(|suffix| {
                    let mut source = module.clone();
                    source.push(suffix);
                    sources.names.contains(&source)
                })
            }
            _ => true,
        }
    }

    fn known(&mut self, dir: &Path) -> Option<&Sources> {
        while self
            .listed
            .pop_if(|(listed, _)| !dir.starts_with(listed))
            .is_some()
        {}
        let last = self.listed.last().filter(|(listed, _)| listed == dir);
        last.map(|(_, sources)| sources)
    }
}

fn list_sources(dir: &Path) -> io::Result<Sources> {
    let mut sources = Sources::default();
    let entries = match fs::read_dir(dir) {
        Err(error) if is_absence(&error) => return Ok(sources),
        entries => entries?,
    };
    for entry in entries {
        let name = entry?.file_name().to_ascii_lowercase();
        let bytes = name.as_encoded_bytes();
        let mut suffixes = SOURCE_SUFFIXES.iter();
        if suffixes.any(|suffix| bytes.ends_with(suffix.as_bytes())) {
            sources.names.insert(name);
        }
        if sources.names.len() > MAX_LISTED_SOURCES {
            sources.is_incomplete = true;
            break;
        }
    }
    Ok(sources)
}

/// The directory of the source of a bytecode file in `dir`. `counterpart` is the directory
/// of the sources if `dir` is below `PYTHONPYCACHEPREFIX`. `None` if it is not known: a
/// tagged file outside of `__pycache__` was moved from a cache.
pub(crate) fn source_dir<'d>(
    name: &BytecodeName,
    dir: &'d Path,
    in_cache: bool,
    counterpart: Option<&'d Path>,
) -> Option<&'d Path> {
    match counterpart {
        _ if in_cache => dir.parent(),
        None if name.tag().is_none() => Some(dir),
        counterpart => counterpart,
    }
}

/// Judges whether a bytecode file is selected.
///
/// # Errors
///
/// The path of the file that could not be read (this one, or its source), and why. Such a
/// file is kept.
pub(crate) fn judge(
    filter: &BytecodeFilter,
    file: FoundBytecode<'_>,
    source_dirs: &mut SourceDirs,
) -> Result<Judgement, Unreadable> {
    if filter.selects_by_interpreter() {
        let is_selected = file.is_of(filter);
        if !is_selected.map_err(|error| (file.path.to_path_buf(), error))? {
            return Ok(Judgement::OtherInterpreter);
        }
    }
    let is_partial_write = file.name.is_partial_write;
    if !filter.stale && !is_partial_write {
        return Ok(Judgement::Selected(Reason::Bytecode));
    }
    // A partial write is judged by its contents alone.
    let source_dir = file.source_dir.or(is_partial_write.then_some(file.path));
    let Some(source_dir) = source_dir else {
        return Ok(Judgement::UnknownSource);
    };
    let staleness = if is_partial_write || source_dirs.may_have_source(source_dir, &file.name) {
        pyc::judge(&file.name, file.path, source_dir, || file.open())
    } else {
        Ok(Some(Staleness::Orphaned))
    };
    match staleness {
        Ok(None) if is_partial_write => Ok(Judgement::NotPartialWrite),
        Ok(None) => Ok(Judgement::UpToDate),
        Ok(Some(_)) if !filter.stale => Ok(Judgement::Selected(Reason::Bytecode)),
        Ok(Some(Staleness::Orphaned)) => {
            // There may be more orphans. If the directory cannot be read, the source of each
            // is looked up.
            let _ = source_dirs.list(source_dir);
            file.judge_orphan(source_dirs)
        }
        Ok(Some(staleness)) => Ok(Judgement::Selected(Reason::Stale(staleness))),
        Err((path, error)) if path == file.path && error.kind() == ErrorKind::NotFound => {
            Ok(Judgement::Vanished)
        }
        Err(unreadable) => Err(unreadable),
    }
}

impl FoundBytecode<'_> {
    /// Judges a file without a source. In a directory without any, it belongs to a package or
    /// a program that was shipped without sources.
    fn judge_orphan(self, source_dirs: &mut SourceDirs) -> Result<Judgement, Unreadable> {
        if !self.in_cache
            && !self.in_prefix
            && let Some(dir) = self.path.parent().map(or_current_dir)
        {
            if self.is_installed {
                return Ok(Judgement::Installed);
            }
            let is_sourceless = source_dirs.is_sourceless(dir);
            if is_sourceless.map_err(|error| (dir.to_path_buf(), error))? {
                return Ok(Judgement::Sourceless);
            }
        }
        Ok(Judgement::Selected(Reason::Stale(Staleness::Orphaned)))
    }

    fn is_of(self, filter: &BytecodeFilter) -> io::Result<bool> {
        let Some(interpreter) = self.interpreter()? else {
            // It may belong to an interpreter whose bytecode is kept.
            return Ok(false);
        };
        let is_asked_for = filter.only.is_empty() || filter.only.contains(&interpreter);
        Ok(is_asked_for && !filter.keep.contains(&interpreter))
    }

    /// The interpreter that wrote it, by its name or by its magic number. Outside of
    /// `__pycache__`, an unknown tag may be part of the name of the module.
    fn interpreter(self) -> io::Result<Option<Interpreter>> {
        let by_name = self.name.interpreter();
        if self.in_cache || !matches!(by_name, None | Some(Interpreter::Other(_))) {
            return Ok(by_name);
        }
        let opened = match self.open() {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(by_name),
            opened => opened?,
        };
        let mut bytes = Vec::new();
        opened.contents.take(4).read_to_end(&mut bytes)?;
        let by_magic = magic::number(&bytes).and_then(magic::interpreter);
        Ok(by_magic.or(by_name))
    }

    /// Opens it without following a symlink or waiting for a writer: it may have become
    /// a symlink or a FIFO since the walk met it.
    pub(crate) fn open(self) -> io::Result<PycFile<File>> {
        if !self.is_regular {
            return Err(ErrorKind::NotFound.into());
        }
        let contents = open_nonblocking(self.path, false)?;
        let metadata = contents.metadata()?;
        if !metadata.is_file() {
            return Err(ErrorKind::NotFound.into());
        }
        Ok(PycFile {
            contents,
            size: metadata.len(),
            modified: metadata.modified()?,
        })
    }
}
