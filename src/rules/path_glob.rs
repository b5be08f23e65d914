//! Globs for paths, matched component by component, as in the shell, git and `pathlib`:
//! no wildcard but `**` matches a separator.

use std::ffi::{OsStr, OsString};
use std::path::{self, Path};
use std::sync::OnceLock;

use anyhow::{Result, anyhow, ensure};
use globset::{Glob, GlobBuilder, GlobMatcher};

use super::is_vcs_dir;
use crate::path::fold_case;

/// A glob for paths.
#[derive(Debug, Clone)]
pub(crate) struct PathGlob {
    components: Vec<Component>,
}

#[derive(Debug, Clone)]
enum Component {
    /// A plain name, in the form in which names are compared.
    Literal(OsString),
    /// A name with wildcards.
    Wildcard(Box<LazyGlob>),
    /// `**`: any number of components.
    AnyDepth,
}

/// A glob that is compiled when a name is first compared with it. Most globs of a long
/// list never are, because an earlier component of the path differs.
#[derive(Debug, Clone)]
struct LazyGlob {
    glob: Glob,
    matcher: OnceLock<GlobMatcher>,
}

impl LazyGlob {
    fn new(glob: &str) -> Result<Self> {
        Ok(Self {
            glob: name_glob(glob)?,
            matcher: OnceLock::new(),
        })
    }

    fn is_match(&self, name: &OsStr) -> bool {
        let matcher = self.matcher.get_or_init(|| self.glob.compile_matcher());
        matcher.is_match(name)
    }
}

/// The regex of a longer glob can be too large to be compiled.
const MAX_GLOB_LEN: usize = 1 << 16;

/// The regex of more alternatives within each other can be too deep to be compiled.
const MAX_GLOB_BRACES: usize = 100;

/// Which names a wildcard can match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wildcards {
    /// Every name.
    MatchAll,
    /// Every name but those of [`VCS_DIRS`](super::VCS_DIRS): a glob must write out such
    /// a name.
    ExceptVcs,
}

/// Whether a text contains wildcards.
pub(crate) fn has_wildcards(text: &OsStr) -> bool {
    let mut bytes = text.as_encoded_bytes().iter();
    bytes.any(|byte| b"*?[{".contains(byte))
}

/// Refuses a glob whose regex could be too large to be compiled.
///
/// # Errors
///
/// If it is too long, or has too many alternatives.
pub(crate) fn check_size(glob: &str) -> Result<()> {
    ensure!(glob.len() <= MAX_GLOB_LEN, "glob '{glob:.40}…' is too long");
    let braces = glob.bytes().filter(|byte| *byte == b'{').count();
    ensure!(
        braces <= MAX_GLOB_BRACES,
        "glob '{glob:.40}…' has more than {MAX_GLOB_BRACES} '{{'"
    );
    Ok(())
}

/// A glob of the user for a single name. It matches as the file system does: Windows
/// ignores case.
///
/// # Errors
///
/// If it is not a valid glob.
pub(crate) fn name_glob(glob: &str) -> Result<Glob> {
    let glob = GlobBuilder::new(glob)
        .case_insensitive(cfg!(windows))
        .build();
    glob.map_err(|error| anyhow!("{}", error.kind()))
}

impl PathGlob {
    /// Parses a glob. `.` is dropped; `**` at the end matches at least one component.
    ///
    /// # Errors
    ///
    /// If a component is not a valid glob, also because a separator stands between
    /// brackets or braces.
    pub(crate) fn new(glob: &str) -> Result<Self> {
        let mut components = Vec::new();
        for part in Path::new(glob).components() {
            let text = part.as_os_str();
            components.push(match (part, text.to_str()) {
                (path::Component::CurDir, _) => continue,
                (path::Component::Normal(_), Some("**")) => Component::AnyDepth,
                (path::Component::Normal(_), Some(name)) if has_wildcards(text) => {
                    let glob = LazyGlob::new(name).map_err(|error| explain(error, name, glob))?;
                    Component::Wildcard(Box::new(glob))
                }
                _ => Component::Literal(fold_case(text).into_owned()),
            });
        }
        if let Some(Component::AnyDepth) = components.last() {
            let any_name = Component::Wildcard(Box::new(LazyGlob::new("*")?));
            components.insert(components.len() - 1, any_name);
        }
        Ok(Self { components })
    }

    /// The same glob, matched against the end of a path.
    pub(crate) fn at_any_depth(mut self) -> Self {
        self.components.insert(0, Component::AnyDepth);
        self
    }

    /// Whether the glob has no components.
    pub(crate) fn is_empty(&self) -> bool {
        self.components.is_empty()
    }

    /// Whether the glob matches a whole path.
    pub(crate) fn is_match(&self, path: &Path, wildcards: Wildcards) -> bool {
        let names: Vec<&OsStr> = path.iter().collect();
        self.matches_names(&names, wildcards)
    }

    /// Whether the glob matches a whole path with these components.
    pub(crate) fn matches_names(&self, names: &[&OsStr], wildcards: Wildcards) -> bool {
        let can_skip = |name: &OsStr| wildcards == Wildcards::MatchAll || !is_vcs_dir(name);
        let (mut at_glob, mut at_name) = (0, 0);
        // Where to go on if a name does not match: the last `**` takes one name more.
        // Earlier ones need not: whatever they could take, the last one can as well.
        let mut retry: Option<(usize, usize)> = None;
        while at_name < names.len() {
            match self.components.get(at_glob) {
                Some(Component::AnyDepth) => {
                    retry = Some((at_glob + 1, at_name));
                    at_glob += 1;
                    continue;
                }
                Some(component) if component.is_match(names[at_name], wildcards) => {
                    at_glob += 1;
                    at_name += 1;
                    continue;
                }
                _ => {}
            }
            let Some((after_depth, skipped)) = retry.filter(|(_, at)| can_skip(names[*at])) else {
                return false;
            };
            retry = Some((after_depth, skipped + 1));
            (at_glob, at_name) = (after_depth, skipped + 1);
        }
        let mut rest = self.components[at_glob..].iter();
        rest.all(|component| matches!(component, Component::AnyDepth))
    }
}

impl Component {
    fn is_match(&self, name: &OsStr, wildcards: Wildcards) -> bool {
        match self {
            Self::Literal(literal) => *literal == *fold_case(name),
            Self::Wildcard(glob) => {
                (wildcards == Wildcards::MatchAll || !is_vcs_dir(name)) && glob.is_match(name)
            }
            Self::AnyDepth => false,
        }
    }
}

fn explain(error: anyhow::Error, component: &str, glob: &str) -> anyhow::Error {
    if component == glob {
        error
    } else {
        error.context(format!(
            "in '{component}' (a separator cannot stand between brackets or braces)"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_match(glob: &str, path: &str) -> bool {
        let glob = PathGlob::new(glob).unwrap();
        glob.is_match(Path::new(path), Wildcards::MatchAll)
    }

    #[test]
    fn wildcards_match_within_one_component() {
        for (glob, path, expected) in [
            ("a/*/c", "a/b/c", true),
            ("a/*/c", "a/b/b/c", false),
            ("a?c", "a/c", false),
            ("a[!b]c", "a/c", false),
            ("a/{b,c}", "a/c", true),
            ("**/c", "c", true),
            ("**/c", "a/b/c", true),
            ("a/**", "a", false),
            ("a/**", "a/b/c", true),
            ("a/**/b/**/c", "a/b/b/x/c", true),
            ("a/**/b/**/c", "a/x/c", false),
            ("./a", "a", true),
            ("**/a/**/a/**/a/**/b", "a/a/a/a/a/a/a/a/a/a/a/a/c", false),
        ] {
            assert_eq!(is_match(glob, path), expected, "{glob} {path}");
        }
    }

    #[test]
    fn wildcards_do_not_match_repositories_if_asked() {
        for (glob, path, expected) in [
            ("**/*", "a/.git/config", false),
            ("*", ".git", false),
            (".git/*", ".git/config", true),
            ("**/.git/**", "a/.git/x/y", true),
            ("**/.git/**", "a/.git/x/.git/y", false),
            ("**", ".gitignore", true),
        ] {
            let parsed = PathGlob::new(glob).unwrap();
            let matched = parsed.is_match(Path::new(path), Wildcards::ExceptVcs);
            assert_eq!(matched, expected, "{glob} {path}");
        }
    }

    #[test]
    fn separator_between_brackets_or_braces_is_refused() {
        assert!(PathGlob::new("{a/b,c}").is_err());
        assert!(PathGlob::new("a[x/y]").is_err());
    }
}
