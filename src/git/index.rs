//! Reads the index of a repository without running git.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use memchr::memmem;

use super::path_from_bytes;
use crate::path::is_present;
use crate::regular_file::read_regular_file;

/// A larger index is not read: to search it for each path would take longer than to ask
/// git once.
const MAX_INDEX_BYTES: u64 = 1 << 20;

/// An index that contains each tracked path uncompressed and in full, as versions 2 and 3
/// do (gitformat-index(5)). An index that depends on another file or leaves out paths has
/// the extension `link` (split index) or `sdir` (sparse index), and is not plain.
#[derive(Debug)]
pub(crate) struct PlainIndex {
    /// The contents, in lower case, because git may ignore case.
    bytes: Vec<u8>,
    has_submodules: bool,
}

impl PlainIndex {
    /// Reads the index of a work tree. `None` if only git can read it.
    ///
    /// # Errors
    ///
    /// If the index exists but cannot be read.
    pub(crate) fn read(worktree_root: &Path) -> io::Result<Option<Self>> {
        let Some(git_dir) = git_dir(worktree_root)? else {
            return Ok(None);
        };
        let mut bytes = match read_regular_file(&git_dir.join("index"), MAX_INDEX_BYTES) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Ok(None),
            // Nothing was added yet, unless the git directory itself is missing: that of a
            // linked work tree or of a submodule is elsewhere, and may have been moved.
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let (bytes, has_submodules) = (Vec::new(), false);
                let is_own = git_dir == worktree_root.join(".git");
                let is_proof = is_own || is_present(&git_dir.join("HEAD"))?;
                return Ok(is_proof.then_some(Self {
                    bytes,
                    has_submodules,
                }));
            }
            Err(error) if error.kind() == ErrorKind::FileTooLarge => return Ok(None),
            Err(error) => return Err(error),
        };
        let Some(has_submodules) = parse_plain_index(&bytes) else {
            return Ok(None);
        };
        bytes.make_ascii_lowercase();
        Ok(Some(Self {
            bytes,
            has_submodules,
        }))
    }

    /// Whether a submodule is tracked.
    pub(crate) fn has_submodules(&self) -> bool {
        self.has_submodules
    }

    /// Whether a tracked path can contain `needle`, ignoring ASCII case. `false` is a
    /// proof; `true` is none.
    pub(crate) fn may_contain(&self, needle: &[u8]) -> bool {
        let needle = needle.to_ascii_lowercase();
        memmem::find(&self.bytes, &needle).is_some()
    }
}

/// The git directory of a work tree; `None` if only git can find it.
fn git_dir(worktree_root: &Path) -> io::Result<Option<PathBuf>> {
    let dot_git = worktree_root.join(".git");
    let git_dir = if dot_git.metadata()?.is_dir() {
        dot_git
    } else {
        // A submodule or a linked work tree (gitrepository-layout(5)).
        let Some(bytes) = read_regular_file(&dot_git, MAX_GIT_FILE_BYTES)? else {
            return Ok(None);
        };
        let Some(path) = bytes.strip_prefix(b"gitdir: ") else {
            return Ok(None);
        };
        worktree_root.join(path_from_bytes(path.trim_ascii_end()))
    };
    Ok(Some(git_dir))
}

/// A `.git` file contains one path.
const MAX_GIT_FILE_BYTES: u64 = 1 << 16;

/// Whether an index of version 2 or 3 tracks a submodule. `None` if it is truncated, has
/// another version, or does not list every tracked path. The index does not tell the
/// length of its hashes: SHA-1 or SHA-256.
fn parse_plain_index(bytes: &[u8]) -> Option<bool> {
    [20, 32].into_iter().find_map(|hash_len| {
        let (end, has_submodules) = parse_entries(bytes, hash_len)?;
        let extensions = bytes.get(end..bytes.len().checked_sub(hash_len)?)?;
        has_only_optional_extensions(extensions).then_some(has_submodules)
    })
}

/// Where the entries of an index of version 2 or 3 end, and whether one is a submodule.
fn parse_entries(bytes: &[u8], hash_len: usize) -> Option<(usize, bool)> {
    if bytes.get(..4)? != b"DIRC" || !matches!(read_u32(bytes, 4)?, 2 | 3) {
        return None;
    }
    let mut has_submodules = false;
    let mut start = 12;
    for _ in 0..read_u32(bytes, 8)? {
        // The mode follows six numbers of 32 bits. Its highest bits are the type.
        has_submodules |= read_u32(bytes, start + 24)? >> 12 == 0b1110;
        // Ten numbers of 32 bits and the hash come before the flags.
        let flags = start + 40 + hash_len;
        let is_extended = bytes.get(flags)? & 0x40 != 0;
        let name = flags + if is_extended { 4 } else { 2 };
        let name_len = bytes.get(name..)?.iter().position(|byte| *byte == 0)?;
        // One to eight NUL bytes make the length of the entry a multiple of eight.
        let entry_len = name + name_len - start;
        start += (entry_len + 8) & !7;
    }
    Some((start, has_submodules))
}

/// Whether the extensions of an index fill it exactly, and readers may ignore each of
/// them: the names of those begin with a capital letter.
fn has_only_optional_extensions(mut extensions: &[u8]) -> bool {
    while let Some(first) = extensions.first() {
        let rest = read_u32(extensions, 4)
            .and_then(|size| extensions.get(8_usize.checked_add(size as usize)?..));
        match rest {
            Some(rest) if first.is_ascii_uppercase() => extensions = rest,
            _ => return false,
        }
    }
    true
}

fn read_u32(bytes: &[u8], offset: usize) -> Option<u32> {
    let bytes = bytes.get(offset..offset.checked_add(4)?)?;
    Some(u32::from_be_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::{env, fs};

    use tempfile::TempDir;

    use super::*;

    /// A repository that tracks `src/link.py` and `web/dist/app.js`. `None` without git, unless
    /// `PYCLEAN_REQUIRE_TOOLS` is set.
    fn repository(init: &[&str]) -> Option<TempDir> {
        let folder = tempfile::tempdir().unwrap();
        for file in ["src/link.py", "web/dist/app.js"] {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "text").unwrap();
        }
        if !git(&folder, &[&["init", "-q"], init].concat()) {
            let required = env::var_os("PYCLEAN_REQUIRE_TOOLS").unwrap_or_default();
            assert!(required.is_empty(), "git cannot create a repository");
            assert!(Command::new("git").arg("--version").output().is_err());
            return None;
        }
        assert!(git(&folder, &["add", "."]));
        assert!(git(&folder, &["commit", "-qm", "all"]));
        Some(folder)
    }

    fn git(folder: &TempDir, arguments: &[&str]) -> bool {
        let mut git = crate::git::command(folder.path());
        git.args(["-c", "user.name=a", "-c", "user.email=a@example.org"]);
        git.env("GIT_CONFIG_GLOBAL", "/dev/null");
        git.env("GIT_CONFIG_NOSYSTEM", "1");
        let output = git.args(arguments).output();
        output.is_ok_and(|output| output.status.success())
    }

    fn may_contain(folder: &TempDir, needles: &[&str]) -> bool {
        let index = PlainIndex::read(folder.path()).unwrap();
        index.is_none_or(|index| {
            let mut needles = needles.iter();
            needles.any(|needle| index.may_contain(needle.as_bytes()))
        })
    }

    #[test]
    fn an_index_of_full_paths_is_searched() {
        for init in [&[][..], &["--object-format=sha256"]] {
            let Some(folder) = repository(init) else {
                return;
            };
            for version in ["2", "3"] {
                assert!(git(&folder, &["update-index", "--index-version", version]));
                // An entry with extended flags needs version 3.
                assert!(git(&folder, &["add", "-N", "--force", "src"]));
                assert!(!may_contain(&folder, &["build/", ".mypy_cache"]));
                assert!(may_contain(&folder, &["build/", "dist/"]));
                assert!(may_contain(&folder, &["link.py"]));
                assert!(may_contain(&folder, &["LINK.py"]));
                assert!(may_contain(&folder, &[""]));
            }
            fs::write(folder.path().join("intended"), "").unwrap();
            assert!(git(&folder, &["add", "-N", "intended"]));
            let bytes = fs::read(folder.path().join(".git/index")).unwrap();
            assert_eq!(bytes[4..8], [0, 0, 0, 3]);
            assert!(!may_contain(&folder, &["build/"]));
            assert!(may_contain(&folder, &["intended"]));
        }
    }

    #[test]
    fn an_index_that_may_leave_out_paths_may_contain_anything() {
        for setup in [
            &["update-index", "--index-version", "4"][..],
            &["update-index", "--split-index"],
            &["sparse-checkout", "set", "--cone", "--sparse-index", "src"],
        ] {
            let Some(folder) = repository(&[]) else {
                return;
            };
            assert!(!may_contain(&folder, &["build/"]));
            assert!(git(&folder, setup), "{setup:?}");
            assert!(may_contain(&folder, &["build/"]), "{setup:?}");
        }
    }

    #[test]
    fn a_truncated_index_never_hides_a_tracked_path() {
        let Some(folder) = repository(&[]) else {
            return;
        };
        let index = folder.path().join(".git/index");
        let bytes = fs::read(&index).unwrap();
        for end in 0..bytes.len() {
            fs::write(&index, &bytes[..end]).unwrap();
            for tracked in ["src/", "web/dist/"] {
                assert!(may_contain(&folder, &[tracked]), "{end}");
            }
        }
    }

    #[test]
    fn a_missing_index_contains_nothing_and_a_directory_anything() {
        let Some(folder) = repository(&[]) else {
            return;
        };
        fs::remove_file(folder.path().join(".git/index")).unwrap();
        assert!(!may_contain(&folder, &["build/"]));
        fs::create_dir_all(folder.path().join(".git/index")).unwrap();
        assert!(may_contain(&folder, &["build/"]));
    }
}
