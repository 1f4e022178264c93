//! Resolves revisions and ranges from the command line.
//!
//! [`super::names`] looks up references, so that a tag never stands in for a branch of the same
//! name. gix parses what else a revision may be (`@{1}`, `:/text`). This module follows `~` and
//! `^` itself, with the object reader, which knows every object directory and every limit.

use gix::ObjectId;
use gix::bstr::BStr;
use gix::object::Kind;

use super::commit;
use super::error::GitError;
use super::names::{self, Named, Names};
use super::object::{DEFAULT_LIMIT, Reader};
use super::plain;
use super::refs::{self, TipSource};
use super::store::Store;

/// A set of commits, defined by included and excluded tips.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revisions {
    /// The commits that `include` reaches and `exclude` does not: `A..B`, or all of `B`.
    Reachable {
        /// Tips whose history is included.
        include: Vec<ObjectId>,
        /// Tips whose history is excluded.
        exclude: Vec<ObjectId>,
    },
    /// The commits that exactly one of the two reaches: `A...B`.
    Symmetric(ObjectId, ObjectId),
    /// The commits that any tip reaches and that were committed at this time (seconds
    /// since 1970) or later.
    Since {
        /// Tips whose history is included.
        include: Vec<ObjectId>,
        /// The earliest committer time.
        time: i64,
    },
    /// A single commit.
    Single(ObjectId),
}

/// Parses `A..B`, `A...B`, `A^!`, `A^@`, or a revision, which stands for all commits that
/// it reaches. An empty side means HEAD.
///
/// Fails if a side does not name a commit; a bad range never counts as empty.
pub fn parse(store: &Store, spec: &str) -> Result<Revisions, GitError> {
    let mut resolver = Resolver::new(store, spec, Meaning::Git);
    if let Some((left, right)) = spec.split_once("...") {
        return Ok(Revisions::Symmetric(
            resolver.side(left)?,
            resolver.side(right)?,
        ));
    }
    if let Some((from, to)) = spec.split_once("..") {
        let (from, to) = (resolver.side(from)?, resolver.side(to)?);
        return Ok(Revisions::Reachable {
            include: vec![to],
            exclude: vec![from],
        });
    }
    if spec.trim().is_empty() {
        return Err(resolver.bad("the revision is empty"));
    }
    if let Some(one) = spec.strip_suffix("^!") {
        return Ok(Revisions::Single(resolver.commit(one)?));
    }
    if let Some(one) = spec.strip_suffix("^@") {
        let id = resolver.commit(one)?;
        let include = commit::read(&mut resolver.reader, &id)?.parents;
        return Ok(Revisions::Reachable {
            include,
            exclude: Vec::new(),
        });
    }
    Ok(Revisions::Reachable {
        include: vec![resolver.commit(spec)?],
        exclude: Vec::new(),
    })
}

/// Returns the commit that a revision names. Fails if it has several meanings.
pub fn parse_commit(store: &Store, spec: &str) -> Result<ObjectId, GitError> {
    Resolver::new(store, spec, Meaning::Git).commit(spec)
}

/// A commit that decides what is known or whose policy counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trusted {
    /// The commit.
    pub commit: ObjectId,
    /// The full name of the reference that was named; None if an id or HEAD was.
    pub reference: Option<String>,
    /// Whether an id or a reference was named, without steps: not HEAD, which is what is
    /// checked out, nor `NAME~1`, which whoever moved NAME may have chosen.
    pub is_direct: bool,
}

/// Returns the commit that a revision names where it decides what is trusted.
///
/// A short name is a branch: `REMOTE/NAME` of that remote, else of `origin`, of another remote,
/// or a local one. A tag counts only by its full name. 7 or more hexadecimal digits are the
/// beginning of a commit id, never a name. Steps (`~`, `^`) may follow.
///
/// # Errors
/// Fails with the reason if the revision names no commit, or more than one.
pub fn trusted(store: &Store, spec: &str) -> Result<Trusted, GitError> {
    let mut resolver = Resolver::new(store, spec, Meaning::Trusted);
    Ok(Trusted {
        commit: resolver.commit(spec)?,
        reference: resolver.reference,
        is_direct: resolver.is_direct,
    })
}

/// Returns the object that a name stands for, which may be an annotated tag. If the name
/// has steps (`~`, `^`), returns the commit. Fails if it names nothing.
pub fn parse_object(store: &Store, spec: &str) -> Result<ObjectId, GitError> {
    let mut resolver = Resolver::new(store, spec, Meaning::Git);
    if spec.contains(['~', '^']) {
        resolver.commit(spec)
    } else {
        resolver.name(spec)
    }
}

/// Parses a date to seconds since 1970. Accepts `2026-01-31`, RFC 3339, `2 weeks ago`,
/// and `@` followed by the number of seconds.
pub fn parse_time(text: &str) -> Result<i64, GitError> {
    let bad = |why: String| GitError::Date {
        text: text.to_owned(),
        why,
    };
    if let Some(seconds) = text.strip_prefix('@') {
        return seconds.parse().map_err(|_| bad("not a number".to_owned()));
    }
    let ago = match text.trim().to_lowercase().as_str() {
        "now" => Some(0),
        "yesterday" => Some(86_400),
        "last week" => Some(7 * 86_400),
        "last month" => Some(30 * 86_400),
        "last year" => Some(365 * 86_400),
        _ => seconds_ago(text),
    };
    if let Some(seconds) = ago {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let now = now.map_or(0, |since| since.as_secs() as i64);
        return Ok(now.saturating_sub(seconds));
    }
    gix::date::parse(text, None)
        .map(|time| time.seconds)
        .map_err(|_| bad("not a date".to_owned()))
}

/// Parses `NUMBER UNIT ago`; a month counts as 30 days, a year as 365.
fn seconds_ago(text: &str) -> Option<i64> {
    let mut words = text.strip_suffix("ago")?.split_whitespace();
    let count: i64 = words.next()?.parse().ok()?;
    let unit = match words.next()?.trim_end_matches('s') {
        "second" => 1,
        "minute" => 60,
        "hour" => 3600,
        "day" => 86_400,
        "week" => 7 * 86_400,
        "month" => 30 * 86_400,
        "year" => 365 * 86_400,
        _ => return None,
    };
    words.next().is_none().then(|| count.saturating_mul(unit))
}

/// How names are looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    /// As git does, but a name with several meanings is an error.
    Git,
    /// As a branch or an id.
    Trusted,
}

/// The least number of hexadecimal digits that are the beginning of an id, never a name.
const MIN_DIGITS: usize = 7;

/// The largest file like FETCH_HEAD that is read, in bytes.
const MAX_PSEUDO: u64 = 64 << 20;

struct Resolver<'s> {
    store: &'s Store,
    reader: Reader<'s>,
    /// The whole specification, for messages.
    spec: &'s str,
    meaning: Meaning,
    names: Option<Names>,
    /// The last reference that was looked up.
    reference: Option<String>,
    /// Whether the last commit was named without steps, and not by HEAD or its like.
    is_direct: bool,
}

impl<'s> Resolver<'s> {
    fn new(store: &'s Store, spec: &'s str, meaning: Meaning) -> Self {
        Self {
            store,
            reader: Reader::new(store, DEFAULT_LIMIT),
            spec,
            meaning,
            names: None,
            reference: None,
            is_direct: true,
        }
    }

    fn bad(&self, why: impl Into<String>) -> GitError {
        GitError::Revision {
            spec: self.spec.to_owned(),
            why: why.into(),
        }
    }

    fn side(&mut self, side: &str) -> Result<ObjectId, GitError> {
        self.commit(if side.is_empty() { "HEAD" } else { side })
    }

    /// Returns the commit that a name with steps stands for.
    fn commit(&mut self, text: &str) -> Result<ObjectId, GitError> {
        // The result is a commit in any case.
        let text = text.strip_suffix("^{commit}").unwrap_or(text);
        let is_step = |c: char| c.is_ascii_digit() || c == '~' || c == '^';
        let name = text.trim_end_matches(is_step);
        let digits = text[name.len()..]
            .find(['~', '^'])
            .unwrap_or(text.len() - name.len());
        // Digits before the first step belong to the name.
        let (name, steps) = text.split_at(name.len() + digits);
        self.is_direct = steps.is_empty();
        let mut at = self.name(name)?;
        let mut rest = steps;
        while let Some(step) = rest.chars().next() {
            let end = rest[1..].find(['~', '^']).map_or(rest.len(), |end| end + 1);
            let count = match &rest[1..end] {
                "" => 1,
                digits => digits
                    .parse::<usize>()
                    .map_err(|error| self.bad(error.to_string()))?,
            };
            rest = &rest[end..];
            at = self.peeled(at)?;
            match step {
                '~' => {
                    for _ in 0..count {
                        at = self.parent(at, 1)?;
                    }
                }
                _ if count == 0 => {}
                _ => at = self.parent(at, count)?,
            }
        }
        self.peeled(at)
    }

    fn name(&mut self, name: &str) -> Result<ObjectId, GitError> {
        // A full object name may be in an object directory that gix does not know (a
        // quarantine).
        if let Ok(id) = ObjectId::from_hex(name.as_bytes()) {
            return Ok(id);
        }
        if name.is_empty() {
            return Err(self.bad("the revision has no name"));
        }
        if name == "@" || name == "HEAD" {
            self.is_direct = false;
            return refs::head(self.store)?.ok_or_else(|| self.bad("HEAD has no commit yet"));
        }
        if self.names.is_none() {
            self.names = Some(Names::read(self.store)?);
        }
        match self.meaning {
            Meaning::Git => self.as_git_does(name),
            Meaning::Trusted => self.branch_or_id(name),
        }
    }

    /// Looks up a name as git does. Fails if it has several meanings.
    fn as_git_does(&mut self, name: &str) -> Result<ObjectId, GitError> {
        // What is before these characters is a name of its own.
        let end = name.find(['~', '^', ':']).unwrap_or(name.len());
        let end = name.find("@{").map_or(end, |at| at.min(end));
        let plain = &name[..end];
        if name[end..].contains("@{") && self.store.facts().reftable {
            return Err(self.bad(
                "names by reference logs and upstreams (`@{...}`) are not read from a repository \
                 with reftables; name the commit that `git rev-parse` prints for it",
            ));
        }
        let names = self.names.as_ref();
        let is_full = plain.starts_with("refs/");
        let found = match (names, is_full) {
            (Some(names), true) => names.get(plain).into_iter().collect(),
            (Some(names), false) => names.meanings(plain),
            (None, _) => Vec::new(),
        };
        let mut meant: Vec<ObjectId> = found.iter().map(|named| self.after_tags(named)).collect();
        let digits = if is_digits(plain, 4) {
            self.beginning(plain)?
        } else {
            Vec::new()
        };
        meant.extend(&digits);
        meant.sort_unstable();
        meant.dedup();
        if meant.len() > 1 && !found.is_empty() {
            let why = match digits.is_empty() {
                true => names::several(&found),
                false => format!(
                    "it is a name ({}) and the beginning of an id",
                    found[0].name
                ),
            };
            return Err(self.bad(why));
        }
        match found.first() {
            Some(named) if end == name.len() => return Ok(named.id),
            None if is_full => return Err(self.bad("no such reference")),
            _ => {}
        }
        // gix looks names up in files, but the references may be in tables.
        let rest = &name[end..];
        let known = match (plain, found.first()) {
            _ if rest.starts_with("@{") => name.to_owned(),
            ("HEAD" | "@", _) => format!("{}{rest}", self.name("HEAD")?),
            (_, Some(named)) => format!("{}{rest}", named.id),
            _ => name.to_owned(),
        };
        let bytes: &BStr = known.as_str().into();
        match self
            .store
            .gix()
            .rev_parse(bytes)
            .map(|spec| spec.single().map(gix::Id::detach))
        {
            Ok(Some(id)) => Ok(id),
            Ok(None) => Err(self.bad("it does not name a single commit")),
            Err(error) => Err(self.bad(error.to_string())),
        }
    }

    /// Looks up a name that decides what is trusted.
    fn branch_or_id(&mut self, name: &str) -> Result<ObjectId, GitError> {
        if is_pseudo(name) {
            self.is_direct = false;
            return self.pseudo(name);
        }
        if is_digits(name, MIN_DIGITS) {
            return match self.beginning(name)?[..] {
                [id] => Ok(id),
                [] => Err(self.bad(
                    "no commit here has an id that starts so; write a branch of this name in \
                     full: refs/remotes/REMOTE/NAME",
                )),
                _ => Err(self.bad("several commits have ids that start so; write all digits")),
            };
        }
        let found = self.names.as_ref().map(|names| names.trusted(name));
        match found {
            Some(Ok(named)) => {
                self.reference = Some(named.name);
                Ok(named.id)
            }
            Some(Err(why)) => Err(self.bad(why)),
            None => Err(self.bad("no branch has this name")),
        }
    }

    /// Reads a file like FETCH_HEAD, which starts with an id.
    fn pseudo(&self, name: &str) -> Result<ObjectId, GitError> {
        let path = self.store.git_dir().join(name);
        let text = plain::read(&path, MAX_PSEUDO).unwrap_or_default();
        let digits = text.split(|b| b.is_ascii_whitespace()).next();
        let id = digits.and_then(|digits| ObjectId::from_hex(digits).ok());
        id.ok_or_else(|| self.bad(format!("the repository has no {name}")))
    }

    /// Returns the commits whose ids start with these digits.
    fn beginning(&mut self, digits: &str) -> Result<Vec<ObjectId>, GitError> {
        let Ok(prefix) = gix::hash::Prefix::from_hex(digits) else {
            return Ok(Vec::new());
        };
        let mut all = std::collections::HashSet::new();
        let looked = self
            .store
            .gix()
            .objects
            .lookup_prefix(prefix, Some(&mut all));
        looked.map_err(|error| self.bad(error.to_string()))?;
        let commits = all.into_iter().filter(|id| {
            let peeled = refs::peel(&mut self.reader, id);
            peeled.is_ok_and(|peeled| peeled.kind == Kind::Commit)
        });
        Ok(commits.collect())
    }

    /// Returns the object that a reference leads to after tags, or the tag if that is
    /// unreadable.
    fn after_tags(&mut self, named: &Named) -> ObjectId {
        refs::peel(&mut self.reader, &named.id).map_or(named.id, |peeled| peeled.id)
    }

    fn parent(&mut self, id: ObjectId, number: usize) -> Result<ObjectId, GitError> {
        let parents = commit::read(&mut self.reader, &id)?.parents;
        let parent = parents.get(number - 1).copied();
        parent.ok_or_else(|| self.bad(format!("{id} has no parent {number}")))
    }

    fn peeled(&mut self, id: ObjectId) -> Result<ObjectId, GitError> {
        match refs::peel(&mut self.reader, &id) {
            Ok(peeled) if peeled.kind == Kind::Commit => Ok(peeled.id),
            Ok(_) => Err(self.bad(format!("{id} is not a commit"))),
            Err(reason) => Err(self.bad(format!("{id}: {reason}"))),
        }
    }
}

/// Whether a name is that of a file in the git directory: FETCH_HEAD, ORIG_HEAD.
fn is_pseudo(name: &str) -> bool {
    name.ends_with("_HEAD") && name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
}

/// Whether text has only hexadecimal digits, at least this many.
fn is_digits(text: &str, least: usize) -> bool {
    text.len() >= least && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Returns the commits reachable from HEAD (or, if `all`, from any reference) that were
/// committed at `time` (seconds since 1970) or later.
pub fn since(store: &Store, time: i64, all: bool) -> Result<Revisions, GitError> {
    let tips = refs::tips(store, false)?.tips;
    let wanted = tips
        .iter()
        .filter(|tip| all || tip.source == TipSource::Head);
    let mut reader = Reader::new(store, DEFAULT_LIMIT);
    let mut include = Vec::new();
    for tip in wanted {
        let peeled = refs::peel(&mut reader, &tip.id);
        let peeled = peeled.map_err(|reason| GitError::Object { id: tip.id, reason })?;
        if peeled.kind == Kind::Commit {
            include.push(peeled.id);
        }
    }
    include.sort_unstable();
    include.dedup();
    Ok(Revisions::Since { include, time })
}
