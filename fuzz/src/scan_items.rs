//! Lines of a list of items. A line has a path that reports can show, or it is told why it is none;
//! what is told never quotes the line.

use stopleak::source::items::path_of_item;

/// Runs one input.
pub fn run(bytes: &[u8]) {
    for line in bytes.split(|byte| *byte == b'\n') {
        match path_of_item(line) {
            Ok(path) => assert!(!path.as_bytes().is_empty()),
            Err(why) => {
                assert!(!why.is_empty() && why.len() < 300, "{why}");
                let quoted = line
                    .windows(24)
                    .filter(|w| w.iter().all(u8::is_ascii_digit));
                for digits in quoted {
                    let digits = String::from_utf8_lossy(digits);
                    assert!(!why.contains(&*digits), "{why}");
                }
            }
        }
    }
}
