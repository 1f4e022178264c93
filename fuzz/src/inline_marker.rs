//! Markers in the source, compared with a plain implementation of the same rules: line by line,
//! without windows. Both find the same markers.

use super::input::Input;
use stopleak::suppress::inline::{Markers, find};

const RULE: &str = "rule-a";
const OTHERS: [&str; 6] = [
    "gitleaks:allow",
    "betterleaks:allow",
    "trufflehog:ignore",
    "kingfisher:ignore",
    "pragma: allowlist secret",
    "ggignore",
];
const ABOVE: &str = "pragma: allowlist nextline secret";

/// Runs one input.
pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let (from, len) = (usize::from(input.short()), usize::from(input.byte()));
    // Windows around the secret are wider than this text. A carriage return ends a line on one side
    // only.
    let mut text = input.rest().to_vec();
    text.truncate(900);
    text.iter_mut()
        .filter(|b| **b == b'\r')
        .for_each(|b| *b = b' ');
    let start = from % (text.len() + 1);
    let end = (start + len).min(text.len());
    if start == end || text[end - 1] == b'\n' {
        return;
    }
    let marker = find(&text, &(start..end), RULE, &Markers::default());
    let plain = plain(&text, start, end);
    assert_eq!(
        marker.is_some(),
        plain,
        "{}",
        String::from_utf8_lossy(&text)
    );
    if let Some(marker) = marker {
        assert!(marker.line.end <= text.len() && !text[marker.line.clone()].contains(&b'\n'));
        assert!(!marker.reason.is_empty() && !marker.reason.contains('\n'));
    }
}

fn has(line: &[u8], word: &str) -> bool {
    line.windows(word.len()).any(|w| w == word.as_bytes())
}

/// Returns the forms of our markers in `text` that apply to the rule, in order. `-end` applies to
/// all.
fn forms(text: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for line in text.split(|b| *b == b'\n') {
        let line = String::from_utf8_lossy(line);
        for (at, mark) in line.match_indices("stopleak:allow") {
            let rest = &line[at + mark.len()..];
            let form = ["-next-line", "-start", "-end"]
                .into_iter()
                .find(|form| rest.starts_with(form))
                .unwrap_or_default();
            let rest = &rest[form.len()..];
            let next = rest.bytes().next();
            let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
            if next.is_some_and(word) && !rest.starts_with("-->") {
                continue;
            }
            let meant = match rest.strip_prefix('[') {
                None => true,
                Some(list) => list
                    .split_once(']')
                    .is_some_and(|(ids, _)| ids.split(',').any(|id| id.trim_ascii() == RULE)),
            };
            let form = match (form, meant) {
                ("-start", false) => "-start of others",
                ("-end", _) | (_, true) => form,
                _ => continue,
            };
            found.push(form.to_owned());
        }
    }
    found
}

fn plain(text: &[u8], start: usize, end: usize) -> bool {
    let begin = text[..start]
        .iter()
        .rposition(|b| *b == b'\n')
        .map_or(0, |at| at + 1);
    let close = text[end..]
        .iter()
        .position(|b| *b == b'\n')
        .map_or(text.len(), |at| end + at);
    // On any line of the secret.
    for line in text[begin..close].split(|b| *b == b'\n').take(201) {
        if forms(line).iter().any(String::is_empty) || OTHERS.iter().any(|o| has(line, o)) {
            return true;
        }
    }
    // On the line above.
    if begin > 0 {
        let above = text[..begin - 1]
            .rsplit(|b| *b == b'\n')
            .next()
            .unwrap_or_default();
        if forms(above).iter().any(|f| f == "-next-line") || has(above, ABOVE) {
            return true;
        }
    }
    // Around the secret.
    let open = forms(&text[..start])
        .iter()
        .rev()
        .find(|f| *f == "-start" || *f == "-end")
        .is_some_and(|f| f == "-start");
    let shut = forms(&text[end..])
        .iter()
        .find(|f| f.starts_with("-start") || *f == "-end")
        .is_some_and(|f| f == "-end");
    open && shut
}
