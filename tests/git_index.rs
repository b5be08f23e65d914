//! The index of a repository, compared with what git says about it.
//!
//! No test runs the program.

mod util;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::Path;
use std::process::Stdio;

use pyclean::fuzzing::GitIndex;
use util::{
    Tree, canonical, git, git_command, init_repository, is_missing, run_successfully, tree,
};

const FILES: &str = "src/link.py src/Data/a.txt web/dist/app.js web/dist-x Grün/é.py a/b/c/d";

/// A repository that tracks [`FILES`]; its format and the version of its index.
fn repository(format: &str, version: &str) -> Tree {
    let tree = tree(FILES);
    git(&tree, ".", &["init", "-q", "--object-format", format]);
    git(&tree, ".", &["update-index", "--index-version", version]);
    git(&tree, ".", &["add", "."]);
    git(&tree, ".", &["commit", "-qm", "all"]);
    tree
}

fn read(tree: &Tree, directory: &str) -> Result<GitIndex, String> {
    let work_tree = canonical(&tree.path().join(directory));
    GitIndex::read(Path::new(&work_tree)).map_err(|error| error.to_string())
}

#[track_caller]
fn assert_error(tree: &Tree, directory: &str, expected: &str) {
    let error = read(tree, directory).unwrap_err();
    assert!(error.contains(expected), "{error}");
}

/// Fails unless the index and git track the same. Returns the version of the index.
#[track_caller]
fn assert_agrees_with_git(tree: &Tree, directory: &str) -> u8 {
    let index = read(tree, directory).unwrap();
    let listed = git(tree, directory, &["ls-files", "-z", "--stage"]);
    let records: Vec<_> = listed
        .split_terminator('\0')
        .map(|record| record.split_once('\t').unwrap())
        .collect();
    let in_lower_case = |path: &str| format!("{path}/").to_lowercase();
    let tracked: BTreeSet<_> = records
        .iter()
        .map(|(_, path)| in_lower_case(path))
        .collect();
    for (info, path) in records {
        let is_submodule = info.starts_with("160000 ");
        assert_eq!(index.is_submodule(Path::new(path)), is_submodule, "{path}");
        for parent in Path::new(path).ancestors() {
            assert!(index.tracks(parent), "{parent:?}");
        }
        for spelling in [path.to_uppercase(), format!("{path}/")] {
            assert!(index.tracks(Path::new(&spelling)), "{spelling}");
        }
        for other in [format!("{path}x"), format!("{path}/x"), format!("x{path}")] {
            let is_tracked = tracked.contains(&in_lower_case(&other));
            assert!(is_tracked || !index.tracks(Path::new(&other)), "{other}");
        }
    }
    let paths: BTreeSet<_> = index.paths().map(str::to_owned).collect();
    assert_eq!(paths, tracked);
    assert!(!index.tracks(Path::new("build")) && !index.tracks(Path::new("web/dis")));
    let git_dir = git(tree, directory, &["rev-parse", "--absolute-git-dir"]);
    let bytes = fs::read(Path::new(git_dir.trim_end()).join("index"));
    bytes.map_or(0, |bytes| bytes[7])
}

/// Adds lines `<mode> <hash> <stage><tab><path>` to the index.
fn add_index_info(tree: &Tree, lines: &str) {
    fs::write(tree.path().join(".git/lines"), lines).unwrap();
    let lines = File::open(tree.path().join(".git/lines")).unwrap();
    let mut git = git_command(tree.path(), &["update-index", "--index-info"]);
    git.stdin(Stdio::from(lines));
    run_successfully(git);
}

fn hash_of_a_file(tree: &Tree) -> String {
    let hash = git(tree, ".", &["rev-parse", "HEAD:src/link.py"]);
    hash.trim_end().to_owned()
}

#[test]
fn every_version_and_hash_agrees_with_git() {
    if is_missing("git") {
        return;
    }
    for (format, version) in ["2", "3", "4"]
        .into_iter()
        .flat_map(|version| [("sha1", version), ("sha256", version)])
    {
        let tree = repository(format, version);
        let assert_agrees = || assert_agrees_with_git(&tree, ".");
        assert_agrees();
        // Entries with more flags need version 3.
        tree.add("intended");
        git(&tree, ".", &["add", "-N", "intended"]);
        git(&tree, ".", &["update-index", "--skip-worktree", "a/b/c/d"]);
        assert_eq!(assert_agrees(), if version == "4" { 4 } else { 3 });
        let hash = hash_of_a_file(&tree);
        // Stages of a conflict, a symlink, a submodule, and the limit of the stored length.
        let mut lines = format!("120000 {hash} 0\tsymlink\n160000 {hash} 0\tlib/Sub\n");
        for stage in 1..=3 {
            lines += &format!("100644 {hash} {stage}\tboth.py\n");
        }
        for len in [254, 4000, 4094, 4095, 4096] {
            lines += &format!("100755 {hash} 0\tlong/{}\n", "x".repeat(len - 5));
        }
        add_index_info(&tree, &lines);
        assert_agrees();
        git(&tree, ".", &["add", "-A"]);
        git(&tree, ".", &["update-index", "--force-untracked-cache"]);
        git(&tree, ".", &["status"]);
        assert_agrees();
        git(&tree, ".", &["config", "index.skipHash", "true"]);
        git(&tree, ".", &["rm", "-rqf", "src"]);
        assert_agrees();
        git(&tree, ".", &["read-tree", "--empty"]);
        assert_agrees();
    }
}

#[test]
fn a_large_index_agrees_with_git() {
    if is_missing("git") {
        return;
    }
    for (format, version) in [("sha1", "2"), ("sha256", "4"), ("sha1", "4")] {
        let tree = repository(format, version);
        // Version 4 starts again in each block of the offset table.
        git(&tree, ".", &["config", "index.threads", "4"]);
        git(&tree, ".", &["config", "index.recordOffsetTable", "true"]);
        let hash = hash_of_a_file(&tree);
        let lines = (0..30_000).map(|number| {
            let path = format!("packages/dir{}/m{number}.py", number / 30);
            format!("100644 {hash} 0\t{path}\n")
        });
        add_index_info(&tree, &lines.collect::<String>());
        assert_agrees_with_git(&tree, ".");
        let index = fs::read(tree.path().join(".git/index")).unwrap();
        assert!(index.windows(4).any(|name| name == b"IEOT"));
    }
}

#[test]
fn bytecode_is_recognized() {
    if is_missing("git") {
        return;
    }
    for (tracked, expected) in [
        ("m.py pyc mpyc web/__pycache__x", false),
        ("a/m.pyc", true),
        ("m.PYO", true),
        ("A$py.class", true),
        ("a/__pycache__/readme", true),
    ] {
        let tree = tree(tracked);
        init_repository(&tree, ".", &["."]);
        let index = read(&tree, ".").unwrap();
        assert_eq!(index.may_track_bytecode(), expected, "{tracked}");
    }
}

#[test]
fn everything_in_a_sparse_directory_is_tracked() {
    if is_missing("git") {
        return;
    }
    for (format, version) in [("sha1", "2"), ("sha256", "4")] {
        let tree = repository(format, version);
        let sparse = "sparse-checkout set --cone --sparse-index src/Data";
        git(&tree, ".", &sparse.split(' ').collect::<Vec<_>>());
        let index = read(&tree, ".").unwrap();
        assert!(index.paths().any(|path| path == "web/"), "{index:?}");
        assert!(index.may_track_bytecode());
        for tracked in "web WEB/dist/app.js web/x src src/link.py a/b/c".split(' ') {
            assert!(index.tracks(Path::new(tracked)), "{tracked}");
        }
        for other in "src/x src/Data/x src/Data/web/x build we webs/x".split(' ') {
            assert!(!index.tracks(Path::new(other)), "{other}");
        }
    }
}

#[test]
fn no_prefix_of_an_index_hides_a_tracked_path() {
    if is_missing("git") {
        return;
    }
    for (format, version) in [
        ("sha1", "2"),
        ("sha1", "4"),
        ("sha256", "3"),
        ("sha256", "4"),
    ] {
        let tree = repository(format, version);
        let prefixes = || {
            let bytes = fs::read(tree.path().join(".git/index")).unwrap();
            (0..bytes.len()).map(move |end| (end, GitIndex::parse(&bytes[..end])))
        };
        for (end, index) in prefixes() {
            for path in FILES.split(' ') {
                let hides = index
                    .as_ref()
                    .is_ok_and(|index| !index.tracks(Path::new(path)));
                assert!(!hides, "{end} {path}");
            }
        }
        for setup in [
            ["update-index", "--split-index"].as_slice(),
            &["rm", "-rqf", "web"],
            &["update-index", "--chmod=+x", "src/link.py"],
            &["add", "new"],
        ] {
            tree.add("new");
            git(&tree, ".", setup);
            assert_error(&tree, ".", "split");
            for (end, index) in prefixes() {
                assert!(index.is_err(), "{end} {setup:?}");
            }
        }
        git(&tree, ".", &["update-index", "--no-split-index"]);
        assert_agrees_with_git(&tree, ".");
    }
}

#[test]
fn linked_work_trees_submodules_and_nested_repositories_agree_with_git() {
    if is_missing("git") {
        return;
    }
    let tree = tree("lib/lib.py main/app.py main/nested/dist/x.js unborn/");
    init_repository(&tree, "lib", &["."]);
    init_repository(&tree, "main/nested", &["."]);
    init_repository(&tree, "main", &["app.py"]);
    for (directory, arguments) in [
        ("main", "submodule --quiet add ../lib vendor/Lib"),
        ("main", "commit -qm lib"),
        ("main", "worktree add -q ../linked"),
        ("main/vendor/Lib", "worktree add -q ../../../linked-lib"),
    ] {
        git(&tree, directory, &arguments.split(' ').collect::<Vec<_>>());
    }
    git(&tree, "unborn", &["init", "-q"]);
    for directory in "main linked main/vendor/Lib linked-lib main/nested unborn".split(' ') {
        assert_agrees_with_git(&tree, directory);
    }
    let linked = read(&tree, "linked").unwrap();
    assert!(linked.is_submodule(Path::new("vendor/lib")));

    // Without an index nothing is tracked; without a git directory nothing is known.
    let modules = tree.path().join("main/.git/modules/vendor/Lib");
    fs::remove_file(modules.join("index")).unwrap();
    let without_index = read(&tree, "main/vendor/Lib").unwrap();
    assert!(!without_index.tracks(Path::new("")));
    fs::rename(&modules, tree.path().join("moved")).unwrap();
    assert_error(&tree, "main/vendor/Lib", "Lib is not a directory");
    fs::write(tree.path().join("linked/.git"), "text").unwrap();
    assert_error(&tree, "linked", "does not name a git directory");
}

#[test]
fn a_work_tree_elsewhere_is_an_error() {
    let tree = tree("top/.git/ top/sub/ other/");
    let own = canonical(&tree.path().join("top"));
    let bare = "[core]\n\tbare = false\n[extensions]\n\tworktreeConfig = true\n";
    for (config, is_elsewhere) in [
        ("", false),
        (bare, false),
        ("[core]\n\tworktree = ..\n", false),
        (&format!("[core]\n\tworktree = {own}\n"), false),
        // Git has this name in no other section.
        ("[other]\n\tworktree = ../..\n", true),
        ("[core] # see [1]\n\tworktree = ../sub\n", true),
        ("[core]\n\t# worktree = ../..\n", false),
        ("[core]\n\tworktree = ../..\n", true),
        ("[core]\r\n\tWorkTree=../sub\r\n", true),
        ("\u{feff}[Core] worktree = ../sub", true),
        ("[a][core]\nx = y\nworktree = \"../sub\"", true),
        ("[core]\nworktree = \\\n../sub", true),
        ("[core]\nworktree = missing", true),
    ] {
        for name in [".git/config", ".git/config.worktree"] {
            let file = tree.path().join("top").join(name);
            fs::write(&file, config).unwrap();
            match read(&tree, "top") {
                Ok(_) => assert!(!is_elsewhere, "{config}"),
                Err(error) => {
                    assert!(error.contains("work tree is elsewhere"), "{error}");
                    assert!(is_elsewhere, "{config}");
                }
            }
            fs::remove_file(&file).unwrap();
        }
    }
}

#[test]
fn files_that_cannot_be_read_are_errors() {
    let tree = tree("a/.git/index/ b/.git/config/ c/.git/ d/");
    assert_error(&tree, "a", "index: not a regular file");
    assert_error(&tree, "b", "config: not a regular file");
    let index = File::create(tree.path().join("c/.git/index")).unwrap();
    assert_error(&tree, "c", "corrupt");
    index.set_len((256 << 20) + 1).unwrap();
    assert_error(&tree, "c", "larger than");
    assert!(read(&tree, "d").is_err());
}

#[cfg(unix)]
#[test]
fn a_pipe_does_not_block() {
    let tree = tree("a/.git/index| b/.git/config| c/.git|");
    assert_error(&tree, "a", "index: not a regular file");
    assert_error(&tree, "b", "config: not a regular file");
    assert_error(&tree, "c", ".git: not a regular file");
}

/// An index of version 4 whose first path has this length, and the next paths are one byte
/// shorter or longer.
fn index_of_similar_paths(path_len: usize, count: u32) -> Vec<u8> {
    let mut bytes = b"DIRC\0\0\0\x04".to_vec();
    bytes.extend(count.to_be_bytes());
    for number in 0..count {
        let suffix = if number == 0 { path_len } else { 1 };
        bytes.extend([0; 24]);
        bytes.extend(0o100_644_u32.to_be_bytes());
        bytes.extend([0; 32]);
        bytes.extend((path_len.min(0xfff) as u16).to_be_bytes());
        bytes.push(u8::from(number > 0));
        bytes.extend(vec![b'a' + (number % 26) as u8; suffix]);
        bytes.push(0);
    }
    bytes.extend([0; 20]);
    bytes
}

#[test]
fn version_4_does_not_expand_without_limit() {
    let parse = |len, count| GitIndex::parse(&index_of_similar_paths(len, count));
    assert_eq!(parse(100, 50_000).unwrap().paths().count(), 50_000);
    assert_eq!(parse(4096, 200).unwrap().paths().count(), 200);
    assert!(parse(4097, 1).is_err());
    assert!(parse(1 << 16, 1).is_err());
    let error = parse(4096, 300).unwrap_err().to_string();
    assert!(error.contains("too many bytes"), "{error}");
    // A count that is not true costs nothing.
    let mut bytes = index_of_similar_paths(10, 1);
    bytes[8..12].fill(0xff);
    assert!(GitIndex::parse(&bytes).is_err());
}
