//! Paths, counts and sizes as text.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::stats::RemovalStats;

/// Formats a path for a terminal. Control characters, characters that change the writing
/// direction, and bytes that are not UTF-8 become escapes, so that a file name can
/// neither move the cursor nor look like another name.
pub(crate) fn escape_path(path: &Path) -> String {
    let mut text = String::new();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        for char in chunk.valid().chars() {
            if char.is_control() || changes_direction(char) {
                text.extend(char.escape_default());
            } else {
                text.push(char);
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

/// Whether a character changes the writing direction (Unicode Bidi_Control).
fn changes_direction(char: char) -> bool {
    matches!(
        char,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

/// Formats paths for a terminal, separated by commas.
pub(crate) fn list_paths(paths: &[PathBuf]) -> String {
    list_some(paths.iter(), usize::MAX)
}

/// The first paths, at most `max`, and the number of the others.
pub(crate) fn list_some<P: AsRef<Path>>(
    paths: impl ExactSizeIterator<Item = P>,
    max: usize,
) -> String {
    let more = paths.len().saturating_sub(max);
    let first = paths.take(max);
    let mut names: Vec<_> = first.map(|path| escape_path(path.as_ref())).collect();
    if more > 0 {
        names.push(format!("{more} more"));
    }
    names.join(", ")
}

/// Formats what was removed: `3 directories and 25 files (405.3 KiB)`.
pub(crate) fn format_stats(stats: &RemovalStats) -> String {
    let directories = format_count(stats.directories, "directory", "directories");
    let files = format_files(stats.files, stats.bytes);
    match (stats.directories, stats.files) {
        (0, 0) => "nothing".to_owned(),
        (_, 0) => directories,
        (0, _) => files,
        (_, _) => format!("{directories} and {files}"),
    }
}

/// Formats a number of files and their size: `25 files (405.3 KiB)`.
pub(crate) fn format_files(count: u64, bytes: u64) -> String {
    let counted = format_count(count, "file", "files");
    format!("{counted} ({})", format_size(bytes))
}

/// Formats a number with its noun: `1 file`, `2 files`.
pub(crate) fn format_count(number: u64, singular: &str, plural: &str) -> String {
    let noun = if number == 1 { singular } else { plural };
    format!("{number} {noun}")
}

/// Formats a size in bytes with one decimal: `512 B`, `405.3 KiB`, `1.2 GiB`.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_one_decimal_and_are_never_rounded_to_1024() {
        for (bytes, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1536, "1.5 KiB"),
            (1024 * 1024 - 52, "1023.9 KiB"),
            (1024 * 1024 - 1, "1.0 MiB"),
            (u64::MAX, "16777216.0 TiB"),
        ] {
            assert_eq!(format_size(bytes), text);
        }
    }

    #[test]
    fn removals_are_counted_with_their_nouns() {
        let format = |directories, files, bytes| {
            format_stats(&RemovalStats {
                directories,
                files,
                bytes,
                ..RemovalStats::default()
            })
        };
        assert_eq!(format(0, 0, 0), "nothing");
        assert_eq!(format(1, 0, 0), "1 directory");
        assert_eq!(format(0, 1, 5), "1 file (5 B)");
        assert_eq!(format(2, 3, 2048), "2 directories and 3 files (2.0 KiB)");
    }

    #[test]
    fn paths_are_escaped_where_they_would_mislead() {
        let escaped = |text: &str| escape_path(Path::new(text));
        assert_eq!(escaped("häuser/a b.pyc"), "häuser/a b.pyc");
        assert_eq!(escaped("\x1b[2J"), "\\u{1b}[2J");
        assert_eq!(escaped("a\nb\u{202e}c"), "a\\nb\\u{202e}c");
    }

    #[cfg(unix)]
    #[test]
    fn bytes_that_are_not_utf8_are_escaped() {
        use std::os::unix::ffi::OsStrExt;
        let path = Path::new(std::ffi::OsStr::from_bytes(b"a\xffb"));
        assert_eq!(escape_path(path), "a\\xffb");
    }
}
