//! One string of those that a program puts together.

use super::quoted::{Opened, line, string_end, triple_end};

/// A string.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    /// Where its text begins.
    pub(super) start: usize,
    /// Where its text ends.
    pub(super) end: usize,
    /// Behind its last quote.
    pub(super) after: usize,
}

impl Piece {
    /// The string that `opened` and of which the quote stands at `to`, if it does.
    pub(super) fn closed_at(bytes: &[u8], to: usize, opened: Opened) -> Option<Self> {
        let rest = bytes.get(to..)?;
        let closed = match opened {
            Opened::Quote(quote) => rest.first() == Some(&quote),
            Opened::Triple(quote) => rest.starts_with(&[quote; 3]),
            Opened::Double => false,
            Opened::Escaped(quote) => rest.starts_with(&[b'\\', quote]),
            Opened::Entity(entity) => rest.starts_with(entity),
        };
        let mut after = to + delimiter(opened);
        // A raw string of Rust.
        if bytes.get(after) == Some(&b'#') && matches!(opened, Opened::Quote(b'"')) {
            after += bytes[after..].iter().take_while(|b| **b == b'#').count();
        }
        closed.then_some(Self {
            start: to,
            end: to,
            after,
        })
    }
}

/// The number of bytes of the quotes on either side.
pub(super) fn delimiter(opened: Opened) -> usize {
    match opened {
        Opened::Quote(_) => 1,
        Opened::Triple(_) => 3,
        Opened::Double | Opened::Escaped(_) => 2,
        Opened::Entity(entity) => entity.len(),
    }
}

/// The string that begins at `at`, behind prefixes: `b"…"`, `@"…"`, `u8"…"`, `r#"…"#`. `like`
/// says how quotes are written if they are not plain. A string that does not end before the
/// bytes do ends there.
pub(super) fn piece_at(bytes: &[u8], at: usize, like: Option<Opened>) -> Option<Piece> {
    const PREFIX: usize = 3;
    let rest = bytes.get(at..)?;
    let is_prefix = |b: &&u8| b.is_ascii_alphanumeric() || b"@$&".contains(b);
    let prefix = match like {
        Some(_) => 0,
        None => rest.iter().take(PREFIX).take_while(is_prefix).count(),
    };
    // A prefix is no name: `"a" or "b"` joins nothing.
    let word = &rest[..prefix];
    let words: &[&[u8]] = &[
        b"or", b"and", b"if", b"in", b"is", b"as", b"to", b"by", b"on", b"AS", b"OR",
    ];
    if words.contains(&word) {
        return None;
    }
    let hashes = rest[prefix..].iter().take_while(|b| **b == b'#').count();
    let open = at + prefix + hashes;
    let start = match like {
        Some(like @ Opened::Escaped(quote)) => {
            let found = bytes.get(open..)?.starts_with(&[b'\\', quote]);
            found.then_some(open + delimiter(like))?
        }
        Some(like @ Opened::Entity(entity)) => {
            let found = bytes.get(open..)?.starts_with(entity);
            found.then_some(open + delimiter(like))?
        }
        _ => {
            let quote = bytes.get(open).filter(|b| b"\"'`".contains(b))?;
            let triple = bytes[open..].starts_with(&[*quote; 3]);
            open + if triple { 3 } else { 1 }
        }
    };
    if hashes > 0 && (like.is_some() || bytes[open] != b'"') {
        return None;
    }
    let end = match like {
        Some(Opened::Escaped(quote)) => string_end(bytes, start, quote, true)?,
        Some(Opened::Entity(entity)) => start + memchr::memmem::find(line(bytes, start), entity)?,
        _ if hashes > 0 => raw(bytes, start, hashes)?,
        _ => plain(bytes, open, start)?,
    };
    let width = like.map_or(start - open, delimiter);
    Some(Piece {
        start,
        end,
        after: (end + width + hashes).min(bytes.len()),
    })
}

/// The end of a plain string with its quote at `open` and its text at `start`.
fn plain(bytes: &[u8], open: usize, start: usize) -> Option<usize> {
    let quote = bytes[open];
    if start == open + 3 {
        // Two quotes are an empty string, and a third one belongs to the next.
        return Some(triple_end(bytes, start, quote).unwrap_or(bytes.len()));
    }
    if quote == b'`' {
        return memchr::memchr(quote, &bytes[start..]).map(|i| start + i);
    }
    string_end(bytes, start, quote, false).or_else(|| {
        // The bytes may end before the string does.
        let all = !bytes[start..].contains(&b'\n');
        all.then_some(bytes.len())
    })
}

/// The end of a raw string of Rust.
fn raw(bytes: &[u8], start: usize, hashes: usize) -> Option<usize> {
    let mut at = start;
    loop {
        let found = memchr::memchr(b'"', bytes.get(at..)?)?;
        at += found;
        let rest = &bytes[at + 1..];
        if rest.iter().take(hashes).filter(|b| **b == b'#').count() == hashes {
            return Some(at);
        }
        at += 1;
    }
}
