//! Detection: content in, candidates out.
//!
//! ```text
//! prefilter (one table for all literals) -> hits
//! hits -> verify: shape, pattern or assignment -> entropy, offline check, placeholders -> candidates
//! candidates of a blob -> resolve: paths, overlaps
//! ```
//!
//! A hit's verdict depends only on the bytes within [`Detector::reach`] of it. That
//! is what makes chunked reading of huge files, fresh ranges and the inheritance
//! of verdicts along git deltas exact.

mod content;
mod find;
mod forms;
mod judge;
mod layers;
mod reach;
pub mod trace;
mod verify;

use std::ops::Range;

pub use content::Content;
pub use find::{BESIDE, Hit};
pub use forms::patterns::{compile as compile_pattern, weight as pattern_weight};
pub use judge::generic::{generic_features, generic_reasons};

use crate::blob::{Blob, BlobPath, Fresh};
use crate::check;
use crate::config::gitleaks;
use crate::finding::Candidate;
use crate::rules::{Matcher, RuleIndex, Ruleset};
use find::Finder;
use forms::foreign::Foreign;
use forms::shapes::RunCache;
use forms::whole;
use judge::overlaps;
use judge::paths::PathGlobs;
use trace::{Observer, Recorder, Silent, Trace};
use verify::{Prepared, Subject};

/// A set of rules made ready to run. Immutable; shared by all threads.
pub struct Detector {
    rules: Ruleset,
    finder: Finder,
    prepared: Vec<Prepared>,
    globs: PathGlobs,
    reach: Vec<usize>,
    /// Rules whose value is all of a small file.
    whole: Vec<RuleIndex>,
    foreign: Option<Foreign>,
}

/// What one thread reuses from blob to blob.
#[derive(Default)]
pub struct Scratch {
    hits: Vec<Hit>,
    runs: RunCache,
    /// Whether there were more candidates than are kept.
    cut: bool,
}

impl Scratch {
    /// Whether content since the last call was left before its end: it has more
    /// candidates than [`Detector::detect`] keeps.
    pub fn take_cut(&mut self) -> bool {
        std::mem::take(&mut self.cut)
    }
}

/// The most candidates that are kept of one blob, or piece of one: 200 MB of them.
const MAX_CANDIDATES: usize = 1 << 20;

impl Detector {
    /// Makes `rules` ready to run: literals are entered into the prefilter; regular
    /// expressions wait for their first anchor.
    pub fn new(rules: Ruleset) -> Self {
        let finder = Finder::new(&rules);
        Self::assemble(rules, finder)
    }

    /// All built-in rules, ready to run: their tables were built with the program.
    pub fn builtin() -> Self {
        let rules = crate::rules::builtin::ruleset();
        match Finder::builtin() {
            Some(finder) => Self::assemble(rules, finder),
            None => Self::new(rules),
        }
    }

    /// Makes `rules` ready to run: built-in ones in their order, some perhaps left out
    /// or with another severity or confidence, and then others. The tables that were
    /// built with the program serve the built-in ones, so that only the others cost
    /// start-up time. [`rules`](Self::rules) then also names those that were left out.
    pub fn adjusted(rules: Ruleset) -> Self {
        match Self::from_builtin(&rules) {
            Some(detector) => detector,
            None => Self::new(rules),
        }
    }

    /// The detector over `rules` from the tables of the built-in ones, if there are such
    /// tables.
    fn from_builtin(rules: &Ruleset) -> Option<Self> {
        let (rules, finder) = Finder::from_builtin(rules)?;
        Some(Self::assemble(rules, finder))
    }

    fn assemble(rules: Ruleset, finder: Finder) -> Self {
        let prepared = rules
            .iter()
            .map(|(_, rule)| Prepared {
                check: check::lookup(&rule.check),
                companion_checks: rule
                    .companions
                    .iter()
                    .map(|c| check::lookup(&c.check))
                    .collect(),
                pattern: matches!(rule.matcher, Matcher::Pattern { .. }).then(Default::default),
            })
            .collect();
        // Small files are hit as a whole by one more literal, which is none.
        let reach = finder
            .targets()
            .iter()
            .map(|all| {
                all.iter()
                    .map(|t| reach::reach(rules.get(t.rule), t.role))
                    .max()
                    .unwrap_or(0)
            })
            .chain(std::iter::once(whole::FILE_MAX + 1))
            .collect();
        let whole = rules
            .iter()
            .filter(|(_, rule)| rule.whole_file)
            .map(|(index, _)| index)
            .collect();
        let globs = PathGlobs::new(&rules);
        Self {
            finder,
            prepared,
            globs,
            reach,
            whole,
            rules,
            foreign: None,
        }
    }

    /// Adds the rules of a gitleaks configuration behind its own. Allowlists that apply
    /// to findings are the affair of `suppress`.
    #[must_use]
    pub fn with_gitleaks(mut self, config: &gitleaks::Config) -> Self {
        self.foreign = Foreign::new(config, self.rules.len());
        if self.foreign.is_some() {
            self.rules = self.rules.with(Foreign::rules(config));
        }
        self
    }

    /// Whether rules look at content as a whole, so that nothing of a verdict can be
    /// carried over from an earlier version of it.
    pub fn is_whole(&self) -> bool {
        self.foreign.is_some()
    }

    /// Appends the candidates of rules that look at content as a whole, at whatever
    /// path it stands; [`resolve`](Self::resolve) decides for one.
    pub fn whole(&self, bytes: &[u8], content: Content, out: &mut Vec<Candidate>) {
        if let Some(foreign) = &self.foreign {
            foreign.detect(None, bytes, content, &Fresh::All, &self.rules, out);
        }
    }

    /// The rules, for reports.
    pub fn rules(&self) -> &Ruleset {
        &self.rules
    }

    /// How far from a hit its verdict may look, in bytes to either side.
    pub fn reach(&self, hit: Hit) -> usize {
        self.reach[hit.literal as usize]
    }

    /// Number of literals that lead to rules; hits name them by number. The last one
    /// stands for small content as a whole.
    pub fn literals(&self) -> u32 {
        self.reach.len() as u32
    }

    /// How many bytes from the start of a hit of `literal` its verdict may look to
    /// either side: its reach and the literal itself. 0 for an unknown literal.
    pub fn span_of(&self, literal: u32) -> usize {
        let reach = self.reach.get(literal as usize).copied();
        reach.unwrap_or(0) + self.finder.literal_len(literal)
    }

    /// The farthest [`reach`](Self::reach) of all.
    pub fn max_reach(&self) -> usize {
        self.reach.iter().copied().max().unwrap_or(0)
    }

    /// The length of the longest literal that leads to a rule: how far apart two
    /// bytes can be that make one hit.
    pub fn longest_literal(&self) -> usize {
        self.finder.longest_literal()
    }

    /// Appends the hits that start in `range`, sorted by place. Whether there is a hit
    /// depends on the literal and [`BESIDE`] bytes on either side of it.
    pub fn hits(&self, bytes: &[u8], range: Range<usize>, out: &mut Vec<Hit>) {
        let from = out.len();
        self.occurrences(bytes, range, out);
        let mut kept = from;
        for next in from..out.len() {
            let hit = out[next];
            if self.finder.passes(&self.rules, bytes, hit) {
                out[kept] = hit;
                kept += 1;
            }
        }
        out.truncate(kept);
        out[from..].sort_unstable();
    }

    /// Appends what the hits that start in `range` are taken from, nearly in order: all
    /// occurrences of literals, and small content as a whole.
    fn occurrences(&self, bytes: &[u8], range: Range<usize>, out: &mut Vec<Hit>) {
        if range == (0..bytes.len()) && self.is_one_value(bytes) {
            out.push(Hit {
                at: 0,
                literal: self.whole_literal(),
            });
        }
        self.finder.occurrences(bytes, range, out);
    }

    /// The ranges in which the hits of content of `len` bytes are looked for one after the
    /// other: where every byte is a hit, all of them at once would take many times the
    /// memory of the content.
    pub fn blocks(len: usize) -> impl Iterator<Item = Range<usize>> {
        const BLOCK: usize = 64 << 10;
        let starts = (0..len.max(1)).step_by(BLOCK);
        starts.map(move |start| start..(start + BLOCK).min(len))
    }

    /// Appends the candidates to which `hit` leads. A function of the bytes within
    /// `reach(hit)` of it, and of `content`, alone.
    pub fn verify(
        &self,
        bytes: &[u8],
        hit: Hit,
        content: Content,
        scratch: &mut Scratch,
        out: &mut Vec<Candidate>,
    ) {
        self.verify_with(bytes, hit, content, scratch, &mut Silent, out);
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
            runs: &mut scratch.runs,
            observer,
        };
        if hit.literal == self.whole_literal() {
            for &index in self.whole.iter().filter(|_| hit.at == 0) {
                let (rule, prepared) =
                    (self.rules.get(index), &self.prepared[usize::from(index.0)]);
                verify::verify_whole(rule, prepared, index, &mut subject, out);
            }
            return;
        }
        let len = self.finder.literal_len(hit.literal);
        let targets = self.finder.targets().get(hit.literal as usize);
        for &target in targets.iter().flat_map(|targets| targets.iter()) {
            let rule = self.rules.get(target.rule);
            if content == Content::Binary && !rule.binary {
                subject
                    .observer
                    .attempt(target, &(hit.at..hit.at.saturating_add(len)));
                subject.observer.step(|| trace::Step::TextOnly);
                continue;
            }
            let prepared = &self.prepared[usize::from(target.rule.0)];
            verify::verify(rule, prepared, target, hit, len, &mut subject, out);
        }
    }

    /// The number that stands for small content as a whole.
    fn whole_literal(&self) -> u32 {
        self.finder.targets().len() as u32
    }

    /// Whether content can be one value, or one a line (small, no blanks inside), and is
    /// judged as a whole.
    pub fn is_one_value(&self, bytes: &[u8]) -> bool {
        whole::is_one_value(bytes) && !self.whole.is_empty()
    }

    /// Tells `scratch` that the next bytes are of another blob.
    pub fn begin(&self, scratch: &mut Scratch) {
        scratch.runs.clear();
    }

    /// Decides overlaps and path conditions among the candidates of one blob, and
    /// sorts them by place.
    pub fn resolve(&self, path: &BlobPath, candidates: &mut Vec<Candidate>) {
        let Some(foreign) = &self.foreign else {
            return overlaps::resolve(&self.rules, path, &self.globs, candidates, &mut |_, _| {});
        };
        let (mut whole, own) = std::mem::take(candidates)
            .into_iter()
            .partition(|c: &Candidate| foreign.has(c.rule));
        *candidates = own;
        overlaps::resolve(&self.rules, path, &self.globs, candidates, &mut |_, _| {});
        // These keep nothing to themselves: gitleaks reports each of them.
        whole.retain(|c| foreign.looks_at(c.rule, path));
        candidates.append(&mut whole);
        sort(candidates);
    }

    /// All candidates of a blob, in order: hits, verdicts, resolution, and what is
    /// fresh of them.
    pub fn detect(
        &self,
        blob: &Blob<'_>,
        content: Content,
        scratch: &mut Scratch,
    ) -> Vec<Candidate> {
        self.begin(scratch);
        let mut hits = std::mem::take(&mut scratch.hits);
        let mut candidates = Vec::new();
        for block in Self::blocks(blob.bytes.len()) {
            hits.clear();
            self.hits(blob.bytes, block, &mut hits);
            for &hit in &hits {
                self.verify(blob.bytes, hit, content, scratch, &mut candidates);
            }
            if candidates.len() > MAX_CANDIDATES {
                scratch.cut = true;
                break;
            }
        }
        scratch.hits = hits;
        self.resolve(blob.path, &mut candidates);
        if let Some(foreign) = &self.foreign {
            let (path, bytes) = (Some(blob.path), blob.bytes);
            let fresh = &blob.fresh;
            foreign.detect(path, bytes, content, fresh, &self.rules, &mut candidates);
            sort(&mut candidates);
        }
        candidates.retain(|c| blob.fresh.touches(&c.extent()));
        candidates
    }

    /// The candidates in the name of a file or of a reference: tokens that are recognised
    /// by themselves. A name is content of no file, so rules for whole files and those of
    /// other scanners do not look at it.
    pub fn in_name(&self, name: &[u8], scratch: &mut Scratch) -> Vec<Candidate> {
        self.begin(scratch);
        let mut hits = std::mem::take(&mut scratch.hits);
        hits.clear();
        self.finder.occurrences(name, 0..name.len(), &mut hits);
        let mut candidates = Vec::new();
        for &hit in &hits {
            self.verify(name, hit, Content::Binary, scratch, &mut candidates);
        }
        scratch.hits = hits;
        if !candidates.is_empty() {
            self.resolve(&BlobPath::from(""), &mut candidates);
        }
        candidates
    }

    /// Like [`detect`](Self::detect), and takes note of everything that was tried
    /// and that touches `window`.
    pub fn trace(
        &self,
        blob: &Blob<'_>,
        content: Content,
        window: Range<usize>,
        scratch: &mut Scratch,
    ) -> Trace {
        self.begin(scratch);
        let mut recorder = Recorder::new(window, blob.path);
        let (mut hits, mut candidates) = (Vec::new(), Vec::new());
        // Occurrences that are no hits as well: people ask why.
        self.occurrences(blob.bytes, 0..blob.bytes.len(), &mut hits);
        hits.sort_unstable();
        for &hit in &hits {
            if recorder.wants(hit.at, self.span_of(hit.literal)) {
                let out = &mut candidates;
                self.verify_with(blob.bytes, hit, content, scratch, &mut recorder, out);
                recorder.settle();
            } else {
                self.verify(blob.bytes, hit, content, scratch, &mut candidates);
            }
        }
        let (path, globs) = (blob.path, &self.globs);
        overlaps::resolve(&self.rules, path, globs, &mut candidates, &mut |c, why| {
            recorder.lost(c, why)
        });
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blob::Fresh;
    use crate::rules::{Rule, Severity, builtin};
    use std::borrow::Cow;

    /// The ids, places and severities of what `detector` finds.
    fn found(detector: &Detector, bytes: &[u8]) -> Vec<(String, Range<usize>, Severity)> {
        let path = BlobPath::from("a.txt");
        let blob = Blob {
            path: &path,
            bytes,
            fresh: Fresh::All,
        };
        let found = detector.detect(&blob, Content::Text, &mut Scratch::default());
        let id = |c: &Candidate| detector.rules().get(c.rule).id.to_string();
        found
            .iter()
            .map(|c| (id(c), c.secret.clone(), c.severity))
            .collect()
    }

    fn text_of_own(text: &mut Vec<u8>, prefix: &str) {
        text.extend_from_slice(format!("\n{prefix}qwzrtkplmnbv\n").as_bytes());
    }

    #[test]
    fn tables_of_the_builtin_rules_serve_others_with_them() {
        let mut rng = check::mint::Rng::new(5);
        let mut text = Vec::new();
        for (_, rule) in builtin::ruleset().iter() {
            if let Some(token) = check::mint::mint(&rule.check, rng.next_u64()) {
                text.extend_from_slice(b"token = \"");
                text.extend_from_slice(&token);
                text.extend_from_slice(b"\"\n");
            }
        }
        assert!(found(&Detector::builtin(), &text).len() > 20);
        for round in 0..4 {
            let mut text_own = Vec::new();
            let mut rules: Vec<Cow<'static, Rule>> = builtin::rules()
                .iter()
                .filter(|_| rng.below(4) != round)
                .map(Cow::Borrowed)
                .collect();
            let adjusted = rng.below(rules.len());
            rules[adjusted].to_mut().severity = Severity::Low;
            // A rule of one's own, and one that replaces a built-in rule.
            for (id, body) in [("own-rule", "own_"), (&*builtin::rules()[3].id, "repl_")] {
                let head = "[provider]\nname = \"A\"\n[[rule]]\nsecret_type = \"api-key\"";
                let rest =
                    format!("title = \"t\"\nseverity = \"low\"\nshape = '\"{body}\" low{{12}}'");
                let text = format!("{head}\nid = \"{id}\"\n{rest}\n");
                let rule = crate::rules::spec::parse(&text).unwrap().remove(0);
                rules.retain(|known| known.id != rule.id);
                rules.push(Cow::Owned(rule));
                text_of_own(&mut text_own, body);
            }
            let text = [&text[..], &text_own].concat();
            let part = || Ruleset::new(rules.clone());
            let served = Detector::from_builtin(&part()).unwrap();
            let served = found(&served, &text);
            assert_eq!(served, found(&Detector::new(part()), &text));
            assert!(served.iter().any(|(id, ..)| id == "own-rule"));
        }
    }
}
