//! Checks the structure of marshalled code (`Python/marshal.c`) without building
//! objects.
//!
//! Python loads the body of a bytecode file outside of the `try` statement that makes
//! it recompile (`SourceLoader.get_code`), so every import of a module with a truncated
//! or corrupt body fails until the file is removed. `docs/stale.md` has measurements.

mod format;

pub use format::MarshalFormat;

use std::mem;
use std::path::Path;

use super::header::Damage;
use format::{Payload, Type, VALUES_BEFORE_LINE};

/// `MAX_MARSHAL_STACK_DEPTH` of most platforms, and the largest of all.
const MAX_DEPTH: usize = 2000;

/// Checks the code object that starts at byte `start` of a file. Bytes after it are ignored, as
/// Python does.
pub fn check_code(file: &[u8], start: usize, format: MarshalFormat) -> Result<(), Damage> {
    file_name(file, start, format).map(drop)
}

/// Checks code like [`check_code`], and returns its `co_filename`: the path of the source
/// when it was compiled. `None` if it is not UTF-8.
pub(super) fn file_name(
    file: &[u8],
    start: usize,
    format: MarshalFormat,
) -> Result<Option<&Path>, Damage> {
    // As much as most files need.
    let (references, around) = (Vec::with_capacity(256), Vec::with_capacity(16));
    let mut checker = Checker {
        file,
        rest: file.get(start..).unwrap_or_default(),
        format,
        references,
        current: Container::Values(1, Type::Any),
        around,
        file_name: start,
    };
    checker.check()?;
    Ok(checker.text_at(checker.file_name).map(Path::new))
}

struct Checker<'a> {
    file: &'a [u8],
    rest: &'a [u8],
    format: MarshalFormat,
    /// The positions of the values that were given a reference number.
    references: Vec<u32>,
    /// What contains the next value. The outermost holds the code object alone.
    current: Container,
    /// What contains that, outermost first.
    around: Vec<Container>,
    /// The position of the file name of the outermost code object, once it was passed.
    file_name: usize,
}

enum Container {
    /// This many more values in this role.
    Values(u32, Type),
    /// The fields of a code object from this one on.
    Code(usize),
    Dictionary,
}

impl<'a> Checker<'a> {
    fn check(&mut self) -> Result<(), Damage> {
        let Some(first) = self.rest.first() else {
            return Err(self.truncated());
        };
        if self.format.kinds[usize::from(*first)].payload != Payload::Code {
            return Err(Damage::NoCode);
        }
        loop {
            let role = match &mut self.current {
                Container::Values(0, _) => None,
                Container::Values(remaining, role) => {
                    *remaining -= 1;
                    Some(*role)
                }
                Container::Code(field) => {
                    let index = *field;
                    *field += 1;
                    if index == self.format.file_name_field && self.around.len() == 1 {
                        self.file_name = self.position();
                    }
                    if index == VALUES_BEFORE_LINE {
                        self.skip(4)?;
                    }
                    self.format.code_fields.get(index).copied()
                }
                Container::Dictionary => Some(Type::Any),
            };
            if let Some(role) = role {
                self.value(role)?;
            } else if let Some(around) = self.around.pop() {
                self.current = around;
            } else {
                return Ok(());
            }
        }
    }

    fn value(&mut self, role: Type) -> Result<(), Damage> {
        let start = self.position();
        let [byte] = self.bytes()?;
        if self.around.len() >= MAX_DEPTH {
            return Err(corrupt(start));
        }
        let kind = self.format.kinds[usize::from(byte)];
        if kind.payload == Payload::Reference {
            let found = self.reference(start)?;
            return role.accepts(found).then_some(()).ok_or(corrupt(start));
        }
        if !role.accepts(kind.found) {
            return Err(corrupt(start));
        }
        if kind.is_numbered {
            self.references.push(saturate(start));
        }
        self.payload(kind.payload, role.of_items(), start)
    }

    /// The type of the value that is referred to.
    fn reference(&mut self, start: usize) -> Result<Type, Damage> {
        let index = self.size(start)? as usize;
        let position = *self.references.get(index).ok_or(corrupt(start))?;
        Ok(self.format.kinds[usize::from(self.file[position as usize])].found)
    }

    fn payload(&mut self, payload: Payload, items: Type, start: usize) -> Result<(), Damage> {
        match payload {
            Payload::Fixed(len) => self.skip(len.into())?,
            Payload::Short(count) => {
                for _ in 0..count {
                    let [len] = self.bytes()?;
                    self.skip(len.into())?;
                }
            }
            Payload::Sized | Payload::SizedText => {
                let len = self.size(start)?;
                let bytes = self.take(len as usize)?;
                if payload == Payload::SizedText && !is_python_utf8(bytes) {
                    return Err(corrupt(start));
                }
            }
            Payload::Digits => {
                // The sign of the count is that of the number. A digit has 16 bits.
                let digits = self.integer()?.unsigned_abs() as usize;
                self.skip(digits.saturating_mul(2))?;
            }
            Payload::Reference => {}
            Payload::ShortItems => {
                let [len] = self.bytes()?;
                self.open(Container::Values(len.into(), items));
            }
            Payload::Items => {
                let len = self.size(start)?;
                self.open(Container::Values(len, items));
            }
            Payload::Slice => self.open(Container::Values(3, items)),
            Payload::Dictionary => self.open(Container::Dictionary),
            Payload::Code => {
                self.skip(4 * self.format.code_integers)?;
                self.open(Container::Code(0));
            }
            // Also in the place of a value.
            Payload::Null if matches!(self.current, Container::Dictionary) => {
                self.current = Container::Values(0, items);
            }
            Payload::Null | Payload::Unknown => return Err(corrupt(start)),
        }
        Ok(())
    }

    fn open(&mut self, container: Container) {
        self.around.push(mem::replace(&mut self.current, container));
    }

    fn position(&self) -> usize {
        self.file.len() - self.rest.len()
    }

    fn text_at(&self, mut position: usize) -> Option<&'a str> {
        loop {
            let (byte, rest) = self.file.get(position..)?.split_first()?;
            let start = rest.first_chunk().copied().map(u32::from_le_bytes);
            let (len, text) = match self.format.kinds[usize::from(*byte)].payload {
                Payload::Reference => {
                    position = *self.references.get(start? as usize)? as usize;
                    continue;
                }
                Payload::Short(_) => (usize::from(*rest.first()?), &rest[1..]),
                _ => (start? as usize, &rest[4..]),
            };
            return str::from_utf8(text.get(..len)?).ok();
        }
    }

    fn size(&mut self, start: usize) -> Result<u32, Damage> {
        u32::try_from(self.integer()?).map_err(|_| corrupt(start))
    }

    fn integer(&mut self) -> Result<i32, Damage> {
        self.bytes().map(i32::from_le_bytes)
    }

    fn skip(&mut self, len: usize) -> Result<(), Damage> {
        self.take(len).map(drop)
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], Damage> {
        let split = self.rest.split_at_checked(len);
        let (taken, rest) = split.ok_or_else(|| self.truncated())?;
        self.rest = rest;
        Ok(taken)
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Damage> {
        let split = self.rest.split_first_chunk();
        let (bytes, rest) = split.ok_or_else(|| self.truncated())?;
        self.rest = rest;
        Ok(*bytes)
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
    Damage::Corrupt(saturate(position))
}

fn saturate(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}
