//! The detector with all built-in rules on any bytes, read as text and as
//! binary. Spans are inside the content. Two halves of the content, each as the
//! fresh range, give together the same result as all of it.
use std::sync::OnceLock;

use super::input::Input;
use stopleak::blob::{Blob, BlobPath, Fresh};
use stopleak::detect::{Content, Detector, Scratch};
use stopleak::finding::Candidate;
use stopleak::rules::builtin;

fn detector() -> &'static Detector {
    static DETECTOR: OnceLock<Detector> = OnceLock::new();
    DETECTOR.get_or_init(|| Detector::new(builtin::ruleset()))
}

/// Runs one input.
pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let cut = input.short();
    let bytes = input.rest();
    let path = BlobPath::from("config/settings.env");
    let mut scratch = Scratch::default();
    let mut detect = |fresh: Fresh<'_>, content| -> Vec<Candidate> {
        let blob = Blob {
            path: &path,
            bytes,
            fresh,
        };
        detector().detect(&blob, content, &mut scratch)
    };
    for content in [Content::Text, Content::Binary] {
        let whole = detect(Fresh::All, content);
        for candidate in &whole {
            assert!(bytes.get(candidate.extent()).is_some());
            assert!(bytes.get(candidate.secret.clone()).is_some());
            assert!(!candidate.secret.is_empty());
        }
        let cut = usize::from(cut) % (bytes.len() + 1);
        let front = detect(Fresh::Ranges(std::slice::from_ref(&(0..cut))), content);
        let back = detect(
            Fresh::Ranges(std::slice::from_ref(&(cut..bytes.len()))),
            content,
        );
        for candidate in &whole {
            assert!(front.contains(candidate) || back.contains(candidate));
        }
        assert!(front.iter().chain(&back).all(|c| whole.contains(c)));
    }
}
