//! What git tracks, as the index of the repository says. Git itself is not run.

use std::fs;

use snapbox::str;

use crate::util::{Tree, git, init_repository, is_missing, run_successfully, tree};
use crate::{assert_listed, assert_reports, assert_run, create_repository, run_command};

#[test]
fn tracked_debris_is_kept() {
    let entries = "dist/app.js dist/__pycache__/a.pyc build/lib/tracked.py build/bdist.linux/b \
                   sub/dist/new sub/htmlcov/i.html sub/setup.py .coverage setup.py";
    let tracked = ["dist/app.js", "build/lib/tracked.py", "sub/setup.py"];
    let Some(tree) = create_repository(entries, &tracked) else {
        return;
    };
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
    run_successfully(command);
    tree.pyclean("-q sub dist build --debris");
    assert_eq!(git(&tree, ".", &["status", "--porcelain"]), "?? setup.py\n");
    assert!(!tree.listing().contains("bdist") && !tree.listing().contains("htmlcov"));
}

#[test]
fn tracked_debris_matched_by_erase_is_removed() {
    let entries = "tmp/a/.coverage tmp/dist/a.js tmp/setup.py dist/b.js .coverage setup.py";
    let Some(tree) = create_repository(entries, &["tmp", "dist", ".coverage"]) else {
        return;
    };
    let arguments = ". --debris --erase tmp/**/* tmp/ --yes";
    let stderr = "warning: kept .coverage, dist: tracked by git\n\
                  Removed 3 directories and 3 files (40 B).\n";
    assert_run(&tree, arguments, "", stderr, 0);
    assert!(!tree.path().join("tmp").exists());
    assert!(tree.path().join("dist/b.js").exists());
}

#[test]
fn tracked_debris_is_kept_in_subdirectory_worktree_submodule_and_nested_repository() {
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
        assert_reports(&tree, &format!("{path} --debris"), 0, "tracked by git");
    }
    for path in ["lib", "work", "main", "main/lib"] {
        assert_eq!(git(&tree, path, &["status", "--porcelain"]), "", "{path}");
    }
    assert!(!tree.listing().contains("egg-info"), "{}", tree.listing());
    // An inner repository that tracks nothing does not hide what the outer one tracks.
    git(&tree, "lib/sub", &["init", "-q"]);
    assert_reports(&tree, "lib/sub --debris", 0, "kept lib/sub/dist: tracked");
}

#[test]
fn kept_debris_is_reported_once() {
    let Some(tree) = create_repository("sub/dist/a sub/setup.py", &["sub/dist/a"]) else {
        return;
    };
    for (arguments, reason) in [
        ("-n . sub --debris", "tracked by git"),
        ("-n . --debris --erase sub/dist/", "not empty"),
    ] {
        let once = format!("warning: kept sub/dist: {reason}\nNothing to remove.\n");
        assert_run(&tree, arguments, "", &once, 0);
    }
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
    let tree = clone_with_submodules(&["Libs/vendored", "build", "dist/inner", "sub"]);
    tree.add("clone/Libs/empty/inner/");
    tree.add("clone/sub/.pytest_cache/v");
    // Git may ignore case.
    fs::rename(tree.path().join("clone/Libs"), tree.path().join("clone/l")).unwrap();
    fs::rename(tree.path().join("clone/l"), tree.path().join("clone/libs")).unwrap();
    let stderr = "warning: kept clone/dist: tracked by git\n\
                  warning: kept clone/build, clone/dist/inner, clone/libs/vendored, 1 more: a submodule\n\
                  Removed 3 directories and 1 file (25 B).\n";
    assert_run(&tree, "clone --folders --debris", "", stderr, 0);
    assert!(tree.path().join("clone/libs/vendored").exists());
}

#[test]
fn index_decides_where_there_is_no_git() {
    let entries = "dist/a a/__pycache__/b.pyc c/.pytest_cache/v c/m.pyc e/ setup.py";
    let Some(tree) = create_repository(entries, &["setup.py", "c"]) else {
        return;
    };
    let mut command = tree.command([".", "--debris", "--folders"]);
    let stderr = "warning: kept c/.pytest_cache: tracked by git\n\
                  warning: kept c/m.pyc: tracked by git, without a source\n\
                  Removed 4 directories and 2 files (25 B).\n";
    run_command(command.env("PATH", "/nowhere")).assert("", stderr, 0);
    assert_eq!(git(&tree, ".", &["status", "--porcelain"]), "");
    // An index that does not exist tracks nothing.
    for repository in [".git/", ".git/HEAD"] {
        let tree = self::tree(&format!("{repository} {entries}"));
        assert_listed(&tree, ". --debris --folders", "a/ c/ dist/ e/");
    }
}

/// Ways to make it unknown what a repository tracks: a shell script in the repository `w`.
#[cfg(unix)]
const UNKNOWN_INDEX: [(&str, &str); 8] = [
    ("damaged", "echo damaged >w/.git/index"),
    ("truncated", "truncate -s -30 w/.git/index"),
    ("a pipe", "rm w/.git/index; mkfifo w/.git/index"),
    ("split", "git -C w update-index --split-index"),
    ("moved", "mv w/.git gone; echo gitdir: ../moved >w/.git"),
    ("a dangling symlink", "mv w/.git gone; ln -s nowhere w/.git"),
    (
        "unreadable by its kind",
        "rm w/.git/index; mkdir w/.git/index",
    ),
    (
        "of another work tree",
        "git -C w config core.worktree ../../out",
    ),
];

#[cfg(unix)]
#[test]
fn what_an_unknown_index_may_track_is_kept() {
    if is_missing("git") {
        return;
    }
    let entries = "w/setup.py w/dist/a w/m.pyc w/n.py w/n.pyc w/empty/ w/__pycache__/x.pyc";
    for (name, script) in UNKNOWN_INDEX {
        let tree = tree(&format!("{entries} out/m.pyc"));
        init_repository(&tree, "w", &["."]);
        let setup = tree.run_script(script);
        assert_eq!(setup.code, Some(0), "{name}: {}", setup.stderr);
        for paths in ["w out", "w/dist w/m.pyc w/empty w/__pycache__"] {
            let arguments = format!("-v {paths} --debris --folders");
            assert_reports(&tree, &arguments, 1, "error: cannot ");
            for kept in ["dist/a", "m.pyc", "empty", "__pycache__/x.pyc"] {
                assert!(tree.path().join("w").join(kept).exists(), "{name} {kept}");
            }
        }
        assert!(!tree.path().join("out/m.pyc").exists(), "{name}");
    }
}

#[test]
fn tracked_debris_is_found_whatever_its_case() {
    let Some(tree) = create_repository("setup.py Dist/a", &["Dist/a", "setup.py"]) else {
        return;
    };
    fs::rename(tree.path().join("Dist"), tree.path().join("d")).unwrap();
    fs::rename(tree.path().join("d"), tree.path().join("dist")).unwrap();
    let warning = "warning: kept dist: tracked by git\nNothing to remove.\n";
    tree.pyclean(". --debris").assert("", warning, 0);
}

#[test]
fn tracked_bytecode_is_kept_without_a_source_and_removed_with_one() {
    // Only a regular file is a source.
    let entries = "m.pyc m.py/x n.pyc n.py __pycache__/.gitkeep p/__pycache__/x.cpython-312.pyc \
                   p/__pycache__/y.cpython-312.pyc p/y.py sub/z.pyc";
    let orphan = "p/__pycache__/x.cpython-312.pyc";
    let tracked = ["m.pyc", "n.pyc", "__pycache__/.gitkeep", orphan];
    let Some(tree) = create_repository(entries, &tracked) else {
        return;
    };
    init_repository(&tree, "sub", &["z.pyc"]);
    tree.pyclean("-n .").assert_snapshot(str![[r#"
__pycache__/
n.pyc
p/__pycache__/y.cpython-312.pyc
--- stderr
warning: kept m.pyc, p/__pycache__/x.cpython-312.pyc, sub/z.pyc: tracked by git, without a source
warning: would remove __pycache__/.gitkeep, n.pyc, which git tracks; to stop tracking: git rm -r --cached -- __pycache__/.gitkeep n.pyc
Would remove 1 directory and 3 files (56 B).
--- exit 0

"#]]);
    for arguments in ["-q . --stale", "-q m.pyc p/__pycache__ sub", "-q ."] {
        assert_eq!(tree.pyclean(arguments).code, Some(0));
        for kept in ["m.pyc", orphan, "sub/z.pyc"] {
            assert!(tree.path().join(kept).exists(), "{arguments}: {kept}");
        }
    }
    assert!(!tree.path().join("n.pyc").exists());
}

/// A repository can name programs that git starts.
#[cfg(unix)]
#[test]
fn git_is_not_run() {
    use crate::util::{search_path_with, temp_dir, write_script};
    let entries = "setup.py dist/tracked dist/d m.pyc c/.hg/x .mypy_cache/m";
    let tracked = ["setup.py", "dist/tracked", "m.pyc"];
    let Some(tree) = create_repository(entries, &tracked) else {
        return;
    };
    let programs = temp_dir();
    let ran = programs.path().join("ran");
    let script = format!("touch '{}'", ran.display());
    write_script(&programs.path().join("git"), &script);
    for arguments in [
        "-n . --debris all --folders",
        ". --debris",
        ". --stale",
        "m.pyc",
    ] {
        let mut command = tree.command(arguments.split(' '));
        let run = run_command(command.env("PATH", search_path_with(programs.path())));
        assert_eq!(run.code, Some(0), "{arguments}: {}", run.stderr);
        assert!(!ran.exists(), "{arguments}");
    }
}

#[test]
fn work_tree_elsewhere_is_found_in_any_spelling() {
    if is_missing("git") {
        return;
    }
    for settings in [
        "[core] # see [1]\n\tworktree = ../sub\n",
        "[core]\n\teditor = vi \\\n[user]\n\tworktree = ../sub\n",
        "[Core]\tWorkTree=../sub\n",
    ] {
        let tree = tree("sub/dist/a sub/setup.py");
        git(&tree, ".", &["init", "-q"]);
        let config = tree.path().join(".git/config");
        let text = fs::read_to_string(&config).unwrap();
        fs::write(config, text + settings).unwrap();
        let run = tree.pyclean("-n . --debris");
        assert_eq!((&*run.stdout, run.code), ("", Some(1)), "{settings}");
    }
}

#[test]
fn tracked_program_matched_by_erase_is_removed_after_a_prompt() {
    let Some(tree) = create_repository("a/m.pyc b/n.pyc", &["a", "b"]) else {
        return;
    };
    assert_reports(&tree, ". --erase a/*.pyc", 2, "  a/m.pyc\n");
    assert_listed(&tree, ". --erase a/*.pyc", "a/m.pyc");
}
