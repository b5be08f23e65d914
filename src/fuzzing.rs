//! Entry points for the fuzz targets in `fuzz/`, which see only the public API.

use std::path::Path;

use crate::config::Config;
use crate::rules::IgnoreRules;
use crate::rules::ignore::EntryPath;
use crate::rules::topics::names;

/// Whether a word of `--ignore` matches a file of that name; `None` if it is not valid.
pub fn is_ignored_by_own_name(word: &str) -> Option<bool> {
    let rules = IgnoreRules::new(&[word.into()]).ok()?;
    Some(rules.is_ignored(EntryPath {
        display: Path::new(word),
        canonical_root: Path::new("/"),
        relative: Path::new(word),
        aliases: &[],
    }))
}

/// Whether the debris topics in the text of a `pyproject.toml` exist; `None` if the text is
/// not valid or sets no topics.
pub fn are_topics_valid(text: &str) -> Option<bool> {
    let config = Config::parse(text.as_bytes()).ok()??;
    let mut topics = config.debris_topics()?.iter();
    Some(topics.all(|topic| names().any(|name| name == topic)))
}
