//! Shannon entropy as gitleaks computes it, for its rules and reports. Built-in rules measure
//! bytes: see `detect::judge::entropy`.

use std::collections::HashMap;

/// Returns the Shannon entropy in bits as gitleaks computes it: it counts characters but divides by
/// the number of bytes.
pub(crate) fn of_characters(secret: &[u8]) -> f64 {
    if secret.is_empty() {
        return 0.0;
    }
    // Each sum starts with 0, because the sum of one zero is -0.
    let part = 1.0 / secret.len() as f64;
    let bits = |count: u32| {
        let share = f64::from(count) * part;
        -share * share.log2()
    };
    if secret.is_ascii() {
        let mut counts = [0u32; 128];
        secret
            .iter()
            .for_each(|b| counts[usize::from(*b & 0x7f)] += 1);
        let present = counts.iter().filter(|n| **n > 0);
        return 0.0 + present.map(|n| bits(*n)).sum::<f64>();
    }
    let mut counts: HashMap<char, u32> = HashMap::new();
    for c in String::from_utf8_lossy(secret).chars() {
        *counts.entry(c).or_default() += 1;
    }
    let mut counts: Vec<u32> = counts.into_values().collect();
    // The order of a sum decides its last bits. Sorting keeps it the same in every run.
    counts.sort_unstable();
    0.0 + counts.into_iter().map(bits).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_counts_characters_over_bytes() {
        assert!((of_characters(b"abcdefgh") - 3.0).abs() < 1e-12);
        assert_eq!(of_characters(b"aaaa").to_string(), "0");
        assert_eq!(of_characters(b"").to_string(), "0");
        // Two characters of two bytes each: 2 * -(1/4 * log2(1/4)).
        assert!((of_characters("äö".as_bytes()) - 1.0).abs() < 1e-12);
    }
}
