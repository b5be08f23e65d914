//! Properties of any name and any bytes.

use std::ffi::{OsStr, OsString};

use proptest::prelude::*;
use pyclean::pyc::{BytecodeName, Header, VersionFilter};

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
    fn names_of_bytecode_are_parsed_and_formatted(name in names()) {
        let parsed = BytecodeName::parse(OsStr::new(&name));
        prop_assert_eq!(parsed.is_some(), is_bytecode(&name));
        if let Some(parsed) = parsed {
            let formatted = parsed.to_os_string();
            prop_assert_eq!(&formatted, &OsString::from(&name));
            prop_assert_eq!(BytecodeName::parse(&formatted), Some(parsed));
            let module = parsed.module.to_str().unwrap();
            prop_assert!(name.starts_with(module));
        }
    }

    #[cfg(unix)]
    #[test]
    fn names_in_any_encoding_are_parsed_and_formatted(mut bytes in prop::collection::vec(any::<u8>(), 0..12), end in names()) {
        use std::os::unix::ffi::OsStringExt;
        bytes.extend(end.bytes());
        let name = OsString::from_vec(bytes);
        if let Some(parsed) = BytecodeName::parse(&name) {
            prop_assert_eq!(parsed.to_os_string(), name.clone());
            prop_assert!(!parsed.source_suffixes().is_empty());
            let _ = parsed.interpreter();
        }
    }

    #[test]
    fn headers_are_parsed_and_formatted(bytes in files(), tag in tags()) {
        if let Ok(header) = Header::parse(&bytes, tag.as_deref()) {
            let formatted = header.to_bytes();
            prop_assert_eq!(formatted.len(), header.layout.header_len());
            let whole = [&formatted[..], &bytes[formatted.len()..]].concat();
            prop_assert_eq!(Header::parse(&whole, tag.as_deref()), Ok(header));
        }
    }

    #[test]
    fn versions_are_parsed_and_displayed(value in "\\PC{0,12}") {
        if let Ok(filter) = value.parse::<VersionFilter>() {
            prop_assert_eq!(filter.to_string().replace(' ', "").parse(), Ok(filter));
        }
    }
}
