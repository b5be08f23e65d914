//! Repositories whose configuration must not be trusted. Each test on Unix first shows that
//! the program that must not run does run where git or a shell is called without care.

use std::fs;

use crate::util::{git, is_missing, tree};
#[cfg(unix)]
use {
    crate::util::{Run, init_repository, search_path_with, temp_dir, write_script},
    std::env,
    std::path::Path,
    std::process::Command,
};

/// Writes a program that creates the file `ran`.
#[cfg(unix)]
fn write_program(path: &Path, ran: &Path) {
    write_script(path, &format!("touch '{}'", ran.display()));
}

/// Writes a program `git` that adds its arguments to the file `calls`, and runs git.
#[cfg(unix)]
fn write_git_wrapper(directory: &Path, calls: &Path) {
    let path = env::var("PATH").unwrap();
    let script = format!(
        "echo \"$*\" >>'{}'\nPATH='{path}' exec git \"$@\"",
        calls.display()
    );
    write_script(&directory.join("git"), &script);
}

/// A repository can name a program that git starts to find changed files.
#[test]
#[cfg(unix)]
fn program_named_in_the_configuration_is_not_run() {
    if is_missing("git") {
        return;
    }
    // The index contains `dist`, so that only git can tell what is tracked in it.
    let tree = tree("setup.py dist/tracked dist/d new.txt");
    init_repository(&tree, ".", &["setup.py", "dist/tracked"]);
    let programs = temp_dir();
    let [hook, ran, calls] = ["hook", "ran", "calls"].map(|name| programs.path().join(name));
    write_program(&hook, &ran);
    write_git_wrapper(programs.path(), &calls);
    let set = ["config", "core.fsmonitor", hook.to_str().unwrap()];
    git(&tree, ".", &set);
    git(&tree, ".", &["status"]);
    fs::remove_file(&ran).expect("`git status` runs the hook");
    for (arguments, command) in [
        ("-n . --debris", "ls-files"),
        ("-n . --git-clean", "clean"),
        (". --debris", "ls-files"),
        (". --git-clean --yes", "clean"),
    ] {
        let mut pyclean = tree.command(arguments.split(' '));
        pyclean.env("PATH", search_path_with(programs.path()));
        let run: Run = pyclean.output().unwrap().into();
        assert_eq!(run.code, Some(0), "{arguments}: {}", run.stderr);
        assert!(!ran.exists(), "{arguments}");
        let called = fs::read_to_string(&calls).expect("git is called");
        let mut words = called.split_whitespace();
        assert!(words.any(|word| word == command), "{arguments}: {called}");
        fs::remove_file(&calls).unwrap();
    }
    assert!(!tree.path().join("new.txt").exists());
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
