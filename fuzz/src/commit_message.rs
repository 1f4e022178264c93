//! The message that commit-msg judges. Lines stay or become empty. Only lines below the scissors go,
//! which the named blobs have.

use std::collections::HashSet;

use stopleak::hooks::{Blobs, recorded};

use super::input::Input;

/// Runs one input: the lines of the blobs, an empty line, and the file.
pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let mut lines = HashSet::new();
    while !input.is_empty() {
        match input.line() {
            [] => break,
            line => drop(lines.insert(line)),
        }
    }
    let raw = input.rest();
    let with = recorded(
        raw,
        &mut Shown {
            lines: &lines,
            read: false,
        },
    );
    let split = |text: &'_ [u8]| -> Vec<Vec<u8>> {
        text.split(|b| *b == b'\n').map(<[u8]>::to_vec).collect()
    };
    let (raw_lines, with) = (split(raw), split(&with));
    assert_eq!(raw_lines.len(), with.len());
    let scissors = raw_lines
        .iter()
        .position(|line| line.ends_with(b" >8 ------------------------"));
    for (at, line) in raw_lines.iter().enumerate() {
        if with[at] != *line {
            assert!(with[at].is_empty() && scissors.is_some_and(|first| first < at));
            let known = |line: &[u8]| lines.contains(line);
            let function = line.windows(3).position(|w| w == b"@@ ");
            assert!(
                known(&line[1..])
                    || function.is_some_and(|_| lines.iter().any(|l| line.ends_with(l)))
            );
        }
    }
}

/// Blobs that have these lines, once the diff names any.
struct Shown<'a> {
    lines: &'a HashSet<&'a [u8]>,
    read: bool,
}

impl Blobs for Shown<'_> {
    fn read(&mut self, _: [&[u8]; 2]) {
        self.read = true;
    }

    fn has(&self, line: &[u8]) -> bool {
        self.read && self.lines.contains(line)
    }
}
