//! Measures the Shannon entropy of a few bytes.

/// Entropy of `bytes` in bits per byte: 0 for one repeated byte, log2(n) for n
/// different ones.
pub(in crate::detect) fn shannon(bytes: &[u8]) -> f32 {
    let mut counts = [0u32; 256];
    bytes.iter().for_each(|b| counts[usize::from(*b)] += 1);
    let n = bytes.len() as f32;
    counts
        .iter()
        .filter(|c| **c > 0)
        .map(|&c| {
            let p = c as f32 / n;
            -p * p.log2()
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_is_zero_for_one_byte_and_log2_for_distinct_ones() {
        assert_eq!(shannon(b"aaaa"), 0.0);
        assert!((shannon(b"abcdefgh") - 3.0).abs() < 1e-6);
        assert_eq!(shannon(b""), 0.0);
    }
}
