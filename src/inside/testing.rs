//! Opens bytes in tests, as far as they go.

use std::io::{self, Read};

use super::input::HEAD;
use super::{Budget, Class, Format, Input, Members, Most, Trouble, walk};

/// What was found in bytes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Opened {
    /// Members that are no containers: `outer!inner`, and their content as far as it was read.
    pub(super) members: Vec<(String, Vec<u8>)>,
    /// What containers hold themselves, joined.
    pub(super) rest: Vec<u8>,
    /// What was not read.
    pub(super) shut: Vec<(String, Class)>,
}

impl Opened {
    /// Returns the content of the member at `path`, as text.
    pub(super) fn text(&self, path: &str) -> String {
        let found = self.members.iter().find(|(name, _)| name == path);
        let content = found.map_or_else(Vec::new, |(_, content)| content.clone());
        String::from_utf8_lossy(&content).into_owned()
    }

    /// Whether any member or rest has `text`.
    pub(super) fn has(&self, text: &str) -> bool {
        let has = |bytes: &[u8]| memchr::memmem::find(bytes, text.as_bytes()).is_some();
        has(&self.rest) || self.members.iter().any(|(_, content)| has(content))
    }

    /// The paths of all members.
    pub(super) fn paths(&self) -> Vec<&str> {
        self.members.iter().map(|(path, _)| path.as_str()).collect()
    }
}

/// Opens `bytes` and all that is in them.
pub(super) fn open(bytes: &[u8]) -> Opened {
    open_within(bytes, Most::default())
}

/// Opens `bytes` and all that is in them, within `most`.
pub(super) fn open_within(bytes: &[u8], most: Most) -> Opened {
    let mut opened = Opened::default();
    let budget = Budget::new(most, bytes.len() as u64);
    // A source that gives few bytes at once, so that every reader must go on.
    let mut source = Trickle(bytes);
    let _ = open_into("", &mut source, &budget, 0, &mut opened);
    opened
}

struct Trickle<'a>(&'a [u8]);

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(7001);
        self.0.read(&mut buffer[..most])
    }
}

struct Collect<'o, 'b> {
    path: &'o str,
    opened: &'o mut Opened,
    budget: &'b Budget,
    level: u32,
}

fn open_into(
    path: &str,
    source: &mut dyn Read,
    budget: &Budget,
    level: u32,
    opened: &mut Opened,
) -> io::Result<()> {
    let mut input = Input::new(source, budget, level);
    let head = input.peek(HEAD)?;
    let format = Format::of(head).or_else(|| Format::of_start(head));
    match format.filter(|_| budget.opens(level, level)) {
        Some(format) => {
            let mut collect = Collect {
                path,
                opened: &mut *opened,
                budget,
                level,
            };
            let walked = walk(format, &mut input, &mut collect);
            told(walked, path, level, opened)
        }
        None => {
            let mut content = Vec::new();
            let read = input.read_to_end(&mut content);
            opened.members.push((path.to_owned(), content));
            read.map(|_| ())
        }
    }
}

/// Notes trouble of a container, and returns that of the ones around it.
fn told(result: io::Result<()>, path: &str, level: u32, opened: &mut Opened) -> io::Result<()> {
    let Err(error) = result else {
        return Ok(());
    };
    match Trouble::of(&error) {
        Some(trouble) if trouble.level >= level => {
            let told = (path.to_owned(), trouble.class);
            if opened.shut.last() != Some(&told) {
                opened.shut.push(told);
            }
            Ok(())
        }
        _ => Err(error),
    }
}

impl Members for Collect<'_, '_> {
    fn member(&mut self, name: &[u8], content: &mut dyn Read) -> io::Result<()> {
        assert!(self.budget.member(), "tests have few members");
        let path = match (self.path, name) {
            (path, b"") => path.to_owned(),
            ("", name) => String::from_utf8_lossy(name).into_owned(),
            (path, name) => format!("{path}!{}", String::from_utf8_lossy(name)),
        };
        let read = open_into(&path, content, self.budget, self.level + 1, self.opened);
        told(read, &path, self.level, self.opened)
    }

    fn rest(&mut self, bytes: &[u8]) {
        self.opened.rest.extend_from_slice(bytes);
    }

    fn shut(&mut self, name: &[u8], class: Class, _: u64) {
        let name = String::from_utf8_lossy(name).into_owned();
        self.opened.shut.push((name, class));
    }
}

/// Opens every beginning of `bytes` (some of them, if there are many), and copies with single
/// bytes changed: nothing may panic, and nothing may take long.
pub(super) fn damage(bytes: &[u8]) {
    let step = (bytes.len() / 300).max(1);
    for at in (0..bytes.len()).step_by(step) {
        open(&bytes[..at]);
        for change in [0x01, 0x80, 0xff] {
            let mut copy = bytes.to_vec();
            copy[at] ^= change;
            open(&copy);
        }
    }
}
