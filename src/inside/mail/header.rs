//! Header fields: what they tell of a part, and the encoded words in them.

use super::body::{Base64, Encoding, quoted_text};

/// Splits a line of a header at its colon. None: it is no such line.
pub(super) fn split(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().take(128).position(|b| *b == b':')?;
    let (name, value) = (&line[..colon], &line[colon + 1..]);
    let is_name = !name.is_empty() && name.iter().all(|b| b.is_ascii_graphic());
    is_name.then_some((name, value))
}

/// What the headers of a part tell.
#[derive(Default)]
pub(super) struct Fields {
    kind: Vec<u8>,
    disposition: Vec<u8>,
    encoding: Option<Encoding>,
    /// Whether an empty line ends the headers.
    pub(super) has_end: bool,
}

impl Fields {
    /// Notes a field.
    pub(super) fn add(&mut self, field: &[u8]) {
        let Some((name, value)) = split(field) else {
            return;
        };
        if name.eq_ignore_ascii_case(b"content-type") {
            self.kind = value.to_vec();
        } else if name.eq_ignore_ascii_case(b"content-disposition") {
            self.disposition = value.to_vec();
        } else if name.eq_ignore_ascii_case(b"content-transfer-encoding") {
            self.encoding = Encoding::of(value);
        }
    }

    /// Returns the type of the content in small letters.
    pub(super) fn kind(&self) -> Vec<u8> {
        let end = self
            .kind
            .iter()
            .position(|b| *b == b';')
            .unwrap_or(self.kind.len());
        self.kind[..end].trim_ascii().to_ascii_lowercase()
    }

    pub(super) fn encoding(&self) -> Option<Encoding> {
        self.encoding
    }

    /// Returns the line between the parts of a multipart.
    pub(super) fn boundary(&self) -> Option<Vec<u8>> {
        let is_multipart = self.kind().starts_with(b"multipart/");
        let boundary = is_multipart.then(|| parameter(&self.kind, b"boundary"))??;
        (!boundary.is_empty()).then_some(boundary)
    }

    /// Returns the name of the file that a part was.
    pub(super) fn name(&self) -> Option<Vec<u8>> {
        let name = parameter(&self.disposition, b"filename");
        let name = name.or_else(|| parameter(&self.kind, b"name"))?;
        let name = decoded(&name);
        (!name.is_empty()).then_some(name)
    }
}

/// Returns the value of a parameter behind a value: `; name=value` or `; name="value"`.
fn parameter(value: &[u8], name: &[u8]) -> Option<Vec<u8>> {
    let mut rest = &value[value.iter().position(|b| *b == b';')? + 1..];
    loop {
        rest = rest.trim_ascii_start();
        let end = rest.iter().position(|b| matches!(b, b'=' | b';'))?;
        let key = rest[..end].trim_ascii();
        let is_set = rest[end] == b'=';
        rest = &rest[end + 1..];
        if !is_set {
            continue;
        }
        rest = rest.trim_ascii_start();
        let mut found = Vec::new();
        if let Some(quoted) = rest.strip_prefix(b"\"") {
            let mut bytes = quoted.iter().enumerate();
            let mut end = quoted.len();
            while let Some((at, byte)) = bytes.next() {
                match byte {
                    b'"' => {
                        end = at + 1;
                        break;
                    }
                    b'\\' => found.extend(bytes.next().map(|(_, byte)| *byte)),
                    b'\r' | b'\n' => {}
                    byte => found.push(*byte),
                }
            }
            rest = &quoted[end..];
        } else {
            let end = rest.iter().position(|b| *b == b';').unwrap_or(rest.len());
            found.extend_from_slice(rest[..end].trim_ascii());
            rest = &rest[end..];
        }
        if key.eq_ignore_ascii_case(name) {
            return Some(found);
        }
        // RFC 2231: `name*=charset'language'value`, in pieces `name*0*=` if it is long. The first
        // piece is name enough.
        let star = key
            .get(name.len()..)
            .is_some_and(|star| star.starts_with(b"*"));
        if star && key[..name.len()].eq_ignore_ascii_case(name) {
            return Some(match key.ends_with(b"*") {
                true => percent(found.splitn(3, |b| *b == b'\'').last().unwrap_or_default()),
                false => found,
            });
        }
        match rest.iter().position(|b| *b == b';') {
            Some(at) => rest = &rest[at + 1..],
            None => return None,
        }
    }
}

/// Decodes bytes that stand as `%41`.
fn percent(text: &[u8]) -> Vec<u8> {
    // The same as quoted-printable, with another mark.
    let swap = |b: &u8| match b {
        b'%' => b'=',
        b'=' => b'%',
        b => *b,
    };
    let text: Vec<u8> = text.iter().map(swap).collect();
    let mut out = Vec::new();
    quoted_text(&text, &mut out);
    out
}

/// Returns a field with its encoded words decoded (`=?utf-8?B?…?=`). It has as many lines.
pub(super) fn decoded(field: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(field.len());
    let mut rest = field;
    let mut lines = 0;
    let mut is_behind_word = false;
    while let Some(at) = memchr::memmem::find(rest, b"=?") {
        let Some((text, len)) = word(&rest[at..]) else {
            push(&mut out, &rest[..at + 2], &mut lines);
            rest = &rest[at + 2..];
            is_behind_word = false;
            continue;
        };
        // Space between two words belongs to neither.
        let between = &rest[..at];
        if is_behind_word && between.trim_ascii().is_empty() {
            lines += between.iter().filter(|b| **b == b'\n').count();
        } else {
            push(&mut out, between, &mut lines);
        }
        let is_line = |b: u8| matches!(b, b'\n' | b'\r');
        out.extend(text.into_iter().map(|b| if is_line(b) { b' ' } else { b }));
        rest = &rest[at + len..];
        is_behind_word = true;
    }
    push(&mut out, rest, &mut lines);
    out
}

/// Appends text, and the ends of lines that were left out before.
fn push(out: &mut Vec<u8>, text: &[u8], lines: &mut usize) {
    let end = text
        .iter()
        .position(|b| *b == b'\n')
        .map_or(text.len(), |end| end + 1);
    out.extend_from_slice(&text[..end]);
    if text[..end].ends_with(b"\n") {
        out.resize(out.len() + *lines, b'\n');
        *lines = 0;
    }
    out.extend_from_slice(&text[end..]);
}

/// Returns what an encoded word at the beginning of `text` holds, and its length in bytes.
fn word(text: &[u8]) -> Option<(Vec<u8>, usize)> {
    let mut pieces = text.strip_prefix(b"=?")?.splitn(3, |b| *b == b'?');
    let (charset, encoding, content) = (pieces.next()?, pieces.next()?, pieces.next()?);
    let end = content.iter().position(|b| matches!(b, b'?' | b'\n'))?;
    content.get(end..)?.strip_prefix(b"?=")?;
    if charset.len() > 64 || charset.contains(&b'\n') {
        return None;
    }
    let content = &content[..end];
    let mut out = Vec::new();
    match encoding {
        b"B" | b"b" => Base64::default().digits(content, &mut out),
        b"Q" | b"q" => {
            let text: Vec<u8> = content
                .iter()
                .map(|b| if *b == b'_' { b' ' } else { *b })
                .collect();
            quoted_text(&text, &mut out);
        }
        _ => return None,
    }
    Some((out, 2 + charset.len() + 1 + encoding.len() + 1 + end + 2))
}
