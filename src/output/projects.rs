//! One line per project: `--by-project`.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::json::{JsonPath, Message};
use super::stdout::Stdout;
use crate::console::format::format_size;
use crate::path::path_order;
use crate::plan::Plan;
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
            let reasons = dir.files().map(|(_, file)| &file.reason);
            let removal = dir.removal.as_ref().filter(|_| dir.is_removed);
            project
                .kinds
                .extend(reasons.chain(removal).map(|reason| reason.kind()));
        }
    }

    pub(super) fn write(&self, out: &mut Stdout) {
        let mut projects: Vec<_> = self.0.iter().collect();
        projects.sort_by(|(a, left), (b, right)| {
            let size = |project: &Project| Reverse((project.stats.bytes, project.stats.files));
            size(left).cmp(&size(right)).then_with(|| path_order(a, b))
        });
        if out.is_json {
            for (path, Project { stats, kinds }) in projects {
                let (path, stats) = (JsonPath(path), *stats);
                out.write_json(&Message::Project { path, kinds, stats });
            }
            return;
        }
        let mut total = RemovalStats::default();
        for (_, project) in &projects {
            total += project.stats;
        }
        let largest = projects.first().map_or(0, |first| first.1.stats.bytes);
        // The total is the largest number, but a smaller size can have more digits.
        let sizes = projects.iter().map(|(_, project)| project.stats.bytes);
        let lens = sizes
            .chain([total.bytes])
            .map(|size| format_size(size).len());
        let widths = (lens.max().unwrap_or(0), total.files.to_string().len());
        for (path, Project { stats, kinds }) in &projects {
            out.write_text(&format_row(stats, largest, widths, out.is_terminal));
            let kinds: Vec<_> = kinds.iter().copied().collect();
            out.write_path(path, true, None, Some(&kinds.join(", ")));
        }
        if !projects.is_empty() {
            out.write_text(&format_row(&total, u64::MAX, widths, out.is_terminal));
            out.write_text("total\n");
        }
    }
}

fn format_row(
    stats: &RemovalStats,
    largest: u64,
    (size_width, count_width): (usize, usize),
    has_bar: bool,
) -> String {
    let RemovalStats { files, bytes, .. } = *stats;
    let noun = if files == 1 { "file" } else { "files" };
    let bar = if has_bar {
        let len = (bytes as f64 / largest.max(1) as f64 * BAR_WIDTH as f64).round() as usize;
        let len = len.max(usize::from(bytes > 0 && largest != u64::MAX));
        format!("{:<BAR_WIDTH$}  ", "=".repeat(len.min(BAR_WIDTH)))
    } else {
        String::new()
    };
    format!(
        "{:>size_width$}  {bar}{files:>count_width$} {noun:<5}  ",
        format_size(bytes)
    )
}
