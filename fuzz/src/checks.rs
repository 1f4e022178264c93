//! Every offline check on any bytes: an outcome, the same each time, never a panic.
use stopleak::check::{CHECKS, Outcome};

/// One input.
pub fn run(bytes: &[u8]) {
    for (name, check) in CHECKS {
        let outcome = check(bytes);
        if let Outcome::Valid(what) = &outcome {
            assert!(!what.is_empty(), "{name}: valid without saying what");
        }
        assert_eq!(check(bytes), outcome, "{name}");
    }
}
