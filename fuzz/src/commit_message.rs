//! The message that commit-msg judges. Lines stay or become empty. Only comments go, which all start
//! as git says in the file, and below the scissors lines that the named blobs have.

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
    let without = recorded(
        raw,
        &mut Shown {
            lines: &HashSet::new(),
            read: false,
        },
    );
    let split = |text: &'_ [u8]| -> Vec<Vec<u8>> {
        text.split(|b| *b == b'\n').map(<[u8]>::to_vec).collect()
    };
    let (raw_lines, with, without) = (split(raw), split(&with), split(&without));
    assert_eq!(
        (raw_lines.len(), raw_lines.len()),
        (with.len(), without.len())
    );
    let has = |wanted: &[u8], line: &&Vec<u8>| line.windows(wanted.len()).any(|w| w == wanted);
    let says = raw_lines
        .iter()
        .any(|line| has(b"' will be ignored", &line));
    let scissors = raw_lines
        .iter()
        .position(|line| line.ends_with(b" >8 ------------------------"));
    let mut taken: Vec<&[u8]> = Vec::new();
    for (at, line) in raw_lines.iter().enumerate() {
        if without[at] != *line {
            assert!(
                without[at].is_empty() && says,
                "a line goes and nothing says so"
            );
            taken.push(line);
        }
        if with[at] != without[at] {
            assert!(with[at].is_empty() && scissors.is_some_and(|first| first < at));
            let known = |line: &[u8]| lines.contains(line);
            let function = line.windows(3).position(|w| w == b"@@ ");
            assert!(
                known(&line[1..])
                    || function.is_some_and(|_| lines.iter().any(|l| line.ends_with(l)))
            );
        }
    }
    // They start the same.
    if let Some(first) = taken.first() {
        assert!(taken.iter().all(|line| line.first() == first.first()));
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
