//! `stopleak ci` in repositories, through the program: in clones as CI systems make them, with
//! their variables and payloads. `src/ci/tests.rs` tests the full table of events as data.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::PathBuf;

use crate::support::ran::Ran;
use crate::support::repo::Repo;
use crate::support::token;
use serde_json::{Value, json};

const ZERO: &str = "0000000000000000000000000000000000000000";

/// Returns the value of a line `name: value` of a dry run.
fn line<'r>(ran: &'r Ran, name: &str) -> &'r str {
    let start = format!("{name}: ");
    let mut lines = ran.stdout.lines().filter_map(|l| l.strip_prefix(&start));
    lines.next().unwrap_or_else(|| panic!("no {name}: {ran:?}"))
}

/// A clone of `origin` as a CI system makes it.
struct Clone {
    _parent: Repo,
    dir: PathBuf,
}

impl Clone {
    fn of(origin: &Repo, args: &[&str]) -> Self {
        let parent = Repo::init(&[]);
        let url = format!("file://{}", origin.path().display());
        let mut all = vec!["clone", "-q"];
        all.extend_from_slice(args);
        all.extend_from_slice(&[&url, "work"]);
        parent.git(&all);
        let dir = parent.path().join("work");
        Self {
            _parent: parent,
            dir,
        }
    }

    fn run(&self, args: &[&str], env: &[(&str, &str)]) -> Ran {
        Ran::in_dir(&self.dir, &[&["ci"], args].concat(), env)
    }

    fn github(&self, args: &[&str], event: &str, sha: &str, payload: &Value) -> Ran {
        let path = self.dir.join(".git/event.json");
        std::fs::write(&path, payload.to_string()).unwrap();
        self.run(
            args,
            &[
                ("GITHUB_ACTIONS", "true"),
                ("GITHUB_EVENT_NAME", event),
                ("GITHUB_EVENT_PATH", path.to_str().unwrap()),
                ("GITHUB_SHA", sha),
            ],
        )
    }
}

fn push(branch: &str, before: &str, after: &str) -> Value {
    json!({
        "ref": format!("refs/heads/{branch}"), "before": before, "after": after,
        "repository": {"default_branch": "main"},
    })
}

fn pull_request(base: &str, head: &str) -> Value {
    json!({"pull_request": {
        "number": 1,
        "base": {"sha": base, "ref": "main", "repo": {"full_name": "me/it"}},
        "head": {"sha": head, "ref": "feature", "repo": {"full_name": "me/it"}},
    }})
}

fn commit(repo: &Repo, path: &str, seed: u64) -> String {
    repo.commit(path, format!("key = \"{}\"\n", token(seed)))
}

/// An old secret on main, then a branch with two secrets, one of them removed again.
struct Story {
    origin: Repo,
    first: String,
    base: String,
    leak: String,
    head: String,
}

fn story() -> Story {
    let origin = Repo::init(&[]);
    let first = origin.commit("readme", "hello\n");
    let base = commit(&origin, "old.env", 1);
    origin.git(&["checkout", "-q", "-b", "feature"]);
    let leak = commit(&origin, "gone.env", 2);
    origin.git(&["rm", "-q", "gone.env"]);
    let head = commit(&origin, "new.env", 3);
    origin.git(&["checkout", "-q", "main"]);
    Story {
        origin,
        first,
        base,
        leak,
        head,
    }
}

#[test]
fn a_push_is_what_it_brings() {
    let s = story();
    let clone = Clone::of(&s.origin, &[]);
    let event = push("feature", &s.base, &s.head);
    let dry = clone.github(&["--dry-run"], "push", &s.head, &event);
    assert_eq!(dry.code, 0, "{}", dry.stderr);
    assert_eq!(line(&dry, "scan"), format!("{}..{}", s.base, s.head));
    assert_eq!(line(&dry, "commits"), "2");
    assert_eq!(line(&dry, "base"), s.base);
    assert_eq!(line(&dry, "ci"), "GitHub Actions");
    assert_eq!(line(&dry, "event"), "push to branch feature");
    let ran = clone.github(&["--format", "csv"], "push", &s.head, &event);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stdout.contains("gone.env") && ran.stdout.contains("new.env"));
    assert!(!ran.stdout.contains("old.env"), "{}", ran.stdout);
    assert!(ran.stderr.contains("scan: "), "{}", ran.stderr);
    // The same words are a note in every report.
    let ran = clone.github(&["--format", "json"], "push", &s.head, &event);
    let json: Value = serde_json::from_str(&ran.stdout).unwrap();
    let note = json["summary"]["notes"][0].as_str().unwrap();
    assert!(note.contains(&format!("{}..{}", s.base, s.head)), "{note}");
}

#[test]
fn the_same_findings_as_of_the_range() {
    let s = story();
    let clone = Clone::of(&s.origin, &[]);
    let event = push("main", &s.first, &s.head);
    let ci = clone.github(&["--format", "csv"], "push", &s.head, &event);
    let range = format!("{}..{}", s.first, s.head);
    let args = ["history", "--format", "csv", "--range", &range];
    let history = Ran::in_dir(&clone.dir, &args, &[]);
    assert_eq!(ci.stdout, history.stdout);
    assert_eq!(ci.stdout.matches("reported,").count(), 3);
}

#[test]
fn new_branches_forced_pushes_and_deletions() {
    let s = story();
    let clone = Clone::of(&s.origin, &[]);
    let gone = "1234567890123456789012345678901234567890";
    for (before, after, branch, scan) in [
        // A new branch, and one forced over commits that the clone lacks: compared with the default
        // branch.
        (ZERO, &s.head, "feature", format!("{}..{}", s.base, s.head)),
        (gone, &s.head, "feature", format!("{}..{}", s.base, s.head)),
        // The default branch has nothing to compare with: all of it.
        (ZERO, &s.base, "main", s.base.clone()),
        (gone, &s.base, "main", s.base.clone()),
        (
            &s.base,
            &ZERO.to_owned(),
            "feature",
            "nothing, no commit is left".to_owned(),
        ),
    ] {
        let dry = clone.github(&["--dry-run"], "push", after, &push(branch, before, after));
        assert_eq!(dry.code, 0, "{}", dry.stderr);
        assert_eq!(line(&dry, "scan"), scan, "{branch} {before}");
    }
    let forced = clone.github(
        &["--dry-run"],
        "push",
        &s.head,
        &push("feature", gone, &s.head),
    );
    assert!(
        line(&forced, "why").contains("123456789012) is not here"),
        "{}",
        forced.stdout
    );
    let all = clone.github(
        &["--dry-run"],
        "push",
        &s.base,
        &push("main", gone, &s.base),
    );
    assert_eq!(line(&all, "base"), "none");
    let branch = format!("compared with the tip of main ({})", &s.base[..12]);
    assert!(
        line(&forced, "why").starts_with(&branch),
        "{}",
        forced.stdout
    );
    // A branch that main already contains brings nothing new, and the run reports that.
    let ran = clone.github(&[], "push", &s.first, &push("old", ZERO, &s.first));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("commits: 0"), "{}", ran.stderr);
    // A deletion is not scanned.
    let ran = clone.github(&[], "push", ZERO, &push("feature", &s.base, ZERO));
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""));
}

/// A branch that merges the default branch does not bring what was already there.
#[test]
fn what_is_merged_from_the_default_branch_is_not_new() {
    let s = story();
    let moved = commit(&s.origin, "other.env", 4);
    s.origin.git(&["checkout", "-q", "feature"]);
    s.origin
        .git(&["merge", "-q", "--no-ff", "-m", "merge", "main"]);
    let last = commit(&s.origin, "last.env", 5);
    let clone = Clone::of(&s.origin, &[]);
    let event = push("feature", &s.head, &last);
    let ran = clone.github(&["--format", "csv"], "push", &last, &event);
    assert_eq!(ran.stdout.matches("reported,").count(), 1, "{}", ran.stdout);
    assert!(ran.stdout.contains("last.env"), "{}", ran.stdout);
    // The policy of that branch counts, not the policy before it.
    let dry = clone.github(&["--dry-run"], "push", &last, &event);
    assert_eq!(line(&dry, "scan"), format!("{last} ^{} ^{moved}", s.head));
    assert_eq!(line(&dry, "base"), moved);
}

#[test]
fn an_annotated_tag_is_what_it_adds_to_the_default_branch() {
    let s = story();
    let message = format!("one, with {}", token(9));
    s.origin.git(&["tag", "-a", "-m", &message, "v1", &s.head]);
    let tag = s.origin.git(&["rev-parse", "v1"]);
    let clone = Clone::of(&s.origin, &[]);
    let mut event = push("x", ZERO, &tag);
    event["ref"] = "refs/tags/v1".into();
    let dry = clone.github(&["--dry-run"], "push", &s.head, &event);
    assert_eq!(line(&dry, "scan"), format!("{}..{}", s.base, s.head));
    // As a scan of the history names it.
    let place = ",refs/tags/v1,";
    let ran = clone.github(&["--format", "csv"], "push", &s.head, &event);
    assert_eq!(ran.stdout.matches("reported,").count(), 3, "{}", ran.stdout);
    assert!(ran.stdout.contains(place), "{}", ran.stdout);
    let without = ["--format", "csv", "--no-messages"];
    let ran = clone.github(&without, "push", &s.head, &event);
    assert!(!ran.stdout.contains(place), "{}", ran.stdout);
    // GitLab names the commit and the tag.
    let env = [
        ("GITLAB_CI", "true"),
        ("CI_PIPELINE_SOURCE", "push"),
        ("CI_COMMIT_TAG", "v1"),
        ("CI_COMMIT_SHA", s.head.as_str()),
        ("CI_DEFAULT_BRANCH", "main"),
    ];
    let ran = clone.run(&["--format", "csv"], &env);
    assert_eq!(ran.stdout.matches("reported,").count(), 3, "{}", ran.stdout);
    assert!(ran.stdout.contains(place), "{}", ran.stdout);
}

#[test]
fn the_name_that_a_push_brings_is_judged() {
    let s = story();
    let clone = Clone::of(&s.origin, &[]);
    let name = format!("try/{}", token(11));
    let sha = s.first.as_str();
    let github = |reference: &str, before: &str| {
        let mut event = push("x", before, sha);
        event["ref"] = reference.into();
        let ran = clone.github(&["--format", "json"], "push", sha, &event);
        let found = ran.json()["findings"].as_array().unwrap().len();
        (ran.code, found)
    };
    for kind in ["heads", "tags", "heads/refs/heads"] {
        let full = format!("refs/{kind}/{name}");
        assert_eq!(github(&full, ZERO), (1, 1), "{kind}");
        // It was there before.
        assert_eq!(github(&full, &s.base), (0, 0), "{kind}");
    }
    assert_eq!(github("refs/heads/plain", ZERO), (0, 0));
    for env in [
        vec![
            ("CIRCLECI", "true"),
            ("CIRCLE_SHA1", sha),
            ("CIRCLE_BRANCH", &name),
        ],
        vec![
            ("CIRCLECI", "true"),
            ("CIRCLE_SHA1", sha),
            ("CIRCLE_TAG", &name),
        ],
        vec![
            ("BUILDKITE", "true"),
            ("BUILDKITE_COMMIT", sha),
            ("BUILDKITE_BRANCH", &name),
        ],
        vec![
            ("GITLAB_CI", "true"),
            ("CI_PIPELINE_SOURCE", "push"),
            ("CI_COMMIT_SHA", sha),
            ("CI_COMMIT_TAG", &name),
            ("CI_DEFAULT_BRANCH", "main"),
        ],
    ] {
        let ran = clone.run(&[], &env);
        assert_eq!(ran.code, 1, "{env:?} {ran:?}");
        let all = format!("{}{}", ran.stdout, ran.stderr);
        assert!(!all.contains(&name), "{all}");
    }
}

/// The test merge that GitHub checks out. Main has moved on, and the merge's own changes are
/// scanned as well.
#[test]
fn a_pull_request_is_its_commits_and_what_their_merge_adds() {
    let s = story();
    let moved = commit(&s.origin, "other.env", 4);
    s.origin.git(&["checkout", "-q", "--detach", "main"]);
    s.origin
        .git(&["merge", "-q", "--no-ff", "--no-commit", "feature"]);
    s.origin
        .write("evil.env", format!("key = \"{}\"\n", token(5)));
    s.origin.git(&["add", "-A"]);
    s.origin.git(&["commit", "-q", "-m", "merge"]);
    let merge = s.origin.git(&["rev-parse", "HEAD"]);
    s.origin.git(&["update-ref", "refs/pull/1/merge", &merge]);
    s.origin.git(&["checkout", "-q", "main"]);
    let clone = Clone::of(&s.origin, &[]);
    let git = |args: &[&str]| {
        let mut command = s.origin.command("git");
        let status = command.current_dir(&clone.dir).args(args).status().unwrap();
        assert!(status.success());
    };
    let event = pull_request(&s.base, &s.head);
    // Without the merge: only the commits of the head.
    let ran = clone.github(&["--format", "csv"], "pull_request", &merge, &event);
    assert_eq!(ran.stdout.matches("reported,").count(), 2, "{}", ran.stdout);
    git(&[
        "-c",
        "protocol.file.allow=always",
        "fetch",
        "-q",
        "origin",
        "refs/pull/1/merge",
    ]);
    git(&["checkout", "-q", "--detach", &merge]);
    let ran = clone.github(&["--format", "csv"], "pull_request", &merge, &event);
    assert_eq!(ran.code, 1);
    for (file, there) in [
        ("gone.env", true),
        ("new.env", true),
        ("evil.env", true),
        ("old.env", false),
        ("other.env", false),
    ] {
        assert_eq!(ran.stdout.contains(file), there, "{file}: {}", ran.stdout);
    }
    let dry = clone.github(&["--dry-run"], "pull_request", &merge, &event);
    let expected = format!("{} {merge} ^{} ^{moved}", s.head, s.base);
    assert_eq!(line(&dry, "scan"), expected);
    // The clone lacks the payload's base, but the merge shows where it starts.
    let unknown = "9876543210987654321098765432109876543210";
    let mut event = pull_request(unknown, &s.head);
    event["pull_request"]["base"]["ref"] = "gone".into();
    let dry = clone.github(&["--dry-run"], "pull_request", &merge, &event);
    assert_eq!(line(&dry, "base"), moved);
    // A merge of another branch is not of this pull request.
    let event = pull_request(&s.base, &s.leak);
    let dry = clone.github(&["--dry-run"], "pull_request", &merge, &event);
    let main = s.origin.git(&["rev-parse", "main"]);
    assert_eq!(
        line(&dry, "scan"),
        format!("{} ^{} ^{main}", s.leak, s.base)
    );
}

#[test]
fn what_a_pull_request_took_over_from_its_target_is_not_its_own() {
    let s = story();
    // The event names the base that the branch was begun at. Since then, it merged main.
    s.origin.git(&["checkout", "-q", "-b", "late", &s.first]);
    s.origin.commit("late", "text\n");
    s.origin.git(&["merge", "-q", "--no-edit", "main"]);
    let merged = s.origin.git(&["rev-parse", "HEAD"]);
    let own = commit(&s.origin, "own.env", 5);
    let clone = Clone::of(&s.origin, &[]);
    let event = pull_request(&s.first, &merged);
    let ran = clone.github(&[], "pull_request", &merged, &event);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    let event = pull_request(&s.first, &own);
    let ran = clone.github(&["--format", "csv"], "pull_request", &own, &event);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stdout.contains("own.env") && !ran.stdout.contains("old.env"));
}

#[test]
fn merge_queues_and_schedules() {
    let s = story();
    let clone = Clone::of(&s.origin, &[]);
    let group = json!({"merge_group": {
        "base_sha": s.base, "head_sha": s.head, "base_ref": "refs/heads/main",
    }});
    let dry = clone.github(&["--dry-run"], "merge_group", &s.head, &group);
    assert_eq!(line(&dry, "scan"), format!("{}..{}", s.base, s.head));
    let ran = clone.github(&["--format", "csv"], "schedule", &s.base, &json!({}));
    assert_eq!(ran.code, 1);
    assert_eq!(ran.stdout.matches("reported,").count(), 3, "{}", ran.stdout);
}

/// A clone without the needed commits is an error that prints the line to add. It is never clean,
/// and it writes no report that looks like one.
#[test]
fn a_shallow_clone_is_refused_with_the_line_to_add() {
    let s = story();
    let sha = ("CI_COMMIT_SHA", s.head.as_str());
    let shallow = Clone::of(&s.origin, &["--depth", "1", "--branch", "feature"]);
    for (event, payload) in [
        ("push", push("feature", &s.base, &s.head)),
        ("push", push("feature", ZERO, &s.head)),
        ("pull_request", pull_request(&s.base, &s.head)),
        ("pull_request", pull_request(&s.first, &s.leak)),
        ("schedule", json!({})),
        (
            "push",
            push(
                "feature",
                "9876543210987654321098765432109876543210",
                &s.head,
            ),
        ),
    ] {
        let report = shallow.dir.join("report.json");
        let args = ["-o", report.to_str().unwrap()];
        let ran = shallow.github(&args, event, &s.head, &payload);
        assert_eq!(
            ran.code, 2,
            "{event} {payload}: {}{}",
            ran.stdout, ran.stderr
        );
        assert!(
            ran.stderr.contains("this clone is shallow"),
            "{}",
            ran.stderr
        );
        if payload == push("feature", &s.base, &s.head) {
            let base = format!("the commit before the push ({}) is not here", &s.base[..12]);
            assert!(ran.stderr.contains(&base), "{}", ran.stderr);
        }
        assert!(
            ran.stderr.contains("`fetch-depth: 0` below `with:`"),
            "{}",
            ran.stderr
        );
        assert!(!ran.stdout.contains("clean"), "{}", ran.stdout);
        assert!(!report.exists());
    }
    let environments: &[(&[(&str, &str)], &str)] = &[
        (
            &[
                ("GITLAB_CI", "1"),
                sha,
                ("CI_PIPELINE_SOURCE", "push"),
                ("CI_COMMIT_BRANCH", "x"),
            ],
            "`GIT_DEPTH: \"0\"`",
        ),
        (
            &[("BITBUCKET_BUILD_NUMBER", "1"), ("BITBUCKET_COMMIT", sha.1)],
            "`depth: full`",
        ),
        (
            &[
                ("TF_BUILD", "True"),
                ("BUILD_SOURCEVERSION", sha.1),
                ("BUILD_REASON", "BatchedCI"),
            ],
            "`fetchDepth: 0`",
        ),
        (
            &[("CIRCLECI", "true"), ("CIRCLE_SHA1", sha.1)],
            "{method: full}",
        ),
        (
            &[("JENKINS_URL", "x"), ("CHANGE_TARGET", "main")],
            "shallow: false",
        ),
        (&[("BUILDKITE", "true")], "BUILDKITE_GIT_CLONE_FLAGS"),
        (
            &[
                ("DRONE", "true"),
                ("DRONE_COMMIT_SHA", sha.1),
                ("DRONE_BUILD_EVENT", "push"),
            ],
            "delete `depth:`",
        ),
        (
            &[("CI", "woodpecker"), sha, ("CI_PIPELINE_EVENT", "push")],
            "partial: false",
        ),
    ];
    for (env, line) in environments {
        let ran = shallow.run(&[], env);
        assert_eq!(ran.code, 2, "{env:?}: {}{}", ran.stdout, ran.stderr);
        assert!(ran.stderr.contains(line), "{env:?}: {}", ran.stderr);
    }
}

/// A shallow clone that is deep enough is complete for the change.
#[test]
fn a_shallow_clone_that_has_the_base_is_enough() {
    let s = story();
    let clone = Clone::of(&s.origin, &["--depth", "3", "--branch", "feature"]);
    let ran = clone.github(
        &["--format", "csv"],
        "push",
        &s.head,
        &push("feature", &s.base, &s.head),
    );
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert_eq!(ran.stdout.matches("reported,").count(), 2);
    // The cut is inside the range if the push started before it.
    let ran = clone.github(&[], "push", &s.head, &push("feature", &s.first, &s.head));
    assert_eq!(ran.code, 2, "{}", ran.stderr);
}

#[test]
fn a_base_that_is_not_here_is_named() {
    let s = story();
    let clone = Clone::of(&s.origin, &["--single-branch", "--branch", "feature"]);
    let jenkins = [("JENKINS_URL", "x"), ("CHANGE_TARGET", "main")];
    let ran = clone.run(&[], &jenkins);
    assert_eq!(ran.code, 2);
    let fetch = "git fetch origin +refs/heads/main:refs/remotes/origin/main";
    assert!(ran.stderr.contains(fetch), "{}", ran.stderr);
    // A hostile name is neither printed raw nor put into a command.
    let ran = clone.run(
        &[],
        &[("JENKINS_URL", "x"), ("CHANGE_TARGET", "a;\x1b[2Jb")],
    );
    assert_eq!(ran.code, 2);
    assert!(
        !ran.stderr.contains('\x1b') && !ran.stderr.contains("git fetch"),
        "{}",
        ran.stderr
    );
    // pull_request_target checks out the base; the head must be requested.
    let base = Clone::of(&s.origin, &["--single-branch", "--branch", "main"]);
    let event = pull_request(&s.base, &s.head);
    let ran = base.github(&[], "pull_request_target", &s.base, &event);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("github.event.pull_request.head.sha"),
        "{}",
        ran.stderr
    );
}

#[test]
fn other_systems_in_repositories() {
    let s = story();
    let clone = Clone::of(&s.origin, &["--branch", "feature"]);
    let range = format!("{}..{}", s.base, s.head);
    let short = &s.base[..12];
    let environments: &[(&[(&str, &str)], &str)] = &[
        (
            &[
                ("GITLAB_CI", "true"),
                ("CI_PIPELINE_SOURCE", "merge_request_event"),
                ("CI_COMMIT_SHA", &s.head),
                ("CI_MERGE_REQUEST_DIFF_BASE_SHA", &s.base),
            ],
            &range,
        ),
        (
            &[
                ("BITBUCKET_BUILD_NUMBER", "1"),
                ("BITBUCKET_COMMIT", &s.head),
                ("BITBUCKET_PR_ID", "1"),
                ("BITBUCKET_PR_DESTINATION_COMMIT", short),
            ],
            &range,
        ),
        (
            &[
                ("TF_BUILD", "True"),
                ("BUILD_REASON", "PullRequest"),
                ("BUILD_SOURCEVERSION", &s.head),
                ("SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/main"),
            ],
            &range,
        ),
        (&[("JENKINS_URL", "x"), ("CHANGE_TARGET", "main")], &range),
        (
            &[
                ("JENKINS_URL", "x"),
                ("GIT_PREVIOUS_SUCCESSFUL_COMMIT", &s.base),
            ],
            &range,
        ),
        (
            &[
                ("BUILDKITE", "true"),
                ("BUILDKITE_COMMIT", "HEAD"),
                ("BUILDKITE_BRANCH", "feature"),
                ("BUILDKITE_PIPELINE_DEFAULT_BRANCH", "main"),
            ],
            &range,
        ),
        // Nothing names a base, but the clone tells the default branch.
        (&[("CIRCLECI", "true"), ("CIRCLE_SHA1", &s.head)], &range),
    ];
    for (env, scan) in environments {
        let dry = clone.run(&["--dry-run"], env);
        assert_eq!(dry.code, 0, "{env:?}: {}", dry.stderr);
        assert_eq!(line(&dry, "scan"), *scan, "{env:?}");
    }
    let circle = [("CIRCLECI", "true"), ("CIRCLE_SHA1", s.head.as_str())];
    let dry = clone.run(&["--dry-run", "--base", "origin/main"], &circle);
    assert_eq!(line(&dry, "scan"), range);
    // No base, and a commit that a forced push removed: the default branch.
    for base in ["", "9876543210987654321098765432109876543210"] {
        let dry = clone.run(&["--dry-run", "--base", base], &circle);
        assert_eq!(line(&dry, "scan"), range, "{base}: {}", dry.stderr);
    }
    // A base that is the commit itself.
    for base in [&*s.head, "HEAD"] {
        let dry = clone.run(&["--dry-run", "--base", base], &circle);
        assert_eq!(line(&dry, "scan"), s.head, "{base}: {}", dry.stderr);
    }
    let ran = clone.run(&["--base", "nowhere"], &circle);
    assert_eq!(ran.code, 2);
}

#[test]
fn an_unknown_environment_is_an_error() {
    let s = story();
    let clone = Clone::of(&s.origin, &[]);
    let ran = clone.run(&[], &[("CI", "true")]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("stopleak history --range"),
        "{}",
        ran.stderr
    );
    let ran = clone.run(
        &[],
        &[("GITHUB_ACTIONS", "true"), ("GITHUB_EVENT_NAME", "push")],
    );
    assert_eq!(ran.code, 2, "an event without payload");
    let missing = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_EVENT_NAME", "push"),
        ("GITHUB_EVENT_PATH", "/nowhere/event.json"),
    ];
    assert_eq!(clone.run(&[], &missing).code, 2);
    // With a base given, no event is needed. A system without payloads needs none either.
    let ran = clone.run(&["--dry-run", "--base", "origin/feature"], &missing);
    assert_eq!((ran.code, line(&ran, "event")), (0, "what is checked out"));
    let mut jenkins = missing.to_vec();
    jenkins[0] = ("JENKINS_URL", "x");
    assert_eq!(clone.run(&["--dry-run"], &jenkins).code, 0);
}

/// A partial clone (CircleCI's default) lacks what history needs, so it is never clean.
#[test]
fn a_partial_clone_says_how_to_get_a_whole_one() {
    let s = story();
    s.origin.git(&["config", "uploadpack.allowFilter", "true"]);
    let clone = Clone::of(&s.origin, &["--filter=blob:none", "--branch", "main"]);
    let circle = [("CIRCLECI", "true"), ("CIRCLE_SHA1", s.head.as_str())];
    let ran = clone.run(&["--base", "origin/main"], &circle);
    assert_eq!(ran.code, 2, "{}", ran.stdout);
    assert!(
        ran.stderr.contains("`- checkout: {method: full}`"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_job_summary_is_added_to() {
    let s = story();
    let clone = Clone::of(&s.origin, &[]);
    let summary = clone.dir.join(".git/summary.md");
    std::fs::write(&summary, "# before\n").unwrap();
    let path = summary.to_str().unwrap();
    let env = [
        ("CIRCLECI", "true"),
        ("CIRCLE_SHA1", s.head.as_str()),
        ("GITHUB_STEP_SUMMARY", path),
    ];
    let report = format!("markdown={path}");
    let ran = clone.run(&["-o", &report, "--base", "origin/main"], &env);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    let text = std::fs::read_to_string(&summary).unwrap();
    assert!(
        text.starts_with("# before\n## stopleak: secrets found"),
        "{text}"
    );
}
