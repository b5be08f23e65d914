//! Checks the structure of marshalled code (`Python/marshal.c`) without building
//! objects.
//!
//! Python loads the body of a bytecode file outside of the `try` statement that makes
//! it recompile (`SourceLoader.get_code`), so every import of a module with a truncated
//! or corrupt body fails until the file is removed. The structure alone reveals every
//! truncation and nearly every damaged block: `docs/stale.md` has the measurements.
//!
//! Only the formats of CPython releases are known. The check accepts a body whenever
//! one of these releases might load it.

use super::header::Damage;

/// The marshal format of one or more CPython releases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarshalFormat {
    language: Language,
    /// The number of 32-bit integers at the start of a code object.
    code_integers: usize,
    /// The number of values in a code object after the first line number. Eight values
    /// come before it in every release.
    values_after_line: u32,
}

/// What type bytes mean. Later variants add types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Language {
    Python2,
    Python3,
    /// Adds slices.
    Python314,
    /// Adds frozen dictionaries.
    Python315,
}

impl MarshalFormat {
    /// The format of the CPython releases with this magic number. `None` for
    /// development versions, releases before 3.6 other than 2.7, and other
    /// interpreters.
    pub const fn of(magic: u16) -> Option<Self> {
        let (language, code_integers, values_after_line) = match magic {
            62211 => (Language::Python2, 4, 1),
            // 3.6, 3.7
            3379 | 3394 => (Language::Python3, 5, 1),
            // 3.8 to 3.10
            3413 | 3425 | 3439 => (Language::Python3, 6, 1),
            // 3.11 to 3.13
            3495 | 3531 | 3571 => (Language::Python3, 5, 2),
            3627 => (Language::Python314, 5, 2),
            // The first release candidate of 3.15 has this number.
            3666 => (Language::Python315, 5, 2),
            _ => return None,
        };
        Some(Self {
            language,
            code_integers,
            values_after_line,
        })
    }
}

/// `MAX_MARSHAL_STACK_DEPTH` of most platforms, and the largest of all.
const MAX_DEPTH: usize = 2000;

/// Values of a code object before its first line number, in every release.
const VALUES_BEFORE_LINE: u32 = 8;

/// In Python 3, this bit of a type byte gives the value a reference number.
const FLAG_REF: u8 = 0x80;

/// Ends a dictionary.
const TYPE_NULL: u8 = b'0';

/// Checks the code object that starts at byte `start` of a file. Bytes after it are
/// ignored, as Python does.
///
/// The time is linear in the length of `file`, and the memory is at most a stack of
/// 2,000 levels, whatever sizes the file claims.
///
/// # Errors
///
/// Returns [`Damage::Truncated`] if the object ends after the file, [`Damage::NoCode`]
/// if the object is not a code object, and otherwise [`Damage::Corrupt`] with the
/// position of a value that no release with this format can load.
pub fn check_code(file: &[u8], start: usize, format: MarshalFormat) -> Result<(), Damage> {
    Checker {
        file,
        position: start,
        format,
        references: 0,
        stack: Vec::new(),
    }
    .check()
}

struct Checker<'a> {
    file: &'a [u8],
    position: usize,
    format: MarshalFormat,
    /// The number of values that were given a reference number.
    references: usize,
    stack: Vec<Container>,
}

/// A value that contains values, of which the check has not reached the end.
enum Container {
    /// This many more values.
    Values(u32),
    /// This many more values, then the first line number, then more values.
    Code(u32),
    /// Keys and values up to a null.
    Dictionary,
}

impl<'a> Checker<'a> {
    fn check(mut self) -> Result<(), Damage> {
        match self.file.get(self.position) {
            None => return Err(self.truncated()),
            Some(byte) if self.split_type_byte(*byte).0 == b'c' => self.value()?,
            Some(_) => return Err(Damage::NoCode),
        }
        while let Some(container) = self.stack.last_mut() {
            match container {
                Container::Values(0) => {
                    self.stack.pop();
                }
                Container::Code(0) => {
                    *container = Container::Values(self.format.values_after_line);
                    self.skip(4)?;
                }
                Container::Values(remaining) | Container::Code(remaining) => {
                    *remaining -= 1;
                    self.value()?;
                }
                Container::Dictionary => {
                    if self.next_is_null() {
                        self.position += 1;
                        self.stack.pop();
                    } else {
                        self.value()?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Passes one value, or the start of one that contains values.
    fn value(&mut self) -> Result<(), Damage> {
        let start = self.position;
        let [byte] = self.bytes()?;
        if self.stack.len() >= MAX_DEPTH {
            return Err(corrupt(start));
        }
        let (kind, has_reference) = self.split_type_byte(byte);
        if has_reference {
            self.references += 1;
        }
        match kind {
            b'N' | b'F' | b'T' | b'S' | b'.' => {}
            b'i' => self.skip(4)?,
            b'I' | b'g' => self.skip(8)?,
            b'y' => self.skip(16)?,
            b'f' => self.skip_short_string()?,
            b'x' => {
                self.skip_short_string()?;
                self.skip_short_string()?;
            }
            b'l' => {
                // The sign of the count is that of the number. A digit has 16 bits.
                let digits = self.integer()?.unsigned_abs() as usize;
                self.skip(digits.saturating_mul(2))?;
            }
            b's' => {
                self.sized_bytes(start)?;
            }
            b't' | b'u' => {
                let text = self.sized_bytes(start)?;
                // Python 2 interns byte strings, and accepts more than UTF-8.
                if self.format.language > Language::Python2 && !is_python_utf8(text) {
                    return Err(corrupt(start));
                }
            }
            b'(' | b'[' | b'<' | b'>' => {
                let len = self.size(start)?;
                self.stack.push(Container::Values(len));
            }
            b'{' => self.stack.push(Container::Dictionary),
            b'c' => {
                self.skip(4 * self.format.code_integers)?;
                self.stack.push(Container::Code(VALUES_BEFORE_LINE));
            }
            _ => self.value_of_one_language(kind, start)?,
        }
        Ok(())
    }

    /// Passes a value of a type that not every release has.
    fn value_of_one_language(&mut self, kind: u8, start: usize) -> Result<(), Damage> {
        let language = self.format.language;
        match kind {
            b'R' if language == Language::Python2 => self.reference(start)?,
            _ if language == Language::Python2 => return Err(corrupt(start)),
            b'a' | b'A' => {
                self.sized_bytes(start)?;
            }
            b'z' | b'Z' => self.skip_short_string()?,
            b'r' => self.reference(start)?,
            b')' => {
                let [len] = self.bytes()?;
                self.stack.push(Container::Values(len.into()));
            }
            b':' if language >= Language::Python314 => self.stack.push(Container::Values(3)),
            b'}' if language >= Language::Python315 => self.stack.push(Container::Dictionary),
            _ => return Err(corrupt(start)),
        }
        Ok(())
    }

    /// The type, and whether the value is given a reference number.
    fn split_type_byte(&self, byte: u8) -> (u8, bool) {
        if self.format.language == Language::Python2 {
            // Only interned strings can be referred to.
            return (byte, byte == b't');
        }
        let kind = byte & !FLAG_REF;
        let has_flag = byte & FLAG_REF != 0;
        let ignores_flag = matches!(kind, TYPE_NULL | b'N' | b'F' | b'T' | b'S' | b'.' | b'r');
        (kind, has_flag && !ignores_flag)
    }

    /// A null ends a dictionary also in the place of a value.
    fn next_is_null(&self) -> bool {
        let next = self.file.get(self.position);
        next.is_some_and(|byte| self.split_type_byte(*byte).0 == TYPE_NULL)
    }

    fn reference(&mut self, start: usize) -> Result<(), Damage> {
        let index = self.size(start)?;
        if (index as usize) < self.references {
            Ok(())
        } else {
            Err(corrupt(start))
        }
    }

    fn skip_short_string(&mut self) -> Result<(), Damage> {
        let [len] = self.bytes()?;
        self.skip(len.into())
    }

    /// Passes bytes after their size in 32 bits.
    fn sized_bytes(&mut self, start: usize) -> Result<&'a [u8], Damage> {
        let len = self.size(start)?;
        let from = self.position;
        self.skip(len as usize)?;
        Ok(&self.file[from..self.position])
    }

    /// A size or an index, which must not be negative.
    fn size(&mut self, start: usize) -> Result<u32, Damage> {
        u32::try_from(self.integer()?).map_err(|_| corrupt(start))
    }

    fn integer(&mut self) -> Result<i32, Damage> {
        self.bytes().map(i32::from_le_bytes)
    }

    fn skip(&mut self, len: usize) -> Result<(), Damage> {
        if len > self.file.len().saturating_sub(self.position) {
            return Err(self.truncated());
        }
        self.position += len;
        Ok(())
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Damage> {
        let rest = self.file.get(self.position..).unwrap_or_default();
        let bytes = *rest.first_chunk().ok_or_else(|| self.truncated())?;
        self.position += N;
        Ok(bytes)
    }

    fn truncated(&self) -> Damage {
        Damage::truncated(self.file)
    }
}

/// Whether text is UTF-8. Python encodes lone surrogates too (`surrogatepass`).
fn is_python_utf8(mut text: &[u8]) -> bool {
    while let Err(error) = str::from_utf8(text) {
        match &text[error.valid_up_to()..] {
            [0xed, 0xa0..=0xbf, 0x80..=0xbf, rest @ ..] => text = rest,
            _ => return false,
        }
    }
    true
}

fn corrupt(position: usize) -> Damage {
    Damage::Corrupt(u32::try_from(position).unwrap_or(u32::MAX))
}
