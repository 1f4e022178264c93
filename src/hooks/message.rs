//! The message that a commit is about to get: what is in the file that git passes to
//! commit-msg.
//!
//! git tells a hook neither `--cleanup` nor `--verbose`, and what it says in the file proves
//! nothing: an old message may hold the same words, and `git merge --cleanup=verbatim` says that
//! it will ignore comments and keeps them. So all lines are judged, comments too. The exception
//! is the diff that `--verbose` shows below the scissors: without it, nobody could remove a
//! secret. A line of it goes if a file has it that stays recorded without the message: in the
//! index, in HEAD or in its first parent.

use std::collections::HashSet;
use std::ffi::OsString;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Read;
use std::path::Path;

use crate::blob::BlobPath;
use crate::environment::Environment;
use crate::git::object::DEFAULT_LIMIT;
use crate::git::{GitError, Kind, ObjectId, Reader, Store, commit, index, refs};
use crate::source::text::TextSource;
use crate::stop::{Stop, describe};

/// The end of the line below which git records nothing with `--verbose`; the comment's start
/// is in front.
const SCISSORS: &[u8] = b" ------------------------ >8 ------------------------";

/// The bytes of blobs that a diff names and that are read to recognise it. Lines of further
/// ones are judged.
const MAX_BLOBS: usize = 64 << 20;
/// How soon after a commit a script writes the message of the next one, in seconds.
const SOON: i64 = 2;
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
    // git says so where nobody edits the message. It shows no diff then.
    let edited = environment
        .var("GIT_EDITOR")
        .is_none_or(|editor| editor != ":");
    let text = match edited {
        true => recorded(&raw, &mut Shown::new(store, environment, written(path))),
        false => raw,
    };
    Ok(TextSource::new(store, BlobPath::shown(path), text))
}

/// Returns when a file was written, in seconds since 1970.
fn written(path: &Path) -> Option<i64> {
    let time = std::fs::metadata(path).ok()?.modified().ok()?;
    let since = time.duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_secs()).ok()
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
    let (above, diff) = raw.split_at(diff(raw).unwrap_or(raw.len()));
    let mut text = Vec::with_capacity(raw.len());
    text.extend_from_slice(above);
    for line in diff.split_inclusive(|byte| *byte == b'\n') {
        let content = line.strip_suffix(b"\n").unwrap_or(line);
        let kept = match is_shown(content, blobs) {
            true => &line[content.len()..],
            false => line,
        };
        text.extend_from_slice(kept);
    }
    text
}

/// Returns where the diff of `--verbose` may start: below the scissors and what git says about
/// them. It ends the file. In a message that was saved with its diff, comments come behind.
fn diff(raw: &[u8]) -> Option<usize> {
    let (mut comment, mut found) = (None, None);
    let mut at = 0;
    for line in raw.split_inclusive(|byte| *byte == b'\n') {
        let content = line.strip_suffix(b"\n").unwrap_or(line);
        match (comment, found) {
            (None, _) => {
                let start = content.strip_suffix(SCISSORS);
                comment = start.filter(|start| !start.is_empty());
            }
            (Some(_), None) if content.starts_with(b"diff --") => found = Some(at),
            (Some(comment), Some(_)) if content.starts_with(comment) => return None,
            _ => {}
        }
        at += line.len();
    }
    found
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

/// The blobs of a repository that stay recorded, read when a diff names them.
struct Shown<'s> {
    store: &'s Store,
    environment: &'s Environment,
    /// When the message was written.
    written: Option<i64>,
    reader: Reader<'s>,
    /// The ids of all of them, sorted; None until a diff names one.
    kept: Option<Vec<ObjectId>>,
    /// Hashes of whole lines and of shortened ones.
    lines: HashSet<u64>,
    /// The bytes that may still be read.
    room: usize,
}

impl<'s> Shown<'s> {
    fn new(store: &'s Store, environment: &'s Environment, written: Option<i64>) -> Self {
        Self {
            store,
            environment,
            written,
            reader: Reader::new(store, DEFAULT_LIMIT),
            kept: None,
            lines: HashSet::new(),
            room: MAX_BLOBS,
        }
    }

    /// Returns the blobs that stay recorded and whose ids start with these digits. If they cannot
    /// be told, there are none.
    fn starting(&mut self, digits: &str) -> Vec<ObjectId> {
        let kept = self.kept.get_or_insert_with(|| {
            let (environment, written) = (self.environment, self.written);
            let commits = kept_commits(self.store, &mut self.reader, environment, written);
            let ids = commits.and_then(|commits| index::blobs(self.store, &commits));
            let mut ids: Vec<_> = ids.unwrap_or_default().into_iter().collect();
            ids.sort_unstable();
            ids
        });
        let from = kept.partition_point(|id| id.to_string().as_str() < digits);
        let ids = kept[from..].iter();
        ids.take_while(|id| id.to_string().starts_with(digits))
            .copied()
            .collect()
    }
}

/// Returns the commits whose files the new commit leaves recorded and that a diff may show:
/// HEAD, and its first parent for `--amend`.
fn kept_commits(
    store: &Store,
    reader: &mut Reader<'_>,
    environment: &Environment,
    written: Option<i64>,
) -> Result<Vec<ObjectId>, GitError> {
    let Some(head) = refs::head(store)? else {
        return Ok(Vec::new());
    };
    let mut raw = Vec::new();
    reader.expect(&head, Kind::Commit, &mut raw)?;
    let parents = commit::head(&raw).map(|head| head.parents);
    let mut commits: Vec<ObjectId> = parents.into_iter().flatten().take(1).collect();
    // git tells hooks when the author wrote. `--amend` keeps the time of the commit that it
    // replaces.
    let date = environment.text("GIT_AUTHOR_DATE");
    let seconds = date.as_deref().and_then(|date| {
        let seconds = date.trim_start_matches('@').split(' ').next()?;
        seconds.parse::<i64>().ok()
    });
    // A script may make two commits in one second. It writes the message then, too.
    let before = commit::info(head, &raw).author.time;
    let is_soon = written.is_some_and(|at| (before..=before.saturating_add(SOON)).contains(&at));
    if seconds != Some(before) || is_soon {
        commits.push(head);
    }
    Ok(commits)
}

impl Blobs for Shown<'_> {
    fn read(&mut self, digits: [&[u8]; 2]) {
        self.lines.clear();
        let digits = digits.iter().filter_map(|d| std::str::from_utf8(d).ok());
        // git abbreviates to 4 digits at least.
        let digits = digits.filter(|digits| digits.len() >= 4);
        for id in digits
            .flat_map(|digits| self.starting(digits))
            .collect::<Vec<_>>()
        {
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
    const DIFF: &str = "diff --git a/x b/x\nindex abc..def 100644\n@@ -1 +1 @@ old\n-old\n+new\n";

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

    /// Whatever git says about them: an old message may say the same.
    #[test]
    fn comments_stay() {
        let kept = IGNORED.replace("ignored", "kept");
        for raw in [
            String::new(),
            "one\n# two\n".to_owned(),
            format!("one\n# two\n{IGNORED}# On branch main\n"),
            format!("one\n# two\n{kept}"),
            format!("one\n# two\n{IGNORED}{CUT}"),
        ] {
            assert_eq!(told(&raw), raw);
        }
    }

    /// A message that was saved with its diff: git does not cut it again.
    #[test]
    fn a_diff_ends_the_file() {
        let cut = format!("one\n{IGNORED}{CUT}{DIFF}");
        assert!(!told(&cut).contains("-old"));
        let raw = format!("{cut}\n{IGNORED}# On branch main\n");
        assert_eq!(told(&raw), raw);
    }

    #[test]
    fn below_the_scissors_only_lines_of_the_blobs_go() {
        let rest = DIFF.replace("@@ -1 +1 @@ old\n-old\n", "\n\n");
        let (raw, left) = (format!("one\n{CUT}{DIFF}"), format!("one\n{CUT}{rest}"));
        assert_eq!(told(&raw), left);
        // The same without scissors, with others, or with the blobs of another file.
        for raw in [
            format!("one\n{DIFF}"),
            raw.replace(">8", "8<"),
            raw.replace(" -\n", " - \n")
                .replace("---\n# Do", "--- \n# Do"),
            raw.replace("# --", " --"),
            raw.replace("abc", "123"),
            raw.replace("-old", "old").replace("@ old", "@ x"),
        ] {
            assert_eq!(told(&raw), raw);
        }
        let own = format!("one\n{CUT}secret\n{DIFF}secret\n");
        assert!(told(&own).starts_with(&format!("one\n{CUT}secret\n")));
        assert!(told(&own).ends_with("+new\nsecret\n"));
    }
}
