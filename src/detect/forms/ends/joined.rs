//! Values that a program puts together from several strings: `"a" + "b"`, `"a" "b"`,
//! `concat("a", "b")`, `["a", "b"].join("")`, on one line or over several.
//!
//! The languages are many and the file's ending tells few of them apart, so all of their
//! signs count in all code. A sign that a language does not have stands between no two
//! strings of it. Only strings side by side mean different things: one string in Python and
//! C, two items elsewhere. What stands between the strings need not be a string: in
//! `"a" + salt + "b"` the last one belongs to the value as well.

use std::ops::Range;

use super::Head;
use super::around::Around;
use super::pieces::{Piece, delimiter, piece_at};
use super::quoted::{Opened, line};
use super::spaces::{Gap, gap};
use crate::rules::class::WORD;

/// Which strings are one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Joins {
    /// The signs that join.
    signs: &'static [&'static [u8]],
    /// Whether strings without a sign between them are one.
    beside: Beside,
    /// Whether `-join` may follow a list without brackets.
    lists: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Beside {
    Never,
    /// On one line, which may be continued.
    Line,
    /// Also in consecutive lines.
    Lines,
}

impl Joins {
    /// Code of any language.
    pub(super) const CODE: Self = Self {
        signs: SIGNS,
        beside: Beside::Line,
        lists: false,
    };
    /// Python, C, SQL: strings in consecutive lines are one.
    pub(super) const LITERALS: Self = Self {
        beside: Beside::Lines,
        ..Self::CODE
    };
    /// Text in which code may stand.
    pub(super) const TEXT: Self = Self {
        beside: Beside::Never,
        ..Self::CODE
    };
    /// Settings and shells, in which a program of another language may stand.
    pub(super) const EMBEDDED: Self = Self {
        signs: &[b"++", b"..", b"+", b".", b"~"],
        ..Self::TEXT
    };
    /// Settings and Lisps: only calls join.
    pub(super) const DATA: Self = Self {
        signs: &[],
        ..Self::TEXT
    };
    /// PowerShell: two strings are two arguments.
    pub(super) const POWER_SHELL: Self = Self {
        signs: &[b"+", b"-f "],
        beside: Beside::Never,
        lists: true,
    };
}

/// Signs that join strings in some language. Longer ones come first.
const SIGNS: &[&[u8]] = &[
    b"stringByAppendingString:",
    b"stringByAppendingFormat:",
    b"plus ",
    b"-f ",
    b"++",
    b"..",
    b"<>",
    b"<<",
    b"||",
    b"+",
    b".",
    b"&",
    b"^",
    b"~",
    b"%",
    b"*",
];
/// Signs that begin a line of a comment or a list as well.
const ON_ONE_LINE: &[&[u8]] = &[b"%", b"*", b"&", b"^", b"~"];
/// Methods that append their argument to the string they are called on.
const METHODS: &[&[u8]] = &[
    b"concat",
    b"plus",
    b"append",
    b"format",
    b"join",
    b"appending",
    b"push_str",
    b"prepend",
];
/// Words in the names of functions that join their arguments.
const CALLS: &[&[u8]] = &[
    b"join",
    b"concat",
    b"paste",
    b"paste0",
    b"implode",
    b"str",
    b"strcat",
    b"cat",
    b"format",
    b"sprintf",
    b"append",
    b"mconcat",
    b"joined",
    b"fmt",
    b"printf",
    b"plus",
    b"buildstring",
    b"stringbuilder",
];
/// What joins the items of a list that ended just before.
const AFTER_LIST: &[&[u8]] = &[
    b".join",
    b".concat",
    b".mkString",
    b".joined",
    b".joinToString",
    b".reduce",
    b".inject",
    b".sum",
    b".fold",
    b".iter().collect",
    b".Aggregate",
    b"-join",
    b"* \"",
    b"* '",
    b"|> Enum.join",
    b"|> String.concat",
    b"|> String.Concat",
    b"|> implode",
    b"->join",
    b"->implode",
];
/// How many operands that are no strings may stand between two strings.
const OPERANDS: usize = 16;
/// How many bytes before a value are searched for the call or list that it stands in.
const LEAD: usize = 200;

/// Where the value ends of which a string ends at `to`: at the end of the last string of
/// those that are put together. `bytes` end where values end at the latest.
pub(super) fn end(
    bytes: &[u8],
    head: &Head,
    to: usize,
    opened: Opened,
    joins: Joins,
    around: &Around,
) -> usize {
    let Some(first) = Piece::closed_at(bytes, to, opened) else {
        return to;
    };
    let lead = Lead::read(bytes, &head.whole, head.value.start, opened, around);
    let walk = Walk::new(bytes, joins, opened, &lead);
    let first = walk.in_call(&lead, first).unwrap_or(first);
    walk.row(first).end
}

/// Where the value without quotes ends that ends at `to` with its string, if the program goes
/// on with another string: `"…;Password=ab" + "cd;…"`. The quote that ended the string stands
/// at `to`.
pub(super) fn string_goes_on(
    bytes: &[u8],
    to: usize,
    opened: Opened,
    joins: Joins,
    around: &Around,
) -> usize {
    let Some(mut last) = Piece::closed_at(bytes, to, opened) else {
        return to;
    };
    let lead = Lead::read(bytes, &(to..to), to, opened, around);
    let walk = Walk::new(bytes, joins, opened, &lead);
    let mut to = to;
    while let Some(next) = walk.next(last) {
        let text = &bytes[next.start..next.end];
        let ends = |b: &u8| b" \t\r\n;&,\"'`<>\\".contains(b);
        match text.iter().position(ends) {
            Some(0) => break,
            Some(at) => return next.start + at,
            None if !text.is_empty() => to = next.end,
            None => {}
        }
        last = next;
    }
    to
}

/// What stands on the line before the first string of a value.
struct Lead<'a> {
    /// The bytes themselves.
    text: &'a [u8],
    /// How many brackets are open that may hold the strings of the value.
    open: usize,
    /// Whether something is called that joins its arguments.
    joins: bool,
    /// Whether the value stands in round brackets of its own.
    grouped: bool,
    /// How far the line is indented.
    indent: usize,
}

impl<'a> Lead<'a> {
    fn read(
        bytes: &'a [u8],
        whole: &Range<usize>,
        start: usize,
        opened: Opened,
        around: &Around,
    ) -> Self {
        let to = start - delimiter(opened).min(start);
        let floor = start.saturating_sub(LEAD);
        let newline = memchr::memrchr(b'\n', &bytes[floor..to]).map_or(floor, |i| floor + i + 1);
        let indent = bytes[newline..to].iter();
        let indent = indent.take_while(|b| b" \t".contains(b)).count();
        // The call may begin on an earlier line: `concat!(` and a line end.
        let from = newline.min(whole.start.max(floor));
        let text = &bytes[from..to];
        let name = around.name.as_ref().map_or(from, |name| name.end);
        let own = bytes.get(name.max(from)..to).unwrap_or_default();
        // Nothing but brackets, types and separators stands between the call and its string.
        let far = text
            .iter()
            .rposition(|b| b"=:;".contains(b))
            .map_or(0, |at| at + 1);
        let far = if text[..far].ends_with(b"::") { 0 } else { far };
        let call = last_call(&text[far..]).map(|at| open(&text[far + at..]).max(1));
        Self {
            open: call.unwrap_or_else(|| open(own)),
            joins: call.is_some() && open(text) > 0,
            text,
            grouped: own.trim_ascii().ends_with(b"("),
            indent,
        }
    }
}

/// Where the last name in `text` ends that stands for something that joins its arguments.
fn last_call(text: &[u8]) -> Option<usize> {
    let mut found = None;
    let mut at = 0;
    // Words of names: `strings.Join`, `string-append`.
    for word in text.split(|b| !WORD.has(*b)) {
        at += word.len();
        if CALLS.iter().any(|call| word.eq_ignore_ascii_case(call)) {
            found = Some(at);
        }
        at += 1;
    }
    found
}

/// How many brackets `text` opens and does not close.
fn open(text: &[u8]) -> usize {
    let mut open = 0usize;
    for byte in text {
        match byte {
            b'(' | b'[' | b'{' => open += 1,
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
    }
    open
}

struct Walk<'a> {
    bytes: &'a [u8],
    joins: Joins,
    /// How quotes are written, unless they are plain.
    like: Option<Opened>,
    /// What stands before the value.
    before: &'a [u8],
    /// Whether the value stands in round brackets of its own.
    grouped: bool,
    /// How far the line of the value is indented.
    indent: usize,
}

impl<'a> Walk<'a> {
    fn new(bytes: &'a [u8], joins: Joins, opened: Opened, lead: &Lead<'a>) -> Self {
        let coded = matches!(opened, Opened::Escaped(_) | Opened::Entity(_));
        Self {
            bytes,
            joins,
            like: coded.then_some(opened),
            before: lead.text,
            grouped: lead.grouped,
            indent: lead.indent,
        }
    }

    /// Whether a bracket is open before the value. Few values ask for it.
    fn is_inside(&self) -> bool {
        open(self.before) > 0
    }

    /// The last string of those that signs join with `first`. An empty one adds nothing.
    fn row(&self, first: Piece) -> Piece {
        let (mut kept, mut last) = (first, first);
        while let Some(next) = self.next(last) {
            last = next;
            if next.start < next.end {
                kept = next;
            }
        }
        kept
    }

    /// The next string that is joined with the one that `piece` is.
    fn next(&self, piece: Piece) -> Option<Piece> {
        let mut at = piece.after;
        let mut only_strings = true;
        for _ in 0..OPERANDS {
            let space = gap(self.bytes, at);
            if let Some(closed) = self.closing(space.to) {
                at = closed;
                only_strings = false;
                continue;
            }
            if let Some(after) = self.method(space.to) {
                match after {
                    Method::Joins(piece) => return Some(piece),
                    Method::Other(to) => at = to,
                }
                continue;
            }
            let Some(sign) = self.sign(&space) else {
                return self.side_by_side(&space, only_strings);
            };
            let operand = gap(self.bytes, space.to + sign.len());
            let mut from = operand.to;
            for _ in 0..4 {
                if self.bytes.get(from) == Some(&b'(') {
                    from = gap(self.bytes, from + 1).to;
                }
            }
            if let Some(piece) = self.piece(from) {
                return Some(piece);
            }
            let exact = matches!(sign, b"*" | b"%" | b"^" | b"~" | b"<<" | b"-f ");
            let to = self.operand(from).filter(|_| !exact)?;
            at = to;
            only_strings = false;
        }
        None
    }

    /// A string that stands beside the last one without a sign.
    fn side_by_side(&self, space: &Gap, only_strings: bool) -> Option<Piece> {
        let near = match self.joins.beside {
            Beside::Lines => true,
            Beside::Line => !space.newline || space.continued || self.grouped,
            Beside::Never => false,
        };
        if !near || !only_strings {
            return None;
        }
        if let Some(piece) = self.piece(space.to) {
            let own_line = space.newline && !space.continued && !self.is_inside();
            return Some(piece).filter(|piece| !own_line || self.belongs(space.to, piece));
        }
        // A macro of C: `"a" PRIu64 "b"`.
        let rest = &self.bytes[space.to..];
        let name = rest.iter().take_while(|b| WORD.has(**b)).count();
        let is_macro = self.joins.beside == Beside::Lines
            && name > 1
            && rest[0].is_ascii_uppercase()
            && !space.newline
            && !rest[..2].iter().any(u8::is_ascii_lowercase);
        let after = gap(self.bytes, space.to + name);
        let piece = self.piece(after.to).filter(|_| is_macro)?;
        (after.to > space.to + name).then_some(piece)
    }

    /// Whether a string at the beginning of a line goes on with a statement: it is indented
    /// farther, or a sign follows that ends the statement. After an assignment of Python, a
    /// string at the beginning of a line is a comment.
    fn belongs(&self, at: usize, piece: &Piece) -> bool {
        let before = &self.bytes[..at];
        let line = memchr::memrchr(b'\n', before).map_or(0, |i| i + 1);
        let behind = gap(self.bytes, piece.after).to;
        let ends = self.bytes.get(behind).is_some_and(|b| b";,)]}".contains(b));
        at - line > self.indent || ends || self.piece(behind).is_some()
    }

    fn piece(&self, at: usize) -> Option<Piece> {
        piece_at(self.bytes, at, self.like)
    }

    /// The bracket at `at` that closes one from before the value, if a sign follows.
    fn closing(&self, at: usize) -> Option<usize> {
        if self.bytes.get(at) != Some(&b')') || !self.is_inside() {
            return None;
        }
        let after = gap(self.bytes, at + 1);
        let more = self.bytes.get(after.to) == Some(&b')') || self.sign(&after).is_some();
        more.then_some(at + 1)
    }

    /// The sign behind a gap.
    fn sign(&self, space: &Gap) -> Option<&'static [u8]> {
        let rest = self.bytes.get(space.to..)?;
        let first = rest.first()?;
        let mut signs = self.joins.signs.iter().copied();
        let sign = signs.find(|sign| sign.first() == Some(first) && rest.starts_with(sign))?;
        let next = rest.get(sign.len()).copied().unwrap_or(b'\n');
        let other = next == b'=' || (next == sign[0] && next != b'"' && sign.len() == 1);
        let own_line = space.newline && !space.continued && ON_ONE_LINE.contains(&sign);
        (!other && !own_line).then_some(sign)
    }

    /// A call of a method at `at`.
    fn method(&self, at: usize) -> Option<Method> {
        let rest = self.bytes.get(at..)?;
        let rest = rest.strip_prefix(b"?").unwrap_or(rest);
        let name = rest.strip_prefix(b".").or(rest.strip_prefix(b"->"))?;
        let from = self.bytes.len() - name.len();
        let len = name.iter().take_while(|b| WORD.has(**b)).count();
        if len == 0 {
            return None;
        }
        if name.get(len) != Some(&b'(') {
            // Without arguments: a method of Ruby, or something that a dot joins.
            return None;
        }
        let word = &name[..len];
        if METHODS.iter().any(|m| word.eq_ignore_ascii_case(m)) {
            let mut inner = gap(self.bytes, from + len + 1).to;
            while self.bytes.get(inner).is_some_and(|b| b"[({".contains(b)) {
                inner = gap(self.bytes, inner + 1).to;
            }
            let piece = self.piece(inner)?;
            return Some(Method::Joins(self.last_of_list(piece)));
        }
        let empty = name.get(len + 1) == Some(&b')');
        empty.then_some(Method::Other(from + len + 2))
    }

    /// The end of something that is no string but a name, a number or a call.
    fn operand(&self, at: usize) -> Option<usize> {
        const NAME: &[u8] = b"$@.:?!#>-";
        let mut at = at;
        let from = at;
        loop {
            let rest = self.bytes.get(at..)?;
            let len = rest
                .iter()
                .take_while(|b| WORD.has(**b) || NAME.contains(b))
                .count();
            at += len;
            match rest.get(len) {
                Some(b'(' | b'[' | b'{') if at > from => at = balanced(self.bytes, at)?,
                _ if len == 0 => break,
                _ => {}
            }
        }
        // A dot at the end joins what follows.
        let dots = self.bytes[from..at]
            .iter()
            .rev()
            .take_while(|b| **b == b'.');
        let at = at - dots.count();
        (at > from).then_some(at)
    }

    /// The last string of the list that goes on with `piece`, to its bracket. The bracket is
    /// left behind it.
    fn last_of_list(&self, piece: Piece) -> Piece {
        let mut list = List {
            last: piece,
            at: piece.after,
        };
        while self.item(&mut list) {}
        let close = gap(self.bytes, list.at).to;
        let mut after = close;
        while self.bytes.get(after).is_some_and(|b| b")]}".contains(b)) {
            after += 1;
        }
        Piece { after, ..list.last }
    }

    /// Reads a further item of a list of strings. The items have commas or semicolons between
    /// them, in Lisps nothing.
    fn item(&self, list: &mut List) -> bool {
        let space = gap(self.bytes, list.at);
        let comma = self.bytes.get(space.to).filter(|b| b",;".contains(b));
        let from = match comma {
            Some(_) => gap(self.bytes, space.to + 1).to,
            None => space.to,
        };
        let mut at = from;
        while self.bytes.get(at).is_some_and(|b| b"([{".contains(b)) {
            at = gap(self.bytes, at + 1).to;
        }
        if let Some(piece) = self.piece(at) {
            list.at = piece.after;
            if piece.start < piece.end {
                list.last = piece;
            }
            return true;
        }
        match self.operand(at).filter(|_| comma.is_some()) {
            Some(to) => {
                list.at = to;
                true
            }
            None => match self.sign(&space) {
                Some(sign) if comma.is_none() => {
                    list.at = space.to + sign.len();
                    true
                }
                _ => false,
            },
        }
    }

    /// The last string of the call or list that the value stands in, if that joins its
    /// strings. The rest of a row follows behind its bracket.
    fn in_call(&self, lead: &Lead<'_>, first: Piece) -> Option<Piece> {
        let shell = self.joins.lists;
        if lead.open == 0 && !shell {
            return None;
        }
        let mut joined = lead.joins;
        let mut list = List {
            last: first,
            at: first.after,
        };
        let mut open = lead.open;
        let mut items = 0;
        loop {
            let before = list.at;
            if self.item(&mut list) && list.at > before {
                items += 1;
                continue;
            }
            let mut space = gap(self.bytes, list.at);
            // The last item may have a comma, too.
            if self.bytes.get(space.to) == Some(&b',') {
                space = gap(self.bytes, space.to + 1);
            }
            let rest = &self.bytes[space.to.min(self.bytes.len())..];
            if open > 0 && rest.first().is_some_and(|b| b")]}>".contains(b)) {
                list.at = space.to + 1;
                open -= 1;
                let behind = gap(self.bytes, list.at).to;
                let rest = &self.bytes[behind.min(self.bytes.len())..];
                joined |= AFTER_LIST.iter().any(|join| rest.starts_with(join));
                if open > 0 {
                    continue;
                }
                break;
            }
            joined |= shell && open == 0 && items > 0 && rest.starts_with(b"-join");
            break;
        }
        joined.then_some(Piece {
            after: list.at,
            ..list.last
        })
    }
}

enum Method {
    Joins(Piece),
    Other(usize),
}

/// A list of strings that is read.
struct List {
    last: Piece,
    at: usize,
}

/// Where the brackets that open at `at` are closed, on the same line.
fn balanced(bytes: &[u8], at: usize) -> Option<usize> {
    const LONGEST: usize = 256;
    let mut depth = 0usize;
    for (i, byte) in line(bytes, at).iter().take(LONGEST).enumerate() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at + i + 1);
                }
            }
            _ => {}
        }
    }
    None
}
