//! Weighs a value that matched: entropy, the offline check, belief, companions.

use super::case::{Case, Subject};
use super::companions::companions_near;
use super::notes::{note_dismissal, note_match};
use crate::check;
use crate::detect::forms::ends;
use crate::detect::forms::matched::Match;
use crate::detect::judge::entropy::shannon;
use crate::detect::judge::values;
use crate::detect::trace::{Observer, Step};
use crate::finding::{Candidate, Open, Tails};
use crate::rules::{Confidence, Matcher, OnInvalid, Rule, SecretType};

/// Appends the candidate that a match becomes, unless its entropy is too low or a required
/// companion is missing.
pub(super) fn weigh<O: Observer>(
    case: Case<'_>,
    found: Match,
    subject: &mut Subject<'_, O>,
    out: &mut Vec<Candidate>,
) {
    let Case {
        rule,
        prepared,
        target,
    } = case;
    let secret = &subject.bytes[found.secret.clone()];
    note_match(&found, subject.observer);
    if !is_random_enough(rule, secret, subject.observer) {
        return;
    }
    let checked = match check::reads_container(&rule.check) {
        true => &subject.bytes[found.whole.clone()],
        false => secret,
    };
    let outcome = prepared.check.map(|check| check(checked));
    if let Some(outcome) = &outcome {
        subject.observer.step(|| Step::Checked {
            outcome: outcome.clone(),
            drops: rule.on_invalid == OnInvalid::Drop,
        });
    }
    let mut belief = values::judge(rule, &found, subject.bytes, outcome);
    if belief.stock {
        subject.observer.step(|| Step::StockWord);
    }
    let mut whole = found.whole.clone();
    if let Some(word) = &found.word {
        whole = whole.start.min(word.start)..whole.end.max(word.end);
    }
    note_dismissal(belief.dismissed, subject.observer);
    let Some(parts) = companions_near(case, &found, subject) else {
        return;
    };
    for part in &parts {
        let evidence = &mut belief.evidence;
        evidence.push(format!("its {} stands nearby", part.name).into());
        belief.confidence = Confidence::High;
    }
    let open = open(rule, &found, subject.bytes);
    subject.observer.step(|| Step::Candidate);
    out.push(Candidate {
        rule: target.rule,
        whole,
        secret: found.secret,
        decoded: belief.decoded,
        layers: None,
        public_prefix: found.public_prefix.min(255) as u8,
        parts,
        evidence: belief.evidence,
        confidence: belief.confidence,
        severity: belief.severity,
        dismissed: belief.dismissed,
        traits: None,
        tails: Tails::default(),
        open,
    });
}

/// Whether the value may go on behind its end: its form may say nothing of that. A pattern
/// for what people choose stops at the first sign that ends a value in some language.
fn open(rule: &Rule, found: &Match, bytes: &[u8]) -> Open {
    const CHOSEN: [SecretType; 2] = [SecretType::SigningKey, SecretType::OauthToken];
    let chosen = rule.secret_type.is_password() || CHOSEN.contains(&rule.secret_type);
    let next = bytes.get(found.secret.end).copied().unwrap_or(b'\n');
    if !chosen || !rule.check.is_empty() {
        return Open::No;
    }
    // What a rule asks for behind the value ends it, unless that is its quote or `@`.
    let delimited = found.whole.end > found.secret.end;
    if delimited && next == b'@' {
        return Open::Userinfo;
    }
    let closed = found.whole.end <= found.secret.end + 2
        && b"\"'`\\".contains(&next)
        && ends::is_quoted(bytes, found.secret.start);
    let open = matches!(rule.matcher, Matcher::Pattern { .. }) && (!delimited || closed);
    match open {
        true => Open::Head(found.whole.clone()),
        false => Open::No,
    }
}

/// Whether a value has the entropy that its rule asks for.
fn is_random_enough<O: Observer>(rule: &Rule, secret: &[u8], observer: &mut O) -> bool {
    if rule.min_entropy <= 0.0 {
        return true;
    }
    let (bits, least) = (shannon(secret), rule.min_entropy);
    observer.step(|| Step::Entropy { bits, least });
    bits >= least
}
