use std::ffi::OsStr;
use std::io;

use rustix::fs::{AtFlags, unlinkat};

use crate::directory::Dir;

pub(super) fn remove_file(dir: &Dir, name: &OsStr) -> io::Result<()> {
    Ok(unlinkat(dir, name, AtFlags::empty())?)
}

pub(super) fn remove_dir(dir: &Dir, name: &OsStr) -> io::Result<()> {
    Ok(unlinkat(dir, name, AtFlags::REMOVEDIR)?)
}
