//! Contents of large projects that are no credentials: lock files, bundles, source maps, checksums,
//! public keys, translations, images in base64. Some megabytes of it, generated from a seed, give
//! no finding of medium or higher confidence.

#![expect(clippy::print_stdout, reason = "a failing table is read line by line")]

mod kinds;

use std::collections::BTreeMap;

use kinds::{KINDS, WORDS};
use stopleak::blob::{Blob, BlobPath, Fresh};
use stopleak::check::mint::Rng;
use stopleak::detect::{Content, Detector, Scratch};
use stopleak::finding::Candidate;
use stopleak::rules::Confidence;

/// The bytes of each kind.
const BYTES: usize = 192 * 1024;
/// The number of seeds.
const SEEDS: u64 = 2;

#[test]
fn noise_is_not_reported() {
    let detector = Detector::builtin();
    let mut scratch = Scratch::default();
    let mut wrong: BTreeMap<(&str, String), Vec<String>> = BTreeMap::new();
    let mut total = 0;
    for (name, path, make) in KINDS {
        for seed in 0..SEEDS {
            let mut rng = Rng::new(seed * 7919 + name.len() as u64);
            let mut text = String::new();
            while text.len() < BYTES {
                make(&mut rng, &mut text);
            }
            total += text.len();
            let path = BlobPath::from(*path);
            let blob = Blob {
                path: &path,
                bytes: text.as_bytes(),
                fresh: Fresh::All,
            };
            let found = detector.detect(&blob, Content::Text, &mut scratch);
            for c in found
                .into_iter()
                .filter(|c| c.dismissed.is_none() && c.confidence >= Confidence::Medium)
            {
                let rule = detector.rules().get(c.rule).id.to_string();
                let from = c.whole.start.saturating_sub(40);
                let to = text.len().min(c.whole.end.min(c.whole.start + 200) + 20);
                let around = String::from_utf8_lossy(&text.as_bytes()[from..to]).into_owned();
                wrong.entry((name, rule)).or_default().push(around);
            }
        }
    }
    for ((kind, rule), texts) in &wrong {
        println!("{kind}: {rule} ({} times)\n    {}", texts.len(), texts[0]);
    }
    assert!(total > 8 << 20, "only {total} bytes of noise");
    assert!(
        wrong.is_empty(),
        "{} kinds of noise are reported",
        wrong.len()
    );
}

/// A credential added to the same noise is found, so the test can fail.
#[test]
fn a_credential_among_noise_is_reported() {
    let detector = Detector::builtin();
    let token = stopleak::check::mint::mint_with_prefix("crc32-base62", "ghp_", 3);
    let token = String::from_utf8(token.unwrap_or_default()).unwrap_or_default();
    for (name, path, make) in KINDS {
        let mut rng = Rng::new(9);
        let mut text = String::new();
        while text.len() < 4096 {
            make(&mut rng, &mut text);
        }
        text.push_str(&format!("\n{token}\n"));
        while text.len() < 8192 {
            make(&mut rng, &mut text);
        }
        let path = BlobPath::from(*path);
        let blob = Blob {
            path: &path,
            bytes: text.as_bytes(),
            fresh: Fresh::All,
        };
        let found = detector.detect(&blob, Content::Text, &mut Scratch::default());
        // Stock words under a name are also found, with low confidence. A minified script
        // contains some (`this.passwordToken||"password"`).
        let is_stock = |c: &Candidate| {
            let value = String::from_utf8_lossy(&text.as_bytes()[c.secret.clone()]);
            c.confidence == Confidence::Low && WORDS.contains(&value.as_ref())
        };
        let live = found.iter().filter(|c| c.dismissed.is_none());
        assert_eq!(live.filter(|c| !is_stock(c)).count(), 1, "{name}");
    }
}
