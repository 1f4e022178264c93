//! Zip, and everything that is one: jar, war, whl, apk, ipa, nupkg, docx, crx, programs that
//! unpack themselves.
//!
//! The records are read in the order in which they stand, and members where their own headers
//! stand: so members that the directory does not list are read too, and nothing is held but
//! where members began. The directory is compared with what was met: members that it lists
//! elsewhere, or with another length, are told.
//!
//! Source: PKWARE's APPNOTE 6.3.10, 4.3 (the records), 4.4 (their fields), 4.5.3 (zip64), 4.5.9 and
//! 7 (strong encryption), 8.5 (marks of split archives), and 5.8 (lzma).

mod directory;
mod member;
mod search;

use std::io;

use memchr::memmem;

use self::directory::Directory;
use self::member::Local;
use super::input::{HEAD, Input};
use super::trouble::{Class, Trouble};
use super::workbook::Workbook;
use super::{Members, rest};

/// What records begin with.
const LOCAL: &[u8; 4] = b"PK\x03\x04";
const CENTRAL: &[u8; 4] = b"PK\x01\x02";
const END: &[u8; 4] = b"PK\x05\x06";
const END64: &[u8; 4] = b"PK\x06\x06";
const LOCATOR64: &[u8; 4] = b"PK\x06\x07";
const DESCRIPTOR: &[u8; 4] = b"PK\x07\x08";
const SIGNATURE: &[u8; 4] = b"PK\x05\x05";
const MORE: &[u8; 4] = b"PK\x06\x08";
/// An archive that might have been split, and was not.
const UNSPLIT: &[u8; 4] = b"PK00";

/// The length of an end record without its comment.
const END_LEN: usize = 22;
/// The most bytes of a record that say whether it is one.
const LOOK: usize = 46;

/// Whether content begins as a zip does.
pub(super) fn begins(head: &[u8]) -> bool {
    let head = match head.strip_prefix(DESCRIPTOR) {
        Some(behind) if behind.starts_with(LOCAL) => behind,
        _ => head.strip_prefix(UNSPLIT).unwrap_or(head),
    };
    head.starts_with(LOCAL) || head.starts_with(END) && head.len() >= END_LEN
}

/// Whether content ends as a zip does, by its last bytes (64 KiB and 22): it may begin with
/// anything else, such as a program that unpacks it. A comment behind the end counts in binary
/// content only.
pub(super) fn ends(tail: &[u8], binary: bool) -> bool {
    if !binary {
        let end = tail.last_chunk::<END_LEN>();
        return end.is_some_and(|end| end.starts_with(END) && end.ends_with(&[0, 0]));
    }
    let tail = &tail[tail.len().saturating_sub(END_LEN + usize::from(u16::MAX))..];
    memmem::find_iter(tail, END).any(|at| {
        let end = &tail[at..];
        let comment = end.get(20..22).map(|len| usize::from(u16_at(len, 0)));
        comment.is_some_and(|comment| end.len() == END_LEN + comment)
    })
}

/// Whether content begins with text, and goes on with a member at the start of a line in its first
/// MiB: a script that unpacks itself, of which the end may be missing.
pub(super) fn starts(all: &[u8]) -> bool {
    let window = &all[..all.len().min(1 << 20)];
    let binary = memchr::memchr(0, &window[..window.len().min(HEAD)]);
    let is_member = |at: usize| {
        let header = &all[at..];
        let is_line = at > 0 && all[at - 1] == b'\n';
        let name = header.get(30..30 + usize::from(u16_at(header, 26)));
        let is_name = |name: &[u8]| !name.iter().any(|b| b.is_ascii_control());
        let is_known = matches!(u16_at(header, 8), 0 | 8 | 9 | 12 | 14 | 20 | 93 | 95 | 99);
        is_line && is_record(header) && is_known && name.is_some_and(is_name)
    };
    let first = memmem::find_iter(window, LOCAL).find(|at| is_member(*at));
    // What stands in front is text, as far as the first bytes tell.
    first.is_some_and(|at| binary.is_none_or(|zero| zero > at))
}

/// Returns a number of a record; 0 behind its end.
fn u16_at(bytes: &[u8], at: usize) -> u16 {
    let field = bytes.get(at..).and_then(|field| field.first_chunk());
    u16::from_le_bytes(field.copied().unwrap_or_default())
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let field = bytes.get(at..).and_then(|field| field.first_chunk());
    u32::from_le_bytes(field.copied().unwrap_or_default())
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let field = bytes.get(at..).and_then(|field| field.first_chunk());
    u64::from_le_bytes(field.copied().unwrap_or_default())
}

/// Whether bytes that stand anywhere look like the start of a record. Compressed data may hold
/// the four bytes of any mark: the version that a member needs is at most 6.3, methods go up to
/// 99, a name is not endless.
fn is_record(bytes: &[u8]) -> bool {
    let is_member = |version: usize, method: usize, name: usize| {
        bytes.len() >= name + 2
            && bytes[version] <= 63
            && u16_at(bytes, method) <= 99
            && (1..=4096).contains(&u16_at(bytes, name))
    };
    match bytes.first_chunk::<4>() {
        Some(LOCAL) => is_member(4, 8, 26),
        Some(CENTRAL) => is_member(6, 10, 28),
        Some(END) => {
            bytes.len() >= END_LEN && bytes[4..6] == bytes[6..8] && bytes[8..10] == bytes[10..12]
        }
        Some(END64) => bytes.len() >= 12 && u64_at(bytes, 4) >= 44 && u64_at(bytes, 4) < 1 << 20,
        _ => false,
    }
}

/// # Errors
/// Fails as [`walk`](super::walk) does.
pub(super) fn walk(input: &mut Input<'_>, members: &mut dyn Members) -> io::Result<()> {
    let mut members = Workbook::new(members, input.budget, input.level + 1);
    let walked = read(input, &mut members);
    let finished = members.finish();
    walked.and(finished)
}

fn read(input: &mut Input<'_>, members: &mut dyn Members) -> io::Result<()> {
    let mut zip = Walk {
        input: &mut *input,
        members: &mut *members,
        directory: Directory::default(),
        is_open: true,
    };
    let walked = zip.run();
    if let Err(error) = &walked {
        let own = Trouble::of(error)
            .is_some_and(|trouble| trouble.level == input.level && trouble.class == Class::Damaged);
        if own {
            rest::all(input, members)?;
        }
    }
    walked
}

/// A zip that is read from its start to its end.
struct Walk<'w, 'a> {
    input: &'w mut Input<'a>,
    members: &'w mut dyn Members,
    directory: Directory,
    /// Whether no end record came behind the last member.
    is_open: bool,
}

impl Walk<'_, '_> {
    fn run(&mut self) -> io::Result<()> {
        let mut trouble = None;
        loop {
            let at = self.input.position();
            let next = self.input.peek(LOOK)?;
            match next.first_chunk::<4>() {
                None => {
                    let len = next.len();
                    self.members.rest(next);
                    self.input.take(len);
                    break;
                }
                Some(LOCAL) => {
                    self.is_open = true;
                    self.member(at)?;
                }
                Some(CENTRAL) => self.listed(at)?,
                Some(END) => {
                    let end = self.end(at)?;
                    trouble = trouble.or(end);
                }
                Some(END64) if is_record(next) => {
                    let head = self.input.array::<12>()?;
                    let record = self.input.bytes(u64_at(&head, 4))?;
                    self.directory.end64(&record);
                    self.rest(record.get(44..).unwrap_or_default());
                }
                Some(LOCATOR64) => {
                    self.input.array::<20>()?;
                }
                Some(SIGNATURE) => {
                    let head = self.input.array::<6>()?;
                    let signature = self.input.bytes(u16_at(&head, 4).into())?;
                    self.rest(&signature);
                }
                // The directory is encrypted, and what is said about members in front of them is
                // masked.
                Some(MORE) => {
                    self.members.shut(b"", Class::Encrypted, 0);
                    self.other()?;
                }
                Some(DESCRIPTOR | UNSPLIT) if at == 0 => self.input.take(4),
                Some(_) => self.other()?,
            }
        }
        if let Some(why) = trouble {
            return Err(self.input.damaged(why));
        }
        match self.is_open {
            true => Err(self
                .input
                .damaged("it is cut off: its directory has no end")),
            false => Ok(()),
        }
    }

    fn rest(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.members.rest(bytes);
            self.members.rest(b"\n");
        }
    }

    /// Passes on what is no record, up to the next record.
    fn other(&mut self) -> io::Result<()> {
        let mut from = 1;
        loop {
            let next = self.input.peek(LOOK)?;
            if next.is_empty() {
                return Ok(());
            }
            let from_here = next.get(from..).unwrap_or_default();
            let mut marks = memmem::find_iter(from_here, b"PK").map(|at| at + from);
            let found = marks.find(|at| is_record(&next[*at..]));
            let len = match found {
                Some(at) => at,
                // A record may begin in the last bytes, unless they are the last of all.
                None if next.len() >= LOOK => next.len() - (LOOK - 1),
                None => next.len(),
            };
            self.members.rest(&next[..len]);
            self.input.take(len);
            if found.is_some() {
                return Ok(());
            }
            from = 0;
        }
    }

    fn member(&mut self, at: u64) -> io::Result<()> {
        let local = Local::read(self.input)?;
        self.rest(&local.name);
        for text in texts(&local.extra) {
            self.rest(text);
        }
        let packed = local.open(self.input, self.members)?;
        self.directory.met(at, packed, &local);
        Ok(())
    }

    /// Takes a header of the directory.
    fn listed(&mut self, at: u64) -> io::Result<()> {
        let head = self.input.peek(LOOK)?.first_chunk::<LOOK>().copied();
        let head = head.ok_or_else(|| self.input.damaged("its directory is cut off"))?;
        let lens = [28, 30, 32].map(|field| usize::from(u16_at(&head, field)));
        let all = self
            .input
            .bytes((LOOK + lens[0] + lens[1] + lens[2]) as u64)?;
        let (name, rest) = all[LOOK..].split_at(lens[0]);
        let (extra, comment) = rest.split_at(lens[1]);
        if self.directory.lists(at, &head, name, extra) {
            self.rest(name);
        }
        for text in texts(extra) {
            self.rest(text);
        }
        self.rest(comment);
        Ok(())
    }

    /// Takes an end record. Returns what is wrong with the directory before it.
    fn end(&mut self, at: u64) -> io::Result<Option<&'static str>> {
        let head = self.input.array::<END_LEN>()?;
        let len = usize::from(u16_at(&head, 20));
        let comment = self.input.peek(len)?;
        let is_cut = comment.len() < len;
        // What stands behind the end may be longer or shorter than the comment that it tells.
        let comment = comment[..len.min(comment.len())].to_vec();
        self.input.take(comment.len());
        self.rest(&comment);
        self.is_open = false;
        let wrong = std::mem::take(&mut self.directory).wrong(at, &head);
        Ok(wrong.or(is_cut.then_some("its comment is cut off")))
    }
}

/// Returns the extra fields that may hold text: those that are not known to be numbers.
fn texts(extra: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = extra;
    std::iter::from_fn(move || {
        while let Some(head) = rest.first_chunk::<4>() {
            let len = usize::from(u16_at(head, 2));
            let Some(field) = rest.get(4..4 + len) else {
                break;
            };
            rest = &rest[4 + len..];
            // Zip64, times of NTFS and Unix, owners of Unix, AES, the mark of a jar, alignment.
            let is_number = matches!(
                (u16_at(head, 0), len),
                (0x0001, ..=28)
                    | (0x000a, ..=32)
                    | (0x5455, ..=13)
                    | (0x5855, ..=12)
                    | (0x7855, ..=4)
                    | (0x7875, ..=11)
                    | (0x9901, ..=7)
                    | (0xcafe, 0)
            );
            if !is_number && field.iter().any(|b| *b != 0) {
                return Some(field);
            }
        }
        let last = std::mem::take(&mut rest);
        last.iter().any(|b| *b != 0).then_some(last)
    })
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(super) use tests::stored;
