//! Names of strings: what a name stands for, and where a string with a name is used.

use std::ops::Range;

use super::lexer::{QUOTES, Str, Text};
use super::terms::{Part, Value};
use crate::rules::class::WORD;

/// How many places of a name are looked at.
const PLACES: usize = 24;

impl Text<'_> {
    /// The string that was assigned to `name` last, before it stands there.
    pub(super) fn resolve(&self, name: &Range<usize>) -> Option<Str> {
        let left = self.lookups.get().checked_sub(1)?;
        self.lookups.set(left);
        let word = &self.bytes[name.clone()];
        let before = self.bytes.get(self.floor..name.start)?;
        let finder = memchr::memmem::FinderRev::new(word);
        for at in finder.rfind_iter(before).take(PLACES) {
            let at = self.floor + at;
            if !self.is_name(at..at + word.len()) {
                continue;
            }
            if let Some(value) = self.assigned_at(at, at + word.len()) {
                // Something else than a string, and what it was before is gone.
                return self
                    .string(value)
                    .filter(|string| string.after <= name.start);
            }
        }
        None
    }

    /// Whether a name stands at `range`, and not a part of a longer one.
    fn is_name(&self, range: Range<usize>) -> bool {
        let before = range.start.checked_sub(1).map(|i| self.bytes[i]);
        let after = self.byte(range.end);
        before.is_none_or(|b| !WORD.has(b) && b != b'.') && after.is_none_or(|b| !WORD.has(b))
    }

    /// Where the value stands that is assigned to the name that begins at `at` and ends at `end`.
    fn assigned_at(&self, at: usize, end: usize) -> Option<usize> {
        const TYPE: usize = 48;
        let blanks = |at: usize| {
            at + self
                .rest(at)
                .iter()
                .take_while(|b| b" \t".contains(b))
                .count()
        };
        let mut to = blanks(end);
        // `#define A "x"`
        let before = &self.bytes[at.saturating_sub(12)..at];
        let defines = before.trim_ascii_end().ends_with(b"#define") || before.ends_with(b"const ");
        if defines && self.byte(to).is_some_and(|b| QUOTES.has(b)) {
            return Some(to);
        }
        if self.byte(to) == Some(b'[') {
            let close = self.rest(to).iter().take(8).position(|b| *b == b']')?;
            to = blanks(to + close + 1);
        }
        // Types: `a: &'static str =`, `a string =`.
        let rest = self.rest(to);
        if rest
            .first()
            .is_some_and(|b| *b == b':' || b.is_ascii_alphabetic())
            && !rest.starts_with(b":=")
        {
            let len = rest
                .iter()
                .take(TYPE)
                .take_while(|b| WORD.has(**b) || b" :&'<>[]*|?.".contains(b))
                .count();
            to += len;
        }
        let value = match self.rest(to) {
            [b'=', next, ..] if !b"=>~".contains(next) => to + 1,
            [b':', b'=', ..] | [b'<', b'-', ..] | [b'?', b'=', ..] => to + 2,
            _ => return None,
        };
        Some(blanks(value))
    }

    /// The name to which what begins at `open` is assigned.
    pub(super) fn name_before(&self, open: usize) -> Option<Range<usize>> {
        const FAR: usize = 128;
        let floor = open.saturating_sub(FAR).max(self.floor).min(open);
        let before = &self.bytes[floor..open];
        let line = memchr::memrchr(b'\n', before).map_or(0, |i| i + 1);
        let text = before[line..].trim_ascii_end();
        let text = text.strip_suffix(b"=").or(text.strip_suffix(b"<-"))?;
        if text.last().is_some_and(|b| b"=!<>+-.*/%&|^~".contains(b)) {
            return None;
        }
        let text = text.strip_suffix(b":").unwrap_or(text).trim_ascii_end();
        // `a: str`, `char a[]`
        let from = text
            .iter()
            .rposition(|b| b";{(,".contains(b))
            .map_or(0, |i| i + 1);
        let own = &text[from..];
        let typed = own
            .iter()
            .position(|b| *b == b':')
            .filter(|at| own.get(at + 1) != Some(&b':'));
        let own = &own[..typed.unwrap_or(own.len())];
        let own = match own.last() {
            Some(b']') => &own[..memchr::memrchr(b'[', own)?],
            _ => own,
        };
        let own = own.trim_ascii_end();
        let end = floor + line + from + own.len();
        let len = own.iter().rev().take_while(|b| WORD.has(**b)).count();
        // `string` of Go: `var a string = "x"`.
        if &own[own.len() - len..] == b"string" && own[..own.len() - len].ends_with(b" ") {
            let rest = own[..own.len() - len].trim_ascii_end();
            let len = rest.iter().rev().take_while(|b| WORD.has(**b)).count();
            let end = floor + line + from + rest.len();
            return (len > 0).then(|| end - len..end);
        }
        (len > 0).then(|| end - len..end)
    }

    /// The text that a string with a name is made a part of later on.
    pub(super) fn use_of(&self, string: &Str) -> Option<Vec<Part>> {
        let name = self.name_before(string.open)?;
        let word = &self.bytes[name];
        let own = Part {
            text: Some(string.text.clone()),
            place: string.text.clone(),
        };
        let mut appended = vec![own];
        let from = string.after;
        let finder = memchr::memmem::Finder::new(word);
        for at in finder.find_iter(self.rest(from)).take(PLACES) {
            let at = from + at;
            let end = at + word.len();
            if !self.is_name(at..end) {
                continue;
            }
            let sign = self.skip(end);
            let appends: [&[u8]; 5] = [b"+=", b".=", b"<<", b"&=", b"..="];
            if let Some(sign_text) = appends.iter().find(|s| self.rest(sign).starts_with(s)) {
                let Some(value) = self.expression(self.skip(sign + sign_text.len())) else {
                    break;
                };
                appended.extend(value.parts());
                continue;
            }
            let append: [&[u8]; 3] = [b".append(", b".push_str(", b".concat("];
            if let Some(call) = append.iter().find(|s| self.rest(end).starts_with(s)) {
                let Some(value) = self.expression(self.skip(end + call.len())) else {
                    break;
                };
                appended.extend(value.parts());
                continue;
            }
            if let Some(value) = self.assigned_at(at, end) {
                // `a = a + "b"`
                let sigil = usize::from(self.byte(value).is_some_and(|b| b"$@".contains(&b)));
                let again = self.rest(value + sigil).starts_with(word);
                let next = self
                    .joined_with(value + sigil + word.len())
                    .filter(|_| again);
                let Some(value) = next.and_then(|next| self.expression(next)) else {
                    break;
                };
                appended.extend(value.parts());
                continue;
            }
            if appended.len() > 1 {
                break;
            }
            if let Some(parts) = self.used_at(at..end, string) {
                return Some(parts);
            }
        }
        (appended.len() > 1).then_some(appended)
    }

    /// The text of which the name at `range` is a part, from that part on.
    fn used_at(&self, range: Range<usize>, string: &Str) -> Option<Vec<Part>> {
        let sigil = usize::from(
            self.byte(range.start.wrapping_sub(1))
                .is_some_and(|b| b"$@".contains(&b)),
        );
        let start = range.start - sigil;
        let own = |value: Value| {
            let parts = value.parts();
            let at = parts
                .iter()
                .position(|part| part.text.as_ref() == Some(&string.text))?;
            let mut parts = parts[at..].to_vec();
            // The string stands where the name got it, and the others are no part of that place.
            let behind = string.text.end;
            parts
                .iter_mut()
                .for_each(|part| part.place = behind..behind);
            parts.first_mut()?.place = string.text.clone();
            (parts.len() > 1).then_some(parts)
        };
        // The name in a string, or as the first operand.
        let before = self.bytes.get(start.wrapping_sub(1)).copied();
        let swift = self.bytes[..start].ends_with(b"\\(");
        let in_string = before.is_some_and(|b| b == b'{' || QUOTES.has(b)) || sigil > 0 || swift;
        if in_string {
            let around = self.string_around(start);
            if let Some(parts) = around.and_then(|s| self.expression(s.open)).and_then(own) {
                return Some(parts);
            }
        }
        let joined = self.joined_with(range.end);
        let row = joined.and_then(|_| self.expression(start)).and_then(own);
        if row.is_some() {
            return row;
        }
        let mut brackets = self.brackets(start).into_iter();
        brackets.find_map(|bracket| own(self.around_bracket(bracket)?.1))
    }
}
