//! `.gitleaksignore`: one fingerprint per line.

use super::{Marked, Seen};

/// The longest file that is read, in bytes.
const MAX_LEN: usize = 64 << 20;

/// One line: `file:rule:line`, or `commit:file:rule:line`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The commit's full id; empty for any.
    pub commit: String,
    /// The file, with `/` separators, as printed.
    pub path: String,
    /// The rule's id in gitleaks.
    pub rule: String,
    /// The 1-based line on which the match starts; 0 for a file found by its name.
    pub line: u64,
    /// The 1-based line of the ignore file.
    pub at: usize,
}

/// Parses an ignore file. Returns the entries, and the lines without meaning, each with
/// the cause. Replaces bytes that are not UTF-8.
pub fn parse(bytes: &[u8]) -> (Vec<Entry>, Vec<(usize, String)>) {
    let (mut entries, mut bad) = (Vec::new(), Vec::new());
    let bytes = &bytes[..bytes.len().min(MAX_LEN)];
    for (index, line) in bytes.split(|b| *b == b'\n').enumerate() {
        let text = String::from_utf8_lossy(line);
        let text = text.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        match entry(text, index + 1) {
            Some(entry) => entries.push(entry),
            None => bad.push((
                index + 1,
                "neither `file:rule:line` nor `commit:file:rule:line`; ignored".to_owned(),
            )),
        }
    }
    (entries, bad)
}

fn entry(text: &str, at: usize) -> Option<Entry> {
    let parts: Vec<&str> = text.split(':').collect();
    let (commit, [path, rule, line]) = match parts.as_slice() {
        [path, rule, line] => ("", [path, rule, line]),
        [commit, path, rule, line] => (*commit, [path, rule, line]),
        _ => return None,
    };
    Some(Entry {
        commit: commit.to_owned(),
        path: path.replace('\\', "/"),
        rule: (*rule).to_owned(),
        line: line.parse().ok()?,
        at,
    })
}

/// Entries of ignore files that findings are checked against.
#[derive(Debug, Default)]
pub(crate) struct Ignored(Marked<Entry>);

impl Ignored {
    pub(super) fn new(entries: Vec<Entry>) -> Self {
        Self(Marked::new(entries, |entry| &entry.path))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.entries.is_empty()
    }

    pub(super) fn unused(&self) -> Vec<&Entry> {
        self.0.unused()
    }

    pub(super) fn covers(&self, seen: &Seen<'_>) -> Option<String> {
        let covers = |entry: &Entry| {
            (entry.commit.is_empty() || entry.commit == seen.commit)
                && seen.is_on(entry.line)
                && seen.is_of(&entry.rule)
        };
        let entry = self.0.find(seen.path, covers)?;
        Some(format!("line {} of a gitleaks ignore file", entry.at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read_and_others_named() {
        let text = b"# note\n\n a\\b.txt:rule:3 \nabc:x/y:r:1\nbad\na:b:c:d:e\nx:r:none\n";
        let (entries, bad) = parse(text);
        assert_eq!(entries.len(), 2);
        assert_eq!(entries[0].path, "a/b.txt");
        assert_eq!(entries[0].line, 3);
        assert_eq!(entries[1].commit, "abc");
        let lines: Vec<usize> = bad.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [5, 6, 7]);
    }
}
