//! Runs that are interrupted or killed.

use std::fs;
use std::process::{Child, Command, Stdio};

use crate::util::{Run, Tree, create_large_tree, skipped, tree};

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

/// Until one of the runs is interrupted after the first removal and before the last one.
#[test]
fn interrupted_run_reports_what_it_removed_and_the_next_run_removes_the_rest() {
    const ATTEMPTS: usize = 50;
    for (signal, jobs) in [("INT", "1"), ("INT", "2"), ("TERM", "2"), ("HUP", "2")] {
        let is_midway = (0..ATTEMPTS).any(|_| {
            let tree = create_large_tree();
            let command = interruptible(&tree, &["-v", "-j", jobs, "."]);
            let first = tree.path().join("p0/__pycache__/module_0.cpython-312.pyc");
            let Some(run) = interrupt_once(command, signal, || !first.exists()) else {
                return true;
            };
            if run.code == Some(0) {
                return false;
            }
            let is_interrupted = matches!(run.code, Some(130) | None);
            assert!(is_interrupted, "{signal}: {}", run.stderr);
            assert_summary(&run);
            let mut listed = run.stdout.lines();
            assert!(listed.all(|line| !tree.path().join(line).exists()));
            assert_eq!(tree.pyclean("-q .").code, Some(0));
            assert!(!tree.listing().contains("pyc"));
            true
        });
        assert!(is_midway, "no run was interrupted by {signal}");
    }
}

/// Runs a command and sends it a signal once `is_time`. `None` if there is no console for that.
fn interrupt_once(mut command: Command, signal: &str, is_time: impl Fn() -> bool) -> Option<Run> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    while !is_time() && child.try_wait().unwrap().is_none() {}
    if !interrupt(&child, signal) {
        child.kill().unwrap();
        child.wait().unwrap();
        skipped("there is no console");
        return None;
    }
    Some(child.wait_with_output().unwrap().into())
}

/// Fails unless the summary has the number of files and directories that were listed.
#[track_caller]
fn assert_summary(run: &Run) {
    let listed = run.stdout.lines();
    let files = listed.filter(|line| !line.ends_with('/')).count();
    assert!((1..10_000).contains(&files));
    let summary = run.stderr.replace(',', "");
    assert!(summary.starts_with("Interrupted: removed "), "{summary}");
    assert!(summary.contains(&format!(" {files} file")), "{summary}");
}

/// A signal ends a run within a directory, and the rest of it counts as not removed.
#[test]
fn removal_of_a_large_directory_is_interrupted() {
    const FILES: usize = 10_000;
    let is_midway = (0..50).any(|_| {
        let tree = tree("__pycache__/");
        let cache = tree.path().join("__pycache__");
        (0..FILES).for_each(|i| drop(fs::File::create(cache.join(format!("{i}.pyc")))));
        let count = || fs::read_dir(&cache).map_or(0, Iterator::count);
        let command = interruptible(&tree, &["-v", "-j", "1", "."]);
        let Some(run) = interrupt_once(command, "TERM", || count() < FILES) else {
            return true;
        };
        if run.code == Some(0) {
            return false;
        }
        let listed = run.stdout.lines().count();
        assert_eq!(listed + count(), FILES, "{}", run.stderr);
        assert_summary(&run);
        true
    });
    assert!(is_midway, "no run was interrupted");
}

/// Kills runs at moments that are spread over the duration of a run, until enough of them
/// were killed after the first removal and before the last one.
#[test]
fn run_after_a_killed_run_removes_the_rest() {
    const ATTEMPTS: usize = 200;
    const PACKAGES: usize = 100;
    let sources: String = (0..PACKAGES).map(|i| format!("p{i}/m.py ")).collect();
    let bytecode = (0..PACKAGES).map(|i| format!("p{i}/__pycache__/m.pyc p{i}/n.pyc "));
    let entries = sources.clone() + &bytecode.collect::<String>();
    let mut killed_midway = 0;
    for attempt in 0..ATTEMPTS {
        let tree = tree(&entries);
        // The run is killed once it has removed this file.
        let removed = format!("p{}/n.pyc", attempt * 37 % PACKAGES);
        let removed = tree.path().join(removed);
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
