//! What is new: a secret that the new version shows and the old one did not, wherever it stands.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;

use crate::support::repo::{Beside, Repo};
use crate::support::token;
use serde_json::Value;
use stopleak::check::mint::Rng;

struct Run {
    code: i32,
    text: String,
    errors: String,
}

fn stopleak(repo: &Repo, args: &[&str]) -> Run {
    let mut command = repo.command(env!("CARGO_BIN_EXE_stopleak"));
    let out = command.args(args).output().unwrap();
    Run {
        code: out.status.code().unwrap(),
        text: String::from_utf8_lossy(&out.stdout).into_owned(),
        errors: String::from_utf8_lossy(&out.stderr).into_owned(),
    }
}

/// Stages everything and expects `code` of the staged change and of its commit.
#[track_caller]
fn step(repo: &Repo, what: &str, code: i32) {
    step_with(repo, what, &[], code);
}

#[track_caller]
fn step_with(repo: &Repo, what: &str, options: &[&str], code: i32) {
    repo.git(&["add", "-A"]);
    let check = |args: &[&str]| {
        let run = stopleak(repo, &[args, options].concat());
        assert_eq!(
            run.code, code,
            "{what}: {args:?}\n{}\n{}",
            run.text, run.errors
        );
    };
    check(&["staged"]);
    repo.git(&["commit", "-q", "--allow-empty", "-m", what]);
    check(&["history", "--commit", "HEAD"]);
    check(&["history", "--commit", "HEAD", "-j", "3"]);
}

/// Begins a repository with a file.
fn with(path: &str, content: impl AsRef<[u8]>) -> Repo {
    let repo = Repo::init(&[]);
    repo.commit("first.txt", "one\n");
    repo.write(path, content);
    step(&repo, "the first version", 0);
    repo
}

fn password() -> String {
    ["hunter2", "Zq9xK"].concat()
}

fn env() -> String {
    format!("A=b\nDB_PASSWORD={}\nHOST=db\nPORT=1\nMODE=x\n", password())
}

/// A private key with lines in the middle of its body.
fn key(middle: &str) -> String {
    let mut der = data_encoding::HEXLOWER
        .decode(b"302e020100300506032b657004220420")
        .unwrap();
    der.extend(Rng::new(3).bytes(32));
    let body = data_encoding::BASE64.encode(&der);
    let name = "PRIVATE KEY";
    let (first, rest) = body.split_at(40);
    format!("-----BEGIN {name}-----\n{first}\n{middle}{rest}\n-----END {name}-----\n")
}

#[test]
fn a_line_that_goes_can_make_a_secret_of_old_bytes() {
    let control = "\x01\x02\x03\x04\x05\x06\x07\x08\x0b\x0e\x0f\x10\x11\x12\n".repeat(4);
    let cases = [
        ("head", ".env", [control.as_str(), &env()].concat(), env()),
        ("tail", ".env", [&env(), control.as_str()].concat(), env()),
        ("key", "id.txt", key("###junk\n"), key("")),
        (
            "a comment in a value",
            "a.yml",
            format!("db:\n  password: >-\n    # not yet\n    {}\n", password()),
            format!("db:\n  password: >-\n    {}\n", password()),
        ),
    ];
    for (what, path, first, second) in cases {
        let repo = with(path, first);
        repo.write(path, second);
        step(&repo, what, 1);
        // It is no news after that.
        let again = std::fs::read_to_string(repo.path().join(path)).unwrap();
        repo.write(path, format!("{again}\n\nmore\n"));
        step(&repo, what, 0);
    }
}

/// What a marker of the trusted revision accepts stays accepted where lines only move, or get other
/// line ends or another indentation, in the file or with it to another path.
#[test]
fn a_marker_of_the_base_moves_with_its_lines() {
    let secret = token(70);
    let other = token(71);
    let rest: String = (0..9).map(|n| format!("value_{n} = {n}\n")).collect();
    let here = format!("token = \"{secret}\"  # stopleak:allow sample\n");
    let above = format!("# stopleak:allow-next-line sample\ntoken = \"{secret}\"\n");
    let key = key("");
    let block = format!("# stopleak:allow-start sample\n{key}# stopleak:allow-end\n");
    let entry = format!("token = \"{secret}\"\n");
    for (kind, text) in [
        ("here", here),
        ("above", above),
        ("block", block),
        ("entry", entry),
    ] {
        let base = format!("{rest}{text}{rest}");
        let indented =
            |by: &str| -> String { base.lines().map(|l| format!("{by}{l}\n")).collect() };
        let changes = [
            ("spaces", indented("    ")),
            ("tabs", indented("\t")),
            ("line ends", base.replace('\n', "\r\n")),
            ("both", indented("  ").replace('\n', "\r\n")),
            ("moved", format!("{text}{rest}{rest}")),
            (
                "moved and indented",
                format!("{}{rest}{rest}", text.replace("token", "  token")),
            ),
            ("last line end", base.trim_end().to_owned()),
        ];
        for (change, new) in changes {
            for to in ["a.py", "dir/b.py"] {
                if kind == "entry" && to != "a.py" {
                    continue;
                }
                let repo = Repo::init(&[]);
                if kind == "entry" {
                    repo.write("a.py", &base);
                    let create = ["baseline", "create"];
                    assert_eq!(stopleak(&repo, &create).code, 0);
                }
                let trusted = repo.commit("a.py", &base);
                repo.write(to, &new);
                if to != "a.py" {
                    std::fs::remove_file(repo.path().join("a.py")).unwrap();
                }
                let what = format!("{kind}, {change}, {to}");
                let options = ["--policy-from", &trusted];
                step_with(&repo, &what, &options, 0);
                // Another value is news.
                repo.write(to, new.replace(&secret, &other).replace("MC4C", "MC4D"));
                if kind != "block" {
                    step_with(&repo, &format!("{what}, another value"), &options, 1);
                }
            }
        }
        // A marker with other words, and one that the change adds, accept nothing.
        if kind == "entry" {
            continue;
        }
        let repo = Repo::init(&[]);
        let trusted = repo.commit("a.py", base.replace("stopleak:allow", "nothing"));
        repo.write("a.py", indented("  "));
        let run = stopleak(&repo, &["scan", "--policy-from", &trusted]);
        assert_eq!(run.code, 1, "{kind} {} {}", run.text, run.errors);
    }
}

#[test]
fn a_new_name_can_make_a_secret_of_old_bytes() {
    let ini = format!(
        "user = admin\npassword = {}\nhost = localhost\n",
        password()
    );
    let hex = Rng::new(7).text(b"0123456789abcdef", 32);
    for (from, to, content, edited) in [
        ("a.py", "a.ini", ini.clone(), format!("{ini}more = 1\n")),
        (
            "x.txt",
            "config/master.key",
            hex.clone(),
            format!("{hex}\n"),
        ),
    ] {
        for content in [&content, &edited] {
            let repo = with(from, content);
            std::fs::create_dir_all(repo.path().join(to).parent().unwrap()).unwrap();
            repo.git(&["mv", from, to]);
            step(&repo, &format!("{from} becomes {to}"), 1);
        }
        // Moved and edited in one step.
        let repo = with(from, &content);
        std::fs::create_dir_all(repo.path().join(to).parent().unwrap()).unwrap();
        repo.git(&["mv", from, to]);
        repo.write(to, &edited);
        step(&repo, &format!("{from} becomes {to}, edited"), 1);
    }
    // Two files take each other's name.
    let repo = with("a.py", &ini);
    repo.commit("b.ini", "user = admin\nhost = localhost\n");
    repo.git(&["mv", "a.py", "c"]);
    repo.git(&["mv", "b.ini", "a.py"]);
    repo.git(&["mv", "c", "b.ini"]);
    step(&repo, "names swapped", 1);
}

#[test]
fn what_was_accepted_before_is_new_once_nothing_accepts_it() {
    let line = format!("token: {}\n", token(1));
    let filler = "x\n".repeat(5);
    let marked = [
        ("# stopleak:allow-next-line test\n", ""),
        ("# stopleak:allow-start test\n", "# stopleak:allow-end\n"),
    ];
    for (above, below) in marked {
        let repo = with("a.txt", [&filler, above, &line, below, &filler].concat());
        repo.write("a.txt", [&filler, &line, below, &filler].concat());
        step(&repo, "the marker above goes", 1);
        if !below.is_empty() {
            let repo = with("a.txt", [&filler, above, &line, below, &filler].concat());
            repo.write("a.txt", [&filler, above, &line, &filler].concat());
            step(&repo, "the end of a block goes", 1);
        }
        // The pair of them may move.
        let repo = with("a.txt", [&filler, above, &line, below, &filler].concat());
        repo.write("a.txt", [above, &line, below, &filler, &filler].concat());
        step(&repo, "it moves", 0);
        repo.git(&["mv", "a.txt", "b.txt"]);
        step(&repo, "the file moves", 0);
    }
    // Configuration by path: excluded, allowed, only warned about.
    for entry in [
        "[scan]\nexclude = [\"old/**\"]\n",
        "[[allow]]\npaths = [\"old/**\"]\nreason = \"samples\"\n",
        "[[paths]]\npaths = [\"old/**\"]\naction = \"warn\"\nreason = \"samples\"\n",
    ] {
        let repo = Repo::init(&[]);
        repo.commit("stopleak.toml", entry);
        repo.write("old/a.txt", &line);
        step(&repo, "there it does not count", 0);
        repo.git(&["mv", "old/a.txt", "a.txt"]);
        step(&repo, entry, 1);
        repo.git(&["mv", "a.txt", "b.txt"]);
        step(&repo, "no news", 0);
    }
    let repo = Repo::init(&[]);
    repo.commit(
        "stopleak.toml",
        "[[paths]]\npaths = [\"old/**\"]\nseverity = \"low\"\n",
    );
    repo.commit("old/a.txt", &line);
    repo.git(&["mv", "old/a.txt", "a.txt"]);
    step(&repo, "more severe here", 1);
    repo.git(&["mv", "a.txt", "old/a.txt"]);
    step(&repo, "less severe there", 0);
    // What the detector itself makes of a path is no news.
    let repo = Repo::init(&[]);
    repo.commit(
        "tests/fixtures/a.yml",
        format!("db_password: {}\n", password()),
    );
    repo.git(&["mv", "tests/fixtures", "config"]);
    step(&repo, "out of the tests", 0);
    // An option leaves the old path out.
    for edit in ["", "more\n"] {
        let repo = Repo::init(&[]);
        repo.commit("old/a.txt", format!("one\ntwo\n{line}"));
        repo.git(&["mv", "old/a.txt", "a.txt"]);
        repo.write("a.txt", format!("one\ntwo\n{line}{edit}"));
        repo.git(&["add", "-A"]);
        for (options, code) in [(&[][..], 0), (&["--exclude", "old/**"], 1)] {
            let run = stopleak(&repo, &[&["scan", "--changed"], options].concat());
            assert_eq!(run.code, code, "{options:?} {}", run.text);
        }
    }
}

/// What was skipped was not reported.
#[test]
fn a_version_that_was_too_large_knows_nothing() {
    let limit = ["--max-file-size", "1000"];
    let line = format!("token: {}\n", token(8));
    let repo = Repo::init(&[]);
    repo.commit("first.txt", "one\n");
    repo.write("a.txt", format!("{line}{}", "x\n".repeat(700)));
    step_with(&repo, "too large", &limit, 0);
    repo.write("a.txt", format!("{line}{}", "x\n".repeat(300)));
    step_with(&repo, "no longer", &limit, 1);
    repo.write("a.txt", format!("{line}{}", "x\n".repeat(200)));
    step_with(&repo, "no news", &limit, 0);
}

#[test]
fn an_old_finding_that_moves_or_changes_its_form_is_no_news() {
    let body: String = (0..20).map(|i| format!("line {i}\n")).collect();
    let secret = format!("token: {}\n", token(2));
    let all = [body.as_str(), &secret, &key(""), &body].concat();
    let repo = Repo::init(&[]);
    repo.commit("a.txt", &all);
    let steps: [(&str, &str, String); 6] = [
        ("line ends", "a.txt", all.replace('\n', "\r\n")),
        ("back", "a.txt", all.clone()),
        (
            "indented",
            "a.txt",
            format!("  {}", all.replace('\n', "\n  ")),
        ),
        (
            "moved up",
            "a.txt",
            [&secret, body.as_str(), &key(""), &body].concat(),
        ),
        ("renamed", "dir/b.txt", all.clone()),
        (
            "renamed, edited, other order",
            "c.txt",
            [&key(""), "edit\n", &secret, &body].concat(),
        ),
    ];
    for (what, path, content) in steps {
        repo.git(&["rm", "-q", "--cached", "-r", "."]);
        for old in ["a.txt", "dir/b.txt"] {
            let _ = std::fs::remove_file(repo.path().join(old));
        }
        repo.write(path, content);
        step(&repo, what, 0);
    }
}

#[test]
fn a_companion_or_an_occurrence_of_an_old_secret_counts_as_before() {
    let id = ["AK", "IA", "QYLPMN5HHHFPZAM2"].concat();
    let other = ["AK", "IA", "QYLPMN5HHHFPZAM3"].concat();
    let key = ["mDyN0tXq7", "LzEo3pVrUwKb9AcHs", "2fGjI6kYx8BvT+"].concat();
    let pair =
        |id: &str, key: &str| format!("aws_access_key_id = {id}\naws_secret_access_key = {key}\n");
    let repo = Repo::init(&[]);
    repo.commit("a.ini", pair(&id, &key));
    repo.write("a.ini", format!("x = 1\n{}y = 2\n", pair(&id, &key)));
    step(&repo, "lines around", 0);
    repo.write(
        "a.ini",
        format!("x = 1\n{}y = 2\n", pair(&id, &key.replace("Xq7", "Xq8"))),
    );
    step(&repo, "the other half", 1);
    repo.write("a.ini", format!("x = 1\n{}y = 2\n", pair(&other, &key)));
    step(&repo, "the first half", 1);
}

#[test]
fn another_kind_of_entry_is_another_version() {
    let repo = Repo::init(&[]);
    repo.commit("a.txt", "one\n");
    repo.write("secret.tmp", format!("token: {}\n", token(3)));
    let blob = repo.git(&["hash-object", "-w", "secret.tmp"]);
    std::fs::remove_file(repo.path().join("secret.tmp")).unwrap();
    // A submodule may name any object, the one of a blob as well.
    repo.git(&[
        "update-index",
        "--add",
        "--cacheinfo",
        &format!("160000,{blob},b.txt"),
    ]);
    repo.git(&["commit", "-q", "-m", "a submodule"]);
    assert_eq!(
        stopleak(&repo, &["history", "--range", "HEAD^..HEAD"]).code,
        0
    );
    repo.git(&[
        "update-index",
        "--cacheinfo",
        &format!("100644,{blob},b.txt"),
    ]);
    assert_eq!(stopleak(&repo, &["staged"]).code, 1);
    repo.git(&["commit", "-q", "-m", "a file"]);
    assert_eq!(
        stopleak(&repo, &["history", "--range", "HEAD^..HEAD"]).code,
        1
    );
}

#[test]
fn a_merge_brings_what_no_parent_reports() {
    let repo = with("a.py", format!("user = admin\npassword = {}\n", password()));
    repo.commit("id.txt", key("###junk\n"));
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.commit("side.txt", "side\n");
    repo.git(&["checkout", "-q", "main"]);
    repo.commit("main.txt", "main\n");
    let merge = || {
        repo.git(&["reset", "-q", "--hard"]);
        repo.git(&["merge", "-q", "--no-commit", "--no-ff", "side"]);
    };
    merge();
    step(&repo, "an honest merge", 0);
    repo.git(&["reset", "-q", "--hard", "HEAD^"]);
    merge();
    repo.git(&["mv", "a.py", "a.ini"]);
    step(&repo, "a merge that renames", 1);
    repo.git(&["reset", "-q", "--hard", "HEAD^"]);
    merge();
    repo.write("id.txt", key(""));
    step(&repo, "a merge that takes a line away", 1);
    // What one of the parents reports is no news.
    repo.git(&["reset", "-q", "--hard", "HEAD^"]);
    repo.git(&["checkout", "-q", "side"]);
    repo.commit("id.txt", key(""));
    repo.git(&["checkout", "-q", "main"]);
    merge();
    repo.write("id.txt", format!("{}text\n", key("")));
    step(&repo, "a merge with an edit", 0);
}

/// A marker that the base has goes along with its file, and with nothing else.
#[test]
fn a_trusted_marker_moves_with_its_file() {
    let marked = |n: u64| format!("x\ntoken: {} # stopleak:allow test\ny\nz\n", token(n));
    let repo = Repo::init(&[]);
    let base = repo.commit("a.txt", marked(4));
    let from = ["--policy-from", base.as_str()];
    repo.git(&["mv", "a.txt", "b.txt"]);
    step_with(&repo, "moved", &from, 0);
    repo.write("b.txt", format!("{}more\n", marked(4)));
    step_with(&repo, "edited", &from, 0);
    repo.git(&["reset", "-q", "--hard", &base]);
    repo.git(&["mv", "a.txt", "b.txt"]);
    repo.write("b.txt", marked(5));
    step_with(&repo, "moved, with another value", &from, 1);
    repo.git(&["reset", "-q", "--hard", &base]);
    repo.write("b.txt", marked(4));
    step_with(&repo, "copied", &from, 1);
}

/// An entry for a line accepts what stood there, and a new line above takes nothing back.
#[test]
fn an_ignored_line_of_gitleaks_may_move() {
    let repo = Repo::init(&[]);
    repo.write("a.txt", format!("token: {}\n", token(6)));
    repo.commit(".gitleaksignore", "a.txt:github-pat:1\n");
    let run = stopleak(&repo, &["scan"]);
    assert_eq!(run.code, 0, "{}", run.text);
    repo.write("a.txt", format!("first\ntoken: {}\n", token(6)));
    step(&repo, "moved", 0);
    repo.write("a.txt", format!("first\ntoken: {}\n", token(7)));
    step(&repo, "another one", 1);
}

/// Returns the findings of a run, each as the values of `fields`.
fn findings(run: &Run, fields: &[&str]) -> BTreeSet<String> {
    assert!(run.code < 2, "{}\n{}", run.text, run.errors);
    let report: Value = serde_json::from_str(&run.text).unwrap();
    let findings = report["findings"].as_array().unwrap().iter();
    let told = findings.filter(|f| f["verdict"]["status"] == "report");
    let value = |f: &Value| -> String {
        let values = fields
            .iter()
            .map(|field| f.pointer(field).unwrap().to_string());
        values.collect::<Vec<_>>().join(" ")
    };
    told.map(value).collect()
}

const OPTIONS: &[&str] = &["--confidence", "low", "--format", "json"];

/// Adds steps that take lines away, rename, merge, and change markers and kinds of content.
fn vary(repo: &Repo, rng: &mut Rng) {
    const PATHS: &[&str] = &[
        "a.txt",
        "b.py",
        "c.ini",
        "d.env",
        "e.yml",
        "old/f.txt",
        "tests/g.ini",
        "gen/h.yml",
        "gen/deep/i.sh",
        "lib/deep/i.sh",
    ];
    let control = "\x01\x02\x03\x04\x05\x06\x07\x08\x0b\x0e\x0f\x10\x11\x12\n";
    for round in 0..50 {
        let listed = repo.git(&["ls-files"]);
        let files: Vec<&str> = listed.lines().filter(|f| PATHS.contains(f)).collect();
        let path = rng.pick(PATHS);
        let full = repo.path().join(path);
        let text = std::fs::read_to_string(&full).unwrap_or_default();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        match rng.below(14) {
            12 if !files.is_empty() => {
                // A copy, or a directory that moves.
                let from = files[rng.below(files.len())];
                let bytes = std::fs::read(repo.path().join(from)).unwrap();
                repo.commit(path, bytes);
                continue;
            }
            13 if round % 2 == 0 => {
                for (from, to) in [("gen", "lib"), ("lib", "old/gen"), ("old/gen", "gen")] {
                    let (here, there) = (repo.path().join(from), repo.path().join(to));
                    if here.is_dir() && !there.exists() {
                        std::fs::create_dir_all(there.parent().unwrap()).unwrap();
                        repo.git(&["mv", from, to]);
                        repo.git(&["commit", "-q", "-m", "a directory moves"]);
                        break;
                    }
                }
                continue;
            }
            0..=3 => {
                let n = rng.below(6) as u64;
                let at = rng.below(lines.len() + 1);
                let secret = [
                    format!("token: {}", token(n)),
                    format!("password = {}{n}", password()),
                    format!("DB_PASSWORD={};{n}", password()),
                    format!("# stopleak:allow-next-line\ntoken: {}", token(n)),
                    key(&format!("###{n}\n")),
                ];
                lines.insert(at, secret[rng.below(5)].clone());
            }
            4 => lines.insert(0, control.trim_end().to_owned()),
            5 => lines.push("# stopleak:allow-next-line".to_owned()),
            6..=8 if !lines.is_empty() => drop(lines.remove(rng.below(lines.len()))),
            9 if !files.is_empty() => {
                let from = files[rng.below(files.len())];
                if from != path {
                    let _ = std::fs::create_dir_all(full.parent().unwrap());
                    repo.git(&["mv", "-f", from, path]);
                    repo.git(&["commit", "-q", "-m", "rename"]);
                }
                continue;
            }
            10 if round > 5 => {
                repo.git(&["checkout", "-q", "-b", &format!("side{round}"), "HEAD~2"]);
                repo.commit(
                    &format!("side/{round}.txt"),
                    format!("token: {}\n", token(9)),
                );
                repo.git(&["checkout", "-q", "main"]);
                let side = format!("side{round}");
                let merged = repo
                    .command("git")
                    .args(["merge", "-q", "--no-edit", "--no-ff", &side])
                    .output()
                    .unwrap();
                if !merged.status.success() {
                    repo.git(&["checkout", "-q", "--ours", "."]);
                    repo.git(&["add", "-A"]);
                    repo.git(&["commit", "-q", "-m", "merge"]);
                }
                continue;
            }
            _ => lines.push(format!("line {}", rng.below(9))),
        }
        let mut bytes = lines.join("\n");
        bytes.push('\n');
        repo.commit(path, bytes);
    }
}

fn generated(seed: u64) -> Repo {
    let repo = Repo::init(&[]);
    repo.commit(
        "stopleak.toml",
        "[scan]\nexclude = [\"gen/**\"]\n[[allow]]\npaths = [\"old/**\"]\nreason = \"samples\"\n",
    );
    if seed.is_multiple_of(2) {
        repo.fill(seed, 25);
    }
    vary(&repo, &mut Rng::new(seed));
    repo
}

/// What the commits of a history bring, one by one, is what the history has; and no secret of
/// the last version is missing.
#[test]
fn the_news_of_all_commits_are_the_findings_of_the_history() {
    let mut total = 0;
    let more: u64 = std::env::var("STOPLEAK_SEEDS").map_or(0, |n| n.parse().unwrap());
    for seed in 1..=5 + more {
        let repo = generated(seed);
        let fields = ["/rule_id", "/secret/id"];
        let run = |args: &[&str]| findings(&stopleak(&repo, &[args, OPTIONS].concat()), &fields);
        let news = run(&["history", "--range", "HEAD"]);
        assert_eq!(news, run(&["history", "--range", "HEAD", "-j", "3"]));
        let history = run(&["history"]);
        total += history.len();
        assert_eq!(history, run(&["history", "-j", "3"]));
        let only_one: Vec<&String> = history.symmetric_difference(&news).collect();
        assert!(only_one.is_empty(), "seed {seed}: {only_one:#?}");
        let tree = run(&["scan"]);
        assert!(tree.is_subset(&news), "seed {seed}: {tree:#?} {news:#?}");
        // The change as a whole: from any commit on, what is in the tree and was not.
        let commits = repo.git(&["rev-list", "--first-parent", "HEAD"]);
        let commits: Vec<&str> = commits.lines().collect();
        for base in commits.iter().step_by(9).skip(1) {
            let before = Beside::new(&repo, "before");
            repo.git(&["worktree", "add", "-q", "--detach", before.text(), base]);
            let old = run(&["scan", before.text()]);
            repo.git(&["worktree", "remove", "--force", before.text()]);
            let range = run(&["history", "--range", &format!("{base}..HEAD")]);
            let brought: BTreeSet<String> = tree.difference(&old).cloned().collect();
            assert!(
                brought.is_subset(&range),
                "seed {seed} {base}: {brought:#?} {range:#?}"
            );
        }
    }
    assert!(total > 50, "{total}");
}

/// A hook says of a change what a range says of its commit.
#[test]
fn staged_changes_and_their_commits_have_the_same_findings() {
    for seed in 7..=8 {
        let repo = generated(seed);
        let fields = ["/path", "/start/line", "/rule_id", "/fingerprint"];
        let run = |args: &[&str]| findings(&stopleak(&repo, &[args, OPTIONS].concat()), &fields);
        let commits = repo.git(&["rev-list", "--no-merges", "--min-parents=1", "HEAD"]);
        let mut some = 0;
        for commit in commits.lines() {
            repo.git(&["update-ref", "--no-deref", "HEAD", &format!("{commit}^")]);
            repo.git(&["read-tree", commit]);
            let staged = run(&["staged"]);
            let range = run(&["history", "--no-messages", "--commit", commit]);
            assert_eq!(staged, range, "seed {seed} {commit}");
            some += usize::from(!staged.is_empty());
        }
        assert!(some > 3, "{some}");
    }
}
