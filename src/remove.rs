//! Executes a plan. This is the only place where anything is removed.
//!
//! Every operation names one entry of a directory that is held open, and each of
//! those was opened from the one above it, from the root down, through no link. So
//! whatever is renamed, replaced or linked anew while this runs, nothing outside
//! of the root can be reached.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::ffi::{OsStr, OsString};
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, mpsc};

use cap_fs_ext::DirExt;
use cap_std::fs::Dir;

use crate::directory::{self, Entry};
use crate::failure::{Attempt, Failure};
use crate::interrupt;
use crate::plan::{Kind, Plan, Removal, Target, path_order};
use crate::roots::Root;
use crate::threads::Threads;

/// A plan of fewer targets than this is carried out before a pool would have
/// started.
const WORTH_A_POOL: usize = 64;

/// Targets that a thread takes at a time.
const BATCH: usize = 16;

/// What is done with each thing that a plan reaches: all else is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Measure it.
    Measure,
    /// Measure it, and unlink it.
    Remove,
}

/// How a plan is carried out.
#[derive(Debug, Clone, Copy)]
pub struct Order {
    /// What is done.
    pub action: Action,
    /// What is told of.
    pub listing: Listing,
}

/// Which of the paths that go are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listing {
    /// None: counts are enough.
    Nothing,
    /// Those of the targets.
    Targets,
    /// Those of the targets and of all they hold.
    Entries,
}

/// What became of one target.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What went of it.
    pub removal: Removal,
    /// What went, as it is shown, in path order.
    pub gone: Vec<Gone>,
    /// What did not go, and why.
    pub failures: Vec<Failure>,
}

/// Something that went, or would go.
#[derive(Debug)]
pub struct Gone {
    /// Its path, as it is shown.
    pub path: PathBuf,
    /// Whether it is a directory.
    pub is_directory: bool,
}

/// Carries out `plan` and tells `each` what became of every target, in the order
/// of the plan, as soon as that is known. Ends early when the run is interrupted:
/// what was not reached then is not told of.
pub fn execute(
    plan: &Plan,
    roots: &[Root],
    order: Order,
    threads: &Threads,
    mut each: impl FnMut(&Target, Outcome),
) {
    let targets = &plan.targets;
    let batches = Mutex::new(Batches {
        targets,
        roots,
        next: 0,
    });
    let take = || {
        let batch = batches.lock().ok()?.next();
        batch.filter(|_| !interrupt::requested())
    };
    let mut tell = |(start, outcomes): Done| {
        let targets = targets[start..].iter();
        targets
            .zip(outcomes)
            .for_each(|(target, outcome)| each(target, outcome));
    };
    let pool = if targets.len() < WORTH_A_POOL {
        None
    } else {
        threads.pool()
    };
    let Some(pool) = pool else {
        let mut worker = Worker::new(roots, order, threads);
        while let Some(batch) = take() {
            tell(worker.carry_out_all(targets, batch));
        }
        return;
    };
    // Bounded: who reads the listing slowly slows the removing, not the memory.
    let (sender, receiver) = mpsc::sync_channel(BATCH * threads.jobs());
    pool.in_place_scope(|scope| {
        for _ in 0..threads.jobs() {
            let (sender, take) = (sender.clone(), &take);
            scope.spawn(move |_| {
                let mut worker = Worker::new(roots, order, threads);
                while let Some(batch) = take() {
                    let end = batch.end;
                    if sender
                        .send((end, worker.carry_out_all(targets, batch)))
                        .is_err()
                    {
                        return;
                    }
                }
            });
        }
        drop(sender);
        in_order(receiver, tell);
    });
}

/// Where the targets of a batch that were carried out start, and what became of them.
type Done = (usize, VecDeque<Outcome>);

/// The targets, a few at a time.
struct Batches<'a> {
    targets: &'a [Target],
    roots: &'a [Root],
    next: usize,
}

impl Iterator for Batches<'_> {
    type Item = Range<usize>;

    /// The targets that come next. What lies in a directory that goes when it is
    /// empty comes with it.
    fn next(&mut self) -> Option<Range<usize>> {
        let start = self.next;
        let mut above: Option<&Target> = None;
        // What another root reaches may be shown between a directory and what it holds.
        let is_between = |above: &Target, target: &Target| {
            above.root != target.root
                && target
                    .shown(self.roots)
                    .starts_with(above.shown(self.roots))
        };
        while let Some(target) = self.targets.get(self.next) {
            let is_held =
                above.is_some_and(|above| above.holds(target) || is_between(above, target));
            if !is_held && self.next - start >= BATCH {
                break;
            }
            if !is_held {
                above = (target.kind == Kind::Emptied).then_some(target);
            }
            self.next += 1;
        }
        (start < self.next).then_some(start..self.next)
    }
}

/// Passes on what arrives by its place in the plan.
fn in_order(receiver: mpsc::Receiver<(usize, Done)>, mut tell: impl FnMut(Done)) {
    let mut early = BTreeMap::new();
    let mut place = 0;
    for (end, (start, outcomes)) in receiver {
        early.insert(start, (end, outcomes));
        while let Some((end, outcomes)) = early.remove(&place) {
            tell((place, outcomes));
            place = end;
        }
    }
    early
        .into_iter()
        .for_each(|(start, (_, outcomes))| tell((start, outcomes)));
}

/// Carries out targets on one thread.
struct Worker<'a> {
    roots: &'a [Root],
    order: Order,
    /// Directories that a ladder may hold open.
    rungs: usize,
    /// The root of the last target, and the way that is open below it.
    ladder: Option<(usize, Ladder<'a>)>,
}

impl<'a> Worker<'a> {
    fn new(roots: &'a [Root], order: Order, threads: &Threads) -> Worker<'a> {
        // Beside the rungs, the next one and the directory that is read are open.
        let rungs = threads.open_files().saturating_sub(2).clamp(1, MOST_RUNGS);
        Worker {
            roots,
            order,
            rungs,
            ladder: None,
        }
    }

    /// Carries out a batch from its end, so that what a directory holds goes before
    /// the directory.
    fn carry_out_all(&mut self, targets: &[Target], batch: Range<usize>) -> Done {
        let mut start = batch.end;
        let mut outcomes = VecDeque::with_capacity(batch.len());
        while start > batch.start && !interrupt::requested() {
            start -= 1;
            outcomes.push_front(self.carry_out(&targets[start]));
        }
        (start, outcomes)
    }

    fn carry_out(&mut self, target: &Target) -> Outcome {
        let outcome = self.carry_out_as(target, self.order);
        // Only what was measured can be once more.
        let is_told =
            self.order.action == Action::Measure && self.order.listing == Listing::Targets;
        if is_told && outcome.gone.is_empty() && !outcome.removal.is_nothing() {
            // Something in it stays. What does not is told one by one.
            let order = Order {
                listing: Listing::Entries,
                ..self.order
            };
            return self.carry_out_as(target, order);
        }
        outcome
    }

    fn carry_out_as(&mut self, target: &Target, order: Order) -> Outcome {
        let root = &self.roots[target.root];
        let ladder = match &mut self.ladder {
            Some((index, ladder)) if *index == target.root => ladder,
            other => &mut other.insert((target.root, Ladder::new(root, self.rungs))).1,
        };
        let (stuck, outcome) = Default::default();
        let mut task = Task {
            root,
            ladder,
            order,
            target,
            stuck,
            outcome,
        };
        match target.kind {
            Kind::File => task.file_alone(),
            Kind::Tree => task.tree(),
            Kind::Emptied => task.emptied(),
        }
        let mut outcome = task.outcome;
        outcome
            .gone
            .sort_unstable_by(|a, b| path_order(&a.path, &b.path));
        outcome
    }
}

/// One target on its way out.
struct Task<'t, 'a> {
    root: &'a Root,
    ladder: &'t mut Ladder<'a>,
    order: Order,
    target: &'t Target,
    /// Directories in which something stays.
    stuck: HashSet<PathBuf>,
    outcome: Outcome,
}

impl Task<'_, '_> {
    fn file_alone(&mut self) {
        let path = &self.target.path;
        let (parent, name) = split(path);
        match self.ladder.climb(parent) {
            Ok(_) => self.file(parent, name),
            Err(error) => self.failed(Attempt::Remove, path, error),
        }
    }

    /// A directory that nothing was to be left in. If something is, it stays.
    fn emptied(&mut self) {
        self.directory(&self.target.path, false);
    }

    /// A directory with all it holds. Not by recursion: however deep it is, the
    /// stack stays as it is, and so does the number of open directories.
    fn tree(&mut self) {
        let mut tree = Branches::new(&self.target.path);
        let mut waiting = vec![0];
        for last_try in [false, true] {
            let mut emptied = Vec::new();
            while let Some(branch) = waiting.pop() {
                for name in self.entries(&tree.path(branch)) {
                    waiting.push(tree.grow(branch, name));
                }
                emptied.push(branch);
            }
            if interrupt::requested() {
                return;
            }
            // What Python wrote into it meanwhile goes too, but only once.
            let is_full = |branch: &usize| !self.directory(&tree.path(*branch), last_try);
            waiting = emptied.into_iter().rev().filter(is_full).collect();
            if waiting.is_empty() {
                return;
            }
        }
    }

    /// Removes the files of a directory. Gives the names of its directories.
    fn entries(&mut self, path: &Path) -> Vec<OsString> {
        let mut directories = Vec::new();
        let dir = match self.ladder.climb(path) {
            Ok(dir) => dir,
            Err(error) => {
                self.unreadable(path, error);
                return directories;
            }
        };
        if self
            .root
            .device
            .is_some_and(|device| directory::device(dir).ok() != Some(device))
        {
            self.stuck.insert(path.to_path_buf());
            return directories;
        }
        let entries = match directory::entries(dir) {
            Ok(entries) => entries,
            Err(error) => {
                self.unreadable(path, error);
                return directories;
            }
        };
        for Entry { name, is_directory } in entries {
            if interrupt::requested() {
                break;
            }
            if is_directory {
                directories.push(name);
            } else {
                self.file(path, &name);
            }
        }
        directories
    }

    /// Removes a file of the directory that was climbed to last.
    fn file(&mut self, parent: &Path, name: &OsStr) {
        let directory = self.ladder.top();
        let result = directory.symlink_metadata(name).and_then(|metadata| {
            if metadata.is_dir() {
                return Err(replaced());
            }
            if self.order.action == Action::Remove {
                directory.remove_file_or_symlink(name)?;
            }
            Ok(metadata.len())
        });
        match result {
            Ok(bytes) => {
                self.outcome.removal.add_file(name, bytes);
                self.gone(parent, name, false);
            }
            Err(error) => self.failed(Attempt::Remove, &parent.join(name), error),
        }
    }

    /// Removes a directory that is empty by now. Says no if it is not, though all
    /// that was in it is gone.
    fn directory(&mut self, path: &Path, last_try: bool) -> bool {
        let (parent, name) = split(path);
        if self.stuck.contains(path) {
            self.stuck.insert(parent.to_path_buf());
            return true;
        }
        let result = self
            .ladder
            .climb(parent)
            .and_then(|dir| match self.order.action {
                Action::Measure => Ok(()),
                Action::Remove => dir.remove_dir(name),
            });
        match result {
            Ok(()) => {
                self.outcome.removal.directories += 1;
                self.gone(parent, name, true);
            }
            Err(error) if error.kind() == ErrorKind::DirectoryNotEmpty && !last_try => {
                return false;
            }
            Err(error) => self.failed(Attempt::Remove, path, error),
        }
        true
    }

    fn gone(&mut self, parent: &Path, name: &OsStr, is_directory: bool) {
        let is_told = match self.order.listing {
            Listing::Nothing => false,
            // Compared only where it may be: for each file, that would take its time.
            Listing::Targets => {
                (is_directory || self.target.kind == Kind::File)
                    && split(&self.target.path) == (parent, name)
            }
            Listing::Entries => true,
        };
        if is_told {
            let path = self.root.shown(&parent.join(name));
            self.outcome.gone.push(Gone { path, is_directory });
        }
    }

    fn unreadable(&mut self, path: &Path, error: io::Error) {
        self.failed(Attempt::Read, path, error);
        self.stuck.insert(path.to_path_buf());
    }

    /// What has vanished meanwhile needs no removing.
    fn failed(&mut self, attempt: Attempt, path: &Path, error: io::Error) {
        if error.kind() == ErrorKind::NotFound {
            return;
        }
        self.stuck.insert(split(path).0.to_path_buf());
        let path = self.root.shown(path);
        self.outcome.failures.push(Failure {
            attempt,
            path,
            error,
        });
    }
}

/// Directories of a tree, each as its name in the one above. Whole paths of all of them
/// would be far more where a tree is deep.
struct Branches<'a> {
    /// Where the first lies.
    top: &'a Path,
    /// The others: which one holds them, and their names.
    others: Vec<(usize, OsString)>,
}

impl<'a> Branches<'a> {
    fn new(top: &'a Path) -> Branches<'a> {
        let others = Vec::new();
        Branches { top, others }
    }

    fn grow(&mut self, above: usize, name: OsString) -> usize {
        self.others.push((above, name));
        self.others.len()
    }

    fn path(&self, branch: usize) -> PathBuf {
        let other = |branch: usize| self.others.get(branch.checked_sub(1)?);
        let mut names = Vec::new();
        let mut at = branch;
        while let Some((above, name)) = other(at) {
            names.push(name);
            at = *above;
        }
        let mut path = self.top.to_path_buf();
        path.extend(names.into_iter().rev());
        path
    }
}

/// The way from a root down to where the work is: directories held open, each
/// opened from the one above it and through no link.
struct Ladder<'a> {
    root: &'a Dir,
    /// The names on the way.
    names: Vec<OsString>,
    /// Some of the directories on the way and how many names lead there, the last of
    /// them always.
    rungs: Vec<(usize, Dir)>,
    /// How many may be open.
    most: usize,
}

/// A ladder holds no more directories open than most trees are deep.
const MOST_RUNGS: usize = 16;

impl<'a> Ladder<'a> {
    fn new(root: &'a Root, most: usize) -> Ladder<'a> {
        let (names, rungs) = Default::default();
        Ladder {
            root: &root.dir,
            names,
            rungs,
            most,
        }
    }

    /// Goes to the directory at `path` below the root.
    fn climb(&mut self, path: &Path) -> io::Result<&Dir> {
        let shared = self.names.iter().zip(path);
        let shared = shared.take_while(|(known, name)| known == name).count();
        self.names.truncate(shared);
        while self.rungs.pop_if(|(depth, _)| *depth > shared).is_some() {}
        let depth = self.rungs.last().map_or(0, |(depth, _)| *depth);
        for (name, depth) in path.iter().skip(depth).zip(depth + 1..) {
            let dir = directory::enter(self.top(), name)?;
            self.rungs.push((depth, dir));
            if depth > self.names.len() {
                self.names.push(name.to_owned());
            }
            if self.rungs.len() > self.most {
                self.close_one();
            }
        }
        Ok(self.top())
    }

    /// Closes the rung that is missed least on the way back: the farther up, the farther
    /// apart they may be, so that no way back is long, however deep the tree.
    fn close_one(&mut self) {
        let depth = |rung: usize| self.rungs[rung].0;
        let last = self.rungs.len() - 1;
        let missed = |rung: &usize| {
            let above = rung.checked_sub(1).map_or(0, depth);
            let (gap, distance) = (depth(rung + 1) - above, depth(last) - depth(*rung));
            gap as f64 / distance as f64
        };
        let least = (0..last).min_by(|a, b| missed(a).total_cmp(&missed(b)));
        least.map(|rung| self.rungs.remove(rung));
    }

    /// The directory that was climbed to.
    fn top(&self) -> &Dir {
        self.rungs.last().map_or(self.root, |(_, dir)| dir)
    }
}

fn split(path: &Path) -> (&Path, &OsStr) {
    (
        path.parent().unwrap_or(Path::new("")),
        path.file_name().unwrap_or_default(),
    )
}

fn replaced() -> io::Error {
    io::Error::other("is no longer what it was; it changed during the run")
}
