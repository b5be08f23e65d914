//! The confirmation of `--erase`.

use std::io::{self, Write};

use anyhow::{Context, Result, bail};

use crate::console::format::{escape_path, format_stats};
use crate::guard::KeepReason;
use crate::interrupt;
use crate::plan::{Plan, Target};
use crate::scan::Kept;
use crate::stats::RemovalStats;

/// A longer list would hide the prompt.
const MAX_SHOWN: usize = 100;

/// Shows what `--erase` selected and asks for confirmation. If the user declines, it is
/// dropped from the plan, and from what is reported as kept. Returns whether it is still part
/// of the plan.
///
/// # Errors
///
/// If there is no answer.
pub(crate) fn confirm_erase(plan: &mut Plan, kept: &mut Vec<Kept>) -> Result<bool> {
    let mut out = anstream::stderr().lock();
    let mut total = RemovalStats::default();
    let mut shown = 0;
    for target in plan.erased() {
        total += target.stats();
        shown += 1;
        if shown <= MAX_SHOWN {
            let end = if target.is_dir() { "/" } else { "" };
            let _ = writeln!(out, "  {}{end}", escape_path(&target.display_path()));
        }
    }
    if shown == 0 {
        return Ok(true);
    }
    if shown > MAX_SHOWN {
        let more = shown - MAX_SHOWN;
        let _ = writeln!(out, "  ... and {more} more (--dry-run lists all)");
    }
    // A user who declines may expect that nothing is removed.
    let others = plan.targets.iter().filter(|target| !target.is_erased());
    let mut kinds = others.map(Target::kind_word).peekable();
    let rest = if kinds.peek().is_none() {
        ""
    } else if kinds.all(|kind| kind == "bytecode") {
        " Bytecode is removed in any case."
    } else {
        " Everything else is removed in any case."
    };
    let _ = write!(out, "Erase {}?{rest} [y/N] ", format_stats(&total));
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
    let is_confirmed = matches!(answer.trim().to_lowercase().as_str(), "y" | "yes");
    if !is_confirmed {
        plan.drop_erased();
        kept.retain(|kept| kept.reason != KeepReason::NotEmpty);
    }
    Ok(is_confirmed)
}
