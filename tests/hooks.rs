//! The hooks as they stand in `.pre-commit-hooks.yaml`, run by a real pre-commit in a real
//! repository; only that the program is the one under test instead of one that is built.
#![cfg(unix)]

mod util;

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use util::{PYCLEAN, Tree, is_absent, tree};

/// Runs a program in the repository; says whether it went well, and what it printed.
fn run(repository: &Tree, program: &str, arguments: &[&str]) -> (bool, String) {
    let programs = Path::new(PYCLEAN).parent().unwrap().to_path_buf();
    let path = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths([programs].into_iter().chain(env::split_paths(&path)));
    let mut command = Command::new(program);
    command.args(arguments).current_dir(repository.path());
    command.env("PATH", path.unwrap());
    command.env("PRE_COMMIT_HOME", repository.path().join(".git/pre-commit"));
    command.env("GIT_CONFIG_GLOBAL", "/dev/null");
    for role in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{role}_NAME"), "a");
        command.env(format!("GIT_{role}_EMAIL"), "a@example.org");
    }
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

#[track_caller]
fn git(repository: &Tree, arguments: &[&str]) {
    let (is_done, said) = run(repository, "git", arguments);
    assert!(is_done, "git {arguments:?}: {said}");
}

/// The hooks of this project, and one that cleans what is stale on checkout.
fn configuration() -> String {
    let hooks = concat!(env!("CARGO_MANIFEST_DIR"), "/.pre-commit-hooks.yaml");
    let hooks = fs::read_to_string(hooks).unwrap();
    let hooks = hooks.replace("language: rust", "language: system");
    let (clean, check) = hooks.split_once("- id: no-bytecode").unwrap();
    let on_checkout = clean
        .replace("id: pyclean", "id: on-checkout")
        .replace("args: [.]", "args: [--stale, .]")
        .replace(
            "stages: [pre-commit, post-checkout, ",
            "stages: [post-checkout, ",
        );
    let on_commit = clean.replace(
        "stages: [pre-commit, post-checkout, ",
        "stages: [pre-commit, ",
    );
    let all = format!("{on_commit}{on_checkout}- id: no-bytecode{check}");
    let indented: String = all.lines().map(|line| format!("      {line}\n")).collect();
    format!("repos:\n  - repo: local\n    hooks:\n{indented}")
}

#[test]
fn the_hooks_do_what_they_are_for() {
    if is_absent("git") || is_absent("pre-commit") {
        return;
    }
    let repository = tree("a.py .gitignore");
    fs::write(repository.file(".gitignore"), "__pycache__/").unwrap();
    fs::write(repository.file(".pre-commit-config.yaml"), configuration()).unwrap();
    let [a, b] = ["a", "b"].map(|module| format!("__pycache__/{module}.cpython-312.pyc"));
    let compile = |module: &str, bytecode: &str| {
        repository.compiled(&format!("{module}.py"), "cpython-3.12", bytecode);
    };
    let exists = |name: &str| repository.path().join(name).exists();
    git(&repository, &["init", "-q", "-b", "main"]);
    let install = ["install", "-t", "pre-commit", "-t", "post-checkout"];
    let (is_done, said) = run(&repository, "pre-commit", &install);
    assert!(is_done, "{said}");

    // A commit cleans.
    compile("a", &a);
    compile("b", &b);
    git(&repository, &["add", "."]);
    git(&repository, &["commit", "-qm", "modules"]);
    assert!(!exists(&a) && !exists(&b));

    // Bytecode blocks a commit, and is named with the way out.
    compile("a", &a);
    git(&repository, &["add", "-f", &a]);
    let (is_done, said) = run(&repository, "git", &["commit", "-qm", "bytecode"]);
    assert!(!is_done, "{said}");
    assert!(
        said.contains(&a) && said.contains("git rm --cached"),
        "{said}"
    );
    git(&repository, &["rm", "-q", "--cached", &a]);

    // A checkout of a branch without a module takes its bytecode, and no other.
    git(&repository, &["checkout", "-q", "-b", "without"]);
    git(&repository, &["rm", "-q", "b.py"]);
    git(&repository, &["commit", "-qm", "no b"]);
    git(&repository, &["checkout", "-q", "main"]);
    compile("a", &a);
    compile("b", &b);
    git(&repository, &["checkout", "-q", "without"]);
    assert!(exists(&a) && !exists(&b), "{}", repository.left());
}
