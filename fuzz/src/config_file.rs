//! The parser of configurations. Any text gives plain data or errors with positions, never a panic.
//! Accepted text compiles.
use super::input::Input;
use stopleak::config;
use stopleak::globs::PathSet;

/// Runs one input.
pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let (python, text) = (input.byte() & 1 != 0, input.text());
    let _ = config::looks_like_gitleaks(text);
    match config::parse("stopleak.toml", text, python) {
        Ok(config) => {
            for at in &config.allow {
                assert!(!at.value.reason.is_empty());
                assert!(at.place.line >= 1 && at.place.column >= 1);
                let globs = at.value.paths.iter().map(|glob| (0, glob.as_str()));
                // Too many globs together are an error, but each accepted glob compiles.
                let _ = PathSet::new(globs);
            }
        }
        Err(errors) => {
            assert!(!errors.is_empty(), "refused without a reason");
            for error in &errors {
                assert!(error.place.line >= 1 && error.place.column >= 1);
                assert!(error.place.line <= text.lines().count() + 1);
            }
        }
    }
}
