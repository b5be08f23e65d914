//! Completions in the shells themselves. The word that a user types at a prompt is completed
//! with the Tab key where that is possible, and else as the shell does it for a script.

use std::fs;
use std::process::Command;

use crate::util::{
    Tree, is_missing, is_set, print_skipped, run_successfully, search_path_with_pyclean, skipped,
    tree,
};

/// Every position on the command line at which a completion differs.
const WORDS: [(&str, &str); 4] = [
    // Options, also after PATH.
    ("pyclean . --keep-py", "--keep-python"),
    // Values of options.
    ("pyclean . --debris hyp", "hypothesis"),
    ("pyclean --color al", "always"),
    // File names.
    ("pyclean -n sou", "source files/"),
];

/// A tree with one directory, the name of which must be quoted.
fn tree_to_complete() -> Tree {
    let tree = tree("");
    fs::create_dir(tree.path().join("source files")).unwrap();
    tree
}

/// The arguments of a command line after the Tab key.
#[cfg(target_os = "linux")]
fn completed_arguments(line: &str, completed: &str) -> String {
    let words: Vec<_> = line.split(' ').skip(1).collect();
    let (_, before) = words.split_last().unwrap();
    let arguments = before.iter().copied().chain([completed]);
    arguments.map(|word| format!("<{word}>")).collect()
}

/// Types command lines into an interactive shell, each with the Tab key at its end. Fails unless
/// the shell completes every word. It prints the arguments instead of running the program.
#[cfg(target_os = "linux")]
#[track_caller]
fn assert_completes_typed_words(shell: &str, arguments: &[&str], setup: &str) {
    use crate::terminal::start_on_terminal;
    use crate::util::read_to_end;
    use std::io::Write;
    use std::thread;

    if is_missing(shell) {
        return;
    }
    let tree = tree_to_complete();
    let mut command = tree.program(shell);
    command.args(arguments);
    command.env("PATH", search_path_with_pyclean());
    command.env("TERM", "dumb");
    let (mut child, mut controller) = start_on_terminal(command, 80);
    let screen = controller.try_clone().unwrap();
    let screen = thread::spawn(|| read_to_end(screen));
    let print = r#"pyclean() { printf '<%s>' "$@"; printf '\n'; }"#;
    let completions = format!("source <(command pyclean --generate complete-{shell})");
    writeln!(controller, "{setup}; {completions}; {print}").unwrap();
    for (line, _) in WORDS {
        writeln!(controller, "{line}\t").unwrap();
    }
    writeln!(controller, "exit").unwrap();
    child.wait().unwrap();
    let screen = screen.join().unwrap();
    for (line, completed) in WORDS {
        let expected = completed_arguments(line, completed);
        assert!(screen.contains(&expected), "{line}: {expected}\n{screen}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn bash_completes_typed_words() {
    assert_completes_typed_words("bash", &["--norc", "--noprofile", "-i"], "PS1=");
}

#[cfg(target_os = "linux")]
#[test]
fn zsh_completes_typed_words() {
    let setup = "PS1=; unsetopt autoremoveslash; autoload -U compinit; compinit -u -D";
    assert_completes_typed_words("zsh", &["-f", "-i"], setup);
}

#[test]
fn fish_completes_words() {
    if is_missing("fish") {
        return;
    }
    let tree = tree_to_complete();
    for (line, completed) in WORDS {
        let script = format!("pyclean --generate complete-fish | source; complete -C '{line}'");
        let mut fish = tree.program("fish");
        fish.args(["--no-config", "-c", &script])
            .env("PATH", search_path_with_pyclean());
        let candidates = run_successfully(fish);
        let first = candidates.split(['\t', '\n']).next();
        assert_eq!(first, Some(completed), "{line}: {candidates}");
    }
}

/// PowerShell quotes file names in its own way, so only other words are compared.
#[test]
fn powershell_completes_words() {
    if Command::new("pwsh").arg("--version").output().is_err() {
        // `.ci/run` cannot install it, but the machines of GitHub have it.
        let report = if is_set("GITHUB_ACTIONS") {
            skipped
        } else {
            print_skipped
        };
        return report("pwsh is not installed");
    }
    let tree = tree_to_complete();
    let words = WORDS
        .iter()
        .filter(|(_, completed)| !completed.ends_with('/'));
    for (line, completed) in words {
        let script = format!(
            "pyclean --generate complete-powershell | Out-String | Invoke-Expression
             $completion = TabExpansion2 '{line}' {}
             '{line}'.Substring(0, $completion.ReplacementIndex) +
                 $completion.CompletionMatches[0].CompletionText",
            line.len()
        );
        let mut powershell = tree.program("pwsh");
        powershell
            .args(["-NoProfile", "-Command", &script])
            .env("PATH", search_path_with_pyclean());
        let (before, _) = line.rsplit_once(' ').unwrap();
        let printed = run_successfully(powershell);
        assert_eq!(printed.trim(), format!("{before} {completed}"));
    }
}
