//! Reads the values of a list or map that a name is given: `API_KEYS = ["…", "…"]`,
//! `tokens: {prod: "…"}`, `%w[… …]`, blocks of YAML, sections of INI files and TOML. Each value
//! is one of its own.

use std::ops::Range;

use super::bytes::{BLANK, GAP, NAME, NAME_SIDE, WHITE, run};
use super::fields::{before_key, is_filled};
use super::found::{Among, Site};
use super::link::Link;
use super::strings::{Found, Quote, quoted_at};
use super::value::{bare_at, element_at, value_at};
use crate::detect::forms::yaml::Line;
use crate::rules::class::{ByteSet, WORD};

/// How far behind its name a list is read, in bytes.
pub(super) const REACH: usize = 3072;
/// How many values of a list are read.
const MOST: usize = 64;

/// Appends the values of the list or map that `name` is given; whether it is given one.
pub(super) fn read(
    bytes: &[u8],
    name: &Range<usize>,
    link: Option<(Link, usize)>,
    out: &mut Vec<Site>,
) -> bool {
    // The list of a name of one value holds the pieces of it.
    if !matches!(bytes[..name.end], [.., last, b's' | b'S'] if last | 0x20 != b's') {
        return false;
    }
    let from = out.len();
    let link = link.or_else(|| array_behind(bytes, name));
    let Some((link, after)) = link else {
        section(bytes, name, out);
        return out.len() > from;
    };
    if !matches!(
        link,
        Link::Equals | Link::Colon | Link::Arrow | Link::Element
    ) {
        return false;
    }
    let mut list = List {
        bytes: &bytes[..bytes.len().min(name.end + REACH)],
        name,
        link,
        out,
        from,
        depth: 0,
    };
    let at = after + run(bytes, after, GAP, &BLANK);
    match bytes.get(at) {
        Some(b'\n' | b'\r') if link == Link::Colon && list.block(at) => {}
        Some(_) if link == Link::Element => list.elements(at),
        Some(_) => {
            if let Some(open) = opened(list.bytes, at) {
                list.items(&open);
            }
        }
        None => {}
    }
    list.out.len() > from
}

/// Behind the tag that opens the array of a property list which `name` is the key of.
fn array_behind(bytes: &[u8], name: &Range<usize>) -> Option<(Link, usize)> {
    const CLOSE: &[u8] = b"</key>";
    const OPEN: &[u8] = b"<array>";
    let end = name.end + CLOSE.len();
    if bytes.get(name.end..end) != Some(CLOSE) {
        return None;
    }
    let at = end + run(bytes, end, 2 * GAP, &WHITE);
    let opens = bytes.get(at..).is_some_and(|rest| rest.starts_with(OPEN));
    opens.then_some((Link::Element, at + OPEN.len()))
}

/// How a list begins.
struct Opening {
    /// Where its first item may begin.
    at: usize,
    /// Whether its items are words with blanks between them.
    words: bool,
    /// Whether its items are keys and values by turns.
    pairs: bool,
}

/// Functions that make a list or map of their arguments, in lower case.
const MAKERS: &[&[u8]] = &[
    b"aslist",
    b"of",
    b"listof",
    b"arrayof",
    b"setof",
    b"mapof",
    b"mutablelistof",
    b"mutablesetof",
    b"mutablemapof",
    b"hashmapof",
    b"hashsetof",
    b"linkedmapof",
    b"array",
    b"list",
    b"set",
    b"map",
    b"tuple",
    b"frozenset",
    b"dict",
    b"freeze",
    b"from",
    b"vec!",
    b"c",
    b"seq",
    b"vector",
    b"hashmap!",
    b"hashset",
    b"hashmap",
    b"ordereddict",
    b"ofentries",
    b"hash",
    b"copyof",
    b"fromiterable",
];

/// How the list begins at `at`, behind the types and functions around it.
fn opened(bytes: &[u8], at: usize) -> Option<Opening> {
    const TYPE: ByteSet = WORD.or(ByteSet::of(b".:<>?!&*$\\"));
    let open = |at, words, pairs| Some(Opening { at, words, pairs });
    let mut at = at;
    let mut pairs = false;
    for _ in 0..5 {
        at += run(bytes, at, GAP, &WHITE);
        let rest = bytes.get(at..)?;
        match rest {
            [b'%', b'w' | b'W' | b'i', b'[' | b'(' | b'{' | b'<', ..]
            | [b'q', b'w', b'(' | b'[' | b'{' | b'/', ..] => return open(at + 3, true, pairs),
            [b'@' | b'&' | b'#', b'(' | b'[' | b'{', ..] => at += 1,
            [b'n', b'e', b'w', b' ', ..] => at += 4,
            // A long string of Lua: `[==[…]==]`.
            [b'[', b'=', ..] => return None,
            // The type of an array: `[]string{`, `[2]string{`, `map[string]string{`.
            [b'[', ..] => match type_behind(bytes, at) {
                Some(brace) => at = brace,
                None => return open(at + 1, false, pairs),
            },
            [b'm', b'a', b'p', b'[', ..] => at = type_behind(bytes, at + 3)?,
            [b'{' | b'(', ..] => return open(at + 1, false, pairs),
            _ => {
                let mut end = at + run(bytes, at, NAME_SIDE, &TYPE);
                // The types of a map: `Map<String, String>`.
                if bytes.get(end) == Some(&b',') && bytes[at..end].contains(&b'<') {
                    end += 1 + run(bytes, end + 1, NAME_SIDE, &TYPE.or(BLANK));
                }
                if end == at {
                    return None;
                }
                let callee = bytes[at..end].trim_ascii();
                at = end;
                match bytes.get(at)? {
                    b'(' => {
                        let last = callee.rsplit(|b| b".:\\".contains(b)).next()?;
                        let last = last.split(|b| *b == b'<').next()?;
                        let lower = last.to_ascii_lowercase();
                        if !MAKERS.contains(&&lower[..]) {
                            return None;
                        }
                        pairs = callee.to_ascii_lowercase().ends_with(b"map.of");
                        at += 1;
                        let inner = at + run(bytes, at, GAP, &WHITE);
                        let more = bytes.get(inner).is_some_and(|b| b"[{n&A".contains(b));
                        if !more {
                            return open(at, false, pairs);
                        }
                    }
                    b'[' if bytes[at..].starts_with(b"[]") => at += 2,
                    b'[' if callee.ends_with(b"!") || callee == b"Array" => {}
                    b'{' => {}
                    b' ' if bytes.get(at + 1) == Some(&b'{') => {}
                    _ => return None,
                }
            }
        }
    }
    None
}

/// Where the braces begin behind a type of Go or C# at `at`: `[]string`, `[...]string`.
fn type_behind(bytes: &[u8], at: usize) -> Option<usize> {
    const TYPE: ByteSet = WORD.or(ByteSet::of(b".[]*"));
    let bounds = run(bytes, at + 1, 16, &WORD.or(ByteSet::of(b".")));
    let close = at + 1 + bounds;
    if bytes.get(close) != Some(&b']') {
        return None;
    }
    let end = close + 1 + run(bytes, close + 1, NAME_SIDE, &TYPE);
    let brace = end + run(bytes, end, 2, &BLANK);
    let typed = end > close + 1 || brace > close + 1 || bytes.get(brace) == Some(&b'{');
    (typed && bytes.get(brace) == Some(&b'{')).then_some(brace)
}

/// A list on the way.
struct List<'a> {
    /// The bytes up to where lists end at the latest.
    bytes: &'a [u8],
    name: &'a Range<usize>,
    link: Link,
    out: &'a mut Vec<Site>,
    /// How many values of others are in `out`.
    from: usize,
    /// How many lists and maps are open inside of it.
    depth: usize,
}

/// How many lists and maps are read that lie inside each other.
const DEPTH: usize = 3;

impl List<'_> {
    fn is_full(&self) -> bool {
        self.out.len() - self.from >= MOST
    }

    /// Appends the value `found`, under `key` if it has one; where it ends.
    fn push(&mut self, found: Found, key: Option<Range<usize>>) -> usize {
        let end = found.end;
        let place = match self.depth {
            0 => key.map_or(Among::List, Among::Map),
            _ => Among::Deep(key),
        };
        self.out.push(Site::of(self.name, self.link, found, place));
        end
    }

    /// Where the next item begins: behind blanks, commas and comments.
    fn next(&self, at: usize) -> usize {
        const BETWEEN: ByteSet = WHITE.or(ByteSet::of(b",;"));
        let mut at = at;
        for _ in 0..MOST {
            at += run(self.bytes, at, REACH, &BETWEEN);
            let rest = &self.bytes[at..];
            let comment =
                rest.starts_with(b"//") || rest.starts_with(b"# ") || rest.starts_with(b"--");
            if !comment {
                break;
            }
            at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        }
        at
    }

    /// Appends the items of a list or map in brackets.
    fn items(&mut self, open: &Opening) {
        let bytes = self.bytes;
        let mut at = open.at;
        let mut key: Option<Range<usize>> = None;
        while !self.is_full() {
            at = self.next(at);
            let Some(&byte) = bytes.get(at) else { break };
            if self.depth > 0 && b"]})".contains(&byte) {
                self.depth -= 1;
                at += 1;
                continue;
            }
            if b"]})>".contains(&byte) && !(open.words && byte == b'>') {
                // Code puts the parts together, which is one value.
                let behind = at + 1 + run(bytes, at + 1, GAP, &WHITE);
                let rest = &bytes[behind..];
                if rest.starts_with(b".join(") || rest.starts_with(b".concat(") {
                    self.out.truncate(self.from);
                }
                break;
            }
            let next = match byte {
                _ if open.words => self.word(at),
                b'[' | b'{' | b'(' => self.bracket(at, byte),
                _ => match quoted_at(bytes, at) {
                    Some(found) if open.pairs => match key.take() {
                        Some(key) => Some(self.push(found, Some(key))),
                        None => {
                            key = Some(found.span);
                            Some(found.end)
                        }
                    },
                    Some(found) => self.string(found),
                    None => self.named(at),
                },
            };
            at = next.unwrap_or_else(|| self.behind(at)).max(at + 1);
        }
    }

    /// Appends the word at `at`.
    fn word(&mut self, at: usize) -> Option<usize> {
        let found = bare_at(self.bytes, at)?;
        Some(self.push(found, None))
    }

    /// Appends the string `found`, or the value of which it is the key.
    fn string(&mut self, found: Found) -> Option<usize> {
        if let Some(value) = self.behind_key(found.end) {
            return self.value(value, found.span);
        }
        let end = found.end;
        let after = end + run(self.bytes, end, 4, &BLANK);
        let ended = self
            .bytes
            .get(after)
            .is_none_or(|b| b",;]})\r\n#/'\"".contains(b));
        if ended || after > end {
            self.push(found, None);
        }
        Some(end)
    }

    /// Where the value begins behind a key that ends at `at`.
    fn behind_key(&self, at: usize) -> Option<usize> {
        let at = at + run(self.bytes, at, GAP, &BLANK);
        let end = match self.bytes.get(at..)? {
            [b'=', b'>', ..] | [b':', b'='] => at + 2,
            [b'=', b'=', ..] | [b':', b':', ..] => return None,
            [b':' | b'=', ..] => at + 1,
            [b't', b'o', b' ', ..] => at + 3,
            _ => return None,
        };
        Some(end + run(self.bytes, end, GAP, &WHITE))
    }

    /// Appends the value at `at` of `key`; where it ends.
    fn value(&mut self, at: usize, key: Range<usize>) -> Option<usize> {
        if let Some(found) = quoted_at(self.bytes, at) {
            return Some(self.push(found, Some(key)));
        }
        if self.bytes.get(at).is_some_and(|b| b"[{(".contains(b)) {
            return Some(self.enter(at));
        }
        let found = bare_at(self.bytes, at)?;
        let next = found.end + run(self.bytes, found.end, 4, &BLANK);
        let ended = self.bytes.get(next).is_some_and(|b| b",}\r\n".contains(b));
        (ended && self.link == Link::Colon).then(|| self.push(found, Some(key)))
    }

    /// Appends the value of the key at `at`, which is a word or symbol, or the word itself.
    fn named(&mut self, at: usize) -> Option<usize> {
        const KEY: ByteSet = NAME.or(ByteSet::of(b"$@"));
        let start = at + usize::from(self.bytes[at] == b':');
        let end = start + run(self.bytes, start, NAME_SIDE, &KEY);
        if end > start
            && let Some(value) = self.behind_key(end)
        {
            return self.value(value, start..end);
        }
        let found = bare_at(self.bytes, at)?;
        let end = found.end;
        let plain = self.bytes.get(end).is_none_or(|b| b",]) \r\n".contains(b));
        let next = end + run(self.bytes, end, 4, &BLANK);
        let joined = self
            .bytes
            .get(next)
            .is_some_and(|b| b"+*/?|&%.-".contains(b));
        (plain && !joined).then(|| self.push(found, None))
    }

    /// Reads the bracket at `at`, in which a pair stands or a key: `{ "alice", "…" }`,
    /// `["alice"] = "…"`. What else stands there has names of its own.
    fn bracket(&mut self, at: usize, byte: u8) -> Option<usize> {
        let bytes = self.bytes;
        let inner = at + 1 + run(bytes, at + 1, GAP, &WHITE);
        let (key, end) = match quoted_at(bytes, inner) {
            Some(found) => (found.span, found.end),
            None => {
                let end = inner + run(bytes, inner, NAME_SIDE, &NAME);
                (inner..end, end)
            }
        };
        let end = end + run(bytes, end, GAP, &WHITE);
        match bytes.get(end) {
            Some(b']') if byte == b'[' => {
                if let Some(value) = self.behind_key(end + 1) {
                    return self.value(value, key);
                }
            }
            Some(b',') if key.end < end + 1 => {
                let value = end + 1 + run(bytes, end + 1, GAP, &WHITE);
                if let Some(found) = quoted_at(bytes, value) {
                    let close = found.end + run(bytes, found.end, GAP, &WHITE);
                    if bytes.get(close).is_some_and(|b| b"]})".contains(b)) {
                        self.push(found, Some(key));
                        return Some(close + 1);
                    }
                }
            }
            _ => {}
        }
        Some(self.enter(at))
    }

    /// Enters the list or map at `at`, or passes over it if too many are open.
    fn enter(&mut self, at: usize) -> usize {
        if self.depth >= DEPTH || self.bytes[at] == b'(' {
            return self.closed(at);
        }
        self.depth += 1;
        at + 1
    }

    /// Where the bracket at `at` is closed, or all ends.
    fn closed(&self, at: usize) -> usize {
        let mut depth = 0usize;
        let mut at = at;
        while let Some(&byte) = self.bytes.get(at) {
            match byte {
                b'[' | b'{' | b'(' => depth += 1,
                b']' | b'}' | b')' => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return at + 1;
                    }
                }
                b'"' | b'\'' => {
                    if let Some(found) = quoted_at(self.bytes, at) {
                        at = found.end.max(at + 1);
                        continue;
                    }
                }
                _ => {}
            }
            at += 1;
        }
        at
    }

    /// Where the expression at `at` ends.
    fn behind(&self, at: usize) -> usize {
        let mut at = at;
        while let Some(&byte) = self.bytes.get(at) {
            match byte {
                b',' | b';' | b'\n' | b']' | b'}' | b')' => break,
                b'[' | b'{' | b'(' => at = self.closed(at),
                _ => at += 1,
            }
        }
        at
    }

    /// Appends the values of a block of YAML below the key; whether it is one of a list or map.
    fn block(&mut self, at: usize) -> bool {
        let bytes = self.bytes;
        let Some(before) = before_key(bytes, self.name.start) else {
            return false;
        };
        let own = before.len() - before.iter().filter(|b| b"\"'".contains(b)).count();
        let mut form: Option<(bool, usize)> = None;
        let newline = memchr::memchr(b'\n', &bytes[at..]);
        let mut at = newline.map_or(bytes.len(), |i| at + i + 1);
        while at < bytes.len() && !self.is_full() {
            let line = Line::at(bytes, at, bytes.len());
            at = line.span.end + 1;
            if !is_filled(&line) {
                continue;
            }
            let (item, column) = (line.dash.is_some(), line.indent());
            if column < own + usize::from(!item) {
                break;
            }
            let (items, first) = *form.get_or_insert((item, column));
            if column < first || (column == first && item != items) {
                break;
            }
            // Jobs and services are called like this, too, and hold whatever they need.
            if column > first {
                continue;
            }
            match items {
                true => self.item(&line),
                false => self.entry(&line),
            }
        }
        self.out.len() > self.from
    }

    /// Appends an item of a list of YAML that is one word or a string.
    fn item(&mut self, line: &Line<'_>) {
        let text = line.text.trim_ascii_end();
        let pair = memchr::memmem::find(text, b": ").is_some() || text.ends_with(b":");
        let quoted = matches!(text.first(), Some(b'"' | b'\''));
        let words = text.iter().position(|b| b" \t".contains(b));
        let comment = words.is_some_and(|i| text[i..].trim_ascii_start().starts_with(b"#"));
        if quoted && let Some(found) = quoted_at(self.bytes, line.key()) {
            if self.behind_key(found.end).is_none() {
                self.push(found, None);
            }
        } else if !pair && !quoted && (words.is_none() || comment) && text[0] != b'-' {
            self.word(line.key());
        }
    }

    /// Appends the value of an entry of a map of YAML.
    fn entry(&mut self, line: &Line<'_>) {
        let quoted = usize::from(matches!(line.text.first(), Some(b'"' | b'\'')));
        let start = line.key() + quoted;
        let end = start + run(self.bytes, start, NAME_SIDE, &NAME.or(ByteSet::of(b"@/")));
        let colon = end + quoted;
        let blank = self
            .bytes
            .get(colon + 1)
            .is_some_and(|b| b" \t".contains(b));
        if end == start || self.bytes.get(colon) != Some(&b':') || !blank {
            return;
        }
        let value = value_at(self.bytes, colon + 1, Link::Colon);
        let same_line = |found: &Found| !self.bytes[colon..found.span.start].contains(&b'\n');
        if let Some(found) = value.filter(same_line) {
            self.push(found, Some(start..end));
        }
    }

    /// Appends the texts of the elements at `at`, one after the other:
    /// `<string>…</string> <string>…</string>`.
    fn elements(&mut self, at: usize) {
        let mut at = at;
        while !self.is_full() {
            at += run(self.bytes, at, 2 * GAP, &WHITE);
            let rest = &self.bytes[at.min(self.bytes.len())..];
            let tag = rest.len().min(GAP);
            let Some(end) = rest[..tag].iter().position(|b| *b == b'>') else {
                break;
            };
            const ITEMS: [&[u8]; 5] = [b"<string", b"<item", b"<value", b"<entry", b"<li"];
            if !ITEMS.iter().any(|item| rest[..end] == **item) {
                break;
            }
            let Some(found) = element_at(self.bytes, at + end + 1) else {
                break;
            };
            let behind = found.end + run(self.bytes, found.end, GAP, &WHITE);
            self.push(found, None);
            let close = memchr::memchr(b'>', &self.bytes[behind.min(self.bytes.len())..]);
            at = close.map_or(self.bytes.len(), |i| behind + i + 1);
        }
    }
}

/// Appends the values of the section of an INI file or of TOML that `name` heads: `[tokens]`.
fn section(bytes: &[u8], name: &Range<usize>, out: &mut Vec<Site>) {
    let begins = matches!(bytes[..name.start], [.., b'\n', b'['] | [b'[']);
    let bytes = &bytes[..bytes.len().min(name.end + REACH)];
    if !begins || !matches!(bytes.get(name.end..), Some([b']', b'\n' | b'\r', ..])) {
        return;
    }
    let from = out.len();
    let mut next = memchr::memchr(b'\n', &bytes[name.end..]).map(|i| name.end + i + 1);
    while let Some(start) = next.filter(|start| *start < bytes.len() && out.len() - from < MOST) {
        next = memchr::memchr(b'\n', &bytes[start..]).map(|i| start + i + 1);
        if bytes[start] == b'[' {
            break;
        }
        let key = start + run(bytes, start, GAP, &BLANK);
        let quoted = usize::from(bytes.get(key) == Some(&b'"'));
        let key = key + quoted;
        let end = key + run(bytes, key, NAME_SIDE, &NAME);
        let sign = end + quoted + run(bytes, end + quoted, GAP, &BLANK);
        if end == key || bytes.get(sign) != Some(&b'=') {
            continue;
        }
        if let Some(found) = value_at(bytes, sign + 1, Link::Equals)
            && (found.quote != Quote::Bare || !bytes[sign..found.span.start].contains(&b'\n'))
        {
            out.push(Site::of(name, Link::Equals, found, Among::Map(key..end)));
        }
    }
}
