//! A cache, and a repository that changed since: the report is that of a run without, whatever happened
//! to commits, trees, references and packs in between.

#![allow(clippy::unwrap_used, reason = "tests")]

use crate::cache::{Case, rich};
use crate::support::repo::Beside;
use crate::support::token;

const JSON: &[&str] = &["--format", "json"];

/// Returns where an object lies that is in no pack.
fn loose(case: &Case, id: &str) -> std::path::PathBuf {
    let objects = case.repo.path().join(".git/objects");
    objects.join(&id[..2]).join(&id[2..])
}

#[test]
fn histories_that_grow_and_shrink() {
    for seed in [21, 22] {
        let case = Case::new(rich(seed, 6));
        let repo = &case.repo;
        case.same(JSON);
        repo.fill(seed + 100, 10);
        repo.commit("dir/sub/new.env", format!("T={}\n", token(60)));
        case.same(JSON);
        repo.git(&["mv", "dir", "moved"]);
        repo.git(&["commit", "-qm", &format!("with {}", token(61))]);
        case.same(JSON);
        repo.git(&["commit", "-q", "--amend", "-m", "without"]);
        case.same(JSON);
        repo.git(&["repack", "-adfq", "--depth=50"]);
        case.same(JSON);
        // Pushed with force: a few commits go, and others come.
        repo.git(&["reset", "-q", "--hard", "HEAD~4"]);
        repo.commit("other/d e.env", format!("K={}\n", token(62)));
        case.same(JSON);
        case.same(&["--format", "json", "--all-objects"]);
        repo.git(&["branch", "-q", "-D", "side"]);
        repo.git(&["reflog", "expire", "--expire=now", "--all"]);
        repo.git(&["gc", "-q", "--prune=now"]);
        case.same(JSON);
        repo.git(&["tag", "-a", "-m", "a tree", "tree", "HEAD^{tree}"]);
        repo.git(&["checkout", "-q", "--orphan", "fresh"]);
        repo.git(&["rm", "-rqf", "."]);
        repo.commit(&format!("{}/x.txt", token(63)), "in a directory\n");
        case.same(JSON);
        repo.git(&["branch", "-q", "-D", "main"]);
        case.same(JSON);
        repo.git(&["reflog", "expire", "--expire=now", "--all"]);
        repo.git(&["gc", "-q", "--prune=now"]);
        case.same(JSON);
    }
}

#[test]
fn an_object_that_goes_is_missed() {
    let case = Case::new(rich(23, 4));
    let repo = &case.repo;
    repo.commit("later/kept.txt", "a quiet page\n");
    case.same(JSON);
    // Of the first version of a file, of a file with a secret, of a tree, and of a commit.
    let secret = repo.git(&["rev-parse", "side~1:side.txt"]);
    for name in [
        "HEAD:later/kept.txt",
        "HEAD:dir/b.py",
        secret.as_str(),
        "HEAD:dir",
        "HEAD~3",
    ] {
        let id = repo.git(&["rev-parse", name]);
        let (from, aside) = (loose(&case, &id), case.cache.path().join("aside"));
        std::fs::rename(&from, &aside).unwrap();
        case.same(JSON);
        let (shown, _) = case.kept(JSON);
        assert_eq!(shown.code, Some(2), "{name}");
        case.same(&["--format", "json", "--allow-missing"]);
        repo.git(&["tag", &format!("t{}", &id[..7]), "HEAD"]);
        case.same(JSON);
        std::fs::rename(&aside, &from).unwrap();
        case.same(JSON);
        repo.git(&["tag", &format!("u{}", &id[..7]), "HEAD"]);
        case.same(JSON);
    }
}

#[test]
fn what_ends_and_joins_histories_counts() {
    let case = Case::new(rich(24, 6));
    let repo = &case.repo;
    case.same(JSON);
    let from = format!("file://{}", repo.path().to_str().unwrap());
    let short = Beside::new(repo, "short");
    repo.git(&["clone", "-q", "--depth", "3", &from, short.text()]);
    case.same(&["--format", "json", short.text()]);
    case.same(&["--format", "json", "--allow-missing", short.text()]);
    repo.git(&["-C", short.text(), "fetch", "-q", "--deepen", "4"]);
    case.same(&["--format", "json", short.text()]);
    repo.git(&["-C", short.text(), "fetch", "-q", "--unshallow"]);
    case.same(&["--format", "json", short.text()]);
    // A clone that borrows objects, and has some of its own.
    let borrowing = Beside::new(repo, "borrowing");
    repo.git(&["clone", "-q", "--shared", &from[7..], borrowing.text()]);
    case.same(&["--format", "json", borrowing.text()]);
    let own = borrowing.path().join("own.env");
    std::fs::write(&own, format!("T={}\n", token(65))).unwrap();
    repo.git(&["-C", borrowing.text(), "add", "own.env"]);
    let name = ["-c", "user.name=a", "-c", "user.email=a@b.c"];
    let own = [
        &["-C", borrowing.text()],
        &name[..],
        &["commit", "-qm", "own"],
    ]
    .concat();
    repo.git(&own);
    case.same(&["--format", "json", borrowing.text()]);
    case.same(JSON);
    // A replaced commit, and a graft.
    let (head, other) = ("HEAD".to_owned(), repo.git(&["rev-parse", "HEAD~5"]));
    repo.git(&["replace", &head, &other]);
    case.same(JSON);
    repo.git(&["replace", "-d", &head]);
    let graft = format!("{} {other}\n", repo.git(&["rev-parse", "HEAD~2"]));
    std::fs::write(repo.path().join(".git/info/grafts"), graft).unwrap();
    case.same(JSON);
    repo.fill(77, 3);
    case.same(JSON);
}
