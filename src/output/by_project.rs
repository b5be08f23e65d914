//! One line per project: `--by-project`.

use std::cmp::Reverse;

use super::json::{JsonPath, Message};
use super::stdout::Stdout;
use crate::console::format::format_size;
use crate::path::path_order;
use crate::projects::Project;
use crate::stats::RemovalStats;

/// The largest width of a bar. It is a quarter of the terminal if that is less.
const MAX_BAR_WIDTH: usize = 30;

/// Writes the projects in which something was removed, the largest first, and for people
/// their total.
pub(crate) fn write_projects(mut projects: Vec<Project>, out: &mut Stdout) {
    projects.retain(|project| !project.stats.is_empty());
    projects.sort_by(|a, b| {
        let size = |project: &Project| Reverse((project.stats.bytes, project.stats.files));
        let by_size = size(a).cmp(&size(b));
        by_size.then_with(|| path_order(&a.path, &b.path))
    });
    if out.is_json {
        for Project { path, stats, kinds } in &projects {
            let path = JsonPath(path);
            out.write_json(&Message::Project { path, kinds, stats });
        }
    } else if !projects.is_empty() {
        write_table(&projects, out);
    }
}

fn write_table(projects: &[Project], out: &mut Stdout) {
    let mut sum = RemovalStats::default();
    for project in projects {
        sum += project.stats.clone();
    }
    let width = |text: fn(&RemovalStats) -> String| {
        let rows = projects.iter().map(|project| &project.stats);
        let widths = rows.chain([&sum]).map(|stats| text(stats).len());
        widths.max().unwrap_or(0)
    };
    let size_width = width(|stats| format_size(stats.bytes));
    let count_width = width(|stats| stats.files.to_string());
    let bar_width = bar_width(out);
    let largest = projects.first().map_or(0, |project| project.stats.bytes);
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
    for Project { path, stats, kinds } in projects {
        let bar = bar_len(stats.bytes, largest, bar_width);
        out.write_text(&start(stats, bar));
        let kinds: Vec<_> = kinds.iter().copied().collect();
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
