//! Containers of every format, and a target for each of them. Whatever the bytes are, nothing
//! panics, what is passed on has a limit, all of it is inside of the file, and short reads give the
//! same as long ones.
use std::io::Read;
use std::sync::OnceLock;

use super::input::Input;
use super::slow::Slow;
use stopleak::blob::{BlobPath, SkipReason, SourceError};
use stopleak::inside::Most;
use stopleak::source::content::{ContentReader, Limits};
use stopleak::source::{Piece, Sink, Unopened};

/// A format, or a few that one reader reads.
pub struct Format {
    /// Its name. `containers-NAME` is its target in a campaign.
    pub name: &'static str,
    /// The seeds of it: how the names of rows in `tests/containers` begin.
    pub rows: &'static [&'static str],
    /// How its content begins. An input chooses one of these, or none.
    beginnings: &'static [&'static [u8]],
    /// What is done to an input at last: checksums are set right, parts are put together.
    finish: fn(Vec<u8>) -> Vec<u8>,
}

const fn format(
    name: &'static str,
    rows: &'static [&'static str],
    beginnings: &'static [&'static [u8]],
) -> Format {
    let finish = as_it_is;
    Format {
        name,
        rows,
        beginnings,
        finish,
    }
}

const OFFICE: &[&[u8]] = &[
    b"<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\">",
    b"<a:t xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\">",
    b"<sst xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><si><t>",
    b"<office:text xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\">",
];

/// All formats.
pub const FORMATS: &[Format] = &[
    format(
        "zip",
        &["zip", "docx", "xlsx", "pptx", "ODF"],
        &[b"PK\x03\x04", b"PK\x05\x06", b"MZ\0\0PK\x03\x04"],
    ),
    format("tar", &["tar: ", "image"], &[]),
    Format {
        finish: checked_seven,
        ..format("seven", &["7z"], &[b"7z\xbc\xaf\x27\x1c\0\x04"])
    },
    format("ar", &["ar", "deb"], &[b"!<arch>\n", b"!<thin>\n"]),
    format(
        "cpio",
        &["cpio"],
        &[b"070701", b"070702", b"070707", b"\xc7\x71", b"\x71\xc7"],
    ),
    format("rpm", &["rpm"], &[b"\xed\xab\xee\xdb\x03\0"]),
    format("asar", &["asar"], &[b"\x04\0\0\0"]),
    format(
        "gzip",
        &["gzip", "zlib", "tar.gz"],
        &[b"\x1f\x8b\x08\0\0\0\0\0\0\x03", b"\x78\x9c"],
    ),
    format("bzip2", &["bzip2", "tar.bz2"], &[b"BZh91AY&SY"]),
    format("xz", &["xz", "tar.xz"], &[b"\xfd7zXZ\0\0\x01"]),
    format(
        "lzma",
        &["lzma", "lzip"],
        &[
            b"\x5d\0\0\x10\0\xff\xff\xff\xff\xff\xff\xff\xff\0",
            b"LZIP\x01",
        ],
    ),
    format("zstd", &["zstd", "tar.zst"], &[b"\x28\xb5\x2f\xfd"]),
    format("lz4", &["lz4"], &[b"\x04\x22\x4d\x18", b"\x02\x21\x4c\x18"]),
    format("compress", &["Unix compress"], &[b"\x1f\x9d\x90"]),
    format(
        "script",
        &["script"],
        &[b"#!/bin/sh\nexit 0\n\x1f\x8b\x08\0"],
    ),
    format("pdf", &["PDF"], &[b"%PDF-1.4\n%\xe2\xe3\n"]),
    format("office", &[], OFFICE),
    Format {
        finish: workbook,
        ..format("workbook", &[], &[])
    },
    format("rtf", &["RTF"], &[b"{\\rtf1\\ansi "]),
    format(
        "compound",
        &["compound file"],
        &[b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"],
    ),
    format(
        "mail",
        &["mail", "mbox"],
        &[
            b"From: a\nTo: b\nSubject: c\nMIME-Version: 1.0\n",
            b"From a Thu Jan  1 00:00:00 2026\nFrom: a\nTo: b\n",
        ],
    ),
    format(
        "sqlite",
        &["SQLite"],
        &[
            b"SQLite format 3\0\x10\0\x01\x01",
            b"\x37\x7f\x06\x82\0\x2d\xe2\x18",
            b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7",
        ],
    ),
    format(
        "python",
        &["Python"],
        &[b"\xa7\x0d\x0d\x0a\0\0\0\0\0\0\0\0\0\0\0\0\xe3"],
    ),
    format("class", &["Java class"], &[b"\xca\xfe\xba\xbe\0\0\0\x34"]),
    format("dex", &["Android dex"], &[b"dex\n035\0"]),
    format("plist", &["property list"], &[b"bplist00"]),
    format(
        "json",
        &[],
        &[
            b"{\"cells\": [{\"cell_type\": \"code\", \"outputs\": [{\"image/png\": \"",
            b"{\"log\": {\"creator\": {}, \"entries\": [{\"encoding\": \"base64\", \"text\": \"",
        ],
    ),
];

/// Any of them. Targets of formats come from a variable of the environment, so that one program is
/// enough: it takes minutes to build.
const FORMAT: &str = "FUZZ_FORMAT";

fn as_it_is(bytes: Vec<u8>) -> Vec<u8> {
    bytes
}

/// Sets the checksums of a 7z right, without which nothing behind them is read.
fn checked_seven(mut bytes: Vec<u8>) -> Vec<u8> {
    let number = |at: usize| {
        let field = bytes.get(at..at + 8)?;
        usize::try_from(u64::from_le_bytes(field.try_into().ok()?)).ok()
    };
    let header = number(12).zip(number(20)).and_then(|(at, len)| {
        let at = at.checked_add(32)?;
        bytes.get(at..at.checked_add(len)?)
    });
    let Some(crc) = header.map(crc) else {
        return bytes;
    };
    bytes[28..32].copy_from_slice(&crc.to_le_bytes());
    let crc = self::crc(&bytes[12..32]);
    bytes[8..12].copy_from_slice(&crc.to_le_bytes());
    bytes
}

/// The CRC-32 of zip, gzip and 7z.
fn crc(bytes: &[u8]) -> u32 {
    let add = |mut crc: u32, byte: &u8| {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
        crc
    };
    !bytes.iter().fold(!0, add)
}

/// Makes a zip with the parts of a workbook: the texts, and two sheets with cells that name them.
/// NULs part them. The first byte says in which order they stand.
fn workbook(bytes: Vec<u8>) -> Vec<u8> {
    const SPACE: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let mut input = Input::new(&bytes);
    let order = usize::from(input.byte());
    let mut parts = input.rest().splitn(3, |byte| *byte == 0);
    let mut part = |name, root: &str| {
        let content = parts.next().unwrap_or_default();
        let start = format!("<{root} xmlns=\"{SPACE}\">");
        let content = [start.as_bytes(), content].concat();
        (name, content)
    };
    let mut all = [
        part("xl/sharedStrings.xml", "sst"),
        part("xl/worksheets/sheet1.xml", "worksheet"),
        part("xl/worksheets/sheet2.xml", "worksheet"),
    ];
    all.rotate_left(order % 3);
    let mut zip = Vec::new();
    for (name, content) in all {
        let sum = crc(&content).to_le_bytes();
        let len = (content.len() as u32).to_le_bytes();
        zip.extend_from_slice(b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0");
        zip.extend([sum, len, len].concat());
        zip.extend_from_slice(&[name.len() as u8, 0, 0, 0]);
        zip.extend_from_slice(name.as_bytes());
        zip.extend(content);
    }
    zip
}

/// The most that is unpacked of an input, in bytes.
const UNPACKED: u64 = 256 << 10;
const MEMBERS: u64 = 500;

/// What is passed on: parts that follow each other with one path are one.
#[derive(Default, PartialEq, Eq, Debug)]
struct Passed {
    texts: Vec<(BlobPath, Vec<u8>)>,
    unopened: Vec<(BlobPath, Unopened)>,
    size: u64,
}

impl Sink for Passed {
    fn piece(&mut self, piece: Piece<'_>) {
        assert!(piece.path.as_bytes().starts_with(b"f"), "{:?}", piece.path);
        assert!(piece.leaving <= piece.core.end);
        let core = &piece.bytes[piece.core.clone()];
        self.size += core.len() as u64;
        match self.texts.last_mut() {
            Some((path, text)) if path == piece.path => text.extend_from_slice(core),
            _ => self.texts.push((piece.path.clone(), core.to_vec())),
        }
    }

    fn skipped(&mut self, path: &BlobPath, why: SkipReason) {
        panic!("{path:?} is skipped: {why:?}");
    }

    fn failed(&mut self, error: SourceError) {
        panic!("memory cannot be read: {error:?}");
    }

    fn unopened(&mut self, path: &BlobPath, what: Unopened) {
        self.unopened.push((path.clone(), what));
    }
}

fn read(mut stream: impl Read, len: usize) -> Passed {
    let most = Most {
        depth: 4,
        unpacked: Some(UNPACKED),
        members: MEMBERS,
        ..Most::default()
    };
    let limits = Limits {
        size_hint: len as u64,
        most,
    };
    let mut passed = Passed::default();
    ContentReader::default().read(&mut stream, &BlobPath::from("f"), limits, &mut passed);
    passed
}

/// Runs one input, of the format that the environment names, or of any.
pub fn run(bytes: &[u8]) {
    static CHOSEN: OnceLock<Option<&Format>> = OnceLock::new();
    let chosen = CHOSEN.get_or_init(|| {
        let name = std::env::var(FORMAT).ok()?;
        let format = FORMATS.iter().find(|format| format.name == name);
        assert!(format.is_some(), "{FORMAT}: there is no format {name}");
        format
    });
    let mut input = Input::new(bytes);
    match chosen {
        Some(format) => format.run(input.rest()),
        None => {
            let number = usize::from(input.byte());
            FORMATS[number % FORMATS.len()].run(input.rest());
        }
    }
}

impl Format {
    /// Runs one input of this format. Its first byte chooses how it begins; 0 leaves it as it is.
    pub fn run(&self, bytes: &[u8]) {
        let mut input = Input::new(bytes);
        let number = usize::from(input.byte()) % (self.beginnings.len() + 1);
        let none: &[u8] = b"";
        let beginning = number.checked_sub(1).map_or(none, |at| self.beginnings[at]);
        check(&(self.finish)([beginning, input.rest()].concat()));
    }
}

fn check(bytes: &[u8]) {
    let whole = read(bytes, bytes.len());
    // Each format passes a byte on a few times at most, in each of the containers around it.
    let most = 32 * (UNPACKED + bytes.len() as u64);
    assert!(
        whole.size <= most,
        "{} bytes of {}",
        whole.size,
        bytes.len()
    );
    assert!(whole.texts.len() as u64 <= 4 * MEMBERS + 8);
    let slow = Slow { bytes, step: 1 };
    assert!(read(slow, bytes.len()) == whole, "short reads differ");
}
