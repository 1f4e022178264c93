//! Where text in wide characters begins and ends, from the bytes around that place.
//!
//! Each answer depends on [`FAR`] bytes before a place and [`AHEAD`] bytes from it on, and
//! on nothing else. So it is the same however content is cut into pieces.

use super::units::{Unit, Wide, is_ascii_text};

/// How many bytes before a run of ASCII characters may belong to the same wide text.
pub(super) const FAR: usize = 64 << 10;
/// The same where a text ended before the run that showed it: looking far each time would
/// take time that is quadratic in [`FAR`].
pub(super) const NEAR: usize = 1024;
/// How many bytes from a place on are looked at.
pub(super) const AHEAD: usize = 64;
/// The bytes of a run that shows wide text: eight characters of UTF-16, four of UTF-32.
/// Shorter ones also occur in tables of numbers, and hold no credential.
const RUN: usize = 16;
/// How many bytes of ASCII with a line end show that they are no UTF-16.
const LINE: usize = 8;
/// How far bytes without NULs are looked at for ASCII.
const WINDOW: usize = 32;

/// The start of wide text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Start {
    /// The first byte of a character.
    pub(super) at: usize,
    /// The number of bytes of a byte order mark in front of it.
    pub(super) mark: usize,
    /// The run of ASCII characters that shows it.
    pub(super) run: usize,
    pub(super) wide: Wide,
}

/// Where a start is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Search {
    /// No text starts before it.
    pub(super) floor: usize,
    /// How many bytes before its run a text may start.
    pub(super) reach: usize,
    /// Whether nothing is in front of `floor` in the content.
    pub(super) is_first: bool,
}

/// Searches `bytes` from `from` on for the first run of wide ASCII characters, and returns
/// where its text starts. `end` is the end of the bytes, or [`AHEAD`] before the end of what
/// is known of them.
pub(super) fn start(bytes: &[u8], search: Search, from: usize, end: usize) -> Option<Start> {
    const ONES: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    // How many words without a NUL in a row make it worth to search for the next NUL.
    const PLAIN: u32 = 4;
    let text = bytes.get(from..end)?;
    let (mut next, mut plain) = (0, 0);
    // A run of 16 bytes contains one of these words of eight bytes.
    while let Some(word) = text.get(next..).and_then(|rest| rest.first_chunk::<8>()) {
        let at = from + next;
        next += 8;
        let value = u64::from_le_bytes(*word);
        // The high bit of each byte that is not zero.
        let set = (((value & ONES) + ONES) | value) & !ONES;
        if set != !ONES
            && set != 0
            && set >> 32 == set & 0xffff_ffff
            && let Some(start) = run_at(bytes, search, at, set as u32)
        {
            return Some(start);
        }
        plain = if set == !ONES { plain + 1 } else { 0 };
        if plain == PLAIN {
            plain = 0;
            next += memchr::memchr(0, &text[next..])? / 8 * 8;
        }
    }
    None
}

/// Returns the start of the wide text that contains the word at `at`, if it is one. `set`
/// are the bytes of each of its halves that are not zero.
fn run_at(bytes: &[u8], search: Search, at: usize, set: u32) -> Option<Start> {
    let (width, column) = match set {
        0x0080_0080 => (2, 0),
        0x8000_8000 => (2, 1),
        0x0000_0080 => (4, 0),
        0x0000_8000 => (4, 1),
        0x0080_0000 => (4, 2),
        0x8000_0000 => (4, 3),
        _ => return None,
    };
    let fits = |i: usize| {
        let letter = (i + width - at % width) % width == column;
        bytes.get(i).is_some_and(|b| match letter {
            true => is_ascii_text(*b),
            false => *b == 0,
        })
    };
    let first = (search.floor..at)
        .rev()
        .take_while(|i| fits(*i))
        .last()
        .unwrap_or(at);
    if !(first..first + RUN).all(fits) {
        return None;
    }
    let letter = (first..first + width).find(|i| bytes[*i] != 0)?;
    Some(text_around(bytes, search, letter, width))
}

/// Returns the start of the wide text around the ASCII character at `letter`, before which
/// there is no other one.
fn text_around(bytes: &[u8], search: Search, letter: usize, width: usize) -> Start {
    let Search {
        floor,
        reach,
        is_first,
    } = search;
    let lowest = floor.max(letter.saturating_sub(reach));
    let before = &bytes[lowest..letter];
    let zeros = before.iter().rev().take_while(|b| **b == 0).count();
    let text = |at: usize, big: bool| {
        let wide = Wide { width, big };
        let is_floor = is_first && lowest == floor;
        let text = extended(bytes, (lowest, is_floor), at, wide);
        let mark: &[u8] = match (width, big) {
            (2, false) => &[0xff, 0xfe],
            (2, true) => &[0xfe, 0xff],
            (_, false) => &[0xff, 0xfe, 0, 0],
            (_, true) => &[0, 0, 0xfe, 0xff],
        };
        let mark = if bytes[floor..text].ends_with(mark) {
            width
        } else {
            0
        };
        // How much there is in front of the letter that is as wide as this. One encoding is
        // more likely than two.
        let units = bytes[text..at].chunks_exact(width);
        let whole = usize::from(is_floor && text < at && text - mark == floor) * 2;
        let sense = whole + mark + units.filter(|unit| wide.ascii(unit).is_some()).count();
        let start = Start {
            at: text,
            mark,
            run: letter,
            wide,
        };
        (sense, start)
    };
    // Of ASCII, both orders of bytes are the same but for where the text starts. What is in
    // front of it shows which one it is: the zeros of the first letter, or other text.
    let little = text(letter, false);
    if zeros >= width - 1 {
        let at = letter - (width - 1);
        let big = text(at, true);
        // Some of the zeros may be those of a character in front.
        let is_big = match zeros % width == width - 1 {
            true => little.0 <= big.0 + 1,
            false => big.0 > little.0 || (big.0 == little.0 && big.1.at + width < at),
        };
        return if is_big { big.1 } else { little.1 };
    }
    // The letter may be the end of a line of single bytes, or of another character.
    let big = text(letter + 1, true);
    let ends_line = bytes[letter] == b'\n' && before.last().is_some_and(|b| *b != b'\n');
    let starts_line = ends_line && big.1.at > letter;
    if big.0 > little.0 || (big.0 == little.0 && starts_line) {
        big.1
    } else {
        little.1
    }
}

/// How many units in a row may be pairs of letters in text in which other ones show that
/// they are characters.
const PAIRS: usize = 8;
/// How many units may be in doubt before one shows what they are.
const DOUBT: usize = 32;
/// How many units of text have a byte that no text in single bytes has.
const SHOWN: usize = 128;

/// Returns where the text begins that goes on at `end`: a line of wide text may start with
/// characters that are no ASCII. `floor` is the lowest place, and whether nothing is in front
/// of it.
fn extended(bytes: &[u8], floor: (usize, bool), end: usize, wide: Wide) -> usize {
    let (floor, is_floor) = floor;
    let width = wide.width;
    // What was looked at, what belongs to the text, and the last unit that shows it.
    let (mut at, mut known, mut shown) = (end, end, end);
    let (mut pairs, mut doubts) = (0, 0);
    while at >= floor + width && may_precede(&bytes[at - width..at], wide) {
        let unit = &bytes[at - width..at];
        if at + SHOWN * width <= shown {
            // Text in single bytes that are no ASCII.
            known = shown;
            break;
        }
        at -= width;
        if width == 4 || is_shown(unit) {
            (known, shown, pairs, doubts) = (at, at, 0, 0);
            continue;
        }
        let pair = are_letters(unit);
        pairs = match pair {
            true if is_row(unit, &bytes[at + 2..end], wide) => pairs,
            true => pairs + 1,
            false => 0,
        };
        let doubt = pair || ends_line(unit, wide);
        doubts += usize::from(doubt);
        // Two letters in a row are more often ASCII than one character, but not between
        // other characters.
        if !doubt && doubts <= 1 {
            (known, doubts) = (at, 0);
        }
        if pairs > PAIRS || at + DOUBT * width <= known {
            break;
        }
    }
    if is_floor && at == floor && begins(&bytes[at..known], wide, (end - known) / width) {
        known = at;
    }
    // Bytes of UTF-8 are such characters, too.
    if is_rest_of_utf8(&bytes[known..end]) {
        end
    } else {
        known
    }
}

/// Whether content begins with the characters in `doubt`, before `more` others.
fn begins(doubt: &[u8], wide: Wide, more: usize) -> bool {
    let units = || doubt.as_chunks::<2>().0;
    let count = units().len();
    if count == 0 {
        return false;
    }
    let pairs = units().iter().filter(|unit| are_letters(*unit)).count();
    let last = &doubt[doubt.len() - 2..];
    let is_blank = |b: &u8| b"\t\n\r".contains(b);
    let ends_line = ends_line(last, wide);
    let are_lines = ends_line && pairs == count && count <= 3 && !is_blank(&doubt[0]);
    // Text in single bytes has few lines of one letter.
    let all = units().iter().enumerate();
    let odd = all.filter(|(at, unit)| {
        let next = &doubt[2 * at + 2..];
        let last = at.checked_sub(1).map(|last| &doubt[2 * last..]);
        unit.iter().any(is_blank)
            || is_row(*unit, next, wide)
            || last.is_some_and(|last| is_row(*unit, last, wide))
    });
    (odd.count() * 2 >= count && !doubt.iter().all(is_blank) && !are_lines)
        || (count == 1 && more > 0 && !ends_line)
        || (pairs <= 3 && more >= 8 && !ends_line)
        || (pairs <= PAIRS && more >= 32 && !ends_line)
        || (pairs > 0 && pairs * 2 <= count)
}

/// Whether `unit` and the one behind it are of a script whose characters are often pairs of
/// letters, or have the byte of a line end.
fn is_row(unit: &[u8], next: &[u8], wide: Wide) -> bool {
    let high = |unit: &[u8]| unit.first_chunk::<2>().map(|unit| wide.halves(*unit).0);
    matches!(high(unit), Some(b'\n' | b'\r' | 0x30)) && high(unit) == high(next)
}

/// Whether bytes are UTF-8 with characters beyond ASCII, the first of which may be cut.
fn is_rest_of_utf8(bytes: &[u8]) -> bool {
    let cut = bytes
        .iter()
        .take(3)
        .take_while(|b| **b & 0xc0 == 0x80)
        .count();
    !bytes.is_ascii() && std::str::from_utf8(&bytes[cut..]).is_ok()
}

/// Whether `unit` may belong to the text behind it.
pub(super) fn may_precede(unit: &[u8], wide: Wide) -> bool {
    let value = wide.value(unit).unwrap_or(0);
    let surrogate = wide.width == 2 && (0xd800..0xe000).contains(&value);
    let rare = value >= 0x30000;
    value != 0xfeff && !rare && (surrogate || matches!(wide.unit(unit), Unit::Char(..)))
}

/// Whether `unit` has a byte that text in single bytes does not have.
fn is_shown(unit: &[u8]) -> bool {
    unit.iter().any(|b| matches!(b, 0..0x08 | 0x0e..0x1b))
}

/// Whether a unit could be the end of a line of single bytes.
fn ends_line(unit: &[u8], wide: Wide) -> bool {
    let high = unit.try_into().map(|pair| wide.halves(pair).0);
    high.is_ok_and(|high| b"\n\r".contains(&high))
}

/// Whether both bytes of a unit of UTF-16 could be letters.
fn are_letters(unit: &[u8]) -> bool {
    unit.len() == 2 && unit.iter().all(|b| is_ascii_text(*b))
}

/// Whether wide text ends before the bytes that start with a unit that is no ASCII
/// character. `line` says whether a line starts here.
pub(super) fn ends(bytes: &[u8], wide: Wide, line: bool) -> bool {
    let bytes = &bytes[..bytes.len().min(AHEAD)];
    match wide.unit(bytes) {
        Unit::Cut => true,
        // Four letters of single bytes are no character, whatever comes behind them.
        Unit::Bad if wide.width == 4 && run_of_ascii(bytes) >= LINE => true,
        Unit::Bad | Unit::Char(..) if is_half_before_mark(bytes) => true,
        Unit::Bad => !goes_on(bytes, wide),
        Unit::Char(..) if line && is_between(bytes, wide) => true,
        Unit::Char(..) => {
            // Most text beyond ASCII has no zeros, and needs no closer look.
            let zeros = bytes.iter().take(4).any(|b| *b == 0);
            if zeros && (starts_rows(bytes, wide) || starts_other(bytes, wide)) {
                return true;
            }
            let letters = bytes.get(1).is_some_and(|b| is_ascii_text(*b));
            (letters && (is_ascii(bytes, wide) || is_line_end(bytes, wide, line)))
                || (line && wide.width == 2 && is_utf8(bytes))
        }
    }
}

/// Whether line ends of one byte stand between two texts in UTF-16 of different order.
fn is_line_end(bytes: &[u8], wide: Wide, line: bool) -> bool {
    let ends = bytes
        .iter()
        .take(WINDOW)
        .take_while(|b| **b == b'\n')
        .count();
    let next = bytes.get(ends + 1..).and_then(|next| wide.ascii(next));
    let is_word = next.is_some_and(|b| b.is_ascii_alphanumeric());
    line && wide
        == (Wide {
            width: 2,
            big: true,
        })
        && ends % 2 == 1
        && is_word
}

/// How many bytes of ASCII `bytes` start with.
fn run_of_ascii(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|b| is_ascii_text(**b)).count()
}

/// Whether lines of single bytes that could be UTF-16 start here, and behind their last line
/// end other text does: with a mark, in another width or order, or half a unit further.
fn is_between(bytes: &[u8], wide: Wide) -> bool {
    let run = &bytes[..run_of_ascii(bytes)];
    let Some(newline) = memchr::memrchr(b'\n', run) else {
        return false;
    };
    let start = newline + 1;
    let rest = &bytes[start..];
    // The line end and the zero behind it may be a unit of this text.
    let swapped = Wide {
        big: !wide.big,
        ..wide
    };
    let is_own = |own: Wide| match start % 2 {
        0 => own == wide,
        _ => !wide.big && own == swapped,
    };
    let is_strange = |unit: &[u8; 2]| is_strange(wide.halves(*unit));
    let strange = || run[..start].as_chunks::<2>().0.iter().any(is_strange);
    wide.width == 2
        && start >= LINE
        && (starts_with_mark(rest) || row_at(rest).is_some_and(|own| !is_own(own) || strange()))
}

/// Whether the first byte is a character of another order, and a mark with text is behind it:
/// what comes before began half a unit too early.
fn is_half_before_mark(bytes: &[u8]) -> bool {
    let Some((first, rest)) = bytes.split_first() else {
        return false;
    };
    let text = |mark: usize| rest.get(mark..).and_then(row_at).is_some();
    let behind = match rest {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => text(2) || text(4),
        [0, 0, 0xfe, 0xff, ..] => text(4),
        [0xef, 0xbb, 0xbf, rest @ ..] => run_of_ascii(rest) >= LINE,
        _ => false,
    };
    is_ascii_text(*first) && behind
}

/// Whether a byte order mark is in front of `bytes`.
fn starts_with_mark(bytes: &[u8]) -> bool {
    const MARKS: [&[u8]; 4] = [
        &[0xff, 0xfe],
        &[0xfe, 0xff],
        &[0, 0, 0xfe, 0xff],
        &[0xef, 0xbb, 0xbf],
    ];
    MARKS.iter().any(|mark| bytes.starts_with(mark))
}

/// How the run of wide ASCII characters is written that `bytes` start with.
fn row_at(bytes: &[u8]) -> Option<Wide> {
    let run = bytes.get(..RUN)?;
    let all = [(2, false), (2, true), (4, false), (4, true)];
    let mut all = all.into_iter().map(|(width, big)| Wide { width, big });
    all.find(|wide| {
        run.chunks_exact(wide.width)
            .all(|unit| wide.ascii(unit).is_some())
    })
}

/// Whether UTF-16 ends before the ASCII character at the start of `bytes`, because it is one
/// of UTF-32.
pub(super) fn is_wider(bytes: &[u8], wide: Wide) -> bool {
    let row = |row: &[u8]| matches!(row, [a, 0, 0, 0] if is_ascii_text(*a));
    wide.width == 2
        && bytes.get(2..4) == Some(&[0, 0])
        && bytes.len() >= RUN
        && bytes[..RUN].chunks_exact(4).all(row)
}

/// Whether wide text goes on behind a unit that text does not have.
fn goes_on(bytes: &[u8], wide: Wide) -> bool {
    let next = || bytes.chunks_exact(wide.width).skip(1).take(8);
    let count = next().count();
    let ascii = next().filter(|unit| wide.ascii(unit).is_some()).count();
    let surrogate =
        |unit: &[u8]| wide.width == 2 && matches!(wide.value(unit), Some(0xd800..0xe000));
    let good = |unit: &[u8]| surrogate(unit) || matches!(wide.unit(unit), Unit::Char(..));
    // A swapped mark belongs to the text behind it, and NULs end what is in a program.
    let ends = matches!(wide.value(bytes), Some(0 | 0xfffe | 0xfffe_0000));
    let shown = count >= 4 && ascii * 4 >= count * 3;
    shown || (!ends && count == 8 && next().all(good) && !is_ascii(&bytes[wide.width..], wide))
}

/// Whether bytes that could be UTF-16 are ASCII: characters that such pairs of letters
/// would be do not occur in texts.
fn is_ascii(bytes: &[u8], wide: Wide) -> bool {
    if wide.width != 2 {
        return false;
    }
    let bytes = &bytes[..bytes.len().min(WINDOW)];
    // Half a unit may be left over in front of it.
    let skipped = usize::from(!bytes.first().is_some_and(|b| is_ascii_text(*b)));
    let run = bytes[skipped..]
        .iter()
        .take_while(|b| is_ascii_text(**b))
        .count();
    let units = bytes[skipped * 2..].as_chunks::<2>().0;
    let within = (run - skipped.min(run)) / 2;
    let mut strange: Option<[u8; 2]> = None;
    let (mut highs, mut kana) = ([0; 4], 0);
    for unit in &units[..within.min(units.len())] {
        let (high, low) = wide.halves(*unit);
        // A line end; with the other order of bytes, it is a letter.
        if unit == b"\r\n" && !wide.big && run >= LINE {
            return true;
        }
        match strange {
            _ if !is_strange((high, low)) => {}
            None => strange = Some(*unit),
            Some(other) if other != *unit => return true,
            Some(_) => {}
        }
        kana += usize::from(high == 0x30);
        if let (false, Some(free)) = (highs.contains(&high), highs.iter_mut().find(|b| **b == 0)) {
            *free = high;
        }
    }
    // Characters whose bytes are all letters do not stand in such long rows, except kana.
    let varied = !highs.contains(&0) && kana < 2;
    (strange.is_some() && run >= 16) || (varied && run >= 20)
}

/// Whether the halves of a unit of UTF-16 are a character that texts hardly have.
fn is_strange((high, low): (u8, u8)) -> bool {
    match high {
        0x20 => low >= 0x40,
        0x21..=0x24 | 0x26..=0x2f | 0x32..=0x4d => true,
        _ => false,
    }
}

/// Whether a run of wide ASCII characters starts here or one byte further, whose zeros are
/// not where those of `wide` are: it has the other order of bytes, or half a unit in front.
fn starts_other(bytes: &[u8], wide: Wide) -> bool {
    if wide.width != 2 {
        return false;
    }
    // The mark of UTF-32 starts like the one of UTF-16.
    if bytes.starts_with(&[0xff, 0xfe, 0, 0]) {
        return true;
    }
    let is_zero = |i: usize| i.is_multiple_of(2) != wide.big;
    [0, 1].into_iter().any(|from| {
        let Some(run) = bytes.get(from..from + RUN) else {
            return false;
        };
        let fits = |(i, b): (usize, &u8)| match is_zero(from + i) {
            true => *b == 0,
            false => is_ascii_text(*b),
        };
        let mut letters = run.iter().filter(|b| **b != 0);
        let first = letters.next();
        run.iter().enumerate().all(fits) && letters.any(|b| Some(b) != first)
    })
}

/// Whether ASCII in UTF-32 starts here or one byte further, whose letters are not where
/// those of `wide` are.
fn starts_rows(bytes: &[u8], wide: Wide) -> bool {
    let own = match wide {
        Wide { width: 2, .. } => None,
        Wide { big, .. } => Some(if big { 3 } else { 0 }),
    };
    [0, 1].into_iter().any(|from| {
        let Some(run) = bytes.get(from..from + RUN) else {
            return false;
        };
        let Some(column) = run.iter().position(|b| *b != 0) else {
            return false;
        };
        let fits = |(i, b): (usize, &u8)| match i % 4 == column % 4 {
            true => is_ascii_text(*b),
            false => *b == 0,
        };
        let mut letters = run.iter().filter(|b| **b != 0);
        let first = letters.next();
        Some((from + column) % 4) != own
            && run.iter().enumerate().all(fits)
            && letters.any(|b| Some(b) != first)
    })
}

/// Whether lines that could be UTF-16 start with UTF-8 beyond ASCII.
fn is_utf8(bytes: &[u8]) -> bool {
    let bytes = bytes.split(|b| *b == 0).next().unwrap_or(bytes);
    let valid = match std::str::from_utf8(bytes) {
        Ok(text) => text.len(),
        Err(error) => error.valid_up_to(),
    };
    let first = bytes.iter().position(|b| !b.is_ascii());
    valid >= 12 && first.is_some_and(|first| first < valid)
}
