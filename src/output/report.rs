//! The report of a run: paths and JSON on stdout, everything else on stderr.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::time::Instant;

use super::by_project::write_projects;
use super::interpreters::print_interpreters;
use super::json::{JsonPath, Message};
use super::stdout::Stdout;
use crate::cli::Cli;
use crate::console::format::{escape_path, format_stats, list_some};
use crate::console::message::{BOLD, RESET, eprint_line, print_error, print_hint, print_warning};
use crate::console::progress::Progress;
use crate::exit_status::ExitStatus;
use crate::failure::{Failure, Operation};
use crate::guard::KeepReason;
use crate::interrupt;
use crate::options::Options;
use crate::plan::{Plan, Target};
use crate::projects::Projects;
use crate::remove::{Outcome, RemovedEntry};
use crate::scan::Kept;
use crate::stats::RemovalStats;

/// Paths that a warning names.
const MAX_NAMES: usize = 5;

/// Reports a run while it goes on, and adds up what it did.
#[derive(Debug)]
pub(crate) struct Report<'a> {
    cli: &'a Cli,
    progress: &'a Progress,
    start: Instant,
    /// Whether to say why each path is removed.
    shows_reasons: bool,
    plan: &'a Plan<'a>,
    done: usize,
    total: RemovalStats,
    errors: u64,
    permission_denied: bool,
    /// Repositories that git does not trust, because they belong to another user.
    distrusted: Vec<PathBuf>,
    /// Whether another program found something to remove besides the plan.
    pub(crate) found_more: bool,
    /// Whether the user declined what `--erase` selected.
    pub(crate) is_declined: bool,
    /// What was removed in each project, if that is reported instead of paths.
    projects: Option<Projects>,
    out: Stdout,
}

impl<'a> Report<'a> {
    /// Begins the report of a run that started at `start`.
    pub(crate) fn new(
        options: &'a Options,
        plan: &'a Plan<'a>,
        projects: Option<Projects>,
        progress: &'a Progress,
        start: Instant,
    ) -> Self {
        let cli = &options.cli;
        let mut report = Self {
            cli,
            progress,
            start,
            shows_reasons: options.rules.iter().any(|rules| rules.bytecode.stale)
                || plan.targets.iter().any(Target::is_stale),
            plan,
            done: 0,
            total: RemovalStats::default(),
            errors: 0,
            permission_denied: false,
            distrusted: Vec::new(),
            found_more: false,
            is_declined: false,
            projects,
            out: Stdout::new(cli),
        };
        report.out.write_json(&Message::Begin {
            version: env!("CARGO_PKG_VERSION"),
            dry_run: cli.is_dry_run(),
        });
        report
    }

    /// Reports what became of the target at this position of the plan. Ends the run if stdout
    /// is closed.
    pub(crate) fn record_outcome(&mut self, index: usize, outcome: Outcome) {
        let target = &self.plan.targets[index];
        self.done += 1;
        let bytes = self.total.bytes + outcome.stats.bytes;
        self.progress
            .targets_done(self.done, self.plan.targets.len(), bytes);
        for failure in &outcome.failures {
            self.record_failure(failure);
        }
        if let Some(projects) = &mut self.projects {
            projects.add(index, target, &outcome.stats);
        } else if !outcome.stats.is_empty() && self.out.is_json {
            let path = target.display_path();
            let message = Message::removed(&path, target, &outcome.stats);
            self.out.write_json(&message);
        }
        self.total += outcome.stats;
        if !outcome.removed.is_empty() {
            let progress = self.progress;
            if self.out.is_terminal {
                progress.suspend(|| self.list(target, &outcome.removed));
            } else {
                self.list(target, &outcome.removed);
            }
        }
    }

    /// Reports what could not be read or removed.
    pub(crate) fn record_failure(&mut self, failure: &Failure) {
        let path = escape_path(&failure.path);
        let what = match failure.operation {
            Operation::Read => format!("cannot read {path}"),
            Operation::ApplySettings => {
                let dir = failure.path.parent().unwrap_or(&failure.path);
                let dir = escape_path(dir);
                format!("invalid settings in {path}; everything in {dir} is kept")
            }
            Operation::Remove => format!("cannot remove {path}"),
            Operation::AskGit => {
                format!("cannot list tracked files in {path}, so what it may track is kept")
            }
            Operation::GitClean => format!("git clean failed in {path}"),
        };
        self.progress
            .suspend(|| print_error(format_args!("{what}: {}", failure.error)));
        if failure.operation == Operation::AskGit
            && failure.error.to_string().contains("dubious ownership")
        {
            self.distrusted.push(failure.path.clone());
        }
        self.out.write_json(&Message::Error {
            path: JsonPath(&failure.path),
            attempt: failure.operation,
            message: failure.error.to_string(),
        });
        self.errors += 1;
        self.permission_denied |= failure.error.kind() == ErrorKind::PermissionDenied;
    }

    /// Warns of what was selected, but is kept.
    pub(crate) fn record_kept(&mut self, kept: &[Kept]) {
        let mut by_reason: BTreeMap<KeepReason, Vec<&PathBuf>> = BTreeMap::new();
        for Kept { path, reason } in kept {
            by_reason.entry(*reason).or_default().push(path);
        }
        for (reason, paths) in by_reason {
            let names = list_some(paths.iter(), MAX_NAMES);
            print_warning(format_args!("kept {names}: {reason}"));
            for path in paths {
                self.out.write_json(&Message::Keep {
                    path: JsonPath(path),
                    reason: reason.to_string(),
                });
            }
        }
    }

    /// Warns of bytecode that is removed although git tracks it.
    pub(crate) fn record_tracked(&mut self, paths: &[PathBuf]) {
        if !paths.is_empty() {
            print_warning(format_args!(
                "{} {}, which git tracks; to stop tracking: git rm --cached FILE",
                if self.cli.is_dry_run() {
                    "would remove"
                } else {
                    "removing"
                },
                list_some(paths.iter(), MAX_NAMES)
            ));
        }
    }

    /// Writes out what is buffered, before another program writes.
    pub(crate) fn flush(&mut self) {
        self.progress.finish();
        self.out.flush();
    }

    /// Ends the report.
    pub(crate) fn finish(mut self) -> ExitStatus {
        if let Some(projects) = self.projects.take()
            && (!self.cli.quiet || self.cli.json)
        {
            self.progress.finish();
            write_projects(projects.list, &mut self.out);
        }
        self.out.write_json(&Message::Summary {
            dry_run: self.cli.is_dry_run(),
            interrupted: interrupt::is_requested(),
            stats: &self.total,
            errors: self.errors,
            elapsed_ms: self.start.elapsed().as_millis() as u64,
        });
        self.flush();
        if self.permission_denied && !is_root() {
            print_hint(if cfg!(windows) {
                "access denied: close the programs that use these files, or run as administrator"
            } else {
                "permission denied: run as the owner of these files, or with sudo"
            });
        }
        for path in &self.distrusted {
            print_hint(format_args!(
                "to let git answer: git config --global --add safe.directory {}",
                escape_path(path)
            ));
        }
        let write_error = self.out.take_error();
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
        if self.cli.shows_summary() {
            print_interpreters(&self.total);
            eprint_line(format_args!("{BOLD}{}{RESET}", self.summary()));
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
        !self.cli.is_dry_run() && self.done < self.plan.targets.len()
    }

    fn list(&mut self, target: &Target, removed: &[RemovedEntry]) {
        for RemovedEntry { path, is_dir } in removed {
            let reason = self
                .shows_reasons
                .then(|| target.reason.describe(target.name()));
            self.out.write_path(path, *is_dir, reason.as_deref());
        }
        // A person waits for each line, a program for the end.
        if self.out.is_terminal {
            self.out.flush();
        }
    }

    /// The last line of a run.
    fn summary(&self) -> String {
        let (verb, sentence_start) = if self.cli.is_dry_run() {
            ("would remove", "Would remove")
        } else {
            ("removed", "Removed")
        };
        let what = format_stats(&self.total);
        if interrupt::is_requested() {
            format!("Interrupted: {verb} {what}.")
        } else if !self.plan.targets.is_empty() {
            format!("{sentence_start} {what}.")
        } else if self.cli.is_dry_run() && self.errors > 0 {
            "Would remove nothing.".to_owned()
        } else if self.is_declined || self.errors > 0 {
            "Nothing removed.".to_owned()
        } else if self.cli.git_clean {
            "Nothing else to remove.".to_owned()
        } else {
            "Nothing to remove.".to_owned()
        }
    }
}

/// Whether this process can do what permissions deny to others.
fn is_root() -> bool {
    #[cfg(unix)]
    return rustix::process::geteuid().is_root();
    #[cfg(not(unix))]
    false
}
