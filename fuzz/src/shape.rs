//! The shape notation. Any text parses into bounded alternatives, or fails with a position inside
//! it.
use super::input::Input;
use stopleak::rules::shape;

/// Runs one input.
pub fn run(bytes: &[u8]) {
    let text = Input::new(bytes).text();
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
}
