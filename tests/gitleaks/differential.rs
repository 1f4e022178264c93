//! Compares the findings with those of gitleaks, on samples of every rule of its default
//! configuration. Runs if both are available:
//!
//! ```text
//! STOPLEAK_GITLEAKS=gitleaks STOPLEAK_GITLEAKS_DEFAULT=config/gitleaks.toml \
//!     cargo test --test all gitleaks::differential -- --nocapture
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};
use stopleak::check::mint::Rng;
use stopleak::config::gitleaks::{self, Builtin, Config, Pattern, Rule};

use crate::support::dir::Dir;

/// Samples per rule.
const SAMPLES: u64 = 12;

fn default_config() -> Option<(PathBuf, Config)> {
    let path = PathBuf::from(std::env::var_os("STOPLEAK_GITLEAKS_DEFAULT")?);
    let text = std::fs::read_to_string(&path).unwrap();
    let none = |_: &str| Err("not asked for".to_owned());
    Some((path, gitleaks::parse(&text, "default", &none).unwrap()))
}

#[test]
fn the_default_configuration_loads_and_every_pattern_compiles() {
    let Some((_, config)) = default_config() else {
        println!("skipped: STOPLEAK_GITLEAKS_DEFAULT names no configuration");
        return;
    };
    assert_eq!(config.rules.len(), 222);
    assert_eq!(config.builtin, Builtin::Off);
    let mut patterns = 0;
    let mut check = |pattern: &Option<Pattern>| {
        if let Some(pattern) = pattern {
            pattern.check().unwrap();
            patterns += 1;
        }
    };
    for rule in &config.rules {
        check(&rule.regex);
        check(&rule.path);
        for list in &rule.allowlists {
            check(&list.paths);
            check(&list.regexes);
        }
        assert!(
            gitleaks::ids::ours(&rule.id).is_some(),
            "{}: not in the table",
            rule.id
        );
    }
    println!(
        "{patterns} patterns compile; warnings: {:?}",
        config.warnings
    );
}

/// Appends a text that the expression matches, as far as look-arounds allow.
fn sample(hir: &Hir, rng: &mut Rng, out: &mut Vec<u8>) {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => out.extend_from_slice(&literal.0),
        HirKind::Class(class) => {
            let all: Vec<u8> = match class {
                Class::Bytes(class) => class.iter().flat_map(|r| r.start()..=r.end()).collect(),
                Class::Unicode(class) => class
                    .iter()
                    .flat_map(|r| r.start()..=r.end().min('\x7f'))
                    .filter_map(|c| u8::try_from(c).ok())
                    .collect(),
            };
            let good =
                |keep: fn(&u8) -> bool| -> Vec<u8> { all.iter().copied().filter(keep).collect() };
            let mut from = good(u8::is_ascii_alphanumeric);
            for keep in [|b: &u8| b.is_ascii_graphic() || *b == b' ', |_: &u8| true] {
                if from.is_empty() {
                    from = good(keep);
                }
            }
            if !from.is_empty() {
                out.push(from[rng.below(from.len())]);
            }
        }
        HirKind::Repetition(repetition) => {
            let most = repetition.max.unwrap_or(repetition.min + 8);
            let spread = (most - repetition.min).min(8) as usize;
            for _ in 0..repetition.min as usize + rng.below(spread + 1) {
                sample(&repetition.sub, rng, out);
            }
        }
        HirKind::Capture(capture) => sample(&capture.sub, rng, out),
        HirKind::Concat(all) => all.iter().for_each(|sub| sample(sub, rng, out)),
        HirKind::Alternation(all) => {
            // A `.` also matches a byte that is no character; samples do not
            // contain it.
            let from = out.len();
            for _ in 0..16 {
                out.truncate(from);
                sample(&all[rng.below(all.len())], rng, out);
                if out.len() > from && out[from..].is_ascii() {
                    break;
                }
            }
        }
    }
}

/// Returns a file name that the rule reads.
fn name(rule: &Rule) -> &'static str {
    let names = [
        "note.txt",
        "nuget.config",
        "app.yaml",
        "app.php",
        "key.p12",
        "a.tf",
    ];
    let fits = |name: &&str| {
        let path = rule.path.as_ref();
        path.is_none_or(|path| path.is_match(format!("x/{name}").as_bytes()))
    };
    names.into_iter().find(fits).expect("a name for every rule")
}

/// Returns a file's content in which the rule should find something.
fn content(rule: &Rule, seed: u64) -> Option<Vec<u8>> {
    let Some(regex) = &rule.regex else {
        return Some(b"anything".to_vec());
    };
    let hir = ParserBuilder::new()
        .unicode(false)
        .utf8(false)
        .build()
        .parse(&regex.translated)
        .unwrap();
    let mut rng = Rng::new(seed);
    (0..200).find_map(|_| {
        let mut text = b"first line\n".to_vec();
        let keywords = || rule.keywords.iter();
        let before = text.len();
        sample(&hir, &mut rng, &mut text);
        let holds = |text: &[u8]| {
            let lower = String::from_utf8_lossy(text).to_lowercase();
            keywords().any(|word| lower.contains(word.as_str()))
        };
        if !rule.keywords.is_empty() && !holds(&text[before..]) {
            text.extend_from_slice(b"\nword ");
            text.extend_from_slice(rule.keywords[rng.below(rule.keywords.len())].as_bytes());
        }
        text.extend_from_slice(b"\nlast line\n");
        (text.is_ascii() && regex.is_match(&text)).then_some(text)
    })
}

/// Returns file, rule and secret of each finding of a report, with the line.
fn findings(report: &str) -> BTreeMap<(String, String, String), BTreeSet<u64>> {
    let all: Vec<serde_json::Value> = serde_json::from_str(report).unwrap();
    let mut out: BTreeMap<_, BTreeSet<u64>> = BTreeMap::new();
    for finding in all {
        let text = |key: &str| finding[key].as_str().unwrap().to_owned();
        out.entry((text("File"), text("RuleID"), text("Secret")))
            .or_default()
            .insert(finding["StartLine"].as_u64().unwrap());
    }
    out
}

fn theirs(dir: &Path, gitleaks: &Path, config: &Path) -> String {
    let report = dir.with_extension("json");
    let status = Command::new(gitleaks)
        .args(["dir", ".", "--no-banner", "--exit-code", "0", "-f", "json"])
        .args(["--max-decode-depth", "0", "--ignore-gitleaks-allow"])
        .arg("-c")
        .arg(config)
        .arg("-r")
        .arg(&report)
        .current_dir(dir)
        .env_remove("GITLEAKS_CONFIG")
        .output()
        .unwrap();
    assert!(status.status.success(), "{status:?}");
    let text = std::fs::read_to_string(&report).unwrap();
    std::fs::remove_file(report).unwrap();
    text
}

fn ours(dir: &Path, config: &Path) -> String {
    let out = Command::new(env!("CARGO_BIN_EXE_stopleak"))
        .args(["scan", ".", "--format", "gitleaks-json", "--show-secrets"])
        .args(["--no-inline-allow", "--confidence", "low", "--exit-zero"])
        .env("GITLEAKS_CONFIG", config)
        .current_dir(dir)
        .output()
        .unwrap();
    assert_eq!(out.status.code(), Some(0), "{out:?}");
    String::from_utf8(out.stdout).unwrap()
}

#[test]
fn findings_on_samples_of_every_rule_are_those_of_gitleaks() {
    let (Some((path, config)), Some(gitleaks)) =
        (default_config(), std::env::var_os("STOPLEAK_GITLEAKS"))
    else {
        println!("skipped: STOPLEAK_GITLEAKS or STOPLEAK_GITLEAKS_DEFAULT is not set");
        return;
    };
    let gitleaks = PathBuf::from(gitleaks);
    let path = std::fs::canonicalize(path).unwrap();
    let dir = Dir::new();
    let (mut files, mut without) = (0, Vec::new());
    for (number, rule) in config.rules.iter().enumerate() {
        for seed in 0..SAMPLES {
            match content(rule, seed * 1000 + number as u64) {
                Some(text) => {
                    dir.write(&format!("{}/{seed}/{}", rule.id, name(rule)), text);
                    files += 1;
                }
                None => without.push(&rule.id),
            }
        }
    }
    let theirs = findings(&theirs(dir.path(), &gitleaks, &path));
    let ours = findings(&ours(dir.path(), &path));
    let found: BTreeSet<&str> = ours.keys().map(|(_, rule, _)| rule.as_str()).collect();
    let silent: Vec<&str> = config
        .rules
        .iter()
        .map(|rule| rule.id.as_str())
        .filter(|id| !found.contains(id))
        .collect();
    let missing: Vec<_> = theirs.keys().filter(|k| !ours.contains_key(*k)).collect();
    let more: Vec<_> = ours.keys().filter(|k| !theirs.contains_key(*k)).collect();
    let lines: Vec<_> = ours
        .iter()
        .filter_map(|(key, lines)| Some((key, lines, theirs.get(key)?)))
        .filter(|(_, ours, theirs)| ours != theirs)
        .collect();
    println!(
        "{files} files of {} rules; gitleaks {} findings, stopleak {}; rules without a finding \
         {silent:?}, without a sample {without:?}",
        config.rules.len(),
        theirs.len(),
        ours.len()
    );
    for key in missing.iter().take(20) {
        println!("only gitleaks: {key:?}");
    }
    for key in more.iter().take(20) {
        println!("only stopleak: {key:?}");
    }
    for (key, ours, theirs) in lines.iter().take(20) {
        println!("other line: {key:?}: {ours:?} instead of {theirs:?}");
    }
    assert!(missing.is_empty() && more.is_empty() && without.is_empty());
}
