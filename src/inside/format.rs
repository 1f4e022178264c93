//! Which container content is.

use super::input::HEAD;
use super::sqlite::Journal;
use super::streams::Method;
use super::{
    ar, asar, cfb, class, cpio, dex, encoded, mail, office, pdf, plist, pyc, rpm, rtf, script,
    seven, sqlite, tar, zip,
};

/// A kind of container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// A compressed stream.
    Stream(Method),
    Seven,
    /// A compound file, as old office documents are.
    Compound,
    /// A part of an office document in XML.
    Office,
    Pdf,
    Rtf,
    Sqlite,
    /// A log or journal of a database.
    SqliteJournal(Journal),
    Tar,
    Zip,
    Ar,
    Cpio,
    Rpm,
    /// Compiled Python.
    Python,
    /// Compiled Java.
    Class,
    /// Compiled Java for Android.
    Dex,
    /// The files of an Electron program.
    Asar,
    /// A binary property list.
    Plist,
    /// JSON that holds encoded content.
    Encoded(encoded::Kind),
    /// A mail, or many.
    Mail,
    /// A script with a compressed stream behind it.
    Script,
}

/// Whether content begins as a format does.
type Begins = fn(&[u8]) -> bool;

/// How each format begins, and with which bytes; none if its first byte is any.
const BEGIN: &[(Begins, Format, &[u8])] = &[
    (seven::begins, Format::Seven, b"7"),
    (zip::begins, Format::Zip, b"P"),
    (ar::begins, Format::Ar, b"!"),
    (cpio::begins, Format::Cpio, b"0\x71\xc7"),
    (rpm::begins, Format::Rpm, b"\xed"),
    (pyc::begins, Format::Python, b""),
    (class::begins, Format::Class, b"\xca"),
    (dex::begins, Format::Dex, b"d"),
    (asar::begins, Format::Asar, b"\x04"),
    (plist::begins, Format::Plist, b"b"),
    (sqlite::begins, Format::Sqlite, b"S"),
    (cfb::begins, Format::Compound, b"\xd0"),
    (rtf::begins, Format::Rtf, b"{"),
    (tar::begins, Format::Tar, b""),
];

/// Whether a format of [`BEGIN`], a stream or a journal with a first byte of its own has this one.
static KNOWN: [bool; 256] = {
    let mut known = [false; 256];
    let mut i = 0;
    while i < BEGIN.len() + 2 {
        let first = match i.checked_sub(BEGIN.len()) {
            None => BEGIN[i].2,
            Some(0) => Method::FIRST,
            Some(_) => Journal::FIRST,
        };
        let mut j = 0;
        while j < first.len() {
            known[first[j] as usize] = true;
            j += 1;
        }
        i += 1;
    }
    known
};

/// Those that may begin with other content. They come last: a tar or a stream may begin with a
/// document.
const BEGIN_LATER: &[(Begins, Format)] = &[
    (pdf::begins, Format::Pdf),
    (office::begins, Format::Office),
    (mail::begins, Format::Mail),
];

/// Whether all bytes are ASCII, and none is a NUL. Looks at many bytes at once, and goes on only
/// while they are.
fn is_ascii_without_zero(bytes: &[u8]) -> bool {
    let plain = |chunk: &[u8]| {
        let each = chunk.iter().map(|byte| byte.wrapping_sub(1) < 0x7f);
        each.fold(true, |all, plain| all & plain)
    };
    bytes.chunks(512).all(plain)
}

/// Whether all bytes are those of text in UTF-8, or of nearly all text in other encodings. Every
/// stream and archive that stands behind other content has some that are not.
fn is_text(bytes: &[u8]) -> bool {
    // Without branches, so that the compiler looks at many bytes at once.
    let all = |chunk: &[u8], of: fn(u8) -> bool| {
        let each = chunk.iter();
        each.fold(true, |all, byte| all & of(*byte))
    };
    let usual = |byte: u8| (byte.wrapping_sub(b' ') <= 0xfc - b' ') | (byte == b'\n');
    // Streams of xz and zstd have the first byte that is left out.
    let allowed = |byte: u8| {
        let blank = (byte == b'\t') | (byte == b'\n') | (byte == 0x0c) | (byte == b'\r');
        (byte.wrapping_sub(b' ') <= 0xfc - b' ') | blank
    };
    let chunks = &mut bytes.chunks(512);
    chunks.all(|chunk| all(chunk, usual) || all(chunk, allowed))
}

impl Format {
    /// Returns the container that `bytes` are, or begin with if they are not `all` of it. Some
    /// begin with other content; they are known by their end, or by what begins behind it.
    pub(crate) fn of_content(bytes: &[u8], all: bool) -> Option<Self> {
        Self::of_looked(bytes, all, false)
    }

    /// Does the same for bytes of which it may be known that all of them
    /// [are usual](crate::text::is_usual).
    pub(crate) fn of_looked(bytes: &[u8], all: bool, usual: bool) -> Option<Self> {
        let begins = Self::of(&bytes[..bytes.len().min(HEAD)]).filter(|format| match format {
            // One without members is the text that it is, and its versions are compared as text.
            Format::Encoded(kind) => !all || kind.may_hold(bytes),
            _ => true,
        });
        if usual {
            return begins;
        }
        begins
            .or_else(|| Self::of_end(bytes).filter(|_| all))
            .or_else(|| Self::of_start(bytes))
    }

    /// Returns the container that begins with `head`, its first [`HEAD`] bytes or all of it.
    pub(crate) fn of(head: &[u8]) -> Option<Self> {
        let known = head.first().is_some_and(|byte| KNOWN[usize::from(*byte)]);
        let mut begin = BEGIN.iter();
        let begin = begin.find(|(begins, _, first)| (known || first.is_empty()) && begins(head));
        let begin = begin.map(|(_, format, _)| *format);
        let stream = || match known {
            true => Method::of(head),
            false => Some(Method::Lzma).filter(|method| method.begins(head)),
        };
        let journal = || known.then(|| Journal::of(head))?;
        let json = || encoded::Kind::of(head).map(Format::Encoded);
        let later = || {
            let found = BEGIN_LATER.iter().find(|(begins, _)| begins(head));
            found.map(|(_, format)| *format)
        };
        begin
            .or_else(|| stream().map(Format::Stream))
            .or_else(|| journal().map(Format::SqliteJournal))
            .or_else(json)
            .or_else(later)
    }

    /// Returns the container that ends with the last byte of `all`, and begins with other content:
    /// a program that unpacks itself.
    pub(crate) fn of_end(all: &[u8]) -> Option<Self> {
        let binary = memchr::memchr(0, &all[..all.len().min(HEAD)]).is_some();
        zip::ends(all, binary).then_some(Format::Zip)
    }

    /// Returns the container that `all` is, of which there may be more, if it is none of
    /// [`Format::of`]: other content stands in front of what it holds.
    pub(crate) fn of_start(all: &[u8]) -> Option<Self> {
        let window = &all[..all.len().min(script::WINDOW)];
        let seen = &all[..all.len().min(script::WINDOW + script::LOOK)];
        // Most content is plain text, and one look is enough. Nothing that is packed is.
        if is_ascii_without_zero(window) || is_text(seen) {
            return None;
        }
        let has_zero = || memchr::memchr(0, window).is_some();
        let zip = || (has_zero() && zip::starts(all)).then_some(Format::Zip);
        script::begins(all).then_some(Format::Script).or_else(zip)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::mint::Rng;

    #[test]
    fn nothing_begins_in_text() {
        let mut rng = Rng::new(17);
        let mut tar = vec![b'a'; 512];
        tar[1..257].fill(0);
        tar[257..262].copy_from_slice(b"ustar");
        tar[148..156].fill(b' ');
        let sum: u32 = tar.iter().map(|byte| u32::from(*byte)).sum();
        tar[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        let parts: [&[u8]; 16] = [
            b"\n",
            b"\n",
            b"\n",
            b"echo a\n",
            "gr\u{f6}\u{df}e \u{4fb}\n".as_bytes(),
            b"\t\r\n\x0c",
            b"#!/bin/sh\n",
            b"\x1f\x8b\x08\0\0\0\0\0\0\x03",
            b"\xfd7zXZ\0",
            b"\x28\xb5\x2f\xfd",
            b"\x04\x22\x4d\x18\x64\x40",
            b"BZh91AY&SY\x0e\x0b",
            b"BZh91AY&SY",
            b"7z\xbc\xaf\x27\x1c\0\x04",
            b"PK\x03\x04",
            &tar,
        ];
        let (mut begun, mut text) = (0, 0);
        for _ in 0..20_000 {
            let content: Vec<u8> = (0..1 + rng.below(5))
                .flat_map(|_| parts[rng.below(parts.len())].to_vec())
                .collect();
            let begins = script::begins(&content) || zip::starts(&content);
            begun += usize::from(begins);
            if is_text(&content) {
                text += 1;
                assert!(!begins, "{}", content.escape_ascii());
            }
            if crate::text::is_usual(&content) {
                let looked = Format::of_looked(&content, true, true);
                assert_eq!(looked, Format::of_content(&content, true));
            }
        }
        assert!(begun > 2_000 && text > 1_000, "{begun} {text}");
    }

    /// Where the first byte is that of no format, the others are not asked.
    #[test]
    fn the_first_byte_of_each_format_is_known() {
        let starts: [&[u8]; 24] = [
            b"7z\xbc\xaf\x27\x1c\0\x04",
            b"PK\x03\x04",
            b"PK\x07\x08PK\x03\x04",
            b"PK00PK\x03\x04",
            b"!<arch>\n",
            b"!<thin>\n",
            b"070701",
            b"\xed\xab\xee\xdb",
            b"\xca\xfe\xba\xbe\0\0\0\x34\0\x10\x0a",
            b"dex\n035\0",
            b"bplist00\xd1\x01\x02\x08",
            b"SQLite format 3\0",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            b"{\\rtf1\\ansi",
            b"\x1f\x8b\x08\0\0\0\0\0\0\x03",
            b"\x1f\x9d\x90",
            b"BZh91AY&SY",
            b"\xfd7zXZ\0",
            b"LZIP\x01",
            b"\x28\xb5\x2f\xfd",
            b"\x50\x2a\x4d\x18",
            b"\x04\x22\x4d\x18",
            b"\x02\x21\x4c\x18",
            b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7",
        ];
        let mut begun = 0;
        for start in starts {
            for first in 0..=u8::MAX {
                let mut head = start.to_vec();
                head[0] = first;
                let known = KNOWN[usize::from(first)];
                let begin = BEGIN
                    .iter()
                    .any(|(begins, _, of)| !of.is_empty() && begins(&head));
                let begins = begin || Method::of(&head).is_some() || Journal::of(&head).is_some();
                assert!(known || !begins, "{}", head.escape_ascii());
                begun += usize::from(begins);
            }
        }
        assert!(begun > starts.len(), "{begun}");
        // The two bytes in front of a stream of zlib have a checksum.
        for (method, flags) in (0..=u8::MAX).flat_map(|a| (0..=u8::MAX).map(move |b| (a, b))) {
            let empty = [method, flags, 3, 0, 0, 0, 0, 1];
            let known = KNOWN[usize::from(method)];
            assert!(known || Method::of(&empty).is_none(), "{method} {flags}");
        }
    }
}
