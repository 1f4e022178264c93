//! Where a name stops to stand for what was assigned to it: its block ends, another function begins,
//! or a parameter has the same name.

use std::ops::Range;

use super::lexer::Text;
use crate::rules::class::WORD;

impl Text<'_> {
    /// Whether the block in which `from` stands has ended before `to`.
    pub(super) fn leaves_scope(&self, from: usize, to: usize) -> bool {
        let Some(between) = self.bytes.get(from..to) else {
            return false;
        };
        let mut open = 0usize;
        for byte in between {
            match byte {
                b'{' => open += 1,
                b'}' if open == 0 => return true,
                b'}' => open -= 1,
                _ => {}
            }
        }
        let before = &self.bytes[self.floor.min(from)..from];
        let line = memchr::memrchr(b'\n', before).map_or(before, |end| &before[end + 1..]);
        let own = indent(line);
        own > 0 && lines(between).any(|line| begins_function(line, own))
    }

    /// Whether the name at `name` is the parameter of a function that has its body behind it.
    pub(super) fn is_parameter(&self, name: &Range<usize>) -> bool {
        const FAR: usize = 120;
        let floor = name.start.saturating_sub(FAR).max(self.floor);
        let before = &self.bytes[floor..name.start];
        let Some(open) = before.iter().rposition(|b| b"(){};".contains(b)) else {
            return false;
        };
        let rest = self.rest(name.end);
        let rest = &rest[..rest.len().min(FAR)];
        let Some(close) = rest.iter().position(|b| b"(){};".contains(b)) else {
            return false;
        };
        if before[open] != b'(' || rest[close] != b')' {
            return false;
        }
        let head = &before[..open];
        let line = memchr::memrchr(b'\n', head).map_or(head, |end| &head[end + 1..]);
        let behind = &rest[close + 1..];
        let body = behind.iter().position(|b| b"{;(\n".contains(b));
        let body = &behind[..body.map_or(behind.len(), |at| at + 1)];
        if body.trim_ascii_start().starts_with(b"=>") {
            return true;
        }
        let word = line.trim_ascii_end();
        let len = word.iter().rev().take_while(|b| WORD.has(**b)).count();
        match body.last() {
            Some(b'{') => !BRANCHES.contains(&&word[word.len() - len..]),
            Some(b'\n') => FUNCTIONS
                .iter()
                .any(|f| line.trim_ascii_start().starts_with(f)),
            _ => false,
        }
    }
}

/// Words with a block that has no parameters.
const BRANCHES: &[&[u8]] = &[
    b"if",
    b"while",
    b"for",
    b"switch",
    b"with",
    b"catch",
    b"foreach",
    b"match",
    b"until",
    b"unless",
    b"elseif",
    b"elif",
    b"synchronized",
    b"using",
    b"lock",
];
/// What functions and classes begin with whose blocks have no braces.
const FUNCTIONS: [&[u8]; 5] = [b"def ", b"class ", b"async def ", b"module ", b"defp "];

/// How far a line is indented.
fn indent(line: &[u8]) -> usize {
    line.iter().take_while(|b| b" \t".contains(b)).count()
}

/// The lines that begin in `text`.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    memchr::memchr_iter(b'\n', text).map(|end| &text[end + 1..])
}

/// Whether a function begins on the line with which `text` begins, outside of a block that is
/// indented by `own`.
fn begins_function(text: &[u8], own: usize) -> bool {
    let blanks = text.iter().take(own).take_while(|b| b" \t".contains(b));
    let blanks = blanks.count();
    blanks < own && FUNCTIONS.iter().any(|f| text[blanks..].starts_with(f))
}
