//! The man page, the output of `--generate`, and the parts of the help that are lists.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use clap::{CommandFactory, ValueEnum};
use clap_complete::aot::{self, Shell};
use clap_mangen::Man;

use super::Cli;
use crate::console::print_all;
use crate::exit_status::ExitStatus;
use crate::rules::topics::{Property, TOPICS, Topic, names};

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

/// The date in the footer of the man page. `.ci/check-release` compares it with the changelog.
const RELEASE_DATE: &str = "2026-11-26";

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

const ENVIRONMENT: [(&str, &str); 4] = [
    (
        "PYTHONPYCACHEPREFIX",
        "The default of --pycache-prefix: the directory in which Python caches bytecode \
         outside the source tree.",
    ),
    ("NO_COLOR", "If set, --color=auto uses no colors."),
    (
        "HOME, XDG_CACHE_HOME, LOCALAPPDATA",
        "Locate the cache directory of the user, which is never removed as debris.",
    ),
    (
        "SUDO_UID",
        "The user who ran sudo, whose settings files may choose debris.",
    ),
];

const FILES: [(&str, &str); 1] = [(
    "pyproject.toml",
    "Settings in the table [tool.pyclean]: ignore, debris, stale, keep-python. They hold in the \
     directory of the file and below it. With those of the directories above, up to the root \
     of the git repository (or PATH, if that is higher), what they ignore and keep adds up, \
     and the nearest debris counts. Options take precedence, but ignore lists are merged.",
)];

pub(crate) fn generate(kind: Generate) -> io::Result<ExitStatus> {
    let text = match kind {
        Generate::Man => man_page()?,
        Generate::CompleteBash => completions(Shell::Bash),
        // With two colons, zsh completes no option after a PATH.
        Generate::CompleteZsh => completions(Shell::Zsh).replace("'*::", "'*:"),
        Generate::CompleteFish => completions(Shell::Fish),
        Generate::CompletePowershell => completions(Shell::PowerShell),
    };
    print_all(text.as_bytes())?;
    Ok(ExitStatus::Success)
}

fn completions(shell: Shell) -> String {
    let mut script = Vec::new();
    aot::generate(shell, &mut Cli::command(), "pyclean", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

fn man_page() -> io::Result<String> {
    let man = Man::new(Cli::command())
        .title("PYCLEAN")
        .section("1")
        .date(RELEASE_DATE)
        .manual("User Commands");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    for (title, items) in [
        ("EXIT STATUS", &EXIT_STATUS[..]),
        ("ENVIRONMENT", &ENVIRONMENT),
        ("FILES", &FILES),
        ("EXAMPLES", &EXAMPLES),
    ] {
        writeln!(page, ".SH \"{title}\"")?;
        for (term, text) in items {
            let (term, text) = (term.replace('-', "\\-"), text.replace('-', "\\-"));
            writeln!(page, ".TP\n\\fB{term}\\fR\n{text}")?;
        }
    }
    Ok(String::from_utf8_lossy(&page).into_owned())
}

pub(super) fn after_long_help() -> String {
    let statuses = EXIT_STATUS.map(|(status, meaning)| format!("\n  {status:<3}  {meaning}"));
    let examples = EXAMPLES.map(|(command, meaning)| format!("\n  {command:<28}  {meaning}"));
    let (statuses, examples) = (statuses.concat(), examples.concat());
    format!("Exit status:{statuses}\n\nExamples:{examples}")
}

pub(super) fn debris_help() -> String {
    let defaults = TOPICS.iter().filter(|topic| topic.has(Property::Default));
    let defaults: Vec<_> = defaults.map(|topic| topic.name).collect();
    let mut text = format!(
        "Also remove leftovers of Python tools, by topic\n\n\
         Without TOPIC: {}. Files that git tracks, repositories and virtual environments \
         are kept. Names that other programs use, too, such as dist and build, count only \
         in a Python project.\n\n\
         This option takes all values that follow it, so put PATH first. Before PATH, \
         write --debris=mypy,ruff.\n\nTopics:",
        defaults.join(", ")
    );
    let width = names().map(str::len).max().unwrap_or_default();
    for Topic { name, help, .. } in TOPICS {
        let help = help.replace('\n', &format!("\n{:width$}    ", ""));
        let _ = write!(text, "\n  {name:width$}  {help}");
    }
    text
}
