//! The Pythons of this machine, and what they do when they are asked.

use super::util::skipped;
use std::env;
use std::fmt;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::world::{Mode, World};

/// Compiles, or runs, every module it is told of on a line of its own. For Python 2 and 3.
const DRIVER: &str = r#"
import os, py_compile, sys

def compiled(mode, path):
    if mode == 'Timestamp':
        py_compile.compile(path, doraise=True)
    else:
        modes = {'CheckedHash': 'CHECKED_HASH', 'UncheckedHash': 'UNCHECKED_HASH'}
        mode = getattr(py_compile.PycInvalidationMode, modes[mode])
        py_compile.compile(path, doraise=True, invalidation_mode=mode)

def ran(path):
    directory, name = os.path.split(path[:-len('.py')])
    if name == '__init__':
        directory, name = os.path.split(directory)
    if '.' not in name and sys.version_info[0] > 2:
        sys.modules.pop(name, None)
        sys.path[:1] = [directory]
        return __import__(name).RAN
    # A name that cannot be imported can still be loaded from its path.
    if sys.version_info[0] > 2:
        from importlib.machinery import SourceFileLoader
        module = {}
        exec(SourceFileLoader(name, path).get_code(name), module)
        return module['RAN']
    import imp
    if '.' not in name and os.path.basename(path) != '__init__.py' and name.isalnum():
        return imp.load_module(name, *imp.find_module(name, [directory])).RAN
    return imp.load_source('loaded', path).RAN

lines = getattr(sys.stdin, 'buffer', sys.stdin).read().splitlines()
for line in lines:
    line = line if sys.version_info[0] == 2 else os.fsdecode(line)
    mode, path = line.split('\t')
    if sys.argv[1] == 'compile':
        compiled(mode, path)
    else:
        try:
            print(ran(path))
        except Exception as error:
            print(type(error).__name__)
"#;

/// Every version that could be asked.
const NAMES: [&str; 13] = [
    "python2.7",
    "python3.6",
    "python3.7",
    "python3.8",
    "python3.9",
    "python3.10",
    "python3.11",
    "python3.12",
    "python3.13",
    "python3.14",
    "python3.15",
    "pypy",
    "pypy3",
];

pub struct Python {
    program: PathBuf,
    name: String,
    has_hashes: bool,
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
    /// One of each version, from pyenv or the `PATH`. Those that are missing are named aloud.
    pub fn find_all() -> Vec<Self> {
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
        let found = |name: &&str| {
            let mut programs = directories
                .iter()
                .map(|directory| directory.join(name).with_extension_of_programs());
            let python = programs.find_map(|program| Self::ask(&program, name));
            if python.is_none() {
                skipped(&format!("there is no {name} here"));
            }
            python
        };
        NAMES.iter().filter_map(found).collect()
    }

    fn ask(program: &Path, name: &str) -> Option<Self> {
        if !program.is_file() {
            return None;
        }
        let code = "import py_compile; print(hasattr(py_compile, 'PycInvalidationMode'))";
        let output = Command::new(program)
            .args(["-E", "-c", code])
            .output()
            .ok()?;
        let has_hashes = match output.stdout.trim_ascii() {
            b"True" => true,
            b"False" => false,
            // pyenv has a program for every name, most of which only say that they are none.
            _ => return None,
        };
        let (program, name) = (program.to_owned(), name.to_owned());
        Some(Self {
            program,
            name,
            has_hashes,
        })
    }

    pub fn can(&self, mode: Mode) -> bool {
        mode == Mode::Timestamp || self.has_hashes
    }

    pub fn compile(&self, flag: &str, worlds: &[World]) {
        self.drive("compile", flag, worlds);
    }

    /// Imports the module of each world.
    pub fn run(&self, flag: &str, worlds: &[World]) -> Vec<Ran> {
        let ran = |line: &str| match line {
            "from source" => Ran::Source,
            "from binary" => Ran::Bytecode,
            _ => Ran::Nothing,
        };
        self.drive("run", flag, worlds).lines().map(ran).collect()
    }

    fn drive(&self, action: &str, flag: &str, worlds: &[World]) -> String {
        let lines: String = worlds
            .iter()
            .map(|world| format!("{:?}\t{}\n", world.change.mode, world.source.display()))
            .collect();
        let mut child = Command::new(&self.program)
            // `-E`, as the environment can forbid to write bytecode; `-B`, as running must not
            // write any.
            .args(["-E", if action == "run" { "-B" } else { "-E" }])
            .args(Some(flag).filter(|flag| !flag.is_empty()))
            .args(["-c", DRIVER, action])
            .env_remove("SOURCE_DATE_EPOCH")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(lines.as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{self} could not {action}");
        String::from_utf8(output.stdout).unwrap()
    }
}

impl fmt::Display for Python {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

trait Program {
    fn with_extension_of_programs(self) -> Self;
}

impl Program for PathBuf {
    fn with_extension_of_programs(mut self) -> Self {
        self.as_mut_os_string().push(env::consts::EXE_SUFFIX);
        self
    }
}
