//! Runs the detector over labelled lines. Reads rows of tab-separated values from standard input
//! and prints the candidates of each. `measure.py` reads the output.
//!
//! An input row is `path`, `before`, `line`, `after`; the three lines become one small blob. A
//! candidate with a part that starts in the middle line becomes one row of output: number of the
//! input row, start and end of the secret in the line, confidence, rule, the reason of a dismissal
//! or `-`, and the generic rule's logit and features.

#![expect(clippy::unwrap_used, reason = "a benchmark may panic as tests do")]

use std::io::{BufRead as _, BufWriter, Write as _};

use stopleak::blob::{Blob, BlobPath, Fresh};
use stopleak::detect::{Content, Detector, Scratch, generic_features, generic_reasons};

fn main() {
    let detector = Detector::builtin();
    let mut scratch = Scratch::default();
    let mut out = BufWriter::new(std::io::stdout().lock());
    for (number, row) in std::io::stdin().lock().split(b'\n').enumerate() {
        let row = row.unwrap();
        let fields: Vec<&[u8]> = row.split(|b| *b == b'\t').collect();
        let [path, before, line, after] = fields[..] else {
            continue;
        };
        if path == b"--features" {
            // Row -1: the names of all features, in order.
            writeln!(
                out,
                "-1\t0\t0\t-\t-\t-\t0\t{}",
                generic_features().join(" ")
            )
            .unwrap();
            continue;
        }
        let bytes = [before, b"\n", line, b"\n", after, b"\n"].concat();
        let middle = before.len() + 1..before.len() + 1 + line.len();
        let path = BlobPath::new(path);
        let blob = Blob {
            path: &path,
            bytes: &bytes,
            fresh: Fresh::All,
        };
        for candidate in detector.detect(&blob, Content::Text, &mut scratch) {
            // A companion in the line counts as well, such as the secret of a key id above it.
            let parts = candidate.parts.iter().map(|part| &part.span);
            let spans = std::iter::once(&candidate.secret).chain(parts);
            let Some(span) = spans.into_iter().find(|s| middle.contains(&s.start)) else {
                continue;
            };
            let reasons = generic_reasons(&candidate, &path);
            let features = reasons
                .iter()
                .filter(|(name, _)| name != "bias" && name != "score");
            let names: Vec<&str> = features.map(|(name, _)| name.as_str()).collect();
            let score = reasons.last().map_or(0.0, |(_, score)| *score);
            writeln!(
                out,
                "{number}\t{}\t{}\t{}\t{}\t{}\t{score}\t{}",
                span.start - middle.start,
                span.end - middle.start,
                candidate.confidence.id(),
                detector.rules().get(candidate.rule).id,
                candidate.dismissed.map_or("-", |d| d.reason()),
                names.join(" "),
            )
            .unwrap();
        }
    }
}
