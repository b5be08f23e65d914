//! Which bytecode files are selected by `--stale`, `--python` and `--keep-python`.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use crate::directory::EntryKind;
use crate::path::{canonicalize, or_current_dir};
use crate::pyc::{
    self, BytecodeName, Interpreter, LastHash, PycFile, SOURCE_SUFFIXES, Source, Staleness,
    Unreadable, magic,
};
use crate::reason::Reason;
use crate::regular_file::open_regular_file;
use crate::rules::{BytecodeFilter, CACHE_DIR};

#[derive(Debug, Clone, Copy)]
pub(crate) struct FoundBytecode<'a> {
    pub(crate) path: &'a Path,
    pub(crate) name: BytecodeName<'a>,
    /// The directory of its source; `None` if that is not known.
    pub(crate) source_dir: Option<&'a Path>,
    /// Whether it is in a `__pycache__`, where each name has a tag.
    pub(crate) in_cache: bool,
    /// Whether it is in an installed package, which may have no sources.
    pub(crate) is_installed: bool,
    /// Whether it is under `PYTHONPYCACHEPREFIX`, where only Python writes.
    pub(crate) in_prefix: bool,
    pub(crate) kind: EntryKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judgement {
    Selected(Reason),
    UpToDate,
    OtherInterpreter,
    /// It has no source, and nothing proves that it had one here.
    Sourceless,
    UnknownSource,
    /// It has the name of a partial write, but not the contents, or is not complete yet.
    NotLeftover,
    /// It vanished meanwhile, or is neither a regular file nor a symlink to one.
    Vanished,
}

impl Judgement {
    pub(crate) fn reason(self) -> Option<Reason> {
        match self {
            Self::Selected(reason) => Some(reason),
            _ => None,
        }
    }

    pub(crate) fn describe(self, name: &BytecodeName) -> String {
        match self {
            Self::Selected(Reason::Stale(staleness)) => return staleness.describe(name),
            Self::Sourceless => {
                "no source, but kept by --stale: it may have been shipped without one, and Python \
                 cannot make it again"
            }
            Self::UnknownSource => {
                "not known, so kept by --stale: the file was moved out of a __pycache__"
            }
            Self::NotLeftover => "kept by --stale: not bytecode, or written within the last minute",
            Self::Vanished => "not known: the file vanished",
            _ => "up to date",
        }
        .to_owned()
    }
}

#[derive(Debug, Default)]
pub(crate) struct KnownSources {
    last_hash: LastHash,
    /// The directory that was listed last, and whether there is a source in it.
    listed: Option<(PathBuf, bool)>,
}

impl KnownSources {
    fn has_any(&mut self, dir: &Path) -> io::Result<bool> {
        if let Some((listed, has_source)) = &self.listed
            && listed == dir
        {
            return Ok(*has_source);
        }
        let mut has_source = false;
        for entry in fs::read_dir(dir)? {
            let name = entry?.file_name();
            let name = name.as_encoded_bytes();
            has_source |= SOURCE_SUFFIXES
                .iter()
                .any(|suffix| name.ends_with(suffix.as_bytes()));
        }
        self.listed = Some((dir.to_path_buf(), has_source));
        Ok(has_source)
    }
}

/// The directory of the source of a bytecode file in `dir`. `mirrored` is the directory of the
/// sources if `dir` is below `PYTHONPYCACHEPREFIX`.
pub(crate) fn source_dir<'d>(
    name: &BytecodeName,
    dir: &'d Path,
    in_cache: bool,
    mirrored: Option<&'d Path>,
) -> Option<&'d Path> {
    match mirrored {
        _ if in_cache => dir.parent(),
        None if name.tag().is_none() => Some(dir),
        mirrored => mirrored,
    }
}

pub(crate) fn judge(
    filter: &BytecodeFilter,
    file: FoundBytecode<'_>,
    sources: &mut KnownSources,
) -> Result<Judgement, Unreadable> {
    if filter.selects_by_interpreter() && !file.in_path(file.is_of(filter))? {
        return Ok(Judgement::OtherInterpreter);
    }
    let is_partial_write = file.name.is_partial_write;
    if !filter.stale && !is_partial_write {
        return Ok(Judgement::Selected(Reason::Bytecode));
    }
    // The source of a partial write does not matter.
    let source_dir = file.source_dir.or(is_partial_write.then_some(file.path));
    let Some(source_dir) = source_dir else {
        return Ok(Judgement::UnknownSource);
    };
    match file.find_staleness(filter, source_dir, &mut sources.last_hash) {
        Ok(None) if is_partial_write => Ok(Judgement::NotLeftover),
        Ok(None) => Ok(Judgement::UpToDate),
        Ok(Some(_)) if !filter.stale => Ok(Judgement::Selected(Reason::Bytecode)),
        Ok(Some(Staleness::Orphaned)) if !file.had_source(source_dir, sources)? => {
            Ok(Judgement::Sourceless)
        }
        Ok(Some(staleness)) => Ok(Judgement::Selected(Reason::Stale(staleness))),
        Err((path, error)) if path == file.path && error.kind() == ErrorKind::NotFound => {
            Ok(Judgement::Vanished)
        }
        Err(unreadable) => Err(unreadable),
    }
}

impl FoundBytecode<'_> {
    fn find_staleness(
        self,
        filter: &BytecodeFilter,
        source_dir: &Path,
        last_hash: &mut LastHash,
    ) -> Result<Option<Staleness>, Unreadable> {
        // Python imports nothing from a cache in a cache.
        if self.in_cache && source_dir.ends_with(CACHE_DIR) {
            return Ok(Some(Staleness::Orphaned));
        }
        pyc::judge(&self.name, self.path, source_dir, last_hash, || {
            let mut opened = self.open()?;
            if !filter.stale {
                // A partial write from just now is removed.
                opened.modified = UNIX_EPOCH;
            }
            Ok(opened)
        })
    }

    /// Whether something proves that a file without a source had one here. By themselves,
    /// interpreters write to caches only, except Python 2.
    fn had_source(self, dir: &Path, sources: &mut KnownSources) -> Result<bool, Unreadable> {
        let dir = or_current_dir(dir);
        if self.in_cache || self.in_prefix || self.has_source_of_other_form(dir)? {
            return Ok(true);
        }
        if self.is_installed {
            return Ok(false);
        }
        match self.in_path(self.interpreter())? {
            Some(Interpreter::CPython(by) | Interpreter::PyPy(Some(by))) if by.major == 2 => {
                sources
                    .has_any(dir)
                    .map_err(|error| (dir.to_path_buf(), error))
            }
            _ => Ok(false),
        }
    }

    /// Whether there is `m/__init__.py` for `m.pyc`, or `m.py` for `m/__init__.pyc`.
    fn has_source_of_other_form(self, dir: &Path) -> Result<bool, Unreadable> {
        // The file may be called `..pyc`.
        if Path::new(self.name.module).file_name().is_none() {
            return Ok(false);
        }
        let (module, dir) = if self.name.module == "__init__" {
            let package = canonicalize(dir).map_err(|error| (dir.to_path_buf(), error))?;
            let module = package.file_name().unwrap_or_default().to_os_string();
            (module, package.parent().unwrap_or(&package).to_path_buf())
        } else {
            ("__init__".into(), dir.join(self.name.module))
        };
        let name = BytecodeName {
            module: &module,
            ..self.name
        };
        Ok(Source::find(&name, &dir)?.is_some())
    }

    fn in_path<T>(self, result: io::Result<T>) -> Result<T, Unreadable> {
        result.map_err(|error| (self.path.to_path_buf(), error))
    }

    fn is_of(self, filter: &BytecodeFilter) -> io::Result<bool> {
        // One that is not known may be one whose bytecode is kept.
        Ok(self.interpreter()?.is_some_and(|by| {
            (filter.only.is_empty() || filter.only.contains(&by)) && !filter.keep.contains(&by)
        }))
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

    /// Opens a regular file, or the one that a symlink leads to, without waiting for a writer.
    pub(crate) fn open(self) -> io::Result<PycFile<File>> {
        let opened = match self.kind {
            EntryKind::File => open_regular_file(self.path, false)?,
            EntryKind::Symlink => open_regular_file(self.path, true)?,
            EntryKind::Dir | EntryKind::Other => None,
        };
        let (contents, metadata) = opened.ok_or(ErrorKind::NotFound)?;
        Ok(PycFile {
            contents,
            size: metadata.len(),
            modified: metadata.modified()?,
        })
    }
}
