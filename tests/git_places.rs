//! Kinds of repositories, through the program. The storage of objects must not change the findings,
//! and missing objects must be reported.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use crate::support::ran::Ran;
use crate::support::repo::{Beside, Repo};
use crate::support::token;

/// A run with its report; null if it wrote none.
struct Run {
    ran: Ran,
    report: serde_json::Value,
}

impl Run {
    /// Returns path and commit subject of each finding of `secret`.
    fn of(&self, secret: &str) -> Vec<(String, String)> {
        let text = |v: &serde_json::Value| v.as_str().unwrap_or_default().to_owned();
        let findings = self.report["findings"].as_array().unwrap().iter();
        findings
            .filter(|f| f["secret"]["value"] == secret)
            .map(|f| (text(&f["path"]), text(&f["commit"]["subject"])))
            .collect()
    }

    #[track_caller]
    fn has(&self, secrets: &[String]) {
        for (i, secret) in secrets.iter().enumerate() {
            assert_eq!(self.of(secret).len(), 1, "{i}: {:#}", self.report);
        }
    }
}

fn stopleak(repo: &Repo, dir: &Path, args: &[&str]) -> Run {
    let args = [args, &["--format", "json", "--show-secrets"]].concat();
    let ran = Ran::in_dir(dir, &args, &[("HOME", repo.path().to_str().unwrap())]);
    let report = serde_json::from_str(&ran.stdout).unwrap_or_default();
    Run { ran, report }
}

fn line(secret: &str) -> String {
    format!("token: {secret}\n")
}

fn url(path: &Path) -> String {
    format!("file://{}", path.display())
}

/// Creates a repository with secrets in a file, in an edited and renamed file, in a file that
/// became a link, in a branch and in a tag.
fn filled() -> (Repo, Vec<String>) {
    let repo = Repo::init(&[]);
    let t: Vec<String> = (100..106).map(token).collect();
    repo.commit("first.txt", line(&t[0]));
    let body: String = (0..40).map(|i| format!("line number {i}\n")).collect();
    repo.commit("old name.txt", &body);
    repo.git(&["mv", "old name.txt", "new name.txt"]);
    repo.commit("new name.txt", [&body, &line(&t[1])[..]].concat());
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.commit("side.txt", line(&t[2]));
    repo.git(&["checkout", "-q", "main"]);
    repo.git(&["tag", "-a", "v1", "-m", &line(&t[3])]);
    repo.commit("typed", line(&t[4]));
    std::fs::remove_file(repo.path().join("typed")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(&t[5], repo.path().join("typed")).unwrap();
    #[cfg(not(unix))]
    repo.write("typed", &t[5]);
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "-m", "type change"]);
    (repo, t)
}

#[test]
fn every_way_of_storing_gives_the_same_findings() {
    let (repo, secrets) = filled();
    let whole = |dir: &Path| {
        let run = stopleak(&repo, dir, &["history"]);
        assert_eq!(run.ran.code, 1, "{}", run.ran.stderr);
        run.has(&secrets);
        run.report["findings"].clone()
    };
    let loose = whole(repo.path());
    let ways: [&[&str]; 6] = [
        &["pack-refs", "--all"],
        &["repack", "-q", "-a", "-d", "-f"],
        &[
            "-c",
            "repack.useDeltaBaseOffset=false",
            "repack",
            "-q",
            "-adf",
        ],
        &["multi-pack-index", "write"],
        &["repack", "-q", "-a", "-d", "-f", "--depth=1"],
        &["gc", "-q", "--aggressive"],
    ];
    for way in ways {
        repo.git(way);
        assert_eq!(whole(repo.path()), loose, "{way:?}");
    }
    // Many packs under one index, and a delta whose base is in another pack.
    repo.commit("late.txt", "more\n");
    let loose = whole(repo.path());
    repo.git(&["repack", "-q"]);
    repo.git(&["multi-pack-index", "write"]);
    assert_eq!(whole(repo.path()), loose);

    let clones: [(&str, &[&str]); 4] = [
        ("plain", &[]),
        ("bare", &["--bare"]),
        ("shared", &["--shared"]),
        ("mirror", &["--mirror"]),
    ];
    for (name, args) in clones {
        let there = Beside::new(&repo, name);
        let own = repo.path().to_str().unwrap();
        repo.git(&[&["clone", "-q"], args, &[own, there.text()]].concat());
        let run = stopleak(&repo, there.path(), &["history"]);
        assert_eq!(run.ran.code, 1, "{name} {}", run.ran.stderr);
        run.has(&secrets);
    }
    let tree = Beside::new(&repo, "worktree");
    repo.git(&["worktree", "add", "-q", "--detach", tree.text()]);
    whole(tree.path());
}

#[test]
fn renames_and_type_changes_are_judged_in_ranges_and_in_the_index() {
    let (repo, t) = filled();
    let run = stopleak(&repo, repo.path(), &["history", "--range", "main"]);
    for (at, path) in [
        (0, "first.txt"),
        (1, "new name.txt"),
        (4, "typed"),
        (5, "typed"),
    ] {
        assert_eq!(run.of(&t[at])[0].0, path);
    }
    let run = stopleak(&repo, repo.path(), &["history", "--range", "v1..main"]);
    assert_eq!(run.ran.code, 1);
    assert!(run.of(&t[1]).is_empty() && run.of(&t[4]).len() == 1 && run.of(&t[5]).len() == 1);
    for bad in [
        "nothing..here",
        "main..",
        "..nowhere",
        "main~999",
        "",
        "main..v1..side",
    ] {
        let run = stopleak(&repo, repo.path(), &["history", "--range", bad]);
        let known = bad == "main..";
        assert_eq!(
            run.ran.code,
            if known { 0 } else { 2 },
            "{bad} {}",
            run.ran.stderr
        );
    }
}

#[test]
fn a_partial_clone_tells_what_it_lacks() {
    let (repo, t) = filled();
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    let there = Beside::new(&repo, "partial");
    let from = url(repo.path());
    repo.git(&[
        "clone",
        "-q",
        "--bare",
        "--filter=blob:none",
        &from,
        there.text(),
    ]);
    let run = stopleak(&repo, there.path(), &["history"]);
    assert_eq!(run.ran.code, 2, "{}", run.ran.stderr);
    assert!(
        run.report["summary"]["failed"].as_u64().unwrap() >= 4,
        "{:#}",
        run.report
    );
    run.has(&t[3..4]);
    assert!(run.report.to_string().contains("partial clone"));
    let run = stopleak(&repo, there.path(), &["history", "--allow-missing"]);
    assert_eq!(run.ran.code, 1, "{:#}", run.report);
    assert!(
        run.report["summary"]["skipped"]["missing"]
            .as_u64()
            .unwrap()
            >= 4
    );
    // A range without its blobs is no better.
    let run = stopleak(&repo, there.path(), &["history", "--range", "main"]);
    assert_eq!(run.ran.code, 2);
}

#[test]
fn a_shallow_clone_is_not_complete() {
    let (repo, t) = filled();
    let there = Beside::new(&repo, "shallow");
    repo.git(&["clone", "-q", "--depth=1", &url(repo.path()), there.text()]);
    let run = stopleak(&repo, there.path(), &["history"]);
    assert_eq!(run.ran.code, 2, "{}", run.ran.stderr);
    assert!(
        run.ran.stderr.contains("git fetch --unshallow"),
        "{}",
        run.ran.stderr
    );
    // Secrets still in files are found. Those removed again are beyond the boundary.
    assert!(!run.of(&t[0]).is_empty() && run.of(&t[4]).is_empty());
    let allowed = stopleak(&repo, there.path(), &["history", "--allow-missing"]);
    assert_eq!(allowed.ran.code, 1, "{}", allowed.ran.stderr);
    assert!(allowed.report.to_string().contains("shallow clone"));
    for args in [&["--range", "HEAD"][..], &["--since", "2001-01-01"]] {
        let args = [&["history"], args].concat();
        let run = stopleak(&repo, there.path(), &args);
        assert_eq!(run.ran.code, 2, "{}", run.ran.stderr);
        let run = stopleak(
            &repo,
            there.path(),
            &[&args[..], &["--allow-missing"]].concat(),
        );
        assert_eq!(run.ran.code, 1, "{}", run.ran.stderr);
    }
    // One commit, and a range above the boundary, are all here.
    let run = stopleak(&repo, there.path(), &["history", "--commit", "HEAD"]);
    assert_eq!(run.ran.code, 1, "{}", run.ran.stderr);
    repo.git(&[
        "-C",
        there.text(),
        "commit",
        "-q",
        "--allow-empty",
        "-m",
        "more",
    ]);
    let run = stopleak(&repo, there.path(), &["history", "--range", "HEAD~1..HEAD"]);
    assert_eq!(run.ran.code, 0, "{}", run.ran.stderr);
    // A list of commits whose parents are here hides nothing, and none of them is missing.
    let all = Beside::new(&repo, "all");
    repo.git(&["clone", "-q", repo.path().to_str().unwrap(), all.text()]);
    let tip = repo.git(&["rev-parse", "HEAD"]);
    std::fs::write(all.path().join(".git/shallow"), format!("{tip}\n")).unwrap();
    let run = stopleak(&repo, all.path(), &["history"]);
    assert_eq!(run.ran.code, 1, "{}", run.ran.stderr);
    run.has(&t[..1]);
}

#[test]
fn objects_to_which_nothing_leads_are_told() {
    let repo = Repo::init(&[]);
    let run = stopleak(&repo, repo.path(), &["history"]);
    assert_eq!(run.ran.code, 0, "{}", run.ran.stderr);
    let secret = token(131);
    repo.commit("a.txt", line(&secret));
    let run = stopleak(&repo, repo.path(), &["history", "--refs", "refs/head/*"]);
    assert_eq!(run.ran.code, 2, "{}", run.ran.stderr);
    assert!(
        run.ran.stderr.contains("no reference has a name"),
        "{}",
        run.ran.stderr
    );
    repo.git(&["update-ref", "-d", "refs/heads/main"]);
    let run = stopleak(&repo, repo.path(), &["history"]);
    assert_eq!(run.ran.code, 2, "{}", run.ran.stderr);
    assert!(
        run.ran.stderr.contains("--all-objects"),
        "{}",
        run.ran.stderr
    );
    let run = stopleak(&repo, repo.path(), &["history", "--all-objects"]);
    assert_eq!(run.ran.code, 1, "{}", run.ran.stderr);
}

/// Stores a commit as written: `header` before the empty line, `message` after it.
fn raw_commit(repo: &Repo, header: &str, message: &[u8]) -> String {
    let tree = repo.git(&["rev-parse", "HEAD^{tree}"]);
    let parent = repo.git(&["rev-parse", "HEAD"]);
    let text = format!("tree {tree}\nparent {parent}\n{header}\n");
    let args = [
        "hash-object",
        "-t",
        "commit",
        "-w",
        "--stdin",
        "--literally",
    ];
    let id = repo.run(&args, &[text.as_bytes(), message].concat());
    let id = String::from_utf8(id).unwrap().trim().to_owned();
    repo.git(&["update-ref", "refs/heads/main", &id]);
    id
}

/// All that people write into a commit or tag is read: in a whole history and in a range.
#[test]
fn headers_are_read_and_persons_are_no_findings() {
    let repo = Repo::init(&[]);
    repo.commit("a.txt", "one\n");
    let who = "T <t@example.org> 1700000000 +0000";
    let plain = format!("author {who}\ncommitter {who}\n");
    let secrets: Vec<String> = (140..150).map(token).collect();
    let s = |n: usize| secrets[n].as_str();
    let headers = [
        (
            format!("author {} <t@x> 1700000000 +0000\ncommitter {who}\n", s(0)),
            3,
        ),
        (
            format!("author {who}\ncommitter T <{}@x> 1700000000 +0000\n", s(1)),
            4,
        ),
        (
            format!(
                "{plain}mergetag object {}\n type commit\n tag v9\n tagger {who}\n \n {}\n",
                "1".repeat(40),
                line(s(2)).trim_end()
            ),
            10,
        ),
        (format!("{plain}HG:extra token: {}\n", s(3)), 5),
        (format!("{plain}encoding {}\n", s(4)), 5),
        (
            format!(
                "{plain}gpgsig -----BEGIN PGP SIGNATURE-----\n \n {}\n -----END\n",
                s(5)
            ),
            7,
        ),
    ];
    let mut commits = Vec::new();
    for (header, _) in &headers {
        commits.push(raw_commit(&repo, header, b"message\n"));
    }
    let wide: Vec<u8> = line(s(6))
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let message = [&[0xff, 0xfe][..], &wide].concat();
    let last = raw_commit(&repo, &format!("{plain}encoding UTF-16\n"), &message);
    let base = repo.git(&["rev-list", "--max-parents=0", "HEAD"]);
    let ranged = format!("{base}..HEAD");
    for args in [&["history"][..], &["history", "--range", &ranged]] {
        let run = stopleak(&repo, repo.path(), args);
        assert_eq!(run.ran.code, 1, "{}", run.ran.stderr);
        let found = run.report["findings"].as_array().unwrap();
        assert_eq!(found.len(), 7, "{:#}", run.report);
        for (n, ((_, at), commit)) in headers.iter().zip(&commits).enumerate() {
            let one = found.iter().find(|f| f["secret"]["value"] == s(n)).unwrap();
            assert_eq!(one["path"], format!("commit/{commit}/header").as_str());
            assert_eq!(one["start"]["line"], *at, "{one:#}");
            assert_eq!(one["commit"]["id"], commit.as_str());
        }
        let wide = run.of(s(6));
        assert_eq!(wide[0].0, format!("commit/{last}"));
        let none = stopleak(&repo, repo.path(), &[args, &["--no-messages"]].concat());
        assert_eq!(none.ran.code, 0, "{:#}", none.report);
    }
    // The tagger, in a history.
    let tag = format!(
        "object {last}\ntype commit\ntag v1\ntagger {} <t@x> 1700000000 +0000\n\nmessage\n",
        s(7)
    );
    let id = repo.run(
        &["hash-object", "-t", "tag", "-w", "--stdin", "--literally"],
        tag.as_bytes(),
    );
    repo.git(&[
        "update-ref",
        "refs/tags/v1",
        String::from_utf8(id).unwrap().trim(),
    ]);
    let run = stopleak(&repo, repo.path(), &["history"]);
    assert_eq!(run.of(s(7))[0].0, "refs/tags/v1/header");
    // The same person in each commit is told once.
    let repo = Repo::init(&[]);
    repo.commit("a.txt", "one\n");
    let first = repo.git(&["rev-parse", "HEAD"]);
    for message in ["one", "two", "three"] {
        let header = format!("author {} <t@x> 1700000000 +0000\ncommitter {who}\n", s(8));
        raw_commit(&repo, &header, message.as_bytes());
    }
    for args in [
        &["history"][..],
        &["history", "--range", &format!("{first}..")],
    ] {
        let run = stopleak(&repo, repo.path(), args);
        assert_eq!(run.of(s(8)).len(), 1, "{:#}", run.report);
    }
    // Ordinary persons, services and signatures.
    let repo = Repo::init(&[]);
    repo.commit("a.txt", "one\n");
    let hex = "0123456789abcdef".repeat(2);
    for person in [
        "Datadog Bot <bot@datadoghq.com>",
        "dependabot[bot] <49699333+dependabot[bot]@users.noreply.github.com>",
        "svn <svn@612d8ca8-0d2c-4d9b-9c1f-2bd5e0c1a7a1>",
        "Heroku CLI <x@heroku.com>",
        "password reset <noreply+password=reset@example.org>",
        "Gerrit <1000123@7a4b5f3e-1b4c-4c8e-8a55-2ad5c2a1ef02>",
    ] {
        let header = format!(
            "author {person} 1700000000 +0000\ncommitter {person} 1700000000 +0000\n\
             gpgsig -----BEGIN SSH SIGNATURE-----\n U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAg\n \
             {hex}\n -----END SSH SIGNATURE-----\n"
        );
        raw_commit(&repo, &header, b"message\n");
    }
    for args in [&["history"][..], &["history", "--range", "HEAD"]] {
        let run = stopleak(&repo, repo.path(), args);
        assert_eq!(run.ran.code, 0, "{:#}", run.report);
    }
}

#[test]
fn submodules_are_told_and_their_own_repositories_read() {
    let (inner, t) = filled();
    let outer = Repo::init(&[]);
    outer.git(&[
        "submodule",
        "--quiet",
        "add",
        inner.path().to_str().unwrap(),
        "lib",
    ]);
    let run = stopleak(&outer, outer.path(), &["staged"]);
    assert_eq!(
        run.report["summary"]["skipped"]["submodule"], 1,
        "{:#}",
        run.report
    );
    outer.git(&["commit", "-q", "-m", "add"]);
    let run = stopleak(&outer, outer.path(), &["history"]);
    assert_eq!(run.ran.code, 0, "{:#}", run.report);
    // Its work tree has a file that names its git directory.
    let run = stopleak(&outer, &outer.path().join("lib"), &["history"]);
    assert_eq!(run.ran.code, 1, "{}", run.ran.stderr);
    run.has(&t);
    let secret = token(120);
    outer.write("lib/new.txt", line(&secret));
    outer.git(&["-C", "lib", "add", "-A"]);
    let run = stopleak(&outer, &outer.path().join("lib"), &["staged"]);
    run.has(&[secret]);
}

#[test]
fn sparse_and_split_indexes_are_read() {
    let repo = Repo::init(&[]);
    let t: Vec<String> = (130..134).map(token).collect();
    for dir in ["a", "b", "c/d"] {
        repo.commit(&format!("{dir}/file.txt"), "text\n");
    }
    repo.commit("b/old.txt", line(&t[0]));
    repo.git(&["sparse-checkout", "init", "--cone", "--sparse-index"]);
    repo.git(&["sparse-checkout", "set", "a"]);
    let staged = || stopleak(&repo, repo.path(), &["staged"]);
    assert_eq!(staged().ran.code, 0);
    repo.write("a/file.txt", line(&t[1]));
    repo.git(&["add", "-A"]);
    let run = staged();
    run.has(&t[1..2]);
    assert!(run.of(&t[0]).is_empty());
    // A new file outside of what is checked out.
    repo.git(&["add", "--sparse", "-A"]);
    let id = repo.run(&["hash-object", "-w", "--stdin"], line(&t[2]).as_bytes());
    let id = String::from_utf8(id).unwrap();
    let entry = format!("100644,{},b/new.txt", id.trim());
    repo.git(&["update-index", "--add", "--cacheinfo", &entry]);
    staged().has(&t[1..3]);
    repo.git(&["sparse-checkout", "disable"]);

    repo.git(&["commit", "-q", "-m", "done"]);
    repo.git(&["update-index", "--split-index"]);
    assert_eq!(staged().ran.code, 0);
    repo.write("c/d/file.txt", line(&t[3]));
    repo.git(&["add", "-A"]);
    staged().has(&t[3..4]);
    let run = stopleak(&repo, repo.path(), &["scan", "--changed"]);
    run.has(&t[3..4]);
}

/// Claims of a hostile repository about itself.
#[test]
fn configuration_and_attributes_neither_run_nor_mute() {
    let (repo, t) = filled();
    let trap = repo.path().join("ran");
    let run_trap = format!("sh -c 'touch {}; cat'", trap.display());
    for (key, value) in [
        ("color.ui", "always"),
        ("log.showRoot", "false"),
        ("core.fsmonitor", &run_trap),
        ("core.sshCommand", &run_trap),
        ("core.pager", &run_trap),
        ("core.editor", &run_trap),
        ("core.hooksPath", "hooks"),
        ("diff.external", &run_trap),
        ("diff.hide.textconv", &run_trap),
        ("diff.hide.command", &run_trap),
        ("filter.hide.clean", &run_trap),
        ("filter.hide.smudge", &run_trap),
        ("filter.hide.process", &run_trap),
        ("filter.hide.required", "true"),
        ("log.excludeDecoration", "*"),
        ("transfer.hideRefs", "refs/heads"),
        ("diff.ignoreSubmodules", "all"),
        ("core.quotePath", "true"),
    ] {
        // Written as text, because git itself would run some of it.
        let path = repo.path().join(".git/config");
        let mut text = std::fs::read_to_string(&path).unwrap();
        let (section, name) = key.rsplit_once('.').unwrap();
        let section = section.replacen('.', " \"", 1);
        let close = if section.contains('"') { "\"" } else { "" };
        text.push_str(&format!(
            "[{section}{close}]\n\t{name} = {}\n",
            value.replace('\'', "")
        ));
        std::fs::write(path, text).unwrap();
    }
    repo.write(
        ".gitattributes",
        "* -diff -text binary filter=hide diff=hide working-tree-encoding=UTF-16\n",
    );
    std::fs::write(repo.path().join(".git/info/attributes"), "* -diff\n").unwrap();
    std::fs::write(repo.path().join(".git/info/grafts"), "").unwrap();
    let run = stopleak(&repo, repo.path(), &["history"]);
    assert_eq!(run.ran.code, 1, "{}", run.ran.stderr);
    run.has(&t);
    let run = stopleak(&repo, repo.path(), &["history", "--range", "v1..main"]);
    run.has(&t[4..6]);
    let run = stopleak(&repo, repo.path(), &["scan", "--changed"]);
    assert!(run.ran.code < 2, "{}", run.ran.stderr);
    assert!(!trap.exists());
}

#[test]
fn replaced_objects_hide_nothing() {
    let (repo, t) = filled();
    let bad = repo.git(&["rev-parse", "HEAD:first.txt"]);
    let good = repo.run(&["hash-object", "-w", "--stdin"], b"harmless\n");
    let good = String::from_utf8(good).unwrap();
    repo.git(&["replace", &bad, good.trim()]);
    let run = stopleak(&repo, repo.path(), &["history"]);
    run.has(&t);
}

#[test]
fn a_copy_that_is_left_does_not_pass_for_gone() {
    let repo = Repo::init(&[]);
    let secret = token(140);
    repo.commit("first.env", line(&secret));
    repo.commit("copy/second.env", line(&secret));
    repo.git(&["rm", "-q", "first.env"]);
    repo.commit("a.txt", "text\n");
    let run = stopleak(&repo, repo.path(), &["history"]);
    let findings = run.report["findings"].as_array().unwrap().iter();
    let places: Vec<_> = findings
        .map(|f| {
            (
                f["path"].as_str().unwrap(),
                f["commit"]["at_head"].as_bool().unwrap(),
            )
        })
        .collect();
    assert_eq!(places, [("copy/second.env", true), ("first.env", false)]);
}

/// References in tables are found as those in files are.
#[test]
fn reftables_are_read() {
    for hash in ["sha1", "sha256"] {
        let format = format!("--object-format={hash}");
        let repo = Repo::init(&["--ref-format=reftable", &format]);
        let run = stopleak(&repo, repo.path(), &["history"]);
        assert_eq!(run.ran.code, 0, "{}", run.ran.stderr);
        let t: Vec<String> = (150..156).map(token).collect();
        repo.commit("a.txt", "one\n");
        repo.git(&["checkout", "-q", "-b", "side"]);
        repo.commit("b.txt", line(&t[0]));
        repo.git(&["tag", "-a", "-m", &t[1], "v1"]);
        repo.git(&["checkout", "-q", "main"]);
        for n in 0..300 {
            repo.git(&["update-ref", &format!("refs/heads/many/{n}"), "main"]);
        }
        repo.commit("gone.txt", line(&t[2]));
        repo.git(&["update-ref", "refs/keep/gone", "main"]);
        repo.git(&["reset", "-q", "--hard", "HEAD~1"]);
        let run = stopleak(&repo, repo.path(), &["history"]);
        assert_eq!(run.ran.code, 1, "{}", run.ran.stderr);
        run.has(&t[..3]);
        // What is deleted is no reference any more, whether tables are compacted or not.
        repo.git(&["update-ref", "-d", "refs/keep/gone"]);
        for _ in 0..2 {
            let run = stopleak(&repo, repo.path(), &["history"]);
            run.has(&t[..2]);
            assert!(run.of(&t[2]).is_empty());
            repo.git(&["pack-refs", "--all"]);
        }
        for range in ["main..side", "refs/heads/side", "main~0..v1", "HEAD..side"] {
            let run = stopleak(&repo, repo.path(), &["history", "--range", range]);
            assert_eq!(run.of(&t[0]).len(), 1, "{range} {}", run.ran.stderr);
        }
        let run = stopleak(&repo, repo.path(), &["history", "--range", "nothing..side"]);
        assert_eq!(run.ran.code, 2);
        for (range, found) in [("side^{}", 1), ("HEAD^{}..side", 1), ("HEAD^{/a.txt}", 0)] {
            let run = stopleak(&repo, repo.path(), &["history", "--range", range]);
            assert_eq!(run.of(&t[0]).len(), found, "{range} {}", run.ran.stderr);
        }
        // Logs are in tables too. Files of logs, left from before, say nothing.
        repo.write(".git/logs/HEAD", {
            let side = repo.git(&["rev-parse", "side"]);
            format!("{side} {side} A <a@b> 1600000000 +0000\tcheckout: moving from main to side\n")
        });
        for name in [
            "HEAD@{0}",
            "HEAD@{1}",
            "@{0}",
            "@{1}",
            "@{-1}",
            "main@{1}",
            "main@{1}~1",
            "refs/heads/main@{1}",
            "main@{2020-01-01}",
            "main@{upstream}",
            "@{u}",
            "main^{}@{1}",
        ] {
            for range in [
                name.to_owned(),
                format!("{name}..side"),
                format!("main..{name}"),
            ] {
                let run = stopleak(&repo, repo.path(), &["history", "--range", &range]);
                assert_eq!(run.ran.code, 2, "{range}");
                let told = run.ran.stderr.contains("with reftables");
                assert!(told, "{range} {}", run.ran.stderr);
            }
            let run = stopleak(&repo, repo.path(), &["scan", "--policy-from", name]);
            assert_eq!(run.ran.code, 2, "{name}");
        }
        std::fs::remove_dir_all(repo.path().join(".git/logs")).unwrap();
        // Symbolic references, such as the one that names the default branch.
        repo.git(&["update-ref", "refs/remotes/origin/main", "main"]);
        repo.git(&[
            "symbolic-ref",
            "refs/remotes/origin/HEAD",
            "refs/remotes/origin/main",
        ]);
        for range in ["origin/HEAD..side", "refs/remotes/origin/HEAD..side"] {
            let run = stopleak(&repo, repo.path(), &["history", "--range", range]);
            assert_eq!(run.of(&t[0]).len(), 1, "{range} {}", run.ran.stderr);
        }
        let trusting = ["scan", "--policy-from", "origin/HEAD"];
        assert_eq!(stopleak(&repo, repo.path(), &trusting).ran.code, 0);
        repo.write("staged.txt", line(&t[3]));
        repo.git(&["add", "-A"]);
        let run = stopleak(&repo, repo.path(), &["staged"]);
        assert_eq!(
            (run.ran.code, run.of(&t[3]).len()),
            (1, 1),
            "{}",
            run.ran.stderr
        );
        // A worktree has a stack of its own.
        repo.git(&["worktree", "add", "-q", "--detach", "tree", "side"]);
        let tree = repo.path().join("tree");
        std::fs::write(tree.join("w.txt"), line(&t[4])).unwrap();
        repo.git(&["-C", "tree", "add", "-A"]);
        let run = stopleak(&repo, &tree, &["staged"]);
        assert_eq!(
            (run.ran.code, run.of(&t[4]).len()),
            (1, 1),
            "{}",
            run.ran.stderr
        );
        repo.git(&["-C", "tree", "commit", "-q", "-m", "detached"]);
        let run = stopleak(&repo, repo.path(), &["history"]);
        assert_eq!(run.of(&t[4]).len(), 1, "{}", run.ran.stderr);
        // A damaged table, and one that is gone, are errors.
        let dir = repo.path().join(".git/reftable");
        let list = std::fs::read_to_string(dir.join("tables.list")).unwrap();
        let table = dir.join(list.lines().next().unwrap());
        let good = std::fs::read(&table).unwrap();
        repo.make_writable(&table);
        let mut bad = good.clone();
        bad[24 + 4] ^= 0x40;
        for bad in [&bad[..], &good[..good.len() / 2], b""] {
            std::fs::write(&table, bad).unwrap();
            for args in [
                &["history"][..],
                &["staged"],
                &["history", "--range", "main"],
            ] {
                let run = stopleak(&repo, repo.path(), args);
                assert_eq!(run.ran.code, 2, "{args:?}");
            }
        }
        std::fs::remove_file(&table).unwrap();
        let run = stopleak(&repo, repo.path(), &["history"]);
        assert_eq!(run.ran.code, 2, "{}", run.ran.stderr);
    }
}
