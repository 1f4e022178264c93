//! Stretches that hold other bytes: base64, base32 and hexadecimal digits, over several lines
//! or on one; and what is packed in what they hold.

use std::ops::Range;

use super::view::View;
use crate::detect::find::deflate;
use crate::detect::find::runs::{
    self, LINE, Radix, Reads, SHORT_LINE, SHORTEST, is_key, is_packed, is_text, is_wide,
    means_something,
};
use crate::detect::find::wrapped::{self, JOINT};
use crate::finding::Encoding;
use crate::rules::class::{ByteSet, WORD};

/// What is shown before and behind a stretch, on its line, in bytes.
pub(super) const BEFORE: usize = 256;
const AFTER: usize = 64;
/// The longest stretch, in signs. Longer ones are read up to here.
pub(in crate::detect) const LONGEST: usize = 1 << 20;
/// The same for a stretch whose first line may go on from the line above.
const LITTLE: usize = 4 << 10;

/// The views of the run at `at`: one for each encoding in which it means something.
pub(in crate::detect) fn run(bytes: &[u8], at: usize) -> Vec<View> {
    let all = [
        (&Radix::HEX, Encoding::Hex),
        (&Radix::BASE32, Encoding::Base32),
        (&Radix::BASE32_HEX, Encoding::Base32),
        (&Radix::BASE64, Encoding::Base64),
    ];
    let ways = all.into_iter();
    ways.filter_map(|(radix, encoding)| decoded(bytes, at, radix, encoding))
        .collect()
}

fn decoded(bytes: &[u8], at: usize, radix: &Radix, encoding: Encoding) -> Option<View> {
    let head: Vec<u8> = radix.bytes(runs::head(bytes, at)?.into_iter()).collect();
    let whole = head.len() == SHORTEST * radix.bits as usize / 8;
    if !whole || !means_something(head.get(..12)?) {
        return None;
    }
    let most = match runs::reads(bytes, at) {
        Reads::All => LONGEST,
        Reads::Little | Reads::Nothing => LITTLE,
    };
    let lines = lines(bytes, at, most, radix);
    let end = lines.last()?.end;
    let padding = bytes[end..]
        .iter()
        .take(6)
        .take_while(|b| **b == b'=')
        .count();
    let line = beside(bytes, &(at..end + padding));
    let mut view = View::new(encoding);
    // The next line says whether it goes on.
    let seen = at.saturating_sub(runs::RUN_BESIDE)..bytes.len().min(end + LINE + JOINT + 8);
    view.saw(seen);
    let call = call(bytes, line.start..at).filter(|_| is_value(&head, bytes, at..end, radix));
    match &call {
        // A string with the name that the call's result is given.
        Some(call) => {
            view.copy(bytes, line.start..call.start);
            view.whole(b"\"", call.clone());
        }
        None => view.copy(bytes, line.start..mark(bytes, at).max(line.start)),
    }
    push(&mut view, bytes, &lines, radix);
    match call {
        Some(_) => view.whole(b"\"", end..line.end),
        None => view.copy(bytes, end + padding..line.end),
    }
    view.is_cut = end - at >= LONGEST;
    // Nothing marks a stream of deflate; that it can be unpacked shows it.
    (runs::says_what_it_is(head.get(..12)?) || again(&view).is_some()).then_some(view)
}

/// Where what says how the stretch at `at` is encoded begins, if it is glued to it. It is no part of
/// what is encoded: `base64,`, `0x`.
fn mark(bytes: &[u8], at: usize) -> usize {
    let marks: [&[u8]; 4] = [b"base64,", b"0x", b"0X", b"\\x"];
    let before = &bytes[..at];
    let mark = marks.iter().find(|mark| before.ends_with(mark));
    at - mark.map_or(0, |mark| mark.len())
}

/// The calls that are made of a stretch, from behind the sign that gives a name to their result:
/// `decode(Base64.from("`, `$(echo `. `before` stands before the stretch on its line.
fn call(bytes: &[u8], before: Range<usize>) -> Option<Range<usize>> {
    const CALL: ByteSet = WORD.or(ByteSet::of(b".:$@[](){}<>!? \t\"'`"));
    let text = &bytes[before.clone()];
    let link = text
        .iter()
        .rposition(|b| !CALL.has(*b))
        .filter(|at| text[*at] == b'=')?;
    let blanks = text[link + 1..].iter().take_while(|b| **b == b' ').count();
    let start = link + 1 + blanks;
    text[start..]
        .contains(&b'(')
        .then(|| before.start + start..before.end)
}

/// Whether a stretch holds one word that may be a value.
fn is_value(head: &[u8], bytes: &[u8], stretch: Range<usize>, radix: &Radix) -> bool {
    const LONGEST: usize = 512;
    let is_graphic = |b: u8| b.is_ascii_graphic() && !b"\"'`\\".contains(&b);
    head.iter().all(|b| is_graphic(*b))
        && stretch.len() <= LONGEST
        && radix.bytes(bytes[stretch].iter().copied()).all(is_graphic)
}

/// A stretch with what stands beside it on its first and last line.
pub(super) fn beside(bytes: &[u8], range: &Range<usize>) -> Range<usize> {
    let start = range.start.saturating_sub(BEFORE);
    let line = memchr::memrchr(b'\n', &bytes[start..range.start]);
    let rest = &bytes[range.end..bytes.len().min(range.end + AFTER)];
    let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    line.map_or(start, |i| start + i + 1)..range.end + end
}

/// Appends what `lines` hold. A byte may begin in one line and end in the next one.
fn push(view: &mut View, bytes: &[u8], lines: &[Range<usize>], radix: &Radix) {
    let bits = radix.bits as usize;
    let signs = lines
        .iter()
        .flat_map(|line| bytes[line.clone()].iter().copied());
    let mut all = radix.bytes(signs);
    // How many bits stand before the line, and where the one before it ends.
    let (mut before, mut above) = (0, 0);
    for line in lines {
        let phase = (8 - before * bits % 8) % 8;
        if phase > 0 {
            let both = above - 1..(line.start + phase.div_ceil(bits)).min(line.end);
            let byte: Vec<u8> = all.by_ref().take(1).collect();
            view.whole(&byte, both);
        }
        let count = (line.len() * bits).saturating_sub(phase) / 8;
        view.bits(all.by_ref().take(count), line.clone(), (bits, phase));
        before += line.len();
        above = line.end;
    }
}

/// The lines of the run at `at`, up to `most` bytes. A run that fills the rest of its line goes on
/// in the next one, if that is all signs, too.
fn lines(bytes: &[u8], at: usize, most: usize, radix: &Radix) -> Vec<Range<usize>> {
    let ceiling = bytes.len().min(at + most);
    let signs = |from: usize, to: usize| {
        let rest = &bytes[from.min(to)..to];
        from + rest.iter().take_while(|b| radix.has(**b)).count()
    };
    let mut lines = Vec::new();
    lines.push(at..signs(at, ceiling));
    let mut width = None;
    while let Some(last) = lines.last().cloned() {
        let long = last.len() >= SHORT_LINE && (last.len() <= LINE || lines.len() == 1);
        let next = wrapped::next(bytes, last.end).filter(|next| long && *next < ceiling);
        let Some(next) = next else {
            break;
        };
        let line = next..signs(next, ceiling.min(next + LINE + 1));
        let ended = bytes.get(line.end);
        let ended = ended.is_none_or(|b| b"=\r\n\\\"'`<,;)]}~ ".contains(b)) || line.end == ceiling;
        // All lines have one width, but for the first, behind its name, and the last.
        let fits = width.is_none_or(|width| line.len() <= width) && line.len() <= LINE;
        if line.is_empty() || !ended || !fits {
            break;
        }
        let is_last = width.is_some_and(|width| line.len() < width);
        width = width.or(Some(line.len()));
        lines.push(line);
        if is_last {
            break;
        }
    }
    lines
}

/// What the decoded part of a view holds as a whole, if that is more than text.
pub(in crate::detect) fn again(view: &View) -> Option<View> {
    let [part] = view.decoded() else { return None };
    let bytes = &view.bytes[part.clone()];
    let around = |encoding, inner: Inner<'_>| {
        let mut again = View::new(encoding);
        again.copy(&view.bytes, 0..part.start);
        match inner {
            Inner::Bytes(bytes) => again.whole(bytes, part.clone()),
            Inner::Wide(text) => again.bits(text, part.clone(), (4, 0)),
        }
        again.copy(&view.bytes, part.end..view.bytes.len());
        again
    };
    if bytes.len() >= 8 && is_wide(&bytes[..bytes.len().min(12)]) {
        return Some(around(Encoding::Utf16, Inner::Wide(narrow(bytes))));
    }
    let is_document = bytes.starts_with(b"%PDF-") || bytes.starts_with(b"SQLite format 3\0");
    if is_packed(bytes) || is_document {
        let unpacked = crate::inside::unpack(bytes, most(bytes.len()))?;
        let mut again = around(
            Encoding::Compressed(unpacked.method),
            Inner::Bytes(&unpacked.bytes),
        );
        again.is_cut = unpacked.is_cut || view.is_cut;
        return Some(again);
    }
    if let Some(key) = is_key(bytes).then(|| element(bytes)).flatten() {
        let body = data_encoding::BASE64.encode(key);
        let text = [
            "-----BEGIN PRIVATE KEY-----\n",
            &body,
            "\n-----END PRIVATE KEY-----\n",
        ]
        .concat();
        return Some(around(Encoding::Der, Inner::Bytes(text.as_bytes())));
    }
    if deflate::begins(bytes) && !is_text(&bytes[..bytes.len().min(12)]) {
        let unpacked = crate::inside::inflate(bytes, most(bytes.len()))?;
        if !is_mostly_text(&unpacked.bytes) {
            return None;
        }
        let method = Encoding::Compressed(unpacked.method);
        let mut again = around(method, Inner::Bytes(&unpacked.bytes));
        again.is_cut = unpacked.is_cut || view.is_cut;
        return Some(again);
    }
    None
}

/// Whether bytes begin with a stretch of text, in any script.
fn is_mostly_text(bytes: &[u8]) -> bool {
    const FEWEST: usize = 16;
    const SAMPLE: usize = 256;
    let head = &bytes[..bytes.len().min(SAMPLE)];
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // The last character may be cut.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    let is_other = |c: char| c.is_control() && !c.is_ascii_whitespace();
    text.len() >= FEWEST && !text.contains(is_other)
}

/// The DER element that `bytes` begin with.
fn element(bytes: &[u8]) -> Option<&[u8]> {
    let (head, len) = match bytes {
        [_, 0x82, high, low, ..] => (4, usize::from(*high) << 8 | usize::from(*low)),
        [_, 0x81, len, ..] => (3, usize::from(*len)),
        [_, len @ ..=0x7f, ..] => (2, usize::from(*len)),
        _ => return None,
    };
    bytes.get(..head + len)
}

enum Inner<'a> {
    Bytes(&'a [u8]),
    /// Each byte was two.
    Wide(Vec<u8>),
}

/// How many bytes may be decoded of `len` bytes, in all layers together.
pub(in crate::detect) fn most(len: usize) -> usize {
    const ALWAYS: usize = 64 << 10;
    const TIMES: usize = 256;
    const EVER: usize = 16 << 20;
    (ALWAYS + len.saturating_mul(TIMES)).min(EVER)
}

/// UTF-16 as ASCII, a byte for each unit. What is no ASCII becomes `?`.
fn narrow(bytes: &[u8]) -> Vec<u8> {
    let first = match bytes {
        [0xff, 0xfe, ..] => 0,
        [0xfe, 0xff, ..] => 1,
        _ => usize::from(bytes.first() == Some(&0)),
    };
    let (pairs, _) = bytes.as_chunks::<2>();
    let pairs = pairs
        .iter()
        .map(|pair| match (pair[1 - first], pair[first]) {
            (0, byte) if is_text(&[byte]) => byte,
            _ => b'?',
        });
    pairs.collect()
}
