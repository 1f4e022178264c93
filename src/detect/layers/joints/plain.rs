//! Values without quotes that have a name and are put together by it: `A=gh`, and `$A$B` later on.

use std::ops::Range;

use super::lexer::Text;
use super::terms::Part;
use crate::rules::class::{ALNUM, ByteSet, WORD};

/// How many places of a name are looked at.
const PLACES: usize = 24;
/// How far before a value its line may begin.
const LINE: usize = 160;
/// What a line may begin with, before the name.
const WORDS: [&[u8]; 12] = [
    b"- ",
    b"export ",
    b"ARG ",
    b"ENV ",
    b"arg ",
    b"env ",
    b"set ",
    b"SET ",
    b"local ",
    b"declare ",
    b"readonly ",
    b"setenv ",
];
/// What a name may belong to: `${{ env.A }}`.
const OWNERS: [&[u8]; 2] = [b"env.", b"vars."];
/// What a value without quotes is made of.
const VALUE: ByteSet = ALNUM.or(ByteSet::of(b"_-.+/=~:@"));
/// What the word around a name is made of.
const BESIDE: ByteSet = ALNUM.or(ByteSet::of(b"_-.+/"));

/// A value with a name, on its own line.
struct Named {
    name: Range<usize>,
    value: Range<usize>,
}

/// Reads the line that begins at `start` as a name and its value.
fn named(bytes: &[u8], start: usize) -> Option<Named> {
    let blanks = |at: usize| {
        let rest = bytes.get(at..).unwrap_or_default();
        at + rest.iter().take_while(|b| b" \t".contains(b)).count()
    };
    let mut at = blanks(start);
    let mut sets = false;
    while let Some(word) = WORDS.iter().find(|word| bytes[at..].starts_with(word)) {
        sets |= word.eq_ignore_ascii_case(b"ENV ") || *word == b"setenv ";
        at = blanks(at + word.len());
    }
    if bytes.get(at) == Some(&b'<') {
        return element(bytes, at + 1);
    }
    // `set "A=b"` of batch files.
    let quoted = at > start && bytes.get(at) == Some(&b'"');
    at += usize::from(quoted);
    let name = at;
    let in_name = |b: &&u8| WORD.has(**b) || **b == b'-';
    at += bytes[name..].iter().take_while(in_name).count();
    let end = at;
    at = blanks(at);
    let sign = match bytes.get(at..)? {
        [b':' | b'?', b'=', ..] => 2,
        [b'=', ..] => 1,
        [b':', b' ', ..] => 2,
        _ if sets && at > end => 0,
        _ => return None,
    };
    at = blanks(at + sign);
    if bytes.get(at).is_some_and(|b| b"\"'".contains(b)) && !quoted {
        let quote = bytes[at];
        let rest = &bytes[at + 1..];
        let len = rest
            .iter()
            .position(|b| *b == quote || b"\\\n".contains(b))?;
        let value = at + 1..at + 1 + len;
        return (rest[len] == quote && end > name).then_some(Named {
            name: name..end,
            value,
        });
    }
    let len = bytes[at..].iter().take_while(|b| VALUE.has(**b)).count();
    let value = at..at + len;
    let rest = &bytes[value.end..];
    let blanks = rest.iter().take_while(|b| b" \t\r\"".contains(b)).count();
    let ended = matches!(rest.get(blanks), None | Some(b'\n' | b'#' | b';' | b'&'));
    (ended && len > 0 && end > name).then_some(Named {
        name: name..end,
        value,
    })
}

/// Reads an element of XML whose name stands at `name`: `<a>b</a>`.
fn element(bytes: &[u8], name: usize) -> Option<Named> {
    let in_name = |b: &&u8| WORD.has(**b) || b"-.".contains(b);
    let end = name + bytes[name..].iter().take_while(in_name).count();
    let value = bytes[end..].strip_prefix(b">")?;
    let len = value.iter().take_while(|b| VALUE.has(**b)).count();
    value[len..].starts_with(b"</").then(|| Named {
        name: name..end,
        value: end + 1..end + 1 + len,
    })
}

/// Whether the literal at `word` stands in a value without quotes that has a name.
pub(super) fn is_named(bytes: &[u8], word: &Range<usize>) -> bool {
    let before = word.start.checked_sub(1).map(|at| bytes[at]);
    if !before.is_some_and(|b| b"= :\t>\"'".contains(&b)) {
        return false;
    }
    of_word(bytes, word).is_some()
}

/// The value in which `word` stands, with its name.
fn of_word(bytes: &[u8], word: &Range<usize>) -> Option<Named> {
    let floor = word.start.saturating_sub(LINE);
    let start = floor + memchr::memrchr(b'\n', &bytes[floor..word.start]).map_or(0, |end| end + 1);
    if start == floor && floor > 0 {
        return None;
    }
    let named = named(bytes, start)?;
    let inside = named.value.start <= word.start && word.end <= named.value.end;
    inside.then_some(named)
}

impl Text<'_> {
    /// The text that a value without quotes, in which `word` stands, is made a part of later on.
    pub(super) fn used_plainly(&self, word: &Range<usize>) -> Option<Vec<Part>> {
        let own = of_word(self.bytes, word)?;
        let from = own.value.end;
        let finder = memchr::memmem::Finder::new(&self.bytes[own.name.clone()]);
        let mut uses = finder.find_iter(self.rest(from)).take(PLACES);
        uses.find_map(|at| {
            let at = from + at;
            let parts = self.word_of_names(at..at + own.name.len())?;
            from_own(parts, &own.value)
        })
    }

    /// The pieces of the word in which the name at `range` stands for a value, with nothing but
    /// letters, digits and other such names beside it.
    pub(super) fn word_of_names(&self, range: Range<usize>) -> Option<Vec<Part>> {
        let own = self.reference(range)?;
        let mut parts = vec![self.value_of(&own)?];
        let (mut at, mut end) = (own.place.start, own.place.end);
        // Before it, and behind it.
        while parts.len() < PLACES {
            let before = self.bytes[self.floor..at].iter().rev();
            let len = before.take_while(|b| BESIDE.has(**b)).count();
            if let Some(before) = self.reference_before(at).and_then(|r| self.value_of(&r)) {
                at = before.place.start;
                parts.insert(0, before);
                continue;
            }
            if len > 0 {
                parts.insert(0, Part::here(at - len..at));
            }
            break;
        }
        while parts.len() < 2 * PLACES {
            let rest = self.rest(end);
            let len = rest.iter().take_while(|b| BESIDE.has(**b)).count();
            if len > 0 {
                parts.push(Part::here(end..end + len));
                end += len;
            }
            let Some(next) = self.reference_at(end).and_then(|r| self.value_of(&r)) else {
                break;
            };
            end = next.place.end;
            parts.push(next);
        }
        (parts.len() > 1).then_some(parts)
    }

    /// What stands for a value around the name at `range`: `$A`, `${A}`, `$(A)`, `%A%`, `{{ A }}`.
    fn reference(&self, range: Range<usize>) -> Option<Reference> {
        const OPENERS: [(&[u8], &[u8]); 7] = [
            (b"${{", b"}}"),
            (b"${", b"}"),
            (b"$(", b")"),
            (b"{{", b"}}"),
            (b"%(", b")s"),
            (b"%", b"%"),
            (b"!", b"!"),
        ];
        const FAR: usize = 12;
        let floor = range.start.saturating_sub(FAR).max(self.floor);
        let before = &self.bytes[floor..range.start];
        let after = self.rest(range.end);
        if before.ends_with(b"$") && after.first().is_none_or(|b| !WORD.has(*b)) {
            let place = range.start - 1..range.end;
            return Some(Reference { name: range, place });
        }
        // `${{ env.A }}`
        let owned = OWNERS.iter().find_map(|owner| before.strip_suffix(*owner));
        let before = owned.unwrap_or(before);
        let open = before.trim_ascii_end();
        let close = after.trim_ascii_start();
        let (left, right) = OPENERS
            .iter()
            .find(|(left, right)| open.ends_with(left) && close.starts_with(right))?;
        let spaced = left.ends_with(b"{{");
        if !spaced && (open.len() < before.len() || close.len() < after.len()) {
            return None;
        }
        let start = floor + open.len() - left.len();
        let end = range.end + (after.len() - close.len()) + right.len();
        Some(Reference {
            name: range,
            place: start..end,
        })
    }

    /// The reference that begins at `at`.
    fn reference_at(&self, at: usize) -> Option<Reference> {
        const FAR: usize = 12;
        let rest = self.rest(at);
        if !matches!(rest.first(), Some(b'$' | b'{' | b'%' | b'!')) {
            return None;
        }
        let opener = rest
            .iter()
            .take(FAR)
            .take_while(|b| b"${(%!{ ".contains(b))
            .count();
        let owner = OWNERS
            .iter()
            .find(|owner| rest[opener..].starts_with(owner));
        let from = at + opener + owner.map_or(0, |owner| owner.len());
        let len = self.rest(from).iter().take_while(|b| WORD.has(**b)).count();
        let found = self.reference(from..from + len).filter(|_| len > 0)?;
        (found.place.start == at).then_some(found)
    }

    /// The reference that ends at `at`.
    fn reference_before(&self, at: usize) -> Option<Reference> {
        const FAR: usize = 64;
        let floor = at.saturating_sub(FAR).max(self.floor);
        let before = &self.bytes[floor..at];
        let close = before.iter().rev().take(4);
        let close = close.take_while(|b| b" })%!s".contains(b)).count();
        let ends = (0..=close).map(|close| at - close);
        ends.rev().find_map(|end| {
            let name = self.bytes[floor..end].iter().rev();
            let len = name.take_while(|b| WORD.has(**b)).count();
            let found = self.reference(end - len..end).filter(|_| len > 0)?;
            (found.place.end == at).then_some(found)
        })
    }

    /// The piece that a reference stands for: the value that its name was given last before it.
    fn value_of(&self, reference: &Reference) -> Option<Part> {
        let left = self.lookups.get().checked_sub(1)?;
        self.lookups.set(left);
        let name = &self.bytes[reference.name.clone()];
        let before = self.bytes.get(self.floor..reference.place.start)?;
        let finder = memchr::memmem::FinderRev::new(name);
        let mut places = finder.rfind_iter(before).take(PLACES);
        let found = places.find_map(|at| {
            let at = self.floor + at;
            let floor = at.saturating_sub(LINE).max(self.floor);
            let line = memchr::memrchr(b'\n', &self.bytes[floor..at]);
            let start = line.map_or(floor, |end| floor + end + 1);
            let found = named(self.bytes, start)?;
            (found.name == (at..at + name.len())).then_some(found)
        })?;
        let ends = found.value.end <= reference.place.start;
        (ends && !self.leaves_scope(found.name.start, reference.place.start)).then(|| Part {
            text: Some(found.value),
            place: reference.place.clone(),
        })
    }
}

/// A name that stands for a value, with what says so.
struct Reference {
    name: Range<usize>,
    place: Range<usize>,
}

/// The pieces from the one on that stands at `own`. It stands where its name got it, and the others
/// are no part of that place.
pub(super) fn from_own(parts: Vec<Part>, own: &Range<usize>) -> Option<Vec<Part>> {
    let at = parts
        .iter()
        .position(|part| part.text.as_ref() == Some(own))?;
    let behind = own.end..own.end;
    let mut parts = parts.get(at..)?.to_vec();
    parts
        .iter_mut()
        .for_each(|part| part.place = behind.clone());
    parts.first_mut()?.place = own.clone();
    (parts.len() > 1).then_some(parts)
}
