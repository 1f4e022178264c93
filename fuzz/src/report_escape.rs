//! Text for a terminal contains nothing unsafe, for any bytes.
use stopleak::report::escape::{escape, escape_line, is_unsafe, width};

/// Runs one input.
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
