//! What cannot be read is kept, reported, and the exit code is 1. What nothing proves to be a
//! cache is kept.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::util::{
    PYCLEAN, Run, Tree, for_each_in_parallel, git, init_repository, is_missing, make_pipe,
    set_mode, skipped, temp_dir, tree,
};

/// A project with debris that must be kept: it holds a repository, an environment, or
/// tracked files.
fn create_protected_tree() -> Tree {
    let tree = tree(
        "pyproject.toml app.py __pycache__/app.cpython-312.pyc build/lib/gone.py empty/ \
         dist/site/index.html sdist/env/pyvenv.cfg sdist/env/lib/x .cache/model \
         vendor/dist/data.bin __pycache__/clone/file.txt",
    );
    init_repository(&tree, ".", &["app.py", "pyproject.toml", ".cache/model"]);
    init_repository(&tree, "dist/site", &["index.html"]);
    init_repository(&tree, "__pycache__/clone", &["file.txt"]);
    tree
}

/// What must be in that tree after any run.
const PROTECTED: [&str; 11] = [
    "app.py",
    "pyproject.toml",
    "dist/site/index.html",
    "dist/site/.git/HEAD",
    "sdist/env/pyvenv.cfg",
    "sdist/env/lib/x",
    ".cache/model",
    ".git/HEAD",
    "vendor/dist/data.bin",
    "__pycache__/clone/file.txt",
    "__pycache__/clone/.git/HEAD",
];

fn assert_protected(tree: &Tree, context: &str) {
    for path in PROTECTED {
        assert!(tree.path().join(path).exists(), "{path} is lost: {context}");
    }
}

fn pyclean_with_debris(tree: &Tree) -> Command {
    let mut command = Command::new("strace");
    command
        .args(["-f", "-qq"])
        .current_dir(tree.path())
        .env_remove("PYTHONPYCACHEPREFIX");
    command
}

const ARGUMENTS: [&str; 6] = [PYCLEAN, "--isolated", ".", "--debris", "all", "--folders"];

#[test]
fn nothing_protected_is_lost_whichever_system_call_fails() {
    if is_missing("strace") || is_missing("git") {
        return;
    }
    const CALLS: [&str; 8] = [
        "openat",
        "openat2",
        "open",
        "getdents64",
        "statx",
        "newfstatat",
        "read",
        "unlinkat",
    ];
    const ERRORS: [&str; 5] = ["EACCES", "EIO", "ESTALE", "EMFILE", "EINTR"];
    let trace = |expression: &str| -> (Tree, Run, String) {
        let tree = create_protected_tree();
        let directory = temp_dir();
        let log = directory.path().join("log");
        let mut strace = pyclean_with_debris(&tree);
        strace
            .args(["-e", expression, "-o"])
            .arg(&log)
            .args(ARGUMENTS);
        let run = strace.output().unwrap().into();
        let trace = fs::read_to_string(&log).unwrap_or_default();
        (tree, run, trace)
    };
    let (tree, run, calls) = trace(&format!("trace={}", CALLS.join(",")));
    if run.code.is_none_or(|code| code > 1) || calls.is_empty() {
        return skipped("strace cannot trace here");
    }
    assert_protected(&tree, &run.stderr);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let opened = calls
        .find("O_PATH|O_DIRECTORY")
        .expect("the PATH is opened");
    let start_up = &calls[..calls[..opened].rfind('\n').map_or(0, |end| end + 1)];
    let mut faults = Vec::new();
    for call in CALLS {
        let count = |trace: &str| trace.matches(&format!(" {call}(")).count();
        for number in count(start_up) + 1..=count(&calls) {
            // Every call fails with one of the errors, and each error is used everywhere.
            faults.push((call, number, ERRORS[number % ERRORS.len()]));
        }
    }
    let (injected, silent) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let inject = |_: &mut (), (call, number, error): (&str, usize, &str)| {
        let expression = format!("inject={call}:error={error}:when={number}");
        let (tree, run, trace) = trace(&expression);
        let context = format!("{expression}: {}", run.stderr);
        assert_protected(&tree, &context);
        assert!(!run.stderr.contains("panicked"), "{context}");
        if !trace.contains("(INJECTED)") {
            return;
        }
        injected.fetch_add(1, Ordering::Relaxed);
        if run.code == Some(0) {
            // Only what is tried again, or does not matter, is silent.
            silent.fetch_add(1, Ordering::Relaxed);
            let lost = tree.path().join("__pycache__/app.cpython-312.pyc").exists();
            assert!(!lost, "{context}");
        }
    };
    for_each_in_parallel(faults.iter().copied(), || (), inject);
    let injected = injected.into_inner();
    println!(
        "{injected} of {} calls failed, {silent:?} silently",
        faults.len()
    );
    assert!(injected >= 100, "only {injected} faults were injected");
}

#[test]
fn nothing_protected_is_lost_with_few_descriptors() {
    if is_missing("git") {
        return;
    }
    for limit in [8, 9, 10, 12, 16] {
        let tree = create_protected_tree();
        let mut shell = Command::new("sh");
        let command = format!("ulimit -n {limit}; exec {}", ARGUMENTS.join(" "));
        let run: Run = shell
            .args(["-c", &command])
            .current_dir(tree.path())
            .output()
            .unwrap()
            .into();
        assert_protected(&tree, &format!("{limit} descriptors: {}", run.stderr));
    }
}

#[test]
fn debris_that_cannot_be_read_is_kept() {
    let tree = tree("setup.py dist/a/b dist/secret/x a.pyc");
    set_mode(tree.path().join("dist/secret"), 0);
    let run = crate::util::run_as_ordinary_user(&tree, "-v . --debris");
    set_mode(tree.path().join("dist/secret"), 0o755);
    assert_eq!(run.code, Some(1));
    assert!(
        run.stderr.contains("cannot read dist/secret"),
        "{}",
        run.stderr
    );
    assert!(
        run.stderr.contains("kept dist: cannot be read"),
        "{}",
        run.stderr
    );
    tree.assert_left("setup.py dist/a/b dist/secret/x");
}

#[test]
fn repository_with_a_dangling_git_symlink_keeps_its_debris() {
    let tree = tree("setup.py dist/a .git->nowhere");
    let run = tree.pyclean(". --debris");
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(
        run.stderr.contains("cannot list tracked files"),
        "{}",
        run.stderr
    );
    tree.assert_left("setup.py dist/a .git->nowhere");
}

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

/// Runs the program on a tree with these entries, and changes the tree between the reading
/// and the removal of its last part.
fn change_before_removal(entries: &str, change: impl FnOnce(&Path)) -> (Tree, Run) {
    // A slow reader of stdout stops the run.
    let first: Vec<_> = (0..3_000).map(|i| format!("a/m{i:0100}.pyc")).collect();
    let tree = tree(&format!("setup.py {} {entries}", first.join(" ")));
    let mut child = tree
        .command(["-v", "-j", "1", "."])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = std::io::BufReader::with_capacity(16, child.stdout.take().unwrap());
    std::io::BufRead::fill_buf(&mut stdout).unwrap();
    change(tree.path());
    std::io::copy(&mut stdout, &mut std::io::sink()).unwrap();
    let run = child.wait_with_output().unwrap().into();
    (tree, run)
}

#[test]
fn tree_that_was_replaced_since_it_was_read_is_kept() {
    let (tree, run) = change_before_removal("z/__pycache__/old.pyc", |tree| {
        let cache = tree.join("z/__pycache__");
        fs::rename(&cache, tree.join("z/moved")).unwrap();
        fs::create_dir(&cache).unwrap();
        fs::write(cache.join("old.pyc"), "other").unwrap();
    });
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(
        run.stderr
            .contains("cannot remove z/__pycache__: changed during the run"),
        "{}",
        run.stderr
    );
    let kept = tree.path().join("z/__pycache__/old.pyc");
    assert_eq!(fs::read_to_string(kept).unwrap(), "other");
}

#[test]
fn files_that_are_created_before_the_removal_are_kept_unless_they_are_bytecode() {
    let (tree, run) =
        change_before_removal("y/__pycache__/old.pyc z/__pycache__/old.pyc", |tree| {
            for name in [
                "y/__pycache__/new.pyc",
                "z/__pycache__/new.pyc",
                "z/__pycache__/notes.txt",
            ] {
                fs::write(tree.join(name), "").unwrap();
            }
        });
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(
        run.stderr
            .contains("cannot remove z/__pycache__: Directory not empty"),
        "{}",
        run.stderr
    );
    assert!(tree.path().join("z/__pycache__/notes.txt").exists());
    assert!(!tree.listing().contains(".pyc"), "{}", tree.listing());
}

#[test]
fn pipes_and_kernel_files_in_place_of_settings_do_not_hang() {
    let tree = tree("a/m.pyc b/m.pyc c/m.pyc");
    make_pipe(&tree.path().join("a/pyproject.toml"));
    symlink("/proc/kmsg", tree.path().join("b/pyproject.toml")).unwrap();
    symlink("/dev/zero", tree.path().join("c/pyproject.toml")).unwrap();
    let started = std::time::Instant::now();
    tree.pyclean("-n a b c .");
    tree.pyclean("a b c");
    assert!(started.elapsed().as_secs() < 30);
    assert!(!tree.listing().contains("m.pyc"), "{}", tree.listing());
}

#[test]
fn index_that_is_a_pipe_keeps_debris_after_a_time_limit() {
    if is_missing("git") {
        return;
    }
    let tree = tree("setup.py dist/a");
    init_repository(&tree, ".", &["setup.py"]);
    fs::remove_file(tree.path().join(".git/index")).unwrap();
    make_pipe(&tree.path().join(".git/index"));
    let run = tree.pyclean("-q . --debris");
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(tree.path().join("dist/a").exists());
}

#[test]
fn settings_of_another_user_in_a_world_writable_directory_are_ignored() {
    let tree = tree("m.pyc");
    fs::write(
        tree.path().join("pyproject.toml"),
        "[tool.pyclean]\nignore = ['m.pyc']\n",
    )
    .unwrap();
    let owner = Command::new("chown")
        .arg("65534")
        .arg(tree.path().join("pyproject.toml"))
        .status();
    if !owner.is_ok_and(|status| status.success()) {
        return skipped("only root can give a file away");
    }
    let listed = || tree.pyclean("-n .");
    assert_eq!(listed().stdout, "", "in a directory of the user it applies");
    set_mode(tree.path(), 0o1777);
    let run = listed();
    assert_eq!(run.stdout, "m.pyc\n");
    assert!(
        run.stderr.contains("warning: ignoring the settings in"),
        "{}",
        run.stderr
    );
}

#[test]
fn settings_of_a_nested_project_narrow_what_is_removed_below_it() {
    let tree = tree(
        "a/m.pyc a/keep/__pycache__/x.pyc b/keep/__pycache__/x.pyc a/inner/keep/m.pyc \
         a/inner/other/m.pyc a/inner/inner/m.pyc",
    );
    let write = |path: &str, text: &str| fs::write(tree.path().join(path), text).unwrap();
    write("a/pyproject.toml", "[tool.pyclean]\nignore = ['keep']\n");
    write(
        "a/inner/pyproject.toml",
        "[tool.pyclean]\nignore = ['other']\n",
    );
    assert_eq!(
        tree.pyclean("-n .").stdout,
        "a/inner/inner/m.pyc\na/m.pyc\nb/keep/__pycache__/\n"
    );
    assert_eq!(tree.pyclean("-n . --isolated").stdout.lines().count(), 6);
    // A file that cannot be parsed keeps everything below it.
    write("a/inner/pyproject.toml", "[tool.pyclean]\nignore = 1\n");
    let run = tree.pyclean("-n .");
    assert_eq!(run.stdout, "a/m.pyc\nb/keep/__pycache__/\n");
    assert_eq!(run.code, Some(1));
}

#[test]
fn debris_of_a_nested_project_is_not_named_by_its_settings() {
    let tree = tree("a/.mypy_cache/x a/m.pyc");
    let settings = "[tool.pyclean]\ndebris = ['mypy']\nstale = false\n";
    fs::write(tree.path().join("a/pyproject.toml"), settings).unwrap();
    assert_eq!(tree.pyclean("-n .").stdout, "a/m.pyc\n");
    assert_eq!(tree.pyclean("-n a").stdout, "a/.mypy_cache/\na/m.pyc\n");
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
                run.stderr.contains("git tracks app/main.pyc"),
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
fn program_without_any_source_is_not_stale() {
    let tree = tree("frozen/lib/a.pyc frozen/lib/b.so mixed/gone.pyc mixed/m.py");
    assert_eq!(
        tree.pyclean("-n . --stale").stdout,
        "mixed/gone.pyc: orphaned, no gone.py\n"
    );
    // Plain cleaning removes what the user asked for.
    assert_eq!(tree.pyclean("-n .").stdout.lines().count(), 2);
}

#[test]
fn copy_that_is_named_like_a_partial_write_is_kept() {
    let tree = tree("");
    let write = |path: &str, bytes: &[u8]| fs::write(tree.path().join(path), bytes).unwrap();
    write("core.pyc.20240101", b"a text that is longer than a header");
    write(
        "m.cpython-312.pyc.1234",
        b"\xcb\r\r\n\0\0\0\0 and the rest of it",
    );
    write("n.cpython-312.pyc.1234", b"");
    assert_eq!(
        tree.pyclean("-n .").stdout,
        "m.cpython-312.pyc.1234\nn.cpython-312.pyc.1234\n"
    );
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
fn unreadable_path_does_not_end_with_nothing_to_remove() {
    let tree = tree("locked/m.pyc");
    set_mode(tree.path().join("locked"), 0);
    let run = crate::util::run_as_ordinary_user(&tree, "locked");
    set_mode(tree.path().join("locked"), 0o755);
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.ends_with("Nothing removed.\n"), "{}", run.stderr);
}

#[test]
fn one_file_system_stops_at_a_bind_mount_of_the_same_device() {
    let tree = tree("a/m.pyc other/x.pyc");
    fs::create_dir(tree.path().join("a/mnt")).unwrap();
    let mounted = Command::new("mount")
        .args(["--bind", "other", "a/mnt"])
        .current_dir(tree.path())
        .status();
    if !mounted.is_ok_and(|status| status.success()) {
        return skipped("only root can mount");
    }
    let run = tree.pyclean("-n -x a");
    let all = tree.pyclean("-n a");
    let unmounted = Command::new("umount")
        .arg(tree.path().join("a/mnt"))
        .status();
    assert!(unmounted.unwrap().success());
    assert_eq!(run.stdout, "a/m.pyc\n");
    assert_eq!(all.stdout, "a/m.pyc\na/mnt/x.pyc\n");
}

#[test]
fn signals_end_the_run_with_a_summary() {
    for signal in ["TERM", "HUP"] {
        let tree = crate::util::create_large_tree();
        let mut child = tree
            .command_with_default_signals(&["-v", "."])
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = std::io::BufReader::with_capacity(16, child.stdout.take().unwrap());
        std::io::BufRead::fill_buf(&mut stdout).unwrap();
        let kill = Command::new("kill")
            .args(["-s", signal, &child.id().to_string()])
            .status();
        assert!(kill.unwrap().success());
        std::thread::sleep(std::time::Duration::from_millis(100));
        std::io::copy(&mut stdout, &mut std::io::sink()).unwrap();
        let run: Run = child.wait_with_output().unwrap().into();
        assert_eq!(run.code, Some(130), "{signal}: {}", run.stderr);
        assert!(
            run.stderr.starts_with("Interrupted: removed "),
            "{}",
            run.stderr
        );
    }
}
