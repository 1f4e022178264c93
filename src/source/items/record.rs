//! One line of a list of items: a JSON object.
//!
//! Messages never quote the line: it may hold the secret.

use std::fmt;

use data_encoding::{Encoding, Specification};
use serde::Deserialize;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::blob::BlobPath;
use crate::finding::ItemInfo;

/// The longest text of a [`ItemInfo`] that reports show, in bytes.
const SHOWN: usize = 1024;
/// The longest unknown key that is told, in bytes.
const KEY: usize = 64;
/// How many unknown keys of one item are looked at.
const KEYS: usize = 64;

/// An item.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Record {
    /// Its path.
    pub(super) path: BlobPath,
    /// Its text, or its bytes.
    pub(super) content: Vec<u8>,
    /// Where it was posted, as reports show it.
    pub(super) info: ItemInfo,
    /// Keys that mean nothing here.
    pub(super) unknown: Vec<String>,
    /// All that is said of it, a line each; empty if nothing is.
    said: String,
}

impl Record {
    /// Parses a line.
    ///
    /// # Errors
    /// Fails with what is wrong and what to do.
    pub(super) fn parse(line: &[u8]) -> Result<Self, String> {
        let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        if line.starts_with(b"\xff\xfe") || line.starts_with(b"\xfe\xff") || line.contains(&0) {
            return Err("UTF-16, or bytes that are no text; write UTF-8".to_owned());
        }
        let text = std::str::from_utf8(line)
            .map_err(|e| format!("not UTF-8 after byte {}", e.valid_up_to()))?;
        match text.trim_start().as_bytes().first() {
            Some(b'{') => {}
            Some(b'[') => {
                return Err("an array; write one object per line (`jq -c '.[]'`)".to_owned());
            }
            _ => return Err("not a JSON object; write one object per line".to_owned()),
        }
        let fields: Fields<'_> = serde_json::from_str(text).map_err(|e| wrong(&e))?;
        fields.record()
    }

    /// Returns what is said of it as text to scan; None if nothing is.
    pub(super) fn said(&self) -> Option<&str> {
        Some(self.said.as_str()).filter(|said| !said.is_empty())
    }
}

/// The members of an object, as they are written.
#[derive(Default)]
struct Fields<'a> {
    path: Option<&'a RawValue>,
    text: Option<&'a RawValue>,
    base64: Option<&'a RawValue>,
    url: Option<&'a RawValue>,
    author: Option<&'a RawValue>,
    time: Option<&'a RawValue>,
    unknown: Vec<String>,
    /// The key that stands twice.
    twice: Option<&'static str>,
}

impl<'a> Fields<'a> {
    fn slot(&mut self, key: &str) -> Option<(&mut Option<&'a RawValue>, &'static str)> {
        Some(match key {
            "path" => (&mut self.path, "path"),
            "text" => (&mut self.text, "text"),
            "base64" => (&mut self.base64, "base64"),
            "url" => (&mut self.url, "url"),
            "author" => (&mut self.author, "author"),
            "time" => (&mut self.time, "time"),
            _ => return None,
        })
    }

    fn record(self) -> Result<Record, String> {
        if let Some(key) = self.twice {
            return Err(format!("`{key}` stands in it twice"));
        }
        let path = self.path.ok_or("it has no `path`")?;
        let path = match Value::of(path) {
            Value::Text(path) if path.is_empty() => return Err("`path` is empty".to_owned()),
            Value::Text(path) => path,
            _ => return Err("`path` is not a string".to_owned()),
        };
        let content = match (self.text, self.base64) {
            (Some(_), Some(_)) => return Err("it has both `text` and `base64`".to_owned()),
            (None, None) => return Err("it has neither `text` nor `base64`".to_owned()),
            (Some(text), None) => match Value::of(text) {
                Value::Text(text) => text,
                // An issue without a body.
                Value::Null => Vec::new(),
                _ => return Err("`text` is not a string".to_owned()),
            },
            (None, Some(base64)) => match Value::of(base64) {
                Value::Text(base64) => decode(base64)?,
                Value::Null => Vec::new(),
                _ => return Err("`base64` is not a string".to_owned()),
            },
        };
        let mut said = String::new();
        let mut told = |key: &str, value: Option<&RawValue>| match value.map(Value::of) {
            None | Some(Value::Null) => Ok(String::new()),
            Some(Value::Text(text)) => {
                let text = String::from_utf8_lossy(&text);
                if !text.is_empty() {
                    said.push_str(&format!("{key}: {text}\n"));
                }
                Ok(shortened(&text))
            }
            // `1700000000`, the number of a user: no text, and no secret.
            Some(Value::Number(number)) => Ok(shortened(number)),
            Some(Value::Other) => Err(format!("`{key}` is neither a string nor a number")),
        };
        let info = ItemInfo {
            url: told("url", self.url)?,
            author: told("author", self.author)?,
            time: told("time", self.time)?,
        };
        Ok(Record {
            path: BlobPath::new(path),
            content,
            info,
            unknown: self.unknown,
            said,
        })
    }
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(OfObject)
    }
}

struct OfObject;

impl<'de> Visitor<'de> for OfObject {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
        let mut fields = Fields::default();
        while let Some(key) = map.next_key::<String>()? {
            let Some((slot, name)) = fields.slot(&key) else {
                map.next_value::<IgnoredAny>()?;
                if fields.unknown.len() < KEYS {
                    let key = cut(&key, KEY).to_owned();
                    if !fields.unknown.contains(&key) {
                        fields.unknown.push(key);
                    }
                }
                continue;
            };
            let value = map.next_value::<&RawValue>()?;
            if slot.replace(value).is_some() {
                fields.twice = Some(name);
            }
        }
        Ok(fields)
    }
}

/// A value, as far as items have such.
enum Value<'a> {
    Text(Vec<u8>),
    Number(&'a str),
    Null,
    Other,
}

impl<'a> Value<'a> {
    fn of(raw: &'a RawValue) -> Self {
        let raw = raw.get();
        match raw.as_bytes().first() {
            // As bytes, because half of a surrogate pair (Python writes some) is no reason not to
            // look at the rest.
            Some(b'"') => match serde_json::from_str::<Bytes>(raw) {
                Ok(Bytes(bytes)) => Value::Text(bytes),
                Err(_) => Value::Other,
            },
            Some(b'n') => Value::Null,
            Some(b'-' | b'0'..=b'9') => Value::Number(raw),
            _ => Value::Other,
        }
    }
}

/// A string as bytes.
struct Bytes(Vec<u8>);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OfString;
        impl Visitor<'_> for OfString {
            type Value = Bytes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }
        }
        deserializer.deserialize_bytes(OfString)
    }
}

/// Returns what is wrong with the syntax.
fn wrong(error: &serde_json::Error) -> String {
    let text = error.to_string();
    // It has a place of its own: the line is always the first.
    let what = text.split(" at line ").next().unwrap_or_default();
    match error.classify() {
        serde_json::error::Category::Syntax => format!("column {}: {what}", error.column()),
        serde_json::error::Category::Eof => {
            "it ends in the middle of the object; one line is one object".to_owned()
        }
        // Such messages quote what they do not expect.
        _ => format!("column {}: not an item", error.column()),
    }
}

/// Decodes base64, of either alphabet, with or without padding and white space.
fn decode(mut text: Vec<u8>) -> Result<Vec<u8>, String> {
    text.retain(|b| !b.is_ascii_whitespace());
    while text.last() == Some(&b'=') {
        text.pop();
    }
    for byte in &mut text {
        match *byte {
            b'-' => *byte = b'+',
            b'_' => *byte = b'/',
            _ => {}
        }
    }
    let encoding = lenient().ok_or("`base64` cannot be decoded here")?;
    encoding
        .decode(&text)
        .map_err(|e| format!("`base64` is not base64 at its byte {}", e.position + 1))
}

/// Base64 whose last character may have bits that mean nothing.
fn lenient() -> Option<Encoding> {
    let mut form = Specification::new();
    form.symbols
        .push_str("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
    form.check_trailing_bits = false;
    form.encoding().ok()
}

/// Returns the start of a text that is too long to be shown.
fn shortened(text: &str) -> String {
    match cut(text, SHOWN) {
        whole if whole.len() == text.len() => whole.to_owned(),
        part => format!("{part}…"),
    }
}

fn cut(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Record, String> {
        Record::parse(line.as_bytes())
    }

    fn content(line: &str) -> Vec<u8> {
        parse(line).expect("it is an item").content
    }

    #[test]
    fn an_item_is_a_path_and_a_text() {
        let record = parse(r#"{"path":"a/b","text":"x\ny","url":"u","author":7,"time":"t"}"#);
        let record = record.expect("it is an item");
        assert_eq!(record.path, BlobPath::from("a/b"));
        assert_eq!(record.content, b"x\ny");
        assert_eq!(record.info.author, "7");
        assert_eq!(record.said(), Some("url: u\ntime: t\n"));
        assert_eq!(content(r#"{"path":"a","text":null}"#), b"");
        assert_eq!(content("\u{feff}{\"path\":\"a\",\"text\":\"b\"}\r"), b"b");
        assert_eq!(
            content(r#"{"path":"a","text":"b\ud800c"}"#),
            b"b\xed\xa0\x80c"
        );
    }

    #[test]
    fn base64_is_read_as_programs_write_it() {
        for written in ["+/9h", "-_9h", "+/9h\\n", "+/\\r\\n9h"] {
            let line = format!("{{\"path\":\"a\",\"base64\":\"{written}\"}}");
            assert_eq!(content(&line), b"\xfb\xff\x61", "{written}");
        }
        for written in ["YQ==", "YQ", "YR=="] {
            let line = format!("{{\"path\":\"a\",\"base64\":\"{written}\"}}");
            assert_eq!(content(&line), b"a", "{written}");
        }
        assert!(parse(r#"{"path":"a","base64":"%%%%"}"#).is_err());
    }

    #[test]
    fn what_is_wrong_is_told_and_nothing_quoted() {
        for (line, why) in [
            ("hunter2x", "not a JSON object; write one object per line"),
            (
                "[{}]",
                "an array; write one object per line (`jq -c '.[]'`)",
            ),
            ("{}", "it has no `path`"),
            (r#"{"path":"","text":""}"#, "`path` is empty"),
            (
                r#"{"path":["hunter2x"],"text":""}"#,
                "`path` is not a string",
            ),
            (r#"{"path":"a"}"#, "it has neither `text` nor `base64`"),
            (r#"{"path":"a","text":1}"#, "`text` is not a string"),
            (
                r#"{"path":"a","text":"","base64":""}"#,
                "it has both `text` and `base64`",
            ),
            (
                r#"{"path":"a","text":"","text":"hunter2x"}"#,
                "`text` stands in it twice",
            ),
            (
                r#"{"path":"a","text":"","url":{}}"#,
                "`url` is neither a string nor a number",
            ),
            (
                r#"{"path":"a","text":"hunter2x"#,
                "it ends in the middle of the object; one line is one object",
            ),
            (
                r#"{"path":"a","text":""} hunter2x"#,
                "column 24: trailing characters",
            ),
            (
                r#"{"path":"a" "text":""}"#,
                "column 13: expected `,` or `}`",
            ),
        ] {
            assert_eq!(parse(line), Err(why.to_owned()), "{line}");
        }
        assert!(Record::parse(b"{\"path\":\"a\",\"text\":\"\xff\"}").is_err());
        assert!(Record::parse(b"\xff\xfe{\0}\0").is_err());
    }

    #[test]
    fn unknown_keys_are_noted_once() {
        let record = parse(r#"{"path":"a","titel":[[{}]],"text":"","titel":1}"#);
        assert_eq!(record.expect("it is an item").unknown, ["titel"]);
    }
}
