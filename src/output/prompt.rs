//! The confirmation of `--erase`.

use std::io::{self, Write};

use anyhow::{Context, Result, bail};

use super::listing::{path_of, reason_of};
use crate::console::format::{escape, format_stats};
use crate::interrupt;
use crate::plan::{Item, Plan, Visitor};
use crate::reason::Reason;
use crate::roots::Roots;
use crate::stats::RemovalStats;

const MAX_SHOWN: usize = 100;

/// Shows what a run removes, bytecode as a count, and asks for confirmation if `--erase` selected
/// something.
pub(crate) fn confirm(plan: &Plan, roots: &Roots) -> Result<bool> {
    let mut shown = Vec::new();
    let mut has_erased = false;
    let mut bytecode = RemovalStats::default();
    let mut add = |item: Item| {
        let reason = reason_of(plan, item);
        has_erased |= reason == Some(&Reason::Erased);
        if reason.map(Reason::kind) != Some("bytecode") {
            let mut path = path_of(plan, roots, item);
            if item.file.is_none() {
                // A separator shows that it is a directory.
                path.push("");
            }
            shown.push(escape(&path));
        } else if let Some((position, _)) = item.file {
            bytecode.add_file(plan.bytes_of(item.dir, position));
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
        let _ = writeln!(out, "  {line}");
    }
    if let more @ 1.. = shown.len().saturating_sub(MAX_SHOWN) {
        let _ = writeln!(out, "  ... and {more} more (--dry-run lists all)");
    }
    if bytecode.files > 0 {
        let _ = writeln!(out, "  bytecode: {}", format_stats(bytecode));
    }
    let _ = write!(out, "Remove {}? [y/N] ", format_stats(plan.stats()));
    let _ = out.flush();
    drop(out);
    let mut answer = String::new();
    let read_answer = || io::stdin().read_line(&mut answer);
    let read = interrupt::exit_on_signal_during("Interrupted: nothing removed.", read_answer)
        .context("cannot read the answer")?;
    if read == 0 {
        // End the line of the prompt.
        let _ = writeln!(anstream::stderr());
        bail!("no input; nothing was removed. Use --yes to skip the prompt");
    }
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
