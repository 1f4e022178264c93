//! Ascii85 between `<~` and `~>`, as Adobe and btoa write it.

use super::runs::means_something;

/// What stands before it.
pub(in crate::detect) const OPEN: &[u8] = b"<~";
/// What stands behind it.
pub(in crate::detect) const CLOSE: &[u8] = b"~>";

/// Four bytes or fewer.
pub(in crate::detect) type Group = super::group::Group<4>;

/// Returns the group that begins at `at` or behind white space. None at the end, and where
/// something else stands.
pub(in crate::detect) fn group(bytes: &[u8], at: usize) -> Option<Group> {
    let (mut value, mut count) = (0u64, 0);
    let (mut start, mut end) = (at, at);
    let mut next = at;
    while count < 5 {
        match bytes.get(next) {
            Some(b' ' | b'\t' | b'\r' | b'\n') => {}
            Some(b'z') if count == 0 => {
                return Some(Group {
                    bytes: [0; 4],
                    len: 4,
                    start: next,
                    end: next + 1,
                });
            }
            Some(sign @ b'!'..=b'u') => {
                start = if count == 0 { next } else { start };
                value = value * 85 + u64::from(sign - b'!');
                count += 1;
                end = next + 1;
            }
            _ => break,
        }
        next += 1;
    }
    if count < 2 {
        return None;
    }
    // The last group may be short; it is filled up with the highest sign.
    let whole = (count..5).fold(value, |value, _| value * 85 + 84);
    Some(Group {
        bytes: u32::try_from(whole).ok()?.to_be_bytes(),
        len: count - 1,
        start,
        end,
    })
}

/// Where the mark stands in the literal at `at`, which may begin with what stands before it.
pub(in crate::detect) fn mark(bytes: &[u8], at: usize) -> usize {
    at + usize::from(bytes.get(at) != Some(&b'<') || bytes.get(at + 1) != Some(&b'~'))
}

/// Whether what stands behind the mark of the literal at `at` begins like something encoded.
pub(in crate::detect) fn is_lead(bytes: &[u8], at: usize) -> bool {
    const SIGNS: usize = 48;
    let at = mark(bytes, at);
    let near = &bytes[..bytes.len().min(at + SIGNS)];
    let mut head = Vec::with_capacity(16);
    let mut next = at + OPEN.len();
    while head.len() < 12 {
        let Some(group) = group(near, next) else {
            return false;
        };
        head.extend_from_slice(group.meaning());
        next = group.end;
    }
    means_something(&head[..12])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_decoded_as_adobe_writes_it() {
        // "Man is distinguished", the sample of the article on Ascii85, and zeros.
        let text = b"<~9jqo^BlbD-BleB1DJ\n+*+F(f,qz~>";
        let (mut all, mut at) = (Vec::new(), 2);
        while let Some(group) = group(text, at) {
            all.extend_from_slice(group.meaning());
            at = group.end;
        }
        assert_eq!(all, b"Man is distinguished\0\0\0\0");
        assert!(text[at..].starts_with(CLOSE) && is_lead(text, 0));
    }
}
