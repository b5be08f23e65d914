//! What a person sees on a real terminal.
#![cfg(target_os = "linux")]

mod util;

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use util::{Tree, tree};

/// A terminal: the end that a person holds, and the end that a program does.
fn terminal() -> (File, OwnedFd) {
    let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&person).unwrap();
    unlockpt(&person).unwrap();
    let name = ptsname(&person, Vec::new()).unwrap();
    let program = File::options()
        .read(true)
        .write(true)
        .open(name.to_str().unwrap());
    (person.into(), program.unwrap().into())
}

/// All that appears on a terminal until the last program leaves it.
fn read_to_end(mut person: File) -> String {
    let mut seen = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = person.read(&mut buffer) {
        seen.extend_from_slice(&buffer[..count]);
    }
    String::from_utf8_lossy(&seen).into_owned()
}

/// More than a pipe holds: a program that lists it must wait for its reader.
fn a_long_listing() -> Tree {
    let entries: Vec<_> = (0..5000)
        .map(|i| format!("package{}/module_{i}.cpython-312.pyc", i % 100))
        .collect();
    tree(&entries.join(" "))
}

/// Runs with standard error on a terminal and a reader of standard output who takes
/// his time, and gives what the terminal showed.
fn shown_by_a_long_run(arguments: &str) -> String {
    let tree = a_long_listing();
    let (person, program) = terminal();
    let mut command = tree.command(arguments.split_whitespace());
    command
        .env("TERM", "xterm")
        .stdout(Stdio::piped())
        .stderr(program);
    let mut child: Child = command.spawn().unwrap();
    drop(command);
    let screen = thread::spawn(|| read_to_end(person));
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdout.fill_buf().unwrap();
    thread::sleep(Duration::from_millis(300));
    stdout.read_to_end(&mut Vec::new()).unwrap();
    assert!(child.wait().unwrap().success());
    screen.join().unwrap()
}

#[test]
fn a_long_run_draws_a_bar_with_bytes_and_takes_it_away() {
    let screen = shown_by_a_long_run("-v .");
    assert!(screen.contains("/5000"), "{screen:?}");
    assert!(screen.contains("KiB"), "{screen:?}");
    let last = screen.rsplit("\x1b[2K").next().unwrap();
    assert_eq!(last.trim(), "Removed 5000 files (179.1 KiB).", "{screen:?}");
}

#[test]
fn no_bar_where_none_is_wanted() {
    let summary = "Removed 5000 files (179.1 KiB).\r\n";
    assert_eq!(shown_by_a_long_run("-v --no-progress ."), summary);
    assert_eq!(shown_by_a_long_run("-n -q ."), "");
}

#[test]
fn a_short_run_draws_nothing() {
    let tree = tree("__pycache__/a.pyc");
    let (person, program) = terminal();
    let mut command = tree.command(["."]);
    let status = command.stderr(program).status();
    drop(command);
    assert!(status.unwrap().success());
    assert_eq!(
        read_to_end(person),
        "Removed 1 directory and 1 file (17 B).\r\n"
    );
}

#[test]
fn a_path_on_a_terminal_is_shown_with_escapes_and_errors_in_color() {
    let tree = tree("");
    std::fs::write(tree.file("\x1b]0;title\x07.pyc"), "").unwrap();
    let run = |arguments: &[&str]| {
        let (person, program) = terminal();
        let mut command = tree.command(arguments);
        command.env("TERM", "xterm").env_remove("NO_COLOR");
        command.stdout(program.try_clone().unwrap()).stderr(program);
        command.status().unwrap();
        drop(command);
        read_to_end(person)
    };
    assert!(run(&["-n", "."]).starts_with("\\u{1b}]0;title\\u{7}.pyc\r\n"));
    let reason = "orphaned, no \\u{1b}]0;title\\u{7}.py";
    let line = format!("\\u{{1b}}]0;title\\u{{7}}.pyc: {reason}\r\n");
    assert!(run(&["-n", "--stale", "."]).starts_with(&line));
    assert!(run(&["gone"]).starts_with("\x1b[1;31merror:\x1b[0m "));
    assert!(run(&["gone", "--color", "never"]).starts_with("error: "));
}

/// Asks what is to be erased on a terminal, where `answer` is typed, and gives what
/// was on the screen, the exit code, and what is left.
fn asked(answer: &str) -> (String, Option<i32>, String) {
    let tree = tree("tmp/a m.pyc");
    let (mut person, program) = terminal();
    let mut command = tree.command([".", "--erase", "tmp/*"]);
    command.stdin(program.try_clone().unwrap());
    command
        .stdout(program.try_clone().unwrap())
        .stderr(program.try_clone().unwrap());
    // A session of its own, so that what is typed reaches it as from its terminal.
    let mut command = in_session(command);
    let mut child = command.spawn().unwrap();
    drop((command, program));
    let mut seen = Vec::new();
    let mut byte = [0];
    while !seen.ends_with(b"[y/N] ") {
        person.read_exact(&mut byte).unwrap();
        seen.extend(byte);
    }
    person.write_all(answer.as_bytes()).unwrap();
    let code = child.wait().unwrap().code();
    let screen = String::from_utf8_lossy(&seen).into_owned() + &read_to_end(person);
    (screen, code, tree.left())
}

/// The same command, with its standard input as the terminal that controls it.
fn in_session(mut command: Command) -> Command {
    use std::os::unix::process::CommandExt;
    let take_terminal = || {
        rustix::process::setsid()?;
        rustix::process::ioctl_tiocsctty(rustix::stdio::stdin())?;
        Ok(())
    };
    // SAFETY: both are plain system calls.
    unsafe { command.pre_exec(take_terminal) };
    command
}

#[test]
fn a_question_is_answered_on_the_terminal() {
    let all = "m.pyc\ntmp/\ntmp/a\n";
    let question = "  tmp/a\r\nErase 1 file (5 B)? [y/N] ";
    let (screen, code, left) = asked("y\n");
    assert_eq!((code, &*left), (Some(0), "tmp/\n"));
    assert_eq!(
        screen,
        format!("{question}y\r\nRemoved 2 files (10 B).\r\n")
    );
    let (_, code, left) = asked("\n");
    assert_eq!((code, &*left), (Some(0), "tmp/\ntmp/a\n"));
    // End of input, and Ctrl-C: nothing at all is touched.
    let (screen, code, left) = asked("\x04");
    assert_eq!((code, &*left), (Some(2), all));
    assert!(screen.contains("nobody answered"), "{screen}");
    let (_, code, left) = asked("\x03");
    assert_eq!((code, &*left), (Some(130), all));
}
