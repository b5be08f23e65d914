//! The source is small, and its modules import each other in one direction.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use walkdir::WalkDir;

/// All lines of the source: code, comments, tests in it.
const MAX_LINES: usize = 10_300;
const MAX_LINES_OF_FILE: usize = 320;
const MAX_NAMED_CLOSURES: usize = 40;

/// Modules that use all others.
const ENTRY_POINTS: [&str; 4] = ["lib", "main", "launcher", "fuzzing"];

#[test]
fn source_is_small() {
    let (mut lines, mut closures, mut long_files) = (0, 0, Vec::new());
    for entry in WalkDir::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let path = entry.unwrap().into_path();
        if !path.is_file() {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        lines += text.lines().count();
        closures += text.lines().filter(|line| names_closure(line)).count();
        if text.lines().count() > MAX_LINES_OF_FILE {
            long_files.push(path);
        }
    }
    assert!(long_files.is_empty(), "too long: {long_files:#?}");
    assert!(lines <= MAX_LINES, "{lines} lines");
    assert!(closures <= MAX_NAMED_CLOSURES, "{closures} named closures");
}

/// Whether a line begins with `let name = |`, which makes the reader go backwards.
fn names_closure(line: &str) -> bool {
    let value = line.trim_start().strip_prefix("let ");
    let value = value.and_then(|rest| rest.split_once(" = "));
    value.is_some_and(|(_, value)| value.trim_start_matches("move ").starts_with('|'))
}

#[test]
fn no_module_imports_one_that_imports_it() {
    let mut imports: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for entry in fs::read_dir(&src).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if !ENTRY_POINTS.contains(&&*name) {
            add_imports(&path, &name, imports.entry(name.clone()).or_default());
        }
    }
    assert!(imports.len() > 10, "{imports:?}");
    // Remove modules without imports until none is left.
    loop {
        let leaves: Vec<String> = imports
            .iter()
            .filter(|(_, imported)| imported.iter().all(|name| !imports.contains_key(name)))
            .map(|(name, _)| name.clone())
            .collect();
        if leaves.is_empty() {
            break;
        }
        imports.retain(|name, _| !leaves.contains(name));
    }
    assert!(imports.is_empty(), "import cycle: {imports:#?}");
}

/// Adds the modules that a file, or the files of a directory, refer to as `crate::…`.
fn add_imports(path: &Path, module: &str, imports: &mut BTreeSet<String>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            add_imports(&entry.unwrap().path(), module, imports);
        }
        return;
    }
    if path.extension().is_none_or(|extension| extension != "rs") {
        return;
    }
    let text = fs::read_to_string(path).unwrap();
    assert!(!text.contains("crate::{"), "{path:?} groups its imports");
    let code = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    for line in code {
        for rest in line.split("crate::").skip(1) {
            let end = rest.find(|c: char| !c.is_ascii_lowercase() && c != '_');
            let name = &rest[..end.unwrap_or(rest.len())];
            // `pub(crate)` and the public names of the crate itself are no modules.
            if !name.is_empty() && name != module {
                imports.insert(name.to_owned());
            }
        }
    }
}
