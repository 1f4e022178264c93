//! Finds the field that holds a value among the fields of a record, in any order: the keys of
//! an object, the arguments of a call, the attributes of a tag, the lines of a block.

use super::bytes::{BLANK, GAP, line_start, run};
use super::strings::quoted_at;
use crate::detect::forms::yaml::Line;
use crate::rules::class::{ByteSet, WORD};

/// How far the fields of a record are read, to either side.
const SIDE: usize = 640;
/// The bytes of the name of a field.
const FIELD: ByteSet = WORD.or(ByteSet::of(b"-."));

/// Names of fields that hold the value of what another field names, in lower case.
const VALUES: &[&[u8]] = &[
    b"value",
    b"val",
    b"default",
    b"defaultvalue",
    b"default_value",
    b"initialvalue",
    b"initial_value",
    b"currentvalue",
    b"current_value",
    b"parametervalue",
    b"option_value",
    b"settingvalue",
    b"headervalue",
    b"plaintextvalue",
    b"secretvalue",
];

/// Names of fields that name what another field holds, in lower case.
const NAMES: &[&[u8]] = &[
    b"name",
    b"key",
    b"variable",
    b"variablename",
    b"var",
    b"varname",
    b"env",
    b"header",
    b"headername",
    b"parameter",
    b"parametername",
    b"parameterkey",
    b"param",
    b"option",
    b"option_name",
    b"optionname",
    b"setting",
    b"settingname",
    b"field",
    b"attribute",
    b"property",
    b"propertyname",
    b"config_key",
    b"secret_name",
    b"secretname",
];

/// Whether `text` is one of `names`, in any case.
fn is_one(text: &[u8], names: &[&[u8]]) -> bool {
    names.iter().any(|name| text.eq_ignore_ascii_case(name))
}

/// Whether a field of this name names what another one holds.
pub(super) fn names_something(field: &[u8]) -> bool {
    is_one(field, NAMES)
}

/// Whether a field of this name holds the value.
pub(super) fn holds_value(field: &[u8]) -> bool {
    is_one(field, VALUES)
}

/// What ended the search for a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// Here the value may begin.
    Value(usize),
    /// The record ended here, or the search.
    End(usize),
}

/// Looks for the field that holds the value, from `at` on, in the record that is open there.
pub(super) fn forward(bytes: &[u8], at: usize, limit: usize) -> Stop {
    let limit = bytes.len().min(limit).min(at + SIDE);
    let mut depth = 0usize;
    let mut at = at;
    while at < limit {
        let byte = bytes[at];
        match byte {
            b'"' | b'\'' | b'\\' => {
                let Some(found) = quoted_at(&bytes[..limit], at) else {
                    // A string that does not end on its line is none.
                    at += 1;
                    continue;
                };
                if depth == 0
                    && holds_value(&bytes[found.span])
                    && let Some(value) = link_at(bytes, found.end)
                {
                    return Stop::Value(value);
                }
                at = found.end;
            }
            b'{' | b'[' | b'(' => {
                depth += 1;
                at += 1;
            }
            b'}' | b']' | b')' => {
                let Some(less) = depth.checked_sub(1) else {
                    return Stop::End(at);
                };
                depth = less;
                at += 1;
            }
            b'<' if depth == 0 => return Stop::End(at),
            b'>' if depth == 0 && !b"=-".contains(&bytes[at - 1]) => return Stop::End(at),
            b';' if depth == 0 => return Stop::End(at),
            b'\n' if depth == 0 && ends_block(bytes, at) => return Stop::End(at),
            _ if WORD.has(byte) => {
                let end = at + run(bytes, at, GAP, &FIELD);
                if depth == 0
                    && holds_value(&bytes[at..end])
                    && let Some(value) = link_at(bytes, end)
                {
                    return Stop::Value(value);
                }
                at = end;
            }
            _ => at += 1,
        }
    }
    Stop::End(limit)
}

/// Where the record begins in which the field at `at` stands: behind the bracket that opens it.
pub(super) fn opened(bytes: &[u8], at: usize) -> Option<usize> {
    let floor = at.saturating_sub(SIDE);
    let mut depth = 0usize;
    let mut at = at;
    while at > floor {
        at -= 1;
        match bytes[at] {
            quote @ (b'"' | b'\'') => {
                let opens = memchr::memrchr2(quote, b'\n', &bytes[floor..at]).map(|i| floor + i);
                at = opens.filter(|i| bytes[*i] == quote).unwrap_or(at);
            }
            b'}' | b']' | b')' => depth += 1,
            b'{' | b'[' | b'(' => {
                let Some(less) = depth.checked_sub(1) else {
                    return Some(at + 1);
                };
                depth = less;
            }
            b'<' if depth == 0 => return Some(at + 1),
            b'>' if depth == 0 && !(at > 0 && b"=-".contains(&bytes[at - 1])) => return None,
            b';' if depth == 0 => return None,
            b'\n' if depth == 0 && ends_block(bytes, at) => return None,
            _ => {}
        }
    }
    None
}

/// Whether an empty line follows the newline at `at`, or one that begins a table of TOML.
fn ends_block(bytes: &[u8], at: usize) -> bool {
    let next = at + 1 + run(bytes, at + 1, GAP, &BLANK);
    match bytes.get(next) {
        Some(b'[') => next == at + 1,
        Some(b'\n' | b'\r') => true,
        _ => false,
    }
}

/// Where the value may begin behind the name of a field that ends at `at`.
fn link_at(bytes: &[u8], at: usize) -> Option<usize> {
    let at = at + run(bytes, at, GAP, &BLANK);
    match bytes.get(at..)? {
        [b'=', b'>', ..] => Some(at + 2),
        [b'=', b'=', ..] => None,
        [b'=' | b':', ..] => Some(at + 1),
        _ => None,
    }
}

/// What stands before the name at `at` on its line, if that is the key of an entry of YAML: blanks,
/// dashes and a quote.
pub(super) fn before_key(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let before = &bytes[line_start(bytes, at, GAP)?..at];
    before
        .iter()
        .all(|b| b" -\"'".contains(b))
        .then_some(before)
}

/// Whether a line of YAML holds more than a comment.
pub(super) fn is_filled(line: &Line<'_>) -> bool {
    let text = line.text.trim_ascii_end();
    !text.is_empty() && !text.starts_with(b"#")
}

/// Where the value begins in `line`, if its key says that it holds one.
fn value_in(bytes: &[u8], line: &Line<'_>) -> Option<usize> {
    let quoted = matches!(line.text.first(), Some(b'"' | b'\''));
    let from = line.key() + usize::from(quoted);
    let end = from + run(bytes, from, GAP, &FIELD);
    let colon = end + usize::from(quoted);
    let is_key = bytes.get(colon) == Some(&b':');
    (is_key && holds_value(&bytes[from..end])).then_some(colon + 1)
}

/// Where the value begins in a line of the block of YAML in which a field begins at `field`,
/// on either side of it.
pub(super) fn beside(bytes: &[u8], field: usize) -> Option<usize> {
    let floor = field.saturating_sub(SIDE);
    let start = line_start(bytes, field, SIDE)?;
    let limit = bytes.len().min(field + SIDE);
    let own = Line::at(bytes, start, limit);
    if own.key() != field || !is_filled(&own) {
        return None;
    }
    let below = in_lines(bytes, own.span.end + 1, own.column, limit);
    if below.is_some() {
        return below;
    }
    let mut first = own.dash.is_some();
    let mut at = start;
    while !first && at > floor {
        at = line_start(bytes, at - 1, at - 1 - floor)?;
        let line = Line::at(bytes, at, limit);
        if !is_filled(&line) {
            continue;
        }
        if line.column < own.column {
            return None;
        }
        if line.column == own.column {
            if let Some(value) = value_in(bytes, &line) {
                return Some(value);
            }
            first = line.dash.is_some();
        }
    }
    None
}

/// Where the value begins in one of the lines from `at` on that have this column.
fn in_lines(bytes: &[u8], at: usize, column: usize, limit: usize) -> Option<usize> {
    let mut at = at;
    while at < limit {
        let line = Line::at(bytes, at, limit);
        at = line.span.end + 1;
        if !is_filled(&line) {
            continue;
        }
        let next_item = line.dash.is_some() && line.column <= column;
        if line.column < column || next_item {
            return None;
        }
        if line.column == column
            && let Some(value) = value_in(bytes, &line)
        {
            return Some(value);
        }
    }
    None
}

/// Where the value begins in the block of YAML below the line in which a key ends at `at`;
/// the key has the column `column`.
pub(super) fn below(bytes: &[u8], at: usize, column: usize) -> Option<usize> {
    let limit = bytes.len().min(at + SIDE);
    let newline = memchr::memchr(b'\n', bytes.get(at..limit)?)?;
    if !bytes[at..at + newline].trim_ascii().is_empty() {
        return None;
    }
    let first = at + newline + 1;
    let line = Line::at(bytes, first, limit);
    let deeper = line.column > column && line.dash.is_none();
    (deeper && is_filled(&line)).then(|| in_lines(bytes, first, line.column, limit))?
}
