//! Some signs that stand together in a text, and the bytes that they stand for.

/// A group of signs for `MOST` bytes or fewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::detect) struct Group<const MOST: usize> {
    pub(super) bytes: [u8; MOST],
    pub(super) len: usize,
    /// Where its signs begin.
    pub(in crate::detect) start: usize,
    /// Where they end.
    pub(in crate::detect) end: usize,
}

impl<const MOST: usize> Group<MOST> {
    /// What the group stands for.
    pub(in crate::detect) fn meaning(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}
