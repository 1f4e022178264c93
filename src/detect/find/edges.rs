//! What stands at the edges of a literal or value: whether a literal is there, and
//! whether anything is glued to it. The gate asks this first, and the forms ask it again.

use crate::rules::Step;
use crate::rules::class::ALNUM;

/// Whether `literal` stands at `at`.
pub(in crate::detect) fn literal_at(bytes: &[u8], at: usize, literal: &[u8], fold: bool) -> bool {
    let Some(there) = bytes.get(at..at + literal.len()) else {
        return false;
    };
    if fold {
        there.eq_ignore_ascii_case(literal)
    } else {
        there == literal
    }
}

/// Whether nothing is glued to the left of a value at `at`, which would make it the tail of
/// a longer word.
///
/// Letters, digits and bytes of the first run's class glue. The end of an escape sequence
/// (`\n`, `%3D`, `\u003d`) does not.
pub(in crate::detect) fn left_is_free(bytes: &[u8], at: usize, first: Option<&Step>) -> bool {
    let Some(&before) = at.checked_sub(1).and_then(|i| bytes.get(i)) else {
        return true;
    };
    // Padding ends a value and never begins one: `KEY=abc` is an assignment.
    let glued = before != b'='
        && (ALNUM.has(before) || matches!(first, Some(Step::Run { set, .. }) if set.has(before)));
    if !glued {
        return true;
    }
    let back = |n: usize| at.checked_sub(n).and_then(|i| bytes.get(i)).copied();
    let hex = |n: usize| back(n).is_some_and(|b| b.is_ascii_hexdigit());
    (b"nrtbfv0".contains(&before) && back(2) == Some(b'\\'))
        || (back(3) == Some(b'%') && hex(1) && hex(2))
        || (back(6) == Some(b'\\') && back(5) == Some(b'u') && hex(1) && hex(2) && hex(3) && hex(4))
}

/// Whether a value that ends before `at` does not go on there.
pub(in crate::detect) fn right_is_free(bytes: &[u8], at: usize, last: Option<&Step>) -> bool {
    let Some(&after) = bytes.get(at) else {
        return true;
    };
    let goes_on = ALNUM.has(after) || matches!(last, Some(Step::Run { set, .. }) if set.has(after));
    !goes_on
}
