//! `pyclean` removes the caches that Python leaves behind.
//!
//! The data flows in one direction:
//!
//! ```text
//! argv + pyproject ─► Options ─► Roots ─► scan ─► Plan ─► remove ─► Report
//! ```
//!
//! [`pyc`] reads bytecode files and can be used by itself. `docs/architecture.md` in the
//! repository describes the modules.

#![warn(missing_docs, unreachable_pub, unnameable_types)]

mod cli;
mod config;
mod console;
mod directory;
mod exit_status;
mod explain;
mod failure;
#[doc(hidden)]
pub mod fuzzing;
mod git;
mod git_clean;
mod guard;
mod interrupt;
mod open_dirs;
mod options;
mod output;
mod path;
mod plan;
mod projects;
pub mod pyc;
mod pycache_prefix;
mod regular_file;
mod remove;
mod roots;
mod rules;
mod scan;
mod stats;
mod threads;

use std::mem;
use std::time::Instant;

use anyhow::Result;

pub use cli::Cli;
pub use exit_status::ExitStatus;

use console::progress::Progress;
use options::Options;
use output::hints;
use output::prompt::confirm_erase;
use output::report::Report;
use plan::Plan;
use projects::Projects;
use roots::Roots;
use threads::Threads;

/// Does what the command line asks for.
///
/// # Errors
///
/// A usage or configuration error; nothing was removed.
pub fn run(cli: Cli) -> Result<ExitStatus> {
    let start = Instant::now();
    if let Some(kind) = cli.generate {
        return Ok(cli::generate(kind, cli.paths)?);
    }
    if cli.explain {
        return explain::run(&cli.paths, cli.pycache_prefix());
    }
    clean(&Options::resolve(cli)?, start)
}

/// Scans, plans, asks and removes. `start` is when the run started.
fn clean(options: &Options, start: Instant) -> Result<ExitStatus> {
    let cli = &options.cli;
    if cli.git_clean {
        git_clean::check(options)?;
    }
    hints::print_settings(options);
    let roots = Roots::open(options)?;
    hints::warn_of_other_files(options, &roots);
    interrupt::install_handler()?;

    let threads = Threads::new(cli.jobs);
    let progress = Progress::new(cli.shows_progress(), cli.is_dry_run());
    let mut found = scan::run(options, &roots, &threads, &progress);
    hints::print_nested_settings(options, &found.nested_settings);
    let mut plan = Plan::new(mem::take(&mut found.targets));
    let is_declined = cli.needs_confirmation() && !confirm_erase(&mut plan, &mut found.kept)?;
    let projects = cli
        .by_project
        .then(|| Projects::find(&plan, &roots, &mut found.failures));

    let mut report = Report::new(options, &plan, projects, &progress, start);
    report.is_declined = is_declined;
    for failure in roots.failures.iter().chain(&found.failures) {
        report.record_failure(failure);
    }
    report.record_kept(&found.kept);
    report.record_tracked(&found.tracked);
    let on_outcome = |index, outcome| report.record_outcome(index, outcome);
    remove::execute(&plan, cli.is_dry_run(), cli.listing(), &threads, on_outcome);
    if cli.git_clean {
        git_clean::run(options, &found, &mut report);
    }
    let status = report.finish();
    hints::print_debris_hint(&found.hinted_debris);
    Ok(status)
}

/// Prints a usage or configuration error, and ends the process.
#[doc(hidden)]
pub fn exit_with_error(error: &anyhow::Error) -> ! {
    console::message::print_error(format_args!("{error:#}"));
    ExitStatus::Usage.exit()
}
