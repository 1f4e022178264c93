//! Environments and events of every system as data, with what has to be scanned.
//! `tests/ci.rs` covers the result in repositories.

use serde_json::{Value, json};

use super::decide::decide;
use super::decision::{Base, Wanted};
use super::variables::Variables;

const ZERO: &str = "0000000000000000000000000000000000000000";

/// A commit id: one digit, forty times.
fn id(digit: char) -> String {
    digit.to_string().repeat(40)
}

fn environment(pairs: &[(&str, &str)]) -> Variables {
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), expand(value));
    pairs.iter().map(pair).collect()
}

/// `{a}` stands for the commit id of that digit.
fn expand(text: &str) -> String {
    ('a'..='f').fold(text.to_owned(), |text, digit| {
        text.replace(&format!("{{{digit}}}"), &id(digit))
    })
}

/// Returns `system | event | what`, with commits as in the table: `head +merge ^base ?` for
/// alternative bases, `!` if one of them is required, and `#tag`.
fn decided(env: &Variables, payload: Option<&Value>, base: Option<&str>) -> String {
    let bytes = payload.map(ToString::to_string);
    let decision = match decide(env, bytes.as_deref().map(str::as_bytes), base) {
        Ok(decision) => decision,
        Err(stop) => return format!("error: {}", stop.message),
    };
    let what = match &decision.wanted {
        Wanted::Whole => "whole".to_owned(),
        Wanted::Nothing => "nothing".to_owned(),
        Wanted::Change(change) => {
            let mut words = vec![change.head.clone()];
            words.extend(change.merge.iter().map(|merge| format!("+{merge}")));
            let name = |base: &Base| match base {
                Base::Commit(id, _) | Base::Abbreviated(id, ..) | Base::Asked(id) => id.clone(),
                Base::Branch(name) => name.clone(),
            };
            let bases: Vec<_> = change.bases.iter().map(name).collect();
            let mark = if change.required { "!" } else { "" };
            if !bases.is_empty() || change.required {
                words.push(format!("^{}{mark}", bases.join("|")));
            }
            words.extend(change.tag.iter().map(|tag| format!("#{tag}")));
            words.join(" ")
        }
    };
    format!("{} | {} | {what}", decision.system.name(), decision.event)
}

fn push(reference: &str, before: &str, after: &str) -> Value {
    json!({
        "ref": reference, "before": before, "after": after,
        "repository": {"default_branch": "main"},
    })
}

fn pull_request(fork: &str) -> Value {
    json!({
        "pull_request": {
            "number": 12,
            "base": {"sha": id('a'), "ref": "main", "repo": {"full_name": "me/it"}},
            "head": {"sha": id('b'), "ref": "x", "repo": {"full_name": fork}},
        },
        "repository": {"default_branch": "main"},
    })
}

/// GitHub Actions with an event and its payload.
fn github(event: &str, payload: &Value) -> String {
    let env = environment(&[
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_EVENT_NAME", event),
        ("GITHUB_SHA", "{c}"),
    ]);
    decided(&env, Some(payload), None)
}

#[test]
fn events_of_github() {
    let mut deleted = push("refs/heads/x", &id('a'), &id('b'));
    deleted["deleted"] = true.into();
    let mut forced = push("refs/heads/x", &id('a'), &id('b'));
    forced["forced"] = true.into();
    let group = json!({"merge_group": {
        "base_sha": id('a'), "head_sha": id('b'), "base_ref": "refs/heads/main",
    }});
    let table: &[(&str, Value, &str)] = &[
        (
            "push",
            push("refs/heads/x", &id('a'), &id('b')),
            "push to branch x | {b} ^{a}|main",
        ),
        (
            "push",
            push("refs/heads/main", &id('a'), &id('b')),
            "push to branch main | {b} ^{a}",
        ),
        (
            "push",
            push("refs/heads/x", ZERO, &id('b')),
            "push of the new branch x | {b} ^main",
        ),
        (
            "push",
            push("refs/heads/main", ZERO, &id('b')),
            "push of the new branch main | {b}",
        ),
        (
            "push",
            push("refs/tags/main", ZERO, &id('b')),
            "push of the new tag main | {b} ^main #main",
        ),
        (
            "push",
            push("refs/heads/x", &id('a'), ZERO),
            "deletion of branch x | nothing",
        ),
        ("push", deleted, "deletion of branch x | nothing"),
        ("push", forced, "forced push to branch x | {b} ^{a}|main"),
        (
            "pull_request",
            pull_request("me/it"),
            "pull request 12 into main | {b} +{c} ^{a}|main!",
        ),
        (
            "pull_request",
            pull_request("you/it"),
            "pull request 12 into main from the fork you/it | {b} +{c} ^{a}|main!",
        ),
        (
            "pull_request_target",
            pull_request("you/it"),
            "pull request 12 into main from the fork you/it | {b} ^{a}|main!",
        ),
        (
            "pull_request_review",
            pull_request("me/it"),
            "pull request 12 into main | {b} ^{a}|main!",
        ),
        ("merge_group", group, "merge queue into main | {b} ^{a}!"),
        (
            "create",
            json!({"ref": "x", "ref_type": "branch", "repository": {"default_branch": "main"}}),
            "creation of the branch x | {c} ^main",
        ),
        (
            "create",
            json!({"ref": "main", "ref_type": "branch", "repository": {"default_branch": "main"}}),
            "creation of the branch main | {c}",
        ),
        (
            "create",
            json!({"ref": "main", "ref_type": "tag", "repository": {"default_branch": "main"}}),
            "creation of the tag main | {c} ^main #main",
        ),
        (
            "schedule",
            json!({"schedule": "0 0 * * *"}),
            "schedule | whole",
        ),
        (
            "workflow_dispatch",
            json!({"inputs": null}),
            "workflow_dispatch | whole",
        ),
        ("release", json!({"action": "published"}), "release | whole"),
    ];
    for (event, payload, expected) in table {
        let expected = format!("GitHub Actions | {}", expand(expected));
        assert_eq!(github(event, payload), expected, "{event} {payload}");
    }
}

#[test]
fn a_payload_that_does_not_tell_is_an_error() {
    for (event, payload) in [
        ("push", json!({})),
        ("push", json!({"ref": "refs/heads/x", "before": id('a')})),
        ("push", push("refs/heads/x", "HEAD", &id('b'))),
        ("push", push("refs/heads/x", &id('a'), "--help")),
        ("pull_request", json!({"pull_request": {"base": {}}})),
        ("merge_group", json!({"merge_group": {"base_sha": id('a')}})),
        ("merge_group", json!([1])),
    ] {
        let told = github(event, &payload);
        assert!(told.starts_with("error: the event's payload"), "{told}");
    }
    let env = environment(&[("GITHUB_ACTIONS", "true"), ("GITHUB_EVENT_NAME", "push")]);
    assert!(decided(&env, None, None).starts_with("error: GITHUB_EVENT_PATH is not set"));
    for bytes in [&b"{"[..], b"", b"\xff", "[".repeat(100_000).as_bytes()] {
        assert!(decide(&env, Some(bytes), None).is_err());
    }
}

#[test]
fn compatible_systems_are_called_by_their_names() {
    let payload = push("refs/heads/x", &id('a'), &id('b'));
    for (names, system) in [
        (&["GITHUB_ACTIONS"][..], "GitHub Actions"),
        (&["GITHUB_ACTIONS", "GITEA_ACTIONS"], "Gitea Actions"),
        (
            &["GITHUB_ACTIONS", "GITEA_ACTIONS", "FORGEJO_ACTIONS"],
            "Forgejo Actions",
        ),
    ] {
        let mut pairs = vec![("GITHUB_EVENT_NAME", "push")];
        pairs.extend(names.iter().map(|name| (*name, "true")));
        let told = decided(&environment(&pairs), Some(&payload), None);
        let expected = format!("{system} | push to branch x | {{b}} ^{{a}}|main");
        assert_eq!(told, expand(&expected));
    }
}

/// The variables of a job, and the expected decision.
type Row = (&'static [(&'static str, &'static str)], &'static str);

fn check(table: &[Row]) {
    for (pairs, expected) in table {
        let told = decided(&environment(pairs), None, None);
        assert_eq!(told, expand(expected), "{pairs:?}");
    }
}

#[test]
fn pipelines_of_gitlab() {
    const ON: (&str, &str) = ("GITLAB_CI", "true");
    const SHA: (&str, &str) = ("CI_COMMIT_SHA", "{b}");
    const MAIN: (&str, &str) = ("CI_DEFAULT_BRANCH", "main");
    const PUSH: (&str, &str) = ("CI_PIPELINE_SOURCE", "push");
    const REQUEST: (&str, &str) = ("CI_PIPELINE_SOURCE", "merge_request_event");
    check(&[
        (
            &[
                ON,
                SHA,
                MAIN,
                PUSH,
                ("CI_COMMIT_BRANCH", "x"),
                ("CI_COMMIT_BEFORE_SHA", "{a}"),
            ],
            "GitLab CI | push to branch x | {b} ^{a}|main",
        ),
        (
            &[
                ON,
                SHA,
                MAIN,
                PUSH,
                ("CI_COMMIT_BRANCH", "x"),
                ("CI_COMMIT_BEFORE_SHA", ZERO),
            ],
            "GitLab CI | push to branch x | {b} ^main",
        ),
        (
            &[
                ON,
                SHA,
                MAIN,
                PUSH,
                ("CI_COMMIT_BRANCH", "main"),
                ("CI_COMMIT_BEFORE_SHA", ZERO),
            ],
            "GitLab CI | push to branch main | {b}",
        ),
        (
            &[
                ON,
                SHA,
                MAIN,
                PUSH,
                ("CI_COMMIT_TAG", "v1"),
                ("CI_COMMIT_BEFORE_SHA", ZERO),
            ],
            "GitLab CI | push to tag v1 | {b} ^main #v1",
        ),
        (
            &[
                ON,
                SHA,
                REQUEST,
                ("CI_MERGE_REQUEST_IID", "7"),
                ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
                ("CI_MERGE_REQUEST_DIFF_BASE_SHA", "{a}"),
                ("CI_COMMIT_BEFORE_SHA", ZERO),
            ],
            "GitLab CI | merge request 7 into main | {b} ^{a}!",
        ),
        (
            &[
                ON,
                SHA,
                REQUEST,
                ("CI_MERGE_REQUEST_IID", "7"),
                ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
                ("CI_MERGE_REQUEST_DIFF_BASE_SHA", "{a}"),
                ("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "{c}"),
            ],
            "GitLab CI | merge request 7 into main, merged result | {c} +{b} ^{a}!",
        ),
        (
            &[
                ON,
                SHA,
                REQUEST,
                ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
            ],
            "GitLab CI | merge request into main | {b} ^main!",
        ),
        // A child pipeline of a push, and of a schedule.
        (
            &[
                ON,
                SHA,
                MAIN,
                ("CI_PIPELINE_SOURCE", "parent_pipeline"),
                ("CI_COMMIT_BRANCH", "x"),
                ("CI_COMMIT_BEFORE_SHA", "{a}"),
            ],
            "GitLab CI | push to branch x | {b} ^{a}|main",
        ),
        (
            &[
                ON,
                SHA,
                ("CI_PIPELINE_SOURCE", "parent_pipeline"),
                ("CI_COMMIT_BEFORE_SHA", ZERO),
            ],
            "GitLab CI | parent_pipeline | whole",
        ),
        (
            &[ON, SHA, ("CI_COMMIT_BRANCH", "x")],
            "error: CI_PIPELINE_SOURCE is not set, so the change is unknown",
        ),
        (
            &[ON, SHA, ("CI_PIPELINE_SOURCE", "schedule")],
            "GitLab CI | schedule | whole",
        ),
        (
            &[
                ON,
                SHA,
                ("CI_PIPELINE_SOURCE", "web"),
                ("CI_COMMIT_BRANCH", "x"),
            ],
            "GitLab CI | web | whole",
        ),
        (
            &[
                ON,
                SHA,
                ("CI_PIPELINE_SOURCE", "external_pull_request_event"),
                ("CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_SHA", "{a}"),
            ],
            "GitLab CI | external pull request | {b} ^{a}!",
        ),
        (
            &[ON],
            "error: CI_COMMIT_SHA is not set, so the change is unknown",
        ),
        (
            &[ON, PUSH, ("CI_COMMIT_SHA", "-x")],
            "error: CI_COMMIT_SHA is not a commit id: `-x`",
        ),
    ]);
}

#[test]
fn builds_of_bitbucket_azure_and_circleci() {
    const BITBUCKET: (&str, &str) = ("BITBUCKET_BUILD_NUMBER", "3");
    const AZURE: (&str, &str) = ("TF_BUILD", "True");
    const BUILT: (&str, &str) = ("BUILD_SOURCEVERSION", "{b}");
    check(&[
        (
            &[
                BITBUCKET,
                ("BITBUCKET_COMMIT", "{b}"),
                ("BITBUCKET_PR_ID", "4"),
                ("BITBUCKET_PR_DESTINATION_BRANCH", "main"),
                ("BITBUCKET_PR_DESTINATION_COMMIT", "aaaaaaaaaaaa"),
            ],
            "Bitbucket Pipelines | pull request 4 into main | {b} +HEAD ^aaaaaaaaaaaa|main!",
        ),
        (
            &[
                BITBUCKET,
                ("BITBUCKET_COMMIT", "{b}"),
                ("BITBUCKET_BRANCH", "x"),
            ],
            "Bitbucket Pipelines | build of branch x | {b}",
        ),
        (
            &[
                AZURE,
                BUILT,
                ("BUILD_REASON", "PullRequest"),
                ("SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/main"),
                ("SYSTEM_PULLREQUEST_SOURCECOMMITID", "{a}"),
            ],
            "Azure Pipelines | pull request into main | {a} +{b} ^main!",
        ),
        (
            &[
                AZURE,
                BUILT,
                ("BUILD_REASON", "IndividualCI"),
                ("BUILD_SOURCEBRANCH", "refs/heads/x"),
            ],
            "Azure Pipelines | push to refs/heads/x | {b}",
        ),
        (
            &[AZURE, BUILT, ("BUILD_REASON", "Schedule")],
            "Azure Pipelines | build for Schedule | whole",
        ),
        (
            &[
                ("CIRCLECI", "true"),
                ("CIRCLE_SHA1", "{b}"),
                ("CIRCLE_BRANCH", "x"),
            ],
            "CircleCI | build of branch x | {b}",
        ),
        (
            &[("CIRCLECI", "true")],
            "error: CIRCLE_SHA1 is not set, so the change is unknown",
        ),
    ]);
}

#[test]
fn builds_of_jenkins_buildkite_drone_and_woodpecker() {
    const JENKINS: (&str, &str) = ("JENKINS_URL", "https://ci.example.com/");
    const KITE: (&str, &str) = ("BUILDKITE", "true");
    const KITE_COMMIT: (&str, &str) = ("BUILDKITE_COMMIT", "{b}");
    const DRONE: (&str, &str) = ("DRONE", "true");
    const DRONE_SHA: (&str, &str) = ("DRONE_COMMIT_SHA", "{b}");
    const PECKER: (&str, &str) = ("CI", "woodpecker");
    const SHA: (&str, &str) = ("CI_COMMIT_SHA", "{b}");
    const PECKER_MAIN: (&str, &str) = ("CI_REPO_DEFAULT_BRANCH", "main");
    check(&[
        (
            &[JENKINS, ("CHANGE_ID", "5"), ("CHANGE_TARGET", "main")],
            "Jenkins | change 5 into main | HEAD ^main!",
        ),
        (
            &[
                JENKINS,
                ("BRANCH_NAME", "x"),
                ("GIT_PREVIOUS_SUCCESSFUL_COMMIT", "{a}"),
            ],
            "Jenkins | build of x | HEAD ^{a}",
        ),
        (
            &[JENKINS, ("BRANCH_NAME", "x")],
            "Jenkins | build of x | HEAD",
        ),
        (
            &[
                KITE,
                KITE_COMMIT,
                ("BUILDKITE_PULL_REQUEST", "6"),
                ("BUILDKITE_PULL_REQUEST_BASE_BRANCH", "main"),
            ],
            "Buildkite | pull request 6 into main | {b} +HEAD ^main!",
        ),
        (
            &[
                KITE,
                ("BUILDKITE_COMMIT", "HEAD"),
                ("BUILDKITE_BRANCH", "x"),
                ("BUILDKITE_PULL_REQUEST", "false"),
                ("BUILDKITE_PIPELINE_DEFAULT_BRANCH", "main"),
            ],
            "Buildkite | build of x | HEAD ^main",
        ),
        (
            &[
                KITE,
                KITE_COMMIT,
                ("BUILDKITE_BRANCH", "main"),
                ("BUILDKITE_PIPELINE_DEFAULT_BRANCH", "main"),
            ],
            "Buildkite | build of main | {b}",
        ),
        (
            &[
                KITE,
                KITE_COMMIT,
                ("BUILDKITE_MERGE_QUEUE_BASE_COMMIT", "{a}"),
                ("BUILDKITE_MERGE_QUEUE_BASE_BRANCH", "main"),
            ],
            "Buildkite | merge queue into main | {b} ^{a}!",
        ),
        (
            &[KITE, KITE_COMMIT, ("BUILDKITE_SOURCE", "schedule")],
            "Buildkite | schedule | whole",
        ),
        (
            &[
                DRONE,
                DRONE_SHA,
                ("DRONE_BUILD_EVENT", "pull_request"),
                ("DRONE_TARGET_BRANCH", "main"),
            ],
            "Drone | pull request into main | {b} +HEAD ^main!",
        ),
        (
            &[
                DRONE,
                DRONE_SHA,
                ("DRONE_BUILD_EVENT", "push"),
                ("DRONE_BRANCH", "x"),
                ("DRONE_COMMIT_BEFORE", "{a}"),
                ("DRONE_REPO_BRANCH", "main"),
            ],
            "Drone | push to branch x | {b} ^{a}|main",
        ),
        (
            &[DRONE, DRONE_SHA, ("DRONE_BUILD_EVENT", "cron")],
            "Drone | cron | whole",
        ),
        (
            &[
                PECKER,
                SHA,
                PECKER_MAIN,
                ("CI_PIPELINE_EVENT", "pull_request"),
                ("CI_COMMIT_TARGET_BRANCH", "main"),
            ],
            "Woodpecker | pull request into main | {b} +HEAD ^main!",
        ),
        (
            &[
                PECKER,
                SHA,
                PECKER_MAIN,
                ("CI_PIPELINE_EVENT", "push"),
                ("CI_COMMIT_BRANCH", "x"),
                ("CI_PREV_COMMIT_SHA", "{a}"),
                ("CI_PREV_COMMIT_BRANCH", "x"),
                ("CI_PREV_PIPELINE_EVENT", "push"),
            ],
            "Woodpecker | push to branch x | {b} ^{a}|main",
        ),
        // A build does not accept what a pull request adds.
        (
            &[
                PECKER,
                SHA,
                PECKER_MAIN,
                ("CI_PIPELINE_EVENT", "push"),
                ("CI_COMMIT_BRANCH", "main"),
                ("CI_PREV_COMMIT_SHA", "{a}"),
                ("CI_PREV_COMMIT_BRANCH", "main"),
                ("CI_PREV_PIPELINE_EVENT", "pull_request"),
            ],
            "Woodpecker | push to branch main | {b}",
        ),
    ]);
}

#[test]
fn a_base_that_is_asked_for_outranks_the_environment() {
    let circle = environment(&[("CIRCLECI", "true"), ("CIRCLE_SHA1", "{b}")]);
    let told = decided(&circle, None, Some("origin/main"));
    assert_eq!(
        told,
        expand("CircleCI | build of a commit | {b} ^origin/main!")
    );
    // A missing commit was there before a forced push.
    let told = decided(&circle, None, Some(&id('a')));
    assert_eq!(told, expand("CircleCI | build of a commit | {b} ^{a}"));
    let broken = environment(&[("GITHUB_ACTIONS", "true")]);
    let told = decided(&broken, None, Some("x"));
    assert_eq!(told, "GitHub Actions | what is checked out | HEAD ^x!");
    let none = environment(&[("CI", "true")]);
    assert!(
        decided(&none, None, None).starts_with("error: the environment shows no known CI system")
    );
    let told = decided(&none, None, Some("origin/main"));
    assert!(told.ends_with("| HEAD ^origin/main!"), "{told}");
}
