//! A directory with one module, its bytecode, and one change that befalls them.

use std::fmt;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pyclean::pyc::magic::Layout;
use pyclean::pyc::{BytecodeName, Opened, Verdict, judge};

/// Seconds since 1970, which may be negative, and nanoseconds after them.
pub type Time = (i64, u32);

/// When sources are written. Their bytecode follows a quarter of a second later.
const TIME: Time = (1_600_000_000, 500_000_000);
const COMPILED: Time = (TIME.0, 750_000_000);

/// What modules say of themselves, so that it shows which of the two was run: the bytecode is
/// patched after it was compiled, without a trace in its header.
const SOURCE: &str = include_str!("../fixtures/pyc/m.py");
const IN_SOURCE: &[u8] = b"from source";
const IN_BYTECODE: &[u8] = b"from binary";

/// How the interpreter is to know that bytecode is out of date (PEP 552).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Timestamp,
    CheckedHash,
    UncheckedHash,
}

/// Something that happens to a source and its bytecode.
#[derive(Clone)]
pub struct Change {
    pub name: String,
    pub mode: Mode,
    /// When the source was written, before it was compiled.
    time: Time,
    /// How much longer than [`SOURCE`] it is then.
    padding: usize,
    apply: Rc<dyn Fn(&World)>,
    /// The verdict, with `LEN` for the length that the bytecode has then.
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

    /// Whether it happens to bytecode, whenever that was compiled.
    pub fn is_afterwards(&self) -> bool {
        self.time == TIME && self.padding == 0
    }
}

/// A change to bytecode that knows its source by time and size.
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

/// Everything that can happen.
pub fn changes() -> Vec<Change> {
    const ANOTHER_TIME: &str = "outdated, SOURCE has another time";
    const OTHER_CONTENTS: &str = "outdated, SOURCE has other contents";
    const ORPHANED: &str = "orphaned, no SOURCE";
    const RACED: &str = "raced, SOURCE was changed after it was compiled";
    const CUT_OFF: &str = "damaged, cut off after LEN bytes";

    let nothing = |name| change(name, "fresh", |_| {});
    let touch = |modified| move |world: &World| set_modified(&world.source, modified);
    let remove = |world: &World| fs::remove_file(&world.source).unwrap();
    let mut changes = vec![
        nothing("nothing"),
        change("touched", ANOTHER_TIME, touch((TIME.0 + 10, 0))),
        change("set back", ANOTHER_TIME, touch((TIME.0 - 1, 999_000_000))),
        change("edited, size and time restored", "fresh", |world| {
            world.edit(TIME)
        }),
        change("raced", RACED, |world| world.edit((TIME.0, 900_000_000))),
        change(
            "grown, time restored",
            "outdated, SOURCE has another size",
            World::grow,
        ),
        change("removed", ORPHANED, remove),
        change("a directory instead", ORPHANED, World::make_directory),
        #[cfg(unix)]
        change("behind a link", "fresh", World::link),
        change("bytecode set back", "fresh", |world| {
            set_modified(&world.bytecode, (TIME.0 - 9, 0));
        }),
        change("bytecode as old as its source", "fresh", |world| {
            set_modified(&world.bytecode, TIME);
        }),
        change("emptied", "damaged, empty", |world| world.cut(0)),
        change("cut to 1", "damaged, cut off after 1 byte", |world| {
            world.cut(1)
        }),
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
        nothing("written in 1970").at((0, 0)),
        nothing("written before 1970").at((-2, 500_000_000)),
        nothing("written half a second before 1970").at((-1, 500_000_000)),
        nothing("written just before the second ends").at((TIME.0, 999_999_999)),
        nothing("written in 2038").at((i32::MAX as i64 + 1, 0)),
        nothing("written after 32 bits").at((u32::MAX as i64 + 10, 500_000_000)),
    ];
    changes.extend((2..=16).map(|len| {
        change(&format!("cut to {len}"), CUT_OFF, move |world| {
            world.cut(len)
        })
    }));
    changes.extend((0..=16).map(|len| {
        change(
            &format!("cut to its header and {len}"),
            CUT_OFF,
            move |world| {
                world.cut(world.layout().header_len() + len);
            },
        )
    }));
    for mode in [Mode::CheckedHash, Mode::UncheckedHash] {
        let hashed = [
            nothing("hashed"),
            nothing("hashed, more than is read at once").padded(200_000),
            change("hashed, touched", "fresh", touch((TIME.0 + 10, 0))),
            change("hashed, edited", OTHER_CONTENTS, |world| world.edit(TIME)),
            change("hashed, grown", OTHER_CONTENTS, World::grow),
            change("hashed, removed", ORPHANED, remove),
            change("hashed, cut to its header", CUT_OFF, |world| world.cut(16)),
            change(
                "hashed, unknown flags",
                "damaged, unknown flags 0x7",
                |world| {
                    world.patch(|bytes| bytes[4] = 7);
                },
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

    /// Takes up what an interpreter has compiled, and patches it.
    pub fn find_bytecode(&mut self) {
        let directory = self.source.parent().unwrap();
        let files = |directory: &Path| {
            fs::read_dir(directory)
                .into_iter()
                .flatten()
                .map(|entry| entry.unwrap().path())
        };
        let mut compiled = files(&directory.join("__pycache__")).chain(files(directory));
        let is_bytecode = |path: &PathBuf| BytecodeName::parse(path.file_name().unwrap()).is_some();
        self.bytecode = compiled
            .find(is_bytecode)
            .unwrap_or_else(|| panic!("{self}: not compiled"));
        self.make_tellable();
    }

    /// Takes a copy of `<name>.fixture` from elsewhere.
    pub fn place_bytecode(&mut self, from: &Path) {
        self.bytecode = self.source.with_file_name(from.file_stem().unwrap());
        fs::copy(from, &self.bytecode).unwrap();
        self.make_tellable();
    }

    fn make_tellable(&self) {
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
        let name = BytecodeName::parse(self.bytecode.file_name().unwrap()).unwrap();
        let open = || {
            let contents = File::open(&self.bytecode)?;
            let modified = contents.metadata()?.modified()?;
            Ok(Opened { contents, modified })
        };
        said(judge(&name, self.source.parent().unwrap(), open).unwrap())
    }

    pub fn expected(&self) -> String {
        let another_time = "outdated, SOURCE has another time";
        let expected = match (&*self.change.name, self.layout()) {
            ("grown, time restored", Layout::Time) => "fresh",
            // What `py_compile` of Python 2 writes is not what Python 2 expects.
            ("written just before the second ends", Layout::Time) => another_time,
            ("written half a second before 1970", Layout::Time) => another_time,
            // These are compiled again at every import.
            ("written before 1970", Layout::Time | Layout::TimeAndSize) => another_time,
            ("written in 2038", Layout::Time) => another_time,
            ("written after 32 bits", Layout::TimeAndSize) => another_time,
            _ => self.change.expected,
        };
        let len = fs::metadata(&self.bytecode).unwrap().len();
        let source = self.source.file_name().unwrap().to_str().unwrap();
        expected
            .replace("LEN", &len.to_string())
            .replace("SOURCE", source)
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
    fn link(&self) {
        let target = self.source.with_extension("elsewhere");
        fs::rename(&self.source, &target).unwrap();
        std::os::unix::fs::symlink(&target, &self.source).unwrap();
    }

    fn cut(&self, len: usize) {
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

/// A verdict as a user reads it.
pub fn said(verdict: Verdict) -> String {
    match verdict {
        Verdict::Fresh => "fresh".into(),
        Verdict::Stale(staleness) => staleness.to_string(),
    }
}

pub fn set_modified(path: &Path, (seconds, nanos): Time) {
    let second = Duration::from_secs(seconds.unsigned_abs());
    let second = if seconds < 0 {
        UNIX_EPOCH - second
    } else {
        UNIX_EPOCH + second
    };
    let time: SystemTime = second + Duration::from_nanos(nanos.into());
    File::options()
        .write(true)
        .open(path)
        .unwrap()
        .set_modified(time)
        .unwrap();
}
