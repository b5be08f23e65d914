//! All tests of the program itself, in one binary: it is linked once, and long and short
//! tests share the cores.

use std::fs;
use std::path::Path;
use std::process::Command;

use snapbox::{IntoData, assert_data_eq};
use util::{Run, Tree, init_repository, is_missing, tree};

#[path = "../util/mod.rs"]
mod util;

mod architecture;
mod by_project;
mod clean;
mod completions;
mod config;
mod debris;
#[cfg(unix)]
mod differential;
mod erase;
mod explain;
#[cfg(target_os = "linux")]
mod faults;
mod folders;
mod generate;
mod ghost;
mod git_clean;
mod guard;
mod help;
mod hooks;
mod hostile;
mod ignore;
mod interrupt;
mod json;
#[cfg(unix)]
mod limits;
#[cfg(unix)]
mod one_file_system;
#[cfg(unix)]
mod permissions;
#[cfg(target_os = "linux")]
mod pictures;
mod prefix;
#[cfg(unix)]
mod properties;
mod races;
#[cfg(unix)]
mod random_tree;
#[cfg(unix)]
mod readme;
mod streams;
mod symlinks;
#[cfg(target_os = "linux")]
mod terminal;
mod tips;
mod tracked;
#[cfg(unix)]
mod unusual_entries;
#[cfg(unix)]
mod users;
#[cfg(windows)]
mod windows;

/// Runs a command that was changed after [`Tree::command`] made it.
fn run_command(command: &mut Command) -> Run {
    command.output().unwrap().into()
}

/// The listing of a dry run with these arguments.
fn listed(tree: &Tree, arguments: &str) -> String {
    tree.pyclean(&format!("-n {arguments}")).stdout
}

/// Fails unless a dry run with these arguments succeeds and lists exactly these paths, which
/// are separated by spaces.
#[track_caller]
fn assert_listed(tree: &Tree, arguments: &str, paths: &str) {
    let run = tree.pyclean(&format!("-n {arguments}"));
    let listed: Vec<_> = run.stdout.lines().collect();
    let paths: Vec<_> = paths.split_whitespace().collect();
    let context = format!("pyclean -n {arguments}: {}", run.stderr);
    assert_eq!((listed, run.code), (paths, Some(0)), "{context}");
}

/// Fails with a diff unless a run with these arguments prints exactly this and ends with `code`.
#[track_caller]
fn assert_run(tree: &Tree, arguments: &str, stdout: &str, stderr: &str, code: i32) {
    println!("pyclean {arguments}");
    tree.pyclean(arguments).assert(stdout, stderr, code);
}

/// Fails unless a run with these arguments finds nothing to remove, and removes nothing.
#[track_caller]
fn assert_finds_nothing(tree: &Tree, arguments: &str) {
    let before = tree.listing();
    assert_run(tree, arguments, "", "Nothing to remove.\n", 0);
    assert_data_eq!(tree.listing(), before.raw());
}

/// Fails unless a run with these arguments ends with `code`, and stderr contains this text.
#[track_caller]
fn assert_reports(tree: &Tree, arguments: &str, code: i32, text: &str) -> Run {
    let run = tree.pyclean(arguments);
    let context = format!("pyclean {arguments}: {}", run.stderr);
    assert!(run.stderr.contains(text), "{context}");
    assert_eq!(run.code, Some(code), "{context}");
    run
}

/// [`Tree::assert_left`], but the files may have any contents.
#[track_caller]
fn assert_names(tree: &Tree, entries: &str) {
    assert_data_eq!(tree.names(), util::tree(entries).names().raw());
}

/// A file of this project.
fn project_file(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// A repository with these entries, in which some are committed, or `None` if the test has to
/// be skipped.
#[track_caller]
fn create_repository(entries: &str, tracked: &[&str]) -> Option<Tree> {
    if is_missing("git") {
        return None;
    }
    let tree = tree(entries);
    init_repository(&tree, ".", tracked);
    Some(tree)
}
