//! `stopleak hook` through the program: real commits, merges and pushes through installed hooks,
//! git's protocols with hostile input, and the hook files.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support;
use crate::support::repo::Repo;
use crate::support::token;

const ZERO: &str = "0000000000000000000000000000000000000000";

#[derive(Debug)]
struct Run {
    code: i32,
    text: String,
    errors: String,
}

impl Run {
    #[track_caller]
    fn code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        self
    }

    #[track_caller]
    fn finds(self, secrets: &[&str]) -> Self {
        for secret in secrets {
            let times = self.text.matches(&format!("{secret}\"")).count()
                + self.text.matches(&format!("{secret}\n")).count();
            assert_eq!(times, 1, "{secret} in {self:?}");
        }
        self.code(i32::from(!secrets.is_empty()))
    }

    #[track_caller]
    fn lacks(self, secret: &str) -> Self {
        assert!(!self.text.contains(secret), "{secret} in {self:?}");
        self
    }
}

fn finish(mut command: Command, stdin: &[u8]) -> Run {
    let out = support::finish(&mut command, stdin);
    Run {
        code: out.status.code().unwrap(),
        text: String::from_utf8_lossy(&out.stdout).into_owned(),
        errors: String::from_utf8_lossy(&out.stderr).into_owned(),
    }
}

fn stopleak(repo: &Repo) -> Command {
    repo.command(env!("CARGO_BIN_EXE_stopleak"))
}

/// Runs a hook directly.
fn hook<S: AsRef<OsStr>>(repo: &Repo, stage: &str, args: &[S], stdin: &[u8]) -> Run {
    hook_with(repo, stage, args, stdin, &[])
}

fn hook_with<S: AsRef<OsStr>>(
    repo: &Repo,
    stage: &str,
    args: &[S],
    stdin: &[u8],
    env: &[(&str, &str)],
) -> Run {
    let mut command = stopleak(repo);
    command
        .args([
            "hook",
            "run",
            stage,
            "--show-secrets",
            "--color",
            "never",
            "--",
        ])
        .args(args)
        .envs(env.iter().copied());
    finish(command, stdin)
}

/// Runs `stopleak hook …`.
fn manage(repo: &Repo, args: &[&str]) -> Run {
    let mut command = stopleak(repo);
    command.arg("hook").args(args);
    finish(command, b"")
}

/// Runs git, which may fail.
fn try_git(repo: &Repo, args: &[&str]) -> Run {
    let mut command = repo.command("git");
    command.args(args);
    finish(command, b"")
}

fn line(secret: &str) -> String {
    format!("token: {secret}\n")
}

/// Creates a repository with a first commit, and a bare `origin` that has it.
fn with_origin() -> (Repo, Repo) {
    let origin = Repo::init(&["--bare"]);
    let repo = Repo::init(&[]);
    repo.commit("a.txt", "one\n");
    repo.git(&["remote", "add", "origin", origin.path().to_str().unwrap()]);
    repo.git(&["push", "-q", "origin", "main"]);
    (repo, origin)
}

/// Returns a line of pre-push for one branch.
fn pushed(name: &str, local: &str, remote: &str) -> String {
    format!("refs/heads/{name} {local} refs/heads/{name} {remote}\n")
}

/// Runs pre-push as git does for a push to `origin`.
fn push(repo: &Repo, lines: &str) -> Run {
    let url = repo.git(&["remote", "get-url", "origin"]);
    hook(repo, "pre-push", &["origin", &url], lines.as_bytes())
}

#[test]
fn a_commit_is_judged_as_staged() {
    let repo = Repo::init(&[]);
    let secret = token(1);
    repo.write("a.txt", line(&secret));
    repo.git(&["add", "-A"]);
    let run = hook(&repo, "pre-commit", &[""; 0], b"").finds(&[&secret]);
    assert!(run.errors.contains("the commit is stopped"), "{run:?}");
    assert!(!run.errors.contains("--no-verify"), "{run:?}");
    assert!(run.errors.contains("stopleak:allow"), "{run:?}");
    repo.git(&["commit", "-q", "-m", "x"]);
    hook(&repo, "pre-commit", &[""; 0], b"").finds(&[]);
    hook(&repo, "pre-merge-commit", &[""; 0], b"").finds(&[]);
}

#[test]
fn a_merge_is_compared_with_what_is_merged() {
    let repo = Repo::init(&[]);
    let (side, evil) = (token(2), token(3));
    repo.commit("a.txt", "base\n");
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.commit("s.txt", line(&side));
    repo.git(&["checkout", "-q", "main"]);
    repo.commit("m.txt", "main\n");
    manage(&repo, &["install", "--stage", "pre-merge-commit"]).code(0);
    // The merge does not bring what was committed elsewhere.
    try_git(&repo, &["merge", "-q", "side"]).code(0);
    // An existing hook adds something to the merge.
    repo.git(&["reset", "-q", "--hard", "HEAD~1"]);
    let script = format!("#!/bin/sh\necho '{evil}' > evil.txt && git add evil.txt\n");
    write_hook(
        &repo
            .path()
            .join(".git/hooks/pre-merge-commit.before-stopleak"),
        &script,
    );
    let run = try_git(&repo, &["merge", "-q", "side"]);
    assert_ne!(run.code, 0, "{run:?}");
    assert!(run.errors.contains("the merge is stopped"), "{run:?}");
    assert!(!run.errors.contains("--no-verify"), "{run:?}");
    assert!(
        run.errors.contains("evil.txt") || run.text.contains("evil.txt"),
        "{run:?}"
    );
}

#[test]
fn a_push_is_what_the_remote_lacks() {
    let (repo, _origin) = with_origin();
    let base = repo.git(&["rev-parse", "HEAD"]);
    let (old, new) = (token(4), token(5));
    let first = repo.commit("b.txt", line(&old));
    // A branch that moves on, and a branch that the remote lacks.
    push(&repo, &pushed("main", &first, &base)).finds(&[&old]);
    push(&repo, &pushed("new", &first, ZERO)).finds(&[&old]);
    repo.git(&["push", "-q", "origin", "main"]);
    push(&repo, &pushed("new", &first, ZERO)).finds(&[]);
    let second = repo.commit("c.txt", line(&new));
    push(&repo, &pushed("main", &second, &first))
        .finds(&[&new])
        .lacks(&old);
    push(&repo, &pushed("new", &second, ZERO))
        .finds(&[&new])
        .lacks(&old);
    // A deletion sends nothing. Neither does a push without updates.
    push(&repo, &format!("(delete) {ZERO} refs/heads/main {first}\n")).finds(&[]);
    push(&repo, "").finds(&[]);
    // Another person changed the remote: its tip is not known here.
    let unknown = "1234567890123456789012345678901234567890";
    let run = push(&repo, &pushed("main", &second, unknown))
        .finds(&[&new])
        .lacks(&old);
    assert!(run.text.contains("not here"), "{run:?}");
    // Force push: back to the base, and on from there.
    repo.git(&["reset", "-q", "--hard", &base]);
    let third = repo.commit("d.txt", line(&new));
    push(&repo, &pushed("main", &third, &first))
        .finds(&[&new])
        .lacks(&old);
    // A remote about which nothing is known: everything.
    let lines = pushed("main", &second, ZERO);
    hook(
        &repo,
        "pre-push",
        &["https://x.example/y"; 2],
        lines.as_bytes(),
    )
    .finds(&[&old, &new]);
    hook(&repo, "pre-push", &["orig", ""], lines.as_bytes()).finds(&[&old, &new]);
}

#[test]
fn many_references_are_one_scan() {
    let (repo, _origin) = with_origin();
    let base = repo.git(&["rev-parse", "HEAD"]);
    let (one, two) = (token(6), token(7));
    let first = repo.commit("b.txt", line(&one));
    let second = repo.commit("c.txt", line(&two));
    let mut lines = pushed("main", &second, &base);
    for n in 0..200 {
        lines.push_str(&pushed(&format!("n{n}"), [&first, &second][n % 2], ZERO));
    }
    push(&repo, &lines).finds(&[&one, &two]);
}

#[test]
fn tags_and_bare_objects_and_names_are_pushed_too() {
    let (repo, _origin) = with_origin();
    let (message, inner, blob, tree, name) = (token(8), token(9), token(10), token(11), token(12));
    repo.git(&["tag", "-a", "inner", "-m", &inner]);
    repo.git(&["tag", "-a", "outer", "-m", &message, "inner"]);
    let tag = |repo: &Repo, name: &str| {
        let id = repo.git(&["rev-parse", &format!("refs/tags/{name}")]);
        format!("refs/tags/{name} {id} refs/tags/{name} {ZERO}\n")
    };
    push(&repo, &tag(&repo, "outer")).finds(&[&message, &inner]);
    // The other side has the inner tag.
    let known = repo.git(&["rev-parse", "inner"]);
    let both = format!("{}{}", tag(&repo, "outer"), tag(&repo, "inner"));
    push(&repo, &both).finds(&[&message, &inner]);
    let moved = tag(&repo, "outer").replace(ZERO, &known);
    push(&repo, &moved).finds(&[&message]).lacks(&inner);
    // Tags of a blob and of a tree.
    let hash = |bytes: String| {
        let id = repo.run(&["hash-object", "-w", "--stdin"], bytes.as_bytes());
        String::from_utf8(id).unwrap().trim().to_owned()
    };
    repo.git(&["tag", "blob", &hash(line(&blob))]);
    push(&repo, &tag(&repo, "blob")).finds(&[&blob]);
    let entry = format!("100644 blob {}\tt.txt\n", hash(line(&tree)));
    let id = repo.run(&["mktree"], entry.as_bytes());
    repo.git(&["tag", "tree", String::from_utf8(id).unwrap().trim()]);
    push(&repo, &tag(&repo, "tree")).finds(&[&tree]);
    let base = repo.git(&["rev-parse", "HEAD"]);
    let run = push(&repo, &pushed(&format!("x/{name}"), &base, ZERO)).code(1);
    assert!(run.text.contains(&name), "{run:?}");
}

#[test]
fn remotes_with_similar_names_are_not_confused() {
    let (repo, origin) = with_origin();
    let secret = token(13);
    repo.commit("b.txt", line(&secret));
    // Known to the remote `origin/b`, which git no longer lets anyone add.
    repo.git(&[
        "config",
        "remote.origin/b.url",
        origin.path().to_str().unwrap(),
    ]);
    repo.git(&["update-ref", "refs/remotes/origin/b/main", "HEAD"]);
    let head = repo.git(&["rev-parse", "HEAD"]);
    push(&repo, &pushed("new", &head, ZERO)).finds(&[&secret]);
    // A branch `b/main` of `origin` would be at the same place, so nothing is known of `origin/b`
    // either, until `origin` writes elsewhere.
    let lines = pushed("new", &head, ZERO);
    let url = origin.path().to_str().unwrap();
    let there = || hook(&repo, "pre-push", &["origin/b", url], lines.as_bytes());
    there().finds(&[&secret]);
    let elsewhere = "+refs/heads/*:refs/remotes/other/*";
    repo.git(&["config", "remote.origin.fetch", elsewhere]);
    there().finds(&[]);
}

#[test]
fn hostile_lines_are_refused_and_named() {
    let (repo, _origin) = with_origin();
    let head = repo.git(&["rev-parse", "HEAD"]);
    let good = pushed("main", &head, &head);
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (b"\n".to_vec(), "line 2"),
        (b"refs/heads/\x1b[31mx y z w\n".to_vec(), "\\x1b[31m"),
        (format!("a {head} b\0c {ZERO}\n").into_bytes(), "NUL"),
        (format!("a {head} b {}", &ZERO[..39]).into_bytes(), "line 2"),
        (format!("a {head} b {ZERO}0\n").into_bytes(), "line 2"),
        (vec![b'x'; 40 << 20], "longer than git writes"),
        ([b"a ".repeat(1 << 20), b"\n".to_vec()].concat(), "longer"),
        (
            format!("a {} b {ZERO}\n", "1".repeat(40)).into_bytes(),
            "missing",
        ),
        (b"\r\n".to_vec(), "\\r"),
    ];
    for (bad, says) in cases {
        let run = push_bytes(&repo, &[good.as_bytes(), &bad].concat()).code(2);
        assert!(run.errors.contains(says), "{says}: {run:?}");
        assert!(run.errors.len() < 1500, "{says}: {}", run.errors.len());
        assert!(!run.errors.contains(['\x1b', '\0', '\r']), "{run:?}");
        assert!(!run.text.contains("clean"), "{run:?}");
    }
    // A complete last line counts, with or without a line end.
    push(&repo, good.trim_end()).finds(&[]);
    // Standard input of another hook, no arguments, unknown stage.
    push(&repo, &format!("{head} {head} refs/heads/main\n")).code(2);
    hook(&repo, "pre-push", &[""; 0], good.as_bytes()).code(2);
    hook(&repo, "post-commit", &[""; 0], b"").code(2);
    hook(&repo, "auto", &[""; 0], b"").code(2);
}

fn push_bytes(repo: &Repo, lines: &[u8]) -> Run {
    hook(repo, "pre-push", &["origin", "url"], lines)
}

#[test]
fn real_pushes_go_through_the_hook() {
    let (repo, origin) = with_origin();
    manage(&repo, &["install", "--stage", "pre-push"]).code(0);
    let secret = token(14);
    repo.commit("b.txt", line(&secret));
    let run = try_git(&repo, &["push", "origin", "main"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.errors.contains("the push is stopped"), "{run:?}");
    assert!(!run.errors.contains("--no-verify"), "{run:?}");
    try_git(
        &repo,
        &["push", "-q", "origin", "main:new", "HEAD~1:refs/heads/fine"],
    )
    .code(1);
    let run = try_git(&repo, &["push", "-q", "origin", "HEAD~1:refs/heads/fine"]);
    run.code(0);
    try_git(&repo, &["push", "-q", "--no-verify", "origin", "main"]).code(0);
    try_git(&repo, &["push", "-q", "origin", "main:new"]).code(0);
    try_git(&repo, &["push", "-q", "origin", ":new"]).code(0);
    try_git(&repo, &["push", "-q", "origin", "main"]).code(0);
    // Another person moved the branch. A forced push over it is still compared.
    let other = Repo::init(&[]);
    let url = origin.path().to_str().unwrap();
    other.git(&["pull", "-q", url, "main"]);
    other.commit("other.txt", "x\n");
    other.git(&["push", "-q", url, "HEAD:main"]);
    repo.commit("c.txt", line(&token(15)));
    let run = try_git(&repo, &["push", "--force", "origin", "main"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(
        run.text.contains("c.txt") && !run.text.contains("b.txt"),
        "{run:?}"
    );
}

fn receive_in(args: &[&str]) {
    let mut bare = vec!["--bare"];
    bare.extend_from_slice(args);
    let origin = Repo::init(&bare);
    let run = manage(&origin, &["install"]).code(0);
    assert!(run.text.contains("pre-receive: installed"), "{run:?}");
    let repo = Repo::init(args);
    repo.git(&["remote", "add", "origin", origin.path().to_str().unwrap()]);
    let (one, two, tag) = (token(16), token(17), token(18));
    repo.commit("a.txt", "one\n");
    try_git(&repo, &["push", "-q", "origin", "main"]).code(0);
    let refused = |run: Run, path: &str| {
        assert_eq!(run.code, 1, "{run:?}");
        assert!(run.errors.contains("the push is refused"), "{run:?}");
        assert!(run.errors.contains(path), "{run:?}");
        assert!(!run.errors.contains("--no-verify"), "{run:?}");
    };
    // In the working branch, in a new branch, behind a commit that removes it.
    repo.commit("b.txt", line(&one));
    refused(try_git(&repo, &["push", "origin", "main"]), "b.txt");
    refused(try_git(&repo, &["push", "origin", "main:new"]), "b.txt");
    repo.commit("b.txt", "gone\n");
    refused(try_git(&repo, &["push", "origin", "main"]), "b.txt");
    let refs = origin.git(&["for-each-ref"]);
    assert_eq!(refs.lines().count(), 1, "{refs}");
    // What is already there is not new. A forced push to a clean state is fine.
    repo.git(&["reset", "-q", "--hard", "HEAD~2"]);
    repo.git(&["commit", "-q", "--amend", "-m", "amended"]);
    try_git(&repo, &["push", "-q", "--force", "origin", "main"]).code(0);
    repo.commit("c.txt", line(&two));
    refused(
        try_git(&repo, &["push", "-q", "--force", "origin", "main"]),
        "c.txt",
    );
    repo.git(&["reset", "-q", "--hard", "HEAD~1"]);
    repo.git(&["tag", "-a", "t", "-m", &tag]);
    refused(try_git(&repo, &["push", "origin", "t"]), "refs/tags/t");
    try_git(&repo, &["push", "-q", "origin", "main:extra"]).code(0);
    try_git(&repo, &["push", "-q", "origin", ":extra"]).code(0);
    // A pack large enough to stay a pack instead of becoming loose objects.
    for n in 0..40 {
        repo.commit("many.txt", format!("{n}\n"));
    }
    repo.commit("many.txt", line(&two));
    origin.git(&["config", "receive.unpackLimit", "1"]);
    refused(
        try_git(&repo, &["push", "-q", "origin", "main"]),
        "many.txt",
    );
    repo.git(&["reset", "-q", "--hard", "HEAD~1"]);
    try_git(&repo, &["push", "-q", "origin", "main"]).code(0);
}

#[test]
fn a_receiver_refuses_what_is_new_and_leaks() {
    receive_in(&[]);
}

#[test]
fn a_receiver_of_sha_256_does_too() {
    receive_in(&["--object-format=sha256"]);
}

#[test]
fn the_update_hook_takes_arguments() {
    let repo = Repo::init(&[]);
    let old = repo.commit("a.txt", "one\n");
    let secret = token(19);
    let new = repo.commit("b.txt", line(&secret));
    repo.git(&["reset", "-q", "--soft", "HEAD~1"]);
    hook(&repo, "update", &["refs/heads/main", &old, &new], b"").finds(&[&secret]);
    hook(&repo, "update", &["refs/heads/x", ZERO, &new], b"").finds(&[&secret]);
    hook(&repo, "update", &["refs/heads/x", &new, ZERO], b"").finds(&[]);
    hook(&repo, "update", &["refs/heads/x", &new], b"").code(2);
    hook(&repo, "update", &["refs/heads/x", &new, "main"], b"").code(2);
}

#[test]
fn frameworks_are_understood() {
    let (repo, origin) = with_origin();
    let (old, staged, unstaged, committed) = (token(20), token(21), token(22), token(23));
    repo.commit("old.txt", line(&old));
    repo.git(&["push", "-q", "origin", "main"]);
    let from = repo.git(&["rev-parse", "HEAD"]);
    let to = repo.commit("new.txt", line(&committed));
    repo.write("staged.txt", line(&staged));
    repo.git(&["add", "-A"]);
    repo.write("old.txt", format!("{}{}", line(&old), line(&unstaged)));
    repo.write("untracked.txt", line(&token(24)));
    let auto = |env: &[(&str, &str)]| {
        let mut all = vec![("PRE_COMMIT", "1")];
        all.extend_from_slice(env);
        hook_with(&repo, "auto", &[""; 0], b"", &all)
    };
    // git is committing.
    auto(&[("GIT_INDEX_FILE", ".git/index")]).finds(&[&staged]);
    // By hand: everything that any flag may have meant, each once.
    auto(&[])
        .finds(&[&old, &staged, &unstaged, &committed])
        .lacks("untracked");
    hook(&repo, "manual", &[""; 0], b"").finds(&[&old, &staged, &unstaged, &committed]);
    // A range, with any names of its ends.
    for (from, to) in [(&*from, &*to), ("HEAD~1", "main"), ("origin/main", "HEAD")] {
        let range = [("PRE_COMMIT_FROM_REF", from), ("PRE_COMMIT_TO_REF", to)];
        auto(&range).finds(&[&committed]);
    }
    let bad = "1".repeat(40);
    for (from, to) in [
        ("nowhere", "HEAD"),
        (&*bad, "HEAD"),
        ("HEAD", "nowhere"),
        ("HEAD", &*bad),
    ] {
        auto(&[("PRE_COMMIT_FROM_REF", from), ("PRE_COMMIT_TO_REF", to)]).code(2);
    }
    auto(&[("PRE_COMMIT_TO_REF", "HEAD")]).code(2);
    // A push of a branch that the remote lacks.
    let push = [
        ("PRE_COMMIT_REMOTE_NAME", "origin"),
        ("PRE_COMMIT_REMOTE_URL", origin.path().to_str().unwrap()),
        ("PRE_COMMIT_LOCAL_BRANCH", "refs/heads/main"),
        ("PRE_COMMIT_REMOTE_BRANCH", "refs/heads/x"),
    ];
    auto(&push).finds(&[&committed]);
    let mut elsewhere = push;
    elsewhere[0].1 = "elsewhere";
    auto(&elsewhere).finds(&[&old, &committed]);
}

#[test]
fn tracked_files_are_found_from_any_directory() {
    let repo = Repo::init(&[]);
    let (ignored, deep) = (token(25), token(26));
    repo.write(".gitignore", "ignored.txt\n");
    repo.write("ignored.txt", line(&ignored));
    repo.git(&["add", "-f", "ignored.txt"]);
    repo.commit("sub/dir/a.txt", line(&deep));
    repo.git(&["gc", "-q"]);
    std::fs::remove_file(repo.path().join(".gitignore")).unwrap();
    for dir in ["", "sub/dir"] {
        let mut command = stopleak(&repo);
        command
            .args([
                "hook",
                "run",
                "manual",
                "--show-secrets",
                "--color",
                "never",
            ])
            .current_dir(repo.path().join(dir));
        let run = finish(command, b"").finds(&[&ignored, &deep]);
        assert!(run.text.contains(" sub/dir/a.txt:1"), "{run:?}");
    }
}

/// The commits of a push are those of `git rev-list NEW... --not OLD... --remotes=origin`.
#[test]
fn the_commits_of_a_push_are_those_that_git_counts() {
    use stopleak::check::mint::Rng;
    use stopleak::git::protocol::{self, Dialect};
    use stopleak::git::push::{Known, brought};
    use stopleak::git::{OpenOptions, Store};
    use stopleak::source::push::PushSource;
    use stopleak::source::range::RangeOptions;

    let repo = Repo::init(&[]);
    let mut rng = Rng::new(11);
    let tree = repo.run(&["mktree"], b"");
    let tree = String::from_utf8(tree).unwrap().trim().to_owned();
    let mut commits: Vec<String> = Vec::new();
    for n in 0..120 {
        let mut args = vec!["commit-tree".to_owned(), "-m".to_owned(), n.to_string()];
        for _ in 0..rng.below(4).min(commits.len()) {
            // Mostly recent ones.
            let back = rng.below(8).min(commits.len() - 1);
            let parent = commits[commits.len() - 1 - back].clone();
            if !args.contains(&parent) {
                args.extend(["-p".to_owned(), parent]);
            }
        }
        args.push(tree.clone());
        commits.push(repo.git(&args));
    }
    for n in 0..6 {
        let at = &commits[rng.below(commits.len())];
        repo.git(&["update-ref", &format!("refs/remotes/origin/r{n}"), at]);
        let at = &commits[rng.below(commits.len())];
        repo.git(&["update-ref", &format!("refs/remotes/other/r{n}"), at]);
    }
    let store = Store::open(repo.path(), &OpenOptions::default()).unwrap();
    let options = RangeOptions {
        most: stopleak::inside::Most::of(u64::MAX),
        messages: true,
        allow_missing: false,
    };
    let mut counts = std::collections::BTreeSet::new();
    for _ in 0..60 {
        let (mut lines, mut new, mut old) = (String::new(), Vec::new(), Vec::new());
        for n in 0..1 + rng.below(4) {
            let tip = &commits[rng.below(commits.len())];
            let has = &commits[rng.below(commits.len())];
            let has = [ZERO, has][rng.below(2)];
            lines.push_str(&pushed(&n.to_string(), tip, has));
            new.push(tip.as_str());
            old.extend((has != ZERO).then_some(has));
        }
        let updates = protocol::read(lines.as_bytes(), Dialect::PrePush, store.hash()).unwrap();
        let brought = brought(&store, &updates, Known::Remote(b"origin")).unwrap();
        let source = PushSource::open(&store, brought, options).unwrap();
        let args = [
            &["rev-list", "--count"],
            &new[..],
            &["--not"],
            &old,
            &["--remotes=origin"],
        ];
        let count: usize = repo.git(&args.concat()).parse().unwrap();
        assert_eq!(source.commits(), count, "{lines}");
        counts.insert(count);
    }
    assert!(counts.len() > 5, "{counts:?}");
}

#[test]
fn shallow_and_partial_clones_push() {
    let (repo, origin) = with_origin();
    repo.commit("sub/b.txt", "two\n");
    repo.commit("sub/b.txt", "three\n");
    repo.git(&["push", "-q", "origin", "main"]);
    origin.git(&["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", origin.path().display());
    for filter in ["--depth=1", "--filter=blob:none"] {
        repo.git(&["clone", "-q", filter, &url, "clone"]);
        let clone = repo.path().join("clone");
        let in_clone = |args: &[&str]| {
            let mut command = repo.command("git");
            command.args(args).current_dir(&clone);
            finish(command, b"")
        };
        let mut command = stopleak(&repo);
        command
            .args(["hook", "install", "--stage", "pre-push"])
            .current_dir(&clone);
        finish(command, b"").code(0);
        repo.write("clone/sub/b.txt", "four\n");
        in_clone(&["commit", "-qam", "four"]).code(0);
        let branch = format!("HEAD:refs/heads/x{}", filter.len());
        in_clone(&["push", "-q", "origin", &branch]).code(0);
        repo.write("clone/sub/b.txt", line(&token(32)));
        in_clone(&["commit", "-qam", "five"]).code(0);
        let run = in_clone(&["push", "-q", "origin", &branch]).code(1);
        assert!(run.text.contains("sub/b.txt"), "{run:?}");
        std::fs::remove_dir_all(&clone).unwrap();
    }
}

/// Writes an executable script.
fn write_hook(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o751)).unwrap();
    }
}

/// Returns everything below a directory: names, kinds, modes and bytes.
#[cfg(unix)]
fn snapshot(dir: &Path) -> Vec<(PathBuf, String, Vec<u8>)> {
    let mut all = Vec::new();
    let mut todo = vec![dir.to_owned()];
    while let Some(dir) = todo.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let meta = std::fs::symlink_metadata(&path).unwrap();
            let bytes = if meta.is_dir() {
                todo.push(path.clone());
                Vec::new()
            } else {
                std::fs::read(&path).unwrap_or_default()
            };
            let kind = format!("{:?} {:?}", meta.file_type(), meta.permissions());
            all.push((path, kind, bytes));
        }
    }
    all.sort();
    all
}

#[cfg(unix)]
#[test]
fn a_hook_that_was_there_runs_first_and_comes_back() {
    let repo = Repo::init(&[]);
    let hooks = repo.path().join(".git/hooks");
    let path = hooks.join("pre-commit");
    write_hook(
        &path,
        "#!/bin/sh\necho ran \"$@\" >> ran.log\ntest ! -e stop || exit 7\n",
    );
    let before = snapshot(&hooks);
    let run = manage(&repo, &["install"]).code(0);
    assert!(run.text.contains("runs first"), "{run:?}");
    let installed = snapshot(&hooks);
    let run = manage(&repo, &["install"]).code(0);
    assert!(run.text.contains("already installed"), "{run:?}");
    assert_eq!(snapshot(&hooks), installed);
    assert!(
        manage(&repo, &["status"])
            .code(0)
            .text
            .contains("pre-commit        installed; ")
    );
    // Both run; the first one's exit code counts.
    repo.commit("a.txt", "one\n");
    assert_eq!(
        std::fs::read_to_string(repo.path().join("ran.log")).unwrap(),
        "ran\n"
    );
    repo.write("b.txt", line(&token(27)));
    repo.git(&["add", "b.txt"]);
    let run = try_git(&repo, &["commit", "-m", "x"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.errors.contains("the commit is stopped"), "{run:?}");
    let direct = |env: &[(&str, &str)]| {
        let mut command = repo.command(&path);
        command.envs(env.iter().copied());
        finish(command, b"")
    };
    direct(&[]).code(1);
    repo.write("stop", "");
    let run = direct(&[]).code(7);
    assert!(!run.errors.contains("stopleak"), "{run:?}");
    manage(&repo, &["uninstall"]).code(0);
    assert_eq!(snapshot(&hooks), before);
    let run = manage(&repo, &["uninstall"]).code(0);
    assert!(run.text.contains("no stopleak hook"), "{run:?}");
    // Without an earlier hook, nothing is left.
    std::fs::remove_file(&path).unwrap();
    let before = snapshot(&hooks);
    for stage in ["pre-commit", "pre-push", "pre-merge-commit", "pre-receive"] {
        manage(&repo, &["install", "--stage", stage]).code(0);
    }
    assert_eq!(snapshot(&hooks).len(), before.len() + 4);
    manage(&repo, &["uninstall", "--stage", "pre-push"]).code(0);
    assert_eq!(snapshot(&hooks).len(), before.len() + 3);
    manage(&repo, &["uninstall"]).code(0);
    assert_eq!(snapshot(&hooks), before);
}

#[cfg(unix)]
#[test]
fn a_push_hook_that_was_there_gets_arguments_and_lines() {
    let (repo, _origin) = with_origin();
    let path = repo.path().join(".git/hooks/pre-push");
    write_hook(
        &path,
        "#!/bin/sh\necho \"$# $1\" > args.log\ncat > lines.log\n",
    );
    manage(&repo, &["install", "--stage", "pre-push"]).code(0);
    repo.commit("b.txt", line(&token(28)));
    let lines = format!(
        "{}\n\n",
        pushed("main", &repo.git(&["rev-parse", "HEAD"]), ZERO)
    );
    let with = |args: &[&str], lines: &str| {
        let mut command = repo.command(&path);
        command.args(args);
        finish(command, lines.as_bytes())
    };
    // Two empty lines at the end are passed on as they are, and rejected.
    with(&["origin", "a b"], &lines).code(2);
    let read = |name: &str| std::fs::read_to_string(repo.path().join(name)).unwrap();
    assert_eq!(read("args.log"), "2 origin\n");
    assert_eq!(read("lines.log"), lines);
    with(&["origin", "a b"], lines.trim_end()).code(1);
    assert_eq!(read("lines.log"), lines.trim_end());
    // A hook that does not read its input does no harm, even with much input.
    write_hook(
        &path.with_file_name("pre-push.before-stopleak"),
        "#!/bin/sh\nexit 0\n",
    );
    with(&["origin", "a b"], lines.trim_end()).code(1);
    let many = lines.trim_end_matches('\n').to_owned() + "\n";
    with(&["origin", "a b"], &many.repeat(20_000)).code(1);
    // A hook that git would not run is not run.
    let aside = path.with_file_name("pre-push.before-stopleak");
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(&aside, "#!/bin/sh\nexit 9\n").unwrap();
    std::fs::set_permissions(&aside, std::fs::Permissions::from_mode(0o644)).unwrap();
    with(&["origin", "a b"], &many).code(1);
}

#[cfg(unix)]
#[test]
fn a_missing_program_stops_git() {
    let repo = Repo::init(&[]);
    let copy = repo.path().join("it's here $(x)/stopleak");
    std::fs::create_dir_all(copy.parent().unwrap()).unwrap();
    // By another process: a file that this one has open for writing is inherited by whatever
    // other tests start at that moment, and cannot be run until they have let go of it.
    let copied = Command::new("cp")
        .arg(env!("CARGO_BIN_EXE_stopleak"))
        .arg(&copy)
        .status();
    assert!(copied.unwrap().success());
    let mut command = repo.command(&copy);
    command.args(["hook", "install"]);
    finish(command, b"").code(0);
    repo.write(".gitignore", "it's*\n");
    repo.commit("a.txt", "one\n");
    std::fs::rename(&copy, copy.with_file_name("other")).unwrap();
    repo.write("b.txt", "two\n");
    repo.git(&["add", "b.txt"]);
    // A PATH with only git, because another stopleak may be installed.
    let bin = repo.path().join(".git/bin");
    std::fs::create_dir(&bin).unwrap();
    let path = std::env::var_os("PATH").unwrap();
    let git = std::env::split_paths(&path).map(|dir| dir.join("git"));
    let git = git.into_iter().find(|git| git.is_file()).unwrap();
    std::os::unix::fs::symlink(git, bin.join("git")).unwrap();
    let mut command = repo.command("git");
    command.args(["commit", "-m", "x"]).env("PATH", &bin);
    let run = finish(command, b"");
    assert_ne!(run.code, 0, "{run:?}");
    assert!(run.errors.contains("the program is missing"), "{run:?}");
    assert!(run.errors.contains(".git/hooks/pre-commit"), "{run:?}");
    // Another stopleak on PATH takes over.
    std::fs::rename(copy.with_file_name("other"), &copy).unwrap();
    manage(&repo, &["install"]).code(0);
    let moved = repo.path().join("it's a dir/stopleak");
    std::fs::create_dir_all(moved.parent().unwrap()).unwrap();
    let mut command = repo.command(&copy);
    command.args(["hook", "install"]);
    assert!(finish(command, b"").code(0).text.contains("updated"));
    std::fs::rename(&copy, &moved).unwrap();
    let mut command = repo.command("git");
    let path = std::env::var("PATH").unwrap();
    command.args(["commit", "-q", "-m", "x"]).env(
        "PATH",
        format!("{path}:{}", moved.parent().unwrap().display()),
    );
    finish(command, b"").code(0);
}

#[cfg(unix)]
#[test]
fn what_is_not_ours_is_left_alone() {
    use std::os::unix::fs::symlink;
    let repo = Repo::init(&[]);
    let hooks = repo.path().join(".git/hooks");
    let path = hooks.join("pre-commit");
    let outside = repo.path().join("outside.sh");
    write_hook(&outside, "#!/bin/sh\nexit 0\n");
    // A link is moved as a link; its target stays as it is.
    std::fs::create_dir_all(&hooks).unwrap();
    symlink("../../outside.sh", &path).unwrap();
    let before = snapshot(repo.path());
    manage(&repo, &["install"]).code(0);
    assert_eq!(
        std::fs::read_to_string(&outside).unwrap(),
        "#!/bin/sh\nexit 0\n"
    );
    assert!(std::fs::symlink_metadata(&path).unwrap().is_file());
    manage(&repo, &["uninstall"]).code(0);
    assert_eq!(snapshot(repo.path()), before);
    std::fs::remove_file(&path).unwrap();
    // An edited hook file.
    manage(&repo, &["install"]).code(0);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{text}echo more\n")).unwrap();
    let before = snapshot(&hooks);
    for command in ["install", "uninstall"] {
        let run = manage(&repo, &[command]).code(2);
        assert!(run.errors.contains("edited"), "{run:?}");
    }
    assert!(manage(&repo, &["status"]).text.contains("edited since"));
    assert_eq!(snapshot(&hooks), before);
    // Two hooks that both existed before.
    std::fs::write(&path, "#!/bin/sh\n").unwrap();
    std::fs::write(hooks.join("pre-commit.before-stopleak"), "#!/bin/sh\n").unwrap();
    let before = snapshot(&hooks);
    manage(&repo, &["install"]).code(2);
    assert_eq!(snapshot(&hooks), before);
    // A directory instead of a hook, and a link instead of the directory.
    std::fs::create_dir(hooks.join("pre-push")).unwrap();
    manage(&repo, &["install", "--stage", "pre-push"]).code(2);
    let moved = repo.path().join("moved");
    std::fs::rename(&hooks, &moved).unwrap();
    symlink(&moved, &hooks).unwrap();
    let before = snapshot(&moved);
    let run = manage(&repo, &["install", "--stage", "pre-receive"]).code(2);
    assert!(run.errors.contains("symbolic link"), "{run:?}");
    assert_eq!(snapshot(&moved), before);
}

#[test]
fn hooks_paths_are_respected() {
    let repo = Repo::init(&[]);
    repo.commit("a.txt", "one\n");
    let installs = |code: i32, says: &str| {
        let run = manage(&repo, &["install"]).code(code);
        assert!(run.errors.contains(says), "{says}: {run:?}");
    };
    // Inside the working tree: files of the project.
    for value in ["hooks", ".husky/_"] {
        repo.write(&format!("{value}/x"), "");
        repo.git(&["config", "core.hooksPath", value]);
        installs(2, "inside the working tree");
        assert!(!repo.path().join(value).join("pre-commit").exists());
    }
    let run = manage(&repo, &["install"]).code(2);
    for name in ["husky", "lefthook", "prek"] {
        assert!(run.errors.contains(name), "{run:?}");
    }
    // Turned off, missing, or impossible to resolve.
    for value in ["/dev/null", "/nonexistent/hooks", "", "~nobody/hooks"] {
        repo.git(&["config", "core.hooksPath", value]);
        installs(2, "core.hooksPath");
    }
    // In the git directory, or far away.
    let far = Repo::init(&[]);
    for dir in [repo.path().join(".git/other"), far.path().join("team")] {
        std::fs::create_dir(&dir).unwrap();
        repo.git(&["config", "core.hooksPath", dir.to_str().unwrap()]);
        installs(0, "");
        assert!(dir.join("pre-commit").exists());
        repo.write("b.txt", line(&token(29)));
        repo.git(&["add", "-A"]);
        assert_eq!(try_git(&repo, &["commit", "-m", "x"]).code, 1);
        repo.git(&["reset", "-q", "--hard"]);
        manage(&repo, &["uninstall"]).code(0);
        assert!(!dir.join("pre-commit").exists());
    }
    // From the user's configuration, and through an include.
    repo.git(&["config", "--unset", "core.hooksPath"]);
    repo.write(".gitconfig", "[include]\n path = more.config\n");
    repo.write("more.config", "[core]\n hooksPath = ~/global\n");
    repo.write("global/x", "");
    installs(2, "--global");
    // A setting from the environment is for this run only.
    let mut command = stopleak(&repo);
    command.args(["hook", "install"]).envs([
        ("GIT_CONFIG_COUNT", "1"),
        ("GIT_CONFIG_KEY_0", "core.hooksPath"),
        ("GIT_CONFIG_VALUE_0", "/somewhere"),
    ]);
    assert!(finish(command, b"").code(2).errors.contains("environment"));
}

#[cfg(unix)]
#[test]
fn hooks_for_all_repositories_run_each_repositorys_own_too() {
    let repo = Repo::init(&[]);
    let home = Repo::init(&[]);
    let with_home = |program: &str, args: &[&str]| {
        let mut command = repo.command(program);
        command.args(args).env("HOME", home.path());
        finish(command, b"")
    };
    let program = env!("CARGO_BIN_EXE_stopleak");
    let dir = home.path().join(".config/git/hooks");
    // The user's configuration is not changed. The line to run is printed.
    let run = with_home(program, &["hook", "install", "--global"]).code(0);
    let step = format!("git config --global core.hooksPath '{}'", dir.display());
    assert!(run.text.contains(&step), "{run:?}");
    assert!(dir.join("pre-commit").exists() && !home.path().join(".gitconfig").exists());
    with_home("sh", &["-c", &step]).code(0);
    let run = with_home(program, &["hook", "install", "--global"]).code(0);
    assert!(
        run.text.contains("already installed") && !run.text.contains("step"),
        "{run:?}"
    );
    let run = with_home(program, &["hook", "status", "--global"]).code(0);
    assert!(
        run.text.contains("pre-commit        installed\n"),
        "{run:?}"
    );
    // The repository's own hook keeps running, in a linked worktree as well.
    write_hook(
        &repo.path().join(".git/hooks/pre-commit"),
        "#!/bin/sh\necho own >> \"$LOG\"\n",
    );
    let log = repo.path().join(".git/log");
    let commit = |dir: &str| {
        let mut command = repo.command("git");
        command
            .args(["-C", dir, "commit", "-q", "--allow-empty", "-m", "x"])
            .env("HOME", home.path())
            .env("LOG", &log);
        finish(command, b"")
    };
    commit(".").code(0);
    with_home("git", &["worktree", "add", "-q", "tree"]).code(0);
    commit("tree").code(0);
    assert_eq!(std::fs::read_to_string(&log).unwrap(), "own\nown\n");
    repo.write("tree/b.txt", line(&token(30)));
    repo.git(&["-C", "tree", "add", "-A"]);
    commit("tree").code(1);
    with_home(program, &["hook", "uninstall", "--global"]).code(0);
    assert!(!dir.join("pre-commit").exists());
}

#[test]
fn worktrees_share_hooks_and_bare_repositories_only_receive() {
    let repo = Repo::init(&[]);
    repo.commit("a.txt", "one\n");
    repo.git(&["worktree", "add", "-q", "tree"]);
    let tree = repo.path().join("tree");
    let mut command = stopleak(&repo);
    command.args(["hook", "install"]).current_dir(&tree);
    finish(command, b"").code(0);
    assert!(repo.path().join(".git/hooks/pre-commit").exists());
    repo.write("tree/b.txt", line(&token(31)));
    repo.git(&["-C", "tree", "add", "-A"]);
    assert_eq!(try_git(&repo, &["-C", "tree", "commit", "-m", "x"]).code, 1);
    let bare = Repo::init(&["--bare"]);
    for stage in ["pre-commit", "pre-push", "pre-merge-commit"] {
        let run = manage(&bare, &["install", "--stage", stage]).code(2);
        assert!(run.errors.contains("pre-receive"), "{run:?}");
    }
    hook(&bare, "manual", &[""; 0], b"").code(2);
    manage(&repo, &["install", "--stage", "prepare-commit-msg"]).code(2);
}

/// An editor that writes `text` before what git wrote.
fn editor(repo: &Repo, text: &str) -> PathBuf {
    let script = format!(
        "#!/bin/sh\n{{ cat <<'END'\n{text}\nEND\ncat \"$1\"; }} > \"$1.new\" && mv \"$1.new\" \"$1\"\n"
    );
    let path = repo.path().join(".git/editor");
    write_hook(&path, &script);
    path
}

/// Makes a commit whose message somebody edits.
fn commit_edited(repo: &Repo, text: &str, args: &[&str]) -> Run {
    let mut command = repo.command("git");
    command.env("GIT_EDITOR", editor(repo, text));
    command.args(args);
    finish(command, b"")
}

#[test]
fn a_message_is_judged_as_git_records_it() {
    let repo = Repo::init(&[]);
    let secret = token(400);
    repo.commit("a.txt", "one\n");
    let args = ["install", "--stage", "commit-msg"];
    manage(&repo, &args).code(0);
    let with = |text: &str| text.replace("SECRET", &format!("token: {secret}"));
    let told = repo.git(&["rev-parse", "HEAD"]);
    for (text, args) in [
        ("one\n\nSECRET", &["commit", "--allow-empty"][..]),
        ("SECRET", &["commit", "--allow-empty", "--amend"]),
        ("one\n\nSECRET", &["commit", "--allow-empty", "-v"]),
        (
            "# SECRET",
            &["-c", "core.commentChar=;", "commit", "--allow-empty"],
        ),
        (
            "# SECRET",
            &["-c", "commit.cleanup=scissors", "commit", "--allow-empty"],
        ),
        (
            "# SECRET",
            &["-c", "commit.cleanup=whitespace", "commit", "--allow-empty"],
        ),
        (
            "one\n# ------------------------ >8 ------------------------\nSECRET",
            &["commit", "--allow-empty"],
        ),
        // What looks like the diff of --verbose, with the blobs of a file or with none.
        (
            "one\n# ------------------------ >8 ------------------------\n# Do not\ndiff --git a/x b/x\n-SECRET",
            &["commit", "--allow-empty"],
        ),
        (
            "one\n# ------------------------ >8 ------------------------\n# Do not\ndiff --git a/a.txt b/a.txt\nindex 5626abf..0000000\n--- a/a.txt\n-one\n-SECRET\n",
            &["commit", "--allow-empty"],
        ),
        (
            "one\n# ------------------------ >8 ------------------------ \nSECRET",
            &["commit", "--allow-empty", "-v"],
        ),
        // git keeps these lines, and the hook is not told why.
        (
            "# SECRET",
            &["commit", "--allow-empty", "--cleanup=verbatim"],
        ),
        (
            "# SECRET",
            &["commit", "--allow-empty", "--cleanup=whitespace"],
        ),
        (
            "# SECRET",
            &["commit", "--allow-empty", "--cleanup=scissors"],
        ),
        (
            "# one\n; SECRET",
            &["-c", "core.commentChar=auto", "commit", "--allow-empty"],
        ),
        (
            "; one\n# SECRET",
            &["-c", "core.commentChar=;", "commit", "--allow-empty"],
        ),
        (
            "# SECRET",
            &["-c", "core.commentString=//", "commit", "--allow-empty"],
        ),
        (
            "# SECRET",
            &[
                "-c",
                "commit.status=false",
                "-c",
                "commit.cleanup=verbatim",
                "commit",
                "--allow-empty",
            ],
        ),
    ] {
        let run = commit_edited(&repo, &with(text), args);
        assert_ne!(run.code, 0, "{text} {args:?} {run:?}");
        assert!(run.errors.contains("the commit is stopped"), "{run:?}");
        assert_eq!(repo.git(&["rev-parse", "HEAD"]), told, "{text} {args:?}");
    }
    for message in ["SECRET", "# SECRET"] {
        let args = ["commit", "--allow-empty", "-q", "-m", &with(message)];
        try_git(&repo, &args).lacks(&secret).code(1);
        try_git(&repo, &[&args[..], &["--amend"]].concat()).code(1);
    }
    // Comments, too: git does not tell whether it takes them away.
    for (text, args) in [
        ("# SECRET\none", &["commit", "--allow-empty"][..]),
        (
            "// SECRET\none",
            &["-c", "core.commentString=//", "commit", "--allow-empty"],
        ),
        (
            "# SECRET\none",
            &["commit", "--allow-empty", "--cleanup=strip"],
        ),
    ] {
        let run = commit_edited(&repo, &with(text), args);
        assert_ne!(run.code, 0, "{text} {args:?} {run:?}");
        assert!(run.errors.contains("comments with secrets"), "{run:?}");
    }
    commit_edited(&repo, "one", &["commit", "--allow-empty", "--amend"]).code(0);
    // The diff of what is removed is no part of the message.
    repo.write("gone.txt", with("SECRET\n"));
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "-m", "brings it"]);
    repo.git(&["rm", "-q", "gone.txt"]);
    // Above the scissors, or in a diff of something else, it would be recorded.
    for own in ["SECRET", "diff --git a/gone.txt b/gone.txt\n-SECRET"] {
        let run = commit_edited(&repo, &with(own), &["commit", "-v"]);
        assert_ne!(run.code, 0, "{own} {run:?}");
    }
    commit_edited(&repo, "takes it away", &["commit", "-v"]).code(0);
    repo.write("new.txt", "plain\n");
    repo.git(&["add", "-A"]);
    commit_edited(&repo, "more", &["commit", "-v", "-v"]).code(0);
    // A merge.
    repo.git(&["checkout", "-q", "-b", "side", "HEAD~1"]);
    repo.commit("side.txt", "side\n");
    let run = try_git(&repo, &["merge", "-q", "-m", &with("SECRET"), "main"]);
    assert_ne!(run.code, 0, "{run:?}");
}

/// A message that somebody saved: words of git, the diff of a commit that never was, and both.
fn saved_messages(repo: &Repo, secret: &str) -> Vec<String> {
    let value = format!("token: {secret}");
    let hint = "# Please enter the commit message for your changes. Lines starting\n\
                # with '#' will be ignored, and an empty message aborts the commit.\n\
                #\n# On branch main\n";
    let merge = "# Lines starting with '#' will be ignored, and an empty message aborts\n\
                 # the commit.\n";
    let cut = "# ------------------------ >8 ------------------------\n\
               # Do not modify or remove the line above.\n\
               # Everything below it will be ignored.\n";
    let blob = repo.run(
        &["hash-object", "-w", "--stdin"],
        format!("{value}\n").as_bytes(),
    );
    let blob = String::from_utf8(blob).unwrap();
    let diff = format!(
        "diff --git a/s b/s\ndeleted file mode 100644\nindex {}..0000000\n--- a/s\n\
         +++ /dev/null\n@@ -1 +0,0 @@\n-{value}\n",
        &blob[..7]
    );
    let kept = hint.replace("ignored", "kept");
    vec![
        format!("one\n# {value}\n"),
        format!("one\n\n# {value}\n{hint}"),
        format!("one\n\n# {value}\n{merge}"),
        format!("one\n\n{hint}# {value}\n"),
        format!("one\n\n; {value}\n{}", hint.replace('#', ";")),
        format!("one\n\n# {value}\n{hint}\n{kept}"),
        format!("one\n\n{hint}{cut}{diff}"),
        format!("one\n\n{cut}{diff}"),
        format!("one\n\n{cut}{value}\n"),
        format!("one\n\n# {value}\n{hint}{cut}"),
    ]
}

/// Whatever git is told: if it records the secret of a saved message, the hook stops it.
#[test]
fn no_mode_of_git_records_what_is_not_judged() {
    let repo = Repo::init(&[]);
    let secret = token(402);
    repo.commit("a.txt", "one\n");
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.commit("b.txt", "two\n");
    repo.git(&["checkout", "-q", "main"]);
    let start = repo.commit("c.txt", "three\n");
    manage(&repo, &["install", "--stage", "commit-msg"]).code(0);
    let modes: &[(&[&str], &[&str])] = &[
        (&[], &[]),
        (&["commit.status=false"], &[]),
        (&[], &["--no-status", "--cleanup=verbatim"]),
        (&["commit.cleanup=verbatim", "commit.status=false"], &[]),
        (&["commit.cleanup=whitespace"], &[]),
        (&["commit.cleanup=whitespace"], &["--no-status"]),
        (&["commit.cleanup=scissors"], &[]),
        (&["commit.cleanup=scissors"], &["--no-status"]),
        (&["commit.cleanup=strip"], &["--no-status"]),
        (&["core.commentChar=auto"], &[]),
        (&["core.commentChar=auto"], &["--no-status"]),
        (&["core.commentString=//"], &["--no-status"]),
        (&["commit.verbose=true"], &[]),
        (&["commit.verbose=true"], &["--no-status"]),
    ];
    let file = ".git/saved";
    let ways: &[&[&str]] = &[
        &["commit", "--allow-empty", "-e", "-F", file],
        &["commit", "--allow-empty", "--amend", "-e", "-F", file],
        &["commit", "--allow-empty", "-F", file],
        &[
            "-c",
            "commit.template=.git/saved",
            "commit",
            "--allow-empty",
        ],
        &["merge", "-q", "--no-ff", "--edit", "-F", file, "side"],
    ];
    // An editor that keeps what is there, with a line in front.
    let editor = editor(&repo, "edited");
    for (text_at, text) in saved_messages(&repo, &secret).iter().enumerate() {
        repo.write(file, text);
        for (mode_at, (settings, options)) in modes.iter().enumerate() {
            for (way_at, way) in ways.iter().enumerate() {
                // Each pair of a text, a mode and a way, and a third of all three.
                if !(text_at + mode_at + way_at).is_multiple_of(3) {
                    continue;
                }
                let options = match way[0] {
                    "merge" => options.iter().filter(|o| **o != "--no-status").collect(),
                    _ => options.iter().collect::<Vec<_>>(),
                };
                let mut command = repo.command("git");
                command.env("GIT_EDITOR", &editor);
                for setting in *settings {
                    command.args(["-c", setting]);
                }
                command.args(*way).args(options);
                let run = finish(command, b"");
                let is_stopped = run.code != 0 && run.errors.contains("is stopped");
                assert!(is_stopped, "{settings:?} {way:?} {text} {run:?}");
                if way[0] == "merge" {
                    repo.git(&["reset", "-q", "--hard", &start]);
                }
            }
        }
    }
    assert_eq!(repo.git(&["rev-parse", "HEAD"]), start);
}

/// git sends what a graft adds to the parents of a commit, if the remote lacks the commit.
#[test]
fn a_push_brings_what_a_graft_adds() {
    let repo = Repo::init(&[]);
    let (secret, other) = (token(404), token(405));
    let base = repo.commit("a.txt", "one\n");
    let lost = [&secret, &other].map(|secret| {
        let lost = repo.commit("s.txt", format!("token: {secret}\n"));
        repo.git(&["reset", "-q", "--hard", &base]);
        lost
    });
    repo.git(&["update-ref", "refs/remotes/origin/main", &base]);
    repo.git(&["remote", "add", "origin", "/nowhere"]);
    let tip = repo.commit("b.txt", "two\n");
    let line = format!("refs/heads/main {tip} refs/heads/main {base}\n");
    let args = ["origin", "/nowhere"];
    hook(&repo, "pre-push", &args, line.as_bytes()).finds(&[]);
    // What the remote has brings nothing.
    let graft = |commit: &str, lost: &str| format!("{commit} {base} {lost}\n");
    let grafts = [graft(&tip, &lost[0]), graft(&base, &lost[1])].concat();
    repo.write(".git/info/grafts", grafts);
    hook(&repo, "pre-push", &args, line.as_bytes()).finds(&[&secret]);
}

/// Abbreviated ids of 64 digits are told apart, too.
#[test]
fn a_removal_is_shown_in_a_repository_of_sha_256() {
    let repo = Repo::init(&["--object-format=sha256"]);
    repo.commit("a.txt", "one\n");
    repo.commit("s.txt", format!("token: {}\n", token(406)));
    manage(&repo, &["install", "--stage", "commit-msg"]).code(0);
    repo.git(&["rm", "-q", "s.txt"]);
    commit_edited(&repo, "gone", &["commit", "-v"]).code(0);
}

/// A file that only the commit had which `--amend` replaces is recorded nowhere else.
#[test]
fn a_diff_of_what_goes_with_amend_is_judged() {
    let repo = Repo::init(&[]);
    let secret = token(403);
    repo.commit("a.txt", "one\n");
    repo.commit("s.txt", format!("token: {secret}\n"));
    let blob = repo.git(&["rev-parse", "HEAD:s.txt"]);
    manage(&repo, &["install", "--stage", "commit-msg"]).code(0);
    repo.git(&["rm", "-q", "s.txt"]);
    let saved = format!(
        "one\n\n# ------------------------ >8 ------------------------\n\
         diff --git a/s.txt b/s.txt\nindex {}..0000000\n--- a/s.txt\n-token: {secret}\n",
        &blob[..9]
    );
    repo.write(".git/saved", &saved);
    let args = ["commit", "--no-status", "-e", "-F", ".git/saved"];
    let run = commit_edited(&repo, "", &[&args[..], &["--amend"]].concat());
    assert_ne!(run.code, 0, "{run:?}");
    // Without it, HEAD keeps the file, and git shows the same diff with --verbose.
    commit_edited(&repo, "gone", &["commit", "-v"]).code(0);
}

#[test]
fn commit_msg_takes_one_file() {
    let repo = Repo::init(&[]);
    let secret = token(401);
    repo.write("message", format!("{}# comment\n", line(&secret)));
    hook(&repo, "commit-msg", &["message"], b"").finds(&[&secret]);
    let commented = format!("a fine day\n# {}", line(&secret));
    repo.write("message", &commented);
    hook(&repo, "commit-msg", &["message"], b"").finds(&[&secret]);
    let told = "# Lines starting with '#' will be ignored, and an empty message aborts\n";
    repo.write("message", [&commented, told].concat());
    hook(&repo, "commit-msg", &["message"], b"").finds(&[&secret]);
    let not_edited = [("GIT_EDITOR", ":")];
    hook_with(&repo, "commit-msg", &["message"], b"", &not_edited).finds(&[&secret]);
    let wide: Vec<u8> = line(&secret)
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    repo.write("message", [&[0xff, 0xfe][..], &wide].concat());
    hook(&repo, "commit-msg", &["message"], b"").finds(&[&secret]);
    for args in [&[][..], &["a", "b"], &["nothing-there"], &[".git"]] {
        hook(&repo, "commit-msg", args, b"").code(2);
    }
}
