//! Every offline check on any bytes: the same outcome each time, never a panic.
use stopleak::check::{CHECKS, Outcome};

/// Runs one input.
pub fn run(bytes: &[u8]) {
    for (name, check) in CHECKS {
        let outcome = check(bytes);
        if let Outcome::Valid(what) = &outcome {
            assert!(!what.is_empty(), "{name}: valid without saying what");
        }
        assert_eq!(check(bytes), outcome, "{name}");
    }
}
