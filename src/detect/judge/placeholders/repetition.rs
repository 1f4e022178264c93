//! Recognises values that repeat themselves or run through the alphabet.

use crate::finding::Dismissal;

/// Why a value repeats itself: one byte or a short unit over and over, or a row of
/// neighbours in the alphabet.
pub(in crate::detect) fn repetition(value: &[u8]) -> Option<Dismissal> {
    if value.len() < 4 {
        return None;
    }
    let unit = (1..=4).any(|n| value.len() >= 3 * n && value.windows(n + 1).all(|w| w[0] == w[n]));
    let few = match value.len() {
        0..16 => false,
        16..24 => has_at_most(3, value),
        _ => has_at_most(5, value),
    };
    if unit || few {
        return Some(Dismissal::Placeholder("repeats itself"));
    }
    // A row that is long enough has a pair at one of these places.
    let shortest = value.len().min(8);
    let may_run = |at: usize| matches!(value[at].wrapping_sub(value[at + 1]), 0 | 1 | 255);
    if !(0..value.len() - 1).step_by(shortest - 1).any(may_run) {
        return None;
    }
    // Rows of one byte, of rising and of falling neighbours.
    let mut best = [1; 3];
    let (mut last, mut len) = (None, 1);
    for pair in value.windows(2) {
        let (a, b) = (pair[0], pair[1]);
        let kind = match b.wrapping_sub(a) {
            0 => Some(0),
            1 if a.is_ascii_alphanumeric() => Some(1),
            255 if b.is_ascii_alphanumeric() => Some(2),
            _ => None,
        };
        len = if kind == last { len + 1 } else { 2 };
        last = kind;
        if let Some(kind) = kind {
            best[kind] = len.max(best[kind]);
        }
    }
    let [same, rising, falling] = best;
    // Long values may hold a few zero bytes; base64 writes them as a row of `A`.
    if same >= 8.max(value.len() / 4).min(value.len()) {
        return Some(Dismissal::Placeholder("repeats one character"));
    }
    (rising.max(falling) >= 8.min(value.len())).then_some(Dismissal::Placeholder(
        "runs through the alphabet or the digits",
    ))
}

/// Whether there are at most so many different bytes, letters of either case being the same.
fn has_at_most(most: usize, value: &[u8]) -> bool {
    let (mut seen, mut count) = ([false; 256], 0);
    for byte in value {
        let known = &mut seen[usize::from(byte.to_ascii_lowercase())];
        count += usize::from(!*known);
        *known = true;
        if count > most {
            return false;
        }
    }
    true
}
