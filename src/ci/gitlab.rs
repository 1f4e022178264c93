//! GitLab CI. Source: GitLab, "Predefined CI/CD variables reference" and "Merge request
//! pipelines".

use super::decision::{
    Base, Branches, Decided, Wanted, change, commit, is_commit, is_zero, missing, push_bases,
    tagged,
};
use super::variables::Variables;

pub(super) fn decide(env: &Variables) -> Decided {
    // A child pipeline of a merge request has the request's variables too.
    if let Some(base) = env.get("CI_MERGE_REQUEST_DIFF_BASE_SHA") {
        return merge_request(env, base);
    }
    let head = commit(env, "CI_COMMIT_SHA")?;
    let source = env.get("CI_PIPELINE_SOURCE");
    let source = source.ok_or_else(|| missing("CI_PIPELINE_SOURCE"))?;
    let before = env.get("CI_COMMIT_BEFORE_SHA").filter(|id| is_commit(id));
    // A child pipeline of a push has the variables of the push.
    let is_child = source == "parent_pipeline" && before.is_some_and(|id| !is_zero(id));
    match source {
        "merge_request_event" => {
            // Set since GitLab 13.7; earlier versions fall back to the target's tip.
            let target = env.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME");
            let bases = target.map(|name| Base::Branch(name.to_owned()));
            Ok((
                request(env),
                change(head, None, bases.into_iter().collect(), true),
            ))
        }
        "external_pull_request_event" => {
            let base = commit(env, "CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_SHA")?;
            let bases = vec![Base::Commit(
                base.to_owned(),
                "the target of the pull request",
            )];
            Ok((
                "external pull request".to_owned(),
                change(head, None, bases, true),
            ))
        }
        _ if is_child || source == "push" => {
            let (what, branch) = match (env.get("CI_COMMIT_TAG"), env.get("CI_COMMIT_BRANCH")) {
                (Some(tag), _) => (format!("tag {tag}"), None),
                (None, Some(branch)) => (format!("branch {branch}"), Some(branch)),
                (None, None) => ("a reference".to_owned(), None),
            };
            let bases = push_bases(before, branch, env.get("CI_DEFAULT_BRANCH"));
            let wanted = change(head, None, bases, false);
            Ok((
                format!("push to {what}"),
                tagged(wanted, env.get("CI_COMMIT_TAG")),
            ))
        }
        other => Ok((other.to_owned(), Wanted::Whole)),
    }
}

fn merge_request(env: &Variables, base: &str) -> Decided {
    let head = commit(env, "CI_COMMIT_SHA")?;
    let base = Base::Commit(base.to_owned(), "the base of the merge request");
    // In merged results pipelines and merge trains, CI_COMMIT_SHA is a merge made by GitLab,
    // and these two are its parents.
    let source = env
        .get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA")
        .filter(|id| is_commit(id));
    Ok(match source {
        Some(source) => (
            format!("{}, merged result", request(env)),
            change(source, Some(head), vec![base], true),
        ),
        None => (request(env), change(head, None, vec![base], true)),
    })
}

fn request(env: &Variables) -> String {
    let number = env.get("CI_MERGE_REQUEST_IID").unwrap_or("");
    let target = env
        .get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME")
        .unwrap_or("its target");
    format!("merge request {number} into {target}").replace("  ", " ")
}

/// Returns the branches of a pipeline.
pub(super) fn branches(env: &Variables) -> Branches {
    let names = [
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
        "CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME",
        "CI_COMMIT_BRANCH",
    ];
    let branch = names.iter().find_map(|name| env.get(name));
    let branch = branch.filter(|_| env.get("CI_COMMIT_TAG").is_none());
    Branches::new(
        branch,
        env.get("CI_DEFAULT_BRANCH"),
        env.get("CI_COMMIT_SHA"),
    )
}
