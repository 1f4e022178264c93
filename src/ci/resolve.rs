//! Resolves the names of a decision to commits of this repository. Refuses a clone that lacks
//! what the change needs: a partial scan must not pass for a complete one.

use super::decision::{Base, Change, Decision, System};
use super::is_plain;
use super::place::{Found, Place, find, short};
use super::policy::{self, Based, Chosen};
use crate::git::object::DEFAULT_LIMIT;
use crate::git::revision::Revisions;
use crate::git::{GitError, Kind, ObjectId, Reader, Store, commit, refs};
use crate::report::escape::escape;
use crate::setup::trust::PolicyFrom;
use crate::stop::Stop;

/// A change as commits of this repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The commits whose history is scanned.
    pub include: Vec<ObjectId>,
    /// The commits whose history is known.
    pub exclude: Vec<ObjectId>,
    /// The annotated tags that lead to the head, each with the name of the pushed reference.
    pub tags: Vec<(String, ObjectId)>,
    /// The full name of the tag or branch, if the change brings it.
    pub name: Option<String>,
    /// The best base, if it is missing.
    pub absent: Option<String>,
    /// Why these commits, in a clause.
    pub why: String,
    /// Whose policy counts: a change must not accept its own leak.
    pub policy: Chosen,
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
    let place = Place::new(store, &decision.branches)?;
    let mut resolved = Resolved {
        include: vec![head],
        exclude: Vec::new(),
        tags: tags(store, change, &head)?,
        name: change.new_name(&decision.branches),
        absent: None,
        why: String::new(),
        policy: Chosen {
            policy: PolicyFrom::Nothing,
            why: String::new(),
        },
    };
    let bases = Bases::of(change, decision, &place, &head)?;
    let mut compared = Vec::new();
    for based in &bases.counting {
        let id = based.found.tip.id;
        if !resolved.exclude.contains(&id) {
            resolved.exclude.push(id);
        }
        compared.push(match based.base {
            Base::Branch(_) => format!("{} ({})", name(based.base), short(&id)),
            _ => name(based.base),
        });
    }
    let parent = match &change.merge {
        Some(merge) => add_merge(&mut resolved, &place, store, merge)?,
        None => None,
    };
    resolved.absent = bases.absent.first().cloned();
    let mut remarks: Vec<String> = bases.absent.iter().take(1).map(is_not_here).collect();
    remarks.extend(
        bases
            .idle
            .iter()
            .map(|idle| format!("{idle} is or contains the commit itself and vouches for nothing")),
    );
    let merged = Base::Commit(String::new(), "the merge that CI made");
    let mut based = bases.counting.first();
    let by_merge = parent.map(|id| Based {
        base: &merged,
        found: Found::commit(id),
    });
    if !compared.is_empty() {
        resolved.why = format!("compared with {}", compared.join(" and "));
    } else if let Some(parent) = parent {
        resolved.why = format!("the merge that CI made starts from {}", short(&parent));
        based = by_merge.as_ref();
        remarks.clear();
    } else if bases.idle.is_empty() && change.required {
        return Err(no_base(decision, change, store));
    } else {
        if remarks.is_empty() {
            remarks.push("no base is known".to_owned());
        }
        resolved.why = format!("{}: all that the commit reaches", remarks.join("; "));
        remarks.clear();
    }
    for remark in remarks {
        resolved.why.push_str(&format!("; {remark}"));
    }
    resolved.policy = policy::of_change(&place, decision, change, &head, based)?;
    Ok(resolved)
}

fn is_not_here(name: &String) -> String {
    format!("{name} is not here")
}

/// The bases of a change, sorted by what they are good for.
struct Bases<'c> {
    /// Those whose history is known.
    counting: Vec<Based<'c>>,
    /// Those that are or contain the commit itself.
    idle: Vec<String>,
    /// Those that are missing.
    absent: Vec<String>,
}

impl<'c> Bases<'c> {
    /// Finds the bases. A change that no base was named for is compared with the default
    /// branch, if the clone tells which one that is.
    fn of(
        change: &'c Change,
        decision: &Decision,
        place: &'c Place<'_>,
        head: &ObjectId,
    ) -> Result<Self, Stop> {
        let mut all = Self {
            counting: Vec::new(),
            idle: Vec::new(),
            absent: Vec::new(),
        };
        for base in &change.bases {
            if !change.required || all.counting.is_empty() {
                all.add(base, change, decision, place, head)?;
            } else if matches!(base, Base::Branch(_))
                && let Some(found) = place.find(base)?
                && found.tip.is_remote
                && !place.reaches(&found.tip.id, head)?
            {
                // An event may name a base that the target has left behind. What the head took
                // over from the target since then is not its own.
                all.counting.push(Based { base, found });
            }
        }
        if change.required && !all.counting.is_empty() {
            return Ok(all);
        }
        let is_asked = |base: &Base| matches!(base, Base::Asked(_));
        let is_branch = |base: &Base| matches!(base, Base::Branch(_));
        let found_asked = change.bases.iter().any(is_asked) && all.absent.is_empty();
        let has_branch = change.bases.iter().any(is_branch);
        if let Some(base) = &place.base
            && !(change.required || place.is_default || has_branch || found_asked)
        {
            all.add(base, change, decision, place, head)?;
        }
        Ok(all)
    }

    fn add(
        &mut self,
        base: &'c Base,
        change: &Change,
        decision: &Decision,
        place: &Place<'_>,
        head: &ObjectId,
    ) -> Result<(), Stop> {
        let Some(found) = place.find(base)? else {
            self.absent.push(name(base));
            return Ok(());
        };
        let tip = &found.tip;
        let counts = !place.reaches(&tip.id, head)?
            || match base {
                _ if change.required => false,
                Base::Asked(_) => false,
                // The branch has the commit already: nothing is new.
                Base::Branch(_) => {
                    let is_told = decision.branches.branch.is_some() || change.tag.is_some();
                    tip.is_remote && is_told
                }
                // A successful build of the same commit. Elsewhere, the last build may have
                // failed, and a second one must not pass for that.
                Base::Commit(..) | Base::Abbreviated(..) if tip.id == *head => {
                    decision.system == System::Jenkins
                }
                // The default branch moved back.
                Base::Commit(..) | Base::Abbreviated(..) => place.is_default,
            };
        match counts {
            true => self.counting.push(Based { base, found }),
            false => self.idle.push(name(base)),
        }
        Ok(())
    }
}

/// Adds the merge that CI made of head and base, if it is here and is a merge. Returns the
/// parent that is not the head, if it is known. Where CI does not name the merge, it is what is
/// checked out, and may be the author's: then its parent is known only by the bases.
fn add_merge(
    resolved: &mut Resolved,
    place: &Place<'_>,
    store: &Store,
    merge: &str,
) -> Result<Option<ObjectId>, Stop> {
    let is_named = merge != "HEAD";
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
                .is_ok_and(|kind| kind.is_some())
                && !place.reaches(&other, &resolved.include[0])? =>
        {
            let mut is_known = is_named;
            for base in &resolved.exclude {
                is_known = is_known || place.reaches(base, &other)?;
            }
            if !is_known {
                return Ok(None);
            }
            if !resolved.exclude.contains(&other) {
                resolved.exclude.push(other);
            }
            Ok(Some(other))
        }
        _ => Ok(None),
    }
}

/// Returns the annotated tags that lead to the head, from the pushed tag's name or the
/// event's name for the head.
fn tags(
    store: &Store,
    change: &Change,
    head: &ObjectId,
) -> Result<Vec<(String, ObjectId)>, GitError> {
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
    Ok(all.into_iter().map(|id| (full.clone(), id)).collect())
}

fn name(base: &Base) -> String {
    match base {
        Base::Commit(id, what) | Base::Abbreviated(id, _, what) => {
            format!("{what} ({})", id.get(..12).unwrap_or(id))
        }
        Base::Branch(name) => format!("the tip of {name}"),
        Base::Asked(name) => format!("the base that was asked for ({name})"),
    }
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
        Base::Commit(..) | Base::Abbreviated(..) | Base::Asked(_) => None,
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
