//! A directory with one module, its bytecode, and one change to them.

use std::ffi::OsStr;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, UNIX_EPOCH};

use pyclean::pyc::magic::{self, Layout};
use pyclean::pyc::marshal::MarshalFormat;
use pyclean::pyc::{BytecodeName, LastHash, PycFile, judge};
use walkdir::WalkDir;

/// Seconds since 1970, which may be negative, and nanoseconds after them.
pub type Time = (i64, u32);

/// When sources are written. Their bytecode follows a quarter of a second later.
const TIME: Time = (1_600_000_000, 500_000_000);
const COMPILED: Time = (TIME.0, 750_000_000);

/// The text in a module tells which file was run: the bytecode is patched after it was
/// compiled, and its header stays the same.
const SOURCE: &str = include_str!("../fixtures/pyc/m.py");
const IN_SOURCE: &[u8] = b"from source";
const IN_BYTECODE: &[u8] = b"from binary";

/// How the interpreter detects that bytecode is out of date (PEP 552).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Timestamp,
    CheckedHash,
    UncheckedHash,
}

/// A change to a source and its bytecode.
#[derive(Clone)]
pub struct Change {
    pub name: String,
    pub mode: Mode,
    /// The mtime of the source when it is compiled.
    time: Time,
    /// The number of bytes added to [`SOURCE`].
    padding: usize,
    apply: Rc<dyn Fn(&World)>,
    /// The verdict, with `LEN` for the length of the bytecode after the change, and
    /// `AT` for any number.
    expected: &'static str,
}

impl Change {
    fn at(self, time: Time) -> Self {
        Self { time, ..self }
    }

    fn to(self, mode: Mode) -> Self {
        Self { mode, ..self }
    }

    fn padded(self, padding: usize) -> Self {
        Self { padding, ..self }
    }

    /// Whether the mtime of the source is before 1970.
    pub fn is_before_1970(&self) -> bool {
        self.time.0 < 0
    }

    /// Whether the change does not affect how the source is compiled.
    pub fn is_after_compiling(&self) -> bool {
        self.time == TIME && self.padding == 0
    }
}

/// A change to bytecode that records mtime and size of its source.
fn change(name: &str, expected: &'static str, apply: impl Fn(&World) + 'static) -> Change {
    Change {
        name: name.to_owned(),
        mode: Mode::Timestamp,
        time: TIME,
        padding: 0,
        apply: Rc::new(apply),
        expected,
    }
}

/// Truncates the bytecode.
fn truncated(name: &str, len: impl Fn(&World) -> usize + 'static) -> Change {
    let expected = "damaged, truncated after LEN bytes";
    change(name, expected, move |world| world.truncate(len(world)))
}

/// All changes.
pub fn changes() -> Vec<Change> {
    const UP_TO_DATE: &str = "up to date";
    const OTHER_MTIME: &str = "outdated, SOURCE has a different mtime";
    const OTHER_SIZE: &str = "outdated, SOURCE has a different size";
    const OTHER_CONTENTS: &str = "outdated, SOURCE has different contents";
    const ORPHANED: &str = "orphaned, no SOURCE";
    const RACED: &str = "raced, SOURCE was changed after it was compiled, in the same second";
    const LATER: Time = (TIME.0, 900_000_000);

    let nothing = |name| change(name, UP_TO_DATE, |_| {});
    let touch = |modified| move |world: &World| set_modified(&world.source, modified);
    let touch_bytecode = |modified| move |world: &World| set_modified(&world.bytecode, modified);
    let edit = |modified| move |world: &World| world.edit(modified);
    let remove = |world: &World| fs::remove_file(&world.source).unwrap();
    let mut changes = vec![
        nothing("nothing"),
        change("touched", OTHER_MTIME, touch((TIME.0 + 10, 0))),
        change("set back", OTHER_MTIME, touch((TIME.0 - 1, 999_000_000))),
        change("edited, size and time restored", UP_TO_DATE, edit(TIME)),
        change("raced", RACED, edit(LATER)),
        change("grown, time restored", OTHER_SIZE, World::grow),
        change("removed", ORPHANED, remove),
        change("a directory instead", ORPHANED, World::make_directory),
        #[cfg(unix)]
        change("a symlink loop instead", ORPHANED, World::make_symlink_loop),
        change("raced, bytecode in whole seconds", UP_TO_DATE, |world| {
            set_modified(&world.bytecode, (TIME.0, 0));
            world.edit(LATER);
        }),
        #[cfg(unix)]
        change("behind a symlink", UP_TO_DATE, World::symlink),
        change(
            "bytecode set back",
            UP_TO_DATE,
            touch_bytecode((TIME.0 - 9, 0)),
        ),
        change(
            "bytecode as old as its source",
            UP_TO_DATE,
            touch_bytecode(TIME),
        ),
        change("emptied", "damaged, empty", |world| world.truncate(0)),
        change(
            "truncated to 1",
            "damaged, truncated after 1 byte",
            |world| world.truncate(1),
        ),
        change("zeroed", "damaged, not bytecode", |world| {
            world.patch(|bytes| bytes.fill(0))
        }),
        change("no newline", "damaged, not bytecode", |world| {
            world.patch(|bytes| bytes[3] = 0)
        }),
        change("no code", "damaged, no code after the header", |world| {
            let header_len = world.layout().header_len();
            world.patch(|bytes| bytes[header_len] = b'N');
        }),
        truncated("code truncated by one byte", |world| world.len() - 1),
        truncated("code truncated in the middle", World::middle),
        change("code zeroed", "damaged, corrupt at byte AT", |world| {
            let middle = world.middle();
            world.patch(|bytes| bytes[middle..].fill(0));
        }),
        nothing("written in 1970").at((0, 0)),
        nothing("written before 1970").at((-2, 500_000_000)),
        nothing("written half a second before 1970").at((-1, 500_000_000)),
        nothing("written just before the second ends").at((TIME.0, 999_999_999)),
        nothing("written in 2038").at((i32::MAX as i64 + 1, 0)),
        nothing("written after 32 bits").at((u32::MAX as i64 + 10, 500_000_000)),
    ];
    changes.extend((2..=16).map(|len| truncated(&format!("truncated to {len}"), move |_| len)));
    changes.extend((0..=16).map(|len| {
        let name = format!("truncated to its header and {len}");
        truncated(&name, move |world| world.layout().header_len() + len)
    }));
    for mode in [Mode::CheckedHash, Mode::UncheckedHash] {
        let hashed = [
            nothing("hashed"),
            nothing("hashed, more than is read at once").padded(200_000),
            change("hashed, touched", UP_TO_DATE, touch((TIME.0 + 10, 0))),
            change("hashed, edited", OTHER_CONTENTS, edit(TIME)),
            change("hashed, grown", OTHER_CONTENTS, World::grow),
            change("hashed, removed", ORPHANED, remove),
            truncated("hashed, truncated to its header", |_| 16),
            change(
                "hashed, other flags",
                "damaged, unknown flags 0x7",
                |world| world.patch(|bytes| bytes[4] = 7),
            ),
        ];
        changes.extend(hashed.map(|change| change.to(mode)));
    }
    changes
}

pub struct World {
    pub source: PathBuf,
    pub change: Change,
    bytecode: PathBuf,
}

impl World {
    /// Writes a source; there is no bytecode yet.
    pub fn new(directory: &Path, source: &str, change: Change) -> Self {
        let source = directory.join(source);
        fs::create_dir_all(source.parent().unwrap()).unwrap();
        fs::write(&source, SOURCE.to_owned() + &"#".repeat(change.padding)).unwrap();
        set_modified(&source, change.time);
        let bytecode = PathBuf::new();
        Self {
            source,
            change,
            bytecode,
        }
    }

    /// Finds the bytecode that an interpreter has written, and patches it.
    pub fn find_bytecode(&mut self) {
        let entries = WalkDir::new(self.source.parent().unwrap()).into_iter();
        let mut paths = entries.map(|entry| entry.unwrap().into_path());
        let is_bytecode = |path: &PathBuf| BytecodeName::parse(path.file_name().unwrap()).is_some();
        self.bytecode = paths
            .find(is_bytecode)
            .unwrap_or_else(|| panic!("{self}: not compiled"));
        self.patch_text();
    }

    /// Copies the bytecode from `<name>.fixture`.
    pub fn place_bytecode(&mut self, from: &Path) {
        self.bytecode = self.source.with_file_name(from.file_stem().unwrap());
        fs::copy(from, &self.bytecode).unwrap();
        self.patch_text();
    }

    fn patch_text(&self) {
        self.patch(|bytes| {
            let at = bytes
                .windows(IN_SOURCE.len())
                .position(|bytes| bytes == IN_SOURCE)
                .unwrap();
            bytes[at..at + IN_SOURCE.len()].copy_from_slice(IN_BYTECODE);
        });
        if self.change.time == TIME {
            set_modified(&self.bytecode, COMPILED);
        }
    }

    pub fn change(&self) {
        (self.change.apply)(self);
    }

    pub fn is_legacy(&self) -> bool {
        BytecodeName::parse(self.bytecode.file_name().unwrap())
            .unwrap()
            .tag()
            .is_none()
    }

    pub fn verdict(&self) -> String {
        let name = self.bytecode.file_name().unwrap();
        let sources = self.source.parent().unwrap();
        verdict(name, sources, &mut LastHash::default(), || {
            let contents = File::open(&self.bytecode)?;
            let metadata = contents.metadata()?;
            Ok(PycFile {
                contents,
                size: metadata.len(),
                modified: metadata.modified()?,
            })
        })
    }

    pub fn expected(&self) -> String {
        let other_mtime = "outdated, SOURCE has a different mtime";
        let expected = match (&*self.change.name, self.layout()) {
            _ if self.has_unchecked_damage() => "up to date",
            ("grown, time restored", Layout::Mtime) => "up to date",
            // What `py_compile` of Python 2 writes is not what Python 2 expects.
            ("written just before the second ends", Layout::Mtime) => other_mtime,
            ("written half a second before 1970", Layout::Mtime) => other_mtime,
            // These are compiled again at every import.
            ("written before 1970", Layout::Mtime | Layout::MtimeAndSize) => other_mtime,
            ("written in 2038", Layout::Mtime) => other_mtime,
            ("written after 32 bits", Layout::MtimeAndSize) => other_mtime,
            _ => self.change.expected,
        };
        let len = self.len();
        let source = self.source.file_name().unwrap().to_str().unwrap();
        expected
            .replace("LEN", &len.to_string())
            .replace("SOURCE", source)
    }

    /// Whether the verdict is the expected one.
    pub fn is_as_expected(&self) -> bool {
        let (verdict, expected) = (self.verdict(), self.expected());
        match expected.strip_suffix("AT") {
            Some(expected) => verdict
                .strip_prefix(expected)
                .is_some_and(|position| position.parse::<u32>().is_ok()),
            None => verdict == expected,
        }
    }

    /// Whether code is damaged that pyclean does not check.
    pub fn has_unchecked_damage(&self) -> bool {
        let bytes = fs::read(&self.bytecode).unwrap();
        let format = magic::number(&bytes).and_then(MarshalFormat::of);
        self.change.name.starts_with("code ") && format.is_none()
    }

    fn len(&self) -> usize {
        fs::metadata(&self.bytecode).unwrap().len() as usize
    }

    /// The middle of the code.
    fn middle(&self) -> usize {
        let header_len = self.layout().header_len();
        header_len + (self.len() - header_len) / 2
    }

    pub fn layout(&self) -> Layout {
        let bytes = fs::read(&self.bytecode).unwrap();
        bytes.first_chunk().map_or(Layout::Flags, |magic| {
            Layout::of(u16::from_le_bytes(*magic))
        })
    }

    fn edit(&self, modified: Time) {
        fs::write(&self.source, SOURCE.replace("RAN ", "RAN\t")).unwrap();
        set_modified(&self.source, modified);
    }

    fn grow(&self) {
        fs::write(&self.source, format!("{SOURCE}#")).unwrap();
        set_modified(&self.source, TIME);
    }

    fn make_directory(&self) {
        fs::remove_file(&self.source).unwrap();
        fs::create_dir(&self.source).unwrap();
    }

    #[cfg(unix)]
    fn make_symlink_loop(&self) {
        fs::remove_file(&self.source).unwrap();
        std::os::unix::fs::symlink(self.source.file_name().unwrap(), &self.source).unwrap();
    }

    #[cfg(unix)]
    fn symlink(&self) {
        let target = self.source.with_extension("elsewhere");
        fs::rename(&self.source, &target).unwrap();
        std::os::unix::fs::symlink(&target, &self.source).unwrap();
    }

    fn truncate(&self, len: usize) {
        let file = File::options().write(true).open(&self.bytecode).unwrap();
        file.set_len(len as u64).unwrap();
    }

    fn patch(&self, patch: impl FnOnce(&mut [u8])) {
        let mut bytes = fs::read(&self.bytecode).unwrap();
        patch(&mut bytes);
        fs::write(&self.bytecode, bytes).unwrap();
    }
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Change { name, mode, .. } = &self.change;
        write!(f, "{mode:?}, {name} ({})", self.source.display())
    }
}

/// The verdict on a file with this name, as a user reads it.
pub fn verdict<R: Read>(
    name: &OsStr,
    sources: &Path,
    hash: &mut LastHash,
    open: impl FnOnce() -> io::Result<PycFile<R>>,
) -> String {
    let name = BytecodeName::parse(name).unwrap();
    let staleness = judge(&name, "bytecode".as_ref(), sources, hash, open).unwrap();
    staleness.map_or("up to date".into(), |staleness| staleness.describe(&name))
}

pub fn set_modified(path: &Path, (seconds, nanos): Time) {
    let second = Duration::from_secs(seconds.unsigned_abs());
    let second = if seconds < 0 {
        UNIX_EPOCH - second
    } else {
        UNIX_EPOCH + second
    };
    File::options()
        .write(true)
        .open(path)
        .unwrap()
        .set_modified(second + Duration::from_nanos(nanos.into()))
        .unwrap();
}
