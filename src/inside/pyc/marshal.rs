//! Objects as Python's `marshal` module writes them, without recursion.

use std::ops::Range;

use super::super::trouble::Class;
use super::Version;

/// The most objects of a file.
const OBJECTS: usize = 1 << 20;
/// The most objects inside each other, as in Python.
const DEPTH: usize = 2000;
/// The index of an object that there is not.
pub(super) const NONE: u32 = u32::MAX;

/// An object. Objects in it are named by their index.
#[derive(Debug)]
pub(super) enum Value {
    Text(Range<usize>),
    Bytes(Range<usize>),
    Number(i32),
    Items(Vec<u32>),
    Code(Box<Code>),
    Other,
}

/// A code object.
#[derive(Debug)]
pub(super) struct Code {
    pub(super) arguments: u32,
    /// Its objects, in the order of the file: the bytecode, the constants, the names, the names of
    /// locals …
    fields: Vec<u32>,
}

impl Code {
    /// Returns the index of its bytecode.
    pub(super) fn bytecode(&self) -> u32 {
        self.field(0)
    }

    pub(super) fn constants(&self) -> u32 {
        self.field(1)
    }

    pub(super) fn names(&self) -> u32 {
        self.field(2)
    }

    pub(super) fn locals(&self) -> u32 {
        self.field(3)
    }

    /// The names of cells and free variables, where they are lists of their own.
    pub(super) fn cells(&self) -> [u32; 2] {
        [self.field(5), self.field(4)]
    }

    fn field(&self, at: usize) -> u32 {
        self.fields.get(at).copied().unwrap_or(NONE)
    }
}

/// An object whose parts are being read.
struct Frame {
    kind: Kind,
    /// The parts that are still to come.
    left: usize,
    items: Vec<u32>,
    /// Where it is to be found as a reference.
    reference: Option<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Items,
    Dict,
    Code { arguments: u32 },
}

enum Step {
    Value(Value, Option<usize>),
    Known(u32),
    Null,
    Open(Frame),
}

/// Reads the objects of a file.
pub(super) struct Reader<'b> {
    bytes: &'b [u8],
    version: Version,
    /// Where the next object begins.
    pub(super) at: usize,
    pub(super) values: Vec<Value>,
    /// Whether an object is bytecode or a table for it.
    pub(super) is_machinery: Vec<bool>,
    references: Vec<u32>,
    /// The interned strings of Python 2.
    interned: Vec<u32>,
}

impl<'b> Reader<'b> {
    pub(super) fn new(bytes: &'b [u8], version: Version) -> Self {
        Self {
            bytes,
            version,
            at: version.header,
            values: Vec::new(),
            is_machinery: Vec::new(),
            references: Vec::new(),
            interned: Vec::new(),
        }
    }

    /// Reads an object with all that is in it.
    ///
    /// # Errors
    /// Fails if it is damaged, and if there are too many objects.
    pub(super) fn read(&mut self) -> Result<(), Class> {
        let mut frames: Vec<Frame> = Vec::new();
        loop {
            let start = self.at;
            let step = self.step().inspect_err(|_| self.at = start)?;
            let mut done = match step {
                Step::Value(value, reference) => Some(self.push(value, reference)?),
                Step::Known(id) => Some(id),
                Step::Null => match frames.pop() {
                    Some(frame) if frame.kind == Kind::Dict => Some(self.close(frame)?),
                    _ => return Err(Class::Damaged),
                },
                Step::Open(frame) if frames.len() >= DEPTH => {
                    drop(frame);
                    return Err(Class::Damaged);
                }
                Step::Open(frame) if frame.left == 0 => Some(self.close(frame)?),
                Step::Open(frame) => {
                    frames.push(frame);
                    None
                }
            };
            while let Some(id) = done.take() {
                let Some(frame) = frames.last_mut() else {
                    return Ok(());
                };
                frame.items.push(id);
                frame.left -= 1;
                if matches!(frame.kind, Kind::Code { .. }) && frame.items.len() == 8 {
                    // The number of the first line.
                    self.number()?;
                }
                if frame.left == 0
                    && let Some(frame) = frames.pop()
                {
                    done = Some(self.close(frame)?);
                }
            }
        }
    }

    fn close(&mut self, frame: Frame) -> Result<u32, Class> {
        let value = match frame.kind {
            Kind::Items | Kind::Dict => Value::Items(frame.items),
            Kind::Code { arguments } => {
                let tables = if self.version.has_one_list {
                    &[0, 4, 8, 9][..]
                } else {
                    &[0, 8]
                };
                for at in tables {
                    let id = frame.items.get(*at).copied().unwrap_or(NONE);
                    if let Some(is_machinery) = self.is_machinery.get_mut(id as usize) {
                        *is_machinery = true;
                    }
                }
                Value::Code(Box::new(Code {
                    arguments,
                    fields: frame.items,
                }))
            }
        };
        self.push(value, frame.reference)
    }

    fn push(&mut self, value: Value, reference: Option<usize>) -> Result<u32, Class> {
        if self.values.len() >= OBJECTS {
            return Err(Class::Limit);
        }
        let id = self.values.len() as u32;
        self.values.push(value);
        self.is_machinery.push(false);
        if let Some(slot) = reference.and_then(|at| self.references.get_mut(at)) {
            *slot = id;
        }
        Ok(id)
    }

    fn take(&mut self, len: usize) -> Result<Range<usize>, Class> {
        let end = self
            .at
            .checked_add(len)
            .filter(|end| *end <= self.bytes.len());
        let end = end.ok_or(Class::Damaged)?;
        let range = self.at..end;
        self.at = end;
        Ok(range)
    }

    fn byte(&mut self) -> Result<u8, Class> {
        let range = self.take(1)?;
        Ok(self.bytes[range.start])
    }

    fn number(&mut self) -> Result<u32, Class> {
        let range = self.take(4)?;
        let bytes = self.bytes[range].first_chunk::<4>().copied();
        Ok(u32::from_le_bytes(bytes.unwrap_or_default()))
    }

    /// Reads an object, or the beginning of one.
    fn step(&mut self) -> Result<Step, Class> {
        let byte = self.byte()?;
        let kind = byte & 0x7f;
        // The number of a reference is given before the parts of an object are read.
        let reference = (byte & 0x80 != 0).then_some(self.references.len());
        if reference.is_some() {
            if self.references.len() >= OBJECTS {
                return Err(Class::Limit);
            }
            self.references.push(NONE);
        }
        let items = |left: u32, kind| {
            Step::Open(Frame {
                kind,
                left: left as usize,
                items: Vec::new(),
                reference,
            })
        };
        let value = match kind {
            b'0' => return Ok(Step::Null),
            b'N' | b'F' | b'T' | b'S' | b'.' | b'?' => Value::Other,
            b'i' => Value::Number(self.number()?.cast_signed()),
            b'I' | b'g' => self.skip(8)?,
            b'y' => self.skip(16)?,
            b'f' => {
                let len = self.byte()?;
                self.skip(len.into())?
            }
            b'x' => {
                for _ in 0..2 {
                    let len = self.byte()?;
                    self.skip(len.into())?;
                }
                Value::Other
            }
            b'l' => {
                let digits = self.number()?.cast_signed().unsigned_abs();
                self.skip(digits as usize * 2)?
            }
            b's' => {
                let len = self.number()?;
                Value::Bytes(self.take(len as usize)?)
            }
            b't' | b'u' | b'a' | b'A' => {
                let len = self.number()?;
                let value = Value::Text(self.take(len as usize)?);
                if kind == b't' {
                    self.interned.push(self.values.len() as u32);
                }
                value
            }
            b'z' | b'Z' => {
                let len = self.byte()?;
                Value::Text(self.take(len.into())?)
            }
            b'r' | b'R' => {
                let at = self.number()? as usize;
                let known = match kind {
                    b'r' => self.references.get(at),
                    _ => self.interned.get(at),
                };
                return known.copied().map(Step::Known).ok_or(Class::Damaged);
            }
            b')' => return Ok(items(self.byte()?.into(), Kind::Items)),
            b'(' | b'[' | b'<' | b'>' => return Ok(items(self.number()?, Kind::Items)),
            b':' => return Ok(items(3, Kind::Items)),
            b'{' => return Ok(items(u32::MAX, Kind::Dict)),
            b'c' => {
                let arguments = self.number()?;
                self.skip(4 * (self.version.numbers - 1))?;
                let objects = if self.version.has_one_list { 10 } else { 9 };
                return Ok(items(objects, Kind::Code { arguments }));
            }
            _ => return Err(Class::Damaged),
        };
        Ok(Step::Value(value, reference))
    }

    fn skip(&mut self, len: usize) -> Result<Value, Class> {
        self.take(len)?;
        Ok(Value::Other)
    }
}
