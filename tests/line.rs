//! The command line: options before and behind commands, other scanners' lines, suggestions, and
//! listings as JSON.

#![allow(clippy::unwrap_used, reason = "tests")]

use serde_json::Value;

use crate::support::dir::{Dir, Ran};
use crate::support::repo::Repo;
use crate::support::{schema, token};

/// Runs a line of words that are separated by blanks.
fn run(dir: &Dir, line: &str) -> Ran {
    let words: Vec<&str> = line.split(' ').filter(|word| !word.is_empty()).collect();
    let ran = dir.run(&words);
    ran.is_civil();
    ran
}

fn in_repo(repo: &Repo, args: &[&str]) -> Ran {
    Ran::in_dir(repo.path(), args, &[("HOME", "/nonexistent")])
}

#[test]
fn lines_of_other_scanners_are_answered_with_ours() {
    let dir = Dir::new();
    for (theirs, ours) in [
        ("detect", "history"),
        ("detect --source . --no-git", "scan"),
        ("detect -s a", "history a"),
        ("detect --no-git -s src -v", "scan src"),
        ("detect --pipe", "scan -"),
        ("protect", "scan --changed"),
        ("protect --staged --redact -v", "staged"),
        ("git", "history"),
        ("git --staged sub", "staged -C sub"),
        ("git --pre-commit --staged --no-banner", "staged"),
        ("git --log-opts=--all", "history"),
        ("git --log-opts A..B repo", "history --range A..B repo"),
        (
            "git --log-opts=--since=2026-01-01",
            "history --since 2026-01-01",
        ),
        ("dir src", "scan src"),
        ("directory src -c a.toml", "scan --config a.toml src"),
        ("file a", "scan a"),
        ("stdin", "scan -"),
        ("dir -f json -r a.json", "scan -o gitleaks-json=a.json"),
        (
            "dir --report-format=csv --report-path=a",
            "scan -o gitleaks-csv=a",
        ),
        ("dir -r a.sarif -f sarif", "scan -o a.sarif"),
        ("dir -r a.sarif", "scan -o a.sarif"),
        ("dir -f junit", "scan --format junit"),
        ("dir -r - -f sarif", "scan --format sarif"),
        (
            "dir -b old.json -i ign",
            "scan --baseline old.json --gitleaks-ignore ign",
        ),
        ("dir --max-target-megabytes 5", "scan --max-file-size 5M"),
        (
            "dir --enable-rule a --enable-rule b",
            "scan --rule a --rule b",
        ),
        ("dir --exit-code 0", "scan --exit-zero"),
        ("dir --exit-code=7", "scan"),
        ("dir --timeout 5 --log-level debug", "scan"),
        (
            "dir --no-color --follow-symlinks",
            "scan --color never --follow",
        ),
        ("--no-banner --redact detect", "history"),
        ("git file://repo --json", "history --format jsonl repo"),
        ("git file:///r --results=verified,unknown", "history /r"),
        ("--json git file:///r", "history --format jsonl /r"),
        ("git file:///r --only-verified --fail", "history /r"),
        (
            "git file:///r --since-commit a --branch b",
            "history --range a..b /r",
        ),
        ("git https://host/a", "history DIR"),
        ("filesystem a b --no-verification", "scan a b"),
        (
            "filesystem --directory a --concurrency 3",
            "scan --jobs 3 a",
        ),
        (
            "audit .secrets.baseline",
            "triage --report .secrets.baseline",
        ),
        ("secret scan path -r a", "scan a"),
        ("secret scan repo a", "history a"),
        ("secret scan pre-commit", "hook run pre-commit"),
        ("secret scan ci --json", "ci --format json"),
        ("install -m local", "hook install"),
        ("scan --redact", "scan"),
        (
            "scan src --no-banner -r a.json",
            "scan -o gitleaks-json=a.json src",
        ),
        ("scan --all-files", "scan --no-ignore"),
        ("scan --staged", "staged"),
        ("scan --no-verification --only-verified", "scan"),
        ("history --log-opts A..B", "history --range A..B"),
        ("hook run auto --redact", "hook run auto"),
        ("staged --no-banner", "staged"),
    ] {
        let ran = run(&dir, theirs);
        assert_eq!(ran.code, 2, "{theirs}: {ran:?}");
        assert!(ran.stdout.is_empty(), "{theirs}: {ran:?}");
        let help = ran.stderr.lines().last().unwrap_or_default();
        assert_eq!(
            help,
            format!("  help: run `stopleak {ours}`"),
            "{theirs}: {}",
            ran.stderr
        );
    }
}

#[test]
fn what_nothing_here_does_is_said() {
    let dir = Dir::new();
    for (line, says) in [
        ("github --org a", "opens no network connection"),
        ("s3 --bucket a", "opens no network connection"),
        ("docker --image a", "docker save"),
        ("auth login", "nothing to log in"),
        ("analyze", "opens no network connection"),
        ("scan --redact", "secrets are masked"),
        ("scan --no-banner", "there is no banner"),
        ("scan --only-verified", "--confidence high"),
        ("dir --report-template a.tmpl", "--format json"),
        ("scan --exclude-files a", "[[allow]]"),
        ("scan --exit-code 7", "the exit codes are fixed"),
    ] {
        let ran = run(&dir, line);
        assert_eq!(ran.code, 2, "{line}");
        assert!(ran.stderr.contains(says), "{line}: {}", ran.stderr);
    }
}

#[test]
fn no_suggestion_lowers_the_guard() {
    let dir = Dir::new();
    for line in [
        "scan --no-banner",
        "scan --no-ban",
        "scan --no-color",
        "scan --show",
        "scan --exit",
        "scan --no-inlin",
        "scan --allow-all",
        "history --no-mess",
        "scan --no-sup",
    ] {
        let ran = run(&dir, line);
        assert_eq!(ran.code, 2, "{line}");
        for risky in [
            "--no-ignore",
            "--no-archives",
            "--no-inline-allow",
            "--no-suppressions",
            "--no-messages",
            "--show-secrets",
            "--exit-zero",
            "--allow-missing",
        ] {
            assert!(!ran.stderr.contains(risky), "{line}: {}", ran.stderr);
        }
    }
}

#[test]
fn a_secret_in_a_mistaken_line_is_masked() {
    let dir = Dir::new();
    let token = token(1);
    for line in [
        format!("detect --string {token}"),
        format!("dir --report-path {token}"),
        format!("scan --redakt={token}"),
        format!("git https://u:{token}@host/a"),
        format!("explain {token}"),
    ] {
        let ran = run(&dir, &line);
        assert_eq!(ran.code, 2, "{line}");
        assert!(!ran.stderr.contains(&token), "{}", ran.stderr);
    }
}

#[test]
fn slips_are_answered_with_what_is_meant() {
    let dir = Dir::new();
    for (line, says) in [
        ("hist", "'history'"),
        ("rule list", "'rules'"),
        ("scan --conf high", "'--confidence', '--config'"),
        ("scan --exlude a", "'--exclude'"),
        ("scan --no-archive", "'--no-archives'"),
        ("scan --format jsn", "'json'"),
        ("scan --format git", "'github'"),
        ("rules lst", "'list'"),
    ] {
        let ran = run(&dir, line);
        assert_eq!(ran.code, 2, "{line}");
        assert!(ran.stderr.contains(says), "{line}: {}", ran.stderr);
    }
}

#[test]
fn rules_are_suggested_wherever_they_are_named() {
    let both = "`github-pat-classic` or `github-pat-fine-grained`?";
    let dir = Dir::new();
    dir.write("a.txt", "x");
    for line in [
        "scan --rule github-pat",
        "scan --disable-rule GITHUB-PAT",
        "explain github-pat",
        "explain GitHub-PAT",
        "rules show github-pat",
        "rules test github-pat x",
        "baseline create --rule github-pat",
    ] {
        let ran = run(&dir, line);
        assert_eq!(ran.code, 2, "{line}");
        assert!(ran.stderr.contains(both), "{line}: {}", ran.stderr);
    }
    for text in [
        "[rules]\nonly = [\"github-pat\"]\n",
        "[rules]\ndisable = [\"Github-pat\"]\n",
        "[override.github-pat]\nseverity = \"low\"\n",
        "[[allow]]\nreason = \"r\"\nrules = [\"github-pat\"]\n",
        "[[paths]]\npaths = [\"a\"]\naction = \"warn\"\nrules = [\"github-pat\"]\n",
    ] {
        dir.write("stopleak.toml", text);
        let ran = run(&dir, "scan");
        assert_eq!(ran.code, 2, "{text}");
        assert!(ran.stderr.contains(both), "{text}: {}", ran.stderr);
    }
    dir.write("stopleak.toml", "");
    dir.write(
        ".gitleaksignore",
        "a.txt:github-pta-classic:1\na.txt:github-pat:1\n",
    );
    let ran = run(&dir, "scan");
    assert!(
        ran.stderr.contains(".gitleaksignore:1: no rule is called"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr.contains("did you mean `github-pat-classic`?"),
        "{}",
        ran.stderr
    );
    // The id of gitleaks is known.
    assert!(!ran.stderr.contains(".gitleaksignore:2"), "{}", ran.stderr);
}

#[test]
fn options_of_all_commands_stand_on_either_side() {
    let repo = Repo::init(&[]);
    repo.commit("a.txt", format!("key = \"{}\"\n", token(3)));
    repo.write("own.toml", "");
    for (before, behind) in [
        ("--format json scan .", "scan . --format json"),
        ("-f json scan .", "scan . -f json"),
        ("--format=JSON history", "history --format=json"),
        ("-q scan .", "scan . -q"),
        ("-v -q scan .", "scan -qv ."),
        ("-vv -q scan .", "scan -q -vv ."),
        (
            "--color never explain github-pat-classic",
            "explain github-pat-classic --color never",
        ),
        (
            "--color=always explain github-pat-classic",
            "explain github-pat-classic --color ALWAYS",
        ),
        (
            "--config own.toml config show",
            "config show --config own.toml",
        ),
        ("-c own.toml config path", "config path -c own.toml"),
        ("--format json rules list", "rules list --format json"),
        ("rules -f json list", "rules list -f json"),
        ("-f json ignore list", "ignore list -f json"),
        ("-f json hook status", "hook status -f json"),
        ("-q hook status", "hook status -q"),
        ("-v -C . staged", "staged -v -C ."),
        ("-f json version", "version -f json"),
    ] {
        let ran = |line: &str| {
            let words: Vec<&str> = line.split(' ').collect();
            let mut ran = in_repo(&repo, &words);
            if let Some(at) = ran.stdout.find("\"elapsed_ms\"") {
                ran.stdout.truncate(at);
            }
            // The last line of text has the time.
            ran.stdout = ran
                .stdout
                .rsplit_once(" ms")
                .map_or(ran.stdout.clone(), |(a, _)| {
                    a.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned()
                });
            (ran.code, ran.stdout, ran.stderr)
        };
        let (before_ran, behind_ran) = (ran(before), ran(behind));
        assert_eq!(before_ran, behind_ran, "{before}");
        assert_ne!(before_ran.0, 2, "{before}: {before_ran:?}");
    }
    // Where an option means nothing, it is an error.
    for line in [
        &["--config", "own.toml", "hook", "status"][..],
        &["--format", "json", "completions", "bash"],
        &["--format", "sarif", "rules", "list"],
    ] {
        assert_eq!(in_repo(&repo, line).code, 2, "{line:?}");
    }
}

#[test]
fn a_command_works_in_another_directory() {
    let repo = Repo::init(&[]);
    repo.write("sub/a.txt", format!("key = \"{}\"\n", token(4)));
    repo.git(&["add", "."]);
    let from = Dir::new();
    let top = repo.path().to_str().unwrap();
    for args in [
        &["-C", top, "staged"][..],
        &["staged", "-C", top],
        &["-C", top, "-C", "sub", "scan", "."],
        &["-C", top, "scan", "sub"],
        &["-C", top, "scan", "--changed"],
    ] {
        let ran = Ran::in_dir(from.path(), args, &[("HOME", "/nonexistent")]);
        assert_eq!(ran.code, 1, "{args:?}: {ran:?}");
    }
    let ran = Ran::in_dir(from.path(), &["-C", "missing", "scan"], &[]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("-C missing: no such file"),
        "{}",
        ran.stderr
    );
}

/// Returns the document of a line, and checks it against a definition of the schema.
fn document(ran: &Ran, definition: &str) -> Value {
    let text = include_str!("../docs/schema/stopleak-listings-1.json");
    let root: Value = serde_json::from_str(text).unwrap();
    let document = ran.json();
    let wrong = schema::errors(&root, &format!("/$defs/{definition}"), &document);
    assert_eq!(wrong, Vec::<String>::new(), "{definition}: {document}");
    document
}

#[test]
fn every_listing_is_a_document() {
    let repo = Repo::init(&[]);
    repo.commit("a.txt", format!("key = \"{}\"\n", token(5)));
    let json = |args: &[&str]| in_repo(&repo, &[args, &["--format", "json"]].concat());
    let rules = document(&json(&["rules", "list"]), "rules");
    assert!(rules["rules"].as_array().unwrap().len() > 1_000);
    let rule = json(&["rules", "show", "github-pat-classic"]).json();
    assert_eq!(rule["rule"], "github-pat-classic");
    repo.write("bad.toml", "[[rule]]\nid = 1\n");
    let ran = json(&["rules", "check", "bad.toml"]);
    let checked = document(&ran, "rules-check");
    assert_eq!(ran.code, 2);
    assert!(
        !checked["files"][0]["mistakes"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    let ran = json(&["rules", "test", "github-pat-classic", &token(6)]);
    assert_eq!(document(&ran, "rules-test")["found"], true);
    assert!(!ran.stdout.contains(&token(6)));

    let created = document(&json(&["baseline", "create"]), "baseline");
    assert_eq!(
        (&created["findings"], &created["new"][0]["path"]),
        (&1.into(), &"a.txt".into())
    );
    repo.write("b.txt", format!("key = \"{}\"\n", token(7)));
    let ran = json(&["baseline", "check"]);
    let checked = document(&ran, "baseline");
    assert_eq!((ran.code, &checked["new"][0]["path"]), (1, &"b.txt".into()));
    document(&json(&["baseline", "update"]), "baseline");
    document(&json(&["baseline", "prune"]), "baseline");

    let id = "0123456789abcdef0123456789abcdef";
    repo.write(
        ".stopleakignore",
        format!("{id} until=2020-01-31 owner=me only-here a reason\n"),
    );
    let ignores = document(&json(&["ignore", "list"]), "ignores");
    let entry = &ignores["entries"][0];
    assert_eq!(
        (&entry["id"], &entry["expired"]),
        (&id.into(), &true.into())
    );
    assert_eq!((&entry["owner"], &entry["line"]), (&"me".into(), &1.into()));

    document(&json(&["hook", "install"]), "hook-changes");
    let hooks = document(&json(&["hook", "status"]), "hooks");
    assert_eq!(hooks["hooks"][0]["file"], "installed");
    document(&json(&["hook", "uninstall"]), "hook-changes");

    let none = document(&json(&["config", "path"]), "configuration-path");
    assert!(none["configuration"].is_null());
    repo.write(
        "stopleak.toml",
        "[[allow]]\nreason = \"r\"\npaths = [\"x\"]\n",
    );
    let checked = document(&json(&["config", "check"]), "configuration-check");
    assert_eq!(checked["counts"]["allow"], 1);
    document(&json(&["config", "show"]), "configuration");
    document(&json(&["config", "path"]), "configuration-path");
    let version = document(&json(&["version"]), "version");
    let plain = in_repo(&repo, &["--version"]).stdout;
    assert_eq!(
        plain,
        format!("stopleak {}\n", version["build"].as_str().unwrap())
    );
    assert_eq!(plain, in_repo(&repo, &["version"]).stdout);
}

#[test]
fn a_quiet_listing_answers_with_its_exit_code() {
    let repo = Repo::init(&[]);
    repo.commit("a.txt", format!("key = \"{}\"\n", token(8)));
    assert_eq!(in_repo(&repo, &["baseline", "create", "-q"]).stdout, "");
    repo.write("b.txt", format!("key = \"{}\"\n", token(9)));
    let ran = in_repo(&repo, &["-q", "baseline", "check"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    let ran = in_repo(
        &repo,
        &["rules", "test", "-q", "github-pat-classic", &token(1)],
    );
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
}

#[test]
fn hooks_of_the_project_are_shown() {
    let repo = Repo::init(&[]);
    repo.git(&["config", "core.hooksPath", ".husky/_"]);
    repo.write(".husky/_/pre-commit", "#!/bin/sh\n. ./h\n");
    repo.write(".husky/pre-commit", "# stopleak\nnpm test\n");
    let ran = in_repo(&repo, &["hook", "status"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.stdout.contains("does not run stopleak"),
        "{}",
        ran.stdout
    );
    repo.write(".husky/pre-commit", "stopleak hook run pre-commit\n");
    let ran = in_repo(&repo, &["hook", "status"]);
    assert!(
        ran.stdout.contains("a hook of the project runs stopleak"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("husky: add the line"), "{}", ran.stdout);
    assert_eq!(in_repo(&repo, &["hook", "install"]).code, 2);
}

#[test]
fn ci_says_once_what_it_scans() {
    let repo = Repo::init(&[]);
    repo.commit("a.txt", "one\n");
    repo.commit("b.txt", format!("key = \"{}\"\n", token(2)));
    let base = ["ci", "--base", "HEAD~1"];
    for format in ["text", "github"] {
        let ran = in_repo(&repo, &[&base[..], &["--format", format]].concat());
        assert_eq!(ran.code, 1, "{ran:?}");
        let all = ran.stderr + &ran.stdout;
        assert_eq!(all.matches("why: ").count(), 1, "{all}");
        assert_eq!(all.matches("scan: ").count(), 1, "{all}");
    }
    // Whoever reads a report reads no standard error.
    let json = in_repo(&repo, &[&base[..], &["-f", "json", "-o", "r.md"]].concat()).json();
    assert!(
        json["summary"]["notes"][0]
            .as_str()
            .unwrap()
            .contains("why: ")
    );
    let report = std::fs::read_to_string(repo.path().join("r.md")).unwrap();
    assert_eq!(report.matches("why&#58; ").count(), 1, "{report}");
    let dry = in_repo(
        &repo,
        &[&base[..], &["--dry-run", "--format", "json"]].concat(),
    );
    let document = document(&dry, "ci");
    assert_eq!((dry.code, dry.stderr.as_str()), (0, ""));
    assert!(document["lines"].as_array().unwrap().len() >= 4);
}

#[test]
fn every_scan_can_leave_paths_out() {
    let repo = Repo::init(&[]);
    repo.commit("a.txt", "one\n");
    repo.commit("gen/b.txt", format!("key = \"{}\"\n", token(3)));
    repo.write("gen/c.txt", format!("key = \"{}\"\n", token(4)));
    repo.git(&["add", "."]);
    for args in [
        &["scan"][..],
        &["history"],
        &["history", "--range", "HEAD~1..HEAD"],
        &["staged"],
        &["ci", "--base", "HEAD~1"],
        &["hook", "run", "pre-commit"],
        &["hook", "run", "manual"],
    ] {
        assert_eq!(in_repo(&repo, args).code, 1, "{args:?}");
        for glob in ["gen/", "*.txt", "b.*"] {
            let ran = in_repo(
                &repo,
                &[args, &["--exclude", glob, "--exclude", "c.*"]].concat(),
            );
            assert_eq!(ran.code, 0, "{args:?} {glob}: {ran:?}");
        }
        let ran = in_repo(&repo, &[args, &["--exclude", "a{b"]].concat());
        assert_eq!(ran.code, 2, "{args:?}: {ran:?}");
    }
    // Whose word it is, is told.
    let json = in_repo(&repo, &["history", "--exclude", "gen/", "-f", "json"]).json();
    assert_eq!(json["summary"]["narrowed"][0]["by"], "--exclude", "{json}");
}

#[test]
fn a_file_that_is_named_twice_counts_once() {
    let dir = Dir::new();
    dir.write("a.txt", format!("key = \"{}\"\n", token(5)));
    dir.write("sub/b.txt", "one\n");
    for line in [
        "scan . a.txt",
        "scan a.txt .",
        "scan a.txt ./a.txt . sub",
        "scan . sub sub/b.txt",
        "scan sub . a.txt",
    ] {
        let json = run(&dir, &format!("{line} -f json")).json();
        assert_eq!(json["summary"]["files"], 2, "{line}");
        assert_eq!(json["summary"]["findings"], 1, "{line}");
    }
}

#[test]
fn dates_are_understood_or_refused_as_dates() {
    let repo = Repo::init(&[]);
    repo.commit("a.txt", "one\n");
    for date in ["yesterday", "last week", "2 weeks ago", "2020-01-31"] {
        let ran = in_repo(&repo, &["history", "--since", date]);
        assert_eq!(ran.code, 0, "{date}: {ran:?}");
    }
    let ran = in_repo(&repo, &["history", "--since", "yesterdayy"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("`yesterdayy`: not a date"),
        "{}",
        ran.stderr
    );
    assert!(!ran.stderr.contains("revision"), "{}", ran.stderr);
    let ran = in_repo(&repo, &["scan", "--config", "/dev/null"]);
    assert_eq!(ran.code, 0, "{ran:?}");
}

#[test]
fn what_is_no_file_is_annotated_without_one() {
    let repo = Repo::init(&[]);
    repo.commit("a.txt", "one\n");
    repo.git(&["tag", "-a", "v1", "-m", &token(6)]);
    repo.git(&["commit", "-q", "--allow-empty", "-m", &token(7)]);
    let ran = in_repo(&repo, &["history", "-f", "github"]);
    assert_eq!(
        ran.stdout.matches("::error title=").count(),
        2,
        "{}",
        ran.stdout
    );
    assert!(!ran.stdout.contains("file="), "{}", ran.stdout);
    assert!(ran.stdout.contains("refs/tags/v1:"), "{}", ran.stdout);
    repo.commit("refs.txt", format!("key = \"{}\"\n", token(8)));
    let ran = in_repo(&repo, &["scan", "-f", "github"]);
    assert!(
        ran.stdout.contains("::error file=refs.txt,line=1,col="),
        "{}",
        ran.stdout
    );
}
