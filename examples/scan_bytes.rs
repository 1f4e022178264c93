//! Finds credentials in standard input and prints where they stand.
//!
//!     cargo run --example scan_bytes < FILE

#![expect(clippy::print_stdout, reason = "an example that prints")]

use std::error::Error;
use std::io::Read;

use stopleak::blob::{Blob, BlobPath, Fresh};
use stopleak::detect::{Content, Detector, Scratch};
use stopleak::text::LineIndex;

fn main() -> Result<(), Box<dyn Error>> {
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes)?;

    let detector = Detector::builtin();
    let path = BlobPath::from("<stdin>");
    let blob = Blob {
        path: &path,
        bytes: &bytes,
        fresh: Fresh::All,
    };
    let lines = LineIndex::default();
    for candidate in detector.detect(&blob, Content::Text, &mut Scratch::default()) {
        // A dismissed candidate is a placeholder, a reference, or disproved.
        if candidate.dismissed.is_some() {
            continue;
        }
        let rule = detector.rules().get(candidate.rule);
        let at = lines.clone().position(&bytes, candidate.secret.start);
        println!(
            "{}:{}: {} ({} confidence)",
            at.line, at.column, rule.id, candidate.confidence
        );
    }
    Ok(())
}
