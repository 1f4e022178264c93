//! Tries rules on a text and reports the result.

use crate::blob::{Blob, BlobPath, Fresh};
use crate::detect::{Content, Detector, Scratch};
use crate::report::escape::escape;
use crate::report::mask::Needles;
use crate::secret::Secret;

/// The result of rules on a text.
pub struct Trial {
    /// Findings and dismissed candidates, one line each, masked.
    pub lines: Vec<String>,
    /// Whether anything was found.
    pub found: bool,
}

/// Runs the rules of `detector` over `input`.
pub fn try_rule(detector: &Detector, input: &[u8]) -> Trial {
    let path = BlobPath::from("<text>");
    let blob = Blob {
        path: &path,
        bytes: input,
        fresh: Fresh::All,
    };
    let candidates = detector.detect(&blob, Content::Text, &mut Scratch::default());
    let spans = candidates.iter().flat_map(|c| {
        let parts = c.parts.iter().map(|p| p.span.clone());
        std::iter::once(c.secret.clone()).chain(parts)
    });
    let needles = Needles::new(spans.map(|span| &input[span]));
    let mut trial = Trial {
        lines: Vec::new(),
        found: false,
    };
    for candidate in &candidates {
        let secret = Secret::with_public_prefix(
            &input[candidate.secret.clone()],
            usize::from(candidate.public_prefix),
        );
        let place = format!("bytes {}-{}", candidate.secret.start, candidate.secret.end);
        trial.lines.push(match candidate.dismissed {
            Some(why) => format!("dismissed: {secret} at {place}: {}", why.reason()),
            None => {
                trial.found = true;
                let why = needles.mask(&candidate.evidence.join("; "));
                let why = escape(why.as_bytes());
                format!(
                    "found: {secret} at {place}, {} confidence: {why}",
                    candidate.confidence
                )
            }
        });
    }
    if candidates.is_empty() {
        trial.lines.push("nothing found".to_owned());
    }
    trial
}
