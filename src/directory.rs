//! Open directories: the few things that are done with them, and the one way to
//! get from a directory into one that it holds.

use std::ffi::{OsStr, OsString};
use std::io;

use cap_std::fs::Dir;

/// An entry of a directory.
#[derive(Debug)]
pub struct Entry {
    /// Its name.
    pub name: OsString,
    /// Whether it is a directory; a link to one is none.
    pub is_directory: bool,
}

/// Opens a directory that `dir` holds, for reading; never through a link.
///
/// # Errors
///
/// When there is no such directory, or it may not be read.
#[cfg(target_os = "linux")]
pub fn enter(dir: &Dir, name: &OsStr) -> io::Result<Dir> {
    use cap_std::fs::{OpenOptions, OpenOptionsExt};
    use rustix::fs::OFlags;
    // `Dir::open_dir` opens with O_PATH, and each reading would open once more.
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW;
    let options = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits() as i32)
        .clone();
    let file = dir.open_with(name, &options)?;
    Ok(Dir::from_std_file(file.into_std()))
}

/// Opens a directory that `dir` holds, for reading; never through a link.
///
/// # Errors
///
/// When there is no such directory, or it may not be read.
#[cfg(not(target_os = "linux"))]
pub fn enter(dir: &Dir, name: &OsStr) -> io::Result<Dir> {
    cap_fs_ext::DirExt::open_dir_nofollow(dir, name)
}

/// Reads a directory that [`enter`] opened, and all of it at once: some file
/// systems skip entries when others go while they are read.
///
/// # Errors
///
/// When it cannot be read.
#[cfg(target_os = "linux")]
pub fn entries(dir: &Dir) -> io::Result<Vec<Entry>> {
    use rustix::fs::{FileType, RawDir, SeekFrom, seek};
    use std::mem::MaybeUninit;
    use std::os::unix::ffi::OsStrExt;

    // It may have been read before.
    seek(dir, SeekFrom::Start(0))?;
    let mut buffer = [MaybeUninit::uninit(); 1 << 15];
    let mut raw = RawDir::new(dir, &mut buffer);
    let mut entries = Vec::new();
    while let Some(entry) = raw.next() {
        let entry = entry?;
        let name = OsStr::from_bytes(entry.file_name().to_bytes());
        let is_directory = match entry.file_type() {
            _ if name == "." || name == ".." => continue,
            // Not every file system tells it here.
            FileType::Unknown => dir.symlink_metadata(name)?.is_dir(),
            kind => kind == FileType::Directory,
        };
        entries.push(Entry {
            name: name.to_owned(),
            is_directory,
        });
    }
    Ok(entries)
}

/// Reads a directory, and all of it at once: some file systems skip entries when
/// others go while they are read.
///
/// # Errors
///
/// When it cannot be read.
#[cfg(not(target_os = "linux"))]
pub fn entries(dir: &Dir) -> io::Result<Vec<Entry>> {
    let entries = dir.entries()?.map(|entry| {
        let entry = entry?;
        Ok(Entry {
            name: entry.file_name(),
            is_directory: entry.file_type()?.is_dir(),
        })
    });
    entries.collect()
}

/// The file system that an open directory lies on.
///
/// # Errors
///
/// When the system does not tell.
#[cfg(unix)]
pub fn device(dir: &Dir) -> io::Result<u64> {
    use cap_std::fs::MetadataExt;
    Ok(dir.dir_metadata()?.dev())
}

/// The file system that an open directory lies on: one for all, as Windows shows
/// what is mounted as a link, and no link is followed.
#[cfg(not(unix))]
pub fn device(_: &Dir) -> io::Result<u64> {
    Ok(0)
}
