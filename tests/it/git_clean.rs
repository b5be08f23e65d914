//! Running `git clean`: `--git-clean`.

use std::fs;

use snapbox::str;

use crate::util::{Run, canonical, git, init_repository, is_missing, tree};
#[cfg(unix)]
use crate::util::{search_path_with, temp_dir, write_script};
#[cfg(target_os = "linux")]
use {crate::util::run_successfully, std::path::Path, std::process::Command};

#[test]
fn git_clean_runs_after_the_removal() {
    if is_missing("git") {
        return;
    }
    let tree = tree("a.py new.txt .idea/i sub/b.py sub/new.o sub/.gitignore __pycache__/a.pyc");
    fs::write(tree.file_path("sub/.gitignore"), "*.o").unwrap();
    init_repository(&tree, ".", &["a.py", "sub/b.py"]);
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
    if is_missing("git") {
        return;
    }
    let tree = tree("sub/a.txt sub/new.txt");
    init_repository(&tree, ".", &["sub/a.txt"]);
    let mut command = tree.command(["sub", "--git-clean", "--yes"]);
    let run: Run = command
        .env("GIT_DIR", tree.path().join(".git"))
        .output()
        .unwrap()
        .into();
    run.assert("Removing new.txt\n", "Nothing else to remove.\n", 0);
}

#[test]
fn git_clean_keeps_ignored_entries() {
    if is_missing("git") {
        return;
    }
    let tree = tree("a.py a/keep/d keep/d !q star/x1 #a a.o b.o far/d removed/d .idea/i");
    init_repository(&tree, ".", &["a.py"]);
    let run = tree.pyclean(". -gy -i keep ./far/ !q x? #a *.o .idea");
    run.assert("Removing removed/\n", "Nothing else to remove.\n", 0);
}

#[test]
fn git_clean_supports_ignored_names_alone() {
    if is_missing("git") {
        return;
    }
    let tree = tree("a.py data1/x a.pyc");
    init_repository(&tree, ".", &["a.py"]);
    let before = tree.listing();
    tree.pyclean(". -g -y -i data{1,2}")
        .assert_snapshot(str![[r#"
--- stderr
error: --git-clean does not support the ignored "data{1,2}": use a plain name
--- exit 2

"#]]);
    let absolute = format!("{}/data1", tree.path().display());
    let words = [
        "data[12]",
        "a/data1",
        "a/*",
        "**/data1",
        "../data1",
        "[[:alpha:]]*",
    ];
    for word in words.into_iter().chain([&*absolute, r"data\1"]) {
        let run = tree.pyclean(&format!(". -g -y -i {word}"));
        assert_eq!(run.code, Some(2), "{word}");
    }
    // It does not support `--one-file-system` either.
    assert_eq!(tree.pyclean(". -g -y -x").code, Some(2));
    assert_eq!(tree.listing(), before);
}

#[test]
fn check_includes_git_clean() {
    if is_missing("git") {
        return;
    }
    let tree = tree("a.py new.txt");
    init_repository(&tree, ".", &["a.py"]);
    let run = tree.pyclean("--check . --git-clean");
    run.assert("Would remove new.txt\n", "Nothing else to remove.\n", 1);
    assert_eq!(tree.pyclean("-n . --git-clean").code, Some(0));
    assert_eq!(tree.pyclean("-q . --git-clean --yes").code, Some(0));
    tree.pyclean("--check . -g")
        .assert("", "Nothing else to remove.\n", 0);
    // Git skips a nested repository, so it does not count as something to remove.
    tree.add("u/own/f");
    init_repository(&tree, "u/own", &["f"]);
    let run = tree.pyclean("--check . -g");
    run.assert(
        "Would skip repository u/own\n",
        "Nothing else to remove.\n",
        0,
    );
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
    let run = tree.pyclean("repository --git-clean --yes");
    let path = canonical(tree.path());
    run.redact(path, "[PATH]").assert_snapshot(str![[r#"
--- stderr
error: git clean failed in repository: its work tree is another one
Nothing removed.
--- exit 1

"#]]);
    assert!(tree.path().join("victim/precious").exists());
}

/// Git takes the repository around it instead, in which nothing of it is tracked.
#[test]
fn git_clean_does_not_remove_a_repository_that_git_cannot_read() {
    if is_missing("git") {
        return;
    }
    let tree = tree("a.py sub/s.py sub/in/t.py");
    init_repository(&tree, ".", &["a.py"]);
    init_repository(&tree, "sub", &["s.py", "in/t.py"]);
    fs::write(tree.path().join("sub/.git/HEAD"), "").unwrap();
    for path in ["sub", "sub/in"] {
        let run = tree.pyclean(&format!("{path} --git-clean --yes"));
        let error = format!("error: git clean failed in {path}: its work tree is another one");
        assert!(run.stderr.contains(&error), "{}", run.stderr);
        assert_eq!(run.code, Some(1));
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
    let run = tree.pyclean(". --git-clean --yes");
    let warning = "warning: . is not in a git repository; ";
    assert!(run.stderr.contains(warning), "{}", run.stderr);
    assert_eq!(run.code, Some(0));
    tree.add("a.pyc");
    let mut command = tree.command([".", "-g", "-y"]);
    let run: Run = command.env("PATH", "/nowhere").output().unwrap().into();
    run.assert_snapshot(str![[r#"
--- stderr
error: --git-clean requires git, which was not found on PATH
--- exit 2

"#]]);
    tree.assert_left("a.pyc b.txt");
}

#[test]
fn quiet_dry_run_of_git_clean_prints_nothing() {
    if is_missing("git") {
        return;
    }
    let tree = tree("a.py new.txt");
    init_repository(&tree, ".", &["a.py"]);
    tree.pyclean(". -g -q -n").assert("", "", 0);
    tree.pyclean(". -g -q --check").assert("", "", 1);
    assert!(tree.listing().contains("new.txt\n"));
}

#[test]
fn failure_of_git_is_reported() {
    if is_missing("git") {
        return;
    }
    let tree = tree("a.py new.txt");
    init_repository(&tree, ".", &["a.py"]);
    fs::write(tree.path().join(".git/index"), "damaged").unwrap();
    let run = tree.pyclean(". --git-clean --yes");
    assert_eq!(run.code, Some(1));
    let error = "error: git clean failed in .";
    assert!(run.stderr.contains(error), "{}", run.stderr);
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
    let run = tree.pyclean("-n . --git-clean");
    assert_eq!(run.stdout, "Would remove new.txt\n", "{}", run.stderr);
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
        let mut command = tree.command(arguments);
        let run: Run = command.env("PATH", &path).output().unwrap().into();
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
    if is_missing("git") {
        return;
    }
    let tree = tree("in/a out/b root new.txt");
    init_repository(&tree, ".", &["in", "out", "root"]);
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
