//! The pictures of the README, each for a light and a dark page: `docs/terminal-*.svg` shows
//! runs on a terminal, `docs/speed-*.svg` the first table of `docs/benchmarks.md`.
//! `SNAPSHOTS=overwrite` draws them again.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use snapbox::{Data, assert_data_eq};

use crate::project_file;
use crate::terminal::show;
use crate::util::{Tree, tree};

struct Theme {
    name: &'static str,
    background: &'static str,
    title_bar: &'static str,
    border: &'static str,
    text: &'static str,
    dim: &'static str,
    /// Red, green, yellow, blue, magenta, cyan: the colors 31 to 36 of a terminal (ECMA-48).
    colors: [&'static str; 6],
    bar: &'static str,
    other_bar: &'static str,
}

const THEMES: [Theme; 2] = [
    Theme {
        name: "light",
        background: "#ffffff",
        title_bar: "#f6f8fa",
        border: "#d0d7de",
        text: "#1f2328",
        dim: "#59636e",
        colors: [
            "#cf222e", "#116329", "#7d4e00", "#0969da", "#8250df", "#1b7c83",
        ],
        bar: "#2da44e",
        other_bar: "#8c959f",
    },
    Theme {
        name: "dark",
        background: "#161b22",
        title_bar: "#21262d",
        border: "#30363d",
        text: "#e6edf3",
        dim: "#8d96a0",
        colors: [
            "#ff7b72", "#3fb950", "#d29922", "#58a6ff", "#bc8cff", "#39c5cf",
        ],
        bar: "#2ea043",
        other_bar: "#6e7681",
    },
];

#[track_caller]
fn assert_picture(picture: &str, theme: &Theme, svg: &str) {
    let path = format!("docs/{picture}-{}.svg", theme.name);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    assert_data_eq!(svg, Data::read_from(&path, None).raw());
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// A shop in which one module was edited in the second in which it was compiled, one was compiled
/// on a full disk, and the package `coupons` was deleted.
fn create_shop() -> Tree {
    let shop = tree("pyproject.toml .mypy_cache/3.13/shop.json dist/shop-1.0.tar.gz");
    for module in ["app", "cart", "price", "coupons/code", "coupons/rule"] {
        let (directory, name) = module.rsplit_once('/').unwrap_or(("", module));
        let bytecode = format!("shop/{directory}/__pycache__/{name}.cpython-313.pyc");
        shop.add_compiled(&format!("shop/{module}.py"), "cpython-3.13", &bytecode);
    }
    shop.set_mtime("shop/__pycache__/cart.cpython-313.pyc", 0.2);
    shop.set_mtime("shop/cart.py", 0.5);
    let truncated = shop.file_path("shop/__pycache__/price.cpython-313.pyc");
    let truncated = fs::File::options().write(true).open(truncated).unwrap();
    truncated.set_len(100).unwrap();
    fs::remove_file(shop.file_path("shop/coupons/code.py")).unwrap();
    fs::remove_file(shop.file_path("shop/coupons/rule.py")).unwrap();
    shop
}

/// Types a command line at a terminal. Returns what the screen shows, with escape sequences.
fn type_line(tree: &Tree, line: &str) -> String {
    let mut command = tree.command(line.split(' ').skip(1));
    command
        .arg("--no-progress")
        .env("TERM", "xterm-256color")
        .env_remove("NO_COLOR");
    // The hint repeats the options.
    let output = show(command).replace(" --no-progress", "");
    format!("\x1b[2m$\x1b[0m \x1b[1m{line}\x1b[0m\n{output}")
}

/// A line of the screen as SVG, and the number of its characters.
fn draw_line(line: &str, theme: &Theme) -> (String, usize) {
    let (mut svg, mut width) = (String::new(), 0);
    let (mut color, mut is_dim, mut is_bold) = (None, false, false);
    for (index, part) in line.split("\x1b[").enumerate() {
        let mut text = part;
        if index > 0 {
            let (codes, rest) = part.split_once('m').unwrap();
            text = rest;
            for code in codes.split(';').map(|code| code.parse().unwrap_or(0)) {
                match code {
                    0 => (color, is_dim, is_bold) = (None, false, false),
                    1 => is_bold = true,
                    2 => is_dim = true,
                    31..=36 => color = Some(theme.colors[code - 31]),
                    91..=96 => color = Some(theme.colors[code - 91]),
                    _ => {}
                }
            }
        }
        if text.is_empty() {
            continue;
        }
        let fill = color.unwrap_or(if is_dim { theme.dim } else { theme.text });
        let weight = if is_bold {
            r#" font-weight="bold""#
        } else {
            ""
        };
        write!(
            svg,
            r#"<tspan fill="{fill}"{weight}>{}</tspan>"#,
            escape(text)
        )
        .unwrap();
        width += text.chars().count();
    }
    (svg, width)
}

/// The screen in the frame of a window.
fn draw_terminal(screen: &str, theme: &Theme) -> String {
    const LINE: usize = 20;
    const TITLE_BAR: usize = 36;
    const MARGIN: usize = 18;
    let lines: Vec<_> = screen
        .trim_end()
        .lines()
        .map(|line| draw_line(line, theme))
        .collect();
    let columns = lines.iter().map(|(_, width)| *width).max().unwrap_or(0);
    // A character of the usual fonts of 14 pixels is at most 8.5 pixels wide.
    let width = columns * 17 / 2 + 2 * MARGIN;
    let height = TITLE_BAR + lines.len() * LINE + 2 * MARGIN - 6;
    let Theme {
        background,
        title_bar,
        border,
        ..
    } = theme;
    let (right, bottom) = (width - 1, height - 1);
    let mut svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">
<rect x="0.5" y="0.5" width="{right}" height="{bottom}" rx="9" fill="{background}"/>
<path d="M0.5 {TITLE_BAR}V9.5a9 9 0 0 1 9-9H{edge}a9 9 0 0 1 9 9V{TITLE_BAR}z" fill="{title_bar}"/>
<rect x="0.5" y="0.5" width="{right}" height="{bottom}" rx="9" fill="none" stroke="{border}"/>
<circle cx="20" cy="18" r="6" fill="#ff5f57"/><circle cx="40" cy="18" r="6" fill="#febc2e"/><circle cx="60" cy="18" r="6" fill="#28c840"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace" font-size="14" xml:space="preserve">
"##,
        edge = width as f64 - 9.5,
    );
    for (index, (line, _)) in lines.iter().enumerate() {
        let y = TITLE_BAR + MARGIN + 10 + index * LINE;
        writeln!(svg, r#"<text x="{MARGIN}" y="{y}">{line}</text>"#).unwrap();
    }
    svg + "</g>\n</svg>\n"
}

#[test]
fn picture_shows_runs_on_a_terminal() {
    let shop = create_shop();
    let screen = [
        type_line(&shop, "pyclean . --stale -n"),
        type_line(&shop, "pyclean . --stale --debris mypy package"),
    ];
    for theme in &THEMES {
        let svg = draw_terminal(&screen.join("\n"), theme);
        assert_picture("terminal", theme, &svg);
    }
}

/// The title and the rows (program, time as the table shows it) of the first table.
fn times() -> (String, Vec<(String, String)>) {
    let page = project_file("docs/benchmarks.md");
    let title = page.lines().find_map(|line| line.strip_prefix("**"));
    let title = title.unwrap().trim_end_matches("**").to_owned();
    let rows = page.lines().skip_while(|line| !line.starts_with("|---"));
    let rows = rows.skip(1).take_while(|line| line.starts_with('|'));
    let cells = rows.map(|row| row.split('|').map(|cell| cell.trim().trim_matches('`')));
    let times = cells.map(|cells| {
        let [program, time] = cells.skip(1).take(2).collect::<Vec<_>>()[..] else {
            panic!("a row has two cells");
        };
        (program.to_owned(), time.to_owned())
    });
    (title, times.collect())
}

/// A horizontal bar for each time.
fn draw_chart(title: &str, times: &[(String, String)], theme: &Theme) -> String {
    const LINE: usize = 28;
    const LONGEST_BAR: f64 = 380.0;
    let seconds = |time: &str| time.trim_end_matches(" s").parse::<f64>().unwrap();
    let longest = times
        .iter()
        .map(|(_, time)| seconds(time))
        .fold(0.0, f64::max);
    let Theme {
        text,
        bar,
        other_bar,
        ..
    } = theme;
    let height = times.len() * LINE + 46;
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="720" height="{height}" viewBox="0 0 720 {height}" font-family="-apple-system, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif" font-size="14" fill="{text}">
<text x="8" y="22" font-weight="bold">{}</text>
"#,
        escape(title)
    );
    for (index, (program, time)) in times.iter().enumerate() {
        let top = index * LINE + 40;
        let width = seconds(time) / longest * LONGEST_BAR;
        let (color, weight) = match index {
            0 => (bar, r#" font-weight="bold""#),
            _ => (other_bar, ""),
        };
        writeln!(
            svg,
            r#"<g{weight}><text x="240" y="{y}" text-anchor="end">{}</text><rect x="252" y="{top}" width="{width:.0}" height="20" rx="3" fill="{color}"/><text x="{end:.0}" y="{y}">{time}</text></g>"#,
            escape(program),
            y = top + 15,
            end = 260.0 + width,
        )
        .unwrap();
    }
    svg + "</svg>\n"
}

#[test]
fn chart_shows_the_first_table() {
    let (title, times) = times();
    assert!(times[0].0.starts_with("pyclean "), "{times:?}");
    for theme in &THEMES {
        assert_picture("speed", theme, &draw_chart(&title, &times, theme));
    }
}

/// The relative luminance of a color (WCAG 2.1).
fn luminance(color: &str) -> f64 {
    let channel = |index: usize| {
        let value = u8::from_str_radix(&color[index..index + 2], 16).unwrap();
        let value = f64::from(value) / 255.0;
        if value <= 0.04045 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

#[test]
fn text_has_enough_contrast() {
    for theme in &THEMES {
        let background = luminance(theme.background);
        for color in [theme.text, theme.dim].iter().chain(&theme.colors) {
            let (low, high) = match luminance(color) {
                text if text < background => (text, background),
                text => (background, text),
            };
            let contrast = (high + 0.05) / (low + 0.05);
            assert!(contrast >= 4.5, "{} {color}: {contrast:.1}", theme.name);
        }
    }
}
