//! Parses betterleaks' filters as far as they are plain: lists of patterns and words compared
//! with a path, a line or a secret, joined by `||`, `&&` and parentheses.
//!
//! Reads both spellings: 1.x (`attributes[?"path"].orValue("")`, `r"""…"""`) and 2
//! (`attributes["path"]`, text between backquotes). Keeps everything else as text, to report
//! it as not imported.

/// The subject of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// `attributes["…"]`
    Attribute(String),
    /// `finding["…"]`
    Finding(String),
}

/// A filter. It discards a finding if it holds.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Filter {
    /// One of these holds.
    Any(Vec<Filter>),
    /// All of these hold.
    All(Vec<Filter>),
    /// One of the patterns matches.
    Matches(Subject, Vec<String>),
    /// One of the words occurs, in any case.
    Contains(Subject, Vec<String>),
    /// The subject equals one of these.
    Is(Subject, Vec<String>),
    /// The secret's entropy is below this. `<=` is treated as `<`: that reports more, never
    /// less.
    Entropy(f64),
    /// Anything else, as text.
    Other(String),
}

/// The limit of nested parentheses.
const DEPTH: usize = 20;

/// Parses a filter. Anything unreadable becomes [`Filter::Other`].
pub(super) fn parse(text: &str) -> Filter {
    any(text, DEPTH)
}

fn any(text: &str, depth: usize) -> Filter {
    let parts = split(text, "||");
    match parts.len() {
        0 | 1 => all(text, depth),
        _ => {
            let parts = parts.into_iter().map(|part| all(part, depth));
            // (a || b) || c
            let flat = parts.flat_map(|part| match part {
                Filter::Any(inner) => inner,
                other => vec![other],
            });
            Filter::Any(flat.collect())
        }
    }
}

fn all(text: &str, depth: usize) -> Filter {
    let parts = split(text, "&&");
    match parts.len() {
        0 | 1 => one(text.trim(), depth),
        _ => Filter::All(parts.into_iter().map(|p| one(p.trim(), depth)).collect()),
    }
}

fn one(text: &str, depth: usize) -> Filter {
    let inside = text.strip_prefix('(').and_then(|t| t.strip_suffix(')'));
    if let (Some(inside), Some(less)) = (inside, depth.checked_sub(1))
        && closes(text)
    {
        return any(inside, less);
    }
    plain(text).unwrap_or_else(|| {
        let words: Vec<&str> = text.split_whitespace().collect();
        Filter::Other(words.join(" "))
    })
}

/// Whether the last character of `text` closes its first parenthesis.
fn closes(text: &str) -> bool {
    let mut depth = 0usize;
    let mut open = true;
    for (at, c, quoted) in outside(text) {
        match c {
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && at + 1 < text.len() {
            open = false;
        }
    }
    open && depth == 0
}

/// Parses a call or a comparison.
fn plain(text: &str) -> Option<Filter> {
    let text = text.strip_prefix("filter.").unwrap_or(text);
    if let Some(rest) = text.strip_prefix("entropy") {
        let (what, rest) = parenthesis(rest)?;
        let least = rest.trim().strip_prefix('<')?;
        let least = least.strip_prefix('=').unwrap_or(least).trim();
        let least = least.parse().ok()?;
        let secret = subject(what)? == Subject::Finding("secret".to_owned());
        return secret.then_some(Filter::Entropy(least));
    }
    for (name, matches) in [("matchesAny", true), ("containsAny", false)] {
        let Some(rest) = text.strip_prefix(name) else {
            continue;
        };
        let (arguments, rest) = parenthesis(rest)?;
        let [what, values] = split(arguments, ",")[..] else {
            return None;
        };
        let (subject, values) = (subject(what)?, list(values)?);
        let filter = if matches {
            Filter::Matches(subject, values)
        } else {
            Filter::Contains(subject, values)
        };
        return rest.trim().is_empty().then_some(filter);
    }
    if let [what, value] = split(text, "==")[..] {
        return Some(Filter::Is(subject(what)?, vec![string(value)?]));
    }
    let (what, values) = text.split_once(" in ")?;
    Some(Filter::Is(subject(what)?, list(values)?))
}

/// Returns the content of the parentheses that `text` starts with, and the rest.
fn parenthesis(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    let mut depth = 0usize;
    for (at, c, quoted) in outside(text) {
        match c {
            '(' if !quoted => depth += 1,
            ')' if !quoted => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some((text.get(1..at)?, text.get(at + 1..)?));
                }
            }
            _ if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

/// Parses `attributes["path"]`, `attributes[?"path"].orValue("")`, `get(attributes, "path",
/// "")`.
fn subject(text: &str) -> Option<Subject> {
    let text = text.trim();
    if let Some(rest) = text.strip_prefix("get(") {
        let parts = split(rest.strip_suffix(')')?, ",");
        let [map, key, _] = parts[..] else {
            return None;
        };
        return (map.trim() == "attributes").then(|| Some(Subject::Attribute(string(key)?)))?;
    }
    let (map, rest) = text.split_once('[')?;
    let (key, rest) = rest.split_once(']')?;
    let key = string(key.strip_prefix('?').unwrap_or(key))?;
    if !matches!(rest.trim(), "" | ".orValue(\"\")") {
        return None;
    }
    match map.trim() {
        "attributes" => Some(Subject::Attribute(key)),
        "finding" => Some(Subject::Finding(key)),
        _ => None,
    }
}

/// Parses `["a", "b"]`.
fn list(text: &str) -> Option<Vec<String>> {
    let inside = text.trim().strip_prefix('[')?.strip_suffix(']')?;
    let parts = split(inside, ",").into_iter();
    let parts: Vec<&str> = parts.map(str::trim).filter(|p| !p.is_empty()).collect();
    let values: Option<Vec<String>> = parts.into_iter().map(string).collect();
    values.filter(|values| !values.is_empty())
}

/// Parses a string: raw between backquotes or after `r`, with escapes between quotes.
fn string(text: &str) -> Option<String> {
    let text = text.trim();
    for (open, close) in [
        ("r\"\"\"", "\"\"\""),
        ("`", "`"),
        ("r\"", "\""),
        ("r'", "'"),
    ] {
        if let Some(rest) = text.strip_prefix(open) {
            return rest.strip_suffix(close).map(str::to_owned);
        }
    }
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let inside = text.strip_prefix(quote)?.strip_suffix(quote)?;
    let mut out = String::new();
    let mut chars = inside.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        out.push(match chars.next()? {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            c @ ('\\' | '"' | '\'' | '`' | '/') => c,
            _ => return None,
        });
    }
    Some(out)
}

/// Splits `text` at each `mark` outside of quotes and brackets.
fn split<'t>(text: &'t str, mark: &str) -> Vec<&'t str> {
    let mut parts = Vec::new();
    let (mut from, mut depth, mut skip) = (0, 0usize, 0);
    for (at, c, quoted) in outside(text) {
        if quoted {
            continue;
        }
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ if depth == 0 && at >= skip && text[at..].starts_with(mark) => {
                parts.push(&text[from..at]);
                from = at + mark.len();
                skip = from;
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    parts
}

/// Returns the characters of `text` with their positions, and whether each is in a string.
fn outside(text: &str) -> impl Iterator<Item = (usize, char, bool)> {
    // The mark that ends the current string, and the earliest position of its end.
    let mut open: Option<&str> = None;
    let mut from = 0;
    let mut escaped = false;
    text.char_indices().map(move |(at, c)| {
        if at < from {
            // The rest of a mark with several characters.
            return (at, c, true);
        }
        let Some(close) = open else {
            let marks = ["\"\"\"", "\"", "'", "`"];
            open = marks.into_iter().find(|mark| text[at..].starts_with(mark));
            from = at + open.map_or(0, str::len);
            return (at, c, open.is_some());
        };
        if escaped {
            escaped = false;
        } else if c == '\\' && matches!(close, "\"" | "'") {
            escaped = true;
        } else if text[at..].starts_with(close) {
            open = None;
            from = at + close.len();
        }
        (at, c, true)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path() -> Subject {
        Subject::Attribute("path".to_owned())
    }

    fn secret() -> Subject {
        Subject::Finding("secret".to_owned())
    }

    fn texts(all: &[&str]) -> Vec<String> {
        all.iter().map(|t| (*t).to_owned()).collect()
    }

    #[test]
    fn both_spellings_are_read() {
        for text in [
            r#"matchesAny(attributes["path"], [`^a/`, `b\.txt$`])"#,
            r#"filter.matchesAny(get(attributes, "path", ""), [`^a/`, `b\.txt$`])"#,
            r#"(matchesAny(attributes[?"path"].orValue(""), [
                 r"""^a/""",
                 r"""b\.txt$"""
               ]))"#,
        ] {
            let wanted = Filter::Matches(path(), texts(&["^a/", r"b\.txt$"]));
            assert_eq!(parse(text), wanted, "{text}");
        }
    }

    #[test]
    fn parts_are_joined_as_they_are_written() {
        let text = r#"
            containsAny(finding["secret"], ["a,b", "c) || d"])
            || (matchesAny(finding["line"], [`x && y`]) && finding["secret"] == "v")
            || (entropy(finding["secret"]) <= 3.5 || failsTokenEfficiency(finding["secret"]))
            || attributes["git.sha"] in ["0123", '45']"#;
        let line = Subject::Finding("line".to_owned());
        let sha = Subject::Attribute("git.sha".to_owned());
        let wanted = Filter::Any(vec![
            Filter::Contains(secret(), texts(&["a,b", "c) || d"])),
            Filter::All(vec![
                Filter::Matches(line, texts(&["x && y"])),
                Filter::Is(secret(), texts(&["v"])),
            ]),
            Filter::Entropy(3.5),
            Filter::Other("failsTokenEfficiency(finding[\"secret\"])".to_owned()),
            Filter::Is(sha, texts(&["0123", "45"])),
        ]);
        assert_eq!(parse(text), wanted);
    }

    #[test]
    fn what_is_not_plain_is_kept_as_it_stands() {
        for text in [
            "",
            "(",
            "matchesAny(",
            "!matchesAny(attributes[\"path\"], [`a`])",
            "let x = 1; x == 2",
            "matchesAny(finding[\"secret\"], [x])",
            "entropy(finding[\"secret\"]) > 3",
            "any(finding[\"captures\"], {# == \"a\"})",
            "finding[\"secret\"] == \"a",
        ] {
            assert!(matches!(parse(text), Filter::Other(_)), "{text}");
        }
        let deep = "(".repeat(100_000) + &")".repeat(100_000);
        assert!(matches!(parse(&deep), Filter::Other(_)));
    }
}
