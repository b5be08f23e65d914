//! One system call fails, at each point where the program makes it. Only caches are removed,
//! the counts are right, the error is reported, and the rest is removed. What nothing proves
//! to be a cache is kept.

use std::fmt;
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::run_command;
use crate::util::{
    PYCLEAN, Run, Tree, below_prefix, case_count, for_each_in_parallel, init_repository,
    is_missing, skipped, temp_dir, tree,
};

/// The system calls of the walk and the removal.
const CALLS: &str = "openat openat2 getdents64 statx newfstatat unlinkat lseek";

const ERRORS: &str = "EACCES EIO EBUSY ENOENT ENOTEMPTY EMFILE ENOSPC";

const SOURCES: &str = "a/m.py b/m.py b/data.txt c/d/m.py";

const BYTECODE: &str = "a/__pycache__/m.cpython-312.pyc a/__pycache__/sub/x \
     b/__pycache__/m.cpython-312.pyc b/stray.pyc c/d/__pycache__/m.cpython-312.pyc \
     c/d/__pycache__/n.cpython-312.pyc";

/// The numbers of directories and files in [`BYTECODE`].
const TOTALS: (usize, usize) = (4, 6);

/// No settings around the tree are looked up.
const ISOLATED: &str = "--isolated .";

fn create_tree() -> Tree {
    tree(&format!("{SOURCES} {BYTECODE}"))
}

/// Runs the program with these arguments under strace. It can read one answer. Returns the trace,
/// too, which is empty where strace cannot trace.
pub fn run_under_strace(tree: &Tree, options: &[&str], arguments: &str) -> (Run, String) {
    let directory = temp_dir();
    let [log, answer] = ["log", "answer"].map(|name| directory.path().join(name));
    fs::write(&answer, "y\n").unwrap();
    let mut strace = tree.program("strace");
    strace.stdin(fs::File::open(&answer).unwrap());
    strace.args(["-f", "-qq", "-o"]).arg(&log).args(options);
    strace.arg(PYCLEAN).args(arguments.split_whitespace());
    let run = run_command(&mut strace);
    (run, fs::read_to_string(&log).unwrap_or_default())
}

/// Runs the program without a fault. Returns the trace of these system calls, or `None` if
/// the test has to be skipped.
fn trace(tree: &Tree, arguments: &str, calls: &str) -> Option<String> {
    if is_missing("strace") {
        return None;
    }
    let filter = format!("trace={}", calls.replace(' ', ","));
    let (run, trace) = run_under_strace(tree, &["-e", &filter], arguments);
    if trace.is_empty() {
        skipped("strace cannot trace here");
        return None;
    }
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    Some(trace)
}

/// One system call that is to fail.
#[derive(Clone, Copy)]
struct Fault {
    call: &'static str,
    /// The first call has the number 1.
    number: usize,
    error: &'static str,
}

/// The expression for strace.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            call,
            number,
            error,
        } = self;
        write!(f, "inject={call}:error={error}:when={number}")
    }
}

/// Faults at every call after the program has opened its PATH. `errors` selects the errors
/// of the call with a number.
fn faults<I: IntoIterator<Item = &'static str>>(
    trace: &str,
    calls: &'static str,
    errors: impl Fn(usize) -> I,
) -> Vec<Fault> {
    let opened = trace
        .find("O_DIRECTORY")
        .expect("the PATH is the first directory that is opened");
    let start_up = &trace[..trace[..opened].rfind('\n').map_or(0, |end| end + 1)];
    let mut faults = Vec::new();
    for call in calls.split(' ') {
        let count = |trace: &str| trace.matches(&format!(" {call}(")).count();
        for number in count(start_up) + 1..=count(trace) {
            faults.extend(errors(number).into_iter().map(|error| Fault {
                call,
                number,
                error,
            }));
        }
    }
    faults
}

/// Runs the program once for each fault, each time on a new tree. Calls `check` with the
/// tree, the result, the fault and a description. Fails unless strace injected at least
/// `min_injected` of the faults.
fn inject(
    faults: &[Fault],
    min_injected: usize,
    arguments: &str,
    create_tree: fn() -> Tree,
    check: impl Fn(&Tree, &Run, Fault, &str) + Sync,
) {
    let injected = AtomicUsize::new(0);
    let inject = |_: &mut (), &fault: &Fault| {
        let tree = create_tree();
        let (run, trace) = run_under_strace(&tree, &["-e", &fault.to_string()], arguments);
        let context = format!("{arguments} {fault}: {}", run.stderr);
        assert!(!context.contains("panicked"), "{context}");
        injected.fetch_add(usize::from(trace.contains("(INJECTED)")), Ordering::Relaxed);
        check(&tree, &run, fault, &context);
    };
    for_each_in_parallel(faults.iter(), || (), inject);
    let (injected, all) = (injected.into_inner(), faults.len());
    println!("{arguments}: {injected} of {all} system calls failed");
    assert!(injected >= min_injected, "only {injected} of {all}");
}

#[test]
fn any_single_failed_system_call_is_survived() {
    let tree = create_tree();
    let Some(trace) = trace(&tree, ISOLATED, CALLS) else {
        return;
    };
    tree.assert_left(&format!("{SOURCES} a/ b/ c/d/"));
    // Every call fails, and each error is used everywhere; in a long run all of them.
    let all_errors = ERRORS.split(' ').count();
    let faults = faults(&trace, CALLS, |number| {
        let errors = ERRORS.split(' ').cycle().skip(number);
        errors.take(case_count(2, all_errors))
    });
    for call in ["getdents64", "unlinkat"] {
        assert!(faults.iter().any(|fault| fault.call == call), "no {call}");
    }
    let all = faults.len();
    assert!(all >= 100, "only {all} faults were found");
    inject(&faults, all, ISOLATED, create_tree, assert_survived);
}

/// What must hold after any single fault.
fn assert_survived(tree: &Tree, run: &Run, fault: Fault, context: &str) {
    let listing = tree.listing();
    for source in SOURCES.split_whitespace() {
        assert!(listing.contains(source), "{context}\n{listing}");
    }
    let Some(code) = run.code else {
        panic!("ended by a signal: {context}");
    };
    if code == 2 {
        return assert_eq!(listing, create_tree().listing(), "{context}");
    }
    let count = |name: &str| listing.matches(name).count();
    let directories = TOTALS.0 - count("__pycache__/\n") - count("sub/\n");
    let files = TOTALS.1 - count(".pyc\n") - count("sub/x\n");
    if directories > 0 && files > 0 {
        let plural = |count, one: &str, many: &str| match count {
            1 => format!("1 {one}"),
            count => format!("{count} {many}"),
        };
        let directories = plural(directories, "directory", "directories");
        let counts = format!("{directories} and {} ", plural(files, "file", "files"));
        let summary = run.stderr.lines().last().unwrap_or_default();
        assert!(summary.contains(&counts), "{context}\n{listing}");
    }
    if code == 0 {
        // The fault did not matter. An entry that is reported as missing need not be
        // removed.
        assert!(
            fault.error == "ENOENT" || (directories, files) == TOTALS,
            "{context}\n{listing}"
        );
    } else {
        assert_eq!(code, 1, "{context}");
        assert!(run.stderr.contains("error: cannot "), "{context}");
        // A fault affects at most half of the files, except in the PATH itself.
        let is_path_unreadable = run.stderr.contains("cannot read .:");
        assert!(is_path_unreadable || files >= 3, "{context}\n{listing}");
    }
    // The next run removes the rest.
    assert_eq!(tree.pyclean(ISOLATED).code, Some(0), "{context}");
    assert!(!tree.listing().contains("pyc"), "{context}");
}

fn create_erased_tree() -> Tree {
    tree("a/b/x a/b/keep/y a/keep z/x m.pyc __pycache__/m.pyc")
}

/// Without the answer, nothing is removed.
#[test]
fn nothing_else_is_lost_if_a_system_call_of_the_prompt_fails() {
    const CALLS: &str = "openat getdents64 statx newfstatat unlinkat read write rt_sigaction";
    const ARGUMENTS: &str = "--isolated . --erase **/x z/ --ignore keep";
    const KEPT: [&str; 3] = ["a/b/keep/y", "a/keep", "a/b/"];
    let tree = create_erased_tree();
    let before = tree.listing();
    let Some(trace) = trace(&tree, ARGUMENTS, CALLS) else {
        return;
    };
    tree.assert_left("a/b/keep/y a/keep");
    let faults = faults(&trace, CALLS, |_| ["EIO", "EINTR", "EAGAIN"]);
    let check = |tree: &Tree, run: &Run, _: Fault, context: &str| {
        let listing = tree.listing();
        for kept in KEPT {
            assert!(tree.path().join(kept).exists(), "{context}");
        }
        match run.code {
            Some(0) => {}
            Some(1) => assert!(run.stderr.contains("cannot "), "{context}"),
            code => {
                assert_eq!(code, Some(2), "{context}");
                assert_eq!(listing, before, "{context}");
            }
        }
    };
    inject(&faults, 90, ARGUMENTS, create_erased_tree, check);
}

/// The standard library aborts then: `docs/safety.md` says so.
#[test]
fn dry_run_removes_nothing_if_a_directory_cannot_be_closed() {
    let tree = create_tree();
    let before = tree.listing();
    let arguments = "--isolated -n .";
    let Some(trace) = trace(&tree, arguments, "close") else {
        return;
    };
    for number in 1..=trace.matches(" close(").count() {
        let expression = format!("inject=close:error=EIO:when={number}");
        run_under_strace(&tree, &["-e", &expression], arguments);
        assert_eq!(tree.listing(), before, "{number}");
    }
}

/// Bytecode in the tree, and under a prefix in it.
fn create_tree_with_prefix() -> Tree {
    let tree = tree("m/gone.pyc m/m.py m/__pycache__/m.cpython-312.pyc m/refs/x.pyc m/data.txt");
    let root = below_prefix(&tree);
    tree.add(&format!("cache/{root}/m/m.cpython-312.pyc"));
    tree
}

/// Whatever decides about an entry: what is kept because of an error is reported.
#[test]
fn nothing_is_kept_silently_because_of_an_error() {
    for options in ["-x", "--stale", "--pycache-prefix cache"] {
        let arguments = &format!("--isolated {options} m");
        let tree = create_tree_with_prefix();
        let Some(trace) = trace(&tree, arguments, CALLS) else {
            return;
        };
        let faults = faults(&trace, CALLS, |_| ["EIO"]);
        let all = faults.len();
        assert!(all >= 60, "{arguments}: only {all} system calls were found");
        let left = tree.listing().lines().count();
        let check = |tree: &Tree, run: &Run, _: Fault, context: &str| {
            if run.code == Some(0) {
                assert_eq!(tree.listing().lines().count(), left, "{context}");
            } else {
                assert!(run.stderr.contains("cannot "), "{context}");
            }
        };
        inject(&faults, all, arguments, create_tree_with_prefix, check);
    }
}

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
const PROTECTED: &str = "app.py pyproject.toml dist/site/index.html dist/site/.git/HEAD \
     sdist/env/pyvenv.cfg sdist/env/lib/x .cache/model .git/HEAD vendor/dist/data.bin \
     __pycache__/clone/file.txt __pycache__/clone/.git/HEAD";

fn assert_protected(tree: &Tree, context: &str) {
    for path in PROTECTED.split(' ') {
        assert!(tree.path().join(path).exists(), "{path} is lost: {context}");
    }
}

/// Everything in a tree except the contents of git directories, which differ from run to run.
fn listing_without_git(tree: &Tree) -> String {
    let listing = tree.listing();
    let lines = listing.lines().filter(|line| !line.contains(".git/"));
    lines.map(|line| format!("{line}\n")).collect()
}

const ALL_DEBRIS: &str = "--isolated . --debris all --folders";

#[test]
fn nothing_protected_is_lost_whichever_system_call_fails() {
    const CALLS: &str = "openat openat2 open getdents64 statx newfstatat read unlinkat";
    const ERRORS: [&str; 5] = ["EACCES", "EIO", "ESTALE", "EMFILE", "EINTR"];
    if is_missing("git") {
        return;
    }
    let tree = create_protected_tree();
    let Some(trace) = trace(&tree, ALL_DEBRIS, CALLS) else {
        return;
    };
    assert_protected(&tree, "no fault");
    let left = listing_without_git(&tree);
    // Every call fails with one of the errors, and each error is used everywhere.
    let faults = faults(&trace, CALLS, |number| [ERRORS[number % ERRORS.len()]]);
    let check = |tree: &Tree, run: &Run, _: Fault, context: &str| {
        assert_protected(tree, context);
        if run.code == Some(0) {
            // The call was tried again, or does not matter.
            assert_eq!(listing_without_git(tree), left, "{context}");
        } else {
            assert!(run.stderr.contains("cannot "), "{context}");
        }
    };
    inject(&faults, 120, ALL_DEBRIS, create_protected_tree, check);
}

#[test]
fn nothing_protected_is_lost_with_few_descriptors() {
    if is_missing("git") {
        return;
    }
    let run_with_limit = |limit: &str| {
        let tree = create_protected_tree();
        let script = format!("{limit} exec {PYCLEAN} {ALL_DEBRIS}");
        (tree.run_script(&script), tree)
    };
    let (_, unlimited) = run_with_limit("");
    let left = listing_without_git(&unlimited);
    for limit in [8, 9, 10, 12, 16] {
        let (run, tree) = run_with_limit(&format!("ulimit -n {limit};"));
        let context = format!("{limit} descriptors: {}", run.stderr);
        assert_protected(&tree, &context);
        if run.code == Some(0) {
            assert_eq!(listing_without_git(&tree), left, "{context}");
            let summary = "\nRemoved 3 directories and 2 files (48 B).\n";
            assert!(run.stderr.ends_with(summary), "{context}");
        } else {
            assert_eq!(run.code, Some(1), "{context}");
            assert!(limit < 16, "{context}");
            assert!(run.stderr.contains("Too many open files"), "{context}");
            assert!(run.stderr.contains("\nRemoved "), "{context}");
        }
    }
}
