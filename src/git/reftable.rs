//! Reads references in git's reftable format: a stack of tables, of which later ones take
//! precedence.
//!
//! Git's `technical/reftable` documents the format. Only blocks of references are read,
//! one after the other; indexes, the map of objects, and logs are not needed to list all
//! references. The bytes are untrusted: a table is read completely or not at all.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use gix::ObjectId;
use gix::hash::Kind as HashKind;

use super::error::GitError;
use super::plain;

/// The largest table, in bytes.
const MAX_TABLE: u64 = 256 << 20;
/// The largest list of tables, in bytes. Git keeps a stack short.
const MAX_LIST: u64 = 1 << 20;
/// How often a stack is read again if git replaces its tables at the same time.
const TRIES: usize = 5;
/// The longest name, in bytes: a reference in a file of its own can have no longer one.
const MAX_NAME: usize = 4096;
/// The most bytes of all names of a stack. Names share their starts, so a small table could
/// hold very many long ones.
const MAX_NAMES: u64 = 1 << 30;
/// Symbolic references that are followed, as in git.
const MAX_LINKS: usize = 5;

/// What a reference points to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// An object.
    Id(ObjectId),
    /// Another reference: its full name.
    Link(Vec<u8>),
    /// Nothing: the reference was deleted.
    Deleted,
}

/// References by full name.
pub type Values = BTreeMap<Vec<u8>, Value>;

/// Adds the references of the stack in `dir` to `values`, without those that were deleted.
/// A stack that is not there is an error.
pub(super) fn read_stack(dir: &Path, hash: HashKind, values: &mut Values) -> Result<(), GitError> {
    let list = dir.join("tables.list");
    let failed = |path: &Path, why: &dyn std::fmt::Display| GitError::References {
        why: format!("{}: {why}", path.display()),
    };
    for attempt in 1..=TRIES {
        let names = plain::read(&list, MAX_LIST).map_err(|error| failed(&list, &error))?;
        let mut read = Values::new();
        let mut room = MAX_NAMES;
        let mut gone = false;
        for name in names.split(|byte| *byte == b'\n') {
            if name.is_empty() {
                continue;
            }
            let name = std::str::from_utf8(name).ok().filter(|name| is_plain(name));
            let name = name.ok_or_else(|| failed(&list, &"it names no table"))?;
            let path = dir.join(name);
            match plain::read(&path, MAX_TABLE) {
                Ok(bytes) => {
                    table(&bytes, hash, &mut room, &mut read).map_err(|why| failed(&path, &why))?
                }
                // Git has replaced it by another one since.
                Err(error) if error.kind() == ErrorKind::NotFound && attempt < TRIES => {
                    gone = true;
                    break;
                }
                Err(error) => return Err(failed(&path, &error)),
            }
        }
        if !gone {
            values.extend(read);
            values.retain(|_, value| *value != Value::Deleted);
            return Ok(());
        }
    }
    Err(failed(&list, &"it names tables that are not there"))
}

/// Returns whether a name in the list of tables stays in its directory.
fn is_plain(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    name.bytes().all(fits) && !name.starts_with('.')
}

/// Returns the object to which the reference `name` leads, or None if it leads to nothing.
pub(super) fn follow(values: &Values, name: &[u8]) -> Result<Option<ObjectId>, GitError> {
    let mut name = name;
    for _ in 0..=MAX_LINKS {
        match values.get(name) {
            None | Some(Value::Deleted) => return Ok(None),
            Some(Value::Id(id)) => return Ok(Some(*id)),
            Some(Value::Link(next)) => name = next,
        }
    }
    Err(GitError::References {
        why: format!(
            "{} leads through too many links",
            String::from_utf8_lossy(name)
        ),
    })
}

const DAMAGED: &str = "a damaged reftable";

/// Adds all references of one table to `values`, deletions included. Takes the bytes of
/// their names off `room`.
///
/// # Errors
/// Fails if anything that leads to references is malformed. `values` may then have some of
/// them.
pub fn table(
    bytes: &[u8],
    hash: HashKind,
    room: &mut u64,
    values: &mut Values,
) -> Result<(), &'static str> {
    let header = Header::of(bytes, hash)?;
    let end = header.references(bytes)?;
    let mut at = 0;
    let mut last: Option<Vec<u8>> = None;
    while at < end {
        let block = &bytes[at..end];
        // The header of the table is at the start of its first block.
        let start = if at == 0 { header.len } else { 0 };
        let [kind, size @ ..] = take::<4>(block, start).ok_or(DAMAGED)?;
        let len = number(&size) as usize;
        if kind != b'r' || len < start + 4 || len > block.len() {
            return Err(DAMAGED);
        }
        records(&block[..len], start + 4, hash, &mut last, room, values)?;
        // Blocks are filled up to a fixed size, except the last one of a kind.
        at = match block.get(len) {
            Some(0) if header.block_size > len => at + header.block_size,
            _ => at + len,
        };
    }
    if at == end { Ok(()) } else { Err(DAMAGED) }
}

/// The fields at the start of a table, which its end repeats.
struct Header {
    len: usize,
    /// The size to which blocks are filled up; 0 if they are not.
    block_size: usize,
}

impl Header {
    fn of(bytes: &[u8], hash: HashKind) -> Result<Self, &'static str> {
        let [mark @ .., version, high, middle, low] = take::<8>(bytes, 0).ok_or(DAMAGED)?;
        if mark != *b"REFT" {
            return Err("not a reftable");
        }
        let of_table = match version {
            1 => *b"sha1",
            2 => take::<4>(bytes, 24).ok_or(DAMAGED)?,
            _ => return Err("a reftable of an unknown version"),
        };
        let wanted = match hash.len_in_bytes() {
            20 => *b"sha1",
            _ => *b"s256",
        };
        if of_table != wanted {
            return Err("a reftable for objects of another hash");
        }
        Ok(Self {
            len: if version == 1 { 24 } else { 28 },
            block_size: number(&[high, middle, low]) as usize,
        })
    }

    /// Returns where the blocks of references end: where the first other section starts.
    fn references(&self, bytes: &[u8]) -> Result<usize, &'static str> {
        let footer = self.len + 5 * 8 + 4;
        let start = bytes.len().checked_sub(footer).ok_or(DAMAGED)?;
        let footer = &bytes[start..];
        let (fields, sum) = footer.split_at(footer.len() - 4);
        let repeats = start >= self.len && fields[..self.len] == bytes[..self.len];
        if !repeats || u64::from(crc32(fields)) != number(sum) {
            return Err(DAMAGED);
        }
        let field = |n: usize| number(&fields[self.len + 8 * n..][..8]);
        // The index of references, the map of objects (five bits are another number), logs.
        let sections = [field(0), field(1) >> 5, field(3)];
        let first = sections.into_iter().filter(|at| *at > 0).min();
        // A table without references starts with another section, right after its header.
        let is_empty = bytes.get(self.len) != Some(&b'r');
        if is_empty {
            let known = start == self.len || bytes.get(self.len) == Some(&b'g');
            return if known { Ok(0) } else { Err(DAMAGED) };
        }
        match first {
            None => Ok(start),
            Some(first) if first <= start as u64 => Ok(first as usize),
            Some(_) => Err(DAMAGED),
        }
    }
}

/// Adds the references of a block: its records start at `at`, its restart table ends it.
fn records(
    block: &[u8],
    mut at: usize,
    hash: HashKind,
    last: &mut Option<Vec<u8>>,
    room: &mut u64,
    values: &mut Values,
) -> Result<(), &'static str> {
    let count = take::<2>(block, block.len().wrapping_sub(2)).ok_or(DAMAGED)?;
    let restarts = 2 + 3 * number(&count) as usize;
    let end = block.len().checked_sub(restarts).ok_or(DAMAGED)?;
    let (block, restarts) = block.split_at(end);
    if at >= end {
        return Err(DAMAGED);
    }
    // The table names records without a shared start, the first one among them. If its
    // length is damaged, it names something else.
    let mut restarts = restarts.chunks_exact(3).map(number).peekable();
    if restarts.peek() != Some(&(at as u64)) {
        return Err(DAMAGED);
    }
    while at < end {
        let start = at as u64;
        let shared = varint(block, &mut at)?;
        if restarts.next_if_eq(&start).is_some() && shared != 0 {
            return Err(DAMAGED);
        }
        let rest = varint(block, &mut at)?;
        let (rest, kind) = (rest >> 3, rest & 7);
        let len = shared.saturating_add(rest);
        *room = room.checked_sub(len).ok_or("too many references")?;
        if len > MAX_NAME as u64 {
            return Err("a reftable with too long a name");
        }
        let before = last.as_deref().unwrap_or_default();
        let mut name = slice(before, &mut 0, shared)?.to_vec();
        name.extend_from_slice(slice(block, &mut at, rest)?);
        // Names ascend. Anything else would be a way to hide one from some readers.
        if last.as_ref().is_some_and(|last| *last >= name) || !is_name(&name) {
            return Err(DAMAGED);
        }
        varint(block, &mut at)?; // When it was updated.
        let mut id = || {
            let bytes = slice(block, &mut at, hash.len_in_bytes() as u64)?;
            ObjectId::try_from(bytes).map_err(|_| DAMAGED)
        };
        let value = match kind {
            0 => Value::Deleted,
            1 => Value::Id(id()?),
            2 => {
                let tag = id()?;
                id()?; // The object that the tag leads to.
                Value::Id(tag)
            }
            3 => {
                let len = varint(block, &mut at)?;
                let name = slice(block, &mut at, len)?;
                if !is_name(name) {
                    return Err(DAMAGED);
                }
                Value::Link(name.to_vec())
            }
            _ => return Err(DAMAGED),
        };
        values.insert(name.clone(), value);
        *last = Some(name);
    }
    // What is left of two bytes is the number of names in the table.
    if restarts.next().is_none() {
        Ok(())
    } else {
        Err(DAMAGED)
    }
}

/// Returns whether git writes such a name. References have no checksum: where a length is
/// damaged, what it takes for a name has bytes that no name has.
fn is_name(name: &[u8]) -> bool {
    let bad = |byte: &u8| byte.is_ascii_control() || b" ~^:?*[\\".contains(byte);
    !name.is_empty() && !name.iter().any(bad)
}

/// Returns the `len` bytes at `at`, and moves it behind them.
fn slice<'b>(bytes: &'b [u8], at: &mut usize, len: u64) -> Result<&'b [u8], &'static str> {
    let len = usize::try_from(len).map_err(|_| DAMAGED)?;
    let end = at.checked_add(len).ok_or(DAMAGED)?;
    let slice = bytes.get(*at..end).ok_or(DAMAGED)?;
    *at = end;
    Ok(slice)
}

fn take<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

/// Returns a number of up to eight bytes, the highest byte first.
fn number(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

/// Reads a number as packs store distances.
fn varint(bytes: &[u8], at: &mut usize) -> Result<u64, &'static str> {
    let mut value = 0u64;
    loop {
        let byte = *bytes.get(*at).ok_or(DAMAGED)?;
        *at += 1;
        value |= u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Ok(value);
        }
        let next = (value + 1).checked_mul(128).filter(|next| *next >> 60 == 0);
        value = next.ok_or(DAMAGED)?;
    }
}

/// Makes the end of a table repeat its start, with the checksum that fits. Returns false if
/// there is no room for one. For fuzzing: nothing behind a wrong checksum is looked at.
#[doc(hidden)]
pub fn seal(table: &mut [u8]) -> bool {
    let len = match table.get(4) {
        Some(1) => 24,
        _ => 28,
    };
    let Some(start) = table
        .len()
        .checked_sub(len + 44)
        .filter(|start| *start >= len)
    else {
        return false;
    };
    table.copy_within(..len, start);
    let end = table.len() - 4;
    let sum = crc32(&table[start..end]);
    table[end..].copy_from_slice(&sum.to_be_bytes());
    true
}

/// The checksum of a table's end: CRC-32, as in zlib.
fn crc32(bytes: &[u8]) -> u32 {
    let mut sum = u32::MAX;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            let carry = sum & 1;
            sum = sum >> 1 ^ (0xedb8_8320 * carry);
        }
    }
    !sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::Rng;

    fn put_varint(out: &mut Vec<u8>, value: usize) {
        let mut bytes = vec![value as u8 & 0x7f];
        let mut rest = value >> 7;
        while rest > 0 {
            rest -= 1;
            bytes.push(rest as u8 & 0x7f | 0x80);
            rest >>= 7;
        }
        out.extend(bytes.iter().rev());
    }

    fn put(out: &mut Vec<u8>, value: u64, bytes: usize) {
        out.extend_from_slice(&value.to_be_bytes()[8 - bytes..]);
    }

    fn put_record(out: &mut Vec<u8>, last: &[u8], name: &[u8], value: &Value, tag: bool) {
        let shared = last.iter().zip(name).take_while(|(a, b)| a == b).count();
        let kind = match value {
            Value::Deleted => 0,
            Value::Id(_) => 1 + usize::from(tag),
            Value::Link(_) => 3,
        };
        put_varint(out, shared);
        put_varint(out, (name.len() - shared) << 3 | kind);
        out.extend_from_slice(&name[shared..]);
        put_varint(out, 300);
        match value {
            Value::Deleted => {}
            Value::Id(id) => (0..=usize::from(tag)).for_each(|_| out.extend(id.as_bytes())),
            Value::Link(to) => {
                put_varint(out, to.len());
                out.extend_from_slice(to);
            }
        }
    }

    /// Writes a table as git does. `block_size` 0: blocks of any size, without padding.
    fn write(values: &Values, hash: HashKind, block_size: usize, others: bool) -> Vec<u8> {
        let mut header = b"REFT".to_vec();
        header.push(if hash == HashKind::Sha1 { 1 } else { 2 });
        put(&mut header, block_size as u64, 3);
        put(&mut header, 1, 8);
        put(&mut header, 9, 8);
        if hash != HashKind::Sha1 {
            header.extend_from_slice(b"s256");
        }
        let mut out = header.clone();
        let most = if block_size == 0 { 300 } else { block_size };
        let (mut first, mut padding) = (0, 0);
        let mut all = values.iter().enumerate().peekable();
        while all.peek().is_some() {
            out.resize(out.len() + padding, 0);
            first = if first == 0 && out.len() == header.len() {
                0
            } else {
                out.len()
            };
            let mut block = Vec::new();
            let start = out.len() - first;
            let mut last: &[u8] = b"";
            while let Some((n, (name, value))) = all.peek() {
                let mut record = Vec::new();
                put_record(&mut record, last, name, value, n % 3 == 0);
                if !block.is_empty() && start + 4 + block.len() + record.len() + 5 > most {
                    break;
                }
                block.extend(record);
                last = name;
                all.next();
            }
            let len = start + 4 + block.len() + 5;
            out.push(b'r');
            put(&mut out, len as u64, 3);
            out.extend(block);
            put(&mut out, start as u64 + 4, 3);
            put(&mut out, 1, 2);
            padding = block_size.saturating_sub(len);
        }
        let mut fields = [0u64; 5];
        if others && !values.is_empty() {
            out.resize(out.len() + padding, 0);
            fields[0] = out.len() as u64;
            out.extend_from_slice(b"i\0\0\x10 an index");
            fields[1] = (out.len() as u64) << 5 | 3;
            out.extend_from_slice(b"o\0\0\x10 objects");
        }
        if others {
            fields[3] = if values.is_empty() {
                0
            } else {
                out.len() as u64
            };
            out.extend_from_slice(b"g\0\0\x10 a log");
        }
        let mut footer = header;
        fields.iter().for_each(|field| put(&mut footer, *field, 8));
        let sum = crc32(&footer);
        put(&mut footer, u64::from(sum), 4);
        out.extend(footer);
        out
    }

    fn values(rng: &mut Rng, count: usize, hash: HashKind) -> Values {
        let mut values = Values::new();
        for _ in 0..count {
            let bits = 1 + rng.below(20);
            let n = rng.below(1 << bits);
            let name = format!("refs/heads/{}/{n}", "deep/".repeat(rng.below(5)));
            let value = match rng.below(6) {
                0 => Value::Deleted,
                1 => Value::Link(b"refs/heads/main".to_vec()),
                _ => {
                    let bytes: Vec<u8> =
                        (0..hash.len_in_bytes()).map(|_| rng.next() as u8).collect();
                    Value::Id(ObjectId::try_from(&bytes[..]).unwrap())
                }
            };
            values.insert(name.into_bytes(), value);
        }
        values
    }

    #[test]
    fn every_table_that_is_written_is_read() {
        let mut rng = Rng::new(11);
        for round in 0..400 {
            let hash = [HashKind::Sha1, HashKind::Sha256][round % 2];
            let count = rng.below(120) >> rng.below(8);
            let wanted = values(&mut rng, count, hash);
            let block_size = [0, 256, 4096][rng.below(3)];
            let bytes = write(&wanted, hash, block_size, round % 3 == 0);
            let mut found = Values::new();
            assert_eq!(
                table(&bytes, hash, &mut 100_000, &mut found),
                Ok(()),
                "{round} {block_size} {count}"
            );
            assert_eq!(found, wanted);
            let other = [HashKind::Sha256, HashKind::Sha1][round % 2];
            assert!(table(&bytes, other, &mut 100_000, &mut Values::new()).is_err());
        }
    }

    /// Damage is an error, or changes a name or value. References have no checksum, but
    /// hardly any damage makes them fewer.
    #[test]
    fn damage_hides_hardly_any_reference() {
        let (mut tried, mut fewer) = (0, 0);
        let mut rng = Rng::new(13);
        let hash = HashKind::Sha1;
        let wanted = values(&mut rng, 60, hash);
        for block_size in [0, 256] {
            let good = write(&wanted, hash, block_size, true);
            for at in 0..good.len() {
                let mut bad = good.clone();
                bad[at] ^= 1 << rng.below(8);
                let mut found = Values::new();
                let read = table(&bad, hash, &mut 100_000, &mut found);
                tried += 1;
                fewer += usize::from(read.is_ok() && found.len() < wanted.len());
                assert!(
                    table(&good[..at], hash, &mut 100_000, &mut Values::new()).is_err(),
                    "{at}"
                );
            }
        }
        assert!(fewer * 500 <= tried, "{fewer} of {tried}");
    }

    #[test]
    fn any_bytes_are_a_table_or_an_error() {
        let mut rng = Rng::new(17);
        let good = write(
            &values(&mut rng, 30, HashKind::Sha1),
            HashKind::Sha1,
            256,
            true,
        );
        let end = good.len() - 68;
        for _ in 0..20_000 {
            let mut bad = good.clone();
            for _ in 0..1 + rng.below(6) {
                let at = 8 + rng.below(end - 8);
                bad[at] = rng.next() as u8;
            }
            let _ = table(&bad, HashKind::Sha1, &mut 100_000, &mut Values::new());
        }
        let few = table(&good, HashKind::Sha1, &mut 20, &mut Values::new());
        assert_eq!(few, Err("too many references"));
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }
}
