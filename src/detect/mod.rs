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

mod assignment;
mod builtin;
mod compile;
mod entropy;
mod foreign;
mod generic;
mod matcher;
mod names;
mod pattern;
mod placeholder;
mod prefilter;
mod rarity;
mod reach;
mod resolve;
mod samples;
mod verify;

use std::borrow::Cow;
use std::ops::Range;

use globset::{Glob, GlobSet, GlobSetBuilder};

pub use pattern::compile as compile_pattern;
pub use prefilter::Hit;

use crate::blob::{Blob, BlobPath, Fresh};
use crate::check;
use crate::config::gitleaks;
use crate::finding::Candidate;
use crate::rules::{Matcher, RuleIndex, Ruleset};
use compile::Target;
use foreign::Foreign;
use matcher::RunCache;
use prefilter::Prefilter;
use verify::{Prepared, Subject};

/// Whether content is text or is read for distinctive tokens only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Every rule applies.
    Text,
    /// Only rules that are distinctive by themselves apply.
    Binary,
}

/// A set of rules made ready to run. Immutable; shared by all threads.
pub struct Detector {
    rules: Ruleset,
    prefilter: Prefilter,
    targets: Cow<'static, [Cow<'static, [Target]>]>,
    prepared: Vec<Prepared>,
    globs: PathGlobs,
    reach: Vec<usize>,
    foreign: Option<Foreign>,
}

/// What one thread reuses from blob to blob.
#[derive(Default)]
pub struct Scratch {
    hits: Vec<Hit>,
    runs: RunCache,
}

impl Detector {
    /// Makes `rules` ready to run: literals are entered into the prefilter; regular
    /// expressions wait for their first anchor.
    pub fn new(rules: Ruleset) -> Self {
        let compile::Plan { literals, targets } = compile::plan(&rules);
        Self::assemble(rules, Prefilter::new(literals), targets.into())
    }

    /// All built-in rules, ready to run: their tables were built with the program.
    pub fn builtin() -> Self {
        let rules = crate::rules::builtin::ruleset();
        match builtin::prefilter() {
            Some((prefilter, targets)) => Self::assemble(rules, prefilter, targets),
            None => Self::new(rules),
        }
    }

    fn assemble(
        rules: Ruleset,
        prefilter: Prefilter,
        targets: Cow<'static, [Cow<'static, [Target]>]>,
    ) -> Self {
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
        let rule_reach: Vec<usize> = rules.iter().map(|(_, rule)| reach::reach(rule)).collect();
        let reach = targets
            .iter()
            .map(|all| {
                all.iter()
                    .map(|t| rule_reach[usize::from(t.rule.0)])
                    .max()
                    .unwrap_or(0)
            })
            .collect();
        let globs = PathGlobs::new(&rules);
        Self {
            prefilter,
            targets,
            prepared,
            globs,
            reach,
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

    /// Number of literals that lead to rules; hits name them by number.
    pub fn literals(&self) -> u32 {
        self.reach.len() as u32
    }

    /// How many bytes from the start of a hit of `literal` its verdict may look to
    /// either side: its reach and the literal itself. 0 for an unknown literal.
    pub fn span_of(&self, literal: u32) -> usize {
        let at = literal as usize;
        let len = self.prefilter.leads().get(at).map_or(0, |l| l.bytes.len());
        self.reach.get(at).copied().unwrap_or(0) + len
    }

    /// The farthest [`reach`](Self::reach) of all.
    pub fn max_reach(&self) -> usize {
        self.reach.iter().copied().max().unwrap_or(0)
    }

    /// The length of the longest literal that leads to a rule: how far apart two
    /// bytes can be that make one hit.
    pub fn longest_literal(&self) -> usize {
        self.prefilter
            .leads()
            .iter()
            .map(|l| l.bytes.len())
            .max()
            .unwrap_or(0)
    }

    /// Appends the hits that start in `range`, sorted by place.
    pub fn hits(&self, bytes: &[u8], range: Range<usize>, out: &mut Vec<Hit>) {
        let from = out.len();
        self.prefilter.hits(bytes, range, out);
        out[from..].sort_unstable();
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
        let len = self.prefilter.leads()[hit.literal as usize].bytes.len();
        let mut subject = Subject {
            bytes,
            runs: &mut scratch.runs,
        };
        for &target in self.targets[hit.literal as usize].iter() {
            let rule = self.rules.get(target.rule);
            if content == Content::Binary && !rule.binary {
                continue;
            }
            let prepared = &self.prepared[usize::from(target.rule.0)];
            verify::verify(rule, prepared, target, hit, len, &mut subject, out);
        }
    }

    /// Tells `scratch` that the next bytes are of another blob.
    pub fn begin(&self, scratch: &mut Scratch) {
        scratch.runs.clear();
    }

    /// Decides overlaps and path conditions among the candidates of one blob, and
    /// sorts them by place.
    pub fn resolve(&self, path: &BlobPath, candidates: &mut Vec<Candidate>) {
        let Some(foreign) = &self.foreign else {
            return resolve::resolve(&self.rules, path, &self.globs, candidates);
        };
        let (mut whole, own) = std::mem::take(candidates)
            .into_iter()
            .partition(|c: &Candidate| foreign.has(c.rule));
        *candidates = own;
        resolve::resolve(&self.rules, path, &self.globs, candidates);
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
        hits.clear();
        self.hits(blob.bytes, 0..blob.bytes.len(), &mut hits);
        let mut candidates = Vec::new();
        for &hit in &hits {
            self.verify(blob.bytes, hit, content, scratch, &mut candidates);
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
}

/// Sorts by place, as [`Detector::resolve`] does.
fn sort(candidates: &mut [Candidate]) {
    candidates.sort_by_key(|c| (c.secret.start, c.secret.end, c.rule, c.whole.start));
}

/// The path conditions of all rules.
struct PathGlobs(Vec<(RuleIndex, GlobSet)>);

impl PathGlobs {
    fn new(rules: &Ruleset) -> Self {
        let with_paths = rules.iter().filter(|(_, rule)| !rule.paths.is_empty());
        Self(
            with_paths
                .map(|(index, rule)| {
                    let mut builder = GlobSetBuilder::new();
                    // A glob that does not parse is refused when rules are loaded.
                    rule.paths
                        .iter()
                        .filter_map(|p| Glob::new(p).ok())
                        .for_each(|glob| {
                            builder.add(glob);
                        });
                    (index, builder.build().unwrap_or_default())
                })
                .collect(),
        )
    }

    fn allow(&self, rule: RuleIndex, path: &BlobPath) -> bool {
        match self.0.iter().find(|(index, _)| *index == rule) {
            None => true,
            Some((_, globs)) => globs.is_match(path.to_text().as_ref()),
        }
    }
}
