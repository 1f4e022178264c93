//! The notation of shapes: any text parses into bounded alternatives or is refused
//! with a place inside it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stopleak::rules::shape;

fuzz_target!(|text: &str| {
    match shape::parse(text) {
        Ok(sequences) => {
            for sequence in &sequences {
                let (least, most) = sequence.len_bounds();
                assert!(least <= most);
                assert!(sequence.public_prefix() <= most);
                let (first, last) = sequence.secret;
                assert!(first <= last && usize::from(last) <= sequence.steps.len());
            }
        }
        Err(error) => assert!(error.at <= text.len()),
    }
});
