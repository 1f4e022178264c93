//! Ar: static libraries, import libraries and Debian packages.
//!
//! Sources: ar(5) of FreeBSD (the BSD variant: `#1/length`), the BFD sources' description of the
//! System V and GNU variant (`/`, `//`, `/SYM64/`), deb(5), and Microsoft's "PE Format", chapter
//! "Archive (Library) File Format".

use std::io;

use super::Members;
use super::input::Input;
use super::rest;

/// What an archive begins with.
const MAGIC: &[u8; 8] = b"!<arch>\n";
/// The same of an archive whose members lie elsewhere.
const THIN: &[u8; 8] = b"!<thin>\n";

/// The size of a header in bytes.
const HEADER: usize = 60;

/// The longest name in bytes.
const NAME: usize = 4096;

/// Whether content begins as an archive does: with the mark, and a header if there is more.
pub(super) fn begins(head: &[u8]) -> bool {
    let Some((magic, more)) = head.split_first_chunk::<8>() else {
        return false;
    };
    (magic == MAGIC || magic == THIN) && (more.is_empty() || Header::of(more).is_some())
}

/// A header of a member.
struct Header {
    name: Vec<u8>,
    size: u64,
}

impl Header {
    fn of(bytes: &[u8]) -> Option<Self> {
        let header = bytes.first_chunk::<HEADER>()?;
        if &header[58..] != b"`\n" {
            return None;
        }
        Some(Self {
            name: header[..16].trim_ascii_end().to_vec(),
            size: number(header[48..58].trim_ascii())?,
        })
    }
}

/// Returns a number that is written in decimal digits.
fn number(digits: &[u8]) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(digits).ok().filter(|_| is_number)?;
    text.parse().ok()
}

/// What a member is, by its name.
enum Kind {
    /// A table of symbols.
    Symbols,
    /// The names that are too long for a header.
    Names,
    /// A file with this name.
    File(Vec<u8>),
    /// A file whose name stands before its content and has this many bytes.
    Behind(u64),
}

impl Kind {
    fn of(name: &[u8], names: &[u8]) -> Self {
        match name {
            b"/" | b"/SYM64/" => return Kind::Symbols,
            b"//" | b"ARFILENAMES/" => return Kind::Names,
            _ if is_symbols(name) => return Kind::Symbols,
            _ => {}
        }
        if let Some(len) = name.strip_prefix(b"#1/").and_then(number) {
            return Kind::Behind(len);
        }
        let at = name.strip_prefix(b"/").and_then(number);
        let at = at.and_then(|at| usize::try_from(at).ok());
        let long = at.and_then(|at| names.get(at..)).unwrap_or_default();
        let long = &long[..long.len().min(NAME)];
        let end = long.iter().position(|b| matches!(b, b'\n' | 0));
        let name = match &long[..end.unwrap_or(long.len())] {
            b"" => name,
            long => long,
        };
        Kind::File(name.strip_suffix(b"/").unwrap_or(name).to_vec())
    }
}

/// Whether a table of symbols of the BSD variant has this name.
fn is_symbols(name: &[u8]) -> bool {
    name.starts_with(b"__.SYMDEF")
}

/// # Errors
/// Fails as [`walk`](super::walk) does.
pub(super) fn walk(input: &mut Input<'_>, members: &mut dyn Members) -> io::Result<()> {
    let magic = input.array::<8>()?;
    let mut names = Vec::new();
    loop {
        let next = input.peek(HEADER)?;
        if next.is_empty() {
            return Ok(());
        }
        let Some(header) = Header::of(next) else {
            // Zeros may fill an archive up.
            rest::zeros(input)?;
            let next = input.peek(HEADER)?;
            let is_padding = next.len() < HEADER && next.iter().all(|b| matches!(b, b'\n' | 0));
            rest::behind(input, members)?;
            return match is_padding {
                true => Ok(()),
                false => Err(input.damaged("what stands behind one of its members is no header")),
            };
        };
        members.rest(&next[..HEADER]);
        input.take(HEADER);
        match Kind::of(&header.name, &names) {
            Kind::Symbols => rest::stretch(input, header.size, members)?,
            Kind::Names => {
                names = input.bytes(header.size)?;
                members.rest(&names);
            }
            // The content lies elsewhere.
            Kind::File(_) | Kind::Behind(_) if &magic == THIN => continue,
            Kind::File(name) => file(input, &name, header.size, members)?,
            Kind::Behind(len) => {
                let Some(size) = header.size.checked_sub(len) else {
                    rest::all(input, members)?;
                    return Err(input.damaged("a name in it is longer than its member"));
                };
                let name = input.bytes(len)?;
                let end = name.iter().rposition(|b| *b != 0).map_or(0, |at| at + 1);
                let name = &name[..end];
                members.rest(name);
                members.rest(b"\n");
                match is_symbols(name) {
                    true => rest::stretch(input, size, members)?,
                    false => file(input, name, size, members)?,
                }
            }
        }
        // Members begin at even offsets.
        rest::pad(input, usize::from(header.size % 2 == 1))?;
    }
}

fn file(
    input: &mut Input<'_>,
    name: &[u8],
    size: u64,
    members: &mut dyn Members,
) -> io::Result<()> {
    let mut content = input.part(size);
    members.member(name, &mut content)?;
    content.finish()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{damage, open};
    use super::super::{Class, Format};
    use super::*;

    fn member(name: &str, content: &[u8]) -> Vec<u8> {
        let size = content.len();
        let mut bytes = format!(
            "{name:<16}{:<12}{:<6}{:<6}{:<8}{size:<10}`\n",
            0, 0, 0, "100644"
        );
        if size % 2 == 1 {
            bytes.push('\n');
        }
        let at = 60;
        let mut bytes = bytes.into_bytes();
        bytes.splice(at..at, content.iter().copied());
        bytes
    }

    #[test]
    fn members_of_both_variants_are_read() {
        let gnu = [
            MAGIC.to_vec(),
            member("/", b"\0\0\0\x01\0\0\0\x44symbol_one\0"),
            member(
                "//",
                b"a_name_that_is_long.o/\nanother_name_that_is_long.o/\n",
            ),
            member("/23", b"first"),
            member("short.o/", b"second"),
            member("debian-binary", b"2.0\n"),
        ]
        .concat();
        assert_eq!(Format::of(&gnu), Some(Format::Ar));
        let opened = open(&gnu);
        let names = ["another_name_that_is_long.o", "short.o", "debian-binary"];
        assert_eq!(opened.paths(), names);
        assert_eq!(opened.text("another_name_that_is_long.o"), "first");
        assert!(opened.has("symbol_one") && opened.has("a_name_that_is_long"));
        assert!(opened.shut.is_empty());
        let bsd = [
            MAGIC.to_vec(),
            member("#1/20", b"__.SYMDEF SORTED\0\0\0\0symbol_two"),
            member("#1/12", b"long name.o\0third"),
        ]
        .concat();
        let opened = open(&bsd);
        assert_eq!(opened.members, [("long name.o".into(), b"third".to_vec())]);
        assert!(opened.has("symbol_two") && opened.shut.is_empty());
        damage(&bsd);
        damage(&[&MAGIC[..], &gnu[8 + 60 + 20..][..180]].concat());
    }

    #[test]
    fn thin_archives_have_no_content() {
        let thin = [
            THIN.to_vec(),
            member("//", b"lib/one.o/\n"),
            member("/0", b"")[..48].to_vec(),
            b"1234      `\n".to_vec(),
            member("two.o/", b""),
        ]
        .concat();
        let opened = open(&thin);
        assert!(opened.members.is_empty() && opened.shut.is_empty());
        assert!(opened.has("lib/one.o") && opened.has("two.o"));
    }

    #[test]
    fn what_is_cut_off_or_stands_behind_is_told_and_read() {
        let whole = [MAGIC.to_vec(), member("one/", b"content")].concat();
        let cut = open(&whole[..whole.len() - 4]);
        assert_eq!(cut.text("one"), "cont");
        assert_eq!(cut.shut.first(), Some(&("one".into(), Class::Damaged)));
        let behind = open(
            &[
                &whole[..],
                b"some other text that is long enough for a header, but is none",
            ]
            .concat(),
        );
        assert_eq!(behind.shut, [(String::new(), Class::Damaged)]);
        assert!(behind.has("some other text"));
        assert_eq!(open(&[&whole[..], b"\n\n"].concat()).shut, []);
        assert_eq!(open(&[&whole[..], &[0; 1000]].concat()).shut, []);
        let again = open(&[&whole[..], &[0; 1000], &whole].concat());
        assert_eq!(again.paths(), ["one", "one"]);
        assert_eq!(again.shut, [(String::new(), Class::Damaged)]);
    }

    #[test]
    fn text_is_no_archive() {
        assert!(begins(MAGIC));
        assert!(!begins(
            b"!<arch>\nis what an archive begins with, and then a header of 60 bytes"
        ));
    }
}
