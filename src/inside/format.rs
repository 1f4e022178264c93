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

/// How each format begins.
const BEGIN: &[(Begins, Format)] = &[
    (seven::begins, Format::Seven),
    (zip::begins, Format::Zip),
    (ar::begins, Format::Ar),
    (cpio::begins, Format::Cpio),
    (rpm::begins, Format::Rpm),
    (pyc::begins, Format::Python),
    (class::begins, Format::Class),
    (dex::begins, Format::Dex),
    (asar::begins, Format::Asar),
    (plist::begins, Format::Plist),
    (sqlite::begins, Format::Sqlite),
    (cfb::begins, Format::Compound),
    (rtf::begins, Format::Rtf),
    (tar::begins, Format::Tar),
];

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
        let begins = Self::of(&bytes[..bytes.len().min(HEAD)]).filter(|format| match format {
            // One without members is the text that it is, and its versions are compared as text.
            Format::Encoded(kind) => !all || kind.may_hold(bytes),
            _ => true,
        });
        begins
            .or_else(|| Self::of_end(bytes).filter(|_| all))
            .or_else(|| Self::of_start(bytes))
    }

    /// Returns the container that begins with `head`, its first [`HEAD`] bytes or all of it.
    pub(crate) fn of(head: &[u8]) -> Option<Self> {
        let first = |all: &[(Begins, Format)]| {
            let found = all.iter().find(|(begins, _)| begins(head));
            found.map(|(_, format)| *format)
        };
        let stream = || Method::of(head).map(Format::Stream);
        let journal = || Journal::of(head).map(Format::SqliteJournal);
        let json = || encoded::Kind::of(head).map(Format::Encoded);
        first(BEGIN)
            .or_else(stream)
            .or_else(journal)
            .or_else(json)
            .or_else(|| first(BEGIN_LATER))
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
        }
        assert!(begun > 2_000 && text > 1_000, "{begun} {text}");
    }
}
