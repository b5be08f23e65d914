//! Stdout and stderr that are closed or cannot be written to.

use std::process::Stdio;

#[cfg(unix)]
use {
    crate::util::{PYCLEAN, skipped},
    std::fs,
};

use crate::assert_run;
use crate::util::{Run, create_large_tree, tree};

#[test]
fn closed_stdout_ends_the_run() {
    // Only a real run is incomplete when it stops.
    let warning = "warning: stdout was closed, so the run stopped early\n";
    for (option, stderr, code) in [("-v", warning, 1), ("-nv", "", 0)] {
        let tree = create_large_tree();
        let mut command = tree.command([option, "."]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        drop(child.stdout.take());
        let run: Run = child.wait_with_output().unwrap().into();
        // How much was removed depends on when the program noticed.
        if run.code == Some(0) && code == 1 {
            assert!(!tree.listing().contains(".pyc"), "{}", run.stderr);
            continue;
        }
        assert_eq!(run.code, Some(code), "{}", run.stderr);
        let summary = run.stderr.strip_prefix(stderr).unwrap();
        assert!(summary.is_empty() || summary.starts_with("Interrupted: removed "));
    }
}

#[cfg(unix)]
#[test]
fn closed_stderr_is_not_a_failure() {
    let tree = tree("x.pyc");
    let run = tree.run_script(&format!("{PYCLEAN} . missing 2>&-; {PYCLEAN} . 2>&-"));
    assert_eq!(run.code, Some(0));
    tree.assert_left("");
}

#[cfg(unix)]
#[test]
fn full_disk_behind_stdout_is_reported() {
    let Ok(full) = fs::OpenOptions::new().write(true).open("/dev/full") else {
        return skipped("this system has no /dev/full");
    };
    let tree = tree("x.pyc x.py");
    let mut command = tree.command(["-n", "."]);
    command.stdout(full).stderr(Stdio::piped());
    let run: Run = command.output().unwrap().into();
    let stderr = "error: cannot write to stdout: No space left on device (os error 28)\n\
                  Interrupted: would remove 1 file (5 B).\n";
    run.assert("", stderr, 1);
}

#[test]
fn quiet_dry_run_prints_nothing_on_stdout() {
    let dirty = tree("m.py m.pyc __pycache__/m.pyc");
    let clean = tree("m.py");
    for (options, code) in [("-nq", 0), ("-q --check", 1), ("-q --check -0", 1)] {
        assert_run(&dirty, &format!(". {options}"), "", "", code);
        assert_run(&clean, &format!(". {options}"), "", "", 0);
    }
    dirty.assert_left("m.py m.pyc __pycache__/m.pyc");
}

#[test]
fn quiet_dry_run_prints_errors() {
    let error = "error: no such file or directory: missing\n";
    assert_run(&tree("m.pyc"), "-nq . ./m.pyc missing", "", error, 2);
}

#[test]
fn warning_names_paths_that_are_no_bytecode() {
    let tree = tree("m.py m.txt x.txt m.pyc a/");
    let warning = "warning: not a bytecode file: m.txt, x.txt\nNothing to remove.\n";
    tree.pyclean("-n m.txt x.txt").assert("", warning, 0);
    // A shell expands `*` to all files.
    let summary = "Would remove 1 file (5 B).\n";
    tree.pyclean("-n m.py m.pyc").assert("m.pyc\n", summary, 0);
    assert_run(&tree, "-n m.py a", "", "Nothing to remove.\n", 0);
}
