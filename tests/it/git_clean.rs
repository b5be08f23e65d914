//! Running `git clean`: `--git-clean`.

use std::fs;

use snapbox::str;

use crate::util::{git, init_repository, is_missing, tree};
#[cfg(unix)]
use crate::util::{search_path_with, temp_dir, write_script};
use crate::{assert_reports, assert_run, create_repository, listed, run_command};
#[cfg(target_os = "linux")]
use {crate::util::run_successfully, std::path::Path, std::process::Command};

#[test]
fn git_clean_runs_after_the_removal() {
    let entries = "a.py new.txt .idea/i sub/b.py sub/new.o sub/.gitignore __pycache__/a.pyc";
    let Some(tree) = create_repository(entries, &["a.py", "sub/b.py"]) else {
        return;
    };
    fs::write(tree.file_path("sub/.gitignore"), "*.o").unwrap();
    let run = tree.pyclean(". --ignore .idea --git-clean -n");
    run.assert_snapshot(str![[r#"
__pycache__/
Would remove __pycache__/
Would remove new.txt
Would remove sub/.gitignore
Would remove sub/new.o
--- stderr
Would remove 1 directory and 1 file (17 B), besides what git lists.
--- exit 0

"#]]);
    let run = tree.pyclean(". --ignore .idea --git-clean --yes");
    assert_eq!(run.code, Some(0));
    assert_eq!(git(&tree, ".", &["status", "--porcelain"]), "?? .idea/\n");
    assert!(!tree.listing().contains("new"));
}

#[test]
fn git_clean_ignores_git_dir_of_a_hook() {
    let Some(tree) = create_repository("sub/a.txt sub/new.txt", &["sub/a.txt"]) else {
        return;
    };
    let mut command = tree.command(["sub", "--git-clean", "--yes"]);
    let run = run_command(command.env("GIT_DIR", tree.path().join(".git")));
    run.assert("Removing new.txt\n", "Nothing else to remove.\n", 0);
}

#[test]
fn git_clean_keeps_ignored_entries() {
    let entries = "a.py a/keep/d keep/d !q star/x1 #a a.o b.o far/d removed/d .idea/i";
    let Some(tree) = create_repository(entries, &["a.py"]) else {
        return;
    };
    let run = tree.pyclean(". -gy -i keep ./far/ !q x? #a *.o .idea");
    run.assert("Removing removed/\n", "Nothing else to remove.\n", 0);
}

#[test]
fn git_clean_supports_ignored_names_alone() {
    let Some(tree) = create_repository("a.py data1/x a.pyc", &["a.py"]) else {
        return;
    };
    let before = tree.listing();
    let error = "error: --git-clean does not support the ignored \"data{1,2}\": use a plain name\n";
    assert_run(&tree, ". -g -y -i data{1,2}", "", error, 2);
    let words = r"data[12] a/data1 a/* **/data1 ../data1 [[:alpha:]]* data\1";
    let absolute = format!("{}/data1", tree.path().display());
    for word in words.split(' ').chain([&*absolute]) {
        let run = tree.pyclean(&format!(". -g -y -i {word}"));
        assert_eq!(run.code, Some(2), "{word}");
    }
    // It does not support `--one-file-system` either.
    assert_eq!(tree.pyclean(". -g -y -x").code, Some(2));
    assert_eq!(tree.listing(), before);
}

#[test]
fn check_includes_git_clean() {
    let Some(tree) = create_repository("a.py new.txt", &["a.py"]) else {
        return;
    };
    let nothing = "Nothing else to remove.\n";
    assert_run(&tree, "--check . -g", "Would remove new.txt\n", nothing, 1);
    assert_run(&tree, "-n . -g", "Would remove new.txt\n", nothing, 0);
    tree.pyclean(". -g -q -n").assert("", "", 0);
    tree.pyclean(". -g -q --check").assert("", "", 1);
    tree.pyclean(". -g -q --yes").assert("", "", 0);
    assert_run(&tree, "--check . -g", "", nothing, 0);
    // Git skips a nested repository, so it does not count as something to remove.
    tree.add("u/own/f");
    init_repository(&tree, "u/own", &["f"]);
    let skipped = "Would skip repository u/own\n";
    assert_run(&tree, "--check . -g", skipped, nothing, 0);
    tree.add("new.txt");
    tree.pyclean(". -qgy").assert("", "", 0);
    assert!(!tree.names().contains("new.txt"));
}

#[test]
fn git_clean_refuses_a_work_tree_elsewhere() {
    if is_missing("git") {
        return;
    }
    let tree = tree("repository/a.py victim/precious");
    init_repository(&tree, "repository", &["a.py"]);
    let victim = tree.path().join("victim");
    let set = ["config", "core.worktree", victim.to_str().unwrap()];
    git(&tree, "repository", &set);
    let error = "error: git clean failed in repository: its work tree is another one\n\
                 Nothing removed.\n";
    assert_run(&tree, "repository --git-clean --yes", "", error, 1);
    assert!(tree.path().join("victim/precious").exists());
}

/// Git takes the repository around it instead, in which nothing of it is tracked.
#[test]
fn git_clean_does_not_remove_a_repository_that_git_cannot_read() {
    let Some(tree) = create_repository("a.py sub/s.py sub/in/t.py", &["a.py"]) else {
        return;
    };
    init_repository(&tree, "sub", &["s.py", "in/t.py"]);
    fs::write(tree.path().join("sub/.git/HEAD"), "").unwrap();
    for path in ["sub", "sub/in"] {
        let error = format!("error: git clean failed in {path}: its work tree is another one");
        assert_reports(&tree, &format!("{path} --git-clean --yes"), 1, &error);
    }
    assert!(
        tree.path().join("sub/.git/objects").exists() && tree.path().join("sub/in/t.py").exists()
    );
}

#[test]
fn git_clean_needs_a_repository_and_git() {
    if is_missing("git") {
        return;
    }
    let tree = tree("a.pyc b.txt");
    let warning = "warning: . is not in a git repository; ";
    assert_reports(&tree, ". --git-clean --yes", 0, warning);
    tree.add("a.pyc");
    let run = run_command(tree.command([".", "-g", "-y"]).env("PATH", "/nowhere"));
    let error = "error: --git-clean requires git, which was not found on PATH\n";
    run.assert("", error, 2);
    tree.assert_left("a.pyc b.txt");
}

#[test]
fn failure_of_git_is_reported() {
    let Some(tree) = create_repository("a.py new.txt", &["a.py"]) else {
        return;
    };
    fs::write(tree.path().join(".git/index"), "damaged").unwrap();
    let error = "error: git clean failed in .";
    assert_reports(&tree, ". --git-clean --yes", 1, error);
    assert!(tree.path().join("new.txt").exists());
}

/// Git blocks if nothing reads its warnings.
#[test]
fn many_warnings_of_git_do_not_block() {
    if is_missing("git") {
        return;
    }
    let tree = tree("new.txt");
    git(&tree, ".", &["init", "-q"]);
    let unknown_value = "[core]\n\tfsync = zzz\n".repeat(3000);
    fs::write(tree.file_path(".git/config"), unknown_value).unwrap();
    assert_eq!(listed(&tree, ". --git-clean"), "Would remove new.txt\n");
}

/// A repository can name a program that git starts to find changed files, and an empty entry in
/// `PATH` means the working directory, which can contain a program `git`.
#[cfg(unix)]
#[test]
fn no_program_of_the_repository_is_run() {
    if is_missing("git") {
        return;
    }
    let tree = tree("repository/a.py repository/new.txt");
    init_repository(&tree, "repository", &["a.py"]);
    let programs = temp_dir();
    let [hook, ran] = ["hook", "ran"].map(|name| programs.path().join(name));
    let touch = format!("touch '{}'", ran.display());
    write_script(&hook, &touch);
    let set = ["config", "core.fsmonitor", hook.to_str().unwrap()];
    git(&tree, "repository", &set);
    git(&tree, "repository", &["status"]);
    fs::remove_file(&ran).expect("`git status` runs the hook");
    write_script(&tree.file_path("repository/git"), &touch);
    let mut path = search_path_with("".as_ref());
    for arguments in [["repository", "-ng"], ["repository", "-gy"]] {
        let run = run_command(tree.command(arguments).env("PATH", &path));
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert!(run.stdout.contains("new.txt"), "{}", run.stdout);
        assert!(!ran.exists(), "{arguments:?}");
        tree.add("repository/new.txt");
        path = search_path_with(&tree.path().join("no"));
    }
}

/// A repository without one of its objects can name a program that fetches it.
#[cfg(unix)]
#[test]
fn missing_object_is_not_fetched() {
    let Some(tree) = create_repository("in/a out/b root new.txt", &["in", "out", "root"]) else {
        return;
    };
    let object = git(&tree, ".", &["rev-parse", "HEAD:out"]);
    let sparse = ["sparse-checkout", "set", "--cone", "--sparse-index", "in"];
    git(&tree, ".", &sparse);
    let outside = temp_dir();
    let ran = outside.path().join("ran");
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
    git(&tree, ".", &["ls-files"]);
    fs::remove_file(&ran).expect("`git ls-files` fetches the object");
    // To know whether git tracks it, git needs the object.
    tree.add("out/b");
    let run = tree.pyclean(". --git-clean --yes");
    assert!(!ran.exists());
    assert!(tree.path().join("out/b").exists() && tree.path().join("new.txt").exists());
    assert_eq!(run.code, Some(1), "{}", run.stderr);
}

/// A service manager sends the signal to the main process alone.
#[cfg(target_os = "linux")]
#[test]
fn git_ends_on_the_first_signal() {
    let tree = tree("a.py");
    let programs = temp_dir();
    let pid = tree.path().join("pid");
    let script = format!(
        r#"case "$*" in
            *--version | *' -n '*) ;;
            *--show-prefix) echo true ;;
            *) echo $$ >'{pid}.new'; mv '{pid}.new' '{pid}'; exec sleep 30 ;;
        esac"#,
        pid = pid.display()
    );
    write_script(&programs.path().join("git"), &script);
    let mut command = tree.command_with_default_signals(&[".", "-qgy"]);
    command.env("PATH", search_path_with(programs.path()));
    let mut run = command.spawn().unwrap();
    while !pid.exists() {
        assert_eq!(run.try_wait().unwrap(), None);
    }
    let mut kill = Command::new("kill");
    kill.arg(run.id().to_string());
    run_successfully(kill);
    assert_eq!(run.wait().unwrap().code(), Some(130));
    let pid = fs::read_to_string(pid).unwrap();
    assert!(!Path::new("/proc").join(pid.trim()).exists());
}
