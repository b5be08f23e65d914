//! The settings of projects in directories that the walk met: they narrow what is removed
//! below them, also if the PATH is above.

use std::sync::{Arc, PoisonError};

use super::walk::Job;
use super::{Note, NoteKind, Scan};
use crate::config;
use crate::failure::{Failure, Operation};
use crate::options::Options;
use crate::rules::Rules;

/// Walks each project with settings of its own once more, by its settings. What was found
/// there before is dropped.
pub(super) fn apply_settings(scan: &Scan<'_>, options: &Options) {
    if !options.reads_settings {
        return;
    }
    while let Some(note) = next_project(scan) {
        let root = note.dir.root;
        let file = root.path.join(&note.dir.path).join(config::FILE_NAME);
        let config = config::read_config(&file, &root.canonical);
        let narrowed = config.and_then(|config| match config {
            Some(config) => note.rules.narrowed(&config),
            None => Ok(None),
        });
        match narrowed {
            Ok(Some(rules)) => apply(scan, note, rules),
            Ok(None) => {}
            Err(error) => {
                drop_found(scan, &note);
                let failure = Failure {
                    operation: Operation::Read,
                    path: root.display_path(&note.dir.path.join(config::FILE_NAME)),
                    error: std::io::Error::other(format!("{error:#}")),
                };
                let mut found = scan.found.lock().unwrap_or_else(PoisonError::into_inner);
                found.failures.push(failure);
            }
        }
    }
}

/// Takes the next project, the outermost first, as its settings also hold for those in it.
/// The settings of a PATH itself were applied from the start.
fn next_project<'a>(scan: &Scan<'a>) -> Option<Note<'a>> {
    let mut found = scan.found.lock().unwrap_or_else(PoisonError::into_inner);
    let is_nested =
        |note: &Note| note.kind == NoteKind::Project && !note.dir.path.as_os_str().is_empty();
    let depth = |note: &Note| note.dir.path.components().count();
    let projects = found.notes.iter().enumerate();
    let projects = projects.filter(|(_, note)| is_nested(note));
    let (index, _) = projects.min_by_key(|(_, note)| depth(note))?;
    Some(found.notes.swap_remove(index))
}

/// Walks a project once more, by its rules.
fn apply<'a>(scan: &Scan<'a>, note: Note<'a>, rules: Rules) {
    drop_found(scan, &note);
    let job = Job::for_project(scan, Arc::clone(&note.dir), note.mode, rules);
    scan.run(vec![job]);
    // The walk noted the project once more.
    let mut found = scan.found.lock().unwrap_or_else(PoisonError::into_inner);
    found
        .notes
        .retain(|other| other.kind != NoteKind::Project || !Arc::ptr_eq(&other.dir, &note.dir));
}

/// Drops everything that was found in the directory of a note.
fn drop_found(scan: &Scan<'_>, note: &Note) {
    let mut found = scan.found.lock().unwrap_or_else(PoisonError::into_inner);
    let shown = note.dir.display_path();
    // The directory itself may have been selected, too.
    found.targets.retain(|target| {
        target.dir.root.id != note.dir.root.id || !target.path().starts_with(&note.dir.path)
    });
    found
        .leftovers
        .retain(|leftover| !leftover.dir.is_in(&note.dir));
    found.kept.retain(|kept| !kept.path.starts_with(&shown));
    found
        .failures
        .retain(|failure| !failure.path.starts_with(&shown));
    found.notes.retain(|other| !other.dir.is_in(&note.dir));
}
