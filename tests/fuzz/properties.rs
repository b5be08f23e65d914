// Properties of any input: the bodies of the fuzz targets. `tests/fuzz_seeds.rs` checks
// them on the seeds.

use std::ffi::OsStr;
use std::path::Path;

use pyclean::fuzzing::{self, GitIndex};
use pyclean::pyc::header::PROBE_LEN;
use pyclean::pyc::marshal::{MarshalFormat, check_code};
use pyclean::pyc::{BytecodeName, Damage, Header, Interpreter, magic};

/// A name begins with its module.
pub fn name(bytes: &[u8]) {
    let Ok(name) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Some(parsed) = BytecodeName::parse(OsStr::new(name)) {
        assert!(name.starts_with(parsed.module.to_str().unwrap()));
        let _ = parsed.interpreter();
    }
}

/// Bytes after the probe do not matter.
pub fn header(bytes: &[u8]) {
    for tag in [
        None,
        Some("cpython-312"),
        Some("cpython-36"),
        Some("pypy39"),
    ] {
        let start = &bytes[..bytes.len().min(PROBE_LEN)];
        assert_eq!(
            Header::parse(start, tag).ok(),
            Header::parse(bytes, tag).ok()
        );
    }
    let _ = magic::number(bytes).and_then(magic::interpreter);
}

/// Damage is at a position in the file, every prefix of intact code is truncated, and
/// bytes after the code do not matter. The first two bytes select the format.
pub fn marshal(bytes: &[u8]) {
    let Some((magic, code)) = bytes.split_first_chunk() else {
        return;
    };
    let Some(format) = MarshalFormat::of(u16::from_le_bytes(*magic)) else {
        return;
    };
    match check_code(code, 0, format) {
        Ok(()) => {
            let longer = [code, b"more"].concat();
            assert_eq!(check_code(&longer, 0, format), Ok(()));
            // Otherwise there may be bytes after the code.
            if check_code(&code[..code.len() - 1], 0, format).is_err() {
                let middle = code.len() / 2;
                let expected = Err(Damage::Truncated(middle as u32));
                assert_eq!(check_code(&code[..middle], 0, format), expected);
            }
        }
        Err(Damage::Truncated(len)) => assert_eq!(len as usize, code.len()),
        Err(Damage::Corrupt(position)) => {
            // The bytes before the position are intact.
            let intact = &code[..position as usize];
            assert_eq!(
                check_code(intact, 0, format),
                Err(Damage::Truncated(position))
            );
        }
        Err(damage) => assert_eq!(damage, Damage::NoCode),
    }
}

/// A parsed version is displayed such that it is parsed again with the same result.
pub fn version(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(interpreter) = text.parse::<Interpreter>()
    {
        let shown = interpreter.to_string().replace(' ', "");
        assert_eq!(shown.parse().as_ref(), Ok(&interpreter), "{shown}");
    }
}

/// A word to ignore without wildcards matches a file of that name.
pub fn ignore(bytes: &[u8]) {
    let Ok(word) = std::str::from_utf8(bytes) else {
        return;
    };
    let is_name = !word.contains(['/', '\\', '*', '?', '[', '{']);
    if let Some(is_ignored) = fuzzing::is_ignored_by_own_name(word) {
        assert!(!is_name || is_ignored);
    }
}

/// Settings are accepted or refused, but only in a file that names this program.
pub fn config(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes)
        && fuzzing::are_settings_valid(text).is_some_and(|is_valid| is_valid)
    {
        assert!(text.contains("pyclean"));
    }
}

/// An index tracks its paths and what is around them, also if it is written in another way, and
/// does not expand to much more than its size.
pub fn index(bytes: &[u8]) {
    let Ok(index) = GitIndex::parse(bytes) else {
        return;
    };
    let paths: Vec<_> = index.paths().collect();
    for path in &paths {
        let (first, _) = path.split_once('/').unwrap();
        assert!(index.tracks(Path::new(path)) && index.tracks(Path::new(first)));
        assert!(index.may_track_bytecode() || !path.ends_with(".pyc/"));
    }
    let len: usize = paths.iter().map(|path| path.len()).sum();
    // Characters can become longer in lower case.
    assert!(len <= 3 * (4 * bytes.len() + (1 << 20)));
    if paths.iter().all(|path| path.len() <= 4096) {
        let rewritten = GitIndex::parse(&sparse_index(&paths)).unwrap();
        assert!(rewritten.paths().eq(paths));
    }
}

/// An index of version 2 with hashes of 20 bytes, in which each path is a directory.
fn sparse_index(paths: &[&str]) -> Vec<u8> {
    let mut bytes = [b"DIRC\0\0\0\x02".as_slice(), &be32(paths.len())].concat();
    for path in paths {
        bytes.extend([0; 24]);
        bytes.extend(be32(0o40000));
        bytes.extend([0; 32]);
        bytes.extend(&be32(path.len().min(0xfff))[2..]);
        bytes.extend(path.as_bytes());
        bytes.extend(vec![0; 8 - (62 + path.len()) % 8]);
    }
    bytes.extend([0; 20]);
    bytes
}

fn be32(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap().to_be_bytes()
}
