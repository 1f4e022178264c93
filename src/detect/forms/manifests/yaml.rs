//! Reads the pairs of a Secret in YAML, line by line.

use std::ops::Range;

use super::pair::Pair;
use crate::detect::forms::yaml::Line;

/// Whether a line holds nothing but blanks or a comment.
fn is_empty(line: &Line<'_>) -> bool {
    matches!(line.text.trim_ascii().first(), None | Some(b'#'))
}

/// The lines of the object in which the kind stands, and the column of its keys. They are
/// the lines around the kind that are indented as much, up to the next item or document.
fn object_lines<'a>(
    bytes: &'a [u8],
    window: &Range<usize>,
    kind: &Range<usize>,
) -> (Vec<Line<'a>>, usize) {
    let before = &bytes[window.start..kind.start];
    let start = memchr::memrchr(b'\n', before).map_or(window.start, |i| window.start + i + 1);
    let own = Line::at(bytes, start, window.end);
    let column = kind.start - start;
    if own.column != column {
        return (Vec::new(), 0);
    }
    let mut lines = Vec::new();
    let mut first = own.dash.is_some();
    let mut at = start;
    while !first && at > window.start {
        let previous = memchr::memrchr(b'\n', &bytes[window.start..at - 1]);
        let Some(previous) = previous.map(|i| window.start + i + 1).or_else(|| {
            // The window may cut off its first line.
            (window.start == 0).then_some(0)
        }) else {
            break;
        };
        let line = Line::at(bytes, previous, window.end);
        at = previous;
        if is_empty(&line) {
            continue;
        }
        if bytes[line.span.clone()].starts_with(b"---") || line.column < column {
            break;
        }
        if says_kind(&line, column) {
            break;
        }
        first = line.column == column && line.dash.is_some_and(|dash| dash < column);
        lines.push(line);
    }
    lines.reverse();
    let mut at = own.span.end + 1;
    lines.push(own);
    while at < window.end {
        let line = Line::at(bytes, at, window.end);
        at = line.span.end + 1;
        if is_empty(&line) {
            continue;
        }
        let next_item = line.dash.is_some_and(|dash| dash < column);
        if bytes[line.span.clone()].starts_with(b"---") || line.column < column || next_item {
            break;
        }
        if says_kind(&line, column) {
            break;
        }
        // Half a line could be read wrongly.
        if line.span.end == window.end && window.end < bytes.len() {
            break;
        }
        lines.push(line);
    }
    (lines, column)
}

/// Whether a line says once more that the object is a Secret. The hit on that line reads
/// what lies beyond it; content made of kinds would otherwise be read once per kind.
fn says_kind(line: &Line<'_>, column: usize) -> bool {
    let rest = line.text.strip_prefix(b"kind: Secret");
    line.column == column
        && rest.is_some_and(|rest| !rest.first().is_some_and(u8::is_ascii_alphanumeric))
}

/// The pairs of the object in which the kind stands.
pub(super) fn pairs(bytes: &[u8], window: &Range<usize>, kind: &Range<usize>) -> Vec<Pair> {
    let (lines, column) = object_lines(bytes, window, kind);
    let mut pairs = Vec::new();
    let mut coded = None;
    let mut inner = None;
    for line in &lines {
        if line.column == column {
            (coded, inner) = (section(line.text), None);
            continue;
        }
        let Some(coded) = coded else { continue };
        if line.column == *inner.get_or_insert(line.column) && line.dash.is_none() {
            pairs.extend(yaml_pair(bytes, line, coded));
        }
    }
    pairs
}

/// Whether a line begins `data` (true) or `stringData` (false).
fn section(text: &[u8]) -> Option<bool> {
    let rest = |name: &[u8]| {
        let rest = text.strip_prefix(name)?.trim_ascii();
        matches!(rest.first(), None | Some(b'#')).then_some(())
    };
    if rest(b"data:").is_some() {
        return Some(true);
    }
    rest(b"stringData:").map(|()| false)
}

fn yaml_pair(bytes: &[u8], line: &Line<'_>, coded: bool) -> Option<Pair> {
    let start = line.key();
    let text = line.text;
    let colon = memchr::memmem::find(text, b": ")?;
    let key = trim(bytes, start..start + colon, b" \"'");
    let rest = &text[colon + 1..];
    let lead = rest.iter().take_while(|b| **b == b' ').count();
    let value = start + colon + 1 + lead..line.span.end;
    let value = match bytes.get(value.start)? {
        // A text of several lines, an anchor, a tag, a list or a template.
        b'|' | b'>' | b'&' | b'*' | b'!' | b'[' | b'{' => return None,
        quote @ (b'"' | b'\'') => {
            let inside = value.start + 1;
            let line = &bytes[..value.end];
            inside..scalar_end(line, inside, *quote)?
        }
        _ => {
            let end = memchr::memmem::find(&bytes[value.clone()], b" #")
                .map_or(value.end, |i| value.start + i);
            trim(bytes, value.start..end, b" \t\r")
        }
    };
    (!value.is_empty() && !key.is_empty()).then_some(Pair { key, value, coded })
}

/// The quote that ends a scalar. It is doubled inside single quotes, and escaped by a
/// backslash inside double ones.
fn scalar_end(line: &[u8], at: usize, quote: u8) -> Option<usize> {
    let mut at = at;
    loop {
        at += memchr::memchr2(quote, b'\\', line.get(at..)?)?;
        at += match (line[at], quote) {
            (b'\\', b'"') => 2,
            (b'\\', _) => 1,
            (_, b'\'') if line.get(at + 1) == Some(&quote) => 2,
            _ => return Some(at),
        };
    }
}

fn trim(bytes: &[u8], range: Range<usize>, set: &[u8]) -> Range<usize> {
    let text = &bytes[range.clone()];
    let front = text.iter().take_while(|b| set.contains(b)).count();
    let back = text[front..]
        .iter()
        .rev()
        .take_while(|b| set.contains(b))
        .count();
    range.start + front..range.end - back
}
