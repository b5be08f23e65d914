//! Debris that is kept: tracked files, nested repositories and virtual environments.

use std::fs;

use snapbox::str;

use crate::util::{
    Run, Tree, can_symlink, canonical, git, init_repository, is_missing, lacks_symlinks, tree,
};

#[test]
fn tracked_debris_is_kept() {
    if is_missing("git") {
        return;
    }
    let tree = tree(
        "dist/app.js dist/__pycache__/a.pyc build/lib/tracked.py build/bdist.linux/b sub/dist/new \
         sub/htmlcov/i.html sub/setup.py .coverage setup.py",
    );
    let tracked = [
        "dist/app.js",
        "build/lib/tracked.py",
        "sub/setup.py",
        "setup.py",
    ];
    init_repository(&tree, ".", &tracked);
    tree.pyclean("-n . --debris").assert_snapshot(str![[r#"
.coverage
build/bdist.linux/
dist/__pycache__/
sub/dist/
sub/htmlcov/
--- stderr
warning: kept build/lib, dist: tracked by git
Would remove 4 directories and 5 files (80 B).
--- exit 0

"#]]);
    // Git sets these variables for the hooks of another repository. They have no effect.
    let mut command = tree.command([".", "--debris"]);
    command
        .env("GIT_DIR", "/nowhere")
        .env("GIT_INDEX_FILE", "/nowhere/index");
    assert!(command.output().unwrap().status.success());
    assert_eq!(git(&tree, ".", &["status", "--porcelain"]), "");
    tree.pyclean("-q sub dist build --debris");
    assert_eq!(git(&tree, ".", &["status", "--porcelain"]), "");
    assert!(!tree.listing().contains("bdist") && !tree.listing().contains("htmlcov"));
}

#[test]
fn tracked_debris_matched_by_erase_is_removed() {
    if is_missing("git") {
        return;
    }
    let tree = tree("tmp/a/.coverage tmp/dist/a.js tmp/setup.py dist/b.js .coverage setup.py");
    init_repository(&tree, ".", &["tmp", "dist", ".coverage"]);
    let run = tree.pyclean(". --debris --erase tmp/**/* tmp/ --yes");
    run.assert_snapshot(str![[r#"
--- stderr
warning: kept .coverage, dist: tracked by git
Removed 3 directories and 3 files (40 B).
--- exit 0

"#]]);
    assert!(!tree.path().join("tmp").exists());
    assert!(tree.path().join("dist/b.js").exists());
}

#[test]
fn tracked_debris_in_filtered_cache_is_kept() {
    if is_missing("git") {
        return;
    }
    let tree = tree("dist/__pycache__/.coverage dist/__pycache__/a.cpython-311.pyc");
    init_repository(&tree, ".", &["dist/__pycache__/.coverage"]);
    let run = tree.pyclean("-n . --debris --python 3.11");
    assert_eq!(run.stdout, "dist/__pycache__/a.cpython-311.pyc\n");
}

#[test]
fn tracked_debris_is_kept_in_subdirectory_worktree_and_submodule() {
    if is_missing("git") {
        return;
    }
    let tree = tree("lib/sub/dist/app.js lib/sub/x.egg-info/P lib/sub/setup.py main/m.py");
    init_repository(&tree, "lib", &["sub/dist/app.js", "sub/setup.py"]);
    init_repository(&tree, "main", &["m.py"]);
    git(&tree, "lib", &["worktree", "add", "-q", "../work", "HEAD"]);
    let add = ["submodule", "--quiet", "add", "../lib", "lib"];
    git(&tree, "main", &add);
    git(&tree, "main", &["commit", "-qm", "submodule"]);
    for debris in ["work/sub/x.egg-info/P", "main/lib/sub/x.egg-info/P"] {
        tree.add(debris);
    }
    for path in ["lib/sub", "work/sub", "main/lib/sub", "main"] {
        let stderr = tree.pyclean(&format!("{path} --debris")).stderr;
        assert!(stderr.contains("tracked by git"), "{path}: {stderr}");
    }
    for path in ["lib", "work", "main", "main/lib"] {
        assert_eq!(git(&tree, path, &["status", "--porcelain"]), "", "{path}");
    }
    assert!(!tree.listing().contains("egg-info"), "{}", tree.listing());
}

#[test]
fn debris_tracked_by_outer_repository_is_kept() {
    if is_missing("git") {
        return;
    }
    let tree = tree("sub/dist/app.js sub/.coverage sub/setup.py");
    init_repository(&tree, ".", &["sub/dist/app.js"]);
    git(&tree, "sub", &["init", "-q"]);
    tree.pyclean("-n . --debris").assert_snapshot(str![[r#"
sub/.coverage
--- stderr
warning: kept sub/dist: tracked by git
Would remove 1 file (13 B).
--- exit 0

"#]]);
}

#[test]
fn invalid_outer_repository_does_not_protect_debris() {
    if is_missing("git") {
        return;
    }
    let tree = tree(".git/ in/.pytest_cache/v");
    git(&tree, "in", &["init", "-q"]);
    tree.pyclean("-n in --debris").assert_snapshot(str![[r#"
in/.pytest_cache/
--- stderr
Would remove 1 directory and 1 file (18 B).
--- exit 0

"#]]);
}

#[test]
fn repository_in_debris_directory_is_kept() {
    let tree = tree(
        "dist/.git/HEAD dist/w.whl docs/_build/html/.git docs/_build/html/i.html docs/conf.py \
         x.egg-info/P setup.py",
    );
    let run = tree.pyclean(". --debris package sphinx");
    let warning = "kept dist, docs/_build: nested repository";
    assert!(run.stderr.contains(warning), "{}", run.stderr);
    tree.assert_left(
        "dist/.git/HEAD dist/w.whl docs/_build/html/.git docs/_build/html/i.html docs/conf.py \
         setup.py",
    );
}

#[test]
fn kept_debris_is_searched_for_bytecode_alone() {
    // An empty `.git` is not a valid repository, so git could not answer for it.
    let tree = tree(".mypy_cache/.git/ .mypy_cache/a/__pycache__/a.pyc .mypy_cache/b");
    for ignore in ["", "-i other"] {
        let run = tree.pyclean(&format!("-n . -d mypy -f {ignore}"));
        run.assert_snapshot(str![[r#"
.mypy_cache/a/
.mypy_cache/a/__pycache__/
--- stderr
warning: kept .mypy_cache: nested repository
Would remove 2 directories and 1 file (31 B).
--- exit 0

"#]]);
    }
}

#[test]
fn environment_or_repository_named_like_debris_is_kept() {
    let tree = tree(
        "dist/pyvenv.cfg dist/lib/l build/pyvenv.cfg build/lib/l build/bin/b sdist/site/en/.git/HEAD \
         p.egg-info/x/bare/HEAD p.egg-info/x/bare/objects/ p.egg-info/x/bare/refs/ .tox/py/pyvenv.cfg \
         setup.py",
    );
    tree.pyclean("-n . --debris package tox")
        .assert_snapshot(str![[r#"
.tox/
--- stderr
warning: kept p.egg-info, sdist: nested repository
warning: kept dist: virtual environment
warning: kept build/lib: inside a virtual environment
Would remove 2 directories and 1 file (18 B).
--- exit 0

"#]]);
}

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

/// The [`ENVIRONMENTS`] that this system can create.
fn environments() -> impl Iterator<Item = &'static &'static str> {
    let can_create = |entries: &&&str| can_symlink() || !entries.contains("->");
    ENVIRONMENTS.iter().filter(can_create)
}

/// The entries of a directory, each with the path of that directory.
fn in_directory(directory: &str, entries: &str) -> String {
    let entries = entries
        .split(' ')
        .map(|entry| format!("{directory}/{entry} "));
    entries.collect()
}

#[test]
fn nested_repository_or_environment_keeps_its_debris_directory() {
    let kinds = REPOSITORIES
        .iter()
        .map(|marker| (marker, "nested repository"));
    let kinds = kinds.chain(environments().map(|marker| (marker, "virtual environment")));
    for (marker, reason) in kinds {
        for directory in ["dist", "build/lib", ".mypy_cache"] {
            for inner in ["", "/inner", "/a/b"] {
                let marker = in_directory(&format!("{directory}{inner}"), marker);
                let tree = tree(&format!("{marker} {directory}/w setup.py"));
                let before = tree.listing();
                let run = tree.pyclean(". --debris package mypy");
                let warning = format!("warning: kept {directory}: {reason}\nNothing to remove.\n");
                run.assert("", &warning, 0);
                assert_eq!(tree.listing(), before);
            }
        }
    }
}

#[test]
fn nested_repository_or_environment_in_a_cache_is_kept() {
    let kinds = REPOSITORIES
        .iter()
        .map(|marker| (marker, "nested repository"));
    let kinds = kinds.chain(environments().map(|marker| (marker, "virtual environment")));
    for (marker, reason) in kinds {
        let marker = in_directory("__pycache__/a/nested", marker);
        let kept = format!("{marker} __pycache__/a/nested/m.pyc __pycache__/a/nested/b/n");
        let tree = tree(&format!(
            "{kept} __pycache__/m.pyc __pycache__/a/b __pycache__/c/d"
        ));
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
fn first_nested_repository_in_a_cache_is_reported() {
    let tree = tree("__pycache__/a/.git/HEAD __pycache__/b/.hg/s __pycache__/c/pyvenv.cfg");
    tree.pyclean(".").assert_snapshot(str![[r#"
--- stderr
warning: kept __pycache__/a: nested repository
Nothing to remove.
--- exit 0

"#]]);
}

#[test]
fn debris_of_tox_and_nox_may_contain_environments_but_no_repository() {
    let tree = tree(
        ".tox/py/pyvenv.cfg .tox/py/bin/activate .tox/py/bin/python .nox/tests/conda-meta/history",
    );
    let run = tree.pyclean("-n . --debris tox nox");
    assert_eq!(run.stdout, ".nox/\n.tox/\n", "{}", run.stderr);
    tree.add(".tox/py/src/x/.hg/store");
    tree.add(".nox/tests/src/.git");
    tree.pyclean(". --debris tox nox").assert_snapshot(str![[r#"
--- stderr
warning: kept .nox, .tox: nested repository
Nothing to remove.
--- exit 0

"#]]);
}

/// An environment needs its empty directories.
#[test]
fn empty_directories_of_an_environment_are_kept() {
    for marker in environments() {
        let tree = tree(&in_directory("env", marker));
        tree.add("env/include/");
        tree.add("env/lib/python3.12/site-packages/__pycache__/m.cpython-312.pyc");
        tree.add("env/build/lib/l");
        tree.add("env/setup.py");
        let run = tree.pyclean("-v . --folders --debris");
        let listing = "env/lib/python3.12/site-packages/__pycache__/\n\
                       env/lib/python3.12/site-packages/__pycache__/m.cpython-312.pyc\n";
        assert!(run.stdout.ends_with(listing), "{marker}: {}", run.stdout);
        assert_eq!(run.code, Some(0));
        let left = tree.names();
        for kept in ["env/include/\n", "env/lib/python3.12/site-packages/\n"] {
            assert!(left.contains(kept), "{marker}: {left}");
        }
    }
}

#[test]
fn kept_debris_that_is_ignored_by_default_is_not_searched() {
    let tree = tree(".tox/py/src/foo/.git/HEAD .tox/py/a.pyc dist/.git/HEAD dist/a.pyc setup.py");
    let run = tree.pyclean("-n . --debris tox package");
    assert_eq!(run.stdout, "dist/a.pyc\n", "{}", run.stderr);
}

#[test]
fn bare_repository_is_kept_whatever_its_branches_are_called() {
    let tree = tree(
        "r.git/HEAD r.git/objects/info/ r.git/refs/heads/x.pyc r.git/refs/heads/.mypy_cache/2.0 \
         r.git/logs/refs/heads/x.pyc r.git/refs/tags/ refs/.mypy_cache/m logs/x.pyc objects/",
    );
    tree.pyclean("-n . r.git --debris mypy --folders")
        .assert_snapshot(str![[r#"
logs/
logs/x.pyc
objects/
refs/
refs/.mypy_cache/
--- stderr
Would remove 4 directories and 2 files (28 B).
--- exit 0

"#]]);
}

#[test]
fn contents_of_git_directories_are_kept() {
    if is_missing("git") {
        return;
    }
    let tree = tree(
        "src/setup.py .hg/store/data/dist/f.i .hg/store/data/setup.py .svn/tmp/ __pycache__/ \
         setup.py",
    );
    init_repository(&tree, "src", &["setup.py"]);
    git(&tree, ".", &["clone", "-q", "--bare", "src", ".bare"]);
    let add = ["-C", ".bare", "worktree", "add", "-q", "../dist", "-b"];
    git(&tree, ".", &[&add[..], &["dist"]].concat());
    let add = ["worktree", "add", "-q", "build/lib", "-b", "pages"];
    git(&tree, "src", &add);
    let run = tree.pyclean(". --debris --folders --no-default-ignore");
    assert_eq!((run.stdout, run.code), (String::new(), Some(0)));
    let warning = ": part of a repository\n";
    assert!(run.stderr.contains(warning), "{}", run.stderr);
    for worktree in ["dist", "src/build/lib"] {
        assert_eq!(git(&tree, worktree, &["status", "--porcelain"]), "");
    }
    let listing = tree.listing();
    for kept in [".hg/store/data/dist/f.i\n", ".svn/tmp/\n"] {
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
    tree.pyclean("-n repo.git/main --debris --folders")
        .assert_snapshot(str![[r#"
repo.git/main/.pytest_cache/
repo.git/main/empty/
--- stderr
Would remove 2 directories and 1 file (29 B).
--- exit 0

"#]]);
}

#[test]
fn empty_git_directory_is_kept() {
    let tree = tree("dist/sub/.git/ dist/sub/keep.txt setup.py");
    tree.pyclean(". --debris --folders --no-default-ignore")
        .assert_snapshot(str![[r#"
--- stderr
warning: kept dist: nested repository
warning: kept dist/sub/.git: part of a repository
Nothing to remove.
--- exit 0

"#]]);
}

/// A tree with a clone of a repository that has submodules at these paths. None of them is
/// checked out.
fn clone_with_submodules(paths: &[&str]) -> Tree {
    let tree = tree("module/a main/setup.py");
    init_repository(&tree, "module", &["a"]);
    init_repository(&tree, "main", &["setup.py"]);
    for path in paths {
        let add = ["submodule", "--quiet", "add", "-f", "../module", path];
        git(&tree, "main", &add);
    }
    git(&tree, "main", &["commit", "-qm", "modules"]);
    git(&tree, ".", &["clone", "-q", "main", "clone"]);
    tree
}

#[test]
fn submodule_that_is_not_checked_out_is_kept() {
    if is_missing("git") {
        return;
    }
    let tree = clone_with_submodules(&["libs/vendored", "build", "dist/inner"]);
    fs::create_dir_all(tree.file_path("clone/libs/empty/inner")).unwrap();
    let run = tree.pyclean("clone --folders --debris");
    run.assert_snapshot(str![[r#"
--- stderr
warning: kept clone/dist: tracked by git
warning: kept clone/build, clone/dist/inner, clone/libs/vendored: a submodule
Removed 2 directories.
--- exit 0

"#]]);
    assert_eq!(git(&tree, "clone", &["status", "--porcelain"]), "");
}

#[test]
fn debris_in_submodule_that_is_not_checked_out_is_removed() {
    if is_missing("git") {
        return;
    }
    let tree = clone_with_submodules(&["sub"]);
    tree.add("clone/sub/.pytest_cache/v");
    tree.pyclean("clone --folders --debris")
        .assert_snapshot(str![[r#"
--- stderr
warning: kept clone/sub: a submodule
Removed 1 directory and 1 file (25 B).
--- exit 0

"#]]);
}

#[test]
fn debris_kept_in_overlapping_paths_is_reported_once() {
    if is_missing("git") {
        return;
    }
    let tree = tree("sub/dist/a sub/setup.py");
    init_repository(&tree, ".", &["sub/dist/a"]);
    tree.pyclean("-n . sub --debris").assert_snapshot(str![[r#"
--- stderr
warning: kept sub/dist: tracked by git
Nothing to remove.
--- exit 0

"#]]);
}

#[test]
fn debris_kept_for_two_reasons_is_reported_once() {
    if is_missing("git") {
        return;
    }
    let tree = tree("dist/a tmp/b c.log setup.py");
    init_repository(&tree, ".", &["dist/a"]);
    tree.pyclean("-n . --debris --erase dist/")
        .assert_snapshot(str![[r#"
--- stderr
warning: kept dist: not empty
Nothing to remove.
--- exit 0

"#]]);
    let mut declined = tree.command([".", "--erase", "tmp/", "*.log"]);
    fs::write(tree.file_path("answer"), "n\n").unwrap();
    let answer = fs::File::open(tree.file_path("answer")).unwrap();
    let run: Run = declined.stdin(answer).output().unwrap().into();
    assert!(!run.stderr.contains("not empty"), "{}", run.stderr);
}

/// Fails unless the tree consists of these entries and its `.git`.
#[track_caller]
fn assert_left_beside_git(left: &Tree, entries: &str) {
    let listing = left.listing();
    let left: Vec<_> = listing
        .lines()
        .filter(|line| !line.starts_with(".git/"))
        .collect();
    let expected = tree(entries).listing();
    assert_eq!(left, expected.lines().collect::<Vec<_>>());
}

/// Runs the program where there is no git.
fn run_without_git(tree: &Tree, arguments: &str) -> Run {
    let mut command = tree.command(arguments.split(' '));
    let run: Run = command.env("PATH", "/nowhere").output().unwrap().into();
    run.redact(canonical(tree.path()), "[PATH]")
}

#[test]
fn index_proves_without_git_that_debris_is_not_tracked() {
    let fresh = tree(".git/HEAD dist/a setup.py");
    let run = run_without_git(&fresh, "-n . --debris --folders");
    assert_eq!(run.stdout, "dist/\n", "{}", run.stderr);
    if is_missing("git") {
        return;
    }
    let tree = tree("dist/a a/__pycache__/b.pyc c/.pytest_cache/v setup.py");
    init_repository(&tree, ".", &["setup.py", "c"]);
    run_without_git(&tree, ". --debris package --folders").assert_snapshot(str![[r#"
--- stderr
Removed 3 directories and 2 files (25 B).
--- exit 0

"#]]);
    assert_left_beside_git(&tree, "c/ c/.pytest_cache/v setup.py");
}

#[test]
fn debris_that_may_be_tracked_is_kept_without_git() {
    if is_missing("git") {
        return;
    }
    let tree = tree("dist/a sub/dist/b .mypy_cache/m setup.py sub/setup.py");
    init_repository(&tree, ".", &["dist/a"]);
    run_without_git(&tree, ". --debris package mypy").assert_snapshot(str![[r#"
--- stderr
error: cannot list tracked files in [PATH], so what it may track is kept: git was not found on PATH
warning: kept dist, sub/dist: git could not determine whether it is tracked
Removed 1 directory and 1 file (13 B).
--- exit 1

"#]]);
    assert_left_beside_git(&tree, "dist/a sub/dist/b setup.py sub/setup.py");
}

#[test]
fn repository_that_git_cannot_read_keeps_its_debris() {
    if is_missing("git") {
        return;
    }
    let tree = tree("a.py new.txt setup.py");
    init_repository(&tree, ".", &["a.py"]);
    fs::write(tree.path().join(".git/index"), "damaged").unwrap();
    let run = tree.pyclean(". --git-clean --yes");
    assert_eq!(run.code, Some(1));
    let error = "error: git clean failed in .";
    assert!(run.stderr.contains(error), "{}", run.stderr);
    tree.add("dist/d");
    tree.add("p/m.py");
    tree.add("p/__pycache__/m.pyc");
    let run = tree.pyclean("-v . --debris --folders");
    assert_eq!(run.code, Some(1));
    assert_eq!(run.stdout, "p/__pycache__/\np/__pycache__/m.pyc\n");
    let error = format!(
        "error: cannot list tracked files in {}, so what it may track is kept: ",
        canonical(tree.path())
    );
    assert_eq!(run.stderr.matches(&error).count(), 1, "{}", run.stderr);
    assert_left_beside_git(&tree, "a.py new.txt setup.py dist/d p/m.py");
}

/// Git cannot read these repositories, but no index says that there is a submodule.
#[test]
fn empty_directory_is_only_checked_against_submodules() {
    for repository in [".git/", ".git/HEAD"] {
        let tree = tree(&format!("{repository} a/b/ c/__pycache__/x.pyc"));
        let run = tree.pyclean("-n . --folders");
        assert_eq!(run.stdout, "a/\na/b/\nc/\nc/__pycache__/\n");
        assert_eq!(run.code, Some(0), "{}", run.stderr);
    }
}

/// A symlink that leads nowhere is a repository that cannot be asked.
#[test]
fn dangling_git_symlink_keeps_debris() {
    if lacks_symlinks() {
        return;
    }
    let tree = tree(".git->nowhere dist/a e/ setup.py");
    let run = tree.pyclean(". --debris --folders");
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    let error = "cannot list tracked files";
    assert!(run.stderr.contains(error), "{}", run.stderr);
    tree.assert_left(".git->nowhere dist/a e/ setup.py");
}

#[cfg(target_os = "linux")]
#[test]
fn tracked_debris_is_found_whatever_its_case_if_git_ignores_case() {
    if is_missing("git") {
        return;
    }
    let tree = tree("setup.py Dist/a");
    init_repository(&tree, ".", &["Dist/a", "setup.py"]);
    git(&tree, ".", &["config", "core.ignorecase", "true"]);
    fs::rename(tree.path().join("Dist"), tree.path().join("dist")).unwrap();
    let run = tree.pyclean(". --debris");
    assert_eq!(
        run.stderr,
        "warning: kept dist: tracked by git\nNothing to remove.\n"
    );
    git(&tree, ".", &["config", "core.ignorecase", "false"]);
    assert_eq!(tree.pyclean("-n . --debris").stdout, "dist/\n");
}

#[cfg(target_os = "linux")]
#[test]
fn index_that_is_a_pipe_keeps_debris_after_a_time_limit() {
    if is_missing("git") {
        return;
    }
    let tree = tree("setup.py dist/a");
    init_repository(&tree, ".", &["setup.py"]);
    fs::remove_file(tree.path().join(".git/index")).unwrap();
    tree.add(".git/index|");
    let run = tree.pyclean("-q . --debris");
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(tree.path().join("dist/a").exists());
}

#[test]
fn tracked_bytecode_without_a_source_is_kept() {
    if is_missing("git") {
        return;
    }
    for options in ["", "--stale"] {
        let tree = tree(
            "app/main.py app/core.pyc app/main.pyc lib/__pycache__/x.cpython-312.pyc \
             lib/__pycache__/y.cpython-312.pyc lib/y.py sub/repo/z.pyc",
        );
        let tracked = [
            "app/core.pyc",
            "app/main.pyc",
            "lib/__pycache__/x.cpython-312.pyc",
        ];
        init_repository(&tree, ".", &tracked);
        init_repository(&tree, "sub/repo", &["z.pyc"]);
        let run = tree.pyclean(&format!("-v . {options}"));
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        for kept in ["app/core.pyc", "lib/__pycache__/x.cpython-312.pyc"] {
            assert!(tree.path().join(kept).exists(), "{options} {kept}");
        }
        assert!(tree.path().join("sub/repo/z.pyc").exists(), "{options}");
        if options.is_empty() {
            assert!(
                run.stderr.contains("tracked by git, without a source"),
                "{}",
                run.stderr
            );
            assert!(
                run.stderr
                    .contains("removing app/main.pyc, which git tracks"),
                "{}",
                run.stderr
            );
            assert!(!tree.path().join("app/main.pyc").exists());
            assert!(
                !tree
                    .path()
                    .join("lib/__pycache__/y.cpython-312.pyc")
                    .exists()
            );
        }
    }
}

#[test]
fn debris_in_work_tree_of_other_version_control_is_kept_if_its_name_is_generic() {
    for vcs in [".hg", ".svn", ".jj", ".bzr", "_darcs", ".pijul", ".sl"] {
        let tree = tree(&format!("{vcs}/store pyproject.toml dist/a .mypy_cache/m"));
        let run = tree.pyclean("-v . --debris all");
        assert_eq!(run.stdout, ".mypy_cache/\n.mypy_cache/m\n", "{vcs}");
        assert!(
            run.stderr.contains("kept dist: in a work tree"),
            "{}",
            run.stderr
        );
    }
}

#[test]
fn environment_is_neither_debris_nor_empty() {
    let project = "pyproject.toml env/pyvenv.cfg env/lib/ env/include/ env/bin/python \
         build/conda-meta/history build/lib/x dist/conda-meta/history .cache/e/pyvenv.cfg \
         old/bin/activate old/bin/python old/lib/";
    let tree = tree(project);
    let before = tree.listing();
    let run = tree.pyclean(". --debris all --folders");
    assert_eq!(tree.listing(), before, "{}", run.stderr);
    assert_eq!(run.code, Some(0));
}
