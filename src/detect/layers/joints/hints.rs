//! What a few bytes around a literal tell: whether its string may be a part of a text that a program
//! puts together. Most literals stand in names, or in strings that stand for themselves.

use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem;

use super::calls::{makes_list, makes_text};
use super::lexer::QUOTES;
use super::names::is_wrapper;
use super::plain::is_named;
use super::terms::may_go_on;
use crate::rules::class::{ByteSet, WORD};

/// How far behind a literal its string may end, so that the pieces are looked for at all.
const NEAR: usize = 512;

/// What a few bytes around a literal tell of the string in which it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::detect) enum Hint {
    /// It stands for itself, or there is none.
    Alone,
    /// It may be an item of a list.
    Listed,
    /// It may be a part of a text.
    Joined,
    /// It may be a value without quotes that has a name.
    Named,
}

impl Hint {
    pub(super) fn joined(may: bool) -> Self {
        if may { Self::Joined } else { Self::Alone }
    }
}

/// Whether a few bytes around a literal look as if a text were put together there. Most literals
/// stand in names of programs, or in strings that stand for themselves.
pub(super) fn may_join(bytes: &[u8], word: &Range<usize>, stops: &mut Stops) -> Hint {
    let window = &bytes[..bytes.len().min(word.end + NEAR)];
    let behind = &window[word.end.min(window.len())..];
    // What belongs to the literal ends with its string, or goes on behind a hole in it.
    let Some(quote) = end_of_value(window, word.end, stops) else {
        return Hint::Joined;
    };
    let is_quote = behind.get(quote).is_some_and(|b| QUOTES.has(*b));
    let ends_line = |at: usize| behind.get(at).is_none_or(|b| b" \r\n".contains(b));
    if ends_line(quote + usize::from(is_quote)) && is_named(bytes, word) {
        return Hint::Named;
    }
    if !is_quote {
        return Hint::Alone;
    }
    let close = word.end + quote;
    let after = &window[close + 1..];
    if window[close] == b'`' && after.first() == Some(&b'`') {
        // ``Code`` in a text.
        return Hint::Alone;
    }
    let after = after.strip_prefix(b"s").unwrap_or(after);
    let blanks = after.iter().take_while(|b| b" \t\r".contains(b)).count();
    let after = &after[blanks..];
    if opens_string(after) {
        return Hint::Joined;
    }
    match after.first() {
        Some(
            b'+' | b'&' | b'|' | b'~' | b'<' | b'^' | b'\\' | b'_' | b'/' | b'"' | b'\'' | b'`',
        ) => Hint::Joined,
        Some(b'.') => Hint::joined(
            after
                .get(1)
                .is_some_and(|b| b" \t\r\n\"'.$(<acfijpt".contains(b)),
        ),
        Some(b'*') => Hint::joined(after.get(1) == Some(&b' ')),
        Some(b's') => Hint::joined(after.starts_with(b"stringBy")),
        Some(b'%' | b'-' | b'#') => Hint::Joined,
        // `@"a" @"b"` of Objective-C.
        Some(b'@') => Hint::joined(after.get(1) == Some(&b'"')),
        // `("a") + "b"`
        Some(b')') if signs_behind(after) => Hint::Joined,
        // One of several names on a line, unless the program is minified.
        Some(b',')
            if after.get(1).is_some_and(|b| b" \r\n".contains(b))
                && is_assigned(bytes, word.start) =>
        {
            Hint::Joined
        }
        Some(b')' | b'}') if is_assigned(bytes, word.start) => Hint::Joined,
        Some(b',' | b')' | b']' | b'}') => listed(bytes, word.start),
        // `["a"; "b"]`, and a comma at the beginning of the next line.
        Some(b'\n' | b';') if goes_on(after) => listed(bytes, word.start),
        None | Some(b'\n' | b';') => Hint::joined(
            is_assigned(bytes, word.start)
                || may_go_on(window, close + 1) && {
                    let next = after.iter().find(|b| !b" \t\r\n".contains(b));
                    next.is_some_and(|b| b"\"'+.&|~*".contains(b))
                        || opens_string(after.trim_ascii_start())
                },
        ),
        _ => Hint::Alone,
    }
}

/// The length of the value that goes on at `from`, or of its string: up to a blank, a quote or a
/// bracket, or to the end of `text`. None if it has a hole before.
fn end_of_value(text: &[u8], from: usize, stops: &mut Stops) -> Option<usize> {
    let mut at = from;
    while let Some(next) = stops.next(text, at) {
        if !HOLES.has(text[next]) {
            return Some(next - from);
        }
        if is_hole(text, next) {
            return None;
        }
        at = next + 1;
    }
    // What the last byte is by itself is not what it is with those behind it, which may be known.
    let last = text.len().checked_sub(1).filter(|last| *last >= from);
    let opens = last.is_some_and(|last| HOLES.has(text[last]) && is_hole(text, last));
    (!opens).then(|| text.len().saturating_sub(from))
}

/// What ends a value, or may begin a hole in it.
const STOPS: [bool; 256] = HOLES.or(ByteSet::of(b" \t\r\n\"'`()")).table();

/// Where no byte of a content ends a value or begins a hole in it, so that a long value of many
/// literals is read once. It changes no result: that is a function of the bytes alone.
#[derive(Default)]
pub(in crate::detect) struct Stops {
    free: Range<usize>,
}

impl Stops {
    /// Forgets everything, before the next content.
    pub(in crate::detect) fn clear(&mut self) {
        self.free = 0..0;
    }

    /// The first byte from `at` on that ends a value, or begins a hole, in `text`, which is a
    /// beginning of the content. The last byte of `text` may only look like a hole.
    fn next(&mut self, text: &[u8], at: usize) -> Option<usize> {
        if at < self.free.start || at > self.free.end {
            self.free = at..at;
        }
        loop {
            let rest = text.get(self.free.end..)?;
            let next = rest.iter().position(|b| STOPS[usize::from(*b)]);
            self.free.end += next.unwrap_or(rest.len());
            let next = next.map(|_| self.free.end)?;
            let last = next + 1 == text.len();
            if last || !HOLES.has(text[next]) || is_hole(text, next) {
                return Some(next);
            }
            self.free.end += 1;
        }
    }
}

/// Whether a hole begins at `at`, or the string goes on in the next line.
fn is_hole(text: &[u8], at: usize) -> bool {
    let following = text.get(at + 1).copied().unwrap_or(b' ');
    match text[at] {
        b'$' | b'#' => b"{(".contains(&following) || following.is_ascii_alphabetic(),
        b'{' => following == b'}' || WORD.has(following) || b"$ '\"{".contains(&following),
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

/// Whether the string around `at` is assigned to something, or is made a text that is.
fn is_assigned(bytes: &[u8], at: usize) -> bool {
    before_string(bytes, at).is_some_and(|before| {
        let is_head = |b: &&u8| WORD.has(**b) || b":.".contains(b);
        let call = before.strip_suffix(b"(").map(|before| {
            let len = before.iter().rev().take_while(is_head).count();
            before.split_at(before.len() - len)
        });
        let before = match call {
            Some((before, word)) if is_wrapper(word) => {
                let before = before.trim_ascii_end();
                before
                    .strip_suffix(b"new")
                    .unwrap_or(before)
                    .trim_ascii_end()
            }
            Some(_) => return false,
            None => before,
        };
        before.ends_with(b"=") || before.ends_with(b"<-") || before.ends_with(b"${")
    })
}

/// Whether `text` begins with a string that has a prefix: `f"…"`, `u8"…"`.
fn opens_string(text: &[u8]) -> bool {
    let prefix = text
        .iter()
        .take(2)
        .take_while(|b| b.is_ascii_alphanumeric());
    let prefix = prefix.count();
    prefix > 0
        && text.get(prefix).is_some_and(|b| QUOTES.has(*b))
        && b"bBfFrRuULN".contains(&text[0])
        && !matches!(&text[..prefix], b"or" | b"in" | b"is" | b"as")
}

/// Whether the items of a list go on behind the one before `text`: `; "b"`, `\n, "b"`.
fn goes_on(text: &[u8]) -> bool {
    let text = text.trim_ascii_start();
    let next = text.strip_prefix(b";").or(text.strip_prefix(b","));
    next.is_some_and(|next| {
        next.trim_ascii_start()
            .first()
            .is_some_and(|b| QUOTES.has(*b))
    })
}

/// Whether brackets close at the start of `text`, and a sign behind them joins two strings.
fn signs_behind(text: &[u8]) -> bool {
    let closed = text.iter().take(8).take_while(|b| b")] \t\r\n".contains(b));
    match &text[closed.count()..] {
        [b'|', b'|', ..] | [b'+', b'+', ..] | [b'<', b'>', ..] | [b'.', b'.', ..] => true,
        [b'+' | b'.' | b'&' | b'~', next, ..] => b" \t\n\"'(".contains(next),
        _ => false,
    }
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
        word if makes_list(word) => Hint::Listed,
        word => Hint::joined(makes_text(word)),
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
pub(super) fn joins_items(bytes: &[u8]) -> bool {
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
pub(super) fn may_name(bytes: &[u8], word: &Range<usize>) -> bool {
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
pub(super) const LINKS: ByteSet = ByteSet::of(b":=,(>");

/// Where the name around `at` ends, and what stands between it and its value.
pub(super) fn links(bytes: &[u8], at: usize) -> (usize, &[u8]) {
    const MOST: usize = 64;
    const NAME: [bool; 256] = WORD.or(ByteSet::of(b"-.")).table();
    const BETWEEN: [bool; 256] = ByteSet::of(b" \t\"'`])}:=>,(").table();
    let run = |text: &[u8], table: &[bool; 256]| {
        let text = &text[..text.len().min(MOST)];
        let end = text.iter().position(|b| !table[usize::from(*b)]);
        end.unwrap_or(text.len())
    };
    let rest = bytes.get(at..).unwrap_or_default();
    let name = run(rest, &NAME);
    let rest = &rest[name..];
    (at + name, &rest[..run(rest, &BETWEEN)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_value_is_the_same_whatever_was_read_before() {
        let mut rng = crate::check::mint::Rng::new(7);
        for _ in 0..2_000 {
            let bytes: Vec<u8> = (0..60)
                .map(|_| b"aab{{}$(%s\\^ \"\n,"[rng.below(16)])
                .collect();
            let mut stops = Stops::default();
            let mut from = 0;
            while from < bytes.len() {
                let to = bytes.len().min(from + rng.below(24));
                let alone = end_of_value(&bytes[..to], from, &mut Stops::default());
                assert_eq!(end_of_value(&bytes[..to], from, &mut stops), alone);
                from = (from + rng.below(6)).saturating_sub(1);
            }
        }
    }
}
