//! Properties of any name and any bytes.

use std::ffi::OsStr;

use proptest::prelude::*;
use pyclean::pyc::header::PROBE_LEN;
use pyclean::pyc::{BytecodeName, Header, Interpreter};

/// Whether this is the name of a bytecode file, determined in another way: by removing
/// one extension after the other.
fn is_bytecode(name: &str) -> bool {
    let finished = match name.rsplit_once('.') {
        Some((rest, digits))
            if !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit()) =>
        {
            return matches!(rest.rsplit_once('.'), Some((_, "pyc" | "pyo")));
        }
        _ => name,
    };
    finished.ends_with("$py.class") || matches!(finished.rsplit_once('.'), Some((_, "pyc" | "pyo")))
}

/// Names made of the parts of names, so that most are nearly those of bytecode files.
fn names() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("m".to_owned()),
        Just(".".to_owned()),
        Just(".py".to_owned()),
        Just(".pyc".to_owned()),
        Just(".pyo".to_owned()),
        Just("$py.class".to_owned()),
        Just(".cpython-312".to_owned()),
        Just(".pypy39".to_owned()),
        Just("-pytest-8.3.4".to_owned()),
        Just(".opt-2".to_owned()),
        Just(".12".to_owned()),
        Just("-11-01".to_owned()),
        Just(" copy".to_owned()),
        Just(".src".to_owned()),
        Just("c".to_owned()),
        "\\PC{0,3}",
    ];
    prop::collection::vec(part, 0..6).prop_map(|parts| parts.concat())
}

fn tags() -> impl Strategy<Value = Option<String>> {
    const KNOWN: [&str; 7] = [
        "cpython-312",
        "cpython-36",
        "cpython-399",
        "pypy39",
        "pypy3-72",
        "graalpy241-311",
        "cpython-38-pytest-5.0",
    ];
    prop::option::of(prop_oneof![
        prop::sample::select(&KNOWN[..]).prop_map(str::to_owned),
        "\\PC{0,12}"
    ])
}

fn files() -> impl Strategy<Value = Vec<u8>> {
    let magic = prop_oneof![any::<u16>(), 3000..3700u16, 62000..62220u16, 0..500u16];
    let flags = prop_oneof![Just(0u32), 0..4u32, any::<u32>()];
    let begun = (magic, flags, prop::collection::vec(any::<u8>(), 0..40)).prop_map(
        |(magic, flags, rest)| {
            [
                &magic.to_le_bytes()[..],
                b"\r\n",
                &flags.to_le_bytes(),
                &rest,
            ]
            .concat()
        },
    );
    prop_oneof![begun, prop::collection::vec(any::<u8>(), 0..40)]
}

proptest! {
    #[test]
    fn names_of_bytecode_are_parsed(name in names()) {
        let parsed = BytecodeName::parse(OsStr::new(&name));
        prop_assert_eq!(parsed.is_some(), is_bytecode(&name));
        if let Some(parsed) = parsed {
            let rest = name.strip_prefix(parsed.module.to_str().unwrap()).unwrap();
            if let Some(tag) = parsed.tag() {
                prop_assert!(rest.strip_prefix('.').unwrap().starts_with(tag));
            }
            prop_assert_eq!(parsed.is_partial_write, name.ends_with(|c: char| c.is_ascii_digit()));
        }
    }

    #[cfg(unix)]
    #[test]
    fn names_in_any_encoding_are_parsed(mut bytes in prop::collection::vec(any::<u8>(), 0..12), end in names()) {
        use std::ffi::OsString;
        use std::os::unix::ffi::{OsStrExt, OsStringExt};
        bytes.extend(end.bytes());
        let name = OsString::from_vec(bytes);
        if let Some(parsed) = BytecodeName::parse(&name) {
            prop_assert!(name.as_bytes().starts_with(parsed.module.as_bytes()));
            let _ = parsed.interpreter();
        }
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
