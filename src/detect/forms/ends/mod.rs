//! Where a value ends, by the grammar of the file that it stands in.
//!
//! The readers of this room find the *head* of a value: what belongs to it in every
//! language. A judge believes a head or does not. But a password may hold signs that end a
//! value elsewhere: `a;b` is one value in `.env` and two commands in a shell. What follows
//! the head is the rest of the secret, so a report must not show it, and it is part of the
//! identity. The kind of file decides how far the value goes, and the path comes only after
//! all verdicts. So [`tails`] answers for every grammar at once, and `judge::overlaps`
//! takes the answer for the path.
//!
//! Where no grammar is known, the longer reading counts: it hides more.

mod around;
mod continued;
mod grammar;
mod joined;
mod lines;
mod lists;
mod pairs;
mod pieces;
mod quoted;
mod seen;
mod shell;
mod spaces;

use std::ops::Range;

pub(in crate::detect) use grammar::Grammar;
pub(in crate::detect) use seen::Seen;
pub(in crate::detect) use spaces::gap;

use super::assignments::{VALUE_LONGEST, VALUE_MAX, ends_there, several};
use crate::finding::Tails;
use around::{Around, BACK, DOCUMENT_BACK};
use joined::Joins;
use quoted::{Open, Opened, opened};

/// How far from the beginning of a value its ends are looked for, to either side.
pub const REACH: usize = VALUE_LONGEST + 64;
/// How many bytes before a value count.
const BEFORE: usize = VALUE_MAX + 64;
const _: () = assert!(BACK + DOCUMENT_BACK < BEFORE && BEFORE <= REACH);
const _: () = assert!(VALUE_LONGEST <= u16::MAX as usize);

/// A head of a value, and what is known of it.
#[derive(Clone, Debug)]
pub(in crate::detect) struct Head {
    /// All that the rule matched.
    pub(in crate::detect) whole: Range<usize>,
    /// The head of the value.
    pub(in crate::detect) value: Range<usize>,
}

/// How far the value with this head goes on in each grammar. A function of the bytes within
/// [`REACH`] of the head's beginning.
pub(in crate::detect) fn tails(bytes: &[u8], head: &Head) -> Tails {
    tails_in(bytes, head, Asked::All, &mut Seen::default())
}

/// [`tails`] in one grammar, which takes less time. `seen` is what was read for earlier heads of
/// these bytes.
pub(in crate::detect) fn tail(
    bytes: &[u8],
    head: &Head,
    grammar: Grammar,
    seen: &mut Seen,
) -> usize {
    let Tails(tails) = tails_in(bytes, head, Asked::One(grammar), seen);
    usize::from(tails[grammar as usize])
}

/// The grammars that somebody asks for.
#[derive(Clone, Copy)]
enum Asked {
    All,
    One(Grammar),
}

impl Asked {
    /// The ends in these grammars; of one grammar for all.
    fn map(self, mut end: impl FnMut(Grammar) -> usize) -> Ends {
        match self {
            Asked::All => Grammar::ALL.map(end),
            Asked::One(grammar) => [end(grammar); Grammar::COUNT],
        }
    }
}

fn tails_in(bytes: &[u8], head: &Head, asked: Asked, seen: &mut Seen) -> Tails {
    // Readers look for the beginning of a line, which may be far away.
    let from = head
        .value
        .start
        .saturating_sub(BEFORE)
        .min(head.whole.start);
    let bytes = bytes.get(from..).unwrap_or_default();
    seen.begin(from);
    let head = &Head {
        whole: head.whole.start - from..head.whole.end - from,
        value: head.value.start - from..head.value.end - from,
    };
    let Range { start, end } = head.value;
    let limit = bytes.len().min(start + VALUE_MAX);
    if end >= limit {
        return Tails::default();
    }
    let long = &bytes[..bytes.len().min(start + VALUE_LONGEST)];
    let bytes = &bytes[..limit];
    let around = Around::read(bytes, head, seen);
    let ends = match opened(bytes, start) {
        Some(opened) => {
            let ends = match string_over_lines(long, start, end, opened) {
                Some(to) => [to; Grammar::COUNT],
                None => quoted_ends(bytes, head, &around, (opened, asked), seen),
            };
            joined_ends(long, head, &around, opened, (ends, asked))
        }
        None if around.is_block => [block_end(long, head); Grammar::COUNT],
        None => {
            // All grammars ask for it, and it may be far away.
            let line_end = seen.line_end(bytes, end);
            let ends = bare_ends((bytes, line_end), head, &around, asked, seen);
            continued_ends((long, bytes, line_end), head, &around, (ends, asked), seen)
        }
    };
    Tails(ends.map(|to| u16::try_from(to.saturating_sub(end)).unwrap_or(u16::MAX)))
}

/// Where the string ends that `opened` directly before `start` and does not end on the line of
/// its head, which ends at `end`.
fn string_over_lines(bytes: &[u8], start: usize, end: usize, opened: Opened) -> Option<usize> {
    let (quote, triple) = match opened {
        Opened::Quote(quote) => (quote, false),
        Opened::Triple(quote) => (quote, true),
        _ => return None,
    };
    let found = several::string(bytes, start, quote, triple)?;
    (found.head.end == end).then_some(found.end)
}

/// Where the block below a name ends of which the head is the first line: a block of YAML,
/// or a document with signs around it.
fn block_end(bytes: &[u8], head: &Head) -> usize {
    let Range { start, end } = head.value;
    let before = &bytes[..start];
    let line = memchr::memrchr(b'\n', before).map_or(0, |i| i + 1);
    let above = bytes[..line].trim_ascii_end();
    let above = memchr::memrchr(b'\n', above).map_or(0, |i| i + 1);
    let above = above.max(head.whole.start);
    let opens = (above..line).find_map(|at| match bytes[at] {
        b'<' | b'@' => several::document(bytes, at),
        quote @ (b'"' | b'\'') if bytes[at..].starts_with(&[quote; 3]) => {
            several::string(bytes, at + 3, quote, true)
        }
        _ => None,
    });
    match opens.filter(|found| found.head == (start..end)) {
        Some(found) => bytes[..found.end].trim_ascii_end().len().max(end),
        None => lines::block(bytes, &head.value),
    }
}

/// Whether a quote stands directly before the value that begins at `start`.
pub(in crate::detect) fn is_quoted(bytes: &[u8], start: usize) -> bool {
    opened(bytes, start).is_some()
}

/// How far the password of a URL goes on behind the `@` that its head ends at: to the last
/// `@` before the host. A raw `@` does not belong there, but programs take the last one. The
/// quote or bracket that the URL stands in ends it; another one belongs to the password.
pub(in crate::detect) fn userinfo(bytes: &[u8], password: &Range<usize>) -> Tails {
    const OUTSIDE: &[u8] = b"<>/\\?#";
    const PAIRED: &[u8] = b"\"\"''``)([]{}||";
    const ODD: &[u8] = b"\"'`{}|^[]()";
    let limit = bytes.len().min(password.start + VALUE_MAX);
    let rest = bytes.get(password.end..limit).unwrap_or_default();
    let before = &bytes[password.start.saturating_sub(BACK)..password.start];
    let blank = before.iter().rposition(|b| !b.is_ascii_graphic());
    let before = &before[blank.map_or(0, |i| i + 1)..];
    let encloses = |b: &u8| {
        let pair = PAIRED
            .chunks_exact(2)
            .find(|pair| pair[0] == *b || pair[1] == *b);
        pair.is_some_and(|pair| before.contains(&pair[0]) || before.contains(&pair[1]))
    };
    let ends =
        |b: &u8| !b.is_ascii_graphic() || OUTSIDE.contains(b) || ODD.contains(b) && encloses(b);
    let authority = rest.iter().position(ends).unwrap_or(rest.len());
    let host = |at: &usize| rest.get(at + 1).is_some_and(|b| b.is_ascii_graphic());
    let last = memchr::memrchr(b'@', &rest[..authority]).filter(host);
    // What looks like a further value (`h"],["x@y`) has no host of a URL behind it.
    let odd = |to: usize| rest[..to].iter().any(|b| ODD.contains(b));
    let is_host = |at: usize| {
        let name = rest[at + 1..]
            .iter()
            .take_while(|b| b.is_ascii_alphanumeric() || b".-".contains(b))
            .count();
        let ended = rest.get(at + 1 + name).is_some_and(|b| b"/:?".contains(b));
        name > 0 && (ended || rest[at + 1..at + 1 + name].contains(&b'.'))
    };
    let last = last.filter(|at| !odd(*at) || is_host(*at));
    let tail = u16::try_from(last.unwrap_or(0)).unwrap_or(u16::MAX);
    Tails([tail; Grammar::COUNT])
}

type Ends = [usize; Grammar::COUNT];

fn quoted_ends(
    bytes: &[u8],
    head: &Head,
    around: &Around,
    (opened, asked): (Opened, Asked),
    seen: &mut Seen,
) -> Ends {
    let end = head.value.end;
    let outer = around.outer_of(head.value.start);
    let common = quoted::end(bytes, &head.value, opened, outer);
    asked.map(|grammar| {
        let Opened::Quote(quote) = opened else {
            return common;
        };
        let to = quote_ends(bytes, head, around, quote, grammar, common);
        match grammar {
            Grammar::Yaml if around.link == b'=' => yaml_ends(bytes, to, quote, around, outer),
            // A command line, which a shell reads.
            Grammar::Yaml if around.link == b' ' => {
                lists::after_quote(bytes, to, quote, around, outer)
            }
            Grammar::Yaml | Grammar::Markup => to,
            Grammar::Code | Grammar::Literals | Grammar::Data if outer.is_some() => {
                lists::after_quote(bytes, to, quote, around, outer)
            }
            Grammar::Code | Grammar::Literals | Grammar::Data | Grammar::PowerShell => to,
            Grammar::Docker if around.command == Some("env") && !around.assigns() => {
                match lines::after_quote(bytes, to, quote, true) > to {
                    true => lines::rest(bytes, to),
                    false => to,
                }
            }
            Grammar::Shell | Grammar::Docker | Grammar::Make => {
                shell::after_quote(bytes, to, quote, around, outer)
            }
            Grammar::Properties if around.begins_line && around.assigns() => {
                match lines::after_quote(bytes, to, quote, true) > to {
                    true => lines::properties(bytes, to, &mut seen.properties),
                    false => to,
                }
            }
            Grammar::Env | Grammar::Ini if around.begins_line && around.assigns() => {
                lines::after_quote(bytes, to, quote, true)
            }
            Grammar::Settings if around.begins_line => {
                lines::after_quote(bytes, to, quote, around.link == b'=')
            }
            // Without blanks around the sign it may be a shell's, which ends it at a blank.
            Grammar::Unknown if around.begins_line && around.is_apart(bytes, head) => {
                let listed = lists::after_quote(bytes, to, quote, around, outer);
                lines::after_quote(bytes, to, quote, true).max(listed)
            }
            Grammar::Text | Grammar::Unknown => lists::after_quote(bytes, to, quote, around, outer),
            _ if around.begins_line => lines::after_quote(bytes, to, quote, false),
            _ => lists::after_quote(bytes, to, quote, around, outer),
        }
        .max(end)
    })
}

/// `bytes` up to the end of the string `outer`, if there is one.
fn before_end<'a>(bytes: &'a [u8], outer: Option<&Open>) -> &'a [u8] {
    let end = outer.map_or(bytes.len(), |outer| outer.end.min(bytes.len()));
    &bytes[..end]
}

/// Where a string ends in a grammar whose backslash is none or not everywhere.
fn quote_ends(
    bytes: &[u8],
    head: &Head,
    around: &Around,
    quote: u8,
    grammar: Grammar,
    common: usize,
) -> usize {
    let start = head.value.start;
    let outer = around.outer_of(start).is_some();
    let to = match grammar {
        Grammar::PowerShell | Grammar::Text | Grammar::Unknown if quote == b'"' => {
            let all = grammar == Grammar::PowerShell;
            let to = quoted::with_backquotes(bytes, &head.value, all);
            // Programs are given `\"`, though PowerShell knows nothing of it.
            let escaped = bytes[..to].ends_with(b"\\") && !ends_there(bytes, to + 1);
            let exact = all && !escaped;
            return if exact { to } else { to.max(common) };
        }
        _ if outer => None,
        Grammar::Yaml | Grammar::PowerShell if quote == b'\'' => {
            quoted::doubled_end(bytes, start, quote)
        }
        Grammar::Markup | Grammar::Settings if around.in_tag => {
            memchr::memchr(quote, quoted::line(bytes, start)).map(|i| start + i)
        }
        Grammar::Shell | Grammar::Docker | Grammar::Make => shell::piece_end(bytes, start, quote),
        _ => None,
    };
    match to {
        // What goes on directly behind its quote breaks this grammar; the longer reading
        // hides more.
        Some(to) if grammar == Grammar::Yaml && !ends_there(bytes, to + 1) => to.max(common),
        Some(to) => to,
        None => common,
    }
}

/// Where the value of `NAME="…"` ends in YAML, whose quote ends at `to`.
fn yaml_ends(bytes: &[u8], to: usize, quote: u8, around: &Around, outer: Option<&Open>) -> usize {
    if around.begins_line && lines::is_item(bytes, around) && bytes.get(to) == Some(&quote) {
        // The scalar is plain, because it does not begin with its quote.
        let end = lines::scalar(bytes, to);
        return if end > to + 1 { end } else { to };
    }
    shell::after_quote(bytes, to, quote, around, outer)
}

/// Which strings are one value in this grammar.
fn joins(grammar: Grammar, around: &Around) -> Joins {
    match grammar {
        Grammar::Code | Grammar::Markup | Grammar::Settings => Joins::CODE,
        Grammar::Literals => Joins::LITERALS,
        Grammar::Data => Joins::DATA,
        Grammar::PowerShell => Joins::POWER_SHELL,
        Grammar::Text | Grammar::Unknown if b"=:(".contains(&around.link) => Joins::CODE,
        Grammar::Text | Grammar::Unknown => Joins::TEXT,
        _ => Joins::EMBEDDED,
    }
}

/// The ends of values of which a string ends at each of `ends`, with the strings that a
/// program joins to it, in the string around it if there is one.
fn joined_ends(
    bytes: &[u8],
    head: &Head,
    around: &Around,
    opened: Opened,
    (ends, asked): (Ends, Asked),
) -> Ends {
    let outer = around.outer_of(head.value.start);
    let bytes = before_end(bytes, outer);
    let plain = quoted::end(bytes, &head.value, opened, outer);
    let end = |grammar, to: usize| {
        let joins = joins(grammar, around);
        let from = |to: usize| joined::end(bytes, head, to, opened, joins, around);
        // A sign at the end of a setting's line may be a program's, too.
        match to > plain {
            true => from(plain).max(from(to)),
            false => from(to),
        }
    };
    if let Asked::One(grammar) = asked {
        return [end(grammar, ends[grammar as usize]); Grammar::COUNT];
    }
    let mut joined = ends;
    for (number, grammar) in Grammar::ALL.into_iter().enumerate() {
        let own = joins(grammar, around);
        // Most grammars have the same answer.
        let same = |known: &usize| {
            ends[*known] == ends[number] && joins(Grammar::ALL[*known], around) == own
        };
        joined[number] = match (0..number).find(same) {
            Some(known) => joined[known],
            None => end(grammar, ends[number]),
        };
    }
    joined
}

/// The ends of values without quotes of which a line ends at each of `ends`, with the lines
/// and strings that they go on in. `near` are the bytes in which a value ends that is one piece.
fn continued_ends(
    (bytes, near, line_end): (&[u8], &[u8], usize),
    head: &Head,
    around: &Around,
    (ends, asked): (Ends, Asked),
    seen: &mut Seen,
) -> Ends {
    let in_outer = before_end(bytes, around.outer.as_ref());
    asked.map(|grammar| {
        let to = ends[grammar as usize];
        match around.string {
            Some(open) if to == string_ceiling((near, line_end), head, around, grammar) => {
                let joins = joins(grammar, around);
                let opened = if open.escaped {
                    Opened::Escaped(open.quote)
                } else {
                    Opened::Quote(open.quote)
                };
                joined::string_goes_on(in_outer, to, opened, joins, around)
            }
            _ => continued::end(bytes, &head.value, to, grammar, around, seen),
        }
    })
}

fn bare_ends(
    (bytes, line_end): (&[u8], usize),
    head: &Head,
    around: &Around,
    asked: Asked,
    seen: &mut Seen,
) -> Ends {
    let Range { start, end } = head.value;
    let ceiling = string_ceiling((bytes, line_end), head, around, Grammar::Code);
    let listed = lists::end(bytes, head, around, ceiling, false);
    asked.map(|grammar| {
        let setting = around.begins_line && around.string.is_none();
        let own = string_ceiling((bytes, line_end), head, around, grammar);
        let paired = pairs_in_line(around, grammar);
        let listed = match own == ceiling && !paired {
            true => listed,
            false if paired && grammar == Grammar::Markup => {
                lists::end(bytes, head, around, lines::rest(bytes, end), true)
            }
            false if paired => lists::end(bytes, head, around, lines::ini(bytes, end), true),
            false => lists::end(bytes, head, around, own, false),
        };
        let to = match grammar {
            Grammar::Env if setting && around.assigns() => lines::env(bytes, end),
            Grammar::Properties if setting => lines::properties(bytes, end, &mut seen.properties),
            Grammar::Ini if setting && around.assigns() => lines::ini(bytes, end),
            Grammar::Settings if setting && around.assigns() => lines::settings(bytes, end),
            // An equals sign makes a setting; a colon may be a sentence's.
            Grammar::Unknown if setting && around.link == b'=' => {
                lines::unknown(bytes, end).max(listed)
            }
            Grammar::Yaml if around.link == b':' && around.string.is_none() => {
                lines::yaml(bytes, end, around).unwrap_or(listed)
            }
            Grammar::Yaml if around.link == b'=' && around.string.is_none() => {
                lines::yaml_item(bytes, end, around).unwrap_or(listed)
            }
            Grammar::Make if setting && around.assigns() && !around.tab => lines::env(bytes, end),
            Grammar::Docker if around.command == Some("env") && around.string.is_none() => {
                match around.assigns() {
                    true => shell::word(bytes, start, end, b""),
                    false => lines::rest(bytes, end),
                }
            }
            Grammar::Shell | Grammar::Docker if setting && around.in_document => {
                lines::unknown(bytes, end).max(listed)
            }
            Grammar::Shell | Grammar::Make | Grammar::Docker if around.string.is_none() => {
                let to = shell::in_list(bytes, head, around);
                // A colon is none of a shell's: another language stands here.
                if around.link == b':' {
                    to.max(listed)
                } else {
                    to
                }
            }
            Grammar::Batch if around.command == Some("set") => {
                let quote = around.string.filter(|open| open.quote == b'"');
                lines::batch_set(bytes, &head.value, quote.map(|open| open.at))
            }
            Grammar::Batch if around.string.is_none() => {
                lines::batch_word(bytes, &head.value, listed)
            }
            _ => after_string(bytes, listed, head, around, grammar),
        };
        to.max(end)
    })
}

/// Where the string ends at the latest that the head stands in, or its line at `line_end`.
fn string_ceiling(
    (bytes, line_end): (&[u8], usize),
    head: &Head,
    around: &Around,
    grammar: Grammar,
) -> usize {
    let end = head.value.end;
    let Some(open) = around.string else {
        return line_end;
    };
    let to = match grammar {
        _ if open.escaped || around.outer.is_some() => None,
        Grammar::Markup | Grammar::Settings if around.in_tag => {
            memchr::memchr(open.quote, quoted::line(bytes, end)).map(|i| end + i)
        }
        Grammar::PowerShell if open.quote == b'"' => {
            let to = quoted::with_backquotes(bytes, &head.value, true);
            (to > end || bytes.get(to) == Some(&b'"')).then_some(to)
        }
        Grammar::Yaml | Grammar::PowerShell if open.quote == b'\'' => {
            quoted::doubled_end(bytes, end, b'\'')
        }
        Grammar::Shell | Grammar::Docker | Grammar::Make => {
            shell::piece_end(bytes, open.at + 1, open.quote).filter(|to| *to >= end)
        }
        _ => None,
    };
    to.unwrap_or(open.end)
}

/// Whether the line is a setting in `grammar` whose value is a list of pairs:
/// `CONNECTION=Server=x;Password=a b;Database=y`.
fn pairs_in_line(around: &Around, grammar: Grammar) -> bool {
    let lines = matches!(
        grammar,
        Grammar::Env | Grammar::Properties | Grammar::Ini | Grammar::Settings | Grammar::Yaml
    );
    let text = grammar == Grammar::Markup && !around.in_tag;
    let free = around.string.is_none() && around.whole_line && around.brackets == [0; 4];
    (lines || text) && free && lists::separator(around) == Some(b';') && !around.begins_line
}

/// Where the value ends that ends at `to` in its string or with it: a word of a shell goes on
/// behind a string.
fn after_string(bytes: &[u8], to: usize, head: &Head, around: &Around, grammar: Grammar) -> usize {
    let Some(open) = around
        .string
        .filter(|open| !open.escaped && open.quote != b'`')
    else {
        return to;
    };
    if bytes.get(to) != Some(&open.quote) {
        return to;
    }
    let outer = around.outer.as_ref();
    match grammar {
        Grammar::Shell | Grammar::Docker | Grammar::Make => {
            let all = shell::after_quote(bytes, to, open.quote, around, outer);
            lists::cut(bytes, head, around, all).max(to)
        }
        Grammar::Text | Grammar::Unknown => {
            lists::after_quote(bytes, to, open.quote, around, outer)
        }
        Grammar::Code | Grammar::Literals | Grammar::Data | Grammar::Yaml if outer.is_some() => {
            lists::after_quote(bytes, to, open.quote, around, outer)
        }
        _ => to,
    }
}

/// How many bytes of `bytes` behind a head belong to its value in each grammar: as an
/// assignment, and as the password of a URL. `whole` is all that the rule matched, `value` the
/// head.
// For tests and fuzzing.
#[doc(hidden)]
pub fn value_ends(bytes: &[u8], whole: Range<usize>, value: Range<usize>) -> [Tails; 2] {
    let password = userinfo(bytes, &value);
    [tails(bytes, &Head { whole, value }), password]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Text made of what the readers of ends look for, in any order.
    fn noise(state: &mut u64, pieces: usize) -> Vec<u8> {
        const PIECES: &[&str] = &[
            "password", "=", ": ", "\"", "'", "`", "\\", "\"\"\"", "&quot;", "&", ";", ",", "@",
            "{", "}", "(", ")", "[", "]", "<", ">", "|", "\n", "\n  ", " # ", " ; ", "set ",
            "ENV ", "- ", "\t", "abc", "Zq9", "R\"x(", ")x\"", "'\\''", "^", "$", "?", "\u{fc}",
            "\r\n", " ",
        ];
        (0..pieces)
            .flat_map(|_| {
                *state ^= *state << 13;
                *state ^= *state >> 7;
                *state ^= *state << 17;
                PIECES[(*state % PIECES.len() as u64) as usize].bytes()
            })
            .collect()
    }

    #[test]
    fn ends_depend_on_the_bytes_within_reach_only() {
        let mut state = 0x9e37_79b9_7f4a_7c15;
        let mut longer = 0;
        for _ in 0..40 {
            let text = noise(&mut state, 2_000);
            let mut seen = Seen::default();
            for start in (0..text.len() - 8).step_by(7) {
                let end = start + 1 + start % 8;
                let head = Head {
                    whole: start.saturating_sub(start % 30)..end,
                    value: start..end,
                };
                let from = head.whole.start.min(start.saturating_sub(REACH));
                let to = text.len().min(start + REACH);
                let near = Head {
                    whole: head.whole.start - from..end - from,
                    value: start - from..end - from,
                };
                let all = tails(&text, &head);
                assert_eq!(all, tails(&text[from..to], &near), "{start}");
                let grammar = Grammar::ALL[start / 7 % Grammar::COUNT];
                let one = usize::from(all.0[grammar as usize]);
                let tail = tail(&text, &head, grammar, &mut seen);
                assert_eq!(one, tail, "{start} in {grammar:?}");
                assert_eq!(
                    userinfo(&text, &head.value),
                    userinfo(&text[from..to], &near.value)
                );
                longer += usize::from(!all.is_empty());
            }
        }
        assert!(longer > 1_000, "{longer}");
    }

    /// Settings that go on end where they end if each is read alone.
    #[test]
    fn what_was_read_for_earlier_heads_changes_no_end() {
        let mut rng = crate::check::mint::Rng::new(29);
        let (mut longer, mut longest) = (0, 0);
        for round in 0..24 {
            let mut text = Vec::new();
            let mut heads = Vec::new();
            for _ in 0..700 {
                let name = ["key=", "key: ", "  key = ", "x ", "", "export k="][rng.below(6)];
                text.extend(name.bytes());
                let start = text.len();
                text.extend(["a1", "Zq9 x", "y # c", "z ; d", "\\\\", "\"q"][rng.below(6)].bytes());
                let one_line = start..start + 2;
                heads.extend((!name.is_empty()).then_some(one_line));
                let ends = match rng.below(60 + 20 * round) {
                    0 => "\n",
                    1 => "\\ \n",
                    2 => "\\\\\n",
                    3 => "\n  ",
                    _ if round % 3 == 0 => "\\\r\n",
                    _ => "\\\n",
                };
                text.extend(ends.bytes());
            }
            for grammar in Grammar::ALL {
                let mut seen = Seen::default();
                for value in &heads {
                    let whole = value.start.saturating_sub(4)..value.end;
                    let value = value.clone();
                    let head = Head { whole, value };
                    let alone = tail(&text, &head, grammar, &mut Seen::default());
                    let tail = tail(&text, &head, grammar, &mut seen);
                    assert_eq!(tail, alone, "{head:?} in {grammar:?}");
                    longer += usize::from(tail > 0);
                    longest = longest.max(tail);
                }
            }
        }
        assert!(longer > 10_000 && longest > 2_000, "{longer} {longest}");
    }

    #[test]
    fn nothing_panics_and_no_value_ends_beyond_its_bytes() {
        let mut state = 88_172_645_463_325_252;
        for _ in 0..2_000 {
            let text = noise(&mut state, 12);
            for start in 0..text.len() {
                for end in start..=text.len() {
                    let value = start..end;
                    let head = Head {
                        whole: start / 2..end,
                        value: value.clone(),
                    };
                    for Tails(tails) in [tails(&text, &head), userinfo(&text, &value)] {
                        let most = tails.into_iter().max().unwrap_or(0);
                        assert!(end + usize::from(most) <= text.len());
                    }
                }
            }
        }
    }
}
