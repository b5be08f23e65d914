//! One line per project: `--by-project`.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::json::{JsonPath, Message};
use super::stdout::Stdout;
use crate::console::format::format_size;
use crate::path::path_order;
use crate::plan::Target;
use crate::projects::Projects;
use crate::stats::RemovalStats;

/// The largest width of a bar. It is a quarter of the terminal if that is less.
const MAX_BAR_WIDTH: usize = 30;

/// Adds up what was removed in each project.
#[derive(Debug)]
pub(crate) struct ByProject<'a> {
    projects: &'a Projects,
    /// By the position of the project.
    totals: BTreeMap<usize, ProjectTotal>,
}

/// What was removed in a project.
#[derive(Debug, Default)]
struct ProjectTotal {
    stats: RemovalStats,
    kinds: BTreeSet<&'static str>,
}

impl<'a> ByProject<'a> {
    /// Totals without anything removed.
    pub(crate) fn new(projects: &'a Projects) -> Self {
        Self {
            projects,
            totals: BTreeMap::new(),
        }
    }

    /// Adds what was removed of a target.
    pub(crate) fn add(&mut self, target: &Target, stats: &RemovalStats) {
        let Some(position) = self.projects.position(target) else {
            return;
        };
        if !stats.is_empty() {
            let total = self.totals.entry(position).or_default();
            total.stats += stats.clone();
            total.kinds.insert(target.kind_word());
        }
    }

    /// Writes the projects, the largest first, and for people their total.
    pub(crate) fn write(&self, out: &mut Stdout) {
        let mut projects: Vec<(&Path, &ProjectTotal)> = self
            .totals
            .iter()
            .map(|(position, total)| (&*self.projects.paths[*position], total))
            .collect();
        projects.sort_by(|(a_path, a), (b_path, b)| {
            let size = |total: &ProjectTotal| Reverse((total.stats.bytes, total.stats.files));
            size(a)
                .cmp(&size(b))
                .then_with(|| path_order(a_path, b_path))
        });
        if out.is_json {
            for (path, total) in projects {
                out.write_json(&Message::Project {
                    path: JsonPath(path),
                    kinds: &total.kinds,
                    stats: &total.stats,
                });
            }
        } else if !projects.is_empty() {
            write_table(&projects, out);
        }
    }
}

fn write_table(projects: &[(&Path, &ProjectTotal)], out: &mut Stdout) {
    let mut sum = RemovalStats::default();
    for (_, total) in projects {
        sum += total.stats.clone();
    }
    let width = |text: fn(&RemovalStats) -> String| {
        let rows = projects.iter().map(|(_, total)| &total.stats);
        let widths = rows.chain([&sum]).map(|stats| text(stats).len());
        widths.max().unwrap_or(0)
    };
    let size_width = width(|stats| format_size(stats.bytes));
    let count_width = width(|stats| stats.files.to_string());
    let bar_width = bar_width(out);
    let largest = projects.first().map_or(0, |(_, total)| total.stats.bytes);
    let start = |stats: &RemovalStats, bar: usize| {
        let size = format_size(stats.bytes);
        let count = stats.files;
        let noun = if count == 1 { "file" } else { "files" };
        let mut text = format!("{size:>size_width$}  ");
        if bar_width > 0 {
            text += &format!("{:<bar_width$}  ", "=".repeat(bar));
        }
        text + &format!("{count:>count_width$} {noun:<5}  ")
    };
    for (path, total) in projects {
        let bar = bar_len(total.stats.bytes, largest, bar_width);
        out.write_text(&start(&total.stats, bar));
        let kinds: Vec<_> = total.kinds.iter().copied().collect();
        out.write_path(path, true, Some(&kinds.join(", ")));
    }
    out.write_text(&start(&sum, 0));
    out.write_text("total\n");
}

/// The width of the longest bar; 0 without a terminal.
fn bar_width(out: &Stdout) -> usize {
    if !out.is_terminal {
        return 0;
    }
    let size = terminal_size::terminal_size();
    let columns = size.map_or(80, |(width, _)| usize::from(width.0));
    (columns / 4).min(MAX_BAR_WIDTH)
}

/// The length of a bar, at least one character unless nothing is there.
fn bar_len(bytes: u64, largest: u64, width: usize) -> usize {
    if bytes == 0 {
        return 0;
    }
    let share = bytes as f64 / largest as f64;
    ((share * width as f64).round() as usize).clamp(1.min(width), width)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_scaled_to_the_largest() {
        for (bytes, largest, width, len) in [
            (100, 100, 20, 20),
            (50, 100, 20, 10),
            (1, 1_000_000, 20, 1),
            (0, 100, 20, 0),
            (0, 0, 20, 0),
            (u64::MAX, u64::MAX, 20, 20),
            (100, 100, 0, 0),
        ] {
            assert_eq!(bar_len(bytes, largest, width), len, "{bytes} of {largest}");
        }
    }
}
