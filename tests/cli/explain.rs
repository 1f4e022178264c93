//! `stopleak explain`: descriptions of rules, and why something is a finding or not.

use stopleak::check::mint::Rng;
use stopleak::rules::{SecretType, builtin};

use crate::support::dir::Dir;
use crate::support::ran::Ran;
use crate::support::token;

/// Rules that each fail in one respect.
const RULES: &str = r#"
[provider]
name = "Acme"

[[rule]]
id = "acme-key"
title = "Acme key"
secret_type = "api-key"
severity = "high"
shape = '"acmek_" base62{20}'
entropy = 3.0

[[rule]]
id = "acme-near"
title = "Acme value near a word"
secret_type = "api-key"
severity = "high"
confidence = "medium"
shape = '"zz" "yyx-" hex{16}'
context = { words = ["acmecorp"], within = "line" }

[[rule]]
id = "acme-pair"
title = "Acme id with its secret"
secret_type = "api-key"
severity = "high"
shape = '"acmei_" base62{12}'
[[rule.companion]]
name = "pair secret"
shape = '"acmes_" base62{16}'
within = 80
required = true

[[rule]]
id = "acme-conf"
title = "Acme value in its own file"
secret_type = "password"
severity = "high"
shape = '"acmec_" base62{14}'
paths = ["**/acme.conf"]

[[rule]]
id = "acme-low"
title = "Acme value of low confidence"
secret_type = "api-key"
severity = "low"
confidence = "low"
shape = '"acmel_" base62{14}'

[[rule]]
id = "acme-text"
title = "Acme value in text only"
secret_type = "api-key"
severity = "low"
shape = '"acmet_" base62{14}'
binary = false
"#;

fn random(prefix: &str, len: usize, seed: u64) -> String {
    const SIGNS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz23456789";
    format!("{prefix}{}", Rng::new(seed).text(SIGNS, len))
}

/// Explains `text` with the rules above and returns the verdict of `rule` in JSON.
fn verdict(text: &str, rule: &str, more: &[&str]) -> (i32, serde_json::Value) {
    let dir = Dir::new();
    dir.write("rules.toml", RULES);
    let args = [
        &[
            "explain",
            "--text",
            "-",
            "--rules",
            "rules.toml",
            "--format",
            "json",
        ],
        more,
    ]
    .concat();
    let ran = dir.run_with(&args, text.as_bytes());
    ran.is_civil();
    let attempts = ran.json()["attempts"].clone();
    let mine = attempts.as_array().unwrap().iter();
    let mut mine = mine.filter(|a| a["rule"] == rule);
    (
        ran.code,
        mine.next()
            .cloned()
            .unwrap_or_else(|| panic!("{rule} is not told: {ran:?}")),
    )
}

#[track_caller]
fn is(text: &str, rule: &str, expected: &str, reason: &str) {
    let (code, told) = verdict(text, rule, &[]);
    assert_eq!(told["verdict"], expected, "{told:#}");
    assert!(
        told["reason"].as_str().unwrap().contains(reason),
        "{told:#}"
    );
    assert_eq!(code, i32::from(expected == "finding"), "{told:#}");
}

/// Checks that the output contains no six bytes of `secret` after its public `prefix`.
#[track_caller]
fn keeps(ran: &Ran, secret: &str, prefix: usize) {
    for window in secret.as_bytes()[prefix..].windows(6) {
        let window = std::str::from_utf8(window).unwrap();
        assert!(
            !ran.stdout.contains(window) && !ran.stderr.contains(window),
            "{window} of a secret was printed: {ran:?}"
        );
    }
}

mod reasons {
    use super::*;

    #[test]
    fn a_finding_says_what_was_proved() {
        let text = format!("key = {}\n", token(1));
        let (code, told) = verdict(&text, "github-pat-classic", &[]);
        assert_eq!((code, &told["verdict"]), (1, &"finding".into()));
        let steps = told["steps"].to_string();
        assert!(steps.contains("says valid: checksum valid"), "{told:#}");
    }

    #[test]
    fn a_failed_check() {
        let mut text = token(2);
        let last = if text.ends_with('a') { 'b' } else { 'a' };
        text.pop();
        text.push(last);
        is(&text, "github-pat-classic", "failed-check", "checksum");
    }

    #[test]
    fn a_form_that_is_too_short_too_long_or_glued() {
        is(
            &random("acmek_", 17, 3),
            "acme-key",
            "no-match",
            "needs 20 bytes",
        );
        is(&random("acmek_", 23, 4), "acme-key", "no-match", "goes on");
        is(&random("xacmek_", 20, 5), "acme-key", "no-match", "glued");
    }

    #[test]
    fn low_entropy() {
        let text = format!("acmek_{}", "ab".repeat(10));
        is(&text, "acme-key", "low-entropy", "regular");
        let (_, told) = verdict(&text, "acme-key", &[]);
        assert!(
            told["steps"]
                .to_string()
                .contains("1.96 bits per byte, below the 3.0"),
            "{told:#}"
        );
    }

    #[test]
    fn a_word_that_is_missing() {
        let value = "zzyyx-7c1e94ab03d5f268";
        is(value, "acme-near", "no-context", "word");
        is(
            &format!("acmecorp: {value}"),
            "acme-near",
            "finding",
            "acmecorp",
        );
    }

    #[test]
    fn a_companion_that_is_missing() {
        let id = random("acmei_", 12, 6);
        is(&id, "acme-pair", "no-companion", "pair secret");
        let both = format!("{id} {}", random("acmes_", 16, 7));
        is(&both, "acme-pair", "finding", "pair secret stands nearby");
    }

    #[test]
    fn a_placeholder_and_a_reference() {
        let sample = random("acmek_EXAMPLE", 13, 13);
        is(&sample, "acme-key", "placeholder", "");
        is(
            "password = \"op://team/database/password\"",
            "generic-assignment",
            "reference",
            "",
        );
    }

    #[test]
    fn another_rule_wins() {
        let text = format!("github_token = \"{}\"\n", token(8));
        is_among(&text, "generic-assignment", "overlap", "github-pat-classic");
    }

    /// Checks like [`is`], for a rule that lost to a finding of another rule.
    #[track_caller]
    fn is_among(text: &str, rule: &str, expected: &str, reason: &str) {
        let (code, told) = verdict(text, rule, &[]);
        assert_eq!(told["verdict"], expected, "{told:#}");
        assert!(
            told["reason"].as_str().unwrap().contains(reason),
            "{told:#}"
        );
        assert_eq!(code, 1);
    }

    #[test]
    fn another_path() {
        let value = random("acmec_", 14, 9);
        is(&value, "acme-conf", "path", "other paths");
        let (code, told) = verdict(&value, "acme-conf", &["--path", "etc/acme.conf"]);
        assert_eq!((code, &told["verdict"]), (1, &"finding".into()));
    }

    #[test]
    fn too_little_confidence() {
        let value = random("acmel_", 14, 10);
        is(&value, "acme-low", "confidence", "low confidence");
        let (code, _) = verdict(&value, "acme-low", &["--confidence", "low"]);
        assert_eq!(code, 1);
    }

    #[test]
    fn a_marker_on_the_line() {
        let text = format!("{} # stopleak:allow made up\n", random("acmek_", 20, 11));
        is(&text, "acme-key", "inline", "made up");
        let (code, told) = verdict(&text, "acme-key", &["--no-inline-allow"]);
        assert_eq!((code, &told["verdict"]), (1, &"finding".into()));
    }

    #[test]
    fn binary_content() {
        let text = format!(
            "\0\u{1}\u{2}\0\0\0\0 {} \0\0\0\u{3}",
            random("acmet_", 14, 12)
        );
        is(&text, "acme-text", "binary", "binary");
    }

    #[test]
    fn no_literal_at_all() {
        let dir = Dir::new();
        let ran = dir.run(&["explain", "--text", "nothing to see"]);
        assert_eq!(ran.code, 0);
        assert!(ran.stdout.contains("no rule was tried"), "{ran:?}");
    }
}

mod places {
    use super::*;

    #[test]
    fn a_line_a_column_and_a_name_with_colons() {
        let dir = Dir::new();
        let content = format!("ü\nä = {} ö\nlast\n", token(20));
        dir.write("a.txt", &content).write("b:2", &content);
        for (place, code) in [
            ("a.txt:1", 0),
            ("a.txt:2", 1),
            ("a.txt:3", 0),
            ("a.txt:2:5", 1),
            ("a.txt:2:1", 0),
            ("a.txt:2:46", 0),
            ("a.txt:2:99", 2),
            ("a.txt:4", 2),
            ("b:2:2", 1),
            ("b:2:3", 0),
            ("missing.txt:1", 2),
            (".:1", 2),
        ] {
            let ran = dir.run(&["explain", place]);
            assert_eq!(ran.code, code, "{place}: {ran:?}");
            ran.is_civil();
        }
        let ran = dir.run(&["explain", "a.txt:4"]);
        assert!(ran.stderr.contains("the last line is 3"), "{ran:?}");
    }

    #[test]
    fn it_agrees_with_scan_on_every_line_of_a_file() {
        let dir = Dir::new();
        let mut content = String::new();
        for n in 0..30 {
            content.push_str(&match n % 5 {
                0 => format!("key = {}\n", token(n)),
                1 => format!("password = \"{}\"\n", random("", 14, n)),
                2 => "password: ${DB_PASSWORD}\n".to_owned(),
                3 => format!("t = {} # stopleak:allow seen\n", token(n)),
                _ => "plain words\n".to_owned(),
            });
        }
        dir.write("f.txt", &content);
        let ran = dir.run(&["scan", "--format", "json", "f.txt"]);
        let report = ran.json();
        let found: Vec<u64> = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|f| f["suppressed"].is_null())
            .map(|f| {
                f["start"]["line"]
                    .as_u64()
                    .unwrap_or_else(|| panic!("{f:#}"))
            })
            .collect();
        assert!(found.len() >= 10, "{found:?}");
        for line in 1..=30u64 {
            let ran = dir.run(&["explain", &format!("f.txt:{line}")]);
            let expected = i32::from(found.contains(&line));
            assert_eq!(ran.code, expected, "line {line}: {ran:?}");
        }
    }

    #[test]
    fn a_line_far_into_a_file_of_several_pieces() {
        let dir = Dir::new();
        let mut content = "some words that lead to nothing\n".repeat(300_000);
        content.push_str(&format!("key = {}\n", token(30)));
        dir.write("large.txt", content);
        assert_eq!(dir.run(&["explain", "large.txt:300001"]).code, 1);
        assert_eq!(dir.run(&["explain", "large.txt:300000"]).code, 0);
        assert_eq!(dir.run(&["explain", "large.txt:300002"]).code, 2);
    }
}

mod rules {
    use super::*;

    #[test]
    fn every_rule_is_explained_with_all_paragraphs() {
        let dir = Dir::new();
        for kind in SecretType::ALL {
            let of_kind = builtin::rules().iter().find(|r| r.secret_type == *kind);
            let rule = of_kind.unwrap_or_else(|| panic!("no rule of type {kind}"));
            let ran = dir.run(&["explain", &rule.id]);
            assert_eq!(ran.code, 0, "{ran:?}");
            for part in [
                "Why a match is believed",
                "Revoke and rotate",
                "HashiCorp Vault",
                "AWS Secrets Manager",
                "Azure Key Vault",
                "In code and CI",
                "git filter-repo --sensitive-data-removal",
                "git push --force --mirror origin",
            ] {
                assert!(ran.stdout.contains(part), "{}: {part}: {ran:?}", rule.id);
            }
            let json = dir.run(&["explain", &rule.id, "--format", "json"]).json();
            assert_eq!(json["rule"], rule.id.as_ref());
            assert_eq!(json["advice"].as_array().unwrap().len(), 7);
        }
    }

    #[test]
    fn what_it_says_is_no_finding_itself() {
        let dir = Dir::new();
        for kind in SecretType::ALL {
            let rule = builtin::rules().iter().find(|r| r.secret_type == *kind);
            let text = dir.run(&["explain", &rule.unwrap().id]).stdout;
            let advice = text.split_once("Revoke and rotate").unwrap().1;
            let ran = dir.run_with(&["scan", "-"], advice.as_bytes());
            assert_eq!(ran.code, 0, "{kind}: {ran:?}");
        }
    }

    #[test]
    fn an_unknown_id_names_the_nearest_and_is_not_repeated() {
        let dir = Dir::new();
        let ran = dir.run(&["explain", "github-pat-clasic"]);
        assert_eq!(ran.code, 2);
        assert!(ran.stderr.contains("`github-pat-classic`"), "{ran:?}");
        let secret = token(40);
        let ran = dir.run(&["explain", &secret]);
        assert_eq!(ran.code, 2);
        keeps(&ran, &secret, 0);
    }

    #[test]
    fn controls_in_a_rule_file_are_escaped() {
        let dir = Dir::new();
        let rules = RULES.replace("Acme key", "Acme \\u001b[31m key \\u202e");
        dir.write("rules.toml", rules);
        for format in ["text", "json"] {
            let ran = dir.run(&[
                "explain",
                "acme-key",
                "--rules",
                "rules.toml",
                "--format",
                format,
            ]);
            assert_eq!(ran.code, 0, "{ran:?}");
            assert!(
                !ran.stdout.contains('\u{1b}') && !ran.stdout.contains('\u{202e}'),
                "{ran:?}"
            );
        }
    }
}

#[test]
fn no_secret_is_printed_unless_asked_for() {
    let dir = Dir::new();
    for seed in 100..160 {
        let password = random("", 13, seed);
        let (secret, prefix) = match seed % 4 {
            0 => (token(seed), 4),
            // One byte too short: almost a token, but no finding.
            1 => (token(seed)[..39].to_owned(), 4),
            2 => (password.clone(), 0),
            _ => (random("sk_live_", 24, seed), 8),
        };
        let second = token(seed + 1000);
        let text = format!(
            "{secret}_password = \"{secret}\" # {second} stopleak:allow {second} {secret}\n\
             token: {secret}\n"
        );
        dir.write("f.txt", &text);
        for format in ["text", "json"] {
            for args in [
                ["explain", "--text", "-"],
                ["explain", "f.txt:1", "--no-inline-allow"],
            ] {
                let ran = dir.run_with(
                    &[&args[..], &["--format", format]].concat(),
                    text.as_bytes(),
                );
                assert!(ran.code < 2, "{ran:?}");
                keeps(&ran, &secret, prefix);
                keeps(&ran, &second, 4);
            }
        }
    }
    let text = format!("key = {}", token(99));
    let ran = dir.run(&["explain", "--show-secrets", "--text", &text]);
    assert!(ran.stdout.contains(&token(99)), "{ran:?}");
}

const POLICY: &str = r#"
[scan]
exclude = ["left.txt"]

[rules]
disable = ["slack-*"]

[[rule]]
id = "acme-own"
title = "Acme's own"
shape = '"acmeown_" base62{20}'

[override.github-pat-classic]
severity = "low"

[[allow]]
reason = "a published sample"
owner = "docs"
paths = ["allowed.txt"]

[[paths]]
paths = ["warned.txt"]
action = "warn"
reason = "made up"
"#;

#[test]
fn what_people_accepted_is_told_with_its_place() {
    let dir = Dir::new();
    dir.write("stopleak.toml", POLICY);
    let secret = token(301);
    for name in ["allowed.txt", "warned.txt", "left.txt", "plain.txt"] {
        dir.write(name, format!("token: {secret}\n"));
    }
    for (name, code, verdict, reason) in [
        (
            "allowed.txt",
            0,
            "allow",
            "a published sample (docs) (stopleak.toml:16)",
        ),
        ("warned.txt", 0, "warning", "made up (stopleak.toml:21)"),
        ("left.txt", 0, "excluded", "left out by the configuration"),
        ("plain.txt", 1, "finding", ""),
    ] {
        let place = format!("{name}:1");
        let ran = dir.run(&["explain", &place, "--format", "json"]);
        assert_eq!(ran.code, code, "{ran:?}");
        let attempts = ran.json()["attempts"].clone();
        let one = attempts
            .as_array()
            .unwrap()
            .iter()
            .find(|a| a["verdict"] == verdict);
        let one = one.unwrap_or_else(|| panic!("{verdict}: {attempts}"));
        assert!(one["reason"].as_str().unwrap().contains(reason), "{one}");
        let ran = dir.run(&["explain", &place, "--no-config"]);
        assert_eq!(ran.code, 1, "{ran:?}");
        let ran = dir.run(&[
            "explain",
            "--text",
            &format!("token: {secret}"),
            "--path",
            name,
        ]);
        assert_eq!(ran.code, code, "{ran:?}");
        assert!(!ran.stdout.contains(&secret[5..15]), "{ran:?}");
    }
    let ran = dir.run(&["scan", "plain.txt", "--format", "json"]);
    let id = ran.json()["findings"][0]["fingerprint"]
        .as_str()
        .unwrap()
        .to_owned();
    dir.write(
        ".stopleakignore",
        format!("# looked at\n{id} only-here rotated\n"),
    );
    let ran = dir.run(&["explain", "plain.txt:1"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.stdout.contains("rotated (line 2 of the ignore file)"),
        "{ran:?}"
    );
    std::fs::remove_file(dir.path().join(".stopleakignore")).unwrap();
    assert_eq!(dir.run(&["baseline", "create"]).code, 0);
    let ran = dir.run(&["explain", "plain.txt:1"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("in the baseline"), "{ran:?}");
}

#[test]
fn rules_are_shown_as_the_configuration_leaves_them() {
    let dir = Dir::new();
    dir.write("stopleak.toml", POLICY);
    let list = dir.run(&["rules", "list"]).stdout;
    let line = |id: &str| {
        let mut lines = list.lines();
        lines
            .find(|l| l.split_whitespace().next() == Some(id))
            .unwrap_or_default()
    };
    assert!(
        line("acme-own").ends_with("[from: stopleak.toml:8:1]"),
        "{}",
        line("acme-own")
    );
    let changed = line("github-pat-classic");
    assert!(
        changed.contains(" low ") && changed.contains("[changed: stopleak.toml:13"),
        "{changed}"
    );
    assert!(list.contains("[off: stopleak.toml:6:"), "{list}");
    assert!(
        !dir.run(&["rules", "list", "--no-config"])
            .stdout
            .contains('[')
    );
    let shown = dir.run(&["rules", "show", "acme-own"]);
    assert!(
        shown.stdout.contains("from        stopleak.toml:8:1"),
        "{shown:?}"
    );
    assert_eq!(
        dir.run(&["rules", "show", "acme-own", "--no-config"]).code,
        2
    );
    let value = [
        "acmeown_",
        &Rng::new(9).text(b"abcdefghijkmnopqrstuvwxyz0123456789", 20),
    ]
    .concat();
    assert_eq!(dir.run(&["rules", "test", "acme-own", &value]).code, 1);
    assert_eq!(
        dir.run(&["rules", "test", "acme-own", &value, "--no-config"])
            .code,
        2
    );
    assert_eq!(dir.run(&["explain", "--text", &value]).code, 1);
    let told = dir.run(&["explain", "github-pat-classic"]);
    assert!(
        told.stdout.contains("changed     stopleak.toml:13"),
        "{told:?}"
    );
    // A disabled rule can be tried and described all the same, and finds nothing.
    let off = list.lines().find(|l| l.contains("[off:")).unwrap();
    let off = off.split_whitespace().next().unwrap();
    assert!(
        dir.run(&["explain", off])
            .stdout
            .contains("off         stopleak.toml:6")
    );
}

#[test]
fn rules_and_allowlists_of_gitleaks_are_told_as_well() {
    let dir = Dir::new();
    dir.write(
        ".gitleaks.toml",
        r#"
[extend]
useDefault = true
[[rules]]
id = "own-rule"
description = "Our own"
regex = 'own_[0-9a-f]{24}'
keywords = ["own_"]
[[allowlists]]
description = "samples of the manual"
paths = ["manual"]
"#,
    );
    let value = ["own_", &Rng::new(8).text(b"0123456789abcdef", 24)].concat();
    let text = format!("x = {value}\n");
    dir.write("a.txt", &text).write("manual/a.txt", &text);
    let ran = dir.run(&["explain", "a.txt:1"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.stdout.contains("finding: own-rule (Our own)"),
        "{ran:?}"
    );
    assert!(!ran.stdout.contains(&value[6..14]), "{ran:?}");
    let ran = dir.run(&["explain", "manual/a.txt:1"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("samples of the manual"), "{ran:?}");
    let list = dir.run(&["rules", "list"]).stdout;
    assert!(
        list.contains("own-rule") && list.contains("[from: .gitleaks.toml]"),
        "{list}"
    );
    assert_eq!(dir.run(&["rules", "test", "own-rule", &text]).code, 1);
    assert_eq!(dir.run(&["rules", "show", "own-rule"]).code, 0);
}
