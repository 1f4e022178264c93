//! Tokens in several pieces. `tokens.txt` has a file for each form; a number says how many bytes
//! of the token the first piece must hold.

use std::collections::BTreeMap;

use crate::support::dir::Dir;
use stopleak::check::mint::{Rng, mint_with_prefix};

struct Row {
    /// Whether the pieces are one token.
    one: bool,
    path: &'static str,
    least: usize,
    text: String,
}

impl Row {
    /// The text with the pieces of a token in their places.
    fn filled(&self, pieces: [&str; 3]) -> String {
        let filled = ["«1»", "«2»", "«3»"].into_iter().zip(pieces);
        filled.fold(self.text.clone(), |text, (sign, piece)| {
            text.replace(sign, piece)
        })
    }
}

fn rows() -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for line in include_str!("tokens.txt").lines() {
        let head = line.strip_prefix("+ ").or(line.strip_prefix("- "));
        let head = head.and_then(|head| head.split_once(' '));
        match head.and_then(|(path, least)| Some((path, least.parse().ok()?))) {
            Some((path, least)) => rows.push(Row {
                one: line.starts_with('+'),
                path,
                least,
                text: String::new(),
            }),
            None => {
                let row = rows.last_mut().unwrap();
                row.text.push_str(line);
                row.text.push('\n');
            }
        }
    }
    rows
}

/// The tokens that a scan finds in each file, by the number of the row.
fn found(dir: &Dir) -> BTreeMap<usize, Vec<(String, String)>> {
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let own = |(number, findings): (usize, Vec<serde_json::Value>)| {
        let own = findings
            .iter()
            .filter(|f| f["rule_id"] == "github-pat-classic");
        let own = own.map(|f| (text(&f["secret"]["value"]), f["evidence"].to_string()));
        (number, own.collect())
    };
    dir.findings_by_number().into_iter().map(own).collect()
}

/// Forms in which nobody looks for a prefix that is cut in two.
const WHOLE_PREFIX: &[&str] = &[
    "mixed.js",
    "mixedpy.py",
    "mixedplus.py",
    "tb.java",
    "here.sh",
    "esc.json",
];

#[test]
fn a_prefix_that_is_cut_in_two_is_put_together() {
    let rows = rows();
    let mut rng = Rng::new(6);
    let mut wrong = Vec::new();
    for (prefix, first) in [("ghp_", 2), ("ghp_", 3)] {
        let dir = Dir::new();
        let mut tokens = Vec::new();
        for (number, row) in rows.iter().enumerate() {
            let token = mint_with_prefix("crc32-base62", prefix, rng.next_u64()).unwrap();
            let token = String::from_utf8(token).unwrap();
            let pieces = [&token[..first], &token[first..30], &token[30..]];
            let text = row.filled(pieces);
            dir.write(&format!("{number}/{}", row.path), text.clone());
            tokens.push((token, text));
        }
        let found = found(&dir);
        for (number, row) in rows.iter().enumerate() {
            let (token, text) = &tokens[number];
            let own = found.get(&number).cloned().unwrap_or_default();
            let right = match &own[..] {
                [] => !row.one || WHOLE_PREFIX.contains(&row.path),
                [(value, _)] => row.one && value == token,
                _ => false,
            };
            if !right {
                wrong.push((row.path, text.clone(), own));
            }
        }
    }
    assert!(wrong.is_empty(), "{} are wrong: {wrong:#?}", wrong.len());
}

#[test]
fn a_token_is_found_however_it_is_cut_and_joined() {
    let rows = rows();
    assert!(rows.len() > 80, "{}", rows.len());
    let mut rng = Rng::new(5);
    let mut wrong = Vec::new();
    for line_end in ["\n", "\n", "\r\n"] {
        let dir = Dir::new();
        let mut tokens = Vec::new();
        for (number, row) in rows.iter().enumerate() {
            let token = mint_with_prefix("crc32-base62", "ghp_", rng.next_u64()).unwrap();
            let token = String::from_utf8(token).unwrap();
            let first = row.least + rng.below(20);
            let second = first + 1 + rng.below(token.len() - first - 2);
            let pieces = [&token[..first], &token[first..second], &token[second..]];
            let text = row.filled(pieces);
            dir.write(
                &format!("{number}/{}", row.path),
                text.replace('\n', line_end),
            );
            tokens.push((token, text));
        }
        let found = found(&dir);
        for (number, row) in rows.iter().enumerate() {
            let (token, text) = &tokens[number];
            let own = found.get(&number).cloned().unwrap_or_default();
            let right = match &own[..] {
                [] => !row.one,
                [(value, evidence)] => {
                    row.one && value == token && evidence.contains("joined from ")
                        || evidence.contains("escapes")
                }
                _ => false,
            };
            if !right {
                wrong.push((row.path, text.clone(), own));
            }
        }
    }
    assert!(wrong.is_empty(), "{}: {wrong:#?}", wrong.len());
}
