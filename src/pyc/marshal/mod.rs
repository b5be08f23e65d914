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
use format::{Kind, Payload, Role, Type, VALUES_BEFORE_LINE};

/// `MAX_MARSHAL_STACK_DEPTH` of most platforms, and the largest of all.
const MAX_DEPTH: usize = 2000;

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
    // As much as most files need.
    let (references, mut stack) = (Vec::with_capacity(256), Vec::with_capacity(16));
    stack.push(Container::Values(1, Role::Any));
    Checker {
        file,
        rest: file.get(start..).unwrap_or_default(),
        format,
        references,
        stack,
    }
    .check()
}

struct Checker<'a> {
    file: &'a [u8],
    /// What was not passed yet.
    rest: &'a [u8],
    format: MarshalFormat,
    /// The types of the values that were given a reference number.
    references: Vec<Type>,
    /// What contains the next value. The outermost holds the code object alone.
    stack: Vec<Container>,
}

/// A value that contains values, of which the check has not reached the end.
enum Container {
    /// This many more values in this role.
    Values(u32, Role),
    /// The fields of a code object from this one on.
    Code(usize),
    /// Keys and values up to a null.
    Dictionary,
}

impl<'a> Checker<'a> {
    fn check(mut self) -> Result<(), Damage> {
        let Some(first) = self.rest.first() else {
            return Err(self.truncated());
        };
        if self.format.kinds[usize::from(*first)].payload != Payload::Code {
            return Err(Damage::NoCode);
        }
        while let Some(container) = self.stack.last_mut() {
            let role = match container {
                Container::Values(0, _) => None,
                Container::Values(remaining, role) => {
                    *remaining -= 1;
                    Some(*role)
                }
                Container::Code(field) => {
                    let index = *field;
                    *field += 1;
                    if index == VALUES_BEFORE_LINE {
                        self.skip(4)?;
                    }
                    self.format.code_fields.get(index).copied()
                }
                Container::Dictionary => Some(Role::Any),
            };
            match role {
                Some(role) => self.value(role)?,
                None => drop(self.stack.pop()),
            }
        }
        Ok(())
    }

    /// Passes one value, or the start of one that contains values.
    fn value(&mut self, role: Role) -> Result<(), Damage> {
        let start = self.file.len() - self.rest.len();
        let [byte] = self.bytes()?;
        if self.stack.len() > MAX_DEPTH {
            return Err(corrupt(start));
        }
        let Kind {
            payload,
            found,
            is_numbered,
        } = self.format.kinds[usize::from(byte)];
        if payload == Payload::Reference {
            let found = self.reference(start)?;
            return if role.accepts(found) {
                Ok(())
            } else {
                Err(corrupt(start))
            };
        }
        if !role.accepts(found) {
            return Err(corrupt(start));
        }
        if is_numbered {
            self.references.push(found);
        }
        self.payload(payload, role.of_items(), start)
    }

    /// Passes what follows the type byte at `start`, except the items of a container.
    fn payload(&mut self, payload: Payload, items: Role, start: usize) -> Result<(), Damage> {
        match payload {
            Payload::Fixed(len) => self.skip(len.into())?,
            Payload::Short(count) => {
                for _ in 0..count {
                    let [len] = self.bytes()?;
                    self.skip(len.into())?;
                }
            }
            Payload::Sized => {
                self.sized_bytes(start)?;
            }
            Payload::SizedText => {
                if !is_python_utf8(self.sized_bytes(start)?) {
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
                self.stack.push(Container::Values(len.into(), items));
            }
            Payload::Items => {
                let len = self.size(start)?;
                self.stack.push(Container::Values(len, items));
            }
            Payload::Slice => self.stack.push(Container::Values(3, items)),
            Payload::Dictionary => self.stack.push(Container::Dictionary),
            Payload::Code => {
                self.skip(4 * self.format.code_integers)?;
                self.stack.push(Container::Code(0));
            }
            // Also in the place of a value.
            Payload::Null if matches!(self.stack.last(), Some(Container::Dictionary)) => {
                self.stack.pop();
            }
            Payload::Null | Payload::Unknown => return Err(corrupt(start)),
        }
        Ok(())
    }

    /// The type of the value that is referred to.
    fn reference(&mut self, start: usize) -> Result<Type, Damage> {
        let index = self.size(start)? as usize;
        let found = self.references.get(index);
        found.copied().ok_or_else(|| corrupt(start))
    }

    /// Passes bytes after their size in 32 bits.
    fn sized_bytes(&mut self, start: usize) -> Result<&'a [u8], Damage> {
        let len = self.size(start)?;
        self.take(len as usize)
    }

    /// A size or an index, which must not be negative.
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
    Damage::Corrupt(u32::try_from(position).unwrap_or(u32::MAX))
}
