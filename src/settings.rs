//! The settings of a directory: `[tool.pyclean]` in its `pyproject.toml`.
//!
//! Settings can only narrow what is removed, or choose debris topics. So a repository that was
//! just cloned cannot make `pyclean .` remove anything but bytecode and debris.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Error, Result, anyhow, bail, ensure};

use crate::console::format::escape;
use crate::console::message::print_warning;
use crate::failure::{Failure, Operation};
use crate::pyc::Interpreter;
use crate::regular_file::read_regular_file;
use crate::rules::topics::names;
use crate::rules::{Debris, IgnoreRules, Rules};

pub(crate) const FILE_NAME: &str = "pyproject.toml";

const MAX_BYTES: u64 = 1 << 20;

#[derive(Debug)]
pub(crate) struct SettingsFile {
    pub(crate) path: PathBuf,
    /// The words of `ignore`, as they are written.
    pub(crate) ignored_words: Vec<String>,
    ignore: IgnoreRules,
    debris: Option<Debris>,
    stale: bool,
    keep_python: Vec<Interpreter>,
}

#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct PyProject {
    tool: Tool,
}

#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Tool {
    pyclean: Option<Table>,
}

/// Each setting has the name of its option.
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
    /// These rules in a directory with settings: what it ignores and keeps is added, and its
    /// `debris` replaces that of the directory above. Options take precedence.
    pub(crate) fn with_settings(&self, file: &SettingsFile) -> Self {
        let mut rules = self.clone();
        rules.ignore = Arc::new(file.ignore.clone().and(&self.ignore));
        rules.bytecode.stale |= file.stale && self.overrides.stale != Some(false);
        if !self.overrides.python {
            rules.bytecode.keep.extend(file.keep_python.iter().cloned());
        }
        if let Some(debris) = &file.debris
            && !self.overrides.debris
        {
            rules.debris = debris.clone();
            rules.hints_debris = false;
        }
        rules
    }
}

/// Reads the settings in a directory, for a PATH. `None` if it has none. Its `debris`, which adds to
/// what is removed, does not count if someone may have put the file there who must not decide.
pub(crate) fn read(dir: &Path, path: &Path) -> Result<Option<SettingsFile>, Failure> {
    let file = dir.join(FILE_NAME);
    let bytes = match read_regular_file(&file, MAX_BYTES) {
        Ok(Some(bytes)) => bytes,
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(Failure::read(file, error));
        }
        Ok(None) | Err(_) => return Ok(None),
    };
    let mut settings = parse_file(&bytes, &file, dir).map_err(|error| {
        let error = io::Error::other(format!("{error:#}"));
        Failure::new(Operation::ApplySettings, &file, error)
    })?;
    if let Some(settings) = &mut settings
        && settings.debris.is_some()
        && !is_trusted(&file, path).map_err(|error| Failure::read(&file, error))?
    {
        print_warning(format_args!(
            "ignoring 'debris' in {}: it belongs to another user, or is world-writable",
            escape(&file)
        ));
        settings.debris = None;
    }
    Ok(settings)
}

/// Parses the contents of a `pyproject.toml` in a canonical directory.
pub(crate) fn parse_file(contents: &[u8], file: &Path, dir: &Path) -> Result<Option<SettingsFile>> {
    let Some(table) = parse(contents)? else {
        return Ok(None);
    };
    let mut keep_python = Vec::new();
    for version in &table.keep_python {
        keep_python.push(version.parse().map_err(Error::msg).context("keep-python")?);
    }
    Ok(Some(SettingsFile {
        path: file.to_path_buf(),
        ignore: IgnoreRules::from_settings(&table.ignore, dir).context("ignore")?,
        ignored_words: table.ignore,
        debris: table.debris.map(DebrisSetting::resolve).transpose()?,
        stale: table.stale,
        keep_python,
    }))
}

impl DebrisSetting {
    fn resolve(self) -> Result<Debris> {
        let topics = match self {
            Self::Default(true) => return Ok(Debris::new(&[])),
            Self::Topics(topics) if !topics.is_empty() => topics,
            Self::Default(false) | Self::Topics(_) => return Ok(Debris::default()),
        };
        let known: Vec<_> = names().collect();
        if let Some(topic) = topics.iter().find(|topic| !known.contains(&topic.as_str())) {
            let known = known.join(", ");
            bail!("debris: '{topic}' is not a topic (topics: {known})");
        }
        Ok(Debris::new(&topics))
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
        let last = before.rsplit('\n').next().unwrap_or_default();
        let column = last.chars().count() + 1;
        anyhow!("line {line}, column {column}: {}", error.message())
    })?;
    Ok(project.tool.pyclean)
}

/// Whether a file belongs to the user who runs this, to root or to the owner of the PATH, and is
/// not world-writable. Windows gives each user a temporary directory.
#[cfg_attr(not(unix), allow(unused_variables))]
fn is_trusted(file: &Path, path: &Path) -> io::Result<bool> {
    #[cfg(unix)]
    {
        use rustix::process::{geteuid, getuid};
        use std::os::unix::fs::MetadataExt;
        let sudo_user = std::env::var("SUDO_UID").ok();
        let sudo_user = sudo_user.and_then(|id| id.parse().ok()).unwrap_or(0);
        let owner = path.metadata()?.uid();
        let trusted = [0, getuid().as_raw(), geteuid().as_raw(), sudo_user, owner];
        // The owner of a symlink decides which file is read.
        let (link, found) = (file.symlink_metadata()?, file.metadata()?);
        let is_trusted = trusted.contains(&link.uid()) && trusted.contains(&found.uid());
        Ok(is_trusted && found.mode() & 0o002 == 0)
    }
    #[cfg(not(unix))]
    Ok(true)
}
