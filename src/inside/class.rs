//! Compiled Java (`.class`): its texts, with the names that fields, variables and calls give them.
//!
//! Source: "The Java Virtual Machine Specification", chapters 4 (the format) and 6 (instructions).

use std::collections::{HashMap, HashSet};
use std::io;
use std::ops::Range;

use super::Members;
use super::input::Input;
use super::lines::{CUT, Lines, MEMBER, from_java, is_text, push_runs};
use super::trouble::Class;
use super::whole::whole;

/// Whether content begins as a class does: not as an archive of programs for macOS, which has
/// the same first bytes and then the number of programs.
pub(super) fn begins(head: &[u8]) -> bool {
    let [0xca, 0xfe, 0xba, 0xbe, _, _, 0, major, high, low, tag, ..] = *head else {
        return false;
    };
    (45..=127).contains(&major) && (high, low) != (0, 0) && (1..=20).contains(&tag)
}

/// What is wrong with a class.
const DAMAGED: &str = "a part of it is damaged or cut off";

/// An entry of the constant pool.
#[derive(Clone, Debug)]
enum Entry {
    Text(Range<usize>),
    /// The text of a string.
    String(u16),
    /// A name and a type.
    Pair(u16, u16),
    /// A field or method: the entry of its name and type.
    Member(u16),
    Number(i32),
    Other,
}

/// Reads the parts of a class.
struct Parts<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Parts<'b> {
    fn take(&mut self, len: usize) -> Option<&'b [u8]> {
        let end = self.at.checked_add(len)?;
        let part = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(part)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn short(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(*self.take(2)?.first_chunk::<2>()?))
    }

    fn long(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(*self.take(4)?.first_chunk::<4>()?))
    }
}

/// The constant pool, and what is told of it.
struct Pool<'b> {
    bytes: &'b [u8],
    entries: Vec<Entry>,
    is_told: Vec<bool>,
    /// Names and texts that a line has.
    is_set: HashSet<(u16, u16)>,
    lines: Lines,
    /// Attributes that are no text: their names and contents.
    binary: Vec<(Vec<u8>, &'b [u8])>,
}

impl<'b> Pool<'b> {
    fn read(&mut self, parts: &mut Parts<'b>) -> Option<()> {
        let count = usize::from(parts.short()?);
        while self.entries.len() < count {
            let entry = match parts.byte()? {
                1 => {
                    let len = usize::from(parts.short()?);
                    parts.take(len)?;
                    Entry::Text(parts.at - len..parts.at)
                }
                3 => Entry::Number(parts.long()?.cast_signed()),
                4 => parts.take(4).map(|_| Entry::Other)?,
                5 | 6 => {
                    parts.take(8)?;
                    // It counts as two.
                    self.entries.push(Entry::Other);
                    Entry::Other
                }
                8 => Entry::String(parts.short()?),
                7 | 16 | 19 | 20 => parts.take(2).map(|_| Entry::Other)?,
                9..=11 | 17 | 18 => {
                    parts.take(2)?;
                    Entry::Member(parts.short()?)
                }
                12 => Entry::Pair(parts.short()?, parts.short()?),
                15 => parts.take(3).map(|_| Entry::Other)?,
                _ => {
                    parts.at -= 1;
                    return None;
                }
            };
            self.entries.push(entry);
        }
        Some(())
    }

    fn entry(&self, at: u16) -> Option<&Entry> {
        self.entries.get(usize::from(at))
    }

    /// Returns the text at an index.
    fn text(&self, at: u16) -> Option<&'b [u8]> {
        match self.entry(at)? {
            Entry::Text(range) => self.bytes.get(range.clone()),
            _ => None,
        }
    }

    /// Returns where the text of a string is.
    fn string(&self, at: u16) -> Option<u16> {
        match self.entry(at)? {
            Entry::String(text) => Some(*text),
            _ => None,
        }
    }

    /// Returns the name and the type of a field or method.
    fn member(&self, at: u16) -> Option<(u16, &'b [u8])> {
        let Entry::Member(pair) = self.entry(at)? else {
            return None;
        };
        match self.entry(*pair)? {
            Entry::Pair(name, kind) => Some((*name, self.text(*kind)?)),
            _ => None,
        }
    }

    fn told(&mut self, at: u16) {
        if let Some(is_told) = self.is_told.get_mut(usize::from(at)) {
            *is_told = true;
        }
    }

    /// Appends a line with a name and a text.
    fn set(&mut self, name: u16, text: u16) {
        let (Some(named), Some(value)) = (self.text(name), self.text(text)) else {
            return;
        };
        // A field that is final is set twice, in an attribute and by instructions.
        if self.is_set.contains(&(name, text)) || !self.lines.spend(value.len()) {
            return;
        }
        if self.lines.set(&from_java(named), &from_java(value)) {
            self.is_set.insert((name, text));
            self.told(name);
            self.told(text);
        }
    }

    /// Appends a line with a call and the texts that it passes on.
    fn call(&mut self, of: Option<u16>, name: u16, texts: &[u16]) {
        let (of, Some(named)) = (of.and_then(|of| self.text(of)), self.text(name)) else {
            return;
        };
        let values: Vec<&[u8]> = texts.iter().filter_map(|text| self.text(*text)).collect();
        if values.is_empty()
            || !self
                .lines
                .spend(values.iter().map(|value| value.len()).sum())
        {
            return;
        }
        let values: Vec<Vec<u8>> = values.into_iter().map(from_java).collect();
        let values: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
        if self.lines.call(of, &from_java(named), &values) {
            self.told(name);
            for text in texts {
                self.told(*text);
            }
        }
    }

    /// Reads the fields or the methods.
    fn members(&mut self, parts: &mut Parts<'b>) -> Option<()> {
        for _ in 0..parts.short()? {
            parts.short()?;
            let name = parts.short()?;
            parts.short()?;
            self.attributes(parts, name)?;
        }
        Some(())
    }

    /// Reads the attributes of what has this name.
    fn attributes(&mut self, parts: &mut Parts<'b>, of: u16) -> Option<()> {
        for _ in 0..parts.short()? {
            let name = parts.short()?;
            let len = parts.long()? as usize;
            let content = parts.take(len)?;
            let mut inner = Parts {
                bytes: content,
                at: 0,
            };
            match self.text(name) {
                Some(b"ConstantValue") => self.constant(of, inner.short()?),
                // What is wrong with code is no reason to leave the rest.
                Some(b"Code") => _ = self.code(&mut inner),
                kind => self.other(kind.unwrap_or_default(), content),
            }
        }
        Some(())
    }

    fn constant(&mut self, name: u16, value: u16) {
        match (self.entry(value), self.text(name)) {
            (Some(Entry::String(text)), _) => self.set(name, *text),
            (Some(Entry::Number(number)), Some(named)) => {
                let number = number.to_string();
                let line = [&from_java(named)[..], b" = ", number.as_bytes()].concat();
                if self.lines.spend(line.len()) {
                    self.lines.line(&line);
                    self.told(name);
                }
            }
            _ => {}
        }
    }

    /// Notes what stands in an attribute itself. Most have but indexes of the constant pool.
    fn other(&mut self, name: &[u8], content: &'b [u8]) {
        if KNOWN.contains(&name) {
            push_runs(&mut self.lines.out, content);
        } else if is_text(content) || content.len() < MEMBER {
            self.lines.line(content);
        } else {
            let name = [b"attribute ", &from_java(name)[..]].concat();
            self.binary.push((name, content));
        }
    }

    fn code(&mut self, parts: &mut Parts<'b>) -> Option<()> {
        parts.take(4)?;
        let len = parts.long()? as usize;
        let code = parts.take(len)?;
        push_runs(&mut self.lines.out, code);
        let handlers = usize::from(parts.short()?);
        push_runs(&mut self.lines.out, parts.take(8 * handlers)?);
        // The names of variables, by the instruction from which on they count.
        let mut variables = HashMap::new();
        for _ in 0..parts.short()? {
            let name = parts.short()?;
            let len = parts.long()? as usize;
            let content = parts.take(len)?;
            if self.text(name) != Some(b"LocalVariableTable") {
                self.other(self.text(name).unwrap_or_default(), content);
                continue;
            }
            push_runs(&mut self.lines.out, content);
            for entry in content.get(2..).unwrap_or_default().chunks_exact(10) {
                let field = |at: usize| u16::from_be_bytes([entry[at], entry[at + 1]]);
                variables.insert((usize::from(field(0)), field(8)), field(4));
            }
        }
        let mut run = Run {
            pool: self,
            stack: Vec::new(),
            variables,
            current: HashMap::new(),
        };
        run.code(code)
    }
}

/// Attributes that the specification has.
const KNOWN: &[&[u8]] = &[
    b"StackMapTable",
    b"Exceptions",
    b"InnerClasses",
    b"EnclosingMethod",
    b"Synthetic",
    b"Signature",
    b"SourceFile",
    b"LineNumberTable",
    b"LocalVariableTable",
    b"LocalVariableTypeTable",
    b"Deprecated",
    b"RuntimeVisibleAnnotations",
    b"RuntimeInvisibleAnnotations",
    b"RuntimeVisibleParameterAnnotations",
    b"RuntimeInvisibleParameterAnnotations",
    b"RuntimeVisibleTypeAnnotations",
    b"RuntimeInvisibleTypeAnnotations",
    b"AnnotationDefault",
    b"BootstrapMethods",
    b"MethodParameters",
    b"Module",
    b"ModulePackages",
    b"ModuleMainClass",
    b"NestHost",
    b"NestMembers",
    b"Record",
    b"PermittedSubclasses",
];

/// What is known of something on the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Item {
    Unknown,
    /// A constant text.
    Text(u16),
    /// The value of what has this name.
    Name(u16),
}

/// Goes through the instructions of a method, with a model of the stack that forgets all at an
/// instruction that is not known here. So nothing wrong is told, at most too little.
struct Run<'p, 'b> {
    pool: &'p mut Pool<'b>,
    stack: Vec<Item>,
    variables: HashMap<(usize, u16), u16>,
    current: HashMap<u16, u16>,
}

impl Run<'_, '_> {
    fn pop(&mut self) -> Item {
        self.stack.pop().unwrap_or(Item::Unknown)
    }

    fn drop_items(&mut self, count: usize) {
        self.stack.truncate(self.stack.len().saturating_sub(count));
    }

    fn code(&mut self, code: &[u8]) -> Option<()> {
        let mut at = 0;
        while let Some(op) = code.get(at) {
            let len = length(code, at)?;
            let operands = code.get(at + 1..at + len)?;
            self.instruction(*op, operands, at + len);
            at += len;
        }
        Some(())
    }

    /// Follows an instruction. `next`: where the next one begins.
    fn instruction(&mut self, op: u8, operands: &[u8], next: usize) {
        let byte = operands.first().copied().map_or(0, u16::from);
        let short = operands
            .first_chunk::<2>()
            .map_or(0, |b| u16::from_be_bytes(*b));
        match op {
            0x00 => {}
            // Numbers
            0x01..=0x11 | 0x14..=0x18 | 0x1a..=0x29 => self.stack.push(Item::Unknown),
            0x12 | 0x13 => {
                let at = if op == 0x12 { byte } else { short };
                let text = self.pool.string(at);
                self.stack.push(text.map_or(Item::Unknown, Item::Text));
            }
            0x19 | 0x2a..=0x2d => {
                let variable = if op == 0x19 {
                    byte
                } else {
                    u16::from(op - 0x2a)
                };
                let name = self.current.get(&variable);
                self.stack
                    .push(name.map_or(Item::Unknown, |name| Item::Name(*name)));
            }
            0x3a | 0x4b..=0x4e => {
                let variable = if op == 0x3a {
                    byte
                } else {
                    u16::from(op - 0x4b)
                };
                if let Some(name) = self.variables.get(&(next, variable)) {
                    self.current.insert(variable, *name);
                }
                let item = self.pop();
                if let (Item::Text(text), Some(name)) = (item, self.current.get(&variable)) {
                    self.pool.set(*name, text);
                }
            }
            0x36..=0x39 | 0x3b..=0x4a | 0x57 => drop(self.pop()),
            0x4f..=0x56 => self.drop_items(3),
            0x59 => {
                let top = self.stack.last().copied();
                self.stack.push(top.unwrap_or(Item::Unknown));
            }
            // Elements of arrays
            0x2e..=0x35 => {
                self.drop_items(2);
                self.stack.push(Item::Unknown);
            }
            // Static and other fields
            0xb2 | 0xb4 => {
                if op == 0xb4 {
                    self.pop();
                }
                let name = self.pool.member(short);
                self.stack
                    .push(name.map_or(Item::Unknown, |(name, _)| Item::Name(name)));
            }
            0xb3 | 0xb5 => {
                let item = self.pop();
                if op == 0xb5 {
                    self.pop();
                }
                if let (Item::Text(text), Some((name, _))) = (item, self.pool.member(short)) {
                    self.pool.set(name, text);
                }
            }
            0xb6..=0xba => self.call(short, matches!(op, 0xb8 | 0xba)),
            0xbb => self.stack.push(Item::Unknown),
            // Casts
            0xc0 => {}
            0xbc | 0xbd => {
                self.pop();
                self.stack.push(Item::Unknown);
            }
            _ => self.stack.clear(),
        }
    }

    fn call(&mut self, at: u16, is_static: bool) {
        let Some((name, kind)) = self.pool.member(at) else {
            self.stack.clear();
            return;
        };
        let Some((count, is_void)) = arguments(kind) else {
            self.stack.clear();
            return;
        };
        let from = self.stack.len().saturating_sub(count);
        let texts: Vec<u16> = self.stack[from..]
            .iter()
            .filter_map(|item| match item {
                Item::Text(text) => Some(*text),
                _ => None,
            })
            .collect();
        self.drop_items(count);
        let of = match is_static {
            true => Item::Unknown,
            false => self.pop(),
        };
        let of = match of {
            Item::Name(name) => Some(name),
            _ => None,
        };
        if !texts.is_empty() {
            self.pool.call(of, name, &texts);
        }
        if !is_void {
            self.stack.push(Item::Unknown);
        }
    }
}

/// Returns how many arguments a method of this type has, and whether it returns nothing.
fn arguments(kind: &[u8]) -> Option<(usize, bool)> {
    let mut rest = kind.strip_prefix(b"(")?;
    let mut count = 0;
    loop {
        match rest {
            [b')', result @ ..] => return Some((count, result == b"V")),
            [b'[', behind @ ..] => {
                rest = behind;
                continue;
            }
            [b'L', ..] => {
                let end = rest.iter().position(|b| *b == b';')?;
                rest = &rest[end + 1..];
            }
            [_, behind @ ..] => rest = behind,
            [] => return None,
        }
        count += 1;
        // The specification allows 255.
        if count > 255 {
            return None;
        }
    }
}

/// Returns the length in bytes of the instruction at `at`.
fn length(code: &[u8], at: usize) -> Option<usize> {
    let number = |from: usize| -> Option<i64> {
        let bytes = code.get(from..)?.first_chunk::<4>()?;
        Some(i32::from_be_bytes(*bytes).into())
    };
    let aligned = (at + 4) & !3;
    Some(match *code.get(at)? {
        0x10 | 0x12 | 0x15..=0x19 | 0x36..=0x3a | 0xa9 | 0xbc => 2,
        0x11 | 0x13 | 0x14 | 0x84 | 0x99..=0xa8 | 0xb2..=0xb8 => 3,
        0xbb | 0xbd | 0xc0 | 0xc1 | 0xc6 | 0xc7 => 3,
        0xc5 => 4,
        0xb9 | 0xba | 0xc8 | 0xc9 => 5,
        0xaa => {
            let count = number(aligned + 8)? - number(aligned + 4)? + 1;
            let count = usize::try_from(count).ok()?;
            aligned + 12 + count.checked_mul(4)? - at
        }
        0xab => {
            let count = usize::try_from(number(aligned + 4)?).ok()?;
            aligned + 8 + count.checked_mul(8)? - at
        }
        0xc4 if code.get(at + 1) == Some(&0x84) => 6,
        0xc4 => 4,
        0xca.. => return None,
        _ => 1,
    })
}

/// # Errors
/// Fails as [`walk`](super::walk) does.
pub(super) fn walk(input: &mut Input<'_>, members: &mut dyn Members) -> io::Result<()> {
    let (bytes, ended) = whole(input, members)?;
    let mut parts = Parts {
        bytes: &bytes,
        at: 8,
    };
    let mut pool = Pool {
        bytes: &bytes,
        // The first entry has the number 1.
        entries: vec![Entry::Other],
        is_told: Vec::new(),
        is_set: HashSet::new(),
        lines: Lines::new(bytes.len()),
        binary: Vec::new(),
    };
    let mut read = || {
        pool.read(&mut parts)?;
        pool.is_told = vec![false; pool.entries.len()];
        parts.take(6)?;
        let interfaces = usize::from(parts.short()?);
        parts.take(2 * interfaces)?;
        pool.members(&mut parts)?;
        pool.members(&mut parts)?;
        pool.attributes(&mut parts, 0)
    };
    let is_whole = read().is_some();
    for (at, entry) in pool.entries.iter().enumerate() {
        if let Entry::Text(range) = entry
            && pool.is_told.get(at) != Some(&true)
        {
            pool.lines.line(&from_java(&bytes[range.clone()]));
        }
    }
    members.rest(&pool.lines.out);
    for (name, content) in pool.binary {
        let mut content = content;
        members.member(&name, &mut content)?;
    }
    members.rest(bytes.get(parts.at..).unwrap_or_default());
    ended?;
    match is_whole {
        true if pool.lines.is_cut => Err(input.trouble(Class::Limit, CUT)),
        true => Ok(()),
        false => Err(input.damaged(DAMAGED)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Format;
    use super::super::testing::{damage, open};
    use super::*;

    fn text(text: &[u8]) -> Vec<u8> {
        [&[1], &(text.len() as u16).to_be_bytes()[..], text].concat()
    }

    fn attribute(name: u16, content: &[u8]) -> Vec<u8> {
        [
            &name.to_be_bytes()[..],
            &(content.len() as u32).to_be_bytes(),
            content,
        ]
        .concat()
    }

    /// A class with a constant field, a method with `code`, and an attribute of its own.
    fn class(code: &[u8], more: &[u8]) -> Vec<u8> {
        let pool = [
            text(b"API_KEY"),                  // 1
            text(b"Ljava/lang/String;"),       // 2
            text(b"constant \xc0\x80"),        // 3
            vec![8, 0, 3],                     // 4
            text(b"ConstantValue"),            // 5
            text(b"Code"),                     // 6
            text(b"secret"),                   // 7
            vec![12, 0, 7, 0, 2],              // 8
            vec![9, 0, 0, 0, 8],               // 9
            text(b"\xed\xa0\xbd\xed\xb8\x80"), // 10: a character beyond 16 bits
            vec![8, 0, 10],                    // 11
            text(b"setPassword"),              // 12
            text(b"(ILjava/lang/String;)V"),   // 13
            vec![12, 0, 12, 0, 13],            // 14
            vec![10, 0, 0, 0, 14],             // 15
            vec![5, 0, 0, 0, 0, 0, 0, 0, 1],   // 16 and 17
            text(b"LocalVariableTable"),       // 18
            text(b"local"),                    // 19
            text(b"Custom"),                   // 20
        ];
        let variable = [0, 1, 0, 3, 0, 9, 0, 19, 0, 2, 0, 1];
        let code = [
            &[0, 2, 0, 2][..],
            &(code.len() as u32).to_be_bytes(),
            code,
            &[0, 0, 0, 1],
            &attribute(18, &variable),
        ]
        .concat();
        [
            &[0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 61, 0, 21][..],
            &pool.concat(),
            &[0, 1, 0, 0, 0, 0, 0, 0],
            // Fields
            &[0, 1, 0, 8, 0, 1, 0, 2, 0, 1],
            &attribute(5, &[0, 4]),
            // Methods
            &[0, 1, 0, 0, 0, 7, 0, 2, 0, 1],
            &attribute(6, &code),
            &[0, 1],
            &attribute(20, more),
        ]
        .concat()
    }

    #[test]
    fn names_and_texts_stand_in_one_line() {
        // local = …; secret = …; local.setPassword(0, …)
        let code = [
            0x12, 11, 0x4c, 0x12, 4, 0xb3, 0, 9, 0x2b, 0x03, 0x12, 11, 0xb6, 0, 15, 0xb1,
        ];
        let class = class(&code, b"some text");
        assert_eq!(Format::of(&class), Some(Format::Class));
        let opened = open(&class);
        assert_eq!(opened.shut, []);
        let lines = String::from_utf8(opened.rest).unwrap();
        let expected = "API_KEY = \"constant \\x00\"\nlocal = \"\u{1f600}\"\n\
            secret = \"constant \\x00\"\nlocal.setPassword(\"\u{1f600}\")\nsome text\n\
            Ljava/lang/String;\nConstantValue\nCode\n(ILjava/lang/String;)V\n\
            LocalVariableTable\nCustom\n";
        assert_eq!(lines, expected);
        damage(&class);
    }

    #[test]
    fn binary_attributes_are_members() {
        let class = class(&[], &[0; 100]);
        let opened = open(&[&class[..], b"behind"].concat());
        assert_eq!(opened.members, [("attribute Custom".into(), vec![0; 100])]);
        assert!(opened.has("behind"));
    }

    #[test]
    fn damaged_classes_are_told_and_read() {
        let class = class(&[0xff], b"some text");
        assert_eq!(open(&class).shut, []);
        let cut = open(&class[..class.len() - 3]);
        assert_eq!(cut.shut, [(String::new(), Class::Damaged)]);
        assert!(cut.has("setPassword") && cut.has("some t"));
    }

    #[test]
    fn programs_for_macos_are_no_classes() {
        assert!(!begins(&[
            0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 2, 1, 0, 0, 7, 0, 0, 0, 3
        ]));
        assert_eq!(arguments(b"(I[[JLa/B;[La/B;)V"), Some((4, true)));
        assert_eq!(arguments(b"()I"), Some((0, false)));
        assert_eq!(arguments(b"(L"), None);
        // A table of jumps behind an instruction, with three ways.
        let mut code = vec![0, 0xaa, 0, 0, 0, 0, 0, 9, 0, 0, 0, 1, 0, 0, 0, 3];
        code.extend([0; 12]);
        assert_eq!(length(&code, 1), Some(27));
    }
}
