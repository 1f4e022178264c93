//! Where objects and streams stand in a document.

use std::collections::HashMap;
use std::ops::Range;

use super::token::{Dictionary, Token, Tokens, number, reference};

/// The most objects that are looked up by their number.
const OBJECTS: usize = 1 << 20;

/// The most bytes between a dictionary and its stream.
const BETWEEN: usize = 1024;

/// How often the end of one dictionary is looked for.
const TRIES: u32 = 8;

/// A stream: its object, and where its dictionary and its bytes are.
pub(super) struct Stream {
    pub(super) number: u32,
    dictionary: Range<u32>,
    packed: Range<u32>,
}

impl Stream {
    pub(super) fn dictionary<'a>(&self, data: &'a [u8]) -> Dictionary<'a> {
        Dictionary::of(slice(data, &self.dictionary)).0
    }

    pub(super) fn packed<'a>(&self, data: &'a [u8]) -> &'a [u8] {
        slice(data, &self.packed)
    }

    pub(super) fn start(&self) -> usize {
        self.packed.start as usize
    }

    pub(super) fn end(&self) -> usize {
        self.packed.end as usize
    }
}

fn slice<'a>(data: &'a [u8], range: &Range<u32>) -> &'a [u8] {
    data.get(range.start as usize..range.end as usize)
        .unwrap_or_default()
}

/// Returns all beginnings `N G obj` of objects: their numbers, and where their values begin.
fn beginnings(data: &[u8]) -> impl Iterator<Item = (u32, usize)> {
    memchr::memmem::find_iter(data, b"obj").filter_map(|at| {
        let before = trim(&data[at.saturating_sub(40)..at]);
        let before = trim(digits(before)?.0);
        let (_, number) = digits(before)?;
        Some((number, at + 3))
    })
}

fn trim(bytes: &[u8]) -> &[u8] {
    bytes.trim_ascii_end()
}

/// Splits digits off the end.
fn digits(bytes: &[u8]) -> Option<(&[u8], u32)> {
    let count = bytes
        .iter()
        .rev()
        .take_while(|b| b.is_ascii_digit())
        .count();
    let (before, digits) = bytes.split_at(bytes.len() - count);
    let number = std::str::from_utf8(digits).ok()?.parse().ok()?;
    Some((before, number))
}

/// Returns all streams in their order, and whether the last one is cut off.
pub(super) fn streams(data: &[u8]) -> (Vec<Stream>, bool) {
    let mut found = Vec::new();
    let mut lengths = HashMap::new();
    for (number, at) in beginnings(data) {
        // Lengths stand in objects of their own, often behind their streams.
        let mut tokens = Tokens::new(&data[at..data.len().min(at + 32)]);
        if let Some(Token::Number(value)) = tokens.next()
            && lengths.len() < OBJECTS
        {
            lengths.insert(number, value as usize);
        }
    }
    let mut objects = beginnings(data).peekable();
    let mut object = None;
    let mut tries = 0;
    // Where the stream before ends.
    let mut end = 0;
    let mut is_cut = false;
    for at in memchr::memmem::find_iter(data, b"stream") {
        if at < end {
            continue;
        }
        while let Some(next) = objects.next_if(|(_, start)| *start <= at) {
            if next.1 > end {
                object = Some(next);
                tries = 0;
            }
        }
        let behind = &data[at + 6..];
        let start = match behind {
            [b'\r', b'\n', ..] => at + 8,
            [b'\r' | b'\n', ..] => at + 7,
            // A blank is wrong there, and some programs write it.
            [b' ', b'\r', b'\n', ..] => at + 9,
            [b' ', b'\r' | b'\n', ..] => at + 8,
            _ => continue,
        };
        let Some((number, from)) = object.filter(|(_, from)| *from >= end && tries < TRIES) else {
            continue;
        };
        tries += 1;
        let (dictionary, len) = Dictionary::of(&data[from..at]);
        let between = &data[from + len..at];
        let is_stream = !dictionary.entries().is_empty()
            && between.len() <= BETWEEN
            && Tokens::new(between).all(|token| matches!(token, Token::Comment(_)));
        if !is_stream {
            continue;
        }
        let told = dictionary.get("Length").and_then(|value| {
            let known = reference(value).and_then(|number| lengths.get(&number).copied());
            known.or_else(|| self::number(value))
        });
        let length = told.and_then(|len| start.checked_add(len));
        let told = length.filter(|end| {
            let behind = data.get(*end..).unwrap_or_default();
            let blanks = behind
                .iter()
                .take(4)
                .take_while(|b| b.is_ascii_whitespace())
                .count();
            behind[blanks..].starts_with(b"endstream")
        });
        let told = told.or_else(|| {
            // Where one has no end, the next ones have none either.
            match is_cut {
                true => None,
                false => memchr::memmem::find(&data[start..], b"endstream").map(|at| start + at),
            }
        });
        object = None;
        // Without its end it may still have a length.
        let length = length.filter(|end| *end <= data.len());
        end = told.or(length).unwrap_or(data.len());
        found.push(Stream {
            number,
            dictionary: from as u32..(from + len) as u32,
            packed: start as u32..end as u32,
        });
        is_cut |= told.is_none();
    }
    (found, is_cut)
}

/// Whether a document says that it is encrypted.
pub(super) fn is_encrypted(data: &[u8], streams: &[Stream]) -> bool {
    let mut streams = streams.iter().peekable();
    memchr::memmem::find_iter(data, b"/Encrypt").any(|at| {
        while streams.next_if(|stream| stream.end() <= at).is_some() {}
        if streams.peek().is_some_and(|stream| stream.start() <= at) {
            return false;
        }
        let rest = &data[at + 8..data.len().min(at + 40)];
        let mut tokens = Tokens::new(rest);
        match tokens.next() {
            Some(Token::Sign("<<")) => true,
            Some(Token::Number(_)) => {
                matches!(tokens.next(), Some(Token::Number(_)))
                    && matches!(tokens.next(), Some(Token::Word(b"R")))
            }
            _ => false,
        }
    })
}

/// Objects by their numbers, as they are written. Of several with one number, the last counts.
#[derive(Default)]
pub(super) struct Objects<'a>(HashMap<u32, &'a [u8]>);

impl<'a> Objects<'a> {
    /// Returns the objects that stand outside of streams.
    pub(super) fn outside(data: &'a [u8], streams: &[Stream]) -> Self {
        let mut objects = Self::default();
        let mut streams = streams.iter().peekable();
        let mut before: Option<(u32, usize)> = None;
        for (number, at) in beginnings(data) {
            while streams.next_if(|stream| stream.end() < at).is_some() {}
            let stream = streams.peek().map(|stream| stream.start());
            if stream.is_some_and(|start| start <= at) {
                continue;
            }
            if let Some((number, from)) = before.replace((number, at)) {
                objects.push(number, &data[from..at]);
            }
        }
        if let Some((number, from)) = before {
            objects.push(number, &data[from..]);
        }
        objects
    }

    /// Adds the objects of an object stream, which begins with their numbers and places.
    pub(super) fn packed(&mut self, stream: &'a [u8], first: usize) {
        let Some((head, bodies)) = stream.split_at_checked(first) else {
            return;
        };
        let mut numbers = Tokens::new(head).map_while(|token| match token {
            Token::Number(number) => Some(number as usize),
            _ => None,
        });
        let mut before: Option<(u32, usize)> = None;
        while let (Some(number), Some(at)) = (numbers.next(), numbers.next()) {
            if let Some((number, from)) = before.replace((number as u32, at)) {
                self.push(number, bodies.get(from..at).unwrap_or_default());
            }
        }
        if let Some((number, from)) = before {
            self.push(number, bodies.get(from..).unwrap_or_default());
        }
    }

    fn push(&mut self, number: u32, body: &'a [u8]) {
        if self.0.len() < OBJECTS {
            self.0.insert(number, body);
        }
    }

    /// Returns what a value refers to, or itself.
    pub(super) fn resolve(&self, value: &'a [u8]) -> &'a [u8] {
        match reference(value) {
            Some(number) => self.get(number),
            None => value,
        }
    }

    /// Returns an object; nothing if there is no such object.
    pub(super) fn get(&self, number: u32) -> &'a [u8] {
        self.0.get(&number).copied().unwrap_or_default()
    }

    /// Returns all objects, ordered by their numbers.
    pub(super) fn in_order(&self) -> Vec<(u32, &'a [u8])> {
        let mut all: Vec<_> = self
            .0
            .iter()
            .map(|(number, body)| (*number, *body))
            .collect();
        all.sort_by_key(|(number, _)| *number);
        all
    }
}
