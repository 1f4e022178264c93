//! What stands around the head of a value: whether a string is open, whether the line is a
//! setting, what connects it with its name, which brackets are open.

use std::ops::Range;

use super::Head;
use super::pairs::ends_with_and;
use super::quoted::{Open, nested_end, string_end};
use super::seen::{Seen, Signs};
use crate::detect::forms::assignments::name_before;
use crate::rules::class::WORD;

/// How far before the head a line is read.
pub(super) const BACK: usize = 512;
/// How far before the head's line a document of a script may begin.
pub(super) const DOCUMENT_BACK: usize = 512;

/// What stands around a head.
#[derive(Clone, Debug)]
pub(super) struct Around {
    /// The string that the head stands in, if it ends on this line.
    pub(super) string: Option<Open>,
    /// The string around that one.
    pub(super) outer: Option<Open>,
    /// Where the line begins, or what is known of it.
    pub(super) line: usize,
    /// Whether the line is known from its beginning.
    pub(super) whole_line: bool,
    /// Whether the name is the first on its line, so that the line is a setting.
    pub(super) begins_line: bool,
    /// Whether the line begins with a tab.
    pub(super) tab: bool,
    /// A command before the name: `set` for `set` and `setx`, `env` for `ENV` and `ARG`.
    pub(super) command: Option<&'static str>,
    /// The name, if one stands before the head.
    pub(super) name: Option<Range<usize>>,
    /// The last sign between name and head; a blank if there is none.
    pub(super) link: u8,
    /// The last sign before the name.
    pub(super) before_name: u8,
    /// How many brackets `( [ { <` are open, in the string or outside of all strings.
    pub(super) brackets: [u8; 4],
    /// Whether a tag of XML is open outside of all strings.
    pub(super) in_tag: bool,
    /// Whether the line is one of a document in a shell script: `cat <<EOF`.
    pub(super) in_document: bool,
    /// Whether the head is the first line of a block, below its name.
    pub(super) is_block: bool,
}

impl Around {
    /// Whether an equals sign or a colon connects name and value.
    pub(super) fn assigns(&self) -> bool {
        matches!(self.link, b'=' | b':')
    }

    /// The string around the value in quotes that begins at `start`.
    pub(super) fn outer_of(&self, start: usize) -> Option<&Open> {
        match &self.string {
            Some(open) if open.at + 1 == start => self.outer.as_ref(),
            open => open.as_ref(),
        }
    }

    /// Whether a blank stands between the sign and the quote of the value.
    pub(super) fn is_apart(&self, bytes: &[u8], head: &Head) -> bool {
        let before = &bytes[..head.value.start.saturating_sub(1)];
        self.link == b'=' && before.ends_with(b" ")
    }

    /// Reads what is around `head`.
    pub(super) fn read(bytes: &[u8], head: &Head, seen: &mut Seen) -> Self {
        let start = head.value.start;
        let floor = start.saturating_sub(BACK);
        let newline = memchr::memrchr(b'\n', &bytes[floor..start]);
        let line = newline.map_or(floor, |i| floor + i + 1);
        let whole_line = newline.is_some() || (floor == 0 && start < BACK);
        let is_block = whole_line
            && head.whole.start < line
            && bytes[line..start].trim_ascii_start().is_empty();
        let node = line + before_properties(&bytes[line..start]);
        let name = name_before(bytes, node).filter(|name| name.start >= line);
        let from = name.as_ref().map_or(start, |name| name.start);
        let between = name.as_ref().map_or(&[][..], |n| &bytes[n.end..node]);
        let link = between.iter().rev().find(|b| b"=:>,(".contains(b));
        let (begins_line, command) = beginning(&bytes[line..from]);
        let before_name = bytes[line..from].trim_ascii();
        // A sign at the beginning of a line comments it out: `; password = x`.
        let comment = whole_line && matches!(before_name, [b';' | b'|']);
        let before_name = match ends_with_and(before_name) {
            true => Some(&b'&'),
            false => before_name.last().filter(|_| !comment),
        };
        let (strings, brackets, in_tag) = strings(bytes, line..start, &mut seen.signs);
        let (mut string, mut outer) = (None, None);
        for mut open in strings.into_iter().flatten() {
            let inside = |outer: &Open, end: usize| end < outer.end;
            if end_of(bytes, &head.value, &mut open, string.as_ref())
                && string.as_ref().is_none_or(|outer| inside(outer, open.end))
            {
                outer = string.replace(open);
            }
        }
        Self {
            string,
            outer,
            line,
            whole_line,
            begins_line: whole_line && begins_line,
            tab: bytes.get(line) == Some(&b'\t'),
            command: command.filter(|_| whole_line),
            name,
            link: link.copied().unwrap_or(b' '),
            before_name: before_name.copied().unwrap_or(b'\n'),
            brackets,
            in_tag,
            in_document: in_document(bytes, line),
            is_block,
        }
    }
}

/// Sets where the string ends that the head stands in, inside of another one or not; whether
/// it does.
fn end_of(bytes: &[u8], head: &Range<usize>, open: &mut Open, outer: Option<&Open>) -> bool {
    let from = |at| match outer {
        Some(outer) if !open.escaped && outer.quote != open.quote => {
            nested_end(bytes, at, open.quote, outer)
        }
        _ => string_end(bytes, at, open.quote, open.escaped),
    };
    // The head may end with the backslash of an escaped quote.
    let to = from(head.start).filter(|to| *to >= head.end);
    let to = to.or_else(|| from(head.end));
    open.end = to.unwrap_or(0);
    to.is_some()
}

/// Where an anchor and a tag of YAML begin that `before` ends with (`&db !!str `), or its end.
fn before_properties(before: &[u8]) -> usize {
    let mut end = before.len();
    for _ in 0..2 {
        let text = before[..end].trim_ascii_end();
        if text.len() == end {
            break;
        }
        let word = memchr::memrchr2(b' ', b'\t', text).map_or(0, |i| i + 1);
        if word == 0 || !matches!(text.get(word), Some(b'!' | b'&')) {
            break;
        }
        end = word;
    }
    end
}

/// The key of YAML that the line at `line` stands below, as an item of its list or a line of
/// its block; `None` if it does not stand within reach.
pub(super) fn key_above(bytes: &[u8], line: usize) -> Option<&[u8]> {
    let floor = line.saturating_sub(BACK);
    let blanks = |text: &[u8]| text.iter().take_while(|b| **b == b' ').count();
    let is_item = |text: &[u8]| text.trim_ascii_start().starts_with(b"- ");
    let rest = &bytes[line..];
    let (mut indent, mut item) = (blanks(rest), is_item(&rest[..rest.len().min(BACK)]));
    let mut above = bytes[floor..line].strip_suffix(b"\n")?;
    while !above.is_empty() {
        // A line that is not known from its beginning tells nothing.
        let start = match memchr::memrchr(b'\n', above) {
            Some(newline) => newline + 1,
            None if floor == 0 => 0,
            None => return None,
        };
        let text = &above[start..];
        above = &above[..start.saturating_sub(1)];
        let own = blanks(text);
        let filled = text.trim_ascii();
        let higher = own < indent || (own == indent && item && !is_item(text));
        if !higher || filled.is_empty() || filled.starts_with(b"#") {
            continue;
        }
        let signs = filled
            .iter()
            .rev()
            .take_while(|b| b"|>+-0123456789 ".contains(b));
        let key = &filled[..filled.len() - signs.count()];
        if let Some(key) = key.strip_suffix(b":") {
            let key = key.strip_prefix(b"- ").unwrap_or(key);
            return Some(key.trim_ascii());
        }
        (indent, item) = (own, is_item(text));
    }
    None
}

/// Whether a document of a shell script (`<<EOF`) began before the line at `line` and has
/// not ended.
fn in_document(bytes: &[u8], line: usize) -> bool {
    let before = &bytes[line.saturating_sub(DOCUMENT_BACK)..line];
    let doubled = |at: &usize| before[at.saturating_sub(1)..*at].ends_with(b"<");
    let Some(at) = memchr::memrchr_iter(b'<', before).find(doubled) else {
        return false;
    };
    let at = at - 1;
    let rest = &before[at + 2..];
    let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    let (first, body) = rest.split_at(end);
    let word = |text: &[u8]| text.iter().take_while(|b| WORD.has(**b)).count();
    let skipped = first.iter().take_while(|b| b"-~ \"'\\".contains(b)).count();
    let name = &first[skipped..];
    let name = &name[..word(name)];
    let ended = body.split(|b| *b == b'\n').any(|l| l.trim_ascii() == name);
    !name.is_empty() && !ended
}

/// Whether nothing but what may begin a setting stands before its name, and a command.
fn beginning(before: &[u8]) -> (bool, Option<&'static str>) {
    let text = before.trim_ascii();
    let text = text.strip_suffix(b"\"").unwrap_or(text).trim_ascii();
    let text = text.strip_suffix(b"'").unwrap_or(text).trim_ascii();
    let text = text.strip_prefix(b"@").unwrap_or(text);
    let is = |word: &[u8]| text.eq_ignore_ascii_case(word);
    if is(b"set") || is(b"set /p") {
        return (true, Some("set"));
    }
    // `//registry.npmjs.org/:_password=…`
    if is(b"setx") || text.starts_with(b"//") && text.ends_with(b":") && !text.contains(&b' ') {
        return (true, None);
    }
    if is(b"env") || is(b"arg") {
        return (true, Some("env"));
    }
    let items = text.iter().all(|b| b"-? \t".contains(b));
    (items || is(b"export"), None)
}

/// The strings that are open at the end of `range`, the outer one first, the brackets that
/// are open inside the last one, and whether a tag is open outside of all.
fn strings(
    bytes: &[u8],
    range: Range<usize>,
    signs: &mut Signs,
) -> ([Option<Open>; 2], [u8; 4], bool) {
    const CLOSED: Open = Open {
        quote: 0,
        escaped: false,
        at: 0,
        end: 0,
    };
    let (mut open, mut depth) = ([CLOSED; 2], 0);
    let mut brackets = [[0u8; 4]; 3];
    let mut at = range.start;
    // A letter before a quote may be the prefix of a string; two are a word with an
    // apostrophe. An escape is none.
    let mut word = range.start;
    let (base, signs) = signs.within(bytes, &range);
    for place in signs {
        let place = place - base;
        // What a backslash escapes is no sign.
        if place < at {
            continue;
        }
        let byte = bytes[place];
        let escaped = byte == b'\\';
        let next = bytes
            .get(place + 1)
            .copied()
            .filter(|_| place + 1 < range.end);
        let quote = match next {
            Some(next) if escaped => {
                at = place + 2;
                next
            }
            _ => {
                at = place + 1;
                byte
            }
        };
        if matches!(quote, b'"' | b'\'' | b'`') {
            let known = |o: &Open| o.quote == quote && o.escaped == escaped;
            if depth > 0 && known(&open[0]) {
                depth = 0;
            } else if depth > 1 && known(&open[1]) {
                depth = 1;
            } else if depth < 2 && !(quote == b'\'' && is_apostrophe(&bytes[word..place])) {
                open[depth] = Open {
                    quote,
                    escaped,
                    at: at - 1,
                    end: 0,
                };
                depth += 1;
                brackets[depth] = [0; 4];
            }
        } else if !escaped {
            bracket(&mut brackets[depth], byte, next);
        }
        if at == place + 2 {
            word = at;
        }
    }
    let open = [0, 1].map(|level| (level < depth).then_some(open[level]));
    (open, brackets[depth], brackets[0][3] > 0)
}

/// Whether a single quote behind `word` is an apostrophe.
fn is_apostrophe(word: &[u8]) -> bool {
    let mut last = word.iter().rev().take(2);
    word.len() > 1 && last.all(u8::is_ascii_alphanumeric)
}

/// Counts a bracket that opens or closes. `<` opens only a tag.
pub(super) fn bracket(open: &mut [u8; 4], byte: u8, next: Option<u8>) {
    let tag = || next.is_some_and(|b| b.is_ascii_alphabetic() || b == b'/');
    let (kind, opens) = match byte {
        b'(' => (0, true),
        b')' => (0, false),
        b'[' => (1, true),
        b']' => (1, false),
        b'{' => (2, true),
        b'}' => (2, false),
        b'<' if tag() => (3, true),
        b'>' => (3, false),
        _ => return,
    };
    let depth = &mut open[kind];
    *depth = match opens {
        true => depth.saturating_add(1),
        false => depth.saturating_sub(1),
    };
}

/// Whether `byte` closes a bracket that is open.
pub(super) fn closes(open: &[u8; 4], byte: u8) -> bool {
    b")]}>"
        .iter()
        .position(|b| *b == byte)
        .is_some_and(|i| open[i] > 0)
}
