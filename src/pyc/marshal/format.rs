//! The marshal formats of CPython releases.

use Type::{Any, Bytes, Names, Text, Tuple};

/// The marshal format of one or more CPython releases.
#[derive(Clone, Copy, Debug)]
pub struct MarshalFormat {
    /// What each type byte means.
    pub(super) kinds: &'static [Kind; 256],
    /// The number of 32-bit integers at the start of a code object.
    pub(super) code_integers: usize,
    /// The values of a code object. The first line number follows the first
    /// [`VALUES_BEFORE_LINE`].
    pub(super) code_fields: &'static [Type],
    /// The index of `co_filename` among them.
    pub(super) file_name_field: usize,
}

impl MarshalFormat {
    /// The format of the CPython releases with this magic number. `None` for development versions,
    /// releases before 3.6 other than 2.7, and other interpreters.
    pub const fn of(magic: u16) -> Option<Self> {
        let (kinds, code_integers) = match magic {
            62211 => (&PYTHON_2, 4),
            // 3.6, 3.7
            3379 | 3394 => (&PYTHON_3, 5),
            // 3.8 to 3.10
            3413 | 3425 | 3439 => (&PYTHON_3, 6),
            // 3.11 to 3.13
            3495 | 3531 | 3571 => (&PYTHON_3, 5),
            3627 => (&PYTHON_3_14, 5),
            // 3.15 has had 3666 since its first beta. 3.15.0 may have a later number.
            3666..3700 => (&PYTHON_3_15, 5),
            _ => return None,
        };
        let (code_fields, file_name_field): (&[_], _) = match magic {
            62211 => (&FIELDS_2_7, 6),
            ..3495 => (&FIELDS_3_6, 6),
            _ => (&FIELDS_3_11, 5),
        };
        Some(Self {
            kinds,
            code_integers,
            code_fields,
            file_name_field,
        })
    }
}

/// What a type byte means.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    pub(super) payload: Payload,
    /// The type of the value; that of a reference is the one of the value it refers to.
    pub(super) found: Type,
    /// Whether the value is given a reference number.
    pub(super) is_numbered: bool,
}

/// What follows a type byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Payload {
    /// This many bytes.
    Fixed(u8),
    /// This many strings of bytes, each after its size in one byte.
    Short(u8),
    /// Bytes after their size in four bytes.
    Sized,
    SizedText,
    /// The digits of an integer, after their number in four bytes.
    Digits,
    /// The number of an earlier value.
    Reference,
    /// Items after their number in one byte.
    ShortItems,
    Items,
    Slice,
    /// Keys and values up to a null.
    Dictionary,
    Code,
    Null,
    Unknown,
}

/// In Python 3, this bit of a type byte gives the value a reference number.
const FLAG_REF: u8 = 0x80;

const PYTHON_2: [Kind; 256] = kinds(2, 7);
const PYTHON_3: [Kind; 256] = kinds(3, 4);
/// Adds slices.
const PYTHON_3_14: [Kind; 256] = kinds(3, 14);
/// Adds frozen dictionaries.
const PYTHON_3_15: [Kind; 256] = kinds(3, 15);

const fn kinds(major: u8, minor: u8) -> [Kind; 256] {
    let mut kinds = [kind(0, major, minor); 256];
    let mut byte = 0;
    while byte < kinds.len() {
        kinds[byte] = kind(byte as u8, major, minor);
        byte += 1;
    }
    kinds
}

/// `r_object` in `Python/marshal.c`.
const fn kind(byte: u8, major: u8, minor: u8) -> Kind {
    let is_python_2 = major == 2;
    let code = if is_python_2 { byte } else { byte & !FLAG_REF };
    let payload = match code {
        b'N' | b'F' | b'T' | b'S' | b'.' => Payload::Fixed(0),
        b'i' => Payload::Fixed(4),
        b'I' | b'g' => Payload::Fixed(8),
        b'y' => Payload::Fixed(16),
        b'f' => Payload::Short(1),
        b'x' => Payload::Short(2),
        b'l' => Payload::Digits,
        b's' => Payload::Sized,
        // Python 2 interns byte strings, and accepts more than UTF-8.
        b't' | b'u' if is_python_2 => Payload::Sized,
        b't' | b'u' => Payload::SizedText,
        b'(' | b'[' | b'<' | b'>' => Payload::Items,
        b'{' => Payload::Dictionary,
        b'c' => Payload::Code,
        b'0' => Payload::Null,
        b'R' if is_python_2 => Payload::Reference,
        _ if is_python_2 => Payload::Unknown,
        b'r' => Payload::Reference,
        b'a' | b'A' => Payload::Sized,
        b'z' | b'Z' => Payload::Short(1),
        b')' => Payload::ShortItems,
        b':' if minor >= 14 => Payload::Slice,
        b'}' if minor >= 15 => Payload::Dictionary,
        _ => Payload::Unknown,
    };
    let found = match code {
        b's' if !is_python_2 => Bytes,
        b's' | b't' | b'u' | b'a' | b'A' | b'z' | b'Z' => Text,
        b'(' | b')' => Tuple,
        _ => Any,
    };
    let is_numbered = match payload {
        _ if is_python_2 => code == b't',
        Payload::Fixed(0) | Payload::Reference | Payload::Null => false,
        _ => byte & FLAG_REF != 0,
    };
    Kind {
        payload,
        found,
        is_numbered,
    }
}

/// The fields of a code object that `PyCode_New` checks: code, constants, names, variable names,
/// free variables, cell variables, file name, name, line table.
const FIELDS_2_7: [Type; 9] = [Text, Tuple, Names, Names, Names, Names, Text, Text, Text];

/// The same fields. Python 3 distinguishes bytes from text.
const FIELDS_3_6: [Type; 9] = [Bytes, Tuple, Names, Names, Names, Names, Text, Text, Bytes];

/// Code, constants, names, local variables and their kinds, file name, name, qualified
/// name, line table, exception table.
const FIELDS_3_11: [Type; 10] = [
    Bytes, Tuple, Names, Names, Bytes, Text, Text, Text, Bytes, Bytes,
];

/// The number of values of a code object before its first line number, in every release.
pub(super) const VALUES_BEFORE_LINE: usize = 8;

/// The type of a value, or what it must be in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Bytes,
    Text,
    Tuple,
    /// A tuple of texts. The items of a tuple that is only referred to are not checked.
    Names,
    Any,
}

impl Type {
    pub(super) fn accepts(self, found: Self) -> bool {
        self == Any || self == found || (self, found) == (Names, Tuple)
    }

    pub(super) fn of_items(self) -> Self {
        if self == Names { Text } else { Any }
    }
}
