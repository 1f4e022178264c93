//! Values that begin inside each other, as settings that go on in the next line do. Each may be
//! kilobytes long and share nearly all of them with the one before, so what they share is noted
//! once: its windows, and those of its decoded forms.

use std::ops::Range;

use super::forms::{ESCAPES, private};
use super::layers::{Decoded, Layer, unescaped};
use super::windows::WINDOW;
use super::{Level, PATH_RUN};

/// The shortest value whose forms are decoded only as far as they are new. Shorter ones cost
/// little.
const LONG: usize = 128;

/// How many decoded signs before its end do not depend on what comes after the end, with those
/// that share a window with one that does: an escape of an escape ends within 16 signs of 16.
const CONTEXT: usize = 64;

/// How many documents inside of another value are read as such.
const DOCUMENTS: u32 = 16;

/// What is noted of the stretches of content in which the last values stand: for values of each
/// [`Level`], on one line and on several, and for further parts of credentials by themselves.
#[derive(Default)]
pub(super) struct Noted([Stretch; 8]);

#[derive(Default)]
struct Stretch {
    /// All windows of it are noted.
    range: Range<usize>,
    forms: Option<Forms>,
    /// How many documents began inside of it.
    documents: u32,
}

/// The forms of a part of a stretch, decoded from its first byte. All windows that show decoded
/// signs are noted.
struct Forms {
    range: Range<usize>,
    /// For each language, where signs are escaped once or twice: ascending, disjoint.
    escaped: [Vec<Range<usize>>; ESCAPES.len()],
}

/// What is new of a value.
pub(super) enum New {
    /// All of it, or it is short.
    All,
    /// These parts, which hold all windows that are new.
    Parts(Vec<Vec<u8>>),
}

impl Noted {
    /// Returns what is new of the value at `span` of `bytes`: of the value, and of the forms in
    /// which signs are escaped.
    pub(super) fn add(
        &mut self,
        bytes: &[u8],
        span: &Range<usize>,
        level: Level,
        is_part: bool,
    ) -> (New, New) {
        let over_lines = bytes[span.clone()].contains(&b'\n');
        let bits = [is_part, level == Level::Sure, over_lines];
        let number = bits.iter().fold(0, |sum, bit| sum << 1 | usize::from(*bit));
        self.0[number].add(bytes, span)
    }
}

impl Stretch {
    fn add(&mut self, bytes: &[u8], span: &Range<usize>) -> (New, New) {
        let value = &bytes[span.clone()];
        let shared = match self.range.contains(&span.start) {
            true => self.range.end.min(span.end) - span.start,
            false => 0,
        };
        if shared < WINDOW {
            if value.len() >= WINDOW && !may_be_document(value) {
                self.range = span.clone();
                self.forms = None;
            }
            return (New::All, New::All);
        }
        if value.len() < PATH_RUN || self.is_document(value) {
            return (New::All, New::All);
        }
        let new = match shared == value.len() {
            true => Vec::new(),
            false => vec![value[shared + 1 - WINDOW..].to_vec()],
        };
        self.range.end = self.range.end.max(span.end);
        let forms = match value.len() < LONG {
            true => New::All,
            false => self.new_forms(bytes, span),
        };
        (New::Parts(new), forms)
    }

    /// Whether only some of a value that begins inside of another one is secret. So many are
    /// read in this way; of others, all counts.
    fn is_document(&mut self, value: &[u8]) -> bool {
        let is_document = may_be_document(value);
        self.documents += u32::from(is_document);
        is_document && self.documents <= DOCUMENTS
    }

    fn new_forms(&mut self, bytes: &[u8], span: &Range<usize>) -> New {
        let mut parts = Vec::new();
        if let Some(forms) = &mut self.forms
            && forms.range.contains(&span.start)
            && forms.starts_at(span.start)
            && (0..ESCAPES.len()).all(|n| forms.go_on(bytes, span, n, &mut parts))
        {
            forms.range.end = forms.range.end.max(span.end);
            return New::Parts(parts);
        }
        parts.clear();
        let mut shortest = usize::MAX;
        let escaped =
            std::array::from_fn(|n| forms_of(bytes, span.clone(), n, &mut shortest, &mut parts));
        let range = span.clone();
        self.forms = Some(Forms { range, escaped });
        match shortest < PATH_RUN {
            true => New::All,
            false => New::Parts(parts),
        }
    }
}

/// Whether `value` may be a document of which only parts are secret, or a form of it may.
fn may_be_document(value: &[u8]) -> bool {
    let starts = value.first().is_some_and(|b| b"{\\%&`^".contains(b));
    starts && (private(value).is_some() || memchr::memmem::find(value, b"private_key").is_some())
}

impl Forms {
    /// Whether no escape stands across the start of a value: its form is the rest of the form of
    /// all. Forgets what comes before.
    fn starts_at(&mut self, start: usize) -> bool {
        self.range.start = start;
        self.escaped.iter_mut().all(|escaped| {
            let before = escaped.partition_point(|sign| sign.end <= start);
            if before > escaped.len() / 2 {
                escaped.drain(..before);
            }
            let next = escaped.iter().find(|sign| sign.end > start);
            next.is_none_or(|sign| sign.start >= start)
        })
    }

    /// Adds to `parts` what is new of the value at `span` in language number `n`. Returns false
    /// if too little is known of it.
    fn go_on(
        &mut self,
        bytes: &[u8],
        span: &Range<usize>,
        n: usize,
        parts: &mut Vec<Vec<u8>>,
    ) -> bool {
        let end = self.range.end.min(span.end);
        let from = before(&self.escaped[n], end, CONTEXT);
        if from < span.start {
            return false;
        }
        let signs = forms_of(bytes, from..span.end, n, &mut 0, parts);
        if span.end > self.range.end {
            let kept = self.escaped[n].partition_point(|sign| sign.start < from);
            self.escaped[n].truncate(kept);
            self.escaped[n].extend(signs);
        }
        true
    }
}

/// Returns the place `count` signs before `end`, where the signs in `escaped` are one each.
fn before(escaped: &[Range<usize>], end: usize, count: usize) -> usize {
    let (mut at, mut left) = (end, count);
    for sign in escaped.iter().rev().filter(|sign| sign.start < end) {
        let plain = at.saturating_sub(sign.end);
        if plain >= left {
            break;
        }
        left -= plain + 1;
        at = sign.start;
        if left == 0 {
            break;
        }
    }
    at.saturating_sub(left)
}

/// Decodes the bytes of `span` once and twice. Adds the parts around decoded signs to `parts`:
/// together, these show every window that the bytes do not show. Sets `shortest` to the length
/// of the shortest form. Returns where escaped signs are.
fn forms_of(
    bytes: &[u8],
    span: Range<usize>,
    n: usize,
    shortest: &mut usize,
    parts: &mut Vec<Vec<u8>>,
) -> Vec<Range<usize>> {
    let (once, signs) = unescaped(&bytes[span.clone()], n);
    if signs.is_empty() {
        return Vec::new();
    }
    around(&once, &signs, parts);
    let (twice, again) = unescaped(&once, n);
    around(&twice, &again, parts);
    *shortest = once.len().min(*shortest);
    if !again.is_empty() {
        *shortest = twice.len().min(*shortest);
    }
    let mut escaped: Vec<Range<usize>> = signs.iter().map(|sign| sign.at..sign.end).collect();
    let once = Layer::escaped(once, signs);
    let again = again.iter().map(|sign| once.place(&(sign.at..sign.end)));
    escaped.extend(again);
    escaped.sort_unstable_by_key(|sign| (sign.start, sign.end));
    escaped.dedup_by(|next, last| {
        let within = next.start < last.end;
        if within {
            last.end = last.end.max(next.end);
        }
        within
    });
    for sign in &mut escaped {
        *sign = span.start + sign.start..span.start + sign.end;
    }
    escaped
}

/// Adds the parts of `text` that hold all windows with one of `signs`.
fn around(text: &[u8], signs: &[Decoded], parts: &mut Vec<Vec<u8>>) {
    let mut last: Option<Range<usize>> = None;
    for sign in signs {
        let start = sign.out.saturating_sub(WINDOW - 1);
        let end = text.len().min(sign.out_end + WINDOW - 1);
        match &mut last {
            // One part of both holds the same windows.
            Some(last) if start + WINDOW <= last.end + 1 => last.end = end,
            _ => {
                if let Some(last) = last.replace(start..end) {
                    parts.push(text[last].to_vec());
                }
            }
        }
    }
    if let Some(last) = last {
        parts.push(text[last].to_vec());
    }
}
