//! gitleaks' configurations, ignore files and reports. Any bytes give data or errors with
//! positions, never a panic. Accepted data compiles.
use stopleak::config::gitleaks::{self, Pattern};
use stopleak::suppress::gitleaks::{parse_baseline, parse_ignore};

/// Runs one input.
pub fn run(bytes: &[u8]) {
    let (_, bad) = parse_ignore(bytes);
    assert!(bad.iter().all(|(line, why)| *line > 0 && !why.is_empty()));
    if let Err(why) = parse_baseline(bytes) {
        assert!(!why.is_empty());
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(pattern) = Pattern::new(text) {
        // Only compiling can find that a pattern is too large.
        let size = "it takes too much memory";
        if let Err(why) = pattern.check() {
            assert!(why.starts_with(size), "{text:?}: {why}");
        }
    }
    let _ = gitleaks::is_shape(text);
    let none = |_: &str| Err("no file".to_owned());
    match gitleaks::parse(text, "fuzz", &none) {
        Ok(config) => assert!(config.rules.iter().all(|rule| !rule.id.is_empty())),
        Err(mistakes) => {
            assert!(!mistakes.is_empty(), "refused without a reason");
            assert!(mistakes.iter().all(|m| m.line >= 1 && m.column >= 1));
        }
    }
}
