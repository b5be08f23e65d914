//! The marshal formats of CPython releases.

/// The marshal format of one or more CPython releases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarshalFormat {
    pub(super) language: Language,
    /// The number of 32-bit integers at the start of a code object.
    pub(super) code_integers: usize,
    /// The values of a code object. The first line number follows the first
    /// [`VALUES_BEFORE_LINE`].
    pub(super) code_fields: &'static [Type],
}

impl MarshalFormat {
    /// The format of the CPython releases with this magic number. `None` for
    /// development versions, releases before 3.6 other than 2.7, and other
    /// interpreters.
    pub const fn of(magic: u16) -> Option<Self> {
        let (language, code_integers, code_fields): (_, _, &[_]) = match magic {
            62211 => (Language::Python2, 4, &FIELDS_2_7),
            // 3.6, 3.7
            3379 | 3394 => (Language::Python3, 5, &FIELDS_3_6),
            // 3.8 to 3.10
            3413 | 3425 | 3439 => (Language::Python3, 6, &FIELDS_3_6),
            // 3.11 to 3.13
            3495 | 3531 | 3571 => (Language::Python3, 5, &FIELDS_3_11),
            3627 => (Language::Python314, 5, &FIELDS_3_11),
            // 3.15 has had 3666 since its first beta. The number of 3.15.0 may be a later
            // one of 3.15, as 3.14 got a new one in its last release candidate. This
            // changes the bytecode, but not its marshal format.
            3666..3700 => (Language::Python315, 5, &FIELDS_3_11),
            _ => return None,
        };
        Some(Self {
            language,
            code_integers,
            code_fields,
        })
    }
}

/// What type bytes mean. Later variants add types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Language {
    Python2,
    Python3,
    /// Adds slices.
    Python314,
    /// Adds frozen dictionaries.
    Python315,
}

impl Language {
    /// The type byte of a reference to an earlier value.
    pub(super) fn reference_kind(self) -> u8 {
        if self == Self::Python2 { b'R' } else { b'r' }
    }
}

/// The fields of a code object that `PyCode_New` checks: code, constants, names, variable
/// names, free variables, cell variables, file name, name, line table. All strings of
/// Python 2 count as text.
const FIELDS_2_7: [Type; 9] = {
    use Type::{Names, Text, Tuple};
    [Text, Tuple, Names, Names, Names, Names, Text, Text, Text]
};

/// The same fields. Python 3 distinguishes bytes from text.
const FIELDS_3_6: [Type; 9] = {
    use Type::{Bytes, Names, Text, Tuple};
    [Bytes, Tuple, Names, Names, Names, Names, Text, Text, Bytes]
};

/// Code, constants, names, local variables and their kinds, file name, name, qualified
/// name, line table, exception table.
const FIELDS_3_11: [Type; 10] = {
    use Type::{Bytes, Names, Text, Tuple};
    [
        Bytes, Tuple, Names, Names, Bytes, Text, Text, Text, Bytes, Bytes,
    ]
};

/// The number of values of a code object before its first line number, in every release.
pub(super) const VALUES_BEFORE_LINE: usize = 8;

/// The type of a value, or what it must be in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    /// Another type; any type in a place.
    Any,
    Bytes,
    Text,
    Tuple,
    /// In a place: a tuple of texts. The items of a tuple that is only referred to are not
    /// checked.
    Names,
}

impl Type {
    /// Whether a value of a type can be in this place.
    pub(super) fn accepts(self, found: Self) -> bool {
        match self {
            Self::Any => true,
            Self::Bytes => found == Self::Bytes,
            Self::Text => found == Self::Text,
            Self::Tuple | Self::Names => found == Self::Tuple,
        }
    }

    /// What the items of a value in this place must be.
    pub(super) fn of_items(self) -> Self {
        if self == Self::Names {
            Self::Text
        } else {
            Self::Any
        }
    }
}
