//! Names of strings: what a name stands for, and where a string with a name is used.

use std::ops::Range;

use super::lexer::{PREFIX, QUOTES, Str, Text, is_prefix, member, owner};
use super::plain::from_own;
use super::terms::{Part, Value};
use crate::rules::class::WORD;

/// How many places of a name are looked at.
const PLACES: usize = 24;
/// How far behind the sign of an assignment a call opens.
const CALL: usize = 32;

/// The last places of `word` in `text`, the last one first.
fn last_places(text: &[u8], word: &[u8]) -> impl Iterator<Item = usize> {
    /// Shorter names stand in many words, and the last ones of these are near.
    const SHORT: usize = 3;
    let (mut places, mut count) = ([0; PLACES], 0);
    let mut add = |at| {
        places[count % PLACES] = at;
        count += 1;
    };
    match word.len() < SHORT {
        true => {
            let finder = memchr::memmem::FinderRev::new(word);
            let mut last = [0; PLACES];
            let found = last.iter_mut().zip(finder.rfind_iter(text));
            let found = found.map(|(place, at)| *place = at).count();
            last[..found].iter().rev().for_each(|at| add(*at));
        }
        // A search from the left is several times as fast.
        false => memchr::memmem::find_iter(text, word).for_each(add),
    }
    (0..count.min(PLACES)).map(move |back| places[(count - 1 - back) % PLACES])
}

impl Text<'_> {
    /// The string that was assigned to `name` last, before it stands there.
    pub(super) fn resolve(&self, name: &Range<usize>) -> Option<Str> {
        let left = self.lookups.get().checked_sub(1)?;
        self.lookups.set(left);
        let word = &self.bytes[name.clone()];
        // A member may be assigned with what it is a member of, or without.
        let owned = member(word);
        let word = owned.unwrap_or(word);
        let before = self.bytes.get(self.floor..name.start)?;
        if !self.assigns() {
            return None;
        }
        for at in last_places(before, word) {
            let at = self.floor + at;
            let place = at..at + word.len();
            if !self.is_name(place.clone()) {
                continue;
            }
            if let Some(value) = self.assigned_at(at, place.end) {
                // Something else than a string, and what it was before is gone.
                return self
                    .wrapped(value)
                    .filter(|string| string.after <= name.start)
                    .filter(|_| owned.is_some() || !self.leaves_scope(at, name.start));
            }
            if self.is_parameter(&place) {
                return None;
            }
        }
        None
    }

    /// Whether any string of this text may be assigned to a name. In most programs strings are
    /// arguments, and each search for a name would be in vain.
    fn assigns(&self) -> bool {
        if let Some(known) = self.assigns.get() {
            return known;
        }
        let text = self.rest(self.floor);
        let mut quotes = memchr::memchr3_iter(b'"', b'\'', b'`', text);
        let assigns = quotes.any(|quote| may_be_assigned(&self.bytes[..self.floor + quote]));
        self.assigns.set(Some(assigns));
        assigns
    }

    /// Whether a name stands at `range`, and not a part of a longer one.
    fn is_name(&self, range: Range<usize>) -> bool {
        let before = range.start.checked_sub(1).map(|i| self.bytes[i]);
        let after = self.byte(range.end);
        before.is_none_or(|b| !WORD.has(b) && (b != b'.' || self.is_member(range.start)))
            && after.is_none_or(|b| !WORD.has(b))
    }

    /// Whether the name at `at` stands behind an object or a class and a dot.
    fn is_member(&self, at: usize) -> bool {
        self.owner(at) > 0
    }

    /// The length of these.
    fn owner(&self, at: usize) -> usize {
        const FAR: usize = 12;
        owner(&self.bytes[at.saturating_sub(FAR)..at]).unwrap_or(0)
    }

    /// The string at `at`, or in a call there that makes a text of it: `String::from("a")`.
    fn wrapped(&self, at: usize) -> Option<Str> {
        self.string(at).or_else(|| {
            let rest = self.rest(at);
            let open = rest.iter().take(CALL).position(|b| *b == b'(')?;
            let string = self.string(at + open + 1)?;
            is_wrapper(&rest[..open]).then_some(string)
        })
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
        if defines(&self.bytes[..at]) && self.byte(to).is_some_and(|b| QUOTES.has(b)) {
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
                .take_while(|b| WORD.has(**b) || b" :&'<>[]*|?.()".contains(b))
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
        // `String::from("a")`
        let call = text.strip_suffix(b"(").map(|text| {
            let is_head = |b: &&u8| WORD.has(**b) || b":.".contains(b);
            let len = text.iter().rev().take_while(is_head).count();
            text.split_at(text.len() - len)
        });
        let text = match call {
            Some((text, word)) if is_wrapper(word) => {
                let text = text.trim_ascii_end();
                text.strip_suffix(b"new").unwrap_or(text).trim_ascii_end()
            }
            Some(_) => return None,
            None => text,
        };
        let text = text.strip_suffix(b"=").or(text.strip_suffix(b"<-"))?;
        // `a += "b"`
        let adds: [&[u8]; 4] = [b" +", b" ..", b" .", b" &"];
        let text = adds
            .iter()
            .find_map(|add| text.strip_suffix(*add))
            .unwrap_or(text);
        if text.last().is_some_and(|b| b"=!<>+-.*/%&|^~".contains(b)) {
            return None;
        }
        let text = text.strip_suffix(b":").unwrap_or(text).trim_ascii_end();
        // `a varchar(40)`
        let text = match text.last() {
            Some(b')') => &text[..memchr::memrchr(b'(', text)?],
            _ => text,
        };
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
        let own = without_type(own.trim_ascii_end());
        let end = floor + line + from + own.len();
        let len = own.iter().rev().take_while(|b| WORD.has(**b)).count();
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
            if self.leaves_scope(string.open, at) && !self.is_member(at) {
                break;
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
        let range = range.start - self.owner(range.start)..range.end;
        let sigil = usize::from(
            self.byte(range.start.wrapping_sub(1))
                .is_some_and(|b| b"$@".contains(&b)),
        );
        let start = range.start - sigil;
        let own = |value: Value| from_own(value.parts(), &string.text);
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
        let around = brackets.find_map(|bracket| own(self.around_bracket(bracket)?.1));
        around.or_else(|| from_own(self.word_of_names(range)?, &string.text))
    }
}

/// Whether a name without a sign is defined behind `before`: `#define A "x"`.
fn defines(before: &[u8]) -> bool {
    let near = &before[before.len().saturating_sub(12)..];
    let word = near.trim_ascii_end();
    match word.last() {
        Some(b'e') => word.ends_with(b"#define"),
        Some(b't') => near.ends_with(b"const "),
        _ => false,
    }
}

/// Whether the string whose quote stands behind `before` may be [assigned](Text::assigned_at) to a
/// name, as it stands or in a [call](Text::wrapped).
fn may_be_assigned(before: &[u8]) -> bool {
    let without_blanks = |text: &[u8]| {
        let blanks = text.iter().rev().take_while(|b| b" \t".contains(b));
        text.len() - blanks.count()
    };
    let name = &before[..without_blanks(before)];
    let len = name.iter().rev().take_while(|b| WORD.has(**b)).count();
    if len > 0 && len < name.len() && defines(&name[..name.len() - len]) {
        return true;
    }
    let signs = before.iter().rev().take(PREFIX);
    let signs = signs.take_while(|sign| is_prefix(**sign)).count();
    (0..=signs).any(|signs| {
        let before = &before[..before.len() - signs];
        match before.strip_suffix(b"(") {
            Some(call) => is_wrapper(&call[call.len().saturating_sub(CALL)..]),
            None => matches!(
                before[..without_blanks(before)],
                [.., b'='] | [.., b'<', b'-']
            ),
        }
    })
}

/// A declaration without the type behind its name: `a string`, `a As String`, `@a nvarchar(40)`.
fn without_type(own: &[u8]) -> &[u8] {
    const TYPES: [&[u8]; 8] = [
        b"string",
        b"varchar",
        b"varchar2",
        b"nvarchar",
        b"char",
        b"text",
        b"clob",
        b"str",
    ];
    let len = own.iter().rev().take_while(|b| WORD.has(**b)).count();
    let (rest, word) = own.split_at(own.len() - len);
    let is_type = TYPES.iter().any(|known| word.eq_ignore_ascii_case(known));
    if !is_type || !rest.ends_with(b" ") {
        return own;
    }
    let rest = rest.trim_ascii_end();
    rest.strip_suffix(b" As")
        .map_or(rest, <[u8]>::trim_ascii_end)
}

/// Whether a call of `word` makes a text of a string.
pub(super) fn is_wrapper(word: &[u8]) -> bool {
    const WORDS: [&[u8]; 7] = [
        b"string",
        b"stringbuilder",
        b"stringbuffer",
        b"str",
        b"bytearray",
        b"strdup",
        b"bytes",
    ];
    // The last letters of all of them.
    if !word.last().is_some_and(|b| b"grypsmGRYPS".contains(b)) {
        return false;
    }
    let last = word.iter().rev().take_while(|b| WORD.has(**b)).count();
    let last = &word[word.len() - last..];
    word.ends_with(b"String::from") || WORDS.iter().any(|known| last.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::mint::Rng;

    #[test]
    fn the_last_places_of_a_name_are_those_from_the_right() {
        let mut rng = Rng::new(3);
        for _ in 0..400 {
            let text: Vec<u8> = (0..48).map(|_| b"ab, "[rng.below(4)]).collect();
            for word in [&b"a"[..], b"ab", b"aba", b"bab,", b"abb a"] {
                let finder = memchr::memmem::FinderRev::new(word);
                let name = |at: &usize| {
                    let alone = |at: Option<&u8>| at.is_none_or(|b| !b.is_ascii_alphabetic());
                    let before = at.checked_sub(1).and_then(|at| text.get(at));
                    alone(before) && alone(text.get(at + word.len()))
                };
                let wanted: Vec<usize> = finder.rfind_iter(&text).filter(name).collect();
                let found: Vec<usize> = last_places(&text, word).filter(name).collect();
                assert!(finder.rfind_iter(&text).count() <= PLACES);
                assert_eq!(found, wanted, "{word:?}");
            }
        }
    }
}
