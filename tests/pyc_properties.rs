//! Properties of any name and any bytes.

use std::ffi::OsStr;

use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use pyclean::pyc::header::PROBE_LEN;
use pyclean::pyc::{BytecodeName, Header, Interpreter};

/// Whether this is the name of a bytecode file, determined in another way: by removing
/// one extension after the other.
fn is_bytecode(name: &str) -> bool {
    let is_written = |name: &str| matches!(name.rsplit_once('.'), Some((_, "pyc" | "pyo")));
    match name.rsplit_once('.') {
        Some((rest, end)) if !end.is_empty() && end.chars().all(|c| c.is_ascii_digit()) => {
            is_written(rest)
        }
        _ => is_written(name) || name.ends_with("$py.class"),
    }
}

/// Names made of the parts of names, so that most are nearly those of bytecode files.
fn names() -> impl Strategy<Value = String> {
    const PARTS: &str = "m|.|.py|.pyc|.pyo|$py.class|.cpython-312|.pypy39|-pytest-8.3.4|.opt-2|.12|\
        -11-01| copy|.src|c";
    let parts: Vec<_> = PARTS.split('|').map(str::to_owned).collect();
    let part = prop_oneof![15 => prop::sample::select(parts), 1 => "\\PC{0,3}"];
    prop::collection::vec(part, 0..6).prop_map(|parts| parts.concat())
}

/// Checks whether a name is parsed, and into which parts.
fn check_name(name: &OsStr) -> TestCaseResult {
    let text = name.to_string_lossy();
    let parsed = BytecodeName::parse(name);
    prop_assert_eq!(parsed.is_some(), is_bytecode(&text));
    if let Some(parsed) = parsed {
        let module = parsed.module.as_encoded_bytes();
        let rest = name.as_encoded_bytes().strip_prefix(module).unwrap();
        if let Some(tag) = parsed.tag() {
            prop_assert!(rest.strip_prefix(b".").unwrap().starts_with(tag.as_bytes()));
        }
        prop_assert_eq!(
            parsed.is_partial_write,
            text.ends_with(|c: char| c.is_ascii_digit())
        );
        let _ = parsed.interpreter();
    }
    Ok(())
}

fn tags() -> impl Strategy<Value = Option<String>> {
    const KNOWN: &str = "cpython-312 cpython-36 cpython-399 pypy39 pypy3-72 graalpy241-311 \
        cpython-38-pytest-5.0";
    let known: Vec<_> = KNOWN.split(' ').map(str::to_owned).collect();
    prop::option::of(prop_oneof![prop::sample::select(known), "\\PC{0,12}"])
}

fn files() -> impl Strategy<Value = Vec<u8>> {
    let magic = prop_oneof![any::<u16>(), 3000..3700u16, 62000..62220u16, 0..500u16];
    let flags = prop_oneof![Just(0u32), 0..4u32, any::<u32>()];
    let rest = prop::collection::vec(any::<u8>(), 0..40);
    let begun = (magic, flags, rest).prop_map(|(magic, flags, rest)| {
        let (magic, flags) = (magic.to_le_bytes(), flags.to_le_bytes());
        [&magic[..], b"\r\n", &flags, &rest].concat()
    });
    prop_oneof![begun, prop::collection::vec(any::<u8>(), 0..40)]
}

proptest! {
    #[test]
    fn names_of_bytecode_are_parsed(name in names()) {
        check_name(OsStr::new(&name))?;
    }

    #[cfg(unix)]
    #[test]
    fn names_in_any_encoding_are_parsed(mut bytes in prop::collection::vec(any::<u8>(), 0..12), end in names()) {
        bytes.extend(end.bytes());
        check_name(std::os::unix::ffi::OsStrExt::from_bytes(&bytes))?;
    }

    #[test]
    fn no_more_than_the_probe_is_parsed(bytes in files(), tag in tags()) {
        let start = &bytes[..bytes.len().min(PROBE_LEN)];
        let parsed = Header::parse(&bytes, tag.as_deref());
        prop_assert_eq!(Header::parse(start, tag.as_deref()), parsed);
        if let Ok(header) = parsed {
            prop_assert_eq!(&header.magic.to_le_bytes()[..], &bytes[..2]);
            prop_assert!(header.layout.header_len() < bytes.len());
        }
    }

    #[test]
    fn versions_are_parsed_and_displayed(value in "\\PC{0,12}") {
        if let Ok(interpreter) = value.parse::<Interpreter>() {
            prop_assert_eq!(interpreter.to_string().replace(' ', "").parse(), Ok(interpreter));
        }
    }
}
