//! The interpreters on this machine, and what they do with files.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::util::{print_skipped, print_uncaptured, run_successfully, skipped};
use crate::world::{Change, Mode, World};

/// Compiles or runs the module on each line of stdin. For Python 2 and 3.
const DRIVER: &str = include_str!("driver.py");

/// The interpreters that a complete run asks.
const REQUIRED: &str = "python2.7 python3.6 python3.7 python3.8 python3.9 python3.10 python3.11 \
    python3.12 python3.13 python3.14 python3.15 pypy3";

/// Directories of the npm package `pyodide`, which is CPython for Node.js, separated
/// like the entries of `PATH`. `npm install pyodide@314.0.7` installs CPython 3.14, and
/// version 315 CPython 3.15.
const PYODIDE: &str = "PYCLEAN_PYODIDE";

pub struct Python {
    /// The program and its first arguments.
    command: Vec<OsString>,
    name: String,
    has_hashes: bool,
    pub is_pyodide: bool,
    pub magic: u16,
}

/// What an interpreter did with a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ran {
    Source,
    Bytecode,
    /// There was an error.
    Nothing,
}

impl Python {
    /// One interpreter of each version, from pyenv, `PATH` or `PYCLEAN_PYODIDE`. A
    /// missing version is reported as skipped.
    pub fn find_all() -> Vec<Self> {
        let mut pyodides: Vec<_> = env::var_os(PYODIDE)
            .iter()
            .flat_map(env::split_paths)
            .map(|package| Self::pyodide(&package))
            .collect();
        let directories = program_directories();
        let find = |name: &str| {
            let program = format!("{name}{}", env::consts::EXE_SUFFIX);
            let programs = directories.iter().map(|directory| directory.join(&program));
            let mut programs = programs.filter(|program| program.is_file());
            let python =
                programs.find_map(|program| Self::ask(vec![program.into()], name.to_owned()));
            let found = python.or_else(|| {
                let position = pyodides.iter().position(|pyodide| pyodide.name == name)?;
                Some(pyodides.remove(position))
            });
            if found.is_none() {
                print_skipped(&format!("{name} is not installed"));
            }
            found
        };
        REQUIRED.split(' ').filter_map(find).collect()
    }

    fn pyodide(package: &Path) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/freshness/pyodide.mjs");
        let command = vec!["node".into(), script.into(), package.into()];
        let python = Self::ask(command, String::new());
        let python = python.unwrap_or_else(|| panic!("cannot run {}", package.display()));
        Self {
            is_pyodide: true,
            ..python
        }
    }

    fn ask(command: Vec<OsString>, name: String) -> Option<Self> {
        let mut python = Self {
            command,
            name,
            has_hashes: false,
            is_pyodide: false,
            magic: 0,
        };
        let output = python.driver(&["-E"], &["describe"]).output().ok()?;
        // pyenv has a program for every version, which fails if the version is not
        // installed.
        let text = String::from_utf8(output.stdout).ok()?;
        let mut words = text.split_whitespace();
        let version = words.next()?;
        if python.name.is_empty() {
            python.name = format!("python{version}");
        }
        python.has_hashes = words.next()? == "True";
        python.magic = words.next()?.parse().ok()?;
        Some(python)
    }

    pub fn supports(&self, change: &Change) -> bool {
        (change.mode == Mode::Timestamp || self.has_hashes)
            // The file system of Pyodide has no times before 1970.
            && !(change.is_before_1970() && self.is_pyodide)
    }

    pub fn compile(&self, flag: &str, worlds: &[World]) {
        // `-E`, because the environment may forbid writing bytecode.
        self.drive(&["-E", flag], "compile", worlds);
    }

    /// Imports the module of each world without writing bytecode.
    pub fn run(&self, flag: &str, worlds: &[World]) -> Vec<Ran> {
        let ran = |line: &str| match line {
            "from source" => Ran::Source,
            "from binary" => Ran::Bytecode,
            _ => Ran::Nothing,
        };
        let output = self.drive(&["-E", "-B", flag], "run", worlds);
        output.lines().map(ran).collect()
    }

    fn drive(&self, flags: &[&str], action: &str, worlds: &[World]) -> String {
        let lines: String = worlds
            .iter()
            .map(|world| format!("{:?}\t{}\n", world.change.mode, world.source.display()))
            .collect();
        let mut child = self.driver(flags, &[action]).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(lines.as_bytes()).unwrap();
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{self} cannot {action}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The marshalled code of modules of the standard library, given by their paths in
    /// it, or of all modules if there are none.
    pub fn marshal_library(&self, modules: &[&str]) -> Vec<Vec<u8>> {
        let directory = tempfile::tempdir().unwrap();
        let out = directory.path().join("library");
        let mut arguments = vec!["marshal", out.to_str().unwrap()];
        arguments.extend(modules);
        run_successfully(self.driver(&["-E"], &arguments));
        read_blobs(&fs::read(out).unwrap())
    }

    /// The number of proper prefixes of these objects that the interpreter loads as
    /// code.
    pub fn count_loadable_prefixes(&self, objects: &[Vec<u8>]) -> usize {
        let file = write_blobs(objects);
        let path = file.path().to_str().unwrap();
        let count = run_successfully(self.driver(&["-E"], &["prefixes", path]));
        count.trim().parse().unwrap()
    }

    /// Whether the interpreter loads each of these objects as code. One that crashes
    /// the interpreter is not loaded.
    pub fn loads(&self, objects: &[Vec<u8>]) -> Vec<bool> {
        let file = write_blobs(objects);
        let path = file.path().to_str().unwrap();
        let mut loaded = Vec::new();
        while loaded.len() < objects.len() {
            let start = loaded.len().to_string();
            let mut driver = self.driver(&["-E"], &["load", path, &start]);
            let Output { status, stdout, .. } = driver.stderr(Stdio::null()).output().unwrap();
            let lines = stdout.split(|&byte| byte == b'\n');
            let is_result = |line: &&[u8]| matches!(*line, b"0" | b"1");
            loaded.extend(lines.filter(is_result).map(|line| line == b"1"));
            if !status.success() && loaded.len() < objects.len() {
                loaded.push(false);
            }
        }
        loaded
    }

    /// Imports `big.py` of a directory. Whether this succeeds. If `limit` is not 0, no file
    /// can become larger than this many bytes, as on a full disk.
    #[cfg(unix)]
    pub fn imports_big(&self, directory: &Path, limit: usize) -> bool {
        let arguments = ["import", directory.to_str().unwrap(), &limit.to_string()];
        let mut driver = self.driver(&["-E"], &arguments);
        driver.stderr(Stdio::null()).status().unwrap().success()
    }

    /// Whether every release of this version can leave truncated bytecode on a full disk.
    #[cfg(unix)]
    pub fn truncates_bytecode(&self) -> bool {
        let versions = ["3.6", "3.7", "3.8", "3.9", "3.10", "3.11"];
        let version = self.name.strip_prefix("python");
        version.is_some_and(|version| versions.contains(&version))
    }

    fn driver(&self, flags: &[&str], arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.command[0]);
        command
            .args(&self.command[1..])
            .args(flags.iter().filter(|flag| !flag.is_empty()))
            .args(["-c", DRIVER])
            .args(arguments)
            .env_remove("SOURCE_DATE_EPOCH")
            .current_dir(env::temp_dir())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        command
    }
}

impl fmt::Display for Python {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// Says which interpreters were compared. If there are none, the test is skipped, which fails
/// it if `PYCLEAN_REQUIRE_TOOLS` is set.
#[track_caller]
pub fn assert_compared(what: &str, pythons: &[Python]) {
    if pythons.is_empty() {
        return skipped(&format!("{what}: no Python interpreter was compared"));
    }
    let names: Vec<_> = pythons.iter().map(|python| &*python.name).collect();
    print_uncaptured(&format!("{what}: compared with {}", names.join(", ")));
}

fn program_directories() -> Vec<PathBuf> {
    let pyenv = env::var_os("PYENV_ROOT").map(PathBuf::from);
    let pyenv = pyenv.or_else(|| env::home_dir().map(|home| home.join(".pyenv")));
    let versions = pyenv.and_then(|root| fs::read_dir(root.join("versions")).ok());
    let mut directories: Vec<_> = versions
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .collect();
    directories.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
    directories
}

/// Writes each object after its length in 32 bits.
fn write_blobs(objects: &[Vec<u8>]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let mut bytes = Vec::new();
    for object in objects {
        bytes.extend((object.len() as u32).to_le_bytes());
        bytes.extend(object);
    }
    file.write_all(&bytes).unwrap();
    file
}

fn read_blobs(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut objects = Vec::new();
    while let Some((len, rest)) = bytes.split_first_chunk() {
        let (object, rest) = rest.split_at(u32::from_le_bytes(*len) as usize);
        objects.push(object.to_vec());
        bytes = rest;
    }
    objects
}
