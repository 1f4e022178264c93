//! The sample events for every format. Secrets are put together here, so that no file of the
//! repository contains one that looks live.

use std::borrow::Cow;
use std::time::Duration;

use stopleak::blob::{BlobPath, SkipReason, SourceError};
use stopleak::finding::{
    CommitInfo, Event, Finding, Fingerprint, Outcome, Part, SecretId, Snippet, Summary,
    SuppressedBy, Verdict,
};
use stopleak::rules::{
    Boundary, Confidence, Label, Labels, Matcher, OnInvalid, Rule, RuleIndex, Ruleset, SecretType,
    Severity,
};
use stopleak::secret::Secret;
use stopleak::text::LineIndex;

/// Rules of the samples' own: their texts do not change with the built-in rules.
pub(crate) fn rules() -> Ruleset {
    let rule = |id, title, provider, revoke, secret_type, severity, confidence| Rule {
        id: Cow::Borrowed(id),
        title: Cow::Borrowed(title),
        rationale: Cow::Borrowed("Whoever has it acts as its owner."),
        provider: Cow::Borrowed(provider),
        docs: Cow::Borrowed("https://example.com/docs"),
        revoke: Cow::Borrowed(revoke),
        lifetime: Cow::Borrowed("until revoked"),
        secret_type,
        severity,
        confidence,
        matcher: Matcher::Assignment,
        anchors: Cow::Borrowed(&[]),
        context: None,
        companions: Cow::Borrowed(&[]),
        min_entropy: 0.0,
        check: Cow::Borrowed(""),
        on_invalid: OnInvalid::Drop,
        boundary: Boundary::Token,
        binary: false,
        paths: Cow::Borrowed(&[]),
        base64: false,
        whole_file: false,
        bare: false,
        labels: Labels::NONE,
        marks: Cow::Borrowed(&[]),
    };
    let plain = |mut rule: Rule| {
        rule.rationale = Cow::Borrowed("");
        rule.docs = Cow::Borrowed("");
        rule.lifetime = Cow::Borrowed("");
        rule
    };
    let all = vec![
        rule(
            "acme-token",
            "Acme API token",
            "Acme",
            "Settings > Tokens",
            SecretType::ApiKey,
            Severity::Critical,
            Confidence::High,
        ),
        rule(
            "cloud-key-pair",
            "Cloud access key",
            "Cloud",
            "",
            SecretType::ApiKey,
            Severity::Critical,
            Confidence::High,
        ),
        plain(rule(
            "generic-password",
            "Password in an assignment",
            "",
            "",
            SecretType::Password,
            Severity::Medium,
            Confidence::Medium,
        )),
        rule(
            "private-key",
            "Private key",
            "",
            "",
            SecretType::SshKey,
            Severity::High,
            Confidence::High,
        ),
        rule(
            "unused-rule",
            "A rule that does not occur",
            "",
            "",
            SecretType::ApiKey,
            Severity::Low,
            Confidence::Low,
        ),
    ];
    Ruleset::new(all.into_iter().map(Cow::Owned).collect())
}

/// Returns the token of the samples: a public prefix and a body.
pub(crate) fn token() -> String {
    ["acme", "_", "Zq7", "Rk2Lw9Xv4Bn8Tm3Hd6Yp1Cs5"].concat()
}

/// Builds a finding of `secret` at its position in `content`.
pub(crate) fn finding(
    rule: u16,
    path: &[u8],
    content: &str,
    secret: &str,
    prefix: usize,
) -> Finding {
    let bytes = content.as_bytes();
    let start = content.find(secret).expect("the sample holds its secret");
    let end = start + secret.len();
    let mut lines = LineIndex::default();
    let line_start = content[..start].rfind('\n').map_or(0, |i| i + 1);
    let line_end = content[start..]
        .find('\n')
        .map_or(bytes.len(), |i| start + i);
    let highlight = start - line_start..end.min(line_end) - line_start;
    Finding {
        rule: RuleIndex(rule),
        path: BlobPath::new(path),
        start: lines.position(bytes, start),
        end: lines.position(bytes, end),
        secret: Secret::with_public_prefix(secret.as_bytes(), prefix),
        secret_id: SecretId([0xa0 + rule as u8; 16]),
        fingerprint: Fingerprint(numbered(path)),
        confidence: Confidence::High,
        severity: Severity::Critical,
        evidence: vec![],
        through: Vec::new(),
        parts: vec![],
        snippet: Snippet {
            line: bytes[line_start..line_end].into(),
            cut_left: false,
            cut_right: false,
            highlight: highlight.clone(),
            hidden: vec![highlight],
        },
        verdict: Verdict::Report,
        commit: None,
        item: None,
        repository: None,
        in_name: false,
        asked: None,
        labels: Labels::NONE,
    }
}

/// Returns sixteen bytes that differ by path.
fn numbered(path: &[u8]) -> [u8; 16] {
    let sum = path.iter().fold(7u64, |acc, b| {
        acc.wrapping_mul(31).wrapping_add(u64::from(*b))
    });
    let mut out = [0; 16];
    out[..8].copy_from_slice(&sum.to_be_bytes());
    out
}

/// Returns the sample events, in the order of a run.
pub(crate) fn events() -> Vec<Event> {
    let token = token();
    let mut list = vec![proved(&token), pair()];
    list.extend(suppressed(&token));
    list.push(Event::skipped(BlobPath::from("link"), SkipReason::Symlink));
    list.push(Event::Failed(SourceError {
        path: BlobPath::from("locked.txt"),
        why: "permission denied".to_owned(),
    }));
    list.extend(hostile(&token));
    list.extend([pem(), committed(&token)]);
    list
}

fn event(finding: Finding) -> Event {
    Event::Finding(Box::new(finding))
}

fn proved(token: &str) -> Event {
    let content = format!("import os\n\ntoken = \"{token}\"  # the old one\n");
    let mut found = finding(0, b"src/app.py", &content, token, 5);
    found.evidence = vec!["checksum valid".into(), "distinctive prefix".into()];
    event(found)
}

/// Returns an id and its secret on the next line.
fn pair() -> Event {
    let id = ["CLID", "Q7RK2LW9XV4BN8TM"].concat();
    let secret = ["9fK2", "pQ7xVb3NwZ8rLm5TcY1hGd6Js4Au0Ei+Oo/Bq"].concat();
    let content = format!("id = {id}\nsecret = {secret}\n");
    let mut found = finding(1, b"deploy/keys.ini", &content, &id, 4);
    let part = finding(1, b"deploy/keys.ini", &content, &secret, 0);
    found.parts = vec![Part {
        name: "secret access key".into(),
        start: part.start,
        end: part.end,
        secret: part.secret,
    }];
    event(found)
}

/// Returns findings suppressed by a marker, by the baseline, and by the detector itself.
fn suppressed(token: &str) -> Vec<Event> {
    let content = format!("key: {token} # stopleak:allow\n");
    [
        (
            &b"docs/example.yml"[..],
            SuppressedBy::Inline,
            "marker on the line",
        ),
        (
            b"docs/old.yml",
            SuppressedBy::Baseline,
            "known since the baseline was made",
        ),
        (
            b"docs/sample.yml",
            SuppressedBy::Placeholder,
            "a published sample",
        ),
    ]
    .into_iter()
    .map(|(path, by, reason)| {
        let mut found = finding(0, path, &content, token, 5);
        found.verdict = Verdict::Suppressed {
            by,
            reason: reason.to_owned(),
        };
        event(found)
    })
    .collect()
}

/// Returns paths and lines that try to deceive.
fn hostile(token: &str) -> Vec<Event> {
    let plain = format!("key={token}\n");
    let escape = finding(0, b"a\x1b[2J\nclean: no findings", &plain, token, 5);
    let latin1 = finding(0, b"caf\xe9/key file.txt", &plain, token, 5);

    let password = ["tr0ub", "4dor-und-drei"].concat();
    let content = format!("\tpass \u{1f511} = '{password}' \u{202e}# \u{9b}1m\r\n");
    let mut emoji = finding(2, b"emoji.conf", &content, &password, 0);
    emoji.severity = Severity::Medium;
    emoji.confidence = Confidence::Medium;
    emoji.evidence = vec!["named `pass`".into()];

    let in_path = format!("cache/{token}.txt");
    let named = finding(0, in_path.as_bytes(), &plain, token, 5);
    [escape, latin1, emoji, named].map(event).to_vec()
}

/// Returns a key over several lines.
fn pem() -> Event {
    let frame = |end| ["-----", end, " PRIVATE ", "KEY-----"].concat();
    let body = "bm90IGEga2V5IGF0IGFsbCwganVzdCBhIHNhbXBsZQ==\n".repeat(3);
    let key = format!("{}\n{body}{}", frame("BEGIN"), frame("END"));
    let mut found = finding(3, b"id_sample", &format!("{key}\n"), &key, 0);
    found.severity = Severity::High;
    found.evidence = vec!["not encrypted".into()];
    event(found)
}

/// Returns a finding of a history, in a line that was cut.
fn committed(token: &str) -> Event {
    let content = format!("{}auth={token}{}", "x".repeat(60), "y".repeat(60));
    let mut found = finding(0, b"old/build.sh", &content, token, 5);
    found.snippet.cut_left = true;
    found.snippet.cut_right = true;
    found.commit = Some(Box::new(CommitInfo {
        link: String::new(),
        id: "1234567890abcdef1234567890abcdef12345678".to_owned(),
        author: "Eve \u{202e}evE".to_owned(),
        email: "eve@example.com".to_owned(),
        date: "2024-02-29T12:00:00+01:00".to_owned(),
        subject: format!("use {token} for now"),
        at_head: Some(false),
        blobs: 2,
        last: "abcdefabcdefabcdefabcdefabcdefabcdefabcd".to_owned(),
        last_date: "2024-03-01T08:00:00+00:00".to_owned(),
        refs: vec!["refs/heads/main".to_owned()],
    }));
    event(found)
}

/// The sample events, and more places of the same secrets: older and younger ones, with labels, and
/// a warning.
pub(crate) fn many() -> Vec<Event> {
    let token = token();
    let brought = |path: &[u8], date: &str, at_head, subject: &str| {
        let content = format!("first\nkey={token}\n");
        let mut found = finding(0, path, &content, &token, 5);
        found.labels = Labels::of(Label::Canary);
        found.commit = Some(Box::new(CommitInfo {
            link: String::new(),
            id: "fedcba0987654321fedcba0987654321fedcba09".to_owned(),
            author: "Mallory\x1b]8;;https://example.com\x07".to_owned(),
            email: "m@example.com".to_owned(),
            date: date.to_owned(),
            subject: subject.to_owned(),
            at_head: Some(at_head),
            blobs: 1,
            last: "0123456789abcdef0123456789abcdef01234567".to_owned(),
            last_date: "2025-01-01T00:00:00+00:00".to_owned(),
            refs: Vec::new(),
        }));
        found
    };
    let mut events = events();
    let hostile = b"x/\xe2\x80\xae]\x1b\\y\n[1]: http://example.com";
    events.extend([
        event(brought(b"a.sh", "2019-01-01T00:00:00+14:00", true, "start")),
        event(brought(
            hostile,
            "2018-12-31T11:00:00+00:00",
            false,
            "\u{202e}end\nmore",
        )),
    ]);
    let password = ["correct-", "horse"].concat();
    let mut warned = finding(
        2,
        b"test/x y.conf",
        &format!("p = {password}"),
        &password,
        0,
    );
    warned.secret_id = SecretId([0xb2; 16]);
    warned.severity = Severity::Low;
    warned.labels = [Label::Test, Label::Identifier].into_iter().collect();
    warned.verdict = Verdict::Warn {
        reason: "low severity; findings fail from high on".to_owned(),
    };
    events.push(event(warned));
    events
}

/// Returns the summary of `events`, and its outcome.
pub(crate) fn summary(events: &[Event]) -> (Summary, Outcome) {
    let mut summary = Summary {
        files: 213,
        bytes: 1_300_000,
        binary: 3,
        notes: vec!["a remark about coverage".to_owned()],
        elapsed: Duration::from_millis(12),
        ..Summary::default()
    };
    events.iter().for_each(|event| summary.count(event));
    let outcome = summary.outcome(false);
    (summary, outcome)
}
