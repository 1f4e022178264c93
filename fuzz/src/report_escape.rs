//! What a terminal is given: nothing in it is unsafe, whatever the bytes were.
use stopleak::report::escape::{escape, escape_line, is_unsafe, width};

/// One input.
pub fn run(bytes: &[u8]) {
    for text in [escape(bytes), escape_line(bytes)] {
        assert!(!text.chars().any(is_unsafe));
        assert!(width(&text) <= 2 * text.chars().count());
    }
    if let Ok(text) = std::str::from_utf8(bytes)
        && !text.chars().any(is_unsafe)
    {
        assert_eq!(escape(bytes), text);
    }
}
