//! Patterns of git's ignore files: `.gitignore`, `info/exclude`, `core.excludesFile`.
//!
//! A list of patterns is compiled once and asked for each path. Patterns without wildcards
//! and those like `*.o` are looked up in tables, so only the others are tried one by one.
//!
//! git's own matcher is recursive, and so is that of gix, which gives up at 64 levels and
//! takes exponential time for `**/**/…`. Files of a scanned repository must not be able to
//! choose either, so `wild` simulates all ways of a match at once.

mod wild;

use std::collections::HashMap;

pub use wild::Scratch;
use wild::Wild;

/// The patterns of one file.
#[derive(Default)]
pub struct Patterns {
    list: Vec<Pattern>,
    /// Literal names, which match in any directory below.
    names: Table,
    /// Literal paths below the directory of the file.
    paths: Table,
    /// Literal ends of names: `*.o`.
    ends: Table,
    /// For each last byte of a name, the lengths of `ends` with it.
    lengths: HashMap<u8, Vec<usize>>,
    /// All other patterns, by rising number.
    rest: Vec<u32>,
    fold: bool,
}

/// The patterns with the same literal text, by rising number. At most two of them matter.
type Table = HashMap<Box<[u8]>, Vec<u32>>;

struct Pattern {
    negated: bool,
    only_dirs: bool,
    wild: Option<Wild>,
}

/// A path that patterns are asked about.
#[derive(Clone, Copy)]
pub struct Subject<'p> {
    /// The path below the directory of the patterns.
    pub path: &'p [u8],
    /// The last part of the path.
    pub name: &'p [u8],
    /// Whether it is a directory.
    pub is_dir: bool,
}

impl Patterns {
    /// Reads the content of a file as git does. With `fold`, the case of ASCII letters
    /// does not matter, as with `core.ignoreCase`.
    pub fn parse(content: &[u8], fold: bool) -> Self {
        let mut patterns = Self {
            fold,
            ..Self::default()
        };
        let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
        for line in content.split(|byte| *byte == b'\n') {
            if let Some(line) = text_of(line) {
                patterns.add(line);
            }
        }
        patterns
    }

    /// Whether there are no patterns.
    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Returns how many patterns are tried one by one for each path.
    pub(crate) fn tried(&self) -> usize {
        self.rest.len()
    }

    fn add(&mut self, line: &[u8]) {
        let (negated, line) = match line.strip_prefix(b"!") {
            Some(rest) => (true, rest),
            None => (false, line),
        };
        let (only_dirs, text) = match line.strip_suffix(b"/") {
            Some(text) => (true, text),
            None => (false, line),
        };
        let is_path = text.contains(&b'/');
        let text = text.strip_prefix(b"/").unwrap_or(text);
        let Ok(number) = u32::try_from(self.list.len()) else {
            return;
        };
        if text.is_empty() {
            return;
        }
        let literal = literal_length(text);
        let mut wild = None;
        if literal == text.len() {
            let table = match is_path {
                true => &mut self.paths,
                false => &mut self.names,
            };
            let known = table.entry(key(text, self.fold)).or_default();
            enter(&self.list, known, number, only_dirs);
        } else if let (false, Some(end)) = (is_path, end_of(text)) {
            let end = key(end, self.fold);
            let lengths = self.lengths.entry(end[end.len() - 1]).or_default();
            if !lengths.contains(&end.len()) {
                lengths.push(end.len());
            }
            let known = self.ends.entry(end).or_default();
            enter(&self.list, known, number, only_dirs);
        } else {
            // git matches the literal start by itself. Older versions then took `**` after
            // it for the start of the pattern, so that `a**/b` matches `ab`. Newer ones do
            // not. Whichever is in use: what it might add is not ignored.
            let starts = negated || matches!(text[..literal], [] | [.., b'/']);
            wild = Some(Wild::new(text, literal, is_path, starts, self.fold));
            self.rest.push(number);
        }
        self.list.push(Pattern {
            negated,
            only_dirs,
            wild,
        });
    }

    /// Returns whether the patterns ignore `subject` or, by `!`, say that it is not
    /// ignored. None if no pattern matches.
    pub fn verdict(&self, subject: Subject<'_>, scratch: &mut Scratch) -> Option<bool> {
        if self.is_empty() {
            return None;
        }
        let (mut name, mut path) = (subject.name, subject.path);
        let folded;
        if self.fold {
            folded = path.to_ascii_lowercase();
            path = &folded;
            name = &path[path.len() - name.len()..];
        }
        let applies = |number: u32| subject.is_dir || !self.list[number as usize].only_dirs;
        let last = |table: &Table, text: &[u8]| {
            let known = table.get(text)?;
            known.iter().rev().copied().find(|n| applies(*n))
        };
        let mut best = None;
        if !self.names.is_empty() {
            best = last(&self.names, name);
        }
        if !self.paths.is_empty() {
            best = best.max(last(&self.paths, path));
        }
        if let Some(lengths) = name.last().and_then(|byte| self.lengths.get(byte)) {
            for length in lengths {
                let Some(start) = name.len().checked_sub(*length) else {
                    continue;
                };
                best = best.max(last(&self.ends, &name[start..]));
            }
        }
        for number in self.rest.iter().rev().copied() {
            if best.is_some_and(|best| best > number) {
                break;
            }
            let wild = self.list[number as usize].wild.as_ref();
            if applies(number) && wild.is_some_and(|wild| wild.matches(path, name, scratch)) {
                best = Some(number);
                break;
            }
        }
        best.map(|number| !self.list[number as usize].negated)
    }
}

fn key(text: &[u8], fold: bool) -> Box<[u8]> {
    match fold {
        true => text.to_ascii_lowercase().into(),
        false => text.into(),
    }
}

/// Adds a pattern to the others with its text. The last pattern counts, for files the last
/// that is not only for directories, so two are enough.
fn enter(list: &[Pattern], known: &mut Vec<u32>, number: u32, only_dirs: bool) {
    if only_dirs {
        known.pop_if(|last| list[*last as usize].only_dirs);
    } else {
        known.clear();
    }
    known.push(number);
}

/// Returns the pattern in a line, without what git drops. None for a comment.
fn text_of(line: &[u8]) -> Option<&[u8]> {
    if line.first() == Some(&b'#') {
        return None;
    }
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    // To git, a line is a string of C.
    let end = memchr::memchr(0, line).unwrap_or(line.len());
    Some(without_trailing_spaces(&line[..end]))
}

/// Drops spaces at the end, but not one after a backslash. Tabs belong to the name.
fn without_trailing_spaces(line: &[u8]) -> &[u8] {
    let mut spaces = None;
    let mut at = 0;
    while let Some(byte) = line.get(at) {
        match byte {
            b' ' => spaces = spaces.or(Some(at)),
            b'\\' => {
                spaces = None;
                at += 1;
            }
            _ => spaces = None,
        }
        at += 1;
    }
    &line[..spaces.unwrap_or(line.len())]
}

/// Returns the number of bytes in front of the first that could be special.
fn literal_length(text: &[u8]) -> usize {
    let special = |byte: &u8| matches!(byte, b'*' | b'?' | b'[' | b'\\');
    text.iter().position(special).unwrap_or(text.len())
}

/// Returns the end of a name that a pattern like `*.o` asks for.
fn end_of(text: &[u8]) -> Option<&[u8]> {
    let end = text.strip_prefix(b"*")?;
    (!end.is_empty() && literal_length(end) == end.len()).then_some(end)
}

#[cfg(test)]
mod tests;
