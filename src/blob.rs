//! What a source passes to the engine: bytes, where they came from, and which of them
//! are new. Also the two ways in which content is not scanned.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A path as bytes, with `/` separators, as reports show it. A member of a container has the path of
/// its file, `!`, and its own name: `outer.tar.gz!inner/.env`.
///
/// Not necessarily UTF-8: git and Unix allow any byte but NUL.
#[derive(Clone)]
pub struct BlobPath {
    bytes: Box<[u8]>,
    /// Where the names of the first and of the last member begin; 0 if it is a file.
    first: u32,
    last: u32,
}

/// What stands between the path of a container and the name of its member.
const INSIDE: u8 = b'!';

impl PartialEq for BlobPath {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for BlobPath {}

impl PartialOrd for BlobPath {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for BlobPath {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.bytes.cmp(&other.bytes)
    }
}

impl std::hash::Hash for BlobPath {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.bytes.hash(state);
    }
}

impl BlobPath {
    /// Wraps the bytes of a path.
    pub fn new(bytes: impl Into<Box<[u8]>>) -> Self {
        Self {
            bytes: bytes.into(),
            first: 0,
            last: 0,
        }
    }

    /// Returns the path of a member of this container. Its name becomes a path below the
    /// container, whatever it says: without `.`, `..` and empty components, so that it cannot
    /// pass for another file.
    pub(crate) fn inside(&self, name: &[u8]) -> Self {
        let mut bytes = self.bytes.to_vec();
        bytes.push(INSIDE);
        let last = bytes.len();
        let parts = name.split(|b| matches!(b, b'/' | b'\\'));
        for part in parts.filter(|part| !matches!(*part, b"" | b"." | b"..")) {
            if bytes.len() > last {
                bytes.push(b'/');
            }
            // git and every file system end a name at a NUL.
            bytes.extend(part.iter().map(|b| if *b == 0 { b' ' } else { *b }));
        }
        if bytes.len() == last {
            bytes.extend_from_slice(b"(no name)");
        }
        let last = u32::try_from(last).unwrap_or_default();
        let first = if self.first == 0 { last } else { self.first };
        let bytes = bytes.into();
        Self { bytes, first, last }
    }

    /// Returns the name of a member inside of its file, all containers on the way included; None
    /// if this is a file.
    pub(crate) fn member(&self) -> Option<&[u8]> {
        (self.first > 0).then(|| &self.bytes[self.first as usize..])
    }

    /// Returns the path of the file, without the names of members.
    pub(crate) fn file(&self) -> &[u8] {
        match self.first {
            0 => &self.bytes,
            first => &self.bytes[..first as usize - 1],
        }
    }

    /// Returns the same member, or file, with another path of its file.
    pub(crate) fn with_file(&self, file: &[u8]) -> Self {
        if self.first == 0 {
            return Self::new(file);
        }
        let first = file.len() as u32 + 1;
        Self {
            bytes: [file, &self.bytes[self.first as usize - 1..]]
                .concat()
                .into(),
            first,
            last: first + (self.last - self.first),
        }
    }

    /// Returns the bytes, and where the names of the first and the last member begin; 0 for none.
    pub(crate) fn parts(&self) -> (&[u8], u32, u32) {
        (&self.bytes, self.first, self.last)
    }

    /// Makes a path of its [`parts`](Self::parts). None if they are none.
    pub(crate) fn of_parts(bytes: &[u8], first: u32, last: u32) -> Option<Self> {
        let before = |at: u32| bytes.get((at as usize).checked_sub(1)?).copied();
        let is_one = match (first, last) {
            (0, 0) => true,
            _ => first <= last && before(first) == Some(INSIDE) && before(last) == Some(INSIDE),
        };
        is_one.then(|| Self {
            bytes: bytes.into(),
            first,
            last,
        })
    }

    /// Converts a file system path to its displayed form: `/` between components, no
    /// leading `./`.
    pub fn shown(path: &Path) -> Self {
        let bytes = path.as_os_str().as_encoded_bytes();
        let bytes = if cfg!(windows) {
            bytes
                .iter()
                .map(|b| if *b == b'\\' { b'/' } else { *b })
                .collect::<Vec<u8>>()
        } else {
            bytes.to_vec()
        };
        Self::new(bytes.strip_prefix(b"./").unwrap_or(&bytes))
    }

    /// Returns the raw bytes of the path.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the path as text, with invalid UTF-8 replaced by U+FFFD. Not safe for a
    /// terminal: control characters remain.
    pub fn to_text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.bytes)
    }

    /// Returns the last component, after the last `/`.
    pub fn file_name(&self) -> &[u8] {
        let name = &self.bytes[self.last as usize..];
        let start = memchr::memrchr(b'/', name).map_or(0, |i| i + 1);
        &name[start..]
    }

    /// Returns the extension without its dot, unchanged; empty if there is none.
    pub fn extension(&self) -> &[u8] {
        let name = self.file_name();
        match memchr::memrchr(b'.', name) {
            Some(dot) => &name[dot + 1..],
            None => b"",
        }
    }
}

impl fmt::Debug for BlobPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_text())
    }
}

impl From<&str> for BlobPath {
    fn from(path: &str) -> Self {
        Self::new(path.as_bytes())
    }
}

/// Directories that convert displayed paths to paths relative to a repository.
/// Absolute, with `/` separators; never in a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// The base of relative paths in events: the working directory.
    pub current: Vec<u8>,
    /// The target base of paths: the top of the repository, or the working directory.
    pub root: Vec<u8>,
}

impl Base {
    /// Returns the path relative to the root if it lies below it, otherwise as an
    /// absolute path. The result does not depend on how the command line names it.
    pub(crate) fn locate(&self, path: &[u8]) -> Vec<u8> {
        let full = if is_absolute(path) {
            normalise(path)
        } else {
            normalise(&[&self.current, path].join(&b'/'))
        };
        let root = normalise(&self.root);
        let below = full
            .strip_prefix(&root[..])
            .and_then(|rest| match &root[..] {
                [] | [b'/'] => Some(rest),
                _ => rest.strip_prefix(b"/"),
            });
        below.map_or_else(|| full.clone(), <[u8]>::to_vec)
    }
}

/// Drops `.` components, resolves `..` within the path and joins repeated slashes. Does
/// not access the file system.
pub(crate) fn normalise(path: &[u8]) -> Vec<u8> {
    let rooted = path.first() == Some(&b'/');
    let mut kept: Vec<&[u8]> = Vec::new();
    for component in path.split(|b| *b == b'/') {
        match component {
            b"" | b"." => {}
            b".." => match kept.last() {
                Some(last) if *last != b".." => {
                    kept.pop();
                }
                _ if rooted => {}
                _ => kept.push(component),
            },
            _ => kept.push(component),
        }
    }
    let joined = kept.join(&b'/');
    if rooted {
        [b"/", joined.as_slice()].concat()
    } else {
        joined
    }
}

/// Whether a path is absolute: `/…` or a drive letter, `C:/…`.
pub(crate) fn is_absolute(path: &[u8]) -> bool {
    matches!(path, [b'/', ..])
        || matches!(path, [drive, b':', b'/', ..] if drive.is_ascii_alphabetic())
}

/// Which bytes of a blob are new and can cause findings.
///
/// Rules always read the whole blob. A candidate is kept if any byte of it (context
/// word, value, companion) lies in a fresh range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fresh<'a> {
    /// Everything is new.
    All,
    /// Only these byte ranges are new: sorted, disjoint, inside the blob.
    Ranges(&'a [Range<usize>]),
}

impl Fresh<'_> {
    /// Whether any byte of `span` is fresh.
    pub(crate) fn touches(&self, span: &Range<usize>) -> bool {
        match self {
            Fresh::All => true,
            Fresh::Ranges(ranges) => {
                let after = ranges.partition_point(|r| r.end <= span.start);
                ranges.get(after).is_some_and(|r| r.start < span.end)
            }
        }
    }
}

/// A piece of content to scan.
#[derive(Clone, Copy, Debug)]
pub struct Blob<'a> {
    /// Its path, for reports and for rules that depend on a path.
    pub path: &'a BlobPath,
    /// Its bytes, in an encoding that the detector reads.
    pub bytes: &'a [u8],
    /// Which of its bytes are new.
    pub fresh: Fresh<'a>,
}

/// Why something was skipped on purpose. Counted in every summary, listed with `-v`,
/// and a failure under `--strict`, except for [`Ignored`](Self::Ignored).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SkipReason {
    /// A FIFO, socket or device: reading it could block or never end.
    NotRegular,
    /// A symbolic link, without `--follow`.
    Symlink,
    /// A symbolic link that leads back to one of its own parents.
    SymlinkLoop,
    /// Larger than `--max-file-size`.
    TooLarge,
    /// Excluded by `--exclude` or not matched by `--include`.
    Excluded,
    /// Ignored by git, and not tracked: a file, or a directory as a whole. Git would not add
    /// it, so it is no failure under `--strict`.
    Ignored,
    /// The entry of a git submodule, whose content belongs to another repository.
    Submodule,
    /// An object that is missing from the clone, with `--allow-missing`.
    Missing,
    /// What is compressed in a file. The file is scanned as it is stored.
    Compressed,
    /// What is encrypted in a file. The file is scanned as it is stored.
    Encrypted,
    /// What is behind the damage in a container. It is scanned as far as it can be read.
    Damaged,
    /// What a limit keeps from being looked into.
    Limit,
    /// The content behind a pointer of Git LFS. The pointer is scanned.
    Lfs,
}

impl SkipReason {
    /// Every reason, in the order of summaries.
    pub const ALL: [SkipReason; 13] = [
        SkipReason::NotRegular,
        SkipReason::Symlink,
        SkipReason::SymlinkLoop,
        SkipReason::TooLarge,
        SkipReason::Excluded,
        SkipReason::Ignored,
        SkipReason::Submodule,
        SkipReason::Missing,
        SkipReason::Compressed,
        SkipReason::Encrypted,
        SkipReason::Damaged,
        SkipReason::Limit,
        SkipReason::Lfs,
    ];

    /// The stable name used in JSON: lower-case words joined by `-`.
    pub fn id(self) -> &'static str {
        match self {
            SkipReason::NotRegular => "not-regular",
            SkipReason::Symlink => "symlink",
            SkipReason::SymlinkLoop => "symlink-loop",
            SkipReason::TooLarge => "too-large",
            SkipReason::Excluded => "excluded",
            SkipReason::Ignored => "ignored",
            SkipReason::Submodule => "submodule",
            SkipReason::Missing => "missing",
            SkipReason::Compressed => "compressed",
            SkipReason::Encrypted => "encrypted",
            SkipReason::Damaged => "damaged",
            SkipReason::Limit => "limit",
            SkipReason::Lfs => "lfs-content-elsewhere",
        }
    }

    /// Returns the class of content that was not looked into, as receipts name it; None for what
    /// was left out otherwise.
    pub fn opaque(self) -> Option<&'static str> {
        match self {
            SkipReason::Submodule => Some("submodule-elsewhere"),
            SkipReason::Compressed
            | SkipReason::Encrypted
            | SkipReason::Damaged
            | SkipReason::Limit
            | SkipReason::Lfs => Some(self.id()),
            _ => None,
        }
    }

    /// Returns the description for people.
    pub fn describe(self) -> &'static str {
        match self {
            SkipReason::NotRegular => "not a regular file (FIFO, socket or device)",
            SkipReason::Symlink => "symbolic link (`stopleak scan --follow` reads through it)",
            SkipReason::SymlinkLoop => "symbolic link that loops back to a parent",
            SkipReason::TooLarge => "larger than --max-file-size",
            SkipReason::Excluded => "left out by --exclude or --include",
            SkipReason::Ignored => "ignored by git (use --no-ignore to read it)",
            SkipReason::Submodule => "submodule, a repository of its own",
            SkipReason::Missing => "object not present in this clone",
            SkipReason::Compressed => "the compressed content inside",
            SkipReason::Encrypted => "the encrypted content inside",
            SkipReason::Damaged => "it is damaged",
            SkipReason::Limit => "it is larger or deeper than a limit allows",
            SkipReason::Lfs => "the content that Git LFS stores for this pointer",
        }
    }
}

/// A file or object that should have been scanned but could not be. Makes the run
/// incomplete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceError {
    /// The displayed path of what could not be read.
    pub path: BlobPath,
    /// The cause: `permission denied`.
    pub why: String,
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.to_text(), self.why)
    }
}

impl std::error::Error for SourceError {}

/// Converts bytes to a file system path; `None` if the system does not allow such a
/// path.
pub(crate) fn os_path(bytes: &[u8]) -> Option<PathBuf> {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        Some(PathBuf::from(std::ffi::OsStr::from_bytes(bytes)))
    }
    #[cfg(not(unix))]
    {
        std::str::from_utf8(bytes).ok().map(PathBuf::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shown_paths_have_no_dot_in_front() {
        assert_eq!(BlobPath::shown(Path::new("./a/b")), BlobPath::from("a/b"));
        assert_eq!(BlobPath::shown(Path::new("../a")), BlobPath::from("../a"));
    }

    #[test]
    fn fresh_ranges_touch_what_they_share_a_byte_with() {
        let ranges = [10..20, 30..40];
        let fresh = Fresh::Ranges(&ranges);
        assert!(fresh.touches(&(19..25)));
        assert!(fresh.touches(&(5..11)));
        assert!(fresh.touches(&(0..100)));
        assert!(!fresh.touches(&(20..30)));
        assert!(!fresh.touches(&(0..10)));
        assert!(!fresh.touches(&(40..50)));
    }

    #[test]
    fn extension_and_name_are_of_the_last_component() {
        let path = BlobPath::from("a.b/c.tar.gz");
        assert_eq!(path.file_name(), b"c.tar.gz");
        assert_eq!(path.extension(), b"gz");
        assert_eq!(BlobPath::from("a.b/Makefile").extension(), b"");
    }
}
