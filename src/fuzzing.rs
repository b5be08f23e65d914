//! Entry points for the fuzz targets in `fuzz/`, which see only the public API.

use std::path::Path;

pub use crate::git_index::GitIndex;
use crate::rules::IgnoreRules;
use crate::rules::ignore::EntryPath;
use crate::settings;

/// Whether a word of `--ignore` matches a file of that name; `None` if it is not valid.
pub fn is_ignored_by_own_name(word: &str) -> Option<bool> {
    let rules = IgnoreRules::new(&[word.into()]).ok()?;
    Some(rules.is_ignored(EntryPath {
        display: Path::new(word),
        canonical_root: Path::new("/"),
        relative: Path::new(word),
    }))
}

/// Whether the text of a `pyproject.toml` has valid settings; `None` if it has none.
pub fn are_settings_valid(text: &str) -> Option<bool> {
    settings::parse_file(
        text.as_bytes(),
        Path::new("/pyproject.toml"),
        Path::new("/"),
    )
    .transpose()
    .map(|settings| settings.is_ok())
}
