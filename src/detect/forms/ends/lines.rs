//! Settings in lines: `.env`, properties, INI, YAML, `set` of batch files.

use std::ops::Range;

use super::around::{Around, key_above};
use super::pairs;
use super::quoted::line;
use super::seen::{Chain, Link};
use crate::rules::class::ByteSet;

/// Where the value ends that fills the line at `at` up to a comment, which begins with one
/// of `signs` after a blank. No comment begins between `quotes`.
fn to_comment(bytes: &[u8], at: usize, signs: &[u8], quotes: &[u8]) -> usize {
    let rest = line(bytes, at);
    let mut quotes = ByteSet::of(quotes);
    let mut i = 0;
    while let Some(&byte) = rest.get(i) {
        if signs.contains(&byte) && i > 0 && b" \t".contains(&rest[i - 1]) {
            break;
        }
        i += 1;
        if quotes.has(byte) {
            match memchr::memchr(byte, &rest[i..]) {
                Some(close) => i += close + 1,
                // It stays open, so it is none, and so are the other ones of its kind.
                None => quotes = quotes.without(ByteSet::of(&[byte])),
            }
        }
    }
    at + rest[..i.min(rest.len())].trim_ascii_end().len()
}

pub(super) fn env(bytes: &[u8], at: usize) -> usize {
    to_comment(bytes, at, b"#", b"\"'")
}

/// A plain scalar of YAML.
pub(super) fn scalar(bytes: &[u8], at: usize) -> usize {
    to_comment(bytes, at, b"#", b"")
}

/// All that is left of the line.
pub(super) fn rest(bytes: &[u8], at: usize) -> usize {
    at + line(bytes, at).trim_ascii_end().len()
}

pub(super) fn ini(bytes: &[u8], at: usize) -> usize {
    to_comment(bytes, at, b"#;", b"\"'")
}

/// Settings whose grammar is not known any better: the line may hold several, or end with a
/// sign that ends statements.
pub(super) fn settings(bytes: &[u8], at: usize) -> usize {
    let to = ini(bytes, at);
    let to = pairs::before_pair(bytes, at..to);
    strip(bytes, at, to, b",;")
}

/// A line of an unknown grammar that begins like a setting: it is one, unless it goes on
/// with another pair.
pub(super) fn unknown(bytes: &[u8], at: usize) -> usize {
    let to = pairs::before_any_pair(bytes, at..ini(bytes, at));
    let to = at + bytes[at..to].trim_ascii_end().len();
    strip(bytes, at, to, b",;")
}

/// `to` without the last byte, if it is one of `signs`.
fn strip(bytes: &[u8], from: usize, to: usize, signs: &[u8]) -> usize {
    let last = to > from && signs.contains(&bytes[to - 1]);
    to - usize::from(last)
}

/// A line of Java's properties: an odd number of backslashes at its end continues it.
pub(super) fn properties(bytes: &[u8], at: usize, seen: &mut Chain) -> usize {
    let mut from = at;
    loop {
        // Behind the first line, each one leads to the same one, whatever came before.
        if from > at
            && let Some((_, link)) = seen.skip(from, usize::MAX, bytes.len())
        {
            from = link.to;
        }
        let rest = line(bytes, from);
        let to = from + rest.len();
        let slashes = rest.iter().rev().take_while(|b| **b == b'\\').count();
        if slashes % 2 == 0 || to >= bytes.len() {
            let blanks = bytes[at..to]
                .iter()
                .rev()
                .take_while(|b| b.is_ascii_whitespace());
            return to - blanks.count();
        }
        let start = from;
        from = to + usize::from(bytes[to] == b'\r');
        from += usize::from(bytes.get(from) == Some(&b'\n'));
        if start > at && to + 1 < bytes.len() {
            seen.add(Link {
                from: start,
                to: from,
                end: from,
                looked: to + 1,
            });
        }
    }
}

/// A plain scalar of YAML, in a flow or in a block; `None` if its name is not the key of the
/// line or flow.
pub(super) fn yaml(bytes: &[u8], at: usize, around: &Around) -> Option<usize> {
    let [_, list, map, _] = around.brackets;
    if list + map > 0 && b"{,[".contains(&around.before_name) {
        let rest = &bytes[at..scalar(bytes, at)];
        let stop = rest.iter().position(|b| b",[]{}".contains(b));
        let text = &rest[..stop.unwrap_or(rest.len())];
        return Some(at + text.trim_ascii_end().len());
    }
    if !around.begins_line {
        return None;
    }
    let to = pairs::before_flow(bytes, at..scalar(bytes, at));
    // A flow that began on an earlier line goes on or ends.
    let to = strip(bytes, at, to, b",");
    let closed = |to: usize| to > at + 1 && b"}]".contains(&bytes[to - 1]) && bytes[to - 2] == b' ';
    let to = if closed(to) { to - 1 } else { to };
    Some(at + bytes[at..to].trim_ascii_end().len())
}

/// Where the value of `NAME=…` ends in YAML: an item of a list or flow is one scalar. `None`
/// in a script, whose words end it, and elsewhere.
pub(super) fn yaml_item(bytes: &[u8], at: usize, around: &Around) -> Option<usize> {
    if around.brackets[1] > 0 && b",[".contains(&around.before_name) {
        return yaml(bytes, at, around);
    }
    (around.begins_line && is_item(bytes, around)).then(|| scalar(bytes, at))
}

/// Whether the line is an item of a list of YAML that is no script's.
pub(super) fn is_item(bytes: &[u8], around: &Around) -> bool {
    let text = line(bytes, around.line).trim_ascii_start();
    let item = text.strip_prefix(b"- ").map(<[u8]>::trim_ascii_start);
    let Some(item) = item.filter(|item| !item.starts_with(b"export ")) else {
        return false;
    };
    // An item of a list of arguments is one argument.
    item.starts_with(b"--") || !key_above(bytes, around.line).is_some_and(is_script)
}

/// Whether commands stand below this key of YAML.
fn is_script(key: &[u8]) -> bool {
    const WORDS: &[&[u8]] = &[
        b"script",
        b"run",
        b"command",
        b"commands",
        b"cmd",
        b"args",
        b"entrypoint",
        b"steps",
        b"install",
        b"shell",
        b"bash",
        b"sh",
        b"exec",
        b"build",
        b"test",
        b"deploy",
        b"pre",
        b"post",
    ];
    let key = key.strip_suffix(b"\"").unwrap_or(key);
    let last = key.rsplit(|b| b"_-.\" ".contains(b)).next().unwrap_or(key);
    WORDS.iter().any(|word| last.eq_ignore_ascii_case(word))
        || last.to_ascii_lowercase().ends_with(b"script")
}

/// The lines of a block below its name, of which the head is the first.
pub(super) fn block(bytes: &[u8], head: &Range<usize>) -> usize {
    let blanks = |text: &[u8]| text.iter().take_while(|b| b" \t".contains(b)).count();
    let line_start = memchr::memrchr(b'\n', &bytes[..head.start]).map_or(0, |i| i + 1);
    let indent = block_indent(bytes, line_start).unwrap_or(head.start - line_start);
    let mut to = head.end + line(bytes, head.end).trim_ascii_end().len();
    let mut at = head.end;
    while let Some(newline) = memchr::memchr(b'\n', &bytes[at..]) {
        at += newline + 1;
        let text = line(bytes, at);
        let filled = text.trim_ascii_end().len();
        if filled > 0 && blanks(text) < indent {
            break;
        }
        if filled > 0 {
            to = at + filled;
        }
    }
    to
}

/// The indentation that the block whose first line begins at `line` names itself: `|2`.
fn block_indent(bytes: &[u8], line: usize) -> Option<usize> {
    let before = bytes[..line].trim_ascii_end();
    let own = memchr::memrchr(b'\n', before).map_or(0, |i| i + 1);
    let key = before[own..].iter();
    let key = key.take_while(|b| b" -".contains(b)).count();
    let sign = before.iter().rposition(|b| b"|>".contains(b))?;
    let digit = before[sign..].iter().find(|b| b.is_ascii_digit())?;
    let short = before.len() - sign <= 3;
    short.then_some(key + usize::from(digit - b'0'))
}

/// Where the value of `set X=…` or `set "X=…"` ends, whose head this is.
pub(super) fn batch_set(bytes: &[u8], head: &Range<usize>, quote: Option<usize>) -> usize {
    if let Some(open) = quote {
        let text = line(bytes, open);
        let command = &text[..batch_command(text, false)];
        return memchr::memrchr(b'"', command).map_or(head.end, |last| open + last);
    }
    let text = line(bytes, head.start);
    head.start + text[..batch_command(text, false)].trim_ascii_end().len()
}

/// Where a word of a batch file ends, at `listed` at most if it has no quotes.
pub(super) fn batch_word(bytes: &[u8], head: &Range<usize>, listed: usize) -> usize {
    let text = line(bytes, head.start);
    let len = batch_command(text, true);
    let quoted = text[..len].contains(&b'"');
    let last = usize::from(quoted && text[..len].ends_with(b"\""));
    match quoted {
        true => head.start + len - last,
        false => listed.min(head.start + len),
    }
}

/// How far a command goes, or a word of one. `^` escapes the signs that end it, and none
/// ends it in quotes.
pub(super) fn batch_command(rest: &[u8], word: bool) -> usize {
    let mut at = 0;
    let mut quoted = false;
    while let Some(&byte) = rest.get(at) {
        match byte {
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'^' => at += 1,
            b'&' | b'|' | b'<' | b'>' => break,
            b' ' | b'\t' if word => break,
            _ => {}
        }
        at += 1;
    }
    at.min(rest.len())
}

/// Where the setting ends of which a piece in quotes ends at `to`. If something follows the
/// quote directly, the quotes are part of the value; behind a blank too if the line is known
/// to be one setting (`whole`).
pub(super) fn after_quote(bytes: &[u8], to: usize, quote: u8, whole: bool) -> usize {
    let rest = line(bytes, to + 1);
    let closing = rest.iter().take_while(|b| b",;)]}>".contains(b)).count();
    let ended = matches!(rest.get(closing), None | Some(b' ' | b'\t'));
    let more = rest.trim_ascii_start();
    let goes_on = whole && closing == 0 && !more.is_empty() && !begins_else(more);
    if bytes.get(to) != Some(&quote)
        || ended && !goes_on
        || pairs::pair_at(bytes, to + 2, bytes.len())
    {
        return to;
    }
    let end = ini(bytes, to + 1);
    let end = strip(bytes, to + 1, end, b",;");
    strip(bytes, to + 1, end, &[quote]).max(to)
}

/// Whether a comment or the rest of a statement begins with `text`.
fn begins_else(text: &[u8]) -> bool {
    const SIGNS: &[&[u8]] = &[b"//", b"--", b"/*", b"<!--", b"/>", b"?>", b"%}"];
    b"#;,)]}>\\".contains(&text[0]) || SIGNS.iter().any(|s| text.starts_with(s))
}
