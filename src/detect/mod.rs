//! Detection: content in, candidates out.
//!
//! ```text
//! content -> find: hits
//! hit -> verify: forms (or layers, then forms) -> judge -> candidates
//! candidates of a blob -> judge::overlaps: paths, duplicates, overlaps
//! ```
//!
//! The rooms have an order, and each uses only those before it: `find` says which rule has
//! to look where, `forms` what a credential looks like, `layers` what stands behind an
//! encoding, `judge` whether a value is believed. `verify` drives them and `trace`
//! writes down what they did. It knows no allowlists, reports or threads.
//!
//! The verdict of a hit depends only on the bytes within [`Detector::reach`] of it. That
//! makes chunked reading of huge files, fresh ranges and the inheritance of verdicts along
//! git deltas exact.

mod content;
mod find;
mod forms;
mod judge;
mod layers;
mod prepare;
mod reach;
mod repeats;
mod through;
pub(crate) mod trace;
mod verify;

use std::ops::Range;
use std::sync::OnceLock;

pub use content::Content;
pub(crate) use find::BESIDE;
pub(crate) use forms::patterns::weight as pattern_weight;

// For tests and fuzzing.
#[doc(hidden)]
pub use find::Hit;
#[doc(hidden)]
pub use forms::ends::{REACH as VALUE_REACH, value_ends};
#[doc(hidden)]
pub use forms::patterns::compile as compile_pattern;
#[doc(hidden)]
pub use judge::generic::{generic_features, generic_reasons};

use crate::blob::{Blob, BlobPath, Fresh};
use crate::finding::{Candidate, Dismissal};
use crate::rules::{Labels, RuleIndex, Ruleset};
use find::period;
use find::runs::Wanted;
use find::{Bare, Finder, Role, Target};
use forms::foreign::Foreign;
use forms::whole;
use judge::paths::PathGlobs;
use judge::{labels, lengths, overlaps};
use layers::joints::Stops;
use layers::written::Signs;
use reach::Reaches;
use repeats::{Earlier, Repeats};
use trace::{Observer, Recorder, Silent, Trace};
use verify::{Case, Memo, Prepared, Subject};

/// A set of rules that is ready to run. Immutable, and shared by all threads.
pub struct Detector {
    rules: Ruleset,
    finder: Finder,
    /// What rules need, once a hit asked for it.
    prepared: Vec<OnceLock<Prepared>>,
    globs: PathGlobs,
    reach: Reaches,
    /// Rules whose value is a whole small file.
    whole: Vec<RuleIndex>,
    /// Rules whose value may stand alone, and what it begins with.
    alone: Vec<RuleIndex>,
    bare: Bare,
    foreign: Option<Foreign>,
    /// How many encodings are seen through that lie inside each other.
    depth: u8,
    /// Whether published samples count as secrets.
    samples: bool,
}

/// What paths have in common for which the detector decides the same, see
/// [`Detector::class`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PathClass(overlaps::PathClass, Option<BlobPath>);

/// What a thread reuses from blob to blob.
#[derive(Default)]
pub struct Scratch {
    hits: Vec<Hit>,
    memo: Memo,
    /// The numbers of the candidates of hits.
    repeats: Repeats<Range<usize>>,
    /// Where no signs stand that encode something.
    signs: Signs,
    /// Where no value ends.
    stops: Stops,
    /// Whether a blob had more candidates than the detector keeps.
    cut: bool,
    /// How far what is encoded at the last hit goes on, and whether more of it is encoded than
    /// was decoded.
    looked: usize,
    beyond: bool,
    /// How many encodings lie around the content, and how many bytes may still be decoded.
    depth: u8,
    budget: usize,
    /// What of the content is decoded, if an encoding lies around it.
    focus: Vec<Range<usize>>,
    /// Whether the content is what a program puts together.
    joined: bool,
    /// For what is encoded in the content.
    inner: Option<Box<Scratch>>,
    /// How many views were looked at.
    #[cfg(test)]
    views: usize,
}

impl Scratch {
    /// Whether, since the last call, the detector left content before its end because it has
    /// more candidates than [`Detector::detect`] keeps.
    pub(crate) fn take_cut(&mut self) -> bool {
        std::mem::take(&mut self.cut)
    }

    /// How far, in bytes to either side, the last call of [`Detector::heads`] looked because
    /// something is encoded there; 0 if nothing is. And whether more is encoded than was decoded.
    // For tests and fuzzing.
    #[doc(hidden)]
    pub fn take_looked(&mut self) -> (usize, bool) {
        (
            std::mem::take(&mut self.looked),
            std::mem::take(&mut self.beyond),
        )
    }
}

/// How many encodings are seen through that lie inside each other, unless somebody says otherwise.
pub const DECODE_DEPTH: u8 = 5;

/// The most that anybody may ask for: each takes some stack.
pub(crate) const DEEPEST_DECODE: u8 = 16;

/// The most candidates of one blob, or piece of one, that are kept: 200 MB of them.
const MAX_CANDIDATES: usize = 1 << 20;

impl Detector {
    /// Whether some rules look at content as a whole, so that no verdict can be inherited
    /// from an earlier version of it.
    pub(crate) fn is_whole(&self) -> bool {
        self.foreign.is_some()
    }

    /// Appends the candidates, at any path, of rules that look at content as a whole.
    /// [`resolve`](Self::resolve) decides for one path.
    pub(crate) fn whole(&self, bytes: &[u8], content: Content, out: &mut Vec<Candidate>) {
        if let Some(foreign) = &self.foreign {
            foreign.detect(None, bytes, content, &Fresh::All, &self.rules, out);
        }
    }

    /// The rules, for reports.
    pub fn rules(&self) -> &Ruleset {
        &self.rules
    }

    /// How far from a hit its verdict may look, in bytes to either side.
    // For tests and fuzzing.
    #[doc(hidden)]
    pub fn reach(&self, hit: Hit) -> usize {
        self.reach_of(hit.literal).unwrap_or(0)
    }

    /// Sees through at most `depth` encodings that lie inside each other; 0 for none.
    #[must_use]
    pub fn with_decode_depth(self, depth: u8) -> Self {
        Self { depth, ..self }
    }

    /// Takes published samples for secrets, if `samples` is set.
    #[must_use]
    pub(crate) fn with_samples(self, samples: bool) -> Self {
        Self { samples, ..self }
    }

    /// Believes published samples, if they count.
    pub(crate) fn believe_samples(&self, candidates: &mut [Candidate]) {
        let is_sample = |c: &&mut Candidate| c.dismissed.is_some_and(Dismissal::is_sample);
        if self.samples {
            let samples = candidates.iter_mut().filter(is_sample);
            samples.for_each(|candidate| candidate.dismissed = None);
        }
    }

    /// Returns the labels of a candidate of `bytes`, but for the one that needs a clock, and when
    /// its value says that it expires, in seconds since 1970.
    pub(crate) fn labels(
        &self,
        candidate: &Candidate,
        secret: &[u8],
        bytes: &[u8],
    ) -> (Labels, Option<i64>) {
        let rule = self.rules.get(candidate.rule);
        let labels = labels::labels(rule, candidate, (secret, self.samples), bytes);
        (labels, labels::expiry(candidate, secret, bytes))
    }

    /// The number of literals that lead to rules; hits refer to them by number. The last ones
    /// stand for small content as a whole, for a run in which something may be encoded, and for a
    /// value that may stand alone.
    pub(crate) fn literals(&self) -> u32 {
        self.reach.len() as u32
    }

    /// The literals that lead to rules; those that ignore ASCII case in lower case.
    // For tests and benchmarks.
    #[doc(hidden)]
    pub fn leads(&self) -> impl Iterator<Item = &[u8]> {
        self.finder.literals()
    }

    /// How far from the start of a hit of `literal` its verdict may look, in bytes to either
    /// side: its reach and the literal itself. 0 for an unknown literal.
    pub(crate) fn span_of(&self, literal: u32) -> usize {
        self.reach_of(literal).unwrap_or(0) + self.finder.literal_len(literal)
    }

    /// The farthest [`reach`](Self::reach) of all.
    // For tests and fuzzing.
    #[doc(hidden)]
    pub fn max_reach(&self) -> usize {
        let reaches = (0..self.literals()).filter_map(|literal| self.reach_of(literal));
        reaches.max().unwrap_or(0)
    }

    /// The length of the longest literal that leads to a rule: how far apart two bytes of
    /// one hit can be.
    // For tests and fuzzing.
    #[doc(hidden)]
    pub fn longest_literal(&self) -> usize {
        self.finder.longest_literal()
    }

    /// Appends the hits that start in `range`, sorted by place. Whether there is a hit
    /// depends on the literal and [`BESIDE`] bytes on either side of it.
    // For tests and fuzzing.
    #[doc(hidden)]
    pub fn hits(&self, bytes: &[u8], range: Range<usize>, out: &mut Vec<Hit>) {
        let Some(period) = self.period_around(bytes, &range) else {
            self.hits_of_each(bytes, range, out);
            return;
        };
        let mut first = Vec::new();
        self.hits_of_each(bytes, range.start..range.start + period, &mut first);
        for from in (0..range.len()).step_by(period) {
            let hits = first.iter().map(|hit| Hit {
                at: hit.at + from,
                ..*hit
            });
            out.extend(hits.filter(|hit| hit.at < range.end));
        }
    }

    /// The number of bytes after which everything repeats itself that decides about the hits in
    /// `range`.
    fn period_around(&self, bytes: &[u8], range: &Range<usize>) -> Option<usize> {
        let start = range.start.checked_sub(BESIDE)?;
        let end = range.end.checked_add(BESIDE)?;
        // Most content shows it in a few bytes.
        let period = period::of_head(bytes.get(start..)?.first_chunk()?)?;
        let end = end.checked_add(self.longest_literal())?;
        let repeats = period::is_period(bytes.get(start..end)?, period);
        (repeats && period < range.len()).then_some(period)
    }

    /// The hits that start in `range`, sorted by place.
    fn hits_of_each(&self, bytes: &[u8], range: Range<usize>, out: &mut Vec<Hit>) {
        let from = out.len();
        self.occurrences(bytes, range.clone(), out);
        let mut kept = from;
        for next in from..out.len() {
            let hit = out[next];
            if self.finder.passes(&self.rules, bytes, hit) {
                out[kept] = hit;
                kept += 1;
            }
        }
        out.truncate(kept);
        if self.depth > 0 && range.start == 0 {
            out.extend(self.finder.at_start(bytes));
        }
        let wanted = Wanted {
            coded: (self.depth > 0).then_some(self.run_literal()),
            bare: (!self.bare.is_empty()).then_some((&self.bare, self.bare_literal())),
        };
        find::runs::leads(bytes, range, wanted, out);
        out[from..].sort_unstable();
        let mut kept = from;
        for next in from..out.len() {
            if kept == from || out[kept - 1] != out[next] {
                out[kept] = out[next];
                kept += 1;
            }
        }
        out.truncate(kept);
    }

    /// Appends what may be hits that start in `range`, nearly in order: all occurrences of
    /// literals, and small content as a whole.
    fn occurrences(&self, bytes: &[u8], range: Range<usize>, out: &mut Vec<Hit>) {
        if range == (0..bytes.len()) && self.is_one_value(bytes) {
            out.push(Hit {
                at: 0,
                literal: self.whole_literal(),
            });
        }
        self.finder.occurrences(bytes, range, out);
    }

    /// The ranges of content of `len` bytes in which [`hits`](Self::hits) are looked for, one
    /// after the other. If every byte is a hit, all hits at once would take many times the
    /// memory of the content.
    pub(crate) fn blocks(len: usize) -> impl Iterator<Item = Range<usize>> {
        const BLOCK: usize = 8 << 10;
        let starts = (0..len.max(1)).step_by(BLOCK);
        starts.map(move |start| start..(start + BLOCK).min(len))
    }

    /// Appends the candidates to which `hit` leads. They are a function of `content` and of
    /// the bytes within `reach(hit)` of the hit, and of nothing else.
    // For tests and fuzzing.
    #[doc(hidden)]
    pub fn verify(
        &self,
        bytes: &[u8],
        hit: Hit,
        content: Content,
        scratch: &mut Scratch,
        out: &mut Vec<Candidate>,
    ) {
        let from = out.len();
        self.heads(bytes, hit, content, scratch, out);
        out[from..]
            .iter_mut()
            .for_each(|c| self.read_ends(bytes, c));
    }

    /// Like [`verify`](Self::verify), but leaves open where the secrets end:
    /// [`read_ends`](Self::read_ends) and [`resolve`](Self::resolve) find out.
    pub(crate) fn heads(
        &self,
        bytes: &[u8],
        hit: Hit,
        content: Content,
        scratch: &mut Scratch,
        out: &mut Vec<Candidate>,
    ) {
        let from = out.len();
        match self.coded(hit) {
            Some(lead) if self.looks_through(hit, content, scratch) => {
                self.decoded(bytes, (hit, lead), content, scratch, out);
            }
            Some(_) => return,
            None => {
                self.verify_with(bytes, hit, content, scratch, &mut Silent, out);
                self.seen_through(bytes, hit, content, scratch, (out, from));
            }
        }
        for candidate in &mut out[from..] {
            if let Some(layers) = &mut candidate.layers {
                layers.lead = hit.at;
            }
        }
    }

    /// Appends the candidates of a hit in what stands around it if that is decoded; those of the
    /// hit as it stands are in `out` from `from` on.
    fn seen_through(
        &self,
        bytes: &[u8],
        hit: Hit,
        content: Content,
        scratch: &mut Scratch,
        (out, from): (&mut Vec<Candidate>, usize),
    ) {
        if !self.looks_through(hit, content, scratch) {
            return;
        }
        if out[from..].iter().all(|c| c.dismissed.is_some()) {
            self.put_together(bytes, hit, content, scratch, out);
            self.written_otherwise(bytes, hit, content, scratch, out);
        } else {
            let known = from..out.len();
            self.longer(bytes, hit, content, scratch, (out, known));
        }
    }

    /// Like [`heads`](Self::heads), for all hits of one content in order: `out` has their
    /// candidates and no others. In content that repeats itself, it copies the candidates of
    /// an earlier hit. What several hits lead to, it tells once or more.
    fn heads_again(
        &self,
        bytes: &[u8],
        hit: Hit,
        content: Content,
        scratch: &mut Scratch,
        out: &mut Vec<Candidate>,
    ) {
        let from = out.len();
        let span = self.span_of(hit.literal);
        let told = hit.literal != self.whole_literal() && self.tells_how_far(hit);
        let earlier = match told {
            true => scratch.repeats.earlier(bytes, hit, span),
            false => None,
        };
        // What is found in a decoded text says where that stands, so it is judged again.
        let plain = |known: &Range<usize>| out[known.clone()].iter().all(|c| c.layers.is_none());
        match earlier.filter(|earlier| plain(&earlier.found)) {
            Some(Earlier { period, far, found }) => {
                for n in found {
                    let moved = out[n].moved(|at| at + period);
                    out.push(moved);
                }
                scratch.repeats.note(hit, far, from..out.len());
            }
            None => {
                scratch.memo.once = true;
                let looked = std::mem::take(&mut scratch.looked);
                self.heads(bytes, hit, content, scratch, out);
                scratch.memo.once = false;
                if told {
                    let far = span.max(scratch.looked);
                    scratch.repeats.note(hit, far, from..out.len());
                }
                scratch.looked = scratch.looked.max(looked);
            }
        }
    }

    /// Reads where the secret of a candidate ends in each kind of file, if that is open.
    pub(crate) fn read_ends(&self, bytes: &[u8], candidate: &mut Candidate) {
        lengths::read(bytes, candidate);
    }

    fn verify_with<O: Observer>(
        &self,
        bytes: &[u8],
        hit: Hit,
        content: Content,
        scratch: &mut Scratch,
        observer: &mut O,
        out: &mut Vec<Candidate>,
    ) {
        let mut subject = Subject {
            bytes,
            memo: &mut scratch.memo,
            observer,
        };
        if hit.literal == self.whole_literal() {
            for &index in self.whole.iter().filter(|_| hit.at == 0) {
                let case = self.case(Target {
                    rule: index,
                    role: Role::Name,
                });
                verify::verify_whole(case, &mut subject, out);
            }
            return;
        }
        if hit.literal == self.bare_literal() {
            for &rule in &self.alone {
                let role = Role::Name;
                let case = self.case(Target { rule, role });
                if content != Content::Binary || case.rule.binary {
                    verify::verify_alone(case, hit.at, &mut subject, out);
                }
            }
            return;
        }
        let word = self.word(hit);
        for &target in self.targets(hit) {
            let is_image = matches!(
                target.role,
                Role::CodedShape { .. } | Role::CodedAnchor { .. }
            );
            if is_image && scratch.depth >= self.depth {
                continue;
            }
            let case = self.case(target);
            if content == Content::Binary && !case.rule.binary {
                subject.observer.attempt(target, &word);
                subject.observer.step(|| trace::Step::TextOnly);
                continue;
            }
            verify::verify(case, word.clone(), &mut subject, out);
        }
    }

    /// The rule of `target` on trial.
    fn case(&self, target: Target) -> Case<'_> {
        Case {
            rule: self.rules.get(target.rule),
            prepared: self.prepared(target.rule),
            target,
        }
    }

    /// What the literal of a hit leads to.
    fn targets(&self, hit: Hit) -> &[Target] {
        let targets = self.finder.targets().get(hit.literal as usize);
        targets.map_or(&[], |targets| targets)
    }

    /// Where the literal of a hit stands.
    fn word(&self, hit: Hit) -> Range<usize> {
        hit.at..hit.at.saturating_add(self.finder.literal_len(hit.literal))
    }

    /// The number that stands for small content as a whole.
    fn whole_literal(&self) -> u32 {
        self.finder.targets().len() as u32
    }

    /// The number that stands for a run in which something may be encoded.
    fn run_literal(&self) -> u32 {
        self.whole_literal() + 1
    }

    /// The number that stands for a value that may stand alone.
    fn bare_literal(&self) -> u32 {
        self.whole_literal() + 2
    }

    /// Whether content is verified as a whole: it is small and can be one value, or one a
    /// line, and some rule asks for that.
    pub(crate) fn is_one_value(&self, bytes: &[u8]) -> bool {
        whole::is_one_value(bytes) && !self.whole.is_empty()
    }

    /// Tells `scratch` that the next bytes belong to another blob.
    // For tests and fuzzing.
    #[doc(hidden)]
    pub fn begin(&self, scratch: &mut Scratch) {
        scratch.memo.clear();
        scratch.repeats.clear();
        scratch.signs.clear();
        scratch.stops.clear();
    }

    /// Decides path conditions and overlaps among the candidates of one blob, and sorts
    /// them by place. `bytes` are read if the ends of some secrets are open.
    pub(crate) fn resolve(&self, path: &BlobPath, bytes: &[u8], candidates: &mut Vec<Candidate>) {
        let blob = (path, bytes);
        self.believe_samples(candidates);
        let Some(foreign) = &self.foreign else {
            return overlaps::resolve(&self.rules, blob, &self.globs, candidates, &mut |_, _| {});
        };
        let (mut whole, own) = std::mem::take(candidates)
            .into_iter()
            .partition(|c: &Candidate| foreign.has(c.rule));
        *candidates = own;
        overlaps::resolve(&self.rules, blob, &self.globs, candidates, &mut |_, _| {});
        // These do not compete for bytes: gitleaks reports each of them.
        whole.retain(|c| foreign.looks_at(c.rule, path));
        candidates.append(&mut whole);
        sort(candidates);
    }

    /// Returns the class of a path for candidates of some rules, each rule once: for all paths
    /// of one class, [`resolve`](Self::resolve) decides the same.
    pub(crate) fn class(&self, path: &BlobPath, of: &[RuleIndex]) -> PathClass {
        let (foreign, own) = (
            self.foreign.as_ref(),
            overlaps::class(&self.rules, path, &self.globs, of),
        );
        // Rules of another scanner ask for paths in ways of their own.
        PathClass(own, foreign.map(|_| path.clone()))
    }

    /// All candidates of a blob that touch something fresh, in order: hits, verdicts,
    /// resolution.
    pub fn detect(
        &self,
        blob: &Blob<'_>,
        content: Content,
        scratch: &mut Scratch,
    ) -> Vec<Candidate> {
        self.detect_in(blob, 0..blob.bytes.len(), content, scratch)
    }

    /// Like [`detect`](Self::detect), for hits in a part of the blob.
    pub(crate) fn detect_in(
        &self,
        blob: &Blob<'_>,
        part: Range<usize>,
        content: Content,
        scratch: &mut Scratch,
    ) -> Vec<Candidate> {
        self.begin(scratch);
        let mut hits = std::mem::take(&mut scratch.hits);
        let mut candidates = Vec::new();
        for block in Self::blocks(part.len()) {
            hits.clear();
            let block = part.start + block.start..part.start + block.end;
            self.hits(blob.bytes, block, &mut hits);
            for &hit in &hits {
                self.heads_again(blob.bytes, hit, content, scratch, &mut candidates);
            }
            if candidates.len() > MAX_CANDIDATES {
                scratch.cut = true;
                break;
            }
        }
        scratch.hits = hits;
        self.resolve(blob.path, blob.bytes, &mut candidates);
        if let Some(foreign) = &self.foreign {
            let (path, bytes) = (Some(blob.path), blob.bytes);
            let fresh = &blob.fresh;
            foreign.detect(path, bytes, content, fresh, &self.rules, &mut candidates);
            sort(&mut candidates);
        }
        candidates.retain(|c| blob.fresh.touches(&c.extent()));
        candidates
    }

    /// The candidates in the name of a file or of a reference: tokens that are distinctive by
    /// themselves. A name is not the content of a file, so rules for whole files and rules of
    /// other scanners do not look at it.
    pub(crate) fn in_name(&self, name: &[u8], scratch: &mut Scratch) -> Vec<Candidate> {
        self.begin(scratch);
        let mut hits = std::mem::take(&mut scratch.hits);
        hits.clear();
        self.finder.occurrences(name, 0..name.len(), &mut hits);
        let mut candidates = Vec::new();
        for &hit in &hits {
            self.heads(name, hit, Content::Binary, scratch, &mut candidates);
        }
        scratch.hits = hits;
        if !candidates.is_empty() {
            self.resolve(&BlobPath::from(""), name, &mut candidates);
        }
        candidates
    }

    /// Like [`detect`](Self::detect), and writes down everything it tries that touches
    /// `window`.
    pub(crate) fn trace(
        &self,
        blob: &Blob<'_>,
        content: Content,
        window: Range<usize>,
        scratch: &mut Scratch,
    ) -> Trace {
        self.begin(scratch);
        let mut recorder = Recorder::new(window, blob.path);
        let (mut hits, mut candidates) = (Vec::new(), Vec::new());
        // People also ask about occurrences that are no hits.
        self.occurrences(blob.bytes, 0..blob.bytes.len(), &mut hits);
        hits.retain(|hit| self.coded(*hit).is_none());
        let mut coded = Vec::new();
        self.hits(blob.bytes, 0..blob.bytes.len(), &mut coded);
        // No literal leads to these.
        let alone = |hit: &Hit| hit.literal == self.bare_literal();
        coded.retain(|hit| self.coded(*hit).is_some() || alone(hit));
        hits.append(&mut coded);
        hits.sort_unstable();
        for &hit in &hits {
            if self.coded(hit).is_some() {
                let from = candidates.len();
                self.heads(blob.bytes, hit, content, scratch, &mut candidates);
                recorder.through(&candidates[from..]);
                recorder.settle();
            } else if recorder.wants(hit.at, self.span_of(hit.literal)) {
                let out = &mut candidates;
                let from = out.len();
                self.verify_with(blob.bytes, hit, content, scratch, &mut recorder, out);
                let known = out.len();
                self.seen_through(blob.bytes, hit, content, scratch, (out, from));
                recorder.through(&out[known..]);
                recorder.settle();
            } else {
                self.heads(blob.bytes, hit, content, scratch, &mut candidates);
            }
        }
        let (content_of, globs) = ((blob.path, blob.bytes), &self.globs);
        overlaps::resolve(
            &self.rules,
            content_of,
            globs,
            &mut candidates,
            &mut |c, why| recorder.lost(c, why),
        );
        if let Some(foreign) = &self.foreign {
            let from = candidates.len();
            let (path, fresh) = (Some(blob.path), &blob.fresh);
            foreign.detect(
                path,
                blob.bytes,
                content,
                fresh,
                &self.rules,
                &mut candidates,
            );
            candidates[from..].iter().for_each(|c| recorder.found(c));
            sort(&mut candidates);
        }
        candidates.retain(|c| blob.fresh.touches(&c.extent()));
        Trace {
            kept: candidates,
            ..recorder.trace
        }
    }
}

/// Sorts by place, as [`Detector::resolve`] does.
fn sort(candidates: &mut [Candidate]) {
    candidates.sort_by_key(|c| (c.secret.start, c.secret.end, c.rule, c.whole.start));
}
