//! What comes first, what is left out and what only warns, through the program: severities,
//! labels, orders and groups.

#![allow(clippy::unwrap_used, reason = "tests")]

use serde_json::Value;

use crate::support::dir::Dir;
use crate::support::ran::Ran;
use crate::support::repo::Repo;
use crate::support::token;
use stopleak::check::mint::{mint, mint_with_prefix};

fn run(repo: &Repo, args: &[&str]) -> Ran {
    with(repo, args, &[])
}

fn with(repo: &Repo, args: &[&str], env: &[(&str, &str)]) -> Ran {
    let mut command = repo.command(env!("CARGO_BIN_EXE_stopleak"));
    command.args(args).envs(env.iter().copied());
    Ran::of(command.output().unwrap())
}

fn stripe(prefix: &str, seed: u64) -> String {
    String::from_utf8(mint_with_prefix("stripe-key", prefix, seed).unwrap()).unwrap()
}

fn live(seed: u64) -> String {
    stripe(&["sk_", "live_"].concat(), seed)
}

fn test_key(seed: u64) -> String {
    stripe(&["sk_", "test_"].concat(), seed)
}

/// Returns the rules of the findings of a report, in its order.
fn rules(ran: &Ran) -> Vec<String> {
    let findings = ran.json()["findings"].as_array().unwrap().clone();
    let rule = |f: &Value| f["rule_id"].as_str().unwrap().to_owned();
    findings.iter().map(rule).collect()
}

/// A tree with a critical, a high, a medium and a low finding.
fn four() -> Dir {
    let dir = Dir::new();
    let jwt = String::from_utf8(mint("jwt", 5).unwrap()).unwrap();
    dir.write("a-low.py", format!("k = '{}'\n", test_key(1)));
    dir.write("b-medium.py", format!("k = '{jwt}'\n"));
    dir.write("c-critical.py", format!("k = '{}'\n", live(2)));
    dir.write("d-github.py", format!("k = '{}'\n", token(3)));
    dir
}

#[test]
fn what_is_not_severe_enough_is_left_out_and_counted() {
    let dir = four();
    let all = dir.run(&["scan", "--format", "json"]).json();
    assert_eq!(all["summary"]["findings"], 4);
    assert_eq!(all["summary"].get("severity"), None);
    let ran = dir.run(&["scan", "--severity", "high", "--format", "json"]);
    let report = ran.json();
    assert_eq!((ran.code, &report["summary"]["findings"]), (1, &2.into()));
    assert_eq!(report["summary"]["severity"], "high");
    assert_eq!(report["summary"]["suppressed"]["severity"], 2);
    let narrowed = report["summary"]["narrowed"].to_string();
    assert!(narrowed.contains("--severity"), "{narrowed}");
    let shown = dir.run(&["scan", "--severity", "high", "--show-suppressed"]);
    assert!(
        shown.stdout.contains("low severity, below high"),
        "{}",
        shown.stdout
    );
}

#[test]
fn a_run_that_leaves_something_out_is_not_clean() {
    let dir = Dir::new();
    dir.write("a.py", format!("k = '{}'\n", test_key(1)));
    let ran = dir.run(&["scan", "--severity", "medium"]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert!(!ran.stdout.contains("clean"), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("1 left out (by 1 severity)"),
        "{}",
        ran.stdout
    );
    let ran = dir.run(&["scan", "--no-label", "test", "--format", "markdown"]);
    assert_eq!(ran.code, 0);
    assert!(
        ran.stdout.contains("1 left out (by 1 label)"),
        "{}",
        ran.stdout
    );
    // Nothing was left out: then it is.
    let ran = dir.run(&[
        "scan",
        "--severity",
        "low",
        "a.py",
        "--disable-rule",
        "stripe-secret-key-test",
    ]);
    assert!(ran.stdout.contains("clean"), "{}", ran.stdout);
}

#[test]
fn less_severe_findings_only_warn() {
    let dir = four();
    let ran = dir.run(&["scan", "--fail-on", "critical", "--format", "json"]);
    let report = ran.json();
    assert_eq!(ran.code, 1);
    assert_eq!(report["summary"]["fail_on"], "critical");
    assert_eq!(report["findings"].as_array().unwrap().len(), 4);
    let warned = report["summary"]["warnings"].as_u64().unwrap();
    assert_eq!(warned + report["summary"]["findings"].as_u64().unwrap(), 4);
    assert!(warned >= 2);
    std::fs::remove_file(dir.path().join("c-critical.py")).unwrap();
    std::fs::remove_file(dir.path().join("d-github.py")).unwrap();
    let ran = dir.run(&["scan", "--fail-on", "high"]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert!(
        ran.stdout
            .contains("nothing that fails: no findings from high on, 2 warnings")
    );
    assert!(ran.stdout.contains("(warning only)") && !ran.stdout.contains("clean"));
}

#[test]
fn an_option_outranks_a_variable_and_that_the_configuration() {
    let dir = four();
    dir.write(
        "stopleak.toml",
        "severity = 'critical'\nfail-on = 'critical'\n",
    );
    let count = |args: &[&str], env: &[(&str, &str)]| {
        let mut all = vec!["scan", "--format", "json"];
        all.extend(args);
        let ran = Ran::in_dir(dir.path(), &all, env);
        rules(&ran).len()
    };
    let critical = count(&[], &[]);
    assert!((1..4).contains(&critical));
    assert_eq!(count(&[], &[("STOPLEAK_SEVERITY", "low")]), 4);
    assert_eq!(
        count(&["--severity", "critical"], &[("STOPLEAK_SEVERITY", "low")]),
        critical
    );
    assert_eq!(count(&["--no-suppressions"], &[]), 4);
    let ran = Ran::in_dir(dir.path(), &["scan"], &[("STOPLEAK_FAIL_ON", "severe")]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("STOPLEAK_FAIL_ON"), "{}", ran.stderr);
    let shown = dir.run(&["config", "show"]);
    for line in ["severity = critical", "fail-on = critical"] {
        let found = shown.stdout.lines().any(|l| {
            l.split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
                .starts_with(line)
        });
        assert!(found, "{}", shown.stdout);
    }
}

/// A configuration of a repository may switch findings off, and is named for it.
#[test]
fn who_filters_is_told() {
    let dir = four();
    dir.write(
        "stopleak.toml",
        "severity = 'high'\n[labels]\ntest = 'ignore'\nexpired = 'warn'\ncanary = 'report'\n",
    );
    let ran = dir.run(&["scan"]);
    assert!(
        ran.stdout
            .contains("note: stopleak.toml: less severe findings left out, 2 label policies"),
        "{}",
        ran.stdout
    );
}

fn labels(repo: &Dir, args: &[&str]) -> Vec<(String, Vec<String>)> {
    let mut all = vec!["scan", "--format", "json", "--confidence", "low"];
    all.extend(args);
    let report = repo.run(&all).json();
    let findings = report["findings"].as_array().unwrap();
    let label = |l: &Value| l.as_str().unwrap().to_owned();
    let labels = |f: &Value| match f.get("labels") {
        Some(labels) => labels.as_array().unwrap().iter().map(label).collect(),
        None => Vec::new(),
    };
    findings
        .iter()
        .map(|f| (f["path"].as_str().unwrap().to_owned(), labels(f)))
        .collect()
}

/// An access key id of an account.
fn access_key(account: u128) -> String {
    let number = 1u128 << 79 | account << 39 | 0x1a_b3c4_d5e6;
    let bytes = &number.to_be_bytes()[6..];
    ["AKIA", &data_encoding::BASE32_NOPAD.encode(bytes)].concat()
}

fn jwt(claims: &str) -> String {
    let part = |bytes: &[u8]| data_encoding::BASE64URL_NOPAD.encode(bytes);
    let signature: Vec<u8> = (0..32).map(|i: u8| i.wrapping_mul(37) ^ 0x5a).collect();
    [
        part(b"{\"alg\":\"HS256\",\"typ\":\"JWT\"}"),
        part(claims.as_bytes()),
        part(&signature),
    ]
    .join(".")
}

#[test]
fn each_label_has_its_values() {
    let dir = Dir::new();
    let google = format!("AIza{}", &token(9).replace("ghp_", "")[..35]);
    dir.write(
        "canary.ini",
        format!("id = {}\n", access_key(52_310_077_262)),
    );
    dir.write(
        "expired.py",
        format!("t = '{}'\n", jwt("{\"exp\":1500000000,\"sub\":\"a\"}")),
    );
    dir.write(
        "firebase.js",
        format!("var c = {{\n apiKey: \"{google}\",\n authDomain: \"x.firebaseapp.com\"\n}};\n"),
    );
    dir.write("maps.js", format!("var c = {{ apiKey: \"{google}\" }};\n"));
    dir.write(
        "named.py",
        format!("discord_client_id = '{}'\n", "183467240516273849"),
    );
    dir.write(
        "owner.ini",
        format!("id = {}\n", access_key(123_456_789_012)),
    );
    dir.write(
        "public.js",
        format!("k = '{}'\n", stripe(&["pk_", "live_"].concat(), 4)),
    );
    dir.write("test.py", format!("k = '{}'\n", test_key(5)));
    dir.write(
        "valid.py",
        format!("t = '{}'\n", jwt("{\"exp\":32503680000,\"sub\":\"a\"}")),
    );
    let found = labels(&dir, &[]);
    let of = |path: &str| {
        let found = found.iter().find(|(p, _)| p == path);
        found
            .unwrap_or_else(|| panic!("{path}: {found:?}"))
            .1
            .join(" ")
    };
    for (path, label) in [
        ("canary.ini", "canary"),
        ("expired.py", "expired"),
        ("firebase.js", "public-by-design"),
        ("maps.js", ""),
        ("named.py", "identifier"),
        ("owner.ini", ""),
        ("public.js", "public-by-design"),
        ("test.py", "test"),
        ("valid.py", ""),
    ] {
        assert_eq!(of(path), label, "{path}");
    }
    let only = labels(&dir, &["--label", "canary", "--label", "test"]);
    assert_eq!(
        only.iter().map(|(p, _)| p.as_str()).collect::<Vec<_>>(),
        ["canary.ini", "test.py"]
    );
    let others = labels(&dir, &["--no-label", "canary", "--no-label", "expired"]);
    assert_eq!(others.len(), found.len() - 2);
}

#[test]
fn every_report_says_that_a_trap_must_not_be_verified() {
    let dir = Dir::new();
    dir.write("a.ini", format!("id = {}\n", access_key(992_382_622_183)));
    for format in ["text", "markdown", "github", "gitlab", "junit", "sarif"] {
        let ran = dir.run(&["scan", "--format", format]);
        assert_eq!(ran.code, 1, "{format}");
        assert!(
            ran.stdout.contains("do not verify"),
            "{format}: {}",
            ran.stdout
        );
    }
    for format in ["json", "jsonl", "csv", "sarif"] {
        let ran = dir.run(&["scan", "--format", format]);
        assert!(ran.stdout.contains("canary"), "{format}: {}", ran.stdout);
    }
}

#[test]
fn samples_are_reported_only_on_request() {
    let dir = Dir::new();
    dir.write(
        "a.ini",
        format!(
            "aws_access_key_id = {}\n",
            ["AKIA", "IOSFODNN7", "EXAMPLE"].concat()
        ),
    );
    let plain = dir.run(&["scan", "--format", "json"]);
    assert_eq!((plain.code, rules(&plain).len()), (0, 0));
    let shown = dir
        .run(&["scan", "--format", "json", "--show-suppressed"])
        .json();
    assert_eq!(shown["findings"][0]["labels"][0], "documented-sample");
    for args in [&["--label", "documented-sample"][..], &[]] {
        if args.is_empty() {
            dir.write("stopleak.toml", "[labels]\ndocumented-sample = 'report'\n");
        }
        let mut all = vec!["scan", "--format", "json"];
        all.extend(args);
        let ran = dir.run(&all);
        assert_eq!((ran.code, rules(&ran).len()), (1, 1), "{args:?}");
    }
    dir.write("stopleak.toml", "[labels]\ndocumented-sample = 'warn'\n");
    let ran = dir.run(&["scan", "--format", "json"]);
    assert_eq!((ran.code, rules(&ran).len()), (0, 1));
}

/// The history keeps dismissed values only if something may report them.
#[test]
fn a_history_has_the_labels_of_the_tree() {
    let repo = Repo::init(&[]);
    let sample = ["AKIA", "IOSFODNN7", "EXAMPLE"].concat();
    repo.commit("a.ini", format!("aws_access_key_id = {sample}\n"));
    repo.commit("b.ini", format!("id = {}\n", access_key(171_436_882_533)));
    repo.commit("c.py", format!("k = '{}'\n", test_key(6)));
    for args in [
        &["--label", "documented-sample"][..],
        &["--label", "canary"],
        &["--no-label", "test"],
        &["--severity", "high"],
        &["--fail-on", "high"],
    ] {
        let mut scan = vec!["scan", "--format", "json"];
        let mut history = vec!["history", "--format", "json"];
        scan.extend(args);
        history.extend(args);
        let (scan, history) = (run(&repo, &scan), run(&repo, &history));
        assert_eq!(rules(&scan), rules(&history), "{args:?}");
        assert_eq!(scan.code, history.code, "{args:?}");
        let counted = |ran: &Ran, by: &str| ran.json()["summary"]["suppressed"][by].clone();
        for by in ["severity", "label"] {
            assert_eq!(counted(&scan, by), counted(&history, by), "{args:?} {by}");
        }
    }
}

/// A secret whose first path makes it less severe counts at the path where it is not.
#[test]
fn a_severity_that_a_path_lowers_hides_no_other_path() {
    let repo = Repo::init(&[]);
    repo.write(
        "stopleak.toml",
        "[[paths]]\npaths = ['test/']\nseverity = 'low'\n",
    );
    repo.git(&["add", "-A"]);
    let line = format!("k = '{}'\n", live(7));
    repo.commit("test/a.py", &line);
    repo.git(&["mv", "test", "src"]);
    repo.git(&["commit", "-q", "-m", "move"]);
    repo.git(&["rm", "-q", "src/a.py"]);
    repo.git(&["commit", "-q", "-m", "remove"]);
    for args in [&["--severity", "high"][..], &["--fail-on", "high"]] {
        let mut all = vec!["history", "--format", "json"];
        all.extend(args);
        let ran = run(&repo, &all);
        assert_eq!(ran.code, 1, "{args:?}: {}", ran.stdout);
        assert!(ran.stdout.contains("src/a.py"), "{}", ran.stdout);
    }
    let moved = run(
        &repo,
        &["history", "--range", "HEAD~2..HEAD~1", "--severity", "high"],
    );
    assert_eq!(moved.code, 1, "{}", moved.stdout);
}

/// What a filter leaves out is not unused: the entry that accepts it still counts.
#[test]
fn an_entry_for_what_is_left_out_is_used() {
    let dir = Dir::new();
    dir.write("a.py", format!("k = '{}'\n", test_key(8)));
    dir.write(
        "stopleak.toml",
        "severity = 'high'\n[[allow]]\nreason = 'test data'\npaths = ['a.py']\n",
    );
    let ran = dir.run(&["scan", "--strict-ignores"]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert!(
        ran.stdout.contains("1 suppressed (1 allow)"),
        "{}",
        ran.stdout
    );
}

/// As many findings as `count`, in as many files, of half as many secrets.
fn many(count: usize) -> Dir {
    let dir = Dir::new();
    for n in 0..count {
        let seed = (n / 2) as u64;
        let key = if n % 4 < 2 {
            test_key(seed)
        } else {
            live(seed)
        };
        dir.write(&format!("src/f{n:02}.py"), format!("k = '{key}'\n"));
    }
    dir
}

#[test]
fn from_21_findings_on_there_is_a_block_for_each_secret() {
    let few = many(20).run(&["scan"]);
    assert_eq!(
        few.stdout.matches(" = fingerprint: ").count(),
        20,
        "{}",
        few.stdout
    );
    assert!(!few.stdout.contains("also at"));
    // The worst scroll away, so the end says how to see them again.
    let hint = "help: the worst stand first: `--severity high`";
    assert!(!few.stdout.contains(hint), "{}", few.stdout);
    assert!(many(22).run(&["scan"]).stdout.contains(hint));
    let by_path = many(22).run(&["scan", "--sort", "path"]);
    assert!(!by_path.stdout.contains(hint), "{}", by_path.stdout);
    let dir = many(22);
    let ran = dir.run(&["scan"]);
    assert_eq!(ran.code, 1);
    assert_eq!(
        ran.stdout
            .matches(" = accept: stopleak ignore add ")
            .count(),
        11,
        "{}",
        ran.stdout
    );
    assert_eq!(ran.stdout.matches(" = also at: src/").count(), 11);
    for n in 0..22 {
        assert_eq!(
            ran.stdout.matches(&format!("src/f{n:02}.py:1:")).count(),
            1,
            "{n}"
        );
    }
    let (critical, low) = (ran.stdout.rfind("critical["), ran.stdout.find("low["));
    assert!(critical < low, "{}", ran.stdout);
    let table: Vec<&str> = ran
        .stdout
        .lines()
        .filter(|l| l.starts_with("all "))
        .collect();
    let words: Vec<&str> = table[0].split_whitespace().collect();
    assert_eq!(
        words,
        ["all", "10", "12", "22", "11", "22"],
        "{}",
        ran.stdout
    );
    // No colours, no links, no cuts: it is a pipe.
    assert!(!ran.stdout.contains('\x1b'));
    // The same for any number of threads.
    let timed = |text: &str| {
        text.lines()
            .filter(|l| !l.contains(" in 22 files"))
            .collect::<String>()
    };
    assert_eq!(
        timed(&dir.run(&["scan", "-j", "1"]).stdout),
        timed(&dir.run(&["scan", "-j", "7"]).stdout)
    );
}

/// The command that a block names accepts the secret in all its places.
#[test]
fn what_a_block_names_accepts_all_places() {
    let repo = Repo::init(&[]);
    let key = live(3);
    for name in ["a.py", "b.py", "c/d.py"] {
        repo.write(name, format!("k = '{key}'\n"));
    }
    let ran = run(&repo, &["scan", "--group", "secret"]);
    let line = ran
        .stdout
        .lines()
        .find(|l| l.contains("= accept: "))
        .unwrap();
    let command = line
        .split_once("= accept: stopleak ")
        .unwrap()
        .1
        .replace("REASON", "reviewed");
    let args: Vec<&str> = command.split(' ').collect();
    let accepted = run(&repo, &args);
    assert_eq!(accepted.code, 0, "{}", accepted.stderr);
    assert_eq!(run(&repo, &["scan"]).code, 0);
}

#[test]
fn text_is_sorted_and_grouped_as_asked() {
    let dir = four();
    let order = |args: &[&str]| {
        let ran = dir.run(&[&["scan"], args].concat());
        let arrows = ran
            .stdout
            .lines()
            .filter_map(|l| l.trim_start().strip_prefix("--> "));
        arrows.map(|a| a[..1].to_owned()).collect::<String>()
    };
    assert_eq!(order(&[]), "abcd");
    assert_eq!(order(&["--sort", "path"]), "abcd");
    let severe = order(&["--sort", "severity"]);
    assert!(
        severe.ends_with("ba") && severe.starts_with(['c', 'd']),
        "{severe}"
    );
    assert_eq!(order(&["--sort", "rule"]), "dbca");
    let by_path = dir.run(&["scan", "--group", "path", "--sort", "path"]);
    assert!(
        by_path.stdout.starts_with("a-low.py: 1 finding\n  1:6 "),
        "{}",
        by_path.stdout
    );
    dir.write("stopleak.toml", "[report]\nsort = 'rule'\ngroup = 'path'\n");
    let ran = dir.run(&["scan"]);
    assert!(
        ran.stdout.starts_with("d-github.py: 1 finding\n"),
        "{}",
        ran.stdout
    );
    let json = |args: &[&str]| rules(&dir.run(&[&["scan", "--format", "json"], args].concat()));
    assert_eq!(json(&["--sort", "severity"]), json(&["--sort", "path"]));
}

#[test]
fn a_history_shows_since_when_and_until_when() {
    let repo = Repo::init(&[]);
    let key = live(11);
    repo.commit("old.py", format!("k = '{key}'\n"));
    repo.git(&["mv", "old.py", "new.py"]);
    repo.git(&["commit", "-q", "-m", "move it"]);
    let ran = run(&repo, &["history", "--group", "secret"]);
    assert_eq!(ran.stdout.matches("critical[").count(), 1, "{}", ran.stdout);
    for text in [
        " = first commit: ",
        " = last commit: ",
        " = HEAD: still there",
        "new.py:1:",
        "old.py:1:",
    ] {
        assert!(ran.stdout.contains(text), "{text}\n{}", ran.stdout);
    }
    repo.git(&["rm", "-q", "new.py"]);
    repo.git(&["commit", "-q", "-m", "remove it"]);
    let ran = run(&repo, &["history", "--group", "secret"]);
    assert!(
        ran.stdout.contains(" = HEAD: not there any more"),
        "{}",
        ran.stdout
    );
    let ran = run(&repo, &["history", "--range", "HEAD..HEAD"]);
    assert_eq!(ran.code, 0);
    assert!(
        ran.stdout.starts_with("note: there are no such commits\n"),
        "{}",
        ran.stdout
    );
    let report = run(&repo, &["history", "--format", "json"]).json();
    let commit = &report["findings"][0]["commit"];
    assert!(
        commit["last_date"].as_str().unwrap().starts_with("20"),
        "{commit}"
    );
}

#[test]
fn a_label_that_does_not_exist_is_refused() {
    let dir = Dir::new();
    let ran = dir.run(&["scan", "--label", "tests"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("documented-sample"), "{}", ran.stderr);
    dir.write("stopleak.toml", "[labels]\ntest = 'off'\n");
    let ran = dir.run(&["scan"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("ignore, warn, report"),
        "{}",
        ran.stderr
    );
}

/// Users' own rules have labels, too.
#[test]
fn a_rule_of_ones_own_has_labels() {
    let dir = Dir::new();
    dir.write(
        "stopleak.toml",
        "[[rule]]\nid = 'acme'\npattern = 'acme_(?:live|demo)_[0-9]{12}'\nanchors = ['acme_']\n\
         labels = ['identifier']\nlabel_if = { test = ['_demo_'] }\nlabel_near = { canary = ['honey'] }\n",
    );
    dir.write("a.txt", "acme_live_493817260514\n");
    dir.write("b.txt", "acme_demo_493817260514\n");
    dir.write("c.txt", "honey: acme_live_593817260514\n");
    let found: Vec<String> = labels(&dir, &[])
        .into_iter()
        .map(|(_, l)| l.join(" "))
        .collect();
    assert_eq!(
        found,
        ["identifier", "test identifier", "canary identifier"]
    );
    dir.write("stopleak.toml", "[[rule]]\nid = 'acme'\npattern = 'acme_[0-9]{12}'\nanchors = ['acme_']\nlabels = ['demo']\n");
    let ran = dir.run(&["scan"]);
    assert!(
        ran.code == 2 && ran.stderr.contains("unknown label `demo`"),
        "{}",
        ran.stderr
    );
}
