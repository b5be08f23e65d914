//! Python's pyclean, called as often as needed by one Python that stays.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::Answer;
use crate::util::skipped;

/// The release that is compared with.
const VERSION: &str = "3.7.0";

/// Says which release it has. Then calls, for each line, the real entry point, and says
/// with which code the process would have ended.
const DRIVER: &str = r#"
import io, os, sys
import pyclean, pyclean.cli

codes = os.fdopen(os.dup(1), 'w')
print(pyclean.__version__, file=codes, flush=True)
nowhere = os.open(os.devnull, os.O_WRONLY)
os.dup2(nowhere, 1)
os.dup2(nowhere, 2)
for line in sys.stdin.buffer:
    directory, answer, *arguments = os.fsdecode(line).rstrip('\n').split('\t')
    os.chdir(directory)
    os.environ['HOME'] = os.path.join(directory, 'home')
    # It asks for every single thing.
    sys.stdin = io.StringIO(answer and f'{answer}\n' * 1000)
    sys.argv = ['pyclean', *arguments]
    code = 0
    try:
        pyclean.cli.main()
    except SystemExit as exit:
        # A text is an error message.
        code = 0 if exit.code is None else exit.code if isinstance(exit.code, int) else 1
    print(code, file=codes, flush=True)
"#;

/// A Python that runs Python's pyclean.
pub struct Rival {
    python: Child,
    calls: ChildStdin,
    codes: Lines<BufReader<ChildStdout>>,
}

impl Rival {
    /// Starts the one that `PYCLEAN_RIVAL` names, which is the program or a Python that
    /// has it; else that of the Python on the search path. Says so where that has none.
    pub fn start() -> Option<Rival> {
        let named = env::var_os("PYCLEAN_RIVAL").map(PathBuf::from);
        let rival = Rival::of(named.clone());
        assert!(
            rival.is_some() || named.is_none(),
            "PYCLEAN_RIVAL names no pyclean {VERSION}: {named:?}"
        );
        if rival.is_none() {
            skipped(&format!(
                "python3 has no pyclean {VERSION}; PYCLEAN_RIVAL can name one that is elsewhere"
            ));
        }
        rival
    }

    fn of(named: Option<PathBuf>) -> Option<Rival> {
        let python = named.map_or("python3".into(), |path| interpreter(&path).unwrap_or(path));
        let mut python = Command::new(python)
            .args(["-c", DRIVER])
            // A cache elsewhere is no part of the comparison.
            .env_remove("PYTHONPYCACHEPREFIX")
            .envs(crate::GIT)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let calls = python.stdin.take()?;
        let mut codes = BufReader::new(python.stdout.take()?).lines();
        let version = codes.next().and_then(Result::ok);
        let rival = Rival {
            python,
            calls,
            codes,
        };
        (version? == VERSION).then_some(rival)
    }

    /// Runs it in a directory, and gives its exit code.
    pub fn run(&mut self, directory: &Path, arguments: &[&str], answer: Answer) -> i32 {
        let directory = directory.to_str().unwrap();
        let call = [&[directory, answer.word()], arguments].concat().join("\t");
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

/// The Python that a script is for, by its first line.
fn interpreter(script: &Path) -> Option<PathBuf> {
    let is_python = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("python") || name.starts_with("pypy")
    };
    let text = fs::read_to_string(script).ok();
    let text = text.filter(|_| !is_python(script))?;
    Some(text.lines().next()?.strip_prefix("#!")?.trim().into())
}
