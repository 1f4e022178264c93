//! Every format with a sample, and what is right for each fault.

use crate::support::packed::archives::{
    Cpio, Folder, Pack, Sizes, Tar, Zip, ar, asar, cpio, deb, delta, docker, rpm, seven, seven_of,
    tar_of, zip_lzma, zip_of,
};
use crate::support::packed::code::{dex, java, plist, python};
use crate::support::packed::documents::{
    self, Row as Place, cipher, compound, macros, mail, mbox, office, pdf_file, pdf_page,
    pdf_string, quoted, rtf, sqlite,
};
use crate::support::packed::streams::{
    LZMA, LZMA2, bzip2, deflate, deflate64, lz4, lz4_old, lzip, lzma, lzma2, lzw, raw_lzma, xz,
    zlib, zstd,
};
use crate::support::packed::{gzip, tar};

/// Builds a container from a text with a secret, and bytes that fill it up behind that.
pub(super) type Build = Box<dyn Fn(&[u8], &[u8]) -> Vec<u8> + Sync>;

/// What is right for a container that is cut off within what fills it up.
#[derive(Clone, Copy)]
pub(super) enum Cut {
    /// It is told, and what stands in front is found.
    Found,
    /// It is told, and read as the bytes that it is, for a reason.
    Raw(&'static str),
    /// It is told, and what stands in front is found in a member of this name, for a reason.
    Named(&'static str, &'static str),
    /// It is told, and nothing is found, for a reason.
    Told(&'static str),
    /// Its beginning is whole by itself, for a reason.
    Whole(&'static str),
}

/// What is right for a container that unpacks to much more than its size.
#[derive(Clone, Copy)]
pub(super) enum Bomb {
    /// The member at this place is told, and the one before it is found.
    Limit(&'static str),
    /// There is none, for a reason.
    None(&'static str),
}

/// What is right for a container that is encrypted.
pub(super) enum Locked {
    /// Builds one: what is at the first place is told, the secret at the second one is found.
    Told(Build, &'static str, Option<&'static str>),
    /// There is none, for a reason.
    None(&'static str),
}

/// A format.
pub(super) struct Row {
    pub(super) name: &'static str,
    /// Where the secret is, behind the path of the file.
    pub(super) place: &'static str,
    pub(super) build: Build,
    /// Whether what it holds may be a container again.
    pub(super) holds: bool,
    /// How many bytes fill it up where it is cut off.
    pub(super) filler: usize,
    pub(super) cut: Cut,
    pub(super) bomb: Bomb,
    pub(super) locked: Locked,
}

const PLAIN: &str = "Nothing in it is packed.";
const NO_CIPHER: &str = "The format has no encryption.";
const AT_END: &str = "What it holds is listed at its end.";
const RAW: &str = "What it holds is listed at its end. Its bytes are scanned as they are.";
const NAMES: &str =
    "The names of its members stand at its end. What is unpacked has the name `content`.";
const NO_END: &str = "It has no mark at its end. What is left is read.";
const MAIL: &str = "An encrypted mail is scanned as the text that it is.";
const NO_SIGN: &str = "Nothing tells an encrypted one from other bytes.";

impl Row {
    fn new(
        name: &'static str,
        place: &'static str,
        build: impl Fn(&[u8], &[u8]) -> Vec<u8> + Sync + 'static,
    ) -> Self {
        Self {
            name,
            place,
            build: Box::new(build),
            holds: false,
            filler: 9_000,
            cut: Cut::Found,
            bomb: Bomb::None(PLAIN),
            locked: Locked::None(NO_CIPHER),
        }
    }

    /// It has blocks, which are read or lost as a whole.
    fn blocks(mut self) -> Self {
        self.filler = 280_000;
        self
    }

    fn holding(mut self) -> Self {
        self.holds = true;
        self
    }

    fn cut(mut self, cut: Cut) -> Self {
        self.cut = cut;
        self
    }

    fn bomb(mut self, bomb: Bomb) -> Self {
        self.bomb = bomb;
        self
    }

    fn locked(
        mut self,
        build: impl Fn(&[u8], &[u8]) -> Vec<u8> + Sync + 'static,
        place: &'static str,
        beside: Option<&'static str>,
    ) -> Self {
        self.locked = Locked::Told(Box::new(build), place, beside);
        self
    }

    /// Its members are encrypted one by one, by this method of a zip. What is in them needs not be
    /// valid.
    fn with_locked(self, method: u16, flags: u16) -> Self {
        let zip = move |text: &[u8], _: &[u8]| {
            let noise = cipher(text, 40);
            let mut zip = Zip::default();
            zip.add(("locked.env", text), (method, flags), Sizes::Ahead, &noise);
            zip.add(("in.env", text), (0, 0), Sizes::Ahead, text);
            zip.end(b"")
        };
        self.locked(zip, "!locked.env", Some("!in.env"))
    }

    fn no_lock(mut self, why: &'static str) -> Self {
        self.locked = Locked::None(why);
        self
    }
}

fn files<'f>(text: &'f [u8], filler: &'f [u8]) -> [(&'f str, &'f [u8]); 2] {
    [("in.env", text), ("filler", filler)]
}

fn zips() -> Vec<Row> {
    const IN: &str = "!in.env";
    let packed = |name, method, sizes, pack: Pack| {
        Row::new(name, IN, move |text, filler| {
            zip_of(&files(text, filler), method, sizes, pack)
        })
        .bomb(Bomb::Limit("!filler"))
    };
    let stored = |bytes: &[u8]| bytes.to_vec();
    vec![
        packed("zip: stored", 0, Sizes::Ahead, stored)
            .bomb(Bomb::None(PLAIN))
            .with_locked(0, 1),
        packed("zip: deflate", 8, Sizes::Ahead, deflate).with_locked(8, 1),
        packed("zip: deflate, sizes behind", 8, Sizes::Behind, deflate).with_locked(99, 1),
        packed("zip: stored, sizes behind", 0, Sizes::Behind, stored)
            .bomb(Bomb::None(PLAIN))
            .with_locked(8, 0x41),
        packed("zip: zip64", 8, Sizes::Wide, deflate).with_locked(8, 0x2001),
        packed("zip: deflate64", 9, Sizes::Ahead, deflate64).with_locked(9, 1),
        packed("zip: bzip2", 12, Sizes::Ahead, bzip2).with_locked(12, 1),
        packed("zip: lzma", 14, Sizes::Ahead, zip_lzma).with_locked(14, 1),
        packed("zip: zstd", 93, Sizes::Ahead, zstd).with_locked(93, 1),
        packed("zip: xz", 95, Sizes::Ahead, xz).with_locked(95, 1),
        Row::new("zip: members that are not listed", IN, |text, filler| {
            let mut zip = Zip::default();
            for (name, content) in files(text, filler) {
                zip.add((name, content), (8, 0), Sizes::Ahead, &deflate(content));
            }
            zip.unlisted().end(b"")
        })
        .bomb(Bomb::Limit("!filler"))
        .with_locked(8, 1),
        Row::new("zip: text in front", IN, |text, filler| {
            let mut zip = Zip::default();
            for (name, content) in files(text, filler) {
                zip.add((name, content), (8, 0), Sizes::Ahead, &deflate(content));
            }
            zip.end(b"#!/bin/sh\nexit 0\n")
        })
        .bomb(Bomb::Limit("!filler"))
        .with_locked(8, 1),
    ]
}

fn tars() -> Vec<Row> {
    const IN: &str = "!in.env";
    let of = |name, dialect| {
        Row::new(name, IN, move |text, filler| {
            tar_of(&files(text, filler), dialect)
        })
    };
    let packed = |name, pack: Pack| {
        Row::new(name, IN, move |text, filler| {
            pack(&tar(&files(text, filler)))
        })
        .bomb(Bomb::Limit(""))
    };
    vec![
        Row::new("tar: ustar", IN, |text, filler| tar(&files(text, filler))),
        of("tar: v7", Tar::V7),
        of("tar: pax", Tar::Pax),
        of("tar: GNU", Tar::Gnu),
        of("tar: GNU, sparse, 8 GiB", Tar::Sparse),
        of("tar: pax, sparse, 8 GiB", Tar::PaxSparse),
        packed("tar.gz", gzip),
        packed("tar.bz2", bzip2).blocks(),
        packed("tar.xz", xz).blocks(),
        packed("tar.zst", zstd).blocks(),
        Row::new(
            "image: docker save",
            "!one/layer.tar!in.env",
            |text, filler| docker(&tar(&files(text, filler))),
        ),
        Row::new(
            "image: packed layer",
            "!one/layer.tar!in.env",
            |text, filler| docker(&gzip(&tar(&files(text, filler)))),
        )
        .bomb(Bomb::Limit("!one/layer.tar")),
    ]
}

fn sevens() -> Vec<Row> {
    const IN: &str = "!in.env";
    type Coders = &'static [(&'static [u8], &'static [u8])];
    // Folders with an unknown key.
    let locked = |text: &[u8], _: &[u8]| {
        let aes: &[(&[u8], &[u8])] = &[(&[6, 0xf1, 7, 1], &[0x13])];
        let (noise, plain) = ([cipher(text, 64)], [text.to_vec()]);
        let folders = [
            Folder {
                coders: aes,
                packed: &noise,
                file: ("locked.env", text),
            },
            Folder {
                coders: &[(&[0], &[])],
                packed: &plain,
                file: ("in.env", text),
            },
        ];
        seven(&folders, false)
    };
    let of = |name, coders: Coders, pack: Pack| {
        Row::new(name, IN, move |text, filler| {
            seven_of(&files(text, filler), coders, pack)
        })
        .cut(Cut::Told(AT_END))
        .bomb(Bomb::Limit("!filler"))
        .locked(locked, "!locked.env", Some(IN))
    };
    let stored = |bytes: &[u8]| bytes.to_vec();
    vec![
        of("7z: copy", &[(&[0], &[])], stored)
            .bomb(Bomb::None(PLAIN))
            .cut(Cut::Raw(RAW)),
        of("7z: lzma", &[(&[3, 1, 1], LZMA)], raw_lzma).cut(Cut::Named("!content", NAMES)),
        of("7z: lzma2", &[(&[0x21], LZMA2)], lzma2).cut(Cut::Raw(RAW)),
        of("7z: deflate", &[(&[4, 1, 8], &[])], deflate),
        of("7z: deflate64", &[(&[4, 1, 9], &[])], deflate64).cut(Cut::Raw(RAW)),
        of("7z: bzip2", &[(&[4, 2, 2], &[])], bzip2),
        of("7z: zstd", &[(&[4, 0xf7, 0x11, 1], &[1, 5, 1, 0, 0])], zstd).cut(Cut::Raw(RAW)),
        of("7z: lz4", &[(&[4, 0xf7, 0x11, 4], &[1, 9, 1, 0, 0])], lz4).cut(Cut::Raw(RAW)),
        of(
            "7z: delta, then lzma2",
            &[(&[3], &[0]), (&[0x21], LZMA2)],
            |bytes| lzma2(&delta(bytes)),
        ),
        of(
            "7z: BCJ, then lzma2",
            &[(&[3, 3, 1, 3], &[]), (&[0x21], LZMA2)],
            lzma2,
        )
        .cut(Cut::Raw(RAW)),
        Row::new("7z: BCJ2", IN, |text, filler| {
            // Without jumps, the other streams are empty.
            let packed = |content: &[u8]| [content.to_vec(), vec![], vec![], vec![0; 5]];
            let packed = [packed(text), packed(filler)];
            let coders: Coders = &[(&[3, 3, 1, 0x1b], &[])];
            let both = files(text, filler);
            let folders = both.iter().zip(&packed);
            let folders = folders.map(|(file, packed)| Folder {
                coders,
                packed,
                file: *file,
            });
            seven(&folders.collect::<Vec<_>>(), false)
        })
        .cut(Cut::Raw(RAW))
        .locked(locked, "!locked.env", Some(IN)),
        Row::new("7z: packed header", IN, |text, filler| {
            let packed = [[lzma2(text)], [lzma2(filler)]];
            let coders: Coders = &[(&[0x21], LZMA2)];
            let both = files(text, filler);
            let folders = both.iter().zip(&packed);
            let folders = folders.map(|(file, packed)| Folder {
                coders,
                packed,
                file: *file,
            });
            seven(&folders.collect::<Vec<_>>(), true)
        })
        .cut(Cut::Raw(RAW))
        .bomb(Bomb::Limit("!filler"))
        .locked(locked, "!locked.env", Some(IN)),
    ]
}

fn others() -> Vec<Row> {
    const IN: &str = "!in.env";
    let cpio_of = |name, form| {
        Row::new(name, IN, move |text, filler| {
            cpio(&files(text, filler), form)
        })
    };
    let rpm_of = |name, pack: Pack| {
        Row::new(name, IN, move |text, filler| {
            rpm(&pack(&cpio(&files(text, filler), Cpio::New)))
        })
        .bomb(Bomb::Limit(""))
    };
    vec![
        Row::new("ar: GNU", IN, |text, filler| {
            ar(&files(text, filler), false)
        }),
        Row::new("ar: BSD", IN, |text, filler| ar(&files(text, filler), true)),
        Row::new("deb: gzip", "!data.tar.gz!in.env", |text, filler| {
            deb(&files(text, filler), "data.tar.gz", gzip)
        })
        .bomb(Bomb::Limit("!data.tar.gz")),
        Row::new("deb: xz", "!data.tar.xz!in.env", |text, filler| {
            deb(&files(text, filler), "data.tar.xz", xz)
        })
        .blocks()
        .bomb(Bomb::Limit("!data.tar.xz")),
        Row::new("deb: zstd", "!data.tar.zst!in.env", |text, filler| {
            deb(&files(text, filler), "data.tar.zst", zstd)
        })
        .blocks()
        .bomb(Bomb::Limit("!data.tar.zst")),
        cpio_of("cpio: new", Cpio::New),
        cpio_of("cpio: portable", Cpio::Portable),
        cpio_of("cpio: old, little-endian", Cpio::Little),
        cpio_of("cpio: old, big-endian", Cpio::Big),
        rpm_of("rpm: gzip", gzip),
        rpm_of("rpm: xz", xz).blocks(),
        rpm_of("rpm: zstd", zstd).blocks(),
        Row::new("asar", IN, |text, filler| asar(&files(text, filler))),
    ]
}

fn compressed() -> Vec<Row> {
    let of = |name, pack: Pack| {
        Row::new(name, "", move |text, filler| pack(&[text, filler].concat())).bomb(Bomb::Limit(""))
    };
    let script = |name, place, pack: Pack| {
        Row::new(name, place, move |text, filler| {
            [
                b"#!/bin/sh\nexit 0\n",
                &pack(&tar(&files(text, filler)))[..],
            ]
            .concat()
        })
        .bomb(Bomb::Limit(""))
    };
    vec![
        of("gzip", gzip),
        Row::new("gzip: two streams", "", |text, filler| {
            [gzip(text), gzip(filler)].concat()
        })
        .bomb(Bomb::Limit("")),
        of("zlib", zlib),
        of("bzip2", bzip2).blocks(),
        of("xz", xz).blocks(),
        of("lzma", lzma),
        of("lzip", lzip),
        of("zstd", zstd).blocks(),
        of("lz4", lz4).blocks(),
        of("lz4: old", lz4_old).blocks(),
        of("Unix compress", lzw).cut(Cut::Whole(NO_END)),
        script("script and gzip", "!in.env", gzip),
        script("script and bzip2", "!in.env", bzip2).blocks(),
        script("script and xz", "!in.env", xz).blocks(),
        script("script and zstd", "!in.env", zstd).blocks(),
    ]
}

fn papers() -> Vec<Row> {
    let part = |name, place, part: &'static str| {
        Row::new(name, place, move |text, filler| office(part, text, filler))
            .bomb(Bomb::Limit("!media/filler.png"))
            .locked(
                |text, _| compound("EncryptedPackage", &cipher(text, 5000)),
                "!EncryptedPackage",
                None,
            )
    };
    vec![
        Row::new("PDF: page", "!object 4", pdf_page)
            .bomb(Bomb::Limit("!object 5"))
            .locked(|text, _| documents::pdf_locked(text), "", None),
        Row::new("PDF: string", "!object 4", pdf_string)
            .bomb(Bomb::Limit("!object 5"))
            .locked(|text, _| documents::pdf_locked(text), "", None),
        Row::new("PDF: attachment", "!in.env", pdf_file)
            .holding()
            .bomb(Bomb::Limit("!object 5"))
            .locked(|text, _| documents::pdf_locked(text), "", None),
        part("docx", "!word/document.xml", "word/document.xml"),
        part(
            "xlsx: cells",
            "!xl/worksheets/sheet1.xml",
            "xl/worksheets/sheet1.xml",
        ),
        part("pptx", "!ppt/slides/slide1.xml", "ppt/slides/slide1.xml"),
        part("ODF", "!content.xml", "content.xml"),
        Row::new("RTF", "", rtf),
        Row::new("compound file", "!Notes", |text, filler| {
            compound("Notes", &[text, filler].concat())
        })
        .holding()
        .locked(
            |text, _| compound("EncryptedPackage", &cipher(text, 5000)),
            "!EncryptedPackage",
            None,
        ),
        Row::new("compound file: macros", "!module, source", macros).locked(
            |text, _| compound("EncryptedSummary", &cipher(text, 5000)),
            "!EncryptedSummary",
            None,
        ),
        Row::new("mail: base64", "!in.env", mail)
            .holding()
            .cut(Cut::Whole(NO_END))
            .no_lock(MAIL),
        Row::new("mail: quoted-printable", "!part 1", quoted)
            .holding()
            .cut(Cut::Whole(NO_END))
            .no_lock(MAIL),
        Row::new("mbox", "!message 1 part 1", mbox)
            .holding()
            .cut(Cut::Whole(NO_END))
            .no_lock(MAIL),
    ]
}

fn databases() -> Vec<Row> {
    let of = |name, place, kind| {
        Row::new(name, place, move |text, filler| sqlite(kind, text, filler)).no_lock(NO_SIGN)
    };
    vec![
        of("SQLite: row", "!table t", Place::Table),
        of("SQLite: UTF-16", "!table t", Place::Wide),
        of("SQLite: long row", "!table t", Place::Overflow),
        of("SQLite: deleted row", "", Place::Deleted),
        of("SQLite: free page", "!free pages", Place::FreePage),
        of("SQLite: log", "!page 2, written as number 1", Place::Log),
        of(
            "SQLite: journal",
            "!page 2, written as number 1",
            Place::Journal,
        ),
    ]
}

fn code() -> Vec<Row> {
    let python_of =
        |name, version| Row::new(name, "", move |text, filler| python(version, text, filler));
    vec![
        python_of("Python 3.6", (3379, 12, 5, false)),
        python_of("Python 3.8", (3413, 16, 6, false)),
        python_of("Python 3.11", (3495, 16, 5, true)),
        python_of("Python 3.12", (3531, 16, 5, true)),
        python_of("Python 3.13", (3571, 16, 5, true)),
        python_of("Python 3.14", (3627, 16, 5, true)),
        Row::new("Java class", "", java),
        Row::new("Android dex", "", dex),
        Row::new("property list", "", plist),
    ]
}

/// All formats in the order of the documentation.
pub(super) fn rows() -> Vec<Row> {
    let archives = [zips(), tars(), sevens(), others(), compressed()];
    let archives = archives.into_iter().flatten().map(Row::holding);
    let texts = [papers(), databases(), code()].into_iter().flatten();
    archives.chain(texts).collect()
}
