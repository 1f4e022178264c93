//! What a revision or range on the command line names.
//!
//! Names are looked up by gix; `~` and `^` are followed here, through the object
//! reader that knows every object directory and every limit.

use gix::ObjectId;
use gix::bstr::BStr;
use gix::object::Kind;

use super::commit;
use super::error::GitError;
use super::object::{DEFAULT_LIMIT, Reader};
use super::refs::{self, TipSource};
use super::store::Store;

/// A set of commits, by the tips that lead to it and those that do not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revisions {
    /// What `include` reaches and `exclude` does not: `A..B`, or all of `B`.
    Reachable {
        /// Tips whose history is meant.
        include: Vec<ObjectId>,
        /// Tips whose history is not.
        exclude: Vec<ObjectId>,
    },
    /// What exactly one of the two reaches: `A...B`.
    Symmetric(ObjectId, ObjectId),
    /// What any tip reaches that was committed at this time (seconds since 1970)
    /// or later.
    Since {
        /// Tips whose history is meant.
        include: Vec<ObjectId>,
        /// The earliest committer time.
        time: i64,
    },
    /// This commit alone.
    Single(ObjectId),
}

/// Understands `A..B`, `A...B`, `A^!`, `A^@`, or a revision, which means all that
/// it reaches. An empty side means HEAD.
///
/// An error when a side does not name a commit: a bad range is never empty.
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
        return Err(resolver.bad("it is empty"));
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

/// The commit that one revision names.
pub fn parse_commit(store: &Store, spec: &str) -> Result<ObjectId, GitError> {
    Resolver {
        store,
        reader: Reader::new(store, DEFAULT_LIMIT),
        spec,
    }
    .commit(spec)
}

/// The object that a name stands for, which may be an annotated tag; with steps
/// (`~`, `^`) in it, the commit. An error when it names nothing.
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

/// Seconds since 1970 of a date as people write it: `2026-01-31`, RFC 3339,
/// `2 weeks ago`, or the number itself behind `@`.
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

/// Reads `NUMBER UNIT ago`; months count 30 days, years 365.
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

    /// The commit that a name with steps names.
    fn commit(&mut self, text: &str) -> Result<ObjectId, GitError> {
        let is_step = |c: char| c.is_ascii_digit() || c == '~' || c == '^';
        let name = text.trim_end_matches(is_step);
        let digits = text[name.len()..]
            .find(['~', '^'])
            .unwrap_or(text.len() - name.len());
        // Digits in front of the first step belong to the name.
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
        // A full name may be in an object directory that only this module knows
        // of (a quarantine), and `@` is another word for HEAD.
        if let Ok(id) = ObjectId::from_hex(name.as_bytes()) {
            return Ok(id);
        }
        if name.is_empty() {
            return Err(self.bad("a name is missing"));
        }
        let repo = self.store.gix();
        let bytes: &BStr = if name == "@" {
            "HEAD".into()
        } else {
            name.into()
        };
        match repo
            .rev_parse(bytes)
            .map(|spec| spec.single().map(gix::Id::detach))
        {
            Ok(Some(id)) => Ok(id),
            Ok(None) => Err(self.bad("it does not name one commit")),
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

/// Everything reachable from HEAD or, when `all`, any reference, that was
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
