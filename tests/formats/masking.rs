//! A property of every format: without `show_secrets`, neither the output nor what a reader decodes
//! from it contains a six-byte window of a secret.

use std::collections::HashSet;

use serde_json::Value;
use stopleak::blob::BlobPath;
use stopleak::finding::{
    CommitInfo, Event, Finding, Fingerprint, Part, SecretId, Snippet, SuppressedBy, Verdict,
};
use stopleak::report::{Format, ReportOptions};
use stopleak::rules::{Confidence, Labels, RuleIndex, Severity};
use stopleak::secret::Secret;
use stopleak::text::LineIndex;

use super::{ci, render, samples};

/// Xorshift (Marsaglia 2003), seeded, so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// Returns a secret of one of several alphabets. Some have characters that formats must escape.
    fn secret(&mut self) -> Vec<u8> {
        let len = 6 + self.below(60);
        let alphabets: [&[u8]; 4] = [
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
            b"Qx7\"\\/'<>&%{}[]()#?~ZkW93vB",
            b"Kz8\n\r\tVw4\x1b\x7fXy2Qj",
            b"Gq5\xff\xc3\xa9\xf0\x9f\x94\x91\xe2\x80\xaeJp0Zt",
        ];
        let alphabet = alphabets[self.below(alphabets.len())];
        (0..len)
            .map(|_| alphabet[self.below(alphabet.len())])
            .collect()
    }
}

/// Returns a line with all of `secrets`, some of them twice, and the ranges that the engine would
/// hide. These do not include the second occurrences.
fn line(secrets: &[Vec<u8>], random: &mut Random) -> (Vec<u8>, Vec<std::ops::Range<usize>>) {
    let mut line = b"    a = ".to_vec();
    let mut hidden = Vec::new();
    for secret in secrets {
        line.extend_from_slice(b"; ");
        hidden.push(line.len()..line.len() + secret.len());
        line.extend_from_slice(secret);
        if random.below(2) == 0 {
            line.extend_from_slice(b" was ");
            line.extend_from_slice(&secret[random.below(2)..]);
        }
    }
    (line, hidden)
}

fn finding(secrets: &[Vec<u8>], random: &mut Random) -> Finding {
    let (line, hidden) = line(secrets, random);
    let lossy = |i: usize| String::from_utf8_lossy(&secrets[i]).into_owned();
    let mut index = LineIndex::default();
    let mut at = |offset| index.position(&line, offset);
    let parts = (1..secrets.len() - 1).map(|i| Part {
        name: "second part".into(),
        start: at(hidden[i].start),
        end: at(hidden[i].end),
        secret: Secret::with_public_prefix(&secrets[i], 5),
    });
    let parts = parts.collect();
    let mut path = b"dir/".to_vec();
    path.extend_from_slice(&secrets[random.below(secrets.len() - 1)]);
    path.extend_from_slice(b"\xfe.txt");
    Finding {
        rule: RuleIndex(0),
        path: BlobPath::new(path),
        start: at(hidden[0].start),
        end: at(hidden[0].end),
        secret: Secret::with_public_prefix(&secrets[0], random.below(12)),
        secret_id: SecretId([1; 16]),
        fingerprint: Fingerprint([2; 16]),
        confidence: Confidence::High,
        severity: Severity::High,
        evidence: vec![format!("looks like {}", lossy(1)).into()],
        through: Vec::new(),
        parts,
        snippet: Snippet {
            highlight: hidden[0].clone(),
            hidden,
            cut_left: random.below(2) == 0,
            cut_right: random.below(2) == 0,
            line: line.into(),
        },
        verdict: Verdict::Suppressed {
            by: SuppressedBy::Allow,
            reason: format!("value {}", lossy(0)),
        },
        commit: Some(Box::new(CommitInfo {
            author: lossy(2),
            email: lossy(1),
            subject: format!("set {} and {}", lossy(0), lossy(1)),
            refs: vec![format!("refs/heads/{}", lossy(0))],
            ..CommitInfo::default()
        })),
        item: None,
        repository: None,
        in_name: false,
        asked: None,
        labels: Labels::NONE,
    }
}

/// Returns everything that a reader may get from the output: the bytes themselves, strings of the
/// JSON, and decoded URIs and base64 fields.
fn readings(format: Format, out: &[u8]) -> Vec<Vec<u8>> {
    let text = std::str::from_utf8(out).unwrap();
    if format == Format::Html {
        return ci::blocks(text)
            .into_iter()
            .flat_map(|block| {
                let mut all = vec![block.as_bytes().to_vec()];
                strings(&serde_json::from_str(block).unwrap(), "", &mut all);
                all
            })
            .collect();
    }
    let mut all = vec![out.to_vec()];
    match format {
        Format::Json | Format::Sarif | Format::Gitlab | Format::GitlabCodequality => {
            strings(&serde_json::from_str(text).unwrap(), "", &mut all);
        }
        Format::Jsonl => {
            for line in text.lines() {
                strings(&serde_json::from_str(line).unwrap(), "", &mut all);
            }
        }
        _ => all.push(ci::readable(format, text).into_bytes()),
    }
    all
}

fn strings(value: &Value, key: &str, all: &mut Vec<Vec<u8>>) {
    match value {
        Value::String(text) => {
            all.push(text.clone().into_bytes());
            match key {
                "uri" => all.push(percent_decoded(text)),
                "path_bytes" => all.push(base64_decoded(text)),
                _ => {}
            }
        }
        Value::Array(items) => items.iter().for_each(|item| strings(item, key, all)),
        Value::Object(fields) => fields
            .iter()
            .for_each(|(key, field)| strings(field, key, all)),
        _ => {}
    }
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let mut pieces = text.split('%');
    let mut out = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        out.push(u8::from_str_radix(&piece[..2], 16).unwrap());
        out.extend_from_slice(&piece.as_bytes()[2..]);
    }
    out
}

fn base64_decoded(text: &str) -> Vec<u8> {
    let digit = |c: u8| match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let mut out = Vec::new();
    let (mut bits, mut have) = (0u32, 0);
    for c in text.bytes().filter(|c| *c != b'=') {
        bits = bits << 6 | u32::from(digit(c));
        have += 6;
        if have >= 8 {
            have -= 8;
            out.push((bits >> have) as u8);
        }
    }
    out
}

fn leaks(secret: &[u8], readings: &[Vec<u8>]) -> bool {
    let windows: HashSet<&[u8]> = secret.windows(6).collect();
    let mut texts = readings.iter();
    texts.any(|text| text.windows(6).any(|window| windows.contains(window)))
}

#[test]
fn no_window_of_a_secret_appears_in_any_format() {
    let rules = samples::rules();
    let mut random = Random(0x5eed_1234_5678_9abc);
    for round in 0..400 {
        let secrets: Vec<Vec<u8>> = (0..4).map(|_| random.secret()).collect();
        let mut found = finding(&secrets, &mut random);
        if round % 2 == 0 {
            found.verdict = Verdict::Report;
        }
        let events = [Event::Finding(Box::new(found))];
        for format in Format::ALL {
            let options = ReportOptions {
                show_suppressed: true,
                verbose: true,
                color: round % 3 == 0,
                width: [0, 60][round % 2],
                ..ReportOptions::default()
            };
            let out = render(format, &rules, &events, options);
            let readings = readings(format, &out);
            for secret in &secrets {
                assert!(!leaks(secret, &readings), "round {round}, {format:?}");
            }
        }
    }
}

/// The search of the test above finds secrets that are there.
#[test]
fn windows_are_found_when_secrets_are_shown() {
    let rules = samples::rules();
    let mut random = Random(42);
    let secrets: Vec<Vec<u8>> = (0..4).map(|_| random.secret()).collect();
    let events = [Event::Finding(Box::new(finding(&secrets, &mut random)))];
    for format in [Format::Json, Format::Jsonl, Format::Sarif] {
        let options = ReportOptions {
            show_secrets: true,
            show_suppressed: true,
            ..ReportOptions::default()
        };
        let out = render(format, &rules, &events, options);
        assert!(leaks(&secrets[0], &readings(format, &out)), "{format:?}");
    }
}
