//! A directory tree written in one line, the program run in it, and the difference to what
//! a test expects.
#![allow(dead_code)] // Each test binary uses its own part.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt::Display;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, UNIX_EPOCH};

use proptest::test_runner::RngSeed;
use rayon::iter::{ParallelBridge, ParallelIterator};
use snapbox::data::Inline;
use snapbox::{IntoData, assert_data_eq};
use tempfile::TempDir;
use walkdir::WalkDir;

/// The program under test.
pub const PYCLEAN: &str = env!("CARGO_BIN_EXE_pyclean");

/// Makes git independent of the configuration of the user who runs the tests.
pub const GIT_ENV: [(&str, &str); 11] = [
    ("GIT_CONFIG_GLOBAL", "/dev/null"),
    ("GIT_CONFIG_NOSYSTEM", "1"),
    ("GIT_AUTHOR_NAME", "a"),
    ("GIT_AUTHOR_EMAIL", "a@example.org"),
    ("GIT_COMMITTER_NAME", "a"),
    ("GIT_COMMITTER_EMAIL", "a@example.org"),
    ("GIT_CONFIG_COUNT", "2"),
    ("GIT_CONFIG_KEY_0", "protocol.file.allow"),
    ("GIT_CONFIG_VALUE_0", "always"),
    ("GIT_CONFIG_KEY_1", "init.defaultBranch"),
    ("GIT_CONFIG_VALUE_1", "main"),
];

/// A temporary directory that is removed when the test ends.
pub struct Tree {
    directory: TempDir,
}

/// The result of one run of the program.
pub struct Run {
    pub stdout: String,
    pub stderr: String,
    pub code: Option<i32>,
}

/// Prints a line to stderr. The test harness captures `eprintln!` of a test that passes, but
/// not this.
pub fn print_uncaptured(line: &str) {
    writeln!(io::stderr().lock(), "{line}").unwrap();
}

/// Reports that a test or a part of it does not run.
pub fn print_skipped(reason: &str) {
    print_uncaptured(&format!("SKIPPED: {reason}"));
}

/// Reports that a test does not run, and fails it if `PYCLEAN_REQUIRE_TOOLS` is set.
#[track_caller]
pub fn skipped(reason: &str) {
    assert!(
        !is_set("PYCLEAN_REQUIRE_TOOLS"),
        "skipped, although PYCLEAN_REQUIRE_TOOLS is set: {reason}"
    );
    print_skipped(reason);
}

/// Whether a test has to be skipped because it needs a program that is not installed.
#[track_caller]
pub fn is_missing(program: &str) -> bool {
    let is_missing = Command::new(program).arg("--version").output().is_err();
    if is_missing {
        skipped(&format!("{program} is not installed"));
    }
    is_missing
}

/// The number of cases to try: `long` if `PYCLEAN_LONG_TESTS` is set.
pub fn case_count<T>(short: T, long: T) -> T {
    if is_set("PYCLEAN_LONG_TESTS") {
        long
    } else {
        short
    }
}

/// The seed of random cases: the same in every run, so that a run of the tests means the same
/// everywhere. `PYCLEAN_LONG_TESTS` tries other cases each time.
pub fn random_seed() -> RngSeed {
    case_count(RngSeed::Fixed(20_240_229), RngSeed::Random)
}

/// Whether an environment variable is set and not empty.
pub fn is_set(variable: &str) -> bool {
    env::var_os(variable).is_some_and(|value| !value.is_empty())
}

/// Creates a temporary directory, in memory where that is possible, because most of the
/// time of a test is spent on creating files. `TMPDIR` selects another place.
pub fn temp_dir() -> TempDir {
    #[cfg(target_os = "linux")]
    if env::var_os("TMPDIR").is_none() && is_suitable(Path::new("/dev/shm")) {
        return tempfile::tempdir_in("/dev/shm").unwrap();
    }
    tempfile::tempdir().unwrap()
}

/// Whether tests can create and run programs in a directory, with enough space for them.
#[cfg(target_os = "linux")]
fn is_suitable(directory: &Path) -> bool {
    use rustix::fs::{StatVfsMountFlags, statvfs};
    let is_suitable = statvfs(directory).is_ok_and(|status| {
        let has_space =
            status.f_bavail * status.f_frsize >= 1 << 30 && status.f_favail >= 1_000_000;
        has_space && !status.f_flag.contains(StatVfsMountFlags::NOEXEC)
    });
    is_suitable && tempfile::tempdir_in(directory).is_ok()
}

/// Creates a tree from entries separated by spaces: `a.py` is a file that contains its own
/// path, `a/` a directory, `a->b` a symlink to `b`, `a|` a named pipe.
pub fn tree(entries: &str) -> Tree {
    let tree = Tree {
        directory: temp_dir(),
    };
    entries.split_whitespace().for_each(|entry| tree.add(entry));
    tree
}

impl Tree {
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Adds one entry and its parent directories.
    pub fn add(&self, entry: &str) {
        if let Some((symlink, target)) = entry.split_once("->") {
            make_symlink(Path::new(target), &self.file_path(symlink)).unwrap();
        } else if let Some(pipe) = entry.strip_suffix('|') {
            make_pipe(&self.file_path(pipe));
        } else if let Some(directory) = entry.strip_suffix('/') {
            fs::create_dir_all(self.path().join(directory)).unwrap();
        } else {
            fs::write(self.file_path(entry), entry).unwrap();
        }
    }

    /// Adds a compiled module: `source`, with the mtime that its bytecode records, and the
    /// bytecode that the interpreter `python` (such as `cpython-3.12`) wrote for it.
    pub fn add_compiled(&self, source: &str, python: &str, bytecode: &str) {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pyc");
        let name = Path::new(bytecode).file_name().unwrap().to_str().unwrap();
        let module = Path::new(source).file_stem().unwrap().to_str().unwrap();
        // All fixtures are compiled from one source. The module name says how the bytecode
        // is validated: by mtime and size, by a checked hash, or by an unchecked hash.
        let fixture = match module {
            "checked" | "unchecked" => name.to_owned(),
            _ => name.replacen(module, "m", 1),
        };
        let fixture = fixtures.join(python).join(format!("{fixture}.fixture"));
        fs::copy(fixtures.join("m.py"), self.file_path(source)).unwrap();
        fs::copy(fixture, self.file_path(bytecode)).unwrap();
        self.set_mtime(source, 0.0);
    }

    /// Sets the mtime of a file, in seconds after the mtime of compiled modules.
    pub fn set_mtime(&self, name: &str, seconds: f64) {
        let compiled = UNIX_EPOCH + Duration::from_secs(1_600_000_000);
        let mut options = File::options();
        let file = options.append(true).open(self.file_path(name)).unwrap();
        let mtime = compiled + Duration::from_secs_f64(seconds);
        file.set_modified(mtime).unwrap();
    }

    /// The path of a file in the tree. Creates its parent directories.
    pub fn file_path(&self, name: impl AsRef<Path>) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }

    /// Writes settings to `[tool.pyclean]` in the `pyproject.toml` of a directory.
    pub fn write_settings(&self, directory: &str, settings: &str) {
        let file = self.file_path(Path::new(directory).join("pyproject.toml"));
        fs::write(file, format!("[tool.pyclean]\n{settings}\n")).unwrap();
    }

    /// Any program, with the tree as its working directory.
    pub fn program(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.path())
            .env_remove("PYTHONPYCACHEPREFIX")
            .stdin(Stdio::null());
        command
    }

    /// The program under test with these arguments and the tree as its working directory.
    pub fn command<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        let mut command = self.program(PYCLEAN);
        command.args(arguments);
        command
    }

    /// [`Tree::command`], but signals that the parent of the tests ignores are not ignored.
    #[cfg(unix)]
    pub fn command_with_default_signals(&self, arguments: &[&str]) -> Command {
        const RESET: &str = "--default-signal=INT,TERM,HUP";
        let can_reset = Command::new("env").args([RESET, "true"]).output();
        if !can_reset.is_ok_and(|output| output.status.success()) {
            return self.command(arguments);
        }
        let mut command = self.program("env");
        command.args([RESET, PYCLEAN]).args(arguments);
        command
    }

    /// Runs a shell script in this tree.
    #[cfg(unix)]
    pub fn run_script(&self, script: &str) -> Run {
        let mut shell = self.program("sh");
        shell.args(["-c", script]).output().unwrap().into()
    }

    /// Runs the program in this tree. The arguments are separated by spaces.
    pub fn pyclean(&self, arguments: &str) -> Run {
        let mut command = self.command(arguments.split_whitespace());
        let output = command.output().unwrap();
        if arguments.contains("--generate") {
            // It prints no paths, so a `\` is no separator.
            return Run::new(output, |bytes| String::from_utf8(bytes).unwrap());
        }
        output.into()
    }

    /// All entries, sorted, one a line, in the notation of [`tree`]. A file that does not
    /// contain its own path is marked as changed.
    pub fn listing(&self) -> String {
        let mut lines = Vec::new();
        for entry in WalkDir::new(self.path()).min_depth(1) {
            let entry = entry.unwrap();
            let path = entry.path().strip_prefix(self.path()).unwrap();
            let name = with_slashes(path.to_string_lossy().into_owned());
            let kind = entry.file_type();
            lines.push(if kind.is_symlink() {
                let target = fs::read_link(entry.path()).unwrap();
                format!("{name}->{}", with_slashes(target.display().to_string()))
            } else if kind.is_dir() {
                format!("{name}/")
            } else if !kind.is_file() {
                format!("{name}|")
            } else if fs::read(entry.path()).unwrap() == name.as_bytes() {
                name
            } else {
                format!("{name} (changed)")
            });
        }
        lines.sort_unstable();
        lines.iter().map(|line| format!("{line}\n")).collect()
    }

    /// [`Tree::listing`] without marks for changed files.
    pub fn names(&self) -> String {
        self.listing().replace(" (changed)", "")
    }

    /// Fails with a diff unless the tree consists of these entries and their parent
    /// directories.
    #[track_caller]
    pub fn assert_left(&self, entries: &str) {
        assert_data_eq!(self.listing(), tree(entries).listing().raw());
    }
}

/// Creates a symlink.
#[cfg(unix)]
fn make_symlink(target: &Path, symlink: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, symlink)
}

/// Creates a symlink. Windows has one kind for directories and one for everything else.
#[cfg(windows)]
fn make_symlink(target: &Path, symlink: &Path) -> io::Result<()> {
    use std::os::windows::fs::{symlink_dir, symlink_file};
    let target: PathBuf = target.components().collect();
    if symlink.parent().unwrap().join(&target).is_dir() {
        symlink_dir(target, symlink)
    } else {
        symlink_file(target, symlink)
    }
}

/// Whether symlinks can be created. Windows needs its developer mode for that, and Wine
/// creates none.
pub fn can_symlink() -> bool {
    static CAN_SYMLINK: LazyLock<bool> = LazyLock::new(|| {
        let directory = temp_dir();
        let symlink = directory.path().join("symlink");
        make_symlink(Path::new("target"), &symlink).is_ok() && symlink.is_symlink()
    });
    *CAN_SYMLINK
}

/// Whether a test has to be skipped because no symlinks can be created.
#[track_caller]
pub fn lacks_symlinks() -> bool {
    if !can_symlink() {
        skipped("this system creates no symlinks");
    }
    !can_symlink()
}

/// Creates a named pipe.
#[cfg(target_os = "linux")]
pub fn make_pipe(path: &Path) {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
}

/// Creates a named pipe.
#[cfg(not(target_os = "linux"))]
pub fn make_pipe(path: &Path) {
    let status = Command::new("mkfifo").arg(path).status();
    assert!(status.unwrap().success());
}

/// Text in which separators are `/` on every system, also those that JSON escapes.
pub fn with_slashes(text: String) -> String {
    if cfg!(windows) {
        text.replace(r"\\", "/").replace('\\', "/")
    } else {
        text
    }
}

/// The canonical path of an entry, with `/` as the separator, and on Windows without `\\?\`.
pub fn canonical(path: &Path) -> String {
    let path = path.canonicalize().unwrap().into_os_string();
    let path = path.into_string().unwrap();
    with_slashes(path.trim_start_matches(r"\\?\").to_owned())
}

/// The canonical path of a tree as Python appends it to `PYTHONPYCACHEPREFIX`: without what
/// makes it absolute.
pub fn below_prefix(tree: &Tree) -> String {
    let path = canonical(tree.path());
    let (_drive, path) = path.split_once('/').unwrap();
    path.to_owned()
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self::new(output, |bytes| {
            with_slashes(String::from_utf8_lossy(&bytes).into_owned())
        })
    }
}

impl Run {
    fn new(output: Output, to_text: impl Fn(Vec<u8>) -> String) -> Self {
        Self {
            stdout: to_text(output.stdout),
            stderr: to_text(output.stderr),
            code: output.status.code(),
        }
    }

    /// Replaces text in the output that differs from run to run.
    pub fn redact(self, text: impl Display, placeholder: &str) -> Self {
        let text = with_slashes(text.to_string());
        Self {
            stdout: self.stdout.replace(&text, placeholder),
            stderr: self.stderr.replace(&text, placeholder),
            ..self
        }
    }

    /// Fails with a diff unless the run printed exactly this and ended with `code`.
    #[track_caller]
    pub fn assert(&self, stdout: &str, stderr: &str, code: i32) {
        let expected = Self {
            stdout: stdout.to_owned(),
            stderr: stderr.to_owned(),
            code: Some(code),
        };
        assert_data_eq!(self.transcript(), expected.transcript().raw());
    }

    /// Fails with a diff unless the run printed exactly this. With `SNAPSHOTS=overwrite`
    /// the expected text in the source of the test is replaced instead.
    #[track_caller]
    pub fn assert_snapshot(&self, expected: Inline) {
        assert_data_eq!(self.transcript(), expected.raw());
    }

    /// What [`Run::assert_snapshot`] compares: stdout, then what went to stderr, then the
    /// exit code.
    fn transcript(&self) -> String {
        let code = self
            .code
            .map_or("by a signal".to_owned(), |code| code.to_string());
        let mut transcript = self.stdout.clone();
        if !self.stderr.is_empty() {
            transcript += "--- stderr\n";
            transcript += &self.stderr;
        }
        transcript + &format!("--- exit {code}\n")
    }
}

/// A git command that runs in a directory, whatever the user's configuration is.
pub fn git_command(directory: &Path, arguments: &[&str]) -> Command {
    let mut git = Command::new("git");
    git.args(arguments).current_dir(directory).envs(GIT_ENV);
    git
}

/// Runs a command that must succeed. Returns what it printed to stdout.
#[track_caller]
pub fn run_successfully(mut command: Command) -> String {
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {stderr}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Runs git in a directory of the tree. Returns what it printed to stdout.
#[track_caller]
pub fn git(tree: &Tree, directory: &str, arguments: &[&str]) -> String {
    run_successfully(git_command(&tree.path().join(directory), arguments))
}

/// Makes a directory of the tree a repository in which these paths are committed.
pub fn init_repository(tree: &Tree, directory: &str, tracked: &[&str]) {
    git(tree, directory, &["init", "-q"]);
    git(tree, directory, &[&["add", "-f"], tracked].concat());
    git(tree, directory, &["commit", "-qm", "all"]);
}

/// Runs the program as a user whose permissions are restricted, even if the tests run as
/// root. In that case the tree belongs to that user afterwards.
#[cfg(unix)]
pub fn run_as_ordinary_user(tree: &Tree, arguments: &str) -> Run {
    use std::os::unix::fs::{MetadataExt, lchown};
    use std::os::unix::process::CommandExt;
    const NOBODY: u32 = 65534;
    let arguments = arguments.split_whitespace();
    if fs::metadata(tree.path()).unwrap().uid() != 0 {
        return tree.command(arguments).output().unwrap().into();
    }
    // The user may not be able to read the build directory. `cp` runs in a process of its
    // own, so no process that another test starts inherits the file while it is written.
    let program_dir = temp_dir();
    let program = program_dir.path().join("pyclean");
    let mut copy = Command::new("cp");
    copy.arg(PYCLEAN).arg(&program);
    run_successfully(copy);
    lchown(program_dir.path(), Some(NOBODY), Some(NOBODY)).unwrap();
    for entry in WalkDir::new(tree.path()) {
        lchown(entry.unwrap().path(), Some(NOBODY), Some(NOBODY)).unwrap();
    }
    let mut command = tree.program(&program);
    command.args(arguments).uid(NOBODY).gid(NOBODY);
    command.output().unwrap().into()
}

/// Sets the permissions of a file or directory.
#[cfg(unix)]
pub fn set_mode(path: impl AsRef<Path>, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Writes a shell script that can be executed. A process of its own writes it: otherwise a
/// process that another test starts at the same time may inherit the open file, and a file
/// that is open for writing cannot be executed.
#[cfg(unix)]
pub fn write_script(path: &Path, script: &str) {
    let mut shell = Command::new("sh");
    shell.args([
        "-c",
        r#"printf '#!/bin/sh\n%s\n' "$1" >"$0" && chmod 755 "$0""#,
    ]);
    shell.arg(path).arg(script);
    run_successfully(shell);
}

/// The search path, with this directory first.
pub fn search_path_with(directory: &Path) -> OsString {
    let path = env::var_os("PATH").unwrap_or_default();
    let directories = [directory.to_path_buf()].into_iter();
    env::join_paths(directories.chain(env::split_paths(&path))).unwrap()
}

/// The search path, with the program under test first.
pub fn search_path_with_pyclean() -> OsString {
    search_path_with(Path::new(PYCLEAN).parent().unwrap())
}

/// Calls `check` for each item, on all cores. `start` creates what each thread keeps.
pub fn for_each_in_parallel<I: Send, T>(
    items: impl Iterator<Item = I> + Send,
    start: impl Fn() -> T + Send + Sync,
    check: impl Fn(&mut T, I) + Send + Sync,
) {
    items.par_bridge().for_each_init(start, check);
}

/// A tree with 10,000 bytecode files, whose listing is longer than the buffers of a pipe.
pub fn create_large_tree() -> Tree {
    let entries: Vec<_> = (0..200)
        .flat_map(|i| (0..50).map(move |j| format!("p{i}/__pycache__/module_{j}.cpython-312.pyc")))
        .collect();
    tree(&entries.join(" "))
}

/// Opens a pseudo-terminal: the controller, at which the user reads and types, and the
/// device, which the program has as its terminal.
#[cfg(target_os = "linux")]
pub fn open_terminal() -> (File, std::os::fd::OwnedFd) {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let controller = openpt(flags).unwrap();
    grantpt(&controller).unwrap();
    unlockpt(&controller).unwrap();
    let name = ptsname(&controller, Vec::new()).unwrap();
    let mut options = File::options();
    let device = options.read(true).write(true).open(name.to_str().unwrap());
    (controller.into(), device.unwrap().into())
}

/// Reads what appears on a terminal until the last program closes it.
#[cfg(target_os = "linux")]
pub fn read_to_end(mut controller: File) -> String {
    let mut screen = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = io::Read::read(&mut controller, &mut buffer) {
        screen.extend_from_slice(&buffer[..count]);
    }
    String::from_utf8_lossy(&screen).into_owned()
}
