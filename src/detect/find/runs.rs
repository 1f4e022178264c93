//! Long runs of characters in which bytes may be encoded: base64, base32, hexadecimal digits.
//!
//! No literal leads to them. But source code hardly ever goes on for two dozen bytes without a
//! blank, a quote or a bracket, so nearly every block of 16 bytes shows that no run is here. What
//! a run begins with then shows whether it means text, or something that is compressed.

use std::ops::Range;

use super::bare::{self, Bare};
use super::deflate;
use super::prefilter::Hit;
use super::sieve::{AsciiSet, Width, Work, at_full_width};
use super::words::{self, STRIDE, TOKEN, is_other_sign, is_plain, is_sign};
use super::wrapped::{self, JOINT, SIGNS};
use crate::check::encoding::{self, NO_SIGN};
use crate::rules::class::{ALNUM, ByteSet, LOWER, UPPER};

/// The shortest run, over all its lines.
pub(in crate::detect) const SHORTEST: usize = 32;
/// The shortest line that goes on in the next line.
pub(in crate::detect) const SHORT_LINE: usize = 16;
/// The longest line of base64 that goes on in the next line.
pub(in crate::detect) const LINE: usize = 128;
/// How many bytes a run must be decoded to before anything is known.
const HEAD: usize = 12;
/// How many signs may stand before what is encoded, glued to it: `sha256-`, `path/`.
const GLUED: usize = 20;
/// How many of the first signs of a run tell a name: enough of them for what stands behind a prefix.
const NAME: usize = SHORTEST + STRIDE;
/// How many bytes from the block before a block on show what it may be part of.
const NEAR: usize = STRIDE + NAME;
/// How often the letters of a name change their case at most. In base64 every third one does.
const NAME_CHANGES: u8 = 1;

/// How many bytes on either side of a run's first one decide whether it leads to anything.
pub(in crate::detect) const RUN_BESIDE: usize = 2 * JOINT + LINE + SHORTEST + GLUED;

const _: () = assert!(2 * STRIDE <= SHORTEST);

/// What long runs lead to, and the numbers of the hits.
#[derive(Clone, Copy)]
pub(in crate::detect) struct Wanted<'a> {
    /// The number of what may be encoded.
    pub(in crate::detect) coded: Option<u32>,
    /// What may stand alone, and its number.
    pub(in crate::detect) bare: Option<(&'a Bare, u32)>,
}

/// Appends what starts in `range` and may be encoded, or may be a value that stands alone.
pub(in crate::detect) fn leads(
    bytes: &[u8],
    range: Range<usize>,
    wanted: Wanted<'_>,
    out: &mut Vec<Hit>,
) {
    if wanted.coded.is_some() || wanted.bare.is_some() {
        at_full_width(Search {
            bytes,
            range,
            wanted,
            out,
        });
    }
}

/// A search for what [`leads`] appends.
struct Search<'a> {
    bytes: &'a [u8],
    range: Range<usize>,
    wanted: Wanted<'a>,
    out: &'a mut Vec<Hit>,
}

impl Work for Search<'_> {
    #[inline(always)]
    fn run(mut self, width: impl Width) {
        let (bytes, range) = (self.bytes, self.range.clone());
        // What is encoded may begin behind the first signs of a run.
        let from = range.start.saturating_sub(GLUED);
        let to = (range.end + 2 * STRIDE - 1).min(bytes.len());
        let groups = bytes.get(from..to).unwrap_or_default().chunks(GROUP);
        for (place, group) in (from..).step_by(GROUP).zip(groups) {
            let (blocks, _) = group.as_chunks();
            let mut plain = words::plain_ones(group, width);
            while plain != 0 {
                let number = plain.trailing_zeros() as usize;
                plain &= plain - 1;
                let (at, block) = (place + number * STRIDE, &blocks[number]);
                let near = at
                    .checked_sub(STRIDE)
                    .and_then(|at| bytes[at..].first_chunk());
                let members = near.and_then(|near| width.members(near, &SETS));
                let seen = match members {
                    Some(members) => Seen::of(members, escapes(bytes, at)),
                    None => Seen::in_steps(bytes, at, block),
                };
                if seen.leads {
                    self.look(from, at, seen);
                }
            }
        }
    }
}

impl Search<'_> {
    /// Looks at a block that is the first whole one of something long.
    #[inline(always)]
    fn look(&mut self, from: usize, at: usize, seen: Seen) {
        let Self { bytes, range, .. } = self;
        // Where the letters and digits around the start of the block begin.
        let first = at - seen.before;
        if let Some((bare, literal)) = self.wanted.bare
            && seen.may_be_bare
        {
            bare.leads(bytes, at, first, range, literal, self.out);
        }
        if let Some(literal) = self.wanted.coded
            && seen.may_be_coded
        {
            run(bytes, (at, first), (from, range), literal, self.out);
        }
    }
}

/// What the bytes near a plain block show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Seen {
    /// Whether the block is the first whole one of something long, and may be part of either.
    leads: bool,
    /// Whether it may be part of a value that stands alone.
    may_be_bare: bool,
    /// Whether it may be part of a run, as its first whole block.
    may_be_coded: bool,
    /// How many letters and digits stand right before it, fewer than a block.
    before: usize,
}

/// What the bytes near a block are asked for, if that is faster than to look at each.
const SETS: [AsciiSet; 6] = [
    AsciiSet::of(UPPER),
    AsciiSet::of(LOWER),
    AsciiSet::of(ALNUM),
    AsciiSet::of(SIGNS),
    AsciiSet::of(TOKEN),
    AsciiSet::of(ByteSet::of(b"_")),
];

impl Seen {
    /// What the 64 bytes from the block before on show, of which these are [`SETS`]. An escape may
    /// end where they begin.
    #[inline(always)]
    fn of(members: [u64; 6], escapes: bool) -> Self {
        const _: () = assert!(NEAR == 64 && STRIDE == 16);
        const BEFORE: u64 = 0xffff;
        const BLOCK: u64 = BEFORE << STRIDE;
        let [upper, lower, alnums, signs, plain, underscores] = members;
        let before = (alnums << 48).leading_ones().min(15) as usize;
        let begins = (alnums >> STRIDE).trailing_ones().min(16) as usize;
        let goes_on = (alnums & BEFORE == BEFORE) & !escapes;
        let is_word = |at: usize| plain >> at & 0xff == 0xff;
        let is_long = is_word(2 * STRIDE) | is_word(STRIDE - 8);
        let changes = (upper & lower << 1 | lower & upper << 1).count_ones();
        let is_name = (underscores & BLOCK != 0) & (changes <= u32::from(NAME_CHANGES));
        let is_inside = signs & BEFORE == BEFORE;
        let has_dot = plain & !signs & BLOCK != 0;
        let may_be_bare = before + begins >= bare::HEAD;
        let may_be_coded = !(has_dot | is_inside | is_name);
        Self {
            leads: !goes_on & is_long & (may_be_bare | may_be_coded),
            may_be_bare,
            may_be_coded,
            before,
        }
    }

    /// The same, one question after the other.
    #[inline(always)]
    fn in_steps(bytes: &[u8], at: usize, block: &[u8; STRIDE]) -> Self {
        if goes_on(bytes, at) || !is_long(bytes, at) {
            return Self::default();
        }
        let before = words::alnums_before(bytes, at, STRIDE - 1);
        let may_be_bare = before + words::alnums_of(block) >= bare::HEAD;
        let may_be_coded = !has(block, b'.') && !is_inside(bytes, at) && !is_name(bytes, at, block);
        Self {
            leads: may_be_bare || may_be_coded,
            may_be_bare,
            may_be_coded,
            before,
        }
    }
}

/// Whether a backslash stands before the block before that at `at`.
#[inline(always)]
fn escapes(bytes: &[u8], at: usize) -> bool {
    at > STRIDE && bytes[at - STRIDE - 1] == b'\\'
}

/// How many bytes are looked at together: 64 blocks.
const GROUP: usize = 64 * STRIDE;

/// Whether `byte` is in a block. No branch, here and below, so that the compiler looks at all bytes
/// at once.
#[inline(always)]
fn has(block: &[u8; STRIDE], byte: u8) -> bool {
    block.iter().fold(false, |any, each| any | (*each == byte))
}

/// Whether the block at `at` is not the first whole one of a run, nor of a value that stands alone:
/// the bytes before it are letters and digits, and none of them belongs to an escape.
#[inline(always)]
fn goes_on(bytes: &[u8], at: usize) -> bool {
    let Some(before) = at.checked_sub(STRIDE) else {
        return false;
    };
    let block: Option<&[u8; STRIDE]> = bytes[before..].first_chunk();
    !escapes(bytes, at) && block.is_some_and(words::are_alnums)
}

/// Whether a word beside the block at `at` is plain, too: each run of the shortest length holds
/// three such words in a row.
#[inline(always)]
fn is_long(bytes: &[u8], at: usize) -> bool {
    is_plain_word(bytes, at + STRIDE) || at >= 8 && is_plain_word(bytes, at - 8)
}

/// Whether eight bytes stand at `at`, and all are plain.
#[inline(always)]
fn is_plain_word(bytes: &[u8], at: usize) -> bool {
    match bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        Some(word) => is_plain(word),
        None => false,
    }
}

/// Whether the run in which the block at `at` stands begins before the block before it.
#[inline(always)]
fn is_inside(bytes: &[u8], at: usize) -> bool {
    if at < STRIDE {
        return false;
    }
    match bytes[at - STRIDE..].first_chunk::<STRIDE>() {
        Some(before) => before.iter().fold(true, |all, byte| all & is_sign(*byte)),
        None => false,
    }
}

/// Whether the block at `at`, the first whole one of a run, shows that the run is a
/// [name](kinds): it has a `_`, and the bytes near it change their case once at most.
#[inline(always)]
fn is_name(bytes: &[u8], at: usize, block: &[u8; STRIDE]) -> bool {
    if at < STRIDE || !has(block, b'_') {
        return false;
    }
    match bytes[at - STRIDE..].first_chunk::<NEAR>() {
        Some(near) => has_case_of_name(near),
        None => false,
    }
}

/// Appends the run whose first whole block stands at `at`, if it is long enough and may be encoded.
/// Nothing but letters and digits stands between `first` and the block.
#[inline(never)]
fn run(
    bytes: &[u8],
    (at, first): (usize, usize),
    (from, range): (usize, &Range<usize>),
    literal: u32,
    out: &mut Vec<Hit>,
) {
    // The first block of a run stands near its start. A run that began before the range leads to
    // nothing in it.
    let floor = at.saturating_sub(STRIDE - 1).max(from);
    let mut start = first.max(floor);
    while start > floor && SIGNS.has(bytes[start - 1]) {
        start -= 1;
    }
    if start < range.end && (start == 0 || !SIGNS.has(bytes[start - 1])) {
        let lead = kinds(bytes, start).and_then(|kinds| lead_in(bytes, start, kinds));
        let lead = lead.filter(|at| range.contains(at));
        out.extend(lead.map(|at| Hit { at, literal }));
    }
}

/// Where something encoded begins in the run at `at`, whose first signs are of these `kinds`,
/// unless it goes on from the line above.
fn lead_in(bytes: &[u8], at: usize, kinds: u8) -> Option<usize> {
    let start = first_start(bytes, at, kinds)?;
    (reads(bytes, start) != Reads::Nothing).then_some(start)
}

/// Where something encoded begins first in the run at `at`: at its first sign, behind an escape, or
/// behind a prefix that is glued to it.
fn first_start(bytes: &[u8], at: usize, kinds: u8) -> Option<usize> {
    let may_start = |start: usize| may_begin(bytes, start) && begins(bytes, start);
    if may_start(at) {
        return Some(at);
    }
    let glued = &bytes[at..bytes.len().min(at + GLUED)];
    // The letter of an escape is a sign.
    let escape = match (at.checked_sub(1).map(|i| bytes[i]), glued) {
        (Some(b'\\'), [b'u', b'0', b'0', ..]) => Some(5),
        // Escapes, or all digits behind one mark: `\\x6768` of PostgreSQL.
        (Some(b'\\'), [b'x', ..]) if digits(bytes, at + 1) => Some(1),
        (Some(b'\\'), [b'x', ..]) => Some(3),
        (Some(b'\\'), [b'n' | b'r' | b't', ..]) => Some(1),
        (Some(b'%'), _) => Some(2),
        (_, [b'0', b'x' | b'X', ..]) => Some(2),
        _ => None,
    };
    if let Some(start) = escape.map(|n| at + n).filter(|start| may_start(*start)) {
        return Some(start);
    }
    if kinds & kind::OTHER == 0 {
        return None;
    }
    glued.iter().enumerate().find_map(|(n, sign)| {
        let start = at + n + 1;
        let divides = matches!(sign, b'-' | b'_' | b'/');
        let long = || line(bytes, start).is_some();
        (divides && may_begin(bytes, start) && long() && begins(bytes, start)).then_some(start)
    })
}

/// Whether nothing but hexadecimal digits stands at `at` for the length of a run.
fn digits(bytes: &[u8], at: usize) -> bool {
    let signs = bytes.get(at..at + SHORTEST);
    signs.is_some_and(|signs| signs.iter().all(u8::is_ascii_hexdigit))
}

/// The kinds of the first signs of the run at `at`, if it is long enough, and is no name of a
/// program.
///
/// Text in base64 has letters of both cases, one after the other. So a name is a run with signs other
/// than letters and digits that has letters of one case only, or one that has a `_` and changes
/// its case once at most: `regBASE_ADDRESS`.
#[inline]
fn kinds(bytes: &[u8], at: usize) -> Option<u8> {
    let signs: &[u8; SHORTEST] = bytes.get(at..)?.first_chunk()?;
    if !are_signs(signs) {
        return None;
    }
    let has = |of: fn(u8) -> bool, kind: u8| match signs.iter().fold(false, |any, b| any | of(*b)) {
        true => kind,
        false => 0,
    };
    let kinds = has(|sign| sign.wrapping_sub(b'A') < 26, kind::UPPER)
        | has(|sign| sign.wrapping_sub(b'a') < 26, kind::LOWER)
        | has(is_other_sign, kind::OTHER);
    if kinds & kind::OTHER == 0 {
        return Some(kinds);
    }
    let is_mixed = kinds & kind::CASES == kind::CASES;
    (is_mixed && !(signs.contains(&b'_') && is_name_at(bytes, at))).then_some(kinds)
}

/// Whether the run at `at` changes its case once at most.
fn is_name_at(bytes: &[u8], at: usize) -> bool {
    let run = bytes[at..].iter().take(NAME);
    let mut signs = [0; NAME];
    for (to, sign) in signs
        .iter_mut()
        .zip(run.take_while(|sign| SIGNS.has(**sign)))
    {
        *to = *sign;
    }
    has_case_of_name(&signs)
}

/// Whether the case changes once at most from one letter to the next. No branch, so that the
/// compiler looks at all bytes at once.
#[inline(always)]
fn has_case_of_name<const N: usize>(bytes: &[u8; N]) -> bool {
    let is_letter = |byte: u8| (byte | 0x20).wrapping_sub(b'a') < 26;
    let mut changes = 0u8;
    for at in 1..N {
        let (a, b) = (bytes[at - 1], bytes[at]);
        changes += u8::from(is_letter(a) & is_letter(b) & ((a ^ b) & 0x20 != 0));
    }
    changes <= NAME_CHANGES
}

#[inline(always)]
fn are_signs(bytes: &[u8; SHORTEST]) -> bool {
    bytes.iter().fold(true, |all, byte| all & is_sign(*byte))
}

/// What kinds of signs a run has.
mod kind {
    pub(super) const UPPER: u8 = 1;
    pub(super) const LOWER: u8 = 2;
    pub(super) const CASES: u8 = UPPER | LOWER;
    pub(super) const OTHER: u8 = 4;
}

/// How much is read from the start of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::detect) enum Reads {
    /// Nothing: the run goes on from the line above, which is read.
    Nothing,
    /// A few lines: the line above means nothing by itself.
    Little,
    /// All lines.
    All,
}

/// How much is read from the run at `at` on.
///
/// Only lines that are longer than the one above begin another run of many lines, and such a
/// line ends the run before it. So no line is read by more than two of those runs.
pub(in crate::detect) fn reads(bytes: &[u8], at: usize) -> Reads {
    let above = |at: usize| {
        let end = wrapped::previous(bytes, at)?;
        let run = bytes[end.saturating_sub(LINE + 1)..end].iter().rev();
        let len = run.take_while(|b| SIGNS.has(**b)).count();
        let start = end - len;
        // The letter of an escape is a sign.
        let escaped = start > 0 && bytes[start - 1] == b'\\' && b"nrt".contains(&bytes[start]);
        let start = start + usize::from(escaped);
        (SHORT_LINE..=LINE).contains(&len).then_some(start..end)
    };
    let Some(line) = above(at) else {
        return Reads::All;
    };
    let run = bytes[at..].iter().take(LINE + 1);
    let len = run.take_while(|b| SIGNS.has(**b)).count();
    if len > line.len() && wrapped::previous(bytes, line.start).is_some() {
        return Reads::All;
    }
    match begins(bytes, line.start) {
        true => Reads::Nothing,
        false => Reads::Little,
    }
}

/// The first signs of the run at `at`, if its line is long enough.
fn line(bytes: &[u8], at: usize) -> Option<&[u8; SHORTEST]> {
    let signs: &[u8; SHORTEST] = bytes.get(at..)?.first_chunk()?;
    are_signs(signs).then_some(signs)
}

/// The first signs of the run at `at`. They may stand in two lines.
pub(in crate::detect) fn head(bytes: &[u8], at: usize) -> Option<[u8; SHORTEST]> {
    if let Some(head) = line(bytes, at) {
        return Some(*head);
    }
    let signs = bytes[at..].iter().take(SHORTEST);
    let first = signs.take_while(|b| SIGNS.has(**b)).count();
    let next = wrapped::next(bytes, at + first).filter(|_| first >= SHORT_LINE)?;
    let mut head = [0; SHORTEST];
    head[..first].copy_from_slice(&bytes[at..at + first]);
    let rest = bytes.get(next..next + SHORTEST - first)?;
    head[first..].copy_from_slice(rest);
    Some(head)
}

/// Whether the first signs of the run at `at` may be those of something encoded. Nearly all words
/// of programs show here that they are not.
#[inline]
fn may_begin(bytes: &[u8], at: usize) -> bool {
    let Some(signs) = bytes.get(at..).and_then(|rest| rest.first_chunk::<6>()) else {
        return false;
    };
    let means = |radix: &Radix| {
        let mut first = [0; 3];
        let may_mean = |first| may_say(first) || deflate::may_begin(first);
        radix.decode(signs, &mut first).then(|| may_mean(first))
    };
    // If one of them is no sign, the run goes on in the next line.
    means(&Radix::BASE64).is_none_or(|base64| {
        base64
            || [&Radix::HEX, &Radix::BASE32, &Radix::BASE32_HEX]
                .iter()
                .any(|radix| means(radix) == Some(true))
    })
}

/// Whether the first three bytes of something may pass [`says_what_it_is`].
#[inline]
fn may_say([first, second, third]: [u8; 3]) -> bool {
    let text = |byte: u8| is_text(&[byte]);
    let leads = |byte: u8| (0xc2..=0xf4).contains(&byte);
    let follows = |byte: u8| (0x80..=0xbf).contains(&byte);
    match (first, second, third) {
        (0x1f, 0x8b, 8) | (0xfd, b'7', b'z') | (0xff, 0xfe, _) | (0xfe, 0xff, _) => true,
        (0x28 | 0x30 | 0x78, ..) => true,
        (b'P', b'K', 3) | (b'7', b'z', 0xbc) | (4, 0x22, 0x4d) | (0x5d, 0, 0) => true,
        (0, byte, 0) => text(byte),
        (byte, 0, next) => text(byte) && text(next),
        _ if text(first) => match text(second) {
            true => text(third) || leads(third),
            false => leads(second) && follows(third),
        },
        _ => leads(first) && follows(second) && (text(third) || follows(third) || leads(third)),
    }
}

/// Whether the run at `at` begins like something encoded, in one of the ways that its signs allow.
fn begins(bytes: &[u8], at: usize) -> bool {
    let Some(head) = head(bytes, at) else {
        return false;
    };
    Radix::ALL.iter().any(|radix| {
        let (mut first, mut bytes) = ([0; 3], [0; HEAD]);
        // Nearly all heads show it in their first bytes.
        if !radix.decode(&head[..6], &mut first) {
            return false;
        }
        let (says, packed) = (may_say(first), deflate::may_begin(first));
        (says || packed)
            && radix.decode(&head, &mut bytes)
            && (says && says_what_it_is(&bytes) || packed && deflate::begins(&bytes))
    })
}

/// Whether the first bytes of something are those of text, of UTF-16, of a compressed stream or an
/// archive, or of a key in DER.
pub(in crate::detect) fn means_something(head: &[u8]) -> bool {
    says_what_it_is(head) || deflate::begins(head)
}

/// The same without what has no mark: a stream of deflate is known only when it is unpacked.
pub(in crate::detect) fn says_what_it_is(head: &[u8]) -> bool {
    is_text(head) || is_wide(head) || is_packed(head) || is_key(head) || is_foreign(head)
}

/// Text in UTF-8 that is not all ASCII, or that begins with a mark. Half of it is ASCII, so that
/// few other bytes look like it.
fn is_foreign(head: &[u8]) -> bool {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let ascii = text.iter().filter(|b| is_text(&[**b])).count();
    let others = text.iter().filter(|b| !b.is_ascii()).count();
    if ascii * 2 < text.len() || ascii + others < text.len() {
        return false;
    }
    match std::str::from_utf8(text) {
        Ok(text) => !text.chars().any(char::is_control) || is_text(text.as_bytes()),
        // The last character may be cut.
        Err(error) => error.error_len().is_none(),
    }
}

/// Printable ASCII and white space.
pub(in crate::detect) fn is_text(bytes: &[u8]) -> bool {
    let printable = |b: &u8| matches!(b, b' '..=b'~' | b'\t' | b'\r' | b'\n');
    bytes.iter().all(printable)
}

/// ASCII in UTF-16, of either order, with a mark in front or without.
pub(in crate::detect) fn is_wide(head: &[u8]) -> bool {
    let head = match head {
        [0xff, 0xfe, rest @ ..] | [0xfe, 0xff, rest @ ..] => rest,
        _ => head,
    };
    let (pairs, _) = head.as_chunks::<2>();
    let of = |zero: usize| {
        let fits = |pair: &[u8; 2]| pair[zero] == 0 && is_text(&[pair[1 - zero]]);
        pairs.len() >= 4 && pairs.iter().all(fits)
    };
    of(1) || of(0)
}

/// The magic numbers of compressed streams and archives.
pub(in crate::detect) fn is_packed(head: &[u8]) -> bool {
    match head {
        [0x1f, 0x8b, 8, flags, ..] => flags & 0xe0 == 0,
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [b'B', b'Z', b'h', b'1'..=b'9', ..] => true,
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => true,
        [b'P', b'K', 3, 4, ..] | [b'7', b'z', 0xbc, 0xaf, ..] | [4, 0x22, 0x4d, 0x18, ..] => true,
        // The properties that everybody uses, and a dictionary of a usual size.
        [0x5d, 0, 0, 0 | 0x80, 0..=8, ..] => true,
        // RFC 1950: deflate with the window that everybody uses, and the header's checksum.
        [0x78, flags, ..] => (0x7800 + u16::from(*flags)) % 31 == 0 && flags & 0x20 == 0,
        _ => false,
    }
}

/// A sequence whose first member is a small version number: PKCS #1, PKCS #8 and SEC 1 keys
/// begin like this, certificates and public keys do not.
pub(in crate::detect) fn is_key(head: &[u8]) -> bool {
    let body = match head {
        [0x30, 0x82, _, _, rest @ ..] | [0x30, 0x81, _, rest @ ..] => rest,
        [0x30, len, rest @ ..] if *len < 0x80 => rest,
        _ => return false,
    };
    matches!(body, [2, 1, 0 | 1, 0x02 | 0x04 | 0x30, ..])
}

/// How many bits a sign holds, and which.
pub(in crate::detect) struct Radix {
    /// The bits of a sign.
    pub(in crate::detect) bits: u32,
    values: [u8; 256],
}

impl Radix {
    pub(in crate::detect) const HEX: Self = Self::new(4, encoding::HEX_VALUES);
    pub(in crate::detect) const BASE32: Self = Self::new(5, encoding::BASE32_VALUES);
    pub(in crate::detect) const BASE32_HEX: Self = Self::new(5, encoding::BASE32_HEX_VALUES);
    pub(in crate::detect) const BASE64: Self = Self::new(6, encoding::BASE64_VALUES);
    /// All of them; what fits the fewest signs comes first.
    pub(in crate::detect) const ALL: [&'static Self; 4] =
        [&Self::HEX, &Self::BASE32, &Self::BASE32_HEX, &Self::BASE64];

    const fn new(bits: u32, values: [u8; 256]) -> Self {
        Self { bits, values }
    }

    /// What `byte` stands for; [`NO_SIGN`] if it is no sign.
    #[inline]
    fn value(&self, byte: u8) -> u32 {
        u32::from(self.values[usize::from(byte)])
    }

    /// Whether `byte` is one of its signs.
    pub(in crate::detect) fn has(&self, byte: u8) -> bool {
        self.values[usize::from(byte)] != NO_SIGN
    }

    /// Fills `out` with the first bytes of `signs`. Returns false if they are too few, or if one
    /// is no sign. Most runs are left here, so this is no call of [`bytes`](Self::bytes).
    #[inline]
    fn decode(&self, signs: &[u8], out: &mut [u8]) -> bool {
        let (mut bits, mut count, mut filled) = (0u32, 0, 0);
        for sign in signs {
            let value = self.value(*sign);
            if value == u32::from(NO_SIGN) {
                return false;
            }
            bits = bits << self.bits | value;
            count += self.bits;
            if count >= 8 {
                count -= 8;
                out[filled] = (bits >> count) as u8;
                filled += 1;
                if filled == out.len() {
                    return true;
                }
            }
        }
        false
    }

    /// Returns the bytes that signs hold, up to the first byte that is no sign.
    pub(in crate::detect) fn bytes(
        &self,
        signs: impl Iterator<Item = u8>,
    ) -> impl Iterator<Item = u8> {
        let (mut bits, mut count) = (0u32, 0);
        let mut values = signs.map_while(|sign| {
            let value = self.values[usize::from(sign)];
            (value != NO_SIGN).then_some(value)
        });
        std::iter::from_fn(move || {
            while count < 8 {
                bits = bits << self.bits | u32::from(values.next()?);
                count += self.bits;
            }
            count -= 8;
            Some((bits >> count) as u8)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::mint::Rng;

    const CODED: Wanted<'static> = Wanted {
        coded: Some(0),
        bare: None,
    };

    /// All runs, found byte by byte.
    fn plain(bytes: &[u8], range: Range<usize>) -> Vec<usize> {
        let starts = (0..bytes.len().saturating_sub(SHORTEST - 1)).filter(|at| {
            let begins = *at == 0 || !SIGNS.has(bytes[at - 1]);
            begins && kinds(bytes, *at).is_some()
        });
        let leads = starts.filter_map(|at| lead_in(bytes, at, kinds(bytes, at)?));
        leads.filter(|at| range.contains(at)).collect()
    }

    #[test]
    fn runs_are_those_that_a_plain_search_finds() {
        let mut rng = Rng::new(7);
        let parts: [&[u8]; 20] = [
            b"BASE_ADDRESS_",
            b"some_words_of_a_",
            b"mmDC",
            b"_",
            b"cGFzc3dvcmQ9aHVudGVy\n",
            b"  MmFiY2RlZmdoaWpr\n",
            b"\\n",
            b"enc_",
            b"cGFzc3dvcmQ9aHVudGVyMmh1bnRlcg==",
            b"70617373776f72643d68756e74657232313233", // stopleak:allow made up
            b"ab",
            b" ",
            b"\n",
            b"+",
            b"=",
            b":",
            b"~",
            b"\xff",
            b"/",
            b"",
        ];
        let mut found = 0;
        for _ in 0..3_000 {
            let text: Vec<u8> = (0..rng.below(14))
                .flat_map(|_| parts[rng.below(parts.len())].to_vec())
                .collect();
            let from = rng.below(text.len() + 1);
            let range = from..from + rng.below(text.len() + 1 - from);
            let mut hits = Vec::new();
            leads(&text, range.clone(), CODED, &mut hits);
            let hits: Vec<usize> = hits.iter().map(|hit| hit.at).collect();
            assert_eq!(hits, plain(&text, range), "{}", text.escape_ascii());
            found += hits.len();
        }
        assert!(found > 80, "{found}");
    }

    #[test]
    fn signs_are_those_of_their_class() {
        for byte in 0..=255 {
            assert_eq!(is_sign(byte), SIGNS.has(byte), "{byte}");
            assert_eq!(is_plain(&[byte]), SIGNS.or(TOKEN).has(byte), "{byte}");
        }
    }

    /// A block that is not the first one of anything leads to nothing.
    #[test]
    fn blocks_in_the_middle_are_left_out() {
        let rules = crate::rules::builtin::rules().iter();
        let bare = Bare::of(rules.filter(|rule| rule.bare));
        let wanted = Wanted {
            coded: Some(0),
            bare: Some((&bare, 1)),
        };
        let mut rng = Rng::new(12);
        let parts = [
            "\\n", "\\", "-", "+", " ", "/", "=", "n", "=\"", "\n", "_", "_BASE_", "_addr", ":",
        ];
        let (mut found, mut left) = (0, 0);
        for _ in 0..3_000 {
            let mut text = String::new();
            for _ in 0..rng.below(8) {
                let len = [1, 3, 15, 16, 17, 39, 40, 44, 51, 52, 58, 100][rng.below(12)];
                let signs: [&[u8]; 3] = [b"abcKLMN0123456789xyz5", b"KLMNOPQ", b"abc4"];
                let signs = signs[rng.below(3)];
                text += &rng.text(signs, len);
                text += parts[rng.below(parts.len())];
            }
            let bytes = text.as_bytes();
            let from = rng.below(bytes.len() + 1);
            let range = from..from + rng.below(bytes.len() + 1 - from);
            let mut hits = Vec::new();
            leads(bytes, range.clone(), wanted, &mut hits);
            let mut plain = Vec::new();
            let from = from.saturating_sub(GLUED);
            let to = (range.end + 2 * STRIDE - 1).min(bytes.len());
            for at in (from..to.saturating_sub(STRIDE - 1)).step_by(STRIDE) {
                let block: &[u8; STRIDE] = bytes[at..].first_chunk().unwrap();
                if is_plain(block) {
                    left += usize::from(goes_on(bytes, at));
                    let first = at - words::alnums_before(bytes, at, STRIDE - 1);
                    bare.leads(bytes, at, first, &range, 1, &mut plain);
                    run(bytes, (at, first), (from, &range), 0, &mut plain);
                }
            }
            assert_eq!(hits, plain, "{}", text.escape_debug());
            found += hits.len();
        }
        assert!(found > 150 && left > 2_000, "{found} {left}");
    }

    struct Both<'a>(&'a [u8], usize, &'a mut Option<[Seen; 2]>);

    impl Work for Both<'_> {
        fn run(self, width: impl Width) {
            let Self(bytes, at, seen) = self;
            let near = bytes[at - STRIDE..].first_chunk().unwrap();
            let block = bytes[at..].first_chunk().unwrap();
            if let Some(members) = width.members(near, &SETS) {
                let at_once = Seen::of(members, escapes(bytes, at));
                *seen = Some([at_once, Seen::in_steps(bytes, at, block)]);
            }
        }
    }

    #[test]
    fn all_bytes_near_a_block_show_at_once_what_they_show_in_steps() {
        let mut rng = Rng::new(17);
        let mut leading = 0;
        for _ in 0..20_000 {
            let mut bytes = Vec::new();
            while bytes.len() < 120 {
                let len = [1, 2, 8, 15, 16, 17, 40][rng.below(7)];
                let signs: [&[u8]; 5] = [b"abcXYZ0", b"abc_", b"XY_", b"0", b"."];
                let signs = signs[rng.below(5)];
                bytes.extend(rng.text(signs, len).bytes());
                bytes.push(b"\\-+_ \n.a=\"/"[rng.below(10)]);
            }
            let at = STRIDE + rng.below(40);
            if is_plain::<STRIDE>(bytes[at..].first_chunk().unwrap()) {
                let mut seen = None;
                at_full_width(Both(&bytes, at, &mut seen));
                if let Some([at_once, in_steps]) = seen {
                    assert_eq!(at_once.leads, in_steps.leads, "{}", bytes.escape_ascii());
                    leading += usize::from(in_steps.leads);
                    assert!(!in_steps.leads || at_once == in_steps);
                } else {
                    leading += 1;
                }
            }
        }
        assert!(leading > 1_000, "{leading}");
    }

    #[test]
    fn names_of_programs_are_no_runs() {
        for name in [
            "regBIF_CFG_DEV0_EPF0_VF0_DEVICE_CAP2_LTR_SUPPORTED_MASK",
            "mmDC_GPIO_DDC1_A_BASE_IDX_OF_SOMETHING",
            "some_name_of_a_function_of_a_driver_v2",
            "SOME_NAME_OF_A_CONSTANT_OF_A_DRIVER_V2",
        ] {
            assert_eq!(kinds(name.as_bytes(), 0), None, "{name}");
        }
        // Behind a name, and text in base64 that has a `_`.
        for run in [
            "some_value_for_prod_cGFzc3dvcmQ9aHVudGVyMmh1bnRlcjJo", // stopleak:allow made up
            "SOME_VALUE_FOR_PRO_cGFzc3dvcmQ9aHVudGVyMmh1bnRlcjJo",  // stopleak:allow made up
            "cGFzcz9wYXNzP3Bhc3M_cGFzcz9wYXNzP3Bhc3M_",             // stopleak:allow made up
        ] {
            assert!(kinds(run.as_bytes(), 0).is_some(), "{run}");
        }
    }

    #[test]
    fn of_lines_that_go_on_only_the_first_leads() {
        let line = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9w";
        for ends in ["\n", "\r\n", "\n    ", "\n# ", "\n// ", "\\n", "\"\n + \""] {
            let text = [line, ends, line, ends, line].concat();
            let mut hits = Vec::new();
            leads(text.as_bytes(), 0..text.len(), CODED, &mut hits);
            assert_eq!(hits.len(), 1, "{text}");
        }
    }

    #[test]
    fn what_is_encoded_may_begin_behind_a_prefix() {
        let coded = "cGFzc3dvcmQ9aHVudGVyMmh1bnRlcjJodW50ZXIyaHVudGVy"; // stopleak:allow made up
        for prefix in [
            "enc1_", "v1-", "keys/my-", "\\n", "\\u003d", "%3D", "%3d", "",
        ] {
            let text = format!("x {prefix}{coded} y");
            let mut hits = Vec::new();
            leads(text.as_bytes(), 0..text.len(), CODED, &mut hits);
            let hits: Vec<usize> = hits.iter().map(|hit| hit.at).collect();
            assert_eq!(hits, [2 + prefix.len()], "{prefix}");
        }
    }

    #[test]
    fn what_says_what_it_is_may_do_so_in_its_first_bytes() {
        let mut rng = crate::check::mint::Rng::new(31);
        let parts: [&[u8]; 16] = [
            b"pass",
            b"\t",
            b"\0",
            b"a\0",
            b"\0a",
            b"\xff\xfe",
            b"\xfe\xff",
            b"\xef\xbb\xbf",
            b"\x1f\x8b\x08\0",
            b"PK\x03\x04",
            b"x\x9c",
            b"\x30\x82\x04\xa4\x02\x01\0\x02",
            b"\xc3\xa4",
            b"\xe6\x97\xa5",
            b"\x28\xb5\x2f\xfd",
            b"\x5d\0\0\x80\0",
        ];
        let mut said = 0;
        for _ in 0..20_000 {
            let mut head = Vec::new();
            while head.len() < HEAD {
                head.extend_from_slice(parts[rng.below(parts.len())]);
            }
            let head = &head[..HEAD];
            if says_what_it_is(head) {
                said += 1;
                assert!(may_say([head[0], head[1], head[2]]), "{head:02x?}");
            }
        }
        assert!(said > 1_000, "{said}");
    }

    #[test]
    fn text_beyond_ascii_means_something() {
        for text in [
            "pässwörd = x",
            "\u{feff}password=",
            "größe: über",
            "токен: a = b cd",
        ] {
            let head = &text.as_bytes()[..12];
            assert_eq!(means_something(head), !text.starts_with('т'), "{text}");
        }
        assert!(!means_something(&b"p\xc3\x28sswort = "[..12]));
    }
}
