//! The files of an image: those of a directory, or the members of a tar, each read by itself.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};

use super::node::Node;
use crate::blob::{BlobPath, SkipReason, SourceError};
use crate::git::worktree;
use crate::inside::{self, Budget, Class, Format, HEAD, Input, Members, Most, Trouble};
use crate::source::file::open;
use crate::source::walk::{FileUnit, WalkOptions, WalkSource};
use crate::source::{Item, Source, Unopened};

/// The largest document that is parsed, in bytes.
pub(super) const DOCUMENT: u64 = 8 << 20;
/// The most values in it.
const VALUES: usize = 500_000;
/// The most files of an image: real ones have some hundred.
const ENTRIES: usize = 100_000;
const MANY: &str = "there are more than 100,000 files in it";
/// The most bytes of a tar that belong to no member.
const REST: usize = 64 << 20;
/// How many links are followed to a file.
const LINKS: usize = 8;

/// Where a file stands.
#[derive(Clone, Debug)]
pub(super) enum Place {
    Stretch {
        position: u64,
        size: u64,
    },
    File(PathBuf),
    /// A document of a stream.
    Held(Vec<u8>),
    /// Another file of a stream.
    Gone,
}

/// A file of an image.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Its name in the image, `/` between components.
    pub(super) name: Vec<u8>,
    place: Place,
}

/// The files of an image.
#[derive(Default)]
pub(super) struct Contents {
    tar: PathBuf,
    pub(super) entries: Vec<Entry>,
    names: HashMap<Vec<u8>, usize>,
    links: HashMap<Vec<u8>, Vec<u8>>,
    /// What of a tar belongs to no member.
    pub(super) rest: Vec<u8>,
    troubles: Vec<Unopened>,
    /// What of a directory is not read.
    pub(super) left: Vec<Item<FileUnit>>,
    /// Where the next member of the tar stands.
    next: Option<(u64, u64)>,
    /// Whether there is more of [`Contents::rest`] than is kept.
    is_more: bool,
}

impl Contents {
    /// Lists the files of a directory.
    pub(super) fn of_dir(dir: &Path, most: Most, outputs: Vec<PathBuf>) -> Self {
        let mut contents = Self::default();
        let walk = WalkSource::without_globs(WalkOptions {
            roots: vec![dir.to_owned()],
            ignore_files: false,
            most,
            outputs,
            ..WalkOptions::default()
        });
        walk.list(&mut |item| {
            match item {
                Item::Unit(_) if contents.entries.len() >= ENTRIES => {
                    if contents.troubles.is_empty() {
                        contents.trouble(SkipReason::Limit, MANY);
                    }
                }
                Item::Unit(file) => {
                    let path = file.path();
                    let name = path.strip_prefix(dir).unwrap_or(path);
                    let name = BlobPath::shown(name);
                    contents.add(name.as_bytes(), Place::File(path.to_owned()));
                }
                other => contents.left.push(other),
            }
            true
        });
        contents.links_of(dir);
        contents
    }

    /// Notes where links in a directory lead to. One that leads to a file of the image is not left
    /// out: the file is scanned.
    fn links_of(&mut self, dir: &Path) {
        let left = std::mem::take(&mut self.left);
        let mut links = Vec::new();
        for item in left {
            let link = match &item {
                Item::Skipped {
                    path,
                    why: SkipReason::Symlink,
                } => self.link_of(dir, path),
                _ => None,
            };
            links.push((link, item));
        }
        let is_kept = |(link, _): &(Option<Vec<u8>>, _)| {
            let file = link.as_ref().and_then(|name| self.find(name));
            file.is_none()
        };
        links.retain(is_kept);
        self.left = links.into_iter().map(|(_, item)| item).collect();
    }

    /// Notes where the link at `path` leads to. Returns its name in the image.
    fn link_of(&mut self, dir: &Path, path: &BlobPath) -> Option<Vec<u8>> {
        let shown = BlobPath::shown(dir);
        let name = plain(path.as_bytes().strip_prefix(shown.as_bytes())?);
        let target = std::fs::read_link(dir.join(worktree::file_name(&name)?)).ok()?;
        let mut depth = name.iter().filter(|b| **b == b'/').count();
        for component in target.components() {
            depth = match component {
                Component::Normal(_) => depth + 1,
                Component::CurDir => depth,
                Component::ParentDir => depth.checked_sub(1)?,
                Component::RootDir | Component::Prefix(_) => return None,
            };
        }
        self.link(&name, BlobPath::shown(&target).as_bytes(), true);
        Some(name)
    }

    /// Lists the members of a tar; None if the file is no tar.
    ///
    /// # Errors
    /// Fails if the file cannot be read.
    pub(super) fn of_tar(tar: &Path, most: Most) -> io::Result<Option<Self>> {
        let (mut file, _) = open(tar)?;
        let mut head = Vec::new();
        (&mut file).take(HEAD as u64).read_to_end(&mut head)?;
        if Format::of(&head) != Some(Format::Tar) {
            return Ok(None);
        }
        let mut all = head.as_slice().chain(file);
        let mut contents = Self {
            tar: tar.to_owned(),
            ..Self::default()
        };
        let budget = Budget::new(most, 0);
        let mut input = Input::new(&mut all, &budget, 0);
        if let Err(error) = inside::walk(Format::Tar, &mut input, &mut contents) {
            contents.end(error)?;
        }
        Ok(Some(contents))
    }

    /// Notes what ended a tar early.
    ///
    /// # Errors
    /// Fails if the source could not be read.
    pub(super) fn end(&mut self, error: io::Error) -> io::Result<()> {
        let trouble = Trouble::of(&error).ok_or(error)?;
        let reason = match trouble.class {
            Class::Limit => SkipReason::Limit,
            _ => SkipReason::Damaged,
        };
        self.trouble(reason, trouble.why);
        Ok(())
    }

    /// Returns what is told of the image as a whole.
    pub(super) fn troubles(&self) -> Vec<Unopened> {
        let more = Unopened {
            reason: SkipReason::Limit,
            bytes: 0,
            why: "there is more than 64 MiB in it beside its files",
        };
        let more = self.is_more.then_some(more);
        self.troubles.iter().copied().chain(more).collect()
    }

    /// # Errors
    /// Fails if there are too many files to add another one.
    pub(super) fn has_room(&self) -> io::Result<()> {
        match self.entries.len() < ENTRIES {
            true => Ok(()),
            false => Err(Trouble {
                class: Class::Limit,
                why: MANY,
                level: 0,
            }
            .into()),
        }
    }

    fn trouble(&mut self, reason: SkipReason, why: &'static str) {
        let bytes = 0;
        self.troubles.push(Unopened { reason, bytes, why });
    }

    /// Adds a file.
    pub(super) fn add(&mut self, name: &[u8], place: Place) {
        let name = plain(name);
        // The last of a name counts, as if they were unpacked one after the other.
        self.names.insert(name.clone(), self.entries.len());
        self.links.remove(&name);
        self.entries.push(Entry { name, place });
    }

    /// Returns the file of a name, behind links.
    pub(super) fn find(&self, name: &[u8]) -> Option<usize> {
        let mut name = plain(name);
        for _ in 0..LINKS {
            match self.links.get(&name) {
                Some(target) => name.clone_from(target),
                None => return self.names.get(&name).copied(),
            }
        }
        None
    }

    /// Opens a file. Returns its content, and its size in bytes.
    ///
    /// # Errors
    /// Fails if it cannot be opened.
    pub(super) fn open(&self, entry: usize) -> io::Result<(io::Take<File>, u64)> {
        let entry = self.entries.get(entry);
        match entry.map(|entry| &entry.place) {
            Some(Place::File(path)) => {
                let (file, meta) = open(path)?;
                if !meta.is_file() {
                    return Err(io::Error::other("it is no regular file"));
                }
                Ok((file.take(u64::MAX), meta.len()))
            }
            Some(Place::Stretch { position, size }) => {
                let (mut file, _) = open(&self.tar)?;
                file.seek(SeekFrom::Start(*position))?;
                Ok((file.take(*size), *size))
            }
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// Returns the bytes of a file; None if it is too large for a document.
    ///
    /// # Errors
    /// Fails if it cannot be read.
    pub(super) fn bytes(&self, entry: usize) -> io::Result<Option<Vec<u8>>> {
        let (file, _) = self.open(entry)?;
        let mut bytes = Vec::new();
        file.take(DOCUMENT + 1).read_to_end(&mut bytes)?;
        Ok((bytes.len() as u64 <= DOCUMENT).then_some(bytes))
    }

    /// Returns the document in a file; None if there is none. That the file cannot be read is told
    /// where it is scanned.
    pub(super) fn document(&self, entry: usize) -> Option<Node> {
        match &self.entries.get(entry)?.place {
            Place::Held(bytes) => parse(bytes),
            _ => parse(&self.bytes(entry).ok().flatten()?),
        }
    }
}

/// Whether a file is a blob of a layout, whose name says the digest of its very bytes. The names in
/// old images may say what a layer is without its compression.
pub(super) fn is_blob(name: &[u8]) -> bool {
    plain(name).starts_with(b"blobs/")
}

/// Parses a document. None if it is none, and if it has too many values.
pub(super) fn parse(bytes: &[u8]) -> Option<Node> {
    let begins = |b: &&u8| matches!(b, b',' | b'[' | b'{' | b':');
    let values = bytes.iter().filter(begins).count();
    (values <= VALUES).then(|| Node::parse(bytes)).flatten()
}

/// Returns a name without empty components and `.`; `..` leads up.
pub(super) fn plain(name: &[u8]) -> Vec<u8> {
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in name.split(|b| *b == b'/') {
        match part {
            b"" | b"." => {}
            b".." => _ = parts.pop(),
            _ => parts.push(part),
        }
    }
    parts.join(&b'/')
}

impl Members for Contents {
    fn member(&mut self, name: &[u8], _: &mut dyn Read) -> io::Result<()> {
        self.has_room()?;
        if let Some((position, size)) = self.next.take() {
            self.add(name, Place::Stretch { position, size });
        }
        Ok(())
    }

    fn rest(&mut self, bytes: &[u8]) {
        match self.rest.len() + bytes.len() <= REST {
            true => self.rest.extend_from_slice(bytes),
            false => self.is_more = true,
        }
    }

    fn shut(&mut self, _: &[u8], _: Class, _: u64) {}

    fn at(&mut self, position: u64, size: u64) {
        self.next = Some((position, size));
    }

    fn link(&mut self, name: &[u8], target: &[u8], is_symbolic: bool) {
        let name = plain(name);
        let target = match is_symbolic {
            true => plain(&[&name[..], b"/../", target].concat()),
            false => plain(target),
        };
        if self.links.len() < ENTRIES {
            self.links.insert(name, target);
        }
    }
}

/// Returns the failure to read a file of an image.
pub(super) fn failure(path: &BlobPath, error: &io::Error) -> SourceError {
    SourceError {
        path: path.clone(),
        why: crate::stop::describe(error),
    }
}
