//! What a declaration or a setting puts between a name and its value, or before the name:
//! `password[32] =`, `password string =`, `Password { get; set; } =`, `std::string token{"…"}`,
//! `set :password, '…'`, `buildConfigField "String", "API_KEY", '"…"'`.

use std::ops::Range;

use super::bytes::{BLANK, GAP, NAME_SIDE, WHITE, run, run_before};
use super::link::Link;
use super::strings::quoted_at;
use crate::rules::class::{ByteSet, WORD};

/// The link of a declaration whose name is `name`, and where the value may begin.
pub(super) fn link(bytes: &[u8], name: &Range<usize>) -> Option<(Link, usize)> {
    let blanks = run(bytes, name.end, GAP, &BLANK);
    let at = name.end + blanks;
    match bytes.get(at)? {
        b'[' if blanks == 0 => behind_index(bytes, at),
        b'{' => behind_accessors(bytes, at).or_else(|| initialised(bytes, name, at)),
        b'(' if blanks == 0 => initialised(bytes, name, at),
        b'?' | b'!' if blanks == 0 => optional(bytes, at + 1),
        b',' if blanks == 0 => setting(bytes, name, at + 1),
        b'"' | b'\'' if blanks == 0 => field_of_build(bytes, name, at + 1),
        byte if blanks > 0 && (byte.is_ascii_alphabetic() || b"[*:".contains(byte)) => {
            behind_type(bytes, at)
        }
        _ => None,
    }
}

/// The key of the map to which `name` gives a value: `tokens['prod'] = …`.
pub(super) fn key(bytes: &[u8], name: &Range<usize>) -> Option<Range<usize>> {
    let indexed = bytes.get(name.end) == Some(&b'[');
    let quoted = matches!(bytes.get(name.end + 1), Some(b'"' | b'\''));
    let found = (indexed && quoted).then(|| quoted_at(bytes, name.end + 1))?;
    found.map(|found| found.span)
}

/// The sign of an assignment at `at`: `=`, `:=`.
fn sign(bytes: &[u8], at: usize) -> Option<(Link, usize)> {
    let at = at + run(bytes, at, GAP, &BLANK);
    let colon = usize::from(bytes.get(at) == Some(&b':'));
    let assigns = bytes.get(at + colon) == Some(&b'=');
    let other = matches!(bytes.get(at + colon + 1), Some(b'=' | b'>' | b'~'));
    (assigns && !other).then_some((Link::Equals, at + colon + 1))
}

/// Behind the bounds of an array, or the key of an entry, at `at`.
fn behind_index(bytes: &[u8], at: usize) -> Option<(Link, usize)> {
    const INDEX: ByteSet = WORD.or(ByteSet::of(b" +*-$.\"'"));
    const MARK: ByteSet = ByteSet::range(b'A', b'Z').or(ByteSet::of(b"_"));
    let mut at = at;
    for _ in 0..2 {
        if bytes.get(at) != Some(&b'[') {
            break;
        }
        let end = at + 1 + run(bytes, at + 1, NAME_SIDE, &INDEX);
        if bytes.get(end) != Some(&b']') {
            return None;
        }
        at = end + 1;
    }
    // Where the compiler is to put it: `PROGMEM`.
    let blanks = run(bytes, at, 4, &BLANK);
    let mark = run(bytes, at + blanks, NAME_SIDE, &MARK);
    let end = if mark > 1 { at + blanks + mark } else { at };
    sign(bytes, end)
}

/// Behind the accessors of a property of C#: `{ get; set; } = "…"`.
fn behind_accessors(bytes: &[u8], at: usize) -> Option<(Link, usize)> {
    let rest = bytes.get(at..bytes.len().min(at + GAP))?;
    let end = rest.iter().position(|b| b"}\"'".contains(b))?;
    let text = rest[1..end].trim_ascii_start();
    let accessors = text.starts_with(b"get;") && rest[end] == b'}';
    accessors.then(|| sign(bytes, at + end + 1))?
}

/// In the bracket at `at` with which a declaration of a string begins its value.
fn initialised(bytes: &[u8], name: &Range<usize>, at: usize) -> Option<(Link, usize)> {
    let inner = at + 1 + run(bytes, at + 1, 4, &BLANK);
    let value = matches!(bytes.get(inner), Some(b'"' | b'L' | b'u' | b'R' | b'@'));
    (value && is_string_declared(bytes, name)).then_some((Link::Equals, inner))
}

/// Whether a type of strings stands before `name`: `std::string token`.
fn is_string_declared(bytes: &[u8], name: &Range<usize>) -> bool {
    const TYPES: &[&[u8]] = &[
        b"string",
        b"wstring",
        b"qstring",
        b"cstring",
        b"ansistring",
        b"bstring",
        b"string_view",
        b"stringview",
        b"qbytearray",
        b"char",
        b"str",
        b"fstring",
        b"juce::string",
        b"auto",
    ];
    let before = &bytes[name.start.saturating_sub(NAME_SIDE)..name.start];
    let text = before.trim_ascii_end();
    // A container of strings: `std::vector<std::string> tokens{`.
    if text.ends_with(b"string>") && bytes.get(name.end) == Some(&b'{') {
        return true;
    }
    let pointer = text.iter().rev().take_while(|b| b"*& ".contains(b)).count();
    let (text, apart) = (&text[..text.len() - pointer], text.len() < before.len());
    let word = last_word(text);
    (apart || pointer > 0) && TYPES.iter().any(|t| word.eq_ignore_ascii_case(t))
}

/// The word with which `text` ends; empty if a sign does.
fn last_word(text: &[u8]) -> &[u8] {
    &text[text.len() - run_before(text, text.len(), text.len(), &WORD)..]
}

/// Behind the sign of a member that may be missing: `password?: string = "…"`.
fn optional(bytes: &[u8], at: usize) -> Option<(Link, usize)> {
    if bytes.get(at) != Some(&b':') {
        return None;
    }
    let at = at + 1 + run(bytes, at + 1, 4, &BLANK);
    behind_type(bytes, at)
}

/// Behind a type of strings at `at`, before which no sign stands: `string =`,
/// `nvarchar(40) =`, `[]byte =`, `constant String :=`.
fn behind_type(bytes: &[u8], at: usize) -> Option<(Link, usize)> {
    const TYPE: ByteSet = WORD.or(ByteSet::of(b"*[].:<>&"));
    const TYPES: &[&[u8]] = &[
        b"string",
        b"str",
        b"char",
        b"byte",
        b"bytes",
        b"text",
        b"varchar",
        b"varchar2",
        b"nvarchar",
        b"nvarchar2",
        b"nchar",
        b"bstr",
        b"wchar_t",
        b"std_logic_vector",
        b"bytestring",
    ];
    let mut at = at;
    for word in [&b": "[..], b"constant ", b"const ", b"as ", b"AS "] {
        if bytes[at..].starts_with(word) {
            at += word.len();
        }
    }
    let end = at + run(bytes, at, NAME_SIDE, &TYPE);
    let text = &bytes[at..end];
    let text = text
        .rsplit(|b| b".:]*&<".contains(b))
        .find(|w| !w.is_empty())?;
    let text = text.strip_suffix(b">").unwrap_or(text);
    if !TYPES.iter().any(|t| text.eq_ignore_ascii_case(t)) {
        return None;
    }
    let mut end = end;
    if bytes.get(end) == Some(&b'(') {
        let bounds = run(bytes, end + 1, 16, &WORD.or(ByteSet::of(b" ")));
        end += 1 + bounds;
        end += usize::from(bytes.get(end) == Some(&b')'));
    }
    sign(bytes, end)
}

/// Behind the comma at `at - 1` of a statement that sets a variable of the program, or of a
/// pair: `set :password, '…'`, `{password, "…"}`.
fn setting(bytes: &[u8], name: &Range<usize>, at: usize) -> Option<(Link, usize)> {
    const SETTERS: &[&[u8]] = &[
        b"set",
        b"setting",
        b"add_setting",
        b"set_default",
        b"set_if_empty",
        b"fetch",
        b"put",
        b"define",
        b"attribute",
        b"config",
    ];
    let value = at + run(bytes, at, GAP, &WHITE);
    let before = &bytes[name.start.saturating_sub(NAME_SIDE)..name.start];
    if let Some(before) = before.strip_suffix(b":") {
        let text = before.trim_ascii_end();
        let text = text.strip_suffix(b"(").unwrap_or(text).trim_ascii_end();
        let set = SETTERS.contains(&last_word(text));
        return set.then_some((Link::Equals, value));
    }
    if !before.ends_with(b"{") {
        return None;
    }
    let open = usize::from(bytes[value..].starts_with(b"<<\"")) * 2;
    let found = quoted_at(bytes, value + open)?;
    let close = found.end + run(bytes, found.end, 4, &ByteSet::of(b" >"));
    (bytes.get(close) == Some(&b'}')).then_some((Link::Equals, value + open))
}

/// Behind the name of a field that Android's build writes into the program, whose quote ends
/// before `at`. The value is code: a string in a string.
fn field_of_build(bytes: &[u8], name: &Range<usize>, at: usize) -> Option<(Link, usize)> {
    const CALLS: &[&[u8]] = &[
        b"buildConfigField",
        b"resValue",
        b"buildConfigString",
        b"StringVar(",
        b"StringVarP(",
    ];
    if bytes.get(at) != Some(&b',') {
        return None;
    }
    let before = &bytes[name.start.saturating_sub(2 * GAP)..name.start];
    // Nearly all names between commas are others.
    let first = before.trim_ascii_end();
    let first = first
        .strip_suffix(b"\"")
        .or_else(|| first.strip_suffix(b"'"))?;
    let end = |call: &&[u8]| memchr::memmem::rfind(first, call).map(|i| i + call.len());
    let call = &first[CALLS.iter().filter_map(end).max()?..];
    if call.iter().any(|b| b");{}".contains(b)) {
        return None;
    }
    let mut value = at + 1 + run(bytes, at + 1, GAP, &WHITE);
    // The letter of an option of Go's command lines: `StringVarP(&t, "token", "t", "…"`.
    if let Some([b'"', _, b'"', b',', b' ']) = bytes.get(value..value + 5) {
        value += 5;
    }
    if bytes[value..].starts_with(b"value") {
        value = sign(bytes, value + 5)?.1;
        value += run(bytes, value, GAP, &WHITE);
    }
    let inner = match bytes.get(value..)? {
        [b'"', b'\\', b'"', ..] | [b'"', b'\'', ..] | [b'\'', b'"', ..] => 1,
        _ => 0,
    };
    Some((Link::Equals, value + inner))
}
