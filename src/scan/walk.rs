//! The walk of one directory: decides about one entry after the other.

use std::ffi::OsStr;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use walkdir::{DirEntry, WalkDir};

use super::bytecode::SourceDirs;
use super::candidate::{Candidate, DirCandidate};
use super::classify::{Descent, WalkMode};
use super::frame::Frame;
use super::{Found, Note, NoteKind, Scan};
use crate::config;
use crate::directory::EntryKind;
use crate::failure::Failure;
use crate::interrupt;
use crate::path::{name_of, strip_base};
use crate::pycache_prefix::PrefixDir;
use crate::roots::{Location, Root};
use crate::rules::{CACHE_DIR, Rules, is_installed};

/// The walk of one directory tree.
pub(crate) struct Job<'s, 'a> {
    pub(super) scan: &'s Scan<'a>,
    pub(super) root: &'a Root,
    pub(super) rules: Arc<Rules>,
    pub(super) prefix: Option<&'a PrefixDir>,
    pub(super) walk: walkdir::IntoIter,
    /// The frame of the entry in which the job starts; `None` once it has started, or if
    /// that entry is decided like any other.
    start: Option<Frame<'a>>,
    /// The walk mode in which that entry is decided.
    pub(super) initial_mode: WalkMode,
    /// The directories that the walk is in, outermost first.
    stack: Vec<Frame<'a>>,
    pub(super) found: Found<'a>,
    pub(super) source_dirs: SourceDirs,
}

/// What a job met.
pub(crate) enum Step {
    /// A directory to descend into, in this job or in one of its own.
    Descend(DirEntry, Descent),
    /// Anything else.
    Continue,
    /// The end of the walk.
    Done,
}

impl<'s, 'a> Job<'s, 'a> {
    /// A job for a PATH. A symlink is followed, as the user wrote it.
    pub(crate) fn for_root(scan: &'s Scan<'a>, root: &'a Root) -> Self {
        let mode = WalkMode::Search {
            debris: !is_installed(&root.canonical),
        };
        let start = Frame::new(0, mode, Location::new(root, Path::new("")), None);
        Self::new(scan, root, WalkDir::new(&root.path), mode, Some(start))
    }

    /// A job for a single entry that the user named.
    pub(crate) fn for_entry(scan: &'s Scan<'a>, root: &'a Root, name: &OsStr) -> Self {
        let debris = !is_installed(&root.canonical);
        let path = root.path.join(name);
        let mode = if root.canonical.ends_with(CACHE_DIR) && !path.is_dir() {
            WalkMode::FilterCache { debris }
        } else {
            WalkMode::Search { debris }
        };
        let walk = WalkDir::new(path).follow_root_links(false);
        Self::new(scan, root, walk, mode, None)
    }

    /// A job for a directory under `PYTHONPYCACHEPREFIX`.
    pub(crate) fn for_prefix_dir(
        scan: &'s Scan<'a>,
        root: &'a Root,
        dir: &'a PrefixDir,
        parent: Option<&Arc<DirCandidate<'a>>>,
    ) -> Self {
        // Where only Python writes, no tool leaves debris.
        let debris = dir.is_path_argument && !is_installed(&root.canonical);
        let mode = WalkMode::Search { debris };
        let location = Location::new(root, &dir.relative);
        let candidate = (!dir.relative.as_os_str().is_empty()).then(|| {
            let candidate = Candidate::of_bytecode(true);
            DirCandidate::new(Arc::clone(&location), candidate, parent)
        });
        let walk =
            WalkDir::new(root.path.join(&dir.relative)).follow_root_links(dir.is_path_argument);
        let start = Frame::new(0, mode, location, candidate);
        Self {
            prefix: Some(dir),
            rules: Arc::clone(&dir.rules),
            ..Self::new(scan, root, walk, mode, Some(start))
        }
    }

    /// A job for a project that the walk met, or for its counterpart under a prefix, by rules
    /// of its own.
    pub(super) fn for_project(
        scan: &'s Scan<'a>,
        dir: Arc<Location<'a>>,
        mode: WalkMode,
        prefix: Option<&'a PrefixDir>,
        rules: Arc<Rules>,
    ) -> Self {
        let root = dir.root;
        let walk = WalkDir::new(root.path.join(&dir.path)).follow_root_links(false);
        let start = Frame::new(0, mode, dir, None);
        Self {
            prefix,
            rules,
            ..Self::new(scan, root, walk, mode, Some(start))
        }
    }

    fn new(
        scan: &'s Scan<'a>,
        root: &'a Root,
        walk: WalkDir,
        initial_mode: WalkMode,
        start: Option<Frame<'a>>,
    ) -> Self {
        Self {
            scan,
            root,
            rules: Arc::clone(&root.rules),
            prefix: None,
            walk: walk.max_open(scan.max_open_dirs()).into_iter(),
            start,
            initial_mode,
            stack: Vec::new(),
            found: Found::default(),
            source_dirs: SourceDirs::default(),
        }
    }

    /// A job of its own for a directory that was met. It is not followed if it has become
    /// a symlink since.
    pub(crate) fn split_off(&mut self, entry: &DirEntry, descent: Descent) -> Self {
        self.walk.skip_current_dir();
        let walk = WalkDir::new(entry.path()).follow_root_links(false);
        let start = self.frame(entry, 0, descent);
        Self {
            prefix: self.prefix,
            rules: Arc::clone(&self.rules),
            ..Self::new(self.scan, self.root, walk, descent.mode, Some(start))
        }
    }

    /// Descends into a directory that was met.
    pub(crate) fn descend(&mut self, entry: &DirEntry, descent: Descent) {
        let frame = self.frame(entry, entry.depth(), descent);
        self.stack.push(frame);
    }

    /// Everything that was found.
    pub(crate) fn finish(mut self) -> Found<'a> {
        if !interrupt::is_requested() {
            self.leave(0);
        }
        self.found
    }

    /// Decides about the next entry.
    pub(crate) fn step(&mut self) -> Step {
        let entry = match self.walk.next() {
            _ if interrupt::is_requested() => return Step::Done,
            None => return Step::Done,
            Some(Ok(entry)) => entry,
            Some(Err(error)) => {
                self.record_walk_error(error);
                return Step::Continue;
            }
        };
        self.leave(entry.depth());
        let kind = EntryKind::from(entry.file_type());
        if let Some(start) = self.start.take() {
            let was_replaced = kind != EntryKind::Dir && start.candidate.is_some();
            self.stack.push(start);
            if was_replaced {
                self.block();
            }
            return Step::Continue;
        }
        self.note(&entry, kind);
        if kind == EntryKind::Dir {
            self.scan.progress.directory_seen();
            self.visit_dir(entry)
        } else {
            self.visit_file(&entry, kind);
            Step::Continue
        }
    }

    /// Takes note of an entry that decides about its directory.
    fn note(&mut self, entry: &DirEntry, kind: EntryKind) {
        let name = name_of(entry);
        let kind = if name == ".git" {
            NoteKind::WorkTree
        } else if name == config::FILE_NAME && kind.is_file_or_symlink() {
            NoteKind::Project
        } else {
            return;
        };
        if let Some(frame) = self.stack.last() {
            self.found.notes.push(Note {
                kind,
                dir: Arc::clone(&frame.dir),
                mode: frame.mode,
                prefix: self.prefix,
                rules: Arc::clone(&self.rules),
            });
        }
    }

    /// Leaves the directories at this depth and below.
    fn leave(&mut self, depth: usize) {
        while let Some(frame) = self.stack.pop_if(|frame| frame.depth >= depth) {
            if let Some(candidate) = frame.candidate {
                candidate.close(|dir| self.scan.decide(dir, &mut self.found));
            }
        }
    }

    /// Nothing is known about what could not be read, so all directories that hold it are
    /// kept.
    fn record_walk_error(&mut self, error: walkdir::Error) {
        self.stack.extend(self.start.take());
        for frame in &self.stack {
            frame.block();
        }
        // A failure to read on in a directory has no path; it is that of the directory
        // whose entries have this depth.
        let holds = |frame: &&Frame| frame.depth < error.depth().max(1);
        let dir = self.stack.iter().rfind(holds);
        let unread = match (error.path(), dir) {
            (Some(path), _) => Location::new(self.root, self.relative(path)),
            (None, Some(frame)) => Arc::clone(&frame.dir),
            (None, None) => Location::new(self.root, Path::new("")),
        };
        let (path, error) = (unread.display_path(), into_io_error(error));
        if error.kind() != ErrorKind::NotFound {
            self.found.unread.push(unread);
        }
        self.record_failure(path, error);
    }

    fn frame(&self, entry: &DirEntry, depth: usize, descent: Descent) -> Frame<'a> {
        let dir = Location::new(self.root, self.relative(entry.path()));
        let candidate = descent
            .candidate
            .map(|candidate| DirCandidate::new(Arc::clone(&dir), candidate, self.candidate()));
        Frame::new(depth, descent.mode, dir, candidate)
    }

    /// The directory that the walk is in, if it can be removed.
    pub(super) fn candidate(&self) -> Option<&Arc<DirCandidate<'a>>> {
        self.stack.last()?.candidate.as_ref()
    }

    /// Takes note that something in the current directory is kept.
    pub(super) fn block(&self) {
        if let Some(frame) = self.stack.last() {
            frame.block();
        }
    }

    /// The directory that the walk is in.
    pub(super) fn current_dir(&self) -> Option<&Arc<Location<'a>>> {
        self.stack.last().map(|frame| &frame.dir)
    }

    /// How the current directory is walked.
    pub(super) fn mode(&self) -> WalkMode {
        self.stack
            .last()
            .map_or(self.initial_mode, |frame| frame.mode)
    }

    /// A path of the walk relative to the root.
    pub(super) fn relative<'p>(&self, path: &'p Path) -> &'p Path {
        strip_base(path, &self.root.path)
    }

    /// Records what could not be read, unless it vanished meanwhile.
    pub(super) fn record_failure(&mut self, path: PathBuf, error: io::Error) {
        if error.kind() != ErrorKind::NotFound {
            self.found.failures.push(Failure::read(path, error));
        }
    }
}

pub(super) fn into_io_error(error: walkdir::Error) -> io::Error {
    error
        .into_io_error()
        .unwrap_or_else(|| ErrorKind::Other.into())
}
