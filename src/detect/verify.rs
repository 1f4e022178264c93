//! From a hit to candidates: the value is matched, weighed and proved.

use std::ops::Range;

use super::find::{Hit, Role, Target, left_is_free};
use super::forms::assignments;
use super::forms::matched::Match;
use super::forms::patterns::LazyPattern;
use super::forms::shapes::{self, RunCache, ShapeMatch};
use super::forms::whole;
use super::judge::entropy::shannon;
use super::judge::{generic, manifests, placeholders, values};
use super::layers::base64;
use super::reach;
use super::trace::{self, Miss, Observer};
use crate::check::{self, Check, Outcome};
use crate::finding::{Candidate, CandidatePart, Dismissal};
use crate::rules::{
    Boundary, Companion, Confidence, Context, Matcher, OnInvalid, Rule, RuleIndex, Sequence, Step,
    Within,
};

/// What is needed to judge the hits of one rule.
pub(super) struct Prepared {
    pub(super) check: Option<Check>,
    pub(super) companion_checks: Vec<Option<Check>>,
    pub(super) pattern: Option<LazyPattern>,
}

/// The content being judged and what is remembered of it.
pub(super) struct Subject<'a, O> {
    pub(super) bytes: &'a [u8],
    pub(super) runs: &'a mut RunCache,
    /// Is told every decision.
    pub(super) observer: &'a mut O,
}

/// Appends the candidates to which `hit` leads as `target`.
pub(super) fn verify<O: Observer>(
    rule: &Rule,
    prepared: &Prepared,
    target: Target,
    hit: Hit,
    literal_len: usize,
    subject: &mut Subject<'_, O>,
    out: &mut Vec<Candidate>,
) {
    let word = hit.at..hit.at + literal_len;
    subject.observer.attempt(target, &word);
    match target.role {
        Role::Shape { sequence, step } => {
            let Matcher::Shape(sequences) = &rule.matcher else {
                return;
            };
            let sequence = &sequences[usize::from(sequence)];
            let found = shapes::around(
                sequence,
                usize::from(step),
                hit.at,
                rule.boundary,
                subject.bytes,
                subject.runs,
            );
            let Some(found) = found else {
                let (step, bytes) = (usize::from(step), subject.bytes);
                return missed(subject, || {
                    trace::miss(sequence, step, hit.at, rule.boundary, bytes)
                });
            };
            let Some(word) = word_for(rule, &found.secret, subject) else {
                return;
            };
            weigh(
                rule,
                prepared,
                target,
                Match::of_shape(found, sequence, word),
                subject,
                out,
            );
        }
        Role::Anchor => {
            let pattern = prepared.pattern.as_ref();
            let Some((whole, secret)) = pattern.and_then(|p| p.matches(rule, subject.bytes, &word))
            else {
                return missed(subject, || Miss::Pattern);
            };
            let Some(word) = word_for(rule, &secret, subject) else {
                return;
            };
            let found = Match {
                run: secret.clone(),
                whole,
                secret,
                public_prefix: 0,
                word,
            };
            weigh(rule, prepared, target, found, subject, out);
        }
        Role::Word => near_word(rule, prepared, target, word, subject, out),
        Role::Kind => {
            let from = out.len();
            manifests::judge(rule, target.rule, subject.bytes, &word, out);
            note_candidates(&out[from..], subject);
        }
        Role::CodedShape { .. } | Role::CodedAnchor { .. } => {
            inside_base64(rule, prepared, target, hit, subject, out);
        }
        Role::Name => {
            let bytes = subject.bytes;
            let Some(found) = generic::judge(bytes, word.clone()) else {
                return missed(subject, || trace::no_assignment(bytes, &word));
            };
            push_generic(rule, target, found, subject, out);
        }
    }
}

/// Appends the candidate that the content as a whole is, white space around it aside.
pub(super) fn verify_whole<O: Observer>(
    rule: &Rule,
    prepared: &Prepared,
    index: RuleIndex,
    subject: &mut Subject<'_, O>,
    out: &mut Vec<Candidate>,
) {
    let Matcher::Shape(sequences) = &rule.matcher else {
        return;
    };
    let matching = whole::matching(sequences, subject.bytes, subject.runs);
    let Some((found, sequence)) = matching else {
        return;
    };
    let target = Target {
        rule: index,
        role: Role::Name,
    };
    let start = found.whole.start;
    subject.observer.attempt(target, &(start..start));
    let found = Match::of_shape(found, sequence, None);
    weigh(rule, prepared, target, found, subject, out);
}

/// Tells the observer that nothing of the rule's form is here.
fn missed<O: Observer>(subject: &mut Subject<'_, O>, why: impl FnOnce() -> Miss) {
    subject.observer.step(|| trace::Step::Missed(why()));
}

/// The context word of a value that matched, where the rule wants one; `None` when it
/// is missing and the value is therefore given up.
fn word_for<O: Observer>(
    rule: &Rule,
    secret: &Range<usize>,
    subject: &mut Subject<'_, O>,
) -> Option<Option<Range<usize>>> {
    let Some(context) = &rule.context else {
        return Some(None);
    };
    let word = context_word(context, secret, subject.bytes);
    if word.is_none() {
        let value = secret.clone();
        subject.observer.step(|| trace::Step::Matched { value });
        subject.observer.step(|| trace::Step::NoWord);
    }
    word.map(Some)
}

/// The length of a step that is a literal.
fn literal_of(rule: &Rule, sequence: u8, step: u8) -> usize {
    let Matcher::Shape(sequences) = &rule.matcher else {
        return 0;
    };
    let steps = sequences.get(usize::from(sequence)).map(|s| &s.steps);
    match steps.and_then(|s| s.get(usize::from(step))) {
        Some(Step::Lit { bytes, .. }) => bytes.len(),
        _ => 0,
    }
}

/// Decodes the base64 around an image of a literal and judges what comes out as the
/// literal's own hit. Only one layer: what is decoded has no images looked for in it.
fn inside_base64<O: Observer>(
    rule: &Rule,
    prepared: &Prepared,
    target: Target,
    hit: Hit,
    subject: &mut Subject<'_, O>,
    out: &mut Vec<Candidate>,
) {
    let (role, skip, literal_len) = match target.role {
        Role::CodedShape {
            skip,
            sequence,
            step,
        } => {
            let len = literal_of(rule, sequence, step);
            (Role::Shape { sequence, step }, skip, len)
        }
        Role::CodedAnchor { skip, len } => (Role::Anchor, skip, usize::from(len)),
        _ => return,
    };
    let after = reach::plain(rule);
    let before = match (&rule.matcher, role) {
        (Matcher::Shape(sequences), Role::Shape { sequence, step }) => {
            let steps = &sequences[usize::from(sequence)].steps;
            let preceding = steps.iter().take(usize::from(step));
            preceding.map(|s| s.len_bounds().1).sum()
        }
        (Matcher::Pattern { before, .. }, _) => usize::from(*before),
        _ => 0,
    };
    let before = (before + base64::BESIDE).min(after);
    let skip = usize::from(skip);
    let Some(layer) = base64::decode(subject.bytes, hit.at, skip, before, after) else {
        return missed(subject, || Miss::Pattern);
    };
    let inner = Hit {
        at: layer.literal,
        literal: hit.literal,
    };
    if layer.bytes.len() < inner.at + literal_len {
        return;
    }
    let mut decoded = Subject {
        bytes: &layer.bytes,
        runs: &mut RunCache::default(),
        observer: &mut trace::Silent,
    };
    let target = Target { role, ..target };
    let mut found = Vec::new();
    verify(
        rule,
        prepared,
        target,
        inner,
        literal_len,
        &mut decoded,
        &mut found,
    );
    let from = out.len();
    out.extend(found.into_iter().map(|candidate| layer.lift(candidate)));
    note_candidates(&out[from..], subject);
}

/// Tells the observer of candidates that were made out of its sight.
fn note_candidates<O: Observer>(made: &[Candidate], subject: &mut Subject<'_, O>) {
    if made.is_empty() {
        return missed(subject, || Miss::Pattern);
    }
    for candidate in made {
        let value = candidate.secret.clone();
        subject.observer.step(|| trace::Step::Matched { value });
        note_dismissal(candidate.dismissed, subject.observer);
        subject.observer.step(|| trace::Step::Candidate);
    }
}

/// Looks for the value of a rule from one of its context words.
fn near_word<O: Observer>(
    rule: &Rule,
    prepared: &Prepared,
    target: Target,
    word: Range<usize>,
    subject: &mut Subject<'_, O>,
    out: &mut Vec<Candidate>,
) {
    let Some(context) = &rule.context else { return };
    let Matcher::Shape(sequences) = &rule.matcher else {
        return;
    };
    if context.within == Within::Assignment {
        let Some(value) = assignments::value_after(subject.bytes, word.end) else {
            return missed(subject, || Miss::NoValue);
        };
        let span = after_scheme(subject.bytes, &value.span);
        for sequence in sequences.iter() {
            let Some(found) = assigned(sequence, rule.boundary, &span, value.quote, subject) else {
                continue;
            };
            let found = Match::of_shape(found, sequence, Some(word));
            weigh(rule, prepared, target, found, subject, out);
            return;
        }
        return missed(subject, || Miss::AssignedForm(value.span));
    }
    let window = context_window(context, &word, subject.bytes);
    let values = values_in(sequences, rule.boundary, &window, &word, subject);
    if values.is_empty() {
        missed(subject, || Miss::NoneNear);
    }
    for found in values {
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
fn assigned<O: Observer>(
    sequence: &Sequence,
    boundary: Boundary,
    span: &Range<usize>,
    quote: u8,
    subject: &mut Subject<'_, O>,
) -> Option<ShapeMatch> {
    let mut starting =
        |bytes: &[u8]| shapes::starting(sequence, span.start, boundary, bytes, subject.runs);
    let cut = span.len() < assignments::VALUE_MAX;
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
fn values_in<O: Observer>(
    sequences: &[Sequence],
    boundary: Boundary,
    window: &Range<usize>,
    avoid: &Range<usize>,
    subject: &mut Subject<'_, O>,
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
            let Some(m) = shapes::starting(sequence, at, boundary, subject.bytes, subject.runs)
            else {
                continue;
            };
            if m.whole.end <= window.end
                && (m.whole.end <= avoid.start || m.whole.start >= avoid.end)
            {
                next = m.whole.end.max(next);
                found.push(Match::of_shape(m, sequence, None));
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
        Within::Assignment => assignments::name_before(bytes, secret.start)?,
        Within::Line | Within::Bytes(_) => context_window(context, secret, bytes),
    };
    let text = bytes[window.clone()].to_ascii_lowercase();
    context.words.iter().find_map(|w| {
        let at = memchr::memmem::find(&text, w.as_bytes())?;
        Some(window.start + at..window.start + at + w.len())
    })
}

/// Applies entropy, the offline check, placeholders and companions.
fn weigh<O: Observer>(
    rule: &Rule,
    prepared: &Prepared,
    target: Target,
    found: Match,
    subject: &mut Subject<'_, O>,
    out: &mut Vec<Candidate>,
) {
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
        subject.observer.step(|| trace::Step::Checked {
            outcome: outcome.clone(),
            drops: rule.on_invalid == OnInvalid::Drop,
        });
    }
    let mut belief = values::judge(rule, &found, subject.bytes, outcome);
    if belief.stock {
        subject.observer.step(|| trace::Step::StockWord);
    }
    let mut whole = found.whole.clone();
    if let Some(word) = &found.word {
        whole = whole.start.min(word.start)..whole.end.max(word.end);
    }
    note_dismissal(belief.dismissed, subject.observer);
    let Some(parts) = companions_near(rule, prepared, &found, subject) else {
        return;
    };
    for part in &parts {
        let evidence = &mut belief.evidence;
        evidence.push(format!("its {} stands nearby", part.name).into());
        belief.confidence = Confidence::High;
    }
    subject.observer.step(|| trace::Step::Candidate);
    out.push(Candidate {
        rule: target.rule,
        whole,
        secret: found.secret,
        decoded: belief.decoded,
        public_prefix: found.public_prefix.min(255) as u8,
        parts,
        evidence: belief.evidence,
        confidence: belief.confidence,
        severity: belief.severity,
        dismissed: belief.dismissed,
        traits: None,
    });
}

/// Whether a value has the entropy that its rule asks for.
fn is_random_enough<O: Observer>(rule: &Rule, secret: &[u8], observer: &mut O) -> bool {
    if rule.min_entropy <= 0.0 {
        return true;
    }
    let (bits, least) = (shannon(secret), rule.min_entropy);
    observer.step(|| trace::Step::Entropy { bits, least });
    bits >= least
}

/// The further parts of a credential; `None` when a required one is missing.
fn companions_near<O: Observer>(
    rule: &Rule,
    prepared: &Prepared,
    found: &Match,
    subject: &mut Subject<'_, O>,
) -> Option<Vec<CandidatePart>> {
    let mut parts = Vec::new();
    for (companion, check) in rule.companions.iter().zip(&prepared.companion_checks) {
        let near = companion_near(companion, *check, found, subject);
        subject.observer.step(|| trace::Step::Companion {
            name: companion.name.clone(),
            at: near.clone(),
            required: companion.required,
        });
        match near {
            Some(span) => parts.push(CandidatePart {
                name: companion.name.clone(),
                span,
            }),
            None if companion.required => return None,
            None => {}
        }
    }
    Some(parts)
}

fn note_match<O: Observer>(found: &Match, observer: &mut O) {
    observer.step(|| trace::Step::Matched {
        value: found.secret.clone(),
    });
    if let Some(word) = &found.word {
        observer.step(|| trace::Step::Word(word.clone()));
    }
}

fn note_dismissal<O: Observer>(dismissed: Option<Dismissal>, observer: &mut O) {
    // What the check said is a step of its own.
    match dismissed {
        None | Some(Dismissal::FailedCheck(_)) => {}
        Some(why) => observer.step(|| trace::Step::Dismissed(why)),
    }
}

/// The nearest value that can be the companion: after the main value before it.
fn companion_near<O: Observer>(
    companion: &Companion,
    check: Option<Check>,
    found: &Match,
    subject: &mut Subject<'_, O>,
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
                && placeholders::in_token(text, text).is_none()
        })
        .min_by_key(|span| match span.start.checked_sub(found.whole.end) {
            Some(after) => (0, after),
            None => (1, found.whole.start.saturating_sub(span.end)),
        })
}

fn push_generic<O: Observer>(
    rule: &Rule,
    target: Target,
    found: generic::Generic,
    subject: &mut Subject<'_, O>,
    out: &mut Vec<Candidate>,
) {
    let bytes = subject.bytes;
    let name = String::from_utf8_lossy(&bytes[found.name.clone()]);
    let evidence = ["assigned to `", &name, "`"].concat();
    let candidate = Candidate {
        rule: target.rule,
        whole: found.name.start.min(found.value.start)..found.value.end.max(found.name.end),
        secret: found.value,
        decoded: None,
        public_prefix: 0,
        parts: Vec::new(),
        evidence: vec![evidence.into()],
        confidence: found.confidence,
        severity: rule.severity,
        dismissed: found.dismissed,
        traits: Some(found.traits),
    };
    let value = candidate.secret.clone();
    subject.observer.step(|| trace::Step::Matched { value });
    for text in subject.observer.weighed(&candidate) {
        subject.observer.step(|| trace::Step::Weighed(text));
    }
    note_dismissal(candidate.dismissed, subject.observer);
    subject.observer.step(|| trace::Step::Candidate);
    out.push(candidate);
}
