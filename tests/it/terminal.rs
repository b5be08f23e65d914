//! Progress, colors and prompts on a terminal.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use snapbox::{assert_data_eq, str};

use crate::util::{create_large_tree, open_terminal, read_to_end, tree};

/// Runs the program with stderr on a terminal and stdout in a pipe that is read late, so
/// that the run takes long. Returns what the terminal showed.
fn run_with_slow_reader(arguments: &str) -> String {
    let tree = create_large_tree();
    let (controller, device) = open_terminal();
    let mut command = tree.command(arguments.split_whitespace());
    command.env("TERM", "xterm").env("NO_COLOR", "1");
    command.stdout(Stdio::piped()).stderr(device);
    let mut child = command.spawn().unwrap();
    // The command owns a handle of the device, which must be closed for `read_to_end`.
    drop(command);
    let screen = thread::spawn(|| read_to_end(controller));
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdout.fill_buf().unwrap();
    thread::sleep(Duration::from_millis(300));
    stdout.read_to_end(&mut Vec::new()).unwrap();
    assert!(child.wait().unwrap().success());
    screen.join().unwrap()
}

#[test]
fn long_run_draws_progress_and_clears_it() {
    let screen = run_with_slow_reader("-v .");
    assert!(screen.contains("/200 "), "{screen:?}");
    assert!(screen.contains("KiB"), "{screen:?}");
    let last = screen.rsplit("\x1b[2K").next().unwrap();
    assert_data_eq!(
        last.trim(),
        str!["Removed 200 directories and 10000 files (402.8 KiB)."]
    );
}

#[test]
fn progress_can_be_turned_off() {
    let screen = run_with_slow_reader("-v --no-progress .");
    assert_data_eq!(
        screen,
        str![[r#"
Removed 200 directories and 10000 files (402.8 KiB).

"#]]
    );
    assert_eq!(run_with_slow_reader("-n -q ."), "");
}

#[test]
fn short_run_draws_no_progress() {
    let tree = tree("__pycache__/a.pyc");
    let (controller, device) = open_terminal();
    let mut command = tree.command(["."]);
    let status = command.env("NO_COLOR", "1").stderr(device).status();
    drop(command);
    assert!(status.unwrap().success());
    assert_data_eq!(
        read_to_end(controller),
        str![[r#"
Removed 1 directory and 1 file (17 B).

"#]]
    );
}

#[test]
fn terminal_gets_escaped_paths_and_colored_errors() {
    let tree = tree("other.py");
    std::fs::write(tree.file_path("\x1b]0;title\x07.pyc"), "").unwrap();
    let run = |arguments: &[&str]| {
        let (controller, device) = open_terminal();
        let mut command = tree.command(arguments);
        command.env("TERM", "xterm").env_remove("NO_COLOR");
        command.stdout(device.try_clone().unwrap()).stderr(device);
        command.status().unwrap();
        drop(command);
        read_to_end(controller)
    };
    assert!(run(&["-n", "."]).starts_with("\\u{1b}]0;title\\u{7}.pyc\r\n"));
    let reason = "orphaned, no \\u{1b}]0;title\\u{7}.py";
    let line = format!("\\u{{1b}}]0;title\\u{{7}}.pyc: \x1b[33m{reason}\x1b[0m\r\n");
    assert!(run(&["-n", "--stale", "."]).starts_with(&line));
    assert!(run(&["missing"]).starts_with("\x1b[1;31merror:\x1b[0m "));
    assert!(run(&["missing", "--color", "never"]).starts_with("error: "));
}

/// Answers the prompt of `--erase` on a terminal. Returns what was on the screen, the exit
/// code, and the listing of the tree afterwards.
fn answer_prompt(answer: &str) -> (String, Option<i32>, String) {
    let tree = tree("tmp/a m.pyc");
    let (mut controller, device) = open_terminal();
    let mut command = tree.command_with_default_signals(&[".", "--erase", "tmp/*"]);
    command.env("NO_COLOR", "1");
    command.stdin(device.try_clone().unwrap());
    command.stdout(device.try_clone().unwrap()).stderr(device);
    make_session_leader(&mut command);
    let mut child = command.spawn().unwrap();
    drop(command);
    let mut prompt = Vec::new();
    let mut byte = [0];
    while !prompt.ends_with(b"[y/N] ") {
        controller.read_exact(&mut byte).unwrap();
        prompt.extend(byte);
    }
    controller.write_all(answer.as_bytes()).unwrap();
    let code = child.wait().unwrap().code();
    let screen = String::from_utf8_lossy(&prompt).into_owned() + &read_to_end(controller);
    (screen, code, tree.listing())
}

/// Makes stdin the controlling terminal of a command, so that Ctrl-C interrupts it.
fn make_session_leader(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    let take_terminal = || {
        rustix::process::setsid()?;
        rustix::process::ioctl_tiocsctty(rustix::stdio::stdin())?;
        Ok(())
    };
    // SAFETY: both functions are system calls, which are safe after a fork.
    unsafe { command.pre_exec(take_terminal) };
}

#[test]
fn prompt_reads_the_answer_from_the_terminal() {
    let before = "m.pyc\ntmp/\ntmp/a\n";
    let (screen, code, listing) = answer_prompt("y\n");
    assert_eq!((code, &*listing), (Some(0), "tmp/\n"));
    assert_data_eq!(
        screen,
        str![[r#"
  tmp/a
Erase 1 file (5 B)? [y/N] y
Removed 2 files (10 B).

"#]]
    );
    let (screen, code, listing) = answer_prompt("\n");
    assert_eq!((code, &*listing), (Some(0), "tmp/\ntmp/a\n"));
    assert!(
        screen.ends_with("\nRemoved 1 file (5 B).\r\n"),
        "{screen:?}"
    );
    // End of input and Ctrl-C end the run before anything is removed.
    let (screen, code, listing) = answer_prompt("\x04");
    assert_eq!((code, &*listing), (Some(2), before));
    assert!(screen.contains("no input; nothing was removed"), "{screen}");
    let (_, code, listing) = answer_prompt("\x03");
    assert_eq!((code, &*listing), (Some(130), before));
}
