//! What is said about a rule to a person.

use crate::rules::{Matcher, Rule, Within};

/// A rule in words, a paragraph a line.
pub(super) fn rule(rule: &Rule) -> String {
    let mut out = format!("{}: {}\n", rule.id, rule.title);
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            out.push_str(&format!("  {name:<11} {value}\n"));
        }
    };
    line("provider", &rule.provider);
    line("type", rule.secret_type.id());
    line("severity", rule.severity.id());
    line("confidence", rule.confidence.id());
    line("why", &rule.rationale);
    let how = match &rule.matcher {
        Matcher::Shape(sequences) => {
            match sequences.first().map(crate::rules::Sequence::len_bounds) {
                Some((min, max)) if min == max => format!("a shape of {min} bytes"),
                Some((min, max)) => format!("a shape of {min} to {max} bytes"),
                None => String::new(),
            }
        }
        Matcher::Pattern { .. } => "a pattern around a fixed literal".to_owned(),
        Matcher::Assignment => "a value assigned to a name that says it is a credential".to_owned(),
        Matcher::Fragment => "a regular expression over the whole file".to_owned(),
    };
    line("matched by", &how);
    if let Some(context) = &rule.context {
        let place = match context.within {
            Within::Assignment => "in the name that the value is assigned to".to_owned(),
            Within::Line => "on the same line".to_owned(),
            Within::Bytes(n) => format!("at most {n} bytes away"),
        };
        line("needs", &format!("{} {place}", context.words.join(", ")));
    }
    line("proved by", &rule.check);
    for companion in rule.companions.iter() {
        let need = if companion.required {
            "must stand"
        } else {
            "may stand"
        };
        line(
            "with",
            &format!(
                "{} {need} at most {} bytes away",
                companion.name, companion.within
            ),
        );
    }
    line("lives", &rule.lifetime);
    line("revoke", &rule.revoke);
    line("docs", &rule.docs);
    out
}
