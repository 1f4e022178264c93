//! Texts that a program puts together from several strings: `"a" + "b"`, `"a" "b"`,
//! `["a", "b"].join("")`, `"%s%s" % ("a", "b")`, `f"{a}{b}"` with names of strings.
//!
//! `forms::ends` reads on over such pieces where it is a value's name that tells of it. Here a
//! literal stands in one of the pieces, or at a joint, and the view shows the pieces without
//! what joins them. All signs of all languages count. What is no string ends the text.

mod calls;
mod hints;
mod later;
mod lexer;
mod names;
mod plain;
mod scope;
mod terms;

use std::cell::Cell;
use std::ops::Range;

use super::view::View;
use crate::finding::Encoding;
pub(in crate::detect) use hints::{Hint, Stops};
use hints::{LINKS, joins_items, links, may_join, may_name};
use lexer::{QUOTES, Str, Text};
use terms::Part;

/// How far around a literal the pieces of a text, and the strings that its names stand for, are
/// looked for.
const WINDOW: usize = 2048;
/// How far all this looks from a literal, in bytes.
pub(in crate::detect) const REACH: usize = WINDOW + 64;
/// What is shown beside the text.
const BESIDE: usize = 200;
/// How far behind a string it is looked for a sign that joins it.
pub(in crate::detect) const SIGN: usize = 64;
/// How many names of one text are looked up.
const LOOKUPS: usize = 24;
/// How many steps are gone to read one text.
const STEPS: usize = 400;

/// What a literal is to its rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::detect) enum Literal {
    /// A part of a value.
    Value,
    /// A word near which a value stands.
    Word,
}

/// Whether a literal at `word` may be a part of a text that is put together, or stand in the name to
/// which one is assigned; None if not. It looks no farther than [`written`](super::written) does.
pub(in crate::detect) fn hint(
    bytes: &[u8],
    word: &Range<usize>,
    literal: Literal,
    stops: &mut Stops,
) -> Option<Hint> {
    let hint = match literal {
        Literal::Value => may_join(bytes, word, stops),
        Literal::Word => Hint::joined(may_name(bytes, word)),
    };
    (hint != Hint::Alone).then_some(hint)
}

/// The view of the text that a literal at `word` is a part of, or of the one that is assigned to
/// the name in which it stands.
pub(in crate::detect) fn around(
    bytes: &[u8],
    word: &Range<usize>,
    literal: Literal,
    hint: Hint,
) -> Option<View> {
    let text = text(bytes, word.start);
    if hint == Hint::Listed && !joins_items(&text.bytes[text.floor..]) {
        return None;
    }
    match literal {
        Literal::Value if hint == Hint::Named => {
            in_named(&text, word).or_else(|| in_string(&text, word))
        }
        Literal::Value => in_string(&text, word),
        _ => behind_name(&text, word),
    }
}

/// The view of the text of which one piece ends at `at`.
pub(in crate::detect) fn joint(bytes: &[u8], at: usize) -> Option<View> {
    let text = text(bytes, at);
    let string = text.string_around(at)?;
    let parts = text_of(&text, &string)?;
    view_of(&text, &parts, at)
}

/// The view of the text that is put together where `word` says so: `.join("")`, `%s%s`, `_${`.
pub(in crate::detect) fn told(bytes: &[u8], word: &Range<usize>) -> Option<View> {
    let text = text(bytes, word.start);
    let floor = word.start.saturating_sub(BESIDE);
    let before = bytes[floor..word.start].trim_ascii_end();
    let sign = &bytes[word.clone()];
    let suffix = b".-j".contains(sign.first()?);
    if goes_on(bytes, word) {
        return None;
    }
    let bracket = match before.last() {
        Some(b')' | b']' | b'}') if suffix => {
            let close = floor + before.len() - 1;
            text.brackets(close).first().copied()
        }
        _ => sign
            .iter()
            .position(|b| *b == b'(')
            .map(|at| word.start + at),
    };
    let made = match bracket {
        Some(at) => text.around_bracket(at)?,
        // What joins a list stands behind it.
        None if suffix => return None,
        None => {
            let string = text.string_around(word.start)?;
            let value = text.expression(string.open);
            match value.map(|value| (value.end, value.parts())) {
                Some((end, parts)) if is_several(&parts) => {
                    return view(&text, &parts, string.open..end, word.start);
                }
                _ => return view_of(&text, &text_of(&text, &string)?, word.start),
            }
        }
    };
    let (from, value) = made;
    let (end, parts) = (value.end, value.parts());
    if !is_several(&parts) {
        return None;
    }
    // Nothing else reads it behind its name.
    view(&text, &parts, from..end, word.start)
}

/// Whether the call at `word` goes on a row of such calls, all of which the first one leads to:
/// `.concat("a").concat("b")`. Where the row is longer than what that looks at, each joint leads by
/// itself.
fn goes_on(bytes: &[u8], word: &Range<usize>) -> bool {
    const FAR: usize = 96;
    let sign = &bytes[word.clone()];
    let floor = word.start.saturating_sub(FAR);
    let Some(&[quote, b')', b'.']) = bytes[floor..word.start].last_chunk() else {
        return false;
    };
    let argument = &bytes[floor..word.start - 3];
    let open = memchr::memrchr(quote, argument).filter(|_| QUOTES.has(quote));
    let head = open.and_then(|open| argument.get((open + 1).checked_sub(sign.len())?..=open));
    head.is_some_and(|head| head.eq_ignore_ascii_case(sign))
}

/// The last bytes of one piece and the first ones of those that it is joined with.
pub(in crate::detect) struct Seam {
    pub(in crate::detect) bytes: Vec<u8>,
    /// Where the first joint is.
    pub(in crate::detect) at: usize,
}

/// The seam at the string that ends at `at`. It looks less far than a whole text does.
pub(in crate::detect) fn seam(bytes: &[u8], at: usize) -> Option<Seam> {
    const BESIDE: usize = 24;
    const FAR: usize = 512;
    let text = Text {
        bytes: &bytes[..bytes.len().min(at + FAR)],
        floor: at.saturating_sub(FAR),
        lookups: Cell::new(0),
        assigns: Cell::new(None),
        steps: Cell::new(STEPS),
    };
    let string = text.string_around(at)?;
    if string.text.end != at {
        return None;
    }
    let from = string.text.start.max(at.saturating_sub(BESIDE));
    let mut seam = bytes[from..at].to_vec();
    let first = seam.len();
    let mut after = string.after;
    while seam.len() < first + BESIDE {
        let next = text.next_piece(after);
        let Some(next) = next else { break };
        let own = text.rest(next + 1);
        let quote = text.byte(next)?;
        let len = own.iter().take(BESIDE);
        let len = len
            .take_while(|b| **b != quote && !b"\\\n".contains(b))
            .count();
        seam.extend_from_slice(&own[..len]);
        if own.get(len) != Some(&quote) {
            break;
        }
        after = next + len + 2;
    }
    (seam.len() > first).then_some(Seam {
        bytes: seam,
        at: first,
    })
}

fn text(bytes: &[u8], at: usize) -> Text<'_> {
    Text {
        bytes: &bytes[..bytes.len().min(at + WINDOW)],
        floor: at.saturating_sub(WINDOW),
        lookups: Cell::new(LOOKUPS),
        assigns: Cell::new(None),
        steps: Cell::new(STEPS),
    }
}

/// The view of the text of which the string around `word` is a part.
fn in_string(text: &Text<'_>, word: &Range<usize>) -> Option<View> {
    let string = text.string_around(word.start)?;
    if string.text.end < word.end {
        return None;
    }
    let parts = text_of(text, &string)?;
    let own = parts.iter().position(|part| {
        let text = part.text.as_ref().filter(|_| part.is_here());
        text.is_some_and(|text| text.start <= word.start && word.end <= text.end)
    })?;
    view_of(text, &parts[own..], word.start)
}

/// The view of the text of which the value without quotes around `word` is a part.
fn in_named(text: &Text<'_>, word: &Range<usize>) -> Option<View> {
    let parts = text.used_plainly(word)?;
    view_of(text, &parts, word.start)
}

/// Whether a text has more than one piece.
fn is_several(parts: &[Part]) -> bool {
    let there = |part: &&Part| part.text.as_ref().is_some_and(|text| text.start < text.end);
    parts.iter().filter(there).count() > 1
}

/// The pieces of the text of which `string` is one.
fn text_of(text: &Text<'_>, string: &Str) -> Option<Vec<Part>> {
    let several = |parts: Vec<Part>| {
        let own = |part: &Part| {
            let text = part.text.as_ref().filter(|_| part.is_here());
            text.is_some_and(|t| string.text.start <= t.start && t.end <= string.text.end)
        };
        (is_several(&parts) && parts.iter().any(own)).then_some(parts)
    };
    let row = text.expression(string.open).map(|value| value.parts());
    let row = row.or_else(|| Some(text.pieces(string, 1)));
    row.and_then(several)
        .or_else(|| {
            let open = text.brackets(string.open).into_iter();
            let mut made = open.filter_map(|at| text.around_bracket(at));
            made.find_map(|(_, value)| several(value.parts()))
        })
        .or_else(|| text.around_hole(string).and_then(several))
        .or_else(|| text.calls_in_a_row(string))
        .or_else(|| text.list_joined_later(string).and_then(several))
        .or_else(|| text.use_of(string))
}

/// The view of the text that is assigned to the name in which `word` stands.
fn behind_name(text: &Text<'_>, word: &Range<usize>) -> Option<View> {
    let (name, mut links) = links(text.bytes, word.end);
    if !links.iter().any(|b| LINKS.has(*b)) {
        return None;
    }
    // The quote that opens the value, and the bracket before it, are none of what links it.
    while let Some((last, rest)) = links.split_last() {
        let opens = QUOTES.has(*last) || *last == b'(';
        if !opens || !rest.iter().any(|b| LINKS.has(*b)) {
            break;
        }
        links = rest;
    }
    let at = name + links.len();
    let at = text.skip(at);
    let starts = text.string(at).is_some()
        || text
            .byte(at)
            .is_some_and(|b| b"[(".contains(&b) || b.is_ascii_alphabetic() || b == b'$');
    let value = text.expression(at).filter(|_| starts)?;
    let (end, parts) = (value.end, value.parts());
    if !is_several(&parts) {
        return None;
    }
    let mut view = view(text, &parts, at..end, at)?;
    // A value in a row of strings is read where its name tells of it.
    view.counts_named = parts.iter().any(|part| !part.is_here());
    Some(view)
}

fn view_of(text: &Text<'_>, parts: &[Part], at: usize) -> Option<View> {
    let from = parts.first()?.place.start;
    let mut view = view(text, parts, from..from, at)?;
    view.counts_named = false;
    Some(view)
}

/// The view in which the pieces of the expression in `whole` stand side by side as one string, and
/// the rest of it is gone. If its end is not known, what stands behind the last piece stays.
fn view(text: &Text<'_>, parts: &[Part], whole: Range<usize>, asked: usize) -> Option<View> {
    let from = whole.start;
    let mut view = View::new(Encoding::Joined(0));
    view.saw(text.floor..asked + REACH);
    let beside = from.saturating_sub(BESIDE).max(text.floor).min(from);
    view.copy(text.bytes, beside..from);
    let mut at = from;
    let there = |part: &&Part| part.text.as_ref().is_none_or(|text| text.start < text.end);
    let mut opened = b'"';
    for (number, part) in parts.iter().filter(there).enumerate() {
        // What is named stands elsewhere, and may stand before what it is joined with.
        let place = match part.place.start >= at {
            true => part.place.clone(),
            false => at..at,
        };
        let is_first = number == 0;
        // The quote of the first piece opens the value.
        let quote = is_first && place.start > at && QUOTES.has(text.bytes[place.start - 1]);
        let opens = place.start - usize::from(quote);
        if !is_first || opens > at {
            view.joint(at..opens, is_first);
        }
        view.copy(text.bytes, opens..place.start);
        match quote {
            true => opened = text.bytes[opens],
            // A name has no quotes.
            false if is_first && whole.start < whole.end => view.whole(b"\"", opens..opens),
            false => {}
        }
        match &part.text {
            Some(own) if part.is_here() && *own == place => view.copy(text.bytes, place.clone()),
            Some(own) => view.named(text.bytes, own.clone(), place.clone()),
            None => view.whole(b" ", place.clone()),
        }
        at = place.end;
    }
    if whole.start < whole.end {
        view.whole(&[opened], at..whole.end.max(at));
        at = whole.end.max(at);
    }
    view.copy(text.bytes, at..text.bytes.len().min(at + BESIDE));
    Some(view)
}

/// Whether the string that ends at `at` is joined by a sign with what follows.
pub(in crate::detect) fn signs_follow(bytes: &[u8], at: usize) -> bool {
    if !bytes.get(at).is_some_and(|b| QUOTES.has(*b)) {
        return false;
    }
    let rest = &bytes[at + 1..bytes.len().min(at + SIGN)];
    let blanks = rest.iter().take_while(|b| b" \t\r\n".contains(b)).count();
    let rest = &rest[blanks..];
    let calls: [&[u8]; 3] = [b").append(", b".concat(", b".plus("];
    let first = rest.first().is_some_and(|b| b"+.&|~<^".contains(b));
    let second = rest
        .get(1)
        .is_some_and(|b| b" \t\r\n\"'`.+|<>&_".contains(b));
    first && second || calls.iter().any(|call| rest.starts_with(call))
}

#[cfg(test)]
mod tests;
