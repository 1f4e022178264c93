//! Runs the regular expression of a rule that no shape can express. The expression is
//! compiled when its anchor is first seen, and runs only in the window around the anchor.

use std::ops::Range;
use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::hir::{Class, Hir, HirKind};

use crate::rules::{Matcher, Rule};

/// A regular expression that compiles itself on first use.
#[derive(Default)]
pub(in crate::detect) struct LazyPattern {
    compiled: OnceLock<Option<Regex>>,
}

/// Compiles a rule's regular expression: bytes, ASCII classes, bounded size.
///
/// # Errors
/// The message of the regex parser, for a rule file's author.
pub fn compile(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(pattern)
        .unicode(false)
        .size_limit(16 << 20)
        .dfa_size_limit(4 << 20)
        .build()
        .map_err(|e| {
            e.to_string()
                .lines()
                .last()
                .unwrap_or_default()
                .trim_start_matches("error: ")
                .to_owned()
        })
}

/// How large a regular expression becomes when it is compiled, in ranges of bytes with
/// repetitions written out; each range takes some two hundred bytes. `None` if the
/// expression does not parse.
pub(crate) fn weight(pattern: &str) -> Option<u64> {
    let mut parser = regex_syntax::ParserBuilder::new();
    let parser = parser.unicode(false).utf8(false).nest_limit(250);
    Some(weigh(&parser.build().parse(pattern).ok()?))
}

fn weigh(hir: &Hir) -> u64 {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len() as u64,
        HirKind::Class(Class::Bytes(class)) => class.ranges().len() as u64,
        // A character beyond ASCII is up to four bytes.
        HirKind::Class(Class::Unicode(class)) => 4 * class.ranges().len() as u64,
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or(repetition.min).max(1);
            weigh(&repetition.sub).saturating_mul(u64::from(times))
        }
        HirKind::Capture(capture) => 2 + weigh(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts
            .iter()
            .map(weigh)
            .fold(1, |sum, part| part.saturating_add(sum)),
    }
}

impl LazyPattern {
    /// The first match in the anchor's window that covers the anchor: the whole match, and
    /// the secret in it.
    pub(in crate::detect) fn matches(
        &self,
        rule: &Rule,
        bytes: &[u8],
        anchor: &Range<usize>,
    ) -> Option<(Range<usize>, Range<usize>)> {
        let Matcher::Pattern {
            regex,
            before,
            after,
        } = &rule.matcher
        else {
            return None;
        };
        // Loading rules refuses a pattern that does not compile.
        // Without bytes before the anchor, only a match that begins at the anchor counts. A
        // search beyond it would read the window once per anchor in content made of anchors.
        let compile = || match before {
            0 => compile(&format!(r"\A(?:{regex})"))
                .or_else(|_| compile(regex))
                .ok(),
            _ => compile(regex).ok(),
        };
        let compiled = self.compiled.get_or_init(compile).as_ref()?;
        let start = anchor.start.saturating_sub(usize::from(*before));
        let end = bytes
            .len()
            .min(anchor.start + usize::from(*after))
            .max(anchor.end);
        let window = &bytes[start..end];
        let mut from = 0;
        while from <= window.len() {
            let groups = compiled.captures_at(window, from)?;
            let whole = groups.get(0)?.range();
            if start + whole.start > anchor.start {
                return None;
            }
            if start + whole.end >= anchor.end {
                let secret = groups
                    .name("secret")
                    .or_else(|| groups.get(1))
                    .or_else(|| groups.get(0))?
                    .range();
                return Some((shift(whole, start), shift(secret, start)));
            }
            from = whole.end.max(whole.start + 1);
        }
        None
    }
}

fn shift(range: Range<usize>, by: usize) -> Range<usize> {
    range.start + by..range.end + by
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetitions_weigh_what_they_repeat() {
        assert_eq!(weight("abc"), Some(3));
        assert_eq!(weight("[a-z]{9}"), Some(9));
        assert!(weight("([a-c]{100}|x){1,1000}") > Some(100_000));
        assert!(weight("((((a{1000}){1000}){1000}){1000}){1000}") > Some(1 << 40));
        assert_eq!(weight("a("), None);
    }
}
