//! Markers in the source that accept nearby secrets.
//!
//! stopleak's markers stand on the line of the secret, on the line above it, or around
//! a block. Each may name rules in brackets; the text after it is the reason:
//!
//! ```text
//! stopleak:allow[rule-a,rule-b] reason
//! stopleak:allow-next-line reason
//! stopleak:allow-start reason … stopleak:allow-end
//! ```

use std::cell::RefCell;
use std::ops::Range;

use super::line_around;

const OURS: &[u8] = b"stopleak:allow";

/// Markers of other scanners that existing code may contain.
const OTHERS: &[&str] = &[
    "gitleaks:allow",
    "betterleaks:allow",
    "trufflehog:ignore",
    "kingfisher:ignore",
    "pragma: allowlist secret",
    "ggignore",
];
/// Other scanners' markers for the next line.
const OTHERS_ABOVE: &[&str] = &["pragma: allowlist nextline secret"];

/// How much of a line is searched on either side of a secret.
const LINE_SIDE: usize = 1000;
/// How many further lines of a long secret are searched.
const LINES: usize = 200;
/// How far from a secret its block may begin or end, in bytes.
const BLOCK: usize = 64 << 10;
/// The longest reason that is shown, in characters.
const REASON: usize = 200;

/// A marker that applies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marker {
    /// Its reason, or its own name if it gives none. It may contain secrets, and is not
    /// shortened.
    pub reason: String,
    /// The line on which it stands.
    pub line: Range<usize>,
}

/// The form of a stopleak marker, given by the text after `stopleak:allow`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Here,
    NextLine,
    Start,
    End,
}

/// Where the markers of one content are, as far as somebody asked. Many secrets in one
/// content then search it once, and not once per secret. It changes no result.
#[derive(Clone, Debug, Default)]
pub struct Markers {
    ours: RefCell<Seen>,
    others: RefCell<Seen>,
}

impl Markers {
    /// Whether a marker may accept the secret: one begins where [`find`] looks.
    fn may_accept(&self, bytes: &[u8], secret: &Range<usize>) -> bool {
        // The line of the secret and the line above.
        let near = secret.start.saturating_sub(2 * LINE_SIDE + 2);
        let block = secret.start.saturating_sub(BLOCK).min(near);
        let end = bytes.len().min(secret.end.saturating_add(LINE_SIDE));
        let ours = !self.ours_in(bytes, block..end).is_empty();
        ours || {
            let mut others = self.others.borrow_mut();
            let all = OTHERS.iter().chain(OTHERS_ABOVE).map(|m| m.as_bytes());
            !others.within(bytes, near..end, all).is_empty()
        }
    }

    /// Returns stopleak's markers that begin in `range`.
    fn ours_in(&self, bytes: &[u8], range: Range<usize>) -> Vec<usize> {
        let mut ours = self.ours.borrow_mut();
        ours.within(bytes, range, [OURS]).to_vec()
    }
}

/// The places of some words in a stretch of content.
#[derive(Clone, Debug, Default)]
struct Seen {
    searched: Range<usize>,
    places: Vec<usize>,
}

impl Seen {
    /// Returns where one of `words` begins in `range`.
    fn within<'w>(
        &mut self,
        bytes: &[u8],
        range: Range<usize>,
        words: impl IntoIterator<Item = &'w [u8]>,
    ) -> &[usize] {
        // To begin a search costs as much as to search some hundred bytes.
        const STEP: usize = 4 << 10;
        if range.start < self.searched.start || range.start > self.searched.end {
            *self = Self::default();
            self.searched = range.start..range.start;
        }
        if range.end > self.searched.end {
            let from = self.searched.end;
            let end = range.end.max(bytes.len().min(range.end + STEP));
            let new = self.places.len();
            for word in words {
                let to = bytes.len().min(end + word.len() - 1);
                let found = memchr::memmem::find_iter(&bytes[from..to], word);
                self.places.extend(found.map(|at| from + at));
            }
            self.places[new..].sort_unstable();
            self.searched.end = end;
        }
        let first = self.places.partition_point(|at| *at < range.start);
        let last = self.places.partition_point(|at| *at < range.end);
        &self.places[first..last.max(first)]
    }
}

/// Finds the marker that accepts the secret at `secret`, found by `rule_id`. A marker
/// on any line of a multi-line secret accepts it. `markers` are those of `bytes`.
pub fn find(
    bytes: &[u8],
    secret: &Range<usize>,
    rule_id: &str,
    markers: &Markers,
) -> Option<Marker> {
    if !markers.may_accept(bytes, secret) {
        return None;
    }
    let mut line = line_around(bytes, secret, LINE_SIDE);
    let first = line.clone();
    for _ in 0..LINES {
        if let Some(reason) = on_line(whole_words(bytes, &line), rule_id) {
            return Some(Marker { reason, line });
        }
        match memchr::memchr(b'\n', bytes.get(line.end..secret.end).unwrap_or_default()) {
            Some(more) => {
                let start = line.end + more + 1;
                line = line_around(bytes, &(start..start), LINE_SIDE);
            }
            _ => break,
        }
    }
    if let Some(above) = first.start.checked_sub(1) {
        let above = line_around(bytes, &(above..above), LINE_SIDE);
        if let Some(reason) = above_line(whole_words(bytes, &above), rule_id) {
            return Some(Marker {
                reason,
                line: above,
            });
        }
    }
    block(bytes, secret, rule_id, markers)
}

/// Returns the parts of `bytes`, in whole lines, in which a marker can accept something:
/// sorted and disjoint.
pub(super) fn neighbourhoods(bytes: &[u8]) -> Vec<Range<usize>> {
    let ours = memchr::memmem::find_iter(bytes, OURS);
    let others = OTHERS.iter().chain(OTHERS_ABOVE);
    let others = others.flat_map(|marker| memchr::memmem::find_iter(bytes, marker.as_bytes()));
    let mut places: Vec<usize> = ours.chain(others).collect();
    places.sort_unstable();
    let mut near: Vec<Range<usize>> = Vec::new();
    for at in places {
        let floor = at.saturating_sub(2 * BLOCK);
        let ceiling = bytes.len().min(at + 2 * BLOCK);
        // The same places again and again would make many markers on one long line slow.
        if let Some(last) = near.last_mut()
            && ceiling <= last.end
        {
            continue;
        }
        let start = memchr::memrchr(b'\n', &bytes[..floor]).map_or(0, |line| line + 1);
        let end = memchr::memchr(b'\n', &bytes[ceiling..]).map_or(bytes.len(), |n| ceiling + n);
        match near.last_mut() {
            Some(last) if start <= last.end => last.end = last.end.max(end),
            _ => near.push(start..end),
        }
    }
    near
}

fn on_line(line: &[u8], rule_id: &str) -> Option<String> {
    let ours = each(line).find(|(_, form, rest)| *form == Form::Here && names(rest, rule_id));
    if let Some((_, _, rest)) = ours {
        return Some(reason(rest));
    }
    let has = |m: &&&str| memchr::memmem::find(line, m.as_bytes()).is_some();
    OTHERS.iter().find(has).map(|m| (*m).to_owned())
}

fn above_line(line: &[u8], rule_id: &str) -> Option<String> {
    let ours = each(line).find(|(_, form, rest)| *form == Form::NextLine && names(rest, rule_id));
    if let Some((_, _, rest)) = ours {
        return Some(reason(rest));
    }
    let has = |m: &&&str| memchr::memmem::find(line, m.as_bytes()).is_some();
    OTHERS_ABOVE.iter().find(has).map(|m| (*m).to_owned())
}

/// Finds the block around the secret: begun before it and ended after it.
fn block(bytes: &[u8], secret: &Range<usize>, rule_id: &str, markers: &Markers) -> Option<Marker> {
    let floor = secret.start.saturating_sub(BLOCK);
    let before = &bytes[..secret.start];
    // The last marker counts that begins a block of this rule, unless a block ends after it.
    let open = markers
        .ours_in(bytes, floor..secret.start)
        .into_iter()
        .rev()
        .filter(|at| {
            let rest = before.get(at + OURS.len()..).unwrap_or_default();
            rest.starts_with(b"-start") || rest.starts_with(b"-end")
        })
        .filter_map(|at| one(before, at))
        .find(|(_, form, rest)| match form {
            Form::Start => names(rest, rule_id),
            form => *form == Form::End,
        });
    let (start, ..) = open.filter(|(_, form, _)| *form == Form::Start)?;
    let after = bytes.get(secret.end..bytes.len().min(secret.end + BLOCK))?;
    let ended = each(after).find(|(_, form, _)| matches!(form, Form::Start | Form::End));
    ended.filter(|(_, form, _)| *form == Form::End)?;
    let line = line_around(bytes, &(start..start), LINE_SIDE);
    let text = whole_words(bytes, &line);
    let rest = text.get(start + OURS.len() + b"-start".len() - line.start..);
    Some(Marker {
        reason: reason(rest.unwrap_or_default()),
        line,
    })
}

/// Iterates over stopleak's markers in `text`: the offset, the form, and the rest of
/// the line.
fn each(text: &[u8]) -> impl Iterator<Item = (usize, Form, &[u8])> {
    memchr::memmem::find_iter(text, OURS).filter_map(move |at| one(text, at))
}

/// Reads the marker at `at`: its offset, its form, and the rest of the line.
fn one(text: &[u8], at: usize) -> Option<(usize, Form, &[u8])> {
    let rest = text.get(at + OURS.len()..)?;
    let rest = &rest[..memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len())];
    let forms = [
        (&b"-next-line"[..], Form::NextLine),
        (b"-start", Form::Start),
        (b"-end", Form::End),
        (b"", Form::Here),
    ];
    let (word, form) = forms.into_iter().find(|(word, _)| rest.starts_with(word))?;
    let rest = &rest[word.len()..];
    // `stopleak:allowance` and unknown forms are not markers.
    let ends = |b: &u8| !b.is_ascii_alphanumeric() && *b != b'_' && *b != b'-';
    let closed = rest.starts_with(b"-->") || rest.first().is_none_or(ends);
    closed.then_some((at, form, rest))
}

/// Whether a marker followed by `rest` applies to the rule.
fn names(rest: &[u8], rule_id: &str) -> bool {
    let Some(list) = rest.strip_prefix(b"[") else {
        return true;
    };
    match memchr::memchr(b']', list) {
        Some(end) => list[..end]
            .split(|b| *b == b',')
            .any(|id| id.trim_ascii() == rule_id.as_bytes()),
        None => false,
    }
}

/// Returns the part of a line without the word that its end divides, if the line goes on:
/// half of a token looks like none.
fn whole_words<'b>(bytes: &'b [u8], line: &Range<usize>) -> &'b [u8] {
    let text = &bytes[line.clone()];
    match bytes.get(line.end) {
        Some(b) if !b.is_ascii_whitespace() => {
            let space = text.iter().rposition(u8::is_ascii_whitespace);
            // A marker stays one, even if all after it is a single word.
            let marker = memchr::memmem::rfind(text, OURS).map(|at| at + OURS.len());
            let name = |at: usize| {
                text[at..]
                    .iter()
                    .take_while(|b| **b == b'-' || b.is_ascii_lowercase())
            };
            let marker = marker.map(|at| at + name(at).count());
            &text[..space.max(marker).unwrap_or(text.len())]
        }
        _ => text,
    }
}

/// Returns a masked reason as it is shown.
pub(crate) fn shortened(reason: String) -> String {
    match reason.char_indices().nth(REASON) {
        Some((at, _)) => reason[..at].trim_end().to_owned(),
        None => reason,
    }
}

/// Returns the reason in the rest of a marker's line.
fn reason(rest: &[u8]) -> String {
    let text = match (rest.first(), memchr::memchr(b']', rest)) {
        (Some(b'['), Some(end)) => &rest[end + 1..],
        _ => rest,
    };
    let text = String::from_utf8_lossy(text).into_owned();
    let around = |c: char| c.is_whitespace() || "*/->#:;\"'".contains(c);
    match text.trim_matches(around) {
        "" => "stopleak:allow".to_owned(),
        text => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the reason of the marker for the first `SECRET` in `text` and rule `a`.
    fn marker(text: &str) -> Option<String> {
        let start = text.find("SECRET").unwrap();
        at(text.as_bytes(), start..start + 6).map(|m| m.reason)
    }

    /// Returns the marker for a secret of rule `a`.
    fn at(bytes: &[u8], secret: Range<usize>) -> Option<Marker> {
        find(bytes, &secret, "a", &Markers::default())
    }

    #[test]
    fn many_secrets_have_the_markers_that_each_has_alone() {
        let mut rng = crate::check::mint::Rng::new(5);
        let parts = [
            "stopleak:allow x\n",
            "stopleak:allow-next-line\n",
            "stopleak:allow-start[a]\n",
            "stopleak:allow-start[b] \n",
            "stopleak:allow-start",
            "stopleak:allow-end\n",
            "stopleak:allowance ",
            "gitleaks:allow",
            "pragma: allowlist nextline secret\n",
            "SECRET",
            "\n",
            " a ",
        ];
        let mut found = 0;
        for _ in 0..200 {
            let text: String = (0..200)
                .map(|_| parts[rng.below(parts.len() + 9).min(11)])
                .collect();
            let all = Markers::default();
            for (start, _) in text.match_indices("SECRET") {
                let secret = start..start + 6;
                let marker = find(text.as_bytes(), &secret, "a", &all);
                assert_eq!(marker, at(text.as_bytes(), secret), "{text}");
                found += usize::from(marker.is_some());
            }
        }
        assert!(found > 100, "{found}");
    }

    #[test]
    fn a_marker_on_the_line_accepts_all_rules_or_those_named() {
        for (text, want) in [
            ("SECRET # stopleak:allow test key", Some("test key")),
            ("SECRET # stopleak:allow[b, a] rotated */", Some("rotated")),
            ("SECRET # stopleak:allow[b]", None),
            ("SECRET # stopleak:allow[a", None),
            ("<!-- stopleak:allow --> SECRET", Some("SECRET")),
            ("SECRET <!-- stopleak:allow-->", Some("stopleak:allow")),
            ("SECRET # stopleak:allowance", None),
            ("SECRET # stopleak:allow-next-line", None),
            ("SECRET # stopleak:allow-nothing", None),
            ("SECRET // gitleaks:allow", Some("gitleaks:allow")),
            ("SECRET // betterleaks:allow", Some("betterleaks:allow")),
            ("SECRET // trufflehog:ignore", Some("trufflehog:ignore")),
            ("SECRET // kingfisher:ignore", Some("kingfisher:ignore")),
            (
                "SECRET # pragma: allowlist secret",
                Some("pragma: allowlist secret"),
            ),
            ("SECRET # ggignore", Some("ggignore")),
            ("SECRET # nosec", None),
            ("SECRET # noqa", None),
            ("x # stopleak:allow\nSECRET", None),
            ("SECRET\nx # stopleak:allow", None),
        ] {
            assert_eq!(marker(text).as_deref(), want, "{text}");
        }
    }

    #[test]
    fn a_marker_above_accepts_one_line() {
        for (text, want) in [
            ("# stopleak:allow-next-line why\nSECRET", Some("why")),
            ("# stopleak:allow-next-line[a] why\r\nSECRET", Some("why")),
            ("# stopleak:allow-next-line[b] why\nSECRET", None),
            ("# stopleak:allow-next-line why\n\nSECRET", None),
            (
                "# pragma: allowlist nextline secret\nSECRET",
                Some("pragma: allowlist nextline secret"),
            ),
            ("# gitleaks:allow\nSECRET", None),
        ] {
            assert_eq!(marker(text).as_deref(), want, "{text}");
        }
    }

    #[test]
    fn a_block_may_begin_on_the_first_line_of_a_file() {
        let first = "/* stopleak:allow-start */ x = SECRET\n/* stopleak:allow-end */";
        assert_eq!(marker(first), Some("x = SECRET".to_owned()));
        assert_eq!(marker(&format!("\n{first}")), marker(first));
    }

    #[test]
    fn a_block_accepts_what_is_inside_it() {
        for (text, want) in [
            (
                "# stopleak:allow-start keys\nx\nSECRET\n# stopleak:allow-end",
                Some("keys"),
            ),
            (
                "# stopleak:allow-start[a] keys\nSECRET\n# stopleak:allow-end",
                Some("keys"),
            ),
            (
                "# stopleak:allow-start[b] keys\nSECRET\n# stopleak:allow-end",
                None,
            ),
            // Never ended, ended before, begun again: no block encloses the secret.
            ("# stopleak:allow-start keys\nSECRET\n", None),
            (
                "stopleak:allow-start\nstopleak:allow-end\nSECRET\nstopleak:allow-end",
                None,
            ),
            (
                "stopleak:allow-start\nSECRET\nstopleak:allow-start\nstopleak:allow-end",
                None,
            ),
        ] {
            assert_eq!(marker(text).as_deref(), want, "{text}");
        }
        let far = format!(
            "stopleak:allow-start\n{}SECRET\nstopleak:allow-end",
            "x\n".repeat(BLOCK)
        );
        assert_eq!(marker(&far), None);
    }

    #[test]
    fn any_line_of_a_long_secret_may_have_the_marker() {
        let text = b"key = BEGIN\nmiddle # stopleak:allow test\nEND\nstopleak:allow no";
        assert_eq!(at(text, 6..44).unwrap().reason, "test");
        assert_eq!(at(text, 6..11), None);
    }

    #[test]
    fn the_line_of_the_marker_is_told() {
        let text = b"one\n# stopleak:allow-next-line why\nSECRET\n";
        let at = at(text, 35..41).unwrap().line;
        assert_eq!(&text[at], b"# stopleak:allow-next-line why");
    }
}
