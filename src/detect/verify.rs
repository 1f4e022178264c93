//! From a hit to candidates: the value is matched, weighed and proved.

use std::ops::Range;

use super::assignment;
use super::compile::{Role, Target};
use super::entropy::shannon;
use super::generic;
use super::matcher::{self, RunCache, ShapeMatch, left_is_free};
use super::pattern::LazyPattern;
use super::placeholder;
use super::prefilter::Hit;
use crate::check::{Check, Outcome};
use crate::finding::{Candidate, CandidatePart, Dismissal};
use crate::rules::{
    Boundary, Companion, Confidence, Context, Matcher, OnInvalid, Rule, SecretType, Sequence,
    Severity, Step, Text, Within,
};

/// What is needed to judge the hits of one rule.
pub(super) struct Prepared {
    pub(super) check: Option<Check>,
    pub(super) companion_checks: Vec<Option<Check>>,
    pub(super) pattern: Option<LazyPattern>,
}

/// A value that matched, before it is weighed.
struct Match {
    whole: Range<usize>,
    secret: Range<usize>,
    public_prefix: usize,
    /// The longest random part: literals inside a value would hide that it repeats.
    run: Range<usize>,
    word: Option<Range<usize>>,
}

/// The content being judged and what is remembered of it.
pub(super) struct Subject<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) runs: &'a mut RunCache,
}

/// Appends the candidates to which `hit` leads as `target`.
pub(super) fn verify(
    rule: &Rule,
    prepared: &Prepared,
    target: Target,
    hit: Hit,
    literal_len: usize,
    subject: &mut Subject<'_>,
    out: &mut Vec<Candidate>,
) {
    let word = hit.at..hit.at + literal_len;
    match target.role {
        Role::Shape { sequence, step } => {
            let Matcher::Shape(sequences) = &rule.matcher else {
                return;
            };
            let sequence = &sequences[usize::from(sequence)];
            let found = matcher::around(
                sequence,
                usize::from(step),
                hit.at,
                rule.boundary,
                subject.bytes,
                subject.runs,
            );
            let Some(found) = found else { return };
            let word = match &rule.context {
                None => None,
                Some(context) => match context_word(context, &found.secret, subject.bytes) {
                    None => return,
                    found => found,
                },
            };
            weigh(
                rule,
                prepared,
                target,
                from_shape(found, sequence, word),
                subject,
                out,
            );
        }
        Role::Anchor => {
            for (whole, secret) in prepared
                .pattern
                .iter()
                .filter_map(|p| p.matches(rule, subject.bytes, &word))
            {
                let word = match &rule.context {
                    None => None,
                    Some(context) => match context_word(context, &secret, subject.bytes) {
                        None => continue,
                        found => found,
                    },
                };
                weigh(
                    rule,
                    prepared,
                    target,
                    Match {
                        run: secret.clone(),
                        whole,
                        secret,
                        public_prefix: 0,
                        word,
                    },
                    subject,
                    out,
                );
            }
        }
        Role::Word => near_word(rule, prepared, target, word, subject, out),
        Role::Name => {
            if let Some(found) = generic::judge(subject.bytes, word) {
                push_generic(rule, target, found, subject.bytes, out);
            }
        }
    }
}

fn from_shape(found: ShapeMatch, sequence: &Sequence, word: Option<Range<usize>>) -> Match {
    Match {
        whole: found.whole,
        secret: found.secret,
        run: found.run,
        public_prefix: sequence.public_prefix(),
        word,
    }
}

/// Looks for the value of a rule from one of its context words.
fn near_word(
    rule: &Rule,
    prepared: &Prepared,
    target: Target,
    word: Range<usize>,
    subject: &mut Subject<'_>,
    out: &mut Vec<Candidate>,
) {
    let Some(context) = &rule.context else { return };
    let Matcher::Shape(sequences) = &rule.matcher else {
        return;
    };
    if context.within == Within::Assignment {
        let Some(value) = assignment::value_after(subject.bytes, word.end) else {
            return;
        };
        let span = after_scheme(subject.bytes, &value.span);
        for sequence in sequences.iter() {
            let Some(found) = assigned(sequence, rule.boundary, &span, value.quote, subject) else {
                continue;
            };
            let found = from_shape(found, sequence, Some(word));
            weigh(rule, prepared, target, found, subject, out);
            return;
        }
        return;
    }
    let window = context_window(context, &word, subject.bytes);
    for found in values_in(sequences, rule.boundary, &window, &word, subject) {
        weigh(
            rule,
            prepared,
            target,
            Match {
                word: Some(word.clone()),
                ..found
            },
            subject,
            out,
        );
    }
}

/// Matches `sequence` on all of an assigned value. Where no quote says how far that
/// goes, the shape may: `token=123|abc` and words with blanks between them.
fn assigned(
    sequence: &Sequence,
    boundary: Boundary,
    span: &Range<usize>,
    quote: u8,
    subject: &mut Subject<'_>,
) -> Option<ShapeMatch> {
    let mut starting =
        |bytes: &[u8]| matcher::starting(sequence, span.start, boundary, bytes, subject.runs);
    let cut = span.len() < assignment::VALUE_MAX;
    let inside = subject
        .bytes
        .get(..span.end)
        .filter(|_| cut)
        .and_then(&mut starting);
    inside
        .filter(|found| found.whole.end == span.end)
        .or_else(|| {
            starting(subject.bytes).filter(|found| {
                found.whole.end == span.end || (quote == 0 && found.whole.end > span.end)
            })
        })
}

/// Skips the scheme in front of a header's value: `Bearer …`, `token …`.
fn after_scheme(bytes: &[u8], value: &Range<usize>) -> Range<usize> {
    const SCHEMES: &[&[u8]] = &[b"bearer ", b"token ", b"basic ", b"apikey ", b"bot "];
    let text = &bytes[value.clone()];
    let skipped = SCHEMES
        .iter()
        .find(|s| text.len() > s.len() && text[..s.len()].eq_ignore_ascii_case(s));
    value.start + skipped.map_or(0, |s| s.len())..value.end
}

/// The bytes in which a value may stand around a context word.
fn context_window(context: &Context, word: &Range<usize>, bytes: &[u8]) -> Range<usize> {
    let far = match context.within {
        Within::Assignment | Within::Line => 400,
        Within::Bytes(n) => usize::from(n),
    };
    let mut window = word.start.saturating_sub(far)..bytes.len().min(word.end + far);
    if context.within != Within::Assignment && !matches!(context.within, Within::Bytes(_)) {
        let line_start = memchr::memrchr(b'\n', &bytes[window.start..word.start])
            .map_or(window.start, |i| window.start + i + 1);
        let line_end = memchr::memchr(b'\n', &bytes[word.end..window.end])
            .map_or(window.end, |i| word.end + i);
        window = line_start..line_end;
    }
    window
}

/// Every value of the shape that stands wholly in `window` and not on `avoid`.
fn values_in(
    sequences: &[Sequence],
    boundary: Boundary,
    window: &Range<usize>,
    avoid: &Range<usize>,
    subject: &mut Subject<'_>,
) -> Vec<Match> {
    let mut found: Vec<Match> = Vec::new();
    let mut at = window.start;
    while at < window.end {
        let mut next = at + 1;
        for sequence in sequences {
            let first = sequence.steps.first();
            let may = match first {
                Some(Step::Run { set, .. }) => set.has(subject.bytes[at]),
                Some(Step::Lit { bytes, fold }) => bytes.first().is_some_and(|b| {
                    *b == subject.bytes[at]
                        || (*fold && *b == subject.bytes[at].to_ascii_lowercase())
                }),
                None => false,
            };
            if !may || !left_is_free(subject.bytes, at, first) {
                continue;
            }
            let Some(m) = matcher::starting(sequence, at, boundary, subject.bytes, subject.runs)
            else {
                continue;
            };
            if m.whole.end <= window.end
                && (m.whole.end <= avoid.start || m.whole.start >= avoid.end)
            {
                next = m.whole.end.max(next);
                found.push(from_shape(m, sequence, None));
                break;
            }
        }
        at = next;
    }
    found
}

/// The context word that stands where the rule wants it, if any does.
fn context_word(context: &Context, secret: &Range<usize>, bytes: &[u8]) -> Option<Range<usize>> {
    let window = match context.within {
        Within::Assignment => assignment::name_before(bytes, secret.start)?,
        Within::Line | Within::Bytes(_) => context_window(context, secret, bytes),
    };
    let text = bytes[window.clone()].to_ascii_lowercase();
    context.words.iter().find_map(|w| {
        let at = memchr::memmem::find(&text, w.as_bytes())?;
        Some(window.start + at..window.start + at + w.len())
    })
}

/// Applies entropy, the offline check, placeholders and companions.
fn weigh(
    rule: &Rule,
    prepared: &Prepared,
    target: Target,
    found: Match,
    subject: &mut Subject<'_>,
    out: &mut Vec<Candidate>,
) {
    let secret = &subject.bytes[found.secret.clone()];
    let mut evidence: Vec<Text> = Vec::new();
    let (mut confidence, mut severity, mut dismissed) = (rule.confidence, rule.severity, None);
    if rule.min_entropy > 0.0 && shannon(secret) < rule.min_entropy {
        return;
    }
    let mut proved = false;
    match prepared.check.map(|check| check(secret)) {
        Some(Outcome::Valid(what)) => {
            proved = true;
            confidence = Confidence::High;
            if what.contains("encrypted with a passphrase") {
                severity = severity.min(Severity::Medium);
            }
            evidence.push(what.into());
        }
        Some(Outcome::Invalid(why)) if rule.on_invalid == OnInvalid::Drop => {
            dismissed = Some(Dismissal::FailedCheck(why))
        }
        Some(Outcome::Invalid(why)) => {
            confidence = Confidence::Low;
            evidence.push(format!("offline check failed: {why}").into());
        }
        Some(Outcome::Unknown) | None => {}
    }
    if !proved && rule.secret_type.is_password() && placeholder::stock_word(secret) {
        confidence = Confidence::Low;
        evidence.push("a stock word, not a chosen password".into());
    }
    let body = &secret[found.public_prefix.min(secret.len())..];
    if dismissed.is_none() && !proved {
        dismissed = no_secret(rule, secret, body)
            .or_else(|| placeholder::in_url(subject.bytes, &found.secret));
        if dismissed.is_none() && !rule.is_distinctive() {
            dismissed = in_context(rule, secret);
        }
    } else if dismissed.is_none() {
        dismissed = placeholder::published(secret);
    }
    if dismissed.is_none() && found.run.len() >= 16 {
        dismissed = placeholder::repetition(&subject.bytes[found.run.clone()]);
    }
    if !proved {
        evidence.push(match &rule.matcher {
            Matcher::Pattern { .. } => "matches the form of this credential".into(),
            _ if found.public_prefix >= 3 => "prefix and length of this credential".into(),
            _ => "length and alphabet of this credential".into(),
        });
    }
    if let Some(word) = &found.word {
        let name = String::from_utf8_lossy(&subject.bytes[word.clone()]).to_ascii_lowercase();
        evidence.push(format!("`{name}` stands near it").into());
    }
    let mut whole = found.whole.clone();
    if let Some(word) = &found.word {
        whole = whole.start.min(word.start)..whole.end.max(word.end);
    }
    let mut parts = Vec::new();
    for (companion, check) in rule.companions.iter().zip(&prepared.companion_checks) {
        match companion_near(companion, *check, &found, subject) {
            Some(span) => {
                evidence.push(format!("its {} stands nearby", companion.name).into());
                confidence = Confidence::High;
                parts.push(CandidatePart {
                    name: companion.name.clone(),
                    span,
                });
            }
            None if companion.required => return,
            None => {}
        }
    }
    out.push(Candidate {
        rule: target.rule,
        whole,
        secret: found.secret,
        decoded: None,
        public_prefix: found.public_prefix.min(255) as u8,
        parts,
        evidence,
        confidence,
        severity,
        dismissed,
        traits: None,
    });
}

/// What has the length and alphabet of a value that only its context explains, but is
/// plainly made of words.
fn in_context(rule: &Rule, secret: &[u8]) -> Option<Dismissal> {
    if rule.secret_type.is_password() {
        return generic::look_alike(secret);
    }
    let words = secret
        .iter()
        .all(|b| b.is_ascii_lowercase() || b"_-.".contains(b));
    words.then_some(Dismissal::LookAlike("words"))
}

/// Whether a value without proof only stands for a secret. A password may be any
/// word, so that a rule of passwords is judged as an assignment is.
fn no_secret(rule: &Rule, secret: &[u8], body: &[u8]) -> Option<Dismissal> {
    let password = matches!(
        rule.secret_type,
        SecretType::Password | SecretType::DatabaseCredential
    );
    if password && body.len() == secret.len() {
        return placeholder::in_assignment(secret);
    }
    let wide = match &rule.matcher {
        Matcher::Shape(sequences) => sequences.iter().flat_map(|s| s.steps.iter()).any(
            |step| matches!(step, Step::Run { set, .. } if b"a_A0".iter().all(|b| set.has(*b))),
        ),
        _ => false,
    };
    // What the shape fixes is no reference, even where it begins as one (`$2b$`).
    placeholder::in_token(secret, body)
        .or_else(|| placeholder::reference(body))
        .or_else(|| {
            if wide {
                placeholder::identifier(body)
            } else {
                None
            }
        })
}

/// The nearest value that can be the companion: after the main value before it.
fn companion_near(
    companion: &Companion,
    check: Option<Check>,
    found: &Match,
    subject: &mut Subject<'_>,
) -> Option<Range<usize>> {
    let far = usize::from(companion.within);
    let window =
        found.whole.start.saturating_sub(far)..subject.bytes.len().min(found.whole.end + far);
    let values = values_in(
        &companion.shape,
        Boundary::Token,
        &window,
        &found.whole,
        subject,
    );
    let bytes = subject.bytes;
    values
        .into_iter()
        .map(|m| m.secret)
        .filter(|span| {
            let text = &bytes[span.clone()];
            let outcome = check.map(|c| c(text));
            !matches!(outcome, Some(Outcome::Invalid(_)))
                && placeholder::in_token(text, text).is_none()
        })
        .min_by_key(|span| match span.start.checked_sub(found.whole.end) {
            Some(after) => (0, after),
            None => (1, found.whole.start.saturating_sub(span.end)),
        })
}

fn push_generic(
    rule: &Rule,
    target: Target,
    found: generic::Generic,
    bytes: &[u8],
    out: &mut Vec<Candidate>,
) {
    let name = String::from_utf8_lossy(&bytes[found.name.clone()]).into_owned();
    out.push(Candidate {
        rule: target.rule,
        whole: found.name.start.min(found.value.start)..found.value.end.max(found.name.end),
        secret: found.value,
        decoded: None,
        public_prefix: 0,
        parts: Vec::new(),
        evidence: vec![format!("assigned to `{name}`").into()],
        confidence: found.confidence,
        severity: rule.severity,
        dismissed: found.dismissed,
        traits: Some(found.traits),
    });
}
