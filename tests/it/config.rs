//! `[tool.pyclean]` in `pyproject.toml`: what it can set, and for what it holds.

use std::fs;

#[cfg(target_os = "linux")]
use crate::util::{set_mode, skipped};

use snapbox::str;

use crate::util::{Tree, git, lacks_symlinks, tree};
use crate::{assert_listed, assert_names, assert_reports, create_repository, listed};

/// A tree with a `pyproject.toml` whose `[tool.pyclean]` contains `table`.
fn create_project(entries: &str, table: &str) -> Tree {
    let tree = tree(entries);
    tree.write_settings("", table);
    tree
}

#[test]
fn keys_mean_the_same_as_options() {
    let entries = "a.cpython-312.pyc a.cpython-313.pyc keep/b.pyc keep/k.py dist/d .mypy_cache/m";
    let of_312 = "a.cpython-312.pyc";
    let all = "a.cpython-312.pyc a.cpython-313.pyc keep/b.pyc";
    let with_dist = "a.cpython-312.pyc a.cpython-313.pyc dist/ keep/b.pyc";
    let with_mypy = &format!(".mypy_cache/ {all}");
    for (table, options, expected) in [
        ("", "", all),
        ("ignore = ['keep', '*-313*']", "", of_312),
        ("keep-python = ['3.12', 'pypy39']", "", "a.cpython-313.pyc"),
        ("debris = ['mypy']", "", with_mypy),
        ("debris = true", "", with_dist),
        ("debris = []", "", all),
        // Nothing proves that its source was deleted.
        ("stale = true", "", ""),
        // The command line overrides the other keys, and adds to `ignore`.
        ("keep-python = ['3.12']", "--python 3.12", of_312),
        ("debris = ['mypy']", "-d package", with_dist),
        ("ignore = ['keep']", "-i a.*", ""),
        ("ignore = ['keep', 'a.*']", "--isolated", all),
    ] {
        println!("{table}");
        let tree = create_project(entries, table);
        assert_listed(&tree, &format!(". {options}"), expected);
    }
}

#[test]
fn settings_from_the_root_of_the_repository_to_the_path_add_up() {
    let tree = create_project(
        "repo/.git/HEAD repo/a/b/m.pyc repo/a/m.pyc repo/c/b/m.pyc repo/c/m.pyc repo/c/x.pyc \
         out/m.pyc",
        "ignore = ['m.pyc']",
    );
    // Settings above the repository do not hold in it, nor in a directory without a repository.
    assert_listed(
        &tree,
        "repo out",
        "repo/a/b/m.pyc repo/a/m.pyc repo/c/b/m.pyc repo/c/m.pyc repo/c/x.pyc out/m.pyc",
    );
    tree.write_settings("repo", "ignore = ['b']");
    tree.write_settings("repo/c", "ignore = ['x.*']");
    let narrowed = "repo/a/m.pyc repo/c/m.pyc";
    assert_listed(&tree, "repo", narrowed);
    assert_listed(&tree, "repo/a repo/c", narrowed);
    // What they ignore is not searched if it is a PATH either.
    assert_listed(&tree, "repo/a/b repo/a/b/m.pyc", "");
    // A file without `[tool.pyclean]` does not matter, even if it is not valid TOML.
    fs::write(tree.file_path("repo/a/pyproject.toml"), "not = [toml").unwrap();
    assert_listed(&tree, "repo", narrowed);
    let files = "repo/pyproject.toml (--isolated to ignore them)";
    assert_reports(&tree, "-n repo/a", 0, files);
}

#[test]
fn settings_of_a_directory_hold_in_it_wherever_the_run_starts() {
    let tree = tree(
        "a/m.pyc a/keep/__pycache__/x.pyc b/keep/__pycache__/x.pyc a/in/keep/m.pyc \
         a/in/other/m.pyc a/in/in/m.pyc a/in/n.cpython-311.pyc a/in/n.cpython-312.pyc",
    );
    tree.write_settings("a", "ignore = ['keep']\nkeep-python = ['3.11']");
    tree.write_settings("a/in", "ignore = ['other']\nkeep-python = ['3.12']");
    tree.add("a/m.cpython-312.pyc");
    assert_listed(&tree, ".", "a/m.cpython-312.pyc b/keep/__pycache__/");
    assert_eq!(listed(&tree, ". --isolated").lines().count(), 9);
    tree.write_settings("a", "stale = true");
    tree.write_settings("a/in", "stale = false");
    // Settings only narrow. Untagged bytecode without any source is not stale.
    assert_eq!(listed(&tree, "a/in").lines().count(), 5);
    assert_eq!(listed(&tree, ". --no-stale").lines().count(), 9);
    let listed = listed(&tree, ".");
    assert!(!listed.contains("a/in/in/m.pyc"), "{listed}");
}

#[test]
fn settings_hold_inside_debris_and_caches() {
    let ignored = "dist/p/data/x dist/p/keep.pyc __pycache__/p/data/x";
    let tree = tree(&format!(
        "setup.py {ignored} dist/w dist/p/y __pycache__/p/y __pycache__/z.pyc"
    ));
    for directory in ["dist/p", "__pycache__/p"] {
        tree.write_settings(directory, "ignore = ['data', 'keep.pyc', 'pyproject.toml']");
    }
    assert_eq!(tree.pyclean("-q . --debris").code, Some(0));
    let settings = "dist/p/pyproject.toml __pycache__/p/pyproject.toml";
    assert_names(&tree, &format!("setup.py {ignored} {settings}"));
}

#[test]
fn nearest_debris_setting_counts() {
    let tree =
        tree(".mypy_cache/m a/.mypy_cache/m a/.ruff_cache/r a/b/.mypy_cache/m b/.mypy_cache/m");
    tree.write_settings("", "debris = ['mypy']");
    tree.write_settings("a", "debris = ['ruff']");
    tree.write_settings("a/b", "ignore = ['x']");
    tree.write_settings("b", "debris = []");
    assert_listed(&tree, ".", ".mypy_cache/ a/.ruff_cache/");
    assert_listed(&tree, "a", "a/.ruff_cache/");
    // An option takes precedence.
    let all = ".mypy_cache/ a/.mypy_cache/ a/b/.mypy_cache/ b/.mypy_cache/";
    assert_listed(&tree, ". --debris mypy", all);
}

#[test]
fn leading_slash_is_relative_to_the_directory_of_the_file() {
    let tree = tree(
        "p/a/m.pyc p/sub/a/m.pyc p/b/c/m.pyc p/sub/b/c/m.pyc p/m.pyc p/sub/m.pyc p/b/glob/m.pyc \
         p/sub/b/glob/m.pyc p/sub/data/m.pyc p/sub/in/data/m.pyc",
    );
    tree.write_settings("p", "ignore = ['/a', '/b/c', '/b/g*', '/*.pyc']");
    tree.write_settings("p/sub", "ignore = ['/d*']");
    let left = "p/sub/a/m.pyc p/sub/b/c/m.pyc p/sub/b/glob/m.pyc p/sub/in/data/m.pyc \
                p/sub/m.pyc";
    for path in ["p", "."] {
        assert_listed(&tree, path, left);
    }
    tree.add("p/.git/");
    assert_listed(&tree, "p/a p/b/c p/m.pyc", "");
}

/// Veto and evidence are read before anything is ignored.
#[test]
fn what_is_ignored_does_not_widen_what_is_removed() {
    for ignored in [".git", "clone", "pyvenv.cfg", "env"] {
        let tree =
            tree("setup.py dist/w dist/clone/.git/HEAD build/lib/x build/lib/env/pyvenv.cfg");
        tree.write_settings("", &format!("ignore = ['{ignored}']"));
        let before = tree.listing();
        assert_eq!(tree.pyclean(". --debris").code, Some(0), "{ignored}");
        assert_eq!(tree.listing(), before, "{ignored}");
    }
}

#[test]
fn error_names_its_position_and_nothing_is_removed() {
    for (table, words) in [
        (
            "stael = true",
            "unknown field `stael`, expected one of `ignore`, `debris`, `stale`",
        ),
        ("keep_python = []", "`keep-python`"),
        ("paths = ['/']", "`paths`"),
        ("debris = ['mypi']", "'mypi'"),
        ("debris = 3", "a list of topics"),
        ("stale = 'yes'", "expected a boolean"),
        ("ignore = 'a'", "expected a sequence"),
        ("ignore = 1", "expected a sequence"),
        ("ignore = ['[']", "ignore"),
        ("ignore = ['a/../b']", "'..'"),
        (r#"ignore = ["src\build"]"#, "write / instead of"),
        ("keep-python = ['x']", "'x'"),
        ("ignore = [", "line "),
        // Cleaning a project that was just cloned must be safe without reading its config.
        ("erase = ['**/*']", "`erase`"),
        ("git-clean = true", "`git-clean`"),
        ("yes = true", "`yes`"),
        ("folders = true", "`folders`"),
        ("no-default-ignore = true", "`no-default-ignore`"),
        ("python = ['3.12']", "`python`"),
        ("pycache-prefix = '/'", "`pycache-prefix`"),
        ("debris = ['../..']", "'../..'"),
        ("debris = ['/home']", "'/home'"),
        ("ignore = ['..']", "'..'"),
    ] {
        let tree = create_project("src/a.py venv/m.pyc m.pyc", table);
        let error = assert_reports(&tree, ".", 2, words).stderr;
        for part in ["pyproject.toml", "--isolated"] {
            assert!(error.contains(part), "{table}: {part}: {error}");
        }
        assert_names(&tree, "src/a.py venv/m.pyc m.pyc pyproject.toml");
        assert_listed(&tree, ". --isolated", "m.pyc");
        // Below a PATH, everything in the project is kept.
        let nested = self::tree("m.pyc sub/m.pyc sub/in/__pycache__/m.pyc");
        nested.write_settings("sub", table);
        assert_reports(&nested, ". --folders", 1, "sub/pyproject.toml");
        let left = "sub/m.pyc sub/in/__pycache__/m.pyc sub/pyproject.toml";
        assert_names(&nested, left);
    }
}

#[test]
fn every_topic_is_the_most_that_settings_can_select() {
    if lacks_symlinks() {
        return;
    }
    let tree = tree("p/src/a.py p/venv/m.pyc p/dist->../out p/.tox/t out/w");
    tree.write_settings("p", "debris = ['all']");
    tree.pyclean("p");
    let left = "p/src/a.py p/venv/m.pyc p/dist->../out out/w p/pyproject.toml";
    assert_names(&tree, left);
}

/// Reading a named pipe without a writer, or an endless device, would block.
#[cfg(unix)]
#[test]
fn settings_that_are_not_a_regular_file_are_not_read() {
    for entry in [
        "pyproject.toml|",
        "pyproject.toml/",
        "pyproject.toml->/dev/zero",
    ] {
        let tree = tree(&format!("{entry} m.pyc a/{entry} a/m.pyc"));
        tree.pyclean("-n -q . a");
        assert_eq!(tree.pyclean("-q . a").code, Some(0), "{entry}");
        assert!(!tree.listing().contains("m.pyc"), "{entry}");
    }
}

#[test]
fn symlink_uses_the_settings_of_its_own_directory() {
    if lacks_symlinks() {
        return;
    }
    let tree = tree("a/.git/ b/.git/ a/m.pyc->../b/real.pyc b/real.pyc");
    tree.write_settings("a", "ignore = ['m.pyc']");
    tree.write_settings("b", "ignore = ['x']");
    for path in ["a", "a/m.pyc"] {
        assert_listed(&tree, path, "");
    }
    assert_listed(&tree, "b/real.pyc", "b/real.pyc");
}

/// A file that cannot be understood may ignore anything. The error is short.
#[test]
fn settings_that_cannot_be_parsed_are_an_error() {
    let tree = tree("donn\u{e9}es/m.pyc");
    let settings = "[tool.pyclean]\nignore = [\"donn\u{e9}es\"]\n";
    let latin_1 = settings.chars().map(|c| c as u8).collect();
    let utf_16 = settings.encode_utf16().flat_map(u16::to_le_bytes);
    let utf_16 = b"\xff\xfe".iter().copied().chain(utf_16).collect();
    let [open, close, dots] = ["[", "]", "a."].map(|part| part.repeat(100_000));
    let nested = |table: String| format!("[tool.pyclean]\n{table}\n").into_bytes();
    for (contents, code, message) in [
        (latin_1, 2, "not valid UTF-8"),
        (utf_16, 2, "the file is UTF-16"),
        (vec![b'#'; 2 << 20], 1, "file is larger than 1.0 MiB"),
        (nested(format!("ignore = {open}{close}")), 2, "error: "),
        (nested(format!("[{dots}a]")), 2, "error: "),
        (nested(format!("{dots}a = 1")), 2, "error: "),
    ] {
        fs::write(tree.path().join("pyproject.toml"), contents).unwrap();
        let run = assert_reports(&tree, ".", code, message);
        assert!(run.stderr.len() < 1000, "{:.300}", run.stderr);
        assert_listed(&tree, ". --isolated", "donn\u{e9}es/m.pyc");
    }
}

/// Settings around a PATH that cannot be looked up may ignore anything.
#[cfg(target_os = "linux")]
#[test]
fn settings_that_cannot_be_looked_up_are_an_error() {
    use crate::faults::run_under_strace;
    use crate::util::is_missing;
    if is_missing("strace") {
        return;
    }
    let tree = tree(".git/HEAD pyproject.toml pkg/keepme/m.pyc");
    tree.write_settings("", "ignore = ['keepme']");
    let top = tree.path().canonicalize().unwrap();
    for looked_up in [".git", "pkg/.git", "pyproject.toml"] {
        let path = top.join(looked_up);
        let fault = "inject=statx,openat:error=EIO";
        let options = ["-P", path.to_str().unwrap(), "-e", fault];
        let (run, _) = run_under_strace(&tree, &options, "pkg");
        if run.stderr.contains("ptrace") {
            return skipped("strace cannot trace here");
        }
        let is_error = matches!(run.code, Some(1 | 2));
        assert!(is_error, "{looked_up}: {}", run.stderr);
        assert!(tree.path().join("pkg/keepme/m.pyc").exists());
    }
}

#[test]
fn settings_of_a_path_hold_in_another_path_in_it() {
    let tree = create_project("sub/keep/m.pyc sub/n.pyc", "ignore = ['keep']");
    for paths in [".", ". sub", "sub .", ". sub/keep sub"] {
        assert_listed(&tree, paths, "sub/n.pyc");
    }
}

/// The owner of a symlink decides which file is read. The owner of a PATH decides for that PATH
/// alone.
#[cfg(unix)]
#[test]
fn debris_counts_only_for_the_path_of_its_owner() {
    use std::os::unix::fs::lchown;
    let tree =
        tree(".git/ theirs/.mypy_cache/x mine/.mypy_cache/x other/a.toml linked/.mypy_cache/x");
    tree.write_settings(".", "debris = ['mypy']");
    tree.write_settings("other", "debris = ['mypy']");
    tree.add("linked/pyproject.toml->../other/pyproject.toml");
    let give = |path: &str| lchown(tree.path().join(path), Some(65534), None);
    if ["pyproject.toml", "theirs", "linked/pyproject.toml"]
        .map(give)
        .iter()
        .any(Result::is_err)
    {
        return skipped("only root can give a file away");
    }
    for paths in ["theirs mine", "mine theirs"] {
        assert_listed(&tree, paths, "theirs/.mypy_cache/");
    }
    assert_listed(&tree, "linked", "");
}

#[cfg(unix)]
#[test]
fn settings_that_others_can_write_only_narrow() {
    let tree = create_project(
        "m.pyc .mypy_cache/x n.pyc",
        "ignore = ['m.pyc']\ndebris = ['mypy']",
    );
    let listed = |expected: &str| {
        let run = tree.pyclean("-n .");
        assert_eq!(run.stdout, expected, "{}", run.stderr);
        let warning = "warning: ignoring 'debris' in";
        assert_eq!(run.stderr.contains(warning), expected == "n.pyc\n");
    };
    listed(".mypy_cache/\nn.pyc\n");
    set_mode(tree.path().join("pyproject.toml"), 0o666);
    listed("n.pyc\n");
    set_mode(tree.path().join("pyproject.toml"), 0o644);
    let chown = |path| tree.program("chown").args(["65534", path]).status();
    if !chown("pyproject.toml").is_ok_and(|status| status.success()) {
        return skipped("only root can give a file away");
    }
    listed("n.pyc\n");
    // The owner of the PATH can.
    chown(".").unwrap();
    listed(".mypy_cache/\nn.pyc\n");
}

#[test]
fn directories_around_a_project_are_kept_in_a_dry_run_too() {
    let tree = tree("a/b/keep/data a/b/x a/y");
    tree.write_settings("a/b", r#"ignore = ["keep"]"#);
    let dry_run = tree.pyclean("-n -y . -e **/*");
    dry_run.assert_snapshot(str![[r#"
a/b/pyproject.toml
a/b/x
a/y
--- stderr
note: also using settings from a/b/pyproject.toml (--isolated to ignore them)
warning: kept a, a/b: not empty
Would remove 3 files (41 B).
--- exit 0

"#]]);
    let run = tree.pyclean("-v -y . -e **/*");
    assert_eq!(run.stdout, dry_run.stdout);
    tree.assert_left("a/b/keep/data");
}

#[test]
fn git_clean_keeps_what_a_nested_project_ignores() {
    let entries = "sub/fixtures/data sub/other/data sub/pyproject.toml";
    let Some(tree) = create_repository(entries, &["sub/pyproject.toml"]) else {
        return;
    };
    tree.write_settings("sub", r#"ignore = ["fixtures"]"#);
    git(&tree, ".", &["commit", "-qam", "settings"]);
    for paths in [".", ". sub"] {
        let run = tree.pyclean(&format!("-n {paths} --git-clean"));
        assert!(run.stdout.contains("Would remove sub/other/"), "{paths}");
        assert!(!run.stdout.contains("fixtures"), "{paths}: {}", run.stdout);
    }
    tree.pyclean(". --git-clean --yes");
    assert!(!tree.path().join("sub/other").exists());
    let status = git(&tree, ".", &["status", "--porcelain"]);
    assert_eq!(status, "?? sub/fixtures/\n");
    // What git cannot express, and settings that are not known, are errors.
    for settings in [r#"ignore = ["a/b"]"#, "ignore = ['data']\nstale = 3"] {
        tree.write_settings("sub", settings);
        assert_reports(&tree, ". --git-clean --yes", 1, "error: ");
        assert!(tree.path().join("sub/fixtures/data").exists());
    }
}

/// In either order: the cache belongs to the same project as the file.
#[test]
fn settings_beside_a_named_cache_apply() {
    let tree = tree("");
    tree.add_compiled("m.py", "cpython-3.12", "__pycache__/m.cpython-312.pyc");
    tree.add_compiled("n.py", "cpython-3.12", "n.pyc");
    tree.write_settings("", "stale = true");
    for paths in ["__pycache__", "__pycache__ n.pyc", "n.pyc __pycache__"] {
        assert_listed(&tree, paths, "");
    }
}
