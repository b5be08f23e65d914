//! One system call fails, at each point where the program makes it. Only caches are removed,
//! the counts are right, the error is reported, and the rest is removed.

use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::util::{PYCLEAN, Run, Tree, for_each_in_parallel, is_missing, skipped, temp_dir, tree};

/// The system calls of the walk and the removal.
const CALLS: [&str; 7] = [
    "openat",
    "openat2",
    "getdents64",
    "statx",
    "newfstatat",
    "unlinkat",
    "lseek",
];

const ERRORS: [&str; 7] = [
    "EACCES",
    "EIO",
    "EBUSY",
    "ENOENT",
    "ENOTEMPTY",
    "EMFILE",
    "ENOSPC",
];

const SOURCES: &str = "a/m.py b/m.py b/data.txt c/d/m.py";

const BYTECODE: &str = "a/__pycache__/m.cpython-312.pyc a/__pycache__/sub/x \
     b/__pycache__/m.cpython-312.pyc b/stray.pyc c/d/__pycache__/m.cpython-312.pyc \
     c/d/__pycache__/n.cpython-312.pyc";

/// The numbers of directories and files in [`BYTECODE`].
const TOTALS: (usize, usize) = (4, 6);

fn create_tree() -> Tree {
    tree(&format!("{SOURCES} {BYTECODE}"))
}

/// Runs the program with these arguments under strace. Returns the trace, too.
fn run_under_strace(tree: &Tree, arguments: &str, expression: &str) -> (Run, String) {
    let directory = temp_dir();
    let log = directory.path().join("log");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-e", expression, "-o"]).arg(&log);
    strace
        .args([PYCLEAN, "--isolated"])
        .args(arguments.split_whitespace())
        .current_dir(tree.path())
        .env_remove("PYTHONPYCACHEPREFIX");
    let run = strace.output().unwrap().into();
    (run, fs::read_to_string(&log).unwrap_or_default())
}

/// One system call that is to fail.
#[derive(Clone, Copy)]
struct Fault {
    call: &'static str,
    /// The first call has the number 1.
    number: usize,
    error: &'static str,
}

/// Every error at every call after the program has opened its PATH.
fn faults(trace: &str) -> Vec<Fault> {
    let opened = trace
        .find("O_PATH|O_DIRECTORY")
        .or_else(|| trace.find("openat2("))
        .expect("the trace shows how the PATH is opened");
    let start_up = &trace[..trace[..opened].rfind('\n').map_or(0, |end| end + 1)];
    let mut faults = Vec::new();
    for call in CALLS {
        let count = |trace: &str| trace.matches(&format!(" {call}(")).count();
        for number in count(start_up) + 1..=count(trace) {
            faults.extend(ERRORS.map(|error| Fault {
                call,
                number,
                error,
            }));
        }
    }
    faults
}

#[test]
fn any_single_failed_system_call_is_survived() {
    if is_missing("strace") {
        return;
    }
    let filter = format!("trace={}", CALLS.join(","));
    let (run, trace) = run_under_strace(&create_tree(), ".", &filter);
    if run.code != Some(0) || !run.stderr.starts_with("Removed 4 directories and 6 files") {
        return skipped("strace cannot trace here");
    }
    let faults = faults(&trace);
    let injected = AtomicUsize::new(0);
    let inject = |_: &mut (), fault: Fault| {
        let Fault {
            call,
            number,
            error,
        } = fault;
        let tree = create_tree();
        let expression = format!("inject={call}:error={error}:when={number}");
        let (run, trace) = run_under_strace(&tree, ".", &expression);
        injected.fetch_add(usize::from(trace.contains("(INJECTED)")), Ordering::Relaxed);
        assert_survived(&tree, &run, error, &format!("{expression}: {}", run.stderr));
    };
    for_each_in_parallel(faults.iter().copied(), || (), inject);
    let (injected, all) = (injected.into_inner(), faults.len());
    println!("{injected} of {all} system calls failed");
    for call in ["getdents64", "unlinkat"] {
        assert!(faults.iter().any(|fault| fault.call == call), "no {call}");
    }
    assert!(all >= 150, "only {all} system calls were found");
    assert_eq!(injected, all, "strace did not inject every fault");
}

/// What must hold after any single fault.
fn assert_survived(tree: &Tree, run: &Run, error: &str, context: &str) {
    assert!(!context.contains("panicked"), "{context}");
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
        assert_counts(run, directories, files, &format!("{context}\n{listing}"));
    }
    if code == 0 {
        // The fault did not matter. An entry that is reported as missing need not be
        // removed.
        assert!(
            error == "ENOENT" || (directories, files) == TOTALS,
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
    assert_eq!(tree.pyclean("--isolated .").code, Some(0), "{context}");
    assert!(!tree.listing().contains("pyc"), "{context}");
}

/// Bytecode in the tree, and under a prefix in it.
fn create_tree_with_prefix() -> Tree {
    let tree = tree("m/gone.pyc m/m.py m/__pycache__/m.cpython-312.pyc m/refs/x.pyc m/data.txt");
    let root = tree.path().canonicalize().unwrap();
    let root = root.to_str().unwrap().trim_start_matches('/');
    tree.add(&format!("cache/{root}/m/m.cpython-312.pyc"));
    tree
}

/// Whatever decides about an entry: what is kept because of an error is reported.
#[test]
fn nothing_is_kept_silently_because_of_an_error() {
    if is_missing("strace") {
        return;
    }
    for arguments in ["-x m", "--stale m", "--pycache-prefix cache m"] {
        let tree = create_tree_with_prefix();
        let filter = format!("trace={},open", CALLS.join(","));
        let (run, trace) = run_under_strace(&tree, arguments, &filter);
        if run.code != Some(0) || trace.is_empty() {
            return skipped("strace cannot trace here");
        }
        let left = tree.listing().lines().count();
        let faults = faults(&trace)
            .into_iter()
            .filter(|fault| fault.error == "EIO");
        let inject = |_: &mut (), fault: Fault| {
            let tree = create_tree_with_prefix();
            let expression = format!("inject={}:error=EIO:when={}", fault.call, fault.number);
            let (run, _) = run_under_strace(&tree, arguments, &expression);
            let context = format!("{arguments} {expression}: {}", run.stderr);
            if run.code == Some(0) {
                assert_eq!(tree.listing().lines().count(), left, "{context}");
            } else {
                assert!(run.stderr.contains("cannot "), "{context}");
            }
        };
        for_each_in_parallel(faults, || (), inject);
    }
}

/// Fails unless the summary has these numbers.
fn assert_counts(run: &Run, directories: usize, files: usize, context: &str) {
    let directories = match directories {
        1 => "1 directory".to_owned(),
        count => format!("{count} directories"),
    };
    let files = match files {
        1 => "1 file ".to_owned(),
        count => format!("{count} files "),
    };
    let summary = run.stderr.lines().last().unwrap_or_default();
    let counts = format!("{directories} and {files}");
    assert!(summary.contains(&counts), "{context}");
}
