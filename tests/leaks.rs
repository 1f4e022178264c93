//! No secret leaks. Generated secrets go through every command, format and error path. No output
//! may contain a six-byte window of a secret, except for what the rule's shape gives every such
//! secret. Control and invisible characters must not reach the output raw either.
//!
//! `STOPLEAK_LEAK_ROUNDS` sets the number of rounds of secrets [default: 3].

#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Output;

use crate::rules::generate::{self, Wanted};
use crate::support::dir::stopleak;
use crate::support::repo::Repo;
use crate::support::token;
use stopleak::check::CHECKS;
use stopleak::check::mint::{Rng, mint};
use stopleak::report::escape::is_unsafe;
use stopleak::rules::{Matcher, Rule, Step, Within, builtin};

/// A secret, and which of its bytes every secret of its rule has.
struct Sample {
    rule: String,
    secret: Vec<u8>,
    fixed: Vec<bool>,
    /// A line with the secret, for a file.
    line: String,
}

/// What no output may contain: windows, each with its rule.
#[derive(Default)]
struct Forbidden {
    windows: HashMap<[u8; 6], String>,
    /// Windows of hexadecimal digits. Six of them are in a fingerprint by chance, twelve are not.
    digits: HashMap<[u8; 12], String>,
}

fn is_hex(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_hexdigit)
}

impl Forbidden {
    fn add(&mut self, sample: &Sample) {
        let windows = sample.secret.windows(6).zip(sample.fixed.windows(6));
        for (window, fixed) in windows {
            // Two random characters after `secret_` can be those of `secret_value` by chance.
            let random = fixed.iter().filter(|f| !**f).count();
            if random >= 3 && !is_hex(window) {
                self.windows
                    .insert(window.try_into().unwrap(), sample.rule.clone());
            }
        }
        for window in sample.secret.windows(12).filter(|w| is_hex(w)) {
            self.digits
                .insert(window.try_into().unwrap(), sample.rule.clone());
        }
    }

    fn add_text(&mut self, name: &str, secret: &str) {
        self.add(&Sample {
            rule: name.to_owned(),
            secret: secret.into(),
            fixed: vec![false; secret.len()],
            line: String::new(),
        });
    }

    /// Fails with the place if `output` contains a window or a raw control character.
    #[track_caller]
    fn search(&self, what: &str, output: &[u8]) {
        for at in 0..output.len() {
            let six = output.get(at..at + 6).and_then(|w| self.windows.get(w));
            let twelve = output.get(at..at + 12).and_then(|w| self.digits.get(w));
            if let Some(rule) = six.or(twelve) {
                let from = output[..at].iter().rposition(|b| *b == b'\n');
                let line = &output[from.map_or(0, |i| i + 1)..];
                let line = line.split(|b| *b == b'\n').next().unwrap_or_default();
                panic!(
                    "{what}: {:?} of a secret of {rule} in: {}",
                    String::from_utf8_lossy(&output[at..output.len().min(at + 12)]),
                    String::from_utf8_lossy(line)
                );
            }
        }
        let plain = without_colour(std::str::from_utf8(output).unwrap());
        let raw = plain.chars().find(|c| *c != '\n' && is_unsafe(*c));
        assert_eq!(raw, None, "{what}: {plain}");
    }
}

/// Returns `text` without stopleak's own colour sequences: `ESC [ digits m`.
fn without_colour(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("\x1b[") {
        out.push_str(&rest[..at]);
        let tail = &rest[at + 2..];
        let end = tail.find(|c: char| !(c.is_ascii_digit() || c == ';'));
        match end.filter(|e| tail[*e..].starts_with('m')) {
            Some(end) => rest = &tail[end + 1..],
            None => {
                out.push_str("\x1b[");
                rest = tail;
            }
        }
    }
    out + rest
}

fn sample(rule: &Rule, seed: u64) -> Option<Sample> {
    let Matcher::Shape(sequences) = &rule.matcher else {
        return None;
    };
    if rule.whole_file {
        // It is no secret on a line with something else.
        return None;
    }
    let wanted = Wanted {
        entropy: rule.min_entropy,
        check: &rule.check,
    };
    let value = generate::value(sequences, wanted, seed)?;
    let secret = value.secret();
    let text = String::from_utf8(value.whole()).ok()?;
    if text.contains(|c: char| c.is_control() || "\"'\\".contains(c)) || secret.len() < 10 {
        return None;
    }
    // Which bytes of the value are from literals.
    let of_value = sequences
        .iter()
        .find(|s| generate::split(&s.steps, text.as_bytes()).is_some())?;
    let pieces = generate::split(&of_value.steps, text.as_bytes())?;
    let steps = usize::from(of_value.secret.0)..usize::from(of_value.secret.1);
    let fixed = pieces[steps.clone()]
        .iter()
        .zip(&of_value.steps[steps])
        .flat_map(|(piece, step)| vec![matches!(step, Step::Lit { .. }); piece.len()])
        .collect();
    let word = rule
        .context
        .as_ref()
        .map(|c| (c.words[0].clone(), c.within));
    let line = match word {
        Some((word, Within::Assignment)) => format!("{word}_value = \"{text}\""),
        Some((word, _)) => format!("{word}: \"{text}\""),
        None => format!("v = \"{text}\""),
    };
    Some(Sample {
        rule: rule.id.to_string(),
        secret,
        fixed,
        line,
    })
}

/// Returns secrets of `count` rules that the seed selects.
fn samples(seed: u64, count: usize) -> Vec<Sample> {
    let rules = builtin::rules();
    let mut rng = Rng::new(seed);
    let mut out = Vec::new();
    while out.len() < count {
        let rule = &rules[rng.below(rules.len())];
        out.extend(sample(rule, rng.next_u64()));
    }
    out
}

fn password(rng: &mut Rng) -> String {
    const SIGNS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz23456789";
    format!("{}7kQ", rng.text(SIGNS, 11))
}

struct Dir(PathBuf);

impl Dir {
    fn new(name: &str) -> Self {
        let path =
            std::env::temp_dir().join(format!("stopleak-leaks-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Every way in which a scanning command writes.
const WAYS: &[&[&str]] = &[
    &["--color", "never"],
    &["--color", "always", "-v"],
    &["--show-suppressed", "--confidence", "low"],
    &["--format", "json", "-v", "--confidence", "low"],
    &["--format", "jsonl", "--show-suppressed"],
    &["--format", "sarif", "-v"],
    &["--no-inline-allow", "-j", "2"],
    &["--rule", "private-key"],
    &[
        "-q",
        "-o",
        "../out/r.sarif",
        "-o",
        "../out/r.json",
        "-o",
        "../out/r.jsonl",
        "-o",
        "../out/r.txt",
    ],
];

/// Runs `command` in every way and searches all output.
#[track_caller]
fn every_way(forbidden: &Forbidden, dir: &Path, command: &[&str]) {
    let out = dir.parent().unwrap().join("out");
    std::fs::create_dir_all(&out).unwrap();
    for way in WAYS {
        let args = [command, way].concat();
        let ran = stopleak(dir, &args, b"");
        let what = format!("{args:?} ({:?})", ran.status.code());
        assert!(ran.status.code().is_some_and(|c| c <= 2), "{what}");
        forbidden.search(&what, &ran.stdout);
        forbidden.search(&what, &ran.stderr);
    }
    for entry in std::fs::read_dir(&out).unwrap() {
        let path = entry.unwrap().path();
        forbidden.search(&path.display().to_string(), &std::fs::read(&path).unwrap());
        std::fs::remove_file(&path).unwrap();
    }
}

fn rounds() -> u64 {
    std::env::var("STOPLEAK_LEAK_ROUNDS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(3)
}

/// Returns files with the secrets of a round: alone, side by side and in comments.
fn files(samples: &[Sample], rng: &mut Rng, forbidden: &mut Forbidden) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for (n, pair) in samples.chunks(2).enumerate() {
        let (first, second) = (&pair[0], &pair[pair.len() - 1]);
        let (pass, other) = (password(rng), password(rng));
        forbidden.add_text("a password", &pass);
        forbidden.add_text("a password", &other);
        pair.iter().for_each(|s| forbidden.add(s));
        let body = format!(
            "{}\n{}\n{}; {}\n{} # stopleak:allow {}\npassword = \"{pass}\"\n\
             {{\"db_password\": \"{other}\", \"k\": 1, {}}}\n\
             password = \"{pass}\" {} password = \"{other}\"\n\
             db_password = \"{other}\" # stopleak:allow password = \"{pass}\"\n",
            first.line,
            second.line,
            first.line,
            second.line,
            second.line,
            first.line,
            first.line,
            " ".repeat(300),
        );
        files.push((format!("d{n}/f.txt"), body));
    }
    files
}

#[test]
fn working_files() {
    for round in 0..rounds() {
        let dir = Dir::new(&format!("scan{round}"));
        let work = dir.0.join("work");
        let mut forbidden = Forbidden::default();
        let mut rng = Rng::new(round + 7);
        let samples = samples(round + 1, 60);
        for (name, body) in files(&samples, &mut rng, &mut forbidden) {
            let path = work.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, body).unwrap();
        }
        // Names with secrets, of files that are read, skipped and unreadable.
        let (a, b, c, d) = (
            token(round),
            token(round + 10),
            token(round + 20),
            token(round + 30),
        );
        for secret in [&a, &b, &c, &d] {
            forbidden.add_text("github-pat-classic", &secret[4..]);
        }
        std::fs::write(work.join(format!("{a}.txt")), format!("t = {b}\n")).unwrap();
        std::fs::create_dir_all(work.join(&c)).unwrap();
        std::fs::write(work.join(&c).join("same.txt"), format!("t = {c}\n")).unwrap();
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("nowhere", work.join(&d)).unwrap();
            let name = format!("x\u{1b}[31m\u{202e}\n{d}\u{85}.txt");
            std::fs::write(work.join(name), format!("t = {b}\n")).unwrap();
        }
        // Without masking, the same secrets are found and visible.
        let shown = stopleak(
            &work,
            &["scan", "--show-secrets", "-v", "--confidence", "low"],
            b"",
        );
        let shown = String::from_utf8(shown.stdout).unwrap();
        let seen = samples
            .iter()
            .filter(|s| shown.contains(std::str::from_utf8(&s.secret).unwrap()))
            .count();
        assert!(
            seen * 10 >= samples.len() * 8,
            "{seen} of {}",
            samples.len()
        );
        every_way(&forbidden, &work, &["scan"]);
        every_way(&forbidden, &work, &["scan", "--follow"]);
        every_way(&forbidden, &work, &["scan", "--max-file-size", "10"]);
        every_way(&forbidden, &work, &["scan", &format!("missing-{d}")]);
    }
}

/// Values that the checks accept, among them keys of several lines and JSON documents.
#[test]
fn minted_values_of_every_check() {
    let dir = Dir::new("minted");
    let work = dir.0.join("work");
    std::fs::create_dir_all(&work).unwrap();
    let mut forbidden = Forbidden::default();
    let mut found = 0;
    for (n, (check, _)) in CHECKS.iter().enumerate() {
        let Some(value) = mint(check, n as u64) else {
            continue;
        };
        let part = |b: &u8| b.is_ascii_alphanumeric() || b"+/=_-".contains(b);
        // Marks and words of the formats are shorter, or have no digits.
        for run in value.split(|b| !part(b)).filter(|r| r.len() >= 30) {
            // The id of a Google key is shown: it says which key to revoke.
            if *check == "google-service-account" && run.len() == 40 && is_hex(run) {
                continue;
            }
            let random = &run[16..];
            if random.iter().any(u8::is_ascii_digit) {
                forbidden.add_text(check, std::str::from_utf8(random).unwrap());
            }
        }
        let body = [
            b"value:\n".as_slice(),
            &value,
            b"\npassword = \"",
            &value,
            b"\"\n",
        ]
        .concat();
        let file = work.join(format!("f{n}.txt"));
        std::fs::write(&file, &body).unwrap();
        for args in [["explain", "--text", "-"], ["rules", "test", "private-key"]] {
            let args = if args[0] == "rules" {
                [&args[..], &["-"]].concat()
            } else {
                args.to_vec()
            };
            let ran = stopleak(&work, &args, &body);
            forbidden.search(&format!("{args:?} of {check}"), &ran.stdout);
            found += usize::from(ran.status.code() == Some(1));
        }
    }
    assert!(found > 40, "{found}");
    every_way(&forbidden, &work, &["scan"]);
}

#[test]
fn explanations_and_rule_tests() {
    let dir = Dir::new("explain");
    for round in 0..rounds() {
        let mut forbidden = Forbidden::default();
        let mut rng = Rng::new(round + 70);
        let samples = samples(round + 100, 12);
        let files = files(&samples, &mut rng, &mut forbidden);
        for (_, body) in &files {
            std::fs::write(dir.0.join("f.txt"), body).unwrap();
            for args in [
                vec!["explain", "--text", "-"],
                vec![
                    "explain",
                    "--text",
                    "-",
                    "--confidence",
                    "low",
                    "--no-inline-allow",
                ],
                vec!["explain", "--text", "-", "--format", "json"],
                vec!["explain", "f.txt:3"],
                vec!["explain", "f.txt:4:9", "--format", "json"],
                vec!["explain", "f.txt:7"],
                vec!["rules", "test", "generic-assignment", "-"],
            ] {
                let ran = stopleak(&dir.0, &args, body.as_bytes());
                forbidden.search(&format!("{args:?}"), &ran.stdout);
                forbidden.search(&format!("{args:?}"), &ran.stderr);
            }
        }
        for sample in &samples {
            let args = ["rules", "test", sample.rule.as_str(), "-"];
            let ran = stopleak(&dir.0, &args, sample.line.as_bytes());
            forbidden.search(&format!("{args:?}"), &ran.stdout);
        }
    }
}

#[test]
fn histories_and_the_index() {
    let repo = Repo::init(&[]);
    let mut forbidden = Forbidden::default();
    let mut rng = Rng::new(700);
    let samples = samples(701, 24);
    for (name, body) in files(&samples, &mut rng, &mut forbidden) {
        repo.commit(&name, body);
    }
    let mut secret = {
        let mut next = 800;
        move |forbidden: &mut Forbidden| {
            next += 1;
            let secret = token(next);
            forbidden.add_text("github-pat-classic", &secret[4..]);
            secret
        }
    };
    // The author's name and mail, the subject, the path and a branch, each with a secret.
    for n in 0..4 {
        let [name, mail, subject, path, content, branch, tag] =
            [(); 7].map(|()| secret(&mut forbidden));
        repo.write(&format!("p{n}/{path}.txt"), format!("t = {content}\n"));
        repo.git(&["add", "-A"]);
        let author = format!("A\u{1b}[31m\u{202e} {name} <{mail}@example.com>");
        let message = format!("use {subject} \u{202e}\u{1b}]0;x\u{7} now\n\nbody {subject}\n");
        repo.git(&["commit", "-q", "--author", &author, "-m", &message]);
        repo.git(&["branch", &format!("b/{branch}")]);
        repo.git(&["tag", "-a", "-m", &format!("tag {tag}"), &format!("v{n}")]);
    }
    let work = repo.path().join("w");
    std::fs::create_dir_all(&work).unwrap();
    let staged = secret(&mut forbidden);
    repo.write("staged.txt", format!("t = {staged}\n"));
    repo.git(&["add", "staged.txt"]);
    every_way(&forbidden, &work, &["staged"]);
    every_way(&forbidden, &work, &["history", ".."]);
    every_way(
        &forbidden,
        &work,
        &["history", "..", "--range", "HEAD~2..HEAD"],
    );
    every_way(&forbidden, &work, &["history", "..", "--commit", "HEAD"]);
    every_way(&forbidden, &work, &["history", "..", "--all-objects"]);
}

#[test]
fn arguments_and_errors() {
    let dir = Dir::new("errors");
    let mut forbidden = Forbidden::default();
    let secret = token(900);
    forbidden.add_text("github-pat-classic", &secret[4..]);
    let s = secret.as_str();
    let hostile = "\u{1b}[31m\u{202e}\u{9b}";
    let (range, name, place) = (format!("{s}..HEAD"), format!("--{s}"), format!("{s}:3"));
    let (output, odd) = (format!("nowhere/{s}.json"), format!("x{hostile}"));
    let calls: Vec<Vec<&str>> = vec![
        vec![s],
        vec![&odd],
        vec!["scan", &name],
        vec!["scan", s],
        vec!["scan", "-", s],
        vec!["scan", "--format", s],
        vec!["scan", "--color", s],
        vec!["scan", "--confidence", s],
        vec!["scan", "--jobs", s],
        vec!["scan", "--max-file-size", s],
        vec!["scan", "--rule", s],
        vec!["scan", "--rule", &odd],
        vec!["scan", "--disable-rule", s],
        vec!["scan", "--rules", s],
        vec!["scan", "-o", s],
        vec!["scan", "-o", &output],
        vec!["history", s],
        vec!["history", "--range", &range],
        vec!["history", "--commit", s],
        vec!["history", "--since", s],
        vec!["history", "--refs", s],
        vec!["rules", "show", s],
        vec!["rules", "check", s],
        vec!["rules", "check", &odd],
        vec!["rules", "test", s, "x"],
        vec!["rules", "test", "generic-assignment", s],
        vec!["rules", "list", "--provider", s],
        vec!["rules", "list", "--type", s],
        vec!["explain", s],
        vec!["explain", &place],
        vec!["explain", "private-key", s],
        vec!["explain", "--text", s],
    ];
    for args in calls {
        let ran = stopleak(&dir.0, &args, b"");
        let what = format!(
            "{:?}",
            args.iter()
                .map(|a| a.replace(s, "SECRET"))
                .collect::<Vec<_>>()
        );
        forbidden.search(&what, &ran.stdout);
        forbidden.search(&what, &ran.stderr);
    }
}

#[test]
fn broken_rule_files() {
    let dir = Dir::new("rules");
    let mut forbidden = Forbidden::default();
    let (secret, pass) = (token(901), password(&mut Rng::new(902)));
    forbidden.add_text("github-pat-classic", &secret[4..]);
    forbidden.add_text("a password", &pass);
    let head = "[provider]\nname = \"Acme\"\n[[rule]]\nid = \"acme\"\ntitle = \"t\"\nsecret_type = \"api-key\"\nseverity = \"high\"\n";
    let esc = "\\u001b[31m\\u202e";
    let bodies = [
        format!("{head}shape = '\"acme_\" hex{{8}}'\npassword = \"{pass}\"\n"),
        format!("{head}shape = '\"acme_\" hex{{8}}'\n{secret} = 1\n"),
        format!("{head}shape = '\"acme_\" hex{{8}}'\n\"{esc}{secret}\" = 1\n"),
        format!("{head}shape = '\"acme_\" {secret}{{8}}'\n"),
        format!("{head}pattern = '({secret}'\nanchors = [\"acme_\"]\n"),
        format!("{head}pattern = '(?P<x>{secret}'\nanchors = [\"acme_\"]\n"),
        format!("{head}shape = '\"acme_\" hex{{8}}'\ncheck = \"{secret}\"\n"),
        format!("{head}shape = '\"acme_\" hex{{8}}'\ncheck = \"{esc}\"\n"),
        format!("{head}shape = '\"acme_\" hex{{8}}'\npaths = [\"[{secret}\"]\n"),
        format!("{head}shape = '\"acme_\" hex{{8}}'\nconfidence = \"{secret}\"\n"),
        head.replace("\"acme\"", &format!("\"{secret}\"")),
        head.replace("api-key", &secret),
        format!("password = \"{pass}\n{secret}"),
        format!("password = {pass}\n"),
        format!("x = [\"{secret}\", \n"),
    ];
    for body in bodies {
        std::fs::write(dir.0.join("r.toml"), &body).unwrap();
        for args in [
            vec!["rules", "check", "r.toml"],
            vec!["scan", "--rules", "r.toml"],
            vec!["rules", "test", "acme", "x", "--rules", "r.toml"],
            vec!["explain", "acme", "--rules", "r.toml"],
        ] {
            let ran = stopleak(&dir.0, &args, b"");
            forbidden.search(&format!("{args:?} of {body}"), &ran.stdout);
            forbidden.search(&format!("{args:?} of {body}"), &ran.stderr);
        }
    }
}

/// Each of these was printed once.
mod regressions {
    use super::*;

    fn printed(ran: &Output) -> String {
        let stdout = String::from_utf8(ran.stdout.clone()).unwrap();
        stdout + &String::from_utf8(ran.stderr.clone()).unwrap()
    }

    #[track_caller]
    fn hides(ran: &Output, secret: &str, but: &str) {
        let text = printed(ran);
        assert!(!text.contains(&secret[4..]), "{text}");
        assert!(text.contains(but), "{text}");
    }

    #[test]
    fn a_secret_in_the_name_of_what_is_not_scanned() {
        let (dir, secret) = (Dir::new("name"), token(1));
        for format in ["text", "json", "sarif"] {
            let ran = stopleak(
                &dir.0,
                &["scan", &format!("x/{secret}.txt"), "--format", format],
                b"",
            );
            assert_eq!(ran.status.code(), Some(2));
            hides(&ran, &secret, ".txt");
        }
    }

    #[test]
    fn a_secret_in_the_path_of_another_finding() {
        let (dir, secret) = (Dir::new("path"), token(2));
        std::fs::create_dir(dir.0.join(&secret)).unwrap();
        std::fs::write(
            dir.0.join(&secret).join("f.txt"),
            format!("t = {}\n", token(3)),
        )
        .unwrap();
        for format in ["text", "json", "sarif"] {
            let ran = stopleak(&dir.0, &["scan", "--format", format], b"");
            assert_eq!(ran.status.code(), Some(1));
            hides(&ran, &secret, "/f.txt");
        }
        // With the option, it is shown, and it is still the same finding.
        let shown = printed(&stopleak(&dir.0, &["scan", "--show-secrets"], b""));
        assert!(shown.contains(&secret), "{shown}");
    }

    #[test]
    fn a_secret_in_the_author_or_subject_of_a_commit_with_another_finding() {
        let repo = Repo::init(&[]);
        let (author, subject) = (token(4), token(5));
        repo.write("f.txt", format!("t = {}\n", token(6)));
        repo.git(&["add", "-A"]);
        let name = format!("--author=N {author} <n@example.com>");
        repo.git(&["commit", "-q", &name, "-m", &format!("use {subject} now")]);
        for format in ["text", "json"] {
            let ran = stopleak(repo.path(), &["history", "--format", format], b"");
            hides(&ran, &author, "N ********");
            hides(&ran, &subject, "use ******** now");
        }
    }

    #[test]
    fn a_secret_that_was_typed_in_the_wrong_place() {
        let (dir, secret) = (Dir::new("typed"), token(7));
        hides(
            &stopleak(&dir.0, &[&secret], b""),
            &secret,
            "unrecognized subcommand",
        );
        let ran = stopleak(&dir.0, &["scan", "--rule", &secret], b"");
        hides(&ran, &secret, "no rule is called");
    }

    #[test]
    fn controls_of_an_argument_or_a_rule_file() {
        let dir = Dir::new("controls");
        let file = "\"\\u001b[31m\\u202e\" = 1\n";
        std::fs::write(dir.0.join("r\u{202e}.toml"), file).unwrap();
        for args in [
            ["rules", "check", "r\u{202e}.toml"],
            ["scan", "--rules", "r\u{202e}.toml"],
            ["scan", "--nothing\u{1b}[2J", "x"],
        ] {
            let text = printed(&stopleak(&dir.0, &args, b""));
            assert!(
                !text.contains(|c: char| c != '\n' && is_unsafe(c)),
                "{text:?}"
            );
            assert!(
                text.contains("\\u{202e}") || text.contains("\\x1b"),
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_reason_that_holds_a_secret_longer_than_the_line_that_is_shown() {
        let (dir, second) = (Dir::new("reason"), Rng::new(8));
        let mut rng = second;
        const SIGNS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz23456789";
        let long = rng.text(SIGNS, 400);
        let body = format!(
            "t = {} # stopleak:allow linkedin_token = \"{long}\"\n",
            token(9)
        );
        std::fs::write(dir.0.join("f.txt"), body).unwrap();
        let text = printed(&stopleak(&dir.0, &["scan", "-v"], b""));
        assert!(text.contains("by inline: linkedin_token"), "{text}");
        for window in long.as_bytes().windows(6) {
            assert!(
                !text.contains(std::str::from_utf8(window).unwrap()),
                "{text}"
            );
        }
    }
}
