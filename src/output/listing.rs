//! The listing: what was removed, or would be, as paths or as JSON.

use std::collections::BTreeMap;
use std::ffi::OsStr;

use super::json::{JsonPath, Message};
use super::stdout::Stdout;
use crate::console::format::format_count;
use crate::options::Listing;
use crate::path::split_name;
use crate::plan::{Item, Plan, Visitor};
use crate::reason::Reason;
use crate::remove::Outcome;
use crate::roots::Roots;
use crate::stats::RemovalStats;

/// Lists what was removed.
pub(super) struct Lister<'a> {
    pub(super) plan: &'a Plan,
    pub(super) roots: &'a Roots,
    pub(super) listing: Listing,
    /// Whether to say why each path is removed.
    pub(super) shows_reasons: bool,
}

impl<'a> Lister<'a> {
    /// Writes what an outcome says: each thing once. Without [`Listing::Everything`], a
    /// directory stands for its contents.
    pub(super) fn write(&self, visitor: &mut Visitor<'a>, outcome: &Outcome, out: &mut Stdout) {
        if self.listing == Listing::Nothing && !out.is_json {
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
        for path in &outcome.added {
            if self.listing == Listing::Everything {
                out.write_path(path, false, None);
            }
        }
    }

    /// Writes the files that come after the last directory.
    pub(super) fn finish(&self, visitor: &mut Visitor<'a>, out: &mut Stdout) {
        visitor.finish(|item| self.write_item(item, &Outcome::default(), out));
    }

    /// Whether a directory that is listed stands for the item.
    fn is_hidden(&self, item: Item, outcome: &Outcome) -> bool {
        if self.listing == Listing::Everything {
            return false;
        }
        let holder = match item.file {
            Some(_) => Some(item.dir),
            None => self.plan.dirs[item.dir]
                .parent
                .map(|parent| parent as usize),
        };
        holder.is_some_and(|dir| self.plan.dirs[dir].is_removed && outcome.is_removed(dir, None))
    }

    fn write_item(&self, item: Item, outcome: &Outcome, out: &mut Stdout) {
        let dir = &self.plan.dirs[item.dir];
        let root = &self.roots.list[dir.root];
        let (relative, reason, is_dir) = match item.file {
            Some((position, name)) => {
                let reason = self.plan.reason_of(item.dir, position);
                (dir.path.join(name), reason, false)
            }
            None => (dir.path.to_path_buf(), dir.removal.as_ref(), true),
        };
        let Some(reason) = reason else {
            return;
        };
        let path = root.display_path(&relative);
        if out.is_json {
            let stats = self.stats_of(item, outcome);
            return out.write_json(&Message::Remove {
                path: JsonPath(&path),
                kind: if is_dir { "directory" } else { "file" },
                reason: reason.word(),
                topic: match reason {
                    Reason::Debris(found) => Some(found.topic),
                    _ => None,
                },
                stats,
            });
        }
        let name = split_name(&relative).1;
        let text = self.shows_reasons.then(|| match item.file {
            None if self.listing == Listing::Outermost => self.describe_dir(item.dir, name),
            _ => reason.describe(name),
        });
        out.write_path(&path, is_dir, text.as_deref());
    }

    /// Why a directory is removed, and what of its contents was stale.
    fn describe_dir(&self, dir: usize, name: &OsStr) -> String {
        let mut stale: BTreeMap<&str, u64> = BTreeMap::new();
        let mut only = None;
        for record in &self.plan.dirs[dir..self.plan.end_of(dir)] {
            for (name, file) in record.files() {
                if let Reason::Stale(staleness) = &file.reason {
                    *stale.entry(staleness.word()).or_default() += 1;
                    only = Some((name, &file.reason));
                }
            }
        }
        let reason = self.plan.dirs[dir].removal.as_ref();
        let mut parts: Vec<String> = match reason {
            Some(Reason::Empty) if !stale.is_empty() => Vec::new(),
            Some(reason) => vec![reason.describe(name)],
            None => Vec::new(),
        };
        match (only, stale.values().sum()) {
            (Some((name, reason)), 1) if parts.is_empty() => parts.push(reason.describe(name)),
            _ => parts.extend(stale.iter().map(|(word, count)| {
                format_count(*count, &format!("{word} file"), &format!("{word} files"))
            })),
        }
        parts.join(", ")
    }

    /// What was removed of an item.
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

/// Whether a plan contains stale bytecode.
pub(super) fn has_stale(plan: &Plan) -> bool {
    let files = plan.dirs.iter().flat_map(|dir| dir.files());
    files
        .into_iter()
        .any(|(_, file)| matches!(file.reason, Reason::Stale(_)))
}
