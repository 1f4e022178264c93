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
mod grammar;
mod lines;
mod lists;
mod quoted;
mod shell;

use std::ops::Range;

pub(in crate::detect) use grammar::Grammar;

use super::assignments::VALUE_MAX;
use crate::finding::Tails;
use around::{Around, BACK, DOCUMENT_BACK};
use quoted::{Opened, opened};

/// How far from the beginning of a value its ends are looked for, to either side.
pub(in crate::detect) const REACH: usize = VALUE_MAX + 64;
const _: () = assert!(BACK + DOCUMENT_BACK <= VALUE_MAX);

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
    tails_in(bytes, head, Asked::All)
}

/// [`tails`] in one grammar, which takes less time.
pub(in crate::detect) fn tail(bytes: &[u8], head: &Head, grammar: Grammar) -> usize {
    let Tails(tails) = tails_in(bytes, head, Asked::One(grammar));
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
    fn map(self, end: impl Fn(Grammar) -> usize) -> Ends {
        match self {
            Asked::All => Grammar::ALL.map(end),
            Asked::One(grammar) => [end(grammar); Grammar::COUNT],
        }
    }
}

fn tails_in(bytes: &[u8], head: &Head, asked: Asked) -> Tails {
    let Range { start, end } = head.value;
    let limit = bytes.len().min(start + VALUE_MAX);
    if end >= limit {
        return Tails::default();
    }
    let bytes = &bytes[..limit];
    let around = Around::read(bytes, head);
    let ends = match opened(bytes, start) {
        Some(opened) => quoted_ends(bytes, head, &around, opened, asked),
        None => bare_ends(bytes, head, &around, asked),
    };
    Tails(ends.map(|to| u16::try_from(to.saturating_sub(end)).unwrap_or(u16::MAX)))
}

/// Whether a quote stands directly before the value that begins at `start`.
pub(in crate::detect) fn is_quoted(bytes: &[u8], start: usize) -> bool {
    opened(bytes, start).is_some()
}

/// How far the password of a URL goes on behind the `@` that its head ends at: to the last
/// `@` before the host. A raw `@` does not belong there, but programs take the last one.
pub(in crate::detect) fn userinfo(bytes: &[u8], password: &Range<usize>) -> Tails {
    const OUTSIDE: &[u8] = b"\"'`<>/\\{}|^[]?#";
    let limit = bytes.len().min(password.start + VALUE_MAX);
    let rest = bytes.get(password.end..limit).unwrap_or_default();
    let authority = rest
        .iter()
        .position(|b| !b.is_ascii_graphic() || OUTSIDE.contains(b))
        .unwrap_or(rest.len());
    let last = memchr::memrchr(b'@', &rest[..authority]).filter(|at| at + 1 < rest.len());
    let tail = u16::try_from(last.unwrap_or(0)).unwrap_or(u16::MAX);
    Tails([tail; Grammar::COUNT])
}

type Ends = [usize; Grammar::COUNT];

fn quoted_ends(bytes: &[u8], head: &Head, around: &Around, opened: Opened, asked: Asked) -> Ends {
    let end = head.value.end;
    let common = quoted::end(bytes, &head.value, opened);
    asked.map(|grammar| {
        let Opened::Quote(quote) = opened else {
            return common;
        };
        let to = match grammar {
            Grammar::PowerShell | Grammar::Text | Grammar::Unknown if quote == b'"' => {
                let all = grammar == Grammar::PowerShell;
                quoted::with_backquotes(bytes, &head.value, all).max(common)
            }
            _ => common,
        };
        match grammar {
            Grammar::Yaml => to,
            Grammar::PowerShell => quoted::joined(bytes, to, quote, false),
            Grammar::Code => quoted::joined(bytes, to, quote, true),
            Grammar::Shell | Grammar::Docker | Grammar::Make => {
                shell::after_quote(bytes, to, quote)
            }
            Grammar::Text | Grammar::Unknown => lists::after_quote(bytes, to, quote, around),
            _ if around.begins_line => lines::after_quote(bytes, to, quote),
            _ => lists::after_quote(bytes, to, quote, around),
        }
        .max(end)
    })
}

fn bare_ends(bytes: &[u8], head: &Head, around: &Around, asked: Asked) -> Ends {
    let Range { start, end } = head.value;
    if around.is_block {
        return [lines::block(bytes, &head.value); Grammar::COUNT];
    }
    let listed = lists::end(bytes, head, around);
    asked.map(|grammar| {
        let setting = around.begins_line && around.string.is_none();
        let to = match grammar {
            Grammar::Env if setting && around.assigns() => lines::env(bytes, end),
            Grammar::Properties if setting => lines::properties(bytes, end),
            Grammar::Ini if setting && around.assigns() => lines::ini(bytes, end),
            Grammar::Settings if setting && around.assigns() => lines::settings(bytes, end),
            // An equals sign makes a setting; a colon may be a sentence's.
            Grammar::Unknown if setting && around.link == b'=' => {
                lines::unknown(bytes, end).max(listed)
            }
            Grammar::Yaml if around.link == b':' && around.string.is_none() => {
                lines::yaml(bytes, end, around).unwrap_or(listed)
            }
            Grammar::Make if setting && around.assigns() && !around.tab => lines::env(bytes, end),
            Grammar::Docker if around.command == Some("env") && around.string.is_none() => {
                match around.assigns() {
                    true => shell::word(bytes, start, end, b""),
                    false => lines::env(bytes, end),
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
                lines::batch_set(bytes, &head.value, around.string.is_some())
            }
            Grammar::Batch if around.string.is_none() => {
                lines::batch_word(bytes, &head.value, listed)
            }
            _ => listed,
        };
        to.max(end)
    })
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
                assert_eq!(
                    userinfo(&text, &head.value),
                    userinfo(&text[from..to], &near.value)
                );
                longer += usize::from(!all.is_empty());
            }
        }
        assert!(longer > 1_000, "{longer}");
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
