//! Finds the debris topic that a name belongs to.

use std::ffi::OsStr;
use std::path::Path;
use std::sync::LazyLock;

use anyhow::Result;
use globset::{Glob, GlobSet, GlobSetBuilder};

use super::topics::{ALL, DebrisKind, Evidence, Pattern, Topic, TopicId};

/// All topics.
pub(crate) fn all_topics() -> &'static Debris {
    static ALL_TOPICS: LazyLock<Debris> = LazyLock::new(|| {
        // The table is constant, and a test compiles it.
        Debris::new(&[ALL.to_owned()]).expect("valid globs")
    });
    &ALL_TOPICS
}

/// Whether a name is that of debris of any topic, perhaps in another place.
pub(crate) fn may_be_debris(name: &OsStr) -> bool {
    let topics = all_topics();
    topics.dirs.globs.is_match(name) || topics.files.globs.is_match(name)
}

/// The topics that the user asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Debris {
    dirs: PatternSet,
    files: PatternSet,
}

/// Patterns for names, and the globs that find them.
#[derive(Debug, Clone, Default)]
struct PatternSet {
    globs: GlobSet,
    /// What each glob stands for, with the name of the directory that must hold it.
    patterns: Vec<(Option<&'static str>, Match)>,
}

/// Why a name counts as debris.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Match {
    /// The topic.
    pub(crate) topic: TopicId,
    /// The glob, without a `/` at its end.
    pub(crate) glob: &'static str,
    /// What proves it.
    pub(crate) evidence: Evidence,
    /// What is removed.
    pub(crate) kind: DebrisKind,
}

impl Match {
    /// Whether its name alone does not prove it: other things are called like it.
    pub(crate) fn is_generic(self) -> bool {
        self.evidence != Evidence::Name
    }
}

impl Debris {
    /// The topics of these names; the default ones if there are no names.
    ///
    /// # Errors
    ///
    /// If the table contains an invalid glob.
    pub(crate) fn new(names: &[String]) -> Result<Self> {
        let is_selected = |(_, topic): &(TopicId, &Topic)| {
            if names.is_empty() {
                return topic.is_default;
            }
            names.iter().any(|name| name == topic.name || name == ALL)
        };
        let patterns = TopicId::all()
            .filter(is_selected)
            .flat_map(|(id, topic)| topic.patterns.iter().map(move |pattern| (id, *pattern)));
        let (dirs, files) =
            patterns.partition::<Vec<_>, _>(|(_, pattern)| pattern.glob.ends_with('/'));
        Ok(Self {
            dirs: PatternSet::new(dirs)?,
            files: PatternSet::new(files)?,
        })
    }

    /// What a directory of this name is. `path` is its path; it decides if a pattern also
    /// names the directory that holds it.
    pub(crate) fn match_dir(&self, name: &OsStr, path: &Path) -> Option<Match> {
        self.dirs.find(name, path)
    }

    /// What a file of this name is.
    pub(crate) fn match_file(&self, name: &OsStr) -> Option<Match> {
        self.files.find(name, Path::new(""))
    }
}

impl PatternSet {
    fn new(patterns: Vec<(TopicId, Pattern)>) -> Result<Self> {
        let mut globs = GlobSetBuilder::new();
        let mut set = Self::default();
        for (topic, pattern) in patterns {
            let path = pattern.glob.trim_end_matches('/');
            let (parent, name) = path
                .split_once('/')
                .map_or((None, path), |(parent, name)| (Some(parent), name));
            globs.add(Glob::new(name)?);
            let found = Match {
                topic,
                glob: path,
                evidence: pattern.evidence,
                kind: pattern.kind,
            };
            set.patterns.push((parent, found));
        }
        set.globs = globs.build()?;
        Ok(set)
    }

    fn find(&self, name: &OsStr, path: &Path) -> Option<Match> {
        if self.patterns.is_empty() {
            return None;
        }
        let matches = self.globs.matches(name);
        let mut found = matches.iter().map(|&index| &self.patterns[index]);
        let is_in_place = |(needed, _): &&(Option<&str>, Match)| {
            let parent = || path.parent().and_then(Path::file_name);
            needed.is_none_or(|needed| parent() == Some(needed.as_ref()))
        };
        found.find(is_in_place).map(|(_, found)| *found)
    }
}
