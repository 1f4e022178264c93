//! The message that a commit is about to get: what is in the file that git passes to
//! commit-msg, without what git takes away before it records the message.
//!
//! git tells a hook neither `--cleanup` nor `--verbose`. So only two things are taken away, and
//! both only if somebody edited the file: comments, where git's own words in the file say that
//! they will be ignored, and below the scissors, lines of the diff that `--verbose` shows, if
//! the blobs that the diff names have them. All other lines may be recorded, and are judged.

use std::collections::HashSet;
use std::ffi::OsString;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Read;
use std::path::Path;

use crate::blob::BlobPath;
use crate::environment::Environment;
use crate::git::object::DEFAULT_LIMIT;
use crate::git::{Kind, Reader, Store, revision};
use crate::source::text::TextSource;
use crate::stop::{Stop, describe};

/// The end of the line below which git records nothing with `--verbose`; the comment's start
/// is in front.
const SCISSORS: &[u8] = b" ------------------------ >8 ------------------------";

/// What git writes into the file if it takes comments away: the start of comments is in front
/// of it, and once more inside of it.
const IGNORED: [(&str, &str); 2] = [
    (" with '", "' will be ignored"),
    (" Lines starting with '", "' will be ignored"),
];

/// The bytes of blobs that a diff names and that are read to recognise it. Lines of further
/// ones are judged.
const MAX_BLOBS: usize = 64 << 20;
/// How much of a line git repeats at the start of a hunk, in bytes.
const MAX_FUNCTION: usize = 80;

/// Reads the message in the file that the arguments of the hook name.
///
/// # Errors
/// Fails if there is not one argument, or if the file is unreadable or larger than
/// `max_bytes`.
pub(super) fn open<'s>(
    args: &[OsString],
    store: &'s Store,
    environment: &Environment,
    max_bytes: u64,
) -> Result<TextSource<'s>, Stop> {
    let [file] = args else {
        return Err(
            Stop::new("commit-msg: expected the name of one file with the message")
                .help("pass on git's argument: `stopleak hook run commit-msg -- \"$1\"`"),
        );
    };
    let path = Path::new(file);
    let raw = read(path, max_bytes)
        .map_err(|why| Stop::new(format!("commit-msg: cannot read {}: {why}", path.display())))?;
    // git says so where nobody edits the message.
    let edited = environment
        .var("GIT_EDITOR")
        .is_none_or(|editor| editor != ":");
    let text = match edited {
        true => recorded(&raw, &mut Shown::new(store)),
        false => raw,
    };
    Ok(TextSource::new(store, BlobPath::shown(path), text))
}

fn read(path: &Path, max_bytes: u64) -> Result<Vec<u8>, String> {
    let failed = |error: std::io::Error| describe(&error);
    if !std::fs::metadata(path).map_err(failed)?.is_file() {
        return Err("not a regular file".to_owned());
    }
    let mut raw = Vec::new();
    let file = std::fs::File::open(path).map_err(failed)?;
    let read = file.take(max_bytes.saturating_add(1)).read_to_end(&mut raw);
    if read.map_err(failed)? as u64 > max_bytes {
        return Err(format!("it is larger than the limit ({max_bytes} bytes)"));
    }
    Ok(raw)
}

/// The lines of the blobs that a diff names.
// For tests and fuzzing.
#[doc(hidden)]
pub trait Blobs {
    /// Forgets the blobs of the last file, and reads those whose ids start with `digits`.
    fn read(&mut self, digits: [&[u8]; 2]);

    /// Whether one of them has this line, or a line that git shortened to it.
    fn has(&self, line: &[u8]) -> bool;
}

/// Returns the lines of an edited message that git may record, with empty lines for all
/// others.
// For tests and fuzzing.
#[doc(hidden)]
pub fn recorded(raw: &[u8], blobs: &mut impl Blobs) -> Vec<u8> {
    let comment = comment(raw);
    let verbose = is_verbose(raw);
    let mut text = Vec::with_capacity(raw.len());
    let mut place = Place::Message;
    for line in raw.split_inclusive(|byte| *byte == b'\n') {
        let content = line.strip_suffix(b"\n").unwrap_or(line);
        if verbose {
            place = place.next(content);
        }
        let is_comment = comment.is_some_and(|comment| content.starts_with(comment));
        if is_comment || (place == Place::Diff && is_shown(content, blobs)) {
            text.extend_from_slice(&line[content.len()..]);
        } else {
            text.extend_from_slice(line);
        }
    }
    text
}

/// Where a line of the file stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In the message.
    Message,
    /// Below the line with the scissors, where git explains it.
    Explained,
    /// In the diff below.
    Diff,
}

impl Place {
    /// Returns the place of the next line.
    fn next(self, line: &[u8]) -> Self {
        match self {
            Place::Message if line.ends_with(SCISSORS) => Place::Explained,
            Place::Explained if line.starts_with(b"diff --") => Place::Diff,
            place => place,
        }
    }
}

/// Whether git shows this line of a diff because one of the blobs has it. Keeps up with the
/// blobs that the diff names.
fn is_shown(line: &[u8], blobs: &mut impl Blobs) -> bool {
    if let Some(ids) = line.strip_prefix(b"index ") {
        let ids = ids.split(|byte| *byte == b' ').next().unwrap_or_default();
        if let Some(at) = memchr::memmem::find(ids, b"..") {
            blobs.read([&ids[..at], &ids[at + 2..]]);
        }
        return false;
    }
    match line {
        [b'+' | b'-' | b' ', rest @ ..] => blobs.has(rest),
        // The start of a hunk repeats the line of the function that it is in.
        [b'@', b'@', rest @ ..] => {
            let function = memchr::memmem::find(rest, b"@@ ").map(|at| &rest[at + 3..]);
            function.is_some_and(|function| blobs.has(function))
        }
        _ => false,
    }
}

/// What git writes into the file if it keeps comments.
const KEPT: &[u8] = b"' will be kept";

/// Returns how comments start, if git says in the file that it takes them away; None if it
/// says so for several starts, or that it keeps them.
///
/// A template or an old message may say the same. git's own words are in the last comments of
/// the file, but for a diff.
fn comment(raw: &[u8]) -> Option<&[u8]> {
    if memchr::memmem::find(raw, KEPT).is_some() {
        return None;
    }
    let mut found: Option<&[u8]> = None;
    for line in raw.split(|byte| *byte == b'\n') {
        if let Some(start) = ignored(line) {
            if found.is_some_and(|other| other != start) {
                return None;
            }
            found = Some(start);
        }
    }
    let start = found?;
    let above = scissors(raw).map_or(raw, |at| &raw[..at]);
    let mut last = above
        .trim_ascii_end()
        .rsplit(|byte| *byte == b'\n')
        .take_while(|line| line.starts_with(start));
    last.any(|line| ignored(line).is_some()).then_some(start)
}

/// Returns how comments start, if git says in this line that it takes them away.
fn ignored(line: &[u8]) -> Option<&[u8]> {
    IGNORED.iter().find_map(|(before, after)| {
        let end = memchr::memmem::find(line, after.as_bytes())?;
        let at = memchr::memmem::find(&line[..end], before.as_bytes())?;
        let (start, inside) = (&line[..at], &line[at + before.len()..end]);
        (start == inside && !start.is_empty()).then_some(start)
    })
}

/// Returns where the first line with the scissors starts.
fn scissors(raw: &[u8]) -> Option<usize> {
    let mut at = 0;
    for line in raw.split_inclusive(|byte| *byte == b'\n') {
        if line.strip_suffix(b"\n").unwrap_or(line).ends_with(SCISSORS) {
            return Some(at);
        }
        at += line.len();
    }
    None
}

/// Whether the lines below the scissors may be the diff of `--verbose`: it ends the file. In a
/// message that was saved with its diff, git's comments come behind that.
fn is_verbose(raw: &[u8]) -> bool {
    let Some(at) = scissors(raw) else {
        return false;
    };
    let mut lines = raw[at..].split(|byte| *byte == b'\n');
    let start = lines.next().and_then(|line| line.strip_suffix(SCISSORS));
    let explained = |line: &&[u8]| !line.starts_with(b"diff --");
    let mut diff = lines.skip_while(explained);
    start.is_some_and(|start| !start.is_empty() && !diff.any(|line| line.starts_with(start)))
}

/// The blobs of a repository, read when a diff names them.
struct Shown<'s> {
    store: &'s Store,
    reader: Reader<'s>,
    /// Hashes of whole lines and of shortened ones.
    lines: HashSet<u64>,
    /// The bytes that may still be read.
    room: usize,
}

impl<'s> Shown<'s> {
    fn new(store: &'s Store) -> Self {
        Self {
            store,
            reader: Reader::new(store, DEFAULT_LIMIT),
            lines: HashSet::new(),
            room: MAX_BLOBS,
        }
    }
}

impl Blobs for Shown<'_> {
    fn read(&mut self, digits: [&[u8]; 2]) {
        self.lines.clear();
        let digits = digits.iter().filter_map(|d| std::str::from_utf8(d).ok());
        let ids = digits.flat_map(|digits| revision::blobs_starting(self.store, digits));
        for id in ids.collect::<Vec<_>>() {
            let mut raw = Vec::new();
            let found = self.reader.find(&id, &mut raw);
            if self.room < raw.len() || !matches!(found, Ok(Some(Kind::Blob))) {
                continue;
            }
            self.room -= raw.len();
            for line in raw.split(|byte| *byte == b'\n') {
                self.lines.insert(hash(line));
                self.lines.insert(hash(shortened(line)));
            }
        }
    }

    fn has(&self, line: &[u8]) -> bool {
        self.lines.contains(&hash(line))
    }
}

/// Returns a line as it stands at the start of a hunk.
fn shortened(line: &[u8]) -> &[u8] {
    line[..line.len().min(MAX_FUNCTION)].trim_ascii_end()
}

fn hash(line: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    line.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const IGNORED: &str = "# Please enter it. Lines starting\n# with '#' will be ignored, and\n";
    const CUT: &str = "# ------------------------ >8 ------------------------\n# Do not modify\n";

    /// One blob with the id `abc`.
    struct One(bool);

    impl Blobs for One {
        fn read(&mut self, digits: [&[u8]; 2]) {
            self.0 = digits.contains(&b"abc".as_slice());
        }

        fn has(&self, line: &[u8]) -> bool {
            self.0 && line == b"old"
        }
    }

    fn told(raw: &str) -> String {
        let raw = recorded(raw.as_bytes(), &mut One(false));
        String::from_utf8(raw).unwrap()
    }

    #[test]
    fn comments_go_where_git_says_that_it_takes_them_away() {
        let raw = "one\n# two\n; three\n";
        assert_eq!(told(raw), raw);
        assert_eq!(told(&format!("{raw}{IGNORED}")), "one\n\n; three\n\n\n");
        let other = format!("{raw}{}", IGNORED.replace('#', ";"));
        assert_eq!(told(&other), "one\n# two\n\n\n\n");
        let long = format!("{raw}// x\n{}", IGNORED.replace('#', "//"));
        assert_eq!(told(&long), format!("{raw}\n\n\n"));
        let merge = "one\n# two\n# Lines starting with '#' will be ignored, and\n";
        assert_eq!(told(merge), "one\n\n\n");
        for kept in [
            IGNORED.replace("ignored", "kept"),
            IGNORED.replace("'#'", "';'"),
            IGNORED.replace('#', ""),
            // Two starts: nobody knows which one.
            format!("{IGNORED}; with ';' will be ignored\n"),
            format!("{}{IGNORED}", IGNORED.replace('#', "@")),
        ] {
            let raw = format!("{raw}{kept}");
            assert_eq!(told(&raw), raw);
        }
        assert_eq!(told(""), "");
    }

    /// A template or an old message may hold git's words, too.
    #[test]
    fn words_of_git_count_where_git_writes_them() {
        let kept = IGNORED.replace("ignored", "kept");
        for raw in [
            format!("one\n{IGNORED}\n# two\n{kept}"),
            format!("{IGNORED}one\n# two\n"),
            format!("{IGNORED}# a\none\n# two\n# On branch main\n"),
        ] {
            assert_eq!(told(&raw), raw);
        }
        let template = format!("{IGNORED}# two\n\n{IGNORED}# On branch main\n");
        assert_eq!(told(&template).trim(), "");
        let verbose = format!("one\n# two\n{IGNORED}{CUT}");
        assert!(!told(&verbose).contains("two"));
    }

    /// A message that was saved with its diff: git does not cut it again.
    #[test]
    fn a_diff_ends_the_file() {
        let diff = "diff --git a/x b/x\nindex abc..def 100644\n@@ -1 +1 @@ old\n-old\n+new\n";
        let raw = format!("one\n{IGNORED}{CUT}{diff}\n{IGNORED}# On branch main\n");
        assert!(told(&raw).contains("-old"));
        let cut = format!("one\n{IGNORED}{CUT}{diff}");
        assert!(!told(&cut).contains("-old"));
    }

    #[test]
    fn below_the_scissors_only_lines_of_the_blobs_go() {
        let diff = "diff --git a/x b/x\nindex abc..def 100644\n@@ -1 +1 @@ old\n-old\n+new\n";
        let rest = diff.replace("@@ -1 +1 @@ old\n-old\n", "\n\n");
        let (raw, left) = (format!("one\n{CUT}{diff}"), format!("one\n{CUT}{rest}"));
        assert_eq!(told(&raw), left);
        // The same without scissors, with others, or with the blobs of another file.
        for raw in [
            format!("one\n{diff}"),
            raw.replace(">8", "8<"),
            raw.replace(" -\n", " - \n")
                .replace("---\n# Do", "--- \n# Do"),
            raw.replace("abc", "123"),
            raw.replace("-old", "old").replace("@ old", "@ x"),
        ] {
            assert_eq!(told(&raw), raw);
        }
        let own = format!("one\n{CUT}secret\n{diff}secret\n");
        assert!(told(&own).starts_with(&format!("one\n{CUT}secret\n")));
        assert!(told(&own).ends_with("+new\nsecret\n"));
    }
}
