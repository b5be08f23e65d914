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
    globs: GlobSet,
    /// What each glob stands for.
    patterns: Vec<PatternId>,
}

impl Debris {
    /// The topics of these names; the default ones if there are no names.
    pub(crate) fn new(names: &[String]) -> Self {
        let is_selected = |pattern: &PatternId| {
            if names.is_empty() {
                return DEFAULT_TOPICS.contains(&pattern.topic);
            }
            names
                .iter()
                .any(|name| name == pattern.topic || name == ALL)
        };
        let patterns: Vec<_> = PatternId::all().filter(is_selected).collect();
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

    /// What a directory, or a file, of this name is. `path` is its path, which decides if a
    /// pattern also names the directory that holds it.
    pub(crate) fn find(&self, name: &OsStr, path: &Path, is_dir: bool) -> Option<PatternId> {
        if self.patterns.is_empty() {
            return None;
        }
        let is_in_place = |pattern: PatternId| {
            let (needed, _) = pattern.parent_and_name();
            let parent = || path.parent().and_then(Path::file_name);
            needed.is_none_or(|needed| parent() == Some(needed.as_ref()))
        };
        let matches = self.globs.matches(name);
        let mut found = matches.iter().map(|&index| self.patterns[index]);
        found.find(|pattern| pattern.is_dir() == is_dir && is_in_place(*pattern))
    }

    /// Whether a name is that of debris, perhaps in another place.
    pub(crate) fn may_match(&self, name: &OsStr) -> bool {
        self.globs.is_match(name)
    }
}
