//! Python versions on the command line.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::{Arg, Command};

use crate::pyc::Interpreter;

/// The versions that shells offer as completions. Others are valid, too.
const COMPLETED_VERSIONS: [&str; 14] = [
    "2.7", "3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.15", "pypy3.9",
    "pypy3.10", "pypy3.11",
];

/// Parses a Python version, and offers the usual ones as completions.
#[derive(Clone)]
pub(super) struct VersionParser;

impl TypedValueParser for VersionParser {
    type Value = Interpreter;

    fn parse_ref(
        &self,
        command: &Command,
        arg: Option<&Arg>,
        value: &OsStr,
    ) -> Result<Interpreter, clap::Error> {
        let parse = |text: &str| text.parse::<Interpreter>();
        parse.parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue>>> {
        Some(Box::new(COMPLETED_VERSIONS.iter().map(PossibleValue::new)))
    }
}
