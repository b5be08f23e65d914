// What must hold of any input: the bodies of the fuzz targets, which the tests replay over
// the seeds.

use std::ffi::{OsStr, OsString};

use pyclean::config::Config;
use pyclean::pyc::{BytecodeName, Header, VersionFilter, magic};
use pyclean::rules::Rules;

/// A name that was understood is written as it was read.
pub fn name(bytes: &[u8]) {
    let Ok(name) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Some(parsed) = BytecodeName::parse(OsStr::new(name)) {
        assert_eq!(parsed.to_os_string(), OsStr::new(name));
        let _ = (parsed.interpreter(), parsed.sources().count());
    }
}

/// A header that was understood is understood again as it is written. Flags that mean
/// nothing are not kept.
pub fn header(bytes: &[u8]) {
    for tag in [
        None,
        Some("cpython-312"),
        Some("cpython-36"),
        Some("pypy39"),
    ] {
        if let Ok(header) = Header::parse(bytes, tag) {
            let mut written = header.to_bytes();
            written.extend(&bytes[written.len()..]);
            assert_eq!(Header::parse(&written, tag).as_ref(), Ok(&header));
        }
    }
    let _ = magic::number(bytes).and_then(magic::interpreter);
}

/// A version that was understood is understood again as it is displayed.
pub fn version(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(filter) = text.parse::<VersionFilter>()
    {
        let shown = filter.to_string().replace(' ', "");
        assert_eq!(
            shown.parse::<VersionFilter>().as_ref(),
            Ok(&filter),
            "{shown}"
        );
    }
}

/// A word to ignore that holds no glob spares what it names.
pub fn ignore(bytes: &[u8]) {
    let Ok(word) = std::str::from_utf8(bytes) else {
        return;
    };
    let words = [OsString::from(word)];
    if let Ok(rules) = Rules::new(&words, true) {
        assert!(rules.spares_any());
        let is_name = !word.contains(['/', '\\', '*', '?', '[', '{']) && word != "..";
        assert!(!is_name || rules.spares(OsStr::new(word), Default::default));
    }
}

/// A configuration names only topics that there are.
pub fn config(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(Some(config)) = Config::parse(text)
        && let Some(topics) = config.debris.0
    {
        pyclean::debris::Debris::new(&topics).expect("topics are checked where they are read");
    }
}
