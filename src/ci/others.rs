//! CI systems that name a base in one or two variables, or not at all. Source: each system's
//! reference of predefined variables.

use super::decision::{
    Base, Branches, Decided, System, Wanted, change, commit, is_commit, missing, push_bases, tagged,
};
use super::variables::Variables;

/// Returns the target branch of a pull request, as the only base.
fn target(name: Option<&str>) -> Vec<Base> {
    let name = name.map(|name| name.strip_prefix("refs/heads/").unwrap_or(name));
    name.map(|name| Base::Branch(name.to_owned()))
        .into_iter()
        .collect()
}

fn into(event: &str, name: Option<&str>) -> String {
    let name = name.unwrap_or("its target");
    format!(
        "{event} into {}",
        name.strip_prefix("refs/heads/").unwrap_or(name)
    )
}

/// A push to a branch.
fn pushed(
    head: &str,
    before: Option<&str>,
    branch: Option<&str>,
    default: Option<&str>,
) -> (String, Wanted) {
    (
        format!("push to branch {}", branch.unwrap_or("unknown")),
        change(head, None, push_bases(before, branch, default), false),
    )
}

/// A push of a tag.
fn pushed_tag(head: &str, tag: Option<&str>, default: Option<&str>) -> (String, Wanted) {
    let wanted = change(head, None, push_bases(None, None, default), false);
    (
        format!("tag {}", tag.unwrap_or("unknown")),
        tagged(wanted, tag),
    )
}

/// A build of a tag, a branch or a commit, with no base.
fn build(head: &str, tag: Option<&str>, branch: Option<&str>) -> (String, Wanted) {
    let what = match (tag, branch) {
        (Some(tag), _) => format!("tag {tag}"),
        (None, Some(branch)) => format!("branch {branch}"),
        (None, None) => "a commit".to_owned(),
    };
    let wanted = change(head, None, Vec::new(), false);
    (format!("build of {what}"), tagged(wanted, tag))
}

/// Bitbucket merges the destination into the source before the first step. It may give the
/// destination's commit by its first 12 digits.
pub(super) fn bitbucket(env: &Variables) -> Decided {
    let head = commit(env, "BITBUCKET_COMMIT")?;
    if let Some(number) = env.get("BITBUCKET_PR_ID") {
        let name = env.get("BITBUCKET_PR_DESTINATION_BRANCH");
        let tip = env
            .get("BITBUCKET_PR_DESTINATION_COMMIT")
            .filter(|id| id.len() >= 7 && id.bytes().all(|b| b.is_ascii_hexdigit()));
        let mut bases = target(name);
        if let Some(tip) = tip {
            let what = "the destination of the pull request";
            let branch = name.map(str::to_owned);
            let base = match is_commit(tip) {
                true => Base::Commit(tip.to_owned(), what),
                false => Base::Abbreviated(tip.to_owned(), branch, what),
            };
            bases.insert(0, base);
        }
        return Ok((
            into(&format!("pull request {number}"), name),
            change(head, Some("HEAD"), bases, true),
        ));
    }
    Ok(build(
        head,
        env.get("BITBUCKET_TAG"),
        env.get("BITBUCKET_BRANCH"),
    ))
}

/// Azure Pipelines builds a merge of a pull request; other builds name no base.
pub(super) fn azure(env: &Variables) -> Decided {
    let built = commit(env, "BUILD_SOURCEVERSION")?;
    let name = env.get("SYSTEM_PULLREQUEST_TARGETBRANCH");
    let reason = env.get("BUILD_REASON");
    match reason.ok_or_else(|| missing("BUILD_REASON"))? {
        "PullRequest" => {
            let source = env
                .get("SYSTEM_PULLREQUEST_SOURCECOMMITID")
                .filter(|id| is_commit(id));
            Ok((
                into("pull request", name),
                change(source.unwrap_or(built), Some(built), target(name), true),
            ))
        }
        "IndividualCI" | "BatchedCI" => {
            let branch = env.get("BUILD_SOURCEBRANCH").unwrap_or("a branch");
            let wanted = change(built, None, Vec::new(), false);
            Ok((
                format!("push to {branch}"),
                tagged(wanted, branch.strip_prefix("refs/tags/")),
            ))
        }
        reason => Ok((format!("build for {reason}"), Wanted::Whole)),
    }
}

/// CircleCI has no variable with a base: pass its pipeline values with `--base`.
pub(super) fn circle(env: &Variables) -> Decided {
    let head = commit(env, "CIRCLE_SHA1")?;
    Ok(build(head, env.get("CIRCLE_TAG"), env.get("CIRCLE_BRANCH")))
}

/// Jenkins with its git plugin, multibranch or not. The checkout is HEAD: GIT_COMMIT may
/// belong to another repository of the job.
pub(super) fn jenkins(env: &Variables) -> (String, Wanted) {
    if let Some(name) = env.get("CHANGE_TARGET") {
        let number = env.get("CHANGE_ID").unwrap_or("");
        return (
            into(format!("change {number}").trim_end(), Some(name)),
            change("HEAD", None, target(Some(name)), true),
        );
    }
    let last = env
        .get("GIT_PREVIOUS_SUCCESSFUL_COMMIT")
        .filter(|id| is_commit(id))
        .map(|id| Base::Commit(id.to_owned(), "the last successful build of this branch"));
    let branch = env
        .get("BRANCH_NAME")
        .or_else(|| env.get("GIT_BRANCH"))
        .unwrap_or("a branch");
    let wanted = change("HEAD", None, last.into_iter().collect(), false);
    (
        format!("build of {branch}"),
        tagged(wanted, env.get("TAG_NAME")),
    )
}

/// Buildkite. BUILDKITE_COMMIT may be the word HEAD.
pub(super) fn buildkite(env: &Variables) -> (String, Wanted) {
    let head = env
        .get("BUILDKITE_COMMIT")
        .filter(|id| is_commit(id))
        .unwrap_or("HEAD");
    if let Some(base) = env.get("BUILDKITE_MERGE_QUEUE_BASE_COMMIT") {
        let base = Base::Commit(base.to_owned(), "the base of the merge group");
        return (
            into("merge queue", env.get("BUILDKITE_MERGE_QUEUE_BASE_BRANCH")),
            change(head, None, vec![base], true),
        );
    }
    if env.is_on("BUILDKITE_PULL_REQUEST") {
        let number = env.get("BUILDKITE_PULL_REQUEST").unwrap_or("");
        let name = env.get("BUILDKITE_PULL_REQUEST_BASE_BRANCH");
        return (
            into(&format!("pull request {number}"), name),
            change(head, Some("HEAD"), target(name), true),
        );
    }
    if env.get("BUILDKITE_SOURCE") == Some("schedule") {
        return ("schedule".to_owned(), Wanted::Whole);
    }
    let tag = env.get("BUILDKITE_TAG");
    let branch = env.get("BUILDKITE_BRANCH").filter(|_| tag.is_none());
    let what = tag.or(branch).unwrap_or("a commit");
    let bases = push_bases(None, branch, env.get("BUILDKITE_PIPELINE_DEFAULT_BRANCH"));
    let wanted = change(head, None, bases, false);
    (format!("build of {what}"), tagged(wanted, tag))
}

/// Drone, which merges a pull request into its target before the first step.
pub(super) fn drone(env: &Variables) -> Decided {
    let head = commit(env, "DRONE_COMMIT_SHA")?;
    let default = env.get("DRONE_REPO_BRANCH");
    let event = env.get("DRONE_BUILD_EVENT");
    Ok(match event.ok_or_else(|| missing("DRONE_BUILD_EVENT"))? {
        "pull_request" => {
            let name = env.get("DRONE_TARGET_BRANCH");
            (
                into("pull request", name),
                change(head, Some("HEAD"), target(name), true),
            )
        }
        "push" => {
            let branch = env.get("DRONE_BRANCH");
            let before = env.get("DRONE_COMMIT_BEFORE").filter(|id| is_commit(id));
            pushed(head, before, branch, default)
        }
        "tag" => pushed_tag(head, env.get("DRONE_TAG"), default),
        other => (other.to_owned(), Wanted::Whole),
    })
}

/// Woodpecker. The previous pipeline may belong to a pull request, whose commits are not
/// accepted yet: it is a base only if it was a push to this branch.
pub(super) fn woodpecker(env: &Variables) -> Decided {
    let head = commit(env, "CI_COMMIT_SHA")?;
    let default = env.get("CI_REPO_DEFAULT_BRANCH");
    let event = env.get("CI_PIPELINE_EVENT");
    let event = event.ok_or_else(|| missing("CI_PIPELINE_EVENT"))?;
    if event.starts_with("pull_request") {
        let name = env.get("CI_COMMIT_TARGET_BRANCH");
        return Ok((
            into("pull request", name),
            change(head, Some("HEAD"), target(name), true),
        ));
    }
    Ok(match event {
        "push" => {
            let branch = env.get("CI_COMMIT_BRANCH");
            let same = env.get("CI_PREV_PIPELINE_EVENT") == Some("push")
                && env.get("CI_PREV_COMMIT_BRANCH") == branch;
            let before = env
                .get("CI_PREV_COMMIT_SHA")
                .filter(|id| same && is_commit(id));
            pushed(head, before, branch, default)
        }
        "tag" => pushed_tag(head, env.get("CI_COMMIT_TAG"), default),
        other => (other.to_owned(), Wanted::Whole),
    })
}

/// Returns the branches of a build. A build of a tag may name a branch: the tag itself, or the
/// default branch.
pub(super) fn branches(system: System, env: &Variables) -> Branches {
    let get = |name: &str| env.get(name);
    let unless = |on: &str, name: &str| env.get(name).filter(|_| env.get(on).is_none());
    match system {
        System::Bitbucket => {
            let into = get("BITBUCKET_PR_DESTINATION_BRANCH");
            let built = unless("BITBUCKET_PR_ID", "BITBUCKET_BRANCH");
            let built = built.filter(|_| get("BITBUCKET_TAG").is_none());
            Branches::new(into.or(built), None, get("BITBUCKET_COMMIT"))
        }
        System::Azure => {
            let into = get("SYSTEM_PULLREQUEST_TARGETBRANCH");
            let branch = into.or(get("BUILD_SOURCEBRANCH"));
            let branch = branch.and_then(Branches::short);
            Branches::new(branch, None, get("BUILD_SOURCEVERSION"))
        }
        System::Circle => {
            let branch = unless("CIRCLE_TAG", "CIRCLE_BRANCH");
            Branches::new(branch, None, get("CIRCLE_SHA1"))
        }
        System::Jenkins => {
            let built = unless("TAG_NAME", "BRANCH_NAME");
            let primary = built.filter(|_| env.is_on("BRANCH_IS_PRIMARY"));
            let checked_out = unless("TAG_NAME", "GIT_BRANCH");
            let checked_out = checked_out.map(|b| b.strip_prefix("origin/").unwrap_or(b));
            let branch = get("CHANGE_TARGET").or(built).or(checked_out);
            Branches::new(branch, primary, Some("HEAD"))
        }
        System::Buildkite => {
            let into = [
                "BUILDKITE_MERGE_QUEUE_BASE_BRANCH",
                "BUILDKITE_PULL_REQUEST_BASE_BRANCH",
            ];
            let into = into.iter().find_map(|name| get(name));
            let branch = into.or(unless("BUILDKITE_TAG", "BUILDKITE_BRANCH"));
            let default = get("BUILDKITE_PIPELINE_DEFAULT_BRANCH");
            Branches::new(branch, default, get("BUILDKITE_COMMIT"))
        }
        System::Drone => {
            let branch = get("DRONE_TARGET_BRANCH").or(get("DRONE_BRANCH"));
            let is_tag = get("DRONE_BUILD_EVENT") == Some("tag") || get("DRONE_TAG").is_some();
            let branch = branch.filter(|_| !is_tag);
            Branches::new(branch, get("DRONE_REPO_BRANCH"), get("DRONE_COMMIT_SHA"))
        }
        System::Woodpecker => {
            let branch = get("CI_COMMIT_TARGET_BRANCH").or(get("CI_COMMIT_BRANCH"));
            let is_tag = get("CI_PIPELINE_EVENT") == Some("tag") || get("CI_COMMIT_TAG").is_some();
            let branch = branch.filter(|_| !is_tag);
            let default = get("CI_REPO_DEFAULT_BRANCH");
            Branches::new(branch, default, get("CI_COMMIT_SHA"))
        }
        _ => Branches::default(),
    }
}
