//! Repositories whose configuration must not be trusted. Each test on Unix first shows that
//! the program that must not run does run where git or a shell is called without care.

use std::fs;

use crate::util::{git, is_missing, tree};
#[cfg(unix)]
use {
    crate::util::{Run, init_repository, set_mode},
    std::env,
    std::path::Path,
    std::process::Command,
};

/// Writes a program that creates the file `ran`.
#[cfg(unix)]
fn write_program(path: &Path, ran: &Path) {
    let script = format!("#!/bin/sh\ntouch '{}'\n", ran.display());
    fs::write(path, script).unwrap();
    set_mode(path, 0o755);
}

/// A repository can name a program that git starts to find changed files.
#[test]
#[cfg(unix)]
fn program_named_in_the_configuration_is_not_run() {
    if is_missing("git") {
        return;
    }
    let tree = tree("setup.py dist/d new.txt");
    init_repository(&tree, ".", &["setup.py"]);
    let (hook, ran) = (tree.file_path("hook"), tree.file_path("ran"));
    write_program(&hook, &ran);
    let set = ["config", "core.fsmonitor", hook.to_str().unwrap()];
    git(&tree, ".", &set);
    git(&tree, ".", &["status"]);
    fs::remove_file(&ran).expect("`git status` runs the hook");
    for arguments in [
        "-n . --debris",
        "-n . --git-clean",
        ". --debris",
        ". --git-clean --yes",
    ] {
        tree.pyclean(arguments);
        assert!(!ran.exists(), "{arguments}");
    }
}

/// A repository without one of its objects can name a program that fetches it.
#[test]
#[cfg(unix)]
fn missing_object_is_not_fetched() {
    if is_missing("git") {
        return;
    }
    let tree = tree("in/a out/b root dist/d setup.py");
    init_repository(&tree, ".", &["in", "out", "root"]);
    let object = git(&tree, ".", &["rev-parse", "HEAD:out"]);
    let sparse = ["sparse-checkout", "set", "--cone", "--sparse-index", "in"];
    git(&tree, ".", &sparse);
    let ran = tree.path().join("ran");
    let program = format!("touch '{}'; false", ran.display());
    for (key, value) in [
        ("core.repositoryformatversion", "1"),
        ("extensions.partialClone", "origin"),
        ("remote.origin.url", "ssh://nowhere.invalid/x"),
        ("remote.origin.promisor", "true"),
        ("core.sshCommand", &program),
    ] {
        git(&tree, ".", &["config", key, value]);
    }
    let (directory, name) = object.trim().split_at(2);
    fs::remove_file(tree.path().join(".git/objects").join(directory).join(name)).unwrap();
    // Git ends with success although it could not fetch the object.
    git(&tree, ".", &["ls-files"]);
    fs::remove_file(&ran).expect("`git ls-files` fetches the object");
    let run = tree.pyclean("-n . --debris");
    assert!(!ran.exists());
    assert_eq!(run.stdout, "");
    assert_eq!(run.code, Some(1), "{}", run.stderr);
}

/// An empty entry in `PATH` means the working directory. It can contain a program `git`.
#[test]
#[cfg(unix)]
fn program_named_git_in_the_repository_is_not_run() {
    if is_missing("git") {
        return;
    }
    let tree = tree("repository/setup.py repository/dist/d");
    init_repository(&tree, "repository", &["setup.py"]);
    let ran = tree.path().join("ran");
    write_program(&tree.file_path("repository/git"), &ran);
    let path = format!(":{}", env::var("PATH").unwrap());
    let mut shell = Command::new("sh");
    shell.args(["-c", "git"]).env("PATH", &path);
    shell.current_dir(tree.path().join("repository"));
    assert!(shell.status().unwrap().success());
    fs::remove_file(&ran).expect("a shell runs `git` from the working directory");
    for arguments in [["repository", "-nd"], ["repository", "-ng"]] {
        let mut command = tree.command(arguments);
        let run: Run = command.env("PATH", &path).output().unwrap().into();
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert!(!ran.exists(), "{arguments:?}");
    }
}

/// Git blocks if nothing reads its warnings.
#[test]
fn many_warnings_of_git_do_not_block() {
    if is_missing("git") {
        return;
    }
    let tree = tree("dist/a setup.py");
    git(&tree, ".", &["init", "-q"]);
    let unknown_value = "[core]\n\tfsync = zzz\n".repeat(3000);
    fs::write(tree.file_path(".git/config"), unknown_value).unwrap();
    let run = tree.pyclean("-n . --debris");
    assert_eq!(run.stdout, "dist/\n", "{}", run.stderr);
}
