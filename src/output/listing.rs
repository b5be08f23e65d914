//! The listing: what was removed, or would be, as paths or as JSON.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::json::{JsonPath, Message};
use super::stdout::Stdout;
use crate::cli::Cli;
use crate::console::format::format_count;
use crate::plan::{Item, Plan, Visitor};
use crate::reason::Reason;
use crate::remove::Outcome;
use crate::roots::Roots;
use crate::stats::RemovalStats;

pub(super) struct Lister<'a> {
    pub(super) cli: &'a Cli,
    pub(super) plan: &'a Plan,
    pub(super) roots: &'a Roots,
    pub(super) shows_reasons: bool,
}

impl<'a> Lister<'a> {
    /// Writes what an outcome says: each thing once. Unless contents are listed, a directory
    /// stands for them.
    pub(super) fn write(&self, visitor: &mut Visitor<'a>, outcome: &Outcome, out: &mut Stdout) {
        if !self.cli.lists() {
            return;
        }
        for dir in outcome.dirs.clone() {
            visitor.visit_dir(
                dir,
                |item| {
                    let file = item.file.map(|(position, _)| position);
                    outcome.is_removed(item.dir, file) && !self.is_hidden(item, outcome)
                },
                |item| self.write_item(item, outcome, out),
            );
        }
        for path in outcome.added.iter().filter(|_| self.cli.lists_contents()) {
            out.write_path(path, false, None, None);
        }
    }

    /// Writes the files that come after the last directory.
    pub(super) fn finish(&self, visitor: &mut Visitor<'a>, out: &mut Stdout) {
        visitor.finish(|item| self.write_item(item, &Outcome::default(), out));
    }

    /// Whether a directory that is listed stands for the item.
    fn is_hidden(&self, item: Item, outcome: &Outcome) -> bool {
        let holder = match item.file {
            Some(_) => Some(item.dir),
            None => self.plan.dirs[item.dir].parent.map(|dir| dir as usize),
        };
        !self.cli.lists_contents()
            && holder
                .is_some_and(|dir| self.plan.dirs[dir].is_removed && outcome.is_removed(dir, None))
    }

    fn write_item(&self, item: Item, outcome: &Outcome, out: &mut Stdout) {
        let Some(reason) = reason_of(self.plan, item) else {
            return;
        };
        let path = path_of(self.plan, self.roots, item);
        let is_dir = item.file.is_none();
        if self.cli.json {
            return out.write_json(&Message::Remove {
                path: JsonPath(&path),
                kind: if is_dir { "directory" } else { "file" },
                reason: reason.word(),
                topic: match reason {
                    Reason::Debris(found) => Some(found.topic),
                    _ => None,
                },
                stats: self.stats_of(item, outcome),
            });
        }
        let text = self.shows_reasons.then(|| match item.file {
            None if !self.cli.lists_contents() => self.describe_dir(item.dir, reason),
            file => reason.describe(file.map(|(_, name)| name).unwrap_or_default()),
        });
        // With `-v`, what a directory contains is listed below it.
        let has_size = self.cli.is_dry_run() && !(is_dir && self.cli.lists_contents());
        let size = has_size.then(|| self.stats_of(item, outcome).bytes);
        out.write_path(&path, is_dir, size, text.as_deref());
    }

    /// Why a directory is removed, and what of its contents was stale.
    fn describe_dir(&self, dir: usize, reason: &Reason) -> String {
        let mut stale: BTreeMap<&str, u64> = BTreeMap::new();
        let mut last = String::new();
        for record in &self.plan.dirs[dir..self.plan.end_of(dir)] {
            for (name, file) in record.files() {
                if let Reason::Stale(staleness) = &file.reason {
                    *stale.entry(staleness.word()).or_default() += 1;
                    last = file.reason.describe(name);
                }
            }
        }
        let mut parts = Vec::new();
        if *reason != Reason::Empty || stale.is_empty() {
            parts.push(reason.describe("".as_ref()));
        } else if stale.values().sum::<u64>() == 1 {
            return last;
        }
        parts.extend(stale.iter().map(|(word, count)| {
            format_count(*count, &format!("{word} file"), &format!("{word} files"))
        }));
        parts.join(", ")
    }

    fn stats_of(&self, item: Item, outcome: &Outcome) -> RemovalStats {
        let mut stats = RemovalStats::default();
        if let Some((position, _)) = item.file {
            stats.add_file(self.plan.bytes_of(item.dir, position));
            return stats;
        }
        for dir in item.dir..self.plan.end_of(item.dir) {
            stats += outcome.stats_of(self.plan, dir);
        }
        stats
    }
}

pub(super) fn reason_of<'p>(plan: &'p Plan, item: Item) -> Option<&'p Reason> {
    match item.file {
        Some((position, _)) => plan.reason_of(item.dir, position),
        None => plan.dirs[item.dir].removal.as_ref(),
    }
}

pub(super) fn path_of(plan: &Plan, roots: &Roots, item: Item) -> PathBuf {
    let dir = &plan.dirs[item.dir];
    let path = match item.file {
        Some((_, name)) => &dir.path.join(name),
        None => &*dir.path,
    };
    roots.list[dir.root].display_path(path)
}

pub(super) fn has_stale(plan: &Plan) -> bool {
    let mut files = plan.dirs.iter().flat_map(|dir| dir.files());
    files.any(|(_, file)| matches!(file.reason, Reason::Stale(_)))
}
