//! Asks git what it tracks, and runs `git clean`.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::path::{MAIN_SEPARATOR, Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;

use globset::Glob;

use crate::glob::glob;
use crate::report::readable;
use crate::rules::plain;

/// A git in `directory` and its repository. It runs no program which the repository
/// names: whoever cleans a repository need not trust it.
fn git(directory: &Path) -> Command {
    let mut git = Command::new("git");
    // Had this process gone there itself, a relative PATH would find programs there.
    git.arg("-C").arg(directory).arg("--no-pager");
    git.args(["-c", "core.fsmonitor=false", "-c", "core.hooksPath="]);
    // Nothing that is missing is fetched, as a program would run to fetch it.
    git.env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_ALLOW_PROTOCOL", "none");
    // A hook that runs this has set these. With them git takes any directory for the top
    // of the work tree, where it tracks nothing of what is there.
    for variable in [
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_PREFIX",
        "GIT_COMMON_DIR",
    ] {
        git.env_remove(variable);
    }
    git
}

/// Whether a directory is the top of a work tree: one of a submodule and one that was
/// added to a repository hold a file of that name.
pub fn is_top(directory: &Path) -> bool {
    directory.join(".git").exists()
}

/// Whether a directory is where git keeps a repository: a `.git`, or a bare one
/// (`is_git_directory` in git's setup.c).
pub fn is_store(directory: &Path) -> bool {
    ["HEAD", "objects", "refs"]
        .iter()
        .all(|part| directory.join(part).symlink_metadata().is_ok())
}

/// Whether there is a git to run.
pub fn is_available() -> bool {
    let version = Command::new("git")
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    version.is_ok_and(|status| status.success())
}

/// Which of `paths` git tracks, or something in them: paths below the top of the work
/// tree `top`.
///
/// # Errors
///
/// When git does not answer, for instance because the repository belongs to somebody
/// else.
pub fn tracked(top: &Path, paths: &HashSet<PathBuf>) -> io::Result<HashSet<PathBuf>> {
    let mut tracked = HashSet::new();
    list_files(top, &["-z"], |file| {
        let file = path_of(file);
        let asked = file.ancestors().filter(|path| paths.contains(*path));
        tracked.extend(asked.map(PathBuf::from));
    })?;
    Ok(tracked)
}

/// Which of `paths` are the places of submodules. Where one is not checked out, git
/// tracks an empty directory.
///
/// # Errors
///
/// When git does not answer, as with [`tracked`].
pub fn submodules(top: &Path, paths: &HashSet<PathBuf>) -> io::Result<HashSet<PathBuf>> {
    let mut submodules = HashSet::new();
    list_files(top, &["-z", "--stage"], |entry| {
        // `160000 <commit> 0<tab><path>`
        if entry.starts_with(b"160000 ")
            && let Some(tab) = entry.iter().position(|byte| *byte == b'\t')
        {
            let path = path_of(entry[tab + 1..].to_vec());
            submodules.extend(paths.get(&path).cloned());
        }
    })?;
    Ok(submodules)
}

/// Runs `git ls-files` at the top of a work tree, for what it says of `each` file.
fn list_files(top: &Path, how: &[&str], mut each: impl FnMut(Vec<u8>)) -> io::Result<()> {
    let mut git = git(top);
    git.arg("ls-files")
        .args(how)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = git.spawn()?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    // Side by side: git waits where nobody reads what it has to say.
    let said = thread::scope(|scope| {
        let said = scope.spawn(|| {
            let mut said = Vec::new();
            stderr.map(|mut stderr| stderr.read_to_end(&mut said));
            String::from_utf8_lossy(&said).into_owned()
        });
        for file in stdout
            .into_iter()
            .flat_map(|out| BufReader::new(out).split(0))
        {
            each(file?);
        }
        Ok::<_, io::Error>(said.join().unwrap_or_default())
    })?;
    let is_done = child.wait()?.success();
    // Of a sparse index it may name a part only, and say so, and call that a success.
    match complaint(&said) {
        None if is_done => Ok(()),
        _ => Err(failure(&said)),
    }
}

#[cfg(unix)]
fn path_of(bytes: Vec<u8>) -> PathBuf {
    use std::os::unix::ffi::OsStringExt;
    OsString::from_vec(bytes).into()
}

#[cfg(not(unix))]
fn path_of(bytes: Vec<u8>) -> PathBuf {
    String::from_utf8_lossy(&bytes).into_owned().into()
}

/// What git said of what went wrong.
fn complaint(said: &str) -> Option<&str> {
    let mut lines = said.lines();
    lines.find_map(|line| {
        line.strip_prefix("fatal: ")
            .or(line.strip_prefix("error: "))
    })
}

/// What git said, in one line.
fn failure(said: &str) -> io::Error {
    let line = complaint(said).or_else(|| said.lines().next());
    io::Error::other(line.unwrap_or("git failed").to_owned())
}

/// How `git clean` goes about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CleanMode {
    /// It asks what to do.
    Interactive,
    /// It only says what it would do.
    DryRun,
    /// It does it.
    Force {
        /// Without a word of what goes.
        quiet: bool,
    },
}

/// What came of `git clean`.
#[derive(Debug, Clone, Copy)]
pub enum Cleaned {
    /// It ran.
    Ran {
        /// How it ended.
        status: ExitStatus,
        /// Whether a dry run named something.
        found: bool,
    },
    /// The directory is not in a repository.
    NoRepository,
}

/// Where what `git clean` says goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// To standard output.
    Mixed,
    /// To standard error, as a program reads standard output.
    Apart,
}

/// Runs `git clean -dx` in `directory`, on the terminal of this process. What is
/// `ignored`, in the words of `--ignore`, stays.
///
/// # Errors
///
/// When git does not run, or refuses the repository, or the repository says that its
/// files lie elsewhere.
pub fn clean(
    directory: &Path,
    ignored: &[OsString],
    mode: CleanMode,
    output: Output,
) -> io::Result<Cleaned> {
    let Some(top) = work_tree(directory)? else {
        return Ok(Cleaned::NoRepository);
    };
    let mut git = git(directory);
    git.args(["clean", "-dx"]);
    for pattern in ignored.iter().flat_map(|word| patterns(word, &top)) {
        git.arg("-e").arg(pattern);
    }
    git.arg(match mode {
        CleanMode::Interactive => "-i",
        CleanMode::DryRun => "-n",
        CleanMode::Force { quiet: false } => "-f",
        CleanMode::Force { quiet: true } => "-qf",
    });
    if mode == CleanMode::DryRun {
        return preview(git, output);
    }
    if output == Output::Apart {
        git.stdout(io::stderr());
    }
    let status = git.status()?;
    Ok(Cleaned::Ran {
        status,
        found: false,
    })
}

/// The top of the work tree that a directory lies in, if it lies in one.
fn work_tree(directory: &Path) -> io::Result<Option<PathBuf>> {
    // What it says is read here, not by the user.
    let asked = git(directory)
        .args(["rev-parse", "--show-toplevel"])
        .env("LC_ALL", "C")
        .output()?;
    if !asked.status.success() {
        let said = String::from_utf8_lossy(&asked.stderr);
        return match said.contains("not a git repository") {
            true => Ok(None),
            false => Err(failure(&said)),
        };
    }
    let mut top = asked.stdout;
    top.pop_if(|byte| *byte == b'\n');
    let top = fs::canonicalize(path_of(top))?;
    if !fs::canonicalize(directory)?.starts_with(&top) {
        let elsewhere = format!("its work tree is {}, not here", readable(&top));
        return Err(io::Error::other(elsewhere));
    }
    Ok(Some(top))
}

/// Runs a `git clean` that only says what it would do, and reads whether that is anything.
fn preview(mut git: Command, output: Output) -> io::Result<Cleaned> {
    git.env("LC_ALL", "C").stderr(Stdio::inherit());
    let listed = git.output()?;
    let written = match output {
        Output::Mixed => io::stdout().write_all(&listed.stdout),
        Output::Apart => io::stderr().write_all(&listed.stdout),
    };
    if let Err(error) = written
        && error.kind() != ErrorKind::BrokenPipe
    {
        return Err(error);
    }
    let mut lines = listed.stdout.split(|byte| *byte == b'\n');
    Ok(Cleaned::Ran {
        status: listed.status,
        found: lines.any(|line| line.starts_with(b"Would remove ")),
    })
}

/// Whether a word of `--ignore` can be said to git: it knows no alternatives, and a glob
/// from `/` on it would have to compare with more than its work tree.
pub fn can_exclude(word: &OsStr) -> bool {
    let has = |wildcards: &[u8]| {
        let mut bytes = word.as_encoded_bytes().iter();
        bytes.any(|byte| wildcards.contains(byte))
    };
    let is_absolute = Path::new(word).is_absolute();
    !has(if is_absolute { b"{*?[" } else { b"{" })
}

/// The patterns by which git leaves alone what a word of `--ignore` means below the top
/// of a work tree: as a glob, and as it is written. A name is found at any depth, a path
/// at the end of any other, also where that begins above the top.
fn patterns(word: &OsStr, top: &Path) -> Vec<OsString> {
    let path = plain(word);
    match path.strip_prefix(top) {
        Ok(below) if below != Path::new("") => return pattern("/", below).into(),
        // It means nothing in here.
        _ if path.is_absolute() => return Vec::new(),
        _ => {}
    }
    let count = path.components().count();
    if count == 1 {
        return pattern("", &path).into();
    }
    let mut patterns = Vec::from(pattern("**/", &path));
    for above in 1..count {
        let leading: PathBuf = path.iter().take(above).collect();
        let is_of_top = |glob: Glob| glob.compile_matcher().is_match(top);
        if top.ends_with(&leading)
            || glob(&format!("**/{}", leading.display())).is_ok_and(is_of_top)
        {
            let below: PathBuf = path.iter().skip(above).collect();
            patterns.extend(pattern("/", &below));
            // What stands for the top may stand for more.
            if leading.ends_with("**") {
                patterns.extend(pattern("/**/", &below));
            }
        }
    }
    patterns
}

/// A path in git's words: as a glob, and as it is written.
fn pattern(anchor: &str, path: &Path) -> [OsString; 2] {
    let Some(text) = path.to_str() else {
        let plain: OsString = [OsStr::new(anchor), path.as_os_str()].into_iter().collect();
        return [plain.clone(), plain];
    };
    let text = text.replace(MAIN_SEPARATOR, "/");
    let mut escaped = String::new();
    for char in text.chars() {
        if ['\\', '*', '?', '['].contains(&char) {
            escaped.push('\\');
        }
        escaped.push(char);
    }
    [text, escaped].map(|text| match anchor {
        // Else it would take back what was said before.
        "" if text.starts_with('!') => format!("\\{text}").into(),
        _ => format!("{anchor}{text}").into(),
    })
}
