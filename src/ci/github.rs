//! GitHub Actions, and Gitea and Forgejo, which set the same variables and payloads. Source:
//! GitHub, "Events that trigger workflows", "Webhook events and payloads" and "Variables
//! reference".

use serde_json::Value;

use super::decision::{
    Base, Branches, Decided, Wanted, change, commit, is_commit, is_zero, missing, push_bases,
    tagged,
};
use super::variables::Variables;
use crate::stop::Stop;

pub(super) fn decide(env: &Variables, payload: Option<&[u8]>) -> Decided {
    let event = env
        .get("GITHUB_EVENT_NAME")
        .ok_or_else(|| missing("GITHUB_EVENT_NAME"))?;
    let bytes = payload.ok_or_else(|| missing("GITHUB_EVENT_PATH"))?;
    let payload: Value = serde_json::from_slice(bytes)
        .map_err(|e| unusable(&format!("is not JSON ({:?} error)", e.classify())))?;
    // Events of reviews and comments contain the pull request too.
    if payload.get("pull_request").is_some_and(Value::is_object) {
        return pull_request(env, event, &payload);
    }
    match event {
        "push" => push(&payload),
        "create" => created(env, &payload),
        "merge_group" => {
            let base = id(&payload, "/merge_group/base_sha")?;
            let head = id(&payload, "/merge_group/head_sha")?;
            let into = text(&payload, "/merge_group/base_ref").unwrap_or("its base");
            let into = into.strip_prefix("refs/heads/").unwrap_or(into);
            Ok((
                format!("merge queue into {into}"),
                change(
                    head,
                    None,
                    vec![Base::Commit(base.to_owned(), "the base of the merge group")],
                    true,
                ),
            ))
        }
        _ => Ok((event.to_owned(), Wanted::Whole)),
    }
}

fn pull_request(env: &Variables, event: &str, payload: &Value) -> Decided {
    let base = id(payload, "/pull_request/base/sha")?;
    let head = id(payload, "/pull_request/head/sha")?;
    let target = text(payload, "/pull_request/base/ref");
    let mut name = "pull request".to_owned();
    if let Some(number) = payload
        .pointer("/pull_request/number")
        .and_then(Value::as_u64)
    {
        name.push_str(&format!(" {number}"));
    }
    name.push_str(&format!(" into {}", target.unwrap_or("its base")));
    let from = |side| text(payload, &format!("/pull_request/{side}/repo/full_name"));
    if let (Some(fork), Some(here)) = (from("head"), from("base"))
        && fork != here
    {
        name.push_str(&format!(" from the fork {fork}"));
    }
    // With pull_request_target, GITHUB_SHA is the base branch, not the test merge.
    let merge = (event == "pull_request")
        .then(|| env.get("GITHUB_SHA"))
        .flatten()
        .filter(|id| is_commit(id));
    let mut bases = vec![Base::Commit(
        base.to_owned(),
        "the base of the pull request",
    )];
    bases.extend(target.map(|name| Base::Branch(name.to_owned())));
    Ok((name, change(head, merge, bases, true)))
}

fn push(payload: &Value) -> Decided {
    let name = text(payload, "/ref").ok_or_else(|| unusable("has no `ref`"))?;
    let branch = name.strip_prefix("refs/heads/");
    let tag = name.strip_prefix("refs/tags/");
    let what = match (branch, tag) {
        (Some(branch), _) => format!("branch {branch}"),
        (None, Some(tag)) => format!("tag {tag}"),
        (None, None) => name.to_owned(),
    };
    let after = id(payload, "/after")?;
    let before = id(payload, "/before")?;
    if is_zero(after) || payload.get("deleted") == Some(&Value::Bool(true)) {
        return Ok((format!("deletion of {what}"), Wanted::Nothing));
    }
    let event = if is_zero(before) {
        format!("push of the new {what}")
    } else if payload.get("forced") == Some(&Value::Bool(true)) {
        format!("forced push to {what}")
    } else {
        format!("push to {what}")
    };
    let default = text(payload, "/repository/default_branch");
    let bases = push_bases(Some(before), branch, default);
    Ok((event, tagged(change(after, None, bases, false), tag)))
}

/// A new branch or tag: the same as its first push.
fn created(env: &Variables, payload: &Value) -> Decided {
    let head = commit(env, "GITHUB_SHA")?;
    let name = text(payload, "/ref").ok_or_else(|| unusable("has no `ref`"))?;
    let is_tag = text(payload, "/ref_type") == Some("tag");
    let kind = if is_tag { "tag" } else { "branch" };
    let default = text(payload, "/repository/default_branch");
    let bases = push_bases(None, (!is_tag).then_some(name), default);
    let wanted = tagged(change(head, None, bases, false), is_tag.then_some(name));
    Ok((format!("creation of the {kind} {name}"), wanted))
}

/// Returns the branches of an event. In an event of a pull request, GITHUB_REF is its merge.
pub(super) fn branches(env: &Variables, payload: Option<&[u8]>) -> Branches {
    let payload = payload.and_then(|bytes| serde_json::from_slice(bytes).ok());
    let payload: Value = payload.unwrap_or_default();
    // The payload of a release or of a deployment has names of tags, without `refs/`.
    let pushed = env.get("GITHUB_EVENT_NAME") == Some("push");
    let reviewed = payload.get("pull_request").is_some() || payload.get("merge_group").is_some();
    let full = |at: &str| text(&payload, at).and_then(Branches::short);
    let branch = match pushed || reviewed {
        true => text(&payload, "/pull_request/base/ref")
            .or_else(|| full("/merge_group/base_ref"))
            .or_else(|| full("/ref")),
        false => env
            .get("GITHUB_REF")
            .filter(|name| name.starts_with("refs/"))
            .and_then(Branches::short),
    };
    let default = text(&payload, "/repository/default_branch");
    Branches::new(branch, default, env.get("GITHUB_SHA"))
}

fn text<'v>(payload: &'v Value, pointer: &str) -> Option<&'v str> {
    let value = payload.pointer(pointer)?.as_str()?;
    (!value.is_empty()).then_some(value)
}

fn id<'v>(payload: &'v Value, pointer: &str) -> Result<&'v str, Stop> {
    let dotted = pointer.trim_start_matches('/').replace('/', ".");
    match text(payload, pointer) {
        Some(id) if is_commit(id) => Ok(id),
        Some(_) => Err(unusable(&format!("has no commit id in `{dotted}`"))),
        None => Err(unusable(&format!("has no `{dotted}`"))),
    }
}

fn unusable(why: &str) -> Stop {
    Stop::new(format!("the event's payload (GITHUB_EVENT_PATH) {why}"))
        .help("name the base with `--base REV`, or use `stopleak history --range BASE..HEAD`")
}
