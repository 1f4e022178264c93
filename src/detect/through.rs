//! Looks through encodings: makes the views of what is encoded, looks at each as at any
//! content, and brings what it finds back to the place where it is encoded.
//!
//! A view may hold something encoded again, up to a depth. What is looked at is a function of
//! the bytes around a hit, however far something encoded goes on, and of nothing else:
//! [`Scratch::take_looked`] says how far.

use std::ops::Range;

use super::find::{Hit, Lead, Role, Target};
use super::forms::ends::Grammar;
use super::judge::lengths::Lengths;
use super::judge::overlaps;
use super::layers::{View, joints, listed, spans, written};
use super::{Content, Detector, Scratch};
use crate::finding::{Candidate, Open, Tails};

/// What stands beside something decoded and is looked at with it, in bytes.
const NEAR: usize = 320;

/// What may be encoded at a hit.
#[derive(Clone, Copy, Debug)]
pub(super) enum Coded {
    /// A word with signs.
    Word(Lead),
    /// A long run.
    Run,
}

impl Coded {
    /// Whether it leads to a text that a program puts together.
    fn joins(self) -> bool {
        matches!(self, Self::Word(Lead::Text | Lead::Joint | Lead::Cut))
    }
}

impl Scratch {
    /// Whether a view decodes something that was decoded already, and so may lead to what nothing
    /// else leads to. What stands beside it is looked at where it stands.
    fn is_news(&self, view: &View) -> bool {
        self.depth == 0 || view.comes_from(&self.focus)
    }

    /// Whether it is looked for what is put together of a text that is put together and of what
    /// stands beside it. That was read where it stands: without this, many such texts in a row would
    /// each be read with all others, again and again. Words that tell of texts (`.concat(`) lead to
    /// all that is put together there.
    fn may_join(&self, coded: Coded, at: usize) -> bool {
        const BESIDE: usize = 24;
        if matches!(coded, Coded::Word(Lead::Text)) {
            return false;
        }
        let (Some(first), Some(last)) = (self.focus.first(), self.focus.last()) else {
            return true;
        };
        (first.start.saturating_sub(BESIDE)..last.end + BESIDE).contains(&at)
    }

    /// Whether the run at `at` may hold something that was decoded already: most runs beside it
    /// show by a blank that they do not.
    fn may_reach(&self, bytes: &[u8], at: usize) -> bool {
        let (Some(first), Some(last)) = (self.focus.first(), self.focus.last()) else {
            return true;
        };
        let between = bytes.get(at..first.start).unwrap_or_default();
        let ends = memchr::memchr3(b' ', b'\n', b'"', between);
        at < last.end && ends.is_none_or(|end| between[end] != b' ')
    }
}

impl Detector {
    /// Whether encodings are looked through at a hit.
    pub(super) fn looks_through(&self, hit: Hit, content: Content, scratch: &Scratch) -> bool {
        let is_whole = hit.literal == self.whole_literal();
        scratch.depth < self.depth && content != Content::Binary && !is_whole
    }

    /// What may be encoded at a hit; None if a literal of a rule stands there.
    pub(super) fn coded(&self, hit: Hit) -> Option<Coded> {
        if hit.literal == self.run_literal() {
            return Some(Coded::Run);
        }
        match self.targets(hit).first()?.role {
            Role::Coded { lead } => Lead::ALL.get(usize::from(lead)).copied().map(Coded::Word),
            _ => None,
        }
    }

    /// Whether [`Scratch::take_looked`] says how far any verdict on a hit looks beyond its reach.
    pub(super) fn tells_how_far(&self, hit: Hit) -> bool {
        self.coded(hit).is_none_or(Coded::joins)
    }

    /// Appends the candidates in what is encoded at a hit.
    pub(super) fn decoded(
        &self,
        bytes: &[u8],
        (hit, coded): (Hit, Coded),
        content: Content,
        scratch: &mut Scratch,
        out: &mut Vec<Candidate>,
    ) {
        if matches!(coded, Coded::Run) && !scratch.may_reach(bytes, hit.at) {
            return;
        }
        if scratch.joined && coded.joins() && !scratch.may_join(coded, hit.at) {
            return;
        }
        let word = self.word(hit);
        let mut views: Vec<View> = match coded {
            Coded::Word(Lead::Joint) => {
                return self.at_joint(bytes, hit, content, scratch, out);
            }
            Coded::Word(Lead::Text) => {
                scratch.looked = scratch.looked.max(joints::REACH);
                joints::told(bytes, &word).into_iter().collect()
            }
            Coded::Word(Lead::Cut) => {
                scratch.looked = scratch.looked.max(joints::REACH);
                joints::joint(bytes, word.end).into_iter().collect()
            }
            Coded::Word(Lead::Sign(writing)) => {
                written::word(writing, bytes, hit.at).into_iter().collect()
            }
            Coded::Word(lead) => listed::view(lead, bytes, hit.at).into_iter().collect(),
            Coded::Run => spans::run(bytes, hit.at),
        };
        let longest = views.iter().map(|view| view.reach(hit.at)).max();
        scratch.looked = scratch.looked.max(longest.unwrap_or(0));
        if scratch.depth == 0 {
            scratch.budget = spans::most(longest.unwrap_or(0));
        }
        views.retain(|view| scratch.is_news(view));
        for view in &views {
            self.look_into(view, content, scratch, out);
        }
    }

    /// Appends the candidates to which the literal of a hit leads if what stands around it is
    /// decoded.
    pub(super) fn written_otherwise(
        &self,
        bytes: &[u8],
        hit: Hit,
        content: Content,
        scratch: &mut Scratch,
        out: &mut Vec<Candidate>,
    ) {
        let word = self.word(hit);
        let of_name = |t: &Target| matches!(t.role, Role::Name | Role::Word | Role::Kind);
        let literal = match self.targets(hit).iter().all(of_name) {
            true => written::Literal::Name,
            false => written::Literal::Value,
        };
        for view in written::around(bytes, &word, literal, &mut scratch.signs) {
            let at = view.find(hit.at).filter(|_| scratch.is_news(&view));
            // A sign may be a part of the literal itself.
            let Some(at) = at.filter(|at| stands(&view, *at, &bytes[word.clone()])) else {
                continue;
            };
            let hit = Hit { at, ..hit };
            self.within(&view, scratch, out, |inner, found| {
                self.heads(&view.bytes, hit, content, inner, found);
            });
        }
    }

    /// Appends the candidates to which a literal leads that goes on behind the joint at a hit.
    fn at_joint(
        &self,
        bytes: &[u8],
        hit: Hit,
        content: Content,
        scratch: &mut Scratch,
        out: &mut Vec<Candidate>,
    ) {
        // The quote that ends the string before it.
        let at = hit.at;
        let Some(seam) = joints::seam(bytes, at) else {
            return;
        };
        let mut hits = Vec::new();
        self.finder.occurrences(&seam.bytes, 0..seam.at, &mut hits);
        hits.retain(|hit| self.word(*hit).end >= seam.at && self.coded(*hit).is_none());
        if hits.is_empty() {
            return;
        }
        scratch.looked = scratch.looked.max(joints::REACH);
        let Some(view) = joints::joint(bytes, at) else {
            return;
        };
        self.within(&view, scratch, out, |inner, found| {
            for near in hits {
                let at = at + near.at - seam.at;
                if let Some(at) = view.find(at) {
                    self.heads(&view.bytes, Hit { at, ..near }, content, inner, found);
                }
            }
        });
    }

    /// Appends the candidates of texts that are put together from the string in which the literal
    /// of a hit stands and from others.
    pub(super) fn put_together(
        &self,
        bytes: &[u8],
        hit: Hit,
        content: Content,
        scratch: &mut Scratch,
        out: &mut Vec<Candidate>,
    ) {
        let word = self.word(hit);
        let targets = self.targets(hit).iter();
        let has = |role: fn(Role) -> bool| targets.clone().any(|target| role(target.role));
        let literal = if has(|role| matches!(role, Role::Shape { .. } | Role::Anchor)) {
            joints::Literal::Value
        } else if has(|role| role == Role::Word) {
            joints::Literal::Word
        } else {
            return;
        };
        let hint = joints::hint(bytes, &word, literal, &mut scratch.stops);
        // The strings may stand in a string: `\"a\" + \"b\"`.
        let escaped = || {
            let may = literal == joints::Literal::Value && written::ends_escaped(bytes, word.end);
            if may {
                written::unescaped(bytes, &word)
            } else {
                None
            }
        };
        let view = match hint {
            Some(hint) => {
                scratch.looked = scratch.looked.max(joints::REACH);
                joints::around(bytes, &word, literal, hint).or_else(escaped)
            }
            None => escaped(),
        };
        let Some((view, at)) = view.and_then(|view| view.find(hit.at).map(|at| (view, at))) else {
            return;
        };
        if !stands(&view, at, &bytes[word]) {
            return;
        }
        self.within(&view, scratch, out, |inner, found| {
            self.heads(&view.bytes, Hit { at, ..hit }, content, inner, found);
        });
    }

    /// Appends what is a longer value than one of the `known` candidates of a hit, which ends with
    /// its string, if the program goes on with another string.
    pub(super) fn longer(
        &self,
        bytes: &[u8],
        hit: Hit,
        content: Content,
        scratch: &mut Scratch,
        (out, known): (&mut Vec<Candidate>, Range<usize>),
    ) {
        let goes_on = |c: &Candidate| {
            c.traits.is_none() && c.open == Open::No && joints::signs_follow(bytes, c.secret.end)
        };
        let ends = out[known.clone()].iter().map(|c| c.secret.end);
        let quoted = ends.filter(|end| bytes.get(*end).is_some_and(|b| b"\"'`".contains(b)));
        if let Some(end) = quoted.max() {
            let far = end.saturating_sub(hit.at) + joints::SIGN;
            scratch.looked = scratch.looked.max(far);
        }
        if !out[known.clone()].iter().any(goes_on) {
            return;
        }
        let mut found = Vec::new();
        self.put_together(bytes, hit, content, scratch, &mut found);
        found.retain(|longer| {
            out[known.clone()].iter().any(|c| {
                let (own, other) = (&c.secret, &longer.secret);
                c.rule == longer.rule && own.start == other.start && own.end < other.end
            })
        });
        out.append(&mut found);
    }

    /// Appends the candidates of a view that owe something to what is decoded in it.
    fn look_into(
        &self,
        view: &View,
        content: Content,
        scratch: &mut Scratch,
        out: &mut Vec<Candidate>,
    ) {
        let Some(left) = scratch.budget.checked_sub(view.bytes.len()) else {
            scratch.beyond = true;
            return;
        };
        scratch.budget = left;
        scratch.beyond |= view.is_cut;
        self.within(view, scratch, out, |inner, found| {
            if inner.depth < self.depth
                && let Some(again) = spans::again(view)
            {
                self.look_into(&again, content, inner, found);
            }
            let near = near(view);
            let mut hits = std::mem::take(&mut inner.hits);
            for block in Self::blocks(near.len()) {
                hits.clear();
                let block = near.start + block.start..near.start + block.end;
                self.hits(&view.bytes, block, &mut hits);
                for &hit in &hits {
                    if hit.literal != self.whole_literal() {
                        self.heads(&view.bytes, hit, content, inner, found);
                    }
                }
                if found.len() > super::MAX_CANDIDATES {
                    inner.cut = true;
                    break;
                }
            }
            inner.hits = hits;
        });
    }

    /// Lets `look` find candidates in a view, and appends those that owe something to what is
    /// decoded in it, as candidates of the content around it.
    fn within(
        &self,
        view: &View,
        scratch: &mut Scratch,
        out: &mut Vec<Candidate>,
        look: impl FnOnce(&mut Scratch, &mut Vec<Candidate>),
    ) {
        let mut inner = scratch.inner.take().unwrap_or_default();
        self.begin(&mut inner);
        inner.depth = scratch.depth + 1;
        inner.budget = scratch.budget;
        inner.focus = view.decoded().to_vec();
        inner.joined = view.is_joined();
        let mut found = Vec::new();
        look(&mut inner, &mut found);
        overlaps::drop_inner(&self.rules, &mut found);
        let mut lengths = Lengths::default();
        for mut candidate in found {
            // The kind of the file says nothing of what is encoded in it.
            candidate.secret.end += lengths.take(&view.bytes, &mut candidate, Grammar::Unknown);
            candidate.whole.end = candidate.whole.end.max(candidate.secret.end);
            (candidate.open, candidate.tails) = (Open::No, Tails::default());
            let counts = view.counts_named || candidate.traits.is_none();
            if counts && view.counts(&candidate) {
                out.push(view.lift(candidate));
            }
        }
        scratch.budget = inner.budget;
        #[cfg(test)]
        {
            scratch.views += 1 + std::mem::take(&mut inner.views);
        }
        scratch.cut |= std::mem::take(&mut inner.cut);
        scratch.beyond |= std::mem::take(&mut inner.beyond);
        scratch.inner = Some(inner);
    }
}

/// Whether `literal` stands at `at` in a view as it does in the content.
fn stands(view: &View, at: usize, literal: &[u8]) -> bool {
    view.bytes.get(at..at + literal.len()) == Some(literal)
}

/// The bytes of a view in which a hit may owe something to what is decoded.
fn near(view: &View) -> Range<usize> {
    let parts = view.decoded();
    let (Some(first), Some(last)) = (parts.first(), parts.last()) else {
        return 0..0;
    };
    first.start.saturating_sub(NEAR)..view.bytes.len().min(last.end + NEAR)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::mint::mint_with_prefix;

    /// Content of `part`, each time with a number behind it.
    fn numbered(part: &str) -> Vec<u8> {
        let parts = (0..600).map(|number| format!("{part}{number}"));
        parts.collect::<String>().into_bytes()
    }

    #[test]
    fn long_rows_of_joins_are_not_read_from_each_join_on() {
        let detector = Detector::builtin();
        for part in [
            "\").concat(\"a",
            "\".concat(\"a\").concat(\"b",
            "-join ''=",
            "\".join(\"\")\": ",
        ] {
            let content = numbered(part);
            let (mut scratch, mut hits, mut out) = (Scratch::default(), Vec::new(), Vec::new());
            detector.begin(&mut scratch);
            detector.hits(&content, 0..content.len(), &mut hits);
            for &hit in &hits {
                detector.heads(&content, hit, Content::Text, &mut scratch, &mut out);
            }
            assert!(hits.len() >= 600, "{part}");
            assert!(
                2 * scratch.views < hits.len() * 3,
                "{part}: {} {}",
                scratch.views,
                hits.len()
            );
        }
    }

    #[test]
    fn a_row_of_calls_is_put_together_from_its_first_one_on() {
        let detector = Detector::builtin();
        let token = mint_with_prefix("crc32-base62", "ghp_", 7).unwrap();
        let token = String::from_utf8(token).unwrap();
        let pieces: Vec<String> = token.chars().map(|c| format!(".concat(\"{c}\")")).collect();
        let text = format!("key = \"\"{};\n", pieces.concat());
        let (mut scratch, mut hits, mut out) = (Scratch::default(), Vec::new(), Vec::new());
        detector.hits(text.as_bytes(), 0..text.len(), &mut hits);
        for &hit in &hits {
            let bytes = text.as_bytes();
            detector.heads(bytes, hit, Content::Text, &mut scratch, &mut out);
        }
        let decoded = |c: &Candidate| {
            c.decoded
                .as_ref()
                .is_some_and(|d| d.expose() == token.as_bytes())
        };
        assert!(out.iter().any(decoded), "{text}");
    }
}
