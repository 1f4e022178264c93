//! References: the starting points of history.

use std::collections::BTreeMap;
use std::path::Path;

use gix::ObjectId;
use gix::bstr::{BString, ByteSlice};
use gix::object::Kind;
use gix::refs::FullName;

use super::commit;
use super::error::{GitError, Problem, Reason};
use super::object::Reader;
use super::plain;
use super::reftable::{self, Value, Values};
use super::store::Store;

/// A named starting point of history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tip {
    /// Full name of the reference, raw, e.g. `refs/heads/main` or `HEAD`.
    pub name: Vec<u8>,
    /// The object that it points to, which may be an annotated tag.
    pub id: ObjectId,
    /// Where the tip was found.
    pub source: TipSource,
}

impl Tip {
    /// Returns whether git allows it to point only to a commit: HEAD, branches and
    /// remote-tracking branches.
    pub(crate) fn is_branch(&self) -> bool {
        let branch: [&[u8]; 2] = [b"refs/heads/", b"refs/remotes/"];
        match self.source {
            TipSource::Head | TipSource::Worktree => true,
            TipSource::Reference => branch.iter().any(|dir| self.name.starts_with(dir)),
            TipSource::Reflog => false,
        }
    }
}

/// The place where a tip was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TipSource {
    /// HEAD of the repository.
    Head,
    /// A reference.
    Reference,
    /// HEAD of another worktree.
    Worktree,
    /// An entry of a reference log.
    Reflog,
}

/// The target of a tip after annotated tags are followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Peeled {
    /// The object after all tags.
    pub id: ObjectId,
    /// Its kind: never a tag.
    pub kind: Kind,
    /// The annotated tags on the way, outermost first.
    pub tags: Vec<ObjectId>,
}

/// The maximum number of nested annotated tags that are followed.
const MAX_TAGS: usize = 64;

/// The largest file of grafts that is read.
const MAX_GRAFTS: u64 = 64 << 20;

/// The largest reference log that is read.
const MAX_LOG: u64 = 1 << 30;

/// All tips of a repository.
#[derive(Clone, Debug, Default)]
pub struct Tips {
    /// HEAD first, then references by name, worktrees and logs.
    pub tips: Vec<Tip>,
    /// References that point to another reference: the name, and the name it points to.
    pub symbolic: Vec<(Vec<u8>, Vec<u8>)>,
    /// References that could not be read.
    pub problems: Vec<Problem>,
}

/// Lists HEAD, all references, the HEADs of other worktrees and, if `reflogs`, every
/// object that a reference log names.
///
/// Fails if reference tables cannot be read: history would look empty.
pub fn tips(store: &Store, reflogs: bool) -> Result<Tips, GitError> {
    let repo = store.gix();
    let mut all = Tips::default();
    let tables = tables(store)?;
    // This comes first because it refuses formats that would look empty.
    if let Some(id) = head_in(store, tables.as_ref())? {
        all.tips.push(Tip {
            name: b"HEAD".to_vec(),
            id,
            source: TipSource::Head,
        });
    }
    // A linked worktree has its own references.
    let mut dirs = vec![repo.common_dir(), repo.git_dir()];
    dirs.dedup();
    let listed = match &tables {
        Some(values) => {
            all.symbolic.extend(links_of(values));
            of_tables(values)
        }
        None => {
            let mut listed = packed(&repo, &mut all);
            for dir in &dirs {
                loose(&repo, dir, &mut listed, &mut all);
            }
            listed
        }
    };
    all.tips.extend(listed.into_iter().map(|(name, id)| Tip {
        name,
        id,
        source: TipSource::Reference,
    }));
    worktrees(store, repo.common_dir(), &mut all);
    if reflogs {
        for dir in dirs {
            read_logs(&dir.join("logs"), &mut all);
        }
    }
    all.tips
        .sort_by(|a, b| (a.source, &a.name, a.id).cmp(&(b.source, &b.name, b.id)));
    all.tips.dedup();
    Ok(all)
}

/// Reads `packed-refs`. Unreadable parts become problems.
fn packed(repo: &gix::Repository, all: &mut Tips) -> BTreeMap<Vec<u8>, ObjectId> {
    let mut listed = BTreeMap::new();
    let mut failed = |error: &dyn std::fmt::Display| {
        all.problems.push(Problem {
            path: repo.refs.packed_refs_path(),
            what: error.to_string(),
        });
    };
    let buffer = match repo.refs.cached_packed_buffer() {
        Ok(Some(buffer)) => buffer,
        Ok(None) => return listed,
        Err(error) => {
            failed(&error);
            return listed;
        }
    };
    match buffer.iter() {
        Ok(lines) => lines.for_each(|line| match line {
            Ok(line) => drop(listed.insert(line.name.as_bstr().to_vec(), line.target())),
            Err(error) => failed(&error),
        }),
        Err(error) => failed(&error),
    }
    listed
}

/// Reads all references below `dir` that have their own file, which may be a link. They
/// take precedence over packed references.
fn loose(
    repo: &gix::Repository,
    dir: &Path,
    listed: &mut BTreeMap<Vec<u8>, ObjectId>,
    all: &mut Tips,
) {
    let mut todo = vec![dir.join("refs")];
    while let Some(path) = todo.pop() {
        for entry in entries(&path, all) {
            let path = entry.path();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                todo.push(path);
                continue;
            }
            let name = path.strip_prefix(dir).unwrap_or(&path);
            let name = name.as_os_str().as_encoded_bytes().to_vec();
            let name = if cfg!(windows) {
                name.replace(b"\\", b"/")
            } else {
                name
            };
            // Git does not accept such names as references.
            let Ok(full) = FullName::try_from(BString::from(name.as_slice())) else {
                continue;
            };
            let found = match std::fs::metadata(&path) {
                // The link could lead anywhere.
                Ok(meta) if meta.is_dir() => Err("a link to a directory".to_owned()),
                Ok(meta) if !meta.is_file() => continue,
                Ok(_) => repo
                    .try_find_reference(full.as_ref())
                    .map_err(|error| error.to_string()),
                // The file is gone or is a dangling link, which git does not count as a
                // reference either.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => Err(error.to_string()),
            };
            match found {
                // A symbolic reference points to another one that is listed as well.
                Ok(Some(reference)) => match reference.target().try_id() {
                    Some(id) => drop(listed.insert(name, id.to_owned())),
                    None => {
                        listed.remove(&name);
                        if let Some(target) = reference.target().try_name() {
                            let target = target.as_bstr().to_vec();
                            all.symbolic.push((name, target));
                        }
                    }
                },
                Ok(None) => {}
                Err(what) => all.problems.push(Problem { path, what }),
            }
        }
    }
}

/// Returns the references in the reftable format, or None if the repository stores them
/// as files. In a linked worktree, its own ones take precedence.
fn tables(store: &Store) -> Result<Option<Values>, GitError> {
    match store.facts().reftable {
        false => Ok(None),
        true if !store.is_reftable_configured() => Err(GitError::Reftable {
            path: store.git_dir().to_owned(),
        }),
        true => {
            let mut values = Values::new();
            let common = store.common_dir();
            reftable::read_stack(&common.join("reftable"), store.hash(), &mut values)?;
            if store.git_dir() != common {
                let own = store.git_dir().join("reftable");
                reftable::read_stack(&own, store.hash(), &mut values)?;
            }
            Ok(Some(values))
        }
    }
}

/// Returns the references that name an object, as in files: without HEAD and its like, and
/// without symbolic ones, which point to others.
fn of_tables(values: &Values) -> BTreeMap<Vec<u8>, ObjectId> {
    let objects = values.iter().filter_map(|(name, value)| match value {
        Value::Id(id) if name.starts_with(b"refs/") => Some((name.clone(), *id)),
        _ => None,
    });
    objects.collect()
}

/// Returns the symbolic references, each with the full name that it points to.
fn links_of(values: &Values) -> impl Iterator<Item = (Vec<u8>, Vec<u8>)> + '_ {
    values.iter().filter_map(|(name, value)| match value {
        Value::Link(target) if name.starts_with(b"refs/") => Some((name.clone(), target.clone())),
        _ => None,
    })
}

/// Returns the object that HEAD points to, or None on an unborn branch. Fails if reference
/// tables cannot be read, because any branch would look unborn.
pub(crate) fn head(store: &Store) -> Result<Option<ObjectId>, GitError> {
    head_in(store, tables(store)?.as_ref())
}

fn head_in(store: &Store, tables: Option<&Values>) -> Result<Option<ObjectId>, GitError> {
    if let Some(values) = tables {
        return reftable::follow(values, b"HEAD");
    }
    let repo = store.gix();
    let failed = |why: String| GitError::References { why };
    let head = repo.head().map_err(|error| failed(error.to_string()))?;
    match head.kind {
        gix::head::Kind::Unborn(_) => Ok(None),
        gix::head::Kind::Detached { target, .. } => Ok(Some(target)),
        gix::head::Kind::Symbolic(reference) => match reference.target {
            gix::refs::Target::Object(id) => Ok(Some(id)),
            gix::refs::Target::Symbolic(name) => {
                let found = repo.find_reference(name.as_bstr());
                let found = found.map_err(|error| failed(error.to_string()))?;
                Ok(found.target().try_id().map(ToOwned::to_owned))
            }
        },
    }
}

/// Returns the parents that `info/grafts` gives to commits. git follows them, so a history does
/// too, besides the parents that the commits name.
pub(super) fn grafts(store: &Store) -> Result<BTreeMap<ObjectId, Vec<ObjectId>>, GitError> {
    let path = store.common_dir().join("info/grafts");
    let text = match plain::read(&path, MAX_GRAFTS) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(source) => return Err(GitError::Io { path, source }),
    };
    let lines = text.split(|byte| *byte == b'\n').filter_map(|line| {
        let mut ids = line
            .split(u8::is_ascii_whitespace)
            .filter(|word| !word.is_empty())
            .map_while(|word| ObjectId::from_hex(word).ok());
        Some((ids.next()?, ids.collect()))
    });
    Ok(lines.collect())
}

/// Follows annotated tags, starting at `id`.
pub(crate) fn peel(reader: &mut Reader<'_>, id: &ObjectId) -> Result<Peeled, Reason> {
    let mut bytes = Vec::new();
    let mut peeled = Peeled {
        id: *id,
        kind: Kind::Commit,
        tags: Vec::new(),
    };
    loop {
        let kind = reader
            .find(&peeled.id, &mut bytes)?
            .ok_or(Reason::Missing)?;
        if kind != Kind::Tag {
            peeled.kind = kind;
            return Ok(peeled);
        }
        if peeled.tags.len() >= MAX_TAGS {
            return Err(Reason::TagChain);
        }
        peeled.tags.push(peeled.id);
        peeled.id = commit::tag_target(&bytes).ok_or(Reason::BadHeader)?;
    }
}

/// Lists HEAD and the own references (`refs/bisect`, `refs/worktree` …) of other worktrees.
fn worktrees(store: &Store, common: &Path, all: &mut Tips) {
    let list = common.join("worktrees");
    for dir in entries(&list, all) {
        let path = dir.path().join("HEAD");
        if dir.path() == store.git_dir() {
            continue;
        }
        match store.facts().reftable {
            true => table_references(store, &dir, all),
            false => own_references(&dir, all),
        }
        let found = match store.facts().reftable {
            true => table_head(store, &dir.path()),
            false => plain::read(&path, 4096).map_err(|error| error.to_string()),
        };
        match found {
            // If HEAD is a branch, it is already among the references.
            Ok(text) => {
                if let Ok(id) = ObjectId::from_hex(text.trim_ascii()) {
                    all.tips.push(Tip {
                        source: TipSource::Worktree,
                        ..of_worktree(&dir, b"HEAD", id)
                    });
                }
            }
            Err(what) => all.problems.push(Problem { path, what }),
        }
    }
}

/// Reads the references that have a file in the git directory of a worktree. Symbolic ones
/// point to others.
fn own_references(dir: &std::fs::DirEntry, all: &mut Tips) {
    let mut todo = vec![dir.path().join("refs")];
    while let Some(path) = todo.pop() {
        for entry in entries(&path, all) {
            let path = entry.path();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                todo.push(path);
                continue;
            }
            match plain::read(&path, 4096) {
                Ok(text) => {
                    let name = path.strip_prefix(dir.path()).unwrap_or(&path);
                    let name = name.as_os_str().as_encoded_bytes();
                    if let Ok(id) = ObjectId::from_hex(text.trim_ascii()) {
                        all.tips.push(of_worktree(dir, name, id));
                    }
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => all.problems.push(Problem {
                    path,
                    what: error.to_string(),
                }),
            }
        }
    }
}

/// Does the same where references are in tables.
fn table_references(store: &Store, dir: &std::fs::DirEntry, all: &mut Tips) {
    let mut values = Values::new();
    let path = dir.path().join("reftable");
    // HEAD of this worktree tells what is wrong with them.
    if reftable::read_stack(&path, store.hash(), &mut values).is_ok() {
        let own = of_tables(&values).into_iter();
        all.tips
            .extend(own.map(|(name, id)| of_worktree(dir, &name, id)));
    }
}

fn of_worktree(dir: &std::fs::DirEntry, name: &[u8], id: ObjectId) -> Tip {
    let worktree = dir.file_name();
    Tip {
        name: [b"worktrees/", worktree.as_encoded_bytes(), b"/", name].concat(),
        id,
        source: TipSource::Reference,
    }
}

/// Returns what a file HEAD would contain in the worktree whose git directory is `dir`.
fn table_head(store: &Store, dir: &Path) -> Result<Vec<u8>, String> {
    let mut values = Values::new();
    let read = reftable::read_stack(&dir.join("reftable"), store.hash(), &mut values);
    read.map_err(|error| error.to_string())?;
    Ok(match values.get(&b"HEAD"[..]) {
        Some(Value::Id(id)) => id.to_string().into_bytes(),
        _ => Vec::new(),
    })
}

/// Lists the entries of a directory, which may be missing. A directory that cannot be
/// listed becomes a problem.
fn entries(dir: &Path, all: &mut Tips) -> Vec<std::fs::DirEntry> {
    let list = std::fs::read_dir(dir).and_then(Iterator::collect);
    list.unwrap_or_else(|error: std::io::Error| {
        if error.kind() != std::io::ErrorKind::NotFound {
            all.problems.push(Problem {
                path: dir.to_owned(),
                what: error.to_string(),
            });
        }
        Vec::new()
    })
}

/// Collects the objects that the logs below `dir` name. Does not follow links.
fn read_logs(dir: &Path, all: &mut Tips) {
    let mut todo = vec![dir.to_owned()];
    while let Some(path) = todo.pop() {
        let kind = match std::fs::symlink_metadata(&path) {
            Ok(kind) => kind,
            Err(error) => {
                if error.kind() != std::io::ErrorKind::NotFound {
                    let what = error.to_string();
                    all.problems.push(Problem { path, what });
                }
                continue;
            }
        };
        if kind.is_dir() {
            todo.extend(entries(&path, all).iter().map(std::fs::DirEntry::path));
        } else if kind.is_file() {
            match plain::read(&path, MAX_LOG) {
                Ok(text) => log_entries(dir, &path, &text, all),
                Err(error) => all.problems.push(Problem {
                    path,
                    what: error.to_string(),
                }),
            }
        }
    }
}

fn log_entries(dir: &Path, path: &Path, text: &[u8], all: &mut Tips) {
    let name = path
        .strip_prefix(dir)
        .unwrap_or(path)
        .as_os_str()
        .as_encoded_bytes();
    for line in text.split(|byte| *byte == b'\n') {
        for word in line.split(|byte| *byte == b' ').take(2) {
            if let Ok(id) = ObjectId::from_hex(word)
                && !id.is_null()
            {
                all.tips.push(Tip {
                    name: name.to_vec(),
                    id,
                    source: TipSource::Reflog,
                });
            }
        }
    }
}
