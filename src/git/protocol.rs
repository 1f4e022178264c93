//! Parses what git writes to the standard input of hooks: one line for each reference
//! that a push moves (githooks(5), "pre-push" and "pre-receive").
//!
//! This module turns bytes into updates; [`super::push`] resolves them in a repository. A
//! malformed line is an error and never skipped, because its commits would stay
//! unscanned.

use std::io::{self, BufRead, Read};

use gix::ObjectId;
use gix::hash::Kind as HashKind;

/// The longest line in bytes. A reference name takes at most a packet of git's protocol
/// (65,520 bytes), so git does not write longer lines.
pub(crate) const MAX_LINE: usize = 128 * 1024;

/// The maximum size of all lines in bytes: enough for some millions of references. The
/// client that pushes to a server decides how many there are.
pub(crate) const MAX_INPUT: u64 = 256 << 20;

/// A reference that a push moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// Its name on the receiving side, raw, e.g. `refs/heads/main`.
    pub name: Vec<u8>,
    /// The receiver's value; None if the reference is new there.
    pub old: Option<ObjectId>,
    /// The sender's value; None if the reference is deleted.
    pub new: Option<ObjectId>,
}

/// The hook that the lines are for: the order of the fields differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// `LOCAL-REF LOCAL-OID REMOTE-REF REMOTE-OID`, on the sending side.
    PrePush,
    /// `OLD-OID NEW-OID REF`, on the receiving side.
    PreReceive,
}

/// Why standard input is not valid hook input.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// A line does not have the format of its hook.
    #[error("standard input, line {line}: {why}: {quoted}")]
    Malformed {
        /// The line's number, from 1.
        line: usize,
        /// What is wrong with it.
        why: &'static str,
        /// The line, escaped. Who shows it masks it and then cuts it.
        quoted: String,
    },
    /// The input is larger than any push.
    #[error("standard input has more than {MAX_INPUT} bytes")]
    TooLarge,
    /// Reading failed.
    #[error("standard input: {0}")]
    Io(#[from] io::Error),
}

/// Reads all updates. `MAX_INPUT` bounds the memory used.
///
/// # Errors
/// Fails at the first malformed line, or if reading fails.
pub fn read(
    input: impl BufRead,
    dialect: Dialect,
    hash: HashKind,
) -> Result<Vec<Update>, ProtocolError> {
    read_at_most(MAX_INPUT, input, dialect, hash)
}

fn read_at_most(
    max: u64,
    mut input: impl BufRead,
    dialect: Dialect,
    hash: HashKind,
) -> Result<Vec<Update>, ProtocolError> {
    let mut updates = Vec::new();
    let mut line = Vec::new();
    let mut total = 0;
    for number in 1.. {
        line.clear();
        input
            .by_ref()
            .take(MAX_LINE as u64 + 1)
            .read_until(b'\n', &mut line)?;
        if line.is_empty() {
            break;
        }
        total += line.len() as u64;
        if total > max {
            return Err(ProtocolError::TooLarge);
        }
        if line.last() == Some(&b'\n') {
            line.pop();
        }
        let update = if line.len() > MAX_LINE {
            Err("longer than git writes")
        } else {
            parse(&line, dialect, hash)
        };
        updates.push(update.map_err(|why| malformed(number, why, &line))?);
    }
    Ok(updates)
}

/// Parses one line without its line feed. The error says what is wrong with it.
pub(crate) fn parse(line: &[u8], dialect: Dialect, hash: HashKind) -> Result<Update, &'static str> {
    if line.contains(&0) {
        return Err("the line contains a NUL byte");
    }
    match dialect {
        Dialect::PrePush => {
            // The local side may be any revision that the user typed, including spaces
            // (`HEAD^{/some words}`). The other three fields contain no spaces.
            let mut fields = line.rsplitn(4, |byte| *byte == b' ');
            let old = fields.next().unwrap_or_default();
            let name = fields.next().unwrap_or_default();
            let new = fields.next().unwrap_or_default();
            if fields.next().is_none_or(<[u8]>::is_empty) {
                return Err("expected LOCAL-REF LOCAL-OID REMOTE-REF REMOTE-OID");
            }
            update(name, old, new, hash)
        }
        Dialect::PreReceive => {
            let mut fields = line.splitn(3, |byte| *byte == b' ');
            let old = fields.next().unwrap_or_default();
            let new = fields.next().unwrap_or_default();
            let Some(name) = fields.next() else {
                return Err("expected OLD-OID NEW-OID REF");
            };
            update(name, old, new, hash)
        }
    }
}

/// Parses the fields of a line, or the arguments of an `update` hook.
///
/// # Errors
/// Fails if a name is empty, or if an object name does not have the length of `hash` in
/// hexadecimal digits. The error says which.
pub fn update(name: &[u8], old: &[u8], new: &[u8], hash: HashKind) -> Result<Update, &'static str> {
    if name.is_empty() {
        return Err("the reference name is empty");
    }
    Ok(Update {
        name: name.to_vec(),
        old: object(old, hash)?,
        new: object(new, hash)?,
    })
}

/// Parses an object name; None for the null object name.
fn object(hex: &[u8], hash: HashKind) -> Result<Option<ObjectId>, &'static str> {
    if hex.len() != hash.len_in_hex() {
        return Err("not an object name of this repository's hash");
    }
    match ObjectId::from_hex(hex) {
        Ok(id) if id.is_null() => Ok(None),
        Ok(id) => Ok(Some(id)),
        Err(_) => Err("not an object name"),
    }
}

fn malformed(line: usize, why: &'static str, text: &[u8]) -> ProtocolError {
    ProtocolError::Malformed {
        line,
        why,
        quoted: format!("`{}`", text.escape_ascii()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::Rng;

    const A: &str = "1111111111111111111111111111111111111111";
    const B: &str = "2222222222222222222222222222222222222222";
    const ZERO: &str = "0000000000000000000000000000000000000000";

    fn all(dialect: Dialect, text: &[u8]) -> Result<Vec<Update>, String> {
        read(text, dialect, HashKind::Sha1).map_err(|e| e.to_string())
    }

    fn id(hex: &str) -> Option<ObjectId> {
        Some(ObjectId::from_hex(hex.as_bytes()).unwrap())
    }

    #[test]
    fn lines_of_a_push_are_read() {
        let text = format!(
            "refs/heads/a {A} refs/heads/b {B}\n(delete) {ZERO} refs/heads/c {B}\n\
             HEAD^{{/some words}} {A} refs/heads/d {ZERO}\n"
        );
        let updates = all(Dialect::PrePush, text.as_bytes()).unwrap();
        assert_eq!(updates.len(), 3);
        assert_eq!(updates[0].name, b"refs/heads/b");
        assert_eq!((updates[0].old, updates[0].new), (id(B), id(A)));
        assert_eq!((updates[1].old, updates[1].new), (id(B), None));
        assert_eq!((updates[2].old, updates[2].new), (None, id(A)));
        assert_eq!(updates[2].name, b"refs/heads/d");
    }

    #[test]
    fn lines_of_a_receiver_are_read() {
        let text = format!("{A} {B} refs/heads/a\n{ZERO} {A} refs/tags/\u{e9}\x1b");
        let updates = all(Dialect::PreReceive, text.as_bytes()).unwrap();
        assert_eq!((updates[0].old, updates[0].new), (id(A), id(B)));
        assert_eq!(updates[1].name, "refs/tags/\u{e9}\x1b".as_bytes());
        assert!(all(Dialect::PreReceive, b"").unwrap().is_empty());
    }

    #[test]
    fn the_hash_decides_the_length() {
        let long = "3".repeat(64);
        let line = format!("{long} {} refs/heads/a", "0".repeat(64));
        let update = parse(line.as_bytes(), Dialect::PreReceive, HashKind::Sha256).unwrap();
        assert_eq!(update.old.unwrap().to_string(), long);
        assert_eq!(update.new, None);
        assert!(parse(line.as_bytes(), Dialect::PreReceive, HashKind::Sha1).is_err());
    }

    #[test]
    fn what_does_not_fit_is_named_by_its_line() {
        let good = format!("{A} {B} refs/heads/a\n");
        for bad in [
            "\n".to_owned(),
            format!("{A} {B}\n"),
            format!("{A} {B} \n"),
            format!("{A}  {B} refs/heads/a\n"),
            format!("{A} {B}0 refs/heads/a\n"),
            format!("{A} {} refs/heads/a\n", "g".repeat(40)),
            format!("{A} {B} refs/heads/\0a\n"),
            format!("{A} {B} {}\n", "x".repeat(MAX_LINE)),
            format!("{A} {B}"),
            "\x1b[31m\r\n".to_owned(),
        ] {
            let error = all(Dialect::PreReceive, format!("{good}{bad}").as_bytes()).unwrap_err();
            assert!(error.contains("line 2: "), "{error}");
            assert!(!error.contains(['\x1b', '\r', '\0', '\n']), "{error:?}");
            assert!(error.len() < 4 * MAX_LINE + 800, "{}", error.len());
        }
        for bad in [format!("{A} refs/heads/b {B}\n"), format!(" {A} r {B}\n")] {
            assert!(all(Dialect::PrePush, bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn endless_input_ends() {
        let line = format!("{A} {B} {}\n", "x".repeat(MAX_LINE / 2)).into_bytes();
        struct Endless<'l>(&'l [u8], usize);
        impl Read for Endless<'_> {
            fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
                let rest = &self.0[self.1..];
                let len = rest.len().min(out.len());
                out[..len].copy_from_slice(&rest[..len]);
                self.1 = (self.1 + len) % self.0.len();
                Ok(len)
            }
        }
        let input = io::BufReader::new(Endless(&line, 0));
        let error = read_at_most(1 << 20, input, Dialect::PreReceive, HashKind::Sha1);
        let error = error.unwrap_err();
        assert!(matches!(error, ProtocolError::TooLarge));
    }

    #[test]
    fn any_bytes_are_read_or_refused_and_what_is_read_can_be_written() {
        let mut rng = Rng::new(7);
        for _ in 0..2_000 {
            let name = loop {
                let len = 1 + rng.below(40);
                let name = rng.any_bytes(len);
                if !name.contains(&b'\n') && !name.contains(&0) {
                    break name;
                }
            };
            let mut line = format!("{A} {B} ").into_bytes();
            line.extend_from_slice(&name);
            let read = parse(&line, Dialect::PreReceive, HashKind::Sha1).unwrap();
            assert_eq!(read.name, name);
            let at = rng.below(line.len());
            line[at] = rng.next() as u8;
            let _ = parse(&line, Dialect::PreReceive, HashKind::Sha1);
            let _ = parse(&line, Dialect::PrePush, HashKind::Sha1);
        }
    }
}
