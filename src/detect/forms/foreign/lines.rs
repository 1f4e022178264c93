//! Counts lines and columns of a fragment as gitleaks counts them.

/// The line ends of a fragment, which it looks for when the first place is asked for.
pub(super) struct Lines<'a> {
    bytes: &'a [u8],
    ends: Option<Vec<usize>>,
}

impl<'a> Lines<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, ends: None }
    }

    /// The line (from 0) and column of `at`, as gitleaks has them for a start. A line end
    /// belongs to the line after it, and all columns but those of the first line count it.
    pub(super) fn of(&mut self, at: usize) -> (usize, usize) {
        let bytes = self.bytes;
        let ends = self
            .ends
            .get_or_insert_with(|| memchr::memchr_iter(b'\n', bytes).collect());
        let line = ends.partition_point(|end| *end <= at);
        let before = line.checked_sub(1).and_then(|i| ends.get(i));
        (line, at - before.copied().unwrap_or(0) + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_those_of_gitleaks() {
        let mut lines = Lines::new(b"ab\ncd\n");
        assert_eq!(lines.of(0), (0, 1));
        assert_eq!(lines.of(1), (0, 2));
        assert_eq!(lines.of(2), (1, 1), "a line end is of the next line");
        assert_eq!(lines.of(3), (1, 2), "and counts in its columns");
    }
}
