//! What a run is going to remove: plain data, made of what the scan found, read by
//! all that comes after it.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::ffi::OsStr;
use std::fmt;
use std::ops::AddAssign;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use crate::pyc::{BytecodeName, Interpreter, Staleness};
use crate::roots::{Part, Root};

/// The things that go: in path order as it is shown, each thing once.
#[derive(Debug, Default)]
pub struct Plan {
    /// What goes.
    pub targets: Vec<Target>,
}

/// One thing that goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Index of its root.
    pub root: usize,
    /// Where it lies below its root: one plain name or more.
    pub path: Box<Path>,
    /// How it goes.
    pub kind: Kind,
    /// Why it goes.
    pub why: Why,
}

/// How a target goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file or a link. It goes alone: what a link points to stays.
    File,
    /// A directory with all it holds.
    Tree,
    /// A directory that is empty by then. It stays if it is not.
    Emptied,
}

/// Why a target goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// It is bytecode, or the directory for it.
    Bytecode,
    /// It is bytecode that misleads.
    Stale(Box<Staleness>),
    /// A tool left it behind: that of this debris topic.
    Debris(&'static str),
    /// The user named it for erasing.
    Erased,
    /// Nothing is left in it.
    Empty,
}

/// A directory that goes if nothing in it stays.
#[derive(Debug, Clone)]
pub struct Hollow {
    /// The target that it becomes then: a [`Kind::Tree`] takes the place of the
    /// targets in it, a [`Kind::Emptied`] comes after them.
    pub target: Target,
    /// Whether something in it is known to stay, other than hollows.
    pub stays: bool,
    /// What must go of it first.
    pub needs: Needs,
}

/// What a directory must lose to go itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: it also goes if nothing was in it.
    Nothing,
    /// The bytecode of a mirror, for which it was made: one that never held any may be
    /// anybody's.
    Bytecode,
    /// That went.
    Met,
}

/// How much was removed, or would be: totals are sums of these.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Removal {
    /// Directories.
    pub directories: u64,
    /// Files and links.
    pub files: Amount,
    /// Those of the files that are bytecode, by who wrote it; `None` where the name
    /// does not tell.
    pub interpreters: BTreeMap<Option<Interpreter>, Amount>,
}

/// A number of files, and their size.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Amount {
    /// How many.
    pub count: u64,
    /// Their apparent size, in bytes.
    pub bytes: u64,
}

impl Plan {
    /// Puts targets below `roots` in order, with those of the `hollows` that go.
    /// Where roots overlap, each target is kept for the first root that reaches it;
    /// none is kept that lies in a directory which goes with all it holds.
    pub fn new(mut targets: Vec<Target>, mut hollows: Vec<Hollow>, roots: &[Root]) -> Plan {
        settle(&mut hollows);
        let emptied = hollows.into_iter().filter(Hollow::goes);
        targets.extend(emptied.map(|hollow| hollow.target));
        targets = if any_overlap(roots) {
            without_doubles(targets, |target| target.real(roots))
        } else {
            // Without a copy of each path.
            without_inner(targets)
        };
        targets.sort_unstable_by(|a, b| {
            if a.root == b.root {
                path_order(&a.path, &b.path)
            } else {
                path_order(&a.shown(roots), &b.shown(roots))
            }
        });
        Plan { targets }
    }

    /// The part of it that goes because the user named it for erasing.
    pub fn erased(&self) -> Plan {
        let is_erased = |target: &&Target| target.why == Why::Erased;
        Plan {
            targets: self.targets.iter().filter(is_erased).cloned().collect(),
        }
    }
}

impl Target {
    /// The path as it is shown to the user.
    pub fn shown(&self, roots: &[Root]) -> PathBuf {
        roots[self.root].shown(&self.path)
    }

    /// The path without links, absolute.
    pub fn real(&self, roots: &[Root]) -> PathBuf {
        roots[self.root].real.join(&self.path)
    }

    /// Whether the other lies in this one, or is it.
    pub fn holds(&self, other: &Target) -> bool {
        self.root == other.root && other.path.starts_with(&self.path)
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::Bytecode => f.write_str("bytecode"),
            Why::Stale(staleness) => staleness.fmt(f),
            Why::Debris(topic) => write!(f, "debris of {topic}"),
            Why::Erased => f.write_str("erased"),
            Why::Empty => f.write_str("empty"),
        }
    }
}

impl Hollow {
    /// Takes note that bytecode of a mirror goes that it holds.
    pub fn meet(&mut self) {
        if self.needs == Needs::Bytecode {
            self.needs = Needs::Met;
        }
    }

    /// Whether it goes, when all is known of what it holds.
    pub fn goes(&self) -> bool {
        !self.stays && self.needs != Needs::Bytecode
    }
}

impl Removal {
    /// Counts a file; with its name, which tells whether it is bytecode.
    pub fn add_file(&mut self, name: &OsStr, bytes: u64) {
        let amount = Amount { count: 1, bytes };
        self.files += amount;
        if let Some(name) = BytecodeName::parse(name) {
            *self.interpreters.entry(name.interpreter()).or_default() += amount;
        }
    }

    /// Whether nothing went.
    pub fn is_nothing(&self) -> bool {
        self.directories == 0 && self.files == Amount::default()
    }
}

impl AddAssign for Removal {
    fn add_assign(&mut self, other: Removal) {
        self.directories += other.directories;
        self.files += other.files;
        for (interpreter, amount) in other.interpreters {
            *self.interpreters.entry(interpreter).or_default() += amount;
        }
    }
}

impl AddAssign for Amount {
    fn add_assign(&mut self, other: Amount) {
        self.count += other.count;
        self.bytes += other.bytes;
    }
}

/// Path order: by components, so that a directory comes right before what it
/// holds. Compared as bytes, with the separator below all others, which gives the
/// same order several times faster than comparing [`Path`]s.
pub fn path_order(a: &Path, b: &Path) -> Ordering {
    let (a, b) = (
        a.as_os_str().as_encoded_bytes(),
        b.as_os_str().as_encoded_bytes(),
    );
    let shared = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let rank = |byte: &u8| match *byte {
        byte if byte == MAIN_SEPARATOR as u8 => 0,
        byte => byte,
    };
    a.get(shared).map(rank).cmp(&b.get(shared).map(rank))
}

/// Finds out which hollows go: those that hold nothing which stays, and no hollow that
/// does. Each is there once then.
pub fn settle(hollows: &mut Vec<Hollow>) {
    // From the deepest to the highest.
    hollows.sort_unstable_by(|Hollow { target: a, .. }, Hollow { target: b, .. }| {
        a.root.cmp(&b.root).then(path_order(&b.path, &a.path))
    });
    // Of a PATH that was given twice, each was found twice.
    hollows.dedup_by(|again, hollow| {
        let is_same =
            again.target.root == hollow.target.root && again.target.path == hollow.target.path;
        hollow.stays |= is_same && again.stays;
        if is_same && again.needs == Needs::Met {
            hollow.needs = Needs::Met;
        }
        is_same
    });
    let place = |(place, hollow): (usize, &Hollow)| {
        ((hollow.target.root, hollow.target.path.clone()), place)
    };
    let places: HashMap<_, _> = hollows.iter().enumerate().map(place).collect();
    for index in 0..hollows.len() {
        let hollow = &hollows[index];
        let (target, goes, needs) = (&hollow.target, hollow.goes(), hollow.needs);
        if let Some(parent) = target.path.parent()
            && let Some(&parent) = places.get(&(target.root, parent.into()))
        {
            let parent = &mut hollows[parent];
            parent.stays |= !goes;
            if goes && needs == Needs::Met {
                parent.meet();
            }
        }
    }
}

/// Whether a root lies in another, or single entries were named.
fn any_overlap(roots: &[Root]) -> bool {
    let mut reals: Vec<_> = roots.iter().map(|root| &root.real).collect();
    reals.sort_unstable();
    // What lies in a root follows it, and all between the two lies in it too.
    reals.windows(2).any(|pair| pair[1].starts_with(pair[0]))
        || roots
            .iter()
            .any(|root| matches!(root.part, Part::Entries(_)))
}

/// Targets without those that lie in a directory which goes with all it holds.
pub fn without_inner(mut targets: Vec<Target>) -> Vec<Target> {
    targets.sort_unstable_by(|a, b| a.root.cmp(&b.root).then(path_order(&a.path, &b.path)));
    targets.dedup_by(|next, kept| {
        kept.holds(next) && (kept.kind == Kind::Tree || kept.path == next.path)
    });
    targets
}

fn without_doubles(targets: Vec<Target>, real: impl Fn(&Target) -> PathBuf) -> Vec<Target> {
    let mut targets: Vec<_> = targets
        .into_iter()
        .map(|target| (real(&target), target))
        .collect();
    targets.sort_unstable_by(|(a, x), (b, y)| path_order(a, b).then(x.root.cmp(&y.root)));
    targets.dedup_by(|(next, again), (kept, target)| {
        let is_same = next == kept;
        // What goes when it is empty, by one root, may go with all it holds by another.
        if is_same && target.kind == Kind::Emptied {
            target.kind = again.kind;
        }
        is_same || (target.kind == Kind::Tree && next.starts_with(kept))
    });
    let mut plan: Vec<Target> = Vec::with_capacity(targets.len());
    // The outermost directory that goes when it is empty, by its place in the plan.
    let mut above: Option<(PathBuf, usize)> = None;
    for (real, mut target) in targets {
        let below = above.as_ref().and_then(|(outer, index)| {
            let below = real.strip_prefix(outer).ok()?;
            Some((&plan[*index], below))
        });
        if let Some((outer, below)) = below {
            // It must be gone before: it goes by the same root.
            target.root = outer.root;
            target.path = outer.path.join(below).into();
        } else {
            above = (target.kind == Kind::Emptied).then_some((real, plan.len()));
        }
        plan.push(target);
    }
    plan
}
