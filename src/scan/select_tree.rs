//! Selects directories with their contents.

use std::path::Path;

use super::tree::{TreeContents, TreeReader};
use super::walk::Job;
use crate::guard::KeepReason;
use crate::path::split_name;
use crate::plan::{Reason, Target, TargetKind};
use crate::rules::topics::HOLD_ENVIRONMENTS;

impl Job<'_, '_> {
    /// Selects a directory with its contents, but for what in it is kept.
    ///
    /// # Errors
    ///
    /// Why it is kept, if it is debris and it or something in it must be kept.
    pub(super) fn select_tree(
        &mut self,
        relative: &Path,
        reason: Reason,
        is_generic: bool,
    ) -> Result<(), KeepReason> {
        let canonical = self.root.canonical.join(relative);
        let guard = &self.scan.guard;
        if matches!(reason, Reason::Debris(_)) {
            guard.check_debris(&canonical, is_generic)?;
        }
        let allow_environments =
            matches!(reason, Reason::Debris(found) if HOLD_ENVIRONMENTS.contains(&found.topic));
        let (scan, rules) = (self.scan, &self.rules);
        match TreeReader::read(scan, self.root, rules, relative, allow_environments) {
            Ok(contents) => self.add_tree(relative, reason, contents),
            Err(error) => {
                self.block();
                self.record_failure(self.root.display_path(relative), error);
                Ok(())
            }
        }
    }

    fn add_tree(
        &mut self,
        relative: &Path,
        reason: Reason,
        contents: TreeContents,
    ) -> Result<(), KeepReason> {
        let is_debris = matches!(reason, Reason::Debris(_));
        let is_unreadable = !contents.failures.is_empty();
        for (path, error) in contents.failures {
            self.record_failure(self.root.display_path(&path), error);
        }
        if let Some((path, keep_reason)) = contents.embedded {
            if is_debris {
                return Err(keep_reason);
            }
            self.keep(&path, keep_reason);
        }
        if is_debris && is_unreadable {
            return Err(KeepReason::Unreadable);
        }
        if !contents.is_blocked[0] {
            self.push_target(relative, TargetKind::Tree(contents.tree), reason);
            return Ok(());
        }
        self.block();
        let parent = split_name(relative).0;
        let TreeContents {
            tree, is_blocked, ..
        } = contents;
        let targets = Target::split_tree(self.root, parent, tree, &is_blocked, reason);
        self.found.targets.extend(targets);
        Ok(())
    }
}
