//! The parser of rule files: any text gives rules or errors with positions, never a panic.
use super::input::Input;
use stopleak::rules::spec;

/// Runs one input.
pub fn run(bytes: &[u8]) {
    let text = Input::new(bytes).text();
    match spec::parse(text) {
        Ok(rules) => {
            for rule in &rules {
                assert!(!rule.id.is_empty());
            }
        }
        Err(errors) => {
            assert!(!errors.is_empty(), "refused without a reason");
            for error in &errors {
                assert!(error.line >= 1 && error.column >= 1);
                assert!(error.line <= text.lines().count() + 1);
            }
        }
    }
}
