//! The man page, the completions, and the parts of the help that are lists.

use std::fmt::Write as _;
use std::io::{self, ErrorKind, Write};

use clap::{CommandFactory, ValueEnum};
use clap_complete::{Generator, Shell};
use clap_mangen::Man;

use super::Cli;
use crate::exit_status::ExitStatus;
use crate::rules::topics::{ALL, TOPICS, names};

/// What `--generate` can print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Generate {
    /// The man page
    Man,
    /// Completions for bash
    CompleteBash,
    /// Completions for zsh
    CompleteZsh,
    /// Completions for fish
    CompleteFish,
    /// Completions for PowerShell
    CompletePowershell,
}

const EXIT_STATUS: [(&str, &str); 4] = [
    ("0", "success (including nothing to remove)"),
    (
        "1",
        "something could not be read or removed, or --check found something",
    ),
    ("2", "usage or configuration error; nothing was removed"),
    ("130", "interrupted (Ctrl-C or a termination signal)"),
];

const EXAMPLES: [(&str, &str); 6] = [
    ("pyclean -n .", "preview"),
    ("pyclean .", "remove all bytecode"),
    ("pyclean --stale .", "remove only stale bytecode"),
    (
        "pyclean --keep-python 3.13 .",
        "keep bytecode of Python 3.13",
    ),
    ("pyclean . --debris", "also remove leftovers of tools"),
    ("pyclean --check .", "fail if there is bytecode"),
];

const ENVIRONMENT: [(&str, &str); 3] = [
    (
        "PYTHONPYCACHEPREFIX",
        "The default of --pycache-prefix: the directory in which Python caches bytecode \
         outside the source tree.",
    ),
    ("NO_COLOR", "If set, --color=auto uses no colors."),
    (
        "HOME, XDG_CACHE_HOME",
        "Locate the cache directory of the user, which is never removed as debris.",
    ),
];

const FILES: [(&str, &str); 1] = [(
    "pyproject.toml",
    "Settings in the table [tool.pyclean]: ignore, debris, stale, keep-python. For each PATH, \
     the nearest file with this table counts, up to the root of the git repository; outside a \
     repository, only the one in PATH itself. Options take precedence, but ignore lists are \
     merged.",
)];

/// Prints the man page or a completion script.
///
/// # Errors
///
/// If stdout cannot be written. A closed pipe is not an error.
pub(crate) fn generate(kind: Generate) -> io::Result<ExitStatus> {
    let mut text = Vec::new();
    match kind {
        Generate::Man => render_man_page(&mut text)?,
        Generate::CompleteBash => complete(Shell::Bash, &mut text)?,
        Generate::CompleteZsh => complete(Shell::Zsh, &mut text)?,
        Generate::CompleteFish => complete(Shell::Fish, &mut text)?,
        Generate::CompletePowershell => complete(Shell::PowerShell, &mut text)?,
    }
    match io::stdout().write_all(&text) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error),
        Ok(()) | Err(_) => Ok(ExitStatus::Success),
    }
}

fn complete(shell: Shell, out: &mut Vec<u8>) -> io::Result<()> {
    let mut command = Cli::command();
    command.set_bin_name("pyclean");
    command.build();
    shell.try_generate(&command, out)
}

fn render_man_page(out: &mut Vec<u8>) -> io::Result<()> {
    let man = Man::new(Cli::command())
        .section("1")
        .manual("User Commands");
    man.render_title(out)?;
    man.render_name_section(out)?;
    man.render_synopsis_section(out)?;
    man.render_description_section(out)?;
    man.render_options_section(out)?;
    render_man_section("EXIT STATUS", &EXIT_STATUS, out)?;
    render_man_section("EXAMPLES", &EXAMPLES, out)?;
    render_man_section("ENVIRONMENT", &ENVIRONMENT, out)?;
    render_man_section("FILES", &FILES, out)?;
    man.render_version_section(out)
}

fn render_man_section(title: &str, items: &[(&str, &str)], out: &mut Vec<u8>) -> io::Result<()> {
    writeln!(out, ".SH \"{title}\"")?;
    for (term, text) in items {
        let (term, text) = (term.replace('-', "\\-"), text.replace('-', "\\-"));
        writeln!(out, ".TP\n\\fB{term}\\fR\n{text}")?;
    }
    Ok(())
}

/// The lists at the end of `--help`.
pub(super) fn after_long_help() -> String {
    let mut text = String::from("Exit status:\n");
    for (status, meaning) in EXIT_STATUS {
        let _ = writeln!(text, "  {status:<3}  {meaning}");
    }
    text.push_str("\nExamples:\n");
    for (command, meaning) in EXAMPLES {
        let _ = writeln!(text, "  {command:<28}  {meaning}");
    }
    text.truncate(text.trim_end().len());
    text
}

/// The text of `--debris` in `--help`, with all topics.
pub(super) fn debris_help() -> String {
    let defaults = TOPICS.iter().filter(|topic| topic.is_default);
    let defaults: Vec<_> = defaults.map(|topic| topic.name).collect();
    let mut text = format!(
        "Also remove leftovers of Python tools, by topic\n\n\
         Without TOPIC: {}. Files that git tracks, repositories and virtual environments \
         are kept.\n\nTopics:",
        defaults.join(", ")
    );
    let width = names().map(str::len).max().unwrap_or(0);
    for topic in TOPICS {
        let help = topic.help.replace('\n', &format!("\n{:width$}    ", ""));
        let _ = write!(text, "\n  {:width$}  {help}", topic.name);
    }
    let _ = write!(text, "\n  {ALL:width$}  all topics");
    text
}
