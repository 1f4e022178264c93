//! The bytes of a container, from its first to its last: looked at before they are taken.

use std::io::{self, BufRead, Read};

use super::budget::{Budget, HELD};
use super::trouble::{Class, Trouble};

/// Bytes read at once.
const BLOCK: usize = 64 << 10;

/// A container that is read once, from its first byte on.
pub(crate) struct Input<'a> {
    source: &'a mut dyn Read,
    buffer: Vec<u8>,
    /// Where bytes are read to, which clears no memory each time.
    block: Vec<u8>,
    /// Where the bytes in `buffer` begin that were not taken.
    at: usize,
    /// The bytes taken so far.
    position: u64,
    ended: bool,
    /// What ended the source early.
    failed: Option<Trouble>,
    /// What may be unpacked of the whole file.
    pub(crate) budget: &'a Budget,
    /// How deep this container lies.
    pub(crate) level: u32,
    /// Says whether content is a container, too.
    pub(super) is_container: fn(&[u8]) -> bool,
}

/// How many bytes say which container content is.
pub(crate) const HEAD: usize = 1024;

impl<'a> Input<'a> {
    /// Begins a container at `level`.
    pub(crate) fn new(source: &'a mut dyn Read, budget: &'a Budget, level: u32) -> Self {
        Self {
            source,
            buffer: Vec::new(),
            block: Vec::new(),
            at: 0,
            position: 0,
            ended: false,
            failed: None,
            budget,
            level,
            is_container: |_| false,
        }
    }

    /// Returns the trouble that this container is damaged, or what ended its source early: then
    /// it is cut off for that reason.
    pub(crate) fn damaged(&self, why: &'static str) -> io::Error {
        match self.failed {
            Some(trouble) => trouble.into(),
            None => self.trouble(Class::Damaged, why),
        }
    }

    /// Returns a trouble of this container.
    pub(crate) fn trouble(&self, class: Class, why: &'static str) -> io::Error {
        let level = self.level;
        Trouble { class, why, level }.into()
    }

    /// The number of bytes taken.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// Returns the next bytes without taking them: at least `want`, unless the container ends
    /// before. At most [`HELD`] may be wanted.
    ///
    /// # Errors
    /// Fails if the source does, once all that came before is taken.
    pub(crate) fn peek(&mut self, want: usize) -> io::Result<&[u8]> {
        if self.buffer.len() - self.at < want && !self.ended {
            self.fill(want)?;
        }
        Ok(&self.buffer[self.at..])
    }

    fn fill(&mut self, want: usize) -> io::Result<()> {
        if let Some(trouble) = self.failed {
            // What came before counts.
            return match self.at < self.buffer.len() {
                true => Ok(()),
                false => Err(trouble.into()),
            };
        }
        self.buffer.drain(..self.at);
        self.at = 0;
        let want = want.max(BLOCK);
        if self.block.is_empty() {
            self.block = vec![0; BLOCK];
        }
        while self.buffer.len() < want && !self.ended {
            let most = BLOCK.min(want - self.buffer.len());
            let read = self.source.read(&mut self.block[..most]);
            let count = read.as_ref().copied().unwrap_or(0).min(most);
            self.buffer.extend_from_slice(&self.block[..count]);
            match read {
                Ok(0) => self.ended = true,
                Ok(_) => {}
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => {
                    self.failed = Trouble::of(&e);
                    if self.buffer.is_empty() || self.failed.is_none() {
                        return Err(e);
                    }
                    return Ok(());
                }
            }
        }
        if self.level == 0 {
            self.budget.stored(self.position + self.buffer.len() as u64);
        }
        Ok(())
    }

    /// Takes bytes that were looked at.
    pub(crate) fn take(&mut self, count: usize) {
        self.at += count;
        self.position += count as u64;
    }

    /// Whether all bytes are taken.
    ///
    /// # Errors
    /// Fails if the source does.
    pub(crate) fn is_at_end(&mut self) -> io::Result<bool> {
        Ok(self.peek(1)?.is_empty())
    }

    /// Takes the next `N` bytes.
    ///
    /// # Errors
    /// Fails if the source does, and if it ends before.
    pub(crate) fn array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let next = self.peek(N)?.first_chunk::<N>().copied();
        let next = next.ok_or_else(|| self.damaged("it is cut off"))?;
        self.take(N);
        Ok(next)
    }

    /// Takes the next `len` bytes.
    ///
    /// # Errors
    /// Fails if the source does, if it ends before, and if there are more than [`HELD`].
    pub(crate) fn bytes(&mut self, len: u64) -> io::Result<Vec<u8>> {
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        if len > HELD {
            return Err(self.trouble(Class::Limit, "a part of it is larger than 64 MiB"));
        }
        let next = self.peek(len)?;
        match next.get(..len) {
            Some(next) => {
                let next = next.to_vec();
                self.take(len);
                Ok(next)
            }
            None => Err(self.damaged("it is cut off")),
        }
    }

    /// Returns a reader of the next `len` bytes. It fails if the container ends before.
    pub(crate) fn part(&mut self, len: u64) -> Part<'_, 'a> {
        Part {
            input: self,
            left: len,
        }
    }

    /// Takes up to `len` bytes and forgets them.
    ///
    /// # Errors
    /// Fails if the source does, and if it ends before.
    pub(crate) fn skip(&mut self, len: u64) -> io::Result<()> {
        self.part(len).finish()
    }
}

/// Copies what of `ready` was not handed out yet, as far as there is room. `at`: where that begins.
/// Returns how many bytes that are.
pub(super) fn hand_out(ready: &[u8], at: &mut usize, buffer: &mut [u8]) -> usize {
    let left = ready.get(*at..).unwrap_or_default();
    let len = left.len().min(buffer.len());
    buffer[..len].copy_from_slice(&left[..len]);
    *at += len;
    len
}

impl BufRead for Input<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.peek(1)
    }

    fn consume(&mut self, count: usize) {
        self.take(count);
    }
}

impl Read for Input<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let next = self.fill_buf()?;
        let n = hand_out(next, &mut 0, buffer);
        self.take(n);
        Ok(n)
    }
}

/// A stretch of a container.
pub(crate) struct Part<'i, 'a> {
    input: &'i mut Input<'a>,
    left: u64,
}

impl Part<'_, '_> {
    /// Takes what is left of the stretch and forgets it.
    ///
    /// # Errors
    /// Fails if the source does, and if it ends before.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        while self.left > 0 {
            let n = self.fill_buf()?.len();
            self.consume(n);
        }
        Ok(())
    }
}

impl BufRead for Part<'_, '_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            return Ok(&[]);
        }
        if self.input.is_at_end()? {
            return Err(self.input.damaged("it is cut off"));
        }
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        let next = self.input.fill_buf()?;
        Ok(&next[..next.len().min(left)])
    }

    fn consume(&mut self, count: usize) {
        self.left -= count as u64;
        self.input.take(count);
    }
}

impl Read for Part<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let next = self.fill_buf()?;
        let n = next.len().min(buffer.len());
        buffer[..n].copy_from_slice(&next[..n]);
        self.consume(n);
        Ok(n)
    }
}
