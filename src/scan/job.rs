//! The walk of one directory: judges one entry after the other.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::{Found, Scan, Settings};
use crate::debris::{Goes, INSTALLED};
use crate::failure::{Attempt, Failure};
use crate::git;
use crate::interrupt;
use crate::plan::{Hollow, Kind, Needs, Target, Why};
use crate::pyc::{BytecodeName, Reason};
use crate::roots::{Mirror, Part, Root};
use crate::rules::CACHE_DIRECTORY;
use crate::select::{Candidate, Siblings};

/// The walk of one directory and what lies below it.
pub struct Job<'a> {
    scan: &'a Scan<'a>,
    settings: &'a Settings,
    root: usize,
    mirror: Option<&'a Mirror>,
    walk: walkdir::IntoIter,
    /// How the directory where it starts is entered; `None` where that is judged
    /// first.
    start: Option<Entering>,
    /// The zone where it starts.
    around: Zone,
    /// The directories that it is in and that are more than a place to search,
    /// outermost first.
    open: Vec<Open>,
    siblings: Siblings,
    found: Found,
}

/// What a directory is to the walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// A place to search for bytecode and, but among installed packages, debris.
    Search { debris: bool },
    /// An ignored place, where only what was named for erasing is searched.
    Erase,
    /// A `__pycache__` of which some bytecode stays, searched for debris or not.
    Judge { debris: bool },
    /// A directory that goes with all it holds but what is spared: a `__pycache__`, or
    /// debris of this topic.
    Take(Option<&'static str>),
}

impl Zone {
    /// What a root is: a place to search, though for debris only if it lies not among
    /// installed packages.
    pub fn of(root: &Root) -> Zone {
        Zone::Search {
            debris: !is_installed(&root.real),
        }
    }

    /// What the top of a mirror is: as there is bytecode only, no tool left anything.
    pub fn of_mirror(mirror: &Mirror, root: &Root) -> Zone {
        match mirror.is_path {
            true => Zone::of(root),
            false => Zone::Search { debris: false },
        }
    }

    fn is_searched(self) -> bool {
        matches!(self, Zone::Search { .. })
    }

    fn searches_debris(self) -> bool {
        matches!(
            self,
            Zone::Search { debris: true } | Zone::Judge { debris: true }
        )
    }
}

/// How a directory is entered.
#[derive(Debug, Clone)]
pub struct Entering {
    /// What it is.
    pub zone: Zone,
    /// Why it goes if nothing in it stays; `None` where it stays itself.
    pub why: Option<Why>,
}

/// A directory that the walk is in.
struct Open {
    depth: usize,
    zone: Zone,
    /// What it is if it may go.
    hollow: Option<Hollow>,
}

/// What a job met.
pub enum Step {
    /// A directory that is about to be entered: here, or in a job of its own.
    Directory(DirEntry, Entering),
    /// Anything else.
    Other,
    /// The end of the walk.
    Done,
}

impl<'a> Job<'a> {
    /// A job that starts at the directory `top`. A link there is followed, as it is
    /// the user who wrote it.
    pub fn new(
        scan: &'a Scan<'a>,
        root: usize,
        mirror: Option<&'a Mirror>,
        top: &Path,
        start: Option<Entering>,
    ) -> Job<'a> {
        let walk = WalkDir::new(top).max_open(scan.open_files());
        let around = Zone::of(&scan.roots[root]);
        let (open, siblings, found) = Default::default();
        let settings = mirror.map_or(scan.roots[root].settings, |mirror| mirror.settings);
        Job {
            scan,
            settings: &scan.settings[settings],
            root,
            mirror,
            walk: walk.into_iter(),
            start,
            around,
            open,
            siblings,
            found,
        }
    }

    /// A job for a single entry of a directory: a file, or a `__pycache__`.
    pub fn of_entry(scan: &'a Scan<'a>, root: usize, entry: &Path, is_in_cache: bool) -> Job<'a> {
        let job = Job::new(scan, root, None, entry, None);
        let walk = WalkDir::new(entry).follow_root_links(false);
        let around = match is_in_cache {
            true if job.settings.selection.is_all() => Zone::Take(None),
            true => Zone::Judge {
                debris: job.around.searches_debris(),
            },
            false => job.around,
        };
        Job {
            walk: walk.max_open(scan.open_files()).into_iter(),
            around,
            ..job
        }
    }

    /// A job for a directory that the walk met. It is not followed, should it have
    /// become a link.
    pub fn unfollowed(
        scan: &'a Scan<'a>,
        root: usize,
        mirror: Option<&'a Mirror>,
        directory: &Path,
        entering: Entering,
    ) -> Job<'a> {
        let walk = WalkDir::new(directory).follow_root_links(false);
        Job {
            walk: walk.max_open(scan.open_files()).into_iter(),
            around: entering.zone,
            ..Job::new(scan, root, mirror, directory, Some(entering))
        }
    }

    /// A job of its own for a directory that was about to be entered.
    pub fn give_away(&mut self, entry: &DirEntry, entering: Entering) -> Job<'a> {
        self.walk.skip_current_dir();
        Job::unfollowed(self.scan, self.root, self.mirror, entry.path(), entering)
    }

    /// All that was found.
    pub fn finish(mut self) -> Found {
        self.leave(0);
        self.found
    }

    /// Judges the next entry.
    pub fn step(&mut self) -> Step {
        let entry = match self.walk.next() {
            _ if interrupt::requested() => return Step::Done,
            None => return Step::Done,
            Some(Ok(entry)) => entry,
            Some(Err(error)) => {
                self.unread(error);
                return Step::Other;
            }
        };
        self.leave(entry.depth());
        let is_directory = entry.file_type().is_dir();
        if let Some(mut start) = self.start.take() {
            // A link: a PATH, or swapped for the directory by now. Neither goes.
            start.why = start.why.filter(|_| is_directory);
            self.enter(&entry, start);
            return Step::Other;
        }
        if !is_directory {
            self.file(&entry);
            return Step::Other;
        }
        self.scan.progress.directory_seen();
        self.directory(entry)
    }

    fn directory(&mut self, entry: DirEntry) -> Step {
        let is_named = entry.depth() == 0;
        let zone = self.zone();
        let stays = self.is_elsewhere(&entry)
            || self.is_excepted(&entry)
            || (!is_named && self.spares(&entry))
            || (matches!(zone, Zone::Search { .. }) && is_part_of_store(&entry));
        if stays {
            return self.pass(true);
        }
        let rules = &self.settings.rules;
        let name = entry.file_name();
        match zone {
            Zone::Take(topic) => return self.take_tree(entry, topic),
            // Bytecode is never so deep in a cache that an interpreter would find it,
            // so it is none that can be judged.
            Zone::Judge { .. } if rules.erase.is_empty() => return self.pass(true),
            Zone::Search { debris } if name == CACHE_DIRECTORY => {
                if self.settings.selection.is_all() {
                    return self.take_tree(entry, None);
                }
                self.enter(
                    &entry,
                    Entering {
                        zone: Zone::Judge { debris },
                        why: Some(Why::Empty),
                    },
                );
                return Step::Other;
            }
            Zone::Search { .. } | Zone::Judge { .. } | Zone::Erase => {}
        }
        let is_erased = || self.is_erased(&entry).then_some(Why::Erased);
        let mut why = None;
        if zone == (Zone::Search { debris: true }) && !rules.debris.is_empty() {
            // A PATH may have any name: a project called `build` has a `lib` of its own.
            let parent = self.below(entry.path()).parent().and_then(Path::file_name);
            match rules.debris.directory(name, parent) {
                Some((topic, Goes::Whole)) => return self.take_tree(entry, Some(topic)),
                // What the user named himself goes as that, so that no guard keeps it.
                Some((topic, Goes::Emptied)) => why = is_erased().or(Some(Why::Debris(topic))),
                None => {}
            }
        }
        let is_ignored = !zone.is_searched() || rules.ignores(name);
        if is_ignored && rules.erase.is_empty() {
            return self.pass(true);
        }
        let zone = match zone {
            _ if is_ignored => Zone::Erase,
            Zone::Search { .. } if is_installed(Path::new(name)) => Zone::Search { debris: false },
            zone => zone,
        };
        let may_empty = self.mirror.is_some()
            || (rules.folders && !self.scan.is_root(|| self.real(entry.path())));
        let why = why
            .or_else(is_erased)
            .or((may_empty && !is_ignored).then_some(Why::Empty));
        if why.is_none() {
            self.something_stays();
        }
        Step::Directory(entry, Entering { zone, why })
    }

    /// Passes by a directory that is about to be entered.
    fn pass(&mut self, stays: bool) -> Step {
        if stays {
            self.something_stays();
        }
        self.walk.skip_current_dir();
        Step::Other
    }

    /// Takes a directory with all it holds; unseen, if nothing in it can be spared.
    fn take_tree(&mut self, entry: DirEntry, topic: Option<&'static str>) -> Step {
        let why = topic.map_or(Why::Bytecode, Why::Debris);
        if self.settings.rules.spares_any() || self.holds_excepted(&entry) {
            self.enter(
                &entry,
                Entering {
                    zone: Zone::Take(topic),
                    why: Some(why),
                },
            );
            return Step::Other;
        }
        self.take(&entry, Kind::Tree, why);
        self.pass(false)
    }

    /// Enters a directory.
    pub fn enter(&mut self, entry: &DirEntry, Entering { zone, why }: Entering) {
        if zone == self.zone() && why.is_none() {
            return;
        }
        let kind = if matches!(zone, Zone::Take(_)) {
            Kind::Tree
        } else {
            Kind::Emptied
        };
        let hollow = why.map(|why| Hollow {
            needs: self.needs(zone, &why),
            target: self.target(entry, kind, why),
            stays: false,
        });
        self.open.push(Open {
            depth: entry.depth(),
            zone,
            hollow,
        });
    }

    /// Leaves the directories as deep as `depth` or deeper.
    fn leave(&mut self, depth: usize) {
        while let Some(open) = self.open.pop_if(|open| open.depth >= depth) {
            self.found.hollows.extend(open.hollow);
        }
    }

    /// What a directory must lose to go, if nothing in it stays.
    fn needs(&self, zone: Zone, why: &Why) -> Needs {
        let is_asked = self.settings.rules.folders && !self.is_mirrored();
        let is_of_mirror = self.mirror.is_some() && zone.is_searched() && !is_asked;
        match why {
            Why::Empty if is_of_mirror => Needs::Bytecode,
            _ => Needs::Nothing,
        }
    }

    fn zone(&self) -> Zone {
        self.open.last().map_or(self.around, |open| open.zone)
    }

    fn something_stays(&mut self) {
        // Whatever holds it stays as well, and that is found out later.
        if let Some(hollow) = self.innermost() {
            hollow.stays = true;
        }
    }

    /// The directory that the walk is in, if that may go.
    fn innermost(&mut self) -> Option<&mut Hollow> {
        self.open.last_mut()?.hollow.as_mut()
    }

    /// Whether this is the walk of a tree that nobody named, of which bytecode lies
    /// there.
    fn is_mirrored(&self) -> bool {
        self.mirror.is_some_and(|mirror| !mirror.is_path)
    }

    fn file(&mut self, entry: &DirEntry) {
        let Some(why) = self.judge(entry) else {
            return self.something_stays();
        };
        self.take(entry, Kind::File, why);
        let is_tagged = |name: BytecodeName| name.tag().is_some();
        if self.mirror.is_some() && BytecodeName::parse(entry.file_name()).is_some_and(is_tagged) {
            self.innermost().map(Hollow::meet);
        }
    }

    /// Why a file goes, if it does.
    fn judge(&mut self, entry: &DirEntry) -> Option<Why> {
        let zone = self.zone();
        if let Zone::Take(topic) = zone {
            let is_named = entry.depth() == 0;
            let why = topic.map_or(Why::Bytecode, Why::Debris);
            return (is_named || !self.spares(entry)).then_some(why);
        }
        let debris = &self.settings.rules.debris;
        let kind = entry.file_type();
        // A pipe or a socket is nobody's cache, whatever its name.
        let is_file = kind.is_file() || kind.is_symlink();
        // Of most files the last letter tells that they are no bytecode; this is quicker
        // than to cut the name out first.
        if zone != Zone::Erase
            && is_file
            && BytecodeName::parse(entry.path().as_os_str()).is_some()
            && let Some(why) = self.judge_bytecode(entry, matches!(zone, Zone::Judge { .. }))
            && !self.stays(entry)
        {
            return Some(why);
        }
        // What the user named himself goes as that, so that no guard keeps it.
        if self.is_erased(entry) {
            return (!self.spares(entry)).then_some(Why::Erased);
        }
        if zone.searches_debris() && is_file && !debris.is_empty() {
            let topic = debris.file(entry.file_name())?;
            return (!self.stays(entry)).then_some(Why::Debris(topic));
        }
        None
    }

    fn judge_bytecode(&mut self, entry: &DirEntry, in_cache: bool) -> Option<Why> {
        if self.settings.selection.is_all() {
            return Some(Why::Bytecode);
        }
        let path = entry.path();
        let name = BytecodeName::parse(entry.file_name())?;
        let directory = path.parent()?;
        // In a PATH that lies below a prefix there may be sources, too, and what is
        // compiled beside them has no tag.
        let mirror = self
            .mirror
            .filter(|mirror| !mirror.is_path || name.tag().is_some());
        let mirrored;
        let sources = match mirror {
            _ if in_cache && directory.file_name()? != CACHE_DIRECTORY => return None,
            _ if in_cache => directory.parent()?,
            Some(mirror) => {
                let below = self.below(directory).strip_prefix(&mirror.top).ok()?;
                mirrored = mirror.sources.join(below);
                &mirrored
            }
            None => directory,
        };
        if self.stays(entry) {
            return None;
        }
        // Beside sources no interpreter writes a tag: it is of a cache that was kept
        // elsewhere, and where its source is nobody knows.
        let is_untold = !in_cache && mirror.is_none() && name.tag().is_some();
        if self.settings.selection.stale && is_untold {
            return None;
        }
        let is_regular = entry.file_type().is_file();
        let file = Candidate {
            path,
            name,
            sources,
            in_cache,
            is_regular,
        };
        let judged = self.settings.selection.judge(file, &mut self.siblings);
        let is_program = |why: &Why| {
            let is_orphan = matches!(why, Why::Stale(s) if s.reason() == Reason::Orphaned);
            is_orphan && !in_cache && mirror.is_none() && is_installed(&self.real(path))
        };
        match judged {
            // A package that is shipped without sources is nothing else.
            Ok(why) => why.filter(|why| !is_program(why)),
            Err((path, error)) => {
                self.failed(&path, error);
                None
            }
        }
    }

    fn take(&mut self, entry: &DirEntry, kind: Kind, why: Why) {
        let target = self.target(entry, kind, why);
        self.found.targets.push(target);
    }

    fn target(&self, entry: &DirEntry, kind: Kind, why: Why) -> Target {
        Target {
            root: self.root,
            path: self.below(entry.path()).into(),
            kind,
            why,
        }
    }

    fn unread(&mut self, error: walkdir::Error) {
        // Nothing is known of what could not be read, so the directories it lies in
        // stay.
        for hollow in self.open.iter_mut().filter_map(|open| open.hollow.as_mut()) {
            hollow.stays = true;
        }
        let path = error.path().unwrap_or(&self.root().path).to_path_buf();
        self.failed(
            &path,
            error
                .into_io_error()
                .unwrap_or_else(|| ErrorKind::Other.into()),
        );
    }

    fn failed(&mut self, path: &Path, error: io::Error) {
        // What has vanished meanwhile needs no removing.
        if error.kind() != ErrorKind::NotFound {
            let path = self.root().shown(self.below(path));
            self.found.failures.push(Failure {
                attempt: Attempt::Read,
                path,
                error,
            });
        }
    }

    fn root(&self) -> &'a Root {
        &self.scan.roots[self.root]
    }

    fn below<'p>(&self, path: &'p Path) -> &'p Path {
        path.strip_prefix(&self.root().path).unwrap_or(path)
    }

    /// A path without links.
    fn real(&self, path: &Path) -> PathBuf {
        self.root().real.join(self.below(path))
    }

    /// Whether the user named an entry for erasing.
    fn is_erased(&self, entry: &DirEntry) -> bool {
        // Relative to a PATH, which a mirror is none of.
        if self.is_mirrored() {
            return false;
        }
        let erase = &self.settings.rules.erase;
        let is_directory = entry.file_type().is_dir();
        let is_named = || {
            let mut below = self
                .root()
                .below_paths(self.below(entry.path()))
                .into_iter();
            below.any(|(_, below)| erase.matches(below, is_directory))
        };
        !erase.is_empty() && is_named()
    }

    /// Whether a file stays, though it is cache. What the user named stays for nothing.
    fn stays(&self, entry: &DirEntry) -> bool {
        entry.depth() > 0 && (self.settings.rules.ignores(entry.file_name()) || self.spares(entry))
    }

    /// Whether the user asked that an entry be left alone.
    fn spares(&self, entry: &DirEntry) -> bool {
        let path = entry.path();
        self.settings.rules.spares(entry.file_name(), || {
            let below = self.below(path);
            let mut paths = vec![path.to_path_buf(), self.real(path)];
            if let Some(mirror) = self.mirror
                && let Ok(below) = below.strip_prefix(&mirror.top)
            {
                paths.push(mirror.sources.join(below));
            }
            let named = self.root().below_paths(below).into_iter();
            paths.extend(named.filter_map(|(written, below)| Some(written?.join(below))));
            paths
        })
    }

    /// Whether a directory holds the bytecode of other projects, and nothing else.
    fn is_excepted(&self, entry: &DirEntry) -> bool {
        self.excepted() == Some(self.below(entry.path()))
    }

    /// Whether such a directory lies in this one.
    fn holds_excepted(&self, entry: &DirEntry) -> bool {
        let lies_in = |except: &Path| except.starts_with(self.below(entry.path()));
        self.excepted().is_some_and(lies_in)
    }

    fn excepted(&self) -> Option<&'a Path> {
        match &self.root().part {
            Part::Tree { except } => except.as_deref(),
            Part::Entries(_) | Part::Mirrors(_) => None,
        }
    }

    /// Whether a directory lies on another file system than its root, and that
    /// matters.
    #[cfg(unix)]
    fn is_elsewhere(&self, entry: &DirEntry) -> bool {
        use std::os::unix::fs::MetadataExt;
        let device = self.root().device;
        device.is_some() && entry.metadata().map(|metadata| metadata.dev()).ok() != device
    }

    /// Windows shows what is mounted as a link, and no link is followed.
    #[cfg(not(unix))]
    fn is_elsewhere(&self, _: &DirEntry) -> bool {
        false
    }
}

/// Whether a path leads to where packages are installed.
fn is_installed(path: &Path) -> bool {
    path.iter()
        .any(|part| INSTALLED.iter().any(|place| part == *place))
}

/// Whether a directory is where a repository without files of its own keeps what it
/// knows: there, names are those of branches, whatever they look like.
fn is_part_of_store(entry: &DirEntry) -> bool {
    let name = entry.file_name();
    ["refs", "logs", "objects"].iter().any(|part| name == *part)
        && entry.path().parent().is_some_and(git::is_store)
}
