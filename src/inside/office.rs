//! Office documents in XML: the parts of OOXML and OpenDocument files that hold text.
//!
//! A word may be split over many elements, because its parts were edited at different times. The
//! text is passed on as it reads: parts of a paragraph joined, each paragraph and each row of a
//! table in a line, its cells behind tabs. Behind it stand values of attributes, and comments.
//! Cells of a workbook may name a text of another part: [`Text::collect`] keeps their places for
//! [`super::workbook`].
//!
//! Sources: ECMA-376 (WordprocessingML, SpreadsheetML, PresentationML, DrawingML) and
//! OpenDocument 1.3, part 3; XML 1.0, chapters 2 to 4.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read};

use super::Members;
use super::input::{Input, hand_out};

/// What names the vocabulary of an office document.
const SPACES: [&[u8]; 4] = [
    b"http://schemas.openxmlformats.org/",
    b"http://schemas.microsoft.com/office/",
    b"http://purl.oclc.org/ooxml/",
    b"urn:oasis:names:tc:opendocument:xmlns:",
];

/// The outermost elements of parts that hold text.
const ROOTS: [&[u8]; 21] = [
    b"document",
    b"comments",
    b"hdr",
    b"ftr",
    b"footnotes",
    b"endnotes",
    b"glossaryDocument",
    b"sst",
    b"worksheet",
    b"ThreadedComments",
    b"sld",
    b"notes",
    b"sldMaster",
    b"sldLayout",
    b"cmLst",
    b"chartSpace",
    b"wsDr",
    b"userShapes",
    b"dataModel",
    b"document-content",
    b"document-styles",
];

/// The largest tag that is read, in bytes.
const TAG: usize = 16 << 20;

/// From here on, in bytes, values of attributes are written between lines of the text.
const BESIDE: usize = 64 << 10;

/// The most digits of a number in a cell.
const DIGITS: usize = 16;

/// The most values of attributes that are known to have been written.
const KNOWN: usize = 1 << 18;

/// Whether content begins as such a part does.
pub(super) fn begins(head: &[u8]) -> bool {
    root(head).is_some()
}

/// Returns the name of the outermost element, if content begins as such a part does.
pub(super) fn root(head: &[u8]) -> Option<&[u8]> {
    let mut rest = head
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(head)
        .trim_ascii_start();
    // Comments and instructions may stand in front.
    for _ in 0..8 {
        let end: &[u8] = match rest {
            [b'<', b'?', ..] => b"?>",
            [b'<', b'!', b'-', b'-', ..] => b"-->",
            _ => break,
        };
        let at = memchr::memmem::find(rest, end)?;
        rest = rest[at + end.len()..].trim_ascii_start();
    }
    let rest = rest.strip_prefix(b"<")?;
    let len = rest.iter().take_while(|b| is_name(**b)).count();
    let root = local(&rest[..len]);
    let has_space = || {
        let mut spaces = SPACES.iter();
        spaces.any(|space| memchr::memmem::find(rest, space).is_some())
    };
    (ROOTS.contains(&root) && has_space()).then_some(root)
}

/// # Errors
/// Fails as [`walk`](super::walk) does.
pub(super) fn walk(input: &mut Input<'_>, members: &mut dyn Members) -> io::Result<()> {
    members.member(b"", &mut Text::new(input))
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'_' | b'-' | b'.' | 0x80..)
}

/// Returns a name without the short name of its vocabulary.
fn local(name: &[u8]) -> &[u8] {
    match memchr::memrchr(b':', name) {
        Some(at) => &name[at + 1..],
        None => name,
    }
}

/// Places in the text of a part of a workbook, as numbers of bytes.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// Where cells stand that hold a text of another part, and the number of that text.
    pub(super) cells: Vec<(u32, u32)>,
    /// Where each text ends that cells may hold. An end of a line may stand in front of it.
    pub(super) ends: Vec<u32>,
    /// Where the values of attributes and the comments begin.
    pub(super) beside: usize,
}

impl Places {
    /// The memory that places and marks of their use take, in bytes.
    pub(super) fn size(&self) -> usize {
        self.cells.len() * 8 + self.ends.len() * 5
    }
}

/// The text of a part.
pub(super) struct Text<'i, 'a> {
    input: &'i mut Input<'a>,
    out: Vec<u8>,
    /// How much of `out` was returned.
    at: usize,
    /// Values of attributes, and comments.
    beside: Vec<u8>,
    known: HashSet<u64>,
    /// What stands in front of the next text.
    pending: Option<u8>,
    /// The current line has text.
    is_line: bool,
    /// The current cell holds the number of a text in another part.
    is_index: bool,
    is_skipped: bool,
    /// The text before stands directly in the element.
    is_direct: bool,
    is_raw: bool,
    ended: bool,
    /// The number in the current cell.
    index: Vec<u8>,
    /// The places in `out`, while all of it is kept.
    places: Option<Places>,
}

impl Read for Text<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.out.len() && !self.ended {
            self.out.clear();
            self.at = 0;
            self.step()?;
        }
        Ok(hand_out(&self.out, &mut self.at, buffer))
    }
}

impl<'i, 'a> Text<'i, 'a> {
    pub(super) fn new(input: &'i mut Input<'a>) -> Self {
        Self {
            input,
            out: Vec::new(),
            at: 0,
            beside: Vec::new(),
            known: HashSet::new(),
            pending: None,
            is_line: false,
            is_index: false,
            is_skipped: false,
            is_direct: false,
            is_raw: false,
            ended: false,
            index: Vec::new(),
            places: None,
        }
    }

    /// Reads the part to its end, and returns its text with the places in it. None if both take
    /// more than `most` bytes: then the text can be read from its beginning, with nothing where
    /// cells hold a text of another part. The error is what ended the part early.
    pub(super) fn collect(&mut self, most: usize) -> Option<(Vec<u8>, Places, io::Result<()>)> {
        self.places = Some(Places::default());
        let mut read = Ok(());
        while read.is_ok() && !self.ended {
            read = self.step();
            let places = self.places.as_ref().map_or(0, Places::size);
            if self.out.len() + self.beside.len() + places > most {
                self.places = None;
                return None;
            }
        }
        if read.is_err() {
            self.end();
        }
        let places = self.places.take().unwrap_or_default();
        Some((std::mem::take(&mut self.out), places, read))
    }
}

impl Text<'_, '_> {
    /// Reads the next tag or stretch of text.
    fn step(&mut self) -> io::Result<()> {
        if self.is_raw {
            return self.raw();
        }
        let next = self.input.peek(16)?;
        let Some(first) = next.first() else {
            self.end();
            return Ok(());
        };
        if *first != b'<'
            || !matches!(next.get(1), Some(b'/' | b'!' | b'?'))
                && !next.get(1).is_some_and(|b| is_name(*b))
        {
            return self.characters();
        }
        let (end, len): (&[u8], _) = match next {
            [_, b'!', b'-', b'-', ..] => (b"-->", 4),
            next if next.starts_with(b"<![CDATA[") => (b"]]>", 9),
            [_, b'?', ..] => (b"?>", 2),
            _ => (b">", 1),
        };
        let Some(tag) = self.until(end, len)? else {
            // It is no XML. All that is left is passed on as it is.
            self.is_raw = true;
            self.out.extend(self.pending.take());
            return Ok(());
        };
        let inner = tag.get(len..tag.len() - end.len()).unwrap_or_default();
        match (len, inner.first()) {
            (9, _) => self.write(inner),
            (1, Some(b'/')) => self.close(local(inner[1..].trim_ascii_end())),
            (1, Some(b'!')) | (2 | 4, _) => {
                if !inner.starts_with(b"xml ") {
                    self.beside(inner);
                }
            }
            _ => self.open(inner),
        }
        Ok(())
    }

    /// Takes what goes up to `end`, which lies behind the first `skip` bytes. Quotes hide the end
    /// of an ordinary tag. None if it has no end, or is
    /// larger than a tag may be.
    fn until(&mut self, end: &[u8], skip: usize) -> io::Result<Option<Vec<u8>>> {
        let mut want = 4096;
        loop {
            let next = self.input.peek(want)?;
            let found = match end {
                b">" => tag_end(next),
                end => next
                    .get(skip..)
                    .and_then(|next| memchr::memmem::find(next, end))
                    .map(|at| at + skip + end.len()),
            };
            if let Some(len) = found {
                let tag = next[..len].to_vec();
                self.input.take(len);
                return Ok(Some(tag));
            }
            if next.len() < want || want >= TAG {
                return Ok(None);
            }
            want = (next.len() + 1).max(want * 2).min(TAG);
        }
    }

    /// Takes what comes next as it is.
    fn raw(&mut self) -> io::Result<()> {
        let next = self.input.peek(1)?;
        let len = next.len();
        self.out.extend_from_slice(next);
        self.input.take(len);
        if len == 0 {
            self.is_line = true;
            self.end();
        }
        Ok(())
    }

    /// Ends the text.
    fn end(&mut self) {
        self.ended = true;
        if self.is_line {
            self.out.push(b'\n');
        }
        if let Some(places) = &mut self.places {
            places.beside = self.out.len();
        }
        self.out.append(&mut self.beside);
    }

    /// Takes text up to the next tag, or a part of it.
    fn characters(&mut self) -> io::Result<()> {
        let next = self.input.peek(4096)?;
        let mut len = match memchr::memchr(b'<', next.get(1..).unwrap_or_default()) {
            Some(at) => at + 1,
            None => next.len(),
        };
        // An entity is not split.
        if len == next.len() && len > 64 {
            let tail = &next[len - 32..];
            if let Some(at) = memchr::memrchr(b'&', tail) {
                len = len - 32 + at;
            } else {
                // Nor is a letter.
                while len > 1 && next[len - 1] >= 0x80 && next.len() - len < 4 {
                    len -= 1;
                }
            }
        }
        let text = unescaped(&next[..len]);
        self.input.take(len);
        // Blanks with ends of lines only lay the source out.
        if !text.iter().all(u8::is_ascii_whitespace) || !text.contains(&b'\n') {
            self.write(&text);
        }
        Ok(())
    }

    fn write(&mut self, text: &[u8]) {
        if self.is_skipped && self.index.len() + text.len() <= DIGITS {
            self.index.extend_from_slice(text);
        }
        if self.is_skipped || text.is_empty() {
            return;
        }
        self.separate();
        self.out.extend_from_slice(text);
        self.is_line = true;
        self.is_direct = true;
    }

    /// Writes what stands in front of the next text.
    fn separate(&mut self) {
        if let Some(pending) = self.pending.take()
            && self.is_line
        {
            self.out.push(pending);
            if pending == b'\n' {
                self.is_line = false;
                if self.beside.len() > BESIDE && self.places.is_none() {
                    self.out.append(&mut self.beside);
                }
            }
        }
    }

    /// Notes a cell that holds a text of another part.
    fn cell(&mut self) {
        let index = std::str::from_utf8(self.index.trim_ascii()).ok();
        let index = index.and_then(|index| index.parse().ok());
        self.index.clear();
        if let (Some(index), true) = (index, self.places.is_some()) {
            self.separate();
            self.is_line = true;
            let at = u32::try_from(self.out.len()).unwrap_or(u32::MAX);
            self.places.get_or_insert_default().cells.push((at, index));
        }
    }

    /// Notes the end of a text that cells may hold.
    fn end_of_string(&mut self) {
        let at = u32::try_from(self.out.len()).unwrap_or(u32::MAX);
        if let Some(places) = &mut self.places {
            places.ends.push(at);
        }
    }

    /// Reads the start of an element.
    fn open(&mut self, inner: &[u8]) {
        let len = inner.iter().take_while(|b| is_name(**b)).count();
        let (name, rest) = inner.split_at(len);
        let name = local(name);
        let is_empty = rest.ends_with(b"/");
        let mut count = 1;
        if name == b"c" {
            self.is_index = false;
        }
        let mut attributes = rest;
        while let Some((key, value, more)) = attribute(attributes) {
            attributes = more;
            match (name, local(key)) {
                (b"c", b"t") => self.is_index = value == b"s",
                (b"s", b"c") => {
                    let text = std::str::from_utf8(value).ok();
                    count = text.and_then(|text| text.parse().ok()).unwrap_or(1).min(64);
                }
                _ => {}
            }
            self.attribute(key, value);
        }
        match name {
            // One with attributes says where others lead to.
            b"tab" if rest.trim_ascii() == b"/" => self.write(b"\t"),
            b"br" | b"cr" | b"line-break" => self.write(b"\n"),
            b"noBreakHyphen" => self.write(b"-"),
            b"s" if is_empty => self.write(&[b' '; 64][..count]),
            b"v" => self.is_skipped = self.is_index && !is_empty,
            b"si" if is_empty => self.end_of_string(),
            _ => {}
        }
        if !is_empty {
            self.is_direct = false;
        }
    }

    /// Reads the end of an element.
    fn close(&mut self, name: &[u8]) {
        match name {
            b"v" if self.is_skipped => {
                self.is_skipped = false;
                self.cell();
            }
            b"si" => self.end_of_string(),
            _ => {}
        }
        match name {
            b"v" => {}
            b"p" | b"h" | b"si" | b"row" | b"tr" | b"table-row" | b"comment" => {
                self.pending = Some(b'\n');
            }
            b"c" | b"tc" | b"table-cell" | b"f" => self.pending = Some(b'\t'),
            b"r" | b"t" | b"delText" | b"instrText" | b"span" | b"a" | b"hyperlink" | b"fld" => {}
            // Other text stands for itself.
            _ if self.is_direct => self.pending = Some(b'\n'),
            _ => {}
        }
        self.is_direct = false;
    }

    /// Notes an attribute, once.
    fn attribute(&mut self, key: &[u8], value: &[u8]) {
        let is_number = |b: &u8| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b',' | b' ');
        let is_id = value.len() == 8 && value.iter().all(u8::is_ascii_hexdigit);
        if value.len() < 8 || is_id || value.iter().all(is_number) {
            return;
        }
        let mut hasher = DefaultHasher::new();
        (key, value).hash(&mut hasher);
        let hash = hasher.finish();
        if self.known.contains(&hash) {
            return;
        }
        if self.known.len() < KNOWN {
            self.known.insert(hash);
        }
        let value = unescaped(value);
        let quote = if value.contains(&b'"') { b'\'' } else { b'"' };
        self.beside.extend_from_slice(key);
        self.beside.extend_from_slice(&[b'=', quote]);
        self.beside.extend_from_slice(&value);
        self.beside.extend_from_slice(&[quote, b'\n']);
    }

    fn beside(&mut self, text: &[u8]) {
        self.beside.extend_from_slice(text.trim_ascii());
        self.beside.push(b'\n');
    }
}

/// Returns where a tag ends.
fn tag_end(bytes: &[u8]) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in bytes.iter().enumerate() {
        match (byte, quote) {
            (b'"' | b'\'', None) => quote = Some(*byte),
            (_, Some(open)) if open == *byte => quote = None,
            (b'>', None) => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// Splits the first attribute off: its name, its value as it is written, and what follows.
fn attribute(rest: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let rest = rest.trim_ascii_start();
    let equals = memchr::memchr(b'=', rest)?;
    let (key, value) = (
        rest[..equals].trim_ascii_end(),
        rest[equals + 1..].trim_ascii_start(),
    );
    let quote = value.first().filter(|b| matches!(b, b'"' | b'\''))?;
    let len = memchr::memchr(*quote, &value[1..])?;
    Some((key, &value[1..=len], &value[len + 2..]))
}

/// Returns text with its entities replaced.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'&', rest) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at..];
        let near = &rest[..rest.len().min(12)];
        let entity =
            memchr::memchr(b';', near).and_then(|end| Some((entity(&near[1..end])?, end + 1)));
        match entity {
            Some((char, len)) => {
                out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
                rest = &rest[len..];
            }
            None => {
                out.push(b'&');
                rest = &rest[1..];
            }
        }
    }
    out.extend_from_slice(rest);
    out
}

fn entity(name: &[u8]) -> Option<char> {
    let name = std::str::from_utf8(name).ok()?;
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let digits = name.strip_prefix('#')?;
            let code = match digits.strip_prefix('x') {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => digits.parse().ok()?,
            };
            char::from_u32(code).filter(|c| *c != '\0')
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::open;
    use super::super::whole::damage_some;
    use super::*;

    const WORD: &str = "<?xml version=\"1.0\"?>\n<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body>";

    fn text(part: &str) -> String {
        let opened = open(part.as_bytes());
        assert_eq!(opened.paths(), [""], "{part}");
        assert!(opened.shut.is_empty());
        opened.text("")
    }

    #[test]
    fn runs_of_a_paragraph_are_joined() {
        let part = format!(
            "{WORD}<w:p w:rsidR=\"00A77B3E\"><w:r><w:t>pass</w:t></w:r><w:proofErr w:type=\"spellEnd\"/>\n\
            <w:r><w:rPr><w:b/></w:rPr><w:t xml:space=\"preserve\">word =</w:t></w:r><w:r><w:t> </w:t></w:r>\
            <w:del><w:r><w:delText>a&amp;b&#x41;</w:delText></w:r></w:del></w:p>\n\
            <w:p><w:pPr><w:tabs><w:tab w:pos=\"720\"/></w:tabs></w:pPr><w:r><w:t>one</w:t><w:tab/><w:t>two</w:t><w:br/><w:t>three</w:t></w:r></w:p>\
            <w:tbl><w:tr><w:tc><w:p><w:r><w:t>key</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>value</w:t></w:r></w:p></w:tc></w:tr>\
            <w:tr><w:tc><w:p><w:r><w:t>next</w:t></w:r></w:p></w:tc></w:tr></w:tbl>\
            <!-- a note --><w:x a=\"https://a.b/?c&amp;d\"/><w:x a=\"https://a.b/?c&amp;d\"/></w:body></w:document>"
        );
        let text = text(&part);
        assert!(
            text.starts_with("password = a&bA\none\ttwo\nthree\nkey\tvalue\nnext\n"),
            "{text}"
        );
        assert!(text.contains("a note\na=\"https://a.b/?c&d\"\n"), "{text}");
        assert_eq!(text.matches("https://a.b").count(), 1);
        damage_some(part.as_bytes());
    }

    #[test]
    fn rows_of_sheets_and_other_documents_are_lines() {
        let space = "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"";
        let sheet = format!(
            "<worksheet {space}><sheetData><row r=\"1\"><c t=\"s\"><v>0</v></c><c><f>A1&amp;\"x\"</f><v>12</v></c>\
            <c t=\"inlineStr\"><is><r><t>in</t></r><r><t>line</t></r></is></c></row><row><c><v>7</v></c></row></sheetData></worksheet>"
        );
        assert!(
            text(&sheet).starts_with("A1&\"x\"\t12\tinline\n7\n"),
            "{}",
            text(&sheet)
        );
        let shared = format!(
            "<sst {space}><si><r><t>se</t></r><r><t>cret</t></r></si><si><t>b</t></si></sst>"
        );
        assert!(text(&shared).starts_with("secret\nb\n"));
        let slide = "<p:sld xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\"><a:p><a:r><a:t>a</a:t></a:r><a:r><a:t>b</a:t></a:r></a:p><a:p><a:fld><a:t>c</a:t></a:fld></a:p></p:sld>";
        assert!(text(slide).starts_with("ab\nc\n"));
        let open = "<office:document-content xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\"><text:p>pass<text:span text:style-name=\"T1\">word</text:span><text:s text:c=\"2\"/>x</text:p><table:table-row><table:table-cell><text:p>k</text:p></table:table-cell><table:table-cell><text:p>v</text:p></table:table-cell></table:table-row></office:document-content>";
        assert!(
            text(open).starts_with("password  x\nk\tv\n"),
            "{}",
            text(open)
        );
    }

    #[test]
    fn nothing_is_lost_where_the_source_is_wrong() {
        for wrong in [
            "a < b",
            "a <b",
            "<!-- no end",
            "<b c=\"no end",
            "a & b &no; &#xfffffff;",
            "<![CDATA[x",
        ] {
            let text = text(&format!("{WORD}{wrong}"));
            assert!(text.contains(wrong), "{wrong}: {text}");
        }
        let long = "y".repeat(9000) + "&amp;" + &"\u{e9}".repeat(70_000);
        assert!(text(&format!("{WORD}{long}")).contains(&long.replace("&amp;", "&")));
    }

    #[test]
    fn other_xml_is_text() {
        for (head, expected) in [
            (
                "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">",
                false,
            ),
            ("<document xmlns=\"http://example.com/\">", false),
            (
                "a <w:document xmlns:w=\"http://schemas.openxmlformats.org/\">",
                false,
            ),
            (
                "<!-- x --><w:document xmlns:w=\"http://schemas.openxmlformats.org/\">",
                true,
            ),
            (WORD, true),
        ] {
            assert_eq!(begins(head.as_bytes()), expected, "{head}");
        }
    }
}
