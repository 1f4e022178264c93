//! Describes the steps of a trace in words, without any byte of a value.

use crate::check::Outcome;
use crate::detect::trace::{Miss, Step};
use crate::rules::Rule;

/// Returns a stable word for a step and what the step found, or None.
pub(super) fn step(step: &Step, rule: &Rule) -> Option<(&'static str, String)> {
    Some(match step {
        Step::Through(encodings) => ("encoding", format!("is encoded: {encodings}")),
        Step::Matched { value } => ("form", format!("matches, {} bytes", value.len())),
        Step::Word(_) => (
            "context",
            "a word that the rule wants stands near it".to_owned(),
        ),
        Step::Entropy { bits, least } => {
            let sign = if bits < least { "below" } else { "at least" };
            (
                "entropy",
                format!("{bits:.2} bits per byte, {sign} the {least:.1} wanted"),
            )
        }
        Step::Checked { outcome, drops } => ("check", checked(outcome, *drops, rule)),
        Step::StockWord => (
            "password",
            "a stock word, not a chosen password: low confidence".to_owned(),
        ),
        Step::Dismissed(why) => ("filter", why.reason().to_owned()),
        Step::Companion { name, at, required } => {
            let there = match (at, required) {
                (Some(_), _) => "stands nearby: high confidence",
                (None, true) => "must stand nearby and does not",
                (None, false) => "does not stand nearby, which is no condition",
            };
            ("companion", format!("its {name} {there}"))
        }
        Step::Weighed(text) => ("weighed", text.to_string()),
        Step::Missed(_) | Step::TextOnly | Step::NoWord | Step::Candidate => return None,
    })
}

fn checked(outcome: &Outcome, drops: bool, rule: &Rule) -> String {
    match outcome {
        Outcome::Valid(what) => format!("`{}` says valid: {what}", rule.check),
        Outcome::Invalid(why) if drops => {
            format!(
                "`{}` says invalid: {why}; such a value is no secret",
                rule.check
            )
        }
        Outcome::Invalid(why) => {
            format!("`{}` says invalid: {why}; low confidence", rule.check)
        }
        Outcome::Unknown => format!("`{}` says unknown: the form carries no proof", rule.check),
    }
}

/// Returns why a literal has no value.
pub(super) fn miss(miss: &Miss) -> String {
    match miss {
        Miss::GluedBefore => "glued to a letter or digit before it".to_owned(),
        Miss::GoesOn => "goes on after its longest form".to_owned(),
        Miss::Short {
            wanted,
            there,
            before,
        } => {
            let side = if *before { "before it" } else { "after it" };
            format!("needs {wanted} bytes of its alphabet {side}, {there} are there")
        }
        Miss::OtherLiteral => "another fixed part of the form is not there".to_owned(),
        Miss::Pattern => "the pattern does not match around it".to_owned(),
        Miss::NoValue => "nothing is assigned to that name here".to_owned(),
        Miss::AssignedForm(_) => "what is assigned has another form".to_owned(),
        Miss::NoneNear => "no value of that form stands near it".to_owned(),
        Miss::NameOfOther => "its name tells of something else than a credential".to_owned(),
        Miss::InsideWord => "it is a part of another word".to_owned(),
        Miss::Assignment(_) => "not a credential by its name, its syntax or its value".to_owned(),
        Miss::Form => "the form does not match here".to_owned(),
    }
}
