//! Values of Kubernetes Secrets: what stands under `data` (in base64) and `stringData`
//! of the object whose kind is `Secret`, in YAML or JSON. Reads lines and pairs around
//! the kind; is no parser of either language.

use std::ops::Range;

use super::entropy::shannon;
use super::placeholder;
use crate::check::encoding;
use crate::finding::{Candidate, Dismissal};
use crate::rules::{Confidence, Rule, RuleIndex};
use crate::secret::Secret;

/// How far from its kind an object is read, in bytes to either side.
pub(super) const REACH: usize = 8192;
/// The longest value that is judged; longer ones are files, which other rules know.
const VALUE_MAX: usize = 2048;

/// A pair of a Secret.
struct Pair {
    key: Range<usize>,
    value: Range<usize>,
    /// Whether it stands under `data`.
    coded: bool,
}

/// Appends the candidates among the values of the Secret whose kind is said at `kind`.
pub(super) fn judge(
    rule: &Rule,
    index: RuleIndex,
    bytes: &[u8],
    kind: &Range<usize>,
    out: &mut Vec<Candidate>,
) {
    let window = kind.start.saturating_sub(REACH)..bytes.len().min(kind.end + REACH);
    if bytes.get(kind.end).is_some_and(u8::is_ascii_alphanumeric) {
        return;
    }
    let pairs = match bytes.get(kind.start) {
        Some(b'"') => json_pairs(bytes, &window, kind),
        _ => yaml_pairs(bytes, &window, kind),
    };
    for pair in pairs {
        if let Some(candidate) = candidate(rule, index, bytes, kind, &pair) {
            out.push(candidate);
        }
    }
}

fn candidate(
    rule: &Rule,
    index: RuleIndex,
    bytes: &[u8],
    kind: &Range<usize>,
    pair: &Pair,
) -> Option<Candidate> {
    let raw = bytes.get(pair.value.clone())?;
    if raw.len() > VALUE_MAX || is_no_secret(&bytes[pair.key.clone()]) {
        return None;
    }
    let decoded = match pair.coded {
        true => encoding::base64_canonical(raw).filter(|_| raw.len() % 4 == 0),
        false => Some(raw.to_vec()),
    };
    // A template or a variable where base64 should be is nobody's secret.
    let decoded = decoded?;
    let text = decoded.trim_ascii();
    let printable = std::str::from_utf8(text).is_ok_and(|t| !t.chars().any(char::is_control));
    if text.len() < 4 || !printable {
        return None;
    }
    let name = String::from_utf8_lossy(&bytes[pair.key.clone()]).into_owned();
    let under = if pair.coded { "data" } else { "stringData" };
    let mut evidence = vec![format!("`{name}` under `{under}` of a Kubernetes Secret").into()];
    if pair.coded {
        evidence.push("stands inside base64".into());
    }
    let key = &bytes[pair.key.clone()];
    let dismissed = placeholder::in_assignment(text)
        .or_else(|| placeholder::worded(text))
        .or_else(|| look_alike(text))
        .or_else(|| no_key(key, text));
    let mut confidence = confidence(key, text).min(rule.confidence);
    if placeholder::stock_word(text) {
        confidence = Confidence::Low;
        evidence.push("a stock word, not a chosen password".into());
    }
    Some(Candidate {
        rule: index,
        whole: kind.start.min(pair.key.start)..kind.end.max(pair.value.end),
        secret: pair.value.clone(),
        decoded: pair.coded.then(|| Secret::new(text)),
        public_prefix: 0,
        parts: Vec::new(),
        evidence,
        confidence,
        severity: rule.severity,
        dismissed,
        traits: None,
    })
}

/// What a Secret holds beside secrets.
fn look_alike(text: &[u8]) -> Option<Dismissal> {
    if memchr::memmem::find(text, b"://").is_some() {
        return Some(Dismissal::LookAlike("a URL"));
    }
    if matches!(text.first(), Some(b'{' | b'[')) {
        return Some(Dismissal::LookAlike("a file"));
    }
    if is_password_file(text) {
        return Some(Dismissal::LookAlike("password hashes"));
    }
    let digits = |range: Range<usize>| {
        let part = text.get(range).unwrap_or_default();
        !part.is_empty() && part.iter().all(u8::is_ascii_digit)
    };
    if digits(0..4) && text.get(4) == Some(&b'-') && digits(5..7) && text.get(7) == Some(&b'-') {
        return Some(Dismissal::LookAlike("a date"));
    }
    let number = text.iter().all(|b| b.is_ascii_digit() || b".:".contains(b)) && text.len() < 8;
    number.then_some(Dismissal::LookAlike("a number"))
}

/// Why a value is not the private key that its name promises: the names are Kubernetes'
/// own, and what stands under them is PEM, which other rules parse.
fn no_key(name: &[u8], text: &[u8]) -> Option<Dismissal> {
    const NAMES: &[&[u8]] = &[b"tls.key", b"ca.key", b"ssh-privatekey"];
    let promised = NAMES.contains(&name);
    (promised && !text.starts_with(b"-----BEGIN")).then_some(Dismissal::LookAlike("no key"))
}

/// Whether a text is lines of a password file whose passwords are hashed.
fn is_password_file(text: &[u8]) -> bool {
    const SCHEMES: &[&[u8]] = &[b"$apr1$", b"$2y$", b"$2a$", b"$2b$", b"{SHA}", b"{SSHA}"];
    text.split(|b| *b == b'\n').all(|line| {
        let colon = line.iter().position(|b| *b == b':');
        let hash = colon.and_then(|colon| line.get(colon + 1..));
        hash.is_some_and(|hash| SCHEMES.iter().any(|scheme| hash.starts_with(scheme)))
    })
}

/// Whether a key says by its last word that its value is none of the secret ones.
fn is_no_secret(key: &[u8]) -> bool {
    const WORDS: &[&str] = &[
        "user",
        "username",
        "login",
        "email",
        "name",
        "host",
        "hostname",
        "port",
        "server",
        "database",
        "dbname",
        "db",
        "namespace",
        "namespaces",
        "endpoint",
        "region",
        "bucket",
        "url",
        "uri",
        "crt",
        "cert",
        "ca",
        "type",
        "project",
        "mtime",
        "passwordmtime",
        "version",
        "expires",
        "ttl",
        "id",
        "domain",
        "address",
        "addr",
        "path",
        "enabled",
        "mode",
    ];
    let lower = key.to_ascii_lowercase();
    let last = lower
        .rsplit(|b| b"_-.".contains(b))
        .next()
        .unwrap_or_default();
    WORDS.iter().any(|w| w.as_bytes() == last)
}

/// A key that says what it is, or a value that looks random, makes it probable.
fn confidence(key: &[u8], text: &[u8]) -> Confidence {
    const NAMES: &[&[u8]] = &[
        b"pass",
        b"pwd",
        b"token",
        b"secret",
        b"key",
        b"credential",
        b"auth",
    ];
    let key = key.to_ascii_lowercase();
    let named = NAMES
        .iter()
        .any(|n| memchr::memmem::find(&key, n).is_some());
    let has = |class: fn(&u8) -> bool| usize::from(text.iter().any(class));
    let classes = has(u8::is_ascii_lowercase)
        + has(u8::is_ascii_uppercase)
        + has(u8::is_ascii_digit)
        + has(u8::is_ascii_punctuation);
    let mixed = text.iter().any(u8::is_ascii_uppercase)
        && text.iter().any(u8::is_ascii_lowercase)
        && text.iter().any(u8::is_ascii_digit);
    let random = text.len() >= 10 && shannon(text) >= 3.0 && (mixed || text.len() >= 20);
    let words = text
        .iter()
        .all(|b| b.is_ascii_alphabetic() || b"-_., ".contains(b));
    if classes >= 2 && !text.contains(&b' ') && (random || named && !(words && classes < 3)) {
        Confidence::Medium
    } else {
        Confidence::Low
    }
}

/// A line of YAML: where it begins and ends, and the column of its key.
struct Line {
    span: Range<usize>,
    column: usize,
    /// The column of the dash that begins an item on this line.
    dash: Option<usize>,
}

impl Line {
    fn text<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        &bytes[(self.span.start + self.column).min(self.span.end)..self.span.end]
    }

    /// Whether nothing but blanks or a comment stands on it.
    fn is_empty(&self, bytes: &[u8]) -> bool {
        matches!(self.text(bytes).trim_ascii().first(), None | Some(b'#'))
    }
}

fn line_at(bytes: &[u8], start: usize, ceiling: usize) -> Line {
    let end = memchr::memchr(b'\n', &bytes[start..ceiling]).map_or(ceiling, |i| start + i);
    let text = &bytes[start..end];
    let blanks = text.iter().take_while(|b| **b == b' ').count();
    let item = text.get(blanks) == Some(&b'-') && text.get(blanks + 1) == Some(&b' ');
    let more = match item {
        true => {
            text[blanks + 1..]
                .iter()
                .take_while(|b| **b == b' ')
                .count()
                + 1
        }
        false => 0,
    };
    Line {
        span: start..end,
        column: blanks + more,
        dash: item.then_some(blanks),
    }
}

/// The lines of the object in which the kind stands, which are those around it that are
/// indented as much, up to the next item or document.
fn object_lines(bytes: &[u8], window: &Range<usize>, kind: &Range<usize>) -> (Vec<Line>, usize) {
    let before = &bytes[window.start..kind.start];
    let start = memchr::memrchr(b'\n', before).map_or(window.start, |i| window.start + i + 1);
    let own = line_at(bytes, start, window.end);
    let column = kind.start - start;
    if own.column != column {
        return (Vec::new(), 0);
    }
    let mut lines = Vec::new();
    let mut first = own.dash.is_some();
    let mut at = start;
    while !first && at > window.start {
        let previous = memchr::memrchr(b'\n', &bytes[window.start..at - 1]);
        let Some(previous) = previous.map(|i| window.start + i + 1).or_else(|| {
            // The first line of the window may be cut off.
            (window.start == 0).then_some(0)
        }) else {
            break;
        };
        let line = line_at(bytes, previous, window.end);
        at = previous;
        if line.is_empty(bytes) {
            continue;
        }
        if bytes[line.span.clone()].starts_with(b"---") || line.column < column {
            break;
        }
        if says_kind(&line, column, bytes) {
            break;
        }
        first = line.column == column && line.dash.is_some_and(|dash| dash < column);
        lines.push(line);
    }
    lines.reverse();
    let mut at = own.span.end + 1;
    lines.push(own);
    while at < window.end {
        let line = line_at(bytes, at, window.end);
        at = line.span.end + 1;
        if line.is_empty(bytes) {
            continue;
        }
        let next_item = line.dash.is_some_and(|dash| dash < column);
        if bytes[line.span.clone()].starts_with(b"---") || line.column < column || next_item {
            break;
        }
        if says_kind(&line, column, bytes) {
            break;
        }
        // A line that the window cuts off could be read wrongly.
        if line.span.end == window.end && window.end < bytes.len() {
            break;
        }
        lines.push(line);
    }
    (lines, column)
}

/// Whether a line says once more of the object that it is a Secret. What lies beyond is
/// next to that line and judged from there: else content that is made of kinds would
/// be read once per kind.
fn says_kind(line: &Line, column: usize, bytes: &[u8]) -> bool {
    let rest = line.text(bytes).strip_prefix(b"kind: Secret");
    line.column == column
        && rest.is_some_and(|rest| !rest.first().is_some_and(u8::is_ascii_alphanumeric))
}

fn yaml_pairs(bytes: &[u8], window: &Range<usize>, kind: &Range<usize>) -> Vec<Pair> {
    let (lines, column) = object_lines(bytes, window, kind);
    let mut pairs = Vec::new();
    let mut coded = None;
    let mut inner = None;
    for line in &lines {
        if line.column == column {
            (coded, inner) = (section(line.text(bytes)), None);
            continue;
        }
        let Some(coded) = coded else { continue };
        if line.column == *inner.get_or_insert(line.column) && line.dash.is_none() {
            pairs.extend(yaml_pair(bytes, line, coded));
        }
    }
    pairs
}

/// Which part of the object a line begins, if one that holds secrets.
fn section(text: &[u8]) -> Option<bool> {
    let rest = |name: &[u8]| {
        let rest = text.strip_prefix(name)?.trim_ascii();
        matches!(rest.first(), None | Some(b'#')).then_some(())
    };
    if rest(b"data:").is_some() {
        return Some(true);
    }
    rest(b"stringData:").map(|()| false)
}

fn yaml_pair(bytes: &[u8], line: &Line, coded: bool) -> Option<Pair> {
    let start = line.span.start + line.column;
    let text = line.text(bytes);
    let colon = memchr::memmem::find(text, b": ")?;
    let key = trim(bytes, start..start + colon, b" \"'");
    let rest = &text[colon + 1..];
    let lead = rest.iter().take_while(|b| **b == b' ').count();
    let value = start + colon + 1 + lead..line.span.end;
    let value = match bytes.get(value.start)? {
        // A text of several lines, an anchor, a tag, a list, a template.
        b'|' | b'>' | b'&' | b'*' | b'!' | b'[' | b'{' => return None,
        quote @ (b'"' | b'\'') => {
            let inside = value.start + 1;
            let end = memchr::memchr(*quote, &bytes[inside..value.end])?;
            inside..inside + end
        }
        _ => {
            let end = memchr::memmem::find(&bytes[value.clone()], b" #")
                .map_or(value.end, |i| value.start + i);
            trim(bytes, value.start..end, b" \t\r")
        }
    };
    (!value.is_empty() && !key.is_empty()).then_some(Pair { key, value, coded })
}

fn trim(bytes: &[u8], range: Range<usize>, set: &[u8]) -> Range<usize> {
    let text = &bytes[range.clone()];
    let front = text.iter().take_while(|b| set.contains(b)).count();
    let back = text[front..]
        .iter()
        .rev()
        .take_while(|b| set.contains(b))
        .count();
    range.start + front..range.end - back
}

/// The pairs of the JSON object in which the kind stands.
fn json_pairs(bytes: &[u8], window: &Range<usize>, kind: &Range<usize>) -> Vec<Pair> {
    let Some(open) = object_start(bytes, window.start, kind.start) else {
        return Vec::new();
    };
    let mut pairs = Vec::new();
    let mut depth = 0usize;
    // Whether the object one level down is `data` or `stringData`.
    let mut coded = None;
    let mut key: Option<Range<usize>> = None;
    let mut at = open + 1;
    while at < window.end {
        match bytes[at] {
            b'"' => {
                let Some(end) = string_end(bytes, at + 1, window.end) else {
                    break;
                };
                let text = at + 1..end;
                match (key.take(), coded) {
                    (Some(key), Some(coded)) if depth == 1 => {
                        pairs.extend((!text.is_empty()).then_some(Pair {
                            key,
                            value: text,
                            coded,
                        }));
                    }
                    (Some(_), _) => {}
                    (None, _) => key = Some(text),
                }
                at = end;
            }
            b'{' | b'[' => {
                if depth == 0 {
                    coded = match key.take().map(|k| &bytes[k]) {
                        Some(b"data") => Some(true),
                        Some(b"stringData") => Some(false),
                        _ => None,
                    };
                }
                key = None;
                depth += 1;
            }
            b'}' | b']' => {
                let Some(less) = depth.checked_sub(1) else {
                    break;
                };
                depth = less;
                key = None;
                if depth == 0 {
                    coded = None;
                }
            }
            b',' => key = None,
            _ => {}
        }
        at += 1;
    }
    pairs
}

/// The brace that opens the object in which `at` stands. Braces in strings are taken
/// for braces: what comes of it is at worst an object that is not found.
fn object_start(bytes: &[u8], floor: usize, at: usize) -> Option<usize> {
    let mut depth = 0usize;
    for i in (floor..at).rev() {
        match bytes[i] {
            b'}' => depth += 1,
            b'{' if depth == 0 => return Some(i),
            b'{' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn string_end(bytes: &[u8], from: usize, ceiling: usize) -> Option<usize> {
    let mut at = from;
    while at < ceiling {
        match bytes[at] {
            b'\\' => at += 1,
            b'"' => return Some(at),
            b'\n' => return None,
            _ => {}
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(String, String, bool)> {
        let at = text.find("kind").unwrap();
        let json = at > 0 && text.as_bytes()[at - 1] == b'"';
        let start = at - usize::from(json);
        let end = text[at..].find("Secret").unwrap() + at + 6;
        let window = 0..text.len();
        let found = match json {
            true => json_pairs(text.as_bytes(), &window, &(start..end)),
            false => yaml_pairs(text.as_bytes(), &window, &(start..end)),
        };
        let own = |r: Range<usize>| text[r].to_owned();
        found
            .into_iter()
            .map(|p| (own(p.key), own(p.value), p.coded))
            .collect()
    }

    #[test]
    fn data_and_string_data_of_one_document_are_read() {
        let text = "apiVersion: v1\nkind: ConfigMap\ndata:\n  no: eA==\n---\nmetadata:\n  name: a\ndata:\n  one: eHg= # why\n  \"two\": 'eHh4'\n  three: |\n    eHh4\nkind: Secret\nstringData:\n  four: plain text\ntype: Opaque\n---\ndata:\n  no: eA==\n";
        let text = text.replacen("kind: ConfigMap", "kin_: ConfigMap", 1);
        let want = [
            ("one", "eHg=", true),
            ("two", "eHh4", true),
            ("four", "plain text", false),
        ];
        let want: Vec<_> = want
            .iter()
            .map(|(k, v, c)| ((*k).to_owned(), (*v).to_owned(), *c))
            .collect();
        assert_eq!(pairs(&text), want);
    }

    #[test]
    fn an_item_of_a_list_ends_at_the_next() {
        let text = "items:\n- apiVersion: v1\n  data:\n    one: eHg=\n  kind: Secret\n  metadata:\n    name: a\n- data:\n    two: eHg=\n";
        assert_eq!(pairs(text).len(), 1);
    }

    #[test]
    fn json_objects_are_read_in_any_order() {
        let text = r#"{"data":{"one":"eHg=","two":"eHh4"},"kind":"Secret","metadata":{"name":"a","data":{"no":"x"}},"stringData":{"three":"x y"}}"#;
        assert_eq!(pairs(text).len(), 3);
    }

    #[test]
    fn nothing_panics_on_any_bytes() {
        let mut state = 88172645463325252u64;
        for _ in 0..20_000 {
            let mut text: Vec<u8> = Vec::new();
            for _ in 0..30 {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                let parts: [&[u8]; 14] = [
                    b"data:",
                    b"\n",
                    b"  ",
                    b"- ",
                    b"a: b",
                    b"\"data\":",
                    b"{",
                    b"}",
                    b"\"",
                    b":",
                    b"stringData:\n",
                    b"---\n",
                    b"\\",
                    b"\xff#",
                ];
                text.extend_from_slice(parts[(state % 14) as usize]);
            }
            for at in 0..text.len() {
                let kind = at..text.len().min(at + 5);
                yaml_pairs(&text, &(0..text.len()), &kind);
                json_pairs(&text, &(0..text.len()), &kind);
                yaml_pairs(&text, &(at / 2..text.len()), &kind);
            }
        }
    }
}
