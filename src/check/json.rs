//! A small strict JSON reader for the objects inside credentials: it checks the
//! whole text but keeps only the members of the outermost level. Nesting is
//! followed with a stack, never with recursion. Not a general JSON library:
//! numbers stay text and nested values are dropped.

/// Deepest nesting that is read; credentials use three levels.
const MAX_DEPTH: usize = 64;

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

impl Value<'_> {
    /// The text of a string value.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The whole part of a number value that fits 64 bits.
    pub(crate) fn as_seconds(&self) -> Option<i64> {
        let Value::Number(text) = self else {
            return None;
        };
        if let Ok(whole) = text.parse() {
            return Some(whole);
        }
        let float: f64 = text.parse().ok()?;
        // Above 2^53 a float names no particular second.
        (float.abs() < 9e15).then_some(float as i64)
    }
}

/// The members of one object in the order of the text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Object<'a>(Vec<(String, Value<'a>)>);

impl<'a> Object<'a> {
    /// Parses a text that is one JSON object and nothing else.
    pub(crate) fn parse(text: &'a [u8]) -> Option<Self> {
        let mut reader = Reader { text, at: 0 };
        reader.skip_space();
        reader.expect(b'{')?;
        let mut members = Vec::new();
        reader.skip_space();
        if reader.peek() == Some(b'}') {
            reader.at += 1;
        } else {
            loop {
                reader.skip_space();
                let key = reader.string()?;
                reader.skip_space();
                reader.expect(b':')?;
                members.push((key, reader.value()?));
                if reader.separator(b'}')? {
                    break;
                }
            }
        }
        reader.skip_space();
        (reader.at == text.len()).then_some(Self(members))
    }

    /// The value of the last member with this name.
    pub(crate) fn get(&self, name: &str) -> Option<&Value<'a>> {
        self.0.iter().rev().find(|(k, _)| k == name).map(|(_, v)| v)
    }

    /// The text of the member with this name when it is a string.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    /// Whether all these members exist.
    pub(crate) fn has_all(&self, names: &[&str]) -> bool {
        names.iter().all(|name| self.get(name).is_some())
    }
}

/// A position in the text.
struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// After a value: `false` for a comma, `true` for the closing bracket.
    fn separator(&mut self, close: u8) -> Option<bool> {
        self.skip_space();
        let byte = self.peek()?;
        self.at += 1;
        if byte == close {
            return Some(true);
        }
        (byte == b',').then_some(false)
    }

    /// The next value of any kind.
    fn value(&mut self) -> Option<Value<'a>> {
        self.skip_space();
        match self.peek()? {
            b'"' => self.string().map(Value::String),
            b'{' | b'[' => self.nested().map(|()| Value::Nested),
            b't' => self.word(b"true"),
            b'f' => self.word(b"false"),
            b'n' => self.word(b"null"),
            _ => self.number().map(Value::Number),
        }
    }

    fn word(&mut self, word: &[u8]) -> Option<Value<'a>> {
        let end = self.at + word.len();
        (self.text.get(self.at..end)? == word).then(|| {
            self.at = end;
            Value::Literal
        })
    }

    fn number(&mut self) -> Option<&'a str> {
        let start = self.at;
        while matches!(
            self.peek(),
            Some(b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')
        ) {
            self.at += 1;
        }
        let text = std::str::from_utf8(self.text.get(start..self.at)?).ok()?;
        text.parse::<f64>().ok().map(|_| text)
    }

    /// Steps over a whole object or array.
    fn nested(&mut self) -> Option<()> {
        // Closing brackets that are still owed, innermost last.
        let mut owed = Vec::new();
        loop {
            // Here a value is due, or the end of a container that just opened.
            self.skip_space();
            let opened = match self.peek()? {
                b'{' => Some(b'}'),
                b'[' => Some(b']'),
                _ => None,
            };
            if let Some(close) = opened {
                self.at += 1;
                if owed.len() >= MAX_DEPTH {
                    return None;
                }
                self.skip_space();
                if self.peek()? == close {
                    self.at += 1;
                } else {
                    owed.push(close);
                    self.key_if(close)?;
                    continue;
                }
            } else {
                self.value()?;
            }
            // A value has ended: close containers until a comma asks for more.
            loop {
                let Some(&close) = owed.last() else {
                    return Some(());
                };
                if !self.separator(close)? {
                    self.key_if(close)?;
                    break;
                }
                owed.pop();
            }
        }
    }

    /// Reads `"key":` when the open container is an object.
    fn key_if(&mut self, close: u8) -> Option<()> {
        if close == b'}' {
            self.skip_space();
            self.string()?;
            self.skip_space();
            self.expect(b':')?;
        }
        Some(())
    }

    /// A string with its escapes resolved; lone surrogates become U+FFFD.
    fn string(&mut self) -> Option<String> {
        self.expect(b'"')?;
        let mut out = Vec::new();
        loop {
            let byte = self.peek()?;
            self.at += 1;
            match byte {
                b'"' => return String::from_utf8(out).ok(),
                b'\\' => {
                    let sign = self.escape()?;
                    out.extend_from_slice(sign.encode_utf8(&mut [0; 4]).as_bytes());
                }
                0..=0x1f => return None,
                _ => out.push(byte),
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        let byte = self.peek()?;
        self.at += 1;
        Some(match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let high = self.unit()?;
                if !(0xd800..0xdc00).contains(&high) {
                    return Some(char::from_u32(high).unwrap_or('\u{fffd}'));
                }
                if self.text.get(self.at..self.at + 2) != Some(b"\\u") {
                    return Some('\u{fffd}');
                }
                self.at += 2;
                let low = self.unit()?;
                if !(0xdc00..0xe000).contains(&low) {
                    return Some('\u{fffd}');
                }
                let scalar = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                char::from_u32(scalar).unwrap_or('\u{fffd}')
            }
            _ => return None,
        })
    }

    /// Four hex digits.
    fn unit(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        self.at += 4;
        digits.iter().try_fold(0, |value, &byte| {
            Some(value << 4 | char::from(byte).to_digit(16)?)
        })
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
    fn depth_is_bounded() {
        let deep = |n: usize| format!("{{\"a\":{}1{}}}", "[".repeat(n), "]".repeat(n));
        assert!(Object::parse(deep(MAX_DEPTH).as_bytes()).is_some());
        assert!(Object::parse(deep(MAX_DEPTH + 1).as_bytes()).is_none());
        assert!(Object::parse(deep(100_000).as_bytes()).is_none());
    }
}
