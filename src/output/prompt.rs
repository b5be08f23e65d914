//! The confirmation of `--erase`.

use std::io::{self, Write};

use anyhow::{Context, Result, bail};

use crate::console::format::{escape_path, format_files, format_stats};
use crate::interrupt;
use crate::plan::{Item, Plan, Visitor};
use crate::reason::Reason;
use crate::roots::Roots;

/// A longer list would hide the prompt.
const MAX_SHOWN: usize = 100;

/// Shows what a run removes, bytecode as a count, and asks for confirmation if `--erase` selected
/// something.
///
/// # Errors
///
/// If there is no answer.
pub(crate) fn confirm(plan: &Plan, roots: &Roots) -> Result<bool> {
    let mut shown = Vec::new();
    let mut has_erased = false;
    let (mut files, mut bytes) = (0, 0);
    let mut add = |item: Item| {
        let dir = &plan.dirs[item.dir];
        let reason = match item.file {
            Some((position, _)) => plan.reason_of(item.dir, position),
            None => dir.removal.as_ref(),
        };
        has_erased |= reason == Some(&Reason::Erased);
        let path = item
            .file
            .map_or_else(|| dir.path.to_path_buf(), |(_, name)| dir.path.join(name));
        match (reason.map(Reason::kind), item.file) {
            (Some("bytecode"), None) => {}
            (Some("bytecode"), Some((position, _))) => {
                files += 1;
                bytes += plan.bytes_of(item.dir, position);
            }
            _ => {
                let end = if item.file.is_none() { "/" } else { "" };
                let path = roots.list[dir.root].display_path(&path);
                shown.push(format!("  {}{end}", escape_path(&path)));
            }
        }
    };
    let mut visitor = Visitor::new(plan);
    for dir in 0..plan.dirs.len() {
        visitor.visit_dir(dir, |_| true, &mut add);
    }
    visitor.finish(add);
    if !has_erased {
        return Ok(true);
    }
    let mut out = anstream::stderr().lock();
    for line in shown.iter().take(MAX_SHOWN) {
        let _ = writeln!(out, "{line}");
    }
    if let more @ 1.. = shown.len().saturating_sub(MAX_SHOWN) {
        let _ = writeln!(out, "  ... and {more} more (--dry-run lists all)");
    }
    if files > 0 {
        let _ = writeln!(out, "  bytecode: {}", format_files(files, bytes));
    }
    let stats = plan.stats();
    let total = format_stats(stats.directories, stats.files, stats.bytes);
    let _ = write!(out, "Remove {total}? [y/N] ");
    let _ = out.flush();
    drop(out);
    let mut answer = String::new();
    let read_answer = || io::stdin().read_line(&mut answer);
    let read = interrupt::exit_on_signal_during("\nInterrupted: nothing removed.", read_answer)
        .context("cannot read the answer")?;
    if read == 0 {
        // End the line of the prompt.
        let _ = writeln!(anstream::stderr());
        bail!("no input; nothing was removed. Use --yes to skip the prompt");
    }
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
