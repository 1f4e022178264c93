//! Decides whose configuration, baseline, ignore files and markers count in a CI job.
//!
//! It is the default branch: what people merged there accepts findings, nothing else. A base
//! that is not the default branch shows what is known, but whoever pushes a branch could have
//! brought an entry with one push and the leak with the next. Where the clone lacks the default
//! branch, nothing accepts findings, and the job says what to fetch.
//!
//! For a push to the default branch itself, it is the branch as it was before. Where nothing
//! tells what that was, or the clone lacks it, nothing accepts findings: the pushed tree, all
//! of its history included, may be the work of one push.

use super::decision::{Base, Change, Decision, is_commit};
use super::is_plain;
use super::place::{Found, Place, short};
use crate::git::{GitError, ObjectId, Store};
use crate::setup::Request;
use crate::setup::trust::PolicyFrom;
use crate::stop::Stop;

/// Whose policy counts, and why, in a clause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// Whose policy counts.
    pub policy: PolicyFrom,
    /// Why; if nobody's counts, also what to do.
    pub why: String,
}

impl Chosen {
    fn new(policy: PolicyFrom, why: impl Into<String>) -> Self {
        let why = why.into();
        Self { policy, why }
    }

    fn of(commit: ObjectId, why: &str) -> Self {
        Self::new(
            PolicyFrom::Base(commit),
            format!("{why} ({})", short(&commit)),
        )
    }

    fn nothing(why: &str) -> Self {
        Self::new(
            PolicyFrom::Nothing,
            format!("none, nothing in the repository accepts a finding: {why}"),
        )
    }

    /// Sets whose policy counts, unless the user did. Returns the lines that say so.
    pub fn judges(self, mut request: Request) -> (Request, [String; 2]) {
        let why = match request.policy_from {
            PolicyFrom::Named(_) => "policy: as `--policy-from` names it".to_owned(),
            _ => format!("policy: {}", self.why),
        };
        request.policy_from = request.policy_from.or(self.policy);
        let base = format!("base: {}", request.policy_from);
        (request, [base, why])
    }
}

/// The base of a change.
pub(super) struct Based<'b> {
    pub(super) base: &'b Base,
    pub(super) found: Found,
}

/// Decides for a change. `based`: the base that counts, if there is one.
///
/// # Errors
/// Fails if a needed commit cannot be read.
pub(super) fn of_change(
    place: &Place<'_>,
    decision: &Decision,
    change: &Change,
    head: &ObjectId,
    based: Option<&Based<'_>>,
) -> Result<Chosen, GitError> {
    if change.is_reviewed() {
        return of_reviewed(place, decision, head, based);
    }
    if place.is_default {
        return of_default_branch(place, change, head, based);
    }
    let Some(tip) = place.tip else {
        return Ok(match based {
            Some(based) if based.found.is_vouched => {
                Chosen::of(based.found.tip.id, "the base that was asked for")
            }
            _ => Chosen::nothing(&absent(place)),
        });
    };
    let contained = place.reaches(&tip.id, head)?;
    if contained && !tip.is_remote {
        return Ok(Chosen::nothing(
            "the local default branch contains the commit itself",
        ));
    }
    if contained && decision.branches.branch.is_none() && change.tag.is_none() {
        return Ok(Chosen::nothing(&format!(
            "nothing tells whether this is a push to the default branch; {BY_HAND}"
        )));
    }
    Ok(Chosen::of(tip.id, "the default branch"))
}

/// Decides for a change into a branch that is not yet merged.
fn of_reviewed(
    place: &Place<'_>,
    decision: &Decision,
    head: &ObjectId,
    based: Option<&Based<'_>>,
) -> Result<Chosen, GitError> {
    let Some(based) = based else {
        return Ok(Chosen::nothing(
            "the target is or contains the change itself; fetch the target branch from the \
             repository that the change goes into",
        ));
    };
    let base = based.found.tip.id;
    let into_default = match (&decision.branches.branch, place.tip) {
        _ if place.default.is_none() || place.is_default => true,
        (None, Some(tip)) => place.reaches(&tip.id, &base)?,
        _ => false,
    };
    if into_default {
        return Ok(Chosen::of(base, "the base of the change"));
    }
    match place.tip {
        Some(tip) if tip.is_remote || !place.reaches(&tip.id, head)? => {
            Ok(Chosen::of(tip.id, "the default branch"))
        }
        _ => Ok(Chosen::nothing(&absent(place))),
    }
}

/// Decides for a push to the default branch itself: its state before the push.
fn of_default_branch(
    place: &Place<'_>,
    change: &Change,
    head: &ObjectId,
    based: Option<&Based<'_>>,
) -> Result<Chosen, GitError> {
    if let Some(based) = based {
        let base = based.found.tip.id;
        // Anyone's commit may be asked for; only the branch's own history is the branch. What
        // is named from its tip may be the push's own.
        let is_asked = matches!(based.base, Base::Asked(_));
        if !is_asked || (based.found.is_direct && place.reaches(head, &base)?) {
            return Ok(Chosen::of(base, "the default branch before the change"));
        }
    }
    let before = change.bases.iter().find_map(|base| match base {
        Base::Commit(id, _) => Some(id),
        Base::Asked(id) if is_commit(id) => Some(id),
        _ => None,
    });
    Ok(Chosen::nothing(&match before {
        Some(id) if place.lacks(id)? => format!(
            "the default branch before the push ({}) is not in this clone; fetch it with \
             `git fetch origin {id}`",
            id.get(..12).unwrap_or(id)
        ),
        _ => format!("nothing tells what the default branch was before this build; {BY_HAND}"),
    }))
}

/// Decides for a scan of the whole history.
///
/// # Errors
/// Fails if references or a needed commit cannot be read.
pub fn of_whole(decision: &Decision, store: &Store) -> Result<Chosen, Stop> {
    let place = Place::new(store, &decision.branches)?;
    let Some(head) = place.head()? else {
        return Ok(Chosen::nothing("HEAD has no commit"));
    };
    let built = decision.branches.built.as_deref();
    let is_built = built.is_some_and(|built| {
        built == "HEAD" || ObjectId::from_hex(built.as_bytes()).is_ok_and(|id| id == head)
    });
    let tip = match place.tip {
        Some(tip) => Some((place.reaches(&tip.id, &head)?, tip)),
        None => None,
    };
    // Some systems let people start a run of the branch for any commit, so there only the branch
    // itself can vouch for it.
    let is_vouched = match &tip {
        Some((reaches, tip)) if tip.is_remote => *reaches,
        _ => !decision.system.builds_any_commit(),
    };
    if place.is_default && is_built && is_vouched {
        let why = "the checkout, which is the default branch";
        return Ok(Chosen::new(PolicyFrom::Checkout, why));
    }
    Ok(match tip {
        Some((true, tip)) if tip.is_remote => {
            let why = "the checkout, a commit of the default branch";
            Chosen::new(PolicyFrom::Checkout, why)
        }
        Some((true, _)) => Chosen::nothing("the local default branch contains the commit itself"),
        Some((false, tip)) => Chosen::of(tip.id, "the default branch"),
        None => Chosen::nothing(&absent(&place)),
    })
}

/// What to do where nothing tells which commit is trusted.
const BY_HAND: &str = "name that commit with `--base COMMIT`, or, where only reviewed changes \
                       reach the branch, let its own files count with `--policy-from HEAD`";

/// Says that the default branch is missing, and what to do.
fn absent(place: &Place<'_>) -> String {
    match &place.default {
        Some(name) if is_plain(name) => format!(
            "the default branch {name} is not in this clone; fetch it with \
             `git fetch origin +refs/heads/{name}:refs/remotes/origin/{name}`"
        ),
        Some(name) => format!("the default branch {name} is not in this clone; fetch it"),
        None => "nothing tells the default branch; name it with `git remote set-head origin \
                 NAME`, or whose policy counts with `--policy-from REV`"
            .to_owned(),
    }
}
