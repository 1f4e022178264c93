//! Archives put together from their parts.

use super::super::testing::{Opened, damage, open};
use super::*;

const TEXT: &[u8] = b"first line\nsecond line\nfirst line\nthird line\n";

/// A folder of a sample: its coders with their properties, its packed streams, what they unpack
/// to, and the files in that.
struct Sample<'s> {
    coders: &'s [(&'s [u8], &'s [u8])],
    packed: &'s [&'s [u8]],
    size: usize,
    files: &'s [(&'s str, &'s [u8])],
}

/// A number in two bytes behind its first.
fn number(value: usize) -> [u8; 3] {
    [0xc0, value as u8, (value >> 8) as u8]
}

/// Chunks of lzma2 that hold `bytes` as they are.
fn chunks(bytes: &[u8]) -> Vec<u8> {
    let len = (bytes.len() as u16 - 1).to_be_bytes();
    [&[1, len[0], len[1]], bytes, &[0]].concat()
}

/// What a header says about the streams of folders.
fn streams(folders: &[Sample<'_>], start: usize) -> Vec<u8> {
    let packed: Vec<_> = folders.iter().flat_map(|f| f.packed).collect();
    let mut header = [&[6][..], &number(start), &[packed.len() as u8, 9]].concat();
    for stream in packed {
        header.extend(number(stream.len()));
    }
    header.extend([0, 7, 0x0b, folders.len() as u8, 0]);
    for folder in folders {
        header.push(folder.coders.len() as u8);
        for (id, props) in folder.coders {
            let is_complex = folder.packed.len() > 1;
            header.push(id.len() as u8 | 0x20 | u8::from(is_complex) << 4);
            header.extend(*id);
            if is_complex {
                header.extend([folder.packed.len() as u8, 1]);
            }
            header.push(props.len() as u8);
            header.extend(*props);
        }
        // Each coder takes what the next one returns.
        for at in 1..folder.coders.len() as u8 {
            header.extend([at - 1, at]);
        }
        if folder.packed.len() > 1 {
            header.extend(0..folder.packed.len() as u8);
        }
    }
    header.push(0x0c);
    for folder in folders {
        for _ in folder.coders {
            header.extend(number(folder.size));
        }
    }
    header.extend([0, 8, 0x0d]);
    header.extend(folders.iter().map(|f| f.files.len() as u8));
    header.push(9);
    for folder in folders {
        for (_, content) in folder.files.iter().rev().skip(1).rev() {
            header.extend(number(content.len()));
        }
    }
    header.extend([0x0a, 1]);
    for (_, content) in folders.iter().flat_map(|f| f.files) {
        header.extend(Crc::of(content).to_le_bytes());
    }
    header.extend([0, 0]);
    header
}

/// What a header says about files: those of folders, an empty one, and a directory.
fn files(folders: &[Sample<'_>]) -> Vec<u8> {
    let names = folders.iter().flat_map(|f| f.files).map(|(name, _)| *name);
    let names: Vec<_> = names.chain(["empty", "dir"]).collect();
    let count = names.len();
    let mut header = vec![5, count as u8];
    let bits = 3_u64 << (64 - count);
    let bits = &bits.to_be_bytes()[..count.div_ceil(8)];
    header.extend([0x0e, bits.len() as u8]);
    header.extend(bits);
    header.extend([0x0f, 1, 0x80]);
    let units = names.iter().flat_map(|name| name.encode_utf16().chain([0]));
    let utf16: Vec<_> = units.flat_map(u16::to_le_bytes).collect();
    header.push(0x11);
    header.extend(number(utf16.len() + 1));
    header.push(0);
    header.extend(utf16);
    // A comment, and what only fills up.
    header.extend([0x16, 7]);
    header.extend(b"comment");
    header.extend([0x19, 2, 0, 0, 0]);
    header
}

fn archive(folders: &[Sample<'_>], is_packed: bool) -> Vec<u8> {
    let mut content: Vec<u8> = folders.iter().flat_map(|f| f.packed.concat()).collect();
    let mut header = [&[1, 4], &streams(folders, 0)[..], &files(folders), &[0]].concat();
    if is_packed {
        let packed = chunks(&header);
        let folder = Sample {
            coders: &[(&[0x21], &[24])],
            packed: &[&packed],
            size: header.len(),
            files: &[("", &header)],
        };
        let start = content.len();
        let outer = [&[0x17], &streams(&[folder], start)[..]].concat();
        content.extend(packed);
        header = outer;
    }
    let offset = (content.len() as u64).to_le_bytes();
    let len = (header.len() as u64).to_le_bytes();
    let fields = [&offset[..], &len, &Crc::of(&header).to_le_bytes()].concat();
    let crc = Crc::of(&fields).to_le_bytes();
    [
        b"7z\xbc\xaf\x27\x1c\0\x04",
        &crc[..],
        &fields,
        &content,
        &header,
    ]
    .concat()
}

fn samples(test: impl Fn(&[Sample<'_>])) {
    let solid = chunks(&[TEXT, b"one", b"two"].concat());
    let level = sirocco::deflate::Level::DEFAULT;
    let deflated = sirocco::compress(sirocco::Format::Deflate, level, TEXT);
    let mut last = [0; 2];
    let delta: Vec<_> = TEXT
        .iter()
        .map(|byte| {
            let changed = byte.wrapping_sub(last[0]);
            last = [last[1], *byte];
            changed
        })
        .collect();
    // "Hello, world!"
    let lzma = b"\0\x24\x19\x49\x98\x6f\x16\x02\x8c\xe8\xe6\x5b\xb1\x47\xc6\xce\xb7\x63\xff\xff\x3c\xac\0\0";
    let len = TEXT.len();
    test(&[
        Sample {
            coders: &[(&[0x21], &[24])],
            packed: &[&solid],
            size: len + 6,
            files: &[("a", TEXT), ("dir/b", b"one"), ("dir/\u{2603}", b"two")],
        },
        Sample {
            coders: &[(&[4, 1, 8], &[])],
            packed: &[&deflated],
            size: len,
            files: &[("deflated", TEXT)],
        },
        Sample {
            coders: &[(&[3], &[1]), (&[0], &[])],
            packed: &[&delta],
            size: len,
            files: &[("delta", TEXT)],
        },
        Sample {
            coders: &[(&[3, 3, 1, 3], &[]), (&[3, 1, 1], &[0x5d, 0, 0, 0x80, 0])],
            packed: &[lzma],
            size: 13,
            files: &[("lzma", b"Hello, world!")],
        },
        // Without jumps, the other streams are empty.
        Sample {
            coders: &[(&[3, 3, 1, 0x1b], &[])],
            packed: &[TEXT, b"", b"", b"\0\0\0\0\0"],
            size: len,
            files: &[("bcj2", TEXT)],
        },
    ]);
}

fn is_whole(opened: &Opened) {
    assert_eq!(opened.shut, []);
    let names = [
        "a",
        "dir/b",
        "dir/\u{2603}",
        "deflated",
        "delta",
        "lzma",
        "bcj2",
        "empty",
    ];
    assert_eq!(opened.paths(), names);
    for name in ["a", "deflated", "delta", "bcj2"] {
        assert!(opened.text(name).as_bytes() == TEXT, "{name}");
    }
    assert_eq!(opened.text("dir/b"), "one");
    assert_eq!(opened.text("dir/\u{2603}"), "two");
    assert_eq!(opened.text("lzma"), "Hello, world!");
    assert_eq!(opened.text("empty"), "");
}

#[test]
fn files_of_folders_are_read() {
    samples(|folders| {
        for is_packed in [false, true] {
            let all = archive(folders, is_packed);
            let opened = open(&[&all[..], b"behind"].concat());
            is_whole(&opened);
            let rest = String::from_utf8_lossy(&opened.rest);
            assert!(rest.ends_with("empty\ndir\nbehind"), "{rest}");
            assert!(rest.contains("comment\n"));
            for len in (6..all.len()).step_by(7) {
                let cut = open(&all[..len]);
                assert_eq!(cut.shut, [(String::new(), Class::Damaged)]);
                assert_eq!(cut.rest, &all[..len]);
            }
        }
    });
}

#[test]
fn damage_is_told() {
    samples(|folders| damage(&archive(&folders[1..2], false)));
    let wrong = [Sample {
        coders: &[(&[0], &[])],
        packed: &[b"other content"],
        size: 13,
        files: &[("a", b"some"), ("b", b" content.")],
    }];
    let opened = open(&archive(&wrong, false));
    assert_eq!(opened.text("a"), "othe");
    assert_eq!(opened.text("b"), "r content");
    let told = ["a", "b"].map(|name| (name.to_owned(), Class::Damaged));
    assert_eq!(opened.shut, told);
    // A stream that breaks off: what comes behind it in the folder cannot be read.
    let packed = chunks(b"one");
    let cut = [Sample {
        coders: &[(&[0x21], &[24])],
        packed: &[&packed[..4]],
        size: 6,
        files: &[("a", b"one"), ("b", b"two")],
    }];
    let opened = open(&archive(&cut, false));
    assert_eq!(opened.shut, told);
}

#[test]
fn what_is_not_read_is_told() {
    let shut = |id: &[u8], class| {
        let folders = [Sample {
            coders: &[(id, b"\x13\0"), (&[0], &[])],
            packed: &[b"packed"],
            size: 6,
            files: &[("a", b"one"), ("b", b"two")],
        }];
        let opened = open(&archive(&folders, false));
        let told = ["a", "b"].map(|name| (name.to_owned(), class));
        assert_eq!(opened.shut, told);
        assert_eq!(opened.paths(), ["empty"]);
    };
    shut(&[6, 0xf1, 7, 1], Class::Encrypted);
    shut(&[3, 4, 1], Class::Compressed);
    shut(&[4, 0xf7, 0x11, 2], Class::Compressed);
    let large = [Sample {
        coders: &[(&[3, 1, 1], &[0x5d, 0, 0, 0, 8])],
        packed: &[b"packed"],
        size: 100,
        files: &[("a", b"one")],
    }];
    // Its window is no larger than its content.
    assert_eq!(
        open(&archive(&large, false)).shut,
        [("a".to_owned(), Class::Damaged)]
    );
}

#[test]
fn coders_in_a_cycle_end() {
    let mut folder = Folder::default();
    for _ in 0..2 {
        folder.coders.push(header::Coder {
            id: 0,
            ins: 2,
            outs: 1,
            props: Vec::new(),
        });
    }
    folder.sizes = vec![1, 1];
    folder.binds = vec![(0, 1), (2, 1)];
    let taken = taken(&folder);
    let budget = super::super::Budget::new(super::super::Most::default(), 0);
    let opener = Opener {
        folder: &folder,
        packed: vec![b"", b""],
        taken: &taken,
        budget: &budget,
        level: 0,
    };
    assert_eq!(opener.open().err(), Some(Class::Damaged));
}

#[test]
fn what_is_there_of_an_archive_that_is_cut_off_is_unpacked() {
    use super::super::lzma2::tests::{START, chunks, lzma};
    for packed in [chunks(), lzma()] {
        let mut archive = b"7z\xbc\xaf\x27\x1c\0\x04".to_vec();
        // Where the header would stand, how long it is, and its checksum.
        let mut fields = 5000_u64.to_le_bytes().to_vec();
        fields.extend(100_u64.to_le_bytes());
        fields.extend([1; 4]);
        archive.extend(Crc::of(&fields).to_le_bytes());
        archive.extend(fields);
        archive.extend(&packed);
        for len in [archive.len(), 32 + packed.len() / 2] {
            let opened = open(&archive[..len]);
            assert!(opened.text("content").starts_with(START), "{len}");
            assert!(
                opened
                    .shut
                    .iter()
                    .all(|(_, class)| *class == Class::Damaged)
            );
            assert!(opened.shut.contains(&(String::new(), Class::Damaged)));
        }
        damage(&archive);
    }
    let noise = [b"7z\xbc\xaf\x27\x1c\0\x04".to_vec(), vec![0xe5; 500]].concat();
    assert_eq!(open(&noise).paths(), [""; 0]);
}
