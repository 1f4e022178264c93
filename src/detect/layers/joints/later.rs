//! Strings that a program gathers first and joins later: one call for each piece, and lists with
//! names.

use std::ops::Range;

use super::lexer::{Str, Text};
use super::terms::{Part, Value};
use crate::rules::class::WORD;

/// Methods that append their only argument to what they are called on.
const APPEND: [&[u8]; 2] = [b".append(", b".Append("];
/// The most pieces.
const PIECES: usize = 64;
/// How many places of a name are looked at.
const PLACES: usize = 16;
/// What joins the list whose name stands behind it, with nothing between the items.
const BEFORE: [&[u8]; 8] = [
    b"\"\".join(",
    b"''.join(",
    b"join(\"\",",
    b"join('',",
    b"implode('',",
    b"implode(\"\",",
    b"Join(\"\",",
    b"joinToString(\"\",",
];
/// What joins the list whose name stands before it.
const BEHIND: [&[u8]; 8] = [
    b".join(\"\")",
    b".join('')",
    b".join(``)",
    b".joined()",
    b".joinToString(\"\")",
    b".mkString",
    b" -join ''",
    b" -join \"\"",
];

impl Text<'_> {
    /// The text that calls in a row append, from `string` on: `s.append("a"); s.append("b");`.
    pub(super) fn calls_in_a_row(&self, string: &Str) -> Option<Vec<Part>> {
        let open = string.open;
        let before = self.bytes.get(self.floor.min(open)..open)?;
        let call = APPEND.iter().find(|call| before.ends_with(call))?;
        let name = &before[..before.len() - call.len()];
        let len = name.iter().rev().take_while(|b| WORD.has(**b)).count();
        let head = &before[before.len() - call.len() - len..];
        let mut parts = vec![Part::here(string.text.clone())];
        let mut after = string.after;
        while len > 0 && parts.len() < PIECES {
            let close = self.skip(after);
            if self.byte(close) != Some(b')') {
                break;
            }
            let end = self.skip(close + 1);
            let next = match self.byte(end) {
                Some(b';') => self.skip(end + 1),
                _ => end,
            };
            if !self.rest(next).starts_with(head) {
                break;
            }
            let Some(string) = self.string(self.skip(next + head.len())) else {
                break;
            };
            parts.push(Part::here(string.text.clone()));
            after = string.after;
        }
        (parts.len() > 1).then_some(parts)
    }

    /// The text of the list in which `string` stands, if it is joined where its name stands later on,
    /// or as templates do it: `!Join ["", ["a", "b"]]`.
    pub(super) fn list_joined_later(&self, string: &Str) -> Option<Vec<Part>> {
        let open = *self.brackets(string.open).first()?;
        let head = self.head(open);
        let list = || {
            let list = self.expression(head).or_else(|| self.expression(open))?;
            list.list()
        };
        if self.is_joined_by_template(open) {
            return list().map(Value::parts);
        }
        let word = &self.bytes[self.name_before(head)?];
        let joined_behind = |from: usize, places: usize| {
            let mut uses = memchr::memmem::find_iter(self.rest(from), word).take(places);
            uses.any(|at| self.joins_name(from + at..from + at + word.len()))
        };
        // Few lists are, and to read one takes much longer.
        if !joined_behind(open, usize::MAX) {
            return None;
        }
        let value = list()?;
        joined_behind(value.end, PLACES).then(|| value.parts())
    }

    /// Whether the list with the name at `range` is joined there, with nothing between its items.
    fn joins_name(&self, range: Range<usize>) -> bool {
        let Some(before) = self.bytes.get(self.floor..range.start) else {
            return false;
        };
        if before.last().is_some_and(|b| WORD.has(*b)) {
            return false;
        }
        let before = before
            .strip_suffix(b"$")
            .or(before.strip_suffix(b"@"))
            .unwrap_or(before);
        let before = before.trim_ascii_end();
        let behind = self.rest(range.end);
        let ends = behind.first().is_none_or(|b| !WORD.has(*b));
        let from_left = BEFORE.iter().any(|call| before.ends_with(call));
        // `strings.Join(p, "")`
        let empty = behind.starts_with(b", \"\")") || behind.starts_with(b",\"\")");
        let from_left = from_left || empty && before.ends_with(b"oin(");
        ends && (from_left || BEHIND.iter().any(|call| behind.starts_with(call)))
    }

    /// Whether the list that opens at `open` stands behind an empty string and `Join`.
    fn is_joined_by_template(&self, open: usize) -> bool {
        const FAR: usize = 32;
        let floor = open.saturating_sub(FAR).max(self.floor);
        let before = self.bytes.get(floor..open).unwrap_or_default();
        let before = before.trim_ascii_end().strip_suffix(b",").unwrap_or(b"");
        let before = before.trim_ascii_end();
        let empty = before.strip_suffix(b"\"\"").or(before.strip_suffix(b"''"));
        let outer = empty.and_then(|before| before.trim_ascii_end().strip_suffix(b"["));
        outer.is_some_and(|before| {
            let signs = before
                .iter()
                .rev()
                .take_while(|b| b" \t\r\n:\"'".contains(b));
            before[..before.len() - signs.count()].ends_with(b"Join")
        })
    }
}

impl Value {
    /// This value, if it is a list.
    fn list(self) -> Option<Self> {
        self.is_list().then_some(self)
    }
}
