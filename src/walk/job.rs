//! One walk on one thread: frames for the directories that it is in.

use std::io::{self, ErrorKind};
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use walkdir::{DirEntry, WalkDir};

use super::frame::{Frame, Start, holds_environments, make_place, relative};
use super::{Found, Walk};
use crate::bytecode::KnownSources;
use crate::decide::{DirVerdict, Enter, Mode};
use crate::directory::{self, Dir, EntryKind};
use crate::failure::Failure;
use crate::interrupt;
use crate::place::{self, ENVIRONMENT, Place};
use crate::plan::DirRecord;
use crate::roots::Root;

/// One walk on one thread.
pub(super) struct Job<'w, 'a> {
    pub(super) walk: &'w Walk<'a>,
    pub(super) root: &'a Root,
    entries: walkdir::IntoIter,
    /// The directories that the walk is in, outermost first.
    pub(super) frames: Vec<Frame>,
    /// Entries below this depth are passed over.
    pub(super) skipped_below: Option<usize>,
    /// Whether directories are handed over as they are met.
    hands_over: bool,
    /// Directories for other jobs.
    pub(super) handed_over: Vec<Start>,
    pub(super) found: Found,
    pub(super) sources: KnownSources,
}

impl<'w, 'a> Job<'w, 'a> {
    pub(super) fn new(walk: &'w Walk<'a>, start: Start) -> Self {
        let root = &walk.roots.list[start.root];
        let is_root = start.path == root.path;
        let entries = WalkDir::new(&start.path)
            .follow_root_links(is_root)
            .sort_by_key(place::rank)
            .into_iter();
        let mut job = Self {
            walk,
            root,
            entries,
            frames: Vec::new(),
            skipped_below: None,
            hands_over: false,
            handed_over: Vec::new(),
            found: Found::default(),
            sources: KnownSources::default(),
        };
        job.push_frame(0, start.path, start.enter, start.above);
        job
    }

    /// Decides about the next entry. Returns whether there may be more. With `hands_over`, a directory
    /// becomes a job of its own.
    pub(super) fn step(&mut self, hands_over: bool) -> bool {
        self.hands_over = hands_over;
        if interrupt::is_requested() {
            return false;
        }
        match self.entries.next() {
            Some(Ok(entry)) if entry.depth() == 0 => self.check_start(&entry),
            Some(Ok(entry)) => self.visit(entry),
            Some(Err(error)) => self.keep_unread(error),
            None => {
                self.leave(0);
                return false;
            }
        }
        true
    }

    /// The start may have been replaced by something else since it was met.
    fn check_start(&mut self, entry: &DirEntry) {
        let is_root = relative(self.root, entry.path()).as_os_str().is_empty();
        if !is_root && !entry.file_type().is_dir() {
            self.drop_frame();
        }
    }

    fn visit(&mut self, entry: DirEntry) {
        self.leave(entry.depth());
        let is_dir = entry.file_type().is_dir();
        self.skipped_below = self.skipped_below.filter(|depth| entry.depth() > *depth);
        let Some(frame) = self
            .frames
            .last_mut()
            .filter(|_| self.skipped_below.is_none())
        else {
            return self.skip(is_dir);
        };
        frame.record.kept += 1;
        if frame.place.is_none() {
            let marker = place::marker_of(&entry);
            // In a tree of environments, `conda-meta` is walked like any directory.
            let is_walked = is_dir && marker == ENVIRONMENT && holds_environments(frame.mode);
            if marker != 0 && !is_walked {
                frame.markers |= marker;
                frame.waiting.push(entry);
                return self.skip(is_dir);
            }
            if !self.settle() {
                return self.skip(is_dir);
            }
        }
        self.decide(entry, false);
    }

    fn skip(&mut self, is_dir: bool) {
        if is_dir {
            self.entries.skip_current_dir();
        }
    }

    /// All markers of the current directory are known: settles what they mean, and decides
    /// about them. Returns whether the directory is still walked.
    fn settle(&mut self) -> bool {
        let Some(frame) = self.frames.last_mut() else {
            return false;
        };
        match make_place(self.walk, self.root, frame, &mut self.found) {
            Ok(place) => frame.place = Some(Arc::new(place)),
            Err(failure) => {
                self.found.has_unknown_settings = true;
                return self.keep_unknown(failure);
            }
        }
        if let Some(reason) = self.find_embedded() {
            self.keep_embedded(reason);
            return false;
        }
        if !self.enters_environment() {
            return false;
        }
        let waiting = self
            .frames
            .last_mut()
            .map(|frame| mem::take(&mut frame.waiting));
        for entry in waiting.unwrap_or_default() {
            self.decide(entry, true);
        }
        true
    }

    /// Decides about an entry. The walk has passed a `waiting` one already.
    fn decide(&mut self, entry: DirEntry, waiting: bool) {
        let kind = EntryKind::from(entry.file_type());
        if kind != EntryKind::Dir {
            return self.visit_file(&entry, kind);
        }
        match self.dir_verdict(&entry) {
            DirVerdict::Enter(enter) => self.enter(entry, enter, waiting),
            DirVerdict::Keep | DirVerdict::Skip if waiting => {}
            DirVerdict::Keep | DirVerdict::Skip => self.entries.skip_current_dir(),
        }
    }

    fn enter(&mut self, entry: DirEntry, enter: Enter, waiting: bool) {
        let Some(above) = self.frames.last().and_then(|frame| frame.place.clone()) else {
            return;
        };
        // A tree is one job's, so that it can be kept as a whole. A cache is too small to be one.
        let is_whole = matches!(enter.mode, Mode::All(_) | Mode::Kept | Mode::Cache { .. });
        if waiting || (self.hands_over && !is_whole) {
            if !waiting {
                self.entries.skip_current_dir();
            }
            self.hand_over(entry.into_path(), enter, above);
        } else {
            self.push_frame(entry.depth(), entry.into_path(), enter, above);
        }
    }

    pub(super) fn hand_over(&mut self, path: PathBuf, enter: Enter, above: Arc<Place>) {
        self.handed_over.push(Start {
            root: self.root.id,
            path,
            enter,
            above,
        });
    }

    fn push_frame(&mut self, depth: usize, path: PathBuf, enter: Enter, above: Arc<Place>) {
        self.walk.progress.add_scanned_dir();
        let is_tree = matches!(enter.mode, Mode::All(_));
        let mut record = DirRecord::new(
            self.root.id,
            Arc::clone(&above),
            enter.removal,
            enter.needs_bytecode,
        );
        let is_dry_run = self.walk.options.cli.is_dry_run();
        let sizes = (is_tree && (self.walk.measures || !is_dry_run))
            .then(|| Dir::open_for_sizes(&path))
            .flatten();
        if !is_dry_run {
            record.identity = sizes.as_ref().and_then(|dir| dir.identity().ok());
        }
        self.frames.push(Frame {
            depth,
            path,
            mode: enter.mode,
            above,
            place: None,
            markers: 0,
            waiting: Vec::new(),
            record,
            records_before: self.found.dirs.len(),
            sizes: sizes.filter(|_| self.walk.measures),
        });
    }

    /// How the current directory is walked, and what is known about it.
    pub(super) fn current(&self) -> Option<(Mode, &Arc<Place>)> {
        let frame = self.frames.last()?;
        Some((frame.mode, frame.place.as_ref()?))
    }

    /// Leaves the directories at this depth and below.
    fn leave(&mut self, depth: usize) {
        while let Some(frame) = self.frames.last() {
            if frame.depth < depth {
                return;
            }
            if frame.place.is_none() && !self.settle() {
                continue;
            }
            if let Some(frame) = self.frames.pop() {
                self.add_record(frame);
            }
        }
    }

    fn add_record(&mut self, frame: Frame) {
        let (mut record, Some(place)) = (frame.record, frame.place) else {
            return;
        };
        if record.matters() {
            let relative = relative(self.root, &frame.path);
            let is_opened = record.file_count() > 0 && !self.walk.options.cli.is_dry_run();
            if relative.as_os_str().is_empty() {
                record.identity = Some(self.root.identity);
            } else if is_opened && record.identity.is_none() {
                match directory::identity_of(&frame.path) {
                    Ok(identity) => record.identity = Some(identity),
                    Err(error) => return self.record_failure(&frame.path, error),
                }
            }
            self.walk
                .progress
                .add_found_files(record.file_count() as u64);
            record.finish(relative, place, frame.mode);
            self.found.dirs.push(record);
        }
    }

    /// Records what could not be read, unless it vanished meanwhile.
    pub(super) fn record_failure(&mut self, path: &Path, error: io::Error) {
        if error.kind() != ErrorKind::NotFound {
            let shown = self.root.display_path(relative(self.root, path));
            self.found.failures.push(Failure::read(shown, error));
        }
    }
}
