//! Values that a program puts together from several strings, and values that go on in the next
//! line: all pieces are one secret. `joined/values.txt` has a file for each form; the two pieces
//! are made when the tests run.

#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "joined/tokens.rs"]
mod tokens;

use std::collections::BTreeMap;

use crate::support::dir::{Dir, stopleak};
use crate::support::repo::Repo;
use stopleak::check::mint::{Rng, mint_with_prefix};
use stopleak::report::Format;

/// A file of the table.
struct Row {
    /// Whether both pieces are one value.
    one: bool,
    path: &'static str,
    text: String,
}

fn rows() -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for line in include_str!("joined/values.txt").lines() {
        let head = line.strip_prefix("+ ").or(line.strip_prefix("- "));
        match head.filter(|path| !path.contains(' ')) {
            Some(path) => rows.push(Row {
                one: line.starts_with('+'),
                path,
                text: String::new(),
            }),
            None => {
                if let Some(row) = rows.last_mut() {
                    row.text.push_str(line);
                    row.text.push('\n');
                }
            }
        }
    }
    rows
}

/// Letters and digits that no word holds.
fn piece(seed: u64, len: usize) -> String {
    const SIGNS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz23456789";
    let mut rng = Rng::new(seed);
    (0..len)
        .map(|_| char::from(SIGNS[rng.below(SIGNS.len())]))
        .collect()
}

fn head() -> String {
    piece(1, 10)
}

fn filled(text: &str, tail: &str) -> String {
    text.replace("«H»", &head()).replace("«T»", tail)
}

/// A directory with a file for each row, each below a directory with its number.
fn files(rows: &[Row], tail: &str, line_end: &str) -> Dir {
    let dir = Dir::new();
    for (number, row) in rows.iter().enumerate() {
        let text = filled(&row.text, tail).replace('\n', line_end);
        dir.write(&format!("{number}/{}", row.path), text);
    }
    dir
}

/// What a scan finds of each row: value and fingerprint of the secrets with the first piece.
fn found(dir: &Dir) -> BTreeMap<usize, Vec<(String, String)>> {
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let all = dir.findings_by_number().into_iter();
    let all = all.map(|(number, findings)| {
        let values = findings.iter().map(|finding| {
            let value = text(&finding["secret"]["value"]);
            (value, text(&finding["fingerprint"]))
        });
        let own: Vec<_> = values
            .filter(|(value, _)| value.contains(&head()))
            .collect();
        (number, own)
    });
    all.filter(|(_, own)| !own.is_empty()).collect()
}

#[test]
fn all_pieces_of_a_value_are_one_secret() {
    let rows = rows();
    assert!(rows.len() > 180, "{}", rows.len());
    for line_end in ["\n", "\r\n"] {
        let (one, other) = (piece(2, 11), piece(3, 11));
        let first = found(&files(&rows, &one, line_end));
        let second = found(&files(&rows, &other, line_end));
        let mut wrong = Vec::new();
        for (number, row) in rows.iter().enumerate() {
            let all = |found: &BTreeMap<_, Vec<(String, String)>>| {
                found.get(&number).cloned().unwrap_or_default()
            };
            let (first, second) = (all(&first), all(&second));
            let Some(((value, id), (_, other))) = first.first().zip(second.first()) else {
                wrong.push((number, "not found", &row.text, String::new()));
                continue;
            };
            let why = match value.contains(&one) {
                has if has != row.one => "the other piece",
                _ if value.to_lowercase().contains("readable") => "too long",
                _ if (id == other) == row.one => "identity",
                _ => continue,
            };
            wrong.push((number, why, &row.text, value.clone()));
        }
        assert!(wrong.is_empty(), "{line_end:?} {}: {wrong:#?}", wrong.len());
    }
}

#[test]
fn no_piece_is_shown_in_any_format() {
    let rows: Vec<Row> = rows().into_iter().filter(|row| row.one).collect();
    let dir = files(&rows, &piece(2, 11), "\n");
    // The pieces alone, on a line that is shown because of another secret.
    let token = mint_with_prefix("crc32-base62", "ghp_", 7).unwrap();
    let token = String::from_utf8(token).unwrap();
    dir.write("x.txt", format!("{} {token} {}\n", piece(2, 11), head()));
    for format in Format::ALL.map(Format::id) {
        let ran = dir.run(&["scan", ".", "--confidence", "low", "--format", format]);
        assert_eq!(ran.code, 1);
        for piece in [head(), piece(2, 11)] {
            for window in piece.as_bytes().windows(6) {
                let window = std::str::from_utf8(window).unwrap();
                assert!(!ran.stdout.contains(window), "{format} shows {window}");
            }
        }
        assert!(ran.stdout.contains("password"), "{format}");
    }
    for (number, row) in rows.iter().enumerate() {
        let path = format!("{number}/{}", row.path);
        for line in 1..=row.text.lines().count() {
            let ran = dir.run(&["explain", &format!("{path}:{line}"), "--confidence", "low"]);
            for piece in [head(), piece(2, 11)] {
                assert!(!ran.stdout.contains(&piece), "{path}:{line}: {ran:?}");
            }
        }
    }
}

/// Files of several kinds in which the line with the second piece has nothing else.
const FILES: &[(&str, &str)] = &[
    ("a.py", "password = (\"«H»\"\n            \"«T»\")\n"),
    ("a.js", "const password = \"«H»\" +\n  \"«T»\";\n"),
    ("a.yml", "password: «H»\n  «T»\n"),
    ("b.yml", "password: \"«H»\n  «T»\"\n"),
    ("a.ini", "[a]\npassword = «H»\n    «T»\n"),
    (".env", "DB_PASSWORD=«H»\\\n«T»\n"),
    ("Makefile", "DB_PASSWORD = «H»\\\n  «T»\n"),
];

#[test]
fn a_baseline_accepts_the_pieces_it_has_seen_only() {
    for (path, text) in FILES {
        let dir = Dir::new();
        dir.write(path, filled(text, &piece(2, 11)));
        dir.run(&["baseline", "create"]);
        assert_eq!(dir.run(&["scan", "."]).code, 0, "{path}");
        dir.write(path, filled(text, &piece(3, 11)));
        assert_eq!(dir.run(&["scan", "."]).code, 1, "{path}");
    }
}

/// The same pieces in another layout are the same secret; in another order they are not.
#[test]
fn a_new_layout_of_the_pieces_is_no_news() {
    let (a, b, c) = (piece(2, 7), piece(3, 7), piece(4, 7));
    let all = [&a, &b, &c].map(String::as_str);
    let joins: [(&str, &str); 3] = [
        ("a.py", "db_password = (\"{}\")\n"),
        ("A.java", "class A { String dbPassword = \"{}\"; }\n"),
        ("a.php", "<?php\n$db_password = '{}';\n"),
    ];
    for (path, text) in joins {
        let (quote, sign) = match path {
            "a.php" => ("'", "."),
            _ => ("\"", "+"),
        };
        let with = |joint: &str, pieces: &[&str]| {
            let joint = joint.replace('+', sign);
            text.replace("{}", &pieces.join(&format!("{quote}{joint}{quote}")))
        };
        let layouts = [
            text.replace("{}", &all.concat()),
            with(" + ", &all),
            with(" +\n    ", &all),
            with("\r\n    + ", &all),
            text.replace("{}", &all.concat()),
            with("+", &[a.as_str(), &[b.as_str(), c.as_str()].concat()]),
        ];
        let repo = Repo::init(&[]);
        repo.commit(path, &layouts[0]);
        let code = |args: &[&str]| stopleak(repo.path(), args, b"").status.code();
        assert_eq!(code(&["scan", path]), Some(1), "{path}");
        assert_eq!(code(&["baseline", "create"]), Some(0));
        for layout in &layouts {
            repo.write(path, layout);
            repo.git(&["add", path]);
            assert_eq!(code(&["scan", "."]), Some(0), "baseline: {layout}");
            let staged = ["staged", "--no-suppressions"];
            assert_eq!(code(&staged), Some(0), "{layout}");
            repo.git(&["commit", "-q", "--allow-empty", "-m", "layout"]);
            let range = ["history", "--range", "HEAD~1..HEAD", "--no-suppressions"];
            assert_eq!(code(&range), Some(0), "{layout}");
        }
        for other in [
            with(" + ", &[b.as_str(), &a, &c]),
            with(" + ", &[a.as_str(), &b]),
            with(" + ", &[a.as_str(), &c, &b]),
        ] {
            repo.write(path, &other);
            repo.git(&["add", path]);
            assert_eq!(code(&["scan", "."]), Some(1), "baseline: {other}");
            assert_eq!(code(&["staged"]), Some(1), "{other}");
        }
    }
}

#[test]
fn a_change_of_a_further_line_alone_is_new() {
    let repo = Repo::init(&[]);
    for (path, text) in FILES {
        repo.commit(path, filled(text, &piece(2, 11)));
    }
    for (path, text) in FILES {
        std::fs::write(repo.path().join(path), filled(text, &piece(3, 11))).unwrap();
        repo.git(&["add", "-f", path]);
    }
    let paths = |args: &[&str]| {
        let args = [args, &["--format", "json"]].concat();
        let out = stopleak(repo.path(), &args, b"");
        let report: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
        let findings = report["findings"].as_array().unwrap();
        let mut paths: Vec<(String, u64)> = findings
            .iter()
            .map(|f| {
                let line = f["start"]["line"].as_u64().unwrap_or_default();
                (f["path"].as_str().unwrap().to_owned(), line)
            })
            .collect();
        paths.sort();
        paths
    };
    // A finding stands where its first piece does, which did not change.
    let mut want: Vec<(String, u64)> = FILES
        .iter()
        .map(|(path, text)| {
            let line = text[..text.find("«H»").unwrap()].lines().count();
            ((*path).to_owned(), line as u64)
        })
        .collect();
    want.sort();
    assert_eq!(paths(&["staged"]), want);
    repo.git(&["commit", "-qm", "change"]);
    assert_eq!(paths(&["history", "--range", "HEAD~1..HEAD"]), want);
}

#[test]
fn a_marker_on_any_line_of_a_value_accepts_it() {
    for marked in [
        "password = (\"«H»\"  # stopleak:allow why\n            \"«T»\")\n",
        "password = (\"«H»\"\n            \"«T»\")  # stopleak:allow why\n",
        "password = (\"«H»\"\n    # stopleak:allow why\n            \"«T»\")\n",
    ] {
        let dir = Dir::new();
        dir.write("a.py", filled(marked, &piece(2, 11)));
        assert_eq!(dir.run(&["scan", "."]).code, 0, "{marked}");
        let ran = dir.run(&["scan", ".", "--no-inline-allow"]);
        assert_eq!(ran.code, 1, "{marked}");
        assert!(!ran.stdout.contains(&piece(2, 11)));
    }
    let below = "password = (\"«H»\"\n            \"«T»\")\n# stopleak:allow why\n";
    let dir = Dir::new();
    dir.write("a.py", filled(below, &piece(2, 11)));
    assert_eq!(dir.run(&["scan", "."]).code, 1);
}

#[test]
fn a_value_has_a_bound() {
    let pieces = |count: usize, last: &str| {
        let mut text = format!("password = (\"{}\"\n", head());
        for _ in 0..count {
            text.push_str(&format!("    \"{}\"\n", piece(2, 20)));
        }
        text.push_str(&format!("    \"{last}\")\nreadable = 1\n"));
        text
    };
    // 4 KiB are one value; what follows is none of it.
    for (count, told_apart) in [(100, true), (200, false)] {
        let ids: Vec<String> = [piece(4, 12), piece(5, 12)]
            .iter()
            .map(|last| {
                let dir = Dir::new();
                dir.write("0/a.py", pieces(count, last));
                found(&dir)[&0][0].1.clone()
            })
            .collect();
        assert_eq!(ids[0] != ids[1], told_apart, "{count}");
    }
}
