//! Reads the passwords of several users that `chpasswd` is given: in a here string or a here
//! document of a shell, or in a list of cloud-init. Each line is a user, a colon and a password.

use std::ops::Range;

use super::bytes::{BLANK, GAP, run};
use super::found::{Among, Site};
use super::link::Link;
use super::lists::REACH;
use super::strings::Quote;
use super::value::bare;
use crate::rules::class::{ByteSet, WORD};

/// The most lines that are read.
const MOST: usize = 64;
/// The most bytes between the name and what it is given.
const OPTIONS: usize = 160;

/// Appends the passwords that follow `name`, if it is `chpasswd`; whether it is given some.
pub(super) fn read(bytes: &[u8], name: &Range<usize>, out: &mut Vec<Site>) -> bool {
    let own = bytes[name.clone()].strip_suffix(b"chpasswd");
    if own.is_none_or(|path| !path.is_empty() && !path.ends_with(b"/")) {
        return false;
    }
    let from = out.len();
    let bytes = &bytes[..bytes.len().min(name.end + REACH)];
    let end = line_end(bytes, name.end);
    let rest = &bytes[name.end..end];
    let mut push = |span: Range<usize>| {
        let password = password(bytes, span).filter(|_| out.len() < from + MOST);
        out.extend(password.map(|value| {
            let mut found = bare(value);
            found.quote = Quote::Plain(b'"');
            Site::of(name, Link::Equals, found, Among::Apart)
        }));
    };
    if let Some(at) = memchr::memmem::find(rest, b"<<<").filter(|at| *at < OPTIONS) {
        push(word(bytes, name.end + at + 3, end));
    } else if let Some(tag) = document(bytes, name, end) {
        for line in lines(bytes, end).take_while(|line| bytes[line.clone()].trim_ascii() != tag) {
            push(line);
        }
    } else if rest.starts_with(b":") {
        users_of_list(bytes, end, &mut push);
    }
    out.len() > from
}

/// Where the line of `at` ends.
fn line_end(bytes: &[u8], at: usize) -> usize {
    memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |i| at + i)
}

/// The lines behind the one that ends at `end`.
fn lines(bytes: &[u8], end: usize) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = end;
    std::iter::from_fn(move || {
        let start = at + 1;
        if start > bytes.len() {
            return None;
        }
        at = line_end(bytes, start);
        Some(start..at)
    })
}

/// The word of a here string at `at`: a string, or all up to a blank.
fn word(bytes: &[u8], at: usize, end: usize) -> Range<usize> {
    let at = at + run(bytes, at, GAP, &BLANK);
    let at = at + usize::from(bytes.get(at) == Some(&b'$'));
    let escaped = usize::from(bytes[at..].starts_with(b"\\"));
    match bytes.get(at + escaped).filter(|b| b"\"'".contains(b)) {
        Some(quote) => {
            let start = at + escaped + 1;
            let len = bytes[start..end].iter().position(|b| b == quote);
            let len = len.map_or(0, |len| len.saturating_sub(escaped));
            start..start + len
        }
        None => {
            let len = run(bytes, at, end - at.min(end), &ByteSet::range(b'!', b'~'));
            at..at + len
        }
    }
}

/// The word that ends the here document which the line gives to `chpasswd`, directly or through a
/// pipe.
fn document<'a>(bytes: &'a [u8], name: &Range<usize>, end: usize) -> Option<&'a [u8]> {
    let floor = name.start.saturating_sub(OPTIONS);
    let start = memchr::memrchr(b'\n', &bytes[floor..name.start]).map_or(floor, |i| floor + i + 1);
    let line = &bytes[start..end.min(name.end + OPTIONS)];
    let at = memchr::memmem::find(line, b"<<")? + 2;
    let behind = start + at > name.end;
    if !behind && !line[at..name.start - start].contains(&b'|') {
        return None;
    }
    let at = at + usize::from(line.get(at) == Some(&b'-'));
    let at = at + run(line, at, 8, &ByteSet::of(b" \t\\\"'"));
    let len = run(line, at, GAP, &WORD);
    (len > 0).then(|| &line[at..at + len])
}

/// Passes on the lines of `list:` below the key whose line ends at `end`: a block, or items.
fn users_of_list(bytes: &[u8], end: usize, push: &mut impl FnMut(Range<usize>)) {
    const NEAR: usize = 4;
    let indent = |line: &Range<usize>| run(bytes, line.start, GAP, &BLANK);
    let mut below = lines(bytes, end);
    let Some(list) = below.by_ref().take(NEAR).find(|line| {
        let text = bytes[line.clone()].trim_ascii_start();
        text.starts_with(b"list:")
    }) else {
        return;
    };
    let deep = indent(&list);
    for line in below {
        let text = bytes[line.clone()].trim_ascii();
        let item = text.starts_with(b"-");
        if indent(&line) < deep + usize::from(!item) || text.is_empty() {
            return;
        }
        let lead = run(bytes, line.start, GAP, &ByteSet::of(b" \t-\"'"));
        push(line.start + lead..line.end);
    }
}

/// The password in the text of a line: what stands behind the name of a user and a colon.
fn password(bytes: &[u8], line: Range<usize>) -> Option<Range<usize>> {
    const USER: ByteSet = WORD.or(ByteSet::of(b".-${}@"));
    let start = line.start + run(bytes, line.start, GAP, &BLANK);
    let user = run(bytes, start, 40, &USER);
    let at = start + user + 1;
    if user == 0 || at >= line.end || bytes[at - 1] != b':' {
        return None;
    }
    let text = bytes[at..line.end].trim_ascii_end();
    let text = match text.last() {
        Some(b'"' | b'\'') => &text[..text.len() - 1],
        _ => text,
    };
    let plain = !text.is_empty() && !text.iter().any(u8::is_ascii_whitespace);
    plain.then(|| at..at + text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<&str> {
        let at = text.find("chpasswd").unwrap_or(0);
        let mut out = Vec::new();
        read(text.as_bytes(), &(at..at + 8), &mut out);
        out.iter().map(|site| &text[site.value.clone()]).collect()
    }

    #[test]
    fn passwords_of_users_are_read() {
        for text in [
            "chpasswd <<< \"bob:sample-1\"",
            "sudo chpasswd -c SHA512 <<<'bob:sample-1'\n",
            "chpasswd <<<bob:sample-1 && true",
            "chpasswd <<EOF\nbob:sample-1\nEOF\nx:y",
            "cat <<-'END' | sudo chpasswd\n\tbob:sample-1\n\tEND\nx:y",
            "chpasswd:\n  list: |\n    bob:sample-1\n  expire: false",
            "chpasswd:\n  expire: false\n  list:\n    - \"bob:sample-1\"\nx: y:z",
            "chpasswd:\n  list:\n  - bob:sample-1\n",
        ] {
            assert_eq!(values(text), ["sample-1"], "{text}");
        }
        let two = "chpasswd << EOF\nroot:sample-1\nbob:sample-2\nEOF\n";
        assert_eq!(values(two), ["sample-1", "sample-2"]);
        for text in [
            "chpasswd < users.txt\nbob:sample-1",
            "man chpasswd\nbob:sample-1",
            "chpasswd:\n  users:\n    - name: bob",
            "x <<EOF; chpasswd\nbob:sample-1\nEOF",
            "chpasswd <<< \"no password\"",
        ] {
            assert!(values(text).is_empty(), "{text}");
        }
    }
}
