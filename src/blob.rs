//! What a source hands to the engine: bytes, where they came from, and which
//! part of them is new. Also the two ways in which something is not scanned.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A path as bytes, with `/` separators, as it is shown to the user.
///
/// Not necessarily UTF-8: git and Unix allow any byte but NUL.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobPath(Box<[u8]>);

impl BlobPath {
    /// Wraps the bytes of a path.
    pub fn new(bytes: impl Into<Box<[u8]>>) -> Self {
        Self(bytes.into())
    }

    /// A path of the file system as it is shown: `/` between components, no `./` in front.
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

    /// The path's raw bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The path as text, invalid UTF-8 replaced by U+FFFD. Not safe for a
    /// terminal: control characters are still in it.
    pub fn to_text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }

    /// The last component, after the last `/`.
    pub fn file_name(&self) -> &[u8] {
        let start = memchr::memrchr(b'/', &self.0).map_or(0, |i| i + 1);
        &self.0[start..]
    }

    /// The extension without its dot, as it stands; empty when there is none.
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
        Self(path.as_bytes().into())
    }
}

/// Directories that turn shown paths into paths relative to a repository. Absolute,
/// with `/` separators; they appear in no report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// What relative paths of events are relative to: the working directory.
    pub current: Vec<u8>,
    /// What paths shall be made relative to: the top of the repository, or the
    /// working directory.
    pub root: Vec<u8>,
}

impl Base {
    /// The path relative to the root where it lies below it, else as an absolute one:
    /// the same however it was named on the command line.
    pub fn locate(&self, path: &[u8]) -> Vec<u8> {
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

/// A path with `.` components dropped, `..` resolved as far as the path itself
/// tells, and doubled slashes joined. No file system is asked.
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

/// Whether a path starts at a root: `/…` or a drive letter, `C:/…`.
pub(crate) fn is_absolute(path: &[u8]) -> bool {
    matches!(path, [b'/', ..])
        || matches!(path, [drive, b':', b'/', ..] if drive.is_ascii_alphabetic())
}

/// Which bytes of a blob are to be judged.
///
/// Rules always see the whole blob; a candidate is kept when any byte that made
/// it (its context word, its value, a companion) lies in a fresh range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fresh<'a> {
    /// Everything is new.
    All,
    /// Only these byte ranges are new: sorted, disjoint, inside the blob.
    Ranges(&'a [Range<usize>]),
}

impl Fresh<'_> {
    /// Whether any byte of `span` is fresh.
    pub fn touches(&self, span: &Range<usize>) -> bool {
        match self {
            Fresh::All => true,
            Fresh::Ranges(ranges) => {
                let after = ranges.partition_point(|r| r.end <= span.start);
                ranges.get(after).is_some_and(|r| r.start < span.end)
            }
        }
    }
}

/// One piece of content to look at.
#[derive(Clone, Copy, Debug)]
pub struct Blob<'a> {
    /// Where it is, for reports and for rules that depend on a path.
    pub path: &'a BlobPath,
    /// Its bytes, already in an encoding that the detector reads.
    pub bytes: &'a [u8],
    /// Which of them are to be judged.
    pub fresh: Fresh<'a>,
}

/// Why something was left out on purpose. Counted in every summary, named with `-v`,
/// and a failure under `--strict`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SkipReason {
    /// A FIFO, socket or device: reading it could block or never end.
    NotRegular,
    /// A symbolic link, and `--follow` was not given.
    Symlink,
    /// A symbolic link that leads back to one of its own parents.
    SymlinkLoop,
    /// Larger than `--max-file-size`.
    TooLarge,
    /// Left out by `--exclude` or not matched by `--include`.
    Excluded,
    /// A git submodule's entry: another repository's content.
    Submodule,
    /// An object that is not here, and the user allowed that (`--allow-missing`).
    Missing,
}

impl SkipReason {
    /// Every reason, in the order in which summaries list them.
    pub const ALL: [SkipReason; 7] = [
        SkipReason::NotRegular,
        SkipReason::Symlink,
        SkipReason::SymlinkLoop,
        SkipReason::TooLarge,
        SkipReason::Excluded,
        SkipReason::Submodule,
        SkipReason::Missing,
    ];

    /// The stable name used in JSON: lower-case words joined by `-`.
    pub fn id(self) -> &'static str {
        match self {
            SkipReason::NotRegular => "not-regular",
            SkipReason::Symlink => "symlink",
            SkipReason::SymlinkLoop => "symlink-loop",
            SkipReason::TooLarge => "too-large",
            SkipReason::Excluded => "excluded",
            SkipReason::Submodule => "submodule",
            SkipReason::Missing => "missing",
        }
    }

    /// The words a person reads.
    pub fn describe(self) -> &'static str {
        match self {
            SkipReason::NotRegular => "not a regular file (FIFO, socket or device)",
            SkipReason::Symlink => "symbolic link (use --follow to read through it)",
            SkipReason::SymlinkLoop => "symbolic link that loops back to a parent",
            SkipReason::TooLarge => "larger than --max-file-size",
            SkipReason::Excluded => "left out by --exclude or --include",
            SkipReason::Submodule => "submodule, a repository of its own",
            SkipReason::Missing => "object not present in this clone",
        }
    }
}

/// Something that should have been scanned and could not be. Makes the run incomplete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceError {
    /// What could not be read, as shown to the user.
    pub path: BlobPath,
    /// Why, in words that name the cause: `permission denied`.
    pub why: String,
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.to_text(), self.why)
    }
}

impl std::error::Error for SourceError {}

/// The file system's path of these bytes; None where the system has no such path.
pub fn os_path(bytes: &[u8]) -> Option<PathBuf> {
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
