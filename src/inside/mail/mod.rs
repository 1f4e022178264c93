//! Mail: messages (`.eml`) and files of messages (mbox).
//!
//! Parts that are encoded as base64 or quoted-printable are members. All else is passed on as it
//! is, with an empty line for each line of a member, so that the numbers of lines stay right.
//!
//! Sources: RFC 5322 (messages), 2045 and 2046 (parts and their encodings), 2047 and 2231 (words in
//! headers), 4155 (mbox).

mod body;
mod header;

use std::io::{self, BufRead};

use super::Members;
use super::input::Input;
use super::trouble::Class;
use body::{Body, Encoding};
use header::Fields;

/// How many parts may lie inside each other.
const DEPTH: usize = 64;

/// The longest boundary in bytes. The RFC allows 70.
const BOUNDARY: usize = 256;

/// The longest header field that is interpreted, in bytes.
const FIELD: usize = 64 << 10;

/// Headers by which a message is known.
const KNOWN: &[&[u8]] = &[
    b"from",
    b"to",
    b"cc",
    b"subject",
    b"date",
    b"received",
    b"mime-version",
    b"message-id",
    b"return-path",
    b"delivered-to",
    b"reply-to",
    b"dkim-signature",
    b"content-type",
    b"content-transfer-encoding",
];

/// Whether content begins as a mail does: with a block of headers, two of which are those of
/// mails, or with one that tells an encoding or that there are parts.
pub(super) fn begins(head: &[u8]) -> bool {
    let (block, is_box) = match head.strip_prefix(b"From ") {
        Some(_) => match head.iter().position(|b| *b == b'\n') {
            Some(end) => (&head[end + 1..], true),
            None => return false,
        },
        None => (head, false),
    };
    if !block.first().is_some_and(u8::is_ascii_alphabetic) {
        return false;
    }
    let mut seen = 0_u32;
    let mut is_mime = false;
    let mut lines = block.split_inclusive(|b| *b == b'\n').peekable();
    let mut has_end = false;
    while let Some(line) = lines.next() {
        let is_cut = lines.peek().is_none() && !line.ends_with(b"\n");
        if line.trim_ascii().is_empty() {
            has_end = true;
            break;
        }
        if is_cut {
            // The rest of the line is not seen.
            has_end = head.len() >= super::input::HEAD;
            break;
        }
        if matches!(line, [b' ' | b'\t', ..]) {
            continue;
        }
        let Some((name, value)) = header::split(line) else {
            return false;
        };
        if let Some(at) = KNOWN
            .iter()
            .position(|known| name.eq_ignore_ascii_case(known))
        {
            seen |= 1 << at;
        }
        is_mime |= name.eq_ignore_ascii_case(b"content-transfer-encoding")
            && Encoding::of(value).is_some();
        let multipart = value.trim_ascii_start().get(..10).unwrap_or_default();
        is_mime |= name.eq_ignore_ascii_case(b"content-type")
            && multipart.eq_ignore_ascii_case(b"multipart/");
    }
    let count = seen.count_ones();
    has_end |= head.len() >= super::input::HEAD;
    has_end && (count >= 2 || (count == 1 && (is_box || is_mime)))
}

/// A line that ends a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Edge {
    /// Another part of the multipart at this depth begins.
    Part(usize),
    /// The multipart at this depth ends.
    Last(usize),
    /// Another message of a file begins.
    Message,
    /// There are no more lines.
    End,
}

/// What surrounds a part.
#[derive(Default)]
struct Around {
    boundaries: Vec<Boundary>,
    /// Whether the file has messages one behind the other.
    is_box: bool,
}

struct Boundary {
    text: Vec<u8>,
    /// Whether its parts are messages, if they do not say what they are.
    is_digest: bool,
}

impl Around {
    /// Returns what the next line ends. `is_behind_blank`: whether the line before was empty.
    fn edge(&self, input: &mut Input<'_>, is_behind_blank: bool) -> io::Result<Option<Edge>> {
        let next = input.peek(BOUNDARY + 16)?;
        if next.is_empty() {
            return Ok(Some(Edge::End));
        }
        if let Some(next) = next.strip_prefix(b"--") {
            for (depth, boundary) in self.boundaries.iter().enumerate().rev() {
                let Some(behind) = next.strip_prefix(&boundary.text[..]) else {
                    continue;
                };
                let end = behind
                    .iter()
                    .position(|b| *b == b'\n')
                    .unwrap_or(behind.len());
                match behind[..end].trim_ascii() {
                    b"" => return Ok(Some(Edge::Part(depth))),
                    b"--" => return Ok(Some(Edge::Last(depth))),
                    _ => {}
                }
            }
        }
        if self.is_box && is_behind_blank && next.starts_with(b"From ") {
            // A line of the text may begin so. A header follows only on a real one.
            let next = input.peek(1024)?;
            let mut lines = next.split(|b| *b == b'\n');
            lines.next();
            if lines
                .next()
                .is_some_and(|line| header::split(line).is_some())
            {
                return Ok(Some(Edge::Message));
            }
        }
        Ok(None)
    }
}

/// Passes on the next line, or a long piece of it. Returns whether it is empty, and whether it ends.
fn line(input: &mut Input<'_>, members: &mut dyn Members) -> io::Result<(bool, bool)> {
    let next = input.fill_buf()?;
    let end = memchr::memchr(b'\n', next);
    let len = end.map_or(next.len(), |end| end + 1);
    members.rest(&next[..len]);
    let is_empty = next[..len].trim_ascii().is_empty();
    let is_end = end.is_some() || len == 0;
    input.take(len);
    Ok((is_empty, is_end))
}

/// Passes on a line to its end.
fn whole_line(input: &mut Input<'_>, members: &mut dyn Members) -> io::Result<bool> {
    let (mut is_empty, mut is_end) = line(input, members)?;
    while !is_end {
        let more;
        (more, is_end) = line(input, members)?;
        is_empty &= more;
    }
    Ok(is_empty)
}

/// Passes on lines up to an edge.
fn plain(
    input: &mut Input<'_>,
    around: &Around,
    mut is_behind_blank: bool,
    members: &mut dyn Members,
) -> io::Result<Edge> {
    loop {
        if let Some(edge) = around.edge(input, is_behind_blank)? {
            return Ok(edge);
        }
        is_behind_blank = whole_line(input, members)?;
    }
}

/// Reads a block of headers, and passes it on with its encoded words decoded.
fn headers(
    input: &mut Input<'_>,
    around: &Around,
    members: &mut dyn Members,
) -> io::Result<Fields> {
    let mut fields = Fields::default();
    loop {
        if around.edge(input, false)?.is_some() {
            return Ok(fields);
        }
        let next = input.peek(1024)?;
        let end = memchr::memchr(b'\n', next).unwrap_or(next.len());
        let first = &next[..end];
        if first.trim_ascii().is_empty() {
            whole_line(input, members)?;
            fields.has_end = true;
            return Ok(fields);
        }
        if header::split(first).is_none() && !matches!(first, [b' ' | b'\t', ..]) {
            return Ok(fields);
        }
        // A field goes on in lines that begin with a space.
        let mut field = Vec::new();
        loop {
            let next = input.fill_buf()?;
            let end = memchr::memchr(b'\n', next);
            let len = end.map_or(next.len(), |end| end + 1);
            field.extend_from_slice(&next[..len]);
            let is_end = end.is_some() || len == 0;
            input.take(len);
            if field.len() > FIELD {
                break;
            }
            if is_end {
                let next = input.peek(1024)?;
                let end = memchr::memchr(b'\n', next).unwrap_or(next.len());
                let goes_on = matches!(next, [b' ' | b'\t', ..]);
                if !goes_on || next[..end].trim_ascii().is_empty() {
                    break;
                }
            }
        }
        if field.len() > FIELD {
            members.rest(&field);
            if !field.ends_with(b"\n") {
                whole_line(input, members)?;
            }
            continue;
        }
        fields.add(&field);
        members.rest(&header::decoded(&field));
    }
}

/// # Errors
/// Fails as [`walk`](super::walk) does.
pub(super) fn walk(input: &mut Input<'_>, members: &mut dyn Members) -> io::Result<()> {
    let mut around = Around {
        is_box: input.peek(5)?.starts_with(b"From "),
        ..Around::default()
    };
    let (mut message, mut part) = (1_u64, 1_u64);
    if around.is_box {
        whole_line(input, members)?;
    }
    // Whether a part begins that is a message unless it says what it is.
    let mut is_digest = false;
    loop {
        let fields = headers(input, &around, members)?;
        let kind = fields.kind();
        let encoding = fields.encoding();
        let is_message = kind == b"message/rfc822" || (kind.is_empty() && is_digest);
        is_digest = false;
        let edge = if let Some(text) = fields.boundary() {
            if around.boundaries.len() < DEPTH && text.len() <= BOUNDARY {
                around.boundaries.push(Boundary {
                    text,
                    is_digest: kind == b"multipart/digest",
                });
            } else {
                members.shut(&name(&fields, &around, message, part), Class::Limit, 0);
            }
            plain(input, &around, fields.has_end, members)?
        } else if is_message && encoding.is_none() && fields.has_end {
            continue;
        } else if let Some(encoding) = encoding {
            let mut body = Body::new(input, &around, encoding);
            members.member(&name(&fields, &around, message, part), &mut body)?;
            io::copy(&mut body, &mut io::sink())?;
            let lines = body.lines;
            newlines(lines, members);
            plain(input, &around, true, members)?
        } else {
            plain(input, &around, fields.has_end, members)?
        };
        let mut edge = edge;
        loop {
            match edge {
                Edge::End => return Ok(()),
                Edge::Message => {
                    around.boundaries.clear();
                    whole_line(input, members)?;
                    (message, part) = (message + 1, 1);
                    break;
                }
                Edge::Part(depth) => {
                    around.boundaries.truncate(depth + 1);
                    is_digest = around.boundaries.last().is_some_and(|b| b.is_digest);
                    whole_line(input, members)?;
                    part += 1;
                    break;
                }
                Edge::Last(depth) => {
                    around.boundaries.truncate(depth);
                    whole_line(input, members)?;
                    edge = plain(input, &around, false, members)?;
                }
            }
        }
    }
}

/// Returns the name of a part.
fn name(fields: &Fields, around: &Around, message: u64, part: u64) -> Vec<u8> {
    let name = fields
        .name()
        .unwrap_or_else(|| format!("part {part}").into_bytes());
    match around.is_box {
        true => [format!("message {message} ").as_bytes(), &name].concat(),
        false => name,
    }
}

fn newlines(mut count: u64, members: &mut dyn Members) {
    const LINES: &[u8; 64] = &[b'\n'; 64];
    while count > 0 {
        let some = count.min(64);
        members.rest(&LINES[..some as usize]);
        count -= some;
    }
}

#[cfg(test)]
mod tests {
    use super::super::Format;
    use super::super::testing::{damage, open};
    use super::*;

    const HEAD: &str = "From: a@example.com\nTo: b@example.com\n";

    #[test]
    fn parts_that_are_encoded_are_members_and_lines_keep_their_numbers() {
        let mail = format!(
            "{HEAD}Content-Type: multipart/mixed;\n boundary=\"one two\"\n\npreamble\n\
            --one two\nContent-Transfer-Encoding: BASE64\n\
            Content-Disposition: attachment; filename=\"file.txt\"\n\n\
            Zmlyc3Qg\r\nbGluZQ==\nnot encoded\n--one two\n\
            content-transfer-encoding: quoted-printable\n\nsec=6Fnd =\nline=3D\n\n--one two\n\n\
            --other\nplain\n--one two--\nthe end\n"
        );
        assert_eq!(Format::of(mail.as_bytes()), Some(Format::Mail));
        let opened = open(mail.as_bytes());
        assert_eq!(opened.paths(), ["file.txt", "part 3"]);
        assert_eq!(opened.text("file.txt"), "first linenot encoded\n");
        assert_eq!(opened.text("part 3"), "second line=\n\n");
        assert_eq!(opened.shut, []);
        let rest = String::from_utf8(opened.rest).unwrap();
        let number = |text: &str, line: &str| text.lines().position(|l| l == line);
        for line in ["preamble", "plain", "--one two--", "the end"] {
            assert!(number(&rest, line).is_some(), "{line}");
            assert_eq!(number(&rest, line), number(&mail, line), "{line}");
        }
        assert!(!rest.contains("Zmly"));
        damage(
            b"To: a\nContent-Type: multipart/x; boundary=b\n\n--b\nContent-Transfer-Encoding: \
            base64\nContent-Type: x; name=\"y\"\n\nZmlyc3Qg\n--b--\n",
        );
    }

    /// Many programs leave it out, and all that is there is read.
    #[test]
    fn a_boundary_that_is_missing_at_the_end_is_no_damage() {
        let mail = format!(
            "{HEAD}Content-Type: multipart/mixed; boundary=b\n\n--b\n\nplain\n--b\n\
            Content-Transfer-Encoding: base64\n\nc2VjcmV0\n"
        );
        for len in [mail.len(), mail.len() - 1, mail.len() - 16] {
            let opened = open(&mail.as_bytes()[..len]);
            assert!(opened.has("plain") && opened.shut.is_empty(), "{len}");
        }
        assert_eq!(open(mail.as_bytes()).text("part 3"), "secret");
    }

    #[test]
    fn parts_in_parts_and_messages_in_messages_are_read() {
        let inner = format!(
            "{HEAD}MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=in\n\n--in\n\
            Content-Transfer-Encoding: base64\n\nc2VjcmV0\n--in--\n"
        );
        let mail = format!(
            "{HEAD}Content-Type: multipart/mixed; boundary=out\n\n--out\n\
            Content-Type: message/rfc822\n\n{inner}\n--out\n\
            Content-Type: multipart/digest; boundary=digest\n\n--digest\n\n{inner}\n--digest--\n\
            --out\nContent-Transfer-Encoding: base64\n\nbGFzdA\n--out--\n"
        );
        let opened = open(mail.as_bytes());
        let texts: Vec<&[u8]> = opened.members.iter().map(|(_, text)| &text[..]).collect();
        assert_eq!(texts, [&b"secret"[..], b"secret", b"last"]);
        assert_eq!(opened.shut, []);
        let mut deep = HEAD.to_owned();
        for at in 0..70 {
            deep += &format!("Content-Type: multipart/mixed; boundary=b{at}\n\n--b{at}\n");
        }
        deep += "\nthe end";
        let opened = open(deep.as_bytes());
        assert_eq!(opened.shut[0].1, Class::Limit);
        assert!(opened.has("the end"));
    }

    #[test]
    fn files_of_messages_are_read() {
        let message = "Subject: one\nContent-Transfer-Encoding: base64\n\nc2VjcmV0\n\n";
        let text = "Subject: two\n\nFrom here on it is text.\n\nFrom here on, too.\nNo header\n\n";
        let from = "From a@example.com Thu Jan  1 00:00:00 1970\n";
        let file = [from, message, from, text, from, message].concat();
        let opened = open(file.as_bytes());
        assert_eq!(opened.paths(), ["message 1 part 1", "message 3 part 1"]);
        assert_eq!(opened.text("message 3 part 1"), "secret");
        assert!(opened.has(text) && opened.shut.is_empty());
    }

    #[test]
    fn what_is_not_encoded_is_passed_on_as_it_is() {
        let patch = format!(
            "From 0123456789 Mon Sep 17 00:00:00 2001\n{HEAD}Subject: [PATCH] one\n\ntext\n---\n\
            diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n-one\n+From: two\n"
        );
        let opened = open(patch.as_bytes());
        assert_eq!(String::from_utf8(opened.rest).unwrap(), patch);
        assert!(opened.members.is_empty() && opened.shut.is_empty());
        let long = format!(
            "{HEAD}Subject: {}\n\n{}",
            "x".repeat(100_000),
            "y".repeat(100_000)
        );
        assert_eq!(open(long.as_bytes()).rest, long.as_bytes());
    }

    #[test]
    fn words_of_headers_are_decoded() {
        let mail = format!(
            "{HEAD}Subject: =?utf-8?B?cGFzc3dv?=\n =?utf-8?q?rd=3D_x?= end\nX: =?no word?=\n\ntext\n"
        );
        let opened = open(mail.as_bytes());
        assert!(opened.has("Subject: password= x end\n\nX: =?no word?=\n\ntext\n"));
        let mail = "Content-Transfer-Encoding: base64\n\
            Content-Type: text/plain; charset=x; name*=utf-8''%C3%BC.txt\n\nc2VjcmV0";
        assert_eq!(open(mail.as_bytes()).text("ü.txt"), "secret");
    }

    #[test]
    fn other_texts_are_no_mails() {
        for text in [
            "From the beginning\nit was text\n",
            "From: here\nto there\n\n",
            "Name: x\nVersion: 1\n\ntext\n",
            "Date: today\n\ntext\n",
            "Content-Transfer-Encoding: 8bit\n\ntext\n",
            "https://example.com\nFrom: x\n",
        ] {
            assert_eq!(Format::of(text.as_bytes()), None, "{text}");
        }
        let long = format!("{HEAD}Received: {}", "x".repeat(2000));
        assert_eq!(Format::of(&long.as_bytes()[..1024]), Some(Format::Mail));
    }
}
