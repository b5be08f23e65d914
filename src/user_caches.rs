//! The directories in which the programs of a user keep their caches, which are no debris.

use std::env;
use std::path::PathBuf;

use crate::path::{canonicalize, without_verbatim};

/// The cache directories of the user who runs this, and of the one who called sudo: those of the
/// XDG base directory specification, of macOS and of Windows.
pub(crate) fn user_cache_dirs() -> Vec<PathBuf> {
    let mut dirs: Vec<PathBuf> = ["XDG_CACHE_HOME", "LOCALAPPDATA"]
        .into_iter()
        .filter_map(|name| env::var_os(name).map(PathBuf::from))
        .collect();
    for home in [env::home_dir(), home_of_sudo_user()].into_iter().flatten() {
        dirs.push(home.join(".cache"));
        dirs.push(home.join("Library/Caches"));
    }
    dirs.retain(|dir| dir.is_absolute());
    for dir in &mut dirs {
        if let Ok(canonical) = canonicalize(dir) {
            *dir = canonical;
        }
        *dir = without_verbatim(dir).into_owned();
    }
    dirs
}

/// The home of the user who called sudo.
fn home_of_sudo_user() -> Option<PathBuf> {
    let user = env::var("SUDO_UID").ok()?;
    home_in(&std::fs::read_to_string("/etc/passwd").ok()?, &user)
}

/// The home of a user by the number, in the text of a passwd(5).
fn home_in(users: &str, user: &str) -> Option<PathBuf> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':').skip(2);
        let is_user = fields.next()? == user;
        is_user.then(|| fields.nth(2).map(PathBuf::from))?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn home_is_found_by_the_number_of_the_user() {
        let users = "root:x:0:0:root:/root:/bin/sh\n# 7\n\nme:x:1000:0::/home/me:/bin/sh\n";
        assert_eq!(home_in(users, "1000"), Some("/home/me".into()));
        assert_eq!(home_in(users, "100"), None);
    }
}
