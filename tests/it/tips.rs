//! Tips for command lines that are almost right, and what errors print.

use crate::util::{Run, tree, with_slashes};
use crate::{assert_listed, assert_reports, run_command};

const TAKES_ALL_VALUES: &str = "--debris, --erase and --ignore take all values that follow them";
const RECURSIVE: &str =
    "not needed: directories are always cleaned recursively (-f removes empty ones)";

/// What was typed, and the tip. `tests/cmd/errors.trycmd` has more.
const TIPS: [(&str, &str); 37] = [
    ("--stale", "pyclean . --stale"),
    ("-n", "pyclean . -n"),
    ("--check", "pyclean . --check"),
    ("--python 3.11", "pyclean . --python 3.11"),
    ("--debris", "pyclean . --debris"),
    ("--debris mypy", "pyclean . --debris mypy"),
    ("--no-bytecode -d mypy", "pyclean . --no-bytecode -d mypy"),
    ("--erase tmp", "pyclean . --erase tmp"),
    ("--ignore env .", "pyclean . --ignore env"),
    ("--ignore env ..", "pyclean .. --ignore env"),
    ("--erase a . --ignore b", "pyclean . --erase a --ignore b"),
    ("-e a.toml . src", "pyclean . src -e a.toml"),
    ("-n --ignore a b", "pyclean . -n --ignore a b"),
    // The option may have taken a PATH, or not.
    ("-n --ignore a src", TAKES_ALL_VALUES),
    (
        "--explain",
        "--explain takes files such as m.py and __pycache__/m.cpython-313.pyc",
    ),
    ("--ignore a\u{9b}", ""),
    (". -d build", "'build' belongs to topic 'package'"),
    (". -d dist/", "'dist' belongs to topic 'package'"),
    (". -d .mypy_cache", "'.mypy_cache' belongs to topic 'mypy'"),
    (". -d mypi", "a similar value exists: 'mypy'"),
    ("--debris .", "pyclean . --debris"),
    (
        "-n --debris mypy src tests -q",
        "pyclean src tests -n --debris mypy -q",
    ),
    ("--debris mypy no/such", "pyclean no/such --debris mypy"),
    ("--debris=./src", TAKES_ALL_VALUES),
    (". --force", "use '--yes'"),
    (". --exclude X", "use '--ignore'"),
    (". -r", RECURSIVE),
    (". -R", RECURSIVE),
    (". --recursive", RECURSIVE),
    (". --preview", "use '--dry-run'"),
    (". --list", "use '--dry-run'"),
    (". --pyton 3.12", "a similar argument exists: '--python'"),
    ("-stale .", "a similar argument exists: '--stale'"),
    (". -debris", "a similar argument exists: '--debris'"),
    (". -0", ""),
    (
        "r.git",
        "name a directory in it, look at it with -n, or use --yes to clean all of it",
    ),
    (". --frobnicate", ""),
];

#[test]
fn tips_keep_what_was_typed() {
    for (typed, tip) in TIPS {
        let files = "src/m.py tests/t.py m.pyc r.git/HEAD r.git/objects/ r.git/refs/";
        let tree = tree(files);
        let run = tree.pyclean(typed);
        assert_eq!(run.code, Some(2), "{typed}");
        assert_eq!(shown_tip(&run), tip, "{typed}: {}", run.stderr);
        tree.assert_left(files);
        // What it tells to type is accepted, and a dry run of it removes nothing.
        if let Some(arguments) = tip.strip_prefix("pyclean ")
            && let Some((path, _)) = arguments.split_once(' ')
            && tree.path().join(path).exists()
            && !tip.contains("..")
        {
            let run = tree.pyclean(&format!("{arguments} -n"));
            assert_ne!(run.code, Some(2), "{tip}");
        }
    }
}

fn shown_tip(run: &Run) -> &str {
    let mut lines = run.stderr.lines();
    let tip = lines.find_map(|line| line.strip_prefix("  tip: "));
    tip.unwrap_or_default().split(';').next().unwrap()
}

#[test]
fn errors_quote_only_printable_text() {
    let bad = "\x1b[2J\u{9b}1m\u{202e}";
    let tree = tree("m.pyc");
    for words in [
        &[&*format!("--{bad}")][..],
        &[".", "--python", bad],
        &[".", &format!("--color={bad}")],
        &["--debris", &format!("../{bad}")],
        &["--ignore", bad],
        &[bad],
        &[".", "--ignore", &format!("[{bad}")],
    ] {
        let run = run_command(&mut tree.command(words));
        assert_eq!(run.code, Some(2), "{words:?}");
        let text = &run.stderr;
        assert!(!text.contains(['\x1b', '\u{9b}', '\u{202e}']), "{text:?}");
    }
    tree.assert_left("m.pyc");
}

#[test]
fn error_names_the_option_that_took_the_path() {
    let error = "error: missing PATH: '.' is a value of -i\n";
    assert_reports(&tree("m.pyc"), "-n -i env .", 2, error);
}

#[test]
fn git_directory_is_cleaned_only_on_request() {
    let tree = tree("r.git/HEAD r.git/objects/m.pyc r.git/refs/");
    let reason = "error: r.git is a git directory, in which anything may be the only copy\n";
    assert_reports(&tree, "r.git --stale", 2, reason);
    tree.assert_left("r.git/HEAD r.git/objects/m.pyc r.git/refs/");
    assert_eq!(tree.pyclean("r.git -n").code, Some(0));
    assert_eq!(tree.pyclean("r.git --yes").code, Some(0));
}

/// An invalid pattern ends each run, also one that is not refused.
#[test]
fn whole_file_system_is_cleaned_only_on_request() {
    let tree = tree("");
    let top = tree.path().ancestors().last().unwrap().to_str().unwrap();
    let refused = with_slashes(format!("error: {top} is the whole file system\n"));
    let refused = refused.as_str();
    let accepted = "error: invalid ignore pattern '['";
    for (options, error) in [
        ("", refused),
        ("--erase x --stale", refused),
        ("--yes", accepted),
        ("-n", accepted),
        ("--check", accepted),
    ] {
        let run = tree.pyclean(&format!("{top} {options} --ignore ["));
        assert_eq!(run.code, Some(2), "{options}");
        assert!(run.stderr.starts_with(error), "{options}: {}", run.stderr);
    }
}

#[test]
fn options_may_be_repeated() {
    let gone = "gone.cpython-312.pyc";
    let tree = tree(&format!("{gone} a b c .mypy_cache/x .ruff_cache/x .tox/x"));
    for (options, listing) in [
        ("--no-stale -j 1 -j 2 -nn .", gone),
        ("--stale --no-stale .", gone),
        ("--no-stale --stale .", ""),
        ("--python 3.11,3.12 --python 3.13 .", gone),
        ("--python 3.11 --python 3.13 .", ""),
        (
            ". -d mypy,ruff -d tox --no-bytecode",
            ".mypy_cache/ .ruff_cache/ .tox/",
        ),
        (
            "--debris=mypy,ruff --ignore=.ruff_cache --erase=[ab] .",
            ".mypy_cache/ a b gone.cpython-312.pyc",
        ),
    ] {
        assert_listed(&tree, options, listing);
    }
    for option in ["--stale", "--python=3.12", "--keep-python=3.12"] {
        let arguments = format!("-n . --no-bytecode {option}");
        assert_reports(&tree, &arguments, 2, "cannot be used with");
    }
}
