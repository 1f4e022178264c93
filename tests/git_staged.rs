//! `stopleak staged` through the program, with the index in every state that people and hooks
//! create.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::process::Output;

use crate::support::repo::Repo;
use crate::support::token;

struct Run {
    code: i32,
    text: String,
    errors: String,
}

fn staged_in(repo: &Repo, dir: &Path, env: &[(&str, &Path)]) -> Run {
    let mut command = repo.command(env!("CARGO_BIN_EXE_stopleak"));
    command
        .args(["staged", "--show-secrets", "--color", "never"])
        .current_dir(dir)
        .envs(env.iter().copied());
    outcome(command.output().unwrap())
}

fn outcome(out: Output) -> Run {
    Run {
        code: out.status.code().unwrap(),
        text: String::from_utf8_lossy(&out.stdout).into_owned(),
        errors: String::from_utf8_lossy(&out.stderr).into_owned(),
    }
}

fn staged(repo: &Repo) -> Run {
    staged_in(repo, repo.path(), &[])
}

fn line(secret: &str) -> String {
    format!("token: {secret}\n")
}

#[track_caller]
fn clean(run: &Run) {
    assert_eq!(run.code, 0, "{} {}", run.text, run.errors);
}

#[track_caller]
fn found(run: &Run, secret: &str) {
    assert_eq!(run.code, 1, "{} {}", run.text, run.errors);
    assert!(run.text.contains(secret), "{}", run.text);
}

#[test]
fn the_first_commit_is_judged_whole() {
    let repo = Repo::init(&[]);
    clean(&staged(&repo));
    let secret = token(1);
    repo.write("a.txt", line(&secret));
    clean(&staged(&repo));
    repo.git(&["add", "-A"]);
    found(&staged(&repo), &secret);
}

#[test]
fn only_what_is_staged_counts() {
    let repo = Repo::init(&[]);
    let (first, second) = (token(2), token(3));
    repo.commit("a.txt", "one\n");
    // Partly staged: the working file has more changes.
    repo.write("a.txt", format!("one\n{}", line(&first)));
    repo.git(&["add", "-A"]);
    repo.write("a.txt", format!("one\n{}{}", line(&first), line(&second)));
    let run = staged(&repo);
    found(&run, &first);
    assert!(!run.text.contains(&second));
    // Intent to add: the index has no content of it.
    repo.git(&["reset", "-q", "--hard"]);
    repo.write("later.txt", line(&first));
    repo.git(&["add", "-N", "later.txt"]);
    let run = staged(&repo);
    clean(&run);
    assert!(run.text.contains("intent"), "{}", run.text);
}

#[test]
fn old_secrets_do_not_block_and_new_ones_do() {
    let repo = Repo::init(&[]);
    let (old, new) = (token(4), token(5));
    let body: String = (0..30).map(|i| format!("line {i}\n")).collect();
    repo.commit("a.txt", format!("{}{body}", line(&old)));
    repo.write("a.txt", format!("{}{body}more\n", line(&old)));
    repo.git(&["add", "-A"]);
    clean(&staged(&repo));
    // Moved to the end.
    repo.write("a.txt", format!("{body}more\n{}", line(&old)));
    repo.git(&["add", "-A"]);
    clean(&staged(&repo));
    // Line ends changed everywhere.
    repo.write(
        "a.txt",
        format!("{}{body}", line(&old)).replace('\n', "\r\n"),
    );
    repo.git(&["add", "-A"]);
    clean(&staged(&repo));
    // Renamed only; then with an edit; then with a new secret.
    repo.git(&["reset", "-q", "--hard"]);
    repo.git(&["mv", "a.txt", "b.txt"]);
    clean(&staged(&repo));
    repo.write("b.txt", format!("{}{body}edit\n", line(&old)));
    repo.git(&["add", "-A"]);
    clean(&staged(&repo));
    repo.write("b.txt", format!("{}{body}{}", line(&old), line(&new)));
    repo.git(&["add", "-A"]);
    let run = staged(&repo);
    found(&run, &new);
    assert!(!run.text.contains(&old));
    // Only the mode changed.
    repo.git(&["reset", "-q", "--hard"]);
    repo.git(&["update-index", "--chmod=+x", "a.txt"]);
    clean(&staged(&repo));
    // The same secret in another file is new there.
    repo.write("c.txt", format!("copy\n{}", line(&old)));
    repo.git(&["add", "-A"]);
    found(&staged(&repo), &old);
}

#[test]
fn the_second_half_of_a_pair_is_found() {
    let repo = Repo::init(&[]);
    let id = ["AK", "IA", "QYLPMN5HHHFPZAM2"].concat();
    let key = ["mDyN0tXq7", "LzEo3pVrUwKb9AcHs", "2fGjI6kYx8BvT+"].concat();
    let filler: String = (0..3).map(|i| format!("line {i}\n")).collect();
    repo.commit(
        "a.ini",
        format!("{filler}aws_access_key_id = {id}\n{filler}"),
    );
    clean(&staged(&repo));
    repo.write(
        "a.ini",
        format!("{filler}aws_access_key_id = {id}\naws_secret_access_key = {key}\n{filler}"),
    );
    repo.git(&["add", "-A"]);
    let run = staged(&repo);
    assert_eq!(run.code, 1, "{}", run.text);
}

#[test]
fn merges_are_compared_with_all_parents() {
    let repo = Repo::init(&[]);
    let (side, evil) = (token(6), token(7));
    repo.commit("a.txt", "base\n");
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.commit("s.txt", line(&side));
    repo.git(&["checkout", "-q", "main"]);
    repo.commit("m.txt", "main\n");
    repo.git(&["merge", "-q", "--no-commit", "--no-ff", "side"]);
    clean(&staged(&repo));
    repo.write("m.txt", format!("main\n{}", line(&evil)));
    repo.git(&["add", "-A"]);
    let run = staged(&repo);
    found(&run, &evil);
    assert!(!run.text.contains(&side));
}

#[test]
fn the_environment_of_hooks_and_any_directory_are_right() {
    let repo = Repo::init(&[]);
    let (first, second) = (token(8), token(9));
    repo.commit("sub/dir/a.txt", "one\n");
    repo.write("top.txt", line(&first));
    repo.git(&["add", "-A"]);
    let below = repo.path().join("sub/dir");
    found(&staged_in(&repo, &below, &[]), &first);
    // `git commit --only` and `-a` use an index of their own.
    let other = repo.path().join(".git/other-index");
    repo.git(&["reset", "-q", "--hard"]);
    std::fs::copy(repo.path().join(".git/index"), &other).unwrap();
    repo.write("only.txt", line(&second));
    let mut add = repo.command("git");
    add.args(["add", "only.txt"]).env("GIT_INDEX_FILE", &other);
    assert!(add.status().unwrap().success());
    clean(&staged(&repo));
    let git_dir = repo.path().join(".git");
    let env = [("GIT_INDEX_FILE", &*other), ("GIT_DIR", &*git_dir)];
    found(&staged_in(&repo, repo.path(), &env), &second);
    let elsewhere = std::env::temp_dir();
    found(&staged_in(&repo, &elsewhere, &env), &second);
}

#[test]
fn a_linked_worktree_has_an_index_of_its_own() {
    let repo = Repo::init(&[]);
    let secret = token(10);
    repo.commit("a.txt", "one\n");
    repo.git(&["worktree", "add", "-q", "tree"]);
    let tree = repo.path().join("tree");
    repo.write("tree/b.txt", line(&secret));
    repo.git(&["-C", "tree", "add", "-A"]);
    found(&staged_in(&repo, &tree, &[]), &secret);
    clean(&staged(&repo));
}

#[test]
fn encodings_attributes_and_types_hide_nothing() {
    let repo = Repo::init(&[]);
    let (wide, attr) = (token(11), token(12));
    repo.write(".gitattributes", "*.txt -diff\n");
    let utf16 =
        |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    repo.commit("wide.txt", utf16("\u{feff}one\n"));
    repo.write("wide.txt", utf16(&format!("\u{feff}one\n{}", line(&wide))));
    repo.git(&["add", "-A"]);
    found(&staged(&repo), &wide);
    repo.git(&["commit", "-q", "-m", "wide"]);
    repo.write(
        "wide.txt",
        utf16(&format!("\u{feff}one\n{}two\n", line(&wide))),
    );
    repo.git(&["add", "-A"]);
    clean(&staged(&repo));
    repo.write("attr.txt", line(&attr));
    repo.git(&["add", "-A"]);
    found(&staged(&repo), &attr);
}

#[cfg(unix)]
#[test]
fn link_targets_are_content() {
    let repo = Repo::init(&[]);
    let secret = token(13);
    repo.commit("a.txt", "one\n");
    std::fs::remove_file(repo.path().join("a.txt")).unwrap();
    std::os::unix::fs::symlink(&secret, repo.path().join("a.txt")).unwrap();
    repo.git(&["add", "-A"]);
    found(&staged(&repo), &secret);
}

#[test]
fn what_is_no_repository_or_damaged_is_an_error_in_one_line() {
    let repo = Repo::init(&[]);
    std::fs::remove_dir_all(repo.path().join(".git")).unwrap();
    let ceiling = repo.path().parent().unwrap();
    let run = staged_in(&repo, repo.path(), &[("GIT_CEILING_DIRECTORIES", ceiling)]);
    assert_eq!(run.code, 2);
    assert!(run.errors.starts_with("error: "), "{}", run.errors);
    assert!(run.errors.contains("help: "), "{}", run.errors);
    let repo = Repo::init(&[]);
    repo.commit("a.txt", "one\n");
    std::fs::write(repo.path().join(".git/index"), b"DIRC nonsense").unwrap();
    assert_eq!(staged(&repo).code, 2);
}

#[test]
fn nothing_is_written() {
    let repo = Repo::init(&[]);
    repo.commit("a.txt", "one\n");
    repo.write("a.txt", "two\n");
    repo.git(&["add", "-A"]);
    let listing = |dir: &Path| {
        let mut todo = vec![dir.to_owned()];
        let mut all = Vec::new();
        while let Some(dir) = todo.pop() {
            for entry in std::fs::read_dir(dir).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    todo.push(path.clone());
                }
                let data = std::fs::metadata(&path).unwrap();
                all.push((path, data.len(), data.modified().unwrap()));
            }
        }
        all.sort();
        all
    };
    let before = listing(repo.path());
    clean(&staged(&repo));
    assert_eq!(listing(repo.path()), before);
}

#[test]
fn history_takes_the_same_exit_codes() {
    let repo = Repo::init(&[]);
    let secret = token(14);
    repo.commit("a.txt", "one\n");
    repo.commit("b.txt", line(&secret));
    let history = |args: &[&str]| {
        let mut command = repo.command(env!("CARGO_BIN_EXE_stopleak"));
        command.arg("history").args(args);
        outcome(command.output().unwrap())
    };
    assert_eq!(history(&[]).code, 1);
    assert_eq!(history(&["--range", "HEAD~1..HEAD"]).code, 1);
    assert_eq!(history(&["--commit", "HEAD~1"]).code, 0);
    assert_eq!(history(&["--since", "2020-01-01"]).code, 1);
    assert_eq!(history(&["--since", "2030-01-01"]).code, 0);
    // Nothing was judged.
    assert_eq!(history(&["--refs", "refs/heads/none*"]).code, 2);
    for bad in [
        &["--range", "HEAD~7..HEAD"][..],
        &["--since", "maybe"],
        &["--commit", "x"],
    ] {
        let run = history(bad);
        assert_eq!(run.code, 2, "{bad:?}");
        assert!(run.errors.contains("help: "), "{}", run.errors);
    }
}

/// A blob that is too large to hold at once is read in pieces, by every command. The reader's own
/// limit never passes for the user's.
#[test]
fn a_blob_of_more_than_256_mib_is_scanned() {
    let repo = Repo::init(&[]);
    repo.git(&["config", "core.bigFileThreshold", "1g"]);
    repo.git(&["config", "core.compression", "1"]);
    repo.commit("a.txt", "a\n");
    let secret = token(7);
    let mut content = b"0123456789abcdef0123456789abcde\n".repeat((257 << 20) / 32);
    content.extend_from_slice(line(&secret).as_bytes());
    repo.write("big.txt", &content);
    drop(content);
    repo.git(&["add", "-A"]);
    std::fs::remove_file(repo.path().join("big.txt")).unwrap();
    let stopleak = |args: &[&str]| {
        let mut command = repo.command(env!("CARGO_BIN_EXE_stopleak"));
        outcome(command.args(args).arg("--show-secrets").output().unwrap())
    };
    found(&stopleak(&["staged"]), &secret);
    repo.git(&["commit", "-q", "-m", "big"]);
    found(&stopleak(&["history", "--range", "HEAD^..HEAD"]), &secret);
    let run = stopleak(&[
        "history",
        "--range",
        "HEAD^..HEAD",
        "--max-file-size",
        "100M",
    ]);
    clean(&run);
    assert!(run.text.contains("too large"), "{}", run.text);
}
