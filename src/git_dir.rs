//! Finds the git directory of a work tree (gitrepository-layout(5)), without running git.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::path::is_same;
use crate::regular_file::read_regular_file;

const MAX_CONFIG_BYTES: u64 = 1 << 20;

/// The git directory of a work tree: a canonical directory with an entry `.git`.
pub(crate) fn find_git_dir(work_tree: &Path) -> io::Result<PathBuf> {
    let dot_git = work_tree.join(".git");
    let git_dir = if dot_git.metadata()?.is_dir() {
        dot_git
    } else {
        // A linked work tree or a submodule.
        let text = read_text(&dot_git)?;
        let Some(target) = text.strip_prefix("gitdir: ") else {
            return Err(io::Error::other("it does not name a git directory"));
        };
        work_tree.join(target.trim_end_matches(['\r', '\n']))
    };
    if !git_dir.is_dir() {
        let message = format!("{} is not a directory", git_dir.display());
        return Err(io::Error::new(ErrorKind::NotADirectory, message));
    }
    // In a linked work tree, the settings of the repository itself do not count: they are
    // in another directory (git-worktree(1)).
    for name in ["config", "config.worktree"] {
        for path in work_tree_settings(&read_text(&git_dir.join(name))?) {
            if !is_same(&git_dir.join(path), work_tree) {
                let message = format!("its work tree is elsewhere: core.worktree = {path:.200}");
                return Err(io::Error::other(message));
            }
        }
    }
    Ok(git_dir)
}

/// The values of `core.worktree`, and of the same name in other sections, where git has none. A
/// value with quotes or escapes is no path that exists.
fn work_tree_settings(config: &str) -> impl Iterator<Item = &str> {
    config.lines().filter_map(|line| {
        let (front, value) = line.split_once('=').unwrap_or((line, ""));
        // A setting can follow the name of its section.
        let name = front.rsplit(']').next().unwrap_or(front);
        let is_work_tree = name.trim().eq_ignore_ascii_case("worktree");
        is_work_tree.then(|| value.trim())
    })
}

fn read_text(path: &Path) -> io::Result<String> {
    let bytes = read_optional(path, MAX_CONFIG_BYTES)?.unwrap_or_default();
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Reads a file of a git directory. `None` if it does not exist.
pub(crate) fn read_optional(path: &Path, max_bytes: u64) -> io::Result<Option<Vec<u8>>> {
    let error = match read_regular_file(path, max_bytes) {
        Ok(Some(bytes)) => return Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Ok(None) => io::Error::other("not a regular file"),
        Err(error) => error,
    };
    let message = format!("{}: {error}", path.display());
    Err(io::Error::new(error.kind(), message))
}
