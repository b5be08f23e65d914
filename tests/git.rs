//! What git is asked for: `--git-clean`, and repositories that are not to be trusted.

mod util;

use std::fs;
use std::path::Path;

use util::{Run, git, is_absent, repository, tree};

#[test]
fn git_clean_runs_afterwards() {
    if is_absent("git") {
        return;
    }
    let tree = tree("a.py new.txt .idea/i sub/b.py sub/new.o sub/.gitignore __pycache__/a.pyc");
    fs::write(tree.file("sub/.gitignore"), "*.o").unwrap();
    repository(&tree, ".", &["a.py", "sub/b.py"]);
    let run = tree.pyclean(". --ignore .idea --git-clean -n");
    run.assert(
        "__pycache__/\nWould remove __pycache__/\nWould remove new.txt\nWould remove sub/.gitignore\nWould remove sub/new.o\n",
        "Would remove 1 directory and 1 file (17 B).\n",
        0,
    );
    assert_eq!(
        tree.pyclean(". --ignore .idea --git-clean --yes").code,
        Some(0)
    );
    assert_eq!(git(&tree, ".", &["status", "--porcelain"]), "?? .idea/\n");
    assert!(!tree.left().contains("new"));
}

#[test]
fn git_clean_knows_what_is_tracked_in_a_hook_too() {
    if is_absent("git") {
        return;
    }
    let tree = tree("sub/a.txt sub/new.txt");
    repository(&tree, ".", &["sub/a.txt"]);
    let mut command = tree.command(["sub", "--git-clean", "--yes"]);
    let run: Run = command
        .env("GIT_DIR", tree.path().join(".git"))
        .output()
        .unwrap()
        .into();
    run.assert("Removing new.txt\n", "Nothing to remove.\n", 0);
}

#[test]
fn git_clean_leaves_alone_what_ignore_means() {
    if is_absent("git") {
        return;
    }
    let tree = tree(
        "a.py a/tests/fixtures/d keep/d absolute/d far/d [x]/d !q star/x1/d linked/d x/d gone/d link->.",
    );
    repository(&tree, ".", &["a.py"]);
    let top = tree.path().canonicalize().unwrap();
    let absolute = format!("{}/absolute", top.display());
    let linked = format!("{}/link/linked", top.display());
    let up = format!("../{}/far", top.file_name().unwrap().display());
    let arguments = [
        ".",
        "-gy",
        "-i",
        "tests/fixtures",
        "./keep",
        &absolute,
        &linked,
        &up,
        "[x]",
        "!q",
        "star/x?",
        "link",
    ];
    let run: Run = tree.command(arguments).output().unwrap().into();
    // As a glob, `[x]` means `x` too.
    run.assert("Removing gone/\n", "Nothing to remove.\n", 0);
}

#[test]
fn git_clean_leaves_alone_what_begins_above_the_repository() {
    if is_absent("git") {
        return;
    }
    for word in [
        "w/repo/data",
        "repo/data",
        "repo/*",
        "w/**/data",
        "*/repo/d?ta",
        "w/**/d",
        "w/repo/dat[!_]",
        "w/repo/dat[a-z]",
    ] {
        let tree = tree("w/repo/data/d w/repo/a.py");
        repository(&tree, "w/repo", &["a.py"]);
        let run = tree.pyclean(&format!("w/repo -g -y -i {word}"));
        assert_eq!(
            (&*run.stdout, run.code),
            ("", Some(0)),
            "{word}: {}",
            run.stderr
        );
        assert!(tree.names().contains("w/repo/data/d"), "{word}");
    }
}

#[test]
fn git_clean_is_refused_what_it_cannot_be_told() {
    if is_absent("git") {
        return;
    }
    let tree = tree("a.py data1/x a.pyc");
    repository(&tree, ".", &["a.py"]);
    let all = tree.left();
    tree.pyclean(". -g -y -i data{1,2}").assert(
        "",
        "error: --git-clean cannot leave alone what \"data{1,2}\" means: write it without alternatives, \
         and relative to the PATH\n",
        2,
    );
    assert_eq!(tree.pyclean(". -g -y -i /*/data1").code, Some(2));
    assert_eq!(tree.pyclean(". -g -y -x").code, Some(2));
    assert_eq!(tree.left(), all);
}

#[test]
fn git_clean_counts_where_something_is_checked() {
    if is_absent("git") {
        return;
    }
    let tree = tree("a.py new.txt");
    repository(&tree, ".", &["a.py"]);
    let run = tree.pyclean("--check . --git-clean");
    run.assert("Would remove new.txt\n", "Nothing to remove.\n", 1);
    assert_eq!(tree.pyclean("-n . --git-clean").code, Some(0));
    assert_eq!(tree.pyclean("-q . --git-clean --yes").code, Some(0));
    tree.pyclean("--check . -g")
        .assert("", "Nothing to remove.\n", 0);
    // That is passed by, and so it is nothing that would go.
    tree.file("u/own/f");
    tree.add("u/own/f");
    repository(&tree, "u/own", &["f"]);
    let run = tree.pyclean("--check . -g");
    run.assert("Would skip repository u/own\n", "Nothing to remove.\n", 0);
    tree.add("new.txt");
    tree.pyclean(". -qgy").assert("", "", 0);
    assert!(!tree.names().contains("new.txt"));
}

#[test]
fn git_clean_stays_where_it_was_asked_to_clean() {
    if is_absent("git") {
        return;
    }
    let tree = tree("repository/a.py victim/precious");
    repository(&tree, "repository", &["a.py"]);
    let victim = tree.path().join("victim");
    git(
        &tree,
        "repository",
        &["config", "core.worktree", victim.to_str().unwrap()],
    );
    let run = tree.pyclean("repository --git-clean --yes");
    let place = victim.canonicalize().unwrap();
    run.assert(
        "",
        &format!(
            "error: git clean failed in repository: its work tree is {}, not here\nNothing to remove.\n",
            place.display()
        ),
        1,
    );
    assert!(tree.path().join("victim/precious").exists());
}

#[test]
fn git_clean_needs_a_repository_and_a_git() {
    if is_absent("git") {
        return;
    }
    let tree = tree("a.pyc b.txt");
    let run = tree.pyclean(". --git-clean --yes");
    run.assert(
        "",
        "warning: . is in no git repository\nRemoved 1 file (5 B).\n",
        0,
    );
    tree.add("a.pyc");
    let mut command = tree.command([".", "-g", "-y"]);
    let run: Run = command
        .env("PATH", Path::new("/nowhere"))
        .output()
        .unwrap()
        .into();
    run.assert("", "error: --git-clean needs git, and there is none\n", 2);
    tree.assert_left("a.pyc b.txt");
}

/// The settings of a repository that was unpacked from somewhere can name a program that
/// git starts to learn what has changed.
#[cfg(unix)]
#[test]
fn no_program_that_a_repository_names_is_run() {
    use std::os::unix::fs::PermissionsExt;
    if is_absent("git") {
        return;
    }
    let tree = tree("a.py dist/d new.txt");
    repository(&tree, ".", &["a.py"]);
    let hook = tree.file("hook");
    fs::write(
        &hook,
        format!("#!/bin/sh\ntouch '{}/ran'\n", tree.path().display()),
    )
    .unwrap();
    fs::set_permissions(&hook, PermissionsExt::from_mode(0o755)).unwrap();
    git(
        &tree,
        ".",
        &["config", "core.fsmonitor", hook.to_str().unwrap()],
    );
    for arguments in [
        "-n . --debris",
        "-n . --git-clean",
        ". --debris",
        ". --git-clean --yes",
    ] {
        tree.pyclean(arguments);
        assert!(!tree.path().join("ran").exists(), "{arguments}");
    }
}

/// A repository that lacks an object, and says by what program to fetch it.
#[test]
#[cfg(unix)]
fn nothing_that_a_repository_lacks_is_fetched() {
    if is_absent("git") {
        return;
    }
    let tree = tree("in/a out/b root dist/d");
    repository(&tree, ".", &["in", "out", "root"]);
    let lacking = git(&tree, ".", &["rev-parse", "HEAD:out"]);
    git(
        &tree,
        ".",
        &["sparse-checkout", "set", "--cone", "--sparse-index", "in"],
    );
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
    let (directory, name) = lacking.trim().split_at(2);
    fs::remove_file(tree.path().join(".git/objects").join(directory).join(name)).unwrap();
    let run = tree.pyclean("-n . --debris");
    assert!(!ran.exists());
    assert_eq!((&*run.stdout, run.code), ("", Some(1)), "{}", run.stderr);
}

/// A program called `git` in a repository, and a PATH that leads into any directory.
#[test]
#[cfg(unix)]
fn no_git_of_the_repository_is_run() {
    use std::os::unix::fs::PermissionsExt;
    if is_absent("git") {
        return;
    }
    let tree = tree("repository/a.py repository/dist/d");
    repository(&tree, "repository", &["a.py"]);
    let ran = tree.path().join("ran");
    let program = tree.file("repository/git");
    fs::write(&program, format!("#!/bin/sh\ntouch '{}'\n", ran.display())).unwrap();
    fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
    let path = format!(":{}", std::env::var("PATH").unwrap());
    for arguments in [["repository", "-nd"], ["repository", "-ng"]] {
        let run: Run = tree
            .command(arguments)
            .env("PATH", &path)
            .output()
            .unwrap()
            .into();
        assert_eq!((run.code, ran.exists()), (Some(0), false), "{}", run.stderr);
    }
}

#[test]
fn a_repository_that_has_much_to_complain_of_holds_nothing_up() {
    if is_absent("git") {
        return;
    }
    let tree = tree("dist/a");
    git(&tree, ".", &["init", "-q"]);
    let warned_of = "[core]\n\tfsync = zzz\n".repeat(3000);
    fs::write(tree.file(".git/config"), warned_of).unwrap();
    let run = tree.pyclean("-n . --debris");
    assert_eq!(run.stdout, "dist/\n", "{}", run.stderr);
}
