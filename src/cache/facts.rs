//! What judging an object gave, if that was nothing that a report tells.
//!
//! An object with a finding, with content that stays shut, or that could not be read to its end
//! has no entry, so it is judged again. Of values that a report would mask (a placeholder, a
//! doubtful word) only a mark is kept: a keyed hash, which tells nothing of the value.

use super::wire::{Reader, Writer};

/// Facts about one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts<'t> {
    /// Its size in bytes.
    pub size: u64,
    /// Whether it counts as binary.
    pub binary: bool,
    /// How many members of containers were scanned in it.
    pub members: u32,
    /// What it adds to the values that a report masks, as sorted marks.
    pub marks: &'t [u64],
}

/// Facts about many objects, to be written.
#[derive(Default)]
pub struct Builder {
    rows: Vec<Row>,
    marks: Sets,
}

struct Row {
    id: Box<[u8]>,
    size: u64,
    binary: bool,
    members: u32,
    set: u32,
}

/// Sets of marks, each once: versions of a file mostly have the same.
#[derive(Default)]
struct Sets {
    all: Vec<Box<[u64]>>,
    numbers: std::collections::HashMap<Box<[u64]>, u32>,
}

impl Sets {
    fn number(&mut self, marks: &[u64]) -> u32 {
        if marks.is_empty() {
            return 0;
        }
        if let Some(known) = self.numbers.get(marks) {
            return *known;
        }
        self.all.push(marks.into());
        let number = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.numbers.insert(marks.into(), number);
        number
    }
}

impl Builder {
    /// Adds an object. An id that is there already stays as it is.
    pub fn add(&mut self, id: &[u8], facts: &Facts<'_>) {
        let set = self.marks.number(facts.marks);
        self.rows.push(Row {
            id: id.into(),
            size: facts.size,
            binary: facts.binary,
            members: facts.members,
            set,
        });
    }

    /// Returns the number of objects.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Returns the body of a file with ids of `id_len` bytes.
    pub fn body(mut self, id_len: usize) -> Vec<u8> {
        self.rows.retain(|row| row.id.len() == id_len);
        self.rows.sort_by(|a, b| a.id.cmp(&b.id));
        self.rows.dedup_by(|next, kept| next.id == kept.id);
        let mut out = Writer::default();
        out.number(id_len as u64);
        out.list(self.marks.all.iter(), |out, set| {
            out.list(set.iter(), |out, mark| {
                out.raw(&mark.to_le_bytes());
            });
        });
        out.number(self.rows.len() as u64);
        for row in &self.rows {
            out.raw(&row.id);
        }
        for row in &self.rows {
            let more = row.members != 0 || row.set != 0;
            let flags = u64::from(row.binary) | u64::from(more) << 1;
            out.number(row.size << 2 | flags);
            if more {
                out.number(row.members.into()).number(row.set.into());
            }
        }
        out.done()
    }
}

/// A row without its id.
#[derive(Clone, Copy)]
struct Fact {
    size: u64,
    binary: bool,
    members: u32,
    set: u32,
}

/// Returns the first row for each value of the first two bytes of an id.
fn starts(ids: &[u8], id_len: usize) -> Vec<u32> {
    let mut starts = vec![0u32; (1 << 16) + 1];
    for id in ids.chunks_exact(id_len) {
        starts[two_bytes(id) + 1] += 1;
    }
    for at in 1..starts.len() {
        starts[at] += starts[at - 1];
    }
    starts
}

fn two_bytes(id: &[u8]) -> usize {
    let byte = |at: usize| usize::from(id.get(at).copied().unwrap_or(0));
    byte(0) << 8 | byte(1)
}

/// The facts of one file.
pub struct Table {
    id_len: usize,
    /// The first row for each value of the first two bytes of an id, and the number of rows.
    starts: Vec<u32>,
    ids: Vec<u8>,
    facts: Vec<Fact>,
    sets: Vec<Vec<u64>>,
}

impl Table {
    /// Reads a body. None if it is not one.
    pub fn read(body: &[u8]) -> Option<Self> {
        let mut input = Reader::new(body);
        let id_len = usize::try_from(input.number()?).ok()?;
        if !(1..=64).contains(&id_len) {
            return None;
        }
        let mark = |input: &mut Reader<'_>| {
            let bytes = input.raw(8)?.try_into().ok()?;
            Some(u64::from_le_bytes(bytes))
        };
        let mut sets = vec![Vec::new()];
        sets.extend(input.list(|input| input.list(mark))?);
        let count = usize::try_from(input.small()?).ok()?;
        let ids = input.raw(count.checked_mul(id_len)?)?.to_vec();
        let mut facts = Vec::with_capacity(count);
        for _ in 0..count {
            let first = input.number()?;
            let (members, set) = match first & 2 {
                0 => (0, 0),
                _ => (input.small()?, input.small()?),
            };
            sets.get(set as usize)?;
            facts.push(Fact {
                size: first >> 2,
                binary: first & 1 != 0,
                members,
                set,
            });
        }
        let rows = ids.chunks_exact(id_len);
        let is_sorted = rows.clone().zip(rows.skip(1)).all(|(a, b)| a < b);
        (input.is_done() && is_sorted).then(|| Self {
            starts: starts(&ids, id_len),
            id_len,
            ids,
            facts,
            sets,
        })
    }

    /// Returns the number of objects.
    pub fn len(&self) -> usize {
        self.facts.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.facts.is_empty()
    }

    fn id(&self, row: usize) -> &[u8] {
        &self.ids[row * self.id_len..][..self.id_len]
    }

    /// Returns what is known of the object with this id.
    pub fn find(&self, id: &[u8]) -> Option<Facts<'_>> {
        if id.len() != self.id_len {
            return None;
        }
        let first = two_bytes(id);
        let (mut low, mut high) = (self.starts[first] as usize, self.starts[first + 1] as usize);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.id(middle).cmp(id) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Some(self.facts(middle)),
            }
        }
        None
    }

    fn facts(&self, row: usize) -> Facts<'_> {
        let fact = &self.facts[row];
        Facts {
            size: fact.size,
            binary: fact.binary,
            members: fact.members,
            marks: &self.sets[fact.set as usize],
        }
    }

    /// Returns all objects, by id.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], Facts<'_>)> {
        (0..self.len()).map(|row| (self.id(row), self.facts(row)))
    }

    /// Returns the length of ids in bytes.
    pub fn id_len(&self) -> usize {
        self.id_len
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(size: u64, marks: &[u64]) -> Facts<'_> {
        Facts {
            size,
            binary: size % 2 == 1,
            members: (size % 3) as u32,
            marks,
        }
    }

    fn sample() -> Vec<u8> {
        let mut builder = Builder::default();
        for n in (0..200u8).rev() {
            let marks: &[u64] = match n % 3 {
                0 => &[],
                1 => &[1, u64::MAX],
                _ => &[5],
            };
            builder.add(&[n, n, n, n], &facts(u64::from(n) * 1000, marks));
            // The first one counts.
            builder.add(&[n, n, n, n], &facts(3, &[]));
        }
        builder.body(4)
    }

    #[test]
    fn what_is_written_is_found() {
        let table = Table::read(&sample()).unwrap();
        assert_eq!(table.len(), 200);
        for n in 0..200u8 {
            let marks: &[u64] = match n % 3 {
                0 => &[],
                1 => &[1, u64::MAX],
                _ => &[5],
            };
            let found = table.find(&[n, n, n, n]);
            assert_eq!(found, Some(facts(u64::from(n) * 1000, marks)), "{n}");
            assert_eq!(table.find(&[n, n, n, n + 1]), None);
        }
        assert_eq!(table.find(&[]), None);
        assert_eq!(table.find(&[1; 20]), None);
        assert_eq!(table.iter().count(), 200);
    }

    /// The proof is checked before, but the parser trusts no byte anyway.
    #[test]
    fn no_body_makes_it_panic() {
        let body = sample();
        for end in 0..body.len() {
            assert!(Table::read(&body[..end]).is_none(), "{end}");
        }
        for at in 0..body.len() {
            for new in [0, 1, 0x7f, 0x80, 0xff] {
                let mut changed = body.clone();
                changed[at] = new;
                if let Some(table) = Table::read(&changed) {
                    table.iter().for_each(drop);
                }
            }
        }
    }
}
