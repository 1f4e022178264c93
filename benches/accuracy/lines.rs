//! Runs the detector over labelled lines: rows of tab-separated values on standard
//! input, candidates of each on standard output. `measure.py` reads them.
//!
//! A row is `path`, `before`, `line`, `after`; the three lines become one small blob.
//! A candidate whose secret begins in the middle line is one row of output: number of
//! the input row, bytes of the secret in the line, confidence, rule, the reason of a
//! dismissal or `-`, and for the generic rule its features and logit.

#![expect(clippy::print_stdout, reason = "this is what the program is for")]
#![expect(clippy::unwrap_used, reason = "a benchmark may panic as tests do")]

use std::io::{BufRead as _, BufWriter, Write as _};

use stopleak::blob::{Blob, BlobPath, Fresh};
use stopleak::detect::{Content, Detector, Scratch};

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
        let bytes = [before, b"\n", line, b"\n", after, b"\n"].concat();
        let middle = before.len() + 1..before.len() + 1 + line.len();
        let path = BlobPath::new(path);
        let blob = Blob {
            path: &path,
            bytes: &bytes,
            fresh: Fresh::All,
        };
        for candidate in detector.detect(&blob, Content::Text, &mut scratch) {
            if !middle.contains(&candidate.secret.start) {
                continue;
            }
            writeln!(
                out,
                "{number}\t{}\t{}\t{}\t{}\t{}\t-",
                candidate.secret.start - middle.start,
                candidate.secret.end - middle.start,
                candidate.confidence.id(),
                detector.rules().get(candidate.rule).id,
                candidate.dismissed.map_or("-", |d| d.reason()),
            )
            .unwrap();
        }
    }
}
