//! What tools leave behind, what the user names for erasing, empty directories, and
//! what had better stay of all that.

mod util;

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use util::{PYCLEAN, Run, Tree, git, is_absent, repository, tree};

/// Runs the program with an answer on standard input.
fn answered(tree: &Tree, arguments: &str, answer: &str) -> Run {
    let mut command = tree.command(arguments.split_whitespace());
    command.stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Where nothing is asked, nobody reads it.
    let _ = child.stdin.take().unwrap().write_all(answer.as_bytes());
    child.wait_with_output().unwrap().into()
}

#[test]
fn no_topic_means_the_default_ones() {
    let tree = tree(
        ".cache/a .coverage .coverage.host.123.XyZ .coverage-report.txt coverage.xml htmlcov/i.html \
         dist/w.whl sdist/s.tar.gz x.egg-info/P build/lib/a.py build/bdist.linux/b .pytest_cache/v \
         sub/.ruff_cache/1 .mypy_cache/m .ipynb_checkpoints/n .tox/t a.py __pycache__/a.pyc",
    );
    let run = tree.pyclean("-n . --debris");
    run.assert(
        ".cache/\n.coverage\n.coverage.host.123.XyZ\n.pytest_cache/\n__pycache__/\nbuild/\n\
         build/bdist.linux/\nbuild/lib/\ncoverage.xml\ndist/\nhtmlcov/\nsdist/\nsub/.ruff_cache/\n\
         x.egg-info/\n",
        "Would remove 11 directories and 13 files (183 B).\n",
        0,
    );
    tree.pyclean(". --debris");
    tree.assert_left(".coverage-report.txt sub/ .mypy_cache/m .ipynb_checkpoints/n .tox/t a.py");
}

#[test]
fn topics_are_taken_by_name_or_all() {
    let debris = ".mypy_cache/m .dmypy.json n/.ipynb_checkpoints/n .tox/t .nox/n .hypothesis/h docs/_build/h \
                  _build/x .eggs/e f.nbi f.nbc __marimo__/cache/c __marimo__/layouts/l .ty_cache/t \
                  .pyrefly_cache/p .pytype/p .pyre/p .complexipy_cache/c .pyright/p";
    let named = tree(debris);
    named.pyclean(". -d mypy jupyter -q");
    assert!(!named.left().contains("mypy") && !named.left().contains("ipynb"));
    assert!(named.left().contains(".hypothesis/h"));
    let all = tree(debris);
    all.pyclean(". --debris all");
    all.assert_left("n/ docs/ _build/x __marimo__/layouts/l");
}

#[test]
fn build_goes_only_if_nothing_else_was_in_it() {
    let tree = tree("build/lib/a.py build/notes.txt sub/build/lib/b.py other/build/c");
    tree.pyclean(". --debris package");
    tree.assert_left("build/notes.txt sub/ other/build/c");
}

#[test]
fn what_is_installed_or_spared_is_no_debris() {
    let tree = tree(
        "lib/site-packages/x.egg-info/P lib/site-packages/pkg/dist/d.js dist/keep.whl dist/go.whl \
         lib/site-packages/__pycache__/a.pyc",
    );
    tree.pyclean(". --debris --ignore keep.whl");
    tree.assert_left(
        "lib/site-packages/x.egg-info/P lib/site-packages/pkg/dist/d.js dist/keep.whl",
    );
}

#[test]
fn what_is_installed_is_no_debris_where_it_is_the_path_either() {
    let tree = tree("lib/site-packages/p.egg-info/P lib/site-packages/p/dist/a.js a.pyc");
    tree.pyclean("lib/site-packages lib/site-packages/p --debris")
        .assert("", "Nothing to remove.\n", 0);
}

#[test]
fn an_unknown_topic_is_refused_with_a_way_out() {
    let tree = tree("dist/a a.pyc");
    let run = tree.pyclean("--debris .");
    assert_eq!(run.code, Some(2));
    assert!(
        run.stderr.contains("'.' is no debris topic"),
        "{}",
        run.stderr
    );
    assert!(
        run.stderr.contains("pyclean [OPTIONS] . --debris"),
        "{}",
        run.stderr
    );
    tree.assert_left("dist/a a.pyc");
}

#[test]
fn tracked_debris_that_is_named_for_erasing_goes() {
    if is_absent("git") {
        return;
    }
    let tree = tree("tmp/a/.coverage tmp/dist/a.js dist/b.js .coverage");
    repository(&tree, ".", &["tmp", "dist", ".coverage"]);
    let run = tree.pyclean(". --debris --erase tmp/**/* tmp/ --yes");
    assert_eq!(
        run.stderr,
        "warning: kept .coverage, dist: tracked by git\n\
         Removed 3 directories and 2 files (28 B).\n"
    );
    assert!(!tree.path().join("tmp").exists());
    assert!(tree.path().join("dist/b.js").exists());
}

#[test]
fn debris_that_git_tracks_stays() {
    if is_absent("git") {
        return;
    }
    let tree = tree(
        "dist/app.js dist/__pycache__/a.pyc build/lib/tracked.py build/bdist.linux/b sub/dist/new \
         sub/htmlcov/i.html sub/x.py .coverage",
    );
    repository(
        &tree,
        ".",
        &["dist/app.js", "build/lib/tracked.py", "sub/x.py"],
    );
    let run = tree.pyclean("-n . --debris");
    assert_eq!(
        run.stdout,
        ".coverage\nbuild/bdist.linux/\ndist/__pycache__/\nsub/dist/\nsub/htmlcov/\n"
    );
    assert_eq!(
        run.stderr,
        "warning: kept build/lib, dist: tracked by git\n\
         Would remove 4 directories and 5 files (80 B).\n"
    );
    // From a directory of the repository, and through the environment of a hook that
    // speaks of another one.
    let mut command = Command::new(PYCLEAN);
    command
        .args([".", "--debris"])
        .current_dir(tree.path().join("dist/.."));
    command
        .env("GIT_DIR", "/nowhere")
        .env("GIT_INDEX_FILE", "/nowhere/index");
    assert!(command.output().unwrap().status.success());
    assert_eq!(git(&tree, ".", &["status", "--porcelain"]), "");
    tree.pyclean("-q sub dist build --debris");
    assert_eq!(git(&tree, ".", &["status", "--porcelain"]), "");
    assert!(!tree.left().contains("bdist") && !tree.left().contains("htmlcov"));
}

#[test]
fn tracked_debris_stays_in_a_cache_of_which_only_some_goes() {
    if is_absent("git") {
        return;
    }
    let tree = tree("dist/__pycache__/.coverage dist/__pycache__/a.cpython-311.pyc");
    repository(&tree, ".", &["dist/__pycache__/.coverage"]);
    let run = tree.pyclean("-n . --debris --python 3.11");
    assert_eq!(run.stdout, "dist/__pycache__/a.cpython-311.pyc\n");
}

#[test]
fn the_guard_holds_below_the_top_in_a_worktree_and_in_a_submodule() {
    if is_absent("git") {
        return;
    }
    let tree = tree("lib/sub/dist/app.js lib/sub/x.egg-info/P lib/a.py main/m.py");
    repository(&tree, "lib", &["sub/dist/app.js", "a.py"]);
    repository(&tree, "main", &["m.py"]);
    git(&tree, "lib", &["worktree", "add", "-q", "../work", "HEAD"]);
    git(
        &tree,
        "main",
        &["submodule", "--quiet", "add", "../lib", "lib"],
    );
    git(&tree, "main", &["commit", "-qm", "submodule"]);
    for debris in ["work/sub/x.egg-info/P", "main/lib/sub/x.egg-info/P"] {
        tree.add(debris);
    }
    for place in ["lib/sub", "work/sub", "main/lib/sub", "main"] {
        let run = tree.pyclean(&format!("{place} --debris"));
        assert!(
            run.stderr.contains("tracked by git"),
            "{place}: {}",
            run.stderr
        );
    }
    for place in ["lib", "work", "main", "main/lib"] {
        assert_eq!(git(&tree, place, &["status", "--porcelain"]), "", "{place}");
    }
    assert!(!tree.left().contains("egg-info"), "{}", tree.left());
}

#[test]
fn a_repository_in_a_debris_directory_stays() {
    let tree = tree(
        "dist/.git/HEAD dist/w.whl docs/_build/html/.git docs/_build/html/i.html x.egg-info/P",
    );
    let run = tree.pyclean(". --debris package sphinx");
    assert!(
        run.stderr
            .contains("kept dist, docs/_build: a repository of its own"),
        "{}",
        run.stderr
    );
    tree.assert_left("dist/.git/HEAD dist/w.whl docs/_build/html/.git docs/_build/html/i.html");
}

#[test]
fn a_link_to_a_repository_is_debris_like_any_other() {
    let tree = tree("repository/.git/HEAD .coverage->repository");
    let run = tree.pyclean("-n . --debris");
    assert_eq!(run.stdout, ".coverage\n", "{}", run.stderr);
}

#[test]
fn what_kept_debris_holds_is_not_judged_once_more() {
    // No repository, so git could not answer for it.
    let tree = tree(".mypy_cache/.git/ .mypy_cache/a/__pycache__/a.pyc .mypy_cache/b");
    for ignore in ["", "-i other"] {
        let run = tree.pyclean(&format!("-n . -d mypy -f {ignore}"));
        run.assert(
            ".mypy_cache/a/\n.mypy_cache/a/__pycache__/\n",
            "warning: kept .mypy_cache: a repository of its own\n\
             Would remove 2 directories and 1 file (31 B).\n",
            0,
        );
    }
}

#[test]
fn an_environment_or_a_repository_is_no_debris_whatever_its_name() {
    let tree = tree(
        "dist/pyvenv.cfg dist/lib/l build/pyvenv.cfg build/lib/l build/bin/b sdist/site/en/.git/HEAD \
         p.egg-info/x/bare/HEAD p.egg-info/x/bare/objects/ p.egg-info/x/bare/refs/ .tox/py/pyvenv.cfg",
    );
    tree.pyclean("-n . --debris package tox").assert(
        ".tox/\n",
        "warning: kept p.egg-info, sdist: a repository of its own\n\
         warning: kept dist: an environment of its own\n\
         warning: kept build/lib: part of an environment\n\
         Would remove 2 directories and 1 file (18 B).\n",
        0,
    );
}

#[test]
fn a_repository_of_any_kind_is_no_debris() {
    let tree = tree("dist/.hg/store/s build/lib/.svn/s sdist/x/.jj/repo/r");
    let run = tree.pyclean("-n . --debris");
    run.assert(
        "",
        "warning: kept build/lib, dist, sdist: a repository of its own\nNothing to remove.\n",
        0,
    );
}

#[test]
fn a_project_may_be_an_environment_itself() {
    let tree = tree("pyvenv.cfg lib/l dist/a .pytest_cache/v .cache/uv/pyvenv.cfg");
    let run = tree.pyclean("-n . --debris");
    assert_eq!(run.stdout, ".cache/\n.pytest_cache/\ndist/\n");
}

#[test]
fn what_is_not_searched_is_not_when_it_is_kept_either() {
    let tree = tree(".tox/py/src/foo/.git/HEAD .tox/py/a.pyc dist/.git/HEAD dist/a.pyc");
    let run = tree.pyclean("-n . --debris tox package");
    assert_eq!(run.stdout, "dist/a.pyc\n", "{}", run.stderr);
}

#[test]
fn branches_of_a_bare_repository_are_no_cache_whatever_their_names() {
    let tree = tree(
        "r.git/HEAD r.git/objects/info/ r.git/refs/heads/x.pyc r.git/refs/heads/dist/2.0 \
         r.git/logs/refs/heads/x.pyc r.git/refs/tags/ refs/dist/d logs/x.pyc objects/",
    );
    tree.pyclean("-n . r.git --debris --folders").assert(
        "logs/\nlogs/x.pyc\nobjects/\nrefs/\nrefs/dist/\n",
        "Would remove 4 directories and 2 files (21 B).\n",
        0,
    );
}

#[test]
fn what_several_paths_find_is_kept_once() {
    if is_absent("git") {
        return;
    }
    let tree = tree("sub/dist/a");
    repository(&tree, ".", &["sub/dist/a"]);
    tree.pyclean("-n . sub --debris").assert(
        "",
        "warning: kept sub/dist: tracked by git\nNothing to remove.\n",
        0,
    );
}

#[test]
fn without_git_it_is_said_that_there_is_no_guard() {
    let tree = tree(".git/HEAD dist/a");
    let mut command = tree.command(["-n", ".", "--debris"]);
    let run: Run = command.env("PATH", "/nowhere").output().unwrap().into();
    let top = tree.path().canonicalize().unwrap();
    run.assert(
        "dist/\n",
        &format!(
            "warning: there is no git to tell what is tracked in {}, so nothing there is kept for that\n\
             Would remove 1 directory and 1 file (6 B).\n",
            top.display()
        ),
        0,
    );
}

#[test]
fn no_wildcard_stands_for_a_repository() {
    let tree = tree(".git/refs/a w/.git tmp/.hg/x tmp/b venv/c");
    let erased = |globs: &str| tree.pyclean(&format!("-nq . --erase {globs}")).stdout;
    assert_eq!(erased("**/*"), "tmp/b\nvenv/\nvenv/c\n");
    assert_eq!(erased("**/a w/.git"), "w/.git\n");
    assert_eq!(erased(".git/**/*"), ".git/refs/\n.git/refs/a\n");
}

#[test]
fn the_cache_of_a_user_is_no_debris() {
    let tree = tree(
        "home/.cache/pip/p home/.cache/x/__pycache__/a.pyc home/project/.cache/c other/.bashrc->dotfiles other/.cache/o xdg/.cache/x",
    );
    let mut command = tree.command(["home", "other", "xdg", "--debris"]);
    command.env("HOME", tree.path().join("home"));
    command.env("XDG_CACHE_HOME", tree.path().join("xdg/.cache"));
    let run: Run = command.output().unwrap().into();
    run.assert(
        "",
        "warning: kept home/.cache, other/.cache, xdg/.cache: the cache of a user, not of a project\n\
         Removed 2 directories and 2 files (52 B).\n",
        0,
    );
    tree.assert_left(
        "home/.cache/pip/p home/.cache/x/ home/project/ other/.bashrc->dotfiles other/.cache/o xdg/.cache/x",
    );
}

#[test]
fn erase_takes_globs_relative_to_each_path() {
    let tree = tree("tmp/a tmp/sub/b tmp/.hidden keep/tmp/c one.txt sub/one.txt venv/tmp/d a.py");
    tree.pyclean(". --erase tmp/**/* tmp/ venv/tmp/* one.txt --yes");
    tree.assert_left("keep/tmp/c sub/one.txt venv/tmp/ a.py");
}

#[test]
fn no_glob_names_a_path_itself() {
    let tree = tree("a.cpython-312.pyc __pycache__/b.py");
    let run = tree.pyclean("-n a.cpython-312.pyc __pycache__ --python 3.11 -e * **");
    assert_eq!(run.stdout, "__pycache__/\n__pycache__/b.py\n");
}

#[test]
fn a_cache_is_listed_alone_though_all_in_it_is_erased_too() {
    let tree = tree("venv/__pycache__/m.py");
    let run = tree.pyclean("-n . venv --erase **/*");
    assert_eq!(run.stdout, "venv/\nvenv/__pycache__/\n");
}

#[test]
fn an_erased_directory_that_is_not_empty_stays() {
    let tree = tree("tmp/a.log tmp/a.txt tmp/ignored.log");
    tree.pyclean(". --yes --ignore ignored.log --erase tmp/*.log tmp/ tmp")
        .assert(
            "",
            "warning: kept tmp: not empty\nRemoved 1 file (9 B).\n",
            0,
        );
    tree.assert_left("tmp/a.txt tmp/ignored.log");
}

#[test]
fn globs_that_lead_out_are_refused() {
    for glob in ["../x", "/etc/x", "a/../../x", "[", "."] {
        let tree = tree("x a/x a.pyc");
        let run = tree.pyclean(&format!(". --yes --erase {glob}"));
        assert_eq!(run.code, Some(2), "{glob}: {}", run.stderr);
        assert!(run.stderr.contains(&format!("'{glob}'")), "{}", run.stderr);
        tree.assert_left("x a/x a.pyc");
    }
}

#[test]
fn what_is_erased_is_asked_for_first() {
    let tree = tree("tmp/a tmp/b a.pyc");
    let nobody = answered(&tree, ". -e tmp/** tmp/", "");
    nobody.assert(
        "",
        "  tmp/\n  tmp/a\n  tmp/b\nErase 1 directory and 2 files (10 B)? [y/N] \n\
         error: nobody answered, so nothing was touched; answer y or n, or use --yes\n",
        2,
    );
    tree.assert_left("tmp/a tmp/b a.pyc");
    let no = answered(&tree, ". -e tmp/** tmp/", "n\n");
    assert!(
        no.stderr.ends_with("[y/N] Removed 1 file (5 B).\n"),
        "{}",
        no.stderr
    );
    assert_eq!(no.code, Some(0));
    tree.assert_left("tmp/a tmp/b");
    let yes = answered(&tree, ". -e tmp/** tmp/", "Yes\n");
    assert!(
        yes.stderr
            .ends_with("[y/N] Removed 1 directory and 2 files (10 B).\n"),
        "{}",
        yes.stderr
    );
    tree.assert_left("");
    let nothing = answered(&tree, ". -e tmp/** tmp/", "");
    nothing.assert("", "Nothing to remove.\n", 0);
}

#[test]
fn a_preview_does_not_ask() {
    let tree = tree("tmp/a");
    for (preview, code) in [("-n", 0), ("--check", 1)] {
        let run = tree.pyclean(&format!(". {preview} -e tmp/*"));
        run.assert("tmp/a\n", "Would remove 1 file (5 B).\n", code);
    }
    tree.assert_left("tmp/a");
}

#[test]
fn yes_alone_is_refused() {
    let tree = tree("a.pyc");
    let run = tree.pyclean(". --yes");
    assert_eq!(run.code, Some(2));
    assert!(
        run.stderr.contains("--yes only makes sense with"),
        "{}",
        run.stderr
    );
    tree.assert_left("a.pyc");
}

#[test]
fn folders_go_when_they_are_empty_or_become_so() {
    let tree =
        tree("a/b/c/ d/__pycache__/x.pyc e/f.pyc e/g/ keep/k venv/empty/ .git/refs/ h/venv/");
    let run = tree.pyclean("-n . --folders");
    assert_eq!(
        run.stdout,
        "a/\na/b/\na/b/c/\nd/\nd/__pycache__/\ne/\ne/f.pyc\ne/g/\n"
    );
    tree.pyclean(". --folders");
    tree.assert_left("keep/k venv/empty/ .git/refs/ h/venv/");
    // Never a root.
    tree.add("r/s/");
    tree.pyclean("r r/s --folders");
    tree.assert_left("keep/k venv/empty/ .git/refs/ h/venv/ r/s/");
}

#[test]
fn a_folder_goes_though_a_file_in_it_was_named() {
    let tree = tree("a/b/m.pyc");
    let run = tree.pyclean("./a/b/m.pyc . --folders -v");
    run.assert(
        "a/\na/b/\na/b/m.pyc\n",
        "Removed 2 directories and 1 file (9 B).\n",
        0,
    );
    tree.assert_left("");
}

#[test]
fn a_failure_of_git_is_a_failure() {
    if is_absent("git") {
        return;
    }
    let tree = tree("a.py new.txt");
    repository(&tree, ".", &["a.py"]);
    fs::write(tree.path().join(".git/index"), "damaged").unwrap();
    let run = tree.pyclean(". --git-clean --yes");
    assert_eq!(run.code, Some(1));
    assert!(
        run.stderr.contains("error: git clean failed in ."),
        "{}",
        run.stderr
    );
    // And where git cannot say what it tracks, nothing is taken for debris.
    tree.add("dist/d");
    let run = tree.pyclean(". --debris");
    assert_eq!(run.code, Some(1));
    assert!(
        run.stderr.contains("cannot ask git what it tracks"),
        "{}",
        run.stderr
    );
    assert!(tree.path().join("dist/d").exists());
}

#[test]
fn a_class_in_a_glob_stands_for_no_separator() {
    let tree = tree("src/main.py src/pkg/a.py src-old/ src.bak src_keep src/m.pyc srcs/m.pyc");
    let erased = |glob: &str| tree.pyclean(&format!("-nq . -e {glob} -i *.pyc")).stdout;
    assert_eq!(erased("src[!_]*"), "src-old/\nsrc.bak\n");
    assert_eq!(erased("src[.-9]*"), "src.bak\n");
    assert_eq!(erased("src[/]main.py"), "");
    let spared = tree.pyclean("-nq . -i */src[!_]m.pyc");
    assert_eq!(spared.stdout, "src/m.pyc\nsrcs/m.pyc\n");
}

#[test]
fn what_is_erased_is_found_deep_in_a_cache_of_which_some_stays() {
    let tree = tree("__pycache__/x.log __pycache__/sub/y.log __pycache__/sub/m.pyc");
    let run = tree.pyclean("-nq . --stale -e **/*.log");
    assert_eq!(
        run.stdout,
        "__pycache__/sub/y.log: erased\n__pycache__/x.log: erased\n"
    );
}

#[test]
fn nothing_that_a_repository_keeps_is_debris() {
    if is_absent("git") {
        return;
    }
    let tree = tree("src/a .hg/store/data/dist/f.i .svn/tmp/ __pycache__/");
    repository(&tree, "src", &["a"]);
    git(&tree, ".", &["clone", "-q", "--bare", "src", ".bare"]);
    let add = ["-C", ".bare", "worktree", "add", "-q", "../dist", "-b"];
    git(&tree, ".", &[&add[..], &["dist"]].concat());
    let add = ["worktree", "add", "-q", "build/lib", "-b", "pages"];
    git(&tree, "src", &add);
    let run = tree.pyclean(". --debris --folders --no-default-ignore");
    assert_eq!((run.stdout, run.code), (String::new(), Some(0)));
    assert!(
        run.stderr.contains(": part of a repository\n"),
        "{}",
        run.stderr
    );
    for worktree in ["dist", "src/build/lib"] {
        assert_eq!(git(&tree, worktree, &["status", "--porcelain"]), "");
    }
    let left = tree.left();
    assert!(left.contains(".hg/store/data/dist/f.i\n") && left.contains(".svn/tmp/\n"));
    assert!(!left.contains("__pycache__"));
}

#[test]
fn what_an_outer_repository_tracks_stays_too() {
    if is_absent("git") {
        return;
    }
    let tree = tree("sub/dist/app.js sub/.coverage");
    repository(&tree, ".", &["sub/dist/app.js"]);
    git(&tree, "sub", &["init", "-q"]);
    tree.pyclean("-n . --debris").assert(
        "sub/.coverage\n",
        "warning: kept sub/dist: tracked by git\nWould remove 1 file (13 B).\n",
        0,
    );
}

/// A tree with a clone of a repository that has submodules at these places, none of them
/// checked out.
fn cloned(places: &[&str]) -> util::Tree {
    let tree = tree("module/a main/b");
    repository(&tree, "module", &["a"]);
    repository(&tree, "main", &["b"]);
    for place in places {
        let add = ["submodule", "--quiet", "add", "-f", "../module", place];
        git(&tree, "main", &add);
    }
    git(&tree, "main", &["commit", "-qm", "modules"]);
    git(&tree, ".", &["clone", "-q", "main", "clone"]);
    tree
}

#[test]
fn a_submodule_that_is_not_checked_out_is_no_empty_directory() {
    if is_absent("git") {
        return;
    }
    let tree = cloned(&["libs/vendored", "build", "dist/inner"]);
    fs::create_dir_all(tree.file("clone/libs/empty/inner")).unwrap();
    let run = tree.pyclean("clone --folders --debris");
    run.assert(
        "",
        "warning: kept clone/build, clone/dist/inner, clone/libs/vendored: a submodule\n\
         warning: kept clone/dist: tracked by git\n\
         Removed 2 directories.\n",
        0,
    );
    assert_eq!(git(&tree, "clone", &["status", "--porcelain"]), "");
}

#[test]
fn a_work_tree_in_a_repository_is_no_part_of_it() {
    if is_absent("git") {
        return;
    }
    let tree = tree("src/a");
    repository(&tree, "src", &["a"]);
    git(&tree, ".", &["clone", "-q", "--bare", "src", "repo.git"]);
    let add = ["-C", "repo.git", "worktree", "add", "-q", "main"];
    git(&tree, ".", &add);
    tree.add("repo.git/main/.pytest_cache/v");
    tree.add("repo.git/main/empty/");
    tree.pyclean("-n repo.git/main --debris --folders").assert(
        "repo.git/main/.pytest_cache/\nrepo.git/main/empty/\n",
        "Would remove 2 directories and 1 file (29 B).\n",
        0,
    );
}

#[test]
fn what_lies_above_a_repository_does_not_keep_its_debris() {
    if is_absent("git") {
        return;
    }
    let tree = tree(".git/ in/.pytest_cache/v");
    git(&tree, "in", &["init", "-q"]);
    tree.pyclean("-n in --debris").assert(
        "in/.pytest_cache/\n",
        "Would remove 1 directory and 1 file (18 B).\n",
        0,
    );
}

#[test]
fn debris_in_the_place_of_a_submodule_goes() {
    if is_absent("git") {
        return;
    }
    let tree = cloned(&["sub"]);
    tree.add("clone/sub/.pytest_cache/v");
    tree.pyclean("clone --folders --debris").assert(
        "",
        "warning: kept clone/sub: a submodule\nRemoved 1 directory and 1 file (25 B).\n",
        0,
    );
}

#[test]
fn what_makes_a_directory_a_repository_is_not_empty_by_chance() {
    let tree = tree("dist/sub/.git/ dist/sub/keep.txt");
    tree.pyclean(". --debris --folders --no-default-ignore")
        .assert(
            "",
            "warning: kept dist: a repository of its own\n\
             warning: kept dist/sub/.git: part of a repository\n\
             Nothing to remove.\n",
            0,
        );
}

#[test]
fn what_stays_is_told_once() {
    if is_absent("git") {
        return;
    }
    let tree = tree("dist/a tmp/b c.log");
    repository(&tree, ".", &["dist/a"]);
    tree.pyclean("-n . --debris --erase dist/").assert(
        "",
        "warning: kept dist: tracked by git\nNothing to remove.\n",
        0,
    );
    let mut declined = tree.command([".", "--erase", "tmp/", "*.log"]);
    fs::write(tree.file("answer"), "n\n").unwrap();
    let answer = fs::File::open(tree.file("answer")).unwrap();
    let run: Run = declined.stdin(answer).output().unwrap().into();
    assert!(!run.stderr.contains("not empty"), "{}", run.stderr);
}

#[test]
fn what_is_erased_counts_from_each_path_that_holds_it() {
    let tree = tree("p/__pycache__/m.pyo.0");
    let run =
        tree.pyclean("-nq p/__pycache__ p/__pycache__/m.pyo.0 p/__pycache__/ --python 2.7 -e **/*");
    assert_eq!(run.stdout, "p/__pycache__/\np/__pycache__/m.pyo.0\n");
}

#[test]
fn the_name_of_a_path_itself_makes_nothing_debris() {
    let tree = tree("build/lib/a.txt link->build docs/_build/b");
    for path in ["build", "link", "./build/", "docs"] {
        tree.pyclean(&format!("-n {path} --debris package sphinx"))
            .assert("", "Nothing to remove.\n", 0);
    }
    let run = tree.pyclean("-n . --debris package sphinx");
    assert_eq!(run.stdout, "build/\nbuild/lib/\ndocs/_build/\n");
}

#[test]
fn a_directory_that_is_debris_and_named_for_erasing_is_erased() {
    let tree = tree(".git/build/");
    let run = tree.pyclean("-n . --debris --no-default-ignore --erase **/.git/**");
    assert_eq!(run.stdout, ".git/build/\n");
}
