//! A tree in one line, the real program on it, and a diff of what was left.
#![allow(dead_code)] // Each test file uses its own part.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, UNIX_EPOCH};

use snapbox::{IntoData, assert_data_eq};
use tempfile::TempDir;
use walkdir::WalkDir;

/// The program under test.
pub const PYCLEAN: &str = env!("CARGO_BIN_EXE_pyclean");

/// A folder of its own, with a tree in it that is gone when the test ends.
pub struct Tree {
    folder: TempDir,
}

/// What a run of the program said.
pub struct Run {
    pub stdout: String,
    pub stderr: String,
    pub code: Option<i32>,
}

/// Says that a test was skipped, past the harness, which keeps to itself what a test
/// that passes prints.
pub fn skipped(why: &str) {
    let mut aloud = io::stderr().lock();
    writeln!(aloud, "SKIPPED: {why}").unwrap();
}

/// Whether a program that a test needs is not at hand.
pub fn is_absent(program: &str) -> bool {
    let output = Command::new(program).arg("--version").output();
    if output.is_err() {
        skipped(&format!("there is no {program} here"));
    }
    output.is_err()
}

/// A tree of these entries, separated by blanks: `a.py` is a file that holds its own
/// path, `a/` a directory, `a->b` a link to `b`, `a|` a named pipe.
pub fn tree(entries: &str) -> Tree {
    let tree = Tree {
        folder: tempfile::tempdir().unwrap(),
    };
    entries.split_whitespace().for_each(|entry| tree.add(entry));
    tree
}

impl Tree {
    /// Where it lies.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Adds one entry, with the directories it lies in.
    pub fn add(&self, entry: &str) {
        if let Some((link, target)) = entry.split_once("->") {
            let link = self.file(link);
            #[cfg(unix)]
            std::os::unix::fs::symlink(target, link).unwrap();
            #[cfg(windows)]
            std::os::windows::fs::symlink_file(target, link).unwrap();
        } else if let Some(pipe) = entry.strip_suffix('|') {
            let made = Command::new("mkfifo")
                .arg(self.file(pipe))
                .status()
                .unwrap();
            assert!(made.success());
        } else if let Some(directory) = entry.strip_suffix('/') {
            fs::create_dir_all(self.path().join(directory)).unwrap();
        } else {
            fs::write(self.file(entry), entry).unwrap();
        }
    }

    /// Adds a module, compiled: `pkg/m.py`, as old as its bytecode says, and the
    /// bytecode that `python` (such as `cpython-3.12`) made of it, at `bytecode`.
    pub fn compiled(&self, source: &str, python: &str, bytecode: &str) {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pyc");
        let name = Path::new(bytecode).file_name().unwrap().to_str().unwrap();
        let module = Path::new(source).file_stem().unwrap().to_str().unwrap();
        // All are compiled of the same source. How it was told from others, by time
        // or by hash, is in the name.
        let kept = match module {
            "checked" | "unchecked" => name.to_owned(),
            _ => name.replacen(module, "m", 1),
        };
        let kept = fixtures.join(python).join(format!("{kept}.fixture"));
        fs::copy(fixtures.join("m.py"), self.file(source)).unwrap();
        fs::copy(kept, self.file(bytecode)).unwrap();
        self.modified(source, 0.0);
    }

    /// Sets when a file was modified: seconds after the time that compiled modules
    /// have.
    pub fn modified(&self, name: &str, after: f64) {
        let compiled = UNIX_EPOCH + Duration::from_secs(1_600_000_000);
        let file = File::options().append(true).open(self.file(name)).unwrap();
        file.set_modified(compiled + Duration::from_secs_f64(after))
            .unwrap();
    }

    /// The path of a file whose directory is there.
    pub fn file(&self, name: impl AsRef<Path>) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }

    /// The program, about to run in this tree.
    pub fn command<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(PYCLEAN);
        command
            .args(arguments)
            .current_dir(self.path())
            .stdin(Stdio::null());
        command
    }

    /// Runs the program in this tree; its arguments are separated by blanks.
    pub fn pyclean(&self, arguments: &str) -> Run {
        self.command(arguments.split_whitespace())
            .output()
            .unwrap()
            .into()
    }

    /// All that is in the tree, in path order, one entry a line. A file that does
    /// not hold its own path is marked.
    pub fn left(&self) -> String {
        let mut lines = Vec::new();
        for entry in WalkDir::new(self.path()).min_depth(1) {
            let entry = entry.unwrap();
            let path = entry.path().strip_prefix(self.path()).unwrap();
            let name = path.to_string_lossy();
            #[cfg(windows)]
            let name = name.replace('\\', "/");
            let kind = entry.file_type();
            lines.push(if kind.is_symlink() {
                format!("{name}->{}", fs::read_link(entry.path()).unwrap().display())
            } else if kind.is_dir() {
                format!("{name}/")
            } else if !kind.is_file() {
                format!("{name}|")
            } else if fs::read(entry.path()).unwrap() == name.as_bytes() {
                name.to_string()
            } else {
                format!("{name} (changed)")
            });
        }
        lines.sort_unstable();
        lines.iter().map(|line| format!("{line}\n")).collect()
    }

    /// The names of what is left, one a line.
    pub fn names(&self) -> String {
        self.left().replace(" (changed)", "")
    }

    /// Fails with a diff if the tree does not hold just these entries, and the
    /// directories that they lie in.
    #[track_caller]
    pub fn assert_left(&self, entries: &str) {
        assert_data_eq!(self.left(), tree(entries).left().raw());
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Run {
        // Where separators are others, the tests still write these.
        let text = |bytes: &[u8]| match cfg!(windows) {
            true => String::from_utf8_lossy(bytes).replace('\\', "/"),
            false => String::from_utf8_lossy(bytes).into_owned(),
        };
        Run {
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
            code: output.status.code(),
        }
    }
}

impl Run {
    /// Fails with a diff if the run did not print these lines and end with `code`.
    #[track_caller]
    pub fn assert(&self, stdout: &str, stderr: &str, code: i32) {
        let all = |stdout, stderr, code| format!("{stdout}--- stderr\n{stderr}--- exit {code:?}\n");
        assert_data_eq!(
            all(&self.stdout, &self.stderr, self.code),
            all(&stdout.to_owned(), &stderr.to_owned(), Some(code)).raw()
        );
    }
}

/// Runs git in a directory of the tree, with an author and without the settings of
/// whoever runs the tests.
pub fn git(tree: &Tree, directory: &str, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=a", "-c", "user.email=a@example.org"])
        .args([
            "-c",
            "protocol.file.allow=always",
            "-c",
            "init.defaultBranch=main",
        ])
        .args(arguments)
        .current_dir(tree.path().join(directory))
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?}: {said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Makes a directory of the tree a repository that tracks these paths.
pub fn repository(tree: &Tree, directory: &str, tracked: &[&str]) {
    git(tree, directory, &["init", "-q"]);
    git(tree, directory, &[&["add", "-f"], tracked].concat());
    git(tree, directory, &["commit", "-qm", "all"]);
}
