//! Resolves the names of a decision to commits of this repository. Refuses a clone that lacks
//! what the change needs: a partial scan must not pass for a complete one.

use super::decision::{Base, Change, Decision, System, is_commit};
use crate::git::object::DEFAULT_LIMIT;
use crate::git::revision::{self, Revisions};
use crate::git::{GitError, Kind, ObjectId, Reader, Store, commit, refs};
use crate::report::escape::escape;
use crate::stop::Stop;

/// A change as commits of this repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The commits whose history is scanned.
    pub include: Vec<ObjectId>,
    /// The commits whose history is known.
    pub exclude: Vec<ObjectId>,
    /// The annotated tags that lead to the head.
    pub tags: Vec<ObjectId>,
    /// The best base, if it is missing.
    pub absent: Option<String>,
    /// Why these commits, in a clause.
    pub why: String,
    /// The revision whose policy applies: a change must not accept its own leak. None if the
    /// change has no base.
    pub policy_from: Option<ObjectId>,
}

impl Resolved {
    /// Returns the commits in the form that a source takes.
    pub fn revisions(&self) -> Revisions {
        Revisions::Reachable {
            include: self.include.clone(),
            exclude: self.exclude.clone(),
        }
    }

    /// Returns the range in the syntax of `git rev-list`.
    pub fn range(&self) -> String {
        if let ([head], [base]) = (self.include.as_slice(), self.exclude.as_slice()) {
            return format!("{base}..{head}");
        }
        let include = self.include.iter().map(ToString::to_string);
        let exclude = self.exclude.iter().map(|id| format!("^{id}"));
        include.chain(exclude).collect::<Vec<_>>().join(" ")
    }
}

/// Looks up the names of a change.
///
/// # Errors
/// Fails if the head or a required base is missing.
pub fn resolve(decision: &Decision, change: &Change, store: &Store) -> Result<Resolved, Stop> {
    let head = find(store, &change.head)?.ok_or_else(|| no_head(decision, change, store))?;
    let mut resolved = Resolved {
        include: vec![head],
        exclude: Vec::new(),
        tags: tags(store, change, &head)?,
        absent: None,
        why: String::new(),
        policy_from: None,
    };
    let mut known = None;
    if let Some(merge) = &change.merge {
        known = add_merge(&mut resolved, store, merge)?;
    }
    let mut compared = Vec::new();
    for base in &change.bases {
        match find_base(store, base)? {
            Some(id) if matches!(base, Base::Asked(_)) && id == head => {
                resolved.why = format!(
                    "{} is the commit itself: all that the commit reaches",
                    name(base)
                );
                return Ok(resolved);
            }
            Some(id) => {
                if !resolved.exclude.contains(&id) {
                    resolved.exclude.insert(compared.len(), id);
                }
                compared.push(match base {
                    Base::Branch(_) => format!("{} ({})", name(base), short(&id)),
                    Base::Commit(..) | Base::Asked(_) => name(base),
                });
                // The default branch comes last and outranks the commit before the push: a
                // push must not be judged by what the previous push allowed itself.
                resolved.policy_from = Some(id);
                if change.required {
                    break;
                }
            }
            None => {
                resolved.absent.get_or_insert_with(|| name(base));
            }
        }
    }
    if !compared.is_empty() {
        resolved.why = format!("compared with {}", compared.join(" and "));
        if let Some(absent) = &resolved.absent {
            resolved.why.push_str(&format!("; {absent} is not here"));
        }
        return Ok(resolved);
    }
    if let Some(parent) = known {
        resolved.why = format!("the merge that CI made starts from {}", short(&parent));
        resolved.policy_from = Some(parent);
        return Ok(resolved);
    }
    if change.required {
        return Err(no_base(decision, change, store));
    }
    resolved.why = match &resolved.absent {
        Some(absent) => format!("{absent} is not here: all that the commit reaches"),
        None => "no base is known: all that the commit reaches".to_owned(),
    };
    Ok(resolved)
}

/// Adds the merge that CI made of head and base, if it is here and is a merge. Returns the
/// parent that is not the head.
fn add_merge(
    resolved: &mut Resolved,
    store: &Store,
    merge: &str,
) -> Result<Option<ObjectId>, GitError> {
    let Some(merge) = find(store, merge)? else {
        return Ok(None);
    };
    let mut raw = Vec::new();
    let mut reader = Reader::new(store, DEFAULT_LIMIT);
    reader.expect(&merge, Kind::Commit, &mut raw)?;
    let parents = commit::head(&raw).map(|head| head.parents);
    let parents = parents.unwrap_or_default();
    if parents.len() != 2 || !parents.contains(&resolved.include[0]) {
        return Ok(None);
    }
    resolved.include.push(merge);
    let other = parents.into_iter().find(|id| *id != resolved.include[0]);
    match other {
        Some(other)
            if reader
                .find(&other, &mut raw)
                .is_ok_and(|kind| kind.is_some()) =>
        {
            resolved.exclude.push(other);
            Ok(Some(other))
        }
        _ => Ok(None),
    }
}

/// Returns the annotated tags that lead to the head, from the pushed tag's name or the
/// event's name for the head.
fn tags(store: &Store, change: &Change, head: &ObjectId) -> Result<Vec<ObjectId>, GitError> {
    let Some(tag) = &change.tag else {
        return Ok(Vec::new());
    };
    let full = format!("refs/tags/{tag}");
    let tips = refs::tips(store, false)?.tips;
    let named = tips.iter().filter(|tip| tip.name == full.as_bytes());
    let given = ObjectId::from_hex(change.head.as_bytes()).ok();
    let mut reader = Reader::new(store, DEFAULT_LIMIT);
    let mut all: Vec<ObjectId> = named
        .map(|tip| tip.id)
        .chain(given)
        .filter_map(|id| refs::peel(&mut reader, &id).ok())
        .filter(|peeled| peeled.id == *head)
        .flat_map(|peeled| peeled.tags)
        .collect();
    all.sort_unstable();
    all.dedup();
    Ok(all)
}

/// Returns the commit of a name, or None if it is missing.
fn find(store: &Store, name: &str) -> Result<Option<ObjectId>, GitError> {
    if is_commit(name)
        && let Ok(id) = ObjectId::from_hex(name.as_bytes())
    {
        let mut raw = Vec::new();
        let found = Reader::new(store, DEFAULT_LIMIT).find(&id, &mut raw);
        let found = found.map_err(|reason| GitError::Object { id, reason })?;
        if found.is_none() {
            return Ok(None);
        }
        return revision::parse_commit(store, name).map(Some);
    }
    match revision::parse_commit(store, name) {
        Ok(id) => Ok(Some(id)),
        Err(GitError::Revision { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn find_base(store: &Store, base: &Base) -> Result<Option<ObjectId>, GitError> {
    match base {
        Base::Commit(id, _) | Base::Asked(id) => find(store, id),
        Base::Branch(name) => match branch(store, name)? {
            Some(id) => revision::parse_commit(store, &id.to_string()).map(Some),
            None => Ok(None),
        },
    }
}

/// Returns the tip of a branch: of `origin`, of another remote, or local (a mirror). Only
/// full names count: a tag may have the same name as a branch.
fn branch(store: &Store, name: &str) -> Result<Option<ObjectId>, GitError> {
    let tips = refs::tips(store, false)?.tips;
    let rank = |full: &[u8]| {
        if full == format!("refs/remotes/origin/{name}").as_bytes() {
            return Some(0);
        }
        if full == format!("refs/heads/{name}").as_bytes() {
            return Some(2);
        }
        let of_remote = full.strip_prefix(b"refs/remotes/".as_slice())?;
        let slash = of_remote.iter().position(|b| *b == b'/')?;
        (of_remote.get(slash + 1..) == Some(name.as_bytes())).then_some(1)
    };
    let ranked = tips
        .iter()
        .filter_map(|tip| Some((rank(&tip.name)?, tip.id)));
    Ok(ranked.min_by_key(|(rank, _)| *rank).map(|(_, id)| id))
}

fn name(base: &Base) -> String {
    match base {
        Base::Commit(id, what) => format!("{what} ({})", id.get(..12).unwrap_or(id)),
        Base::Branch(name) => format!("the tip of {name}"),
        Base::Asked(name) => format!("the base that was asked for ({name})"),
    }
}

/// Returns the first digits of a commit id.
fn short(id: &ObjectId) -> String {
    id.to_string().chars().take(12).collect()
}

/// Returns the error for a clone that lacks history.
pub fn too_shallow(system: System, what: &str) -> Stop {
    Stop::new(format!(
        "this clone is shallow: {what} is not here and cannot be scanned"
    ))
    .help(format!(
        "{}, to clone the whole history",
        system.whole_clone()
    ))
}

fn no_base(decision: &Decision, change: &Change, store: &Store) -> Stop {
    let wanted: Vec<String> = change.bases.iter().map(name).collect();
    let wanted = if wanted.is_empty() {
        "the base of the change".to_owned()
    } else {
        wanted.join(" or ")
    };
    if store.facts().shallow {
        return too_shallow(decision.system, &wanted);
    }
    let branch = change.bases.iter().find_map(|base| match base {
        Base::Branch(name) => Some(name.as_str()),
        Base::Commit(..) | Base::Asked(_) => None,
    });
    let help = match branch.filter(|name| is_plain(name)) {
        Some(name) => format!(
            "fetch it first: `git fetch origin +refs/heads/{name}:refs/remotes/origin/{name}`"
        ),
        None => "fetch it first, or name another base with `--base REV`".to_owned(),
    };
    Stop::new(format!(
        "the base of the change is not in this clone: {wanted}"
    ))
    .help(help)
}

fn no_head(decision: &Decision, change: &Change, store: &Store) -> Stop {
    let head = format!(
        "the newest commit of the change ({})",
        escape(change.head.as_bytes())
    );
    if store.facts().shallow {
        return too_shallow(decision.system, &head);
    }
    let help = match decision.system {
        System::Github | System::Gitea | System::Forgejo if change.required => {
            "check it out: add `ref: ${{ github.event.pull_request.head.sha }}` and \
             `fetch-depth: 0` below `with:` of the actions/checkout step; run nothing of it"
        }
        _ => "check out the commit of the event",
    };
    Stop::new(format!("{head} is not in this clone")).help(help)
}

/// Whether a name needs no quoting in a command.
fn is_plain(name: &str) -> bool {
    !name.starts_with('-')
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"._-/".contains(&b))
}
