//! Resolves revisions and ranges from the command line.
//!
//! gix looks up names. This module follows `~` and `^` itself, with the object reader,
//! which knows every object directory and every limit.

use gix::ObjectId;
use gix::bstr::BStr;
use gix::object::Kind;

use super::commit;
use super::error::GitError;
use super::object::{DEFAULT_LIMIT, Reader};
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
    let mut resolver = Resolver {
        store,
        reader: Reader::new(store, DEFAULT_LIMIT),
        spec,
    };
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

/// Returns the commit that a revision names.
pub fn parse_commit(store: &Store, spec: &str) -> Result<ObjectId, GitError> {
    Resolver {
        store,
        reader: Reader::new(store, DEFAULT_LIMIT),
        spec,
    }
    .commit(spec)
}

/// Returns the object that a name stands for, which may be an annotated tag. If the name
/// has steps (`~`, `^`), returns the commit. Fails if it names nothing.
pub fn parse_object(store: &Store, spec: &str) -> Result<ObjectId, GitError> {
    let mut resolver = Resolver {
        store,
        reader: Reader::new(store, DEFAULT_LIMIT),
        spec,
    };
    if spec.contains(['~', '^']) {
        resolver.commit(spec)
    } else {
        resolver.name(spec)
    }
}

/// Parses a date to seconds since 1970. Accepts `2026-01-31`, RFC 3339, `2 weeks ago`,
/// and `@` followed by the number of seconds.
pub fn parse_time(text: &str) -> Result<i64, GitError> {
    let bad = |why: String| GitError::Revision {
        spec: text.to_owned(),
        why,
    };
    if let Some(seconds) = text.strip_prefix('@') {
        return seconds.parse().map_err(|_| bad("not a number".to_owned()));
    }
    if let Some(seconds) = seconds_ago(text) {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let now = now.map_or(0, |since| since.as_secs() as i64);
        return Ok(now.saturating_sub(seconds));
    }
    gix::date::parse(text, None)
        .map(|time| time.seconds)
        .map_err(|_| bad("not a date; write 2026-01-31 or `2 weeks ago`".to_owned()))
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

struct Resolver<'s> {
    store: &'s Store,
    reader: Reader<'s>,
    /// The whole specification, for messages.
    spec: &'s str,
}

impl Resolver<'_> {
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
        let is_step = |c: char| c.is_ascii_digit() || c == '~' || c == '^';
        let name = text.trim_end_matches(is_step);
        let digits = text[name.len()..]
            .find(['~', '^'])
            .unwrap_or(text.len() - name.len());
        // Digits before the first step belong to the name.
        let (name, steps) = text.split_at(name.len() + digits);
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
        // quarantine). `@` is an alias for HEAD.
        if let Ok(id) = ObjectId::from_hex(name.as_bytes()) {
            return Ok(id);
        }
        if name.is_empty() {
            return Err(self.bad("the revision has no name"));
        }
        let repo = self.store.gix();
        let bytes: &BStr = if name == "@" {
            "HEAD".into()
        } else {
            name.into()
        };
        // gix looks names up in files.
        if let Some(id) = refs::in_tables(self.store, bytes)? {
            return Ok(id);
        }
        match repo
            .rev_parse(bytes)
            .map(|spec| spec.single().map(gix::Id::detach))
        {
            Ok(Some(id)) => Ok(id),
            Ok(None) => Err(self.bad("it does not name a single commit")),
            Err(error) => Err(self.bad(error.to_string())),
        }
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
