//! What is known and not to be reported: one function with an ordered list.
//! Nothing is thrown away; a suppressed finding says who suppressed it and why.

pub mod inline;

use crate::finding::{Candidate, SuppressedBy, Verdict};
use crate::rules::Confidence;

/// What a run suppresses.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Candidates below this are not reported.
    pub min_confidence: Confidence,
    /// Whether markers in source lines count.
    pub inline: bool,
}

/// Judges a candidate; `line` is the source line on which its secret starts.
pub fn judge(policy: &Policy, candidate: &Candidate, rule_id: &str, line: &[u8]) -> Verdict {
    if let Some(dismissal) = candidate.dismissed {
        return Verdict::Suppressed {
            by: dismissal.by(),
            reason: dismissal.reason().to_owned(),
        };
    }
    if candidate.confidence < policy.min_confidence {
        return Verdict::Suppressed {
            by: SuppressedBy::Confidence,
            reason: format!("{} confidence", candidate.confidence),
        };
    }
    match inline::marker(line, rule_id) {
        Some(reason) if policy.inline => Verdict::Suppressed {
            by: SuppressedBy::Inline,
            reason,
        },
        _ => Verdict::Report,
    }
}
