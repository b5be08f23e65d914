//! Runs that are interrupted or killed.

use std::io::Read;
use std::process::{Child, Command};
use std::thread;
use std::time::Duration;

use crate::util::{
    Run, Tree, create_large_tree, skipped, start_and_wait_for_output, tree, with_slashes,
};

/// A run that can be interrupted.
#[cfg(unix)]
fn interruptible(tree: &Tree, arguments: &[&str]) -> Command {
    tree.command_with_default_signals(arguments)
}

/// Sends a signal. Returns whether that is possible.
#[cfg(unix)]
fn interrupt(run: &Child, signal: &str) -> bool {
    let mut kill = Command::new("kill");
    kill.args(["-s", signal, &run.id().to_string()]);
    crate::util::run_successfully(kill);
    true
}

/// A run that can be interrupted without the tests.
#[cfg(windows)]
fn interruptible(tree: &Tree, arguments: &[&str]) -> Command {
    use std::os::windows::process::CommandExt;
    use windows_sys::Win32::System::Threading::CREATE_NEW_PROCESS_GROUP;
    let mut command = tree.command(arguments);
    command.creation_flags(CREATE_NEW_PROCESS_GROUP);
    command
}

/// Presses Ctrl-Break. Returns whether that is possible: it needs a console.
#[cfg(windows)]
fn interrupt(run: &Child, _signal: &str) -> bool {
    use windows_sys::Win32::System::Console::{CTRL_BREAK_EVENT, GenerateConsoleCtrlEvent};
    // SAFETY: the call has no condition on its arguments.
    unsafe { GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, run.id()) != 0 }
}

#[test]
fn interrupted_run_reports_what_it_removed_and_the_next_run_removes_the_rest() {
    for (signal, jobs) in [("INT", "1"), ("INT", "2"), ("TERM", "2"), ("HUP", "2")] {
        let tree = create_large_tree();
        let command = interruptible(&tree, &["-v", "-j", jobs, "."]);
        let (mut child, mut stdout) = start_and_wait_for_output(command);
        if !interrupt(&child, signal) {
            child.kill().unwrap();
            child.wait().unwrap();
            return skipped("there is no console");
        }
        thread::sleep(Duration::from_millis(100));
        let mut listed = String::new();
        stdout.read_to_string(&mut listed).unwrap();
        let listed = with_slashes(listed);
        let run: Run = child.wait_with_output().unwrap().into();
        assert_eq!(run.code, Some(130), "{signal}: {}", run.stderr);
        assert_summary(&run, &listed);
        assert!(listed.lines().all(|line| !tree.path().join(line).exists()));
        assert_eq!(tree.pyclean("-q .").code, Some(0));
        assert!(!tree.listing().contains("pyc"));
    }
}

/// Fails unless the summary has the number of files and directories that were listed.
#[track_caller]
fn assert_summary(run: &Run, listed: &str) {
    let (directories, files): (Vec<_>, Vec<_>) =
        listed.lines().partition(|line| line.ends_with('/'));
    assert!(!files.is_empty() && files.len() < 10_000);
    let directories = match directories.len() {
        1 => "1 directory".to_owned(),
        count => format!("{count} directories"),
    };
    let files = match files.len() {
        1 => "1 file".to_owned(),
        count => format!("{count} files"),
    };
    let summary = format!("Interrupted: removed {directories} and {files} (");
    assert!(
        run.stderr.starts_with(&summary),
        "{} is not {summary}",
        run.stderr
    );
}

const PACKAGES: usize = 100;

fn create_packages() -> Tree {
    let entries: Vec<_> = (0..PACKAGES)
        .map(|i| format!("p{i}/m.py p{i}/__pycache__/m.pyc p{i}/n.pyc"))
        .collect();
    tree(&entries.join(" "))
}

/// Kills runs at moments that are spread over the duration of a run, until enough of them
/// were killed after the first removal and before the last one.
#[test]
fn run_after_a_killed_run_removes_the_rest() {
    const ATTEMPTS: usize = 200;
    let sources: Vec<_> = (0..PACKAGES).map(|i| format!("p{i}/m.py")).collect();
    let sources = sources.join(" ");
    let mut killed_midway = 0;
    for attempt in 0..ATTEMPTS {
        let tree = create_packages();
        // The run is killed once it has removed this file.
        let removed = tree
            .path()
            .join(format!("p{}/n.pyc", attempt * 37 % PACKAGES));
        let mut run = tree.command(["-q", "."]).spawn().unwrap();
        while removed.exists() && run.try_wait().unwrap().is_none() {}
        run.kill().unwrap();
        run.wait().unwrap();
        let left = tree.listing().matches(".pyc\n").count();
        killed_midway += usize::from(left > 0 && left < 2 * PACKAGES);
        assert_eq!(tree.pyclean("-q .").code, Some(0));
        tree.assert_left(&sources);
        if killed_midway == 10 {
            return;
        }
    }
    panic!("{killed_midway} of {ATTEMPTS} runs were killed midway");
}
