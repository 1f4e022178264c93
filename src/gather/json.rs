//! JSON of others, element by element: documents, arrays, and values one after another.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{
    DeserializeOwned, DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use crate::stop::Stop;

/// What is wrong with a report, and where.
#[derive(Debug)]
pub(super) struct Wrong {
    /// 1-based line and column.
    at: Option<(usize, usize)>,
    what: String,
}

impl Wrong {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Wrong {
            at: None,
            what: what.into(),
        }
    }

    /// Returns the error that a person reads.
    pub(super) fn stop(&self, name: &str) -> Stop {
        let what = &self.what;
        Stop::new(match self.at {
            Some((line, column)) => format!("{name}:{line}:{column}: {what}"),
            None => format!("{name}: {what}"),
        })
    }
}

impl From<serde_json::Error> for Wrong {
    fn from(error: serde_json::Error) -> Self {
        let text = error.to_string();
        let text = text
            .rsplit_once(" at line ")
            .map_or(&*text, |(text, _)| text);
        let at = (error.line() > 0).then(|| (error.line(), error.column()));
        let what = without_quotes(text);
        Wrong {
            at,
            what: match error.is_eof() {
                true => "the report ends too early: it was cut, or its run was interrupted".into(),
                false => what,
            },
        }
    }
}

/// Takes what stands in quotes out of an error: it is a value of the report, perhaps a secret.
fn without_quotes(text: &str) -> String {
    match (text.find('"'), text.rfind('"')) {
        (Some(from), Some(to)) if from < to => {
            format!("{}\"...\"{}", &text[..from], &text[to + 1..])
        }
        _ => text.to_owned(),
    }
}

/// Returns the text of a report as UTF-8: PowerShell redirects as UTF-16, and some editors put a
/// mark before.
pub(super) fn plain(bytes: &[u8]) -> Cow<'_, [u8]> {
    let wide = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        let text: String = char::decode_utf16(units)
            .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect();
        Cow::Owned(text.into_bytes())
    };
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => Cow::Borrowed(rest),
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        _ if bytes.starts_with(BANNER) => {
            // Blanks in its place, so that lines keep their numbers.
            let end = memchr::memchr(b'\n', bytes).unwrap_or(bytes.len());
            Cow::Owned([&vec![b' '; end], &bytes[end..]].concat())
        }
        _ => Cow::Borrowed(bytes),
    }
}

/// How the banner of trufflehog begins, which is there if its errors went to the same file.
const BANNER: &[u8] = "\u{1f437}".as_bytes();

/// Returns the first sign that is no white space.
pub(super) fn start(text: &[u8]) -> Option<u8> {
    text.iter().copied().find(|b| !b.is_ascii_whitespace())
}

/// Passes each value to `take`: the elements of an array, or values one after another.
///
/// # Errors
/// Fails where the text is no JSON, a value has not the form of `T`, or `take` refuses it.
pub(super) fn values<T: DeserializeOwned>(
    text: &[u8],
    mut take: impl FnMut(T) -> Result<(), String>,
) -> Result<(), Wrong> {
    let mut json = serde_json::Deserializer::from_slice(text);
    if matches!(start(text), Some(b'[' | b'n') | None) {
        if start(text).is_some() {
            Each::new(&mut take).deserialize(&mut json)?;
            json.end()?;
        }
        return Ok(());
    }
    let mut stream = json.into_iter::<T>();
    while let Some(value) = stream.next() {
        take(value?).map_err(|what| Wrong {
            at: Some(position(text, stream.byte_offset())),
            what,
        })?;
    }
    Ok(())
}

/// Returns line and column of an offset.
fn position(text: &[u8], offset: usize) -> (usize, usize) {
    let before = &text[..offset.min(text.len())];
    let line = memchr::memchr_iter(b'\n', before).count() + 1;
    let start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
    (line, before.len() - start + 1)
}

/// Passes each element of an array to a function; `null` is an empty array.
pub(super) struct Each<'a, T, F> {
    take: &'a mut F,
    of: PhantomData<T>,
}

impl<'a, T, F> Each<'a, T, F> {
    pub(super) fn new(take: &'a mut F) -> Self {
        Each {
            take,
            of: PhantomData,
        }
    }
}

impl<'de, T: DeserializeOwned, F: FnMut(T) -> Result<(), String>> DeserializeSeed<'de>
    for Each<'_, T, F>
{
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de, T: DeserializeOwned, F: FnMut(T) -> Result<(), String>> Visitor<'de> for Each<'_, T, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(value) = seq.next_element::<T>()? {
            (self.take)(value).map_err(A::Error::custom)?;
        }
        Ok(())
    }
}

/// Takes the members of an object, one after another.
pub(super) trait Members {
    /// Takes the value of the member `name`, with `map.next_value` or [`skip`].
    fn member<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error>;
}

/// Passes over a member.
pub(super) fn skip<'de, A: MapAccess<'de>>(map: &mut A) -> Result<(), A::Error> {
    map.next_value::<IgnoredAny>().map(|_| ())
}

/// Reads one object.
///
/// # Errors
/// Fails where the text is no JSON, or a member is not as expected.
pub(super) fn object(text: &[u8], members: &mut impl Members) -> Result<(), Wrong> {
    struct Whole<'a, M>(&'a mut M);
    impl<'de, M: Members> Visitor<'de> for Whole<'_, M> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
            while let Some(name) = map.next_key::<String>()? {
                self.0.member(&name, &mut map)?;
            }
            Ok(())
        }
    }
    let mut json = serde_json::Deserializer::from_slice(text);
    serde::Deserializer::deserialize_map(&mut json, Whole(members))?;
    json.end()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_where_and_never_quotes() {
        let numbers = |text: &str| values::<u32>(text.as_bytes(), |_| Ok(()));
        let said = |text: &str| numbers(text).unwrap_err().stop("r.json").message;
        assert_eq!(
            said("[1,\n \"hunter2-\\\"x\"]"),
            "r.json:2:14: invalid type: string \"...\", expected u32"
        );
        assert!(said("[1,").starts_with("r.json:1:3: the report ends too early"));
        assert!(numbers("").is_ok() && numbers("null").is_ok() && numbers("1 2\n3").is_ok());
        let refuse = |text: &str| {
            values::<u32>(text.as_bytes(), |n| match n {
                7 => Err("no".to_owned()),
                _ => Ok(()),
            })
        };
        for (text, at) in [("1\n7", "r:2:2: no"), ("[1,\n7]", "r:2:")] {
            let said = refuse(text).unwrap_err().stop("r").message;
            assert!(said.starts_with(at), "{said}");
        }
    }

    #[test]
    fn wide_texts_are_read() {
        let wide: Vec<u8> = "\u{feff}[1]"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(&*plain(&wide), b"[1]");
        assert_eq!(&*plain(b"\xef\xbb\xbf[]"), b"[]");
        assert_eq!(&*plain("\u{1f437} a\n{}".as_bytes()), b"      \n{}");
    }

    #[test]
    fn depth_is_bounded() {
        let deep = format!("{}{}", "[".repeat(1 << 20), "]".repeat(1 << 20));
        let any = values::<IgnoredAny>(deep.as_bytes(), |_| Ok(()));
        assert!(any.is_ok(), "what is passed over takes no stack");
        let read = values::<serde_json::Value>(deep.as_bytes(), |_| Ok(()));
        assert!(read.unwrap_err().what.contains("recursion limit"));
    }
}
