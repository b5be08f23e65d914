//! Progress, colors and prompts on a terminal.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use snapbox::{assert_data_eq, str};

use crate::util::{
    PYCLEAN, Tree, create_large_tree, is_missing, open_terminal, read_to_end, skipped, tree,
};

/// Runs the program with stderr on a terminal and stdout in a pipe that is read late, so
/// that the run takes long. Returns what the terminal showed.
fn run_with_slow_reader(arguments: &str) -> String {
    // Progress is drawn after this time.
    const DRAW_DELAY: Duration = Duration::from_millis(200);
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
    thread::sleep(DRAW_DELAY);
    stdout.read_to_end(&mut Vec::new()).unwrap();
    assert!(child.wait().unwrap().success());
    screen.join().unwrap()
}

#[test]
fn long_run_draws_progress_and_clears_it() {
    let screen = run_with_slow_reader("-v .");
    assert!(screen.contains("/10,000 files"), "{screen:?}");
    let last = screen.rsplit("\x1b[2K").next().unwrap();
    let summary = "Removed 200 directories and 10,000 files (402.8 KiB).";
    assert_eq!(last.trim(), summary);
}

/// Runs the program on a terminal of so many columns, with each removal delayed. Types
/// Ctrl-C once `typed_at` is on the screen. Returns all that was written to the screen, or
/// `None` where strace cannot do this.
fn run_slowly(columns: u16, typed_at: Option<&str>) -> Option<String> {
    if is_missing("strace") {
        return None;
    }
    let entries = (0..2000).map(|i| format!("d{}/m{i}.cpython-312.pyc ", i % 50));
    let tree = tree(&entries.collect::<String>());
    let mut command = tree.program("strace");
    command
        .args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=unlinkat"])
        .args(["-e", "inject=unlinkat:delay_enter=1000"])
        .args([PYCLEAN, ".", "-j1"])
        .env("TERM", "xterm")
        .env("NO_COLOR", "1");
    let (mut child, mut controller) = start_on_terminal(command, columns);
    let mut screen = String::new();
    if let Some(text) = typed_at {
        screen = read_until(&mut controller, text);
        controller.write_all(b"\x03").unwrap();
    }
    screen += &read_to_end(controller);
    child.wait().unwrap();
    if screen.contains("ptrace") {
        skipped("strace cannot trace here");
        return None;
    }
    Some(screen)
}

/// Starts a command on a terminal of so many columns, at which Ctrl-C interrupts it. Returns the
/// side of the terminal at which the user reads and types, too.
pub fn start_on_terminal(mut command: Command, columns: u16) -> (Child, File) {
    let (controller, device) = open_terminal();
    let mut size = rustix::termios::tcgetwinsize(&device).unwrap();
    (size.ws_row, size.ws_col) = (24, columns);
    rustix::termios::tcsetwinsize(&device, size).unwrap();
    command.stdin(device.try_clone().unwrap());
    command.stdout(device.try_clone().unwrap()).stderr(device);
    let take_terminal = || {
        rustix::process::setsid()?;
        rustix::process::ioctl_tiocsctty(rustix::stdio::stdin())?;
        Ok(())
    };
    // SAFETY: both functions are system calls, which are safe after a fork.
    unsafe { command.pre_exec(take_terminal) };
    (command.spawn().unwrap(), controller)
}

/// Reads what appears on a terminal until it ends with this text.
fn read_until(controller: &mut File, text: &str) -> String {
    let (mut screen, mut byte) = (Vec::new(), [0]);
    while !screen.ends_with(text.as_bytes()) && controller.read_exact(&mut byte).is_ok() {
        screen.extend(byte);
    }
    String::from_utf8_lossy(&screen).into_owned()
}

/// Runs a command on a terminal. Returns what was on the screen.
pub fn show(command: Command) -> String {
    let (mut child, controller) = start_on_terminal(command, 80);
    let screen = read_to_end(controller);
    child.wait().unwrap();
    screen.replace('\r', "")
}

/// Runs the program on a terminal, without colors. Returns what was on the screen.
pub fn run_on_terminal(tree: &Tree, arguments: &str) -> String {
    let mut command = tree.command(arguments.split_whitespace());
    command.args(["--color", "never", "--no-progress"]);
    show(command)
}

/// Runs the program on a terminal that has colors. Returns what was on the screen.
fn run_with_colors(tree: &Tree, arguments: &str) -> String {
    let mut command = tree.command(arguments.split_whitespace());
    command.env("TERM", "xterm").env_remove("NO_COLOR");
    show(command)
}

/// Runs a shell script on a terminal. Returns what was on the screen.
fn show_script(tree: &Tree, script: &str) -> String {
    let mut shell = tree.program("sh");
    shell.args(["-c", script]);
    show(shell)
}

/// What a terminal of so many columns shows at the end.
fn final_screen(written: &str, columns: usize) -> String {
    let mut lines = vec![String::new()];
    for part in written.replace("\x1b[2K", "\0").chars() {
        let line = lines.last_mut().unwrap();
        match part {
            '\r' => line.insert(0, '\r'),
            '\0' => line.clear(),
            '\n' => lines.push(String::new()),
            _ if line.chars().count() == columns => lines.push(part.to_string()),
            _ => line.push(part),
        }
    }
    let lines = lines.iter().map(|line| line.trim_matches('\r').trim_end());
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn bar_moves_on_one_line_of_any_terminal() {
    for columns in [40, 80, 200] {
        let Some(screen) = run_slowly(columns, None) else {
            return;
        };
        let drawn: Vec<_> = screen.split("\x1b[2K").map(|line| line.trim()).collect();
        let widths = drawn.iter().map(|line| line.chars().count());
        assert!(widths.max() < Some(columns.into()), "{drawn:?}");
        let mut early: Vec<u32> = drawn
            .iter()
            .filter_map(|line| line.strip_suffix("/2,000 files")?.rsplit(' ').next())
            .map(|count| count.replace(',', "").parse().unwrap())
            .filter(|count| *count < 1400)
            .collect();
        early.dedup();
        assert!(early.len() >= 8 && early.is_sorted(), "{early:?}");
        let last = final_screen(&screen, columns.into());
        assert!(last.starts_with("Removed 2,000 files ("), "{last}");
    }
}

#[test]
fn ctrl_c_leaves_no_bar_beside_the_summary() {
    for columns in [40, 80] {
        let Some(screen) = run_slowly(columns, Some("/2,000 files")) else {
            return;
        };
        let last = final_screen(&screen, columns.into());
        let summary = "Interrupted: removed ";
        assert!(last.starts_with(summary), "{last}\n{screen:?}");
    }
}

#[test]
fn progress_can_be_turned_off() {
    let screen = run_with_slow_reader("-v --no-progress .");
    let summary = "Removed 200 directories and 10,000 files (402.8 KiB).\r\n";
    assert_eq!(screen, summary);
    assert_eq!(run_with_slow_reader("-n -q ."), "");
}

#[test]
fn short_run_draws_no_progress() {
    let tree = tree("__pycache__/a.pyc");
    let mut command = tree.command(["."]);
    command.env("TERM", "xterm").env("NO_COLOR", "1");
    let summary = "Removed 1 directory and 1 file (17 B).\n";
    assert_eq!(show(command), summary);
}

#[test]
fn terminal_gets_escaped_paths_and_colored_errors() {
    let tree = tree("other.py");
    fs::write(tree.file_path("\x1b]0;title\x07.pyc"), b"\x03\xf3\r\n").unwrap();
    let run = |arguments: &str| run_with_colors(&tree, arguments);
    assert!(run("-n .").contains("  \\u{1b}]0;title\\u{7}.pyc\n"));
    let reason = "orphaned, no \\u{1b}]0;title\\u{7}.py";
    let line = format!("\\u{{1b}}]0;title\\u{{7}}.pyc: \x1b[33m{reason}\x1b[0m\n");
    assert!(run("-n --stale .").contains(&line));
    assert!(run("missing").starts_with("\x1b[1;31merror:\x1b[0m "));
    assert!(run("missing --color never").starts_with("error: "));
}

#[test]
fn terminal_shows_the_size_of_each_entry() {
    let tree = tree("m.py a/b/setup.py");
    for (file, size) in [
        ("m.pyc", 7),
        ("a/b/__pycache__/m.cpython-313.pyc", 2_000_000),
    ] {
        fs::write(tree.file_path(file), vec![0; size]).unwrap();
    }
    assert_data_eq!(
        run_on_terminal(&tree, "-n ."),
        str![[r#"
   1.9 MiB  a/b/__pycache__/
       7 B  m.pyc
Would remove 1 directory and 2 files (1.9 MiB).

"#]]
    );
    let screen = run_with_colors(&tree, "-n . --color always");
    let dir = "\x1b[2ma/b/\x1b[0m\x1b[1;34m__pycache__/\x1b[0m\n";
    assert!(screen.contains(dir), "{screen:?}");
}

#[test]
fn json_on_a_terminal_has_only_printable_text() {
    let tree = tree("");
    fs::write(tree.file_path("a\u{9b}2J\u{202e}.pyc"), "").unwrap();
    let screen = run_on_terminal(&tree, "-n . --json");
    assert!(screen.contains(r"a\u009b2J\u202e.pyc"), "{screen:?}");
    assert!(!screen.contains(['\u{9b}', '\u{202e}']), "{screen:?}");
    let piped = tree.pyclean("-n . --json").stdout;
    assert!(piped.contains("a\u{9b}2J\u{202e}.pyc"), "{piped:?}");
}

#[test]
fn projects_have_bars_on_a_terminal() {
    let tree = tree("a/setup.py b/setup.py c/setup.py");
    for (file, size) in [("a/m.pyc", 4000), ("b/m.pyc", 1000), ("c/m.pyc", 1)] {
        fs::write(tree.file_path(file), vec![0; size]).unwrap();
    }
    let script = format!("{PYCLEAN} -n . --by-project --color never 2>/dev/null");
    assert_data_eq!(
        show_script(&tree, &script),
        str![[r#"
3.9 KiB  ====================  1 file   a/: bytecode
 1000 B  =====                 1 file   b/: bytecode
    1 B  =                     1 file   c/: bytecode
4.9 KiB                        3 files  total

"#]]
    );
}

const LEFTOVERS: &str = "m.pyc .mypy_cache/m a/.pytest_cache/v b/.mypy_cache/m .coverage \
                         .tox/t dist/w web/dist/j mutants/m setup.py build/x \
                         .hypothesis/h .ipynb_checkpoints/n .mutmut-cache";

#[test]
fn hint_names_debris_that_is_kept() {
    let tree = tree(LEFTOVERS);
    assert_data_eq!(
        run_on_terminal(&tree, "."),
        str![[r#"
warning: .: 1 file without a source, which Python cannot make again
Removed 1 file (5 B).
hint: also found .coverage, .mypy_cache, .pytest_cache, dist; preview: pyclean -n . --color never --no-progress --debris coverage mypy package pytest

"#]]
    );
    tree.assert_left(LEFTOVERS.strip_prefix("m.pyc").unwrap());
    // The hint is right: these topics remove what it names.
    tree.pyclean(". -q --debris coverage mypy package pytest tox");
    tree.assert_left("a/ b/ web/dist/j mutants/m setup.py build/x .hypothesis/h .ipynb_checkpoints/n .mutmut-cache");
    let screen = run_on_terminal(&tree, "-n .");
    assert_data_eq!(screen, "Nothing to remove.\n");
}

/// The command can be pasted, or is left out.
#[test]
fn command_of_a_hint_is_quoted() {
    for (name, quoted) in [
        ("$(id)", Some("'$(id)'")),
        ("it's", Some("'it'\\''s'")),
        ("a\u{9b}2J", None),
    ] {
        let tree = tree(&format!("{name}/.mypy_cache/m"));
        let screen = run_on_terminal(&tree, &format!("-n {name}"));
        let command = quoted.map_or(String::new(), |path| {
            format!("; preview: pyclean -n {path} --color never --no-progress --debris mypy")
        });
        let hint = format!("hint: also found .mypy_cache{command}\n");
        assert!(screen.ends_with(&hint), "{screen:?}");
    }
}

#[test]
fn hint_is_shown_only_where_it_helps() {
    let has_hint = |tree: &Tree, arguments: &str| {
        run_on_terminal(tree, arguments).contains("hint: also found")
    };
    let tree = tree(LEFTOVERS);
    assert!(has_hint(&tree, "-n ."));
    assert!(has_hint(&tree, "--check . --stale"));
    for arguments in [
        "-n . -q",
        "-n . --json",
        "-n . --debris",
        "-n . --debris tox",
        "-n b/.mypy_cache",
        "-n a -i .pytest_cache",
        "-n web",
    ] {
        assert!(!has_hint(&tree, arguments), "{arguments}");
    }
    for stream in ["1", "2"] {
        let screen = show_script(&tree, &format!("{PYCLEAN} -n . {stream}>/dev/null"));
        assert!(!screen.contains("also found"), "{screen}");
    }
    // A setting for debris is an answer, and what a project ignores is not named.
    for (directory, setting) in [
        ("a", "debris = false"),
        ("a", "debris = ['tox']"),
        ("a/c", "ignore = ['.mypy_cache']"),
    ] {
        let tree = crate::util::tree("a/c/.mypy_cache/m");
        assert!(has_hint(&tree, "-n a"));
        tree.write_settings(directory, setting);
        assert!(!has_hint(&tree, "-n a"), "{setting}");
        assert!(has_hint(&tree, "-n a --isolated"), "{setting}");
    }
}

/// Answers the prompt of `--erase` on a terminal. Returns what was on the screen, the exit
/// code, and the listing of the tree afterwards.
fn answer_prompt(answer: &str) -> (String, Option<i32>, String) {
    let tree = tree("tmp/a m.pyc");
    let mut command = tree.command_with_default_signals(&[".", "--erase", "tmp/*"]);
    command.env("NO_COLOR", "1");
    let (mut child, mut controller) = start_on_terminal(command, 80);
    let prompt = read_until(&mut controller, "[y/N] ");
    controller.write_all(answer.as_bytes()).unwrap();
    let code = child.wait().unwrap().code();
    let screen = prompt + &read_to_end(controller);
    (screen.replace('\r', ""), code, tree.listing())
}

#[test]
fn prompt_reads_the_answer_from_the_terminal() {
    let before = "m.pyc\ntmp/\ntmp/a\n";
    let (screen, code, listing) = answer_prompt("y\n");
    assert_eq!((code, &*listing), (Some(0), "tmp/\n"));
    assert_data_eq!(
        screen,
        str![[r#"
warning: .: 1 file without a source, which Python cannot make again
  tmp/a
  bytecode: 1 file (5 B)
Remove 2 files (10 B)? [y/N] y
Removed 2 files (10 B).

"#]]
    );
    let (screen, code, listing) = answer_prompt("\n");
    assert_eq!((code, &*listing), (Some(0), before));
    assert!(screen.ends_with("\nNothing removed.\n"), "{screen:?}");
    // End of input and Ctrl-C end the run before anything is removed.
    let (screen, code, listing) = answer_prompt("\x04");
    assert_eq!((code, &*listing), (Some(2), before));
    assert!(screen.contains("no input; nothing was removed"), "{screen}");
    let (_, code, listing) = answer_prompt("\x03");
    assert_eq!((code, &*listing), (Some(130), before));
}
