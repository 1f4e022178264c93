//! Parses raw commit and tag objects: only the headers that scanning needs.

use gix::ObjectId;
use gix::hash::oid;
use gix::object::Kind;

use super::error::GitError;
use super::object::Reader;

/// The headers of a commit that a history walk needs, and the offset of its message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitHead {
    /// Its tree.
    pub tree: ObjectId,
    /// Its parents, in order.
    pub parents: Vec<ObjectId>,
    /// The committer time in seconds since 1970; 0 if unreadable.
    pub time: i64,
    /// Offset of the message in the object.
    pub message: usize,
}

/// A person and a time, as a commit or tag states them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signature {
    /// The name, raw.
    pub name: Vec<u8>,
    /// The mail address, raw, without angle brackets.
    pub mail: Vec<u8>,
    /// Seconds since 1970; 0 if unreadable.
    pub time: i64,
    /// Offset from UTC in minutes.
    pub offset: i32,
}

/// The data of a commit that a report shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitInfo {
    /// The commit.
    pub id: ObjectId,
    /// Author and author date.
    pub author: Signature,
    /// Committer and commit date.
    pub committer: Signature,
    /// The message's first line, raw.
    pub subject: Vec<u8>,
}

/// Splits a header block into lines, up to the empty line. The second value is the offset
/// after the line.
fn header_lines(raw: &[u8]) -> impl Iterator<Item = (&[u8], usize)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = raw.get(at..).filter(|rest| !rest.is_empty())?;
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        at += end + 1;
        (end > 0).then_some((&rest[..end], at))
    })
}

/// Returns the offset of the message in a raw commit or tag.
pub fn message_start(raw: &[u8]) -> usize {
    let end = header_lines(raw).last().map_or(0, |(_, after)| after);
    (end + 1).min(raw.len())
}

/// Returns the headers of a raw commit or tag as people wrote them, with the lines where
/// they are: names of objects, which programs write, become empty lines. Also returns the
/// message.
pub fn split(raw: &[u8]) -> (Vec<u8>, &[u8]) {
    let (header, message) = raw.split_at(message_start(raw));
    let mut written = Vec::with_capacity(header.len());
    for line in header.split_inclusive(|byte| *byte == b'\n') {
        if is_link(line) {
            written.push(b'\n');
        } else {
            written.extend_from_slice(line);
        }
    }
    (written, message)
}

/// Returns whether a header line only names an object, as git writes it.
fn is_link(line: &[u8]) -> bool {
    let names = [&b"tree "[..], b"parent ", b"object ", b"mergetag object "];
    names
        .iter()
        .filter_map(|name| line.strip_prefix(*name))
        .any(|rest| ObjectId::from_hex(rest.trim_ascii_end()).is_ok())
}

/// Returns what a header line says about a person without the time, if it does: the same
/// line stands in many commits.
pub fn person(line: &[u8]) -> Option<&[u8]> {
    let kinds = [&b"author "[..], b"committer ", b"tagger "];
    let rest = kinds.iter().find_map(|kind| line.strip_prefix(*kind))?;
    let time = rest.iter().rev().take_while(|byte| **byte != b'>');
    let end = rest.len() - time.count();
    let is_time = |byte: &u8| byte.is_ascii_digit() || b" +-\n".contains(byte);
    (end > 0 && rest[end..].iter().all(is_time)).then(|| &rest[..end])
}

/// Reads a commit's headers. Returns None if it has no valid tree line.
pub fn head(raw: &[u8]) -> Option<CommitHead> {
    let mut lines = header_lines(raw);
    let tree = lines.next()?.0.strip_prefix(b"tree ")?;
    let mut found = CommitHead {
        tree: ObjectId::from_hex(tree).ok()?,
        parents: Vec::new(),
        time: 0,
        message: 0,
    };
    for (line, _) in lines {
        if let Some(hex) = line.strip_prefix(b"parent ") {
            found.parents.push(ObjectId::from_hex(hex).ok()?);
        } else if let Some(committer) = line.strip_prefix(b"committer ") {
            found.time = signature(committer).time;
            break;
        }
    }
    found.message = message_start(raw);
    Some(found)
}

/// Reads author, committer and subject.
pub fn info(id: ObjectId, raw: &[u8]) -> CommitInfo {
    let who = |name: &[u8]| {
        header_lines(raw)
            .find_map(|(line, _)| line.strip_prefix(name))
            .map(signature)
            .unwrap_or_default()
    };
    let message = raw.get(message_start(raw)..).unwrap_or_default();
    let message = message.trim_ascii_start();
    let end = memchr::memchr(b'\n', message).unwrap_or(message.len());
    CommitInfo {
        id,
        author: who(b"author "),
        committer: who(b"committer "),
        subject: message[..end].trim_ascii_end().to_vec(),
    }
}

/// Reads the headers of commit `id`.
pub(super) fn read(reader: &mut Reader<'_>, id: &oid) -> Result<CommitHead, GitError> {
    let mut raw = Vec::new();
    reader.expect(id, Kind::Commit, &mut raw)?;
    head(&raw).ok_or_else(|| GitError::damaged(id))
}

/// Reads the data of commit `id` that a report shows.
pub(crate) fn read_info(reader: &mut Reader<'_>, id: &ObjectId) -> Result<CommitInfo, GitError> {
    let mut raw = Vec::new();
    reader.expect(id, Kind::Commit, &mut raw)?;
    Ok(info(*id, &raw))
}

/// Returns the object that an annotated tag points to, or None if the tag is malformed.
pub fn tag_target(raw: &[u8]) -> Option<ObjectId> {
    let line = header_lines(raw).next()?.0;
    ObjectId::from_hex(line.strip_prefix(b"object ")?).ok()
}

/// Parses `name <mail> seconds +hhmm`. Unreadable fields are empty or 0.
fn signature(line: &[u8]) -> Signature {
    let open = memchr::memchr(b'<', line).unwrap_or(line.len());
    let close = memchr::memrchr(b'>', line).unwrap_or(line.len());
    let mail = line.get(open + 1..close).unwrap_or_default();
    let rest = line.get(close + 1..).unwrap_or_default();
    let mut words = rest
        .split(|byte| *byte == b' ')
        .filter(|word| !word.is_empty());
    let mut number = || -> Option<i64> { std::str::from_utf8(words.next()?).ok()?.parse().ok() };
    let time = number().unwrap_or(0);
    let zone = number().filter(|zone| zone.abs() < 10_000).unwrap_or(0) as i32;
    Signature {
        name: line[..open].trim_ascii().to_vec(),
        mail: mail.to_vec(),
        time,
        offset: zone / 100 * 60 + zone % 100,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RAW: &[u8] = b"tree 0123456789012345678901234567890123456789\n\
        parent 1123456789012345678901234567890123456789\n\
        author A U Thor <a@example.com> 1700000000 +0530\n\
        committer C <c@example.com> 1700000060 -0130\n\
        gpgsig -----BEGIN\n more\n\n\nSubject line \nbody\n";

    #[test]
    fn reads_headers_and_subject() {
        let found = head(RAW).unwrap();
        assert_eq!(found.parents.len(), 1);
        assert_eq!(found.time, 1_700_000_060);
        assert!(RAW[found.message..].starts_with(b"\nSubject"));
        let told = info(found.tree, RAW);
        assert_eq!(told.subject, b"Subject line");
        assert_eq!(
            (told.author.name.as_slice(), told.author.offset),
            (&b"A U Thor"[..], 330)
        );
        assert_eq!(
            (told.committer.mail.as_slice(), told.committer.offset),
            (&b"c@example.com"[..], -90)
        );
    }

    #[test]
    fn what_people_wrote_keeps_its_lines() {
        let raw = b"object 0123456789012345678901234567890123456789\n\
            tree of life\nmergetag object 0123456789012345678901234567890123456789\n \
            object x\ntagger T <t@x> 1 +0000\n\nmessage\n";
        let (header, message) = split(raw);
        assert_eq!(message, b"message\n");
        let expected = b"\ntree of life\n\n object x\ntagger T <t@x> 1 +0000\n\n";
        assert_eq!(header, expected);
        assert_eq!(split(b""), (Vec::new(), &b""[..]));
        assert_eq!(split(b"x"), (b"x".to_vec(), &b""[..]));
    }

    #[test]
    fn persons_are_told_without_times() {
        assert_eq!(person(b"author T <t@x> 12 -0130\n"), Some(&b"T <t@x>"[..]));
        assert_eq!(person(b"tagger <> 12 +0000"), Some(&b"<>"[..]));
        assert_eq!(person(b"author T <t@x> hidden 12"), None);
        assert_eq!(person(b"author T 12 +0000"), None);
        assert_eq!(person(b"gpgsig x"), None);
    }

    #[test]
    fn malformed_commits_do_not_panic() {
        assert_eq!(head(b""), None);
        assert_eq!(head(b"tree xyz\n"), None);
        for end in 0..RAW.len() {
            let _ = head(&RAW[..end]);
            let _ = info(ObjectId::null(gix::hash::Kind::Sha1), &RAW[..end]);
        }
        let odd = signature(b">< 99999999999999999999 +99999");
        assert_eq!((odd.time, odd.offset), (0, 0));
    }
}
