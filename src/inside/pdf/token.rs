//! The words of a document: numbers, names, strings, operators; and dictionaries of them.

/// A word of a document.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token<'a> {
    Number(f64),
    /// A string, its escapes resolved, and whether it differs from how it is written.
    Text(Vec<u8>, bool),
    /// A name, without its slash and its escapes.
    Name(Vec<u8>),
    /// `<<`, `>>`, `[`, `]`, `{`, `}`.
    Sign(&'static str),
    Word(&'a [u8]),
    Comment(&'a [u8]),
}

impl Token<'_> {
    pub(super) fn is(&self, sign: &str) -> bool {
        matches!(self, Token::Sign(this) if *this == sign)
    }
}

/// Reads words one by one.
#[derive(Clone)]
pub(super) struct Tokens<'a> {
    bytes: &'a [u8],
    pub(super) at: usize,
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | 0x0c | b'\r' | b' ')
}

fn is_regular(byte: u8) -> bool {
    !is_blank(byte) && !b"()<>[]{}/%".contains(&byte)
}

fn digit(byte: u8) -> Option<u8> {
    (byte as char).to_digit(16).map(|digit| digit as u8)
}

impl<'a> Tokens<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// Reads a string behind its parenthesis. None if it has no end.
    fn literal(&mut self) -> Option<(Vec<u8>, bool)> {
        let mut text = Vec::new();
        let mut depth = 1;
        let mut is_changed = false;
        let mut bytes = self.rest().iter().copied().enumerate().peekable();
        while let Some((at, byte)) = bytes.next() {
            match byte {
                b'(' => depth += 1,
                b')' => {
                    depth -= 1;
                    if depth == 0 {
                        self.at += at + 1;
                        return Some((text, is_changed));
                    }
                }
                b'\\' => {
                    is_changed = true;
                    let (_, next) = bytes.next()?;
                    text.push(match next {
                        b'n' => b'\n',
                        b'r' => b'\r',
                        b't' => b'\t',
                        b'b' => 8,
                        b'f' => 0x0c,
                        b'\r' => {
                            bytes.next_if(|(_, b)| *b == b'\n');
                            continue;
                        }
                        b'\n' => continue,
                        b'0'..=b'7' => {
                            let mut code = u32::from(next - b'0');
                            for _ in 0..2 {
                                let Some((_, more)) =
                                    bytes.next_if(|(_, b)| matches!(b, b'0'..=b'7'))
                                else {
                                    break;
                                };
                                code = code * 8 + u32::from(more - b'0');
                            }
                            code as u8
                        }
                        other => other,
                    });
                    continue;
                }
                _ => {}
            }
            text.push(byte);
        }
        None
    }
}

/// Returns the bytes that hexadecimal digits tell; a missing last one is 0.
pub(super) fn unhex(digits: &[u8]) -> Vec<u8> {
    let mut digits = digits.iter().filter_map(|b| digit(*b));
    let mut bytes = Vec::new();
    while let Some(first) = digits.next() {
        bytes.push(first << 4 | digits.next().unwrap_or(0));
    }
    bytes
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let blanks = self.rest().iter().take_while(|b| is_blank(**b)).count();
        self.at += blanks;
        let rest = self.rest();
        let sign = |sign| Some(Token::Sign(sign));
        let (first, more) = rest.split_first()?;
        self.at += 1;
        match first {
            b'(' => {
                if let Some((text, is_changed)) = self.literal() {
                    return Some(Token::Text(text, is_changed));
                }
                // Without an end it would hide all that follows. It is no string then, and no
                // later one has an end either.
                let text = self.rest();
                self.at = self.bytes.len();
                Some(Token::Comment(text))
            }
            b'<' if more.first() == Some(&b'<') => {
                self.at += 1;
                sign("<<")
            }
            b'>' if more.first() == Some(&b'>') => {
                self.at += 1;
                sign(">>")
            }
            b'<' => {
                let is_hex = |b: &u8| digit(*b).is_some() || is_blank(*b);
                let len = more.iter().take_while(|b| is_hex(b)).count();
                self.at += len + usize::from(more.get(len) == Some(&b'>'));
                Some(Token::Text(unhex(&more[..len]), true))
            }
            b'[' => sign("["),
            b']' => sign("]"),
            b'{' => sign("{"),
            b'}' => sign("}"),
            b'%' => {
                let len = memchr::memchr2(b'\n', b'\r', more).unwrap_or(more.len());
                self.at += len;
                Some(Token::Comment(&more[..len]))
            }
            b'/' => {
                let len = more.iter().take_while(|b| is_regular(**b)).count();
                self.at += len;
                Some(Token::Name(name(&more[..len])))
            }
            b')' | b'>' => self.next_sign(),
            _ => {
                let len = rest.iter().take_while(|b| is_regular(**b)).count().max(1);
                self.at += len - 1;
                let word = &rest[..len];
                let number = matches!(first, b'0'..=b'9' | b'+' | b'-' | b'.')
                    .then(|| std::str::from_utf8(word).ok()?.parse().ok())
                    .flatten();
                Some(number.map_or(Token::Word(word), Token::Number))
            }
        }
    }
}

impl<'a> Tokens<'a> {
    /// A sign that closes nothing.
    fn next_sign(&self) -> Option<Token<'a>> {
        Some(Token::Word(b""))
    }

    /// Goes behind the value that comes next, and returns it as it is written.
    fn value(&mut self) -> &'a [u8] {
        let start = self.at;
        let mut depth = 0_usize;
        loop {
            let before = self.at;
            let Some(token) = self.next() else {
                break;
            };
            if token.is("<<") || token.is("[") {
                depth += 1;
            } else if token.is(">>") || token.is("]") {
                if depth == 0 {
                    self.at = before;
                    break;
                }
                depth -= 1;
            }
            if depth == 0 && !matches!(token, Token::Comment(_)) {
                // `12 0 R` is one value.
                if let Token::Number(_) = token {
                    let mut ahead = self.clone();
                    if matches!(ahead.next(), Some(Token::Number(_)))
                        && matches!(ahead.next(), Some(Token::Word(b"R")))
                    {
                        self.at = ahead.at;
                    }
                }
                break;
            }
        }
        &self.bytes[start..self.at]
    }
}

/// Returns a name with its escapes resolved: `#20` is a blank.
fn name(written: &[u8]) -> Vec<u8> {
    let mut name = Vec::with_capacity(written.len());
    let mut rest = written;
    while let Some((first, more)) = rest.split_first() {
        rest = more;
        match (first, more) {
            (b'#', [high, low, more @ ..]) if digit(*high).is_some() && digit(*low).is_some() => {
                name.extend(unhex(&[*high, *low]));
                rest = more;
            }
            _ => name.push(*first),
        }
    }
    name
}

/// The most keys of a dictionary.
const KEYS: usize = 1 << 20;

/// A dictionary: keys, and values as they are written.
#[derive(Clone, Debug, Default)]
pub(super) struct Dictionary<'a>(Vec<(Vec<u8>, &'a [u8])>);

impl<'a> Dictionary<'a> {
    /// Returns the first dictionary in `bytes`, as far as it is there, and where it ends.
    pub(super) fn of(bytes: &'a [u8]) -> (Self, usize) {
        let mut tokens = Tokens::new(bytes);
        let mut found = Vec::new();
        loop {
            match tokens.next() {
                Some(Token::Sign("<<")) => break,
                Some(Token::Comment(_)) => {}
                _ => return (Self::default(), tokens.at),
            }
        }
        loop {
            match tokens.next() {
                Some(Token::Name(key)) => {
                    let value = tokens.value();
                    if found.len() < KEYS {
                        found.push((key, value));
                    }
                }
                Some(Token::Sign(">>")) | None => return (Self(found), tokens.at),
                Some(_) => {}
            }
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&'a [u8]> {
        let found = self.0.iter().find(|(this, _)| this == key.as_bytes());
        found.map(|(_, value)| *value)
    }

    pub(super) fn entries(&self) -> &[(Vec<u8>, &'a [u8])] {
        &self.0
    }

    /// Returns the name that stands at a key, or the first of an array of them.
    pub(super) fn is(&self, key: &str, name: &str) -> bool {
        let value = self.get(key).and_then(|value| Tokens::new(value).next());
        value == Some(Token::Name(name.as_bytes().to_vec()))
    }

    pub(super) fn number(&self, key: &str) -> Option<usize> {
        number(self.get(key)?)
    }
}

/// Returns the number that a value is, if it is one.
pub(super) fn number(value: &[u8]) -> Option<usize> {
    let mut tokens = Tokens::new(value);
    match (tokens.next(), tokens.next()) {
        (Some(Token::Number(number)), None) => Some(number as usize),
        _ => None,
    }
}

/// Returns the number of the object that a value refers to, if it does.
pub(super) fn reference(value: &[u8]) -> Option<u32> {
    let mut tokens = Tokens::new(value);
    match (tokens.next(), tokens.next(), tokens.next()) {
        (Some(Token::Number(number)), Some(Token::Number(_)), Some(Token::Word(b"R"))) => {
            Some(number as u32)
        }
        _ => None,
    }
}

/// Returns all objects that a value refers to.
pub(super) fn references(value: &[u8]) -> Vec<u32> {
    let mut found = Vec::new();
    let mut before = [None, None];
    for token in Tokens::new(value) {
        if let (Token::Word(b"R"), [Some(number), Some(_)]) = (&token, before) {
            found.push(number as u32);
        }
        let number = match token {
            Token::Number(number) => Some(number),
            _ => None,
        };
        before = [before[1], number];
    }
    found
}

/// Returns a string as UTF-8.
pub(super) fn decoded(text: &[u8]) -> Vec<u8> {
    let unit = match text {
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        _ if std::str::from_utf8(text).is_ok() => {
            return text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text).to_vec();
        }
        _ => {
            return text
                .iter()
                .map(|b| *b as char)
                .collect::<String>()
                .into_bytes();
        }
    };
    let units = text[2..]
        .chunks_exact(2)
        .map(|pair| unit([pair[0], pair[1]]));
    let text: String = char::decode_utf16(units)
        .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect();
    text.into_bytes()
}
