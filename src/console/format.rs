//! Text for people: escaped, counted, measured.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Escapes what a terminal would not print as it is: control characters, characters that
/// change the writing direction, and bytes that are not UTF-8. So a file name can neither
/// move the cursor nor look like another name.
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

/// [`escape`] for a path.
pub(crate) fn escape_path(path: &Path) -> String {
    escape(path)
}

/// Escapes one line of JSON for a terminal, in which it is still the same JSON. The
/// serializer escapes only U+0000 to U+001F.
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

/// Whether a character is neither a control character nor one that changes the writing
/// direction (Unicode Bidi_Control).
fn is_printable(char: char) -> bool {
    !char.is_control()
        && !matches!(
            char,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

/// Formats a command to paste into a shell. `None` if it needs quotes that a shell of the
/// system may not understand, or has a word that cannot be printed as it is.
pub(crate) fn format_command<W: AsRef<OsStr>>(
    words: impl IntoIterator<Item = W>,
) -> Option<String> {
    let words = words.into_iter().map(|word| quote(word.as_ref()));
    Some(words.collect::<Option<Vec<_>>>()?.join(" "))
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
pub(crate) fn format_stats(directories: u64, files: u64, bytes: u64) -> String {
    let counted = format_count(directories, "directory", "directories");
    match (directories, files) {
        (0, 0) => "nothing".to_owned(),
        (_, 0) => counted,
        (0, _) => format_files(files, bytes),
        (_, _) => format!("{counted} and {}", format_files(files, bytes)),
    }
}

/// Formats a number of files and their size: `25 files (405.3 KiB)`.
pub(crate) fn format_files(count: u64, bytes: u64) -> String {
    let counted = format_count(count, "file", "files");
    format!("{counted} ({})", format_size(bytes))
}

/// Formats a number with its noun: `1 file`, `12,345 files`.
pub(crate) fn format_count(number: u64, singular: &str, plural: &str) -> String {
    let noun = if number == 1 { singular } else { plural };
    format!("{} {noun}", format_number(number))
}

/// Formats a number with separators: `12,345`.
pub(crate) fn format_number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
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
        assert_eq!(format_stats(0, 0, 0), "nothing");
        assert_eq!(format_stats(1, 0, 0), "1 directory");
        assert_eq!(format_stats(0, 1, 5), "1 file (5 B)");
        assert_eq!(
            format_stats(2, 3000, 2048),
            "2 directories and 3,000 files (2.0 KiB)"
        );
    }

    #[test]
    fn numbers_have_separators() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1234567, "1,234,567"),
        ] {
            assert_eq!(format_number(number), text);
        }
    }

    #[test]
    fn only_printable_text_reaches_a_terminal() {
        for (text, escaped) in [
            ("häuser/a b.pyc", "häuser/a b.pyc"),
            ("\x1b[2J", "\\u{1b}[2J"),
            ("\u{9b}2J\x7f", "\\u{9b}2J\\u{7f}"),
            ("a\nb\u{202e}c\u{2066}", "a\\nb\\u{202e}c\\u{2066}"),
            ("\u{61c}\u{200e}\u{200f}", "\\u{61c}\\u{200e}\\u{200f}"),
        ] {
            assert_eq!(escape(text), escaped);
        }
    }

    #[test]
    fn escaped_json_has_the_same_meaning() {
        let text = "a\u{9b}\u{202e}\u{7f}\n\"é";
        let json = escape_json(&serde_json::to_string(text).unwrap());
        assert_eq!(json, r#""a\u009b\u202e\u007f\n\"é""#);
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }

    #[cfg(unix)]
    #[test]
    fn bytes_that_are_not_utf8_are_escaped() {
        use std::os::unix::ffi::OsStrExt;
        let path = OsStr::from_bytes(b"a\xffb");
        assert_eq!(escape(path), "a\\xffb");
        assert_eq!(format_command([path]), None);
    }

    #[cfg(unix)]
    #[test]
    fn command_is_quoted_for_a_shell() {
        for (word, quoted) in [
            ("a/b-c_1.2,x=y", "a/b-c_1.2,x=y"),
            ("a b", "'a b'"),
            ("it's $(x)", r"'it'\''s $(x)'"),
            ("~/x", "'~/x'"),
            ("=ls", "'=ls'"),
            ("", "''"),
        ] {
            assert_eq!(
                format_command(["rm", word]).unwrap(),
                format!("rm {quoted}")
            );
        }
        assert_eq!(format_command(["rm", "a\u{9b}"]), None);
    }
}
