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
    items: Vec<Vec<Part>>,
    is_list: bool,
    /// What the expression names as an argument: `sep=""`.
    named: Option<Range<usize>>,
}

impl Value {
    fn text(parts: Vec<Part>, end: usize) -> Self {
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
    fn only(&mut self) -> Option<&mut Vec<Part>> {
        self.items.first_mut().filter(|_| !self.is_list)
    }
}

/// Functions that make one text of their arguments.
const CONCAT: &[&[u8]] = &[
    b"concat",
    b"strcat",
    b"paste0",
    b"str",
    b"cat",
    b"mconcat",
    b"append",
    b"stringbuilder",
    b"stringbuffer",
    b"buildstring",
    b"joined",
    b"plus",
    b"add",
    b"string",
];
/// Functions of which one argument stands between the others.
const JOIN: &[&[u8]] = &[b"join", b"implode", b"concat_ws", b"paste"];
/// Functions whose first argument says where the others stand.
const FORMAT: &[&[u8]] = &[
    b"sprintf",
    b"format",
    b"printf",
    b"fprintf",
    b"formatted",
    b"print",
    b"println",
    b"errorf",
    b"vsprintf",
    b"logf",
];
/// What makes a list.
const LIST: &[&[u8]] = &[
    b"array",
    b"list",
    b"listof",
    b"arrayof",
    b"aslist",
    b"of",
    b"seq",
    b"vec",
    b"c",
    b"tuple",
    b"vector",
    b"mutablelistof",
    b"set",
    b"slice",
];
/// Methods that append their arguments to the text they are called on.
const APPEND: &[&[u8]] = &[b"append", b"concat", b"plus", b"appending", b"add"];
/// What joins the items of the list before it.
const SUFFIXES: &[&[u8]] = &[
    b".join",
    b".mkString",
    b".joinToString",
    b".joined",
    b".concat",
    b"->join",
    b"->implode",
    b"-join",
    b"* ",
    b"|> Enum.join",
    b"|> String.concat",
    b"|> String.Concat",
    b".iter().collect",
    b".reduce",
    b".fold",
    b".sum",
    b".inject",
    b".Aggregate",
];

/// Whether a call of `word` may make a text of its arguments.
pub(super) fn makes_text(word: &[u8]) -> bool {
    [CONCAT, JOIN, FORMAT, APPEND]
        .iter()
        .any(|words| is_one_of(word, words))
}

/// Whether a call of `word`, or brackets without a word, may make a list of what stands in them.
pub(super) fn makes_list(word: &[u8]) -> bool {
    word.is_empty() || is_one_of(word, LIST)
}

fn is_one_of(word: &[u8], words: &[&[u8]]) -> bool {
    words.iter().any(|known| word.eq_ignore_ascii_case(known))
}

impl Text<'_> {
    /// The expression at `at`, as far as it makes one text of strings.
    pub(super) fn expression(&self, at: usize) -> Option<Value> {
        self.row(at, DEPTH)
    }

    fn row(&self, at: usize, depth: usize) -> Option<Value> {
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
            let Some(next) = self.joined_with(end) else {
                break;
            };
            let Some(mut term) = self.term(next, depth) else {
                break;
            };
            let end = term.end;
            let Some(more) = term.only() else { break };
            parts.append(more);
            value.end = end;
        }
        Some(value)
    }

    /// One operand: a string, a name, brackets, a list that is joined, a call that joins.
    fn term(&self, at: usize, depth: usize) -> Option<Value> {
        let depth = depth.checked_sub(1)?;
        if let Some(string) = self.string(at) {
            return self.of_string(&string, depth);
        }
        match self.byte(at)? {
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
                let (items, end) = self.items(at, depth)?;
                self.list(items, end)
            }
            _ => self.call(at, depth).or_else(|| self.variable(at)),
        }
    }

    /// A string, and what its holes are filled with. A string that a list is joined with is none
    /// of the value.
    fn of_string(&self, string: &Str, depth: usize) -> Option<Value> {
        if self.rest(string.after).starts_with(b".join(") {
            let (items, end) = self.items(string.after + 5, depth)?;
            let items = items.into_iter().flat_map(|item| item.items).collect();
            return Some(Value::text(between(items, Some(&string.text)), end));
        }
        Some(Value::text(self.pieces(string, depth), string.after))
    }

    /// The text of a string: a backslash at a line end joins two lines, and names of strings
    /// stand for these.
    pub(super) fn pieces(&self, string: &Str, depth: usize) -> Vec<Part> {
        let (mut parts, mut from, mut at) = (Vec::new(), string.text.start, string.text.start);
        while at < string.text.end {
            match self.bytes[at] {
                b'\\' if self.byte(at + 1) == Some(b'(') => {
                    match self.hole(at, string.text.end, depth) {
                        Some(hole) => at = fill(&mut parts, from..at, hole),
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
                        at = fill(&mut parts, from..at, hole);
                        from = at;
                    }
                    None => at += 1,
                },
                _ => at += 1,
            }
        }
        parts.push(Part::here(from.min(string.text.end)..string.text.end));
        parts
    }

    /// What fills the hole at `at`: `${a}`, `#{a}`, `{a}`, `$a`, `\(a)`.
    fn hole(&self, at: usize, ceiling: usize, depth: usize) -> Option<(Vec<Part>, usize)> {
        let rest = self.rest(at);
        let opens = match rest {
            [b'$' | b'#', b'{', ..] | [b'\\', b'(', ..] => 2,
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
        let close = if rest.first() == Some(&b'\\') {
            b')'
        } else {
            b'}'
        };
        let closed = self.byte(end) == Some(close) && end < ceiling;
        closed.then(|| (value.parts(), end + 1))
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

    /// A call at `at` that makes a text or a list.
    fn call(&self, at: usize, depth: usize) -> Option<Value> {
        const FAR: usize = 48;
        let rest = self.rest(at);
        let rest = &rest[..rest.len().min(FAR)];
        let new = if rest.starts_with(b"new ") { 4 } else { 0 };
        let is_head = |b: &&u8| WORD.has(**b) || b".:!$[]*&".contains(b);
        let mut len = new + rest[new..].iter().take_while(is_head).count();
        let mut word = &rest[new..len];
        // `new[] {`, `array (`.
        len += rest[len..].iter().take_while(|b| **b == b' ').count();
        let mut open = *rest.get(len)?;
        // `vec!["a", "b"]`, `c["a"]`: the bracket was read as part of the head.
        if !b"({".contains(&open) {
            let bracket = word.iter().position(|b| *b == b'[').filter(|at| *at > 0)?;
            (word, len, open) = (&word[..bracket], new + bracket, b'[');
        }
        let last = word.rsplit(|b| !WORD.has(*b)).find(|word| !word.is_empty());
        let last = last.unwrap_or_default();
        let typed = open == b'{' && word.contains(&b'[');
        let lists = typed || is_one_of(last, LIST);
        let (joins, formats) = (is_one_of(last, JOIN), is_one_of(last, FORMAT));
        if !(lists || joins || formats || open == b'(' && is_one_of(last, CONCAT)) {
            return None;
        }
        let (items, end) = self.items(at + len, depth)?;
        if lists {
            return self.list(items, end);
        }
        if joins {
            return joined(items, end);
        }
        let mut items = items;
        if formats {
            if items.is_empty() {
                return None;
            }
            let args = items.split_off(1);
            let mut first = items.pop()?;
            let filled = self.filled(first.only()?, &args);
            return Some(Value::text(filled, end));
        }
        let parts = items.into_iter().flat_map(Value::parts).collect();
        Some(Value::text(parts, end))
    }

    /// A list, or the text that it is joined to.
    fn list(&self, items: Vec<Value>, end: usize) -> Option<Value> {
        let items: Vec<Vec<Part>> = items.into_iter().map(Value::parts).collect();
        match self.suffix(end) {
            Some((separator, end)) => {
                let parts = between(items, separator.as_ref());
                Some(Value::text(parts, end))
            }
            None => Some(Value {
                end,
                items,
                is_list: true,
                named: None,
            }),
        }
    }

    /// What joins the list that ends at `at`: what stands between the items, and where it ends.
    fn suffix(&self, at: usize) -> Option<(Option<Range<usize>>, usize)> {
        let from = self.skip(at);
        let rest = self.rest(from);
        let suffix = first_of(SUFFIXES, rest)?;
        let end = from + suffix.len();
        if self.byte(end).is_some_and(|b| WORD.has(b)) {
            return None;
        }
        if matches!(*suffix, b"-join" | b"* ") {
            let string = self.string(self.skip(end))?;
            return Some((Some(string.text), string.after));
        }
        if self.byte(end) != Some(b'(') {
            return Some((None, end));
        }
        let mut inner = self.skip(end + 1);
        if self.rest(inner).starts_with(b"separator") {
            let label = self.rest(inner).iter().take(24);
            inner = self.skip(inner + label.take_while(|b| !QUOTES.has(**b)).count());
        }
        let separator = self.string(inner);
        let after = separator.as_ref().map_or(inner, |s| s.after);
        let folds = matches!(*suffix, b".reduce" | b".fold" | b".inject" | b".Aggregate");
        match self.byte(self.skip(after)) {
            Some(b')') => Some((separator.map(|s| s.text), self.skip(after) + 1)),
            _ if folds => Some((None, end)),
            _ => None,
        }
    }

    /// The arguments that are appended to what ends at `at`: `.append("b")`.
    fn appended(&self, at: usize, depth: usize) -> Option<(Vec<Part>, usize)> {
        let from = self.skip(at);
        let rest = self.rest(from);
        let rest = rest.strip_prefix(b"?").unwrap_or(rest);
        let method = rest.strip_prefix(b".").or(rest.strip_prefix(b"->"))?;
        let len = method.iter().take_while(|b| WORD.has(**b)).count();
        if method.get(len) != Some(&b'(') || !is_one_of(&method[..len], APPEND) {
            return None;
        }
        let open = self.bytes.len() - method.len() + len;
        let (items, end) = self.items(open, depth.checked_sub(1)?)?;
        Some((items.into_iter().flat_map(Value::parts).collect(), end))
    }

    /// The arguments for the text that ends at `at`: `% (a, b)`, `.format(a, b)`, `-f a, b`.
    fn arguments_of_format(&self, at: usize, depth: usize) -> Option<(Vec<Value>, usize)> {
        let depth = depth.checked_sub(1)?;
        let from = self.skip(at);
        let rest = self.rest(from);
        let calls: [&[u8]; 3] = [b".format(", b".formatted(", b".printf("];
        if let Some(call) = first_of(&calls, rest) {
            return self.items(from + call.len() - 1, depth);
        }
        let signs: [&[u8]; 2] = [b"% ", b"-f "];
        let sign = first_of(&signs, rest);
        let wide = sign.map_or(usize::from(rest.starts_with(b"%(")), |sign| sign.len());
        let mut at = self.skip(from + wide);
        if wide == 0 {
            return None;
        }
        if self.byte(at).is_some_and(|b| b"([".contains(&b)) {
            return self.items(at, depth);
        }
        let mut items = Vec::new();
        loop {
            let item = self.row(at, depth)?;
            let end = item.end;
            items.push(item);
            let comma = self.skip(end);
            if self.byte(comma) != Some(b',') || rest.starts_with(b"%") || items.len() > 16 {
                return Some((items, end));
            }
            at = self.skip(comma + 1);
        }
    }

    /// The items between the brackets of which the first stands at `at`, and where they end.
    fn items(&self, at: usize, depth: usize) -> Option<(Vec<Value>, usize)> {
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

    /// A text with `args` where it has signs for them: `%s`, `{}`, `{1}`, `%2$s`.
    fn filled(&self, text: &[Part], args: &[Value]) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut next = 0;
        for part in text {
            if !part.is_here() {
                parts.push(part.clone());
                continue;
            }
            let Range { start, end } = part.place;
            let (mut from, mut at) = (start, start);
            while at < end {
                let (wide, number) = placeholder(&self.bytes[at..end]);
                if wide == 0 {
                    at += 1;
                    continue;
                }
                let number = number.unwrap_or_else(|| {
                    next += 1;
                    next - 1
                });
                if let Some(arg) = args.get(number) {
                    parts.push(Part::here(from..at));
                    parts.extend(arg.clone().parts());
                    from = at + wide;
                }
                at += wide;
            }
            parts.push(Part::here(from..end));
        }
        parts
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
        let value = value.filter(|value| !value.is_list)?;
        Some((from, value))
    }
}

/// Appends the text in `before` and what fills the hole behind it. Returns where the hole ends.
fn fill(parts: &mut Vec<Part>, before: Range<usize>, (more, end): (Vec<Part>, usize)) -> usize {
    let place = before.end..end;
    parts.push(Part::here(before));
    parts.extend(more.into_iter().map(|part| Part {
        place: place.clone(),
        ..part
    }));
    end
}

/// The length of a sign for an argument, and its number if it says one.
fn placeholder(text: &[u8]) -> (usize, Option<usize>) {
    let digit = |b: &u8| usize::from(b.wrapping_sub(b'0'));
    match text {
        [b'%', b's' | b'v' | b'd' | b'@', ..] | [b'{', b'}', ..] => (2, None),
        [b'%', n @ b'1'..=b'9', b'$', b's' | b'd' | b'@', ..] => (4, Some(digit(n) - 1)),
        [b'{', n @ b'0'..=b'9', b'}', ..] => (3, Some(digit(n))),
        [b'%', b'{', b'}', ..] => (3, None),
        _ => (0, None),
    }
}

/// The text of `items` with `separator` between each two.
fn between(items: Vec<Vec<Part>>, separator: Option<&Range<usize>>) -> Vec<Part> {
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

/// What a call of `join` makes: the separator comes first or last, or has a name.
fn joined(mut items: Vec<Value>, end: usize) -> Option<Value> {
    let text = |mut value: Value| -> Option<Option<Range<usize>>> {
        match value.only()?.as_slice() {
            [] => Some(None),
            [part] => part.text.clone().map(Some),
            _ => None,
        }
    };
    let named = items.iter().position(|item| item.named.is_some());
    let separator = match (named, &items[..]) {
        (Some(at), _) => text(items.remove(at))?,
        (None, [_]) => None,
        (None, [list, _]) if list.is_list => text(items.pop()?)?,
        (None, [_, ..]) => text(items.remove(0))?,
        (None, []) => return None,
    };
    let items = items.into_iter().flat_map(|item| item.items).collect();
    Some(Value::text(between(items, separator.as_ref()), end))
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
