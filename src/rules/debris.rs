//! Finds the debris topic that a path belongs to.

use std::path::Path;
use std::sync::LazyLock;

use globset::GlobSet;

use super::globs::compile_table;
use super::topics::{ALL, PatternId, Property};

pub(crate) fn all_topics() -> &'static Debris {
    static ALL_TOPICS: LazyLock<Debris> = LazyLock::new(|| Debris::new(&[ALL.to_owned()]));
    &ALL_TOPICS
}

/// The topics that the user asked for: the globs of their directories, and those of their files.
#[derive(Debug, Clone, Default)]
pub(crate) struct Debris {
    dirs: (GlobSet, Vec<PatternId>),
    files: (GlobSet, Vec<PatternId>),
}

impl Debris {
    /// The topics of these names; the default ones if there are no names.
    pub(crate) fn new(names: &[String]) -> Self {
        let (dirs, files) = PatternId::all()
            .filter(|pattern| match names {
                [] => pattern.has(Property::Default),
                _ => names
                    .iter()
                    .any(|name| name == pattern.topic || name == ALL),
            })
            .partition(|pattern| pattern.is_dir());
        Self {
            dirs: compile(dirs),
            files: compile(files),
        }
    }

    /// The first pattern for a path relative to a PATH: for its name, for some also for the
    /// directory that holds it. The evidence is not looked at.
    pub(crate) fn find(&self, path: &Path, is_dir: bool) -> Option<PatternId> {
        let (globs, patterns) = if is_dir { &self.dirs } else { &self.files };
        if patterns.is_empty() {
            return None;
        }
        globs.matches(path).first().map(|&index| patterns[index])
    }
}

fn compile(patterns: Vec<PatternId>) -> (GlobSet, Vec<PatternId>) {
    let globs = compile_table(patterns.iter().map(|pattern| pattern.path()));
    (globs, patterns)
}
