//! What becomes of bytecode when the world around it changes: judged by pyclean, and by every
//! interpreter that is found here, asked what it would run; and the same with bytecode kept in
//! `fixtures/pyc`, where no interpreter is needed.

#[path = "freshness/interpreters.rs"]
mod interpreters;
mod util;
#[path = "freshness/world.rs"]
mod world;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use interpreters::{Python, Ran};
use pyclean::pyc::{BytecodeName, Opened, Unjudged, judge};
use world::{Change, Mode, World, changes};

/// Every change to every kind of bytecode, side by side in one directory each, so that an
/// interpreter is started once to compile them all and once to run them all.
#[test]
fn every_interpreter_agrees() {
    let mut disagreements = Vec::new();
    for python in Python::find_all() {
        for flag in ["", "-O", "-OO"] {
            let root = tempfile::tempdir().unwrap();
            let mut worlds = lay_out(root.path(), &python);
            python.compile(flag, &worlds);
            for world in &mut worlds {
                world.find_bytecode();
                world.change();
            }
            let ran = python.run(flag, &worlds);
            assert_eq!(ran.len(), worlds.len(), "{python} {flag}");
            for (world, ran) in worlds.iter().zip(ran) {
                if let Err(error) = agree(world, ran) {
                    disagreements.push(format!("{python} {flag}: {world}: {error}"));
                }
            }
            eprintln!("{python} {flag}: {} cases", worlds.len());
        }
    }
    assert!(disagreements.is_empty(), "{disagreements:#?}");
}

fn lay_out(root: &Path, python: &Python) -> Vec<World> {
    let changes = changes();
    let mut worlds = Vec::new();
    let mut add = |source: &str, change: &Change| {
        let directory = root.join(worlds.len().to_string());
        worlds.push(World::new(&directory, source, change.clone()));
    };
    for change in changes.iter().filter(|change| python.can(change.mode)) {
        add("m.py", change);
    }
    for source in ["pkg/__init__.py", "a.b.py", "größe.py", "模块.py"] {
        let names = ["nothing", "touched", "removed", "raced"];
        for change in changes
            .iter()
            .filter(|change| names.contains(&&*change.name))
        {
            add(source, change);
        }
    }
    worlds
}

/// The verdict must be the one foreseen, and fit what the interpreter did.
fn agree(world: &World, ran: Ran) -> Result<(), String> {
    let verdict = world.verdict();
    if verdict != world.expected() {
        return Err(format!("{verdict}, not {}", world.expected()));
    }
    let (reason, _) = verdict.split_once(',').unwrap_or((&verdict, ""));
    let fits = match reason {
        "fresh" | "raced" => ran == Ran::Bytecode,
        // An unchecked hash is what an interpreter does not look at.
        "outdated" if world.change.mode == Mode::UncheckedHash => ran == Ran::Bytecode,
        "outdated" => ran == Ran::Source,
        // Without a body it fails even where there is a source.
        "damaged" => ran != Ran::Bytecode,
        // Beside its source, bytecode outlives it; in `__pycache__` it does not.
        "orphaned" if world.is_legacy() => ran != Ran::Source,
        "orphaned" => ran == Ran::Nothing,
        _ => false,
    };
    if fits {
        Ok(())
    } else {
        Err(format!("{verdict}, but the interpreter ran {ran:?}"))
    }
}

/// The same changes to bytecode that was compiled long ago.
#[test]
fn bytecode_of_every_interpreter_is_judged_without_it() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pyc");
    let changes = changes();
    let mut tried = 0;
    let interpreters = files(&fixtures).filter(|path| path.is_dir());
    for fixture in interpreters.flat_map(|interpreter| files(&interpreter)) {
        let name = BytecodeName::parse(fixture.file_stem().unwrap()).unwrap();
        let source = name.sources().next().unwrap().into_string().unwrap();
        let mode = match &*source {
            "checked.py" => Mode::CheckedHash,
            "unchecked.py" => Mode::UncheckedHash,
            _ => Mode::Timestamp,
        };
        for change in changes
            .iter()
            .filter(|change| change.mode == mode && change.is_afterwards())
        {
            let root = tempfile::tempdir().unwrap();
            let mut world = World::new(root.path(), &source, change.clone());
            world.place_bytecode(&fixture);
            world.change();
            assert_eq!(
                world.verdict(),
                world.expected(),
                "{}: {}",
                fixture.display(),
                change.name
            );
            tried += 1;
        }
    }
    assert!(tried > 500, "only {tried} cases: are there fixtures?");
}

fn files(directory: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
}

/// What only names tell, with whatever is inside.
#[test]
fn some_verdicts_need_no_look_inside() {
    let root = tempfile::tempdir().unwrap();
    let verdict = |name: &str| {
        let name = BytecodeName::parse(name.as_ref()).unwrap();
        let closed = || -> std::io::Result<Opened<&[u8]>> { panic!("opened") };
        world::said(judge(&name, root.path(), closed).unwrap())
    };
    assert_eq!(
        verdict("m.cpython-312.pyc.1399"),
        "leftover, from an interrupted write"
    );
    assert_eq!(verdict("m.cpython-312.pyc"), "orphaned, no m.py");
    assert_eq!(verdict("m$py.class"), "orphaned, no m.py");
    fs::write(root.path().join("m.py"), "").unwrap();
    assert_eq!(verdict("m$py.class"), "fresh");
    assert_eq!(
        verdict("m.cpython-312.pyc.1399"),
        "leftover, from an interrupted write"
    );
}

#[test]
fn a_source_may_be_a_pyw_but_a_py_wins() {
    let root = tempfile::tempdir().unwrap();
    let name = BytecodeName::parse("m.cpython-312.pyc".as_ref()).unwrap();
    let header = b"\xcb\r\r\n\0\0\0\0\0\0\0\0\x03\0\0\0";
    let bytecode = [&header[..], b"\xe3", &[0; 16]].concat();
    let verdict = || {
        let modified = UNIX_EPOCH + Duration::from_secs(10);
        let open = || {
            Ok(Opened {
                contents: &bytecode[..],
                modified,
            })
        };
        world::said(judge(&name, root.path(), open).unwrap())
    };
    let write = |name: &str, contents: &str| {
        let path = root.path().join(name);
        fs::write(&path, contents).unwrap();
        world::set_modified(&path, (0, 0));
    };
    write("m.pyw", "one");
    assert_eq!(verdict(), "fresh");
    write("m.py", "three");
    assert_eq!(verdict(), "outdated, m.py has another size");
}

/// Not knowing is no proof: the caller is told which path failed.
#[test]
fn what_cannot_be_looked_at_is_not_judged() {
    let root = tempfile::tempdir().unwrap();
    let name = BytecodeName::parse("m.cpython-312.pyc".as_ref()).unwrap();
    fs::write(root.path().join("m.py"), "").unwrap();
    let closed =
        || -> std::io::Result<Opened<&[u8]>> { Err(std::io::ErrorKind::PermissionDenied.into()) };
    assert!(matches!(
        judge(&name, root.path(), closed),
        Err(Unjudged::Bytecode(_))
    ));

    #[cfg(unix)]
    {
        // A link to itself is one of the few errors that even root gets.
        let turning = root.path().join("turning.py");
        std::os::unix::fs::symlink("turning.py", &turning).unwrap();
        let name = BytecodeName::parse("turning.cpython-312.pyc".as_ref()).unwrap();
        let error = judge(&name, root.path(), closed).unwrap_err();
        assert!(
            matches!(&error, Unjudged::Source(path, _) if *path == turning),
            "{error}"
        );
        assert!(
            error
                .to_string()
                .starts_with(&turning.display().to_string())
        );
    }
}
