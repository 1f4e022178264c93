//! Files as `uuencode` writes them into text: `begin 644 name`, lines of 45 bytes, `end`.
//!
//! Source: POSIX, `uuencode`, "historical algorithm".

/// The longest first line.
const BEGIN: usize = 160;
/// The most bytes in a line.
const LINE: u8 = 45;

/// Three bytes or fewer.
pub(in crate::detect) type Group = super::group::Group<3>;

/// What a sign means. A blank and a backquote are both zero.
fn value(sign: u8) -> Option<u8> {
    matches!(sign, b' '..=b'`').then_some((sign - b' ') & 0x3f)
}

/// Where the first line of content begins, behind the mark at `at`.
pub(in crate::detect) fn content(bytes: &[u8], at: usize) -> Option<usize> {
    let first = bytes.get(at..bytes.len().min(at + BEGIN))?;
    Some(at + memchr::memchr(b'\n', first)? + 1)
}

/// The groups of the line at `at`, and where the next one begins. None for the last line, and for
/// what is none.
pub(in crate::detect) fn line(bytes: &[u8], at: usize) -> Option<(Vec<Group>, usize)> {
    let mut left = usize::from(value(*bytes.get(at)?).filter(|len| (1..=LINE).contains(len))?);
    let signs = left.div_ceil(3) * 4;
    let end = at + 1 + signs;
    // Some append a sign that is a sum, and some leave out blanks at the end.
    let rest = bytes.get(at..bytes.len().min(end + 3))?;
    let line = memchr::memchr(b'\n', rest).map_or(rest.len(), |len| len);
    let own = &rest[..line];
    let own = own.strip_suffix(b"\r").unwrap_or(own);
    let cut = end + 3 <= bytes.len() && line == rest.len();
    if cut || own.len() > signs + 2 || own.len() < 3 {
        return None;
    }
    let mut groups = Vec::with_capacity(signs / 4);
    for number in 0..signs / 4 {
        let start = 1 + number * 4;
        let mut values = [0; 4];
        for (n, each) in values.iter_mut().enumerate() {
            *each = own.get(start + n).map_or(Some(0), |sign| value(*sign))?;
        }
        let all = values.iter().fold(0u32, |all, v| all << 6 | u32::from(*v));
        let [_, first, second, third] = all.to_be_bytes();
        let len = left.min(3);
        left -= len;
        groups.push(Group {
            bytes: [first, second, third],
            len,
            start: at + start.min(own.len()),
            end: at + (start + 4).min(own.len()),
        });
    }
    Some((groups, at + line + 1))
}

/// Whether the mark at `at` leads to content.
pub(in crate::detect) fn is_lead(bytes: &[u8], at: usize) -> bool {
    let begins = at == 0 || matches!(bytes[at - 1], b'\n' | b'\r');
    begins && content(bytes, at).is_some_and(|first| line(bytes, first).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_decoded() {
        let text = b"begin 644 cat.txt\n#0V%T\n`\nend\n";
        assert!(is_lead(text, 0) && !is_lead(text, 1));
        let (groups, next) = line(text, content(text, 0).unwrap()).unwrap();
        let all: Vec<u8> = groups.iter().flat_map(|g| g.meaning().to_vec()).collect();
        assert_eq!((&all[..], &text[next..]), (&b"Cat"[..], &b"`\nend\n"[..]));
        assert!(line(text, next).is_none());
        for other in [
            "begin 644 x\n",
            "begin 644 x\nHello, world\n",
            "begin 644 x",
        ] {
            assert!(!is_lead(other.as_bytes(), 0), "{other}");
        }
    }
}
