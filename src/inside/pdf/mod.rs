//! PDF: objects, some of them streams: the contents of pages, fonts, pictures, attachments, and
//! other objects.
//!
//! Objects are found by reading the file from its start, never by its table of objects, so that
//! older versions of objects are read too. What stands outside of streams is passed on as it is,
//! with strings decoded where they differ. A stream that shows text is passed on as that text.
//!
//! Source: ISO 32000-1:2008, chapters 7 (syntax, filters, encryption), 9 (text, fonts) and 14.

mod content;
mod filter;
mod font;
mod names;
mod objects;
mod token;

use std::io;

use self::content::Writer;
use self::filter::{End, Unpacked, unpack};
use self::names::Names;
use self::objects::{Objects, Stream};
use self::token::{Token, Tokens, decoded};
use super::Members;
use super::input::Input;
use super::trouble::Class;
use super::whole::whole;

/// Whether content begins as a document does: with its version, and then with bytes that are no
/// text or with an object. Other bytes may stand in front.
pub(super) fn begins(head: &[u8]) -> bool {
    // To prepare a search for all of it takes longer than to look at this sign's few places.
    let mut signs = memchr::memchr_iter(b'%', head);
    let Some(at) = signs.find(|at| head[*at..].starts_with(b"%PDF-")) else {
        return false;
    };
    let version = head.get(at + 5..).unwrap_or_default();
    let is_line = at == 0 || !matches!(head[at - 1], b' '..=b'~' | b'\t');
    is_line
        && matches!(
            version,
            [
                b'0'..=b'9',
                b'.',
                b'0'..=b'9',
                b'\r' | b'\n' | b' ' | b'%',
                ..
            ]
        )
        && (version.iter().any(|b| *b >= 0x80) || memchr::memmem::find(version, b" obj").is_some())
}

/// # Errors
/// Fails as [`walk`](super::walk) does.
pub(super) fn walk(input: &mut Input<'_>, members: &mut dyn Members) -> io::Result<()> {
    let (data, ended) = whole(input, members)?;
    let (streams, is_cut) = objects::streams(&data);
    let document = Document {
        data: &data,
        names: match Names::read(&data, &streams, input) {
            Ok(names) => names,
            Err(error) => {
                members.rest(&data);
                return Err(error);
            }
        },
        outside: Objects::outside(&data, &streams),
        is_encrypted: objects::is_encrypted(&data, &streams),
    };
    let mut at = 0;
    for stream in &streams {
        document.outside(&data[at..stream.start()], members);
        document.stream(stream, input, members)?;
        at = stream.end();
    }
    document.outside(&data[at..], members);
    if document.is_encrypted {
        members.shut(b"", Class::Encrypted, data.len() as u64);
    }
    if document.names.is_over {
        members.shut(b"fonts", Class::Limit, 0);
    }
    ended?;
    let ends = ["%%EOF", "startxref", "trailer"];
    let tail = data.trim_ascii_end();
    let has_end = ends
        .iter()
        .any(|end| memchr::memmem::rfind(&data, end.as_bytes()).is_some());
    if is_cut || !has_end && !tail.ends_with(b"endobj") && !tail.ends_with(b"endstream") {
        return Err(input.damaged("the document is cut off"));
    }
    Ok(())
}

struct Document<'a> {
    data: &'a [u8],
    names: Names,
    outside: Objects<'a>,
    is_encrypted: bool,
}

impl Document<'_> {
    /// Passes on what stands outside of streams, and the strings in it that are not written as
    /// they read.
    fn outside(&self, bytes: &[u8], members: &mut dyn Members) {
        members.rest(bytes);
        let lines = strings(bytes, self.is_encrypted);
        if !lines.is_empty() {
            members.rest(b"\n");
            members.rest(&lines);
        }
    }

    /// Passes on a stream.
    fn stream(
        &self,
        stream: &Stream,
        input: &Input<'_>,
        members: &mut dyn Members,
    ) -> io::Result<()> {
        let dictionary = stream.dictionary(self.data);
        let packed = stream.packed(self.data);
        let own = format!("object {}", stream.number).into_bytes();
        let name = self.names.attached(stream.number).unwrap_or(&own);
        let resolve = |value| self.outside.resolve(value);
        let Unpacked {
            mut bytes,
            end,
            behind,
        } = unpack(&dictionary, packed, &resolve, input)?;
        let mut is_over = end == End::Limit;
        if self.is_encrypted && end == End::Damaged {
            // It is encrypted, as is told of the document.
            return Ok(());
        }
        let kinds = ["EmbeddedFile", "Metadata"];
        let is_data = kinds.iter().any(|kind| dictionary.is("Type", kind))
            || self.names.attached(stream.number).is_some();
        let is_picture = dictionary.is("Subtype", "Image");
        if dictionary.is("Type", "ObjStm") {
            let lines = strings(&bytes, self.is_encrypted);
            bytes.push(b'\n');
            bytes.extend_from_slice(&lines);
        } else if !is_data && !is_picture {
            let is_known = self.names.is_content(stream.number) || dictionary.is("Subtype", "Form");
            if is_known || content::is_content(&bytes) {
                let font = |name: &[u8]| self.names.font(stream.number, name);
                let mut writer = Writer::new(&font);
                writer.run(&bytes);
                is_over |= writer.is_over;
                let text = writer.finish();
                // What only looks like the content of a page is passed on as it is, too.
                let more = if is_known { Vec::new() } else { bytes };
                bytes = [text, more].concat();
            }
        }
        let is_partly = !bytes.is_empty();
        if is_partly {
            members.member(name, &mut &bytes[..])?;
        }
        let behind = packed.get(packed.len() - behind..).unwrap_or_default();
        if !behind.trim_ascii().is_empty() {
            members.rest(behind);
        }
        let class = match end {
            End::Damaged => Class::Damaged,
            End::Unknown => Class::Compressed,
            End::Limit => Class::Limit,
            End::Whole if is_over => Class::Limit,
            End::Whole => return Ok(()),
        };
        match is_partly {
            true => members.partly(name, class, packed.len() as u64),
            false => members.shut(name, class, packed.len() as u64),
        }
        Ok(())
    }
}

/// Returns the strings that are not written as they read, one in a line.
fn strings(bytes: &[u8], is_encrypted: bool) -> Vec<u8> {
    let mut lines = Vec::new();
    for token in Tokens::new(bytes) {
        let Token::Text(text, is_changed) = token else {
            continue;
        };
        if !is_changed && !matches!(text.first(), Some(0xfe | 0xff)) {
            continue;
        }
        let text = decoded(&text);
        let is_noise = is_encrypted && text.iter().any(|b| *b < b' ' || *b >= 0x7f);
        if !text.is_empty() && !is_noise {
            lines.extend(text.into_iter().filter(|b| *b != 0));
            lines.push(b'\n');
        }
    }
    lines
}

#[cfg(test)]
mod tests;
