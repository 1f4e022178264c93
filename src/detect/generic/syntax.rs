//! Finds the value that a name is given, in the syntax of any language or format:
//! assignments, pairs, arguments, flags, elements, parameters, prose. Knows where
//! values stand and how they are wrapped, not what they mean.

use std::ops::Range;

use super::search::Words;
use crate::rules::class::{ByteSet, WORD};

/// What a name may be made of: `db.password`, `X-Api-Key`, `DB_PASS`.
const NAME: ByteSet = WORD.or(ByteSet::of(b".-"));
const BLANK: ByteSet = ByteSet::of(b" \t");
/// What ends a value without quotes.
const BARE_END: ByteSet = ByteSet::of(b" \t\r\n\"'`<>,;(){}[]|\\&\0");
/// How far a name goes on to either side of the word that was found.
const NAME_SIDE: usize = 48;
/// How far from the name its value may begin.
const GAP: usize = 64;
/// The longest value looked at.
const VALUE_MAX: usize = 1024;
/// The longest name of a type or function around a value.
const CALLEE: usize = 48;

/// How far from the word its value, and what stands after it, may lie.
pub(in crate::detect) const REACH: usize = VALUE_MAX + 1024;

/// What connects a name with its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Link {
    /// `=`, `:=`, `||=` …
    Equals,
    /// `==`, `===`: compared, as tests do.
    Compare,
    /// `=>`
    Arrow,
    /// `:`
    Colon,
    /// A further argument: `set("password", "…")`.
    Comma,
    /// The only argument: `setPassword("…")`.
    Call,
    /// An XML element: `<password>…</password>`.
    Element,
    /// White space, after a flag: `--password …`.
    Flag,
    /// White space: `IDENTIFIED BY '…'`, `Bearer …`.
    Space,
    /// A parameter of a URL or form: `?token=…`.
    Param,
    /// A further field that holds the value: `name="password" value="…"`.
    Field,
}

/// How a value is quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quote {
    /// Not at all.
    Bare,
    /// `"`, `'`, a backquote.
    Plain(u8),
    /// Inside another string: `\"`, `&quot;`.
    Escaped,
}

/// A name and the value that it is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Site {
    /// The name, as far as it is made of name bytes.
    pub(super) name: Range<usize>,
    /// The value without quotes.
    pub(super) value: Range<usize>,
    /// How it is quoted.
    pub(super) quote: Quote,
    /// What connects the two.
    pub(super) link: Link,
    /// The type or function around the value, if any: `Some`, `new Token`.
    pub(super) callee: Option<Range<usize>>,
    /// Whether the value is what is used when something else is not set.
    pub(super) fallback: bool,
}

/// The name around `word` and its value, if it is given one on the same line.
pub(super) fn site(bytes: &[u8], word: &Range<usize>) -> Option<Site> {
    let name = name_around(bytes, word);
    let (link, after) = link_after(bytes, &name)?;
    let read = bytes[..name.start].ends_with(b"${");
    let after = if read {
        preset_after(bytes, name.end)?
    } else {
        after
    };
    let value = value_at(bytes, after, link)?;
    if read && bytes.get(value.end) != Some(&b'}') {
        return None;
    }
    if link == Link::Comma && !is_pair(bytes, &name, value.end) {
        return None;
    }
    Some(Site {
        name,
        value: value.span,
        quote: value.quote,
        link,
        callee: value.callee,
        fallback: value.fallback || read,
    })
}

/// Where the value begins that a variable has when it is not set, after its name:
/// `${DB_PASSWORD:…}` of Spring, `${DB_PASSWORD:-…}` of shells and Compose.
fn preset_after(bytes: &[u8], name_end: usize) -> Option<usize> {
    let after = match bytes.get(name_end..)? {
        [b':', b'-' | b'=', ..] => name_end + 2,
        [b':', ..] => name_end + 1,
        _ => return None,
    };
    // Blanks would be part of the value.
    (!BLANK.has(*bytes.get(after)?)).then_some(after)
}

fn name_around(bytes: &[u8], word: &Range<usize>) -> Range<usize> {
    // Literals may bring a delimiter or their link along: `"pw"`, `key = "`.
    let skip = bytes[word.clone()]
        .iter()
        .position(|b| NAME.has(*b))
        .unwrap_or(0);
    let first = word.start + skip;
    let floor = first.saturating_sub(NAME_SIDE);
    let mut start = bytes[floor..first]
        .iter()
        .rposition(|b| !NAME.has(*b))
        .map_or(floor, |i| floor + i + 1);
    // `\npassword` in a string: the letter belongs to the escape.
    if start > 0 && start < first && bytes[start - 1] == b'\\' && b"nrt".contains(&bytes[start]) {
        start += 1;
    }
    let mut end = bytes[first..word.end]
        .iter()
        .position(|b| !NAME.has(*b) && *b != b' ')
        .map_or(word.end, |i| first + i);
    while end > first && bytes[end - 1] == b' ' {
        end -= 1;
    }
    if end == word.end {
        end += run(bytes, end, NAME_SIDE, &NAME);
    }
    start..end
}

/// Recognises what follows a name, up to where its value may begin.
fn link_after(bytes: &[u8], name: &Range<usize>) -> Option<(Link, usize)> {
    let mut at = name.end;
    let mut closed = false;
    let mut member = false;
    for _ in 0..6 {
        let step = match bytes.get(at) {
            Some(b'"' | b'\'' | b'`') => 1,
            Some(b'\\') if matches!(bytes.get(at + 1), Some(b'"' | b'\'')) => 2,
            Some(b'&') => entity(bytes, at),
            Some(b']' | b'}' | b'*') => {
                at += 1;
                continue;
            }
            Some(b')') if bytes.get(at + 1) == Some(&b'.') => {
                at += 2 + run(bytes, at + 2, NAME_SIDE, &NAME);
                member = true;
                continue;
            }
            _ => 0,
        };
        if step == 0 {
            break;
        }
        closed = true;
        at += step;
    }
    // A tag in a log line and an index are given nothing by a blank: `[auth] id=1`.
    let bracketed = matches!(bytes[..at].last(), Some(b']' | b'}'));
    let blanks = run(bytes, at, GAP, &BLANK);
    let at = at + blanks;
    let next = |n: usize| bytes.get(at + n).copied().unwrap_or(b'\n');
    let before = name
        .start
        .checked_sub(1)
        .and_then(|i| bytes.get(i))
        .copied();
    // `ok ? "pass" : "failed"`
    let outer = bytes[name.start.saturating_sub(4)..name.start]
        .iter()
        .rev()
        .find(|b| !b" \t\"'".contains(b));
    match next(0) {
        b':' if closed && outer == Some(&b'?') => None,
        // `(user.password).text = "…"`, but not `(user.password).encode("…")`.
        byte if member && byte != b'=' => None,
        b'=' => match next(1) {
            b'=' => Some((Link::Compare, at + 2 + usize::from(next(2) == b'='))),
            b'>' => Some((Link::Arrow, at + 2)),
            b'~' => None,
            _ if matches!(before, Some(b'?' | b'&')) && blanks == 0 => Some((Link::Param, at + 1)),
            _ => Some((Link::Equals, at + 1)),
        },
        b':' => match next(1) {
            b'=' => Some((Link::Equals, at + 2)),
            b':' => None,
            _ => Some(after_colon(bytes, at + 1)),
        },
        b'!' if next(1) == b'=' => Some((Link::Compare, at + 2 + usize::from(next(2) == b'='))),
        b'|' if next(1) == b'|' && next(2) == b'=' => Some((Link::Equals, at + 3)),
        b'?' | b'+' if next(1) == b'=' => Some((Link::Equals, at + 2)),
        b'<' if next(1) == b'-' => Some((Link::Equals, at + 2)),
        b',' => field_after(bytes, at + 1).or(closed.then_some((Link::Comma, at + 1))),
        b'(' if blanks == 0 => Some((Link::Call, at + 1)),
        b'>' if !closed && before == Some(b'<') => Some((Link::Element, at + 1)),
        b'>' if closed => Some((Link::Element, at + 1)),
        _ if blanks > 0 && closed => field_after(bytes, at),
        // `the password is: x`
        b'i' if blanks == 1 && next(1) == b's' && next(2) == b':' => Some((Link::Colon, at + 3)),
        _ if blanks > 0 && bytes[name.start] == b'-' => Some((Link::Flag, at)),
        _ if blanks > 0 && !bracketed => Some((Link::Space, at)),
        _ => None,
    }
}

/// After a colon: Markdown's emphasis, or a type and `=` (`: String = "…"`).
fn after_colon(bytes: &[u8], at: usize) -> (Link, usize) {
    const TYPE: ByteSet = WORD.or(ByteSet::of(b" <>&'*[]?.:"));
    let end = at + run(bytes, at, NAME_SIDE, &TYPE);
    let typed = bytes.get(end) == Some(&b'=')
        && !matches!(bytes.get(end + 1), Some(b'=' | b'>'))
        && bytes[at..end].iter().any(u8::is_ascii_alphabetic)
        && bytes.get(end.wrapping_sub(1)) == Some(&b' ');
    if typed {
        return (Link::Equals, end + 1);
    }
    (Link::Colon, at + run(bytes, at, 2, &ByteSet::of(b"*_")))
}

/// `value="…"`, `"value": "…"`, `with: '…'` after a name that was an attribute or
/// argument itself.
fn field_after(bytes: &[u8], at: usize) -> Option<(Link, usize)> {
    const FIELDS: &[&[u8]] = &[
        b"value",
        b"with",
        b"default",
        b"Value",
        b"Default",
        b"defaultValue",
    ];
    let mut at = at + run(bytes, at, GAP, &BLANK);
    at += usize::from(bytes.get(at) == Some(&b'\\'));
    at += usize::from(matches!(bytes.get(at), Some(b'"' | b'\'')));
    let field = FIELDS
        .iter()
        .filter(|f| bytes.get(at..).is_some_and(|rest| rest.starts_with(f)))
        .max_by_key(|f| f.len())?;
    at += field.len();
    at += usize::from(bytes.get(at) == Some(&b'\\'));
    at += usize::from(matches!(bytes.get(at), Some(b'"' | b'\'')));
    at += run(bytes, at, 8, &BLANK);
    matches!(bytes.get(at), Some(b'=' | b':')).then_some((Link::Field, at + 1))
}

/// Length of an entity that stands for a quote: `&quot;`, `&#34;`, `&#39;`.
fn entity(bytes: &[u8], at: usize) -> usize {
    const QUOTES: &[&[u8]] = &[b"&quot;", b"&#34;", b"&#39;", b"&apos;"];
    let rest = bytes.get(at..).unwrap_or(&[]);
    QUOTES
        .iter()
        .find(|q| rest.starts_with(q))
        .map_or(0, |q| q.len())
}

/// A value where it was found.
struct Found {
    span: Range<usize>,
    /// Just after the closing quote.
    end: usize,
    quote: Quote,
    callee: Option<Range<usize>>,
    fallback: bool,
}

/// The value that begins at `at`, after blanks, string prefixes and wrappers.
fn value_at(bytes: &[u8], at: usize, link: Link) -> Option<Found> {
    let mut at = at + run(bytes, at, GAP, &BLANK);
    // The first of a list, or a pair whose first half is nothing: `["x"`, `(None, "x"`.
    if matches!(bytes.get(at), Some(b'[' | b'(' | b'{')) {
        let inner = at + 1 + run(bytes, at + 1, 4, &BLANK);
        let inner = match bytes.get(inner..) {
            Some(rest) if rest.starts_with(b"None, ") => inner + 6,
            _ => inner,
        };
        let field = field_after(bytes, at + 1).filter(|_| bytes[at] == b'{');
        if let Some((_, value)) = field {
            at = value + run(bytes, value, 4, &BLANK);
        } else if quoted_at(bytes, inner).is_some_and(|found| !is_key(bytes, &found)) {
            at = inner;
        }
    }
    if let Some(found) = quoted_at(bytes, at) {
        return Some(found);
    }
    if link == Link::Colon && matches!(bytes.get(at), Some(b'|' | b'>')) {
        return block_at(bytes, at);
    }
    at += scheme(bytes.get(at..bytes.len().min(at + 16))?);
    if let Some(found) = wrapped_at(bytes, at) {
        return found;
    }
    let limit = bytes.len().min(at + VALUE_MAX);
    let stop =
        |b: &u8| BARE_END.has(*b) || (link == Link::Param && b"#$%".contains(b) && *b == b'#');
    let span = bytes.get(at..limit)?;
    let end = at + span.iter().position(stop).unwrap_or(span.len());
    (end > at).then_some(Found {
        span: at..end,
        end,
        quote: Quote::Bare,
        callee: None,
        fallback: false,
    })
}

/// The first line of a block scalar of YAML (`|`, `>-`) whose indicator is at `at`, when
/// it is one word.
fn block_at(bytes: &[u8], at: usize) -> Option<Found> {
    let mut at = at + 1 + run(bytes, at + 1, 2, &ByteSet::of(b"+-123456789"));
    at += run(bytes, at, 4, &BLANK);
    at += usize::from(bytes.get(at) == Some(&b'\r'));
    if bytes.get(at) != Some(&b'\n') {
        return None;
    }
    let indent = run(bytes, at + 1, GAP, &BLANK);
    let start = at + 1 + indent;
    let rest = bytes.get(start..bytes.len().min(start + VALUE_MAX))?;
    let len = rest.iter().position(|b| BARE_END.has(*b))?;
    let ends_line = matches!(rest.get(len), Some(b'\n' | b'\r'));
    (indent > 0 && len > 0 && ends_line).then_some(Found {
        span: start..start + len,
        end: start + len,
        quote: Quote::Bare,
        callee: None,
        fallback: false,
    })
}

/// Whether a string is the key of a pair: `"x": …`, `"x" => …`.
fn is_key(bytes: &[u8], found: &Found) -> bool {
    let at = found.end + run(bytes, found.end, 4, &BLANK);
    matches!(bytes.get(at), Some(b':' | b'='))
}

/// A string that begins at `at`, maybe with a prefix: `b"…"`, `r'…'`, `\"…\"`, `@"…"`.
fn quoted_at(bytes: &[u8], at: usize) -> Option<Found> {
    let mut at = at;
    let prefix = run(bytes, at, 2, &ByteSet::of(b"bBrRfFuULN@$&"));
    if prefix > 0 && matches!(bytes.get(at + prefix), Some(b'"' | b'\'')) {
        at += prefix;
    }
    let limit = bytes.len().min(at + 8 + VALUE_MAX);
    let open = entity(bytes, at);
    if open > 0 {
        let start = at + open;
        let end = start + memchr::memchr2(b'&', b'\n', bytes.get(start..limit)?)?;
        return (end > start && bytes[end] == b'&').then_some(Found {
            span: start..end,
            end: end + entity(bytes, end),
            quote: Quote::Escaped,
            callee: None,
            fallback: false,
        });
    }
    let escaped = bytes.get(at) == Some(&b'\\') && matches!(bytes.get(at + 1), Some(b'"' | b'\''));
    at += usize::from(escaped);
    let &quote = bytes.get(at).filter(|b| b"\"'`".contains(b))?;
    let triple = bytes.get(at + 1) == Some(&quote) && bytes.get(at + 2) == Some(&quote);
    // Markdown and reStructuredText write code in one or two backquotes.
    let double = quote == b'`' && !triple && bytes.get(at + 1) == Some(&quote);
    let start = at + if triple { 3 } else { 1 + usize::from(double) };
    let end = quoted_end(bytes, start, limit, quote, escaped)?;
    let start = start + scheme(bytes.get(start..end)?);
    (end > start).then_some(Found {
        span: start..end,
        end: end + 1 + usize::from(escaped),
        quote: if escaped {
            Quote::Escaped
        } else {
            Quote::Plain(quote)
        },
        callee: None,
        fallback: false,
    })
}

/// Length of the scheme in front of a header's value: `Bearer …`, `token …`.
fn scheme(text: &[u8]) -> usize {
    const SCHEMES: &[&[u8]] = &[
        b"bearer ", b"basic ", b"token ", b"apikey ", b"bot ", b"ntlm ",
    ];
    let found = SCHEMES
        .iter()
        .find(|s| text.len() > s.len() && text[..s.len()].eq_ignore_ascii_case(s));
    found.map_or(0, |s| s.len())
}

/// Where the string that began before `start` ends: its closing quote on the same line.
fn quoted_end(bytes: &[u8], start: usize, limit: usize, quote: u8, escaped: bool) -> Option<usize> {
    let mut at = start;
    while at < limit {
        match bytes[at] {
            b'\n' | b'\r' => return None,
            b'\\' if escaped => return Some(at),
            b'\\' => at += 1,
            // Inside another string a plain quote ends that one.
            byte if byte == quote => return (!escaped).then_some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

/// A string inside a call, or after an alternative: `Some("x")`, `new Token("x")`,
/// `os.environ.get("A", "x")`, `env.A || "x"`. The inner `None` says that this is
/// code without a string.
fn wrapped_at(bytes: &[u8], at: usize) -> Option<Option<Found>> {
    const PATH: ByteSet = WORD.or(ByteSet::of(b".:$[]<>?!*&"));
    let mut start = at;
    for word in [&b"new "[..], b"await ", b"$(", b"&"] {
        if bytes
            .get(start..)
            .is_some_and(|rest| rest.starts_with(word))
        {
            start += word.len();
        }
    }
    let end = start + run(bytes, start, CALLEE, &PATH);
    if end == start {
        return None;
    }
    if let Some(open) = bytes.get(end).filter(|b| b"({".contains(b)) {
        let inner = end + 1 + run(bytes, end + 1, 4, &BLANK);
        let first = quoted_at(bytes, inner);
        // `${X:-default}` and templates are references, not calls.
        if *open == b'{' && first.is_none() {
            return None;
        }
        return Some(first.and_then(|found| called(bytes, start..end, found)));
    }
    let is_index = bytes[start..end].ends_with(b"[") && b"\"'".contains(bytes.get(end)?);
    if is_index {
        let key = quoted_at(bytes, end)?;
        let after = key.end + usize::from(bytes.get(key.end) == Some(&b']'));
        return Some(alternative(bytes, after));
    }
    alternative(bytes, end).map(Some)
}

/// The string that counts in a call whose first argument is `first`.
fn called(bytes: &[u8], callee: Range<usize>, first: Found) -> Option<Found> {
    let text = &bytes[callee.clone()];
    // What is looked up has a short name; what is a value may be long.
    let reads =
        first.span.len() <= 2 * CALLEE && READERS.iter().any(|words| words.found_in(text) != 0);
    if !reads {
        // A method's argument is not what the method returns: `text.encode("latin1")`.
        let last = text.rsplit(|b| b".:>".contains(b)).next().unwrap_or(text);
        let method = last.len() < text.len()
            && !MAKERS.iter().any(|m| last.eq_ignore_ascii_case(m))
            && bytes[callee.end - last.len()].is_ascii_lowercase();
        if method {
            return None;
        }
        return Some(Found {
            callee: Some(callee),
            ..first
        });
    }
    let mut at = first.end + run(bytes, first.end, 4, &BLANK);
    if bytes.get(at) == Some(&b',') {
        at += 1;
        at += run(bytes, at, 4, &BLANK);
        let second = quoted_at(bytes, at)?;
        return Some(Found {
            fallback: true,
            ..second
        });
    }
    alternative(bytes, at + usize::from(bytes.get(at) == Some(&b')')))
}

/// Methods that wrap their argument.
const MAKERS: &[&[u8]] = &[
    b"new",
    b"from",
    b"of",
    b"valueof",
    b"b64encode",
    b"encodebytes",
    b"bytes",
    b"string",
    b"some",
    b"just",
    b"parse",
    b"create",
    b"frombase64string",
    b"decodebase64",
    b"b64decode",
    b"decode",
    b"fromhex",
    b"unhexlify",
    b"from_str",
];

/// Parts of names of functions whose first argument is a name to look up.
static READERS: [Words; 2] = [
    Words::new(&[
        b"env",
        b"get",
        b"fetch",
        b"config",
        b"lookup",
        b"select",
        b"find",
        b"read",
        b"load",
        b"param",
        b"property",
        b"option",
        b"setting",
        b"credentials",
        b"prompt",
        b"input",
        b"translate",
        b"i18n",
        b"gettext",
    ]),
    Words::new(&[
        b"require",
        b"vault",
        b"secretsmanager",
        b"print",
        b"log",
        b"format",
        b"path",
        b"file",
        b"regex",
        b"compile",
        b"match",
        b"column",
        b"field",
        b"label",
        b"error",
        b"raise",
        b"url",
    ]),
];

/// The string after `||`, `or`, `??`, `?:` at `at`.
fn alternative(bytes: &[u8], at: usize) -> Option<Found> {
    let at = at + run(bytes, at, 4, &BLANK);
    let rest = bytes.get(at..)?;
    let sign = [&b"||"[..], b"or ", b"??", b"?:", b"|| "]
        .into_iter()
        .find(|s| rest.starts_with(s))?;
    let at = at + sign.len();
    let at = at + run(bytes, at, 4, &BLANK);
    quoted_at(bytes, at).map(|found| Found {
        fallback: true,
        ..found
    })
}

/// Whether name and value are the first arguments of a call, or a pair of their own,
/// and not two neighbours in a list of names.
fn is_pair(bytes: &[u8], name: &Range<usize>, value_end: usize) -> bool {
    let floor = name.start.saturating_sub(NAME_SIDE);
    let before = bytes[floor..name.start]
        .iter()
        .rev()
        .find(|b| !b" \t\"'`:b\\".contains(b));
    let symbol = name.start.checked_sub(1).and_then(|i| bytes.get(i)) == Some(&b':');
    let after = bytes
        .get(value_end..bytes.len().min(value_end + GAP))
        .and_then(|rest| rest.iter().find(|b| !b" \t\"'".contains(b)));
    match before {
        Some(b'(') => true,
        Some(b'[' | b'{') => matches!(after, Some(b']' | b'}')),
        // A symbol that is the second argument: `set(:app, :secret, "…")`.
        Some(b',') => symbol && matches!(after, Some(b')')),
        _ => false,
    }
}

/// How many bytes of `set` follow from `at`, at most `max`.
fn run(bytes: &[u8], at: usize, max: usize, set: &ByteSet) -> usize {
    let span = bytes
        .get(at..bytes.len().min(at.saturating_add(max)))
        .unwrap_or(&[]);
    span.iter().position(|b| !set.has(*b)).unwrap_or(span.len())
}
