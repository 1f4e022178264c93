//! Rules of another scanner, gitleaks, run as it runs them: a regular expression over
//! the whole of a fragment in which one of the rule's keywords occurs anywhere.
//!
//! They are no local rules: whether one matches may depend on a byte far away. A run
//! with any of them therefore reads blobs whole and inherits nothing along deltas. A
//! fragment is one piece of content, which for all files up to 4 MiB is the file;
//! gitleaks cuts files into 100 KB.
//!
//! What allowlists cover stays a candidate, for `suppress` to say so; only what other
//! rules decide (`required`, the filter of generic rules) looks at them here.

mod fragment;
mod relate;

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::Content;
use crate::blob::{BlobPath, Fresh};
use crate::config::gitleaks::{Allowlist, Config, Place, Rule as Source, allow};
use crate::finding::{BY_PATH, Candidate, CandidatePart, Dismissal};
use crate::rules::{
    Boundary, Confidence, Matcher, OnInvalid, Rule, RuleIndex, Ruleset, SecretType, Severity, Text,
    entropy,
};
use fragment::Lines;

/// What a finding of such a rule says for itself.
const EVIDENCE: &str = "gitleaks rule";
/// What is said of a match whose companions are missing.
const ALONE: &str = "a rule that must match nearby as well does not";
/// Keywords beyond this many bytes in all are searched by a smaller, slower automaton.
const DENSE: usize = 64 * 1024;

/// The rules, ready to run.
pub(super) struct Foreign {
    sources: Vec<Source>,
    allowlists: Vec<Allowlist>,
    /// The index of the first of them among all rules.
    first: u16,
    keywords: Option<AhoCorasick>,
    /// Per keyword, the rules that it wakes.
    wakes: Vec<Vec<u16>>,
    /// Rules without keywords.
    always: Vec<u16>,
}

/// One match of one rule.
#[derive(Clone, Debug)]
struct Match {
    /// Number of the rule among these.
    rule: u16,
    /// The match without line ends behind it.
    whole: Range<usize>,
    secret: Range<usize>,
    /// Whether an allowlist covers it, as far as that is known without a commit.
    allowed: bool,
}

impl Foreign {
    /// Makes the rules of `config` ready; None when there is none.
    pub(super) fn new(config: &Config, first: usize) -> Option<Self> {
        let first = u16::try_from(first).ok()?;
        if config.rules.is_empty() {
            return None;
        }
        let mut foreign = Self {
            sources: config.rules.clone(),
            allowlists: config.allowlists.clone(),
            first,
            keywords: None,
            wakes: Vec::new(),
            always: Vec::new(),
        };
        let mut words: Vec<&str> = Vec::new();
        let mut known: HashMap<&str, usize> = HashMap::new();
        for (number, rule) in (0u16..).zip(&config.rules) {
            if rule.skip_report {
                continue;
            }
            let given = rule.keywords.iter().filter(|word| !word.is_empty());
            if given.clone().count() == 0 {
                foreign.always.push(number);
            }
            for word in given {
                let slot = *known.entry(word).or_insert_with(|| {
                    words.push(word);
                    foreign.wakes.push(Vec::new());
                    words.len() - 1
                });
                foreign.wakes[slot].push(number);
            }
        }
        if !words.is_empty() {
            let bytes: usize = words.iter().map(|word| word.len()).sum();
            let built = AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .match_kind(MatchKind::Standard)
                .kind((bytes < DENSE).then_some(AhoCorasickKind::DFA))
                .build(&words);
            match built {
                Ok(searcher) => foreign.keywords = Some(searcher),
                // More keywords than can be searched: every rule always runs.
                Err(_) => foreign.always = (0..config.rules.len() as u16).collect(),
            }
        }
        Some(foreign)
    }

    /// The rules as reports know them.
    pub(super) fn rules(config: &Config) -> Vec<Cow<'static, Rule>> {
        config.rules.iter().map(|r| Cow::Owned(rule(r))).collect()
    }

    /// Whether the rule is one of these.
    pub(super) fn has(&self, rule: RuleIndex) -> bool {
        rule.0 >= self.first
    }

    /// Whether `path` is one that the rule looks at.
    pub(super) fn looks_at(&self, rule: RuleIndex, path: &BlobPath) -> bool {
        let number = usize::from(rule.0.saturating_sub(self.first));
        let source = self.sources.get(number);
        source.is_some_and(|source| at_path(source, Some(path)))
    }

    /// Appends the candidates of a fragment. Without a path, those that it has at any
    /// path. What `out` holds is of the rules before these.
    pub(super) fn detect(
        &self,
        path: Option<&BlobPath>,
        bytes: &[u8],
        content: Content,
        fresh: &Fresh<'_>,
        rules: &Ruleset,
        out: &mut Vec<Candidate>,
    ) {
        let nameless = path.is_some_and(|path| path.as_bytes().is_empty());
        if nameless && content == Content::Binary {
            // A name that is looked at by itself.
            return;
        }
        let fragment = Fragment { path, bytes };
        let mut found: Vec<Match> = Vec::new();
        for number in self.awake(bytes) {
            let source = &self.sources[usize::from(number)];
            if content == Content::Binary && is_generic(&source.id) {
                continue;
            }
            if source.regex.is_none() {
                if !nameless && at_path(source, path) {
                    out.push(self.by_name(number, fresh));
                }
                continue;
            }
            self.matches(&fragment, number, &mut found);
        }
        if found.is_empty() {
            return;
        }
        let mut lines = Lines::new(bytes);
        let verdicts = self.relate(&fragment, &found, &mut lines);
        self.outdo_builtin(&found, &verdicts, rules, out);
        for (found, verdict) in found.iter().zip(verdicts) {
            out.push(self.candidate(found, verdict));
        }
    }

    /// The rules that run on these bytes, in order.
    fn awake(&self, bytes: &[u8]) -> Vec<u16> {
        let mut awake = self.always.clone();
        if let Some(keywords) = &self.keywords {
            let mut seen = vec![false; self.wakes.len()];
            let mut left = seen.len();
            for found in keywords.find_overlapping_iter(bytes) {
                let slot = found.pattern().as_usize();
                if !std::mem::replace(&mut seen[slot], true) {
                    awake.extend_from_slice(&self.wakes[slot]);
                    left -= 1;
                    if left == 0 {
                        break;
                    }
                }
            }
        }
        awake.sort_unstable();
        awake.dedup();
        awake
    }

    /// Appends the matches of a rule with a regular expression.
    fn matches(&self, fragment: &Fragment<'_>, number: u16, out: &mut Vec<Match>) {
        let source = &self.sources[usize::from(number)];
        let Some(regex) = source.regex.as_ref().and_then(|regex| regex.regex()) else {
            return;
        };
        if !at_path(source, fragment.path) {
            return;
        }
        let whole_file = fragment.path.is_some_and(|path| {
            let lists = self.allowlists.iter().chain(&source.allowlists);
            lists
                .into_iter()
                .any(|list| list.covers_file(path.as_bytes()))
        });
        for found in regex.find_iter(fragment.bytes) {
            let Some((whole, secret)) = parts(source, regex, fragment.bytes, found.range()) else {
                continue;
            };
            let text = &fragment.bytes[secret.clone()];
            if source.entropy != 0.0 && entropy::of_characters(text) <= source.entropy {
                continue;
            }
            let mut found = Match {
                rule: number,
                whole,
                secret,
                allowed: whole_file,
            };
            found.allowed = found.allowed || self.allows(source, fragment, &found);
            out.push(found);
        }
    }

    fn allows(&self, source: &Source, fragment: &Fragment<'_>, found: &Match) -> bool {
        let lists = || self.allowlists.iter().chain(&source.allowlists);
        if lists().next().is_none() {
            return false;
        }
        let bytes = fragment.bytes;
        let line = if lists().any(Allowlist::wants_line) {
            allow::lines_of(bytes, &found.whole)
        } else {
            0..0
        };
        let place = Place {
            path: fragment.path.map_or(b"", |path| path.as_bytes()),
            commit: "",
            secret: &bytes[found.secret.clone()],
            matched: &bytes[allow::trimmed(bytes, &found.whole)],
            line: &bytes[line],
        };
        lists().any(|list| list.covers(&place))
    }

    /// The finding of a rule that looks at the path only. It stands at the first fresh
    /// byte: a file that was touched counts.
    fn by_name(&self, number: u16, fresh: &Fresh<'_>) -> Candidate {
        let at = match fresh {
            Fresh::All => 0,
            Fresh::Ranges(ranges) => ranges.first().map_or(0, |range| range.start),
        };
        let reach = match fresh {
            Fresh::All => at..at,
            Fresh::Ranges(_) => at..at + 1,
        };
        Candidate {
            rule: RuleIndex(self.first + number),
            whole: reach,
            secret: at..at,
            decoded: None,
            public_prefix: 0,
            parts: Vec::new(),
            evidence: vec![BY_PATH.into()],
            confidence: confidence(&self.sources[usize::from(number)]),
            severity: Severity::High,
            dismissed: None,
            traits: None,
        }
    }

    fn candidate(&self, found: &Match, verdict: relate::Verdict) -> Candidate {
        let (dismissed, parts) = match verdict {
            relate::Verdict::Stands(parts) => (None, parts),
            relate::Verdict::Alone => (Some(Dismissal::LookAlike(ALONE)), Vec::new()),
            relate::Verdict::Generic => (Some(Dismissal::LookAlike(relate::BETTER)), Vec::new()),
        };
        let parts = parts.into_iter().map(|part| CandidatePart {
            name: self.sources[usize::from(part.rule)].id.clone().into(),
            span: part.secret,
        });
        Candidate {
            rule: RuleIndex(self.first + found.rule),
            whole: found.whole.clone(),
            secret: found.secret.clone(),
            decoded: None,
            public_prefix: 0,
            parts: parts.collect(),
            evidence: vec![EVIDENCE.into()],
            confidence: confidence(&self.sources[usize::from(found.rule)]),
            severity: Severity::High,
            dismissed,
            traits: None,
        }
    }
}

/// What is looked at.
struct Fragment<'a> {
    /// None while the path is not known.
    path: Option<&'a BlobPath>,
    bytes: &'a [u8],
}

fn at_path(source: &Source, path: Option<&BlobPath>) -> bool {
    match (&source.path, path) {
        (Some(pattern), Some(path)) => pattern.is_match(path.as_bytes()),
        _ => true,
    }
}

fn is_generic(id: &str) -> bool {
    id.to_ascii_lowercase().contains("generic")
}

fn confidence(source: &Source) -> Confidence {
    if is_generic(&source.id) {
        Confidence::Medium
    } else {
        Confidence::High
    }
}

/// The match without the line ends behind it, and the secret in it. The expression is
/// matched again against the trimmed text alone, whose groups decide.
fn parts(
    source: &Source,
    regex: &regex::bytes::Regex,
    bytes: &[u8],
    found: Range<usize>,
) -> Option<(Range<usize>, Range<usize>)> {
    let trimmed = allow::trimmed(bytes, &found);
    // The start stays where the untrimmed match has it: gitleaks counts lines there.
    let whole = found.start..found.start + trimmed.len();
    let whole_end = whole.end.max(trimmed.end);
    let whole = whole.start..whole_end;
    if regex.captures_len() < 2 {
        return Some((whole, trimmed));
    }
    let Some(groups) = regex.captures(&bytes[trimmed.clone()]) else {
        return Some((whole, trimmed));
    };
    let placed =
        |group: regex::bytes::Match<'_>| trimmed.start + group.start()..trimmed.start + group.end();
    let secret = if source.secret_group > 0 {
        // A group that took no part is the empty text.
        groups
            .get(source.secret_group)
            .map_or(trimmed.start..trimmed.start, placed)
    } else {
        (1..groups.len())
            .filter_map(|n| groups.get(n))
            .find(|group| !group.is_empty())
            .map_or(trimmed.clone(), placed)
    };
    Some((whole, secret))
}

/// A rule as reports know it.
fn rule(source: &Source) -> Rule {
    let title = if source.description.is_empty() {
        source.id.clone()
    } else {
        source.description.clone()
    };
    Rule {
        base64: false,
        whole_file: false,
        id: source.id.clone().into(),
        title: title.into(),
        rationale: Text::default(),
        provider: Text::default(),
        docs: Text::default(),
        revoke: Text::default(),
        lifetime: Text::default(),
        secret_type: SecretType::ApiKey,
        severity: Severity::High,
        confidence: confidence(source),
        matcher: Matcher::Fragment,
        anchors: Cow::Borrowed(&[]),
        context: None,
        companions: Cow::Borrowed(&[]),
        min_entropy: source.entropy as f32,
        check: Text::default(),
        on_invalid: OnInvalid::Drop,
        boundary: Boundary::None,
        binary: true,
        paths: Cow::Borrowed(&[]),
    }
}
