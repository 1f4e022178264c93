//! Commits. Fields of any bytes, written as git writes them, are read back. The message starts
//! where the headers end.

use super::input::Input;
use stopleak::git::{ObjectId, commit};

/// Runs one input.
pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let (shape, time) = (
        input.byte(),
        i64::from(input.short()) << (shape_of(bytes) % 17),
    );
    let name = field(input.line());
    let mail = field(input.line());
    let extra = input.line();
    let message = input.rest();
    let id = |byte: u8| ObjectId::from([byte; 20]);
    let mut raw = format!("tree {}\n", id(shape)).into_bytes();
    let parents: Vec<ObjectId> = (0..shape % 4).map(id).collect();
    for parent in &parents {
        raw.extend_from_slice(format!("parent {parent}\n").as_bytes());
    }
    let zone = i32::from(shape % 28) - 12;
    for who in ["author", "committer"] {
        raw.extend_from_slice(who.as_bytes());
        raw.push(b' ');
        raw.extend_from_slice(&name);
        raw.extend_from_slice(b" <");
        raw.extend_from_slice(&mail);
        let sign = if zone < 0 { '-' } else { '+' };
        raw.extend_from_slice(format!("> {time} {sign}{:02}30\n", zone.abs()).as_bytes());
    }
    if !extra.is_empty() {
        raw.extend_from_slice(b"gpgsig ");
        raw.extend_from_slice(extra);
        raw.extend_from_slice(b"\n continued\n");
    }
    raw.push(b'\n');
    let start = raw.len();
    raw.extend_from_slice(message);

    let head = commit::head(&raw).expect("a commit");
    assert_eq!(head.tree, id(shape));
    assert_eq!(head.parents, parents);
    assert_eq!(head.time, time);
    assert_eq!((head.message, commit::message_start(&raw)), (start, start));
    let info = commit::info(id(shape), &raw);
    for who in [&info.author, &info.committer] {
        assert_eq!(who.name, name.trim_ascii());
        assert_eq!(who.mail, mail);
        assert_eq!(who.time, time);
        let minutes = zone.abs() * 60 + 30;
        assert_eq!(who.offset, if zone < 0 { -minutes } else { minutes });
    }
    let first = message.trim_ascii_start().split(|b| *b == b'\n').next();
    assert_eq!(info.subject, first.unwrap_or_default().trim_ascii_end());
}

fn shape_of(bytes: &[u8]) -> u8 {
    bytes.last().copied().unwrap_or_default()
}

/// Returns the bytes that git allows in a name or address: neither angle brackets nor NUL.
fn field(bytes: &[u8]) -> Vec<u8> {
    let kept = bytes.iter().filter(|b| !b"<>\0".contains(b));
    kept.copied().collect()
}
