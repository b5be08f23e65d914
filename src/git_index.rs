//! Reads which paths git tracks from the index of a repository, without running git.

use std::collections::BTreeSet;
use std::ffi::CStr;
use std::io::{self, ErrorKind};
use std::path::Path;

use crate::git_dir::{find_git_dir, read_optional};

const MAX_INDEX_BYTES: u64 = 256 << 20;
const MAX_PATH_BYTES: usize = 4096;
/// Paths that share their beginnings make an index of version 4 smaller than its paths. Up to
/// this size, or four times the size of the index, they are expanded.
const MIN_EXPANSION: usize = 1 << 20;

/// The paths that the index of one repository tracks. Case is ignored, as git may ignore it.
#[derive(Debug, Default)]
pub struct GitIndex {
    /// The paths, one after the other.
    text: String,
    /// Where each path is in the text, sorted by path. Every path ends in `/`, so that what is
    /// in a directory follows the directory.
    paths: Vec<(usize, usize)>,
    submodules: BTreeSet<String>,
    /// Directories whose contents a sparse index leaves out.
    sparse_dirs: BTreeSet<String>,
    may_track_bytecode: bool,
}

impl GitIndex {
    /// Reads the index of a work tree: a canonical directory with an entry `.git`
    /// (gitrepository-layout(5)). Without an index, nothing is tracked.
    ///
    /// # Errors
    ///
    /// If the git directory does not exist or has its work tree elsewhere, or if the index
    /// cannot be read or understood.
    pub fn read(work_tree: &Path) -> io::Result<Self> {
        let git_dir = find_git_dir(work_tree)?;
        match read_optional(&git_dir.join("index"), MAX_INDEX_BYTES)? {
            Some(bytes) => Self::parse(&bytes),
            None => Ok(Self::default()),
        }
    }

    /// Parses an index of version 2, 3 or 4 (gitformat-index(5)).
    ///
    /// # Errors
    ///
    /// If the index is truncated or corrupt, has an unknown version or extension, or is a
    /// split index, which leaves out paths. The checksum is not verified.
    pub fn parse(bytes: &[u8]) -> io::Result<Self> {
        // The index does not tell whether its hashes are SHA-1 or SHA-256.
        match Self::parse_with_hash_len(bytes, 20) {
            Err(error) if error.kind() == ErrorKind::InvalidData => {
                Self::parse_with_hash_len(bytes, 32)
            }
            result => result,
        }
    }

    fn parse_with_hash_len(bytes: &[u8], hash_len: usize) -> io::Result<Self> {
        let mut reader = Reader(bytes);
        if reader.take(4)? != b"DIRC" {
            return Err(corrupt());
        }
        let version = reader.read_u32()?;
        if !(2..=4).contains(&version) {
            return Err(unsupported("git index has an unknown version"));
        }
        let mut index = Self::default();
        let mut path = Vec::new();
        let mut total = 0;
        for _ in 0..reader.read_u32()? {
            let mode = reader.read_entry(version, hash_len, &mut path)?;
            total += path.len();
            if total > 4 * bytes.len() + MIN_EXPANSION {
                return Err(unsupported("git index expands to too many bytes"));
            }
            index.insert(mode, &path)?;
        }
        reader.skip_extensions(hash_len)?;
        let text = &index.text;
        index.paths.sort_by_key(|&(start, end)| &text[start..end]);
        // Only an entry of a split index may have no path.
        if index.paths().next() == Some("") {
            return Err(corrupt());
        }
        Ok(index)
    }

    fn insert(&mut self, mode: u32, path: &[u8]) -> io::Result<()> {
        const SPARSE_DIR: u32 = 0b0100;
        let file_type = mode >> 12;
        if path.ends_with(b"/") != (file_type == SPARSE_DIR) {
            return Err(corrupt());
        }
        let start = self.text.len();
        push_key(&mut self.text, path);
        let key = &self.text[start..];
        self.may_track_bytecode |= file_type == SPARSE_DIR || is_bytecode(key);
        match file_type {
            SPARSE_DIR => _ = self.sparse_dirs.insert(key.to_owned()),
            0b1110 => _ = self.submodules.insert(key.to_owned()),
            // A regular file, a symlink.
            0b1000 | 0b1010 => {}
            _ => return Err(corrupt()),
        }
        self.paths.push((start, self.text.len()));
        Ok(())
    }

    /// Whether a path relative to the work tree, or something in that directory, is tracked.
    pub fn tracks(&self, path: &Path) -> bool {
        let key = path_key(path);
        let first = self
            .paths
            .partition_point(|&(start, end)| self.text[start..end] < key[..]);
        let next = self.paths.get(first);
        next.is_some_and(|&(start, end)| self.text[start..end].starts_with(&key))
            || self.is_in_sparse_dir(&key)
    }

    fn is_in_sparse_dir(&self, key: &str) -> bool {
        !self.sparse_dirs.is_empty()
            && key
                .match_indices('/')
                .any(|(slash, _)| self.sparse_dirs.contains(&key[..=slash]))
    }

    /// Whether a path relative to the work tree is a submodule.
    pub fn is_submodule(&self, path: &Path) -> bool {
        self.submodules.contains(&path_key(path))
    }

    /// Whether bytecode can be among what is tracked.
    pub fn may_track_bytecode(&self) -> bool {
        self.may_track_bytecode
    }

    /// The tracked paths, sorted. Each ends in `/` and is in lower case.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.paths
            .iter()
            .map(|&(start, end)| &self.text[start..end])
    }
}

fn path_key(path: &Path) -> String {
    let mut key = String::new();
    if cfg!(windows) {
        let path = path.to_string_lossy().replace('\\', "/");
        push_key(&mut key, path.as_bytes());
    } else {
        push_key(&mut key, path.as_os_str().as_encoded_bytes());
    }
    key
}

/// Adds a path to a text as it is compared: in lower case, with `/` after each name.
fn push_key(text: &mut String, path: &[u8]) {
    let start = text.len();
    match str::from_utf8(path) {
        Ok(path) if path.is_ascii() => {
            text.push_str(path);
            text[start..].make_ascii_lowercase();
        }
        _ => text.push_str(&String::from_utf8_lossy(path).to_lowercase()),
    }
    if !path.is_empty() && !path.ends_with(b"/") {
        text.push('/');
    }
}

fn is_bytecode(key: &str) -> bool {
    let ends = [".pyc/", ".pyo/", "$py.class/"];
    ends.iter().any(|end| key.ends_with(end)) || key.contains("__pycache__/")
}

/// What is left to read of an index.
struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    fn take(&mut self, len: usize) -> io::Result<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(len).ok_or_else(corrupt)?;
        self.0 = rest;
        Ok(taken)
    }

    fn read_u32(&mut self) -> io::Result<u32> {
        let bytes = self.take(4)?;
        Ok(bytes.iter().fold(0, |n, byte| n << 8 | u32::from(*byte)))
    }

    fn read_u16(&mut self) -> io::Result<usize> {
        let bytes = self.take(2)?;
        Ok(usize::from(bytes[0]) << 8 | usize::from(bytes[1]))
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
    fn read_entry(&mut self, version: u32, hash_len: usize, path: &mut Vec<u8>) -> io::Result<u32> {
        const IS_EXTENDED: usize = 0x4000;
        // Skip-worktree and intent-to-add.
        const KNOWN_FLAGS: usize = 0x6000;
        const MAX_STORED_LEN: usize = 0xfff;
        let start = self.0.len();
        // Times, device and inode; then user, group, size and hash.
        self.take(24)?;
        let mode = self.read_u32()?;
        self.take(12 + hash_len)?;
        let flags = self.read_u16()?;
        if flags & IS_EXTENDED != 0 && self.read_u16()? & !KNOWN_FLAGS != 0 {
            return Err(corrupt());
        }
        let kept_len = if version == 4 {
            let removed = self.read_offset()?;
            path.len().checked_sub(removed).ok_or_else(corrupt)?
        } else {
            0
        };
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
            let len = self.read_u32()?;
            self.take(len as usize)?;
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
