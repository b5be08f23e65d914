//! Text for people: escaped, counted, measured.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::Path;

use indicatif::HumanCount;

use crate::stats::RemovalStats;

/// Escapes control characters, characters that change the writing direction (Unicode
/// Bidi_Control), and bytes that are not UTF-8.
pub(crate) fn escape(text: impl AsRef<OsStr>) -> String {
    let mut escaped = String::new();
    for chunk in text.as_ref().as_encoded_bytes().utf8_chunks() {
        for char in chunk.valid().chars() {
            if is_printable(char) {
                escaped.push(char);
            } else {
                escaped.extend(char.escape_default());
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(escaped, "\\x{byte:02x}");
        }
    }
    escaped
}

/// Escapes a line of JSON, of which the serializer escapes only U+0000 to U+001F.
pub(crate) fn escape_json(json: &str) -> String {
    let mut escaped = String::new();
    for char in json.chars() {
        if is_printable(char) {
            escaped.push(char);
        } else {
            let _ = write!(escaped, "\\u{:04x}", u32::from(char));
        }
    }
    escaped
}

fn is_printable(char: char) -> bool {
    !char.is_control()
        && !matches!(
            char,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

/// Formats a command to paste into a shell: how it starts, and words to quote. `None` if one of
/// them cannot be quoted.
pub(crate) fn format_command<W: AsRef<OsStr>>(
    start: &str,
    words: impl IntoIterator<Item = W>,
) -> Option<String> {
    let words = words.into_iter().map(|word| quote(word.as_ref()));
    let words: Vec<_> = words.collect::<Option<_>>()?;
    Some(format!("{start} {}", words.join(" ")))
}

fn quote(word: &OsStr) -> Option<String> {
    let word = word.to_str()?;
    let is_plain = !word.is_empty()
        // zsh expands `=` at the start of a word.
        && !word.starts_with('=')
        && word.chars().all(|char| {
            char.is_alphanumeric()
                || "-_./,:=+".contains(char)
                || (cfg!(windows) && char == '\\')
        });
    if is_plain {
        Some(word.to_owned())
    } else if cfg!(windows) || !word.chars().all(is_printable) {
        None
    } else {
        Some(format!("'{}'", word.replace('\'', r"'\''")))
    }
}

/// The first paths, at most `max`, and the number of the others.
pub(crate) fn list_some<P: AsRef<Path>>(
    paths: impl ExactSizeIterator<Item = P>,
    max: usize,
) -> String {
    let more = paths.len().saturating_sub(max);
    let first = paths.take(max);
    let mut names: Vec<_> = first.map(|path| escape(path.as_ref())).collect();
    if more > 0 {
        names.push(format!("{more} more"));
    }
    names.join(", ")
}

/// `3 directories and 25 files (405.3 KiB)`.
pub(crate) fn format_stats(stats: RemovalStats) -> String {
    let directories = format_count(stats.directories, "directory", "directories");
    let files = format_count(stats.files, "file", "files");
    let size = format_size(stats.bytes);
    match (stats.directories, stats.files) {
        (0, 0) => "nothing".to_owned(),
        (_, 0) => directories,
        (0, _) => format!("{files} ({size})"),
        (_, _) => format!("{directories} and {files} ({size})"),
    }
}

/// `1 file`, `12,345 files`.
pub(crate) fn format_count(number: u64, singular: &str, plural: &str) -> String {
    let noun = if number == 1 { singular } else { plural };
    format!("{} {noun}", HumanCount(number))
}

/// `512 B`, `405.3 KiB`, `1.2 GiB`.
pub(crate) fn format_size(bytes: u64) -> String {
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut size = bytes as f64 / 1024.0;
    let mut unit = "KiB";
    for larger in ["MiB", "GiB", "TiB"] {
        // A larger value would be rounded to 1024.0.
        if size < 1023.95 {
            break;
        }
        size /= 1024.0;
        unit = larger;
    }
    format!("{size:.1} {unit}")
}
