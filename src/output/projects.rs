//! One line per project: `--by-project`.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::json::{JsonPath, Message};
use super::stdout::Stdout;
use crate::console::format::format_size;
use crate::plan::Plan;
use crate::reason::Reason;
use crate::remove::Outcome;
use crate::roots::Roots;
use crate::stats::RemovalStats;

const BAR_WIDTH: usize = 20;

/// What was removed in each project, by its path as it is shown.
#[derive(Debug, Default)]
pub(super) struct Projects(BTreeMap<PathBuf, Project>);

#[derive(Debug, Default)]
struct Project {
    stats: RemovalStats,
    kinds: BTreeSet<&'static str>,
}

impl Projects {
    pub(super) fn add(&mut self, plan: &Plan, roots: &Roots, outcome: &Outcome) {
        for index in outcome.dirs.clone() {
            let dir = &plan.dirs[index];
            let stats = outcome.stats_of(plan, index);
            if stats.is_empty() {
                continue;
            }
            let path = match &dir.place.project {
                Some(project) => project.to_path_buf(),
                None => roots.list[dir.root].display_path(Path::new("")),
            };
            let project = self.0.entry(path).or_default();
            project.stats += stats;
            let removal = dir.removal.iter().filter(|_| dir.is_removed);
            let reasons = dir.files().map(|(_, file)| &file.reason).chain(removal);
            project.kinds.extend(reasons.map(Reason::kind));
        }
    }

    pub(super) fn write(&self, out: &mut Stdout) {
        let mut projects: Vec<_> = self.0.iter().collect();
        projects.sort_by_key(|(_, Project { stats, .. })| Reverse((stats.bytes, stats.files)));
        if out.is_json {
            for (path, Project { stats, kinds }) in projects {
                let (path, stats) = (JsonPath(path), *stats);
                out.write_json(&Message::Project { path, kinds, stats });
            }
            return;
        }
        let Some((_, largest)) = projects.first() else {
            return;
        };
        let mut total = RemovalStats::default();
        for (_, project) in &projects {
            total += project.stats;
        }
        // The total is the largest number, but a smaller size can have more digits.
        let sizes = projects.iter().map(|(_, project)| project.stats.bytes);
        let widths = sizes
            .chain([total.bytes])
            .map(|size| format_size(size).len());
        let size_width = widths.max().unwrap_or(0);
        let count_width = total.files.to_string().len();
        let bar_width = if out.is_terminal { BAR_WIDTH + 2 } else { 0 };
        let format_row = |stats: &RemovalStats, bar: &str| {
            let (size, files) = (format_size(stats.bytes), stats.files);
            let noun = if files == 1 { "file" } else { "files" };
            format!(
                "{size:>size_width$}  {bar:bar_width$.bar_width$}{files:>count_width$} {noun:<5}  "
            )
        };
        for (path, Project { stats, kinds }) in &projects {
            let share = stats.bytes as f64 / largest.stats.bytes.max(1) as f64;
            let bar = "=".repeat((share * BAR_WIDTH as f64).ceil() as usize);
            out.write_text(&format_row(stats, &bar));
            let kinds: Vec<_> = kinds.iter().copied().collect();
            out.write_path(path, true, None, Some(&kinds.join(", ")));
        }
        out.write_text(&format_row(&total, ""));
        out.write_text("total\n");
    }
}
