//! `pyclean` removes the caches that Python leaves behind.
//!
//! The data flows in one direction:
//!
//! ```text
//! argv + pyproject ─► Options ─► Roots ─► walk ─► records ─► Plan ─► remove ─► Report
//! ```
//!
//! [`pyc`] reads bytecode files and can be used by itself. `docs/architecture.md` in the
//! repository describes the modules.

#![warn(missing_docs, unreachable_pub, unnameable_types)]

mod bytecode;
mod cli;
mod console;
mod decide;
mod directory;
mod exit_status;
mod explain;
mod failure;
#[doc(hidden)]
pub mod fuzzing;
mod git_clean;
mod git_dir;
mod git_index;
mod interrupt;
mod options;
mod output;
mod path;
mod place;
mod plan;
pub mod pyc;
mod reason;
mod regular_file;
mod remove;
mod roots;
mod rules;
mod settings;
mod stats;
mod threads;
mod user_caches;
mod walk;

use std::mem;
use std::time::Instant;

use anyhow::Result;

pub use cli::Cli;
pub use exit_status::ExitStatus;

use console::progress::Progress;
use options::Options;
use output::hints;
use output::prompt::confirm;
use output::report::Report;
use plan::Plan;
use remove::Outcome;
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
        return Ok(cli::generate(kind)?);
    }
    if cli.explain {
        return explain::run(&cli.paths, cli.pycache_prefix());
    }
    clean(&Options::new(cli)?, start)
}

/// Walks, plans, asks and removes. `start` is when the run started.
fn clean(options: &Options, start: Instant) -> Result<ExitStatus> {
    let cli = &options.cli;
    let roots = Roots::open(options)?;
    if roots.are_no_bytecode() {
        explain::check_no_source(&cli.paths, cli.pycache_prefix())?;
    }
    if cli.git_clean {
        git_clean::check(options, &roots)?;
    }
    hints::print_notes(options, &roots);
    interrupt::install_handler()?;

    let threads = Threads::new(cli.jobs);
    let progress = Progress::new(!cli.quiet && !cli.no_progress && !cli.json);
    let mut found = walk::run(options, &roots, &threads, &progress);
    hints::print_nested_settings(options, &found.settings);
    let dirs = mem::take(&mut found.dirs);
    let plan = Plan::new(dirs, &roots, |dir| found.may_remove(dir, &roots));
    found.keep_erased(&plan, &roots);
    hints::print_kept(options, &found, plan.is_empty());

    let mut report = Report::new(options, &plan, &roots, &progress, start);
    for failure in &roots.failures {
        report.record_failure(failure);
    }
    report.record_found(&found);
    if cli.needs_confirmation() && !confirm(&plan, &roots)? {
        report.is_declined = true;
    } else if cli.is_dry_run() {
        report.record_outcome(&Outcome::planned(&plan));
    } else {
        let lists_all = cli.verbose || cli.json;
        remove::execute(&plan, &roots, &threads, &progress, lists_all, |outcome| {
            report.record_outcome(&outcome);
        });
    }
    if cli.git_clean && !report.is_declined {
        git_clean::run(options, &roots, &found, &mut report);
    }
    let status = report.finish();
    hints::print_debris_hint(options, &found);
    Ok(status)
}

/// Prints a usage or configuration error, and ends the process.
#[doc(hidden)]
pub fn exit_with_error(error: &anyhow::Error) -> ! {
    console::message::print_error(format_args!("{error:#}"));
    ExitStatus::Usage.exit()
}
