//! Describes the form of a rule's values in words.

use crate::rules::class::ByteSet;
use crate::rules::{Matcher, Rule, Sequence, Step, Within};

/// How many alternatives of a shape are spelled out.
const ALTERNATIVES: usize = 4;

/// Describes the form of the values, one line per alternative.
pub(super) fn form(rule: &Rule) -> Vec<String> {
    match &rule.matcher {
        Matcher::Shape(sequences) => {
            let mut lines: Vec<String> =
                sequences.iter().take(ALTERNATIVES).map(sequence).collect();
            if sequences.len() > ALTERNATIVES {
                lines.push(format!("and {} more", sequences.len() - ALTERNATIVES));
            }
            lines
        }
        Matcher::Pattern { regex, .. } => vec![format!("the pattern {regex}")],
        Matcher::Fragment => vec!["a rule of a gitleaks configuration".to_owned()],
        Matcher::Manifest => {
            vec!["a value of a Kubernetes Secret, in base64 or plain".to_owned()]
        }
        Matcher::Assignment => {
            vec!["a value assigned to a name that says that it is a credential".to_owned()]
        }
    }
}

/// Returns where a context word must be.
pub(super) fn within(within: Within) -> String {
    match within {
        Within::Assignment => "in the name that the value is assigned to".to_owned(),
        Within::Line => "on the same line, at most 400 bytes away".to_owned(),
        Within::Bytes(n) => format!("at most {n} bytes away, before or after"),
    }
}

fn sequence(sequence: &Sequence) -> String {
    let parts: Vec<String> = sequence.steps.iter().map(step).collect();
    let (min, max) = sequence.len_bounds();
    let length = if min == max {
        format!("{min} bytes")
    } else {
        format!("{min} to {max} bytes")
    };
    format!("{} ({length})", parts.join(", then "))
}

fn step(step: &Step) -> String {
    match step {
        Step::Lit { bytes, fold } => {
            let case = if *fold { " in any case" } else { "" };
            format!("`{}`{case}", literal(bytes))
        }
        Step::Run { set, min, max } if min == max => format!("{min} of {}", alphabet(set)),
        Step::Run { set, min, max } => format!("{min} to {max} of {}", alphabet(set)),
    }
}

/// Returns a literal as in a file; escapes only unprintable bytes.
fn literal(bytes: &[u8]) -> String {
    let shown = |b: &u8| match b {
        b' '..=b'~' => char::from(*b).to_string(),
        _ => b.escape_ascii().to_string(),
    };
    bytes.iter().map(shown).collect()
}

/// Returns the members of a set: ranges, then single characters.
fn alphabet(set: &ByteSet) -> String {
    if set.len() > 200 {
        return "any byte but a few".to_owned();
    }
    let members: Vec<u8> = set.iter().collect();
    let mut ranges: Vec<(u8, u8)> = Vec::new();
    for byte in members {
        let kind = |b: u8| {
            (
                b.is_ascii_uppercase(),
                b.is_ascii_lowercase(),
                b.is_ascii_digit(),
            )
        };
        match ranges.last_mut() {
            Some(last) if last.1.checked_add(1) == Some(byte) && kind(last.1) == kind(byte) => {
                last.1 = byte;
            }
            _ => ranges.push((byte, byte)),
        }
    }
    ranges.sort_by_key(|(first, _)| (!first.is_ascii_alphanumeric(), *first));
    let shown: Vec<String> = ranges
        .iter()
        .map(|(a, b)| match (a, b) {
            _ if a == b => a.escape_ascii().to_string(),
            (b'!'..=b'/' | b':'..=b'@' | b'['..=b'`' | b'{'..=b'~', _) if b - a < 4 => {
                (*a..=*b).map(|c| c.escape_ascii().to_string()).collect()
            }
            _ => format!("{}-{}", a.escape_ascii(), b.escape_ascii()),
        })
        .collect();
    shown.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::class::named;

    #[test]
    fn alphabets_are_ranges_and_signs() {
        assert_eq!(alphabet(&named("base62").unwrap()), "0-9 A-Z a-z");
        assert_eq!(alphabet(&named("hex").unwrap()), "0-9 a-f");
        assert_eq!(alphabet(&named("b64u").unwrap()), "0-9 A-Z a-z - _");
    }

    #[test]
    fn shapes_are_read_out() {
        let sequences = crate::rules::shape::parse("\"ab_\" hex{4..8}").unwrap();
        assert_eq!(
            sequence(&sequences[0]),
            "`ab_`, then 4 to 8 of 0-9 a-f (7 to 11 bytes)"
        );
    }
}
