//! Values that are all of a small file: `master.key`, `.vault-token`, `.htpasswd`. No literal leads
//! to them; every small file is tried, and the path decides when candidates are resolved.

use super::find::{Role, Target};
use super::matcher;
use super::trace::Observer;
use super::verify::{self, Prepared, Subject};
use crate::finding::Candidate;
use crate::rules::{Boundary, Matcher, Rule, RuleIndex};

/// The largest file that is one value, in bytes.
pub(super) const FILE_MAX: usize = 512;

/// Whether content can be one value, or a row of them, one a line: small, and without
/// blanks inside. Nearly all content is told apart by its first words.
pub(super) fn is_one_value(bytes: &[u8]) -> bool {
    let value = bytes.trim_ascii();
    let sign = |b: &u8| b.is_ascii_graphic() || *b == b'\n';
    bytes.len() <= FILE_MAX && !value.is_empty() && value.iter().all(sign)
}

/// Appends the candidate that the content as a whole is, white space around it aside.
pub(super) fn verify<O: Observer>(
    rule: &Rule,
    prepared: &Prepared,
    index: RuleIndex,
    subject: &mut Subject<'_, O>,
    out: &mut Vec<Candidate>,
) {
    let bytes = subject.bytes;
    let Matcher::Shape(sequences) = &rule.matcher else {
        return;
    };
    if !is_one_value(bytes) {
        return;
    }
    let start = bytes.len() - bytes.trim_ascii_start().len();
    let end = bytes.trim_ascii_end().len();
    let Some(value) = bytes.get(..end).filter(|_| start < end) else {
        return;
    };
    let found = sequences.iter().find_map(|sequence| {
        matcher::starting(sequence, start, Boundary::None, value, subject.runs)
            .filter(|found| found.whole == (start..end))
            .map(|found| verify::from_shape(found, sequence, None))
    });
    if let Some(found) = found {
        let target = Target {
            rule: index,
            role: Role::Name,
        };
        subject.observer.attempt(target, &(start..start));
        verify::weigh(rule, prepared, target, found, subject, out);
    }
}
