//! `[tool.pyclean]` in `pyproject.toml`: what it can set, and what it cannot.

use std::fs;

#[cfg(target_os = "linux")]
use {
    crate::util::{set_mode, skipped},
    std::time::Instant,
};

use crate::util::{Tree, lacks_symlinks, tree, with_slashes};

/// A tree with a `pyproject.toml` whose `[tool.pyclean]` contains `table`.
fn create_project(entries: &str, table: &str) -> Tree {
    let tree = tree(entries);
    write_config(&tree, "pyproject.toml", table);
    tree
}

/// Writes a `pyproject.toml` with a second table before `[tool.pyclean]`.
fn write_config(tree: &Tree, file: &str, table: &str) {
    let text = format!("[project]\nname = 'x'\n\n[tool.pyclean]\n{table}\n");
    fs::write(tree.file_path(file), text).unwrap();
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
    assert!(listed("stale = true", ".").starts_with("keep/b.pyc: orphaned"));
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
fn nearest_config_within_the_repository_applies_to_each_path() {
    let tree = create_project(
        "repo/.git/HEAD repo/a/b/m.pyc repo/c/m.pyc out/m.pyc",
        "ignore = ['m.pyc']",
    );
    let listed = || tree.pyclean("-n repo/a repo/c out").stdout;
    // The config above the repository does not apply in it, nor to a directory without
    // a repository.
    assert_eq!(listed(), "repo/a/b/m.pyc\nrepo/c/m.pyc\nout/m.pyc\n");
    write_config(&tree, "repo/pyproject.toml", "ignore = ['b']");
    assert_eq!(listed(), "repo/c/m.pyc\nout/m.pyc\n");
    write_config(&tree, "repo/c/pyproject.toml", "ignore = ['x']");
    assert_eq!(listed(), "repo/c/m.pyc\nout/m.pyc\n");
    // A file without `[tool.pyclean]` is skipped, even if it is not valid TOML.
    fs::write(tree.file_path("repo/a/pyproject.toml"), "not = [toml").unwrap();
    assert_eq!(listed(), "repo/c/m.pyc\nout/m.pyc\n");
    let hint = tree.pyclean("-n repo/a").stderr;
    assert!(
        hint.contains("repo/pyproject.toml (--isolated to ignore them)"),
        "{hint}"
    );
    // For a file given as PATH the config above it applies.
    assert_eq!(tree.pyclean("-n repo/a/b/m.pyc").stdout, "repo/a/b/m.pyc\n");
}

#[test]
fn error_names_its_position_and_nothing_is_removed() {
    for (table, place, message) in [
        (
            "stael = true",
            "5:1",
            "unknown key `stael`, expected one of `ignore`, `debris`, `stale`, `keep-python`; \
             did you mean `stale`? (use --isolated",
        ),
        (
            "keep_python = []",
            "5:1",
            "; did you mean `keep-python`? (use",
        ),
        ("'ignored' = []", "5:1", "; did you mean `ignore`? (use"),
        ("paths = []", "5:1", "`keep-python` (use"),
        (
            "debris = ['mypi']",
            "5:10",
            "'mypi' is not a debris topic; did you mean `mypy`? (topics: cache, coverage,",
        ),
        (
            "stale = 'yes'",
            "5:9",
            "invalid type: string \"yes\", expected true or false (use",
        ),
        (
            "ignore = \"a\"",
            "5:10",
            "invalid type: string \"a\", expected a list, such as [\"a\"] (use",
        ),
        ("ignore = 1", "5:10", "expected a list of strings (use"),
        (
            "dry_run = true",
            "5:1",
            "`dry-run` is not a setting; use --dry-run on the command line (use",
        ),
        (
            "no-progress = true",
            "5:1",
            "`no-progress` is not a setting; use --no-progress on the command line (use",
        ),
        ("ignore = ['[']", "5:10", "invalid `ignore` value \"[\""),
        (
            "debris = ['mypy', 'xyz']",
            "5:10",
            "'xyz' is not a debris topic (topics: cache, coverage,",
        ),
        (
            "keep-python = ['three']",
            "5:15",
            "'three' is not a Python version",
        ),
        ("ignore = [", "", "pyproject.toml:"),
        ("\"a\\u001b[2J\" = 1", "5:1", "unknown key `a\\u{1b}[2J`"),
    ] {
        let tree = create_project("m.pyc", table);
        let run = tree.pyclean(".");
        assert_eq!(run.code, Some(2), "{table}: {}", run.stderr);
        let place = format!("pyproject.toml:{place}");
        assert!(run.stderr.contains(&place), "{table}: {}", run.stderr);
        let message = with_slashes(message.to_owned());
        assert!(run.stderr.contains(&message), "{table}: {}", run.stderr);
        let end = "(use --isolated to ignore this file)\n";
        assert!(run.stderr.ends_with(end), "{}", run.stderr);
        assert!(tree.listing().contains("m.pyc"));
        assert_eq!(tree.pyclean(". --isolated").code, Some(0));
    }
}

#[test]
fn error_names_its_cause_before_the_advice() {
    let stderr = |text: &[u8]| {
        let tree = tree("");
        fs::write(tree.file_path("pyproject.toml"), text).unwrap();
        let stderr = tree.pyclean(".").stderr;
        stderr.rsplit("pyproject.toml").next().unwrap().to_owned()
    };
    assert_eq!(
        stderr(b"[tool]\npyclean = 3"),
        ":2:11: invalid type: integer `3`, expected a table of settings \
         (use --isolated to ignore this file)\n"
    );
    assert_eq!(
        stderr(&vec![b'#'; 2 << 20]),
        ": file is larger than 1.0 MiB (use --isolated to ignore this file)\n"
    );
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
    write_config(&tree, "p/pyproject.toml", "debris = ['all']");
    tree.pyclean("p");
    assert_eq!(
        tree.names(),
        "out/\nout/w\np/\np/dist->../out\np/pyproject.toml\np/src/\np/src/a.py\np/venv/\np/venv/m.pyc\npyproject.toml\n"
    );
}

/// Reading a named pipe without a writer, or an endless device, would block.
#[cfg(unix)]
#[test]
fn config_that_is_not_a_regular_file_is_not_read() {
    for entry in [
        "pyproject.toml|",
        "pyproject.toml/",
        "pyproject.toml->/dev/zero",
    ] {
        assert_eq!(
            tree(&format!("{entry} m.pyc")).pyclean("-q .").code,
            Some(0),
            "{entry}"
        );
    }
}

#[test]
fn symlink_uses_the_config_of_its_own_directory() {
    if lacks_symlinks() {
        return;
    }
    let tree = tree("a/.git/ b/.git/ a/m.pyc->../b/real.pyc b/real.pyc a/pyproject.toml");
    tree.write_settings("a", "ignore = ['m.pyc']");
    assert_eq!(tree.pyclean("-n a").stdout, "");
    // A file given as PATH is not ignored, but the config is mentioned.
    assert!(
        tree.pyclean("-n a/m.pyc")
            .stderr
            .contains("a/pyproject.toml")
    );
}

/// A file that cannot be understood may ignore anything.
#[test]
fn settings_that_are_not_utf_8_are_an_error() {
    let tree = tree("donn\u{e9}es/m.pyc");
    let settings = "[tool.pyclean]\nignore = [\"donn\u{e9}es\"]\n";
    let latin_1: Vec<u8> = settings.chars().map(|c| c as u8).collect();
    let utf_16 = settings.encode_utf16().flat_map(u16::to_le_bytes);
    let utf_16: Vec<u8> = b"\xff\xfe".iter().copied().chain(utf_16).collect();
    for (contents, message) in [
        (latin_1, "pyproject.toml:2:16: the file is not valid UTF-8"),
        (
            utf_16,
            "pyproject.toml:1:1: the file is UTF-16; save it as UTF-8",
        ),
    ] {
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
        assert_eq!(output.status.code(), Some(2), "{looked_up}: {stderr}");
        assert!(tree.path().join("pkg/keepme/m.pyc").exists());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn pipes_and_kernel_files_in_place_of_settings_do_not_hang() {
    let tree = tree("a/m.pyc b/m.pyc c/m.pyc");
    tree.add("a/pyproject.toml|");
    tree.add("b/pyproject.toml->/proc/kmsg");
    tree.add("c/pyproject.toml->/dev/zero");
    let started = Instant::now();
    tree.pyclean("-n a b c .");
    tree.pyclean("a b c");
    assert!(started.elapsed().as_secs() < 30);
    assert!(!tree.listing().contains("m.pyc"), "{}", tree.listing());
}

#[cfg(target_os = "linux")]
#[test]
fn settings_of_another_user_in_a_world_writable_directory_are_ignored() {
    let tree = create_project("m.pyc", "ignore = ['m.pyc']");
    let owner = tree
        .program("chown")
        .args(["65534", "pyproject.toml"])
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
    write_config(&tree, "a/pyproject.toml", "ignore = ['keep']");
    write_config(&tree, "a/inner/pyproject.toml", "ignore = ['other']");
    assert_eq!(
        tree.pyclean("-n .").stdout,
        "a/inner/inner/m.pyc\na/m.pyc\nb/keep/__pycache__/\n"
    );
    assert_eq!(tree.pyclean("-n . --isolated").stdout.lines().count(), 6);
    // A file that cannot be parsed keeps everything below it.
    write_config(&tree, "a/inner/pyproject.toml", "ignore = 1");
    let run = tree.pyclean("-n .");
    assert_eq!(run.stdout, "a/m.pyc\nb/keep/__pycache__/\n");
    assert_eq!(run.code, Some(1));
}

#[test]
fn debris_of_a_nested_project_is_not_named_by_its_settings() {
    let tree = tree("a/.mypy_cache/x a/m.pyc");
    write_config(
        &tree,
        "a/pyproject.toml",
        "debris = ['mypy']\nstale = false",
    );
    assert_eq!(tree.pyclean("-n .").stdout, "a/m.pyc\n");
    assert_eq!(tree.pyclean("-n a").stdout, "a/.mypy_cache/\na/m.pyc\n");
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
