//! Compiled Python (`.pyc`): the constants and names of its code, as lines of text.
//!
//! Where the bytecode gives a constant a name, both stand in one line, as the source had them:
//! `password = "…"`, also for attributes, keys of dicts, keyword arguments and defaults. All other
//! texts follow, each once. Binary constants are members.
//!
//! Sources: CPython's `Python/marshal.c`, `Include/internal/pycore_magic_number.h` and the
//! documentation of `dis`, for 2.7 and 3.0 to 3.14; PEP 552 (the header). Bytecode of other versions is
//! not interpreted, its constants are read.

mod code;
mod marshal;
mod op;

use std::io;

use super::Members;
use super::input::Input;
use super::lines::{CUT, MEMBER, is_text, push_runs, push_text};
use super::trouble::Class;
use super::whole::whole;
use code::Lines;
use marshal::{Reader, Value};

/// What a magic number tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Version {
    /// The bytes in front of the code.
    header: usize,
    /// The numbers that a code object begins with.
    numbers: usize,
    /// Whether names of locals, cells and free variables are one list.
    has_one_list: bool,
    layout: Option<Layout>,
}

/// How bytecode is numbered and written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    /// Instructions of one or three bytes: 2.7, and 3.0 to 3.5.
    Old,
    /// 3.6 to 3.10.
    P36,
    P311,
    P312,
    P313,
    P314,
}

impl Version {
    fn of(magic: u16) -> Option<Self> {
        let (header, numbers, layout) = match magic {
            62_011..=62_211 => (8, 4, Some(Layout::Old)),
            3_000..3_210 => (8, 5, Some(Layout::Old)),
            3_210..3_360 => (12, 5, Some(Layout::Old)),
            3_360..3_370 => (12, 5, None),
            3_370..3_392 => (12, 5, Some(Layout::P36)),
            3_392..3_410 => (16, 5, Some(Layout::P36)),
            3_410..3_450 => (16, 6, Some(Layout::P36)),
            3_450..3_500 => (16, 5, Some(Layout::P311)),
            3_500..3_550 => (16, 5, Some(Layout::P312)),
            3_550..3_600 => (16, 5, Some(Layout::P313)),
            3_600..3_650 => (16, 5, Some(Layout::P314)),
            3_650..4_000 => (16, 5, None),
            _ => return None,
        };
        Some(Self {
            header,
            numbers,
            has_one_list: (3_450..4_000).contains(&magic),
            layout,
        })
    }
}

/// Returns the version whose code `bytes` begin with: the magic number, a header, and the code of a
/// module, which has no arguments.
fn version(bytes: &[u8]) -> Option<Version> {
    let [low, high, b'\r', b'\n', ..] = *bytes else {
        return None;
    };
    let version = Version::of(u16::from_le_bytes([low, high]))?;
    let code = bytes.get(version.header..)?;
    matches!(code, [b'c' | 0xe3, 0, 0, 0, 0, ..]).then_some(version)
}

/// Whether content begins as compiled Python does.
pub(super) fn begins(head: &[u8]) -> bool {
    version(head).is_some()
}

/// # Errors
/// Fails as [`walk`](super::walk) does.
pub(super) fn walk(input: &mut Input<'_>, members: &mut dyn Members) -> io::Result<()> {
    let (bytes, ended) = whole(input, members)?;
    let Some(version) = version(&bytes) else {
        members.rest(&bytes);
        ended?;
        return Err(input.damaged("it does not begin with code"));
    };
    let mut reader = Reader::new(&bytes, version);
    let read = reader.read();
    let mut lines = Lines::new(&bytes, version, &reader.values);
    for value in &reader.values {
        if let Value::Code(code) = value {
            lines.code(code);
        }
    }
    let is_cut = lines.is_cut;
    let (mut text, is_told) = lines.finish();
    let mut binary = Vec::new();
    for (at, value) in reader.values.iter().enumerate() {
        let (Value::Text(range) | Value::Bytes(range)) = value else {
            continue;
        };
        let content = &bytes[range.clone()];
        let is_binary = matches!(value, Value::Bytes(_)) && !is_text(content);
        if is_told[at] || content.is_empty() {
            continue;
        }
        if reader.is_machinery[at] {
            push_runs(&mut text, content);
            continue;
        }
        if is_binary && content.len() >= MEMBER {
            binary.push((at, range.clone()));
        } else {
            push_text(&mut text, content);
            text.push(b'\n');
        }
    }
    members.rest(&text);
    for (at, range) in binary {
        let name = format!("constant {at}");
        members.member(name.as_bytes(), &mut &bytes[range])?;
    }
    // What could not be read, or stands behind.
    members.rest(&bytes[reader.at..]);
    ended?;
    match read {
        Ok(()) if is_cut => Err(input.trouble(Class::Limit, CUT)),
        Ok(()) => Ok(()),
        Err(Class::Limit) => Err(input.trouble(Class::Limit, "it has more than a million objects")),
        Err(_) => Err(input.damaged("a constant in it is damaged or cut off")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{damage, open};
    use super::super::{Class, Format};
    use super::*;

    /// A text as an object.
    fn text(text: &str) -> Vec<u8> {
        [&[b'z', text.len() as u8], text.as_bytes()].concat()
    }

    fn bytes(bytes: &[u8]) -> Vec<u8> {
        [b"s", &(bytes.len() as u32).to_le_bytes()[..], bytes].concat()
    }

    fn tuple(items: &[Vec<u8>]) -> Vec<u8> {
        [&[b')', items.len() as u8], &items.concat()[..]].concat()
    }

    fn texts(items: &[&str]) -> Vec<u8> {
        tuple(&items.iter().map(|item| text(item)).collect::<Vec<_>>())
    }

    /// A module with constants and names `a`, `b` and `c`.
    fn module(magic: u16, code: &[u8], constants: &[Vec<u8>]) -> Vec<u8> {
        let version = Version::of(magic).unwrap();
        let [low, high] = magic.to_le_bytes();
        let mut all = vec![low, high, b'\r', b'\n'];
        all.resize(version.header, 0);
        all.push(0xe3);
        all.resize(all.len() + 4 * version.numbers, 0);
        all.extend(bytes(code));
        all.extend(tuple(constants));
        all.extend(texts(&["a", "b", "c"]));
        let none = tuple(&[]);
        let name = text("file.py");
        let line = [0; 4];
        let table = bytes(b"\x01\x02");
        match version.has_one_list {
            false => all.extend([&none[..], &none, &none, &name, &name, &line, &table].concat()),
            true => {
                let parts = [
                    &none[..],
                    &table,
                    &name,
                    &name,
                    &name,
                    &line,
                    &table,
                    &table,
                ];
                all.extend(parts.concat());
            }
        }
        all
    }

    fn lines(module: &[u8]) -> Vec<String> {
        assert_eq!(Format::of(module), Some(Format::Python));
        let opened = open(module);
        assert_eq!(opened.shut, []);
        let text = String::from_utf8(opened.rest).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn names_and_constants_stand_in_one_line() {
        let constants = [
            text("first"),
            text("second"),
            texts(&["key", "other"]),
            bytes(b"\0raw"),
            text("say \"so\""),
        ];
        // a = "first"; b.c = "second"; a({"key": …, "other": …}); c[…] = b"…"
        let old = [
            100, 0, 90, 0, 100, 1, 101, 1, 95, 2, 101, 0, 100, 0, 100, 1, 100, 2, 156, 2, 131, 1,
            1, 0, 100, 3, 101, 2, 100, 4, 60, 0,
        ];
        let expected = [
            "a = \"first\"",
            "c = \"second\"",
            "\"key\": \"first\"",
            "\"other\": \"second\"",
            "\"say \"so\"\": b\"\\x00raw\"",
        ];
        for magic in [3379, 3413, 3439] {
            assert_eq!(lines(&module(magic, &old, &constants))[..5], expected);
        }
        // The same, and a(key=…, other=…) instead of a dict.
        let new = [
            151, 0, 100, 0, 90, 0, 100, 1, 101, 1, 95, 2, 0, 0, 0, 0, 2, 0, 101, 0, 100, 0, 100, 1,
            172, 2, 171, 2, 0, 0, 1, 0,
        ];
        let arguments = [
            "a = \"first\"",
            "c = \"second\"",
            "key=\"first\"",
            "other=\"second\"",
        ];
        for magic in [3495, 3531] {
            assert_eq!(lines(&module(magic, &new, &constants))[..4], arguments);
        }
        let newer = [83, 0, 114, 0, 92, 0, 34, 0, 83, 0, 83, 1, 83, 2, 57, 2];
        let named = lines(&module(3571, &newer, &constants));
        assert_eq!(
            named[..3],
            ["a = \"first\"", "key=\"first\"", "other=\"second\""]
        );
        let newest = [82, 4, 116, 1];
        let named = lines(&module(3627, &newest, &constants));
        assert_eq!(named[0], "b = 'say \"so\"'");
        // All others follow, also if nothing is known of the instructions.
        for line in [
            "first", "second", "key", "other", "\\x00raw", "a", "c", "file.py",
        ] {
            assert!(named.iter().any(|l| l == line), "{line}");
            assert!(
                lines(&module(3700, &newest, &constants))
                    .iter()
                    .any(|l| l == line)
            );
        }
        damage(&module(3439, &old, &constants));
        damage(&module(3571, &newer, &constants));
    }

    #[test]
    fn python_2_is_read() {
        let constants = [text("first"), bytes(b"key"), bytes(b"second")];
        let code = [
            100, 0, 0, 90, 0, 0, 101, 1, 0, 100, 1, 0, 100, 2, 0, 131, 0, 1, 1,
        ];
        let module = module(62_211, &code, &constants);
        assert_eq!(lines(&module)[..2], ["a = \"first\"", "key=\"second\""]);
    }

    #[test]
    fn binary_constants_are_members() {
        let level = sirocco::deflate::Level::DEFAULT;
        let lines: Vec<u8> = (0..99)
            .flat_map(|n| format!("line {n}\n").into_bytes())
            .collect();
        let packed = sirocco::compress(sirocco::Format::Zlib, level, &lines);
        let module = module(3571, &[83, 0, 114, 0], &[bytes(&packed)]);
        assert_eq!(open(&module).members, [("constant 1".into(), lines)]);
    }

    #[test]
    fn damaged_code_is_told_and_read() {
        let whole = module(3571, b"", &[text("first"), text("second")]);
        let at = memchr::memmem::find(&whole, b"econd").unwrap();
        let cut = open(&whole[..at]);
        assert_eq!(cut.shut, [(String::new(), Class::Damaged)]);
        assert!(cut.has("first\nz\x06s"));
        assert!(open(&[&whole[..], b"what follows"].concat()).has("what follows"));
        // Objects in objects, and one that holds itself.
        let deep = [&whole[..16], b"\xe3", &[0; 20], &b"\xa9\x01".repeat(9000)].concat();
        assert_eq!(open(&deep).shut, [(String::new(), Class::Damaged)]);
        let cycle = module(3571, &[83, 0, 114, 0], &[b"\xa9\x01r\x01\0\0\0".to_vec()]);
        assert_eq!(open(&cycle).shut, []);
    }

    #[test]
    fn few_bytes_do_not_make_many_lines() {
        let long = [&b"u\0\0\x01\0"[..], &[b'x'; 1 << 16]].concat();
        let module = module(3571, &[83, 0, 114, 0].repeat(5000), &[long]);
        let opened = open(&module);
        assert_eq!(opened.shut, [(String::new(), Class::Limit)]);
        assert!(opened.rest.len() < 10 * module.len());
    }

    #[test]
    fn text_is_not_compiled() {
        assert!(!begins(b"d\x0d\r\n is no code"));
        assert!(!begins(b"a text\r\nwith two lines\r\n"));
    }
}
