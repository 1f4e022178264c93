//! Lines of YAML, and how far they are indented.

use std::ops::Range;

/// A line of YAML.
pub(super) struct Line<'a> {
    /// Where it stands, without its newline.
    pub(super) span: Range<usize>,
    /// How far its key is indented, behind the dash of an item.
    pub(super) column: usize,
    /// How far the dash of the item is indented that begins here.
    pub(super) dash: Option<usize>,
    /// The line from its key on.
    pub(super) text: &'a [u8],
}

impl<'a> Line<'a> {
    /// The line that begins at `start`, up to `ceiling` at most.
    pub(super) fn at(bytes: &'a [u8], start: usize, ceiling: usize) -> Self {
        let end = memchr::memchr(b'\n', &bytes[start..ceiling]).map_or(ceiling, |i| start + i);
        let line = &bytes[start..end];
        let blanks = |from: usize| line[from..].iter().take_while(|b| **b == b' ').count();
        let indent = blanks(0);
        let item = line[indent..].starts_with(b"- ");
        let column = match item {
            true => indent + 1 + blanks(indent + 1),
            false => indent,
        };
        Self {
            span: start..end,
            column,
            dash: item.then_some(indent),
            text: &line[column..],
        }
    }

    /// Where its key begins.
    pub(super) fn key(&self) -> usize {
        self.span.start + self.column
    }

    /// How far it is indented.
    pub(super) fn indent(&self) -> usize {
        self.dash.unwrap_or(self.column)
    }
}
