//! Strings, names and signs of programs, in whatever language.

use std::cell::Cell;
use std::ops::Range;

use crate::detect::forms::ends::gap;
use crate::rules::class::{ALNUM, ByteSet, WORD};

pub(super) const QUOTES: ByteSet = ByteSet::of(b"\"'`");
/// Signs that join two strings in some language. Longer ones come first.
const SIGNS: &[&[u8]] = &[
    b"stringByAppendingString:",
    b"plus ",
    b"++",
    b"..",
    b"<>",
    b"<<",
    b"||",
    b"+",
    b".",
    b"&",
    b"^",
    b"~",
    b"*",
];
/// Signs that begin a line of something else as well.
const ON_ONE_LINE: &[&[u8]] = &[b"&", b"^", b"~"];
/// Words that look like the prefix of a string and are none: `"a" or "b"`.
const NO_PREFIX: &[&[u8]] = &[
    b"or", b"and", b"if", b"in", b"is", b"as", b"to", b"by", b"on", b"AS", b"OR", b"eq", b"ne",
];

/// How many signs stand before the quote of a string at most.
pub(super) const PREFIX: usize = 3;

/// Whether a sign may stand there: `f"…"`, `@"…"`, `u8"…"`.
pub(super) fn is_prefix(sign: u8) -> bool {
    ALNUM.has(sign) || b"@$&".contains(&sign)
}

/// The first of `texts` with which `rest` begins. Nearly all differ in their first byte.
#[inline]
pub(super) fn first_of<'t>(texts: &'t [&'t [u8]], rest: &[u8]) -> Option<&'t &'t [u8]> {
    let first = rest.first()?;
    let mut texts = texts.iter();
    texts.find(|text| text.first() == Some(first) && rest.starts_with(text))
}

/// The part of a content in which the pieces of one value may stand.
pub(super) struct Text<'a> {
    /// The content, up to where a piece may end.
    pub(super) bytes: &'a [u8],
    /// Where a piece may begin.
    pub(super) floor: usize,
    /// How many names may still be looked up.
    pub(super) lookups: Cell<usize>,
    /// Whether a string of this text may be assigned to a name, once somebody has asked.
    pub(super) assigns: Cell<Option<bool>>,
    /// How many steps the reader may still go, so that a text made of brackets costs no more than
    /// others.
    pub(super) steps: Cell<usize>,
}

/// A string of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Str {
    /// The first byte of its prefix or quote.
    pub(super) open: usize,
    /// What stands between its quotes.
    pub(super) text: Range<usize>,
    /// Behind its last quote.
    pub(super) after: usize,
}

impl<'a> Text<'a> {
    pub(super) fn byte(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    pub(super) fn rest(&self, at: usize) -> &'a [u8] {
        self.bytes.get(at..).unwrap_or_default()
    }

    /// Where the next thing of the program stands behind blanks, line ends and comments.
    pub(super) fn skip(&self, at: usize) -> usize {
        match self.step() {
            true => gap(self.bytes, at).to,
            false => self.bytes.len(),
        }
    }

    /// Goes a step, unless there were too many.
    fn step(&self) -> bool {
        let left = self.steps.get();
        self.steps.set(left.saturating_sub(1));
        left > 0
    }

    /// The string at `at`, which may have a prefix: `f"…"`, `@"…"`, `u8"…"`.
    pub(super) fn string(&self, at: usize) -> Option<Str> {
        let rest = self.rest(at);
        let prefix = rest.iter().take(PREFIX);
        let prefix = prefix.take_while(|sign| is_prefix(**sign)).count();
        let quote = self.byte(at + prefix).filter(|b| QUOTES.has(*b))?;
        if prefix > 0 && NO_PREFIX.contains(&&rest[..prefix]) {
            return None;
        }
        let triple = rest[prefix..].starts_with(&[quote; 3]);
        let width = if triple { 3 } else { 1 };
        let start = at + prefix + width;
        let end = self.string_end(start, quote, triple)?;
        Some(Str {
            open: at,
            text: start..end,
            after: end + width + suffix(self.rest(end + width)),
        })
    }

    /// The quote that ends the string with its text at `start`.
    pub(super) fn string_end(&self, start: usize, quote: u8, triple: bool) -> Option<usize> {
        let mut at = start;
        loop {
            at += memchr::memchr3(quote, b'\\', b'\n', self.rest(at))?;
            match self.bytes[at] {
                b'\\' => {
                    at += if self.rest(at + 1).starts_with(b"\r\n") {
                        3
                    } else {
                        2
                    }
                }
                b'\n' if !triple && quote != b'`' => return None,
                b'\n' => at += 1,
                _ if triple && !self.rest(at).starts_with(&[quote; 3]) => at += 1,
                _ => return Some(at),
            }
        }
    }

    /// The string in which `at` stands: the nearest quote before it on its line opens it.
    pub(super) fn string_around(&self, at: usize) -> Option<Str> {
        const FAR: usize = 256;
        let floor = at.saturating_sub(FAR).max(self.floor);
        let before = self.bytes.get(floor..at)?;
        let open = match memchr::memrchr3(b'"', b'\'', b'`', before) {
            // A line that begins behind it counts.
            Some(quote) => quote + memchr::memrchr(b'\n', &before[quote..]).unwrap_or(0),
            None => memchr::memrchr(b'\n', before)?,
        };
        let open = floor + open;
        let quote = self.bytes[open];
        // In a text of several lines, and in one with escaped quotes, the next quote ends it.
        let is_open = quote != b'\n' && self.byte(open.wrapping_sub(1)) != Some(b'\\');
        if !is_open {
            return self.line_of_block(at, floor);
        }
        let triple = open >= 2 && self.bytes[open - 2..].starts_with(&[quote; 3]);
        let end = self.string_end(open + 1, quote, triple)?;
        let width = if triple { 3 } else { 1 };
        let prefix = self.bytes[floor..open].iter().rev().take(3);
        let prefix = prefix.take_while(|b| b.is_ascii_alphabetic() || b"@$".contains(b));
        (end >= at).then(|| Str {
            open: open - if triple { 2 } else { prefix.count() },
            text: open + 1..end,
            after: end + width + suffix(self.rest(end + width)),
        })
    }

    /// The rest of a string of several lines, from the line on in which `at` stands.
    fn line_of_block(&self, at: usize, floor: usize) -> Option<Str> {
        let before = &self.bytes[floor..at];
        let start = floor + memchr::memrchr(b'\n', before)? + 1;
        let far = self.bytes.len().min(at + 640);
        let rest = &self.bytes[at..far];
        let end =
            at + memchr::memmem::find(rest, b"\"\"\"").or_else(|| memchr::memchr(b'`', rest))?;
        Some(Str {
            open: start,
            text: start..end,
            after: end + if self.bytes[end] == b'"' { 3 } else { 1 },
        })
    }

    /// The name at `at`, without the sign of a variable before it. None if it is called, or is
    /// only the beginning of something longer.
    pub(super) fn name(&self, at: usize) -> Option<Range<usize>> {
        let sigil = usize::from(self.byte(at).is_some_and(|b| b"$@".contains(&b)));
        let start = at + sigil;
        let word = |at: usize| at + self.rest(at).iter().take_while(|b| WORD.has(**b)).count();
        let mut end = word(start);
        if end == start || self.bytes[start].is_ascii_digit() {
            return None;
        }
        if OWNERS.contains(&&self.bytes[start..end]) {
            let dot = self.rest(end);
            let dots = if dot.starts_with(b"->") || dot.starts_with(b"::") {
                2
            } else {
                usize::from(dot.starts_with(b"."))
            };
            end = word(end + dots);
        }
        let goes_on = match self.rest(end) {
            [b'(' | b'[', ..] => true,
            [b'.', next, ..] => sigil == 0 && (next.is_ascii_alphabetic() || *next == b'_'),
            [b'-', b'>', ..] | [b':', b':', ..] => true,
            _ => false,
        };
        (!goes_on).then_some(start..end)
    }

    /// Where the operand stands that is joined with what ends at `at`.
    pub(super) fn joined_with(&self, at: usize) -> Option<usize> {
        if !self.step() {
            return None;
        }
        let space = gap(self.bytes, at);
        let rest = self.rest(space.to);
        let sign = first_of(SIGNS, rest);
        let Some(sign) = sign else {
            // Strings side by side.
            return self.string(space.to).map(|_| space.to);
        };
        let next = rest.get(sign.len()).copied().unwrap_or(b'\n');
        let other = next == b'=' || sign.len() == 1 && next == sign[0];
        let own_line = space.newline && !space.continued && ON_ONE_LINE.contains(sign);
        let either = *sign == b"||" && self.chooses(at);
        (!other && !own_line && !either).then(|| self.skip(space.to + sign.len()))
    }

    /// Whether `||` behind what ends at `at` is that of a language in which it takes the first of two
    /// values that is none: a word of such languages stands before it on its line.
    fn chooses(&self, at: usize) -> bool {
        const FAR: usize = 120;
        const WORDS: [&[u8]; 6] = [b"const ", b"let ", b"var ", b"return ", b"=> ", b"if ("];
        let before = &self.bytes[at.saturating_sub(FAR).max(self.floor.min(at))..at];
        let line = memchr::memrchr(b'\n', before).map_or(before, |end| &before[end + 1..]);
        let stands = |word: &[u8]| memchr::memmem::find(line, word).is_some();
        before.ends_with(b"\"") || WORDS.iter().any(|word| stands(word))
    }

    /// Where the quote stands that opens the string with which what ends at `at` is joined.
    pub(super) fn next_piece(&self, at: usize) -> Option<usize> {
        let calls: [&[u8]; 2] = [b").append(", b".concat("];
        let call = first_of(&calls, self.rest(at));
        let next = match call {
            Some(call) => self.skip(at + call.len()),
            None => self.joined_with(at)?,
        };
        let quote = self
            .rest(next)
            .iter()
            .take(4)
            .position(|b| QUOTES.has(*b))?;
        Some(next + quote)
    }

    /// The brackets that are open at `at`, the innermost first.
    pub(super) fn brackets(&self, at: usize) -> Vec<usize> {
        const FAR: usize = 512;
        const MOST: usize = 3;
        const SIGNS: [bool; 256] = ByteSet::of(b"()[]{};").table();
        let floor = at.saturating_sub(FAR).max(self.floor);
        let (mut found, mut closed) = (Vec::new(), 0usize);
        if (0..8).any(|_| !self.step()) {
            return found;
        }
        let mut end = at.min(self.bytes.len());
        // Most bytes are none of these.
        while let Some(next) = self.bytes[floor..end]
            .iter()
            .rposition(|b| SIGNS[usize::from(*b)])
        {
            end = floor + next;
            match self.bytes[end] {
                b')' | b']' | b'}' => closed += 1,
                b'(' | b'[' | b'{' if closed > 0 => closed -= 1,
                b'(' | b'[' | b'{' => found.push(end),
                _ => break,
            }
            if found.len() == MOST {
                break;
            }
        }
        found
    }

    /// Where what stands before the bracket at `at` begins: the name of a function or a type.
    pub(super) fn head(&self, at: usize) -> usize {
        const FAR: usize = 48;
        let floor = at.saturating_sub(FAR).max(self.floor);
        let before = &self.bytes[floor..at];
        let is_head = |b: &&u8| WORD.has(**b) || b".:!$[]*&".contains(b);
        let head = at - before.iter().rev().take_while(is_head).count();
        // `[concat(`: the bracket is none of the type's.
        let opens = self.bytes[head..at].first() == Some(&b'[');
        let closes = self.bytes[head..at].contains(&b']');
        head + usize::from(opens && !closes)
    }
}

/// What the members of an object, a class or a module stand behind.
const OWNERS: &[&[u8]] = &[b"self", b"this", b"cls", b"static", b"local", b"var"];

/// The name of a member without what it is a member of: `self.a`, `local.a`.
pub(super) fn member(name: &[u8]) -> Option<&[u8]> {
    let owner = name.iter().take_while(|b| WORD.has(**b)).count();
    let rest = &name[owner..];
    let dots: [&[u8]; 3] = [b".", b"->", b"::"];
    let dots = dots.iter().find(|dots| rest.starts_with(dots))?;
    OWNERS
        .contains(&&name[..owner])
        .then(|| &rest[dots.len()..])
}

/// The length of an owner and of what links it with its member, if `before` ends with them.
pub(super) fn owner(before: &[u8]) -> Option<usize> {
    let dots: [&[u8]; 3] = [b".", b"->", b"::"];
    let owner = dots.iter().find_map(|dots| before.strip_suffix(*dots))?;
    let len = owner.iter().rev().take_while(|b| WORD.has(**b)).count();
    let is_one = OWNERS.contains(&&owner[owner.len() - len..]);
    is_one.then(|| len + before.len() - owner.len())
}

/// The length of the letters behind a string that say its type: `"a"s`, `"a"sv`.
fn suffix(rest: &[u8]) -> usize {
    let len = rest.iter().take(3).take_while(|b| WORD.has(**b)).count();
    match &rest[..len] {
        b"s" | b"sv" => len,
        _ => 0,
    }
}
