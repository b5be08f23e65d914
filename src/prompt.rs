//! The one question that is ever asked.

use std::io::{self, Write};

use anyhow::{Context, Result, bail};

use crate::interrupt;
use crate::plan::{Plan, Removal};
use crate::remove::{Action, Listing, Order, execute};
use crate::report::{amount, readable};
use crate::roots::Root;
use crate::threads::Threads;

/// A list longer than this hides the question.
const MOST_SHOWN: usize = 100;

/// Shows what would be erased and how much it is, and asks whether it shall be. A plan
/// of nothing needs no asking.
///
/// # Errors
///
/// When nobody answers.
pub fn confirm(plan: &Plan, roots: &[Root], threads: &Threads) -> Result<bool> {
    let mut out = anstream::stderr().lock();
    let mut total = Removal::default();
    let mut shown = 0;
    let order = Order {
        action: Action::Measure,
        listing: Listing::Targets,
    };
    execute(plan, roots, order, threads, |_, outcome| {
        total += outcome.removal;
        for gone in outcome.gone {
            shown += 1;
            if shown <= MOST_SHOWN {
                let end = if gone.is_directory { "/" } else { "" };
                let _ = writeln!(out, "  {}{end}", readable(&gone.path));
            }
        }
    });
    if shown == 0 {
        return Ok(true);
    }
    if shown > MOST_SHOWN {
        let _ = writeln!(
            out,
            "  ... and {} more; --dry-run lists them all",
            shown - MOST_SHOWN
        );
    }
    let _ = write!(out, "Erase {}? [y/N] ", amount(&total));
    let _ = out.flush();
    drop(out);
    let mut answer = String::new();
    let read = interrupt::at_once(|| io::stdin().read_line(&mut answer))
        .context("cannot read the answer")?;
    if read == 0 {
        // The answer should have ended the line.
        let _ = writeln!(anstream::stderr());
        bail!("nobody answered, so nothing was touched; answer y or n, or use --yes");
    }
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
