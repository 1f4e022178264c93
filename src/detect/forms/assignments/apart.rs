//! Reads a value that a field of its own holds, while another field holds the name, in either
//! order: `"name": "API_TOKEN", "value": "…"`, `<key>ApiKey</key><string>…</string>`,
//! `variable "db_password" { default = "…" }`.

use std::ops::Range;

use super::bytes::{BLANK, GAP, NAME_SIDE, WHITE, run, run_before};
use super::fields::{self, Stop};
use super::link::Link;
use super::strings::{Found, Quote};
use super::value::{element_at, value_at};
use crate::rules::class::{ByteSet, WORD};

/// The most elements beside the one with the name that are looked at.
const ELEMENTS: usize = 3;

/// The value of `name`, if a field of its own holds it, and what says that it is one.
pub(super) fn read(bytes: &[u8], name: &Range<usize>) -> Option<(Link, Found)> {
    let before = bytes.get(..name.start)?.last().copied().unwrap_or(b'\n');
    if before == b'>' {
        return Some((Link::Element, element(bytes, name)?));
    }
    if let Some(found) = default_of(bytes, name) {
        return Some((Link::Field, found));
    }
    if b"\"' :=\t".contains(&before)
        && let Some(field) = field_before(bytes, name)
    {
        return beside(bytes, name, field);
    }
    Some((Link::Field, inside(bytes, name)?))
}

/// The default of the option of a command line that `name` is, or of an argument that an object
/// describes: `add_argument("--token", default="…")`, `.option('token', { default: '…' })`.
fn default_of(bytes: &[u8], name: &Range<usize>) -> Option<Found> {
    let closed = matches!(bytes.get(name.end), Some(b'"' | b'\''));
    if !closed || bytes.get(name.end + 1) != Some(&b',') {
        return None;
    }
    let at = name.end + 2;
    let inner = at + run(bytes, at, 2 * GAP, &WHITE);
    let at = match bytes.get(inner) {
        Some(b'{') => inner + 1,
        _ if bytes.get(name.start) == Some(&b'-') => at,
        _ => return None,
    };
    match fields::forward(bytes, at, bytes.len()) {
        Stop::Value(value) => value_of(bytes, value, Link::Field, false),
        Stop::End(_) => None,
    }
}

/// Where the field begins that names `name`: `"name": "…"`, `Key = '…'`, `- name: …`.
fn field_before(bytes: &[u8], name: &Range<usize>) -> Option<Range<usize>> {
    const QUOTES: ByteSet = ByteSet::of(b"\"'\\");
    let floor = name.start.saturating_sub(NAME_SIDE);
    let back = |at: usize, set: &ByteSet| at - run_before(bytes, at, at - floor, set);
    let at = back(back(name.start, &QUOTES), &BLANK);
    let sign = match bytes.get(floor..at)? {
        [.., b'=', b'>'] => 2,
        [.., b'=', b'='] | [.., b':', b':'] => return None,
        [.., b':' | b'='] => 1,
        _ => return None,
    };
    let end = back(back(at - sign, &BLANK), &QUOTES);
    let start = back(end, &WORD);
    let joined = start > floor && b".$@-".contains(&bytes[start - 1]);
    (!joined && fields::names_something(&bytes[start..end])).then_some(start..end)
}

/// The value beside the field that names `name`.
fn beside(bytes: &[u8], name: &Range<usize>, field: Range<usize>) -> Option<(Link, Found)> {
    let field_of = |value: usize| value_of(bytes, value, Link::Field, false);
    let quoted = matches!(bytes.get(name.end), Some(b'"' | b'\'' | b'\\'));
    let end = name.end + run(bytes, name.end, 2, &ByteSet::of(b"\"'\\"));
    let next = end + run(bytes, end, GAP, &BLANK);
    let colon = bytes[field.end..name.start].contains(&b':');
    let ends_line = matches!(bytes.get(next), None | Some(b'\n' | b'\r' | b'#'));
    // A block of YAML has nothing but line ends between its fields.
    let before = field.start.checked_sub(1);
    let quoted_key = before.filter(|at| matches!(bytes[*at], b'"' | b'\''));
    let key = quoted_key.unwrap_or(field.start);
    if colon
        && ends_line
        && let Some(value) = fields::beside(bytes, key)
    {
        return Some((Link::Field, value_of(bytes, value, Link::Colon, true)?));
    }
    if !quoted {
        // `ParameterKey=DbPassword,ParameterValue=…`
        let next = bytes.get(name.end) == Some(&b',') && !colon;
        let value = next.then(|| fields::forward(bytes, name.end, name.end + GAP))?;
        let Stop::Value(value) = value else {
            return None;
        };
        return Some((Link::Equals, value_at(bytes, value, Link::Equals)?));
    }
    match fields::forward(bytes, end, bytes.len()) {
        Stop::Value(value) => return Some((Link::Field, field_of(value)?)),
        // `<property name="password"><value>…`
        Stop::End(at) if is_tag_end(bytes, at) => {
            if let Some(found) = in_tag(bytes, at + 1) {
                return Some((Link::Element, found));
            }
        }
        Stop::End(_) => {}
    }
    let open = fields::opened(bytes, key)?;
    match fields::forward(bytes, open, key) {
        Stop::Value(value) => Some((Link::Field, field_of(value)?)),
        Stop::End(_) => None,
    }
}

/// Whether a tag ends at `at` that has content.
fn is_tag_end(bytes: &[u8], at: usize) -> bool {
    bytes.get(at) == Some(&b'>') && bytes[at - 1] != b'/'
}

/// The text of the element whose start tag ends before `at`, or of the element `value` in it.
fn in_tag(bytes: &[u8], at: usize) -> Option<Found> {
    let inner = at + run(bytes, at, 2 * GAP, &WHITE);
    match bytes.get(inner) {
        Some(b'<') if !bytes[inner..].starts_with(b"<!") => sibling(bytes, inner, holds_text),
        _ => element_at(bytes, at),
    }
}

/// The value at `at`, in quotes if nothing else says where it ends.
fn value_of(bytes: &[u8], at: usize, link: Link, bare: bool) -> Option<Found> {
    let white = run(bytes, at, GAP, &WHITE);
    let at = if bare { at } else { at + white };
    value_at(bytes, at, link).filter(|found| bare || found.quote != Quote::Bare)
}

/// The value that the record behind `name` holds: `variable "db_password" { default = "…" }`,
/// `"adminPassword": { "type": "…", "defaultValue": "…" }`, a block of YAML.
fn inside(bytes: &[u8], name: &Range<usize>) -> Option<Found> {
    let quote = usize::from(matches!(bytes.get(name.end), Some(b'"' | b'\'')));
    let at = name.end + quote;
    let at = at + run(bytes, at, GAP, &BLANK);
    let (brace, link) = match bytes.get(at..)? {
        [b'{', ..] if quote > 0 => (at, b'='),
        [b':' | b'=', ..] => {
            let sign = at + 1 + usize::from(bytes.get(at + 1) == Some(&b'>'));
            (sign + run(bytes, sign, GAP, &BLANK), b':')
        }
        _ => return None,
    };
    match bytes.get(brace) {
        Some(b'{') => match fields::forward(bytes, brace + 1, bytes.len()) {
            Stop::Value(value) if link == b':' || bytes[value - 1] == b'=' => {
                value_of(bytes, value, Link::Field, false)
            }
            _ => None,
        },
        Some(b'\n' | b'\r') if link == b':' && bytes[at] == b':' => {
            let before = fields::before_key(bytes, name.start)?;
            let value = fields::below(bytes, brace, before.len())?;
            value_of(bytes, value, Link::Colon, true)
        }
        _ => None,
    }
}

/// The last word of a tag, be it its name or an attribute: `value` of `p:param-value` and of
/// `s name="A.value"`.
fn last_word(tag: &[u8]) -> Option<&[u8]> {
    let mut words = tag.rsplit(|b| b":.-\"= ".contains(b));
    words.find(|word| !word.is_empty())
}

/// Whether an element with this tag holds what another one names.
fn holds_text(tag: &[u8]) -> bool {
    let holds = |w: &[u8]| fields::holds_value(w) || w.eq_ignore_ascii_case(b"string");
    last_word(tag).is_some_and(holds)
}

/// Whether an element with this tag names what another one holds.
fn names_text(tag: &[u8]) -> bool {
    last_word(tag).is_some_and(fields::names_something)
}

/// The value of a name that is the text of an element: `<key>ApiKey</key> <string>…</string>`.
fn element(bytes: &[u8], name: &Range<usize>) -> Option<Found> {
    let close = bytes.get(name.end..)?;
    if !close.starts_with(b"</") {
        return None;
    }
    let floor = name.start.saturating_sub(2 * GAP);
    let open = memchr::memrchr(b'<', &bytes[floor..name.start])?;
    let tag = &bytes[floor + open + 1..name.start - 1];
    if !names_text(tag) {
        return None;
    }
    let end = name.end + 2 + run(bytes, name.end + 2, GAP, &WORD.or(ByteSet::of(b".:-")));
    if bytes.get(end) != Some(&b'>') {
        return None;
    }
    // In a property list, the value stands behind its key.
    let either = tag != b"key";
    let after = sibling(bytes, end + 1, holds_text);
    after.or_else(|| either.then(|| sibling_before(bytes, floor + open))?)
}

/// The text of the first element from `at` on for whose tag `wanted` holds. The elements before
/// it hold text only.
fn sibling(bytes: &[u8], at: usize, wanted: fn(&[u8]) -> bool) -> Option<Found> {
    let mut at = at;
    for _ in 0..ELEMENTS {
        at += run(bytes, at, 2 * GAP, &WHITE);
        let rest = bytes.get(at..bytes.len().min(at + 2 * GAP))?;
        let end = rest.iter().position(|b| *b == b'>')?;
        let tag = rest[..end]
            .strip_prefix(b"<")
            .filter(|tag| !tag.starts_with(b"/"))?;
        if wanted(tag) {
            return element_at(bytes, at + end + 1);
        }
        // Behind its end tag.
        let text = at + end + 1;
        let near = bytes.get(text..bytes.len().min(text + 4 * GAP))?;
        let close = near.iter().position(|b| *b == b'<')?;
        near[close..].starts_with(b"</").then_some(())?;
        at = text + close + 1 + near[close..].iter().position(|b| *b == b'>')?;
    }
    None
}

/// The text of an element that holds the value and ends before the one at `at`, with others
/// that hold text between them.
fn sibling_before(bytes: &[u8], at: usize) -> Option<Found> {
    let mut end = at;
    for _ in 0..ELEMENTS {
        let floor = end.saturating_sub(4 * GAP);
        let before = bytes[floor..end].trim_ascii_end().strip_suffix(b">")?;
        let close = memchr::memrchr(b'<', before).filter(|i| before[i + 1..].starts_with(b"/"))?;
        let start = memchr::memrchr(b'<', &before[..close])?;
        let tag_end = start + before[start..close].iter().position(|b| *b == b'>')?;
        if holds_text(&before[start + 1..tag_end]) {
            return element_at(bytes, floor + tag_end + 1);
        }
        end = floor + start;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Option<&str> {
        let at = text.find("password")?;
        read(text.as_bytes(), &(at..at + 8)).map(|(_, found)| &text[found.span])
    }

    #[test]
    fn fields_apart_from_their_name_are_read() {
        for text in [
            r#"{"name": "password", "type": "text", "value": "sample-1"}"#,
            "{\n  \"value\": \"sample-1\",\n  \"name\": \"password\"\n}",
            "{ key: 'password', id: {a: 1}, value: 'sample-1' }",
            "- name: password\n  value: sample-1\n",
            "- value: 'sample-1'\n  # why\n  name: password\n",
            "env {\n  name = \"password\"\n  value = \"sample-1\"\n}",
            "variable \"password\" {\n  type = string\n  default = \"sample-1\"\n}",
            "\"password\": {\"type\": \"a\", \"defaultValue\": \"sample-1\"}",
            "password:\n  Type: String\n  Default: sample-1\n",
            "EnvVar(name=\"password\", value=\"sample-1\")",
            "['name' => 'password', 'value' => 'sample-1']",
            "<add key=\"password\"\n   value=\"sample-1\" />",
            "<input value=\"sample-1\" name=\"password\" type=\"x\">",
            "<key>password</key>\n<string>sample-1</string>",
            "<name>password</name>\n<description>a b</description>\n<value>sample-1</value>",
            "<param-value>sample-1</param-value><param-name>password</param-name>",
            "<p name=\"password\">\n  <value>sample-1</value>\n</p>",
            "<p name=\"password\" a=\"b\"><![CDATA[sample-1]]></p>",
            "<s name=\"A.name\">password</s><s name=\"A.value\">sample-1</s>",
            "ParameterKey=password,ParameterValue=sample-1",
            ".option('password', { type: 'a', default: 'sample-1' })",
        ] {
            assert_eq!(value(text), Some("sample-1"), "{text}");
        }
    }

    #[test]
    fn fields_of_other_records_are_not_read() {
        for text in [
            r#"[{"name": "password"}, {"name": "b", "value": "sample-1"}]"#,
            "- name: password\n- name: b\n  value: sample-1\n",
            "- value: sample-1\n- name: password\n",
            "{ name: 'password', of: { value: 'sample-1' } }",
            "<key>password</key><array><string>sample-1</string></array>",
            "{ name: 'password', value: sample1 }",
            "{ label: 'password', value: 'sample-1' }",
            "name: password\n\nvalue: sample-1",
            "f(name=\"password\"); g(value=\"sample-1\")",
        ] {
            let expected = text.starts_with("name:").then_some("sample-1");
            assert_eq!(value(text), expected, "{text}");
        }
    }
}
