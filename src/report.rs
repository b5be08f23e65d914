//! What a person or a program reads: paths on standard output, all else on
//! standard error.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::fmt::{Display, Write as _};
use std::io::{self, BufWriter, ErrorKind, IsTerminal, StdoutLock, Write};
use std::path::{MAIN_SEPARATOR, Path, PathBuf};
use std::time::Instant;

use crate::Exit;
use crate::failure::{Attempt, Failure};
use crate::guard::Kept;
use crate::interrupt;
use crate::json::{self, Amounts, Message, Text};
use crate::plan::{Amount, Plan, Removal, Target};
use crate::progress::Progress;
use crate::remove::{Action, Gone, Outcome};
use crate::roots::Root;

const RED: &str = "\x1b[1;31m";
const YELLOW: &str = "\x1b[1;33m";
const CYAN: &str = "\x1b[1;36m";
const PLAIN: &str = "\x1b[0m";

/// Paths that a warning names, of those it is about.
const MOST_NAMED: usize = 5;

/// Interpreters that have a line in the summary. A tree holds more only if somebody
/// made up tags.
const MOST_INTERPRETERS: usize = 20;

/// How a run is told of.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// What standard output takes.
    pub format: Format,
    /// No summary.
    pub quiet: bool,
    /// Finding something is a failure.
    pub check: bool,
    /// Say why each path goes.
    pub reasons: bool,
}

/// What standard output takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A path a line.
    Lines,
    /// Paths that end with NUL.
    Nul,
    /// JSON lines.
    Json,
}

/// Tells of a run while it goes on, and adds up what it did.
#[derive(Debug)]
pub struct Report<'a> {
    style: Style,
    action: Action,
    roots: &'a [Root],
    progress: &'a Progress,
    since: Instant,
    planned: usize,
    done: usize,
    total: Removal,
    errors: u64,
    denied: bool,
    /// Whether another program found something that would go.
    pub found: bool,
    out: BufWriter<StdoutLock<'static>>,
    /// Whether a person reads standard output, on a terminal.
    on_terminal: bool,
    /// Why standard output takes no more.
    closed: Option<io::Error>,
}

impl<'a> Report<'a> {
    /// A report of a run that started at `since` and has the `plan` to carry out.
    pub fn new(
        style: Style,
        action: Action,
        plan: &Plan,
        roots: &'a [Root],
        progress: &'a Progress,
        since: Instant,
    ) -> Report<'a> {
        let out = io::stdout();
        let mut report = Report {
            style,
            action,
            roots,
            progress,
            since,
            planned: plan.targets.len(),
            done: 0,
            total: Removal::default(),
            errors: 0,
            denied: false,
            found: false,
            on_terminal: out.is_terminal(),
            out: BufWriter::with_capacity(1 << 16, out.lock()),
            closed: None,
        };
        report.json(|| Message::Begin {
            version: env!("CARGO_PKG_VERSION"),
            dry_run: action == Action::Measure,
        });
        report
    }

    /// Tells what became of a target. Ends the run if nobody listens any more.
    pub fn outcome(&mut self, target: &Target, outcome: Outcome) {
        self.done += 1;
        self.progress.targets_done(
            self.done,
            self.planned,
            self.total.files.bytes + outcome.removal.files.bytes,
        );
        outcome
            .failures
            .iter()
            .for_each(|failure| self.failure(failure));
        if !outcome.removal.is_nothing() {
            let shown = target.shown(self.roots);
            self.json(|| Message::Remove {
                path: Text(&shown),
                kind: json::kind(target.kind),
                reason: json::reason(&target.why),
                topic: json::topic(&target.why),
                amounts: (&outcome.removal).into(),
            });
        }
        self.total += outcome.removal;
        if self.closed.is_none() && !outcome.gone.is_empty() {
            let progress = self.progress;
            let written = match self.on_terminal {
                true => progress.aside(|| self.list(target, &outcome.gone)),
                false => self.list(target, &outcome.gone),
            };
            self.stop_if(written);
        }
    }

    /// Says what could not be read or removed, and why.
    pub fn failure(&mut self, failure: &Failure) {
        let path = readable(&failure.path);
        let what = match failure.attempt {
            Attempt::Read => format!("cannot read {path}"),
            Attempt::Remove => format!("cannot remove {path}"),
            Attempt::Ask => {
                format!(
                    "cannot ask git what it tracks in {path}, so neither debris nor empty directories there go"
                )
            }
            Attempt::GitClean => format!("git clean failed in {path}"),
        };
        self.progress
            .aside(|| error(format_args!("{what}: {}", failure.error)));
        self.json(|| Message::Error {
            path: Text(&failure.path),
            attempt: json::attempt(failure.attempt),
            message: failure.error.to_string(),
        });
        self.errors += 1;
        self.denied |= failure.error.kind() == ErrorKind::PermissionDenied;
    }

    /// Says what was kept, and why, and what was not.
    pub fn kept(&mut self, kept: &Kept) {
        if !kept.unguarded.is_empty() {
            let tops = list(&kept.unguarded);
            warning(format_args!(
                "there is no git to tell what is tracked in {tops}, so nothing there is kept for that"
            ));
        }
        for (reason, targets) in &kept.by_reason {
            // Where PATHs overlap, each of them found the same.
            let mut known = HashSet::new();
            let shown: Vec<_> = targets
                .iter()
                .filter(|target| known.insert(target.real(self.roots)))
                .map(|target| target.shown(self.roots))
                .collect();
            let mut names: Vec<_> = shown
                .iter()
                .take(MOST_NAMED)
                .map(|path| readable(path))
                .collect();
            if shown.len() > MOST_NAMED {
                names.push(format!("{} more", shown.len() - MOST_NAMED));
            }
            warning(format_args!("kept {}: {reason}", names.join(", ")));
            for path in &shown {
                let path = Text(path);
                self.json(|| Message::Keep { path, reason });
            }
        }
    }

    /// Writes a line of JSON, where that is wanted.
    fn json<'m>(&mut self, message: impl FnOnce() -> Message<'m>) {
        if self.style.format == Format::Json && self.closed.is_none() {
            let written = serde_json::to_writer(&mut self.out, &message())
                .map_err(io::Error::from)
                .and_then(|()| self.out.write_all(b"\n"));
            self.stop_if(written);
        }
    }

    /// Writes out what is held back, before another program writes.
    pub fn flush(&mut self) {
        self.progress.finish();
        let flushed = self.out.flush();
        self.stop_if(flushed);
    }

    /// Says how the run ended.
    pub fn finish(mut self) -> Exit {
        let (amounts, errors) = (Amounts::from(&self.total), self.errors);
        let (dry_run, elapsed) = (self.action == Action::Measure, self.since.elapsed());
        self.json(|| Message::Summary {
            dry_run,
            interrupted: interrupt::requested(),
            amounts,
            errors,
            elapsed_ms: elapsed.as_millis() as u64,
        });
        self.flush();
        if self.denied {
            hint("permission was denied; run pyclean as their owner, or with sudo");
        }
        if let Some(closed) = self.closed.take() {
            if closed.kind() == ErrorKind::BrokenPipe {
                return self.exit();
            }
            error(format_args!("cannot write to standard output: {closed}"));
            self.errors += 1;
            return self.exit();
        }
        if !self.style.quiet {
            self.interpreters();
            say(self.summary());
        }
        if interrupt::requested() {
            Exit::Interrupted
        } else {
            self.exit()
        }
    }

    fn exit(&self) -> Exit {
        let found = self.style.check && (self.found || !self.total.is_nothing());
        // Who stopped listening stopped the removing as well.
        let is_cut_short = self.action == Action::Remove && self.done < self.planned;
        if self.errors > 0 || found || is_cut_short {
            Exit::Incomplete
        } else {
            Exit::Done
        }
    }

    fn list(&mut self, target: &Target, gone: &[Gone]) -> io::Result<()> {
        for Gone { path, is_directory } in gone {
            let is_for_eyes = self.on_terminal && self.style.format == Format::Lines;
            if is_for_eyes {
                write!(self.out, "{}", readable(path))?;
            } else {
                self.out.write_all(path.as_os_str().as_encoded_bytes())?;
            }
            if *is_directory {
                write!(self.out, "{MAIN_SEPARATOR}")?;
            }
            if self.style.reasons && self.style.format == Format::Lines {
                // It may name the source.
                match is_for_eyes {
                    true => {
                        let why = target.why.to_string();
                        write!(self.out, ": {}", readable(Path::new(&why)))?;
                    }
                    false => write!(self.out, ": {}", target.why)?,
                }
            }
            self.out.write_all(match self.style.format {
                Format::Nul => b"\0",
                _ => b"\n",
            })?;
        }
        // A person waits for each line, a program for the end.
        if self.on_terminal {
            self.out.flush()
        } else {
            Ok(())
        }
    }

    fn stop_if(&mut self, written: io::Result<()>) {
        if let Err(error) = written {
            interrupt::request();
            self.closed.get_or_insert(error);
        }
    }

    /// A line for each interpreter, if bytecode of more than one went.
    fn interpreters(&self) {
        let parts = &self.total.interpreters;
        if parts.keys().flatten().count() < 2 {
            return;
        }
        let mut parts: Vec<_> = parts.iter().collect();
        parts.sort_by_key(|(_, amount)| Reverse(amount.bytes));
        let (shown, others) = parts.split_at(parts.len().min(MOST_INTERPRETERS));
        for &(interpreter, amount) in shown {
            let name = json::interpreter(interpreter.as_ref());
            say(format_args!("  {name}: {}", files(*amount)));
        }
        if let more @ 1.. = others.len() {
            say(format_args!("  and {more} more"));
        }
    }

    /// The last line of a run.
    fn summary(&self) -> String {
        let (verb, capital) = match self.action {
            Action::Measure => ("would remove", "Would remove"),
            Action::Remove => ("removed", "Removed"),
        };
        let what = amount(&self.total);
        if interrupt::requested() {
            format!("Interrupted: {verb} {what}.")
        } else if self.planned == 0 {
            "Nothing to remove.".to_owned()
        } else {
            format!("{capital} {what}.")
        }
    }
}

/// Counts and size in words: `3 directories and 25 files (405.3 KiB)`.
pub fn amount(removal: &Removal) -> String {
    let directories = count(removal.directories, "directory", "directories");
    match (removal.directories, removal.files.count) {
        (0, 0) => "nothing".to_owned(),
        (_, 0) => directories,
        (0, _) => files(removal.files),
        (_, _) => format!("{directories} and {}", files(removal.files)),
    }
}

/// `25 files (405.3 KiB)`.
fn files(amount: Amount) -> String {
    format!(
        "{} ({})",
        count(amount.count, "file", "files"),
        human_size(amount.bytes)
    )
}

fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// A size in bytes as a person reads it: `512 B`, `405.3 KiB`, `1.2 GiB`.
pub fn human_size(bytes: u64) -> String {
    let mut size = bytes as f64;
    let mut unit = "B";
    for larger in ["KiB", "MiB", "GiB", "TiB"] {
        // More would be rounded to 1024.0.
        if size < 1023.95 {
            break;
        }
        size /= 1024.0;
        unit = larger;
    }
    if unit == "B" {
        format!("{bytes} B")
    } else {
        format!("{size:.1} {unit}")
    }
}

/// Says what is wrong.
pub fn error(text: impl Display) {
    say(format_args!("{RED}error:{PLAIN} {text}"));
}

/// Says what might surprise.
pub fn warning(text: impl Display) {
    say(format_args!("{YELLOW}warning:{PLAIN} {text}"));
}

/// Says how to go on from an error.
pub fn hint(text: impl Display) {
    say(format_args!("{CYAN}hint:{PLAIN} {text}"));
}

/// Writes a line to standard error. Where that is closed there is nobody to tell.
fn say(text: impl Display) {
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

/// Paths for the eyes, with commas between them.
pub fn list(paths: &[PathBuf]) -> String {
    paths
        .iter()
        .map(|path| readable(path))
        .collect::<Vec<_>>()
        .join(", ")
}

/// A path for the eyes: control characters, those that turn the direction of
/// writing, and bytes that are no text are shown as escapes, so that no name can
/// move the cursor or pass for another.
pub fn readable(path: &Path) -> String {
    let misleads = |char: char| {
        let turns = matches!(char, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        char.is_control() || turns
    };
    let mut text = String::new();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        for char in chunk.valid().chars() {
            match misleads(char) {
                true => text.extend(char.escape_default()),
                false => text.push(char),
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}
