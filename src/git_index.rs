//! Reads which paths git tracks from the index of a repository, without running git.

use std::ffi::CStr;
use std::io::{self, ErrorKind};
use std::path::Path;

use crate::git_dir::{find_git_dir, read_optional};

const MAX_INDEX_BYTES: u64 = 256 << 20;
const MAX_PATH_BYTES: usize = 4096;
/// An index of version 4 leaves out the start that a path shares with the one before. All paths
/// together have at most this many bytes plus four times the size of the index.
const MIN_EXPANSION: usize = 1 << 20;

/// The paths that the index of one repository tracks. Case is ignored, as git may ignore it.
#[derive(Debug, Default)]
pub struct GitIndex {
    /// Sorted by path. Every path ends in `/`, so that what is in a directory follows the
    /// directory.
    entries: Vec<(Box<str>, Kind)>,
    may_track_bytecode: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    FileOrSymlink,
    Submodule,
    /// A directory whose contents a sparse index leaves out.
    SparseDir,
}

impl GitIndex {
    /// Reads the index of a work tree: a canonical directory with an entry `.git`
    /// (gitrepository-layout(5)). Without an index, nothing is tracked.
    pub fn read(work_tree: &Path) -> io::Result<Self> {
        let git_dir = find_git_dir(work_tree)?;
        match read_optional(&git_dir.join("index"), MAX_INDEX_BYTES)? {
            Some(bytes) => Self::parse(&bytes),
            None => Ok(Self::default()),
        }
    }

    /// Parses an index of version 2, 3 or 4 (gitformat-index(5)).
    pub fn parse(bytes: &[u8]) -> io::Result<Self> {
        // The index does not tell whether its hashes are SHA-1 or SHA-256.
        match Self::parse_with_hash_len(bytes, 20) {
            Err(e) if e.kind() == ErrorKind::InvalidData => Self::parse_with_hash_len(bytes, 32),
            result => result,
        }
    }

    fn parse_with_hash_len(bytes: &[u8], hash_len: usize) -> io::Result<Self> {
        let mut reader = Reader(bytes);
        if reader.take(4)? != b"DIRC" {
            return Err(corrupt());
        }
        let version = reader.read_number(4)?;
        if !(2..=4).contains(&version) {
            return Err(unsupported("git index has an unknown version"));
        }
        let mut index = Self::default();
        let mut path = Vec::new();
        let mut total = 0;
        for _ in 0..reader.read_number(4)? {
            let mode = reader.read_entry(version, hash_len, &mut path)?;
            total += path.len();
            if total > 4 * bytes.len() + MIN_EXPANSION {
                return Err(unsupported("git index expands to too many bytes"));
            }
            index.insert(mode, &path)?;
        }
        reader.skip_extensions(hash_len)?;
        // Mostly sorted already.
        index.entries.sort();
        // Only an entry of a split index may have no path.
        if index.paths().next() == Some("") {
            return Err(corrupt());
        }
        Ok(index)
    }

    fn insert(&mut self, mode: usize, path: &[u8]) -> io::Result<()> {
        let kind = match mode >> 12 {
            0b0100 => Kind::SparseDir,
            0b1110 => Kind::Submodule,
            0b1000 | 0b1010 => Kind::FileOrSymlink,
            _ => return Err(corrupt()),
        };
        if path.ends_with(b"/") != (kind == Kind::SparseDir) {
            return Err(corrupt());
        }
        let key = bytes_key(path);
        self.may_track_bytecode |= kind == Kind::SparseDir || is_bytecode(&key);
        self.entries.push((key.into(), kind));
        Ok(())
    }

    /// Whether a path relative to the work tree, or something in that directory, is tracked.
    pub fn tracks(&self, path: &Path) -> bool {
        let key = path_key(path);
        let next = self.entries.partition_point(|(path, _)| **path < *key);
        let next = self.entries.get(next);
        next.is_some_and(|(path, _)| path.starts_with(&key))
            || key
                .match_indices('/')
                .any(|(slash, _)| self.has(&key[..=slash], Kind::SparseDir))
    }

    /// Whether a path relative to the work tree is a submodule.
    pub fn is_submodule(&self, path: &Path) -> bool {
        self.has(&path_key(path), Kind::Submodule)
    }

    fn has(&self, key: &str, kind: Kind) -> bool {
        self.entries
            .binary_search_by_key(&(key, kind), |(path, kind)| (path, *kind))
            .is_ok()
    }

    /// Whether bytecode can be among what is tracked.
    pub fn may_track_bytecode(&self) -> bool {
        self.may_track_bytecode
    }

    /// The tracked paths, sorted. Each ends in `/` and is in lower case.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|(path, _)| &**path)
    }
}

fn path_key(path: &Path) -> String {
    if cfg!(windows) {
        bytes_key(path.to_string_lossy().replace('\\', "/").as_bytes())
    } else {
        bytes_key(path.as_os_str().as_encoded_bytes())
    }
}

/// A path as it is compared: in lower case, with `/` after each name.
fn bytes_key(path: &[u8]) -> String {
    let mut key = String::from_utf8_lossy(path).to_lowercase();
    if !key.is_empty() && !key.ends_with('/') {
        key.push('/');
    }
    key
}

fn is_bytecode(key: &str) -> bool {
    // Also the name of a partial write, which ends in a number.
    let name = key.trim_end_matches(|char: char| char == '/' || char == '.' || char.is_numeric());
    let ends = [".pyc", ".pyo", "$py.class"];
    ends.iter().any(|end| name.ends_with(end)) || key.contains("__pycache__/")
}

/// What is left to read of an index.
struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    fn take(&mut self, len: usize) -> io::Result<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(len).ok_or_else(corrupt)?;
        self.0 = rest;
        Ok(taken)
    }

    fn read_number(&mut self, len: usize) -> io::Result<usize> {
        let bytes = self.take(len)?.iter();
        Ok(bytes.fold(0, |n, byte| n << 8 | usize::from(*byte)))
    }

    /// Reads a number as in an offset of a pack file (gitformat-pack(5)).
    fn read_offset(&mut self) -> io::Result<usize> {
        let mut number = 0;
        loop {
            let byte = usize::from(self.take(1)?[0]);
            number = number << 7 | byte & 0x7f;
            if byte & 0x80 == 0 {
                return Ok(number);
            } else if number > MAX_PATH_BYTES {
                return Err(corrupt());
            }
            number += 1;
        }
    }

    /// Reads an entry and returns its mode. `path` is that of the entry before, and becomes
    /// that of this one.
    fn read_entry(
        &mut self,
        version: usize,
        hash_len: usize,
        path: &mut Vec<u8>,
    ) -> io::Result<usize> {
        const IS_EXTENDED: usize = 0x4000;
        // Skip-worktree and intent-to-add.
        const KNOWN_FLAGS: usize = 0x6000;
        const MAX_STORED_LEN: usize = 0xfff;
        let start = self.0.len();
        // Times, device and inode; then user, group, size and hash.
        self.take(24)?;
        let mode = self.read_number(4)?;
        self.take(12 + hash_len)?;
        let flags = self.read_number(2)?;
        if flags & IS_EXTENDED != 0 && self.read_number(2)? & !KNOWN_FLAGS != 0 {
            return Err(corrupt());
        }
        let mut removed_len = path.len();
        if version == 4 {
            removed_len = self.read_offset()?;
        }
        let kept_len = path.len().checked_sub(removed_len).ok_or_else(corrupt)?;
        let name = CStr::from_bytes_until_nul(self.0).map_err(|_| corrupt())?;
        path.truncate(kept_len);
        path.extend(self.take(name.count_bytes())?);
        let has_stored_len = path.len().min(MAX_STORED_LEN) == flags & MAX_STORED_LEN;
        if !has_stored_len || path.len() > MAX_PATH_BYTES {
            return Err(corrupt());
        }
        // One NUL byte, or as many as make the length of the entry a multiple of eight.
        let len = start - self.0.len() + 1;
        let alignment = if version == 4 { 1 } else { 8 };
        self.take(1 + len.next_multiple_of(alignment) - len)?;
        Ok(mode)
    }

    /// Checks that nothing but extensions and the checksum is left, and that the extensions
    /// do not change what is tracked.
    fn skip_extensions(&mut self, hash_len: usize) -> io::Result<()> {
        loop {
            // Also in place of the checksum, where the index may have been truncated.
            if self.0.starts_with(b"link") {
                return Err(unsupported("git index is split"));
            }
            if self.0.len() == hash_len {
                return Ok(());
            }
            let name = self.take(4)?;
            let len = self.read_number(4)?;
            self.take(len)?;
            if !name[0].is_ascii_uppercase() && name != b"sdir" {
                return Err(corrupt());
            }
        }
    }
}

fn corrupt() -> io::Error {
    io::Error::new(ErrorKind::InvalidData, "git index is corrupt")
}

fn unsupported(reason: &str) -> io::Error {
    io::Error::new(ErrorKind::Unsupported, reason)
}
