//! What a project sets for itself in `pyproject.toml`, and what it cannot.

mod util;

use std::fs;

use util::{Tree, tree};

/// A tree whose `pyproject.toml` has this as `[tool.pyclean]`.
fn project(entries: &str, table: &str) -> Tree {
    let tree = tree(entries);
    write(&tree, "pyproject.toml", table);
    tree
}

fn write(tree: &Tree, file: &str, table: &str) {
    let text = format!("[project]\nname = 'x'\n\n[tool.pyclean]\n{table}\n");
    fs::write(tree.file(file), text).unwrap();
}

#[test]
fn the_keys_mean_what_the_options_mean() {
    let entries = "a.cpython-312.pyc a.cpython-313.pyc keep/b.pyc dist/d .mypy_cache/m";
    let listed = |table: &str, arguments: &str| {
        project(entries, table)
            .pyclean(&format!("-nq {arguments}"))
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
    // The command line wins; what is ignored adds up.
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
fn the_nearest_within_the_repository_counts_for_each_path() {
    let tree = project(
        "repo/.git/HEAD repo/a/b/m.pyc repo/c/m.pyc out/m.pyc",
        "ignore = ['m.pyc']",
    );
    let listed = || tree.pyclean("-nq repo/a repo/c out").stdout;
    // Not that above the repository, nor above a directory that is in none.
    assert_eq!(listed(), "out/m.pyc\nrepo/a/b/m.pyc\nrepo/c/m.pyc\n");
    write(&tree, "repo/pyproject.toml", "ignore = ['b']");
    assert_eq!(listed(), "out/m.pyc\nrepo/c/m.pyc\n");
    write(&tree, "repo/c/pyproject.toml", "ignore = ['x']");
    assert_eq!(listed(), "out/m.pyc\nrepo/c/m.pyc\n");
    // One that does not speak of this is passed over, whatever else it holds.
    fs::write(tree.file("repo/a/pyproject.toml"), "not = [toml").unwrap();
    assert_eq!(listed(), "out/m.pyc\nrepo/c/m.pyc\n");
    let hint = tree.pyclean("-n repo/a").stderr;
    assert!(
        hint.contains("repo/pyproject.toml applies (--isolated runs without it)"),
        "{hint}"
    );
    // A file that is named is judged by what is above it.
    assert_eq!(
        tree.pyclean("-nq repo/a/b/m.pyc").stdout,
        "repo/a/b/m.pyc\n"
    );
}

#[test]
fn errors_have_their_place_and_nothing_is_touched() {
    for (table, place, message) in [
        ("stael = true", "5:1", "unknown field `stael`"),
        (
            "stale = 'yes'",
            "5:9",
            "invalid type: string \"yes\", expected a boolean",
        ),
        ("ignore = 'a'", "5:10", "invalid type"),
        ("ignore = ['[']", "5:10", "cannot ignore \"[\""),
        (
            "debris = ['mypi']",
            "5:10",
            "'mypi' is no debris topic; topics: cache, coverage,",
        ),
        (
            "keep-python = ['three']",
            "5:15",
            "'three' is no Python version",
        ),
        ("ignore = [", "", "pyproject.toml:"),
        ("\"a\\u001b[2J\" = 1", "5:1", "unknown field `a\\u{1b}[2J`"),
    ] {
        let tree = project("m.pyc", table);
        let run = tree.pyclean(".");
        assert_eq!(run.code, Some(2), "{table}: {}", run.stderr);
        let place = format!("pyproject.toml:{place}");
        assert!(run.stderr.contains(&place), "{table}: {}", run.stderr);
        assert!(run.stderr.contains(message), "{table}: {}", run.stderr);
        let end = "(--isolated runs without it)\n";
        assert!(run.stderr.ends_with(end), "{}", run.stderr);
        assert!(tree.left().contains("m.pyc"));
        assert_eq!(tree.pyclean(". --isolated").code, Some(0));
    }
}

#[test]
fn the_cause_of_an_error_comes_before_the_advice() {
    let told = |text: &[u8]| {
        let tree = tree("");
        fs::write(tree.file("pyproject.toml"), text).unwrap();
        let said = tree.pyclean(".").stderr;
        said.rsplit("pyproject.toml").next().unwrap().to_owned()
    };
    assert_eq!(
        told(b"[tool]\npyclean = 3"),
        ":2:11: invalid type: integer `3`, expected a table of settings \
         (--isolated runs without it)\n"
    );
    assert_eq!(
        told(&vec![b'#'; 2 << 20]),
        " (--isolated runs without it): it is longer than 1 MiB\n"
    );
}

/// Whoever clones a project must be able to clean it without having read what it sets.
#[test]
fn a_hostile_project_cannot_widen_what_goes() {
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
        let tree = project("src/a.py venv/m.pyc m.pyc", table);
        assert_eq!(tree.pyclean(".").code, Some(2), "{table}");
        assert_eq!(
            tree.names(),
            "m.pyc\npyproject.toml\nsrc/\nsrc/a.py\nvenv/\nvenv/m.pyc\n"
        );
    }
    // All that it can do at most: name every topic.
    let tree = project("p/src/a.py p/venv/m.pyc p/dist->../out p/.tox/t out/w", "");
    write(&tree, "p/pyproject.toml", "debris = ['all']");
    tree.pyclean("p");
    assert_eq!(
        tree.names(),
        "out/\nout/w\np/\np/dist->../out\np/pyproject.toml\np/src/\np/src/a.py\np/venv/\np/venv/m.pyc\npyproject.toml\n"
    );
}

/// Neither a pipe that nobody writes to nor a device that never ends is waited for.
#[cfg(unix)]
#[test]
fn what_is_no_file_is_not_read() {
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
#[cfg(unix)]
fn a_link_is_of_the_project_where_it_lies() {
    let tree = util::tree("a/.git/ b/.git/ a/m.pyc->../b/real.pyc b/real.pyc a/pyproject.toml");
    fs::write(
        tree.file("a/pyproject.toml"),
        "[tool.pyclean]\nignore = ['m.pyc']\n",
    )
    .unwrap();
    assert_eq!(tree.pyclean("-nq a").stdout, "");
    // What is named is not ignored, but it is said who has a say.
    assert!(
        tree.pyclean("-n a/m.pyc")
            .stderr
            .contains("a/pyproject.toml")
    );
}
