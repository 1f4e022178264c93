//! Reads the values of tables of Markdown: the cell behind the one that holds a name, or the cells
//! below it, if it heads a column.

use std::ops::Range;

use super::bytes::{BLANK, GAP, LETTERS, line_start, run};
use super::found::{Among, Site};
use super::link::Link;
use super::strings::Quote;
use super::value::bare;

/// How far from the beginning of its line a cell is read.
const LINE_MAX: usize = 400;
/// How many rows are read.
const ROWS: usize = 64;
/// How far rows are read.
const REACH: usize = 4096;

/// Appends what stands in the cells that belong to `name`; whether it stands in a cell itself.
pub(super) fn read(bytes: &[u8], name: &Range<usize>, out: &mut Vec<Site>) -> bool {
    let Some(close) = closes(bytes, name.end) else {
        return false;
    };
    let Some(start) = line_start(bytes, name.start, LINE_MAX) else {
        return false;
    };
    let line = &bytes[start..name.start];
    if !line.trim_ascii_start().starts_with(b"|") {
        return false;
    }
    let Some(open) = memchr::memrchr(b'|', line) else {
        return false;
    };
    // Other words may stand before it in its cell: `API token`.
    let own = &line[open + 1..];
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b" \t`*_\"".contains(b);
    if own.len() > GAP || !own.iter().all(plain) {
        return false;
    }
    let bytes = &bytes[..bytes.len().min(name.end + REACH)];
    let end = memchr::memchr(b'\n', &bytes[close..]).map_or(bytes.len(), |i| close + i);
    let column = line.iter().filter(|b| **b == b'|').count();
    let mut rows = lines(bytes, end);
    let ruled = rows.next().is_some_and(|row| is_rule(&bytes[row]));
    if ruled {
        for row in rows.take(ROWS) {
            let text = bytes[row.clone()].trim_ascii_start();
            if !text.starts_with(b"|") {
                break;
            }
            push(bytes, name, cell(bytes, row, column), Among::Column, out);
        }
    } else {
        let next = cell(bytes, close..end, 1);
        push(bytes, name, next, Among::Apart, out);
    }
    true
}

/// Where the bar stands that ends the cell of a name which ends at `at`.
fn closes(bytes: &[u8], at: usize) -> Option<usize> {
    let mut end = at;
    while bytes.get(end).is_some_and(|b| b" \t`*".contains(b)) && end < at + GAP {
        end += 1;
    }
    (bytes.get(end) == Some(&b'|')).then_some(end)
}

/// The whole lines behind the one that ends at `end`.
fn lines(bytes: &[u8], end: usize) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = end;
    std::iter::from_fn(move || {
        let start = at + 1;
        let len = memchr::memchr(b'\n', bytes.get(start..)?)?;
        at = start + len;
        Some(start..at)
    })
}

/// Whether a line is the one below the heads of a table: `|---|:---:|`.
fn is_rule(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    line.starts_with(b"|") && line.contains(&b'-') && line.iter().all(|b| b"|-: \t".contains(b))
}

/// The text of the cell behind the bar of this number in a line.
fn cell(bytes: &[u8], line: Range<usize>, bar: usize) -> Option<Range<usize>> {
    let text = &bytes[line.clone()];
    let mut bars = memchr::memchr_iter(b'|', text).skip(bar - 1);
    let (open, close) = (bars.next()? + 1, bars.next()?);
    let start = line.start + open + run(text, open, GAP, &BLANK);
    let inner = bytes.get(start..line.start + close)?.trim_ascii_end();
    Some(start..start + inner.len())
}

/// Appends the value in a cell: one word of letters and digits, or of all kinds in backticks. Tables
/// of documentation have words there that tell what a name is for.
fn push(
    bytes: &[u8],
    name: &Range<usize>,
    cell: Option<Range<usize>>,
    place: Among,
    out: &mut Vec<Site>,
) {
    let Some(mut span) = cell else { return };
    for mark in [&b"**"[..], b"`"] {
        let text = &bytes[span.clone()];
        let marked = text.len() > 2 * mark.len() && text.starts_with(mark) && text.ends_with(mark);
        if marked {
            span = span.start + mark.len()..span.end - mark.len();
        }
    }
    let text = &bytes[span.clone()];
    let has = |test: fn(&u8) -> bool| text.iter().any(test);
    let one = text.iter().all(u8::is_ascii_graphic);
    let made = has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic);
    let call = has(|b| b"(){}[]<>".contains(b)) || text.first().is_some_and(|b| !LETTERS.has(*b));
    if one && made && !call {
        let mut found = bare(span);
        found.quote = Quote::Plain(b'`');
        out.push(Site::of(name, Link::Colon, found, place));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<&str> {
        let at = text.find("password").unwrap_or(0);
        let mut out = Vec::new();
        read(text.as_bytes(), &(at..at + 8), &mut out);
        out.iter().map(|site| &text[site.value.clone()]).collect()
    }

    #[test]
    fn cells_of_tables_are_read() {
        let head = "| user | password | host |\n|:---|---|--:|\n";
        let rows = "| a | sample-1 | x |\n| b | `sample-2` |\n| c | **sample3** | y |\n\n| d | sample-4 |\n";
        let table = [head, rows].concat();
        assert_eq!(values(&table), ["sample-1", "sample-2", "sample3"]);
        for text in [
            "| password | sample-1 |\n",
            "| `password` | `sample-1` | why |\n",
            "| the **password** | sample-1 |",
        ] {
            assert_eq!(values(text), ["sample-1"], "{text}");
        }
        for text in [
            "| password | string |\n",
            "| password | the password 1 |\n",
            "a | password | sample-1 |\n",
            "| password | <sample-1> |\n",
            "password | sample-1",
        ] {
            assert!(values(text).is_empty(), "{text}");
        }
    }
}
