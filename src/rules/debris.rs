//! Finds the debris topic that a name belongs to.

use std::ffi::OsStr;
use std::path::Path;
use std::sync::LazyLock;

use globset::{Glob, GlobSet, GlobSetBuilder};

use super::topics::{ALL, DEFAULT_TOPICS, PatternId};

/// All topics.
pub(crate) fn all_topics() -> &'static Debris {
    static ALL_TOPICS: LazyLock<Debris> = LazyLock::new(|| Debris::new(&[ALL.to_owned()]));
    &ALL_TOPICS
}

/// The topics that the user asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Debris {
    dirs: PatternSet,
    files: PatternSet,
}

/// Patterns, and the globs that find them by name.
#[derive(Debug, Clone, Default)]
struct PatternSet {
    globs: GlobSet,
    patterns: Vec<PatternId>,
}

impl Debris {
    /// The topics of these names; the default ones if there are no names.
    pub(crate) fn new(names: &[String]) -> Self {
        let is_selected = |pattern: &PatternId| {
            if names.is_empty() {
                return DEFAULT_TOPICS.contains(&pattern.topic);
            }
            let mut names = names.iter();
            names.any(|name| name == pattern.topic || name == ALL)
        };
        let patterns = PatternId::all().filter(is_selected);
        let (dirs, files) = patterns.partition(|pattern| pattern.is_dir());
        Self {
            dirs: PatternSet::new(dirs),
            files: PatternSet::new(files),
        }
    }

    /// What a directory, or a file, of this name is. `path` is its path, which decides if a
    /// pattern also names the directory that holds it.
    pub(crate) fn find(&self, name: &OsStr, path: &Path, is_dir: bool) -> Option<PatternId> {
        let PatternSet { globs, patterns } = if is_dir { &self.dirs } else { &self.files };
        if patterns.is_empty() {
            return None;
        }
        let is_in_place = |pattern: &PatternId| {
            let (needed, _) = pattern.parent_and_name();
            needed.is_none_or(|needed| path.parent().is_some_and(|dir| dir.ends_with(needed)))
        };
        let matches = globs.matches(name);
        let mut found = matches.iter().map(|&index| patterns[index]);
        found.find(is_in_place)
    }

    /// Whether a name is that of debris, perhaps in another place.
    pub(crate) fn may_match(&self, name: &OsStr) -> bool {
        self.dirs.globs.is_match(name) || self.files.globs.is_match(name)
    }
}

impl PatternSet {
    fn new(patterns: Vec<PatternId>) -> Self {
        let mut globs = GlobSetBuilder::new();
        for pattern in &patterns {
            let (_, name) = pattern.parent_and_name();
            // The table is constant, and a test compiles it.
            globs.add(Glob::new(name).expect("a valid glob"));
        }
        Self {
            globs: globs.build().expect("valid globs"),
            patterns,
        }
    }
}
