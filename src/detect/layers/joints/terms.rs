//! Expressions of programs that make one text of several strings.

use std::ops::Range;

use super::lexer::{QUOTES, Str, Text, first_of};
use crate::detect::forms::ends::gap;
use crate::rules::class::WORD;

/// How deep expressions are read that stand in brackets.
const DEPTH: usize = 4;
/// The most pieces of one value, and the most items of one list.
const PARTS: usize = 256;

/// One piece of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// Its text; None for something that is no string.
    pub(super) text: Option<Range<usize>>,
    /// Where the value has it: a string in place, or the name of one.
    pub(super) place: Range<usize>,
}

impl Part {
    pub(super) fn here(text: Range<usize>) -> Self {
        Self {
            place: text.clone(),
            text: Some(text),
        }
    }

    /// Whether the text stands where the value has it.
    pub(super) fn is_here(&self) -> bool {
        self.text.as_ref() == Some(&self.place)
    }
}

/// The text that an expression makes, or the texts of a list.
#[derive(Clone, Debug, Default)]
pub(super) struct Value {
    /// Behind the expression.
    pub(super) end: usize,
    /// Each item is a text. There is one, unless it is a list.
    pub(super) items: Vec<Vec<Part>>,
    pub(super) is_list: bool,
    /// What the expression names as an argument: `sep=""`.
    pub(super) named: Option<Range<usize>>,
}

impl Value {
    pub(super) fn text(parts: Vec<Part>, end: usize) -> Self {
        Self {
            end,
            items: vec![parts],
            ..Self::default()
        }
    }

    /// The pieces of the text, in their order.
    pub(super) fn parts(self) -> Vec<Part> {
        self.items.into_iter().flatten().collect()
    }

    /// Whether it is a list.
    pub(super) fn is_list(&self) -> bool {
        self.is_list
    }

    /// The only text.
    pub(super) fn only(&mut self) -> Option<&mut Vec<Part>> {
        self.items.first_mut().filter(|_| !self.is_list)
    }
}

impl Text<'_> {
    /// The expression at `at`, as far as it makes one text of strings.
    pub(super) fn expression(&self, at: usize) -> Option<Value> {
        self.row(at, DEPTH)
    }

    pub(super) fn row(&self, at: usize, depth: usize) -> Option<Value> {
        let mut value = self.term(at, depth)?;
        let mut terms = 0;
        while terms < PARTS {
            terms += 1;
            let end = value.end;
            let Some(parts) = value.only() else { break };
            if let Some((more, end)) = self.appended(end, depth) {
                parts.extend(more);
                value.end = end;
                continue;
            }
            if let Some((args, end)) = self.arguments_of_format(end, depth) {
                let filled = self.filled(parts, &args);
                value = Value::text(filled, end);
                continue;
            }
            if let Some(end) = self.converted(end) {
                value.end = end;
                continue;
            }
            let Some(next) = self.joined_with(end) else {
                break;
            };
            // Most are strings.
            let string = self.string(next).zip(depth.checked_sub(1));
            let term = match string {
                Some((string, depth)) if !self.joins(&string) => {
                    self.add_pieces(&string, depth, parts);
                    value.end = string.after;
                    continue;
                }
                Some((string, depth)) => self.of_string(&string, depth),
                None => self.term(next, depth),
            };
            let Some(mut term) = term else { break };
            let end = term.end;
            let Some(more) = term.only() else { break };
            parts.append(more);
            value.end = end;
        }
        Some(value)
    }

    /// Where a call ends that makes a text of the string that ends at `at`: `"a".to_string()`.
    fn converted(&self, at: usize) -> Option<usize> {
        const CALLS: &[&[u8]] = &[
            b".to_string()",
            b".to_owned()",
            b".into()",
            b".toString()",
            b".ToString()",
            b".to_s",
            b".freeze",
            b".trim()",
        ];
        let call = first_of(CALLS, self.rest(at))?;
        Some(at + call.len())
    }

    /// One operand: a string, a name, brackets, a list that is joined, a call that joins.
    fn term(&self, at: usize, depth: usize) -> Option<Value> {
        let depth = depth.checked_sub(1)?;
        if let Some(string) = self.string(at) {
            return self.of_string(&string, depth);
        }
        match self.byte(at)? {
            // `@("a", "b")` and `-join ("a", "b")` of PowerShell.
            b'@' if self.byte(at + 1) == Some(b'(') => self.term(at + 1, depth),
            b'-' if self.rest(at).starts_with(b"-join ") => {
                let list = self.term(self.skip(at + 6), depth)?;
                Some(Value::text(
                    list.items.into_iter().flatten().collect(),
                    list.end,
                ))
            }
            b'(' => {
                let (mut items, end) = self.items(at, depth)?;
                if let [_] = items[..] {
                    let one = items.pop()?;
                    return Some(Value { end, ..one });
                }
                self.list(items, end)
            }
            b'[' | b'{' => {
                // `[]string{"a", "b"}`
                let head = self.rest(at);
                if head.starts_with(b"[]") {
                    return self.call(at, depth);
                }
                // `[string]::Join("", $a)`
                let close = memchr::memchr(b']', &head[..head.len().min(24)]);
                if close.is_some_and(|close| head[close..].starts_with(b"]::")) {
                    return self.call(at, depth);
                }
                let (items, end) = self.items(at, depth)?;
                self.list(items, end)
            }
            _ => self.call(at, depth).or_else(|| self.variable(at)),
        }
    }

    /// Whether a list is joined with `string`.
    fn joins(&self, string: &Str) -> bool {
        self.rest(string.after).starts_with(b".join(")
    }

    /// A string, and what its holes are filled with. A string that a list is joined with is none
    /// of the value.
    fn of_string(&self, string: &Str, depth: usize) -> Option<Value> {
        if self.joins(string) {
            let (items, end) = self.items(string.after + 5, depth)?;
            let items = items.into_iter().flat_map(|item| item.items).collect();
            return Some(Value::text(between(items, Some(&string.text)), end));
        }
        Some(Value::text(self.pieces(string, depth), string.after))
    }

    /// The text of a string: a backslash at a line end joins two lines, and names of strings
    /// stand for these.
    pub(super) fn pieces(&self, string: &Str, depth: usize) -> Vec<Part> {
        let mut parts = Vec::new();
        self.add_pieces(string, depth, &mut parts);
        parts
    }

    /// Appends the [`pieces`](Self::pieces) of a string.
    fn add_pieces(&self, string: &Str, depth: usize, parts: &mut Vec<Part>) {
        let (mut from, mut at) = (string.text.start, string.text.start);
        while at < string.text.end {
            match self.bytes[at] {
                b'\\' if self.byte(at + 1) == Some(b'(') => {
                    match self.hole(at, string.text.end, depth) {
                        Some(hole) => at = fill(parts, from..at, hole),
                        None => {
                            at += 2;
                            continue;
                        }
                    }
                    from = at;
                }
                b'\\' | b'^' => {
                    let more = self.rest(at + 1);
                    let newline = usize::from(more.starts_with(b"\r")) + 1;
                    if more.get(newline - 1) == Some(&b'\n') {
                        parts.push(Part::here(from..at));
                        let next = at + 1 + newline;
                        let blanks = self.rest(next).iter();
                        let blanks = blanks.take_while(|b| b" \t".contains(b)).count();
                        from = (next + blanks).min(string.text.end);
                        at = from;
                        continue;
                    }
                    at += if self.bytes[at] == b'\\' { 2 } else { 1 };
                }
                b'$' | b'#' | b'{' => match self.hole(at, string.text.end, depth) {
                    Some(hole) => {
                        at = fill(parts, from..at, hole);
                        from = at;
                    }
                    None => at += 1,
                },
                _ => at += 1,
            }
        }
        parts.push(Part::here(from.min(string.text.end)..string.text.end));
    }

    /// What fills the hole at `at`: `${a}`, `#{a}`, `{a}`, `$a`, `\(a)`.
    fn hole(&self, at: usize, ceiling: usize, depth: usize) -> Option<(Vec<Part>, usize)> {
        let rest = self.rest(at);
        let opens = match rest {
            [b'$', b'{', b'{', ..] => 3,
            [b'$' | b'#', b'{', ..] | [b'\\', b'(', ..] => 2,
            // `$($a)` of PowerShell.
            [b'$', b'(', b'$', ..] | [b'{', b'{', ..] => 2,
            [b'{', ..] => 1,
            [b'$', next, ..] if next.is_ascii_alphabetic() || *next == b'_' => {
                let name = self.name(at)?;
                let string = self.resolve(&name)?;
                return Some((vec![Part::here(string.text)], name.end));
            }
            _ => return None,
        };
        let from = self.skip(at + opens);
        let first = self.byte(from)?;
        if from >= ceiling || !(WORD.has(first) || b"$@\"'".contains(&first)) {
            return None;
        }
        let value = match QUOTES.has(first) {
            true => self.row(from, depth.checked_sub(1)?)?,
            false => self.variable(from)?,
        };
        let end = self.skip(value.end);
        let close: &[u8] = match rest {
            [b'\\', ..] | [b'$', b'(', ..] => b")",
            [b'{', b'{', ..] | [b'$', b'{', b'{', ..] => b"}}",
            _ => b"}",
        };
        let closed = self.rest(end).starts_with(close) && end < ceiling;
        closed.then(|| (value.parts(), end + close.len()))
    }

    /// A name of a string.
    fn variable(&self, at: usize) -> Option<Value> {
        let name = self.name(at)?;
        let string = self.resolve(&name)?;
        let part = Part {
            text: Some(string.text),
            place: at..name.end,
        };
        Some(Value::text(vec![part], name.end))
    }

    /// The items between the brackets of which the first stands at `at`, and where they end.
    pub(super) fn items(&self, at: usize, depth: usize) -> Option<(Vec<Value>, usize)> {
        let mut items = Vec::new();
        let mut at = self.skip(at + 1);
        loop {
            match self.byte(at)? {
                b')' | b']' | b'}' => return Some((items, at + 1)),
                b',' | b';' => {
                    at = self.skip(at + 1);
                    continue;
                }
                _ if items.len() >= PARTS => return None,
                _ => {}
            }
            let (named, from) = self.label(at);
            let found = self.row(from, depth).filter(|found| {
                let next = self.byte(self.skip(found.end));
                next.is_some_and(|b| b",;)]}".contains(&b))
            });
            let item = match found {
                Some(found) => Value { named, ..found },
                None => self.other(at)?,
            };
            at = self.skip(item.end);
            items.push(item);
        }
    }

    /// The name of an argument at `at`, and where its value stands.
    fn label(&self, at: usize) -> (Option<Range<usize>>, usize) {
        let len = self.rest(at).iter().take_while(|b| WORD.has(**b)).count();
        let sign = self.skip(at + len);
        let labels = len > 0 && self.byte(sign) == Some(b'=') && self.byte(sign + 1) != Some(b'=');
        match labels {
            true => (Some(at..at + len), self.skip(sign + 1)),
            false => (None, at),
        }
    }

    /// Something at `at` that is no string, up to the next comma or bracket.
    fn other(&self, at: usize) -> Option<Value> {
        const LONGEST: usize = 256;
        let mut open = 0usize;
        for (i, byte) in self.rest(at).iter().take(LONGEST).enumerate() {
            match byte {
                b'(' | b'[' | b'{' => open += 1,
                b')' | b']' | b'}' if open > 0 => open -= 1,
                b',' | b';' | b')' | b']' | b'}' if open == 0 => {
                    let own = self.rest(at)[..i].trim_ascii_end();
                    if own.eq_ignore_ascii_case(b"string.Empty") {
                        return Some(Value::text(Vec::new(), at + i));
                    }
                    let part = Part {
                        text: None,
                        place: at..at + i,
                    };
                    return (i > 0).then(|| Value::text(vec![part], at + i));
                }
                _ => {}
            }
        }
        None
    }

    /// The text that the brackets at `at` take part in making, if any.
    pub(super) fn around_bracket(&self, at: usize) -> Option<(usize, Value)> {
        let head = self.head(at);
        let mut from = head;
        if head < at || self.byte(at) == Some(b'(') {
            // `"".join(`, `"%s%s".format(`, `"%s%s" % (`
            let word = &self.bytes[head..at];
            let back = |to: usize| {
                let floor = to.saturating_sub(64).max(self.floor);
                let before = self.bytes[floor..to].trim_ascii_end();
                let before = before.strip_suffix(b"%").unwrap_or(before).trim_ascii_end();
                (floor + before.len()).checked_sub(1)
            };
            let of_string = word.is_empty() || word.starts_with(b".");
            let close = back(head).filter(|close| of_string && QUOTES.has(self.bytes[*close]));
            if let Some(close) = close {
                from = self.string_around(close)?.open;
            }
        }
        let mut value = self.expression(from);
        if value.is_none() && from < at {
            from = at;
            value = self.expression(at);
        }
        let mut value = value?;
        value.is_list &= !self.joins_behind(from);
        (!value.is_list).then_some((from, value))
    }

    /// Whether what stands before `at` joins the list there: `-join @("a", "b")`,
    /// `concat ["a", "b"]`.
    fn joins_behind(&self, at: usize) -> bool {
        const FAR: usize = 24;
        let floor = at.saturating_sub(FAR).max(self.floor);
        let before = self.bytes.get(floor..at).unwrap_or_default();
        let before = before.strip_suffix(b"@").unwrap_or(before).trim_ascii_end();
        let empty = before.strip_suffix(b"\"\"").map(<[u8]>::trim_ascii_end);
        before.ends_with(b"-join") || empty.unwrap_or(before).ends_with(b"concat")
    }

    /// The text in a hole of which `string` stands: `` `${"a"}b` ``.
    pub(super) fn around_hole(&self, string: &Str) -> Option<Vec<Part>> {
        const FAR: usize = 16;
        let floor = string.open.saturating_sub(FAR).max(self.floor);
        let before = self.bytes.get(floor..string.open)?.trim_ascii_end();
        let brace = before.strip_suffix(b"{")?;
        let sign = brace.strip_suffix(b"$").or(brace.strip_suffix(b"#"));
        let outer = self.string_around(floor + sign.unwrap_or(brace).len())?;
        self.expression(outer.open).map(Value::parts)
    }
}

/// Appends the text in `before` and what fills the hole behind it. Returns where the hole ends.
fn fill(parts: &mut Vec<Part>, before: Range<usize>, (more, end): (Vec<Part>, usize)) -> usize {
    let place = before.end..end;
    parts.push(Part::here(before));
    // A string stands in the hole itself, and what a name stands for elsewhere.
    let inside = |part: &Part| place.start <= part.place.start && part.place.end <= place.end;
    parts.extend(
        more.into_iter()
            .map(|part| match part.is_here() && inside(&part) {
                true => part,
                false => Part {
                    place: place.clone(),
                    ..part
                },
            }),
    );
    end
}

/// The text of `items` with `separator` between each two.
pub(super) fn between(items: Vec<Vec<Part>>, separator: Option<&Range<usize>>) -> Vec<Part> {
    let separator = separator.filter(|text| text.start < text.end);
    let mut parts: Vec<Part> = Vec::new();
    for item in items {
        if let (Some(text), Some(last)) = (separator, parts.last()) {
            parts.push(Part {
                text: Some(text.clone()),
                place: last.place.end..last.place.end,
            });
        }
        parts.extend(item);
    }
    parts
}

/// Whether a piece goes on at once behind the string that ends at `at`.
pub(super) fn may_go_on(bytes: &[u8], at: usize) -> bool {
    let rest = &bytes[at.min(bytes.len())..bytes.len().min(at + 64)];
    let space = gap(rest, 0).to;
    match rest.get(space..) {
        None | Some([]) => !rest.is_empty(),
        Some([b'=' | b':' | b'>' | b'*' | b'!' | b'?', ..]) => false,
        Some(_) => true,
    }
}
