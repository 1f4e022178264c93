//! Values without quotes that go on in the next line: behind a backslash or a caret, or
//! because the next line is indented farther.

use std::ops::Range;

use super::Grammar;
use super::around::Around;
use super::lines;
use super::quoted::line;
use super::seen::{Chain, Link, Seen};

/// How many lines a value goes on at most.
const LINES: usize = 300;

/// Where the value ends, in this grammar, of which the first line ends at `to`. `bytes` end
/// where values end at the latest.
pub(super) fn end(
    bytes: &[u8],
    head: &Range<usize>,
    to: usize,
    grammar: Grammar,
    around: &Around,
    seen: &mut Seen,
) -> usize {
    let [hash, both, none] = &mut seen.escaped;
    let setting = around.begins_line && around.string.is_none();
    let assigned = setting && around.assigns();
    let plain = around.string.is_none();
    match grammar {
        Grammar::Properties if setting => {
            lines::properties(bytes, head.end, &mut seen.properties).max(to)
        }
        Grammar::Env if assigned => escaped(bytes, to, b"#", hash),
        Grammar::Unknown if plain => escaped(bytes, to, b"#", hash),
        Grammar::Make if assigned && !around.tab => escaped(bytes, to, b"#", hash),
        Grammar::Docker if plain && around.command == Some("env") && !around.assigns() => {
            escaped(bytes, to, b"", none)
        }
        Grammar::Shell | Grammar::Docker if setting && around.in_document => {
            escaped(bytes, to, b"", none)
        }
        Grammar::Ini | Grammar::Settings if assigned => {
            let next = escaped(bytes, to, b"#;", both);
            match next > to {
                true => next,
                false => indented(bytes, head.start, to, grammar == Grammar::Ini),
            }
        }
        // Commands of servers: `SetEnv NAME value`.
        Grammar::Settings if plain => escaped(bytes, to, b"#", hash),
        Grammar::Yaml if plain => scalar(bytes, head, to, around),
        Grammar::Batch if plain => carets(bytes, to),
        _ => to,
    }
}

/// The line at `at` without its end and the blanks before it.
fn text(bytes: &[u8], at: usize) -> &[u8] {
    line(bytes, at).trim_ascii_end()
}

/// Where the line after the one at `at` begins.
fn next_line(bytes: &[u8], at: usize) -> Option<usize> {
    let newline = memchr::memchr(b'\n', bytes.get(at..)?)?;
    Some(at + newline + 1)
}

fn blanks(text: &[u8]) -> usize {
    text.iter().take_while(|b| b" \t".contains(b)).count()
}

/// `text` without a comment, which begins with one of `signs` after a blank.
fn without_comment<'a>(text: &'a [u8], signs: &[u8]) -> &'a [u8] {
    let comment =
        (1..text.len()).find(|&i| signs.contains(&text[i]) && b" \t".contains(&text[i - 1]));
    text[..comment.unwrap_or(text.len())].trim_ascii_end()
}

/// Follows lines that end with an odd number of backslashes. Comments begin with `signs`, and
/// `seen` is what is known of lines with these comments.
fn escaped(bytes: &[u8], to: usize, signs: &[u8], seen: &mut Chain) -> usize {
    // The value may end with the backslash or before it.
    let slash = bytes[..to].ends_with(b"\\");
    let rest = text(bytes, to);
    if !(slash && rest.is_empty() || !slash && rest == b"\\") {
        return to;
    }
    let mut at = to + rest.len();
    let mut end = to;
    let mut lines = 0;
    while lines < LINES {
        // Behind the first line, each one leads to the same one, whatever came before.
        if lines > 0
            && let Some((known, link)) = seen.skip(at, LINES - lines, bytes.len())
        {
            lines += known;
            (at, end) = (link.to, link.end);
            continue;
        }
        let slashes = bytes[..at].iter().rev().take_while(|b| **b == b'\\');
        // Blanks behind a backslash make it one of the value.
        let ends_line = matches!(bytes.get(at), Some(b'\n' | b'\r'));
        let Some(next) = next_line(bytes, at).filter(|_| ends_line) else {
            break;
        };
        if slashes.count() % 2 == 0 {
            break;
        }
        let own = text(bytes, next);
        let own = &own[blanks(own)..];
        let from = next + blanks(line(bytes, next));
        let kept = without_comment(own, signs);
        if kept.is_empty() {
            break;
        }
        let (start, line_end) = (at, next + line(bytes, next).len());
        at = from + own.len();
        end = from + kept.len();
        if kept.len() < own.len() {
            break;
        }
        if lines > 0 && line_end < bytes.len() {
            seen.add(Link {
                from: start,
                to: at,
                end,
                looked: line_end,
            });
        }
        lines += 1;
    }
    // The backslash that continues into nothing is where the value ended before.
    end
}

/// Follows lines that are indented farther than the setting in which the value at `start`
/// stands. Not in `all` cases: where the grammar does not say so, another setting or a
/// bracket ends the value.
fn indented(bytes: &[u8], start: usize, to: usize, all: bool) -> usize {
    let rest = text(bytes, to);
    let comment = rest
        .trim_ascii_start()
        .first()
        .is_some_and(|b| b"#;".contains(b));
    let goes_on = rest.is_empty() || all && comment;
    if !goes_on {
        return to;
    }
    let begin = memchr::memrchr(b'\n', &bytes[..start]).map_or(0, |i| i + 1);
    let own = blanks(&bytes[begin..start]);
    let mut end = to;
    let mut at = to;
    for _ in 0..LINES {
        let Some(next) = next_line(bytes, at) else {
            break;
        };
        at = next;
        let whole = text(bytes, next);
        let text = &whole[blanks(whole)..];
        let Some(first) = text.first() else {
            continue;
        };
        if b"#;".contains(first) {
            continue;
        }
        if blanks(whole) <= own || *first == b'[' || !all && !is_word(text) {
            break;
        }
        let kept = without_comment(text, b"#;");
        end = next + blanks(whole) + kept.len();
    }
    end
}

/// Whether a line may be the rest of a value where that is not certain: one word, and no
/// setting, tag or block of its own.
fn is_word(text: &[u8]) -> bool {
    !text
        .iter()
        .any(|b| b" \t{}<>()=:;,\"'".contains(b) || b.is_ascii_control())
}

/// A plain scalar of YAML that goes on in lines that are indented farther than its key, or in
/// a flow up to its end.
fn scalar(bytes: &[u8], head: &Range<usize>, to: usize, around: &Around) -> usize {
    let [_, list, map, _] = around.brackets;
    let flow = around.link == b':' && list + map > 0 && b"{,[".contains(&around.before_name);
    let begin = memchr::memrchr(b'\n', &bytes[..head.start]).map_or(0, |i| i + 1);
    let before = &bytes[begin..head.start];
    let Some(name) = around.name.as_ref().filter(|name| name.start >= begin) else {
        return to;
    };
    let dash = before.iter().take_while(|b| b" \t-".contains(b)).count();
    let parent = match around.link {
        b':' => before.iter().take_while(|b| b" \t-?".contains(b)).count(),
        // An item of a list: `- NAME=value`.
        b'=' if begin + dash == name.start && before[..dash].contains(&b'-') => {
            before[..dash].iter().rposition(|b| *b == b'-').unwrap_or(0)
        }
        _ => return to,
    };
    if !text(bytes, to).is_empty() || !flow && !around.begins_line {
        return to;
    }
    let mut end = to;
    let mut at = to;
    for _ in 0..LINES {
        let Some(next) = next_line(bytes, at) else {
            break;
        };
        at = next;
        let whole = text(bytes, next);
        let indent = blanks(whole);
        let text = &whole[indent..];
        let Some(first) = text.first() else {
            continue;
        };
        let template = text.starts_with(b"{{") || text.starts_with(b"{%");
        let other = b"#{}[],".contains(first) || template;
        if other || !flow && indent <= parent {
            break;
        }
        let mut kept = without_comment(text, b"#");
        if flow {
            let stop = kept.iter().position(|b| b",[]{}".contains(b));
            kept = kept[..stop.unwrap_or(kept.len())].trim_ascii_end();
        }
        if is_pair(kept) {
            break;
        }
        end = next + indent + kept.len();
        if kept.len() < text.len() {
            break;
        }
    }
    end
}

/// Whether a line of YAML has a key of its own.
fn is_pair(text: &[u8]) -> bool {
    text.ends_with(b":") || memchr::memmem::find(text, b": ").is_some()
}

/// Follows lines of a batch file that end with an odd number of carets.
fn carets(bytes: &[u8], to: usize) -> usize {
    let mut end = to;
    for _ in 0..LINES {
        let carets = bytes[..end].iter().rev().take_while(|b| **b == b'^');
        let ends_line = matches!(bytes.get(end), Some(b'\n' | b'\r'));
        if carets.count() % 2 == 0 || !ends_line {
            break;
        }
        let Some(next) = next_line(bytes, end) else {
            break;
        };
        let more = lines::batch_command(line(bytes, next), false);
        let more = line(bytes, next)[..more].trim_ascii_end().len();
        if more == 0 {
            break;
        }
        end = next + more;
    }
    end
}
