//! Bytes that are written as a list of numbers, in rows of digits, in Ascii85 or as `uuencode` does it,
//! and tokens that are turned.

use std::ops::Range;

use super::spans::{self, LONGEST};
use super::view::View;
use crate::detect::find::{Lead, ascii85, base85, dump, numbers, turned, uuencode};
use crate::finding::Encoding;
use crate::rules::class::ALNUM;
use numbers::Number;

/// The view of what the literal at `at` leads to.
pub(in crate::detect) fn view(lead: Lead, bytes: &[u8], at: usize) -> Option<View> {
    match lead {
        Lead::Numbers => list(bytes, at),
        Lead::Ascii85 => ascii(bytes, at),
        Lead::Dump => digits(bytes, at),
        Lead::Uuencode => uuencoded(bytes, at),
        Lead::Base85 => base85(bytes, at),
        Lead::Reversed => Some(reversed(bytes, at)),
        Lead::Rot13 => Some(moved(bytes, at)),
        _ => None,
    }
}

/// A view of `range`, which `push` decodes, and of what stands beside it on its lines.
fn beside(
    encoding: Encoding,
    bytes: &[u8],
    range: &Range<usize>,
    push: impl FnOnce(&mut View),
) -> View {
    let line = spans::beside(bytes, range);
    let mut view = View::new(encoding);
    view.copy(bytes, line.start..range.start);
    push(&mut view);
    view.copy(bytes, range.end..line.end);
    // A list may end because the next byte says so.
    view.saw(range.start.saturating_sub(2)..line.end + 2 * spans::BEFORE);
    view
}

/// A view in which nothing stands. That was seen in `range`, and what is near it.
fn nothing(encoding: Encoding, range: Range<usize>) -> View {
    let mut view = View::new(encoding);
    view.saw(range.start..range.end + 2 * spans::BEFORE);
    view
}

/// How far behind the last text of a list, or its beginning, the next text may stand, in bytes.
const APART: usize = 4 << 10;

/// A list of numbers: each part of it that means text, or all of a list that begins with something
/// else.
fn list(bytes: &[u8], at: usize) -> Option<View> {
    let first = numbers::first(bytes, at)?;
    let ceiling = at + LONGEST;
    let mut all = vec![first];
    let mut last = first;
    let mut is_packed = false;
    let (mut run, mut text_end) = (usize::from(numbers::is_text(first.byte)), first.end);
    while let Some(number) = numbers::next(bytes, last) {
        if number.end > ceiling || number.end > text_end + APART && !is_packed {
            break;
        }
        last = number;
        all.push(number);
        run = match numbers::is_text(number.byte) {
            true => run + 1,
            false => 0,
        };
        if run >= numbers::FEWEST {
            text_end = number.end;
        }
        if all.len() == numbers::FEWEST {
            let head: Vec<u8> = all.iter().map(|n| n.byte).collect();
            is_packed = numbers::begins_otherwise(&head);
        }
    }
    let texts: Vec<&[Number]> = match is_packed {
        true => vec![&all],
        false => {
            let texts = all.chunk_by(|a, b| numbers::is_text(a.byte) == numbers::is_text(b.byte));
            let is_text = |part: &[Number]| part.iter().all(|n| numbers::is_text(n.byte));
            texts
                .filter(|part| part.len() >= numbers::FEWEST && is_text(part))
                .collect()
        }
    };
    let begin = texts.first().and_then(|text| text.first());
    let end = texts.last().and_then(|text| text.last());
    let Some((begin, end)) = begin.zip(end) else {
        return Some(nothing(Encoding::Numbers, first.start..last.end));
    };
    let is_string = texts.len() == 1 && all.iter().all(|n| n.byte == 0 || is_graphic(n.byte));
    let open = opened(bytes, first.start).filter(|_| is_string);
    let range = match open {
        Some(open) => open..closed(bytes, last.end),
        None => first.start..end.end,
    };
    let mut view = beside(Encoding::Numbers, bytes, &range, |view| {
        // A string with the name that the list is given.
        if open.is_some() {
            view.whole(b"\"", range.start..begin.start);
        }
        let mut at = if open.is_some() {
            begin.start
        } else {
            range.start
        };
        for text in &texts {
            if let Some(number) = text.first().filter(|number| number.start > at) {
                view.whole(b"\n", at..number.start);
            }
            for number in *text {
                view.whole(&[number.byte], number.start..number.end);
                at = number.end;
            }
        }
        if open.is_some() {
            view.whole(b"\"", at..range.end);
        }
    });
    view.saw(range.start..last.end);
    view.is_cut = last.end + 8 > ceiling && numbers::next(bytes, last).is_some();
    Some(view)
}

/// Text in separated digits, or all of what begins with something else.
fn digits(bytes: &[u8], at: usize) -> Option<View> {
    let (mut layout, first) = dump::first(bytes, at)?;
    let encoding = layout.encoding();
    let ceiling = at + LONGEST;
    let mut groups = vec![first];
    let mut head = first.meaning().to_vec();
    let mut is_other = false;
    let mut last = first;
    let mut is_cut = false;
    while let Some(next) = layout.next(bytes, last) {
        head.extend(next.meaning().iter().take(12 - head.len().min(12)));
        is_other |= head.len() == 12 && groups.len() < 12 && dump::is_otherwise(&head);
        // What is no text may only show by its first bytes that it is something else.
        let ends =
            !next.is_text() && !is_other && (head.len() >= 12 || dump::is_lead_of_text(bytes, at));
        if ends || next.end > ceiling {
            is_cut = !ends;
            break;
        }
        groups.push(next);
        last = next;
    }
    let mut view = beside(encoding, bytes, &(first.start..last.end), |view| {
        for group in &groups {
            view.whole(group.meaning(), group.start..group.end);
        }
    });
    view.saw(first.start.saturating_sub(dump::BESIDE)..last.end + dump::BESIDE);
    view.is_cut = is_cut;
    Some(view)
}

/// A file that `uuencode` wrote.
fn uuencoded(bytes: &[u8], at: usize) -> Option<View> {
    let start = uuencode::content(bytes, at)?;
    let ceiling = at + LONGEST;
    let (mut groups, mut next) = (Vec::new(), start);
    while let Some((line, after)) = uuencode::line(bytes, next).filter(|_| next < ceiling) {
        groups.extend(line);
        next = after;
    }
    let end = groups.last()?.end;
    let mut view = View::new(Encoding::Uuencode);
    for group in &groups {
        view.whole(group.meaning(), group.start..group.end);
    }
    view.saw(at.saturating_sub(2)..end + 2 * spans::BEFORE);
    view.is_cut = next >= ceiling;
    Some(view)
}

/// What a value is made of that needs no escapes in a string.
fn is_graphic(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"\"'`\\".contains(&byte)
}

/// Where stands what opens the list whose first number is at `at`: `[`, `bytes([`, `new byte[] {`, if
/// the list is a value.
fn opened(bytes: &[u8], at: usize) -> Option<usize> {
    const LONGEST: usize = 48;
    let is_open = |b: &u8| ALNUM.has(*b) || b"_.[](){}&* \t\r\n".contains(b);
    let floor = at.saturating_sub(LONGEST);
    let link = floor + bytes[floor..at].iter().rposition(|b| !is_open(b))?;
    let blanks = bytes[link + 1..at].iter().take_while(|b| **b == b' ');
    let open = link + 1 + blanks.count();
    (b"=:".contains(&bytes[link]) && bytes[open..at].iter().any(|b| b"[{(".contains(b)))
        .then_some(open)
}

/// Where the list ends whose last number ends at `at`.
fn closed(bytes: &[u8], at: usize) -> usize {
    const LONGEST: usize = 64;
    let rest = &bytes[at..bytes.len().min(at + LONGEST)];
    let blanks = rest.iter().take_while(|b| b", \t\r\n".contains(b)).count();
    let close = rest[blanks..]
        .iter()
        .take_while(|b| b"]})".contains(b))
        .count();
    match close {
        0 => at,
        _ => at + blanks + close,
    }
}

/// Ascii85 between its marks.
fn ascii(bytes: &[u8], at: usize) -> Option<View> {
    let at = ascii85::mark(bytes, at);
    let ceiling = bytes.len().min(at + LONGEST);
    let text = &bytes[..ceiling];
    let mut groups = Vec::new();
    let mut end = at + ascii85::OPEN.len();
    while let Some(group) = ascii85::group(text, end) {
        end = group.end;
        groups.push(group);
    }
    let rest = text[end..].trim_ascii_start();
    let is_cut = rest.is_empty() && ceiling < bytes.len();
    if !rest.starts_with(ascii85::CLOSE) && !is_cut {
        let seen = at..ceiling - rest.len() + ascii85::CLOSE.len();
        return Some(nothing(Encoding::Ascii85, seen));
    }
    // The marks are no part of what is encoded.
    let close = ceiling - rest.len() + if is_cut { 0 } else { ascii85::CLOSE.len() };
    let mut view = beside(Encoding::Ascii85, bytes, &(at..close), |view| {
        for group in &groups {
            view.whole(group.meaning(), group.start..group.end);
        }
    });
    view.is_cut = is_cut;
    Some(view)
}

/// Bytes in 85 signs without marks.
fn base85(bytes: &[u8], at: usize) -> Option<View> {
    const SIGNS: usize = 32 << 10;
    let (number, place) = base85::found(bytes, at, SIGNS)?;
    let alphabet = base85::ALPHABETS.get(number)?;
    let text = &bytes[..place.end];
    let groups: Vec<_> = alphabet.groups(text, place.start, SIGNS).collect();
    let range = place.start..groups.last()?.place.end;
    let encoding = match number {
        0 => Encoding::Ascii85,
        _ => Encoding::Base85,
    };
    let mut view = beside(encoding, bytes, &range, |view| {
        for group in &groups {
            view.whole(group.meaning(), group.place.clone());
        }
    });
    view.saw(at..place.end + 1);
    view.is_cut = range.len() >= SIGNS - 8;
    Some(view)
}

/// A token that is written backwards.
fn reversed(bytes: &[u8], at: usize) -> View {
    let token = turned::token(bytes, at);
    beside(Encoding::Reversed, bytes, &token, |view| {
        view.backwards(&bytes[token.clone()], token.clone());
    })
}

/// A token of which each letter is moved by 13 places.
fn moved(bytes: &[u8], at: usize) -> View {
    let token = turned::token(bytes, at);
    beside(Encoding::Rot13, bytes, &token, |view| {
        let turned = bytes[token.clone()].iter().map(|b| turned::rot13(*b));
        view.bits(turned, token.clone(), (8, 0));
    })
}
