//! The settings of a directory: `[tool.pyclean]` in its `pyproject.toml`.
//!
//! Settings can only narrow what is removed or add debris topics. So a repository that was just
//! cloned cannot make `pyclean .` remove anything else.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Error, Result, anyhow, ensure};

use crate::console::format::escape_path;
use crate::console::message::print_warning;
use crate::failure::{Failure, Operation};
use crate::pyc::Interpreter;
use crate::regular_file::read_regular_file;
use crate::rules::topics::names;
use crate::rules::{Debris, IgnoreRules, Rules};

/// The file that describes a project.
pub(crate) const FILE_NAME: &str = "pyproject.toml";

/// A larger file is an error.
const MAX_BYTES: u64 = 1 << 20;

/// A settings file that counts.
#[derive(Debug)]
pub(crate) struct SettingsFile {
    pub(crate) path: PathBuf,
    /// The words of `ignore`, as they are written.
    pub(crate) ignored_words: Vec<String>,
    ignore: IgnoreRules,
    /// `Some(None)` is `debris = false`.
    debris: Option<Option<Debris>>,
    stale: bool,
    keep_python: Vec<Interpreter>,
}

#[derive(serde::Deserialize)]
struct PyProject {
    tool: Option<Tool>,
}

#[derive(serde::Deserialize)]
struct Tool {
    pyclean: Option<Table>,
}

/// The table. Each setting has the name of its option.
#[derive(Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
#[serde(expecting = "a table of settings")]
struct Table {
    ignore: Vec<String>,
    debris: Option<DebrisSetting>,
    stale: bool,
    keep_python: Vec<String>,
}

#[derive(serde::Deserialize)]
#[serde(untagged, expecting = "expected true, false or a list of topics")]
enum DebrisSetting {
    Default(bool),
    Topics(Vec<String>),
}

impl Rules {
    /// These rules, narrowed by the settings of a directory: what it ignores and keeps is added,
    /// its `debris` counts. Options take precedence.
    pub(crate) fn narrowed(&self, file: &SettingsFile) -> Self {
        let mut rules = self.clone();
        rules.ignore = Arc::new(file.ignore.clone().and(&self.ignore));
        rules.bytecode.stale |= file.stale && self.overrides.stale != Some(false);
        if !self.overrides.python {
            rules.bytecode.keep.extend(file.keep_python.iter().cloned());
        }
        if let Some(debris) = &file.debris
            && !self.overrides.debris
        {
            rules.debris = debris.clone().unwrap_or_default();
            rules.hints_debris = false;
        }
        rules
    }
}

/// Reads the settings in a directory, for a PATH. `None` if it has none, or if someone may have
/// put the file there who must not decide.
///
/// # Errors
///
/// If the file cannot be read, or its settings are not valid.
pub(crate) fn read(dir: &Path, path: &Path) -> Result<Option<SettingsFile>, Failure> {
    let file = dir.join(FILE_NAME);
    let bytes = match read_regular_file(&file, MAX_BYTES) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Ok(None),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failure::read(file, error)),
    };
    match parse_file(&bytes, &file, dir) {
        Ok(Some(_)) if !is_trusted(&file, path) => {
            print_warning(format_args!(
                "ignoring the settings in {}: it belongs to another user, or is world-writable",
                escape_path(&file)
            ));
            Ok(None)
        }
        Ok(settings) => Ok(settings),
        Err(error) => {
            let error = io::Error::other(format!("{error:#}"));
            Err(Failure::new(Operation::ApplySettings, file, error))
        }
    }
}

/// Parses the contents of a `pyproject.toml` in a canonical directory.
///
/// # Errors
///
/// If its settings are not valid.
pub(crate) fn parse_file(contents: &[u8], file: &Path, dir: &Path) -> Result<Option<SettingsFile>> {
    let table = parse(contents)?;
    table
        .map(|table| SettingsFile::new(file, dir, table))
        .transpose()
}

impl SettingsFile {
    fn new(file: &Path, dir: &Path, table: Table) -> Result<Self> {
        Ok(Self {
            path: file.to_path_buf(),
            ignore: IgnoreRules::from_settings(&table.ignore, dir).context("ignore")?,
            ignored_words: table.ignore,
            debris: table.debris.map(DebrisSetting::resolve).transpose()?,
            stale: table.stale,
            keep_python: table
                .keep_python
                .iter()
                .map(|version| version.parse().map_err(Error::msg).context("keep-python"))
                .collect::<Result<_>>()?,
        })
    }
}

impl DebrisSetting {
    /// The topics to remove, if any.
    fn resolve(self) -> Result<Option<Debris>> {
        let topics = match self {
            Self::Default(is_enabled) => return Ok(is_enabled.then(|| Debris::new(&[]))),
            Self::Topics(topics) => topics,
        };
        for topic in &topics {
            ensure!(
                names().any(|name| name == topic),
                "debris: '{topic}' is not a topic (topics: {})",
                names().collect::<Vec<_>>().join(", ")
            );
        }
        Ok((!topics.is_empty()).then(|| Debris::new(&topics)))
    }
}

/// Parses the contents of a `pyproject.toml`. `None` if it has no `[tool.pyclean]`: it may contain
/// anything then, also errors.
fn parse(contents: &[u8]) -> Result<Option<Table>> {
    let is_utf16 = contents.starts_with(b"\xff\xfe") || contents.starts_with(b"\xfe\xff");
    ensure!(!is_utf16, "the file is UTF-16; save it as UTF-8");
    if !contents.windows(7).any(|word| word == b"pyclean") {
        return Ok(None);
    }
    let text = str::from_utf8(contents).context("the file is not valid UTF-8")?;
    let project: PyProject = toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let before = text.get(..start).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before
            .chars()
            .rev()
            .take_while(|char| *char != '\n')
            .count()
            + 1;
        anyhow!("line {line}, column {column}: {}", error.message())
    })?;
    Ok(project.tool.and_then(|tool| tool.pyclean))
}

/// Whether a file belongs to the user who runs this, to root or to the owner of the PATH, and is not
/// world-writable.
#[cfg(unix)]
fn is_trusted(file: &Path, path: &Path) -> bool {
    use rustix::process::{geteuid, getuid};
    use std::fs::metadata;
    use std::os::unix::fs::MetadataExt;
    let Ok(found) = metadata(file) else {
        return false;
    };
    let sudo_user = std::env::var("SUDO_UID")
        .ok()
        .and_then(|id| id.parse().ok());
    let owner_of_path = metadata(path).ok().map(|found| found.uid());
    let users = [
        Some(0),
        Some(getuid().as_raw()),
        Some(geteuid().as_raw()),
        sudo_user,
        owner_of_path,
    ];
    users.contains(&Some(found.uid())) && found.mode() & 0o002 == 0
}

/// Windows gives each user a temporary directory.
#[cfg(not(unix))]
fn is_trusted(_: &Path, _: &Path) -> bool {
    true
}
