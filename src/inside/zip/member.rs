//! A member of a zip: its header, its content, and what stands behind it.

use std::io::{self, BufRead, Read};

use super::super::Members;
use super::super::budget::Budget;
use super::super::checked::Checked;
use super::super::input::Input;
use super::super::streams::{Method, Taken, reader};
use super::super::trouble::{Class, Trouble};
use super::search::{Descriptor, Search};
use super::{u16_at, u32_at, u64_at};

/// The length of a header without its name.
const HEAD: usize = 30;

const ENCRYPTED: u16 = 1;
/// The sizes and the checksum stand behind the content.
const BEHIND: u16 = 1 << 3;
const PATCH: u16 = 1 << 5;
const STRONG: u16 = 1 << 6;
const MASKED: u16 = 1 << 13;
/// An lzma stream ends with a mark.
const MARKED: u16 = 1 << 1;

/// Numbers of a header, some of which may stand in its extra field.
pub(super) struct Wide {
    pub(super) values: [u64; 3],
}

impl Wide {
    /// Reads size, packed size and offset: those that are all ones stand in the zip64 field, in
    /// this order.
    pub(super) fn of(extra: &[u8], narrow: [u32; 3]) -> Self {
        let mut rest = extra;
        let mut field: &[u8] = &[];
        while rest.len() >= 4 {
            let len = usize::from(u16_at(rest, 2));
            let data = &rest[4..rest.len().min(4 + len)];
            if u16_at(rest, 0) == 1 {
                field = data;
                break;
            }
            rest = rest.get(4 + len..).unwrap_or_default();
        }
        let values = narrow.map(|value| {
            if value == u32::MAX && field.len() >= 8 {
                let wide = u64_at(field, 0);
                field = &field[8..];
                return wide;
            }
            value.into()
        });
        Self { values }
    }
}

/// The header of a member.
pub(super) struct Local {
    flags: u16,
    pub(super) method: u16,
    crc: u32,
    size: u64,
    packed: u64,
    pub(super) name: Vec<u8>,
    pub(super) extra: Vec<u8>,
}

/// How far the content of a member was read.
struct Done {
    len: u64,
    crc: u32,
    /// Whether it was read to its end.
    is_done: bool,
    failed: Option<Trouble>,
}

impl Local {
    /// Takes a header, if all of it is there.
    pub(super) fn read(input: &mut Input<'_>) -> io::Result<Self> {
        let head = input.peek(HEAD)?.first_chunk::<HEAD>().copied();
        let head = head.ok_or_else(|| input.damaged("a header in it is cut off"))?;
        let name = usize::from(u16_at(&head, 26));
        let extra = usize::from(u16_at(&head, 28));
        let mut name_and_extra = input.bytes((HEAD + name + extra) as u64)?.split_off(HEAD);
        let extra = name_and_extra.split_off(name);
        let sizes = [u32_at(&head, 22), u32_at(&head, 18), 0];
        let [size, packed, _] = Wide::of(&extra, sizes).values;
        Ok(Self {
            flags: u16_at(&head, 6),
            method: u16_at(&head, 8),
            crc: u32_at(&head, 14),
            size,
            packed,
            name: name_and_extra,
            extra,
        })
    }

    /// Why the content is not read.
    fn shut(&self) -> Option<Class> {
        if self.flags & (ENCRYPTED | STRONG | MASKED) != 0 || self.method == 99 {
            return Some(Class::Encrypted);
        }
        let is_read = matches!(self.method, 0 | 8 | 9 | 12 | 14 | 20 | 93 | 95);
        (self.flags & PATCH != 0 || !is_read).then_some(Class::Compressed)
    }

    fn is_behind(&self) -> bool {
        self.flags & BEHIND != 0
    }

    /// Passes the content on, and takes all that belongs to the member. Returns the length of
    /// its content as it is stored.
    pub(super) fn open(&self, input: &mut Input<'_>, members: &mut dyn Members) -> io::Result<u64> {
        let start = input.position();
        let limits = (input.budget, input.level);
        if self.name.ends_with(b"/") && self.packed == 0 && !self.is_behind() {
            return Ok(0);
        }
        if self.is_behind() && self.method == 8 && self.shut().is_none() {
            // The stream says itself where it ends.
            let done = self.content(&mut *input, limits, members)?;
            let packed = input.position() - start;
            let is_limit = |trouble: Trouble| trouble.class == Class::Limit;
            if done
                .as_ref()
                .is_some_and(|done| done.failed.is_some_and(is_limit))
            {
                // Only its descriptor tells where the rest of it ends.
                return Ok(Search::from(input, packed).finish()?.0);
            }
            if let Some(done) = done {
                self.descriptor(input, members, packed, &done)?;
            }
            return Ok(packed);
        }
        if self.is_behind() && self.packed == 0 {
            let mut search = Search::new(input, self.method == 0 && self.shut().is_none());
            let done = self.content(&mut search, limits, members)?;
            Self::leftover(&mut search, members, done.as_ref())?;
            let (packed, found) = search.finish()?;
            if let (Some(found), Some(done)) = (found, &done) {
                self.compare(members, &found, done);
            }
            return Ok(packed);
        }
        let mut part = input.part(self.packed);
        let done = self.content(&mut part, limits, members)?;
        Self::leftover(&mut part, members, done.as_ref())?;
        part.finish()?;
        if self.is_behind() {
            let unread = Done {
                len: self.size,
                crc: self.crc,
                is_done: false,
                failed: None,
            };
            self.descriptor(
                input,
                members,
                self.packed,
                done.as_ref().unwrap_or(&unread),
            )?;
        }
        Ok(self.packed)
    }

    /// Passes the content on. None if it is not read.
    fn content<R: BufRead>(
        &self,
        mut source: R,
        (budget, level): (&Budget, u32),
        members: &mut dyn Members,
    ) -> io::Result<Option<Done>> {
        if let Some(class) = self.shut() {
            members.shut(&self.name, class, self.packed);
            return Ok(None);
        }
        let method = match self.method {
            0 => {
                let mut done = None;
                self.pass(&mut source, level, members, &mut done)?;
                return Ok(done);
            }
            9 => Method::Deflate64,
            12 => Method::Bzip2,
            14 => match self.lzma(&mut source) {
                Ok(method) => method,
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    members.shut(&self.name, Class::Damaged, self.packed);
                    return Ok(None);
                }
                Err(error) => return Err(error),
            },
            95 => Method::Xz,
            20 | 93 => Method::Zstd,
            _ => Method::Deflate,
        };
        let mut done = None;
        let taken = Taken::default();
        let mut content = reader(method, Box::new(source), &taken, budget, level);
        self.pass(&mut content, level, members, &mut done)?;
        drop(content);
        let unused = taken.unused();
        if !unused.is_empty() {
            members.rest(&unused);
        }
        Ok(done)
    }

    /// Takes the header of an lzma stream: the version of a program, the length of the
    /// properties, and these.
    fn lzma<R: Read>(&self, source: &mut R) -> io::Result<Method> {
        let mut head = [0; 9];
        source.read_exact(&mut head)?;
        if u16_at(&head, 2) != 5 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let is_known = self.flags & MARKED == 0 && !(self.is_behind() && self.size == 0);
        Ok(Method::RawLzma {
            props: head[4],
            dictionary: u32_at(&head, 5),
            size: if is_known { self.size } else { u64::MAX },
        })
    }

    fn pass(
        &self,
        content: &mut dyn Read,
        level: u32,
        members: &mut dyn Members,
        done: &mut Option<Done>,
    ) -> io::Result<()> {
        let told = !self.is_behind();
        let crc = told.then_some(self.crc);
        let mut checked = Checked::new(content, crc, told.then_some(self.size), level);
        members.member(&self.name, &mut checked)?;
        // What begins as a container and ends before the member does is read to the end. A member
        // that nobody began to read is passed over, if its length is known.
        let is_wanted = checked.len > 0 || self.is_behind();
        let is_left = checked.failed.is_none() && !checked.is_done && is_wanted;
        if let Some(Err(error)) = is_left.then(|| checked.drain()) {
            match Trouble::of(&error) {
                Some(trouble) if trouble.level >= level => {
                    members.partly(&self.name, trouble.class, self.packed);
                }
                _ => return Err(error),
            }
        }
        *done = Some(Done {
            len: checked.len,
            crc: checked.crc(),
            is_done: checked.is_done,
            failed: checked.failed,
        });
        Ok(())
    }

    /// Passes on what stands behind the end of a stream, or behind a place where it is damaged.
    fn leftover<R: BufRead>(
        source: &mut R,
        members: &mut dyn Members,
        done: Option<&Done>,
    ) -> io::Result<()> {
        let is_damaged = |trouble: Trouble| trouble.class == Class::Damaged;
        if !done.is_some_and(|done| done.is_done || done.failed.is_some_and(is_damaged)) {
            return Ok(());
        }
        loop {
            let next = source.fill_buf()?;
            let len = next.len();
            if len == 0 {
                return Ok(());
            }
            members.rest(next);
            source.consume(len);
        }
    }

    /// Takes the descriptor behind the content, if there is one. It may have a mark, and sizes of
    /// 4 or 8 bytes.
    fn descriptor(
        &self,
        input: &mut Input<'_>,
        members: &mut dyn Members,
        packed: u64,
        done: &Done,
    ) -> io::Result<()> {
        let next = input.peek(super::LOOK)?;
        let Some(found) = Descriptor::of(next, packed, done.is_done.then_some(done.len)) else {
            // One that is marked and wrong is passed on as what it is not.
            if done.failed.is_none() {
                members.partly(&self.name, Class::Damaged, packed);
            }
            return Ok(());
        };
        input.take(found.len);
        self.compare(members, &found, done);
        Ok(())
    }

    /// Tells a member that is not what its descriptor says.
    fn compare(&self, members: &mut dyn Members, found: &Descriptor, done: &Done) {
        let is_right = found.crc == done.crc && found.size == done.len;
        if done.is_done && done.failed.is_none() && !is_right {
            members.partly(&self.name, Class::Damaged, self.packed);
        }
    }
}
