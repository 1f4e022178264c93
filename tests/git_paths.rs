//! A history judges a blob at every path at which it ever stood.

#![allow(clippy::unwrap_used, reason = "tests")]

use crate::support::repo::Repo;
use crate::support::token;
use serde_json::Value;
use stopleak::check::mint::Rng;

/// Runs `history` and returns the exit code and the report.
#[track_caller]
fn history(repo: &Repo, options: &[&str]) -> (i32, Value) {
    let args = [&["history", "--format", "json"], options].concat();
    let run = |jobs: &str| {
        let mut command = repo.command(env!("CARGO_BIN_EXE_stopleak"));
        let out = command.args(&args).args(["-j", jobs]).output().unwrap();
        let code = out.status.code().unwrap();
        let errors = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(!out.stdout.is_empty(), "{args:?}: {code} {errors}");
        let mut report: Value = serde_json::from_slice(&out.stdout).unwrap();
        report["summary"]["elapsed_ms"] = Value::Null;
        (code, report)
    };
    let one = run("1");
    assert_eq!(one.0, run("3").0);
    assert_eq!(one.1["findings"], run("3").1["findings"]);
    one
}

/// The paths of what is reported, and the subjects of the commits that brought it there.
fn told(report: &Value) -> Vec<(String, String)> {
    let findings = report["findings"].as_array().unwrap().iter();
    let told = findings.filter(|f| f["verdict"]["status"] == "report");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    told.map(|f| (text(&f["path"]), text(&f["commit"]["subject"])))
        .collect()
}

fn password() -> String {
    ["hunter2", "Zq9xK"].concat()
}

/// Moves the only file through `paths`, and removes it in the end.
fn wandering(config: &str, content: &str, paths: &[&str]) -> Repo {
    let repo = Repo::init(&[]);
    repo.commit("stopleak.toml", config);
    repo.commit(paths[0], content);
    for pair in paths.windows(2) {
        let to = repo.path().join(pair[1]);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        repo.git(&["mv", pair[0], pair[1]]);
        repo.git(&["commit", "-q", "-m", &format!("to {}", pair[1])]);
    }
    repo.git(&["rm", "-q", paths[paths.len() - 1]]);
    repo.git(&["commit", "-q", "-m", "gone"]);
    repo
}

#[test]
fn a_blob_is_judged_where_it_stood_in_between() {
    let line = format!("token: {}\n", token(1));
    let ini = format!("user = admin\npassword = {}\nhost = db\n", password());
    let hex = Rng::new(7).text(b"0123456789abcdef", 32);
    let old = "paths = [\"old/**\"]\n";
    let exclude = "[scan]\nexclude = [\"old/**\"]\n".to_owned();
    let include = "[scan]\ninclude = [\"here/**\"]\n".to_owned();
    let allow = format!("[[allow]]\n{old}reason = \"samples\"\n");
    let warn = format!("[[paths]]\n{old}action = \"warn\"\nreason = \"samples\"\n");
    for (what, config, content, paths, at) in [
        ("excluded", &exclude, &line, ["old/a", "b", "old/c"], "b"),
        (
            "included",
            &include,
            &line,
            ["old/a", "here/b", "c"],
            "here/b",
        ),
        ("allowed", &allow, &line, ["old/a", "b", "old/c"], "b"),
        ("warned about", &warn, &line, ["old/a", "b", "old/c"], "b"),
        (
            "another kind of file",
            &String::new(),
            &ini,
            ["a.py", "config/prod.ini", "b.py"],
            "config/prod.ini",
        ),
        (
            "a rule for some names",
            &String::new(),
            &hex,
            ["x.txt", "config/master.key", "y.txt"],
            "config/master.key",
        ),
    ] {
        let repo = wandering(config, content, &paths);
        let (code, report) = history(&repo, &[]);
        let want = [(at.to_owned(), format!("to {at}"))];
        assert_eq!((told(&report), code), (want.to_vec(), 1), "{what}");
        // The last commit of that place is that of the blob; it is not at HEAD.
        let findings = report["findings"].as_array().unwrap();
        let found = findings.iter().find(|f| f["path"] == at).unwrap();
        assert_eq!(found["commit"]["at_head"], false, "{what}");
        // Accepted there, it does not come back at another path.
        let fingerprint = found["fingerprint"].as_str().unwrap();
        repo.commit(
            ".stopleakignore",
            format!("{fingerprint} only-here a test\n"),
        );
        let (code, report) = history(&repo, &[]);
        assert_eq!((told(&report), code), (Vec::new(), 0), "{what}");
    }
}

#[test]
fn what_was_told_at_one_path_is_not_told_at_each() {
    let line = format!("token: {}\n", token(2));
    let repo = wandering("", &line, &["a", "b", "c.ini", "d.py", "e"]);
    let (_, report) = history(&repo, &[]);
    assert_eq!(told(&report), [("a".to_owned(), "change a".to_owned())]);
    // The first path at which it counts.
    let config = "[scan]\nexclude = [\"old/**\"]\n";
    let paths = ["old/a", "b", "c.ini", "d.py", "old/e"];
    let repo = wandering(config, &line, &paths);
    let (_, report) = history(&repo, &[]);
    assert_eq!(told(&report), [("b".to_owned(), "to b".to_owned())]);
}

/// HEAD may have a blob at more paths than a finding names.
#[test]
fn every_copy_counts() {
    let line = format!("token: {}\n", token(3));
    let repo = Repo::init(&[]);
    repo.commit("stopleak.toml", "[scan]\nexclude = [\"old/**\"]\n");
    for n in 0..20 {
        repo.write(&format!("old/{n}.txt"), &line);
    }
    repo.write("z.txt", &line);
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "-m", "copies"]);
    let (code, report) = history(&repo, &[]);
    let want = ("z.txt".to_owned(), "copies".to_owned());
    assert_eq!((told(&report), code), (vec![want], 1));
    assert_eq!(
        report["findings"].as_array().unwrap().last().unwrap()["commit"]["at_head"],
        true
    );
}

/// A directory moves: the trees below it stay the same.
#[test]
fn a_directory_takes_its_files_along() {
    let line = format!("token: {}\n", token(4));
    let config = "[scan]\nexclude = [\"old/**\"]\n";
    let repo = Repo::init(&[]);
    repo.commit("stopleak.toml", config);
    repo.write("old/deep/er/a.txt", &line);
    repo.write(&format!("old/deep/er/{}.txt", token(5)), "x\n");
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "-m", "first"]);
    repo.git(&["mv", "old", "new"]);
    repo.git(&["commit", "-q", "-m", "moved"]);
    repo.git(&["mv", "new", "old"]);
    repo.git(&["commit", "-q", "-m", "moved back"]);
    let (code, report) = history(&repo, &[]);
    let mut subjects: Vec<String> = told(&report).into_iter().map(|(_, s)| s).collect();
    subjects.dedup();
    assert_eq!((told(&report).len(), code), (2, 1), "{report:#}");
    assert_eq!(subjects, ["moved"]);
    for packed in [&["repack", "-adfq", "--depth=50"][..], &["gc", "-q"]] {
        repo.git(packed);
        assert_eq!(history(&repo, &[]).1["findings"], report["findings"]);
    }
}

/// On a branch that was merged without its changes, and in commits that only a log has.
#[test]
fn side_branches_and_lost_commits_count() {
    let line = format!("token: {}\n", token(6));
    let repo = Repo::init(&[]);
    repo.commit("stopleak.toml", "[scan]\nexclude = [\"old/**\"]\n");
    repo.commit("old/a.txt", &line);
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.git(&["mv", "old/a.txt", "a.txt"]);
    repo.git(&["commit", "-q", "-m", "moved"]);
    repo.git(&["checkout", "-q", "main"]);
    repo.commit("b.txt", "b\n");
    let want = [("a.txt".to_owned(), "moved".to_owned())];
    assert_eq!(told(&history(&repo, &[]).1), want);
    repo.git(&["merge", "-q", "-s", "ours", "-m", "merged", "side"]);
    assert_eq!(told(&history(&repo, &[]).1), want);
    repo.git(&["reset", "-q", "--hard", "HEAD^"]);
    repo.git(&["branch", "-q", "-D", "side"]);
    assert_eq!(told(&history(&repo, &[]).1), []);
    assert_eq!(told(&history(&repo, &["--all-objects"]).1), want);
}

/// Blobs beyond the size that is read at once are judged at all their paths, too.
#[test]
fn a_large_blob_is_judged_at_each_path() {
    let repo = Repo::init(&[]);
    repo.commit("stopleak.toml", "[scan]\nexclude = [\"old/**\"]\n");
    let mut content = "filler of a line\n".repeat(1 << 16);
    content.push_str(&format!("token: {}\n", token(7)));
    for path in ["old/a.txt", "z.txt"] {
        repo.write(path, &content);
    }
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "-m", "large"]);
    let want = [("z.txt".to_owned(), "large".to_owned())];
    assert_eq!(told(&history(&repo, &[]).1), want);
}

/// A few small trees can stand at more paths than anybody can list.
#[test]
fn more_paths_than_can_be_told_apart_are_told() {
    let repo = Repo::init(&[]);
    repo.commit("first.txt", "one\n");
    let write = |kind: &str, bytes: &[u8]| {
        let id = repo.run(&["hash-object", "-w", "-t", kind, "--stdin"], bytes);
        String::from_utf8(id).unwrap().trim().to_owned()
    };
    let value = format!("user = admin\npassword = {}\n", password());
    let raw = |hex: &str| data_encoding::HEXLOWER.decode(hex.as_bytes()).unwrap();
    let entry = |mode: &str, name: &str, id: &str| {
        [mode.as_bytes(), b" ", name.as_bytes(), b"\0", &raw(id)].concat()
    };
    let blob = write("blob", value.as_bytes());
    let mut tree = write("tree", &entry("100644", "a.py", &blob));
    for _ in 0..40 {
        let both = [entry("40000", "a", &tree), entry("40000", "b", &tree)].concat();
        tree = write("tree", &both);
    }
    let commit = repo.git(&["commit-tree", "-m", "many", &tree]);
    repo.git(&["update-ref", "refs/heads/many", &commit]);
    let (code, report) = history(&repo, &[]);
    assert_eq!(code, 2, "{report:#}");
    assert!(report.to_string().contains("more paths than"), "{report:#}");
}

/// What leads to a blob without its path makes it count without one.
#[test]
fn what_names_a_blob_itself_does_not_see_an_excluded_path() {
    let secret = token(60);
    let line = format!("token: {secret}\n");
    let setup = || {
        let repo = Repo::init(&[]);
        repo.commit("stopleak.toml", "[scan]\nexclude = [\"old/**\"]\n");
        repo.commit("old/sub/a.txt", &line);
        repo.commit("other", "other\n");
        repo
    };
    let repo = setup();
    let (code, report) = history(&repo, &[]);
    assert_eq!((told(&report), code), (Vec::new(), 0));
    let blob = repo.git(&["rev-parse", "HEAD:old/sub/a.txt"]);
    let at_blob = format!("objects/{blob}");
    let other = repo.git(&["rev-parse", "HEAD:other"]);
    let replaced = format!("refs/replace/{other}");
    let ways: &[(&[&str], &str)] = &[
        (&["tag", "v1", "HEAD:old/sub/a.txt"], &at_blob),
        (
            &["tag", "-a", "v1", "-m", "x", "HEAD:old/sub/a.txt"],
            &at_blob,
        ),
        (&["update-ref", "refs/x/y", "HEAD:old/sub/a.txt"], &at_blob),
        (&["update-ref", &replaced, "HEAD:old/sub/a.txt"], &at_blob),
        (&["tag", "v1", "HEAD:old"], "sub/a.txt"),
        (&["tag", "-a", "v1", "-m", "x", "HEAD:old/sub"], "a.txt"),
        (&["update-ref", "refs/x/y", "HEAD:old"], "sub/a.txt"),
    ];
    for (args, at) in ways {
        let repo = setup();
        repo.git(args);
        for pack in [false, true] {
            if pack {
                repo.git(&["pack-refs", "--all"]);
                repo.git(&["gc", "-q"]);
            }
            let (code, report) = history(&repo, &[]);
            let want = vec![((*at).to_owned(), String::new())];
            assert_eq!((told(&report), code), (want, 1), "{args:?} {pack}");
        }
    }
    // A tag of a tag, of a tree in which it is excluded, and of the commit.
    let repo = setup();
    repo.git(&["tag", "-a", "inner", "-m", "x", "HEAD^{tree}"]);
    repo.git(&["tag", "-a", "outer", "-m", "x", "inner"]);
    repo.git(&["tag", "-a", "commit", "-m", "x", "HEAD"]);
    assert_eq!(history(&repo, &[]).0, 0);
    repo.git(&["tag", "-a", "third", "-m", "x", "HEAD:old/sub/a.txt"]);
    repo.git(&["tag", "-a", "fourth", "-m", "x", "third"]);
    repo.git(&["tag", "-d", "third"]);
    assert_eq!(history(&repo, &[]).0, 1);
    // Accepted for one name, it is accepted.
    let (_, report) = history(&repo, &[]);
    let fingerprint = report["findings"][0]["fingerprint"].as_str().unwrap();
    repo.commit(".stopleakignore", format!("{fingerprint} a test\n"));
    assert_eq!(history(&repo, &[]).0, 0);
    // Notes and stashes are commits with paths of their own.
    let repo = setup();
    repo.git(&["notes", "add", "-C", &blob]);
    assert_eq!(history(&repo, &[]).0, 1);
    let repo = setup();
    repo.write("old/sub/a.txt", "gone\n");
    repo.write("new.txt", &line);
    repo.git(&["stash", "-q", "-u"]);
    assert_eq!(history(&repo, &[]).0, 1);
    // What only a log of references names.
    let repo = setup();
    repo.git(&["tag", "--create-reflog", "v1", "HEAD:old/sub/a.txt"]);
    repo.git(&[
        "update-ref",
        "--create-reflog",
        "-m",
        "x",
        "refs/tags/v1",
        "HEAD",
    ]);
    assert_eq!(history(&repo, &[]).0, 0);
    assert_eq!(history(&repo, &["--all-objects"]).0, 1);
}
