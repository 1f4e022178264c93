//! Decides which candidates of a changed blob are new.
//!
//! A secret that is reported is new unless an earlier version has the same secret and it is
//! reported there, under its path of then. It does not matter which lines were added: a line
//! that goes, a new name of the file or another kind of content can make a secret of old
//! bytes. Added lines decide only about what is not reported, so that a change counts what it
//! accepts and not what was accepted before.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::Engine;
use super::verdict::{Occurrences, content_of, exposed, judged};
use crate::blob::{Blob, Fresh};
use crate::detect::Scratch;
use crate::finding::{Candidate, SuppressedBy, Verdict};
use crate::rules::Severity;
use crate::secret::joined;
use crate::source::fresh::Added;
use crate::source::{Before, Piece, Version};
use crate::suppress::inline::Markers;
use crate::text::LineIndex;

/// The number of secrets to search for in a version before it is judged. A search is cheaper
/// than judging the version, but not for every candidate of content that consists of them.
const SEARCHES: usize = 64;

/// A version that may have a secret in up to so many pieces is judged.
const PIECES: usize = 8;
/// The length of a part of a secret that is searched for, in bytes.
const LEAST: usize = 3;

/// The number of versions whose lines are compared. A merge can have thousands of parents.
const COMPARED: usize = 16;

/// A secret as two versions can have it: its rule, its value, and the value of a part, or
/// nothing for the secret itself.
type Key = (u16, Box<[u8]>, Box<[u8]>);

/// How strongly a finding is reported: whether it fails the run, and its severity as far as the
/// policy decides it.
type Weight = (bool, Severity);

/// What a version says about a candidate.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    /// It is reported, perhaps in spite of a marker.
    As(Weight, bool),
    /// An entry of a file accepts it, by its value and perhaps its line.
    Accepted,
    /// A marker accepts it.
    Marked,
    /// It is not reported.
    No,
}

/// Judges the candidates of one version in order.
struct Teller<'e> {
    engine: &'e Engine,
    seen: Occurrences,
    lines: LineIndex,
    markers: Markers,
}

impl<'e> Teller<'e> {
    fn new(engine: &'e Engine) -> Self {
        Self {
            engine,
            seen: Occurrences::default(),
            lines: LineIndex::default(),
            markers: Markers::default(),
        }
    }

    /// Counts a candidate that need not be judged.
    fn pass(&mut self, bytes: &[u8], candidate: &Candidate) {
        self.seen
            .count(self.engine, candidate, exposed(bytes, candidate));
    }

    fn tell(&mut self, piece: &Piece<'_>, candidate: &Candidate) -> Told {
        let bytes = piece.bytes;
        if candidate.dismissed.is_some() || candidate.confidence < self.engine.policy.min_confidence
        {
            self.pass(bytes, candidate);
            return Told::No;
        }
        let (seen, places) = (&mut self.seen, (&mut self.lines, &self.markers));
        let (judgement, severity) = judged(self.engine, piece, candidate, seen, places);
        match judgement.verdict {
            Verdict::Report => {
                let asked = judgement.asked.map(|(by, _)| by);
                Told::As((true, severity), asked == Some(SuppressedBy::Inline))
            }
            Verdict::Warn { .. } => Told::As((false, severity), false),
            Verdict::Suppressed {
                by: SuppressedBy::Inline,
                ..
            } => Told::Marked,
            Verdict::Suppressed {
                by: SuppressedBy::Baseline | SuppressedBy::IgnoreFile,
                ..
            } => Told::Accepted,
            Verdict::Suppressed { .. } => Told::No,
        }
    }
}

/// What the earlier versions report of the secrets that the new one reports.
#[derive(Default)]
struct Known {
    told: HashMap<Key, Weight>,
    /// What entries accept at the same path.
    accepted: HashSet<Key>,
    /// What markers accept, at any path.
    marked: HashSet<Key>,
}

/// Returns, for each of the candidates of `piece`, whether it is new.
pub(super) fn news(
    engine: &Engine,
    scratch: &mut Scratch,
    piece: &Piece<'_>,
    candidates: &[Candidate],
    before: &dyn Before,
) -> Vec<bool> {
    let mut teller = Teller::new(engine);
    let told: Vec<Told> = candidates
        .iter()
        .map(|candidate| teller.tell(piece, candidate))
        .collect();
    let both = candidates.iter().zip(&told);
    let reported: Vec<&Candidate> = both
        .filter_map(|(candidate, told)| matches!(told, Told::As(..)).then_some(candidate))
        .collect();
    let wanted: HashSet<Key> = reported
        .iter()
        .flat_map(|candidate| keys(piece.bytes, candidate))
        .collect();
    let mut added = Added::new(piece.bytes);
    let mut known = Known::default();
    let mut versions = 0;
    before.each(&mut |version| {
        versions += 1;
        if versions <= COMPARED {
            added.compare(version.bytes);
        }
        if may_have(&version, piece.bytes, &reported) {
            known.add(
                engine,
                scratch,
                &version,
                &wanted,
                version.path == piece.path,
            );
            if !known.marked.is_empty() {
                added.search(version.bytes);
            }
        }
    });
    // That an old version has too many candidates only makes more count as new.
    scratch.take_cut();
    let ranges = added.ranges();
    let fresh = Fresh::Ranges(&ranges);
    let is_added = |candidate: &Candidate| {
        let extent = candidate.extent();
        // What is found in the path alone takes no bytes.
        fresh.touches(&extent) || (extent.is_empty() && !ranges.is_empty())
    };
    let absent = added.absent();
    // A marker comes along with its lines, wherever in the file they moved to.
    let is_absent = |candidate: &Candidate| Fresh::Ranges(&absent).touches(&candidate.extent());
    let is_new = |(candidate, told): (&Candidate, Told)| match told {
        Told::As(weight, marked) => {
            let keys = keys(piece.bytes, candidate);
            let by_entry = || !is_added(candidate) && known.accepts(&keys);
            let by_marker = || marked && !is_absent(candidate) && known.marks(&keys);
            let accepted = by_entry() || by_marker();
            !known.reports(&keys, weight) && !accepted
        }
        Told::Accepted | Told::Marked | Told::No => is_added(candidate),
    };
    candidates.iter().zip(told).map(is_new).collect()
}

impl Known {
    /// Adds what `version` says about the secrets in `wanted`. Entries that accept values
    /// count if the version is `at_the_path` of the new one.
    fn add(
        &mut self,
        engine: &Engine,
        scratch: &mut Scratch,
        version: &Version<'_>,
        wanted: &HashSet<Key>,
        at_the_path: bool,
    ) {
        let blob = Blob {
            path: version.path,
            bytes: version.bytes,
            fresh: Fresh::All,
        };
        let found = engine
            .detector
            .detect(&blob, content_of(version.binary), scratch);
        let piece = Piece::whole(version.path, version.bytes, version.binary);
        let mut teller = Teller::new(engine);
        for candidate in &found {
            let keys = keys(version.bytes, candidate);
            if !keys.iter().any(|key| wanted.contains(key)) {
                teller.pass(version.bytes, candidate);
                continue;
            }
            match teller.tell(&piece, candidate) {
                Told::As(weight, _) => {
                    for key in keys {
                        let most = self.told.entry(key).or_insert(weight);
                        *most = weight.max(*most);
                    }
                }
                Told::Accepted if at_the_path => self.accepted.extend(keys),
                Told::Marked => self.marked.extend(keys),
                Told::Accepted | Told::No => {}
            }
        }
    }

    /// Whether a secret with these keys was reported, at least as strongly.
    fn reports(&self, keys: &[Key], weight: Weight) -> bool {
        let known = |key| self.told.get(key).is_some_and(|most| *most >= weight);
        keys.iter().all(known)
    }

    /// Whether an entry for a line accepted a secret with these keys: the line moved.
    fn accepts(&self, keys: &[Key]) -> bool {
        keys.iter().all(|key| self.accepted.contains(key))
    }

    /// Whether a marker accepted a secret with these keys: it came along to another path, where
    /// a trusted revision does not have it.
    fn marks(&self, keys: &[Key]) -> bool {
        keys.iter().all(|key| self.marked.contains(key))
    }
}

/// Whether it is worth to judge `version`: it may have one of the secrets of `bytes`.
fn may_have(version: &Version<'_>, bytes: &[u8], reported: &[&Candidate]) -> bool {
    let is_there = |part: &[u8]| memchr::memmem::find(version.bytes, part).is_some();
    let has = |candidate: &&Candidate| {
        let secret = &bytes[candidate.secret.clone()];
        // Line ends and indentation may differ, and so may the joints of its pieces. Of as many
        // parts as pieces, one is whole in one of them.
        let meant = joined(secret);
        let length = meant.len().div_ceil(PIECES).max(LEAST);
        secret.contains(&b'\n') || is_there(secret) || meant.chunks_exact(length).any(is_there)
    };
    reported.len() > SEARCHES || reported.iter().any(has)
}

/// Returns the keys of a candidate of `bytes`.
fn keys(bytes: &[u8], candidate: &Candidate) -> Vec<Key> {
    let of = |span: &std::ops::Range<usize>| value(&bytes[span.clone()]).into_owned();
    let rule = candidate.rule.0;
    let secret = of(&candidate.secret).into_boxed_slice();
    let parts = candidate
        .parts
        .iter()
        .map(|part| of(&part.span).into_boxed_slice());
    let parts = parts.filter(|part| !part.is_empty());
    let mut keys: Vec<Key> = parts.map(|part| (rule, secret.clone(), part)).collect();
    keys.push((rule, secret, Box::default()));
    keys
}

/// Returns a value as it is compared: without the joints of its pieces, and without line ends
/// and indentation, which an editor or a checkout may change.
fn value(bytes: &[u8]) -> Cow<'_, [u8]> {
    let bytes = joined(bytes);
    if !bytes.contains(&b'\n') {
        return bytes;
    }
    let mut out = Vec::with_capacity(bytes.len());
    for line in bytes.split(|b| *b == b'\n') {
        out.extend_from_slice(line.trim_ascii());
        out.push(b'\n');
    }
    Cow::Owned(out)
}
