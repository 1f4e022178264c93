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
        // Most content is plain text, and one look is enough. Nothing that is packed is.
        if is_ascii_without_zero(window) {
            return None;
        }
        let has_zero = || memchr::memchr(0, window).is_some();
        let zip = || (has_zero() && zip::starts(all)).then_some(Format::Zip);
        script::begins(all).then_some(Format::Script).or_else(zip)
    }
}
