//! `stopleak scan --changed` through the program, and secrets in file names.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use crate::support::ran::Ran;
use crate::support::repo::Repo;
use crate::support::token;

fn stopleak(repo: &Repo, dir: &Path, args: &[&str]) -> Ran {
    let args = [args, &["--color", "never"]].concat();
    Ran::in_dir(dir, &args, &[("HOME", repo.path().to_str().unwrap())])
}

fn changed(repo: &Repo) -> Ran {
    stopleak(repo, repo.path(), &["scan", "--changed", "--show-secrets"])
}

fn line(secret: &str) -> String {
    format!("token: {secret}\n")
}

#[track_caller]
fn clean(run: &Ran) {
    assert_eq!(run.code, 0, "{} {}", run.stdout, run.stderr);
}

/// Checks that exactly these secrets are reported, each once.
#[track_caller]
fn found(run: &Ran, secrets: &[&str]) {
    assert_eq!(run.code, 1, "{} {}", run.stdout, run.stderr);
    for secret in secrets {
        assert!(run.stdout.contains(secret), "{secret} in {}", run.stdout);
    }
    let count = format!("{} finding", secrets.len());
    assert!(run.stdout.contains(&count), "{count} in {}", run.stdout);
}

#[test]
fn staged_unstaged_and_untracked_lines_are_judged_and_old_ones_are_not() {
    let repo = Repo::init(&[]);
    let secrets: Vec<String> = (1..=5).map(token).collect();
    repo.write("old.txt", line(&secrets[0]));
    repo.write(".gitignore", "ignored*\n");
    repo.commit("b.txt", "one\ntwo\n");
    clean(&changed(&repo));

    // Old secrets in an edited file do not count.
    repo.write("old.txt", format!("first\r\n{}more\n", line(&secrets[0])));
    clean(&changed(&repo));

    // Neither do secrets on lines whose line end a checkout changed.
    repo.write("old.txt", line(&secrets[0]).replace('\n', "\r\n"));
    clean(&changed(&repo));

    repo.write("b.txt", format!("one\n{}two\n", line(&secrets[1])));
    repo.git(&["add", "b.txt"]);
    found(&changed(&repo), &[&secrets[1]]);
    // Staged content counts, whatever the working tree contains now.
    repo.write("b.txt", "one\ntwo\n");
    found(&changed(&repo), &[&secrets[1]]);

    repo.write("old.txt", [line(&secrets[0]), line(&secrets[2])].concat());
    repo.write("sub/new.txt", line(&secrets[3]));
    repo.write("ignored.txt", line(&secrets[4]));
    found(&changed(&repo), &[&secrets[1], &secrets[2], &secrets[3]]);

    // From a directory below, and with paths.
    let sub = repo.path().join("sub");
    let all = ["scan", "--changed", "--show-secrets"];
    found(
        &stopleak(&repo, &sub, &all),
        &[&secrets[1], &secrets[2], &secrets[3]],
    );
    let some = [&all[..], &["."]].concat();
    found(&stopleak(&repo, &sub, &some), &[&secrets[3]]);
    let rest = [&all[..], &["--exclude", "/sub", "--exclude", "b.*"]].concat();
    found(&stopleak(&repo, repo.path(), &rest), &[&secrets[2]]);
    let outside = [&all[..], &["/"]].concat();
    assert_eq!(stopleak(&repo, &sub, &outside).code, 2);
}

#[test]
fn states_of_a_working_tree() {
    let repo = Repo::init(&[]);
    let secrets: Vec<String> = (11..=16).map(token).collect();
    // Unborn branch.
    repo.write("a.txt", line(&secrets[0]));
    found(&changed(&repo), &[&secrets[0]]);
    // Added with intent only.
    repo.git(&["add", "-N", "a.txt"]);
    found(&changed(&repo), &[&secrets[0]]);
    repo.commit("dir/b.txt", "text\n");
    clean(&changed(&repo));
    // Deleted, and a directory instead of a file.
    std::fs::remove_file(repo.path().join("a.txt")).unwrap();
    repo.write("a.txt/inner", line(&secrets[1]));
    found(&changed(&repo), &[&secrets[1]]);
    std::fs::remove_dir_all(repo.path().join("a.txt")).unwrap();
    clean(&changed(&repo));
    // Same size and time as before: still read, because the index is as young.
    let held = format!("{}\n", "x".repeat(line(&secrets[2]).len() - 1));
    repo.commit("same.txt", held);
    repo.write("same.txt", line(&secrets[2]));
    found(&changed(&repo), &[&secrets[2]]);
    // In a conflict, the content of both sides is known.
    repo.git(&["checkout", "-q", "."]);
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.commit("dir/b.txt", line(&secrets[3]));
    repo.git(&["checkout", "-q", "main"]);
    repo.commit("dir/b.txt", "other\n");
    let _ = repo
        .command("git")
        .args(["merge", "-q", "side"])
        .output()
        .unwrap();
    repo.write("dir/b.txt", [line(&secrets[3]), line(&secrets[4])].concat());
    let run = changed(&repo);
    found(&run, &[&secrets[4]]);
}

#[test]
fn a_bare_repository_has_no_changes_to_scan() {
    let repo = Repo::init(&["--bare"]);
    let run = changed(&repo);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("no working tree"), "{}", run.stderr);
}

#[test]
fn nothing_of_the_repository_is_written() {
    let repo = Repo::init(&[]);
    repo.commit("a.txt", "text\n");
    repo.write("a.txt", "other\n");
    let before = std::fs::metadata(repo.path().join(".git/index")).unwrap();
    clean(&changed(&repo));
    let after = std::fs::metadata(repo.path().join(".git/index")).unwrap();
    assert_eq!(before.modified().unwrap(), after.modified().unwrap());
}

#[test]
fn secrets_in_names_are_found_once_and_shown_nowhere() {
    let repo = Repo::init(&[]);
    let (dir, file, content) = (token(21), token(22), token(23));
    repo.write(&format!("{dir}/a.txt"), line(&content));
    repo.write(&format!("{dir}/b.txt"), "text\n");
    repo.write(&format!("{dir}/{file}.txt"), "text\n");
    repo.git(&["add", "-A"]);
    let three = |args: &[&str]| {
        for format in ["text", "json", "jsonl", "sarif"] {
            let run = stopleak(&repo, repo.path(), &[args, &["--format", format]].concat());
            assert_eq!(run.code, 1, "{args:?} {} {}", run.stdout, run.stderr);
            for secret in [&dir, &file, &content] {
                let leaked = secret
                    .as_bytes()
                    .windows(6)
                    .any(|w| run.stdout.contains(std::str::from_utf8(w).unwrap()));
                assert!(!leaked, "{args:?} {format}: {}", run.stdout);
            }
            if format == "text" {
                assert!(run.stdout.contains("3 findings"), "{args:?} {}", run.stdout);
                assert!(run.stdout.contains("in the path itself"), "{}", run.stdout);
            }
        }
    };
    three(&["scan", "-j", "1"]);
    three(&["scan", "-j", "3"]);
    three(&["scan", "--changed"]);
    three(&["staged"]);
    repo.git(&["commit", "-q", "-m", "names"]);
    three(&["history", "--range", "HEAD"]);
    three(&["history"]);
    three(&["history", "--no-delta", "-j", "1"]);
    clean(&stopleak(&repo, repo.path(), &["staged"]));

    // A new line in a file below such a directory does not report the name
    // again.
    repo.write(&format!("{dir}/b.txt"), "text\nmore\n");
    repo.git(&["add", "-A"]);
    clean(&stopleak(&repo, repo.path(), &["staged"]));
    // A move does.
    repo.git(&["mv", &format!("{dir}/b.txt"), &format!("{}.txt", token(24))]);
    let run = stopleak(&repo, repo.path(), &["staged"]);
    assert!(run.stdout.contains("1 finding"), "{}", run.stdout);
}

#[test]
fn names_of_a_history_are_attributed() {
    let repo = Repo::init(&[]);
    let (dir, file) = (token(31), token(32));
    repo.commit("a.txt", "text\n");
    let brought = repo.commit(&format!("x/{dir}/deep/er/b.txt"), "text\n");
    repo.git(&["rm", "-rq", "x"]);
    repo.commit("a.txt", "more\n");
    repo.git(&["checkout", "-q", "--orphan", "gone"]);
    let dangling = repo.commit(&format!("{file}.txt"), "other\n");
    repo.git(&["checkout", "-q", "main"]);
    repo.git(&["branch", "-qD", "gone"]);
    let history = |args: &[&str]| -> serde_json::Value {
        let args = [&["history", "--no-messages", "--format", "json"], args].concat();
        let run = stopleak(&repo, repo.path(), &args);
        assert_eq!(run.code, 1, "{}", run.stderr);
        serde_json::from_str(&run.stdout).unwrap()
    };
    let report = history(&[]);
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 1, "{report:#}");
    assert_eq!(findings[0]["commit"]["id"], brought.as_str());
    assert_eq!(findings[0]["commit"]["at_head"], false);
    let all = history(&["--all-objects"]);
    let text = all.to_string();
    assert_eq!(all["findings"].as_array().unwrap().len(), 2, "{all:#}");
    assert!(text.contains(&dangling));
    for secret in [&dir, &file] {
        assert!(!text.contains(&secret[8..20]));
    }
}
