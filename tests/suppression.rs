//! Accepted secrets, through the program: baseline, ignore file, markers, and a trusted revision.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use crate::support::repo::Repo;
use crate::support::token;
use stopleak::check::mint::Rng;

struct Run {
    code: i32,
    text: String,
    errors: String,
}

fn stopleak_in(repo: &Repo, dir: &Path, args: &[&str]) -> Run {
    let mut command = repo.command(env!("CARGO_BIN_EXE_stopleak"));
    let out = command.args(args).current_dir(dir).output().unwrap();
    Run {
        code: out.status.code().unwrap(),
        text: String::from_utf8_lossy(&out.stdout).into_owned(),
        errors: String::from_utf8_lossy(&out.stderr).into_owned(),
    }
}

fn stopleak(repo: &Repo, args: &[&str]) -> Run {
    stopleak_in(repo, repo.path(), args)
}

#[track_caller]
fn exits(run: &Run, code: i32) {
    assert_eq!(run.code, code, "{}\n{}", run.text, run.errors);
}

fn line(secret: &str) -> String {
    format!("token: {secret}\n")
}

/// Creates a repository with two secrets and a committed baseline of them.
fn with_baseline() -> (Repo, Vec<String>) {
    let repo = Repo::init(&[]);
    let secrets: Vec<String> = (200..204).map(token).collect();
    repo.write("a.txt", format!("one\n{}two\n", line(&secrets[0])));
    repo.write("dir/b c.txt", line(&secrets[1]));
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "-m", "start"]);
    exits(&stopleak(&repo, &["scan"]), 1);
    exits(&stopleak(&repo, &["baseline", "create"]), 0);
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "-m", "baseline"]);
    (repo, secrets)
}

fn fingerprints(run: &Run) -> Vec<String> {
    let report: serde_json::Value = serde_json::from_str(&run.text).unwrap();
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|f| f["fingerprint"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_baseline_accepts_what_was_there_and_nothing_else() {
    let (repo, t) = with_baseline();
    let text = std::fs::read_to_string(repo.path().join(".stopleak-baseline")).unwrap();
    for secret in &t[..2] {
        assert!(
            !secret
                .as_bytes()
                .windows(6)
                .any(|w| text.as_bytes().windows(6).any(|x| x == w))
        );
    }
    assert_eq!(text.lines().filter(|l| !l.starts_with('#')).count(), 2);
    for args in [
        &["scan"][..],
        &["history"],
        &["scan", "dir"],
        &["scan", "--changed"],
    ] {
        exits(&stopleak(&repo, args), 0);
    }
    exits(
        &stopleak_in(&repo, &repo.path().join("dir"), &["scan", "."]),
        0,
    );
    exits(&stopleak(&repo, &["scan", "--no-suppressions"]), 1);
    // A second one is not made by accident.
    exits(&stopleak(&repo, &["baseline", "create"]), 2);

    // The same secret in another file is new while the first file still has it.
    repo.write("copy.txt", line(&t[0]));
    exits(&stopleak(&repo, &["scan"]), 1);
    std::fs::remove_file(repo.path().join("copy.txt")).unwrap();
    // Moved lines, a moved file, and both staged.
    repo.write("a.txt", format!("more\nlines\n{}one\ntwo\n", line(&t[0])));
    repo.git(&["mv", "dir/b c.txt", "moved.txt"]);
    repo.write("moved.txt", format!("x = 1\n{}", line(&t[1])));
    exits(&stopleak(&repo, &["scan"]), 0);
    repo.git(&["add", "-A"]);
    exits(&stopleak(&repo, &["staged"]), 0);
    // A new value in the same place is new.
    repo.write("moved.txt", line(&t[2]));
    exits(&stopleak(&repo, &["scan"]), 1);
    repo.git(&["add", "-A"]);
    exits(&stopleak(&repo, &["staged"]), 1);
}

#[test]
fn a_baseline_is_kept_up() {
    let (repo, t) = with_baseline();
    let file = repo.path().join(".stopleak-baseline");
    let before = std::fs::read_to_string(&file).unwrap();
    exits(&stopleak(&repo, &["baseline", "check"]), 0);
    exits(&stopleak(&repo, &["baseline", "update"]), 0);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), before);

    repo.write("new.txt", line(&t[2]));
    let run = stopleak(&repo, &["baseline", "check"]);
    exits(&run, 1);
    assert!(run.text.contains("new.txt"), "{}", run.text);
    exits(&stopleak(&repo, &["baseline", "update", "--ratchet"]), 1);
    exits(&stopleak(&repo, &["baseline", "prune"]), 0);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), before);
    exits(&stopleak(&repo, &["baseline", "update"]), 0);
    exits(&stopleak(&repo, &["scan"]), 0);

    std::fs::remove_file(repo.path().join("new.txt")).unwrap();
    let run = stopleak(&repo, &["scan"]);
    exits(&run, 0);
    assert!(run.text.contains("1 entry unused"), "{}", run.text);
    exits(&stopleak(&repo, &["scan", "--strict-ignores"]), 2);
    // A scan of some files proves nothing about the rest.
    exits(&stopleak(&repo, &["scan", "dir", "--strict-ignores"]), 0);
    exits(&stopleak(&repo, &["baseline", "update", "--ratchet"]), 0);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), before);
    exits(&stopleak(&repo, &["scan", "--strict-ignores"]), 0);

    // A broken file is an error, never an empty baseline.
    std::fs::write(&file, before.replace("# salt", "# pepper")).unwrap();
    exits(&stopleak(&repo, &["scan"]), 2);
    exits(&stopleak(&repo, &["staged"]), 2);
}

#[test]
fn a_baseline_of_a_history() {
    let repo = Repo::init(&[]);
    let t: Vec<String> = (210..213).map(token).collect();
    repo.commit("a.txt", line(&t[0]));
    repo.commit("a.txt", "gone\n");
    exits(&stopleak(&repo, &["history"]), 1);
    exits(&stopleak(&repo, &["baseline", "create", "--history"]), 0);
    exits(&stopleak(&repo, &["history"]), 0);
    exits(&stopleak(&repo, &["baseline", "check"]), 0);
    repo.commit("a.txt", line(&t[1]));
    exits(&stopleak(&repo, &["history"]), 1);
}

#[test]
fn acceptance_survives_edits_and_rebases_and_ends_with_the_value() {
    let mut rng = Rng::new(77);
    for round in 0..6u64 {
        let (repo, t) = with_baseline();
        let mut text = format!("one\n{}two\n", line(&t[0]));
        for _ in 0..4 {
            let mut lines: Vec<&str> = text.lines().collect();
            let at = rng.below(lines.len() + 1);
            lines.insert(at, "something else");
            text = lines.join("\n") + "\n";
        }
        let renamed = format!("renamed-{round}.txt");
        repo.git(&["checkout", "-q", "-b", "work"]);
        repo.commit("a.txt", &text);
        repo.git(&["mv", "a.txt", &renamed]);
        repo.git(&["commit", "-q", "-m", "rename"]);
        repo.git(&["checkout", "-q", "main"]);
        repo.commit("other.txt", "other\n");
        repo.git(&["checkout", "-q", "work"]);
        if rng.below(2) == 0 {
            repo.git(&["rebase", "-q", "main"]);
        } else {
            repo.git(&["checkout", "-q", "main"]);
            repo.git(&["merge", "-q", "--squash", "work"]);
            repo.git(&["commit", "-q", "-m", "squash"]);
        }
        for args in [
            &["scan"][..],
            &["history"],
            &["history", "--range", "HEAD~1..HEAD"],
        ] {
            exits(&stopleak(&repo, args), 0);
        }
        repo.write(&renamed, text.replace(&t[0], &t[3]));
        exits(&stopleak(&repo, &["scan"]), 1);
    }
}

#[test]
fn ignored_findings_need_a_reason_and_may_end() {
    let repo = Repo::init(&[]);
    let t: Vec<String> = (220..223).map(token).collect();
    repo.write("a.txt", line(&t[0]));
    let run = stopleak(&repo, &["scan", "--format", "json"]);
    let id = &fingerprints(&run)[0];
    exits(&stopleak(&repo, &["ignore", "add", id]), 2);
    exits(
        &stopleak(&repo, &["ignore", "add", id, "--reason", "  "]),
        2,
    );
    exits(
        &stopleak(&repo, &["ignore", "add", "abc", "--reason", "x"]),
        2,
    );
    let past = [
        "ignore",
        "add",
        id,
        "--reason",
        "x",
        "--until",
        "2001-01-01",
    ];
    exits(&stopleak(&repo, &past), 2);
    let add = [
        "ignore",
        "add",
        id,
        "--reason",
        "a test key",
        "--owner",
        "me",
        "--until",
        "2999-12-31",
    ];
    exits(&stopleak(&repo, &add), 0);
    exits(&stopleak(&repo, &add), 2);
    let run = stopleak(&repo, &["scan", "-v"]);
    exits(&run, 0);
    assert!(run.text.contains("a test key"), "{}", run.text);
    let run = stopleak(&repo, &["ignore", "list"]);
    assert!(
        run.text.contains("until 2999-12-31 (me): a test key"),
        "{}",
        run.text
    );
    // Moved, renamed, copied: the same secret, reviewed already.
    repo.write("a.txt", format!("\n\n{}", line(&t[0])));
    std::fs::rename(repo.path().join("a.txt"), repo.path().join("b.txt")).unwrap();
    exits(&stopleak(&repo, &["scan"]), 0);
    repo.write("b.txt", line(&t[1]));
    let run = stopleak(&repo, &["scan"]);
    exits(&run, 1);
    assert!(run.text.contains("1 unused (line 3)"), "{}", run.text);
    let run = stopleak(&repo, &["scan", "--strict-ignores"]);
    exits(&run, 2);
    // It is the policy that is wrong; every file was scanned.
    let error = "error: .stopleakignore:3: entry is unused";
    assert!(run.text.contains(error), "{}", run.text);
    assert!(!run.text.contains("could not be scanned"), "{}", run.text);

    let file = repo.path().join(".stopleakignore");
    let id = &fingerprints(&stopleak(&repo, &["scan", "--format", "json"]))[0];
    std::fs::write(&file, format!("{id} until=2020-01-01 over\n")).unwrap();
    let run = stopleak(&repo, &["scan"]);
    exits(&run, 1);
    assert!(run.text.contains("1 expired (line 1)"), "{}", run.text);
    std::fs::write(&file, format!("{id} only-here here\n")).unwrap();
    exits(&stopleak(&repo, &["scan"]), 0);
    repo.write("c.txt", line(&t[1]));
    exits(&stopleak(&repo, &["scan"]), 1);
    std::fs::remove_file(repo.path().join("c.txt")).unwrap();
    // Another entry accepts it already.
    repo.write(
        "b.txt",
        line(&t[1]).replace('\n', " # stopleak:allow test\n"),
    );
    let run = stopleak(&repo, &["scan", "--strict-ignores"]);
    exits(&run, 2);
    assert!(run.text.contains("needless"), "{} {}", run.text, run.errors);
    std::fs::write(&file, format!("{id}\n")).unwrap();
    exits(&stopleak(&repo, &["scan"]), 2);
}

#[test]
fn markers_above_and_around_count_and_one_switch_ends_them() {
    let repo = Repo::init(&[]);
    let t = token(230);
    for text in [
        format!("# stopleak:allow-next-line test\n{}", line(&t)),
        format!(
            "# stopleak:allow-start test\nx\n{}# stopleak:allow-end\n",
            line(&t)
        ),
        format!("# pragma: allowlist nextline secret\n{}", line(&t)),
        line(&t).replace('\n', " // kingfisher:ignore\n"),
    ] {
        repo.write("a.txt", &text);
        exits(&stopleak(&repo, &["scan"]), 0);
        exits(&stopleak(&repo, &["scan", "--no-inline-allow"]), 1);
        exits(&stopleak(&repo, &["scan", "--no-suppressions"]), 1);
    }
}

#[test]
fn a_change_cannot_silence_its_own_leak() {
    let (repo, t) = with_baseline();
    let marked = line(&t[2]).replace('\n', " # stopleak:allow old\n");
    repo.commit("marked.txt", &marked);
    let base = repo.git(&["rev-parse", "HEAD"]);
    let from = ["--policy-from", &base];
    let range = |extra: &[&str]| {
        let spec = format!("{base}..HEAD");
        stopleak(&repo, &[&["history", "--range", &spec], extra].concat())
    };
    // What was accepted at the base stays accepted.
    exits(&stopleak(&repo, &[&["scan"][..], &from].concat()), 0);

    // With a marker.
    repo.commit(
        "leak.txt",
        line(&t[3]).replace('\n', " # stopleak:allow honest\n"),
    );
    exits(&range(&[]), 0);
    let run = range(&from);
    exits(&run, 1);
    assert!(
        run.text.contains("asked for, not granted: inline"),
        "{}",
        run.text
    );
    assert!(
        run.text.contains("1 suppression not applied"),
        "{}",
        run.text
    );
    // With an existing line above.
    repo.git(&["reset", "-q", "--hard", &base]);
    repo.commit("marked.txt", marked.replace(&t[2], &t[3]));
    exits(&range(&from), 1);
    // With the baseline.
    repo.git(&["reset", "-q", "--hard", &base]);
    repo.commit("leak.txt", line(&t[3]));
    exits(&stopleak(&repo, &["baseline", "update"]), 0);
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "-m", "accept it"]);
    exits(&range(&[]), 0);
    let run = range(&from);
    exits(&run, 1);
    assert!(run.text.contains("not granted: baseline"), "{}", run.text);
    // With the ignore file.
    repo.git(&["reset", "-q", "--hard", &base]);
    repo.commit("leak.txt", line(&t[3]));
    let id = &fingerprints(&range(&["--format", "json"]))[0];
    exits(
        &stopleak(&repo, &["ignore", "add", id, "--reason", "mine"]),
        0,
    );
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "-m", "accept it"]);
    exits(&range(&[]), 0);
    exits(&range(&from), 1);
    // With a broken file: no effect on the trusted one.
    std::fs::write(repo.path().join(".stopleakignore"), "broken\n").unwrap();
    exits(&range(&from), 1);
    exits(&range(&["--policy-from", "nowhere"]), 2);
}

#[test]
fn a_marker_accepts_only_the_versions_that_have_it() {
    let marked = |t: &str| line(t).replace('\n', " # stopleak:allow test\n");
    let subject = |run: &Run| {
        let report: serde_json::Value = serde_json::from_str(&run.text).unwrap();
        let found = report["findings"].as_array().unwrap().clone();
        let found: Vec<_> = found
            .iter()
            .map(|f| f["commit"]["subject"].clone())
            .collect();
        found
    };
    let t = token(240);
    let above = format!("# stopleak:allow-next-line test\nx: {t}\n");
    let block = format!("# stopleak:allow-start a\nx: {t}\n# stopleak:allow-end\n");
    let plain = format!("x: {t}\n");
    let other = format!("{}more\n", marked(&t));
    for (versions, said) in [
        // The marker is removed: the commit that removed it is named.
        (vec![marked(&t), other.clone(), line(&t)], Some("third")),
        (vec![above.clone(), plain.clone()], Some("second")),
        (vec![block.clone(), plain.clone()], Some("second")),
        (
            vec![block, plain.clone() + "# stopleak:allow-end\n"],
            Some("second"),
        ),
        (vec![above, "\n".to_owned() + &plain], Some("second")),
        // The marker comes late: the version before it counts.
        (vec![line(&t), marked(&t)], Some("first")),
        // The marker is at one of two.
        (vec![marked(&t) + &line(&t)], Some("first")),
        (
            vec![marked(&t) + "x\n", line(&t) + &marked(&t)],
            Some("second"),
        ),
        // The marker is always there.
        (vec![marked(&t), other, marked(&t)], None),
    ] {
        let repo = Repo::init(&[]);
        repo.git(&["commit", "-q", "--allow-empty", "-m", "start"]);
        for (text, message) in versions.iter().zip(["first", "second", "third"]) {
            repo.write("a.txt", text);
            repo.git(&["add", "-A"]);
            repo.git(&["commit", "-q", "-m", message]);
        }
        repo.git(&["repack", "-q", "-a", "-d", "-f"]);
        let root = repo.git(&["rev-list", "--max-parents=0", "HEAD"]);
        let range = format!("{root}..HEAD");
        for args in [
            &["history"][..],
            &["history", "--no-delta"],
            &["history", "-v"],
            &["history", "--range", &range],
        ] {
            let run = stopleak(&repo, &[args, &["--format", "json"]].concat());
            exits(&run, i32::from(said.is_some()));
            if let Some(said) = said {
                let found = subject(&run);
                assert!(found.iter().any(|f| f == said), "{args:?} {found:?}");
            }
        }
    }
}

#[test]
fn a_marker_that_is_taken_away_is_seen_by_hooks() {
    let t = token(241);
    let plain = format!("x: {t}\n");
    for (before, after) in [
        (
            format!("# stopleak:allow-next-line test\n{plain}"),
            plain.clone(),
        ),
        (
            format!("# pragma: allowlist nextline secret\n{plain}"),
            plain.clone(),
        ),
        (
            format!("# stopleak:allow-start a\n{plain}# stopleak:allow-end\n"),
            format!("# stopleak:allow-start a\n{plain}"),
        ),
    ] {
        let repo = Repo::init(&[]);
        repo.commit("a.txt", &before);
        repo.write("a.txt", format!("one more line\n{before}"));
        repo.git(&["add", "-A"]);
        exits(&stopleak(&repo, &["staged"]), 0);
        repo.write("a.txt", &after);
        repo.git(&["add", "-A"]);
        exits(&stopleak(&repo, &["staged"]), 1);
        exits(&stopleak(&repo, &["scan", "--changed"]), 1);
    }
}

#[test]
fn entries_about_lines_accept_the_versions_that_have_them() {
    let repo = Repo::init(&[]);
    let t = token(242);
    let sample = line(&t).replace('\n', " # a sample\n");
    let first = repo.commit("a.txt", &sample);
    repo.commit("a.txt", format!("{sample}more\n"));
    let entry = |what: &str| format!("[[allow]]\nreason = \"samples\"\n{what}\n");
    let lines = entry("lines = [\"a sample\"]");
    repo.write("stopleak.toml", &lines);
    exits(&stopleak(&repo, &["history"]), 0);
    // An entry for the commit that introduced it also covers later versions.
    let commits = entry(&format!("commits = [\"{first}\"]"));
    for text in [commits.clone(), commits + &lines] {
        repo.write("stopleak.toml", text);
        exits(&stopleak(&repo, &["history"]), 0);
    }
    repo.commit("a.txt", line(&t));
    repo.write("stopleak.toml", lines);
    exits(&stopleak(&repo, &["history"]), 1);
}

#[test]
fn what_is_accepted_is_looked_for_where_the_configuration_is() {
    let (repo, t) = with_baseline();
    let here = Repo::init(&[]);
    let other = repo.path().to_str().unwrap();
    let above = ["..", repo.path().file_name().unwrap().to_str().unwrap()].join("/");
    let file = [other, "/a.txt"].concat();
    // Its own baseline counts, wherever it is scanned from.
    for path in [other, above.as_str(), &file, "."] {
        let dir = if path == "." {
            repo.path()
        } else {
            here.path()
        };
        exits(&stopleak_in(&here, dir, &["scan", path]), 0);
        let run = stopleak_in(&here, dir, &["scan", path, "--strict-ignores"]);
        exits(&run, 0);
    }
    exits(&stopleak(&here, &["history", other]), 0);
    // A deleted file frees its entry for the new place. Deleted there, not here.
    repo.git(&["mv", "a.txt", "moved.txt"]);
    exits(&stopleak(&here, &["scan", other]), 0);
    repo.git(&["mv", "moved.txt", "a.txt"]);
    // The same identities as from within.
    let ids = |dir: &Path, path: &str| {
        let run = stopleak_in(
            &here,
            dir,
            &["scan", path, "--no-suppressions", "--format", "json"],
        );
        let mut ids = fingerprints(&run);
        ids.sort();
        assert_eq!(ids.len(), 2, "{}", run.errors);
        ids
    };
    assert_eq!(ids(here.path(), other), ids(repo.path(), "."));
    assert_eq!(ids(here.path(), &above), ids(repo.path(), "."));
    // The accepted secrets of this repository do not count for the other one.
    std::fs::remove_file(repo.path().join(".stopleak-baseline")).unwrap();
    here.write("a.txt", format!("one\n{}two\n", line(&t[0])));
    here.write("dir/b c.txt", line(&t[1]));
    exits(&stopleak(&here, &["baseline", "create"]), 0);
    exits(&stopleak(&here, &["scan"]), 0);
    exits(&stopleak(&here, &["scan", other]), 1);
    // Neither counts for a scan of both.
    let run = stopleak(&here, &["scan", ".", other]);
    exits(&run, 1);
    assert!(
        run.text.contains("are in several repositories"),
        "{}",
        run.text
    );
    exits(
        &stopleak(&here, &["scan", ".", other, "--policy-from", "HEAD"]),
        2,
    );
    // A revision is looked up in the repository of the files.
    repo.git(&["add", "-A"]);
    exits(
        &stopleak(&here, &["scan", other, "--policy-from", "HEAD"]),
        0,
    );
}

#[test]
fn a_baseline_is_the_same_from_any_directory() {
    let repo = Repo::init(&[]);
    let t = token(250);
    repo.write(
        "stopleak.toml",
        "[[allow]]\nreason = \"samples\"\npaths = [\"/samples/\"]\n",
    );
    repo.write("samples/a.txt", line(&t));
    repo.write("dir/samples/a.txt", line(&t));
    repo.commit("dir/b.txt", line(&t));
    let dir = repo.path().join("dir");
    exits(&stopleak_in(&repo, &dir, &["baseline", "create"]), 0);
    let text = std::fs::read_to_string(repo.path().join(".stopleak-baseline")).unwrap();
    let entries: Vec<&str> = text.lines().filter(|l| !l.starts_with('#')).collect();
    assert_eq!(entries.len(), 2, "{text}");
    assert!(entries[0].ends_with(" dir/b.txt"), "{text}");
    assert!(entries[1].ends_with(" dir/samples/a.txt"), "{text}");
    for dir in [dir.as_path(), repo.path()] {
        exits(&stopleak_in(&repo, dir, &["scan"]), 0);
        exits(&stopleak_in(&repo, dir, &["baseline", "check"]), 0);
    }
}

#[test]
fn a_path_that_holds_a_secret_has_a_baseline_without_it() {
    let repo = Repo::init(&[]);
    let t: Vec<String> = (260..264).map(token).collect();
    let dir = format!("keys-{}", t[0]);
    repo.write(&format!("{dir}/a.txt"), line(&t[1]));
    repo.write(&format!("{dir}/b.txt"), "nothing\n");
    repo.write(&format!("x/{}.txt", t[2]), line(&t[3]));
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "-m", "start"]);
    exits(&stopleak(&repo, &["baseline", "create"]), 0);
    let text = std::fs::read_to_string(repo.path().join(".stopleak-baseline")).unwrap();
    for secret in &t {
        assert!(!text.contains(&secret[4..12]), "{text}");
    }
    assert_eq!(
        text.lines().filter(|l| !l.starts_with('#')).count(),
        4,
        "{text}"
    );
    let inside = repo.path().join(&dir);
    for (at, args) in [
        (repo.path(), &["scan"][..]),
        (repo.path(), &["scan", "--strict-ignores"]),
        (repo.path(), &["history"]),
        (repo.path(), &["history", "--range", "HEAD"]),
        (repo.path(), &["baseline", "check"]),
        (&inside, &["scan"]),
        (&inside, &["baseline", "check"]),
    ] {
        exits(&stopleak_in(&repo, at, args), 0);
    }
    // An entry of such a path covers only such paths.
    repo.write("copy.txt", line(&t[1]));
    exits(&stopleak(&repo, &["scan"]), 1);
    std::fs::remove_file(repo.path().join("copy.txt")).unwrap();
    // The order of the files below the directory does not matter.
    std::fs::remove_file(inside.join("a.txt")).unwrap();
    exits(&stopleak(&repo, &["scan"]), 0);
    // Another value in the name is new, and can be ignored like any other.
    let other = token(265);
    repo.write(&format!("x/{other}.txt"), "nothing\n");
    let run = stopleak(&repo, &["scan", "--format", "json"]);
    exits(&run, 1);
    let id = &fingerprints(&run)[0];
    exits(
        &stopleak(
            &repo,
            &["ignore", "add", id, "--reason", "r", "--only-here"],
        ),
        0,
    );
    exits(&stopleak(&repo, &["scan"]), 0);
}
