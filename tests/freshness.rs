//! Asks every interpreter on this machine what it does with bytecode after a change,
//! and compares this with the verdict. The fixtures in `fixtures/pyc` are checked in
//! the same way without an interpreter.
//!
//! `PYCLEAN_LONG_TESTS` turns on the measurements for `docs/stale.md`.

#[path = "freshness/damage.rs"]
mod damage;
#[path = "freshness/interpreters.rs"]
mod interpreters;
mod util;
#[path = "freshness/world.rs"]
mod world;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use std::{fs, io};

use damage::mutants;
use interpreters::{Python, Ran, assert_compared};
use pyclean::pyc::marshal::{MarshalFormat, check_code};
use pyclean::pyc::{BytecodeName, Damage, Header, LastHash, PycFile, judge};
use util::{case_count, is_set};
use walkdir::WalkDir;
use world::{Change, Mode, World, changes};

/// Modules of the standard library from 2.7 to 3.15. A short run uses the first ones.
const MODULES: &str = "bisect.py keyword.py fnmatch.py heapq.py calendar.py copy.py base64.py \
    tokenize.py codecs.py csv.py random.py locale.py os.py ast.py functools.py gettext.py glob.py \
    pprint.py shlex.py textwrap.py";

/// All changes are made in one directory each, so that the interpreter starts once to
/// compile all modules and once to run them.
#[test]
fn every_interpreter_agrees_with_the_verdicts() {
    let mut disagreements = Vec::new();
    let pythons = Python::find_all();
    for python in &pythons {
        for flag in ["", "-O", "-OO"] {
            let root = tempfile::tempdir().unwrap();
            let mut worlds = lay_out(root.path(), python);
            python.compile(flag, &worlds);
            for world in &mut worlds {
                world.find_bytecode();
                world.change();
            }
            let ran = python.run(flag, &worlds);
            assert_eq!(ran.len(), worlds.len(), "{python} {flag}");
            for (world, ran) in worlds.iter().zip(ran) {
                if let Err(error) = compare(world, ran) {
                    disagreements.push(format!("{python} {flag}: {world}: {error}"));
                }
            }
            eprintln!("{python} {flag}: {} cases", worlds.len());
        }
    }
    assert!(disagreements.is_empty(), "{disagreements:#?}");
    assert_compared("changes", &pythons);
}

fn lay_out(root: &Path, python: &Python) -> Vec<World> {
    let changes = changes();
    let mut worlds = Vec::new();
    let mut add = |source: &str, change: &Change| {
        let directory = root.join(worlds.len().to_string());
        worlds.push(World::new(&directory, source, change.clone()));
    };
    for change in &changes {
        if python.supports(change) {
            add("m.py", change);
        }
        if ["nothing", "touched", "removed", "raced"].contains(&&*change.name) {
            for source in ["pkg/__init__.py", "a.b.py", "größe.py", "模块.py"] {
                add(source, change);
            }
        }
    }
    worlds
}

/// Compares the verdict with the expected one and with what the interpreter did.
fn compare(world: &World, ran: Ran) -> Result<(), String> {
    let verdict = world.verdict();
    if !world.is_as_expected() {
        return Err(format!("{verdict}, not {}", world.expected()));
    }
    let (reason, _) = verdict.split_once(',').unwrap_or((&verdict, ""));
    let agrees = match reason {
        "up to date" if world.has_unchecked_damage() => ran == Ran::Nothing,
        "up to date" | "raced" => ran == Ran::Bytecode,
        // An interpreter does not compare an unchecked hash.
        "outdated" if world.change.mode == Mode::UncheckedHash => ran == Ran::Bytecode,
        "outdated" => ran == Ran::Source,
        // The import fails even if the source exists, unless the header is damaged.
        "damaged" => ran != Ran::Bytecode,
        // Python imports legacy bytecode without a source, but none from `__pycache__`.
        "orphaned" if world.is_legacy() => ran != Ran::Source,
        "orphaned" => ran == Ran::Nothing,
        _ => false,
    };
    if agrees {
        Ok(())
    } else {
        Err(format!("{verdict}, but the interpreter ran {ran:?}"))
    }
}

/// The same changes to bytecode that was compiled earlier.
#[test]
fn bytecode_of_every_interpreter_is_judged_without_it() {
    let changes = changes();
    let mut tried = 0;
    for fixture in fixtures("pyc") {
        let name = BytecodeName::parse(fixture.file_stem().unwrap()).unwrap();
        let source = name.source_name(".py").into_string().unwrap();
        let mode = match &*source {
            "checked.py" => Mode::CheckedHash,
            "unchecked.py" => Mode::UncheckedHash,
            _ => Mode::Timestamp,
        };
        for change in changes
            .iter()
            .filter(|change| change.mode == mode && change.is_after_compiling())
        {
            let root = tempfile::tempdir().unwrap();
            let mut world = World::new(root.path(), &source, change.clone());
            world.place_bytecode(&fixture);
            world.change();
            assert!(
                world.is_as_expected(),
                "{}: {}: {}, not {}",
                fixture.display(),
                change.name,
                world.verdict(),
                world.expected(),
            );
            tried += 1;
        }
    }
    assert!(tried > 500, "only {tried} cases: are there fixtures?");
}

/// The files `*.fixture` in a directory of `tests/fixtures`.
fn fixtures(directory: &str) -> impl Iterator<Item = PathBuf> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    WalkDir::new(fixtures.join(directory))
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| path.extension().is_some_and(|end| end == "fixture"))
}

/// The code in each `fixtures/marshal/<interpreter>.fixture`, its format, and whether
/// the interpreter loads it when a byte is inverted, for each byte.
fn marshal_fixtures() -> impl Iterator<Item = (PathBuf, Vec<u8>, MarshalFormat, Vec<u8>)> {
    fixtures("marshal").map(|path| {
        let bytes = fs::read(&path).unwrap();
        let header = Header::parse(&bytes, None).unwrap();
        let format = MarshalFormat::of(header.magic).unwrap();
        let code = bytes[header.layout.header_len()..].to_vec();
        let flips = fs::read_to_string(path.with_extension("flips")).unwrap();
        (path, code, format, flips.trim_end().into())
    })
}

#[test]
fn every_truncation_of_a_fixture_is_found() {
    let counts = marshal_fixtures().map(|(_, code, format, _)| count_truncations(&code, format));
    let tried: usize = counts.sum();
    assert!(tried > 10_000, "only {tried} cases");
}

/// Checks every proper prefix. Returns their number.
fn count_truncations(code: &[u8], format: MarshalFormat) -> usize {
    assert_eq!(check_code(code, 0, format), Ok(()));
    for len in 0..code.len() {
        let expected = Err(Damage::Truncated(len as u32));
        assert_eq!(check_code(&code[..len], 0, format), expected);
    }
    code.len()
}

#[test]
fn no_loadable_code_is_called_damaged() {
    let (mut refused, mut found) = (0, 0);
    for (path, code, format, flips) in marshal_fixtures() {
        assert_eq!(flips.len(), code.len());
        for (at, loads) in flips.iter().enumerate() {
            let mut code = code.clone();
            code[at] = !code[at];
            let is_damaged = check_code(&code, 0, format).is_err();
            if *loads == b'1' {
                assert!(!is_damaged, "{}: byte {at} of the code", path.display());
            } else {
                refused += 1;
                found += usize::from(is_damaged);
            }
        }
    }
    assert!(refused > 5000, "only {refused} cases");
    assert!(found * 10 > refused * 7, "{found} of {refused}");
}

/// A long run prints a row of the table in `docs/stale.md` for each interpreter.
#[test]
fn interpreters_agree_on_damaged_code() {
    let is_long = is_set("PYCLEAN_LONG_TESTS");
    let (module_count, mutant_count) = case_count((3, 600), (usize::MAX, 20_000));
    let modules: Vec<_> = MODULES.split(' ').take(module_count).collect();
    let mut compared = Vec::new();
    for python in Python::find_all() {
        let Some(format) = MarshalFormat::of(python.magic) else {
            eprintln!(
                "{python}: code of magic number {} is not checked",
                python.magic
            );
            continue;
        };
        let start = Instant::now();
        let codes = python.marshal_library(&modules);
        assert!(
            codes.len() >= modules.len() - 2,
            "{python}: {}",
            codes.len()
        );
        let truncations: usize = codes
            .iter()
            .map(|code| count_truncations(code, format))
            .sum();
        assert_eq!(python.count_loadable_prefixes(&codes), 0, "{python}");
        let row = measure_mutants(&python, &codes, format, mutant_count);
        let library = if is_long {
            python.marshal_library(&[])
        } else {
            codes
        };
        for code in &library {
            assert_eq!(check_code(code, 0, format), Ok(()), "{python}");
        }
        let seconds = start.elapsed().as_secs();
        println!(
            "| {python} | {truncations} | {row} | {} | {seconds} s",
            library.len()
        );
        compared.push(python);
    }
    assert_compared("damaged code", &compared);
}

/// Asserts that the interpreter loads no mutant that is called damaged. Returns the
/// share of the damage that is found, for each kind.
fn measure_mutants(
    python: &Python,
    codes: &[Vec<u8>],
    format: MarshalFormat,
    count: usize,
) -> String {
    let (kinds, mutants): (Vec<_>, Vec<_>) = mutants(codes, count).into_iter().unzip();
    let loaded = python.loads(&mutants);
    // Of flipped bits, and of damaged blocks.
    let (mut refused, mut found) = ([0; 2], [0; 2]);
    for ((kind, mutant), is_loaded) in kinds.iter().zip(&mutants).zip(&loaded) {
        let damage = check_code(mutant, 0, format);
        if *is_loaded {
            assert_eq!(damage, Ok(()), "{python} loads it: {kind:?}");
        } else {
            refused[usize::from(kind.is_block())] += 1;
            found[usize::from(kind.is_block())] += usize::from(damage.is_err());
        }
    }
    let share = |is_block: bool| {
        let (found, refused) = (found[usize::from(is_block)], refused[usize::from(is_block)]);
        let percent = 100.0 * found as f64 / refused as f64;
        (percent, format!("{found} of {refused} ({percent:.2} %)"))
    };
    let ((blocks_percent, blocks), (_, bits)) = (share(true), share(false));
    assert!(blocks_percent > 98.0, "{python}: {blocks}");
    let loaded = loaded.iter().filter(|is_loaded| **is_loaded).count();
    format!("{blocks} | {bits} | {loaded}")
}

/// Until 3.13.0, CPython 3 does not notice that a write was incomplete, and renames the
/// truncated file (cpython#126606).
#[cfg(unix)]
#[test]
fn bytecode_truncated_by_a_full_disk_is_found() {
    const FREE_BYTES: usize = 8192;
    let mut compared = Vec::new();
    for python in Python::find_all() {
        let name = format!("{python} on a full disk");
        if python.is_pyodide || MarshalFormat::of(python.magic).is_none() {
            continue;
        }
        let root = tempfile::tempdir().unwrap();
        let functions = (0..300).map(|n| format!("def f{n}(): return {n}, 'text {n}'\n"));
        fs::write(root.path().join("big.py"), functions.collect::<String>()).unwrap();
        assert!(python.imports_big(root.path(), FREE_BYTES), "{name}");
        let cache = root.path().join("__pycache__");
        if let Some(bytecode) = fs::read_dir(&cache).into_iter().flatten().next() {
            let bytecode = bytecode.unwrap().path();
            assert!(!python.imports_big(root.path(), 0), "{name}");
            let contents = fs::read(&bytecode).unwrap();
            assert_eq!(contents.len(), FREE_BYTES);
            let verdict = verdict(bytecode.file_name().unwrap(), &contents, root.path());
            assert_eq!(verdict, "damaged, truncated after 8192 bytes", "{name}");
            fs::remove_file(bytecode).unwrap();
            eprintln!("{name}: wrote a truncated file");
        } else {
            assert!(!python.truncates_bytecode(), "{name}: wrote no file");
            eprintln!("{name}: wrote no file");
        }
        assert!(python.imports_big(root.path(), 0), "{name}");
        compared.push(python);
    }
    assert_compared("a full disk", &compared);
}

#[test]
fn orphans_are_not_opened() {
    let root = tempfile::tempdir().unwrap();
    let verdict = |name: &str| {
        let closed = || -> io::Result<PycFile<&[u8]>> { panic!("opened") };
        let mut hash = LastHash::default();
        world::verdict(name.as_ref(), root.path(), &mut hash, closed)
    };
    fs::write(root.path().join("m.cgi"), "").unwrap();
    assert_eq!(verdict("m.cpython-312.pyc"), "orphaned, no m.py");
    assert_eq!(verdict("m$py.class"), "orphaned, no m.py");
    fs::write(root.path().join("m.py"), "").unwrap();
    assert_eq!(verdict("m$py.class"), "up to date");
}

/// The verdict on a file with this name and these contents, whose source is in
/// `sources`.
fn verdict(name: impl AsRef<OsStr>, contents: &[u8], sources: &Path) -> String {
    let file = file(contents, UNIX_EPOCH + Duration::from_secs(10));
    let mut hash = LastHash::default();
    world::verdict(name.as_ref(), sources, &mut hash, || Ok(file))
}

fn file(contents: &[u8], modified: SystemTime) -> PycFile<&[u8]> {
    let size = contents.len() as u64;
    PycFile {
        contents,
        size,
        modified,
    }
}

/// Writes a source whose mtime is 0.
fn write_source(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    world::set_modified(path, (0, 0));
}

const CPYTHON_312: &[u8] = b"\xcb\r\r\n\0\0\0\0\0\0\0\0\x03\0\0\0";

#[test]
fn partial_write_is_a_leftover_only_with_its_contents_and_after_a_minute() {
    let now = SystemTime::now();
    let long_ago = now - Duration::from_secs(61);
    let leftover = "leftover, from an interrupted write";
    for (contents, modified, expected) in [
        (&b""[..], long_ago, leftover),
        (&CPYTHON_312[..7], long_ago, leftover),
        (CPYTHON_312, long_ago, leftover),
        (b"a text that is not bytecode", long_ago, "up to date"),
        (CPYTHON_312, now - Duration::from_secs(30), "up to date"),
        (CPYTHON_312, now + Duration::from_secs(3600), "up to date"),
    ] {
        let name = "m.cpython-312.pyc.1399".as_ref();
        let file = file(contents, modified);
        let mut hash = LastHash::default();
        let verdict = world::verdict(name, Path::new("."), &mut hash, || Ok(file));
        assert_eq!(verdict, expected, "{contents:?} {modified:?}");
    }
}

#[test]
fn last_hash_is_that_of_the_same_source() {
    let root = tempfile::tempdir().unwrap();
    let fixture = "tests/fixtures/pyc/cpython-3.12/unchecked.cpython-312.pyc.fixture";
    let bytecode = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(fixture)).unwrap();
    let mut hash = LastHash::default();
    let mut verdict = |name: &str| {
        let file = file(&bytecode, UNIX_EPOCH);
        world::verdict(name.as_ref(), root.path(), &mut hash, || Ok(file))
    };
    let source = include_str!("fixtures/pyc/m.py");
    let [a, b] = ["a.py", "b.py"].map(|name| root.path().join(name));
    write_source(&a, source);
    write_source(&b, source);
    assert_eq!(verdict("a.cpython-312.pyc"), "up to date");
    // The contents are not read again, which only a program that restores the mtime notices.
    write_source(&a, &source.to_uppercase());
    assert_eq!(verdict("a.cpython-312.opt-1.pyc"), "up to date");
    assert_eq!(verdict("b.cpython-312.pyc"), "up to date");
    let changed = "outdated, a.py has different contents";
    assert_eq!(verdict("a.cpython-312.opt-1.pyc"), changed);
    fs::write(&a, source).unwrap();
    assert_eq!(verdict("a.cpython-312.opt-1.pyc"), "up to date");
}

#[test]
fn source_with_the_first_suffix_counts() {
    let root = tempfile::tempdir().unwrap();
    // Code of this magic number is not checked, because CPython 3.12 alpha wrote it.
    let header = [b"\xc0\r", &CPYTHON_312[2..]].concat();
    let bytecode = [&header[..], b"\xe3", &[0; 16]].concat();
    let verdict = || verdict("m.cpython-312.pyc", &bytecode, root.path());
    for name in ["m.pyx", "m.xsh", "m.hy", "m.pyw", "m.py"] {
        let other_size = format!("outdated, {name} has a different size");
        for (text, expected) in [("four", &*other_size), ("one", "up to date")] {
            write_source(&root.path().join(name), text);
            assert_eq!(verdict(), expected, "{name}");
        }
    }
}

#[test]
fn contents_count_only_in_a_known_format() {
    let root = tempfile::tempdir().unwrap();
    write_source(&root.path().join("m.py"), "one");
    let text = b"2024 and more ASCII text before the code";
    let code = &*[CPYTHON_312, b"\xe3", &[0; 30]].concat();
    let mut large = code.to_vec();
    large.resize((16 << 20) + 1, 0);
    let corrupt = "damaged, corrupt at byte 37";
    for (name, contents, expected) in [
        ("m.cpython-312.pyc", code, corrupt),
        ("m.cpython-312-pytest-8.3.4.pyc", code, corrupt),
        ("m.pyc", code, corrupt),
        ("m.pyc", &large, "up to date"),
        ("m.rustpython-01.pyc", code, "up to date"),
        ("m.graalpy241-311.pyc", code, "up to date"),
        ("m.cpython-399.pyc", code, "up to date"),
        ("m.pypy39.pyc", code, "damaged, bytecode of CPython 3.12"),
        ("m.rustpython-01.pyc", text, "up to date"),
        ("m.cpython-38-pytest-6.1.2.pyc", text, "up to date"),
        (
            "m.cpython-38-pytest-6.2.0.pyc",
            text,
            "damaged, not bytecode",
        ),
        ("m.cpython-312.pyc", text, "damaged, not bytecode"),
        ("n.rustpython-01.pyc", text, "orphaned, no n.py"),
        ("n.cpython-38-pytest-6.1.2.pyc", text, "orphaned, no n.py"),
    ] {
        assert_eq!(verdict(name, contents, root.path()), expected, "{name}");
    }
}

#[test]
fn files_that_cannot_be_read_are_errors() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("m.py"), "").unwrap();
    let name = BytecodeName::parse("m.cpython-312.pyc".as_ref()).unwrap();
    let path_of_error = |sources: &Path| {
        let closed =
            || -> io::Result<PycFile<&[u8]>> { Err(io::ErrorKind::PermissionDenied.into()) };
        let mut hash = LastHash::default();
        let judged = judge(&name, "bytecode".as_ref(), sources, &mut hash, closed);
        judged.unwrap_err().0
    };
    assert_eq!(path_of_error(root.path()), Path::new("bytecode"));
    if cfg!(unix) {
        let missing = root.path().join("a".repeat(300));
        let path = path_of_error(&missing);
        assert!(path.starts_with(&missing), "{path:?}");
    }
}
