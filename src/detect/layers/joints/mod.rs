//! Texts that a program puts together from several strings: `"a" + "b"`, `"a" "b"`,
//! `["a", "b"].join("")`, `"%s%s" % ("a", "b")`, `f"{a}{b}"` with names of strings.
//!
//! `forms::ends` reads on over such pieces where it is a value's name that tells of it. Here a
//! literal stands in one of the pieces, or at a joint, and the view shows the pieces without
//! what joins them. All signs of all languages count. What is no string ends the text.

mod later;
mod lexer;
mod names;
mod terms;

use std::cell::Cell;
use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem;

use super::view::View;
use crate::finding::Encoding;
use crate::rules::class::{ByteSet, WORD};
use lexer::{QUOTES, Str, Text};
use terms::{Part, may_go_on};

/// How far around a literal the pieces of a text, and the strings that its names stand for, are
/// looked for.
const WINDOW: usize = 2048;
/// How far all this looks from a literal, in bytes.
pub(in crate::detect) const REACH: usize = WINDOW + 64;
/// What is shown beside the text.
const BESIDE: usize = 200;
/// How far behind a literal its string may end, so that the pieces are looked for at all.
const NEAR: usize = 512;
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

/// The view of the text that a literal at `word` is a part of, or of the one that is assigned to
/// the name in which it stands. And whether anything was looked
/// for beyond what [`written`](super::written) looks at.
pub(in crate::detect) fn around(
    bytes: &[u8],
    word: &Range<usize>,
    literal: Literal,
) -> (Option<View>, bool) {
    let hint = match literal {
        Literal::Value => may_join(bytes, word),
        Literal::Word => Hint::joined(may_name(bytes, word)),
    };
    if hint == Hint::Alone {
        return (None, false);
    }
    let text = text(bytes, word.start);
    if hint == Hint::Listed && !joins_items(&text.bytes[text.floor..]) {
        return (None, true);
    }
    let view = match literal {
        Literal::Value => in_string(&text, word),
        _ => behind_name(&text, word),
    };
    (view, true)
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
        steps: Cell::new(STEPS),
    }
}

/// What a few bytes around a literal tell of the string in which it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hint {
    /// It stands for itself, or there is none.
    Alone,
    /// It may be an item of a list.
    Listed,
    /// It may be a part of a text.
    Joined,
}

impl Hint {
    fn joined(may: bool) -> Self {
        if may { Self::Joined } else { Self::Alone }
    }
}

/// Whether a few bytes around a literal look as if a text were put together there. Most literals
/// stand in names of programs, or in strings that stand for themselves.
fn may_join(bytes: &[u8], word: &Range<usize>) -> Hint {
    let window = &bytes[..bytes.len().min(word.end + NEAR)];
    let behind = &window[word.end.min(window.len())..];
    // What belongs to the literal ends with its string, or goes on behind a hole in it.
    let Some(quote) = end_of_value(behind) else {
        return Hint::Joined;
    };
    if !behind.get(quote).is_some_and(|b| QUOTES.has(*b)) {
        return Hint::Alone;
    }
    let close = word.end + quote;
    let after = &window[close + 1..];
    if window[close] == b'`' && after.first() == Some(&b'`') {
        // ``Code`` in a text.
        return Hint::Alone;
    }
    let blanks = after.iter().take_while(|b| b" \t\r".contains(b)).count();
    let after = &after[blanks..];
    match after.first() {
        Some(
            b'+' | b'&' | b'|' | b'~' | b'<' | b'^' | b'\\' | b'_' | b'/' | b'"' | b'\'' | b'`',
        ) => Hint::Joined,
        Some(b'.') => Hint::joined(
            after
                .get(1)
                .is_some_and(|b| b" \t\r\n\"'.$(<acfjp".contains(b)),
        ),
        Some(b'%' | b'-' | b'#') => Hint::Joined,
        // `@"a" @"b"` of Objective-C.
        Some(b'@') => Hint::joined(after.get(1) == Some(&b'"')),
        Some(b',' | b')' | b']' | b'}') => listed(bytes, word.start),
        None | Some(b'\n' | b';') => Hint::joined(
            is_assigned(bytes, word.start)
                || may_go_on(window, close + 1) && {
                    let next = after.iter().find(|b| !b" \t\r\n".contains(b));
                    next.is_some_and(|b| b"\"'+.&|".contains(b))
                },
        ),
        _ => Hint::Alone,
    }
}

/// Where the value ends at which `text` begins, or its string: before a blank, a quote or a
/// bracket, or with `text`. None if it has a hole before.
fn end_of_value(text: &[u8]) -> Option<usize> {
    /// What ends a value, or may begin a hole.
    const STOPS: [bool; 256] = HOLES.or(ByteSet::of(b" \t\r\n\"'`()")).table();
    let mut at = 0;
    while let Some(next) = text[at..].iter().position(|b| STOPS[usize::from(*b)]) {
        at += next;
        if !HOLES.has(text[at]) {
            return Some(at);
        }
        if is_hole(text, at) {
            return None;
        }
        at += 1;
    }
    Some(text.len())
}

/// Whether a hole begins at `at`, or the string goes on in the next line.
fn is_hole(text: &[u8], at: usize) -> bool {
    let following = text.get(at + 1).copied().unwrap_or(b' ');
    match text[at] {
        b'$' | b'#' => following == b'{' || following.is_ascii_alphabetic(),
        b'{' => following == b'}' || WORD.has(following) || following == b'$',
        b'%' => b"sv1@{".contains(&following),
        _ => b"\r\n".contains(&following),
    }
}

/// Whether a string has a hole for another one, or goes on in the next line.
fn has_hole(text: &[u8]) -> bool {
    let holes = text.iter().enumerate().filter(|(_, b)| HOLES.has(**b));
    let mut holes = holes.map(|(at, _)| at);
    holes.any(|at| is_hole(text, at))
}

/// The bytes before the string around `at`, on whose line it begins, without blanks.
fn before_string(bytes: &[u8], at: usize) -> Option<&[u8]> {
    const FAR: usize = 256;
    let floor = at.saturating_sub(FAR);
    let before = &bytes[floor..at];
    let open = memchr::memrchr3(b'"', b'\'', b'`', before)?;
    if memchr::memchr(b'\n', &before[open..]).is_some() {
        return None;
    }
    let is_prefix = |b: &&u8| b.is_ascii_alphabetic() || b"@$".contains(b);
    let text = &before[..open];
    let prefix = text.iter().rev().take(2).take_while(is_prefix).count();
    let text = &text[..text.len() - prefix];
    Some(text.trim_ascii_end())
}

/// Whether the string around `at` is assigned to something.
fn is_assigned(bytes: &[u8], at: usize) -> bool {
    before_string(bytes, at).is_some_and(|before| before.ends_with(b"=") || before.ends_with(b"<-"))
}

/// What the brackets around the string at `at` make of it.
fn listed(bytes: &[u8], at: usize) -> Hint {
    let Some(before) = before_string(bytes, at) else {
        return Hint::Alone;
    };
    let Some(open) = last_bracket(before) else {
        return Hint::Alone;
    };
    if before[open] != b'(' {
        // What has a name is no item.
        let is_item = before.last().is_some_and(|b| b"[{(,".contains(b));
        return if is_item { Hint::Listed } else { Hint::Alone };
    }
    let head = before[..open].trim_ascii_end();
    if head.ends_with(b"%") {
        return Hint::Joined;
    }
    let word = head.iter().rev().take_while(|b| WORD.has(**b)).count();
    match &head[head.len() - word..] {
        word if terms::makes_list(word) => Hint::Listed,
        word => Hint::joined(terms::makes_text(word)),
    }
}

/// Where the last bracket opens that is not closed in `text`.
fn last_bracket(text: &[u8]) -> Option<usize> {
    let last = memchr::memrchr3(b'(', b'[', b'{', text)?;
    if memchr::memchr3(b')', b']', b'}', &text[last..]).is_none() {
        return Some(last);
    }
    let mut closed = 0usize;
    text.iter().rposition(|b| match b {
        b')' | b']' | b'}' => {
            closed += 1;
            false
        }
        b'(' | b'[' | b'{' if closed == 0 => true,
        b'(' | b'[' | b'{' => {
            closed -= 1;
            false
        }
        _ => false,
    })
}

/// Whether `bytes` have a word or a sign that joins the items of a list.
fn joins_items(bytes: &[u8]) -> bool {
    static JOINS: LazyLock<Vec<memmem::Finder<'static>>> = LazyLock::new(|| {
        let words = [
            "oin", "mplode", "oncat", "mkString", "paste", "cat(", "ppend", "collect", "reduce",
            "fold", "inject", ".sum", "ggregate", "* ",
        ];
        words.map(memmem::Finder::new).into()
    });
    JOINS.iter().any(|word| word.find(bytes).is_some())
}

/// What a string with holes has in it.
const HOLES: ByteSet = ByteSet::of(b"$#{%\\^");

/// Whether the value behind the name around `word` is made of strings with names. Others are read
/// without a view.
fn may_name(bytes: &[u8], word: &Range<usize>) -> bool {
    let window = &bytes[..bytes.len().min(word.end + NEAR)];
    let (at, links) = links(window, word.end);
    if !links.iter().any(|b| LINKS.has(*b)) {
        return false;
    }
    let value = &window[at + links.len()..];
    let line = memchr::memchr(b'\n', value).unwrap_or(value.len());
    let value = &value[..line.min(160)];
    match links.last() {
        Some(quote) if QUOTES.has(*quote) => {
            let end = memchr::memchr(*quote, value).unwrap_or(value.len());
            let next = value.get(end + 1..).unwrap_or_default();
            let next = next.iter().find(|b| !b" \t".contains(b));
            has_hole(&value[..end]) || next.is_none_or(|b| b"+.&|~<^%\\\"'`".contains(b))
        }
        _ => match value.first() {
            Some(b'$' | b'[') => true,
            Some(b'f' | b'F') if value.get(1).is_some_and(|b| QUOTES.has(*b)) => true,
            // `a + b`
            Some(first) if WORD.has(*first) => {
                let name = value.iter().take_while(|b| WORD.has(**b)).count();
                let rest = value[name..].trim_ascii_start();
                rest.first().is_some_and(|b| b"+.&|~<".contains(b)) && value[name] != b'.'
            }
            _ => false,
        },
    }
}

/// What links a name with its value.
const LINKS: ByteSet = ByteSet::of(b":=,(>");

/// Where the name around `at` ends, and what stands between it and its value.
fn links(bytes: &[u8], at: usize) -> (usize, &[u8]) {
    const NAME: usize = 64;
    let in_name = |b: &&u8| WORD.has(**b) || b"-.".contains(b);
    let rest = bytes.get(at..).unwrap_or_default();
    let name = rest.iter().take(NAME).take_while(in_name).count();
    let rest = &rest[name..];
    let links = rest.iter().take(NAME);
    let links = links.take_while(|b| b" \t\"'`])}:=>,(".contains(b)).count();
    (at + name, &rest[..links])
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
    let parts = text.expression(at).filter(|_| starts)?.parts();
    if !is_several(&parts) {
        return None;
    }
    let mut view = view(text, &parts, at..at, at)?;
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
        match &part.text {
            Some(own) if part.is_here() && *own == place => view.copy(text.bytes, place.clone()),
            Some(own) => view.named(text.bytes, own.clone(), place.clone()),
            None => view.whole(b" ", place.clone()),
        }
        at = place.end;
    }
    if whole.end > at {
        view.whole(b"\"", at..whole.end);
        at = whole.end;
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
