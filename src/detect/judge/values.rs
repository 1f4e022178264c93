//! Judges a value that a shape or pattern matched: how sure it is, how bad, and why it may
//! be none.

use crate::check::Outcome;
use crate::finding::{Dismissal, PUBLIC};
use crate::rules::{Confidence, Matcher, OnInvalid, Rule, SecretType, Severity, Step, Text};
use crate::secret::Secret;

use super::{addresses, embedded, encoded, generic, identifiers, placeholders};
use crate::detect::forms::matched::Match;

/// How far a value is believed, and why.
pub(in crate::detect) struct Belief {
    pub(in crate::detect) confidence: Confidence,
    pub(in crate::detect) severity: Severity,
    /// Why the value is no secret, if it is none.
    pub(in crate::detect) dismissed: Option<Dismissal>,
    /// What the value decodes to, if that decided.
    pub(in crate::detect) decoded: Option<Secret>,
    /// Whether it is a stock word: a weak password that may be in use.
    pub(in crate::detect) stock: bool,
    pub(in crate::detect) evidence: Vec<Text>,
}

/// Judges a value by the answer of its offline check and by its bytes. A proof outranks all
/// placeholders but published samples.
pub(in crate::detect) fn judge(
    rule: &Rule,
    found: &Match,
    bytes: &[u8],
    outcome: Option<Outcome>,
) -> Belief {
    let secret = &bytes[found.secret.clone()];
    let mut evidence: Vec<Text> = Vec::new();
    let (mut confidence, mut severity, mut dismissed) = (rule.confidence, rule.severity, None);
    let mut proved = false;
    match outcome {
        Some(Outcome::Valid(what)) => {
            proved = true;
            // What everybody may know stays so, whatever its check proves.
            if !(rule.confidence == Confidence::Low && rule.severity == Severity::Low) {
                confidence = Confidence::High;
            }
            if what.contains("encrypted with a passphrase") {
                severity = severity.min(Severity::Medium);
            }
            evidence.push(what.into());
        }
        Some(Outcome::Invalid(why)) if rule.on_invalid == OnInvalid::Drop => {
            dismissed = Some(Dismissal::FailedCheck(why));
        }
        Some(Outcome::Invalid(why)) => {
            confidence = Confidence::Low;
            evidence.push(format!("offline check failed: {why}").into());
        }
        Some(Outcome::Unknown) | None => {}
    }
    let mut decoded = encoded::pair_with_stock_word(&rule.check, secret);
    let password = !proved && rule.secret_type.is_password();
    let stock = (password && placeholders::stock_word(secret)) || decoded.is_some();
    if stock {
        confidence = Confidence::Low;
        evidence.push("a stock word, not a chosen password".into());
    }
    if dismissed.is_none() {
        dismissed = match proved {
            true => placeholders::published(secret),
            false => unproved(rule, found, bytes),
        };
    }
    if dismissed.is_none() && found.run.len() >= 16 {
        dismissed = placeholders::repetition(&bytes[found.run.clone()]);
    }
    if dismissed.is_none() && is_random(rule, proved) {
        dismissed = identifiers::identifier(rule, &bytes[found.run.clone()], found.signs);
    }
    if dismissed.is_none()
        && let Some((text, why)) = encoded::stand_in(&rule.check, secret)
    {
        (decoded, dismissed) = (Some(text), Some(why));
    }
    say_form(rule, found, proved, bytes, &mut evidence);
    if confidence > Confidence::Low && is_brief(rule, found, bytes) {
        confidence = Confidence::Low;
        evidence.push([PUBLIC, addresses::EXPIRES].concat().into());
    }
    Belief {
        confidence,
        severity,
        dismissed,
        decoded,
        stock,
        evidence,
    }
}

/// Whether a program made the values of a rule at random, so that words are none of them. The
/// account number in an id of AWS is no proof: nine of ten random values have one.
fn is_random(rule: &Rule, proved: bool) -> bool {
    !rule.secret_type.is_password() && (!proved || rule.check == "aws-access-key-id")
}

/// Why a value that nothing proves is no secret.
fn unproved(rule: &Rule, found: &Match, bytes: &[u8]) -> Option<Dismissal> {
    let secret = &bytes[found.secret.clone()];
    let body = &secret[found.public_prefix.min(secret.len())..];
    no_secret(rule, secret, body)
        .or_else(|| placeholders::in_url(bytes, &found.secret))
        .or_else(|| match (rule.is_distinctive(), &rule.matcher) {
            (true, Matcher::Shape(_)) => embedded::in_data(bytes, secret, found.secret.start)
                .or_else(|| placeholders::in_path(bytes, &found.secret, found.public_prefix)),
            (_, Matcher::Pattern { .. }) if rule.secret_type.is_password() => {
                identifiers::cast(bytes, &found.secret)
            }
            (true, _) => None,
            (false, _) if embedded::in_noise(bytes, &found.secret) => {
                Some(Dismissal::LookAlike("noise in a picture or sound"))
            }
            (false, _) => in_context(rule, secret).or_else(|| {
                let chosen = rule.secret_type.is_password();
                let named = || identifiers::in_code(bytes, &found.secret);
                if chosen { None } else { named() }
            }),
        })
}

/// Whether the value belongs to an address that a cloud signed for a week at most.
fn is_brief(rule: &Rule, found: &Match, bytes: &[u8]) -> bool {
    addresses::is_brief(&bytes[found.whole.clone()])
        || (rule.is_distinctive() && addresses::is_signed_by(&bytes[..found.secret.start]))
}

/// Adds the form that a value has, unless something proves it, and the word next to it.
fn say_form(rule: &Rule, found: &Match, proved: bool, bytes: &[u8], evidence: &mut Vec<Text>) {
    if !proved {
        evidence.push(match &rule.matcher {
            Matcher::Pattern { .. } => "matches the form of this credential".into(),
            _ if found.public_prefix >= 3 => "prefix and length of this credential".into(),
            _ => "length and alphabet of this credential".into(),
        });
    }
    if let Some(word) = &found.word {
        let name = String::from_utf8_lossy(&bytes[word.clone()]).to_ascii_lowercase();
        evidence.push(format!("`{name}` stands near it").into());
    }
}

/// Why a value that only its context explains is none: it has the right length and
/// alphabet, but is plainly made of words.
fn in_context(rule: &Rule, secret: &[u8]) -> Option<Dismissal> {
    if rule.secret_type.is_password() {
        return generic::look_alike(secret);
    }
    let words = secret
        .iter()
        .all(|b| b.is_ascii_lowercase() || b"_-.".contains(b));
    (words || generic::is_name(secret)).then_some(Dismissal::LookAlike("words"))
}

/// Why a value without proof is no secret but stands for one. A password may be any word,
/// so a rule for passwords is judged like an assignment.
fn no_secret(rule: &Rule, secret: &[u8], body: &[u8]) -> Option<Dismissal> {
    let password = matches!(
        rule.secret_type,
        SecretType::Password | SecretType::DatabaseCredential
    );
    if password && body.len() == secret.len() {
        return placeholders::in_assignment(secret).or_else(|| placeholders::worded(secret));
    }
    let wide = match &rule.matcher {
        Matcher::Shape(sequences) => sequences.iter().flat_map(|s| s.steps.iter()).any(
            |step| matches!(step, Step::Run { set, .. } if b"a_A0".iter().all(|b| set.has(*b))),
        ),
        _ => false,
    };
    // The part that the shape fixes is no reference, even if it begins like one (`$2b$`).
    placeholders::in_token(secret, body)
        .or_else(|| placeholders::reference(body))
        .or_else(|| {
            if wide {
                placeholders::identifier(body)
            } else {
                None
            }
        })
}
