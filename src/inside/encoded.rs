//! JSON that holds other content encoded as base64: notebooks of Jupyter, with images, and HTTP
//! archives (HAR), with the bodies of responses.
//!
//! Images and bodies are members. All else is passed on as it stands, so that findings have the
//! lines of the file: the text of cells and of other bodies reads well enough as JSON.
//!
//! Sources: the documentation of nbformat, "The Notebook file format"; "HTTP Archive (HAR) format",
//! W3C, `content`.

use std::io::{self, Read};

use super::Members;
use super::input::Input;

/// The most bytes of a key with its colon, and of what stands beside a body in its object.
const NEAR: usize = 512;
/// Bytes that are looked at to find a key, and the URL in front of a body.
const LOOK: usize = 64 << 10;
/// The longest content that is decoded, in bytes as it is encoded. A longer one is passed on as it
/// stands.
const LONGEST: usize = 16 << 20;
/// An image is at least that long, in bytes as it is encoded.
const IMAGE: usize = 256;
/// The longest name of a body in bytes.
const NAME: usize = 200;

/// Which JSON content is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Notebook,
    Archive,
}

impl Kind {
    /// Returns what begins with `head`. Keys may stand in any order in a notebook.
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        let inner = head
            .trim_ascii_start()
            .strip_prefix(b"{")?
            .trim_ascii_start();
        if !inner.starts_with(b"\"") {
            return None;
        }
        let has = |key: &[u8]| memchr::memmem::find(inner, key).is_some();
        if inner.starts_with(b"\"log\"") && (has(b"\"creator\"") || has(b"\"entries\"")) {
            return Some(Kind::Archive);
        }
        let is_notebook =
            has(b"\"nbformat\"") || inner.starts_with(b"\"cells\"") && has(b"\"cell_type\"");
        is_notebook.then_some(Kind::Notebook)
    }

    /// Whether a string of `all` may be a member, by the keys that stand anywhere.
    pub(super) fn may_hold(self, all: &[u8]) -> bool {
        let keys: &[&[u8]] = match self {
            Kind::Notebook => &[b"\"image/", b"\"application/pdf\"", b"\"png\"", b"\"jpeg\""],
            Kind::Archive => &[b"\"text\""],
        };
        keys.iter()
            .any(|key| memchr::memmem::find(all, key).is_some())
    }

    /// Whether the string behind a key may be encoded.
    fn is_key(self, key: &[u8]) -> bool {
        match self {
            Kind::Notebook => {
                // The last two are those of nbformat 3.
                key.starts_with(b"image/") || matches!(key, b"application/pdf" | b"png" | b"jpeg")
            }
            Kind::Archive => key == b"text",
        }
    }
}

/// # Errors
/// Fails as [`walk`](super::walk) does.
pub(super) fn walk(kind: Kind, input: &mut Input<'_>, members: &mut dyn Members) -> io::Result<()> {
    let mut text = Text {
        kind,
        input,
        members,
        last: Vec::new(),
        url: Vec::new(),
        count: 0,
    };
    while text.step()? {}
    Ok(())
}

struct Text<'w, 'a> {
    kind: Kind,
    input: &'w mut Input<'a>,
    members: &'w mut dyn Members,
    /// The last bytes that were passed on.
    last: Vec<u8>,
    /// The URL that stood last.
    url: Vec<u8>,
    /// How many members there were.
    count: u32,
}

impl Text<'_, '_> {
    /// Passes on text up to a string that may be encoded, and that string. Returns whether there is
    /// more.
    fn step(&mut self) -> io::Result<bool> {
        let next = self.input.peek(LOOK)?;
        // All of a key is seen, unless the content ends.
        let most = match next.len() < LOOK {
            true => next.len(),
            false => next.len() - NEAR,
        };
        let mut is_escaped = self.last.last() == Some(&b'\\');
        let mut value = None;
        for at in memchr::memchr_iter(b'"', &next[..most]) {
            if at > 0 {
                is_escaped = next[at - 1] == b'\\';
            }
            let Some((key, start)) = (!is_escaped).then(|| key(&next[at..])).flatten() else {
                continue;
            };
            if self.kind.is_key(key) {
                value = Some(at + start);
                break;
            }
            if key == b"url" {
                let url = &next[at + start..];
                let url = &url[..url.len().min(NAME)];
                self.url = url[..memchr::memchr(b'"', url).unwrap_or(url.len())].to_vec();
            }
        }
        let len = value.unwrap_or(most);
        self.pass(len);
        if value.is_some() {
            self.value()?;
        }
        Ok(len > 0)
    }

    /// Passes on text that was looked at.
    fn pass(&mut self, len: usize) {
        // It was looked at, so this cannot fail.
        let next = self.input.peek(0).unwrap_or_default();
        let next = &next[..len.min(next.len())];
        if !next.is_empty() {
            self.members.rest(next);
        }
        self.last
            .extend_from_slice(&next[next.len().saturating_sub(NEAR)..]);
        self.last.drain(..self.last.len().saturating_sub(NEAR));
        let len = next.len();
        self.input.take(len);
    }

    /// Passes on the content that the next string encodes, if it does.
    fn value(&mut self) -> io::Result<()> {
        let Some(len) = self.encoded()? else {
            return Ok(());
        };
        if self.kind == Kind::Archive && !self.is_told(len)? {
            return Ok(());
        }
        self.count = self.count.saturating_add(1);
        let name = self.name();
        let next = self.input.peek(len)?;
        let mut content = Decoded::new(next.get(..len).unwrap_or_default());
        self.members.member(&name, &mut content)?;
        self.input.take(len);
        Ok(())
    }

    /// Returns the length of the next string, which began, if all of it is base64.
    fn encoded(&mut self) -> io::Result<Option<usize>> {
        let least = match self.kind {
            Kind::Notebook => IMAGE,
            Kind::Archive => 1,
        };
        let (mut at, mut want) = (0, 4096);
        loop {
            let next = self.input.peek(want)?;
            loop {
                at += plain(&next[at..]);
                let Some((letter, len)) = letter(&next[at..]) else {
                    break;
                };
                match letter {
                    Letter::End => return Ok((at >= least).then_some(at)),
                    Letter::Other => return Ok(None),
                    Letter::Code(_) | Letter::Blank => at += len,
                }
            }
            if next.len() < want || want >= LONGEST {
                return Ok(None);
            }
            want = (next.len() + 1).max(want * 2).min(LONGEST);
        }
    }

    /// Whether a value beside the next string, which has `len` bytes, says that it is base64.
    fn is_told(&mut self, len: usize) -> io::Result<bool> {
        let tells = |bytes: &[u8]| {
            const KEY: &[u8] = b"\"encoding\"";
            memchr::memmem::find_iter(bytes, KEY).any(|at| {
                let value = bytes[at + KEY.len()..].trim_ascii_start();
                let value = value.strip_prefix(b":").unwrap_or_default();
                value.trim_ascii_start().starts_with(b"\"base64\"")
            })
        };
        let from = memchr::memrchr(b'{', &self.last).unwrap_or(0);
        if tells(&self.last[from..]) {
            return Ok(true);
        }
        let next = self.input.peek(len + NEAR)?;
        let behind = next.get(len..).unwrap_or_default();
        let behind = &behind[..behind.len().min(NEAR)];
        let end = memchr::memchr(b'}', behind).unwrap_or(behind.len());
        Ok(tells(&behind[..end]))
    }

    /// Returns the name of the next member: its number, or where it comes from, without what a
    /// query says.
    fn name(&self) -> Vec<u8> {
        let numbered = |what: &str| format!("{what} {}", self.count).into_bytes();
        if self.kind == Kind::Notebook {
            return numbered("image");
        }
        let url = match memchr::memmem::find(&self.url, b"://") {
            Some(at) => &self.url[at + 3..],
            None => &self.url,
        };
        let end = url.iter().position(|b| matches!(b, b'?' | b'#' | b'\\'));
        let url = &url[..end.unwrap_or(url.len())];
        // A name with a password may stand in front of the host.
        let host = memchr::memchr(b'/', url).unwrap_or(url.len());
        let from = memchr::memrchr(b'@', &url[..host]).map_or(0, |at| at + 1);
        match url[from..].trim_ascii() {
            b"" => numbered("body"),
            url => url.to_vec(),
        }
    }
}

/// Returns the key that stands at a quote, and where the string behind it begins.
fn key(bytes: &[u8]) -> Option<(&[u8], usize)> {
    let inner = &bytes[1..bytes.len().min(NEAR)];
    let len = inner
        .iter()
        .take(64)
        .position(|b| matches!(b, b'"' | b'\\'))?;
    let behind = inner[len..].strip_prefix(b"\"")?.trim_ascii_start();
    let value = behind.strip_prefix(b":")?.trim_ascii_start();
    let value = value.strip_prefix(b"\"")?;
    Some((&inner[..len], 1 + inner.len() - value.len()))
}

/// What stands for six bits, by its byte; [`NONE`] for all else.
const CODES: [u8; 256] = {
    let mut codes = [NONE; 256];
    let mut code = 0;
    while code < 26 {
        codes[(b'A' + code) as usize] = code;
        codes[(b'a' + code) as usize] = code + 26;
        if code < 10 {
            codes[(b'0' + code) as usize] = code + 52;
        }
        code += 1;
    }
    codes[b'+' as usize] = 62;
    codes[b'-' as usize] = 62;
    codes[b'/' as usize] = 63;
    codes[b'_' as usize] = 63;
    codes
};
const NONE: u8 = 64;

/// Returns how many bytes stand for six bits each, up to the first that does not.
fn plain(bytes: &[u8]) -> usize {
    let end = bytes.iter().position(|b| CODES[usize::from(*b)] == NONE);
    end.unwrap_or(bytes.len())
}

/// A letter of a string that may be base64.
#[derive(Clone, Copy)]
enum Letter {
    Code(u8),
    /// It fills a line up, or ends it.
    Blank,
    End,
    Other,
}

/// Returns the next letter, and how many bytes it takes. None: more bytes say.
fn letter(bytes: &[u8]) -> Option<(Letter, usize)> {
    let code = |byte: u8| match (CODES[usize::from(byte)], byte) {
        (NONE, b'=') => Letter::Blank,
        (NONE, b'"') => Letter::End,
        (NONE, _) => Letter::Other,
        (code, _) => Letter::Code(code),
    };
    Some(match *bytes {
        [b'\\', b'n' | b'r', ..] => (Letter::Blank, 2),
        [b'\\', b'/', ..] => (Letter::Code(63), 2),
        [b'\\', b'u', b'0', b'0', high, low, ..] => {
            let digit = |digit: u8| char::from(digit).to_digit(16).unwrap_or(16);
            // Some writers escape signs.
            match (digit(high) << 4) | digit(low) {
                0x2b => (code(b'+'), 6),
                0x2f => (code(b'/'), 6),
                0x3d => (code(b'='), 6),
                _ => (Letter::Other, 6),
            }
        }
        [b'\\', ..] if bytes.len() < 6 => return None,
        [byte, ..] => (code(byte), 1),
        [] => return None,
    })
}

/// What a string encodes.
struct Decoded<'b> {
    rest: &'b [u8],
    bits: u32,
    count: u32,
}

impl<'b> Decoded<'b> {
    fn new(rest: &'b [u8]) -> Self {
        let (bits, count) = (0, 0);
        Self { rest, bits, count }
    }

    /// Decodes groups of four letters, of which nearly all of it is made. Returns how many bytes
    /// that are.
    fn groups(&mut self, room: &mut [u8]) -> usize {
        let mut count = 0;
        let groups = self.rest.chunks_exact(4).zip(room.chunks_exact_mut(3));
        for (group, three) in groups {
            // A letter that is none sets a bit beyond its six.
            let bits = group.iter().fold(0, |bits, byte| {
                bits << 7 | u32::from(CODES[usize::from(*byte)])
            });
            if bits & 0x0810_2040 != 0 {
                break;
            }
            let [a, b, c, d] = [21, 14, 7, 0].map(|shift| bits >> shift & 63);
            let [_, bytes @ ..] = (a << 18 | b << 12 | c << 6 | d).to_be_bytes();
            three.copy_from_slice(&bytes);
            count += 1;
        }
        self.rest = &self.rest[4 * count..];
        3 * count
    }

    fn next(&mut self) -> Option<u8> {
        while let Some((letter, len)) = letter(self.rest) {
            self.rest = self.rest.get(len..).unwrap_or_default();
            let Letter::Code(code) = letter else {
                continue;
            };
            self.bits = self.bits << 6 | u32::from(code);
            self.count += 6;
            if self.count >= 8 {
                self.count -= 8;
                return Some((self.bits >> self.count) as u8);
            }
        }
        None
    }
}

impl Read for Decoded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut len = 0;
        let mut is_tried = false;
        while let Some(room @ [_, ..]) = buffer.get_mut(len..) {
            if self.count == 0 && !is_tried {
                is_tried = true;
                len += self.groups(room);
            } else if let Some(byte) = self.next() {
                room[0] = byte;
                len += 1;
                is_tried = false;
            } else {
                break;
            }
        }
        Ok(len)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{damage, open};
    use super::super::{Class, Format};
    use super::*;

    /// Encodes content; `slash` and `plus` stand for the last two digits.
    fn base64(content: &[u8], plus: &str, slash: &str) -> String {
        let mut out = String::new();
        for chunk in content.chunks(3) {
            let three = [0, 1, 2].map(|at| u32::from(chunk.get(at).copied().unwrap_or(0)));
            let bits = three[0] << 16 | three[1] << 8 | three[2];
            for at in 0..4 {
                let digit = (bits >> (18 - 6 * at)) as u8 & 63;
                match digit {
                    _ if at > chunk.len() => out.push('='),
                    0..26 => out.push((b'A' + digit).into()),
                    26..52 => out.push((b'a' + digit - 26).into()),
                    52..62 => out.push((b'0' + digit - 52).into()),
                    62 => out.push_str(plus),
                    _ => out.push_str(slash),
                }
            }
        }
        out
    }

    fn image() -> Vec<u8> {
        (0..1000_u32).map(|n| (n * n % 251) as u8).collect()
    }

    #[test]
    fn images_of_a_notebook_are_members_and_all_else_is_as_it_stands() {
        let image = image();
        let mut encoded = base64(&image, "+", "\\/");
        encoded.insert_str(76, "\\n");
        let beside = [
            "\"image/svg+xml\": [\n\"<svg>\"]",
            "\"image/gif\": \"c2hvcnQ=\"",
        ];
        for (key, code) in [
            ("image/png", &encoded),
            ("jpeg", &(encoded.clone() + "\\n")),
        ] {
            let notebook = |code: &str| {
                format!(
                    "\n{{\n \"cells\": [\n {{\"cell_type\": \"code\", \"outputs\": [{{\"data\":\n{{\"{key}\" : \
                     \"{code}\", {}, {}}}}}], \"source\": [\"a = \\\"image/png\\\": \\\"\\n\"]}}],\n \
                     \"nbformat\": 4}}\n",
                    beside[0], beside[1]
                )
            };
            let file = notebook(code);
            let format = Some(Format::Encoded(Kind::Notebook));
            assert_eq!(Format::of(file.as_bytes()), format);
            let opened = open(file.as_bytes());
            assert_eq!(opened.members, [("image 1".to_owned(), image.clone())]);
            assert_eq!(String::from_utf8_lossy(&opened.rest), notebook(""));
            assert_eq!(opened.shut, []);
            damage(file.as_bytes());
        }
    }

    #[test]
    fn bodies_of_an_archive_are_members() {
        let body = b"what the response says".as_slice();
        let code = base64(body, "\\u002B", "/");
        let archive = |first: &str, second: &str, third: &str| {
            format!(
                "{{\"log\": {{\"version\": \"1.2\", \"creator\": {{}}, \"entries\": [\n\
                 {{\"request\": {{\"url\": \"https://me:pass@a.example/b/c.js?token=1\", \
                 \"postData\": {{\"text\": \"{code}\"}}}}, \"response\": {{\"content\": \
                 {{\"size\": 1, \"text\": \"{first}\", \"encoding\" : \"base64\"}}}}}},\n\
                 {{\"response\": {{\"content\": {{\"encoding\":\"base64\",\"mimeType\": \"a/b\", \
                 \"text\":\"{second}\"}}}}}},\n\
                 {{\"content\": {{\"text\": \"{third}\", \"size\": 1}}}},\n\
                 {{\"content\": {{\"encoding\": \"base64\", \"text\": \"no base64\"}}}}]}}}}"
            )
        };
        let file = archive(&code, &code, &code);
        assert_eq!(
            Format::of(file.as_bytes()),
            Some(Format::Encoded(Kind::Archive))
        );
        let opened = open(file.as_bytes());
        let name = "a.example/b/c.js".to_owned();
        let members = [(name.clone(), body.to_vec()), (name, body.to_vec())];
        assert_eq!(opened.members, members);
        assert_eq!(opened.rest, archive("", "", &code).as_bytes());
        damage(file.as_bytes());
    }

    #[test]
    fn long_and_cut_content_stands_as_it_is() {
        let long = "A".repeat(LONGEST);
        let start = "{\"cells\": [{\"cell_type\": \"code\", \"image/png\": \"";
        let file = format!("{start}{long}\"}}");
        assert_eq!(open(file.as_bytes()).rest, file.as_bytes());
        // A key lies at any place of what is looked at.
        let image = base64(&image(), "+", "/");
        for fill in LOOK - 2 * NEAR - 100..LOOK - NEAR + 100 {
            if fill % 37 != 0 {
                continue;
            }
            let fill = " ".repeat(fill);
            let file = format!("{start}\",{fill}\"image/png\":\"{image}\"");
            let opened = open(file.as_bytes());
            assert_eq!(opened.paths(), ["image 1"]);
            let cut = open(&file.as_bytes()[..file.len() - 1]);
            assert_eq!((cut.rest.len(), cut.shut), (file.len() - 1, vec![]));
        }
        let mut stream = b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x01\xff\xff\0\0".to_vec();
        stream.extend(format!("{start}{image}").as_bytes());
        let cut = open(&stream);
        assert!(cut.has(&image));
        assert_eq!(cut.shut, [(String::new(), Class::Damaged)]);
    }

    #[test]
    fn other_json_is_none() {
        for text in [
            "{}",
            "{\"a\": \"nbformat\"}",
            "{\"log\": \"level\"}",
            "[{\"cells\": 1}]",
            "{\"cells\": [1, 2]}",
            "{cells: \"cell_type\"}",
            "",
        ] {
            let is_notebook = text.contains("\"nbformat\"");
            assert_eq!(Kind::of(text.as_bytes()).is_some(), is_notebook, "{text}");
        }
    }
}
