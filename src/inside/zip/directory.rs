//! The directory of a zip, beside the members that were met before it.

use super::super::checked::Crc;
use super::member::{Local, Wide};
use super::{u16_at, u32_at, u64_at};

/// A member that was met.
struct Met {
    /// Where its header stands.
    at: u64,
    /// The length of its content as it is stored.
    packed: u64,
    /// The checksum of its name.
    name: u32,
    method: u16,
}

/// An entry of the directory that is not that of the member in the same place of the order.
struct Odd {
    offset: u64,
    packed: u64,
    method: u16,
}

/// The most entries out of order that are compared.
const ODD: usize = 1 << 20;

const ELSEWHERE: &str =
    "its directory lists members where there are none: they may be hidden in others";
const OTHERWISE: &str = "its directory says something else about a member than the member itself";

/// What the directory says, and what was met.
#[derive(Default)]
pub(super) struct Directory {
    met: Vec<Met>,
    /// The entries so far.
    count: usize,
    /// Where the first entry stands.
    at: Option<u64>,
    /// The difference between where members stand and where they are listed, as the first entry
    /// has it.
    shift: u64,
    odd: Vec<Odd>,
    /// Whether entries matched members in that shift.
    is_shifted: bool,
    is_full: bool,
    /// Where the directory stands, as the zip64 end record says it.
    offset64: Option<u64>,
}

impl Directory {
    /// Notes a member that was met.
    pub(super) fn met(&mut self, at: u64, packed: u64, local: &Local) {
        self.met.push(Met {
            at,
            packed,
            name: Crc::of(&local.name),
            method: local.method,
        });
    }

    /// Notes an entry. Returns whether its name is another one than that of the member.
    pub(super) fn lists(&mut self, at: u64, head: &[u8], name: &[u8], extra: &[u8]) -> bool {
        let wide = Wide::of(
            extra,
            [u32_at(head, 24), u32_at(head, 20), u32_at(head, 42)],
        );
        let [_, packed, offset] = wide.values;
        let method = u16_at(head, 10);
        self.at.get_or_insert(at);
        let met = self.met.get(self.count);
        let shift = met.map_or(0, |met| met.at.wrapping_sub(offset));
        if self.count == 0 {
            self.shift = shift;
        }
        let is_met = met.is_some_and(|met| met.packed == packed && met.method == method);
        if is_met && shift == self.shift && self.count > 0 {
            self.is_shifted = true;
        } else if self.odd.len() < ODD {
            self.odd.push(Odd {
                offset,
                packed,
                method,
            });
        } else {
            self.is_full = true;
        }
        self.count += 1;
        met.is_none_or(|met| met.name != Crc::of(name))
    }

    /// Notes the zip64 end record, behind its length.
    pub(super) fn end64(&mut self, record: &[u8]) {
        self.offset64 = (record.len() >= 44).then(|| u64_at(record, 36));
    }

    /// Returns what is wrong with the directory whose end record stands at `at`.
    pub(super) fn wrong(self, at: u64, end: &[u8]) -> Option<&'static str> {
        if u16_at(end, 4) != u16_at(end, 6) && u16_at(end, 4) != u16::MAX {
            return Some("it is a part of a split archive");
        }
        let offset = match u32_at(end, 16) {
            u32::MAX => self.offset64,
            offset => Some(offset.into()),
        };
        // Some programs announce a zip64 record and do not write it.
        let shift = match offset {
            Some(offset) => self.at.unwrap_or(at).wrapping_sub(offset),
            None => self.shift,
        };
        if self.is_shifted && shift != self.shift || self.is_full {
            return Some(ELSEWHERE);
        }
        let mut wrong = None;
        for odd in &self.odd {
            let at = odd.offset.wrapping_add(shift);
            match self.met.binary_search_by_key(&at, |met| met.at) {
                Err(_) => return Some(ELSEWHERE),
                Ok(found) => {
                    let met = &self.met[found];
                    if met.packed != odd.packed || met.method != odd.method {
                        wrong = Some(OTHERWISE);
                    }
                }
            }
        }
        wrong
    }
}
