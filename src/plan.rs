//! What a run is going to remove: plain data, made by the scan, read by all
//! that comes after it.

use std::cmp::Ordering;
use std::ops::AddAssign;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use crate::roots::Root;

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
    /// What it is.
    pub kind: Kind,
}

/// What a target is, and so how it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file or a link. It goes alone: what a link points to stays.
    File,
    /// A `__pycache__` directory. It goes with all it holds.
    Cache,
}

/// How much was removed, or would be: totals are sums of these.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Removal {
    /// Files and links.
    pub files: u64,
    /// Directories.
    pub directories: u64,
    /// Apparent size of the files, in bytes.
    pub bytes: u64,
}

impl Plan {
    /// Puts targets below `roots` in order. Where roots overlap, each target is
    /// kept for the first root that reaches it, and none that lies inside another.
    pub fn new(mut targets: Vec<Target>, roots: &[Root]) -> Plan {
        if any_overlap(roots) {
            targets = without_doubles(targets, roots);
        }
        targets.sort_unstable_by(|a, b| {
            if a.root == b.root {
                path_order(&a.path, &b.path)
            } else {
                path_order(&a.shown(roots), &b.shown(roots))
            }
        });
        Plan { targets }
    }
}

impl Target {
    /// The path as it is shown to the user.
    pub fn shown(&self, roots: &[Root]) -> PathBuf {
        roots[self.root].shown(&self.path)
    }
}

impl Kind {
    /// Whether a target of this kind is a directory.
    pub fn is_directory(self) -> bool {
        self == Kind::Cache
    }
}

impl AddAssign for Removal {
    fn add_assign(&mut self, other: Removal) {
        self.files += other.files;
        self.directories += other.directories;
        self.bytes += other.bytes;
    }
}

/// Path order: by components, so that a directory comes right before what it
/// holds. Compared as bytes, with the separator below all others, which gives the
/// same order several times faster than comparing [`Path`]s.
pub fn path_order(a: &Path, b: &Path) -> Ordering {
    fn ranks(path: &Path) -> impl Iterator<Item = u8> + '_ {
        let bytes = path.as_os_str().as_encoded_bytes().iter();
        bytes.map(|&byte| {
            if byte == MAIN_SEPARATOR as u8 {
                0
            } else {
                byte
            }
        })
    }
    ranks(a).cmp(ranks(b))
}

/// Whether a root lies in another, or is given twice.
fn any_overlap(roots: &[Root]) -> bool {
    let mut reals: Vec<_> = roots.iter().map(|root| &root.real).collect();
    reals.sort_unstable();
    // What lies in a root follows it, and all between the two lies in it too.
    reals.windows(2).any(|pair| pair[1].starts_with(pair[0]))
        || roots.iter().any(|root| root.entries.is_some())
}

fn without_doubles(targets: Vec<Target>, roots: &[Root]) -> Vec<Target> {
    let real = |target: Target| (roots[target.root].real.join(&target.path), target);
    let mut targets: Vec<_> = targets.into_iter().map(real).collect();
    targets.sort_unstable_by(|(a, x), (b, y)| path_order(a, b).then(x.root.cmp(&y.root)));
    let mut kept: Vec<(PathBuf, Target)> = Vec::with_capacity(targets.len());
    for (path, target) in targets {
        let is_double = kept.last().is_some_and(|(before, earlier)| {
            path == *before || (earlier.kind.is_directory() && path.starts_with(before))
        });
        if !is_double {
            kept.push((path, target));
        }
    }
    kept.into_iter().map(|(_, target)| target).collect()
}
