//! The report of a run: paths and JSON on stdout, everything else on stderr.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::time::Instant;

#[cfg(unix)]
use super::denied::explain_denied;
use super::json::{JsonPath, Message};
use super::listing::{Lister, has_stale};
use super::projects::Projects;
use super::stdout::Stdout;
use crate::cli::Cli;
use crate::console::format::{escape, format_command, format_count, format_stats, list_some};
use crate::console::message::{print_error, print_hint, print_summary, print_warning};
use crate::console::progress::Progress;
use crate::exit_status::ExitStatus;
use crate::failure::{Failure, Operation};
use crate::interrupt;
use crate::options::Options;
use crate::plan::{Plan, Visitor};
use crate::reason::KeepReason;
use crate::remove::Outcome;
use crate::roots::Roots;
use crate::stats::RemovalStats;
use crate::walk::{Found, Kept};

const MAX_NAMES: usize = 3;

pub(crate) struct Report<'a> {
    cli: &'a Cli,
    progress: &'a Progress,
    start: Instant,
    lister: Lister<'a>,
    visitor: Visitor<'a>,
    /// The directories of the plan that were reached.
    reached: usize,
    total: RemovalStats,
    errors: u64,
    /// What to do about the first operation that permissions denied.
    denied: Option<String>,
    /// Whether another program found something to remove besides the plan.
    pub(crate) found_more: bool,
    pub(crate) has_run_git: bool,
    pub(crate) is_declined: bool,
    projects: Projects,
    out: Stdout,
}

impl<'a> Report<'a> {
    pub(crate) fn new(
        options: &'a Options,
        plan: &'a Plan,
        roots: &'a Roots,
        progress: &'a Progress,
        start: Instant,
    ) -> Self {
        let cli = &options.cli;
        let mut report = Self {
            lister: Lister {
                cli,
                plan,
                roots,
                shows_reasons: options.rules.bytecode.stale || has_stale(plan),
            },
            visitor: Visitor::new(plan),
            cli,
            progress,
            start,
            reached: 0,
            total: RemovalStats::default(),
            errors: 0,
            denied: None,
            found_more: false,
            has_run_git: false,
            is_declined: false,
            projects: Projects::default(),
            out: Stdout::new(cli),
        };
        report.out.write_json(&Message::Begin {
            version: env!("CARGO_PKG_VERSION"),
            dry_run: cli.is_dry_run(),
        });
        report
    }

    pub(crate) fn record_found(&mut self, found: &Found) {
        for failure in &found.failures {
            self.record_failure(failure);
        }
        self.record_kept(&found.kept);
        if !found.tracked.is_empty() {
            let dry_run = self.cli.is_dry_run();
            let verb = if dry_run { "would remove" } else { "removing" };
            let paths = found.tracked.iter().take(MAX_NAMES);
            let command = format_command("; to stop tracking: git rm -r --cached --", paths);
            print_warning(format_args!(
                "{verb} {}, which git tracks{}",
                list_some(found.tracked.iter(), MAX_NAMES),
                command.unwrap_or_default()
            ));
        }
        warn_of_sourceless(&found.sourceless);
    }

    /// Reports what was removed. Ends the run if stdout is closed.
    pub(crate) fn record_outcome(&mut self, outcome: &Outcome) {
        let (plan, roots) = (self.lister.plan, self.lister.roots);
        self.reached += outcome.dirs.len();
        self.total += outcome.stats;
        for failure in &outcome.failures {
            self.record_failure(failure);
        }
        if self.cli.by_project {
            self.projects.add(plan, roots, outcome);
        } else {
            let (lister, out) = (&self.lister, &mut self.out);
            let visitor = &mut self.visitor;
            self.progress.suspend(|| {
                lister.write(visitor, outcome, out);
                // A person waits for each line, a program for the end.
                if out.is_terminal {
                    out.flush();
                }
            });
        }
    }

    pub(crate) fn record_failure(&mut self, failure: &Failure) {
        let path = escape(&failure.path);
        let what = match failure.operation {
            Operation::Read => format!("cannot read {path}"),
            Operation::ApplySettings => {
                let dir = escape(failure.path.parent().unwrap_or(&failure.path));
                format!("invalid settings in {path}; everything in {dir} is kept")
            }
            Operation::Remove => format!("cannot remove {path}"),
            Operation::ReadIndex => {
                format!("cannot read the git index of {path}, so what it may track is kept")
            }
            Operation::GitClean => format!("git clean failed in {path}"),
        };
        self.progress
            .suspend(|| print_error(format_args!("{what}: {}", failure.error)));
        self.out.write_json(&Message::Error {
            path: JsonPath(&failure.path),
            attempt: failure.operation,
            message: failure.error.to_string(),
        });
        self.errors += 1;
        if self.denied.is_none() && failure.error.kind() == ErrorKind::PermissionDenied {
            self.denied = explain_denied(failure);
        }
    }

    fn record_kept(&mut self, kept: &[Kept]) {
        let mut by_reason: BTreeMap<KeepReason, Vec<&PathBuf>> = BTreeMap::new();
        for Kept { path, reason } in kept {
            by_reason.entry(*reason).or_default().push(path);
            self.out.write_json(&Message::Keep {
                path: JsonPath(path),
                reason: reason.to_string(),
            });
        }
        for (reason, paths) in by_reason {
            let names = list_some(paths.iter(), MAX_NAMES);
            print_warning(format_args!("kept {names}: {reason}"));
        }
    }

    /// Writes out what is buffered, before another program writes.
    pub(crate) fn flush(&mut self) {
        self.progress.finish();
        self.out.flush();
    }

    pub(crate) fn finish(mut self) -> ExitStatus {
        self.progress.finish();
        self.lister.finish(&mut self.visitor, &mut self.out);
        if self.cli.by_project && (!self.cli.quiet || self.cli.json) {
            self.projects.write(&mut self.out);
        }
        self.out.write_json(&Message::Summary {
            dry_run: self.cli.is_dry_run(),
            interrupted: interrupt::is_requested(),
            stats: self.total,
            errors: self.errors,
            elapsed_ms: self.start.elapsed().as_millis() as u64,
        });
        self.flush();
        if let Some(hint) = &self.denied {
            print_hint(hint);
        }
        let write_error = self.out.error.take();
        match &write_error {
            Some(error) if error.kind() != ErrorKind::BrokenPipe => {
                print_error(format_args!("cannot write to stdout: {error}"));
                self.errors += 1;
            }
            Some(_) if self.is_incomplete() => {
                print_warning("stdout was closed, so the run stopped early");
            }
            // The reader has seen enough.
            Some(_) => return self.exit_status(),
            None => {}
        }
        if !self.cli.quiet && !self.cli.json {
            print_summary(self.summary());
        }
        if interrupt::is_requested() && write_error.is_none() {
            ExitStatus::Interrupted
        } else {
            self.exit_status()
        }
    }

    fn exit_status(&self) -> ExitStatus {
        let found = self.cli.check && (self.found_more || !self.total.is_empty());
        if self.errors > 0 || found || self.is_incomplete() {
            ExitStatus::Failure
        } else {
            ExitStatus::Success
        }
    }

    /// Whether something was not reached: a closed stdout also stops removal.
    fn is_incomplete(&self) -> bool {
        !self.cli.is_dry_run() && !self.is_declined && self.reached < self.lister.plan.dirs.len()
    }

    fn summary(&self) -> String {
        let dry_run = self.cli.is_dry_run();
        let verb = if dry_run { "Would remove" } else { "Removed" };
        let what = format_stats(self.total);
        if interrupt::is_requested() {
            format!("Interrupted: {} {what}.", verb.to_lowercase())
        } else if self.is_declined {
            "Nothing removed.".to_owned()
        } else if self.lister.plan.is_empty() {
            let text = match (self.errors > 0, dry_run) {
                (true, true) => "Would remove nothing.",
                (true, false) => "Nothing removed.",
                (false, _) if self.has_run_git => "Nothing else to remove.",
                (false, _) => "Nothing to remove.",
            };
            text.to_owned()
        } else if self.has_run_git {
            // Git prints what it removes itself.
            format!("{verb} {what}, besides what git lists.")
        } else {
            format!("{verb} {what}.")
        }
    }
}

#[cfg(windows)]
fn explain_denied(_: &Failure) -> Option<String> {
    let hint = "access denied: close the programs that use these files, or run as administrator";
    Some(hint.to_owned())
}

fn warn_of_sourceless(dirs: &BTreeMap<PathBuf, u64>) {
    for (dir, count) in dirs.iter().take(MAX_NAMES) {
        print_warning(format_args!(
            "{}: {} without a source, which Python cannot make again",
            dir.display(),
            format_count(*count, "file", "files")
        ));
    }
    if let more @ 1.. = dirs.len().saturating_sub(MAX_NAMES) {
        print_warning(format_args!("the same in {more} more directories"));
    }
}
