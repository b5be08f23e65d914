//! Checks the structure of marshalled code (`Python/marshal.c`) without building
//! objects.
//!
//! Python loads the body of a bytecode file outside of the `try` statement that makes
//! it recompile (`SourceLoader.get_code`), so every import of a module with a truncated
//! or corrupt body fails until the file is removed. The structure and the types of the
//! fields of code objects reveal every truncation and nearly every damaged block:
//! `docs/stale.md` has the measurements.
//!
//! Only the formats of CPython releases are known. The check accepts a body whenever
//! one of these releases might load it.

mod format;

pub use format::MarshalFormat;

use super::header::Damage;
use format::{Language, Type, VALUES_BEFORE_LINE};

/// `MAX_MARSHAL_STACK_DEPTH` of most platforms, and the largest of all.
const MAX_DEPTH: usize = 2000;

/// In Python 3, this bit of a type byte gives the value a reference number.
const FLAG_REF: u8 = 0x80;

/// Ends a dictionary.
const TYPE_NULL: u8 = b'0';

/// Checks the code object that starts at byte `start` of a file. Bytes after it are
/// ignored, as Python does.
///
/// The time is linear in the length of `file`. The memory is at most a stack of 2,000
/// levels and one byte for each value of the file that has a reference number, whatever
/// sizes the file claims.
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
        references: Vec::new(),
        stack: Vec::new(),
    }
    .check()
}

struct Checker<'a> {
    file: &'a [u8],
    position: usize,
    format: MarshalFormat,
    /// The types of the values that were given a reference number.
    references: Vec<Type>,
    stack: Vec<Container>,
}

/// A value that contains values, of which the check has not reached the end.
enum Container {
    /// This many more values of this type.
    Values(u32, Type),
    /// The fields of a code object from this one on.
    Code(usize),
    /// Keys and values up to a null.
    Dictionary,
}

impl<'a> Checker<'a> {
    fn check(mut self) -> Result<(), Damage> {
        match self.file.get(self.position) {
            None => return Err(self.truncated()),
            Some(byte) if self.split_type_byte(*byte).0 == b'c' => self.value(Type::Any)?,
            Some(_) => return Err(Damage::NoCode),
        }
        while let Some(container) = self.stack.last_mut() {
            match container {
                Container::Values(0, _) => {
                    self.stack.pop();
                }
                Container::Values(remaining, expected) => {
                    *remaining -= 1;
                    let expected = *expected;
                    self.value(expected)?;
                }
                Container::Code(field) => {
                    let index = *field;
                    *field += 1;
                    if index == VALUES_BEFORE_LINE {
                        self.skip(4)?;
                    }
                    match self.format.code_fields.get(index) {
                        Some(expected) => self.value(*expected)?,
                        None => drop(self.stack.pop()),
                    }
                }
                Container::Dictionary => {
                    if self.next_is_null() {
                        self.position += 1;
                        self.stack.pop();
                    } else {
                        self.value(Type::Any)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Passes one value, or the start of one that contains values.
    fn value(&mut self, expected: Type) -> Result<(), Damage> {
        let start = self.position;
        let [byte] = self.bytes()?;
        if self.stack.len() >= MAX_DEPTH {
            return Err(corrupt(start));
        }
        let (kind, has_reference) = self.split_type_byte(byte);
        let is_reference = kind == self.format.language.reference_kind();
        let found = if is_reference {
            self.reference(start)?
        } else {
            self.type_of(kind)
        };
        if !expected.accepts(found) {
            return Err(corrupt(start));
        }
        if has_reference {
            self.references.push(found);
        }
        if is_reference {
            Ok(())
        } else {
            self.payload(kind, expected.of_items(), start)
        }
    }

    /// Passes the bytes after the type byte at `start`, except the items of a container.
    fn payload(&mut self, kind: u8, items: Type, start: usize) -> Result<(), Damage> {
        let language = self.format.language;
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
            b's' => _ = self.sized_bytes(start)?,
            b't' | b'u' => {
                let text = self.sized_bytes(start)?;
                // Python 2 interns byte strings, and accepts more than UTF-8.
                if language > Language::Python2 && !is_python_utf8(text) {
                    return Err(corrupt(start));
                }
            }
            b'(' | b'[' | b'<' | b'>' => {
                let len = self.size(start)?;
                self.stack.push(Container::Values(len, items));
            }
            b'{' => self.stack.push(Container::Dictionary),
            b'c' => {
                self.skip(4 * self.format.code_integers)?;
                self.stack.push(Container::Code(0));
            }
            // The other types are not in every release.
            _ if language == Language::Python2 => return Err(corrupt(start)),
            b'a' | b'A' => _ = self.sized_bytes(start)?,
            b'z' | b'Z' => self.skip_short_string()?,
            b')' => {
                let [len] = self.bytes()?;
                self.stack.push(Container::Values(len.into(), items));
            }
            b':' if language >= Language::Python314 => {
                self.stack.push(Container::Values(3, items));
            }
            b'}' if language >= Language::Python315 => self.stack.push(Container::Dictionary),
            _ => return Err(corrupt(start)),
        }
        Ok(())
    }

    fn type_of(&self, kind: u8) -> Type {
        match kind {
            b's' if self.format.language > Language::Python2 => Type::Bytes,
            b's' | b't' | b'u' | b'a' | b'A' | b'z' | b'Z' => Type::Text,
            b'(' | b')' => Type::Tuple,
            _ => Type::Any,
        }
    }

    /// The type byte, and whether the value is given a reference number.
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

    /// The type of the value that is referred to.
    fn reference(&mut self, start: usize) -> Result<Type, Damage> {
        let index = self.size(start)? as usize;
        let found = self.references.get(index);
        found.copied().ok_or_else(|| corrupt(start))
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
