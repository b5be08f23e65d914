//! The settings of a project: `[tool.pyclean]` in its `pyproject.toml`.
//!
//! Settings can only restrict what is removed or add debris topics. So a repository that
//! was just cloned cannot make `pyclean .` remove anything else.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::{self, ErrorKind};
use std::iter;
use std::path::{Path, PathBuf, absolute};
use std::slice;

use anyhow::{Error, Result, anyhow, ensure};
use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};

use crate::git;
use crate::output::format::escape_path;
use crate::output::message::print_warning;
use crate::path::canonicalize;
use crate::pyc::VersionFilter;
use crate::regular_file::read_regular_file;
use crate::rules::IgnoreRules;
use crate::rules::debris::names;

/// The file that describes a project.
pub(crate) const FILE_NAME: &str = "pyproject.toml";

/// A larger file is an error.
const MAX_CONFIG_BYTES: u64 = 1 << 20;

/// The settings of one file. Each has the name of its option.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
#[serde(expecting = "a table of settings")]
pub(crate) struct Config {
    /// Names, paths and globs that are neither searched nor removed.
    pub(crate) ignore: Vec<IgnoreSetting>,
    /// The debris topics to remove.
    pub(crate) debris: DebrisSetting,
    /// Whether only stale bytecode is removed.
    pub(crate) stale: bool,
    /// Python versions whose bytecode is kept.
    pub(crate) keep_python: Vec<PythonSetting>,
}

/// The settings that apply to the PATHs of a command line.
#[derive(Debug, Default)]
pub(crate) struct Configs {
    /// The files with a `[tool.pyclean]` table, and their settings.
    pub(crate) files: Vec<(PathBuf, Config)>,
    /// For each PATH, the position in `files` of the file that applies to it.
    file_of_path: Vec<Option<usize>>,
    /// The settings of a PATH to which no file applies.
    default: Config,
}

impl Configs {
    /// Finds and reads the files that apply to `paths`.
    ///
    /// # Errors
    ///
    /// If a file cannot be read or parsed; the message gives line and column.
    pub(crate) fn find(paths: &[PathBuf]) -> Result<Self> {
        let mut configs = Self::default();
        for path in paths {
            let file = configs.find_nearest(path)?;
            configs.file_of_path.push(file);
        }
        Ok(configs)
    }

    /// The default settings, then those of each file.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Config> {
        let found = self.files.iter().map(|(_, config)| config);
        iter::once(&self.default).chain(found)
    }

    /// The position in [`Self::all`] of the settings that apply to the PATH number `path`.
    pub(crate) fn index_for(&self, path: usize) -> usize {
        let file = self.file_of_path.get(path).copied().flatten();
        file.map_or(0, |file| file + 1)
    }

    /// The settings that apply to the PATH number `path`.
    pub(crate) fn config_for(&self, path: usize) -> &Config {
        self.all()
            .nth(self.index_for(path))
            .unwrap_or(&self.default)
    }

    /// Finds the nearest file with settings at or above `path`, up to the root of its
    /// repository. Outside a repository only the directory itself counts, because other
    /// users may own the directories above.
    fn find_nearest(&mut self, path: &Path) -> Result<Option<usize>> {
        let Some(start) = start_directory(path) else {
            return Ok(None);
        };
        let is_root = |above: &&Path| {
            git::is_worktree_root(above) && !is_planted(&above.join(".git"), &start)
        };
        let root = start.ancestors().find(is_root);
        let root = root.unwrap_or(&start);
        for directory in start
            .ancestors()
            .take_while(|above| above.starts_with(root))
        {
            let file = directory.join(FILE_NAME);
            if let Some(known) = self.files.iter().position(|(known, _)| *known == file) {
                return Ok(Some(known));
            }
            if let Some(config) = read_config(&file, &start)? {
                self.files.push((file, config));
                return Ok(Some(self.files.len() - 1));
            }
        }
        Ok(None)
    }
}

/// The directory in which the search for the settings of a PATH starts: the PATH or, if it
/// is not a directory, its parent. A symlink to a file belongs to the project around the
/// symlink. `None` if the PATH does not exist.
fn start_directory(path: &Path) -> Option<PathBuf> {
    path.symlink_metadata().ok()?;
    if path.is_dir() {
        canonicalize(path).ok()
    } else {
        canonicalize(absolute(path).ok()?.parent()?).ok()
    }
}

/// Whether another user may have put a file in the way of a PATH: it is in a directory that
/// everybody can write to, and belongs neither to the user who runs this, nor to root, nor
/// to the owner of the PATH. Git decides alike whether to trust a repository
/// (`safe.directory`).
#[cfg(unix)]
fn is_planted(file: &Path, path: &Path) -> bool {
    use rustix::process::{geteuid, getuid};
    use std::fs::symlink_metadata;
    use std::os::unix::fs::MetadataExt;
    let Ok(owner) = symlink_metadata(file).map(|metadata| metadata.uid()) else {
        return false;
    };
    let sudo_user = || std::env::var("SUDO_UID").ok()?.parse().ok();
    let is_trusted = owner == 0
        || owner == getuid().as_raw()
        || owner == geteuid().as_raw()
        || sudo_user() == Some(owner)
        || symlink_metadata(path).is_ok_and(|metadata| metadata.uid() == owner);
    let dir = file.parent().unwrap_or(file);
    let is_world_writable = symlink_metadata(dir).is_ok_and(|dir| dir.mode() & 0o002 != 0);
    !is_trusted && is_world_writable
}

/// Windows gives each user a temporary directory.
#[cfg(not(unix))]
fn is_planted(_: &Path, _: &Path) -> bool {
    false
}

/// Reads the settings of a file for a PATH. `None` if it does not exist, has no settings,
/// or may be from another user.
///
/// # Errors
///
/// If it cannot be read or parsed.
pub(crate) fn read_config(file: &Path, path: &Path) -> Result<Option<Config>> {
    let advice = "(use --isolated to ignore this file)";
    let shown = escape_path(file);
    let is_locked = |error: io::Error| error.kind() == ErrorKind::PermissionDenied;
    if file.symlink_metadata().is_err_and(is_locked) {
        // Nothing in this directory can be removed, either.
        return Ok(None);
    }
    let bytes = match read_regular_file(file, MAX_CONFIG_BYTES) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Ok(None),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(anyhow!("cannot read {shown}: {error} {advice}")),
    };
    let config = Config::parse(&String::from_utf8_lossy(&bytes))
        .map_err(|error| anyhow!("{shown}:{error} {advice}"));
    if matches!(config, Ok(None)) || !is_planted(file, path) {
        return config;
    }
    print_warning(format_args!(
        "ignoring the settings in {shown}: another user owns it, in a world-writable directory"
    ));
    Ok(None)
}

#[derive(serde::Deserialize)]
struct PyProject {
    tool: Option<ToolTable>,
}

#[derive(serde::Deserialize)]
struct ToolTable {
    pyclean: Option<Config>,
}

impl Config {
    /// The names, paths and globs that are ignored.
    pub(crate) fn ignored_words(&self) -> impl Iterator<Item = &OsStr> {
        self.ignore
            .iter()
            .map(|IgnoreSetting(word)| word.as_os_str())
    }

    /// Parses the text of a `pyproject.toml`. `None` if it has no `[tool.pyclean]`.
    ///
    /// # Errors
    ///
    /// If the text cannot be parsed: `line:column: message`.
    pub(crate) fn parse(text: &str) -> Result<Option<Self>> {
        // A file without settings may contain anything, also errors.
        if !text.contains("pyclean") {
            return Ok(None);
        }
        let project: PyProject = toml::from_str(text).map_err(|error| {
            let (line, column) = line_and_column(text, error.span().map_or(0, |span| span.start));
            // It quotes the file, which may contain control characters.
            let message = escape_path(Path::new(error.message()));
            let message = message.replacen("unknown field", "unknown key", 1);
            anyhow!("{line}:{column}: {message}")
        })?;
        Ok(project.tool.and_then(|tool| tool.pyclean))
    }
}

/// The line and the column of a byte in a text, both from 1.
fn line_and_column(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or(before);
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}

/// A name, a path or a glob. Like the other settings, it is checked while the file is
/// parsed, so that an error has a line and a column.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct IgnoreSetting(pub(crate) OsString);

impl TryFrom<String> for IgnoreSetting {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        let word = OsString::from(text);
        match IgnoreRules::new(slice::from_ref(&word)) {
            Ok(_) => Ok(Self(word)),
            Err(error) => Err(anyhow!("{error:#}")),
        }
    }
}

/// A Python version.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct PythonSetting(pub(crate) VersionFilter);

impl TryFrom<String> for PythonSetting {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        Ok(Self(text.parse()?))
    }
}

#[derive(serde::Deserialize)]
#[serde(try_from = "String")]
struct TopicName(String);

impl TryFrom<String> for TopicName {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        ensure!(
            names().any(|name| name == text),
            "'{text}' is not a debris topic; topics: {}",
            names().collect::<Vec<_>>().join(", ")
        );
        Ok(Self(text))
    }
}

/// Debris topics: `true` for the default topics, or a list of topics. `None` for `false`
/// and for an empty list.
#[derive(Debug, Clone, Default)]
pub(crate) struct DebrisSetting(pub(crate) Option<Vec<String>>);

impl<'de> Deserialize<'de> for DebrisSetting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DebrisVisitor)
    }
}

struct DebrisVisitor;

impl<'de> Visitor<'de> for DebrisVisitor {
    type Value = DebrisSetting;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("true, false or a list of topics")
    }

    fn visit_bool<E>(self, is_enabled: bool) -> Result<DebrisSetting, E> {
        Ok(DebrisSetting(is_enabled.then(Vec::new)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut names: A) -> Result<DebrisSetting, A::Error> {
        let mut topics = Vec::new();
        while let Some(TopicName(topic)) = names.next_element()? {
            topics.push(topic);
        }
        Ok(DebrisSetting((!topics.is_empty()).then_some(topics)))
    }
}
