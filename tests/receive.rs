//! Pushes to a server that governs them: who may let a push through, and the record of it.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::PathBuf;

use serde_json::Value;

use crate::support::repo::Repo;
use crate::support::{schema, token};

/// A receiving repository with a hook, and a clone of it.
struct Server {
    origin: Repo,
    repo: Repo,
}

const ADMIN: &str = "user-from = \"PUSHER\"\naudit = \"audit.jsonl\"\n";

impl Server {
    fn new() -> Self {
        let origin = Repo::init(&["--bare"]);
        let installed = origin.command(env!("CARGO_BIN_EXE_stopleak"));
        let mut installed = installed;
        let out = installed.args(["hook", "install"]).output().unwrap();
        assert!(out.status.success(), "{out:?}");
        origin.git(&["config", "receive.advertisePushOptions", "true"]);
        let repo = Repo::init(&[]);
        repo.git(&["remote", "add", "origin", origin.path().to_str().unwrap()]);
        repo.commit("a.txt", "one\n");
        let server = Self { origin, repo };
        assert_eq!(server.push(&[], &[]).0, 0);
        server
    }

    fn policy(&self, text: &str) {
        std::fs::write(self.origin.path().join("stopleak-push.toml"), text).unwrap();
    }

    /// Pushes main with push options and variables. Returns the code and what git shows.
    fn push(&self, options: &[&str], env: &[(&str, &str)]) -> (i32, String) {
        let mut command = self.repo.command("git");
        command.arg("push");
        for option in options {
            command.args(["-o", option]);
        }
        command.args(["origin", "main"]).envs(env.iter().copied());
        let out = command.output().unwrap();
        let text = String::from_utf8_lossy(&out.stderr).into_owned();
        (out.status.code().unwrap(), text)
    }

    /// Writes the hook, with these options.
    fn hook(&self, options: &str) {
        let program = env!("CARGO_BIN_EXE_stopleak");
        let script = format!("#!/bin/sh\nexec '{program}' hook run pre-receive {options}\n");
        let hook = self.origin.path().join("hooks/pre-receive");
        std::fs::write(&hook, script).unwrap();
    }

    fn audit(&self) -> PathBuf {
        self.origin.path().join("audit.jsonl")
    }

    fn lines(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.audit()).unwrap_or_default();
        let lines: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let root = include_str!("../docs/schema/stopleak-listings-1.json");
        let root: Value = serde_json::from_str(root).unwrap();
        for line in &lines {
            let wrong = schema::errors(&root, "/$defs/push-record", line);
            assert_eq!(wrong, Vec::<String>::new(), "{line}");
        }
        lines
    }
}

fn grant(users: &str, rules: &str) -> String {
    format!("{ADMIN}[[bypass]]\nusers = {users}\nrules = {rules}\n")
}

const ASK: &str = "stopleak.bypass=sample keys of the vendor";

#[test]
fn a_push_goes_through_if_person_rule_and_record_allow_it() {
    let server = Server::new();
    let secret = token(1);
    server.repo.commit("b.txt", format!("key = \"{secret}\"\n"));
    server.policy(&grant("[\"ann\"]", "[\"github-pat-*\"]"));
    let (code, text) = server.push(&[], &[("PUSHER", "ann")]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("-o stopleak.bypass"), "{text}");
    assert_eq!(server.lines().len(), 0);

    let (code, text) = server.push(&[ASK], &[("PUSHER", "ben")]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("ben is not among those who may"), "{text}");
    let (code, text) = server.push(&[ASK], &[]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("PUSHER is not set"), "{text}");

    let (code, text) = server.push(&[ASK], &[("PUSHER", "ann")]);
    assert_eq!(code, 0, "{text}");
    assert!(
        text.contains("goes through with 1 finding, as ann asks"),
        "{text}"
    );
    let lines = server.lines();
    let decisions: Vec<&str> = lines
        .iter()
        .map(|l| l["decision"].as_str().unwrap())
        .collect();
    assert_eq!(decisions, ["refused", "refused", "through"]);
    let last = &lines[2];
    assert_eq!(last["user"], "ann");
    assert_eq!(last["reason"], "sample keys of the vendor");
    assert_eq!(last["refs"][0]["name"], "refs/heads/main");
    assert_eq!(
        last["refs"][0]["new"],
        server.repo.git(&["rev-parse", "HEAD"]).as_str()
    );
    assert_eq!(last["findings"][0]["rule"], "github-pat-classic");
    assert_eq!(last["findings"][0]["path"], "b.txt");
    assert_eq!(
        last["findings"][0]["fingerprint"].as_str().unwrap().len(),
        32
    );
    let raw = std::fs::read_to_string(server.audit()).unwrap();
    assert!(!raw.contains(&secret));
}

#[test]
fn every_condition_that_fails_refuses() {
    let server = Server::new();
    server
        .repo
        .commit("b.txt", format!("key = \"{}\"\n", token(2)));
    let ann = &[("PUSHER", "ann")][..];
    let good = grant("[\"ann\"]", "[\"github-pat-classic\"]");
    for (policy, options, says) in [
        (String::new(), &[ASK][..], "missing field"),
        (good.clone(), &["stopleak.bypass"], "needs a reason"),
        (good.clone(), &["stopleak.bypass=  "], "needs a reason"),
        (good.clone(), &[ASK, ASK], "more than once"),
        (good.clone(), &["stopleak.skip=x"], "does not exist"),
        (
            grant("[\"ann\"]", "[\"aws-*\"]"),
            &[ASK],
            "ann may not let github-pat-classic",
        ),
        (
            grant("[\"ann\"]", "[\"provider:Stripe\"]"),
            &[ASK],
            "may not let",
        ),
        (grant("[\"Ann\"]", "[\"*\"]"), &[ASK], "not among"),
        (grant("[]", "[\"*\"]"), &[ASK], "`users` is empty"),
        (
            grant("[\"ann\"]", "[\"github-pta-classic\"]"),
            &[ASK],
            "did you mean",
        ),
        (
            format!("{good}refs = [\"refs/heads/release/*\"]\n"),
            &[ASK],
            "may not let",
        ),
        (
            format!("{good}until = 2020-01-31\n"),
            &[ASK],
            "the time is over",
        ),
        (
            format!("{good}untill = 2999-01-31\n"),
            &[ASK],
            "unknown field",
        ),
        (
            good.replace("audit.jsonl", "."),
            &[ASK],
            "not a regular file",
        ),
        (
            good.replace("audit.jsonl", "no/dir/a"),
            &[ASK],
            "cannot be recorded",
        ),
        (
            good.replace("audit.jsonl", "/dev/null"),
            &[ASK],
            "not a regular file",
        ),
        (
            good.replace("PUSHER", ""),
            &[ASK],
            "must name an environment variable",
        ),
    ] {
        server.policy(&policy);
        let (code, text) = server.push(options, ann);
        assert_eq!(code, 1, "{policy}: {text}");
        assert!(text.contains(says), "{policy}: {options:?}: {text}");
    }
    std::fs::remove_file(server.origin.path().join("stopleak-push.toml")).unwrap();
    let (code, text) = server.push(&[ASK], ann);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("this server does not allow it"), "{text}");
    // All findings must be covered.
    server.policy(&good);
    server.repo.commit("c.txt", "password = \"Xk7#pQ9!vR2m\"\n"); // stopleak:allow made up
    let (code, text) = server.push(&[ASK], ann);
    assert_eq!(code, 1, "{text}");
    server.policy(&format!(
        "{good}refs = [\"refs/heads/*\"]\nuntil = 2999-01-31\n\
         [[bypass]]\nusers = [\"ben\", \"ann\"]\nrules = [\"provider:Generic\"]\n"
    ));
    let (code, text) = server.push(&[ASK], ann);
    assert_eq!(code, 0, "{text}");
}

#[test]
fn a_push_cannot_bring_its_own_permission() {
    let server = Server::new();
    let policy = grant("[\"ann\"]", "[\"*\"]");
    server.repo.commit("stopleak-push.toml", &policy);
    assert_eq!(server.push(&[], &[]).0, 0);
    server
        .repo
        .commit("b.txt", format!("key = \"{}\"\n", token(3)));
    let (code, text) = server.push(&[ASK], &[("PUSHER", "ann")]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("this server does not allow it"), "{text}");
}

#[test]
fn what_cannot_be_scanned_is_not_let_through() {
    let server = Server::new();
    server.policy(&grant("[\"ann\"]", "[\"*\"]"));
    server
        .repo
        .commit("b.txt", format!("key = \"{}\"\n", token(4)));
    // Too large to be scanned, and skipping is a failure here.
    server.repo.commit("c.txt", "x".repeat(100));
    server.hook("--strict --max-file-size 80");
    let (code, text) = server.push(&[ASK], &[("PUSHER", "ann")]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("not everything could be scanned"), "{text}");
    assert_eq!(server.lines().len(), 0);
}

#[test]
fn the_administrator_may_name_the_policy() {
    let server = Server::new();
    server
        .repo
        .commit("b.txt", format!("key = \"{}\"\n", token(5)));
    let file = server.repo.path().join("../server-policy.toml");
    let file = file.with_file_name(format!(
        "{}-policy.toml",
        server.origin.path().file_name().unwrap().to_str().unwrap()
    ));
    let audit = file.with_extension("jsonl");
    let text = grant("[\"ann\"]", "[\"*\"]").replace("audit.jsonl", audit.to_str().unwrap());
    std::fs::write(&file, text).unwrap();
    server.hook(&format!("--push-policy '{}'", file.display()));
    let (code, text) = server.push(&[ASK], &[("PUSHER", "ann")]);
    assert_eq!(code, 0, "{text}");
    assert_eq!(std::fs::read_to_string(&audit).unwrap().lines().count(), 1);
    std::fs::remove_file(&file).unwrap();
    std::fs::remove_file(&audit).unwrap();
    server
        .repo
        .commit("c.txt", format!("key = \"{}\"\n", token(6)));
    // One that is named must be there.
    let (code, text) = server.push(&[ASK], &[("PUSHER", "ann")]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("has a mistake"), "{text}");
}

#[test]
fn a_record_holds_no_secret_and_no_line_of_its_own() {
    let server = Server::new();
    server.policy(&grant("[\"ann\\nx\", \"ann\"]", "[\"*\"]"));
    let secret = token(7);
    server
        .repo
        .commit(&format!("{secret}.txt"), format!("key = \"{secret}\"\n"));
    let asks = format!("stopleak.bypass=the key {secret} is \"old\"\u{202e}\u{1b}[31m");
    let (code, text) = server.push(&[&asks], &[("PUSHER", "ann")]);
    assert_eq!(code, 0, "{text}");
    assert!(!text.contains(&secret), "{text}");
    let raw = std::fs::read_to_string(server.audit()).unwrap();
    assert!(!raw.contains(&secret) && !raw.contains('\u{1b}') && !raw.contains('\u{202e}'));
    assert_eq!(server.lines().len(), 1);
    // A line that a full disk cut off does not spoil the next.
    std::fs::write(server.audit(), format!("{raw}{{\"cut")).unwrap();
    server
        .repo
        .commit("d.txt", format!("key = \"{}\"\n", token(8)));
    assert_eq!(server.push(&[ASK], &[("PUSHER", "ann")]).0, 0);
    let raw = std::fs::read_to_string(server.audit()).unwrap();
    let last: Value = serde_json::from_str(raw.lines().last().unwrap()).unwrap();
    assert_eq!(last["decision"], "through");
    assert_eq!(raw.lines().count(), 3);
}

#[test]
fn gitlab_gets_lines_for_its_pages() {
    let server = Server::new();
    let secret = token(9);
    server.repo.commit("b.txt", format!("key = \"{secret}\"\n"));
    let gitlab = [
        ("GL_PROTOCOL", "ssh"),
        ("GL_USERNAME", "ann"),
        ("GL_ID", "user-1"),
    ];
    let (code, text) = server.push(&[], &gitlab);
    assert_eq!(code, 1, "{text}");
    let lines: Vec<&str> = text
        .lines()
        .filter_map(|line| {
            line.split_once("GL-HOOK-ERR: ")
                .map(|(_, rest)| rest.trim())
        })
        .collect();
    assert!(
        lines[0].starts_with("stopleak: the push is refused"),
        "{text}"
    );
    assert!(
        lines[1].starts_with("b.txt:1: critical [github-pat-classic]"),
        "{text}"
    );
    assert!(!text.contains(&secret), "{text}");
    assert!(!server.push(&[], &[]).1.contains("GL-HOOK-ERR"));
    // Errors are shown there, too.
    // Too large to be scanned, and skipping is a failure here.
    server.repo.commit("c.txt", "x".repeat(100));
    server.hook("--strict --max-file-size 80");
    let (code, text) = server.push(&[], &gitlab);
    assert_eq!(code, 1, "{text}");
    assert!(
        text.contains("GL-HOOK-ERR: stopleak: the push is refused: not everything"),
        "{text}"
    );
    server.policy(&grant("[\"ann\"]", "[\"*\"]").replace("PUSHER", "GL_USERNAME"));
    server.hook("");
    let (code, text) = server.push(&[ASK], &gitlab);
    assert_eq!(code, 0, "{text}");
    assert!(!text.contains("GL-HOOK-ERR"), "{text}");
}
