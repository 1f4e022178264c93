//! Samples put together from their parts.

use super::super::checked::Crc;
use super::super::testing::{Opened, damage, open};
use super::*;

/// How a member of a sample is written.
#[derive(Clone, Copy, PartialEq)]
enum Sizes {
    /// In its header.
    Ahead,
    /// In a descriptor: marked or not, with sizes of 4 or 8 bytes.
    Behind { marked: bool, wide: bool },
    /// In its header, in a zip64 field.
    Wide,
}

const MARKED: Sizes = Sizes::Behind {
    marked: true,
    wide: false,
};

/// Builds a zip.
#[derive(Default)]
struct Zip {
    bytes: Vec<u8>,
    directory: Vec<u8>,
    count: u16,
}

fn deflated(text: &[u8]) -> Vec<u8> {
    let level = sirocco::deflate::Level::DEFAULT;
    sirocco::compress(sirocco::Format::Deflate, level, text)
}

impl Zip {
    /// Adds a member whose content is already packed.
    fn raw(
        &mut self,
        name: &str,
        (method, flags): (u16, u16),
        sizes: Sizes,
        packed: &[u8],
        text: &[u8],
    ) -> &mut Self {
        let offset = self.bytes.len() as u32;
        let crc = Crc::of(text).to_le_bytes();
        let lens = [packed.len() as u32, text.len() as u32];
        let behind = u16::from(matches!(sizes, Sizes::Behind { .. })) << 3;
        let mut fields = [20_u16, flags | behind, method, 0, 0]
            .map(u16::to_le_bytes)
            .concat();
        let mut known = fields.clone();
        known.extend(crc);
        known.extend(lens.map(u32::to_le_bytes).concat());
        let wide = [lens[1], lens[0]]
            .map(|len| u64::from(len).to_le_bytes())
            .concat();
        let mut extra = Vec::new();
        match sizes {
            Sizes::Ahead => fields = known.clone(),
            Sizes::Behind { .. } => fields.resize(22, 0),
            Sizes::Wide => {
                fields.extend(crc);
                fields.extend([0xff; 8]);
                extra = [&[1, 0, 16, 0], &wide[..]].concat();
            }
        }
        let name_len = (name.len() as u16).to_le_bytes();
        self.bytes.extend(LOCAL);
        self.bytes.extend(fields);
        self.bytes.extend(name_len);
        self.bytes.extend((extra.len() as u16).to_le_bytes());
        self.bytes.extend(name.as_bytes());
        self.bytes.extend(extra);
        self.bytes.extend(packed);
        if let Sizes::Behind { marked, wide } = sizes {
            if marked {
                self.bytes.extend(DESCRIPTOR);
            }
            self.bytes.extend(crc);
            match wide {
                true => self
                    .bytes
                    .extend(lens.map(|len| u64::from(len).to_le_bytes()).concat()),
                false => self.bytes.extend(lens.map(u32::to_le_bytes).concat()),
            }
        }
        self.list(name, &known, offset);
        self
    }

    fn list(&mut self, name: &str, known: &[u8], offset: u32) {
        self.directory.extend(CENTRAL);
        self.directory.extend([20, 0]);
        self.directory.extend(known);
        self.directory.extend((name.len() as u16).to_le_bytes());
        self.directory.extend([0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        self.directory.extend(offset.to_le_bytes());
        self.directory.extend(name.as_bytes());
        self.directory.extend(b"comment");
        self.count += 1;
    }

    fn stored(&mut self, name: &str, text: &[u8]) -> &mut Self {
        self.raw(name, (0, 0), Sizes::Ahead, text, text)
    }

    fn deflated(&mut self, name: &str, text: &[u8], sizes: Sizes) -> &mut Self {
        self.raw(name, (8, 0), sizes, &deflated(text), text)
    }

    fn end(&self) -> Vec<u8> {
        self.end_at(self.bytes.len() as u32)
    }

    fn end_at(&self, offset: u32) -> Vec<u8> {
        let mut all = [&self.bytes[..], &self.directory].concat();
        all.extend(END);
        all.extend([0; 4]);
        all.extend([self.count, self.count].map(u16::to_le_bytes).concat());
        all.extend((self.directory.len() as u32).to_le_bytes());
        all.extend(offset.to_le_bytes());
        all.extend([3, 0]);
        all.extend(b"end");
        all
    }
}

/// A zip of members that are not packed.
pub(in super::super) fn stored(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = Zip::default();
    for (name, text) in parts {
        zip.stored(name, text);
    }
    zip.end()
}

const TEXT: &[u8] = b"first line\nsecond line\nfirst line\nthird line\n";

fn is_clean(opened: &Opened, names: &[&str]) {
    assert!(opened.shut.is_empty(), "{:?}", opened.shut);
    assert_eq!(opened.paths(), names);
    for (name, content) in &opened.members {
        assert!(content == TEXT, "{name}");
    }
}

#[test]
fn members_are_read_however_their_sizes_are_told() {
    let mut zip = Zip::default();
    let mut names = Vec::new();
    let behind = [(true, true), (true, false), (false, true), (false, false)];
    let behind = behind.map(|(marked, wide)| Sizes::Behind { marked, wide });
    for sizes in [&behind[..], &[Sizes::Ahead, Sizes::Wide]].concat() {
        for method in [0, 8] {
            let name = format!("dir/{}", names.len());
            let packed = if method == 0 {
                TEXT.to_vec()
            } else {
                deflated(TEXT)
            };
            zip.raw(&name, (method, 0), sizes, &packed, TEXT);
            names.push(name);
        }
    }
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let opened = open(&zip.end());
    is_clean(&opened, &names);
    let rest = String::from_utf8_lossy(&opened.rest);
    assert_eq!(rest.matches("comment\n").count(), names.len());
    assert!(rest.ends_with("comment\nend\n"));
    for name in names {
        assert_eq!(rest.matches(&format!("{name}\n")).count(), 1);
    }
}

#[test]
fn a_stored_member_ends_at_the_descriptor_that_fits() {
    let mut inner = Zip::default();
    inner
        .raw("a", (0, 0), MARKED, TEXT, TEXT)
        .deflated("b", TEXT, MARKED);
    let inner = inner.end();
    let mut zip = Zip::default();
    zip.raw("inner", (0, 0), MARKED, &inner, &inner)
        .stored("c", TEXT);
    is_clean(&open(&zip.end()), &["inner!a", "inner!b", "c"]);
    let marks = b"PK\x07\x08PK\x03\x04".repeat(20_000);
    let mut zip = Zip::default();
    zip.raw(
        "marks",
        (0, 0),
        MARKED,
        &[b"text ", &marks[..]].concat(),
        b"wrong",
    );
    zip.stored("c", TEXT);
    assert!(
        open(&zip.end())
            .shut
            .iter()
            .any(|(_, class)| *class == Class::Damaged)
    );
}

#[test]
fn other_methods_are_told() {
    let mut zip = Zip::default();
    let unread = [(6, 0), (98, 0), (8, 1), (99, 1), (8, 0x41), (0, 1 << 5)];
    for method in unread {
        zip.raw("x", method, Sizes::Ahead, b"PK\x03\x04 secret", TEXT);
        zip.raw("y", method, MARKED, b"PK\x03\x04 secret", TEXT);
    }
    zip.stored("z", TEXT);
    let opened = open(&zip.end());
    let (compressed, encrypted) = (Class::Compressed, Class::Encrypted);
    let classes = [
        compressed, compressed, encrypted, encrypted, encrypted, compressed,
    ];
    let told = classes
        .iter()
        .flat_map(|class| [("x", *class), ("y", *class)]);
    let told: Vec<_> = told.map(|(name, class)| (name.to_owned(), class)).collect();
    assert_eq!(opened.shut, told);
    assert_eq!(opened.paths(), ["z"]);
}

#[test]
fn lzma_has_a_header_of_zip() {
    // "Hello, world!" as one stream with a mark at its end.
    let stream = b"\0\x24\x19\x49\x98\x6f\x16\x02\x8c\xe8\xe6\x5b\xb1\x47\xc6\xce\xb7\x63\xff\xff\x3c\xac\0\0";
    let packed = [b"\x10\x02\x05\0\x5d\0\0\x80\0", &stream[..]].concat();
    let mut zip = Zip::default();
    zip.raw("a", (14, 2), Sizes::Ahead, &packed, b"Hello, world!");
    zip.raw("b", (14, 2), MARKED, &packed, b"Hello, world!");
    zip.raw("c", (14, 2), Sizes::Ahead, &packed[..5], b"Hello, world!");
    let hidden = [&packed[..], b"hidden"].concat();
    zip.raw("e", (14, 2), Sizes::Ahead, &hidden, b"Hello, world!");
    zip.stored("d", TEXT);
    let opened = open(&zip.end());
    assert_eq!(opened.text("a"), "Hello, world!");
    assert_eq!(opened.text("b"), "Hello, world!");
    assert_eq!(opened.text("e"), "Hello, world!");
    assert!(opened.has("hidden"));
    assert_eq!(opened.text("d").as_bytes(), TEXT);
    assert_eq!(opened.shut, [("c".to_owned(), Class::Damaged)]);
}

#[test]
fn what_stands_around_members_is_passed_on() {
    let mut zip = Zip::default();
    zip.deflated("a", TEXT, MARKED);
    zip.bytes.extend(b"between PK and PK\x03\x04 there");
    zip.deflated("unlisted", TEXT, Sizes::Ahead);
    let listed = zip.directory.len() - 46 - "unlisted".len() - "comment".len();
    zip.directory.truncate(listed);
    zip.count -= 1;
    zip.stored("b", TEXT);
    zip.bytes.extend(b"before the directory");
    let all = [b"PK\x07\x08", &zip.end()[..], b"behind"].concat();
    let opened = open(&all);
    is_clean(&opened, &["a", "unlisted", "b"]);
    for text in [
        "between PK and PK\x03\x04 there",
        "before the directory",
        "end\nbehind",
    ] {
        assert!(opened.has(text), "{text}");
    }
    // A zip behind a program, and one behind another.
    let mut input: &[u8] = &[
        b"#!program PK\x05\x06 PK\x03\x04\n",
        &zip.end()[..],
        &zip.end(),
    ]
    .concat();
    assert!(ends(input, true) && !begins(input));
    let mut collect = Names::default();
    let budget = super::super::Budget::new(super::super::Most::default(), 0);
    walk(&mut Input::new(&mut input, &budget, 0), &mut collect).unwrap();
    assert_eq!(collect.names, ["a", "unlisted", "b"].repeat(2));
    assert!(
        collect
            .rest
            .starts_with(b"#!program PK\x05\x06 PK\x03\x04\n")
    );
}

#[derive(Default)]
struct Names {
    names: Vec<String>,
    rest: Vec<u8>,
}

impl Members for Names {
    fn member(&mut self, name: &[u8], _: &mut dyn io::Read) -> io::Result<()> {
        self.names.push(String::from_utf8_lossy(name).into_owned());
        Ok(())
    }

    fn rest(&mut self, bytes: &[u8]) {
        self.rest.extend(bytes);
    }

    fn shut(&mut self, _: &[u8], _: Class, _: u64) {}
}

#[test]
fn wrong_content_is_passed_on_and_told_once() {
    let damaged = |name: &str| [(name.to_owned(), Class::Damaged)];
    for sizes in [Sizes::Ahead, MARKED] {
        let mut zip = Zip::default();
        zip.raw("a", (8, 0), sizes, &deflated(TEXT), b"other content")
            .stored("b", TEXT);
        let opened = open(&zip.end());
        assert_eq!(opened.text("a").as_bytes(), TEXT);
        assert_eq!(opened.text("b").as_bytes(), TEXT);
        assert_eq!(opened.shut, damaged("a"));
    }
    // Behind the stream, but inside of the member.
    let mut zip = Zip::default();
    let packed = [&deflated(TEXT)[..], b"hidden"].concat();
    zip.raw("a", (8, 0), Sizes::Ahead, &packed, TEXT)
        .stored("b", TEXT);
    let opened = open(&zip.end());
    is_clean(&opened, &["a", "b"]);
    assert!(opened.has("hidden"));
    // A stream that breaks off.
    for sizes in [Sizes::Ahead, MARKED] {
        let mut zip = Zip::default();
        zip.raw("a", (8, 0), sizes, b"\xff\xff broken", TEXT)
            .stored("b", TEXT);
        let opened = open(&zip.end());
        assert_eq!(opened.text("b").as_bytes(), TEXT);
        assert!(opened.has("broken"));
        assert!(opened.shut.contains(&damaged("a")[0]));
    }
}

#[test]
fn a_directory_that_says_something_else_is_told() {
    let mut zip = Zip::default();
    let mut hidden = Zip::default();
    hidden.deflated("hidden", TEXT, Sizes::Ahead);
    let quoted = [b"picture ", &hidden.bytes[..]].concat();
    zip.stored("a", &quoted).stored("b", TEXT);
    assert!(open(&zip.end()).shut.is_empty());
    let listed = &hidden.directory[6..28];
    zip.list("hidden", listed, 30 + 1 + 8);
    let told = [(String::new(), Class::Damaged)];
    let opened = open(&zip.end());
    assert_eq!(opened.shut, told);
    assert_eq!(opened.text("b").as_bytes(), TEXT);
    // A header that says that a member is empty.
    let mut zip = Zip::default();
    let packed = deflated(TEXT);
    zip.stored("a", b"");
    zip.directory.clear();
    zip.bytes.extend(&packed);
    let known = [20_u16, 0, 8, 0, 0].map(u16::to_le_bytes).concat();
    let lens = [Crc::of(TEXT), packed.len() as u32, TEXT.len() as u32];
    zip.list(
        "a",
        &[known, lens.map(u32::to_le_bytes).concat()].concat(),
        0,
    );
    assert_eq!(open(&zip.end()).shut, told);
    // All of them elsewhere.
    let mut zip = Zip::default();
    zip.stored("a", TEXT).stored("b", TEXT);
    assert_eq!(open(&zip.end_at(7)).shut, told);
    // In another order, and twice.
    let mut zip = Zip::default();
    zip.stored("a", TEXT).stored("b", TEXT);
    let first = zip.directory.clone();
    let (a, b) = first.split_at(first.len() / 2);
    zip.directory = [b, a, a].concat();
    is_clean(&open(&zip.end()), &["a", "b"]);
}

#[test]
fn a_cut_zip_is_read_as_far_as_it_goes() {
    let mut zip = Zip::default();
    zip.stored("a", TEXT).deflated("b", TEXT, MARKED);
    let all = zip.end();
    let is_told = |len: usize| {
        open(&all[..len])
            .shut
            .iter()
            .any(|(_, c)| *c == Class::Damaged)
    };
    for len in (4..all.len()).step_by(3) {
        assert!(is_told(len), "{len}");
    }
    assert_eq!(open(&all[..60]).text("a").as_bytes(), &TEXT[..29]);
    damage(&all);
    let empty = Zip::default().end();
    assert_eq!(open(&empty).members, []);
    assert!(open(&empty).shut.is_empty());
}

#[test]
fn many_members_and_deep_ones() {
    let mut zip = Zip::default();
    for at in 0..2000 {
        zip.stored(&format!("{at}"), b"");
    }
    assert_eq!(open(&zip.end()).members.len(), 2000);
    let mut nested = TEXT.to_vec();
    for at in 0..12 {
        let mut zip = Zip::default();
        zip.deflated(&format!("{at}"), &nested, Sizes::Ahead);
        nested = zip.end();
    }
    let opened = open(&nested);
    assert_eq!(opened.paths(), ["11!10!9!8!7!6!5!4"]);
}
