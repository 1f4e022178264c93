//! Numbers and bytes of a body, one after another. Whatever the bytes are, reading them ends with
//! None, and takes no more memory than they have.

/// Appends to a body.
#[derive(Default)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// Appends a number, in seven bits a byte.
    pub fn number(&mut self, mut n: u64) -> &mut Self {
        while n >= 0x80 {
            self.0.push(n as u8 | 0x80);
            n >>= 7;
        }
        self.0.push(n as u8);
        self
    }

    /// Appends bytes whose number the reader knows.
    pub fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// Appends bytes with their number before them.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.number(bytes.len() as u64).raw(bytes)
    }

    /// Appends the number of `items`, and each of them by `write`.
    pub fn list<T>(
        &mut self,
        items: impl ExactSizeIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T),
    ) -> &mut Self {
        self.number(items.len() as u64);
        for item in items {
            write(self, item);
        }
        self
    }

    /// Returns the body.
    pub fn done(self) -> Vec<u8> {
        self.0
    }
}

/// Reads a body.
#[derive(Clone)]
pub struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    /// Reads `body` from its start.
    pub fn new(body: &'b [u8]) -> Self {
        Self(body)
    }

    /// Reads a number.
    pub fn number(&mut self) -> Option<u64> {
        let mut n = 0u64;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.0.split_first()?;
            self.0 = rest;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return None;
            }
            n |= bits << shift;
            if byte < 0x80 {
                return Some(n);
            }
        }
        None
    }

    /// Reads a number that fits into 32 bits.
    pub fn small(&mut self) -> Option<u32> {
        self.number()?.try_into().ok()
    }

    /// Reads `len` bytes.
    pub fn raw(&mut self, len: usize) -> Option<&'b [u8]> {
        let (bytes, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(bytes)
    }

    /// Reads bytes with their number before them.
    pub fn bytes(&mut self) -> Option<&'b [u8]> {
        let len = usize::try_from(self.number()?).ok()?;
        self.raw(len)
    }

    /// Reads a list. Each item takes at least a byte.
    pub fn list<T>(&mut self, mut read: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let mut items = Vec::new();
        self.each(|input| {
            items.push(read(input)?);
            Some(())
        })?;
        Some(items)
    }

    /// Reads a list, item by item. Each takes at least a byte.
    pub fn each(&mut self, mut read: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        let count = usize::try_from(self.number()?).ok()?;
        if count > self.0.len() {
            return None;
        }
        (0..count).try_for_each(|_| read(self))
    }

    /// Whether all of it was read.
    pub fn is_done(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let numbers = [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX];
        let mut out = Writer::default();
        out.list(numbers.iter(), |out, n| {
            out.number(*n);
        });
        out.bytes(b"abc").raw(b"de");
        let body = out.done();
        let mut input = Reader::new(&body);
        assert_eq!(input.list(Reader::number).as_deref(), Some(&numbers[..]));
        assert_eq!(input.bytes(), Some(&b"abc"[..]));
        assert_eq!(input.raw(2), Some(&b"de"[..]));
        assert!(input.is_done());
        for end in 0..body.len() {
            let mut cut = Reader::new(&body[..end]);
            let all = (|| {
                cut.list(Reader::number)?;
                cut.bytes()?;
                cut.raw(2)
            })();
            assert_eq!(all, None, "{end}");
        }
    }

    #[test]
    fn false_numbers_end_in_none() {
        assert_eq!(Reader::new(&[0xff; 10]).number(), None);
        assert_eq!(Reader::new(&[0xff; 20]).number(), None);
        let mut out = Writer::default();
        out.number(u64::MAX);
        let body = out.done();
        assert_eq!(Reader::new(&body).list(Reader::number), None);
        assert_eq!(Reader::new(&body).bytes(), None);
        assert_eq!(Reader::new(&body).small(), None);
    }
}
