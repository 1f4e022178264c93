//! Samples put together from their parts.

use super::super::testing::{Opened, open};
use super::super::whole::damage_some;
use super::*;

fn zlib(text: &[u8]) -> Vec<u8> {
    let level = sirocco::deflate::Level::DEFAULT;
    sirocco::compress(sirocco::Format::Zlib, level, text)
}

fn object(number: u32, value: &str) -> Vec<u8> {
    format!("{number} 0 obj\n{value}\nendobj\n").into_bytes()
}

fn stream(number: u32, dictionary: &str, packed: &[u8]) -> Vec<u8> {
    let head = format!(
        "{number} 0 obj\n<< {dictionary} /Length {} >>\nstream\n",
        packed.len()
    );
    [head.as_bytes(), packed, b"\nendstream\nendobj\n"].concat()
}

fn document(objects: &[Vec<u8>]) -> Vec<u8> {
    let head = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let end = b"trailer << /Root 1 0 R >>\nstartxref\n0\n%%EOF\n".to_vec();
    [head, objects.concat(), end].concat()
}

fn one(dictionary: &str, packed: &[u8]) -> Opened {
    open(&document(&[stream(7, dictionary, packed)]))
}

const PAGE: &[u8] = b"BT /F1 12 Tf 72 700 Td (a pass) Tj [(wo) 20 (rd)] TJ ET";

#[test]
fn text_is_read_through_all_filters() {
    let hex: Vec<u8> = PAGE
        .iter()
        .flat_map(|b| format!("{b:02x}").into_bytes())
        .collect();
    let rows: Vec<u8> = PAGE
        .chunks(5)
        .flat_map(|row| [&[0][..], row].concat())
        .collect();
    for (dictionary, packed) in [
        ("", PAGE.to_vec()),
        ("/Filter /FlateDecode", zlib(PAGE)),
        ("/Filter /Fl#61teDecode", zlib(PAGE)),
        ("/Filter[/ASCIIHexDecode/FlateDecode]", {
            zlib(PAGE)
                .iter()
                .flat_map(|b| format!("{b:02X} ").into_bytes())
                .collect()
        }),
        ("/Filter /ASCIIHexDecode", [&hex[..], b">"].concat()),
        (
            "/Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns 5 >>",
            zlib(&rows),
        ),
        (
            "/Filter [/AHx /Fl] /DecodeParms [null << /Predictor 12 /Columns 5 >>]",
            zlib(&rows)
                .iter()
                .flat_map(|b| format!("{b:02X}").into_bytes())
                .collect(),
        ),
    ] {
        let opened = one(dictionary, &packed);
        // It is not said to be the content of a page, so that it is passed on as it is, too.
        let expected = [
            b"a password
",
            PAGE,
        ]
        .concat();
        let expected = String::from_utf8_lossy(&expected).into_owned();
        assert_eq!(opened.text("object 7").trim_end(), expected, "{dictionary}");
        assert!(opened.shut.is_empty(), "{dictionary}");
    }
    let unknown = one("/Filter /Made", PAGE);
    assert_eq!(unknown.shut, [("object 7".to_owned(), Class::Compressed)]);
    let broken = one("/Filter /FlateDecode", b"x\x9c\xff\xff\xff");
    assert_eq!(broken.shut, [("object 7".to_owned(), Class::Damaged)]);
    let picture = one(
        "/Subtype /Image /Filter /DCTDecode",
        b"\xff\xd8 comment in a picture",
    );
    assert!(picture.has("comment in a picture") && picture.shut.is_empty());
}

#[test]
fn streams_end_where_they_say() {
    let inner = b"text with endstream in it";
    let packed = stream(5, "", inner);
    let length = format!("/Length {}", inner.len());
    let elsewhere = String::from_utf8(packed.clone())
        .unwrap()
        .replace(&length, "/Length 6 0 R");
    let elsewhere = [elsewhere.into_bytes(), object(6, &inner.len().to_string())].concat();
    for packed in [packed.clone(), elsewhere] {
        assert_eq!(
            open(&document(&[packed])).text("object 5"),
            "text with endstream in it"
        );
    }
    let wrong = String::from_utf8(stream(5, "", b"some text"))
        .unwrap()
        .replace("/Length 9", "/Length 3");
    assert_eq!(
        open(&document(&[wrong.into_bytes()])).text("object 5"),
        "some text\n"
    );
    for (filter, packed) in [
        ("FlateDecode", &zlib(b"packed")[..]),
        ("ASCIIHexDecode", b"7061636b6564>"),
        ("RunLengthDecode", b"\x05packed\x80"),
    ] {
        let behind = [packed, b" and more"].concat();
        let opened = one(&format!("/Filter /{filter}"), &behind);
        assert_eq!(opened.text("object 7"), "packed");
        assert!(opened.has("and more"), "{filter}");
    }
    let cut = open(&[b"%PDF-1.4\n".to_vec(), packed[..packed.len() - 30].to_vec()].concat());
    assert!(cut.has("text with"));
    assert_eq!(cut.shut, [(String::new(), Class::Damaged)]);
}

#[test]
fn strings_and_objects_in_streams_are_read() {
    let packed = b"11 0 12 20 << /V (a\\(b\\)) >>   << /S (plain) >>";
    let dictionary = "/Type /ObjStm /N 2 /First 11 /Filter /FlateDecode";
    let opened = open(&document(&[
        object(
            1,
            "<< /Title <FEFF0070007700e9> /Author (one\\\n two) /URI (https://a.b/) >>",
        ),
        stream(2, dictionary, &zlib(packed)),
    ]));
    assert!(opened.has("pw\u{e9}\n") && opened.has("one two\n") && opened.has("https://a.b/"));
    assert!(opened.text("object 2").ends_with("\na(b)\n"));
}

#[test]
fn fonts_tell_characters_and_attachments_have_names() {
    let font = |number, map| {
        object(
            number,
            &format!("<< /Type /Font /Subtype /Type0 /ToUnicode {map} 0 R >>"),
        )
    };
    let map = |number, to: char| {
        let map = format!(
            "1 begincodespacerange <0000> <ffff> endcodespacerange 1 beginbfrange <0001> <001a> <{:04x}> endbfrange",
            to as u32
        );
        stream(number, "/Filter /FlateDecode", &zlib(map.as_bytes()))
    };
    let page = |number, resources: &str, contents| {
        let page = format!("<< /Type /Page /Parent 2 0 R {resources} /Contents {contents} 0 R >>");
        object(number, &page)
    };
    let text = b"BT /F1 9 Tf <000100020003> Tj ET";
    let gzip = sirocco::compress(
        sirocco::Format::Gzip,
        sirocco::deflate::Level::DEFAULT,
        b"attached",
    );
    let sample = document(&[
        object(
            2,
            "<< /Type /Pages /Resources << /Font << /F1 20 0 R >> >> >>",
        ),
        page(3, "", 10),
        page(4, "/Resources 30 0 R", 11),
        object(30, "<< /Font 31 0 R >>"),
        object(31, "<< /F1 21 0 R >>"),
        stream(10, "", text),
        stream(11, "/Filter /FlateDecode", &zlib(text)),
        font(20, 22),
        font(21, 23),
        map(22, 'a'),
        map(23, 'x'),
        object(
            40,
            "<< /Type /Filespec /F (x) /UF (key.gz) /EF << /F 41 0 R >> >>",
        ),
        stream(41, "/Type /EmbeddedFile", &gzip),
    ]);
    let opened = open(&sample);
    assert_eq!(opened.text("object 10"), "abc\n");
    assert_eq!(opened.text("object 11"), "xyz\n");
    assert_eq!(opened.text("key.gz"), "attached");
    assert!(opened.shut.is_empty());
    damage_some(&sample);
}

#[test]
fn encrypted_documents_are_told() {
    let sample = document(&[
        stream(5, "/Filter /FlateDecode", b"\x93\x80 not zlib"),
        b"trailer << /Encrypt 9 0 R >>\n".to_vec(),
    ]);
    assert_eq!(open(&sample).shut, [(String::new(), Class::Encrypted)]);
    assert!(
        open(&document(&[object(1, "<< /EncryptMetadata true >>")]))
            .shut
            .is_empty()
    );
}

#[test]
fn text_about_documents_is_text() {
    for (head, expected) in [
        (&b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj"[..], true),
        (b"%PDF-1.7\n1 0 obj\n<<", true),
        (b"\xef\xbb\xbf%PDF-1.7\n1 0 obj\n<<", true),
        (b"HTTP/1.0 200 OK\r\n\r\n%PDF-1.7\n1 0 obj\n<<", true),
        (b"%PDF-1.7 is what documents begin with", false),
        (b"if head == \"%PDF-1.7\n1 0 obj\"", false),
        (b"%PDF-\n1 0 obj", false),
    ] {
        assert_eq!(begins(head), expected, "{}", head.escape_ascii());
    }
    damage_some(b"%PDF-1.4\n1 0 obj<</A(\\");
}
