//! Markers where a trusted revision says what counts: a marker of the change counts only if
//! that revision's file has the marker and the secret as well.
//!
//! The revision's file is read once and kept as hashes, so that a marker takes no time in
//! proportion to the file.

use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::inline;

/// Larger files, in bytes, accept nothing by their markers.
const MAX_FILE: usize = 64 << 20;
/// The total size in bytes, near markers, of the files that are kept.
const MAX_KEPT: usize = 128 << 20;
/// How much of a line is looked at on either side of a value.
const MAX_AROUND: usize = 4096;
/// The most files that are kept.
const MAX_FILES: usize = 256;

/// Returns the content of a file by its path relative to the top of the repository; None if
/// the file is not there.
type Content = dyn Fn(&[u8]) -> Option<Vec<u8>> + Send + Sync;

/// The files of a trusted revision. Shared by all threads.
#[derive(Clone)]
pub struct Trusted(Arc<Inner>);

struct Inner {
    content: Box<Content>,
    /// With random keys, so that nobody can make a line with the hash of another one.
    hasher: RandomState,
    /// The last files asked for, newest first.
    files: Mutex<VecDeque<Kept>>,
}

/// A path, and what its file has once somebody has read it.
type Kept = (Box<[u8]>, Arc<OnceLock<File>>);

/// What a file has near its markers, as hashes.
#[derive(Default)]
struct File {
    /// Lines without their line ends and indentation.
    lines: HashSet<u64>,
    /// Runs of bytes between white space, quotes and signs of assignment.
    runs: HashSet<u64>,
    /// The number of bytes near markers.
    size: usize,
}

impl Trusted {
    /// Creates the lookup from `content`.
    pub fn new(content: impl Fn(&[u8]) -> Option<Vec<u8>> + Send + Sync + 'static) -> Self {
        Self(Arc::new(Inner {
            content: Box::new(content),
            hasher: RandomState::new(),
            files: Mutex::default(),
        }))
    }

    /// Whether the file at `path` has the line of `bytes` at `marker`, and each of `values` as
    /// it stands in `bytes`: in a run of bytes of its own or in the same lines.
    pub(super) fn had(
        &self,
        path: &[u8],
        bytes: &[u8],
        marker: &Range<usize>,
        mut values: impl Iterator<Item = Range<usize>>,
    ) -> bool {
        let entry = self.entry(path);
        let file = entry.get_or_init(|| self.read(path));
        let is_line = |line: &[u8]| file.lines.contains(&self.hash(line.trim_ascii()));
        let has = |value: Range<usize>| {
            let run = around(bytes, &value, |b| !separates(b));
            let whole = &bytes[run];
            if !whole.iter().any(|b| separates(*b)) && file.runs.contains(&self.hash(whole)) {
                return true;
            }
            let lines = around(bytes, &value, |b| b != b'\n');
            bytes[lines].split(|b| *b == b'\n').all(is_line)
        };
        is_line(&bytes[marker.clone()]) && values.all(has)
    }

    fn hash(&self, bytes: &[u8]) -> u64 {
        self.0.hasher.hash_one(bytes)
    }

    /// Returns the place for the file at `path`, and makes it the newest.
    fn entry(&self, path: &[u8]) -> Arc<OnceLock<File>> {
        let mut files = self.0.files.lock().unwrap_or_else(PoisonError::into_inner);
        let found = files.iter().position(|(known, _)| **known == *path);
        let entry = match found.and_then(|at| files.remove(at)) {
            Some(entry) => entry,
            None => (path.into(), Arc::default()),
        };
        files.push_front(entry.clone());
        let mut kept = 0;
        files.retain(|(_, file)| {
            kept += file.get().map_or(0, |file| file.size);
            kept <= MAX_KEPT
        });
        files.truncate(MAX_FILES);
        entry.1
    }

    fn read(&self, path: &[u8]) -> File {
        let mut file = File::default();
        let content = (self.0.content)(path).unwrap_or_default();
        if content.len() > MAX_FILE {
            return file;
        }
        for near in inline::neighbourhoods(&content) {
            file.size += near.len();
            for line in content[near].split(|b| *b == b'\n') {
                file.lines.insert(self.hash(line.trim_ascii()));
                let runs = line.split(|b| separates(*b)).filter(|run| !run.is_empty());
                file.runs.extend(runs.map(|run| self.hash(run)));
            }
        }
        file
    }
}

/// Whether a byte ends a run.
fn separates(byte: u8) -> bool {
    byte.is_ascii_whitespace() || b"\"'`=:<>(),;".contains(&byte)
}

/// Extends `span` to either side over the bytes that `belong`, up to a limit: a longer line
/// is none that the file has.
fn around(bytes: &[u8], span: &Range<usize>, belong: impl Fn(u8) -> bool) -> Range<usize> {
    let before = bytes[..span.start].iter().rev().take(MAX_AROUND);
    let after = bytes[span.end..].iter().take(MAX_AROUND);
    let before = before.take_while(|b| belong(**b));
    let after = after.take_while(|b| belong(**b));
    span.start - before.count()..span.end + after.count()
}

impl std::fmt::Debug for Trusted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Trusted")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    const MARK: &str = "# stopleak:allow-next-line why";

    /// Whether `base` grants the first line of `text` as a marker for `value`.
    fn granted(base: &str, text: &str, value: &str) -> bool {
        let base = base.to_owned();
        let trusted = Trusted::new(move |path| (path == b"a").then(|| base.clone().into_bytes()));
        let line = 0..text.find('\n').unwrap();
        let at = text.find(value).unwrap();
        let spans = std::iter::once(at..at + value.len());
        trusted.had(b"a", text.as_bytes(), &line, spans)
    }

    #[test]
    fn the_line_of_the_marker_and_the_value_have_to_be_there() {
        let base = format!("x\n{MARK}\nkey = \"Ab+12\"\r\nlast");
        for (text, value, want) in [
            (format!("{MARK}\nkey = \"Ab+12\"\n"), "Ab+12", true),
            // What stands around the value may change.
            (format!("{MARK}\nother: Ab+12 # text\n"), "Ab+12", true),
            (format!("\t{MARK} \n\tkey = \"Ab+12\"\n"), "Ab+12", true),
            (format!("x{MARK}\nkey = \"Ab+12\"\n"), "Ab+12", false),
            (format!("{MARK}\nkey = \"Ab+13\"\n"), "Ab+13", false),
            (format!("{MARK}\nkey = \"Ab+1\"\n"), "Ab+1", false),
            (format!("{MARK}\nkey = \"zAb+12\"\n"), "Ab+12", false),
            (format!("{MARK} not\nkey = \"Ab+12\"\n"), "Ab+12", false),
        ] {
            assert_eq!(granted(&base, &text, value), want, "{text}");
        }
    }

    #[test]
    fn a_value_with_separators_has_its_lines_there() {
        let base = format!("{MARK}\nBEGIN\na b=\nEND\n");
        let same = format!("{MARK}\nBEGIN\r\na b=\nEND");
        assert!(granted(&base, &same, "BEGIN\r\na b=\nEND"));
        let other = format!("{MARK}\nBEGIN\na c=\nEND\n");
        assert!(!granted(&base, &other, "BEGIN\na c=\nEND"));
    }

    #[test]
    fn only_what_is_near_a_marker_counts() {
        let far = format!("key Ab+12\n{}{MARK}\nkey Cd+34\n", "x\n".repeat(1 << 16));
        assert!(granted(&far, &format!("{MARK}\nkey Cd+34\n"), "Cd+34"));
        assert!(!granted(&far, &format!("{MARK}\nkey Ab+12\n"), "Ab+12"));
    }

    #[test]
    fn a_file_is_read_once() {
        static READS: AtomicU32 = AtomicU32::new(0);
        let trusted = Trusted::new(|path| {
            READS.fetch_add(1, Ordering::Relaxed);
            (path != b"gone").then(|| format!("{MARK}\nAb+12\n").into_bytes())
        });
        let text = format!("{MARK}\nAb+12\n");
        let value = MARK.len() + 1..text.len() - 1;
        for _ in 0..100 {
            for (path, want) in [(&b"a"[..], true), (b"b", true), (b"gone", false)] {
                let values = std::iter::once(value.clone());
                let had = trusted.had(path, text.as_bytes(), &(0..MARK.len()), values);
                assert_eq!(had, want);
            }
        }
        assert_eq!(READS.load(Ordering::Relaxed), 3);
    }
}
