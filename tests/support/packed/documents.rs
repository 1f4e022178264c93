//! Documents, databases and compiled code for tests. Each holds a text, and bytes that fill it up.

use super::archives::{Sizes, zip_of};
use super::streams::{deflate, zlib};

/// Lower-case hexadecimal digits.
fn hex(bytes: &[u8]) -> Vec<u8> {
    data_encoding::HEXLOWER.encode(bytes).into_bytes()
}

fn pdf_object(number: u32, dictionary: &str, content: &[u8]) -> Vec<u8> {
    let len = content.len();
    let head = format!("{number} 0 obj\n<< {dictionary} /Length {len} >>\nstream\n");
    [head.as_bytes(), content, b"\nendstream\nendobj\n"].concat()
}

fn pdf_of(objects: &[Vec<u8>], trailer: &str) -> Vec<u8> {
    let end = format!("trailer << /Root 1 0 R {trailer} >>\nstartxref\n0\n%%EOF\n");
    [
        b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
        &objects.concat()[..],
        end.as_bytes(),
    ]
    .concat()
}

/// A page that shows `text` in two pieces, and another stream.
pub(crate) fn pdf_page(text: &[u8], filler: &[u8]) -> Vec<u8> {
    let line = String::from_utf8_lossy(text).trim().replace('\n', " ");
    let (first, last) = line.split_at(line.len() - 9);
    let content = format!("BT /F1 12 Tf 72 700 Td [({first}) 10 ({last})] TJ ET");
    let page =
        b"3 0 obj\n<< /Type /Page /Parent 2 0 R /Resources << >> /Contents 4 0 R >>\nendobj\n"
            .to_vec();
    let flate = "/Filter /FlateDecode";
    let objects = [
        page,
        pdf_object(4, flate, &zlib(content.as_bytes())),
        pdf_object(5, flate, &zlib(filler)),
    ];
    pdf_of(&objects, "")
}

/// A file that is attached.
pub(crate) fn pdf_file(text: &[u8], filler: &[u8]) -> Vec<u8> {
    let name = b"3 0 obj\n<< /Type /Filespec /UF (in.env) /EF << /F 4 0 R >> >>\nendobj\n";
    let objects = [
        name.to_vec(),
        pdf_object(
            4,
            "/Type /EmbeddedFile /Filter /ASCIIHexDecode",
            &[&hex(text)[..], b">"].concat(),
        ),
        pdf_object(5, "/Filter /FlateDecode", &zlib(filler)),
    ];
    pdf_of(&objects, "")
}

/// A string of an object in a stream of objects.
pub(crate) fn pdf_string(text: &[u8], filler: &[u8]) -> Vec<u8> {
    let line = String::from_utf8_lossy(text).trim().to_owned();
    let objects = format!("11 0 << /V ({line}) >>");
    let dictionary = "/Type /ObjStm /N 1 /First 5 /Filter /FlateDecode";
    let objects = [
        pdf_object(4, dictionary, &zlib(objects.as_bytes())),
        pdf_object(5, "/Filter /FlateDecode", &zlib(filler)),
    ];
    pdf_of(&objects, "")
}

/// Bytes that stand for an encrypted text.
pub(crate) fn cipher(text: &[u8], len: usize) -> Vec<u8> {
    let mix = |byte: &u8| byte.wrapping_mul(7) | 0x80;
    text.iter().map(mix).cycle().take(len).collect()
}

/// A document that is encrypted.
pub(crate) fn pdf_locked(text: &[u8]) -> Vec<u8> {
    let stream = pdf_object(5, "/Filter /FlateDecode", &cipher(text, 60));
    pdf_of(&[stream], "/Encrypt 9 0 R")
}

/// A document of Word, a sheet of Excel, a slide of PowerPoint or a text of ODF: the text in two
/// pieces, and a picture.
pub(crate) fn office(part: &str, text: &[u8], filler: &[u8]) -> Vec<u8> {
    let line = String::from_utf8_lossy(text).trim().replace('\n', " ");
    let (first, last) = line.split_at(line.len() - 9);
    let space = "http://schemas.openxmlformats.org";
    let content = match part {
        "word/document.xml" => format!(
            "<w:document xmlns:w=\"{space}/wordprocessingml/2006/main\"><w:p><w:r><w:t>{first}\
             </w:t></w:r><w:r><w:t>{last}</w:t></w:r></w:p></w:document>"
        ),
        "xl/worksheets/sheet1.xml" => format!(
            "<worksheet xmlns=\"{space}/spreadsheetml/2006/main\"><sheetData><row r=\"1\">\
             <c t=\"inlineStr\"><is><r><t>{first}</t></r><r><t>{last}</t></r></is></c></row>\
             </sheetData></worksheet>"
        ),
        "xl/sharedStrings.xml" => format!(
            "<sst xmlns=\"{space}/spreadsheetml/2006/main\"><si><r><t>{first}</t></r>\
             <r><t>{last}</t></r></si></sst>"
        ),
        "ppt/slides/slide1.xml" => format!(
            "<p:sld xmlns:a=\"{space}/drawingml/2006/main\"><a:p><a:r><a:t>{first}</a:t></a:r>\
             <a:r><a:t>{last}</a:t></a:r></a:p></p:sld>"
        ),
        _ => format!(
            "<office:document-content xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:\
             office:1.0\"><text:p>{first}<text:span>{last}</text:span></text:p>\
             </office:document-content>"
        ),
    };
    let files = [(part, content.as_bytes()), ("media/filler.png", filler)];
    zip_of(&files, 8, Sizes::Ahead, deflate)
}

/// RTF with the text in two pieces, and an object.
pub(crate) fn rtf(text: &[u8], filler: &[u8]) -> Vec<u8> {
    let line = String::from_utf8_lossy(text).trim().replace('\n', "\\par ");
    let (first, last) = line.split_at(line.len() - 9);
    let head = format!("{{\\rtf1\\ansi {first}{{\\b {last}}}\\par {{\\object{{\\*\\objdata ");
    [head.as_bytes(), &hex(filler), b"}}}"].concat()
}

const END: u32 = 0xffff_fffe;
const FREE: u32 = u32::MAX;

fn compound_entry(name: &str, kind: u8, child: u32, start: u32, size: u32) -> Vec<u8> {
    let mut entry: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    entry.resize(64, 0);
    entry.extend((2 * name.len() as u16 + 2).to_le_bytes());
    entry.extend([kind, 1]);
    entry.extend([FREE, FREE, child].map(u32::to_le_bytes).concat());
    entry.resize(116, 0);
    entry.extend([start, size].map(u32::to_le_bytes).concat());
    entry.resize(128, 0);
    entry
}

/// A compound file with one stream.
pub(crate) fn compound(name: &str, content: &[u8]) -> Vec<u8> {
    // Smaller streams are stored elsewhere.
    let mut content = content.to_vec();
    content.resize(content.len().max(4096), b' ');
    let size = content.len() as u32;
    content.resize(content.len().next_multiple_of(512), 0);
    let sectors = (content.len() / 512) as u32;
    assert!(sectors < 120, "one sector lists the others");
    let mut header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    header.resize(512, 0);
    header[24] = 0x3e;
    header[26] = 3;
    header[28..30].copy_from_slice(b"\xfe\xff");
    header[30] = 9;
    header[32] = 6;
    header[44] = 1;
    header[48..52].copy_from_slice(&1_u32.to_le_bytes());
    header[56..60].copy_from_slice(&4096_u32.to_le_bytes());
    header[60..64].copy_from_slice(&END.to_le_bytes());
    header[68..72].copy_from_slice(&END.to_le_bytes());
    header[76..512].fill(0xff);
    header[76..80].copy_from_slice(&0_u32.to_le_bytes());
    let next = [FREE - 2, END]
        .into_iter()
        .chain(3..2 + sectors)
        .chain([END]);
    let mut table: Vec<u8> = next.flat_map(u32::to_le_bytes).collect();
    table.resize(512, 0xff);
    let mut directory = [
        compound_entry("Root Entry", 5, 1, END, 0),
        compound_entry(name, 2, FREE, 2, size),
    ]
    .concat();
    directory.resize(512, 0);
    [header, table, directory, content].concat()
}

/// The source of a macro, packed as MS-OVBA says, without any copies.
pub(crate) fn macros(text: &[u8], filler: &[u8]) -> Vec<u8> {
    let text = [b"Attribute VB_Name = \"one\"\n", text].concat();
    let tokens: Vec<u8> = text
        .chunks(8)
        .flat_map(|eight| [&[0], eight].concat())
        .collect();
    let head = (tokens.len() as u16 - 1) | 0xb000;
    let packed = [&[1][..], &head.to_le_bytes(), &tokens].concat();
    // What is behind the source is not packed.
    compound("module", &[&[b' '; 100][..], &packed, filler].concat())
}

/// A mail with an attachment in base64, and bytes that fill it up.
pub(crate) fn mail(text: &[u8], filler: &[u8]) -> Vec<u8> {
    let part = |name: &str, content: &[u8]| {
        let body = data_encoding::BASE64_MIME.encode(content);
        format!(
            "--one\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; \
             filename=\"{name}\"\r\n\r\n{body}\r\n"
        )
    };
    let head = "From: a@example.com\r\nTo: b@example.com\r\nMIME-Version: 1.0\r\n\
                Content-Type: multipart/mixed; boundary=\"one\"\r\n\r\n";
    let parts = [part("in.env", text), part("filler", filler)].concat();
    [head, &parts, "--one--\r\n"].concat().into_bytes()
}

/// A mail whose text is quoted-printable.
pub(crate) fn quoted(text: &[u8], filler: &[u8]) -> Vec<u8> {
    let head = "From: a@example.com\nTo: b@example.com\nMIME-Version: 1.0\n\
                Content-Transfer-Encoding: quoted-printable\n\n";
    let quoted = |bytes: &[u8]| {
        let chars = bytes.iter().map(|byte| format!("={byte:02X}"));
        let chars: Vec<String> = chars.collect();
        chars
            .chunks(20)
            .map(|line| line.concat() + "=\n")
            .collect::<String>()
    };
    [head, &quoted(text), &quoted(filler), "\n"]
        .concat()
        .into_bytes()
}

/// Two mails in one file.
pub(crate) fn mbox(text: &[u8], filler: &[u8]) -> Vec<u8> {
    let message = |content: &[u8]| {
        let body = data_encoding::BASE64_MIME.encode(content);
        format!(
            "From a@example.com Thu Jan  1 00:00:00 1970\nFrom: a@example.com\nSubject: one\n\
             Content-Transfer-Encoding: base64\n\n{body}\n\n"
        )
    };
    [message(text), message(filler)].concat().into_bytes()
}

const PAGE: usize = 512;

fn varint(value: usize) -> Vec<u8> {
    match value {
        0..0x80 => vec![value as u8],
        0x80..0x4000 => vec![0x80 | (value >> 7) as u8, value as u8 & 0x7f],
        _ => vec![
            0x80 | (value >> 14) as u8,
            0x80 | (value >> 7) as u8,
            value as u8 & 0x7f,
        ],
    }
}

/// A record of texts.
fn record(values: &[&[u8]]) -> Vec<u8> {
    let types: Vec<u8> = values
        .iter()
        .flat_map(|v| varint(2 * v.len() + 13))
        .collect();
    [&[types.len() as u8 + 1], &types[..], &values.concat()].concat()
}

fn row(number: u8, record: &[u8]) -> Vec<u8> {
    [&varint(record.len()), &[number][..], record].concat()
}

/// The page of a tree, its cells at its end.
fn page(kind: u8, header: usize, cells: &[Vec<u8>]) -> Vec<u8> {
    let mut page = vec![0; PAGE];
    let mut at = PAGE;
    page[header] = kind;
    page[header + 4] = cells.len() as u8;
    let mut pointer = header + 8;
    for cell in cells {
        at -= cell.len();
        page[at..at + cell.len()].copy_from_slice(cell);
        page[pointer..pointer + 2].copy_from_slice(&(at as u16).to_be_bytes());
        pointer += 2;
    }
    page
}

/// Where the row of a database is.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Row {
    Table,
    Wide,
    Deleted,
    FreePage,
    Overflow,
    Log,
    Journal,
}

/// A database, its log or its journal, with a row, and pages that fill it up.
pub(crate) fn sqlite(place: Row, text: &[u8], filler: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(text).trim().to_owned();
    let wide = |text: &str| -> Vec<u8> {
        match place {
            Row::Wide => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            _ => text.as_bytes().to_vec(),
        }
    };
    let mut filler = filler.to_vec();
    filler.resize(filler.len().next_multiple_of(PAGE), 0);
    let line = row(1, &record(&[b"one", &wide(&text)]));
    let mut leaf = page(13, 0, std::slice::from_ref(&line));
    let framed = |head: &[u8], tail: &[u8]| {
        let pages = [page(13, 0, std::slice::from_ref(&line)), filler.clone()].concat();
        let pages = (2_u32..).zip(pages.chunks(PAGE));
        let pages = pages.map(|(at, page)| [&at.to_be_bytes()[..], head, page, tail].concat());
        pages.collect::<Vec<_>>().concat()
    };
    if place == Row::Log {
        let head = [0x377f_0682, 3_007_000, PAGE as u32, 0, 0, 0, 0, 0].map(u32::to_be_bytes);
        return [head.concat(), framed(&[0; 20], b"")].concat();
    }
    if place == Row::Journal {
        let count = 1 + (filler.len() / PAGE) as u32;
        let mut head = b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7".to_vec();
        head.extend(
            [count, 0, count, 512, PAGE as u32]
                .map(u32::to_be_bytes)
                .concat(),
        );
        head.resize(512, 0);
        return [head, framed(b"", &[0; 4])].concat();
    }
    let mut more = filler.clone();
    match place {
        Row::Deleted => {
            leaf[4] = 0;
            let at = PAGE - line.len();
            leaf[at..at + 4].copy_from_slice(&[0, 0, 0, line.len() as u8]);
        }
        Row::FreePage => leaf = [page(13, 0, &[]), leaf].concat(),
        Row::Overflow => {
            let long = [&b"0123456789".repeat(70)[..], b" ", text.as_bytes()].concat();
            let long = record(&[b"one", &long]);
            // A cell keeps 39 bytes, and those that fill no other page.
            let here = 39 + (long.len() - 39) % (PAGE - 4);
            let cell = [&varint(long.len()), &[1][..], &long[..here], &[0, 0, 0, 3]].concat();
            leaf = page(13, 0, &[cell]);
            for (at, part) in long[here..].chunks(PAGE - 4).enumerate() {
                let is_last = here + (at + 1) * (PAGE - 4) >= long.len();
                let next = if is_last { 0 } else { at as u32 + 4 };
                leaf.extend(next.to_be_bytes());
                leaf.extend(part);
                leaf.resize(leaf.len().next_multiple_of(PAGE), 0);
            }
        }
        _ => {}
    }
    more.splice(0..0, leaf);
    let texts = ["table", "t", "", "2", "create table t(a, b)"].map(wide);
    let mut schema = record(&texts.each_ref().map(|text| &text[..]));
    // The fourth value is the number of a page: one byte.
    let at = 6 + texts[..3].iter().map(Vec::len).sum::<usize>();
    schema[4] = 1;
    schema.splice(at..at + texts[3].len(), [2]).for_each(drop);
    let mut first = page(13, 100, &[row(1, &schema)]);
    first[..16].copy_from_slice(b"SQLite format 3\0");
    first[16..18].copy_from_slice(&(PAGE as u16).to_be_bytes());
    first[18..24].copy_from_slice(&[1, 1, 0, 64, 32, 32]);
    let pages = 1 + (more.len() / PAGE) as u32;
    first[28..32].copy_from_slice(&pages.to_be_bytes());
    first[59] = if place == Row::Wide { 2 } else { 1 };
    [first, more].concat()
}
