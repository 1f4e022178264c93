//! Bytes that are written as separated digits: `67 68 70 5f`, `67:68:70`, `6768 705f`, and the rows
//! that `hexdump`, `xxd` and `od` print.
//!
//! Each stretch of text in them leads by itself, at its first two characters that can be seen. So
//! nothing is read twice, however long a dump of other bytes goes on.

use std::ops::Range;

use super::runs::{is_packed, is_text};
use crate::finding::Encoding;

/// How many bytes of text a stretch needs.
const FEWEST: usize = 12;
/// The longest text in front of the first digits of a row: an offset, a mark of a comment.
const PREFIX: usize = 40;
/// The longest row from its first digits on, with the text that some print behind them.
const ROW: usize = 150;
/// How far a gate looks for the beginning of a stretch, in bytes.
const BACK: usize = 64;
/// How far on either side of a stretch it is seen where that begins and ends, in bytes.
pub(in crate::detect) const BESIDE: usize = super::runs::RUN_BESIDE;
/// How many white characters may stand there.
const WHITE: usize = 24;

const _: () = assert!(BACK + 2 * (PREFIX + ROW) <= 2 * super::runs::RUN_BESIDE);
const _: () = assert!(PREFIX + ROW + BACK <= super::runs::RUN_BESIDE);

/// Some digits that stand together: one byte or two.
pub(in crate::detect) type Group = super::group::Group<2>;

impl Group {
    /// Whether it means nothing but text.
    pub(in crate::detect) fn is_text(&self) -> bool {
        is_text(self.meaning())
    }

    /// Whether it means nothing but characters that can be seen, and blanks.
    fn is_seen(&self) -> bool {
        self.meaning().iter().all(|b| (b' '..=b'~').contains(b))
    }
}

/// How digits stand together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Digits {
    /// Two hexadecimal digits are a byte.
    Pairs,
    /// Four are two bytes, in this order or the other one.
    Words { swapped: bool },
    /// Eight binary digits are a byte.
    Bits,
}

impl Digits {
    fn of(width: usize) -> Option<Self> {
        match width {
            2 => Some(Self::Pairs),
            4 => Some(Self::Words { swapped: false }),
            8 => Some(Self::Bits),
            _ => None,
        }
    }

    fn width(self) -> usize {
        match self {
            Self::Pairs => 2,
            Self::Words { .. } => 4,
            Self::Bits => 8,
        }
    }
}

/// How a dump is written, and where its row begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::detect) struct Layout {
    digits: Digits,
    /// What stands between two groups.
    between: u8,
    /// What stands in front of the first group of this row, if its line begins near it.
    prefix: Option<Range<usize>>,
}

impl Layout {
    /// A layout of which the row is not known.
    fn without_row(width: usize, between: u8) -> Option<Self> {
        Some(Self {
            digits: Digits::of(width)?,
            between,
            prefix: None,
        })
    }

    /// The layout of the row in which the group at `start` stands.
    fn of(bytes: &[u8], start: usize, width: usize, between: u8) -> Option<Self> {
        let mut layout = Self::without_row(width, between)?;
        let floor = start.saturating_sub(ROW);
        let mut first = layout.group(bytes, start)?;
        while let Some(before) = layout
            .before(bytes, first.start)
            .filter(|g| g.start >= floor)
        {
            first = before;
        }
        let from = first.start.saturating_sub(PREFIX);
        let line = memchr::memrchr(b'\n', &bytes[from..first.start]).map(|end| from + end + 1);
        layout.prefix = line
            .or((from == 0).then_some(0))
            .map(|line| line..first.start);
        // `od` and `hexdump` print words as a small machine has them, `xxd` and `tcpdump` do not.
        let prefix = layout.prefix.clone().map_or(&b""[..], |own| &bytes[own]);
        let word = prefix
            .trim_ascii_end()
            .rsplit(|b| b" \t|".contains(b))
            .next();
        let swapped = word.is_some_and(|w| w.len() >= 6 && w.iter().all(u8::is_ascii_hexdigit));
        if let Digits::Words { .. } = layout.digits {
            layout.digits = Digits::Words { swapped };
        }
        Some(layout)
    }

    /// What digits of this kind are called.
    pub(in crate::detect) fn encoding(&self) -> Encoding {
        match self.digits {
            Digits::Bits => Encoding::Numbers,
            _ => Encoding::Hex,
        }
    }

    /// The group at `at`. Nothing may be glued to its end.
    fn group(&self, bytes: &[u8], at: usize) -> Option<Group> {
        let value = |from: usize, len: usize, base: u32| {
            let digits = bytes.get(from..from + len)?;
            digits.iter().try_fold(0u8, |value, digit| {
                let digit = char::from(*digit).to_digit(base)?;
                value.checked_mul(base as u8)?.checked_add(digit as u8)
            })
        };
        let first = value(at, 2, 16);
        let (both, len, width) = match self.digits {
            Digits::Pairs => ([first?, 0], 1, 2),
            Digits::Bits => ([value_of_bits(bytes.get(at..at + 8)?)?, 0], 1, 8),
            Digits::Words { swapped } => match (first?, value(at + 2, 2, 16)) {
                (first, Some(second)) if swapped => ([second, first], 2, 4),
                (first, Some(second)) => ([first, second], 2, 4),
                (first, None) => ([first, 0], 1, 2),
            },
        };
        let end = at + width;
        let glued = bytes
            .get(end)
            .is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
        (!glued).then_some(Group {
            bytes: both,
            len,
            start: at,
            end,
        })
    }

    /// Where the next group may begin on the same line, behind one that ends at `end`.
    fn behind(&self, bytes: &[u8], end: usize) -> Option<usize> {
        let at = end + usize::from(bytes.get(end) == Some(&self.between));
        // Many print a gap behind eight bytes.
        let gap = self.digits == Digits::Pairs && self.between == b' ';
        let wide = at > end && gap && matches!(bytes.get(at), Some(b' ' | b'-'));
        (at > end).then_some(at + usize::from(wide))
    }

    /// The group that stands before `start` on the same line.
    fn before(&self, bytes: &[u8], start: usize) -> Option<Group> {
        let width = self.digits.width();
        let starts = [1, 2]
            .into_iter()
            .filter_map(|gap| start.checked_sub(width + gap));
        let mut groups = starts.filter_map(|at| {
            let glued = at.checked_sub(1).map(|before| bytes[before]);
            let free = glued.is_none_or(|b| !b.is_ascii_alphanumeric() && b != b'_');
            self.group(bytes, at).filter(|_| free)
        });
        groups.find(|group| self.behind(bytes, group.end) == Some(start))
    }

    /// The group behind `last`, on the same line or in the next row, in which the layout is then.
    pub(in crate::detect) fn next(&mut self, bytes: &[u8], last: Group) -> Option<Group> {
        let same = self.behind(bytes, last.end);
        if let Some(next) = same.and_then(|at| self.group(bytes, at)) {
            return Some(next);
        }
        let prefix = self.prefix.clone()?;
        let rest = bytes.get(last.end..bytes.len().min(last.end + ROW))?;
        let end = memchr::memchr(b'\n', rest)?;
        let (behind, line) = (&rest[..end], last.end + end + 1);
        let front = &bytes[prefix.clone()];
        // What stands in front of a row stands apart from it, and so does what is printed behind it.
        let apart = |b: Option<&u8>| b.is_none_or(|b| b" \t\r".contains(b));
        let is_end = |b: &u8| b" \t\r\\,:-\"'+".contains(b);
        let fits = match front.iter().all(|b| b" \t".contains(b)) {
            true => behind.iter().all(is_end),
            // The first row stands behind its name.
            false if self.between != b' ' && behind.first() == Some(&self.between) => {
                behind.iter().all(is_end)
            }
            // Times of a log are no rows.
            false => self.between == b' ' && apart(front.last()) && apart(behind.first()),
        };
        if !fits {
            return None;
        }
        let own = bytes.get(line..line + prefix.len())?;
        let next = match alike(&bytes[prefix], own) {
            true => line + own.len(),
            false if behind.first() == Some(&self.between) && self.between != b' ' => {
                let rest = &bytes[line..bytes.len().min(line + PREFIX)];
                line + rest.iter().position(|b| !b" \t".contains(b))?
            }
            false => return None,
        };
        let group = self.group(bytes, next)?;
        self.prefix = Some(line..next);
        Some(group)
    }

    /// The group before the one at `start`, on the same line or in the row above.
    fn previous(&self, bytes: &[u8], start: usize) -> Option<Group> {
        if let Some(before) = self.before(bytes, start) {
            return Some(before);
        }
        let prefix = self.prefix.clone().filter(|own| own.end == start)?;
        let above = prefix.start.checked_sub(1)?;
        let from = above.saturating_sub(PREFIX + ROW);
        let line = memchr::memrchr(b'\n', &bytes[from..above]).map(|end| from + end + 1);
        let line = line.or((from == 0).then_some(0))?;
        let first = line + prefix.len();
        if first >= above || !alike(&bytes[prefix], &bytes[line..first]) {
            return None;
        }
        let mut layout = Self {
            prefix: Some(line..first),
            ..self.clone()
        };
        let mut group = layout.group(bytes, first)?;
        loop {
            let next = layout.next(bytes, group)?;
            if next.start >= start {
                return (next.start == start).then_some(group);
            }
            group = next;
        }
    }

    /// The layout as it is in the row of `group`.
    fn in_row_of(&self, bytes: &[u8], group: &Group) -> Self {
        let own = Self::of(bytes, group.start, self.digits.width(), self.between);
        own.unwrap_or_else(|| self.clone())
    }
}

/// The byte that eight binary digits mean.
fn value_of_bits(digits: &[u8]) -> Option<u8> {
    let bits = |value: u8, digit: &u8| matches!(digit, b'0' | b'1').then(|| value << 1 | digit & 1);
    digits.iter().try_fold(0, bits)
}

/// Whether two rows begin alike: with the same signs, and letters and digits in the same places.
fn alike(one: &[u8], other: &[u8]) -> bool {
    let same =
        |(a, b): (&u8, &u8)| a == b || a.is_ascii_alphanumeric() && b.is_ascii_alphanumeric();
    one.len() == other.len() && one.iter().zip(other).all(same)
}

/// The layout and the first group of what the literal at `at` leads to.
pub(in crate::detect) fn first(bytes: &[u8], at: usize) -> Option<(Layout, Group)> {
    let between = *bytes.get(at)?;
    if between == b'h' {
        // `hex:67,68` and `hex(2):67,00` of the registry.
        let near = &bytes[at..bytes.len().min(at + 12)];
        let start = at + near.iter().position(|b| *b == b':')? + 1;
        let layout = Layout::of(bytes, start, 2, b',')?;
        let group = layout.group(bytes, start)?;
        return Some((layout, group));
    }
    if between == b'1' {
        // A magic number.
        let layout = Layout::of(bytes, at, 2, *bytes.get(at + 2)?)?;
        let group = layout.group(bytes, at)?;
        return Some((layout, group));
    }
    let width = width_before(bytes, at);
    let start = at - width;
    let layout = Layout::of(bytes, start, width, between)?;
    let group = layout.group(bytes, start)?;
    Some((layout, group))
}

/// Whether the literal at `at` leads to nothing but text.
pub(in crate::detect) fn is_lead_of_text(bytes: &[u8], at: usize) -> bool {
    !bytes[at].is_ascii_alphanumeric()
}

/// How many digits stand before `at`.
fn width_before(bytes: &[u8], at: usize) -> usize {
    let before = bytes[at.saturating_sub(9)..at].iter().rev();
    before.take_while(|b| b.is_ascii_hexdigit()).count()
}

/// Whether a group that can be seen stands before the one that ends at `at`, on the same line. Nearly
/// all groups of a dump show it.
fn goes_on(bytes: &[u8], at: usize) -> bool {
    let width = width_before(bytes, at);
    let layout = Layout::without_row(width, bytes[at]);
    let before = layout.and_then(|layout| layout.before(bytes, at - width));
    before.is_some_and(|group| group.is_seen())
}

/// Whether the literal at `at` leads to text in separated digits that begins there, or to something
/// that is compressed.
pub(in crate::detect) fn is_lead(bytes: &[u8], at: usize) -> bool {
    let by_itself = is_lead_of_text(bytes, at);
    if by_itself && goes_on(bytes, at) {
        return false;
    }
    let Some((layout, first)) = first(bytes, at) else {
        return false;
    };
    if by_itself && !first.is_seen() {
        return false;
    }
    let most = at + ROW + PREFIX;
    let (mut ahead, mut last) = (layout.clone(), first);
    let mut head = first.meaning().to_vec();
    while head.len() < FEWEST {
        let next = ahead.next(bytes, last).filter(|group| group.end <= most);
        let Some(next) = next.filter(|next| !by_itself || next.is_text()) else {
            return false;
        };
        head.extend_from_slice(next.meaning());
        last = next;
    }
    if !by_itself {
        return is_otherwise(&head) || is_text(&head);
    }
    // Two that can be seen lead if no others do before them in the same text.
    let Some(second) = layout.clone().next(bytes, first) else {
        return false;
    };
    second.is_seen() && begins(bytes, layout, first)
}

/// Whether no two groups in a row that can be seen stand before `first` in the same text.
fn begins(bytes: &[u8], mut layout: Layout, first: Group) -> bool {
    let floor = first.start.saturating_sub(BACK);
    let mut later = first;
    for _ in 0..WHITE {
        let Some(before) = layout.previous(bytes, later.start) else {
            return true;
        };
        if !before.is_text() {
            return true;
        }
        if before.is_seen() && later.is_seen() {
            return false;
        }
        let same_row = layout.before(bytes, later.start).is_some();
        if before.start < floor {
            return false;
        }
        if !same_row {
            layout = layout.in_row_of(bytes, &before);
        }
        later = before;
    }
    false
}

/// Whether bytes begin like something that is no text, and is encoded as a whole.
pub(in crate::detect) fn is_otherwise(head: &[u8]) -> bool {
    is_packed(head) || super::runs::is_wide(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8] = b"token=abcdefghij0123456789\n";

    /// Where a text leads that a dump of `bytes` holds: at the separators between two groups.
    fn leads(text: &str) -> Vec<usize> {
        let bytes = text.as_bytes();
        let places = (0..bytes.len()).filter(|at| b" :-".contains(&bytes[*at]));
        places.filter(|at| is_lead(bytes, *at)).collect()
    }

    fn pairs(bytes: &[u8], between: &str) -> String {
        let all: Vec<String> = bytes.iter().map(|b| format!("{b:02x}")).collect();
        all.join(between)
    }

    /// As `hexdump -C` prints it.
    fn canonical(bytes: &[u8]) -> String {
        let rows = bytes.chunks(16).enumerate().map(|(row, all)| {
            let (left, right) = all.split_at(all.len().min(8));
            let both = format!("{}  {}", pairs(left, " "), pairs(right, " "));
            format!(
                "{:08x}  {both:<48}  |{}|\n",
                row * 16,
                ".".repeat(all.len())
            )
        });
        rows.collect()
    }

    fn text(dump: &str, at: usize) -> Vec<u8> {
        let bytes = dump.as_bytes();
        let (mut layout, mut group) = first(bytes, at).unwrap();
        let mut out = group.meaning().to_vec();
        while let Some(next) = layout.next(bytes, group) {
            out.extend_from_slice(next.meaning());
            group = next;
        }
        out
    }

    #[test]
    fn a_text_leads_once_and_is_read_to_its_end() {
        for between in [" ", ":", "-"] {
            let dump = pairs(TEXT, between);
            assert_eq!(leads(&dump), [2], "{dump}");
            assert_eq!(text(&dump, 2), TEXT);
        }
        let long = TEXT.repeat(4);
        for dump in [
            canonical(&long),
            format!("  {}", canonical(&long).replace("\n", "\n  ")),
            long.chunks(16)
                .map(|row| format!("    {}\n", pairs(row, " ")))
                .collect(),
            long.chunks(15)
                .map(|row| format!("  {}:\n", pairs(row, ":")))
                .collect(),
        ] {
            let all = leads(&dump);
            assert_eq!(all.len(), 1, "{dump}{all:?}");
            assert_eq!(text(&dump, all[0]), long, "{dump}");
        }
    }

    #[test]
    fn a_text_behind_other_bytes_leads_too() {
        for front in [0, 3, 15, 16, 17, 40] {
            let all = [&vec![0x90; front][..], TEXT, &[0x80; 20]].concat();
            let dump = canonical(&all);
            assert_eq!(leads(&dump).len(), 1, "{dump}");
            assert!(text(&dump, leads(&dump)[0]).starts_with(TEXT));
        }
    }

    #[test]
    fn words_are_read_in_the_order_of_their_program() {
        let rows = |swap: bool, sign: &str| -> String {
            let rows = TEXT.chunks(16).enumerate().map(|(row, all)| {
                let words = all.chunks(2).map(|pair| {
                    let mut pair = pair.to_vec();
                    if swap {
                        pair.resize(2, 0);
                        pair.reverse();
                    }
                    pairs(&pair, "")
                });
                let words: Vec<String> = words.collect();
                format!("{:07x}{sign} {}\n", row * 16, words.join(" "))
            });
            rows.collect()
        };
        for (swap, sign) in [(false, ":"), (true, "")] {
            let dump = rows(swap, sign);
            let all = leads(&dump);
            assert_eq!(all.len(), 1, "{dump}");
            assert!(text(&dump, all[0]).starts_with(TEXT), "{dump}");
        }
    }

    #[test]
    fn other_rows_of_digits_lead_nowhere() {
        let bytes: Vec<u8> = (0..=255).map(|n: u8| n.wrapping_mul(37)).collect();
        for dump in [
            canonical(&bytes),
            "00:1b:44:11:3a:b7\n".repeat(20),
            "2024 2025 2026 2027 2028\n".to_owned(),
            "12:34:56 23:45:56\n".repeat(9),
            "20 30 40 50 60 70\n20 30 40\n".to_owned(),
        ] {
            assert_eq!(leads(&dump), [0usize; 0], "{dump}");
        }
    }
}
