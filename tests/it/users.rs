//! Situations from reports of users, with the interpreters that pyenv installed where Python
//! itself has to agree.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use crate::permissions::run_with_mode;
use crate::util::{PYCLEAN, Tree, init_repository, is_missing, set_mode, skipped, tree};
use crate::{assert_finds_nothing, assert_reports, assert_run, listed, run_command};

/// The interpreters of pyenv, or else `python3`.
fn interpreters() -> Vec<PathBuf> {
    let home = PathBuf::from(env::var_os("HOME").unwrap_or_default());
    let versions = fs::read_dir(home.join(".pyenv/versions"));
    let programs = versions.into_iter().flatten().flatten();
    let mut programs: Vec<_> = programs
        .map(|entry| entry.path().join("bin/python"))
        .filter(|program| program.is_file())
        .collect();
    if programs.is_empty() && !is_missing("python3") {
        programs.push("python3".into());
    }
    programs
}

/// Runs code in the tree. Returns what it printed, or `None` if it failed.
fn run_python(tree: &Tree, python: impl AsRef<Path>, code: &str) -> Option<String> {
    let mut command = tree.program(python.as_ref());
    command.env_remove("PYTHONDONTWRITEBYTECODE");
    let output = command.args(["-c", code]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    output.status.success().then(|| text.trim().to_owned())
}

/// Makes an environment `v` in the tree. Returns its Python and its `site-packages`.
fn add_environment(tree: &Tree, python: &Path) -> Option<(PathBuf, String)> {
    let mut venv = tree.program(python);
    venv.args(["-m", "venv", "--without-pip", "v"]);
    if !venv.output().unwrap().status.success() {
        return None;
    }
    let code = "import sysconfig; print(sysconfig.get_path('purelib'))";
    let python = tree.path().join("v/bin/python");
    let packages = run_python(tree, &python, code).unwrap();
    let packages = Path::new(&packages).strip_prefix(tree.path()).unwrap();
    let packages = packages.to_str().unwrap().to_owned();
    Some((python, packages))
}

// 1
#[test]
fn what_is_ignored_is_kept_whatever_selects_it() {
    const ENTRIES: &str = "pyproject.toml data/tmp/x data/m.pyc data/__pycache__/m.cpython-312.pyc \
                           data/.mypy_cache/x data/build/lib/x data/empty/";
    for paths in [
        "data",
        "data/",
        "./data",
        "data/tmp data/m.pyc data/__pycache__",
    ] {
        for ignored in ["data", "d*a", "ABSOLUTE", "./data"] {
            for selected in [
                "",
                "--erase **/* -y",
                "-d all -f",
                "--stale",
                "--git-clean -y",
            ] {
                let tree = tree(ENTRIES);
                if selected.starts_with("--git-clean") {
                    // `git clean` accepts only names.
                    if ["ABSOLUTE", "./data"].contains(&ignored) || paths.contains(' ') {
                        continue;
                    }
                    init_repository(&tree, ".", &["pyproject.toml"]);
                }
                let before = tree.listing();
                let absolute = tree.path().join("data");
                let ignored = ignored.replace("ABSOLUTE", absolute.to_str().unwrap());
                let arguments = format!("{paths} {selected} --ignore {ignored}");
                let run = assert_reports(&tree, &arguments, 0, "note: ignored: ");
                assert!(run.stderr.starts_with("note: "), "{}", run.stderr);
                assert_eq!(tree.listing(), before, "{arguments}\n{}", run.stderr);
            }
        }
    }
}

#[test]
fn directory_in_an_ignored_one_is_ignored_as_a_path() {
    let tree = tree("data/tmp/x other/tmp/x");
    assert_reports(&tree, "data other --erase tmp/* -y --ignore data", 0, "");
    tree.assert_left("data/tmp/x other/tmp/");
}

// 2
#[test]
fn program_without_sources_survives_a_source_beside_it() {
    for python in interpreters() {
        for source in ["config.py", "conftest.py", "__main__.py"] {
            let tree = tree("");
            fs::write(tree.file_path("app.py"), "import helper\n").unwrap();
            fs::write(tree.file_path("helper.py"), "").unwrap();
            let compile = "import py_compile as p; p.compile('app.py', 'app.pyc'); \
                           p.compile('helper.py', 'helper.pyc')";
            run_python(&tree, &python, compile).unwrap();
            let is_python_2 = run_python(&tree, &python, "unicode").is_some();
            for file in ["app.py", "helper.py"] {
                fs::rename(tree.file_path(file), tree.file_path(source)).unwrap();
            }
            tree.pyclean("--stale .");
            let works = run_python(&tree, &python, "import app").is_some();
            // Python 2 writes such a file by itself.
            assert_eq!(works, !is_python_2, "{python:?} {source}");
        }
    }
}

// 3
#[test]
fn module_and_package_that_replaced_each_other_are_imported_anew() {
    for python in interpreters() {
        let tree = tree("");
        let write = |file, text| fs::write(tree.file_path(file), text).unwrap();
        let run = |code| run_python(&tree, &python, code).unwrap();
        write("pkg/old.py", "new = 0\n");
        write("m.py", "new = 0\n");
        run(
            "import py_compile as p; p.compile('pkg/old.py', 'pkg/__init__.pyc'); \
             p.compile('m.py', 'm.pyc')",
        );
        fs::remove_file(tree.file_path("pkg/old.py")).unwrap();
        fs::remove_file(tree.file_path("m.py")).unwrap();
        write("pkg.py", "new = 1\n");
        write("m/__init__.py", "new = 1\n");
        assert_eq!(run("import pkg, m; print(pkg.new)"), "0", "{python:?}");
        tree.pyclean("--stale .");
        let code = "import pkg, m; print(pkg.new + m.new)";
        assert_eq!(run(code), "2", "{python:?}");
        assert!(!tree.path().join("m.pyc").exists() && !tree.path().join("pkg").exists());
    }
}

// 4
#[test]
fn package_that_was_uninstalled_from_an_environment_cannot_be_imported() {
    for python in interpreters() {
        let tree = tree("");
        let Some((venv, packages)) = add_environment(&tree, &python) else {
            continue;
        };
        let modules = ["gone", "gone/deep", "left"].map(|package| {
            let module = format!("{packages}/{package}/__init__.py");
            tree.file_path(module)
        });
        for module in &modules {
            fs::write(module, "x = 1\n").unwrap();
        }
        tree.add(&format!("{packages}/was_empty/"));
        tree.add(&format!("{packages}/left/data.csv"));
        run_python(&tree, &venv, "import gone.deep, left").unwrap();
        for module in &modules {
            fs::remove_file(module).unwrap();
        }
        let can_import = || run_python(&tree, &venv, "import gone").is_some();
        assert!(can_import(), "{python:?}");
        tree.pyclean("--stale v");
        assert!(!can_import(), "{python:?}");
        for kept in ["left/data.csv", "was_empty"] {
            assert!(tree.path().join(&packages).join(kept).exists(), "{kept}");
        }
        assert_finds_nothing(&tree, "--stale v");
    }
}

#[test]
fn skeleton_of_an_environment_is_no_ghost() {
    const PACKAGES: &str = "c/lib/python3.12/site-packages";
    let orphan = "__pycache__/m.cpython-312.pyc";
    let tree = tree(&format!(
        "c/conda-meta/history {PACKAGES}/{orphan} {PACKAGES}/gone/deep/{orphan} c/include/"
    ));
    tree.pyclean("--stale c");
    tree.assert_left(&format!("c/conda-meta/history {PACKAGES}/ c/include/"));
}

// 7
#[test]
fn partial_write_in_progress_is_kept() {
    let Some(python) = interpreters().pop() else {
        return;
    };
    let tree = tree("");
    for module in 0..60 {
        let source = tree.file_path(format!("m{module}.py"));
        fs::write(source, "x = 1\n".repeat(300)).unwrap();
    }
    thread::scope(|scope| {
        let compile = scope.spawn(|| {
            let mut compile = tree.program(&python);
            compile.args(["-m", "compileall", "-q", "-f", "."]);
            (0..5).all(|_| compile.status().unwrap().success())
        });
        while !compile.is_finished() {
            tree.pyclean("-q --stale .");
        }
        assert!(compile.join().unwrap());
    });
}

// 9
#[test]
fn cache_of_numba_is_orphaned_with_its_module() {
    let files = |module: &str| {
        format!("__pycache__/{module}.func-1.py311.nbi __pycache__/{module}.func-1.py311.1.nbc")
    };
    let living = format!("m.py {} other/x.nbi", files("m"));
    let tree = tree(&format!(
        "{living} {} gone/{}",
        files("n"),
        files("k").replace(' ', " gone/")
    ));
    let listed = listed(&tree, "--stale .");
    let line = "__pycache__/n.func-1.py311.nbi: orphaned\n";
    assert!(listed.contains(line), "{listed}");
    tree.pyclean("-q --stale .");
    tree.assert_left(&living);
    // Users are told to delete these in packages.
    tree.add("site-packages/m.py");
    tree.add("site-packages/__pycache__/m.f-1.py311.nbi");
    tree.pyclean("-q --stale site-packages --debris numba");
    tree.assert_left(&format!("{living} site-packages/m.py"));
}

// 10
#[test]
fn cache_in_a_cache_is_removed() {
    let tree = tree("m.py __pycache__/__pycache__/m.cpython-312.pyc __pycache__/keep.txt m/n/");
    let listing = "__pycache__/__pycache__/: empty after this run\n\
                   __pycache__/__pycache__/m.cpython-312.pyc: orphaned, no m.py\n";
    let summary = "Removed 1 directory and 1 file (41 B).\n";
    assert_run(&tree, "-v --stale .", listing, summary, 0);
    tree.assert_left("m.py __pycache__/keep.txt m/n/");
}

// 11
#[test]
fn files_of_the_desktop_do_not_keep_a_ghost() {
    let pyc = "__pycache__/m.cpython-312.pyc";
    let kept = "a/b/.DS_Store a/b/x.txt only/.DS_Store ignored/desktop.ini .DS_Store";
    let tree = tree(&format!(
        "{kept} a/b/{pyc} ghost/.DS_Store ghost/__pycache__/.DS_Store ghost/{pyc} \
         ghost/deep/Thumbs.db ghost/deep/{pyc} ghost/deep/desktop.ini ignored/{pyc}"
    ));
    let run = tree.pyclean("--stale . --ignore ignored/desktop.ini");
    tree.assert_left(kept);
    assert_eq!(run.stderr, "Removed 6 directories and 8 files (229 B).\n");
}

// 13
#[test]
fn skipped_environments_are_named() {
    let orphan = "lib/__pycache__/m.cpython-312.pyc";
    let tree = tree(&format!(
        ".venv/{orphan} env/{orphan} env/pyvenv.cfg .git/{orphan} node_modules/{orphan}"
    ));
    let note = "note: skipped .venv, env; to clean: pyclean .venv env -v --stale .\n";
    let nothing = "Nothing to remove.\n";
    assert_finds_nothing(&tree, "--stale .");
    let with_note = format!("{note}{nothing}");
    assert_run(&tree, "-v --stale .", "", &with_note, 0);
    #[cfg(target_os = "linux")]
    {
        use crate::terminal::run_on_terminal;
        let screen = run_on_terminal(&tree, "--stale .");
        let note = "note: skipped .venv, env; to clean: pyclean .venv env --stale .";
        assert!(screen.starts_with(note), "{screen:?}");
        assert!(screen.ends_with(nothing), "{screen:?}");
        assert_eq!(run_on_terminal(&tree, "-q --stale ."), "");
        tree.add("m.pyc");
        assert!(!run_on_terminal(&tree, ".").contains("note: "));
    }
    fs::rename(tree.file_path("env"), tree.file_path(".venv/env")).unwrap();
    let note = "note: skipped .venv; to clean: pyclean .venv -v .\n";
    assert_reports(&tree, "-v .", 0, note);
}

// 14
#[test]
fn modules_without_sources_are_named() {
    let tree = tree("build/exe/lib/a.pyc build/exe/lib/b.pyc");
    assert_finds_nothing(&tree, "--stale .");
    let note = "note: kept in build/exe/lib: 2 files without a source, which may be all there is \
                of a program; without --stale, it is removed\nNothing to remove.\n";
    assert_run(&tree, "-v --stale .", "", note, 0);
    let warning =
        "warning: build/exe/lib: 2 files without a source, which Python cannot make again\n";
    for arguments in ["-n .", "."] {
        let stderr = tree.pyclean(arguments).stderr;
        assert!(stderr.starts_with(warning), "{stderr}");
    }
}

// 15
#[test]
fn cache_of_a_prefix_as_path_is_recognized() {
    let tree = tree("cache/src/m.cpython-312.pyc cache/src/n.cpython-312.pyc");
    let note = "note: kept in cache: 2 files whose source is not known; if cache is a \
                PYTHONPYCACHEPREFIX: --pycache-prefix cache\nNothing to remove.\n";
    assert_run(&tree, "--stale cache", "", note, 0);
}

// 16
#[test]
fn hint_for_missing_permissions_is_true() {
    for (mode, hint) in [
        (0o500, "hint: ro is read-only: chmod u+w ro\n"),
        (0o300, "hint: ro cannot be read: chmod u+rx ro\n"),
    ] {
        let tree = tree("ro/m.pyc ro/m.py");
        let run = run_with_mode(&tree, "ro", mode, ".");
        assert!(run.stderr.contains(hint), "{}", run.stderr);
    }
}

#[test]
fn owner_of_what_cannot_be_removed_is_named() {
    use std::os::unix::fs::chown;
    let tree = tree("theirs/m.pyc theirs/m.py");
    let path = tree.path().join("theirs");
    if chown(&path, Some(0), Some(0)).is_err() {
        return skipped("only root can give files away");
    }
    set_mode(tree.path(), 0o755);
    set_mode(&path, 0o755);
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--clear-groups", "true"]);
    if !command.output().is_ok_and(|output| output.status.success()) {
        return skipped("setpriv is not installed");
    }
    let program = tree.path().join("program");
    fs::copy(PYCLEAN, &program).unwrap();
    let mut command = tree.program("setpriv");
    command.args(["--reuid=65534", "--clear-groups"]);
    let run = run_command(command.arg(&program).arg("theirs"));
    let hint = "hint: theirs belongs to root: run as root, or with sudo\n";
    assert!(run.stderr.contains(hint), "{}", run.stderr);
}

// 17
#[test]
fn missing_evidence_is_named() {
    let tree = tree("a/m.egg-info/x dist/x");
    let notes = "note: kept a/m.egg-info: no Python project with a build or dist beside it\n\
                 note: kept dist: no Python project and no .spec of PyInstaller beside it\n\
                 Nothing to remove.\n";
    assert_run(&tree, ". -v --debris package", "", notes, 0);
    assert_finds_nothing(&tree, ". --debris package");
    assert_finds_nothing(&tree, ". -v");
}

// 18
#[test]
fn no_bytecode_keeps_bytecode() {
    let tree = tree("m.py __pycache__/m.cpython-312.pyc .mypy_cache/x");
    tree.pyclean(". --debris mypy --no-bytecode");
    tree.assert_left("m.py __pycache__/m.cpython-312.pyc");
    let error = "error: --no-bytecode requires --debris, --erase, --folders or --git-clean\n";
    assert_reports(&tree, ". --no-bytecode", 2, error);
}
