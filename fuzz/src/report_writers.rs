//! Every report format, on findings whose texts are any bytes. Documents parse, records stay
//! records, nothing unsafe reaches a person, and the report contains no secret, though every text
//! contained it.
//!
//! The secret is made from a hash of the input and inserted at each [`WHOLE`] or [`HALF`], so the
//! fuzzer cannot make it equal to a word of a format.

use std::borrow::Cow;
use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;
use std::sync::OnceLock;

use super::input::Input;
use super::xml;
use stopleak::blob::{BlobPath, SkipReason, SourceError};
use stopleak::finding::{
    CommitInfo, Event, Finding, Fingerprint, Part, SecretId, Snippet, Summary, SuppressedBy,
    Verdict,
};
use stopleak::report::escape::is_unsafe;
use stopleak::report::{self, Format, ReportOptions};
use stopleak::rules::{Confidence, Labels, RuleIndex, Ruleset, Severity, builtin};
use stopleak::secret::Secret;
use stopleak::text::LineIndex;

/// The placeholder of the secret.
const WHOLE: u8 = 0xfe;
/// The placeholder of the secret's first half.
const HALF: u8 = 0xff;

/// Runs one input.
pub fn run(bytes: &[u8]) {
    static RULES: OnceLock<Ruleset> = OnceLock::new();
    let rules = RULES.get_or_init(builtin::ruleset);
    let secret = secret(bytes);
    let mut input = Input::new(bytes);
    let flags = input.byte();
    let mut events = Vec::new();
    while !input.is_empty() && events.len() < 4 {
        events.push(event(&mut input, &secret));
    }
    let mut summary = Summary {
        files: u64::from(flags),
        notes: vec![String::from_utf8_lossy(&[flags]).into_owned()],
        ..Summary::default()
    };
    events.iter().for_each(|event| summary.count(event));
    for format in Format::ALL {
        let text = written(format, rules, flags, &events, &summary);
        let clear = text.windows(6).find(|window| {
            let found = secret.windows(6).any(|of| of == *window);
            found && window.iter().all(u8::is_ascii_alphabetic)
        });
        assert!(clear.is_none(), "{format:?} shows {clear:?}");
        check(format, &text, &events);
    }
}

/// Returns 24 letters that occur in this order in no hash and no word of a format.
fn secret(bytes: &[u8]) -> Vec<u8> {
    let mut state = 0xcbf2_9ce4_8422_2325u64;
    for byte in bytes {
        state = (state ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    let letters = b"ghjkmnpqrstvwxyzGHJKMNPQRSTVWXYZ";
    (0..24)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            letters[(state >> 33) as usize % letters.len()]
        })
        .collect()
}

fn fill(bytes: &[u8], secret: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for byte in bytes {
        match *byte {
            WHOLE => out.extend_from_slice(secret),
            HALF => out.extend_from_slice(&secret[..12]),
            byte => out.push(byte),
        }
    }
    out
}

fn event(input: &mut Input<'_>, secret: &[u8]) -> Event {
    let kind = input.byte();
    let mut bytes = || fill(input.line(), secret);
    let path = BlobPath::new(bytes());
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    match kind % 8 {
        // The creator of the event masks the paths of skipped and failed files.
        6 => Event::skipped(BlobPath::from("skipped"), SkipReason::TooLarge),
        7 => Event::Failed(SourceError {
            path: BlobPath::from("failed"),
            why: "cannot be read".to_owned(),
        }),
        _ => {
            let before = bytes();
            let after = bytes();
            let mut line = before.clone();
            line.extend_from_slice(secret);
            line.extend_from_slice(&after);
            let highlight = before.len()..before.len() + secret.len();
            let mut index = LineIndex::default();
            let reason = text(bytes());
            let commit = CommitInfo {
                id: "c".repeat(40),
                author: text(bytes()),
                email: text(bytes()),
                subject: text(bytes()),
                refs: vec![text(bytes())],
                ..CommitInfo::default()
            };
            let verdict = match kind >> 3 & 3 {
                0 | 1 => Verdict::Report,
                2 => Verdict::Warn {
                    reason: reason.clone(),
                },
                _ => Verdict::Suppressed {
                    by: SuppressedBy::Allow,
                    reason: reason.clone(),
                },
            };
            let start = index.position(&line, highlight.start);
            let end = index.position(&line, highlight.end);
            Event::Finding(Box::new(Finding {
                rule: RuleIndex(u16::from(kind)),
                path,
                start,
                end,
                secret: Secret::new(secret),
                secret_id: SecretId([kind; 16]),
                fingerprint: Fingerprint([kind; 16]),
                confidence: Confidence::High,
                severity: [Severity::Low, Severity::Critical][usize::from(kind & 1)],
                evidence: vec![Cow::Owned(reason)],
                through: Vec::new(),
                parts: vec![Part {
                    name: Cow::Borrowed("part"),
                    start,
                    end,
                    secret: Secret::new(&secret[..8]),
                }],
                snippet: Snippet {
                    line: line.into(),
                    cut_left: kind & 64 != 0,
                    cut_right: kind & 128 != 0,
                    highlight: highlight.clone(),
                    hidden: vec![highlight],
                },
                verdict,
                commit: (kind & 32 != 0).then(|| Box::new(commit)),
                item: None,
                repository: None,
                in_name: false,
                asked: None,
                labels: Labels::NONE,
            }))
        }
    }
}

#[derive(Clone, Default)]
struct Shared(Rc<RefCell<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn written(
    format: Format,
    rules: &Ruleset,
    flags: u8,
    events: &[Event],
    summary: &Summary,
) -> Vec<u8> {
    let options = ReportOptions {
        show_suppressed: flags & 1 != 0,
        verbose: flags & 2 != 0,
        width: usize::from(flags >> 2),
        ..ReportOptions::default()
    };
    let out = Shared::default();
    let mut report = report::new(format, Box::new(out.clone()), rules, options);
    for event in events {
        report.event(event).expect("memory takes everything");
    }
    report
        .finish(summary, summary.outcome(false))
        .expect("memory takes everything");
    drop(report);
    out.0.take()
}

fn check(format: Format, bytes: &[u8], events: &[Event]) {
    let text = std::str::from_utf8(bytes).expect("reports are UTF-8");
    let raw = |except: &[char]| {
        let found = text.chars().find(|c| is_unsafe(*c) && !except.contains(c));
        assert_eq!(found, None, "{format:?} has a raw character");
    };
    let parsed = |text: &str| -> serde_json::Value {
        serde_json::from_str(text).expect("a document of JSON")
    };
    let findings = events.iter().filter(|e| matches!(e, Event::Finding(_)));
    match format {
        Format::Json => {
            raw(&['\n']);
            let document = parsed(text);
            let listed = document["findings"].as_array().map_or(0, Vec::len);
            assert!(listed <= findings.count());
        }
        Format::Sarif | Format::Gitlab | Format::GitlabCodequality | Format::GitleaksJson => {
            parsed(text);
        }
        Format::Jsonl => text.lines().for_each(|line| {
            parsed(line);
        }),
        Format::Csv | Format::GitleaksCsv => {
            let rows = rows(text);
            assert!(
                rows.windows(2).all(|two| two[0] == two[1]),
                "{format:?}: fields {rows:?}\n{text}"
            );
        }
        Format::Junit => xml::check(text),
        Format::Github => {
            raw(&['\n']);
            for line in text.lines().filter(|line| !line.is_empty()) {
                let command = ["::error ", "::warning ", "::notice "]
                    .iter()
                    .any(|command| line.starts_with(command));
                assert!(command || !line.starts_with("::"), "{line}");
                assert!(!line.contains("##[") || command, "{line}");
            }
        }
        Format::Html => {
            for id in ["rows", "rest"] {
                let (_, block) = text
                    .split_once(&format!("id=\"{id}\">"))
                    .expect("a block of data");
                let (block, end) = block.split_once('<').expect("the end of the block");
                assert!(end.starts_with("/script>"), "a block ends early");
                let found = block.find(|c: char| c != '\n' && is_unsafe(c));
                assert_eq!(found, None, "{id} has a raw character");
                parsed(block);
            }
        }
        Format::Text | Format::Markdown | Format::Template => raw(&['\n']),
    }
}

/// Returns the number of fields of each CSV record.
fn rows(text: &str) -> Vec<usize> {
    let mut rows = Vec::new();
    let (mut fields, mut quoted, mut empty) = (1, false, true);
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => fields += 1,
            '\n' if !quoted => {
                if !empty {
                    rows.push(fields);
                }
                (fields, empty) = (1, true);
                continue;
            }
            _ => {}
        }
        empty = false;
    }
    assert!(!quoted, "a quote is not closed");
    rows
}
