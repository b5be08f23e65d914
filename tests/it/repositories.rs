//! Bytecode and other files in git repositories: what git tracks, and the files of a
//! repository itself.

use std::fs;

use snapbox::str;

use crate::util::{git, init_repository, is_missing, tree};

#[test]
fn program_in_a_work_tree_whose_repository_was_moved_is_kept() {
    if is_missing("git") {
        return;
    }
    let tree = tree("main/app/prog.pyc sub/empty/");
    init_repository(&tree, "main", &["app/prog.pyc"]);
    git(
        &tree,
        "main",
        &["worktree", "add", "-q", "../wt", "-b", "b"],
    );
    let warning = "warning: kept wt/app/prog.pyc: tracked by git, without a source\n";
    let run = tree.pyclean("-n wt");
    assert!(run.stderr.starts_with(warning), "{}", run.stderr);
    fs::rename(tree.path().join("main"), tree.path().join("moved")).unwrap();
    let run = tree.pyclean("wt");
    assert!(
        run.stderr.contains(
            "kept wt/app/prog.pyc: git could not determine whether it is tracked\nNothing removed."
        ),
        "{}",
        run.stderr
    );
    assert_eq!(run.code, Some(1));
    // An empty directory may be a submodule.
    tree.add("wt/empty/");
    let run = tree.pyclean("wt --folders");
    assert!(run.stderr.contains("wt/empty"), "{}", run.stderr);
    assert_eq!(run.code, Some(1));
    assert!(tree.path().join("wt/empty").exists());
}

#[test]
fn repository_whose_git_directory_is_elsewhere_and_was_moved_keeps_what_it_may_track() {
    if is_missing("git") {
        return;
    }
    let tree = tree("w/dist/app.js w/m.pyc w/pyproject.toml else/");
    let separate = format!(
        "--separate-git-dir={}",
        tree.path().join("else/.git").display()
    );
    git(&tree, "w", &["init", "-q", &separate]);
    git(&tree, "w", &["add", "-f", "."]);
    git(&tree, "w", &["commit", "-qm", "all"]);
    for code in [0, 1] {
        let run = tree.pyclean("-n w --debris");
        assert_eq!(run.stdout, "", "{}", run.stderr);
        assert_eq!(run.code, Some(code));
        if code == 0 {
            fs::rename(tree.path().join("else"), tree.path().join("gone")).unwrap();
        }
    }
}

#[test]
fn tracked_program_is_kept_also_if_it_is_named() {
    if is_missing("git") {
        return;
    }
    let tree = tree("p/m.pyc p/__pycache__/n.cpython-312.pyc p/__pycache__/new.cpython-312.pyc");
    let tracked = ["p/m.pyc", "p/__pycache__/n.cpython-312.pyc"];
    init_repository(&tree, ".", &tracked);
    tree.pyclean("-v p/m.pyc p/__pycache__")
        .assert_snapshot(str![[r#"
p/__pycache__/new.cpython-312.pyc
--- stderr
warning: kept p/__pycache__/n.cpython-312.pyc, p/m.pyc: tracked by git, without a source
Removed 1 file (33 B).
--- exit 0

"#]]);
    assert_eq!(git(&tree, ".", &["status", "--porcelain"]), "");
}

#[test]
fn only_a_regular_file_is_the_source_of_a_tracked_program() {
    if is_missing("git") {
        return;
    }
    let tree = tree("m.pyc m.py/x n.pyc n.py __pycache__/.gitkeep");
    init_repository(&tree, ".", &["m.pyc", "n.pyc", "__pycache__/.gitkeep"]);
    tree.pyclean("-n .").assert_snapshot(str![[r#"
__pycache__/
n.pyc
--- stderr
warning: kept m.pyc: tracked by git, without a source
warning: would remove __pycache__/.gitkeep, n.pyc, which git tracks; to stop tracking: git rm --cached FILE
Would remove 1 directory and 2 files (25 B).
--- exit 0

"#]]);
}

/// The nearest repository was created later, and tracks nothing.
#[test]
fn outer_repository_that_git_refuses_keeps_what_it_may_track() {
    if is_missing("git") {
        return;
    }
    let tree = tree("a/b/dist/x a/b/setup.py");
    init_repository(&tree, "a", &["b/dist/x"]);
    init_repository(&tree, "a/b", &["setup.py"]);
    let run = tree.pyclean("-n a/b --debris");
    assert!(
        run.stderr.contains("kept a/b/dist: tracked by git"),
        "{}",
        run.stderr
    );
    fs::write(tree.path().join("a/.git/config"), "[core").unwrap();
    let run = tree.pyclean("-n a/b --debris");
    assert_eq!(run.stdout, "");
    assert!(
        run.stderr.contains("kept a/b/dist: git could not"),
        "{}",
        run.stderr
    );
    assert_eq!(run.code, Some(1));
}

#[test]
fn submodule_is_found_as_git_ignores_case() {
    if is_missing("git") {
        return;
    }
    let tree = tree("a lib/");
    init_repository(&tree, ".", &["a"]);
    let commit = git(&tree, ".", &["rev-parse", "HEAD"]);
    let entry = format!("160000,{},Lib", commit.trim());
    git(
        &tree,
        ".",
        &["update-index", "--add", "--cacheinfo", &entry],
    );
    git(&tree, ".", &["config", "core.ignorecase", "true"]);
    let run = tree.pyclean("-n . --folders");
    run.assert(
        "",
        "warning: kept lib: a submodule\nNothing to remove.\n",
        0,
    );
}

/// A branch can be called `x.pyc`.
#[test]
fn files_of_a_bare_repository_are_kept() {
    let entries = "r.git/HEAD r.git/config r.git/objects/ab/ r.git/refs/heads/x.pyc \
                   r.git/logs/refs/x.pyc r.git/worktrees/w/refs/worktree/x.pyc \
                   r.git/modules/m/refs/heads/x.pyc";
    let tree = tree(entries);
    tree.pyclean("-n .").assert("", "Nothing to remove.\n", 0);
    let run = tree.pyclean(". --folders --yes --erase r.git/** **/*.pyc");
    assert!(
        run.stderr.contains(": part of a repository"),
        "{}",
        run.stderr
    );
    tree.assert_left(entries);
    // In a repository that the user named, it is as he says.
    tree.pyclean("r.git --yes --erase config -q");
    assert!(!tree.path().join("r.git/config").exists());
}

#[test]
fn git_directory_that_a_glob_writes_out_is_erased_as_a_whole() {
    let tree = tree("x/.git/HEAD x/.git/objects/ab/c x/.git/refs/heads/main x/keep");
    tree.pyclean(". --yes --quiet --erase x/.git/** x/.git/");
    tree.assert_left("x/keep");
}

#[test]
fn directories_of_every_version_control_system_are_skipped() {
    let entries = "_darcs/pristine/m.pyc .bzr/m.pyc .sl/store/__pycache__/m.pyc CVS/m.pyc \
                   .pijul/m.pyc .hg/m.pyc .svn/m.pyc .jj/m.pyc .git/m.pyc";
    let tree = tree(entries);
    tree.pyclean(".").assert("", "Nothing to remove.\n", 0);
    tree.pyclean(". --no-default-ignore -q");
    assert_eq!(tree.listing().matches("m.pyc").count(), 0);
}

/// A repository or settings may be in the part that was not read.
#[cfg(target_os = "linux")]
#[test]
fn directory_that_is_read_halfway_is_kept() {
    use crate::util::{PYCLEAN, skipped, temp_dir};
    use std::process::Command;
    if is_missing("strace") {
        return;
    }
    let tree = tree("big/setup.py other/m.pyc");
    for number in 0..900 {
        tree.add(&format!("big/module_with_a_long_name_{number:04}.pyc"));
    }
    let log = temp_dir();
    let mut failed = 0;
    // The second part of the directory follows the first one, and that of the PATH.
    for number in 1..=6 {
        let inject = format!("inject=getdents64:error=EIO:when={number}");
        let output = Command::new("strace")
            .args(["-f", "-qq", "-e", "trace=getdents64", "-e", &inject, "-o"])
            .arg(log.path().join("trace"))
            .args([PYCLEAN, "-n", "big"])
            .current_dir(tree.path())
            .output()
            .unwrap();
        if output.status.code().is_none_or(|code| code > 1) {
            return skipped("strace cannot trace here");
        }
        let trace = fs::read_to_string(log.path().join("trace")).unwrap();
        if trace.contains("(INJECTED)") {
            let stdout = String::from_utf8_lossy(&output.stdout);
            assert_eq!(stdout, "", "{number}");
            assert_eq!(output.status.code(), Some(1));
            failed += 1;
        }
    }
    assert!(failed >= 2, "only {failed} calls failed");
}
