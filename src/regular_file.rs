//! Opens and reads files that other people control, such as bytecode, settings and the index of git.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// Reads a regular file of at most `max_bytes`. Follows symlinks. `None` if it is not a
/// regular file.
pub(crate) fn read_regular_file(path: &Path, max_bytes: u64) -> io::Result<Option<Vec<u8>>> {
    let Some((file, metadata)) = open_regular_file(path, true)? else {
        return Ok(None);
    };
    let mut bytes = Vec::new();
    if metadata.len() <= max_bytes {
        file.take(max_bytes + 1).read_to_end(&mut bytes)?;
    }
    if metadata.len() > max_bytes || bytes.len() as u64 > max_bytes {
        let limit = crate::console::format::format_size(max_bytes);
        let message = format!("file is larger than {limit}");
        return Err(io::Error::new(ErrorKind::FileTooLarge, message));
    }
    Ok(Some(bytes))
}

/// Opens a regular file. `None` if it is not one: reading a pipe or a device could wait forever.
/// On Unix, a symlink is an error unless it is followed.
pub(crate) fn open_regular_file(
    path: &Path,
    follows_symlinks: bool,
) -> io::Result<Option<(File, Metadata)>> {
    // Opening some devices has side effects, so look before opening.
    if follows_symlinks && !path.metadata()?.is_file() {
        return Ok(None);
    }
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        let mut flags = OFlags::NONBLOCK | OFlags::NOCTTY;
        flags.set(OFlags::NOFOLLOW, !follows_symlinks);
        options.custom_flags(flags.bits() as i32);
    }
    let file = options.open(path)?;
    // Another process may have replaced the file since.
    let metadata = file.metadata()?;
    Ok(metadata.is_file().then_some((file, metadata)))
}
