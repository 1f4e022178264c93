//! Writes an expression down as steps.

use regex_syntax::hir::{Class, Hir, HirKind, Look};

use super::{Attempt, Condition, LOOPS, Loop, Op};
use crate::rules::class::ByteSet;

impl Attempt {
    /// Returns the steps of an expression. `None` if it has something that is not known here.
    pub(in crate::detect) fn of(hir: &Hir) -> Option<Self> {
        let mut writer = Writer::default();
        writer.write(hir)?;
        Some(Self {
            ops: writer.ops.into(),
            sets: writer.sets.into(),
            text: writer.text.into(),
        })
    }
}

impl Condition {
    fn of(look: Look) -> Option<Self> {
        match look {
            Look::End => Some(Self::End),
            Look::StartLF => Some(Self::LineStart),
            Look::EndLF => Some(Self::LineEnd),
            Look::WordAscii => Some(Self::Word),
            Look::WordAsciiNegate => Some(Self::NotWord),
            // The start of the text is another one for an expression that is bound to a line.
            _ => None,
        }
    }
}

/// Writes down the steps of an expression.
#[derive(Default)]
struct Writer {
    ops: Vec<Op>,
    sets: Vec<ByteSet>,
    text: Vec<u8>,
    loops: u8,
}

impl Writer {
    /// The parser limits how deep an expression is nested. `None` if it has something that is
    /// not known here.
    fn write(&mut self, hir: &Hir) -> Option<()> {
        match hir.kind() {
            HirKind::Empty => {}
            HirKind::Look(look) => self.ops.push(Op::Look(Condition::of(*look)?)),
            HirKind::Literal(literal) => {
                let from = u32::try_from(self.text.len()).ok()?;
                self.text.extend_from_slice(&literal.0);
                let len = u32::try_from(literal.0.len()).ok()?;
                self.ops.push(Op::Text(from, len));
            }
            HirKind::Class(class) => self.run(class, 1, 1)?,
            HirKind::Capture(capture) => self.write(&capture.sub)?,
            HirKind::Concat(parts) => {
                for part in parts {
                    self.write(part)?;
                }
            }
            HirKind::Alternation(parts) => self.alternation(parts)?,
            HirKind::Repetition(repetition) => {
                let (min, max) = (repetition.min, repetition.max.unwrap_or(u32::MAX));
                match repetition.sub.kind() {
                    HirKind::Class(class) => self.run(class, min, max)?,
                    _ if (min, max) == (0, 1) => {
                        let fork = self.reserve();
                        self.write(&repetition.sub)?;
                        self.ops[fork] = Op::Either(self.next()?);
                    }
                    _ => self.repeated(&repetition.sub, min, max)?,
                }
            }
        }
        Some(())
    }

    fn alternation(&mut self, parts: &[Hir]) -> Option<()> {
        let (last, others) = parts.split_last()?;
        let mut ends = Vec::new();
        for part in others {
            let fork = self.reserve();
            self.write(part)?;
            ends.push(self.reserve());
            self.ops[fork] = Op::Either(self.next()?);
        }
        self.write(last)?;
        let behind = self.next()?;
        for end in ends {
            self.ops[end] = Op::Jump(behind);
        }
        Some(())
    }

    fn repeated(&mut self, body: &Hir, min: u32, max: u32) -> Option<()> {
        let number = self.loops;
        if usize::from(number) >= LOOPS {
            return None;
        }
        self.loops += 1;
        self.ops.push(Op::Enter(number));
        let head = self.next()?;
        let place = self.reserve();
        self.write(body)?;
        self.ops.push(Op::Jump(head));
        let behind = self.next()?;
        self.ops[place] = Op::Loop(Loop {
            number,
            min,
            max,
            behind,
        });
        Some(())
    }

    fn run(&mut self, class: &Class, min: u32, max: u32) -> Option<()> {
        let set = set(class)?;
        let known = self.sets.iter().position(|known| *known == set);
        let number = known.unwrap_or(self.sets.len());
        if known.is_none() {
            self.sets.push(set);
        }
        self.ops
            .push(Op::Run(u16::try_from(number).ok()?, min, max));
        Some(())
    }

    /// Leaves a place for an operation that is known later.
    fn reserve(&mut self) -> usize {
        self.ops.push(Op::Jump(u32::MAX));
        self.ops.len() - 1
    }

    fn next(&self) -> Option<u32> {
        u32::try_from(self.ops.len()).ok()
    }
}

fn set(class: &Class) -> Option<ByteSet> {
    let mut set = ByteSet::EMPTY;
    match class {
        Class::Bytes(class) => {
            for range in class.ranges() {
                set = set.or(ByteSet::range(range.start(), range.end()));
            }
        }
        // What `a|b` becomes. Characters beyond ASCII are more than a byte.
        Class::Unicode(class) => {
            for range in class.ranges() {
                let last = u8::try_from(range.end()).ok().filter(u8::is_ascii)?;
                set = set.or(ByteSet::range(range.start() as u8, last));
            }
        }
    }
    Some(set)
}
