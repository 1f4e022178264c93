//! Whose word counts: names that someone else may give to a tag or a branch, clones without the
//! default branch, and events of every CI system. No change vouches for itself.

#![allow(clippy::unwrap_used, reason = "tests")]

use serde_json::{Value, json};

use crate::support::ran::Ran;
use crate::support::repo::Repo;
use crate::support::token;

const ZERO: &str = "0000000000000000000000000000000000000000";
const ALLOW: &str = "[[allow]]\nreason = \"fixtures\"\npaths = [\"leak.txt\"]\n";

fn stopleak(repo: &Repo, args: &[&str], env: &[(&str, &str)]) -> Ran {
    Ran::in_dir(repo.path(), args, env)
}

/// A clone: `main` of origin has two commits, A and B. `feature` goes on: P1 brings an entry that
/// accepts leaks, P2 a leak.
struct Clone {
    repo: Repo,
    a: String,
    b: String,
    p1: String,
    p2: String,
}

impl Clone {
    /// `told`: whether the default branch is here, with the reference that names it.
    fn new(told: bool) -> Self {
        let repo = Repo::init(&[]);
        let a = repo.commit("a.txt", "a\n");
        let b = repo.commit("b.txt", "b\n");
        repo.git(&["checkout", "-q", "--detach"]);
        repo.git(&["branch", "-q", "-D", "main"]);
        if told {
            repo.git(&["update-ref", "refs/remotes/origin/main", &b]);
            let head = "refs/remotes/origin/HEAD";
            repo.git(&["symbolic-ref", head, "refs/remotes/origin/main"]);
        }
        let p1 = repo.commit("stopleak.toml", ALLOW);
        repo.git(&["update-ref", "refs/remotes/origin/release", &p1]);
        let p2 = repo.commit("leak.txt", format!("key = \"{}\"\n", token(1)));
        repo.git(&["update-ref", "refs/remotes/origin/feature", &p2]);
        Self { repo, a, b, p1, p2 }
    }

    /// Replaces `{a}`, `{b}`, `{1}` and `{2}` by the commits.
    fn expand(&self, text: &str) -> String {
        text.replace("{a}", &self.a)
            .replace("{b}", &self.b)
            .replace("{1}", &self.p1)
            .replace("{2}", &self.p2)
    }

    /// Runs `ci` for an event: variables, and `payload=` for a payload.
    fn ci(&self, args: &[&str], event: &str) -> Ran {
        let path = self.repo.path().join(".git/event.json");
        let path = path.to_str().unwrap();
        let mut env = Vec::new();
        let event = self.expand(event);
        for (name, value) in event.split(' ').filter_map(|word| word.split_once('=')) {
            if name == "payload" {
                std::fs::write(path, payload(value).to_string()).unwrap();
                env.push(("GITHUB_EVENT_PATH", path));
            } else {
                env.push((name, value));
            }
        }
        stopleak(&self.repo, &[&["ci"], args].concat(), &env)
    }

    /// Returns what an event leads to, in the words of the table.
    fn decided(&self, event: &str) -> String {
        let args: Vec<&str> = event
            .split(' ')
            .filter(|word| word.starts_with("--"))
            .collect();
        let args = args.iter().map(|arg| self.expand(arg)).collect::<Vec<_>>();
        let mut args: Vec<&str> = args.iter().map(String::as_str).collect();
        args.push("--dry-run");
        let ran = self.ci(&args, event);
        if ran.code != 0 {
            return format!("exit {}", ran.code);
        }
        let line = |name: &str| {
            let line = ran.stdout.lines().find_map(|l| l.strip_prefix(name));
            line.unwrap_or_else(|| panic!("no {name}{}", ran.stdout))
                .to_owned()
        };
        let mut scan = line("scan: ");
        for (name, id) in [
            ("A", &self.a),
            ("B", &self.b),
            ("P1", &self.p1),
            ("P2", &self.p2),
        ] {
            scan = scan.replace(id, name);
        }
        let scan = scan.replace("the whole history, from every reference", "whole");
        let policy = line("policy: ");
        let kind = [
            ("the default branch (", "default"),
            ("the default branch before the change", "before"),
            ("the base of the change", "base"),
            ("the base that was asked for", "asked"),
            ("the checkout", "checkout"),
            ("none", "none"),
        ];
        let kind = kind.iter().find(|(start, _)| policy.starts_with(start));
        let (_, kind) = kind.unwrap_or_else(|| panic!("{policy}"));
        assert_eq!(
            *kind == "none" || *kind == "checkout",
            line("base: ") == "none"
        );
        format!("{scan}, {kind}")
    }
}

/// The payload of an event: `push:REF:BEFORE:AFTER`, `pr:TARGET:BASE:HEAD`, `queue:BASE:HEAD`.
fn payload(text: &str) -> Value {
    let parts: Vec<&str> = text.split(':').collect();
    let repository = json!({"default_branch": "main", "full_name": "me/it"});
    match parts[..] {
        ["push", reference, before, after] => json!({
            "ref": reference, "before": before, "after": after, "repository": repository,
        }),
        ["pr", target, base, head] => json!({
            "pull_request": {
                "number": 1,
                "base": {"sha": base, "ref": target, "repo": {"full_name": "me/it"}},
                "head": {"sha": head, "ref": "main", "repo": {"full_name": "you/it"}},
            },
            "repository": repository,
        }),
        ["create", name] => json!({
            "ref": name, "ref_type": "branch", "repository": repository,
        }),
        ["queue", base, head] => json!({
            "merge_group": {"base_sha": base, "head_sha": head, "base_ref": "refs/heads/main"},
            "repository": repository,
        }),
        _ => json!({"repository": repository}),
    }
}

/// What each event is compared with, and whose policy counts: in a clone that has the default
/// branch and the reference that names it, and in one that has neither. `main:` in front: the
/// default branch is checked out.
const EVENTS: &[(&str, &str, &str)] = &[
    // GitHub Actions; Gitea and Forgejo set the same.
    (
        "GITHUB_ACTIONS=true GITHUB_EVENT_NAME=push payload=push:refs/heads/feature:{1}:{2}",
        "P2 ^P1 ^B, default",
        "P1..P2, none",
    ),
    (
        "GITHUB_ACTIONS=true GITHUB_EVENT_NAME=push payload=push:refs/heads/feature:ZERO:{2}",
        "B..P2, default",
        "P2, none",
    ),
    (
        "main: GITHUB_ACTIONS=true GITHUB_EVENT_NAME=push payload=push:refs/heads/main:{a}:{b}",
        "A..B, before",
        "A..B, before",
    ),
    (
        "main: GITHUB_ACTIONS=true GITHUB_EVENT_NAME=push payload=push:refs/heads/main:ZERO:{b}",
        "B, none",
        "B, none",
    ),
    (
        "GITHUB_ACTIONS=true GITHUB_EVENT_NAME=push payload=push:refs/tags/main:ZERO:{2}",
        "B..P2, default",
        "P2, none",
    ),
    (
        "GITHUB_ACTIONS=true GITHUB_EVENT_NAME=pull_request payload=pr:main:{b}:{2}",
        "B..P2, base",
        "B..P2, base",
    ),
    (
        "GITHUB_ACTIONS=true GITHUB_EVENT_NAME=pull_request_target payload=pr:main:{b}:{2}",
        "B..P2, base",
        "B..P2, base",
    ),
    // Into a branch that anyone may have pushed.
    (
        "GITHUB_ACTIONS=true GITHUB_EVENT_NAME=pull_request payload=pr:release:{1}:{2}",
        "P1..P2, default",
        "P1..P2, none",
    ),
    (
        "GITHUB_ACTIONS=true GITHUB_EVENT_NAME=pull_request payload=pr:main:{2}:{2}",
        "B..P2, base",
        "P2, none",
    ),
    (
        "GITHUB_ACTIONS=true GITHUB_EVENT_NAME=merge_group payload=queue:{b}:{2}",
        "B..P2, base",
        "B..P2, base",
    ),
    (
        "GITHUB_ACTIONS=true GITHUB_EVENT_NAME=workflow_dispatch GITHUB_REF=refs/heads/feature GITHUB_SHA={2} payload=x",
        "whole, default",
        "whole, none",
    ),
    (
        "GITHUB_ACTIONS=true GITHUB_EVENT_NAME=workflow_dispatch GITHUB_REF=refs/tags/main GITHUB_SHA={2} payload=x",
        "whole, default",
        "whole, none",
    ),
    (
        "main: GITHUB_ACTIONS=true GITHUB_EVENT_NAME=schedule GITHUB_REF=refs/heads/main GITHUB_SHA={b} payload=x",
        "whole, checkout",
        "whole, checkout",
    ),
    // The event of a comment names the default branch; the workflow checked out something else.
    (
        "GITHUB_ACTIONS=true GITHUB_EVENT_NAME=issue_comment GITHUB_REF=refs/heads/main GITHUB_SHA={b} payload=x",
        "whole, default",
        "whole, none",
    ),
    // GitLab CI.
    (
        "GITLAB_CI=true CI_PIPELINE_SOURCE=push CI_COMMIT_SHA={2} CI_COMMIT_BEFORE_SHA={1} CI_COMMIT_BRANCH=feature CI_DEFAULT_BRANCH=main",
        "P2 ^P1 ^B, default",
        "P1..P2, none",
    ),
    (
        "GITLAB_CI=true CI_PIPELINE_SOURCE=push CI_COMMIT_SHA={2} CI_COMMIT_BEFORE_SHA=ZERO CI_COMMIT_BRANCH=feature CI_DEFAULT_BRANCH=main",
        "B..P2, default",
        "P2, none",
    ),
    (
        "main: GITLAB_CI=true CI_PIPELINE_SOURCE=push CI_COMMIT_SHA={b} CI_COMMIT_BEFORE_SHA={a} CI_COMMIT_BRANCH=main CI_DEFAULT_BRANCH=main",
        "A..B, before",
        "A..B, before",
    ),
    (
        "GITLAB_CI=true CI_PIPELINE_SOURCE=push CI_COMMIT_SHA={2} CI_COMMIT_TAG=main CI_DEFAULT_BRANCH=main",
        "B..P2, default",
        "P2, none",
    ),
    (
        "GITLAB_CI=true CI_PIPELINE_SOURCE=merge_request_event CI_COMMIT_SHA={2} CI_MERGE_REQUEST_DIFF_BASE_SHA={b} CI_MERGE_REQUEST_TARGET_BRANCH_NAME=main CI_DEFAULT_BRANCH=main",
        "B..P2, base",
        "B..P2, base",
    ),
    (
        "GITLAB_CI=true CI_PIPELINE_SOURCE=merge_request_event CI_COMMIT_SHA={2} CI_MERGE_REQUEST_DIFF_BASE_SHA={1} CI_MERGE_REQUEST_TARGET_BRANCH_NAME=release CI_DEFAULT_BRANCH=main",
        "P1..P2, default",
        "P1..P2, none",
    ),
    (
        "GITLAB_CI=true CI_PIPELINE_SOURCE=merge_request_event CI_COMMIT_SHA={2} CI_MERGE_REQUEST_TARGET_BRANCH_NAME=main CI_DEFAULT_BRANCH=main",
        "B..P2, base",
        "exit 2",
    ),
    (
        "GITLAB_CI=true CI_PIPELINE_SOURCE=web CI_COMMIT_SHA={2} CI_COMMIT_BRANCH=feature CI_DEFAULT_BRANCH=main",
        "whole, default",
        "whole, none",
    ),
    (
        "main: GITLAB_CI=true CI_PIPELINE_SOURCE=schedule CI_COMMIT_SHA={b} CI_COMMIT_BRANCH=main CI_DEFAULT_BRANCH=main",
        "whole, checkout",
        "whole, checkout",
    ),
    // Azure Pipelines: no variable names the default branch.
    (
        "TF_BUILD=True BUILD_REASON=IndividualCI BUILD_SOURCEVERSION={2} BUILD_SOURCEBRANCH=refs/heads/feature",
        "B..P2, default",
        "P2, none",
    ),
    (
        "main: TF_BUILD=True BUILD_REASON=BatchedCI BUILD_SOURCEVERSION={b} BUILD_SOURCEBRANCH=refs/heads/main",
        "B, none",
        "B, none",
    ),
    (
        "TF_BUILD=True BUILD_REASON=IndividualCI BUILD_SOURCEVERSION={2} BUILD_SOURCEBRANCH=refs/tags/main",
        "B..P2, default",
        "P2, none",
    ),
    (
        "TF_BUILD=True BUILD_REASON=PullRequest BUILD_SOURCEVERSION={2} BUILD_SOURCEBRANCH=refs/pull/1/merge SYSTEM_PULLREQUEST_TARGETBRANCH=refs/heads/main",
        "B..P2, base",
        "exit 2",
    ),
    (
        "TF_BUILD=True BUILD_REASON=Manual BUILD_SOURCEVERSION={2} BUILD_SOURCEBRANCH=refs/heads/feature",
        "whole, default",
        "whole, none",
    ),
    (
        "main: TF_BUILD=True BUILD_REASON=Schedule BUILD_SOURCEVERSION={b} BUILD_SOURCEBRANCH=refs/heads/main",
        "whole, checkout",
        "whole, none",
    ),
    // Somebody starts a run of the default branch for another commit.
    (
        "TF_BUILD=True BUILD_REASON=Manual BUILD_SOURCEVERSION={2} BUILD_SOURCEBRANCH=refs/heads/main",
        "whole, default",
        "whole, none",
    ),
    (
        "CI=woodpecker CI_PIPELINE_EVENT=deployment CI_COMMIT_SHA={2} CI_COMMIT_BRANCH=main CI_REPO_DEFAULT_BRANCH=main",
        "whole, default",
        "whole, none",
    ),
    (
        "BUILDKITE=true BUILDKITE_SOURCE=schedule BUILDKITE_COMMIT={2} BUILDKITE_BRANCH=main BUILDKITE_PIPELINE_DEFAULT_BRANCH=main BUILDKITE_PULL_REQUEST=false",
        "whole, default",
        "whole, none",
    ),
    // Bitbucket Pipelines.
    (
        "BITBUCKET_BUILD_NUMBER=1 BITBUCKET_COMMIT={2} BITBUCKET_BRANCH=feature",
        "B..P2, default",
        "P2, none",
    ),
    (
        "main: BITBUCKET_BUILD_NUMBER=1 BITBUCKET_COMMIT={b} BITBUCKET_BRANCH=main",
        "B, none",
        "B, none",
    ),
    (
        "BITBUCKET_BUILD_NUMBER=1 BITBUCKET_COMMIT={2} BITBUCKET_TAG=main",
        "B..P2, default",
        "P2, none",
    ),
    (
        "BITBUCKET_BUILD_NUMBER=1 BITBUCKET_COMMIT={2} BITBUCKET_BRANCH=main BITBUCKET_PR_ID=1 BITBUCKET_PR_DESTINATION_BRANCH=main",
        "B..P2, base",
        "exit 2",
    ),
    // CircleCI.
    (
        "CIRCLECI=true CIRCLE_SHA1={2} CIRCLE_BRANCH=feature",
        "B..P2, default",
        "P2, none",
    ),
    (
        "CIRCLECI=true CIRCLE_SHA1={2} CIRCLE_BRANCH=feature --base={1}",
        "P1..P2, default",
        "P1..P2, none",
    ),
    (
        "CIRCLECI=true CIRCLE_SHA1={2} CIRCLE_BRANCH=feature --base=origin/main",
        "B..P2, default",
        "exit 2",
    ),
    (
        "CIRCLECI=true CIRCLE_SHA1={2} CIRCLE_BRANCH=feature --base=origin/feature",
        "P2, default",
        "P2, none",
    ),
    (
        "main: CIRCLECI=true CIRCLE_SHA1={b} CIRCLE_BRANCH=main --base={a}",
        "A..B, before",
        "A..B, none",
    ),
    (
        "main: CIRCLECI=true CIRCLE_SHA1={b} CIRCLE_BRANCH=main --base=origin/main",
        "B, none",
        "exit 2",
    ),
    (
        "CIRCLECI=true CIRCLE_SHA1={2} CIRCLE_TAG=main",
        "B..P2, default",
        "P2, none",
    ),
    // Jenkins.
    (
        "JENKINS_URL=x BRANCH_NAME=feature GIT_PREVIOUS_SUCCESSFUL_COMMIT={1}",
        "P2 ^P1 ^B, default",
        "P1..P2, none",
    ),
    (
        "JENKINS_URL=x BRANCH_NAME=feature",
        "B..P2, default",
        "P2, none",
    ),
    (
        "JENKINS_URL=x GIT_BRANCH=origin/feature",
        "B..P2, default",
        "P2, none",
    ),
    (
        "main: JENKINS_URL=x BRANCH_NAME=main BRANCH_IS_PRIMARY=true GIT_PREVIOUS_SUCCESSFUL_COMMIT={a}",
        "A..B, before",
        "A..B, before",
    ),
    (
        "main: JENKINS_URL=x GIT_BRANCH=origin/main",
        "B, none",
        "B, none",
    ),
    (
        "JENKINS_URL=x BRANCH_NAME=main TAG_NAME=main",
        "B..P2, default",
        "P2, none",
    ),
    (
        "JENKINS_URL=x BRANCH_NAME=PR-1 CHANGE_ID=1 CHANGE_TARGET=main",
        "B..P2, base",
        "exit 2",
    ),
    // Nothing says what is built.
    ("main: JENKINS_URL=x", "B, none", "B, none"),
    // Buildkite.
    (
        "BUILDKITE=true BUILDKITE_COMMIT={2} BUILDKITE_BRANCH=feature BUILDKITE_PIPELINE_DEFAULT_BRANCH=main",
        "B..P2, default",
        "P2, none",
    ),
    (
        "main: BUILDKITE=true BUILDKITE_COMMIT=HEAD BUILDKITE_BRANCH=main BUILDKITE_PIPELINE_DEFAULT_BRANCH=main",
        "B, none",
        "B, none",
    ),
    (
        "BUILDKITE=true BUILDKITE_COMMIT={2} BUILDKITE_BRANCH=main BUILDKITE_TAG=main BUILDKITE_PIPELINE_DEFAULT_BRANCH=main",
        "B..P2, default",
        "P2, none",
    ),
    (
        "BUILDKITE=true BUILDKITE_COMMIT={2} BUILDKITE_BRANCH=main BUILDKITE_PULL_REQUEST=1 BUILDKITE_PULL_REQUEST_BASE_BRANCH=main BUILDKITE_PIPELINE_DEFAULT_BRANCH=main",
        "B..P2, base",
        "exit 2",
    ),
    (
        "BUILDKITE=true BUILDKITE_COMMIT={2} BUILDKITE_BRANCH=feature BUILDKITE_SOURCE=schedule BUILDKITE_PIPELINE_DEFAULT_BRANCH=main",
        "whole, default",
        "whole, none",
    ),
    // Drone.
    (
        "DRONE=true DRONE_BUILD_EVENT=push DRONE_COMMIT_SHA={2} DRONE_COMMIT_BEFORE={1} DRONE_BRANCH=feature DRONE_REPO_BRANCH=main",
        "P2 ^P1 ^B, default",
        "P1..P2, none",
    ),
    (
        "DRONE=true DRONE_BUILD_EVENT=tag DRONE_COMMIT_SHA={2} DRONE_BRANCH=main DRONE_TAG=main DRONE_REPO_BRANCH=main",
        "B..P2, default",
        "P2, none",
    ),
    (
        "DRONE=true DRONE_BUILD_EVENT=pull_request DRONE_COMMIT_SHA={2} DRONE_BRANCH=main DRONE_TARGET_BRANCH=main DRONE_REPO_BRANCH=main",
        "B..P2, base",
        "exit 2",
    ),
    (
        "DRONE=true DRONE_BUILD_EVENT=custom DRONE_COMMIT_SHA={2} DRONE_BRANCH=feature DRONE_REPO_BRANCH=main",
        "whole, default",
        "whole, none",
    ),
    (
        "main: DRONE=true DRONE_BUILD_EVENT=cron DRONE_COMMIT_SHA={b} DRONE_BRANCH=main DRONE_REPO_BRANCH=main",
        "whole, checkout",
        "whole, none",
    ),
    // Woodpecker.
    (
        "CI=woodpecker CI_PIPELINE_EVENT=push CI_COMMIT_SHA={2} CI_COMMIT_BRANCH=feature CI_PREV_COMMIT_SHA={1} CI_PREV_COMMIT_BRANCH=feature CI_PREV_PIPELINE_EVENT=push CI_REPO_DEFAULT_BRANCH=main",
        "P2 ^P1 ^B, default",
        "P1..P2, none",
    ),
    (
        "CI=woodpecker CI_PIPELINE_EVENT=tag CI_COMMIT_SHA={2} CI_COMMIT_BRANCH=main CI_COMMIT_TAG=main CI_REPO_DEFAULT_BRANCH=main",
        "B..P2, default",
        "P2, none",
    ),
    (
        "CI=woodpecker CI_PIPELINE_EVENT=pull_request CI_COMMIT_SHA={2} CI_COMMIT_BRANCH=main CI_COMMIT_TARGET_BRANCH=main CI_REPO_DEFAULT_BRANCH=main",
        "B..P2, base",
        "exit 2",
    ),
    (
        "CI=woodpecker CI_PIPELINE_EVENT=manual CI_COMMIT_SHA={2} CI_COMMIT_BRANCH=feature CI_REPO_DEFAULT_BRANCH=main",
        "whole, default",
        "whole, none",
    ),
    // No known system.
    ("--base=origin/release", "P1..P2, default", "P1..P2, asked"),
    ("--base={1}", "P1..P2, default", "P1..P2, none"),
];

#[test]
fn every_event_is_judged_by_the_default_branch() {
    for told in [true, false] {
        let clone = Clone::new(told);
        for (event, here, absent) in EVENTS {
            let on_main = event.strip_prefix("main: ");
            let at = if on_main.is_some() {
                &clone.b
            } else {
                &clone.p2
            };
            clone.repo.git(&["checkout", "-q", "--detach", at]);
            let event = on_main.unwrap_or(event).replace("ZERO", ZERO);
            let expected = if told { here } else { absent };
            assert_eq!(clone.decided(&event), *expected, "{event}, {told}");
        }
    }
}

/// The second push brings the leak that the first one accepts: in every event, whether or not the
/// default branch is here.
#[test]
fn no_event_accepts_what_only_the_change_accepts() {
    for told in [true, false] {
        let clone = Clone::new(told);
        for (event, ..) in EVENTS.iter().filter(|(event, ..)| event.contains("{2}")) {
            let event = event.replace("ZERO", ZERO);
            let args: Vec<String> = event
                .split(' ')
                .filter(|word| word.starts_with("--"))
                .map(|arg| clone.expand(arg))
                .collect();
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            let ran = clone.ci(&args, &event);
            assert_ne!(ran.code, 0, "{event}, {told}: {}{}", ran.stdout, ran.stderr);
        }
    }
}

/// A push to the default branch that takes it over, by force or anew: the clone lacks what was
/// there before, or nothing tells what that was. No tree that the push brings counts.
#[test]
fn a_push_to_the_default_branch_does_not_bring_its_own_policy() {
    const GONE: &str = "1234567890123456789012345678901234567890";
    let github = "GITHUB_ACTIONS=true GITHUB_EVENT_NAME=push payload=push:refs/heads/main:";
    let gitlab = "GITLAB_CI=true CI_COMMIT_SHA={2} CI_COMMIT_BRANCH=main CI_DEFAULT_BRANCH=main";
    let drone = "DRONE=true DRONE_BUILD_EVENT=push DRONE_COMMIT_SHA={2} DRONE_BRANCH=main DRONE_REPO_BRANCH=main";
    let woodpecker = "CI=woodpecker CI_PIPELINE_EVENT=push CI_COMMIT_SHA={2} CI_COMMIT_BRANCH=main CI_REPO_DEFAULT_BRANCH=main CI_PREV_COMMIT_BRANCH=main CI_PREV_PIPELINE_EVENT=push";
    let buildkite = "BUILDKITE=true BUILDKITE_BRANCH=main BUILDKITE_PIPELINE_DEFAULT_BRANCH=main";
    let jenkins = "JENKINS_URL=x BRANCH_NAME=main BRANCH_IS_PRIMARY=true";
    let circle = "CIRCLECI=true CIRCLE_SHA1={2} CIRCLE_BRANCH=main";
    // An event, and a part of the line `policy:`.
    let events = [
        (format!("{github}{GONE}:{{2}}"), "git fetch origin 1234"),
        (format!("{github}{ZERO}:{{2}}"), "before this build"),
        (
            "GITHUB_ACTIONS=true GITHUB_EVENT_NAME=create GITHUB_REF=refs/heads/main GITHUB_SHA={2} payload=create:main".to_owned(),
            "before this build",
        ),
        (
            format!("{gitlab} CI_PIPELINE_SOURCE=push CI_COMMIT_BEFORE_SHA={GONE}"),
            "git fetch origin 1234",
        ),
        (
            format!("{gitlab} CI_PIPELINE_SOURCE=push CI_COMMIT_BEFORE_SHA={ZERO}"),
            "before this build",
        ),
        (
            format!("{gitlab} CI_PIPELINE_SOURCE=push"),
            "before this build",
        ),
        (
            format!("{gitlab} CI_PIPELINE_SOURCE=parent_pipeline CI_COMMIT_BEFORE_SHA={GONE}"),
            "git fetch origin 1234",
        ),
        (
            format!("{drone} DRONE_COMMIT_BEFORE={GONE}"),
            "git fetch origin 1234",
        ),
        (
            format!("{drone} DRONE_COMMIT_BEFORE={ZERO}"),
            "before this build",
        ),
        (
            format!("{woodpecker} CI_PREV_COMMIT_SHA={GONE}"),
            "git fetch origin 1234",
        ),
        (
            format!("{buildkite} BUILDKITE_COMMIT=HEAD"),
            "before this build",
        ),
        (
            format!("{buildkite} BUILDKITE_COMMIT={{2}}"),
            "before this build",
        ),
        (
            format!("{jenkins} GIT_PREVIOUS_SUCCESSFUL_COMMIT={GONE}"),
            "git fetch origin 1234",
        ),
        (jenkins.to_owned(), "before this build"),
        (circle.to_owned(), "before this build"),
        (format!("{circle} --base={GONE}"), "git fetch origin 1234"),
        // The base is the commit itself, or named from it: what the push chose.
        (format!("{circle} --base={{2}}"), "before this build"),
        (format!("{circle} --base=HEAD"), "before this build"),
        (format!("{circle} --base=HEAD~1"), "before this build"),
        (format!("{circle} --base={{2}}~1"), "before this build"),
        (
            format!("{circle} --base=refs/remotes/origin/main~1"),
            "before this build",
        ),
        (
            "BITBUCKET_BUILD_NUMBER=1 BITBUCKET_COMMIT={2} BITBUCKET_BRANCH=main".to_owned(),
            "before this build",
        ),
        (
            "TF_BUILD=True BUILD_REASON=IndividualCI BUILD_SOURCEVERSION={2} BUILD_SOURCEBRANCH=refs/heads/main".to_owned(),
            "before this build",
        ),
        ("JENKINS_URL=x".to_owned(), "push to the default branch"),
    ];
    let clone = Clone::new(true);
    clone
        .repo
        .git(&["update-ref", "refs/remotes/origin/main", &clone.p2]);
    for (event, help) in events {
        let args = event.split(' ').filter(|word| word.starts_with("--"));
        let args: Vec<String> = args.map(|arg| clone.expand(arg)).collect();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let ran = clone.ci(&args, &event);
        assert_eq!(ran.code, 1, "{event}: {ran:?}");
        let told = ran.stderr.lines().find(|l| l.starts_with("policy: none"));
        assert!(told.is_some_and(|l| l.contains(help)), "{event}: {ran:?}");
        assert!(ran.stdout.contains("asked for, not granted"), "{event}");
        // Whoever says so by hand is believed.
        let args = [&["--policy-from", "HEAD"], &args[..]].concat();
        let ran = clone.ci(&args, &event);
        assert_eq!(ran.code, 0, "{event}: {ran:?}");
    }
    // A build again says nothing about the commit, unless the first one was successful.
    let again = clone.decided(&format!("{woodpecker} CI_PREV_COMMIT_SHA={{2}}"));
    assert_eq!(again, "P2, none");
    let again = format!("{woodpecker} CI_PREV_COMMIT_SHA={{2}}").replace("main", "feature");
    let again = again.replace("DEFAULT_BRANCH=feature", "DEFAULT_BRANCH=main");
    clone
        .repo
        .git(&["update-ref", "refs/remotes/origin/main", &clone.b]);
    assert_eq!(clone.decided(&again), "B..P2, default");
    let again = format!("{drone} DRONE_COMMIT_BEFORE={{2}}");
    assert_eq!(clone.decided(&again), "P2, none");
    let again = format!("{jenkins} GIT_PREVIOUS_SUCCESSFUL_COMMIT={{2}}");
    assert_eq!(clone.decided(&again), "P2..P2, before");
    // What the branch was before counts, if it is here, an ancestor or not.
    clone.repo.git(&["checkout", "-q", "--orphan", "anew"]);
    clone.repo.git(&["commit", "-q", "-m", "anew"]);
    let anew = clone.repo.git(&["rev-parse", "HEAD"]);
    let event = |before: &str| clone.decided(&format!("{github}{before}:{anew}"));
    assert_eq!(event(&clone.b), format!("B..{anew}, before"));
    assert_eq!(event(GONE), format!("{anew}, none"));
}

/// Without the event, nothing tells whether a build is a push.
#[test]
fn an_event_that_is_not_told_is_an_error() {
    let clone = Clone::new(true);
    for (event, missing) in [
        (
            "GITLAB_CI=true CI_COMMIT_SHA={2} CI_COMMIT_BRANCH=main CI_DEFAULT_BRANCH=main",
            "CI_PIPELINE_SOURCE",
        ),
        (
            "TF_BUILD=True BUILD_SOURCEVERSION={2} BUILD_SOURCEBRANCH=refs/heads/main",
            "BUILD_REASON",
        ),
        (
            "DRONE=true DRONE_COMMIT_SHA={2} DRONE_BRANCH=main DRONE_REPO_BRANCH=main",
            "DRONE_BUILD_EVENT",
        ),
        (
            "CI=woodpecker CI_COMMIT_SHA={2} CI_COMMIT_BRANCH=main CI_REPO_DEFAULT_BRANCH=main",
            "CI_PIPELINE_EVENT",
        ),
        (
            "GITHUB_ACTIONS=true GITHUB_REF=refs/heads/main payload=x",
            "GITHUB_EVENT_NAME",
        ),
    ] {
        let ran = clone.ci(&[], event);
        assert_eq!(ran.code, 2, "{event}: {ran:?}");
        let missing = format!("{missing} is not set");
        assert!(ran.stderr.contains(&missing), "{event}: {ran:?}");
    }
}

#[test]
fn what_is_missing_is_named() {
    let clone = Clone::new(false);
    let push = format!(
        "GITHUB_ACTIONS=true GITHUB_EVENT_NAME=push payload=push:refs/heads/feature:{ZERO}:{{2}}"
    );
    let ran = clone.ci(&[], &push);
    assert_eq!(ran.code, 1);
    let fetch = "git fetch origin +refs/heads/main:refs/remotes/origin/main";
    assert!(ran.stderr.contains(fetch), "{}", ran.stderr);
    assert!(
        ran.stdout.contains("asked for, not granted"),
        "{}",
        ran.stdout
    );
    let ran = clone.ci(
        &[],
        "BITBUCKET_BUILD_NUMBER=1 BITBUCKET_COMMIT={2} BITBUCKET_BRANCH=x",
    );
    assert!(
        ran.stderr.contains("git remote set-head origin"),
        "{}",
        ran.stderr
    );
    // Whoever says so by hand is believed.
    let ran = clone.ci(&["--policy-from", "HEAD"], &push);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    // A file of the checkout that the job names is no more trusted than the rest.
    let ran = clone.ci(&["--config", "stopleak.toml"], &push);
    assert_ne!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
}

/// A branch that someone pushes as HEAD or under the name of a remote's branch names nothing.
#[test]
fn the_name_of_the_default_branch_cannot_be_pushed() {
    let clone = Clone::new(false);
    let circle = "CIRCLECI=true CIRCLE_SHA1={2} CIRCLE_BRANCH=feature";
    let update = |name: &str| clone.repo.git(&["update-ref", name, &clone.p1]);
    update("refs/remotes/origin/HEAD");
    assert_eq!(clone.decided(circle), "P2, none");
    for name in [
        "refs/remotes/origin/origin/main",
        "refs/remotes/origin/refs/remotes/origin/main",
        "refs/heads/origin/main",
        "refs/tags/origin/main",
        "refs/tags/refs/remotes/origin/main",
        "refs/heads/refs/remotes/origin/main",
    ] {
        update(name);
        let with_base = format!("{circle} --base=origin/main");
        assert_eq!(clone.decided(&with_base), "exit 2", "{name}");
        let with_base = format!("{circle} --base=refs/remotes/origin/main");
        assert_eq!(clone.decided(&with_base), "exit 2", "{name}");
    }
}

/// Variables with short names say `refs/heads/main` for a branch that is really called so.
#[test]
fn a_branch_called_like_a_full_name_is_not_the_default_branch() {
    let clone = Clone::new(true);
    for system in [
        "CIRCLECI=true CIRCLE_SHA1={2} CIRCLE_BRANCH=",
        "JENKINS_URL=x BRANCH_NAME=",
        "JENKINS_URL=x GIT_BRANCH=origin/",
        "BITBUCKET_BUILD_NUMBER=1 BITBUCKET_COMMIT={2} BITBUCKET_BRANCH=",
        "GITLAB_CI=true CI_PIPELINE_SOURCE=schedule CI_COMMIT_SHA={2} CI_DEFAULT_BRANCH=main CI_COMMIT_BRANCH=",
    ] {
        let feature = clone.decided(&format!("{system}feature"));
        let called_so = clone.decided(&format!("{system}refs/heads/main"));
        assert_eq!(called_so, feature, "{system}");
    }
}

#[test]
fn a_tag_never_stands_in_for_a_branch() {
    let circle = "CIRCLECI=true CIRCLE_SHA1={2} CIRCLE_BRANCH=feature";
    let usual = "B..P2, default";
    for name in [
        "main",
        "origin/main",
        "origin",
        "other",
        "up/other",
        "remotes/origin/main",
    ] {
        let clone = Clone::new(true);
        let repo = &clone.repo;
        let base = |name: &str| clone.decided(&format!("{circle} --base={name}"));
        repo.git(&["update-ref", "refs/remotes/up/other", &clone.b]);
        assert_eq!(base(name), usual, "{name}");
        for at in ["HEAD", &*clone.p1] {
            repo.git(&["update-ref", &format!("refs/tags/{name}"), at]);
            assert_eq!(base(name), usual, "a tag {name}");
        }
        // git puts a local branch before that of a remote.
        repo.git(&["update-ref", &format!("refs/heads/{name}"), &clone.p1]);
        assert_eq!(base(name), usual, "a branch {name}");
    }
    let clone = Clone::new(true);
    let repo = &clone.repo;
    let base = |name: &str| clone.decided(&format!("{circle} --base={name}"));
    repo.git(&["tag", "main", &clone.p1]);
    repo.git(&["update-ref", "refs/remotes/up/other", &clone.b]);
    assert_eq!(base("origin/main~1"), "A..P2, default");
    assert_eq!(base("origin/main^{commit}"), usual);
    // By its full name it counts, and two remotes that disagree do not.
    assert_eq!(base("refs/tags/main"), "P1..P2, default");
    repo.git(&["tag", "v1", &clone.b]);
    assert_eq!(base("v1"), "exit 2");
    assert_eq!(base("refs/tags/v1"), usual);
    assert_eq!(base("tags/v1"), usual);
    repo.git(&["update-ref", "refs/remotes/down/other", &clone.p1]);
    assert_eq!(base("other"), "exit 2");
    // A policy is named likewise.
    let leaks = |from: &str| {
        let run = stopleak(repo, &["scan", "--policy-from", from, "."], &[]);
        (run.code, run.stderr)
    };
    assert_eq!(leaks("main").0, 1);
    assert_eq!(leaks("origin/main").0, 1);
    assert_eq!(leaks("refs/tags/main").0, 0);
    assert_eq!(leaks("HEAD").0, 0);
    let (code, why) = leaks("v1");
    assert!(code == 2 && why.contains("refs/tags/v1"), "{why}");
}

/// Some digits of an id are not the name of a tag or branch.
#[test]
fn the_beginning_of_an_id_is_no_name() {
    let clone = Clone::new(true);
    let repo = &clone.repo;
    let short = &clone.b[..12];
    let circle = format!("CIRCLECI=true CIRCLE_SHA1={{2}} CIRCLE_BRANCH=feature --base={short}");
    let bitbucket = format!(
        "BITBUCKET_BUILD_NUMBER=1 BITBUCKET_COMMIT={{2}} BITBUCKET_PR_ID=1 \
         BITBUCKET_PR_DESTINATION_BRANCH=main BITBUCKET_PR_DESTINATION_COMMIT={short}"
    );
    for kind in ["tags", "heads", "remotes/origin"] {
        assert_eq!(clone.decided(&circle), "B..P2, default", "{kind}");
        assert_eq!(clone.decided(&bitbucket), "B..P2, base", "{kind}");
        repo.git(&["update-ref", &format!("refs/{kind}/{short}"), &clone.p1]);
    }
    // Digits of a commit that the destination does not have.
    let other = bitbucket.replace(short, &clone.p1[..12]);
    assert_eq!(clone.decided(&other), "B..P2, base");
    let alone = Clone::new(false);
    assert_eq!(alone.decided(&bitbucket), "exit 2");
    // Digits of no commit, as the name of a branch.
    let name = "1234567890ab";
    repo.git(&[
        "update-ref",
        &format!("refs/remotes/origin/{name}"),
        &clone.p1,
    ]);
    assert_eq!(clone.decided(&circle.replace(short, name)), "exit 2");
}

/// A name with several meanings starts no range.
#[test]
fn a_range_with_an_ambiguous_name_is_refused() {
    let clone = Clone::new(true);
    let repo = &clone.repo;
    let range = |range: &str| stopleak(repo, &["history", "--range", range], &[]);
    repo.git(&["rm", "-q", "stopleak.toml"]);
    repo.git(&["commit", "-q", "-m", "nothing is accepted"]);
    for name in ["origin/main", "feature", "v1"] {
        repo.git(&["update-ref", &format!("refs/tags/{name}"), &clone.b]);
        let spec = format!("{name}..HEAD");
        let ran = range(&spec);
        assert_eq!(ran.code, 1, "{spec}: {}{}", ran.stdout, ran.stderr);
        // A second one at the same commit is no other meaning, at another commit it is.
        repo.git(&["update-ref", &format!("refs/heads/{name}"), &clone.b]);
        assert_eq!(range(&spec).code, 1, "{spec}");
        repo.git(&["update-ref", &format!("refs/tags/{name}"), "HEAD"]);
        for spec in [
            spec.clone(),
            format!("{name}~0..HEAD"),
            format!("HEAD...{name}"),
        ] {
            let ran = range(&spec);
            assert_eq!(ran.code, 2, "{spec}: {}{}", ran.stdout, ran.stderr);
            let full = format!("refs/tags/{name}");
            assert!(ran.stderr.contains(&full), "{}", ran.stderr);
        }
        assert_eq!(range(&format!("refs/heads/{name}..HEAD")).code, 1);
        assert_eq!(range(&format!("refs/tags/{name}..HEAD")).code, 0);
    }
    let short = &clone.b[..10];
    assert_eq!(range(&format!("{short}..HEAD")).code, 1);
    repo.git(&["update-ref", &format!("refs/tags/{short}"), "HEAD"]);
    assert_eq!(range(&format!("{short}..HEAD")).code, 2);
    // A full name that is missing is not looked up elsewhere.
    repo.git(&["update-ref", "refs/tags/refs/heads/gone", "HEAD"]);
    assert_eq!(range("refs/heads/gone..HEAD").code, 2);
}

/// A base that is the commit itself, or a descendant of it, vouches for nothing.
#[test]
fn no_commit_is_its_own_base() {
    let requests = [
        "JENKINS_URL=x CHANGE_TARGET=main CHANGE_ID=1",
        "TF_BUILD=True BUILD_REASON=PullRequest BUILD_SOURCEVERSION={2} SYSTEM_PULLREQUEST_TARGETBRANCH=refs/heads/main",
        "BUILDKITE=true BUILDKITE_PULL_REQUEST=1 BUILDKITE_COMMIT={2} BUILDKITE_PULL_REQUEST_BASE_BRANCH=main BUILDKITE_PIPELINE_DEFAULT_BRANCH=main",
        "GITLAB_CI=true CI_PIPELINE_SOURCE=merge_request_event CI_COMMIT_SHA={2} CI_MERGE_REQUEST_TARGET_BRANCH_NAME=main CI_DEFAULT_BRANCH=main",
        "DRONE=true DRONE_BUILD_EVENT=pull_request DRONE_COMMIT_SHA={2} DRONE_TARGET_BRANCH=main DRONE_REPO_BRANCH=main",
        "CI=woodpecker CI_PIPELINE_EVENT=pull_request CI_COMMIT_SHA={2} CI_COMMIT_TARGET_BRANCH=main CI_REPO_DEFAULT_BRANCH=main",
        "BITBUCKET_BUILD_NUMBER=1 BITBUCKET_COMMIT={2} BITBUCKET_PR_ID=1 BITBUCKET_PR_DESTINATION_BRANCH=main",
        // A push of another branch, where the local default branch is the change.
        "GITHUB_ACTIONS=true GITHUB_EVENT_NAME=push payload=push:refs/heads/feature:ZERO:{2}",
        "GITLAB_CI=true CI_PIPELINE_SOURCE=push CI_COMMIT_SHA={2} CI_COMMIT_BRANCH=feature CI_DEFAULT_BRANCH=main",
    ];
    let clone = Clone::new(false);
    let repo = &clone.repo;
    for name in ["release", "feature"] {
        let name = format!("refs/remotes/origin/{name}");
        repo.git(&["update-ref", "-d", &name]);
    }
    let beyond = repo.commit("more.txt", "more\n");
    repo.git(&["checkout", "-q", "--detach", &clone.p2]);
    for at in [&clone.p2, &beyond] {
        repo.git(&["update-ref", "refs/heads/main", at]);
        for request in requests {
            let request = request.replace("ZERO", ZERO);
            assert_eq!(clone.decided(&request), "P2, none", "{request}");
            let ran = clone.ci(&[], &request);
            assert_eq!(ran.code, 1, "{request}: {}{}", ran.stdout, ran.stderr);
        }
    }
    // Beside references of a remote, a local branch is left from another build.
    let other = Clone::new(false);
    other
        .repo
        .git(&["update-ref", "refs/heads/main", &other.p1]);
    for request in requests {
        let expected = match request.contains("push") {
            true => "P2, none",
            false => "exit 2",
        };
        let request = request.replace("ZERO", ZERO);
        assert_eq!(other.decided(&request), expected, "{request}");
    }
    // Nor is the state after a push its state before.
    let told = Clone::new(true);
    let back = format!(
        "GITHUB_ACTIONS=true GITHUB_EVENT_NAME=push payload=push:refs/heads/feature:{}:{{1}}",
        told.p2
    );
    assert_eq!(told.decided(&back), "B..P1, default");
    // What the default branch has is not new in another branch.
    let old = format!(
        "GITHUB_ACTIONS=true GITHUB_EVENT_NAME=push payload=push:refs/heads/old:{ZERO}:{{a}}"
    );
    assert_eq!(told.decided(&old), "B..A, default");
}

/// What is checked out may be a merge that the author made, with a parent of the author's.
#[test]
fn a_merge_that_ci_does_not_name_vouches_for_nothing() {
    let requests = [
        "BUILDKITE=true BUILDKITE_PULL_REQUEST=1 BUILDKITE_COMMIT={1} BUILDKITE_PULL_REQUEST_BASE_BRANCH=main BUILDKITE_PIPELINE_DEFAULT_BRANCH=main",
        "DRONE=true DRONE_BUILD_EVENT=pull_request DRONE_COMMIT_SHA={1} DRONE_TARGET_BRANCH=main DRONE_REPO_BRANCH=main",
        "CI=woodpecker CI_PIPELINE_EVENT=pull_request CI_COMMIT_SHA={1} CI_COMMIT_TARGET_BRANCH=main CI_REPO_DEFAULT_BRANCH=main",
        "BITBUCKET_BUILD_NUMBER=1 BITBUCKET_COMMIT={1} BITBUCKET_PR_ID=1 BITBUCKET_PR_DESTINATION_BRANCH=main",
    ];
    for told in [true, false] {
        let clone = Clone::new(told);
        let repo = &clone.repo;
        // The other parent brings the leak and what accepts it.
        repo.git(&["checkout", "-q", "--detach", &clone.a]);
        repo.write("stopleak.toml", ALLOW);
        repo.commit("leak.txt", format!("key = \"{}\"\n", token(2)));
        let other = repo.git(&["rev-parse", "HEAD"]);
        repo.git(&["checkout", "-q", "--detach", &clone.p1]);
        repo.git(&["merge", "-q", "--no-edit", "-X", "ours", &other]);
        for request in requests {
            let ran = clone.ci(&[], request);
            let expected = if told { 1 } else { 2 };
            assert_eq!(ran.code, expected, "{told} {request}: {ran:?}");
        }
    }
}

/// A job adds the author's fork as a remote. Its branches stand in for none of `origin`, and its
/// HEAD, which newer versions of git write, does not tell the default branch.
#[test]
fn a_fork_that_is_fetched_names_nothing() {
    let clone = Clone::new(false);
    let repo = &clone.repo;
    repo.git(&["update-ref", "refs/remotes/fork/main", &clone.p1]);
    repo.git(&[
        "symbolic-ref",
        "refs/remotes/fork/HEAD",
        "refs/remotes/fork/main",
    ]);
    for (event, expected) in [
        (
            "CIRCLECI=true CIRCLE_SHA1={2} CIRCLE_BRANCH=feature",
            "P2, none",
        ),
        ("JENKINS_URL=x CHANGE_TARGET=main CHANGE_ID=1", "exit 2"),
        (
            "TF_BUILD=True BUILD_REASON=PullRequest BUILD_SOURCEVERSION={2} SYSTEM_PULLREQUEST_TARGETBRANCH=refs/heads/main",
            "exit 2",
        ),
        (
            "GITLAB_CI=true CI_PIPELINE_SOURCE=push CI_COMMIT_SHA={2} CI_COMMIT_BRANCH=feature CI_DEFAULT_BRANCH=main",
            "P2, none",
        ),
    ] {
        assert_eq!(clone.decided(event), expected, "{event}");
    }
    // Of two remotes, neither of them origin, nobody knows which one the clone is of.
    for name in ["feature", "release"] {
        let name = format!("refs/remotes/origin/{name}");
        repo.git(&["update-ref", "-d", &name]);
    }
    let circle = "CIRCLECI=true CIRCLE_SHA1={2} CIRCLE_BRANCH=feature";
    assert_eq!(clone.decided(circle), "P1..P2, default");
    repo.git(&["update-ref", "refs/remotes/upstream/main", &clone.b]);
    assert_eq!(clone.decided(circle), "P2, none");
}

/// The pusher's markers and files accept nothing; the default branch of the receiver does.
#[test]
fn a_receiver_accepts_what_its_default_branch_accepts() {
    for bare in [true, false] {
        let args: &[&str] = if bare { &["--bare"] } else { &[] };
        let origin = Repo::init(args);
        if !bare {
            origin.git(&["config", "receive.denyCurrentBranch", "updateInstead"]);
        }
        let install = ["hook", "install", "--stage", "pre-receive"];
        let path = std::env::var_os("PATH").unwrap();
        let run = stopleak(&origin, &install, &[("PATH", path.to_str().unwrap())]);
        assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
        let repo = Repo::init(&[]);
        repo.git(&["remote", "add", "origin", origin.path().to_str().unwrap()]);
        let push = |to: &str| {
            let spec = format!("HEAD:refs/heads/{to}");
            let mut command = repo.command("git");
            let out = command
                .args(["push", "-q", "-f", "origin", &spec])
                .output()
                .unwrap();
            let text = String::from_utf8_lossy(&out.stderr).into_owned();
            (out.status.success(), text)
        };
        let leak = |seed| format!("key = \"{}\"", token(seed));
        let marked = |seed| format!("{} # stopleak:allow mine\n", leak(seed));
        // The first push: nothing accepts anything.
        repo.commit("a.txt", marked(1));
        let (accepted, told) = push("main");
        assert!(!accepted && told.contains("not granted"), "{told}");
        repo.write("stopleak.toml", ALLOW);
        repo.commit("leak.txt", leak(2));
        assert!(!push("main").0);
        // An entry, and only then what it accepts; not in one push, not by another branch.
        repo.git(&["checkout", "-q", "--orphan", "clean"]);
        repo.git(&["rm", "-rfq", "."]);
        repo.commit("a.txt", "clean\n");
        let (accepted, told) = push("main");
        assert!(accepted, "{told}");
        repo.write("stopleak.toml", ALLOW);
        let entry = repo.commit("b.txt", "b\n");
        assert!(push("side").0);
        repo.commit("leak.txt", leak(3));
        let (accepted, told) = push("side");
        assert!(!accepted && told.contains("default branch"), "{told}");
        assert!(!push("main").0);
        repo.git(&["reset", "-q", "--hard", &entry]);
        assert!(push("main").0);
        repo.commit("leak.txt", leak(4));
        let (accepted, told) = push("side");
        assert!(accepted, "{told}");
        // Its own marker accepts nothing still.
        repo.commit("c.txt", marked(5));
        assert!(!push("main").0);
    }
}

/// What another URL has is not known to the one that is pushed to.
#[test]
fn references_of_another_url_are_not_known() {
    let (private, public) = ("../private.git".to_owned(), "../public.git".to_owned());
    let repo = Repo::init(&[]);
    repo.git(&["remote", "add", "origin", &private]);
    let head = repo.commit("leak.txt", format!("key = \"{}\"\n", token(6)));
    repo.git(&["update-ref", "refs/remotes/origin/main", &head]);
    let lines = |name: &str| format!("refs/heads/main {head} refs/heads/{name} {ZERO}\n");
    let hook = |args: &[&str], name: &str| {
        let mut command = repo.command(env!("CARGO_BIN_EXE_stopleak"));
        command.args(["hook", "run", "pre-push", "--"]).args(args);
        let out = crate::support::finish(&mut command, lines(name).as_bytes());
        out.status.code().unwrap()
    };
    assert_eq!(hook(&["origin", &private], "x"), 0);
    assert_eq!(hook(&["origin"], "x"), 0);
    assert_eq!(hook(&["origin", &public], "x"), 1);
    // The receiver says that it lacks the branch: the reference is not of it.
    assert_eq!(hook(&["origin", &private], "main"), 1);
    repo.git(&["remote", "set-url", "--push", "origin", &public]);
    assert_eq!(hook(&["origin", &public], "x"), 1);
    assert_eq!(hook(&["origin"], "x"), 1);
    // Rewritten by the configuration.
    repo.git(&["config", "--unset", "remote.origin.pushurl"]);
    repo.git(&["config", &format!("url.{public}.pushInsteadOf"), &private]);
    assert_eq!(hook(&["origin", &public], "x"), 1);
    assert_eq!(hook(&["origin"], "x"), 1);
    repo.git(&["remote", "set-url", "origin", "short:"]);
    repo.git(&["config", &format!("url.{private}.insteadOf"), "short:"]);
    assert_eq!(hook(&["origin", &private], "x"), 0);
    // Frameworks pass the URL as a variable, and take the range from the references.
    let framework = |url: &str, more: &[(&str, &str)]| {
        let mut command = repo.command(env!("CARGO_BIN_EXE_stopleak"));
        command.args(["hook", "run", "auto"]);
        command.envs([
            ("PRE_COMMIT", "1"),
            ("PRE_COMMIT_REMOTE_NAME", "origin"),
            ("PRE_COMMIT_REMOTE_URL", url),
            ("PRE_COMMIT_LOCAL_BRANCH", "refs/heads/main"),
            ("PRE_COMMIT_REMOTE_BRANCH", "refs/heads/x"),
        ]);
        command.envs(more.iter().copied());
        crate::support::finish(&mut command, b"")
            .status
            .code()
            .unwrap()
    };
    let range = [
        ("PRE_COMMIT_FROM_REF", &*head),
        ("PRE_COMMIT_TO_REF", "main"),
    ];
    assert_eq!(framework(&private, &[]), 0);
    assert_eq!(framework(&public, &[]), 1);
    assert_eq!(framework(&private, &range), 0);
    assert_eq!(framework(&public, &range), 1);
}
