//! Globs in which no wildcard but `**` matches a separator, as in git and `pathlib`.

use std::ffi::OsStr;

use anyhow::{Result, anyhow, ensure};
use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};

const MAX_GLOB_LEN: usize = 4 << 10;
const MAX_GLOB_BRACES: usize = 32;

/// In bytes of all globs that are compiled together.
const MAX_TOTAL_LEN: usize = 16 << 10;

/// The memory of a set can grow with the square of this number.
const MAX_SET_GLOBS: usize = 64;

/// Compiles globs of a table, for paths at any depth. The tables are constant, and tests compile
/// them.
pub(super) fn compile_table(globs: impl IntoIterator<Item = &'static str>) -> GlobSet {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        let glob = format!("**/{glob}");
        let glob = GlobBuilder::new(&glob).literal_separator(true).build();
        set.add(glob.expect("a valid glob"));
    }
    set.build().expect("valid globs")
}

pub(super) fn has_wildcards(text: &OsStr) -> bool {
    let mut bytes = text.as_encoded_bytes().iter();
    bytes.any(|byte| b"*?[{".contains(byte))
}

/// Parses a glob that follows the glob `start`. It matches as the file system does: Windows
/// ignores case.
pub(super) fn parse_glob(start: &str, glob: &str) -> Result<Glob> {
    ensure!(
        glob.len() <= MAX_GLOB_LEN && glob.matches('{').count() <= MAX_GLOB_BRACES,
        "a glob has at most {MAX_GLOB_LEN} bytes and {MAX_GLOB_BRACES} '{{'"
    );
    let mut text = format!("{start}{glob}");
    if cfg!(windows) {
        text = text.replace('\\', "/");
    }
    GlobBuilder::new(&exclude_separators(&text)?)
        .literal_separator(true)
        .empty_alternates(true)
        .case_insensitive(cfg!(windows))
        .build()
        // The caller names the glob as it was written.
        .map_err(|error| anyhow!("{}", error.kind()))
}

/// Compiles the globs of a settings file or of the command line.
pub(super) fn compile_globs(globs: &[Glob]) -> Result<Vec<GlobSet>> {
    let len: usize = globs.iter().map(|glob| glob.glob().len()).sum();
    ensure!(
        len <= MAX_TOTAL_LEN,
        "the globs are longer than {MAX_TOTAL_LEN} bytes together; use names without wildcards"
    );
    let sets = globs.chunks(MAX_SET_GLOBS).map(GlobSet::new);
    Ok(sets.collect::<Result<_, _>>()?)
}

/// Adds the separator to each negated class: a class of `globset` can match it.
fn exclude_separators(glob: &str) -> Result<String> {
    let mut text = String::with_capacity(glob.len());
    let mut chars = glob.chars().peekable();
    while let Some(char) = chars.next() {
        let start = text.len();
        text.push(char);
        if char == '\\' {
            text.extend(chars.next());
        } else if char == '[' {
            let negation = chars.next_if(|char| matches!(char, '!' | '^'));
            text.extend(negation);
            // At the start, these stand for themselves.
            text.extend(chars.next_if(|char| matches!(char, ']' | '-')));
            text.extend(negation.map(|_| '/'));
            for char in chars.by_ref() {
                text.push(char);
                if char == ']' {
                    break;
                }
            }
            // An error is found later.
            let class = Glob::new(&text[start..]).map(|class| class.compile_matcher());
            let has_separator = class.is_ok_and(|class| class.is_match("/"));
            ensure!(!has_separator, "a separator cannot stand between brackets");
        }
    }
    Ok(text)
}
