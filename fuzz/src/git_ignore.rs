//! Patterns of git's ignore files: all at once decide what the last one that matches decides
//! alone, and patterns of letters, `?` and `*` match what a plain matcher matches.

use stopleak::git::ignore::{Patterns, Scratch, Subject};

use super::input::Input;

/// Runs one input: whether case matters, whether the path is a directory, the path, and the
/// patterns.
pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let flags = input.byte();
    let (fold, is_dir) = (flags & 1 != 0, flags & 2 != 0);
    let path: Vec<u8> = input.line().iter().copied().filter(|b| *b != 0).collect();
    let name = path.rsplit(|b| *b == b'/').next().unwrap_or_default();
    let subject = Subject {
        path: &path,
        name,
        is_dir,
    };
    let content = input.rest();
    let mut scratch = Scratch::default();
    let all = Patterns::parse(content, fold).verdict(subject, &mut scratch);
    // Only the first line can have a mark.
    let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
    let mut alone = None;
    for line in content.split(|b| *b == b'\n') {
        let marked = [&b"\xef\xbb\xbf"[..], line].concat();
        let verdict = Patterns::parse(&marked, fold).verdict(subject, &mut scratch);
        if is_plain(line) {
            let matches = plain(line, name, fold);
            assert_eq!(verdict, matches.then_some(true));
        }
        alone = verdict.or(alone);
    }
    assert_eq!(all, alone);
}

/// Whether a pattern is for names, and has no signs but `?` and `*`.
fn is_plain(line: &[u8]) -> bool {
    let letter = |b: &u8| b.is_ascii_alphanumeric() || b"?*._-".contains(b);
    !line.is_empty() && line.iter().all(letter)
}

/// Whether `name` matches, byte by byte.
fn plain(pattern: &[u8], name: &[u8], fold: bool) -> bool {
    // Which starts of the pattern match what was read of the name.
    let mut now = vec![false; pattern.len() + 1];
    now[0] = true;
    let stars = |now: &mut Vec<bool>| {
        for (at, byte) in pattern.iter().enumerate() {
            now[at + 1] |= *byte == b'*' && now[at];
        }
    };
    stars(&mut now);
    for byte in name {
        let mut next = vec![false; pattern.len() + 1];
        for (at, want) in pattern.iter().enumerate().filter(|(at, _)| now[*at]) {
            let same = want == byte || (fold && want.eq_ignore_ascii_case(byte));
            match want {
                b'*' => next[at] = true,
                b'?' => next[at + 1] = true,
                _ => next[at + 1] |= same,
            }
        }
        stars(&mut next);
        now = next;
    }
    now[pattern.len()]
}
