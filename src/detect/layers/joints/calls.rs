//! Calls and signs by which programs make one text of several: `concat("a", "b")`, `.join("")`,
//! `"%s%s" % (a, b)`.

use std::ops::Range;

use super::lexer::{QUOTES, Text, first_of};
use super::terms::{Part, Value, between};
use crate::rules::class::WORD;

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
    b"sprint",
    b"str_c",
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
    b"snprintf",
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
/// What joins the items of the list before it. Longer ones come first.
const SUFFIXES: &[&[u8]] = &[
    b".joinToString",
    b".joined",
    b".join",
    b".mkString",
    b".collect(Collectors.joining",
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
    /// A call at `at` that makes a text or a list.
    pub(super) fn call(&self, at: usize, depth: usize) -> Option<Value> {
        const FAR: usize = 48;
        let rest = self.rest(at);
        let rest = &rest[..rest.len().min(FAR)];
        let is_new = rest.starts_with(b"new ") || rest.starts_with(b"New ");
        let new = if is_new { 4 } else { 0 };
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
        let concat = is_one_of(last, CONCAT) || word.ends_with(b"String::from");
        if !(lists || joins || formats || open == b'(' && concat) {
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
            // `snprintf(to, sizeof to, "%s%s", "a", "b")`
            let is_text =
                |item: &Value| item.items.iter().flatten().any(|part| part.text.is_some());
            let text = items.iter().position(is_text)?;
            let args = items.split_off(text + 1);
            let mut first = items.pop()?;
            let filled = self.filled(first.only()?, &args);
            return Some(Value::text(filled, end));
        }
        let parts = items.into_iter().flat_map(Value::parts).collect();
        Some(Value::text(parts, end))
    }

    /// A list, or the text that it is joined to.
    pub(super) fn list(&self, items: Vec<Value>, end: usize) -> Option<Value> {
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
    pub(super) fn appended(&self, at: usize, depth: usize) -> Option<(Vec<Part>, usize)> {
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
    pub(super) fn arguments_of_format(
        &self,
        at: usize,
        depth: usize,
    ) -> Option<(Vec<Value>, usize)> {
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

    /// A text with `args` where it has signs for them: `%s`, `{}`, `{1}`, `%2$s`.
    pub(super) fn filled(&self, text: &[Part], args: &[Value]) -> Vec<Part> {
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
                let (wide, number) = match self.named(at..end, args) {
                    Some((wide, number)) => (wide, Some(number)),
                    None => placeholder(&self.bytes[at..end]),
                };
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

    /// The length of `{name}` at the start of `text`, and which of `args` has that name.
    fn named(&self, text: Range<usize>, args: &[Value]) -> Option<(usize, usize)> {
        let rest = self.bytes[text].strip_prefix(b"{")?;
        let len = rest.iter().take_while(|b| WORD.has(**b)).count();
        let name = rest[..len]
            .first()
            .filter(|_| rest.get(len) == Some(&b'}'))?;
        let is_named = |arg: &Value| {
            let own = arg.named.clone().map(|name| &self.bytes[name]);
            own == Some(&rest[..len])
        };
        let number = args.iter().position(is_named);
        number
            .filter(|_| !name.is_ascii_digit())
            .map(|n| (len + 2, n))
    }
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
