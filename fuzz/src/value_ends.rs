//! Where values end. A value goes on within its bytes, and how far is decided by the bytes within
//! reach of its beginning.

use stopleak::detect::{VALUE_REACH, value_ends};

use super::input::Input;

/// Runs one input: where the rule's match and the value begin, how long the head is, and the text.
pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let (start, before, len) = (input.short(), input.byte(), input.byte());
    let text = input.rest();
    let start = usize::from(start) % (text.len() + 1);
    let end = (start + usize::from(len % 32)).min(text.len());
    let whole = start.saturating_sub(usize::from(before % 40));
    let all = value_ends(text, whole..end, start..end);
    for tail in all.iter().flat_map(|tails| &tails.0) {
        assert!(
            end + usize::from(*tail) <= text.len(),
            "a value ends beyond its bytes"
        );
    }
    let from = whole.min(start.saturating_sub(VALUE_REACH));
    let to = text.len().min(start + VALUE_REACH);
    let near = value_ends(
        &text[from..to],
        whole - from..end - from,
        start - from..end - from,
    );
    assert_eq!(all, near, "what is out of reach decides");
}
