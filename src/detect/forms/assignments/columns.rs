//! Reads the values below a name that heads a column of a table in text: `user,password,host`
//! is the first line of a file, and each line below has as many fields.

use std::ops::Range;

use super::bytes::NAME;
use super::found::{Among, Site};
use super::link::Link;
use super::lists::REACH;
use super::strings::Quote;
use super::value::bare;

/// The longest line of names.
const HEAD_MAX: usize = 512;
/// How many lines are read.
const LINES: usize = 64;
/// The most columns.
const COLUMNS: usize = 64;

/// Appends the values of the column that `name` heads; whether it heads one.
pub(super) fn read(bytes: &[u8], name: &Range<usize>, out: &mut Vec<Site>) -> bool {
    // Only the beginning of a file is a head: text before it would be within reach.
    if name.start >= HEAD_MAX {
        return false;
    }
    let quoted = bytes.get(name.end) == Some(&b'"');
    let after = name.end + usize::from(quoted);
    let before = name.start.saturating_sub(usize::from(quoted));
    let sign = |b: &&u8| b",;\t|".contains(b);
    let left = before.checked_sub(1).and_then(|i| bytes.get(i));
    let Some(&sign) = bytes.get(after).filter(sign).or(left.filter(sign)) else {
        return false;
    };
    let mut lines = bytes[..bytes.len().min(name.end + REACH)].split_inclusive(|b| *b == b'\n');
    let head = lines.next().unwrap_or_default();
    let Some(fields) = fields(head, 0, sign) else {
        return false;
    };
    let is_name = |field: &Field| {
        let text = &bytes[field.text.clone()];
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        let first = text
            .first()
            .is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_');
        first && text.iter().all(|b| NAME.has(*b) || b" ()/".contains(b))
    };
    let column = fields
        .iter()
        .position(|f| f.text.start <= name.start && f.text.end >= name.end);
    let Some(column) = column.filter(|_| fields.len() > 1 && fields.iter().all(is_name)) else {
        return false;
    };
    let from = out.len();
    let mut at = head.len();
    for line in lines.take(LINES) {
        let start = at;
        at += line.len();
        // The last line may be cut.
        if !line.ends_with(b"\n") && at < bytes.len() {
            break;
        }
        let Some(row) = self::fields(line, start, sign).filter(|row| row.len() == fields.len())
        else {
            continue;
        };
        let field = &row[column];
        if field.text.is_empty() {
            continue;
        }
        let mut found = bare(field.text.clone());
        if field.quoted {
            found.quote = Quote::Plain(b'"');
        }
        out.push(Site::of(name, Link::Colon, found, Among::Column));
    }
    out.len() > from
}

/// A field of a line.
struct Field {
    text: Range<usize>,
    quoted: bool,
}

/// The fields of a line that begins at `start`; nothing if it has too many or a quote stays open.
fn fields(line: &[u8], start: usize, sign: u8) -> Option<Vec<Field>> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let mut fields = Vec::new();
    let mut at = 0;
    loop {
        if fields.len() >= COLUMNS {
            return None;
        }
        let blanks = line[at..].iter().take_while(|b| **b == b' ').count();
        let from = at + blanks;
        let (text, end) = if line.get(from) == Some(&b'"') {
            let close = closed(line, from + 1)?;
            (from + 1..close, close + 1)
        } else {
            let len = memchr::memchr(sign, &line[from..]).unwrap_or(line.len() - from);
            let text = line[from..from + len].trim_ascii_end();
            (from..from + text.len(), from + len)
        };
        let quoted = text.start > from;
        let text = start + text.start..start + text.end;
        fields.push(Field { text, quoted });
        match line.get(end) {
            None => return Some(fields),
            Some(byte) if *byte == sign => at = end + 1,
            Some(_) => return None,
        }
    }
}

/// The quote that ends a field; a doubled one is part of it.
fn closed(line: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += memchr::memchr(b'"', line.get(at..)?)?;
        if line.get(at + 1) != Some(&b'"') {
            return Some(at);
        }
        at += 2;
    }
}
