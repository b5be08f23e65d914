//! The chart of the README, drawn from the first table of `docs/benchmarks.md`.

use std::fmt::Write;
use std::fs;

use snapbox::{assert_data_eq, file};

/// The width of the longest bar and the height of a line, in pixels.
const LONGEST_BAR: f64 = 420.0;
const LINE: usize = 26;

/// The name and the ratio of each program in the table "Removal".
fn ratios() -> Vec<(String, f64)> {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/benchmarks.md");
    let page = fs::read_to_string(page).unwrap();
    let table = page.split("## Removal\n").nth(1).unwrap();
    let table = table.split("\n## ").next().unwrap();
    let rows = table
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| *"));
    // The first row is the heading.
    rows.skip(1)
        .map(|row| {
            let cells: Vec<_> = row.split('|').map(str::trim).collect();
            let command = cells[1].trim_matches('`');
            let words: Vec<_> = command.split(' ').collect();
            let name = match words[..] {
                ["pyclean", ..] => "pyclean".to_owned(),
                ["find", ..] => "find -delete".to_owned(),
                ["fd", ..] => "fd -X rm -rf".to_owned(),
                ["git", ..] => "git clean -dfX".to_owned(),
                _ => command.to_owned(),
            };
            (name, cells[3].parse().unwrap())
        })
        .collect()
}

/// Draws a bar for each ratio, as SVG that is readable on white and on black.
fn draw(ratios: &[(String, f64)]) -> String {
    let longest = ratios.iter().map(|(_, ratio)| *ratio).fold(1.0, f64::max);
    let height = ratios.len() * LINE + 10;
    let mut svg = format!(
        r##"<svg width="740" height="{height}" xmlns="http://www.w3.org/2000/svg" font-family="sans-serif" font-size="14" fill="#808080">
"##
    );
    for (index, (name, ratio)) in ratios.iter().enumerate() {
        let (top, width) = (index * LINE + 5, ratio / longest * LONGEST_BAR);
        let (text, end) = (top + 15, 190.0 + width);
        let color = if index == 0 { "#2f9e44" } else { "#8da0b5" };
        writeln!(
            svg,
            r#"  <text x="160" y="{text}" text-anchor="end">{name}</text>"#
        )
        .unwrap();
        writeln!(
            svg,
            r#"  <rect x="170" y="{top}" width="{width:.1}" height="20" rx="3" fill="{color}"/>"#
        )
        .unwrap();
        writeln!(svg, r#"  <text x="{end:.1}" y="{text}">{ratio} ×</text>"#).unwrap();
    }
    svg + "</svg>\n"
}

#[test]
fn chart_shows_the_table() {
    let ratios = ratios();
    assert_eq!(ratios[0], ("pyclean".to_owned(), 1.0));
    assert_data_eq!(draw(&ratios), file!["../../docs/speed.svg"].raw());
}
