//! The verdict on one candidate: its identities, and what the policy says about it.

use std::collections::HashMap;
use std::ops::Range;

use super::Engine;
use crate::blob::BlobPath;
use crate::detect::{Content, Scratch};
use crate::finding::{Candidate, Fingerprint, SecretId};
use crate::rules::{Labels, Severity};
use crate::secret::{Secret, joined};
use crate::source::Piece;
use crate::suppress::inline::Markers;
use crate::suppress::{self, Judgement, Subject};
use crate::text::LineIndex;

/// Shorter names cannot contain a token that a rule could be sure of.
pub(crate) const SHORTEST_NAME: usize = 16;

/// Returns how content is read.
pub(crate) fn content_of(binary: bool) -> Content {
    if binary {
        Content::Binary
    } else {
        Content::Text
    }
}

/// Returns the path as a baseline file may contain it: if there is a baseline, with
/// secrets masked.
pub(super) fn told(engine: &Engine, path: &BlobPath) -> BlobPath {
    let policy = &engine.policy;
    let asked = policy
        .asked
        .as_ref()
        .and_then(|asked| asked.baseline.as_ref());
    if policy.baseline.as_ref().or(asked).is_none() || path.as_bytes().len() < SHORTEST_NAME {
        return path.clone();
    }
    let mut scratch = Scratch::default();
    let found = engine.detector.in_name(path.as_bytes(), &mut scratch);
    masked(path, &found)
}

/// Returns the path with every secret in it replaced by its redacted form. Ignores
/// candidates beyond the end of the path.
pub(super) fn masked(path: &BlobPath, found: &[Candidate]) -> BlobPath {
    let bytes = path.as_bytes();
    let inside = |c: &&Candidate| c.dismissed.is_none() && c.secret.end <= bytes.len();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    for candidate in found.iter().filter(inside) {
        let Range { start, end } = candidate.secret;
        if start < at {
            at = at.max(end);
            continue;
        }
        out.extend_from_slice(&bytes[at..start]);
        let prefix = usize::from(candidate.public_prefix);
        let secret = Secret::with_public_prefix(&bytes[start..end], prefix);
        out.extend_from_slice(secret.redacted().as_bytes());
        at = end;
    }
    out.extend_from_slice(&bytes[at..]);
    BlobPath::new(out)
}

/// Judges a candidate as if it were the only one of its kind in the file and had no known
/// commit.
pub(crate) fn judge_alone(
    engine: &Engine,
    path: &BlobPath,
    bytes: &[u8],
    candidate: &Candidate,
) -> Judgement {
    let piece = Piece::whole(path, bytes, false);
    let (mut seen, mut lines) = (Occurrences::default(), LineIndex::default());
    let markers = Markers::default();
    judged(engine, &piece, candidate, &mut seen, (&mut lines, &markers)).0
}

/// Judges a candidate of a piece, of which `seen` counted the ones before. Also returns the
/// severity that the policy gives it at its path, or else that of its rule. What the detector
/// makes of the path does not count.
pub(super) fn judged(
    engine: &Engine,
    piece: &Piece<'_>,
    candidate: &Candidate,
    seen: &mut Occurrences,
    (lines, markers): (&mut LineIndex, &Markers),
) -> (Judgement, Severity) {
    let located = engine.located(piece.path);
    let secret = secret_of(piece.bytes, candidate);
    let (secret_id, fingerprint) = identify(engine, candidate, &located, &secret, seen);
    let subject = Subject {
        candidate,
        rule: engine.detector.rules().get(candidate.rule),
        path: &located,
        told: &told(engine, &located),
        shown: piece.path,
        bytes: piece.bytes,
        markers,
        secret: secret.expose(),
        secret_id,
        fingerprint,
        line: line_of(engine, piece.bytes, candidate, lines),
        commit: piece.commit,
        labels: match engine.policy.limits.reads_labels() {
            true => labels_of(engine, candidate, secret.expose(), piece.bytes),
            false => Labels::NONE,
        },
    };
    let said = engine.policy.paths.severity(&subject);
    let severity = said.unwrap_or(subject.rule.severity);
    (suppress::judge(&engine.policy, &subject), severity)
}

/// Returns the labels of a candidate of `bytes`.
pub(super) fn labels_of(
    engine: &Engine,
    candidate: &Candidate,
    secret: &[u8],
    bytes: &[u8],
) -> Labels {
    let (labels, expiry) = engine.detector.labels(candidate, secret, bytes);
    engine.policy.limits.with_expiry(labels, expiry)
}

/// Returns the line of a candidate if a suppression needs it. Only gitleaks' files
/// contain line numbers, and counting them is a pass over `bytes`.
fn line_of(engine: &Engine, bytes: &[u8], candidate: &Candidate, lines: &mut LineIndex) -> u64 {
    let policy = &engine.policy;
    let asked = policy
        .asked
        .as_ref()
        .and_then(|asked| asked.gitleaks.as_ref());
    match policy.gitleaks.as_ref().or(asked) {
        Some(_) => lines.position(bytes, candidate.secret.start).line,
        None => 0,
    }
}

/// Returns the secret of a candidate in `bytes`.
pub(super) fn secret_of(bytes: &[u8], candidate: &Candidate) -> Secret {
    candidate.decoded.clone().unwrap_or_else(|| {
        let prefix = usize::from(candidate.public_prefix);
        Secret::with_public_prefix(&bytes[candidate.secret.clone()], prefix)
    })
}

/// Returns the bytes of the secret of a candidate in `bytes`.
pub(super) fn exposed<'a>(bytes: &'a [u8], candidate: &'a Candidate) -> &'a [u8] {
    match &candidate.decoded {
        Some(secret) => secret.expose(),
        None => &bytes[candidate.secret.clone()],
    }
}

/// How often a blob has each rule's secret so far.
#[derive(Default)]
pub(super) struct Occurrences(HashMap<(u16, Counted), u64>);

/// A secret that is counted.
#[derive(PartialEq, Eq, Hash)]
enum Counted {
    Short(Box<[u8]>),
    /// Long ones may begin inside each other, so that all of them together take many times
    /// what their blob does.
    Long(SecretId),
}

impl Occurrences {
    /// The longest secret that is kept as it is.
    const SHORT: usize = 128;

    /// Counts a secret and returns how often it occurred before. Dismissed candidates do not
    /// count.
    pub(super) fn count(&mut self, engine: &Engine, candidate: &Candidate, secret: &[u8]) -> u64 {
        let value = joined(secret);
        self.count_joined(candidate, &value, || engine.key.id_of_joined(&value))
    }

    /// Like [`count`](Self::count), for a value that is [`joined`] already.
    fn count_joined(
        &mut self,
        candidate: &Candidate,
        value: &[u8],
        id: impl FnOnce() -> SecretId,
    ) -> u64 {
        if candidate.dismissed.is_some() {
            return 0;
        }
        let counted = match value.len() <= Self::SHORT {
            true => Counted::Short(value.into()),
            false => Counted::Long(id()),
        };
        let count = self.0.entry((candidate.rule.0, counted)).or_default();
        let nth = *count;
        *count += 1;
        nth
    }
}

/// Returns the identities of a secret and of this occurrence of it.
pub(super) fn identify(
    engine: &Engine,
    candidate: &Candidate,
    path: &BlobPath,
    secret: &Secret,
    seen: &mut Occurrences,
) -> (SecretId, Fingerprint) {
    // A value may be kilobytes long.
    let value = joined(secret.expose());
    let id = engine.key.id_of_joined(&value);
    let nth = seen.count_joined(candidate, &value, || id);
    let rule = &engine.detector.rules().get(candidate.rule).id;
    let fingerprint = engine.key.fingerprint_of_joined(rule, path, &value, nth);
    (id, fingerprint)
}
