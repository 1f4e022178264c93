//! Markers in a source line that accept the secret on it.

/// Markers of other scanners that people already have in their code.
const OTHERS: &[&str] = &[
    "gitleaks:allow",
    "betterleaks:allow",
    "trufflehog:ignore",
    "kingfisher:ignore",
    "pragma: allowlist secret",
    "ggignore",
];

/// The reason given by a marker on `line` that applies to `rule_id`, if there is one.
///
/// `stopleak:allow` accepts every rule, `stopleak:allow[rule-a,rule-b]` those named;
/// what follows is the reason.
pub fn marker(line: &[u8], rule_id: &str) -> Option<String> {
    const OURS: &[u8] = b"stopleak:allow";
    let mut from = 0;
    while let Some(at) = memchr::memmem::find(&line[from..], OURS) {
        let rest = &line[from + at + OURS.len()..];
        from += at + OURS.len();
        let text = String::from_utf8_lossy(&rest[..rest.len().min(200)]).into_owned();
        let (rules, reason) = match text.strip_prefix('[').and_then(|t| t.split_once(']')) {
            Some((rules, reason)) => (Some(rules.to_owned()), reason.to_owned()),
            None => (None, text),
        };
        let applies = rules.is_none_or(|r| r.split(',').any(|id| id.trim() == rule_id));
        if applies {
            let reason = reason.trim_matches(|c: char| c.is_whitespace() || "*/->#:;".contains(c));
            return Some(if reason.is_empty() {
                "stopleak:allow".to_owned()
            } else {
                reason.to_owned()
            });
        }
    }
    let found = OTHERS
        .iter()
        .find(|m| memchr::memmem::find(line, m.as_bytes()).is_some());
    found.map(|m| (*m).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_accepts_all_rules_or_those_named() {
        assert_eq!(
            marker(b"x # stopleak:allow test key", "a").as_deref(),
            Some("test key")
        );
        assert_eq!(
            marker(b"x # stopleak:allow[a, b] rotated */", "b").as_deref(),
            Some("rotated")
        );
        assert_eq!(marker(b"x # stopleak:allow[a]", "c"), None);
        assert_eq!(
            marker(b"x // gitleaks:allow", "c").as_deref(),
            Some("gitleaks:allow")
        );
        assert_eq!(marker(b"nothing", "c"), None);
    }
}
