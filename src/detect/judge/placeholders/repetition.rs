//! Recognises values that repeat themselves or run through the alphabet.

use crate::finding::Dismissal;

/// Why a value repeats itself: one byte or a short unit over and over, or a row of
/// neighbours in the alphabet.
pub(in crate::detect) fn repetition(value: &[u8]) -> Option<Dismissal> {
    if value.len() < 4 {
        return None;
    }
    let mut seen = [false; 256];
    value
        .iter()
        .for_each(|b| seen[usize::from(b.to_ascii_lowercase())] = true);
    let distinct = seen.iter().filter(|s| **s).count();
    let unit = (1..=4).any(|n| value.len() >= 3 * n && value.windows(n + 1).all(|w| w[0] == w[n]));
    if unit || (value.len() >= 16 && distinct <= 3) || (value.len() >= 24 && distinct <= 5) {
        return Some(Dismissal::Placeholder("repeats itself"));
    }
    // Rows of one byte, of rising and of falling neighbours.
    let (mut now, mut best) = ([1; 3], [1; 3]);
    for pair in value.windows(2) {
        let (a, b) = (pair[0], pair[1]);
        let goes_on = [
            a == b,
            b == a.wrapping_add(1) && a.is_ascii_alphanumeric(),
            a == b.wrapping_add(1) && b.is_ascii_alphanumeric(),
        ];
        for i in 0..3 {
            now[i] = if goes_on[i] { now[i] + 1 } else { 1 };
            best[i] = best[i].max(now[i]);
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
