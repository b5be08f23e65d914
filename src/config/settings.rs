//! The settings of one file: the table `[tool.pyclean]`.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::Path;
use std::slice;

use anyhow::{Error, Result, anyhow, ensure};
use clap::{Arg, CommandFactory};
use memchr::memmem;
use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};

use crate::cli::Cli;
use crate::console::format::escape_path;
use crate::pyc::Interpreter;
use crate::rules::IgnoreRules;
use crate::rules::topics::names;

/// The keys of the table.
const KEYS: [&str; 4] = ["ignore", "debris", "stale", "keep-python"];

/// Names that differ more are not suggested: the limit of clap.
const MIN_SIMILARITY: f64 = 0.7;

/// The settings of one file. Each has the name of its option.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
#[serde(expecting = "a table of settings")]
pub(crate) struct Config {
    /// Names, paths and globs that are neither searched nor removed.
    pub(crate) ignore: Vec<IgnoreSetting>,
    /// The debris topics to remove.
    pub(crate) debris: Option<DebrisSetting>,
    /// Whether only stale bytecode is removed.
    pub(crate) stale: bool,
    /// Python versions whose bytecode is kept.
    pub(crate) keep_python: Vec<PythonSetting>,
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
    /// The debris topics to remove, if any.
    pub(crate) fn debris_topics(&self) -> Option<&Vec<String>> {
        self.debris.as_ref()?.0.as_ref()
    }

    /// The names, paths and globs that are ignored.
    pub(crate) fn ignored_words(&self) -> impl Iterator<Item = &OsStr> {
        self.ignore
            .iter()
            .map(|IgnoreSetting(word)| word.as_os_str())
    }

    /// Parses the contents of a `pyproject.toml`. `None` if it has no `[tool.pyclean]`.
    ///
    /// # Errors
    ///
    /// If the text cannot be parsed: `line:column: message`.
    pub(crate) fn parse(contents: &[u8]) -> Result<Option<Self>> {
        ensure!(
            !contents.starts_with(b"\xff\xfe") && !contents.starts_with(b"\xfe\xff"),
            "1:1: the file is UTF-16; save it as UTF-8"
        );
        // A file without settings may contain anything, also errors.
        if memmem::find(contents, b"pyclean").is_none() {
            return Ok(None);
        }
        let text = str::from_utf8(contents).map_err(|error| {
            let before = String::from_utf8_lossy(&contents[..error.valid_up_to()]);
            let (line, column) = line_and_column(&before, before.len());
            anyhow!("{line}:{column}: the file is not valid UTF-8")
        })?;
        let project: PyProject = toml::from_str(text).map_err(|error| {
            let (line, column) = line_and_column(text, error.span().map_or(0, |span| span.start));
            let found = error.span().and_then(|span| text.get(span));
            // It quotes the file, which may contain control characters.
            let message = describe(error.message(), found.unwrap_or_default());
            anyhow!("{line}:{column}: {}", escape_path(Path::new(&message)))
        })?;
        Ok(project.tool.and_then(|tool| tool.pyclean))
    }
}

/// An error of the parser in the words of people who write settings. `found` is the text
/// that is wrong.
fn describe(message: &str, found: &str) -> String {
    if let Some(rest) = message.strip_prefix("unknown field") {
        let key = found.trim_matches(['"', '\'']).replace('_', "-");
        if !KEYS.contains(&&*key) && is_option(&key) {
            return format!("`{key}` is not a setting; use --{key} on the command line");
        }
        let tip = did_you_mean(&key, KEYS.into_iter());
        let tip = tip.map_or(String::new(), |tip| format!("; {tip}"));
        return format!("unknown key{rest}{tip}");
    }
    match message.rsplit_once(", expected ") {
        Some((wrong, "a boolean")) => format!("{wrong}, expected true or false"),
        Some((wrong, "a sequence")) if found.starts_with(['"', '\'']) => {
            format!("{wrong}, expected a list, such as [{found}]")
        }
        Some((wrong, "a sequence")) => format!("{wrong}, expected a list of strings"),
        _ => message.to_owned(),
    }
}

/// Whether a key is an option of the command line. Those that are not settings select what
/// is removed, or are a matter of a single run.
fn is_option(key: &str) -> bool {
    let command = Cli::command();
    let mut options = command.get_arguments().filter_map(Arg::get_long);
    options.any(|option| option == key)
}

/// A tip that names the most similar of the known words, if one is similar.
fn did_you_mean(word: &str, known: impl Iterator<Item = &'static str>) -> Option<String> {
    let similarity = |known: &str| strsim::jaro(word, known);
    let best = known.max_by(|a, b| similarity(a).total_cmp(&similarity(b)))?;
    (similarity(best) > MIN_SIMILARITY).then(|| format!("did you mean `{best}`?"))
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
            Err(error) => {
                let message = format!("{error:#}");
                Err(anyhow!(message.replacen(
                    "--ignore value",
                    "`ignore` value",
                    1
                )))
            }
        }
    }
}

/// A Python version.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct PythonSetting(pub(crate) Interpreter);

impl TryFrom<String> for PythonSetting {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        Ok(Self(text.parse().map_err(Error::msg)?))
    }
}

#[derive(serde::Deserialize)]
#[serde(try_from = "String")]
struct TopicName(String);

impl TryFrom<String> for TopicName {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        let tip = || did_you_mean(&text, names()).map_or(String::new(), |tip| format!("; {tip}"));
        ensure!(
            names().any(|name| name == text),
            "'{text}' is not a debris topic{} (topics: {})",
            tip(),
            names().collect::<Vec<_>>().join(", "),
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
