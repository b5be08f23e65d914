//! Settings that a project keeps in `[tool.pyclean]` of its `pyproject.toml`. They can
//! only narrow what goes, or name debris topics: a project that was merely cloned must
//! not be able to have anything else removed.

use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::iter;
use std::path::{Path, PathBuf};
use std::slice;

use anyhow::{Context, Error, Result, anyhow, ensure};
use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};

use crate::debris::{names, names_listed};
use crate::git;
use crate::pyc::VersionFilter;
use crate::report::readable;
use crate::roots::or_current;
use crate::rules::Rules;

/// The name of the file.
const FILE: &str = "pyproject.toml";

/// No project describes itself in more bytes than this.
const LONGEST: u64 = 1 << 20;

/// What a project sets: the options of the same names.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
#[serde(expecting = "a table of settings")]
pub struct Config {
    /// What is never entered or removed.
    pub ignore: Vec<Ignored>,
    /// What tools left behind that goes, too.
    pub debris: Topics,
    /// Whether only bytecode that misleads goes.
    pub stale: bool,
    /// Interpreters whose bytecode stays.
    pub keep_python: Vec<Python>,
}

/// The settings that hold for the PATHs.
#[derive(Debug, Default)]
pub struct Configs {
    /// The files that were found, with what they say.
    pub files: Vec<(PathBuf, Config)>,
    /// Which of them holds for each PATH.
    of_paths: Vec<Option<usize>>,
    /// Where none does.
    none: Config,
}

#[derive(serde::Deserialize)]
struct Project {
    tool: Option<Tool>,
}

#[derive(serde::Deserialize)]
struct Tool {
    pyclean: Option<Config>,
}

impl Configs {
    /// Finds and reads what holds for `paths`.
    ///
    /// # Errors
    ///
    /// When a file cannot be read or understood, with line and column.
    pub fn find(paths: &[PathBuf]) -> Result<Configs> {
        let mut configs = Configs::default();
        for path in paths {
            let config = configs.nearest(path)?;
            configs.of_paths.push(config);
        }
        Ok(configs)
    }

    /// All that may hold: what holds where nothing is set comes first.
    pub fn all(&self) -> impl Iterator<Item = &Config> {
        let set = self.files.iter().map(|(_, config)| config);
        iter::once(&self.none).chain(set)
    }

    /// Which of [`Configs::all`] holds for the PATH of this index.
    pub fn of(&self, path: usize) -> usize {
        let file = self.of_paths.get(path).copied().flatten();
        file.map_or(0, |file| file + 1)
    }

    /// What holds for the PATH of this index.
    pub fn config(&self, path: usize) -> &Config {
        self.all().nth(self.of(path)).unwrap_or(&self.none)
    }

    /// The nearest one at or above `path`, but not above its repository. Where there is
    /// no repository, who knows whose the directories above are: none of them counts.
    fn nearest(&mut self, path: &Path) -> Result<Option<usize>> {
        if path.symlink_metadata().is_err() {
            return Ok(None);
        }
        // What is no directory is judged where it lies, also a link to a file elsewhere.
        let start = match path.parent() {
            Some(parent) if !path.is_dir() => or_current(parent),
            _ => path,
        };
        let Ok(start) = start.canonicalize() else {
            return Ok(None);
        };
        let top = start.ancestors().find(|above| git::is_top(above));
        let top = top.unwrap_or(&start);
        for directory in start.ancestors().take_while(|above| above.starts_with(top)) {
            let file = directory.join(FILE);
            if let Some(known) = self.files.iter().position(|(known, _)| *known == file) {
                return Ok(Some(known));
            }
            if let Some(config) = read(&file)? {
                self.files.push((file, config));
                return Ok(Some(self.files.len() - 1));
            }
        }
        Ok(None)
    }
}

/// What a file sets, if it is there and sets anything.
fn read(file: &Path) -> Result<Option<Config>> {
    let shown = readable(file);
    let text = contents(file)
        .with_context(|| format!("cannot read {shown} (--isolated runs without it)"))?;
    match text.as_deref().map(Config::parse) {
        None => Ok(None),
        Some(Ok(config)) => Ok(config),
        Some(Err(error)) => Err(anyhow!("{shown}:{error} (--isolated runs without it)")),
    }
}

impl Config {
    /// What a `pyproject.toml` of this text sets, if it sets anything.
    ///
    /// # Errors
    ///
    /// When it cannot be understood: `line:column: message`.
    pub fn parse(text: &str) -> Result<Option<Config>> {
        // What does not speak of this program need not be understood by it.
        if !text.contains("pyclean") {
            return Ok(None);
        }
        let project: Project = toml::from_str(text).map_err(|error| {
            let (line, column) = position(text, error.span().map_or(0, |span| span.start));
            // The file may hold anything, so it is not to reach the terminal as it is.
            let message = readable(Path::new(error.message()));
            anyhow!("{line}:{column}: {message}")
        })?;
        Ok(project.tool.and_then(|tool| tool.pyclean))
    }
}

/// The text of a file, if there is one. Of a pipe nobody may ever write the end, and a
/// device may have none.
fn contents(path: &Path) -> io::Result<Option<String>> {
    match path.metadata() {
        Ok(metadata) if !metadata.is_file() => return Ok(None),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
        Ok(_) => {}
    }
    let mut text = Vec::new();
    File::open(path)?.take(LONGEST + 1).read_to_end(&mut text)?;
    if text.len() as u64 > LONGEST {
        return Err(io::Error::other("it is longer than 1 MiB"));
    }
    Ok(Some(String::from_utf8_lossy(&text).into_owned()))
}

/// The line and the column, both from 1, of a byte in a text.
fn position(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or(before);
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}

/// A name, a path or a glob. This and the other words are checked where they stand, so
/// that an error tells the place.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(try_from = "String")]
pub struct Ignored(pub OsString);

impl TryFrom<String> for Ignored {
    type Error = Error;

    fn try_from(word: String) -> Result<Ignored> {
        let word = OsString::from(word);
        match Rules::new(slice::from_ref(&word), false) {
            Ok(_) => Ok(Ignored(word)),
            Err(error) => Err(anyhow!("{error:#}")),
        }
    }
}

/// The version of an interpreter.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(try_from = "String")]
pub struct Python(pub VersionFilter);

impl TryFrom<String> for Python {
    type Error = Error;

    fn try_from(word: String) -> Result<Python> {
        Ok(Python(word.parse()?))
    }
}

#[derive(serde::Deserialize)]
#[serde(try_from = "String")]
struct Topic(String);

impl TryFrom<String> for Topic {
    type Error = Error;

    fn try_from(word: String) -> Result<Topic> {
        ensure!(
            names().any(|name| name == word),
            "'{word}' is no debris topic; topics: {}",
            names_listed()
        );
        Ok(Topic(word))
    }
}

/// Debris topics: `true` for the default ones, or a list, of which an empty one means
/// no debris.
#[derive(Debug, Clone, Default)]
pub struct Topics(pub Option<Vec<String>>);

impl<'de> Deserialize<'de> for Topics {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Topics, D::Error> {
        deserializer.deserialize_any(TopicsVisitor)
    }
}

struct TopicsVisitor;

impl<'de> Visitor<'de> for TopicsVisitor {
    type Value = Topics;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("true, false or a list of topics")
    }

    fn visit_bool<E>(self, wanted: bool) -> Result<Topics, E> {
        Ok(Topics(wanted.then(Vec::new)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut words: A) -> Result<Topics, A::Error> {
        let mut topics = Vec::new();
        while let Some(Topic(topic)) = words.next_element()? {
            topics.push(topic);
        }
        Ok(Topics((!topics.is_empty()).then_some(topics)))
    }
}
