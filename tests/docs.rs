//! The commands and examples of the documentation. The program accepts every command. Every example
//! in a code block runs in a prepared repository and ends as documented. Every named option exists,
//! and stand-ins are the same everywhere.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use crate::support::loose::loose;
use crate::support::repo::Repo;
use crate::support::token;

/// The exit codes of examples in a repository with findings. All others exit with 0.
const ENDINGS: &[(&str, i32)] = &[
    ("stopleak scan", 1),
    ("stopleak scan .", 1),
    ("stopleak history", 1),
    ("stopleak scan --no-suppressions", 1),
    ("stopleak scan -o report.html", 1),
    ("stopleak history -o report.html", 1),
    ("stopleak history -o last-week.json", 1),
    ("stopleak scan -o today.json", 1),
    (
        "stopleak report convert today.json --format sarif > findings.sarif",
        1,
    ),
    (
        "stopleak report merge last-week.json today.json -o all.sarif",
        1,
    ),
];

/// Stand-ins for things that only the reader has.
const STAND_INS: &[(&str, &str)] = &[
    ("[PATH]...", "a.txt"),
    ("[REPO]", "."),
    ("[FILE]", ""),
    ("FILE...", ".gitleaks.toml"),
    ("FILE:LINE", "a.txt:1"),
    ("PATH", "a.txt"),
    ("FILE", "acme.toml"),
    ("RULE", "github-pat-classic"),
    ("STAGE", "pre-commit"),
    ("SHELL", "bash"),
    ("A..B", "HEAD~1..HEAD"),
    ("REV", "HEAD"),
    ("9e1c…", "0123456789abcdef0123456789abcdef"),
    ("rules/<provider>.toml", "acme.toml"),
    // The remote of a push, and the file of a message.
    ("{1}", "file"),
    ("{2}", "elsewhere"),
    ("$@", "origin"),
];

/// A command that a page shows.
#[derive(Debug)]
struct Example {
    /// Page and line.
    place: String,
    /// The text without comment.
    text: String,
    /// The arguments.
    args: Vec<String>,
    /// Whether it is a complete line of a code block.
    whole: bool,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns the pages, and the files to copy next to them.
fn pages() -> Vec<(String, String)> {
    let named = [
        "README.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "CHANGELOG.md",
    ];
    let mut files: Vec<PathBuf> = named.iter().map(|name| root().join(name)).collect();
    for dir in ["docs", "docs/ci"] {
        let entries = std::fs::read_dir(root().join(dir)).unwrap();
        let mut names: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).collect();
        names.sort();
        files.extend(names.into_iter().filter(|p| p.is_file()));
    }
    let name = |p: &PathBuf| p.strip_prefix(root()).unwrap().display().to_string();
    let page = |p: &PathBuf| (name(p), std::fs::read_to_string(p).unwrap());
    files.iter().map(page).collect()
}

/// Splits a shell command into words. Removes quotes and comments; nothing else has a meaning.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut quote, mut some) = (String::new(), None, false);
    for c in text.chars() {
        match (quote, c) {
            (None, '\'' | '"') => (quote, some) = (Some(c), true),
            (Some(open), c) if c == open => quote = None,
            (None, '#') if word.is_empty() && !some => break,
            (None, c) if c.is_whitespace() => {
                if some || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                some = false;
            }
            (_, c) => word.push(c),
        }
    }
    if some || !word.is_empty() {
        words.push(word);
    }
    words
}

/// Returns the commands of a page: lines of code blocks, and text between backquotes.
fn examples(page: &str, text: &str) -> Vec<Example> {
    let markdown = page.ends_with(".md");
    let mut found = Vec::new();
    let mut block = !markdown;
    for (number, line) in (1..).zip(text.lines()) {
        if markdown && line.trim_start().starts_with("```") {
            block = !block;
            continue;
        }
        let add = |command: &str, whole: bool| {
            let mut args = Vec::new();
            let words = words(command);
            // What a shell does with the output is not an argument.
            let words = words.iter().take_while(|word| *word != ">");
            for word in words.skip(1) {
                let known = STAND_INS.iter().find(|(name, _)| name == word);
                let word = known.map_or(word.as_str(), |(_, stands_for)| stands_for);
                args.extend((!word.is_empty()).then(|| word.to_owned()));
            }
            let text = command.split(" #").next().unwrap().trim().to_owned();
            let place = format!("{page}:{number}");
            Example {
                place,
                text,
                args,
                whole,
            }
        };
        if !block {
            let quoted = line.split('`').skip(1).step_by(2);
            let commands = quoted.filter(|text| text.starts_with("stopleak "));
            found.extend(commands.map(|text| add(text, false)));
            continue;
        }
        // `$ stopleak`, `run: stopleak`, `sh 'stopleak …'`, `cat file | stopleak`.
        let line = line.trim().replace("bin/stopleak\" ", "bin/stopleak ");
        let before = ["$ ", "run: ", "command: ", "- ", "| ", "sh '", "bin/", ""];
        let at = before.iter().find_map(|before| {
            let mark = format!("{before}stopleak ");
            let at = line.find(&mark)?;
            (!before.is_empty() || at == 0).then_some(at + before.len())
        });
        if let Some(at) = at {
            let odd = line[..at].matches('\'').count() % 2 == 1;
            let command = &line[at..];
            let command = if odd {
                command.trim_end_matches('\'')
            } else {
                command
            };
            found.push(add(command, markdown));
        }
    }
    found
}

/// Creates a repository in which the examples find something.
fn prepared() -> Repo {
    let repo = Repo::init(&[]);
    repo.commit("first.txt", "one\n");
    repo.write("a.txt", format!("token: {}\n", token(270)));
    repo.write("file", "nothing\n");
    let rule = "id = \"acme\"\nregex = 'acme_[0-9a-f]{16}'\n";
    let gitleaks = format!("[extend]\nuseDefault = true\n[[rules]]\n{rule}");
    repo.write("gitleaks.toml", &gitleaks);
    repo.write(".gitleaks.toml", &gitleaks);
    repo.write(".gitleaksignore", "b.txt:github-pat:1\n");
    repo.write(
        ".secrets.baseline",
        "{\"version\": \"1.5.0\", \"plugins_used\": [], \"filters_used\": [], \"results\": {}}\n",
    );
    repo.write("excluded.txt", "vendor/.*\n");
    repo.write(
        ".gitguardian.yaml",
        "version: 2\nsecret:\n  ignored_paths:\n    - vendor/**\n",
    );
    repo.write(
        "acme.toml",
        "[provider]\nname = \"Acme\"\n[[rule]]\nid = \"acme-key\"\ntitle = \"Acme key\"\n\
         secret_type = \"api-key\"\nseverity = \"high\"\nshape = '\"acmek_\" base62{20}'\n",
    );
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-q", "-m", "second"]);
    repo
}

fn run(repo: &Repo, args: &[String]) -> Output {
    let mut command = repo.command(env!("CARGO_BIN_EXE_stopleak"));
    // For `stopleak ci`: a run without a change.
    let ci = [("GITLAB_CI", "true"), ("CI_PIPELINE_SOURCE", "schedule")];
    command.args(args).envs(ci).stdin(Stdio::null());
    if repo.path().join("first.txt").exists() {
        command.env("CI_COMMIT_SHA", repo.git(&["rev-parse", "HEAD"]));
    }
    command.output().unwrap()
}

#[test]
fn every_command_is_taken_and_ends_as_it_says() {
    let mut wrong = Vec::new();
    let (mut whole, mut all) = (0, 0);
    for (page, text) in pages() {
        let repo = prepared();
        if page == "docs/fleet.md" {
            loose(&repo.path().join("clones/acme/api.git"), &[("a", "x")]);
        }
        for example in examples(&page, &text) {
            let out = run(&repo, &example.args);
            let said = String::from_utf8_lossy(&out.stderr);
            all += 1;
            // A name alone is not a call: its arguments may be missing.
            let misused = [
                "unexpected argument",
                "unrecognized",
                "invalid value",
                "cannot be used",
            ];
            let refused = said.contains("For more information, try")
                && (example.whole || misused.iter().any(|m| said.contains(m)));
            if refused {
                wrong.push(format!("{}: {example:?}: {said}", example.place));
                continue;
            }
            if !example.whole {
                continue;
            }
            whole += 1;
            let known = ENDINGS.iter().find(|(text, _)| *text == example.text);
            let wanted = known.map_or(0, |(_, code)| *code);
            if out.status.code() != Some(wanted) {
                wrong.push(format!(
                    "{}: {example:?}: wanted {wanted}: {out:?}",
                    example.place
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(whole >= 20 && all >= 75, "{whole} {all}");
}

#[test]
fn every_option_exists() {
    let repo = Repo::init(&[]);
    let commands = [
        "scan",
        "staged",
        "history",
        "image",
        "fleet plan",
        "fleet run",
        "fleet merge",
        "ci",
        "explain",
        "import",
        "hook run",
        "hook install",
        "baseline create",
        "baseline update",
        "ignore add",
        "triage",
        "report convert",
        "report merge",
        "report diff",
        "rules list",
        "rules test",
        "config show",
    ];
    let mut known: BTreeSet<String> = BTreeSet::new();
    for command in commands.iter().chain(&["", "man"]) {
        let mut args = words(command);
        args.push("--help".to_owned());
        let help = String::from_utf8(run(&repo, &args).stdout).unwrap();
        known.extend(options(&help));
    }
    // Options of other programs that pages mention.
    let others = [
        "--no-verify",
        "--depth",
        "--turbo",
        "--cached",
        "--all-files",
        "--files",
        "--from-ref",
        "--to-ref",
        "--exclude-paths",
        "--release",
        "--locked",
        "--path",
        "--hook-stage",
        "--git",
        "--rev",
        "--all-targets",
        "--staged",
        "--baseline",
        "--lib",
        "--test",
        "--workspace",
        "--ref-format",
        "--follow",
        "--branch",
        "--dd-api-key",
    ];
    let mut wrong = Vec::new();
    for (page, text) in pages() {
        for (number, line) in (1..).zip(text.lines()) {
            // gitleaks' own options are in the first column.
            let line = match page.as_str() {
                "docs/from-gitleaks.md" => line.rsplit('|').nth(1).unwrap_or_default(),
                _ => line,
            };
            let quoted = line.split('`').skip(1).step_by(2);
            for option in quoted.filter(|q| q.starts_with("--")).flat_map(options) {
                if !known.contains(&option) && !others.contains(&option.as_str()) {
                    wrong.push(format!("{page}:{number}: {option}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "no such option:\n{}", wrong.join("\n"));
}

/// Returns the long options in `text`.
fn options(text: &str) -> Vec<String> {
    let part = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let words = text.split(|c: char| !part(c));
    let long = words.filter(|w| w.len() > 3 && w.starts_with("--") && !w.starts_with("---"));
    long.map(str::to_owned).collect()
}

#[test]
fn what_stands_for_an_address_does_so_alike() {
    const COMMIT: &str = "0000000000000000000000000000000000000000";
    let mut uses = 0;
    for (page, text) in pages() {
        for (number, line) in (1..).zip(text.lines()) {
            let place = format!("{page}:{number}: {line}");
            for other in ["URL-OF", "repo: URL", "@COMMIT", "rev: COMMIT", "YOUR-ORG"] {
                assert!(!line.contains(other), "{place}");
            }
            if let Some((_, rest)) = line.split_once("OWNER/stopleak@") {
                assert!(rest.starts_with(COMMIT), "{place}");
                uses += 1;
            }
            if line.contains("cargo install") && line.contains("OWNER/stopleak") {
                assert!(line.contains(&format!("--rev {COMMIT}")), "{place}");
                uses += 1;
            }
            if line.contains("repo: ") && line.contains("/stopleak") {
                assert!(
                    line.contains("repo: https://github.com/OWNER/stopleak"),
                    "{place}"
                );
                let next = text.lines().nth(number).unwrap();
                assert!(next.contains(&format!("rev: {COMMIT}")), "{place}");
                uses += 1;
            }
        }
        // A page that uses it must explain it.
        let explained = [
            "Replace OWNER",
            "replace OWNER",
            "replace\n# OWNER",
            "`OWNER`",
        ];
        let uses_it = text.contains("OWNER/stopleak");
        assert!(
            !uses_it || explained.iter().any(|e| text.contains(e)),
            "{page}"
        );
    }
    assert!(uses >= 9, "{uses}");
}
