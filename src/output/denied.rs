//! What to do if a permission is missing.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::io::Errno;
use rustix::process::geteuid;

use crate::console::format::{escape, format_command};
use crate::failure::{Failure, Operation};
use crate::path::or_current_dir;
use crate::user_caches::{NAME, passwd_field};

/// What to do about an operation that permissions denied. `None` if that is not known.
pub(super) fn explain_denied(failure: &Failure) -> Option<String> {
    let path = &*failure.path;
    let is_removal = failure.operation == Operation::Remove;
    if Errno::from_io_error(&failure.error) == Some(Errno::PERM) {
        return owner_hint(path).or_else(|| {
            let path = escape(path);
            Some(format!(
                "{path} or its directory may be immutable (chattr -i)"
            ))
        });
    }
    // To remove a file, its directory is written to.
    let dir = path.parent().map_or(path, or_current_dir);
    [dir, path]
        .into_iter()
        .filter(|one| is_removal || *one == path)
        .find_map(|one| owner_hint(one).or_else(|| mode_hint(one, is_removal)))
}

/// Names the owner of a file, if that is another user.
fn owner_hint(path: &Path) -> Option<String> {
    let owner = path.symlink_metadata().ok()?.uid();
    if owner == geteuid().as_raw() {
        return None;
    }
    let name = passwd_field(&owner.to_string(), NAME);
    let name = name.unwrap_or_else(|| format!("user {owner}"));
    let path = escape(path);
    Some(format!(
        "{path} belongs to {name}: run as {name}, or with sudo"
    ))
}

/// Names the command that gives the owner of a file the permission that is missing.
fn mode_hint(path: &Path, is_removal: bool) -> Option<String> {
    let metadata = path.metadata().ok()?;
    let (bits, what, mode) = match (is_removal, metadata.is_dir()) {
        (true, true) => (0o200, "is read-only", "u+w"),
        (true, false) => return None,
        (false, true) => (0o500, "cannot be read", "u+rx"),
        (false, false) => (0o400, "cannot be read", "u+r"),
    };
    let command = format_command(&format!("chmod {mode}"), [path])?;
    (metadata.mode() & bits != bits).then(|| format!("{} {what}: {command}", escape(path)))
}
