//! What only Windows has: attributes, junctions, long paths, drives, and names that only
//! its own calls can create.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{self, Read};
use std::os::windows::ffi::OsStringExt;
use std::os::windows::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use snapbox::str;

use crate::util::{PYCLEAN, Tree, canonical, create_large_tree, skipped, tree};
use crate::{assert_listed, assert_reports, assert_run, listed, run_command};

/// Sets or clears the attribute for files that are read-only.
fn set_readonly(path: &Path, readonly: bool) {
    let mut permissions = fs::metadata(path).unwrap().permissions();
    permissions.set_readonly(readonly);
    fs::set_permissions(path, permissions).unwrap();
}

/// A path in the form that the system takes literally, with names of any kind.
fn literal(tree: &Tree, name: &str) -> PathBuf {
    tree.path().canonicalize().unwrap().join(name)
}

/// What was printed, with the separators as they are.
fn run(tree: &Tree, arguments: &[&str]) -> (String, String) {
    let output = tree.command(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr))
}

#[test]
fn read_only_files_and_directories_are_removed() {
    let tree = tree("m.py m.pyc a/__pycache__/m.cpython-312.pyc a/__pycache__/sub/x tmp/e");
    let names = "m.pyc a/__pycache__/m.cpython-312.pyc a/__pycache__/sub/x tmp/e a/__pycache__ \
                 a/__pycache__/sub tmp";
    for name in names.split(' ') {
        set_readonly(&tree.path().join(name), true);
    }
    let summary = "Removed 4 directories and 4 files (60 B).\n";
    assert_run(&tree, ". --erase tmp/* --folders --yes", "", summary, 0);
    tree.assert_left("m.py");
}

/// A file that is kept open without sharing the right to delete.
#[test]
fn open_file_is_reported_and_the_rest_is_removed() {
    const FILE_SHARE_READ: u32 = 1;
    let tree = tree("a/__pycache__/x.pyc a/__pycache__/y.pyc b/z.py b/z.pyc");
    let mut options = OpenOptions::new();
    options.read(true).share_mode(FILE_SHARE_READ);
    for name in ["x.pyc", "y.pyc"] {
        set_readonly(&tree.path().join("a/__pycache__").join(name), true);
    }
    let path = tree.path().join("a/__pycache__/x.pyc");
    let open = options.open(path).unwrap();
    tree.pyclean(".")
        .redact(io::Error::from_raw_os_error(32), "[IN USE]")
        .assert_snapshot(str![[r#"
--- stderr
error: cannot remove a/__pycache__/x.pyc: [IN USE]
Removed 2 files (26 B).
--- exit 1

"#]]);
    assert!(open.metadata().unwrap().permissions().readonly());
    drop(open);
    tree.assert_left("a/__pycache__/x.pyc b/z.py");
    assert_eq!(tree.pyclean("-q .").code, Some(0));
    tree.assert_left("a/ b/z.py");
}

/// Another process that shares the right to delete, as virus scanners do.
#[test]
fn file_that_is_open_elsewhere_and_can_be_deleted_is_removed() {
    let tree = tree("m.pyc");
    let open = fs::File::open(tree.path().join("m.pyc")).unwrap();
    assert_eq!(tree.pyclean(".").code, Some(0));
    drop(open);
    tree.assert_left("");
}

#[test]
fn paths_of_any_length_are_cleaned() {
    for length in [300, 400, 1500] {
        let tree = tree("");
        let deep: PathBuf = (0..length / 20).map(|_| "directory_of_20_byte").collect();
        for name in ["__pycache__", "keep"] {
            let directory = literal(&tree, "a").join(&deep).join(name);
            fs::create_dir_all(&directory).unwrap();
            fs::write(directory.join("m.cpython-312.pyc"), "").unwrap();
            fs::write(directory.join("m.py"), "").unwrap();
        }
        let shown = Path::new("a").join(&deep);
        let lines = |run: &(String, String)| run.0.lines().map(PathBuf::from).collect::<Vec<_>>();
        let listed = run(&tree, &["-n", "."]);
        let expected = [
            shown.join("__pycache__"),
            shown.join("keep").join("m.cpython-312.pyc"),
        ];
        assert_eq!(lines(&listed), expected, "{}", listed.1);
        let (stale, _) = run(&tree, &["-n", "--stale", "."]);
        assert_eq!(stale.lines().count(), 1, "{stale}");
        assert!(stale.contains("orphaned, no m.py"), "{stale}");
        // With `/`, with a drive, and with the prefix that `canonicalize` adds.
        let absolute = canonical(tree.path());
        let verbatim = tree.path().canonicalize().unwrap();
        for path in ["a/", &absolute, verbatim.to_str().unwrap()] {
            let (stdout, stderr) = run(&tree, &["-n", path]);
            assert_eq!(stdout.lines().count(), 2, "{path}: {stderr}");
            assert!(!stdout.contains(['/', '?']), "{stdout}");
        }
        let summary = "Removed 1 directory and 3 files (0 B).\n";
        assert_reports(&tree, ".", 0, summary);
        let keep = literal(&tree, "a").join(&deep).join("keep");
        assert!(keep.join("m.py").exists());
    }
}

#[test]
fn paths_are_shown_with_one_separator() {
    let tree = tree("a/b/__pycache__/m.pyc a/b/n.pyc");
    let (stdout, _) = run(&tree, &["-n", "a/b"]);
    assert_eq!(stdout, "a\\b\\__pycache__\\\na\\b\\n.pyc\n");
    let (stdout, _) = run(&tree, &["-n", "./a/b/n.pyc"]);
    assert_eq!(stdout, ".\\a\\b\\n.pyc\n");
    let (stdout, _) = run(&tree, &["-n", "--json", "a/b"]);
    assert!(stdout.contains(r#"{"text":"a\\b\\n.pyc"}"#), "{stdout}");
    let (_, stderr) = run(&tree, &["a/missing/x"]);
    assert_eq!(stderr, "error: no such file or directory: a\\missing\\x\n");
    for path in ["//localhost/missing/x", r"\\?\UNC\localhost\missing\x"] {
        let (_, stderr) = run(&tree, &[path]);
        assert!(stderr.contains(r" \\localhost\missing\x"), "{stderr}");
    }
}

/// Half of a surrogate pair, which is no valid Unicode.
#[test]
fn names_that_are_not_unicode_are_listed_exactly_and_removed() {
    let tree = tree("__pycache__/a.pyc");
    let name = |suffix: &str| {
        let mut wide = vec![u16::from(b'x'), 0xd83d];
        wide.extend(suffix.encode_utf16());
        OsString::from_wide(&wide)
    };
    if fs::write(tree.path().join(name(".pyc")), "").is_err() {
        return skipped("this file system accepts Unicode names alone");
    }
    fs::write(tree.path().join("__pycache__").join(name(".pyc")), "").unwrap();
    let output = tree.command(["-n0v", "."]).output().unwrap();
    let listed: Vec<_> = output.stdout.split(|byte| *byte == 0).collect();
    let exact = name(".pyc");
    assert!(listed.contains(&exact.as_encoded_bytes()), "{output:?}");
    let (stdout, _) = run(&tree, &["-n", "--json", "."]);
    // `x`, the surrogate in three bytes, `.pyc`.
    assert!(stdout.contains(r#"{"bytes":"eO2gvS5weWM="}"#), "{stdout}");
    assert_eq!(tree.pyclean(".").code, Some(0));
    tree.assert_left("");
}

/// Creates a directory with this name, even if no path leads to it, and bytecode in it. The
/// tests remove it, because the library that creates their trees cannot.
fn create_odd_dir(tree: &Tree, name: &str) -> PathBuf {
    let odd = literal(tree, name);
    fs::create_dir_all(&odd).unwrap();
    fs::write(odd.join("m.pyc"), "").unwrap();
    odd
}

/// Windows drops a dot or a space at the end of the names in a path.
#[test]
fn directory_to_which_no_path_leads_is_kept_and_reported() {
    let tree = tree("odd/n.txt");
    let odd = create_odd_dir(&tree, "odd.");
    let error = "error: cannot read odd.: no path of Windows leads to a name that ends with a dot or \
                 a space\nNothing removed.\n";
    assert_run(&tree, ".", "", error, 1);
    assert!(odd.join("m.pyc").exists());
    assert_run(&tree, ". -i odd.", "", "Nothing to remove.\n", 0);
    fs::remove_dir_all(odd).unwrap();
}

/// The prefix says that names are taken literally.
#[test]
fn prefix_is_kept_where_the_path_leads_elsewhere_without_it() {
    let tree = tree("odd/m.pyc odd/sub/m.pyc");
    let odd = create_odd_dir(&tree, "odd.");
    create_odd_dir(&tree, r"odd.\sub");
    let path = odd.to_str().unwrap();
    let (stdout, stderr) = run(&tree, &["-v", path]);
    let listing = format!("{path}\\m.pyc\n{path}\\sub\\m.pyc\n");
    assert_eq!(stdout, listing, "{stderr}");
    assert!(!odd.join("m.pyc").exists() && !odd.join(r"sub\m.pyc").exists());
    // A single file.
    let odd = create_odd_dir(&tree, "odd.");
    let file = odd.join("m.pyc");
    let (stdout, stderr) = run(&tree, &["-v", file.to_str().unwrap()]);
    assert_eq!(stdout, format!("{}\n", file.display()), "{stderr}");
    assert!(!file.exists());
    fs::remove_dir_all(odd).unwrap();
    tree.assert_left("odd/m.pyc odd/sub/m.pyc");
}

#[test]
fn environment_around_a_path_with_the_prefix_is_found() {
    let tree = tree("odd/");
    let odd = create_odd_dir(&tree, "odd.");
    if !odd.canonicalize().unwrap().ends_with("odd.") {
        fs::remove_dir_all(odd).unwrap();
        return skipped("this system drops a dot at the end of a canonical path");
    }
    fs::write(odd.join("pyvenv.cfg"), "").unwrap();
    fs::create_dir_all(odd.join(r"sub\empty")).unwrap();
    let (stdout, stderr) = run(&tree, &["-n", odd.to_str().unwrap(), "--folders"]);
    assert!(!stdout.contains("empty"), "{stdout}{stderr}");
    fs::remove_dir_all(odd).unwrap();
}

#[test]
fn path_that_leads_elsewhere_is_refused() {
    let tree = tree("sub/m.pyc");
    for path in [
        "sub ",
        "sub.",
        "./sub /",
        "sub. ./m.pyc",
        "com5.x",
        "sub/aux",
    ] {
        for check in ["--check", "-n"] {
            let (stdout, stderr) = run(&tree, &[check, "-v", path]);
            assert_eq!(stdout, "");
            let error = format!("error: invalid value '{path}'");
            assert!(stderr.starts_with(&error), "{stderr}");
            let tip = r"write its absolute path after \\?\";
            assert!(stderr.contains(tip), "{stderr}");
        }
        assert_eq!(tree.command([path]).status().unwrap().code(), Some(2));
    }
    for path in ["./sub", "sub/.", "sub/../sub", "."] {
        assert_reports(&tree, &format!("-n {path}"), 0, "");
    }
    tree.assert_left("sub/m.pyc");
}

/// Windows has no way to a directory called `aux`, or opens a device instead.
#[test]
fn directory_with_the_name_of_a_device_is_kept_and_reported() {
    let tree = tree("n.pyc");
    let names = ["com5.x", "nul.d", "pkg/aux", "pkg/LPT1"];
    for name in names {
        create_odd_dir(&tree, &name.replace('/', "\\"));
    }
    create_odd_dir(&tree, r"__pycache__\con.x");
    create_odd_dir(&tree, "com10");
    tree.pyclean(".").assert_snapshot(str![[r#"
--- stderr
error: cannot read __pycache__/con.x: its name is reserved for a device of Windows
error: cannot read com5.x: its name is reserved for a device of Windows
error: cannot read nul.d: its name is reserved for a device of Windows
error: cannot read pkg/LPT1: its name is reserved for a device of Windows
error: cannot read pkg/aux: its name is reserved for a device of Windows
warning: .: 1 file without a source, which Python cannot make again
warning: com10: 1 file without a source, which Python cannot make again
Removed 2 files (5 B).
--- exit 1

"#]]);
    let ignored = tree.pyclean("-n . -i com5.x nul.d aux lpt1 __pycache__");
    ignored.assert("", "Nothing to remove.\n", 0);
    for name in names {
        fs::remove_dir_all(literal(&tree, &name.replace('/', "\\"))).unwrap();
    }
    fs::remove_dir_all(literal(&tree, r"__pycache__\con.x")).unwrap();
}

/// The shell passes `*` to the program.
#[test]
fn wildcards_in_a_path_are_a_usage_error() {
    let tree = tree("m.pyc");
    for path in ["*.pyc", "no/*.py?", "?.pyc"] {
        let error = format!(
            "error: no such file or directory: {path}; \
             shells on Windows do not expand wildcards, so name the directory\n"
        );
        assert_run(&tree, &format!(". {path}"), "", &error, 2);
    }
    let (_, stderr) = run(&tree, &[r"\\?\C:\no\such."]);
    assert!(stderr.starts_with("error: no such"), "{stderr}");
    assert!(!stderr.contains("wildcards"), "{stderr}");
    assert_eq!(tree.pyclean("--explain *.pyc").code, Some(1));
    assert_eq!(tree.pyclean("a<b").code, Some(2));
    tree.assert_left("m.pyc");
}

/// What becomes of `--ignore "my data\" -n`.
#[test]
fn quote_in_a_word_is_a_usage_error() {
    let tree = tree("my data/m.pyc");
    for words in [&[".", "--ignore", "my data\" -n"], &["my data\" -n"][..]] {
        let run = run_command(&mut tree.command(words));
        let error = "error: a name of Windows has no '\"'\n\n  tip: a ";
        assert!(run.stderr.starts_with(error), "{}", run.stderr);
        assert_eq!(run.code, Some(2));
    }
    tree.assert_left("my data/m.pyc");
}

/// A program that runs cannot be removed, nor a library that one has loaded.
#[test]
fn file_in_use_as_a_program_is_reported_with_a_hint() {
    let busy = create_large_tree();
    let tree = tree("m.py");
    let program = tree.path().join("m.pyc");
    fs::copy(PYCLEAN, &program).unwrap();
    // Wine needs this library.
    let library = Path::new(PYCLEAN).with_file_name("bcryptprimitives.dll");
    if library.exists() {
        fs::copy(library, tree.path().join("bcryptprimitives.dll")).unwrap();
    }
    let mut command = Command::new(&program);
    command.args(["-nv", "."]).current_dir(busy.path());
    // It waits until its output is read.
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    child.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
    let run = tree.pyclean(".");
    child.kill().unwrap();
    child.wait().unwrap();
    run.redact(io::Error::from_raw_os_error(5), "[DENIED]")
        .assert_snapshot(str![[r#"
--- stderr
error: cannot remove m.pyc: [DENIED]
hint: access denied: close the programs that use these files, or run as administrator
Removed nothing.
--- exit 1

"#]]);
    assert!(program.exists());
}

/// Without the semantics of POSIX, a removed file is listed until it is closed.
#[test]
fn removed_file_that_is_open_is_counted_once() {
    let tree = tree("a/__pycache__/m.cpython-312.pyc a/__pycache__/n.pyc");
    let open = fs::File::open(tree.path().join("a/__pycache__/m.cpython-312.pyc")).unwrap();
    let run = tree.pyclean("-v .");
    let is_kept = run.code == Some(1);
    drop(open);
    if is_kept {
        run.assert_snapshot(str![[r#"
a/__pycache__/m.cpython-312.pyc
a/__pycache__/n.pyc
--- stderr
error: cannot remove a/__pycache__: a program has a removed file open
Removed 2 files (50 B).
--- exit 1

"#]]);
    } else {
        let counts = "1 directory and 2 files";
        assert!(run.stderr.contains(counts), "{}", run.stderr);
    }
    tree.pyclean("-q .");
    tree.assert_left("a/");
}

#[test]
fn file_in_two_cases_is_counted_once() {
    let tree = tree("b.pyc sub/c.pyc");
    for arguments in ["-n b.pyc B.pyc ./B.PYC", "-v B.PYC b.pyc"] {
        let run = tree.pyclean(arguments);
        assert_eq!(run.stdout, "b.pyc\n", "{}", run.stderr);
        assert!(run.stderr.ends_with(" 1 file (5 B).\n"), "{}", run.stderr);
    }
    assert_listed(&tree, "SUB/C.pyc sub/c.PYC", "SUB/c.pyc");
}

/// A file whose only attribute says that it is read-only.
#[test]
fn file_that_has_only_the_read_only_attribute_is_removed() {
    let tree = tree("m.pyc");
    let mut command = Command::new("attrib");
    command.args(["-A", "+R"]).arg(tree.path().join("m.pyc"));
    if !command.status().is_ok_and(|status| status.success()) {
        return skipped("attrib is not installed");
    }
    set_readonly(&tree.path().join("m.pyc"), true);
    assert_eq!(tree.pyclean(".").code, Some(0));
    tree.assert_left("");
}

/// Under Wine no canonical path has more than 260 characters.
#[test]
fn long_path_is_cleaned() {
    let tree = tree("");
    let deep: PathBuf = (0..20).map(|_| "Directory_of_20_byte").collect();
    let dir = literal(&tree, "a").join(&deep);
    fs::create_dir_all(dir.join("__pycache__")).unwrap();
    fs::create_dir_all(dir.join("empty")).unwrap();
    for name in ["__pycache__/m.cpython-312.pyc", "m.pyc", "keep"] {
        fs::write(dir.join(name), "").unwrap();
    }
    let relative = Path::new("a").join(&deep);
    let absolute = PathBuf::from(canonical(tree.path())).join(&relative);
    for path in [&relative, &absolute, &dir] {
        let (stdout, stderr) = run(&tree, &["-n", path.to_str().unwrap()]);
        assert_eq!(stdout.lines().count(), 2, "{stdout}{stderr}");
    }
    let relative = relative.to_str().unwrap();
    let file = format!("{relative}/m.pyc");
    let (stdout, stderr) = run(&tree, &["-v", &file, relative]);
    assert_eq!(stdout.lines().count(), 3, "{stderr}");
    // An environment around a PATH is found.
    fs::write(tree.path().join(r"a\pyvenv.cfg"), "").unwrap();
    let (stdout, stderr) = run(&tree, &["-v", relative, "--folders"]);
    assert_eq!(stdout, "", "{stderr}");
    assert!(dir.join("empty").exists());
}

#[test]
fn case_of_ignored_and_erased_names_does_not_matter() {
    let tree = tree("Keep/m.pyc sub/Other/m.pyc x.LOG m.pyc");
    assert_listed(&tree, ". -i keep", "m.pyc sub/Other/m.pyc");
    assert_listed(&tree, ". -i KEEP SUB/other", "m.pyc");
    assert_listed(&tree, ". -i k* s*/o*", "m.pyc");
    assert_listed(&tree, ". -i keep sub --erase *.log X.log", "m.pyc x.LOG");
    let upper = canonical(tree.path()).to_uppercase();
    assert_listed(&tree, &format!(". -i {upper}/KEEP {upper}/Sub/*"), "m.pyc");
}

#[test]
fn one_directory_in_two_cases_is_cleaned_once() {
    let tree = tree("Dir/m.py Dir/m.pyc Dir/__pycache__/n.pyc");
    let run = tree.pyclean("Dir dir DIR/m.pyc");
    run.assert("", "Removed 1 directory and 2 files (30 B).\n", 0);
    tree.assert_left("Dir/m.py");
}

/// Creates a junction, which needs no permission. Returns whether the system has them.
fn make_junction(target: &Path, junction: &Path) -> bool {
    let mut command = Command::new("cmd");
    command.args(["/c", "mklink", "/J"]);
    command.arg(junction).arg(target);
    command.output().is_ok_and(|output| output.status.success()) && junction.is_symlink()
}

#[test]
fn junctions_are_removed_as_links_and_not_followed() {
    let outside = tree("victim/__pycache__/v.pyc victim/v.pyc");
    let inside = tree("a/__pycache__/x.pyc");
    let victim = outside.path().join("victim");
    let junctions = ["a/__pycache__/junction", "a/out", "b.pyc"];
    for junction in junctions {
        if !make_junction(&victim, &inside.path().join(junction)) {
            return skipped("this system creates no junctions");
        }
    }
    let run = inside.pyclean("-v .");
    let listing = "a/__pycache__/\na/__pycache__/junction\na/__pycache__/x.pyc\nb.pyc\n";
    assert_eq!(
        (&*run.stdout, run.code),
        (listing, Some(0)),
        "{}",
        run.stderr
    );
    outside.assert_left("victim/__pycache__/v.pyc victim/v.pyc");
    assert!(inside.path().join("a/out").is_symlink());
    // A PATH is followed.
    assert_eq!(inside.pyclean("a/out").code, Some(0));
    outside.assert_left("victim/");
}

#[test]
fn environment_with_scripts_is_kept() {
    let tree = tree(
        "dist/env/Scripts/activate dist/env/Scripts/python.exe dist/env/Lib/x.py setup.py \
         env/Scripts/activate.bat env/Scripts/activate env/Scripts/python.exe",
    );
    let stderr = "warning: kept dist: virtual environment\nNothing to remove.\n";
    assert_run(&tree, ". --debris --folders", "", stderr, 0);
}

/// Python drops the drive, so that the source is searched on all drives.
#[test]
fn bytecode_below_the_prefix_is_stale_if_its_source_directory_is_known() {
    let tree = tree("cache/");
    let below = crate::util::below_prefix(&tree);
    tree.add("one/m.py");
    tree.add(&format!("cache/{below}/one/gone.cpython-312.pyc"));
    tree.add("cache/no/such/directory/m.cpython-312.pyc");
    let top = below.split('/').next().unwrap();
    let mirror = format!("cache/{below}/one");
    for (path, listing) in [
        (
            &*mirror,
            format!("{mirror}/gone.cpython-312.pyc: orphaned, no gone.py\n"),
        ),
        ("one", format!("cache/{top}/: orphaned, no gone.py\n")),
        ("cache/no/such/directory", String::new()),
    ] {
        let arguments = format!("--stale --pycache-prefix cache {path}");
        assert_eq!(listed(&tree, &arguments), listing, "{path}");
    }
}
