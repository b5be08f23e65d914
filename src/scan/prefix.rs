//! The walks of directories under `PYTHONPYCACHEPREFIX`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::Scan;
use super::candidate::{Candidate, DirCandidate};
use super::walk::Job;
use crate::pycache_prefix::PrefixDir;
use crate::roots::{Location, Root};

/// A job for each directory. The directories between the prefix and these are removed
/// with the bytecode below them if they hold nothing else.
pub(crate) fn jobs<'s, 'a>(
    scan: &'s Scan<'a>,
    root: &'a Root,
    dirs: &'a [PrefixDir],
) -> Vec<Job<'s, 'a>> {
    let tops: BTreeSet<&Path> = dirs.iter().map(|dir| &*dir.relative).collect();
    let between = tops.iter().flat_map(|top| top.ancestors().skip(1));
    let between: BTreeSet<&Path> = between
        .filter(|path| !path.as_os_str().is_empty())
        .collect();
    let mut candidates: BTreeMap<&Path, Arc<DirCandidate<'a>>> = BTreeMap::new();
    let mut failures = Vec::new();
    // Sorted, so that each directory comes after the one that holds it.
    for path in &between {
        let parent = path.parent().and_then(|parent| candidates.get(parent));
        let candidate = Candidate::of_bytecode(true);
        let dir = DirCandidate::new(Location::new(root, path), candidate, parent);
        let is_known = |entry: &Path| tops.contains(entry) || between.contains(entry);
        let is_kept = has_other_entries(root, path, is_known).unwrap_or_else(|error| {
            failures.push((root.display_path(path), error));
            true
        });
        if is_kept {
            dir.block();
        }
        candidates.insert(path, dir);
    }
    let mut jobs: Vec<_> = dirs
        .iter()
        .map(|dir| {
            let parent = dir.relative.parent();
            let parent = parent.and_then(|parent| candidates.get(parent));
            Job::for_prefix_dir(scan, root, dir, parent)
        })
        .collect();
    if let Some(job) = jobs.first_mut() {
        for (path, error) in failures {
            job.record_failure(path, error);
        }
    }
    for candidate in candidates.into_values() {
        scan.close_candidate(candidate);
    }
    jobs
}

fn has_other_entries(
    root: &Root,
    path: &Path,
    is_known: impl Fn(&Path) -> bool,
) -> io::Result<bool> {
    for entry in fs::read_dir(root.path.join(path))? {
        if !is_known(&path.join(entry?.file_name())) {
            return Ok(true);
        }
    }
    Ok(false)
}
