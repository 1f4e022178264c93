//! Bytes that are written as a list of numbers or in Ascii85, and tokens that are turned.

use std::ops::Range;

use super::spans::{self, LONGEST};
use super::view::View;
use crate::detect::find::{Lead, ascii85, numbers, turned};
use crate::finding::Encoding;

/// The view of what the literal at `at` leads to.
pub(in crate::detect) fn view(lead: Lead, bytes: &[u8], at: usize) -> Option<View> {
    match lead {
        Lead::Numbers => list(bytes, at),
        Lead::Ascii85 => ascii(bytes, at),
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

/// A list of numbers: all that mean text, or all of a list that begins with something else.
fn list(bytes: &[u8], at: usize) -> Option<View> {
    let first = numbers::first(bytes, at)?;
    let ceiling = at + LONGEST;
    let mut all = vec![first];
    let mut last = first;
    let is_text = numbers::is_text(first.byte);
    while let Some(number) = numbers::next(bytes, last).filter(|n| n.end <= ceiling) {
        last = number;
        // What is no text ends one.
        if is_text && all.len() >= numbers::FEWEST && !numbers::is_text(number.byte) {
            break;
        }
        all.push(number);
    }
    let head: Vec<u8> = all.iter().take(numbers::FEWEST).map(|n| n.byte).collect();
    let whole = all.len();
    if !numbers::begins_otherwise(&head) {
        all.truncate(all.iter().take_while(|n| numbers::is_text(n.byte)).count());
    }
    let is_whole = all.len() == whole && all.last() == Some(&last);
    if all.len() < numbers::FEWEST {
        return Some(nothing(Encoding::Numbers, first.start..last.end));
    }
    let range = first.start..all.last()?.end;
    let mut view = beside(Encoding::Numbers, bytes, &range, |view| {
        for number in &all {
            view.whole(&[number.byte], number.start..number.end);
        }
    });
    view.saw(range.start..last.end);
    view.is_cut = is_whole && numbers::next(bytes, last).is_some();
    Some(view)
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
