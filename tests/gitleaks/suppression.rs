//! gitleaks' configuration together with the built-in rules, its ignore files and baselines, and
//! `stopleak import`.

use std::process::Command;

use serde_json::Value;

use crate::support::dir::Dir;
use crate::support::ran::Ran;
use crate::support::token;

fn summary_has(ran: &Ran, what: &str) -> bool {
    ran.stdout.contains(what)
}

/// Returns the rules of the findings that count, and how the others were suppressed.
fn judged(ran: &Ran) -> (Vec<String>, Vec<(String, String)>) {
    let json = ran.json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (mut counted, mut suppressed) = (Vec::new(), Vec::new());
    for finding in json["findings"].as_array().unwrap() {
        let verdict = &finding["verdict"];
        if verdict["status"] == "report" {
            counted.push(text(&finding["rule_id"]));
        } else {
            suppressed.push((text(&verdict["by"]), text(&verdict["reason"])));
        }
    }
    (counted, suppressed)
}

const ALL: &[&str] = &["scan", ".", "--format", "json", "--show-suppressed"];

#[test]
fn a_configuration_of_allowlists_keeps_the_built_in_rules_and_applies_to_them() {
    let dir = Dir::new();
    dir.write("a.txt", format!("key = {}\n", token(1)));
    dir.write("docs/b.txt", format!("key = {}\n", token(2)));
    dir.write(
        ".gitleaks.toml",
        "[allowlist]\ndescription = 'documentation'\npaths = ['^docs/']\n",
    );
    let ran = dir.run(ALL);
    let (counted, suppressed) = judged(&ran);
    assert_eq!(counted, ["github-pat-classic"]);
    assert_eq!(
        suppressed,
        [("allow".to_owned(), "documentation".to_owned())]
    );
    let ran = dir.run(&["scan", "."]);
    assert!(summary_has(&ran, "all built-in rules are on"), "{ran:?}");
    assert_eq!(ran.code, 1);
}

#[test]
fn own_rules_replace_the_built_in_ones_and_the_summary_says_so() {
    let dir = Dir::new();
    dir.write("a.txt", format!("key = {}\nv=1234\n", token(1)));
    let own = "[[rules]]\nid = 'own'\nregex = 'v=(\\d+)'\n";
    dir.write(".gitleaks.toml", own);
    assert_eq!(judged(&dir.run(ALL)).0, ["own"]);
    assert!(summary_has(&dir.run(&["scan", "."]), "useDefault = true"));
    dir.write(
        ".gitleaks.toml",
        format!("[extend]\nuseDefault = true\n{own}"),
    );
    let mut both = judged(&dir.run(ALL)).0;
    both.sort();
    assert_eq!(both, ["github-pat-classic", "own"]);
}

#[test]
fn default_rules_are_disabled_and_changed_by_gitleaks_ids() {
    let dir = Dir::new();
    dir.write("a.txt", format!("see {}\n", token(1)));
    let write = |more: &str| {
        dir.write(
            ".gitleaks.toml",
            format!("[extend]\nuseDefault = true\n{more}"),
        );
        judged(&dir.run(ALL))
    };
    assert_eq!(write("disabledRules = ['github-pat']\n").0.len(), 0);
    let (counted, suppressed) = write("[[rules]]\nid = 'github-pat'\nentropy = 7.9\n");
    assert!(counted.is_empty());
    assert!(
        suppressed[0]
            .1
            .contains("`entropy` of gitleaks rule github-pat")
    );
    let (_, suppressed) = write("[[rules]]\nid = 'github-pat'\npath = '\\.conf$'\n");
    assert!(suppressed[0].1.contains("`path`"), "{suppressed:?}");
    let (counted, suppressed) =
        write("[[allowlists]]\ntargetRules = ['github-pat']\nregexes = ['^ghp_']\n");
    assert!(counted.is_empty());
    assert_eq!(
        suppressed[0],
        ("allow".to_owned(), "gitleaks allowlist".to_owned())
    );
}

#[test]
fn a_configuration_with_mistakes_ends_the_run() {
    let dir = Dir::new();
    dir.write("a.txt", "x\n");
    dir.write(".gitleaks.toml", "[[rules]]\nid = 'own'\nregex = 'v=('\n");
    let ran = dir.run(&["scan", "."]);
    ran.is_civil();
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr
            .contains(".gitleaks.toml:3:9: rule `own`: `regex` does not compile")
    );
}

#[test]
fn ignored_fingerprints_match_ours_and_gitleaks_names_and_unused_ones_are_told() {
    let dir = Dir::new();
    dir.write("a.txt", format!("\nkey = {}\n", token(1)));
    dir.write("sub/b.txt", format!("key = {}\n", token(2)));
    dir.write(
        ".gitleaksignore",
        "# known\na.txt:github-pat:2\nsub\\b.txt:github-pat-classic:1\nc.txt:github-pat:9\nbad\n",
    );
    let ran = dir.run(ALL);
    let (counted, suppressed) = judged(&ran);
    assert!(counted.is_empty(), "{ran:?}");
    assert!(suppressed.iter().all(|(by, _)| by == "ignore-file"));
    assert!(ran.stderr.contains(".gitleaksignore:5:"));
    let ran = dir.run(&["scan", "."]);
    assert_eq!(ran.code, 0);
    assert!(summary_has(
        &ran,
        "1 line of gitleaks ignore files matched nothing: 4"
    ));
    // Another line, another rule, or a commit that does not exist: not covered.
    dir.write(
        ".gitleaksignore",
        "a.txt:github-pat:1\nsub/b.txt:gitlab-pat:1\n",
    );
    assert_eq!(judged(&dir.run(ALL)).0.len(), 2);
    let commit = "0".repeat(40);
    dir.write(".gitleaksignore", format!("{commit}:a.txt:github-pat:2\n"));
    assert_eq!(judged(&dir.run(ALL)).0.len(), 2);
    // From another directory.
    dir.write("other", "a.txt:github-pat:2\nsub/b.txt:github-pat:1\n");
    let ran = dir.run(&["scan", ".", "--gitleaks-ignore", "other"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let ran = dir.run(&["scan", ".", "--gitleaks-ignore", "missing"]);
    assert_eq!(ran.code, 2);
    // A directory that contains one. The one at the top is read as well. Nothing may follow an
    // entry.
    dir.write("lists/.gitleaksignore", "a.txt:github-pat:2\n");
    dir.write(".gitleaksignore", "sub/b.txt:github-pat:1\n");
    assert_eq!(dir.run(&["scan", "."]).code, 1);
    let ran = dir.run(&["scan", ".", "--gitleaks-ignore", "lists"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    dir.write(".gitleaksignore", "sub/b.txt:github-pat:1 # known\n");
    let ran = dir.run(&["scan", ".", "--gitleaks-ignore", "lists"]);
    assert_eq!(ran.code, 1, "{ran:?}");
}

#[test]
fn a_baseline_survives_moved_lines_and_dies_with_a_changed_value() {
    let dir = Dir::new();
    let secret = token(1);
    dir.write("a.txt", format!("key = {secret}\n"));
    let entry = |secret: &str| {
        format!(r#"[{{"RuleID":"github-pat","File":"a.txt","StartLine":1,"Secret":"{secret}"}}]"#)
    };
    dir.write("base.out", entry(&secret));
    let args = [
        "scan",
        "a.txt",
        "--format",
        "json",
        "--show-suppressed",
        "--baseline",
        "base.out",
    ];
    let (counted, suppressed) = judged(&dir.run(&args));
    assert!(counted.is_empty() && suppressed[0].0 == "baseline");
    dir.write("a.txt", format!("moved\n\nkey = {secret}\n"));
    assert!(judged(&dir.run(&args)).0.is_empty());
    dir.write("a.txt", format!("key = {}\n", token(2)));
    assert_eq!(judged(&dir.run(&args)).0.len(), 1);
    // With a redacted baseline, only lines can be compared, and the run reports that.
    dir.write("base.out", entry("REDACTED"));
    let (counted, suppressed) = judged(&dir.run(&args));
    assert!(counted.is_empty() && suppressed[0].1.contains("redacted"));
    dir.write("base.out", "{}");
    assert_eq!(dir.run(&args).code, 2);
}

#[test]
fn rules_of_a_configuration_are_chosen_by_id() {
    let dir = Dir::new();
    dir.write("a.txt", "v=1\nw=2\n");
    dir.write(
        ".gitleaks.toml",
        "[[rules]]\nid = 'a'\nregex = 'v=(\\d+)'\n[[rules]]\nid = 'b'\nregex = 'w=(\\d+)'\n",
    );
    let with = |more: &[&str]| judged(&dir.run(&[ALL, more].concat())).0;
    assert_eq!(with(&["--rule", "a"]), ["a"]);
    assert_eq!(with(&["--disable-rule", "a"]), ["b"]);
    let ran = dir.run(&["scan", ".", "--rule", "nothing-like-it"]);
    assert_eq!(ran.code, 2);
}

#[test]
fn an_import_carries_what_it_can_and_names_the_rest() {
    let dir = Dir::new();
    dir.write(
        "my.gitleaks.toml",
        "[extend]\nuseDefault = true\ndisabledRules = ['generic-api-key']\n\
         [[rules]]\nid = 'acme'\ndescription = 'Acme key'\nregex = '(x|acme)_([0-9]{8})'\n\
         keywords = ['acme']\nsecretGroup = 2\nentropy = 1.5\npath = '\\.conf$'\n\
         [[rules.allowlists]]\nstopwords = ['1111']\n\
         [[rules]]\nid = 'far'\nregex = 'k_([0-9]{8})'\nkeywords = ['elsewhere']\n\
         [[rules]]\nid = 'file'\npath = '\\.p12$'\n\
         [[allowlists]]\ndescription = 'tests'\npaths = ['^tests/', 'a.*b']\nregexes = ['^0{8}$']\n",
    );
    let ran = dir.run(&["import", "my.gitleaks.toml", "-o", "stopleak.toml"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for what in [
        "rule `far`: its keywords are not part of the match",
        "rule `file`: it finds files by name",
        "the path `a.*b` is not a glob",
    ] {
        assert!(ran.stderr.contains(what), "{what}: {ran:?}");
    }
    let written = std::fs::read_to_string(dir.path().join("stopleak.toml")).unwrap();
    let table: toml::Table = toml::from_str(&written).unwrap();
    assert_eq!(
        table["rules"]["disable"][0].as_str(),
        Some("generic-assignment")
    );
    let rule = &table["rule"][0];
    assert_eq!(rule["id"].as_str(), Some("acme"));
    assert!(rule["pattern"].as_str().unwrap().contains("(?P<secret>"));
    assert_eq!(rule["paths"][0].as_str(), Some("**/*.conf"));
    let allow = table["allow"].as_array().unwrap();
    assert_eq!(allow.len(), 3, "{written}");
    assert!(allow.iter().all(|entry| entry["reason"].as_str().is_some()));
    // The existing content stays.
    assert_eq!(
        dir.run(&["import", "my.gitleaks.toml", "-o", "stopleak.toml"])
            .code,
        2
    );
    assert_eq!(dir.run(&["import", "missing.gitleaks.toml"]).code, 2);
    dir.write("unknown.txt", "x");
    assert_eq!(dir.run(&["import", "unknown.txt"]).code, 2);
}

/// A report is what users of gitleaks call a baseline.
#[test]
fn a_report_is_told_to_be_a_baseline() {
    let dir = Dir::new();
    dir.write(
        "base.json",
        "\n[\n {\n  \"RuleID\": \"generic-api-key\", \"File\": \"a.py\"}]",
    );
    for args in [
        &["import", "base.json"][..],
        &["import", "--from", "gitleaks", "base.json"],
        &["import", "--from", "betterleaks", "base.json"],
    ] {
        let ran = dir.run(args);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{ran:?}");
        assert!(ran.stderr.contains("--baseline base.json"), "{ran:?}");
    }
}

#[test]
fn imported_rules_find_what_they_found() {
    let dir = Dir::new();
    dir.write(
        "gitleaks.toml",
        "[[rules]]\nid = 'Acme_Key'\nregex = 'acme[:=]\"?([a-z]{4})-([0-9]{8})'\n\
         keywords = ['acme']\nsecretGroup = 2\n",
    );
    let ran = dir.run(&["import", "gitleaks.toml"]);
    assert_eq!(ran.code, 0);
    let with_provider = ["[provider]\nname = \"Own\"\n", &ran.stdout].concat();
    dir.write("rules.toml", with_provider);
    dir.write("a.txt", "ACME nothing\nacme=\"abcd-83920174\"\n");
    let ran = dir.run(&[
        "scan",
        "a.txt",
        "--rules",
        "rules.toml",
        "--format",
        "gitleaks-json",
        "--show-secrets",
    ]);
    assert!(ran.stdout.contains("\"Secret\": \"83920174\""), "{ran:?}");
}

#[test]
fn a_baseline_of_detect_secrets_is_resolved_to_values() {
    let dir = Dir::new();
    let secret = token(3);
    dir.write("src/a.txt", format!("x\nkey = \"{secret}\"\n"));
    let digest = {
        use sha1::Digest;
        sha1::Sha1::digest(secret.as_bytes())
    };
    let hash: String = digest.iter().map(|b| format!("{b:02x}")).collect();
    let gone = "a".repeat(40);
    dir.write(
        ".secrets.baseline",
        format!(
            r#"{{"plugins_used":[],"results":{{"src/a.txt":[
            {{"type":"GitHub Token","hashed_secret":"{hash}","line_number":2}},
            {{"type":"Other","hashed_secret":"{gone}","line_number":1}}]}},
            "filters_used":[{{"path":"detect_secrets.filters.regex.should_exclude_file","pattern":["^docs/"]}}]}}"#
        ),
    );
    let ran = dir.run(&["import", ".secrets.baseline"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(!ran.stdout.contains(&secret) && !ran.stdout.contains(&hash));
    let table: toml::Table = toml::from_str(&ran.stdout).unwrap();
    let allow = table["allow"].as_array().unwrap();
    assert_eq!(allow.len(), 2);
    assert_eq!(allow[0]["secrets"][0].as_str().unwrap().len(), 32);
    assert!(
        ran.stderr
            .contains("Other in src/a.txt:1: the value is no longer in the file")
    );
    // The value may have moved, and the hashed value may be a part of the finding.
    let moved = format!("# one\n# more\nkey = \"{secret}\"\n");
    dir.write("src/a.txt", moved);
    let again = dir.run(&["import", ".secrets.baseline", "-o", "stopleak.toml"]);
    assert_eq!(again.code, 0, "{again:?}");
    assert_eq!(dir.run(&["config", "check"]).code, 0);
    assert_eq!(dir.run(&["scan", "src/a.txt"]).code, 0);
    assert_eq!(dir.run(&["scan", "src/a.txt", "--no-config"]).code, 1);
}

/// A configuration of betterleaks 2, with parts that can and that cannot be converted.
const BETTER: &str = r#"
title = "ours"
prefilter = '''
matchesAny(attributes["path"], [
  `(?:^|/)vendor(?:/.*)?$`,
  `^docs/`
])
|| attributes["git.author_name"] == "renovate[bot]"
'''
filter = '''
containsAny(finding["secret"], ["publishedsample", "a1"])
|| (matchesAny(attributes["path"], [`^tests/`]) && matchesAny(finding["line"], [`made up`]))
'''

[[rules]]
id = "acme-key"
description = "Acme key"
regex = '''acme_[0-9a-z]{20}'''
keywords = ["acme_"]
confidence = "high"
filter = '''
entropy(finding["secret"]) <= 2.5
|| finding["secret"] == "acme_00000000001111111111"
|| failsTokenEfficiency(finding["secret"])
'''
validate = '''{"result": "valid"}'''

[[rules]]
id = "acme-pair"
description = "Acme key with its id"
regex = '''acmep_[0-9a-z]{20}'''
keywords = ["acmep_"]
components = [{ id = "acme-key" }]
"#;

#[test]
fn plain_filters_of_betterleaks_become_entries() {
    let dir = Dir::new();
    dir.write("betterleaks.toml", BETTER);
    let ran = dir.run(&["import", "betterleaks.toml", "-o", "stopleak.toml"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for what in [
        "all rules: a filter on `git.author_name` and renovate[bot]",
        "rule `acme-key`: the filter `failsTokenEfficiency(finding[\"secret\"])`",
        "`validate` of 1 rule",
        "rule `acme-pair`: `required` has no equivalent",
    ] {
        assert!(ran.stderr.contains(what), "{what}: {ran:?}");
    }
    let check = dir.run(&["config", "check"]);
    assert_eq!(check.code, 0, "{check:?}");
    let key = |tail: &str| ["acme_", "q7w8e9r0t1y2u3i4", tail].concat();
    let sample = ["acme_", "00000000001111111111"].concat();
    for (path, line, code) in [
        ("a.txt", key("o5p6"), 1),
        ("vendor/a.txt", key("o5p6"), 0),
        ("lib/vendor/x/a.txt", key("o5p6"), 0),
        ("docs/a.txt", key("o5p6"), 0),
        ("src/docs/a.txt", key("o5p6"), 1),
        ("b.txt", sample, 0),
        ("c.txt", key("xa1x"), 0),
        ("tests/a.txt", format!("{} made up", key("o5p6")), 0),
        ("tests/b.txt", key("o5p6"), 1),
        ("d.txt", format!("{} made up", key("o5p6")), 1),
    ] {
        dir.write(path, format!("{line}\n"));
        let ran = dir.run(&["scan", path, "--rule", "acme-key"]);
        assert_eq!(ran.code, code, "{path}: {ran:?}");
    }
}

#[test]
fn commits_of_an_allowlist_are_full_ids_in_any_case() {
    let dir = Dir::new();
    let git = |args: &[&str]| {
        let done = Command::new("git")
            .args(["-c", "user.name=t", "-c", "user.email=t@example.com"])
            .args(args)
            .current_dir(dir.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output()
            .unwrap();
        assert!(done.status.success(), "{done:?}");
        String::from_utf8(done.stdout).unwrap().trim().to_owned()
    };
    git(&["init", "-q"]);
    dir.write("a.txt", "v=1\n");
    git(&["add", "a.txt"]);
    git(&["commit", "-q", "-m", "one"]);
    let id = git(&["rev-parse", "HEAD"]);
    let rule = "[[rules]]\nid = 'r'\nregex = 'v=(\\d+)'\n";
    let found = |commit: &str, more: &str| {
        let list = format!("{rule}[[allowlists]]\ncommits = [' {commit} ']\n{more}");
        dir.write(".gitleaks.toml", list);
        judged(&dir.run(&["history", "--format", "json", "--show-suppressed"])).0
    };
    assert!(found(&id.to_uppercase(), "").is_empty());
    assert_eq!(found(&id[..12], ""), ["r"]);
    let and = "condition = 'AND'\npaths = ['^b']\n";
    assert_eq!(found(&id, and), ["r"]);
    assert!(found(&id, &and.replace("^b", "^a")).is_empty());
    // A fingerprint with a commit counts only for that commit.
    dir.write(".gitleaks.toml", rule);
    dir.write(".gitleaksignore", format!("{id}:a.txt:r:1\n"));
    assert_eq!(dir.run(&["history"]).code, 0);
    assert_eq!(dir.run(&["scan", "a.txt"]).code, 1);
}

#[test]
fn variables_outrank_the_file_and_a_missing_one_is_an_error() {
    let dir = Dir::new();
    let rule = |id: &str| format!("[[rules]]\nid = '{id}'\nregex = 'v=(\\d+)'\n");
    dir.write("a.txt", "v=1\n");
    dir.write(".gitleaks.toml", rule("file"));
    dir.write("other.conf", rule("named"));
    let run = |variables: &[(&str, &str)]| {
        let out = Command::new(env!("CARGO_BIN_EXE_stopleak"))
            .args(["scan", "a.txt", "--format", "gitleaks-csv"])
            .current_dir(dir.path())
            .env_clear()
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        let text = String::from_utf8(out.stdout).unwrap();
        let rule = text.lines().nth(1).and_then(|line| line.split(',').next());
        (
            out.status.code().unwrap(),
            rule.unwrap_or_default().to_owned(),
        )
    };
    let text = rule("text");
    let by_text = ("GITLEAKS_CONFIG_TOML", text.as_str());
    assert_eq!(run(&[]), (1, "file".to_owned()));
    assert_eq!(run(&[by_text]), (1, "text".to_owned()));
    let both = [by_text, ("GITLEAKS_CONFIG", "other.conf")];
    assert_eq!(run(&both), (1, "named".to_owned()));
    assert_eq!(run(&[("GITLEAKS_CONFIG", "missing")]).0, 2);
    dir.write(
        "option.toml",
        ["minVersion = \"99.0.0\"\n", &rule("option")].concat(),
    );
    let out = Command::new(env!("CARGO_BIN_EXE_stopleak"))
        .args([
            "scan",
            "a.txt",
            "--format",
            "gitleaks-csv",
            "--config",
            "option.toml",
        ])
        .current_dir(dir.path())
        .env_clear()
        .envs(both)
        .output()
        .unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    assert!(text.contains("\noption,"), "{text}");
}
