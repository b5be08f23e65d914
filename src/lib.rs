//! `pyclean` removes the caches that Python leaves behind.
//!
//! One way leads through the program, and the modules are its stations:
//!
//! ```text
//! command line ─► Rules, Roots ─► scan ─► Plan ─► execute ─► report
//!    cli        rules, roots      scan    plan    remove     report
//! ```
//!
//! [`cli`] says what is asked for. [`rules`] knows by name what is cache, and
//! [`roots`] opens the directories that were given. [`scan`] walks them once and
//! finds everything that goes; [`plan`] puts it in order. Nothing is removed before
//! the plan is complete. [`remove`] carries it out, or, for a dry run, does all the
//! same but unlink. [`report`] and [`progress`] tell of it; [`threads`] are started
//! when there is work for them, and [`interrupt`] ends it early.

#![warn(missing_docs)]

pub mod cli;
pub mod directory;
pub mod failure;
pub mod interrupt;
pub mod plan;
pub mod progress;
pub mod pyc;
pub mod remove;
pub mod report;
pub mod roots;
pub mod rules;
pub mod scan;
pub mod select;
pub mod threads;

use anyhow::{Result, bail};

use cli::Cli;
use plan::Plan;
use progress::Progress;
use report::Report;
use rules::Rules;
use threads::Threads;

/// How a run ended, and what the process tells its parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All is done, also if there was nothing to do.
    Done = 0,
    /// Something could not be read or removed, or `--check` found something.
    Incomplete = 1,
    /// The request was wrong, and nothing was touched.
    Refused = 2,
    /// Ctrl-C.
    Interrupted = 130,
}

/// Does what the command line asks for.
///
/// # Errors
///
/// When the request is wrong; then nothing was touched.
pub fn run(cli: &Cli) -> Result<Exit> {
    let rules = Rules::new(&cli.ignore, !cli.no_default_ignore)?;
    threads::raise_open_files();
    let given = roots::open(&cli.paths, cli.prefix(), cli.one_file_system);
    if let [first, more @ ..] = &given.missing[..] {
        let more = more
            .iter()
            .map(|path| format!(", {}", report::readable(path)));
        let more = more.collect::<String>();
        bail!(
            "no such file or directory: {}{more}",
            report::readable(first)
        );
    }
    interrupt::listen()?;

    let threads = Threads::new(cli.jobs, given.roots.len());
    let progress = Progress::new(!cli.quiet && !cli.no_progress);
    let found = scan::scan(&given.roots, &rules, &cli.selection(), &threads, &progress);
    let plan = Plan::new(found.targets, found.hollows, &given.roots);
    progress.walked();

    let order = cli.order();
    let mut report = Report::new(cli.style(), order.action, plan.targets.len(), &progress);
    given
        .failures
        .iter()
        .chain(&found.failures)
        .for_each(|failure| report.failure(failure));
    remove::execute(&plan, &given.roots, order, &threads, |target, outcome| {
        report.outcome(target, outcome)
    });
    Ok(report.finish())
}
