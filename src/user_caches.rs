//! The directories in which the programs of a user keep their caches, which are no debris.

use std::env;
use std::fs;
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
    passwd_field(&user, HOME).map(PathBuf::from)
}

/// The fields of passwd(5): the name of a user, the number and the home.
#[cfg(unix)]
pub(crate) const NAME: usize = 0;
const NUMBER: usize = 2;
const HOME: usize = 5;

/// A field of a user by the number, in `/etc/passwd`.
pub(crate) fn passwd_field(user: &str, field: usize) -> Option<String> {
    let users = fs::read("/etc/passwd").ok()?;
    find_field(&String::from_utf8_lossy(&users), user, field)
}

fn find_field(users: &str, user: &str, field: usize) -> Option<String> {
    let mut lines = users.lines().map(|line| line.split(':'));
    let mut fields = lines.find(|fields| fields.clone().nth(NUMBER) == Some(user))?;
    fields.nth(field).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn home_is_found_by_the_number_of_the_user() {
        let users = "root:x:0:0:root:/root:/bin/sh\n# 7\n\nme:x:1000:0::/home/me:/bin/sh\n";
        assert_eq!(find_field(users, "1000", HOME), Some("/home/me".into()));
        assert_eq!(find_field(users, "100", HOME), None);
    }
}
