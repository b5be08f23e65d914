//! pyclean 3.7 from PyPI. One Python process serves any number of calls.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::util::GIT_ENV;

/// The release to compare with.
const VERSION: &str = "3.7.0";

/// Prints the release. Then calls the entry point once for each line of stdin, and prints
/// the exit code that the process would have had.
const DRIVER: &str = r#"
import io, os, sys
import pyclean, pyclean.cli

codes = os.fdopen(os.dup(1), 'w')
print(pyclean.__version__, file=codes, flush=True)
null = os.open(os.devnull, os.O_WRONLY)
os.dup2(null, 1)
os.dup2(null, 2)
for line in sys.stdin.buffer:
    directory, answer, *arguments = os.fsdecode(line).rstrip('\n').split('\t')
    os.chdir(directory)
    os.environ['HOME'] = os.path.join(directory, 'home')
    # It asks about each target.
    sys.stdin = io.StringIO(answer and f'{answer}\n' * 1000)
    sys.argv = ['pyclean', *arguments]
    code = 0
    try:
        pyclean.cli.main()
    except SystemExit as exit:
        # A string is an error message.
        code = 0 if exit.code is None else exit.code if isinstance(exit.code, int) else 1
    print(code, file=codes, flush=True)
"#;

/// A Python process that runs it.
pub struct Rival {
    python: Child,
    calls: ChildStdin,
    codes: Lines<BufReader<ChildStdout>>,
}

impl Rival {
    /// Starts the one that `PYCLEAN_RIVAL` names, which is the script or the Python that
    /// has the package, or else the Python on the search path.
    pub fn start() -> Result<Self, String> {
        let named = env::var_os("PYCLEAN_RIVAL").map(PathBuf::from);
        let rival = Self::start_python(named.as_deref());
        match (rival, named) {
            (Some(rival), _) => Ok(rival),
            (None, None) => Err(format!(
                "python3 has no pyclean {VERSION}, and PYCLEAN_RIVAL is not set"
            )),
            (None, Some(named)) => panic!("PYCLEAN_RIVAL has no pyclean {VERSION}: {named:?}"),
        }
    }

    fn start_python(named: Option<&Path>) -> Option<Self> {
        let python = match named {
            None => "python3".into(),
            Some(path) => interpreter_of(path).unwrap_or(path.into()),
        };
        let mut python = Command::new(python)
            .args(["-c", DRIVER])
            // The other program knows nothing about it.
            .env_remove("PYTHONPYCACHEPREFIX")
            .envs(GIT_ENV)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let calls = python.stdin.take()?;
        let mut codes = BufReader::new(python.stdout.take()?).lines();
        let version = codes.next().and_then(Result::ok);
        let rival = Self {
            python,
            calls,
            codes,
        };
        (version? == VERSION).then_some(rival)
    }

    /// Runs the program in a directory. Returns its exit code.
    pub fn run(&mut self, directory: &Path, arguments: &[&str], answer: &str) -> i32 {
        let directory = directory.to_str().unwrap();
        let call = [
            &[
                directory,
                answer.trim_end().lines().next().unwrap_or_default(),
            ],
            arguments,
        ]
        .concat()
        .join("\t");
        writeln!(self.calls, "{call}").unwrap();
        self.codes.next().unwrap().unwrap().parse().unwrap()
    }
}

impl Drop for Rival {
    fn drop(&mut self) {
        let _ = self.python.kill();
        let _ = self.python.wait();
    }
}

/// The interpreter in the first line of a script.
fn interpreter_of(script: &Path) -> Option<PathBuf> {
    let is_python = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("python") || name.starts_with("pypy")
    };
    let text = fs::read_to_string(script).ok();
    let text = text.filter(|_| !is_python(script))?;
    Some(text.lines().next()?.strip_prefix("#!")?.trim().into())
}
