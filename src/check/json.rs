//! The JSON objects inside credentials. `serde_json` checks the whole text, but only the outermost
//! members are kept: numbers stay text and nested values are dropped. If two members have the same
//! name, the last counts.
//!
//! Nested values are skipped as raw text. `serde_json` uses a stack for that, not recursion, so
//! deep nesting costs one byte per level.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;

/// One value of an object.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    /// A string with its escapes resolved.
    String(String),
    /// A number as written.
    Number(&'a str),
    /// `true`, `false` or `null`.
    Literal,
    /// An object or array, checked but not kept.
    Nested,
}

impl<'a> Value<'a> {
    fn of(raw: &'a RawValue) -> serde_json::Result<Self> {
        let text = raw.get();
        Ok(match text.as_bytes().first() {
            Some(b'"') => Self::String(serde_json::from_str::<Text>(text)?.0),
            Some(b'{' | b'[') => Self::Nested,
            Some(b't' | b'f' | b'n') => Self::Literal,
            _ => Self::Number(text),
        })
    }

    /// Returns the text of a string value.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the whole part of a number that fits 64 bits.
    pub(crate) fn as_seconds(&self) -> Option<i64> {
        let Value::Number(text) = self else {
            return None;
        };
        if let Ok(whole) = text.parse() {
            return Some(whole);
        }
        let float: f64 = text.parse().ok()?;
        // Above 2^53, a float does not name a definite second.
        (float.abs() < 9e15).then_some(float as i64)
    }
}

/// The members of one object, in the order of the text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Object<'a>(Vec<(String, Value<'a>)>);

impl<'a> Object<'a> {
    /// Parses a text that is one JSON object and nothing else.
    pub(crate) fn parse(text: &'a [u8]) -> Option<Self> {
        // `from_slice` does not check the UTF-8 of what it skips.
        serde_json::from_str(std::str::from_utf8(text).ok()?).ok()
    }

    /// Returns the value of the last member with this name.
    pub(crate) fn get(&self, name: &str) -> Option<&Value<'a>> {
        self.0.iter().rev().find(|(k, _)| k == name).map(|(_, v)| v)
    }

    /// Returns the text of the member with this name if it is a string.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    /// Returns whether all these members exist.
    pub(crate) fn has_all(&self, names: &[&str]) -> bool {
        names.iter().all(|name| self.get(name).is_some())
    }
}

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((Text(name), raw)) = map.next_entry::<_, &RawValue>()? {
                    members.push((name, Value::of(raw).map_err(A::Error::custom)?));
                }
                Ok(Object(members))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// A string in which lone surrogates become U+FFFD. JavaScript may cut a name inside a surrogate
/// pair and write the half as an escape. `serde_json` rejects that in a `String` but passes it on
/// as bytes.
struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Text;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Text, E> {
                Ok(Text(String::from_utf8_lossy(bytes).into_owned()))
            }
        }
        deserializer.deserialize_bytes(Bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_members() {
        let text =
            br#" {"a":"x\n\u00e9\ud83d\ude00","b": [1,{"c":[]},"]"] , "n":-1.5e3,"t":true} "#;
        let object = Object::parse(text).unwrap();
        assert_eq!(object.text("a"), Some("x\n\u{e9}\u{1f600}"));
        assert_eq!(object.get("n").unwrap().as_seconds(), Some(-1500));
        assert!(object.has_all(&["a", "b", "n", "t"]) && !object.has_all(&["z"]));
        assert_eq!(object.get("b"), Some(&Value::Nested));
        assert_eq!(Object::parse(b"{}").unwrap(), Object(vec![]));
    }

    #[test]
    fn refuses_what_is_not_one_object() {
        for bad in [
            "",
            "[]",
            "{",
            "{}x",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{a:1}",
            "{\"a\":1 \"b\":2}",
            "{\"a\":tru}",
            "{\"a\":\"\\x\"}",
            "{\"a\":\"\n\"}",
            "{\"a\":[1}}",
            "{\"a\":[1,]}",
            "{\"a\":{\"b\"}}",
            "{\"a\":-}",
            "{\"a\":[}",
            "{\"a\":{]}",
        ] {
            assert_eq!(Object::parse(bad.as_bytes()), None, "{bad}");
        }
        assert_eq!(Object::parse(b"{\"a\":\"\xff\"}"), None);
    }

    #[test]
    fn the_last_of_equal_names_counts() {
        let object = Object::parse(br#"{"a":"x","\u0061":"y"}"#).unwrap();
        assert_eq!(object.text("a"), Some("y"));
    }

    #[test]
    fn halves_of_surrogate_pairs_are_read() {
        let object = Object::parse(br#"{"a\udc00":"x\ud83d","b":["\ud83d"]}"#).unwrap();
        assert!(object.0[0].0.starts_with("a\u{fffd}"));
        assert!(matches!(&object.0[0].1, Value::String(s) if s.starts_with("x\u{fffd}")));
    }

    #[test]
    fn numbers_of_any_size_are_read() {
        let seconds = |number: &str| {
            let text = format!("{{\"n\":{number}}}");
            Object::parse(text.as_bytes()).map(|o| o.get("n").unwrap().as_seconds())
        };
        assert_eq!(seconds("1e3"), Some(Some(1000)));
        assert_eq!(seconds("-1.9"), Some(Some(-1)));
        assert_eq!(seconds("1e999"), Some(None));
        assert_eq!(seconds("99999999999999999999"), Some(None));
        for bad in ["01", "+1", ".5", "1.", "1e", "0x1", "NaN"] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
    }

    #[test]
    fn deep_nesting_is_no_recursion() {
        let deep = |n: usize| format!("{{\"a\":{}1{}}}", "[".repeat(n), "]".repeat(n));
        assert!(Object::parse(deep(64).as_bytes()).is_some());
        assert!(Object::parse(deep(1_000_000).as_bytes()).is_some());
        assert!(Object::parse("{\"a\":".repeat(1_000_000).as_bytes()).is_none());
    }
}
