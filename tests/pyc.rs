//! Names, magic numbers, headers and damaged code.

use std::ffi::OsStr;

use pyclean::pyc::magic::{self, Layout};
use pyclean::pyc::marshal::{MarshalFormat, check_code};
use pyclean::pyc::{BytecodeName, Damage, Form, Header, Interpreter, SOURCE_SUFFIXES, Validation};

/// A name as `module | tag | optimization`, with `~` for a missing part, or as `none`.
fn read(name: &str) -> String {
    let Some(parsed) = BytecodeName::parse(OsStr::new(name)) else {
        return "none".into();
    };
    let module = parsed.module.display();
    let temporary = match (parsed.is_partial_write, parsed.is_conflict_copy) {
        (true, _) => " partial write",
        (false, true) => " conflict copy",
        (false, false) => "",
    };
    match parsed.form {
        Form::Tagged { tag, optimization } => {
            format!(
                "{module} | {tag} | {}{temporary}",
                optimization.unwrap_or("~")
            )
        }
        Form::Untagged => format!("{module}{temporary}"),
        Form::Jython => format!("{module} jython"),
    }
}

/// Fails unless `read` returns what each line of a table says after ` = `.
#[track_caller]
fn assert_table(read: impl Fn(&str) -> String, table: &str) {
    for line in table.lines() {
        let (input, expected) = line.trim_start().split_once(" = ").unwrap();
        assert_eq!(read(input), expected, "{input}");
    }
}

#[test]
fn names_are_split_into_module_tag_and_optimization() {
    assert_table(
        read,
        "m.cpython-312.pyc = m | cpython-312 | ~
        m.cpython-313t.pyc = m | cpython-313t | ~
        m.cpython-32.pyc = m | cpython-32 | ~
        m.cpython-312.opt-2.pyc = m | cpython-312 | 2
        m.cpython-312.opt-typeguard.pyc = m | cpython-312 | typeguard
        m.cpython-312.opt-beartype0v18v0.pyc = m | cpython-312 | beartype0v18v0
        m.cpython-312.opt-JaxtypingA1b2.pyc = m | cpython-312 | JaxtypingA1b2
        __init__.pypy39.pyc = __init__ | pypy39 | ~
        m.pypy3-72.pyc = m | pypy3-72 | ~
        m.pypy-20.pyc = m | pypy-20 | ~
        m.graalpy241-311.pyc = m | graalpy241-311 | ~
        m.rustpython-01.pyc = m | rustpython-01 | ~
        a.b.cpython-312.pyc = a.b | cpython-312 | ~
        my m.cpython-312.pyc = my m | cpython-312 | ~
        größe.cpython-312.pyc = größe | cpython-312 | ~
        test_m.cpython-311-pytest-8.3.4.pyc = test_m | cpython-311-pytest-8.3.4 | ~
        a.m.cpython-311-pytest-9.0.0.dev1+g12.pyc = a.m | cpython-311-pytest-9.0.0.dev1+g12 | ~
        m.cpython-312-pytest-9.0.0.dev1+gA12.pyc = m | cpython-312-pytest-9.0.0.dev1+gA12 | ~
        m.cpython-27-PYTEST.pyc = m | cpython-27-PYTEST | ~
        test_m.cpython-27-PYTEST.pyo = test_m | cpython-27-PYTEST | ~
        m.cpython-311.cpython-312.pyc = m.cpython-311 | cpython-312 | ~
        .cpython-312.pyc =  | cpython-312 | ~
        m.cpython-312.pyc.139936269811746 = m | cpython-312 | ~ partial write
        m.pyo.7 = m partial write
        m.pyc = m
        m.pyo = m
        ..pyc = .
        my.script.pyc = my.script
        m.cpython-312.extra.pyc = m.cpython-312.extra
        m.opt-2.pyc = m.opt-2
        m.cpython-312.opt-.pyc = m.cpython-312.opt-
        m$py.class = m jython
        $py.class =  jython",
    );
    assert_eq!(read(".pyc"), "");
}

#[test]
fn conflict_copies_of_sync_tools_are_known() {
    for addition in [
        // Google Drive, OneDrive; macOS.
        " (1)",
        " 2",
        // Dropbox; Nextcloud; Seafile; ownCloud before 2.5; Syncthing.
        " (A B's conflicted copy 2024-01-01)",
        " (conflicted copy 2024-01-01 120000)",
        " (SFConflict a@b.org 2024-01-01-12-00-00)",
        "_conflict-20240101-120000",
        ".sync-conflict-20240101-120000-ABCDEFG",
    ] {
        for (original, expected) in [
            ("m.cpython-312", "m | cpython-312 | ~"),
            ("my m.cpython-312.opt-2", "my m | cpython-312 | 2"),
            ("m.pypy39-pytest-8.3.4", "m | pypy39-pytest-8.3.4 | ~"),
        ] {
            let name = format!("{original}{addition}.pyc");
            assert_eq!(read(&name), format!("{expected} conflict copy"), "{name}");
        }
        let untagged = format!("m{addition}");
        assert_eq!(read(&format!("{untagged}.pyc")), untagged);
    }
    // OneDrive.
    let host = "m | cpython-312-DESKTOP-A1 | ~ conflict copy";
    assert_eq!(read("m.cpython-312-DESKTOP-A1.pyc"), host);
}

#[test]
fn other_names_are_not_bytecode() {
    const NAMES: &str = "pyc m m.py m.pyd m.pyi m.so m.cpython-312-x86_64-linux-gnu.so m.pyc. \
        m.pyc.bak m.pyc.1a m.pyc.1.2 m.pyc.٣ m.pyc1 m.PYC m.class 1 m.1 m$py.class.1 m.pyc~ m.nbc";
    for name in NAMES.split_whitespace().chain([""]) {
        assert_eq!(read(name), "none", "{name}");
    }
}

#[test]
fn source_names_are_in_the_order_of_precedence() {
    let sources = |name: &str| {
        let name = BytecodeName::parse(OsStr::new(name)).unwrap();
        SOURCE_SUFFIXES.map(|suffix| name.source_name(suffix).into_string().unwrap())
    };
    assert_eq!(
        sources("a.b.cpython-312.opt-1.pyc"),
        ["a.b.py", "a.b.pyw", "a.b.hy", "a.b.xsh", "a.b.pyx"]
    );
    assert_eq!(sources("m$py.class")[0], "m.py");
}

#[cfg(unix)]
#[test]
fn module_need_not_be_utf8() {
    use std::os::unix::ffi::OsStrExt;
    let name = OsStr::from_bytes(b"gr\xf6\xdfe.cpython-312.pyc");
    let parsed = BytecodeName::parse(name).unwrap();
    assert_eq!(parsed.module.as_bytes(), b"gr\xf6\xdfe");
    assert_eq!(parsed.source_name(".py").as_bytes(), b"gr\xf6\xdfe.py");
}

/// On Windows, it is not judged.
#[cfg(windows)]
#[test]
fn name_that_is_not_unicode_is_not_parsed() {
    use std::os::windows::ffi::OsStringExt;
    let half = [0xd83d].into_iter();
    let name: Vec<u16> = half.chain(".cpython-312.pyc".encode_utf16()).collect();
    assert!(BytecodeName::parse(&std::ffi::OsString::from_wide(&name)).is_none());
}

#[test]
fn interpreter_is_parsed_from_the_tag() {
    for (tag, shown) in [
        ("cpython-32", "CPython 3.2"),
        ("cpython-313", "CPython 3.13"),
        ("cpython-313t", "CPython 3.13"),
        ("cpython-311-pytest-8.3.4", "CPython 3.11"),
        ("cpython-27-PYTEST", "CPython 2.7"),
        ("pypy39", "PyPy 3.9"),
        ("pypy310-pytest-7.4.0", "PyPy 3.10"),
        ("pypy3-72", "PyPy"),
        ("pypy-20", "PyPy"),
        ("graalpy241-311", "GraalPy 3.11"),
        ("graalpy250-312-pytest-8.3.4", "GraalPy 3.12"),
        ("graalpython-38", "GraalPy 3.8"),
        ("rustpython-01", "rustpython-01"),
        ("cpython-3999", "cpython-3999"),
        ("cpython-", "cpython-"),
    ] {
        assert_eq!(Interpreter::from_tag(tag).to_string(), shown, "{tag}");
    }
}

fn asked(value: &str) -> Option<String> {
    let interpreter = value.parse::<Interpreter>().ok();
    interpreter.map(|interpreter| interpreter.to_string())
}

#[test]
fn version_is_parsed_in_every_form() {
    for (forms, expected) in [
        (
            "3.11 311 cpython-311 CPython3.11 cpython-3.11",
            "CPython 3.11",
        ),
        ("pypy3.9 pypy39 PyPy-3.9", "PyPy 3.9"),
        ("3.13t 313t cpython-313t 3.13 CPython3.13T", "CPython 3.13"),
        ("2.7 27 cpython-27", "CPython 2.7"),
    ] {
        for value in forms.split(' ') {
            assert_eq!(asked(value).as_deref(), Some(expected), "{value}");
        }
    }
    assert_eq!(asked(" 3.11 ").as_deref(), Some("CPython 3.11"));
}

#[test]
fn other_text_is_no_version() {
    const OTHER: &str = "x 3 3. .3 3.x 3.1 3.11.2 three pypy cpython- -311 3.+1 13 9.9 3.999 ü7 \
        py3.11 t 3.12t 2.7t 3.13tt pypy3.13t";
    for value in OTHER.split_whitespace().chain([""]) {
        assert_eq!(asked(value), None, "{value}");
    }
    let error = "3.x".parse::<Interpreter>().unwrap_err();
    assert!(
        error.contains("'3.x'") && error.contains("pypy39"),
        "{error}"
    );
}

#[test]
fn magic_numbers_identify_releases() {
    for (magic, shown, header_len) in [
        (62021, "CPython 2.3", 8),
        (62061, "CPython 2.4", 8),
        (62131, "CPython 2.5", 8),
        (62161, "CPython 2.6", 8),
        (62211, "CPython 2.7", 8),
        (62212, "CPython 2.7", 8),
        (62218, "PyPy 2.7", 8),
        (3131, "CPython 3.0", 8),
        (3151, "CPython 3.1", 8),
        (3180, "CPython 3.2", 8),
        (3230, "CPython 3.3", 12),
        (3310, "CPython 3.4", 12),
        (3351, "CPython 3.5", 12),
        (3379, "CPython 3.6", 12),
        (3394, "CPython 3.7", 16),
        (3413, "CPython 3.8", 16),
        (3425, "CPython 3.9", 16),
        (3439, "CPython 3.10", 16),
        (3495, "CPython 3.11", 16),
        (3531, "CPython 3.12", 16),
        (3571, "CPython 3.13", 16),
        (3627, "CPython 3.14", 16),
        (3657, "CPython 3.15", 16),
        (3650, "CPython 3.15", 16),
        (3666, "CPython 3.15", 16),
        (3706, "CPython 3.16", 16),
        (21290, "GraalPy", 16),
        (48, "PyPy 3.2", 8),
        (64, "PyPy 3.3", 12),
        (112, "PyPy 3.5", 12),
        (192, "PyPy 3.6", 12),
        (240, "PyPy 3.7", 16),
        (256, "PyPy 3.8", 16),
        (336, "PyPy 3.9", 16),
        (384, "PyPy 3.10", 16),
        (400, "PyPy 3.11", 16),
        (416, "PyPy 3.11", 16),
        (432, "PyPy 3.11", 16),
        (480, "PyPy", 16),
        // The layout changes within an alpha.
        (3200, "CPython 3.3", 8),
        (3210, "CPython 3.3", 12),
        (3391, "CPython 3.7", 12),
        (3392, "CPython 3.7", 16),
        // Unassigned numbers.
        (2994, "none", 16),
        (2997, "none", 16),
        (20121, "none", 16),
        (50823, "none", 16),
        (60202, "none", 16),
        (60717, "none", 16),
        (62010, "none", 16),
        (62213, "none", 16),
        (65535, "none", 16),
    ] {
        let by = magic::interpreter(magic).map_or("none".into(), |by| by.to_string());
        assert_eq!(by, shown, "{magic}");
        assert_eq!(Layout::of(magic).header_len(), header_len, "{magic}");
    }
}

/// A file with this header, and after it the first bytes of a code object.
fn file(header: &[u8]) -> Vec<u8> {
    [header, b"\xe3", &[0; 16]].concat()
}

const CPYTHON_312: &[u8] = b"\xcb\r\r\n\0\0\0\0\x39\x30\0\0\x07\0\0\0";

fn damage(bytes: &[u8], tag: &str) -> String {
    Header::parse(bytes, Some(tag)).map_or_else(|damage| damage.to_string(), |_| "none".into())
}

#[test]
fn every_layout_is_parsed() {
    let validation =
        |header: &[u8], tag: Option<&str>| Header::parse(&file(header), tag).unwrap().validation;
    for (header, tag, size) in [
        (CPYTHON_312, Some("cpython-312"), Some(7)),
        (CPYTHON_312, None, Some(7)),
        (b"\x03\xf3\r\n\x39\x30\0\0", None, None),
        (b"\x33\r\r\n\x39\x30\0\0\x07\0\0\0", None, Some(7)),
    ] {
        let timestamp = Validation::Timestamp { mtime: 12345, size };
        assert_eq!(validation(header, tag), timestamp, "{header:?} {tag:?}");
    }
    for (flags, checked) in [(1, false), (3, true)] {
        let header = [b"\xcb\r\r\n", &[flags, 0, 0, 0][..], b"abcdefgh"].concat();
        let hash = *b"abcdefgh";
        assert_eq!(
            validation(&header, Some("cpython-312")),
            Validation::Hash { checked, hash }
        );
    }
}

#[test]
fn damage_is_described() {
    let file_312 = &*file(CPYTHON_312);
    for (bytes, expected) in [
        (&b""[..], "empty"),
        (b"\xcb", "truncated after 1 byte"),
        (CPYTHON_312, "truncated after 16 bytes"),
        (&file_312[..32], "truncated after 32 bytes"),
        (&[0; 33], "not bytecode"),
        (&file(b"\xcb\r\r\n\x04\0\0\0abcdefgh"), "unknown flags 0x4"),
        (
            &[CPYTHON_312, &[b'N'; 17]].concat(),
            "no code after the header",
        ),
    ] {
        assert_eq!(damage(bytes, "cpython-312"), expected, "{bytes:?}");
    }
    let graalpy = b"\x88\x52\r\n\0\0\0\0abcdefgh?";
    for (bytes, tag, expected) in [
        (file_312, "cpython-311", "bytecode of CPython 3.12"),
        (file_312, "pypy39", "bytecode of CPython 3.12"),
        (b"\x50\x01\r\n", "cpython-39", "bytecode of PyPy 3.9"),
        (b"\xff\xff\r\n", "cpython-39", "unknown magic number"),
        (file_312, "cpython-312-pytest-8.3.4", "none"),
        // The header of an unknown interpreter is accepted.
        (graalpy, "graalpy241-311", "none"),
        (graalpy, "cpython-399", "none"),
        (graalpy, "rustpython-01", "none"),
    ] {
        assert_eq!(damage(bytes, tag), expected, "{bytes:?} {tag}");
    }
    assert_eq!(Header::parse(b"", None), Err(Damage::Empty));
}

/// Pytest had headers of its own before 6.2, and corrects the recorded path since 9.2.
#[test]
fn format_and_recorded_path_depend_on_the_interpreter_and_pytest() {
    for (name, is_known, matters) in [
        ("m.cpython-312.pyc", true, false),
        ("m.cpython-399.pyc", true, false),
        ("m.pypy39.pyc", true, false),
        ("m.pypy3-72.pyc", true, false),
        ("m.graalpy241-311.pyc", true, false),
        ("m.pyc", true, false),
        ("m$py.class", false, false),
        ("m.rustpython-01.pyc", false, false),
        ("m.cpython-27-PYTEST.pyo", false, false),
        ("m.cpython-38-pytest-5.4.3.pyc", false, true),
        ("m.cpython-38-pytest-6.0.0rc1.pyc", false, true),
        ("m.cpython-38-pytest-6.1.2.pyc", false, true),
        ("m.cpython-38-pytest-6.2.0.pyc", true, true),
        ("m.cpython-312-pytest-8.3.4.pyc", true, true),
        ("m.cpython-312-pytest-9.0.0.dev1+g12.pyc", true, true),
        ("m.cpython-312-pytest-9.1.1.pyc", true, true),
        ("m.cpython-312-pytest-9.2.0.pyc", true, false),
        ("m.cpython-312-pytest-10.0.0.pyc", true, false),
    ] {
        let parsed = BytecodeName::parse(OsStr::new(name)).unwrap();
        assert_eq!(parsed.has_known_format(), is_known, "{name}");
        assert_eq!(parsed.needs_recorded_path(), matters, "{name}");
    }
}

/// The fields of a code object of CPython 3.11 or newer.
const FIELDS: [&[u8]; 10] = [
    b"s\0\0\0\0",
    b")\0",
    b")\x01\xda\x01a",
    b")\0",
    b"s\0\0\0\0",
    b"z\0",
    b"z\0",
    b"a\0\0\0\0",
    b"s\0\0\0\0",
    b"s\0\0\0\0",
];

fn code_with(fields: &[&[u8]; 10]) -> Vec<u8> {
    let (before_line, after_line) = fields.split_at(8);
    let mut code = vec![0xe3];
    code.extend([0; 20]);
    code.extend(before_line.concat());
    code.extend([0; 4]);
    code.extend(after_line.concat());
    code
}

/// Checks code of CPython 3.15 or of the release with another magic number.
fn check(code: &[u8], magic: u16) -> String {
    match check_code(code, 0, MarshalFormat::of(magic).unwrap()) {
        Ok(()) => "intact".into(),
        Err(damage) => damage.to_string(),
    }
}

/// Code of CPython 3.15 with one constant, given as it is marshalled.
fn code(constants: &[u8]) -> Vec<u8> {
    let constants = [b")\x01", constants].concat();
    let mut fields = FIELDS;
    fields[1] = &constants;
    code_with(&fields)
}

/// Checks code of CPython 3.15 in which some of the [`FIELDS`] are others.
fn check_fields(others: &[(usize, &'static [u8])]) -> String {
    let mut fields = FIELDS;
    for (index, other) in others {
        fields[*index] = other;
    }
    check(&code_with(&fields), 3666)
}

#[test]
fn every_type_is_passed() {
    for constants in [
        &b"N"[..],
        b"F",
        b"T",
        b"S",
        b".",
        b"i\0\0\0\0",
        b"\xe9\0\0\0\0",
        b"I\0\0\0\0\0\0\0\0",
        b"g\0\0\0\0\0\0\0\0",
        b"y\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        b"f\x031.5",
        b"x\x011\x012",
        b"l\x02\0\0\0\0\0\0\0",
        b"l\xfe\xff\xff\xff\0\0\0\0",
        b"s\x02\0\0\0ab",
        b"t\x02\0\0\0ab",
        b"u\x02\0\0\0ab",
        b"u\x06\0\0\0\xc3\xbc\xed\xb0\x80a",
        b"a\x02\0\0\0ab",
        b"A\x02\0\0\0ab",
        b"z\x02ab",
        b"Z\x02ab",
        b"(\x02\0\0\0NN",
        b"[\x02\0\0\0NN",
        b"<\x02\0\0\0NN",
        b">\x02\0\0\0NN",
        b")\x02NN",
        b")\0",
        b"{NNTT0",
        b"{N0",
        b"}NN0",
        b":NNN",
        b"r\0\0\0\0",
        b"\xa9\x02\xe9\0\0\0\0r\x02\0\0\0",
    ] {
        assert_eq!(check(&code(constants), 3666), "intact", "{constants:?}");
    }
    assert_eq!(check(&code(b":NNN"), 3627), "intact");
}

#[test]
fn corrupt_values_are_found_at_their_position() {
    for (magic, constants) in [
        (3666, &b"\0"[..]),
        (3666, b"0"),
        (3666, b"?"),
        (3666, b"R\0\0\0\0"),
        (3666, b"r\x01\0\0\0"),
        (3666, b"r\xff\xff\xff\xff"),
        (3666, b"s\xff\xff\xff\xff"),
        (3666, b"(\0\0\0\x80"),
        (3666, b"u\x02\0\0\0a\xfc"),
        (3666, b"t\x02\0\0\0\xed\xb0"),
        (3627, b"}NN0"),
        (3571, b":NNN"),
    ] {
        let verdict = check(&code(constants), magic);
        assert_eq!(verdict, "corrupt at byte 28", "{magic} {constants:?}");
    }
    assert_eq!(check(&code(b")\x02N0"), 3666), "corrupt at byte 31");
    assert_eq!(check(b"N", 3666), "no code after the header");
    assert_eq!(check(b"", 3666), "truncated after 0 bytes");
}

#[test]
fn fields_of_code_have_their_types() {
    assert_eq!(check_fields(&[]), "intact");
    let (bytes, text, tuple) = (&b"s\0\0\0\0"[..], &b"z\0"[..], &b")\0"[..]);
    let expected = [
        bytes, tuple, tuple, tuple, bytes, text, text, text, bytes, bytes,
    ];
    for index in 0..FIELDS.len() {
        let mut fields = expected;
        let line = if index < 8 { 0 } else { 4 };
        let position = 21 + line + fields[..index].concat().len();
        for other in [b"N", bytes, text, tuple, b"(\0\0\0\0", b"a\0\0\0\0"] {
            let type_of = |value: &[u8]| match value[0] {
                b')' | b'(' => b'(',
                b'z' | b'a' => b'a',
                kind => kind,
            };
            fields[index] = other;
            let verdict = check(&code_with(&fields), 3666);
            if type_of(other) == type_of(expected[index]) {
                assert_eq!(verdict, "intact", "{index} {other:?}");
            } else {
                let corrupt = format!("corrupt at byte {position}");
                assert_eq!(verdict, corrupt, "{index} {other:?}");
            }
        }
    }
}

#[test]
fn fields_of_code_refer_to_values_of_their_types() {
    // 1 is bytes, 2 a tuple, 3 text.
    let tuple = b"\xa9\x01\xda\x01a";
    let check = |reference| check_fields(&[(0, b"\xf3\0\0\0\0"), (1, tuple), (6, reference)]);
    assert_eq!(check(b"r\x03\0\0\0"), "intact");
    for reference in [b"r\x00\0\0\0", b"r\x01\0\0\0", b"r\x02\0\0\0"] {
        assert_eq!(check(reference), "corrupt at byte 45", "{reference:?}");
    }
}

#[test]
fn names_are_texts() {
    for index in [2, 3] {
        let verdict = check_fields(&[(index, b")\x02\xda\x01bN")]);
        assert!(verdict.starts_with("corrupt at byte "), "{verdict}");
    }
    // The items of a tuple that is referred to are not checked.
    let verdict = check_fields(&[(1, b"\xa9\x01N"), (3, b"r\x01\0\0\0")]);
    assert_eq!(verdict, "intact");
}

#[test]
fn sizes_past_the_end_mean_that_code_is_truncated() {
    for constants in [
        &b"s\xff\xff\xff\x7f"[..],
        b"l\0\0\0\x80",
        b"l\xff\xff\xff\x7f",
        b"(\xff\xff\xff\x7fNNNNN",
        b"z\xff",
    ] {
        let code = [&code(b"N")[..28], constants].concat();
        let expected = format!("truncated after {} bytes", code.len());
        assert_eq!(check(&code, 3666), expected, "{constants:?}");
    }
}

#[test]
fn nesting_is_limited_like_in_cpython() {
    let nested = |levels| [&b"\xa9\x01".repeat(levels)[..], b"N"].concat();
    // The code object, its constants and the innermost value are levels too.
    assert_eq!(check(&code(&nested(1997)), 3666), "intact");
    assert_eq!(check(&code(&nested(1998)), 3666), "corrupt at byte 4024");
}

#[test]
fn python_2_refers_to_interned_strings_only() {
    let code = |constants: &[u8]| {
        let start = b"s\0\0\0\0(\x01\0\0\0";
        let names = b"(\0\0\0\0".repeat(4);
        let end = b"s\0\0\0\0s\0\0\0\0\0\0\0\0s\0\0\0\0";
        [&b"c"[..], &[0; 16], start, constants, &names, end].concat()
    };
    let check = |constants: &[u8]| check(&code(constants), 62211);
    assert_eq!(check(b"(\x02\0\0\0t\x01\0\0\0aR\0\0\0\0"), "intact");
    assert_eq!(
        check(b"(\x02\0\0\0s\x01\0\0\0aR\0\0\0\0"),
        "corrupt at byte 38"
    );
    for constants in [&b"\xe9\0\0\0\0"[..], b"a\0\0\0\0", b")\0", b"r\0\0\0\0"] {
        assert_eq!(check(constants), "corrupt at byte 27", "{constants:?}");
    }
}

#[test]
fn only_releases_have_a_format() {
    let releases = [62211, 3379, 3394, 3413, 3425, 3439, 3495, 3531, 3571, 3627];
    for magic in 0..=u16::MAX {
        // CPython 3.15.0 may have a later number than its first release candidate.
        let is_release = releases.contains(&magic) || (3666..3700).contains(&magic);
        assert_eq!(MarshalFormat::of(magic).is_some(), is_release, "{magic}");
    }
}
