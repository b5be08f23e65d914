//! `[tool.pyclean]` in `pyproject.toml`: what it can set, and for what it holds.

use std::fs;

#[cfg(target_os = "linux")]
use crate::util::{set_mode, skipped};

use snapbox::str;

use crate::util::{Tree, git, init_repository, is_missing, lacks_symlinks, tree};

/// A tree with a `pyproject.toml` whose `[tool.pyclean]` contains `table`.
fn create_project(entries: &str, table: &str) -> Tree {
    let tree = tree(entries);
    tree.write_settings("", table);
    tree
}

#[test]
fn keys_mean_the_same_as_options() {
    let entries = "a.cpython-312.pyc a.cpython-313.pyc keep/b.pyc keep/k.py dist/d .mypy_cache/m";
    let listed = |table: &str, arguments: &str| {
        create_project(entries, table)
            .pyclean(&format!("-n {arguments}"))
            .stdout
    };
    let all = "a.cpython-312.pyc\na.cpython-313.pyc\nkeep/b.pyc\n";
    assert_eq!(listed("", "."), all);
    assert_eq!(
        listed("ignore = ['keep', '*-313*']", "."),
        "a.cpython-312.pyc\n"
    );
    assert_eq!(
        listed("keep-python = ['3.12', 'pypy39']", "."),
        "a.cpython-313.pyc\n"
    );
    assert_eq!(
        listed("debris = ['mypy']", "."),
        format!(".mypy_cache/\n{all}")
    );
    assert_eq!(
        listed("debris = true", "."),
        all.replace("keep", "dist/\nkeep")
    );
    assert_eq!(listed("debris = []", "."), all);
    // Nothing proves that its source was deleted.
    assert_eq!(listed("stale = true", "."), "");
    // The command line overrides the other keys, and adds to `ignore`.
    assert_eq!(
        listed("keep-python = ['3.12']", "--python 3.12 ."),
        "a.cpython-312.pyc\n"
    );
    assert_eq!(
        listed("debris = ['mypy']", ". -d package"),
        all.replace("keep", "dist/\nkeep")
    );
    assert_eq!(listed("ignore = ['keep']", ". -i a.*"), "");
    assert_eq!(listed("ignore = ['keep', 'a.*']", ". --isolated"), all);
}

#[test]
fn settings_from_the_root_of_the_repository_to_the_path_add_up() {
    let tree = create_project(
        "repo/.git/HEAD repo/a/b/m.pyc repo/a/m.pyc repo/c/b/m.pyc repo/c/m.pyc repo/c/x.pyc \
         out/m.pyc",
        "ignore = ['m.pyc']",
    );
    let listed = |paths: &str| tree.pyclean(&format!("-n {paths}")).stdout;
    let all =
        "repo/a/b/m.pyc\nrepo/a/m.pyc\nrepo/c/b/m.pyc\nrepo/c/m.pyc\nrepo/c/x.pyc\nout/m.pyc\n";
    // Settings above the repository do not hold in it, nor in a directory without a repository.
    assert_eq!(listed("repo out"), all);
    tree.write_settings("repo", "ignore = ['b']");
    tree.write_settings("repo/c", "ignore = ['x.*']");
    let narrowed = "repo/a/m.pyc\nrepo/c/m.pyc\n";
    assert_eq!(listed("repo"), narrowed);
    assert_eq!(listed("repo/a repo/c"), narrowed);
    // What they ignore is not searched if it is a PATH either.
    assert_eq!(listed("repo/a/b repo/a/b/m.pyc"), "");
    // A file without `[tool.pyclean]` does not matter, even if it is not valid TOML.
    fs::write(tree.file_path("repo/a/pyproject.toml"), "not = [toml").unwrap();
    assert_eq!(listed("repo"), narrowed);
    let hint = tree.pyclean("-n repo/a").stderr;
    let files = "repo/pyproject.toml (--isolated to ignore them)";
    assert!(hint.contains(files), "{hint}");
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
    let listing = "a/m.cpython-312.pyc\nb/keep/__pycache__/\n";
    assert_eq!(tree.pyclean("-n .").stdout, listing);
    assert_eq!(tree.pyclean("-n . --isolated").stdout.lines().count(), 9);
    tree.write_settings("a", "stale = true");
    tree.write_settings("a/in", "stale = false");
    // Settings only narrow. Untagged bytecode without any source is not stale.
    assert_eq!(tree.pyclean("-n a/in").stdout.lines().count(), 5);
    assert_eq!(tree.pyclean("-n . --no-stale").stdout.lines().count(), 9);
    let run = tree.pyclean("-n .");
    assert!(!run.stdout.contains("a/in/in/m.pyc"), "{}", run.stdout);
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
    assert_eq!(
        tree.names(),
        self::tree(&format!(
            "setup.py {ignored} dist/p/pyproject.toml __pycache__/p/pyproject.toml"
        ))
        .names()
    );
}

#[test]
fn nearest_debris_setting_counts() {
    let tree =
        tree(".mypy_cache/m a/.mypy_cache/m a/.ruff_cache/r a/b/.mypy_cache/m b/.mypy_cache/m");
    tree.write_settings("", "debris = ['mypy']");
    tree.write_settings("a", "debris = ['ruff']");
    tree.write_settings("a/b", "ignore = ['x']");
    tree.write_settings("b", "debris = []");
    let listed = |arguments: &str| tree.pyclean(&format!("-n {arguments}")).stdout;
    assert_eq!(listed("."), ".mypy_cache/\na/.ruff_cache/\n");
    assert_eq!(listed("a"), "a/.ruff_cache/\n");
    // An option takes precedence.
    let all = ".mypy_cache/\na/.mypy_cache/\na/b/.mypy_cache/\nb/.mypy_cache/\n";
    assert_eq!(listed(". --debris mypy"), all);
}

#[test]
fn leading_slash_is_relative_to_the_directory_of_the_file() {
    let tree = tree("p/a/m.pyc p/sub/a/m.pyc p/b/c/m.pyc p/sub/b/c/m.pyc p/m.pyc p/sub/m.pyc");
    tree.write_settings("p", "ignore = ['/a', '/b/c', '/*.pyc']");
    let listing = "p/sub/a/m.pyc\np/sub/b/c/m.pyc\np/sub/m.pyc\n";
    for paths in ["p", "."] {
        assert_eq!(tree.pyclean(&format!("-n {paths}")).stdout, listing);
    }
    tree.add("p/.git/");
    assert_eq!(tree.pyclean("-n p/a p/b/c p/m.pyc").stdout, "");
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
        ("paths = []", "`paths`"),
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
    ] {
        let tree = create_project("m.pyc", table);
        let run = tree.pyclean(".");
        assert_eq!(run.code, Some(2), "{table}: {}", run.stderr);
        for part in ["pyproject.toml", words, "--isolated"] {
            assert!(run.stderr.contains(part), "{table}: {part}: {}", run.stderr);
        }
        tree.write_settings("", table);
        assert_eq!(tree.names(), "m.pyc\npyproject.toml\n");
        assert_eq!(tree.pyclean("-n . --isolated").code, Some(0));
        // Below a PATH, everything in the project is kept.
        let nested = self::tree("m.pyc sub/m.pyc sub/in/__pycache__/m.pyc");
        nested.write_settings("sub", table);
        let run = nested.pyclean(". --folders");
        assert_eq!(run.code, Some(1), "{}", run.stderr);
        assert!(run.stderr.contains("sub/pyproject.toml"), "{}", run.stderr);
        assert!(nested.path().join("sub/m.pyc").exists(), "{table}");
        assert!(nested.path().join("sub/in/__pycache__/m.pyc").exists());
        assert!(!nested.path().join("m.pyc").exists());
    }
}

#[test]
fn large_file_is_an_error() {
    let tree = tree("m.pyc");
    fs::write(tree.file_path("pyproject.toml"), vec![b'#'; 2 << 20]).unwrap();
    let run = tree.pyclean(".");
    assert!(matches!(run.code, Some(1 | 2)), "{}", run.stderr);
    assert!(tree.path().join("m.pyc").exists());
}

/// Cleaning a project that was just cloned must be safe without reading its config.
#[test]
fn config_cannot_select_files_outside_of_debris() {
    for table in [
        "erase = ['**/*']",
        "git-clean = true",
        "yes = true",
        "folders = true",
        "no-default-ignore = true",
        "python = ['3.12']",
        "pycache-prefix = '/'",
        "paths = ['/']",
        "debris = ['../..']",
        "debris = ['/home']",
        "ignore = ['..']",
    ] {
        let tree = create_project("src/a.py venv/m.pyc m.pyc", table);
        assert_eq!(tree.pyclean(".").code, Some(2), "{table}");
        assert_eq!(
            tree.names(),
            "m.pyc\npyproject.toml\nsrc/\nsrc/a.py\nvenv/\nvenv/m.pyc\n"
        );
    }
    if lacks_symlinks() {
        return;
    }
    // The most that a config can do is to select every topic.
    let tree = create_project("p/src/a.py p/venv/m.pyc p/dist->../out p/.tox/t out/w", "");
    tree.write_settings("p", "debris = ['all']");
    tree.pyclean("p");
    assert_eq!(
        tree.names(),
        "out/\nout/w\np/\np/dist->../out\np/pyproject.toml\np/src/\np/src/a.py\np/venv/\np/venv/m.pyc\npyproject.toml\n"
    );
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
    for paths in ["a", "a/m.pyc"] {
        assert_eq!(tree.pyclean(&format!("-n {paths}")).stdout, "");
    }
    assert_eq!(tree.pyclean("-n b/real.pyc").stdout, "b/real.pyc\n");
}

/// A file that cannot be understood may ignore anything.
#[test]
fn settings_that_are_not_utf_8_are_an_error() {
    let tree = tree("donn\u{e9}es/m.pyc");
    let settings = "[tool.pyclean]\nignore = [\"donn\u{e9}es\"]\n";
    let latin_1: Vec<u8> = settings.chars().map(|c| c as u8).collect();
    let utf_16 = settings.encode_utf16().flat_map(u16::to_le_bytes);
    let utf_16: Vec<u8> = b"\xff\xfe".iter().copied().chain(utf_16).collect();
    for (contents, message) in [(latin_1, "not valid UTF-8"), (utf_16, "the file is UTF-16")] {
        fs::write(tree.path().join("pyproject.toml"), contents).unwrap();
        let run = tree.pyclean(".");
        assert_eq!(run.code, Some(2), "{}", run.stderr);
        assert!(run.stderr.contains(message), "{}", run.stderr);
        let run = tree.pyclean("-n . --isolated");
        assert_eq!(run.code, Some(0), "{}", run.stderr);
    }
}

/// Settings around a PATH that cannot be looked up may ignore anything.
#[cfg(target_os = "linux")]
#[test]
fn settings_that_cannot_be_looked_up_are_an_error() {
    use crate::util::{PYCLEAN, is_missing};
    use std::process::Command;
    if is_missing("strace") {
        return;
    }
    let tree = tree(".git/HEAD pyproject.toml pkg/keepme/m.pyc");
    tree.write_settings("", "ignore = ['keepme']");
    let top = tree.path().canonicalize().unwrap();
    for looked_up in [".git", "pkg/.git", "pyproject.toml"] {
        let output = Command::new("strace")
            .args(["-f", "-qq", "-o", "/dev/null", "-P"])
            .arg(top.join(looked_up))
            .args(["-e", "inject=statx,openat:error=EIO"])
            .args([PYCLEAN, "pkg"])
            .current_dir(&top)
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        if stderr.contains("ptrace") {
            return skipped("strace cannot trace here");
        }
        let code = output.status.code();
        assert!(matches!(code, Some(1 | 2)), "{looked_up}: {stderr}");
        assert!(tree.path().join("pkg/keepme/m.pyc").exists());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn settings_of_a_path_hold_in_another_path_in_it() {
    let tree = create_project("sub/keep/m.pyc sub/n.pyc", "ignore = ['keep']");
    for paths in [".", ". sub", "sub .", ". sub/keep sub"] {
        assert_eq!(
            tree.pyclean(&format!("-n {paths}")).stdout,
            "sub/n.pyc\n",
            "{paths}"
        );
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
        let listed = tree.pyclean(&format!("-n {paths}")).stdout;
        assert_eq!(listed, "theirs/.mypy_cache/\n", "{paths}");
    }
    assert_eq!(tree.pyclean("-n linked").stdout, "");
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
    if is_missing("git") {
        return;
    }
    let tree = tree("sub/fixtures/data sub/other/data");
    tree.write_settings("sub", r#"ignore = ["fixtures"]"#);
    init_repository(&tree, ".", &["sub/pyproject.toml"]);
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
        let run = tree.pyclean(". --git-clean --yes");
        assert!(run.stderr.contains("error: "), "{}", run.stderr);
        assert_eq!(run.code, Some(1));
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
        let run = tree.pyclean(&format!("-n {paths}"));
        assert_eq!(run.stdout, "", "{paths}: {}", run.stderr);
    }
}
