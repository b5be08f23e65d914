//! Repositories and environments are kept: they may exist nowhere else.

use crate::util::{can_symlink, git, init_repository, is_missing, lacks_symlinks, tree};
use crate::{assert_finds_nothing, assert_listed, assert_reports, assert_run};

/// What makes a directory a repository of any version control system.
const REPOSITORIES: [&str; 13] = [
    ".git/HEAD",
    // A submodule or a linked work tree.
    ".git",
    ".hg/store/s",
    ".svn/wc.db",
    ".jj/repo/r",
    ".bzr/README",
    "_darcs/format",
    ".pijul/config",
    ".sl/store",
    "CVS/Root",
    ".fslckout",
    "_FOSSIL_",
    // A bare git repository.
    "HEAD objects/ refs/",
];

/// What makes a directory a virtual environment.
const ENVIRONMENTS: [&str; 5] = [
    "pyvenv.cfg",
    "conda-meta/history",
    "bin/activate bin/python3",
    "bin/activate bin/python->python3",
    "Scripts/activate Scripts/python.exe",
];

/// What makes a directory a repository or an environment, and what a warning calls it.
fn kinds() -> Vec<(&'static str, &'static str)> {
    let repositories = REPOSITORIES.map(|marker| (marker, "nested repository"));
    let environments = ENVIRONMENTS.map(|marker| (marker, "virtual environment"));
    let mut kinds = [&repositories[..], &environments].concat();
    kinds.retain(|(marker, _)| can_symlink() || !marker.contains("->"));
    kinds
}

/// The entries of a directory, each with the path of that directory.
fn in_directory(directory: &str, entries: &str) -> String {
    let entries = entries.split(' ');
    entries
        .map(|entry| format!("{directory}/{entry} "))
        .collect()
}

#[test]
fn debris_that_contains_one_is_kept() {
    for (marker, reason) in kinds() {
        for (directory, inner) in [("dist", ""), ("build/lib", "/a/b"), (".mypy_cache", "/in")] {
            let marker = in_directory(&format!("{directory}{inner}"), marker);
            let tree = tree(&format!("{marker} {directory}/w setup.py"));
            let before = tree.listing();
            let warning = format!("warning: kept {directory}: {reason}\n");
            let run = assert_reports(&tree, ". --debris package mypy --folders", 0, &warning);
            assert!(run.stderr.ends_with("Nothing to remove.\n"), "{marker}");
            assert_eq!(tree.listing(), before);
        }
    }
}

#[test]
fn one_in_a_cache_is_kept_and_the_rest_is_removed() {
    for (marker, reason) in kinds() {
        let marker = in_directory("__pycache__/a/nested", marker);
        let kept = format!("{marker} __pycache__/a/nested/m.pyc __pycache__/a/nested/b/n");
        let rest = "__pycache__/m.pyc __pycache__/a/b __pycache__/c/d";
        let tree = tree(&format!("{kept} {rest}"));
        let run = tree.pyclean("-v . --debris all --folders");
        let listing = "__pycache__/a/b\n__pycache__/c/\n__pycache__/c/d\n__pycache__/m.pyc\n";
        assert_eq!(run.stdout, listing, "{marker}");
        let warning = format!("warning: kept __pycache__/a/nested: {reason}\n");
        assert!(run.stderr.starts_with(&warning), "{marker}: {}", run.stderr);
        assert_eq!(run.code, Some(0));
        tree.assert_left(&kept);
    }
}

#[test]
fn kept_debris_is_searched_for_bytecode_alone() {
    let tree = tree(
        ".mypy_cache/.git/ .mypy_cache/a/__pycache__/a.pyc .mypy_cache/b .tox/py/.git/HEAD \
         .tox/py/a.pyc",
    );
    // What is skipped by default is not searched.
    let stderr = "warning: kept .mypy_cache, .tox: nested repository\n\
                  Would remove 2 directories and 1 file (31 B).\n";
    let arguments = "-n . -f --debris mypy tox";
    assert_run(&tree, arguments, ".mypy_cache/a/\n", stderr, 0);
}

#[test]
fn debris_of_tox_and_nox_may_contain_environments_but_no_repository() {
    let tree = tree(
        ".tox/py/pyvenv.cfg .tox/py/bin/activate .tox/py/bin/python .nox/tests/conda-meta/history",
    );
    assert_listed(&tree, ". --debris tox nox", ".nox/ .tox/");
    tree.add(".tox/py/src/x/.hg/store");
    tree.add(".nox/tests/src/.git");
    let stderr = "warning: kept .nox, .tox: nested repository\nNothing to remove.\n";
    assert_run(&tree, ". --debris tox nox", "", stderr, 0);
}

#[test]
fn environment_is_skipped_whatever_its_name() {
    for marker in ["pyvenv.cfg", "conda-meta/history"] {
        let entries = "env/m.pyc env/lib/__pycache__/m.cpython-312.pyc env/include/ env/dist/w";
        let tree = tree(&format!("env/{marker} {entries} env/setup.py"));
        assert_finds_nothing(&tree, ". --debris all --folders");
        let listing = "env/lib/__pycache__/ env/m.pyc";
        assert_listed(&tree, ". --no-default-ignore", listing);
        // A PATH is searched. The environment needs its empty directories.
        assert_reports(&tree, "env --debris --folders", 0, "");
        tree.assert_left(&format!("env/{marker} env/lib/ env/include/ env/setup.py"));
    }
}

#[test]
fn environment_is_neither_debris_nor_empty() {
    let tree = tree(
        "pyproject.toml env/pyvenv.cfg env/lib/ env/include/ env/bin/python \
         build/conda-meta/history build/lib/x dist/conda-meta/history .cache/e/pyvenv.cfg",
    );
    let before = tree.listing();
    let run = tree.pyclean(". --debris all --folders");
    assert_eq!(tree.listing(), before, "{}", run.stderr);
    assert_eq!(run.code, Some(0));
}

/// A branch can be called `x.pyc`.
#[test]
fn files_of_a_bare_repository_are_kept() {
    let repository = "r.git/HEAD r.git/config r.git/objects/info/ r.git/refs/heads/x.pyc \
                      r.git/refs/heads/.mypy_cache/2.0 r.git/logs/refs/x.pyc r.git/refs/tags/ \
                      r.git/worktrees/w/refs/worktree/x.pyc r.git/modules/m/refs/heads/x.pyc";
    let tree = tree(&format!(
        "{repository} refs/.mypy_cache/m logs/x.pyc objects/"
    ));
    assert_eq!(tree.pyclean("-q . --debris mypy --folders").code, Some(0));
    tree.assert_left(repository);
    let arguments = ". --folders --yes --erase r.git/** **/*.pyc";
    assert_reports(&tree, arguments, 0, ": part of a repository");
    tree.assert_left(repository);
    // In a repository that the user named, the user decides.
    tree.pyclean("r.git --yes --erase config -q");
    assert!(!tree.path().join("r.git/config").exists());
}

#[test]
fn contents_of_git_directories_are_kept() {
    if is_missing("git") {
        return;
    }
    let tree = tree(
        "src/setup.py .hg/store/data/dist/f.i .hg/store/data/setup.py .svn/tmp/ __pycache__/ \
         setup.py in/.git/ in/keep.txt",
    );
    init_repository(&tree, "src", &["setup.py"]);
    git(&tree, ".", &["clone", "-q", "--bare", "src", ".bare"]);
    let add = ["-C", ".bare", "worktree", "add", "-q", "../dist", "-b"];
    git(&tree, ".", &[&add[..], &["dist"]].concat());
    let add = ["worktree", "add", "-q", "build/lib", "-b", "pages"];
    git(&tree, "src", &add);
    let arguments = ". --debris --folders --no-default-ignore";
    let run = assert_reports(&tree, arguments, 0, ": part of a repository\n");
    assert_eq!(run.stdout, "");
    for worktree in ["dist", "src/build/lib"] {
        assert_eq!(git(&tree, worktree, &["status", "--porcelain"]), "");
    }
    let listing = tree.listing();
    for kept in [".hg/store/data/dist/f.i\n", ".svn/tmp/\n", "in/.git/\n"] {
        assert!(listing.contains(kept), "{listing}");
    }
    assert!(!listing.contains("__pycache__"), "{listing}");
}

#[test]
fn worktree_inside_git_directory_is_cleaned() {
    if is_missing("git") {
        return;
    }
    let tree = tree("src/a");
    init_repository(&tree, "src", &["a"]);
    git(&tree, ".", &["clone", "-q", "--bare", "src", "repo.git"]);
    let add = ["-C", "repo.git", "worktree", "add", "-q", "main"];
    git(&tree, ".", &add);
    tree.add("repo.git/main/.pytest_cache/v");
    tree.add("repo.git/main/empty/");
    let listing = "repo.git/main/.pytest_cache/ repo.git/main/empty/";
    assert_listed(&tree, "repo.git/main --debris --folders", listing);
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
    assert_finds_nothing(&tree, ".");
    tree.pyclean(". --no-default-ignore -q");
    assert_eq!(tree.listing().matches("m.pyc").count(), 0);
}

/// The other version control system is not asked what it tracks.
#[test]
fn debris_in_work_tree_of_other_version_control_is_kept_if_its_name_is_generic() {
    for vcs in [".hg", ".svn", ".jj", ".bzr", "_darcs", ".pijul", ".sl"] {
        let tree = tree(&format!("{vcs}/store pyproject.toml dist/a .mypy_cache/m"));
        let warning = "kept dist: in a work tree";
        let run = assert_reports(&tree, "-n . --debris all", 0, warning);
        assert_eq!(run.stdout, ".mypy_cache/\n", "{vcs}");
    }
}

/// A repository or settings may be in the part that was not read.
#[cfg(target_os = "linux")]
#[test]
fn directory_that_is_read_halfway_is_kept() {
    use crate::faults::run_under_strace;
    use crate::util::skipped;
    if is_missing("strace") {
        return;
    }
    let tree = tree("big/setup.py other/m.pyc");
    for number in 0..900 {
        tree.add(&format!("big/module_with_a_long_name_{number:04}.pyc"));
    }
    let mut failed = 0;
    // The second part of the directory follows the first one, and that of the PATH.
    for number in 1..=6 {
        let fault = format!("inject=getdents64:error=EIO:when={number}");
        let options = ["-e", "trace=getdents64", "-e", &fault];
        let (run, trace) = run_under_strace(&tree, &options, "-n big");
        if run.code.is_none_or(|code| code > 1) {
            return skipped("strace cannot trace here");
        }
        if trace.contains("(INJECTED)") {
            assert_eq!((&*run.stdout, run.code), ("", Some(1)), "{number}");
            failed += 1;
        }
    }
    assert!(failed >= 2, "only {failed} calls failed");
}

#[test]
fn path_that_is_a_symlink_into_a_repository_is_guarded() {
    if lacks_symlinks() {
        return;
    }
    let tree = tree(".git/refs/ .git/a/ .git/dist/b .git/setup.py link->.git");
    tree.pyclean("link --folders --debris");
    tree.assert_left(".git/refs/ .git/a/ .git/dist/b .git/setup.py link->.git");
}
