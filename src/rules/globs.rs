//! Globs in which no wildcard but `**` matches a separator, as in git and `pathlib`. A class such
//! as `[!a]` needs `globset` 0.4.22 for that.

use std::ffi::OsStr;

use anyhow::{Result, anyhow, ensure};
use globset::{ErrorKind, Glob, GlobBuilder, GlobSet, GlobSetBuilder};

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
    ensure!(
        !has_separator_in_class(&text),
        "a separator cannot stand between brackets"
    );
    GlobBuilder::new(&text)
        .literal_separator(true)
        .empty_alternates(true)
        .case_insensitive(cfg!(windows))
        .build()
        // The caller names the glob as it was written.
        .map_err(|error| anyhow!("{}", error.kind()))
}

/// Whether a class such as `[/]` names the separator, which no class matches: what the user meant to
/// exclude would be removed.
fn has_separator_in_class(glob: &str) -> bool {
    glob.rsplit('/').skip(1).any(|before| {
        let class = before.rsplit('[').next().unwrap_or_default();
        let is_open =
            Glob::new(before).is_err_and(|error| *error.kind() == ErrorKind::UnclosedClass);
        is_open && !class.starts_with(['!', '^'])
    })
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
