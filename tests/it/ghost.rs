//! Ghost packages: directories in which only orphaned bytecode is left. Python imports them
//! as namespace packages (PEP 420).

use std::fs;

use crate::util::{Tree, git, init_repository, is_missing, tree};
use crate::{assert_finds_nothing, assert_reports, assert_run};

#[test]
fn directories_with_orphaned_bytecode_alone_are_removed_upwards() {
    let tree = tree(
        "m.py a/b/c/__pycache__/x.cpython-312.pyc a/b/__pycache__/y.cpython-312.pyc \
         data/__pycache__/z.cpython-312.pyc data/table.csv was-empty/",
    );
    let summary = "Removed 6 directories and 3 files (102 B).\n";
    tree.pyclean("--stale .").assert("", summary, 0);
    tree.assert_left("m.py data/table.csv was-empty/");
    assert_finds_nothing(&tree, "--stale .");
}

#[test]
fn ghosts_are_listed_with_their_reason() {
    let tree = tree("gone/__pycache__/x.cpython-312.pyc");
    let summary = "Would remove 2 directories and 1 file (34 B).\n";
    let short = "gone/: ghost, 1 orphaned file\n";
    assert_run(&tree, "-n --stale .", short, summary, 0);
    let verbose = "gone/: ghost\ngone/__pycache__/: empty after this run\n\
                   gone/__pycache__/x.cpython-312.pyc: orphaned, no x.py\n";
    assert_run(&tree, "-n -v --stale .", verbose, summary, 0);
    let json = tree.pyclean("-n --stale --json .").stdout;
    assert!(json.contains(r#""reason":"ghost""#), "{json}");
    // Plain cleaning keeps the directory.
    tree.pyclean(".");
    tree.assert_left("gone/");
}

#[test]
fn path_empty_directory_repository_and_environment_are_no_ghosts() {
    let cache = "__pycache__/x.cpython-312.pyc";
    let entries = format!(
        "path/{cache} holds-empty/{cache} holds-empty/empty/ env/{cache} env/pyvenv.cfg \
         typed/{cache} typed/x.pyi native/{cache} native/y.so up-to-date/keep.txt"
    );
    let tree = tree(&entries);
    tree.pyclean("--stale path holds-empty env typed native up-to-date");
    tree.assert_left(
        "path/ holds-empty/empty/ env/pyvenv.cfg typed/x.pyi native/y.so up-to-date/keep.txt",
    );
}

#[test]
fn place_of_a_submodule_is_no_ghost() {
    if is_missing("git") {
        return;
    }
    let tree = tree("lib/x.py main/m.py");
    init_repository(&tree, "lib", &["x.py"]);
    init_repository(&tree, "main", &["m.py"]);
    let path = tree.path().join("lib");
    let add = ["submodule", "add", "-q", path.to_str().unwrap(), "sub"];
    git(&tree, "main", &add);
    git(&tree, "main", &["commit", "-qm", "sub"]);
    let deinit = ["submodule", "--quiet", "deinit", "-f", "sub"];
    git(&tree, "main", &deinit);
    tree.add("main/sub/__pycache__/x.cpython-312.pyc");
    assert_reports(&tree, "--stale main", 0, "kept main/sub: a submodule");
    assert!(tree.path().join("main/sub").is_dir());
    assert!(!tree.path().join("main/sub/__pycache__").exists());
}

/// Runs Python in the repository, and returns whether it can import a module.
fn can_import(tree: &Tree, module: &str) -> bool {
    let mut python = tree.program("python3");
    python
        .args(["-c", &format!("import {module}")])
        .env_remove("PYTHONDONTWRITEBYTECODE");
    python.output().unwrap().status.success()
}

/// A repository with a branch `old` that has packages which `new` moved or deleted.
fn repository_with_branches() -> Tree {
    let tree = tree("mixed/data.csv .gitignore");
    let sources = "app/__init__.py app/core.py shop/__init__.py shop/cart.py shop/deep/__init__.py \
                   shop/deep/er/mod.py bare/sub/mod.py mixed/__init__.py moved/m.py";
    for source in sources.split_whitespace() {
        fs::write(tree.file_path(source), "x = 1\n").unwrap();
    }
    fs::write(tree.path().join(".gitignore"), "__pycache__/\n").unwrap();
    init_repository(&tree, ".", &["."]);
    git(&tree, ".", &["branch", "old"]);
    let deleted = ["rm", "-rqf", "shop", "bare", "mixed/__init__.py"];
    git(&tree, ".", &deleted);
    git(&tree, ".", &["mv", "moved", "elsewhere"]);
    git(&tree, ".", &["commit", "-qm", "new"]);
    git(&tree, ".", &["switch", "-q", "old"]);
    import_all(&tree);
    tree
}

/// Imports all modules of the branch `old`, so that Python writes their bytecode.
#[track_caller]
fn import_all(tree: &Tree) {
    let modules = "app.core shop.cart shop.deep.er.mod bare.sub.mod mixed moved.m shop.deep";
    for module in modules.split(' ') {
        assert!(can_import(tree, module), "{module}");
    }
}

#[test]
fn no_deleted_package_can_be_imported_after_a_branch_switch() {
    if is_missing("git") || is_missing("python3") {
        return;
    }
    let tree = repository_with_branches();
    git(&tree, ".", &["switch", "-q", "main"]);
    // The ghost is a namespace package.
    assert!(can_import(&tree, "shop"));
    let tracked = git(&tree, ".", &["ls-files"]);
    assert_eq!(tree.pyclean("--stale .").code, Some(0));
    for module in "shop shop.cart shop.deep bare bare.sub moved moved.m".split(' ') {
        assert!(!can_import(&tree, module), "{module}");
    }
    // It still has data, so that Python imports it as a namespace package.
    assert!(can_import(&tree, "mixed"));
    assert!(tree.path().join("mixed/data.csv").exists());
    for file in tracked.lines() {
        assert!(tree.path().join(file).exists(), "{file}");
    }
    assert!(can_import(&tree, "app.core") && can_import(&tree, "elsewhere.m"));
    assert_eq!(git(&tree, ".", &["status", "--short"]), "");
    assert_finds_nothing(&tree, "--stale .");
    // And back.
    git(&tree, ".", &["switch", "-q", "old"]);
    import_all(&tree);
    // As a hook of git.
    #[cfg(unix)]
    {
        use crate::util::{PYCLEAN, write_script};
        let hook = tree.file_path(".git/hooks/post-checkout");
        write_script(&hook, &format!("exec {PYCLEAN} -q --stale ."));
        git(&tree, ".", &["switch", "-q", "main"]);
        for module in ["shop", "bare", "moved"] {
            assert!(!can_import(&tree, module), "{module}");
        }
        assert!(can_import(&tree, "app.core"));
    }
}
