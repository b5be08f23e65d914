//! `pyclean` removes the caches that Python leaves behind.
//!
//! One way leads through the program, and the modules are its stations:
//!
//! ```text
//! command line ─► Rules, Roots ─► scan ─► Plan ─► execute ─► report
//!    cli        rules, roots      scan    plan    remove     report
//! ```
//!
//! 1. [`cli`] says what is asked for, and [`config`] what the project adds.
//! 2. [`rules`] knows by name what is cache, with [`debris`] and `erase` for what else
//!    goes and `glob` for the globs in it; `select` knows which bytecode of it. `roots`
//!    opens what was named.
//! 3. `scan` walks that once and finds everything that goes. Where bytecode is to be
//!    judged it asks [`pyc`], which knows names, headers and sources, and nothing of
//!    walking and removing.
//! 4. `guard` takes out what only looks like debris or is empty for a reason; it asks
//!    `git`.
//! 5. `plan` puts the rest in order: plain data, complete before anything is removed.
//!    `prompt` has the user agree to what was named for erasing.
//! 6. `remove` carries the plan out, or, for a dry run, does all the same but unlink.
//!    No other module removes anything. `directory` is how it gets from one open
//!    directory into the next.
//! 7. [`report`] tells what became of it, for programs by way of `json`, and
//!    `progress` while it goes on. What failed is a `failure`.
//!
//! `threads` are started when there is work for them, and `interrupt` ends it early.

#![warn(missing_docs)]

pub mod cli;
pub mod config;
pub mod debris;
mod directory;
mod erase;
mod failure;
mod git;
mod glob;
mod guard;
mod interrupt;
mod json;
mod plan;
mod progress;
mod prompt;
pub mod pyc;
mod remove;
pub mod report;
mod roots;
pub mod rules;
mod scan;
mod select;
mod threads;

use std::ffi::OsString;
use std::io::{self, ErrorKind, Write};
use std::mem;
use std::time::Instant;

use anyhow::{Result, bail, ensure};

use cli::Cli;
use config::Configs;
use failure::{Attempt, Failure};
use git::Cleaned;
use guard::Kept;
use plan::{Plan, Why};
use progress::Progress;
use report::Report;
use roots::Root;
use scan::{Found, Scan, Settings};
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
    let since = Instant::now();
    if let Some(kind) = cli.generate {
        return generate(kind);
    }
    let configs = match cli.isolated {
        true => Configs::default(),
        false => Configs::find(&cli.paths)?,
    };
    let ignore: Vec<_> = cli
        .ignore
        .iter()
        .flat_map(|word| roots::ignored(word))
        .collect();
    let settings = settings(cli, &ignore, &configs)?;
    if cli.explains() {
        configs.files.iter().for_each(|(file, _)| {
            let file = report::readable(file);
            report::hint(format_args!(
                "[tool.pyclean] of {file} applies (--isolated runs without it)"
            ));
        });
    }
    threads::raise_open_files();
    let paths = cli.paths.iter().enumerate();
    let roots::Roots {
        roots,
        missing,
        failures,
    } = roots::open(
        paths.map(|(index, path)| (path, configs.of(index))),
        cli.prefix(),
        cli.one_file_system,
    );
    ensure!(
        missing.is_empty(),
        "no such file or directory: {}",
        report::list(&missing)
    );
    if cli.git_clean {
        check_git_clean(cli, &ignore, &configs)?;
    }
    interrupt::listen()?;

    let threads = Threads::new(cli.jobs, roots.len());
    let progress = Progress::new(cli.draws());
    let scan = Scan::new(&roots, &settings, &threads, &progress);
    let mut found = scan.everywhere();
    // No configuration can name anything for erasing.
    let erase = &settings[0].rules.erase;
    let mut kept = Kept::default();
    kept.guard(&mut found, &roots, erase);
    let mut within = scan.below(kept.targets());
    kept.guard(&mut within, &roots, erase);
    found.add(within);
    progress.walked();
    let unread = mem::take(&mut found.failures);
    let plan = confirmed(cli, found, &mut kept, &roots, &threads)?;
    let kept = kept.without(&plan, &roots);

    let order = cli.order();
    let style = cli.style(settings.iter().any(|settings| settings.selection.stale));
    let mut report = Report::new(style, order.action, &plan, &roots, &progress, since);
    let failures = failures.iter().chain(&unread).chain(&kept.failures);
    failures.for_each(|failure| report.failure(failure));
    report.kept(&kept);
    remove::execute(&plan, &roots, order, &threads, |target, outcome| {
        report.outcome(target, outcome)
    });
    if cli.git_clean && !interrupt::requested() {
        git_clean(cli, &ignore, &configs, &mut report);
    }
    Ok(report.finish())
}

/// Prints what is made of the description of the command line.
fn generate(kind: cli::Generate) -> Result<Exit> {
    let mut text = Vec::new();
    cli::generate(kind, &mut text)?;
    match io::stdout().write_all(&text) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        Ok(()) | Err(_) => Ok(Exit::Done),
    }
}

/// What is looked for with each of the configurations.
fn settings(cli: &Cli, ignore: &[OsString], configs: &Configs) -> Result<Vec<Settings>> {
    let all = configs.all().map(|config| cli.settings(ignore, config));
    all.collect()
}

/// Fails if git is not there, or cannot be told what to leave alone.
fn check_git_clean(cli: &Cli, ignore: &[OsString], configs: &Configs) -> Result<()> {
    ensure!(
        git::is_available(),
        "--git-clean needs git, and there is none"
    );
    let paths = 0..cli.paths.len();
    let mut ignored = paths.flat_map(|path| cli.ignored(ignore, configs.config(path)));
    if let Some(word) = ignored.find(|word| !git::can_exclude(word)) {
        bail!(
            "--git-clean cannot leave alone what {word:?} means: \
             write it without alternatives, and relative to the PATH"
        );
    }
    Ok(())
}

/// The plan, with what the user agrees to have erased.
fn confirmed(
    cli: &Cli,
    mut found: Found,
    kept: &mut Kept,
    roots: &[Root],
    threads: &Threads,
) -> Result<Plan> {
    let is_agreed = !cli.asks() || {
        let plan = Plan::new(found.targets.clone(), found.hollows.clone(), roots);
        prompt::confirm(&plan.erased(), roots, threads)?
    };
    match is_agreed {
        true if cli.erase.is_empty() => {}
        true => kept.full(&mut found),
        false => found.keep(|target| target.why == Why::Erased),
    }
    Ok(Plan::new(found.targets, found.hollows, roots))
}

/// Runs `git clean` in each PATH that is a directory.
fn git_clean(cli: &Cli, ignore: &[OsString], configs: &Configs, report: &mut Report) {
    let directories = cli
        .paths
        .iter()
        .enumerate()
        .filter(|(_, path)| path.is_dir());
    for (index, path) in directories {
        report.flush();
        let ignored = cli.ignored(ignore, configs.config(index));
        let error = match git::clean(path, &ignored, cli.clean_mode(), cli.output()) {
            Ok(Cleaned::Ran { status, found }) if status.success() => {
                report.found |= found;
                continue;
            }
            Ok(Cleaned::NoRepository) => {
                report::warning(format_args!(
                    "{} is in no git repository",
                    report::readable(path)
                ));
                continue;
            }
            Ok(Cleaned::Ran { status, .. }) => io::Error::other(status.to_string()),
            Err(error) => error,
        };
        report.failure(&Failure {
            attempt: Attempt::GitClean,
            path: path.clone(),
            error,
        });
    }
}
